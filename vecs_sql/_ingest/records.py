"""Records of any form, read into batches."""

from __future__ import annotations

import asyncio
import functools
import itertools
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
    Sized,
)
from typing import Any

import numpy as np

from vecs_sql import exc
from vecs_sql._ingest.arrow import read_tables
from vecs_sql._ingest.batch import Batch, checked_ids
from vecs_sql._ingest.columns import are_columns, column_batches, read_columns
from vecs_sql._ingest.frames import read_frame
from vecs_sql._protocol.arguments import row_id, type_with_article

Adapt = Callable[[Iterable[Any]], Iterable[Any]]


def count(records: object) -> int | None:
    """Return the number of records; None if it is not known without reading them."""
    if are_columns(records):
        records = records[0]  # type: ignore[index]
    if isinstance(records, Sized):
        return len(records)
    return getattr(records, "num_rows", None)


def are_in_memory(records: object) -> bool:
    """Whether all records are in memory: reading them neither waits nor uses them up."""
    return (
        are_columns(records)
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
    """Yield batches of at most `size` rows.

    Records in memory that fill several batches are read in the order of their ids. The server locks the rows of each
    call in that order, and two writers of the same rows would deadlock if their calls had another one.

    Args:
        records: Records, columns, a data frame, or what Arrow can read.
        size: The number of rows in a batch.
        adapt: Turns records with media into records with vectors.
        is_cancelled: Whether to stop reading records.

    Raises:
        exc.ArgError: A record or a table does not have the form of one, or columns differ in length.
    """
    if are_columns(records):
        tables: Iterable[Any] = [read_columns(*records)]
    elif hasattr(records, "itertuples"):
        tables = [read_frame(records)]
    elif hasattr(records, "__arrow_c_stream__") or hasattr(records, "__arrow_c_array__"):
        tables = read_tables(records)
    else:
        yield from _record_batches(records, size, adapt, is_cancelled)
        return
    before = 0
    for ids, vectors, metadata in tables:
        if adapt is not None:
            triples = list(zip(ids, vectors, metadata, strict=True))
            yield from _record_batches(triples, size, adapt, is_cancelled)
        else:
            yield from column_batches(ids, vectors, metadata, size, before)
        before += len(ids)


async def abatches(
    records: Any,  # noqa: ANN401
    size: int,
    adapt: Adapt | None = None,
) -> AsyncIterator[Batch]:
    """Yield batches as `batches` does. Records may be an async iterable, and the adapter runs in a thread."""
    if isinstance(records, AsyncIterable):
        async for chunk in _achunks(records, size):
            async for batch in abatches(chunk, size, adapt):
                yield batch
        return
    cancelled = threading.Event()
    reading = batches(records, size, adapt, cancelled.is_set)

    def step() -> Batch | None:
        return next(reading, None)

    try:
        while (made := step() if adapt is None else await asyncio.to_thread(step)) is not None:
            yield made
    finally:
        cancelled.set()  # a thread that is still working on a batch stops reading


async def _achunks(records: AsyncIterable[Any], size: int) -> AsyncIterator[list[Any]]:
    chunk = []
    async for record in records:
        chunk.append(record)
        if len(chunk) == size:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _record_batches(
    records: Iterable[Any], size: int, adapt: Adapt | None, is_cancelled: Callable[[], bool]
) -> Iterator[Batch]:
    given = records
    if adapt is None and isinstance(records, (list, tuple)) and len(records) > size:
        records = sorted(records, key=lambda record: row_id(fields(record)[0]))
    if not isinstance(records, Iterable):
        raise exc.ArgError(
            f"cannot read records from {type_with_article(records)}",
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
        # The most common form, which needs no check of each record.
        plain = set(map(type, batch)) == {tuple} and set(map(len, batch)) == {3}
        ids, vectors, metadata = zip(*(batch if plain else map(fields, batch)), strict=True)
        position = None
        if records is not given:  # they are sorted
            position = functools.partial(_position, positions, batch)
        elif adapt is None:
            position = functools.partial(operator.add, done + 1)
        read = len(batch) if adapt is None else read
        yield Batch(checked_ids(ids, position), vectors, metadata, read, position)
        done += len(batch)
        read = 0


def _position(positions: Callable[[], dict[int, int]], batch: list[Any], number: int) -> int:
    return positions()[id(batch[number])]


def fields(record: Any) -> tuple[Any, Any, Any]:  # noqa: ANN401
    """Return the id, vector and metadata of a record, which is a triple or a dict.

    Raises:
        exc.ArgError: It is neither.
    """
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
