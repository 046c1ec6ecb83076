"""The first questions: how fast rows come in, and one unfiltered search: python -m bench first."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from pathlib import Path

import click
from rich.console import Console

from bench import ingest, options, peers, query, report
from bench.stage import stage

_RESULTS = Path(__file__).parent / "results"


@click.command("first")
@click.option(
    "--rows",
    type=click.IntRange(100, 25_000),
    default=20_000,
    show_default=True,
    help="Rows to load and to search.",
)
@click.option(
    "--queries",
    type=click.IntRange(10, 500),
    default=500,
    show_default=True,
    help="Queries a round, in ten turns.",
)
@click.option(
    "--rounds", type=click.IntRange(1), default=7, show_default=True, help="Rounds of turns."
)
@click.option(
    "--vecs-rows",
    type=click.IntRange(1),
    default=4_000,
    show_default=True,
    help="Rows that vecs 0.4.5 loads.",
)
@click.option(
    "--quick", is_flag=True, help="1,000 rows, 20 queries, 2 rounds: whether it runs, not how fast."
)
@click.option(
    "--peers/--no-peers",
    "with_peers",
    default=True,
    help="Measure vecs 0.4.5, too (installs it in .scratch).",
)
@options.output("first", "bench/results, with --quick none")
def command(
    rows: int,
    queries: int,
    rounds: int,
    vecs_rows: int,
    quick: bool,
    with_peers: bool,
    output: Path | None,
) -> None:
    """Load 20,000 rows, and search them without a filter.

    Contenders take turns in one run, in a new order every round. A figure is the median of the
    rounds, and a ratio the median of the rounds' ratios. The server is one of its own, on a
    folder that is deleted at the end.
    """
    if quick:
        rows, queries, rounds, vecs_rows = 1_000, 20, 2, 500
    console = Console()
    if not console.is_terminal:
        console.width = 120
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="vecs-sql-bench-")))
        where = stack.enter_context(stage(rows, queries, rounds))
        facts = where.facts()
        vecs = None
        if with_peers:
            vecs = stack.enter_context(peers.vecs(where, folder))
            facts["versions of the vecs client"] = vecs.ask("versions")
        topics = [ingest.measure(where, vecs, vecs_rows), query.measure(where, vecs)]
    for topic in topics:
        topic.show(console)
    if output is None and not quick:
        output = _RESULTS
    if output is not None:
        for path in report.write(output, "first", facts, topics):
            console.print(f"Written: {path}", soft_wrap=True, highlight=False)
