"""The constants of sql/costs.toml, measured: python -m bench costs."""

from __future__ import annotations

import time
from collections.abc import Iterable
from contextlib import ExitStack
from math import sqrt
from pathlib import Path
from statistics import median
from typing import Any

import click
import psycopg
from pgvector.psycopg import register_vector
from psycopg.types.json import Jsonb
from rich.console import Console

import vecs_sql
from bench import datasets, options, report, stage
from bench.dataset import Dataset
from bench.report import Topic
from vecs_sql._layer import registries

_NAME = "vecs_sql_bench_costs"
_SHORT, _LONG = 40, 400
# A category has the same rows for each query, which soon lie in shared_buffers; a random filter of
# another value each time has others, which may not. What is assumed lies between.
_AGAIN, _OTHERS = "the same rows again", "other rows each time"
# Exact search of fewer rows than this is mostly the cost of any statement.
_LEAST = 500

_BY_INDEX = "SELECT id, vec <=> %(vec)s FROM vecs.{0} ORDER BY vec <=> %(vec)s LIMIT 10"
_EXACT = """
    SELECT id, (vec <=> %(vec)s) + 0 AS distance, metadata FROM vecs.{0}
    WHERE metadata @> %(filter)s ORDER BY distance LIMIT 10
"""
_SCAN = "SELECT count(*) FROM vecs.{0} WHERE (metadata -> 'rand') < '-1'"

Connection = psycopg.Connection[tuple[Any, ...]]


@click.command("costs")
@click.option(
    "--url", help="A server with vecs-sql installed. Default: one of the benchmark's own."
)
@click.option(
    "--rows",
    type=click.IntRange(2_000),
    default=25_000,
    show_default=True,
    help="Glosses to measure on, in a collection that is dropped afterwards.",
)
@click.option("--queries", type=click.IntRange(1, 500), default=50, show_default=True)
@click.option("--quick", is_flag=True, help="Few rows: whether it runs, not what it costs.")
@options.output("costs", "none")
def command(url: str | None, rows: int, queries: int, quick: bool, output: Path | None) -> None:
    """Measure the constants of sql/costs.toml on this machine, or on another server.

    Beside each constant stands what sql/costs.toml has. They matter little within a factor of
    two: both ways take about as long where the choice turns.
    """
    if quick:
        rows, queries = 2_000, 3
    data = datasets.sample(rows) if rows <= 25_000 else datasets.load("glosses").first(rows)
    console = Console()
    with ExitStack() as stack:
        if url is None:
            url = stack.enter_context(stage.server()).url
        connection = stack.enter_context(psycopg.connect(url, autocommit=True))
        register_vector(connection)
        _fill(connection, url, data)
        try:
            topic = _measure(connection, data, queries)
        finally:
            connection.execute("SELECT vecs.drop_collection(%s)", [_NAME])
        facts = stage.facts(connection, {"rows": len(data.ids), "queries": queries})
    topic.show(console)
    if output is not None:
        for path in report.write(output, "costs", facts, [topic]):
            console.print(f"Written: {path}", soft_wrap=True, highlight=False)


def _fill(connection: Connection, url: str, data: Dataset) -> None:
    with vecs_sql.create_client(url) as client:
        connection.execute("SELECT vecs.drop_collection(%s, if_exists => true)", [_NAME])
        collection = client.create_collection(_NAME, dimension=data.vectors.shape[1])
        collection.upsert(zip(data.ids, data.vectors, data.metadata, strict=True))
    connection.execute("SELECT vecs.create_index(%s, %s)", [_NAME, data.measure])
    connection.execute(f"VACUUM (ANALYZE) vecs.{_NAME}".encode())


def _measure(connection: Connection, data: Dataset, queries: int) -> Topic:
    for setting in ("max_parallel_workers_per_gather = 0", "jit = off", "enable_seqscan = off"):
        connection.execute(f"SET {setting}".encode())
    vectors = data.queries[:queries]
    took = {}
    for ef_search in (_SHORT, _LONG):
        connection.execute(f"SET hnsw.ef_search = {ef_search}".encode())
        took[ef_search] = _time(connection, _BY_INDEX, [{"vec": vector} for vector in vectors])
    candidate = (took[_LONG] - took[_SHORT]) / (_LONG - _SHORT)

    table = []
    times: dict[str, list[float]] = {_AGAIN: [], _OTHERS: []}
    row_costs = []
    for name, rows, filters in _filters(data):
        values = [
            {"vec": vector, "filter": Jsonb(filters[number % len(filters)])}
            for number, vector in enumerate(vectors)
        ]
        nothing = [{**value, "filter": Jsonb({"half": 7_654_321})} for value in values]
        # While others use the machine, a quick run may take less time with rows than without.
        spent = max(_time(connection, _EXACT, values) - _time(connection, _EXACT, nothing), 1e-9)
        which = _OTHERS if len(filters) > 1 else _AGAIN
        times[which].append(spent / rows)
        row_costs.append(_planned(connection, _EXACT, values[0]) / rows)
        table.append([f"{which}, {name}", f"{1e6 * spent / rows:.2f} us", f"{rows:,.0f} rows"])
    again, others = median(times[_AGAIN]), median(times[_OTHERS])
    row = sqrt(again * others)

    connection.execute("RESET enable_seqscan")
    scanned = _time(connection, _SCAN, [{}] * min(queries, 10)) / len(data.ids)
    scan_cost = _planned(connection, _SCAN, {}) / len(data.ids)
    table.append(
        ["a row of a sequential scan", f"{1e6 * scanned:.2f} us", f"{len(data.ids):,} rows"]
    )
    table.append(["a candidate of the index", f"{1e6 * candidate:.2f} us", ""])

    table.append([f"candidate, in rows: {_AGAIN}", f"{candidate / again:.2g}", ""])
    table.append([f"candidate, in rows: {_OTHERS}", f"{candidate / others:.2g}", ""])

    measured = {
        "candidate": candidate / row,
        "planner_index": median(row_costs),
        "planner_scan": scan_cost / (scanned / row),
    }
    ours = registries.costs()
    table += [
        [name, f"{value:.2g}", f"installed: {ours[name]}"] for name, value in measured.items()
    ]
    return Topic(
        name="costs",
        title="What searches cost",
        columns=["", "measured", ""],
        rows=table,
        figures={"measured": measured, "installed": {name: ours[name] for name in measured}},
    )


def _filters(data: Dataset) -> Iterable[tuple[str, float, list[dict[str, Any]]]]:
    """Filters that match rows all over the collection, and categories, which lie together."""
    for key, buckets in (("twentieth", 20), ("tenth", 10)):
        yield key, len(data.ids) / buckets, [{key: value} for value in range(buckets)]
    for key in data.categories:
        counts: dict[Any, int] = {}
        for row in data.metadata:
            counts[row[key]] = counts.get(row[key], 0) + 1
        for value, count in sorted(counts.items(), key=lambda item: item[1]):
            if min(_LEAST, len(data.ids) / 20) <= count <= len(data.ids) / 5:
                yield f"{key} = {value}", count, [{key: value}]


def _time(connection: Connection, statement: str, values: list[dict[str, Any]]) -> float:
    """Return the median time of a statement, in seconds, once everything is in memory."""
    sql = statement.format(_NAME).encode()
    cursor = connection.cursor(binary=True)
    walls = []
    for number, parameters in enumerate([*values[:3], *values]):
        start = time.perf_counter()
        cursor.execute(sql, parameters, prepare=True).fetchall()
        if number >= min(3, len(values)):
            walls.append(time.perf_counter() - start)
    return median(walls)


def _planned(connection: Connection, statement: str, values: dict[str, Any]) -> float:
    """Return what the planner thinks that reading the rows of a statement costs, in its own units."""
    sql = f"EXPLAIN (FORMAT JSON) {statement.format(_NAME)}".encode()
    ((plans,),) = connection.cursor(binary=False).execute(sql, values).fetchall()
    plan = plans[0]["Plan"]
    while "Plans" in plan and plan["Node Type"] != "Bitmap Heap Scan":
        plan = plan["Plans"][0]
    return float(plan["Total Cost"])
