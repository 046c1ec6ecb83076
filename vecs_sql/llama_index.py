"""A vector store for LlamaIndex; needs the extra llama-index."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from vecs_sql import exc
from vecs_sql._protocol.indexes import MeasureName
from vecs_sql._protocol.search import Search
from vecs_sql._protocol.vectors import Vector
from vecs_sql._store import Store
from vecs_sql.client import AsyncClient, Client
from vecs_sql.collection import Columns, IndexMeasure

try:
    from llama_index.core.bridge.pydantic import PrivateAttr
    from llama_index.core.schema import BaseNode, MetadataMode, Node, TextNode
    from llama_index.core.vector_stores.types import (
        BasePydanticVectorStore,
        FilterCondition,
        FilterOperator,
        MetadataFilter,
        MetadataFilters,
        VectorStoreQuery,
        VectorStoreQueryMode,
        VectorStoreQueryResult,
    )
    from llama_index.core.vector_stores.utils import metadata_dict_to_node, node_to_metadata_dict
except ImportError as error:
    raise exc.MissingDependency(
        "The vector store for LlamaIndex needs the extra 'llama-index'. "
        "Hint: pip install 'vecs-sql[llama-index]'"
    ) from error

__all__ = ["VecsVectorStore"]

# The collection's method for each mode of a query, and the options that it takes.
_METHODS = {
    VectorStoreQueryMode.DEFAULT: "query",
    VectorStoreQueryMode.HYBRID: "hybrid_query",
    VectorStoreQueryMode.SPARSE: "text_query",
    VectorStoreQueryMode.TEXT_SEARCH: "text_query",
    VectorStoreQueryMode.MMR: "query_mmr",
}
_OPTIONS = {
    "query": {"ef_search", "max_distance", "probes", "skip", "strategy", "timeout"},
    "hybrid_query": {"candidates", "ef_search", "fusion", "match", "probes", "skip", "strategy", "timeout"},
    "text_query": {"match", "skip", "timeout"},
    "query_mmr": {"ef_search", "max_distance", "probes", "strategy", "timeout"}
    | {"mmr_prefetch_factor", "mmr_prefetch_k", "mmr_threshold"},
}  # fmt: skip
_COMPARISONS = {
    FilterOperator.EQ: "$eq",
    FilterOperator.GT: "$gt",
    FilterOperator.GTE: "$gte",
    FilterOperator.LT: "$lt",
    FilterOperator.LTE: "$lte",
    FilterOperator.CONTAINS: "$contains",
}
_LISTS = {
    FilterOperator.IN: "$in",
    FilterOperator.NIN: "$in",
    FilterOperator.ANY: "$any",
    FilterOperator.ALL: "$all",
}
_TEXTS = {
    FilterOperator.TEXT_MATCH: "$like",
    FilterOperator.TEXT_MATCH_INSENSITIVE: "$ilike",
}
_CONDITIONS = {
    FilterCondition.AND: "$and",
    FilterCondition.OR: "$or",
    FilterCondition.NOT: "$nor",
}


class VecsVectorStore(BasePydanticVectorStore):
    """A collection as a vector store of LlamaIndex.

    A node is a row with its id, its embedding and its metadata. Beside these, the metadata of the row contain the
    node's text under `text_key`, the rest of the node under "_node_content", and the id of its document under
    "ref_doc_id". Queries return similarity_top_k nodes whenever so many match, with all operators and conditions of
    LlamaIndex's filters, which may be nested.

    The modes of a query are those of the collection:

    - DEFAULT: `Collection.query`. A similarity is 1 - distance for cosine_distance, the inner product for
      max_inner_product, and 1 / (1 + distance) for l2_distance and l1_distance.
    - HYBRID: `Collection.hybrid_query`, with the scores as similarities. `alpha` is the weight of the vector, from 0 to
      1, and 1 - alpha that of the words; None weighs both alike. hybrid_top_k is the number of nodes; None:
      similarity_top_k.
    - TEXT_SEARCH and SPARSE: `Collection.text_query`, with the scores as similarities. sparse_top_k is the number of
      nodes; None: similarity_top_k.
    - MMR: `Collection.query_mmr`, with mmr_threshold as lambda_mult.

    Options of these methods, such as `ef_search`, are further arguments of `query`, and may be in the
    `vector_store_kwargs` of a retriever. MMR also takes `mmr_prefetch_k` and `mmr_prefetch_factor`: the number of
    candidates as such, or as a multiple of similarity_top_k.

    HYBRID, TEXT_SEARCH and SPARSE need a text index: with hybrid_search the store makes one with a new collection, and
    `create_text_index` makes one in a collection that exists.

    The store also reads collections that it has not filled: a row without "_node_content" is a TextNode.

    Args:
        collection_name: The collection; created when the first node is added.
        connection: The URL of the database, a client of it, or None: the embedded server.
        async_client: For the async methods. Without one, they use a client of their own if connection is a URL, and
            otherwise the sync methods in a thread.
        measure: The distance measure.
        text_key: The metadata key that holds the text of a node.
        hybrid_search: Whether a new collection gets a text index.
        text_search_config: The text search configuration of PostgreSQL for a text index, such as "english" or "simple".

    Raises:
        psycopg.OperationalError: The server cannot be reached.
    """

    stores_text: bool = True
    is_embedding_query: bool = True
    collection_name: str
    measure: IndexMeasure
    text_key: str
    hybrid_search: bool
    text_search_config: str

    _store: Store = PrivateAttr()

    def __init__(
        self,
        collection_name: str = "llama_index",
        connection: str | Client | None = None,
        *,
        async_client: AsyncClient | None = None,
        measure: IndexMeasure | MeasureName = IndexMeasure.cosine_distance,
        text_key: str = "_node_text",
        hybrid_search: bool = False,
        text_search_config: str = "english",
    ) -> None:
        fields: dict[str, Any] = {
            "collection_name": collection_name,
            "measure": Search(measure=measure).measure,
            "text_key": text_key,
            "hybrid_search": hybrid_search,
            "text_search_config": text_search_config,
        }
        super().__init__(**fields)
        text_index = (text_key, text_search_config) if hybrid_search else None
        self._store = Store(collection_name, connection, async_client, text_index)

    @classmethod
    def class_name(cls) -> str:
        """Return the name by which LlamaIndex knows the class."""
        return "VecsVectorStore"

    @property
    def client(self) -> Client:
        """The client of the sync methods."""
        return self._store.client

    @property
    def async_client(self) -> AsyncClient | None:
        """The client of the async methods, if there is one."""
        return self._store.async_client

    # Writing

    def add(self, nodes: Sequence[BaseNode], **kwargs: Any) -> list[str]:
        """Add nodes with their embeddings; nodes with existing ids replace the old ones. Returns the ids.

        Raises:
            ValueError: A node has no embedding, or its metadata contain text_key.
        """
        if nodes:
            self._store.upsert(self._columns(nodes))
        return [node.node_id for node in nodes]

    async def async_add(self, nodes: Sequence[BaseNode], **kwargs: Any) -> list[str]:
        """Do the same asynchronously."""
        if nodes:
            await self._store.aupsert(self._columns(nodes))
        return [node.node_id for node in nodes]

    def delete(self, ref_doc_id: str, **delete_kwargs: Any) -> None:
        """Delete all nodes of a document."""
        self._store.call("delete", filters={"ref_doc_id": {"$eq": ref_doc_id}})

    async def adelete(self, ref_doc_id: str, **delete_kwargs: Any) -> None:
        """Do the same asynchronously."""
        await self._store.acall("delete", filters={"ref_doc_id": {"$eq": ref_doc_id}})

    def delete_nodes(
        self,
        node_ids: list[str] | None = None,
        filters: MetadataFilters | None = None,
        **delete_kwargs: Any,
    ) -> None:
        """Delete the nodes that have one of the ids and match the filters; without ids and filters none."""
        self._store.call("delete", filters=_selection(node_ids, filters))

    async def adelete_nodes(
        self,
        node_ids: list[str] | None = None,
        filters: MetadataFilters | None = None,
        **delete_kwargs: Any,
    ) -> None:
        """Do the same asynchronously."""
        await self._store.acall("delete", filters=_selection(node_ids, filters))

    def clear(self, **kwargs: Any) -> None:
        """Delete all nodes; see Collection.truncate."""
        self._store.call("truncate")

    async def aclear(self, **kwargs: Any) -> None:
        """Do the same asynchronously."""
        await self._store.acall("truncate")

    def create_index(self, **kwargs: Any) -> None:
        """Build an index for the measure of the store, after nodes were added; see Collection.create_index."""
        self._store.existing().create_index(self.measure, **kwargs)

    def create_text_index(self, **kwargs: Any) -> None:
        """Make the nodes searchable by their words; see Collection.create_text_index.

        It has the text_key and text_search_config of the store. Create it before the index of the vectors: the
        collection's table is rewritten.
        """
        self._store.existing().create_text_index(self.text_key, self.text_search_config, **kwargs)

    # Reading

    def get_nodes(
        self, node_ids: list[str] | None = None, filters: MetadataFilters | None = None
    ) -> list[BaseNode]:
        """Return the nodes that have one of the ids and match the filters, with their embeddings.

        They are in the order of their ids, or, without filters, in that of node_ids; missing ones are left out. Without
        ids and filters all nodes are returned.
        """
        method, arguments = _reading(node_ids, filters)
        records = self._store.call(method, **arguments)
        return [self._node(row.id, row.metadata, row.vec) for row in records]

    async def aget_nodes(
        self, node_ids: list[str] | None = None, filters: MetadataFilters | None = None
    ) -> list[BaseNode]:
        """Do the same asynchronously."""
        method, arguments = _reading(node_ids, filters)
        records = await self._store.acall(method, **arguments)
        return [self._node(row.id, row.metadata, row.vec) for row in records]

    def query(self, query: VectorStoreQuery, **kwargs: Any) -> VectorStoreQueryResult:
        """Return the best nodes for a query, the best first, with their similarities.

        Beside filters, doc_ids and node_ids restrict the nodes. An empty list of doc_ids matches no node. An empty list
        of node_ids restricts nothing: LlamaIndex's retrievers pass it for a store that keeps the texts.

        Args:
            query: The query.
            kwargs: Options of the collection's method.

        Raises:
            exc.ArgError: There is no such mode for this store, or the query lacks what its mode needs.
            exc.FilterError: A filter is invalid.
            exc.IndexNotFound: The mode needs a text index, and there is none.
        """
        method, arguments = self._request(query, kwargs)
        return self._result(method, self._store.call(method, **arguments))

    async def aquery(self, query: VectorStoreQuery, **kwargs: Any) -> VectorStoreQueryResult:
        """Do the same asynchronously."""
        method, arguments = self._request(query, kwargs)
        return self._result(method, await self._store.acall(method, **arguments))

    # Shared by sync and async

    def _columns(self, nodes: Sequence[BaseNode]) -> Columns:
        metadata = []
        for node in nodes:
            if self.text_key in node.metadata:
                raise ValueError(
                    f'the metadata of node {node.node_id} have the key "{self.text_key}", under which the text is '
                    "kept; give the store another text_key"
                )
            # A Node may hold more of its text than the characters.
            row = node_to_metadata_dict(node, remove_text=isinstance(node, TextNode))
            row[self.text_key] = node.get_content(metadata_mode=MetadataMode.NONE)
            metadata.append(row)
        matrix = np.asarray([node.get_embedding() for node in nodes], np.float32)
        return Columns([node.node_id for node in nodes], matrix, metadata)

    def _node(
        self, id_: str, metadata: dict[str, Any] | None, vec: Vector | None = None
    ) -> BaseNode:
        metadata = metadata or {}
        text = metadata.pop(self.text_key, None) or ""
        if "_node_content" in metadata:
            kept = metadata.get("_node_type") == Node.class_name()
            node = metadata_dict_to_node(metadata, text=None if kept else text)
        else:
            node = TextNode(id_=id_, text=text, metadata=metadata)
        if vec is not None and vec.ndim == 1:  # an adopted table may have rows without a vector
            node.embedding = vec.tolist()
        return node

    def _request(
        self, query: VectorStoreQuery, named: dict[str, Any]
    ) -> tuple[str, dict[str, Any]]:
        """Return the name of the collection's method and its arguments."""
        method = _METHODS.get(query.mode)
        if method is None:
            raise exc.ArgError(
                f'the store has no query mode "{getattr(query.mode, "value", query.mode)}"',
                hint=f"It has {', '.join(mode.value for mode in _METHODS)}.",
            )
        if unknown := named.keys() - _OPTIONS[method]:
            raise TypeError(f"unknown arguments of a query: {', '.join(sorted(unknown))}")
        arguments = {name: value for name, value in named.items() if not name.startswith("mmr_")}
        arguments |= {
            "limit": query.similarity_top_k,
            "filters": _restriction(query),
            "include_value": True,
            "include_metadata": True,
        }
        if method != "text_query":
            vector = _needed(query, "query_embedding")
            arguments |= {
                "vector" if method == "hybrid_query" else "data": vector,
                "measure": self.measure,
            }
        if method in {"hybrid_query", "text_query"}:
            arguments["text"] = _needed(query, "query_str")
        if method == "text_query" and query.sparse_top_k is not None:
            arguments["limit"] = query.sparse_top_k
        if method == "hybrid_query":
            arguments = _hybrid(query) | arguments
            if query.hybrid_top_k is not None:
                arguments["limit"] = query.hybrid_top_k
        if method == "query_mmr":
            arguments |= _diversity(query, named)
        return method, arguments

    def _result(self, method: str, rows: list[Any]) -> VectorStoreQueryResult:
        if method in {"hybrid_query", "text_query"}:
            similarities = [row.score for row in rows]
        elif self.measure is IndexMeasure.cosine_distance:
            similarities = [1 - row.distance for row in rows]
        elif self.measure is IndexMeasure.max_inner_product:
            similarities = [-row.distance for row in rows]
        else:
            similarities = [1 / (1 + row.distance) for row in rows]
        return VectorStoreQueryResult(
            nodes=[self._node(row.id, row.metadata) for row in rows],
            similarities=similarities,
            ids=[row.id for row in rows],
        )


def _needed(query: VectorStoreQuery, name: str) -> Any:
    value = getattr(query, name)
    if value is None:
        raise exc.ArgError(
            f'a query of mode "{VectorStoreQueryMode(query.mode).value}" needs a {name}'
        )
    return value


def _hybrid(query: VectorStoreQuery) -> dict[str, Any]:
    """Return the arguments that only a hybrid search has; options that are passed go before them."""
    arguments: dict[str, Any] = {}
    if query.alpha is not None:
        if not 0 <= query.alpha <= 1:
            raise exc.ArgError(f"alpha must be from 0 to 1: {query.alpha}")
        arguments["weights"] = (query.alpha, 1 - query.alpha)
    if query.sparse_top_k is not None:
        arguments["candidates"] = max(query.sparse_top_k, query.similarity_top_k, 1)
    return arguments


def _diversity(query: VectorStoreQuery, named: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments that only a search for diverse rows has."""
    threshold = query.mmr_threshold
    if threshold is None:
        threshold = named.get("mmr_threshold")
    candidates = named.get("mmr_prefetch_k")
    if named.get("mmr_prefetch_factor") is not None:
        if candidates is not None:
            raise exc.ArgError("mmr_prefetch_k and mmr_prefetch_factor exclude each other")
        candidates = max(1, int(query.similarity_top_k * named["mmr_prefetch_factor"]))
    return {"lambda_mult": 0.5 if threshold is None else threshold, "candidates": candidates}


def _reading(
    node_ids: list[str] | None, filters: MetadataFilters | None
) -> tuple[str, dict[str, Any]]:
    """Return the name of the collection's method that reads the nodes, and its arguments."""
    if node_ids is not None and (filters is None or not node_ids):
        return "fetch", {"ids": node_ids}
    return "scan", {"filters": _selection(node_ids, filters)}


# Filters


def _restriction(query: VectorStoreQuery) -> dict[str, Any]:
    filters = _selection(query.node_ids or None, query.filters)
    if query.doc_ids is None:
        return filters
    return {"$and": [{"ref_doc_id": {"$in": list(query.doc_ids)}}, filters]}


def _selection(node_ids: Sequence[str] | None, filters: MetadataFilters | None) -> dict[str, Any]:
    """Return the filter for the nodes that have one of the ids and match; {} if there is no condition."""
    selected = {} if filters is None else _filters(filters)
    if node_ids is None:
        return selected
    return {"$and": [{"$id": {"$in": list(node_ids)}}, selected]}


def _filters(filters: MetadataFilters) -> dict[str, Any]:
    if not filters.filters:
        return {}
    condition = _CONDITIONS[filters.condition or FilterCondition.AND]
    return {
        condition: [
            _filters(one) if isinstance(one, MetadataFilters) else _filter(one)
            for one in filters.filters
        ]
    }


def _filter(one: MetadataFilter) -> dict[str, Any]:
    """Translate one filter; as in LlamaIndex, NE and NIN match a node without the key."""
    key, operator, value = one.key, one.operator, one.value
    if operator in _COMPARISONS:
        return {key: {_COMPARISONS[operator]: value}}
    if operator is FilterOperator.NE:
        return {"$not": {key: {"$eq": value}}}
    if operator in _LISTS:
        if not isinstance(value, list):
            raise exc.FilterError(f'filter "{key}" {operator.value}: the value must be a list')
        found = {key: {_LISTS[operator]: value}}
        return {"$not": found} if operator is FilterOperator.NIN else found
    if operator in _TEXTS:
        if not isinstance(value, str):
            raise exc.FilterError(f'filter "{key}" {operator.value}: the value must be a string')
        for special in "\\%_":
            value = value.replace(special, f"\\{special}")
        return {key: {_TEXTS[operator]: f"%{value}%"}}
    if operator is FilterOperator.IS_EMPTY:
        return {
            "$or": [
                {key: {"$exists": False}},
                {key: {"$in": [None, ""]}},
                {key: {"$eq": []}},
            ]
        }
    raise exc.FilterError(f'filter "{key}": the store has no operator "{operator.value}"')
