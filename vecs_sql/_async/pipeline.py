"""Calls in pipeline mode: the server works on one while the client prepares the next."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import psycopg
from psycopg.abc import PQGen
from psycopg.pq.abc import PGconn
from psycopg.waiting import WAIT_W

from vecs_sql._async.connection import AsyncCursor

# One call that the server is working on, and one that waits for it.
DEPTH = 2


class AsyncPipeline:
    """Sends calls without waiting for their results, as long as no more than `DEPTH` are pending.

    Args:
        connection: A connection in pipeline mode.
    """

    def __init__(self, connection: psycopg.AsyncConnection[Any]) -> None:
        self._connection = connection
        self._idle = [AsyncCursor(connection) for _ in range(DEPTH)]
        self._pending: deque[AsyncCursor] = deque()

    async def execute(self, statement: bytes, parameters: dict[str, object]) -> None:
        """Send a statement; wait for the first pending one if there are too many."""
        if not self._idle:
            await self._complete_one()
        cursor = self._idle.pop()
        await cursor.send(statement, parameters)
        # Without this, what the socket does not take at once would wait for the next call.
        async with self._connection.lock:
            await self._connection.wait(_flush(self._connection.pgconn))
        self._pending.append(cursor)

    async def _complete_one(self) -> None:
        cursor = self._pending.popleft()
        await cursor.fetchall()
        self._idle.append(cursor)

    async def complete(self) -> None:
        """Wait for the results of all pending calls."""
        while self._pending:
            await self._complete_one()


@asynccontextmanager
async def pipeline(connection: psycopg.AsyncConnection[Any]) -> AsyncIterator[AsyncPipeline]:
    """Open a pipeline on a connection, and complete it at the end."""
    async with connection.pipeline():
        opened = AsyncPipeline(connection)
        yield opened
        await opened.complete()


def _flush(pgconn: PGconn) -> PQGen[None]:
    """Send everything that libpq has buffered."""
    while pgconn.flush():
        yield WAIT_W
