"""Chunks and embeddings of text."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from os import PathLike
from typing import Any, Literal

from vecs_sql._protocol.metadata import HALF, HINTS, unstorable
from vecs_sql.adapter import _models as _embedding
from vecs_sql.adapter.base import AdapterContext, AdapterStep, Chunker, Record
from vecs_sql.exc import ArgError, MissingDependency

__all__ = [
    "ParagraphChunker",
    "SentenceChunker",
    "TextEmbedding",
    "TextEmbeddingModel",
    "TokenChunker",
]

TextEmbeddingModel = Literal[
    "all-mpnet-base-v2",
    "multi-qa-mpnet-base-dot-v1",
    "all-distilroberta-v1",
    "all-MiniLM-L12-v2",
    "multi-qa-distilbert-cos-v1",
    "all-MiniLM-L6-v2",
    "multi-qa-MiniLM-L6-cos-v1",
    "paraphrase-multilingual-mpnet-base-v2",
    "paraphrase-albert-small-v2",
    "paraphrase-multilingual-MiniLM-L12-v2",
    "paraphrase-MiniLM-L3-v2",
    "distiluse-base-multilingual-cased-v1",
    "distiluse-base-multilingual-cased-v2",
]
"""The models that vecs names; any other model of sentence-transformers works as well."""


class TextEmbedding(AdapterStep):
    """A step that embeds texts.

    Args:
        model: One of
            - the name of a model of sentence-transformers, run by that library where it is installed; else
              all-MiniLM-L6-v2 is run by the extra text-embedding, without torch and without a download;
            - a folder with a model of its form: run from its ONNX file where it has one, by the extra text-embedding;
            - an object with encode(texts), such as a SentenceTransformer, or a function of a list of texts. What it
              gives, a vector a text, is taken as it is; that of the others has length 1.
        batch_size: The number of texts to embed at a time.
        use_auth_token: The token of the Hugging Face hub, for private models.
        dimension: The dimension of the vectors, if the model does not report it.
        model_name: A name that tells the model from others, for skip_unchanged, if the model does not report one.

    Raises:
        exc.MissingDependency: What runs the model is not installed.
        exc.ArgError: There is no such folder, or model is nothing of these.
    """

    def __init__(
        self,
        *,
        model: TextEmbeddingModel | str | PathLike[str] | Any,  # noqa: ANN401
        batch_size: int = 8,
        use_auth_token: str | None = None,
        dimension: int | None = None,
        model_name: str | None = None,
    ) -> None:
        if batch_size < 1:
            raise ArgError(f"batch_size must be at least 1: {batch_size}")
        self.model, self._encode, known = _embedding.load(model, use_auth_token)
        # By what it is told from other models, where texts that did not change are not embedded again; None leaves that
        # to the model.
        self.model_name = model_name or _embedding.name_of(model, self.model)
        if dimension and known and dimension != known:
            raise ArgError(f"the model gives vectors of {known} dimensions, not {dimension}")
        self._exported_dimension = known or dimension
        self.batch_size = batch_size

    @property
    def exported_dimension(self) -> int | None:
        """The dimension of the embeddings; None if the model does not report it."""
        return self._exported_dimension

    @property
    def _embeds(self) -> bool:
        return True

    def __call__(self, records: Iterable[Any], adapter_context: AdapterContext) -> Iterator[Record]:
        """Yield the records with their texts' embeddings, batch by batch.

        Raises:
            exc.ArgError: The media of a record is no text, or the model gives another number of vectors than of texts.
        """
        iterator = iter(records)
        while batch := list(itertools.islice(iterator, self.batch_size)):
            for id_, text, _ in batch:
                if not isinstance(text, str):
                    raise ArgError(
                        f'the media of id "{id_}" is no text, but of type {type(text).__name__}',
                        hint="Pass skip_adapter=True where it is a vector.",
                    )
                if (what := unstorable(text)) == HALF:
                    raise ArgError(
                        f'the text of id "{id_}" cannot be embedded',
                        detail=f"It has {what}.",
                        hint=HINTS[what],
                    )
            vectors = self._encode([text for _, text, _ in batch])
            vectors = vectors if hasattr(vectors, "__len__") else list(vectors or ())
            if len(vectors) != len(batch):
                raise ArgError(
                    f"the model gave {len(vectors)} vectors for {len(batch)} texts",
                    hint="It must give one vector a text, in their order.",
                )
            for (id_, _, metadata), vector in zip(batch, vectors, strict=True):
                yield id_, vector, metadata or {}


class ParagraphChunker(Chunker):
    r"""A step that splits texts at empty lines ("\n\n"): ids `{id}_para_{000}`.

    Args:
        skip_during_query: Do not split the text that is searched with.
    """

    label = "para"

    def split(self, text: str) -> list[str]:
        """Return the paragraphs of a text."""
        return text.split("\n\n")


class SentenceChunker(Chunker):
    """A step that splits texts into groups of whole sentences: ids `{id}_sent_{000}`.

    Sentences are found by sentencex (extra text-embedding).

    Args:
        skip_during_query: Do not split the text that is searched with.
        max_sentences: The number of sentences in a chunk.
        overlap: The number of sentences that a chunk repeats from the one before it.
        language: The code of the texts' language, such as en, de or ja.

    Raises:
        exc.ArgError: max_sentences is below 1, or overlap not from 0 to less than that.
        exc.MissingDependency: sentencex is not installed.
    """

    label = "sent"

    def __init__(
        self,
        *,
        skip_during_query: bool,
        max_sentences: int = 5,
        overlap: int = 0,
        language: str = "en",
    ) -> None:
        super().__init__(skip_during_query=skip_during_query)
        _check_sizes("max_sentences", max_sentences, overlap)
        try:
            from sentencex import segment
        except ImportError as error:
            raise MissingDependency(_embedding.MISSING) from error
        self.max_sentences, self.overlap, self.language = max_sentences, overlap, language
        self._segment: Callable[[str, str], Iterable[str]] = segment

    def split(self, text: str) -> Iterator[str]:
        """Yield groups of the sentences of a text."""
        sentences: list[str] = []
        for part in self._segment(self.language, text):
            if part.strip():
                sentences.append(part)
            elif sentences:  # the white space between paragraphs
                sentences[-1] += part
        for start, end in _windows(len(sentences), self.max_sentences, self.overlap):
            yield "".join(sentences[start:end]).strip()


class TokenChunker(Chunker):
    """A step that splits texts into pieces of so many tokens of a model: ids `{id}_tok_{000}`.

    A chunk is a part of the text, unchanged but for white space at its ends.

    Args:
        skip_during_query: Do not split the text that is searched with.
        max_tokens: The number of tokens in a chunk, without those that a model adds; all-MiniLM-L6-v2 reads 254.
        overlap: The number of tokens that a chunk repeats from the one before it.
        tokenizer: Where the tokens of a text are: a function that gives (start, end) for each, in characters; a
            tokenizer of the library tokenizers, or a fast one of transformers; None: that of all-MiniLM-L6-v2 (extra
            text-embedding).

    Raises:
        exc.ArgError: max_tokens is below 1, or overlap not from 0 to less than that, or it is no tokenizer.
        exc.MissingDependency: The extra is not installed.
    """

    label = "tok"

    def __init__(
        self,
        *,
        skip_during_query: bool,
        max_tokens: int = 254,
        overlap: int = 0,
        tokenizer: Any = None,  # noqa: ANN401
    ) -> None:
        super().__init__(skip_during_query=skip_during_query)
        _check_sizes("max_tokens", max_tokens, overlap)
        self.max_tokens, self.overlap = max_tokens, overlap
        self._offsets: Callable[[str], Sequence[tuple[int, int]]] = _embedding.offsets(tokenizer)

    def split(self, text: str) -> Iterator[str]:
        """Yield pieces of a text."""
        offsets = [(start, end) for start, end in self._offsets(text) if end > start]
        for first, last in _windows(len(offsets), self.max_tokens, self.overlap):
            start = offsets[first][0]
            yield text[start : offsets[last][0] if last < len(offsets) else len(text)].strip()


def _check_sizes(name: str, size: int, overlap: int) -> None:
    if size < 1:
        raise ArgError(f"{name} must be at least 1: {size}")
    if not 0 <= overlap < size:
        raise ArgError(f"overlap must be from 0 to less than {name} ({size}): {overlap}")


def _windows(count: int, size: int, overlap: int) -> Iterator[tuple[int, int]]:
    """Yield the start and end of overlapping windows over count items; the last window ends with the last item."""
    for start in range(0, max(count - overlap, min(count, 1)), size - overlap):
        yield start, min(start + size, count)
