"""The cells of the sweep: a data set, a filter and a number of neighbours."""

from __future__ import annotations

import operator
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from bench.dataset import BUCKETS, Dataset, Record

TOP_KS = (10, 100, 500, 1_000)
NO_FILTER, ROW, NOTHING = "none", "row", "nothing"
_OPERATORS = {"$eq": operator.eq, "$lt": operator.lt, "$gte": operator.ge}
# Nothing matches: no row has it. (Not -1: a GIN index cannot tell it from 1, and rechecks all those.)
_ABSENT = 7_654_321
# Peers are measured under so many of a category's values, from the commonest to the rarest; and of a
# category with more than `_VALUES`, these are the only ones.
_PEER_VALUES, _VALUES = 6, 50
# Without a filter more neighbours are searched for, too.
_FILTERED_TOP_KS = (10, 100)


@dataclass(frozen=True)
class Filter:
    """An equality filter, or several conditions.

    Attributes:
        name: As `--filter` takes it.
        kind: none, random (no connection with the vectors), row (the one with that id), nothing, category (as real
            metadata are: rows of a value lie together), conditions.
        key: The metadata key.
        values: The i-th query takes the i-th, and they begin again where they end.
        for_peers: Whether the other stores are measured under it, too.
        conditions: Instead of a key and values: keys, operators as filters have them, and operands, joined by AND.
        predicate: These in SQL.
    """

    name: str
    kind: str
    key: str = ""
    values: tuple[Any, ...] = ()
    for_peers: bool = True
    conditions: tuple[tuple[str, str, Any], ...] = ()
    predicate: str = ""

    @property
    def where(self) -> str:
        """The WHERE clause of a hand-written statement, with the filter as a parameter or in its text."""
        if self.conditions:
            return f"WHERE {self.predicate}"
        return "WHERE metadata @> %(filter)s" if self.key else ""

    def matches(self, row: Record) -> bool:
        """Return whether a row meets the conditions."""
        return all(_OPERATORS[name](row[key], operand) for key, name, operand in self.conditions)

    def value(self, number: int) -> Any:  # noqa: ANN401 -- whatever JSON holds
        return self.values[number % len(self.values)] if self.values else None

    def of(self, number: int) -> dict[str, Any]:
        """Return the filter that the query of this number is sent with."""
        if self.conditions:
            return {"$and": [{key: {name: operand}} for key, name, operand in self.conditions]}
        return {self.key: self.value(number)} if self.key else {}


@dataclass(frozen=True)
class Cell:
    filter: Filter
    top_k: int

    @property
    def for_peers(self) -> bool:
        return self.filter.for_peers and self.top_k in _FILTERED_TOP_KS

    def __str__(self) -> str:
        return f"{self.filter.name}, k = {self.top_k}"


def filters(data: Dataset) -> Iterator[Filter]:
    yield Filter(NO_FILTER, NO_FILTER)
    for key, count in BUCKETS.items():
        yield Filter(f"{100 / count:g}%", "random", key, tuple(range(count)))
    step = max(1, len(data.ids) // 100)
    yield Filter(ROW, ROW, "key", tuple(data.ids[::step]))
    yield Filter(NOTHING, NOTHING, "tenth", (_ABSENT,))
    for key in data.categories:
        counts = Counter(row[key] for row in data.metadata)
        by_count = [value for value, _ in counts.most_common()]
        last = len(by_count) - 1
        picked = {by_count[round(n * last / (_PEER_VALUES - 1))] for n in range(_PEER_VALUES)}
        for value in sorted(by_count if len(by_count) <= _VALUES else picked):
            yield Filter(f"{key}={value}", "category", key, (value,), value in picked)


def known(data: Dataset) -> set[str]:
    """Return what `choose` can be asked for: the names and keys of the filters."""
    return {name for one in filters(data) for name in (one.name, one.key) if name}


def choose(
    data: Dataset, wanted: Iterable[str], top_ks: Iterable[int], *, random_values: int
) -> list[Cell]:
    """Return the cells of the filters that are wanted, by name or key; of all where none is named.

    The random filters take their first `random_values` values, no more: one run of a statement
    after the other for other rows, yet the exact answers stay few.
    """
    names = set(wanted)
    shortened = (
        replace(one, values=one.values[:random_values])
        for one in filters(data)
        if not names or {one.name, one.key} & names
    )
    return [
        Cell(one, top_k)
        for one in shortened
        for top_k in top_ks
        if names or one.kind == NO_FILTER or top_k in _FILTERED_TOP_KS
    ]
