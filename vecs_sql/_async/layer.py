"""The SQL layer in a database: whether it is there, and installing it."""

from __future__ import annotations

from typing import Any

import psycopg

from vecs_sql import _connect, _sources, exc
from vecs_sql._async.connections import OurAsyncCursor

# What the script sets until the end of the transaction, which may be the caller's.
_SETTINGS = ("search_path", "check_function_bodies")


async def look(connection: psycopg.AsyncConnection[Any]) -> _connect.Layer:
    """What is on the other side; reads only."""
    async with OurAsyncCursor(connection) as cursor:
        await cursor.send(_connect.LOOK)
        present, pgvector, oid, pid = await cursor.fetchone() or (False, "", 0, 0)
        direct = pid == connection.info.backend_pid
        if not present:
            return _connect.Layer(None, pgvector, oid, direct)
        await cursor.send(b"SELECT vecs.version()")
        row = await cursor.fetchone()
        assert row is not None
        return _connect.Layer(row[0], pgvector, oid, direct)


async def install(connection: psycopg.AsyncConnection[Any]) -> None:
    """Install the layer, or upgrade it, in one transaction (inside the caller's where there is one).

    Raises:
        exc.Unsupported: The server or pgvector is too old, or pgvector is missing.
        psycopg.errors.InsufficientPrivilege: The role may not create the schema, or does not own it.
    """
    script = _sources.script(transaction=False)
    try:
        async with connection.transaction(), OurAsyncCursor(connection) as cursor:
            await cursor.send(b"SELECT current_setting(%s), current_setting(%s)", _SETTINGS)
            before = await cursor.fetchone() or ()
            await cursor.send(script.encode(), binary=False)
            for name, value in zip(_SETTINGS, before, strict=True):
                await cursor.send(b"SELECT set_config(%s, %s, true)", (name, value))
    except psycopg.Error as error:
        ours = exc.from_database(error)
        if ours is None:
            raise
        raise ours from error
