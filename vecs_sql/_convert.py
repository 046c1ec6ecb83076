"""Vectors and metadata between Python and PostgreSQL's binary formats.

A vector is sent in binary without naming its type, so that the server takes it as what the function's parameter is, in
whatever schema pgvector lives. The format is pgvector's vector_recv (int16 dimensions, int16
unused, float32 each, big-endian).
"""

from __future__ import annotations

import datetime
import json
import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import psycopg
from psycopg.abc import AdaptContext, Buffer
from psycopg.adapt import AdaptersMap, Dumper, Loader
from psycopg.pq import Format
from psycopg.types.string import StrDumperUnknown

from vecs_sql import exc

Vector = npt.NDArray[np.float32]

# pgvector takes no longer ones, and does not say whose it was.
LONGEST = 16_000


class VectorParameter:
    """One vector, to be sent in binary."""

    __slots__ = ("values",)

    def __init__(self, values: Vector) -> None:
        self.values = values


class VectorsParameter:
    """A matrix, to be sent as an array of vectors in binary; oid is that of the type vector in the database."""

    __slots__ = ("matrix", "oid")

    def __init__(self, matrix: Vector, oid: int) -> None:
        self.matrix = matrix
        self.oid = oid


class IdsParameter:
    """Ids, at least one, to be sent as an array of text in binary: a fifth of the time of psycopg's own lists."""

    __slots__ = ("ids",)

    def __init__(self, ids: Sequence[str]) -> None:
        self.ids = ids


class _VectorDumper(Dumper):
    format = Format.BINARY

    def dump(self, obj: VectorParameter) -> Buffer:
        return struct.pack(">HH", len(obj.values), 0) + obj.values.astype(">f4").tobytes()


class _VectorsDumper(Dumper):
    format = Format.BINARY

    def dump(self, obj: VectorsParameter) -> Buffer:
        rows, dimension = obj.matrix.shape
        header = _array_header(obj.oid, rows)
        # Filled in place: a megabyte and more is not copied again.
        buffer = bytearray(len(header) + rows * (8 + 4 * dimension))
        buffer[: len(header)] = header
        elements = np.frombuffer(
            buffer,
            dtype=[
                ("length", ">i4"),
                ("dimension", ">u2"),
                ("unused", ">u2"),
                ("values", ">f4", (dimension,)),
            ],
            offset=len(header),
        )
        elements["length"] = 4 + 4 * dimension
        elements["dimension"] = dimension
        elements["values"] = obj.matrix
        return buffer


class _IdsDumper(Dumper):
    format = Format.BINARY
    oid = psycopg.adapters.types["text"].array_oid

    def dump(self, obj: IdsParameter) -> Buffer:
        encoding = self.connection.info.encoding if self.connection else "utf-8"
        encoded = [id_.encode(encoding) for id_ in obj.ids]
        parts = [_array_header(psycopg.adapters.types["text"].oid, len(encoded))]
        for id_ in encoded:
            parts += (len(id_).to_bytes(4, "big"), id_)
        return b"".join(parts)


def _array_header(oid: int, length: int) -> bytes:
    """What comes before the elements in array_recv: dimensions, null flag, element oid, length, lower bound."""
    return struct.pack(">iiIii", 1, 0, oid, length, 1)


class _JsonLoader(Loader):
    """The text of a jsonb value. Decoding is left to `documents`, which does that of many rows at once."""

    format = Format.BINARY

    def __init__(self, oid: int, context: AdaptContext | None = None) -> None:
        super().__init__(oid, context)
        self._encoding = self.connection.info.encoding if self.connection else "utf-8"

    def load(self, data: Buffer) -> str:
        return str(data, self._encoding)[1:]  # after the version number


def documents(texts: Iterable[str]) -> list[Any]:
    """What JSON texts hold: in one call of the decoder, of which each costs more than a row's metadata does."""
    return list(json.loads(f"[{','.join(texts)}]"))


def register(adapters: AdaptersMap) -> None:
    """Teach a cursor to send our parameters, and to leave jsonb for `documents`."""
    adapters.register_dumper(VectorParameter, _VectorDumper)
    adapters.register_dumper(VectorsParameter, _VectorsDumper)
    adapters.register_dumper(IdsParameter, _IdsDumper)
    # Without a type, as psycopg has it unless the caller's connection is set up otherwise: the parameter gives it.
    adapters.register_dumper(str, StrDumperUnknown)
    adapters.register_loader("jsonb", _JsonLoader)


def pyarrow() -> Any:  # noqa: ANN401 -- the module
    """The library pyarrow.

    Raises:
        exc.MissingDependency: It is not installed.
    """
    try:
        import pyarrow
    except ModuleNotFoundError as error:
        raise exc.MissingDependency(
            "Arrow tables need the extra 'arrow'. Hint: pip install 'vecs-sql[arrow]'"
        ) from error
    return pyarrow


def from_database(value: Any) -> Vector:  # noqa: ANN401 -- whatever loader the caller's connection has for vectors
    """A vector of a result as a one-dimensional float32 array."""
    if isinstance(value, bytes):
        return np.frombuffer(value, dtype=">f4", offset=4).astype(np.float32)
    if hasattr(value, "to_numpy"):
        value = value.to_numpy()
    elif isinstance(value, str):
        value = json.loads(value)
    return np.asarray(value, dtype=np.float32)


def to_vector(values: object, whose: str, *, finite: bool = True) -> Vector:
    """What a caller passes as a vector (a list, a tuple, an array of anything that casts) as a float32 array.

    Args:
        values: The numbers.
        whose: The subject of the error's message.
        finite: Look whether all are finite; else `check_finite` is to be called where the server refuses them.

    Raises:
        exc.ArgError: It is not a sequence of finite numbers.
    """
    if (
        type(values) is np.ndarray
        and values.dtype == np.float32
        and values.ndim == 1
        and values.size
    ):
        vector: Vector = values  # the commonest case, on the path of every search
    else:
        if values is None or isinstance(values, (str, bytes, dict, set)):
            raise _bad_vector(whose, f"a {type(values).__name__}")
        try:
            with np.errstate(over="ignore", invalid="ignore"):
                vector = np.asarray(_real(values), dtype=np.float32)
        except (TypeError, ValueError) as error:
            raise _bad_vector(whose, str(error)) from error
        if vector.ndim != 1 or vector.size == 0:
            raise _bad_vector(whose, f"an array of shape {vector.shape}")
    if finite:
        check_finite(vector, whose)
    return vector


def check_finite(vector: Vector, whose: str) -> None:
    """Raise exc.ArgError where a vector has NaN or infinity in it."""
    if not np.isfinite(vector).all():
        raise _bad_vector(whose, "NaN or infinity in it")


Values = TypeVar("Values")


def _real(values: Values) -> Values:
    """The values, if they are not an array of complex numbers or times, which numpy would cast."""
    if isinstance(values, np.ndarray):
        if values.dtype.kind in "cmM":
            raise TypeError(f"an array of {values.dtype}")
        if np.ma.is_masked(values):
            raise TypeError("masked numbers in it")
    return values


def _bad_vector(whose: str, detail: str) -> exc.ArgError:
    return exc.ArgError(
        f"{whose} can not be read",
        detail=detail,
        hint="A vector is a one-dimensional list or array of finite numbers.",
    )


def to_matrix(ids: Sequence[str], vectors: Sequence[object], dimension: int) -> Vector:
    """Many vectors as one float32 matrix, at the speed of numpy where they are alike.

    Raises:
        exc.ArgError: One of them is not a vector; the message names its id.
        exc.MismatchedDimension: They differ in length; the message names the first id that has not `dimension`.
    """
    try:
        with np.errstate(over="ignore", invalid="ignore"):
            types = set(map(type, vectors))
            if np.ma.MaskedArray in types:
                raise TypeError
            if types <= {list, tuple}:
                # A third of numpy's time, which asks each number what it is.
                pack = struct.Struct(f"{dimension}f").pack
                packed = b"".join([pack(*values) for values in vectors])  # type: ignore[misc]
                matrix = np.frombuffer(packed, np.float32).reshape(len(vectors), dimension)
            elif isinstance(vectors[0], np.ndarray):
                matrix = _real(np.array(vectors)).astype(np.float32, copy=False)
            else:
                matrix = np.array(list(map(_real, vectors)), dtype=np.float32)
        if matrix.ndim == 2 and 0 < matrix.shape[1] <= LONGEST and np.isfinite(matrix).all():
            return matrix
    except (TypeError, ValueError, OverflowError, struct.error):
        pass
    # Something is wrong with one of them: find out which.
    for id_, values in zip(ids, vectors, strict=True):
        vector = to_vector(values, f'the vector of id "{id_}"')
        if len(vector) != dimension:
            raise exc.MismatchedDimension(
                f'the vector of id "{id_}" has {len(vector)} dimensions, not {dimension}',
                hint="All vectors of a collection have its dimension; use the model that it was made for.",
            )
    return np.stack([to_vector(values, "the vector") for values in vectors])


def _plain(value: object) -> object:
    """What JSON has for values that it does not know: numpy's scalars are numbers, dates and times ISO 8601."""
    if isinstance(value, np.datetime64) and not np.isnat(value):
        found = value.item()
        # Python has neither nanoseconds nor the year 10000, for which numpy gives a number.
        return str(np.datetime_as_string(value)) if isinstance(found, int) else found
    if isinstance(value, np.generic) and not isinstance(value, (np.datetime64, np.timedelta64)):
        return value.item()
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, (datetime.date, datetime.time)) and value == value:  # pandas' NaT does not
        return value.isoformat()
    raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")


# What the encoder raises.
_NOT_JSON = (TypeError, ValueError, RecursionError)


def _dumps(value: object) -> str:
    text = json.dumps(value, allow_nan=False, default=_plain)
    # The server would say so without the id. A backslash of the text's own is written as two.
    if "\\u0000" in text and "\\u0000" in text.replace("\\\\", ""):
        raise ValueError("PostgreSQL can not store the character \\u0000")
    if "\\ud" in text:
        json.dumps(value, default=_plain, ensure_ascii=False).encode()  # a half of a surrogate pair
    return text


def to_json(value: object, whose: str) -> str:
    """JSON text.

    Raises:
        exc.ArgError: JSON can not hold it; the message says whose it is, the detail where in it.
    """
    try:
        return _dumps(value)
    except _NOT_JSON as error:
        place = "".join(_place(value))
        raise exc.ArgError(
            f"{whose} can not be written as JSON",
            detail=f"{error}, at {place}" if place else str(error),
            hint="Use strings, finite numbers, booleans, None, dates, lists and dicts with string keys.",
        ) from error


def _place(value: object, depth: int = 0) -> Iterator[str]:
    """Yield the keys that lead to what JSON can not hold."""
    if depth > 64:  # a value that holds itself
        return
    parts: Iterable[tuple[object, object]] = ()
    if isinstance(value, Mapping):
        parts = value.items()
    elif isinstance(value, (list, tuple)):
        parts = enumerate(value)
    for key, part in parts:
        try:
            _dumps({key: part} if isinstance(value, Mapping) else part)
        except _NOT_JSON:
            yield f"[{key!r}]"
            yield from _place(part, depth + 1)
            return


def to_json_array(ids: Sequence[str], metadata: Sequence[Mapping[str, Any] | None]) -> str:
    """The metadata of many rows as one JSON array.

    Raises:
        exc.ArgError: JSON can not hold one of them; the message names its id.
    """
    try:
        return _dumps([row or {} for row in metadata])
    except _NOT_JSON:
        for id_, row in zip(ids, metadata, strict=True):
            to_json(row, f'the metadata of id "{id_}"')
        raise
