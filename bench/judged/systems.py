"""Judged texts in our server, and the ways to search them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jinja2
import numpy as np
import numpy.typing as npt
import psycopg
from psycopg import sql

import vecs_sql
from bench.judged.scores import TOP_K
from bench.judged.sets import Judged
from bench.stage import Server
from vecs_sql._layer import registries

VECTOR = "query"
WORDS = "text_query"
RRF = "hybrid_query (rrf)"
RELATIVE = "hybrid_query (relative)"
EXACT = "query (exact)"
RRF_EXACT = "hybrid_query (rrf, exact)"
BY_HAND = "ts_rank, any of the words"
ALL_WORDS = "text_query, all of the words"

# What people write by hand, on the column and the index of the collection.
_BY_HAND = """
    SELECT t.id
    FROM {table} AS t,
        (SELECT replace(plainto_tsquery({language}, %(text)s)::text, ' & ', ' | ')::tsquery AS words) AS q
    WHERE t._text @@ q.words
    ORDER BY ts_rank(t._text, q.words) DESC, t.id
    LIMIT %(top_k)s
"""
STATEMENTS = {
    VECTOR: "SELECT id FROM vecs.query({name}, %(vector)s, %(top_k)s)",
    WORDS: "SELECT id FROM vecs.text_query({name}, %(text)s, %(top_k)s)",
    RRF: "SELECT id FROM vecs.hybrid_query({name}, %(vector)s, %(text)s, %(top_k)s)",
    RELATIVE: "SELECT id FROM vecs.hybrid_query({name}, %(vector)s, %(text)s, %(top_k)s, fusion => 'relative')",
    EXACT: "SELECT id FROM vecs.query({name}, %(vector)s, %(top_k)s, strategy => 'exact')",
    RRF_EXACT: "SELECT id FROM vecs.hybrid_query({name}, %(vector)s, %(text)s, %(top_k)s, strategy => 'exact')",
    BY_HAND: _BY_HAND,
    ALL_WORDS: "SELECT id FROM vecs.text_query({name}, %(text)s, %(top_k)s, match => 'all')",
}

Answers = list[list[str]]
Vector = npt.NDArray[np.float32]


def load(server: Server, judged: Judged) -> None:
    """Make a collection of the texts, with a text index and a vector index."""
    rows = vecs_sql.Columns(judged.ids, judged.vectors, [{"text": text} for text in judged.texts])
    collection = server.client.create_collection(judged.name, dimension=judged.vectors.shape[1])
    collection.upsert(rows, progress=False)
    for statement, arguments in (
        ("SELECT vecs.create_text_index(%s, 'text', %s)", [judged.name, judged.language]),
        ("SELECT vecs.create_index(%s)", [judged.name]),
        (f'VACUUM (ANALYZE) vecs."{judged.name}"', None),
    ):
        server.connection.execute(statement.encode(), arguments)


def searches(
    connection: psycopg.Connection[Any],
    judged: Judged,
    top_k: int = TOP_K,
    statements: Mapping[str, str] = STATEMENTS,
) -> dict[str, Callable[[int], list[str]]]:
    """Return the searches, by their names: each takes the number of a query, and returns ids."""
    cursor = connection.cursor(binary=True)

    def prepared(statement: str) -> Callable[[int], list[str]]:
        composed = sql.SQL(statement).format(
            name=sql.Literal(judged.name),
            table=sql.Identifier("vecs", judged.name),
            language=sql.Literal(judged.language),
        )

        def search(number: int) -> list[str]:
            asked = {
                "vector": judged.asked[number],
                "text": judged.queries[number].text,
                "top_k": top_k,
            }
            return [row[0] for row in cursor.execute(composed, asked, prepare=True)]

        return search

    return {name: prepared(statement) for name, statement in statements.items()}


def answers(search: Callable[[int], list[str]], judged: Judged) -> Answers:
    """Return what a search finds for all queries."""
    return [search(number) for number in range(len(judged.queries))]


def stop_words(connection: psycopg.Connection[Any], language: str) -> list[str]:
    """Return the words that PostgreSQL leaves out in a language."""
    row = connection.execute(
        "SELECT pg_read_file(setting || '/tsearch_data/' || %s || '.stop')"
        " FROM pg_config WHERE name = 'SHAREDIR'",
        [language],
    ).fetchone()
    assert row is not None
    return str(row[0]).split()


def set_bm25(connection: psycopg.Connection[Any], k1: float, b: float) -> None:
    """Replace the constants of BM25 in the server's functions."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(registries.folder("sql")),
        line_statement_prefix="--%",
        undefined=jinja2.StrictUndefined,
        autoescape=False,
    )
    costs = {**registries.costs(), "bm25_k1": k1, "bm25_b": b}
    function = environment.get_template("internal/text/_text_search.sql").render(costs=costs)
    connection.execute(function.encode())


def with_list(size: int) -> dict[str, str]:
    """Return the statements of searches by the index with a list of so many candidates."""
    return {
        name: f"{STATEMENTS[name].removesuffix(')')}, ef_search => {size})"
        for name in (VECTOR, RRF)
    }


def fused(
    by_vector: Sequence[str],
    by_words: Sequence[str],
    constant: float,
    distances: Mapping[str, float],
) -> list[str]:
    """Return the ids of two answers by the sum of 1 / (constant + rank), ranks from 0, best first.

    Of rows with the same score the nearest comes first.
    """
    scores: dict[str, float] = {}
    for ids in (by_vector, by_words):
        for rank, id_ in enumerate(ids):
            scores[id_] = scores.get(id_, 0) + 1 / (constant + rank)
    return sorted(scores, key=lambda id_: (-scores[id_], distances[id_]))[:TOP_K]
