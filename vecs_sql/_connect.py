"""Connections: from a URL, a connection or a pool, and what is on the other side."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.rows import tuple_row
from psycopg_pool import ConnectionPool

from vecs_sql import exc
from vecs_sql._version import __version__

_SCHEME = re.compile(r"^(postgres(?:ql)?)(\+\w+)?://")


def conninfo(url: str) -> str:
    """What libpq takes, from a URL with any of the schemes that SQLAlchemy and others know, or from key=value pairs."""
    if "://" in url and not _SCHEME.match(url):
        raise exc.ArgError(
            f'not a PostgreSQL URL: "{url.split("://")[0]}://..."',
            hint="Write postgresql://user:password@host:5432/database.",
        )
    return _SCHEME.sub("postgresql://", url)


def connect(url: str, *, autocommit: bool = False) -> psycopg.Connection[Any]:
    """A new connection."""
    return psycopg.connect(conninfo(url), autocommit=autocommit)


class Connections:
    """Where the client's connections come from.

    What it opens itself (from a URL) it closes; a connection or pool that was handed in stays the caller's.
    """

    def __init__(
        self,
        source: str | psycopg.Connection[Any] | ConnectionPool[Any],
        *,
        pool_size: int = 15,
    ) -> None:
        self._source = source
        self._pool_size = pool_size
        self._own_pool: ConnectionPool[Any] | None = None
        self._lock = threading.Lock()

    @contextmanager
    def connection(self) -> Iterator[psycopg.Connection[Any]]:
        """A connection for a while. From a URL it is in autocommit mode."""
        if isinstance(self._source, psycopg.Connection):
            yield self._source
        elif isinstance(self._source, str):
            with self._pool().connection() as connection:
                yield connection
        else:
            with self._source.connection() as connection:
                yield connection

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
        if pool is not None:
            pool.close()

    def _pool(self) -> ConnectionPool[Any]:
        assert isinstance(self._source, str)
        with self._lock:
            if self._own_pool is None:
                self._own_pool = ConnectionPool(
                    conninfo(self._source),
                    kwargs={"autocommit": True, "prepare_threshold": None},
                    min_size=0,
                    max_size=self._pool_size,
                    open=True,
                    name="vecs-sql",
                )
            return self._own_pool


@dataclass(frozen=True)
class Layer:
    """The SQL layer on the other side.

    Attributes:
        version: Its version, or None where there is none.
        vector_oid: The oid of pgvector's type vector in that database; 0 where there is none.
    """

    version: str | None
    vector_oid: int


_LOOK = """
    SELECT
        to_regprocedure('vecs.version()') IS NOT NULL,
        coalesce((
            SELECT t.oid::bigint
            FROM pg_catalog.pg_extension AS e
            JOIN pg_catalog.pg_type AS t ON t.typnamespace = e.extnamespace AND t.typname = 'vector'
            WHERE e.extname = 'vector'
        ), 0)
"""


def look(connection: psycopg.Connection[Any]) -> Layer:
    """What is on the other side; reads only."""
    with connection.cursor(row_factory=tuple_row) as cursor:
        present, oid = cursor.execute(_LOOK).fetchone() or (False, 0)
        if not present:
            return Layer(None, oid)
        row = cursor.execute("SELECT vecs.version()").fetchone()
        assert row is not None
        return Layer(row[0], oid)


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
