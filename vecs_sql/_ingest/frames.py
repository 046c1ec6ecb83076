"""Data frames of pandas."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from vecs_sql._ingest import arrow
from vecs_sql._ingest.metadata import check_names, merged
from vecs_sql._protocol.vectors import shortest


def read_frame(frame: Any) -> tuple[Sequence[Any], Any, Sequence[Any]]:  # noqa: ANN401
    """Return the ids, vectors and metadata of a data frame."""
    check_names(list(frame.columns))
    ids = frame["id"].tolist()
    others = frame.drop(columns=["id", "vec", "metadata"], errors="ignore")
    columns = [_series(others[name]) for name in others.columns]
    metadata: list[Any] = arrow.rows([*map(str, others.columns)], columns, len(frame))
    if "metadata" in frame.columns:
        metadata = [*map(merged, ids, metadata, _series(frame["metadata"]))]
    return ids, frame["vec"].tolist(), metadata


def _series(series: Any) -> list[Any]:  # noqa: ANN401
    """Return the values of a column, None for those that are missing."""
    if hasattr(series.dtype, "categories"):
        series = series.astype(series.dtype.categories.dtype)
    if hasattr(series.dtype, "pyarrow_dtype"):
        found = series.array.__arrow_array__()
        chunks = found.chunks if hasattr(found, "chunks") else [found]
        return [value for chunk in chunks for value in arrow.values(chunk)]
    values = series.astype(object)
    if series.dtype.kind == "f" and series.dtype.itemsize < 8:
        values = shortest(series.to_numpy(f"f{series.dtype.itemsize}", na_value=np.nan)).astype(
            object
        )
    present = series.notna()
    return [value if is_there else None for value, is_there in zip(values, present, strict=True)]
