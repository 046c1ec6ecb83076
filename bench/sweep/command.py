"""The command: python -m bench sweep."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from pathlib import Path

import click

from bench import datasets, options, report, stage
from bench.sweep import peers, tables
from bench.sweep.cells import TOP_KS, choose, known
from bench.sweep.load import load
from bench.sweep.measure import Effort
from bench.sweep.run import run

_RESULTS = Path(__file__).parent.parent / "results"
_QUICK_ROWS = 2_000
_QUICK_FILTERS = ("none", "10%", "0.1%", "row", "nothing", "pos=verb")
# How many values of a random filter the queries take turns with.
_RANDOM_VALUES = 8


@click.command("sweep")
@click.option(
    "--dataset",
    "names",
    type=click.Choice(datasets.NAMES),
    multiple=True,
    help=f"Default: {', '.join(datasets.DEFAULT)}; repeatable.",
)
@click.option(
    "--filter",
    "filters",
    multiple=True,
    help="none, 50%, 10%, 5%, 2%, 1%, 0.1%, 0.01%, row, nothing, pos, lex, label, lex=13 ... Default: all.",
)
@click.option(
    "--top-k",
    "top_ks",
    type=int,
    multiple=True,
    help="Default: 10 and 100; without a filter 500 and 1,000, too. Repeatable.",
)
@click.option("--rows", type=click.IntRange(1_000), help="Only the first rows of a data set.")
@click.option("--queries", type=click.IntRange(1, 500), default=40, show_default=True)
@click.option(
    "--scored",
    type=click.IntRange(1, 500),
    default=200,
    show_default=True,
    help="Queries by which vecs.query() and the best plans are judged; slow ones with fewer.",
)
@click.option("--rounds", type=click.IntRange(1), default=5, show_default=True)
@click.option(
    "--budget",
    type=float,
    default=0.25,
    show_default=True,
    help="Seconds for each contender in all rounds of a cell; slow ones are timed with fewer queries.",
)
@click.option(
    "--peer",
    "wanted_peers",
    type=click.Choice(list(peers.PEERS)),
    multiple=True,
    help="Default: all; repeatable.",
)
@click.option("--peers/--no-peers", "with_peers", default=True, help="Other stores, too.")
@click.option(
    "--plain/--no-plain", default=True, help="Hand-written SQL whose plan is not picked, too."
)
@options.keep("the loaded server and the other stores")
@click.option("--quick", is_flag=True, help="Few rows and cells: whether it runs, not how fast.")
@options.output("sweep-DATASET", "bench/results for all cells of a data set, else none")
def command(
    names: tuple[str, ...],
    filters: tuple[str, ...],
    top_ks: tuple[int, ...],
    rows: int | None,
    queries: int,
    scored: int,
    rounds: int,
    budget: float,
    wanted_peers: tuple[str, ...],
    with_peers: bool,
    plain: bool,
    keep: Path | None,
    quick: bool,
    output: Path | None,
) -> None:
    """Filtered search: rows, recall and time by filter and number of neighbours.

    Beside vecs.query(): hand-written SQL with the settings people use, the best plan that trying
    everything finds for a cell, and other stores (in some cells). Recall is against the exact answer.
    """
    whole = not (filters or top_ks or rows or wanted_peers or quick)
    if quick:
        queries, scored = min(queries, 10), min(scored, 20)
        rounds, budget = min(rounds, 2), min(budget, 0.01)
        filters, top_ks = filters or _QUICK_FILTERS, top_ks or (10,)
        sets, keep = [datasets.sample(rows or _QUICK_ROWS)], None
    else:
        sets = [datasets.load(name) for name in names or datasets.DEFAULT]
        sets = [data.first(rows) for data in sets] if rows else sets
    unknown = set(filters).difference(*(known(data) for data in sets))
    if unknown:
        raise click.UsageError(f"No data set has the filter {', '.join(sorted(unknown))}.")
    if output is None and whole and with_peers and plain:
        output = _RESULTS
    wanted_peers = (wanted_peers or tuple(peers.PEERS)) if with_peers else ()
    effort = Effort(queries, max(scored, queries), rounds, budget)
    console = report.console()
    topics, written = [], []
    with ExitStack() as stack:
        server = stack.enter_context(stage.server(keep))
        for data in sets:
            counts = {
                "rows": len(data.ids),
                "queries of a cell, at most": queries,
                "judged by, at most": max(scored, queries),
                "rounds": rounds,
            }
            facts = stage.facts(server.connection, counts)
            cells = choose(data, filters, top_ks or TOP_KS, random_values=_RANDOM_VALUES)
            cost = {"vecs-sql": load(server, data, console, keep)}
            with ExitStack() as for_data:
                source = Path(for_data.enter_context(tempfile.TemporaryDirectory()))
                if wanted_peers:
                    peers.write(data, source)
                running = {
                    name: for_data.enter_context(
                        peers.start(name, data, source, server.url, keep, console)
                    )
                    for name in wanted_peers
                }
                cost |= {name: peer.cost for name, peer in running.items()}
                figures = run(server.url, data, cells, running, plain, effort, console)
            found = tables.topics(data.name, cost, figures)
            topics += found
            if output is not None:
                written += report.write(output, f"sweep-{data.name}", facts, found)
    for topic in topics:
        if topic.brief:
            topic.show(console)
    for path in written:
        console.print(f"Written: {path}", soft_wrap=True, highlight=False)
