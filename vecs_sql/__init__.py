"""vecs-sql: a vector store that is nothing but PostgreSQL.

This package is a thin binding of the SQL functions of the schema vecs. It keeps the API of the vecs client:
`import vecs_sql as vecs`.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from vecs_sql._alias import install_as_vecs
from vecs_sql._version import __version__

if TYPE_CHECKING:
    from vecs_sql import adapter, exc
    from vecs_sql import client as client
    from vecs_sql import collection as collection
    from vecs_sql._async.client import AsyncClient, create_async_client
    from vecs_sql._async.collection import AsyncCollection
    from vecs_sql._protocol.indexes import (
        IndexArgsHNSW,
        IndexArgsIVFFlat,
        IndexMeasure,
        IndexMethod,
    )
    from vecs_sql._protocol.rows import (
        Advice,
        CollectionInfo,
        Columns,
        Facet,
        Group,
        QueryRow,
        Recall,
        Record,
        Reembedded,
        Tuned,
    )
    from vecs_sql._sync.client import Client, create_client
    from vecs_sql._sync.collection import Collection

__project__ = "vecs_sql"

__all__ = [
    "Advice",
    "AsyncClient",
    "AsyncCollection",
    "Client",
    "Collection",
    "CollectionInfo",
    "Columns",
    "Facet",
    "Group",
    "IndexArgsHNSW",
    "IndexArgsIVFFlat",
    "IndexMeasure",
    "IndexMethod",
    "QueryRow",
    "Recall",
    "Record",
    "Reembedded",
    "Tuned",
    "__project__",
    "__version__",
    "adapter",
    "create_async_client",
    "create_client",
    "exc",
    "install_as_vecs",
]

# Loaded on first use, and psycopg and numpy with them: a program that uses one of the two clients does not pay for the
# other, nor the command's help for either. A test compares this with the imports above.
_MODULES = {
    "_async.client": ("AsyncClient", "create_async_client"),
    "_async.collection": ("AsyncCollection",),
    "_sync.client": ("Client", "create_client"),
    "_sync.collection": ("Collection",),
    "_protocol.indexes": ("IndexArgsHNSW", "IndexArgsIVFFlat", "IndexMeasure", "IndexMethod"),
    "_protocol.rows": (
        "Advice",
        "CollectionInfo",
        "Columns",
        "Facet",
        "Group",
        "QueryRow",
        "Recall",
        "Record",
        "Reembedded",
        "Tuned",
    ),
}
_MODULE_OF = {name: module for module, names in _MODULES.items() for name in names}
_SUBMODULES = ("adapter", "client", "collection", "exc")


if not TYPE_CHECKING:  # it would let type checkers accept any name

    def __getattr__(name: str) -> object:
        """Load a name, or a submodule that programs may use without importing it."""
        if name in _SUBMODULES:
            return importlib.import_module(f"{__name__}.{name}")
        if name not in _MODULE_OF:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = getattr(importlib.import_module(f"{__name__}.{_MODULE_OF[name]}"), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    """Return the names, loaded or not."""
    return sorted({*globals(), *__all__, *_SUBMODULES})
