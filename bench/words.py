"""The time of searches for words, of hybrid ones, and of those that choose among more rows: python -m bench words."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import click
import numpy as np
import numpy.typing as npt
import psycopg
from pgvector.psycopg import register_vector
from psycopg import sql

import vecs_sql
from bench import datasets, options, report, stage
from bench.dataset import Dataset
from bench.judged.sets import judged_queries
from bench.report import Target, Topic
from bench.stage import Server
from bench.timing import Turn, alternate, bulk, median_wall, no_collections, time_ratio

_RESULTS = Path(__file__).parent / "results"
_TOP_K = 10
# Rows that hybrid_query(), query_mmr() and query_groups() choose among, to find ten rows or groups.
_LEG, _DIVERSE, _GROUPS = 20, 40, 50
# Contenders change after a part of the queries, so that what else the machine does falls on all alike.
_PARTS = 10
_FILTER = {"hundredth": 7}
# Pairs of these, which are in most rows, are searched for.
_COMMON = 20
_UPSERTED = 10_000
# Some targets are those of a larger collection.
_MANY = 100_000

QUERY, TEXT, HYBRID = "query", "text_query", "hybrid_query"
_VECTOR_LEG, _TEXT_LEG = f"query, {_LEG} rows", f"text_query, {_LEG} rows"
_STATEMENTS = {
    QUERY: ("vecs.query({name}, %(vector)s, 10, filters => %(filters)s)", "distance"),
    TEXT: ("vecs.text_query({name}, %(text)s, 10, filters => %(filters)s)", "score"),
    HYBRID: (
        "vecs.hybrid_query({name}, %(vector)s, %(text)s, 10, filters => %(filters)s)",
        "score, distance, text_score",
    ),
}
_OTHERS = {
    _VECTOR_LEG: (f"vecs.query({{name}}, %(vector)s, {_LEG})", "distance"),
    _TEXT_LEG: (f"vecs.text_query({{name}}, %(text)s, {_LEG})", "score"),
    "query, 40 rows": (f"vecs.query({{name}}, %(vector)s, {_DIVERSE})", "distance"),
    "query_mmr, 10 of 40": ("vecs.query_mmr({name}, %(vector)s, 10)", "distance"),
    "query, 50 rows": (f"vecs.query({{name}}, %(vector)s, {_GROUPS})", "distance"),
    "query_groups, 1,000 groups at random": (
        "vecs.query_groups({name}, %(vector)s, 'thousandth', 10)",
        "group_value, distance",
    ),
    "query_groups, 45 groups of near rows": (
        "vecs.query_groups({name}, %(vector)s, 'lex', 10)",
        "group_value, distance",
    ),
}

Walls = npt.NDArray[np.float64]


@click.command("words")
@click.option("--queries", type=click.IntRange(10, 480), default=200, show_default=True)
@click.option("--rounds", type=click.IntRange(1), default=5, show_default=True)
@options.quick
@options.output("words", "bench/results, with --quick none")
def command(queries: int, rounds: int, quick: bool, output: Path | None) -> None:
    """Time searches for words, hybrid searches, groups and diverse rows, and loading with a text index.

    Of 25,000 glosses and of all, with the queries of the benchmark `judged`, with a filter that matches 1 % of the
    rows, and with words that most rows have.
    """
    if output is None and not quick:
        output = _RESULTS
    if quick:
        queries, rounds = 10, 1
    console = report.console()
    with stage.server() as server:
        facts = stage.facts(server.connection, {"queries": queries, "rounds": rounds})
        topics = []
        sizes = [datasets.sample(500)] if quick else [datasets.sample(25_000)]
        sizes += [] if quick else [datasets.load("glosses")]
        for data in sizes:
            console.print(f"Loading {len(data.ids):,} rows of {data.name} and building indexes ...")
            _load(server, data)
            topics.append(_searches(server, data, queries, rounds))
            topics[-1].show(console)
            server.client.delete_collection(data.name)
        topics.append(_upserts(server, sizes[0].first(500 if quick else _UPSERTED), rounds))
        topics[-1].show(console)
    if output is not None:
        for path in report.write(output, "words", facts, topics):
            console.print(f"Written: {path}", soft_wrap=True, highlight=False)


def _load(server: Server, data: Dataset) -> None:
    collection = server.client.create_collection(data.name, dimension=data.vectors.shape[1])
    rows = vecs_sql.Columns(data.ids, data.vectors, data.metadata)
    collection.upsert(rows, progress=False)
    server.connection.execute("SELECT vecs.create_text_index(%s, 'text')", [data.name])
    server.connection.execute("SELECT vecs.create_index(%s, %s)", [data.name, data.measure])
    server.connection.execute(f'VACUUM (ANALYZE) vecs."{data.name}"'.encode())
    server.connection.execute("CHECKPOINT")


def _searches(server: Server, data: Dataset, queries: int, rounds: int) -> Topic:
    asked, vectors = judged_queries()
    chosen = np.linspace(0, len(asked) - 1, queries).astype(int)
    usual = [{"text": asked[number].text, "vector": vectors[number]} for number in chosen]
    words = _common_words(server, data)
    random = np.random.default_rng(0)
    common = [{**one, "text": " ".join(random.choice(words, 2, replace=False))} for one in usual]
    with psycopg.connect(server.url, autocommit=True) as connection:
        register_vector(connection)
        walls = _alternate(
            {
                **_prepared(connection, data.name, _STATEMENTS, {}),
                **_prepared(connection, data.name, _OTHERS, {}),
            },
            usual,
            rounds,
        )
        filtered = _alternate(_prepared(connection, data.name, _STATEMENTS, _FILTER), usual, rounds)
        both = {name: _STATEMENTS[name] for name in (TEXT, HYBRID)}
        frequent = _alternate(_prepared(connection, data.name, both, {}), common, rounds)
    of_legs = _ratio(walls[HYBRID], walls[_VECTOR_LEG] + walls[_TEXT_LEG])
    texts = walls[TEXT]
    tables = {
        "": (walls, walls[QUERY]),
        ", filter of 1 %": (filtered, filtered[QUERY]),
        ", common words": (frequent, walls[QUERY]),
    }
    targets = [
        Target("time of hybrid_query, of the sum of its legs", 1.3, of_legs, at_most=True),
        Target("p95 of text_query, of its p50", 4, _p95(texts) / _p50(texts), at_most=True),
        *(
            Target(
                f"time of {name.replace(', ', ' (', 1)}), of a {base}",
                2,
                _ratio(walls[name], walls[base]),
                at_most=True,
            )
            for name, base in (
                ("query_mmr, 10 of 40", "query, 40 rows"),
                ("query_groups, 1,000 groups at random", "query, 50 rows"),
                ("query_groups, 45 groups of near rows", "query, 50 rows"),
            )
        ),
    ]
    if len(data.ids) > _MANY:
        targets += [
            Target("p50 of hybrid_query, ms", 25, _p50(walls[HYBRID]), at_most=True),
            Target(
                "time of hybrid_query with a filter of 1 %, of query",
                1.5,
                _ratio(filtered[HYBRID], filtered[QUERY]),
                at_most=True,
            ),
        ]
    return Topic(
        name=f"{len(data.ids)} rows",
        title=f"Searches in {len(data.ids):,} glosses",
        columns=["", "p50, ms", "p95, ms", "time of query"],
        rows=[
            [name + what, f"{_p50(one):.2f}", f"{_p95(one):.2f}", f"{_ratio(one, base):.2f}"]
            for what, (found, base) in tables.items()
            for name, one in found.items()
        ],
        targets=targets,
        figures={
            name + what: {
                "p50_ms": _p50(one),
                "p95_ms": _p95(one),
                "time_of_query": _ratio(one, base),
            }
            for what, (found, base) in tables.items()
            for name, one in found.items()
        },
    )


def _prepared(
    connection: psycopg.Connection[Any],
    collection: str,
    statements: Mapping[str, tuple[str, str]],
    filters: dict[str, Any],
) -> dict[str, Callable[[dict[str, Any]], object]]:
    cursor = connection.cursor(binary=True)
    name = sql.Literal(collection)

    def prepared(call: str, columns: str) -> Callable[[dict[str, Any]], object]:
        statement = sql.SQL(f"SELECT id, {columns}, metadata FROM {call}").format(name=name)
        given = {"filters": json.dumps(filters)}
        return lambda asked: cursor.execute(statement, {**given, **asked}, prepare=True).fetchall()

    return {what: prepared(*parts) for what, parts in statements.items()}


def _alternate(
    searches: Mapping[str, Callable[[dict[str, Any]], object]],
    asked: list[dict[str, Any]],
    rounds: int,
) -> dict[str, Walls]:
    """Return the milliseconds of each search and query: the median of the rounds."""
    clock = time.perf_counter
    taken = {name: np.zeros((rounds, len(asked))) for name in searches}

    def turns(name: str) -> Callable[[int], Turn]:
        def turn(number: int) -> Turn:
            round_, part = divmod(number, _PARTS)
            with no_collections():
                for place in range(part, len(asked), _PARTS):
                    start = clock()
                    searches[name](asked[place])
                    taken[name][round_, place] = (clock() - start) * 1e3
            return Turn(0, 0)

        return turn

    for search in searches.values():
        for one in asked[: max(3, len(asked) // 20)]:  # warms up
            search(one)
    alternate({name: turns(name) for name in searches}, rounds * _PARTS)
    return {name: np.median(one, 0) for name, one in taken.items()}


def _common_words(server: Server, data: Dataset) -> list[str]:
    """Return the words that most rows have."""
    rows = server.connection.execute(
        f"SELECT word FROM ts_stat('SELECT _text FROM vecs.\"{data.name}\"')"
        " WHERE length(word) > 2 ORDER BY ndoc DESC, word LIMIT %s".encode(),
        [_COMMON],
    )
    return [row[0] for row in rows]


def _upserts(server: Server, data: Dataset, rounds: int) -> Topic:
    names = {"without a text index": "plain", "with a text index": "indexed"}
    collections = {
        what: server.client.create_collection(name, dimension=data.vectors.shape[1])
        for what, name in names.items()
    }
    server.connection.execute("SELECT vecs.create_text_index('indexed', 'text')")
    rows = vecs_sql.Columns(data.ids, data.vectors, data.metadata)

    def empty() -> None:
        for name in names.values():
            server.connection.execute(f"TRUNCATE vecs.{name}".encode())
        server.connection.execute("CHECKPOINT")

    def upsert(what: str) -> Callable[[int], Turn]:
        return lambda _: bulk(lambda: collections[what].upsert(rows, progress=False), len(data.ids))

    turns = alternate({what: upsert(what) for what in names}, rounds, empty)
    plain, indexed = turns.values()
    speed = 1 / time_ratio(indexed, plain)
    return Topic(
        name="upsert",
        title=f"Upserts of {len(data.ids):,} glosses into an empty collection",
        columns=["", "rows/s"],
        rows=[[what, f"{1 / median_wall(taken):,.0f}"] for what, taken in turns.items()],
        targets=[Target("rows/s with a text index, of those without", 0.6, speed)],
        figures={
            "rows_per_second": {what: 1 / median_wall(taken) for what, taken in turns.items()},
            "speed": speed,
        },
    )


def _p50(walls: Walls) -> float:
    return float(np.percentile(walls, 50))


def _p95(walls: Walls) -> float:
    return float(np.percentile(walls, 95))


def _ratio(walls: Walls, base: Walls) -> float:
    """Return how many times as long as the base: the median of the queries' ratios."""
    return float(np.median(walls / base))
