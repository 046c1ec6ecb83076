"""create_index_sql: builds that stop no writers; what broken-off ones leave; index_progress."""

from __future__ import annotations

import contextlib
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from tests.sql.support import ODD_NAMES, Connection, column, fill, refused, rows, value, watch
from tests.sql.test_index_graph import THIN, clusters, load, lost

STATEMENTS = "SELECT vecs.create_index_sql('docs')"
INDEXES = """
    SELECT c.relname, i.indisvalid FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid
    WHERE i.indrelid = 'vecs.docs'::regclass AND c.relname ~ '^ix_' ORDER BY c.relname
"""
COSINE = "ix_vector_cosine_ops_hnsw_m16_efc160_e3e2a9b"


@pytest.fixture
def docs(database: str) -> Iterator[Connection]:
    """A connection in autocommit mode to a database with 600 rows in the collection docs."""
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("SELECT vecs.create_collection('docs', 4)")
        vectors = [[1 + n % 7, n % 11, n % 13, 1] for n in range(600)]
        fill(connection, "docs", vectors, [{"n": n, "third": n % 3} for n in range(600)])
        yield connection


def run(connection: Connection, statements: list[str]) -> list[psycopg.Error]:
    """Run statements as psql does: one after the other, whatever becomes of each."""
    errors = []
    for statement in statements:
        try:
            connection.execute(statement.encode())
        except psycopg.Error as error:
            errors.append(error)
    return errors


def build(connection: Connection, call: str = STATEMENTS) -> list[psycopg.Error]:
    return run(connection, column(connection, call))


@contextlib.contextmanager
def held_up(docs: Connection, database: str) -> Iterator[Connection]:
    """A build that goes on until the context is left: it waits for a transaction that has written."""
    statements = column(docs, STATEMENTS)
    errors: list[psycopg.Error] = []
    with psycopg.connect(database) as writer, psycopg.connect(database, autocommit=True) as other:
        writer.execute("UPDATE vecs.docs SET metadata = '{}' WHERE id = 'r00000'")
        thread = threading.Thread(target=lambda: errors.extend(run(docs, statements)))
        thread.start()
        waits = "SELECT count(*) FROM vecs.index_progress('docs') WHERE phase ~ '^waiting'"
        until(lambda: value(other, waits) == 1)
        yield other
        writer.rollback()
        thread.join()
    assert errors == []


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_by_psql(database: str, docs: Connection) -> None:
    settings = (
        "SELECT current_setting('maintenance_work_mem'), current_setting('client_min_messages')"
    )
    found = subprocess.run(
        ["psql", database, "--no-psqlrc", "-At", "-v", "ON_ERROR_STOP=1"],
        input=f"{STATEMENTS} \\gexec\n{settings};",
        capture_output=True,
        text=True,
        check=True,
    )
    assert found.stderr == ""
    assert found.stdout.splitlines()[-1] == "|".join(rows(docs, settings)[0])
    assert rows(docs, INDEXES) == [(COSINE, True)]
    [index] = value(docs, "SELECT vecs.describe_collection('docs') -> 'vector_indexes'")
    assert index["rows_when_built"] == 600


def test_it_is_what_create_index_builds(docs: Connection) -> None:
    """Whatever is asked for; and one replaces the other."""
    for arguments in (
        "'l2_distance'",
        "'max_inner_product', 'hnsw', '{\"m\": 8}'",
        "'cosine_distance', 'ivfflat', '{\"lists\": 3, \"precision\": \"half\"}'",
        "filters => '{\"third\": 1}'",
    ):
        definitions = (
            "SELECT regexp_replace(pg_get_indexdef(i.index_id), 'INDEX [^ ]+', '') || d"
            " FROM vecs._vector_indexes('vecs.docs', 'vec') AS i, obj_description(i.index_id) AS d"
            " ORDER BY 1"
        )
        docs.execute(f"SELECT vecs.create_index('docs', {arguments})".encode())
        expected, names = column(docs, definitions), rows(docs, INDEXES)
        assert build(docs, f"SELECT vecs.create_index_sql('docs', {arguments})") == []
        assert column(docs, definitions) == expected
        assert len(rows(docs, INDEXES)) == len(names)
        docs.execute(f"SELECT vecs.create_index('docs', {arguments})".encode())
        assert rows(docs, INDEXES) == names


@pytest.mark.parametrize("name", ODD_NAMES)
def test_odd_names(database: str, docs: Connection, name: str) -> None:
    docs.execute("SELECT vecs.rename_collection('docs', %s)", [name])
    found = column(docs, "SELECT vecs.create_index_sql(%s)", [name])
    assert run(docs, found) == []
    assert value(docs, "SELECT vecs.has_index(%s, 'cosine_distance')", [name])


def test_nothing_to_do(docs: Connection) -> None:
    assert build(docs) == []
    assert column(docs, "SELECT vecs.create_index_sql('docs', if_not_exists => true)") == []
    found = (
        "SELECT vecs.create_index_sql('docs', 'cosine_distance', 'ivfflat', if_not_exists => true)"
    )
    assert column(docs, found) != []
    refused(docs, "VS006", "SELECT vecs.create_index_sql('docs', replace => false)")


@pytest.mark.parametrize(
    ("sqlstate", "arguments"),
    [
        ("VS001", "NULL"),
        ("VS002", "'other'"),
        ("VS001", "'docs', 'cosine'"),
        ("VS001", "'docs', 'cosine_distance', 'flat'"),
        ("VS001", "'docs', arguments => '{\"m\": 16}'"),
        ("VS005", "'docs', filters => '{\"a\": {\"$x\": 1}}'"),
        ("VS008", "'docs', filters => '{\"a\": 1}', arguments => '{\"precision\": \"binary\"}'"),
    ],
)
def test_errors(docs: Connection, sqlstate: str, arguments: str) -> None:
    refused(docs, sqlstate, f"SELECT vecs.create_index_sql({arguments})")


def test_a_partitioned_table(docs: Connection) -> None:
    docs.execute(
        "CREATE TABLE parts (id bigint, vec vector(4), PRIMARY KEY (id)) PARTITION BY HASH (id)"
    )
    docs.execute("CREATE TABLE part PARTITION OF parts FOR VALUES WITH (MODULUS 1, REMAINDER 0)")
    docs.execute("SELECT vecs.adopt('parts')")
    refused(docs, "VS008", "SELECT vecs.create_index_sql('parts')")


def test_an_index_of_the_owner(docs: Connection) -> None:
    docs.execute("CREATE TABLE mine (id bigint PRIMARY KEY, vec vector(4))")
    docs.execute("CREATE INDEX own ON mine USING hnsw (vec vector_cosine_ops)")
    docs.execute("SELECT vecs.adopt('mine')")
    assert column(docs, "SELECT vecs.create_index_sql('mine')") == []
    refused(docs, "VS006", "SELECT vecs.create_index_sql('mine', 'cosine_distance', 'hnsw')")
    assert build(docs, "SELECT vecs.create_index_sql('mine', 'l2_distance')") == []
    assert value(docs, "SELECT vecs.has_index('mine', 'l2_distance')")


def test_readers_and_writers_go_on(docs: Connection, database: str) -> None:
    query = "SELECT count(*) FROM vecs.query('docs', '[1,1,1,1]', 700)"
    with held_up(docs, database) as other:
        other.execute("SET statement_timeout = '10s'")
        other.execute("SELECT vecs.upsert('docs', 'new', '[5,5,5,5]')")
        assert value(other, query) == 601
        assert column(other, "SELECT vecs.delete('docs', '{r00009}')") == ["r00009"]
    assert rows(docs, INDEXES) == [(COSINE, True)]
    assert value(docs, query) == 600


def test_nobody_waits_for_a_build_and_it_for_them(docs: Connection, database: str) -> None:
    """PostgreSQL would end that by giving up the build."""
    docs.execute("SELECT vecs.create_collection('more', 4)")
    with held_up(docs, database) as other:
        for statement in (
            "SELECT vecs.create_index('docs')",
            "SELECT vecs.create_index_sql('docs')",
            "SELECT vecs.drop_index('docs')",
            "SELECT vecs.rename_collection('docs', 'other')",
            "SELECT vecs.swap_collections('docs', 'more')",
            "SELECT vecs.truncate_collection('docs')",
            "SELECT vecs.drop_collection('docs')",
        ):
            said = refused(other, "55006", statement)
            assert "index_progress" in (said.message_hint or ""), statement
    assert rows(docs, INDEXES) == [(COSINE, True)]


def test_two_builds_at_once(docs: Connection, database: str) -> None:
    with psycopg.connect(database, autocommit=True) as second:
        both = [(connection, column(connection, STATEMENTS)) for connection in (docs, second)]
        errors: list[psycopg.Error] = []
        threads = [
            threading.Thread(target=lambda one: errors.extend(run(*one)), args=[one])
            for one in both
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    # Where they begin at the same moment, PostgreSQL finds a deadlock and ends one of them.
    assert {error.sqlstate for error in errors} <= {"40P01", "VS007"}
    assert [valid for _, valid in rows(docs, INDEXES)] == [True] * len(rows(docs, INDEXES))
    assert build(docs) == []
    assert rows(docs, INDEXES) == [(COSINE, True)]


def refusing(connection: Connection) -> str:
    """What asks for an index of bits that finds all of the nearest rows, which it cannot."""
    arguments = '{"precision": "binary", "min_recall": 1}'
    connection.execute("INSERT INTO vecs.docs SELECT 's' || n, format('[1,%s,2,3]', n)::vector"
                       " FROM generate_series(1, 400) AS n")  # fmt: skip
    return f"SELECT vecs.create_index_sql('docs', arguments => '{arguments}')"


def test_after_an_error_the_old_index_serves(docs: Connection) -> None:
    assert build(docs) == []
    before = rows(docs, INDEXES)
    [error] = build(docs, refusing(docs))
    assert error.sqlstate == "VS008"
    assert rows(docs, INDEXES) == before
    # The role's privileges do not suffice for the first statement that builds.
    statements = column(docs, STATEMENTS)
    url = make_conninfo(docs.info.dsn, user="stranger")
    with psycopg.connect(url, autocommit=True) as stranger:
        failed = run(stranger, statements)
    assert failed[0].sqlstate == "42501"
    assert rows(docs, INDEXES) == before


@pytest.mark.parametrize("call", [STATEMENTS, "SELECT vecs.create_index('docs')"])
@pytest.mark.parametrize("filters", ["{}", '{"third": 2}'])
@pytest.mark.parametrize(
    "at", ["building", "before it is finished", "before the old one is dropped"]
)
def test_broken_off(docs: Connection, database: str, call: str, filters: str, at: str) -> None:
    """The connection is lost; what is left is found by the next build, whatever it builds."""
    partial = f"SELECT vecs.create_index_sql('docs', filters => '{filters}')"
    assert build(docs, partial) == []
    with psycopg.connect(database, autocommit=True) as lost, psycopg.connect(database) as writer:
        statements = column(lost, partial)
        end = next(n for n, one in enumerate(statements) if "CONCURRENTLY" in one)
        if at == "building":
            lost.execute("SET statement_timeout = '200ms'")
            writer.execute("UPDATE vecs.docs SET metadata = '{}' WHERE id = 'r00000'")
            assert [error.sqlstate for error in run(lost, statements[: end + 1])] == ["57014"]
        elif at == "before it is finished":
            assert run(lost, statements[: end + 1]) == []
        else:
            assert run(lost, statements[: end + 2]) == []
    assert len(rows(docs, INDEXES)) == 2
    assert value(docs, "SELECT count(*) FROM vecs.query('docs', '[1,1,1,1]', 700)") == 600
    filtered = "SELECT count(*) FROM vecs.query('docs', '[1,1,1,1]', 700, %s)"
    assert value(docs, filtered, ['{"third": 2}']) == 200
    if "sql" in call:
        assert build(docs, partial) == []
    else:
        docs.execute(f"SELECT vecs.create_index('docs', filters => '{filters}')".encode())
    left = rows(docs, INDEXES)
    if filters != "{}" and at == "before it is finished":
        # It is valid, and nothing says what it was for: advise() names it.
        assert len(left) == 2
    else:
        assert [valid for _, valid in left] == [True]


def test_progress(docs: Connection, database: str) -> None:
    """Of a real build: it goes up, and what it says is left is of the order of what was left."""
    columns = "index, phase, percent, rows_done, rows_total, seconds, seconds_left"
    docs.execute(
        "INSERT INTO vecs.docs SELECT 's' || n, ARRAY[random(), random(), random(), random()]::vector"
        " FROM generate_series(1, 20000) AS n"
    )
    docs.execute("ANALYZE vecs.docs")
    seen: list[tuple[float, tuple[Any, ...]]] = []
    ended: list[float] = []

    def watch() -> None:
        with psycopg.connect(database, autocommit=True) as other:
            while not ended:
                found = rows(other, f"SELECT {columns} FROM vecs.index_progress('docs')")
                seen.extend((time.monotonic(), row) for row in found)
                time.sleep(0.01)

    began = time.monotonic()
    thread = threading.Thread(target=watch)
    thread.start()
    docs.execute("SET max_parallel_maintenance_workers = 0")
    docs.execute("SELECT vecs.create_index('docs')")
    ended.append(time.monotonic())
    thread.join()
    built = [(at, row) for at, row in seen if row[2]]
    assert len(built) > 3
    percents = [row[2] for _, row in built]
    assert percents == sorted(percents)
    assert percents[-1] <= 99
    assert {row[4] for _, row in built} == {20_600}
    assert all(row[0] is None and row[3] <= 20_600 for _, row in built)
    assert all(0 <= row[5] <= at - began + 0.1 for at, row in built)
    middle = min(built, key=lambda one: abs(one[1][2] - 50))
    left = ended[0] - middle[0]
    assert left / 20 < middle[1][6] < left * 20
    assert rows(docs, "SELECT * FROM vecs.index_progress()") == []
    refused(docs, "VS002", "SELECT vecs.index_progress('other')")


def test_a_search_during_progress_is_by_name(docs: Connection, database: str) -> None:
    with held_up(docs, database) as other:
        other.execute("SELECT vecs.create_collection('more', 4)")
        assert rows(other, "SELECT * FROM vecs.index_progress('more')") == []
        [(name, index, left)] = rows(
            other, "SELECT name, index, seconds_left FROM vecs.index_progress()"
        )
        assert name == "docs"
        assert index is None or index.startswith(COSINE[:40])
        assert left is None


MEMORY = "SELECT substring(c FROM 'maintenance_work_mem = ''([0-9]+kB)') FROM vecs.create_index_sql({}) AS c"


def test_memory(docs: Connection) -> None:
    def given(call: str) -> Any:  # noqa: ANN401
        return max(column(docs, MEMORY.format(call)), key=bool)

    assert given("'docs', arguments => '{\"memory\": \"1.5GB\"}'") == "1572864kB"
    assert given("'docs', 'cosine_distance', 'ivfflat', '{\"memory\": \"12 mb\"}'") == "12288kB"
    docs.execute("SET maintenance_work_mem = '3MB'")
    assert given("'docs'") is None
    assert given("'docs', arguments => '{\"memory\": \"4MB\"}'") == "4096kB"
    for wrong in ("3", 3, "-1GB", "1kB", "3 apples", "99999TB", "", None, ["1GB"]):
        arguments = psycopg.types.json.Jsonb({"memory": wrong})
        refused(docs, "VS001", "SELECT vecs.create_index('docs', arguments => %s)", [arguments])


def test_too_little_memory_is_said_before(docs: Connection) -> None:
    notices = watch(docs)
    docs.execute(
        "INSERT INTO vecs.docs SELECT 's' || n, ARRAY[random(), random(), random(), random()]::vector"
        " FROM generate_series(1, 4000) AS n"
    )
    for call in ("create_index", "create_index_sql"):
        docs.execute(f"SELECT vecs.{call}('docs', arguments => '{{\"memory\": \"1MB\"}}')".encode())
        said = [notice for notice in notices if notice.sqlstate == "VSW04"]
        assert len(said) == 1
        assert "times as long" in (said[0].message)
        assert '"memory": "4MB"' in (said[0].hint)
        notices.clear()
    docs.execute("SELECT vecs.create_index('docs', arguments => '{\"memory\": \"4MB\"}')")
    assert [notice.sqlstate for notice in notices] == []
    # The arguments do not make it another index.
    found = "SELECT vecs.create_index('docs', arguments => '{\"memory\": \"9MB\"}', if_not_exists => true)"
    assert value(docs, found) == COSINE


@pytest.fixture
def parts(docs: Connection) -> Connection:
    """A table of three partitions, one of them large, which is adopted."""
    docs.execute(
        "CREATE TABLE parts (id bigint, vec vector(4), PRIMARY KEY (id)) PARTITION BY RANGE (id)"
    )
    for number, (low, high) in enumerate([(0, 1000), (1000, 9000), (9000, 13000)]):
        docs.execute(
            f"CREATE TABLE part{number} PARTITION OF parts FOR VALUES FROM ({low}) TO ({high})".encode()
        )
    docs.execute("INSERT INTO parts SELECT n, ARRAY[random(), random(), random(), random()]::vector"
                 " FROM generate_series(0, 12999) AS n")  # fmt: skip
    docs.execute("SELECT vecs.adopt('parts')")
    docs.execute("ANALYZE parts")
    return docs


def test_progress_of_partitions(parts: Connection, database: str) -> None:
    """It goes up from the first partition to the last."""
    seen: list[tuple[Any, ...]] = []
    ended = threading.Event()

    def watch() -> None:
        with psycopg.connect(database, autocommit=True) as other:
            while not ended.is_set():
                seen.extend(rows(other, "SELECT percent, rows_total FROM vecs.index_progress()"))
                time.sleep(0.002)

    thread = threading.Thread(target=watch)
    thread.start()
    parts.execute("SET max_parallel_maintenance_workers = 0")
    parts.execute("SELECT vecs.create_index('parts')")
    ended.set()
    thread.join()
    percents = [percent for percent, _ in seen if percent is not None]
    assert percents == sorted(percents)
    assert percents[-1] <= 99
    # The first partition is a third of them, though it has a thirteenth of the rows.
    assert any(40 < percent < 60 for percent in percents)
    assert any(percent > 70 for percent in percents)
    assert {total for _, total in seen} == {13_000}


def test_progress_of_one_partition(parts: Connection, database: str) -> None:
    """An index of its own, which is built concurrently."""
    build = "CREATE INDEX CONCURRENTLY ON part1 USING hnsw (vec vector_cosine_ops)"
    with psycopg.connect(database) as writer, psycopg.connect(database, autocommit=True) as other:
        writer.execute("DELETE FROM part1 WHERE id = 1000")
        thread = threading.Thread(target=lambda: parts.execute(build))
        thread.start()
        found = "SELECT name, rows_total FROM vecs.index_progress('parts')"
        until(lambda: rows(other, found) != [])
        assert rows(other, found) == [("parts", 8000)]
        writer.rollback()
        thread.join()


def test_memory_is_that_of_the_largest_partition(parts: Connection) -> None:
    """They are built one after the other."""
    needed = "SELECT memory_bytes FROM vecs._build_estimate('parts')"
    each = 16 + 32 * 16 + 256
    assert value(parts, needed) == 8000 * each
    notices = watch(parts)
    parts.execute("SELECT vecs.create_index('parts', arguments => '{\"memory\": \"7MB\"}')")
    assert [notice.sqlstate for notice in notices] == []
    parts.execute("SELECT vecs.create_index('parts', arguments => '{\"memory\": \"2MB\"}')")
    assert "VSW04" in [notice.sqlstate for notice in notices]


@pytest.mark.parametrize("before", ["{}", '{"m": 3, "ef_construction": 6}'])
def test_a_thin_graph_that_takes_the_place_of_another(docs: Connection, before: str) -> None:
    """Searches try it when the other one is gone, whichever the planner would prefer."""
    docs.execute("SELECT vecs.drop_collection('docs')")
    load(docs, clusters())
    build(docs, f"SELECT vecs.create_index_sql('docs', 'cosine_distance', 'hnsw', '{before}')")
    notices = watch(docs)
    thin = f"SELECT vecs.create_index_sql('docs', 'cosine_distance', 'hnsw', '{THIN}')"
    assert build(docs, thin) == []
    (notice,) = lost(notices)
    assert '"docs" for cosine_distance' in notice.message
    assert [valid for _, valid in rows(docs, INDEXES)] == [True]
    left = "SELECT obj_description(i.index_id)::jsonb FROM vecs._vector_indexes('vecs.docs', 'vec') AS i"
    comment = value(docs, left)
    assert comment.keys() == {"rows", "recall"}
    assert comment["recall"] < 0.8


def test_the_costs_of_one_that_takes_the_place_of_another(docs: Connection) -> None:
    """They are those of the new index, and nothing is tried after an error."""
    docs.execute("INSERT INTO vecs.docs SELECT 't' || n, ARRAY[random(), random(), random(), random()]::vector"
                 " FROM generate_series(1, 6000) AS n")  # fmt: skip
    costs = "SELECT obj_description(i.index_id)::jsonb FROM vecs._vector_indexes('vecs.docs', 'vec') AS i"
    for _ in range(2):
        assert build(docs) == []
        assert value(docs, costs).keys() == {"rows", "recall", "candidates"}
    before = value(docs, costs)
    [error] = build(docs, refusing(docs))
    assert error.sqlstate == "VS008"
    assert value(docs, costs) == before
