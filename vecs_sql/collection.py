"""Collections, their rows and the parameters of their indexes, as `vecs.collection` has them."""

from vecs_sql._async.collection import AsyncCollection
from vecs_sql._protocol.indexes import (
    IndexArgsHNSW,
    IndexArgsIVFFlat,
    IndexMeasure,
    IndexMethod,
)
from vecs_sql._protocol.rows import CollectionInfo, Columns, QueryRow, Recall, Record
from vecs_sql._sync.collection import Collection
from vecs_sql.exc import CollectionNotFound  # programs written for vecs look for it here

__all__ = [
    "AsyncCollection",
    "Collection",
    "CollectionInfo",
    "CollectionNotFound",
    "Columns",
    "IndexArgsHNSW",
    "IndexArgsIVFFlat",
    "IndexMeasure",
    "IndexMethod",
    "QueryRow",
    "Recall",
    "Record",
]
