"""The command: python -m bench graph."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from bench import clusters, datasets, options, report, stage
from bench.dataset import Dataset
from bench.graph.measure import DEFAULT, PGVECTOR, Effort, measure
from bench.graph.tables import topic

_RESULTS = Path(__file__).parent.parent / "results"
_DATASETS = ("glosses", "clusters", "clusters_far")
_GRAPHS = (PGVECTOR, "16, 128", "16, 160", "16, 200", "24, 128", "32, 128")
_TIMED = 200
_QUICK_ROWS = 2_000


@click.command("graph")
@click.option(
    "--dataset",
    "names",
    type=click.Choice(datasets.NAMES),
    multiple=True,
    default=_DATASETS,
    show_default=True,
)
@click.option(
    "--graph",
    "graphs",
    multiple=True,
    default=_GRAPHS,
    show_default=True,
    help="m and ef_construction; repeatable. The default of create_index() is always measured.",
)
@click.option(
    "--seeds",
    type=click.IntRange(1),
    default=3,
    show_default=True,
    help="How many times the synthetic data are made anew.",
)
@click.option("--queries", type=click.IntRange(1), default=2_000, show_default=True)
@click.option("--rounds", type=click.IntRange(1), default=5, show_default=True)
@click.option("--rows", type=click.IntRange(1_000), help="Only the first rows of a data set.")
@options.quick
@options.output("graph", "bench/results for all rows, else none")
def command(
    names: tuple[str, ...],
    graphs: tuple[str, ...],
    seeds: int,
    queries: int,
    rounds: int,
    rows: int | None,
    quick: bool,
    output: Path | None,
) -> None:
    """Build HNSW graphs of several sizes; compare time, bytes, recall and lost searches."""
    if output is None and not quick and rows is None:
        output = _RESULTS
    if quick:
        names, graphs, seeds = ("clusters_far",), (PGVECTOR, "4, 8"), 1
        queries, rounds, rows = 50, 2, rows or _QUICK_ROWS
    effort = Effort(queries, min(queries, _TIMED), rounds)
    wanted = [DEFAULT, PGVECTOR, *(graph for graph in graphs if graph != PGVECTOR)]
    console = report.console()
    topics = []
    with stage.server() as server:
        counts = {"queries": queries, "seeds of synthetic data": seeds, "rounds": rounds}
        facts = stage.facts(server.connection, counts)
        for name in names:
            by_graph: dict[str, list[dict[str, Any]]] = {graph: [] for graph in wanted}
            for data in _variants(name, seeds, rows):
                for graph, figures in measure(server, data, wanted, effort, console).items():
                    by_graph[graph].append(figures)
            topics.append(topic(name, by_graph))
            topics[-1].show(console)
    if output is not None:
        for path in report.write(output, "graph", facts, topics):
            console.print(f"Written: {path}", soft_wrap=True, highlight=False)


def _variants(name: str, seeds: int, rows: int | None) -> list[Dataset]:
    """Return a data set, or a synthetic one from several seeds."""
    if name in clusters.NOISES:
        return [clusters.make(name, seed, rows) for seed in range(seeds)]
    data = datasets.load(name)
    return [data.first(rows) if rows else data]
