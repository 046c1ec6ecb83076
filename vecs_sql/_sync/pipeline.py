# Made of vecs_sql/_async/pipeline.py by tools/async_to_sync.py: change that, then run `make format`.
"""Calls that the server works on while the client prepares the next."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg.abc import PQGen
from psycopg.pq.abc import PGconn
from psycopg.waiting import WAIT_W

from vecs_sql._sync.pool import OurCursor

# So many calls are under way at once: one that is worked on, and one that waits for that.
DEPTH = 2


class Ahead:
    """Few calls are under way at a time: the next waits for the end of the first of them, or for its error.

    Args:
        connection: In pipeline mode.
    """

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection
        self._idle = [OurCursor(connection) for _ in range(DEPTH)]
        self._under_way: deque[OurCursor] = deque()

    def execute(self, statement: bytes, parameters: dict[str, object]) -> None:
        """Send a statement, once there is room for it."""
        if not self._idle:
            self._finish_one()
        cursor = self._idle.pop()
        cursor.send(statement, parameters)
        # Without this, what the socket does not take at once would wait until the end is asked for.
        with self._connection.lock:
            self._connection.wait(_flush(self._connection.pgconn))
        self._under_way.append(cursor)

    def _finish_one(self) -> None:
        cursor = self._under_way.popleft()
        cursor.fetchall()
        self._idle.append(cursor)

    def finish(self) -> None:
        """Wait for the end of all that is under way."""
        while self._under_way:
            self._finish_one()


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
