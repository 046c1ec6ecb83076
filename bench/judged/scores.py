"""Measures of ranked answers, and how sure they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import log2
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from bench.judged.sets import Query

TOP_K = 10
MEASURES = ("MRR@10", "recall@10", "nDCG@10")

_SAMPLES = 10_000
_SEED = 0

Figures = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Interval:
    """A figure, and the interval that has it with a probability of 95 %."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.3f} ({self.low:.3f} to {self.high:.3f})"


def score(found: Sequence[str], right: frozenset[str]) -> list[float]:
    """Return the measures of one answer: the reciprocal rank of the first right row, recall, and nDCG."""
    hits = [id_ in right for id_ in found[:TOP_K]]
    gained = sum(1 / log2(rank + 2) for rank, hit in enumerate(hits) if hit)
    best = sum(1 / log2(rank + 2) for rank in range(min(len(right), TOP_K)))
    return [
        1 / (hits.index(True) + 1) if any(hits) else 0.0,
        sum(hits) / len(right),
        gained / best,
    ]


def scores(answers: Sequence[Sequence[str]], queries: Sequence[Query]) -> Figures:
    """Return the measures of the answers, a row for each query."""
    return np.array(
        [score(found, query.ids) for found, query in zip(answers, queries, strict=True)]
    )


def by_kind(figures: Figures, queries: Sequence[Query]) -> dict[str, Figures]:
    """Return the mean of the measures of each kind of query."""
    return {kind: figures[numbers].mean(0) for kind, numbers in _numbers(queries).items()}


def intervals(figures: Figures, queries: Sequence[Query]) -> list[Interval]:
    """Return the mean of the kinds of each measure.

    The intervals are those of a bootstrap: each kind's queries are drawn again, with replacement. So an interval says
    what other queries of these kinds would have changed. Of the differences of two systems, query by query, it says
    whether one is better.
    """
    random = np.random.default_rng(_SEED)
    drawn = []
    for numbers in _numbers(queries).values():
        picked = random.integers(0, len(numbers), (_SAMPLES, len(numbers)))
        drawn.append(figures[numbers][picked].mean(1))
    values = np.mean(list(by_kind(figures, queries).values()), 0)
    lows, highs = np.percentile(np.mean(drawn, 0), (2.5, 97.5), axis=0)
    return [Interval(*map(float, one)) for one in zip(values, lows, highs, strict=True)]


def _numbers(queries: Sequence[Query]) -> dict[str, npt.NDArray[np.intp]]:
    kinds = np.array([query.kind for query in queries])
    return {str(kind): np.flatnonzero(kinds == kind) for kind in dict.fromkeys(kinds)}
