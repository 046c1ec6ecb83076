"""Calls that the server works on while the client prepares the next."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import psycopg
from psycopg.abc import PQGen
from psycopg.pq.abc import PGconn
from psycopg.waiting import WAIT_W


class AsyncAhead:
    """One call is under way at a time: the next waits for its end, or for its error.

    Args:
        connection: In pipeline mode.
    """

    def __init__(self, connection: psycopg.AsyncConnection[Any]) -> None:
        self._connection = connection
        self._under_way: psycopg.AsyncCursor[Any] | None = None

    async def execute(
        self, cursor: psycopg.AsyncCursor[Any], statement: bytes, parameters: dict[str, object]
    ) -> None:
        """Send a statement, once the one before it has ended."""
        await self.finish()
        await cursor.execute(statement, parameters, binary=True)
        # Without this, what the socket does not take at once would wait until the end is asked for.
        async with self._connection.lock:
            await self._connection.wait(_flush(self._connection.pgconn))
        self._under_way = cursor

    async def finish(self) -> None:
        """Wait for the end of what is under way."""
        cursor, self._under_way = self._under_way, None
        if cursor is not None:
            await cursor.fetchall()


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
