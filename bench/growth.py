"""How time grows with the rows: python -m bench growth."""

from __future__ import annotations

from pathlib import Path

import click
from rich.console import Console

from bench import datasets, options, report, stage
from bench.report import Topic
from bench.sweep.cells import choose
from bench.sweep.load import load
from bench.sweep.measure import BEST, OURS, Effort
from bench.sweep.run import run
from bench.sweep.summary import DEFAULT, CellFigures

_RESULTS = Path(__file__).parent / "results"
_FILTERS = ("none", "1%")
_TOP_K = 10


@click.command("growth")
@click.option(
    "--rows",
    "sizes",
    type=click.IntRange(1_000),
    multiple=True,
    default=(10_000, 30_000, 117_159),
    show_default=True,
)
@click.option("--queries", type=click.IntRange(1, 500), default=100, show_default=True)
@click.option("--rounds", type=click.IntRange(1), default=9, show_default=True)
@options.keep()
@options.quick
@options.output("growth", "bench/results, with --quick none")
def command(
    sizes: tuple[int, ...],
    queries: int,
    rounds: int,
    keep: Path | None,
    quick: bool,
    output: Path | None,
) -> None:
    """Search in 10,000, 30,000 and all glosses, without a filter and with one that matches 1 %."""
    if quick:
        sizes, queries, rounds = (1_000, 2_000), 5, 1
    data = datasets.sample(max(sizes)) if quick else datasets.load("glosses")
    console = Console()
    figures: list[CellFigures] = []
    with stage.server(None if quick else keep) as server:
        facts = stage.facts(server.connection, {"queries": queries, "rounds": rounds})
        for size in sizes:
            some = data.first(size)
            load(server, some, console, keep)
            cells = choose(some, _FILTERS, [_TOP_K], random_values=8)
            effort = Effort(queries, queries, rounds, 0.01 if quick else 1.0)
            measured = run(server.url, some, cells, {}, True, effort, console)
            figures += [{"rows": len(some.ids), **cell} for cell in measured]
    topic = _topic(figures)
    topic.show(console)
    if output is None and not quick:
        output = _RESULTS
    if output is not None:
        for path in report.write(output, "growth", facts, [topic]):
            console.print(f"Written: {path}", soft_wrap=True, highlight=False)


def _topic(figures: list[CellFigures]) -> Topic:
    systems = (OURS, DEFAULT, BEST)
    return Topic(
        name="growth",
        title=f"p50 in ms (recall) by rows, k = {_TOP_K}",
        columns=["", *systems],
        rows=[
            [
                f"{cell['rows']:,} rows, filter {cell['filter']}",
                *(
                    f"{one['p50_ms']:.2f} ({one['recall']:.3f})"
                    for one in (cell["systems"][system] for system in systems)
                ),
            ]
            for cell in figures
        ],
        figures={"cells": figures},
    )
