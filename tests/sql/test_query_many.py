"""query_many and query_by_id: what query gives, for many vectors and for a row; bad arguments of all that search."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import psycopg
import pytest
from psycopg.types.json import Jsonb

from tests.sql.support import (
    MEASURES,
    Connection,
    Row,
    column,
    fill,
    refused,
    rows,
    value,
    vector,
    watch,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.conftest import Databases

DIMENSION = 8
COUNT = 2000
CHANCE = np.random.default_rng(17)
CLUSTER = CHANCE.integers(0, 20, size=COUNT)
# Clusters that overlap: between distant ones the graph of an hnsw index has too few ways.
CENTRES = CHANCE.normal(size=(20, DIMENSION))
VECTORS = (CENTRES[CLUSTER] + CHANCE.normal(size=(COUNT, DIMENSION))).round(3)
METADATA: list[dict[str, Any]] = [
    {"cluster": int(cluster), "half": int(half), "n": row}
    for row, (cluster, half) in enumerate(zip(CLUSTER, CHANCE.integers(0, 2, COUNT), strict=True))
]
COLLECTIONS = ["vector_none", "vector_hnsw", "vector_ivfflat", "halfvec_hnsw"]
FILTERS: list[dict[str, Any]] = [{}, {"half": 1}, {"cluster": 3}, {"n": {"$lt": 3}}, {"n": -1}]

MANY = "SELECT * FROM vecs.query_many(%s, %s::vector[], {})"
ONE = "SELECT * FROM vecs.query(%s, %s, {})"


@pytest.fixture(scope="module")
def seeded_database(databases: Databases, template: str) -> Iterator[str]:
    """The URL of a database with the collections; what a test writes it must roll back."""
    url = databases.create(template)
    with psycopg.connect(url, autocommit=True) as connection:
        for name in COLLECTIONS:
            element_type, _, method = name.partition("_")
            create = "SELECT vecs.create_collection(%s, %s, %s)"
            connection.execute(create, [name, DIMENSION, element_type])
            fill(connection, name, VECTORS.tolist(), METADATA)
            for measure in ("cosine_distance", "l2_distance") if method != "none" else ():
                index = "SELECT vecs.create_index(%s, %s, %s)"
                connection.execute(index, [name, measure, method])
        connection.execute("VACUUM ANALYZE")
    yield url
    databases.drop(url)


@pytest.fixture
def corpus(seeded_database: str) -> Iterator[Connection]:
    """A connection to the seeded database in a transaction that is rolled back."""
    with psycopg.connect(seeded_database) as connection:
        yield connection
        connection.rollback()


def texts(vectors: Any) -> list[str]:  # noqa: ANN401
    """The texts of vectors."""
    return [vector(numbers) for numbers in vectors.tolist()]


def one_by_one(
    connection: Connection, name: str, queries: Sequence[str], rest: str, more: Sequence[Any]
) -> list[Row]:
    """Return the rows of query for each vector in the form of query_many."""
    return [
        (number, *row)
        for number, query in enumerate(queries, 1)
        for row in rows(connection, ONE.format(rest), [name, query, *more])
    ]


# --- query_many


@pytest.mark.slow
@pytest.mark.parametrize("name", COLLECTIONS)
@pytest.mark.parametrize("strategy", ["auto", "exact", "index"])
def test_the_same_as_one_by_one(corpus: Connection, name: str, strategy: str) -> None:
    queries = texts(CHANCE.normal(size=(7, DIMENSION)) * 2)
    rest = "%s, %s, %s, include_vec => true, max_distance => %s, strategy => %s"
    for filters in FILTERS:
        for top_k in (0, 1, 10, 60):
            for measure, limit in (("cosine_distance", None), ("l2_distance", 6.0)):
                more = [top_k, Jsonb(filters), measure, limit, strategy]
                found = rows(corpus, MANY.format(rest), [name, queries, *more])
                expected = one_by_one(corpus, name, queries, rest, more)
                assert [row[0] for row in found] == [row[0] for row in expected]
                assert found == sorted(found, key=lambda row: (row[0], row[2], row[1]))
                if strategy == "exact" or name == "vector_none":
                    assert found == expected
                else:  # an index that is asked again may be asked with another width
                    same = len({row[:3] for row in found} & {row[:3] for row in expected})
                    assert same >= 0.9 * len(expected) - 1
                    for _, _, distance, vec, metadata in found:
                        assert limit is None or distance <= limit
                        assert vec.count(",") == DIMENSION - 1
                        assert filters != {"half": 1} or metadata["half"] == 1


@pytest.mark.parametrize("name", COLLECTIONS)
def test_hundreds_of_vectors(corpus: Connection, name: str) -> None:
    queries = texts(VECTORS[:400])
    found = rows(corpus, MANY.format("3, include_metadata => false"), [name, queries])
    assert [row[0] for row in found] == [number for number in range(1, 401) for _ in range(3)]
    itself = sum(row[1] == f"r{row[0] - 1:05}" for row in found)
    assert itself >= (360 if "none" not in name else 400)
    assert all(row[3] is None and row[4] is None for row in found)


@pytest.mark.parametrize("name", ["vector_hnsw", "vector_ivfflat", "halfvec_hnsw"])
def test_an_index_that_is_short_for_some(corpus: Connection, name: str) -> None:
    """Near the cluster of the filter it finds enough rows, far from it none."""
    near = texts(CENTRES[[3]])
    far = texts(CENTRES[np.argsort(((CENTRES - CENTRES[3]) ** 2).sum(axis=1))[-3:]])
    filters = Jsonb({"cluster": 3, "half": {"$gte": 0}})
    count = int((CLUSTER == 3).sum())
    for queries in ([*near, *far], [*far, *near]):
        for top_k in (10, 50, 1000):
            for widths in ("", ", ef_search => 10, probes => 1", ", strategy => 'index'"):
                rest = "%s, %s" + widths
                found = rows(corpus, MANY.format(rest), [name, queries, top_k, filters])
                numbers = [row[0] for row in found]
                expected = min(top_k, count)
                assert [numbers.count(n) for n in range(1, 5)] == [expected] * 4
                assert {row[4]["cluster"] for row in found} == {3}


@pytest.mark.parametrize("name", COLLECTIONS)
def test_one_notice_a_call(corpus: Connection, name: str) -> None:
    notices = watch(corpus)
    queries = texts(VECTORS[:5])
    for filters in FILTERS:
        for limit in (None, 0.1):
            for strategy in ("auto", "index", "exact"):
                notices.clear()
                rest = "5, %s, max_distance => %s, strategy => %s"
                rows(corpus, MANY.format(rest), [name, queries, Jsonb(filters), limit, strategy])
                missing = name == "vector_none" and strategy != "exact"
                assert [notice.sqlstate for notice in notices] == ["VSW01"] * missing


def test_columns_and_arguments_by_name(corpus: Connection) -> None:
    cursor = corpus.execute(
        "SELECT * FROM vecs.query_many(strategy => 'auto', probes => 2, ef_search => 64,"
        " max_distance => 100, include_vec => true, include_metadata => false,"
        " measure => 'l2_distance', filters => '{}', top_k => 2,"
        " query_vecs => %s::vector[], collection => 'vector_hnsw')",
        [texts(VECTORS[:2])],
    )
    assert [described.name for described in cursor.description or ()] == [
        "query_no", "id", "distance", "vec", "metadata",
    ]  # fmt: skip
    found = cursor.fetchall()
    assert [(row[0], row[4]) for row in found] == [(1, None), (1, None), (2, None), (2, None)]
    assert found[0][1:4] == (
        "r00000",
        0,
        str(VECTORS[0].tolist()).replace(" ", "").replace(".0,", ","),
    )


@pytest.mark.parametrize("name", COLLECTIONS)
def test_null_means_the_default(corpus: Connection, name: str) -> None:
    queries = texts(VECTORS[:3])
    nulls = "NULL, " * 8 + "NULL"
    plain = rows(corpus, MANY.replace(", {}", ""), [name, queries])
    assert rows(corpus, MANY.format(nulls), [name, queries]) == plain
    assert len(plain) == 30
    assert all(row[3] is None and row[4] is not None for row in plain)
    by_id = "SELECT * FROM vecs.query_by_id(%s, 'r00007'{})"
    plain = rows(corpus, by_id.format(""), [name])
    assert rows(corpus, by_id.format(", " + nulls), [name]) == plain
    assert len(plain) == 10
    explain = "SELECT vecs.explain(%s, %s{}) - 'milliseconds' - 'steps'"
    explained = value(corpus, explain.format(""), [name, queries[0]])
    assert value(corpus, explain.format(", " + nulls), [name, queries[0]]) == explained
    recall = "SELECT recall, sampled FROM vecs.recall(%s, NULL, NULL, NULL, NULL, NULL, NULL)"
    ((recalled, sampled),) = rows(corpus, recall, [name])
    assert 0.9 < recalled <= 1
    assert sampled == 100


def test_vectors_that_can_not_be(corpus: Connection) -> None:
    for name in COLLECTIONS:
        for rest in ("10", "0", "10, '{\"half\": 1}'", "10, strategy => 'exact'"):
            many = MANY.format(rest)
            good, bad = vector(VECTORS[0]), "[1,2]"
            for queries, sqlstate in (
                (None, "VS001"),
                ([None], "VS001"),
                ([good, None], "VS001"),
                ([bad], "VS004"),
                ([good, good, bad], "VS004"),
                ([good, vector([1] * 2000)], "VS004"),
            ):
                refused(corpus, sqlstate, many, [name, queries])
            assert rows(corpus, many, [name, []]) == []
    refused(corpus, "VS002", MANY.format("10"), ["nothing", [good]])
    refused(corpus, "VS002", MANY.format("10"), ["nothing", []])
    refused(corpus, "VS001", MANY.format("10"), [None, [good]])
    halves = "SELECT pg_typeof(vec)::text FROM vecs.query_many('halfvec_hnsw', %s::vector[], 1, include_vec => true)"
    assert column(corpus, halves, [[good]]) == ["vector"]


# --- query_by_id


@pytest.mark.slow
@pytest.mark.parametrize("name", COLLECTIONS)
@pytest.mark.parametrize("strategy", ["auto", "exact", "index"])
def test_the_neighbours_of_a_row(corpus: Connection, name: str, strategy: str) -> None:
    rest = "%s, %s, %s, include_vec => true, max_distance => %s, strategy => %s"
    by_id = f"SELECT * FROM vecs.query_by_id(%s, %s, {rest})"
    for row_id in ("r00000", "r01999"):
        stored = value(corpus, "SELECT vec FROM vecs.fetch(%s, %s)", [name, [row_id]])
        for filters in FILTERS:
            for top_k in (1, 10, 60):
                for measure in MEASURES:
                    for limit in (None, 2.0):
                        more = [Jsonb(filters), measure, limit, strategy]
                        found = rows(corpus, by_id, [name, row_id, top_k, *more])
                        around = rows(corpus, ONE.format(rest), [name, stored, top_k + 1, *more])
                        around = [row for row in around if row[0] != row_id][:top_k]
                        assert found == around


@pytest.mark.parametrize("method", [None, "hnsw", "ivfflat"])
@pytest.mark.parametrize("measure", MEASURES)
def test_a_row_with_twins(connection: Connection, method: str | None, measure: str) -> None:
    """Others have the same vector; the row itself is left out all the same, and none is lost."""
    connection.execute("SELECT vecs.create_collection('docs', 2)")
    ids = fill(connection, "docs", [[1, 2]] * 60 + [[2, 1]] * 3)
    if method and (method, measure) != ("ivfflat", "l1_distance"):
        connection.execute("SELECT vecs.create_index('docs', %s, %s)", [measure, method])
    by_id = "SELECT id FROM vecs.query_by_id('docs', %s, %s, measure => %s)"
    for row_id in (ids[0], ids[30], ids[59]):
        for top_k in (1, 5, 59, 62, 100):
            found = column(connection, by_id, [row_id, top_k, measure])
            assert row_id not in found
            assert len(set(found)) == min(top_k, 62)
            assert set(found[:59]) <= set(ids[:60])
        assert column(connection, by_id, [row_id, 0, measure]) == []
        assert len(column(connection, by_id, [row_id, 2147483647, measure])) == 62
    connection.execute("SELECT vecs.delete('docs', %s)", [ids[1:]])
    assert column(connection, by_id, [ids[0], 10, measure]) == []


def test_a_row_that_is_not_among_its_nearest(connection: Connection) -> None:
    """By the inner product longer vectors are nearer than the vector itself."""
    connection.execute("SELECT vecs.create_collection('docs', 2)")
    ids = fill(connection, "docs", [[n, n] for n in range(1, 80)])
    by_id = "SELECT id FROM vecs.query_by_id('docs', %s, 5, measure => 'max_inner_product')"
    for method in (None, "hnsw"):
        if method:
            connection.execute(
                "SELECT vecs.create_index('docs', 'max_inner_product', %s)", [method]
            )
        assert column(connection, by_id, [ids[3]]) == ids[:-6:-1]
        assert column(connection, by_id, [ids[77]]) == [ids[78], *ids[76:72:-1]]


def test_rows_that_are_not_there(corpus: Connection) -> None:
    for name in COLLECTIONS:
        for row_id in ("nothing", "", "r00000 ", None):
            for rest in ("", ", 0", ", 5, '{\"half\": 1}'"):
                by_id = f"SELECT vecs.query_by_id(%s, %s{rest})"
                refused(corpus, "VS001", by_id, [name, row_id])
    refused(corpus, "VS002", "SELECT vecs.query_by_id('nothing', 'a')")
    refused(corpus, "VS001", "SELECT vecs.query_by_id(NULL, 'a')")


# --- what no search takes

CALLS = {
    "query": "'[1,2,3,4,5,6,7,8]'",
    "query_many": "'{\"[1,2,3,4,5,6,7,8]\"}'",
    "query_by_id": "'r00001'",
    "explain": "'[1,2,3,4,5,6,7,8]'",
    "explain_text": "'[1,2,3,4,5,6,7,8]'",
}
BAD = [
    ("VS001", "max_distance", "'NaN'"),
    ("VS001", "ef_search", "0"),
    ("VS001", "ef_search", "1001"),
    ("VS001", "ef_search", "-2147483648"),
    ("VS001", "probes", "0"),
    ("VS001", "probes", "32769"),
    ("VS001", "top_k", "-1"),
    ("VS001", "top_k", "-2147483648"),
    ("VS001", "strategy", "'fast'"),
    ("VS001", "strategy", "''"),
    ("VS001", "measure", "'cosine'"),
    ("VS001", "measure", "''"),
    ("VS005", "filters", '\'{"k": {"$gr": 1}}\''),
    ("VS005", "filters", "'null'"),
]


@pytest.mark.parametrize("function", CALLS)
def test_arguments_that_can_not_be(corpus: Connection, function: str) -> None:
    others: list[dict[str, str]] = [
        {},
        {"top_k": "0"},
        {"filters": "'{\"half\": 1}'"},
        {"strategy": "'exact'", "max_distance": "1"},
        {"strategy": "'index'"},
    ]
    for sqlstate, name, argument in BAD:
        for other in others:
            given = [f"{key} => {text}" for key, text in {**other, name: argument}.items()]
            call = f"SELECT vecs.{function}(%s, {CALLS[function]}, {', '.join(given)})"
            for collection in COLLECTIONS[:3]:
                refused(corpus, sqlstate, call, [collection])
