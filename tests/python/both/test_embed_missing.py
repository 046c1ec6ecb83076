"""Collection.embed_missing(): rows of an adopted table that have a text and no vector."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import psycopg
import pytest

import vecs_sql as vecs
from tests.conftest import Connection
from vecs_sql import exc
from vecs_sql.adapter import Adapter, ParagraphChunker, TextEmbedding

Embed = Callable[[Sequence[str]], list[list[float]]]


def embed(texts: Sequence[str]) -> list[list[float]]:
    return [[float(len(text)), 1.0] for text in texts]


def adapter(function: Embed = embed) -> Adapter:
    return Adapter([TextEmbedding(model=function, dimension=2)])


@pytest.fixture
def table(url: str, name: str) -> Iterator[tuple[Connection, str]]:
    """An application's connection, and its table: 100 rows of which 90 have a text, and ten of these a vector."""
    table = f'public."{name}"'
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            f"CREATE TABLE {table} (id bigint PRIMARY KEY, content text, metadata jsonb, v vector(2))".encode()
        )
        connection.execute(
            f"""
            INSERT INTO {table}
            SELECT
                n,
                CASE WHEN n % 10 > 0 THEN repeat('x', n) END,
                '{{"a": 1}}',
                CASE WHEN n % 10 = 1 THEN '[7,7]'::vector END
            FROM generate_series(1, 100) AS n
            """.encode()
        )
        yield connection, table
        connection.execute(f"DROP TABLE {table} CASCADE".encode())


def vectors(connection: Connection, table: str) -> dict[int, Any]:
    return dict(connection.execute(f"SELECT id, v::text FROM {table} ORDER BY id".encode()))


def test_all_are_embedded(client: vecs.Client, table: tuple[Connection, str]) -> None:
    connection, source = table
    items = client.adopt(source, adapter=adapter())
    assert items.embed_missing(batch_size=7) == 80
    expected = {
        n: None if n % 10 == 0 else "[7,7]" if n % 10 == 1 else f"[{n},1]" for n in range(1, 101)
    }
    assert vectors(connection, source) == expected
    assert items.describe()["rows_without_vector"] == 10
    assert items.embed_missing() == 0
    unchanged = f"SELECT count(*) FROM {source} WHERE metadata = '{{\"a\": 1}}'"
    assert connection.execute(unchanged.encode()).fetchall() == [(100,)]
    assert items.query("x" * 55, limit=1, measure="l2_distance") == ["55"]


def test_the_texts_may_be_in_the_metadata(
    client: vecs.Client, table: tuple[Connection, str]
) -> None:
    connection, source = table
    connection.execute(
        f"""UPDATE {source} SET metadata = '{{"body": "xxx"}}' WHERE id < 5""".encode()
    )
    items = client.adopt(source, adapter=adapter())
    assert items.embed_missing("body") == 3
    assert [vectors(connection, source)[n] for n in range(1, 6)] == ["[7,7]", *["[3,1]"] * 3, None]


def test_a_run_that_breaks_off_is_continued(
    client: vecs.Client, table: tuple[Connection, str]
) -> None:
    connection, source = table
    calls = 0

    def fails(texts: Sequence[str]) -> list[list[float]]:
        nonlocal calls
        calls += 1
        if calls > 3:
            raise RuntimeError("the model is down")
        return embed(texts)

    items = client.adopt(source, adapter=adapter(fails))
    with pytest.raises(RuntimeError, match="the model is down"):
        items.embed_missing(batch_size=8)
    done = sum(vector is not None for vector in vectors(connection, source).values())
    assert done == 10 + 3 * 8
    calls = -100
    assert items.embed_missing(batch_size=8) == 80 - 3 * 8


def test_what_cannot_embed(client: vecs.Client, table: tuple[Connection, str]) -> None:
    connection, source = table
    items = client.adopt(source)
    with pytest.raises(exc.ArgError, match="only a collection with an adapter can embed"):
        items.embed_missing()
    chunks = Adapter(
        [ParagraphChunker(skip_during_query=True), TextEmbedding(model=embed, dimension=2)]
    )
    with pytest.raises(exc.ArgError, match="does not make one vector of each text"):
        client.adopt(source, adapter=chunks).embed_missing()
    with pytest.raises(exc.MismatchedDimension):
        client.adopt(
            source, adapter=Adapter([TextEmbedding(model=lambda texts: [[1.0]] * len(texts))])
        ).embed_missing()
    with pytest.raises(exc.ArgError, match="page_size must be at least 1"):
        client.adopt(source, adapter=adapter()).embed_missing(batch_size=0)
    client.delete_collection(items.name)
    connection.execute(f"ALTER TABLE {source} DROP COLUMN metadata".encode())
    bare = client.adopt(source, adapter=adapter())
    with pytest.raises(exc.ArgError, match='no field "title"'):
        bare.embed_missing("title")
    assert bare.embed_missing() == 80
