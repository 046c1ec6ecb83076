# Made of vecs_sql/_async/layer.py by tools/async_to_sync.py: change that, then run `make format`.
"""The SQL layer in a database: whether it is there, and installing it."""

from __future__ import annotations

from typing import Any

import psycopg

from vecs_sql import _connect, _sources, exc
from vecs_sql._sync.connections import OurCursor

# What the script sets until the end of the transaction, which may be the caller's.
_SETTINGS = ("search_path", "check_function_bodies")


def look(connection: psycopg.Connection[Any]) -> _connect.Layer:
    """What is on the other side; reads only."""
    with OurCursor(connection) as cursor:
        cursor.send(_connect.LOOK)
        present, pgvector, oid, pid = cursor.fetchone() or (False, "", 0, 0)
        direct = pid == connection.info.backend_pid
        if not present:
            return _connect.Layer(None, pgvector, oid, direct)
        cursor.send(b"SELECT vecs.version()")
        row = cursor.fetchone()
        assert row is not None
        return _connect.Layer(row[0], pgvector, oid, direct)


def install(connection: psycopg.Connection[Any]) -> None:
    """Install the layer, or upgrade it, in one transaction (inside the caller's where there is one).

    Raises:
        exc.Unsupported: The server or pgvector is too old, or pgvector is missing.
        psycopg.errors.InsufficientPrivilege: The role may not create the schema, or does not own it.
    """
    script = _sources.script(transaction=False)
    try:
        with connection.transaction(), OurCursor(connection) as cursor:
            cursor.send(b"SELECT current_setting(%s), current_setting(%s)", _SETTINGS)
            before = cursor.fetchone() or ()
            cursor.send(script.encode(), binary=False)
            for name, value in zip(_SETTINGS, before, strict=True):
                cursor.send(b"SELECT set_config(%s, %s, true)", (name, value))
    except psycopg.Error as error:
        ours = exc.from_database(error)
        if ours is None:
            raise
        raise ours from error
