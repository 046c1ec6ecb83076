"""A table that exists becomes a collection: vecs.adopt(), and every function on what it makes."""

from __future__ import annotations

import uuid
from random import Random
from threading import Thread
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from psycopg.types.json import Jsonb

from tests.sql.support import Connection, column, refused, rows, value, watch

if TYPE_CHECKING:
    from tests.conftest import Databases

# Supabase's example, with a column of the application's own.
DOCUMENTS = """
    CREATE TABLE public.documents (
        id bigint PRIMARY KEY,
        content text,
        metadata jsonb,
        year integer,
        embedding public.vector(3)
    );
    INSERT INTO public.documents
    SELECT
        n,
        'text ' || n,
        jsonb_build_object('lang', CASE n % 2 WHEN 0 THEN 'en' ELSE 'de' END),
        1990 + n % 30,
        CASE WHEN n % 50 > 0 THEN ARRAY[sin(n), cos(n), n / 1000.0]::public.vector END
    FROM generate_series(1, 1000) AS n;
"""


@pytest.fixture
def documents(connection: Connection) -> Connection:
    """A connection to a database with Supabase's table, adopted."""
    connection.execute(DOCUMENTS.encode())
    assert value(connection, "SELECT vecs.adopt('public.documents')") == "documents"
    return connection


def plan(connection: Connection, statement: str) -> str:
    return "\n".join(column(connection, f"EXPLAIN (COSTS OFF) {statement}"))


def nearest(connection: Connection, condition: str, top_k: int = 5) -> list[str]:
    return column(
        connection,
        f"SELECT id::text FROM documents WHERE embedding IS NOT NULL AND {condition}"
        f" ORDER BY embedding <=> '[1,0,0.5]', id::text LIMIT {top_k}",
    )


def alike(found: list[str], expected: list[str], by_index: bool) -> None:
    """Compare ids that were found with those of an exact search; an index may miss one of the nearest."""
    assert len(found) == len(expected)
    assert len(set(found) & set(expected)) >= len(expected) - by_index
    if not by_index:
        assert found == expected


# --- searching


@pytest.mark.parametrize("index", [False, True])
@pytest.mark.parametrize("strategy", ["auto", "exact", "index"])
@pytest.mark.parametrize(
    ("filters", "condition"),
    [
        ({}, "true"),
        ({"year": 1995}, "year = 1995"),
        ({"year": {"$gte": 2000, "$lt": 2005}}, "year BETWEEN 2000 AND 2004"),
        ({"lang": "en"}, 'metadata @> \'{"lang": "en"}\''),
        ({"lang": "en", "year": {"$in": [1990, 1992]}}, "id % 2 = 0 AND year IN (1990, 1992)"),
        ({"$or": [{"year": 1990}, {"content": "text 5"}]}, "year = 1990 OR id = 5"),
        ({"$not": {"year": {"$lt": 2015}}}, "year >= 2015"),
        ({"$id": {"$in": ["7", "8", "07", "x"]}}, "id IN (7, 8)"),
    ],
)
def test_searches_are_complete(
    documents: Connection, index: bool, strategy: str, filters: dict[str, Any], condition: str
) -> None:
    if index:
        documents.execute("SELECT vecs.create_index('documents')")
    found = column(
        documents,
        "SELECT id FROM vecs.query('documents', '[1,0,0.5]', 5, %s, strategy => %s)",
        [Jsonb(filters), strategy],
    )
    alike(found, nearest(documents, f"({condition})"), index and strategy != "exact")


def test_rows_without_a_vector_are_never_found(documents: Connection) -> None:
    for _ in range(2):
        for call in (
            "vecs.query('documents', '[1,0,0]', 5000)",
            "vecs.query('documents', '[1,0,0]', 5000, strategy => 'exact')",
            "vecs.query('documents', '[1,0,0]', 5000, '{\"year\": {\"$gte\": 0}}')",
            "vecs.query('documents', '[1,0,0]', 5000, max_distance => 3)",
            "vecs.query_many('documents', ARRAY['[1,0,0]']::vector[], 5000)",
        ):
            found = rows(documents, f"SELECT id, distance FROM {call}")
            assert len(found) == 980, call
            assert all(distance is not None for _, distance in found)
        documents.execute("SELECT vecs.create_index('documents')")
    assert value(documents, "SELECT vecs.count_rows('documents')") == 1000
    described = value(documents, "SELECT vecs.describe_collection('documents')")
    assert described["rows_without_vector"] == 20
    said = refused(documents, "VS001", "SELECT * FROM vecs.query_by_id('documents', '50')")
    assert said.message_primary == 'row "50" of collection "documents" has no vector'
    assert value(documents, "SELECT recall FROM vecs.recall('documents', 10)") == 1


def test_the_planner_sees_the_tables_indexes(documents: Connection) -> None:
    documents.execute("CREATE INDEX years ON documents (year)")
    documents.execute("SELECT vecs.create_index('documents')")
    documents.execute("ANALYZE documents")
    explained = value(documents, "SELECT vecs.explain('documents', '[1,0,0]')")
    assert explained["strategy"] == "index"
    assert explained["index"] == value(documents, "SELECT vecs.create_index('documents')")
    predicate = value(documents, "SELECT vecs.filter_sql('{\"year\": 1995}', 'documents')")
    assert "years" in plan(documents, f"SELECT FROM vecs.documents WHERE {predicate}")
    (line, *_) = column(documents, f"EXPLAIN SELECT FROM vecs.documents WHERE {predicate}")
    assert 25 <= int(line.split("rows=")[1].split()[0]) <= 40  # of 33
    documents.execute("SET LOCAL enable_seqscan = off")
    predicate = value(documents, """SELECT vecs.filter_sql('{"$id": "5"}', 'documents')""")
    assert "documents_pkey" in plan(documents, f"SELECT FROM vecs.documents WHERE {predicate}")


def test_fetch_and_scan_use_the_primary_key(documents: Connection) -> None:
    assert column(
        documents, "SELECT id FROM vecs.fetch('documents', '{12,x,3,012,9223372036854775808,3}')"
    ) == ["12", "3"]
    pages: list[str] = []
    while page := column(
        documents,
        "SELECT id FROM vecs.scan('documents', after => %s, page_size => 300)",
        [pages[-1] if pages else None],
    ):
        pages += page
    assert pages == [str(number) for number in range(1, 1001)]


def test_metadata_has_the_fields(documents: Connection) -> None:
    assert rows(documents, "SELECT id, metadata FROM vecs.fetch('documents', '{1}')") == [
        ("1", {"content": "text 1", "year": 1991, "lang": "de"})
    ]
    # NULL is a key that does not exist, also where the metadata has it.
    documents.execute("UPDATE documents SET year = NULL, metadata = '{\"year\": 5}' WHERE id = 1")
    assert rows(documents, "SELECT id, metadata FROM vecs.fetch('documents', '{1}')") == [
        ("1", {"content": "text 1"})
    ]
    count = "SELECT vecs.count_rows('documents', %s)"
    assert value(documents, count, [Jsonb({"year": 5})]) == 0
    assert value(documents, count, [Jsonb({"year": {"$exists": False}})]) == 1
    documents.execute("UPDATE documents SET metadata = '[1]' WHERE id = 2")
    assert value(documents, "SELECT metadata FROM vecs.fetch('documents', '{2}')") == {
        "content": "text 2",
        "year": 1992,
    }


def test_other_columns_of_vectors_and_of_text_search_are_no_fields(connection: Connection) -> None:
    connection.execute("""
        CREATE TABLE two (
            key text PRIMARY KEY, a public.vector(2), b public.halfvec(2), words tsvector, n int
        );
        INSERT INTO two VALUES ('x', '[1,0]', '[0,1]', 'word', 5);
    """)
    said = refused(connection, "VS001", "SELECT vecs.adopt('two')")
    assert said.message_primary == 'table "two" has several columns of vectors: a, b'.replace(
        '"two"', '"public.two"'
    )
    assert value(connection, "SELECT vecs.adopt('two', 'ones', vec => 'a')") == "ones"
    assert value(connection, "SELECT vecs.adopt('two', 'halves', vec => 'b')") == "halves"
    for name, vec, kind in (("ones", "[1,0]", "vector"), ("halves", "[0,1]", "halfvec")):
        connection.execute("SELECT vecs.create_index(%s)", [name])
        assert rows(
            connection,
            "SELECT id, distance, vec, metadata FROM vecs.query(%s, '[1,1]', include_vec => true)",
            [name],
        ) == [("x", pytest.approx(0.2928932, abs=1e-3), vec, {"n": 5})]
        described = value(connection, "SELECT vecs.describe_collection(%s)", [name])
        assert described["element_type"] == kind
        assert len(described["vector_indexes"]) == 1


def test_row_level_security_is_the_tables(databases: Databases, database: str) -> None:
    with psycopg.connect(database, autocommit=True) as owner:
        owner.execute(DOCUMENTS.encode())
        owner.execute("""
            ALTER TABLE documents ENABLE ROW LEVEL SECURITY;
            CREATE POLICY tenant ON documents TO reader, stranger
                USING (metadata ->> 'lang' = CASE current_user WHEN 'reader' THEN 'en' ELSE 'de' END);
            GRANT USAGE ON SCHEMA vecs, public TO reader, stranger;
            GRANT SELECT, INSERT, UPDATE, DELETE ON documents TO reader;
            GRANT SELECT (id, embedding, metadata) ON documents TO stranger;
        """)
        owner.execute("SELECT vecs.adopt('documents'), vecs.create_index('documents')")
        owner.execute("SELECT vecs.adopt('documents', 'narrow', fields => '{}')")
    with psycopg.connect(databases.as_role(database, "reader"), autocommit=True) as reader:
        found = column(reader, "SELECT id FROM vecs.query('documents', '[1,0,0]', 2000)")
        assert len(found) == 480
        assert all(int(one) % 2 == 0 for one in found)
        assert len(column(reader, "SELECT id FROM vecs.query('documents', '[1,0,0]', 10)")) == 10
        assert value(reader, "SELECT vecs.count_rows('documents')") == 500
        assert column(reader, "SELECT vecs.delete('documents', '{3,4}')") == ["4"]
        assert column(reader, "SELECT id FROM vecs.fetch('documents', '{1,2}')") == ["2"]
    with psycopg.connect(databases.as_role(database, "stranger"), autocommit=True) as stranger:
        refused(stranger, "42501", "SELECT * FROM vecs.query('documents', '[1,0,0]')")
        found = column(stranger, "SELECT id FROM vecs.query('narrow', '[1,0,0]', 2000)")
        assert len(found) == 500
        assert all(int(one) % 2 == 1 for one in found)
        refused(stranger, "42501", "SELECT vecs.delete('narrow', '{1}')")


# --- the collection


def test_it_is_listed_described_and_dropped(documents: Connection) -> None:
    documents.execute("ANALYZE documents")
    ((name, dimension, element_type, count, size),) = rows(
        documents, "SELECT * FROM vecs.list_collections()"
    )
    assert (name, dimension, element_type, count) == ("documents", 3, "vector", 1000)
    assert size == value(documents, "SELECT pg_total_relation_size('documents')")
    described = value(documents, "SELECT vecs.describe_collection('documents')")
    assert described["table"] == "public.documents"
    assert described["id_column"] == {"column": "id", "type": "bigint"}
    assert described["metadata_column"] == {"column": "metadata", "type": "jsonb"}
    assert described["fields"]["year"] == {"column": "year", "type": "integer"}
    said = refused(documents, "VS008", "SELECT vecs.truncate_collection('documents')")
    assert said.message_hint == "TRUNCATE public.documents deletes them."
    assert value(documents, "SELECT vecs.drop_collection('documents')") is True
    assert value(documents, "SELECT count(*) FROM documents") == 1000
    refused(documents, "VS002", "SELECT vecs.drop_collection('documents')")


def test_columns_are_renamed_added_and_dropped(documents: Connection) -> None:
    before = value(documents, "SELECT 'vecs.documents'::regclass::oid")
    assert value(documents, "SELECT vecs.adopt('documents')") == "documents"
    assert value(documents, "SELECT 'vecs.documents'::regclass::oid") == before
    documents.execute("COMMENT ON VIEW vecs.documents IS 'ours'")
    documents.execute(
        "REVOKE ALL ON vecs.documents FROM PUBLIC; GRANT SELECT ON vecs.documents TO reader"
    )
    documents.execute('ALTER TABLE documents RENAME COLUMN embedding TO "the vector"')
    documents.execute("ALTER TABLE documents RENAME COLUMN year TO published")
    documents.execute("ALTER TABLE documents RENAME TO texts")
    documents.execute("SELECT vecs.create_index('documents')")
    assert value(documents, "SELECT vecs.count_rows('documents', '{\"year\": 1995}')") == 34
    assert len(rows(documents, "SELECT * FROM vecs.query('documents', '[1,0,0]', 5)")) == 5
    refused(documents, "2BP01", "ALTER TABLE texts DROP COLUMN published")

    documents.execute("ALTER TABLE texts ADD COLUMN pages integer")
    assert value(documents, "SELECT vecs.adopt('texts', 'documents')") == "documents"
    assert value(documents, "SELECT vecs.count_rows('documents', '{\"published\": 1995}')") == 34
    assert value(documents, "SELECT obj_description('vecs.documents'::regclass)") == "ours"
    may = "SELECT has_table_privilege(%s, 'vecs.documents', %s)"
    assert value(documents, may, ["reader", "SELECT"]) is True
    assert value(documents, may, ["reader", "INSERT"]) is False
    assert value(documents, may, ["stranger", "SELECT"]) is False
    assert value(documents, "SELECT vecs.count_rows('documents', '{\"pages\": 1}')") == 0


def test_adopted_again_it_keeps_what_is_not_named(connection: Connection) -> None:
    """The columns chosen before, without those left out; columns that the table has got since are fields."""
    connection.execute("""
        CREATE TABLE things (
            gone int, id int PRIMARY KEY, other uuid NOT NULL DEFAULT gen_random_uuid(), "a b" int, "q""(x)" int,
            "back\\slash" int, secret text, attrs jsonb, metadata jsonb, v vector(2), w vector(2)
        );
        ALTER TABLE things DROP COLUMN gone;
    """)
    adopt = "SELECT vecs.adopt('things')"
    value(
        connection,
        "SELECT vecs.adopt('things', id => 'other', vec => 'w', metadata => 'attrs', fields => %s)",
        [["a b", 'q"(x)', "back\\slash"]],
    )
    described = "SELECT vecs.describe_collection('things')"
    first = value(connection, described)
    value(connection, adopt)
    assert value(connection, described) == first
    assert first["id_column"]["column"] == "other"
    assert first["vec_column"]["column"] == "w"
    assert first["metadata_column"]["column"] == "attrs"

    connection.execute("""
        ALTER TABLE things ADD COLUMN "new one" int;
        ALTER TABLE things RENAME COLUMN "a b" TO renamed;
    """)
    value(connection, adopt)
    assert set(value(connection, described)["fields"]) == {
        "renamed", 'q"(x)', "back\\slash", "new one",
    }  # fmt: skip
    value(connection, "SELECT vecs.adopt('things', id => 'id', fields => '{secret}')")
    renewed = value(connection, described)
    assert (renewed["id_column"]["column"], set(renewed["fields"])) == ("id", {"secret"})
    assert renewed["metadata_column"]["column"] == "attrs"


@pytest.mark.parametrize(
    ("make", "call", "sqlstate", "message"),
    [
        ("", "NULL", "VS001", "source must be a table"),
        ("(id int, v vector(2))", "'t'", "VS008", 'table "public.t" has no primary key'),
        (
            "(a int, b int, v vector(2), PRIMARY KEY (b, a))",
            "'t'",
            "VS008",
            'the primary key of table "public.t" has several columns: b, a',
        ),
        ("(id int PRIMARY KEY)", "'t'", "VS008", 'table "public.t" has no column of type vector or halfvec'),
        ("(id int PRIMARY KEY, v vector(2))", "'t', vec => 'w'", "VS001", 'table "public.t" has no column "w"'),
        ("(id int PRIMARY KEY, v vector(2))", "'t', vec => 'id'", "VS001",
         'column "id" is of type integer, not vector or halfvec'),
        ("(id int PRIMARY KEY, v sparsevec(2))", "'t', vec => 'v'", "VS001",
         'column "v" is of type sparsevec, not vector or halfvec'),
        ("(id int PRIMARY KEY, v vector(2), m json)", "'t', metadata => 'm'", "VS001",
         'column "m" is of type json, not jsonb'),
        ("(id int PRIMARY KEY, v vector(2), n int)", "'t', fields => '{n,nn}'", "VS001",
         'table "public.t" has no column "nn"'),
        ("(k int PRIMARY KEY, v vector(2), id int)", "'t', fields => '{id}'", "VS001", 'column "id" cannot be a field'),
        ("(id int, v vector(2))", "'t', id => 'id'", "VS008", 'column "id" may be NULL and so identifies no row'),
        ("(id int PRIMARY KEY, v vector(2))", "'t', name => '_x'", "VS001", 'the name "_x" starts with "_"'),
        ("(id int PRIMARY KEY, v vector(2))", "'t', name => ''", "VS001",
         "the name of a collection cannot have 0 bytes"),
    ],
)  # fmt: skip
def test_what_cannot_be_adopted(
    connection: Connection, make: str, call: str, sqlstate: str, message: str
) -> None:
    if make:
        connection.execute(f"CREATE TABLE public.t {make}".encode())
    said = refused(connection, sqlstate, f"SELECT vecs.adopt({call})")
    assert said.message_primary == message


def test_what_is_no_table(connection: Connection) -> None:
    connection.execute("""
        CREATE TABLE t (id int PRIMARY KEY, v public.vector(2));
        CREATE VIEW w AS TABLE t;
        CREATE TEMPORARY TABLE gone (id int PRIMARY KEY, v public.vector(2));
        CREATE SEQUENCE s;
        SELECT vecs.create_collection('docs', 2), vecs.adopt('t');
    """)
    for source, what in {
        "w": "a view",
        "gone": "a temporary table",
        "s": "no table",
        "vecs.docs": 'in the schema "vecs"',
        "vecs.t": 'in the schema "vecs"',
    }.items():
        said = refused(connection, "VS008", f"SELECT vecs.adopt('{source}')")
        assert (said.message_primary or "").endswith(f", which is {what}")
    said = refused(connection, "VS003", "SELECT vecs.adopt('t', 'docs')")
    assert said.message_primary == 'collection "docs" already exists'
    connection.execute("CREATE TABLE other (id int PRIMARY KEY, v public.vector(2))")
    said = refused(connection, "VS003", "SELECT vecs.adopt('other', 't')")
    assert said.message_primary == 'collection "t" is table "public.t" already'
    refused(connection, "VS003", "SELECT vecs.create_collection('t', 2)")
    connection.execute("CREATE VIEW vecs.plain AS SELECT 1 AS id")
    said = refused(connection, "VS003", "SELECT vecs.adopt('other', 'plain')")
    assert (
        said.message_primary == 'the name "plain" is taken by another relation of the schema "vecs"'
    )
    refused(connection, "VS002", "SELECT vecs.count_rows('plain')")


def test_a_foreign_table_is_refused(databases: Databases, database: str) -> None:
    with psycopg.connect(databases.as_role(database, "postgres"), autocommit=True) as superuser:
        superuser.execute("CREATE FOREIGN DATA WRAPPER nowhere")
        superuser.execute("CREATE SERVER far FOREIGN DATA WRAPPER nowhere")
        superuser.execute("CREATE FOREIGN TABLE far_items (id int, v public.vector(2)) SERVER far")
        said = refused(superuser, "VS008", "SELECT vecs.adopt('far_items', id => 'id')")
    assert said.message_primary == 'cannot adopt "public.far_items", which is a foreign table'


def test_odd_names(connection: Connection) -> None:
    odd = 'it\'s "a.b" $1 (x) \\ {y}'
    connection.execute('CREATE SCHEMA "Odd. Schema"')
    quoted = '"' + odd.replace('"', '""') + '"'
    connection.execute(f"""
        CREATE TABLE "Odd. Schema".{quoted} (
            {quoted} text PRIMARY KEY, "vec" int, "id" int, "_id" int, "metadata" text,
            "<1" int, "+5" int, "-" text, "e""é" public.vector(2), "select" int
        );
        INSERT INTO "Odd. Schema".{quoted} VALUES ('a', 1, 2, 3, 'x', 4, 5, 'm', '[1,0]', 6);
    """.encode())  # fmt: skip
    source = f'"Odd. Schema".{quoted}'
    assert value(connection, "SELECT vecs.adopt(%s::regclass)", [source]) == odd
    assert rows(connection, "SELECT id, metadata FROM vecs.query(%s, '[1,1]')", [odd]) == [
        ("a", {"<1": 4, "+5": 5, "-": "m", "select": 6})
    ]
    for key, stored in {"<1": 4, "+5": 5, "-": "m", "select": 6}.items():
        count = "SELECT vecs.count_rows(%s, %s)"
        assert value(connection, count, [odd, Jsonb({key: stored})]) == 1
        connection.execute("SELECT vecs.create_metadata_index(%s, %s)", [odd, key])
    record = {"id": "b", "vec": [0, 1], "metadata": {"<1": 7, "-": "n"}}
    assert value(connection, "SELECT vecs.upsert(%s, %s)", [odd, Jsonb(record)]) == 1
    connection.execute("SELECT vecs.create_index(%s)", [odd])
    assert column(connection, "SELECT id FROM vecs.query(%s, '[0,1]', 1)", [odd]) == ["b"]
    described = value(connection, "SELECT vecs.describe_collection(%s)", [odd])
    assert described["vec_column"]["column"] == 'e"é'
    assert len(described["metadata_indexes"]) == 5
    assert column(connection, "SELECT vecs.drop_index(%s)", [odd])


def test_200_columns(connection: Connection) -> None:
    columns = ", ".join(f"c{number} integer" for number in range(200))
    connection.execute(
        f"CREATE TABLE wide (id int PRIMARY KEY, v public.vector(2), {columns})".encode()
    )
    connection.execute("INSERT INTO wide (id, v, c7, c199) VALUES (1, '[1,0]', 7, 199)")
    connection.execute("SELECT vecs.adopt('wide')")
    assert rows(
        connection, "SELECT id, metadata FROM vecs.query('wide', '[1,0]', 10, '{\"c199\": 199}')"
    ) == [("1", {"c7": 7, "c199": 199})]
    record = {"id": "2", "vec": [0, 1], "metadata": {f"c{number}": 1 for number in range(200)}}
    assert value(connection, "SELECT vecs.upsert('wide', %s)", [Jsonb(record)]) == 1


# --- keys


@pytest.mark.parametrize(
    ("kind", "keys", "not_keys"),
    [
        ("bigint", ["-5", "7", "12345678901"], ["x", "07", "1.0", "", "99999999999999999999"]),
        ("integer", ["1", "2", "3"], ["x", "2147483648"]),
        ("smallint", ["1", "2", "3"], ["70000"]),
        ("uuid", sorted(str(uuid.UUID(int=n)) for n in (3, 2**100, 2**127)), ["x", "A" * 32]),
        ("text", ["a", "b c", "ü'"], ["A"]),
        ("varchar(5)", ["a", "b", "c"], ["A", "abcdefgh"]),
        ("char(4)", ["a", "bb", "ccc"], ["A", "a "]),
        ("citext", ["a", "B", "c"], ["A", "b"]),
        ("numeric", ["1.0", "1.5", "20"], ["x", "1", "NaN"]),
        ("date", ["2024-01-01", "2024-01-02", "2024-01-03"], ["x", "1 Jan 2024"]),
        ("mood", ["sad", "ok", "happy"], ["angry"]),
    ],
)
def test_keys(connection: Connection, kind: str, keys: list[str], not_keys: list[str]) -> None:
    connection.execute("CREATE EXTENSION IF NOT EXISTS citext SCHEMA public")
    connection.execute("CREATE TYPE public.mood AS ENUM ('sad', 'ok', 'happy')")
    connection.execute(f"CREATE TABLE t (k {kind} PRIMARY KEY, v public.vector(2))".encode())
    connection.execute("SELECT vecs.adopt('t')")
    records = [{"id": key, "vec": [n, 1]} for n, key in enumerate(keys)]
    assert value(connection, "SELECT vecs.upsert('t', %s)", [Jsonb(records)]) == 3
    assert value(connection, "SELECT vecs.upsert('t', %s)", [Jsonb(records[:2])]) == 2
    assert value(connection, "SELECT count(*) FROM t") == 3
    assert column(connection, "SELECT id FROM vecs.scan('t')") == keys
    assert column(connection, "SELECT id FROM vecs.scan('t', after => %s)", [keys[1]]) == keys[2:]
    asked = [*keys[::-1], *not_keys]
    assert column(connection, "SELECT id FROM vecs.fetch('t', %s)", [asked]) == keys[::-1]
    count = "SELECT vecs.count_rows('t', %s)"
    assert value(connection, count, [Jsonb({"$id": {"$in": asked}})]) == 3
    assert value(connection, count, [Jsonb({"$id": {"$nin": [*not_keys, keys[0]]}})]) == 2
    assert value(connection, count, [Jsonb({"$id": keys[1]})]) == 1
    assert column(connection, "SELECT id FROM vecs.query_by_id('t', %s, 1)", [keys[2]]) == [keys[1]]
    assert value(connection, "SELECT vecs.update_metadata('t', '{}', %s)", [asked]) == 3
    assert sorted(column(connection, "SELECT vecs.delete('t', %s)", [asked])) == sorted(keys)


def test_a_key_that_the_type_cannot_read(documents: Connection) -> None:
    said = refused(documents, "VS001", "SELECT vecs.upsert('documents', 'x', '[1,2,3]')")
    assert said.message_primary == 'type bigint of the key cannot read the id "x"'


# --- writing


def test_upsert_writes_the_named_columns(documents: Connection) -> None:
    records = [
        {"id": "1", "vec": [1, 2, 3], "metadata": {"year": 2001, "new": True}},
        {"id": "2", "vec": [1, 2, 4]},
        {"id": "5000", "vec": [1, 2, 5], "metadata": {"content": "five", "lang": "fr"}},
        {"id": "5000", "vec": [1, 2, 6], "metadata": {"content": "last", "lang": "fr"}},
    ]
    assert value(documents, "SELECT vecs.upsert('documents', %s)", [Jsonb(records)]) == 3
    assert rows(documents, "SELECT * FROM documents WHERE id IN (1, 2, 5000) ORDER BY id") == [
        (1, "text 1", {"new": True}, 2001, "[1,2,3]"),
        (2, "text 2", {"lang": "en"}, 1992, "[1,2,4]"),
        (5000, "last", {"lang": "fr"}, None, "[1,2,6]"),
    ]
    many = "SELECT vecs.upsert_many('documents', '{1,50}', '{\"[0,0,1]\",\"[0,1,1]\"}', %s)"
    assert value(documents, many, [Jsonb([{"year": None}, None])]) == 2
    assert rows(
        documents, "SELECT year, metadata FROM documents WHERE id IN (1, 50) ORDER BY id"
    ) == [
        (None, {"new": True}),
        (2010, {"lang": "en"}),
    ]


def test_the_last_of_records_with_the_same_key_counts(connection: Connection) -> None:
    connection.execute("CREATE EXTENSION IF NOT EXISTS citext SCHEMA public")
    for kind, ids in {"citext": ["a", "A", "b"], "numeric": ["1", "1.0", "2"]}.items():
        connection.execute(f"CREATE TABLE t (k {kind} PRIMARY KEY, v public.vector(1))".encode())
        connection.execute("SELECT vecs.adopt('t')")
        records = [{"id": id_, "vec": [n]} for n, id_ in enumerate(ids)]
        for _ in range(2):
            assert value(connection, "SELECT vecs.upsert('t', %s)", [Jsonb(records)]) == 2
            assert column(connection, "SELECT v FROM t ORDER BY k") == ["[1]", "[2]"]
        connection.execute("SELECT vecs.drop_collection('t')")
        connection.execute("DROP TABLE t")


def test_update_metadata(documents: Connection) -> None:
    update = "SELECT vecs.update_metadata('documents', %s, %s, mode => %s)"
    assert value(documents, update, [Jsonb({"year": 5, "a": 1}), ["1", "x"], "merge"]) == 1
    assert value(documents, update, [Jsonb({"b": 2}), ["1"], None]) == 1
    row = "SELECT content, metadata, year FROM documents WHERE id = 1"
    assert rows(documents, row) == [("text 1", {"lang": "de", "a": 1, "b": 2}, 5)]
    assert value(documents, update, [Jsonb(["a", "year"]), ["1"], "remove"]) == 1
    assert rows(documents, row) == [("text 1", {"lang": "de", "b": 2}, None)]
    assert value(documents, update, [Jsonb({"c": 3}), ["1"], "replace"]) == 1
    assert rows(documents, row) == [("text 1", {"c": 3}, None)]
    where = "SELECT vecs.update_metadata('documents', %s, filters => %s)"
    assert value(documents, where, [Jsonb({"year": 1}), Jsonb({"year": 1995})]) == 34
    assert value(documents, "SELECT count(*) FROM documents WHERE year = 1") == 34
    before = value(documents, "SELECT xmin::text FROM documents WHERE id = 3")
    assert value(documents, update, [Jsonb({"year": 1993}), ["3"], "merge"]) == 1
    assert value(documents, "SELECT xmin::text FROM documents WHERE id = 3") == before


def test_delete(documents: Connection) -> None:
    assert column(documents, "SELECT vecs.delete('documents', '{5,05,x,6}')") == ["5", "6"]
    deleted = column(documents, "SELECT vecs.delete('documents', filters => '{\"year\": 1995}')")
    assert len(deleted) == 33
    refused(documents, "VS001", "SELECT vecs.delete('documents', filters => '{}')")
    assert value(documents, "SELECT count(*) FROM documents") == 965


@pytest.fixture
def strict(connection: Connection) -> Connection:
    """A table that refuses much."""
    connection.execute("""
        CREATE DOMAIN public.positive AS integer NOT NULL CHECK (VALUE > 0);
        CREATE TABLE strict (
            id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            title text NOT NULL,
            size public.positive,
            created timestamptz NOT NULL DEFAULT now(),
            upper_title text GENERATED ALWAYS AS (upper(title)) STORED,
            tags text[] DEFAULT '{none}',
            v public.vector(2) NOT NULL
        );
        INSERT INTO strict (title, size, v) VALUES ('one', 1, '[1,0]');
        SELECT vecs.adopt('strict');
    """)
    return connection


def test_a_record_that_exists_need_not_name_required_columns(strict: Connection) -> None:
    upsert = "SELECT vecs.upsert('strict', %s)"
    record = {"id": "1", "vec": [0, 1], "metadata": {"tags": ["a", None, 'b"']}}
    assert value(strict, upsert, [Jsonb(record)]) == 1
    assert rows(strict, "SELECT title, size, tags, v FROM strict") == [
        ("one", 1, ["a", None, 'b"'], "[0,1]")
    ]
    said = refused(strict, "VS001", upsert, [Jsonb({**record, "id": "2"})])
    assert "null" in (said.message_primary or "").lower()
    patch = "SELECT vecs.update_metadata('strict', '[\"title\"]', '{1}', mode => 'remove')"
    refused(strict, "VS001", patch)
    record = {"id": "7", "vec": [1, 1], "metadata": {"title": "seven", "size": 7}}
    assert value(strict, upsert, [Jsonb(record)]) == 1
    assert rows(strict, "SELECT id, upper_title, tags, created > now() - interval '1 day' FROM strict"
                " WHERE id = 7") == [(7, "SEVEN", ["none"], True)]  # fmt: skip


@pytest.mark.parametrize(
    ("metadata", "sqlstate", "message"),
    [
        ({"nope": 1}, "VS001", 'the table has no field "nope", and no metadata column'),
        ({"upper_title": "X"}, "VS001", 'the table generates the field "upper_title"'),
        ({"created": "no time"}, "VS001", 'the metadata of id "1" does not fit the columns of table "public.strict"'),
        ({"size": "big"}, "VS001", 'the metadata of id "1" does not fit the columns of table "public.strict"'),
        ({"size": -1}, "23514", None),
        ({"title": None}, "VS001", 'column "title" of table "public.strict" must not be NULL'),
    ],
)  # fmt: skip
def test_a_record_that_does_not_fit(
    strict: Connection, metadata: dict[str, Any], sqlstate: str, message: str | None
) -> None:
    records = [{"id": "1", "vec": [0, 1], "metadata": metadata}]
    said = refused(strict, sqlstate, "SELECT vecs.upsert('strict', %s)", [Jsonb(records)])
    assert message is None or said.message_primary == message
    assert value(strict, "SELECT v FROM strict") == "[1,0]"


def test_times_are_written_as_they_are_read(connection: Connection) -> None:
    """Without a zone a time is in UTC, and an offset counts, whatever the session's zone."""
    connection.execute("""
        CREATE TABLE t (
            id int PRIMARY KEY, z timestamptz, n timestamp(0), d date, v public.vector(1)
        );
        SET LOCAL timezone = 'America/New_York';
        SELECT vecs.adopt('t');
    """)
    times = {
        "2024-05-31T09:00:00": ("2024-05-31 09:00", "2024-05-31"),
        "2024-05-31T23:00:00-05:00": ("2024-06-01 04:00", "2024-06-01"),
        "2024-05-31": ("2024-05-31 00:00", "2024-05-31"),
    }
    for text, (moment, day) in times.items():
        record = {"id": "1", "vec": [1], "metadata": {"z": text, "n": text, "d": text}}
        assert value(connection, "SELECT vecs.upsert('t', %s)", [Jsonb(record)]) == 1
        assert rows(
            connection,
            "SELECT (z AT TIME ZONE 'UTC')::text, n::text, d::text FROM t",
        ) == [(moment + ":00", moment + ":00", day)]
        for field in "zn":
            count = "SELECT vecs.count_rows('t', %s)"
            assert value(connection, count, [Jsonb({field: text})]) == 1
            assert value(connection, count, [Jsonb({field: {"$time": text}})]) == 1


def test_no_unique_index(connection: Connection) -> None:
    connection.execute("""
        CREATE TABLE t (k int NOT NULL, n int, v public.vector(1));
        INSERT INTO t VALUES (1, 1, '[1]');
        SELECT vecs.adopt('t', id => 'k');
    """)
    assert value(connection, "SELECT vecs.upsert('t', '1', '[5]')") == 1
    said = refused(connection, "VS008", "SELECT vecs.upsert('t', '2', '[5]')")
    assert said.message_primary == 'cannot insert into "public.t": no unique index is on column "k"'
    assert rows(connection, "SELECT * FROM t") == [(1, 1, "[5]")]


def test_advice_concerns_the_columns(database: str) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("""
            CREATE TABLE t (id int PRIMARY KEY, n int, kind text, v public.vector(2));
            INSERT INTO t SELECT n, n, 'k' || n % 100, '[1,1]' FROM generate_series(1, 5000) AS n;
            SELECT vecs.adopt('t');
            ANALYZE t;
        """)
        advice = "SELECT vecs.explain('t', '[1,0]', 5, %s) -> 'advice'"
        for filters, expected in (
            ({"n": {"$lt": 50}}, "SELECT vecs.create_metadata_index('t', 'n');"),
            ({"kind": "k5"}, "create_metadata_index() indexes a column of the table"),
        ):
            assert expected in "\n".join(value(connection, advice, [Jsonb(filters)]))
        connection.execute("CREATE INDEX ON t (n)")
        assert "metadata_index" not in str(value(connection, advice, [Jsonb({"n": {"$lt": 50}})]))


def test_rows_without_a_vector_are_claimed_once(database: str) -> None:
    """By several workers at a time, page by page; what a worker that fails had claimed is left for the next."""
    claim = "SELECT id, content FROM vecs.claim_missing('documents', 'content', %s, 8)"
    write = "SELECT vecs.upsert_many('documents', %s, %s)"
    missing = [str(n) for n in range(50, 1001, 50)]
    with psycopg.connect(database) as one, psycopg.connect(database) as other:
        one.execute(DOCUMENTS.encode())
        value(one, "SELECT vecs.adopt('public.documents')")
        one.commit()
        first = rows(one, claim, [None])
        assert first == [(id_, f"text {id_}") for id_ in missing[:8]]
        assert column(other, claim, [None]) == missing[8:16]
        assert column(other, claim, ["800"]) == missing[16:]
        value(one, write, [missing[:8], ["[1,2,3]"] * 8])
        one.commit()
        other.rollback()
        assert column(one, claim, [None]) == missing[8:16]
        assert value(
            one, "SELECT vecs.describe_collection('documents') -> 'rows_without_vector'"
        ) == len(missing[8:])
        kept = rows(one, "SELECT * FROM documents WHERE id = 50")
        assert kept == [(50, "text 50", {"lang": "en"}, 1990 + 50 % 30, "[1,2,3]")]
        assert column(
            one, "SELECT content FROM vecs.claim_missing('documents', 'lang', page_size => 2)"
        ) == ["en", "en"]


def test_claiming_needs_texts_and_a_table_that_was_adopted(connection: Connection) -> None:
    connection.execute("CREATE TABLE public.bare (id int PRIMARY KEY, body text, v vector(2))")
    connection.execute("INSERT INTO public.bare VALUES (1, NULL, NULL), (2, '', NULL)")
    value(connection, "SELECT vecs.adopt('public.bare')")
    assert rows(connection, "SELECT * FROM vecs.claim_missing('bare', 'body')") == [("2", "")]
    said = refused(connection, "VS001", "SELECT vecs.claim_missing('bare', 'bdy')")
    assert said.message_primary == 'the table has no field "bdy", and no metadata column'
    refused(connection, "VS001", "SELECT vecs.claim_missing('bare', 'body', page_size => 0)")
    refused(connection, "VS002", "SELECT vecs.claim_missing('nope', 'body')")

    value(connection, "SELECT vecs.create_collection('docs', 2)")
    value(connection, "SELECT vecs.upsert('docs', 'a', '[1,2]')")
    assert rows(connection, "SELECT * FROM vecs.claim_missing('docs', 'body')") == []
    connection.execute("ALTER TABLE vecs.docs ALTER vec DROP NOT NULL")
    refused(connection, "VS008", "SELECT vecs.claim_missing('docs', 'body')")


def test_a_materialized_view_is_read(documents: Connection) -> None:
    documents.execute("""
        CREATE MATERIALIZED VIEW recent AS
        SELECT id, content, embedding FROM documents WHERE year > 2000;
        SELECT vecs.adopt('recent', id => 'id'), vecs.create_index('recent');
    """)
    assert len(rows(documents, "SELECT * FROM vecs.query('recent', '[1,0,0]', 2000)")) == value(
        documents, "SELECT count(embedding) FROM recent"
    )
    documents.execute("ANALYZE recent")
    assert value(
        documents,
        "SELECT approximate_count FROM vecs.list_collections() WHERE name = 'recent'",
    ) == value(documents, "SELECT count(*) FROM recent")
    with pytest.raises(psycopg.Error), documents.transaction():
        documents.execute("SELECT vecs.upsert('recent', '1', '[1,2,3]')")


# --- partitions


@pytest.fixture
def tenants(connection: Connection) -> Connection:
    """A table partitioned by tenant, whose ids are unique only together with it."""
    connection.execute("""
        CREATE TABLE tenants (
            tenant text NOT NULL, id bigint NOT NULL, n integer, v public.vector(2),
            PRIMARY KEY (tenant, id)
        ) PARTITION BY LIST (tenant);
        CREATE TABLE tenants_a PARTITION OF tenants FOR VALUES IN ('a');
        CREATE TABLE tenants_b PARTITION OF tenants FOR VALUES IN ('b');
        INSERT INTO tenants
        SELECT CASE n % 2 WHEN 0 THEN 'a' ELSE 'b' END, n, n % 10, ARRAY[sin(n), cos(n)]::public.vector
        FROM generate_series(1, 2000) AS n;
    """)
    refused(connection, "VS008", "SELECT vecs.adopt('tenants')")
    connection.execute("SELECT vecs.adopt('tenants', id => 'id')")
    return connection


def test_partitions(tenants: Connection) -> None:
    for index in (False, True):
        for filters, condition in (
            ({}, "true"),
            ({"tenant": "a"}, "tenant = 'a'"),
            ({"tenant": "b", "n": {"$gte": 5}}, "tenant = 'b' AND n >= 5"),
            ({"n": 3}, "n = 3"),
        ):
            expected = column(
                tenants,
                f"SELECT id::text FROM tenants WHERE {condition}"
                " ORDER BY v <=> '[1,0.3]', id::text LIMIT 7",
            )
            for strategy in ("auto", "index", "exact"):
                found = column(
                    tenants,
                    "SELECT id FROM vecs.query('tenants', '[1,0.3]', 7, %s, strategy => %s)",
                    [Jsonb(filters), strategy],
                )
                alike(found, expected, index and strategy != "exact")
        tenants.execute("SELECT vecs.create_index('tenants')")
    assert value(tenants, "SELECT vecs.has_index('tenants', 'cosine_distance')") is True
    explained = value(tenants, "SELECT vecs.explain('tenants', '[1,0]', 5, '{\"tenant\": \"a\"}')")
    shown = "\n".join(explained["steps"][-1]["plan"])
    assert "tenants_a" in shown
    assert ("tenants_b" in shown) is (explained["strategy"] == "index")


def test_indexes_of_single_partitions(tenants: Connection) -> None:
    """They count if every partition has one; those that have none are named."""
    describe = "SELECT vecs.describe_collection('tenants') -> 'vector_indexes'"
    has = "SELECT vecs.has_index('tenants', 'cosine_distance')"
    explain = "SELECT vecs.explain('tenants', '[1,2]', 3, strategy => 'index')"
    partitions = column(
        tenants,
        "SELECT relid::text FROM pg_partition_tree('tenants') WHERE isleaf ORDER BY relid::text",
    )
    first, *others = partitions
    tenants.execute(f"CREATE INDEX mine ON {first} USING hnsw (v vector_cosine_ops)".encode())
    [described] = value(tenants, describe)
    assert (described["name"], described["valid"]) == ("mine", False)
    assert described["partition"] == f"public.{first}"
    assert described["missing_on"] == [f"public.{name}" for name in others]
    assert described["bytes"] > 0
    assert value(tenants, has) is False
    explained = value(tenants, explain)
    assert explained["strategy"] == "exact"
    assert explained["advice"][0].startswith(
        f"These partitions have no valid index for cosine_distance: public.{others[0]}"
    )

    for name in others:
        tenants.execute(f"CREATE INDEX ON {name} USING hnsw (v vector_cosine_ops)".encode())
    assert value(tenants, has) is True
    assert all(one["valid"] and "missing_on" not in one for one in value(tenants, describe))
    described_first = value(tenants, describe)[0]["name"]
    explained = value(tenants, explain)
    assert explained["strategy"] == "index"
    assert explained["index"] is not None
    assert value(tenants, "SELECT vecs.create_index('tenants')") == described_first
    refused(tenants, "VS006", "SELECT vecs.create_index('tenants', method => 'hnsw')")
    assert len(column(tenants, "SELECT vecs.drop_index('tenants', 'cosine_distance')")) == len(
        partitions
    )
    assert value(tenants, describe) == []

    # An index of the whole table that lacks a partition's: create_index() makes it whole.
    tenants.execute("CREATE INDEX whole ON ONLY tenants USING hnsw (v vector_cosine_ops)")
    [described] = value(tenants, describe)
    assert (described["valid"], len(described["missing_on"])) == (False, len(partitions))
    name = value(tenants, "SELECT vecs.create_index('tenants')")
    [described] = value(tenants, describe)
    assert (described["name"], described["valid"]) == (name, True)
    assert described["bytes"] > 0
    assert value(tenants, "SELECT vecs.describe_collection('tenants') -> 'table_bytes'") > 0


def test_writing_partitions(tenants: Connection) -> None:
    upsert = "SELECT vecs.upsert('tenants', %s)"
    assert value(tenants, upsert, [Jsonb({"id": "1", "vec": [5, 5]})]) == 1
    refused(tenants, "VS008", upsert, [Jsonb({"id": "9999", "vec": [5, 5]})])
    record = {"id": "9999", "vec": [5, 5], "metadata": {"tenant": "b"}}
    assert value(tenants, upsert, [Jsonb(record)]) == 1
    assert value(tenants, upsert, [Jsonb(record)]) == 1
    assert rows(tenants, "SELECT tenant, id, n, v FROM tenants WHERE v = '[5,5]' ORDER BY id") == [
        ("b", 1, 1, "[5,5]"),
        ("b", 9999, None, "[5,5]"),
    ]
    assert column(tenants, "SELECT vecs.delete('tenants', '{9999,1}')") == ["1", "9999"]


# --- indexes


def test_vector_indexes(documents: Connection) -> None:
    name = value(documents, "SELECT vecs.create_index('documents')")
    assert (
        value(documents, "SELECT to_regclass('public.' || quote_ident(%s))::text", [name]) == name
    )
    assert value(documents, "SELECT vecs.create_index('documents')") == name
    refused(documents, "VS006", "SELECT vecs.create_index('documents', replace => false)")
    assert value(documents, "SELECT vecs.has_index('documents', 'cosine_distance')") is True
    assert column(documents, "SELECT vecs.drop_index('documents')") == [name]

    documents.execute("CREATE INDEX mine ON documents USING hnsw (embedding vector_cosine_ops)")
    assert value(documents, "SELECT vecs.create_index('documents')") == "mine"
    said = refused(documents, "VS006", "SELECT vecs.create_index('documents', method => 'hnsw')")
    assert said.message_primary == (
        'table "public.documents" has an index for cosine_distance that create_index() did not make: mine'
    )
    explained = value(
        documents, "SELECT vecs.explain('documents', '[1,0,0]', 3, strategy => 'index')"
    )
    assert explained["index"] == "mine"
    assert column(documents, "SELECT vecs.drop_index('documents', 'cosine_distance')") == ["mine"]


def test_metadata_indexes(documents: Connection) -> None:
    create = "SELECT vecs.create_metadata_index('documents', %s, kind => %s)"
    year = value(documents, create, ["year", "value"])
    assert value(documents, create, ["year", None]) == year
    lang = value(documents, create, ["lang", "value"])
    content = value(documents, create, ["content", "pattern"])
    assert len({year, lang, content}) == 3
    refused(documents, "VS001", create, ["year", "pattern"])
    refused(
        documents, "VS001", "SELECT vecs.create_metadata_index('documents', path => '{year,k}')"
    )
    documents.execute("SET LOCAL enable_seqscan = off")
    for filters, name in (
        ({"year": {"$lt": 1992}}, year),
        ({"lang": {"$gt": "en"}}, lang),
        ({"content": {"$startswith": "text 10"}}, content),
    ):
        predicate = value(documents, "SELECT vecs.filter_sql(%s, 'documents')", [Jsonb(filters)])
        assert name in plan(documents, f"SELECT FROM vecs.documents WHERE {predicate}")
    drop = "SELECT vecs.drop_metadata_index('documents', %s)"
    assert [value(documents, drop, [key]) for key in ("year", "lang", "content", "year")] == [
        True, True, True, False,
    ]  # fmt: skip
    documents.execute("CREATE INDEX mine ON documents (year)")
    assert value(documents, create, ["year", "value"]) == "mine"
    assert value(documents, drop, ["year"]) is False


def test_a_large_table_is_searched_by_its_index(database: str) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("""
            CREATE TABLE large (key bigint PRIMARY KEY, n integer, v public.vector(4));
            INSERT INTO large
            SELECT n, n % 100, ARRAY[sin(n), cos(n), sin(n * 2.5), random()]::public.vector
            FROM generate_series(1, 20000) AS n;
            SELECT vecs.adopt('large');
        """)
        notices = watch(connection)
        name = value(connection, "SELECT vecs.create_index('large')")
        assert notices == []
        comment = value(connection, f"SELECT obj_description('{name}'::regclass)")
        assert '"candidates": [' in comment
        explained = value(
            connection, "SELECT vecs.explain('large', '[1,0,0,1]', 10, '{\"n\": {\"$lt\": 50}}')"
        )
        assert explained["strategy"] == "index"
        assert value(connection, "SELECT recall FROM vecs.recall('large', 20)") > 0.9
        # The estimate of several fields is corrected by a sample.
        explained = value(connection, "SELECT vecs.explain('large', '[1,0,0,1]', 10, %s)",
                          [Jsonb({"n": {"$lt": 50}, "$and": [{"n": {"$lt": 51}}]})])  # fmt: skip
        assert 7000 < explained["expected_rows"] < 13000


# --- what was found by trying to break it


def test_a_collection_without_fields(connection: Connection) -> None:
    connection.execute("CREATE TABLE t (id int PRIMARY KEY, metadata jsonb, v vector(1))")
    value(connection, "SELECT vecs.adopt('t')")
    assert value(connection, "SELECT vecs.upsert('t', '1', '[1]', '{\"a\": 1}')") == 1
    assert rows(connection, "SELECT id, metadata FROM vecs.fetch('t', '{1}')") == [("1", {"a": 1})]
    connection.execute("CREATE TABLE u (id int PRIMARY KEY, body text, v vector(1))")
    value(connection, "SELECT vecs.adopt('u', fields => '{}')")
    assert value(connection, "SELECT vecs.upsert('u', '1', '[1]')") == 1
    refused(connection, "VS005", "SELECT vecs.count_rows('u', '{\"body\": 1}')")
    refused(connection, "VS001", "SELECT vecs.claim_missing('u', 'body')")
    refused(connection, "VS001", "SELECT vecs.create_metadata_index('u', 'body')")


def test_writers_of_the_same_rows_do_not_deadlock(database: str) -> None:
    """Rows appear and go meanwhile, and records name different fields."""
    with psycopg.connect(database, autocommit=True) as owner:
        owner.execute("CREATE TABLE items (id int PRIMARY KEY, a int, b int, v public.vector(1))")
        owner.execute("SELECT vecs.adopt('items')")
    failures: list[psycopg.Error] = []

    def work(seed: int) -> None:
        random = Random(seed)
        with psycopg.connect(database, autocommit=True) as writer:
            for _ in range(40):
                ids = [str(n) for n in random.sample(range(40), 15)]
                records = [
                    {"id": id_, "vec": [1], "metadata": random.choice([{}, {"a": 1}, {"b": 2}])}
                    for id_ in ids
                ]
                try:
                    if random.random() < 0.4:
                        writer.execute("SELECT vecs.delete('items', %s)", [ids])
                    else:
                        writer.execute("SELECT vecs.upsert('items', %s)", [Jsonb(records)])
                except psycopg.Error as error:
                    failures.append(error)

    writers = [Thread(target=work, args=(seed,)) for seed in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert failures == []


def test_no_new_row_is_lost_where_an_id_is_there_twice(tenants: Connection) -> None:
    tenants.execute("INSERT INTO tenants VALUES ('a', 7000, 1, '[1,1]'), ('b', 7000, 1, '[1,1]')")
    records = [
        {"id": "7000", "vec": [7, 7], "metadata": {"n": 5}},
        {"id": "7001", "vec": [7, 7], "metadata": {"tenant": "a"}},
    ]
    assert value(tenants, "SELECT vecs.upsert('tenants', %s)", [Jsonb(records)]) == 2
    assert value(tenants, "SELECT count(*) FROM tenants WHERE id = 7001") == 1


def test_an_operand_that_an_array_cannot_hold(connection: Connection) -> None:
    connection.execute("CREATE TABLE t (id int PRIMARY KEY, n int[], s smallint[], v vector(1))")
    value(connection, "SELECT vecs.adopt('t')")
    for filters in (
        '{"n": {"$contains": "x"}}', '{"n": {"$any": [1, true]}}', '{"s": {"$all": ["1"]}}',
    ):  # fmt: skip
        refused(connection, "VS005", "SELECT vecs.count_rows('t', %s)", [filters])


def test_a_domain_over_an_enum(connection: Connection) -> None:
    connection.execute("""
        CREATE TYPE public.level AS ENUM ('low', 'high');
        CREATE DOMAIN public.graded AS public.level;
        CREATE TABLE t (id int PRIMARY KEY, m public.graded, v vector(1));
        INSERT INTO t VALUES (1, 'low', '[1]'), (2, 'high', '[1]'), (3, NULL, '[1]');
    """)
    value(connection, "SELECT vecs.adopt('t')")
    for filters, ids in {
        '{"m": "low"}': ["1"],
        '{"m": {"$ne": "low"}}': ["2"],
        '{"m": {"$in": ["low", "high"]}}': ["1", "2"],
        '{"m": {"$gte": "high"}}': ["2"],
        '{"m": {"$startswith": "l"}}': ["1"],
    }.items():
        assert column(connection, "SELECT id FROM vecs.scan('t', %s)", [filters]) == ids


def test_metadata_indexes_are_those_of_the_column(connection: Connection) -> None:
    connection.execute("""
        CREATE TABLE t (id int PRIMARY KEY, metadata jsonb, other jsonb, a int, b int, v vector(1));
        SELECT vecs.adopt('t', 'one', fields => '{a,b}'), vecs.adopt('t', 'two', metadata => 'other', fields => '{a}');
    """)
    first = value(connection, "SELECT vecs.create_metadata_index('one', 'x')")
    second = value(connection, "SELECT vecs.create_metadata_index('two', 'x')")
    assert first != second
    assert value(connection, "SELECT vecs.drop_metadata_index('two', 'x')") is True
    assert value(connection, "SELECT to_regclass('public.' || %s) IS NULL", [second]) is True
    assert value(connection, "SELECT to_regclass('public.' || %s) IS NULL", [first]) is False

    value(connection, "SELECT vecs.create_metadata_index('one', 'a')")
    connection.execute("""
        ALTER TABLE t RENAME a TO c;
        ALTER TABLE t RENAME b TO a;
        ALTER TABLE t RENAME c TO b;
    """)
    value(connection, "SELECT vecs.adopt('t', 'one')")
    assert value(connection, "SELECT vecs.drop_metadata_index('one', 'a')") is False
    assert value(connection, "SELECT vecs.drop_metadata_index('one', 'b')") is True


def test_what_the_table_itself_refuses_keeps_its_error(connection: Connection) -> None:
    connection.execute("""
        CREATE TABLE t (id varchar(3) PRIMARY KEY, n int GENERATED ALWAYS AS IDENTITY, v vector(2));
        CREATE FUNCTION pg_temp.refuse() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN RAISE EXCEPTION USING ERRCODE = '22023', MESSAGE = 'over quota'; END
        $$;
        SELECT vecs.adopt('t');
    """)
    refused(connection, "22001", "SELECT vecs.upsert('t', 'abcdefg', '[1,1]')")
    said = refused(connection, "VS001", "SELECT vecs.upsert('t', 'a', '[1,1]', '{\"n\": 4}')")
    assert said.message_primary == 'the table generates the field "n"'
    connection.execute(
        "CREATE TRIGGER refuse BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION pg_temp.refuse()"
    )
    said = refused(connection, "22023", "SELECT vecs.upsert('t', 'a', '[1,1]')")
    assert said.message_primary == "over quota"


def test_keys_of_a_type_from_an_extension(connection: Connection) -> None:
    connection.execute("CREATE EXTENSION IF NOT EXISTS ltree SCHEMA public")
    connection.execute("CREATE TABLE t (id public.ltree PRIMARY KEY, v vector(2))")
    connection.execute("INSERT INTO t VALUES ('a.b', '[1,0]'), ('a.c', '[0,1]')")
    value(connection, "SELECT vecs.adopt('t')")
    assert column(connection, "SELECT id FROM vecs.fetch('t', '{a.c}')") == ["a.c"]
    assert value(connection, "SELECT vecs.upsert('t', 'a.d', '[1,1]')") == 1
    assert column(connection, "SELECT id FROM vecs.scan('t', after => 'a.b')") == ["a.c", "a.d"]
    assert column(connection, "SELECT id FROM vecs.query_by_id('t', 'a.b', 1)") == ["a.d"]
    assert column(connection, "SELECT vecs.delete('t', '{a.b}')") == ["a.b"]


@pytest.mark.parametrize("kind", ["int[]", "json", "point", "pair"])
def test_types_that_are_no_keys(connection: Connection, kind: str) -> None:
    connection.execute("CREATE TYPE public.pair AS (a int, b int)")
    connection.execute(f"CREATE TABLE t (id {kind} NOT NULL, v vector(2))".encode())
    refused(connection, "VS008", "SELECT vecs.adopt('t', id => 'id')")


@pytest.mark.parametrize("fields", ["{k}", "{v}", "{m}", "{w}"])
def test_columns_that_are_no_fields(connection: Connection, fields: str) -> None:
    connection.execute(
        "CREATE TABLE t (k int PRIMARY KEY, m jsonb, n int, v vector(2), w vector(2))"
    )
    said = refused(
        connection,
        "VS001",
        "SELECT vecs.adopt('t', vec => 'v', metadata => 'm', fields => %s)",
        [fields],
    )
    assert (said.message_primary or "").endswith("cannot be a field")


def test_the_view_keeps_its_owner(databases: Databases, database: str) -> None:
    superuser = databases.as_role(database, "postgres")
    with psycopg.connect(database, autocommit=True) as owner:
        owner.execute("CREATE TABLE things (id int PRIMARY KEY, v public.vector(2))")
        value(owner, "SELECT vecs.adopt('things')")
        with psycopg.connect(superuser, autocommit=True) as other:
            other.execute("ALTER TABLE things ADD n int")
            value(other, "SELECT vecs.adopt('things')")
        assert value(owner, "SELECT vecs.count_rows('things', '{\"n\": 1}')") == 0
        assert value(owner, "SELECT vecs.drop_collection('things')") is True
        owner.execute("DROP TABLE things")


def test_updates_see_every_difference(connection: Connection) -> None:
    connection.execute("""
        CREATE TABLE t (id int PRIMARY KEY, metadata jsonb, "t._metadata" int, f float8, v vector(2));
        INSERT INTO t VALUES (1, '{"a": "locked._metadata"}', 1, 0.1, '[1,0]');
        SELECT vecs.adopt('t');
        SET LOCAL extra_float_digits = 0;
    """)
    update = "SELECT vecs.update_metadata('t', %s, '{1}')"
    for patch in ({"a": "t._metadata"}, {"t._metadata": 5}, {"f": 0.10000000000000002}):
        assert value(connection, update, [Jsonb(patch)]) == 1
    assert rows(connection, 'SELECT metadata, "t._metadata", f > 0.1 FROM t') == [
        ({"a": "t._metadata"}, 5, True)
    ]


def test_rows_that_a_policy_does_not_let_update(databases: Databases, database: str) -> None:
    with psycopg.connect(database, autocommit=True) as owner:
        owner.execute("""
            CREATE TABLE things (id int PRIMARY KEY, locked boolean, v public.vector(2));
            INSERT INTO things VALUES (1, true, '[1,1]'), (2, false, '[1,1]');
            SELECT vecs.adopt('things');
            ALTER TABLE things ENABLE ROW LEVEL SECURITY;
            CREATE POLICY seen ON things FOR SELECT USING (true);
            CREATE POLICY changed ON things FOR UPDATE USING (NOT locked);
            GRANT USAGE ON SCHEMA vecs TO reader;
            GRANT SELECT, INSERT, UPDATE ON things TO reader;
        """)
        with psycopg.connect(databases.as_role(database, "reader"), autocommit=True) as reader:
            refused(
                reader,
                "42501",
                "SELECT vecs.upsert_many('things', '{1,2}', '{\"[2,2]\",\"[2,2]\"}')",
            )
            assert value(reader, "SELECT vecs.upsert('things', '2', '[3,3]')") == 1
        assert column(owner, "SELECT v FROM things ORDER BY id") == ["[1,1]", "[3,3]"]


def test_orders_of_types_that_filters_do_not_know(connection: Connection) -> None:
    connection.execute("""
        CREATE TABLE t (id int PRIMARY KEY, i interval, a inet, s text, v vector(1));
        INSERT INTO t VALUES (1, '9 days', '10.0.0.9', '2024-05-31T09:00:00+02:00', '[1]');
        SELECT vecs.adopt('t');
    """)
    for filters in ('{"i": {"$gt": "1 day"}}', '{"a": {"$between": ["10.0.0.1", "10.0.0.9"]}}'):
        refused(connection, "VS005", "SELECT vecs.count_rows('t', %s)", [filters])
    count = "SELECT vecs.count_rows('t', %s)"
    assert value(connection, count, ['{"a": "10.0.0.9"}']) == 1
    assert value(connection, count, ['{"s": {"$time": "2024-05-31T07:00:00Z"}}']) == 1
    assert value(connection, count, ['{"s": {"$lt": {"$time": "2024-05-31T07:00:00Z"}}}']) == 0


def test_ids_that_are_not_the_text_of_a_key(documents: Connection) -> None:
    for id_ in ("07", " 7", "0x7", "1_000"):
        said = refused(documents, "VS001", "SELECT vecs.upsert('documents', %s, '[1,2,3]')", [id_])
        assert "is not the text of a key of type bigint" in (said.message_primary or "")


def test_a_materialized_view_is_not_written(documents: Connection) -> None:
    documents.execute("CREATE MATERIALIZED VIEW few AS SELECT * FROM documents WHERE id < 10")
    documents.execute("SELECT vecs.adopt('few', id => 'id')")
    for statement in (
        "vecs.upsert('few', '1', '[1,2,3]')", "vecs.update_metadata('few', '{}', '{1}')",
        "vecs.delete('few', '{1}')", "vecs.claim_missing('few', 'content')",
    ):  # fmt: skip
        refused(documents, "VS008", f"SELECT {statement}")


def test_values_that_are_too_long_for_an_index(documents: Connection) -> None:
    documents.execute(
        "UPDATE documents SET content = (SELECT string_agg(md5(n::text), '') FROM generate_series(1, 200) AS n)"
        " WHERE id = 1"
    )
    said = refused(documents, "VS001", "SELECT vecs.create_metadata_index('documents', 'content')")
    assert said.message_primary == 'field "content" has values that are too long for an index'
    documents.execute("UPDATE documents SET content = 'short' WHERE id = 1")
    value(documents, "SELECT vecs.create_metadata_index('documents', 'content')")
    record = {"id": "1", "vec": [1, 2, 3], "metadata": {"content": "".join(map(str, range(9000)))}}
    refused(documents, "VS001", "SELECT vecs.upsert('documents', %s)", [Jsonb(record)])
