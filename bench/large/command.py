"""The command: python -m bench large."""

from __future__ import annotations

import json
import tempfile
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import click

from bench import datasets, options, report, stage
from bench.exact import Exact
from bench.large import tables
from bench.large.contenders import LANCE_VARIANTS, TOP_K, contenders
from bench.large.data import make
from bench.large.measure import measure
from bench.large.memory import watch
from bench.pgbench import write_queries
from bench.sweep import peers
from bench.sweep.cells import choose
from bench.sweep.load import load
from bench.sweep.measure import Effort
from bench.sweep.run import run
from bench.sweep.summary import LANCEDB
from bench.sweep.systems import Connections

_RESULTS = Path(__file__).parent.parent / "results"
_ROWS, _QUICK_ROWS = 1_000_000, 1_000
_FILTERS = ("10%", "1%", "0.1%", "pos=adj")
_QUERIES = 200


@click.command("large")
@click.option("--rows", type=click.IntRange(1_000), default=_ROWS, show_default=True)
@click.option(
    "--clients",
    "counts",
    type=click.IntRange(1),
    multiple=True,
    default=(1, 2, 4, 8),
    show_default=True,
)
@click.option("--seconds", type=click.IntRange(1), default=5, show_default=True)
@click.option("--rounds", type=click.IntRange(1), default=3, show_default=True)
@click.option(
    "--shared-buffers", default="4GB", show_default=True, help="The server's, of your memory."
)
@click.option("--peers/--no-peers", "with_peers", default=True, help="LanceDB, too.")
@options.keep("the loaded server and LanceDB")
@options.quick
@options.output("large", "bench/results for a million rows, else none")
def command(
    rows: int,
    counts: tuple[int, ...],
    seconds: int,
    rounds: int,
    shared_buffers: str,
    with_peers: bool,
    keep: Path | None,
    quick: bool,
    output: Path | None,
) -> None:
    """Load a million rows; measure time and throughput at a fixed recall, and filtered searches.

    Takes about 40 minutes, 16 GB of memory and 10 GB of disk.
    """
    if output is None and rows == _ROWS and not quick:
        output = _RESULTS
    effort = Effort(40, _QUERIES, 5, 0.5)
    if quick:
        rows, counts, seconds, rounds, keep = min(rows, _QUICK_ROWS), (2,), 1, 1, None
        shared_buffers, effort = "128MB", Effort(5, 10, 1, 0.01)
    glosses = datasets.sample(_QUICK_ROWS) if quick else datasets.load("glosses")
    console = report.console()
    data = make(glosses, rows)
    with ExitStack() as stack:
        server = stack.enter_context(stage.server(keep, shared_buffers))
        facts = stage.facts(
            server.connection,
            {"rows": rows, "queries": effort.scored, "seconds": seconds, "rounds": rounds},
        )
        with watch(server.connection) as peak:
            cost = load(server, data, console, keep)
        if "memory_bytes" not in cost:
            cost["memory_bytes"] = peak.bytes
            if keep is not None:
                (keep / f"{data.name}.json").write_text(json.dumps(cost), encoding="utf-8")
        costs = {"vecs-sql": cost}
        running: dict[str, peers.Peer] = {}
        if with_peers:
            source = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            peers.write(data, source)
            lance = stack.enter_context(
                peers.start(LANCEDB, data, source, server.url, keep, console)
            )
            running[LANCEDB] = replace(lance, variants=LANCE_VARIANTS)
            costs[LANCEDB] = lance.cost
        queries = write_queries(server.connection, data, len(data.queries))
        exact = Exact(data, effort.scored, [TOP_K])
        with watch(server.connection) as peak, Connections(server.url) as connections:
            systems = contenders(server.url, connections, data, running.get(LANCEDB), queries)
            points = measure(systems, data, exact, counts, seconds, rounds, effort.scored, console)
        cells = choose(data, _FILTERS, [TOP_K], random_values=8)
        figures = run(server.url, data, cells, running, True, effort, console)
    topics = [
        tables.loading(rows, costs, peak.bytes),
        tables.unfiltered(points, counts),
        tables.filtered(figures),
    ]
    for topic in topics:
        topic.show(console)
    if output is not None:
        for path in report.write(output, "large", facts, topics):
            console.print(f"Written: {path}", soft_wrap=True, highlight=False)
