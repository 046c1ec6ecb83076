"""The client: where its connections come from, whose transaction it works in, and the collections as a whole."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import psycopg
import pytest
import sqlalchemy
from pgvector.psycopg import register_vector
from psycopg.adapt import PyFormat
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.pq import TransactionStatus
from psycopg.rows import dict_row
from psycopg_pool import ConnectionPool, PoolTimeout

import vecs_sql as vecs
from tests.conftest import Connection, Databases
from vecs_sql import _progress, exc
from vecs_sql._layer import registries
from vecs_sql._protocol import codecs, functions
from vecs_sql.adapter import Adapter, TextEmbedding

IDLE, INTRANS = TransactionStatus.IDLE, TransactionStatus.INTRANS


def as_url(conninfo: str, scheme: str) -> str:
    parts = conninfo_to_dict(conninfo)
    return (
        f"{scheme}://{parts['user']}@/{parts['dbname']}?host={parts['host']}&port={parts['port']}"
    )


def walk(client: vecs.Client, name: str) -> None:
    """Write, read and search through a client."""
    docs = client.get_or_create_collection(name, dimension=3)
    docs.upsert([("a", [1, 0, 0], {"year": 1973}), ("b", [0, 1, 0], {"year": 2012})])
    docs.create_index()
    assert len(docs) == 2
    assert docs["a"].metadata == {"year": 1973}
    assert docs.query([0, 1, 0], filters={"year": {"$gt": 2000}}, include_value=True) == [("b", 0)]
    assert docs.query_many([[0, 1, 0], [1, 0, 0]], 1) == [["b"], ["a"]]
    assert docs.query_by_id("a") == ["b"]
    assert docs.explain([0, 1, 0], 1)["rows"] == 1
    assert docs.recall(1, 1).recall == 1
    assert docs.update_metadata({"year": 2013}, ids=["b"]) == 1
    assert [(row.id, row.metadata["year"]) for row in docs.scan(page_size=1)] == [
        ("a", 1973),
        ("b", 2013),
    ]
    assert docs.create_metadata_index("year")
    assert docs.count({"year": {"$gt": 2000}}) == 1
    assert docs.drop_metadata_index("year") is True
    assert docs.delete(["a"]) == ["a"]


def count(url: str, name: str) -> int | None:
    """The rows that another connection sees in a collection, or None where it sees none of that name."""
    with psycopg.connect(url) as connection:
        listed = connection.execute("SELECT name FROM vecs.list_collections()").fetchall()
        if (name,) not in listed:
            return None
        row = connection.execute("SELECT vecs.count_rows(%s)", [name]).fetchone()
        assert row is not None
        return int(row[0])


@contextmanager
def impatient(seconds: float) -> Iterator[None]:
    started = time.monotonic()
    yield
    assert time.monotonic() - started < seconds


# URLs


@pytest.mark.parametrize(
    "scheme", ["postgres", "postgresql", "postgresql+psycopg2", "postgresql+psycopg"]
)
@pytest.mark.parametrize("make", [vecs.create_client, vecs.Client])
def test_urls(make: Callable[[str], vecs.Client], scheme: str, url: str, name: str) -> None:
    with make(as_url(url, scheme)) as client:
        walk(client, name)


def test_key_value_pairs(url: str, name: str) -> None:
    assert "://" not in url
    with vecs.create_client(url) as client:
        walk(client, name)


def test_url_of_something_else() -> None:
    with pytest.raises(exc.ArgError, match='not a PostgreSQL URL: "mysql') as caught:
        vecs.create_client("mysql://user:secret@host/database")
    assert caught.value.hint is not None
    assert "postgresql://" in caught.value.hint
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("source", [b"postgresql://host/database", object])
def test_source_of_another_type(source: Any) -> None:  # noqa: ANN401
    with pytest.raises(exc.ArgError, match=f"cannot connect with a {type(source).__name__}"):
        vecs.create_client(source)


def test_an_engine() -> None:
    engine = sqlalchemy.create_engine("postgresql+psycopg://u:secret@host/database")
    with pytest.raises(
        exc.ArgError, match=r"cannot connect with an Engine: pass engine\.url"
    ) as caught:
        vecs.create_client(engine)
    assert "secret" not in str(caught.value)
    with pytest.raises(exc.ArgError, match="cannot connect with an int"):
        vecs.create_client(5)


def test_a_url_and_a_folder() -> None:
    with pytest.raises(exc.ArgError, match="does not go with a connection_string"):
        vecs.create_client("postgresql://host/database", data="folder")


@pytest.mark.parametrize(
    "unreachable",
    [
        "postgresql://user@127.0.0.1:1/database",
        "postgresql://user@/database?host=/nonexistent",
        "host=/nonexistent dbname=database",
    ],
)
def test_unreachable(unreachable: str) -> None:
    with impatient(5), pytest.raises(psycopg.OperationalError):
        vecs.create_client(unreachable)


def test_no_such_database(url: str) -> None:
    with impatient(5), pytest.raises(psycopg.OperationalError, match="does not exist"):
        vecs.create_client(make_conninfo(url, dbname="no such database"))


def test_reading_needs_select_only(url: str, databases: Databases, docs: vecs.Collection) -> None:
    docs.upsert([("a", [1, 2, 3], {"k": 1})])
    docs.create_index()
    with psycopg.connect(url) as connection:
        connection.execute("GRANT USAGE ON SCHEMA vecs TO reader")
        connection.execute(f"GRANT SELECT ON vecs.{docs.name} TO reader")
    with vecs.create_client(databases.as_role(url, "reader")) as client:
        seen = client.get_or_create_collection(docs.name)
        assert seen.query([1, 2, 3], filters={"k": 1}) == ["a"]
        assert [row.id for row in seen.fetch(["a"])] == ["a"]
        with pytest.raises(psycopg.errors.InsufficientPrivilege) as caught:
            seen.upsert([("b", [1, 2, 3], {})])
        assert caught.value.__cause__ is not caught.value
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            client.get_or_create_collection("another", dimension=3)


# The embedded server


def test_embedded_server_from_the_start_and_again() -> None:
    with tempfile.TemporaryDirectory(prefix="vecs-sql-test-") as folder:
        Path(folder).chmod(0o755)
        data = Path(folder) / "data"
        with vecs.create_client(data=data) as client:
            walk(client, "docs")
            docs = client.get_or_create_collection("docs")
        assert not (data / "pgdata" / "postmaster.pid").exists()
        assert len(docs) == 1  # used again, it runs again
        client.disconnect()
        assert not (data / "pgdata" / "postmaster.pid").exists()


# Coming and going


def test_disconnect_and_again(url: str, name: str) -> None:
    def connections() -> list[int]:
        with psycopg.connect(url) as connection:
            rows = connection.execute(
                "SELECT pid FROM pg_stat_activity WHERE application_name = 'coming and going'"
            ).fetchall()
        return [pid for (pid,) in rows]

    with vecs.create_client(f"{url} application_name='coming and going'") as client:
        docs = client.get_or_create_collection(name, dimension=3)
        before = connections()
        assert before
        client.disconnect()
        deadline = time.monotonic() + 5
        while connections() and time.monotonic() < deadline:
            time.sleep(0.01)
        assert connections() == []
        assert len(docs) == 0
        assert set(connections()).isdisjoint(before)
        client.disconnect()
        client.disconnect()


def test_context_manager_gives_the_client(url: str) -> None:
    client = vecs.create_client(url)
    with client as entered:
        assert entered is client
    assert client.list_collections() is not None


def kill(url: str, name: str) -> int:
    """End the connections of an application name, and count them."""
    with psycopg.connect(url) as connection:
        return len(
            connection.execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = %s",
                [name],
            ).fetchall()
        )


def test_killed_backends(url: str, name: str) -> None:
    """The server closes idle connections (a restart, a timeout): nobody needs to know."""
    with vecs.create_client(f"{url} application_name=killed") as client:
        docs = client.get_or_create_collection(name, dimension=3)
        barrier = threading.Barrier(5)

        def busy(number: int) -> None:
            with client.session._connections.connection():
                barrier.wait()  # so that five connections are in use at once
            docs.upsert([(str(number), [1, 2, 3], {})])

        with ThreadPoolExecutor(5) as threads:
            list(threads.map(busy, range(5)))
        assert kill(url, "killed") >= 5
        with impatient(2):
            assert len(docs) == 5
            docs.upsert([("more", [1, 2, 3], {})])
            assert len(docs) == 6


def test_killed_in_the_middle(url: str, name: str) -> None:
    """The running call fails with the error of psycopg, and the next one works."""
    with vecs.create_client(f"{url} application_name=middle") as client:
        docs = client.get_or_create_collection(name, dimension=3)

        class Killing(list[Any]):
            """Records that are there; the server ends when the fourth batch is read."""

            def __iter__(self) -> Iterator[Any]:
                for number in range(5000):
                    if number == 4000:
                        kill(url, "middle")
                    yield str(number), [1, 2, 3], {}

        with pytest.raises(psycopg.OperationalError):
            docs.upsert(Killing())
        assert len(docs) == 0


def test_a_program_that_does_not_disconnect(url: str, name: str) -> None:
    """It ends at once, and says nothing."""
    program = (
        "import sys, vecs_sql as vecs\n"
        "docs = vecs.create_client(sys.argv[1]).get_or_create_collection(sys.argv[2], dimension=3)\n"
        "docs.upsert([('a', [1, 2, 3], {})])\n"
        "print(len(docs))\n"
    )
    with impatient(10):
        ended = subprocess.run(
            [sys.executable, "-X", "dev", "-c", program, url, name],
            env=os.environ | {"PYTHONWARNINGS": "default"},
            capture_output=True,
            text=True,
            check=False,
        )
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "1\n", "")


# A connection of the caller's


def test_connection_in_a_transaction(url: str, name: str) -> None:
    with psycopg.connect(url) as connection:
        client = vecs.create_client(connection)
        docs = client.get_or_create_collection(name, dimension=3)
        docs.upsert([("a", [1, 2, 3], {})])
        docs.create_index()
        assert docs.query([1, 2, 3]) == ["a"]
        assert count(url, name) is None
        connection.rollback()
        assert count(url, name) is None

        docs = client.get_or_create_collection(name, dimension=3)
        docs.upsert([("a", [1, 2, 3], {})])
        connection.commit()
        assert count(url, name) == 1


def test_each_call_is_part_of_the_transaction(url: str, docs: vecs.Collection) -> None:
    """Also where it begins it: nothing commits by itself."""
    docs.upsert([("a", [1, 2, 3], {})])
    calls: list[Callable[[vecs.Client, vecs.Collection], object]] = [
        lambda _, theirs: theirs.upsert([("b", [1, 2, 3], {})]),
        lambda _, theirs: theirs.delete(["a"]),
        lambda _, theirs: theirs.create_index(),
        lambda client, _: client.delete_collection(docs.name),
    ]
    with psycopg.connect(url) as connection:
        client = vecs.create_client(connection)
        theirs = client.get_or_create_collection(docs.name)
        for call in calls:
            connection.rollback()
            call(client, theirs)
            assert connection.info.transaction_status == INTRANS
            connection.rollback()
            assert count(url, docs.name) == 1
            assert docs.index is None


def test_connection_in_autocommit_mode(url: str, name: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        client = vecs.create_client(connection)
        docs = client.get_or_create_collection(name, dimension=3)
        docs.upsert([("a", [1, 2, 3], {})])
        assert connection.info.transaction_status == IDLE
        assert count(url, name) == 1
        with connection.transaction(force_rollback=True):
            docs.upsert([("b", [1, 2, 3], {})])
            docs.delete(["a"])
            assert count(url, name) == 1
        assert [row.id for row in docs.fetch(["a", "b"])] == ["a"]


@pytest.mark.parametrize("autocommit", [False, True])
def test_an_error_leaves_the_transaction_usable(
    url: str, docs: vecs.Collection, autocommit: bool
) -> None:
    faults: list[Callable[[vecs.Collection], object]] = [
        lambda theirs: theirs.upsert([("a", [1, 2, 3], {}), ("b", [1, 2], {})]),
        lambda theirs: theirs.query([1, 2, 3], filters={"k": {"$nonsense": 1}}),
        lambda theirs: theirs.query([1, 2]),
        lambda theirs: theirs.create_index("l1_distance", "ivfflat"),
        lambda theirs: theirs.client.get_or_create_collection(docs.name, dimension=4),
        lambda theirs: theirs.client.get_or_create_collection("_name", dimension=4),
    ]
    with psycopg.connect(url, autocommit=autocommit) as connection:
        theirs = vecs.create_client(connection).get_or_create_collection(docs.name)
        with connection.transaction():
            theirs.upsert([("before", [1, 2, 3], {})])
            for fault in faults:
                with pytest.raises(exc.VecsException):
                    fault(theirs)
                assert connection.info.transaction_status == INTRANS
            theirs.upsert([("after", [1, 2, 3], {})])
        if not autocommit:
            connection.commit()
    assert [row.id for row in docs.fetch(["before", "a", "b", "after"])] == ["before", "after"]


def test_connection_stays_the_callers(url: str, docs: vecs.Collection) -> None:
    connection: psycopg.Connection[Any]
    with psycopg.connect(url, row_factory=dict_row, cursor_factory=psycopg.RawCursor) as connection:
        register_vector(connection)
        with vecs.create_client(connection) as client:
            theirs = client.get_or_create_collection(docs.name)
            theirs.upsert([("a", np.array([1, 2, 3]), {})])
            [row] = theirs.fetch(["a"])
            assert row.vec.dtype == np.float32
            assert row.vec.tolist() == [1, 2, 3]
        assert not connection.closed
        assert connection.row_factory is dict_row
        assert connection.cursor_factory is psycopg.RawCursor
        with connection.cursor() as cursor:
            assert cursor.execute("SELECT $1 AS one", ["1"]).fetchall() == [{"one": "1"}]
        for ours in (codecs.VectorParameter, codecs.VectorsParameter):
            with pytest.raises(psycopg.ProgrammingError, match="cannot adapt"):
                connection.adapters.get_dumper(ours, PyFormat.AUTO)


def test_threads_on_one_connection(url: str, docs: vecs.Collection) -> None:
    with psycopg.connect(url) as connection:
        theirs = vecs.create_client(connection).get_or_create_collection(docs.name)

        def work(worker: int) -> None:
            for number in range(5):
                id_ = f"{worker}.{number}"
                theirs.upsert([(id_, [worker, number, 1], {})])
                assert theirs[id_].id == id_

        with ThreadPoolExecutor(8) as threads:
            list(threads.map(work, range(8)))
        assert len(docs) == 0
        connection.commit()
    assert len(docs) == 40


def test_no_concurrent_build_on_what_was_handed_in(url: str, docs: vecs.Collection) -> None:
    with (
        psycopg.connect(url, autocommit=True) as connection,
        ConnectionPool(url, kwargs={"autocommit": True}, min_size=1, max_size=1, open=True) as pool,
    ):
        for source in (connection, pool):
            theirs = vecs.create_client(source).get_or_create_collection(docs.name)
            with pytest.raises(exc.ArgError, match="handed in") as caught:
                theirs.create_index(concurrently=True)
            assert "a URL" in str(caught.value)
    assert docs.index is None


def test_a_build_that_lacks_shared_memory(url: str, docs: vecs.Collection) -> None:
    """It asks for more than the machine has, for the workers; without them it takes what it needs."""
    docs.upsert([(f"r{number}", [number, 1, 1], {}) for number in range(10)])
    with psycopg.connect(url) as connection:
        connection.execute(f"ALTER TABLE vecs.{docs.name} SET (parallel_workers = 2)".encode())
    before = None
    for concurrently in (False, True, True):
        with pytest.warns(UserWarning, match="shm_size") as warned:
            docs.create_index(memory="1900GB", concurrently=concurrently)
        assert "without parallel workers" in str(warned[0].message)
        assert len(warned) == 1
        assert before in (None, docs.index)
        before = docs.index
    assert len(docs.describe()["vector_indexes"]) == 1
    # What was set for that is put back.
    with pytest.warns(UserWarning, match="shm_size"):
        docs.create_index(memory="1900GB", concurrently=True)


def test_a_concurrent_build_without_the_privilege(
    url: str, databases: Databases, docs: vecs.Collection
) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("GRANT USAGE ON SCHEMA vecs TO reader")
        connection.execute(f"GRANT SELECT ON vecs.{docs.name} TO reader".encode())
    with vecs.create_client(databases.as_role(url, "reader")) as client:
        theirs = client.get_or_create_collection(docs.name)
        for concurrently in (False, True):
            with pytest.raises(psycopg.errors.InsufficientPrivilege, match=docs.name):
                theirs.create_index(concurrently=concurrently)


def test_the_progress_of_a_build_is_shown(
    docs: vecs.Collection, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_progress, "_INTERVAL_SECONDS", 0.01)
    docs.upsert((f"n{n}", [n, n % 7, 1], {}) for n in range(4000))
    docs.create_index(progress=True)
    said = capsys.readouterr().err
    assert f"indexing {docs.name}" in said
    assert "100%" in said
    docs.create_index(progress=False)
    docs.create_index()  # this is no terminal
    assert capsys.readouterr().err == ""
    with pytest.raises(exc.ArgError):
        docs.create_index(progress=True, replace=False)
    assert "100%" not in capsys.readouterr().err


@pytest.mark.parametrize("encoding", ["LATIN1", "UTF8"])
@pytest.mark.parametrize("handed_in", [False, True])
def test_other_encodings(url: str, name: str, encoding: str, handed_in: bool) -> None:
    name = f"{name} größe"
    encoded = make_conninfo(url, client_encoding=encoding)
    with (
        psycopg.connect(encoded, autocommit=True) as connection,
        vecs.create_client(connection if handed_in else encoded) as client,
    ):
        docs = client.get_or_create_collection(name, dimension=3)
        docs.upsert([("id é", [1, 2, 3], {"schlüssel": "größe"})])
        docs.create_index()
        found = docs.query([1, 2, 3], filters={"schlüssel": "größe"}, include_metadata=True)
        assert found == [("id é", {"schlüssel": "größe"})]
        assert [row.id for row in docs.fetch(["id é"])] == ["id é"]
        assert docs["id é"].metadata == {"schlüssel": "größe"}
        with pytest.raises(exc.MismatchedDimension, match="id é"):
            docs.upsert([("id é", [1, 2], {})])


# A pool of the caller's


@pytest.mark.parametrize("autocommit", [False, True])
def test_pool(url: str, name: str, autocommit: bool) -> None:
    with ConnectionPool(url, kwargs={"autocommit": autocommit}, min_size=1, open=True) as pool:
        with vecs.create_client(pool) as client:
            walk(client, name)
            assert count(url, name) == 1
            docs = client.get_or_create_collection(name)
            with pytest.raises(exc.MismatchedDimension):
                docs.upsert([("c", [1, 2, 3], {}), ("d", [1], {})])
            assert count(url, name) == 1
        assert not pool.closed
        with pool.connection() as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)


# Threads


def test_eight_threads(url: str, name: str) -> None:
    with vecs.create_client(url) as client:
        docs = client.get_or_create_collection(name, dimension=3)
        docs.create_index()

        def work(worker: int) -> None:
            for number in range(20):
                mine = f"{worker}.{number}"
                docs.upsert(
                    [(mine, [worker, number, 1], {"worker": worker}), ("all", [1, 1, 1], {})]
                )
                found = docs.query(
                    [worker, number, 1], 50, {"worker": worker}, include_metadata=True
                )
                assert len(found) == number + 1
                assert {row.metadata["worker"] for row in found} == {worker}

        with ThreadPoolExecutor(8) as threads:
            list(threads.map(work, range(8)))
        assert len(docs) == 8 * 20 + 1


def test_eight_create_the_same(url: str, name: str) -> None:
    barrier = threading.Barrier(8)
    with vecs.create_client(url) as client:

        def create(_: int) -> vecs.Collection:
            barrier.wait()
            return client.get_or_create_collection(name, dimension=3)

        with ThreadPoolExecutor(8) as threads:
            made = list(threads.map(create, range(8)))
    assert [(docs.name, docs.dimension) for docs in made] == [(name, 3)] * 8


def test_eight_create_the_same_otherwise(url: str, name: str) -> None:
    """One dimension wins, the others are told which."""
    barrier = threading.Barrier(8)
    with vecs.create_client(url) as client:

        def create(dimension: int) -> str:
            barrier.wait()
            try:
                return str(client.get_or_create_collection(name, dimension=dimension).dimension)
            except exc.MismatchedDimension as error:
                return error.message

        with ThreadPoolExecutor(8) as threads:
            said = list(threads.map(create, range(3, 11)))
        dimension = client.get_or_create_collection(name).dimension
    mismatch = "Dimensions reported by adapter, dimension, and existing collection do not match"
    assert sorted(said) == sorted([str(dimension)] + 7 * [mismatch])


# Collections


DEPRECATED = r"^Call to deprecated method \w+\. \(use Client\.get_or_create_collection\)$"


class Exporting:
    """An adapter that knows, or does not, the dimension of what it makes."""

    def __init__(self, exported_dimension: int | None) -> None:
        self.exported_dimension = exported_dimension

    def __call__(self, records: Iterable[Any], adapter_context: str) -> Iterable[Any]:
        for id_, media, metadata in records:
            yield id_, [float(len(media))] * 3, {"from": adapter_context, **(metadata or {})}


def test_dimension_is_optional_where_it_exists(client: vecs.Client, name: str) -> None:
    for dimension in (None, 0):
        with pytest.raises(exc.ArgError) as caught:
            client.get_or_create_collection(name, dimension=dimension)
        assert str(caught.value).startswith("One of dimension or adapter must provide a dimension")
    with pytest.raises(exc.ArgError):
        client.get_or_create_collection(name, adapter=Exporting(None))
    made = client.get_or_create_collection(name, dimension=3)
    for again in (
        client.get_or_create_collection(name),
        client.get_or_create_collection(name, dimension=0),
        client.get_or_create_collection(name, dimension=3),
        client.get_or_create_collection(name, adapter=Exporting(None)),
        client.get_or_create_collection(name, adapter=Exporting(3)),
        client.get_or_create_collection(name, dimension=3, adapter=Exporting(3)),
    ):
        assert (again.name, again.dimension, again.client) == (name, made.dimension, client)


def test_mismatched_dimensions(client: vecs.Client, docs: vecs.Collection) -> None:
    with pytest.raises(exc.MismatchedDimension) as caught:
        client.get_or_create_collection("new", dimension=4, adapter=Exporting(5))
    assert str(caught.value).startswith(
        "Dimensions reported by adapter, dimension, and collection do not match"
    )
    for wanted in ({"dimension": 4}, {"adapter": Exporting(4)}):
        with pytest.raises(exc.MismatchedDimension) as caught:
            client.get_or_create_collection(docs.name, **wanted)
        assert str(caught.value).startswith(
            "Dimensions reported by adapter, dimension, and existing collection do not match"
        )
        assert caught.value.detail == f'collection "{docs.name}" has 3 dimensions, not 4'
    assert docs.dimension == 3
    assert "new" not in [found.name for found in client.list_collections()]


@pytest.mark.parametrize("dimension", ["3", 3.0, [3]])
def test_dimension_of_another_type(client: vecs.Client, name: str, dimension: Any) -> None:  # noqa: ANN401
    with pytest.raises(exc.ArgError, match="dimension must be an integer"):
        client.get_or_create_collection(name, dimension=dimension)


def test_dimension_of_numpy(client: vecs.Client, name: str) -> None:
    dimension: Any = np.int64(3)
    assert type(client.get_or_create_collection(name, dimension=dimension).dimension) is int


@pytest.mark.parametrize("dimension", [-1, 16001])
def test_dimension_that_can_not_be(client: vecs.Client, name: str, dimension: int) -> None:
    with pytest.raises(exc.ArgError, match="between 1 and 16000"):
        client.get_or_create_collection(name, dimension=dimension)


@pytest.mark.parametrize("bad", ["", "_mine", "x" * 64, None])
def test_names_that_can_not_be(client: vecs.Client, bad: Any) -> None:  # noqa: ANN401
    with pytest.raises(exc.ArgError) as caught:
        client.get_or_create_collection(bad, dimension=3)
    assert caught.value.sqlstate == "VS001"
    assert caught.value.hint


@pytest.mark.parametrize(
    "odd", ["Odd Name", "it's", 'a"b', "%s", "%(name)s", "; DROP TABLE x", "a.b", "🐘", "x" * 63]
)
def test_odd_names(client: vecs.Client, odd: str) -> None:
    walk(client, odd)
    assert odd in [found.name for found in client.list_collections()]
    client.delete_collection(odd)


def test_adapter_makes_the_vectors(client: vecs.Client, name: str) -> None:
    docs = client.get_or_create_collection(name, adapter=Exporting(3))
    docs.upsert([("a", "four", {"k": 1}), ("b", "seventeen letters", None)])
    assert docs["a"].vec.tolist() == [4, 4, 4]
    assert docs["b"].metadata == {"from": "upsert"}
    docs.upsert([("a", [1, 2, 3], None)], skip_adapter=True)
    assert docs["a"][1:2][0].tolist() == [1, 2, 3]
    docs.create_index("l2_distance")
    assert docs.query("sixteen letters.", 1, measure="l2_distance") == ["b"]
    assert docs.query([1, 2, 3], 1, measure="l2_distance", skip_adapter=True) == ["a"]


def test_adapter_must_make_one_query_vector(client: vecs.Client, name: str) -> None:
    class Twice(Exporting):
        def __call__(self, records: Iterable[Any], adapter_context: str) -> Iterable[Any]:
            return [*super().__call__(records, adapter_context)] * 2

    docs = client.get_or_create_collection(name, adapter=Twice(3))
    with pytest.raises(exc.ArgError) as caught:
        docs.query("text")
    assert str(caught.value).startswith("Failed to produce exactly one query vector from input")


def test_create_collection(client: vecs.Client, name: str) -> None:
    with pytest.warns(DeprecationWarning, match=DEPRECATED) as warned:
        made = client.create_collection(name, 3)
    assert [str(warning.message) for warning in warned] == [
        "Call to deprecated method create_collection. (use Client.get_or_create_collection)"
    ]
    assert warned[0].filename == __file__
    assert (made.name, made.dimension) == (name, 3)
    with (
        pytest.warns(DeprecationWarning, match=DEPRECATED),
        pytest.raises(exc.CollectionAlreadyExists) as caught,
    ):
        client.create_collection(name, 3)
    assert str(caught.value).startswith(
        f'Collection with requested name already exists: "{name}". '
    )
    assert caught.value.sqlstate == "VS003"


def test_get_collection(client: vecs.Client, docs: vecs.Collection) -> None:
    with pytest.warns(DeprecationWarning, match=DEPRECATED) as warned:
        found = client.get_collection(docs.name)
    assert [str(warning.message) for warning in warned] == [
        "Call to deprecated method get_collection. (use Client.get_or_create_collection)"
    ]
    assert warned[0].filename == __file__
    assert (found.name, found.dimension) == (docs.name, 3)
    with (
        pytest.warns(DeprecationWarning, match=DEPRECATED),
        pytest.raises(exc.CollectionNotFound) as caught,
    ):
        client.get_collection("no such collection")
    assert str(caught.value).startswith(
        'No collection found with requested name: "no such collection". '
    )
    assert isinstance(caught.value, vecs.collection.CollectionNotFound)


def test_list_and_delete(database: str) -> None:
    with vecs.create_client(database) as client:
        assert client.list_collections() == []
        client.get_or_create_collection("b", dimension=2)
        client.get_or_create_collection("a", dimension=3)
        with psycopg.connect(database) as connection:  # as the vecs client makes them
            connection.execute(
                "CREATE TABLE vecs.c (id varchar PRIMARY KEY, vec public.vector(4) NOT NULL,"
                " metadata jsonb NOT NULL DEFAULT '{}')"
            )
        listed = client.list_collections()
        assert [(docs.name, docs.dimension) for docs in listed] == [("a", 3), ("b", 2), ("c", 4)]
        assert all(isinstance(docs, vecs.Collection) for docs in listed)
        walk(client, "a")
        client.get_or_create_collection("c").upsert([("a", [1, 2, 3, 4], None)])
        client.delete_collection("b")
        client.delete_collection("b")
        client.delete_collection("never there")
        assert [docs.name for docs in client.list_collections()] == ["a", "c"]


def test_collection_that_is_gone(client: vecs.Client, docs: vecs.Collection) -> None:
    client.delete_collection(docs.name)
    calls: list[Callable[[], object]] = [
        lambda: len(docs),
        lambda: docs.upsert([("a", [1, 2, 3], {})]),
        lambda: docs.fetch(["a"]),
        lambda: docs["a"],
        lambda: docs.delete(["a"]),
        lambda: list(docs.scan()),
        lambda: docs.count({"n": 1}),
        lambda: docs.update_metadata({}, ids=["a"]),
        lambda: docs.create_metadata_index("n"),
        lambda: docs.drop_metadata_index("n"),
        lambda: docs.query([1, 2, 3]),
        lambda: docs.query_many([[1, 2, 3]]),
        lambda: docs.query_by_id("a"),
        lambda: docs.explain([1, 2, 3]),
        docs.recall,
        lambda: docs.index,
        lambda: docs.is_indexed_for_measure("cosine_distance"),
        docs.create_index,
    ]
    for call in calls:
        with pytest.raises(exc.CollectionNotFound) as caught:
            call()
        assert caught.value.sqlstate == "VS002"
        assert caught.value.hint
        assert isinstance(caught.value.__cause__, psycopg.Error)


# Programs written for vecs


def test_the_seed_pages_program(database: str) -> None:
    vx = vecs.create_client(as_url(database, "postgresql"))
    docs = vx.get_or_create_collection(name="docs", dimension=3)
    docs.upsert(
        records=[
            ("vec0", [0.1, 0.2, 0.3], {"year": 1973}),
            ("vec1", [0.7, 0.8, 0.9], {"year": 2012}),
        ]
    )
    docs.query(data=[0.4, 0.5, 0.6])
    docs.create_index(measure=vecs.IndexMeasure.cosine_distance)
    found = docs.query(
        data=[0.4, 0.5, 0.6],
        limit=5,
        filters={},
        measure="cosine_distance",
        include_value=False,
        include_metadata=False,
    )
    assert found == ["vec1", "vec0"]
    assert docs.query(data=[0.4, 0.5, 0.6], filters={"year": {"$eq": 2012}}) == ["vec1"]
    vx.disconnect()


def test_names_that_programs_reach_for() -> None:
    assert {
        "IndexArgsIVFFlat",
        "IndexArgsHNSW",
        "IndexMethod",
        "IndexMeasure",
        "Collection",
        "Client",
        "exc",
    } <= set(vecs.__all__)
    assert vecs.collection.Collection is vecs.Collection
    assert vecs.client.Client is vecs.Client
    assert vecs.__version__
    assert vecs.__project__ == "vecs_sql"


# Errors


ERRORS = {name: error for name, error in registries.errors().items() if error["sqlstate"] < "VSW"}


@pytest.mark.parametrize("condition", ERRORS)
def test_every_sqlstate_has_its_class(condition: str, connection: Connection) -> None:
    expected = ERRORS[condition]
    with pytest.raises(psycopg.Error) as caught:
        connection.execute(
            f"DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '{expected['sqlstate']}',"
            " MESSAGE = 'the message', HINT = 'A hint.', DETAIL = 'A detail.'; END $$".encode()
        )
    error = exc.from_database(caught.value)
    assert error is not None
    assert type(error) is getattr(exc, expected["python"])
    assert (error.sqlstate, error.message, error.detail, error.hint) == (
        expected["sqlstate"],
        "the message",
        "A detail.",
        "A hint.",
    )
    assert str(error) == "the message. A detail. A hint."


def test_no_class_without_a_sqlstate() -> None:
    assert {error["sqlstate"] for error in ERRORS.values()} == set(exc.BY_SQLSTATE)
    others = {e["python"] for n, e in registries.errors().items() if n not in ERRORS}
    assert others == {"UserWarning"}


def test_other_errors_stay_psycopgs(connection: Connection) -> None:
    with pytest.raises(psycopg.Error) as caught:
        connection.execute("SELECT 1/0")
    assert exc.from_database(caught.value) is None


def test_the_tree_of_exceptions() -> None:
    for name in exc.__all__:
        assert issubclass(getattr(exc, name), exc.VecsException)
    assert issubclass(exc.MismatchedDimension, exc.ArgError)
    assert issubclass(exc.MissingDependency, ImportError)
    plain = exc.ArgError("text")
    assert (str(plain), plain.sqlstate, plain.detail, plain.hint) == ("text", "VS001", None, None)


# The calls against the catalog


FUNCTIONS = {
    name: value for name, value in vars(functions).items() if isinstance(value, functions.Function)
}


@pytest.mark.parametrize("constant", FUNCTIONS)
def test_call_fits_the_catalog(constant: str, connection: Connection) -> None:
    """It is a function whose first parameters are these, in order; the others have defaults; its columns are there."""
    function = FUNCTIONS[constant]
    assert constant.startswith(
        function.name.strip("_").upper()
    )  # FETCH_IDS reads some columns of fetch
    fitting = 0
    for names, modes, types, defaults in connection.execute(
        """
        SELECT
            coalesce(p.proargnames, '{}'),
            p.proargmodes::text[],
            ARRAY(
                SELECT format_type(a.type, NULL)
                FROM unnest(coalesce(p.proallargtypes, p.proargtypes::oid[]))
                    WITH ORDINALITY AS a (type, position)
                ORDER BY a.position
            ),
            p.pronargdefaults
        FROM pg_proc AS p
        WHERE p.pronamespace = 'vecs'::regnamespace AND p.proname = %s
        """,
        [function.name],
    ):
        parameters = list(zip(names, modes or ["i"] * len(types), types, strict=True))
        inputs = [(name, type_) for name, mode, type_ in parameters if mode == "i"]
        outputs = {name for name, mode, _ in parameters if mode in ("o", "t")}
        passed = list(function.parameters.items())
        if inputs[: len(passed)] == passed and len(inputs) - defaults <= len(passed):
            assert set(function.columns) <= outputs
            assert bool(function.columns) == bool(outputs)
            fitting += 1
    assert fitting == 1


def test_workers_embed_no_row_twice(database: str) -> None:
    """Run four workers; each of them has a batch in hand before the first one writes."""
    with psycopg.connect(database, autocommit=True) as owner:
        owner.execute(
            "CREATE TABLE public.items (id int PRIMARY KEY, content text, v public.vector(2))"
        )
        owner.execute(
            "INSERT INTO public.items SELECT n, repeat('x', n) FROM generate_series(1, 80) AS n"
        )
        owner.execute("SELECT vecs.adopt('public.items')")
    together = threading.Barrier(4, timeout=30)
    texts: list[str] = []
    first = threading.local()
    done: list[int] = []

    def slow(batch: Sequence[str]) -> list[list[float]]:
        texts.extend(batch)
        if not getattr(first, "seen", False):
            first.seen = True
            together.wait()
        return [[float(len(text)), 1.0] for text in batch]

    def work() -> None:
        adapter = Adapter([TextEmbedding(model=slow, dimension=2)])
        with vecs.create_client(database) as client:
            items = client.open_collection("items", adapter=adapter)
            done.append(items.embed_missing(batch_size=5, progress=False))

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(texts) == len(set(texts)) == sum(done) == 80
    assert min(done) >= 5


def test_every_call_is_reached(database: str, databases: Databases) -> None:
    """The server counts the calls of functions: no method calls another than it says, none is left unused."""
    with databases.admin() as connection:
        connection.execute(f"ALTER DATABASE {databases.name(database)} SET track_functions = 'all'")
    with psycopg.connect(database, autocommit=True) as owner:
        owner.execute(
            "CREATE TABLE public.existing (id int PRIMARY KEY, content text, v public.vector(2))"
        )
    with vecs.create_client(database) as client:
        walk(client, "docs")
        docs = client.get_or_create_collection("docs")
        docs.is_indexed_for_measure("cosine_distance")
        docs.create_index("l2_distance")
        docs.create_index("l2_distance", concurrently=True)
        docs.advise()
        docs.tune(measure="l2_distance")
        docs.upsert([("c", [1, 1, 0], {"text": "a cat"})])
        docs.create_text_index("text")
        docs.text_query("cats")
        docs.hybrid_query("cats", [1, 1, 0])
        docs.drop_text_index()
        docs.query_groups([1, 1, 0], "text")
        docs.query_mmr([1, 1, 0])
        docs.query_by_ids(["c"])
        docs.facet("text")
        docs.fetch(["a"])
        docs.distribute(0)
        docs.truncate()
        many: list[Any] = [(str(number), [number, 1, 2], {}) for number in range(1000)]
        docs.upsert(many, rebuild_index="auto")
        docs.drop_index()
        model = TextEmbedding(model=lambda texts: [[1.0, 2.0]] * len(texts), dimension=2)
        client.adopt("public.existing", adapter=Adapter([model])).embed_missing(progress=False)
        client.list_collections()
        other = client.get_or_create_collection("other", dimension=2)
        other.upsert([("text", [1, 2], {"text": "a text"})])
        other.reembed(Adapter([model]), drop_old=True)
        client.swap_collections("docs", "other")
        client.rename_collection("docs", "new")
        client.delete_collection("docs")
    deadline = time.monotonic() + 5
    wanted = {function.name for function in FUNCTIONS.values()}
    called: set[str] = set()
    while not wanted <= called and time.monotonic() < deadline:
        with psycopg.connect(database) as reader:
            rows = reader.execute(
                "SELECT funcname::text FROM pg_stat_user_functions WHERE schemaname = 'vecs' AND calls > 0"
            ).fetchall()
        called = {name for (name,) in rows}
    assert wanted - called == set()


def test_an_embedded_server_that_was_killed_starts_again() -> None:
    """At the next use, with its rows; one client and no more handles than before."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        with vecs.create_client(data=f"{folder}/data") as client:
            docs = client.get_or_create_collection("docs", dimension=2)
            docs.upsert([("a", [1, 2], {"n": 1})])
            assert client.session._server is not None
            for _ in range(2):
                pid = int(
                    (client.session._server.data / "pgdata" / "postmaster.pid")
                    .read_text()
                    .split()[0]
                )
                os.kill(pid, signal.SIGKILL)
                psutil.wait_procs([psutil.Process(pid)] if psutil.pid_exists(pid) else [], 10)
                with contextlib.suppress(psycopg.OperationalError):
                    len(docs)  # one call may be the one that finds out
                assert docs["a"].metadata == {"n": 1}
            postmaster = client.session._server.data / "pgdata" / "postmaster.pid"
        assert not postmaster.exists()


def test_a_pool_that_is_exhausted(url: str, name: str) -> None:
    with ConnectionPool(url, min_size=1, max_size=1, timeout=0.2) as pool:
        docs = vecs.Client(pool).get_or_create_collection(name, dimension=3)
        with pool.connection(), pytest.raises(PoolTimeout, match="couldn't get"):
            len(docs)
        assert len(docs) == 0


def test_all_connections_in_use(url: str, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ConnectionPool, "getconn", _impatient)
    with vecs.create_client(url, pool_size=1) as client:
        docs = client.get_or_create_collection(name, dimension=3)
        with (
            client.session._connections.connection(),
            pytest.raises(PoolTimeout, match="all 1 connections of the client are in use"),
        ):
            len(docs)


def test_a_stream_into_its_own_collection(url: str, name: str) -> None:
    """Neither the reading nor the writing holds a connection between its calls."""
    with vecs.create_client(url, pool_size=1) as client:
        docs = client.get_or_create_collection(name, dimension=3)
        docs.upsert([(str(number), [1, 2, number], {}) for number in range(2500)])
        docs.upsert((row.id, row.vec, {"again": True}) for row in docs.scan())
        assert docs.count({"again": True}) == 2500


_getconn = ConnectionPool.getconn


def _impatient(pool: Any, timeout: float | None = None) -> Any:  # noqa: ANN401
    return _getconn(pool, timeout=0.2)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
def test_a_client_after_fork(url: str, name: str) -> None:
    """Each process has connections of its own; none reads what another has asked for."""
    program = f"""
        import os, sys, warnings
        import vecs_sql as vecs
        client = vecs.create_client({url!r})
        docs = client.get_or_create_collection({name!r}, dimension=3)
        docs.upsert([(f"a{{n}}", [n, 1, 1], {{}}) for n in range(100)])
        docs.create_index()
        docs.query([1, 1, 1])
        children = []
        for number in range(3):
            child = os.fork()
            if not child:
                for n in range(number, 100, 3):
                    assert [row.id for row in docs.fetch([f"a{{n}}"])] == [f"a{{n}}"]
                    assert len(docs.query([n, 1, 1], limit=5)) == 5
                sys.exit(7)
            children.append(child)
        for n in range(100):
            assert [row.id for row in docs.fetch([f"a{{n}}"])] == [f"a{{n}}"]
        print([os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children], len(docs))
    """
    ended = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.stdout == "[7, 7, 7] 100\n", ended.stderr
