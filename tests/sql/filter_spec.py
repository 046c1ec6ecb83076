"""The filter language in plain Python: what a filter means, by the words of its specification, and filters by chance.

Nothing here looks at the SQL. JSON numbers are int, float or Decimal, which compare exactly; filters
and metadata by chance have Decimals only, and `written` keeps every digit of them.
"""

from __future__ import annotations

import datetime
import json
import operator
import random
import re
from decimal import Context, Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

# --- what a filter means

MISSING = object()  # stands for the value of a key that is not there


class Moment(int):
    """An instant: the microseconds since the beginning of the year 1, in UTC."""


_KINDS = {
    bool: "boolean", int: "number", float: "number", Decimal: "number", str: "string",
    type(None): "null", list: "array", dict: "object", object: "missing", Moment: "time",
}  # fmt: skip


def matches(metadata: Any, filters: dict[str, Any], id_: object = MISSING) -> bool:  # noqa: ANN401
    """Whether a row's metadata, or the value that a path has led to, and its id fulfil every entry of a filter."""
    return all(_entry(metadata, key, operand, id_) for key, operand in filters.items())


def _entry(value: Any, key: str, operand: Any, id_: object) -> bool:  # noqa: ANN401
    """Whether one entry holds; logic and operators concern the value, other keys lead below it, $id to the id."""
    if key == "$not":
        return not matches(value, operand, id_)
    if key == "$and":
        return all(matches(value, one, id_) for one in operand)
    if key == "$or":
        return any(matches(value, one, id_) for one in operand)
    if key == "$nor":
        return not any(matches(value, one, id_) for one in operand)
    if key == "$id":
        return matches(id_, operand) if isinstance(operand, dict) else id_ == operand
    if key == "$exists":
        return (value is not MISSING) is operand
    if key == "$time":
        key, operand = "$eq", {key: operand}
    if key.startswith("$"):
        return value is not MISSING and OPERATORS[key](value, operand)
    below = value.get(key, MISSING) if isinstance(value, dict) else MISSING
    if isinstance(operand, dict):
        return matches(below, operand)
    return equal(below, operand)


def kind(thing: object) -> str:
    """The name of a JSON type."""
    return _KINDS[type(thing)]


def equal(one: Any, other: Any) -> bool:  # noqa: ANN401
    """Equality of JSON values: 1 = 1.0, true is not 1, lists and objects compare whole."""
    if kind(one) != kind(other):
        return False
    if isinstance(one, list):
        return len(one) == len(other) and all(map(equal, one, other))
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(equal(one[key], other[key]) for key in one)
    return bool(one == other)


_ISO = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)(?:[Tt ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d+))?)?"
    r"(?:[Zz]|([-+]\d\d)(?::?(\d\d)|:(\d\d):(\d\d))?)?)?",
    re.ASCII,
)


def instant(text: object) -> Moment | None:
    """The instant that a text is by ISO 8601, in the forms that the documentation names, if any."""
    found = _ISO.fullmatch(text) if isinstance(text, str) else None
    if not found:
        return None
    year, month, day, hour, minute, second, fraction, off, *offs = found.groups()
    h, m, s = int(hour or 0), int(minute or 0), int(second or 0)
    off_h, off_m, off_s = abs(int(off or 0)), int(offs[0] or offs[1] or 0), int(offs[2] or 0)
    if m > 59 or s > 60 or off_h > 15 or off_m > 59 or off_s > 59:
        return None
    if h > 23 and (h, m, s, (fraction or "").strip("0")) != (24, 0, 0, ""):
        return None
    try:
        days = datetime.date(int(year), int(month), int(day)).toordinal()
    except ValueError:
        return None
    offset = (off_h * 3600 + off_m * 60 + off_s) * (-1 if off and off[0] == "-" else 1)
    seconds = days * 86400 + h * 3600 + m * 60 + s - offset
    return Moment(seconds * 10**6 + int((fraction or "").ljust(6, "0")[:6]))


def _seen(stored: Any, operand: Any) -> tuple[Any, Any]:  # noqa: ANN401
    """A stored value and an operand as they compare: with a time, a text that is one is an instant."""
    if not (isinstance(operand, dict) and operand.keys() == {"$time"}):
        return stored, operand
    moment = instant(stored)
    return stored if moment is None else moment, instant(operand["$time"])


def _alike(stored: object, operand: object) -> bool:
    """Whether two values can be compared: the servers of the tests order text by code points, as Python."""
    return kind(stored) == kind(operand)


def _ordered(stored: object, operand: object, holds: Callable[[Any, Any], bool]) -> bool:
    """Whether a comparison holds between values of one kind."""
    stored, operand = _seen(stored, operand)
    return _alike(stored, operand) and holds(stored, operand)


def _among(stored: object, operand: list[Any]) -> bool:
    return any(equal(*_seen(stored, one)) for one in operand)


def _has(stored: object, operand: object) -> bool:
    return isinstance(stored, list) and any(equal(element, operand) for element in stored)


def _like(stored: object, pattern: str) -> bool:
    if not isinstance(stored, str):
        return False
    first, *others = _between_percents(pattern)
    found = first.match(stored)
    for one in others:
        found = found and one.search(stored, found.end())
    return found is not None


@lru_cache(maxsize=100_000)
def _between_percents(pattern: str) -> list[re.Pattern[str]]:
    """A LIKE pattern as the regular expressions between its %, the last one up to the end of the text."""
    parts = [""]
    for token in re.findall(r"\\?.", pattern, re.DOTALL):  # a backslash escapes
        if token == "%":
            parts.append("")
        else:
            parts[-1] += "." if token == "_" else re.escape(token[-1])
    parts[-1] += r"\Z"
    return [re.compile(part, re.DOTALL) for part in parts]


def lower(text: object) -> str:
    """Return the text that ILIKE compares, each character in lower case; "" for other values."""
    return "".join(one.lower()[0] for one in text) if isinstance(text, str) else ""


# What each operator says of a value that is there.
OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "$eq": lambda stored, operand: equal(*_seen(stored, operand)),
    "$ne": lambda stored, operand: not equal(*_seen(stored, operand)),
    "$gt": lambda stored, operand: _ordered(stored, operand, operator.gt),
    "$gte": lambda stored, operand: _ordered(stored, operand, operator.ge),
    "$lt": lambda stored, operand: _ordered(stored, operand, operator.lt),
    "$lte": lambda stored, operand: _ordered(stored, operand, operator.le),
    "$between": lambda stored, ends: (
        _ordered(stored, ends[0], operator.ge) and _ordered(stored, ends[1], operator.le)
    ),
    "$in": _among,
    "$nin": lambda stored, operand: not _among(stored, operand),
    "$contains": _has,
    "$any": lambda stored, operand: any(_has(stored, one) for one in operand),
    "$all": lambda stored, operand: (
        isinstance(stored, list) and all(_has(stored, one) for one in operand)
    ),
    "$like": _like,
    "$ilike": lambda stored, pattern: (
        isinstance(stored, str) and _like(lower(stored), lower(pattern))
    ),
    "$startswith": lambda stored, start: isinstance(stored, str) and stored.startswith(start),
}


# --- metadata and filters by chance


def written(thing: Any) -> str:  # noqa: ANN401
    """JSON text with every digit of its numbers."""
    if isinstance(thing, Decimal):
        return str(thing)
    if isinstance(thing, dict):
        entries = (f"{json.dumps(key)}: {written(value)}" for key, value in thing.items())
        return "{" + ", ".join(entries) + "}"
    if isinstance(thing, list):
        return "[" + ", ".join(map(written, thing)) + "]"
    return json.dumps(thing)


_EXACT = Context(prec=3000)
_DIGITS = "8" * 999
# Not to be compressed, and as text too long for an entry of a B-tree; the texts differ at the end.
RANDOM_DIGITS = "".join(random.Random(1).choices("123456789", k=9000))
_LONG = [RANDOM_DIGITS[:3000] + end for end in ("", "a", "b", "aa")]

NUMBERS = [
    Decimal(number)
    for number in (
        "0", "-0", "0.0", "1", "1.0", "1.00", "1E+0", "10E-1", "2", "3", "10", "1E+1", "-1", "-1.5",
        "0.1", "0.10", "0.3", "0.30000000000000004", "2012", "2013.5", "9007199254740992",
        "9007199254740993", "9223372036854775807", "9223372036854775808", "-9223372036854775809",
        "1E+300", "-1E+300", "1E-300", "-1E-300", "1." + "0" * 600, _DIGITS + "7", _DIGITS + "8",
        _DIGITS + "7.0", "-" + _DIGITS + "7", "0." + _DIGITS + "7", "0." + _DIGITS + "8", RANDOM_DIGITS[:4500],
    )
]  # fmt: skip

TEXTS = [
    "", " ", "a", "A", "b", "aa", "ab", "aB", "abc", "z", "zebra", "1", "1.0", "true", "null", "NaN",
    "[]", "{}", "it's", 'say "so"', "100%", "_x_", "%", "_", "\\", "\\\\", "a\\b", "a\\%b", "\n",
    "a\nb", "\t\x01\x1f\x7f", "$eq", "$$", "$1", "%s", "'; --", "é", "É", "e\u0301", "ß", "ẞ", "ss",
    "SS", "i", "I", "İ", "ı", "i\u0307", "ς", "σ", "Σ", "ΟΔΟΣ", "οδος", "ǆ", "ǅ", "Ǆ", "k", "\u212a",
    "ﬁ", *_LONG, "🐘", "🐘🐘", "👩\u200d👧", "\U00010400", "\U00010428", "\ufffd", "\uffff", "\U0010ffff", "日本",
]  # fmt: skip

# Times, some of them the same instant, and what is none; few of them sort by time.
TIMES = [
    "2024-05-31", "2024-05-31T00:00:00Z", "2024-05-31t02:00:00+02:00", "2024-05-30 20:00:00-04",
    "2024-05-31T05:45:00,000+0545", "2024-05-31T00:00", "2024-05-30T24:00:00", "2024-05-31T00:00:60Z",
    "2024-05-31T00:00:00.0000009", "2024-05-30T23:59:59.9999999z", "2024-02-29", "0001-01-01T00:00:00+14:00",
    "9999-12-31T24:00Z", "1899-12-31T23:59:59+00:00:30",
]  # fmt: skip
TEXTS += [
    *TIMES, "2023-02-29", "2024-02-30", "2024-05-31T24:00:01", "2024-05-31T25:00", "20240531", "0000-01-01",
    "10000-01-01", "2024-05-31T", "2024-05-31T00:00:00+16", " 2024-05-31", "2024-05-31\n", "２０２４-05-31",
]  # fmt: skip

# Keys that a filter can name; the first ones are met most.
KEYS = [
    "k", "k", "k", "k", "k", "j", "j", "j", "n", "n", "", "0", "1", "-1", "k.x", "a$b", "it's", 'a"b',
    "\\", "a\\'b", "é", "e\u0301", "🐘", "line\nbreak", " ", "metadata", "%s", "[0]",
]  # fmt: skip

_COMMON = ["$eq", "$ne", "$in", "$nin", "$exists", "$not"]
_ORDER = ["$gt", "$gte", "$lt", "$lte", "$between"]
_FITTING = {
    "number": [*_COMMON, *_ORDER, *_ORDER],
    "boolean": [*_COMMON, *_ORDER],
    "string": [*_COMMON, *_ORDER, "$like", "$like", "$ilike", "$ilike", "$startswith"],
    "time": [*_COMMON, *_ORDER, *_ORDER, "$time", "$time"],
    "array": ["$eq", "$ne", "$not", *["$contains", "$any", "$all"] * 3],
}


class Chance:
    """Metadata and valid filters by chance; filters take their operands from, or near, what rows have.

    Attributes:
        ids: The ids that a filter may name; without any it has no $id.
    """

    def __init__(self, generator: random.Random, keys: Sequence[str] = KEYS) -> None:
        self._random = generator
        self._keys = keys
        self._choice = generator.choice
        self.ids: list[str] = []

    def may(self, probability: float) -> bool:
        """Whether an event of this probability happens."""
        return self._random.random() < probability

    def metadata(self, earlier: Sequence[dict[str, Any]] = ()) -> dict[str, Any]:
        """The metadata of a row; its values are often those that an earlier row has under the key."""
        row: dict[str, Any] = {}
        for key in self._random.sample(self._keys, self._random.randint(0, 12)):
            model = self._choice(earlier).get(key, MISSING) if earlier else MISSING
            row[key] = self.value() if model is MISSING else self._near(model)
        if self.may(0.1):
            row[self._choice(["$k", "$eq", "$"])] = self.value()  # which no filter can name
        return row

    def value(self, depth: int = 0) -> Any:  # noqa: ANN401
        """A JSON value."""
        if depth < 3 and self.may(0.25):
            values = [self.value(depth + 1) for _ in range(self._random.randint(0, 4))]
            if self.may(0.5):
                return values
            keys = [*self._keys, "$eq"]
            return {self._choice(keys): value for value in values}
        return self._scalar()

    def _scalar(self) -> Any:  # noqa: ANN401
        return self._choice([self._choice(NUMBERS), self._choice(TEXTS), self._choice(TEXTS),
                             self._choice(NUMBERS), self._choice([True, False, None])])  # fmt: skip

    def filters(self, rows: Sequence[dict[str, Any]], depth: int = 0) -> dict[str, Any]:
        """A filter; what stands in one of its lists is mostly taken from one row."""
        shape = self._random.random()
        if depth < 4 and shape < 0.4:
            some = [self._choice(rows)] if self.may(0.7) else rows
            count = self._choice([1, 2, 2, 3])
            nodes = [self.filters(some, depth + 1) for _ in range(count)]
            if self.may(0.05):  # past the length up to which a list is compiled as it is
                nodes = [self._leaf(some) for _ in range(25)]
            node = {self._choice(["$and", "$or", "$or", "$nor"]): nodes}
            return node | (self.filters(some, 4) if self.may(0.1) else {})
        if depth < 4 and shape < 0.47:
            return {"$not": self.filters(rows, depth + 1)}
        if shape < 0.475:
            return self._choice([{}, {"$and": []}])
        return self._leaf(rows)

    def _leaf(self, rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
        """Conditions on a row's metadata, on its id, or on both."""
        conditions = self._conditions(self._choice(rows))
        if not self.ids or self.may(0.85):
            return conditions
        id_ = self._choice(self.ids)
        of_id = {"$id": id_ if self.may(0.2) else self._id_operators(id_)}
        return of_id | (conditions if self.may(0.4) else {})

    def _id_operators(self, id_: str) -> dict[str, Any]:
        """One or two operators for an id like this one."""
        some = self._random.sample(self.ids, self._choice([0, 1, 5, 60, 150]))
        operands: dict[str, Any] = {
            "$eq": id_,
            "$ne": id_,
            "$in": [*some, id_, "nothing"],
            "$nin": some,
            "$startswith": id_[: self._random.randint(0, len(id_))],
        }
        names = self._random.sample([*operands], self._choice([1, 1, 1, 2]))
        found = {name: operands[name] for name in names}
        return {"$not": found} if self.may(0.15) else found

    def _conditions(self, there: dict[str, Any]) -> dict[str, Any]:
        """Conditions on one or two keys of an object; sometimes on one that is not there."""
        keys = [key for key in there if key in self._keys]
        keys = self._random.sample(keys, min(len(keys), self._choice([1, 1, 1, 2])))
        if not keys or self.may(0.03):
            keys.append(self._choice(self._keys))
        return {key: self._condition(there.get(key, MISSING)) for key in keys}

    def _condition(self, there: Any) -> Any:  # noqa: ANN401
        """Make the content of a key: keys below it, operators, or just a value."""
        if isinstance(there, dict) and self.may(0.75):
            return self._conditions(there)
        if self.may(0.02):
            return {self._choice(["0", "x"]): self._condition(there)}  # never enters an array
        near = self._near(self.value() if there is MISSING else there)
        if not isinstance(near, dict) and self.may(0.1):
            return near
        return self._operators(near)

    def _operators(self, near: Any) -> dict[str, Any]:  # noqa: ANN401
        """One or two operators for a value like this one, though not all fit its type."""
        names = _FITTING.get(kind(near) if instant(near) is None else "time", _COMMON)
        if self.may(0.1):
            names = list(OPERATORS)
        names = [self._choice(names) for _ in range(self._choice([1, 1, 1, 2]))]
        return {name: self._operand(name, near) for name in names}

    def _operand(self, name: str, near: Any) -> Any:  # noqa: ANN401
        if name == "$not":
            return self._operators(near)
        if name == "$exists":
            return self.may(0.6)
        if name in ("$eq", "$ne"):
            return self._time(near)
        if name == "$time":
            return near if instant(near) is not None else self._choice(TIMES)
        if name in ("$in", "$nin", "$any", "$all"):
            return self._list(name, near)
        if name == "$contains":
            return self._choice(self._scalars(near) or [self._scalar()])
        text = near if isinstance(near, str) else self._choice(TEXTS)
        if name in ("$like", "$ilike"):
            return self._pattern(text.swapcase() if name == "$ilike" else text)
        if name == "$startswith":
            return text[: self._random.randint(0, len(text))]
        one = near if kind(near) in ("number", "string", "boolean") else self._choice(NUMBERS)
        time = self._time(one)
        if name != "$between":
            return time
        if time is not one:
            return [time, {"$time": self._choice(TIMES)}]
        others: dict[str, list[Any]] = {"number": NUMBERS, "string": TEXTS}
        other = self._choice(others.get(kind(one), [True, False]))
        return sorted([one, other], reverse=self.may(0.1))

    def _time(self, value: Any) -> Any:  # noqa: ANN401
        """A text that is an instant mostly as such, or as another one."""
        if instant(value) is None or self.may(0.3):
            return value
        return {"$time": value if self.may(0.7) else self._choice(TIMES)}

    def _scalars(self, near: Any) -> list[Any]:  # noqa: ANN401
        return [one for one in (near if isinstance(near, list) else [near])
                if not isinstance(one, (list, dict))]  # fmt: skip

    def _list(self, name: str, near: Any) -> list[Any]:  # noqa: ANN401
        """Scalars, in one of three cases more than those up to which a list is many conditions."""
        values = self._scalars(near)
        if name in ("$in", "$nin"):
            values = [self._time(one) for one in values]
        if name == "$all" and self.may(0.8):
            return values * self._choice([1, 1, 1, 25])
        if self.may(0.33):
            others: list[Any] = [Decimal(number) for number in range(100, 121)]
            if self.may(0.5):
                others = [self._scalar() for _ in range(self._random.randint(19, 45))]
        else:
            others = [self._scalar() for _ in range(self._choice([0, 0, 1, 3]))]
        return values + others if self.may(0.5) else others + values

    def _pattern(self, text: str) -> str:
        """A LIKE pattern that a text matches, if its own wildcards are escaped."""
        parts = ["%"] if self.may(0.3) else []
        for character in text[self._random.randint(0, 1) if parts else 0 :]:
            if self.may(0.2):
                parts.append(self._choice(["_", "%", "%", "_%", "__"]))
            elif character in "\\%_":
                parts.append("\\" + character if self.may(0.8) else "%")
            else:
                parts.append("\\" + character if self.may(0.05) else character)
        return "".join(parts[:8]) + ("%" if len(parts) > 8 or self.may(0.3) else "")

    def _near(self, value: Any) -> Any:  # noqa: ANN401
        """A value, or one like it."""
        if self.may(0.8):
            return value
        if isinstance(value, Decimal):
            step = Decimal(self._choice(["0", "0.0", "1", "-1", "1E-301", "1E+299"]))
            return _EXACT.add(value, step)
        if isinstance(value, str):
            return self._choice(
                [value + "a", value + "\U0010ffff", value[:-1], value.swapcase(), value[::-1]]
            )
        if isinstance(value, list):
            longer = [*value, self._scalar()]
            return self._choice([longer, value[:-1], value[::-1], *map(self._near, value)])
        if isinstance(value, dict):
            wider = value | {self._choice(self._keys): self._scalar()}
            return self._choice([wider, dict(list(value.items())[1:]), [value]])
        return self.value()
