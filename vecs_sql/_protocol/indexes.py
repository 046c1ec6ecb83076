"""Distance measures, index methods, and the arguments that build an index."""

from __future__ import annotations

import reprlib
from dataclasses import dataclass
from enum import Enum
from typing import Any, Literal

from vecs_sql import exc

MeasureName = Literal["cosine_distance", "l2_distance", "max_inner_product", "l1_distance"]
MethodName = Literal["auto", "ivfflat", "hnsw"]
PrecisionName = Literal["full", "half", "binary"]
MetadataIndexKind = Literal["value", "time", "pattern", "trigram"]


class IndexMethod(str, Enum):
    """The index methods.

    Attributes:
        auto: The default, which is hnsw.
        ivfflat: Lists of rows, a few of which are searched.
        hnsw: A graph of neighbouring rows.
    """

    auto = "auto"
    ivfflat = "ivfflat"
    hnsw = "hnsw"


class IndexMeasure(str, Enum):
    """The distance measures.

    Attributes:
        cosine_distance: 1 minus the cosine of the angle.
        l2_distance: The Euclidean distance.
        max_inner_product: The negative inner product, so that less is nearer.
        l1_distance: The sum of the absolute differences.
    """

    cosine_distance = "cosine_distance"
    l2_distance = "l2_distance"
    max_inner_product = "max_inner_product"
    l1_distance = "l1_distance"


MEASURES_HINT = f"The measures are {', '.join(IndexMeasure.__members__)}."


@dataclass
class IndexArgsIVFFlat:
    """The arguments of an ivfflat index.

    Attributes:
        n_lists: The number of lists, 1 to 32768.
    """

    n_lists: int


@dataclass
class IndexArgsHNSW:
    """The arguments of an hnsw index. The defaults are pgvector's.

    Attributes:
        m: The number of neighbours of a row, 2 to 100; None: chosen by the server, as without arguments.
        ef_construction: The size of the candidate list while building, 4 to 1000, at least 2 m; None: chosen likewise.
    """

    m: int | None = 16
    ef_construction: int | None = 64


def check_index(
    measure: IndexMeasure | MeasureName,
    method: IndexMethod | MethodName,
    arguments: IndexArgsIVFFlat | IndexArgsHNSW | None,
    precision: PrecisionName | None = None,
    min_recall: float | None = None,
    memory: str | None = None,
) -> tuple[IndexMeasure, IndexMethod, dict[str, Any]]:
    """Check the arguments of create_index, and return those for the SQL function.

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
    named: dict[str, Any] = {"precision": precision, "min_recall": min_recall, "memory": memory}
    named = {name: value for name, value in named.items() if value is not None}
    return measure, method, _index_arguments(method, arguments) | named


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
