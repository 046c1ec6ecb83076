"""The conformance suite: steps in files of JSON, run by a small program in each language, and what must come of them.

A step calls a function with named arguments: a string is sent as it is, null as NULL, all else as its JSON text, which
is pgvector's text, too. The name "" is a first parameter that has none. `as` says which arguments are sent in another
form: text, array, binary, or a type that they are cast to. `rows` are the rows, `like` has those parts of them that are
the same everywhere, `error` the fields of the error, and `refused` is an error of any kind, where the driver may be the
first to see it. `not_in` names languages that cannot run the step, and why. In strings, "@x*5@" stands for "xxxxx"; in
`like`, one that starts with "~" is a regular expression, and "..." in a list stands for any elements.

An error of class VS has at most two lines of context, whatever the step wants, and no text of our statements in them.
"""

from __future__ import annotations

import json
import math
import re
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[1] / "conformance"
FILES = sorted(FOLDER.glob("*.json"))
CLEAN = {
    "sql": "DO $$ BEGIN PERFORM vecs.drop_collection(name) FROM vecs.list_collections(); END $$"
}
_SENT = ("call", "sql", "with", "as")


def expanded(value: Any) -> Any:  # noqa: ANN401
    if isinstance(value, str):
        return re.sub(r"@(.+?)\*(\d+)@", lambda found: found[1] * int(found[2]), value)
    if isinstance(value, list):
        return [expanded(item) for item in value]
    if isinstance(value, dict):
        return {expanded(key): expanded(item) for key, item in value.items()}
    return value


@cache
def steps(file: Path) -> list[dict[str, Any]]:
    """The steps of a file."""
    found: list[dict[str, Any]] = expanded(json.loads(file.read_text(encoding="utf-8"))["steps"])
    return found


def run_by(language: str, file: Path) -> list[dict[str, Any]]:
    """The steps of a file that a language can run."""
    return [step for step in steps(file) if language not in step.get("not_in", {})]


def sent(language: str, files: list[Path]) -> str:
    """Return the steps of the files for a language's program, without their expected outcomes."""
    given: list[dict[str, Any]] = []
    for file in files:
        given += [
            {key: step[key] for key in _SENT if key in step} for step in run_by(language, file)
        ]
        given.append(CLEAN)
    return json.dumps(given)


def fault(step: dict[str, Any], outcome: dict[str, Any]) -> str | None:
    """Describe the difference between the outcome of a step and the expected one; None if there is none."""
    if "refused" in step:
        right = "error" in outcome
    elif "error" in step:
        told = outcome.get("error", {})
        right = all(told.get(key) == value for key, value in step["error"].items())
    elif "like" in step:
        right = _like(step["like"], outcome.get("rows"), whole=False)
    else:
        right = _like(step.get("rows", []), outcome.get("rows"), whole=True)
    if right:
        return _context_fault(step, outcome.get("error", {}))
    wanted = {key: step[key] for key in ("rows", "like", "error", "refused") if key in step}
    return f"{step['does']}\n  wanted {_short(wanted)}\n  got    {_short(outcome)}"


def _context_fault(step: dict[str, Any], error: dict[str, Any]) -> str | None:
    """Whether an error of ours has more context than two functions."""
    # PostgreSQL itself adds the line "parallel worker" to what one of those raises.
    context = (error.get("context") or "").splitlines()
    lines = [line for line in context if line != "parallel worker"]
    ours = (error.get("code") or "").startswith("VS")
    if not ours or (
        len(lines) <= 2 and all(line.startswith("PL/pgSQL function ") for line in lines)
    ):
        return None
    return f"{step['does']}\n  {len(lines)} lines of context: {_short(lines)}"


def _short(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False, sort_keys=True)
    return text if len(text) < 1500 else f"{text[:1500]}... ({len(text)} characters)"


def _like(wanted: Any, got: Any, *, whole: bool) -> bool:  # noqa: ANN401
    """Whether a value is as wanted: numbers to seven digits, objects whole or as far as wanted."""
    if isinstance(wanted, dict) and isinstance(got, dict):
        same_keys = wanted.keys() == got.keys() if whole else wanted.keys() <= got.keys()
        return same_keys and all(_like(wanted[key], got[key], whole=whole) for key in wanted)
    if isinstance(wanted, list) and isinstance(got, list):
        if "..." in wanted and not whole:
            before = wanted.index("...")
            after = len(wanted) - before - 1
            if len(got) < before + after:
                return False
            wanted = wanted[:before] + wanted[before + 1 :]
            got = got[:before] + got[len(got) - after :]
        return len(wanted) == len(got) and all(
            _like(one, other, whole=whole) for one, other in zip(wanted, got, strict=True)
        )
    if isinstance(wanted, bool) or isinstance(got, bool):
        return wanted is got
    if isinstance(wanted, int | float) and isinstance(got, int | float):
        return math.isclose(wanted, got, rel_tol=1e-7, abs_tol=1e-7)
    if isinstance(wanted, str) and isinstance(got, str) and wanted.startswith("~") and not whole:
        return re.fullmatch(wanted[1:], got) is not None
    return type(wanted) is type(got) and bool(wanted == got)
