"""Indexes of half and binary precision: python -m bench precision."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click
import numpy as np
import psycopg
from pgvector.psycopg import register_vector
from rich.console import Console

from bench import datasets, options, report, stage
from bench.dataset import Dataset
from bench.exact import Exact
from bench.report import Target, Topic
from bench.stage import Server
from bench.sweep.load import copy, load
from bench.timing import Turn, alternate, each, median_wall, time_ratio

_RESULTS = Path(__file__).parent / "results"
# The collection with an index of full precision, with which the others take turns.
_BESIDE = "beside"
_PROJECTED_ROWS = 20_000
# Dimensions, the precision that create_index() chooses, the recall for 10 neighbours to reach.
_PROJECTED = ((3_072, "half", 0.97), (8_192, "binary", 0.95))
_TOP_KS = (10, 100)
_QUICK_ROWS = 500


@dataclass(frozen=True)
class Effort:
    """How much is measured.

    Attributes:
        queries: Those that recall is measured with.
        timed: Those that are timed in each round.
        rounds: Rounds of turns.
    """

    queries: int
    timed: int
    rounds: int


@click.command("precision")
@click.option("--queries", type=click.IntRange(1, 500), default=200, show_default=True)
@click.option("--rounds", type=click.IntRange(1), default=5, show_default=True)
@options.quick
@options.output("precision", "bench/results, but for --quick")
def command(queries: int, rounds: int, quick: bool, output: Path | None) -> None:
    """Compare indexes of half and binary precision with those of full precision, and with exact searches.

    The glosses are searched with all three; and projected at random into 3,072 and 8,192 dimensions, which no index
    holds as they are, with what create_index() chooses.
    """
    if output is None and not quick:
        output = _RESULTS
    if quick:
        queries, rounds = 10, 2
    effort = Effort(queries, min(queries, 100), rounds)
    data = datasets.sample(_QUICK_ROWS) if quick else datasets.load("glosses")
    console = report.console()
    with stage.server() as server:
        facts = stage.facts(server.connection, {"queries": queries, "rounds": rounds})
        topics = [_beside_full(server, data, effort, console)]
        topics[-1].show(console)
        some = data if quick else data.first(_PROJECTED_ROWS)
        topics.append(_of_many_dimensions(server, some, effort, console))
        topics[-1].show(console)
    if output is not None:
        for path in report.write(output, "precision", facts, topics):
            console.print(f"Written: {path}", soft_wrap=True, highlight=False)


def _beside_full(server: Server, data: Dataset, effort: Effort, console: Console) -> Topic:
    load(server, data, console)
    copy(server, data, _BESIDE)
    full = _build(server, _BESIDE, data.measure, "full")
    exact = Exact(data, effort.queries, _TOP_KS)
    rows, targets, figures = [], [], {}
    for precision in ("full", "half", "binary"):
        console.print(f"Building an index of precision {precision} ...", highlight=False)
        built = _build(server, data.name, data.measure, precision, 0.0)
        found = {
            top_k: _measure(server.url, data, exact, effort, top_k, (data.name, _BESIDE))
            for top_k in _TOP_KS
        }
        figures[precision] = {**built, "searches": found}
        rows.append(
            [
                precision,
                f"{built['bytes'] / full['bytes']:.3f}",
                f"{built['seconds'] / full['seconds']:.2f}",
                *(
                    text
                    for top_k in _TOP_KS
                    for text in (
                        f"{found[top_k]['recall']:.3f}",
                        f"{found[top_k]['p50_ms']:.2f}",
                        f"{found[top_k]['ratio']:.2f}",
                    )
                ),
            ]
        )
    half = figures["half"]
    lower = figures["full"]["searches"][10]["recall"] - half["searches"][10]["recall"]
    targets = [
        Target("bytes of half, of full's", 0.55, half["bytes"] / full["bytes"], at_most=True),
        Target("build time of half, of full's", 0.8, half["seconds"] / full["seconds"], True),
        Target("recall of half below full's, k = 10", 0.005, lower, at_most=True),
        Target("time of half, k = 10, of full's", 1.05, half["searches"][10]["ratio"], True),
    ]
    for name in (data.name, _BESIDE):
        server.client.delete_collection(name)
    return Topic(
        name="beside full",
        title=f"{len(data.ids):,} glosses of {data.vectors.shape[1]} dimensions, by precision of the index",
        columns=[
            "precision",
            "bytes of full's",
            "build time of full's",
            *(
                f"k = {top_k}: {what}"
                for top_k in _TOP_KS
                for what in ("recall", "p50, ms", "time of full's")
            ),
        ],
        rows=rows,
        targets=targets,
        figures=figures,
    )


def _of_many_dimensions(server: Server, some: Dataset, effort: Effort, console: Console) -> Topic:
    rows, targets, figures = [], [], {}
    for dimension, precision, recall in _PROJECTED:
        data = _projected(some, dimension)
        cost = load(server, data, console)
        (index,) = server.client.get_collection(data.name).describe()["vector_indexes"]
        found = _measure(
            server.url, data, Exact(data, effort.queries, (10,)), effort, 10, (data.name, None)
        )
        figures[str(dimension)] = {**found, **cost, "precision": index["precision"]}
        rows.append(
            [
                f"{dimension:,} dimensions, {index['precision']}",
                f"{cost['index_seconds']:.0f}",
                f"{index['bytes'] / 1e6:,.0f}",
                f"{found['recall']:.3f}",
                f"{found['p50_ms']:.2f}",
                f"{found['ratio']:.3f}",
            ]
        )
        targets += [
            Target(f"recall, {dimension:,} dimensions", recall, found["recall"]),
            Target(f"time of exact, {dimension:,} dimensions", 0.1, found["ratio"], at_most=True),
        ]
        assert index["precision"] == precision, index
        server.client.delete_collection(data.name)
    return Topic(
        name="many dimensions",
        title=f"{len(some.ids):,} glosses, projected at random, searched for 10 neighbours with all defaults",
        columns=["", "build, s", "index, MB", "recall", "p50, ms", "time of an exact search"],
        rows=rows,
        targets=targets,
        figures=figures,
    )


def _projected(data: Dataset, dimension: int) -> Dataset:
    """Return the vectors in more dimensions, nearly as far from each other as before."""
    chance = np.random.default_rng(0)
    projection = chance.standard_normal((data.vectors.shape[1], dimension)).astype(np.float32)
    vectors, queries = (
        product / np.linalg.norm(product, axis=1, keepdims=True)
        for product in (data.vectors @ projection, data.queries @ projection)
    )
    return replace(
        data,
        name=f"projected_{dimension}",
        vectors=vectors.astype(np.float32),
        queries=queries.astype(np.float32),
    )


def _build(
    server: Server, name: str, measure: str, precision: str, min_recall: float | None = None
) -> dict[str, Any]:
    arguments: dict[str, Any] = {"precision": precision}
    if precision == "binary":
        arguments["min_recall"] = min_recall
    started = time.perf_counter()
    server.connection.execute(
        "SELECT vecs.create_index(%s, %s, 'hnsw', %s)", [name, measure, json.dumps(arguments)]
    )
    seconds = time.perf_counter() - started
    (index,) = server.client.get_collection(name).describe()["vector_indexes"]
    server.connection.execute("CHECKPOINT")
    return {"seconds": seconds, "bytes": index["bytes"], "parameters": index["parameters"]}


def _measure(
    url: str,
    data: Dataset,
    exact: Exact,
    effort: Effort,
    top_k: int,
    contenders: tuple[str, str | None],
) -> dict[str, float]:
    """Return the recall and p50 of a collection, and its time in times of another's, or of its own exact search."""
    name, other = contenders
    position = {id_: number for number, id_ in enumerate(data.ids)}
    with psycopg.connect(url, autocommit=True) as connection:
        register_vector(connection)
        mine = _sender(connection, data, name, top_k, "auto")
        its = _sender(connection, data, other or name, top_k, "auto" if other else "exact")
        recalls = [
            exact.recall(number, top_k, [position[id_] for id_ in mine(number)])
            for number in range(effort.queries)
        ]
        numbers = range(effort.timed if other else min(effort.timed, 20))
        each(its, numbers)  # warms up

        def turn(send: Callable[[int], list[str]]) -> Callable[[int], Turn]:
            return lambda _: each(send, numbers)

        turns = alternate({"mine": turn(mine), "its": turn(its)}, effort.rounds)
    return {
        "recall": float(np.mean(recalls)),
        "p50_ms": median_wall(turns["mine"]) * 1e3,
        "ratio": time_ratio(turns["mine"], turns["its"]),
    }


def _sender(
    connection: psycopg.Connection[Any], data: Dataset, name: str, top_k: int, strategy: str
) -> Callable[[int], list[str]]:
    """Return what sends the query of a number."""
    cursor = connection.cursor(binary=True)
    given = {"collection": name, "top_k": top_k, "measure": data.measure, "strategy": strategy}
    statement = """
        SELECT id
        FROM vecs.query(
            %(collection)s, %(vector)s, %(top_k)s, measure => %(measure)s,
            include_metadata => false, strategy => %(strategy)s
        )
    """

    def send(number: int) -> list[str]:
        asked = {**given, "vector": data.queries[number]}
        return [row[0] for row in cursor.execute(statement, asked, prepare=True).fetchall()]

    return send
