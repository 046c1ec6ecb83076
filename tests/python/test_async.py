"""Tests of the async client alone; those of both clients are in `both`."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import psycopg_pool
import pytest

import vecs_sql as vecs
from vecs_sql import _acompat, exc
from vecs_sql.adapter import Adapter, ParagraphChunker, TextEmbedding


def rows(count: int) -> list[Any]:
    return [(str(number), [number, 1, 0], {"n": number}) for number in range(count)]


def test_context_manager_and_first_use(url: str, name: str) -> None:
    async def main() -> None:
        async with vecs.create_async_client(url) as client:
            assert client.vector_version
            docs = await client.get_or_create_collection(name, dimension=3)
            assert isinstance(docs, vecs.AsyncCollection)
            assert repr(docs) == f'vecs.Collection(name="{name}", dimension=3)'
            await docs.upsert(rows(10))
            assert await docs.count() == 10
            assert (await docs["3"]).metadata == {"n": 3}
            assert await docs.index is None
            assert [row.id async for row in docs.scan(page_size=3)] == [str(n) for n in range(10)]
            assert bool(docs)
            with pytest.raises(TypeError, match=r"await collection\.count\(\)"):
                len(docs)
        # Disconnected: it connects again when it is used.
        assert await docs.count({"n": {"$lt": 3}}) == 3
        await client.disconnect()
        lazily = vecs.AsyncClient(url)
        assert name in [found.name for found in await lazily.list_collections()]
        await lazily.disconnect()
        await vecs.AsyncClient(url).disconnect()  # which never connected

    asyncio.run(main())


def test_one_client_in_several_loops(url: str, name: str) -> None:
    client = vecs.create_async_client(url)

    async def write(number: int) -> int:
        docs = await client.get_or_create_collection(name, dimension=3)
        await docs.upsert([(str(number), [1, 2, 3], {})])
        return await docs.count()

    async def end(number: int) -> int:
        count = await write(number)
        await client.disconnect()
        return count

    assert [asyncio.run(end(number)) for number in range(3)] == [1, 2, 3]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_a_loop_that_ended_with_connections_open(url: str, name: str) -> None:
    client = vecs.create_async_client(url)

    async def count() -> int:
        return await (await client.get_or_create_collection(name, dimension=3)).count()

    assert asyncio.run(count()) == 0
    assert asyncio.run(count()) == 0


def test_many_at_once(url: str, name: str) -> None:
    async def main() -> None:
        async with vecs.create_async_client(url, pool_size=8) as client:
            made = await asyncio.gather(
                *(client.get_or_create_collection(name, dimension=3) for _ in range(20))
            )
            docs = made[0]
            await docs.upsert(rows(200))
            await docs.create_index("l2_distance")
            found = await asyncio.gather(
                *(docs.query([n, 1, 0], limit=1, measure="l2_distance") for n in range(200))
            )
            assert found == [[str(n)] for n in range(200)]
            await asyncio.gather(*(docs.upsert(rows(200)) for _ in range(8)))
            assert await docs.count() == 200

    asyncio.run(main())


def test_records_that_come_asynchronously(url: str, name: str) -> None:
    async def records(count: int) -> AsyncIterator[Any]:
        for row in rows(count):
            await asyncio.sleep(0)
            yield row

    async def failing() -> AsyncIterator[Any]:
        async for row in records(2500):
            yield row
        raise RuntimeError("no more")

    async def main() -> None:
        async with vecs.create_async_client(url) as client:
            docs = await client.get_or_create_collection(name, dimension=3)
            with pytest.raises(RuntimeError, match="no more"):
                await docs.upsert(failing())
            assert await docs.count() == 0
            await docs.upsert(records(2500))
            assert await docs.count() == 2500
            await docs.upsert(row async for row in docs.scan({"n": {"$lt": 5}}))
            assert [batch.num_rows async for batch in docs.arrow_batches(page_size=2000)] == [
                2000,
                500,
            ]

    asyncio.run(main())


def test_an_adapter_does_not_hold_up_the_loop(url: str, name: str) -> None:
    threads = set()

    def slow(texts: Sequence[str]) -> list[list[float]]:
        threads.add(threading.current_thread())
        time.sleep(0.2)
        return [[len(text), 0, 0] for text in texts]

    async def documents() -> AsyncIterator[Any]:
        yield "a", "one\n\nthree", None
        yield "b", "x", {"k": 1}

    async def main() -> None:
        adapter = Adapter([ParagraphChunker(skip_during_query=True), TextEmbedding(model=slow)])
        async with vecs.create_async_client(url) as client:
            docs = await client.get_or_create_collection(name, dimension=3, adapter=adapter)
            beats = 0

            async def beat() -> None:
                nonlocal beats
                while True:
                    await asyncio.sleep(0.01)
                    beats += 1

            beating = asyncio.create_task(beat())
            await docs.upsert([("s", "sync\n\nones", None)])
            await docs.upsert(documents())
            assert (await docs.query("three", limit=1, measure="l2_distance")) == ["a_para_001"]
            beating.cancel()
            assert beats > 10
        assert threading.current_thread() not in threads

    asyncio.run(main())


def test_a_search_that_is_cancelled(url: str, name: str) -> None:
    async def main() -> None:
        async with vecs.create_async_client(url, pool_size=1) as client:
            docs = await client.get_or_create_collection(name, dimension=3)
            await docs.upsert(rows(100))
            async with client.session._connections.connection() as connection:
                sleeping = asyncio.create_task(connection.execute("SELECT pg_sleep(60)"))
                await asyncio.sleep(0.1)
                sleeping.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await sleeping
            task = asyncio.create_task(docs.count())
            await asyncio.sleep(0)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert await docs.count() == 100

    asyncio.run(main())


# Connections of the caller's


def test_a_connection_of_the_callers(url: str, name: str) -> None:
    async def main() -> None:
        async with await psycopg.AsyncConnection.connect(url) as connection:
            docs = await vecs.AsyncClient(connection).get_or_create_collection(name, dimension=3)
            await docs.upsert(rows(3))
            with pytest.raises(exc.FilterError):
                await docs.count({"n": {"$gr": 1}})

            # A stream that itself reads, on the connection that is being written on.
            async def again() -> AsyncIterator[Any]:
                for id_ in "012":
                    yield id_, (await docs[id_]).vec, {"again": True}

            await docs.upsert(again())
            assert await docs.count({"again": True}) == 3
            assert [*await asyncio.gather(docs.count(), docs.count())] == [3, 3]
            await connection.rollback()
        async with psycopg_pool.AsyncConnectionPool(url, open=False) as pool:
            client = vecs.AsyncClient(pool)
            assert name not in [found.name for found in await client.list_collections()]
            await client.disconnect()
            assert not pool.closed

    asyncio.run(main())


@pytest.fixture
def sync_connection(url: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(url) as connection:
        yield connection


def test_connections_of_the_other_world(sync_connection: Any) -> None:  # noqa: ANN401
    async def main() -> None:
        with pytest.raises(exc.ArgError, match="cannot connect with a Connection") as caught:
            await vecs.AsyncClient(sync_connection).list_collections()
        assert "AsyncConnection" in str(caught.value.hint)

    asyncio.run(main())


def test_no_server() -> None:
    async def main() -> None:
        client = vecs.create_async_client("postgresql://localhost:1/none")
        with pytest.raises(psycopg.OperationalError):
            await client.list_collections()

    asyncio.run(main())


def test_who_waits_for_a_connection_may_give_up(url: str, name: str) -> None:
    async def main() -> None:
        async with vecs.create_async_client(url, pool_size=2) as client:
            docs = await client.get_or_create_collection(name, dimension=3)
            await docs.upsert(rows(50))
            for wait in (0, 0.0005, 0.002):
                tasks = [asyncio.create_task(docs.count()) for _ in range(40)]
                await asyncio.sleep(wait)
                for task in tasks[::2]:
                    task.cancel()
                ended = await asyncio.gather(*tasks, return_exceptions=True)
                assert [found for found in ended if not isinstance(found, BaseException)] == [
                    50
                ] * sum(not isinstance(found, BaseException) for found in ended)
                assert all(found == 50 for found in ended[1::2])
            # No connection was lost on the way.
            assert await asyncio.gather(*(docs.count() for _ in range(20))) == [50] * 20
            assert client.session._connections._pool is not None
            assert client.session._connections._pool.get_stats()["pool_size"] <= 2

    asyncio.run(main())


def test_waiting_too_long(url: str, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_acompat, "_POOL_TIMEOUT_SECONDS", 0.1)

    async def main() -> None:
        async with vecs.create_async_client(url, pool_size=1) as client:
            docs = await client.get_or_create_collection(name, dimension=3)
            async with client.session._connections.connection():
                with pytest.raises(psycopg_pool.PoolTimeout, match=r"after 0\.10 sec"):
                    await docs.count()
            assert await docs.count() == 0

    asyncio.run(main())


def test_a_task_that_is_cancelled_when_it_has_waited_too_long() -> None:
    async def main() -> None:
        waiters = _acompat.AWaiters(0)
        task = asyncio.create_task(waiters.acquire(None))
        await asyncio.sleep(0)
        _, future = waiters._queue.popleft()
        future.set_exception(psycopg_pool.PoolTimeout())
        task.cancel()
        await task

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(main())


def test_a_connection_that_was_lost_while_others_wait(url: str, name: str) -> None:
    async def main() -> None:
        async with vecs.create_async_client(url, pool_size=1) as client:
            docs = await client.get_or_create_collection(name, dimension=3)

            async def killed() -> None:
                async with client.session._connections.connection() as connection:
                    await connection.execute("SELECT pg_terminate_backend(pg_backend_pid())")

            ended = await asyncio.gather(
                killed(), *(docs.count() for _ in range(5)), return_exceptions=True
            )
            assert isinstance(ended[0], psycopg.OperationalError)
            assert ended[1:] == [0] * 5

    asyncio.run(main())


def test_two_loops_at_once(url: str, name: str) -> None:
    """The second is told so; it would wait for ever."""
    client = vecs.create_async_client(url)
    inside, done = threading.Event(), threading.Event()

    async def first() -> int:
        docs = await client.get_or_create_collection(name, dimension=3)
        inside.set()
        await asyncio.to_thread(done.wait, 30)
        count = await docs.count()
        await client.disconnect()
        return count

    async def second() -> None:
        await client.list_collections()

    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(asyncio.run, first())
        assert inside.wait(30)
        with pytest.raises(exc.ArgError, match="in use in another event loop") as caught:
            asyncio.run(second())
        assert "for each event loop" in (caught.value.hint or "")
        done.set()
        assert running.result() == 0
    asyncio.run(second())


def test_no_loop_over_a_collection(url: str, name: str) -> None:
    async def main() -> None:
        async with vecs.create_async_client(url) as client:
            docs = await client.get_or_create_collection(name, dimension=3)
            with pytest.raises(TypeError, match=r"async for row in collection\.scan"):
                list(docs)
            with pytest.raises(TypeError, match=r"await collection\.fetch"):
                "a" in docs  # noqa: B015

    asyncio.run(main())


def test_an_upsert_that_is_cancelled_embeds_no_more(url: str, name: str) -> None:
    asked = []

    def slow(texts: Sequence[str]) -> list[list[float]]:
        asked.append(len(texts))
        time.sleep(0.05)
        return [[1, 2, 3] for _ in texts]

    async def main() -> None:
        async with vecs.create_async_client(url) as client:
            docs = await client.get_or_create_collection(name, dimension=3)
            docs.adapter = Adapter([TextEmbedding(model=slow)])
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(docs.upsert([(f"u{n}", "x", {}) for n in range(1000)]), 0.3)
            assert await docs.count() == 0

    asyncio.run(main())  # waits for the thread
    assert sum(asked) < 500
