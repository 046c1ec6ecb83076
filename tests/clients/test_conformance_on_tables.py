"""The conformance suite a second time, on tables that were adopted.

Each collection that a step creates is exchanged for a table of an application's, with a key that is a bigint and,
beside a jsonb column, fields of the names that the steps use. The ids of the steps become numbers in the same order.
What is different then, and why, stands in tests/conformance/adopted/differences.json; "everywhere" has texts that are
others in all that is wanted.
"""

from __future__ import annotations

import copy
import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.clients import conformance, languages

Step = dict[str, Any]

FILES = [
    file for file in conformance.FILES if file.stem not in ("10-tables", "11-help", "12-adopted")
]
DIFFERENCES: dict[str, dict[str, Any]] = conformance.expanded(
    json.loads((conformance.FOLDER / "adopted" / "differences.json").read_text(encoding="utf-8"))
)
EVERYWHERE: dict[str, str] = DIFFERENCES.pop("everywhere")
# What is wanted of a step; a difference replaces it.
_WANTED = ("rows", "like", "error", "refused")

TABLE = """
    CREATE TABLE public.{name} (
        key bigint PRIMARY KEY,
        n numeric,
        which integer,
        legs integer,
        kind text,
        year integer,
        half boolean,
        metadata jsonb,
        embedding public.{type}({dimension}) NOT NULL
    )
"""


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def exchange(created: Step, shards: int = 0) -> list[Step]:
    """The steps that put an adopted table, which may have shards, in the place of a collection that was created."""
    name = _quoted(created["name"])
    literal = "'" + name.replace("'", "''") + "'"
    given = {
        "name": name,
        "type": created.get("element_type") or "vector",
        "dimension": created["dimension"],
    }
    statements = [
        f"DROP TABLE vecs.{name}",
        f"DROP TABLE IF EXISTS public.{name} CASCADE",
        TABLE.format(**given),
        *[
            f"SELECT create_distributed_table('public.' || {literal}, 'key',"
            f" colocate_with => 'none', shard_count => {shards})"
        ][:shards],
        f"SELECT vecs.adopt(('public.' || {literal})::regclass)",
    ]
    return [{"sql": statement} for statement in statements]


# Ids


def _operands(filters: Any) -> Iterator[Any]:  # noqa: ANN401
    """The operands of $id in a filter."""
    if isinstance(filters, list):
        for one in filters:
            yield from _operands(one)
    elif isinstance(filters, dict):
        for key, value in filters.items():
            if key == "$id":
                yield value
            else:
                yield from _operands(value)


def _strings(value: Any) -> list[str]:  # noqa: ANN401
    if isinstance(value, str):
        return [value]
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [text for one in inside for text in _strings(one)]


def _members(literal: str) -> list[str]:
    """The members of an array's text; none for what is no array of strings."""
    inside = re.fullmatch(r"{(.+)}", literal)
    if not inside or '"' not in inside[1]:
        return inside[1].split(",") if inside and not re.search(r"NULL|{", inside[1]) else []
    try:
        members = json.loads(f"[{inside[1]}]")
    except ValueError:
        return []
    return members if all(isinstance(member, str) for member in members) else []


def ids(step: Step) -> Iterator[str]:
    """The ids that a step passes."""
    given = step.get("with") or {}
    for name in ("id", "row_id", "after"):
        yield from _strings(given.get(name))
    for name in ("ids", "positive", "negative"):
        listed = given.get(name)
        yield from _members(listed) if isinstance(listed, str) else _strings(listed)
    records = given.get("records")
    for record in records if isinstance(records, list) else [records]:
        if isinstance(record, dict):
            yield from _strings(record.get("id"))
    for operand in _operands(given.get("filters")):
        yield from _strings(operand)


ALL_IDS = sorted(
    {
        id_
        for file in FILES
        for step in conformance.steps(file)
        for id_ in ids(step)
        if 0 < len(id_) <= 50 and "\0" not in id_ and not id_.isdigit()
    }
)
NUMBERS = {id_: str(100 + position) for position, id_ in enumerate(ALL_IDS)}


def _replaced(value: Any) -> Any:  # noqa: ANN401
    """A value in which all strings that are ids are numbers."""
    if isinstance(value, str):
        return NUMBERS.get(value, value)
    if isinstance(value, list):
        return [_replaced(one) for one in value]
    if isinstance(value, dict):
        return {key: _replaced(one) for key, one in value.items()}
    return value


def _replace_operands(filters: Any) -> None:  # noqa: ANN401
    if isinstance(filters, list):
        for one in filters:
            _replace_operands(one)
    elif isinstance(filters, dict):
        for key, value in filters.items():
            if key == "$id":
                filters[key] = _replaced(value)
            else:
                _replace_operands(value)


def _replace_in_rows(found: Any, *, are_ids: bool) -> Any:  # noqa: ANN401
    if not isinstance(found, list):
        return found
    return [
        {**row, "id": _replaced(row["id"])}
        if isinstance(row, dict) and isinstance(row.get("id"), str)
        else _replaced(row)
        if are_ids
        else row
        for row in found
    ]


def numbered(step: Step) -> Step:
    """A step with numbers in place of ids, in what it passes and in what is wanted."""
    step = copy.deepcopy(step)
    given = step.get("with") or {}
    if not {"collection", "name", ""} & given.keys():
        return step
    for name in ("id", "row_id", "after"):
        if name in given:
            given[name] = _replaced(given[name])
    for name in ("ids", "positive", "negative"):
        if isinstance(given.get(name), str):
            members = _members(given[name])
            if members:
                numbers = ",".join(json.dumps(_replaced(id_)) for id_ in members)
                given[name] = "{" + numbers + "}"
        elif name in given:
            given[name] = _replaced(given[name])
    records = given.get("records")
    for record in records if isinstance(records, list) else [records]:
        if isinstance(record, dict) and "id" in record:
            record["id"] = _replaced(record["id"])
    _replace_operands(given.get("filters"))
    for wanted in ("rows", "like"):
        if wanted in step:
            step[wanted] = _replace_in_rows(step[wanted], are_ids=step.get("call") == "delete")
    for part, text in step.get("error", {}).items():
        if isinstance(text, str):
            step["error"][part] = re.sub(
                r'\b(id|row) "([^"]*)"',
                lambda found: f'{found[1]} "{NUMBERS.get(found[2], found[2])}"',
                text,
            )
    return step


# Differences


def names(steps: list[Step]) -> list[str]:
    """Return the names of steps in the file of differences: what they do, numbered from the second on."""
    seen: Counter[str] = Counter()
    found = []
    for step in steps:
        seen[step["does"]] += 1
        count = seen[step["does"]]
        found.append(step["does"] if count == 1 else f"{step['does']} ({count})")
    return found


def _elsewhere(step: Step) -> Step:
    """A step with the texts in what is wanted of it that are others everywhere."""
    parts = {key: json.dumps(step[key]) for key in _WANTED if key in step}
    for text, other in EVERYWHERE.items():
        parts = {key: part.replace(text, other) for key, part in parts.items()}
    return step | {key: json.loads(part) for key, part in parts.items()}


def wanted(file: Path) -> list[Step]:
    """The steps of a file as they are wanted of adopted tables."""
    steps = conformance.run_by("python", file)
    found = []
    for name, step in zip(names(steps), steps, strict=True):
        changed = _elsewhere(numbered(step))
        if difference := DIFFERENCES.get(file.stem, {}).get(name):
            changed = {key: value for key, value in changed.items() if key not in _WANTED}
            changed |= difference
        found.append(changed)
    return found


def _is_new_collection(step: Step) -> bool:
    return step.get("call") == "create_collection" and step.get("rows") == [True]


def exchanged(file: Path) -> set[str]:
    """The names of the tables, in the schema public, that the steps of a file create."""
    return {_quoted(step["with"]["name"]) for step in wanted(file) if _is_new_collection(step)}


def run(file: Path, url: str, scratch: Path, shards: int = 0) -> list[tuple[Step, Any]]:
    """Run the steps of a file on a database; return each with its outcome."""
    command = languages.LANGUAGES["python"].build(languages.HERE / "python", "run", scratch)
    sent: list[Step] = []
    steps: list[Step | None] = []
    for step in wanted(file):
        sent.append({key: step[key] for key in ("call", "sql", "with", "as") if key in step})
        steps.append(step)
        if _is_new_collection(step):
            more = exchange(step["with"], shards)
            sent += more
            steps += [None] * len(more)
    given = scratch / "steps.json"
    given.write_text(json.dumps(sent), encoding="utf-8")
    said = languages.run([*command, url, str(given)], PGCLIENTENCODING="UTF8")
    outcomes = [json.loads(line) for line in said.splitlines()]
    told = list(zip(steps, outcomes, strict=True))
    assert all(outcome == {"rows": []} for asked, outcome in told if asked is None), told
    return [(asked, outcome) for asked, outcome in told if asked is not None]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_on_adopted_tables(file: Path, database: str, scratch: Path) -> None:
    faults = [conformance.fault(*pair) for pair in run(file, database, scratch)]
    found = "\n".join(fault for fault in faults if fault)
    assert not found, found


def test_the_differences_are_of_steps() -> None:
    for stem, changed in DIFFERENCES.items():
        steps = conformance.steps(conformance.FOLDER / f"{stem}.json")
        assert changed.keys() <= set(names(steps)), stem
        for name, difference in changed.items():
            assert len(difference.keys() & {*_WANTED}) == 1, name
            assert difference.keys() - {*_WANTED} == {"why"}, name
