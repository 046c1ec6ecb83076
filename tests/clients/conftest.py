"""The server by TCP, a folder to build in, and the languages that the machine has."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from psycopg.conninfo import conninfo_to_dict

from tests.clients import languages, tcp
from vecs_sql import embedded
from vecs_sql._layer import render


@pytest.fixture(scope="package")
def port(server: embedded.Server) -> Iterator[int]:
    """The TCP port of the server."""
    place = conninfo_to_dict(server.url)
    with tcp.forwarded(f"{place['host']}/.s.PGSQL.{place['port']}") as port:
        yield port


@pytest.fixture(scope="package")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder to build in, with the layer as one file."""
    folder = tmp_path_factory.mktemp("languages")
    (folder / "vecs.sql").write_text(render.script())
    return folder


@pytest.fixture(scope="package", params=languages.LANGUAGES)
def name(request: pytest.FixtureRequest) -> str:
    """A language that the machine has."""
    languages.require(request.param)
    return str(request.param)
