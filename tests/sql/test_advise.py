"""advise: each finding is there when it should be, and gone after its statement."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import psycopg
import pytest

from tests.sql.support import ODD_NAMES, Connection, fill, refused, rows, value

if TYPE_CHECKING:
    from tests.conftest import Databases

ADVISE = "SELECT severity, finding, statement FROM vecs.advise(%s)"
MANY = """
    INSERT INTO vecs.docs SELECT 'm' || n, ARRAY[random(), random(), random(), random()]::vector,
        jsonb_build_object('n', n, 'tenant', 't' || n %% 5) FROM generate_series(1, %s) AS n
"""


@pytest.fixture
def docs(database: str) -> Iterator[Connection]:
    """A connection in autocommit mode to a database with the collection docs: 2,000 rows, and all that they need."""
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("SELECT vecs.create_collection('docs', 4)")
        connection.execute(MANY, [2000])
        connection.execute("SELECT vecs.create_index('docs')")
        analyze(connection)
        yield connection


def analyze(connection: Connection) -> None:
    """Else what was written is counted after the ANALYZE."""
    connection.execute("SELECT pg_stat_force_next_flush()")
    connection.execute("VACUUM ANALYZE")


def follow(connection: Connection, severity: str, part: str, name: str = "docs") -> str:
    """The one finding, whose statement mends it."""
    [(found, finding, statement)] = rows(connection, ADVISE, [name])
    assert (found, part in finding) == (severity, True), finding
    connection.execute(statement.encode())
    analyze(connection)
    assert rows(connection, ADVISE, [name]) == []
    return str(statement)


def test_nothing_to_find(docs: Connection) -> None:
    assert rows(docs, ADVISE, ["docs"]) == []
    docs.execute("SELECT vecs.create_collection('few', 3)")
    assert rows(docs, ADVISE, ["few"]) == []
    fill(docs, "few", [[1, 2, n] for n in range(20)])
    analyze(docs)
    assert rows(docs, ADVISE, ["few"]) == []
    refused(docs, "VS002", "SELECT vecs.advise('other')")
    refused(docs, "VS001", "SELECT vecs.advise(NULL)")


@pytest.mark.parametrize("name", ODD_NAMES)
def test_odd_names(docs: Connection, name: str) -> None:
    docs.execute("SELECT vecs.drop_index('docs')")
    docs.execute("SELECT vecs.rename_collection('docs', %s)", [name])
    follow(docs, "warning", "no index on the vectors", name)


def test_no_index(docs: Connection, database: str) -> None:
    """It says what building one takes."""
    docs.execute("SELECT vecs.drop_index('docs')")
    [(_, finding, _)] = rows(docs, ADVISE, ["docs"])
    assert "compares all 2000 rows" in finding
    assert "about 0." in finding
    assert "of memory" in finding
    # Where nothing can be tried, it says no time.
    with psycopg.connect(database, options="-c default_transaction_read_only=on") as other:
        [(_, finding, _)] = rows(other, ADVISE, ["docs"])
        assert " s, and" not in finding
    docs.execute("SELECT vecs.create_index('docs', filters => '{\"tenant\": \"t1\"}')")
    follow(docs, "warning", "no index on the vectors")


def test_the_time_of_a_build_is_about_right(docs: Connection) -> None:
    docs.execute("SELECT vecs.drop_index('docs')")
    docs.execute("SET max_parallel_maintenance_workers = 0")
    docs.execute(MANY.replace("'m'", "'o'"), [12_000])
    analyze(docs)
    seconds = value(docs, "SELECT seconds FROM vecs._build_estimate('docs')")
    statement = "SELECT extract(epoch FROM clock_timestamp())::float8"
    before = value(docs, statement)
    docs.execute("SELECT vecs.create_index('docs')")
    took = value(docs, statement) - before
    # Of its order: a busy machine may be slower in the one than in the other.
    assert took / 20 < seconds < took * 20


def test_a_build_that_was_broken_off(docs: Connection, database: str) -> None:
    with psycopg.connect(database, autocommit=True) as lost:
        statements = [row[0] for row in lost.execute("SELECT vecs.create_index_sql('docs')")]
        [create] = [one for one in statements if one.startswith("CREATE")]
        with psycopg.connect(database) as writer:
            writer.execute("DELETE FROM vecs.docs WHERE id = 'm1'")
            lost.execute("SET statement_timeout = '300ms'")
            with pytest.raises(psycopg.errors.QueryCanceled):
                lost.execute(create.encode())
    assert "DROP INDEX CONCURRENTLY" in follow(docs, "warning", "was broken off")
    # Built, and not finished; then finished, and the old one not dropped.
    statements = [row[0] for row in docs.execute("SELECT vecs.create_index_sql('docs')")]
    at = next(n for n, one in enumerate(statements) if one.startswith("CREATE"))
    docs.execute(statements[at].encode())
    follow(docs, "warning", "was broken off")
    docs.execute(statements[at].encode())
    docs.execute(statements[at + 1].encode())
    follow(docs, "warning", "was broken off")
    assert value(docs, "SELECT vecs.has_index('docs', 'cosine_distance')")


def test_one_that_does_what_another_does(docs: Connection) -> None:
    docs.execute("CREATE INDEX mine ON vecs.docs USING hnsw (vec vector_cosine_ops)")
    assert "vecs.mine;" in follow(docs, "hint", "both serve cosine_distance")
    docs.execute("CREATE INDEX mine ON vecs.docs USING hnsw (vec vector_l2_ops)")
    docs.execute("SELECT vecs.create_index('docs', filters => '{\"tenant\": \"t1\"}')")
    assert rows(docs, ADVISE, ["docs"]) == []


def test_indexes_that_are_old(docs: Connection) -> None:
    docs.execute("SELECT vecs.create_index('docs', 'cosine_distance', 'ivfflat', '{\"lists\": 5}')")
    docs.execute(MANY.replace("'m'", "'o'"), [2500])
    analyze(docs)
    age = "SELECT vecs.describe_collection('docs') #>> '{vector_indexes,0,age}'"
    assert value(docs, age) == "it was built on 2000 rows, and there are 4500 now"
    follow(docs, "warning", "is old: it was built on 2000 rows")
    assert value(docs, age) is None
    docs.execute("SELECT vecs.create_index('docs')")
    docs.execute("ALTER TABLE vecs.docs SET (autovacuum_enabled = off)")
    docs.execute("DELETE FROM vecs.docs WHERE id ~ '^o'")
    docs.execute("SELECT pg_stat_force_next_flush()")
    docs.execute("ANALYZE vecs.docs")
    assert value(docs, age) == "2500 dead rows are still in its graph"
    follow(docs, "warning", "2500 dead rows")


def test_statistics(docs: Connection) -> None:
    docs.execute("ALTER TABLE vecs.docs SET (autovacuum_enabled = off)")
    docs.execute(MANY.replace("'m'", "'o'"), [1500])
    docs.execute("SELECT pg_stat_force_next_flush()")
    follow(docs, "warning", "1500 were written since")
    docs.execute("CREATE TABLE vecs.bare (id text PRIMARY KEY, vec vector(2), metadata jsonb)")
    docs.execute("INSERT INTO vecs.bare VALUES ('a', '[1,2]', '{}')")
    follow(docs, "warning", "there are no statistics", "bare")


def test_metadata_without_an_index(docs: Connection) -> None:
    docs.execute("DROP INDEX vecs.docs_metadata_idx")
    assert "USING gin" in follow(docs, "warning", '"metadata" has no GIN index')


def test_policies(docs: Connection) -> None:
    docs.execute("ALTER TABLE vecs.docs ENABLE ROW LEVEL SECURITY")
    docs.execute("CREATE POLICY own ON vecs.docs USING (metadata ->> 'tenant' = current_user)")
    follow(docs, "warning", 'the key "tenant"')
    docs.execute("CREATE TABLE notes (id bigint PRIMARY KEY, owner name, vec vector(2))")
    docs.execute("ALTER TABLE notes ENABLE ROW LEVEL SECURITY")
    docs.execute("CREATE POLICY own ON notes USING (owner = current_user)")
    docs.execute("SELECT vecs.adopt('notes')")
    follow(docs, "warning", 'the column "owner"', "notes")


def test_the_list_of_pending_rows(docs: Connection, databases: Databases, database: str) -> None:
    name = databases.name(database)
    with databases.admin(name) as admin:
        admin.execute("CREATE EXTENSION pgstattuple")
        admin.execute("GRANT pg_stat_scan_tables TO owner")
    docs.execute("SELECT vecs.create_collection('keys', 2)")
    docs.execute("ALTER TABLE vecs.keys SET (autovacuum_enabled = off)")
    docs.execute(
        "INSERT INTO vecs.keys SELECT n::text, '[1,2]', (SELECT jsonb_object_agg('k' || k, n * k)"
        " FROM generate_series(1, 100) AS k) FROM generate_series(1, 500) AS n"
    )
    docs.execute("SELECT pg_stat_force_next_flush()")
    docs.execute("ANALYZE vecs.keys")
    follow(docs, "warning", "not sorted yet", "keys")


def test_partitions_without_an_index(docs: Connection) -> None:
    docs.execute("CREATE TABLE parts (id bigint PRIMARY KEY, vec vector(4)) PARTITION BY HASH (id)")
    for number in range(2):
        docs.execute(f"CREATE TABLE part{number} PARTITION OF parts FOR VALUES WITH"
                     f" (MODULUS 2, REMAINDER {number})".encode())  # fmt: skip
    docs.execute("CREATE INDEX ON part0 USING hnsw (vec vector_cosine_ops)")
    docs.execute("SELECT vecs.adopt('parts')")
    analyze(docs)
    docs.execute("ANALYZE parts")
    found = rows(docs, ADVISE, ["parts"])
    assert [(one[0], "these partitions have no valid index" in one[1]) for one in found] == [
        ("warning", True)
    ]
    docs.execute(found[0][2].encode())
    assert not any("these partitions" in one[1] for one in rows(docs, ADVISE, ["parts"]))


def test_half_precision(docs: Connection) -> None:
    """Of indexes that are large enough for it to matter."""
    docs.execute("SELECT vecs.create_collection('long', 1900)")
    docs.execute(
        "INSERT INTO vecs.long SELECT 'r' || n, (SELECT array_agg(sin(n * i) + random()) FROM"
        " generate_series(1, 1900) AS i)::vector FROM generate_series(1, 2200) AS n"
    )
    docs.execute(
        "SELECT vecs.create_index('long', 'cosine_distance', 'hnsw', '{\"m\": 4, \"ef_construction\": 8}')"
    )
    analyze(docs)
    assert "half" in follow(docs, "hint", "half precision would take", "long")


def test_what_of_the_server(docs: Connection, databases: Databases, database: str) -> None:
    """A fault in pgvector comes first. The catalog is told of an older version."""
    docs.execute("SELECT vecs.drop_index('docs')")
    with databases.admin(databases.name(database)) as admin:
        admin.execute("UPDATE pg_extension SET extversion = '0.8.2' WHERE extname = 'vector'")
    found = rows(docs, ADVISE, ["docs"])
    assert [severity for severity, *_ in found] == ["error", "warning"]
    assert "pgvector 0.8.2 may corrupt" in found[0][1]
    for fine in ("0.8.4", "0.10.0", "1.0.0", "0.9"):
        with databases.admin(databases.name(database)) as admin:
            statement = "UPDATE pg_extension SET extversion = %s WHERE extname = 'vector'"
            admin.execute(statement, [fine])
        assert [severity for severity, *_ in rows(docs, ADVISE, ["docs"])] == ["warning"]


def test_a_reader_may_ask(docs: Connection, databases: Databases, database: str) -> None:
    docs.execute("SELECT vecs.drop_index('docs')")
    docs.execute("GRANT USAGE ON SCHEMA vecs TO reader")
    docs.execute("GRANT SELECT ON vecs.docs TO reader")
    with psycopg.connect(databases.as_role(database, "reader"), autocommit=True) as reader:
        assert len(rows(reader, ADVISE, ["docs"])) == 1
