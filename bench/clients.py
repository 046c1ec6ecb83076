"""The Python clients: memory of a stream, async beside threads, LangChain's stores: python -m bench clients."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import click
import numpy as np
from rich.console import Console

import vecs_sql
from bench import options, report
from bench.environments import ROOT, worker
from bench.report import Target, Topic
from bench.stage import DIMENSION, Stage, stage
from bench.timing import Turn, alternate, bulk, median_wall, time_ratio

_RESULTS = Path(__file__).parent / "results"

THREADS = "8 threads, sync client"
TASKS = "32 tasks, async client, a pool of 8"
OURS = "vecs_sql.langchain"
THEIRS = "langchain-postgres 0.0.19"

_LANGCHAIN = (
    "--editable",
    str(ROOT),
    "langchain-core>=1",
    "langchain-postgres==0.0.19",
    "psycopg[binary]",
)


@click.command("clients")
@click.option("--rounds", type=click.IntRange(1), default=7, show_default=True)
@click.option(
    "--quick", is_flag=True, help="Few rows, without langchain: whether it runs, not how fast."
)
@options.output("clients", "bench/results, with --quick none")
def command(rounds: int, quick: bool, output: Path | None) -> None:
    """Measure the Python clients: memory of a stream, async beside threads, LangChain's stores."""
    rows, streamed, queries = 20_000, 1_000_000, 500
    if quick:
        rows, streamed, queries, rounds = 1_000, 2_000, 50, 1
    console = Console()
    with stage(rows, queries, rounds) as where:
        facts = where.facts()
        topics = [_memory(where, streamed), _concurrency(where)]
        if not quick:
            topics.append(_langchain(where))
    for topic in topics:
        topic.show(console)
    if output is None and not quick:
        output = _RESULTS
    if output is not None:
        for path in report.write(output, "clients", facts, topics):
            console.print(f"Written: {path}", soft_wrap=True, highlight=False)


# Memory


def _memory(where: Stage, rows: int) -> Topic:
    """Run a process that streams rows into a collection, and return how much memory it had at most."""
    figures = {}
    for way in ("sync", "async"):
        ended = subprocess.run(
            [sys.executable, "-m", "bench.stream", way, where.url, str(rows)],
            cwd=ROOT,
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        )
        figures[way] = json.loads(ended.stdout)
    return Topic(
        name="memory",
        title=f"Streaming {rows:,} rows of 128 dimensions: Collection.upsert from a generator, then scan",
        columns=["", "peak memory, MB", "rows/s written", "rows/s read"],
        rows=[
            [
                way,
                f"{found['mb']:.0f}",
                f"{found['written_per_second']:,.0f}",
                f"{found['read_per_second']:,.0f}",
            ]
            for way, found in figures.items()
        ],
        targets=[
            Target(f"peak memory, MB, {way}", 200, found["mb"], at_most=True)
            for way, found in figures.items()
        ],
        figures=figures,
    )


# Concurrency


def _concurrency(where: Stage) -> Topic:
    name = "concurrent"
    docs = where.client.get_or_create_collection(name, dimension=DIMENSION)
    docs.upsert((where.ids, where.vectors, where.metadata), progress=False)
    docs.create_index()
    queries = list(where.queries)
    with ExitStack() as stack:
        client = stack.enter_context(vecs_sql.create_client(where.url, pool_size=8))
        threads = stack.enter_context(ThreadPoolExecutor(8))
        searched = client.get_or_create_collection(name)
        loop = stack.enter_context(_loop())
        async_client = vecs_sql.create_async_client(where.url, pool_size=8)
        async_searched = loop(async_client.get_or_create_collection(name))

        def in_threads(_: int) -> Turn:
            return bulk(lambda: list(threads.map(searched.query, queries)), len(queries))

        async def tasks() -> None:
            waiting = iter(queries)

            async def searching() -> None:
                for query in waiting:
                    await async_searched.query(query)

            await asyncio.gather(*(searching() for _ in range(32)))

        def in_tasks(_: int) -> Turn:
            return bulk(lambda: loop(tasks()), len(queries))

        ways = {THREADS: in_threads, TASKS: in_tasks}
        alternate(ways, 1)
        turns = alternate(ways, 5 * where.rounds)  # a turn takes but a quarter of a second
        loop(async_client.disconnect())
    return Topic(
        name="concurrency",
        title=f"{len(queries)} concurrent searches in {len(where.ids):,} rows",
        columns=["", "searches/s", f"speed of {THREADS}"],
        rows=[
            [
                way,
                f"{1 / median_wall(taken):,.0f}",
                f"{1 / time_ratio(taken, turns[THREADS]):.2f}",
            ]
            for way, taken in turns.items()
        ],
        targets=[
            Target(f"{TASKS}, speed of {THREADS}", 1, 1 / time_ratio(turns[TASKS], turns[THREADS]))
        ],
        figures={
            way: {"searches_per_second": 1 / median_wall(taken)} for way, taken in turns.items()
        },
    )


@contextmanager
def _loop() -> Iterator[Callable[[Any], Any]]:
    loop = asyncio.new_event_loop()
    try:
        yield loop.run_until_complete
    finally:
        loop.close()


# LangChain


def _langchain(where: Stage) -> Topic:
    with tempfile.TemporaryDirectory(prefix="vecs-sql-bench-") as name:
        folder = Path(name)
        np.save(folder / "vectors.npy", where.vectors)
        np.save(folder / "queries.npy", where.queries)
        rows = {"ids": where.ids, "metadata": where.metadata}
        (folder / "rows.json").write_text(json.dumps(rows), encoding="utf-8")
        with worker(
            "langchain-both", "bench.langchain_worker", _LANGCHAIN, where.url, folder
        ) as running:

            def turn(order: str, store: str) -> Callable[[int], Turn]:
                return lambda number: Turn(**running.ask(order, store=store, number=number))

            works = {
                "add 2,000 documents": "add",
                "search, k = 4": "search",
                "search, k = 4, one category": "search_filtered",
            }
            for store in (OURS, THEIRS):
                running.ask("fill", store=store)
            turns = {
                title: alternate(
                    {store: turn(order, store) for store in (OURS, THEIRS)}, where.rounds + 1
                )
                for title, order in works.items()
            }
            returned = {store: running.ask("returned", store=store) for store in (OURS, THEIRS)}
    wanted = {"add": 5.0, "search": 2.0}
    speeds = {title: 1 / time_ratio(taken[OURS], taken[THEIRS]) for title, taken in turns.items()}
    return Topic(
        name="langchain",
        title=f"LangChain: {len(where.ids):,} documents, both with an HNSW index",
        columns=["ms", OURS, THEIRS, f"speed of {THEIRS}"],
        rows=[
            [
                title,
                *(f"{median_wall(taken[store]) * 1e3:.2f}" for store in (OURS, THEIRS)),
                f"{speeds[title]:.1f}",
            ]
            for title, taken in turns.items()
        ]
        + [["documents returned of 4, one category", *map(str, returned.values()), ""]],
        targets=[
            Target(f"{title}, speed of {THEIRS}", wanted[order], speeds[title])
            for title, order in works.items()
            if order in wanted
        ],
        figures={"returned": returned}
        | {
            title: {store: median_wall(taken[store]) * 1e3 for store in (OURS, THEIRS)}
            for title, taken in turns.items()
        },
    )
