"""Installing the SQL layer in a database, and finding out which version is there."""

from __future__ import annotations

import logging
from typing import Any

import psycopg
from psycopg.pq import TransactionStatus

from vecs_sql import exc
from vecs_sql._async.connection import AsyncCursor
from vecs_sql._layer.version import LOOK, Layer

_logger = logging.getLogger("vecs_sql")

# The settings that the script changes until the end of the transaction, which may be the caller's.
_SETTINGS = ("search_path", "check_function_bodies", "quote_all_identifiers")


async def look(connection: psycopg.AsyncConnection[Any]) -> Layer:
    """Read the versions of the layer and of pgvector from the catalog. Runs no function of the layer."""
    async with AsyncCursor(connection) as cursor:
        await cursor.send(LOOK)
        version, pgvector, oid, pid, standby = await cursor.fetchone() or (None, "", 0, 0, False)
        return Layer(version, pgvector, oid, pid == connection.info.backend_pid, standby)


async def install(connection: psycopg.AsyncConnection[Any]) -> None:
    """Install or upgrade the layer in one transaction, inside the caller's if there is one.

    Raises:
        exc.Unsupported: The server or pgvector is too old, or pgvector is missing.
        psycopg.errors.InsufficientPrivilege: The role may not create the schema, or does not own it.
    """
    from vecs_sql._layer import render  # which loads Alembic and Jinja

    script = render.script(transaction=False)
    is_outermost = connection.info.transaction_status == TransactionStatus.IDLE
    try:
        async with connection.transaction(), AsyncCursor(connection) as cursor:
            if is_outermost:
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
        ours = exc.from_database(error)
        if ours is None:
            raise
        raise ours from error
    _logger.info("the SQL layer is installed")
