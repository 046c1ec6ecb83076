"""advise: each finding is there when it should be, and gone after its statement."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import psycopg
import pytest

from tests.sql.support import ODD_NAMES, Connection, column, fill, refused, rows, value

if TYPE_CHECKING:
    from tests.conftest import Databases

ADVISE = "SELECT severity, finding, statement FROM vecs.advise(%s)"
MANY = """
    INSERT INTO vecs.docs SELECT 'm' || n, ARRAY[random(), random(), random(), random()]::vector,
        jsonb_build_object('n', n, 'tenant', 't' || n %% 5) FROM generate_series(1, %s) AS n
"""


@pytest.fixture(scope="module")
def template_of_docs(databases: Databases, template: str) -> str:
    """The name of a database with the collection docs, to copy: 2,000 rows, and all that they need."""
    url = databases.create(template)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SELECT vecs.create_collection('docs', 4)")
        connection.execute(MANY, [2000])
        connection.execute("SELECT vecs.create_index('docs')")
        analyze(connection)
    return databases.name(url)


@pytest.fixture
def database(databases: Databases, template_of_docs: str) -> Iterator[str]:
    """The URL of a database of one's own with that collection."""
    url = databases.create(template_of_docs)
    yield url
    databases.drop(url)


@pytest.fixture
def docs(database: str) -> Iterator[Connection]:
    """A connection to it, in autocommit mode."""
    with psycopg.connect(database, autocommit=True) as connection:
        analyze(connection)  # what is counted of a table is not copied with it
        yield connection


def analyze(connection: Connection) -> None:
    """Gather the statistics of all tables but the catalog's."""
    # Else what was written is counted after the ANALYZE.
    connection.execute("SELECT pg_stat_force_next_flush()")
    names = column(connection, "SELECT relid::regclass::text FROM pg_stat_user_tables")
    connection.execute(f"VACUUM ANALYZE {', '.join(names)}".encode())


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
    # Still more rows than are always searched exactly.
    docs.execute("DELETE FROM vecs.docs WHERE (metadata ->> 'n')::int > 1600")
    analyze(docs)
    docs.execute("SELECT vecs.rename_collection('docs', %s)", [name])
    follow(docs, "warning", "no index on the vectors", name)


def test_no_index(docs: Connection, database: str) -> None:
    """It says what building one takes."""
    docs.execute("SELECT vecs.drop_index('docs')")
    [(_, finding, _)] = rows(docs, ADVISE, ["docs"])
    assert "compares all 2000 rows" in finding
    assert re.search("takes about [0-9.]+ s, and about [0-9]+ kB of memory", finding)
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


def test_an_index_that_finds_less_than_at_first(docs: Connection) -> None:
    name = value(
        docs, "SELECT vecs.create_index('docs', 'cosine_distance', 'ivfflat', '{\"lists\": 400}')"
    )
    docs.execute(
        f"""COMMENT ON INDEX vecs.{name} IS '{{"rows": 2000, "probes": 1, "recall": 1}}'"""
    )
    follow(docs, "warning", "and found 100.0 % when it was built")


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
        "SELECT vecs.create_index('long', 'cosine_distance', 'hnsw', '{\"m\": 12, \"ef_construction\": 48}')"
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


@pytest.fixture
def watched(docs: Connection, databases: Databases, database: str) -> Iterator[Connection]:
    """A connection whose statements are counted, also those that functions run."""
    name = databases.name(database)
    with databases.admin(name) as admin:
        admin.execute("CREATE EXTENSION pg_stat_statements")
        admin.execute(f"ALTER DATABASE {name} SET pg_stat_statements.track = 'all'".encode())
    with psycopg.connect(database, autocommit=True) as connection:
        yield connection


def search(connection: Connection, name: str, filters: str, times: int = 10) -> None:
    for _ in range(times):
        connection.execute("SELECT vecs.query(%s, '[1,2,3,4]', 5, %s)", [name, filters])


def test_ranges_of_a_field(watched: Connection) -> None:
    watched.execute('CREATE TABLE notes (id bigint PRIMARY KEY, "the year" integer, at timestamptz, note text,'
                    " vec vector(4))")  # fmt: skip
    watched.execute("INSERT INTO notes SELECT n, n % 40, now(), n::text, '[1,2,3,4]'"
                    " FROM generate_series(1, 2000) AS n")  # fmt: skip
    watched.execute("SELECT vecs.adopt('notes', 'Old Notes')")
    watched.execute("SELECT vecs.create_index('Old Notes')")
    analyze(watched)
    search(watched, "Old Notes", '{"note": {"$gt": "5"}}', times=1)
    search(watched, "Old Notes", '{"the year": 5}')
    search(watched, "Old Notes", '{"note": {"$startswith": "5"}}')
    assert rows(watched, ADVISE, ["Old Notes"]) == []
    search(watched, "Old Notes", '{"the year": {"$between": [5, 9]}}')
    follow(watched, "warning", 'statements compared the field "the year"', "Old Notes")
    search(watched, "Old Notes", '{"at": {"$lt": {"$time": "2100-01-01"}}, "the year": 7}')
    follow(watched, "warning", '"at"', "Old Notes")


def test_ranges_of_a_key(watched: Connection, databases: Databases, database: str) -> None:
    """Only if there is one key that it can be: the statements do not tell which."""
    search(watched, "docs", '{"tenant": "t1"}')
    assert rows(watched, ADVISE, ["docs"]) == []
    search(watched, "docs", '{"n": {"$between": [5, 9]}}')
    watched.execute("UPDATE vecs.docs SET metadata = metadata || '{\"m\": 3}'")
    analyze(watched)
    assert rows(watched, ADVISE, ["docs"]) == []
    watched.execute("UPDATE vecs.docs SET metadata = metadata - 'm'")
    analyze(watched)
    # A role that may not read the statements, or not these rows, is told nothing.
    watched.execute("GRANT USAGE ON SCHEMA vecs TO reader")
    watched.execute("GRANT SELECT ON vecs.docs TO reader")
    with psycopg.connect(databases.as_role(database, "reader"), autocommit=True) as reader:
        assert rows(reader, ADVISE, ["docs"]) == []
        with databases.admin(databases.name(database)) as admin:
            admin.execute("REVOKE SELECT ON pg_stat_statements FROM PUBLIC")
        assert rows(reader, ADVISE, ["docs"]) == []
    with databases.admin(databases.name(database)) as admin:
        admin.execute("GRANT SELECT ON pg_stat_statements TO PUBLIC")
    follow(watched, "warning", 'the key "n"')
    search(watched, "docs", '{"at": {"$gt": {"$time": "2020-01-01"}}}')
    assert rows(watched, ADVISE, ["docs"]) == []
    watched.execute('UPDATE vecs.docs SET metadata = metadata || \'{"at": "2024-02-03"}\'')
    analyze(watched)
    assert "kind => 'time'" in follow(watched, "warning", 'the key "at"')


@pytest.mark.parametrize(
    "view",
    [
        # Of an old version, and where the server has not loaded the library.
        "SELECT 0::oid AS dbid, 'x' AS query",
        "SELECT 0::oid AS dbid, 'x' AS query, 1 AS calls, not_loaded() AS total_exec_time",
    ],
)
def test_statements_that_cannot_be_read(
    watched: Connection, databases: Databases, database: str, view: str
) -> None:
    """They do not make advise() fail."""
    with databases.admin(databases.name(database)) as admin:
        admin.execute("ALTER EXTENSION pg_stat_statements DROP VIEW pg_stat_statements")
        admin.execute("DROP VIEW pg_stat_statements")
        admin.execute("CREATE FUNCTION not_loaded() RETURNS float LANGUAGE plpgsql AS"
                      " $$ BEGIN RAISE 'not loaded' USING ERRCODE = '55000'; END $$")  # fmt: skip
        view = f"{view}, 'x' AS other FROM generate_series(1, 2)"
        view = view.replace(
            "0::oid", "(SELECT oid FROM pg_database WHERE datname = current_database())"
        )
        view = view.replace("'x' AS query", "' FROM vecs.docs AS t ' AS query")
        admin.execute(f"CREATE VIEW pg_stat_statements AS {view}".encode())
        admin.execute("GRANT SELECT ON pg_stat_statements TO PUBLIC")
    with pytest.raises(
        (psycopg.errors.UndefinedColumn, psycopg.errors.ObjectNotInPrerequisiteState)
    ):
        watched.execute("SELECT total_exec_time FROM pg_stat_statements")
    assert rows(watched, ADVISE, ["docs"]) == []


def test_a_value_of_many_rows(docs: Connection) -> None:
    """An index of its rows alone. At most three at a time."""
    docs.execute("SELECT vecs.drop_index('docs')")
    docs.execute("SELECT vecs.create_index('docs', 'l2_distance', 'ivfflat', '{\"lists\": 5}')")
    docs.execute(
        "INSERT INTO vecs.docs SELECT 'w' || n, '[1,2,3,4]', jsonb_build_object('w', n, 'large', n <= 5000,"
        " 'rare', n % 200) || CASE WHEN n <= 4500 THEN '{\"it''s\": \"a \\\"b\\\"\"}'::jsonb ELSE '{}' END"
        " FROM generate_series(1, 22000) AS n"
    )
    docs.execute("SELECT vecs.create_index('docs', 'l2_distance', 'ivfflat', '{\"lists\": 5}')")
    analyze(docs)
    found = rows(docs, ADVISE, ["docs"])
    assert [(severity, "% of the rows have" in finding) for severity, finding, _ in found] == [
        ("hint", True)
    ] * 2
    # Row-level security hides rows, and what is there may not be told.
    docs.execute("ALTER TABLE vecs.docs ENABLE ROW LEVEL SECURITY")
    docs.execute("ALTER TABLE vecs.docs FORCE ROW LEVEL SECURITY")
    docs.execute("CREATE POLICY p ON vecs.docs USING (true)")
    assert rows(docs, ADVISE, ["docs"]) == []
    docs.execute("ALTER TABLE vecs.docs NO FORCE ROW LEVEL SECURITY")
    for _, _, statement in found:
        docs.execute(statement.encode())
    analyze(docs)
    assert rows(docs, ADVISE, ["docs"]) == []
    filters = (
        "SELECT filters FROM vecs._vector_indexes('vecs.docs', 'vec') WHERE filters IS NOT NULL"
    )
    assert sorted(str(one[0]) for one in rows(docs, filters)) == [
        '{"it\'s": \'a "b"\'}',
        "{'large': True}",
    ]


def test_vectors_out_of_line(docs: Connection) -> None:
    """A table that create_collection() did not make."""
    docs.execute("CREATE TABLE vecs.wide (id text PRIMARY KEY, vec vector(600) NOT NULL,"
                 " metadata jsonb NOT NULL DEFAULT '{}')")  # fmt: skip
    docs.execute("CREATE INDEX ON vecs.wide USING gin (metadata jsonb_path_ops)")
    wide = "INSERT INTO vecs.{} SELECT 'r' || n, (SELECT array_agg(n + i) FROM generate_series(1, 600) AS i)::vector"
    wide += " FROM generate_series(1, {}) AS n"
    docs.execute(wide.format("wide", 1501).encode())
    docs.execute("SELECT vecs.create_index('wide', arguments => '{\"m\": 4, \"ef_construction\": 8}',"
                 " method => 'hnsw')")  # fmt: skip
    analyze(docs)
    found = [one for one in rows(docs, ADVISE, ["wide"]) if "wide" in one[2]]
    assert "TOAST" in found[0][1]
    assert [severity for severity, *_ in found] == ["hint", "hint"]
    for _, _, statement in found:
        docs.execute(statement.encode())
    analyze(docs)
    assert rows(docs, ADVISE, ["wide"]) == []
    # Collections of ours never had it.
    docs.execute("SELECT vecs.create_collection('ours', 600)")
    docs.execute(wide.format("ours", 1501).encode())
    docs.execute("SELECT vecs.create_index('ours', arguments => '{\"m\": 4, \"ef_construction\": 8}',"
                 " method => 'hnsw')")  # fmt: skip
    analyze(docs)
    assert rows(docs, ADVISE, ["ours"]) == []
