"""One database for the tests of the client, and a collection of its own for each test."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import vecs_sql as vecs
from tests.conftest import Databases
from vecs_sql.cli import main

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def url(databases: Databases, template: str) -> str:
    """The URL of a database that the tests of the client share."""
    return databases.create(template)


@pytest.fixture(scope="session")
def client(url: str) -> Iterator[vecs.Client]:
    """A client of that database."""
    with vecs.create_client(url) as client:
        yield client


@pytest.fixture
def name() -> str:
    """A collection's name that no other test has."""
    return f"collection_{next(_numbers)}"


@pytest.fixture
def docs(client: vecs.Client, name: str) -> vecs.Collection:
    """An empty collection of three dimensions."""
    return client.get_or_create_collection(name, dimension=3)


def dimension_of(client: vecs.Client, name: str) -> int | None:
    """Return the dimension of a collection; None if it does not exist."""
    return {info.name: info.dimension for info in client.describe_collections()}.get(name)


@pytest.fixture
def run(url: str) -> Callable[..., Result]:
    """Runs the command `vecs-sql` on that database, and looks at its exit code."""

    def run(*arguments: str | Path, text: str | None = None, code: int = 0) -> Result:
        ended = CliRunner(env={"VECS_SQL_URL": url}).invoke(main, [*map(str, arguments)], text)
        assert ended.exit_code == code, ended.output + repr(ended.exception)
        return ended

    return run
