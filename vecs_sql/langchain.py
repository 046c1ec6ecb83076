"""A vector store for LangChain; needs the extra langchain."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from vecs_sql import exc
from vecs_sql._protocol.arguments import row_id
from vecs_sql._protocol.indexes import MeasureName
from vecs_sql._protocol.search import Search
from vecs_sql.client import AsyncClient, Client, create_async_client, create_client
from vecs_sql.collection import AsyncCollection, Collection, Columns, IndexMeasure

try:
    from langchain_core.documents import Document
    from langchain_core.embeddings import Embeddings
    from langchain_core.vectorstores import VectorStore
    from langchain_core.vectorstores.utils import maximal_marginal_relevance
except ImportError as error:
    raise exc.MissingDependency(
        "The vector store for LangChain needs the extra 'langchain'. "
        "Hint: pip install 'vecs-sql[langchain]'"
    ) from error

__all__ = ["VecsVectorStore"]


class VecsVectorStore(VectorStore):
    """A collection as a vector store of LangChain.

    A document is a row with its id, the embedding of its text, and its metadata with the text under `text_key`.
    Searches take `filter`, a metadata filter such as {"year": {"$gte": 2012}}, and the options `max_distance`,
    `ef_search`, `probes` and `strategy` of `Collection.query`. They return k documents whenever so many match.

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

    Raises:
        psycopg.OperationalError: The server cannot be reached.
        exc.ArgError: The table to adopt does not exist, or has no column text_key.
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
    ) -> None:
        self._embedding = embedding
        self.collection_name = collection_name or "langchain"
        self.measure = Search(measure=measure).measure
        self.text_key = text_key
        if isinstance(connection, Client):
            self.client = connection
            self.async_client = async_client
        else:
            self.client = create_client(connection, max_limit=None)
            self.async_client = async_client or create_async_client(connection, max_limit=None)
        self._collection: Collection | None = None
        self._async_collection: AsyncCollection | None = None
        if adopt is not None:
            self._collection = self.client.adopt(adopt, collection_name)
            self.collection_name = self._collection.name
            described = self._collection.describe()
            if text_key not in described["fields"] and described["metadata_column"] is None:
                raise exc.ArgError(
                    f'table {described["table"]} has no column "{text_key}" with the texts',
                    hint=f"Name one as text_key: {', '.join(described['fields'])}.",
                )

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
            collection = self._open(matrix.shape[1])
            assert collection is not None
            collection.upsert(rows._replace(matrix=matrix), progress=False)
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
        if self.async_client is None:
            return await super().aadd_texts(texts, metadatas, ids=ids, **kwargs)  # type: ignore[arg-type]
        texts = list(texts)
        rows = self._columns(texts, metadatas, ids)
        if texts:
            matrix = np.asarray(await self._embedding.aembed_documents(texts), np.float32)
            collection = await self._aopen(matrix.shape[1])
            assert collection is not None
            await collection.upsert(rows._replace(matrix=matrix), progress=False)
        return rows.ids

    def delete(
        self,
        ids: list[str] | None = None,
        *,
        filter: Mapping[str, Any] | None = None,  # noqa: A002
        **kwargs: Any,
    ) -> bool:
        """Delete documents by ids or by a metadata filter; missing ids are ignored.

        Raises:
            exc.ArgError: Neither or both are given.
        """
        _check_delete(ids, filter)
        collection = self._open()
        if collection is not None:
            collection.delete(ids, filter)
        return True

    async def adelete(
        self,
        ids: list[str] | None = None,
        *,
        filter: Mapping[str, Any] | None = None,  # noqa: A002
        **kwargs: Any,
    ) -> bool:
        """Do the same asynchronously."""
        if self.async_client is None:
            return bool(await super().adelete(ids, filter=filter, **kwargs))
        _check_delete(ids, filter)
        collection = await self._aopen()
        if collection is not None:
            await collection.delete(ids, filter)
        return True

    def create_index(self, **kwargs: Any) -> None:
        """Build an index for the measure of the store, after documents were added; see Collection.create_index."""
        collection = self._open()
        if collection is None:
            raise exc.CollectionNotFound(
                f'collection "{self.collection_name}" does not exist', hint="Add documents first."
            )
        collection.create_index(self.measure, **kwargs)

    # Reading

    def get_by_ids(self, ids: Sequence[str], /) -> list[Document]:
        """Return the documents with these ids, in their order; missing ones are left out."""
        collection = self._open()
        rows = [] if collection is None else collection.fetch(ids)
        return [self._document(row.id, row.metadata) for row in rows]

    async def aget_by_ids(self, ids: Sequence[str], /) -> list[Document]:
        """Do the same asynchronously."""
        if self.async_client is None:
            return await super().aget_by_ids(ids)
        collection = await self._aopen()
        rows = [] if collection is None else await collection.fetch(ids)
        return [self._document(row.id, row.metadata) for row in rows]

    def similarity_search(self, query: str, k: int = 4, **kwargs: Any) -> list[Document]:
        """Return the k documents nearest to a text, nearest first."""
        return [document for document, _ in self.similarity_search_with_score(query, k, **kwargs)]

    async def asimilarity_search(self, query: str, k: int = 4, **kwargs: Any) -> list[Document]:
        """Do the same asynchronously."""
        found = await self.asimilarity_search_with_score(query, k, **kwargs)
        return [document for document, _ in found]

    def similarity_search_with_score(
        self, query: str, k: int = 4, **kwargs: Any
    ) -> list[tuple[Document, float]]:
        """Return the k documents nearest to a text with their distances; less is nearer."""
        vector = self._embedding.embed_query(query)
        return self.similarity_search_with_score_by_vector(vector, k, **kwargs)

    async def asimilarity_search_with_score(
        self, query: str, k: int = 4, **kwargs: Any
    ) -> list[tuple[Document, float]]:
        """Do the same asynchronously."""
        vector = await self._embedding.aembed_query(query)
        return await self.asimilarity_search_with_score_by_vector(vector, k, **kwargs)

    def similarity_search_by_vector(
        self, embedding: list[float], k: int = 4, **kwargs: Any
    ) -> list[Document]:
        """Return the k documents nearest to a vector."""
        found = self.similarity_search_with_score_by_vector(embedding, k, **kwargs)
        return [document for document, _ in found]

    async def asimilarity_search_by_vector(
        self, embedding: list[float], k: int = 4, **kwargs: Any
    ) -> list[Document]:
        """Do the same asynchronously."""
        found = await self.asimilarity_search_with_score_by_vector(embedding, k, **kwargs)
        return [document for document, _ in found]

    def similarity_search_with_score_by_vector(
        self, embedding: list[float], k: int = 4, **kwargs: Any
    ) -> list[tuple[Document, float]]:
        """Return the k documents nearest to a vector with their distances."""
        rows = self._query(embedding, k, False, kwargs)
        return [(self._document(row.id, row.metadata), row.distance) for row in rows]

    async def asimilarity_search_with_score_by_vector(
        self, embedding: list[float], k: int = 4, **kwargs: Any
    ) -> list[tuple[Document, float]]:
        """Do the same asynchronously."""
        rows = await self._aquery(embedding, k, False, kwargs)
        return [(self._document(row.id, row.metadata), row.distance) for row in rows]

    def max_marginal_relevance_search(
        self, query: str, k: int = 4, fetch_k: int = 20, lambda_mult: float = 0.5, **kwargs: Any
    ) -> list[Document]:
        """Return k of the fetch_k documents nearest to a text: near to it, and different from each other.

        Args:
            query: The text.
            k: The number of documents.
            fetch_k: The number of documents to choose from.
            lambda_mult: From 1, the nearest, to 0, the most diverse.
            kwargs: Those of the other searches.
        """
        vector = self._embedding.embed_query(query)
        return self.max_marginal_relevance_search_by_vector(
            vector, k, fetch_k, lambda_mult, **kwargs
        )

    async def amax_marginal_relevance_search(
        self, query: str, k: int = 4, fetch_k: int = 20, lambda_mult: float = 0.5, **kwargs: Any
    ) -> list[Document]:
        """Do the same asynchronously."""
        vector = await self._embedding.aembed_query(query)
        return await self.amax_marginal_relevance_search_by_vector(
            vector, k, fetch_k, lambda_mult, **kwargs
        )

    def max_marginal_relevance_search_by_vector(
        self,
        embedding: list[float],
        k: int = 4,
        fetch_k: int = 20,
        lambda_mult: float = 0.5,
        **kwargs: Any,
    ) -> list[Document]:
        """Return k diverse documents near to a vector."""
        rows = self._query(embedding, max(fetch_k, k), True, kwargs)
        return self._diverse(embedding, rows, k, lambda_mult)

    async def amax_marginal_relevance_search_by_vector(
        self,
        embedding: list[float],
        k: int = 4,
        fetch_k: int = 20,
        lambda_mult: float = 0.5,
        **kwargs: Any,
    ) -> list[Document]:
        """Return k diverse documents near to a vector."""
        rows = await self._aquery(embedding, max(fetch_k, k), True, kwargs)
        return self._diverse(embedding, rows, k, lambda_mult)

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

    def _diverse(
        self, embedding: list[float], rows: list[Any], k: int, lambda_mult: float
    ) -> list[Document]:
        if not rows:
            return []
        chosen = maximal_marginal_relevance(
            np.asarray(embedding, np.float32), [row.vec for row in rows], lambda_mult, k
        )
        return [self._document(rows[at].id, rows[at].metadata) for at in chosen]

    def _arguments(
        self, embedding: list[float], k: int, with_vectors: bool, named: dict[str, Any]
    ) -> dict[str, Any]:
        """Return the arguments of Collection.query."""
        known = {"filter", "max_distance", "ef_search", "probes", "strategy"}
        if unknown := named.keys() - known - {"score_threshold", "lambda_mult", "fetch_k"}:
            raise TypeError(f"unknown arguments of a search: {', '.join(sorted(unknown))}")
        arguments = {name: value for name, value in named.items() if name in known}
        return {
            "data": embedding,
            "limit": k,
            "filters": arguments.pop("filter", None),
            "measure": self.measure,
            "include_value": True,
            "include_metadata": True,
            "include_vector": with_vectors,
            **arguments,
        }

    def _query(
        self, embedding: list[float], k: int, with_vectors: bool, named: dict[str, Any]
    ) -> list[Any]:
        arguments = self._arguments(embedding, k, with_vectors, named)
        collection = self._open()
        return [] if collection is None else collection.query(**arguments)

    async def _aquery(
        self, embedding: list[float], k: int, with_vectors: bool, named: dict[str, Any]
    ) -> list[Any]:
        if self.async_client is None:
            from langchain_core.runnables import run_in_executor

            return await run_in_executor(None, self._query, embedding, k, with_vectors, named)
        arguments = self._arguments(embedding, k, with_vectors, named)
        collection = await self._aopen()
        return [] if collection is None else await collection.query(**arguments)

    def _open(self, dimension: int | None = None) -> Collection | None:
        """Return the collection; None if it does not exist and there is no dimension to create it with."""
        # Opened again before each write: another program may have dropped it.
        if self._collection is None or dimension is not None:
            try:
                self._collection = self.client.get_or_create_collection(
                    self.collection_name, dimension=dimension
                )
            except exc.ArgError:
                if dimension is not None:
                    raise
        return self._collection

    async def _aopen(self, dimension: int | None = None) -> AsyncCollection | None:
        assert self.async_client is not None
        if self._async_collection is None or dimension is not None:
            try:
                self._async_collection = await self.async_client.get_or_create_collection(
                    self.collection_name, dimension=dimension
                )
            except exc.ArgError:
                if dimension is not None:
                    raise
        return self._async_collection


def _check_delete(ids: list[str] | None, filters: Mapping[str, Any] | None) -> None:
    if (ids is None) == (filters is None):
        raise exc.ArgError(
            "either ids or a filter must be given" + ("" if ids is None else ", not both"),
            hint="delete(ids=[...]) or delete(filter={...}).",
        )
