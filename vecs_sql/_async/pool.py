"""The source of connections: a pool of the client, or a connection or pool of the caller."""

from __future__ import annotations

import logging
import math
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import psycopg
from psycopg.pq import TransactionStatus
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from vecs_sql import _url, exc
from vecs_sql._acompat import ARLock, AWaiters, acheck_owner, aowner, arun_blocking
from vecs_sql._async.connection import (
    INTERRUPT_SECONDS,
    AsyncConnection,
    AsyncCursor,
    bounded,
    is_lost,
    no_connection,
    open_connection,
)
from vecs_sql._deadline import Deadline, DeadlineExceeded, remaining
from vecs_sql._protocol.arguments import type_with_article

_logger = logging.getLogger("vecs_sql")

# How long to wait for a connection of the pool before checking whether there is a server at all.
_PATIENCE_SECONDS = 2.0


class AsyncConnections:
    """The connections of a client.

    Those that are opened here (from a URL) are closed here; a connection or pool that was handed in stays the caller's.

    Args:
        source: A URL in any form, a psycopg connection, or a psycopg_pool pool.
        pool_size: The number of connections to open at most, for a URL.
        timeout: Seconds that calls wait, as far as known; opening a connection in the background takes no longer.
        reopen: Starts the embedded server again, after `close` or when it has died; returns its URL.

    Attributes:
        may_prepare: Whether statements may be prepared, as far as it is known without asking the server.
    """

    def __init__(
        self,
        source: Any,  # noqa: ANN401
        *,
        pool_size: int = 15,
        timeout: float | None = None,
        reopen: Callable[[], str] | None = None,
    ) -> None:
        text = _url.text_of(source)
        if text is not None:
            found = _url.target(text)
            source, self.may_prepare = found.conninfo, found.prepare
        else:
            self.may_prepare = False  # on a caller's connection only on request
        if not isinstance(source, (str, psycopg.AsyncConnection, AsyncConnectionPool)):
            has_url = _url.text_of(getattr(source, "url", None)) is not None
            raise exc.ArgError(
                f"cannot connect with {type_with_article(source)}"
                + (f": pass {type(source).__name__.lower()}.url" if has_url else ""),
                hint="Pass a URL, a psycopg.AsyncConnection or a psycopg_pool.AsyncConnectionPool.",
            )
        self._source = source
        self._pool_size = pool_size
        self._timeout = timeout
        self._generation = 0
        self._reopen = reopen
        self._closed = False
        self._pool: AsyncConnectionPool[AsyncConnection] | None = None
        self._pool_owner: object = None
        self._abandoned: list[object] = []  # pools of other owners, kept from being finalized here
        self._opening = ARLock()
        self._in_use = ARLock()  # the caller's connection

    @property
    def conninfo(self) -> str:
        """The connection string, with its password unless the source is a connection."""
        if isinstance(self._source, str):
            return self._source
        if isinstance(self._source, psycopg.AsyncConnection):
            return self._source.info.dsn
        conninfo = self._source.conninfo
        assert isinstance(conninfo, str)
        return conninfo

    def connection(
        self, deadline: Deadline | None = None
    ) -> AbstractAsyncContextManager[psycopg.AsyncConnection[Any]]:
        """Borrow a connection. If it comes from a URL, it is in autocommit mode.

        On a connection of the caller, what is done is part of the caller's transaction, and an error leaves that
        usable.

        Args:
            deadline: When waiting for the connection, and for the server on it, ends.
        """
        if isinstance(self._source, str):
            return _Borrowed(self, deadline)
        if isinstance(self._source, psycopg.AsyncConnection):
            return self._connection_of_caller(self._source, deadline)
        return self._from_pool_of_caller(self._source, deadline)

    @asynccontextmanager
    async def _connection_of_caller(
        self, connection: psycopg.AsyncConnection[Any], deadline: Deadline | None
    ) -> AsyncIterator[psycopg.AsyncConnection[Any]]:
        async with self._in_use, bounded(connection, deadline), _savepoint(connection):
            yield connection

    @asynccontextmanager
    async def _from_pool_of_caller(
        self, pool: AsyncConnectionPool[Any], deadline: Deadline | None
    ) -> AsyncIterator[psycopg.AsyncConnection[Any]]:
        borrowed = False
        try:
            async with pool.connection(timeout=remaining(deadline)) as connection:
                borrowed = True
                # Entered a second time, so that its commit or rollback has the deadline, too.
                async with bounded(connection, deadline), connection:
                    yield connection
        except PoolTimeout as error:
            if borrowed or deadline is None:
                raise
            raise no_connection(deadline, str(error)) from error

    @asynccontextmanager
    async def first(
        self, deadline: Deadline | None = None
    ) -> AsyncIterator[psycopg.AsyncConnection[Any]]:
        """Borrow a connection to inspect the database; an unreachable server is an error at once, without retries."""
        if isinstance(self._source, str):
            async with await open_connection(self._source, deadline) as connection:
                yield connection
        else:
            async with self.connection(deadline) as connection:
                yield connection

    def expire(self) -> None:
        """Use none of the present connections again: their prepared statements and type oids may be stale."""
        self._generation += 1

    def is_current(self, connection: AsyncConnection) -> bool:
        """Whether a connection has not expired."""
        if connection.cursor_for_calls is None:  # it is new
            connection.generation = self._generation
        return connection.generation == self._generation

    async def close(self) -> None:
        """Close the connections that were opened here. The next use opens new ones."""
        async with self._opening:
            pool, self._pool = self._pool, None
            self._closed = True
        if pool is not None and self._pool_owner == aowner():
            # A worker that waits for a hanging server is not waited for.
            await pool.close(timeout=INTERRUPT_SECONDS)

    async def pool(self) -> tuple[AsyncConnectionPool[AsyncConnection], AWaiters]:
        """Return the client's own pool, opened if it is not yet, and the queue for its connections."""
        if self._pool is None or self._pool_owner != aowner():
            return await self._open_pool()
        return self._pool, self._waiters

    async def _open_pool(self) -> tuple[AsyncConnectionPool[AsyncConnection], AWaiters]:
        assert isinstance(self._source, str)
        async with self._opening:
            if self._pool is None or self._pool_owner != aowner():
                if self._pool is not None:
                    acheck_owner(self._pool_owner)
                    # The pool of an event loop that has ended cannot even be closed; that of the parent process is
                    # still in use there.
                    self._abandoned.append(self._pool)
                if self._closed and self._reopen is not None:
                    self._source = _url.conninfo(await arun_blocking(self._reopen))
                self._closed = False
                pool: AsyncConnectionPool[AsyncConnection] = AsyncConnectionPool(
                    self._source,
                    kwargs=self._connection_arguments(),
                    connection_class=AsyncConnection,
                    min_size=0,
                    max_size=self._pool_size,
                    open=False,
                    name="vecs-sql",
                )
                await pool.open()
                self._pool, self._pool_owner = pool, aowner()
                self._waiters = AWaiters(self._pool_size)
            return self._pool, self._waiters

    def _connection_arguments(self) -> dict[str, Any]:
        """Return the arguments of the pool's connections; its workers need not try longer than calls wait."""
        arguments: dict[str, Any] = {"autocommit": True}
        if self._timeout is not None and self._timeout < math.inf:
            arguments["connect_timeout"] = max(2, math.ceil(self._timeout))
        return arguments

    async def get(
        self, pool: AsyncConnectionPool[AsyncConnection], deadline: Deadline | None
    ) -> AsyncConnection:
        """Take a connection out of the pool."""
        patience = (
            _PATIENCE_SECONDS if deadline is None else min(_PATIENCE_SECONDS, deadline.remaining)
        )
        try:
            return await pool.getconn(timeout=patience)
        except PoolTimeout as error:
            if deadline is not None and not deadline.remaining:
                raise no_connection(deadline, str(error)) from error
        # All are in use, or the server is down: the pool would keep trying, a separate connection fails at once.
        try:
            await (await open_connection(str(pool.conninfo), deadline)).close()
        except psycopg.OperationalError:
            if self._reopen is None:
                raise
            _logger.info("the embedded server has ended; it is started again")
            await arun_blocking(self._reopen)
        try:
            return await pool.getconn(timeout=remaining(deadline))
        except PoolTimeout as error:
            message = (
                f"{error}: all {pool.max_size} connections of the client are in use (see pool_size)"
            )
            if deadline is not None:
                raise no_connection(deadline, message) from error
            raise PoolTimeout(message) from None


class _Borrowed(AbstractAsyncContextManager[psycopg.AsyncConnection[Any]]):
    """A connection out of the client's own pool. It needs no commit: it is in autocommit mode."""

    __slots__ = ("_connection", "_connections", "_deadline", "_pool", "_waiters")

    def __init__(self, connections: AsyncConnections, deadline: Deadline | None) -> None:
        self._connections = connections
        self._deadline = deadline

    async def __aenter__(self) -> psycopg.AsyncConnection[Any]:
        connections, deadline = self._connections, self._deadline
        self._pool, self._waiters = await connections.pool()
        try:
            connection: AsyncConnection | None = await self._waiters.acquire(remaining(deadline))
        except DeadlineExceeded as error:
            assert deadline is not None
            raise no_connection(deadline, "All its connections are in use.") from error
        try:
            if connection is None:
                connection = await connections.get(self._pool, deadline)
            while not connections.is_current(connection) or is_lost(connection):
                await connection.close()
                await self._pool.putconn(connection)
                connection = await connections.get(self._pool, deadline)
        except BaseException:
            self._waiters.release(None)
            raise
        connection.deadline = deadline
        self._connection = connection
        return connection

    async def __aexit__(self, *_: object) -> None:
        usable = self._connection.pgconn.transaction_status == TransactionStatus.IDLE
        if usable and self._waiters.release(self._connection):
            return
        await self._pool.putconn(self._connection)
        if not usable:
            self._waiters.release(None)


@asynccontextmanager
async def _savepoint(connection: psycopg.AsyncConnection[Any]) -> AsyncIterator[None]:
    """Set a savepoint in the caller's transaction, which is begun unless the connection is in autocommit mode."""
    if connection.info.transaction_status == TransactionStatus.IDLE:
        if connection.autocommit:
            yield
            return
        # Otherwise transaction() would be the whole transaction, and commit it.
        await AsyncCursor(connection).send(b"", binary=False)
    try:
        async with connection.transaction():
            yield
    except psycopg.errors.IdleInTransactionSessionTimeout as error:
        raise type(error)(
            "the server ended the transaction that this call was to be part of: it had been idle for longer than"
            " idle_in_transaction_session_timeout allows, and nothing of it was written. Begin it when the records"
            " are there, or make the client of a URL or a pool instead of this connection."
        ) from error
