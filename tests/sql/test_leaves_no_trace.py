"""No trace in the caller's session: settings, read-only transactions, strings, search paths, pgvector elsewhere."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import psycopg
import pytest
from psycopg import sql
from psycopg.types.json import Jsonb

from tests.sql.support import (
    MEASURES,
    Connection,
    column,
    fill,
    refused,
    rows,
    settings,
    value,
    walk,
    watch,
)
from vecs_sql._sync import installer as layer

pytestmark = pytest.mark.slow

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import Databases

OTHERS = {
    "hnsw.ef_search": "77",
    "hnsw.iterative_scan": "strict_order",
    "hnsw.max_scan_tuples": "1234",
    "ivfflat.probes": "3",
    "ivfflat.iterative_scan": "relaxed_order",
    "ivfflat.max_probes": "55",
    "maintenance_work_mem": "65536",
    "max_parallel_maintenance_workers": "1",
    "max_parallel_workers": "1",
    "max_parallel_workers_per_gather": "3",
    "search_path": "public, pg_catalog",
    "enable_seqscan": "off",
    "enable_indexscan": "off",
    "enable_sort": "off",
    "work_mem": "4321",
    "jit": "off",
    "plan_cache_mode": "force_custom_plan",
    "standard_conforming_strings": "off",
    "statement_timeout": "100000",
}

QUERY = "SELECT * FROM vecs.query(%s, '[1,0.5]', {}, {}, %s, strategy => %s{})"

# By the other functions that search.
SEARCHES = [
    f"SELECT * FROM vecs.{function}, {top_k}, '{filters}', max_distance => {limit}, strategy => '{strategy}')"
    for function in (
        "query_many('{}', '{{\"[1,0.5]\",\"[0,1]\"}}'",
        "query_by_id('{}', 'r00007'",
        "explain('{}', '[1,0.5]'",
    )
    for top_k in (5, 500)
    for filters in ("{{}}", '{{"hundredth": 3}}', '{{"hundredth": {{"$lt": 50}}}}')
    for limit in ("NULL", "0.01")
    for strategy in ("auto", "index", "exact")
]
SEARCHES = [search.format(name) for name in ("none", "hnsw", "ivfflat") for search in SEARCHES]
SEARCHES += [
    f"SELECT * FROM vecs.recall('{name}', 3, 5, '{filters}')"
    for name in ("none", "hnsw", "ivfflat")
    for filters in ("{}", '{"hundredth": {"$lt": 50}}')
]


def searches(connection: Connection) -> Iterator[None]:
    """Searches that take every way there is; it stops after each."""
    for name, measure in (
        ("none", "cosine_distance"),
        ("hnsw", "cosine_distance"),
        ("hnsw", "l1_distance"),
        ("ivfflat", "cosine_distance"),
    ):
        for strategy in ("auto", "index", "exact"):
            for top_k in ("0", "5", "45", "500", "5000"):
                for filters in ("'{}'", "'{\"hundredth\": 3}'", "'{\"none\": 1}'"):
                    for more in ("", ", ef_search => 50, probes => 7", ", max_distance => 0.01"):
                        rows(
                            connection,
                            QUERY.format(top_k, filters, more),
                            [name, measure, strategy],
                        )
            yield
    for search in SEARCHES:
        rows(connection, search)
        yield


FAILING = [
    ("VS004", "SELECT vecs.query('hnsw', '[1,2,3]')"),
    ("VS004", "SELECT vecs.query('hnsw', '[1,2,3]', 10, '{\"k\": 1}')"),
    ("VS005", "SELECT vecs.query('hnsw', '[1,2]', 10, '{\"$k\": 1}')"),
    ("VS001", "SELECT vecs.query('hnsw', '[1,2]', -1)"),
    ("VS001", "SELECT vecs.create_index('hnsw', 'cosine')"),
    ("VS006", "SELECT vecs.create_index('hnsw', replace => false)"),
    ("22012", "SELECT f.id, 1 / 0 FROM vecs.query('hnsw', '[1,2]', 10, '{\"hundredth\": 3}') AS f"),
    (
        "22012",
        "SELECT f.id, 1 / 0 FROM vecs.query_many('hnsw', '{\"[1,2]\"}', strategy => 'index',"
        ' filters => \'{"hundredth": {"$lt": 50}}\') AS f',
    ),
    ("VS004", "SELECT vecs.query_many('hnsw', '{\"[1,2]\",\"[1,2,3]\"}')"),
    ("VS005", "SELECT vecs.query_many('hnsw', '{\"[1,2]\"}', 10, '{\"$k\": 1}')"),
    ("VS001", "SELECT vecs.query_by_id('hnsw', 'nothing')"),
    ("VS005", "SELECT vecs.query_by_id('hnsw', 'r00007', 10, '{\"$k\": 1}')"),
    ("VS001", "SELECT vecs.recall('hnsw', 5, 5, ef_search => 0)"),
    ("42501", "SELECT vecs.query('bad', '[1,2]')"),
    # In the middle of a search by the index.
    *[
        ("42501", f"SELECT vecs.{search}, 5, '{filters}', strategy => '{strategy}')")
        for search in (
            "query('bad', '[1,2]'",
            "query_many('bad', '{\"[1,2]\"}'",
            "explain('bad', '[1,2]'",
        )
        for filters in ("{}", '{"hundredth": {"$lt": 50}}')
        for strategy in ("index", "exact")
    ],
    ("42501", "SELECT vecs.recall('bad', 5, 5)"),
    ("23505", "SELECT vecs.create_index('clash')"),
]


@pytest.fixture(scope="module")
def settled(databases: Databases, template: str) -> Iterator[str]:
    """The URL of a database with collections of all kinds; what a test writes it must roll back."""
    url = databases.create(template)
    with psycopg.connect(url, autocommit=True) as connection:
        for name in ("none", "hnsw", "ivfflat", "bad", "slow", "clash", "plain"):
            connection.execute("SELECT vecs.create_collection(%s, 2)", [name])
            fill(
                connection,
                name,
                [[n % 37 + 1, n] for n in range(600)],
                [{"hundredth": n % 100} for n in range(600)],
            )
        for measure in MEASURES:
            connection.execute("SELECT vecs.create_index('hnsw', %s)", [measure])
        connection.execute("SELECT vecs.create_index('ivfflat', method => 'ivfflat')")
        for name in ("bad", "slow", "plain"):
            connection.execute("SELECT vecs.create_index(%s)", [name])
        connection.execute("VACUUM ANALYZE")
    with databases.admin(databases.name(url)) as admin:
        # A search that fails while it runs, and an index that cannot be built.
        admin.execute("""
            CREATE FUNCTION public.no() RETURNS boolean LANGUAGE plpgsql AS $$
            BEGIN
                RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege', MESSAGE = 'no';
            END
            $$;
            CREATE POLICY no ON vecs.bad USING (public.no());
            ALTER TABLE vecs.bad ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
            CREATE POLICY slow ON vecs.slow USING (pg_sleep(0.1)::text = '');
            ALTER TABLE vecs.slow ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
            CREATE FUNCTION public.plain() RETURNS boolean LANGUAGE plpgsql AS $$
            BEGIN
                RETURN current_setting('jit') = 'off';
            END
            $$;
            CREATE POLICY plain ON vecs.plain USING (public.plain());
            ALTER TABLE vecs.plain ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
            CREATE FUNCTION public.clash() RETURNS event_trigger LANGUAGE plpgsql AS $$
            BEGIN
                IF EXISTS (
                    SELECT FROM pg_event_trigger_ddl_commands() AS c
                    JOIN pg_index AS i ON i.indexrelid = c.objid
                    WHERE i.indrelid = 'vecs.clash'::regclass
                ) THEN
                    RAISE EXCEPTION USING ERRCODE = 'unique_violation', MESSAGE = 'clash';
                END IF;
            END
            $$;
            CREATE EVENT TRIGGER clash ON ddl_command_end WHEN TAG IN ('CREATE INDEX')
                EXECUTE FUNCTION public.clash();
        """)
    yield url
    databases.drop(url)


@pytest.fixture
def session(settled: str) -> Iterator[Connection]:
    """A session of one's own on it, in autocommit mode, with pgvector's library loaded."""
    with psycopg.connect(settled, autocommit=True) as connection:
        connection.execute("SELECT '[1]'::vector")
        connection.execute("DO 'BEGIN END'")  # loads PL/pgSQL, which has settings too
        yield connection


# --- settings


@pytest.mark.parametrize("changed", [False, True])
def test_a_search_leaves_every_setting(session: Connection, changed: bool) -> None:
    if changed:
        for name, text in OTHERS.items():
            session.execute("SELECT set_config(%s, %s, false)", [name, text])
    before = settings(session)
    for _ in searches(session):
        assert settings(session) == before
    with session.transaction():
        for _ in searches(session):
            assert settings(session) == before
    assert settings(session) == before


@pytest.mark.parametrize("strategy", ["auto", "index", "exact"])
@pytest.mark.parametrize("filters", ["{}", '{"hundredth": {"$lt": 50}}'])
def test_a_search_is_not_compiled(session: Connection, filters: str, strategy: str) -> None:
    """The collection has rows only where the server's just-in-time compilation is off."""
    session.execute("SET jit = on")
    assert value(session, "SELECT count(*) FROM vecs.plain") == 0
    more = f", 5, '{filters}', strategy => '{strategy}')"
    for search in (
        f"count(*) >= 5 FROM vecs.query('plain', '[1,2]'{more}",
        f"count(*) >= 10 FROM vecs.query_many('plain', '{{\"[1,2]\",\"[2,1]\"}}'{more}",
        f"(vecs.explain('plain', '[1,2]'{more} #>> '{{steps,-1,rows}}')::integer >= 5",
    ):
        assert value(session, f"SELECT {search}") is True, search
    assert value(session, "SHOW jit") == "on"


def test_a_search_leaves_what_was_set_for_the_transaction(session: Connection) -> None:
    outside = settings(session)
    with session.transaction():
        for name, text in OTHERS.items():
            session.execute("SELECT set_config(%s, %s, true)", [name, text])
        inside = settings(session)
        assert inside != outside
        for _ in searches(session):
            assert settings(session) == inside
    assert settings(session) == outside


def test_a_setting_made_after_a_search_counts(session: Connection) -> None:
    """It must last: a value put back may not come after it, at the end of the transaction or a savepoint."""
    with session.transaction():
        for _ in searches(session):
            break
        session.execute("SET hnsw.ef_search = 91")
        session.execute("SET ivfflat.probes = 9")
    assert value(session, "SHOW hnsw.ef_search") == "91"
    assert value(session, "SHOW ivfflat.probes") == "9"
    with session.transaction():
        session.execute("SET hnsw.ef_search = 92")
        for _ in searches(session):
            break
        assert value(session, "SHOW hnsw.ef_search") == "92"
    assert value(session, "SHOW hnsw.ef_search") == "92"


@pytest.mark.parametrize("changed", [False, True])
@pytest.mark.parametrize("method", ["hnsw", "ivfflat"])
def test_a_build_leaves_every_setting(session: Connection, changed: bool, method: str) -> None:
    outside = settings(session)
    with session.transaction(force_rollback=True):
        if changed:
            for name, text in OTHERS.items():
                session.execute("SELECT set_config(%s, %s, true)", [name, text])
        inside = settings(session)
        session.execute("SELECT vecs.create_index('none', method => %s)", [method])
        assert settings(session) == inside
        session.execute("SELECT vecs.create_index('none', 'l2_distance', %s)", [method])
        assert settings(session) == inside
        session.execute("SELECT vecs.drop_index('none')")
        assert settings(session) == inside
    assert settings(session) == outside


@pytest.mark.parametrize("changed", [False, True])
@pytest.mark.parametrize(("sqlstate", "statement"), FAILING)
def test_an_error_leaves_every_setting(
    session: Connection, sqlstate: str, statement: str, changed: bool
) -> None:
    outside = settings(session)
    with session.transaction():
        if changed:
            for name, text in OTHERS.items():
                session.execute("SELECT set_config(%s, %s, true)", [name, text])
        inside = settings(session)
        refused(session, sqlstate, statement)
        assert settings(session) == inside
        session.execute("SAVEPOINT here")
        with pytest.raises(psycopg.Error):
            session.execute(statement)
        session.execute("ROLLBACK TO here")
        assert settings(session) == inside
        session.execute(
            "DO $$ BEGIN PERFORM {}; EXCEPTION WHEN OTHERS THEN NULL; END $$".format(
                statement.removeprefix("SELECT ")
            )
        )
        assert settings(session) == inside
    assert settings(session) == outside


def cancel_soon(other: Connection, pid: int) -> None:
    """Cancel what a server process runs, once that takes 0.1 seconds."""
    long = "state = 'active' AND clock_timestamp() - query_start > '0.1 s'"
    for _ in range(1000):
        if rows(
            other,
            f"SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE pid = {pid} AND {long}",
        ):
            return
        time.sleep(0.01)


@pytest.mark.parametrize("search", [
    "query('slow', '[1,2]', strategy => '{}')",
    "query('slow', '[1,2]', 5, '{{\"hundredth\": {{\"$gt\": 5}}}}', strategy => '{}')",
    "query_many('slow', '{{\"[1,2]\"}}', strategy => '{}')",
    "explain('slow', '[1,2]', strategy => '{}')",
])  # fmt: skip
@pytest.mark.parametrize("strategy", ["auto", "exact", "index"])
def test_a_search_that_is_cancelled_leaves_every_setting(
    session: Connection, settled: str, search: str, strategy: str
) -> None:
    statement = "SELECT vecs." + search.format(strategy)
    with session.transaction():
        for name in (
            "hnsw.ef_search",
            "hnsw.iterative_scan",
            "hnsw.max_scan_tuples",
            "enable_sort",
        ):
            session.execute("SELECT set_config(%s, %s, false)", [name, OTHERS[name]])
    before = settings(session)
    with session.transaction():
        session.execute("SAVEPOINT here")
        session.execute("SET LOCAL statement_timeout = 100")
        with pytest.raises(psycopg.errors.QueryCanceled):
            session.execute(statement)
        session.execute("ROLLBACK TO here")
        assert settings(session) == before
    assert settings(session) == before
    with psycopg.connect(settled, autocommit=True) as other:
        cancel = threading.Thread(target=cancel_soon, args=[other, session.info.backend_pid])
        cancel.start()
        with pytest.raises(psycopg.errors.QueryCanceled):
            session.execute(statement)
        cancel.join()
    assert settings(session) == before
    assert len(rows(session, "SELECT vecs.query('hnsw', '[1,2]', 45)")) == 45
    assert settings(session) == before


def test_a_session_in_which_pgvector_is_not_loaded_yet(settled: str) -> None:
    """Its settings do not exist then, and come with their defaults while the function runs."""
    for name in ("none", "hnsw", "ivfflat"):
        with psycopg.connect(settled, autocommit=True) as connection:
            assert value(connection, "SELECT current_setting('hnsw.ef_search', true)") is None
            itself = (
                f"SELECT f.id FROM vecs.query('{name}',"
                f" (SELECT t.vec FROM vecs.{name} AS t WHERE t.id = 'r00500'), 3) AS f"
            )
            assert value(connection, "SELECT current_setting('hnsw.ef_search', true)") is None
            assert len(rows(connection, itself)) == 3
            after = {
                name_: set_to
                for name_, set_to in settings(connection).items()
                if name_.startswith(("hnsw.", "ivfflat."))
            }
        with psycopg.connect(settled, autocommit=True) as connection:
            connection.execute("SELECT '[1]'::vector")
            fresh = settings(connection)
            assert after
            assert after == {name_: fresh[name_] for name_ in after}


def test_what_was_set_before_pgvector_is_loaded(settled: str) -> None:
    chosen = {name: OTHERS[name] for name in OTHERS if name.startswith(("hnsw.", "ivfflat."))}
    for local in (False, True):
        for name in ("none", "hnsw", "ivfflat"):
            with psycopg.connect(settled) as connection:
                for setting, text in chosen.items():
                    connection.execute("SELECT set_config(%s, %s, %s)", [setting, text, local])
                itself = (
                    f"SELECT f.id FROM vecs.query('{name}',"
                    f" (SELECT t.vec FROM vecs.{name} AS t WHERE t.id = 'r00500'), 3) AS f"
                )
                assert len(rows(connection, itself)) == 3
                current = "SELECT current_setting(%s)"
                assert {one: value(connection, current, [one]) for one in chosen} == chosen


def test_an_index_built_where_pgvector_is_not_loaded_yet(settled: str) -> None:
    with psycopg.connect(settled) as connection:
        connection.execute("DO 'BEGIN END'")
        before = settings(connection)
        connection.execute("SELECT vecs.create_index('none')")
        after = settings(connection)
        assert {name: after[name] for name in before} == before
        connection.rollback()


def test_nothing_else_is_left(session: Connection) -> None:
    with session.transaction(force_rollback=True):
        walk(session, "docs")
        for _ in searches(session):
            pass
        assert (
            rows(session, "SELECT name FROM pg_prepared_statements WHERE NOT from_sql IS FALSE")
            == []
        )
        assert rows(session, "SELECT name FROM pg_cursors WHERE name <> ''") == []
        temporary = "SELECT relname FROM pg_class WHERE relpersistence = 't'"
        assert rows(session, temporary) == []


# --- read-only transactions


READING = [
    "SELECT * FROM vecs.list_collections()",
    "SELECT vecs.describe_collection('hnsw')",
    "SELECT * FROM vecs.fetch('hnsw', '{r00001}')",
    "SELECT * FROM vecs.scan('hnsw')",
    "SELECT * FROM vecs.scan('hnsw', '{\"hundredth\": 3}', 'r00001', 2)",
    "SELECT vecs.count_rows('hnsw')",
    "SELECT vecs.count_rows('hnsw', '{\"hundredth\": 3}')",
    "SELECT vecs.has_index('hnsw', 'cosine_distance')",
    "SELECT vecs.filter_sql('{\"k\": 1}')",
    "SELECT vecs.matches('{\"k\": 1}', '{\"k\": 1}')",
    "SELECT vecs.version()",
    *[
        f"SELECT * FROM vecs.query('{name}', '[1,2]', {top_k}, '{filters}', strategy => '{strategy}')"
        for name in ("none", "hnsw", "ivfflat")
        for top_k in (5, 5000)
        for filters in ("{}", '{"hundredth": 3}')
        for strategy in ("auto", "index", "exact")
    ],
    *[search for search in SEARCHES if "max_distance => NULL" in search],
    "SELECT * FROM vecs.recall('hnsw', 3, 5)",
]
WRITING = [
    "SELECT vecs.create_collection('docs', 3)",
    "SELECT vecs.drop_collection('none')",
    'SELECT vecs.upsert(\'none\', \'{"id": "a", "vec": [1,2]}\')',
    "SELECT vecs.upsert('none', 'a', '[1,2]')",
    "SELECT vecs.upsert_many('none', '{a}', '{\"[1,2]\"}')",
    "SELECT vecs.update_metadata('none', '{\"k\": 1}', '{r00001}')",
    "SELECT vecs.update_metadata('none', '{\"k\": 1}', filters => '{\"hundredth\": 3}')",
    "SELECT vecs.delete('none', '{r00001}')",
    "SELECT vecs.delete('none', filters => '{\"hundredth\": 3}')",
    "SELECT vecs.truncate_collection('none')",
    "SELECT vecs.create_index('none')",
    "SELECT vecs.drop_index('hnsw')",
    "SELECT vecs.create_metadata_index('none', 'hundredth')",
    "SELECT vecs.create_metadata_index('none', path => ARRAY['a', 'b'])",
]


@pytest.mark.parametrize("isolation", ["READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE"])
def test_reading_in_a_read_only_transaction(session: Connection, isolation: str) -> None:
    with session.transaction():
        session.execute(f"SET TRANSACTION READ ONLY, ISOLATION LEVEL {isolation}")
        before = settings(session)
        for statement in READING:
            assert rows(session, statement)
        assert settings(session) == before
        for statement in WRITING:
            refused(session, "25006", statement)


# --- strings


@pytest.mark.parametrize("warning", ["on", "off"])
def test_strings_that_do_not_conform(connection: Connection, warning: str) -> None:
    notices = watch(connection)
    connection.execute("SET LOCAL standard_conforming_strings = off")
    connection.execute(f"SET LOCAL escape_string_warning = {warning}")
    for name in ("it's", "back\\slash", "\\'; DROP SCHEMA vecs CASCADE; --", "\\", "$$", 'a"\\"b'):
        walk(connection, name)
    connection.execute("SELECT vecs.create_collection('docs', 1)")
    connection.execute("SELECT vecs.upsert('docs', 'a', '[1]', %s)", [Jsonb({"k": "x\\y%"})])
    count = "SELECT vecs.count_rows('docs', %s)"
    for pattern, expected in (("x\\\\y\\%", 1), ("x\\\\%", 1), ("x%", 1), ("x\\y%", 0)):
        assert value(connection, count, [Jsonb({"k": {"$like": pattern}})]) == expected
    for pattern in ("\\", "x\\", "x\\\\\\"):
        refused(connection, "VS005", count, [Jsonb({"k": {"$like": pattern}})])
    assert [notice for notice in notices if notice.severity == "WARNING"] == []


# --- search paths


@pytest.mark.parametrize(
    "path",
    ["", "pg_temp", "vecs", "vecs, public", "pg_temp, public, pg_catalog", '"no such schema"'],
)
def test_any_search_path(connection: Connection, path: str) -> None:
    connection.execute("SELECT set_config('search_path', %s, true)", [path])
    walk(connection, "docs")
    walk(connection, "it's", "halfvec")
    assert value(connection, "SELECT current_setting('search_path')") == path


HOSTILE = """
CREATE FUNCTION public.trap() RETURNS boolean LANGUAGE plpgsql
    AS $$ BEGIN RAISE EXCEPTION 'trapped'; END $$;
CREATE FUNCTION public.format(text, text) RETURNS text LANGUAGE sql AS 'SELECT public.trap()::text';
CREATE FUNCTION public.format(text, text, text) RETURNS text LANGUAGE sql AS 'SELECT public.trap()::text';
CREATE FUNCTION public.starts_with(text, text) RETURNS boolean LANGUAGE sql AS 'SELECT public.trap()';
CREATE FUNCTION public.jsonb_typeof(jsonb) RETURNS text LANGUAGE sql AS 'SELECT public.trap()::text';
CREATE FUNCTION public.octet_length(text) RETURNS integer LANGUAGE sql AS 'SELECT public.trap()::integer';
CREATE FUNCTION public.to_regclass(text) RETURNS regclass LANGUAGE sql
    AS 'SELECT public.trap()::text::regclass';
CREATE FUNCTION public.current_setting(text, boolean) RETURNS text LANGUAGE sql
    AS 'SELECT public.trap()::text';
CREATE FUNCTION public.set_config(text, text, boolean) RETURNS text LANGUAGE sql
    AS 'SELECT public.trap()::text';
CREATE FUNCTION public.cardinality(text[]) RETURNS integer LANGUAGE sql
    AS 'SELECT public.trap()::integer';
CREATE FUNCTION public.quiet(jsonb, jsonb) RETURNS boolean LANGUAGE sql AS 'SELECT public.trap()';
CREATE FUNCTION public.quiet(jsonb, text) RETURNS jsonb LANGUAGE sql
    AS 'SELECT public.trap()::text::jsonb';
CREATE FUNCTION public.quiet(varchar, text) RETURNS boolean LANGUAGE sql AS 'SELECT public.trap()';
CREATE FUNCTION public.quiet(text, text) RETURNS boolean LANGUAGE sql AS 'SELECT public.trap()';
CREATE FUNCTION public.quiet(integer, integer) RETURNS boolean LANGUAGE sql AS 'SELECT public.trap()';
CREATE OPERATOR public.@> (LEFTARG = jsonb, RIGHTARG = jsonb, FUNCTION = public.quiet);
CREATE OPERATOR public.= (LEFTARG = jsonb, RIGHTARG = jsonb, FUNCTION = public.quiet);
CREATE OPERATOR public.<> (LEFTARG = jsonb, RIGHTARG = jsonb, FUNCTION = public.quiet);
CREATE OPERATOR public.-> (LEFTARG = jsonb, RIGHTARG = text, FUNCTION = public.quiet);
CREATE OPERATOR public.= (LEFTARG = varchar, RIGHTARG = text, FUNCTION = public.quiet);
CREATE OPERATOR public.= (LEFTARG = text, RIGHTARG = text, FUNCTION = public.quiet);
CREATE OPERATOR public.> (LEFTARG = integer, RIGHTARG = integer, FUNCTION = public.quiet);
CREATE OPERATOR public.<> (LEFTARG = integer, RIGHTARG = integer, FUNCTION = public.quiet);
CREATE DOMAIN public.jsonb AS pg_catalog.text CHECK (public.trap());
CREATE DOMAIN public.text AS pg_catalog.int4 CHECK (public.trap());
CREATE DOMAIN public.varchar AS pg_catalog.int4 CHECK (public.trap());
CREATE DOMAIN public.regclass AS pg_catalog.int4 CHECK (public.trap());
CREATE TABLE public.pg_class (oid oid, relname name);
CREATE TABLE public.pg_index (indexrelid oid);
CREATE TABLE public.pg_extension (oid oid, extname name);
CREATE TABLE public.docs (id varchar, vec vector(3), metadata pg_catalog.jsonb);
"""


def test_what_is_planted_in_another_schema_is_not_picked_up(
    databases: Databases, database: str
) -> None:
    with databases.admin(databases.name(database)) as admin:
        admin.execute(HOSTILE)
    with psycopg.connect(database) as connection:
        for path in (
            "public, pg_catalog",
            "pg_temp, public, pg_catalog",
            "public, vecs, pg_catalog",
        ):
            connection.execute("SELECT pg_catalog.set_config('search_path', %s, true)", [path])
            with pytest.raises(psycopg.Error, match="trapped"), connection.transaction():
                connection.execute("SELECT jsonb_typeof('[]'::pg_catalog.jsonb)")
            walk(connection, "docs")
            walk(connection, "it's", "halfvec")


def test_what_is_planted_among_temporary_objects_is_not_picked_up(connection: Connection) -> None:
    connection.execute("""
        CREATE TEMPORARY TABLE pg_class (oid oid, relname name);
        CREATE TEMPORARY TABLE pg_attribute (oid oid);
        CREATE TEMPORARY TABLE pg_index (indexrelid oid);
        CREATE TEMPORARY TABLE pg_extension (oid oid, extname name);
        CREATE TEMPORARY TABLE docs (id varchar, vec vector(3), metadata jsonb);
        CREATE DOMAIN pg_temp.vector AS integer;
        CREATE DOMAIN pg_temp.jsonb AS integer;
        CREATE DOMAIN pg_temp.text AS integer;
        CREATE DOMAIN pg_temp.regclass AS integer;
        CREATE FUNCTION pg_temp.format(pg_catalog.text, pg_catalog.text)
            RETURNS pg_catalog.text LANGUAGE sql AS 'SELECT NULL::pg_catalog.text';
        CREATE FUNCTION pg_temp.jsonb_typeof(pg_catalog.jsonb)
            RETURNS pg_catalog.text LANGUAGE sql AS 'SELECT NULL::pg_catalog.text';
    """)
    walk(connection, "docs")
    walk(connection, "it's", "halfvec")


# --- pgvector in a schema of its own


@pytest.mark.parametrize("schema", ["extensions", 'My "ext" it\'s', "%I %s", "vector", "Ünï; --"])
def test_pgvector_lives_elsewhere(databases: Databases, bare_database: str, schema: str) -> None:
    with databases.admin(databases.name(bare_database)) as admin:
        name = sql.Identifier(schema)
        admin.execute(sql.SQL("CREATE SCHEMA {}").format(name))
        admin.execute(sql.SQL("GRANT USAGE ON SCHEMA {} TO PUBLIC").format(name))
        admin.execute(sql.SQL("CREATE EXTENSION vector SCHEMA {}").format(name))
    with psycopg.connect(bare_database) as connection:
        layer.install(connection)
        connection.commit()
        walk(connection, "docs")
        walk(connection, "it's", "halfvec")
        connection.execute("SET LOCAL search_path = ''")
        walk(connection, "docs")
        for measure in MEASURES:
            connection.execute("SELECT vecs.create_collection(%s, 2)", [measure])
            fill(connection, measure, [[1, 2], [2, 1]])
            for _ in range(2):
                search = "SELECT id FROM vecs.query(%s, '[1,2]', measure => %s)"
                assert len(column(connection, search, [measure, measure])) == 2
                connection.execute("SELECT vecs.create_index(%s, %s)", [measure, measure])
            refused(connection, "VS004", "SELECT vecs.query(%s, '[1,2,3]')", [measure])
            bad = '{"id": "Bad", "vec": ["x"]}'
            refused(connection, "VS001", "SELECT vecs.upsert(%s, %s)", [measure, bad])
