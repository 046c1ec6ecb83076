"""Runs the steps of the conformance suite through psql: run.py URL FILE, one line of JSON a step.

psql cannot read JSON, so each step becomes the plain text that one would type: values in variables, which psql quotes.
"""

import json
import os
import re
import subprocess
import sys
from typing import Any

_END = "~~~ end of step"


def variable(value: str) -> str:
    """A value between quotes, as psql's \\set reads it."""
    escaped = value.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n")
    return f"'{escaped}'"


def place(value: Any, form: str | None, number: int) -> str:  # noqa: ANN401
    """An argument: NULL, a constructed array, or a variable; a form that is none of ours is a type to cast to."""
    if value is None:
        return "NULL"
    if form == "array":
        return f"ARRAY[{', '.join(map(str, value))}]::real[]::vector"
    return f":'v{number}'" + ("" if form in (None, "text") else f"::{form}")


def text(step: dict[str, Any]) -> str:
    """Return the text to type for a step."""
    if "sql" in step:
        return f"{step['sql']};"
    named = step.get("with", {})
    forms = step.get("as", {})
    lines = [
        f"\\set v{number} {variable(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))}"
        for number, value in enumerate(named.values())
    ]
    arguments = ", ".join(
        (f"{name} => " if name else "") + place(value, forms.get(name), number)
        for number, (name, value) in enumerate(named.items())
    )
    return "\n".join([*lines, f"SELECT to_jsonb(r) FROM vecs.{step['call']}({arguments}) AS r;"])


def outcome(said: str) -> dict[str, Any]:
    """The rows, or the error, of what psql has printed for a step."""
    found = re.search(r"^(?:psql:.*?: )?ERROR:  (\w{5}): ", said, re.MULTILINE)
    if found is None:
        lines = [
            line
            for line in said.splitlines()
            if not line.startswith(("psql:", "LOCATION:", "NOTICE:"))
        ]
        return {"rows": [json.loads(line) for line in lines if line]}
    fields = re.split(
        r"^(DETAIL|HINT|CONTEXT|QUERY|LOCATION|LINE \d+):  ?",
        said[found.end() :],
        flags=re.MULTILINE,
    )
    more = dict(zip(fields[1::2], fields[2::2], strict=True))
    return {
        "error": {
            "code": found[1],
            "message": fields[0].strip("\n"),
            **{
                field.lower(): more[field].strip("\n") if field in more else None
                for field in ("DETAIL", "HINT", "CONTEXT")
            },
        }
    }


def main(url: str, file: str) -> None:
    """Run all steps of a file in one psql."""
    encoding = os.environ.get("PGCLIENTENCODING", "UTF8")
    with open(file, encoding="utf-8") as content:
        steps = json.load(content)
    lines = ["\\set VERBOSITY verbose", "\\pset null null"]
    for step in steps:
        lines += [text(step), f"\\warn '{_END}'", f"\\echo '{_END}'"]
    ended = subprocess.run(
        ["psql", "-X", "-q", "-A", "-t", url],
        input="\n".join(lines).encode(encoding),
        capture_output=True,
        check=True,
    )
    told = [
        stream.decode(encoding).split(_END + "\n")[:-1] for stream in (ended.stderr, ended.stdout)
    ]
    for errors, rows in zip(*told, strict=True):
        print(json.dumps(outcome(errors if "ERROR:" in errors else rows)))


main(*sys.argv[1:])
