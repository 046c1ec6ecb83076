"""Rows as Arrow record batches; needs the extra arrow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from vecs_sql import exc
from vecs_sql._protocol.vectors import to_array

if TYPE_CHECKING:
    import pyarrow as pa


def pyarrow() -> Any:  # noqa: ANN401 -- the module
    """Return the module pyarrow.

    Raises:
        exc.MissingDependency: It is not installed.
    """
    try:
        import pyarrow
    except ModuleNotFoundError as error:
        raise exc.MissingDependency(
            "Arrow and Parquet need the extra 'arrow'. Hint: pip install 'vecs-sql[arrow]'"
        ) from error
    return pyarrow


def arrow_schema(dimension: int) -> pa.Schema:
    """Return the schema of `arrow_batch`."""
    pa = pyarrow()
    vectors = pa.list_(pa.float32(), dimension) if dimension > 0 else pa.list_(pa.float32())
    fields = [("id", pa.string()), ("vec", vectors), ("metadata", pa.string())]
    return pa.schema([pa.field(name, type_, nullable=False) for name, type_ in fields])


def arrow_batch(rows: list[tuple[Any, ...]], dimension: int) -> pa.RecordBatch:
    """Return rows of id, vector and metadata as a record batch; the metadata is JSON text."""
    pa = pyarrow()
    schema = arrow_schema(dimension)
    vectors = [to_array(row[1]) for row in rows]
    if dimension > 0:
        flat = np.concatenate(vectors) if vectors else np.empty(0, np.float32)
        arrays = pa.FixedSizeListArray.from_arrays(pa.array(flat), dimension)
    else:
        arrays = pa.array(vectors, schema.field("vec").type)
    ids = pa.array([row[0] for row in rows], pa.string())
    metadata = pa.array([row[2] or "{}" for row in rows], pa.string())
    return pa.record_batch([ids, arrays, metadata], schema=schema)
