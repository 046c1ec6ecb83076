"""Vectors: what callers pass as one, and what the server returns."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from vecs_sql import exc

try:
    from pgvector import Bit, HalfVector, SparseVector
    from pgvector import Vector as DenseVector
except ImportError:  # before 0.4
    from pgvector.utils import Bit, HalfVector, SparseVector  # type: ignore[no-redef]
    from pgvector.utils import Vector as DenseVector  # type: ignore[no-redef]

if TYPE_CHECKING:
    import numpy.typing as npt

Vector: TypeAlias = "npt.NDArray[np.float32]"

# The most that pgvector takes; its error does not say which row it was.
MAX_DIMENSIONS = 16_000


def to_array(value: Any) -> Vector:  # noqa: ANN401 -- whatever loader the caller's connection has for vectors
    """Return a vector of a result as a float32 array."""
    if isinstance(value, bytes):
        return np.frombuffer(value, dtype=">f4", offset=4).astype(np.float32)
    if hasattr(value, "to_numpy"):
        value = value.to_numpy()
    elif isinstance(value, str):
        value = json.loads(value)
    return np.asarray(value, dtype=np.float32)


def to_vector(
    values: object, whose: str, *, finite: bool = True, record: int | None = None
) -> Vector:
    """Return a caller's vector as a float32 array.

    Args:
        values: A list, a tuple, an array of anything that casts to float32, or a Vector or HalfVector of pgvector.
        whose: The subject of the error's message.
        finite: Check that all numbers are finite; if not, call `check_finite` when the server has refused them.
        record: The position of its record, from 1.

    Raises:
        exc.ArgError: It is not a sequence of finite numbers.
    """
    if (
        type(values) is np.ndarray
        and values.dtype == np.float32
        and values.ndim == 1
        and values.size
    ):
        vector: Vector = values  # the most common case, on the path of every search
    else:
        if values is None or isinstance(values, (str, bytes, dict, set)):
            raise _bad_vector(whose, f"a {type(values).__name__}", record)
        try:
            with np.errstate(over="ignore", invalid="ignore"):
                vector = np.asarray(_real(values), dtype=np.float32)
        except (TypeError, ValueError) as error:
            raise _bad_vector(whose, str(error), record) from error
        if vector.ndim != 1 or vector.size == 0:
            raise _bad_vector(whose, f"an array of shape {vector.shape}", record)
    if finite:
        check_finite(vector, whose, record)
    return vector


def check_finite(vector: Vector, whose: str, record: int | None = None) -> None:
    """Raise exc.ArgError if a vector contains NaN or infinity."""
    if not np.isfinite(vector).all():
        raise _bad_vector(whose, "NaN or infinity in it", record)


def _real(values: Any) -> Any:  # noqa: ANN401
    """Return what numpy can read, and refuse what it would cast wrongly: complex numbers, times, masked arrays."""
    if isinstance(values, (DenseVector, HalfVector)):
        return values.to_numpy()
    if isinstance(values, (SparseVector, Bit)):
        raise TypeError(
            f"a {type(values).__name__} of pgvector, while collections hold dense vectors"
        )
    if isinstance(values, np.ndarray):
        if values.dtype.kind in "cmM":
            raise TypeError(f"an array of {values.dtype}")
        if np.ma.is_masked(values):
            raise TypeError("masked numbers in it")
    return values


def _bad_vector(whose: str, detail: str, record: int | None) -> exc.ArgError:
    return exc.ArgError(
        f"{whose} cannot be read",
        detail=detail if record is None else f"{detail}; record {record}",
        hint="A vector is a one-dimensional list or array of finite numbers.",
    )


def to_matrix(
    ids: Sequence[str],
    vectors: Sequence[object],
    dimension: int,
    position: Callable[[int], int] | None = None,
) -> Vector:
    """Return callers' vectors as one float32 matrix.

    Args:
        ids: Their ids, for errors.
        vectors: As callers pass them; fast if they are of one type.
        dimension: The length of each.
        position: Returns the position of a row among the caller's records, from 1, given its index here.

    Raises:
        exc.ArgError: One of them is not a vector; the message names its id.
        exc.MismatchedDimension: One has another length; the message names its id.
    """
    try:
        with np.errstate(over="ignore", invalid="ignore"):
            types = set(map(type, vectors))
            if np.ma.MaskedArray in types:
                raise TypeError
            if types <= {list, tuple}:
                # A third of the time that numpy takes to find the type of each number.
                pack = struct.Struct(f"{dimension}f").pack
                packed = b"".join([pack(*values) for values in vectors])  # type: ignore[misc]
                matrix = np.frombuffer(packed, np.float32).reshape(len(vectors), dimension)
            elif isinstance(vectors[0], np.ndarray):
                matrix = _real(np.array(vectors)).astype(np.float32, copy=False)
            else:
                matrix = np.array(list(map(_real, vectors)), dtype=np.float32)
        if matrix.ndim == 2 and 0 < matrix.shape[1] <= MAX_DIMENSIONS and np.isfinite(matrix).all():
            return matrix
    except (TypeError, ValueError, OverflowError, struct.error):
        pass
    # One of them is at fault: find out which.
    for number, (id_, values) in enumerate(zip(ids, vectors, strict=True)):
        record = position and position(number)
        vector = to_vector(values, f'the vector of id "{id_}"', record=record)
        if len(vector) != dimension:
            raise exc.MismatchedDimension(
                f'the vector of id "{id_}" has {len(vector)} dimensions, not {dimension}',
                detail=None if record is None else f"It belongs to record {record}.",
                hint="All vectors of a collection have its dimension: use the model that it was created for.",
            )
    return np.stack([to_vector(values, "the vector") for values in vectors])


def shortest(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return float16 and float32 values as the floats with the same shortest decimals: 0.1, not 0.10000000149011612."""
    if array.dtype.kind == "f" and array.dtype.itemsize < 8:
        return array.astype("U32").astype(np.float64)
    return array
