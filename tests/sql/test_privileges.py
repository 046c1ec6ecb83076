"""Privileges: only USAGE on the schema, privileges on the table and row-level security decide."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest

from tests.sql.support import Connection, column, fill, refused, rows, value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import Databases

READING = {
    "list_collections": "SELECT name FROM vecs.list_collections()",
    "describe_collection": "SELECT vecs.describe_collection('docs')",
    "fetch": "SELECT id FROM vecs.fetch('docs', '{r00001}')",
    "scan": "SELECT id FROM vecs.scan('docs', '{\"n\": {\"$gt\": 3}}')",
    "count_rows": "SELECT vecs.count_rows('docs', '{\"n\": {\"$gt\": 3}}')",
    "query": "SELECT id FROM vecs.query('docs', '[1,2]', 3)",
    "query with a filter": "SELECT id FROM vecs.query('docs', '[1,2]', 3, '{\"n\": 4}')",
    "query of another measure": "SELECT id FROM vecs.query('docs', '[1,2]', 3, '{}', 'l2_distance')",
    "exact query": "SELECT id FROM vecs.query('docs', '[1,2]', strategy => 'exact')",
    "query of a second page": "SELECT id FROM vecs.query('docs', '[1,2]', 3, skip => 3)",
    "query_many": "SELECT query_no, id FROM vecs.query_many('docs', '{\"[1,2]\"}', 3)",
    "query_by_id": "SELECT id FROM vecs.query_by_id('docs', 'r00001', 3)",
    "query_by_id of a second page": "SELECT id FROM vecs.query_by_id('docs', 'r00001', 3, skip => 3)",
    "query_by_ids": "SELECT id FROM vecs.query_by_ids('docs', '{r00001}', '{r00002}', 3)",
    "query_groups": "SELECT id FROM vecs.query_groups('docs', '[1,2]', 'n', 3)",
    "query_mmr": "SELECT id FROM vecs.query_mmr('docs', '[1,2]', 3)",
    "facet": "SELECT value, rows FROM vecs.facet('docs', 'n')",
    "text_query": "SELECT id FROM vecs.text_query('docs', '3 4')",
    "hybrid_query": "SELECT id FROM vecs.hybrid_query('docs', '[1,2]', '3 4')",
    "explain": "SELECT vecs.explain('docs', '[1,2]', 3, '{\"n\": {\"$gt\": 3}}') -> 'rows'",
    "explain_text": "SELECT (vecs.explain_text('docs', '[1,2]', 3, '{\"n\": {\"$gt\": 3}}')) ~ '^Strategy'",
    "recall": "SELECT recall, sampled FROM vecs.recall('docs', 9, 3)",
    "has_index": "SELECT vecs.has_index('docs', 'cosine_distance')",
    "filter_sql": 'SELECT vecs.filter_sql(\'{"k": {"$in": [1, 2]}}\')',
    "matches": "SELECT vecs.matches('{\"k\": 1}', '{\"k\": 1}')",
    "filter_sql for a collection": "SELECT vecs.filter_sql('{\"k\": 1}', 'docs')",
    "help": "SELECT function FROM vecs.help()",
    "help of a function": "SELECT vecs.help('query')",
    "version": "SELECT vecs.version()",
    "advise": "SELECT vecs.advise('docs')",
    "tune": "SELECT recall, chosen FROM vecs.tune('docs', 0)",
    "create_index_sql": "SELECT count(*) FROM vecs.create_index_sql('docs')",
    "index_progress": "SELECT count(*) FROM vecs.index_progress('docs')",
    "create_collection that exists": "SELECT vecs.create_collection('docs', 2, if_not_exists => true)",
}
WRITING = {
    "create_collection": "SELECT vecs.create_collection('new', 2)",
    "adopt": "SELECT vecs.adopt('public.existing')",
    "drop_collection": "SELECT vecs.drop_collection('docs')",
    "upsert": 'SELECT vecs.upsert(\'docs\', \'{"id": "a", "vec": [1,2]}\')',
    "upsert of one": "SELECT vecs.upsert('docs', 'a', '[1,2]')",
    "upsert_many": "SELECT vecs.upsert_many('docs', '{a}', '{\"[1,2]\"}')",
    "update_metadata": "SELECT vecs.update_metadata('docs', '{\"k\": 1}', '{r00001}')",
    "update_metadata by filter": "SELECT vecs.update_metadata('docs', '{}', filters => '{\"n\": 4}')",
    "delete": "SELECT vecs.delete('docs', '{r00001}')",
    "delete by filter": "SELECT vecs.delete('docs', filters => '{\"n\": 4}')",
    "claim_missing": "SELECT count(*) FROM vecs.claim_missing('docs', 'text')",
    "truncate_collection": "SELECT vecs.truncate_collection('docs')",
    "rename_collection": "SELECT vecs.rename_collection('docs', 'renamed')",
    "swap_collections": "SELECT vecs.swap_collections('docs', 'twin')",
    "create_index": "SELECT vecs.create_index('docs')",
    "drop_index": "SELECT vecs.drop_index('docs')",
    "create_metadata_index": "SELECT vecs.create_metadata_index('docs', 'new')",
    "create_metadata_index of a path": "SELECT vecs.create_metadata_index('docs', path => ARRAY['a', 'b'])",
    "create_text_index": "SELECT vecs.create_text_index('docs', 'other')",
    "drop_text_index": "SELECT vecs.drop_text_index('docs')",
    "drop_metadata_index": "SELECT vecs.drop_metadata_index('docs', 'n')",
    "drop_metadata_index of a path": "SELECT vecs.drop_metadata_index('docs', path => ARRAY['n'])",
}


@pytest.fixture
def owner(database: str) -> Iterator[Connection]:
    """The owner's connection, with a collection that has an index."""
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("SELECT vecs.create_collection('docs', 2)")
        connection.execute("CREATE TABLE public.existing (id int PRIMARY KEY, v public.vector(2))")
        fill(connection, "docs", [[1, n] for n in range(9)], [{"n": n} for n in range(9)])
        connection.execute("SELECT vecs.create_index('docs')")
        connection.execute("SELECT vecs.create_metadata_index('docs', 'n')")
        connection.execute("SELECT vecs.create_text_index('docs', 'n', 'simple')")
        connection.execute("SELECT vecs.create_collection('twin', 2)")
        yield connection


@pytest.fixture
def reader(databases: Databases, database: str, owner: Connection) -> Iterator[Connection]:
    """The connection of a role with USAGE on the schema and SELECT on the collection."""
    owner.execute("GRANT USAGE ON SCHEMA vecs TO reader")
    owner.execute("GRANT SELECT ON vecs.docs TO reader")
    with psycopg.connect(databases.as_role(database, "reader"), autocommit=True) as connection:
        yield connection


@pytest.fixture
def stranger(databases: Databases, database: str, owner: Connection) -> Iterator[Connection]:
    """The connection of a role that was granted nothing."""
    assert value(owner, "SELECT count(*) FROM vecs.docs") == 9
    with psycopg.connect(databases.as_role(database, "stranger"), autocommit=True) as connection:
        yield connection


def test_a_reader_reads(reader: Connection, owner: Connection) -> None:
    for statement in READING.values():
        assert rows(reader, statement) == rows(owner, statement)


def test_a_reader_does_not_write(reader: Connection, owner: Connection) -> None:
    for statement in WRITING.values():
        refused(reader, "42501", statement)
    assert value(owner, "SELECT vecs.count_rows('docs')") == 9
    assert value(owner, "SELECT vecs.has_index('docs', 'cosine_distance')") is True


def test_a_stranger_does_nothing(stranger: Connection) -> None:
    for statement in [*READING.values(), *WRITING.values()]:
        refused(stranger, "42501", statement)


def test_usage_alone_reads_the_catalog_only(owner: Connection, stranger: Connection) -> None:
    owner.execute("GRANT USAGE ON SCHEMA vecs TO stranger")
    owner.execute("GRANT SELECT ON vecs.twin TO stranger")
    ((docs, count, size), (twin, none, _)) = rows(
        stranger, "SELECT name, approximate_count, total_bytes FROM vecs.list_collections()"
    )
    assert (docs, count, twin, none) == ("docs", None, "twin", 0)
    assert size > 0
    open_to_all = ("list_collections", "has_index", "filter_sql", "filter_sql for a collection", "matches", "version",
                   "describe_collection", "create_collection that exists", "help", "help of a function",
                   "create_index_sql", "index_progress")  # fmt: skip
    for name, statement in READING.items():
        if name in open_to_all:
            assert rows(stranger, statement)
        else:
            refused(stranger, "42501", statement)
    for statement in WRITING.values():
        refused(stranger, "42501", statement)


def test_a_writer_writes_rows_only(owner: Connection, stranger: Connection) -> None:
    owner.execute("GRANT USAGE ON SCHEMA vecs TO stranger")
    owner.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON vecs.docs TO stranger")
    rows_only = ("upsert", "upsert of one", "upsert_many", "update_metadata",
                 "update_metadata by filter", "delete", "delete by filter", "claim_missing")  # fmt: skip
    for name, statement in WRITING.items():
        if name in rows_only:
            assert len(rows(stranger, statement)) == 1
        else:
            refused(stranger, "42501", statement)
    assert value(owner, "SELECT vecs.count_rows('docs')") == 8


def test_truncate_needs_its_privilege(owner: Connection, stranger: Connection) -> None:
    owner.execute("GRANT USAGE ON SCHEMA vecs TO stranger")
    owner.execute("GRANT SELECT, TRUNCATE ON vecs.docs TO stranger")
    stranger.execute("SELECT vecs.truncate_collection('docs')")
    assert value(owner, "SELECT vecs.count_rows('docs')") == 0


def test_update_metadata_needs_select_and_update(owner: Connection, stranger: Connection) -> None:
    owner.execute("GRANT USAGE ON SCHEMA vecs TO stranger")
    update = WRITING["update_metadata"]
    for grant in ("GRANT SELECT", "REVOKE SELECT", "GRANT UPDATE (metadata)"):
        role = "FROM stranger" if grant.startswith("REVOKE") else "TO stranger"
        owner.execute(f"{grant} ON vecs.docs {role}".encode())
        refused(stranger, "42501", update)
    owner.execute("GRANT SELECT ON vecs.docs TO stranger")
    assert value(stranger, update) == 1
    assert value(owner, "SELECT vecs.count_rows('docs', '{\"k\": 1}')") == 1


def test_what_a_stranger_is_told(owner: Connection, stranger: Connection) -> None:
    owner.execute("GRANT USAGE ON SCHEMA vecs TO stranger")
    for statement in ("SELECT 1", "ANALYZE vecs.docs"):
        owner.execute(statement)
        described = value(stranger, "SELECT vecs.describe_collection('docs')")
        assert (described["count"], described["count_is_exact"]) == (None, None)
        counts = "SELECT approximate_count FROM vecs.list_collections() WHERE name = 'docs'"
        assert column(stranger, counts) == [None]


def test_a_role_that_may_create(owner: Connection, stranger: Connection) -> None:
    owner.execute("GRANT USAGE, CREATE ON SCHEMA vecs TO stranger")
    assert value(stranger, "SELECT vecs.create_collection('mine', 2)") is True
    stranger.execute("SELECT vecs.upsert('mine', 'a', '[1,2]')")
    stranger.execute("SELECT vecs.create_index('mine')")
    assert column(stranger, "SELECT id FROM vecs.query('mine', '[1,2]')") == ["a"]
    refused(owner, "42501", "SELECT * FROM vecs.query('mine', '[1,2]')")
    refused(stranger, "VS003", "SELECT vecs.create_collection('docs', 2)")
    assert value(stranger, "SELECT vecs.drop_collection('mine')") is True


def test_row_level_security(owner: Connection, reader: Connection) -> None:
    """Rows that a policy hides are neither found nor counted, deleted nor replaced."""
    owner.execute("ALTER TABLE vecs.docs ENABLE ROW LEVEL SECURITY")
    assert rows(reader, "SELECT * FROM vecs.query('docs', '[1,2]')") == []
    assert value(reader, "SELECT vecs.count_rows('docs')") == 0
    owner.execute("GRANT INSERT, UPDATE, DELETE ON vecs.docs TO reader")
    owner.execute("CREATE POLICY few ON vecs.docs TO reader USING ((metadata -> 'n')::int < 3)")
    mine = ["r00000", "r00001", "r00002"]
    assert sorted(column(reader, "SELECT id FROM vecs.query('docs', '[1,2]')")) == mine
    assert column(reader, "SELECT id FROM vecs.fetch('docs', '{r00002,r00007}')") == ["r00002"]
    assert value(reader, "SELECT vecs.count_rows('docs')") == 3
    assert column(reader, "SELECT id FROM vecs.scan('docs')") == mine
    many = "SELECT id FROM vecs.query_many('docs', '{\"[1,2]\"}', strategy => %s)"
    by_id = "SELECT id FROM vecs.query_by_id('docs', %s)"
    for strategy in ("auto", "exact", "index"):
        assert sorted(column(reader, many, [strategy])) == mine
    assert sorted(column(reader, by_id, ["r00001"])) == ["r00000", "r00002"]
    refused(reader, "VS001", by_id, ["r00007"])
    explained = value(reader, "SELECT vecs.explain('docs', '[1,2]')")
    assert (explained["rows"], explained["matching_rows"]) == (3, 3)
    recalled = rows(reader, "SELECT recall, sampled FROM vecs.recall('docs')")
    assert recalled == [(1, 3)]
    update = "SELECT vecs.update_metadata('docs', %s, %s)"
    assert value(reader, update, ['{"mine": true}', ["r00002", "r00007"]]) == 1
    everywhere = "SELECT vecs.update_metadata('docs', '{\"all\": true}', filters => '{}')"
    assert value(reader, everywhere) == 3
    refused(reader, "42501", update, ['{"n": 5}', ["r00001"]])
    assert value(owner, "SELECT vecs.count_rows('docs', '{\"all\": true}')") == 3
    assert column(reader, "SELECT vecs.delete('docs', '{r00002,r00007}')") == ["r00002"]
    refused(reader, "42501", "SELECT vecs.upsert('docs', 'r00007', '[1,2]', '{\"n\": 1}')")
    refused(reader, "42501", "SELECT vecs.upsert('docs', 'new', '[1,2]', '{\"n\": 5}')")
    assert value(reader, "SELECT vecs.upsert('docs', 'new', '[1,2]', '{\"n\": 2}')") == 1
    described = value(owner, "SELECT vecs.describe_collection('docs')")
    assert described["row_level_security"] is True
    assert value(owner, "SELECT vecs.count_rows('docs')") == 9


def test_every_function_is_for_all_roles(connection: Connection) -> None:
    """Else a role could not get from a public function through to the private ones."""
    shut = """
        SELECT p.oid::regprocedure::text FROM pg_proc AS p
        WHERE p.pronamespace = 'vecs'::regnamespace AND NOT has_function_privilege('stranger', p.oid, 'EXECUTE')
    """
    assert column(connection, shut) == []


def test_what_a_reader_owns_is_not_run_by_the_owner(
    databases: Databases, database: str, owner: Connection
) -> None:
    """A function that another role puts before pg_catalog in the caller's search path is not called."""
    with databases.admin(databases.name(database)) as admin:
        admin.execute("GRANT CREATE ON SCHEMA public TO stranger")
    with psycopg.connect(databases.as_role(database, "stranger"), autocommit=True) as stranger:
        stranger.execute("""
            CREATE FUNCTION public.starts_with(text, text) RETURNS boolean LANGUAGE plpgsql AS $$
            BEGIN
                RAISE EXCEPTION 'ran as %', current_user;
            END
            $$
        """)
    owner.execute("SET search_path = public, pg_catalog")
    with pytest.raises(psycopg.Error, match="ran as owner"):
        owner.execute("SELECT starts_with('a', 'a')")
    for statement in [*READING.values(), *WRITING.values()]:
        owner.execute("BEGIN")
        rows(owner, statement)
        owner.execute("ROLLBACK")


# docs/security.md

PAGE = (Path(__file__).parents[2] / "docs" / "security.md").read_text(encoding="utf-8")
CALLS = {**READING, **WRITING}
NEEDS = {
    function: (set(filter(None, schema.split(", "))), set(filter(None, table.split(", "))))
    for functions, schema, table in re.findall(
        r"^\| (`[^|]+`) \| ([A-Z, ]*) \| ([A-Za-z, ]*?) ?\|$",
        PAGE.split("<!-- privileges")[1].split("\n## ")[0],
        re.MULTILINE,
    )
    for function in re.findall(r"`(\w+)`", functions)
}


@pytest.fixture
def admin(databases: Databases, database: str, owner: Connection) -> Iterator[Connection]:
    """A superuser's connection, in transactions."""
    url = databases.as_role(database, "postgres")
    with psycopg.connect(url) as connection:
        yield connection
        connection.rollback()


def happens(admin: Connection, statement: str, schema: set[str], table: set[str]) -> str | None:
    """The SQLSTATE of a statement of a role that has these privileges and no others, None where it works."""
    try:
        admin.execute("GRANT CREATE ON SCHEMA vecs TO stranger")
        admin.execute("ALTER TABLE vecs.twin OWNER TO stranger")
        if "owner" in table:
            admin.execute("ALTER TABLE vecs.docs OWNER TO stranger")
        admin.execute("REVOKE CREATE ON SCHEMA vecs FROM stranger")
        for privilege in schema:
            admin.execute(f"GRANT {privilege} ON SCHEMA vecs TO stranger".encode())
        for privilege in table - {"owner"}:
            admin.execute(f"GRANT {privilege} ON vecs.docs TO stranger".encode())
        admin.execute("SET LOCAL ROLE stranger")
        admin.execute(statement.encode()).fetchall()
    except psycopg.Error as error:
        return error.sqlstate
    finally:
        admin.rollback()
    return None


def of_function(function: str) -> list[str]:
    """The statements that call a function."""
    return [statement for statement in CALLS.values() if f"vecs.{function}(" in statement]


def test_the_page_has_every_function(connection: Connection) -> None:
    names = column(
        connection,
        "SELECT DISTINCT p.proname FROM pg_proc AS p WHERE p.pronamespace = 'vecs'::regnamespace"
        " AND NOT starts_with(p.proname, '_') ORDER BY 1",
    )
    assert sorted(NEEDS) == names


# distribute() needs a cluster, and is tried there.
@pytest.mark.parametrize("function", [name for name in NEEDS if name != "distribute"])
def test_what_the_page_says_is_enough_and_needed(admin: Connection, function: str) -> None:
    schema, table = NEEDS[function]
    statements = [s for s in of_function(function) if "if_not_exists" not in s]
    assert statements
    for statement in statements:
        assert happens(admin, statement, schema, table) is None, statement
        for privilege in schema:
            assert happens(admin, statement, schema - {privilege}, table) == "42501", privilege
        for privilege in table:
            without = {"ALL"} if privilege == "owner" else table - {privilege}
            assert happens(admin, statement, schema, without) == "42501", privilege


def test_the_function_that_creates_collections(
    databases: Databases, database: str, owner: Connection, stranger: Connection
) -> None:
    """The page's text, with the test's roles."""
    [text] = re.findall(
        r"^```sql\n(CREATE SCHEMA vecs_admin.*?)^```", PAGE, re.MULTILINE | re.DOTALL
    )
    owner.execute(text.replace("TO writer", "TO stranger").encode())
    owner.execute("GRANT USAGE ON SCHEMA vecs TO stranger, reader")
    create = "SELECT vecs_admin.create_collection('Odd \"Name\"', 2)"
    stranger.execute(create)
    assert value(stranger, "SELECT vecs.upsert('Odd \"Name\"', 'a', '[1,2]')") == 1
    assert column(stranger, "SELECT vecs.delete('Odd \"Name\"', '{a}')") == ["a"]
    with pytest.raises(psycopg.Error) as caught:
        stranger.execute(create)
    assert caught.value.sqlstate == "VS003"
    refused(stranger, "42501", "SELECT vecs.create_collection('other', 2)")
    refused(stranger, "42501", "SELECT vecs.drop_collection('Odd \"Name\"')")
    with psycopg.connect(databases.as_role(database, "reader"), autocommit=True) as reader:
        refused(reader, "42501", create)


def test_what_row_level_security_does_not_hide(owner: Connection, reader: Connection) -> None:
    """The list on the page, but for the time that a search takes."""
    owner.execute("ANALYZE vecs.docs")
    owner.execute("ALTER TABLE vecs.docs ENABLE ROW LEVEL SECURITY")
    assert value(reader, "SELECT vecs.count_rows('docs')") == 0
    owner.execute("SELECT vecs.drop_collection('twin')")
    ((name, dimension, count, size),) = rows(
        reader,
        "SELECT name, dimension, approximate_count, total_bytes FROM vecs.list_collections()",
    )
    assert (name, dimension, count) == ("docs", 2, 9)
    assert size > 0
    described = value(reader, "SELECT vecs.describe_collection('docs')")
    assert described["count"] == 9
    assert len(described["vector_indexes"]) == 1
    owner.execute("GRANT INSERT, UPDATE ON vecs.docs TO reader")
    owner.execute("CREATE POLICY mine ON vecs.docs TO reader USING (starts_with(id, 'mine'))")
    refused(reader, "42501", "SELECT vecs.upsert('docs', 'r00001', '[1,2]')")
    assert value(reader, "SELECT vecs.upsert('docs', 'mine', '[1,2]')") == 1
    owner.execute("ALTER TABLE vecs.docs FORCE ROW LEVEL SECURITY")
    assert value(owner, "SELECT vecs.count_rows('docs')") == 0
