"""One cell: what everyone brings, and how fast, in turns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from statistics import mean, median
from typing import Any

import numpy as np

from bench.sweep.cells import Cell
from bench.sweep.plans import Picker
from bench.sweep.systems import Run, System
from bench.sweep.truth import Score, Truth

OURS = "vecs-sql"
BEST = "best hand-picked plan"
# Queries that say how slow someone is.
_PROBE = 3
# However slow someone is, so many queries are looked at, and so many timed in each round.
_LEAST_SCORED, _LEAST_TIMED = 8, 4
# What the pass that fills caches and is scored may take, in budgets.
_SCORED_BUDGETS = 3


@dataclass(frozen=True)
class Effort:
    """How much is measured.

    Attributes:
        queries: A cell's, at most.
        rounds: Rounds of turns.
        budget: Seconds that a contender may take in all rounds of a cell; slow ones send fewer queries.
    """

    queries: int
    rounds: int
    budget: float


@dataclass
class Result:
    """A contender's in a cell.

    Attributes:
        score: What came back, for the queries of the first pass.
        rounds: The median time of each round, in seconds.
        walls: The time of every query of every round.
    """

    score: Score
    rounds: list[float] = field(default_factory=list)
    walls: list[float] = field(default_factory=list)

    @property
    def p50(self) -> float:
        return median(self.rounds)

    @property
    def p95(self) -> float:
        return float(np.percentile(self.walls, 95))

    def ratio(self, base: Result) -> float:
        """How many times as long as the base: the median of the rounds' ratios."""
        return median(mine / its for mine, its in zip(self.rounds, base.rounds, strict=True))

    def as_json(self, ours: Result) -> dict[str, Any]:
        return {
            **asdict(self.score),
            "p50_ms": self.p50 * 1e3,
            "p95_ms": self.p95 * 1e3,
            "queries_timed": len(self.walls),
            "p50_ms_by_round": [wall * 1e3 for wall in self.rounds],
            "vecs_sql_to_this": ours.ratio(self),
        }


def measure(
    cell: Cell,
    ours: System,
    plain: Mapping[str, System],
    peers: Mapping[str, System],
    picker: Picker,
    truth: Truth,
    effort: Effort,
) -> dict[str, Any]:
    """The figures of a cell, as JSON has them."""
    numbers = list(range(effort.queries))
    run = _scored_pass(ours, numbers, effort)
    numbers = numbers[: len(run.walls)]
    scores = {OURS: truth.score(cell, numbers, run.ids)}
    counts = {OURS: _timed(run, effort)}
    plans = {str(plan): plan for plan in picker.pick(cell, scores[OURS], numbers)}
    picked = {name: picker.statement(plan, cell) for name, plan in plans.items()}
    contenders: dict[str, System] = {OURS: ours, **plain, **picked, **peers}
    for name, system in contenders.items():
        if name != OURS:
            run = _scored_pass(system, numbers, effort)
            scores[name] = truth.score(cell, numbers[: len(run.ids)], run.ids)
            counts[name] = _timed(run, effort)
    # What is compared most closely is timed with the same queries.
    common = min(counts[name] for name in (OURS, *picked))
    counts |= dict.fromkeys((OURS, *picked), common)
    counts |= {name: min(common, counts[name]) for name in plain}

    results = {name: Result(score) for name, score in scores.items()}
    names = list(contenders)
    for number in range(effort.rounds):
        first = number * counts[OURS] % len(numbers)
        queries = numbers[first:] + numbers[:first]
        turn = number % len(names)
        for name in names[turn:] + names[:turn]:
            walls = contenders[name].run(queries[: counts[name]]).walls
            results[name].rounds.append(median(walls))
            results[name].walls += walls

    # What the planner does by itself may be the best, too.
    good = [*picked, *(name for name in plain if scores[name].reaches(scores[OURS]))]
    best = min(good, key=lambda name: results[name].p50)
    shown = {name: results[name] for name in (OURS, *plain, *peers)} | {BEST: results[best]}
    return {
        "filter": cell.filter.name,
        "kind": cell.filter.kind,
        "top_k": cell.top_k,
        "matches": mean(truth.matches(cell, number) for number in numbers),
        "best_plan": best,
        "systems": {name: result.as_json(results[OURS]) for name, result in shown.items()},
    }


def _scored_pass(system: System, numbers: Sequence[int], effort: Effort) -> Run:
    """The first pass: of all queries, of fewer by a slow system."""
    probe = system.run(numbers[:_PROBE])
    count = int(effort.budget * _SCORED_BUDGETS / median(probe.walls))
    return system.run(numbers[: max(_LEAST_SCORED, count)])


def _timed(run: Run, effort: Effort) -> int:
    """How many queries a round has for this contender."""
    count = int(effort.budget / effort.rounds / median(run.walls))
    return min(len(run.walls), max(_LEAST_TIMED, count))
