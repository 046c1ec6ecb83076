"""The values of Arrow's arrays, as JSON has them or as `_convert` makes them."""

from __future__ import annotations

import itertools
import json
import uuid
from collections.abc import Iterable
from typing import Any

from vecs_sql._protocol import convert as _convert


def values(array: Any) -> list[Any]:  # noqa: ANN401 -- an array of pyarrow's
    """The values of an array: structs and maps as dicts without what is null, floats by their shortest decimals."""
    pa = _convert.pyarrow()
    kind, is_ = array.type, pa.types
    if isinstance(kind, pa.BaseExtensionType):
        return _extended(kind.extension_name, array.storage)
    if is_.is_dictionary(kind):
        known = values(
            array.dictionary
        )  # polars' are of strings that Arrow cannot decode by itself
        return [None if at is None else known[at] for at in array.indices.to_pylist()]
    if is_.is_float16(kind) or is_.is_float32(kind):
        return _known(array, _convert.shortest(array.to_numpy(zero_copy_only=False)).tolist())
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
    """The rows of columns, each without what is null: a table has a null for each key that is not there."""
    if not columns:
        return [{} for _ in range(length)]
    return [
        {name: value for name, value in zip(names, row, strict=True) if value is not None}
        for row in zip(*columns, strict=True)
    ]


def _known(array: Any, found: list[Any]) -> list[Any]:  # noqa: ANN401
    """Return what was found, with None for what is null."""
    if not array.null_count:
        return found
    valid = array.is_valid().to_pylist()
    return [value if is_there else None for value, is_there in zip(found, valid, strict=True)]


def _parts(offsets: Any, *arrays: Any) -> Iterable[tuple[list[Any], ...]]:  # noqa: ANN401
    """Yield the parts of arrays between offsets, those of all arrays at once."""
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
    """Times in UTC, as those of Python; as text where they have nanoseconds, or years, that those have not."""
    pa = _convert.pyarrow()
    zone = array.type.tz and "UTC"
    try:
        found = array.cast(pa.timestamp("us", zone)).to_pylist()
    except (ValueError, OverflowError):
        suffix = "+00:00" if zone else ""
        text = array.cast(pa.timestamp(array.type.unit)).to_numpy(zero_copy_only=False).astype(str)
        found = _known(array, [f"{value}{suffix}" for value in text.tolist()])
    return list(found)
