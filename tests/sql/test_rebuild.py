"""Indexes that are dropped for a load and built again after it, in one transaction; and when that pays."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import psycopg
import pytest

from tests.sql.support import fill, refused, rows, settings, value, watch

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import Databases
    from tests.sql.support import Connection

SET_ASIDE = "SELECT vecs._set_aside_indexes('docs', true)"
RESTORE = "SELECT vecs._restore_indexes('docs', %s)"
PAYS = "SELECT vecs._rebuild_pays('docs', %s, %s)"
# All that the catalog holds of the vector indexes of a table, but for what is measured at the build.
INDEXES = """
    SELECT
        c.relname, pg_get_indexdef(i.indexrelid), c.reltablespace, i.indisvalid,
        vecs._partial_filters(i.indexrelid::regclass)
    FROM pg_index AS i
    JOIN pg_class AS c ON c.oid = i.indexrelid
    JOIN pg_am AS m ON m.oid = c.relam
    WHERE i.indrelid = %s::regclass AND m.amname IN ('hnsw', 'ivfflat')
    ORDER BY c.relname
"""


def vectors(count: int, first: int = 0) -> list[list[float]]:
    return [[1 + n % 7, n % 11, n % 13, 1 + n] for n in range(first, first + count)]


@pytest.fixture
def docs(connection: Connection) -> Connection:
    """A connection with 400 rows in the collection docs, in a transaction that is rolled back."""
    connection.execute("SELECT vecs.create_collection('docs', 4)")
    fill(connection, "docs", vectors(400), [{"third": n % 3} for n in range(400)])
    return connection


def create(connection: Connection, *arguments: object) -> str:
    places = ", ".join(["%s"] * len(arguments))
    found: str = value(connection, f"SELECT vecs.create_index('docs', {places})", arguments)
    return found


def parameters(connection: Connection, name: str) -> dict[str, str]:
    described = value(connection, "SELECT vecs.describe_collection('docs')")
    [found] = [index for index in described["vector_indexes"] if index["name"] == name]
    parameters: dict[str, str] = found["parameters"]
    return parameters


def test_all_kinds_come_back_as_they_were(docs: Connection) -> None:
    create(docs, "cosine_distance", "hnsw", '{"m": 7, "ef_construction": 33}')
    create(docs, "l2_distance", "ivfflat", '{"lists": 9}')
    create(docs, "max_inner_product", "hnsw", '{"precision": "half"}')
    create(docs, "l1_distance")
    partial = "SELECT vecs.create_index('docs', 'cosine_distance', 'hnsw', %s, filters => %s)"
    docs.execute(partial, ['{"m": 5}', '{"third": 1}'])
    docs.execute(
        partial, ['{"precision": "half"}', '{"third": {"$in": [0, 2]}, "$id": {"$ne": "x"}}']
    )
    before = rows(docs, INDEXES, ["vecs.docs"])
    assert len(before) == 6

    dropped = value(docs, SET_ASIDE)
    assert len(dropped["indexes"]) == 6
    assert rows(docs, INDEXES, ["vecs.docs"]) == []
    fill(docs, "docs", vectors(600))
    docs.execute(RESTORE, [json.dumps(dropped)])
    assert rows(docs, INDEXES, ["vecs.docs"]) == before
    described = value(docs, "SELECT vecs.describe_collection('docs')")["vector_indexes"]
    assert {one["rows_when_built"] for one in described if "filters" not in one} == {600}


def test_binary_comes_back_however_much_it_finds(docs: Connection) -> None:
    create(docs, "l2_distance", "hnsw", '{"precision": "binary", "min_recall": 0}')
    before = rows(docs, INDEXES, ["vecs.docs"])
    dropped = value(docs, SET_ASIDE)
    docs.execute(RESTORE, [json.dumps(dropped)])
    assert rows(docs, INDEXES, ["vecs.docs"]) == before
    assert value(docs, "SELECT vecs.has_index('docs', 'l2_distance')")


def test_an_index_by_hand_keeps_its_name_and_the_defaults_of_pgvector(docs: Connection) -> None:
    docs.execute("CREATE INDEX my_own ON vecs.docs USING hnsw (vec vector_ip_ops)")
    docs.execute(RESTORE, [json.dumps(value(docs, SET_ASIDE))])
    assert value(docs, "SELECT vecs.has_index('docs', 'max_inner_product')")
    assert parameters(docs, "my_own") == {"m": "16", "ef_construction": "64"}


@pytest.mark.parametrize(
    "statement",
    [
        # Of two for one measure, create_index() would replace the first by the second.
        "CREATE INDEX second ON vecs.docs USING hnsw (vec vector_cosine_ops) WITH (m = 3)",
        "COMMENT ON INDEX vecs.first IS 'of great value'",
    ],
)
def test_what_would_not_come_back_stays(docs: Connection, statement: str) -> None:
    docs.execute("CREATE INDEX first ON vecs.docs USING hnsw (vec vector_cosine_ops)")
    docs.execute(statement.encode())
    before = rows(docs, INDEXES, ["vecs.docs"])
    dropped = value(docs, SET_ASIDE)
    assert dropped["indexes"] == []
    assert rows(docs, INDEXES, ["vecs.docs"]) == before
    docs.execute(RESTORE, [json.dumps(dropped)])
    assert rows(docs, INDEXES, ["vecs.docs"]) == before


@pytest.fixture
def tablespace(databases: Databases) -> Iterator[str]:
    with databases.admin() as admin:
        admin.execute("SET allow_in_place_tablespaces = on")
        admin.execute("CREATE TABLESPACE elsewhere OWNER owner LOCATION ''")
    yield "elsewhere"
    with databases.admin() as admin:
        admin.execute("DROP TABLESPACE elsewhere")


def test_tablespaces(database: str, tablespace: str) -> None:
    """An index in one of its own stays; the others come back into that of the database."""
    with psycopg.connect(database) as docs:
        docs.execute("SELECT vecs.create_collection('docs', 4)")
        moved = create(docs, "cosine_distance")
        docs.execute(f"ALTER INDEX vecs.{moved} SET TABLESPACE {tablespace}".encode())
        create(docs, "l2_distance")
        before = rows(docs, INDEXES, ["vecs.docs"])
        docs.execute(f"SET default_tablespace = {tablespace}".encode())
        dropped = value(docs, SET_ASIDE)
        assert [one["measure"] for one in dropped["indexes"]] == ["l2_distance"]
        docs.execute(RESTORE, [json.dumps(dropped)])
        assert rows(docs, INDEXES, ["vecs.docs"]) == before
        docs.rollback()


def test_others_come_back_beside_what_stays(docs: Connection) -> None:
    """By the comment of an index: nobody else's is lost."""
    docs.execute("CREATE INDEX first ON vecs.docs USING hnsw (vec vector_cosine_ops)")
    docs.execute("COMMENT ON INDEX vecs.first IS 'of great value'")
    create(docs, "l2_distance")
    before = rows(docs, INDEXES, ["vecs.docs"])
    dropped = value(docs, SET_ASIDE)
    assert [one["measure"] for one in dropped["indexes"]] == ["l2_distance"]
    docs.execute(RESTORE, [json.dumps(dropped)])
    assert rows(docs, INDEXES, ["vecs.docs"]) == before


def test_the_owner_of_an_adopted_table_keeps_theirs(connection: Connection) -> None:
    connection.execute("CREATE SCHEMA app")
    connection.execute("CREATE TABLE app.docs (id text PRIMARY KEY, v vector(4), n integer)")
    connection.execute("CREATE INDEX theirs ON app.docs USING hnsw (v vector_cosine_ops)")
    connection.execute("SELECT vecs.adopt('app.docs')")
    ours = create(connection, "l2_distance")
    before = rows(connection, INDEXES, ["app.docs"])
    oid = value(connection, "SELECT 'app.theirs'::regclass::oid")
    dropped = value(connection, SET_ASIDE)
    assert [one["name"] for one in dropped["indexes"]] == [ours]
    fill(connection, "docs", vectors(2000))
    connection.execute(RESTORE, [json.dumps(dropped)])
    assert rows(connection, INDEXES, ["app.docs"]) == before
    assert value(connection, "SELECT 'app.theirs'::regclass::oid") == oid
    # Their application reads the table.
    assert value(connection, PAYS, [1_000_000, None]) is False


def test_a_partitioned_table_keeps_all(connection: Connection) -> None:
    connection.execute(
        "CREATE TABLE parts (id text PRIMARY KEY, v vector(4)) PARTITION BY HASH (id)"
    )
    connection.execute(
        "CREATE TABLE part PARTITION OF parts FOR VALUES WITH (MODULUS 1, REMAINDER 0)"
    )
    connection.execute("SELECT vecs.adopt('parts', 'docs')")
    create(connection, "l2_distance")
    assert value(connection, SET_ASIDE)["indexes"] == []


def test_no_trace_is_left(docs: Connection) -> None:
    create(docs, "cosine_distance")
    before = settings(docs)
    dropped = value(docs, SET_ASIDE)
    # The server notices during the build that a client has died.
    assert settings(docs)["client_connection_check_interval"] == "5000"
    docs.execute(RESTORE, [json.dumps(dropped)])
    assert settings(docs) == before


def test_the_memory_is_that_for_all_rows(docs: Connection) -> None:
    """The statistics are those from before the load: a graph of twice the rows would be built on disk."""
    create(docs, "cosine_distance")
    notices = watch(docs)
    dropped = value(docs, SET_ASIDE)
    fill(docs, "docs", vectors(4000))
    docs.execute("SET LOCAL maintenance_work_mem = '1MB'")
    docs.execute(RESTORE, [json.dumps(dropped)])
    [slow] = [one for one in notices if one.sqlstate == "VSW04"]
    assert "needs 3 MB" in slow.message


def test_what_is_used_at_the_moment_stays(database: str) -> None:
    """Without waiting long: NULL, and nothing is locked."""
    with psycopg.connect(database) as reader, psycopg.connect(database) as loader:
        reader.execute("SELECT vecs.create_collection('docs', 4)")
        reader.execute("SELECT vecs.create_index('docs')")
        reader.commit()
        reader.execute("SELECT FROM vecs.docs")
        assert value(loader, "SELECT vecs._set_aside_indexes('docs', false)") is None
        assert value(loader, "SELECT current_setting('lock_timeout')") == "0"
        held = "SELECT count(*) FROM pg_locks WHERE pid = pg_backend_pid() AND mode ~ 'Exclusive' AND relation > 16384"
        assert value(loader, held) == 0
        reader.commit()
        assert len(value(loader, "SELECT vecs._set_aside_indexes('docs', false)")["indexes"]) == 1


def test_one_that_is_being_built_stays(database: str) -> None:
    with psycopg.connect(database) as builder, psycopg.connect(database) as loader:
        builder.execute("SELECT vecs.create_collection('docs', 4)")
        builder.execute("SELECT vecs.create_index('docs')")
        builder.commit()
        mark = "hashtext('vecs.create_index_sql'), 'vecs.docs'::regclass::oid::integer"
        builder.execute(f"SELECT pg_advisory_lock_shared({mark})".encode())
        assert value(loader, "SELECT vecs._set_aside_indexes('docs', false)") is None
        refused(loader, "55006", SET_ASIDE)


def test_where_rows_are_replaced_in_their_pages(database: str) -> None:
    """The transaction cannot use the new index. What was measured before holds on."""
    with psycopg.connect(database, autocommit=True) as docs:
        docs.execute("SELECT vecs.create_collection('docs', 4)")
        fill(docs, "docs", vectors(12_000))
        create(docs, "l2_distance", "hnsw", '{"m": 4, "ef_construction": 16}')
        comment = "SELECT obj_description(indexrelid)::jsonb FROM pg_index WHERE indrelid = 'vecs.docs'::regclass"
        comment += " AND obj_description(indexrelid) IS NOT NULL"
        before = value(docs, comment)
        assert before["candidates"]
        docs.execute("DELETE FROM vecs.docs WHERE id > 'r06000'")
        docs.execute("VACUUM vecs.docs")
        docs.execute("UPDATE vecs.docs SET metadata = '{\"k\": 1}' WHERE id < 'r00100'")
        docs.execute("VACUUM vecs.docs")
        with docs.transaction():
            dropped = value(docs, SET_ASIDE)
            docs.execute("UPDATE vecs.docs SET vec = '[1,2,3,4]' WHERE id < 'r03000'")
            docs.execute(RESTORE, [json.dumps(dropped)])
        assert value(docs, comment) == {"rows": 6001, "candidates": before["candidates"]}
        checked = (
            "SELECT count(*) FROM pg_index WHERE indrelid = 'vecs.docs'::regclass AND indcheckxmin"
        )
        assert value(docs, checked) == 1
        searched = "SELECT vecs.explain('docs', '[1,2,3,4]', measure => 'l2_distance')"
        assert value(docs, searched)["index"] is not None


def test_when_it_pays(docs: Connection) -> None:
    assert value(docs, PAYS, [100_000, None]) is False  # there is no index
    create(docs, "cosine_distance")
    docs.execute("ANALYZE vecs.docs")
    assert value(docs, PAYS, [100_000, None]) is True
    assert value(docs, PAYS, [0, None]) is False
    assert value(docs, PAYS, [300, None]) is False
    # A wait of a second is too short to build it in.
    assert value(docs, PAYS, [100_000, 1]) is False
    assert value(docs, PAYS, [100_000, 10_000]) is True
    docs.execute("SET LOCAL statement_timeout = '1s'")
    assert value(docs, PAYS, [100_000, None]) is False
    docs.execute("SET LOCAL statement_timeout = 0")
    # In memory for a tenth of the graph, most rows are inserted on disk in any case.
    docs.execute("SET LOCAL maintenance_work_mem = '1MB'")
    docs.execute("SET LOCAL max_parallel_maintenance_workers = 0")
    assert value(docs, PAYS, [100_000, None]) is False


def test_it_pays_only_where_the_load_doubles_the_rows(docs: Connection) -> None:
    """Others wait for the end of the load, so few are to miss the rows that were there."""
    create(docs, "cosine_distance", "hnsw", '{"m": 2, "ef_construction": 4}')
    fill(docs, "docs", vectors(5000))
    docs.execute("ANALYZE vecs.docs")
    assert value(docs, PAYS, [4000, None]) is False
    assert value(docs, PAYS, [5000, None]) is True


def test_into_an_empty_collection(connection: Connection) -> None:
    connection.execute("SELECT vecs.create_collection('docs', 4)")
    create(connection, "cosine_distance")
    assert value(connection, PAYS, [5000, None]) is True


def test_only_the_owner_rebuilds(databases: Databases, database: str) -> None:
    with psycopg.connect(database) as owner:
        owner.execute("SELECT vecs.create_collection('docs', 4)")
        owner.execute("SELECT vecs.create_index('docs')")
        owner.execute("GRANT USAGE ON SCHEMA vecs TO reader")
        owner.execute("GRANT ALL ON vecs.docs TO reader")
    with psycopg.connect(databases.as_role(database, "reader")) as reader:
        assert value(reader, PAYS, [5000, None]) is False
        refused(reader, "42501", SET_ASIDE)


def test_errors(connection: Connection) -> None:
    for statement in (
        "SELECT vecs._set_aside_indexes('nothing', true)",
        "SELECT vecs._rebuild_pays('nothing', 5000, NULL)",
        "SELECT vecs._restore_indexes('nothing', '{\"indexes\": []}')",
    ):
        refused(connection, "VS002", statement)
