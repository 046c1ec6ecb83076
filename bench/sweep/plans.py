"""The best hand-picked plan of a cell: forced by settings, chosen by measuring all of them.

What someone could reach who knew the table, the filter and pgvector, and tried everything for this
one query. Only a plan whose answers are complete, and right at least as often as ours, may be chosen.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from statistics import median

from bench.dataset import Dataset
from bench.sweep.cells import Cell
from bench.sweep.systems import (
    BY_INDEX,
    EXACT,
    MATERIALIZED,
    Connections,
    Settings,
    Statement,
    by_hand,
)
from bench.sweep.truth import Score, Truth

_EF_SEARCHES = (40, 100, 200, 400, 1_000)
# A trial: one query, and if that was not hopeless two more.
_TRIAL = 3
# A plan this many times as slow as an exact one that is at hand is not looked at further.
_HOPELESS = 1.5
# And when it is this many times as slow, neither are those of its kind that search for longer.
_LOST = 4.0
# How much slower than the first a plan may have been in its trial to take part in the final.
_CLOSE = 1.2
_FINALISTS = 2

_BY_INDEX: Settings = (
    ("enable_bitmapscan", "off"),
    ("enable_seqscan", "off"),
    ("enable_sort", "off"),
)
_BY_BITMAP: Settings = (("enable_seqscan", "off"), ("enable_indexscan", "off"))
_BY_SCAN: Settings = (("enable_bitmapscan", "off"), ("enable_indexscan", "off"))
_SERIAL: Settings = (("max_parallel_workers_per_gather", "0"),)
_PARALLEL: Settings = (
    ("max_parallel_workers_per_gather", "2"),
    ("min_parallel_index_scan_size", "0"),
    ("min_parallel_table_scan_size", "0"),
    ("parallel_setup_cost", "0"),
    ("parallel_tuple_cost", "0"),
)
_ALWAYS: Settings = (("jit", "off"),)
_CUSTOM: Settings = (("plan_cache_mode", "force_custom_plan"),)

# The three that people write who do not pick: set once for the session, the planner does the rest.
PLAIN: dict[str, Settings] = {
    "default": (),
    "relaxed_order": (("hnsw.iterative_scan", "relaxed_order"),),
    "strict_order": (("hnsw.iterative_scan", "strict_order"),),
}


@dataclass(frozen=True)
class Plan:
    name: str
    family: str
    shape: str
    settings: Settings
    custom: bool = False

    @property
    def all_settings(self) -> Settings:
        return self.settings + _ALWAYS + (_CUSTOM if self.custom else ())

    def __str__(self) -> str:
        return f"{self.name}{', planned anew each time' if self.custom else ''}"


def candidates(cell: Cell) -> Iterator[Plan]:
    """All plans worth a trial; the exact ones first, as they show at once what is hopeless."""
    scans = {"scan": _BY_SCAN}
    if cell.filter.key:
        scans = {"bitmap": _BY_BITMAP, **scans}
    for scan, settings in scans.items():
        for shape in (EXACT, MATERIALIZED):
            for workers, how in (("", _SERIAL), ("parallel ", _PARALLEL)):
                yield Plan(f"{shape}, {workers}{scan}", scan, shape, settings + how)
    for ef_search in sorted({*_EF_SEARCHES, min(1_000, max(40, cell.top_k))}):
        for order in ("off", "relaxed_order", "strict_order"):
            if order == "off" and ef_search < cell.top_k:
                continue  # would come back short
            settings = (("hnsw.ef_search", str(ef_search)), ("hnsw.iterative_scan", order))
            yield Plan(f"hnsw {ef_search}, {order}", order, BY_INDEX, _BY_INDEX + settings)


class Picker:
    """Picks the best plans for the cells of one data set."""

    def __init__(self, connections: Connections, data: Dataset, truth: Truth) -> None:
        self._connections = connections
        self._data = data
        self._truth = truth
        # The least that a plan ever took for so many neighbours: under no filter it takes much less.
        self._least: dict[tuple[Plan, int], float] = {}

    def pick(self, cell: Cell, wanted: Score, numbers: Sequence[int]) -> list[Plan]:
        """The fastest plans that reach what is wanted, fastest first; at most two."""
        finalists: list[Plan] = []
        fastest = 0.0
        for wall, plan in self._trials(cell, numbers[:_TRIAL]):
            if finalists and wall > fastest * _CLOSE:
                break
            if plan.shape == BY_INDEX and not self._reaches(plan, cell, wanted, numbers):
                continue
            fastest = fastest or wall
            finalists.append(plan)
            if len(finalists) == _FINALISTS:
                break
        return [self._replanned(plan, cell, numbers) for plan in finalists]

    def statement(self, plan: Plan, cell: Cell) -> Statement:
        return by_hand(self._connections, self._data, cell, plan.shape, plan.all_settings)

    def _trials(self, cell: Cell, numbers: Sequence[int]) -> list[tuple[float, Plan]]:
        bound = float("inf")
        found = []
        hopeless: set[str] = set()
        for plan in candidates(cell):
            least = self._least.get((plan, cell.top_k), 0)
            if least > bound * _HOPELESS:
                continue
            if plan.family in hopeless:
                continue
            statement = self.statement(plan, cell)
            walls = statement.run(numbers[:1]).walls
            if not least and walls[0] <= bound * _LOST:  # that was to warm up
                walls = statement.run(numbers[:1]).walls
            if walls[0] > bound * _LOST:
                hopeless.add(plan.family)
            if walls[0] <= bound * _HOPELESS:
                walls += statement.run(numbers[1:]).walls
                found.append((median(walls), plan))
                if plan.shape != BY_INDEX:
                    bound = min(bound, median(walls))
            self._least[plan, cell.top_k] = min([least or float("inf"), *walls])
        return sorted(found, key=lambda trial: trial[0])

    def _reaches(self, plan: Plan, cell: Cell, wanted: Score, numbers: Sequence[int]) -> bool:
        statement = self.statement(plan, cell)
        few = numbers[:_TRIAL]
        if not self._truth.score(cell, few, statement.run(few).ids).complete:
            return False
        return self._truth.score(cell, numbers, statement.run(numbers).ids).reaches(wanted)

    def _replanned(self, plan: Plan, cell: Cell, numbers: Sequence[int]) -> Plan:
        """The same, planned anew for every query, where that is faster."""
        other = replace(plan, custom=True)
        numbers = numbers[: 2 * _TRIAL]
        took = {}
        for one in (plan, other):
            statement = self.statement(one, cell)
            statement.run(numbers[:1])
            took[one] = median(statement.run(numbers).walls)
        return min(took, key=lambda one: took[one])
