"""Columns: (ids, matrix) or (ids, matrix, metadata)."""

from __future__ import annotations

import functools
import itertools
import operator
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from typing import Any

import numpy as np

from vecs_sql import exc
from vecs_sql._ingest.batch import Batch, checked_ids
from vecs_sql._protocol.arguments import type_with_article


def are_columns(records: object) -> bool:
    """Whether records are (ids, matrix) or (ids, matrix, metadata); a tuple of records has no two-dimensional array."""
    return (
        isinstance(records, tuple)
        and len(records) in (2, 3)
        and isinstance(records[1], np.ndarray)
        and records[1].ndim == 2
    )


def read_columns(
    ids: Sequence[Any],
    matrix: Any,  # noqa: ANN401
    metadata: Sequence[Any] | None = None,
) -> tuple[Sequence[Any], Any, Sequence[Any]]:
    """Check columns, and return ids and metadata as sequences.

    Raises:
        exc.ArgError: They differ in length, or one is not a column.
    """
    if np.ma.is_masked(matrix):
        raise exc.ArgError(
            "the matrix has masked numbers",
            hint="Fill in the missing numbers, or leave the rows out.",
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
    """Return a column as a sequence of Python values, indexed by position, which a pandas Series is not."""
    if isinstance(values, (list, tuple)):
        return values
    for method in ("tolist", "to_list"):
        if hasattr(values, method):
            found: list[Any] = getattr(values, method)()
            return found
    if isinstance(values, (str, Mapping, Set)) or not isinstance(values, Iterable):
        raise exc.ArgError(
            f"{type_with_article(values)} is not a column",
            hint="Columns are (ids, matrix) or (ids, matrix, metadata): two lists beside a two-dimensional array.",
        )
    return list(values)


def column_batches(
    ids: Sequence[Any],
    vectors: Any,  # noqa: ANN401
    metadata: Sequence[Any],
    size: int,
    before: int = 0,
) -> Iterator[Batch]:
    """Yield batches of columns.

    Args:
        ids: The ids.
        vectors: A matrix, or a sequence of vectors.
        metadata: A mapping or None for each row.
        size: The number of rows in a batch.
        before: The number of records that precede them.
    """
    ids = checked_ids(ids, functools.partial(operator.add, before + 1))
    if len(ids) > size and any(map(operator.gt, ids, itertools.islice(ids, 1, None))):
        order = sorted(range(len(ids)), key=ids.__getitem__)
        for start in range(0, len(order), size):
            part = order[start : start + size]
            pick = operator.itemgetter(
                *part, part[0]
            )  # one more: of a single index it would not return a tuple
            some = vectors[part] if isinstance(vectors, np.ndarray) else pick(vectors)[:-1]
            position = functools.partial(_in_order, part, before)
            yield Batch(pick(ids)[:-1], some, pick(metadata)[:-1], len(part), position)
        return
    for start in range(0, len(ids), size):
        end = min(start + size, len(ids))
        position = functools.partial(operator.add, before + start + 1)
        yield Batch(ids[start:end], vectors[start:end], metadata[start:end], end - start, position)


def _in_order(part: list[int], before: int, number: int) -> int:
    return before + part[number] + 1
