"""help and explain_text: what someone reads in psql."""

from __future__ import annotations

import re

import psycopg
import pytest

from tests.conftest import Databases
from tests.sql.support import Connection, column, fill, refused, rows, value
from vecs_sql._layer import registries
from vecs_sql._sync import installer as layer

PARAMETERS = """
    SELECT p.proname, p.proargnames[:p.pronargs] FROM pg_proc AS p
    WHERE p.pronamespace = 'vecs'::regnamespace AND p.proname !~ '^_' AND coalesce(p.proargnames[1] <> '', true)
"""


def page(connection: Connection, name: str | None) -> list[str]:
    return column(connection, "SELECT vecs.help(%s)", [name])


def test_the_table_has_every_function_in_the_order_of_the_chapters(connection: Connection) -> None:
    found = rows(connection, "SELECT chapter, function FROM vecs.help()")
    chapters = registries.chapters()
    assert list(dict.fromkeys(found)) == [(c, name) for c in chapters for name in chapters[c]]
    names = [name for name, _ in rows(connection, PARAMETERS)]
    assert sorted(names) == sorted(name for _, name in found)


def test_arguments_and_summary(connection: Connection) -> None:
    found = rows(connection, "SELECT function, arguments, summary FROM vecs.help()")
    told = {(function, arguments) for function, arguments, _ in found}
    assert told >= {
        ("version", ""),
        ("help", "name"),
        ("fetch", "collection, ids"),
        ("drop_collection", "name [, if_exists]"),
        ("update_metadata", "collection, patch [, ids, filters, mode]"),
        ("query", "collection, query_vec [, top_k, filters, measure, ...]"),
    }
    assert all(re.fullmatch(r"[A-Z].*\.", summary) for *_, summary in found)


def test_a_page_for_every_function(connection: Connection) -> None:
    for name, parameters in rows(connection, PARAMETERS):
        lines = page(connection, name)
        assert lines[0].startswith(f"vecs.{name}(")
        for parameter in parameters or []:
            signature = rf"    {parameter} +[a-z][a-z ]*(\[\])?( = .+)?,?"
            assert any(re.fullmatch(signature, line) for line in lines), (name, parameter)
            assert any(re.match(rf"  {parameter}  +\S", line) for line in lines), (name, parameter)
        assert max(map(len, lines)) < 100, name
        [comment] = column(
            connection,
            "SELECT obj_description(oid, 'pg_proc') FROM pg_proc WHERE pronamespace = 'vecs'::regnamespace"
            " AND proname = %s AND coalesce(proargnames[1] <> '', true) AND pronargs = %s LIMIT 1",
            [name, len(parameters or [])],
        )
        assert " ".join(comment.split()) in " ".join(" ".join(lines).split())


def test_a_name_can_be_pasted(connection: Connection) -> None:
    expected = page(connection, "count_rows")
    assert expected[:6] == [
        "vecs.count_rows(",
        "    collection  text,",
        "    filters     jsonb = '{}'",
        ")",
        "  returns bigint",
        "",
    ]
    for name in ("vecs.count_rows", " Count_Rows() ", "VECS.count_rows('docs')"):
        assert page(connection, name) == expected


def test_pages_of_several_forms(connection: Connection) -> None:
    lines = page(connection, "upsert")
    assert [line for line in lines if line.startswith("vecs.")] == ["vecs.upsert("] * 2
    assert (
        "For a halfvec: insert one row, or replace the one that has the id, and return 1." in lines
    )


def test_private_functions_have_pages_too(connection: Connection) -> None:
    assert page(connection, "_collection")[0] == "vecs._collection("


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("qury", 'Did you mean "query"? '),
        ("metadata", 'Did you mean "create_metadata_index", "drop_metadata_index", "update_metadata"? '),
        ("it's; DROP TABLE x", ""),
        ("", ""),
        (None, ""),
    ],
)  # fmt: skip
def test_names_that_are_not_known(connection: Connection, name: str | None, hint: str) -> None:
    diag = refused(connection, "VS001", "SELECT vecs.help(%s)", [name])
    assert diag.message_hint == hint + "SELECT * FROM vecs.help(); lists the functions."
    told = "name must not be null" if name is None else f'there is no function "{name}"'
    assert diag.message_primary == told


def test_types_are_named_without_the_schema_of_pgvector(
    bare_database: str, databases: Databases
) -> None:
    with databases.admin(databases.name(bare_database)) as admin:
        admin.execute('CREATE SCHEMA "od""d Schema"')
        admin.execute('CREATE EXTENSION vector SCHEMA "od""d Schema"')
        admin.execute('GRANT USAGE ON SCHEMA "od""d Schema" TO PUBLIC')
    with psycopg.connect(bare_database) as connection:
        layer.install(connection)
        connection.execute("SET quote_all_identifiers = on")
        lines = page(connection, "query")
        assert "    query_vec         vector," in lines
        assert (
            "  returns TABLE(id text, distance double precision, vec vector, metadata jsonb)"
            in lines
        )


# explain_text

EXPLAINED = "(%s, '[1,2]', 3, %s, strategy => %s)"
NAMES = ["docs", "it's", 'Odd "Name"', "two\nlines: SELECT 1;", "🐘"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("strategy", ["auto", "exact", "index"])
def test_all_that_explain_tells(connection: Connection, name: str, strategy: str) -> None:
    connection.execute("SELECT vecs.create_collection(%s, 2)", [name])
    fill(connection, name, [[1, n] for n in range(1500)], [{"n": n} for n in range(1500)])
    connection.execute("SELECT vecs.create_index(%s)", [name])
    filters = '{"n": {"$lt": 20}}'
    told = value(connection, f"SELECT vecs.explain{EXPLAINED}", [name, filters, strategy])
    lines = column(connection, f"SELECT vecs.explain_text{EXPLAINED}", [name, filters, strategy])
    text = "\n".join(lines)
    index = f" ({told['index']})" if told["index"] else ""
    assert lines[0] == f"Strategy:       {told['strategy']}{index}"
    assert told["why"].split() == " ".join(lines).split("Reason:")[1].split(" Rows: ")[0].split()
    estimate = f" (estimated: {told['expected_rows']})" if told["expected_rows"] else ""
    assert f"Matching rows:  20{estimate}" in lines
    assert re.search(rf"^Rows:           {told['rows']} in [0-9.]+ ms$", text, re.MULTILINE)
    for step in told["steps"]:
        found = f"{'' if step['complete'] else 'only '}{step['rows']}"
        assert f"\n{step['way'].capitalize()} search:   found {found} in " in text
        assert f"\n  SQL: {step['sql']}\n" in text
        for setting, given in step["settings"].items():
            assert f"{setting} = {given}" in text
        for line in step["plan"]:
            assert f"\n    {line}" in text
    assert told["advice"] or strategy == "index"
    for advice in told["advice"]:
        sentence, statement = re.fullmatch(
            r"(.*?:) ((?:SELECT|ANALYZE).*;)", advice, re.DOTALL
        ).groups()  # type: ignore[union-attr]
        assert sentence.split()[-1] in text
        assert text.split("Advice:")[-1].endswith(f"\n  {statement}")
        connection.execute(statement.encode())


def test_a_search_that_came_back_short(connection: Connection) -> None:
    connection.execute("SELECT vecs.create_collection('docs', 2)")
    fill(connection, "docs", [[n % 2, n % 40] for n in range(2000)])
    connection.execute("SELECT vecs.create_index('docs', method => 'ivfflat')")
    search = "SELECT vecs.explain_text('docs', '[1,0]', 1999, strategy => 'index', probes => 1)"
    lines = column(connection, search)
    assert any(re.match(r"Index search:   found only \d+ in ", line) for line in lines)
    assert any(line.startswith("Exact search:   found 1999 in ") for line in lines)
    assert lines[0] == "Strategy:       exact"
