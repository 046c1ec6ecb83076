"""create_collection, drop_collection, list_collections, describe_collection, version; names and arguments of all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest

import vecs_sql
from tests.sql.support import (
    ODD_NAMES,
    Connection,
    column,
    fill,
    refused,
    rows,
    value,
    walk,
    walk_existing,
)

if TYPE_CHECKING:
    from tests.conftest import Databases

# What the vecs client makes (COMPAT.md), for a name and a dimension.
VECS_TABLE = """
CREATE TABLE vecs.{} (
    id VARCHAR NOT NULL,
    vec VECTOR(3) NOT NULL,
    metadata JSONB DEFAULT '{{}}'::jsonb NOT NULL,
    PRIMARY KEY (id)
)
"""


@pytest.mark.parametrize("name", ODD_NAMES)
def test_every_name_works_in_every_function(connection: Connection, name: str) -> None:
    walk(connection, name)


@pytest.mark.parametrize("element_type", ["vector", "halfvec"])
def test_every_function_works_for_both_element_types(
    connection: Connection, element_type: str
) -> None:
    walk(connection, "docs", element_type)


def test_names_differ_by_case_and_are_not_trimmed(connection: Connection) -> None:
    names = ["docs", "Docs", "DOCS", "docs ", " docs"]
    for name in names:
        assert value(connection, "SELECT vecs.create_collection(%s, 2)", [name]) is True
    assert sorted(column(connection, "SELECT name FROM vecs.list_collections()")) == sorted(names)


def test_a_new_collection_is_the_table_of_the_vecs_client(connection: Connection) -> None:
    connection.execute("SELECT vecs.create_collection('docs', 3)")
    assert rows(
        connection,
        """
        SELECT a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
            pg_get_expr(d.adbin, d.adrelid)
        FROM pg_attribute AS a
        LEFT JOIN pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
        WHERE a.attrelid = 'vecs.docs'::regclass AND a.attnum > 0
        ORDER BY a.attnum
        """,
    ) == [
        ("id", "character varying", True, None),
        ("vec", "vector(3)", True, None),
        ("metadata", "jsonb", True, "'{}'::jsonb"),
    ]
    assert column(
        connection,
        "SELECT pg_get_indexdef(indexrelid) FROM pg_index WHERE indrelid = 'vecs.docs'::regclass"
        " ORDER BY NOT indisprimary",
    ) == [
        "CREATE UNIQUE INDEX docs_pkey ON vecs.docs USING btree (id)",
        "CREATE INDEX docs_metadata_idx ON vecs.docs USING gin (metadata jsonb_path_ops)",
    ]


@pytest.mark.parametrize(
    "name", ["", "_", "_hidden", "_migration", "x" * 64, "é" * 32, "🐘" * 16], ids=ascii
)
def test_names_that_can_not_be(connection: Connection, name: str) -> None:
    refused(connection, "VS001", "SELECT vecs.create_collection(%s, 3)", [name])
    refused(
        connection, "VS001", "SELECT vecs.create_collection(%s, 3, if_not_exists => true)", [name]
    )


CALLS = [
    "vecs.drop_collection(%s)",
    "vecs.describe_collection(%s)",
    'vecs.upsert(%s, \'{"id": "a", "vec": [1,2,3]}\')',
    "vecs.upsert(%s, 'a', '[1,2,3]')",
    "vecs.upsert_many(%s, '{a}', '{\"[1,2,3]\"}')",
    "vecs.fetch(%s, '{a}')",
    "vecs.scan(%s)",
    "vecs.count_rows(%s)",
    "vecs.update_metadata(%s, '{}', '{a}')",
    "vecs.delete(%s, '{a}')",
    "vecs.truncate_collection(%s)",
    "vecs.query(%s, '[1,2,3]')",
    "vecs.query(%s, '[1,2,3]', 0)",
    "vecs.query(%s, '[1,2,3]', strategy => 'exact')",
    "vecs.create_index(%s)",
    "vecs.drop_index(%s)",
    "vecs.has_index(%s, 'cosine_distance')",
]


@pytest.mark.parametrize("call", CALLS)
def test_no_such_collection(connection: Connection, call: str) -> None:
    connection.execute("CREATE VIEW vecs.view AS SELECT '[1]'::vector AS vec")
    connection.execute("CREATE TABLE vecs.other (id text, vec text, metadata jsonb)")
    connection.execute("CREATE TABLE vecs._hidden (id text, vec vector(3), metadata jsonb)")
    connection.execute("CREATE TABLE public.elsewhere (id text, vec vector(3), metadata jsonb)")
    connection.execute("SELECT vecs.create_collection(%s, 3)", ["x" * 63])
    connection.execute("SELECT vecs.create_collection('docs', 3)")
    index = value(connection, "SELECT vecs.create_index('docs')")
    for name in (
        "nothing", "", "_migration", "_hidden", "view", "other", "elsewhere", "DOCS", "docs ",
        "public.elsewhere", "docs_metadata_idx", index, "x" * 64, "x" * 5000,
    ):  # fmt: skip
        said = refused(connection, "VS002", f"SELECT {call}", [name])
        # A message is no longer than one would read.
        assert said.message_primary == f'collection "{name[:100]}" does not exist'
    refused(connection, "VS001", f"SELECT {call}", [None])


@pytest.mark.parametrize("call", [call for call in CALLS if not call.startswith("vecs.query")])
def test_a_name_of_any_collation(connection: Connection, call: str) -> None:
    """Such as one from a column that has its own."""
    connection.execute("SELECT vecs.create_collection('docs', 3)")
    rows(connection, f"SELECT {call}".replace("%s", '%s COLLATE "pg_unicode_fast"'), ["docs"])


def test_if_exists(connection: Connection) -> None:
    connection.execute("SELECT vecs.create_collection('docs', 3)")
    drop = "SELECT vecs.drop_collection('docs', {})"
    assert value(connection, drop.format("if_exists => true")) is True
    assert value(connection, drop.format("true")) is False
    refused(connection, "VS002", drop.format("false"))
    refused(connection, "VS002", drop.format("NULL"))
    refused(connection, "VS001", "SELECT vecs.drop_collection(NULL, true)")
    assert value(connection, "SELECT vecs.drop_collection(%s, true)", ["x" * 64]) is False


def test_drop_keeps_what_depends_on_it(connection: Connection) -> None:
    connection.execute("SELECT vecs.create_collection('docs', 3)")
    connection.execute("CREATE VIEW public.titles AS SELECT d.id FROM vecs.docs AS d")
    refused(connection, "2BP01", "SELECT vecs.drop_collection('docs')")
    assert column(connection, "SELECT name FROM vecs.list_collections()") == ["docs"]


@pytest.mark.parametrize("dimension", [None, 0, -1, 16001, 2147483647])
def test_dimensions_that_can_not_be(connection: Connection, dimension: int | None) -> None:
    refused(connection, "VS001", "SELECT vecs.create_collection('docs', %s)", [dimension])


@pytest.mark.parametrize("dimension", [1, 2000, 16000])
@pytest.mark.parametrize("element_type", ["vector", "halfvec"])
def test_dimensions_at_the_limits(
    connection: Connection, dimension: int, element_type: str
) -> None:
    connection.execute("SELECT vecs.create_collection('docs', %s, %s)", [dimension, element_type])
    assert rows(
        connection, "SELECT name, dimension, element_type FROM vecs.list_collections()"
    ) == [("docs", dimension, element_type)]
    numbers = "[" + ",".join(["0.5"] * dimension) + "]"
    connection.execute("SELECT vecs.upsert('docs', 'a', %s)", [numbers])
    assert value(connection, "SELECT vec FROM vecs.fetch('docs', '{a}')") == numbers


@pytest.mark.parametrize("element_type", ["float", "Vector", "", "text", "sparsevec", "bit"])
def test_element_types_that_can_not_be(connection: Connection, element_type: str) -> None:
    refused(connection, "VS001", "SELECT vecs.create_collection('docs', 3, %s)", [element_type])


def test_a_collection_that_exists(connection: Connection) -> None:
    assert value(connection, "SELECT vecs.create_collection('docs', 3)") is True
    create = "SELECT vecs.create_collection('docs', {}, if_not_exists => true)"
    refused(connection, "VS003", "SELECT vecs.create_collection('docs', 3)")
    refused(connection, "VS003", "SELECT vecs.create_collection('docs', 4)")
    refused(connection, "VS003", "SELECT vecs.create_collection('docs', 3, if_not_exists => NULL)")
    assert value(connection, create.format("3")) is False
    refused(connection, "VS004", create.format("4"))
    said = refused(connection, "VS004", create.format("3, 'halfvec'"))
    assert "vector(3)" in (said.message_primary or "")
    assert "halfvec(3)" in (said.message_primary or "")


@pytest.mark.parametrize("if_not_exists", [False, True])
def test_a_name_that_something_else_has(connection: Connection, if_not_exists: bool) -> None:
    connection.execute("SELECT vecs.create_collection('docs', 3)")
    index = value(connection, "SELECT vecs.create_index('docs')")
    connection.execute("CREATE TABLE vecs.plain (id integer)")
    connection.execute("CREATE TABLE vecs.texts (id text, vec text, metadata jsonb)")
    connection.execute("CREATE VIEW vecs.view AS SELECT 1 AS one")
    connection.execute("CREATE SEQUENCE vecs.sequence")
    for name in ("docs_metadata_idx", "docs_pkey", index, "plain", "texts", "view", "sequence"):
        create = "SELECT vecs.create_collection(%s, 3, if_not_exists => %s)"
        refused(connection, "VS003", create, [name, if_not_exists])


def test_arguments_by_position_and_by_name(connection: Connection) -> None:
    assert value(
        connection,
        "SELECT vecs.create_collection(if_not_exists => true, element_type => 'halfvec',"
        " dimension => 2, name => 'named')",
    )
    assert value(connection, "SELECT vecs.create_collection('placed', 2, 'halfvec', false)")
    assert value(connection, "SELECT vecs.create_collection('null', 2, NULL, NULL)")
    assert rows(
        connection, "SELECT name, dimension, element_type FROM vecs.list_collections()"
    ) == [("named", 2, "halfvec"), ("null", 2, "vector"), ("placed", 2, "halfvec")]
    assert value(connection, "SELECT vecs.drop_collection(if_exists => false, name => 'named')")
    assert value(connection, "SELECT vecs.drop_collection('placed', false)")
    assert (
        value(connection, "SELECT vecs.describe_collection(collection => 'null') ->> 'name'")
        == "null"
    )


def test_list_and_describe_count(connection: Connection) -> None:
    assert rows(connection, "SELECT * FROM vecs.list_collections()") == []
    connection.execute("SELECT vecs.create_collection('docs', 2)")
    fill(connection, "docs", [[1, number] for number in range(7)])
    ((name, dimension, element_type, count, size),) = rows(
        connection, "SELECT * FROM vecs.list_collections()"
    )
    assert (name, dimension, element_type) == ("docs", 2, "vector")
    assert 7 <= count <= 100  # by the size of the table: it has one page
    assert size == value(connection, "SELECT pg_total_relation_size('vecs.docs')")

    described = value(connection, "SELECT vecs.describe_collection('docs')")
    assert (described["count"], described["count_is_exact"]) == (7, True)
    connection.execute("ANALYZE vecs.docs")
    connection.execute("SELECT vecs.upsert('docs', 'more', '[1,1]')")
    described = value(connection, "SELECT vecs.describe_collection('docs')")
    assert (described["count"], described["count_is_exact"]) == (7, False)
    assert value(connection, "SELECT approximate_count FROM vecs.list_collections()") == 7
    assert value(connection, "SELECT vecs.count_rows('docs')") == 8


@pytest.mark.parametrize(
    "element_type, dimension", [("vector", 3), ("halfvec", 900), ("vector", 3000)]
)
def test_the_estimated_count_is_near(
    connection: Connection, element_type: str, dimension: int
) -> None:
    listed = "SELECT approximate_count FROM vecs.list_collections()"
    connection.execute("SELECT vecs.create_collection('docs', %s, %s)", [dimension, element_type])
    assert value(connection, listed) == 0
    fill(connection, "docs", [[1] * dimension] * 1200)
    assert 600 < value(connection, listed) < 2400
    connection.execute("ANALYZE vecs.docs")
    assert value(connection, listed) == 1200
    connection.execute(
        "SELECT vecs.upsert_many('docs', ARRAY(SELECT 'new' || i FROM generate_series(1, 1200) AS i),"
        " ARRAY(SELECT vec FROM vecs.docs))"
    )
    assert 2200 < value(connection, listed) < 2600


def test_describe_says_all_there_is(connection: Connection) -> None:
    connection.execute("SELECT vecs.create_collection('docs', 2, 'halfvec')")
    fill(connection, "docs", [[1, number] for number in range(5)])
    first = value(
        connection,
        "SELECT vecs.create_index('docs', 'l1_distance', 'hnsw', '{\"m\": 4, \"ef_construction\": 20}')",
    )
    second = value(
        connection,
        "SELECT vecs.create_index('docs', 'cosine_distance', 'ivfflat', '{\"lists\": 1}')",
    )
    fill(connection, "docs", [[1, number] for number in range(6)])
    connection.execute("ANALYZE vecs.docs")
    described = value(connection, "SELECT vecs.describe_collection('docs')")
    size = "SELECT pg_relation_size(format('vecs.%%I', %s::text))"
    assert described == {
        "name": "docs",
        "dimension": 2,
        "element_type": "halfvec",
        "count": 6,
        "count_is_exact": False,
        "total_bytes": value(connection, "SELECT pg_total_relation_size('vecs.docs')"),
        "table_bytes": value(connection, "SELECT pg_table_size('vecs.docs')"),
        "row_level_security": False,
        "vector_indexes": [
            {
                "name": second,
                "method": "ivfflat",
                "measure": "cosine_distance",
                "precision": "full",
                "parameters": {"lists": "1"},
                "valid": True,
                "bytes": value(connection, size, [second]),
                "rows_when_built": 5,
                "rows_now": 6,
            },
            {
                "name": first,
                "method": "hnsw",
                "measure": "l1_distance",
                "precision": "full",
                "parameters": {"m": "4", "ef_construction": "20"},
                "valid": True,
                "bytes": value(connection, size, [first]),
                "rows_when_built": 5,
                "rows_now": 6,
            },
        ],
        "metadata_indexes": [
            {
                "name": "docs_metadata_idx",
                "definition": "CREATE INDEX docs_metadata_idx ON vecs.docs"
                " USING gin (metadata jsonb_path_ops)",
                "valid": True,
                "bytes": value(connection, size, ["docs_metadata_idx"]),
            }
        ],
    }
    connection.execute("ALTER TABLE vecs.docs ENABLE ROW LEVEL SECURITY")
    assert (
        value(connection, "SELECT vecs.describe_collection('docs') -> 'row_level_security'") is True
    )


def test_list_leaves_out_what_is_no_collection(connection: Connection) -> None:
    connection.execute("SELECT vecs.create_collection('docs', 2)")
    connection.execute(
        "CREATE TABLE vecs.typeless (id varchar PRIMARY KEY, vec vector, metadata jsonb)"
    )
    connection.execute("CREATE TABLE vecs.number (id text, vec integer, metadata jsonb)")
    connection.execute("CREATE TABLE vecs._private (id text, vec vector(2), metadata jsonb)")
    connection.execute("CREATE VIEW vecs.view AS SELECT * FROM vecs.docs")
    connection.execute("CREATE TABLE vecs.dropped (id text, vec vector(2))")
    connection.execute("ALTER TABLE vecs.dropped DROP COLUMN vec")
    connection.execute("CREATE TYPE public.vector2 AS (x real)")
    connection.execute("CREATE TABLE vecs.composite (id text, vec public.vector2)")
    assert rows(connection, "SELECT name, dimension FROM vecs.list_collections()") == [
        ("docs", 2),
        ("typeless", -1),
    ]


@pytest.mark.parametrize("name", ["docs", "Odd Name", "it's", 'a"b'])
def test_a_collection_of_the_vecs_client(connection: Connection, name: str) -> None:
    connection.execute(psycopg.sql.SQL(VECS_TABLE).format(psycopg.sql.Identifier(name)))
    described = value(connection, "SELECT vecs.describe_collection(%s)", [name])
    assert described["metadata_indexes"] == []
    assert described["count_is_exact"] is True
    walk_existing(connection, name)

    connection.execute(
        psycopg.sql.SQL(
            "CREATE INDEX ix_vector_cosine_ops_hnsw_m16_efc64_0a1b2c3 ON vecs.{}"
            " USING hnsw (vec vector_cosine_ops) WITH (m = 16, ef_construction = 64)"
        ).format(psycopg.sql.Identifier(name))
    )
    assert value(connection, "SELECT vecs.has_index(%s, 'cosine_distance')", [name]) is True
    (index,) = value(connection, "SELECT vecs.describe_collection(%s)", [name])["vector_indexes"]
    assert index["rows_when_built"] is None
    replaced = value(connection, "SELECT vecs.create_index(%s)", [name])
    assert column(connection, "SELECT vecs.drop_index(%s)", [name]) == [replaced]


def test_a_collection_made_anew_in_another_shape(connection: Connection) -> None:
    """Plans that the session keeps must not remember the table that is gone."""
    for dimension, element_type in ((3, "vector"), (5, "halfvec"), (2, "vector"), (3, "vector")):
        connection.execute(
            "SELECT vecs.create_collection('docs', %s, %s)", [dimension, element_type]
        )
        numbers = str([1] * dimension)
        for _ in range(7):
            assert value(connection, "SELECT vecs.upsert('docs', 'a', %s)", [numbers]) == 1
            assert value(connection, "SELECT id FROM vecs.query('docs', %s)", [numbers]) == "a"
            assert value(connection, "SELECT id FROM vecs.fetch('docs', '{a}')") == "a"
        connection.execute("SELECT vecs.drop_collection('docs')")


def test_drop_schema_is_a_full_uninstall(databases: Databases, database: str) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("SELECT vecs.create_collection('docs', 3)")
        connection.execute("DROP SCHEMA vecs CASCADE")
        assert column(connection, "SELECT nspname FROM pg_namespace WHERE nspname = 'vecs'") == []


def test_version(connection: Connection) -> None:
    assert value(connection, "SELECT vecs.version()") == vecs_sql.__version__
