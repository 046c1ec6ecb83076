"""A collection: its rows by their ids, deleting them, and its indexes."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import psycopg
import pytest

import vecs_sql as vecs
from tests.python.both.conftest import only_sync
from vecs_sql import exc


@pytest.fixture
def filled(docs: vecs.Collection) -> vecs.Collection:
    """Four rows."""
    docs.upsert(
        [
            ("a", [1, 0, 0], {"n": 1}),
            ("b", [0, 1, 0], {"n": 2}),
            ("c", [0, 0, 1], {"n": 3}),
            ("d", [1, 1, 1], {}),
        ]
    )
    return docs


def run(url: str, statement: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute(statement.encode())


# What it is


def test_repr_and_attributes(client: vecs.Client, docs: vecs.Collection) -> None:
    assert repr(docs) == f'vecs.Collection(name="{docs.name}", dimension=3)'
    assert (docs.dimension, docs.client, docs.adapter.exported_dimension) == (3, client, 3)
    same = client.get_or_create_collection(docs.name)
    same.upsert([("a", [1, 2, 3], None)])
    assert len(docs) == 1


def test_len(filled: vecs.Collection) -> None:
    assert len(filled) == 4
    filled.delete(["a", "b"])
    assert len(filled) == 2


# Rows by their ids


def test_fetch(filled: vecs.Collection) -> None:
    [row] = filled.fetch(["b"])
    assert isinstance(row, vecs.Record)
    assert isinstance(row, tuple)
    assert (row.id, row.metadata) == (row[0], row[2]) == ("b", {"n": 2})
    assert row.vec is row[1]
    assert row.vec.dtype == np.float32
    assert row.vec.shape == (3,)
    assert row.vec.tolist() == [0, 1, 0]
    row.vec[0] = 5  # it is the caller's
    assert filled["b"].vec.tolist() == [0, 1, 0]
    id_, vector, metadata = row
    assert (id_, vector.tolist(), metadata) == ("b", [5, 1, 0], {"n": 2})
    assert str(pickle.loads(pickle.dumps(row))) == str(row)


@pytest.mark.parametrize(
    ("ids", "found"),
    [
        (["c", "a", "b"], "cab"),
        (["a", "nothing", "b", "a", "c", "b"], "abc"),
        (["nothing"], ""),
        ([], ""),
        ((), ""),
        (("d", "a"), "da"),
        ([("a",), ("c",)], "ac"),
        ([("a",), "b"], "ab"),
        (lambda: iter("da"), "da"),
        (lambda: (id_ for id_ in "cb"), "cb"),
        (np.array(["b", "a"]), "ba"),
        ({"b": 1, "a": 2}, "ba"),
    ],
)
def test_fetch_in_the_order_of_ids(filled: vecs.Collection, ids: Any, found: str) -> None:  # noqa: ANN401
    assert [row.id for row in filled.fetch(ids() if callable(ids) else ids)] == list(found)


def test_fetch_many(docs: vecs.Collection) -> None:
    docs.upsert((str(number), [number, 0, 0], None) for number in range(3000))
    ids = [str(number) for number in reversed(range(3000))]
    found = docs.fetch(ids)
    assert [row.id for row in found] == ids
    assert [row.vec[0] for row in found] == list(reversed(range(3000)))


def test_fetch_and_upsert_again(filled: vecs.Collection) -> None:
    filled.upsert(filled.fetch(["a", "b"]))
    assert filled["b"].metadata == {"n": 2}


@pytest.mark.parametrize("ids", ["abc", b"abc", None, 5])
def test_ids_that_are_no_list(filled: vecs.Collection, ids: Any) -> None:  # noqa: ANN401
    calls: list[Callable[[], object]] = [lambda: filled.fetch(ids)]
    if ids is not None:
        calls.append(lambda: filled.delete(ids))
    for call in calls:
        with pytest.raises(exc.ArgError) as caught:
            call()
        assert str(caught.value).startswith("ids must be a list of strings")
    assert len(filled) == 4


@pytest.mark.parametrize("ids", [["a", None], [1.5], [["a"]], [("a", "b")]])
def test_ids_that_are_no_strings(filled: vecs.Collection, ids: Any) -> None:  # noqa: ANN401
    for call in (filled.fetch, filled.delete):
        with pytest.raises(exc.ArgError, match="an id must be a string"):
            call(ids)
    assert len(filled) == 4


def test_getitem(filled: vecs.Collection) -> None:
    assert filled["a"].id == "a"
    assert filled["a"].vec.tolist() == [1, 0, 0]
    with pytest.raises(KeyError) as caught:
        filled["nothing"]
    assert caught.value.args == ('no item found with requested id: "nothing"',)


@pytest.mark.parametrize(
    ("bad", "what"), [("a\0", "the character"), ("a\ud83d", "half of a surrogate pair")]
)
def test_texts_that_can_not_be_sent(filled: vecs.Collection, bad: str, what: str) -> None:
    calls: list[tuple[str, Callable[[], object]]] = [
        ("the id", lambda: filled.fetch(["b", bad])),
        ("the id", lambda: filled.delete(["b", bad])),
        ("the id", lambda: filled.update_metadata({"k": 1}, ids=["b", bad])),
        ("the id", lambda: filled[bad]),
        ("the id", lambda: filled.query_by_id(bad)),
        ("the id", lambda: list(filled.scan(after=bad))),
        ("the id", lambda: list(filled.fetch_iter(iter([bad])))),
        ("the key", lambda: filled.create_metadata_index(bad)),
        ("the key", lambda: filled.create_metadata_index(["a", bad])),
        ("the key", lambda: filled.drop_metadata_index(bad)),
        ("kind", lambda: filled.create_metadata_index("a", kind=bad)),  # type: ignore[arg-type]
        ("mode", lambda: filled.update_metadata({"k": 1}, ids=["b"], mode=bad)),  # type: ignore[arg-type]
        ("strategy", lambda: filled.query([1, 2, 3], strategy=bad)),  # type: ignore[call-overload]
        ("the name", lambda: filled.client.get_or_create_collection(bad, dimension=3)),
        ("the name", lambda: filled.client.delete_collection(bad)),
    ]
    for whose, call in calls:
        with pytest.raises(exc.ArgError, match="cannot be stored") as caught:
            call()
        assert caught.value.message.startswith(whose)
        assert what in str(caught.value.detail)
        assert caught.value.hint
    assert len(filled) == 4


@pytest.mark.parametrize("key", [0, None, ("a",), ["a"], slice(0, 1)])
def test_getitem_by_another_type(filled: vecs.Collection, key: Any) -> None:  # noqa: ANN401
    with pytest.raises(exc.ArgError) as caught:
        filled[key]
    assert str(caught.value).startswith("items must be a string id")


# Counting, reading page by page


def test_count(filled: vecs.Collection) -> None:
    assert filled.count() == filled.count(None) == filled.count({}) == len(filled) == 4
    assert filled.count({"n": {"$gte": 2}}) == 2
    assert filled.count(filters={"n": {"$not": {"$lt": 9}}}) == 1
    with pytest.raises(exc.FilterError):
        filled.count({"n": {"$gr": 1}})


@pytest.mark.parametrize("page_size", [None, 1, 2, 3, 4, 5, np.int64(2), 2**40])
def test_scan(filled: vecs.Collection, page_size: Any) -> None:  # noqa: ANN401
    rows = list(filled.scan(page_size=page_size))
    assert rows == sorted(rows, key=lambda row: row.id)
    assert [row.id for row in rows] == ["a", "b", "c", "d"]
    assert all(isinstance(row, vecs.Record) for row in rows)
    assert [row.metadata for row in rows] == [{"n": 1}, {"n": 2}, {"n": 3}, {}]
    assert rows[1].vec.dtype == np.float32
    assert rows[1].vec.tolist() == [0, 1, 0]
    assert [row.id for row in filled.scan({"n": {"$gt": 1}}, page_size=page_size)] == ["b", "c"]
    assert [row.id for row in filled.scan(after="b", page_size=page_size)] == ["c", "d"]
    assert [row.id for row in filled.scan(filters={}, after="bb", page_size=page_size)] == [
        "c",
        "d",
    ]
    assert list(filled.scan({"n": 9}, page_size=page_size)) == []


def test_scan_many(docs: vecs.Collection) -> None:
    ids = [f"id{number:05}" for number in range(2500)]
    docs.upsert((id_, [1, 2, number], {"n": number}) for number, id_ in enumerate(ids))
    assert [(row.id, row.metadata["n"]) for row in docs.scan()] == [
        (id_, number) for number, id_ in enumerate(ids)
    ]


def test_scan_goes_on_while_rows_come_and_go(filled: vecs.Collection) -> None:
    """A page at a time: neither a transaction nor a connection is held between them."""
    scan = filled.scan(page_size=1)
    assert next(scan).id == "a"
    filled.delete(["a", "b"])
    filled.upsert([("bb", [1, 2, 3], {})])
    assert [row.id for row in scan] == ["bb", "c", "d"]
    with vecs.create_client(filled.client.session._connections._source, pool_size=1) as narrow:
        docs = narrow.get_or_create_collection(filled.name)
        assert [len(docs) for _ in docs.scan(page_size=1)] == [3, 3, 3]


@only_sync
def test_scan_and_upsert_again(filled: vecs.Collection) -> None:
    filled.upsert((row.id, row.vec * 2, {"seen": True}) for row in filled.scan(page_size=2))
    assert filled["d"].vec.tolist() == [2, 2, 2]
    assert filled.count({"seen": True}) == 4


def test_scan_arguments(filled: vecs.Collection) -> None:
    for page_size in (0, -1):
        with pytest.raises(exc.ArgError, match="page_size must be at least 1"):
            next(filled.scan(page_size=page_size))
    refused: list[tuple[Any, type[Exception]]] = [
        ({"page_size": 2.5}, exc.ArgError),
        ({"page_size": "2"}, exc.ArgError),
        ({"after": ["a"]}, exc.ArgError),
        ({"filters": ["n"]}, exc.FilterError),
        ({"filters": {1: 2}}, exc.FilterError),
    ]
    for arguments, error in refused:
        with pytest.raises(error):
            filled.scan(**arguments)  # at once, before a row is asked for
    with pytest.raises(exc.FilterError):
        next(filled.scan({"n": {"$gr": 1}}))


# Changing metadata


def test_update_metadata(filled: vecs.Collection) -> None:
    assert filled.update_metadata({"k": [1, None]}, ids=["a", "d", "nothing", "a"]) == 2
    assert filled["a"].metadata == {"n": 1, "k": [1, None]}
    assert filled["d"].metadata == {"k": [1, None]}
    assert filled.update_metadata({"k": "it's"}, filters={"n": {"$gte": 2}}) == 2
    assert filled.update_metadata(["n", "none"], ids=(id_ for id_ in "ab"), mode="remove") == 2
    assert filled.update_metadata(("k",), ids=[("a",)], mode="remove") == 1
    assert filled.update_metadata({"only": 1}, ids=["c"], mode="replace") == 1
    rows = filled.fetch(["a", "b", "c"])
    assert [row.metadata for row in rows] == [{}, {"k": "it's"}, {"only": 1}]
    assert [row.vec.tolist() for row in rows] == [[1, 0, 0], [0, 1, 0], [0, 0, 1]]


def test_update_metadata_of_none_and_of_all(filled: vecs.Collection) -> None:
    assert filled.update_metadata({"k": 1}, ids=[]) == 0
    assert filled.update_metadata({"k": 1}, filters={"n": 9}) == 0
    assert filled.count({"k": 1}) == 0
    assert filled.update_metadata({"k": 1}, filters={}) == 4
    assert filled.count({"k": 1}) == 4


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"patch": {}}, exc.ArgError),
        ({"patch": {}, "ids": ["a"], "filters": {"n": 1}}, exc.ArgError),
        ({"patch": {}, "ids": [], "filters": {}}, exc.ArgError),
        ({"patch": {}, "ids": "a"}, exc.ArgError),
        ({"patch": None, "ids": ["a"]}, exc.ArgError),
        ({"patch": ["n"], "ids": ["a"]}, exc.ArgError),
        ({"patch": {"n": 1}, "ids": ["a"], "mode": "remove"}, exc.ArgError),
        ({"patch": "n", "ids": ["a"], "mode": "remove"}, exc.ArgError),
        ({"patch": {"n": 1}, "ids": ["a"], "mode": "upsert"}, exc.ArgError),
        ({"patch": {"n": float("nan")}, "ids": ["a"]}, exc.ArgError),
        ({"patch": {"n": {1}}, "ids": ["a"]}, exc.ArgError),
        ({"patch": {"n": "\0"}, "ids": ["a"]}, exc.ArgError),
        # Not all rows, for what is no filter.
        ({"patch": {"n": 1}, "filters": []}, exc.FilterError),
        ({"patch": {"n": 1}, "filters": ""}, exc.FilterError),
        ({"patch": {"n": 1}, "filters": {"n": {"$gr": 1}}}, exc.FilterError),
    ],
)
def test_update_metadata_that_can_not_be(
    filled: vecs.Collection, arguments: dict[str, Any], error: type[Exception]
) -> None:
    with pytest.raises(error):
        filled.update_metadata(**arguments)
    assert [row.metadata for row in filled.scan()] == [{"n": 1}, {"n": 2}, {"n": 3}, {}]


# Indexes on the metadata


def test_metadata_indexes(filled: vecs.Collection) -> None:
    filled.update_metadata({"a": {"b": "x"}, "a.b": "y"}, ids=["a"])
    keys: list[Any] = ["n", "a.b", ["a", "b"], ("n", "m"), "it's", "{a,b}", "[]"]
    names = [filled.create_metadata_index(key) for key in keys]
    assert len(set(names)) == len(keys)
    assert [filled.create_metadata_index(key) for key in keys] == names
    assert filled.count({"a": {"b": {"$gte": "x"}}, "a.b": {"$gte": "y"}, "n": {"$lte": 1}}) == 1
    assert [filled.drop_metadata_index(key) for key in keys] == [True] * len(keys)
    assert [filled.drop_metadata_index(key) for key in keys] == [False] * len(keys)
    assert filled.create_metadata_index(["n"]) == filled.create_metadata_index("n")


def test_metadata_indexes_of_a_kind(filled: vecs.Collection) -> None:
    filled.update_metadata({"at": "2024-05-31T00:30:00+02:00", "a": {"b": "xyz"}}, ids=["a"])
    for key in ("at", ["a", "b"]):
        names = [filled.create_metadata_index(key, kind=kind) for kind in ("time", "pattern")]
        names.append(filled.create_metadata_index(key))
        assert len(set(names)) == 3
        assert filled.create_metadata_index(key, kind="time") == names[0]
        assert filled.count({"at": {"$lt": {"$time": "2024-05-31"}}}) == 1
        assert filled.count({"a": {"b": {"$startswith": "xy"}}}) == 1
        assert filled.drop_metadata_index(key, kind="pattern") is True
        assert filled.drop_metadata_index(key, kind="pattern") is False
        assert filled.drop_metadata_index(key) is True
        assert filled.drop_metadata_index(key) is False
    for kind in ("values", ""):
        with pytest.raises(exc.ArgError, match="unknown kind of metadata index"):
            filled.create_metadata_index("at", kind=kind)  # type: ignore[arg-type]
    with pytest.raises(exc.ArgError, match="unknown kind"):
        filled.drop_metadata_index("at", kind="values")  # type: ignore[arg-type]


@pytest.mark.parametrize("key", [None, 5, [], (), ["a", None], [1], {"a": 1}, b"n"])
def test_keys_that_can_not_be(filled: vecs.Collection, key: Any) -> None:  # noqa: ANN401
    for method in (filled.create_metadata_index, filled.drop_metadata_index):
        with pytest.raises(exc.ArgError, match="a metadata key must be a string"):
            method(key)


# Deleting


def test_delete_by_ids(filled: vecs.Collection) -> None:
    assert sorted(filled.delete(["a", "nothing", "c", "a"])) == ["a", "c"]
    assert filled.delete(["a"]) == []
    assert filled.delete([("b",)]) == ["b"]
    assert filled.delete(ids=(id_ for id_ in ["d"])) == ["d"]
    assert len(filled) == 0


def test_delete_by_filters(filled: vecs.Collection) -> None:
    assert sorted(filled.delete(filters={"n": {"$gte": 2}})) == ["b", "c"]
    assert filled.delete(filters={"n": {"$gte": 2}}) == []
    assert len(filled) == 2


def test_delete_nothing(filled: vecs.Collection) -> None:
    assert filled.delete([]) == []
    assert filled.delete(ids=()) == []
    assert filled.delete(iter([])) == []
    assert filled.delete(filters={}) == []
    assert len(filled) == 4
    assert vecs.Collection("not even there", 3, filled.client).delete([]) == []


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({}, "Either ids or filters must be provided."),
        ({"ids": None, "filters": None}, "Either ids or filters must be provided."),
        (
            {"ids": ["a"], "filters": {"n": 1}},
            "Either ids or filters must be provided, not both.",
        ),
        ({"ids": [], "filters": {}}, "Either ids or filters must be provided, not both."),
    ],
)
def test_delete_neither_or_both(
    filled: vecs.Collection, arguments: dict[str, Any], text: str
) -> None:
    with pytest.raises(exc.ArgError) as caught:
        filled.delete(**arguments)
    assert str(caught.value).startswith(text)
    assert len(filled) == 4


# Indexes


@pytest.mark.parametrize(
    ("measure", "ops"),
    [
        ("cosine_distance", "cosine"),
        (vecs.IndexMeasure.l2_distance, "l2"),
        ("max_inner_product", "ip"),
        (vecs.IndexMeasure.l1_distance, "l1"),
    ],
)
def test_create_index(filled: vecs.Collection, measure: Any, ops: str) -> None:  # noqa: ANN401
    assert filled.index is None
    assert not filled.is_indexed_for_measure(measure)
    filled.create_index(measure)
    assert filled.index is not None
    assert filled.index.startswith(f"ix_vector_{ops}_ops_hnsw_m16_efc160_")
    assert [m.value for m in vecs.IndexMeasure if filled.is_indexed_for_measure(m)] == [
        vecs.IndexMeasure(measure).value
    ]
    assert filled.query([1, 0, 0], 4, measure=measure, include_value=True)


@pytest.mark.parametrize(
    ("method", "arguments", "label"),
    [
        ("hnsw", None, "hnsw_m16_efc160"),
        ("hnsw", vecs.IndexArgsHNSW(), "hnsw_m16_efc64"),
        (vecs.IndexMethod.hnsw, vecs.IndexArgsHNSW(m=4), "hnsw_m4_efc64"),
        ("hnsw", vecs.IndexArgsHNSW(m=8, ef_construction=20), "hnsw_m8_efc20"),
        ("hnsw", vecs.IndexArgsHNSW(m=None, ef_construction=None), "hnsw_m16_efc160"),
        ("ivfflat", None, "ivfflat_nl30"),
        (vecs.IndexMethod.ivfflat, vecs.IndexArgsIVFFlat(n_lists=5), "ivfflat_nl5"),
        (vecs.IndexMethod.auto, None, "hnsw_m16_efc160"),
    ],
)
def test_index_methods(
    filled: vecs.Collection,
    method: Any,  # noqa: ANN401
    arguments: Any,  # noqa: ANN401
    label: str,
) -> None:
    filled.create_index(method=method, index_arguments=arguments)
    assert filled.index is not None
    assert filled.index.startswith(f"ix_vector_cosine_ops_{label}_")
    assert filled.query([1, 0, 0], 1) == ["a"]


def test_an_index_that_loses_searches(client: vecs.Client, name: str) -> None:
    chance = np.random.default_rng(7)
    centres = chance.normal(size=(40, 24))
    vectors = centres[chance.integers(0, 40, 3000)] + chance.normal(size=(3000, 24)) / 5
    docs = client.get_or_create_collection(name, dimension=24)
    docs.upsert((str(number), vector, None) for number, vector in enumerate(vectors))
    docs.create_index()
    with pytest.warns(UserWarning, match=rf'"{name}" for cosine_distance .*vecs\.create_index\('):
        docs.create_index(method="hnsw", index_arguments=vecs.IndexArgsHNSW(3, 6))
    assert docs.is_indexed_for_measure("cosine_distance")


def test_one_index_a_collection(filled: vecs.Collection, client: vecs.Client, url: str) -> None:
    other = client.get_or_create_collection(filled.name)

    def relation() -> object:
        with psycopg.connect(url) as connection:
            return connection.execute(
                "SELECT to_regclass(%s)::oid", [f"vecs.{filled.index}"]
            ).fetchone()

    filled.create_index()
    first = relation()
    filled.create_index()
    assert other.index == filled.index
    assert relation() != first
    other.create_index("l2_distance", "ivfflat")
    assert filled.index == other.index
    assert filled.is_indexed_for_measure("l2_distance")
    assert not filled.is_indexed_for_measure("cosine_distance")


def test_one_of_many_indexes_at_once(filled: vecs.Collection) -> None:
    measures = ["cosine_distance", "l2_distance", "max_inner_product"]
    with ThreadPoolExecutor(3) as pool:
        for _ in range(5):
            assert list(pool.map(filled.create_index, measures)) == [None] * 3
            assert sum(map(filled.is_indexed_for_measure, measures)) == 1


def test_one_index_of_several(filled: vecs.Collection, url: str) -> None:
    """SQL may make one a measure; the client's rule is one."""
    for measure in ("cosine_distance", "l2_distance", "l1_distance"):
        run(url, f"SELECT vecs.create_index('{filled.name}', '{measure}')")
    assert [m.name for m in vecs.IndexMeasure if filled.is_indexed_for_measure(m)] == [
        "cosine_distance",
        "l2_distance",
        "l1_distance",
    ]
    filled.create_index("max_inner_product")
    assert [m.name for m in vecs.IndexMeasure if filled.is_indexed_for_measure(m)] == [
        "max_inner_product"
    ]


def test_replace_is_false(filled: vecs.Collection) -> None:
    filled.create_index(replace=False)
    before = filled.index
    for measure in ("cosine_distance", "l2_distance"):
        with pytest.raises(exc.ArgError) as caught:
            filled.create_index(measure, replace=False)
        assert str(caught.value).startswith("replace is set to False but an index exists")
    assert filled.index == before


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"method": "btree"}, "invalid index method"),
        ({"method": None}, "invalid index method"),
        ({"measure": "nonsense"}, "Unknown index measure"),
        ({"measure": None}, "Unknown index measure"),
        (
            {"index_arguments": vecs.IndexArgsHNSW()},
            "Index build parameters are not allowed when using the IndexMethod.auto index.",
        ),
        (
            {"method": "ivfflat", "index_arguments": vecs.IndexArgsHNSW()},
            "IndexArgsHNSW build parameters were supplied but ivfflat index was specified.",
        ),
        (
            {"method": vecs.IndexMethod.hnsw, "index_arguments": vecs.IndexArgsIVFFlat(5)},
            "IndexArgsIVFFlat build parameters were supplied but hnsw index was specified.",
        ),
    ],
)
def test_index_arguments_that_vecs_refuses(
    filled: vecs.Collection, arguments: dict[str, Any], text: str
) -> None:
    with pytest.raises(exc.ArgError) as caught:
        filled.create_index(**arguments)
    assert str(caught.value).startswith(text)
    assert filled.index is None


@pytest.mark.parametrize(
    "arguments",
    [
        {"method": "hnsw", "index_arguments": vecs.IndexArgsHNSW(m=1)},
        {"method": "hnsw", "index_arguments": vecs.IndexArgsHNSW(m=101)},
        {"method": "hnsw", "index_arguments": vecs.IndexArgsHNSW(m=40, ef_construction=64)},
        {"method": "ivfflat", "index_arguments": vecs.IndexArgsIVFFlat(0)},
        {"method": "ivfflat", "measure": "l1_distance"},
        {"precision": "double"},
        {"method": "ivfflat", "precision": "binary"},
        {"min_recall": 2},
    ],
    ids=str,
)
def test_index_arguments_that_the_server_refuses(
    filled: vecs.Collection, arguments: dict[str, Any]
) -> None:
    filled.create_index("l2_distance")
    before = filled.index
    with pytest.raises(exc.ArgError) as caught:
        filled.create_index(**arguments)
    assert caught.value.sqlstate == "VS001"
    assert caught.value.hint
    assert filled.index == before


def test_vectors_too_long_for_an_index(client: vecs.Client, name: str) -> None:
    long = client.get_or_create_collection(name, dimension=2001)
    with pytest.raises(exc.Unsupported) as caught:
        long.create_index(precision="full")
    assert caught.value.sqlstate == "VS008"
    long.create_index()
    [described] = long.describe()["vector_indexes"]
    assert described["precision"] == "half"


def test_create_index_if_not_exists(filled: vecs.Collection) -> None:
    filled.create_index(precision="half")
    before = filled.describe()["vector_indexes"]
    filled.create_index(if_not_exists=True)
    assert filled.describe()["vector_indexes"] == before
    filled.create_index(if_not_exists=True, precision="full")
    [described] = filled.describe()["vector_indexes"]
    assert described["precision"] == "full"


def test_partial_indexes(filled: vecs.Collection) -> None:
    filters = {"year": 2012}
    filled.create_index(filters=filters)
    [described] = filled.describe()["vector_indexes"]
    assert described["filters"] == filters
    assert filled.index is None
    filled.create_index()
    assert filled.index is not None
    with pytest.raises(exc.ArgError):
        filled.create_index(filters=filters, replace=False)
    filled.create_index(filters={"year": 2013}, replace=False)
    assert len(filled.describe()["vector_indexes"]) == 3
    with pytest.raises(exc.FilterError):
        filled.create_index(filters={"year": {"$gr": 1}})


def test_precision(filled: vecs.Collection) -> None:
    filled.create_index(precision="half")
    assert filled.index is not None
    assert filled.index.startswith("ix_vector_cosine_ops_hnsw_m16_efc160_half_")
    assert filled.is_indexed_for_measure("cosine_distance")
    filled.create_index(
        method="hnsw",
        index_arguments=vecs.IndexArgsHNSW(8, 32),
        precision="binary",
        min_recall=0,
    )
    [described] = filled.describe()["vector_indexes"]
    assert (described["name"], described["precision"]) == (filled.index, "binary")
    assert filled.query([1, 0, 0], 1) == ["a"]


def test_create_index_concurrently(filled: vecs.Collection) -> None:
    filled.create_index("l2_distance", memory="64MB")
    filled.create_index(concurrently=True)
    described = filled.describe()["vector_indexes"]
    assert [index["measure"] for index in described] == ["cosine_distance"]
    before = described[0]["name"]
    filled.create_index(concurrently=True, if_not_exists=True)
    assert filled.index == before
    filled.create_index(concurrently=True, filters={"year": 2012})
    assert len(filled.describe()["vector_indexes"]) == 2
    with pytest.raises(exc.ArgError):
        filled.create_index(concurrently=True, replace=False)
    with pytest.raises(exc.ArgError, match="memory"):
        filled.create_index(concurrently=True, memory="much")


def test_advise_and_tune(filled: vecs.Collection, client: vecs.Client, name: str) -> None:
    with pytest.raises(exc.IndexNotFound):
        filled.tune()
    filled.create_index()
    [step] = filled.tune(0.5, 2, sample=3)
    assert isinstance(step, vecs.Tuned)
    assert (step.ef_search, step.recall, step.chosen) == (20, 1, True)
    with pytest.raises(exc.ArgError):
        filled.tune(2)
    with pytest.raises(exc.FilterError):
        filled.tune(filters={"a": {"$gr": 1}})
    docs = client.get_or_create_collection(f"{name}_large", dimension=3)
    docs.upsert((f"r{number}", [number, 1, 1], {}) for number in range(1600))
    found = docs.advise()
    assert all(isinstance(one, vecs.Advice) for one in found)
    assert any(one.statement.startswith("SELECT vecs.create_index") for one in found)


def test_a_concurrent_build_that_is_refused(client: vecs.Client, name: str) -> None:
    docs = client.get_or_create_collection(name, dimension=8)
    rows = np.random.default_rng(0).random((300, 8))  # of positive numbers the signs tell nothing
    docs.upsert((f"r{number}", row, {}) for number, row in enumerate(rows))
    docs.create_index()
    before = docs.describe()["vector_indexes"]
    with pytest.raises(exc.Unsupported, match="precision binary finds"):
        docs.create_index(precision="binary", concurrently=True)
    assert docs.describe()["vector_indexes"] == before


def failures(docs: vecs.Collection, **arguments: Any) -> list[tuple[Any, ...]]:  # noqa: ANN401
    """How create_index fails, without and with concurrently."""
    found = []
    for concurrently in (False, True):
        with pytest.raises((exc.VecsException, psycopg.Error)) as caught:
            docs.create_index(concurrently=concurrently, **arguments)
        error = caught.value
        told = str(error).splitlines()[0] if isinstance(error, exc.VecsException) else ""
        found.append((type(error), getattr(error, "sqlstate", None), told))
    return found


def test_errors_are_the_same_concurrently(filled: vecs.Collection, url: str) -> None:
    many = {"tags": {"$any": [f"t{number}" for number in range(40)]}}
    for arguments, sqlstate, text in (
        ({"filters": many}, "VS008", "this filter cannot be that of an index"),
        ({"filters": {"a": {"$gr": 1}}}, "VS005", "$gr"),
        ({"filters": {"a": 1}, "precision": "binary"}, "VS008", "precision binary"),
    ):
        plain, concurrent = failures(filled, **arguments)
        assert plain == concurrent
        assert plain[1] == sqlstate
        assert text in plain[2]
    filled.upsert([("long", [70000, 0, 0], {})])
    plain, concurrent = failures(filled, precision="half")
    assert plain == concurrent
    assert plain[:2] == (exc.Unsupported, "VS008")
    assert "Use the precision full." in plain[2]
    assert filled.describe()["vector_indexes"] == []
    filled.create_index(concurrently=True)
    run(url, f"DROP TABLE vecs.{filled.name}")
    plain, concurrent = failures(filled)
    assert plain == concurrent
    assert plain[0] is exc.CollectionNotFound


def test_indexes_made_by_hand_are_seen(filled: vecs.Collection, url: str) -> None:
    run(url, f"CREATE INDEX by_hand ON vecs.{filled.name} USING hnsw (vec vector_l2_ops)")
    assert filled.index == "by_hand"
    assert filled.is_indexed_for_measure("l2_distance")
    assert not filled.is_indexed_for_measure("cosine_distance")
    assert filled.query([1, 0, 0], 1, measure="l2_distance") == ["a"]  # and does not warn
    with pytest.raises(exc.ArgError, match="replace is set to False but an index exists"):
        filled.create_index(replace=False)
    filled.create_index()
    assert filled.index is not None
    assert filled.index.startswith("ix_vector_cosine_ops_hnsw")
    assert not filled.is_indexed_for_measure("l2_distance")


def test_an_index_dropped_by_hand_is_missed(filled: vecs.Collection, url: str) -> None:
    filled.create_index()
    run(url, f"DROP INDEX vecs.{filled.index}")
    assert filled.index is None
    assert not filled.is_indexed_for_measure("cosine_distance")
    filled.query([1, 0, 0])


@pytest.mark.parametrize("measure", ["nonsense", "", None, 5])
def test_is_indexed_for_an_unknown_measure(filled: vecs.Collection, measure: Any) -> None:  # noqa: ANN401
    filled.create_index()
    assert filled.is_indexed_for_measure(measure) is False
