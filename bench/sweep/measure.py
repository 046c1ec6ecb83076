"""One cell: what everyone brings, and how fast, in turns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import mean, median
from typing import Any

from bench.sweep.cells import Cell
from bench.sweep.picker import Picker
from bench.sweep.result import Result
from bench.sweep.systems import Run, System
from bench.sweep.truth import Truth

OURS = "vecs-sql"
BEST = "best hand-picked plan"
BEST_95 = f"{BEST} at recall .95"
# The recall that the best plans must reach.
RECALLS = {BEST: 0.98, BEST_95: 0.95}

# A recall so much lower is as good as equal.
_EQUAL = 0.005
# Queries that say how slow someone is.
_PROBE = 3
# However slow someone is, so many queries are looked at, and so many timed in each round.
_LEAST_SCORED, _LEAST_TIMED = 8, 4
# What the pass that fills caches and is scored may take, in budgets; our own decides how many queries
# the plans are judged by.
_SCORED_BUDGETS, _OUR_SCORED_BUDGETS = 3, 6
# We and the best plans are compared most closely: so many queries at least, and budgets. Our own
# times tell of the mean, too.
_LEAST_CLOSELY, _OUR_LEAST, _CLOSE_BUDGETS = 12, 20, 4


@dataclass(frozen=True)
class Effort:
    """How much is measured.

    Attributes:
        queries: Those of a cell that are timed, at most.
        scored: Those by which we and the best plans are judged, at most; `queries` at least.
        rounds: Rounds of turns.
        budget: Seconds that a contender may take in all rounds of a cell; slow ones send fewer queries.
    """

    queries: int
    scored: int
    rounds: int
    budget: float


def measure(
    cell: Cell,
    ours: System,
    plain: Mapping[str, System],
    peers: Mapping[str, Mapping[str, System]],
    picker: Picker,
    truth: Truth,
    effort: Effort,
) -> dict[str, Any]:
    """Return the figures of a cell, as JSON has them.

    Each peer comes with its variants, by their settings. The one that is measured is the fastest
    whose recall is about ours.
    """
    numbers = list(range(effort.scored))
    run = _scored_pass(ours, numbers, effort.budget * _OUR_SCORED_BUDGETS, effort.queries)
    numbers = numbers[: len(run.walls)]
    scores = {OURS: truth.score(cell, numbers, run.ids)}
    counts = {OURS: _timed(run, effort, _OUR_LEAST, _CLOSE_BUDGETS)}
    plans = picker.pick(cell, RECALLS, numbers)
    by_name = {str(plan): plan for found in plans.values() for plan in found}
    picked = {name: picker.statement(plan, cell) for name, plan in by_name.items()}
    contenders: dict[str, System] = {OURS: ours, **plain, **picked}
    notes: dict[str, dict[str, Any]] = {}
    for name, variants in peers.items():
        chosen = _choose(variants, cell, run, truth, effort)
        contenders[name] = variants[chosen.settings]
        notes[name] = {"settings": chosen.settings, "at_our_recall": chosen.at_our_recall}
    for name, system in contenders.items():
        if name == OURS:
            continue
        # An exact plan need not be scored with care.
        least = effort.queries if name in picked and not by_name[name].exact else _LEAST_SCORED
        budgets = _SCORED_BUDGETS if name in peers else _OUR_SCORED_BUDGETS
        run = _scored_pass(system, numbers, effort.budget * budgets, least)
        scores[name] = truth.score(cell, numbers[: len(run.ids)], run.ids)
        counts[name] = (
            _timed(run, effort, _LEAST_CLOSELY, _CLOSE_BUDGETS)
            if name in picked
            else _timed(run, effort, _LEAST_TIMED, 1)
        )

    results = {name: Result(score) for name, score in scores.items()}
    names = list(contenders)
    for number in range(effort.rounds):
        turn = number % len(names)
        for name in names[turn:] + names[:turn]:
            results[name].rounds.append(contenders[name].run(numbers[: counts[name]]).walls)

    # What the planner does by itself may be the best, too.
    best = {
        goal: min(
            [
                *map(str, plans[goal]),
                *(name for name in plain if scores[name].reaches(recall)),
            ],
            key=lambda name: results[name].p50,
        )
        for goal, recall in RECALLS.items()
    }
    shown = {name: results[name] for name in (OURS, *plain, *peers)} | {BEST: results[best[BEST]]}
    return {
        "filter": cell.filter.name,
        "kind": cell.filter.kind,
        "top_k": cell.top_k,
        "matches": mean(truth.matches(cell, number) for number in numbers),
        "best_plans": best,
        "systems": {
            name: result.as_json(results[OURS]) | notes.get(name, {})
            for name, result in shown.items()
        },
        "other_plans": {
            goal: results[best[goal]].as_json(results[OURS]) for goal in RECALLS if goal != BEST
        },
    }


@dataclass(frozen=True)
class _Variant:
    settings: str
    wall: float
    recall: float
    at_our_recall: bool


def _choose(
    variants: Mapping[str, System], cell: Cell, ours: Run, truth: Truth, effort: Effort
) -> _Variant:
    """Return the fastest variant that reaches our recall, or else the one with the best recall."""
    found = []
    for settings, system in variants.items():
        numbers = range(min(len(ours.ids), effort.queries))
        run = _scored_pass(system, numbers, effort.budget * _SCORED_BUDGETS, _LEAST_SCORED)
        asked = numbers[: len(run.ids)]
        score = truth.score(cell, asked, run.ids)
        wanted = truth.score(cell, asked, ours.ids[: len(asked)]).recall - _EQUAL
        recall = score.recall if score.complete else 0
        found.append(_Variant(settings, median(run.walls), recall, recall >= wanted))
    return min(
        [variant for variant in found if variant.at_our_recall],
        key=lambda variant: variant.wall,
        default=max(found, key=lambda variant: variant.recall),
    )


def _scored_pass(system: System, numbers: Sequence[int], budget: float, least: int) -> Run:
    """Send all queries once; to a slow system fewer, but at least so many."""
    probe = system.run(numbers[:_PROBE])
    count = int(budget / median(probe.walls))
    return system.run(numbers[: max(least, count)])


def _timed(run: Run, effort: Effort, least: int, budgets: int) -> int:
    """Return how many queries a round has for this contender."""
    count = int(effort.budget * budgets / effort.rounds / median(run.walls))
    return min(len(run.walls), effort.queries, max(least, count))
