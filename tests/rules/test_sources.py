"""The house rules, on the files: SQL that PostgreSQL's parser takes, in one form; released revisions are frozen."""

from __future__ import annotations

import ast
import hashlib
import re
from pathlib import Path, PurePosixPath

import pglast
import pytest

from vecs_sql import exc
from vecs_sql._layer import check, registries, render
from vecs_sql._protocol import notices as warned

ROOT = Path(__file__).parents[2]
RENDERED = ROOT / "sql" / "vecs.sql"
FILES = sorted({*(ROOT / "sql").rglob("*.sql")} - {RENDERED})
FUNCTIONS = render.functions()  # rendered once: it takes a tenth of a second

# Revisions of released versions, with their hashes: they have run in databases that are out there, and never change.
FROZEN: dict[str, str] = {}


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_functions_parse(name: str) -> None:
    kinds = [type(statement.stmt).__name__ for statement in pglast.parse_sql(FUNCTIONS[name])]
    one = ["CreateFunctionStmt", "CommentStmt", "GrantStmt"]
    assert kinds == one * (len(kinds) // 3)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_form(path: Path) -> None:
    text = path.read_text()
    if path.parent.name not in ("install", "macros"):
        assert text.startswith(f"-- {path.stem}: ")
        created = set(re.findall(r"^CREATE OR REPLACE FUNCTION vecs\.(\w+)\(", text, re.MULTILINE))
        assert created == {path.stem}
        assert ("internal" in path.parts) == path.stem.startswith("_")
    code = re.sub(r"\$doc\$.*?\$doc\$", "", text, flags=re.DOTALL)
    for number, line in enumerate(code.splitlines(), 1):
        assert "\t" not in line, number
        assert line == line.rstrip(), number
        assert len(line) <= 100 or line.startswith(("COMMENT ON", "GRANT ")), (number, line)


def test_a_private_function_stands_where_its_name_says() -> None:
    """`_filter_in` is in the folder filter: whoever reads a call finds the file without a search."""
    folders = {path.name for path in (ROOT / "sql" / "internal").iterdir()}
    misplaced = [
        str(path.relative_to(ROOT))
        for path in (ROOT / "sql" / "internal").rglob("*.sql")
        if path.parent.name not in folders
        or {path.stem.split("_")[1]} & folders - {path.parent.name}
    ]
    assert misplaced == []


def test_every_function_is_read_by_check() -> None:
    """`vecs-sql check` reads the files by their form: none may escape it."""
    created = [
        match
        for text in FUNCTIONS.values()
        for match in re.findall(r"^CREATE OR REPLACE FUNCTION", text, re.MULTILINE)
    ]
    assert len(check.expected()) == len(created)


def test_the_rendered_file_is_up_to_date() -> None:
    assert RENDERED.read_text(encoding="utf-8") == render.script(), "run `make sql`"


def test_the_rendered_file_has_a_map() -> None:
    """The map at the beginning names every folder, and the functions that it names exist."""
    text = RENDERED.read_text(encoding="utf-8")
    chart = text[: text.index("BEGIN ISOLATION LEVEL")]
    for folder in {str(PurePosixPath(name).parent) for name in FUNCTIONS}:
        assert re.search(rf"^--   {folder}  +\S", chart, re.MULTILINE), folder
        assert f"\n-- {folder}\n" in text
    for name in re.findall(r"\b(_\w+)\(\)", chart):
        assert f"FUNCTION vecs.{name}(" in text, name


def test_prepare_parses() -> None:
    assert pglast.parse_sql(render.prepare())


def test_the_registry_of_errors_is_that_of_the_exceptions() -> None:
    """Each SQLSTATE has one class, in sql/errors.toml, in vecs_sql/exc.py and in the tree of its docstring."""
    errors = registries.errors()
    notices = {name for name, error in errors.items() if error["sqlstate"].startswith("VSW")}
    assert notices == {name for name, error in errors.items() if error["python"] == "UserWarning"}
    registry = {
        (error["sqlstate"], name, error["python"])
        for name, error in errors.items()
        if name not in notices
    }
    assert {(sqlstate, python) for sqlstate, _, python in registry} == {
        (sqlstate, class_.__name__) for sqlstate, class_ in exc.BY_SQLSTATE.items()
    }
    assert {errors[name]["sqlstate"] for name in notices} == {
        warned.NO_COVERING_INDEX,
        warned.LOOKS_LIKE_OPERATOR,
        warned.LOST_SEARCHES,
        warned.SLOW_BUILD,
        warned.SERIAL_BUILD,
        warned.NO_WORDS,
        warned.NO_TEXTS,
    }
    tree = re.findall(r"── (\w+) +(VS\d.*)$", exc.__doc__ or "", re.MULTILINE)
    assert registry == {
        (sqlstate, name, python)
        for python, listed in tree
        for sqlstate, name in re.findall(r"(VS\w+) (\w+)", listed)
    }


def test_all_that_is_raised_is_in_the_registry() -> None:
    """But VS000, which no caller sees, and PostgreSQL's own."""
    raised = {
        code for text in FUNCTIONS.values() for code in re.findall(r"ERRCODE = '(VS\w+)'", text)
    }
    assert raised - {"VS000"} == {error["sqlstate"] for error in registries.errors().values()}


def test_released_revisions_are_frozen() -> None:
    found = {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in (ROOT / "migrations" / "versions").glob("*.py")
    }
    assert {name: found.get(name) for name in FROZEN} == FROZEN
    assert bool(FROZEN) == bool(registries.releases()), "a release freezes the revisions it has"


def test_revisions_do_not_read_the_database() -> None:
    """Offline rendering must work: no revision binds to a connection."""
    for path in (ROOT / "migrations" / "versions").glob("*.py"):
        names = {
            node.attr
            for node in ast.walk(ast.parse(path.read_text()))
            if isinstance(node, ast.Attribute)
        }
        assert not names & {"get_bind", "connection", "bind"}, path.name
        assert not re.search(r"vecs\.(?!_)\w+\(", path.read_text()), path.name
