"""A table that was adopted beside the same table as a collection: python -m bench adopted."""

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
from bench.timing import Turn, alternate, each, median_wall, time_ratio

COLLECTION = "collection"
ADOPTED = "adopted table"

_RESULTS = Path(__file__).parent / "results"
# The metadata keys that are columns in the table, too, each with a btree.
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
    """Search a table as a collection, and the same table as one that was adopted.

    The table moves between the schemas, with its indexes. As a collection it has an index on the
    metadata; its columns, which are some of the metadata, have an index each. The two forms take
    turns in one run.
    """
    if quick:
        queries, rounds = 5, 1
    data = datasets.sample(1_000) if quick else datasets.load("glosses")
    console = report.console()
    with stage.server() as server:
        counts = {"rows": len(data.ids), "queries": queries, "rounds": rounds}
        facts = stage.facts(server.connection, counts)
        console.print(f"Loading {len(data.ids):,} rows of {data.name} and building its indexes ...")
        table = Table(server, data)
        topic = _measure(server.url, table, queries, rounds)
    topic.show(console)
    if output is None and not quick:
        output = _RESULTS
    if output is not None:
        for path in report.write(output, "adopted", facts, [topic]):
            console.print(f"Written: {path}", soft_wrap=True, highlight=False)


class Table:
    """The table, which is a collection at first.

    Attributes:
        data: Its rows.
        form: COLLECTION or ADOPTED.
    """

    def __init__(self, server: Server, data: Dataset) -> None:
        self.data = data
        self.form = COLLECTION
        self._run = server.connection.execute
        collection = server.client.create_collection(data.name, dimension=data.vectors.shape[1])
        for name, kind in _COLUMNS.items():
            self._run(
                f"""
                ALTER TABLE vecs."{data.name}"
                ADD COLUMN {name} {kind} GENERATED ALWAYS AS ((metadata ->> '{name}')::{kind}) STORED
                """.encode()
            )
        rows = list(zip(data.ids, data.vectors, data.metadata, strict=True))
        collection.upsert(rows, progress=False)
        self._run("SELECT vecs.create_index(%s, %s)", [data.name, data.measure])
        for name in _COLUMNS:
            self._run(f'CREATE INDEX ON vecs."{data.name}" ({name})'.encode())
        self._run(f'VACUUM (ANALYZE) vecs."{data.name}"'.encode())
        self._run("CHECKPOINT")

    def become(self, form: str) -> None:
        """Make the table a collection, or one that was adopted."""
        if form == self.form:
            return
        name = f'"{self.data.name}"'
        if form == ADOPTED:
            self._run(f"ALTER TABLE vecs.{name} SET SCHEMA public".encode())
            self._run("SELECT vecs.adopt(%s::regclass)", [f"public.{name}"])
        else:
            self._run("SELECT vecs.drop_collection(%s)", [self.data.name])
            self._run(f"ALTER TABLE public.{name} SET SCHEMA vecs".encode())
        self.form = form


def _measure(url: str, table: Table, queries: int, rounds: int) -> Topic:
    data = table.data
    asked = list(data.queries[:queries])
    rows, targets, figures = [], [], {}
    with psycopg.connect(url, autocommit=True) as connection:
        register_vector(connection)
        for filters, top_k, with_metadata, most in _CELLS:
            search = _search(connection, data.name, data.measure, filters, top_k, with_metadata)
            answers = {}
            for form in (COLLECTION, ADOPTED):
                table.become(form)
                answers[form] = [[row[0] for row in search(vector)] for vector in asked]
            turns = alternate(
                {form: _turn(table, form, search, asked) for form in (COLLECTION, ADOPTED)}, rounds
            )
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


def _turn(table: Table, form: str, search: Search, asked: list[Vector]) -> Callable[[int], Turn]:
    def turn(_: int) -> Turn:
        table.become(form)
        for vector in asked[:10]:  # plans are made anew
            search(vector)
        return each(search, asked)

    return turn


def _matches(connection: psycopg.Connection[Any], collection: str, filters: dict[str, Any]) -> int:
    found = connection.execute("SELECT vecs.count_rows(%s, %s)", [collection, json.dumps(filters)])
    return int((found.fetchone() or (0,))[0])


def _same(found: list[list[str]], others: list[list[str]]) -> float:
    """Return the share of ids that two lists of answers have in common."""
    same = sum(len(set(one) & set(other)) for one, other in zip(found, others, strict=True))
    return same / max(1, sum(map(len, others)))
