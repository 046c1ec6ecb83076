"""A hot standby serves every function that reads, with the rows of the primary, and refuses those that write."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

import vecs_sql
from vecs_sql import embedded, exc
from vecs_sql._embedded.folder import reachable_programs, server_account
from vecs_sql._sync import installer as layer

Connection = psycopg.Connection[tuple[Any, ...]]

VECTOR = "[0.3,0.8,0.1,0.5,0.2,0.9,0.4,0.7]"
HALF = f"'{VECTOR}'::public.halfvec"
SEARCH = f"'docs', '{VECTOR}'"

# Each function that reads is called by one of these; `test_each_function_is_in_one_list` says which is not.
READING = {
    "list_collections": "SELECT * FROM vecs.list_collections()",
    "create_collection, that exists": "SELECT vecs.create_collection('docs', 8, if_not_exists => true)",
    "describe_collection": "SELECT vecs.describe_collection('docs')",
    "describe_collection, adopted": "SELECT vecs.describe_collection('items')",
    "has_index": "SELECT vecs.has_index('docs', 'cosine_distance'), vecs.has_index('docs', 'l1_distance')",
    "create_index_sql": "SELECT * FROM vecs.create_index_sql('docs', 'l2_distance')",
    "index_progress": "SELECT * FROM vecs.index_progress() AS a, vecs.index_progress('docs') AS b",
    "fetch": "SELECT * FROM vecs.fetch('docs', '{r17,r4,none}')",
    "fetch, adopted": "SELECT * FROM vecs.fetch('items', '{17,4}')",
    "scan": "SELECT * FROM vecs.scan('docs', '{\"n\": {\"$lt\": 500}}', 'r2', 200)",
    "count_rows": "SELECT vecs.count_rows('docs', '{\"n\": {\"$lt\": 500}}'), vecs.count_rows('items')",
    "facet": "SELECT * FROM vecs.facet('docs', 'kind') AS d, vecs.facet('items', 'color') AS i",
    "query": f"SELECT * FROM vecs.query({SEARCH})",
    "query, every column": f"SELECT * FROM vecs.query({SEARCH}, 20, include_vec => true)",
    "query, wide filter": f"SELECT * FROM vecs.query({SEARCH}, 20, '{{\"n\": {{\"$gt\": 1000}}}}')",
    "query, narrow filter": f"SELECT * FROM vecs.query({SEARCH}, 20, '{{\"n\": {{\"$lt\": 30}}}}')",
    "query, partial index": f"SELECT * FROM vecs.query({SEARCH}, 20, '{{\"half\": 1}}')",
    "query, ivfflat": f"SELECT * FROM vecs.query({SEARCH}, 20, measure => 'l2_distance', probes => 4)",
    "query, no index": f"SELECT * FROM vecs.query({SEARCH}, 20, measure => 'l1_distance')",
    "query, exact": f"SELECT * FROM vecs.query({SEARCH}, 20, strategy => 'exact')",
    "query, by the index": f"SELECT * FROM vecs.query({SEARCH}, 20, strategy => 'index', ef_search => 80)",
    "query, within a distance": f"SELECT * FROM vecs.query({SEARCH}, 20, max_distance => 0.05)",
    "query, second page": f"SELECT * FROM vecs.query({SEARCH}, 20, skip => 150)",
    "query, adopted": f"SELECT * FROM vecs.query('items', '{VECTOR}', 20, '{{\"price\": {{\"$gt\": 50}}}}')",
    "query, halfvec": f"SELECT * FROM vecs.query('docs', {HALF})",
    "query, a collection of halfvec": f"SELECT * FROM vecs.query('halves', '{VECTOR}', include_vec => true)",
    "query_many": f"SELECT * FROM vecs.query_many('docs', ARRAY['{VECTOR}', '{VECTOR}']::public.vector[], 5)",
    "query_many, second page": (
        f"SELECT * FROM vecs.query_many('docs', ARRAY['{VECTOR}']::public.vector[], 5, skip => 5)"
    ),
    "query_many, halfvec": f"SELECT * FROM vecs.query_many('docs', ARRAY[{HALF}], 5, '{{\"kind\": \"k2\"}}')",
    "query_by_id": "SELECT * FROM vecs.query_by_id('docs', 'r5', skip => 3)",
    "query_by_ids": "SELECT * FROM vecs.query_by_ids('docs', '{r5,r6}', '{r7}')",
    "query_groups": f"SELECT * FROM vecs.query_groups({SEARCH}, 'kind', 4, 2)",
    "query_groups, halfvec": f"SELECT * FROM vecs.query_groups('docs', {HALF}, 'kind', 4)",
    "query_mmr": f"SELECT * FROM vecs.query_mmr({SEARCH})",
    "query_mmr, halfvec": f"SELECT * FROM vecs.query_mmr('docs', {HALF})",
    "text_query": "SELECT * FROM vecs.text_query('docs', 'red foxes', 20)",
    "text_query, every word": "SELECT * FROM vecs.text_query('docs', 'red foxes', 20, '{\"kind\": \"k1\"}', 'all')",
    "text_query, no word": "SELECT * FROM vecs.text_query('docs', 'the of')",
    "text_query, fuzzy": "SELECT * FROM vecs.text_query('docs', 'foxs', 20, match => 'fuzzy')",
    "text_query, adopted": "SELECT * FROM vecs.text_query('items', 'lamps', 20)",
    "hybrid_query": f"SELECT * FROM vecs.hybrid_query({SEARCH}, 'red foxes', 20, include_vec => true)",
    "hybrid_query, halfvec": f"SELECT * FROM vecs.hybrid_query('docs', {HALF}, 'blue owls', fusion => 'relative')",
    "explain": f"SELECT vecs.explain({SEARCH}, filters => '{{\"n\": {{\"$gt\": 1000}}}}')",
    "explain, second page": f"SELECT vecs.explain({SEARCH}, skip => 150)",
    "explain, halfvec": f"SELECT vecs.explain('docs', {HALF}, strategy => 'exact')",
    "explain_text": f"SELECT * FROM vecs.explain_text({SEARCH}, filters => '{{\"half\": 1}}')",
    "explain_text, halfvec": f"SELECT * FROM vecs.explain_text('docs', {HALF})",
    "recall": "SELECT recall > 0.8, sampled FROM vecs.recall('docs', 30)",
    "tune": "SELECT ef_search, chosen FROM vecs.tune('docs', 0, sample => 30)",
    "advise": "SELECT * FROM vecs.advise('docs')",
    "advise, adopted": "SELECT * FROM vecs.advise('items')",
    "filter_sql": "SELECT vecs.filter_sql('{\"n\": {\"$in\": [1, 2]}}')",
    "filter_sql, of a collection": "SELECT vecs.filter_sql('{\"price\": {\"$gt\": 3}}', 'items')",
    "matches": "SELECT vecs.matches('{\"k\": 1}', '{\"k\": {\"$gt\": 0}}')",
    "help": "SELECT * FROM vecs.help()",
    "help, of a function": "SELECT * FROM vecs.help('query')",
    "version": "SELECT vecs.version()",
}  # fmt: skip

# Those that would write: each is PostgreSQL's own error.
WRITING = {
    "create_collection": "SELECT vecs.create_collection('new', 2)",
    "adopt": "SELECT vecs.adopt('public.more')",
    "drop_collection": "SELECT vecs.drop_collection('docs')",
    "drop_collection, adopted": "SELECT vecs.drop_collection('items')",
    "rename_collection": "SELECT vecs.rename_collection('docs', 'new')",
    "swap_collections": "SELECT vecs.swap_collections('docs', 'halves')",
    "upsert": "SELECT vecs.upsert('halves', '{\"id\": \"a\", \"vec\": [1,2,3,4,5,6,7,8]}')",
    "upsert, one": f"SELECT vecs.upsert('docs', 'a', '{VECTOR}')",
    "upsert, halfvec": f"SELECT vecs.upsert('docs', 'a', {HALF})",
    "upsert, adopted": f"SELECT vecs.upsert('items', '7', '{VECTOR}')",
    "upsert_many": f"SELECT vecs.upsert_many('docs', '{{a}}', ARRAY['{VECTOR}']::public.vector[])",
    "upsert_many, halfvec": f"SELECT vecs.upsert_many('docs', '{{a}}', ARRAY[{HALF}])",
    "update_metadata": "SELECT vecs.update_metadata('docs', '{\"k\": 1}', '{r5}')",
    "update_metadata, by filter": "SELECT vecs.update_metadata('docs', '{\"k\": 1}', filters => '{\"n\": 5}')",
    "update_metadata, adopted": "SELECT vecs.update_metadata('items', '{\"color\": \"red\"}', '{5}')",
    "delete": "SELECT vecs.delete('docs', '{r5}')",
    "delete, by filter": "SELECT vecs.delete('docs', filters => '{\"n\": {\"$lt\": 3}}')",
    "delete, adopted": "SELECT vecs.delete('items', '{5}')",
    "claim_missing": "SELECT vecs.claim_missing('items', 'color')",
    "truncate_collection": "SELECT vecs.truncate_collection('docs')",
    "create_index": "SELECT vecs.create_index('docs', 'l1_distance')",
    "create_index, partial": "SELECT vecs.create_index('docs', filters => '{\"kind\": \"k2\"}')",
    "create_index, binary": "SELECT vecs.create_index('docs', arguments => '{\"precision\": \"binary\"}')",
    "create_index, adopted": "SELECT vecs.create_index('items', 'l2_distance')",
    "drop_index": "SELECT vecs.drop_index('docs')",
    "create_metadata_index": "SELECT vecs.create_metadata_index('docs', 'kind')",
    "create_metadata_index, adopted": "SELECT vecs.create_metadata_index('items', 'color')",
    "drop_metadata_index": "SELECT vecs.drop_metadata_index('docs', 'n')",
    "create_text_index": "SELECT vecs.create_text_index('docs', 'kind')",
    "create_text_index, adopted": "SELECT vecs.create_text_index('items', 'color')",
    "drop_text_index": "SELECT vecs.drop_text_index('docs')",
    "drop_text_index, adopted": "SELECT vecs.drop_text_index('items')",
    "tune, to keep": "SELECT * FROM vecs.tune('docs', 0, sample => 30, keep => true)",
}  # fmt: skip
# tune() writes only if it is to keep what it finds, and create_collection() only if there is no such collection.
BOTH = {"tune", "create_collection"}

# Refused with VS008 before anything is written, as on any server without Citus.
NEEDS_CITUS = {"distribute": "SELECT vecs.distribute('docs', 2)"}

FILL = """
    CREATE EXTENSION pg_trgm;
    CREATE FUNCTION public.noise(n bigint) RETURNS public.vector LANGUAGE sql IMMUTABLE AS $$
        SELECT array_agg((hashint8(n * 8 + i)::bigint & 1023) / 1023.0)::real[]::public.vector
        FROM generate_series(1, 8) AS i
    $$;
    SELECT vecs.create_collection('docs', 8);
    SELECT vecs.upsert_many(
        'docs', array_agg('r' || n ORDER BY n), array_agg(public.noise(n) ORDER BY n),
        jsonb_agg(jsonb_build_object(
            'n', n, 'kind', 'k' || n % 7, 'half', n % 2,
            'text', concat_ws(
                ' ', (ARRAY['red', 'blue', 'green'])[n % 3 + 1], (ARRAY['foxes', 'owls', 'hares'])[n % 17 % 3 + 1],
                'number', n
            )
        ) ORDER BY n)
    ) FROM generate_series(1, 6000) AS n;
    SELECT vecs.create_index('docs');
    SELECT vecs.create_index('docs', 'l2_distance', 'ivfflat', '{"lists": 20}');
    SELECT vecs.create_index('docs', filters => '{"half": 1}');
    SELECT vecs.create_metadata_index('docs', 'n');
    SELECT vecs.create_text_index('docs', 'text');
    SELECT vecs.create_collection('halves', 8, 'halfvec');
    SELECT vecs.upsert_many(
        'halves', array_agg('h' || n ORDER BY n), array_agg(public.noise(n) ORDER BY n)
    ) FROM generate_series(1, 50) AS n;
    CREATE TABLE public.items (
        item bigint PRIMARY KEY, embedding public.vector(8), color text, price integer, title text
    );
    INSERT INTO public.items
    SELECT n, public.noise(-n), (ARRAY['red', 'blue'])[n % 2 + 1], n % 100, 'a lamp, number ' || n
    FROM generate_series(1, 3000) AS n;
    SELECT vecs.adopt('public.items');
    SELECT vecs.create_index('items');
    SELECT vecs.create_metadata_index('items', 'price');
    SELECT vecs.create_text_index('items', 'title');
    CREATE TABLE public.more (item bigint PRIMARY KEY, embedding public.vector(8));
"""


class Pair(NamedTuple):
    """A primary and its standby: the URLs of one database, for its owner, and that of the superuser."""

    primary: str
    standby: str
    superuser: str


@pytest.fixture(scope="module")
def pair() -> Iterator[Pair]:
    """A primary with collections of every kind, and a standby that has replayed all."""
    with tempfile.TemporaryDirectory(prefix="vecs-sql-test-") as folder:
        Path(folder).chmod(0o755)  # as root, PostgreSQL runs as another user
        data = Path(folder) / "primary"
        with embedded.start(data) as server, psycopg.connect(server.url, autocommit=True) as first:
            first.execute("ALTER SYSTEM SET shared_buffers = '128MB'")
        with embedded.start(data) as server:
            with psycopg.connect(server.url, autocommit=True) as first:
                first.execute("ALTER SYSTEM SET fsync = off")
                first.execute("ALTER SYSTEM SET autovacuum = off")
                first.execute("ALTER SYSTEM SET track_functions = 'all'")
                first.execute("SELECT pg_reload_conf()")
                first.execute("CREATE ROLE owner LOGIN")
                first.execute("CREATE DATABASE store OWNER owner")
            with standby(server, Path(folder) / "standby") as url:
                superuser = make_conninfo(server.url, dbname="store")
                # While the standby follows: it replays the builds, too.
                with psycopg.connect(superuser, autocommit=True) as first:
                    first.execute("CREATE EXTENSION vector")
                    first.execute("GRANT CREATE ON SCHEMA public TO owner")
                names = {"dbname": "store", "user": "owner"}
                found = Pair(
                    make_conninfo(server.url, **names),
                    make_conninfo(url, **names),
                    make_conninfo(url, dbname="store"),
                )
                with psycopg.connect(found.primary) as connection:
                    layer.install(connection)
                with psycopg.connect(found.primary, autocommit=True) as connection:
                    connection.execute(FILL)
                    # The primary has added empty pages to the tables, and counts their share of the rows. The
                    # standby has not: to get there, they have to be written. This cuts them off.
                    connection.execute("VACUUM (ANALYZE)")
                    caught_up(connection, found)
                yield found


@contextmanager
def standby(server: embedded.Server, folder: Path) -> Iterator[str]:
    """Run a standby of a server, in a new folder, and yield its URL."""
    account = server_account()
    programs = reachable_programs(server.data, account)
    folder.mkdir(mode=0o700)
    os.chown(folder, account.uid, account.gid)

    def run(program: str, *arguments: str) -> None:
        done = subprocess.run(
            [programs / program, *arguments],
            cwd=folder,
            env={"PATH": os.environ["PATH"], "LC_ALL": "C", "PGDATA": str(folder / "pgdata")},
            user=account.uid if account.other else None,
            group=account.gid if account.other else None,
            extra_groups=[] if account.other else None,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout

    run(
        "pg_basebackup",
        f"--dbname={server.url}",
        f"--pgdata={folder / 'pgdata'}",
        "--write-recovery-conf",
        "--checkpoint=fast",
        "--no-sync",
    )
    options = shlex.join(
        ["--listen_addresses=", f"--unix_socket_directories={folder}", "--port=5432"]
    )
    try:
        run("pg_ctl", "start", "--silent", "--wait", "--log=server.log", f"--options={options}")
        yield f"postgresql://postgres@/postgres?host={quote(str(folder))}&port=5432"
    finally:
        if (folder / "pgdata" / "postmaster.pid").exists():
            run("pg_ctl", "stop", "--silent", "--wait", "--mode=fast")


def caught_up(primary: Connection, pair: Pair) -> None:
    """Wait until the standby has replayed what the primary has written."""
    ((written,),) = primary.execute("SELECT pg_current_wal_lsn()").fetchall()
    with psycopg.connect(pair.standby, autocommit=True) as connection:
        for _ in range(600):
            ((done,),) = connection.execute(
                "SELECT pg_last_wal_replay_lsn() >= %s", (written,)
            ).fetchall()
            if done:
                return
            time.sleep(0.05)
    raise AssertionError("the standby does not follow")


@pytest.fixture
def primary(pair: Pair) -> Iterator[Connection]:
    with psycopg.connect(pair.primary, autocommit=True) as connection:
        yield connection


@pytest.fixture
def replica(pair: Pair) -> Iterator[Connection]:
    with psycopg.connect(pair.standby, autocommit=True) as connection:
        yield connection


def answer(connection: Connection, statement: str) -> tuple[list[Any], list[Any]]:
    """Return the rows of a statement and the notices, without times and random names."""
    notices: list[Any] = []

    def keep(said: psycopg.errors.Diagnostic) -> None:
        notices.append((said.sqlstate, said.message_primary, said.message_hint))

    connection.add_notice_handler(keep)
    found = connection.execute(statement.encode()).fetchall()
    connection.remove_notice_handler(keep)
    return [tuple(map(timeless, row)) for row in found], notices


def timeless(value: Any) -> Any:  # noqa: ANN401
    """Leave out what differs from one call to the next."""
    if isinstance(value, dict):
        return {key: timeless(one) for key, one in value.items() if key != "milliseconds"}
    if isinstance(value, list):
        return [timeless(one) for one in value]
    if isinstance(value, str):
        return re.sub(r"(?<=_new|_old)[0-9a-f]{7}|(?<=')[0-9a-f]{7}(?=')|[0-9.]+ ms", "", value)
    return value


def test_each_function_is_in_one_list(replica: Connection) -> None:
    """A new function is to be called here, too, and each overload of those that read."""
    public: dict[str, str] = dict(
        replica.execute(r"""
            SELECT p.oid::regprocedure::text, p.proname FROM pg_proc AS p
            WHERE p.pronamespace = 'vecs'::regnamespace AND NOT starts_with(p.proname, '_')
        """).fetchall()
    )
    reading, writing = (
        {name.partition(",")[0] for name in listed} for listed in (READING, WRITING)
    )
    assert reading & writing == BOTH
    assert reading | writing | {*NEEDS_CITUS} == set(public.values())

    with replica.transaction():
        for statement in READING.values():
            replica.execute(statement.encode())
        called = replica.execute(
            "SELECT funcid::regprocedure::text FROM pg_stat_xact_user_functions"
        ).fetchall()
    assert {one for one, name in public.items() if name in reading} - {
        one for (one,) in called
    } == set()


@pytest.mark.parametrize("name", READING)
def test_reads(primary: Connection, replica: Connection, name: str) -> None:
    there, here = (answer(connection, READING[name]) for connection in (primary, replica))
    assert here == there
    empty = ("advise", "advise, adopted", "index_progress", "text_query, no word")
    assert bool(here[0]) == (name not in empty)


@pytest.mark.parametrize("name", WRITING)
def test_does_not_write(replica: Connection, name: str) -> None:
    notices: list[Any] = []
    replica.add_notice_handler(notices.append)
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction, match=r"^cannot execute ") as caught:
        replica.execute(WRITING[name].encode())
    assert caught.value.sqlstate == "25006"
    assert notices == []


@pytest.mark.parametrize("name", NEEDS_CITUS)
def test_needs_citus(replica: Connection, name: str) -> None:
    with pytest.raises(psycopg.Error) as caught:
        replica.execute(NEEDS_CITUS[name].encode())
    assert caught.value.sqlstate == "VS008"


def test_the_indexes_serve(replica: Connection) -> None:
    index = "SELECT vecs.explain('docs', %s, filters => %s, measure => %s) ->> 'index'"
    for filters, measure, name in (
        ("{}", "cosine_distance", "ix_vector_cosine_ops_hnsw"),
        ('{"half": 1}', "cosine_distance", "ix_partial_cosine_ops_hnsw"),
        ('{"n": {"$gt": 1000}}', "cosine_distance", "ix_vector_cosine_ops_hnsw"),
        ("{}", "l2_distance", "ix_vector_l2_ops_ivfflat"),
    ):
        ((used,),) = replica.execute(index, (VECTOR, filters, measure)).fetchall()
        assert used.startswith(name)
    plan = "SELECT vecs.explain('docs', %s, filters => '{\"n\": {\"$lt\": 30}}') -> 'steps' -> -1 -> 'plan'"
    ((steps,),) = replica.execute(plan, (VECTOR,)).fetchall()
    assert "Index Scan on ix_metadata_" in " ".join(steps)


def test_settings_and_transactions(replica: Connection) -> None:
    """A search leaves no setting behind, and a transaction goes on after an error."""
    replica.execute("SELECT * FROM vecs.query('docs', %s)", (VECTOR,))  # loads pgvector
    settings = "SELECT name, setting FROM pg_settings ORDER BY name"
    before = replica.execute(settings).fetchall()
    with replica.transaction():
        for name in ("query, by the index", "query, partial index", "query_groups", "tune"):
            replica.execute(READING[name].encode())
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction), replica.transaction():
            replica.execute(WRITING["create_index"].encode())
        assert replica.execute("SELECT vecs.count_rows('docs')").fetchall() == [(6000,)]
        assert replica.execute(settings).fetchall() == before


def test_rows_written_since_the_statistics(
    pair: Pair, primary: Connection, replica: Connection
) -> None:
    """How many rows were written since the last ANALYZE only the primary knows."""
    primary.execute("""
        SELECT vecs.create_collection('growing', 8);
        SELECT vecs.upsert_many(
            'growing', array_agg('r' || n), array_agg(public.noise(n)),
            jsonb_agg(jsonb_build_object('n', n, 'new', n > 3000))
        ) FROM generate_series(1, 3000) AS n;
        SELECT vecs.create_index('growing');
        SELECT vecs.upsert_many(
            'growing', array_agg('r' || n), array_agg(public.noise(n)),
            jsonb_agg(jsonb_build_object('n', n, 'new', n > 3000))
        ) FROM generate_series(3001, 6000) AS n
    """)
    caught_up(primary, pair)
    search = "SELECT id FROM vecs.query('growing', %s, 20, %s, strategy => %s)"
    for filters in (
        '{"new": true}',
        '{"new": false}',
        '{"n": {"$gt": 5980}}',
        '{"n": {"$lt": 5980}}',
    ):
        found, exact = (
            replica.execute(search, (VECTOR, filters, strategy)).fetchall()
            for strategy in ("auto", "exact")
        )
        assert len(found) == len(exact) == 20
        assert len({*found} & {*exact}) >= 18


def test_an_index_that_the_primary_builds(
    pair: Pair, primary: Connection, replica: Connection
) -> None:
    """It is not valid yet, and a standby does not see who builds it."""
    primary.execute("SELECT vecs.create_collection('building', 8)")
    advice = """
        SELECT severity, finding, statement FROM vecs.advise('building') WHERE finding LIKE '%"slow"%'
    """

    def build() -> None:
        with psycopg.connect(pair.primary, autocommit=True) as connection:
            connection.execute(
                "CREATE INDEX CONCURRENTLY slow ON vecs.building USING hnsw (vec public.vector_l2_ops)"
            )

    with ThreadPoolExecutor() as threads:
        with psycopg.connect(pair.primary) as writer:
            # The build waits for the end of this.
            writer.execute("SELECT vecs.upsert('building', 'a', %s)", (VECTOR,))
            built = threads.submit(build)
            for _ in range(600):
                seen = replica.execute("SELECT to_regclass('vecs.slow')").fetchall()
                if seen != [(None,)]:
                    break
                time.sleep(0.05)
            there, here = (c.execute(advice).fetchall() for c in (primary, replica))
        built.result()
    assert there == []
    ((severity, finding, statement),) = here
    assert severity == "hint"
    assert finding == (
        'the primary builds the index "slow", or its build was broken off: on the primary, advise() says which'
    )
    assert statement == "SELECT * FROM vecs.advise('building');"
    caught_up(primary, pair)
    assert replica.execute(advice).fetchall() == []


def test_the_client_reads(pair: Pair) -> None:
    """Nothing is installed or written when it connects."""
    vector = [0.3, 0.8, 0.1, 0.5, 0.2, 0.9, 0.4, 0.7]
    answers: list[list[Any]] = []
    for url in (pair.primary, pair.standby):
        with vecs_sql.create_client(url) as client:
            docs = client.get_or_create_collection("docs", dimension=8)
            items = client.open_collection("items")
            answers.append(
                [
                    {one.name for one in client.list_collections()} >= {"docs", "halves", "items"},
                    docs.query(
                        vector,
                        limit=20,
                        filters={"half": 1},
                        include_metadata=True,
                        include_value=True,
                    ),
                    docs.query_many([vector, vector], limit=3),
                    docs.query_by_id("r5", limit=3),
                    docs.query_groups(vector, "kind", limit=3),
                    docs.query_mmr(vector, limit=3),
                    docs.text_query("red foxes", limit=3),
                    docs.hybrid_query("red foxes", vector, limit=3),
                    docs.facet("kind"),
                    docs.count({"n": {"$lt": 500}}),
                    len(docs),
                    [row.id for row in docs.fetch(["r4", "r17"])],
                    [row.id for row in docs.scan({"n": {"$lt": 50}})],
                    items.query(vector, limit=20, filters={"color": "red"}),
                ]
            )
    assert answers[0] == answers[1]
    assert all(answers[1])


def test_the_client_does_not_write(pair: Pair) -> None:
    vector = [0.5] * 8
    with vecs_sql.create_client(pair.standby) as client:
        docs = client.open_collection("docs")
        for write in (
            lambda: client.get_or_create_collection("new", dimension=3),
            lambda: client.delete_collection("docs"),
            lambda: docs.upsert([("a", vector, {})]),
            lambda: docs.upsert((f"a{n}", vector, {}) for n in range(5000)),
            lambda: docs.delete(["r5"]),
            lambda: docs.truncate(),
            lambda: docs.create_index(),
            lambda: docs.create_index(concurrently=True),
        ):
            with pytest.raises(psycopg.errors.ReadOnlySqlTransaction, match=r"^cannot execute "):
                write()
        assert len(docs) == 6000


def test_a_standby_without_the_layer(pair: Pair) -> None:
    """The client does not try to install it."""
    bare = make_conninfo(pair.standby, dbname="postgres")
    with pytest.raises(exc.Unsupported, match="nothing can be installed on a standby") as caught:
        vecs_sql.create_client(bare)
    assert "on the primary" in (caught.value.hint or "")


def test_the_command_line(pair: Pair) -> None:
    for arguments, code, said in (
        (["check", pair.standby], 0, "The SQL layer is that of version"),
        (["collections", "--url", pair.standby], 0, "halves"),
        (["facet", "docs", "kind", "--url", pair.standby], 0, "k6"),
        (["install", pair.standby], 1, "Error: cannot execute LOCK TABLE during recovery"),
    ):
        ended = subprocess.run(
            [sys.executable, "-m", "vecs_sql", *arguments],
            capture_output=True,
            text=True,
            check=False,
        )
        assert ended.returncode == code, ended.stderr
        assert said in ended.stdout + ended.stderr
        assert "Traceback" not in ended.stderr
