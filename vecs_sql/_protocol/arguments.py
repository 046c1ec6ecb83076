"""What callers pass, looked at and made what the server takes."""

from __future__ import annotations

import itertools
import operator
import os
import reprlib
import sys
import uuid
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from numbers import Integral
from typing import Any, SupportsInt

import psycopg

from vecs_sql import exc
from vecs_sql._protocol import convert as _convert
from vecs_sql._protocol import functions as _calls
from vecs_sql._protocol.rows import FIELDS
from vecs_sql._types import IndexArgsHNSW, IndexArgsIVFFlat, IndexMeasure, IndexMethod

_NO_COVERING_INDEX = "VSW01"
_LOOKS_LIKE_AN_OPERATOR = "VSW02"
_MOST_ROWS = 2**63 - 1  # PostgreSQL's bigint
A_FILTER = 'Pass a dict such as {"year": {"$gte": 2012}}.'
_IDS = 'Pass them as a list: ["a", "b"].'
_MEASURES = f"The measures are {', '.join(IndexMeasure.__members__)}."


@dataclass(frozen=True)
class Search:
    """What the searches have in common.

    Attributes:
        measure: The distance measure.
        fields: What the rows have besides the id.
        parameters: The function's, after the first two; those that tune it only where one is given.
    """

    measure: IndexMeasure
    fields: tuple[str, ...]
    parameters: dict[str, object]

    def function(self, name: str = "query", *columns: str) -> _calls.Function:
        """The SQL function of that name, for the columns that are wanted."""
        return _calls.query((*columns, *self.fields), "ef_search" in self.parameters, name)


class Notes:
    """Notices that the server gives during a call, to warn of when it has ended.

    Args:
        parameters: The call's.
    """

    def __init__(self, parameters: Mapping[str, Any] | None) -> None:
        self._measure = (parameters or {}).get("measure")
        self._texts: list[str] = []

    def take(self, diagnostic: psycopg.errors.Diagnostic) -> None:
        """Take a notice of the server's; those of others are passed over."""
        if diagnostic.sqlstate == _NO_COVERING_INDEX:
            self._add(
                f"Query does not have a covering index for IndexMeasure.{self._measure}. "
                "See Collection.create_index"
            )
        elif diagnostic.sqlstate == _LOOKS_LIKE_AN_OPERATOR:
            hint = diagnostic.message_hint
            self._add(
                f"{diagnostic.message_primary}. {hint}" if hint else diagnostic.message_primary
            )

    def _add(self, text: str | None) -> None:
        if text and text not in self._texts:
            self._texts.append(text)

    def warn(self) -> None:
        """Warn the caller."""
        for text in self._texts:
            warn(text)


_PACKAGE = os.path.dirname(os.path.dirname(__file__))


def warn(text: str) -> None:
    """Warn whoever called into this package, at that line."""
    frame, level = sys._getframe(), 1
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_PACKAGE):
        frame, level = frame.f_back, level + 1
    warnings.warn(text, UserWarning, stacklevel=level)


def search(
    limit: int,
    filters: Mapping[str, Any] | None,
    measure: IndexMeasure | str,
    included: tuple[object, object, object],
    probes: int | None,
    ef_search: int | None,
    max_limit: int | None,
    max_distance: float | None = None,
    strategy: str = "auto",
) -> Search:
    """The arguments of a search, once they are looked at; `included` are value, vector and metadata.

    Raises:
        exc.ArgError: One of them cannot be.
        exc.FilterError: The filter is no dict, or JSON cannot hold it.
    """
    if probes is not None and (not isinstance(probes, int) or isinstance(probes, bool)):
        raise exc.ArgError("probes must be an integer", detail=f"not {reprlib.repr(probes)}")
    if probes is not None and probes < 1:
        raise exc.ArgError("probes must be >= 1", detail=f"not {probes}")
    try:
        ef_search = None if ef_search is None else operator.index(ef_search)
    except TypeError as error:
        raise exc.ArgError(
            "ef_search must be an integer", detail=f"not {reprlib.repr(ef_search)}"
        ) from error
    limit = _whole(limit)
    if limit < 0:
        raise exc.ArgError(
            f"limit must not be negative: {limit}", hint="Pass how many rows you want, 10 say."
        )
    if max_limit is not None and limit > max_limit:
        raise exc.ArgError(
            f"limit must be <= {max_limit}",
            detail=f"not {limit}",
            hint="create_client(..., max_limit=None) lifts the cap.",
        )
    if limit > _MOST_ROWS:
        raise exc.ArgError(f"limit must be <= {_MOST_ROWS}", hint="scan() gives all rows.")
    try:
        measure = IndexMeasure(measure)
    except ValueError as error:
        raise exc.ArgError(
            "Invalid index measure", detail=reprlib.repr(measure), hint=_MEASURES
        ) from error
    include_value, include_vector, include_metadata = included
    fields = FIELDS[bool(include_value), bool(include_vector), bool(include_metadata)]
    parameters: dict[str, object] = {
        "top_k": limit,
        "filters": filter_json(filters),
        "measure": measure.value,
        "include_metadata": "metadata" in fields,
        "include_vec": "vec" in fields,
    }
    if not (ef_search is probes is max_distance is None and strategy == "auto"):
        parameters |= {
            "max_distance": None if max_distance is None else _distance(max_distance),
            "ef_search": ef_search,
            "probes": probes,
            "strategy": strategy,
        }
    return Search(measure, fields, parameters)


def _whole(limit: object) -> int:
    """A limit as an int; 2.5 is 2, as in vecs."""
    if type(limit) is int:
        return limit
    if isinstance(limit, SupportsInt) and type(limit).__name__ not in ("bool", "bool_", "str_"):
        try:
            return int(limit)
        except (ValueError, OverflowError, ArithmeticError, TypeError):  # NaN, infinity, an array
            pass
    raise exc.ArgError(
        f"limit must be a number, not {reprlib.repr(limit)}",
        hint="Pass how many rows you want, 10 say; scan() gives all rows.",
    )


def _distance(value: float) -> float:
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError) as error:
        raise exc.ArgError(
            "max_distance must be a number", detail=f"not {reprlib.repr(value)}"
        ) from error


def filter_json(filters: Mapping[str, Any] | None) -> str | None:
    """A filter as JSON; None where it has no condition.

    Raises:
        exc.FilterError: It is no dict, or JSON cannot hold it.
    """
    if not filters:
        return None
    if not isinstance(filters, Mapping):
        raise exc.FilterError(
            "filters must be a dict", detail=f"not {reprlib.repr(filters)}", hint=A_FILTER
        )
    if not all(isinstance(key, str) for key in filters):
        bad = next(key for key in filters if not isinstance(key, str))
        raise exc.FilterError(
            "*filters* keys must be strings", detail=f"not {reprlib.repr(bad)}", hint=A_FILTER
        )
    try:
        return _convert.to_json(filters, "the filter", is_filter=True)
    except exc.ArgError as error:
        raise exc.FilterError(error.message, detail=error.detail, hint=error.hint) from error


def a_type(value: object) -> str:
    """The name of a value's type with its article: an int."""
    name = type(value).__name__
    return f"{'an' if name[0] in 'aeiouAEIOU' else 'a'} {name}"


def row_id(value: object) -> str:
    """An id as the database has it; integers and UUIDs become text."""
    if isinstance(value, str):
        return value
    if isinstance(value, (Integral, uuid.UUID)) and not isinstance(value, bool):
        return str(value)
    raise exc.ArgError(
        f"an id must be a string, not {type(value).__name__}: {value!r}",
        hint="Every record needs an id; integers and UUIDs are stored as text.",
    )


def row_ids(values: Iterable[Any]) -> list[str]:
    """Ids to look for; one-element tuples are unwrapped, as programs written for vecs pass them."""
    if isinstance(values, (str, bytes)) or not isinstance(values, Iterable):
        raise exc.ArgError(
            "ids must be a list of strings", detail=f"not {reprlib.repr(values)}", hint=_IDS
        )
    return [
        row_id(value[0] if isinstance(value, tuple) and len(value) == 1 else value)
        for value in values
    ]


_NOUNS = {
    "collection": "the name of the collection",
    "name": "the name of the collection",
    "ids": "the id",
    "row_id": "the id",
    "after": "the id",
    "path": "the key",
}


def check_texts(parameters: Mapping[str, object]) -> None:
    """Look whether PostgreSQL can take the texts among the parameters of a call.

    Raises:
        exc.ArgError: One of them has a character that it cannot store.
    """
    for name, value in parameters.items():
        if isinstance(value, str):
            texts: Sequence[str] = [value]
        elif isinstance(value, list):
            texts = value
        elif isinstance(value, _convert.IdsParameter):
            texts = value.ids
        else:
            continue
        if _convert.unstorable("".join(texts)) is None:
            continue
        faults = ((text, _convert.unstorable(text)) for text in texts)
        text, what = next((text, what) for text, what in faults if what is not None)
        raise exc.ArgError(
            f"{_NOUNS.get(name, name)} {reprlib.repr(text)} cannot be stored",
            detail=f"It has {what}.",
            hint=_convert.HINTS[what],
        )


def pages(ids: Iterable[Any], size: int) -> Iterator[list[Any]]:
    """Yield ids by so many, read as they are asked for."""
    if isinstance(ids, (str, bytes)) or not isinstance(ids, Iterable):
        raise exc.ArgError(
            "ids must be a list of strings", detail=f"not {reprlib.repr(ids)}", hint=_IDS
        )
    iterator = iter(ids)
    while page := list(itertools.islice(iterator, size)):
        yield page


def metadata_key(key: object) -> dict[str, object]:
    """The arguments that name a metadata key, or a path of them: a string is always a key, whatever is in it."""
    path = [key] if isinstance(key, str) else key
    if isinstance(path, (list, tuple)) and path and all(isinstance(part, str) for part in path):
        return {"key": None, "path": _convert.IdsParameter(path)}
    raise exc.ArgError(
        "a metadata key must be a string, or a list of them, which is a path",
        detail=f"It is {reprlib.repr(key)}.",
        hint='Pass a key such as "year", or a path such as ["address", "city"].',
    )


def index(
    measure: IndexMeasure | str,
    method: IndexMethod | str,
    arguments: IndexArgsIVFFlat | IndexArgsHNSW | None,
) -> tuple[IndexMeasure, IndexMethod, dict[str, int]]:
    """What an index is to be made of.

    Raises:
        exc.ArgError: One of them cannot be, or they do not fit each other.
    """
    try:
        method = IndexMethod(method)
    except ValueError as error:
        raise exc.ArgError(
            "invalid index method",
            detail=reprlib.repr(method),
            hint=f"The methods are {', '.join(IndexMethod.__members__)}.",
        ) from error
    try:
        measure = IndexMeasure(measure)
    except ValueError as error:
        raise exc.ArgError(
            "Unknown index measure", detail=reprlib.repr(measure), hint=_MEASURES
        ) from error
    return measure, method, _index_arguments(method, arguments)


def _index_arguments(
    method: IndexMethod, arguments: IndexArgsIVFFlat | IndexArgsHNSW | None
) -> dict[str, int]:
    if arguments is None:
        return {}
    if method == IndexMethod.auto:
        raise exc.ArgError(
            "Index build parameters are not allowed when using the IndexMethod.auto index.",
            hint="Name the method that they are for: hnsw, or ivfflat.",
        )
    if isinstance(arguments, IndexArgsHNSW) and method == IndexMethod.hnsw:
        named = {"m": arguments.m, "ef_construction": arguments.ef_construction}
        return {name: value for name, value in named.items() if value is not None}
    if isinstance(arguments, IndexArgsIVFFlat) and method == IndexMethod.ivfflat:
        return {"lists": arguments.n_lists}
    raise exc.ArgError(
        f"{type(arguments).__name__} build parameters were supplied but {method.value} index was specified.",
        hint="IndexArgsHNSW goes with the method hnsw, IndexArgsIVFFlat with ivfflat.",
    )


def commit_every(value: object, source: object) -> int:
    """Check how many rows to commit at a time.

    Raises:
        exc.ArgError: It is no number above 0, or the transaction is the caller's.
    """
    if isinstance(source, (psycopg.Connection, psycopg.AsyncConnection)):
        raise exc.ArgError(
            "commit_every does not go with a connection of the caller's, who commits",
            hint="Upsert by parts and commit between them, or make the client of a URL or a pool.",
        )
    try:
        rows = operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        rows = 0
    if rows < 1 or isinstance(value, bool):
        raise exc.ArgError(
            f"commit_every must be a number of rows, at least 1, not {value!r}",
            hint="10000, say; None commits all at the end.",
        )
    return rows


def page_size(value: int) -> int:
    """How many rows a page of a scan has."""
    try:
        return min(operator.index(value), _MOST_ROWS)
    except TypeError as error:
        raise exc.ArgError(
            "page_size must be an integer", detail=f"not {reprlib.repr(value)}"
        ) from error


def dimension(value: int | None) -> int | None:
    """A dimension, numpy's integers included, as an int."""
    try:
        return None if value is None else operator.index(value)
    except TypeError as error:
        raise exc.ArgError(f"dimension must be an integer, not {value!r}") from error
