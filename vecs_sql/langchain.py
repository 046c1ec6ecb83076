"""A vector store for LangChain; needs the extra langchain."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Literal, get_args

import numpy as np

from vecs_sql import exc
from vecs_sql._protocol.arguments import row_id
from vecs_sql._protocol.indexes import MeasureName
from vecs_sql._protocol.search import Search
from vecs_sql._store import Store
from vecs_sql.client import AsyncClient, Client
from vecs_sql.collection import Columns, IndexMeasure

try:
    from langchain_core.documents import Document
    from langchain_core.embeddings import Embeddings
    from langchain_core.vectorstores import VectorStore
except ImportError as error:
    raise exc.MissingDependency(
        "The vector store for LangChain needs the extra 'langchain'. "
        "Hint: pip install 'vecs-sql[langchain]'"
    ) from error

__all__ = ["RetrievalMode", "VecsVectorStore"]

RetrievalMode = Literal["dense", "hybrid", "sparse"]

# The options of a search by its mode, besides k and filter, which are those of the collection's method.
_EVERY = {"skip", "timeout"}
_OPTIONS = {
    "dense": {"ef_search", "max_distance", "probes", "strategy", *_EVERY},
    "hybrid": {"candidates", "ef_search", "fusion", "match", "probes", "strategy", "weights", *_EVERY},
    "sparse": {"match", *_EVERY},
    "mmr": {"ef_search", "max_distance", "probes", "strategy", "timeout"},
}  # fmt: skip
_METHODS = {"dense": "query", "hybrid": "hybrid_query", "sparse": "text_query", "mmr": "query_mmr"}
# LangChain passes these on where a retriever has them for another kind of search.
_IGNORED = {"fetch_k", "lambda_mult", "score_threshold"}


class VecsVectorStore(VectorStore):
    """A collection as a vector store of LangChain.

    A document is a row with its id, the embedding of its text, and its metadata with the text under `text_key`.
    Searches take `filter`, a metadata filter such as {"year": {"$gte": 2012}}, and return k documents whenever so many
    match. `retrieval_mode` says how they search; a single search may name another one:

    - "dense" finds what is near in meaning, as `Collection.query` does. Scores are distances: less is nearer.
    - "hybrid" finds what is near in meaning and what has the words, as `Collection.hybrid_query` does. The greater the
      score, the better.
    - "sparse" finds what has the words, without embedding the query, as `Collection.text_query` does. The greater the
      score, the better.

    The options of these methods are those of a search: `max_distance`, `ef_search`, `probes`, `strategy`, `fusion`,
    `weights`, `candidates`, `match`, `skip` and `timeout`. "hybrid" and "sparse" need a text index: the store makes one
    with a new collection if that is its mode, and `create_text_index` makes one in a collection that exists.

    Args:
        embedding: Embeds documents and queries.
        collection_name: The collection; created when the first document is added. None: "langchain", or with adopt the
            table's name.
        connection: The URL of the database, a client of it, or None: the embedded server.
        async_client: For the async methods. Without one, they use a client of their own if connection is a URL, and
            otherwise the sync methods in a thread.
        measure: The distance measure.
        text_key: The metadata key that holds the text of a document.
        adopt: An existing table to adopt, such as "public.items", as Client.adopt does; set text_key to its column of
            texts. Once it is a collection, collection_name alone opens it.
        retrieval_mode: How searches find documents: "dense", "hybrid" or "sparse".
        text_search_config: The text search configuration of PostgreSQL for a text index, such as "english" or "simple".

    Raises:
        psycopg.OperationalError: The server cannot be reached.
        exc.ArgError: The table to adopt does not exist, or has no column text_key; there is no such mode.
    """

    def __init__(
        self,
        embedding: Embeddings,
        collection_name: str | None = None,
        connection: str | Client | None = None,
        *,
        async_client: AsyncClient | None = None,
        measure: IndexMeasure | MeasureName = IndexMeasure.cosine_distance,
        text_key: str = "page_content",
        adopt: str | None = None,
        retrieval_mode: RetrievalMode = "dense",
        text_search_config: str = "english",
    ) -> None:
        self.retrieval_mode = _mode(retrieval_mode)
        self.text_search_config = text_search_config
        self._embedding = embedding
        self.measure = Search(measure=measure).measure
        self.text_key = text_key
        dense = self.retrieval_mode == "dense"
        self._store = Store(
            collection_name or "langchain",
            connection,
            async_client,
            None if dense else (text_key, text_search_config),
        )
        if adopt is not None:
            collection = self.client.adopt(adopt, collection_name)
            self._store.name = collection.name
            described = collection.describe()
            if text_key not in described["fields"] and described["metadata_column"] is None:
                raise exc.ArgError(
                    f'table {described["table"]} has no column "{text_key}" with the texts',
                    hint=f"Name one as text_key: {', '.join(described['fields'])}.",
                )

    @property
    def collection_name(self) -> str:
        """The name of the collection."""
        return self._store.name

    @property
    def client(self) -> Client:
        """The client of the sync methods."""
        return self._store.client

    @property
    def async_client(self) -> AsyncClient | None:
        """The client of the async methods, if there is one."""
        return self._store.async_client

    @property
    def embeddings(self) -> Embeddings:
        """The embedding model."""
        return self._embedding

    @classmethod
    def from_texts(
        cls,
        texts: list[str],
        embedding: Embeddings,
        metadatas: list[dict[str, Any]] | None = None,
        *,
        ids: list[str] | None = None,
        **kwargs: Any,
    ) -> VecsVectorStore:
        """Make a store and add texts to it; further arguments are those of the store."""
        store = cls(embedding, **kwargs)
        store.add_texts(texts, metadatas, ids=ids)
        return store

    @classmethod
    async def afrom_texts(
        cls,
        texts: list[str],
        embedding: Embeddings,
        metadatas: list[dict[str, Any]] | None = None,
        *,
        ids: list[str] | None = None,
        **kwargs: Any,
    ) -> VecsVectorStore:
        """Make a store and add texts to it, without blocking the event loop."""
        store = cls(embedding, **kwargs)
        await store.aadd_texts(texts, metadatas, ids=ids)
        return store

    # Writing

    def add_texts(
        self,
        texts: Iterable[str],
        metadatas: list[dict[str, Any]] | None = None,
        *,
        ids: Sequence[str | None] | None = None,
        **kwargs: Any,
    ) -> list[str]:
        """Embed texts and add them; texts with existing ids replace the old ones. Returns the ids.

        Raises:
            ValueError: The numbers of metadatas or ids and of texts differ, or the metadata contains text_key.
        """
        texts = list(texts)
        rows = self._columns(texts, metadatas, ids)
        if texts:
            matrix = np.asarray(self._embedding.embed_documents(texts), np.float32)
            self._store.upsert(rows._replace(matrix=matrix))
        return rows.ids

    async def aadd_texts(
        self,
        texts: Iterable[str],
        metadatas: list[dict[str, Any]] | None = None,
        *,
        ids: Sequence[str | None] | None = None,
        **kwargs: Any,
    ) -> list[str]:
        """Do the same asynchronously."""
        texts = list(texts)
        rows = self._columns(texts, metadatas, ids)
        if texts:
            matrix = np.asarray(await self._embedding.aembed_documents(texts), np.float32)
            await self._store.aupsert(rows._replace(matrix=matrix))
        return rows.ids

    def delete(
        self,
        ids: list[str] | None = None,
        filter: Mapping[str, Any] | None = None,  # noqa: A002
        **kwargs: Any,
    ) -> bool:
        """Delete documents by ids or by a metadata filter; missing ids are ignored.

        Without ids and filter, all documents are deleted, as LangChain has it. This takes `Collection.truncate`. Empty
        ids or filters delete nothing.

        Raises:
            exc.ArgError: Both are given.
            TypeError: There are other arguments.
            exc.Unsupported: All documents of an adopted table are to be deleted.
        """
        method, arguments = _deletion(ids, filter, kwargs)
        self._store.call(method, **arguments)
        return True

    async def adelete(
        self,
        ids: list[str] | None = None,
        filter: Mapping[str, Any] | None = None,  # noqa: A002
        **kwargs: Any,
    ) -> bool:
        """Do the same asynchronously."""
        method, arguments = _deletion(ids, filter, kwargs)
        await self._store.acall(method, **arguments)
        return True

    def create_index(self, **kwargs: Any) -> None:
        """Build an index for the measure of the store, after documents were added; see Collection.create_index."""
        self._store.existing().create_index(self.measure, **kwargs)

    def create_text_index(self, **kwargs: Any) -> None:
        """Make the documents searchable by their words; see Collection.create_text_index.

        It has the text_key and text_search_config of the store. Create it before the index of the vectors: the
        collection's table is rewritten.
        """
        self._store.existing().create_text_index(self.text_key, self.text_search_config, **kwargs)

    # Reading

    def get_by_ids(self, ids: Sequence[str], /) -> list[Document]:
        """Return the documents with these ids, in their order; missing ones are left out."""
        rows = self._store.call("fetch", ids=ids)
        return [self._document(row.id, row.metadata) for row in rows]

    async def aget_by_ids(self, ids: Sequence[str], /) -> list[Document]:
        """Do the same asynchronously."""
        rows = await self._store.acall("fetch", ids=ids)
        return [self._document(row.id, row.metadata) for row in rows]

    def similarity_search(
        self,
        query: str,
        k: int = 4,
        filter: Mapping[str, Any] | None = None,  # noqa: A002
        **kwargs: Any,
    ) -> list[Document]:
        """Return the k best documents for a text, the best first."""
        found = self.similarity_search_with_score(query, k, filter, **kwargs)
        return [document for document, _ in found]

    async def asimilarity_search(
        self,
        query: str,
        k: int = 4,
        filter: Mapping[str, Any] | None = None,  # noqa: A002
        **kwargs: Any,
    ) -> list[Document]:
        """Do the same asynchronously."""
        found = await self.asimilarity_search_with_score(query, k, filter, **kwargs)
        return [document for document, _ in found]

    def similarity_search_with_score(
        self,
        query: str,
        k: int = 4,
        filter: Mapping[str, Any] | None = None,  # noqa: A002
        *,
        retrieval_mode: RetrievalMode | None = None,
        **kwargs: Any,
    ) -> list[tuple[Document, float]]:
        """Return the k best documents for a text with their distances, or with the scores of a search for words."""
        mode = _mode(retrieval_mode or self.retrieval_mode)
        vector = None if mode == "sparse" else self._embedding.embed_query(query)
        rows = self._store.call(
            _METHODS[mode], **self._arguments(mode, query, vector, k, filter, kwargs)
        )
        return self._scored(mode, rows)

    async def asimilarity_search_with_score(
        self,
        query: str,
        k: int = 4,
        filter: Mapping[str, Any] | None = None,  # noqa: A002
        *,
        retrieval_mode: RetrievalMode | None = None,
        **kwargs: Any,
    ) -> list[tuple[Document, float]]:
        """Do the same asynchronously."""
        mode = _mode(retrieval_mode or self.retrieval_mode)
        vector = None if mode == "sparse" else await self._embedding.aembed_query(query)
        rows = await self._store.acall(
            _METHODS[mode], **self._arguments(mode, query, vector, k, filter, kwargs)
        )
        return self._scored(mode, rows)

    def similarity_search_by_vector(
        self,
        embedding: list[float],
        k: int = 4,
        filter: Mapping[str, Any] | None = None,  # noqa: A002
        **kwargs: Any,
    ) -> list[Document]:
        """Return the k documents nearest to a vector, whatever the mode of the store."""
        found = self.similarity_search_with_score_by_vector(embedding, k, filter, **kwargs)
        return [document for document, _ in found]

    async def asimilarity_search_by_vector(
        self,
        embedding: list[float],
        k: int = 4,
        filter: Mapping[str, Any] | None = None,  # noqa: A002
        **kwargs: Any,
    ) -> list[Document]:
        """Do the same asynchronously."""
        found = await self.asimilarity_search_with_score_by_vector(embedding, k, filter, **kwargs)
        return [document for document, _ in found]

    def similarity_search_with_score_by_vector(
        self,
        embedding: list[float],
        k: int = 4,
        filter: Mapping[str, Any] | None = None,  # noqa: A002
        **kwargs: Any,
    ) -> list[tuple[Document, float]]:
        """Return the k documents nearest to a vector with their distances; less is nearer."""
        arguments = self._arguments("dense", None, embedding, k, filter, kwargs)
        return self._scored("dense", self._store.call("query", **arguments))

    async def asimilarity_search_with_score_by_vector(
        self,
        embedding: list[float],
        k: int = 4,
        filter: Mapping[str, Any] | None = None,  # noqa: A002
        **kwargs: Any,
    ) -> list[tuple[Document, float]]:
        """Do the same asynchronously."""
        arguments = self._arguments("dense", None, embedding, k, filter, kwargs)
        return self._scored("dense", await self._store.acall("query", **arguments))

    def max_marginal_relevance_search(
        self,
        query: str,
        k: int = 4,
        fetch_k: int = 20,
        lambda_mult: float = 0.5,
        filter: Mapping[str, Any] | None = None,  # noqa: A002
        **kwargs: Any,
    ) -> list[Document]:
        """Return k of the fetch_k documents nearest to a text: near to it, and different from each other.

        The server chooses them, as in `Collection.query_mmr`, whatever the mode of the store.

        Args:
            query: The text.
            k: The number of documents.
            fetch_k: The number of documents to choose from.
            lambda_mult: From 1, the nearest, to 0, the most diverse.
            filter: A metadata filter.
            kwargs: max_distance, ef_search, probes, strategy and timeout.
        """
        vector = self._embedding.embed_query(query)
        return self.max_marginal_relevance_search_by_vector(
            vector, k, fetch_k, lambda_mult, filter, **kwargs
        )

    async def amax_marginal_relevance_search(
        self,
        query: str,
        k: int = 4,
        fetch_k: int = 20,
        lambda_mult: float = 0.5,
        filter: Mapping[str, Any] | None = None,  # noqa: A002
        **kwargs: Any,
    ) -> list[Document]:
        """Do the same asynchronously."""
        vector = await self._embedding.aembed_query(query)
        return await self.amax_marginal_relevance_search_by_vector(
            vector, k, fetch_k, lambda_mult, filter, **kwargs
        )

    def max_marginal_relevance_search_by_vector(
        self,
        embedding: list[float],
        k: int = 4,
        fetch_k: int = 20,
        lambda_mult: float = 0.5,
        filter: Mapping[str, Any] | None = None,  # noqa: A002
        **kwargs: Any,
    ) -> list[Document]:
        """Return k diverse documents near to a vector."""
        arguments = self._arguments("mmr", None, embedding, k, filter, kwargs)
        arguments |= {"lambda_mult": lambda_mult, "candidates": max(fetch_k, k, 1)}
        return [
            document
            for document, _ in self._scored("mmr", self._store.call("query_mmr", **arguments))
        ]

    async def amax_marginal_relevance_search_by_vector(
        self,
        embedding: list[float],
        k: int = 4,
        fetch_k: int = 20,
        lambda_mult: float = 0.5,
        filter: Mapping[str, Any] | None = None,  # noqa: A002
        **kwargs: Any,
    ) -> list[Document]:
        """Do the same asynchronously."""
        arguments = self._arguments("mmr", None, embedding, k, filter, kwargs)
        arguments |= {"lambda_mult": lambda_mult, "candidates": max(fetch_k, k, 1)}
        found = self._scored("mmr", await self._store.acall("query_mmr", **arguments))
        return [document for document, _ in found]

    def _similarity_search_with_relevance_scores(
        self, query: str, k: int = 4, **kwargs: Any
    ) -> list[tuple[Document, float]]:
        self._check_relevance(kwargs.get("retrieval_mode"))
        return super()._similarity_search_with_relevance_scores(query, k, **kwargs)

    async def _asimilarity_search_with_relevance_scores(
        self, query: str, k: int = 4, **kwargs: Any
    ) -> list[tuple[Document, float]]:
        self._check_relevance(kwargs.get("retrieval_mode"))
        return await super()._asimilarity_search_with_relevance_scores(query, k, **kwargs)

    def _check_relevance(self, retrieval_mode: RetrievalMode | None) -> None:
        mode = _mode(retrieval_mode or self.retrieval_mode)
        if mode != "dense":
            raise exc.ArgError(
                f"there is no relevance score for a {mode} search",
                hint='Pass retrieval_mode="dense", or use similarity_search_with_score.',
            )

    def _select_relevance_score_fn(self) -> Callable[[float], float]:
        """Return the function from distances of unit vectors to relevance scores, where 1 is the most relevant."""
        if self.measure is IndexMeasure.cosine_distance:
            return self._cosine_relevance_score_fn
        if self.measure is IndexMeasure.l2_distance:
            return self._euclidean_relevance_score_fn
        if self.measure is IndexMeasure.max_inner_product:
            return lambda distance: -distance
        raise exc.ArgError(
            "there is no relevance score for l1_distance",
            hint="Use similarity_search_with_score, which gives distances.",
        )

    # Shared by sync and async

    def _columns(
        self,
        texts: list[str],
        metadatas: list[dict[str, Any]] | None,
        ids: Sequence[str | None] | None,
    ) -> Columns:
        """Return the rows of texts, without their vectors."""
        for name, values in (("metadatas", metadatas), ("ids", ids)):
            if values is not None and len(values) != len(texts):
                raise ValueError(f"there are {len(texts)} texts and {len(values)} {name}")
        metadata = []
        for text, given in zip(texts, metadatas or [{}] * len(texts), strict=True):
            given = given or {}  # LangChain may pass None
            if self.text_key in given:
                raise ValueError(
                    f'the metadata has the key "{self.text_key}", under which the text is kept; '
                    "give the store another text_key"
                )
            metadata.append({**given, self.text_key: text})
        made = [
            str(uuid.uuid4()) if id_ is None else row_id(id_) for id_ in ids or [None] * len(texts)
        ]
        return Columns(made, np.empty((0, 0), np.float32), metadata)

    def _document(self, id_: str, metadata: dict[str, Any] | None) -> Document:
        metadata = metadata or {}  # vecs has stored JSON's null for no metadata
        text = metadata.pop(self.text_key, "")
        return Document(id=id_, page_content=text, metadata=metadata)

    def _scored(self, mode: str, rows: list[Any]) -> list[tuple[Document, float]]:
        """Return the documents of rows, each with its distance or score."""
        value = "score" if mode in {"hybrid", "sparse"} else "distance"
        return [(self._document(row.id, row.metadata), getattr(row, value)) for row in rows]

    def _arguments(
        self,
        mode: str,
        text: str | None,
        vector: list[float] | None,
        k: int,
        filters: Mapping[str, Any] | None,
        named: dict[str, Any],
    ) -> dict[str, Any]:
        """Return the arguments of the collection's method."""
        if unknown := named.keys() - _OPTIONS[mode] - _IGNORED:
            raise TypeError(f"unknown arguments of a {mode} search: {', '.join(sorted(unknown))}")
        arguments = {name: value for name, value in named.items() if name not in _IGNORED}
        arguments |= {
            "limit": k,
            "filters": filters,
            "include_value": True,
            "include_metadata": True,
        }
        if mode in {"hybrid", "sparse"}:
            arguments["text"] = text
        if mode != "sparse":
            arguments["vector" if mode == "hybrid" else "data"] = vector
            arguments["measure"] = self.measure
        return arguments


def _mode(given: str) -> RetrievalMode:
    for mode in get_args(RetrievalMode):
        if given == mode:
            return mode  # type: ignore[no-any-return]
    raise exc.ArgError(
        f"there is no retrieval_mode {given!r}", hint='Use "dense", "hybrid" or "sparse".'
    )


def _deletion(
    ids: list[str] | None, filters: Mapping[str, Any] | None, named: dict[str, Any]
) -> tuple[str, dict[str, Any]]:
    """Return the name of the collection's method that deletes the documents, and its arguments."""
    if named:  # What another store calls its filter must not delete all documents.
        raise TypeError(f"unknown arguments of delete: {', '.join(sorted(named))}")
    if ids is not None and filters is not None:
        raise exc.ArgError(
            "either ids or a filter must be given, not both",
            hint="delete(ids=[...]), delete(filter={...}), or delete() for all documents.",
        )
    if ids is None and filters is None:
        return "truncate", {}
    return "delete", {"ids": ids, "filters": filters}
