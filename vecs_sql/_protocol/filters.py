"""What the vecs client says, where the server says it better: programs may know its words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_SCALAR = (int, str, float)


def filter_fault(filters: Any) -> str | None:  # noqa: ANN401 -- whatever stands there
    """What vecs says of a filter that the server refuses; None where vecs does not know the fault.

    The order of its checks is kept. Its limits to one key a filter and one operator a key are not.
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
    from vecs_sql._layer import registries  # which loads a parser of TOML

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
