"""What is upserted: records one by one, columns, data frames and Arrow tables, as batches of columns."""

from __future__ import annotations

import asyncio
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

from vecs_sql import _convert, exc
from vecs_sql._arguments import row_id

Adapt = Callable[[Iterable[Any]], Iterable[Any]]


class Batch(NamedTuple):
    """Rows to write, and how many of the caller's records were read for them."""

    ids: Sequence[str]
    vectors: Any  # a matrix, or a sequence of vectors
    metadata: Sequence[Mapping[str, Any] | None]
    read: int


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
        tables = _arrow(records)
    else:
        yield from _record_batches(records, size, adapt, is_cancelled)
        return
    for ids, vectors, metadata in tables:
        if adapt is not None:
            triples = list(zip(ids, vectors, metadata, strict=True))
            yield from _record_batches(triples, size, adapt, is_cancelled)
        else:
            yield from _column_batches(ids, vectors, metadata, size)


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
    if adapt is None and isinstance(records, (list, tuple)) and len(records) > size:
        records = sorted(records, key=lambda record: row_id(fields(record)[0]))
    if not isinstance(records, Iterable):
        raise exc.ArgError(
            f"a {type(records).__name__} holds no records",
            hint='Pass a list of tuples such as ("a", [0.1, 0.2], {"year": 2012}).',
        )
    read = 0

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
        yield Batch(_row_ids(ids), vectors, metadata, len(batch) if adapt is None else read)
        read = 0


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


def _row_ids(ids: Sequence[Any]) -> Sequence[str]:
    ids = ids if set(map(type, ids)) == {str} else [*map(row_id, ids)]
    text = "".join(ids)
    if "\0" in text or not (text.isascii() or _is_text(text)):
        bad = next(id_ for id_ in ids if "\0" in id_ or not _is_text(id_))
        raise exc.ArgError(
            f"the id {bad!r} can not be stored",
            hint="PostgreSQL's text has neither the character \\0 nor a half of a surrogate pair.",
        )
    return ids


def _is_text(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


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
            f"a {type(values).__name__} is no column",
            hint="Columns are (ids, matrix) or (ids, matrix, metadata): two lists beside a two-dimensional array.",
        )
    return list(values)


def _column_batches(
    ids: Sequence[Any],
    vectors: Any,  # noqa: ANN401
    metadata: Sequence[Any],
    size: int,
) -> Iterator[Batch]:
    ids = _row_ids(ids)
    if len(ids) > size and any(map(operator.gt, ids, itertools.islice(ids, 1, None))):
        order = sorted(range(len(ids)), key=ids.__getitem__)
        for start in range(0, len(order), size):
            part = order[start : start + size]
            pick = operator.itemgetter(*part, part[0])  # one more, for it to be a tuple
            some = vectors[part] if isinstance(vectors, np.ndarray) else pick(vectors)[:-1]
            yield Batch(pick(ids)[:-1], some, pick(metadata)[:-1], len(part))
        return
    for start in range(0, len(ids), size):
        end = min(start + size, len(ids))
        yield Batch(ids[start:end], vectors[start:end], metadata[start:end], end - start)


def _frame(frame: Any) -> tuple[Sequence[Any], Any, Sequence[Any]]:  # noqa: ANN401
    """The columns of a data frame of pandas."""
    _check_names(list(frame.columns))
    ids = frame["id"].tolist()
    others = frame.drop(columns=["id", "vec", "metadata"], errors="ignore")
    columns = {str(name): others[name].astype(object) for name in others.columns}
    present = {name: column.notna().tolist() for name, column in columns.items()}
    metadata: list[Any] = [
        {name: column.iat[row] for name, column in columns.items() if present[name][row]}
        for row in range(len(frame))
    ]
    if "metadata" in frame.columns:
        metadata = [*map(_merged, ids, metadata, frame["metadata"].tolist())]
    return ids, frame["vec"].tolist(), metadata


def _arrow(table: Any) -> Iterator[tuple[Sequence[Any], Any, Sequence[Any]]]:  # noqa: ANN401
    """The columns of what Arrow can read, piece by piece."""
    pa = _convert.pyarrow()
    if hasattr(table, "__arrow_c_stream__"):
        reader = pa.RecordBatchReader.from_stream(table)
    else:
        batch = pa.record_batch(table)
        reader = pa.RecordBatchReader.from_batches(batch.schema, [batch])
    _check_names(reader.schema.names)
    for batch in reader:
        ids = batch.column("id").to_pylist()
        others = [name for name in batch.schema.names if name not in ("id", "vec", "metadata")]
        metadata: list[Any] = [{}] * len(batch)
        if others:
            metadata = [*map(_present, batch.select(others).to_pylist())]
        if "metadata" in batch.schema.names:
            found = map(_struct, batch.column("metadata").to_pylist())
            metadata = [*map(_merged, ids, metadata, found)]
        yield ids, _arrow_vectors(batch.column("vec")), metadata


def _arrow_vectors(column: Any) -> Any:  # noqa: ANN401
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


def _present(values: dict[str, Any]) -> dict[str, Any]:
    """What there is: a struct of Arrow's has null for each key that is not there."""
    return {key: _struct(found) for key, found in values.items() if found is not None}


def _struct(value: Any) -> Any:  # noqa: ANN401
    """A struct or a map of Arrow's as a dict; else what it is."""
    if isinstance(value, list) and value and all(isinstance(pair, tuple) for pair in value):
        value = dict(value)
    return _present(value) if isinstance(value, dict) else value


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
