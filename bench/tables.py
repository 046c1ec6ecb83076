"""The tables of docs/benchmark.md."""

from __future__ import annotations

from typing import Any

from bench.report import Topic
from bench.sweep import summary
from bench.sweep.measure import BEST, BEST_95, OURS
from bench.sweep.summary import CellFigures


def everyone(cells: list[CellFigures]) -> str:
    """Return rows, recall and time of each system, a row for each filter."""
    systems = list(dict.fromkeys(name for cell in cells for name in cell["systems"]))
    systems.sort(key=lambda name: -2 if name == OURS else -1 if name == BEST else 0)

    def brief(system: dict[str, Any] | None) -> str:
        if system is None:
            return ""
        return f"{system['rows_mean']:.3g} / {system['recall']:.3f} / {system['p50_ms']:.2f}"

    return _markdown(
        ["filter", "matching rows", *systems],
        [
            [
                cell["filter"],
                f"{cell['matches']:,.0f}",
                *(brief(cell["systems"].get(system)) for system in systems),
            ]
            for cell in cells
        ],
    )


def ratios(cells: list[CellFigures]) -> str:
    """Return our ratios to the best plans, a row for each filter."""
    top_ks = sorted({cell["top_k"] for cell in cells})
    by_filter: dict[str, dict[int, str]] = {}
    for cell in cells:
        ratios = (summary.best_of(cell, goal)["vecs_sql_to_this"] for goal in (BEST, BEST_95))
        by_filter.setdefault(cell["filter"], {})[cell["top_k"]] = " / ".join(
            f"{ratio:.2f}" for ratio in ratios
        )
    return _markdown(
        ["filter", *(f"k = {top_k:,}" for top_k in top_ks)],
        [
            [name, *(ratios.get(top_k, "") for top_k in top_ks)]
            for name, ratios in by_filter.items()
        ],
    )


def loading(cost: dict[str, dict[str, Any]]) -> str:
    """Return what loading cost each system."""

    def number(value: float | None, scale: float = 1) -> str:
        return "" if value is None else f"{value / scale:,.0f}"

    return _markdown(
        ["", "rows/s", "index, s", "MB on disk"],
        [
            [
                system,
                number(one["rows_per_second"]),
                number(one["index_seconds"]),
                number(one["bytes"], 1e6),
            ]
            for system, one in cost.items()
        ],
    )


def many(results: dict[str, Any]) -> str:
    """Return the times of a hundred searches, a row for each size and place."""
    places = {name: ways for name, ways in results.items() if ", " in name}
    ways = [way for way in next(iter(places.values())) if way != "targets"]
    table = _markdown(
        ["", *ways],
        [[name, *(f"{found[way]['ms']:.0f}" for way in ways)] for name, found in places.items()],
    )
    return (
        "## A hundred searches at once\n\nTime of 100 searches in milliseconds. The server is on the same "
        f"machine (near), or at the end of a connection with a round trip of 2 ms:\n\n{table}"
    )


def _markdown(columns: list[str], rows: list[list[str]]) -> str:
    return Topic("", "", columns, rows).table()
