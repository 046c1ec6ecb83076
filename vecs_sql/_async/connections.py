"""Connections: from a URL, a connection or a pool."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from typing import Any

import psycopg
from psycopg.pq import TransactionStatus
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from vecs_sql import exc
from vecs_sql._connect import conninfo
from vecs_sql._differences import (
    AsyncLine,
    AsyncTurn,
    async_check_left,
    async_in_thread,
    async_world,
)

# How long to wait for a connection of the pool before looking whether there is a server at all.
_PATIENCE_SECONDS = 2.0


class OurAsyncConnection(psycopg.AsyncConnection[Any]):
    """A connection that was opened here, with the cursor that all calls go through: it remembers how to convert."""

    calls: psycopg.AsyncCursor[tuple[Any, ...]] | None = None


class AsyncConnections:
    """Where the client's connections come from.

    What it opens itself (from a URL) it closes; a connection or pool that was handed in stays the caller's.
    """

    def __init__(
        self,
        source: str | psycopg.AsyncConnection[Any] | AsyncConnectionPool[Any],
        *,
        pool_size: int = 15,
        reopen: Callable[[], str] | None = None,
    ) -> None:
        if not isinstance(source, (str, psycopg.AsyncConnection, AsyncConnectionPool)):
            raise exc.ArgError(
                f"can not connect by a {type(source).__name__}",
                hint="Pass a URL, a psycopg.AsyncConnection or a psycopg_pool.AsyncConnectionPool.",
            )
        self._source = source
        self._pool_size = pool_size
        # Starts the server again, after close() or its own end; gives its URL.
        self._reopen = reopen
        self._closed = False
        self._own_pool: AsyncConnectionPool[Any] | None = None
        self._left: list[object] = []  # pools of other worlds, kept from being cleared away here
        self._world: object = None  # whose the pool is
        self._opening = AsyncTurn()
        self._turn = AsyncTurn()

    def connection(self) -> AbstractAsyncContextManager[psycopg.AsyncConnection[Any]]:
        """A connection for a while. From a URL it is in autocommit mode.

        On a connection of the caller's, what is done is a part of its transaction, which an error leaves usable.
        """
        if isinstance(self._source, str):
            return _Borrowed(self)
        if isinstance(self._source, psycopg.AsyncConnection):
            return self._turn_on(self._source)
        return self._source.connection()

    @asynccontextmanager
    async def _turn_on(
        self, connection: psycopg.AsyncConnection[Any]
    ) -> AsyncIterator[psycopg.AsyncConnection[Any]]:
        async with self._turn, await _savepoint(connection):
            yield connection

    @property
    def are_ours(self) -> bool:
        """Whether the connections were opened here, and nobody else uses them."""
        return isinstance(self._source, str)

    @asynccontextmanager
    async def first(self) -> AsyncIterator[psycopg.AsyncConnection[Any]]:
        """A connection to look at the other side with: fails at once where a pool would go on trying."""
        if isinstance(self._source, str):
            async with await psycopg.AsyncConnection.connect(
                conninfo(self._source), autocommit=True
            ) as connection:
                yield connection
        else:
            async with self.connection() as connection:
                yield connection

    async def close(self) -> None:
        """Close what was opened here. The next use opens it again."""
        async with self._opening:
            pool, self._own_pool = self._own_pool, None
            self._closed = True
        if pool is not None and self._world == async_world():
            await pool.close()

    async def pool(self) -> tuple[AsyncConnectionPool[Any], AsyncLine]:
        """The pool of ours, opened where it is not, and the line before it."""
        if self._own_pool is None or self._world != async_world():
            return await self._open_pool()
        return self._own_pool, self._line

    async def _open_pool(self) -> tuple[AsyncConnectionPool[Any], AsyncLine]:
        assert isinstance(self._source, str)
        async with self._opening:
            if self._own_pool is None or self._world != async_world():
                if self._own_pool is not None:
                    async_check_left(self._world)
                # The pool of a loop that has ended can not even be closed; that of the process from which this one
                # was forked is still in use there.
                if self._own_pool is not None:
                    self._left.append(self._own_pool)
                if self._closed and self._reopen is not None:
                    self._source = await async_in_thread(self._reopen)
                self._closed = False
                pool: AsyncConnectionPool[Any] = AsyncConnectionPool(
                    conninfo(self._source),
                    kwargs={"autocommit": True},
                    connection_class=OurAsyncConnection,
                    min_size=0,
                    max_size=self._pool_size,
                    open=False,
                    name="vecs-sql",
                )
                await pool.open()
                self._own_pool, self._world = pool, async_world()
                self._line = AsyncLine(self._pool_size)
            return self._own_pool, self._line

    async def get(self, pool: AsyncConnectionPool[Any]) -> psycopg.AsyncConnection[Any]:
        """A connection out of the pool."""
        connection: psycopg.AsyncConnection[Any]
        try:
            connection = await pool.getconn(timeout=_PATIENCE_SECONDS)
        except PoolTimeout:
            # All are in use, or the server is down: a connection of one's own says so at once, the pool would go on.
            try:
                await (await psycopg.AsyncConnection.connect(str(pool.conninfo))).close()
            except psycopg.OperationalError:
                if self._reopen is None:
                    raise
                await async_in_thread(self._reopen)
            try:
                connection = await pool.getconn()
            except PoolTimeout as error:
                raise PoolTimeout(
                    f"{error}: all {pool.max_size} connections of the client are in use"
                    " (a stream such as scan() holds one while it is read; see pool_size)"
                ) from None
        return connection


class _Borrowed(AbstractAsyncContextManager[psycopg.AsyncConnection[Any]]):
    """A connection out of a pool of ours, which needs no commit: it is in autocommit mode."""

    __slots__ = ("_connection", "_connections", "_line", "_pool")

    def __init__(self, connections: AsyncConnections) -> None:
        self._connections = connections

    async def __aenter__(self) -> psycopg.AsyncConnection[Any]:
        self._pool, self._line = await self._connections.pool()
        connection: psycopg.AsyncConnection[Any] | None = await self._line.enter()
        try:
            if connection is None:
                connection = await self._connections.get(self._pool)
            while _is_lost(connection):
                await self._pool.putconn(connection)
                connection = await self._connections.get(self._pool)
        except BaseException:
            self._line.leave(None)
            raise
        self._connection = connection
        return self._connection

    async def __aexit__(self, *_: object) -> None:
        usable = self._connection.pgconn.transaction_status == TransactionStatus.IDLE
        if usable and self._line.leave(self._connection):
            return
        await self._pool.putconn(self._connection)
        if not usable:
            self._line.leave(None)


async def _savepoint(
    connection: psycopg.AsyncConnection[Any],
) -> AbstractAsyncContextManager[object]:
    """A savepoint in the transaction that the connection is in, or by its mode begins with the first statement."""
    if connection.info.transaction_status == TransactionStatus.IDLE:
        if connection.autocommit:
            return nullcontext()
        # Else transaction() would be the whole transaction, and commit it.
        await connection.execute("")
    return connection.transaction()


def _is_lost(connection: psycopg.AsyncConnection[Any]) -> bool:
    """Whether the server has closed an idle connection (a restart, a timeout); takes no round trip.

    The pool's own check would wait longer and longer between one lost connection and the next.
    """
    try:
        # The first may read the server's last words, the second then finds the end.
        connection.pgconn.consume_input()
        connection.pgconn.consume_input()
    except psycopg.OperationalError:
        return True
    return False
