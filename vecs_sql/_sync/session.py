# Made of vecs_sql/_async/session.py by tools/async_to_sync.py: change that, then run `make format`.
"""Calls of SQL functions: connecting, sending, errors and notices, and recovery when the database has changed."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from os import PathLike
from typing import TYPE_CHECKING, Any, TypeVar

import psycopg

from vecs_sql import _url, exc
from vecs_sql._acompat import RLock, run_blocking
from vecs_sql._deadline import Deadline, check_timeout, deadline_after
from vecs_sql._layer import version
from vecs_sql._protocol import functions
from vecs_sql._protocol.arguments import check_texts
from vecs_sql._protocol.codecs import VectorsParameter
from vecs_sql._protocol.filters import with_message_of_vecs
from vecs_sql._protocol.notices import Notices, warn
from vecs_sql._sync.connection import Connection, cursor_for_calls
from vecs_sql._sync.installer import install, look
from vecs_sql._sync.pipeline import Pipeline, pipeline
from vecs_sql._sync.pool import Connections

if TYPE_CHECKING:
    from vecs_sql.embedded import Server

T = TypeVar("T")
_logger = logging.getLogger("vecs_sql")

# Installing the layer may take longer than a call.
_INSTALL_SECONDS = 60.0


class Session:
    """Calls the functions of the SQL layer in one database.

    Args:
        source: A URL in any form, a psycopg connection, a psycopg_pool pool, or None: the embedded server.
        data: The data folder of the embedded server.
        pool_size: The number of connections to open at most, for a URL.
        prepare: Whether to prepare the statements of searches; None: if there is no pooler.
        timeout: Seconds that a call waits for the server; None: without limit.

    Attributes:
        pgvector_version: The version of pgvector in the database.
        vector_oid: The oid of the type vector in the database.
    """

    def __init__(
        self,
        source: Any,  # noqa: ANN401
        *,
        data: str | PathLike[str] | None = None,
        pool_size: int = 15,
        prepare: bool | None = None,
        timeout: float | None = None,
    ) -> None:
        self.pgvector_version = ""
        self.vector_oid = 0
        self._source = source
        self._data = data
        self._pool_size = pool_size
        self._prepare = prepare
        self._timeout = check_timeout(timeout)
        self._server: Server | None = None
        self._connecting = RLock()
        self._connected = False

    # Connecting

    def connect(self) -> None:
        """Inspect the database, and install the layer if it is absent. Does nothing the second time."""
        with self._connecting:
            if self._connected:
                return
            source, reopen = self._source, None
            if source is None:
                source, reopen = run_blocking(self._start_server), self._start_server
            self._connections = Connections(
                source, pool_size=self._pool_size, timeout=self._timeout, reopen=reopen
            )
            self._inspect(may_install=True)
            self._connected = True

    def close(self) -> None:
        """Close the connections that were opened here, and stop an embedded server that was started here."""
        if not self._connected:
            return
        self._connections.close()
        if self._server is not None:
            run_blocking(self._server.stop)

    @property
    def url(self) -> str:
        """The URL of the database; with the password, unless the source is a connection.

        Raises:
            exc.Unreachable: The session has not connected yet.
        """
        if not self._connected:
            raise exc.Unreachable(
                "the client has not connected yet", hint="Call `client.connect()` first."
            )
        return _url.to_url(self._connections.conninfo)

    @property
    def commits(self) -> bool:
        """Whether calls are committed here, and not by the caller whose connection it is."""
        return not isinstance(self._source, (psycopg.Connection, psycopg.Connection))

    def _inspect(self, *, may_install: bool) -> None:
        """Find out the versions in the database, and install the layer if it is absent.

        Raises:
            exc.Unsupported: The layer is absent and may not be installed, or this client does not work with it.
        """
        with self._connections.first(deadline_after(self._timeout)) as connection:
            layer = look(connection)
        if layer.version is None:
            if not may_install:
                raise exc.Unsupported(
                    "the SQL layer is no longer in the database",
                    hint="If a restore is in progress, try again when it is done. Otherwise install the layer with "
                    "`vecs-sql install URL`.",
                )
            if layer.standby:
                raise exc.Unsupported(
                    "the SQL layer is not in the database, and nothing can be installed on a standby",
                    hint="Install it on the primary, with `vecs-sql install URL`. The standby has it then, too.",
                )
            seconds = None if self._timeout is None else max(self._timeout, _INSTALL_SECONDS)
            with self._connections.first(deadline_after(seconds)) as connection:
                install(connection)
                layer = look(connection)
        _check_version(layer)
        self.pgvector_version = layer.pgvector
        self.vector_oid = layer.vector_oid
        if not layer.direct:
            _logger.info("a pooler is between client and server: no statement is prepared")
        if self._prepare is None:
            self._prepare = layer.direct and self._connections.may_prepare

    def _start_server(self) -> str:
        """Start the embedded server, and return its URL."""
        from vecs_sql import embedded

        before, self._server = self._server, embedded.start(self._data)
        if before is not None:
            before.stop()  # releases its share of the server; the new one has its own
        return self._server.url

    # Recovery

    def recover(self, error: psycopg.Error, *, may_install: bool = False) -> bool:
        """Inspect the database again if an error may mean that it was replaced or restored.

        Returns whether to repeat the call, of which the server has done nothing.
        """
        if error.sqlstate not in version.STALE:
            return False
        if error.sqlstate in version.NOT_PREPARED or not self._connections.may_prepare:
            # There is a pooler after all, or a caller's connection has stale statements.
            self._prepare = False
        with self._connecting:
            self._connections.expire()
            self._inspect(may_install=may_install)
        _logger.info("reconnected after SQLSTATE %s: the database has changed", error.sqlstate)
        return True

    def with_recovery(self, attempt: Callable[[], T]) -> T:
        """Run a transaction, a second time if the database turns out to have changed."""
        try:
            return attempt()
        except psycopg.Error as error:
            if not self.recover(error):
                raise
            return attempt()

    # Calls

    @property
    def keeps_settings(self) -> bool:
        """Whether what a statement sets holds for the next one: there is no pooler in transaction mode between."""
        return bool(self._prepare)

    @property
    def conninfo(self) -> str:
        """The connection string, with its password unless the client was made with a connection."""
        return self._connections.conninfo

    def deadline(self, timeout: float | None = None) -> Deadline | None:
        """Return the deadline of a call that begins now; a timeout of None is that of the session.

        Raises:
            exc.ArgError: timeout is not a number above 0.
        """
        return deadline_after(self._timeout if timeout is None else check_timeout(timeout))

    def call(
        self,
        function: functions.Function,
        parameters: Mapping[str, Any] | None = None,
        *,
        timeout: float | None = None,
    ) -> list[tuple[Any, ...]]:
        """Call a SQL function in a transaction of its own, and return its rows.

        Notices of the layer (no index covers the search, a filter looks wrong) become warnings.
        """
        check_texts(parameters or {})
        deadline = self.deadline(timeout)
        if not self._connected:
            self.connect()
        notices = Notices(parameters)
        try:
            rows = self._call_once(function, parameters, deadline, notices)
        except psycopg.Error as error:
            may_install = function in (
                functions.COLLECTIONS,
                functions.CREATE_COLLECTION,
                functions.ADOPT,
            )
            if not self.recover(error, may_install=may_install):
                raise
            notices = Notices(parameters)
            rows = self._call_once(function, parameters, deadline, notices)
        notices.warn()
        return rows

    def _call_once(
        self,
        function: functions.Function,
        parameters: Mapping[str, Any] | None,
        deadline: Deadline | None,
        notices: Notices,
    ) -> list[tuple[Any, ...]]:
        for value in (parameters or {}).values():
            if isinstance(value, VectorsParameter):
                # Unknown before the client connects, and another one after a restore.
                value.oid = self.vector_oid
        with self._connections.connection(deadline) as connection:
            return self._execute(connection, function, parameters, notices)

    def call_on(
        self,
        connection: psycopg.Connection[Any],
        function: functions.Function,
        parameters: Mapping[str, Any],
        notices: Notices | None = None,
    ) -> list[tuple[Any, ...]]:
        """Call a SQL function on a connection, as part of a transaction there.

        The caller warns of the notices after the transaction: as an error, a warning would roll it back.
        """
        check_texts(parameters)
        return self._execute(connection, function, parameters, notices or Notices(parameters))

    def _execute(
        self,
        connection: psycopg.Connection[Any],
        function: functions.Function,
        parameters: Mapping[str, Any] | None,
        notices: Notices,
    ) -> list[tuple[Any, ...]]:
        cursor = cursor_for_calls(connection)
        started = time.perf_counter()
        connection.add_notice_handler(notices.add)
        try:
            prepare = bool(self._prepare) and function.name == "query"
            cursor.send(function.statement, parameters, prepare=prepare)
            rows = cursor.fetchall()
        except psycopg.Error as error:
            ours = exc.from_database(error)
            if ours is None:
                raise
            if isinstance(ours, exc.FilterError) and parameters:
                ours = with_message_of_vecs(ours, parameters["filters"])
            raise ours from error
        finally:
            connection.remove_notice_handler(notices.add)
        if _logger.isEnabledFor(logging.DEBUG):
            milliseconds = 1000 * (time.perf_counter() - started)
            _logger.debug("vecs.%s: %d rows, %.1f ms", function.name, len(rows), milliseconds)
        return rows

    @contextmanager
    def transaction(self, deadline: Deadline | None) -> Iterator[psycopg.Connection[Any]]:
        """Begin a transaction on one connection, inside the caller's if there is one."""
        if not self._connected:
            self.connect()
        with (
            self._connections.connection(deadline) as connection,
            connection.transaction(),
        ):
            yield connection

    @contextmanager
    def outside_transaction(self, deadline: Deadline | None) -> Iterator[psycopg.Connection[Any]]:
        """Borrow a connection on which each statement is a transaction of its own.

        Raises:
            exc.ArgError: The client was made with a connection or pool of the caller.
        """
        if not self._connected:
            self.connect()
        with self._connections.connection(deadline) as connection:
            if not isinstance(connection, Connection):
                raise exc.ArgError(
                    "no index can be built concurrently on a connection or pool that was handed in",
                    hint="Make a client with a URL for it.",
                )
            yield connection

    @contextmanager
    def pipeline(
        self, deadline: Deadline | None
    ) -> Iterator[tuple[Pipeline, psycopg.Connection[Any]]]:
        """Begin a transaction whose calls are sent in pipeline mode."""
        try:
            with self.transaction(deadline) as connection, pipeline(connection) as calls:
                yield calls, connection
        except psycopg.Error as error:
            ours = exc.from_database(error)
            if ours is None:
                raise
            raise ours from error


def _check_version(layer: version.Layer) -> None:
    """Warn of an older layer, and refuse one that this client does not work with."""
    found = version.disagreement(layer.version or "0")
    if found is None:
        return
    is_refused, message = found
    hint = "Run `vecs-sql upgrade URL` with the newer package, or install the package that fits the database."
    if is_refused:
        raise exc.Unsupported(message, hint=hint)
    warn(f"{message}. {hint}")
