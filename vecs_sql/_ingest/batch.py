"""Batches of rows, as columns."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from vecs_sql import exc
from vecs_sql._protocol.arguments import row_id
from vecs_sql._protocol.metadata import HINTS, unstorable

# Returns the position of a row among the caller's records, from 1, given its index in a batch.
Position = Callable[[int], int]


class Batch(NamedTuple):
    """Rows to write.

    Attributes:
        ids: The ids.
        vectors: A matrix, or a sequence of vectors.
        metadata: A mapping or None for each row.
        read: The number of the caller's records that were read for it.
        position: Where its rows come from; None if an adapter has made them.
    """

    ids: Sequence[str]
    vectors: Any
    metadata: Sequence[Mapping[str, Any] | None]
    read: int
    position: Position | None = None


def checked_ids(ids: Sequence[Any], position: Position | None = None) -> Sequence[str]:
    """Return ids as texts.

    Raises:
        exc.ArgError: One of them is not an id, or cannot be stored.
    """
    ids = ids if set(map(type, ids)) == {str} else [*map(row_id, ids)]
    if unstorable("".join(ids)) is not None:
        faults = enumerate(map(unstorable, ids))
        number, what = next((number, what) for number, what in faults if what is not None)
        record = f" and belongs to record {position(number)}" if position else ""
        raise exc.ArgError(
            f"the id {ids[number]!r} cannot be stored",
            detail=f"It has {what}{record}.",
            hint=HINTS[what],
        )
    return ids


# The entry of a btree has at most 2,704 bytes, after compression.
_LONG_BYTES = 2600


def long_ids(batch: Batch) -> dict[str, int | None]:
    """Return the ids of a batch that may be too long for the primary key, with the positions of their records."""
    if 4 * max(map(len, batch.ids)) <= _LONG_BYTES:
        return {}
    return {
        id_: batch.position and batch.position(number)
        for number, id_ in enumerate(batch.ids)
        if len(id_.encode()) > _LONG_BYTES
    }


def too_long(error: exc.ArgError, ids: Mapping[str, int | None]) -> exc.ArgError | None:
    """Return the error of an id that is too long with the position of the caller's record instead of the row of a call.

    None for another error.
    """
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
        detail=f"{error.detail}; record {record}" if is_known else error.detail,
        hint=error.hint,
    )


def rows_per_call(dimension: int) -> int:
    """Return the number of rows in about 1 MB, which was the fastest size of a call when measured."""
    return max(50, min(1000, 1_000_000 // (4 * max(dimension, 1) + 100)))
