"""Make docs/reference.md from the COMMENTs of an installed layer: python tools/reference.py URL prints it."""

from __future__ import annotations

import re
import sys
import textwrap
from typing import Any

import psycopg

from vecs_sql._layer import registries

_HEAD = """\
# Reference

The SQL functions, from their COMMENTs in a database: `SELECT vecs.help('query')` in psql prints the same page. All
arguments can be named (`top_k => 5`). NULL for an argument with a default means the default. `vector` is pgvector's
type, and the literal `'[1,2,3]'` is read as one.

"""
_ERRORS = """\
## Errors

Errors that this layer raises have an SQLSTATE of class VS and a hint that says what to do. All others (a lost
connection, a missing privilege, text that is not a vector) are errors of PostgreSQL or pgvector.

| SQLSTATE | name | Python | meaning |
| --- | --- | --- | --- |
"""
_FUNCTIONS = """
    SELECT
        p.proname,
        ARRAY(
            SELECT concat(
                a.name, ' ', format_type(a.type, NULL),
                ' = ' || regexp_replace(pg_get_function_arg_default(p.oid, a.place::integer), '::[a-z_ \\[\\]]+$', '')
            )
            FROM unnest(p.proargnames[:p.pronargs], p.proargtypes::oid[]) WITH ORDINALITY AS a (name, type, place)
            ORDER BY a.place
        ),
        pg_get_function_result(p.oid),
        obj_description(p.oid, 'pg_proc')
    FROM pg_proc AS p
    WHERE p.pronamespace = 'vecs'::regnamespace AND p.proname !~ '^_'
    ORDER BY p.proname, p.pronargs, p.oid::regprocedure::text
"""


def page(connection: psycopg.Connection[Any]) -> str:
    """The page, of the functions that are installed."""
    found: dict[str, list[tuple[list[str], str, str]]] = {}
    for name, *rest in connection.execute(_FUNCTIONS):
        found.setdefault(name, []).append(tuple(rest))
    chapters = []
    for title, names in registries.chapters().items():
        sections = [_section(name, form) for name in names for form in found.pop(name)]
        chapters.append(f"## {title}\n\n" + "\n".join(sections))
    if found:
        raise ValueError(f"sql/chapters.toml has no chapter for {', '.join(found)}")
    return _HEAD + "\n".join([*chapters, _errors()])


def _section(name: str, form: tuple[list[str], str, str]) -> str:
    parameters, result, comment = form
    signature = f"vecs.{name}({', '.join(parameters)})"
    if len(signature) > 100:
        lines = textwrap.wrap(", ".join(parameters), 96, break_long_words=False)
        signature = "\n".join([f"vecs.{name}(", *(f"    {line}" for line in lines), ")"])
    returns = "" if result == "void" else f"\n  returns {result}"
    return f"### {name}\n\n```\n{signature}{returns}\n```\n\n{_prose(comment)}\n"


def _prose(comment: str) -> str:
    """A COMMENT as Markdown: its list of parameters becomes one, indented lines stay as they are."""
    parts = []
    for paragraph in comment.split("\n\n"):
        title, _, lines = paragraph.partition(":\n  ")
        if lines and title.isalpha():
            items = (re.split(r"\s{2,}", line.strip(), maxsplit=1) for line in lines.splitlines())
            if title != "Parameters":
                parts.append(f"{title}:")
            parts.append(
                "\n".join(f"- `{name}`" + "".join(f": {t}" for t in text) for name, *text in items)
            )
        elif paragraph.startswith("  "):
            parts.append(f"```\n{textwrap.dedent(paragraph)}\n```")
        else:
            parts.append(re.sub(r"^Errors:", "**Errors**:", paragraph))
    return "\n\n".join(parts)


def _errors() -> str:
    rows = "\n".join(
        f"| {error['sqlstate']} | {name} | {error['python']} | {error['meaning']} |"
        for name, error in registries.errors().items()
    )
    return f"{_ERRORS}{rows}\n"


if __name__ == "__main__":
    with psycopg.connect(sys.argv[1]) as opened:
        print(page(opened), end="")
