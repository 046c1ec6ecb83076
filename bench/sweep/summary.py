"""The targets of the sweep and whether they were reached, from the cells of a run as JSON has them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from statistics import geometric_mean
from typing import Any

from bench.report import Target
from bench.sweep.measure import BEST, OURS

HAND_WRITTEN = "hand-written"
DEFAULT = f"{HAND_WRITTEN}, default"
VECS, LANGCHAIN, CHROMA, LANCEDB = "vecs 0.4.5", "langchain-postgres", "Chroma", "LanceDB"
PEERS = (VECS, LANGCHAIN, CHROMA, LANCEDB)

CellFigures = dict[str, Any]

# The best plan's time may be exceeded by this factor, or by so many ms where that is more.
_FACTOR, _ALLOWED_MS = 1.5, 0.4


def targets(cells: list[CellFigures]) -> list[Target]:
    """The targets, over the cells of one data set, each with its worst cell."""
    filtered = [cell for cell in cells if cell["kind"] != "none"]
    unfiltered = [cell for cell in cells if cell["kind"] == "none"]
    return [
        *_count(
            "cells with fewer rows than requested and matching",
            cells,
            lambda cell: _ours(cell)["short"] > 0,
        ),
        *_count(
            "cells with a row that does not match or comes twice",
            cells,
            lambda cell: _ours(cell)["wrong"] > 0,
        ),
        *_worst("lowest recall@10 with a filter", 0.98, _top_10(filtered), _recall, at_most=False),
        *_worst("recall@10 without a filter", 0.97, _top_10(unfiltered), _recall, at_most=False),
        *_count(
            f"cells that take more than {_FACTOR} times as long as the {BEST}, and over {_ALLOWED_MS} ms longer",
            sorted(cells, key=_ratio, reverse=True),
            lambda cell: _ratio(cell) > _FACTOR and _excess(cell) > _ALLOWED_MS,
        ),
        *_mean(f"mean ratio to the {BEST} (geometric, cells with a filter)", 1.2, filtered),
        *_worst(
            "highest ratio to hand-written prepared SQL without a filter, if that returns all rows",
            1.15,
            [cell for cell in unfiltered if not _of(cell, DEFAULT, {"short": 1})["short"]],
            partial(_ratio, system=DEFAULT),
        ),
        *(
            target
            for peer in (VECS, LANGCHAIN)
            for target in _worst(
                f"highest ratio to {peer}, if it returns all rows and its recall is not higher",
                0.5,
                [
                    cell
                    for cell in _with(cells, peer)
                    if not _of(cell, peer)["short"] and _recall_of(cell, peer) <= _recall(cell)
                ],
                partial(_ratio, system=peer),
            )
        ),
        *(
            target
            for peer in (CHROMA, LANCEDB)
            for target in _worst(
                f"highest ratio to {peer} with a filter",
                1.0,
                _with(filtered, peer),
                partial(_ratio, system=peer),
            )
        ),
    ]


def name_of(cell: CellFigures) -> str:
    return f"{cell['filter']}, k = {cell['top_k']}"


def _count(
    what: str, cells: Iterable[CellFigures], bad: Callable[[CellFigures], bool]
) -> list[Target]:
    found = [name_of(cell) for cell in cells if bad(cell)]
    where = f" ({'; '.join(found[:5])}{'; ...' if len(found) > 5 else ''})" if found else ""
    return [Target(f"{what}{where}", 0, len(found), at_most=True)]


def _worst(
    what: str,
    wanted: float,
    cells: list[CellFigures],
    figure: Callable[[CellFigures], float],
    *,
    at_most: bool = True,
) -> list[Target]:
    """The worst cell's figure, and how many miss; nothing where there are no such cells."""
    if not cells:
        return []
    worst = (max if at_most else min)(cells, key=figure)
    missed = sum(not Target("", wanted, figure(cell), at_most).met for cell in cells)
    where = f"{name_of(worst)}; {missed} of {len(cells)} cells miss" if missed else name_of(worst)
    return [Target(f"{what} ({where})", wanted, figure(worst), at_most)]


def _mean(what: str, wanted: float, cells: list[CellFigures]) -> list[Target]:
    if not cells:
        return []
    return [Target(what, wanted, geometric_mean(_ratio(cell) for cell in cells), at_most=True)]


def _of(cell: CellFigures, system: str, absent: dict[str, Any] | None = None) -> dict[str, Any]:
    found: dict[str, Any] = cell["systems"].get(system, absent)
    return found


def _ours(cell: CellFigures) -> dict[str, Any]:
    return _of(cell, OURS)


def _with(cells: list[CellFigures], peer: str) -> list[CellFigures]:
    return [cell for cell in cells if peer in cell["systems"]]


def _top_10(cells: list[CellFigures]) -> list[CellFigures]:
    return [cell for cell in cells if cell["top_k"] == 10]


def _recall(cell: CellFigures) -> float:
    return _recall_of(cell, OURS)


def _recall_of(cell: CellFigures, system: str) -> float:
    return float(_of(cell, system)["recall"])


def _ratio(cell: CellFigures, system: str = BEST) -> float:
    return float(_of(cell, system)["vecs_sql_to_this"])


def _excess(cell: CellFigures) -> float:
    return float(_ours(cell)["p50_ms"] - _of(cell, BEST)["p50_ms"])
