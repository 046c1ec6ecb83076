"""What is upserted: records one by one, columns, data frames and Arrow tables, as batches of columns."""

from __future__ import annotations

import asyncio
import functools
import itertools
import json
import operator
import reprlib
import threading
from collections.abc import (
    AsyncIterable,
    AsyncIterator,
    Callable,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
    Set,
    Sized,
)
from typing import Any, NamedTuple

import numpy as np

from vecs_sql import exc
from vecs_sql._ingest import arrow as _arrow
from vecs_sql._protocol import convert as _convert
from vecs_sql._protocol.arguments import a_type, row_id

Adapt = Callable[[Iterable[Any]], Iterable[Any]]


# The position of a row among the caller's records, from 1, by its number in a batch.
Place = Callable[[int], int]


class Batch(NamedTuple):
    """Rows to write, and how many of the caller's records were read for them."""

    ids: Sequence[str]
    vectors: Any  # a matrix, or a sequence of vectors
    metadata: Sequence[Mapping[str, Any] | None]
    read: int
    place: Place | None = None  # None where an adapter has made rows of records


def count(records: object) -> int | None:
    """How many records there are, where that is known without reading them."""
    if _are_columns(records):
        records = records[0]  # type: ignore[index]
    if isinstance(records, Sized):
        return len(records)
    return getattr(records, "num_rows", None)


def are_there(records: object) -> bool:
    """Whether all records are in memory, so that none is waited for, and all can be read again."""
    return (
        _are_columns(records)
        or isinstance(records, (list, tuple, np.ndarray))
        or hasattr(records, "itertuples")
        or (
            (hasattr(records, "__arrow_c_stream__") or hasattr(records, "__arrow_c_array__"))
            and (hasattr(records, "num_rows") or isinstance(records, Sized))
        )
    )


def batches(
    records: Any,  # noqa: ANN401
    size: int,
    adapt: Adapt | None = None,
    is_cancelled: Callable[[], bool] = lambda: False,
) -> Iterator[Batch]:
    """Batches of at most `size` rows.

    What is there whole and fills several batches is read in the order of its ids: the server locks the rows of a call
    in that order, and so must the calls follow each other, lest two writers of the same rows deadlock.

    Args:
        records: Records, or columns, or what Arrow can read.
        size: Rows a batch.
        adapt: What makes records of vectors from records of media.
        is_cancelled: Whether nobody waits for the batches any more: then no record is read on.

    Raises:
        exc.ArgError: A record that is none, columns of different lengths, a table without ids or vectors.
    """
    if _are_columns(records):
        tables: Iterable[Any] = [_columns(*records)]
    elif hasattr(records, "itertuples"):
        tables = [_frame(records)]
    elif hasattr(records, "__arrow_c_stream__") or hasattr(records, "__arrow_c_array__"):
        tables = _tables(records)
    else:
        yield from _record_batches(records, size, adapt, is_cancelled)
        return
    before = 0
    for ids, vectors, metadata in tables:
        if adapt is not None:
            triples = list(zip(ids, vectors, metadata, strict=True))
            yield from _record_batches(triples, size, adapt, is_cancelled)
        else:
            yield from _column_batches(ids, vectors, metadata, size, before)
        before += len(ids)


async def async_batches(
    records: Any,  # noqa: ANN401
    size: int,
    adapt: Adapt | None = None,
) -> AsyncIterator[Batch]:
    """The same, of records that may also come asynchronously; the adapter runs in a thread."""
    if isinstance(records, AsyncIterable):
        async for chunk in _async_chunks(records, size):
            async for batch in async_batches(chunk, size, adapt):
                yield batch
        return
    cancelled = threading.Event()
    made = batches(records, size, adapt, cancelled.is_set)

    def step() -> Batch | None:
        return next(made, None)

    try:
        while (made_one := step() if adapt is None else await asyncio.to_thread(step)) is not None:
            yield made_one
    finally:
        cancelled.set()  # a thread that still works on a batch reads no more for it


async def _async_chunks(records: AsyncIterable[Any], size: int) -> AsyncIterator[list[Any]]:
    chunk = []
    async for record in records:
        chunk.append(record)
        if len(chunk) == size:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


# Records


def _record_batches(
    records: Iterable[Any], size: int, adapt: Adapt | None, is_cancelled: Callable[[], bool]
) -> Iterator[Batch]:
    given = records
    if adapt is None and isinstance(records, (list, tuple)) and len(records) > size:
        records = sorted(records, key=lambda record: row_id(fields(record)[0]))
    if not isinstance(records, Iterable):
        raise exc.ArgError(
            f"cannot read records from {a_type(records)}",
            hint='Pass a list of tuples such as ("a", [0.1, 0.2], {"year": 2012}).',
        )
    read = done = 0

    @functools.cache
    def positions() -> dict[int, int]:
        return {id(record): at for at, record in enumerate(given, 1)}

    def reading() -> Iterator[Any]:
        nonlocal read
        for record in records:
            if is_cancelled():
                return
            read += 1
            yield record

    iterator = iter(records if adapt is None else adapt(reading()))
    while batch := list(itertools.islice(iterator, size)):
        # Plain triples with plain ids, which most are, need no look at each.
        plain = set(map(type, batch)) == {tuple} and set(map(len, batch)) == {3}
        ids, vectors, metadata = zip(*(batch if plain else map(fields, batch)), strict=True)
        place = None
        if records is not given:  # sorted: they are sought among the caller's
            place = functools.partial(_position, positions, batch)
        elif adapt is None:
            place = functools.partial(operator.add, done + 1)
        read = len(batch) if adapt is None else read
        yield Batch(_row_ids(ids, place), vectors, metadata, read, place)
        done += len(batch)
        read = 0


def _position(positions: Callable[[], dict[int, int]], batch: list[Any], number: int) -> int:
    return positions()[id(batch[number])]


def fields(record: Any) -> tuple[Any, Any, Any]:  # noqa: ANN401
    """The three fields of a record: a triple, or a dict with id, vec and perhaps metadata."""
    if isinstance(record, Mapping):
        if {"id", "vec"} <= record.keys() <= {"id", "vec", "metadata"}:
            return record["id"], record["vec"], record.get("metadata")
    elif not isinstance(record, str):
        try:
            id_, vector, metadata = record
            return id_, vector, metadata
        except (TypeError, ValueError):
            pass
    raise exc.ArgError(
        "a record is not of the form (id, vector, metadata)",
        detail=f"It is {reprlib.repr(record)}.",
        hint='Pass tuples such as ("a", [0.1, 0.2], {"year": 2012}).',
    )


def _row_ids(ids: Sequence[Any], place: Place | None = None) -> Sequence[str]:
    ids = ids if set(map(type, ids)) == {str} else [*map(row_id, ids)]
    if _convert.unstorable("".join(ids)) is not None:
        faults = enumerate(map(_convert.unstorable, ids))
        number, what = next((number, what) for number, what in faults if what is not None)
        record = f" and is that of record {place(number)}" if place else ""
        raise exc.ArgError(
            f"the id {ids[number]!r} cannot be stored",
            detail=f"It has {what}{record}.",
            hint=_convert.HINTS[what],
        )
    return ids


# The server may find these too long for the primary key: it depends on how far they can be compressed.
_LONG_BYTES = 2600


def long_ids(batch: Batch) -> dict[str, int | None]:
    """The ids of a batch that may be too long, with the positions of their records."""
    if 4 * max(map(len, batch.ids)) <= _LONG_BYTES:
        return {}
    return {
        id_: batch.place and batch.place(number)
        for number, id_ in enumerate(batch.ids)
        if len(id_.encode()) > _LONG_BYTES
    }


def too_long(error: exc.ArgError, ids: Mapping[str, int | None]) -> exc.ArgError | None:
    """The error of an id that is too long, with the caller's record in the place of the row of a call; else None."""
    found = [
        (id_, record)
        for id_, record in ids.items()
        if error.message.startswith(f'the id "{id_[:100]}..." of row ')
        and error.message.endswith(f": {len(id_.encode())} bytes")
    ]
    if not found:
        return None
    [(id_, record), *others] = found
    is_known = record is not None and not others
    return exc.ArgError(
        f'the id "{id_[:100]}..." is too long for the primary key: {len(id_.encode())} bytes',
        detail=f"{error.detail}; it is that of record {record}" if is_known else error.detail,
        hint=error.hint,
    )


# Columns


def _are_columns(records: object) -> bool:
    """Whether it is (ids, matrix) or (ids, matrix, metadata), which no tuple of records is."""
    return (
        isinstance(records, tuple)
        and len(records) in (2, 3)
        and isinstance(records[1], np.ndarray)
        and records[1].ndim == 2
    )


def _columns(
    ids: Sequence[Any],
    matrix: Any,  # noqa: ANN401
    metadata: Sequence[Any] | None = None,
) -> tuple[Sequence[Any], Any, Sequence[Any]]:
    if np.ma.is_masked(matrix):
        raise exc.ArgError(
            "the matrix has masked numbers",
            hint="A vector has all of its numbers: fill or leave out rows.",
        )
    ids = _listed(ids)
    metadata = [None] * len(ids) if metadata is None else _listed(metadata)
    if not len(ids) == len(matrix) == len(metadata):
        raise exc.ArgError(
            "the columns differ in length",
            detail=f"There are {len(ids)} ids, {len(matrix)} vectors and {len(metadata)} rows of metadata.",
        )
    return ids, matrix, metadata


def _listed(values: Any) -> Sequence[Any]:  # noqa: ANN401
    """A column as what is looked up by position: a series of pandas is not, and numpy's strings are no str."""
    if isinstance(values, (list, tuple)):
        return values
    for method in ("tolist", "to_list"):
        if hasattr(values, method):
            found: list[Any] = getattr(values, method)()
            return found
    if isinstance(values, (str, Mapping, Set)) or not isinstance(values, Iterable):
        raise exc.ArgError(
            f"{a_type(values)} is no column",
            hint="Columns are (ids, matrix) or (ids, matrix, metadata): two lists beside a two-dimensional array.",
        )
    return list(values)


def _column_batches(
    ids: Sequence[Any],
    vectors: Any,  # noqa: ANN401
    metadata: Sequence[Any],
    size: int,
    before: int = 0,
) -> Iterator[Batch]:
    """Batches of columns, `before` which so many records were read."""
    ids = _row_ids(ids, functools.partial(operator.add, before + 1))
    if len(ids) > size and any(map(operator.gt, ids, itertools.islice(ids, 1, None))):
        order = sorted(range(len(ids)), key=ids.__getitem__)
        for start in range(0, len(order), size):
            part = order[start : start + size]
            pick = operator.itemgetter(*part, part[0])  # one more, for it to be a tuple
            some = vectors[part] if isinstance(vectors, np.ndarray) else pick(vectors)[:-1]
            place = functools.partial(_in_order, part, before)
            yield Batch(pick(ids)[:-1], some, pick(metadata)[:-1], len(part), place)
        return
    for start in range(0, len(ids), size):
        end = min(start + size, len(ids))
        place = functools.partial(operator.add, before + start + 1)
        yield Batch(ids[start:end], vectors[start:end], metadata[start:end], end - start, place)


def _in_order(part: list[int], before: int, number: int) -> int:
    return before + part[number] + 1


def _frame(frame: Any) -> tuple[Sequence[Any], Any, Sequence[Any]]:  # noqa: ANN401
    """The columns of a data frame of pandas."""
    _check_names(list(frame.columns))
    ids = frame["id"].tolist()
    others = frame.drop(columns=["id", "vec", "metadata"], errors="ignore")
    columns = [_series(others[name]) for name in others.columns]
    metadata: list[Any] = _arrow.rows([*map(str, others.columns)], columns, len(frame))
    if "metadata" in frame.columns:
        metadata = [*map(_merged, ids, metadata, _series(frame["metadata"]))]
    return ids, frame["vec"].tolist(), metadata


def _series(series: Any) -> list[Any]:  # noqa: ANN401
    """The values of a column of pandas', None for those that are missing."""
    if hasattr(series.dtype, "categories"):
        series = series.astype(series.dtype.categories.dtype)
    if hasattr(series.dtype, "pyarrow_dtype"):
        found = series.array.__arrow_array__()
        chunks = found.chunks if hasattr(found, "chunks") else [found]
        return [value for chunk in chunks for value in _arrow.values(chunk)]
    values = series.astype(object)
    if series.dtype.kind == "f" and series.dtype.itemsize < 8:
        values = _convert.shortest(
            series.to_numpy(f"f{series.dtype.itemsize}", na_value=np.nan)
        ).astype(object)
    present = series.notna()
    return [value if is_there else None for value, is_there in zip(values, present, strict=True)]


def _tables(table: Any) -> Iterator[tuple[Sequence[Any], Any, Sequence[Any]]]:  # noqa: ANN401
    """The columns of what Arrow can read, piece by piece."""
    pa = _convert.pyarrow()
    if hasattr(table, "__arrow_c_stream__"):
        reader = pa.RecordBatchReader.from_stream(table)
    else:
        batch = pa.record_batch(table)
        reader = pa.RecordBatchReader.from_batches(batch.schema, [batch])
    _check_names(reader.schema.names)
    for batch in reader:
        ids = _arrow.values(batch.column("id"))
        others = [name for name in batch.schema.names if name not in ("id", "vec", "metadata")]
        columns = [_arrow.values(batch.column(name)) for name in others]
        metadata: list[Any] = _arrow.rows(others, columns, len(batch))
        if "metadata" in batch.schema.names:
            found = _arrow.values(batch.column("metadata"))
            metadata = [*map(_merged, ids, metadata, found)]
        yield ids, arrow_vectors(batch.column("vec")), metadata


def arrow_vectors(column: Any) -> Any:  # noqa: ANN401
    """A matrix where the vectors are alike and all there; else a list of them, of which one will be refused."""
    pa = _convert.pyarrow()
    lists = (pa.types.is_fixed_size_list, pa.types.is_list, pa.types.is_large_list)
    if not len(column) or not any(is_list(column.type) for is_list in lists):
        return column.to_pylist()
    values = column.flatten()
    if column.null_count or values.null_count or len(values) % len(column):
        return column.to_pylist()
    if (
        not pa.types.is_fixed_size_list(column.type)
        and len(set(column.value_lengths().to_pylist())) > 1
    ):
        return column.to_pylist()
    return values.to_numpy(zero_copy_only=False).reshape(len(column), -1)


def _check_names(names: Sequence[Any]) -> None:
    twice = {str(name) for name in names if [*map(str, names)].count(str(name)) > 1}
    if twice:
        raise exc.ArgError(
            f"the table has two columns of one name: {', '.join(sorted(twice))}",
            hint="Rename one of them.",
        )
    if not {"id", "vec"} <= set(names):
        raise exc.ArgError(
            'a table of records has columns "id" and "vec"',
            detail=f"It has {', '.join(map(str, names)) or 'none'}.",
            hint='Rename them. Metadata is in a column "metadata" of objects or JSON, or else in all other columns.',
        )


def _merged(id_: object, others: dict[str, Any], value: Any) -> Any:  # noqa: ANN401
    """The metadata out of its own column, and beside it those of other columns."""
    if isinstance(value, str):  # JSON text
        try:
            value = json.loads(value)
        except (ValueError, RecursionError) as error:
            raise exc.ArgError(
                f'the metadata of id "{id_}" is not JSON: {error}',
                hint='A column "metadata" holds objects, or their JSON text.',
            ) from error
    elif (
        value is None or type(value).__name__ == "NAType" or value != value
    ):  # what is missing in a data frame
        value = {}
    return {**others, **value} if isinstance(value, Mapping) else value
