"""What collections are described, indexed and answered with."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


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


@dataclass
class IndexArgsIVFFlat:
    """Arguments of an ivfflat index: the number of lists, 1 to 32768."""

    n_lists: int


@dataclass
class IndexArgsHNSW:
    """Arguments of an hnsw index: neighbours a row (2 to 100), candidates in building (4 to 1000, at least 2m)."""

    m: int | None = 16
    ef_construction: int | None = 64


class Record(NamedTuple):
    """A row of a collection; equals the plain tuple of its values."""

    id: str
    vec: npt.NDArray[np.float32]
    metadata: dict[str, Any]


class Columns(NamedTuple):
    """Rows of a collection by columns; `Collection.upsert` takes it.

    Attributes:
        ids: The ids.
        matrix: The vectors, one a row: float32 of shape (rows, dimension).
        metadata: The metadata, a dict a row.
    """

    ids: list[str]
    matrix: npt.NDArray[np.float32]
    metadata: list[dict[str, Any]]


class Recall(NamedTuple):
    """How good and how fast the index is, by `Collection.recall`.

    Attributes:
        recall: The share of the nearest rows that the index finds, 0 to 1.
        p50_ms: Milliseconds that half of the searches by the index took less than.
        exact_p50_ms: The same of exact searches.
        sampled: How many rows were searched with.
    """

    recall: float | None
    p50_ms: float | None
    exact_p50_ms: float | None
    sampled: int
