"""docs/reference.md is what the COMMENTs of an installed layer say; psql shows them, too."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path
from types import ModuleType

import psycopg
import pytest

from tests.conftest import Connection
from tests.install.test_ways_to_install import _run
from vecs_sql import embedded

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def reference() -> ModuleType:
    spec = importlib.util.spec_from_file_location("reference", ROOT / "tools" / "reference.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_is_up_to_date(reference: ModuleType, connection: Connection) -> None:
    page = ROOT / "docs" / "reference.md"
    text = reference.page(connection)
    if os.environ.get("VECS_SQL_WRITE_DOCS"):
        page.write_text(text, encoding="utf-8")
    assert page.read_text(encoding="utf-8") == text, "run `make docs`"


def test_every_function_is_on_it(reference: ModuleType, connection: Connection) -> None:
    connection.execute("CREATE FUNCTION vecs.another() RETURNS integer LANGUAGE sql AS 'SELECT 1'")
    with pytest.raises(ValueError, match="no chapter for another"):
        reference.page(connection)


def test_every_function_says_what_psql_shows(server: embedded.Server, shared_database: str) -> None:
    with psycopg.connect(shared_database) as connection:
        names = connection.execute(
            "SELECT DISTINCT proname FROM pg_proc WHERE pronamespace = 'vecs'::regnamespace AND proname !~ '^_'"
        ).fetchall()
    for (name,) in names:
        said = _run(server.bin / "psql", shared_database, "-X", "-x", "-c", rf"\df+ vecs.{name}")
        description = said.split("Description")[1]
        assert description.splitlines()[0].rstrip(" +|").endswith((".", ";"))
        if name not in ("version", "list_collections", "help"):
            assert "Parameters:" in description
            assert "Errors:" in description
