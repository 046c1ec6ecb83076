"""Behind a transaction-pooling PgBouncer everything works: nothing is prepared, no session state is needed."""

from __future__ import annotations

import ast
import asyncio
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import psycopg_pool
import pytest

import vecs_sql as vecs
from tests.python import pooler
from tests.python.both.conftest import NOT_POOLED
from vecs_sql.adapter import Adapter, ParagraphChunker, TextEmbedding

ROOT = Path(__file__).parents[2]


@pytest.fixture
def pooled(database: str) -> Iterator[str]:
    """The URL of a database behind PgBouncer, which shares two server connections among all."""
    with pooler.before(database) as url:
        yield url


def test_threads_that_search(pooled: str) -> None:
    with vecs.create_client(pooled) as client:
        assert client.session._prepare is False
        docs = client.get_or_create_collection("docs", dimension=3)
        docs.upsert((f"id{number}", [number, 1, 2], {"n": number}) for number in range(3000))
        docs.create_index()

        def search(_: int) -> None:
            for number in range(40):
                assert len(docs.query([number, 1, 2])) == 10
                assert docs.query([1, 1, 1], filters={"n": {"$gte": 2998}}, limit=5) == [
                    "id2998",
                    "id2999",
                ]
                assert docs.fetch([f"id{number}"])[0].metadata == {"n": number}

        assert pooler.in_threads(search, 6) == []
        with psycopg.connect(pooled, autocommit=True) as connection:
            for setting, value in (("hnsw.iterative_scan", "off"), ("hnsw.ef_search", "40")):
                connection.execute("SELECT '[1]'::vector")
                found = connection.execute("SELECT current_setting(%s)", (setting,)).fetchone()
                assert found == (value,)


def embed(texts: list[str]) -> list[list[float]]:
    return [[len(text), 1, 2] for text in texts]


def test_threads_that_write(pooled: str) -> None:
    """Psycopg would prepare each statement after its fifth time, also in a pipeline."""
    adapter = Adapter([ParagraphChunker(skip_during_query=True), TextEmbedding(model=embed)])
    with vecs.create_client(pooled) as client:
        docs = client.get_or_create_collection("docs", dimension=3)
        texts = client.get_or_create_collection("texts", dimension=3, adapter=adapter)

        def write(thread: int) -> None:
            for number in range(40):
                docs.upsert([(f"{thread}.{number}", [1, 2, 3], {})])
                texts.upsert(
                    [(f"{thread}", f"{number}\n\n{number}" if number % 2 else "one", None)],
                    replace_chunks=True,
                    skip_unchanged=number % 3 == 0,
                    commit_every=1 + number,
                )

        assert pooler.in_threads(write, 4) == []
        assert (len(docs), len(texts)) == (160, 8)


def test_a_connection_and_a_pool_of_the_callers(pooled: str) -> None:
    """Savepoints, too; the caller's connection would prepare by itself."""

    with vecs.create_client(pooled) as client:
        client.get_or_create_collection("docs", dimension=3)

    def write(thread: int) -> None:
        with (
            psycopg.connect(pooled) as connection,
            psycopg_pool.ConnectionPool(pooled, min_size=1, max_size=2) as pool,
        ):
            for source in (connection, pool):
                docs = vecs.Client(source).get_or_create_collection("docs", dimension=3)
                for number in range(20):
                    docs.upsert([(f"{thread}.{number}", [1, 2, 3], {})])
                    assert docs.fetch([f"{thread}.{number}"])
                    connection.commit()

    assert pooler.in_threads(write, 4) == []


def test_tasks_that_write(pooled: str) -> None:
    async def main() -> None:
        async with vecs.create_async_client(pooled) as client:
            docs = await client.get_or_create_collection("docs", dimension=3)

            async def write(task: int) -> None:
                for number in range(40):
                    await docs.upsert([(f"{task}.{number}", [1, 2, 3], {})])
                    await docs.query([1, 2, 3], strategy="exact")

            await asyncio.gather(*map(write, range(4)))
            assert await docs.count() == 160

    asyncio.run(main())


def test_prepared_by_mistake(pooled: str) -> None:
    """With prepare=True behind a pooler, the client recovers from the errors."""
    with vecs.create_client(pooled, prepare=True) as client, pooler.others_at_work(pooled, 0):
        docs = client.get_or_create_collection("docs", dimension=3)
        docs.upsert([("a", [1, 2, 3], {})])
        docs.create_index()

        def search(_: int) -> None:
            for _ in range(50):
                assert docs.query([1, 2, 3]) == ["a"]

        assert pooler.in_threads(search, 4) == []


def test_a_straight_connection_is_prepared(database: str) -> None:
    with vecs.create_client(database) as client:
        assert client.session._prepare is True
    with vecs.create_client(database, prepare=False) as client:
        assert client.session._prepare is False


@pytest.mark.slow
def test_all_tests_of_the_client(tmp_path: Path) -> None:
    """Those in `both`, in their async form, through PgBouncer, while other threads use it, too."""
    ended = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "tests/python/both",
            "-k",
            "async",
            "-q",
            "-p",
            "no:cacheprovider",
            "-rs",
        ],
        cwd=ROOT,
        env=os.environ
        | {"VECS_SQL_TEST_POOLER": "1", "PYTEST_ADDOPTS": f"--basetemp={tmp_path}/t"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout[-10_000:]
    found = re.search(r"(\d+) passed, (\d+) skipped", ended.stdout)
    assert found is not None
    assert int(found[1]) > 400
    assert int(found[2]) == len(NOT_POOLED)


def test_one_place_that_sends() -> None:
    """Nothing in the client executes a statement but the cursor that knows whether it may be prepared."""
    for source in (ROOT / "vecs_sql" / "_async").glob("*.py"):
        calls = [
            node
            for node in ast.walk(ast.parse(source.read_text(encoding="utf-8")))
            if isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in ("execute", "executemany", "stream", "copy")
            and ast.unparse(node.func.value) != "calls"  # which are sent ahead, by that cursor
        ]
        found = [ast.unparse(call) for call in calls]
        assert found == (
            ["self.execute(statement, parameters, prepare=prepare, binary=binary)"]
            if source.name == "connection.py"
            else []
        )
