"""The conformance suite on a server of one's own, such as the coordinator of a Citus cluster.

VECS_SQL_TEST_URL names a database without collections, whose role may create them and tables of their own; the layer
is installed there, and whatever the steps create is dropped. With VECS_SQL_TEST_SHARDS=4, each collection is
distributed over so many shards, and the adopted tables are, too. Without the variables, the suite runs on the server
of the tests.
"""

from __future__ import annotations

import copy
import json
import os
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.clients import conformance, languages
from tests.clients import test_conformance_on_tables as tables
from tests.conftest import Databases
from vecs_sql._sync import installer as layer

Step = dict[str, Any]

# What is different on a server with Citus, and what is on shards, and why: by file and step.
DIFFERENCES: dict[str, dict[str, dict[str, Any]]] = json.loads(
    (conformance.FOLDER / "shards" / "differences.json").read_text(encoding="utf-8")
)
SHARDS = int(os.environ.get("VECS_SQL_TEST_SHARDS", "0"))
FILES = [file for file in conformance.FILES if file.stem != "latin1"]


@pytest.fixture(scope="module")
def url(databases: Databases, template: str) -> Iterator[str]:
    """The URL of a database with the layer and without collections."""
    given = os.environ.get("VECS_SQL_TEST_URL")
    if not given:
        assert not SHARDS, "VECS_SQL_TEST_SHARDS needs a server with Citus: set VECS_SQL_TEST_URL"
        made = databases.create(template)
        yield made
        databases.drop(made)
        return
    with psycopg.connect(given) as connection:
        layer.install(connection)
        found = connection.execute("SELECT name FROM vecs.list_collections()").fetchall()
        # All collections are dropped after each file.
        assert not found, f"the database has collections: {found}"
    yield given


def _run(url: str, steps: list[Step], tmp_path: Path) -> list[Any]:
    """Return the outcome of each step, and of dropping the collections."""
    given = tmp_path / "steps.json"
    sent = [
        {key: step[key] for key in ("call", "sql", "with", "as") if key in step} for step in steps
    ]
    given.write_text(json.dumps([*sent, conformance.CLEAN]), encoding="utf-8")
    program = [sys.executable, str(languages.HERE / "python" / "run.py")]
    said = languages.run([*program, url, str(given)], PGCLIENTENCODING="UTF8")
    return [json.loads(line) for line in said.splitlines()]


def _distributed(step: Step) -> Step:
    """A step that creates a collection, with shards; one that explains a search, with what is told of them."""
    if not SHARDS:
        return step
    step = copy.deepcopy(step)
    if step.get("call") == "create_collection":
        step["with"].setdefault("shards", SHARDS)
    elif step.get("call") == "explain" and "like" in step:
        for explained in step["like"]:
            # Statistics are those of the shards.
            advice = explained.get("advice", [])
            advice[:] = [line for line in advice if "has no statistics" not in line]
    elif step.get("call") == "explain_text" and "like" in step:
        step["like"] = _explained(step["like"])
    return step


@pytest.fixture(scope="module")
def kinds(url: str) -> list[str]:
    """What applies of DIFFERENCES."""
    with psycopg.connect(url) as connection:
        found = connection.execute("SELECT FROM pg_extension WHERE extname = 'citus'").fetchone()
    return [kind for kind, applies in (("citus", found is not None), ("shards", SHARDS)) if applies]


def _wanted(name: str, steps: list[Step], kinds: list[str]) -> list[Step]:
    """The steps of a file, with what is wanted of them on the server."""
    different: dict[str, Any] = {}
    for kind in kinds:
        different |= DIFFERENCES[kind].get(name, {})
    return [
        tables.different(step, different.get(name))
        for name, step in zip(tables.names(steps), steps, strict=True)
    ]


def _explained(lines: list[str]) -> list[str]:
    """Return what explain_text() says of a search on shards: the lines up to the plan, and that each was asked."""
    told = []
    for line in lines[: lines.index("...") + 1]:
        if line.startswith("Reason: ") and "top_k is 0" not in line:
            line = f"{line} Each of the {SHARDS} shards was asked."
        told += (
            textwrap.wrap(line, 80, subsequent_indent=" " * 16)
            if line.startswith("Reason: ")
            else [line]
        )
    return told


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_collections(file: Path, url: str, kinds: list[str], tmp_path: Path) -> None:
    given = _wanted(file.stem, conformance.run_by("python", file), kinds)
    steps = [_distributed(step) for step in given]
    *told, cleaned = _run(url, steps, tmp_path)
    faults = [conformance.fault(*pair) for pair in zip(steps, told, strict=True)]
    found = "\n".join(fault for fault in faults if fault)
    assert not found, found
    assert cleaned == {"rows": []}


@pytest.mark.parametrize(
    "file", [file for file in tables.FILES if file in FILES], ids=lambda file: file.stem
)
def test_adopted_tables(file: Path, url: str, kinds: list[str], tmp_path: Path) -> None:
    told = tables.run(file, url, tmp_path, SHARDS)
    steps = _wanted(f"{file.stem} of adopted tables", [step for step, _ in told], kinds)
    told = [(step, outcome) for step, (_, outcome) in zip(steps, told, strict=True)]
    faults = [conformance.fault(_distributed(step), outcome) for step, outcome in told]
    found = "\n".join(fault for fault in faults if fault)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(conformance.CLEAN["sql"])
        for name in tables.exchanged(file):
            connection.execute(f"DROP TABLE IF EXISTS public.{name} CASCADE".encode())
    assert not found, found


def test_the_differences_are_of_steps() -> None:
    for kind in DIFFERENCES.values():
        for name, changed in kind.items():
            steps = conformance.steps(conformance.FOLDER / f"{name.split()[0]}.json")
            assert changed.keys() <= set(tables.names(steps)), name
            assert all("why" in difference for difference in changed.values())
