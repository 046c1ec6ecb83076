"""Texts that stay with their vectors, and the documents that they come from."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from typing import Any

import pandas as pd
import psycopg
import pytest

import vecs_sql as vecs
from tests.python.both.conftest import only_sync
from vecs_sql import exc
from vecs_sql.adapter import (
    Adapter,
    AdapterStep,
    MarkdownChunker,
    ParagraphChunker,
    TextEmbedding,
    TokenChunker,
)


class Model:
    """A model that counts what it embeds."""

    model_name = "counts"

    def __init__(self) -> None:
        self.texts: list[str] = []

    def encode(self, texts: Sequence[str]) -> list[list[float]]:
        self.texts += texts
        return [[len(text), text.count("a"), 1] for text in texts]

    def taken(self) -> list[str]:
        """The texts since the last time."""
        taken, self.texts = self.texts, []
        return taken


@pytest.fixture
def model() -> Model:
    return Model()


def chunked(model: Model, **keys: Any) -> Adapter:  # noqa: ANN401
    named: dict[str, Any] = {"text_key": "text", "document_key": "document", **keys}
    steps = [ParagraphChunker(skip_during_query=True), TextEmbedding(model=model, batch_size=3)]
    return Adapter(steps, **named)


@pytest.fixture
def texts(docs: vecs.Collection, model: Model) -> vecs.Collection:
    """The collection, with an adapter that keeps texts and documents."""
    docs.adapter = chunked(model)
    return docs


def rows(docs: vecs.Collection) -> list[tuple[str, dict[str, Any]]]:
    return [(row.id, row.metadata) for row in docs.scan()]


def ids(docs: vecs.Collection) -> list[str]:
    return [row.id for row in docs.scan()]


def paragraphs(count: int, word: str = "paragraph") -> str:
    return "\n\n".join(f"{word} {number}" for number in range(count))


# What is stored


def test_chunks_know_their_texts_and_documents(texts: vecs.Collection) -> None:
    texts.upsert([("a", "one\n\ntwo", {"k": 1}), ("b", "three", None)])
    assert rows(texts) == [
        ("a_para_000", {"k": 1, "text": "one", "document": "a", "position": 0}),
        ("a_para_001", {"k": 1, "text": "two", "document": "a", "position": 1}),
        ("b_para_000", {"text": "three", "document": "b", "position": 0}),
    ]


@only_sync
def test_of_async_records(docs: vecs.Collection, url: str, model: Model) -> None:
    async def records() -> AsyncIterator[Any]:
        for number in range(700):
            yield f"{number:03}", "one\n\ntwo", {"k": number}

    async def run() -> None:
        async with vecs.create_async_client(url) as client:
            texts = await client.get_or_create_collection(docs.name, adapter=chunked(model))
            await texts.upsert(records(), replace_chunks=True)
            await texts.upsert([("007", "one", {})], replace_chunks=True)

    asyncio.run(run())
    assert len(docs) == 1399
    assert docs.count({"position": 1}) == 699
    assert docs["699_para_001"].metadata == {
        "k": 699, "text": "two", "document": "699", "position": 1,
    }  # fmt: skip


def test_without_the_keys_metadata_stay_as_they_are(docs: vecs.Collection, model: Model) -> None:
    docs.adapter = chunked(model, text_key=None, document_key=None)
    docs.upsert([("a", "one\n\ntwo", {"text": "mine", "document": 7, "position": None})])
    assert rows(docs) == [
        (f"a_para_{n:03}", {"text": "mine", "document": 7, "position": None}) for n in range(2)
    ]
    with pytest.raises(exc.ArgError, match="has no document_key") as caught:
        docs.delete(documents=["a"])
    assert "document_key=" in str(caught.value.hint)


@pytest.mark.parametrize(
    "adapter, expected",
    [
        ({"text_key": "body", "document_key": None}, {"body": "one"}),
        ({"text_key": None, "position_key": None}, {"document": "a"}),
        ({"document_key": "source", "position_key": "n"}, {"text": "one", "source": "a", "n": 0}),
    ],
)
def test_other_keys(
    docs: vecs.Collection, model: Model, adapter: dict[str, Any], expected: dict[str, Any]
) -> None:
    docs.adapter = chunked(model, **adapter)
    docs.upsert([("a", "one", {"k": 1})])
    assert docs["a_para_000"].metadata == {"k": 1, **expected}


def test_odd_ids_and_texts(docs: vecs.Collection, model: Model) -> None:
    docs.adapter = Adapter([TextEmbedding(model=model)], text_key="the text", document_key="it's")
    unique = uuid.uuid4()
    long = "a word " * 150_000
    docs.upsert(
        iter([(7, "", None), (unique, "ü 🐈", {}), ("x_para_000", long, {}), ("", "none", {})])
    )
    found = dict(rows(docs))
    assert found["7"] == {"the text": "", "it's": "7", "position": 0}
    assert found[str(unique)]["it's"] == str(unique)
    assert found["x_para_000"] == {"the text": long, "it's": "x_para_000", "position": 0}
    assert found[""]["it's"] == ""
    assert docs.delete(documents=[7, unique, ""]) == sorted(["", "7", str(unique)])
    assert ids(docs) == ["x_para_000"]


def test_tables(docs: vecs.Collection, model: Model) -> None:
    docs.adapter = chunked(model)
    frame = pd.DataFrame({"id": [1, 2], "vec": ["one\n\ntwo", "three"], "lang": ["en", "de"]})
    docs.upsert(frame)
    assert dict(rows(docs))["1_para_001"] == {
        "lang": "en", "text": "two", "document": "1", "position": 1,
    }  # fmt: skip
    with pytest.raises(
        exc.ArgError, match='has the key "text", under which the adapter keeps the text'
    ):
        docs.upsert(frame.rename(columns={"lang": "text"}))


@pytest.mark.parametrize("key", ["text", "document", "position"])
def test_metadata_that_have_the_key(texts: vecs.Collection, model: Model, key: str) -> None:
    with pytest.raises(exc.ArgError, match=f'metadata of id "a" has the key "{key}"') as caught:
        texts.upsert([("b", "one", {}), ("a", "one", {key: None})])
    assert f"another {key}_key" in str(caught.value.hint)
    assert model.taken() == []
    assert len(texts) == 0


@pytest.mark.parametrize(
    "text, metadata, message",
    [
        ("a\0b", {}, r'text of id "a_para_000" cannot be stored. It has the character \\u0000'),
        ("\ud800", {}, 'text of id "a_para_000" cannot be stored. It has half of a surrogate pair'),
        (b"one", {}, 'the media of id "a" is no text'),
        ("one", ["k"], 'metadata of id "a" is a JSON array, not an object'),
        ("one", "k", 'metadata of id "a" is a JSON string, not an object'),
    ],
)
def test_what_cannot_be_stored(
    texts: vecs.Collection,
    model: Model,
    text: str | bytes,
    metadata: object,
    message: str,
) -> None:
    with pytest.raises(exc.ArgError, match=message):
        texts.upsert([("a", text, metadata)])
    assert model.taken() == []


def test_vectors_are_stored_as_they_are(texts: vecs.Collection) -> None:
    """Rows that were fetched can be written again."""
    texts.upsert([("a", "one\n\ntwo", {"k": 1})])
    before = rows(texts)
    texts.upsert([tuple(row) for row in texts.scan()], skip_adapter=True)
    texts.upsert([("b", [1, 2, 3], {"text": 5})], skip_adapter=True)
    assert rows(texts) == [*before, ("b", {"text": 5})]


# Documents


def test_delete_documents(texts: vecs.Collection) -> None:
    texts.upsert([("a", paragraphs(3), {}), ("a_para_000", "x", {}), ("b", "y\n\nz", {})])
    nothing: list[Any] = [[], ["c"], iter([])]
    for none in nothing:
        assert texts.delete(documents=none) == []
    assert texts.delete(documents=("a", "a", "c")) == [f"a_para_{n:03}" for n in range(3)]
    assert ids(texts) == ["a_para_000_para_000", "b_para_000", "b_para_001"]
    assert texts.delete(documents={"a_para_000": 1, "b": 2}) != []
    assert len(texts) == 0


def test_delete_thousands_of_documents(texts: vecs.Collection) -> None:
    texts.upsert((f"d{number}", "one\n\ntwo", {}) for number in range(5001))
    assert len(texts.delete(documents=(f"d{number}" for number in range(1, 5001)))) == 10_000
    assert ids(texts) == ["d0_para_000", "d0_para_001"]


def test_a_few_documents_are_looked_up(texts: vecs.Collection, url: str) -> None:
    filters = texts._documents_filter(["a", "b", "a"])
    assert filters == {"document": {"$in": ["a", "b"]}}
    with psycopg.connect(url) as connection:
        connection.execute("SET LOCAL enable_seqscan = off")
        [(predicate,)] = connection.execute(
            "SELECT vecs.filter_sql(%s, %s)", [json.dumps(filters), texts.name]
        ).fetchall()
        plan = connection.execute(
            f'EXPLAIN SELECT id FROM vecs."{texts.name}" WHERE {predicate}'.encode()
        ).fetchall()
    assert "Bitmap Index Scan" in str(plan)


@pytest.mark.parametrize(
    "named, message",
    [
        ({"documents": ["a"], "ids": ["a"]}, "documents do not go with ids or filters"),
        ({"documents": [], "filters": {}}, "documents do not go with ids or filters"),
        ({"documents": "a"}, "documents must be a list of strings"),
        ({"documents": 7}, "documents must be a list of strings"),
        ({"documents": [None]}, "an id must be a string, not NoneType"),
        ({"documents": ["a", "\0"]}, r"^the id '\\x00' cannot be stored. It has the character"),
        ({}, "^Either ids or filters must be provided"),
    ],
)
def test_documents_that_are_none(
    texts: vecs.Collection, named: dict[str, Any], message: str
) -> None:
    texts.upsert([("a", "one", {})])
    with pytest.raises(exc.ArgError, match=message):
        texts.delete(**named)
    assert len(texts) == 1


# Chunks that are replaced


@pytest.mark.parametrize("position_key", ["position", None])
@pytest.mark.parametrize("before, after", [(3, 1), (30, 2), (9, 8), (1, 4), (2, 2), (1200, 1001)])
def test_a_shorter_document_leaves_nothing(
    texts: vecs.Collection, model: Model, before: int, after: int, position_key: str | None
) -> None:
    texts.adapter = chunked(model, position_key=position_key)
    texts.upsert([("a", paragraphs(before), {}), ("b", "x\n\ny", {}), ("a_para", "z", {})])
    texts.upsert([("a", paragraphs(after), {"new": True})], replace_chunks=True)
    kept = [f"a_para_{number:03}" for number in range(after)]
    assert ids(texts) == sorted([*kept, "a_para_para_000", "b_para_000", "b_para_001"])
    assert texts.count({"new": True}) == after


def test_a_document_that_is_split_in_another_way(texts: vecs.Collection, model: Model) -> None:
    """Chunks whose ids cannot be guessed are found, too."""
    texts.upsert([("a", "# one\n\ntwo", {}), ("b", "x", {})])
    embedding = TextEmbedding(model=model)
    keys: dict[str, Any] = {"text_key": "text", "document_key": "document"}
    for step, expected in (
        (MarkdownChunker(skip_during_query=True), ["a_head_000"]),
        (None, ["a"]),
        (Pages(), ["a/1", "a/2"]),
    ):
        texts.adapter = Adapter([embedding] if step is None else [step, embedding], **keys)
        texts.upsert([("a", "# one\n\ntwo", {})], replace_chunks=True)
        assert ids(texts) == sorted([*expected, "b_para_000"])
    texts.adapter = Adapter([MarkdownChunker(skip_during_query=True), embedding], **keys)
    texts.upsert([("a", "", {})], replace_chunks=True)
    assert ids(texts) == ["b_para_000"]


class Pages(AdapterStep):
    """A step of a user's own."""

    def __call__(self, records: Iterable[Any], adapter_context: Any) -> Iterator[Any]:  # noqa: ANN401
        for id_, text, metadata in records:
            for number, page in enumerate(text.split("\n\n"), 1):
                yield f"{id_}/{number}", page, {**metadata, "page": number}


@pytest.mark.parametrize("position_key", ["position", None])
@pytest.mark.parametrize("skip_unchanged", [False, True])
def test_a_document_that_comes_twice(
    texts: vecs.Collection, model: Model, position_key: str | None, skip_unchanged: bool
) -> None:
    """The last wins, and has its own chunks alone, in whatever batch it comes."""
    texts.adapter = chunked(model, position_key=position_key)
    texts.upsert([("a", paragraphs(7), {})])
    between: list[Any] = [(f"x{n}", "x", {}) for n in range(1500)]
    for some in ([], between):
        records = [("a", paragraphs(5), {"v": 1}), *some, ("a", paragraphs(2), {"v": 2})]
        texts.upsert(iter(records), replace_chunks=True, skip_unchanged=skip_unchanged)
        assert [id_ for id_ in ids(texts) if id_[0] == "a"] == ["a_para_000", "a_para_001"]
        assert texts.count({"v": 2}) == 2
        if position_key:
            assert [texts[f"a_para_{n:03}"].metadata["position"] for n in range(2)] == [0, 1]


def test_versions_that_have_no_chunk_in_common(docs: vecs.Collection, model: Model) -> None:
    tokens = TokenChunker(skip_during_query=True, tokenizer=lambda text: [(0, len(text))])
    steps = [ParagraphChunker(skip_during_query=True), tokens, TextEmbedding(model=model)]
    records: list[Any] = [("a", "\n\nsecond", {}), ("a", "first", {})]
    docs.adapter = Adapter(steps, document_key="document", position_key=None)
    with pytest.raises(exc.ArgError, match='the document "a" comes 2 times'):
        docs.upsert(records, replace_chunks=True)
    docs.adapter = Adapter(steps, document_key="document")
    docs.upsert(records, replace_chunks=True)
    assert ids(docs) == ["a_para_000_tok_000"]


def test_blank_chunks_are_left_out(client: vecs.Client, model: Model) -> None:
    steps = [ParagraphChunker(skip_during_query=True), TextEmbedding(model=model, dimension=3)]
    adapter = Adapter(steps, text_key="text", document_key="document")
    docs = client.get_or_create_collection("documents_blank", adapter=adapter)
    docs.upsert([("a", "one\n\n\n\n  \n\ntwo", {})])
    assert [(row.metadata["text"], row.metadata["position"]) for row in docs.scan()] == [
        ("one", 0),
        ("two", 1),
    ]
    docs.upsert([("a", " \n\n ", {})], replace_chunks=True)
    assert docs.count() == 0


def test_a_document_that_comes_twice_and_once_empty(docs: vecs.Collection, model: Model) -> None:
    steps = [MarkdownChunker(skip_during_query=True), TextEmbedding(model=model)]
    docs.adapter = Adapter(steps, document_key="document")
    with pytest.raises(exc.ArgError, match='the document "c" comes 2 times'):
        docs.upsert([("c", "# a\n# b\n", {}), ("c", "", {})], replace_chunks=True)
    assert len(docs) == 0


def test_many_documents(texts: vecs.Collection) -> None:
    texts.upsert((f"t{number}", paragraphs(number % 20 + 1), {}) for number in range(600))
    texts.upsert(
        ((f"t{number}", paragraphs(1), {}) for number in range(600)),
        replace_chunks=True,
        commit_every=250,
    )
    assert ids(texts) == sorted(f"t{number}_para_000" for number in range(600))


def test_all_or_nothing(texts: vecs.Collection, model: Model) -> None:
    texts.upsert([("a", paragraphs(9), {})])

    def fails() -> Iterator[Any]:
        yield "a", paragraphs(1), {}
        raise RuntimeError("no more")

    with pytest.raises(RuntimeError, match="no more"):
        texts.upsert(fails(), replace_chunks=True)
    assert len(texts) == 9


def test_vectors_of_documents(texts: vecs.Collection) -> None:
    texts.upsert([("a", paragraphs(9), {}), ("b", "x", {})])
    found = [("n1", [1, 2, 3], {"document": "a"}), ("n0", [1, 2, 3], {"document": "a"})]
    texts.upsert(found, skip_adapter=True, replace_chunks=True)
    assert ids(texts) == ["b_para_000", "n0", "n1"]
    with pytest.raises(exc.ArgError, match='metadata of id "n2" has no document under "document"'):
        texts.upsert([("n2", [1, 2, 3], None)], skip_adapter=True, replace_chunks=True)
    assert len(texts) == 3


# What did not change


def test_unchanged_chunks_are_not_embedded(texts: vecs.Collection, model: Model) -> None:
    texts.upsert([("a", "one\n\ntwo\n\nthree", {"k": 1})], skip_unchanged=True)
    assert sorted(model.taken()) == ["one", "three", "two"]
    before = rows(texts)
    assert [metadata.keys() for _, metadata in before] == [
        {"k", "text", "document", "position", "_vecs_hash"}
    ] * 3
    texts.upsert([("a", "one\n\ntwo\n\nthree", {"k": 1})], skip_unchanged=True, replace_chunks=True)
    assert model.taken() == []
    assert rows(texts) == before
    # What changed is embedded, and has its own position among those that did not.
    texts.upsert([("a", "one\n\nTWO", {"k": 2})], skip_unchanged=True, replace_chunks=True)
    assert model.taken() == ["TWO"]
    assert [(m["k"], m["text"], m["position"]) for _, m in rows(texts)] == [
        (2, "one", 0),
        (2, "TWO", 1),
    ]


def test_the_keys_are_added_without_embedding(docs: vecs.Collection, model: Model) -> None:
    """Rows of an adapter without the keys get them at their next upsert."""
    docs.adapter = chunked(model, text_key=None, document_key=None)
    records: list[Any] = [("a", "one\n\ntwo", {})]
    docs.upsert(records, skip_unchanged=True)
    model.taken()
    docs.adapter = chunked(model)
    docs.upsert(records, skip_unchanged=True)
    assert model.taken() == []
    assert docs.count({"document": "a", "text": {"$in": ["one", "two"]}}) == 2


# Words


def test_words_of_an_adapters_texts(texts: vecs.Collection) -> None:
    texts.upsert([("a", "A cat that sleeps.\n\nTaxes are due.", {}), ("b", "Dogs bark.", {})])
    for search in (texts.text_query, texts.hybrid_query):
        with pytest.raises(exc.IndexNotFound, match="has no text index") as caught:
            search("cats")
        assert "create_text_index()" in str(caught.value)
        assert 'under "text"' in str(caught.value)
    assert texts.create_text_index() == texts.create_text_index("text")
    assert texts.text_query("cats") == ["a_para_000"]
    [best, *others] = texts.hybrid_query("the barking dog", limit=10, include_metadata=True)
    assert best.metadata == {"text": "Dogs bark.", "document": "b", "position": 0}
    assert len(others) == 2
    groups = texts.query_groups("a cat", "document", include_metadata=True)
    assert {group.value for group in groups} == {"a", "b"}
    texts.upsert([("a", "Only birds.", {})], replace_chunks=True)
    assert texts.text_query("cats") == []
    texts.drop_text_index()


def test_a_text_index_without_a_key(docs: vecs.Collection, model: Model) -> None:
    with pytest.raises(exc.ArgError, match="the adapter has no text_key"):
        docs.create_text_index()
    docs.adapter = chunked(model, text_key=None)
    with pytest.raises(exc.ArgError, match="the adapter has no text_key"):
        docs.create_text_index()


# Another model, and tables that exist


@pytest.mark.parametrize("given", [None, "text"])
def test_another_model_for_chunks(
    client: vecs.Client, name: str, model: Model, given: str | None
) -> None:
    """The chunks are embedded as they are, and the adapter goes on making the same ones."""
    texts = client.get_or_create_collection(name, dimension=3, adapter=chunked(model))
    texts.upsert([("a", "one\n\ntwo", {}), ("b", "three", {})])
    before = rows(texts)
    new = TextEmbedding(model=lambda texts: [[len(text), 2] for text in texts], dimension=2)
    keys: dict[str, Any] = {"text_key": "text", "document_key": "document"}
    adapter = Adapter([ParagraphChunker(skip_during_query=True), new], **keys)
    assert texts.reembed(adapter, given, drop_old=True).rows == 3
    assert rows(texts) == before
    assert texts["a_para_000"].vec.tolist() == [3, 2]
    assert texts.delete(documents=["a"]) == ["a_para_000", "a_para_001"]


def test_another_model_takes_the_old_key(client: vecs.Client, name: str, model: Model) -> None:
    old = chunked(model, text_key="body")
    texts = client.get_or_create_collection(name, dimension=3, adapter=old)
    texts.upsert([("a", "one", {})])
    done = texts.reembed(Adapter([TextEmbedding(model=lambda t: [[1, 2]] * len(t))]), drop_old=True)
    assert (done.embedded, texts.dimension) == (1, 2)


def test_a_table_whose_texts_are_a_column(
    client: vecs.Client, url: str, name: str, model: Model
) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            f'CREATE TABLE public."{name}" (id text PRIMARY KEY, body text, doc text, n int, v vector(3))'.encode()
        )
        connection.execute(f"INSERT INTO public.\"{name}\" VALUES ('x', 'one')".encode())
        named: dict[str, Any] = {"text_key": "body", "document_key": "doc", "position_key": "n"}
        items = client.adopt(f'public."{name}"', name, adapter=chunked(model, **named))
        steps = [TextEmbedding(model=model)]
        items.adapter = Adapter(steps, **named)
        assert items.embed_missing() == 1
        items.adapter = chunked(model, **named)
        items.upsert([("a", "two\n\nthree", {})], replace_chunks=True)
        items.upsert([("a", "four", {})], replace_chunks=True)
        items.upsert([("b", "five", {})])
        assert items.delete(documents=["b"]) == ["b_para_000"]
        found = connection.execute(
            f'SELECT id, body, doc, n FROM public."{name}" ORDER BY id'.encode()
        )
        assert found.fetchall() == [("a_para_000", "four", "a", 0), ("x", "one", None, None)]
        connection.execute(f'DROP TABLE public."{name}" CASCADE'.encode())
