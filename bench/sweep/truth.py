"""What the right answer is, by numpy, and what of an answer is right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import mean
from typing import Any

import numpy as np
import numpy.typing as npt

from bench.dataset import Dataset, Record
from bench.exact import TIE, distances
from bench.sweep.cells import Cell, Filter

_ROWS_AT_ONCE = 8_192


@dataclass(frozen=True)
class Score:
    """On the answers to several queries of a cell.

    Attributes:
        rows_min, rows_mean: How many rows came back.
        expected_min, expected_mean: How many there are to give: min(top_k, matching rows).
        short: How many answers had fewer rows than that.
        wrong: How many rows do not match the filter, or came twice.
        recall: Of the rows to give, the share that was given; a row as near as the exact answer's last counts.
    """

    rows_min: int
    rows_mean: float
    expected_min: int
    expected_mean: float
    short: int
    wrong: int
    recall: float

    @property
    def complete(self) -> bool:
        return not self.short

    def reaches(self, recall: float) -> bool:
        """Return whether all rows came, with at least this recall."""
        return self.complete and self.recall >= recall - 1e-9


@dataclass(frozen=True)
class _Verdict:
    """On one answer."""

    rows: int
    expected: int
    right: int
    wrong: int


class Truth:
    """The exact answers to the first `queries` queries of a data set."""

    def __init__(self, data: Dataset, queries: int) -> None:
        self._position = {id_: number for number, id_ in enumerate(data.ids)}
        self._metadata = data.metadata
        self._distances = _distances(data, queries)
        self._rows: dict[str, dict[Any, npt.NDArray[np.intp]]] = {}
        self._last: dict[tuple[Cell, int], float] = {}

    def matches(self, cell: Cell, number: int) -> int:
        return len(self._matching(cell, number))

    def score(self, cell: Cell, numbers: Sequence[int], answers: Sequence[Sequence[str]]) -> Score:
        found = [self._judge(cell, n, ids) for n, ids in zip(numbers, answers, strict=True)]
        rows, expected = [one.rows for one in found], [one.expected for one in found]
        to_give = sum(expected)
        return Score(
            min(rows),
            mean(rows),
            min(expected),
            mean(expected),
            sum(one.rows < one.expected for one in found),
            sum(one.wrong for one in found),
            sum(one.right for one in found) / to_give if to_give else 1.0,
        )

    def _judge(self, cell: Cell, number: int, ids: Sequence[str]) -> _Verdict:
        matching = self._matching(cell, number)
        expected = min(cell.top_k, len(matching))
        found = np.unique(np.array([self._position[id_] for id_ in ids], np.intp))
        found = found[_contains(matching, found)]
        right = 0
        if expected:
            last = self._last_distance(cell, number)
            near = self._distances[number, found] <= last + TIE * max(1.0, abs(last))
            right = min(expected, int(np.count_nonzero(near)))
        return _Verdict(len(ids), expected, right, len(ids) - len(found))

    def _last_distance(self, cell: Cell, number: int) -> float:
        """Return the distance of the last row of the exact answer."""
        known = self._last.get((cell, number))
        if known is None:
            distances = self._distances[number, self._matching(cell, number)]
            last = min(cell.top_k, len(distances)) - 1
            known = self._last[cell, number] = float(np.partition(distances, last)[last])
        return known

    def _matching(self, cell: Cell, number: int) -> npt.NDArray[np.intp]:
        # One group of rows for each value of the key; without a key all rows, by conditions those that meet them.
        one = cell.filter
        group = one.name if one.conditions else one.key
        if group not in self._rows:
            self._rows[group] = _group([_value(one, row) for row in self._metadata])
        value = True if one.conditions else one.value(number)
        return self._rows[group].get(value, np.empty(0, np.intp))


def _value(one: Filter, row: Record) -> Any:  # noqa: ANN401 -- whatever JSON holds
    if one.conditions:
        return one.matches(row)
    return row[one.key] if one.key else None


def _contains(rows: npt.NDArray[np.intp], some: npt.NDArray[np.intp]) -> npt.NDArray[np.bool_]:
    """Return which of some rows are among others, which are in order; faster than np.isin()."""
    places = np.searchsorted(rows, some)
    found = places < len(rows)
    found[found] = rows[places[found]] == some[found]
    return found


def _group(values: list[Any]) -> dict[Any, npt.NDArray[np.intp]]:
    rows: dict[Any, list[int]] = {}
    for number, value in enumerate(values):
        rows.setdefault(value, []).append(number)
    return {value: np.array(numbers, np.intp) for value, numbers in rows.items()}


def _distances(data: Dataset, queries: int) -> npt.NDArray[np.float64]:
    asked = data.queries[:queries]
    out = np.empty((len(asked), len(data.ids)))
    for start in range(0, len(data.ids), _ROWS_AT_ONCE):
        part = slice(start, start + _ROWS_AT_ONCE)
        out[:, part] = distances(data.measure, asked, data.vectors[part])
    return out
