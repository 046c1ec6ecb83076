"""The SQL layer in a database: whether it is there, and installing it."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg.pq import TransactionStatus

from vecs_sql import exc
from vecs_sql._async.pool import OurAsyncCursor
from vecs_sql._layer.version import LOOK, Layer

# What the script sets until the end of the transaction, which may be the caller's.
_SETTINGS = ("search_path", "check_function_bodies", "quote_all_identifiers")


async def look(connection: psycopg.AsyncConnection[Any]) -> Layer:
    """Look at the other side: read the catalog only, and run no function of the layer."""
    async with OurAsyncCursor(connection) as cursor:
        await cursor.send(LOOK)
        version, pgvector, oid, pid = await cursor.fetchone() or (None, "", 0, 0)
        return Layer(version, pgvector, oid, pid == connection.info.backend_pid)


async def install(connection: psycopg.AsyncConnection[Any]) -> None:
    """Install the layer, or upgrade it, in one transaction (inside the caller's where there is one).

    Raises:
        exc.Unsupported: The server or pgvector is too old, or pgvector is missing.
        psycopg.errors.InsufficientPrivilege: The role may not create the schema, or does not own it.
    """
    from vecs_sql._layer import render  # which loads Alembic and Jinja

    script = render.script(transaction=False)
    ours = connection.info.transaction_status == TransactionStatus.IDLE
    try:
        async with connection.transaction(), OurAsyncCursor(connection) as cursor:
            if ours:
                await cursor.send(render.ISOLATION.encode())
            before = {}
            for name in _SETTINGS:
                # SHOW looks up no name in the caller's search path, as current_setting() would.
                await cursor.send(f"SHOW {name}".encode())
                (before[name],) = await cursor.fetchone() or ("",)
            await cursor.send(script.encode(), binary=False)
            for name, value in before.items():
                await cursor.send(b"SELECT pg_catalog.set_config(%s, %s, true)", (name, value))
    except psycopg.Error as error:
        translated = exc.from_database(error)
        if translated is None:
            raise
        raise translated from error
