"""Writing rows: what is taken, what is refused and how, and that it is all or nothing."""

from __future__ import annotations

import array
import datetime
import decimal
import sys
import threading
import uuid
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import psycopg
import pytest

import vecs_sql as vecs
from tests.python.both.conftest import only_sync
from vecs_sql import _progress, exc
from vecs_sql.adapter import Adapter, AdapterStep, ParagraphChunker


def row(docs: vecs.Collection, id_: str) -> tuple[list[float], dict[str, Any]]:
    """A row's vector and metadata."""
    return docs[id_].vec.tolist(), docs[id_].metadata


@pytest.mark.parametrize(
    "vector",
    [
        [1, 2, 3],
        (1.0, 2.0, 3.0),
        [True, 2, 3],
        ["1", "2", "3"],
        [decimal.Decimal(1), np.int8(2), 3.0],
        array.array("d", [1, 2, 3]),
        *(
            np.array([1, 2, 3], dtype)
            for dtype in ("float16", "float32", "float64", ">f4", "int8", "int64", "uint16", object)
        ),
        np.array([[1, 9], [2, 9], [3, 9]], "float32")[:, 0],
    ],
    ids=repr,
)
def test_vectors(docs: vecs.Collection, vector: Any) -> None:  # noqa: ANN401
    docs.upsert([("a", vector, {})])
    assert docs["a"].vec.tolist() == [1, 2, 3]
    # Among others, which are lists.
    docs.upsert([("b", [0, 0, 0], {}), ("c", vector, {}), ("d", np.zeros(3), {})])
    assert docs["c"].vec.tolist() == [1, 2, 3]


def test_precision_is_that_of_float32(docs: vecs.Collection) -> None:
    values = [0.1, 1 / 3, 1e-38]
    docs.upsert([("list", values, {}), ("array", np.array(values), {})])
    for id_ in ("list", "array"):
        assert docs[id_].vec.tolist() == np.array(values, np.float32).tolist()


def generator() -> Iterator[Any]:
    yield "a", [1, 2, 3], {"k": 1}
    yield "b", [4, 5, 6], None


@pytest.mark.parametrize(
    "records",
    [
        [("a", [1, 2, 3], {"k": 1}), ("b", [4, 5, 6], {})],
        (["a", [1, 2, 3], {"k": 1}], ["b", [4, 5, 6], None]),
        generator,
        lambda: iter([("a", [1, 2, 3], {"k": 1}), ("b", [4, 5, 6], OrderedDict())]),
        lambda: zip(["a", "b"], np.array([[1, 2, 3], [4, 5, 6]]), [{}, None], strict=True),
        [{"id": "a", "vec": [1, 2, 3], "metadata": {"k": 1}}, {"vec": [4, 5, 6], "id": "b"}],
        {("a", (1, 2, 3), None): 0, ("b", (4, 5, 6), None): 0}.keys(),
    ],
    ids=lambda records: type(records).__name__,
)
def test_records(docs: vecs.Collection, records: Any) -> None:  # noqa: ANN401
    docs.upsert(records() if callable(records) else records)
    assert [(found.id, found.vec.tolist()) for found in docs.fetch(["a", "b"])] == [
        ("a", [1, 2, 3]),
        ("b", [4, 5, 6]),
    ]
    assert docs["b"].metadata == {}


@pytest.mark.parametrize("nothing", [[], (), iter([]), {}])
def test_nothing(docs: vecs.Collection, nothing: Any) -> None:  # noqa: ANN401
    docs.upsert(nothing)
    assert len(docs) == 0


def test_ids(docs: vecs.Collection) -> None:
    number = uuid.uuid4()
    ids = ["", "é🐘", "x" * 3000, "it's", "%s", np.str_("numpy"), 7, np.int64(8), number, -(2**70)]
    docs.upsert([(id_, [1, 2, 3], {}) for id_ in ids])
    assert [found.id for found in docs.fetch(ids)] == [str(id_) for id_ in ids]
    assert docs[str(number)].id == str(number)


@pytest.mark.parametrize("bad", [None, 1.5, True, b"a", ("a",)])
def test_ids_of_another_type(docs: vecs.Collection, bad: Any) -> None:  # noqa: ANN401
    with pytest.raises(exc.ArgError, match=f"an id must be a string, not {type(bad).__name__}"):
        docs.upsert([("good", [1, 2, 3], {}), (bad, [1, 2, 3], {})])
    assert len(docs) == 0


def test_metadata_comes_back_as_it_was(docs: vecs.Collection) -> None:
    metadata = {
        "text": 'é🐘 "quoted" back\\slash \\u0000 %s',
        "": [],
        "big": 2**70,
        "float": 1.5,
        "null": None,
        "true": True,
        "nested": {"list": [1, "1", {"a": [None]}]},
    }
    docs.upsert([("a", [1, 2, 3], metadata), ("b", [1, 2, 3], {"tuple": (1, 2), 3: 4})])
    assert docs["a"].metadata == metadata
    assert docs["b"].metadata == {"tuple": [1, 2], "3": 4}


def test_metadata_is_replaced(docs: vecs.Collection) -> None:
    docs.upsert([("a", [1, 2, 3], {"k": 1, "l": 2})])
    docs.upsert([("a", [3, 2, 1], {"m": 3})])
    assert row(docs, "a") == ([3, 2, 1], {"m": 3})
    docs.upsert([("a", [3, 2, 1], None)])
    assert row(docs, "a") == ([3, 2, 1], {})


def test_the_last_of_an_id_wins(docs: vecs.Collection) -> None:
    docs.upsert([("a", [1, 0, 0], {"n": 1}), ("b", [2, 0, 0], {}), ("a", [3, 0, 0], {"n": 3})])
    assert (len(docs), row(docs, "a")) == (2, ([3, 0, 0], {"n": 3}))
    # Also far apart, in different batches.
    docs.upsert((str(n % 3000), [n, 0, 0], {"n": n}) for n in range(9000))
    assert len(docs) == 3002
    assert row(docs, "5") == ([6005, 0, 0], {"n": 6005})


# All or nothing


def many(bad: Any, at: int = 50_000, of: int = 100_000) -> Iterator[Any]:  # noqa: ANN401
    for number in range(of):
        yield bad if number == at else (str(number), (number, 0, 0), None)


def test_a_bad_row_among_100_000(docs: vecs.Collection) -> None:
    docs.upsert([("0", [7, 7, 7], {"was": "there"})])
    with pytest.raises(
        exc.MismatchedDimension, match='the vector of id "bad" has 2 dimensions, not 3'
    ):
        docs.upsert(many(("bad", [1, 2], {})))
    assert len(docs) == 1
    assert row(docs, "0") == ([7, 7, 7], {"was": "there"})


def test_many_rows(docs: vecs.Collection) -> None:
    docs.upsert(many(("good", [1, 2, 3], {}), 12_345, 25_001))
    assert len(docs) == 25_001
    assert row(docs, "25000") == ([25_000, 0, 0], {})


def test_a_generator_that_raises(docs: vecs.Collection) -> None:
    def records() -> Iterator[Any]:
        yield from many(None, at=-1, of=5000)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        docs.upsert(records())
    assert len(docs) == 0


@only_sync
def test_a_generator_that_uses_the_client(docs: vecs.Collection, client: vecs.Client) -> None:
    docs.upsert([("a", [1, 2, 3], {"k": 1})])
    copy = client.get_or_create_collection(f"copy of {docs.name}", dimension=3)
    copy.upsert(docs[id_] for id_ in ["a"])
    assert row(copy, "a") == ([1, 2, 3], {"k": 1})


# What is refused

WELL: list[Any] = [(f"well{number}", [1, 2, 3], {}) for number in range(3)]


@pytest.mark.parametrize(
    "bad",
    [
        None,
        "[1,2,3]",
        b"abc",
        5,
        [],
        [[1, 2, 3]],
        [1, None, 3],
        [1, float("nan"), 3],
        [1, float("inf"), 3],
        [1, 1e39, 3],
        ["a", "b", "c"],
        [1 + 2j, 0, 0],
        {1, 2, 3},
        {"a": 1, "b": 2, "c": 3},
        (number for number in (1, 2, 3)),
        np.array([1, np.nan, 3]),
        np.array([1, 2, -np.inf]),
        np.array([[1, 2, 3]]),
        np.array(3.0),
        np.array([1 + 2j, 0, 0]),
        np.array([1, 2, 3], "datetime64[s]"),
    ],
    ids=lambda vector: repr(vector).partition(" at 0x")[0],
)
@pytest.mark.parametrize("among", [[], WELL])
def test_vectors_that_are_none(docs: vecs.Collection, bad: Any, among: list[Any]) -> None:  # noqa: ANN401
    with pytest.raises(exc.ArgError) as caught:
        docs.upsert([*among, ("bad one", bad, {}), *among])
    assert type(caught.value) is exc.ArgError
    assert str(caught.value).startswith('the vector of id "bad one" cannot be read')
    assert caught.value.sqlstate == "VS001"
    assert caught.value.detail
    assert caught.value.hint == "A vector is a one-dimensional list or array of finite numbers."
    assert len(docs) == 0


@pytest.mark.parametrize("length", [1, 2, 4, 16_001])
@pytest.mark.parametrize("among", [[], WELL])
@pytest.mark.parametrize("make", [list, np.array])
def test_vectors_of_another_length(
    docs: vecs.Collection,
    length: int,
    among: list[Any],
    make: Any,  # noqa: ANN401
) -> None:
    with pytest.raises(exc.MismatchedDimension) as caught:
        docs.upsert([*among, ("bad one", make([0.5] * length), {})])
    assert str(caught.value).startswith(
        f'the vector of id "bad one" has {length} dimensions, not 3'
    )
    assert caught.value.sqlstate == "VS004"
    assert caught.value.hint
    assert len(docs) == 0


@pytest.mark.parametrize(
    "value",
    [
        datetime.timedelta(1),
        float("nan"),
        float("-inf"),
        {1, 2},
        np.float32("nan"),
        b"bytes",
        np.bytes_(b"bytes"),
        np.timedelta64(1, "s"),
        np.array([np.timedelta64(1, "ns")]),
        1j,
        np.complex64(1),
        pd.NA,
        decimal.Decimal("NaN"),
        decimal.Decimal("-Infinity"),
        decimal.Decimal("1e200000"),
        decimal.Decimal("1e-20000"),
        np.longdouble("inf"),
        datetime.datetime.max.replace(tzinfo=datetime.timezone(-datetime.timedelta(hours=5))),
        "nul\0",
        "\0" + "1.5",
        "\\\\\0",
    ],
    ids=repr,
)
def test_metadata_that_is_not_json(docs: vecs.Collection, value: Any) -> None:  # noqa: ANN401
    with pytest.raises(exc.ArgError) as caught:
        docs.upsert([*WELL, ("bad one", [1, 2, 3], {"deep": [{"key": value}]}), *WELL])
    assert str(caught.value).startswith('the metadata of id "bad one" cannot be written as JSON')
    assert caught.value.sqlstate == "VS001"
    assert "at ['deep'][0]['key']" in str(caught.value.detail)
    assert caught.value.hint
    assert len(docs) == 0


def test_metadata_of_numpy_and_of_dates(docs: vecs.Collection) -> None:
    when = datetime.datetime(2012, 1, 2, 3, 4, 5, tzinfo=datetime.timezone.utc)
    metadata = {
        "integer": np.int64(3), "real": np.float32(1.5), "truth": np.bool_(True), "text": np.str_("a"),
        "when": when, "day": when.date(), "time": when.time(), "deep": [{"n": np.uint8(1)}],
    }  # fmt: skip
    docs.upsert([("a", [1, 2, 3], metadata)])
    assert docs["a"].metadata == {
        "integer": 3, "real": 1.5, "truth": True, "text": "a", "when": "2012-01-02T03:04:05+00:00",
        "day": "2012-01-02", "time": "03:04:05", "deep": [{"n": 1}],
    }  # fmt: skip
    assert docs.count({"when": when}) == docs.count({"integer": {"$gt": np.int16(2)}}) == 1


def test_times_of_numpy_and_pandas(docs: vecs.Collection) -> None:
    metadata = {
        "ns": np.datetime64("2020-01-01T00:00:00.5", "ns"), "us": np.datetime64("2020-01-01T00:00:00", "us"),
        "day": np.datetime64("2020-01-01"), "far": np.datetime64("12020-01-01", "s"),
        "stamp": pd.Timestamp("2020-01-01"),
    }  # fmt: skip
    docs.upsert([("a", [1, 2, 3], metadata)])
    assert docs["a"].metadata == {
        "ns": "2020-01-01T00:00:00.500000000", "us": "2020-01-01T00:00:00", "day": "2020-01-01",
        "far": "12020-01-01T00:00:00", "stamp": "2020-01-01T00:00:00",
    }  # fmt: skip
    for value in (np.datetime64("NaT"), pd.NaT, np.timedelta64(5, "ns"), pd.Timedelta(5)):
        with pytest.raises(exc.ArgError, match='metadata of id "b" cannot be written'):
            docs.upsert([("b", [1, 2, 3], {"k": value})])


def test_halves_of_characters(docs: vecs.Collection) -> None:
    with pytest.raises(exc.ArgError, match='metadata of id "a" cannot be written as JSON'):
        docs.upsert([("a", [1, 2, 3], {"k": "\ud800"})])
    docs.upsert([("whole", [1, 2, 3], {"k": "\U0001f418 \\ud800"})])
    assert docs["whole"].metadata == {"k": "\U0001f418 \\ud800"}


def test_arrays_in_metadata(docs: vecs.Collection) -> None:
    docs.upsert([("a", [1, 2, 3], {"tags": np.array(["x", "y"]), "n": np.arange(2)})])
    assert docs["a"].metadata == {"tags": ["x", "y"], "n": [0, 1]}


def test_masked_numbers(docs: vecs.Collection) -> None:
    masked = np.ma.masked_array([[1.0, 2, 3], [4, 5, 6]], mask=[[False] * 3, [False, True, False]])
    with pytest.raises(exc.ArgError, match="masked numbers"):
        docs.upsert((["a", "b"], masked))
    with pytest.raises(exc.ArgError, match='vector of id "b" cannot be read'):
        docs.upsert([("a", masked[0], {}), ("b", masked[1], {})])
    docs.upsert((["a"], masked[:1]))
    assert docs["a"].vec.tolist() == [1, 2, 3]


def test_ids_that_are_no_text(docs: vecs.Collection) -> None:
    for bad in ("a\0b", "\ud800"):
        with pytest.raises(exc.ArgError, match="cannot be stored") as caught:
            docs.upsert([("fine", [1, 2, 3], {}), (bad, [1, 2, 3], {})])
        assert caught.value.hint
    docs.upsert([("\U0001f418", [1, 2, 3], {})])
    assert docs["\U0001f418"].id == "\U0001f418"


def test_metadata_that_holds_itself(docs: vecs.Collection) -> None:
    metadata: dict[str, Any] = {}
    metadata["self"] = metadata
    with pytest.raises(exc.ArgError, match='id "a" cannot be written as JSON'):
        docs.upsert([("a", [1, 2, 3], metadata)])


@pytest.mark.parametrize(
    ("metadata", "kind"), [([1], "array"), ("text", "string"), (5, "number"), (True, "boolean")]
)
def test_metadata_that_is_not_an_object(docs: vecs.Collection, metadata: Any, kind: str) -> None:  # noqa: ANN401
    with pytest.raises(exc.ArgError) as caught:
        docs.upsert([*WELL, ("bad one", [1, 2, 3], metadata)])
    assert str(caught.value).startswith(
        f'the metadata of id "bad one" is a JSON {kind}, not an object'
    )
    assert caught.value.sqlstate == "VS001"
    assert caught.value.detail == "It belongs to record 4."
    assert caught.value.hint
    assert len(docs) == 0


@pytest.mark.parametrize(
    "value", [pd.NaT, pd.NA, np.datetime64("NaT"), np.timedelta64("NaT"), [1, pd.NA]], ids=repr
)
def test_values_that_are_missing(docs: vecs.Collection, value: Any) -> None:  # noqa: ANN401
    with pytest.raises(exc.ArgError) as caught:
        docs.upsert([("a", [1, 2, 3], {"k": value})])
    assert str(caught.value.detail).startswith("Record 1 has a missing value, NaT or NA, at ['k']")
    assert "use None" in str(caught.value.hint)


LONG = "long" + "".join(f"{n:x}" for n in np.random.default_rng(0).integers(0, 2**60, 400))


def with_long_id(at: int) -> list[Any]:
    """Records of which one has an id that is too long, and others have ids that can be compressed."""
    records: list[Any] = [(f"{(n * 7919) % 5000:04}", [n, 1, 2], {}) for n in range(1, 5001)]
    records[100] = ("long" * 2000, [1, 2, 3], {})
    records[at - 1] = (LONG, [1, 2, 3], {})
    return records


@pytest.mark.parametrize("commit_every", [None, 2000])
@pytest.mark.parametrize(
    "wrap", [list, iter, partial(pd.DataFrame, columns=["id", "vec", "metadata"])]
)
def test_an_id_that_is_too_long(
    docs: vecs.Collection, wrap: Callable[..., Any], commit_every: int | None
) -> None:
    """The record is that of the caller's, whatever calls they are sent in."""
    records = wrap(with_long_id(4322))
    with pytest.raises((exc.ArgError, exc.Incomplete)) as caught:
        docs.upsert(records, commit_every=commit_every)
    error = caught.value.__cause__ if commit_every else caught.value
    assert isinstance(error, exc.ArgError)
    assert error.message == (
        f'the id "{LONG[:100]}..." is too long for the primary key: {len(LONG)} bytes'
    )
    assert str(error.detail).endswith("; record 4322")
    assert error.sqlstate == "VS001"
    assert error.hint


def test_a_long_id_of_a_chunk(docs: vecs.Collection) -> None:
    """Chunks have no records of their own."""
    docs.adapter = Adapter([ParagraphChunker(skip_during_query=True), Lengths()])
    with pytest.raises(exc.ArgError, match="bytes") as caught:
        docs.upsert([("a", "one\n\ntwo", {}), (LONG, "three", {})])
    assert " row " not in caught.value.message
    assert "record" not in str(caught.value.detail)


class Lengths(AdapterStep):
    exported_dimension = 3

    def __call__(self, records: Iterable[Any], adapter_context: Any) -> Iterator[Any]:  # noqa: ANN401
        for id_, text, metadata in records:
            yield id_, [len(text), 1, 2], metadata


@pytest.mark.parametrize(
    "record",
    [
        ("a", [1, 2, 3]),
        ("a", [1, 2, 3], {}, None),
        "abc",
        5,
        None,
        {"id": "a"},
        {"id": "a", "vector": [1, 2, 3]},
        {"id": "a", "vec": [1, 2, 3], "metadata": {}, "more": 1},
    ],
    ids=repr,
)
def test_records_that_are_not_triples(docs: vecs.Collection, record: Any) -> None:  # noqa: ANN401
    with pytest.raises(exc.ArgError) as caught:
        docs.upsert([*WELL, record])
    assert str(caught.value).startswith("a record is not of the form (id, vector, metadata)")
    assert caught.value.sqlstate == "VS001"
    assert caught.value.detail
    assert caught.value.hint
    assert len(docs) == 0


def test_one_record_without_a_list(docs: vecs.Collection) -> None:
    with pytest.raises(exc.ArgError, match="a record is not of the form"):
        docs.upsert(("a", [1, 2, 3], {}))
    with pytest.raises(exc.ArgError, match="a record is not of the form"):
        docs.upsert({"id": "a", "vec": [1, 2, 3]})


# Progress


def test_progress_is_shown(docs: vecs.Collection, capsys: pytest.CaptureFixture[str]) -> None:
    docs.upsert(WELL, progress=True)
    docs.upsert(iter(WELL), progress=True)
    output, errors = capsys.readouterr()
    assert output == ""
    assert errors.count(f"upserting into {docs.name}") == 2
    assert "3/3" in errors
    assert "3/?" in errors
    assert len(docs) == 3


def test_progress_and_an_error(docs: vecs.Collection, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(exc.ArgError):
        docs.upsert(many(("bad", None, {}), 5000, 5001), progress=True)
    assert "upserting" in capsys.readouterr().err
    assert len(docs) == 0


@pytest.mark.parametrize("progress", [False, None])
def test_no_progress(
    docs: vecs.Collection, capsys: pytest.CaptureFixture[str], progress: bool | None
) -> None:
    docs.upsert(WELL, progress=progress)
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("progress", "patience", "shown"),
    [(True, 60, True), (None, 0, True), (None, 60, False), (False, 0, False)],
)
def test_progress_on_a_terminal(
    docs: vecs.Collection,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    progress: bool | None,
    patience: float,
    shown: bool,
) -> None:
    """By itself it is shown when the work has taken that long."""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setattr(_progress, "_PATIENCE_SECONDS", patience)
    docs.upsert(WELL, progress=progress)
    assert ("upserting" in capsys.readouterr().err) is shown


# Other types of vectors, made in SQL


@pytest.fixture
def halves(client: vecs.Client, url: str, name: str) -> vecs.Collection:
    """A collection of half-precision vectors."""
    with psycopg.connect(url) as connection:
        connection.execute("SELECT vecs.create_collection(%s, 3, 'halfvec')", [name])
    return client.get_or_create_collection(name, dimension=3)


def test_halfvec(halves: vecs.Collection) -> None:
    halves.upsert([("a", [1, 0, 0], {"k": 1}), ("b", np.array([0, 0.1, 0]), None)])
    assert (halves.dimension, len(halves)) == (3, 2)
    assert halves["b"].vec.dtype == np.float32
    assert halves["b"].vec.tolist() == np.array([0, 0.1, 0], np.float16).tolist()
    halves.create_index()
    assert halves.query([0, 1, 0], include_value=True) == [("b", 0.0), ("a", 1.0)]
    with pytest.raises(exc.MismatchedDimension, match='id "c"'):
        halves.upsert([("c", [1, 2], {})])


def test_halfvec_that_overflows(halves: vecs.Collection) -> None:
    with pytest.raises(exc.ArgError, match='vector of id "b"'):
        halves.upsert([("a", [1, 2, 3], {}), ("b", [1e6, 0, 0], {})])
    assert len(halves) == 0


def test_two_writers_of_the_same_rows_do_not_deadlock(docs: vecs.Collection) -> None:
    """Several batches each, in opposite orders."""
    records: list[Any] = [(f"id{number}", [number, 1, 2], {}) for number in range(6000)]
    problems: list[Exception] = []

    def write(mine: list[Any]) -> None:
        try:
            for _ in range(3):
                docs.upsert(mine)
        except Exception as error:
            problems.append(error)

    threads = [threading.Thread(target=write, args=(mine,)) for mine in (records, records[::-1])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    assert len(docs) == 6000
