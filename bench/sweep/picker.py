"""The best hand-picked plans of a cell, chosen by measuring all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import median

from bench.dataset import Dataset
from bench.sweep.cells import Cell
from bench.sweep.plans import Plan, candidates
from bench.sweep.systems import Connections, Statement, by_hand
from bench.sweep.truth import Score, Truth

# A trial: one query, and if that was not hopeless two more.
_TRIAL = 3
# A plan this many times as slow as an exact one that is at hand is not looked at further.
_HOPELESS = 1.5
# And when it is this many times as slow, neither are those of its kind that search for longer.
_LOST = 4.0
# A trial says little: a plan is looked at as long as it was at most this much slower there than the
# first good one, until there are so many good ones. Then so many queries tell which are fastest.
_CLOSE, _GOOD = 1.3, 5
_TIMED = 30
# A plan whose first so many answers miss the lowest recall wanted by so much is not asked further.
_STEPS = ((10, 0.1), (40, 0.03))


@dataclass(frozen=True)
class _Tried:
    wall: float
    score: Score


class Picker:
    """Picks the best plans for the cells of one data set."""

    def __init__(self, connections: Connections, data: Dataset, truth: Truth) -> None:
        self._connections = connections
        self._data = data
        self._truth = truth
        # The least that a plan ever took for so many neighbours: under no filter it takes much less.
        self._least: dict[tuple[Plan, int], float] = {}

    def pick(
        self, cell: Cell, goals: Mapping[str, float], numbers: Sequence[int]
    ) -> dict[str, list[Plan]]:
        """Return the fastest plans for each goal, a recall to reach, fastest first.

        These are two for the first goal and one for each other. All their answers are complete.
        """
        trials = self._trials(cell, numbers[:_TRIAL])
        tried: dict[Plan, _Tried] = {}
        found: dict[str, list[Plan]] = {}
        replanned: dict[Plan, Plan] = {}
        for number, (goal, recall) in enumerate(goals.items()):
            lowest = min([*goals.values()][number:])
            good: list[Plan] = []
            fastest = float("inf")
            for wall, plan in trials:
                if wall > fastest * _CLOSE or len(good) == _GOOD:
                    break
                if plan not in tried:
                    tried[plan] = self._try(plan, cell, numbers, lowest)
                if tried[plan].score.reaches(recall):
                    fastest = min(fastest, wall)
                    good.append(plan)
            good.sort(key=lambda plan: tried[plan].wall)
            finalists = good[:1] if found else good[:2]
            for plan in finalists:
                if plan not in replanned:
                    replanned[plan] = self._replanned(plan, cell, numbers)
            found[goal] = [replanned[plan] for plan in finalists]
        return found

    def statement(self, plan: Plan, cell: Cell) -> Statement:
        return by_hand(
            self._connections, self._data, cell, plan.shape, plan.all_settings, plan.over_fetch
        )

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
                if plan.exact:
                    bound = min(bound, median(walls))
            self._least[plan, cell.top_k] = min([least or float("inf"), *walls])
        return sorted(found, key=lambda trial: trial[0])

    def _try(self, plan: Plan, cell: Cell, numbers: Sequence[int], lowest: float) -> _Tried:
        """Measure a plan with all queries; with the first few if these show that it misses the lowest recall."""
        statement = self.statement(plan, cell)
        if plan.exact:
            numbers = numbers[:_TIMED]
        walls: list[float] = []
        ids: list[list[str]] = []
        for count, slack in (*_STEPS, (len(numbers), 1.0)):
            run = statement.run(numbers[len(ids) : count])
            walls += run.walls
            ids += run.ids
            score = self._truth.score(cell, numbers[: len(ids)], ids)
            # Even if all others are right.
            at_best = 1 - (1 - lowest) * len(numbers) / len(ids)
            if not score.reaches(max(lowest - slack, at_best)):
                break
        return _Tried(median(walls[:_TIMED]), score)

    def _replanned(self, plan: Plan, cell: Cell, numbers: Sequence[int]) -> Plan:
        """Return the plan, or the same planned anew for every query where that is faster."""
        other = replace(plan, custom=True)
        numbers = numbers[: 2 * _TRIAL]
        took = {}
        for one in (plan, other):
            statement = self.statement(one, cell)
            statement.run(numbers[:1])
            took[one] = median(statement.run(numbers).walls)
        return min(took, key=lambda one: took[one])
