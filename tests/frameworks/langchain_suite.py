"""LangChain's own standard tests of a vector store, and ours; run by test_langchain.py in an environment with them."""

from __future__ import annotations

import asyncio
import datetime
import itertools
import json
import os
import re
import sys
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from langchain_community.vectorstores import SupabaseVectorStore
from langchain_core.documents import Document
from langchain_core.embeddings import DeterministicFakeEmbedding
from langchain_tests.integration_tests.vectorstores import VectorStoreIntegrationTests
from psycopg.conninfo import conninfo_to_dict

import vecs_sql as vecs
from vecs_sql.langchain import VecsVectorStore

URL = os.environ["VECS_SQL_TEST_URL"]
EMBEDDING = DeterministicFakeEmbedding(size=6)
_numbers = itertools.count(1)

# The documents of these tests are too few for an index.
pytestmark = pytest.mark.filterwarnings("ignore:Query does not have a covering index")


def make(**named: Any) -> VecsVectorStore:  # noqa: ANN401
    return VecsVectorStore(EMBEDDING, f"store_{next(_numbers)}", URL, **named)


class TestStandard(VectorStoreIntegrationTests):  # type: ignore[misc]
    @pytest.fixture
    def vectorstore(self) -> Iterator[VecsVectorStore]:
        store = make()
        yield store
        store.client.disconnect()


class TestStandardOverAClient(VectorStoreIntegrationTests):  # type: ignore[misc]
    """With a client of the caller's the async methods use threads."""

    @pytest.fixture
    def vectorstore(self) -> Iterator[VecsVectorStore]:
        with vecs.create_client(URL) as client:
            store = VecsVectorStore(EMBEDDING, f"store_{next(_numbers)}", client)
            assert store.async_client is None
            yield store


DOCUMENTS = [
    Document(id=f"d{n}", page_content=f"text {n}", metadata={"n": n, "even": n % 2 == 0})
    for n in range(100)
]


@pytest.fixture(scope="module", params=["cosine_distance", "l2_distance", "max_inner_product"])
def store(request: pytest.FixtureRequest) -> Iterator[VecsVectorStore]:
    store = make(measure=request.param)
    store.add_documents(DOCUMENTS)
    store.create_index()
    yield store
    store.client.disconnect()


def both(store: VecsVectorStore, name: str, *arguments: Any, **named: Any) -> Any:  # noqa: ANN401
    """Return the result of a method, which its async form must return, too."""
    found = getattr(store, name)(*arguments, **named)

    async def ask() -> Any:  # noqa: ANN401
        other = VecsVectorStore(EMBEDDING, store.collection_name, URL, measure=store.measure)
        assert other.async_client is not None
        try:
            return await getattr(other, f"a{name}")(*arguments, **named)
        finally:
            await other.async_client.disconnect()
            other.client.disconnect()

    assert asyncio.run(ask()) == found
    return found


def test_searches(store: VecsVectorStore) -> None:
    # The negative inner product of a vector with itself need not be the least.
    if store.measure is not vecs.IndexMeasure.max_inner_product:
        assert both(store, "similarity_search", "text 7", 1) == [DOCUMENTS[7]]
        [(document, distance)] = both(store, "similarity_search_with_score", "text 7", 1)
        assert document == DOCUMENTS[7]
        assert distance == pytest.approx(0, abs=1e-6)
        [(document, score)] = both(store, "similarity_search_with_relevance_scores", "text 7", 1)
        assert score == pytest.approx(1, abs=1e-6)
    vector = EMBEDDING.embed_query("text 8")
    assert len(both(store, "similarity_search_by_vector", vector, 100)) == 100
    distances = [distance for _, distance in store.similarity_search_with_score("text 7", 100)]
    assert distances == sorted(distances)


def test_filters(store: VecsVectorStore) -> None:
    found = both(store, "similarity_search", "text 7", 100, filter={"n": {"$gte": 90}})
    assert sorted(document.metadata["n"] for document in found) == list(range(90, 100))
    found = both(store, "similarity_search", "text 7", 3, filter={"even": True, "n": {"$lt": 9}})
    assert len(found) == 3
    assert all(document.metadata["even"] for document in found)
    assert both(store, "similarity_search", "text 7", 3, filter={"n": -1}) == []
    with pytest.raises(vecs.exc.FilterError):
        store.similarity_search("text 7", filter={"n": {"$gr": 1}})


def test_filters_by_position(store: VecsVectorStore) -> None:
    vector, odd = EMBEDDING.embed_query("text 7"), {"n": {"$in": [1, 3, 5]}}
    for name, arguments in [
        ("similarity_search", ("text 7", 9)),
        ("similarity_search_with_score", ("text 7", 9)),
        ("similarity_search_by_vector", (vector, 9)),
        ("similarity_search_with_score_by_vector", (vector, 9)),
        ("max_marginal_relevance_search", ("text 7", 9, 20, 0.5)),
        ("max_marginal_relevance_search_by_vector", (vector, 9, 20, 0.5)),
    ]:
        assert len(both(store, name, *arguments, odd)) == 3


def test_a_table_that_exists() -> None:
    """Its columns are the metadata, one of them the text, and its keys the ids."""
    with psycopg.connect(URL, autocommit=True) as connection:
        connection.execute(
            "CREATE TABLE papers (id int PRIMARY KEY, body text, year int, embedding public.vector(6))"
        )
        with pytest.raises(vecs.exc.ArgError, match='no column "page_content" with the texts'):
            VecsVectorStore(EMBEDDING, connection=URL, adopt="papers")
        store = VecsVectorStore(EMBEDDING, connection=URL, adopt="papers", text_key="body")
        assert store.collection_name == "papers"
        texts = [f"text {n}" for n in range(20)]
        store.add_texts(texts, [{"year": 2000 + n} for n in range(20)], ids=[*map(str, range(20))])
        assert connection.execute("SELECT body, year FROM papers WHERE id = 7").fetchall() == [
            ("text 7", 2007)
        ]
        expected = Document(id="7", page_content="text 7", metadata={"year": 2007})
        assert store.similarity_search("text 7", 1) == [expected]
        found = store.similarity_search("text 7", 20, filter={"year": {"$gte": 2015}})
        assert sorted(document.id or "" for document in found) == ["15", "16", "17", "18", "19"]
        assert asyncio.run(store.aget_by_ids(["7"])) == [expected]
        store.delete(["7"])
        assert connection.execute("SELECT count(*) FROM papers").fetchall() == [(19,)]
        with pytest.raises(vecs.exc.ArgError, match="cannot read the id"):
            store.add_texts(["a text"])
        named = VecsVectorStore(EMBEDDING, "papers", URL, text_key="body")
        assert named.get_by_ids(["8"])[0].page_content == "text 8"


def test_times_in_filters() -> None:
    west = datetime.timezone(-datetime.timedelta(hours=5))
    times = {
        "before": datetime.datetime(2023, 12, 31, 18, 59, tzinfo=west),
        "first": datetime.datetime(2023, 12, 31, 19, tzinfo=west),
        "last": datetime.datetime(2024, 1, 1, 23, 59),
        "after": datetime.datetime(2024, 1, 2),
    }
    store = make()
    store.add_documents(
        [
            Document(id=id_, page_content="text", metadata={"at": at, "day": at.date()})
            for id_, at in times.items()
        ]
    )
    day = datetime.date(2024, 1, 1)
    for condition in (day, {"$between": [day, day]}, {"$gte": times["first"], "$lte": day}):
        found = both(store, "similarity_search", "text", 9, filter={"at": condition})
        assert {document.id for document in found} == {"first", "last"}
    [document] = store.get_by_ids(["first"])
    assert document.metadata == {"at": "2024-01-01T00:00:00+00:00", "day": "2023-12-31"}
    store.delete(filter={"at": {"$gt": day}})
    assert store.get_by_ids(["after"]) == []
    store.client.disconnect()


def test_tuning(store: VecsVectorStore) -> None:
    exact = store.similarity_search_with_score("text 7", 5, strategy="exact")
    assert len(exact) == 5
    within = store.similarity_search_with_score("text 7", 5, max_distance=exact[1][1])
    assert within == exact[:2]
    assert len(store.similarity_search("text 7", 5, ef_search=10)) == 5
    with pytest.raises(TypeError, match="unknown arguments of a dense search: filters"):
        store.similarity_search("text 7", filters={"n": 1})


def test_diversity(store: VecsVectorStore) -> None:
    nearest = both(store, "max_marginal_relevance_search", "text 7", 3, fetch_k=20, lambda_mult=1)
    diverse = both(store, "max_marginal_relevance_search", "text 7", 3, fetch_k=20, lambda_mult=0)
    assert len(nearest) == len(diverse) == 3
    assert nearest != diverse
    assert [document.page_content for document in diverse]
    few = both(store, "max_marginal_relevance_search", "text 7", 3, filter={"n": {"$in": [1, 2]}})
    assert {document.id for document in few} == {"d1", "d2"}
    assert both(store, "max_marginal_relevance_search", "text 7", 3, filter={"n": -1}) == []


def test_retriever(store: VecsVectorStore) -> None:
    retriever = store.as_retriever(search_kwargs={"k": 2, "filter": {"n": {"$lt": 5}}})
    assert len(retriever.invoke("text 7")) == 2
    if store.measure is vecs.IndexMeasure.cosine_distance:
        threshold = store.as_retriever(
            search_type="similarity_score_threshold", search_kwargs={"score_threshold": 0.999}
        )
        assert threshold.invoke("text 7") == [DOCUMENTS[7]]


def test_writing() -> None:
    store = make(text_key="text")
    assert store.similarity_search("anything") == []
    assert store.get_by_ids(["a"]) == []
    assert store.delete(["a"]) is True
    with pytest.raises(vecs.exc.CollectionNotFound):
        store.create_index()
    assert store.add_texts([]) == []
    made = store.add_texts(["one", "two"], [{"k": 1}, {"k": 2}])
    assert len(set(made)) == 2
    assert store.add_texts(["three", "four"], ids=["c", None])[0] == "c"
    [found] = store.get_by_ids(["c"])
    assert (found.page_content, found.metadata) == ("three", {})
    assert store.delete(filter={"k": {"$gt": 1}}) is True
    assert [row.metadata["text"] for row in store.client.get_or_create_collection(
        store.collection_name
    ).scan()].count("two") == 0  # fmt: skip
    with pytest.raises(vecs.exc.ArgError, match="not both"):
        store.delete(["c"], {"k": 1})
    with pytest.raises(ValueError, match="1 texts and 2 metadatas"):
        store.add_texts(["x"], [{}, {}])
    with pytest.raises(ValueError, match="1 texts and 2 ids"):
        store.add_texts(["x"], ids=["1", "2"])
    with pytest.raises(ValueError, match='has the key "text"'):
        store.add_texts(["x"], [{"text": 1}])
    with pytest.raises(vecs.exc.MismatchedDimension):
        VecsVectorStore(
            DeterministicFakeEmbedding(size=7), store.collection_name, URL
        ).add_texts(["x"])  # fmt: skip
    store.client.disconnect()


def test_from_texts() -> None:
    name = f"store_{next(_numbers)}"
    named = {"collection_name": name, "connection": URL}
    VecsVectorStore.from_texts(["one"], EMBEDDING, [{"k": 1}], ids=["a"], **named)
    VecsVectorStore.from_documents(DOCUMENTS[:2], EMBEDDING, **named)

    async def add() -> None:
        store = await VecsVectorStore.afrom_documents(DOCUMENTS[2:3], EMBEDDING, **named)
        assert store.async_client is not None
        await store.async_client.disconnect()

    asyncio.run(add())
    store = VecsVectorStore(EMBEDDING, name, URL)
    assert sorted(str(found.id) for found in store.get_by_ids(["a", "d0", "d1", "d2"])) == [
        "a", "d0", "d1", "d2",
    ]  # fmt: skip


def test_a_collection_that_was_dropped_elsewhere(store: VecsVectorStore) -> None:
    store.client.delete_collection(store.collection_name)
    store.add_documents(DOCUMENTS[:2])
    assert len(store.similarity_search("text 1", 5)) == 2
    store.add_texts(["no metadata"], [None], ids=["none"])  # type: ignore[list-item]
    assert store.get_by_ids(["none"])[0].metadata == {}


def test_delete_by_nothing_is_all() -> None:
    """As the interface of LangChain has it; what selects no document deletes none."""
    store = make()
    assert store.delete() is True
    store.add_documents(DOCUMENTS[:4])
    assert store.delete([]) is True
    assert store.delete(filter={}) is True
    assert store.delete(None, {"n": 3}) is True
    others: list[dict[str, Any]] = [{"filters": {"n": 1}}, {"where": {"n": 1}}]
    for other in others:
        with pytest.raises(TypeError, match="unknown arguments of delete"):
            store.delete(**other)
        with pytest.raises(TypeError, match="unknown arguments of delete"):
            asyncio.run(store.adelete(**other))
    assert len(store.similarity_search("text 1", 5)) == 3
    assert both(store, "delete") is True
    assert store.similarity_search("text 1", 5) == []
    store.add_documents(DOCUMENTS[:1])
    assert asyncio.run(store.adelete(None)) is True
    assert store.similarity_search("text 1", 5) == []
    with psycopg.connect(URL, autocommit=True) as connection:
        connection.execute("CREATE TABLE own (id text PRIMARY KEY, t text, v public.vector(6))")
        adopted = VecsVectorStore(EMBEDDING, connection=URL, adopt="own", text_key="t")
        with pytest.raises(vecs.exc.Unsupported, match="rows of its own"):
            adopted.delete()


WORDS = {
    "e1": "Error code E1234 means that the disk is full.",
    "e2": "Error code E99 means that the disk is gone.",
    "cat": "A cat sleeps on the warm oven.",
    "dog": "The dog barks at the cat.",
}


@pytest.fixture(scope="module", params=["hybrid", "sparse"])
def words(request: pytest.FixtureRequest) -> Iterator[VecsVectorStore]:
    store = make(retrieval_mode=request.param)
    store.add_texts([*WORDS.values()], [{"n": n} for n in range(4)], ids=[*WORDS])
    yield store
    store.client.disconnect()


def test_words(words: VecsVectorStore) -> None:
    """The store makes the text index with the collection."""
    assert words.similarity_search("E1234", 1)[0].id == "e1"
    assert words.as_retriever(search_kwargs={"k": 1}).invoke("barks")[0].id == "dog"
    found = words.similarity_search_with_score("disk E1234", 4)
    scores = [score for _, score in found]
    assert scores == sorted(scores, reverse=True)
    if words.retrieval_mode == "sparse":
        assert [document.id for document, _ in found] == ["e1", "e2"]
        assert words.similarity_search("disk cat", 4, match="all") == []
    else:  # As many as match the filter.
        assert {document.id for document, _ in found} == {*WORDS}
        one_sided = words.similarity_search_with_score("E99", 2, weights=(0, 1), fusion="relative")
        assert one_sided[0][0].id == "e2"
        assert one_sided[0][1] == 1
    filtered = words.similarity_search("cat", 4, {"n": {"$lt": 3}})
    assert filtered[0].id == "cat"
    assert all(document.metadata["n"] < 3 for document in filtered)
    with pytest.raises(vecs.exc.ArgError, match=f"no relevance score for a {words.retrieval_mode}"):
        words.similarity_search_with_relevance_scores("cat")
    with pytest.raises(vecs.exc.ArgError, match="no relevance score"):
        asyncio.run(words.asimilarity_search_with_relevance_scores("cat"))
    with pytest.raises(TypeError, match=r"unknown arguments of a \w+ search: max_distance"):
        words.similarity_search("cat", max_distance=1)


def test_a_mode_for_one_search(words: VecsVectorStore) -> None:
    for mode in ("dense", "hybrid", "sparse"):
        other = VecsVectorStore(EMBEDDING, words.collection_name, URL, retrieval_mode=mode)
        expected = other.similarity_search_with_score("a cat", 3)
        assert (
            both(words, "similarity_search_with_score", "a cat", 3, retrieval_mode=mode) == expected
        )
        named = {"k": 3, "retrieval_mode": mode}
        retrieved = words.as_retriever(search_kwargs=named).invoke("a cat")
        assert retrieved == [document for document, _ in expected]
        # A vector has no words, and diversity is that of vectors.
        vector = EMBEDDING.embed_query("a cat")
        dense = other.similarity_search("a cat", 3, retrieval_mode="dense")
        assert other.similarity_search_by_vector(vector, 3) == dense
        assert other.max_marginal_relevance_search("a cat", 3, lambda_mult=1) == dense
        other.client.disconnect()
    scored = words.similarity_search_with_relevance_scores(WORDS["cat"], 1, retrieval_mode="dense")
    assert (scored[0][0].id, round(scored[0][1], 5)) == ("cat", 1)
    with pytest.raises(vecs.exc.ArgError, match="no retrieval_mode 'words'"):
        words.similarity_search("cat", retrieval_mode="words")
    with pytest.raises(vecs.exc.ArgError, match="no retrieval_mode"):
        make(retrieval_mode="words")


def test_a_text_index_in_a_collection_that_exists() -> None:
    store = make(text_search_config="german")
    with pytest.raises(vecs.exc.CollectionNotFound):
        store.create_text_index()
    store.add_texts(["Die Häuser am See", "Ein Boot"], ids=["a", "b"])
    with pytest.raises(vecs.exc.IndexNotFound, match="create_text_index"):
        store.similarity_search("Haus", 1, retrieval_mode="hybrid")
    store.create_text_index()
    assert store.similarity_search("Haus", 4, retrieval_mode="sparse")[0].id == "a"
    store.client.disconnect()


def test_words_asynchronously() -> None:
    store = make(retrieval_mode="hybrid", text_search_config="simple")
    assert store.async_client is not None

    async def use() -> list[Document]:
        assert store.async_client is not None
        await store.aadd_texts([*WORDS.values()], ids=[*WORDS])
        found = await store.as_retriever(search_kwargs={"k": 1}).ainvoke("E99")
        await store.async_client.disconnect()
        return found

    assert [document.id for document in asyncio.run(use())] == ["e2"]
    [described] = [
        one.describe()
        for one in store.client.list_collections()
        if one.name == store.collection_name
    ]
    assert described["text_index"]["config"] == "simple"
    store.client.disconnect()


# The pages docs/tables.md and docs/frameworks.md


def _page(name: str, pattern: str) -> str:
    text = (Path(__file__).parents[2] / "docs" / name).read_text(encoding="utf-8")
    [found] = re.findall(pattern, text, re.MULTILINE | re.DOTALL)
    return str(found)


class Rpc:
    """A call of a function as the client of Supabase makes it, and PostgREST runs it."""

    def __init__(
        self, connection: psycopg.Connection[Any], name: str, body: dict[str, Any]
    ) -> None:
        self._connection = connection
        self._name = name
        self._body = body
        self._limit = 1000

    def limit(self, limit: int) -> Rpc:
        self._limit = limit
        return self

    def execute(self) -> Rpc:
        passed = ", ".join(f"{name} => %({name})s" for name in self._body)
        called = f"SELECT to_jsonb(r) FROM {self._name}({passed}) AS r LIMIT {self._limit}"
        values = {name: json.dumps(value) for name, value in self._body.items()}
        self.data = [row for (row,) in self._connection.execute(called.encode(), values)]
        return self


def test_supabase_store_with_the_function_of_the_guide(monkeypatch: pytest.MonkeyPatch) -> None:
    """LangChain's store for Supabase gets complete answers; their functions found too few of rows that seldom match."""
    monkeypatch.setitem(sys.modules, "supabase", types.ModuleType("supabase"))
    function = _page("tables.md", r"(^CREATE FUNCTION match_documents.*?^\$\$;)")
    with psycopg.connect(URL, autocommit=True) as connection:
        connection.execute(
            """
            CREATE TABLE documents (
                id bigint PRIMARY KEY GENERATED BY DEFAULT AS IDENTITY,
                content text, metadata jsonb, embedding public.vector(6)
            )
            """
        )
        for number in range(400):
            vector = json.dumps(EMBEDDING.embed_query(f"text {number}"))
            metadata = json.dumps({"n": number, "rare": number % 40 == 0})
            connection.execute(
                "INSERT INTO documents (content, metadata, embedding) VALUES (%s, %s, %s)",
                [f"text {number}", metadata, vector],
            )
        connection.execute("SELECT vecs.adopt('documents')")
        connection.execute("SELECT vecs.create_index('documents')")
        connection.execute(function.encode())

        client = types.SimpleNamespace(rpc=lambda name, body: Rpc(connection, name, body))
        store = SupabaseVectorStore(client, EMBEDDING, "documents", query_name="match_documents")
        [(document, similarity)] = store.similarity_search_with_relevance_scores("text 7", 1)
        assert document.page_content == "text 7"
        assert document.metadata == {"n": 7, "rare": False}
        assert similarity == pytest.approx(1, abs=1e-6)
        found = store.similarity_search("text 7", 10, filter={"rare": True})
        assert sorted(document.metadata["n"] for document in found) == list(range(0, 400, 40))


@pytest.mark.parametrize("name", ["store.py", "langchain_store.py"])
def test_the_programs_of_the_guide(
    name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As they stand there, with what they print."""
    pattern = rf"^```python\n(# {name}\n.*?^```\n\n```text\n.*?)^```$"
    program, _, printed = _page("frameworks.md", pattern).partition("```\n\n```text\n")
    place = conninfo_to_dict(URL)
    url = (
        f"postgresql://{place['user']}@/{place['dbname']}?host={place['host']}&port={place['port']}"
    )
    monkeypatch.setenv("DATABASE_URL", url)
    exec(compile(program, name, "exec"), {})
    assert capsys.readouterr().out == printed
