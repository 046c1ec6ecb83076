"""vecs-sql: a vector store that is nothing but PostgreSQL.

This package is a thin binding of the SQL functions of the schema vecs. It keeps the API of the vecs client:
`import vecs_sql as vecs`.
"""

from vecs_sql import adapter, exc
from vecs_sql._alias import install_as_vecs
from vecs_sql._version import __version__
from vecs_sql.client import AsyncClient, Client, create_async_client, create_client
from vecs_sql.collection import (
    AsyncCollection,
    Collection,
    CollectionInfo,
    Columns,
    IndexArgsHNSW,
    IndexArgsIVFFlat,
    IndexMeasure,
    IndexMethod,
    QueryRow,
    Recall,
    Record,
)

__project__ = "vecs_sql"

__all__ = [
    "AsyncClient",
    "AsyncCollection",
    "Client",
    "Collection",
    "CollectionInfo",
    "Columns",
    "IndexArgsHNSW",
    "IndexArgsIVFFlat",
    "IndexMeasure",
    "IndexMethod",
    "QueryRow",
    "Recall",
    "Record",
    "__project__",
    "__version__",
    "adapter",
    "create_async_client",
    "create_client",
    "exc",
    "install_as_vecs",
]
