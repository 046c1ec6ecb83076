"""The exact answers to searches of many queries, without keeping all distances."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from bench.dataset import Dataset

_ROWS_AT_ONCE = 8_192
# A row as near as the last of the exact answer is right, too, in the precision of the server's sums.
TIE = 2e-6

Distances = npt.NDArray[np.float64]


class Exact:
    """How far the last row of each exact answer is.

    Rows may be restricted to those at some positions, as by a filter.

    Attributes:
        queries: The vectors that are searched for.
    """

    def __init__(
        self,
        data: Dataset,
        queries: int,
        top_ks: Iterable[int],
        positions: npt.NDArray[np.intp] | None = None,
    ) -> None:
        self._data = data
        self._matching = np.arange(len(data.ids)) if positions is None else positions
        self._among = None if positions is None else set(positions.tolist())
        self.queries = data.queries[:queries]
        self._nearest = self._search(min(max(top_ks), len(self._matching)))

    def recall(self, number: int, top_k: int, found: Sequence[int]) -> float:
        """Return the share of the rows to give that an answer, the positions of its rows, has."""
        expected = min(top_k, len(self._matching))
        if not expected:
            return 1.0
        given = set(found) if self._among is None else self._among.intersection(found)
        vectors = self._data.vectors[sorted(given)]
        (mine,) = distances(self._data.measure, self.queries[number : number + 1], vectors)
        last = self._nearest[number, expected - 1]
        right = np.count_nonzero(mine <= last + TIE * max(1.0, abs(last)))
        return min(expected, int(right)) / expected

    def _search(self, most: int) -> Distances:
        """Return the distances of the nearest rows to each query, in order."""
        nearest = np.full((len(self.queries), most), np.inf)
        for start in range(0, len(self._matching), _ROWS_AT_ONCE):
            rows = self._data.vectors[self._matching[start : start + _ROWS_AT_ONCE]]
            part = distances(self._data.measure, self.queries, rows)
            both = np.hstack([nearest, part])
            nearest = np.partition(both, most - 1, axis=1)[:, :most] if most else nearest
        return np.sort(nearest, axis=1)


def distances(
    measure: str, queries: npt.NDArray[np.float32], vectors: npt.NDArray[np.float32]
) -> Distances:
    """Return the distance of each query, a row, and each vector, a column."""
    asked, rows = queries.astype(np.float64), vectors.astype(np.float64)
    products = asked @ rows.T
    if measure == "cosine_distance":
        lengths = np.outer(np.linalg.norm(asked, axis=1), np.linalg.norm(rows, axis=1))
        return np.asarray(1 - products / lengths)
    squares = (asked**2).sum(1)[:, None] + (rows**2).sum(1) - 2 * products
    return np.asarray(np.sqrt(np.maximum(squares, 0)))
