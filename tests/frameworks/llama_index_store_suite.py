"""Our vector store for LlamaIndex; run by test_llama_index.py in an environment with LlamaIndex."""

from __future__ import annotations

import asyncio
import itertools
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from llama_index.core import StorageContext, VectorStoreIndex
from llama_index.core.embeddings import BaseEmbedding
from llama_index.core.ingestion import DocstoreStrategy, IngestionPipeline
from llama_index.core.schema import (
    BaseNode,
    Document,
    ImageNode,
    IndexNode,
    MediaResource,
    Node,
    NodeRelationship,
    QueryBundle,
    RelatedNodeInfo,
    TextNode,
)
from llama_index.core.storage.docstore import SimpleDocumentStore
from llama_index.core.vector_stores import (
    FilterCondition,
    FilterOperator,
    MetadataFilter,
    MetadataFilters,
    VectorStoreQuery,
    VectorStoreQueryResult,
)
from llama_index.core.vector_stores.types import VectorStoreQueryMode
from llama_index.core.vector_stores.utils import build_metadata_filter_fn

import vecs_sql as vecs
from vecs_sql.llama_index import VecsVectorStore

URL = os.environ["VECS_SQL_TEST_URL"]
_numbers = itertools.count(1)
Mode = VectorStoreQueryMode
Op = FilterOperator

# The nodes of these tests are too few for an index.
pytestmark = pytest.mark.filterwarnings("ignore:Query does not have a covering index")


def make(**named: Any) -> VecsVectorStore:  # noqa: ANN401
    return VecsVectorStore(f"llama_{next(_numbers)}", named.pop("connection", URL), **named)


@pytest.fixture(params=["sync", "async"])
def call(request: pytest.FixtureRequest) -> Callable[..., Any]:
    """Calls a method of a store, or its async form."""

    async def ask(store: VecsVectorStore, name: str, arguments: Any, named: Any) -> Any:  # noqa: ANN401
        try:
            return await getattr(store, name)(*arguments, **named)
        finally:
            assert store.async_client is not None
            await store.async_client.disconnect()

    def called(store: VecsVectorStore, name: str, *arguments: Any, **named: Any) -> Any:  # noqa: ANN401
        if request.param == "sync":
            return getattr(store, name)(*arguments, **named)
        return asyncio.run(ask(store, asynchronous(name), arguments, named))

    return called


def asynchronous(name: str) -> str:
    return "async_add" if name == "add" else f"a{name}"


def node(
    id_: str,
    document: str = "",
    vector: tuple[float, ...] = (1, 0),
    **metadata: Any,  # noqa: ANN401
) -> TextNode:
    source = {NodeRelationship.SOURCE: RelatedNodeInfo(node_id=document)} if document else {}
    return TextNode(
        id_=id_, text=f"text of {id_}", embedding=[*map(float, vector)], metadata=metadata, relationships=source
    )  # fmt: skip


def filters(*of: Any, condition: FilterCondition | None = FilterCondition.AND) -> MetadataFilters:  # noqa: ANN401
    """Return filters of triples (key, operator, value) and of other filters."""
    return MetadataFilters(
        filters=[
            one
            if isinstance(one, MetadataFilters)
            else MetadataFilter(key=one[0], operator=one[1], value=one[2])
            for one in of
        ],
        condition=condition,
    )


def found(store: VecsVectorStore, selection: MetadataFilters | None, **named: Any) -> list[str]:  # noqa: ANN401
    query = VectorStoreQuery([1.0, 0.0], similarity_top_k=100, filters=selection, **named)
    return sorted(store.query(query).ids or [])


# Filters

METADATA: dict[str, dict[str, Any]] = {
    "a": {"n": 1, "s": "Alpha_1", "l": ["x", "y"], "m": [1, 2]},
    "b": {"n": 2.5, "s": "alpha%2", "l": ["y"], "m": [2]},
    "c": {"n": -3, "s": "beta\\", "l": []},
    "d": {"n": 2, "s": "", "l": ["x", "y", "z"], "dotted.key": "v"},
    "e": {"n": None, "s": None, "l": None},
    "f": {"it's": 'quoted "value"'},
}


@pytest.fixture(scope="module")
def filtered() -> Iterator[VecsVectorStore]:
    store = make()
    store.add([node(id_, **metadata) for id_, metadata in METADATA.items()])
    yield store
    store.client.disconnect()


CASES: dict[FilterOperator, list[tuple[str, Any]]] = {
    Op.EQ: [("n", 1), ("n", 2.5), ("n", 2.0), ("s", "Alpha_1"), ("l", ["y"]), ("none", "v"), ("dotted.key", "v"),
            ("it's", 'quoted "value"'), ("s", "1"), ("n", "1")],
    Op.NE: [("n", 1), ("s", "Alpha_1"), ("l", ["y"]), ("none", "v")],
    Op.GT: [("n", 1), ("n", 2), ("s", "Alpha_1"), ("none", 0)],
    Op.GTE: [("n", 2.5), ("n", -3), ("s", "alpha%2")],
    Op.LT: [("n", 2), ("n", -3), ("none", 1)],
    Op.LTE: [("n", 2), ("n", -3.0), ("s", "")],
    Op.IN: [("n", [1, 2]), ("s", ["alpha%2", "beta\\", "other"]), ("n", []), ("none", ["v"]), ("n", [2.5])],
    Op.NIN: [("n", [1, 2]), ("s", ["alpha%2"]), ("n", []), ("none", ["v"])],
    Op.ANY: [("l", ["x"]), ("l", ["z", "y"]), ("m", [2, 7]), ("l", []), ("none", ["x"])],
    Op.ALL: [("l", ["x", "y"]), ("l", ["y"]), ("m", [1]), ("l", []), ("none", ["x"])],
    Op.TEXT_MATCH: [("s", "lpha"), ("s", "_"), ("s", "%"), ("s", "\\"), ("s", "ALPHA"), ("s", ""), ("none", "a")],
    Op.TEXT_MATCH_INSENSITIVE: [("s", "LPHA"), ("s", "a%"), ("s", "_1"), ("none", "a")],
    Op.CONTAINS: [("l", "x"), ("m", 2), ("l", "w"), ("none", "x")],
    Op.IS_EMPTY: [("n", None), ("s", None), ("l", None), ("none", None)],
}  # fmt: skip


def matches(id_: str, selection: MetadataFilters) -> bool:
    """Return whether LlamaIndex's own filters match, which do not compare values of different types."""
    try:
        return bool(build_metadata_filter_fn(METADATA.__getitem__, selection)(id_))
    except TypeError:
        return False


def test_every_operator_is_as_llama_index_has_it(filtered: VecsVectorStore) -> None:
    assert set(CASES) == set(FilterOperator)
    singles = [(key, operator, value) for operator, of in CASES.items() for key, value in of]
    for single in singles:
        selection = filters(single)
        assert found(filtered, selection) == [id_ for id_ in METADATA if matches(id_, selection)], (
            single
        )
    # Two by two, under every condition.
    for at, (one, other) in enumerate(itertools.pairwise(singles)):
        condition = [*FilterCondition, None][at % 4]
        selection = filters(one, other, condition=condition)
        each = [[id_ for id_ in METADATA if matches(id_, filters(part))] for part in (one, other)]
        expected = {
            FilterCondition.AND: set(each[0]) & set(each[1]),
            FilterCondition.OR: set(each[0]) | set(each[1]),
            FilterCondition.NOT: {*METADATA} - {*each[0]} - {*each[1]},
        }[condition or FilterCondition.AND]
        assert found(filtered, selection) == sorted(expected), (one, other, condition)


def test_nested_filters(filtered: VecsVectorStore) -> None:
    small, has_y = ("n", Op.LT, 2), ("l", Op.CONTAINS, "y")
    either = filters(small, has_y, condition=FilterCondition.OR)
    assert found(filtered, filters(either, ("s", Op.NE, "Alpha_1"))) == ["b", "c", "d"]
    neither = filters(either, condition=FilterCondition.NOT)
    assert found(filtered, filters(neither, ("it's", Op.IS_EMPTY, None))) == ["e"]
    deep = filters(small)
    for _ in range(20):
        deep = filters(deep)
    assert found(filtered, deep) == ["a", "c"]
    assert found(filtered, MetadataFilters(filters=[])) == [*METADATA]
    assert found(filtered, filters(MetadataFilters(filters=[]), small)) == ["a", "c"]


def test_filters_that_are_invalid(filtered: VecsVectorStore) -> None:
    for operator, value in [
        (Op.IN, "a"),
        (Op.NIN, 1),
        (Op.ANY, None),
        (Op.TEXT_MATCH, 1),
        (Op.GT, ["a"]),
    ]:
        with pytest.raises(vecs.exc.FilterError):
            found(filtered, filters(("s", operator, value)))


# Nodes


@pytest.fixture
def documents() -> Iterator[VecsVectorStore]:
    """Three documents, of 25, 2 and 1 nodes, and a node without one."""
    store = make()
    store.add([node(f"a{number:02}", "a", (1, number), part=number) for number in range(25)])
    store.add([node("b0", "b", (1, 30), part=0), node("b1", "b", (1, 40), part=1), node("c0", "c", (1, 50), part=0),
               node("free", "", (1, 60))])  # fmt: skip
    yield store
    store.client.disconnect()


def test_documents_and_ids_restrict_a_query(documents: VecsVectorStore) -> None:
    part = filters(("part", Op.EQ, 0))
    assert found(documents, None, doc_ids=["b", "c"]) == ["b0", "b1", "c0"]
    assert found(documents, part, doc_ids=["b", "c"]) == ["b0", "c0"]
    assert found(documents, part, doc_ids=["b"], node_ids=["b0", "b1", "c0"]) == ["b0"]
    assert found(documents, None, node_ids=["b1", "missing"]) == ["b1"]
    assert found(documents, None, doc_ids=["missing"]) == found(documents, None, doc_ids=[]) == []
    assert len(found(documents, None, doc_ids=["a"])) == 25
    assert len(found(documents, None, node_ids=[])) == 29


def test_deleting(documents: VecsVectorStore, call: Callable[..., Any]) -> None:
    call(documents, "delete", "a")
    assert found(documents, None) == ["b0", "b1", "c0", "free"]
    call(documents, "delete", "missing")
    call(documents, "delete_nodes")
    call(documents, "delete_nodes", [])
    call(documents, "delete_nodes", ["missing"])
    call(documents, "delete_nodes", filters=MetadataFilters(filters=[]))
    call(documents, "delete_nodes", ["b0"], filters(("part", Op.EQ, 1)))
    assert found(documents, None) == ["b0", "b1", "c0", "free"]
    call(documents, "delete_nodes", ["b0", "free"], filters(("part", Op.EQ, 0)))
    assert found(documents, None) == ["b1", "c0", "free"]
    call(documents, "delete_nodes", filters=filters(("part", Op.IS_EMPTY, None)))
    call(documents, "delete_nodes", ["b1"])
    assert found(documents, None) == ["c0"]
    call(documents, "clear")
    assert found(documents, None) == []
    call(documents, "add", [node("again")])
    assert found(documents, None) == ["again"]


def test_getting_nodes(documents: VecsVectorStore, call: Callable[..., Any]) -> None:
    def ids(*arguments: Any) -> list[str]:  # noqa: ANN401
        return [one.node_id for one in call(documents, "get_nodes", *arguments)]

    assert ids(["c0", "missing", "a07"]) == ["c0", "a07"]
    assert ids(None, filters(("part", Op.EQ, 0))) == ["a00", "b0", "c0"]
    assert ids(["a00", "a01", "c0"], filters(("part", Op.EQ, 0))) == ["a00", "c0"]
    assert ids([]) == ids([], filters(("part", Op.EQ, 0))) == []
    assert len(ids()) == 29
    assert call(documents, "get_nodes", ["a07"])[0].embedding == [1, 7]


def test_a_store_without_a_collection(call: Callable[..., Any]) -> None:
    store = make()
    query = VectorStoreQuery([1.0, 0.0], similarity_top_k=3)
    assert call(store, "query", query) == VectorStoreQueryResult([], [], [])
    assert call(store, "get_nodes", ["a"]) == []
    assert call(store, "add", []) == []
    call(store, "delete", "a")
    call(store, "delete_nodes", ["a"])
    call(store, "clear")
    with pytest.raises(vecs.exc.CollectionNotFound):
        store.create_index()
    assert call(store, "add", [node("a")]) == ["a"]
    assert store.query(query).ids == ["a"]
    store.client.delete_collection(store.collection_name)
    call(store, "add", [node("b")])
    assert store.query(query).ids == ["b"]


def test_nodes_come_back_as_they_were(call: Callable[..., Any]) -> None:
    related = {
        NodeRelationship.SOURCE: RelatedNodeInfo(node_id="doc", metadata={"k": 1}),
        NodeRelationship.NEXT: RelatedNodeInfo(node_id="index"),
    }
    nodes: list[BaseNode] = [
        TextNode(
            id_="text", text="Größe 🙂\n", metadata={"text": "own", "nested": {"k": [1, None]}}, relationships=related,
            excluded_llm_metadata_keys=["text"], text_template="{content}", start_char_idx=3, end_char_idx=9,
        ),
        TextNode(id_="empty", text=""),
        IndexNode(id_="index", text="of another", index_id="other", obj=TextNode(id_="other", text="x")),
        ImageNode(id_="image", text="a picture", image_path="/pictures/a.png"),
        ImageNode(id_="only an image", image_url="https://example.org/a.png"),
        Node(id_="node", text_resource=MediaResource(text="# Title", mimetype="text/markdown"), metadata={"k": "v"}),
    ]  # fmt: skip
    for number, one in enumerate(nodes):
        one.embedding = [1.0, float(number)]
    store = make()
    assert call(store, "add", nodes) == [one.node_id for one in nodes]
    again = call(store, "get_nodes", [one.node_id for one in nodes])
    for one, other in zip(nodes, again, strict=True):
        assert type(other) is type(one)
        assert other.to_dict() == one.to_dict()
    [document] = [Document(id_="document", text="whole", metadata={"k": 1}, embedding=[1.0, 9.0])]
    call(store, "add", [document])
    [read] = call(store, "get_nodes", ["document"])
    assert (read.get_content(), read.metadata) == ("whole", {"k": 1})
    # A query returns them without their embeddings.
    result = call(store, "query", VectorStoreQuery([1.0, 0.0], similarity_top_k=1))
    assert result.nodes[0].get_content() == "Größe 🙂\n"
    assert result.nodes[0].ref_doc_id == "doc"
    assert result.nodes[0].embedding is None
    replaced = TextNode(id_="text", text="new", embedding=[1.0, 0.0])
    call(store, "add", [replaced])
    assert call(store, "get_nodes", ["text"]) == [replaced]


def test_nodes_that_cannot_be_added() -> None:
    store = make()
    with pytest.raises(ValueError, match="embedding not set"):
        store.add([TextNode(text="no vector")])
    with pytest.raises(ValueError, match='have the key "_node_text"'):
        store.add([node("a", _node_text="taken")])
    store.add([node("a")])
    with pytest.raises(vecs.exc.MismatchedDimension):
        store.add([node("b", vector=(1, 2, 3))])


def test_rows_of_others() -> None:
    """A collection that another program fills, here an adopted table."""
    with psycopg.connect(URL, autocommit=True) as connection:
        connection.execute(
            "CREATE TABLE papers (id int PRIMARY KEY, body text, year int, v public.vector(2));"
            "INSERT INTO papers VALUES (7, 'seven', 2007, '[1,0]'), (8, NULL, 2008, '[0,1]'), (9, 'nine', 2009, NULL);"
            "SELECT vecs.adopt('papers')"
        )
    store = VecsVectorStore("papers", URL, text_key="body")
    result = store.query(VectorStoreQuery([1.0, 0.0], similarity_top_k=2))
    assert result.nodes is not None
    first, second = result.nodes
    assert first == TextNode(id_="7", text="seven", metadata={"year": 2007})
    assert second.get_content() == ""
    assert found(store, filters(("year", Op.GT, 2007))) == ["8"]
    [unembedded] = store.get_nodes(["9"])
    assert (unembedded.get_content(), unembedded.embedding) == ("nine", None)


# Modes

WORDS = {
    "e1": "Error code E1234 means that the disk is full.",
    "e2": "Error code E99 means that the disk is gone.",
    "cat": "A cat sleeps on the warm oven.",
    "dog": "The dog barks at the cat.",
}


@pytest.fixture(scope="module")
def words() -> Iterator[VecsVectorStore]:
    store = make(hybrid_search=True)
    vectors = [(1, 0), (1, 0.1), (0, 1), (0.1, 1)]
    store.add(
        [
            TextNode(id_=id_, text=text, embedding=[*map(float, vector)], metadata={"n": number})
            for number, ((id_, text), vector) in enumerate(zip(WORDS.items(), vectors, strict=True))
        ]
    )
    yield store
    store.client.disconnect()


def test_words(words: VecsVectorStore, call: Callable[..., Any]) -> None:
    for mode in (Mode.TEXT_SEARCH, Mode.SPARSE):
        query = VectorStoreQuery(
            query_str="which disk is full? E1234", similarity_top_k=4, mode=mode
        )
        result = call(words, "query", query)
        assert result.ids == ["e1", "e2"]
        assert result.similarities[0] > result.similarities[1] > 0
        assert result.nodes[0].get_content() == WORDS["e1"]
        query.sparse_top_k = 1
        assert call(words, "query", query).ids == ["e1"]
        query.filters, query.sparse_top_k = filters(("n", Op.NE, 0)), 9
        assert call(words, "query", query).ids == ["e2"]
    query = VectorStoreQuery(query_str="disk cat", similarity_top_k=4, mode=Mode.SPARSE)
    assert call(words, "query", query, match="all").ids == []


def test_hybrid(words: VecsVectorStore, call: Callable[..., Any]) -> None:
    query = VectorStoreQuery([0.0, 1.0], 4, query_str="E99", mode=Mode.HYBRID)
    result = call(words, "query", query)
    assert {*result.ids} == {*WORDS}
    assert result.similarities == sorted(result.similarities, reverse=True)
    for alpha, first in [(1, "cat"), (0.9, "cat"), (0.1, "e2"), (0, "e2")]:
        query.alpha = alpha
        for fusion in ("rrf", "relative"):
            assert call(words, "query", query, fusion=fusion).ids[0] == first
    query.hybrid_top_k, query.sparse_top_k = 2, 1
    assert call(words, "query", query).ids[0] == "e2"
    assert len(call(words, "query", query).ids) == 2
    query.filters, query.hybrid_top_k = filters(("n", Op.GTE, 2)), None
    assert {*call(words, "query", query).ids} == {"cat", "dog"}
    query.node_ids = ["dog"]
    assert call(words, "query", query).ids == ["dog"]
    # No word is indexed: the vector alone decides.
    query = VectorStoreQuery([0.0, 1.0], 1, query_str="the", mode=Mode.HYBRID)
    with pytest.warns(UserWarning, match="word"):
        assert call(words, "query", query).ids == ["cat"]


def test_diversity(words: VecsVectorStore, call: Callable[..., Any]) -> None:
    query = VectorStoreQuery([1.0, 0.2], 2, mode=Mode.MMR)
    assert call(words, "query", query, mmr_threshold=1).ids == ["e2", "e1"]
    assert call(words, "query", query, mmr_threshold=0).ids[1] in {"cat", "dog"}
    query.mmr_threshold = 1.0
    result = call(words, "query", query, mmr_threshold=0, mmr_prefetch_k=3)
    assert result.ids == ["e2", "e1"]
    assert result.similarities == sorted(result.similarities, reverse=True)
    query.mmr_threshold = 0.0
    assert call(words, "query", query, mmr_prefetch_factor=1).ids == ["e2", "e1"]
    with pytest.raises(vecs.exc.ArgError, match="exclude each other"):
        call(words, "query", query, mmr_prefetch_factor=1, mmr_prefetch_k=2)
    query.mmr_threshold = 2.0
    with pytest.raises(vecs.exc.ArgError, match="lambda_mult"):
        call(words, "query", query)


def test_a_text_index_in_a_collection_that_exists() -> None:
    store = make(text_search_config="german")
    store.add([TextNode(id_="a", text="Die Häuser am See", embedding=[1.0])])
    query = VectorStoreQuery(query_str="Haus", mode=Mode.SPARSE)
    with pytest.raises(vecs.exc.IndexNotFound, match="create_text_index"):
        store.query(query)
    store.create_text_index()
    store.create_index()
    assert store.query(query).ids == ["a"]


def test_queries_that_are_invalid(words: VecsVectorStore) -> None:
    for mode in (Mode.SVM, Mode.LOGISTIC_REGRESSION, Mode.LINEAR_REGRESSION, Mode.SEMANTIC_HYBRID):
        with pytest.raises(vecs.exc.ArgError, match=f'no query mode "{mode.value}"'):
            words.query(VectorStoreQuery([1.0, 0.0], query_str="a cat", mode=mode))
    for mode in (Mode.DEFAULT, Mode.HYBRID, Mode.MMR):
        with pytest.raises(vecs.exc.ArgError, match=f'"{mode.value}" needs a query_embedding'):
            words.query(VectorStoreQuery(query_str="a cat", mode=mode))
    for mode in (Mode.TEXT_SEARCH, Mode.SPARSE, Mode.HYBRID):
        with pytest.raises(vecs.exc.ArgError, match=f'"{mode.value}" needs a query_str'):
            words.query(VectorStoreQuery([1.0, 0.0], mode=mode))
    with pytest.raises(vecs.exc.ArgError, match="alpha must be from 0 to 1: 2"):
        words.query(VectorStoreQuery([1.0, 0.0], query_str="a cat", mode=Mode.HYBRID, alpha=2))
    with pytest.raises(TypeError, match="unknown arguments of a query: match"):
        words.query(VectorStoreQuery([1.0, 0.0]), match="all")


def test_measures() -> None:
    for measure, expected in {
        "cosine_distance": [1, pytest.approx(0.6)], "l2_distance": [1, pytest.approx(1 / (1 + 0.8**0.5))],
        "l1_distance": [1, pytest.approx(1 / 2.2)], "max_inner_product": [1, pytest.approx(0.6)],
    }.items():  # fmt: skip
        store = make(measure=measure)
        store.add([node("a"), node("b", vector=(0.6, 0.8))])
        store.create_index()
        result = store.query(VectorStoreQuery([1.0, 0.0], similarity_top_k=2), ef_search=50)
        assert result.ids == ["a", "b"]
        assert result.similarities == expected
    with pytest.raises(vecs.exc.ArgError, match="Invalid index measure"):
        make(measure="cosine")


# LlamaIndex above it


class Letters(BaseEmbedding):  # type: ignore[misc]
    """Embeds a text by how often it has each letter."""

    def _get_text_embedding(self, text: str) -> list[float]:
        return [1 + float(text.lower().count(letter)) for letter in "abcdefghijklmnopqrstuvwxyz"]

    def _get_query_embedding(self, query: str) -> list[float]:
        return self._get_text_embedding(query)

    async def _aget_query_embedding(self, query: str) -> list[float]:
        return self._get_text_embedding(query)


def test_an_index() -> None:
    store = make(hybrid_search=True)
    storage = StorageContext.from_defaults(vector_store=store)
    nodes = [
        TextNode(id_=id_, text=text, relationships={NodeRelationship.SOURCE: RelatedNodeInfo(node_id=id_[0])})
        for id_, text in WORDS.items()
    ]  # fmt: skip
    index = VectorStoreIndex(nodes, storage_context=storage, embed_model=Letters())
    for mode in (Mode.DEFAULT, Mode.HYBRID, Mode.SPARSE, Mode.TEXT_SEARCH, Mode.MMR):
        retriever = index.as_retriever(similarity_top_k=3, vector_store_query_mode=mode)
        retrieved = retriever.retrieve(WORDS["e2"])
        assert retrieved[0].node.get_content() == WORDS["e2"]
        assert retrieved[0].score is not None
        expected = [one.node.node_id for one in retrieved]
        again = asyncio.run(retriever.aretrieve(QueryBundle(WORDS["e2"])))
        assert [one.node.node_id for one in again] == expected
    of_one = index.as_retriever(
        doc_ids=["d", "c"], similarity_top_k=9, vector_store_kwargs={"strategy": "exact"}
    )
    assert {one.node.node_id for one in of_one.retrieve("cat")} == {"cat", "dog"}
    index.delete_ref_doc("e")
    index.insert_nodes([TextNode(id_="new", text="A new text about pictures")])
    assert found_ids(index) == {"cat", "dog", "new"}
    index.delete_nodes(["cat"])
    other = VectorStoreIndex.from_vector_store(
        VecsVectorStore(store.collection_name, URL), embed_model=Letters()
    )
    assert found_ids(other) == {"dog", "new"}


def found_ids(index: VectorStoreIndex) -> set[str]:
    return {one.node.node_id for one in index.as_retriever(similarity_top_k=9).retrieve("cat")}


def test_a_pipeline_replaces_documents_that_changed() -> None:
    store = make()
    pipeline = IngestionPipeline(
        transformations=[Letters()], docstore=SimpleDocumentStore(), vector_store=store,
        docstore_strategy=DocstoreStrategy.UPSERTS,
    )  # fmt: skip
    texts = {"one": "first", "two": "second"}

    def run() -> int:
        sources = [TextNode(id_=id_, text=text) for id_, text in texts.items()]
        return len(pipeline.run(nodes=sources))

    assert run() == 2
    assert run() == 0
    texts["two"] = "changed"
    assert run() == 1
    assert sorted(one.get_content() for one in store.get_nodes()) == ["changed", "first"]


def test_one_store_in_several_event_loops() -> None:
    """A program may call asyncio.run more than once."""
    store = make()
    for number in range(3):
        assert asyncio.run(store.async_add([node(f"n{number}")])) == [f"n{number}"]
    assert len(asyncio.run(store.aget_nodes())) == 3


def test_over_a_client_the_async_methods_use_threads() -> None:
    with vecs.create_client(URL) as client:
        store = make(connection=client, hybrid_search=True)
        assert store.client is client
        assert store.async_client is None

        async def use() -> None:
            await store.async_add([node("a", "doc", n=1), node("b", "other", n=2)])
            query = VectorStoreQuery([1.0, 0.0], 9, query_str="text", mode=Mode.HYBRID)
            assert (await store.aquery(query, match="all")).ids == ["a", "b"]
            assert len(await store.aget_nodes(["b"], filters(("n", Op.EQ, 2)))) == 1
            await store.adelete("doc")
            await store.adelete_nodes(["missing"], None)
            assert [one.node_id for one in await store.aget_nodes()] == ["b"]
            await store.aclear()
            assert await store.aget_nodes() == []

        asyncio.run(use())


def test_the_program_of_the_guide(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As it stands there, with what it prints."""
    page = (Path(__file__).parents[2] / "docs" / "frameworks.md").read_text(encoding="utf-8")
    pattern = r"^```python\n(# llama_index_store.py\n.*?)^```\n\n```text\n(.*?)^```$"
    [(program, printed)] = re.findall(pattern, page, re.MULTILINE | re.DOTALL)
    monkeypatch.setenv("DATABASE_URL", URL)
    exec(compile(program, "llama_index_store.py", "exec"), {})
    assert capsys.readouterr().out.splitlines()[-2:] == printed.splitlines()
