"""Many at once: one creates, writers of the same rows do not deadlock, readers are not in the way of a build."""

from __future__ import annotations

import random
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from psycopg.types.json import Jsonb

from tests.sql.support import Connection, column, fill, rows, value

pytestmark = pytest.mark.slow

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

IDS = [f"id{number:02}" for number in range(20)]


@pytest.fixture
def connect(database: str) -> Iterator[Callable[[], Connection]]:
    """A function that opens connections in autocommit mode to a database with the collection docs."""
    with ExitStack() as stack:

        def connect() -> Connection:
            # A test that fails must not wait for a thread that waits for the test.
            options = "-c statement_timeout=10s"
            return stack.enter_context(psycopg.connect(database, autocommit=True, options=options))

        first = connect()
        first.execute("SELECT vecs.create_collection('docs', 2)")
        first.execute("SELECT vecs.upsert_many('docs', %s, %s)", [IDS, ["[1,2]"] * len(IDS)])
        yield connect


def at_once(connections: list[Connection], work: Callable[[Connection, int], Any]) -> list[Any]:
    """Run some work for each connection in a thread of its own, all begun together, and return the results."""
    barrier = threading.Barrier(len(connections))

    def begin(number: int) -> Any:  # noqa: ANN401
        barrier.wait()
        return work(connections[number], number)

    with ThreadPoolExecutor(len(connections)) as pool:
        return list(pool.map(begin, range(len(connections))))


# --- create_collection


@pytest.mark.parametrize("name", ["new", 'it\'s "Odd"'])
def test_of_many_creators_one_creates_and_none_fails(
    connect: Callable[[], Connection], name: str
) -> None:
    connections = [connect() for _ in range(12)]
    create = "SELECT vecs.create_collection(%s, 3, if_not_exists => true)"
    made = at_once(connections, lambda connection, _: value(connection, create, [name]))
    assert sorted(made) == [False] * 11 + [True]
    indexes = "SELECT count(*) FROM pg_indexes WHERE schemaname = 'vecs' AND tablename = %s"
    assert value(connections[0], indexes, [name]) == 2


def test_of_many_creators_without_if_not_exists_one_creates(
    connect: Callable[[], Connection],
) -> None:
    connections = [connect() for _ in range(12)]

    def create(connection: Connection, _: int) -> str | None:
        try:
            connection.execute("SELECT vecs.create_collection('new', 3)")
        except psycopg.Error as error:
            return error.sqlstate
        return None

    assert sorted(at_once(connections, create), key=str) == [None] + ["VS003"] * 11


def test_creators_of_different_shapes(connect: Callable[[], Connection]) -> None:
    connections = [connect() for _ in range(8)]

    def create(connection: Connection, number: int) -> object:
        statement = "SELECT vecs.create_collection('new', %s, if_not_exists => true)"
        try:
            return value(connection, statement, [3 + number % 2])
        except psycopg.Error as error:
            return error.sqlstate

    made = at_once(connections, create)
    assert sorted(map(str, made)) == sorted(["True"] + ["False"] * 3 + ["VS004"] * 4)


def test_a_creator_waits_for_one_that_gives_up(connect: Callable[[], Connection]) -> None:
    first, second = connect(), connect()
    create = "SELECT vecs.create_collection('new', 3, if_not_exists => true)"
    first.execute("BEGIN")
    assert value(first, create) is True
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(value, second, create)
        wait_for_lock(connect(), second)
        first.execute("ROLLBACK")
        assert waiting.result(timeout=30) is True


def wait_for_lock(watcher: Connection, waiting: Connection) -> None:
    """Return when a session waits for a lock that another holds."""
    blocked = "SELECT cardinality(pg_blocking_pids(%s)) > 0"
    for _ in range(800):
        if value(watcher, blocked, [waiting.info.backend_pid]):
            return
        watcher.execute("SELECT pg_sleep(0.005)")
    raise AssertionError("it does not wait")


# --- writers of the same rows


RECORDS = "SELECT vecs.upsert('docs', %s)"
UPDATE_ALL = "SELECT vecs.update_metadata('docs', %s, filters => '{\"$not\": {\"k\": 1}}')"
WRITERS: dict[str, Callable[[Connection, list[str]], Any]] = {
    "upsert_many": lambda connection, ids: value(
        connection, "SELECT vecs.upsert_many('docs', %s, %s)", [ids, ["[3,4]"] * len(ids)]
    ),
    "upsert_many with one twice": lambda connection, ids: value(
        connection,
        "SELECT vecs.upsert_many('docs', %s, %s)",
        [[*ids, ids[0]], ["[3,4]"] * (len(ids) + 1)],
    ),
    "upsert": lambda connection, ids: value(
        connection, RECORDS, [Jsonb([{"id": id_, "vec": [5, 6]} for id_ in ids])]
    ),
    "update_metadata by ids": lambda connection, ids: value(
        connection, "SELECT vecs.update_metadata('docs', '{\"j\": 1}', %s)", [ids]
    ),
    "update_metadata by filter": lambda connection, _: value(
        connection, UPDATE_ALL, [Jsonb({"j": random.random()})]
    ),
    "delete by ids": lambda connection, ids: column(
        connection, "SELECT vecs.delete('docs', %s)", [ids]
    ),
    "delete by filter": lambda connection, _: column(
        connection, "SELECT vecs.delete('docs', filters => '{\"$not\": {\"k\": 1}}')"
    ),
}


@pytest.mark.parametrize("writer", WRITERS)
def test_rows_are_locked_in_the_order_of_their_ids(
    connect: Callable[[], Connection], writer: str
) -> None:
    """While it waits for the first row, it must hold none of those after it."""
    holder, waiting, watcher = connect(), connect(), connect()
    # So that the table does not happen to have them in that order.
    holder.execute("SELECT vecs.truncate_collection('docs')")
    ids = random.Random(3).sample(IDS, len(IDS))
    for id_ in ids:
        holder.execute("SELECT vecs.upsert('docs', %s, '[1,2]')", [id_])
    for first in (IDS[0], IDS[7]):
        holder.execute("BEGIN")
        holder.execute("SELECT FROM vecs.docs WHERE id = %s FOR UPDATE", [first])
        with ThreadPoolExecutor(1) as pool:
            result = pool.submit(WRITERS[writer], waiting, ids)
            wait_for_lock(watcher, waiting)
            free = "SELECT id FROM vecs.docs WHERE id > %s ORDER BY id FOR UPDATE SKIP LOCKED"
            assert column(watcher, free, [first]) == IDS[IDS.index(first) + 1 :]
            held = "SELECT id FROM vecs.docs WHERE id < %s FOR UPDATE SKIP LOCKED"
            assert column(watcher, held, [first]) == []
            holder.execute("COMMIT")
            written = result.result(timeout=30)
        assert written == 20 or sorted(written) == IDS
        watcher.execute("SELECT vecs.upsert_many('docs', %s, %s)", [ids, ["[1,2]"] * 20])


def test_writers_of_the_same_rows_do_not_deadlock(connect: Callable[[], Connection]) -> None:
    connections = [connect() for _ in range(6)]
    writers = list(WRITERS.values())

    def write(connection: Connection, number: int) -> None:
        ids = IDS if number % 2 else IDS[::-1]
        for round_ in range(40):
            writers[(number + round_) % len(writers)](connection, ids)

    at_once(connections, write)


def test_new_rows_do_not_deadlock(connect: Callable[[], Connection]) -> None:
    """This holds for rows that nobody has seen yet, too: the second waits for the first's transaction."""
    connections = [connect() for _ in range(4)]

    def write(connection: Connection, number: int) -> int:
        written = 0
        for round_ in range(15):
            ids = [f"new{round_}-{n}" for n in range(50)]
            random.Random(number).shuffle(ids)
            written += value(
                connection, "SELECT vecs.upsert_many('docs', %s, %s)", [ids, ["[3,4]"] * 50]
            )
        return written

    assert at_once(connections, write) == [750] * 4
    assert value(connections[0], "SELECT vecs.count_rows('docs')") == len(IDS) + 750


def test_a_row_that_changes_while_delete_waits_is_deleted(
    connect: Callable[[], Connection],
) -> None:
    first, second, watcher = connect(), connect(), connect()
    for delete in (
        "SELECT vecs.delete('docs', '{id03}')",
        "SELECT vecs.delete('docs', filters => '{\"$not\": {\"k\": 1}}')",
    ):
        first.execute("SELECT vecs.upsert('docs', 'id03', '[1,2]')")
        first.execute("BEGIN")
        first.execute("SELECT vecs.upsert('docs', 'id03', '[7,7]', '{\"j\": 1}')")
        with ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(column, second, delete)
            wait_for_lock(watcher, second)
            first.execute("COMMIT")
            assert "id03" in waiting.result(timeout=30)
        assert rows(first, "SELECT * FROM vecs.fetch('docs', '{id03}')") == []


def test_a_row_that_no_longer_matches_while_delete_waits_is_kept(
    connect: Callable[[], Connection],
) -> None:
    first, second, watcher = connect(), connect(), connect()
    first.execute("BEGIN")
    first.execute("SELECT vecs.upsert('docs', 'id03', '[7,7]', '{\"keep\": true}')")
    with ThreadPoolExecutor(1) as pool:
        delete = "SELECT vecs.delete('docs', filters => '{\"keep\": {\"$exists\": false}}')"
        waiting = pool.submit(column, second, delete)
        wait_for_lock(watcher, second)
        first.execute("COMMIT")
        assert sorted(waiting.result(timeout=30)) == [id_ for id_ in IDS if id_ != "id03"]
    assert column(first, "SELECT id FROM vecs.docs") == ["id03"]


def test_updates_of_different_keys_at_once_are_all_kept(connect: Callable[[], Connection]) -> None:
    connections = [connect() for _ in range(6)]

    def update(connection: Connection, number: int) -> None:
        for round_ in range(20):
            patch = Jsonb({f"{number}-{round_}": True})
            ids = random.Random(round_).sample(IDS, len(IDS))
            statement = "SELECT vecs.update_metadata('docs', %s, %s)"
            assert value(connection, statement, [patch, ids]) == 20

    at_once(connections, update)
    keys = "SELECT DISTINCT count(k) FROM vecs.docs, jsonb_object_keys(metadata) AS k GROUP BY id"
    assert column(connections[0], keys) == [120]


@pytest.mark.parametrize(
    ("meanwhile", "arguments", "updated", "left"),
    [
        # What it was changed to counts, also where the update would have changed nothing before.
        ("vecs.upsert('docs', 'id03', '[7,7]', '{\"k\": 2}')", "'{\"k\": 1}', '{id03}'", 1, {"k": 1}),
        ("vecs.upsert('docs', 'id03', '[7,7]', '{\"j\": 2}')", "'{\"k\": 1}', '{id03}'", 1,
         {"j": 2, "k": 1}),
        ("vecs.upsert('docs', 'id03', '[7,7]', '{\"j\": 2}')",
         "'{\"k\": 3}', NULL, '{\"k\": 1}'", 0, {"j": 2}),
        ("vecs.update_metadata('docs', '[\"k\"]', '{id03}', mode => 'remove')",
         "'{\"j\": 3}', '{id03}'", 1, {"j": 3}),
        ("vecs.delete('docs', '{id03}')", "'{\"k\": 3}', '{id03,id04}'", 1, None),
    ],
)  # fmt: skip
def test_a_row_that_changes_while_update_metadata_waits(
    connect: Callable[[], Connection], meanwhile: str, arguments: str, updated: int, left: object
) -> None:
    first, second, watcher = connect(), connect(), connect()
    first.execute("SELECT vecs.upsert('docs', 'id03', '[1,2]', '{\"k\": 1}')")
    first.execute("BEGIN")
    first.execute(f"SELECT {meanwhile}".encode())
    with ThreadPoolExecutor(1) as pool:
        statement = f"SELECT vecs.update_metadata('docs', {arguments})"
        waiting = pool.submit(value, second, statement)
        wait_for_lock(watcher, second)
        first.execute("COMMIT")
        assert waiting.result(timeout=30) == updated
    found = column(first, "SELECT metadata FROM vecs.fetch('docs', '{id03}')")
    assert found == ([] if left is None else [left])


# --- builds


@pytest.mark.parametrize(
    "waits",
    [
        "vecs.create_index('docs')",
        "vecs.create_metadata_index('docs', 'k'::text)",
        "vecs.drop_index('docs')",
        "vecs.drop_metadata_index('docs', 'k'::text)",
        "vecs.delete('docs', '{nothing}')",
        "vecs.delete('docs', filters => '{\"nothing\": 1}')",
        "vecs.update_metadata('docs', '{}', '{id03}')",
        "vecs.upsert('docs', 'id03', '[1,2]')",
    ],
)
def test_what_waits_for_a_builder_holds_nothing(
    connect: Callable[[], Connection], waits: str
) -> None:
    """The other will need the table for itself when it drops the index that it replaces."""
    first, second, watcher = connect(), connect(), connect()
    first.execute("BEGIN")
    first.execute("SELECT vecs.create_index('docs')")
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(column, second, f"SELECT {waits}")
        wait_for_lock(watcher, second)
        held = "SELECT mode FROM pg_locks WHERE granted AND pid = %s AND relation = 'vecs.docs'::regclass"
        assert column(watcher, held, [second.info.backend_pid]) == []
        first.execute("SELECT vecs.create_index('docs')")
        first.execute("COMMIT")
        waiting.result(timeout=30)
    assert value(first, "SELECT vecs.has_index('docs', 'cosine_distance')") is (
        "drop_index" not in waits
    )


def test_builders_at_once_leave_one_index_a_measure(connect: Callable[[], Connection]) -> None:
    connections = [connect() for _ in range(6)]
    measures = ["cosine_distance", "l2_distance"]

    def build(connection: Connection, number: int) -> str:
        create = "SELECT vecs.create_index('docs', %s, %s)"
        method = ["hnsw", "ivfflat"][number // 3]
        return str(value(connection, create, [measures[number % 2], method]))

    built = at_once(connections, build)
    described = value(connections[0], "SELECT vecs.describe_collection('docs')")["vector_indexes"]
    assert sorted(index["measure"] for index in described) == measures
    assert {index["name"] for index in described} <= set(built)


def test_readers_go_on_while_an_index_is_built(connect: Callable[[], Connection]) -> None:
    builder, reader = connect(), connect()
    reader.execute("SET lock_timeout = '200ms'")
    reader.execute("SET statement_timeout = '10s'")
    builder.execute("BEGIN")
    builder.execute("SELECT vecs.create_index('docs')")
    assert len(rows(reader, "SELECT * FROM vecs.query('docs', '[1,2]')")) == 10
    assert value(reader, "SELECT vecs.count_rows('docs')") == 20
    assert len(rows(reader, "SELECT * FROM vecs.fetch('docs', %s)", [IDS])) == 20
    assert value(reader, "SELECT vecs.has_index('docs', 'cosine_distance')") is False
    assert value(reader, "SELECT vecs.describe_collection('docs') -> 'vector_indexes'") == []
    with pytest.raises(psycopg.errors.LockNotAvailable):
        reader.execute("SELECT vecs.upsert('docs', 'a', '[1,2]')")
    builder.execute("COMMIT")
    assert value(reader, "SELECT vecs.has_index('docs', 'cosine_distance')") is True


def test_searches_while_rows_come_and_go(connect: Callable[[], Connection]) -> None:
    """No answer may lack a row that stays throughout."""
    writers, searchers = [connect(), connect()], [connect(), connect()]
    fill(writers[0], "docs", [[n % 7 + 1, n % 11] for n in range(400)], [{"stay": True}] * 400)
    writers[0].execute("SELECT vecs.create_index('docs')")
    done = threading.Event()

    def write(connection: Connection, number: int) -> None:
        ids = [f"gone{number}-{n}" for n in range(100)]
        for _ in range(12):
            connection.execute("SELECT vecs.upsert_many('docs', %s, %s)", [ids, ["[1,1]"] * 100])
            assert len(rows(connection, "SELECT vecs.delete('docs', %s)", [ids])) == 100
        done.set()

    def search(connection: Connection, _: int) -> None:
        while not done.is_set():
            for top_k in (10, 100, 5000):
                found = column(
                    connection,
                    "SELECT id FROM vecs.query('docs', '[1,1]', %s, '{\"stay\": true}')",
                    [top_k],
                )
                assert len(set(found)) == min(top_k, 400)

    at_once(
        [*writers, *searchers],
        lambda connection, number: (write if number < 2 else search)(connection, number),
    )


def test_many_drop_the_same(connect: Callable[[], Connection]) -> None:
    connections = [connect() for _ in range(4)]
    for _ in range(10):
        connections[0].execute("SELECT vecs.create_collection('gone', 2, if_not_exists => true)")
        dropped = at_once(
            connections,
            lambda connection, _: value(connection, "SELECT vecs.drop_collection('gone', true)"),
        )
        assert sorted(dropped) == [False, False, False, True]

    def drop(connection: Connection, _: int) -> str | None:
        try:
            connection.execute("SELECT vecs.drop_collection('gone')")
        except psycopg.Error as error:
            return error.sqlstate
        return None

    for _ in range(10):
        connections[0].execute("SELECT vecs.create_collection('gone', 2)")
        assert sorted(map(str, at_once(connections, drop))) == ["None", "VS002", "VS002", "VS002"]


# --- a collection that is dropped while calls wait for it

WAITING = {
    "query": "SELECT * FROM vecs.query('docs', '[1,0]')",
    "query with a filter": "SELECT * FROM vecs.query('docs', '[1,0]', 5, '{\"n\": 1}')",
    "query with settings": "SELECT * FROM vecs.query('docs', '[1,0]', ef_search => 50)",
    "query exactly": "SELECT * FROM vecs.query('docs', '[1,0]', strategy => 'exact')",
    "query by another measure": "SELECT * FROM vecs.query('docs', '[1,0]', measure => 'l2_distance')",
    "query_many": "SELECT * FROM vecs.query_many('docs', '{\"[1,0]\"}')",
    "query_by_id": "SELECT * FROM vecs.query_by_id('docs', 'r00001')",
    "explain": "SELECT vecs.explain('docs', '[1,0]')",
    "recall": "SELECT * FROM vecs.recall('docs', 3)",
    "fetch": "SELECT * FROM vecs.fetch('docs', '{r00001}')",
    "scan": "SELECT * FROM vecs.scan('docs')",
    "count_rows": "SELECT vecs.count_rows('docs', '{\"n\": 1}')",
    "upsert": "SELECT vecs.upsert('docs', 'a', '[1,0]')",
    "upsert of records": 'SELECT vecs.upsert(\'docs\', \'{"id": "a", "vec": [1,0]}\')',
    "upsert_many": "SELECT vecs.upsert_many('docs', '{a}', '{\"[1,0]\"}')",
    "update_metadata": "SELECT vecs.update_metadata('docs', '{}', filters => '{}')",
    "delete": "SELECT vecs.delete('docs', '{r00001}')",
    "truncate_collection": "SELECT vecs.truncate_collection('docs')",
    "drop_metadata_index": "SELECT vecs.drop_metadata_index('docs', 'indexed')",
    "drop_collection": "SELECT vecs.drop_collection('docs')",
    "describe_collection": "SELECT vecs.describe_collection('docs')",
    "create_index": "SELECT vecs.create_index('docs', 'l2_distance')",
    "drop_index": "SELECT vecs.drop_index('docs')",
    "create_metadata_index": "SELECT vecs.create_metadata_index('docs', 'n')",
}


def blocked(connection: Connection, waiting: Connection) -> bool:
    asked = "SELECT cardinality(pg_blocking_pids(%s)) > 0"
    return bool(value(connection, asked, [waiting.info.backend_pid]))


def ended_behind(
    dropping: Connection, waiting: Connection, watching: Connection, statement: str, change: str
) -> str | None:
    """The SQLSTATE that a statement ends with that waited for a change of its collection."""
    dropping.execute("BEGIN")
    dropping.execute(change.encode())
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(waiting.execute, statement.encode())
        while not running.done() and not blocked(watching, waiting):
            pass
        assert not running.done(), running.exception()
        dropping.execute("COMMIT")
        error = running.exception()
    if error is None:
        return None
    assert isinstance(error, psycopg.Error)
    assert len((error.diag.context or "").splitlines()) <= 2
    return error.sqlstate


def make_docs(connection: Connection) -> None:
    connection.execute("SELECT vecs.drop_collection('docs', true)")
    connection.execute("SELECT vecs.create_collection('docs', 2)")
    fill(connection, "docs", [[1, n] for n in range(50)], [{"n": n} for n in range(50)])
    connection.execute("SELECT vecs.create_index('docs')")
    connection.execute("SELECT vecs.create_metadata_index('docs', 'indexed')")


@pytest.mark.parametrize("statement", WAITING.values(), ids=WAITING)
def test_a_call_that_waits_for_a_drop(connect: Callable[[], Connection], statement: str) -> None:
    dropping, waiting, watching = connect(), connect(), connect()
    make_docs(watching)
    waiting.execute(statement.encode())
    make_docs(watching)
    change = "SELECT vecs.drop_collection('docs')"
    assert ended_behind(dropping, waiting, watching, statement, change) == "VS002"


@pytest.mark.parametrize("prepared", [False, True])
@pytest.mark.parametrize(
    "statement",
    # query_by_id looks for a row that is no longer there.
    [
        call
        for name, call in WAITING.items()
        if name.startswith(("query", "explain", "upsert")) and name != "query_by_id"
    ],
)
def test_a_call_that_waits_for_another_dimension(
    connect: Callable[[], Connection], statement: str, prepared: bool
) -> None:
    dropping, waiting, watching = connect(), connect(), connect()
    make_docs(watching)
    for _ in range(6 if prepared else 0):
        waiting.execute(statement.encode(), prepare=True)
    change = "DO $$ BEGIN PERFORM vecs.drop_collection('docs'), vecs.create_collection('docs', 3); END $$"
    assert ended_behind(dropping, waiting, watching, statement, change) == "VS004"


def test_a_listing_while_collections_are_dropped(connect: Callable[[], Connection]) -> None:
    dropping, waiting, watching = connect(), connect(), connect()
    make_docs(watching)
    watching.execute("SELECT vecs.create_collection('other', 2)")
    dropping.execute("BEGIN")
    dropping.execute("SELECT vecs.drop_collection('docs')")
    with ThreadPoolExecutor(1) as pool:
        listing = pool.submit(column, waiting, "SELECT name FROM vecs.list_collections()")
        while not listing.done() and not blocked(watching, waiting):
            pass
        dropping.execute("COMMIT")
        assert listing.result() == ["other"]


@pytest.mark.parametrize(
    "call", ["create_index('docs', 'l2_distance')", "create_metadata_index('docs', 'n')"]
)
def test_an_index_on_what_was_made_anew_meanwhile(
    connect: Callable[[], Connection], call: str
) -> None:
    dropping, waiting, watching = connect(), connect(), connect()
    make_docs(watching)
    watching.execute("ANALYZE vecs.docs")
    change = "DO $$ BEGIN PERFORM vecs.drop_collection('docs'), vecs.create_collection('docs', 3); END $$"
    assert ended_behind(dropping, waiting, watching, f"SELECT vecs.{call}", change) is None
    described = value(watching, "SELECT vecs.describe_collection('docs')")
    assert (described["dimension"], len(described["vector_indexes"])) == (3, "l2" in call)
    assert len(described["metadata_indexes"]) == 1 + ("metadata" in call)


@pytest.mark.parametrize(
    "change, statement",
    [
        (
            "SELECT vecs.create_collection('new', 2)",
            "SELECT vecs.create_collection('new', 2, if_not_exists => true)",
        ),
        ("SELECT vecs.create_index('docs')", "SELECT vecs.create_index('docs')"),
        ("SELECT vecs.drop_index('docs')", "SELECT vecs.drop_index('docs')"),
        (
            "SELECT vecs.drop_metadata_index('docs', 'indexed')",
            "SELECT vecs.drop_metadata_index('docs', 'indexed')",
        ),
    ],
)
def test_one_snapshot_for_all(
    connect: Callable[[], Connection], change: str, statement: str
) -> None:
    """In REPEATABLE READ the catalog is read as it was before the wait."""
    dropping, waiting, watching = connect(), connect(), connect()
    make_docs(watching)
    waiting.execute("SET default_transaction_isolation = 'repeatable read'")
    assert ended_behind(dropping, waiting, watching, statement, change) is None
    assert rows(watching, "SELECT * FROM vecs.query('docs', '[1,0]')")


@pytest.mark.parametrize(
    "statement, sqlstate",
    [
        ("SELECT vecs.create_metadata_index('docs', 'indexed')", None),
        ("SELECT vecs.create_index('docs', replace => false)", "VS006"),
    ],
)
def test_what_builds_nothing_waits_for_no_writer(
    connect: Callable[[], Connection], statement: str, sqlstate: str | None
) -> None:
    writing, asking = connect(), connect()
    make_docs(asking)
    writing.execute("BEGIN")
    writing.execute("SELECT vecs.upsert('docs', 'new', '[1,2]')")
    asking.execute("SET lock_timeout = '1s'")
    try:
        asking.execute(statement.encode())
        found = None
    except psycopg.Error as error:
        found = error.sqlstate
    assert found == sqlstate
