"""Calls that the server works on while the client prepares the next."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import psycopg
from psycopg.abc import PQGen
from psycopg.pq.abc import PGconn
from psycopg.waiting import WAIT_W

from vecs_sql._async.pool import OurAsyncCursor

# So many calls are under way at once: one that is worked on, and one that waits for that.
DEPTH = 2


class AsyncAhead:
    """Few calls are under way at a time: the next waits for the end of the first of them, or for its error.

    Args:
        connection: In pipeline mode.
    """

    def __init__(self, connection: psycopg.AsyncConnection[Any]) -> None:
        self._connection = connection
        self._idle = [OurAsyncCursor(connection) for _ in range(DEPTH)]
        self._under_way: deque[OurAsyncCursor] = deque()

    async def execute(self, statement: bytes, parameters: dict[str, object]) -> None:
        """Send a statement, once there is room for it."""
        if not self._idle:
            await self._finish_one()
        cursor = self._idle.pop()
        await cursor.send(statement, parameters)
        # Without this, what the socket does not take at once would wait until the end is asked for.
        async with self._connection.lock:
            await self._connection.wait(_flush(self._connection.pgconn))
        self._under_way.append(cursor)

    async def _finish_one(self) -> None:
        cursor = self._under_way.popleft()
        await cursor.fetchall()
        self._idle.append(cursor)

    async def finish(self) -> None:
        """Wait for the end of all that is under way."""
        while self._under_way:
            await self._finish_one()


@asynccontextmanager
async def ahead(connection: psycopg.AsyncConnection[Any]) -> AsyncIterator[AsyncAhead]:
    """Calls on a connection, of which all have ended at the end."""
    async with connection.pipeline():
        calls = AsyncAhead(connection)
        yield calls
        await calls.finish()


def _flush(pgconn: PGconn) -> PQGen[None]:
    """Send all that libpq holds."""
    while pgconn.flush():
        yield WAIT_W
