"""Dates and times: as texts in metadata, and as instants in filters, {"$time": "..."}.

A datetime is an instant. A date is a whole day in UTC; as a bound of a range it is the beginning or the end of the day.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any

import numpy as np

_JOINED = ("$and", "$or", "$nor")
_COMPARED = ("$eq", "$ne", "$gt", "$gte", "$lt", "$lte")


def is_time(value: object) -> bool:
    """Whether a value is a date or datetime of Python, pandas or numpy, other than NaT, which equals nothing."""
    return isinstance(value, (datetime.date, np.datetime64)) and bool(value == value)


def text(value: Any) -> str:  # noqa: ANN401 -- a time
    """Format a time in ISO 8601, in UTC if it has a time zone, so that the texts sort like the times."""
    if isinstance(value, np.datetime64):
        found = value.item()
        if isinstance(found, int):  # Python has neither nanoseconds nor the year 10000
            return str(np.datetime_as_string(value))
        value = found
    if isinstance(value, datetime.datetime) and value.tzinfo is not None:
        try:
            value = value.astimezone(datetime.timezone.utc)
        except OverflowError as error:
            raise ValueError(f"the time {value}, which is out of range in UTC") from error
    return str(value.isoformat())


def instants(filters: Mapping[str, Any]) -> dict[str, Any]:
    """Return a filter with instants instead of times under operators that compare; other times become texts."""
    found: dict[str, Any] = {}
    more: list[Any] = []
    for key, value in filters.items():
        if key in _JOINED and isinstance(value, (list, tuple)):
            found[key] = [instants(part) if isinstance(part, Mapping) else part for part in value]
        elif key == "$not" and isinstance(value, Mapping):
            found[key] = instants(value)
        else:
            found[key], beside = _under((key,), value)
            more += beside
            if beside and not found[key]:
                del found[key]
    joined = found.get("$and", [])
    if more and isinstance(joined, (list, tuple, np.ndarray)):  # else the server says what is wrong
        found["$and"] = [*joined, *more]
    return found


def _under(path: tuple[str, ...], value: Any) -> tuple[Any, list[Any]]:  # noqa: ANN401
    """Rewrite the value under a path of keys, and return it with further filters to add to the conjunction."""
    if is_time(value):
        value = {"$eq": value}
    if not isinstance(value, Mapping):
        return value, []
    kept: dict[str, Any] = {}
    more: list[Any] = []
    for key, operand in value.items():
        if key == "$not":
            inner, beside = _under(path, operand)
            if beside:
                inside = [_nested(path, inner)] if inner else []
                more.append({"$not": {"$and": [*inside, *beside]}})
            else:
                kept[key] = inner
        elif not str(key).startswith("$"):
            inner, beside = _under((*path, key), operand)
            more += beside
            if inner or not beside:
                kept[key] = inner
        elif key in ("$eq", "$in") and (days := _days(key, operand)):
            ways = [{"$between": day} for day in days]
            if rest := [_instant(one) for one in _values(key, operand) if not _is_day(one)]:
                ways.append({"$in": rest})
            if len(ways) == 1 and "$between" not in value:
                kept |= ways[0]
            else:
                more.append({"$or": [_nested(path, way) for way in ways]})
        else:
            kept[key] = _operand(key, operand)
            if key in ("$ne", "$nin") and (days := _days(key, operand)):
                more.append({"$nor": [_nested(path, {"$between": day}) for day in days]})
    return kept, more


def _operand(operator: str, operand: Any) -> Any:  # noqa: ANN401
    """Return an operand with instants instead of times if the operator compares."""
    if operator == "$between" and isinstance(operand, (list, tuple)) and len(operand) == 2:
        return [_instant(operand[0]), _instant(operand[1], end=True)]
    if operator in ("$in", "$nin"):
        return [*map(_instant, found)] if (found := _values(operator, operand)) else operand
    if operator in _COMPARED:
        return _instant(operand, end=operator in ("$gt", "$lte"))
    return operand


def _values(operator: str, operand: Any) -> list[Any]:  # noqa: ANN401
    """Return the values in an operand."""
    if operator not in ("$in", "$nin"):
        return [operand]
    if isinstance(operand, (list, tuple)):
        return list(operand)
    return list(np.asarray(operand)) if np.ndim(operand) == 1 else []


def _days(operator: str, operand: Any) -> list[list[Any]]:  # noqa: ANN401
    """Return the beginning and the end of each day in an operand."""
    days = filter(_is_day, _values(operator, operand))
    return [[_instant(day), _instant(day, end=True)] for day in days]


def _instant(value: Any, *, end: bool = False) -> Any:  # noqa: ANN401
    """Return a time as an instant, a day as its beginning or end, and any other value as it is."""
    if not is_time(value):
        return value
    if isinstance(value, np.datetime64) and _is_day(value):  # it may be a whole month
        value = ((value + 1) if end else value).astype("datetime64[D]") - int(end)
    return {"$time": text(value) + ("T23:59:59.999999" if end and _is_day(value) else "")}


def _is_day(value: object) -> bool:
    """Whether a value is a date, or a day, week, month or year of numpy."""
    if isinstance(value, np.datetime64):
        return is_time(value) and np.datetime_data(value.dtype)[0] in ("Y", "M", "W", "D")
    return isinstance(value, datetime.date) and not isinstance(value, datetime.datetime)


def _nested(path: tuple[str, ...], value: Any) -> dict[str, Any]:  # noqa: ANN401
    for key in reversed(path):
        value = {key: value}
    return dict(value)
