"""Arrow tables, and the values of their arrays as Python values that metadata can hold."""

from __future__ import annotations

import itertools
import json
import uuid
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from vecs_sql._ingest.metadata import check_names, merged
from vecs_sql._protocol.arrow import pyarrow
from vecs_sql._protocol.vectors import shortest


def read_tables(table: Any) -> Iterator[tuple[Sequence[Any], Any, Sequence[Any]]]:  # noqa: ANN401
    """Yield the ids, vectors and metadata of the batches of what Arrow can read."""
    pa = pyarrow()
    if hasattr(table, "__arrow_c_stream__"):
        reader = pa.RecordBatchReader.from_stream(table)
    else:
        batch = pa.record_batch(table)
        reader = pa.RecordBatchReader.from_batches(batch.schema, [batch])
    check_names(reader.schema.names)
    for batch in reader:
        ids = values(batch.column("id"))
        others = [name for name in batch.schema.names if name not in ("id", "vec", "metadata")]
        columns = [values(batch.column(name)) for name in others]
        metadata: list[Any] = rows(others, columns, len(batch))
        if "metadata" in batch.schema.names:
            found = values(batch.column("metadata"))
            metadata = [*map(merged, ids, metadata, found)]
        yield ids, vectors(batch.column("vec")), metadata


def vectors(column: Any) -> Any:  # noqa: ANN401
    """Return vectors of one length as a matrix; others as a list, one of which will be refused."""
    pa = pyarrow()
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


def values(array: Any) -> list[Any]:  # noqa: ANN401 -- an array of pyarrow's
    """Return the values of an array: structs and maps as dicts without nulls, floats with their shortest decimals."""
    pa = pyarrow()
    kind, is_ = array.type, pa.types
    if isinstance(kind, pa.BaseExtensionType):
        return _extended(kind.extension_name, array.storage)
    if is_.is_dictionary(kind):
        # Not array.dictionary_decode(): pyarrow cannot decode the strings of polars.
        known = values(array.dictionary)
        return [None if at is None else known[at] for at in array.indices.to_pylist()]
    if is_.is_float16(kind) or is_.is_float32(kind):
        return _known(array, shortest(array.to_numpy(zero_copy_only=False)).tolist())
    if is_.is_timestamp(kind):
        return _times(array)
    if is_.is_struct(kind):
        names = [field.name for field in kind]
        columns = map(values, array.flatten())
        return _known(array, rows(names, list(columns), len(array)))
    if is_.is_map(kind):
        pairs = _parts(array.offsets, array.keys, array.items)
        return _known(array, [dict(zip(*pair, strict=True)) for pair in pairs])
    if is_.is_list(kind) or is_.is_large_list(kind):
        return _known(array, [part for (part,) in _parts(array.offsets, array.values)])
    if is_.is_fixed_size_list(kind):
        size, flat, found = kind.list_size, iter(values(array.flatten())), []
        for is_there in array.is_valid().to_pylist():
            found.append([next(flat) for _ in range(size)] if is_there else None)
        return found
    return list(array.to_pylist())


def rows(names: list[str], columns: list[list[Any]], length: int) -> list[dict[str, Any]]:
    """Return columns as rows without nulls: a table has a null where a row lacks a key."""
    if not columns:
        return [{} for _ in range(length)]
    return [
        {name: value for name, value in zip(names, row, strict=True) if value is not None}
        for row in zip(*columns, strict=True)
    ]


def _known(array: Any, found: list[Any]) -> list[Any]:  # noqa: ANN401
    """Return the values with None for nulls."""
    if not array.null_count:
        return found
    valid = array.is_valid().to_pylist()
    return [value if is_there else None for value, is_there in zip(found, valid, strict=True)]


def _parts(offsets: Any, *arrays: Any) -> Iterable[tuple[list[Any], ...]]:  # noqa: ANN401
    """Yield the parts of arrays between offsets, of all arrays together."""
    at = offsets.to_pylist()
    first = at[0] if at else 0
    flat = [values(array.slice(first, (at[-1] if at else 0) - first)) for array in arrays]
    for start, end in itertools.pairwise(at):
        yield tuple(part[start - first : end - first] for part in flat)


def _extended(name: str, storage: Any) -> list[Any]:  # noqa: ANN401
    found = values(storage)
    if name == "arrow.uuid":
        return [None if value is None else str(uuid.UUID(bytes=value)) for value in found]
    if name == "arrow.json":
        return [None if value is None else json.loads(value) for value in found]
    return found


def _times(array: Any) -> list[Any]:  # noqa: ANN401
    """Return times in UTC as datetimes; as texts if they have nanoseconds, or years that datetime does not support."""
    pa = pyarrow()
    zone = array.type.tz and "UTC"
    try:
        found = array.cast(pa.timestamp("us", zone)).to_pylist()
    except (ValueError, OverflowError):
        suffix = "+00:00" if zone else ""
        text = array.cast(pa.timestamp(array.type.unit)).to_numpy(zero_copy_only=False).astype(str)
        found = _known(array, [f"{value}{suffix}" for value in text.tolist()])
    return list(found)
