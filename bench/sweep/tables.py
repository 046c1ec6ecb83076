"""The figures of a sweep as tables."""

from __future__ import annotations

from typing import Any

from bench.report import Topic
from bench.sweep import summary
from bench.sweep.measure import BEST, BEST_95, OURS, RECALLS
from bench.sweep.summary import CellFigures


def line(cell: CellFigures) -> str:
    """Return a cell in a line, for those who watch."""
    mine, best = cell["systems"][OURS], cell["systems"][BEST]
    return (
        f"{summary.name_of(cell)}: {mine['rows_min']}/{mine['expected_min']} rows,"
        f" recall {mine['recall']:.3f}, p50 {mine['p50_ms']:.2f} ms,"
        f" mean / median {summary.mean_to_median(cell):.2f}; {cell['best_plans'][BEST]}:"
        f" recall {best['recall']:.3f}, p50 {best['p50_ms']:.2f} ms; ratio {best['vecs_sql_to_this']:.2f}"
    )


def topics(name: str, cost: dict[str, dict[str, Any]], cells: list[CellFigures]) -> list[Topic]:
    """Return the tables of one data set; the first has all figures of the JSON file."""
    return [
        _against_best(name, cost, cells),
        _against_95(name, cells),
        _everyone(name, cells),
        _loading(name, cost),
    ]


def _against_best(name: str, cost: dict[str, dict[str, Any]], cells: list[CellFigures]) -> Topic:
    rows = []
    for cell in cells:
        mine = cell["systems"][OURS]
        rows.append(
            [
                summary.name_of(cell),
                f"{cell['matches']:,.0f}",
                _rows(mine),
                f"{mine['recall']:.3f}",
                f"{mine['p50_ms']:.2f}",
                f"{summary.mean_to_median(cell):.2f}",
                f"{mine['p95_ms']:.2f}",
                *_best(cell, BEST),
            ]
        )
    return Topic(
        name=name,
        title=f"{name}: vecs.query() and the {BEST} at recall {RECALLS[BEST]}",
        columns=[
            "",
            "matches",
            "rows",
            "recall",
            "p50, ms",
            "mean / median",
            "p95, ms",
            *_BEST_COLUMNS,
        ],
        rows=rows,
        targets=summary.targets(cells),
        figures={"cost": cost, "cells": cells},
    )


def _against_95(name: str, cells: list[CellFigures]) -> Topic:
    return Topic(
        name=f"{name}, recall {RECALLS[BEST_95]}",
        title=f"{name}: vecs.query() and the {BEST_95}",
        columns=["", "recall", "p50, ms", *_BEST_COLUMNS],
        rows=[
            [
                summary.name_of(cell),
                f"{cell['systems'][OURS]['recall']:.3f}",
                f"{cell['systems'][OURS]['p50_ms']:.2f}",
                *_best(cell, BEST_95),
            ]
            for cell in cells
        ],
        brief=False,
    )


_BEST_COLUMNS = ("best plan", "its recall", "its p50, ms", "ratio")


def _best(cell: CellFigures, goal: str) -> list[str]:
    best = summary.best_of(cell, goal)
    return [
        cell["best_plans"][goal],
        f"{best['recall']:.3f}",
        f"{best['p50_ms']:.2f}",
        f"{best['vecs_sql_to_this']:.2f}",
    ]


def _everyone(name: str, cells: list[CellFigures]) -> Topic:
    systems = list(dict.fromkeys(system for cell in cells for system in cell["systems"]))
    return Topic(
        name=f"{name}, everyone",
        title=f"{name}: rows / recall / p50 in ms / p95 in ms",
        columns=["", "rows to give", *systems],
        rows=[
            [
                summary.name_of(cell),
                f"{cell['systems'][OURS]['expected_mean']:,.0f}",
                *(_brief(cell["systems"].get(system)) for system in systems),
            ]
            for cell in cells
        ],
        brief=False,
    )


def _loading(name: str, cost: dict[str, dict[str, Any]]) -> Topic:
    return Topic(
        name=f"{name}, loading",
        title=f"{name}: loading",
        columns=["", "rows/s", "index, s", "MB on disk"],
        rows=[
            [
                system,
                f"{one['rows_per_second']:,.0f}",
                "-" if one["index_seconds"] is None else f"{one['index_seconds']:.1f}",
                "-" if one["bytes"] is None else f"{one['bytes'] / 1e6:,.0f}",
            ]
            for system, one in cost.items()
        ],
    )


def _rows(system: dict[str, Any]) -> str:
    if system["short"]:
        return f"{system['rows_min']} of {system['expected_min']}"
    return f"{system['rows_min']}"


def _brief(system: dict[str, Any] | None) -> str:
    if system is None:
        return ""
    rows = f"{system['rows_mean']:,.4g}" + (" short" if system["short"] else "")
    return f"{rows} / {system['recall']:.3f} / {system['p50_ms']:.2f} / {system['p95_ms']:.2f}"
