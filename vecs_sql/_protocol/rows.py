"""What the server's rows become."""

from __future__ import annotations

import functools
import itertools
from collections import namedtuple
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from vecs_sql._protocol import convert as _convert
from vecs_sql._types import Columns, Record

if TYPE_CHECKING:
    import pyarrow as pa


def _row_type(fields: tuple[str, ...]) -> Any:  # noqa: ANN401 -- a class that is made here
    """A named tuple; pickled by its fields, since all these types have one name."""

    def reduce(row: tuple[Any, ...]) -> tuple[Any, ...]:
        return _row, (fields, *row)

    base = namedtuple("QueryRow", ("id", *fields))  # type: ignore[misc]
    return type("QueryRow", (base,), {"__slots__": (), "__reduce__": reduce})


def _row(fields: tuple[str, ...], *values: object) -> tuple[Any, ...]:
    return _ROWS[fields](values)


# What a row of a query has besides the id, by whether value, vector and metadata are included.
FIELDS = {
    included: tuple(itertools.compress(("distance", "vec", "metadata"), included))
    for included in itertools.product((False, True), repeat=3)
}

# What makes such a row of its values.
_ROWS: dict[tuple[str, ...], Callable[[Iterable[Any]], tuple[Any, ...]]] = {
    fields: functools.partial(tuple.__new__, _row_type(fields))
    for fields in FIELDS.values()
    if fields
}


def shape(rows: list[tuple[Any, ...]], fields: tuple[str, ...]) -> list[Any]:
    """Rows of ids and fields as the caller of a search gets them; by columns, for that is fast."""
    if not fields or not rows:
        return [id_ for (id_, *_) in rows]
    columns: list[Iterable[Any]] = list(zip(*rows, strict=True))
    if "vec" in fields:
        at = 1 + fields.index("vec")
        columns[at] = map(_convert.from_database, columns[at])
    if "metadata" in fields:
        columns[-1] = _convert.documents(columns[-1])
    return list(map(_ROWS[fields], zip(*columns, strict=True)))


def records(rows: list[tuple[Any, ...]]) -> list[Record]:
    """Rows of id, vector and metadata as the caller gets them."""
    metadata = _convert.documents(row[2] for row in rows)
    return [
        Record(id_, _convert.from_database(vec), document)
        for (id_, vec, _), document in zip(rows, metadata, strict=True)
    ]


def columns(pages: list[list[tuple[Any, ...]]], dimension: int) -> Columns:
    """Pages of rows as columns."""
    rows = list(itertools.chain.from_iterable(pages))
    vectors = _matrix([row[1] for row in rows], dimension)
    return Columns([row[0] for row in rows], vectors, _convert.documents(row[2] for row in rows))


def _matrix(values: list[Any], dimension: int) -> _convert.Vector:
    """Vectors of one length as a matrix."""
    if not values:
        return np.empty((0, max(dimension, 0)), np.float32)
    return np.stack([_convert.from_database(value) for value in values])


def arrow_schema(dimension: int) -> pa.Schema:
    """The schema of `arrow_batch`."""
    pa = _convert.pyarrow()
    vectors = pa.list_(pa.float32(), dimension) if dimension > 0 else pa.list_(pa.float32())
    fields = [("id", pa.string()), ("vec", vectors), ("metadata", pa.string())]
    return pa.schema([pa.field(name, type_, nullable=False) for name, type_ in fields])


def arrow_batch(rows: list[tuple[Any, ...]], dimension: int) -> pa.RecordBatch:
    """Rows of id, vector and metadata as a batch of Arrow's; the metadata is JSON text."""
    pa = _convert.pyarrow()
    schema = arrow_schema(dimension)
    vectors = [_convert.from_database(row[1]) for row in rows]
    if dimension > 0:
        flat = np.concatenate(vectors) if vectors else np.empty(0, np.float32)
        arrays = pa.FixedSizeListArray.from_arrays(pa.array(flat), dimension)
    else:
        arrays = pa.array(vectors, schema.field("vec").type)
    ids = pa.array([row[0] for row in rows], pa.string())
    metadata = pa.array([row[2] or "{}" for row in rows], pa.string())
    return pa.record_batch([ids, arrays, metadata], schema=schema)
