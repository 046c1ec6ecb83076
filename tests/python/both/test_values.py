"""Values in metadata and in filters: numbers of every kind, UUIDs, and times, from objects and from tables."""

from __future__ import annotations

import datetime
import decimal
import enum
import json
import types
import uuid
import zoneinfo
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import psycopg
import pyarrow as pa
import pytest

import vecs_sql as vecs
from vecs_sql import exc

D = decimal.Decimal
ID = uuid.UUID("7f0c3a52-5a0b-4f0e-9d4e-0a6d3f1b2c4d")
UTC = datetime.timezone.utc
BERLIN = zoneinfo.ZoneInfo("Europe/Berlin")


class Colour(enum.Enum):
    RED = "red"


class Level(enum.IntEnum):
    HIGH = 3


def texts(docs: vecs.Collection) -> list[str]:
    """The metadata of all rows as the database has it: JSON text, with all digits."""
    return list(docs.to_arrow().column("metadata").to_pylist())


def ids(docs: vecs.Collection, filters: dict[str, Any]) -> str:
    return "".join(row.id for row in docs.scan(filters))


# Numbers


@pytest.mark.parametrize(
    "value, stored",
    [
        (np.float32(0.1), "0.1"),
        (np.float32(1e-45), "0.000000000000000000000000000000000000000000001"),
        (np.float32(16777216), "16777216.0"),
        (np.float16(0.1), "0.1"),
        (np.float64(0.1), "0.1"),
        (np.longdouble("0.1"), "0.1"),
        (np.array([0.1, 0.2], np.float32), "[0.1, 0.2]"),
        (np.array([[0.1], [0.2]], np.float16), "[[0.1], [0.2]]"),
        (np.array(0.1, np.float32), "0.1"),
        (np.ma.masked_array(np.array([0.1, 0.2], np.float32), mask=[False, True]), "[0.1, null]"),
        ([{"deep": (np.float32(0.1),)}], '[{"deep": [0.1]}]'),
        (np.array([True, False]), "[true, false]"),
        (np.array([np.float32(0.1), D("0.30"), None], object), "[0.1, 0.30, null]"),
        (pd.Series([0.1, 0.2], dtype="float32"), "[0.1, 0.2]"),
        (
            D("12345678901234567890.12345678901234567890"),
            "12345678901234567890.12345678901234567890",
        ),
        (D("0.10"), "0.10"),
        (D("-1E+3"), "-1000"),
        (D("1E-7"), "0.0000001"),
        ([D(1), "1", D("2.5")], '[1, "1", 2.5]'),
        (ID, f'"{ID}"'),
        (Colour.RED, '"red"'),
        (Level.HIGH, "3"),
        (types.MappingProxyType({"a": D(1)}), '{"a": 1}'),
    ],
    ids=repr,
)
def test_values(docs: vecs.Collection, value: Any, stored: str) -> None:  # noqa: ANN401
    docs.upsert([("a", [1, 2, 3], {"k": value}), ("b", [1, 2, 3], {"k": "other"})])
    docs.update_metadata({"patched": value}, ids=["a"])
    document, other = texts(docs)
    assert document == f'{{"k": {stored}, "patched": {stored}}}'
    assert other == '{"k": "other"}'
    if stored[0] not in "[{":
        assert ids(docs, {"k": value, "patched": {"$eq": value}}) == "a"
        assert ids(docs, {"k": {"$in": [1, value]}}) == "a"


def test_float32_is_found_by_its_decimal(docs: vecs.Collection) -> None:
    docs.upsert([("a", [1, 2, 3], {"price": np.float32(0.1)})])
    assert ids(docs, {"price": 0.1}) == ids(docs, {"price": np.float32(0.1)}) == "a"
    assert ids(docs, {"price": D("0.1")}) == ids(docs, {"price": np.float16(0.1)}) == "a"


def test_all_floats_come_back(docs: vecs.Collection) -> None:
    bits = np.random.default_rng(7).integers(0, 2**32, 3000, np.uint32).view(np.float32)
    bits = bits[np.isfinite(bits)]
    docs.upsert([("a", [1, 2, 3], {"array": bits, "one by one": list(bits)})])
    for stored in docs["a"].metadata.values():
        assert np.array_equal(np.array(stored, np.float32), bits)


def test_text_that_looks_like_a_number_of_ours(docs: vecs.Collection) -> None:
    """Numbers of many digits are written by a detour, and no text may be taken for one."""
    metadata = {"text": '"\\u00001.5"', "u0000": "u00001", "number": D("1.50")}
    docs.upsert([("a", [1, 2, 3], metadata)])
    assert json.loads(texts(docs)[0]) == {**metadata, "number": 1.5}
    for bad in ({"k": "\0001.5", "n": D(1)}, {"\0001": 5, "n": D(1)}, {"k": "\0001"}):
        with pytest.raises(exc.ArgError, match="cannot be written as JSON"):
            docs.upsert([("a", [1, 2, 3], bad)])


def frame(**columns: Any) -> pd.DataFrame:  # noqa: ANN401
    return pd.DataFrame(columns)


def arrow(**columns: Any) -> pa.Table:  # noqa: ANN401
    return pa.table(columns)


@pytest.mark.parametrize(
    "table",
    [
        frame(n=np.array([0.1, np.nan], np.float32)),
        frame(n=np.array([0.1, np.nan], np.float16)),
        frame(n=pd.array([0.1, None], dtype="Float32")),
        frame(n=pd.array([0.1, None], dtype=pd.ArrowDtype(pa.float32()))),
        frame(n=pd.Series([np.float32(0.1), None], dtype=object)),
        frame(n=pd.Categorical(np.array([0.1, np.nan], np.float32))),
        frame(n=pd.array([D("0.1"), None], dtype=pd.ArrowDtype(pa.decimal128(20, 1)))),
        frame(n=[D("0.1"), None]),
        arrow(n=pa.array([0.1, None], pa.float32())),
        arrow(n=pa.array([np.float16(0.1), None], pa.float16())),
        arrow(n=pa.array([D("0.1"), None], pa.decimal128(38, 1))),
        arrow(n=pa.array([D("0.1"), None], pa.decimal256(60, 1))),
        arrow(n=pa.array([0.1, None], pa.float32()).dictionary_encode()),
    ],
    ids=lambda table: str(getattr(table, "schema", getattr(table, "dtypes", None))),
)
def test_columns_of_numbers(docs: vecs.Collection, table: Any) -> None:  # noqa: ANN401
    if isinstance(table, pd.DataFrame):
        table = table.assign(id=["a", "b"], vec=[[1, 2, 3]] * 2)
    else:
        table = table.append_column("id", [["a", "b"]]).append_column("vec", [[[1, 2, 3]] * 2])
    docs.upsert(table)
    assert texts(docs) == ['{"n": 0.1}', "{}"]


@pytest.mark.parametrize(
    "column, stored",
    [
        (pa.array([[0.1, None]], pa.list_(pa.float32())), "[0.1, null]"),
        (pa.array([[0.1, 0.2]], pa.list_(pa.float32(), 2)), "[0.1, 0.2]"),
        (pa.array([[0.1]], pa.large_list(pa.float32())), "[0.1]"),
        (pa.array([{"x": np.float32(0.1), "y": None}], pa.struct({"x": pa.float32(), "y": pa.int8()})), '{"x": 0.1}'),
        (pa.array([[{"x": 0.1, "y": None}]], pa.list_(pa.struct({"x": pa.float32(), "y": pa.int8()}))), '[{"x": 0.1}]'),
        (pa.array([[("a", 0.1)]], pa.map_(pa.string(), pa.float32())), '{"a": 0.1}'),
        (pa.array([[[("a", D("1.50"))]]], pa.list_(pa.map_(pa.string(), pa.decimal128(5, 2)))), '[{"a": 1.50}]'),
        (pa.array([[]], pa.map_(pa.string(), pa.int8())), "{}"),
        (pa.array([ID.bytes], pa.uuid()), f'"{ID}"'),
        (pa.array(['{"x": [1]}'], pa.json_()), '{"x": [1]}'),
        (pa.array(["x"], pa.large_string()), '"x"'),
        (pa.array(["x"], pa.string_view()), '"x"'),
        (pa.DictionaryArray.from_arrays(pa.array([0], pa.uint32()), pa.array(["x"], pa.string_view())), '"x"'),
        (pa.array([datetime.time(1, 2)]), '"01:02:00"'),
        (pa.array([datetime.date(2024, 5, 31)]), '"2024-05-31"'),
        (pa.array([0], pa.timestamp("ns", "Asia/Tokyo")), '"1970-01-01T00:00:00+00:00"'),
        (pa.array([1], pa.timestamp("ns", "Asia/Tokyo")), '"1970-01-01T00:00:00.000000001+00:00"'),
        (pa.array([1_500_000], pa.timestamp("us")), '"1970-01-01T00:00:01.500000"'),
    ],
    ids=lambda value: str(getattr(value, "type", value)),
)  # fmt: skip
def test_arrow_types(docs: vecs.Collection, column: Any, stored: str) -> None:  # noqa: ANN401
    twice = pa.concat_arrays([column, column])
    table = pa.table({"id": ["a", "b"], "vec": [[1, 2, 3]] * 2, "k": twice})
    docs.upsert(table)
    assert texts(docs) == [f'{{"k": {stored}}}'] * 2
    docs.delete(["a", "b"])
    docs.upsert(table.slice(1))  # what Arrow does not copy begins elsewhere
    assert texts(docs) == [f'{{"k": {stored}}}']


@pytest.mark.parametrize("column", [[b"x"], pa.array([1], pa.duration("s")), [float("nan")]])
def test_arrow_types_that_can_not_be(docs: vecs.Collection, column: Any) -> None:  # noqa: ANN401
    with pytest.raises(exc.ArgError, match='metadata of id "a" cannot be written') as caught:
        docs.upsert(pa.table({"id": ["a"], "vec": [[1, 2, 3]], "k": column}))
    assert "at ['k']" in str(caught.value.detail)


def test_uuids_as_ids_of_tables(docs: vecs.Collection) -> None:
    docs.upsert(pa.table({"id": pa.array([ID.bytes], pa.uuid()), "vec": [[1, 2, 3]]}))
    docs.upsert(pd.DataFrame({"id": [ID], "vec": [[1, 2, 3]], "owner": [ID]}))
    assert docs[str(ID)].metadata == {"owner": str(ID)}
    assert ids(docs, {"owner": ID}) == str(ID)


# Where a fault is


def records(of: int, bad: int, row: Any) -> list[Any]:  # noqa: ANN401
    """Records in another order than that of their ids, the one of that position (from 1) bad."""
    return [
        row if number == bad else (f"{(number * 7919) % of:05}", [1, 2, 3], {})
        for number in range(1, of + 1)
    ]


@pytest.mark.parametrize("form", [list, iter, tuple])
@pytest.mark.parametrize(
    "row, names",
    [
        (("bad", [1, 2, 3], {"k": ["a\0b"]}), ("character \\u0000", "at ['k'][0]")),
        (("bad", [1, 2, 3], {"k": {"\ud800": 1}}), ("surrogate", "at ['k']['\\ud800']")),
        (("bad", [1, 2, 3], {"\0": 1}), ("character \\u0000", "at ['\\x00']")),
        (("bad\0", [1, 2, 3], {}), ("character \\u0000",)),
        (("bad\udfff", [1, 2, 3], {}), ("surrogate",)),
        (("bad", [1, 2], {}), ()),
        (("bad", [1, 2, float("nan")], {}), ("NaN",)),
    ],
)
def test_position_of_a_record(
    docs: vecs.Collection,
    form: Callable[[list[Any]], Any],
    row: Any,  # noqa: ANN401
    names: tuple[str, ...],
) -> None:
    for bad in (1, 1000, 1001, 2345):
        with pytest.raises(exc.ArgError) as caught:
            docs.upsert(form(records(2345, bad, row)))
        told = f"{caught.value} {caught.value.detail} {caught.value.hint}"
        assert "bad" in told
        assert f"ecord {bad}" in told
        for name in names:
            assert name in told
        assert "pass" in told or "dimensions" in told or "finite" in told
    assert len(docs) == 0


def test_position_in_columns(docs: vecs.Collection) -> None:
    for order in (1, -1):
        names = [f"{number:05}" for number in range(3000)][::order]
        metadata: list[Any] = [{}] * 2500 + [{"k": "\0"}] + [{}] * 499
        with pytest.raises(exc.ArgError) as caught:
            docs.upsert((names, np.ones((3000, 3)), metadata))
        assert "ecord 2501" in str(caught.value.detail)
        table = pa.table(
            {"id": names, "vec": [[1, 2, 3]] * 3000, "metadata": map(json.dumps, metadata)}
        )
        for made in (table, pa.concat_tables([table.slice(0, 1700), table.slice(1700)])):
            with pytest.raises(exc.ArgError) as caught:
                docs.upsert(made)
            assert f'id "{names[2500]}"' in str(caught.value)
            assert "ecord 2501" in str(caught.value.detail)


# Metadata that is NULL


@pytest.mark.filterwarnings("ignore:Query does not have")
def test_null_is_no_metadata(docs: vecs.Collection, name: str, url: str) -> None:
    docs.upsert([("a", [1, 2, 3], {"k": 1}), ("b", [1, 2, 4], {})])
    with psycopg.connect(url) as connection:
        connection.execute(f'ALTER TABLE vecs."{name}" ALTER metadata DROP NOT NULL')
        connection.execute(f"""UPDATE vecs."{name}" SET metadata = NULL WHERE id = 'b'""")
    assert [row.metadata for row in docs.scan()] == [{"k": 1}, {}]
    assert [row.metadata for row in docs.fetch(["b", "a"])] == [{}, {"k": 1}]
    assert docs["b"].metadata == {}
    assert [row.metadata for row in docs.query([1, 2, 3], include_metadata=True)] == [{"k": 1}, {}]
    assert [row.metadata for row in docs.query(None, include_metadata=True)] == [{"k": 1}, {}]
    assert docs.to_numpy().metadata == [{"k": 1}, {}]
    assert texts(docs) == ['{"k": 1}', "{}"]
    docs.upsert(docs.to_arrow())
    assert docs["b"].metadata == {}


# Times

# Each is an instant later than the one before, though not as text.
MOMENTS = [
    datetime.datetime(2023, 12, 30, 20, 0, tzinfo=datetime.timezone(-datetime.timedelta(hours=5))),
    datetime.datetime(2024, 1, 1, 0, 30, tzinfo=datetime.timezone(datetime.timedelta(hours=1))),
    datetime.datetime(2024, 1, 1, 0, 0, tzinfo=UTC),
    datetime.datetime(2024, 1, 1, 12, 0, 0, 5),
    pd.Timestamp("2024-01-01T23:59:59.999999+00:00"),
    np.datetime64("2024-01-02T00:00", "ns"),
]


@pytest.fixture
def timed(docs: vecs.Collection) -> vecs.Collection:
    rows = [
        (id_, [1, 2, 3], {"at": at, "deep": {"at": at}})
        for id_, at in zip("abcdef", MOMENTS, strict=True)
    ]
    docs.upsert([*rows, ("t", [1, 2, 3], {"at": "no time"}), ("x", [1, 2, 3], {})])
    return docs


def test_times_are_written_in_one_form(docs: vecs.Collection) -> None:
    docs.upsert([
        ("a", [1, 2, 3], {
            "winter": datetime.datetime(2024, 1, 31, 9, tzinfo=BERLIN),
            "summer": datetime.datetime(2024, 5, 31, 9, 0, 0, 250, tzinfo=BERLIN),
            "pandas": pd.Timestamp("2024-05-31 09:00", tz="Asia/Tokyo"),
            "naive": datetime.datetime(2024, 5, 31, 9),
            "day": datetime.date(2024, 5, 31),
        }),
    ])  # fmt: skip
    assert docs["a"].metadata == {
        "winter": "2024-01-31T08:00:00+00:00",
        "summer": "2024-05-31T07:00:00.000250+00:00",
        "pandas": "2024-05-31T00:00:00+00:00",
        "naive": "2024-05-31T09:00:00",
        "day": "2024-05-31",
    }


def test_texts_of_times_sort_as_the_times(docs: vecs.Collection) -> None:
    start = datetime.datetime(2024, 1, 1, tzinfo=UTC)
    steps = [0, 1, 999_999, 1_000_000, 1_000_001, 1_500_000, 2_000_000, 59_999_999, 60_000_000]
    moments = [start + datetime.timedelta(microseconds=step) for step in steps]
    docs.upsert([(str(n), [1, 2, 3], {"at": at}) for n, at in enumerate(moments)])
    written = [row.metadata["at"] for row in docs.scan()]
    assert written == sorted(written)
    for number, text in enumerate(written):  # in the database's collation, too
        assert docs.count({"at": {"$lt": text}}) == number


@pytest.mark.parametrize(
    "condition, found",
    [
        ({"$gte": datetime.datetime(2024, 1, 1, tzinfo=UTC)}, "cdef"),
        ({"$gte": datetime.datetime(2024, 1, 1)}, "cdef"),
        ({"$gt": datetime.datetime(2024, 1, 1, 1, tzinfo=BERLIN)}, "def"),
        ({"$lt": pd.Timestamp("2024-01-01", tz="UTC")}, "ab"),
        ({"$lte": np.datetime64("2024-01-01T00:00")}, "abc"),
        ({"$lte": np.datetime64("2024-01-01T12:00:00.000005000", "ns")}, "abcd"),
        ({"$eq": datetime.datetime(2023, 12, 31, 23, 30, tzinfo=UTC)}, "b"),
        (datetime.datetime(2024, 1, 1, 1, tzinfo=BERLIN), "c"),
        ({"$ne": datetime.datetime(2024, 1, 1, 1, tzinfo=BERLIN)}, "abdeft"),
        ({"$in": [MOMENTS[0], MOMENTS[5]]}, "af"),
        ({"$in": np.array(["2024-01-01T00:00", "2024-01-02T00:00"], "datetime64[s]")}, "cf"),
        ({"$nin": [MOMENTS[0], MOMENTS[5]]}, "bcdet"),
        ({"$between": [MOMENTS[1], MOMENTS[3]]}, "bcd"),
        ({"$not": {"$gte": MOMENTS[2]}}, "abtx"),
        # A date is the whole day.
        (datetime.date(2024, 1, 1), "cde"),
        ({"$eq": datetime.date(2024, 1, 1)}, "cde"),
        ({"$ne": datetime.date(2024, 1, 1)}, "abft"),
        ({"$gt": datetime.date(2024, 1, 1)}, "f"),
        ({"$gte": datetime.date(2024, 1, 1)}, "cdef"),
        ({"$lt": datetime.date(2024, 1, 1)}, "ab"),
        ({"$lte": datetime.date(2024, 1, 1)}, "abcde"),
        ({"$between": [datetime.date(2023, 12, 31), datetime.date(2024, 1, 1)]}, "abcde"),
        ({"$between": [datetime.date(2024, 1, 1), MOMENTS[3]]}, "cd"),
        ({"$in": [datetime.date(2023, 12, 31), datetime.date(2024, 1, 2)]}, "abf"),
        ({"$in": [datetime.date(2024, 1, 2), MOMENTS[0], "no time"]}, "aft"),
        ({"$nin": [datetime.date(2023, 12, 31), datetime.date(2024, 1, 2)]}, "cdet"),
        ({"$not": {"$eq": datetime.date(2024, 1, 1)}}, "abftx"),
        ({"$not": {"$ne": datetime.date(2024, 1, 1)}}, "cdex"),
        ({"$not": {"$in": [datetime.date(2024, 1, 1), datetime.date(2024, 1, 2)]}}, "abtx"),
        ({"$lte": datetime.date.max, "$gte": datetime.date.min}, "abcdef"),
        ({"$eq": np.datetime64("2024-01", "M")}, "cdef"),
        ({"$lte": np.datetime64("2023", "Y")}, "ab"),
        ({"$gte": datetime.date(2024, 1, 1), "$between": [MOMENTS[0], MOMENTS[3]]}, "cd"),
        ({"$eq": datetime.date(2024, 1, 1), "$between": [MOMENTS[3], MOMENTS[5]]}, "de"),
        ({"$exists": True, "$ne": datetime.date(2024, 1, 1)}, "abft"),
    ],
    ids=repr,
)  # fmt: skip
def test_times_in_filters(timed: vecs.Collection, condition: Any, found: str) -> None:  # noqa: ANN401
    assert ids(timed, {"at": condition}) == found
    deep = found.replace("t", "").replace("x", "")
    if "$not" in repr(condition):
        deep += "tx"  # these have no such key, and the complement has them
    assert ids(timed, {"deep": {"at": condition}}) == deep
    assert ids(timed, {"$or": [{"at": condition}, {"at": "no such"}]}) == found
    assert ids(timed, {"$and": [{"at": {"$exists": True}}], "at": condition}) == found.replace(
        "x", ""
    )
    assert ids(timed, {"$not": {"$not": {"at": condition}}}) == found


@pytest.mark.parametrize("joined", [3, "abc", None, {"at": 1}, {}])
def test_times_beside_an_operator_that_takes_a_list(timed: vecs.Collection, joined: Any) -> None:  # noqa: ANN401
    with pytest.raises(exc.FilterError, match=r'"\$and"'):
        timed.count({"$and": joined, "at": {"$nin": [datetime.date(2024, 5, 31)]}})


def test_index_of_times(timed: vecs.Collection) -> None:
    name = timed.create_metadata_index("at", kind="time")
    assert timed.create_metadata_index(["at"], kind="time") == name
    assert timed.create_metadata_index("at") != name
    assert ids(timed, {"at": {"$gte": datetime.date(2024, 1, 1)}}) == "cdef"
    assert timed.drop_metadata_index("at", kind="time")
    assert not timed.drop_metadata_index("at", kind="time")
    assert timed.drop_metadata_index("at")
    with pytest.raises(exc.ArgError, match="kind"):
        timed.create_metadata_index("at", kind="times")  # type: ignore[arg-type]


def test_times_elsewhere_in_filters_are_texts(docs: vecs.Collection) -> None:
    at = datetime.datetime(2024, 5, 31, 9, tzinfo=BERLIN)
    docs.upsert([("a", [1, 2, 3], {"list": [at, 1], "text": at}), ("b", [1, 2, 3], {"list": []})])
    assert ids(docs, {"list": {"$contains": at}}) == "a"
    assert ids(docs, {"list": {"$any": [at, 2]}}) == "a"
    assert ids(docs, {"list": [at, 1]}) == "a"
    assert ids(docs, {"text": {"$startswith": datetime.date(2024, 5, 31)}}) == "a"


def test_times_that_are_none(docs: vecs.Collection) -> None:
    for value in (pd.NaT, np.datetime64("NaT"), pd.NA, datetime.timedelta(1)):
        for filters in ({"at": value}, {"at": {"$gte": value}}, {"at": {"$in": [value]}}):
            with pytest.raises(exc.FilterError):
                docs.count(filters)


def test_a_fault_beside_a_time(docs: vecs.Collection) -> None:
    with pytest.raises(exc.FilterError) as caught:
        docs.count({"at": {"$gte": datetime.date(2024, 1, 1), "$gtee": 3}})
    assert "at.$gtee" in f"{caught.value} {caught.value.detail}"


def test_times_of_tables(docs: vecs.Collection) -> None:
    at = pd.to_datetime(["2024-05-31 09:00", None]).tz_localize("Europe/Berlin")
    table = pd.DataFrame({"id": ["a", "b"], "vec": [[1, 2, 3]] * 2, "at": at})
    for made in (table, pa.Table.from_pandas(table)):
        docs.upsert(made)
        assert [row.metadata for row in docs.scan()] == [{"at": "2024-05-31T07:00:00+00:00"}, {}]
        docs.delete(["a", "b"])


# Numbers that a vector cannot hold


@pytest.mark.parametrize(
    "make",
    [
        lambda ids, vectors: [(id_, vector, {}) for id_, vector in zip(ids, vectors, strict=True)],
        lambda ids, vectors: ((id_, vector, {}) for id_, vector in zip(ids, vectors, strict=True)),
        lambda ids, vectors: (ids, np.array(vectors, np.float64)),
        lambda ids, vectors: pd.DataFrame({"id": ids, "vec": vectors}),
        lambda ids, vectors: pa.table({"id": ids, "vec": vectors}),
    ],
)
def test_numbers_out_of_range(client: vecs.Client, name: str, make: Any) -> None:  # noqa: ANN401
    half = client.get_or_create_collection(name, dimension=3, element_type="halfvec")
    full = client.get_or_create_collection(f"{name}_full", dimension=3)
    for docs, number in ((half, 70_000.0), (half, -1e30), (half, 1e39), (full, 1e39)):
        with pytest.raises(exc.ArgError, match='"the one"'):
            docs.upsert(make(["a", "the one", "b"], [[1, 2, 3], [1, number, 3], [65504, 2, 3]]))
        assert len(docs) == 0
    half.upsert(make(["a"], [[65504, 2, 3]]))
    full.upsert(make(["a"], [[70_000.0, 1e38, 3]]))
    for docs in (half, full):
        with pytest.raises(exc.MismatchedDimension, match='"the one" has 2 dimensions, not 3'):
            docs.upsert([("b", [1, 2, 3], {}), ("the one", [1, 2], {})])
