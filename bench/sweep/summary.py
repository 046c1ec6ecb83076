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

# The numbers of neighbours for which a search without a filter has a target.
_UNFILTERED_TOP_KS = (10, 100, 500)


def targets(cells: list[CellFigures]) -> list[Target]:
    """Return the targets, over the cells of one data set, each with its worst cell."""
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
        *_worst("lowest recall with a filter", 0.98, filtered, _recall, at_most=False),
        *(
            target
            for top_k in _UNFILTERED_TOP_KS
            for target in _worst(
                "recall without a filter",
                0.97,
                [cell for cell in unfiltered if cell["top_k"] == top_k],
                _recall,
                at_most=False,
            )
        ),
        *_mean(f"mean ratio to the {BEST} (geometric)", 1.1, cells),
        *_worst(f"highest ratio to the {BEST}", 1.5, cells, _ratio),
        *_worst("highest mean time, in medians", 1.5, cells, mean_to_median),
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
        *_worst(
            f"highest ratio to {CHROMA} with a filter",
            1.0,
            _with(filtered, CHROMA),
            partial(_ratio, system=CHROMA),
        ),
        *_against_lancedb(_with(filtered, LANCEDB)),
    ]


def mean_to_median(cell: CellFigures) -> float:
    """Return our mean time of a query, in medians."""
    ours = _ours(cell)
    return float(ours["mean_ms"] / ours["median_ms"])


def name_of(cell: CellFigures) -> str:
    return f"{cell['filter']}, k = {cell['top_k']}"


def _count(
    what: str,
    cells: Iterable[CellFigures],
    bad: Callable[[CellFigures], bool],
    shown: int = 5,
) -> list[Target]:
    """Return how many cells are bad, and name the first of them."""
    found = [name_of(cell) for cell in cells if bad(cell)]
    more = "; ..." if len(found) > shown else ""
    where = f" ({'; '.join(found[:shown])}{more})" if found else ""
    return [Target(f"{what}{where}", 0, len(found), at_most=True)]


def _against_lancedb(cells: list[CellFigures]) -> list[Target]:
    if not cells:
        return []
    equal = [cell for cell in cells if _of(cell, LANCEDB)["at_our_recall"]]
    return _count(
        f"cells with a filter where {LANCEDB} is faster at equal recall,"
        f" which it reaches in {len(equal)} of {len(cells)}",
        sorted(equal, key=partial(_ratio, system=LANCEDB), reverse=True),
        lambda cell: _ratio(cell, LANCEDB) > 1,
        shown=len(equal),
    )


def _worst(
    what: str,
    wanted: float,
    cells: list[CellFigures],
    figure: Callable[[CellFigures], float],
    *,
    at_most: bool = True,
) -> list[Target]:
    """Return the worst cell's figure, and how many miss; nothing where there are no such cells."""
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


def best_of(cell: CellFigures, goal: str) -> dict[str, Any]:
    """Return the figures of the best plan that reaches a goal."""
    found: dict[str, Any] = {**cell["systems"], **cell["other_plans"]}[goal]
    return found


def _of(cell: CellFigures, system: str, absent: dict[str, Any] | None = None) -> dict[str, Any]:
    found: dict[str, Any] = cell["systems"].get(system, absent)
    return found


def _ours(cell: CellFigures) -> dict[str, Any]:
    return _of(cell, OURS)


def _with(cells: list[CellFigures], peer: str) -> list[CellFigures]:
    return [cell for cell in cells if peer in cell["systems"]]


def _recall(cell: CellFigures) -> float:
    return _recall_of(cell, OURS)


def _recall_of(cell: CellFigures, system: str) -> float:
    return float(_of(cell, system)["recall"])


def _ratio(cell: CellFigures, system: str = BEST) -> float:
    return float(_of(cell, system)["vecs_sql_to_this"])
