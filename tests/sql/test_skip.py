"""skip: pages of one search fit together, whatever way each of them is found."""

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
    settings,
    value,
    vector,
    watch,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.conftest import Databases

pytestmark = pytest.mark.slow

DIMENSION = 16
COUNT = 6000
CHANCE = np.random.default_rng(29)
# Clusters far from each other, between which the graph of an hnsw index has few ways.
CLUSTER = CHANCE.integers(0, 40, size=COUNT)
CENTRES = CHANCE.normal(size=(40, DIMENSION))
VECTORS = (CENTRES[CLUSTER] + CHANCE.normal(size=(COUNT, DIMENSION)) * 0.3).round(3)
METADATA: list[dict[str, Any]] = [
    {"cluster": int(cluster), "half": row % 2, "n": row} for row, cluster in enumerate(CLUSTER)
]
COLLECTIONS = ["vector_none", "vector_hnsw", "vector_ivfflat", "halfvec_hnsw"]
HUGE = 2**63 - 1
INDEXED = [name for name in COLLECTIONS if not name.endswith("none")]
QUERY = vector((CENTRES[7] + CHANCE.normal(size=DIMENSION) * 0.5).round(3))

PAGE = "SELECT * FROM vecs.query(%s, %s, %s, %s, skip => %s{})"


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
            if method != "none":  # a thin graph, which loses some rows
                thin = Jsonb({"m": 6, "ef_construction": 24} if method == "hnsw" else {})
                index = "SELECT vecs.create_index(%s, 'cosine_distance', %s, %s)"
                connection.execute(index, [name, method, thin])
        connection.execute("""
            CREATE POLICY half ON vecs.vector_hnsw TO reader USING ((metadata -> 'half') = '1');
            ALTER TABLE vecs.vector_hnsw ENABLE ROW LEVEL SECURITY;
            GRANT USAGE ON SCHEMA vecs TO reader;
            GRANT SELECT ON vecs.vector_hnsw TO reader;
        """)
        connection.execute("VACUUM ANALYZE")
    yield url
    databases.drop(url)


@pytest.fixture
def corpus(seeded_database: str) -> Iterator[Connection]:
    """A connection to the seeded database in a transaction that is rolled back."""
    with psycopg.connect(seeded_database) as connection:
        yield connection
        connection.rollback()


def in_order(page: Sequence[Row]) -> bool:
    """Whether rows of id, distance, ... are ordered by distance, then id."""
    return list(page) == sorted(page, key=lambda row: (row[1], row[0]))


def pages(
    connection: Connection,
    name: str,
    size: int,
    rest: str = "",
    *,
    filters: dict[str, Any] | None = None,
    until: int = COUNT,
) -> list[Row]:
    """Return the rows of all pages up to some row, after a look at each."""
    found: list[Row] = []
    for skip in range(0, until, size):
        page = rows(connection, PAGE.format(rest), [name, QUERY, size, Jsonb(filters or {}), skip])
        assert in_order(page)
        found += page
        if len(page) < size:
            assert (
                rows(connection, PAGE.format(rest), [name, QUERY, size, None, skip + COUNT]) == []
            )
            break
    ids = [row[0] for row in found]
    assert len(set(ids)) == len(ids), "a row twice"
    return found


@pytest.mark.parametrize("name", COLLECTIONS)
@pytest.mark.parametrize("size", [1, 7, 10, 60, 100, 150, 1000])
def test_pages_fit_together(corpus: Connection, name: str, size: int) -> None:
    until = {1: 25, 7: 250, 10: 250}.get(size, 2500)
    found = pages(corpus, name, size, until=until)
    assert len(found) == -(-until // size) * size
    first = "SELECT * FROM vecs.query(%s, %s, %s)"
    assert rows(corpus, first, [name, QUERY, size]) == found[:size]
    expected = pages(corpus, name, size, ", strategy => 'exact'", until=until)
    assert in_order(expected)
    if name == "vector_none":
        assert found == expected
    elif until == 2500:
        assert len({row[0] for row in found} & {row[0] for row in expected}) > 0.8 * until


@pytest.mark.parametrize("name", COLLECTIONS)
@pytest.mark.parametrize("strategy", ["auto", "exact", "index"])
@pytest.mark.parametrize("size", [7, 100, 700])
def test_to_the_end(corpus: Connection, name: str, strategy: str, size: int) -> None:
    """All matching rows are on the pages, however many of them the index loses."""
    rest = f", strategy => '{strategy}'"
    for filters, condition in (
        ({"cluster": 7}, CLUSTER == 7),
        ({"cluster": {"$in": [7, 8, 30]}, "half": 1}, np.isin(CLUSTER, [7, 8, 30])),
        ({"n": {"$lt": 20}}, np.arange(COUNT) < 20),
        ({"n": -1}, np.zeros(COUNT, dtype=bool)),
    ):
        if "half" in filters:
            condition = condition & (np.arange(COUNT) % 2 == 1)
        found = pages(corpus, name, size, rest, filters=filters)
        assert {row[0] for row in found} == {f"r{row:05}" for row in np.flatnonzero(condition)}
        if strategy == "exact":
            assert in_order(found)
    if size == 700:
        assert len(pages(corpus, name, size, rest)) == COUNT


@pytest.mark.parametrize("name", COLLECTIONS)
def test_any_number_of_rows_can_be_left_out(corpus: Connection, name: str) -> None:
    """Pages of ten begin anywhere."""
    for filters in ({}, {"half": 1}):
        found = [
            {row[0] for row in rows(corpus, PAGE.format(""), [name, QUERY, 10, Jsonb(filters), n])}
            for n in (3, 13, 23, 93, 103)
        ]
        assert [len(page) for page in found] == [10] * 5
        assert len(set.union(*found)) == 50


@pytest.mark.parametrize("name", COLLECTIONS)
@pytest.mark.parametrize("tuning", ["ef_search => 12, probes => 1", "ef_search => 1000"])
def test_with_other_widths(corpus: Connection, name: str, tuning: str) -> None:
    for filters in ({}, {"half": 1}):
        assert len(pages(corpus, name, 25, ", " + tuning, filters=filters, until=500)) == 500


@pytest.mark.parametrize("name", COLLECTIONS)
@pytest.mark.parametrize("strategy", ["auto", "exact", "index"])
def test_within_a_distance(corpus: Connection, name: str, strategy: str) -> None:
    within = "SELECT count(*) FROM vecs.query(%s, %s, 6000, %s, max_distance => 0.3, strategy => 'exact')"
    for filters in ({}, {"half": 1}):
        count = value(corpus, within, [name, QUERY, Jsonb(filters)])
        assert count > 30
        rest = f", max_distance => 0.3, strategy => '{strategy}'"
        found = pages(corpus, name, 15, rest, filters=filters)
        assert all(row[1] <= 0.3 for row in found)
        assert len(found) == count if strategy == "exact" else 0 < len(found) <= count


@pytest.mark.parametrize("name", COLLECTIONS)
def test_the_columns_of_a_page(corpus: Connection, name: str) -> None:
    for metadata in ("true", "false", "NULL"):
        for vec in ("true", "false", "NULL"):
            rest = f", include_metadata => {metadata}, include_vec => {vec}"
            for row in rows(corpus, PAGE.format(rest), [name, QUERY, 3, None, 40]):
                number = int(row[0][1:])
                assert (row[2] is not None) is (vec == "true")
                assert row[3] == (None if metadata == "false" else METADATA[number])
                if name == "vector_hnsw" and row[2]:
                    assert row[2] == vector(VECTORS[number]).replace(".0,", ",").replace(".0]", "]")
    found = rows(corpus, PAGE.format(""), [name, QUERY, 3, None, 40])
    assert (
        rows(corpus, PAGE.format(", measure => NULL, strategy => NULL"), [name, QUERY, 3, None, 40])
        == found
    )
    half = "SELECT * FROM vecs.query(%s, %s::halfvec, 3, skip => 40)"
    assert len(rows(corpus, half, [name, QUERY])) == 3


@pytest.mark.parametrize("name", COLLECTIONS)
def test_skip_of_many(corpus: Connection, name: str) -> None:
    """query_many gives the pages of query."""
    queries = [QUERY, vector(CENTRES[3].round(3)), QUERY]
    many = "SELECT * FROM vecs.query_many(%s, %s::vector[], 10, %s, skip => %s)"
    for filters in ({}, {"half": 1}, {"cluster": 7}):
        seen: list[tuple[int, str]] = []
        for skip in (0, 10, 20, 110, 5, 8000):
            found = rows(corpus, many, [name, queries, Jsonb(filters), skip])
            assert found == [
                (number, *row)
                for number, query in enumerate(queries, 1)
                for row in rows(corpus, PAGE.format(""), [name, query, 10, Jsonb(filters), skip])
            ]
            assert len(found) == (0 if skip == 8000 else 30)
            seen += [row[:2] for row in found] if skip % 10 == 0 else []
        assert len(set(seen)) == len(seen)


@pytest.mark.parametrize("name", COLLECTIONS)
@pytest.mark.parametrize("strategy", ["auto", "exact", "index"])
def test_skip_beside_a_row(corpus: Connection, name: str, strategy: str) -> None:
    """The row itself is on no page, and takes no place."""
    row_id = f"r{np.flatnonzero(CLUSTER == 7)[0]:05}"
    page = "SELECT * FROM vecs.query_by_id(%s, %s, %s, %s, skip => %s, strategy => %s)"
    for filters, condition in (({"cluster": 7}, CLUSTER == 7), ({"cluster": 8}, CLUSTER == 8)):
        expected = {f"r{row:05}" for row in np.flatnonzero(condition)} - {row_id}
        for size in (1, 7, 10, 99, 100, 500):
            if size == 1 and strategy != "exact":
                continue
            found: list[str] = []
            for skip in range(0, len(expected) + size, size):
                rest = [name, row_id, size, Jsonb(filters), skip, strategy]
                here = rows(corpus, page, rest)
                assert len(here) == max(0, min(size, len(expected) - skip))
                assert in_order(here)
                found += [row[0] for row in here]
            assert len(found) == len(expected)
            assert set(found) == expected
    assert rows(corpus, page, [name, row_id, 0, None, 10, strategy]) == []


@pytest.mark.parametrize("name", COLLECTIONS)
@pytest.mark.parametrize(
    ("function", "argument", "left_out"),
    [
        ("query", f"'{QUERY}'", 0),
        ("query_many", f"'{{\"{QUERY}\"}}'", 0),
        ("query_by_id", "'r00007'", 1),
    ],
)
def test_numbers_out_of_the_ordinary(
    corpus: Connection, name: str, function: str, argument: str, left_out: int
) -> None:
    every = f"SELECT * FROM vecs.{function}('{name}', {argument}"
    page = every + ", skip => %s, top_k => %s"
    for strategy in ("auto", "index", "exact"):
        tried = page + f", strategy => '{strategy}')"
        for numbers in ((COUNT, 10), (HUGE, 10), (HUGE, HUGE), (9 * 10**18, 0), (5, 0)):
            assert rows(corpus, tried, numbers) == []
        assert len(rows(corpus, tried, [COUNT - 5, HUGE])) == 5 - left_out
    page += ")"
    plain = rows(corpus, every + ")")
    assert len(plain) == 10
    for skip in (None, 0):
        assert rows(corpus, page, [skip, None]) == plain
    assert len(rows(corpus, page, [7, None])) == 10
    for skip in (-1, -(2**63)):
        for top_k in (10, 0):
            said = refused(corpus, "VS001", page, [skip, top_k])
            assert said.message_primary == f"skip must not be negative: {skip}"


@pytest.mark.parametrize("name", COLLECTIONS)
def test_explain_of_a_page(corpus: Connection, name: str) -> None:
    """It describes the largest list that the page is cut from, and counts the rows of the page."""
    explain = "SELECT vecs.explain(%s, %s, %s, %s, skip => %s, strategy => %s)"
    text = "SELECT vecs.explain_text(%s, %s, %s, %s, skip => %s, strategy => %s)"
    for strategy in ("auto", "exact", "index"):
        for filters, count in (({}, COUNT), ({"n": {"$lt": 120}}, 120)):
            for top_k, skip in ((10, 10), (10, 115), (50, 1000), (10, HUGE), (HUGE, HUGE), (0, 9)):
                given = [name, QUERY, top_k, Jsonb(filters), skip, strategy]
                explained = value(corpus, explain, given)
                assert explained["rows"] == max(0, min(top_k, count - skip))
                assert explained["rows"] == len(
                    rows(corpus, PAGE.format(", strategy => %s"), [*given])
                )
                assert rows(corpus, text, given)


@pytest.mark.parametrize("name", INDEXED)
def test_what_explain_shows_of_a_page(corpus: Connection, name: str) -> None:
    explained = value(corpus, "SELECT vecs.explain(%s, %s, 10, skip => 15)", [name, QUERY])
    assert explained["strategy"] == "index"
    assert explained["steps"][-1]["rows"] >= 100
    assert explained["rows"] == 10
    refused(corpus, "VS001", "SELECT vecs.explain(%s, %s, skip => -1)", [name, QUERY])


@pytest.mark.parametrize("strategy", ["auto", "exact", "index"])
def test_under_a_policy(databases: Databases, seeded_database: str, strategy: str) -> None:
    with psycopg.connect(databases.as_role(seeded_database, "reader")) as connection:
        rest = f", strategy => '{strategy}'"
        for filters, count in (({}, COUNT // 2), ({"cluster": 7}, None)):
            found = pages(connection, "vector_hnsw", 150, rest, filters=filters)
            assert all(row[3]["half"] == 1 for row in found)
            if count is None:
                count = int(((CLUSTER == 7) & (np.arange(COUNT) % 2 == 1)).sum())
            assert len(found) == count
        connection.rollback()


@pytest.mark.parametrize(
    "method, measure",
    [
        (method, measure)
        for method in (None, "hnsw", "ivfflat")
        for measure in MEASURES
        if (method, measure) != ("ivfflat", "l1_distance")  # pgvector has no such index
    ],
)
def test_ties_and_rows_without_a_distance(
    connection: Connection, method: str | None, measure: str
) -> None:
    """Many rows of the same vector, and zeros, which the index for the cosine does not hold."""
    connection.execute("SELECT vecs.create_collection('docs', 2)")
    ids = fill(connection, "docs", [[1, 2]] * 1700 + [[2, 1]] * 30 + [[0, 0]] * 40)
    if method:
        connection.execute("SELECT vecs.create_index('docs', %s, %s)", [measure, method])
    connection.execute("ANALYZE vecs.docs")
    page = "SELECT id FROM vecs.query('docs', '[1,1.5]', %s, measure => %s, skip => %s)"
    by_id = "SELECT id FROM vecs.query_by_id('docs', %s, %s, measure => %s, skip => %s)"
    for size in (40, 300):
        found: list[str] = []
        around: list[str] = []
        for skip in range(0, len(ids), size):
            found += column(connection, page, [size, measure, skip])
            around += column(connection, by_id, [ids[9], size, measure, skip])
        assert sorted(found) == ids
        assert sorted([*around, ids[9]]) == ids


@pytest.mark.parametrize("name", COLLECTIONS)
def test_no_trace_of_a_page(corpus: Connection, name: str) -> None:
    calls = [
        f"SELECT * FROM vecs.{function}, 10, '{filters}', skip => 200, strategy => '{strategy}')"
        for function in (
            f"query('{name}', '{QUERY}'",
            f"query_many('{name}', '{{\"{QUERY}\",\"{QUERY}\"}}'",
            f"query_by_id('{name}', 'r00007'",
            f"explain('{name}', '{QUERY}'",
        )
        for filters in ("{}", '{"half": 1}', '{"cluster": 7}')
        for strategy in ("auto", "index", "exact")
    ]
    rows(corpus, calls[0])  # from the first use of pgvector on, its settings are there
    notices = watch(corpus)
    for level in ("notice", "error", "debug1"):
        corpus.execute(f"SET LOCAL client_min_messages = {level}")
        for call in calls:
            before = settings(corpus)
            notices.clear()
            rows(corpus, call)
            assert settings(corpus) == before
            raised = [notice.sqlstate for notice in notices if notice.severity == "NOTICE"]
            expected = name == "vector_none" and "'exact'" not in call and level != "error"
            assert raised == ["VSW01"] * expected, call


def test_a_notice_of_the_filter_comes_once(corpus: Connection) -> None:
    notices = watch(corpus)
    for function in (
        f"query('vector_hnsw', '{QUERY}'",
        f"query_many('vector_hnsw', '{{\"{QUERY}\",\"{QUERY}\"}}'",
        "query_by_id('vector_hnsw', 'r00007'",
    ):
        for skip in (0, 200):
            notices.clear()
            rows(corpus, f'SELECT vecs.{function}, 10, \'{{"n": {{"gte": 3}}}}\', skip => {skip})')
            assert [notice.sqlstate for notice in notices] == ["VSW02"], (function, skip)


def test_errors_of_a_page_have_one_line_of_context(corpus: Connection) -> None:
    for function, argument in (
        ("query", f"'{QUERY}'"),
        ("query_many", f"'{{\"{QUERY}\"}}'"),
        ("query_by_id", "'r00007'"),
        ("explain", f"'{QUERY}'"),
    ):
        for sqlstate, rest in (
            ("VS001", "skip => -1"),
            ("VS001", "skip => 5, top_k => -1"),
            ("VS001", "skip => 5, ef_search => 0"),
            ("VS001", "skip => 5, strategy => 'fast'"),
            ("VS001", "skip => 5, measure => 'cosine'"),
            ("VS005", 'skip => 5, filters => \'{"n": {"$gr": 1}}\''),
        ):
            for name in COLLECTIONS:
                said = refused(
                    corpus, sqlstate, f"SELECT vecs.{function}(%s, {argument}, {rest})", [name]
                )
                assert len((said.context or "").splitlines()) == 1, said.context
        refused(corpus, "VS002", f"SELECT vecs.{function}('nothing', {argument}, skip => 5)")
    for function, argument in (("query", "'[1,2]'"), ("query_many", "'{\"[1,2]\"}'")):
        said = refused(
            corpus, "VS004", f"SELECT vecs.{function}('vector_hnsw', {argument}, skip => 5)"
        )
        assert len((said.context or "").splitlines()) == 1


@pytest.mark.parametrize("name", INDEXED)
def test_deep_pages_by_the_index(corpus: Connection, name: str) -> None:
    """The index answers for 100 and 1,000 rows, and would give other rows for each."""
    search = "SELECT id FROM vecs.query(%s, %s, %s, strategy => 'index')"
    ten, hundred, thousand = (
        set(column(corpus, search, [name, QUERY, n])) for n in (10, 100, 1000)
    )
    assert len(thousand) == 1000
    found = [row[0] for row in pages(corpus, name, 10, ", strategy => 'index'", until=1000)]
    assert len(found) == 1000
    assert set(found[:10]) == ten
    assert hundred <= set(found[: 100 + len(ten - hundred)])


@pytest.mark.parametrize("name", INDEXED)
def test_a_search_for_more_finds_nearer_rows(corpus: Connection, name: str) -> None:
    """They are on a later page, since the first one is what a search for few rows finds."""
    tuning = ", ef_search => 5, probes => 1"
    search = f"SELECT id FROM vecs.query(%s, %s, %s{tuning})"
    missed = 0
    for numbers in (VECTORS[:20] + CHANCE.normal(size=(20, DIMENSION)) * 0.5).round(3):
        query = vector(numbers)
        few = column(corpus, search, [name, query, 5])
        missed += few != column(corpus, search, [name, query, 100])[:5]
        found: list[str] = []
        for skip in (0, 5, 10, 50, 95, 100):
            page = rows(corpus, PAGE.format(tuning), [name, query, 5, None, skip])
            assert len(page) == 5
            assert in_order(page)
            found += [row[0] for row in page]
        assert found[:5] == few
        assert len(set(found)) == 30
    if "hnsw" in name:  # the lists of ivfflat begin at random, and may suit all of these searches
        assert missed, "the searches find the same rows, so this test shows nothing"
