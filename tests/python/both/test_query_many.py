"""Searching with many vectors at once, and with a row of the collection."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

import vecs_sql as vecs
from tests.python.both.conftest import only_sync
from vecs_sql import exc

VECTORS = [[1.0, 0.5, 0.1], [0.0, 1.0, 2.0], [3.0, 0.1, 0.0]]


@pytest.fixture(scope="module")
def docs(client: vecs.Client) -> vecs.Collection:
    """200 rows with an index for the cosine distance."""
    docs = client.get_or_create_collection("query_many", dimension=3)
    chance = np.random.default_rng(5)
    docs.upsert(
        (f"id{number:03}", vector, {"n": number, "even": number % 2 == 0})
        for number, vector in enumerate(chance.normal(size=(200, 3)))
    )
    docs.create_index()
    return docs


@pytest.mark.parametrize(
    ("value", "metadata", "vector"), [*itertools.product((False, True), repeat=3)]
)
def test_gives_what_query_gives(
    docs: vecs.Collection, value: bool, metadata: bool, vector: bool
) -> None:
    filters = {"even": True}
    many = docs.query_many(VECTORS, 7, filters, "cosine_distance", value, metadata, vector)
    ones = [
        docs.query(one, 7, filters, "cosine_distance", value, metadata, vector) for one in VECTORS
    ]
    assert [len(found) for found in many] == [7, 7, 7]
    for found, expected in zip(many, ones, strict=True):
        if not (value or metadata or vector):
            assert found == expected
            continue
        assert [row.id for row in found] == [row.id for row in expected]
        for row, other in zip(found, expected, strict=True):
            assert row._fields == other._fields
            if value:
                assert row.distance == other.distance
            if metadata:
                assert row.metadata == other.metadata
            if vector:
                assert row.vec.tolist() == other.vec.tolist()


@pytest.mark.parametrize(
    "data",
    [
        VECTORS,
        tuple(VECTORS),
        np.array(VECTORS),
        np.array(VECTORS, dtype=np.float16),
        lambda: (vector for vector in VECTORS),
        [np.array(vector) for vector in VECTORS],
    ],
)
def test_vectors(docs: vecs.Collection, data: Any) -> None:  # noqa: ANN401
    data = data() if callable(data) else data
    assert docs.query_many(data, 3) == [docs.query(one, 3) for one in VECTORS]


def test_few_vectors_and_few_rows(docs: vecs.Collection) -> None:
    assert docs.query_many([]) == []
    assert docs.query_many(np.empty((0, 3))) == []
    assert docs.query_many(VECTORS[:1], 2) == [docs.query(VECTORS[0], 2)]
    assert docs.query_many(VECTORS, 0) == [[], [], []]
    assert docs.query_many(VECTORS, filters={"n": -1}) == [[], [], []]
    assert docs.query_many(VECTORS, filters={"n": 7}) == [["id007"]] * 3
    assert docs.query_many([VECTORS[0]] * 150, 2, ef_search=50) == [docs.query(VECTORS[0], 2)] * 150


def test_an_adapter_makes_each_vector(docs: vecs.Collection) -> None:
    class Words:
        exported_dimension = 3

        def __call__(self, records: Any, adapter_context: str) -> Any:  # noqa: ANN401
            assert adapter_context == "query"
            for id_, word, metadata in records:
                yield id_, VECTORS[len(word)], metadata

    adapted = docs.client.get_or_create_collection(docs.name, adapter=Words())
    assert adapted.query_many(["", "a"], 4) == docs.query_many(VECTORS[:2], 4)
    assert adapted.query_many(VECTORS, 4, skip_adapter=True) == docs.query_many(VECTORS, 4)


@pytest.mark.parametrize(
    ("data", "error", "text"),
    [
        ([[1, 2, 3], [1, 2]], exc.MismatchedDimension, "query vector 2 has 2 dimensions"),
        ([[1, 2]], exc.MismatchedDimension, "query vector 1 has 2 dimensions"),
        ([[1, 2, 3], [1, 2, float("nan")]], exc.ArgError, "query vector 2 cannot be read"),
        ([[1, 2, 3], None], exc.ArgError, "query vector 2 cannot be read"),
        ([1, 2, 3], exc.ArgError, "query vector 1 cannot be read"),
        (["abc"], exc.ArgError, "query vector 1 cannot be read"),
    ],
)
def test_vectors_that_can_not_be(
    docs: vecs.Collection,
    data: Any,  # noqa: ANN401
    error: type[Exception],
    text: str,
) -> None:
    with pytest.raises(error, match=text):
        docs.query_many(data)


def test_by_id(docs: vecs.Collection) -> None:
    row = docs["id010"]
    expected = [
        found for found in docs.query(row.vec, 6, include_value=True) if found[0] != "id010"
    ]
    found = docs.query_by_id("id010", 5, include_value=True, include_metadata=True)
    assert [(near.id, near.distance) for near in found] == expected
    assert all(near.metadata["n"] == int(near.id[2:]) for near in found)
    assert docs.query_by_id("id010", 5) == [near.id for near in found]
    assert len(docs.query_by_id("id010", 500)) == 199
    assert len(docs.query_by_id("id011", 500, {"even": True}, ef_search=40)) == 100
    [near] = docs.query_by_id("id010", 1, include_vector=True)
    assert near.vec.tolist() == docs[near.id].vec.tolist()
    for nothing in ("nothing", ""):
        with pytest.raises(exc.ArgError, match="has no row"):
            docs.query_by_id(nothing)
    with pytest.raises(exc.ArgError):
        docs.query_by_id(None)  # type: ignore[call-overload]


def test_explain(docs: vecs.Collection) -> None:
    for filters, matching in ((None, 200), ({"even": True}, 100), ({"n": 7}, 1)):
        explained = docs.explain(VECTORS[0], 5, filters)
        assert explained["rows"] == min(5, matching)
        assert explained["strategy"] in ("index", "exact")
        assert explained["matching_rows"] == matching
        assert explained["steps"]
    assert docs.explain(np.array(VECTORS[0]), ef_search=77)["rows"] == 10
    for length in (2, 16_001):
        with pytest.raises(exc.MismatchedDimension):
            docs.explain([1.0] * length)
    for data in ([1, 2, float("nan")], None, "abc"):
        with pytest.raises(exc.ArgError):
            docs.explain(data)


def test_recall(docs: vecs.Collection) -> None:
    measured = docs.recall(20, top_k=5, filters={"even": True}, ef_search=100)
    assert isinstance(measured, vecs.Recall)
    assert measured.recall == measured[0] == pytest.approx(1, abs=0.1)
    assert measured.sampled == 20
    assert measured.p50_ms is not None
    assert measured.p50_ms > 0
    with pytest.raises(exc.FilterError):
        docs.recall(filters={"n": {"$gr": 1}})
    for arguments in ({"sample": 0}, {"measure": "euclid"}, {"ef_search": 1001}):
        with pytest.raises(exc.ArgError):
            docs.recall(**arguments)


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"limit": -1}, exc.ArgError),
        ({"limit": 1001}, exc.ArgError),
        ({"measure": "euclid"}, exc.ArgError),
        ({"probes": 0}, exc.ArgError),
        ({"ef_search": "many"}, exc.ArgError),
        ({"ef_search": 1001}, exc.ArgError),
        ({"filters": ["n"]}, exc.FilterError),
        ({"filters": {"n": {"$gr": 1}}}, exc.FilterError),
    ],
)
def test_arguments_that_can_not_be(
    docs: vecs.Collection, arguments: dict[str, Any], error: type[Exception]
) -> None:
    with pytest.raises(error):
        docs.query_many(VECTORS, **arguments)
    with pytest.raises(error):
        docs.query_by_id("id010", **arguments)
    with pytest.raises(error):
        docs.explain(VECTORS[0], **arguments)


@only_sync
def test_the_warning_points_at_the_caller(client: vecs.Client, name: str) -> None:
    docs = client.get_or_create_collection(name, dimension=len(VECTORS[0]))
    docs.upsert((f"id{n:03}", VECTORS[n % len(VECTORS)], {}) for n in range(4000))
    searches: list[Any] = [
        lambda: docs.query(VECTORS[0], measure="l2_distance"),
        lambda: docs.query_many(VECTORS, measure="l2_distance"),
        lambda: docs.query_by_id("id010", measure="l2_distance"),
        lambda: docs.recall(2, measure="l2_distance"),
    ]
    for search in searches:
        with pytest.warns(UserWarning, match="covering index") as caught:
            search()
        assert [warning.filename for warning in caught] == [__file__]
