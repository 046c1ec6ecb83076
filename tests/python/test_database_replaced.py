"""A database that becomes another one under a client: a dump is restored into it, or parts of it are made again."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

import numpy as np
import psycopg
import psycopg_pool
import pytest
from psycopg.conninfo import make_conninfo

import vecs_sql as vecs
from tests.conftest import Databases
from vecs_sql import embedded, exc
from vecs_sql._sync import installer as layer
from vecs_sql._sync.connection import cursor_for_calls

pytestmark = pytest.mark.slow

ROWS = [("a", [1, 2, 3], {"n": 1}), ("b", [3, 2, 1], {"n": 2})]
Change = Callable[[], None]


class Site:
    """A database with a collection, and what can be done to it."""

    def __init__(
        self, server: embedded.Server, databases: Databases, url: str, folder: Path
    ) -> None:
        self.databases, self.url = databases, url
        self._bin, self._file = server.bin, folder / "dump"
        with vecs.create_client(url) as client:
            docs = client.get_or_create_collection("docs", dimension=3)
            docs.upsert(ROWS)
            docs.create_index()
        self.run("pg_dump", "--format=custom", f"--file={self._file}", self._all())

    def _all(self) -> str:
        return make_conninfo(self.databases.url, dbname=self.databases.name(self.url))

    def run(self, program: str, *arguments: str) -> None:
        subprocess.run([self._bin / program, *arguments], check=True, capture_output=True)

    def restore(self) -> None:
        """Restore a dump into the database as it is."""
        self.run("pg_restore", "--clean", "--if-exists", f"--dbname={self._all()}", str(self._file))

    def layer_again(self) -> None:
        """Drop the layer, and install it again."""
        with psycopg.connect(self.url) as connection:
            connection.execute("CREATE TABLE public.saved AS TABLE vecs.docs")
            connection.execute("DROP SCHEMA vecs CASCADE")
            layer.install(connection)
            connection.execute("SELECT vecs.create_collection('docs', 3)")
            connection.execute("INSERT INTO vecs.docs TABLE public.saved")
            connection.execute("DROP TABLE public.saved")
            connection.execute("SELECT vecs.create_index('docs')")

    def pgvector_again(self) -> None:
        """Drop pgvector, and all that has vectors with it."""
        with self.databases.admin(self.databases.name(self.url)) as connection:
            connection.execute("DROP EXTENSION vector CASCADE")
            connection.execute("DROP SCHEMA vecs CASCADE")
            connection.execute("CREATE EXTENSION vector")
        with psycopg.connect(self.url) as connection:
            layer.install(connection)
            connection.execute("SELECT vecs.create_collection('docs', 3)")
            for id_, vector, metadata in ROWS:
                connection.execute(
                    "SELECT vecs.upsert('docs', %s, %s::text::public.vector, %s::text::jsonb)",
                    [id_, str(vector), str(metadata).replace("'", '"')],
                )
            connection.execute("SELECT vecs.create_index('docs')")

    def database_again(self) -> None:
        """Drop the database, and restore it."""
        self.databases.drop(self.url)
        with self.databases.admin() as connection:
            name = self.databases.name(self.url)
            connection.execute(f"CREATE DATABASE {name} OWNER owner TEMPLATE template0")
        self.run("pg_restore", f"--dbname={self._all()}", str(self._file))


@pytest.fixture
def site(server: embedded.Server, databases: Databases, database: str, tmp_path: Path) -> Site:
    return Site(server, databases, database, tmp_path)


CHANGES = ["restore", "layer_again", "pgvector_again", "database_again"]
CALLS: list[Callable[[Any], Any]] = [
    lambda docs: docs.query([1, 2, 3], 1, strategy="exact"),
    lambda docs: docs.query_many([[1, 2, 3], [3, 2, 1]], 1, strategy="exact"),
    lambda docs: docs.upsert(ROWS),
    lambda docs: docs.upsert((["a", "b"], np.ones((2, 3), "float32"))),
    lambda docs: docs.upsert(iter(ROWS)),
    lambda docs: docs.fetch(["a"]),
    lambda docs: docs.count({"n": 1}),
    lambda docs: docs.query_by_id("a", 1, strategy="exact"),
    lambda docs: docs.create_index(),
    lambda docs: docs.update_metadata({"k": 1}, ids=["a"]),
    lambda docs: docs.delete(["b"]),
]


@pytest.mark.parametrize("change", CHANGES)
def test_every_call(site: Site, change: str) -> None:
    with vecs.create_client(site.url, pool_size=3) as client:
        docs = client.get_or_create_collection("docs")
        barrier = Barrier(3, timeout=30)

        def use(_: int) -> list[Any]:
            with client.session._connections.connection() as connection:
                barrier.wait()  # so that three connections have prepared it
                cursor = cursor_for_calls(connection)
                cursor.send(b"SELECT %s::public.vector", ["[1]"], prepare=True)
            return docs.query([1, 2, 3], 1, strategy="exact")

        with ThreadPoolExecutor(3) as threads:
            assert list(threads.map(use, range(3))) == [["a"]] * 3
            for call in CALLS[:6]:
                getattr(site, change)()
                barrier.reset()
                with client.session._connections.connection():
                    call(docs)
                assert [*threads.map(lambda _: docs.query([1, 2, 3], 2), range(6))]
        for call in CALLS[6:]:
            call(docs)
        assert len(docs) == 1


@pytest.mark.parametrize("call", CALLS)
def test_the_first_call_after_a_restore(site: Site, call: Callable[[Any], Any]) -> None:
    with vecs.create_client(site.url) as client:
        docs = client.get_or_create_collection("docs")
        for other in CALLS:
            other(docs)
        site.restore()
        call(docs)
        assert docs.query([1, 2, 3], 1) == ["a"]


@pytest.mark.parametrize("change", CHANGES)
def test_the_async_client(site: Site, change: str) -> None:
    async def main() -> None:
        async with vecs.create_async_client(site.url, pool_size=3) as client:
            docs = await client.get_or_create_collection("docs")
            for call in CALLS[:6]:
                found = await asyncio.gather(
                    *(docs.query([1, 2, 3], 1, strategy="exact") for _ in range(6))
                )
                assert found == [["a"]] * 6
                await asyncio.to_thread(getattr(site, change))
                await asyncio.gather(call(docs), call(docs), docs.query([1, 2, 3], 1))

    asyncio.run(main())


@pytest.mark.parametrize("change", CHANGES[:3])
@pytest.mark.parametrize("prepare", [None, True])
def test_a_connection_of_the_callers(site: Site, change: str, prepare: bool | None) -> None:
    with psycopg.connect(site.url) as connection:
        docs = vecs.create_client(connection, prepare=prepare).get_or_create_collection("docs")
        for call in CALLS:
            connection.commit()
            docs.query([1, 2, 3], 1, strategy="exact")
            connection.commit()
            getattr(site, change)()
            call(docs)
            connection.rollback()
            call(docs)
            connection.rollback()


@pytest.mark.parametrize("change", CHANGES[:3])
def test_a_pool_of_the_callers(site: Site, change: str) -> None:
    with psycopg_pool.ConnectionPool(site.url, min_size=2, max_size=2) as pool:
        docs = vecs.create_client(pool, prepare=True).get_or_create_collection("docs")
        for call in CALLS[:4]:
            for _ in range(4):
                docs.query([1, 2, 3], 1, strategy="exact")
            getattr(site, change)()
            call(docs)
            assert docs.query([1, 2, 3], 1, strategy="exact")


def test_the_layer_is_gone(site: Site) -> None:
    """Only who makes a collection installs it again: a restore may be on its way."""
    with vecs.create_client(site.url) as client:
        docs = client.get_or_create_collection("docs")
        with psycopg.connect(site.url) as connection:
            connection.execute("DROP SCHEMA vecs CASCADE")
        for call in CALLS:
            with pytest.raises(exc.Unsupported, match="no longer in the database") as caught:
                call(docs)
            assert "restore" in (caught.value.hint or "")
        assert len(client.get_or_create_collection("docs", dimension=3)) == 0
        docs.upsert(ROWS)
        assert len(docs) == 2


COUNTING = """
    CREATE SEQUENCE public.tries;
    CREATE FUNCTION public.fault() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM nextval('public.tries');
        {}
        RETURN NEW;
    END $$;
    CREATE TRIGGER fault BEFORE INSERT OR UPDATE ON vecs.docs FOR EACH ROW EXECUTE FUNCTION public.fault();
"""


@pytest.mark.parametrize(
    ("fault", "tries"),
    [
        ("RAISE SQLSTATE 'XX000';", 2),  # a whole call that the server has undone
        ("RAISE division_by_zero;", 1),
        ("PERFORM pg_terminate_backend(pg_backend_pid());", 1),  # it may have been done
    ],
)
def test_what_is_tried_again(site: Site, fault: str, tries: int) -> None:
    with vecs.create_client(site.url) as client:
        docs = client.get_or_create_collection("docs")
        with psycopg.connect(site.url) as connection:
            connection.execute(COUNTING.format(fault))
        with pytest.raises(psycopg.Error):
            docs.upsert([("c", [1, 2, 3], {})])
        with psycopg.connect(site.url) as connection:
            row = connection.execute("SELECT last_value FROM public.tries").fetchone()
        assert row == (tries,)
        assert len(docs) == 2
