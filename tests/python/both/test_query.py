"""Searching: the shapes of what is found, the checks of arguments, the warning where no index helps."""

from __future__ import annotations

import itertools
import json
import pickle
import traceback
import warnings
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import numpy as np
import psycopg
import pytest

import vecs_sql as vecs
from tests.python.both.conftest import only_sync
from vecs_sql import exc
from vecs_sql._protocol.indexes import MeasureName

MEASURES = ["cosine_distance", "l2_distance", "max_inner_product", "l1_distance"]
ROWS = {
    "a": ([1.0, 0.0, 0.0], {"year": 1973, "kind": "book"}),
    "b": ([0.0, 2.0, 0.0], {"year": 2012, "tags": ["x", "y"]}),
    "c": ([0.0, 1.0, 1.0], {"year": 2012}),
    "d": ([3.0, 3.0, 3.0], {}),
}


@pytest.fixture(scope="module")
def plain(client: vecs.Client) -> vecs.Collection:
    """A collection without an index."""
    docs = client.get_or_create_collection("plain", dimension=3)
    docs.upsert((id_, vector, metadata) for id_, (vector, metadata) in ROWS.items())
    return docs


@pytest.fixture(scope="module")
def docs(client: vecs.Client) -> vecs.Collection:
    """A collection of the same rows with an index for the cosine distance."""
    docs = client.get_or_create_collection("indexed", dimension=3)
    docs.upsert((id_, vector, metadata) for id_, (vector, metadata) in ROWS.items())
    docs.create_index()
    return docs


def many_rows(client: vecs.Client, name: str) -> vecs.Collection:
    """A collection with so many rows that an index would be asked."""
    docs = client.get_or_create_collection(name, dimension=3)
    docs.upsert((str(n), [1, n, 0], {}) for n in range(3000))
    return docs


@pytest.fixture(scope="module")
def large(client: vecs.Client) -> vecs.Collection:
    """A large collection without an index."""
    return many_rows(client, "large")


def warning_text(measure: str) -> str:
    return (
        f"Query does not have a covering index for IndexMeasure.{measure}."
        " See Collection.create_index"
    )


# Shapes


def test_ids_alone(docs: vecs.Collection) -> None:
    assert docs.query([0, 1, 0.1]) == ["b", "c", "d", "a"]
    assert docs.query([0, 1, 0.1], 2) == ["b", "c"]


@pytest.mark.parametrize(
    ("value", "vector", "metadata"), list(itertools.product([False, True], repeat=3))[1:]
)
def test_shapes(docs: vecs.Collection, value: bool, vector: bool, metadata: bool) -> None:
    found = docs.query(
        [0, 1, 0],
        2,
        include_value=value,
        include_vector=vector,
        include_metadata=metadata,
    )
    assert type(found) is list
    for row, id_, distance in zip(found, ["b", "c"], [0.0, 1 - 2**-0.5], strict=True):
        assert isinstance(row, tuple)
        fields = ["id"]
        assert (row[0], row.id) == (id_, id_)
        if value:
            assert type(row[1]) is float
            assert row[1] == row.distance == pytest.approx(distance)
            fields.append("distance")
        if vector:
            assert row[len(fields)] is row.vec
            assert row.vec.dtype == np.float32
            assert row.vec.tolist() == ROWS[id_][0]
            fields.append("vec")
        if metadata:
            assert row[len(fields)] == row.metadata == ROWS[id_][1]
            fields.append("metadata")
        assert row._fields == tuple(fields)
        assert len(row) == len(fields)
        assert not hasattr(row, "__dict__")
        copy = pickle.loads(pickle.dumps(row))
        assert type(copy) is type(row)
        assert str(copy) == str(row)


def test_rows_equal_plain_tuples(docs: vecs.Collection) -> None:
    assert docs.query([1, 0, 0], 1, include_value=True) == [("a", 0.0)]
    assert docs.query([1, 0, 0], 1, include_metadata=True) == [("a", ROWS["a"][1])]
    assert docs.query([1, 0, 0], 1, include_value=True, include_metadata=True) == [
        ("a", 0.0, ROWS["a"][1])
    ]
    [(id_, distance, vector, metadata)] = docs.query(
        [1, 0, 0], 1, None, "cosine_distance", True, True, True
    )
    assert (id_, distance, vector.tolist(), metadata) == ("a", 0.0, *ROWS["a"])


def test_flags_need_not_be_booleans(docs: vecs.Collection) -> None:
    flag: Any = 1
    nothing: Any = None
    found = docs.query(
        [1, 0, 0], 1, include_value=flag, include_metadata=flag, include_vector=nothing
    )
    assert found == [("a", 0.0, ROWS["a"][1])]


@pytest.mark.parametrize("measure", MEASURES)
def test_distances(plain: vecs.Collection, measure: MeasureName) -> None:
    query = np.array([1.0, 2.0, 0.5])
    expected = {}
    for id_, (values, _) in ROWS.items():
        vector = np.array(values)
        expected[id_] = {
            "cosine_distance": 1 - query @ vector / np.linalg.norm(query) / np.linalg.norm(vector),
            "l2_distance": np.linalg.norm(query - vector),
            "max_inner_product": -(query @ vector),
            "l1_distance": np.abs(query - vector).sum(),
        }[measure]
    found = plain.query(query, measure=measure, include_value=True)
    assert dict(found) == pytest.approx(expected)
    assert [row.id for row in found] == sorted(expected, key=lambda id_: expected[id_])


@pytest.mark.parametrize(
    "data",
    [
        [0, 1, 0],
        (0, 1, 0),
        ["0", "1", "0"],
        *(np.array([0, 1, 0], dtype) for dtype in ("float16", "float32", "float64", "int32")),
    ],
    ids=repr,
)
def test_vectors(docs: vecs.Collection, data: Any) -> None:  # noqa: ANN401
    assert docs.query(data, 1, include_value=True) == [("b", 0.0)]


def test_no_vector_finds_any_rows_that_match(docs: vecs.Collection, plain: vecs.Collection) -> None:
    """Programs written for vecs list rows that way; no index is missed."""
    for collection in (docs, plain):
        assert sorted(collection.query(None)) == ["a", "b", "c", "d"]
        assert len(collection.query(None, limit=3)) == 3
        assert sorted(collection.query(None, filters={"year": 2012})) == ["b", "c"]
        assert collection.query(
            data=None, filters={"kind": "book"}, include_value=True, include_metadata=True
        ) == [("a", None, ROWS["a"][1])]
    with pytest.raises(exc.ArgError, match="Invalid index measure"):
        docs.query(None, measure="nonsense")  # type: ignore[call-overload]


# Limits


def test_limit(docs: vecs.Collection) -> None:
    assert docs.query([1, 0, 0], limit=0) == []
    assert docs.query([1, 0, 0], limit=0, include_value=True) == []
    assert len(docs.query([1, 0, 0], limit=1000)) == 4
    numpy: Any = np.int64(2)
    assert len(docs.query([1, 0, 0], limit=numpy)) == 2


@pytest.mark.parametrize("limit", [1001, 10**12])
def test_limit_over_1000(docs: vecs.Collection, limit: int) -> None:
    with pytest.raises(exc.ArgError) as caught:
        docs.query([1, 0, 0], limit=limit)
    assert str(caught.value).startswith("limit must be <= 1000")
    assert caught.value.sqlstate == "VS001"
    assert "max_limit" in (caught.value.hint or "")


def test_limit_lifted(url: str, name: str) -> None:
    with vecs.create_client(url, max_limit=None) as client:
        many = client.get_or_create_collection(name, dimension=2)
        many.upsert((str(number), [1, number], None) for number in range(1500))
        many.create_index()
        assert len(many.query([1, 0], limit=1400)) == 1400
        assert len(many.query([1, 0], limit=5000)) == 1500
    with vecs.Client(url, max_limit=5) as client:
        few = client.get_or_create_collection(name)
        assert few.query([1, 0], limit=5) == ["0", "1", "2", "3", "4"]
        with pytest.raises(exc.ArgError, match="limit must be <= 5"):
            few.query([1, 0])


def test_limit_of_more_than_an_integer(url: str, docs: vecs.Collection) -> None:
    with vecs.create_client(url, max_limit=None) as client:
        everything = client.get_or_create_collection(docs.name)
        with pytest.raises(exc.ArgError, match="limit must be <= 9223372036854775807"):
            everything.query([1, 2, 3], limit=2**63)
        assert len(everything.query([1, 2, 3], limit=2**63 - 1)) == len(
            docs.query([1, 2, 3], limit=1000)
        )


def test_negative_limit(docs: vecs.Collection) -> None:
    with pytest.raises(exc.ArgError) as caught:
        docs.query([1, 0, 0], limit=-1)
    assert caught.value.sqlstate == "VS001"
    assert "-1" in str(caught.value)
    assert caught.value.hint


# Measures, probes, ef_search


@pytest.mark.parametrize("measure", [*vecs.IndexMeasure, *MEASURES])
def test_measures_by_enum_and_by_name(large: vecs.Collection, measure: MeasureName) -> None:
    with pytest.warns(UserWarning, match=r"^Query ") as warned:
        large.query([1, 0, 0], measure=measure)
    assert [str(warning.message) for warning in warned] == [
        warning_text(vecs.IndexMeasure(measure).name)
    ]


@pytest.mark.parametrize("measure", ["nonsense", "COSINE_DISTANCE", "", None, 1, "<=>"])
def test_measures_that_are_none(docs: vecs.Collection, measure: Any) -> None:  # noqa: ANN401
    with pytest.raises(exc.ArgError) as caught:
        docs.query([1, 0, 0], measure=measure)
    assert str(caught.value).startswith("Invalid index measure")


@pytest.mark.parametrize(
    ("probes", "text"),
    [
        ("5", "probes must be an integer"),
        (2.0, "probes must be an integer"),
        (True, "probes must be an integer"),
        (0, "probes must be >= 1"),
        (-3, "probes must be >= 1"),
    ],
)
def test_probes_that_can_not_be(docs: vecs.Collection, probes: Any, text: str) -> None:  # noqa: ANN401
    with pytest.raises(exc.ArgError) as caught:
        docs.query([1, 0, 0], probes=probes)
    assert str(caught.value).startswith(text)


def test_probes_and_ef_search_are_used(client: vecs.Client, name: str) -> None:
    numbers = np.random.default_rng(5).standard_normal((3000, 8))
    many = client.get_or_create_collection(name, dimension=8)
    many.upsert((str(number), vector, None) for number, vector in enumerate(numbers))
    near = np.argsort(np.linalg.norm(numbers - numbers[7], axis=1))[:20].astype(str).tolist()

    def recall(**settings: Any) -> int:  # noqa: ANN401
        return len({*near} & {*many.query(numbers[7], 20, measure="l2_distance", **settings)})

    many.create_index("l2_distance", "ivfflat", vecs.IndexArgsIVFFlat(50))
    assert recall(probes=1) < recall(probes=50) == 20
    with pytest.warns(UserWarning, match="missed the nearest rows"):
        many.create_index("l2_distance", "hnsw", vecs.IndexArgsHNSW(m=2, ef_construction=4))
    assert recall(ef_search=50) < recall(ef_search=1000)
    numpy: Any = np.int64(1000)
    assert recall(ef_search=numpy) == recall(ef_search=1000)


def test_ef_search_that_can_not_be(docs: vecs.Collection) -> None:
    for bad in ("50", 2.5):
        with pytest.raises(exc.ArgError, match="ef_search must be an integer"):
            docs.query([1, 0, 0], ef_search=bad)  # type: ignore[call-overload]
    for out_of_range in (0, 1001):
        with pytest.raises((exc.ArgError, psycopg.DataError), match=str(out_of_range)):
            docs.query([1, 0, 0], ef_search=out_of_range)
    assert docs.query([1, 0, 0], 1, ef_search=1) == ["a"]


# The warning


@only_sync
def test_warning_without_an_index(large: vecs.Collection) -> None:
    for _ in range(2):  # each call, not only the first
        with pytest.warns(UserWarning, match=r"^Query ") as warned:
            assert large.query([1, 0, 0], 1) == ["0"]
        assert [(w.category, str(w.message)) for w in warned] == [
            (UserWarning, warning_text("cosine_distance"))
        ]
        assert warned[0].filename == __file__


def test_warning_for_another_measure(client: vecs.Client, name: str) -> None:
    docs = many_rows(client, name)
    docs.create_index()
    docs.query([1, 0, 0])
    with pytest.warns(UserWarning, match=r"^Query ") as warned:
        docs.query([1, 0, 0], measure=vecs.IndexMeasure.l2_distance)
    assert [str(warning.message) for warning in warned] == [warning_text("l2_distance")]


def test_no_warning_of_a_small_collection(plain: vecs.Collection) -> None:
    """With an index it would be searched exactly, too."""
    assert plain.query([1, 0, 0], 1) == ["a"]


def test_no_warning_with_an_index(docs: vecs.Collection) -> None:
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        docs.query([1, 0, 0])
        docs.query([1, 0, 0], filters={"year": {"$gt": 2000}})
    assert warned == []


def test_the_warning_can_be_an_error(large: vecs.Collection) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(UserWarning, match="covering index"):
            large.query([1, 0, 0])
    assert len(large) == 3000


def test_notices_of_others_are_not_ours(url: str, large: vecs.Collection) -> None:
    """A caller's own notice handlers go on, and ours is gone after the call."""
    heard: list[str | None] = []
    with psycopg.connect(url) as connection:

        def hear(notice: psycopg.errors.Diagnostic) -> None:
            heard.append(notice.sqlstate)

        connection.add_notice_handler(hear)
        theirs = vecs.create_client(connection).get_or_create_collection(large.name)
        theirs.query([1, 0, 0], strategy="exact")
        assert heard == []
        with pytest.warns(UserWarning, match="covering index"):
            theirs.query([1, 0, 0], measure="l1_distance")
        assert heard == ["VSW01"]
        connection.execute("DO $$ BEGIN RAISE NOTICE USING ERRCODE = 'VSW01'; END $$")
        assert heard == ["VSW01", "VSW01"]
        assert connection._notice_handlers == [hear]


def test_other_notices_are_no_warnings(url: str, docs: vecs.Collection) -> None:
    notices: list[str | None] = []
    with psycopg.connect(url, options="-c client_min_messages=debug5") as connection:
        theirs = vecs.create_client(connection).get_or_create_collection(docs.name)
        connection.add_notice_handler(lambda notice: notices.append(notice.sqlstate))
        assert theirs.query([1, 0, 0], 1) == ["a"]
    assert notices


# Filters


@pytest.mark.parametrize(
    ("filters", "ids"),
    [
        (None, "abcd"),
        ({}, "abcd"),
        ([], "abcd"),
        ({"year": {"$eq": 2012}}, "bc"),
        ({"year": 2012}, "bc"),
        ({"year": {"$lt": 2012}}, "a"),
        ({"kind": {"$in": ["book", "film"]}}, "a"),
        ({"kind": {"$in": ("book",)}}, "a"),
        ({"tags": {"$contains": "x"}}, "b"),
        ({"$or": [{"kind": {"$eq": "book"}}, {"tags": {"$contains": "y"}}]}, "ab"),
        ({"$and": []}, "abcd"),
        (defaultdict(dict, {"year": {"$eq": 2012}}), "bc"),
        (defaultdict(None, {"year": defaultdict(None, {"$eq": 1973})}), "a"),
        ({"year": {"$gte": 2012}, "tags": {"$exists": False}}, "c"),
        ({"%s": {"$eq": "it's"}}, ""),
        ({"$id": "b"}, "b"),
        ({"$id": {"$in": ("a", "d", "x")}}, "ad"),
        ({"$id": {"$nin": ["b"]}, "year": 2012}, "c"),
    ],
)
def test_filters(docs: vecs.Collection, filters: Any, ids: str) -> None:  # noqa: ANN401
    assert sorted(docs.query([1, 0, 0], filters=filters)) == list(ids)


def test_filtered_queries_are_not_short(client: vecs.Client, name: str) -> None:
    many = client.get_or_create_collection(name, dimension=4)
    numbers = np.random.default_rng(3).standard_normal((4000, 4))
    many.upsert((str(n), numbers[n], {"rare": n % 500 == 0}) for n in range(4000))
    many.create_index()
    assert len(many.query([1, 0, 0, 0], 10, {"rare": {"$eq": True}})) == 8


@pytest.mark.parametrize("filters", ["text", ["a"], ("a", "b"), 5, {"a"}])
def test_filters_that_are_no_dicts(docs: vecs.Collection, filters: Any) -> None:  # noqa: ANN401
    calls: list[Callable[[], object]] = [
        lambda: docs.query([1, 0, 0], filters=filters),
        lambda: docs.delete(filters=filters),
    ]
    for call in calls:
        with pytest.raises(exc.FilterError) as caught:
            call()
        assert str(caught.value).startswith("filters must be a dict")
    assert len(docs) == 4


def test_filters_with_other_keys(docs: vecs.Collection) -> None:
    filters: Any = {1: {"$eq": 1}}
    with pytest.raises(exc.FilterError) as caught:
        docs.query([1, 0, 0], filters=filters)
    assert str(caught.value).startswith("*filters* keys must be strings")


@pytest.mark.parametrize("value", [float("nan"), {1, 2}, b"x", "nul\0"], ids=repr)
def test_filters_that_are_not_json(docs: vecs.Collection, value: Any) -> None:  # noqa: ANN401
    with pytest.raises(exc.FilterError, match="cannot be written as JSON") as caught:
        docs.query([1, 0, 0], filters={"k": {"$eq": value}})
    assert caught.value.sqlstate == "VS005"
    assert caught.value.detail
    assert caught.value.hint


@pytest.mark.parametrize(
    "filters, text",
    [
        ({"$and": {"year": {"$eq": 1}}}, "$and/$or filters must have associated list of conditions"),
        ({"$or": "x"}, "$and/$or filters must have associated list of conditions"),
        ({"$or": [{"year": {"$eq": 1}}, {"$and": 1}]}, "$and/$or filters must have associated list of conditions"),
        ({"$and": [{"year": 1}, 5]}, "filters must be a dict"),
        ({"year": {"$no_op": 1}}, "unknown operator"),
        ({"$and": [{"$or": [{"year": {"$no_op": 1}}]}]}, "unknown operator"),
        ({"year": {"$in": 1}}, "argument to $in filter must be a list"),
        ({"year": {"$in": [1, [2]]}}, "argument to $in filter must be a list of scalars"),
        ({"year": {"$contains": [1]}}, "argument to $contains filter must be a scalar"),
        ({"year": {"$contains": {"a": 1}}}, "argument to $contains filter must be a scalar"),
        ({"$id": {"$in": "a"}}, "argument to $in filter must be a list"),
        ({"$id": {"$gr": "a"}}, "unknown operator"),
        # vecs does not know these operators, nor these faults.
        ({"year": {"$nin": 1}}, 'invalid operand of operator "$nin" at "year.$nin"'),
        ({"year": {"$between": 1}, "tag": {"a": {}}}, None),
        ({"$id": 5}, 'invalid operand of operator "$eq" at "$id"'),
        ({"$id": {"$in": ["a", 5]}}, 'invalid operand of operator "$in" at "$id.$in"'),
        ({"$id": {"$gt": "a"}}, 'operator "$gt" does not apply to "$id", at "$id.$gt"'),
        ({"tag": {"$id": "a"}}, 'operator "$id" cannot be under a key, at "tag.$id"'),
        ({"year": {"$lt": None}}, None),
        ({"$or": []}, None),
    ],
)  # fmt: skip
def test_filters_that_can_not_be_in_the_words_of_vecs(
    docs: vecs.Collection, filters: dict[str, Any], text: str | None
) -> None:
    with pytest.raises(exc.FilterError) as caught:
        docs.query([1, 0, 0], filters=filters)
    assert caught.value.sqlstate == "VS005"
    assert caught.value.hint
    if text is not None:
        assert str(caught.value).startswith(text)
    else:
        assert str(caught.value) not in ("unknown operator", "filters must be a dict")
    for call in (docs.delete, docs.count):
        with pytest.raises(exc.FilterError) as again:
            call(filters=filters)
        assert str(again.value) == str(caught.value)


def test_filters_that_can_not_be(docs: vecs.Collection) -> None:
    filters = {"$and": [{"year": {"$eq": 1}}, {"year": {"$gr": 1}}]}
    with pytest.raises(exc.FilterError) as caught:
        docs.query([1, 0, 0], filters=filters)
    error = caught.value
    assert error.sqlstate == "VS005"
    assert error.message == "unknown operator"
    assert error.hint is not None
    assert '"$gt"' in error.hint
    assert str(error) == f'unknown operator "$gr" at "$and[1].year.$gr". {error.hint}'
    # A traceback has each part once.
    assert "".join(traceback.format_exception_only(error)).count(error.hint) == 1
    with pytest.raises(exc.FilterError):
        docs.delete(filters=filters)


def test_a_filter_of_20_000_values(docs: vecs.Collection) -> None:
    values = [*range(20_000)]
    assert len(json.dumps(values)) > 100_000
    assert sorted(docs.query([1, 0, 0], filters={"year": {"$in": values}})) == ["a", "b", "c"]


# Vectors that cannot be searched with


@pytest.mark.parametrize("length", [1, 2, 4, 16_001, 70_000])
def test_vectors_of_another_length(
    docs: vecs.Collection, plain: vecs.Collection, length: int
) -> None:
    for collection in (docs, plain):
        with pytest.raises(exc.MismatchedDimension) as caught:
            collection.query([1.0] * length)
        assert caught.value.sqlstate == "VS004"
        assert caught.value.hint
        assert isinstance(caught.value, exc.ArgError)


@pytest.mark.parametrize(
    "data",
    ["[1,0,0]", [], [[1, 0, 0]], [1, None, 0], [float("nan"), 0, 0], np.ones((1, 3)), {1, 2}, 5],
    ids=repr,
)
def test_vectors_that_are_none(docs: vecs.Collection, data: Any) -> None:  # noqa: ANN401
    with pytest.raises(exc.ArgError) as caught:
        docs.query(data)
    assert str(caught.value).startswith("the query vector cannot be read")
    assert caught.value.sqlstate == "VS001"
    assert caught.value.hint


def test_zero_vectors_come_last(client: vecs.Client, name: str) -> None:
    docs = client.get_or_create_collection(name, dimension=2)
    docs.upsert([("zero", [0, 0], {}), ("far", [-1, 0], {}), ("near", [1, 0], {})])
    found = docs.query([1, 0], include_value=True)
    assert found[:2] == [("near", 0.0), ("far", 2.0)]
    assert found[2].id == "zero"
    assert np.isnan(found[2].distance)


def test_max_distance_and_strategy(docs: vecs.Collection) -> None:
    docs.create_index("l2_distance")
    everything = docs.query([1, 0, 0], measure="l2_distance", include_value=True)
    for strategy in ("auto", "exact", "index"):
        found = docs.query(
            [1, 0, 0], measure="l2_distance", include_value=True, strategy=strategy,
            max_distance=everything[1].distance,
        )  # fmt: skip
        assert found == [row for row in everything if row.distance <= everything[1].distance]
    [many] = docs.query_many([[1, 0, 0]], measure="l2_distance", max_distance=0, strategy="exact")
    assert many == [row.id for row in everything if row.distance == 0]
    by_id = docs.query_by_id(everything[0].id, measure="l2_distance", max_distance=np.float32(1e9))
    assert len(by_id) == len(everything) - 1
    explained = docs.explain([1, 0, 0], measure="l2_distance", strategy="exact", max_distance=0)
    assert explained["strategy"] == "exact"
    with pytest.raises(exc.ArgError, match="strategy"):
        docs.query([1, 0, 0], strategy="best")  # type: ignore[call-overload]


def test_pages(docs: vecs.Collection) -> None:
    everything = docs.query([1, 0.5, 0.2], include_value=True, include_metadata=True)
    assert len(everything) == 4
    for size in (1, 2, 3):
        pages = [
            docs.query([1, 0.5, 0.2], size, include_value=True, include_metadata=True, skip=skip)
            for skip in range(0, 4, size)
        ]
        assert [row for page in pages for row in page] == everything
    assert docs.query([1, 0.5, 0.2], 2, {"year": 2012}, skip=1) == ["c"]
    assert docs.query([1, 0.5, 0.2], skip=np.int64(3)) == [everything[3].id]
    assert docs.query([1, 0.5, 0.2], skip=2**63 - 1) == []
    ids = [row.id for row in everything]
    assert docs.query_many([[1, 0.5, 0.2]] * 2, 2, skip=1) == [ids[1:3]] * 2
    assert docs.query_by_id("a", 9, skip=1) == docs.query_by_id("a", 9)[1:]
    assert docs.explain([1, 0.5, 0.2], skip=3)["rows"] == 1
    unordered = docs.query(None)
    assert docs.query(None, 2) + docs.query(None, 2, skip=2) == unordered
    assert docs.query(None, skip=2**63 - 1) == []


@pytest.mark.parametrize("bad", [-1, 2**63, 1.5, "1", None])
def test_skip_that_can_not_be(docs: vecs.Collection, bad: Any) -> None:  # noqa: ANN401
    for search in (
        lambda: docs.query([1, 0, 0], skip=bad),
        lambda: docs.query(None, skip=bad),
        lambda: docs.query_many([[1, 0, 0]], skip=bad),
        lambda: docs.query_by_id("a", skip=bad),
        lambda: docs.explain([1, 0, 0], skip=bad),
    ):
        with pytest.raises(exc.ArgError, match="skip must be"):
            search()


@pytest.mark.parametrize("value", ["\ud800", "a\udfff\ud800"])
def test_halves_of_characters(docs: vecs.Collection, value: str) -> None:
    with pytest.raises(exc.FilterError, match="cannot be written as JSON"):
        docs.query([1, 0, 0], filters={"k": value})


def test_filters_as_deep_as_can_be_passed(docs: vecs.Collection) -> None:
    filters: dict[str, Any] = {"k": 1}
    for _ in range(100_000):
        filters = {"$not": filters}
    with pytest.raises(exc.FilterError):
        docs.query([1, 0, 0], filters=filters)
