"""Texts that are upserted again with fewer chunks."""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import pytest

import vecs_sql as vecs
from vecs_sql import exc
from vecs_sql.adapter import (
    Adapter,
    AdapterContext,
    AdapterStep,
    MarkdownChunker,
    ParagraphChunker,
    TextEmbedding,
    TokenChunker,
)


def embed(texts: Sequence[str]) -> list[list[float]]:
    return [[len(text), 0, 0] for text in texts]


def paragraphs(count: int) -> str:
    return "\n\n".join(f"paragraph {number}" for number in range(count))


def ids(docs: vecs.Collection) -> list[str]:
    return [row.id for row in docs.scan()]


@pytest.fixture
def texts(docs: vecs.Collection) -> vecs.Collection:
    docs.adapter = Adapter([ParagraphChunker(skip_during_query=True), TextEmbedding(model=embed)])
    return docs


@pytest.mark.parametrize("before, after", [(3, 1), (30, 2), (9, 8), (1, 4), (2, 2), (1200, 1001)])
def test_a_shorter_text_leaves_nothing(texts: vecs.Collection, before: int, after: int) -> None:
    texts.upsert([("a", paragraphs(before), {}), ("b", paragraphs(2), {}), ("a_para", "x", {})])
    texts.upsert([("a", paragraphs(after), {"new": True})], replace_chunks=True)
    kept = [f"a_para_{number:03}" for number in range(after)]
    assert ids(texts) == sorted([*kept, "a_para_para_000", "b_para_000", "b_para_001"])
    assert texts.count({"new": True}) == after


def test_the_same_text_twice(texts: vecs.Collection) -> None:
    """The last wins, and has its own chunks alone."""
    records = [
        ("a", paragraphs(5), {"v": 1}),
        ("b", paragraphs(2), {}),
        ("a", paragraphs(2), {"v": 2}),
    ]
    texts.upsert(records, replace_chunks=True)
    assert ids(texts) == ["a_para_000", "a_para_001", "b_para_000", "b_para_001"]
    assert texts.count({"v": 2}) == 2


def test_the_same_text_twice_and_once_empty(docs: vecs.Collection) -> None:
    docs.adapter = Adapter([MarkdownChunker(skip_during_query=True), TextEmbedding(model=embed)])
    records: list[Any] = [("c", "# a\n# b\n", {}), ("c", "", {})]
    with pytest.raises(exc.ArgError, match="comes 2 times, and not always has chunks"):
        docs.upsert(records, replace_chunks=True)
    docs.upsert(records[:1], replace_chunks=True)
    docs.upsert(records[1:], replace_chunks=True)
    assert len(docs) == 0


def words(text: str) -> list[tuple[int, int]]:
    return [found.span() for found in re.finditer(r"\S+", text)]


@pytest.mark.parametrize(
    "before, after, kept",
    [
        ("one\n\n\n\n\n\nfour", "one", ["000_tok_000"]),
        ("one\n\ntwo\n\nthree", "one\n\n\n\nthree", ["000_tok_000", "002_tok_000"]),
        ("a b c d e\n\nb", "a\n\nb", ["000_tok_000", "001_tok_000"]),
        ("a\n\nb\n\nc d e", "\n\n\n\nc", ["002_tok_000"]),
        ("a" + "\n\n" * 15 + "b", "", []),
    ],
)
def test_chunks_without_chunks(
    docs: vecs.Collection, before: str, after: str, kept: list[str]
) -> None:
    tokens = TokenChunker(skip_during_query=True, max_tokens=2, overlap=0, tokenizer=words)
    steps = [ParagraphChunker(skip_during_query=True), tokens, TextEmbedding(model=embed)]
    docs.adapter = Adapter(steps)
    docs.upsert([("t", before, {})])
    docs.upsert([("t", after, {})] * 2 if after else [("t", after, {})], replace_chunks=True)
    assert ids(docs) == [f"t_para_{name}" for name in kept]


def test_random_texts_leave_what_a_model_leaves(docs: vecs.Collection) -> None:
    """The collection has exactly the chunks of the last texts, whatever it had before."""
    chance = random.Random(7)
    markdown = MarkdownChunker(skip_during_query=True, max_tokens=2)
    for steps in ([ParagraphChunker(skip_during_query=True), markdown], [markdown]):
        docs.adapter = Adapter([*steps, TextEmbedding(model=embed)])
        texts = {}
        for _ in range(15):
            for name in chance.sample("abcd", 2):
                parts = [
                    chance.choice(["", "x", "# x\ny", "x y z", "# a\n# b"])
                    for _ in range(chance.randrange(6))
                ]
                texts[name] = "\n\n".join(parts)
                docs.upsert([(name, texts[name], {})], replace_chunks=True)
            chunks = Adapter(steps)(
                [(name, text, {}) for name, text in texts.items()], AdapterContext.upsert
            )
            assert ids(docs) == sorted(id_ for id_, _, _ in chunks)
        docs.delete(ids(docs))


def test_without_the_option_they_stay(texts: vecs.Collection) -> None:
    texts.upsert([("a", paragraphs(3), {})])
    texts.upsert([("a", paragraphs(1), {})])
    assert len(texts) == 3


def test_many_texts(texts: vecs.Collection) -> None:
    texts.upsert((f"t{number}", paragraphs(number % 20 + 1), {}) for number in range(600))
    texts.upsert(((f"t{number}", paragraphs(1), {}) for number in range(600)), replace_chunks=True)
    assert ids(texts) == sorted(f"t{number}_para_000" for number in range(600))


def test_texts_that_are_split_twice(docs: vecs.Collection) -> None:
    steps = [MarkdownChunker(skip_during_query=True), ParagraphChunker(skip_during_query=True)]
    docs.adapter = Adapter([*steps, TextEmbedding(model=embed)])
    long = "".join(f"# heading {number}\n{paragraphs(number % 12 + 1)}\n" for number in range(20))
    docs.upsert([("a", long, {}), ("b", long, {})])
    before = [id_ for id_ in ids(docs) if id_.startswith("b")]
    docs.upsert([("a", "# one\nx\n\ny\n# two\nz", {})], replace_chunks=True)
    assert [id_ for id_ in ids(docs) if id_.startswith("a")] == [
        "a_head_000_para_000", "a_head_000_para_001", "a_head_001_para_000",
    ]  # fmt: skip
    assert [id_ for id_ in ids(docs) if id_.startswith("b")] == before
    # Of an empty text nothing is left.
    docs.upsert([("a", "", {}), ("b", "", {})], replace_chunks=True)
    assert len(docs) == 0


def test_all_or_nothing(texts: vecs.Collection) -> None:
    texts.upsert([("a", paragraphs(9), {})])

    def fails() -> Iterator[Any]:
        yield "a", paragraphs(1), {}
        raise RuntimeError("no more")

    with pytest.raises(RuntimeError, match="no more"):
        texts.upsert(fails(), replace_chunks=True)
    assert len(texts) == 9


class Renames(AdapterStep):
    def __call__(self, records: Iterable[Any], adapter_context: Any) -> Iterator[Any]:  # noqa: ANN401
        for id_, media, metadata in records:
            yield f"{id_}!", media, metadata


def test_what_can_not_be_replaced(texts: vecs.Collection) -> None:
    chunker, embedding = texts.adapter.steps  # type: ignore[attr-defined]
    texts.adapter = Adapter([chunker, Renames(), embedding])
    with pytest.raises(exc.ArgError, match='"a_para_000!" is not the id of a chunk'):
        texts.upsert([("a", "x", {})], replace_chunks=True)
    assert len(texts) == 0
    texts.adapter = Adapter([embedding])
    with pytest.raises(exc.ArgError, match="needs an adapter that makes chunks"):
        texts.upsert([("a", "x", {})], replace_chunks=True)
