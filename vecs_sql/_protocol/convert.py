"""Vectors and metadata between Python and PostgreSQL's binary formats.

A vector is sent in binary without naming its type, so that the server takes it as what the function's parameter is, in
whatever schema pgvector lives. The format is pgvector's vector_recv (int16 dimensions, int16
unused, float32 each, big-endian).
"""

from __future__ import annotations

import datetime
import decimal
import enum
import json
import re
import struct
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import psycopg
from psycopg.abc import AdaptContext, Buffer
from psycopg.adapt import AdaptersMap, Dumper, Loader
from psycopg.pq import Format
from psycopg.types.string import StrDumperUnknown

from vecs_sql import exc
from vecs_sql._protocol import times as _times

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


def documents(texts: Iterable[str | None]) -> list[Any]:
    """Decode JSON texts, in one call of the decoder: a call costs more than a row's metadata does.

    NULL, which a table that was made by hand may have as metadata, is an empty object.
    """
    there = list(texts)
    if None in there:
        there = [text or "{}" for text in there]
    return list(json.loads(f"[{','.join(there)}]"))  # type: ignore[arg-type]


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


def to_vector(
    values: object, whose: str, *, finite: bool = True, record: int | None = None
) -> Vector:
    """What a caller passes as a vector (a list, a tuple, an array of anything that casts) as a float32 array.

    Args:
        values: The numbers.
        whose: The subject of the error's message.
        finite: Look whether all are finite; else `check_finite` is to be called where the server refuses them.
        record: The position of the record that it is of, from 1.

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
    """Raise exc.ArgError where a vector has NaN or infinity in it."""
    if not np.isfinite(vector).all():
        raise _bad_vector(whose, "NaN or infinity in it", record)


Values = TypeVar("Values")


def _real(values: Values) -> Values:
    """The values, if they are not an array of complex numbers or times, which numpy would cast."""
    if isinstance(values, np.ndarray):
        if values.dtype.kind in "cmM":
            raise TypeError(f"an array of {values.dtype}")
        if np.ma.is_masked(values):
            raise TypeError("masked numbers in it")
    return values


def _bad_vector(whose: str, detail: str, record: int | None) -> exc.ArgError:
    return exc.ArgError(
        f"{whose} cannot be read",
        detail=detail if record is None else f"{detail}; it is that of record {record}",
        hint="A vector is a one-dimensional list or array of finite numbers.",
    )


def to_matrix(
    ids: Sequence[str],
    vectors: Sequence[object],
    dimension: int,
    place: Callable[[int], int] | None = None,
) -> Vector:
    """Many vectors as one float32 matrix, at the speed of numpy where they are alike.

    Args:
        ids: Their ids.
        vectors: As callers pass them.
        dimension: How many numbers each has.
        place: The position of a row among the caller's records, from 1, by its number here.

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
    for number, (id_, values) in enumerate(zip(ids, vectors, strict=True)):
        record = place and place(number)
        vector = to_vector(values, f'the vector of id "{id_}"', record=record)
        if len(vector) != dimension:
            raise exc.MismatchedDimension(
                f'the vector of id "{id_}" has {len(vector)} dimensions, not {dimension}',
                detail=None if record is None else f"It is that of record {record}.",
                hint="All vectors of a collection have its dimension; use the model that it was made for.",
            )
    return np.stack([to_vector(values, "the vector") for values in vectors])


def shortest(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Floats as those of Python that have their shortest decimals: numpy would make 0.10000000149011612 of 0.1."""
    if array.dtype.kind == "f" and array.dtype.itemsize < 8:
        return array.astype("U32").astype(np.float64)
    return array


# A number written by `_Writer`. No text that can be stored begins with a NUL, which JSON writes so.
_NUMBER = re.compile(r'"\\u0000(-?[0-9][0-9.eE+-]*)"')
# PostgreSQL's numeric has so many digits before the point, and after it.
_DIGITS = (131_072, 16_383)


class _Writer:
    """Says what JSON has for values that it does not know.

    Attributes:
        numbers: How many numbers were written as texts that `_NUMBER` finds, since the encoder has only its own.
        times: Whether one of the values was a time.
    """

    def __init__(self) -> None:
        self.numbers = 0
        self.times = False

    def __call__(self, value: Any) -> object:  # noqa: ANN401
        if isinstance(value, np.generic) and value.dtype.kind in "biu":
            return value.item()
        if isinstance(value, (decimal.Decimal, np.longdouble)):
            self.numbers += 1
            return f"\0{_number(value)}"
        if isinstance(value, np.floating):
            return float(str(value))
        if _times.is_time(value):
            self.times = True
            return _times.text(value)
        if isinstance(value, datetime.time):
            return value.isoformat()
        if isinstance(value, uuid.UUID):
            return str(value)
        if isinstance(value, enum.Enum):
            return value.value
        if isinstance(value, Mapping):
            return dict(value)
        if hasattr(value, "__array__") and not isinstance(value, np.generic):
            array = np.asanyarray(value)
            if array.ndim == 0:
                return array[()]
            return shortest(array).tolist() if array.dtype.kind in "biufU" else list(array)
        if isinstance(value, (bytes, bytearray, memoryview)):
            raise TypeError(_BYTES)
        if _is_missing(value):
            raise TypeError(_MISSING)
        if isinstance(value, (datetime.timedelta, np.timedelta64)):
            raise TypeError(_SPAN)
        raise TypeError(f"a value of type {type(value).__name__}")


def _is_missing(value: object) -> bool:
    """Whether it is NaT, or NA of pandas."""
    if isinstance(value, (np.datetime64, np.timedelta64)):
        return bool(np.isnat(value))
    return type(value).__name__ in ("NaTType", "NAType")


def _number(value: decimal.Decimal | np.longdouble) -> str:
    number = decimal.Decimal(str(value))
    if not number.is_finite():
        raise ValueError(_NAN)
    exponent = number.as_tuple().exponent
    if number.adjusted() >= _DIGITS[0] or -int(exponent) > _DIGITS[1]:
        raise ValueError("a number of more digits than PostgreSQL can store")
    return str(number)


# What the encoder raises.
_NOT_JSON = (TypeError, ValueError, RecursionError)


def _dumps(value: object, *, is_filter: bool = False) -> str:
    writer = _Writer()
    text = json.dumps(value, allow_nan=False, default=writer)
    if is_filter and writer.times:
        assert isinstance(value, Mapping)
        return _dumps(_times.instants(value))
    if writer.numbers:
        text, found = _NUMBER.subn(r"\1", text)
        if found != writer.numbers:
            raise ValueError(NUL)
    # The server would say so without the id. A backslash of the text's own is written as two.
    if "\\u0000" in text and "\\u0000" in text.replace("\\\\", ""):
        raise ValueError(NUL)
    if "\\ud" in text:
        try:
            json.dumps(value, default=_Writer(), ensure_ascii=False).encode()
        except UnicodeEncodeError as error:
            raise ValueError(HALF) from error
    return text


NUL = "the character \\u0000"
HALF = "half of a surrogate pair"
_NAN = "NaN or infinity"
_MISSING = "a missing value, NaT or NA"
_BYTES = "bytes"
_SPAN = "a span of time"
_HINT = (
    "Use texts, finite numbers, booleans, None, dates, lists and dicts with keys that are texts."
)
HINTS = {
    NUL: r'PostgreSQL cannot store that character in a text: pass text.replace("\0", "").',
    HALF: "A text was cut within a character, or read with errors='surrogateescape': pass "
    "text.encode('utf-16', 'surrogatepass').decode('utf-16', 'replace').",
    _NAN: "JSON has neither: use None, or leave the key out.",
    _MISSING: "JSON has none: use None, or leave the key out.",
    _BYTES: "JSON has texts: pass value.decode(), or base64.b64encode(value).decode().",
    _SPAN: "Pass its seconds: value.total_seconds().",
}


def unstorable(text: str) -> str | None:
    """Find what PostgreSQL cannot store of a text, as a key of HINTS; None for nothing."""
    if "\0" in text:
        return NUL
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            return HALF
    return None


def to_json(
    value: object, whose: str, *, is_filter: bool = False, record: int | None = None
) -> str:
    """JSON text.

    Args:
        value: What JSON holds; dates and times become ISO 8601, numpy's scalars and Decimal numbers, UUIDs texts.
        whose: The subject of the error's message.
        is_filter: Its times are instants where the filter's operators compare.
        record: The position of the record that it is of, from 1.

    Raises:
        exc.ArgError: JSON cannot hold it; the message says whose it is, the detail where in it.
    """
    try:
        return _dumps(value, is_filter=is_filter)
    except _NOT_JSON as error:
        what, place = _fault(value, error)
        subject = "It" if record is None else f"Record {record}"
        hint = HINTS.get(what, _HINT)
        if what == _NAN and record is not None:
            hint += " `vecs-sql load --nan null` does."
        raise exc.ArgError(
            f"{whose} cannot be written as JSON",
            detail=f"{subject} has {what}{place and f', at {place}'}.",
            hint=hint,
        ) from error


def _fault(value: object, error: Exception) -> tuple[str, str]:
    """Find what JSON cannot hold, and the keys that lead to it."""
    place = ""
    for _ in range(64):  # a value may hold itself
        parts: Iterable[tuple[object, object]] = ()
        if isinstance(value, Mapping):
            parts = value.items()
        elif isinstance(value, (list, tuple)):
            parts = enumerate(value)
        for key, part in parts:
            try:
                _dumps({key: part} if isinstance(value, Mapping) else part)
            except _NOT_JSON as why:
                place, value, error = f"{place}[{key!r}]", part, why
                break
        else:
            break
    return _what(error), place


def _what(error: Exception) -> str:
    """Say what JSON cannot hold of a record, in other words than the encoder's own."""
    what = str(error)
    if what.startswith("Out of range float"):
        return _NAN
    if what.startswith("keys must be"):
        return "a key that is no text"
    if what.startswith("Exceeds the limit"):
        return "a number of thousands of digits"
    if isinstance(error, RecursionError) or what.startswith("Circular"):
        return "a value that holds itself, or lies too deep"
    return what


def to_json_array(
    ids: Sequence[str],
    metadata: Sequence[Mapping[str, Any] | None],
    place: Callable[[int], int] | None = None,
) -> str:
    """The metadata of many rows as one JSON array.

    Args:
        ids: Their ids.
        metadata: A dict a row, or None.
        place: The position of a row among the caller's records, from 1, by its number here.

    Raises:
        exc.ArgError: JSON cannot hold one of them, or it is no object; the message names its id.
    """
    if not set(map(type, metadata)) <= {dict, type(None)}:
        for number, (id_, row) in enumerate(zip(ids, metadata, strict=True)):
            _check_object(row, id_, place and place(number))
    try:
        return _dumps([row or {} for row in metadata])
    except _NOT_JSON:
        for number, (id_, row) in enumerate(zip(ids, metadata, strict=True)):
            record = place and place(number)
            to_json(row, f'the metadata of id "{id_}"', record=record)
        raise


_KINDS = {"[": "array", '"': "string", "t": "boolean", "f": "boolean"}
# What is empty counts as None.
_NOTHING = ("[]", '""', "0", "0.0", "false", "null")


def _check_object(row: object, id_: str, record: int | None) -> None:
    if row is None or isinstance(row, Mapping):
        return
    whose = f'the metadata of id "{id_}"'
    text = to_json(row, whose, record=record)
    if text.startswith("{") or text in _NOTHING:
        return
    raise exc.ArgError(
        f"{whose} is a JSON {_KINDS.get(text[0], 'number')}, not an object",
        detail=None if record is None else f"It is that of record {record}.",
        hint='Pass a dict such as {"year": 2012}, not its JSON text; None for none.',
    )
