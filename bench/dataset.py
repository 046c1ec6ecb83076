"""Rows to load and vectors to search them with."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

# A filter on one of these keys keeps one row of so many, at random: each is a hash of its own.
BUCKETS = {
    "half": 2,
    "tenth": 10,
    "twentieth": 20,
    "fiftieth": 50,
    "hundredth": 100,
    "thousandth": 1_000,
    "myriad": 10_000,
}

Record = dict[str, Any]


@dataclass(frozen=True)
class Dataset:
    """Rows to load and vectors to search them with; the i-th id, vector and metadata belong together.

    Attributes:
        name: The collection's name, too.
        measure: The distance that the vectors are meant for, by its name in vecs-sql.
        ids, vectors, metadata: The rows.
        queries: One query vector a row.
        categories: The metadata keys that go together with the vectors.
    """

    name: str
    measure: str
    ids: list[str]
    vectors: npt.NDArray[np.float32]
    metadata: list[Record]
    queries: npt.NDArray[np.float32]
    categories: tuple[str, ...]

    def first(self, rows: int) -> Dataset:
        """Return the first rows, a random sample, under a name of their own; itself where there are no more."""
        if rows >= len(self.ids):
            return self
        return replace(
            self,
            name=f"{self.name}_{rows}",
            ids=self.ids[:rows],
            vectors=self.vectors[:rows],
            metadata=self.metadata[:rows],
        )


def drawn(id_: str) -> Record:
    """Return metadata that have nothing to do with the vector, and the id itself as a metadata key."""
    found: Record = {"key": id_, "rand": _hash("rand", id_) % 10**9 / 10**9}
    return found | {key: _hash(key, id_) % count for key, count in BUCKETS.items()}


def _hash(key: str, id_: str) -> int:
    digest = hashlib.blake2b(f"{key}:{id_}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big")
