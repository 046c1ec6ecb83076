# Made of vecs_sql/_async/pool.py by tools/async_to_sync.py: change that, then run `make format`.
"""Connections: from a URL, a connection or a pool; what is sent on them, and how long it is waited for."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import Any, Protocol

import psycopg
from psycopg import waiting
from psycopg.abc import PQGen
from psycopg.pq import TransactionStatus
from psycopg.rows import tuple_row
from psycopg_pool import ConnectionPool, PoolTimeout

from vecs_sql import _url, exc
from vecs_sql._acompat import (
    Line,
    Turn,
    cancel,
    check_left,
    in_thread,
    within,
    world,
)
from vecs_sql._protocol import convert as _convert
from vecs_sql._protocol.arguments import a_type
from vecs_sql._waiting import Deadline, TimeIsUp, left, until

# How long to wait for a connection of the pool before looking whether there is a server at all.
_PATIENCE_SECONDS = 2.0
# How long the server may take to cancel what has run out of time, and what Ctrl-C has interrupted.
_CANCEL_SECONDS = 2.0
_INTERRUPT_SECONDS = 0.6
# How often a wait looks whether it was interrupted, or is over.
_INTERVAL_SECONDS = 0.1


class OurConnection(psycopg.Connection[Any]):
    """A connection that was opened here.

    Attributes:
        calls: The cursor that all calls go through: it remembers how to convert.
        deadline: When waiting for the server ends; None: when it answers.
        era: When it was first used; see `Connections.forget`.
    """

    calls: OurCursor | None = None
    deadline: Deadline | None = None
    era: int = 0

    def wait(
        self, gen: PQGen[Any], interval: float = _INTERVAL_SECONDS, timeout: float | None = None
    ) -> Any:  # noqa: ANN401 -- what the generator returns
        """Wait for the server, as long as it may take."""
        return _wait(self, gen, self)


class OurCursor(psycopg.Cursor[tuple[Any, ...]]):
    """A cursor for our calls, on any connection: all that the client sends goes through it.

    Nothing is prepared unless it is asked for, not even by psycopg itself after the fifth time. Behind a pooler, the
    next statement may reach a server process that knows nothing of it.
    """

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        # Not connection.cursor(): a caller's connection may make cursors with other placeholders.
        super().__init__(connection, row_factory=tuple_row)
        _convert.register(self.adapters)

    def send(
        self,
        statement: bytes,
        parameters: Any = None,  # noqa: ANN401 -- a mapping or a sequence
        *,
        prepare: bool = False,
        binary: bool = True,
    ) -> None:
        """Execute a statement; in pipeline mode, send it."""
        self.execute(statement, parameters, prepare=prepare, binary=binary)


class _Clock(Protocol):
    deadline: Deadline | None


class Waits:
    """The waits on a connection of the caller's while it is used here.

    Args:
        connection: The connection.
        deadline: When waiting for the server ends.
    """

    def __init__(self, connection: psycopg.Connection[Any], deadline: Deadline | None) -> None:
        self._connection = connection
        self.deadline = deadline

    def __call__(
        self, gen: PQGen[Any], interval: float = _INTERVAL_SECONDS, timeout: float | None = None
    ) -> Any:  # noqa: ANN401
        """Wait for the server, as long as it may take."""
        return _wait(self._connection, gen, self)


def _wait(connection: psycopg.Connection[Any], gen: PQGen[Any], clock: _Clock) -> Any:  # noqa: ANN401
    """Wait for the server until the time is up, or an interruption; then let it cancel what it does.

    Raises:
        exc.Timeout: The time is up. What the server finishes all the same is no error.
    """
    end, waited = clock.deadline, gen
    try:
        if end is not None:
            waited = until(gen, end)
        return waiting.wait(waited, connection.pgconn.socket, interval=_INTERVAL_SECONDS)
    except TimeIsUp:
        pass
    except psycopg.Error:
        raise
    except BaseException:  # Ctrl-C, or whatever else ends a wait from outside
        if connection.pgconn.transaction_status == TransactionStatus.ACTIVE:
            with suppress(psycopg.Error, TimeIsUp):  # cancelled, or given up
                _cancel(connection, gen, clock, _INTERRUPT_SECONDS)
        raise
    assert end is not None
    try:
        return _cancel(connection, gen, clock, _CANCEL_SECONDS)
    except psycopg.errors.QueryCanceled:
        detail = "It was cancelled."
    except TimeIsUp:
        detail = (
            "It did not answer the request to cancel, either: the connection is closed, and whether the call was"
            " done is not known."
        )
    raise exc.Timeout(
        f"the server did not answer within {end.seconds:g} s",
        detail=detail,
        hint="pg_stat_activity tells what it is busy with; a larger timeout gives it longer.",
    )


def _cancel(
    connection: psycopg.Connection[Any], gen: PQGen[Any], clock: _Clock, seconds: float
) -> Any:  # noqa: ANN401
    """Let the server cancel what is waited for, and wait for its answer; without one, close the connection."""
    clock.deadline = end = Deadline(seconds)  # for what comes after it, too, such as ROLLBACK
    try:
        cancel(connection, seconds)
        return waiting.wait(until(gen, end), connection.pgconn.socket, interval=_INTERVAL_SECONDS)
    except psycopg.Error:
        raise
    except BaseException:  # the time is up, or another interruption
        connection.pgconn.finish()
        raise


class Connections:
    """Where the client's connections come from.

    What it opens itself (from a URL) it closes; a connection or pool that was handed in stays the caller's.

    Attributes:
        may_prepare: Whether statements may be prepared on them, as far as can be told without asking the server.
    """

    def __init__(
        self,
        source: Any,  # noqa: ANN401 -- a URL in any form, a connection, a pool
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
            self.may_prepare = False  # on a connection of the caller's, unless told to
        if not isinstance(source, (str, psycopg.Connection, ConnectionPool)):
            has_url = _url.text_of(getattr(source, "url", None)) is not None
            raise exc.ArgError(
                f"cannot connect with {a_type(source)}"
                + (f": pass {type(source).__name__.lower()}.url" if has_url else ""),
                hint="Pass a URL, a psycopg.Connection or a psycopg_pool.ConnectionPool.",
            )
        self._source = source
        self._pool_size = pool_size
        self._timeout = timeout
        # Goes up when what was known of the database turns out to be no longer true.
        self._era = 0
        # Starts the server again, after close() or its own end; gives its URL.
        self._reopen = reopen
        self._closed = False
        self._own_pool: ConnectionPool[OurConnection] | None = None
        self._left: list[object] = []  # pools of other worlds, kept from being cleared away here
        self._world: object = None  # whose the pool is
        self._opening = Turn()
        self._turn = Turn()

    def connection(
        self, deadline: Deadline | None = None
    ) -> AbstractContextManager[psycopg.Connection[Any]]:
        """A connection for a while. From a URL it is in autocommit mode.

        On a connection of the caller's, what is done is a part of its transaction, which an error leaves usable.

        Args:
            deadline: When waiting for it, and for the server on it, ends.
        """
        if isinstance(self._source, str):
            return _Borrowed(self, deadline)
        if isinstance(self._source, psycopg.Connection):
            return self._turn_on(self._source, deadline)
        return self._out_of(self._source, deadline)

    @contextmanager
    def _turn_on(
        self, connection: psycopg.Connection[Any], deadline: Deadline | None
    ) -> Iterator[psycopg.Connection[Any]]:
        with self._turn, _bounded(connection, deadline), _savepoint(connection):
            yield connection

    @contextmanager
    def _out_of(
        self, pool: ConnectionPool[Any], deadline: Deadline | None
    ) -> Iterator[psycopg.Connection[Any]]:
        come = False
        try:
            with pool.connection(timeout=left(deadline)) as connection:
                come = True
                # Entered again, for its commit or rollback to be bounded, too.
                with _bounded(connection, deadline), connection:
                    yield connection
        except PoolTimeout as error:
            if come or deadline is None:
                raise
            raise _no_connection(deadline, str(error)) from error

    def forget(self) -> None:
        """Use no connection again that was used until now: what is prepared there may be of what is gone."""
        self._era += 1

    def is_current(self, connection: OurConnection) -> bool:
        """Whether a connection knows nothing that is forgotten."""
        if connection.calls is None:  # it is new
            connection.era = self._era
        return connection.era == self._era

    @contextmanager
    def first(self, deadline: Deadline | None = None) -> Iterator[psycopg.Connection[Any]]:
        """A connection to look at the other side with: fails at once where a pool would go on trying."""
        if isinstance(self._source, str):
            with _opened(self._source, deadline) as connection:
                yield connection
        else:
            with self.connection(deadline) as connection:
                yield connection

    def close(self) -> None:
        """Close what was opened here. The next use opens it again."""
        with self._opening:
            pool, self._own_pool = self._own_pool, None
            self._closed = True
        if pool is not None and self._world == world():
            # A worker that waits for a server that hangs is not waited for.
            pool.close(timeout=_INTERRUPT_SECONDS)

    def pool(self) -> tuple[ConnectionPool[OurConnection], Line]:
        """The pool of ours, opened where it is not, and the line before it."""
        if self._own_pool is None or self._world != world():
            return self._open_pool()
        return self._own_pool, self._line

    def _open_pool(self) -> tuple[ConnectionPool[OurConnection], Line]:
        assert isinstance(self._source, str)
        with self._opening:
            if self._own_pool is None or self._world != world():
                if self._own_pool is not None:
                    check_left(self._world)
                # The pool of a loop that has ended cannot even be closed; that of the process from which this one
                # was forked is still in use there.
                if self._own_pool is not None:
                    self._left.append(self._own_pool)
                if self._closed and self._reopen is not None:
                    self._source = _url.conninfo(in_thread(self._reopen))
                self._closed = False
                pool: ConnectionPool[OurConnection] = ConnectionPool(
                    self._source,
                    kwargs=self._arguments(),
                    connection_class=OurConnection,
                    min_size=0,
                    max_size=self._pool_size,
                    open=False,
                    name="vecs-sql",
                )
                pool.open()
                self._own_pool, self._world = pool, world()
                self._line = Line(self._pool_size)
            return self._own_pool, self._line

    def _arguments(self) -> dict[str, Any]:
        """Return the parameters of the pool's connections; its workers need not try longer than calls wait."""
        named: dict[str, Any] = {"autocommit": True}
        if self._timeout is not None and self._timeout < math.inf:
            named["connect_timeout"] = max(2, math.ceil(self._timeout))
        return named

    def get(self, pool: ConnectionPool[OurConnection], deadline: Deadline | None) -> OurConnection:
        """A connection out of the pool."""
        patience = _PATIENCE_SECONDS if deadline is None else min(_PATIENCE_SECONDS, deadline.left)
        try:
            return pool.getconn(timeout=patience)
        except PoolTimeout as error:
            if deadline is not None and not deadline.left:
                raise _no_connection(deadline, str(error)) from error
        # All are in use, or the server is down: a connection of one's own says so at once, the pool would go on.
        try:
            (_opened(str(pool.conninfo), deadline)).close()
        except psycopg.OperationalError:
            if self._reopen is None:
                raise
            in_thread(self._reopen)
        try:
            return pool.getconn(timeout=left(deadline))
        except PoolTimeout as error:
            says = (
                f"{error}: all {pool.max_size} connections of the client are in use (see pool_size)"
            )
            if deadline is not None:
                raise _no_connection(deadline, says) from error
            raise PoolTimeout(says) from None


def _opened(conninfo: str, deadline: Deadline | None) -> OurConnection:
    """A new connection."""
    try:
        connection = within(left(deadline), OurConnection.connect, conninfo, autocommit=True)
    except TimeIsUp as error:
        assert deadline is not None
        raise _no_connection(deadline) from error
    connection.deadline = deadline
    return connection


def _no_connection(deadline: Deadline, detail: str | None = None) -> exc.Timeout:
    return exc.Timeout(
        f"there was no connection to the server within {deadline.seconds:g} s",
        detail=detail,
        hint="See whether it runs and answers: psql with the same URL.",
    )


class _Borrowed(AbstractContextManager[psycopg.Connection[Any]]):
    """A connection out of a pool of ours, which needs no commit: it is in autocommit mode."""

    __slots__ = ("_connection", "_connections", "_deadline", "_line", "_pool")

    def __init__(self, connections: Connections, deadline: Deadline | None) -> None:
        self._connections = connections
        self._deadline = deadline

    def __enter__(self) -> psycopg.Connection[Any]:
        connections, deadline = self._connections, self._deadline
        self._pool, self._line = connections.pool()
        try:
            seconds = None if deadline is None else deadline.left
            connection: OurConnection | None = self._line.enter(seconds)
        except TimeIsUp as error:
            assert deadline is not None
            raise _no_connection(deadline, "All its connections are in use.") from error
        try:
            if connection is None:
                connection = connections.get(self._pool, deadline)
            while not connections.is_current(connection) or _is_lost(connection):
                connection.close()
                self._pool.putconn(connection)
                connection = connections.get(self._pool, deadline)
        except BaseException:
            self._line.leave(None)
            raise
        connection.deadline = deadline
        self._connection = connection
        return connection

    def __exit__(self, *_: object) -> None:
        usable = self._connection.pgconn.transaction_status == TransactionStatus.IDLE
        if usable and self._line.leave(self._connection):
            return
        self._pool.putconn(self._connection)
        if not usable:
            self._line.leave(None)


def give_time(connection: psycopg.Connection[Any], deadline: Deadline | None) -> None:
    """Let the next waits on a connection that is in use here end at another time."""
    clock = connection if isinstance(connection, OurConnection) else vars(connection)["wait"]
    clock.deadline = deadline


@contextmanager
def _bounded(connection: psycopg.Connection[Any], deadline: Deadline | None) -> Iterator[None]:
    """Wait on a connection of the caller's as on ours, for a while."""
    before = vars(connection).get("wait")
    vars(connection)["wait"] = Waits(connection, deadline)
    try:
        yield
    finally:
        del vars(connection)["wait"]
        if before is not None:
            vars(connection)["wait"] = before


@contextmanager
def _savepoint(connection: psycopg.Connection[Any]) -> Iterator[None]:
    """A savepoint in the transaction that the connection is in, or by its mode begins with the first statement."""
    if connection.info.transaction_status == TransactionStatus.IDLE:
        if connection.autocommit:
            yield
            return
        # Else transaction() would be the whole transaction, and commit it.
        OurCursor(connection).send(b"", binary=False)
    try:
        with connection.transaction():
            yield
    except psycopg.errors.IdleInTransactionSessionTimeout as error:
        raise type(error)(
            "the server ended the transaction that this call was to be part of: it had been idle for longer than"
            " idle_in_transaction_session_timeout allows, and nothing of it was written. Begin it when the records"
            " are there, or let the client have the URL or a pool instead of this connection."
        ) from error


def _is_lost(connection: psycopg.Connection[Any]) -> bool:
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
