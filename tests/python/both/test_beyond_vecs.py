"""Methods that the vecs client does not have: describe, truncate, open_collection, element types, the URL."""

from __future__ import annotations

import numpy as np
import psycopg
import pytest

import vecs_sql as vecs
from vecs_sql import exc

try:
    from pgvector import Bit, HalfVector, SparseVector, Vector
except ImportError:  # before 0.4
    from pgvector.utils import (  # type: ignore[no-redef]
        Bit,
        HalfVector,
        SparseVector,
        Vector,
    )


@pytest.fixture
def filled(client: vecs.Client, name: str) -> vecs.Collection:
    docs = client.get_or_create_collection(name, dimension=3)
    docs.upsert([("a", [1, 2, 3], {"k": 1}), ("b", [4, 5, 6], {})])
    return docs


def test_describe(filled: vecs.Collection) -> None:
    filled.create_index()
    description = filled.describe()
    assert (description["name"], description["dimension"]) == (filled.name, 3)
    assert [index["measure"] for index in description["vector_indexes"]] == ["cosine_distance"]


def test_describe_collections(client: vecs.Client, filled: vecs.Collection) -> None:
    [info] = [info for info in client.describe_collections() if info.name == filled.name]
    assert (info.dimension, info.element_type) == (3, "vector")
    assert info.approximate_count >= 0
    assert info.total_bytes > 8192


def test_truncate(filled: vecs.Collection) -> None:
    filled.create_index()
    before = filled.index
    filled.truncate()
    assert filled.count() == 0
    assert filled.index == before


def test_rename_and_swap(client: vecs.Client, filled: vecs.Collection) -> None:
    new, other = f"{filled.name} new", f"{filled.name} other"
    count = len(filled)
    client.rename_collection(filled.name, new)
    assert len(client.open_collection(new)) == count
    with pytest.raises(exc.CollectionNotFound):
        client.rename_collection(filled.name, other)
    client.get_or_create_collection(other, dimension=2)
    with pytest.raises(exc.CollectionAlreadyExists):
        client.rename_collection(new, other)
    client.swap_collections(new, other)
    assert len(client.open_collection(new)) == 0
    assert len(client.open_collection(other)) == count
    with pytest.raises(exc.CollectionNotFound):
        client.swap_collections(new, filled.name)
    for name in (new, other):
        client.delete_collection(name)


def test_drop_index(filled: vecs.Collection) -> None:
    filled.create_index()
    name = filled.index
    with pytest.raises(exc.IndexNotFound):
        filled.drop_index("l2_distance")
    assert filled.drop_index("cosine_distance") == [name]
    assert filled.index is None
    filled.create_index("l1_distance")
    assert len(filled.drop_index()) == 1
    with pytest.raises(exc.ArgError, match="Unknown index measure"):
        filled.drop_index("nonsense")  # type: ignore[arg-type]


def test_what_is_dropped_cannot_be_described(client: vecs.Client, filled: vecs.Collection) -> None:
    client.delete_collection(filled.name)
    for call in (filled.describe, filled.truncate, filled.drop_index):
        with pytest.raises(exc.CollectionNotFound):
            call()


def test_open_collection(client: vecs.Client, filled: vecs.Collection) -> None:
    opened = client.open_collection(filled.name)
    assert (opened.name, opened.dimension, opened.count()) == (
        filled.name, 3, filled.count(),
    )  # fmt: skip
    with pytest.raises(exc.CollectionNotFound, match=r'"absent" does not exist.*list_collections'):
        client.open_collection("absent")
    with pytest.raises(exc.MismatchedDimension):
        client.open_collection(filled.name, adapter=vecs.adapter.Adapter([vecs.adapter.NoOp(4)]))


def test_element_type(client: vecs.Client, name: str) -> None:
    half = client.get_or_create_collection(name, dimension=2, element_type="halfvec")
    assert half.describe()["element_type"] == "halfvec"
    half.upsert([("a", [1, 2], {}), ("b", [0.1, 0], {})])
    assert half.query([1, 2], 1) == ["a"]
    [row] = half.fetch(["b"])
    assert row.vec.dtype == np.float32
    assert row.vec[0] == np.float16(0.1)
    # The type that it has, or none, opens it; another does not.
    client.get_or_create_collection(name)
    client.get_or_create_collection(name, element_type="halfvec")
    with pytest.raises(exc.MismatchedDimension, match="elements of type halfvec, not vector"):
        client.get_or_create_collection(name, element_type="vector")


def test_a_new_collection_of_an_unknown_type(client: vecs.Client, name: str) -> None:
    with pytest.raises(exc.VecsException, match="sparsevec"):
        client.get_or_create_collection(name, dimension=2, element_type="sparsevec")  # type: ignore[arg-type]


def test_url(client: vecs.Client, filled: vecs.Collection) -> None:
    with psycopg.connect(client.url) as connection:
        row = connection.execute("SELECT vecs.count_rows(%s)", [filled.name]).fetchone()
    assert row == (filled.count(),)


# Values of pgvector


@pytest.mark.parametrize("make", [Vector, HalfVector])
def test_vectors_of_pgvector(filled: vecs.Collection, make: type) -> None:
    filled.upsert([("x", make([9, 0, 0]), {}), ("y", make([0, 9, 0]), {})])
    assert [row.vec.tolist() for row in filled.fetch(["x", "y"])] == [[9, 0, 0], [0, 9, 0]]
    assert filled.query(make([9, 0.5, 0]), 1) == ["x"]
    assert filled.query_many([make([9, 0.5, 0]), make([0, 9, 0])], 1) == [["x"], ["y"]]
    with pytest.raises(exc.MismatchedDimension, match='"z" has 2 dimensions'):
        filled.upsert([("z", make([1, 2]), {})])


@pytest.mark.parametrize("value", [SparseVector({0: 1.0}, 3), Bit("101")])
def test_other_values_of_pgvector(filled: vecs.Collection, value: object) -> None:
    kind = type(value).__name__
    with pytest.raises(exc.ArgError, match=rf'"z" cannot be read: a {kind} of pgvector') as caught:
        filled.upsert([("z", value, {})])
    assert "dense" in str(caught.value)
    with pytest.raises(exc.ArgError, match=f"a {kind} of pgvector"):
        filled.query(value)


# Rows


def test_rows_are_of_a_public_type(filled: vecs.Collection) -> None:
    [row] = filled.query([1, 2, 3], 1, include_value=True)
    assert isinstance(row, vecs.QueryRow)
    assert row._fields == ("id", "distance")
    assert row._asdict() == {"id": row.id, "distance": row.distance}


def test_a_field_that_was_not_included(filled: vecs.Collection) -> None:
    [row] = filled.query([1, 2, 3], 1, include_value=True)
    with pytest.raises(AttributeError, match="the row has no vec: search with include_vector=True"):
        _ = row.vec
    with pytest.raises(AttributeError, match="the row has no distnce, only id, distance"):
        _ = row.distnce  # type: ignore[attr-defined]
    assert not hasattr(row, "metadata")


def test_adopt(client: vecs.Client, url: str, name: str) -> None:
    """A table of an application's becomes a collection, whose metadata are the table's columns."""
    table = f'public."{name}"'
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            f"CREATE TABLE {table} (key bigint PRIMARY KEY, title text, year int, v vector(2))".encode()
        )
        connection.execute(
            f"INSERT INTO {table} VALUES (1, 'a', 1999, '[1,0]'), (2, 'b', 2001, '[0,1]'), (3, 'c', 2, NULL)".encode()
        )
        items = client.adopt(table)
        assert (items.name, items.dimension) == (name, 2)
        assert items.query([1, 0], include_metadata=True) == [
            ("1", {"title": "a", "year": 1999}),
            ("2", {"title": "b", "year": 2001}),
        ]
        assert items.query([1, 0], filters={"year": {"$gt": 2000}}) == ["2"]
        items.upsert([("2", [1, 1], {"year": 2005}), ("4", [3, 1], {"title": "d"})])
        items.create_index()
        items.create_metadata_index("year")
        assert len(items) == 4
        assert items.describe()["rows_without_vector"] == 1
        assert connection.execute(
            f"SELECT * FROM {table} WHERE key IN (2, 4) ORDER BY 1".encode()
        ).fetchall() == [
            (2, "b", 2005, "[1,1]"),
            (4, "d", None, "[3,1]"),
        ]
        with pytest.raises(exc.FilterError, match="type integer cannot read"):
            items.query([1, 0], filters={"year": "x"})
        with pytest.raises(exc.ArgError, match="has no column"):
            client.adopt(table, "other", vec="w")
        with pytest.raises(exc.ArgError, match=r"there is no table public\.nothing"):
            client.adopt("public.nothing")
        with pytest.raises(exc.ArgError, match=r"there is no table nowhere\.items"):
            client.adopt("nowhere.items")
        narrow = client.adopt(table, f"n{name}"[:60], id="key", vec="v", fields=["title"])
        assert narrow.fetch(["4"])[0][2] == {"title": "d"}
        client.delete_collection(narrow.name)
        client.delete_collection(name)
        assert connection.execute(f"SELECT count(*) FROM {table}".encode()).fetchall() == [(4,)]
        connection.execute(f"DROP TABLE {table}".encode())
