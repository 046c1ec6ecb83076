"""A real server for all tests, and databases on it that cost little.

Tests run as the role "owner", which owns its databases and is not a superuser.
"""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from vecs_sql import embedded
from vecs_sql._sync import installer as layer

Connection = psycopg.Connection[tuple[Any, ...]]

# The files that take longest, of those whose folders come late. They are run first, so that at the end of a run in
# several processes none waits long for another.
LONGEST = [
    "sql/test_strategy.py",
    "sql/test_advise.py",
    "sql/test_query.py",
    "sql/test_skip.py",
    "sql/test_filters.py",
    "sql/test_partial_indexes.py",
    "sql/test_precision.py",
    "sql/test_index_graph.py",
    "sql/test_leaves_no_trace.py",
    "python/test_pooler.py",
    "python/test_database_replaced.py",
    "python/test_cli.py",
    "python/test_embedded.py",
    "python/test_timeouts.py",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the tests of those files first, and leave all else in its order."""
    folder = Path(__file__).parent
    places = {folder / name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.path, len(places)))


class Databases:
    """Makes databases on the test server, each owned by the role "owner"."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._numbers = itertools.count(1)

    def admin(self, database: str = "postgres") -> Connection:
        """A superuser's connection, in autocommit mode."""
        return psycopg.connect(make_conninfo(self.url, dbname=database), autocommit=True)

    def name(self, url: str) -> str:
        """The name of the database at a URL."""
        return str(psycopg.conninfo.conninfo_to_dict(url)["dbname"])

    def create(self, template: str = "with_pgvector") -> str:
        """A new database, a copy of another; returns its URL, for the role "owner"."""
        name = f"test_{next(self._numbers)}"
        with self.admin() as connection:
            connection.execute(
                sql.SQL("CREATE DATABASE {} OWNER owner TEMPLATE {} STRATEGY file_copy").format(
                    sql.Identifier(name), sql.Identifier(template)
                )
            )
        return make_conninfo(self.url, dbname=name, user="owner")

    def as_role(self, url: str, role: str) -> str:
        """Return the URL of the database for another role."""
        return make_conninfo(url, user=role)

    def drop(self, url: str) -> None:
        """Drop a database, whoever is still connected."""
        with self.admin() as connection:
            connection.execute(
                sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(
                    sql.Identifier(self.name(url))
                )
            )


@pytest.fixture(scope="session")
def server() -> Iterator[embedded.Server]:
    """The embedded server, on a folder of its own."""
    with tempfile.TemporaryDirectory(prefix="vecs-sql-test-") as folder:
        Path(folder).chmod(0o755)  # as root, PostgreSQL runs as another user
        data = Path(folder) / "data"
        # It would take a quarter of the machine's memory, and each process of the tests has one.
        with embedded.start(data) as server, psycopg.connect(server.url, autocommit=True) as first:
            first.execute("ALTER SYSTEM SET shared_buffers = '256MB'")
            # For tests of what advise() finds in a database that has the extension.
            first.execute("ALTER SYSTEM SET shared_preload_libraries = 'pg_stat_statements'")
        with embedded.start(data) as server:
            yield server


@pytest.fixture(scope="session")
def databases(server: embedded.Server) -> Databases:
    """Creates and drops databases on the server."""
    databases = Databases(server.url)
    with databases.admin() as connection:
        connection.execute("ALTER SYSTEM SET fsync = off")
        connection.execute("ALTER SYSTEM SET log_min_messages = warning")
        connection.execute("SELECT pg_reload_conf()")
        connection.execute("CREATE ROLE owner LOGIN")
        connection.execute("CREATE ROLE reader LOGIN")
        connection.execute("CREATE ROLE stranger LOGIN")
        connection.execute("CREATE DATABASE with_pgvector")
    with databases.admin("with_pgvector") as connection:
        connection.execute("CREATE EXTENSION vector")
    return databases


@pytest.fixture(scope="session")
def template(databases: Databases) -> str:
    """The name of a database with the SQL layer, to copy."""
    url = databases.create()
    with psycopg.connect(url) as connection:
        layer.install(connection)
    return databases.name(url)


@pytest.fixture
def empty_database(databases: Databases) -> Iterator[str]:
    """The URL of a database with pgvector, and nothing else in it."""
    url = databases.create()
    yield url
    databases.drop(url)


@pytest.fixture
def bare_database(databases: Databases) -> Iterator[str]:
    """The URL of a database without pgvector."""
    url = databases.create("template0")
    yield url
    databases.drop(url)


@pytest.fixture
def database(databases: Databases, template: str) -> Iterator[str]:
    """The URL of a database of one's own with the SQL layer."""
    url = databases.create(template)
    yield url
    databases.drop(url)


@pytest.fixture(scope="session")
def shared_database(databases: Databases, template: str) -> str:
    """The URL of a database with the SQL layer for tests that commit nothing."""
    return databases.create(template)


@pytest.fixture
def connection(shared_database: str) -> Iterator[Connection]:
    """A connection of the role "owner" in a transaction that is rolled back."""
    with psycopg.connect(shared_database) as connection:
        yield connection
        connection.rollback()
