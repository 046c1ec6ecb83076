"""The figures of the graphs on one data set as a table, with the targets."""

from __future__ import annotations

from statistics import mean, median
from typing import Any

from bench import clusters
from bench.graph.measure import DEFAULT, PGVECTOR, SEARCHES
from bench.report import Target, Topic

# A search that finds less than this share of the rows is lost: it ended in another place.
_LOST = 0.2

Figures = dict[str, Any]


def topic(name: str, by_graph: dict[str, list[Figures]]) -> Topic:
    """Return the table of a data set, from the figures of each graph for each seed."""
    graphs = {graph: _together(runs) for graph, runs in by_graph.items()}
    rows = []
    for graph, one in graphs.items():
        label = f"{graph}: {one['parameters']}" if graph == DEFAULT else graph
        cost = [f"{one['build_seconds']:.1f}", f"{one['bytes'] / 1e6:.0f}"]
        for search, found in one["searches"].items():
            rows.append(
                [
                    label,
                    *cost,
                    search,
                    f"{found['recall']:.4f}",
                    f"{found['lost']} of {found['queries']}",
                    f"{found['p50_ms']:.2f}",
                    f"{found['time_of_pgvector']:.2f}",
                ]
            )
            label, cost = "", ["", ""]
    return Topic(
        name=name,
        title=f"{name}: HNSW graphs by m, ef_construction",
        columns=[
            "",
            "build, s",
            "MB",
            "search",
            "recall",
            "lost searches",
            "p50, ms",
            f"time of {PGVECTOR}",
        ],
        rows=rows,
        targets=_targets(name, graphs[DEFAULT], graphs[PGVECTOR]),
        figures=graphs,
    )


def _targets(name: str, mine: Figures, base: Figures) -> list[Target]:
    search = SEARCHES[0]
    found = mine["searches"][str(search)]
    if name in clusters.NOISES:
        answers = [Target(f"{DEFAULT}, lost searches, {search}", 0, found["lost"], at_most=True)]
    else:
        answers = [
            Target(f"{DEFAULT}, recall, {search}", 0.985, found["recall"]),
            Target(
                f"{DEFAULT}, time of {PGVECTOR}, {search}",
                1.0,
                found["time_of_pgvector"],
                at_most=True,
            ),
        ]
    return answers + [
        Target(f"{DEFAULT}, {what} of {PGVECTOR}", wanted, mine[key] / base[key], at_most=True)
        for what, key, wanted in (
            ("bytes", "bytes", 1.02),
            ("build time", "build_seconds", 2.2),
        )
    ]


def _together(runs: list[Figures]) -> Figures:
    """Return the figures of one graph over all seeds."""
    searches = {}
    for search in map(str, SEARCHES):
        found = [run["searches"][search] for run in runs]
        lost = [sum(recall < _LOST for recall in one["recall"]) for one in found]
        searches[search] = {
            "recall": mean(recall for one in found for recall in one["recall"]),
            "lost": sum(lost),
            "lost_by_seed": lost,
            "queries": sum(len(one["recall"]) for one in found),
            "p50_ms": median(one["p50_ms"] for one in found),
            "time_of_pgvector": median(one["time_of_pgvector"] for one in found),
        }
    return {
        "parameters": runs[0]["parameters"],
        "build_seconds": median(run["build_seconds"] for run in runs),
        "bytes": median(run["bytes"] for run in runs),
        "searches": searches,
    }
