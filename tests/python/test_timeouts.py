"""A server that hangs, or takes too long: calls end in time, and leave nothing running."""

from __future__ import annotations

import asyncio
import contextlib
import math
import signal
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import psycopg
import psycopg_pool
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

import vecs_sql as vecs
from tests.clients.tcp import forwarded
from vecs_sql import embedded, exc

pytestmark = pytest.mark.slow


@contextlib.contextmanager
def took_less_than(seconds: float) -> Iterator[None]:
    started = time.monotonic()
    yield
    assert time.monotonic() - started < seconds


@pytest.fixture
def docs(database: str) -> Iterator[vecs.Collection]:
    """A collection of a client whose calls may take half a second; `locked` holds it."""
    with vecs.create_client(database) as client:
        docs = client.get_or_create_collection("docs", dimension=3)
        docs.upsert([("a", [1, 2, 3], {"n": 1})])
        docs.create_index()
    with vecs.create_client(f"{database} application_name=hasty", timeout=0.5) as client:
        wait_for(lambda: _reaches(client))
        yield client.get_or_create_collection("docs", dimension=3)


def _reaches(client: vecs.Client) -> bool:
    """Connect in time, which a busy machine may fail to do at first."""
    try:
        client.get_or_create_collection("docs", dimension=3)
    except exc.Timeout:
        return False
    return True


@contextlib.contextmanager
def locked(url: str) -> Iterator[psycopg.Connection[Any]]:
    """Somebody holds the collection, and does not let it go."""
    with psycopg.connect(url) as other:
        other.execute("LOCK TABLE vecs.docs IN ACCESS EXCLUSIVE MODE")
        yield other
        other.rollback()


def running(url: str, name: str = "hasty") -> int:
    """Count the statements of an application that run."""
    with psycopg.connect(url) as connection:
        row = connection.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE application_name = %s AND state <> 'idle'",
            [name],
        ).fetchone()
    assert row is not None
    return int(row[0])


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


CALLS: list[Callable[[Any], Any]] = [
    lambda docs: docs.query([1, 2, 3]),
    lambda docs: docs.query([1, 2, 3], timeout=0.2),
    lambda docs: docs.query_many([[1, 2, 3]]),
    lambda docs: docs.query_by_id("a"),
    lambda docs: docs.fetch(["a"], timeout=0.2),
    lambda docs: docs.count(),
    lambda docs: docs.delete(["a"]),
    lambda docs: docs.update_metadata({}, ids=["a"]),
    lambda docs: docs.upsert([("b", [1, 2, 3], {})]),
    lambda docs: docs.upsert(iter([("b", [1, 2, 3], {})]), timeout=0.2),
    lambda docs: docs.create_index(),
    lambda docs: docs.explain([1, 2, 3]),
    lambda docs: docs.recall(),
    lambda docs: docs.client.delete_collection("docs"),
]


def test_a_concurrent_build_is_cancelled(database: str, docs: vecs.Collection) -> None:
    """It waits for a transaction that has written; what it leaves is dropped when that has ended."""
    indexes = "SELECT count(*) FROM pg_index WHERE indrelid = 'vecs.docs'::regclass"
    with psycopg.connect(database) as writer, psycopg.connect(database, autocommit=True) as other:
        [before] = other.execute(indexes)
        writer.execute("UPDATE vecs.docs SET metadata = '{}'")
        threading.Timer(2, writer.rollback).start()
        with took_less_than(30), pytest.raises(exc.Timeout):
            docs.create_index(concurrently=True)
        assert list(other.execute(indexes)) == [before]
    assert docs.query([1, 2, 3]) == ["a"]


@pytest.mark.parametrize("call", CALLS)
def test_each_call_is_cancelled(
    database: str, docs: vecs.Collection, call: Callable[[Any], Any]
) -> None:
    with locked(database):
        with took_less_than(5), pytest.raises(exc.Timeout) as caught:
            call(docs)
        assert "did not answer within" in str(caught.value)
        assert "It was cancelled." in str(caught.value)
        assert isinstance(caught.value, TimeoutError)
        assert running(database) == 0
    # The connection, too, is as good as before.
    assert len(docs) == 1


def test_the_async_client(database: str, docs: vecs.Collection) -> None:
    async def main() -> None:
        async with vecs.create_async_client(
            f"{database} application_name=hasty", timeout=0.5, pool_size=2
        ) as client:
            again = await client.get_or_create_collection("docs")
            with locked(database):
                for call in CALLS:
                    with took_less_than(5), pytest.raises(exc.Timeout):
                        await call(again)
                # All connections are in use, and none comes free.
                waiting = [again.count(timeout=2), again.count(timeout=2), again.count(timeout=0.3)]
                ended = await asyncio.gather(*waiting, return_exceptions=True)
                assert [type(found) for found in ended] == [exc.Timeout] * 3
                assert running(database) == 0
            assert await again.count() == 1

    asyncio.run(main())


def test_a_task_that_is_cancelled(database: str, docs: vecs.Collection) -> None:
    async def main() -> None:
        async with vecs.create_async_client(f"{database} application_name=hasty") as client:
            again = await client.get_or_create_collection("docs")
            with locked(database):
                with took_less_than(2), pytest.raises(asyncio.TimeoutError):
                    await asyncio.wait_for(again.count(), 0.3)
                assert running(database) == 0

    asyncio.run(main())


@pytest.mark.parametrize("autocommit", [False, True])
def test_a_connection_of_the_callers(
    database: str, docs: vecs.Collection, autocommit: bool
) -> None:
    with psycopg.connect(database, autocommit=autocommit) as connection:
        theirs = vecs.create_client(connection, timeout=0.5).get_or_create_collection("docs")
        with connection.transaction():
            connection.execute("CREATE TEMPORARY TABLE before ()")
            with locked(database), pytest.raises(exc.Timeout):
                theirs.upsert([("b", [1, 2, 3], {})])
            theirs.upsert([("c", [1, 2, 3], {})])
            connection.execute("TABLE before")
        assert "wait" not in vars(connection)
        connection.commit()
    assert len(docs) == 2


def test_a_pool_of_the_callers(database: str, docs: vecs.Collection) -> None:
    with psycopg_pool.ConnectionPool(database, min_size=1, max_size=1) as pool:
        theirs = vecs.create_client(pool, timeout=0.5).get_or_create_collection("docs")
        with locked(database), took_less_than(5), pytest.raises(exc.Timeout):
            theirs.count()
        with (
            pool.connection(),
            took_less_than(5),
            pytest.raises(exc.Timeout, match="no connection"),
        ):
            theirs.count()
        assert theirs.count() == 1


def test_all_connections_in_use(database: str) -> None:
    with vecs.create_client(database, pool_size=1, timeout=0.5) as client:
        docs = client.get_or_create_collection("docs", dimension=3)
        with (
            client.session._connections.connection(),
            took_less_than(5),
            pytest.raises(exc.Timeout, match="no connection to the server within"),
        ):
            len(docs)
        assert len(docs) == 0


def test_a_call_that_may_take_longer(database: str, docs: vecs.Collection) -> None:
    """A call's own timeout takes the place of the client's."""
    for timeout in (30, math.inf):
        with locked(database) as other:
            freed = threading.Timer(1.5, other.rollback)
            freed.start()
            assert docs.count(timeout=timeout) == 1
            freed.join()


@pytest.mark.parametrize("bad", [0, -1, math.nan, "1", True, []])
def test_timeouts_that_are_none(database: str, docs: vecs.Collection, bad: Any) -> None:  # noqa: ANN401
    for call in (
        lambda: vecs.create_client(database, timeout=bad),
        lambda: docs.query([1, 2, 3], timeout=bad),
        lambda: docs.upsert([], timeout=bad),
    ):
        with pytest.raises(exc.ArgError, match="timeout must be a number of seconds above 0"):
            call()


# A server that is stopped, and answers nothing


class Halting:
    """A server of one's own, all of whose processes can be stopped."""

    def __init__(self, server: embedded.Server) -> None:
        self.url = server.url
        pid = int((server.data / "pgdata" / "postmaster.pid").read_text().split()[0])
        self._postmaster = psutil.Process(pid)

    @contextlib.contextmanager
    def halted(self) -> Iterator[None]:
        """While nothing is answered, not even a connection."""
        processes = [self._postmaster, *self._postmaster.children(recursive=True)]
        # One that serves a connection may have just ended.
        ended = contextlib.suppress(psutil.NoSuchProcess)
        try:
            for process in processes:
                with ended:
                    process.suspend()
            yield
        finally:
            for process in reversed(processes):
                with ended:
                    process.resume()


@pytest.fixture(scope="module")
def halting() -> Iterator[Halting]:
    with tempfile.TemporaryDirectory(prefix="vecs-sql-test-") as folder:
        Path(folder).chmod(0o755)
        with embedded.start(Path(folder) / "data") as server:
            yield Halting(server)


def test_a_server_that_hangs(halting: Halting) -> None:
    with (
        vecs.create_client(halting.url, timeout=0.5) as client,
        psycopg.connect(halting.url, autocommit=True) as connection,
    ):
        docs = client.get_or_create_collection("docs", dimension=3)
        theirs = vecs.create_client(connection, timeout=0.5).get_or_create_collection("docs")
        with halting.halted():
            with took_less_than(6), pytest.raises(exc.Timeout) as caught:
                docs.query([1, 2, 3])
            assert "did not answer the request to cancel" in str(caught.value)
            with took_less_than(6), pytest.raises(exc.Timeout):
                theirs.upsert([("a", [1, 2, 3], {})])
            assert connection.closed
            # No connection is left, and none can be made.
            with took_less_than(6), pytest.raises(exc.Timeout, match="no connection"):
                docs.upsert([("a", [1, 2, 3], {})])
            with took_less_than(6), pytest.raises(exc.Timeout, match="no connection"):
                vecs.create_client(halting.url, timeout=0.5)
            asyncio.run(_no_connection(halting.url))
            with took_less_than(3):
                client.disconnect()
        assert len(docs) == 0


async def _no_connection(url: str) -> None:
    with took_less_than(6), pytest.raises(exc.Timeout, match="no connection"):
        await vecs.create_async_client(url, timeout=0.5).list_collections()


PROGRAM = """
    import signal, sys
    import vecs_sql as vecs

    # Where the tests run in the background, it is ignored.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))

    class Alarm(Exception):
        pass

    def ring(*_):
        raise Alarm

    signal.signal(signal.SIGALRM, ring)
    url, kind = sys.argv[1:]
    with vecs.create_client(f"{url} application_name=interrupted") as client:
        docs = client.get_or_create_collection("docs", dimension=3)
        calls = {
            "query": lambda: docs.query([1, 2, 3]),
            "upsert": lambda: docs.upsert([("a", [1, 2, 3], {})]),
            "index": docs.create_index,
        }
        print("ready", flush=True)
        try:
            calls[kind]()
        except (KeyboardInterrupt, SystemExit, Alarm):
            print("interrupted", flush=True)
"""


@contextlib.contextmanager
def program(url: str, kind: str) -> Iterator[subprocess.Popen[str]]:
    parts = conninfo_to_dict(url)
    pairs = " ".join(f"{key}={value}" for key, value in parts.items())
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(PROGRAM), pairs, kind],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGALRM])
@pytest.mark.parametrize("kind", ["query", "upsert", "index"])
def test_a_signal(database: str, docs: vecs.Collection, kind: str, number: signal.Signals) -> None:
    with locked(database), program(database, kind) as process:
        wait_for(lambda: running(database, "interrupted") == 1)
        started = time.monotonic()
        process.send_signal(number)
        assert process.stdout is not None
        assert process.stdout.readline() == "interrupted\n"
        assert time.monotonic() - started < 1
        assert process.wait(3) == 0
        assert running(database, "interrupted") == 0


@contextlib.contextmanager
def over_tcp(url: str, name: str) -> Iterator[str]:
    """Give the database an address that takes time to connect to, as for a request to cancel."""
    parts = conninfo_to_dict(url, application_name=name)
    with forwarded(f"{parts['host']}/.s.PGSQL.{parts['port']}") as port:
        yield make_conninfo("", **{**parts, "host": "127.0.0.1", "port": port})


@pytest.mark.parametrize("again", [0, 1, 3])
def test_a_task_that_is_cancelled_again(database: str, docs: vecs.Collection, again: int) -> None:
    async def main(url: str) -> None:
        async with vecs.create_async_client(url) as client:
            theirs = await client.get_or_create_collection("docs")
            task = asyncio.create_task(theirs.query([1, 2, 3]))
            await asyncio.to_thread(wait_for, lambda: running(database, "cancelled") == 1)
            for _ in range(1 + again):
                task.cancel()
                await asyncio.sleep(0)
            with pytest.raises(asyncio.CancelledError):
                await task
            wait_for(lambda: running(database, "cancelled") == 0)

    with over_tcp(database, "cancelled") as url, locked(database):
        asyncio.run(main(url))


def test_an_event_loop_that_ends(database: str, docs: vecs.Collection) -> None:
    """The first of many to end ends the loop, which cancels the others a second time."""

    async def main(url: str) -> None:
        client = vecs.create_async_client(url, pool_size=30)
        theirs = await client.get_or_create_collection("docs")
        tasks = asyncio.gather(*(theirs.query([1, 2, 3]) for _ in range(30)))
        await asyncio.to_thread(wait_for, lambda: running(database, "many") == 30)
        tasks.cancel()
        await tasks

    with over_tcp(database, "many") as url, locked(database):
        with pytest.raises(asyncio.CancelledError):
            asyncio.run(main(url))
        wait_for(lambda: running(database, "many") == 0)


def test_ctrl_c_while_the_server_hangs(halting: Halting) -> None:
    with (
        vecs.create_client(halting.url) as client,
        psycopg.connect(halting.url) as other,
    ):
        client.get_or_create_collection("docs", dimension=3)
        other.execute("LOCK TABLE vecs.docs IN ACCESS EXCLUSIVE MODE")
        with program(halting.url, "query") as process:
            wait_for(lambda: running(halting.url, "interrupted") == 1)
            with halting.halted():
                started = time.monotonic()
                process.send_signal(signal.SIGINT)
                assert process.stdout is not None
                assert process.stdout.readline() == "interrupted\n"
                assert time.monotonic() - started < 1
                assert process.wait(5) == 0
        other.rollback()
