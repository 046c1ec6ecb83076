"""Rows by columns: matrices, data frames and Arrow tables, in and out."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

import vecs_sql as vecs
from vecs_sql import exc

IDS = ["b", "a", "c"]
MATRIX = np.array([[4, 5, 6], [1, 2, 3], [7, 8, 9]], np.float32)
METADATA: list[dict[str, Any]] = [{"k": 1}, {}, {"k": "text", "deep": [None]}]


def stored(docs: vecs.Collection) -> list[tuple[str, list[float], dict[str, Any]]]:
    return [(row.id, row.vec.tolist(), row.metadata) for row in docs.scan()]


ROWS = sorted(zip(IDS, MATRIX.tolist(), METADATA, strict=True))


@pytest.mark.parametrize("dtype", ["float32", "float64", "float16", "int64", ">f4"])
def test_matrix(docs: vecs.Collection, dtype: str) -> None:
    docs.upsert((IDS, MATRIX.astype(dtype), METADATA))
    assert stored(docs) == ROWS


def test_matrix_without_metadata(docs: vecs.Collection) -> None:
    docs.upsert((IDS, MATRIX))
    assert [metadata for *_, metadata in stored(docs)] == [{}, {}, {}]
    docs.upsert((tuple(IDS), MATRIX, [None, {"k": 2}, None]))
    assert [metadata for *_, metadata in stored(docs)] == [{"k": 2}, {}, {}]


@pytest.mark.parametrize("ids", [np.array(["b", "a"]), [2, 1], np.array([2, 1]), pd.Index(["b", "a"])])  # fmt: skip
def test_matrix_with_other_ids(docs: vecs.Collection, ids: Any) -> None:  # noqa: ANN401
    docs.upsert((ids, MATRIX[:2]))
    assert [row.id for row in docs.scan()] == sorted(map(str, ids))
    assert docs[str(ids[0])].vec.tolist() == [4, 5, 6]


@pytest.mark.parametrize("sort", [True, False])
def test_many(docs: vecs.Collection, sort: bool) -> None:
    numbers = np.random.default_rng(5).permutation(7001)
    numbers = np.sort(numbers) if sort else numbers
    matrix = np.stack([numbers, numbers * 2, numbers * 0], axis=1)
    metadata = [{"n": number} for number in numbers]
    docs.upsert(([f"{number:05}" for number in numbers], matrix, metadata))
    assert len(docs) == 7001
    for number in (0, 999, 1000, 3333, 7000):
        row = docs[f"{number:05}"]
        assert (row.vec.tolist(), row.metadata) == ([number, number * 2, 0], {"n": number})


def test_the_last_of_an_id_wins(docs: vecs.Collection) -> None:
    ids = [str(number % 1500) for number in range(4000)]
    matrix = np.stack([np.arange(4000)] * 3, axis=1)
    docs.upsert((ids, matrix))
    assert len(docs) == 1500
    assert docs["7"].vec.tolist() == [3007] * 3
    assert docs["1499"].vec.tolist() == [2999] * 3


def test_columns_that_are_no_lists(docs: vecs.Collection) -> None:
    """The order of a column counts, not its labels."""
    frame = pd.DataFrame({"id": [f"i{n:04}" for n in range(3000)], "n": range(3000)})
    frame = frame.sample(frac=1, random_state=0)
    frame["metadata"] = [{"n": n} for n in frame["n"]]
    matrix = np.stack([frame["n"]] * 3, axis=1)
    generators = (id_ for id_ in frame["id"]), matrix, (row for row in frame["metadata"])
    for columns in (
        (frame["id"], matrix, frame["metadata"]),
        (frame["id"].tolist(), matrix, frame["metadata"]),
        (pd.Index(frame["id"]), matrix, frame["metadata"].tolist()),
        (pa.array(frame["id"]), matrix, pa.array(frame["metadata"])),
        generators,
    ):
        docs.upsert(columns)
        assert len(docs) == 3000
        for row in docs.scan():
            assert int(row.id[1:]) == row.vec[0] == row.metadata["n"]
        docs.delete(filters={"n": {"$gte": 0}})
    some = frame[frame["n"] >= 1500]
    docs.upsert((some["id"], matrix[frame["n"] >= 1500], some["metadata"]))
    assert all(int(row.id[1:]) == row.vec[0] == row.metadata["n"] for row in docs.scan())


@pytest.mark.parametrize(
    "columns, error, text",
    [
        ((IDS[:2], MATRIX, METADATA), exc.ArgError, "columns differ in length"),
        ((IDS, MATRIX, METADATA[:1]), exc.ArgError, "columns differ in length"),
        ((IDS, MATRIX[:, :2], METADATA), exc.MismatchedDimension, 'id "b" has 2 dimensions, not 3'),
        ((IDS, MATRIX * np.nan, METADATA), exc.ArgError, 'vector of id "b" cannot be read'),
        ((IDS, MATRIX.astype(complex)), exc.ArgError, 'vector of id "b" cannot be read'),
        ((IDS, MATRIX, [{}, {"k": {1}}, {}]), exc.ArgError, 'metadata of id "a" cannot be written'),
        (([1.5, 2, 3], MATRIX), exc.ArgError, "an id must be a string, not float"),
        (("bac", MATRIX), exc.ArgError, "a str is not a column"),
        (({"b", "a", "c"}, MATRIX), exc.ArgError, "a set is not a column"),
        ((5, MATRIX), exc.ArgError, "an int is not a column"),
        ((["a", "b\0", "c"], MATRIX), exc.ArgError, r"the id 'b\\x00' cannot be stored"),
        ((["a", "é", "\ud800"], MATRIX), exc.ArgError, r"the id '\\ud800' cannot be stored"),
    ],
)  # fmt: skip
def test_columns_that_can_not_be(
    docs: vecs.Collection,
    columns: Any,  # noqa: ANN401
    error: type[Exception],
    text: str,
) -> None:
    with pytest.raises(error, match=text):
        docs.upsert(columns)
    assert len(docs) == 0


# Tables


def test_pandas(docs: vecs.Collection) -> None:
    docs.upsert(pd.DataFrame({"id": IDS, "vec": list(MATRIX), "metadata": METADATA}))
    assert stored(docs) == ROWS
    docs.upsert(
        pd.DataFrame({
            "id": [1, 2, 3], "vec": MATRIX.tolist(), "year": [1973, None, 2012], "name": ["x", "y", None],
            "when": pd.to_datetime(["2020-01-01", None, "2020-01-03"]),
        })
    )  # fmt: skip
    assert [row.metadata for row in docs.fetch([1, 2, 3])] == [
        {"year": 1973.0, "name": "x", "when": "2020-01-01T00:00:00"},
        {"name": "y"},
        {"year": 2012.0, "when": "2020-01-03T00:00:00"},
    ]
    docs.upsert(pd.DataFrame({"id": ["t"], "vec": [[1, 1, 1]], "metadata": ['{"k": [1]}']}))
    assert docs["t"].metadata == {"k": [1]}
    docs.upsert(pd.DataFrame({"id": ["n"], "vec": [[1, 1, 1]], "metadata": [float("nan")]}))
    assert docs["n"].metadata == {}
    texts = pd.Series(['{"k": 1}', None], dtype="string")
    docs.upsert(pd.DataFrame({"id": ["n", "m"], "vec": [[1, 1, 1]] * 2, "metadata": texts}))
    assert [row.metadata for row in docs.fetch(["n", "m"])] == [{"k": 1}, {}]


@pytest.mark.parametrize("make", [pd.DataFrame, pa.table])
def test_metadata_beside_other_columns(docs: vecs.Collection, make: Any) -> None:  # noqa: ANN401
    metadata = ['{"k": 1}', '{"year": 2000}', "{}"]
    docs.upsert(
        make({"id": IDS, "vec": MATRIX.tolist(), "metadata": metadata, "year": [1973, 1980, 2012]})
    )
    assert [row.metadata for row in docs.fetch(IDS)] == [
        {"k": 1, "year": 1973}, {"year": 2000}, {"year": 2012},
    ]  # fmt: skip


@pytest.mark.parametrize(
    "vectors",
    [
        pa.array(MATRIX.tolist(), pa.list_(pa.float32(), 3)),
        pa.array(MATRIX.tolist(), pa.list_(pa.float64())),
        pa.array(MATRIX.tolist(), pa.large_list(pa.int64())),
        pa.array([[9, 9, 9], *MATRIX.tolist()], pa.list_(pa.float32(), 3)).slice(1),
    ],
)
@pytest.mark.parametrize("text", [True, False])
def test_arrow(docs: vecs.Collection, vectors: Any, text: bool) -> None:  # noqa: ANN401
    metadata = [json.dumps(row) for row in METADATA] if text else [{"k": 1}, {"k": None}, None]
    table = pa.table({"id": IDS, "vec": vectors, "metadata": metadata})
    docs.upsert(table)
    expected = [row[2] for row in ROWS] if text else [{}, {"k": 1}, {}]
    assert [row[:2] for row in stored(docs)] == [row[:2] for row in ROWS]
    assert [metadata for *_, metadata in stored(docs)] == expected
    [batch] = table.to_batches()
    for again in (batch, pa.RecordBatchReader.from_batches(table.schema, [batch, batch])):
        docs.delete(IDS)
        docs.upsert(again)
        assert [metadata for *_, metadata in stored(docs)] == expected


def test_arrow_with_other_columns(docs: vecs.Collection) -> None:
    docs.upsert(
        pa.table({"id": IDS, "vec": MATRIX.tolist(), "n": [1, None, 3], "s": ["x", "y", None]})
    )
    assert [metadata for *_, metadata in stored(docs)] == [{"s": "y"}, {"n": 1, "s": "x"}, {"n": 3}]
    docs.upsert(pa.table({"id": ["only"], "vec": [[1, 2, 3]]}))
    assert docs["only"].metadata == {}
    attributes = pa.array([[("colour", "red")]], pa.map_(pa.string(), pa.string()))
    docs.upsert(pa.table({"id": ["only"], "vec": [[1, 2, 3]], "attributes": attributes}))
    assert docs["only"].metadata == {"attributes": {"colour": "red"}}


def test_tables_that_can_not_be(docs: vecs.Collection) -> None:
    with pytest.raises(exc.ArgError, match='columns "id" and "vec"') as caught:
        docs.upsert(pd.DataFrame({"key": IDS, "vec": list(MATRIX)}))
    assert caught.value.detail == "It has key, vec."
    with pytest.raises(exc.ArgError, match='columns "id" and "vec"'):
        docs.upsert(pa.table({"id": IDS}))
    with pytest.raises(exc.ArgError, match='vector of id "c" cannot be read'):
        docs.upsert(pa.table({"id": IDS, "vec": [*MATRIX.tolist()[:2], None]}))
    with pytest.raises(exc.MismatchedDimension, match='vector of id "c" has 2 dimensions'):
        docs.upsert(pa.table({"id": IDS, "vec": [*MATRIX.tolist()[:2], [1.0, 2.0]]}))
    twice = pd.DataFrame([["a", [1, 2, 3], 1, 2]], columns=["id", "vec", "k", "k"])
    with pytest.raises(exc.ArgError, match="two columns of the same name: k"):
        docs.upsert(twice)
    columns = [pa.array(["a"]), pa.array([[1, 2, 3]]), pa.array([1]), pa.array([2])]
    with pytest.raises(exc.ArgError, match="two columns of the same name: k"):
        docs.upsert(pa.Table.from_arrays(columns, ["id", "vec", "k", "k"]))
    for text in ("{", "[" * 9999):
        with pytest.raises(exc.ArgError, match='metadata of id "a" is not JSON'):
            docs.upsert(pd.DataFrame({"id": ["a"], "vec": [[1, 2, 3]], "metadata": [text]}))
    with pytest.raises(exc.ArgError, match="cannot read records from an int"):
        docs.upsert(5)
    assert len(docs) == 0


# Out again


def test_to_numpy(docs: vecs.Collection) -> None:
    assert docs.to_numpy().matrix.shape == (0, 3)
    docs.upsert((IDS, MATRIX, METADATA))
    ids, matrix, metadata = columns = docs.to_numpy()
    assert list(zip(ids, matrix.tolist(), metadata, strict=True)) == ROWS
    assert matrix.dtype == np.float32
    assert docs.to_numpy({"k": 1}).ids == ["b"]
    docs.delete(IDS)
    docs.upsert(columns)
    assert stored(docs) == ROWS


def test_to_arrow(docs: vecs.Collection) -> None:
    assert docs.to_arrow().num_rows == 0
    docs.upsert((IDS, MATRIX, METADATA))
    table = docs.to_arrow()
    assert table.schema.field("vec").type == pa.list_(pa.float32(), 3)
    assert list(map(json.loads, table.column("metadata").to_pylist())) == [row[2] for row in ROWS]
    docs.delete(IDS)
    docs.upsert(table)
    assert stored(docs) == ROWS
    assert docs.to_arrow({"k": "text"}).column("id").to_pylist() == ["c"]
    batches = list(docs.arrow_batches(page_size=2))
    assert [batch.num_rows for batch in batches] == [2, 1]
    assert pa.Table.from_batches(batches).equals(table)


def test_fetch_iter(docs: vecs.Collection) -> None:
    docs.upsert((str(number), [number, 0, 0], None) for number in range(2500))
    ids = (str(number) for number in [*range(2499, -1, -1), 9999])
    found = list(docs.fetch_iter(ids))
    assert [row.id for row in found] == [str(number) for number in range(2499, -1, -1)]
    assert list(docs.fetch_iter([])) == []
    with pytest.raises(exc.ArgError, match="ids must be a list of strings"):
        list(docs.fetch_iter("abc"))
