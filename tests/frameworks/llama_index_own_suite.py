"""Runs LlamaIndex's own tests of vector stores on vecs_sql.llama_index; they are not part of this repository.

From a checkout of https://github.com/run-llama/llama_index, in an environment with this package, llama-index-core,
pytest and pytest-asyncio, and with the URL of a database in VECS_SQL_TEST_URL:

    python -m pytest --noconftest --rootdir=CHECKOUT -c /dev/null -p tests.frameworks.llama_index_own_suite \
        CHECKOUT/llama-index-core/tests/vector_stores/test_simple.py \
        CHECKOUT/llama-index-integrations/vector_stores/llama-index-vector-stores-postgres/tests/test_postgres.py

Those that ask for what only their stores have are expected to fail.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import sys
import types
from typing import Any

import psycopg
import pytest
from llama_index.core import vector_stores

from vecs_sql.llama_index import VecsVectorStore

URL = os.environ["VECS_SQL_TEST_URL"]
_numbers = itertools.count(1)

ON_PURPOSE = {
    "test_from_persist_dir": "the database keeps the nodes, not a file",
    "test_from_namespaced_persist_dir": "the database keeps the nodes, not a file",
    "test_instance_creation": "it looks at the engine of their store",
    "test_hybrid_query": "similarity_top_k is the number of nodes, and not of what each search adds",
    "test_add_to_db_and_hybrid_query_with_metadata_filters": "theirs has the vector's nodes first, whatever the words",
    "test_sparse_query": "BM25 has the shorter text first; theirs ranks both alike",
    "test_hnsw_index_creation": "it looks for the index of their store",
    "test_custom_engines": "their store takes an engine of SQLAlchemy",
    "test_custom_sync_engine_only": "their store takes an engine of SQLAlchemy",
    "test_custom_async_engine_only": "their store takes an engine of SQLAlchemy",
    "test_indexed_metadata": "it looks at the indexes of their store",
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        name = item.name.partition("[")[0]
        if name in ON_PURPOSE:
            item.add_marker(pytest.mark.xfail(reason=ON_PURPOSE[name], strict=True))


class Simple(VecsVectorStore):
    """In the place of SimpleVectorStore, which is made without arguments, and empty."""

    def __init__(self) -> None:
        super().__init__(f"simple_{next(_numbers)}", URL)


class Theirs(VecsVectorStore):
    """In the place of PGVectorStore, over a collection of each test's own."""

    _database = "none"

    @classmethod
    def from_params(cls, hybrid_search: bool = False, **_named: object) -> Theirs:
        return cls(cls._database, URL, hybrid_search=hybrid_search)

    @property
    def _engine(self) -> object:
        return self.client

    async def close(self) -> None:
        if self.async_client is not None:
            await self.async_client.disconnect()
        self.client.disconnect()

    def query(self, query: Any, **_named: object) -> Any:  # noqa: ANN401 -- an argument index_id comes with each call
        return super().query(query)

    async def aquery(self, query: Any, **_named: object) -> Any:  # noqa: ANN401
        return await super().aquery(query)


class Connection:
    """In the place of a connection of psycopg2, which makes a database for each test."""

    def __init__(self, **_named: object) -> None:
        pass

    def __enter__(self) -> Connection:
        return self

    def __exit__(self, *_error: object) -> None:
        pass

    def cursor(self) -> Connection:
        return self

    def execute(self, statement: str) -> None:
        if statement.startswith("CREATE DATABASE"):
            Theirs._database = f"theirs_{next(_numbers)}"

    def close(self) -> None:
        pass

    def commit(self) -> None:
        pass


def _module(name: str, **names: object) -> None:
    sys.modules[name] = module = types.ModuleType(name)
    vars(module).update(names)


vector_stores.SimpleVectorStore = Simple
_module("psycopg2", connect=Connection)
_module("asyncpg")
_module("llama_index.vector_stores.postgres", PGVectorStore=Theirs)
asyncio.set_event_loop(asyncio.new_event_loop())
with psycopg.connect(URL, autocommit=True) as _connection:
    _connection.execute("DROP SCHEMA IF EXISTS vecs CASCADE")
