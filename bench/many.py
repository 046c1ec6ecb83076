"""Many query vectors in one call, near and far from the server: python -m bench many."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import click
import psycopg
from pgvector.psycopg import register_vector
from rich.console import Console

from bench import datasets, options, report, stage
from bench.dataset import Dataset
from bench.proxy import delayed
from bench.report import Target, Topic
from bench.sweep.load import load
from bench.timing import Turn, alternate, bulk, median_wall, time_ratio

OURS = "vecs.query_many(), one call"
ONE_BY_ONE = "hand-written SQL, prepared, one by one"
PIPELINE = "hand-written SQL, prepared, in a pipeline"

_RESULTS = Path(__file__).parent / "results"
_VECTORS = 100
_TOP_K = 10
# The server's distance, there and back, in seconds.
_FAR = 0.002

Answers = list[list[str]]


@click.command("many")
@click.option(
    "--rows",
    "sizes",
    type=click.IntRange(1_000),
    multiple=True,
    default=(10_000, 117_159),
    show_default=True,
)
@click.option("--rounds", type=click.IntRange(1), default=15, show_default=True)
@options.keep()
@options.quick
@options.output("many", "bench/results, with --quick none")
def command(
    sizes: tuple[int, ...], rounds: int, keep: Path | None, quick: bool, output: Path | None
) -> None:
    """Search for 100 vectors, in one call or one by one, on this machine and 2 ms away."""
    if quick:
        sizes, rounds = (1_000,), 1
    data = datasets.sample(max(sizes)) if quick else datasets.load("glosses")
    console = Console()
    topics = []
    with stage.server(None if quick else keep) as server:
        facts = stage.facts(server.connection, {"query vectors": _VECTORS, "rounds": rounds})
        if (
            server.connection.execute(
                "SELECT FROM pg_proc WHERE pronamespace = 'vecs'::regnamespace AND proname = 'query_many'"
            ).fetchone()
            is None
        ):
            raise click.ClickException("This vecs-sql has no query_many().")
        for size in sizes:
            some = data.first(size)
            load(server, some, console, keep)
            topics.append(_measure(server.url, some, "near", rounds))
            with delayed(server.url, _FAR) as url:
                topics.append(_measure(url, some, f"{_FAR * 1e3:g} ms away", rounds))
    for topic in topics:
        topic.show(console)
    if output is None and not quick:
        output = _RESULTS
    if output is not None:
        for path in report.write(output, "many", facts, topics):
            console.print(f"Written: {path}", soft_wrap=True, highlight=False)


def _measure(url: str, data: Dataset, where: str, rounds: int) -> Topic:
    with contenders(url, data) as ways:
        answers = {way: search() for way, search in ways.items()}  # warms up, too
        turns = alternate(
            {way: _turn(search) for way, search in ways.items()},
            rounds,
        )
    overlap = {way: _overlap(found, answers[ONE_BY_ONE]) for way, found in answers.items()}
    wanted = 1.0
    return Topic(
        name=f"{len(data.ids)} rows, {where}",
        title=f"{_VECTORS} vectors, k = {_TOP_K}: {len(data.ids):,} rows, the server {where}",
        columns=["", "ms for all", f"time of {ONE_BY_ONE}", "same ids"],
        rows=[
            [
                way,
                f"{median_wall(taken) * 1e3:.1f}",
                f"{time_ratio(taken, turns[ONE_BY_ONE]):.2f}",
                f"{overlap[way]:.3f}",
            ]
            for way, taken in turns.items()
        ],
        targets=[
            Target(
                f"{OURS}, time of {ONE_BY_ONE}",
                wanted,
                time_ratio(turns[OURS], turns[ONE_BY_ONE]),
                at_most=True,
            )
        ],
        figures={
            way: {
                "ms": median_wall(taken) * 1e3,
                "ms_by_round": [turn.wall * 1e3 for turn in taken],
                "time_of_one_by_one": time_ratio(taken, turns[ONE_BY_ONE]),
                "same_ids": overlap[way],
            }
            for way, taken in turns.items()
        },
    )


@contextmanager
def contenders(url: str, data: Dataset) -> Iterator[dict[str, Callable[[], Answers]]]:
    vectors = data.queries[:_VECTORS]
    by_hand = f"""
        SELECT id, vec <=> %(vector)s AS distance, metadata FROM vecs."{data.name}"
        ORDER BY vec <=> %(vector)s LIMIT {_TOP_K}
    """.encode()
    with ExitStack() as stack:
        connection = stack.enter_context(psycopg.connect(url, autocommit=True))
        register_vector(connection)

        def one_by_one() -> Answers:
            cursor = connection.cursor(binary=True)
            return [
                _ids(cursor.execute(by_hand, {"vector": vector}, prepare=True).fetchall())
                for vector in vectors
            ]

        def pipeline() -> Answers:
            cursors = []
            with connection.pipeline():
                for vector in vectors:
                    cursor = connection.cursor(binary=True)
                    cursors.append(cursor.execute(by_hand, {"vector": vector}, prepare=True))
            return [_ids(cursor.fetchall()) for cursor in cursors]

        def ours() -> Answers:
            cursor = connection.cursor(binary=True)
            rows = cursor.execute(
                "SELECT query_no, id, distance, metadata"
                " FROM vecs.query_many(%(collection)s, %(vectors)b, %(top_k)s)",
                {
                    "collection": data.name,
                    "vectors": list(vectors),
                    "top_k": _TOP_K,
                },
                prepare=True,
            ).fetchall()
            found: Answers = [[] for _ in vectors]
            for row in rows:
                found[row[0] - 1].append(row[1])
            return found

        yield {ONE_BY_ONE: one_by_one, PIPELINE: pipeline, OURS: ours}


def _turn(search: Callable[[], Answers]) -> Callable[[int], Turn]:
    return lambda _: bulk(search, 1)


def _ids(rows: list[Any]) -> list[str]:
    return [row[0] for row in rows]


def _overlap(found: Answers, wanted: Answers) -> float:
    """Return the share of ids that are the same."""
    same = sum(len(set(some) & set(others)) for some, others in zip(found, wanted, strict=True))
    return same / sum(map(len, wanted))
