"""Connections: from a URL, a connection or a pool, and what is on the other side."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.pq import TransactionStatus
from psycopg.rows import tuple_row
from psycopg_pool import ConnectionPool, PoolTimeout

from vecs_sql import exc
from vecs_sql._version import __version__

# How long to wait for a connection of the pool before looking whether there is a server at all.
_PATIENCE_SECONDS = 2.0

_SCHEME = re.compile(r"^(postgres(?:ql)?)(\+\w+)?://")


def conninfo(url: str) -> str:
    """What libpq takes, from a URL with any of the schemes that SQLAlchemy and others know, or from key=value pairs."""
    if not url.strip():
        raise exc.ArgError(
            "the URL of the database is empty",
            hint="Write postgresql://user:password@host:5432/database.",
        )
    if "://" in url and not _SCHEME.match(url):
        raise exc.ArgError(
            f'not a PostgreSQL URL: "{url.split("://")[0]}://..."',
            hint="Write postgresql://user:password@host:5432/database.",
        )
    return _SCHEME.sub("postgresql://", url)


def connect(url: str, *, autocommit: bool = False) -> psycopg.Connection[Any]:
    """A new connection."""
    return psycopg.connect(conninfo(url), autocommit=autocommit)


class OurConnection(psycopg.Connection[Any]):
    """A connection that was opened here, with the cursor that all calls go through: it remembers how to convert."""

    calls: psycopg.Cursor[tuple[Any, ...]] | None = None


class Connections:
    """Where the client's connections come from.

    What it opens itself (from a URL) it closes; a connection or pool that was handed in stays the caller's.
    """

    def __init__(
        self,
        source: str | psycopg.Connection[Any] | ConnectionPool[Any],
        *,
        pool_size: int = 15,
        reopen: Callable[[], str] | None = None,
    ) -> None:
        if not isinstance(source, (str, psycopg.Connection, ConnectionPool)):
            raise exc.ArgError(
                f"can not connect by a {type(source).__name__}",
                hint="Pass a URL, a psycopg.Connection or a psycopg_pool.ConnectionPool.",
            )
        self._source = source
        self._pool_size = pool_size
        self._reopen = (
            reopen  # starts the server again, after close() or its own end; gives its URL
        )
        self._closed = False
        self._own_pool: ConnectionPool[Any] | None = None
        self._lock = threading.Lock()
        self._turn = threading.RLock()

    def connection(self) -> AbstractContextManager[psycopg.Connection[Any]]:
        """A connection for a while. From a URL it is in autocommit mode.

        On a connection of the caller's, what is done is a part of its transaction, which an error leaves usable.
        """
        if isinstance(self._source, str):
            return _Borrowed(self._pool(), self._reopen)
        if isinstance(self._source, psycopg.Connection):
            return self._turn_on(self._source)
        return self._source.connection()

    @contextmanager
    def _turn_on(self, connection: psycopg.Connection[Any]) -> Iterator[psycopg.Connection[Any]]:
        with self._turn, _savepoint(connection):
            yield connection

    @property
    def are_ours(self) -> bool:
        """Whether the connections were opened here, and nobody else uses them."""
        return isinstance(self._source, str)

    @contextmanager
    def first(self) -> Iterator[psycopg.Connection[Any]]:
        """A connection to look at the other side with: fails at once where a pool would go on trying."""
        if isinstance(self._source, str):
            with connect(self._source, autocommit=True) as connection:
                yield connection
        else:
            with self.connection() as connection:
                yield connection

    def close(self) -> None:
        """Close what was opened here. The next use opens it again."""
        with self._lock:
            pool, self._own_pool = self._own_pool, None
            self._closed = True
        if pool is not None:
            pool.close()

    def _pool(self) -> ConnectionPool[Any]:
        assert isinstance(self._source, str)
        with self._lock:
            if self._own_pool is None:
                if self._closed and self._reopen is not None:
                    self._source = self._reopen()
                self._closed = False
                self._own_pool = ConnectionPool(
                    conninfo(self._source),
                    kwargs={"autocommit": True},
                    connection_class=OurConnection,
                    min_size=0,
                    max_size=self._pool_size,
                    open=True,
                    name="vecs-sql",
                )
            return self._own_pool


class _Borrowed(AbstractContextManager[psycopg.Connection[Any]]):
    """A connection out of a pool of ours, which needs no commit: it is in autocommit mode."""

    __slots__ = ("_connection", "_pool", "_reopen")

    def __init__(self, pool: ConnectionPool[Any], reopen: Callable[[], str] | None) -> None:
        self._pool = pool
        self._reopen = reopen

    def __enter__(self) -> psycopg.Connection[Any]:
        connection = self._get()
        while _is_lost(connection):
            self._pool.putconn(connection)
            connection = self._get()
        self._connection = connection
        return connection

    def _get(self) -> psycopg.Connection[Any]:
        connection: psycopg.Connection[Any]
        try:
            connection = self._pool.getconn(timeout=_PATIENCE_SECONDS)
        except PoolTimeout:
            # All are in use, or the server is down: a connection of one's own says so at once, the pool would go on.
            try:
                psycopg.connect(str(self._pool.conninfo)).close()
            except psycopg.OperationalError:
                if self._reopen is None:
                    raise
                self._reopen()
            connection = self._pool.getconn()
        return connection

    def __exit__(self, *_: object) -> None:
        self._pool.putconn(self._connection)


def _savepoint(connection: psycopg.Connection[Any]) -> AbstractContextManager[object]:
    """A savepoint in the transaction that the connection is in, or by its mode begins with the first statement."""
    if connection.info.transaction_status == TransactionStatus.IDLE:
        if connection.autocommit:
            return nullcontext()
        # Else transaction() would be the whole transaction, and commit it.
        connection.execute("")
    return connection.transaction()


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


@dataclass(frozen=True)
class Layer:
    """The SQL layer on the other side.

    Attributes:
        version: Its version, or None where there is none.
        pgvector: The version of pgvector; empty where there is none.
        vector_oid: The oid of pgvector's type vector in that database; 0 where there is none.
        direct: Whether the server itself is on the other side, and not a pooler: a pooler tells another process id
            than the server's.
    """

    version: str | None
    pgvector: str
    vector_oid: int
    direct: bool


_LOOK = """
    SELECT
        to_regprocedure('vecs.version()') IS NOT NULL,
        coalesce(v.version, ''),
        coalesce(v.oid, 0),
        pg_catalog.pg_backend_pid()
    FROM (VALUES (1)) AS one
    LEFT JOIN (
        SELECT e.extversion, t.oid::bigint
        FROM pg_catalog.pg_extension AS e
        JOIN pg_catalog.pg_type AS t ON t.typnamespace = e.extnamespace AND t.typname = 'vector'
        WHERE e.extname = 'vector'
    ) AS v (version, oid) ON true
"""


def look(connection: psycopg.Connection[Any]) -> Layer:
    """What is on the other side; reads only."""
    with connection.cursor(row_factory=tuple_row) as cursor:
        present, pgvector, oid, pid = cursor.execute(_LOOK).fetchone() or (False, "", 0, 0)
        direct = pid == connection.info.backend_pid
        if not present:
            return Layer(None, pgvector, oid, direct)
        row = cursor.execute("SELECT vecs.version()").fetchone()
        assert row is not None
        return Layer(row[0], pgvector, oid, direct)


def _release(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", version)[:3])


def disagreement(layer: str) -> tuple[bool, str] | None:
    """Whether this client can not work with a layer of that version, and why; None where nothing is to be said.

    The rule: client and layer work together while their versions agree in the first number, and before 1.0 in the
    first two. Within that, an older layer is worth a warning and a newer one is not.
    """
    there, here = _release(layer), _release(__version__)
    shared = 2 if here[0] == 0 or there[0] == 0 else 1
    if there == here or (there > here and there[:shared] == here[:shared]):
        return None
    says = f"the database has version {layer} of the SQL layer, this client is {__version__}"
    return there[:shared] != here[:shared], says
