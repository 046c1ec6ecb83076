"""Adapters, and the steps that they are made of."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from enum import Enum
from typing import Any, Protocol

from vecs_sql._protocol.arguments import row_id
from vecs_sql._protocol.vectors import Vector, to_vector
from vecs_sql.adapter._documents import Keys, Pipeline
from vecs_sql.exc import ArgError

__all__ = ["Adapter", "AdapterContext", "AdapterLike", "AdapterStep", "Chunker"]

# id, media (a text, a vector, whatever the step knows), metadata
Record = tuple[str, Any, dict[str, Any]]


class AdapterContext(str, Enum):
    """The purpose for which records are adapted.

    Attributes:
        upsert: To be stored.
        query: To search with.
    """

    upsert = "upsert"
    query = "query"


class AdapterStep(ABC):
    """A step of an adapter. It turns each record into none, one or several records."""

    @property
    def exported_dimension(self) -> int | None:
        """The dimension of the vectors that the step returns; None if it returns no vectors."""
        return None

    @property
    def _embeds(self) -> bool:
        """Whether the step is known to turn media into vectors."""
        return self.exported_dimension is not None

    @property
    def _takes_vectors(self) -> bool:
        """Whether the step takes vectors, and changes nothing."""
        return False

    @abstractmethod
    def __call__(self, records: Iterable[Any], adapter_context: AdapterContext) -> Iterator[Record]:
        """Yield the adapted records (id, media, metadata). Records may be read one by one or in batches.

        For a search there is one record, ("", media, {}), which must become exactly one.
        """

    def embed_query(self, media: Any) -> Vector:  # noqa: ANN401
        """Return the vector to search with, as `Adapter.embed_query` does."""
        return to_vector(adapt_query(self, media), "the query vector")


class AdapterLike(Protocol):
    """An Adapter, or anything that can be called like one."""

    @property
    def exported_dimension(self) -> int | None:
        """The dimension of the vectors that the adapter returns; None if it is unknown."""

    def __call__(self, records: Iterable[Any], adapter_context: Any) -> Iterable[Any]:  # noqa: ANN401
        """Return the adapted records; adapter_context is an AdapterContext."""


class Adapter:
    """A pipeline of steps.

    With `text_key` and `document_key`, what a search finds can be shown, cited and deleted: the text stays with its
    vector, and a chunk knows its document. Media that no step turns into a text, such as a picture, has no text. A step
    that splits texts and embeds them itself writes these keys into the metadata of its chunks.

    Args:
        steps: At least one; each takes what the one before it gives.
        text_key: The key of the metadata for the text that was embedded, which is that of the chunk; None: it is not
            stored.
        document_key: The key of the metadata for the id of the document, which is the id of the record that a chunk
            comes from; None: it is not stored.
        position_key: With document_key, the key of the metadata for the position of a chunk in its document, from 0;
            None: it is not stored.

    Attributes:
        steps: The steps.
        text_key: The key of the text, or None.
        document_key: The key of the document, or None.
        position_key: The key of the position, or None.

    Raises:
        exc.ArgError: There is no step, or a function is passed as one; a key is empty, begins with a $, or is given
            twice; there are keys, and no step but NoOp.
    """

    # For subclasses with a constructor of their own.
    text_key: str | None = None
    document_key: str | None = None
    position_key: str | None = None

    def __init__(
        self,
        steps: Sequence[AdapterStep],
        *,
        text_key: str | None = None,
        document_key: str | None = None,
        position_key: str | None = "position",
    ) -> None:
        self.steps = steps
        self.text_key = text_key
        self.document_key = document_key
        self.position_key = None if document_key is None else position_key
        if len(steps) < 1:
            raise ArgError("Adapter must contain at least 1 step")
        for number, step in enumerate(steps, 1):
            if not hasattr(step, "exported_dimension"):
                raise ArgError(
                    f"step {number} of the adapter is no AdapterStep, but a {type(step).__name__}",
                    hint="A function that embeds texts is a model: TextEmbedding(model=function).",
                )
        if document_key is None and position_key not in (None, "position"):
            raise ArgError(
                "position_key needs a document_key", hint="It is the position in a document."
            )
        keys = Keys.of(self)
        keys.check()
        if any(keys) and all(getattr(step, "_takes_vectors", False) for step in steps):
            raise ArgError(
                "an adapter that takes vectors has no texts and documents to keep",
                hint="Put what you need into the metadata of each record.",
            )

    @property
    def exported_dimension(self) -> int | None:
        """The dimension of the vectors that the adapter returns, by the last step that knows it."""
        dimensions = (step.exported_dimension for step in reversed(self.steps))
        return next((dimension for dimension in dimensions if dimension is not None), None)

    def __call__(self, records: Iterable[Any], adapter_context: AdapterContext) -> Iterator[Record]:
        """Yield the adapted records; nothing is read before the first is asked for."""
        pipeline = Pipeline(self.steps, Keys.of(self))
        yield from pipeline.tail(pipeline.head(records, adapter_context), adapter_context)

    def embed_query(self, media: Any) -> Vector:  # noqa: ANN401
        """Return the vector to search with, to use it several times or in another program.

        Args:
            media: What the first step takes, such as a text.

        Returns:
            A float32 array. `Collection.query(vector, skip_adapter=True)` searches with it.

        Raises:
            exc.ArgError: The steps do not make exactly one vector of it.
        """
        return to_vector(adapt_query(self, media), "the query vector")


def adapt_query(adapter: AdapterLike, media: Any) -> Any:  # noqa: ANN401
    """Return the media of a search, adapted: usually a vector.

    Raises:
        exc.ArgError: It is not exactly one record.
    """
    adapted = list(adapter([("", media, {})], AdapterContext.query))
    if len(adapted) != 1:
        raise ArgError(
            "Failed to produce exactly one query vector from input",
            detail=f"the adapter returned {len(adapted)}",
            hint="A chunker with skip_during_query=True does not split what is searched with.",
        )
    return adapted[0][1]


class Chunker(AdapterStep):
    """A step that splits each text into chunks: records whose ids are `{id}_{label}_{000}`.

    Args:
        skip_during_query: Do not split the text that is searched with.
    """

    label: str

    def __init__(self, *, skip_during_query: bool) -> None:
        self.skip_during_query = skip_during_query

    @abstractmethod
    def split(self, text: str) -> Iterable[str]:
        """Return the chunks of a text."""

    def __call__(self, records: Iterable[Any], adapter_context: AdapterContext) -> Iterator[Record]:
        """Yield a record for each chunk, with the metadata of its text."""
        whole = self.skip_during_query and adapter_context == AdapterContext.query
        for id_, text, metadata in records:
            if whole:
                yield id_, text, metadata or {}
                continue
            id_ = row_id(id_)  # None would be a part of the chunks' ids
            if not isinstance(text, str):
                raise ArgError(
                    f'the media of id "{id_}" is no text, but of type {type(text).__name__}',
                    hint="Pass skip_adapter=True where it is a vector.",
                )
            for number, chunk in enumerate(self.split(text)):
                yield chunk_id(id_, self.label, number), chunk, metadata or {}


def chunk_id(id_: str, label: str, number: int) -> str:
    """Return the id of a chunk of a text; number counts from 0."""
    return f"{id_}_{label}_{number:03}"
