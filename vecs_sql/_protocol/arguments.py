"""Arguments of calls other than searches: ids, names, metadata keys, numbers."""

from __future__ import annotations

import itertools
import operator
import reprlib
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from numbers import Integral
from typing import Any, Literal

from vecs_sql import exc
from vecs_sql._protocol.codecs import IdsParameter
from vecs_sql._protocol.metadata import HINTS, unstorable

ElementType = Literal["vector", "halfvec"]
RebuildIndex = bool | Literal["auto"]
MAX_BIGINT = 2**63 - 1
_IDS_HINT = 'Pass them as a list: ["a", "b"].'


def type_with_article(value: object) -> str:
    """Return the name of a value's type with its article, such as "an int"."""
    name = type(value).__name__
    return f"{'an' if name[0] in 'aeiouAEIOU' else 'a'} {name}"


def row_id(value: object) -> str:
    """Return an id as text; integers and UUIDs are accepted.

    Raises:
        exc.ArgError: It is of another type.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, (Integral, uuid.UUID)) and not isinstance(value, bool):
        return str(value)
    raise exc.ArgError(
        f"an id must be a string, not {type(value).__name__}: {value!r}",
        hint="Every record needs an id; integers and UUIDs are stored as text.",
    )


def row_ids(values: Iterable[Any], what: str = "ids") -> list[str]:
    """Return ids as texts; one-element tuples are unwrapped, as vecs does.

    Raises:
        exc.ArgError: They are not a list of ids.
    """
    if isinstance(values, (str, bytes)) or not isinstance(values, Iterable):
        raise exc.ArgError(
            f"{what} must be a list of strings",
            detail=f"not {reprlib.repr(values)}",
            hint=_IDS_HINT,
        )
    return [
        row_id(value[0] if isinstance(value, tuple) and len(value) == 1 else value)
        for value in values
    ]


_NOUNS = {
    "collection": "the name of the collection",
    "name": "the name of the collection",
    "ids": "the id",
    "documents": "the id",
    "row_id": "the id",
    "positive": "the id",
    "negative": "the id",
    "after": "the id",
    "path": "the key",
    "key": "the key",
    "group_by": "the key",
    "query_text": "the text",
}


def check_texts(parameters: Mapping[str, object]) -> None:
    """Check that PostgreSQL can store the texts among the parameters of a call.

    Raises:
        exc.ArgError: One of them has a character that it cannot store.
    """
    for name, value in parameters.items():
        if isinstance(value, str):
            texts: Sequence[str] = [value]
        elif isinstance(value, list) and value and isinstance(value[0], str):
            texts = value
        elif isinstance(value, IdsParameter):
            texts = value.ids
        else:
            continue
        if unstorable("".join(texts)) is None:
            continue
        faults = ((text, unstorable(text)) for text in texts)
        text, what = next((text, what) for text, what in faults if what is not None)
        raise exc.ArgError(
            f"{_NOUNS.get(name, name)} {reprlib.repr(text)} cannot be stored",
            detail=f"It has {what}.",
            hint=HINTS[what],
        )


def pages(ids: Iterable[Any], size: int) -> Iterator[list[Any]]:
    """Yield lists of at most `size` ids, read as they are needed."""
    if isinstance(ids, (str, bytes)) or not isinstance(ids, Iterable):
        raise exc.ArgError(
            "ids must be a list of strings", detail=f"not {reprlib.repr(ids)}", hint=_IDS_HINT
        )
    iterator = iter(ids)
    while page := list(itertools.islice(iterator, size)):
        yield page


def metadata_key(key: object) -> dict[str, object]:
    """Return the parameters for a metadata key, or for a path; a string is a key, whatever it contains."""
    path = [key] if isinstance(key, str) else key
    if isinstance(path, (list, tuple)) and path and all(isinstance(part, str) for part in path):
        return {"key": None, "path": IdsParameter(path)}
    raise exc.ArgError(
        "a metadata key must be a string, or a list of them, which is a path",
        detail=f"It is {reprlib.repr(key)}.",
        hint='Pass a key such as "year", or a path such as ["address", "city"].',
    )


def commit_every(value: object) -> int:
    """Return the number of rows after which to commit.

    Raises:
        exc.ArgError: It is not a number above 0.
    """
    try:
        rows = operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        rows = 0
    if rows < 1 or isinstance(value, bool):
        raise exc.ArgError(
            f"commit_every must be a number of rows, at least 1, not {value!r}",
            hint="Such as 10000; None commits everything at the end.",
        )
    return rows


def rebuild_index(value: object) -> RebuildIndex:
    """Return whether an upsert builds the vector indexes anew.

    Raises:
        exc.ArgError: It is not True, False or "auto".
    """
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value == "auto":
        return "auto"
    raise exc.ArgError(
        f'rebuild_index must be True, False or "auto", not {reprlib.repr(value)}',
        hint='"auto" builds the indexes anew where that takes less time and disturbs few.',
    )


def integer(value: int, name: str) -> int:
    """Return an argument as an int.

    Raises:
        exc.ArgError: It is not an integer.
    """
    try:
        return operator.index(value)
    except TypeError as error:
        raise exc.ArgError(
            f"{name} must be an integer", detail=f"not {reprlib.repr(value)}"
        ) from error


def text(value: str, name: str) -> str:
    """Return an argument that is a text.

    Raises:
        exc.ArgError: It is not a string.
    """
    if not isinstance(value, str):
        raise exc.ArgError(f"{name} must be a string", detail=f"not {reprlib.repr(value)}")
    return value


def page_size(value: int) -> int:
    """Return the number of rows in a page of a scan."""
    return min(integer(value, "page_size"), MAX_BIGINT)


def dimension(value: int | None) -> int | None:
    """Return a dimension, which may be an integer of numpy, as an int."""
    try:
        return None if value is None else operator.index(value)
    except TypeError as error:
        raise exc.ArgError(f"dimension must be an integer, not {value!r}") from error
