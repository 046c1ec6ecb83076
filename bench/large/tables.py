"""The figures of a million rows as tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bench.large.contenders import TOP_K
from bench.large.measure import Point
from bench.report import Topic
from bench.sweep.measure import BEST, OURS
from bench.sweep.summary import DEFAULT, LANCEDB, CellFigures, name_of


def loading(rows: int, costs: dict[str, dict[str, Any]], searching: int) -> Topic:
    """Return the table of loading and building; `searching` is the server's memory while searching."""
    return Topic(
        name="loading",
        title=f"Loading {rows:,} rows",
        columns=["", "load, s", "index, s", "MB on disk", "MB of memory, building", "searching"],
        rows=[
            [
                system,
                f"{rows / one['rows_per_second']:,.0f}",
                f"{one['index_seconds']:,.0f}",
                f"{one['bytes'] / 1e6:,.0f}",
                *(
                    [f"{one['memory_bytes'] / 1e6:,.0f}", f"{searching / 1e6:,.0f}"]
                    if "memory_bytes" in one
                    else ["", ""]
                ),
            ]
            for system, one in costs.items()
        ],
        figures={"cost": costs, "memory_bytes_while_searching": searching},
    )


def unfiltered(points: dict[str, dict[str, Point]], clients: Sequence[int]) -> Topic:
    """Return the table of searches without a filter, by recall and system."""
    not_reached = ["not reached", "", "", *("" for _ in clients)]
    return Topic(
        name="unfiltered",
        title=f"Searches without a filter, k = {TOP_K}",
        columns=[
            "",
            "settings",
            "recall",
            "p50, ms",
            *(f"searches/s, {count} client{'s' if count > 1 else ''}" for count in clients),
        ],
        rows=[
            [f"{recall}: {system}", *(_point(one) if one else not_reached)]
            for recall, by_system in points.items()
            for system, one in by_system.items()
        ],
        figures=points,
    )


def _point(one: Point) -> list[str]:
    return [
        one["settings"],
        f"{one['recall']:.3f}",
        f"{one['p50_ms']:.2f}",
        *(f"{rate:,.0f}" for rate in one["searches_per_second"].values()),
    ]


def filtered(cells: list[CellFigures]) -> Topic:
    """Return the table of filtered searches: everyone's recall and time, and our ratio to them."""

    def figures(one: dict[str, Any] | None) -> list[str]:
        if one is None:
            return ["", ""]
        short = " short" if one["short"] else ""
        return [
            f"{one['recall']:.3f}{short} / {one['p50_ms']:.2f}",
            f"{one['vecs_sql_to_this']:.2f}",
        ]

    others = (BEST, DEFAULT, LANCEDB)
    return Topic(
        name="filtered",
        title="Filtered searches: recall / p50 in ms, and the ratio of vecs.query() to that",
        columns=["", "matches", OURS, *(head for other in others for head in (other, "ratio"))],
        rows=[
            [
                name_of(cell),
                f"{cell['matches']:,.0f}",
                figures(cell["systems"][OURS])[0],
                *(text for other in others for text in figures(cell["systems"].get(other))),
            ]
            for cell in cells
        ],
        figures={"cells": cells},
    )
