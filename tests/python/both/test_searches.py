"""Searches for words, groups, diverse rows and rows like others, and facets: against the SQL functions, and errors."""

from __future__ import annotations

import json
import pickle
from collections import Counter
from typing import Any

import numpy as np
import psycopg
import pytest

import vecs_sql as vecs
from vecs_sql import exc
from vecs_sql._protocol.arguments import ElementType
from vecs_sql.adapter import Adapter, TextEmbedding

WORDS = ["red", "green", "blue", "small", "large", "cat", "dog", "house", "tax", "tree"]
CHANCE = np.random.default_rng(3)
ROWS: list[tuple[str, Any, dict[str, Any]]] = [
    (
        f"r{number:03}",
        CHANCE.integers(-8, 9, 3) / 4 + [0.125, 0, 0],
        {
            "text": " ".join(CHANCE.choice(WORDS, CHANCE.integers(1, 8))),
            "document": f"d{number % 7}" if number % 10 else number // 10,
            "tags": sorted({*CHANCE.choice(WORDS, 2).tolist()}),
            "n": number,
        },
    )
    for number in range(100)
]
QUERY = [1.0, -0.5, 0.25]
FILTERS: list[dict[str, Any]] = [{}, {"n": {"$lt": 30}}, {"n": {"$gte": 1000}}]


def embed(texts: Any) -> list[list[float]]:  # noqa: ANN401
    return [[text.count("a") + 0.5, text.count("e"), len(text) / 10] for text in texts]


EMBEDDING = Adapter([TextEmbedding(model=embed, dimension=3)])


@pytest.fixture(scope="module", params=["vector", "halfvec"])
def docs(client: vecs.Client, request: pytest.FixtureRequest) -> vecs.Collection:
    """A collection with a text index and a vector index."""
    element_type: ElementType = request.param
    docs = client.get_or_create_collection(
        f"searches_{element_type}", dimension=3, element_type=element_type
    )
    docs.upsert(ROWS)
    docs.create_text_index("text")
    docs.create_index()
    return docs


@pytest.fixture(scope="module")
def bare(client: vecs.Client) -> vecs.Collection:
    """A collection without indexes."""
    docs = client.get_or_create_collection("searches_bare", dimension=3)
    docs.upsert(ROWS[:9])
    return docs


@pytest.fixture(scope="module")
def adapted(client: vecs.Client, docs: vecs.Collection) -> vecs.Collection:
    """The collection, opened with an adapter."""
    return client.open_collection(docs.name, adapter=EMBEDDING)


@pytest.fixture(scope="module")
def connection(url: str) -> Any:  # noqa: ANN401
    with psycopg.connect(url, autocommit=True, prepare_threshold=None) as connection:
        yield connection


def sql(connection: Any, call: str, parameters: dict[str, Any]) -> list[tuple[Any, ...]]:  # noqa: ANN401
    """The rows of a call in SQL, of which vectors are text."""
    rows: list[tuple[Any, ...]] = connection.execute(f"SELECT * FROM vecs.{call}", parameters)
    return [*rows]


def as_in_sql(row: Any, *values: str) -> tuple[Any, ...]:  # noqa: ANN401
    """A row of all fields as SQL returns it."""
    assert row.vec.dtype == np.float32
    vector = json.dumps(row.vec.tolist(), separators=(",", ":")).replace(".0,", ",")
    return (
        row.id,
        *(getattr(row, value) for value in values),
        vector.replace(".0]", "]"),
        row.metadata,
    )


ALL: dict[str, Any] = {"include_value": True, "include_metadata": True, "include_vector": True}


def check(docs: vecs.Collection, method: str, arguments: Any, expected: Any, *values: str) -> None:  # noqa: ANN401
    """Compare a search that includes everything, and each shape of it, with the rows of SQL."""
    search = getattr(docs, method)
    found = search(**arguments, **ALL)
    assert [as_in_sql(row, *values) for row in found] == expected
    assert search(**arguments) == [row[0] for row in expected]
    assert search(**arguments, include_metadata=True) == [(row[0], row[-1]) for row in expected]
    with_values = search(**arguments, include_value=True)
    assert with_values == [row[: 1 + len(values)] for row in expected]
    for row in (*found, *with_values):
        assert isinstance(row, vecs.QueryRow)
        assert row._fields[: 1 + len(values)] == ("id", *values)
        assert type(pickle.loads(pickle.dumps(row))) is type(row)


# Words


@pytest.mark.parametrize("filters", FILTERS, ids=str)
@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("small cats", "any"),
        ("small cats", "all"),
        ('"small cat" or tax -red', "web"),
        ("nothing", "any"),
    ],
)
def test_text_query(
    docs: vecs.Collection,
    connection: Any,  # noqa: ANN401
    text: str,
    match: str,
    filters: dict[str, Any],
) -> None:
    expected = sql(
        connection,
        "text_query(%(name)s, %(text)s, 7, %(filters)s, %(match)s, include_vec => true)",
        {"name": docs.name, "text": text, "filters": json.dumps(filters), "match": match},
    )
    assert expected or text == "nothing" or match != "any" or filters == FILTERS[2]
    arguments = {"text": text, "limit": 7, "filters": filters, "match": match}
    check(docs, "text_query", arguments, expected, "score")


def test_the_words_are_in_the_texts(docs: vecs.Collection) -> None:
    texts = {id_: metadata["text"].split() for id_, _, metadata in ROWS}
    assert sorted(docs.text_query("cat", 100)) == [
        id_ for id_, words in texts.items() if "cat" in words
    ]
    both = docs.text_query("cat dog", 100, match="all")
    assert sorted(both) == [id_ for id_, words in texts.items() if {"cat", "dog"} <= {*words}]


def test_pages_of_words(docs: vecs.Collection) -> None:
    whole = docs.text_query("cat dog", 100)
    pages = [docs.text_query("cat dog", 10, skip=skip) for skip in range(0, 100, 10)]
    assert [id_ for page in pages for id_ in page] == whole
    assert len(whole) > 20


def test_a_text_without_words(docs: vecs.Collection) -> None:
    with pytest.warns(UserWarning, match="no word"):
        assert docs.text_query("the of") == []


def test_rows_say_which_fields_they_have(docs: vecs.Collection) -> None:
    [row] = docs.text_query("cat", 1, include_value=True)
    with pytest.raises(AttributeError, match="the row has no distance, only id, score"):
        row.distance  # noqa: B018
    [row] = docs.query(QUERY, 1, include_value=True)
    for name in ("score", "text_score"):
        with pytest.raises(AttributeError, match=f"no {name}: .*hybrid_query.*include_value=True"):
            getattr(row, name)
    [row] = docs.text_query("cat", 1, include_metadata=True)
    with pytest.raises(AttributeError, match="include_value=True"):
        row.score  # noqa: B018


# Vectors and words


@pytest.mark.parametrize("filters", FILTERS, ids=str)
@pytest.mark.parametrize("fusion", ["rrf", "relative"])
def test_hybrid_query(
    docs: vecs.Collection,
    connection: Any,  # noqa: ANN401
    fusion: str,
    filters: dict[str, Any],
) -> None:
    expected = sql(
        connection,
        "hybrid_query(%(name)s, %(vec)s::vector, 'small cat', 9, %(filters)s, 'l2_distance', include_vec => true,"
        " fusion => %(fusion)s, weights => '{1,2.5}', candidates => 20, match => 'all')",
        {
            "name": docs.name,
            "vec": str(QUERY),
            "fusion": fusion,
            "filters": json.dumps(filters),
        },
    )
    arguments = {
        "text": "small cat",
        "vector": QUERY,
        "limit": 9,
        "filters": filters,
        "measure": "l2_distance",
        "fusion": fusion,
        "weights": (1, np.float32(2.5)),
        "candidates": 20,
        "match": "all",
    }
    check(docs, "hybrid_query", arguments, expected, "score", "distance", "text_score")
    assert len(expected) == (0 if filters == FILTERS[2] else 9)


def test_the_adapter_makes_the_vector_of_the_text(adapted: vecs.Collection) -> None:
    [vector] = embed(["small cat"])
    found = adapted.hybrid_query("small cat", include_value=True)
    assert found == adapted.hybrid_query("small cat", vector, include_value=True)
    assert found != adapted.hybrid_query("small cat", QUERY, include_value=True)
    assert [row.text_score is None for row in found].count(False) > 2


def test_pages_of_both(docs: vecs.Collection) -> None:
    pages = [docs.hybrid_query("cat", QUERY, 10, skip=skip) for skip in range(0, 100, 10)]
    assert sorted(id_ for page in pages for id_ in page) == [row[0] for row in ROWS]
    assert (
        docs.hybrid_query("cat", QUERY, 10, probes=2, ef_search=100, strategy="index") == pages[0]
    )


def test_weights_of_0(docs: vecs.Collection) -> None:
    assert docs.hybrid_query("cat", QUERY, 9, weights=[1, 0]) == docs.query(QUERY, 9)
    assert docs.hybrid_query("cat", QUERY, 9, weights=[0, 1]) == docs.text_query("cat", 9)


# Groups, diverse rows, rows like others


@pytest.mark.parametrize("filters", FILTERS, ids=str)
def test_query_groups(docs: vecs.Collection, connection: Any, filters: dict[str, Any]) -> None:  # noqa: ANN401
    expected: dict[Any, Any] = {}
    for value, *row in sql(
        connection,
        "query_groups(%(name)s, %(vec)s::vector, 'document', 6, 3, %(filters)s, include_vec => true)",
        {"name": docs.name, "vec": str(QUERY), "filters": json.dumps(filters)},
    ):
        expected.setdefault(value, []).append(tuple(row))
    found = docs.query_groups(QUERY, "document", 6, 3, filters, **ALL)
    assert [
        (group.value, [as_in_sql(row, "distance") for row in group.rows]) for group in found
    ] == list(expected.items())
    ids = docs.query_groups(QUERY, "document", 6, 3, filters)
    assert all(isinstance(group, vecs.Group) for group in ids)
    assert ids == [(value, [row[0] for row in rows]) for value, rows in expected.items()]
    assert pickle.loads(pickle.dumps(ids)) == ids


def test_groups_are_documents(docs: vecs.Collection, adapted: vecs.Collection) -> None:
    document = {id_: metadata["document"] for id_, _, metadata in ROWS}
    ranked = docs.query(QUERY, 100)
    groups = docs.query_groups(QUERY, "document", 100, 100)
    assert [group.value for group in groups] == list(dict.fromkeys(document[id_] for id_ in ranked))
    for group in groups:
        assert group.rows == [id_ for id_ in ranked if document[id_] == group.value]
    assert docs.query_groups(QUERY, "no such key") == []
    near = docs.query_groups(QUERY, "document", 100, 100, max_distance=0.2, strategy="exact")
    assert [id_ for group in near for id_ in group.rows] != []
    assert {id_ for group in near for id_ in group.rows} == {
        *docs.query(QUERY, 100, max_distance=0.2)
    }
    assert adapted.query_groups("cat", "document") == docs.query_groups(
        embed(["cat"])[0], "document"
    )


@pytest.mark.parametrize("filters", FILTERS, ids=str)
def test_query_mmr(docs: vecs.Collection, connection: Any, filters: dict[str, Any]) -> None:  # noqa: ANN401
    expected = sql(
        connection,
        "query_mmr(%(name)s, %(vec)s::vector, 6, %(filters)s, 0.25, 30, 'l2_distance', include_vec => true)",
        {"name": docs.name, "vec": str(QUERY), "filters": json.dumps(filters)},
    )
    arguments = {
        "data": QUERY,
        "limit": 6,
        "filters": filters,
        "measure": "l2_distance",
        "lambda_mult": 0.25,
        "candidates": 30,
    }
    check(docs, "query_mmr", arguments, expected, "distance")


def test_only_nearness_counts(docs: vecs.Collection, adapted: vecs.Collection) -> None:
    assert docs.query_mmr(QUERY, 9, lambda_mult=1) == docs.query(QUERY, 9)
    assert docs.query_mmr(QUERY, 9) != docs.query(QUERY, 9)
    assert docs.query_mmr(QUERY, 9)[:1] == docs.query(QUERY, 1)
    assert adapted.query_mmr("cat", 5) == adapted.query_mmr(embed(["cat"])[0], 5, skip_adapter=True)


@pytest.mark.parametrize("negative", [[], ["r003", "r004"]])
@pytest.mark.parametrize("filters", FILTERS, ids=str)
def test_query_by_ids(
    docs: vecs.Collection,
    connection: Any,  # noqa: ANN401
    negative: list[str],
    filters: dict[str, Any],
) -> None:
    positive = ["r001", "r002", "r070"]
    expected = sql(
        connection,
        "query_by_ids(%(name)s, %(positive)s, %(negative)s, 5, %(filters)s, include_vec => true, skip => 2)",
        {
            "name": docs.name,
            "positive": positive,
            "negative": negative,
            "filters": json.dumps(filters),
        },
    )
    arguments = {
        "positive": tuple(positive),
        "negative": negative,
        "limit": 5,
        "filters": filters,
        "skip": 2,
    }
    check(docs, "query_by_ids", arguments, expected, "distance")


def test_one_row_is_query_by_id(docs: vecs.Collection) -> None:
    assert docs.query_by_ids(["r001"], limit=9) == docs.query_by_id("r001", 9)
    assert docs.query_by_ids(iter(["r001"]), iter([]), 9) == docs.query_by_id("r001", 9)


# Facets


def test_facet(docs: vecs.Collection) -> None:
    found = docs.facet("tags", limit=100)
    assert all(isinstance(facet, vecs.Facet) for facet in found)
    assert dict(found) == Counter(tag for _, _, metadata in ROWS for tag in metadata["tags"])
    assert [facet.rows for facet in found] == sorted((facet.rows for facet in found), reverse=True)
    assert docs.facet("tags", limit=3) == found[:3]
    assert dict(docs.facet("document", {"n": {"$lt": 11}})) == Counter(
        metadata["document"] for _, _, metadata in ROWS[:11]
    )
    assert docs.facet("no such key") == []


def test_values_of_facets_and_groups_are_those_of_json(client: vecs.Client) -> None:
    docs = client.get_or_create_collection("searches_values", dimension=3)
    values: list[Any] = [1.5, None, True, "x", {"a": [1]}]
    docs.upsert((str(n), [1, n, 0], {"v": value}) for n, value in enumerate(values))
    docs.upsert([("without", [1, 0, 0], {})])
    assert [group.value for group in docs.query_groups([1, 0, 0], "v")] == values
    assert [group.rows for group in docs.query_groups([1, 0, 0], "v")] == [
        [*"0"],
        [*"1"],
        [*"2"],
        [*"3"],
        [*"4"],
    ]
    facets = docs.facet("v")
    assert [rows for _, rows in facets] == [1] * 5
    assert all(value in values for value, _ in facets)


# Text indexes


def test_text_indexes(client: vecs.Client) -> None:
    docs = client.get_or_create_collection("searches_indexes", dimension=3)
    docs.upsert([("a", [1, 2, 3], {"text": "He runs.", "a.b": "Läufer"})])
    assert docs.drop_text_index() is False
    name = docs.create_text_index("text")
    assert docs.create_text_index("text", replace=False) == name
    assert docs.text_query("running") == ["a"]
    with pytest.raises(exc.ArgError, match="has a text index"):
        docs.create_text_index("text", "simple", replace=False)
    docs.create_text_index("text", "simple")
    assert docs.text_query("running") == []
    docs.create_text_index("a.b", "german")
    assert docs.text_query("läufer") == ["a"]
    docs.create_text_index("text", {"key": "lang", "default": "english"})
    assert docs.text_query("running") == ["a"]
    with pytest.raises(exc.Unsupported, match="pg_trgm"):
        docs.text_query("runing", match="fuzzy")
    assert docs.drop_text_index() is True
    with pytest.raises(exc.IndexNotFound):
        docs.text_query("running")


# Errors


def test_without_a_text_index(bare: vecs.Collection) -> None:
    with pytest.raises(exc.IndexNotFound, match="text index") as caught:
        bare.text_query("cat")
    assert "create_text_index" in str(caught.value.hint)
    with pytest.raises(exc.IndexNotFound):
        bare.hybrid_query("cat", QUERY)


def test_without_an_adapter(docs: vecs.Collection) -> None:
    with pytest.raises(exc.ArgError, match="needs a vector") as caught:
        docs.hybrid_query("cat")
    assert "adapter" in str(caught.value.hint)


@pytest.mark.parametrize(
    ("method", "arguments"),
    [
        ("text_query", ["cat"]),
        ("hybrid_query", ["cat", QUERY]),
        ("query_groups", [QUERY, "document"]),
        ("query_mmr", [QUERY]),
        ("query_by_ids", [["r001"]]),
        ("facet", ["tags"]),
    ],
)
def test_what_all_check(docs: vecs.Collection, method: str, arguments: list[Any]) -> None:
    search = getattr(docs, method)
    for limit, text in [(1001, "limit must be <= 1000"), (-1, "negative"), ("x", "a number")]:
        with pytest.raises(exc.ArgError, match=text):
            search(*arguments, limit=limit)
    with pytest.raises(exc.FilterError, match="filters must be"):
        search(*arguments, filters=[1])
    with pytest.raises(exc.FilterError, match="gtee"):
        search(*arguments, filters={"n": {"$gtee": 1}})
    assert search(*arguments, limit=0) == []


@pytest.mark.parametrize(
    ("method", "arguments", "named", "text"),
    [
        ("text_query", ["cat"], {"match": "some"}, "match"),
        ("text_query", [5], {}, "the text must be a string"),
        ("text_query", ["a\0b"], {}, "the text .* cannot be stored"),
        ("text_query", ["cat"], {"skip": -1}, "skip must be"),
        ("hybrid_query", ["cat", QUERY], {"match": "some"}, "match"),
        ("hybrid_query", ["cat", QUERY], {"fusion": "sum"}, "fusion"),
        ("hybrid_query", ["cat", QUERY], {"measure": "cosine"}, "Invalid index measure"),
        ("hybrid_query", ["cat", QUERY], {"weights": 1}, "weights must be two numbers"),
        ("hybrid_query", ["cat", QUERY], {"weights": ["x", 1]}, "a weight must be a number"),
        ("hybrid_query", ["cat", QUERY], {"weights": [1]}, "weights"),
        ("hybrid_query", ["cat", QUERY], {"candidates": 1.5}, "candidates must be an integer"),
        ("hybrid_query", ["cat", QUERY], {"candidates": 0}, "candidates"),
        ("hybrid_query", ["cat", [1, float("nan"), 1]], {}, "the query vector"),
        ("query_groups", [QUERY, None], {}, "group_by must be a string"),
        ("query_groups", [QUERY, "n"], {"group_size": 0}, "group_size"),
        ("query_groups", [QUERY, "n"], {"group_size": "x"}, "group_size must be an integer"),
        ("query_groups", [None, "n"], {}, "the query vector"),
        ("query_mmr", [QUERY], {"lambda_mult": 2}, "lambda_mult must be from 0 to 1"),
        ("query_mmr", [QUERY], {"lambda_mult": "x"}, "lambda_mult must be a number"),
        ("query_mmr", [QUERY], {"candidates": 0}, "candidates"),
        ("query_by_ids", [[]], {}, "positive"),
        ("query_by_ids", ["r001"], {}, "ids must be a list"),
        ("query_by_ids", [["r001"], ["no such row"]], {}, 'no row "no such row"'),
        ("facet", [["n"]], {}, "key must be a string"),
        ("create_text_index", [["n"]], {}, "key must be a string"),
        ("create_text_index", [""], {}, "key"),
        ("create_text_index", ["text"], {"config": "klingon"}, "klingon"),
        ("create_text_index", ["text"], {"config": {"lang": "de"}}, "config"),
        ("create_text_index", ["text"], {"config": 1}, "config must be a string"),
    ],
)
def test_arguments_that_can_not_be(
    docs: vecs.Collection, method: str, arguments: list[Any], named: dict[str, Any], text: str
) -> None:
    with pytest.raises(exc.ArgError, match=text):
        getattr(docs, method)(*arguments, **named)


@pytest.mark.parametrize(
    ("method", "arguments"),
    [
        ("hybrid_query", ["cat", [1, 2]]),
        ("query_groups", [[1, 2], "n"]),
        ("query_mmr", [[1, 2]]),
    ],
)
def test_vectors_of_another_length(
    docs: vecs.Collection, method: str, arguments: list[Any]
) -> None:
    with pytest.raises(exc.MismatchedDimension, match="2 dimensions"):
        getattr(docs, method)(*arguments)


def test_numbers_of_any_size(docs: vecs.Collection) -> None:
    assert len(docs.query_mmr(QUERY, 3, candidates=2**70)) == 3
    assert len(docs.query_groups(QUERY, "document", 3, np.int64(2**62))) == 3
    assert len(docs.hybrid_query("cat", QUERY, 3, candidates=2**70)) == 3
