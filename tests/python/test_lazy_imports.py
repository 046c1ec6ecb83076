"""Modules are loaded when they are used."""

from __future__ import annotations

import ast
import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import vecs_sql

# Of the SQL layer's templates and revisions, of the command line, of extras.
HEAVY = {
    "alembic", "anyio", "click", "jinja2", "mako", "mcp", "onnxruntime", "pandas", "polars", "pyarrow", "pydantic",
    "rich", "sentence_transformers", "sentencex", "sqlalchemy", "tokenizers", "tomli", "tomllib",
}  # fmt: skip


def loaded(code: str, *arguments: str) -> set[str]:
    """Return the packages that are loaded when a program has run."""
    report = "\nimport json, sys\nprint(json.dumps([*sys.modules]), file=sys.stderr)"
    ended = subprocess.run(
        [sys.executable, "-c", code + report, *arguments],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return {name.partition(".")[0] for name in json.loads(ended.stderr)}


def test_the_package_loads_when_it_is_used() -> None:
    assert not loaded("import vecs_sql") & {*HEAVY, "numpy", "psycopg"}


def test_a_program_that_searches(database: str) -> None:
    """A program that uses the client on a database with the layer."""
    code = """
import sys
from vecs_sql import *
with create_client(sys.argv[1]) as client:
    docs = client.get_or_create_collection("docs", dimension=2)
    docs.upsert([("a", [1, 0], {"n": 1})])
    docs.create_index()
    assert docs.query([1, 0], filters={"n": {"$gte": 1}}) == ["a"]
    client.delete_collection("docs")
"""
    found = loaded(code, database)
    assert {"numpy", "psycopg", "psycopg_pool", "vecs_sql"} <= found
    assert not found & HEAVY


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["nothing"]])
def test_what_the_command_loads_for_its_help(arguments: list[str]) -> None:
    code = """
import sys
from vecs_sql.cli import main
main(sys.argv[1:], standalone_mode=False) if sys.argv[1] != "nothing" else main.list_commands(None)
"""
    found = loaded(code, *arguments)
    assert found & {*HEAVY, "numpy", "psycopg"} == {"click"}


def test_the_client_loads_little_beside_its_drivers() -> None:
    """Its own modules take about a quarter of the time in which the drivers load; nothing else comes with them."""
    drivers = loaded("import psycopg, psycopg_pool, numpy")
    assert loaded("from vecs_sql import Client") - drivers <= {
        "vecs_sql",
        "pgvector",
        "uuid",
        "_uuid",
    }


def test_every_name_is_loaded_from_where_it_is_declared() -> None:
    tree = ast.parse(Path(vecs_sql.__file__).read_text(encoding="utf-8"))
    [checking] = [
        node
        for node in tree.body
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
    ]
    declared = {
        alias.name: f"{node.module}.{alias.name}"
        for node in ast.walk(checking)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    loaded_from = {
        name: f"vecs_sql.{module}.{name}" for module, names in vecs_sql._MODULES.items() for name in names
    }  # fmt: skip
    submodules = {name: f"vecs_sql.{name}" for name in vecs_sql._SUBMODULES}
    assert declared == loaded_from | submodules
    assert set(vecs_sql.__all__) == {*loaded_from, "adapter", "exc"} | {
        "__project__", "__version__", "install_as_vecs",
    }  # fmt: skip
    for name in (*vecs_sql.__all__, *vecs_sql._SUBMODULES):
        assert name in dir(vecs_sql)
        assert getattr(vecs_sql, name) is not None
    with pytest.raises(AttributeError, match="'vecs_sql' has no attribute 'Cliemt'"):
        _ = vecs_sql.Cliemt  # type: ignore[attr-defined]


@pytest.mark.parametrize("module", ["click", "vecs_sql.cli.collections", "psycopg", "numpy"])
def test_ctrl_c_while_the_command_loads(module: str) -> None:
    code = f"""
import os, signal, sys
from importlib.abc import MetaPathFinder

signal.signal(signal.SIGINT, signal.default_int_handler)  # which a job in the background lacks

class Interrupts(MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name == {module!r}:
            print("interrupted", flush=True)
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, Interrupts())
from vecs_sql.__main__ import main
sys.argv[1:] = ["collections", "--url", "postgresql://127.0.0.1:1/none"]
main()
"""
    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (
        128 + signal.SIGINT, "interrupted\n", "",
    )  # fmt: skip
