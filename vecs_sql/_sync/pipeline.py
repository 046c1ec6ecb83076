# Made of vecs_sql/_async/pipeline.py by tools/async_to_sync.py: change that, then run `make format`.
"""Calls in pipeline mode: the server works on one while the client prepares the next."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg.abc import PQGen
from psycopg.pq.abc import PGconn
from psycopg.waiting import WAIT_W

from vecs_sql._sync.connection import Cursor

# One call that the server is working on, and one that waits for it.
DEPTH = 2


class Pipeline:
    """Sends calls without waiting for their results, as long as no more than `DEPTH` are pending.

    Args:
        connection: A connection in pipeline mode.
    """

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection
        self._idle = [Cursor(connection) for _ in range(DEPTH)]
        self._pending: deque[Cursor] = deque()

    def execute(self, statement: bytes, parameters: dict[str, object]) -> None:
        """Send a statement; wait for the first pending one if there are too many."""
        if not self._idle:
            self._complete_one()
        cursor = self._idle.pop()
        cursor.send(statement, parameters)
        # Without this, what the socket does not take at once would wait for the next call.
        with self._connection.lock:
            self._connection.wait(_flush(self._connection.pgconn))
        self._pending.append(cursor)

    def _complete_one(self) -> None:
        cursor = self._pending.popleft()
        cursor.fetchall()
        self._idle.append(cursor)

    def complete(self) -> None:
        """Wait for the results of all pending calls."""
        while self._pending:
            self._complete_one()


@contextmanager
def pipeline(connection: psycopg.Connection[Any]) -> Iterator[Pipeline]:
    """Open a pipeline on a connection, and complete it at the end."""
    with connection.pipeline():
        opened = Pipeline(connection)
        yield opened
        opened.complete()


def _flush(pgconn: PGconn) -> PQGen[None]:
    """Send everything that libpq has buffered."""
    while pgconn.flush():
        yield WAIT_W
