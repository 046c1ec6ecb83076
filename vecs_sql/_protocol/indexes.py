"""Distance measures, index methods, and the arguments that build an index."""

from __future__ import annotations

import reprlib
from dataclasses import dataclass
from enum import Enum
from typing import Literal

from vecs_sql import exc

MeasureName = Literal["cosine_distance", "l2_distance", "max_inner_product", "l1_distance"]
MethodName = Literal["auto", "ivfflat", "hnsw"]
MetadataIndexKind = Literal["value", "time", "pattern"]


class IndexMethod(str, Enum):
    """The index methods; auto is hnsw."""

    auto = "auto"
    ivfflat = "ivfflat"
    hnsw = "hnsw"


class IndexMeasure(str, Enum):
    """The distance measures; max_inner_product is the negative inner product."""

    cosine_distance = "cosine_distance"
    l2_distance = "l2_distance"
    max_inner_product = "max_inner_product"
    l1_distance = "l1_distance"


MEASURES_HINT = f"The measures are {', '.join(IndexMeasure.__members__)}."


@dataclass
class IndexArgsIVFFlat:
    """Arguments of an ivfflat index: the number of lists, 1 to 32768."""

    n_lists: int


@dataclass
class IndexArgsHNSW:
    """Arguments of an hnsw index: neighbours a row (2 to 100), candidates in building (4 to 1000, at least 2m)."""

    m: int | None = 16
    ef_construction: int | None = 64


def check_index(
    measure: IndexMeasure | MeasureName,
    method: IndexMethod | MethodName,
    arguments: IndexArgsIVFFlat | IndexArgsHNSW | None,
) -> tuple[IndexMeasure, IndexMethod, dict[str, int]]:
    """Check the arguments of create_index.

    Raises:
        exc.ArgError: One of them is invalid, or they do not go together.
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
            "Unknown index measure", detail=reprlib.repr(measure), hint=MEASURES_HINT
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
            hint="Name the method that they are for: hnsw or ivfflat.",
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
