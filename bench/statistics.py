"""Searches whose filters the planner misjudges: python -m bench statistics."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from bench import datasets, options, report, situations, stage
from bench.report import Target, Topic
from bench.sweep.cells import Cell
from bench.sweep.measure import BEST, OURS, RECALLS, Effort
from bench.sweep.run import run
from bench.sweep.summary import CellFigures, mean_to_median, name_of

_RESULTS = Path(__file__).parent / "results"
_HIGHEST_RATIO = 2.5
_QUICK_ROWS = 2_000


@click.command("statistics")
@click.option(
    "--situation",
    "wanted",
    type=click.Choice(list(situations.SITUATIONS)),
    multiple=True,
    default=tuple(situations.SITUATIONS),
    show_default=True,
)
@click.option("--top-k", "top_ks", type=int, multiple=True, default=(10, 100), show_default=True)
@click.option("--rows", type=click.IntRange(1_000), help="Only the first rows of the glosses.")
@click.option("--queries", type=click.IntRange(1, 500), default=40, show_default=True)
@click.option("--rounds", type=click.IntRange(1), default=5, show_default=True)
@options.quick
@options.output("statistics", "bench/results for a whole run, else none")
def command(
    wanted: tuple[str, ...],
    top_ks: tuple[int, ...],
    rows: int | None,
    queries: int,
    rounds: int,
    quick: bool,
    output: Path | None,
) -> None:
    """Search with filters that the planner misjudges, for lack of statistics or because these are wrong."""
    whole = not (quick or rows or len(wanted) < len(situations.SITUATIONS))
    if output is None and whole:
        output = _RESULTS
    if quick:
        top_ks, queries, rounds = (10,), 5, 1
    data = datasets.sample(rows or _QUICK_ROWS) if quick else datasets.load("glosses")
    data = situations.prepare(data.first(rows) if rows else data)
    effort = Effort(queries, queries if quick else 200, rounds, 0.01 if quick else 0.25)
    console = report.console()
    topics = []
    with stage.server() as server:
        facts = stage.facts(server.connection, {"queries": queries, "rounds": rounds})
        for situation in wanted:
            console.print(f"Making a collection: {situation} ...")
            left = situations.SITUATIONS[situation](server, data)
            cells = [
                Cell(one, top_k)
                for one in situations.filters(server, left, situation)
                for top_k in top_ks
            ]
            figures = run(server.url, left, cells, {}, True, effort, console)
            topics.append(_topic(situation, figures))
    for topic in topics:
        topic.show(console)
    if output is not None:
        for path in report.write(output, "statistics", facts, topics):
            console.print(f"Written: {path}", soft_wrap=True, highlight=False)


def _topic(situation: str, cells: list[CellFigures]) -> Topic:
    ours = [cell["systems"][OURS] for cell in cells]
    best = [cell["systems"][BEST] for cell in cells]
    rows: list[list[str]] = []
    for cell, mine, its in zip(cells, ours, best, strict=True):
        rows.append(
            [
                name_of(cell),
                f"{cell['matches']:,.0f}",
                f"{mine['rows_min']} of {mine['expected_min']}",
                f"{mine['recall']:.3f}",
                f"{mine['p50_ms']:.2f}",
                f"{mean_to_median(cell):.2f}",
                cell["best_plans"][BEST],
                f"{its['p50_ms']:.2f}",
                f"{its['vecs_sql_to_this']:.2f}",
            ]
        )
    short = [name_of(cell) for cell, mine in zip(cells, ours, strict=True) if mine["short"]]
    ratios: dict[str, Any] = {
        name_of(cell): its["vecs_sql_to_this"] for cell, its in zip(cells, best, strict=True)
    }
    worst = max(ratios, key=lambda name: ratios[name])
    return Topic(
        name=situation,
        title=f"{situation}: vecs.query() and the {BEST} at recall {RECALLS[BEST]}",
        columns=[
            "",
            "matches",
            "rows",
            "recall",
            "p50, ms",
            "mean / median",
            "best plan",
            "its p50, ms",
            "ratio",
        ],
        rows=rows,
        targets=[
            Target(f"cells with too few rows {'; '.join(short)}".strip(), 0, len(short), True),
            Target(f"highest ratio ({worst})", _HIGHEST_RATIO, ratios[worst], at_most=True),
        ],
        figures={"cells": cells},
    )
