"""Metadata: Python values to JSON text and back."""

from __future__ import annotations

import datetime
import decimal
import enum
import json
import re
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from vecs_sql import exc
from vecs_sql._protocol import times
from vecs_sql._protocol.vectors import shortest


def decode(texts: Iterable[str | None]) -> list[Any]:
    """Decode JSON texts in one call of the decoder, whose overhead exceeds the cost of one row's metadata.

    NULL, which a table that was made by hand may contain, becomes an empty object.
    """
    listed = list(texts)
    if None in listed:
        listed = [text or "{}" for text in listed]
    return list(json.loads(f"[{','.join(listed)}]"))  # type: ignore[arg-type]


# A number written by `_Encoder`. A text that begins with NUL, which JSON writes this way, cannot be stored.
_NUMBER = re.compile(r'"\\u0000(-?[0-9][0-9.eE+-]*)"')
# The digits that PostgreSQL's numeric has before and after the decimal point.
_DIGITS = (131_072, 16_383)


class _Encoder:
    """Encodes values that the json module does not know; one object for each call.

    Attributes:
        numbers: The count of numbers written as texts that `_NUMBER` finds, since json cannot write them.
        has_times: Whether one of the values was a time.
    """

    def __init__(self) -> None:
        self.numbers = 0
        self.has_times = False

    def __call__(self, value: Any) -> object:  # noqa: ANN401
        if isinstance(value, np.generic) and value.dtype.kind in "biu":
            return value.item()
        if isinstance(value, (decimal.Decimal, np.longdouble)):
            self.numbers += 1
            return f"\0{_number(value)}"
        if isinstance(value, np.floating):
            return float(str(value))
        if times.is_time(value):
            self.has_times = True
            return times.text(value)
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
    """Whether a value is NaT or pandas.NA."""
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


# The exceptions of the json module.
_NOT_JSON = (TypeError, ValueError, RecursionError)


def _dumps(value: object, *, is_filter: bool = False) -> str:
    encoder = _Encoder()
    text = json.dumps(value, allow_nan=False, default=encoder)
    if is_filter and encoder.has_times:
        assert isinstance(value, Mapping)
        return _dumps(times.instants(value))
    if encoder.numbers:
        text, found = _NUMBER.subn(r"\1", text)
        if found != encoder.numbers:
            raise ValueError(NUL)
    # The server's error would not name the id. A backslash in the text itself is written as two.
    if "\\u0000" in text and "\\u0000" in text.replace("\\\\", ""):
        raise ValueError(NUL)
    if "\\ud" in text:
        try:
            json.dumps(value, default=_Encoder(), ensure_ascii=False).encode()
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
    """Return what PostgreSQL cannot store in a text, as a key of HINTS; None if it can store all of it."""
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
    """Encode a value as JSON text.

    Args:
        value: A JSON value; dates and times become ISO 8601, numpy's scalars and Decimal become numbers, UUIDs texts.
        whose: The subject of the error's message.
        is_filter: Times become instants under operators that compare.
        record: The position of its record, from 1.

    Raises:
        exc.ArgError: JSON cannot represent it; the detail names the place.
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
    """Return what JSON cannot represent, and the keys that lead to it."""
    place = ""
    for _ in range(64):  # a value may contain itself
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
    """Describe what JSON cannot represent, in the words of users rather than of the json module."""
    what = str(error)
    if what.startswith("Out of range float"):
        return _NAN
    if what.startswith("keys must be"):
        return "a key that is no text"
    if what.startswith("Exceeds the limit"):
        return "a number of thousands of digits"
    if isinstance(error, RecursionError) or what.startswith("Circular"):
        return "a value that contains itself or is nested too deeply"
    return what


def to_json_array(
    ids: Sequence[str],
    metadata: Sequence[Mapping[str, Any] | None],
    position: Callable[[int], int] | None = None,
) -> str:
    """Encode the metadata of many rows as one JSON array.

    Args:
        ids: Their ids, for errors.
        metadata: A dict or None for each row.
        position: Returns the position of a row among the caller's records, from 1, given its index here.

    Raises:
        exc.ArgError: JSON cannot represent one of them, or it is not an object; the message names its id.
    """
    if not set(map(type, metadata)) <= {dict, type(None)}:
        for number, (id_, row) in enumerate(zip(ids, metadata, strict=True)):
            check_object(row, id_, position and position(number))
    try:
        return _dumps([row or {} for row in metadata])
    except _NOT_JSON:
        for number, (id_, row) in enumerate(zip(ids, metadata, strict=True)):
            record = position and position(number)
            to_json(row, f'the metadata of id "{id_}"', record=record)
        raise


_KINDS = {"[": "array", '"': "string", "t": "boolean", "f": "boolean"}
# Empty values count as None.
_EMPTY = ("[]", '""', "0", "0.0", "false", "null")


def check_object(row: object, id_: object, record: int | None = None) -> None:
    """Check that the metadata of a row are an object, or empty.

    Raises:
        exc.ArgError: They are something else; the message names the id.
    """
    if row is None or isinstance(row, Mapping):
        return
    whose = f'the metadata of id "{id_}"'
    text = to_json(row, whose, record=record)
    if text.startswith("{") or text in _EMPTY:
        return
    raise exc.ArgError(
        f"{whose} is a JSON {_KINDS.get(text[0], 'number')}, not an object",
        detail=None if record is None else f"It belongs to record {record}.",
        hint='Pass a dict such as {"year": 2012}, not its JSON text; None for none.',
    )
