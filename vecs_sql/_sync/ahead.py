# Made of vecs_sql/_async/ahead.py by tools/async_to_sync.py: change that, then run `make format`.
"""Calls that the server works on while the client prepares the next."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg.abc import PQGen
from psycopg.pq.abc import PGconn
from psycopg.waiting import WAIT_W


class Ahead:
    """One call is under way at a time: the next waits for its end, or for its error.

    Args:
        connection: In pipeline mode.
    """

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection
        self._under_way: psycopg.Cursor[Any] | None = None

    def execute(
        self, cursor: psycopg.Cursor[Any], statement: bytes, parameters: dict[str, object]
    ) -> None:
        """Send a statement, once the one before it has ended."""
        self.finish()
        cursor.execute(statement, parameters, binary=True)
        # Without this, what the socket does not take at once would wait until the end is asked for.
        with self._connection.lock:
            self._connection.wait(_flush(self._connection.pgconn))
        self._under_way = cursor

    def finish(self) -> None:
        """Wait for the end of what is under way."""
        cursor, self._under_way = self._under_way, None
        if cursor is not None:
            cursor.fetchall()


@contextmanager
def ahead(connection: psycopg.Connection[Any]) -> Iterator[Ahead]:
    """Calls on a connection, of which all have ended at the end."""
    with connection.pipeline():
        calls = Ahead(connection)
        yield calls
        calls.finish()


def _flush(pgconn: PGconn) -> PQGen[None]:
    """Send all that libpq holds."""
    while pgconn.flush():
        yield WAIT_W
