"""Holds what a contender returned in a cell, and how fast."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from statistics import mean, median
from typing import Any

import numpy as np

from bench.sweep.truth import Score

# In a ratio a time counts as at least this many seconds: below it, the call itself is measured.
_FLOOR = 0.3e-3


@dataclass
class Result:
    """A contender's in a cell.

    Attributes:
        score: What came back, for the queries of the first pass.
        rounds: The times of the queries, the same ones in each round, in seconds.
    """

    score: Score
    rounds: list[list[float]] = field(default_factory=list)

    @property
    def p50(self) -> float:
        return median(median(walls) for walls in self.rounds)

    @property
    def by_query(self) -> list[float]:
        """The median of each query's times."""
        return [median(walls) for walls in zip(*self.rounds, strict=True)]

    def ratio(self, base: Result) -> float:
        """Return how many times as long as the base it takes: the median of the rounds' ratios.

        Where one has been timed with fewer queries than the other, these count.
        """
        common = min(len(self.rounds[0]), len(base.rounds[0]))
        return median(
            max(_FLOOR, median(mine[:common])) / max(_FLOOR, median(its[:common]))
            for mine, its in zip(self.rounds, base.rounds, strict=True)
        )

    def as_json(self, ours: Result) -> dict[str, Any]:
        by_query = self.by_query
        return {
            **asdict(self.score),
            "p50_ms": self.p50 * 1e3,
            "p95_ms": float(np.percentile(np.concatenate(self.rounds), 95)) * 1e3,
            "mean_ms": mean(by_query) * 1e3,
            "median_ms": median(by_query) * 1e3,
            "queries_timed": len(by_query),
            "p50_ms_by_round": [median(walls) * 1e3 for walls in self.rounds],
            "vecs_sql_to_this": ours.ratio(self),
        }
