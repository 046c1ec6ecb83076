"""The rows that calls return, as types of Python."""

from __future__ import annotations

import functools
import itertools
import operator
from collections import namedtuple
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import numpy as np

from vecs_sql._protocol import metadata
from vecs_sql._protocol.vectors import Vector, to_array


class Record(NamedTuple):
    """A row of a collection, as `Collection.fetch` returns it. Equals the plain tuple of its values.

    Attributes:
        id: The id.
        vec: The vector, float32.
        metadata: The metadata.
    """

    id: str
    vec: Vector
    metadata: dict[str, Any]


class QueryRow(tuple[Any, ...]):
    """A row that a search has found: a named tuple of the id and of the fields that were included, in this order.

    Attributes:
        id: The id.
        score: The score of a search for words, with include_value: the greater, the better.
        distance: The distance, with include_value. None if the search had no vector.
        text_score: The score of the words alone in a hybrid search, with include_value. None for a row that only its
            vector has found.
        vec: The vector, float32, with include_vector.
        metadata: The metadata, with include_metadata.
    """

    __slots__ = ()

    id: str
    score: float
    distance: float
    text_score: float | None
    vec: Vector
    metadata: dict[str, Any]

    if TYPE_CHECKING:  # of named tuples
        _fields: ClassVar[tuple[str, ...]]

        def _asdict(self) -> dict[str, Any]: ...

    else:  # so that type checkers know which attributes there are

        def __getattr__(self, name: str) -> Any:  # noqa: ANN401
            hint = _HINTS.get(name)
            if name == "distance" and "score" in self._fields:  # a search for words has none
                hint = None
            raise AttributeError(
                f"the row has no {name}"
                + (f": {hint}" if hint else f", only {', '.join(self._fields)}")
            )


_HINTS = {
    "score": "text_query and hybrid_query give it, with include_value=True",
    "distance": "search with include_value=True",
    "text_score": "hybrid_query gives it, with include_value=True",
    "vec": "search with include_vector=True",
    "metadata": "search with include_metadata=True",
}


class Group(NamedTuple):
    """A group of rows with the same value under a key, as `Collection.query_groups` finds it.

    Attributes:
        value: The value.
        rows: Its nearest rows, nearest first: ids, or `QueryRow`s if something is included.
    """

    value: Any
    rows: list[Any]


class Facet(NamedTuple):
    """A value that rows have under a key, as `Collection.facet` counts them.

    Attributes:
        value: The value.
        rows: The number of rows.
    """

    value: Any
    rows: int


class Columns(NamedTuple):
    """Rows of a collection as columns, which `Collection.upsert` takes.

    Attributes:
        ids: The ids.
        matrix: The vectors, one per row: float32 of shape (rows, dimension).
        metadata: The metadata, a dict per row.
    """

    ids: list[str]
    matrix: Vector
    metadata: list[dict[str, Any]]


class CollectionInfo(NamedTuple):
    """A collection, as `Client.describe_collections` lists it.

    Attributes:
        name: The name.
        dimension: The dimension of its vectors; -1 if its column has none.
        element_type: The type of its vectors, vector or halfvec.
        approximate_count: The number of rows, as the planner estimates it.
        total_bytes: The size of the table with its indexes.
    """

    name: str
    dimension: int
    element_type: str
    approximate_count: int
    total_bytes: int


class Recall(NamedTuple):
    """The recall and speed of searches by the index, as `Collection.recall` measures them.

    Attributes:
        recall: The share of the nearest rows that the index finds, 0 to 1; None if there is nothing to search.
        p50_ms: The median time of a search by the index, in milliseconds.
        exact_p50_ms: The median time of an exact search, in milliseconds.
        sampled: The number of rows that were searched with.
    """

    recall: float | None
    p50_ms: float | None
    exact_p50_ms: float | None
    sampled: int


class Reembedded(NamedTuple):
    """The result of `Collection.reembed`.

    Attributes:
        rows: The number of rows of the new collection.
        embedded: How many texts were embedded in this run.
        left_out: How many rows were left out, as they have no text.
        recall: The share of the nearest rows that searches by index find, 0 to 1; None without an index.
        old: The name that the old collection has now; None if it was dropped.
    """

    rows: int
    embedded: int
    left_out: int
    recall: float | None
    old: str | None


class Advice(NamedTuple):
    """What would make a collection safer, faster or smaller, as `Collection.advise` finds it.

    Attributes:
        severity: "error": rows or indexes are in danger; "warning": searches are slower than they need be; "hint":
            something could be smaller, or some searches faster, at a price.
        finding: What was found.
        statement: The SQL statement that mends it.
    """

    severity: str
    finding: str
    statement: str


class Tuned(NamedTuple):
    """A step of `Collection.tune`.

    Attributes:
        ef_search: The size of the candidate list; of an ivfflat index the number of probes.
        recall: The share of the nearest rows that searches with it find, 0 to 1.
        p50_ms: The median time of a search, in milliseconds.
        chosen: Whether it is the smallest that reaches the target.
    """

    ef_search: int
    recall: float
    p50_ms: float
    chosen: bool


def _row_type(fields: tuple[str, ...]) -> Any:  # noqa: ANN401 -- a class that is made here
    """Make a named tuple. It is pickled by its fields, since all these types have one name."""

    def reduce(row: tuple[Any, ...]) -> tuple[Any, ...]:
        return _unpickle, (fields, *row)

    base = namedtuple("QueryRow", ("id", *fields))  # type: ignore[misc]
    return type("QueryRow", (base, QueryRow), {"__slots__": (), "__reduce__": reduce})


def _unpickle(fields: tuple[str, ...], *values: object) -> tuple[Any, ...]:
    return _ROWS[fields](values)


# The values that kinds of searches give a row.
DISTANCE = ("distance",)
SCORE = ("score",)
SCORES = ("score", "distance", "text_score")

# The fields of a row besides the id, by the values of the search and whether value, vector and metadata are included.
FIELDS: dict[tuple[object, ...], tuple[str, ...]] = {
    (values, *included): (
        *(values if included[0] else ()),
        *itertools.compress(("vec", "metadata"), included[1:]),
    )
    for values in (DISTANCE, SCORE, SCORES)
    for included in itertools.product((False, True), repeat=3)
}

_ROWS: dict[tuple[str, ...], Callable[[Iterable[Any]], tuple[Any, ...]]] = {
    fields: functools.partial(tuple.__new__, _row_type(fields))
    for fields in FIELDS.values()
    if fields
}


def query_rows(rows: list[tuple[Any, ...]], fields: tuple[str, ...]) -> list[Any]:
    """Return rows of ids and fields as a search does: `QueryRow`s, or just the ids if there are no fields."""
    if not fields or not rows:
        return [id_ for (id_, *_) in rows]
    # By columns, which is faster than by rows.
    columns: list[Iterable[Any]] = list(zip(*rows, strict=True))
    if "vec" in fields:
        at = 1 + fields.index("vec")
        columns[at] = map(to_array, columns[at])
    if "metadata" in fields:
        columns[-1] = metadata.decode(columns[-1])
    return list(map(_ROWS[fields], zip(*columns, strict=True)))


def groups(rows: list[tuple[Any, ...]], fields: tuple[str, ...]) -> list[Group]:
    """Return rows of a group's value, id and fields as groups; the rows of a group follow each other."""
    found = query_rows([row[1:] for row in rows], fields)
    listed = [
        (value, [row for _, row in pairs])
        for value, pairs in itertools.groupby(
            zip((row[0] for row in rows), found, strict=True), operator.itemgetter(0)
        )
    ]
    values = metadata.decode(value for value, _ in listed)
    return [Group(value, group) for value, (_, group) in zip(values, listed, strict=True)]


def facets(rows: list[tuple[Any, ...]]) -> list[Facet]:
    """Return rows of a value and a number as facets."""
    values = metadata.decode(value for value, _ in rows)
    return [Facet(value, number) for value, (_, number) in zip(values, rows, strict=True)]


def records(rows: list[tuple[Any, ...]]) -> list[Record]:
    """Return rows of id, vector and metadata as records."""
    documents = metadata.decode(row[2] for row in rows)
    return [
        Record(id_, to_array(vec), document)
        for (id_, vec, _), document in zip(rows, documents, strict=True)
    ]


def columns(pages: list[list[tuple[Any, ...]]], dimension: int) -> Columns:
    """Return pages of rows as columns."""
    rows = list(itertools.chain.from_iterable(pages))
    vectors = _matrix([row[1] for row in rows], dimension)
    return Columns([row[0] for row in rows], vectors, metadata.decode(row[2] for row in rows))


def _matrix(values: list[Any], dimension: int) -> Vector:
    if not values:
        return np.empty((0, max(dimension, 0)), np.float32)
    return np.stack([to_array(value) for value in values])
