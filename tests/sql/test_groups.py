"""query_groups, query_mmr, query_by_ids and facet, against what numpy finds: odd keys and values, none short."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np
import psycopg
import pytest
from psycopg.types.json import Jsonb

from tests.sql.support import Connection, column, fill, refused, rows, value, vector

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import Databases

COUNT, DIMENSION = 4000, 8
CHANCE = np.random.default_rng(11)
VECTORS = CHANCE.normal(size=(COUNT, DIMENSION)).round(3)
SOUGHT = CHANCE.normal(size=DIMENSION).round(3)
QUERY = vector(SOUGHT)
DISTANCES = 1 - VECTORS @ SOUGHT / np.linalg.norm(VECTORS, axis=1) / np.linalg.norm(SOUGHT)
ORDER = np.argsort(DISTANCES)
IDS = [f"r{n:05}" for n in range(COUNT)]
# The document "near" has all of the nearest 500 rows.
METADATA: list[dict[str, Any]] = [{"n": n, "tenth": n % 10} for n in range(COUNT)]
for place, n in enumerate(ORDER):
    METADATA[n]["near"] = "all" if place < 500 else int(n % 7)
    if n % 3:
        METADATA[n]["document"] = f"d{n % 400}"
    if place in {5, 700}:
        METADATA[n]["few"] = [place]
    if place in {9, 1500}:
        METADATA[n]["few"] = {"a": None}
    if place == 3000:
        METADATA[n]["few"] = None
GROUPS = "SELECT group_value, id, distance FROM vecs.query_groups('docs', %s, %s, %s, %s, %s)"


@pytest.fixture(scope="module")
def seeded_database(databases: Databases, template: str) -> Iterator[str]:
    """The URL of a database with the rows; what a test writes it must roll back."""
    url = databases.create(template)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SELECT vecs.create_collection('docs', %s)", [DIMENSION])
        fill(connection, "docs", VECTORS.tolist(), METADATA)
        connection.execute("SELECT vecs.create_index('docs')")
    yield url
    databases.drop(url)


@pytest.fixture
def corpus(seeded_database: str) -> Iterator[Connection]:
    """A connection to the seeded database in a transaction that is rolled back."""
    with psycopg.connect(seeded_database) as connection:
        yield connection
        connection.rollback()


def expected(key: str, top_k: int, size: int, tenth: int | None) -> list[tuple[Any, str]]:
    """The groups by the order of their nearest rows, all found by comparing every row."""
    groups: dict[str, list[tuple[Any, str]]] = {}
    for n in ORDER:
        if key in METADATA[n] and tenth in (None, METADATA[n]["tenth"]):
            groups.setdefault(str(METADATA[n][key]), []).append((METADATA[n][key], IDS[n]))
    return [row for group in list(groups.values())[:top_k] for row in group[:size]]


@pytest.mark.parametrize("key", ["document", "near", "few", "tenth", "n", "nothing"])
@pytest.mark.parametrize(("top_k", "size"), [(1, 1), (10, 1), (5, 3), (3, 700), (1000, 2)])
@pytest.mark.parametrize("tenth", [None, 3])
def test_the_nearest_groups(
    corpus: Connection, key: str, top_k: int, size: int, tenth: int | None
) -> None:
    if key == "n" and top_k * size > 1000:
        top_k = 300
    filters = Jsonb({} if tenth is None else {"tenth": tenth})
    found = rows(corpus, GROUPS, [QUERY, key, top_k, size, filters])
    wanted = expected(key, top_k, size, tenth)
    assert len(found) == len(wanted)
    # The index may miss a row, so that another one stands in its place.
    same = sum(row[:2] == other for row, other in zip(found, wanted, strict=True))
    assert same >= 0.9 * len(wanted)
    for _, id_, distance in found:
        assert distance == pytest.approx(DISTANCES[IDS.index(id_)], abs=1e-6)


def test_few_rows_have_the_key(corpus: Connection) -> None:
    """None of the nearest has it."""
    corpus.execute("SELECT vecs.update_metadata('docs', '[\"few\"]', %s, mode => 'remove')", [
        [IDS[n] for n in ORDER[:2000]]
    ])  # fmt: skip
    found = rows(corpus, GROUPS, [QUERY, "few", 3, 2, Jsonb({})])
    assert [row[:2] for row in found] == [(None, IDS[ORDER[3000]])]


def test_groups_by_exact_searches(corpus: Connection) -> None:
    statement = (
        "SELECT group_value, id FROM vecs.query_groups('docs', %s, %s, 7, 4, strategy => 'exact')"
    )
    for key in ("document", "near", "few", "tenth"):
        assert rows(corpus, statement, [QUERY, key]) == expected(key, 7, 4, None)


def test_rows_are_as_asked(corpus: Connection) -> None:
    statement = (
        "SELECT vec, metadata FROM vecs.query_groups('docs', %s, 'document', 1,"
        " include_vec => %s, include_metadata => %s)"
    )
    [(_, id_)] = expected("document", 1, 1, None)
    n = IDS.index(id_)
    assert rows(corpus, statement, [QUERY, True, False]) == [(vector(VECTORS[n]), None)]
    assert rows(corpus, statement, [QUERY, False, True]) == [(None, METADATA[n])]
    near = "SELECT id FROM vecs.query_groups('docs', %s, 'document', 50, max_distance => %s)"
    limit = DISTANCES[ORDER[60]]
    within = {row[0] for row in expected("document", 400, 1, None)}
    found = column(corpus, near, [QUERY, limit])
    assert found
    assert len(within) > len(found)
    assert all(DISTANCES[IDS.index(id_)] <= limit for id_ in found)


MMR = "SELECT id, distance FROM vecs.query_mmr('docs', %s, %s, %s, %s, %s)"


def mmr(top_k: int, lambda_mult: float, candidates: int) -> list[str]:
    """Carbonell and Goldstein's choice, with cosine similarities."""
    unit = VECTORS / np.linalg.norm(VECTORS, axis=1, keepdims=True)
    left = list(ORDER[:candidates])
    chosen = [left.pop(0)]
    while left and len(chosen) < top_k:
        best = max(
            left,
            key=lambda n: (
                lambda_mult * (1 - DISTANCES[n])
                - (1 - lambda_mult) * max(float(unit[n] @ unit[c]) for c in chosen)
            ),
        )
        left.remove(best)
        chosen.append(best)
    return [IDS[n] for n in chosen]


@pytest.mark.parametrize("lambda_mult", [0, 0.3, 0.5, 0.9, 1])
@pytest.mark.parametrize(("top_k", "candidates"), [(1, 20), (5, 20), (10, 40), (30, 200)])
def test_maximal_marginal_relevance(
    corpus: Connection, lambda_mult: float, top_k: int, candidates: int
) -> None:
    corpus.execute("SET LOCAL hnsw.ef_search = 1000")
    found = rows(corpus, MMR, [QUERY, top_k, Jsonb({}), lambda_mult, candidates])
    assert [id_ for id_, _ in found] == mmr(top_k, lambda_mult, candidates)
    for id_, distance in found:
        assert distance == pytest.approx(DISTANCES[IDS.index(id_)], abs=1e-6)


@pytest.mark.parametrize("filters", [{"tenth": 3}, {"n": {"$lt": 3}}, {"nothing": 1}], ids=str)
def test_a_diverse_search_is_not_short(corpus: Connection, filters: dict[str, Any]) -> None:
    ids = column(
        corpus, "SELECT id FROM vecs.scan('docs', %s, page_size => 5000)", [Jsonb(filters)]
    )
    for top_k, candidates in ((0, 20), (10, 3), (10, None), (500, None)):
        found = column(corpus, MMR, [QUERY, top_k, Jsonb(filters), 0.5, candidates])
        assert len(set(found)) == len(found) == min(top_k, len(ids))
        assert set(ids).issuperset(found)


BY_IDS = "SELECT id FROM vecs.query_by_ids('docs', %s, %s, %s, measure => %s, strategy => 'exact')"


@pytest.mark.parametrize("measure", ["cosine_distance", "l2_distance"])
@pytest.mark.parametrize(
    ("positive", "negative"), [([4], []), ([4, 9, 77], []), ([4, 9], [100]), ([4], [100, 101])]
)
def test_more_like_these(
    corpus: Connection, measure: str, positive: list[int], negative: list[int]
) -> None:
    vectors = VECTORS.astype(np.float32)
    scaled = vectors
    if measure == "cosine_distance":
        scaled = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    sought = scaled[positive].mean(axis=0)
    if negative:
        sought = 2 * sought - scaled[negative].mean(axis=0)
    similarities = scaled @ sought
    lengths = np.linalg.norm(vectors - sought, axis=1)
    distances = -similarities if measure == "cosine_distance" else lengths
    wanted = [IDS[n] for n in np.argsort(distances) if n not in {*positive, *negative}]
    ids = [[IDS[n] for n in some] for some in (positive, negative)]
    assert column(corpus, BY_IDS, [*ids, 20, measure]) == wanted[:20]
    pages = [
        column(
            corpus,
            "SELECT id FROM vecs.query_by_ids('docs', %s, %s, 20, measure => %s, skip => %s)",
            [*ids, measure, skip],
        )
        for skip in (0, 20, 40)
    ]
    assert len({id_ for page in pages for id_ in page} - {*ids[0], *ids[1]}) == 60


@pytest.mark.parametrize("filters", [{}, {"tenth": 3}, {"n": {"$lt": 3}}, {"nothing": 1}], ids=str)
@pytest.mark.parametrize("key", ["tenth", "near", "few", "nothing"])
def test_facet(corpus: Connection, filters: dict[str, Any], key: str) -> None:
    chosen = [
        one
        for one in METADATA
        if not filters or one["tenth"] == filters.get("tenth") or ("n" in filters and one["n"] < 3)
    ]
    counts: Counter[str] = Counter()
    for one in chosen:
        if key in one:
            counts.update(
                {str(part) for part in (one[key] if isinstance(one[key], list) else [one[key]])}
            )
    found = rows(corpus, "SELECT * FROM vecs.facet('docs', %s, %s, 100)", [key, Jsonb(filters)])
    assert {str(found_value): number for found_value, number in found} == counts
    assert [number for _, number in found] == sorted(counts.values(), reverse=True)
    few = rows(corpus, "SELECT * FROM vecs.facet('docs', %s, %s, 2)", [key, Jsonb(filters)])
    assert few == found[:2]


@pytest.mark.parametrize(
    ("sqlstate", "statement"),
    [
        ("VS002", "SELECT vecs.query_groups('none', '[1,1,1,1,1,1,1,1]', 'n')"),
        ("VS001", "SELECT vecs.query_groups('docs', NULL, 'n')"),
        ("VS001", "SELECT vecs.query_groups('docs', '[1,1,1,1,1,1,1,1]', NULL)"),
        ("VS001", "SELECT vecs.query_groups('docs', '[1,1,1,1,1,1,1,1]', '$id')"),
        ("VS001", "SELECT vecs.query_groups('docs', '[1,1,1,1,1,1,1,1]', 'n', -1)"),
        ("VS001", "SELECT vecs.query_groups('docs', '[1,1,1,1,1,1,1,1]', 'n', 1, 0)"),
        ("VS004", "SELECT vecs.query_groups('docs', '[1]', 'n')"),
        (
            "VS005",
            "SELECT vecs.query_groups('docs', '[1,1,1,1,1,1,1,1]', 'n', 1, 1, '{\"$x\": 1}')",
        ),
        ("VS002", "SELECT vecs.query_mmr('none', '[1,1,1,1,1,1,1,1]')"),
        ("VS001", "SELECT vecs.query_mmr('docs', NULL)"),
        ("VS001", "SELECT vecs.query_mmr('docs', '[1,1,1,1,1,1,1,1]', -1)"),
        ("VS001", "SELECT vecs.query_mmr('docs', '[1,1,1,1,1,1,1,1]', lambda_mult => 1.1)"),
        ("VS001", "SELECT vecs.query_mmr('docs', '[1,1,1,1,1,1,1,1]', lambda_mult => 'NaN')"),
        ("VS001", "SELECT vecs.query_mmr('docs', '[1,1,1,1,1,1,1,1]', candidates => 0)"),
        ("VS001", "SELECT vecs.query_mmr('docs', '[1,1,1,1,1,1,1,1]', measure => 'dot')"),
        ("VS002", "SELECT vecs.query_by_ids('none', '{a}')"),
        ("VS001", "SELECT vecs.query_by_ids('docs', '{}')"),
        ("VS001", "SELECT vecs.query_by_ids('docs', NULL)"),
        ("VS001", "SELECT vecs.query_by_ids('docs', '{r00001,nothing}')"),
        ("VS001", "SELECT vecs.query_by_ids('docs', '{r00001}', '{nothing}')"),
        ("VS001", "SELECT vecs.query_by_ids('docs', '{r00001,NULL}')"),
        ("VS001", "SELECT vecs.query_by_ids('docs', '{r00001}', top_k => -1)"),
        ("VS001", "SELECT vecs.query_by_ids('docs', '{{r00001,nothing}}', '{{r00002}}')"),
        ("VS002", "SELECT vecs.facet('none', 'n')"),
        ("VS001", "SELECT vecs.facet('docs', NULL)"),
        ("VS001", "SELECT vecs.facet('docs', 'n', top_k => -1)"),
        ("VS005", "SELECT vecs.facet('docs', 'n', '[]')"),
    ],
)
def test_refused(corpus: Connection, sqlstate: str, statement: str) -> None:
    refused(corpus, sqlstate, statement)


def test_values_that_are_like_filters(connection: Connection) -> None:
    """A group is found once, and what its value would mean in a filter does not matter."""
    connection.execute("SELECT vecs.create_collection('docs', 1)")
    values: list[Any] = [
        {"$time": "2024-05-31"},
        {"$time": "x"},
        {"$in": []},
        [1, {"$gt": 2}],
        "$id",
    ]
    fill(
        connection,
        "docs",
        [[1 + n] for n in range(300)],
        [{"g": values[min(n // 60, 4)]} for n in range(300)],
    )
    statement = "SELECT group_value FROM vecs.query_groups('docs', '[1]', 'g', %s, 1, measure => 'l2_distance')"
    for top_k in (2, 5, 9):
        assert column(connection, statement, [top_k]) == values[:top_k]


def test_facet_of_a_field_named_value(connection: Connection) -> None:
    connection.execute("""
        CREATE TABLE public.t (id int PRIMARY KEY, value int, k text, v public.vector(1));
        INSERT INTO public.t VALUES (1, 5, 'a', '[1]'), (2, 1, 'b', '[1]');
        SELECT vecs.adopt('public.t')
    """)
    found = rows(connection, "SELECT * FROM vecs.facet('t', 'k', '{\"value\": {\"$gt\": 3}}')")
    assert found == [("a", 1)]
    assert rows(connection, "SELECT * FROM vecs.facet('t', 'value')") == [(1, 1), (5, 1)]


def test_no_rows(connection: Connection) -> None:
    connection.execute("SELECT vecs.create_collection('docs', 2)")
    for call in (
        "query_groups('docs', '[1,1]', 'n')",
        "query_mmr('docs', '[1,1]')",
        "facet('docs', 'n')",
    ):
        assert rows(connection, f"SELECT * FROM vecs.{call}") == []
    zero = "SELECT vecs.upsert_many('docs', '{a,b,c}', %s)"
    assert value(connection, zero, [["[0,0]", "[1,0]", "[0,0]"]]) == 3
    found = column(connection, "SELECT id FROM vecs.query_mmr('docs', '[1,1]')")
    assert found[0] == "b"
    assert set(found) == {"a", "b", "c"}
