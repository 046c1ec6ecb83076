"""Runs the tests of the vecs client itself on vecs_sql; they are not part of this repository.

From a checkout of https://github.com/supabase/vecs, with this package's extra dev installed:

    python -m pytest --noconftest --rootdir=CHECKOUT -c /dev/null -p tests.frameworks.vecs_suite CHECKOUT/src/tests

Three of them ask for what is done differently on purpose (docs/migrating-from-vecs.md) and are expected to fail.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

import vecs_sql
from vecs_sql import embedded

vecs_sql.install_as_vecs()

ON_PURPOSE = {
    "test_create_collection_with_adapter": "the dimension of an existing collection is read from it",
    "test_query_filters": "two keys, or two operators, in one filter are joined by AND",
    "test_hnsw_unavailable_error": "a pgvector that is too old is refused when the layer is installed",
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.name in ON_PURPOSE:
            item.add_marker(pytest.mark.xfail(reason=ON_PURPOSE[item.name], strict=True))


@pytest.fixture(scope="session")
def server() -> Iterator[embedded.Server]:
    """The embedded server, in the place of a container."""
    with tempfile.TemporaryDirectory(prefix="vecs-sql-test-") as folder:
        Path(folder).chmod(0o755)
        with embedded.start(Path(folder) / "data") as server:
            yield server


@pytest.fixture
def client(server: embedded.Server) -> Iterator[vecs_sql.Client]:
    """A client of a database without collections."""
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute("SET client_min_messages = warning")
        connection.execute("DROP SCHEMA IF EXISTS vecs CASCADE")
    with vecs_sql.create_client(server.url) as client:
        yield client
