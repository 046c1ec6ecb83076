"""The conformance suite in every language."""

from __future__ import annotations

import json
import os
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from tests.clients import conformance, languages
from tests.conftest import Connection, Databases
from vecs_sql._layer import registries

_LATIN1 = conformance.FOLDER / "latin1.json"
_BY_ENCODING = {
    "UTF8": [file for file in conformance.FILES if file != _LATIN1],
    "LATIN1": [_LATIN1],
}


# What was run and came out right, by language and file.
_RAN: dict[str, dict[Path, list[Any]]] = {}


@pytest.fixture(scope="module")
def outcomes(
    name: str, databases: Databases, template: str, port: int, scratch: Path
) -> dict[Path, list[Any]]:
    """Return the outcome of each step that the language has run, by file."""
    language = languages.LANGUAGES[name]
    command = language.build(languages.HERE / name, "run", scratch)
    found: dict[Path, list[Any]] = {}
    for encoding, files in _BY_ENCODING.items():
        if encoding != "UTF8" and not language.encodings:
            continue
        given = scratch / "steps.json"
        given.write_text(conformance.sent(name, files))
        database = databases.create(template)
        place = languages.place(port, databases.name(database))
        source = str(scratch / "vecs.sql") if name == "pglite" else language.url(place)
        said = languages.run([*command, source, str(given)], PGCLIENTENCODING=encoding)
        databases.drop(database)
        lines = iter([json.loads(line) for line in said.splitlines()])
        for file in files:
            found[file] = list(islice(lines, len(conformance.run_by(name, file))))
            assert next(lines) == {"rows": []}  # the collections are dropped
        assert next(lines, None) is None
    return found


@pytest.mark.parametrize("file", conformance.FILES, ids=lambda file: file.stem)
def test_conformance(name: str, outcomes: dict[Path, list[Any]], file: Path) -> None:
    steps = conformance.run_by(name, file)
    told = outcomes.get(file, [])
    assert len(told) == len(steps)
    faults = [conformance.fault(*pair) for pair in zip(steps, told, strict=True)]
    found = "\n".join(fault for fault in faults if fault)
    assert not found, found
    _RAN.setdefault(name, {})[file] = told


# The table in the documentation

_SENT_AS = {"bigint": "numbers"}


def _table(ran: dict[str, dict[Path, list[Any]]]) -> str:
    """Language by operation: how many steps were run, of all of them; why some were not."""
    counts: dict[str, dict[str, int]] = {}
    reasons: dict[tuple[str, str], None] = {}
    for file in conformance.FILES:
        for step in conformance.steps(file):
            kinds = [step["call"]] if "call" in step else []
            kinds += ["errors with a hint"] if "hint" in step.get("error", {}) else []
            kinds += [
                f"{_SENT_AS.get(form, 'vectors')} as {form}" for form in step.get("as", {}).values()
            ]
            kinds += ["text in LATIN1"] if file == _LATIN1 else []
            for kind in kinds:
                row = counts.setdefault(kind, dict.fromkeys(["", *languages.LANGUAGES], 0))
                row[""] += 1
                for name in ran:
                    row[name] += name not in step.get("not_in", {})
            reasons |= dict.fromkeys(step.get("not_in", {}).items())
    titles = [f"{language.title}<br>{language.driver}" for language in languages.LANGUAGES.values()]
    lines = [f"| | {' | '.join(titles)} |", "| --- |" + " ---: |" * len(titles)]
    special = [kind for kind in counts if " " in kind]
    for kind in [*sorted(counts.keys() - set(special)), *special]:
        row = counts[kind]
        cells = [
            str(row[name])
            if row[name] == row[""]
            else f"{row[name]} of {row['']}"
            if row[name]
            else "-"
            for name in languages.LANGUAGES
        ]
        shown = kind if " " in kind else f"`{kind}`"
        lines.append(f"| {shown} | {' | '.join(cells)} |")
    lines += ["", "Steps that are left out, because the driver or protocol cannot do this:", ""]
    lines += [f"- {languages.LANGUAGES[name].title}: {why}." for name, why in reasons]
    return "\n".join(lines) + "\n"


def test_the_table_of_the_documentation(request: pytest.FixtureRequest) -> None:
    """It shows what was run here and came out right; `make docs` writes it."""
    if request.session.testsfailed or _RAN.keys() != languages.LANGUAGES.keys():
        assert not os.environ.get("CI"), "a language was not run, or failed"
        pytest.skip("the table needs all languages, without a failure")
    page = languages.ROOT / "docs" / "languages.md"
    before, rest = page.read_text(encoding="utf-8").split("<!-- table -->\n")
    after = rest.partition("<!-- end of table -->")[2]
    text = f"{before}<!-- table -->\n{_table(_RAN)}<!-- end of table -->{after}"
    if os.environ.get("VECS_SQL_WRITE_DOCS"):
        page.write_text(text, encoding="utf-8")
    assert page.read_text(encoding="utf-8") == text, "run `make docs`"


# The suite itself


def test_the_suite_is_complete(connection: Connection) -> None:
    """It calls every public function with every parameter, and meets every operator and every error."""
    steps = [step for file in conformance.FILES for step in conformance.steps(file)]
    passed = {
        (step["call"], name)
        for step in steps
        if "call" in step
        for name in step.get("with") or (None,)
    }
    there = connection.execute(
        """
        SELECT p.proname, a.name
        FROM pg_proc AS p
        LEFT JOIN LATERAL unnest(p.proargnames[:p.pronargs]) AS a (name) ON true
        WHERE p.pronamespace = 'vecs'::regnamespace AND p.proname !~ '^_'
        """
    ).fetchall()
    assert set(there) <= passed
    asked = json.dumps([step.get("with") for step in steps if "error" not in step])
    for operator in registries.operators():
        assert f'"{operator}"' in asked
    codes = {step["error"].get("code") for step in steps if "error" in step}
    errors = {error["sqlstate"] for error in registries.errors().values()}
    # That a node is away needs a cluster.
    assert {code for code in errors if code < "VSW"} - {"VS009"} <= codes


_FRAME = "PL/pgSQL function vecs.query(text,vector) line 1 at RAISE"


@pytest.mark.parametrize(
    "step, outcome, right",
    [
        ({"rows": [{"a": 1.0}]}, {"rows": [{"a": 1.00000001}]}, True),
        ({"rows": [{"a": 1.0}]}, {"rows": [{"a": 1.001}]}, False),
        ({"rows": [{"a": 1}]}, {"rows": [{"a": 1, "b": 2}]}, False),
        ({"like": [{"a": 1}]}, {"rows": [{"a": 1, "b": 2}]}, True),
        ({"like": ["~x[0-9]"]}, {"rows": ["x7"]}, True),
        ({"like": ["~x[0-9]"]}, {"rows": ["y7"]}, False),
        ({"rows": [True]}, {"rows": [1]}, False),
        ({"rows": []}, {"rows": [1]}, False),
        ({"rows": []}, {"error": {"code": "VS001"}}, False),
        (
            {"error": {"code": "VS001", "hint": "h"}},
            {"error": {"code": "VS001", "hint": None}},
            False,
        ),
        ({"error": {"code": "VS001"}}, {"error": {"code": "VS001", "hint": "h"}}, True),
        ({"refused": True}, {"rows": []}, False),
        ({"refused": True}, {"error": {"message": "no"}}, True),
        ({"error": {}}, {"error": {"code": "VS001", "context": f"{_FRAME}\n{_FRAME}"}}, True),
        (
            {"error": {}},
            {"error": {"code": "VS001", "context": f"{_FRAME}\n{_FRAME}\n{_FRAME}"}},
            False,
        ),
        (
            {"refused": True},
            {"error": {"code": "VS001", "context": 'SQL statement "SELECT 1"'}},
            False,
        ),
        ({"error": {}}, {"error": {"code": "22P02", "context": 'SQL statement "SELECT 1"'}}, True),
    ],
)
def test_what_is_a_fault(step: dict[str, Any], outcome: dict[str, Any], right: bool) -> None:
    assert (conformance.fault({"does": "", **step}, outcome) is None) is right
