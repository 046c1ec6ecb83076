"""Filters: as JSON, and what is wrong with one in the words of the vecs client, which programs may rely on."""

from __future__ import annotations

import json
import reprlib
from collections.abc import Mapping
from typing import Any

from vecs_sql import exc
from vecs_sql._protocol.metadata import to_json

FILTER_HINT = 'Pass a dict such as {"year": {"$gte": 2012}}.'
_SCALAR = (int, str, float)


def filter_json(filters: Mapping[str, Any] | None) -> str | None:
    """Encode a filter as JSON; return None if it has no condition.

    Raises:
        exc.FilterError: It is not a dict, or JSON cannot represent it.
    """
    if not filters:
        return None
    if not isinstance(filters, Mapping):
        raise exc.FilterError(
            "filters must be a dict", detail=f"not {reprlib.repr(filters)}", hint=FILTER_HINT
        )
    if not all(isinstance(key, str) for key in filters):
        bad = next(key for key in filters if not isinstance(key, str))
        raise exc.FilterError(
            "*filters* keys must be strings", detail=f"not {reprlib.repr(bad)}", hint=FILTER_HINT
        )
    try:
        return to_json(filters, "the filter", is_filter=True)
    except exc.ArgError as error:
        raise exc.FilterError(error.message, detail=error.detail, hint=error.hint) from error


def with_message_of_vecs(error: exc.FilterError, filters: str) -> exc.FilterError:
    """Return a server's error with the message that the vecs client has for it, if any, and the server's as detail."""
    message = filter_fault(json.loads(filters))
    return (
        error if message is None else exc.FilterError(message, detail=error.what, hint=error.hint)
    )


def filter_fault(filters: Any) -> str | None:  # noqa: ANN401 -- whatever stands there
    """Return the message that the vecs client has for an invalid filter; None if it has none.

    The order of its checks is kept, its limits to one key per filter and one operator per key are not.
    """
    if not isinstance(filters, Mapping):
        return "filters must be a dict"
    for key, value in filters.items():
        if not isinstance(key, str):
            return "*filters* keys must be strings"
        if key in ("$and", "$or"):
            if not isinstance(value, list):
                return "$and/$or filters must have associated list of conditions"
            faults = [filter_fault(part) for part in value]
        elif isinstance(value, Mapping):
            faults = [_operator_fault(*item) for item in value.items()]
        else:
            continue
        if fault := next(filter(None, faults), None):
            return fault
    return None


def _operator_fault(operator: str, operand: object) -> str | None:
    from vecs_sql._layer import registries  # only to explain an error

    if operator.startswith("$") and operator not in registries.operators():
        return "unknown operator"
    if operator == "$in":
        if not isinstance(operand, list):
            return "argument to $in filter must be a list"
        if not all(isinstance(element, _SCALAR) for element in operand):
            return "argument to $in filter must be a list of scalars"
    elif operator == "$contains" and not isinstance(operand, _SCALAR):
        return "argument to $contains filter must be a scalar"
    return None
