"""A table that was adopted beside a collection of the same rows: python -m bench adopted."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import numpy as np
import numpy.typing as npt
import psycopg
from pgvector.psycopg import register_vector

from bench import datasets, options, report, stage
from bench.dataset import Dataset
from bench.report import Target, Topic
from bench.stage import Server
from bench.sweep.load import load
from bench.timing import Turn, alternate, each, median_wall, time_ratio

COLLECTION = "collection"
ADOPTED = "adopted table"

_RESULTS = Path(__file__).parent / "results"
_TABLE = "adopted"
# The metadata keys that are columns in the table, each with a btree; the others are in its jsonb column.
_COLUMNS = {
    "pos": "text",
    "lex": "integer",
    "rand": "double precision",
    "hundredth": "integer",
    "thousandth": "integer",
}
# The search, its number of neighbours, and the most that the adopted table may take, in times of the collection.
_CELLS: list[tuple[dict[str, Any], int, bool, float | None]] = [
    ({}, 10, False, 1.03),
    ({}, 10, True, 1.03),
    ({}, 100, True, 1.03),
    ({"thousandth": 7}, 10, True, 1.0),
    ({"hundredth": 7}, 10, True, 1.0),
    ({"pos": "adv"}, 10, True, 1.0),
    ({"lex": 5}, 10, True, 1.0),
    ({"lex": 5}, 100, True, 1.0),
    ({"pos": "adj"}, 10, True, 1.0),
    ({"pos": "noun"}, 10, True, 1.0),
    ({"pos": "noun", "lex": 4}, 10, True, 1.0),
    ({"rand": {"$lt": 0.01}}, 10, True, None),
]

Vector = npt.NDArray[np.float32]
Search = Callable[[Vector], list[Any]]


@click.command("adopted")
@click.option("--queries", type=click.IntRange(1, 500), default=100, show_default=True)
@click.option("--rounds", type=click.IntRange(1), default=7, show_default=True)
@options.quick
@options.output("adopted", "bench/results, with --quick none")
def command(queries: int, rounds: int, quick: bool, output: Path | None) -> None:
    """Search a table that was adopted, and a collection with the same rows.

    Both have an index on the vectors. The collection has one on its metadata, the table has columns
    with an index each. Contenders take turns in one run.
    """
    if quick:
        queries, rounds = 5, 2
    data = datasets.sample(2_000) if quick else datasets.load("glosses")
    console = report.console()
    with stage.server() as server:
        counts = {"rows": len(data.ids), "queries": queries, "rounds": rounds}
        facts = stage.facts(server.connection, counts)
        load(server, data, console)
        _make_table(server, data)
        topic = _measure(server.url, data, queries, rounds)
    topic.show(console)
    if output is None and not quick:
        output = _RESULTS
    if output is not None:
        for path in report.write(output, "adopted", facts, [topic]):
            console.print(f"Written: {path}", soft_wrap=True, highlight=False)


def _make_table(server: Server, data: Dataset) -> None:
    """Make the table of the collection's rows, stored as it stores them, with indexes, and adopt it."""
    run = server.connection.execute
    read = ", ".join(
        f"(metadata ->> '{name}')::{kind} AS {name}" for name, kind in _COLUMNS.items()
    )
    run(
        f"""
        CREATE TABLE public.{_TABLE} WITH (toast_tuple_target = 8160) AS
        SELECT id, {read}, metadata - '{{{",".join(_COLUMNS)}}}'::text[] AS metadata, vec AS embedding
        FROM vecs."{data.name}"
        """.encode()
    )
    run(f"ALTER TABLE public.{_TABLE} ADD PRIMARY KEY (id)".encode())
    run("SELECT vecs.adopt(%s::regclass)", [f"public.{_TABLE}"])
    run("SELECT vecs.create_index(%s, %s)", [_TABLE, data.measure])
    for name in _COLUMNS:
        run("SELECT vecs.create_metadata_index(%s, %s)", [_TABLE, name])
    run(f"VACUUM (ANALYZE) public.{_TABLE}".encode())
    run("CHECKPOINT")


def _measure(url: str, data: Dataset, queries: int, rounds: int) -> Topic:
    asked = list(data.queries[:queries])
    rows, targets, figures = [], [], {}
    with psycopg.connect(url, autocommit=True) as connection:
        register_vector(connection)
        for filters, top_k, with_metadata, most in _CELLS:
            ways = {
                name: _search(connection, collection, data.measure, filters, top_k, with_metadata)
                for name, collection in ((COLLECTION, data.name), (ADOPTED, _TABLE))
            }
            # These warm up, too.
            answers = {
                way: [[row[0] for row in search(vector)] for vector in asked]
                for way, search in ways.items()
            }
            turns = alternate({way: _turn(search, asked) for way, search in ways.items()}, rounds)
            ratio = time_ratio(turns[ADOPTED], turns[COLLECTION])
            what = f"{json.dumps(filters) if filters else 'no filter'}, k = {top_k}"
            what += "" if with_metadata else ", without metadata"
            matches = _matches(connection, data.name, filters)
            same = _same(answers[ADOPTED], answers[COLLECTION])
            milliseconds = {way: median_wall(taken) * 1e3 for way, taken in turns.items()}
            rows.append(
                [
                    what,
                    f"{matches:,}",
                    *(f"{milliseconds[way]:.2f}" for way in (COLLECTION, ADOPTED)),
                    f"{ratio:.2f}",
                    f"{same:.3f}",
                ]
            )
            if most is not None:
                targets.append(Target(f"time of the collection, {what}", most, ratio, at_most=True))
            figures[what] = {
                "matches": matches,
                "ms": milliseconds,
                "time_of_the_collection": ratio,
                "same_ids": same,
            }
    return Topic(
        name="adopted",
        title=f"{len(data.ids):,} rows, as a collection and as an adopted table",
        columns=[
            "",
            "matching rows",
            "collection, ms",
            "adopted table, ms",
            "time of the collection",
            "same ids",
        ],
        rows=rows,
        targets=targets,
        figures={"cells": figures},
    )


def _search(
    connection: psycopg.Connection[Any],
    collection: str,
    measure: str,
    filters: dict[str, Any],
    top_k: int,
    with_metadata: bool,
) -> Search:
    cursor = connection.cursor(binary=True)
    given = {
        "collection": collection,
        "top_k": top_k,
        "filters": json.dumps(filters),
        "measure": measure,
        "with_metadata": with_metadata,
    }
    statement = b"""
        SELECT id, distance, metadata
        FROM vecs.query(%(collection)s, %(vector)s, %(top_k)s, %(filters)s, %(measure)s, %(with_metadata)s)
    """
    return lambda vector: cursor.execute(
        statement, {**given, "vector": vector}, prepare=True
    ).fetchall()


def _turn(search: Search, asked: list[Vector]) -> Callable[[int], Turn]:
    return lambda _: each(search, asked)


def _matches(connection: psycopg.Connection[Any], collection: str, filters: dict[str, Any]) -> int:
    found = connection.execute("SELECT vecs.count_rows(%s, %s)", [collection, json.dumps(filters)])
    return int((found.fetchone() or (0,))[0])


def _same(found: list[list[str]], others: list[list[str]]) -> float:
    """Return the share of ids that two lists of answers have in common."""
    same = sum(len(set(one) & set(other)) for one, other in zip(found, others, strict=True))
    return same / max(1, sum(map(len, others)))
