"""Time and throughput of each system at a recall, in turns."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median
from typing import Any

from rich.console import Console

from bench.dataset import Dataset
from bench.exact import Exact
from bench.large.contenders import DEFAULT, Contender, Tried, first_at, try_all
from bench.sweep.summary import LANCEDB

RECALLS = (0.95, 0.99)
_AS_IS = "any recall"

Point = dict[str, Any]


def measure(
    systems: dict[str, list[Contender]],
    data: Dataset,
    exact: Exact,
    clients: Sequence[int],
    seconds: int,
    rounds: int,
    queries: int,
    console: Console,
) -> dict[str, dict[str, Point]]:
    """Return the figures by recall and system, those of the default settings first."""
    position = {id_: number for number, id_ in enumerate(data.ids)}
    tried = {}
    for system, settings in systems.items():
        settings[0].system.run(range(queries))  # warms up
        tried[system] = try_all(settings, exact, position, queries)
        for one in tried[system]:
            console.print(
                f"{system}, {one.contender.settings}: recall {one.recall:.3f},"
                f" p50 {one.wall * 1e3:.2f} ms",
                highlight=False,
            )
    # The others' settings are in this order already.
    tried.get(LANCEDB, []).sort(key=lambda one: one.wall)
    (default,) = tried.pop(DEFAULT)
    found = {_AS_IS: _compare({DEFAULT: default}, clients, seconds, rounds, queries)}
    for recall in RECALLS:
        reached = {system: first_at(some, recall) for system, some in tried.items()}
        compared = {system: one for system, one in reached.items() if one is not None}
        figures = _compare(compared, clients, seconds, rounds, queries)
        # Nothing of a system that does not reach it.
        found[f"recall {recall:g}"] = {system: figures.get(system, {}) for system in reached}
    return found


def _compare(
    found: dict[str, Tried],
    clients: Sequence[int],
    seconds: int,
    rounds: int,
    queries: int,
) -> dict[str, Point]:
    walls: dict[str, list[float]] = {system: [] for system in found}
    rates: dict[str, dict[int, list[float]]] = {
        system: {count: [] for count in clients} for system in found
    }
    names = list(found)
    for number in range(rounds):
        turn = number % max(1, len(names))
        order = names[turn:] + names[:turn]
        for name in order:
            walls[name].append(median(found[name].contender.system.run(range(queries)).walls))
        for count in clients:
            for name in order:
                rates[name][count].append(found[name].contender.throughput(count, seconds))
    return {
        name: {
            "settings": one.contender.settings,
            "recall": one.recall,
            "p50_ms": median(walls[name]) * 1e3,
            "p50_ms_by_round": [wall * 1e3 for wall in walls[name]],
            "searches_per_second": {
                str(count): median(some) for count, some in rates[name].items()
            },
            "searches_per_second_by_round": {
                str(count): some for count, some in rates[name].items()
            },
        }
        for name, one in found.items()
    }
