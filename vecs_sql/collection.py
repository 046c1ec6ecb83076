"""Collections of vectors, and what they are indexed and searched with."""

from vecs_sql._async.collection import AsyncCollection
from vecs_sql._sync.collection import Collection
from vecs_sql._types import (
    Columns,
    IndexArgsHNSW,
    IndexArgsIVFFlat,
    IndexMeasure,
    IndexMethod,
    Recall,
    Record,
)
from vecs_sql.exc import CollectionNotFound  # programs written for vecs look for it here

__all__ = [
    "AsyncCollection",
    "Collection",
    "CollectionNotFound",
    "Columns",
    "IndexArgsHNSW",
    "IndexArgsIVFFlat",
    "IndexMeasure",
    "IndexMethod",
    "Recall",
    "Record",
]
