# Made of vecs_sql/_async/installer.py by tools/async_to_sync.py: change that, then run `make format`.
"""The SQL layer in a database: whether it is there, and installing it."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg.pq import TransactionStatus

from vecs_sql import exc
from vecs_sql._layer.version import LOOK, Layer
from vecs_sql._sync.pool import OurCursor

# What the script sets until the end of the transaction, which may be the caller's.
_SETTINGS = ("search_path", "check_function_bodies", "quote_all_identifiers")


def look(connection: psycopg.Connection[Any]) -> Layer:
    """Look at the other side: read the catalog only, and run no function of the layer."""
    with OurCursor(connection) as cursor:
        cursor.send(LOOK)
        version, pgvector, oid, pid = cursor.fetchone() or (None, "", 0, 0)
        return Layer(version, pgvector, oid, pid == connection.info.backend_pid)


def install(connection: psycopg.Connection[Any]) -> None:
    """Install the layer, or upgrade it, in one transaction (inside the caller's where there is one).

    Raises:
        exc.Unsupported: The server or pgvector is too old, or pgvector is missing.
        psycopg.errors.InsufficientPrivilege: The role may not create the schema, or does not own it.
    """
    from vecs_sql._layer import render  # which loads Alembic and Jinja

    script = render.script(transaction=False)
    ours = connection.info.transaction_status == TransactionStatus.IDLE
    try:
        with connection.transaction(), OurCursor(connection) as cursor:
            if ours:
                cursor.send(render.ISOLATION.encode())
            before = {}
            for name in _SETTINGS:
                # SHOW looks up no name in the caller's search path, as current_setting() would.
                cursor.send(f"SHOW {name}".encode())
                (before[name],) = cursor.fetchone() or ("",)
            cursor.send(script.encode(), binary=False)
            for name, value in before.items():
                cursor.send(b"SELECT pg_catalog.set_config(%s, %s, true)", (name, value))
    except psycopg.Error as error:
        translated = exc.from_database(error)
        if translated is None:
            raise
        raise translated from error
