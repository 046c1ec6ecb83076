"""The figures of docs/benchmark.md, drawn by matplotlib (extra `bench`)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from bench.sweep.measure import BEST, OURS
from bench.sweep.summary import (
    CHROMA,
    DEFAULT,
    HAND_WRITTEN,
    LANCEDB,
    LANGCHAIN,
    VECS,
    CellFigures,
)

# A system has the same colour in every figure; ours is thick, and what it is held against black.
_STYLES: dict[str, dict[str, Any]] = {
    OURS: {"color": "tab:red", "linewidth": 2.5, "zorder": 3},
    BEST: {"color": "black", "linestyle": "--"},
    DEFAULT: {"color": "silver"},
    f"{HAND_WRITTEN}, relaxed_order": {"color": "tab:gray"},
    f"{HAND_WRITTEN}, strict_order": {"color": "dimgray", "linestyle": ":"},
    VECS: {"color": "tab:green"},
    LANGCHAIN: {"color": "tab:blue"},
    CHROMA: {"color": "tab:purple"},
    LANCEDB: {"color": "tab:orange"},
}


def rows_returned(cells: list[CellFigures], rows: int, path: Path) -> None:
    """Draw the share of the rows to give that came, by the share of rows that match a random filter."""
    with _axes(path) as axes:
        for system, places, values in _by_share(cells, rows, _share_given):
            axes.plot(places, values, marker="o", label=system, **_STYLES.get(system, {}))
        axes.set(xscale="log", xlabel="rows that match, %", ylabel="rows returned, % of those due")
        axes.set_ylim(-3, 105)


def time(cells: list[CellFigures], rows: int, path: Path) -> None:
    """Draw p50 by the share of rows that match a random filter."""
    with _axes(path) as axes:
        for system, places, values in _by_share(cells, rows, lambda one: float(one["p50_ms"])):
            axes.plot(places, values, marker="o", label=system, **_STYLES.get(system, {}))
        axes.set(xscale="log", yscale="log", xlabel="rows that match, %", ylabel="p50, ms")


def recall_and_time(cells: list[CellFigures], path: Path) -> None:
    """Draw a point for each filter, of all kinds."""
    with _axes(path) as axes:
        for system in _systems(cells):
            found = [cell["systems"][system] for cell in cells if system in cell["systems"]]
            colour = {
                key: value for key, value in _STYLES.get(system, {}).items() if key == "color"
            }
            axes.scatter(
                [one["p50_ms"] for one in found],
                [one["recall"] for one in found],
                s=18,
                label=system,
                alpha=0.7,
                **colour,
            )
        axes.set(xscale="log", xlabel="p50, ms (a point for each filter)", ylabel="recall")
        axes.set_ylim(-0.03, 1.03)


def growth(cells: list[CellFigures], path: Path) -> None:
    """Draw p50 by rows, a line for each system and filter."""
    with _axes(path) as axes:
        for kind, line in (("none", "-"), ("1%", ":")):
            for system in (OURS, DEFAULT, BEST):
                some = [cell for cell in cells if cell["filter"] == kind]
                axes.plot(
                    [cell["rows"] for cell in some],
                    [cell["systems"][system]["p50_ms"] for cell in some],
                    marker="o",
                    label=f"{system}, {'no filter' if kind == 'none' else f'filter of {kind}'}",
                    **{**_STYLES[system], "linestyle": line},
                )
        sizes = sorted({cell["rows"] for cell in cells})
        axes.set(xscale="log", xticks=sizes, xlabel="rows", ylabel="p50, ms")
        axes.set_ylim(bottom=0)


@contextmanager
def _axes(path: Path) -> Iterator[Any]:
    try:
        import matplotlib
    except ModuleNotFoundError:
        raise click.ClickException(
            "The figures need matplotlib: pip install -e '.[bench]'."
        ) from None
    matplotlib.use("Agg")
    from matplotlib import pyplot

    # The same figures give the same file.
    with pyplot.rc_context({"svg.hashsalt": "vecs-sql", "font.size": 9}):
        figure, axes = pyplot.subplots(figsize=(7.2, 3.8), layout="constrained")
        yield axes
        for axis in (axes.xaxis, axes.yaxis):  # 0.1, 1, 10, not powers of ten
            axis.set_major_formatter(lambda value, _: f"{value:,g}")
            axis.set_minor_formatter("")
        axes.grid(alpha=0.3)
        figure.legend(loc="outside right upper", frameon=False)
        figure.savefig(path, metadata={"Date": None})
        pyplot.close(figure)


def _by_share(
    cells: list[CellFigures], rows: int, value: Callable[[dict[str, Any]], float]
) -> Iterator[tuple[str, list[float], list[float]]]:
    """Yield each system's line, over the cells without a filter or with a random one."""
    some = [cell for cell in cells if cell["kind"] in ("none", "random")]
    for system in _systems(some):
        found = [cell for cell in some if system in cell["systems"]]
        places = [100 * cell["matches"] / rows for cell in found]
        yield system, places, [value(cell["systems"][system]) for cell in found]


def _share_given(one: dict[str, Any]) -> float:
    return 100 * float(one["rows_mean"]) / float(one["expected_mean"])


def _systems(cells: list[CellFigures]) -> list[str]:
    return list(dict.fromkeys(system for cell in cells for system in cell["systems"]))
