"""The rows, and the searches of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from bench import datasets
from bench.dataset import Dataset

DIMENSION = 128
# The metadata have a number below this, at random.
NUMBERS = 100_000

_GLOSSES = 25_000
# The standard deviation that each further copy of the glosses has more than the one before it.
_NOISE = 0.03
_KINDS = 7
# Shares of the rows that the filters of searches match which may come out short.
_MOST, _LEAST = 0.5, 0.0001
_TOP_KS = (1, 10, 50, 100)

Positions = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Search:
    """A search with a filter.

    Attributes:
        vector: What is searched for.
        top_k: How many rows.
        filters: The filter, as JSON.
        matching: The positions of all rows that match.
    """

    vector: npt.NDArray[np.float32]
    top_k: int
    filters: str
    matching: frozenset[int]


def make(rows: int) -> Dataset:
    """Return glosses projected at random, as many noisy copies as there have to be, and metadata drawn at random."""
    glosses = datasets.sample(min(rows, _GLOSSES))
    random = np.random.default_rng(1)
    square = random.standard_normal((glosses.vectors.shape[1], DIMENSION))
    projection = np.linalg.qr(square)[0]
    near = glosses.vectors @ projection
    copies = [
        near + random.normal(scale=_NOISE * number, size=near.shape)
        for number in range(-(-rows // len(near)))
    ]
    numbers = random.integers(NUMBERS, size=rows)
    kinds = random.integers(_KINDS, size=rows)
    return Dataset(
        "shards",
        glosses.measure,
        [f"r{position:06d}" for position in range(rows)],
        _normalised(np.concatenate(copies)[:rows]),
        [
            {"n": int(number), "kind": f"k{kind}"}
            for number, kind in zip(numbers, kinds, strict=True)
        ],
        _normalised(glosses.queries @ projection),
        ("kind",),
    )


def below(share: float) -> dict[str, Any]:
    """Return a filter that matches a share of the rows; all of them: none."""
    return {"n": {"$lt": round(share * NUMBERS)}} if share < 1 else {}


def matching(data: Dataset, share: float) -> Positions | None:
    """Return the positions of the rows that match such a filter; all of them: None."""
    if share == 1:
        return None
    return np.flatnonzero(_numbers(data) < round(share * NUMBERS))


def searches(data: Dataset, count: int) -> Iterator[Search]:
    """Generate searches with filters of all shares, of which a fifth concern one kind, too."""
    random = np.random.default_rng(2)
    numbers = _numbers(data)
    kinds = np.array([row["kind"] for row in data.metadata])
    for number in range(count):
        share = np.exp(random.uniform(np.log(_LEAST), np.log(_MOST)))
        width = max(1, round(share * NUMBERS))
        start = int(random.integers(NUMBERS - width + 1))
        filters: dict[str, Any] = {"n": {"$gte": start, "$lt": start + width}}
        found = (numbers >= start) & (numbers < start + width)
        if number % 5 == 0:
            filters["kind"] = f"k{random.integers(_KINDS)}"
            found &= kinds == filters["kind"]
        yield Search(
            data.queries[number % len(data.queries)],
            int(random.choice(_TOP_KS)),
            json.dumps(filters),
            frozenset(np.flatnonzero(found).tolist()),
        )


def _numbers(data: Dataset) -> npt.NDArray[np.int64]:
    return np.array([row["n"] for row in data.metadata])


def _normalised(vectors: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / lengths, dtype=np.float32)
