"""The house rules for collections on shards, on the functions: they hold where no server has Citus to try them.

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

# What breaks a rule and stays, by file and rule. All else is to be written in another way.
EXCEPTIONS = {
    # Distributed tables are written by another statement, or by this one without the clause.
    ("api/delete.sql", "locking"),
    ("api/update_metadata.sql", "locking"),
    ("internal/write/_update_adopted_rows.sql", "locking"),
    ("internal/write/_write_adopted_batch.sql", "locking"),
    # Nothing else keeps two sessions from embedding the same rows.
    ("api/claim_missing.sql", "locking"),
    # A function searches with each row of a sample. No search is in the statement itself.
    ("api/recall.sql", "lateral"),
    ("api/tune.sql", "lateral"),
    # What create_index() measures: a new index, with many vectors at once, and rows of some pages of the table.
    ("internal/index/_binary_recall.sql", "lateral"),
    ("internal/index/_binary_recall.sql", "place"),
    ("internal/index/_candidate_costs.sql", "lateral"),
    ("internal/index/_candidate_costs.sql", "place"),
    ("internal/index/_count_lost_searches.sql", "place"),
    ("internal/index/_farther_recall.sql", "lateral"),
    ("internal/index/_farther_recall.sql", "place"),
    # What advise(), explain(), recall() and tune() read of large tables instead of every row.
    ("internal/advise/_half_recall.sql", "place"),
    ("internal/advise/_sampled_values.sql", "place"),
    ("internal/explain/_sampled_rows.sql", "place"),
    ("internal/index/_build_estimate.sql", "place"),
    # How a search estimates a filter without statistics. That of shards takes a sample of their pages.
    ("internal/shards/_sampled_on_shards.sql", "place"),
    # The sample of vectors to search with, on shards.
    ("internal/shards/_lost_on_shards.sql", "place"),
    ("internal/shards/_vectors_on_shards.sql", "place"),
    ("internal/search/_sampled_matches.sql", "place"),
    # The rows of one collection are written into another.
    ("internal/reembed/_reembed_page.sql", "one"),
    ("internal/reembed/_reembed_sync.sql", "one"),
    # v_rows is a subquery of the arguments.
    ("internal/write/_write_adopted_batch.sql", "one"),
}

# Where settings are changed, and how often. set_config() does not reach shards, so one function calls it, and one
# beside it does the same there.
SETTINGS = {
    "internal/session/_swap_settings.sql": ["set_config"],
    "internal/shards/_swap_settings_on_shards.sql": ["SET LOCAL"],
    # How many workers compare few rows, which is not for the shards: the helper would cost 1 % of a search.
    "api/query.sql": ["set_config"] * 2,
}


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
    # PostgreSQL takes strings in lines of their own for one.
    return re.sub(r"(?<!')'\s*\n\s*'", "", literal[literal.index("'") + 1 : -1]).replace("''", "'")


AFTER_OPERAND = ("||", ",", ";", ")", "]", "THEN", "WHEN", "ELSE", "END", "INTO", "USING", "LOOP")  # fmt: skip


def end_of_operand(found: list[Token], start: int) -> int:
    """Return where an operand of || ends: at the next one, or where the expression ends."""
    depth = 0
    for position in range(start, len(found)):
        text = "'" if found[position].is_string else found[position].text.upper()
        if depth == 0 and text in AFTER_OPERAND:
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
                text += "«" + " ".join(token.text for token in found[position:end]) + "»"
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
            values = [" ".join(token.text for token in found[a:b]) for a, b in spans[1:]]
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
    found = set()
    for expression in RELATION.findall(text):
        columns = re.findall(r"(\w+) \. (?:relation|table_id|view_id)\b", expression)
        found |= set(columns) or {expression.split(" ")[0]}
    return found


def breaks_lateral(text: str) -> bool:
    """A subquery or function for each row of another, which reads a collection or searches in one."""
    return any(
        RELATION.search(enclosed(text, match.end() - 1)) or "vecs." in match[1]
        for match in re.finditer(r"\bLATERAL\s+([\w.«»]*)\(", text)
    )


def breaks_locking(text: str) -> bool:
    """A locking clause."""
    return bool(re.search(r"\bFOR\s+(NO\s+KEY\s+)?UPDATE\b|\bFOR\s+(KEY\s+)?SHARE\b", text))


AFTER_ORDER = ("LIMIT", "OFFSET", "FETCH", "FOR", "UNION", "ROWS", "RANGE")


def breaks_order(text: str) -> bool:
    """A sub-select in ORDER BY."""
    for match in re.finditer(r"\bORDER\s+BY\b", text):
        depth = 0
        for word in re.findall(r"«[^»]*»|\w+|[()]", text[match.end() :]):
            depth += (word == "(") - (word == ")")
            if depth < 0 or (depth == 0 and word in AFTER_ORDER):
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
    return bool(
        re.search(r"\bMERGE\s+INTO\b|\bCREATE\s+(OR REPLACE\s+|CONSTRAINT\s+)?TRIGGER\b", text)
    )


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


def settings(functions: dict[str, str]) -> dict[str, list[str]]:
    """Return how each file changes settings, in code or in SQL that it puts together."""
    found: dict[str, list[str]] = {}
    for name, source in functions.items():
        for body in bodies(source):
            code = " ".join(
                content(token.text) if token.is_string else token.text for token in tokens(body)
            )
            for match in re.finditer(r"\b(set_config)\s*\(|\b(SET)\s+(LOCAL)\b", code):
                found.setdefault(name, []).append(" ".join(filter(None, match.groups())))
    return found


def test_statements_on_collections() -> None:
    """No rule is broken but where that is known, and what is mended leaves the list."""
    assert breaches(FUNCTIONS) == EXCEPTIONS


def test_settings_are_changed_in_one_place() -> None:
    assert settings(FUNCTIONS) == SETTINGS


def test_the_statements_are_found() -> None:
    """Those that everyone runs: the rules would hold for nothing at all, too."""
    found = statements(FUNCTIONS)
    reading = {one.file for one in found if "v_collection" in relations(one.text)}
    assert reading >= {
        f"api/{name}.sql"
        for name in ("count_rows", "delete", "facet", "fetch", "scan", "update_metadata")
    }
    search = re.compile(
        r"SELECT t\.id::text, .* FROM «v_relation» AS t.* ORDER BY .* LIMIT \$2", re.DOTALL
    )
    searching = {one.file for one in found if search.fullmatch(one.text)}
    assert searching == {"api/query.sql", "api/query_many.sql", "api/explain.sql"}


FUNCTION = """
CREATE OR REPLACE FUNCTION vecs._f() RETURNS void LANGUAGE plpgsql AS $fn$
DECLARE
    v_text text := 'it''s -- no comment';
BEGIN
    -- FOR UPDATE, LATERAL, ctid
    {}
END
$fn$;
"""


@pytest.mark.parametrize(
    ("rule", "body"),
    [
        ("lateral", """EXECUTE format($sql$
            SELECT n.id FROM unnest($1) AS q (vec)
            CROSS JOIN LATERAL (SELECT t.id FROM %1$s AS t ORDER BY t.vec <=> q.vec LIMIT 1) AS n
        $sql$, v_relation) USING query_vecs;"""),
        ("lateral", "EXECUTE 'SELECT s.id FROM unnest($1) AS q (v) CROSS JOIN LATERAL vecs.query($2, q.v) AS s';"),
        ("locking", "EXECUTE format('SELECT t.id FROM %s AS t FOR UPDATE', v_relation);"),
        ("locking", "EXECUTE format('SELECT t.id FROM %s AS t'\n    ' FOR NO KEY'\n    ' UPDATE', v_relation);"),
        ("locking", "EXECUTE 'SELECT t.id FROM ' || v_relation || ' AS t FOR ' || 'SHARE';"),
        ("order", """EXECUTE format($sql$
            SELECT t.id FROM %s AS t ORDER BY t.vec <=> (SELECT s.vec FROM %1$s AS s WHERE s.id = $1) LIMIT $2
        $sql$, v_relation);"""),
        ("place", "EXECUTE format('SELECT t.id FROM %s AS t WHERE t.ctid = $1', v_relation);"),
        ("place", "EXECUTE 'SELECT t.id FROM ' || v_relation || ' AS t TABLESAMPLE system (1)';"),
        ("one", "EXECUTE format('SELECT a.id FROM %s AS a JOIN %s AS b USING (id)', v_a.relation, v_b.relation);"),
        ("one", "EXECUTE 'INSERT INTO ' || v_new || ' SELECT t.* FROM ' || v_old.table_id || ' AS t';"),
        ("one", "EXECUTE format('DELETE FROM vecs.%I AS a USING %s AS b WHERE a.id = b.id', name, v_table);"),
        ("merge", "EXECUTE format('MERGE INTO %s AS t USING r ON t.id = r.id', v_relation);"),
        ("merge", "EXECUTE format('CREATE TRIGGER x AFTER INSERT ON %s', v_relation);"),
    ],
)  # fmt: skip
def test_a_breach_is_found(rule: str, body: str) -> None:
    assert breaches({"f": FUNCTION.format(body)}) >= {("f", rule)}


@pytest.mark.parametrize(
    "body",
    [
        "EXECUTE format('SELECT t.id FROM %1$s AS t WHERE t.id = ANY ($1) ORDER BY t.vec <=> $2', v_a.table_id);",
        """EXECUTE format($sql$
            WITH found AS MATERIALIZED (SELECT t.id FROM %1$s AS t WHERE %2$s)
            DELETE FROM %3$s AS d USING found WHERE d.id = found.id AND d.n IS DISTINCT FROM %2$s
        $sql$, v_a.relation, v_predicate, CASE WHEN v_is_view THEN v_a.table_id::text ELSE v_a.relation END);""",
        """EXECUTE 'SELECT e.value FROM ' || v_relation || ' AS t'
            ' CROSS JOIN LATERAL jsonb_array_elements(t.metadata) AS e (value) ORDER BY e.value LIMIT (SELECT 1)';
        """,
        "PERFORM 1 FROM pg_class AS c CROSS JOIN LATERAL vecs._source(c.oid) AS s ORDER BY (SELECT s.id);",
    ],
)  # fmt: skip
def test_what_shards_can_do_is_no_breach(body: str) -> None:
    assert breaches({"f": FUNCTION.format(body)}) == set()


@pytest.mark.parametrize(
    ("body", "how"),
    [
        ("PERFORM set_config('enable_sort', 'off', true);", "set_config"),
        ("v_setting := pg_catalog.set_config ( 'jit', 'off', true );", "set_config"),
        ("EXECUTE format('SELECT set_config(%L, %L, true)', v_name, v_value);", "set_config"),
        ("SET LOCAL enable_sort = off;", "SET LOCAL"),
        ("EXECUTE 'SET LOCAL enable_sort = off';", "SET LOCAL"),
    ],
)
def test_a_changed_setting_is_found(body: str, how: str) -> None:
    assert settings({"f": FUNCTION.format(body)}) == {"f": [how]}
    assert settings({"f": FUNCTION.format("-- set_config() does not reach shards")}) == {}
