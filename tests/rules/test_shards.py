"""What a collection that Citus has distributed cannot do stays out of the functions, where no server has Citus.

The rules read the rendered functions. SQL that runs against a collection is a string there, as its table has a name of
its own: the strings of an expression are put together, and the arguments of format() take the place of their `%`.
Other SQL reads the catalog.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

import pytest
from pglast import parser

from vecs_sql._layer import render

FUNCTIONS = render.functions()

# SQL that stays on tables of one node, by the file and the rule that it breaks.
EXCEPTIONS: dict[tuple[str, str], str] = {}


class Token(NamedTuple):
    """A token of PL/pgSQL: its text, and whether it is a string."""

    text: str
    is_string: bool


class Statement(NamedTuple):
    """SQL that a function puts together. What comes from an expression is in guillemets."""

    file: str
    text: str


def tokens(body: str) -> list[Token]:
    return [
        Token(body[token.start : token.end + 1], token.name in ("SCONST", "USCONST"))
        for token in parser.scan(body)
        if token.name not in ("SQL_COMMENT", "C_COMMENT")
    ]


def bodies(source: str) -> Iterator[str]:
    for match in re.finditer(r"\bAS \$fn\$(.*?)\$fn\$", source, re.DOTALL):
        yield match[1]


def content(literal: str) -> str:
    """Return what a string holds."""
    if literal.startswith("$"):
        return literal[literal.index("$", 1) + 1 : literal.rindex("$", 0, -1)]
    return literal[literal.index("'") + 1 : -1].replace("''", "'")


def end_of_operand(found: list[Token], start: int) -> int:
    """Return where an operand of || ends: at the next one, or where the expression ends."""
    depth = 0
    for position in range(start, len(found)):
        text = "'" if found[position].is_string else found[position].text.upper()
        if depth == 0 and text in ("||", ",", ";", ")", "]", "THEN", "WHEN", "ELSE", "END", "INTO", "USING", "LOOP"):
            return position
        depth += (text in ("(", "[", "CASE")) - (text in (")", "]", "END"))
    return len(found)


def put_together(found: list[Token], start: int) -> tuple[str, int]:
    """Return the string that begins at a token, with what is appended to it, and where it ends."""
    text, position = content(found[start].text), start + 1
    while position < len(found):
        if found[position].is_string:  # goes on in the next line
            text += content(found[position].text)
            position += 1
        elif found[position].text == "||":
            position += 1
            if not found[position].is_string:
                end = end_of_operand(found, position)
                text += "«" + "".join(token.text for token in found[position:end]) + "»"
                position = end
        else:
            break
    return text, position


def arguments(found: list[Token], start: int) -> tuple[list[tuple[int, int]], int]:
    """Return where the arguments of a call begin and end, and where the call ends; start is behind its parenthesis."""
    spans, depth, begin = [], 0, start
    for position in range(start, len(found)):
        text = "" if found[position].is_string else found[position].text
        if depth == 0 and text in (",", ")"):
            spans.append((begin, position))
            begin = position + 1
            if text == ")":
                return spans, position + 1
        depth += (text in ("(", "[")) - (text in (")", "]"))
    raise AssertionError("a call without an end")


def filled_in(template: str, values: list[str]) -> str:
    """Return a format() string with its arguments, as SQL text, in their places."""
    following = 0

    def value(match: re.Match[str]) -> str:
        nonlocal following
        if match[0] == "%%":
            return "%"
        number = int(match[1]) - 1 if match[1] else following
        following = number + 1
        return f"«{values[number]}»" if number < len(values) else match[0]

    return re.sub(r"%(?:%|(?:(\d+)\$)?[sIL])", value, template)


def strings(found: list[Token]) -> Iterator[str]:
    """Yield the strings of a body, put together and filled in."""
    position = 0
    while position < len(found):
        if found[position].is_string:
            text, position = put_together(found, position)
            yield text
        elif found[position].text.lower() == "format" and found[position + 1].text == "(":
            spans, end = arguments(found, position + 2)
            values = ["".join(token.text for token in found[a:b]) for a, b in spans[1:]]
            yield from (filled_in(text, values) for text in strings(found[slice(*spans[0])]))
            for span in spans[1:]:
                yield from strings(found[slice(*span)])
            position = end
        else:
            position += 1


def statements(functions: dict[str, str]) -> list[Statement]:
    return [
        Statement(name, text)
        for name, source in functions.items()
        for body in bodies(source)
        for text in strings(tokens(body))
    ]


def enclosed(text: str, start: int) -> str:
    """Return what stands in the parenthesis that opens at a place."""
    depth = 0
    for position in range(start, len(text)):
        depth += (text[position] == "(") - (text[position] == ")")
        if depth == 0:
            return text[start + 1 : position]
    return text[start + 1 :]


# A relation whose name comes from an expression, where SQL reads or writes rows of it.
RELATION = re.compile(
    r"(?<!DISTINCT )\b(?:FROM|JOIN|INSERT INTO|UPDATE|USING|MERGE INTO)\s+(?:ONLY\s+)?(?:vecs\.)?«([^»]*)»"
)


def relations(text: str) -> set[str]:
    """Return the variables that a statement has its relations from: v_collection.relation is of v_collection."""
    return {re.split(r"[.:]", name.strip())[0] for name in RELATION.findall(text)}


def breaks_lateral(text: str) -> bool:
    """A subquery or function for each row of another, which reads a collection or searches in one."""
    return any(
        RELATION.search(enclosed(text, match.end() - 1)) or "vecs." in match[1]
        for match in re.finditer(r"\bLATERAL\s+([\w.«»]*)\(", text)
    )


def breaks_locking(text: str) -> bool:
    """A locking clause."""
    return bool(re.search(r"\bFOR\s+(NO\s+KEY\s+)?UPDATE\b|\bFOR\s+(KEY\s+)?SHARE\b", text))


def breaks_order(text: str) -> bool:
    """A sub-select in ORDER BY."""
    for match in re.finditer(r"\bORDER\s+BY\b", text):
        depth = 0
        for word in re.findall(r"«[^»]*»|\w+|[()]", text[match.end() :]):
            depth += (word == "(") - (word == ")")
            if depth < 0 or depth == 0 and word in ("LIMIT", "OFFSET", "FETCH", "FOR", "UNION", "ROWS", "RANGE"):
                break
            if word == "SELECT":
                return True
    return False


def breaks_place(text: str) -> bool:
    """Where a row lies in the table of one node: ctid, or a sample of its pages."""
    return bool(re.search(r"\bctid\b|\bTABLESAMPLE\b", text))


def breaks_one(text: str) -> bool:
    """More than one collection in a statement."""
    return len(relations(text)) > 1


def breaks_merge(text: str) -> bool:
    """MERGE, which Citus restricts, and triggers, which it does not have."""
    return bool(re.search(r"\bMERGE\s+INTO\b|\bCREATE\s+(OR REPLACE\s+|CONSTRAINT\s+)?TRIGGER\b", text))


RULES = {
    "lateral": breaks_lateral,
    "locking": breaks_locking,
    "order": breaks_order,
    "place": breaks_place,
    "one": breaks_one,
    "merge": breaks_merge,
}


def breaches(functions: dict[str, str]) -> set[tuple[str, str]]:
    return {
        (statement.file, rule)
        for statement in statements(functions)
        for rule, is_broken in RULES.items()
        if is_broken(statement.text)
    }
