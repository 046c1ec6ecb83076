# Made of vecs_sql/_async/connection.py by tools/async_to_sync.py: change that, then run `make format`.
"""Connections and cursors of the client, and waits for the server that end in time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, Protocol

import psycopg
from psycopg import waiting
from psycopg.abc import PQGen
from psycopg.pq import TransactionStatus
from psycopg.rows import tuple_row

from vecs_sql import exc
from vecs_sql._acompat import cancel, wait_for
from vecs_sql._deadline import Deadline, DeadlineExceeded, remaining, until
from vecs_sql._protocol import codecs

# How long the server may take to cancel a call that has timed out, and one that Ctrl-C has interrupted.
_CANCEL_SECONDS = 2.0
INTERRUPT_SECONDS = 0.6
# How often a wait checks whether it was interrupted or is over.
_INTERVAL_SECONDS = 0.1


class Connection(psycopg.Connection[Any]):
    """A connection that the client has opened.

    Attributes:
        cursor_for_calls: The cursor of all calls, kept because it has cached how to convert values.
        deadline: When a wait for the server ends; None: never.
        generation: That of the pool when the connection was first used; see `Connections.expire`.
    """

    cursor_for_calls: Cursor | None = None
    deadline: Deadline | None = None
    generation: int = 0

    def wait(
        self, gen: PQGen[Any], interval: float = _INTERVAL_SECONDS, timeout: float | None = None
    ) -> Any:  # noqa: ANN401 -- what the generator returns
        """Wait for the server until the deadline."""
        return _wait(self, gen, self)


class Cursor(psycopg.Cursor[tuple[Any, ...]]):
    """The cursor for everything that the client sends, on its own connections and on the caller's.

    Nothing is prepared unless it is asked for, not even by psycopg itself after the fifth execution: behind a pooler
    the next statement may reach a server process that knows nothing of it.
    """

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        # Not connection.cursor(): the cursors of a caller's connection may have other placeholders.
        super().__init__(connection, row_factory=tuple_row)
        codecs.register(self.adapters)

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


def cursor_for_calls(connection: psycopg.Connection[Any]) -> Cursor:
    """Return the cursor to call SQL functions with; on a connection of the client always the same."""
    if not isinstance(connection, Connection):
        return Cursor(connection)
    if connection.cursor_for_calls is None:
        connection.cursor_for_calls = Cursor(connection)
    return connection.cursor_for_calls


def open_connection(conninfo: str, deadline: Deadline | None) -> Connection:
    """Open a connection in autocommit mode.

    Raises:
        exc.Timeout: The deadline has passed.
    """
    try:
        connection = wait_for(remaining(deadline), Connection.connect, conninfo, autocommit=True)
    except DeadlineExceeded as error:
        assert deadline is not None
        raise no_connection(deadline) from error
    connection.deadline = deadline
    return connection


def no_connection(deadline: Deadline, detail: str | None = None) -> exc.Timeout:
    """Return the error for a deadline that passed before there was a connection."""
    return exc.Timeout(
        f"there was no connection to the server within {deadline.seconds:g} s",
        detail=detail,
        hint="Check whether it runs and answers: psql with the same URL.",
    )


def is_lost(connection: psycopg.Connection[Any]) -> bool:
    """Check without a round trip whether the server has closed an idle connection (a restart, a timeout).

    The pool's own check would wait longer and longer between one lost connection and the next.
    """
    try:
        # The first call may read the server's last message, the second then finds the end.
        connection.pgconn.consume_input()
        connection.pgconn.consume_input()
    except psycopg.OperationalError:
        return True
    return False


# Deadlines


class _HasDeadline(Protocol):
    deadline: Deadline | None


class _BoundedWait:
    """Takes the place of the method `wait` of a caller's connection while the client uses it.

    Args:
        connection: The connection.
        deadline: When a wait for the server ends.
    """

    def __init__(self, connection: psycopg.Connection[Any], deadline: Deadline | None) -> None:
        self._connection = connection
        self.deadline = deadline

    def __call__(
        self, gen: PQGen[Any], interval: float = _INTERVAL_SECONDS, timeout: float | None = None
    ) -> Any:  # noqa: ANN401
        """Wait for the server until the deadline."""
        return _wait(self._connection, gen, self)


@contextmanager
def bounded(connection: psycopg.Connection[Any], deadline: Deadline | None) -> Iterator[None]:
    """Let the waits on a caller's connection end at a deadline, until the context is left."""
    before = vars(connection).get("wait")
    vars(connection)["wait"] = _BoundedWait(connection, deadline)
    try:
        yield
    finally:
        del vars(connection)["wait"]
        if before is not None:
            vars(connection)["wait"] = before


def set_deadline(connection: psycopg.Connection[Any], deadline: Deadline | None) -> None:
    """Move the deadline of the waits on a connection that is in use."""
    bounded: _HasDeadline = (
        connection if isinstance(connection, Connection) else vars(connection)["wait"]
    )
    bounded.deadline = deadline


def _wait(connection: psycopg.Connection[Any], gen: PQGen[Any], bounded: _HasDeadline) -> Any:  # noqa: ANN401
    """Wait for the server until the deadline or an interruption, and then cancel the statement.

    Raises:
        exc.Timeout: The deadline has passed. A statement that the server completes all the same is no error.
    """
    deadline, waited = bounded.deadline, gen
    try:
        if deadline is not None:
            waited = until(gen, deadline)
        return waiting.wait(waited, connection.pgconn.socket, interval=_INTERVAL_SECONDS)
    except DeadlineExceeded:
        pass
    except psycopg.Error:
        raise
    except BaseException:  # Ctrl-C, or another interruption
        if connection.pgconn.transaction_status == TransactionStatus.ACTIVE:
            with suppress(psycopg.Error, DeadlineExceeded):
                _cancel(connection, gen, bounded, INTERRUPT_SECONDS)
        raise
    assert deadline is not None
    try:
        return _cancel(connection, gen, bounded, _CANCEL_SECONDS)
    except psycopg.errors.QueryCanceled:
        detail = "It was cancelled."
    except DeadlineExceeded:
        detail = (
            "It did not answer the request to cancel either: the connection is closed, and it is not known whether"
            " the call was completed."
        )
    raise exc.Timeout(
        f"the server did not answer within {deadline.seconds:g} s",
        detail=detail,
        hint="pg_stat_activity shows what it is doing; a larger timeout gives it longer.",
    )


def _cancel(
    connection: psycopg.Connection[Any],
    gen: PQGen[Any],
    bounded: _HasDeadline,
    seconds: float,
) -> Any:  # noqa: ANN401
    """Cancel the running statement and wait for the server's answer; if none comes, close the connection."""
    # It holds for what follows, too, such as ROLLBACK.
    bounded.deadline = deadline = Deadline(seconds)
    try:
        cancel(connection, seconds)
        return waiting.wait(
            until(gen, deadline), connection.pgconn.socket, interval=_INTERVAL_SECONDS
        )
    except psycopg.Error:
        raise
    except BaseException:  # no answer, or another interruption
        connection.pgconn.finish()
        raise
