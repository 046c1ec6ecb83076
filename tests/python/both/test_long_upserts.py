"""Loads whose records come slowly: nothing is held open meanwhile, parts can be committed, the unchanged left out."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence, Sized
from functools import partial
from types import SimpleNamespace
from typing import Any

import numpy as np
import psycopg
import pytest

import vecs_sql as vecs
from vecs_sql import exc
from vecs_sql._ingest import spool as _spool
from vecs_sql.adapter import Adapter, AdapterStep, NoOp, ParagraphChunker, TextEmbedding


def rows(count: int, first: int = 0) -> list[Any]:
    return [(f"{n:05}", [n, 1, 2], {"n": n}) for n in range(first, first + count)]


def failing(records: Iterable[Any], at: int) -> Iterator[Any]:
    for number, record in enumerate(records):
        if number == at:
            raise RuntimeError("no more")
        yield record


class Model:
    """A model that counts what it embeds, and can break down."""

    model_name = "counts"

    def __init__(self, breaks_at: int | None = None) -> None:
        self.texts: list[str] = []
        self.breaks_at = breaks_at
        self.look: Callable[[], object] = lambda: None

    def encode(self, texts: Sequence[str]) -> list[list[float]]:
        self.look()
        self.texts += texts
        if self.breaks_at is not None and len(self.texts) > self.breaks_at:
            raise RuntimeError("the model is tired")
        return [[len(text), 1, 2] for text in texts]

    def taken(self) -> list[str]:
        """The texts since the last time."""
        taken, self.texts = self.texts, []
        return taken


@pytest.fixture
def model() -> Model:
    return Model()


@pytest.fixture
def texts(docs: vecs.Collection, model: Model) -> vecs.Collection:
    """The collection, with an adapter."""
    docs.adapter = Adapter([TextEmbedding(model=model, batch_size=2)])
    return docs


# Nothing is held open


def in_transactions(url: str) -> int:
    """Count the other connections to the database that are in a transaction."""
    with psycopg.connect(url, autocommit=True) as connection:
        found = connection.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND pid <> pg_backend_pid() AND backend_type = 'client backend' AND xact_start IS NOT NULL"
        ).fetchone()
    assert found is not None
    return int(found[0])


def test_no_transaction_while_records_are_waited_for(docs: vecs.Collection, url: str) -> None:
    seen = []

    def slow() -> Iterator[Any]:
        for row in rows(2500):
            if row[2]["n"] % 500 == 0:
                seen.append(in_transactions(url))
            yield row

    for commit_every in (None, 1000):
        docs.upsert(slow(), commit_every=commit_every)
    assert seen == [0] * 10
    assert len(docs) == 2500


def test_no_transaction_while_a_model_works(texts: vecs.Collection, model: Model, url: str) -> None:
    seen = []
    model.look = lambda: seen.append(in_transactions(url))
    records = [(str(n), f"text {n}", None) for n in range(8)]
    for named in ({}, {"commit_every": 2}, {"skip_unchanged": True}):
        texts.upsert(records, **named)
        assert set(seen) == {0}
    assert len(texts) == 8


def test_what_waits_is_in_a_file(docs: vecs.Collection, monkeypatch: pytest.MonkeyPatch) -> None:
    files = []
    temporary = tempfile.TemporaryFile

    def counting(*arguments: Any, **named: Any) -> Any:  # noqa: ANN401
        files.append(temporary(*arguments, **named))
        return files[-1]

    monkeypatch.setattr(tempfile, "TemporaryFile", counting)
    monkeypatch.setattr(_spool, "_MEMORY_BYTES", 100_000)
    docs.upsert(iter(rows(5500)), progress=True)
    assert len(docs) == 5500
    assert docs["05499"].vec.tolist() == [5499, 1, 2]
    docs.upsert([*rows(5500), ("00000", [7, 7, 7], {})])  # a list is not
    assert len(files) == 1
    docs.upsert(iter([*rows(3000), ("00000", [7, 7, 7], {})]), commit_every=2500)
    assert docs["00000"].vec.tolist() == [7, 7, 7]  # the last wins
    with pytest.raises(RuntimeError, match="no more"):
        docs.upsert(failing(rows(6000, first=6000), 5000))
    assert len(docs) == 5500
    assert len(files) > 2
    assert all(file.closed for file in files)


# Commits on the way


@pytest.mark.parametrize("wrap", [iter, list, lambda records: (row for row in records)])
def test_commit_every(docs: vecs.Collection, wrap: Callable[[list[Any]], Any]) -> None:
    docs.upsert(wrap(rows(1250)), commit_every=100)
    assert len(docs) == 1250


@pytest.mark.parametrize(("every", "committed"), [(100, 200), (250, 250), (1000, 0), (1, 256)])
def test_where_it_breaks_off(docs: vecs.Collection, every: int, committed: int) -> None:
    with pytest.raises(exc.Incomplete) as caught:
        docs.upsert(failing(rows(1000), 256), commit_every=every)
    assert caught.value.committed == committed
    assert len(docs) == committed
    assert str(caught.value).startswith(
        f'the upsert into "{docs.name}" broke off, {committed} rows are committed. RuntimeError: no more. '
    )
    assert isinstance(caught.value.__cause__, RuntimeError)
    docs.upsert(iter(rows(1000)), commit_every=every * 10)
    assert len(docs) == 1000


def test_a_bad_record_on_the_way(docs: vecs.Collection) -> None:
    with pytest.raises(exc.Incomplete, match='id "bad"') as caught:
        docs.upsert(iter([*rows(30), ("bad", [1, 2], {})]), commit_every=10)
    assert (caught.value.committed, len(docs)) == (30, 30)
    assert isinstance(caught.value.__cause__, exc.MismatchedDimension)


def test_a_model_that_breaks_down(texts: vecs.Collection, model: Model) -> None:
    records = [(f"{n:02}", f"text {n}", None) for n in range(20)]
    model.breaks_at = 10
    with pytest.raises(exc.Incomplete, match="the model is tired") as caught:
        texts.upsert(records, commit_every=4, skip_unchanged=True)
    assert (caught.value.committed, len(texts)) == (8, 8)
    model.breaks_at = None
    model.taken()
    texts.upsert(records, commit_every=4, skip_unchanged=True)
    assert model.taken() == [f"text {n}" for n in range(8, 20)]
    assert len(texts) == 20


def test_chunks_with_commits(docs: vecs.Collection, model: Model) -> None:
    docs.adapter = Adapter([ParagraphChunker(skip_during_query=True), TextEmbedding(model=model)])
    docs.upsert(
        [(str(n), "a\n\nb\n\nc", None) for n in range(5)], replace_chunks=True, commit_every=2
    )
    assert len(docs) == 15
    docs.upsert([(str(n), "a\n\nb", None) for n in range(5)], replace_chunks=True, commit_every=2)
    assert len(docs) == 10


@pytest.mark.parametrize("bad", [0, -1, 1.5, "10", True])
def test_commit_every_that_is_none(docs: vecs.Collection, bad: Any) -> None:  # noqa: ANN401
    with pytest.raises(exc.ArgError, match="commit_every must be a number of rows"):
        docs.upsert(rows(3), commit_every=bad)
    assert len(docs) == 0


def test_who_commits(docs: vecs.Collection, url: str) -> None:
    for autocommit in (False, True):
        with psycopg.connect(url, autocommit=autocommit) as connection:
            theirs = vecs.Client(connection).get_or_create_collection(docs.name)
            with pytest.raises(exc.ArgError, match="connection of the caller"):
                theirs.upsert(rows(3), commit_every=1)
            theirs.upsert(iter(rows(3)))
            assert len(theirs) == 3
            connection.rollback()
    assert len(docs) == 3


def test_progress_is_what_is_committed(
    docs: vecs.Collection, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(exc.Incomplete):
        docs.upsert(failing(rows(100), 60), commit_every=25, progress=True)
    assert "50/?" in capsys.readouterr().err


# What did not change


def hashes(docs: vecs.Collection) -> dict[str, str]:
    return {row.id: row.metadata.get("_vecs_hash", "") for row in docs.scan()}


def test_unchanged_texts_are_not_embedded(texts: vecs.Collection, model: Model) -> None:
    records = [("a", "one", {"k": 1}), ("b", "two", None), ("c", "three", {})]
    texts.upsert(records, skip_unchanged=True)
    assert sorted(model.taken()) == ["one", "three", "two"]
    before = hashes(texts)
    assert len(set(before.values())) == 3
    texts.upsert(records, skip_unchanged=True)
    texts.upsert(iter(records), skip_unchanged=True)
    assert model.taken() == []
    texts.upsert(
        [("a", "one", {"k": 1}), ("b", "TWO", None), ("d", "one", {})], skip_unchanged=True
    )
    assert sorted(model.taken()) == ["TWO", "one"]
    assert texts["b"].vec.tolist() == [3, 1, 2]
    assert hashes(texts)["a"] == before["a"] == hashes(texts)["d"]
    # Without it all are embedded and written, and have no hash.
    texts.upsert(records)
    assert len(model.taken()) == 3
    assert hashes(texts)["a"] == ""
    texts.upsert(records, skip_unchanged=True)
    assert len(model.taken()) == 3


def test_unchanged_rows_are_not_written(texts: vecs.Collection, url: str) -> None:
    def version() -> Any:  # noqa: ANN401
        with psycopg.connect(url) as connection:
            return connection.execute(
                f"SELECT id, xmin::text, ctid::text FROM vecs.{texts.name}"
            ).fetchall()

    records = [("a", "one", {"k": [1, 2.5, None, "é"]}), ("b", "two", None)]
    texts.upsert(records, skip_unchanged=True)
    before = version()
    texts.upsert(records, skip_unchanged=True)
    assert version() == before


def test_metadata_alone_changes(texts: vecs.Collection, model: Model) -> None:
    texts.upsert([("a", "one", {"k": 1}), ("b", "two", {"k": 1})], skip_unchanged=True)
    model.taken()
    texts.upsert([("a", "one", {"k": 2}), ("b", "two", {"k": 1})], skip_unchanged=True)
    assert model.taken() == []
    assert texts["a"].metadata == {"k": 2, "_vecs_hash": hashes(texts)["a"]}
    assert texts["a"].vec.tolist() == [3, 1, 2]


@pytest.mark.parametrize("wrap", [list, iter])
def test_a_text_that_comes_twice(
    texts: vecs.Collection, model: Model, wrap: Callable[[Any], Any]
) -> None:
    """The last wins, also where it is what the database had before."""
    texts.upsert([("a", "y", {"k": 1})], skip_unchanged=True)
    texts.upsert(wrap([("a", "longer", {"k": 1}), ("a", "y", {"k": 1})]), skip_unchanged=True)
    assert texts["a"].vec.tolist() == [1, 1, 2]
    texts.upsert(wrap([("a", "y", {"k": 2}), ("a", "y", {"k": 1})]), skip_unchanged=True)
    assert texts["a"].metadata["k"] == 1
    texts.upsert(wrap([("a", "longer", {}), ("a", "y", {})]), skip_unchanged=True, commit_every=1)
    assert texts["a"].vec.tolist() == [1, 1, 2]
    model.taken()
    texts.upsert([("a", "y", {})], skip_unchanged=True)
    assert model.taken() == []


def test_chunks_that_did_not_change(docs: vecs.Collection, model: Model) -> None:
    docs.adapter = Adapter([ParagraphChunker(skip_during_query=True), TextEmbedding(model=model)])
    docs.upsert(
        [("a", "one\n\ntwo\n\nthree", {"k": 1}), ("b", "x", {})],
        skip_unchanged=True,
        replace_chunks=True,
    )
    assert sorted(model.taken()) == ["one", "three", "two", "x"]
    docs.upsert(
        [("a", "one\n\nTWO", {"k": 1}), ("b", "x", {})], skip_unchanged=True, replace_chunks=True
    )
    assert model.taken() == ["TWO"]
    assert [row.id for row in docs.scan()] == ["a_para_000", "a_para_001", "b_para_000"]
    docs.upsert(iter([("a", "one", {"k": 1})]), skip_unchanged=True, replace_chunks=True)
    assert model.taken() == []
    assert [row.id for row in docs.scan()] == ["a_para_000", "b_para_000"]


def test_another_model_embeds_all_again(docs: vecs.Collection, model: Model) -> None:
    class Other(Model):
        pass

    records: list[Any] = [("a", "one", {}), ("b", "two", {})]
    other = Other()
    for embeds in (model, other, model):
        docs.adapter = Adapter([TextEmbedding(model=embeds)])
        docs.upsert(records, skip_unchanged=True)
        assert len(embeds.taken()) == 2


class Named:
    """A model, or a client of one, with some attributes; it may be called, too."""

    def __init__(self, **attributes: object) -> None:
        vars(self).update(attributes)

    def encode(
        self, texts: Sequence[str], prompt: Sized = "", model: str = ""
    ) -> list[list[float]]:
        return [[len(text), len(prompt), len(model)] for text in texts]


def named_function(texts: Sequence[str]) -> list[list[float]]:
    return Named().encode(texts)


def another_function(texts: Sequence[str]) -> list[list[float]]:
    return Named().encode(texts)


def card(name: str) -> Named:
    return Named(model_card_data=SimpleNamespace(base_model=name))


def closure(prompt: str) -> Callable[[Sequence[str]], list[list[float]]]:
    def embed(texts: Sequence[str]) -> list[list[float]]:
        return Named().encode(texts, prompt)

    return embed


@pytest.mark.parametrize(
    ("one", "same", "other"),
    [
        (Named(model_name="1"), Named(model_name="1"), Named(model_name="2")),
        (Named(model_id="1"), Named(model_id="1"), Named(model_id="2")),
        (Named(name_or_path="1"), Named(name_or_path="1"), Named(name_or_path="2")),
        (Named(model="1"), Named(model="1"), Named(model="2")),
        (card("1"), card("1"), card("2")),
        (Named(model="1").encode, Named(model="1").encode, Named(model="2").encode),
        (named_function, named_function, another_function),
        (
            partial(Named(model_id="1").encode, prompt="a"),
            partial(Named(model_id="1").encode, prompt="a"),
            partial(Named(model_id="1").encode, prompt="b"),
        ),
        (
            partial(Named().encode, model="1"),
            partial(Named().encode, model="1"),
            partial(Named().encode, model="2"),
        ),
    ],
)
def test_what_tells_models_apart(docs: vecs.Collection, one: Any, same: Any, other: Any) -> None:  # noqa: ANN401
    hashed = []
    for model in (one, same, other):
        docs.adapter = Adapter([TextEmbedding(model=model)])
        docs.upsert([("a", "one", {})], skip_unchanged=True)
        hashed.append(hashes(docs)["a"])
    assert hashed[0] == hashed[1] != hashed[2]


@pytest.mark.parametrize(
    "model",
    [
        Named(),
        Named(model_name=5),
        Named(model=Named()),
        Named().encode,
        partial(Named().encode, prompt="a"),
        partial(Named(model_id="1").encode, prompt=frozenset()),
        lambda texts: Named().encode(texts),
        closure("a"),
    ],
)
def test_a_model_without_a_name(docs: vecs.Collection, model: Any) -> None:  # noqa: ANN401
    docs.adapter = Adapter([TextEmbedding(model=model)])
    with pytest.raises(exc.ArgError, match="cannot tell the model from others") as caught:
        docs.upsert([("a", "one", {})], skip_unchanged=True)
    assert "model_name=" in str(caught.value.hint)
    assert len(docs) == 0
    hashed = []
    for name in ("1", "1", "2"):
        docs.adapter = Adapter([TextEmbedding(model=model, model_name=name)])
        docs.upsert([("a", "one", {})], skip_unchanged=True)
        hashed.append(hashes(docs)["a"])
    assert hashed[0] == hashed[1] != hashed[2]


def test_a_step_of_ones_own(docs: vecs.Collection) -> None:
    class Embeds(AdapterStep):
        model_name = "mine"
        texts = 0

        @property
        def exported_dimension(self) -> int | None:
            return 3

        def __call__(self, records: Iterable[Any], adapter_context: Any) -> Iterator[Any]:  # noqa: ANN401
            for id_, text, metadata in records:
                self.texts += 1
                yield id_, np.full(3, len(text)), metadata

    step = Embeds()
    docs.adapter = Adapter([step, NoOp(3)])
    for _ in range(2):
        docs.upsert([("a", b"bytes", None)], skip_unchanged=True)
    assert step.texts == 1
    with pytest.raises(exc.ArgError, match="not a text"):
        docs.upsert([("a", 5, None)], skip_unchanged=True)


def test_nothing_that_embeds(docs: vecs.Collection, texts: vecs.Collection) -> None:
    with pytest.raises(exc.ArgError, match="a step that embeds"):
        texts.upsert([("a", [1, 2, 3], {})], skip_adapter=True, skip_unchanged=True)
    for adapter in (Adapter([NoOp(3)]), Adapter([ParagraphChunker(skip_during_query=True)])):
        docs.adapter = adapter
        with pytest.raises(exc.ArgError, match="a step that embeds"):
            docs.upsert([("a", "text", {})], skip_unchanged=True)


# A transaction of the caller's


def test_a_transaction_that_was_idle_too_long(docs: vecs.Collection, url: str) -> None:
    with psycopg.connect(url) as connection:
        theirs = vecs.Client(connection).get_or_create_collection(docs.name)
        connection.execute("SET idle_in_transaction_session_timeout = '100ms'")

        def slow() -> Iterator[Any]:
            yield from rows(10)
            time.sleep(0.5)

        with pytest.raises(psycopg.errors.IdleInTransactionSessionTimeout) as caught:
            theirs.upsert(slow())
        assert "longer than idle_in_transaction_session_timeout" in str(caught.value)
        assert "nothing of it was written" in str(caught.value)
    assert len(docs) == 0
