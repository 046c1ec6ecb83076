"""The command: python -m bench shards."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import click
from rich.console import Console

from bench import options, report, stage
from bench.dataset import Dataset
from bench.report import Topic
from bench.shards import tables
from bench.shards.contenders import (
    Contender,
    batches,
    collections,
    contenders,
    describe_server,
    upsert,
)
from bench.shards.data import DIMENSION, make, searches
from bench.shards.measure import (
    calls,
    count_faults,
    recalls,
    time_builds,
    time_calls,
    time_loads,
)

_RESULTS = Path(__file__).parent.parent / "results"
_CLIENTS = (1, 4)
# Rows of a call of upsert_many().
_BATCH = 2_000
# Of a load: three of each client.
_BATCHES = 12
_QUICK_ROWS, _QUICK_BATCH = 2_000, 100


@click.command("shards")
@click.option("--cluster", help="The coordinator of a Citus cluster, a database with vecs-sql.")
@click.option("--plain", help="A server without Citus, a database with vecs-sql.")
@click.option(
    "--shards",
    "numbers",
    type=click.IntRange(0),
    multiple=True,
    default=(2, 8),
    show_default=True,
    help="Shards of a collection on the cluster; repeatable. 0: a local one.",
)
@click.option("--rows", type=click.IntRange(10_000), default=100_000, show_default=True)
@click.option(
    "--queries",
    type=click.IntRange(1, 500),
    default=200,
    show_default=True,
    help="Those that recall is measured with; a fifth of them is timed.",
)
@click.option(
    "--searches",
    "searched",
    type=click.IntRange(1),
    default=2_000,
    show_default=True,
    help="Searches with filters whose rows are counted.",
)
@click.option("--rounds", type=click.IntRange(1, 9), default=5, show_default=True)
@click.option(
    "--builds",
    type=click.IntRange(1),
    default=3,
    show_default=True,
    help="How often each index is built.",
)
@options.quick
@options.output("shards", "bench/results, with --quick none")
def command(
    cluster: str | None,
    plain: str | None,
    numbers: tuple[int, ...],
    rows: int,
    queries: int,
    searched: int,
    rounds: int,
    builds: int,
    quick: bool,
    output: Path | None,
) -> None:
    """Compare collections on shards of a Citus cluster with a local one on a server without Citus.

    The databases may not have collections of the names that the benchmark uses (vecs_sql_bench_...); those that it
    makes are dropped in the end. With --quick and without servers, two local collections on a server of the benchmark's
    own are compared.
    """
    numbers = tuple(dict.fromkeys(numbers))
    if output is None and not quick:
        output = _RESULTS
    if quick:
        rows, queries, searched, rounds, builds = _QUICK_ROWS, 10, 30, 1, 1
    console = report.console()
    with ExitStack() as stack:
        if quick and cluster is None and plain is None:
            cluster = plain = stack.enter_context(stage.server()).url
            numbers = (0,)
        if cluster is None or plain is None:
            raise click.UsageError("Name two servers: --cluster URL --plain URL.")
        found = stack.enter_context(contenders(plain, cluster, numbers))
        facts = stage.facts(
            found[0].connection,
            {
                "rows": rows,
                "dimension": DIMENSION,
                "queries": queries,
                "rounds": rounds,
                "plain": describe_server(found[0].connection),
                "cluster": describe_server(found[-1].connection),
            },
        )
        stack.enter_context(collections(found, DIMENSION))
        data = make(rows)
        index = _load_and_build(found, data, builds, console)
        answers = _judge(found, data, queries, searched, console)
        times = _time(found, data, max(1, queries // 5), rounds, console)
        size = _QUICK_BATCH if quick else _BATCH
        loads = _load(found, data.first(_BATCHES * size), size, rounds, console)
    if output is not None:
        for path in report.write(output, "shards", facts, [times, loads, index, answers]):
            console.print(f"Written: {path}", soft_wrap=True, highlight=False)


def _load_and_build(found: list[Contender], data: Dataset, builds: int, console: Console) -> Topic:
    rows = batches(data, _BATCH)
    for one in found:
        console.print(f"Loading {len(data.ids):,} rows: {one.label} ...", highlight=False)
        upsert(one.connection, one.name, rows)
    console.print("Building indexes ...")
    turns = time_builds(found, data.measure, builds)
    for one in found:
        one.connection.execute(f"VACUUM (ANALYZE) vecs.{one.name}".encode())
    described = {one.label: one.describe() for one in found}
    return _shown(tables.index(found, len(data.ids), turns, described), console)


def _judge(
    found: list[Contender], data: Dataset, queries: int, searched: int, console: Console
) -> Topic:
    console.print(f"Comparing {searched:,} answers with exact ones ...", highlight=False)
    faults = count_faults(found, searches(data, searched))
    return _shown(tables.answers(found, recalls(found, data, queries), faults, searched), console)


def _time(
    found: list[Contender], data: Dataset, queries: int, rounds: int, console: Console
) -> Topic:
    console.print("Timing calls ...")
    taken = {call.what: time_calls(found, call, rounds) for call in calls(data, queries, rounds)}
    return _shown(tables.calls(found, len(data.ids), taken), console)


def _load(found: list[Contender], data: Dataset, size: int, rounds: int, console: Console) -> Topic:
    console.print("Timing loads ...")
    rows = batches(data, size)
    taken = {
        f"{clients} client{'s' if clients > 1 else ''}": time_loads(found, rows, clients, rounds)
        for clients in _CLIENTS
    }
    return _shown(tables.loads(found, len(data.ids), size, taken), console)


def _shown(topic: Topic, console: Console) -> Topic:
    topic.show(console)
    return topic
