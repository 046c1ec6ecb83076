"""query: the right rows in the right order, and never fewer than there are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import psycopg
import pytest
from psycopg import sql
from psycopg.types.json import Jsonb

from tests.sql.support import (
    MEASURES,
    Connection,
    column,
    fill,
    refused,
    rows,
    value,
    vector,
    watch,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.conftest import Databases

DIMENSION = 8
COUNT = 3000
CLUSTERS = 30
CHANCE = np.random.default_rng(7)
CENTRES = CHANCE.normal(size=(CLUSTERS, DIMENSION)) * 3
CLUSTER = CHANCE.integers(0, CLUSTERS, size=COUNT)
VECTORS = (CENTRES[CLUSTER] + CHANCE.normal(size=(COUNT, DIMENSION))).astype(np.float32)
SHUFFLED = CHANCE.permutation(COUNT)  # a property that has nothing to do with where a vector is
METADATA: list[dict[str, Any]] = [
    {
        "cluster": int(CLUSTER[row]),
        "tenth": int(SHUFFLED[row]) % 10,
        "hundredth": int(SHUFFLED[row]) % 100,
        "rare": int(SHUFFLED[row]) < 3,
        "n": int(SHUFFLED[row]),
        "tags": [f"t{int(SHUFFLED[row]) % 50}"],
    }
    for row in range(COUNT)
]
QUERIES = [VECTORS[5], CENTRES[0].astype(np.float32), -CENTRES[1].astype(np.float32)]
# The cluster that is farthest from the first query: an index scan from there meets it last.
FARTHEST = int(np.argmax(((CENTRES - QUERIES[0]) ** 2).sum(axis=1)))

FILTERS: dict[str, tuple[dict[str, Any], Callable[[dict[str, Any]], bool]]] = {
    "all": ({}, lambda _: True),
    "10 %": ({"tenth": 3}, lambda m: m["tenth"] == 3),
    "1 %": ({"hundredth": 3}, lambda m: m["hundredth"] == 3),
    "0.1 %": ({"rare": True}, lambda m: bool(m["rare"])),
    "none": ({"rare": "nothing"}, lambda _: False),
    "far cluster": ({"cluster": FARTHEST}, lambda m: m["cluster"] == FARTHEST),
    "range": ({"n": {"$lt": 100}}, lambda m: m["n"] < 100),
    "tags": ({"tags": {"$contains": "t7"}}, lambda m: m["tags"] == ["t7"]),
    "not": (
        {"$not": {"cluster": {"$ne": FARTHEST}}, "tenth": {"$nin": [1, 2]}},
        lambda m: m["cluster"] == FARTHEST and m["tenth"] not in (1, 2),
    ),
}

# The defaults, which have a way of their own, and others.
INDEXES = {
    "vector_hnsw": "{}",
    "halfvec_hnsw": '{"m": 8, "ef_construction": 32}',
    "vector_ivfflat": '{"lists": 150}',
    "halfvec_ivfflat": '{"lists": 20}',
}
COLLECTIONS = ["vector_none", "vector_hnsw", "vector_ivfflat", "halfvec_hnsw", "halfvec_ivfflat"]


def seeded(url: str, only: str | None = None) -> None:
    """Make the collections with all their rows and indexes."""
    with psycopg.connect(url) as connection:
        for name in COLLECTIONS if only is None else [only]:
            element_type, _, method = name.partition("_")
            connection.execute(
                "SELECT vecs.create_collection(%s, %s, %s)", [name, DIMENSION, element_type]
            )
            fill(connection, name, VECTORS.tolist(), METADATA)
            for measure in MEASURES:
                if method != "none" and (method, measure) != ("ivfflat", "l1_distance"):
                    connection.execute(
                        "SELECT vecs.create_index(%s, %s, %s, %s)",
                        [name, measure, method, INDEXES[name]],
                    )


@pytest.fixture(scope="module")
def seeded_database(databases: Databases, template: str) -> Iterator[str]:
    """The URL of a database with the collections; what a test writes it must roll back."""
    url = databases.create(template)
    seeded(url)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")
    yield url
    databases.drop(url)


@pytest.fixture
def corpus(seeded_database: str) -> Iterator[Connection]:
    """A connection to the seeded database in a transaction that is rolled back."""
    with psycopg.connect(seeded_database) as connection:
        yield connection
        connection.rollback()


def distances(query: Any, measure: str, stored: Any = VECTORS) -> Any:  # noqa: ANN401
    """The distances of all rows, by numpy."""
    query, stored = query.astype(np.float64), stored.astype(np.float64)
    if measure == "l2_distance":
        return np.sqrt(((stored - query) ** 2).sum(axis=1))
    if measure == "l1_distance":
        return np.abs(stored - query).sum(axis=1)
    products = stored @ query
    if measure == "max_inner_product":
        return -products
    return 1 - products / np.linalg.norm(stored, axis=1) / np.linalg.norm(query)


def check(
    found: list[Any],
    top_k: int,
    filter_name: str,
    query: Any,  # noqa: ANN401
    measure: str,
    half: bool,
) -> set[str]:
    """That an answer is as long as it must be, in order, of rows that match, at their distances."""
    matching = [row for row in range(COUNT) if FILTERS[filter_name][1](METADATA[row])]
    assert len(found) == min(top_k, len(matching))
    ids = [row[0] for row in found]
    assert len(set(ids)) == len(ids)
    assert {int(id_[1:]) for id_ in ids} <= set(matching)
    assert found == sorted(found, key=lambda row: (row[1], row[0]))
    expected = distances(query, measure)
    for id_, distance, *_ in found:
        assert distance == pytest.approx(
            expected[int(id_[1:])], rel=2e-2 if half else 1e-4, abs=2e-2 if half else 1e-4
        )
    return set(ids)


# --- answers


@pytest.mark.slow
@pytest.mark.parametrize("measure", MEASURES)
@pytest.mark.parametrize("strategy", ["auto", "exact"])
def test_without_an_index_the_answer_is_exact(
    corpus: Connection, measure: str, strategy: str
) -> None:
    for query in QUERIES:
        for filter_name, (filters, matches) in FILTERS.items():
            found = rows(
                corpus,
                "SELECT id, distance FROM vecs.query('vector_none', %s, 20, %s, %s, strategy => %s)",
                [vector(query), Jsonb(filters), measure, strategy],
            )
            check(found, 20, filter_name, query, measure, half=False)
            every = distances(query, measure)
            nearest = sorted((every[row], row) for row in range(COUNT) if matches(METADATA[row]))
            assert [int(id_[1:]) for id_, _ in found] == [row for _, row in nearest[:20]]


@pytest.mark.slow
@pytest.mark.parametrize("name", COLLECTIONS)
@pytest.mark.parametrize("filter_name", FILTERS)
def test_never_fewer_rows_than_there_are(corpus: Connection, name: str, filter_name: str) -> None:
    recalled = []
    for strategy in ("auto", "index", "exact"):
        for measure in MEASURES:
            for query in QUERIES[:2]:
                for top_k in (1, 10, 45, 300, 1500):
                    arguments = [
                        name,
                        vector(query),
                        top_k,
                        Jsonb(FILTERS[filter_name][0]),
                        measure,
                    ]
                    search = (
                        "SELECT id, distance FROM vecs.query(%s, %s, %s, %s, %s, strategy => %s)"
                    )
                    found = rows(corpus, search, [*arguments, strategy])
                    half = name.startswith("half")
                    ids = check(found, top_k, filter_name, query, measure, half)
                    if strategy == "auto" and "ivfflat" not in name and ids:
                        best = column(corpus, search, [*arguments, "exact"])
                        recalled.append(len(ids & set(best)) / len(best))
    assert filter_name == "none" or "ivfflat" in name or np.mean(recalled) > 0.8


@pytest.mark.slow
@pytest.mark.parametrize("name", ["vector_hnsw", "vector_ivfflat", "halfvec_hnsw"])
@pytest.mark.parametrize(
    "widths", ["ef_search => 1", "probes => 1", "ef_search => 1000, probes => 150"]
)
def test_never_fewer_whatever_the_width(corpus: Connection, name: str, widths: str) -> None:
    for filter_name in ("all", "1 %", "far cluster"):
        for top_k in (1, 10, 100):
            found = rows(
                corpus,
                f"SELECT id, distance FROM vecs.query(%s, %s, %s, %s, {widths})",
                [name, vector(QUERIES[0]), top_k, Jsonb(FILTERS[filter_name][0])],
            )
            check(found, top_k, filter_name, QUERIES[0], "cosine_distance", name.startswith("half"))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["vector_hnsw", "vector_ivfflat"])
@pytest.mark.parametrize(
    "setting",
    [
        "hnsw.ef_search = 1",
        "ivfflat.probes = 1",
        "hnsw.iterative_scan = strict_order",
        "ivfflat.iterative_scan = relaxed_order",
        "hnsw.max_scan_tuples = 1",
        "ivfflat.max_probes = 1",
        "enable_indexscan = off",
        "enable_seqscan = off",
        "plan_cache_mode = force_generic_plan",
    ],
)
def test_never_fewer_whatever_the_session_has_set(
    corpus: Connection, name: str, setting: str
) -> None:
    corpus.execute(f"SET LOCAL {setting}")
    for filter_name in ("all", "1 %", "far cluster"):
        found = rows(
            corpus,
            "SELECT id, distance FROM vecs.query(%s, %s, 50, %s)",
            [name, vector(QUERIES[0]), Jsonb(FILTERS[filter_name][0])],
        )
        check(found, 50, filter_name, QUERIES[0], "cosine_distance", half=False)


@pytest.mark.slow
@pytest.mark.parametrize("name", COLLECTIONS)
def test_never_fewer_after_deleting_most_rows(corpus: Connection, name: str) -> None:
    """The dead rows are still in the index, and nearest to the query."""
    order = np.argsort(distances(QUERIES[0], "cosine_distance"))
    gone = [f"r{row:05}" for row in order[:2800]]
    assert value(corpus, "SELECT count(*) FROM vecs.delete(%s, %s)", [name, gone]) == 2800
    for filters in ({}, {"tenth": {"$gte": 0}}):
        for top_k in (1, 10, 150, 1000):
            for strategy in ("auto", "index"):
                found = column(
                    corpus,
                    "SELECT id FROM vecs.query(%s, %s, %s, %s, strategy => %s)",
                    [name, vector(QUERIES[0]), top_k, Jsonb(filters), strategy],
                )
                assert len(set(found)) == min(top_k, 200)
                assert not set(found) & set(gone)


@pytest.mark.slow
@pytest.mark.parametrize("name", COLLECTIONS)
def test_never_fewer_when_rows_came_after_the_index(corpus: Connection, name: str) -> None:
    late = VECTORS[: COUNT // 4] + 40
    fill(corpus, name, late.tolist(), [{"late": True}] * len(late))
    for top_k in (10, 100):
        found = rows(
            corpus,
            "SELECT metadata FROM vecs.query(%s, %s, %s, '{\"late\": true}')",
            [name, vector(QUERIES[0]), top_k],
        )
        assert found == [({"late": True},)] * top_k


@pytest.mark.slow
@pytest.mark.parametrize("name", COLLECTIONS)
def test_never_fewer_under_row_level_security(
    databases: Databases, template: str, name: str
) -> None:
    url = databases.create(template)
    seeded(url, only=name)
    with psycopg.connect(url) as owner:
        owner.execute(
            psycopg.sql.SQL(
                "CREATE POLICY tenant ON vecs.{} TO reader USING ((metadata -> 'hundredth') = '3')"
            ).format(psycopg.sql.Identifier(name))
        )
        owner.execute(f"ALTER TABLE vecs.{name} ENABLE ROW LEVEL SECURITY")
        owner.execute("GRANT USAGE ON SCHEMA vecs TO reader")
        owner.execute(f"GRANT SELECT ON vecs.{name} TO reader")
    with psycopg.connect(databases.as_role(url, "reader")) as reader:
        assert value(reader, "SELECT vecs.count_rows(%s)", [name]) == COUNT // 100
        assert len(rows(reader, "SELECT * FROM vecs.fetch(%s, %s)", [name, ["r00001"]])) <= 1
        for query in QUERIES:
            for top_k in (1, 10, 30, 100):
                for strategy in ("auto", "index", "exact"):
                    found = rows(
                        reader,
                        "SELECT id, distance FROM vecs.query(%s, %s, %s, strategy => %s)",
                        [name, vector(query), top_k, strategy],
                    )
                    half = name.startswith("half")
                    check(found, top_k, "1 %", query, "cosine_distance", half)
        filters = Jsonb({"tenth": 3})
        found = rows(
            reader,
            "SELECT id, distance FROM vecs.query(%s, %s, 20, %s)",
            [name, vector(QUERIES[1]), filters],
        )
        check(found, 20, "1 %", QUERIES[1], "cosine_distance", name.startswith("half"))
    databases.drop(url)


# --- top_k


@pytest.mark.parametrize("name", COLLECTIONS)
def test_top_k(corpus: Connection, name: str) -> None:
    search = "SELECT id FROM vecs.query(%s, %s, %s)"
    arguments = [name, vector(QUERIES[0])]
    assert column(corpus, search, [*arguments, 0]) == []
    assert len(set(column(corpus, search, [*arguments, 1_000_000]))) == COUNT
    assert len(set(column(corpus, search, [*arguments, 2_147_483_647]))) == COUNT
    assert len(column(corpus, search, [*arguments, None])) == 10
    assert len(column(corpus, "SELECT id FROM vecs.query(%s, %s)", arguments)) == 10
    for negative in (-1, -2_147_483_648):
        refused(corpus, "VS001", search, [*arguments, negative])
    few = "SELECT id FROM vecs.query(%s, %s, 1000000, %s)"
    assert len(column(corpus, few, [*arguments, Jsonb({"hundredth": 3})])) == COUNT // 100


# --- max_distance


@pytest.mark.parametrize("name", COLLECTIONS)
@pytest.mark.parametrize("measure", MEASURES)
def test_max_distance(corpus: Connection, name: str, measure: str) -> None:
    """As many rows as there are within it, also where the index would stop looking before."""
    for query in QUERIES:
        exact = rows(
            corpus,
            "SELECT id, distance FROM vecs.query(%s, %s, 100000, '{}', %s, strategy => 'exact')",
            [name, vector(query), measure],
        )
        for rank in (0, 7, 60, 400):
            limit = exact[rank][1]
            within = [id_ for id_, distance in exact if distance <= limit]
            for top_k in (5, 50, 300, 1000, 100_000):
                for strategy in ("auto", "index", "exact"):
                    found = rows(
                        corpus,
                        "SELECT id, distance FROM vecs.query(%s, %s, %s, '{}', %s,"
                        " max_distance => %s, strategy => %s)",
                        [name, vector(query), top_k, measure, limit, strategy],
                    )
                    assert len(found) == min(top_k, len(within))
                    assert {id_ for id_, _ in found} <= set(within)
                    assert all(distance <= limit for _, distance in found)
        arguments = [name, vector(query), measure]
        nothing = "SELECT * FROM vecs.query(%s, %s, 10, '{}', %s, max_distance => '-Infinity')"
        assert rows(corpus, nothing, arguments) == []
        every = "SELECT * FROM vecs.query(%s, %s, 10, '{}', %s, max_distance => 'Infinity')"
        assert len(rows(corpus, every, arguments)) == 10


def test_max_distance_with_a_filter(corpus: Connection) -> None:
    for name in COLLECTIONS:
        exact = rows(
            corpus,
            "SELECT id, distance FROM vecs.query(%s, %s, 1000, %s, strategy => 'exact')",
            [name, vector(QUERIES[0]), Jsonb({"hundredth": 3})],
        )
        limit = exact[11][1]
        for top_k in (5, 12, 20):
            found = column(
                corpus,
                "SELECT id FROM vecs.query(%s, %s, %s, %s, max_distance => %s)",
                [name, vector(QUERIES[0]), top_k, Jsonb({"hundredth": 3}), limit],
            )
            assert found == [id_ for id_, _ in exact[: min(top_k, 12)]]


def test_max_distance_that_can_not_be(corpus: Connection) -> None:
    refused(
        corpus,
        "VS001",
        "SELECT vecs.query('vector_hnsw', %s, max_distance => 'NaN')",
        [vector(QUERIES[0])],
    )


# --- zero vectors, ties


@pytest.mark.parametrize("element_type", ["vector", "halfvec"])
@pytest.mark.parametrize("method", [None, "hnsw", "ivfflat"])
def test_zero_vectors_come_last(
    connection: Connection, element_type: str, method: str | None
) -> None:
    connection.execute("SELECT vecs.create_collection('docs', 2, %s)", [element_type])
    vectors = [[0, 0], [1, 0], [0, 0], [0, 1], [-1, 0], [0, 0]]
    ids = fill(connection, "docs", vectors)
    if method:
        connection.execute("SELECT vecs.create_index('docs', 'cosine_distance', %s)", [method])
    for top_k in (6, 7, 1000, 5000):
        found = rows(
            connection, "SELECT id, distance FROM vecs.query('docs', '[1,0.1]', %s)", [top_k]
        )
        assert [id_ for id_, _ in found] == [ids[1], ids[3], ids[4], ids[0], ids[2], ids[5]]
        assert all(np.isnan(distance) for _, distance in found[3:])
        assert not any(np.isnan(distance) for _, distance in found[:3])
    for top_k in (1, 2, 3, 4, 5):
        assert column(connection, "SELECT id FROM vecs.query('docs', '[1,0.1]', %s)", [top_k])[:3] == [
            ids[1], ids[3], ids[4],
        ][:top_k]  # fmt: skip
        assert len(rows(connection, "SELECT vecs.query('docs', '[1,0.1]', %s)", [top_k])) == top_k
    far = "SELECT id FROM vecs.query('docs', '[1,0.1]', 9, max_distance => 'Infinity')"
    assert column(connection, far) == [ids[1], ids[3], ids[4]]
    # To a query of zeros every distance is NaN, and by another measure none is.
    assert len(rows(connection, "SELECT * FROM vecs.query('docs', '[0,0]', 4)")) == 4
    assert column(connection, "SELECT id FROM vecs.query('docs', '[0,0]')") == ids
    none = "SELECT id FROM vecs.query('docs', '[0,0]', max_distance => 5)"
    assert column(connection, none) == []
    other = "SELECT distance FROM vecs.query('docs', '[0,0]', measure => 'l2_distance')"
    assert column(connection, other) == [0, 0, 0, 1, 1, 1]


@pytest.mark.parametrize("method", [None, "hnsw", "ivfflat"])
@pytest.mark.parametrize("measure", MEASURES)
def test_ties_are_ordered_by_id(connection: Connection, method: str | None, measure: str) -> None:
    if (method, measure) == ("ivfflat", "l1_distance"):
        method = "hnsw"
    connection.execute("SELECT vecs.create_collection('docs', 2)")
    ids = fill(connection, "docs", [[1, 0] if n % 3 else [0, 1] for n in np.arange(60)[::-1]])
    if method:
        connection.execute("SELECT vecs.create_index('docs', %s, %s)", [measure, method])
    near = [id_ for n, id_ in enumerate(ids) if (59 - n) % 3]
    far = [id_ for id_ in ids if id_ not in near]
    search = "SELECT id FROM vecs.query('docs', '[1,0]', %s, '{}', %s, strategy => %s)"
    assert column(connection, search, [60, measure, "auto"]) == near + far
    assert column(connection, search, [50, measure, "exact"]) == near + far[:10]
    for top_k in (1, 7, 39, 40, 41, 55):
        assert column(connection, search, [top_k, measure, "exact"]) == (near + far)[:top_k]
        found = column(connection, search, [top_k, measure, "auto"])
        assert len(found) == top_k
        assert found[:40] == sorted(found[:40])
        assert found[40:] == sorted(found[40:])


# --- columns and arguments


def test_columns(connection: Connection) -> None:
    connection.execute("SELECT vecs.create_collection('docs', 2)")
    connection.execute("SELECT vecs.upsert('docs', 'a', '[1,2]', '{\"k\": 1}')")
    cursor = connection.execute("SELECT * FROM vecs.query('docs', '[1,2]')")
    assert [described.name for described in cursor.description or ()] == [
        "id", "distance", "vec", "metadata",
    ]  # fmt: skip
    for arguments, expected in (
        ("", (None, {"k": 1})),
        (", include_vec => true", ("[1,2]", {"k": 1})),
        (", include_metadata => false", (None, None)),
        (", include_vec => true, include_metadata => false", ("[1,2]", None)),
        (", include_vec => NULL, include_metadata => NULL", (None, {"k": 1})),
    ):
        search = f"SELECT vec, metadata FROM vecs.query('docs', '[1,2]'{arguments})"
        assert rows(connection, search) == [expected]
    connection.execute("SELECT vecs.create_index('docs')")
    both = "SELECT id, vec, metadata FROM vecs.query('docs', '[1,2]', include_vec => true)"
    assert rows(connection, both) == [("a", "[1,2]", {"k": 1})]


def test_arguments_by_position_and_by_name(corpus: Connection) -> None:
    filters = Jsonb({"tenth": 3})
    placed = rows(
        corpus,
        "SELECT * FROM vecs.query('vector_hnsw', %s, 5, %s, 'l2_distance', false, true, 100, 64, 2, 'auto')",
        [vector(QUERIES[0]), filters],
    )
    named = rows(
        corpus,
        "SELECT * FROM vecs.query(strategy => 'auto', probes => 2, ef_search => 64, max_distance => 100,"
        " include_vec => true, include_metadata => false, measure => 'l2_distance', filters => %s,"
        " top_k => 5, query_vec => %s, collection => 'vector_hnsw')",
        [filters, vector(QUERIES[0])],
    )
    assert placed == named
    assert len(placed) == 5
    assert all(row[2] is not None and row[3] is None for row in placed)


def test_null_means_the_default(corpus: Connection) -> None:
    plain = rows(corpus, "SELECT * FROM vecs.query('vector_hnsw', %s)", [vector(QUERIES[0])])
    nulls = "NULL, " * 8 + "NULL"
    null = rows(
        corpus, f"SELECT * FROM vecs.query('vector_hnsw', %s, {nulls})", [vector(QUERIES[0])]
    )
    assert plain == null
    assert len(plain) == 10
    assert all(row[2] is None and row[3] is not None for row in plain)
    refused(corpus, "VS001", "SELECT vecs.query('vector_hnsw', NULL)")
    refused(corpus, "VS001", "SELECT vecs.query('vector_hnsw', NULL, 0)")
    refused(corpus, "VS001", "SELECT vecs.query(NULL, '[1]')")
    refused(corpus, "VS001", "SELECT vecs.query(NULL, NULL)")


@pytest.mark.parametrize(
    "arguments",
    [
        "measure => 'cosine'",
        "measure => ''",
        "measure => 'Cosine_Distance'",
        "measure => '<=>'",
        "strategy => 'fast'",
        "strategy => ''",
        "strategy => 'AUTO'",
        "ef_search => 0",
        "ef_search => -1",
        "ef_search => 1001",
        "probes => 0",
        "probes => -5",
        "probes => 32769",
    ],
)
@pytest.mark.parametrize("name", COLLECTIONS[:3])
def test_arguments_that_can_not_be(corpus: Connection, name: str, arguments: str) -> None:
    search = f"SELECT vecs.query(%s, %s, {arguments})"
    refused(corpus, "VS001", search, [name, vector(QUERIES[0])])


@pytest.mark.parametrize("filled", [False, True])
@pytest.mark.parametrize("indexed", [False, True])
@pytest.mark.parametrize("element_type", ["vector", "halfvec"])
def test_a_query_of_another_dimension(
    connection: Connection, filled: bool, indexed: bool, element_type: str
) -> None:
    connection.execute("SELECT vecs.create_collection('docs', 4, %s)", [element_type])
    if filled:
        fill(connection, "docs", [[1, 2, 3, 4], [1, 1, 1, 1]])
    if indexed:
        connection.execute("SELECT vecs.create_index('docs')")
    for vec in ("[1]", "[1,2,3]", "[1,2,3,4,5]", vector([0.5] * 9), vector([1] * 3000)):
        for rest in ("", ", 0", ", strategy => 'exact'", ", filters => '{\"k\": 1}'"):
            said = refused(connection, "VS004", f"SELECT vecs.query('docs', %s{rest})", [vec])
            assert str(vec.count(",") + 1) in (said.message_primary or "")
            assert "4" in (said.message_primary or "")


@pytest.mark.parametrize("filled", [False, True])
@pytest.mark.parametrize("size", [599, 601, 602, 604])
def test_a_stored_query_of_another_dimension(
    connection: Connection, filled: bool, size: int
) -> None:
    """A vector that comes from a table may be kept out of line, where its size is another."""
    connection.execute("SELECT vecs.create_collection('docs', 600)")
    if filled:
        fill(connection, "docs", [np.arange(600).tolist()])
    connection.execute("CREATE TABLE public.queries (vec vector)")
    connection.execute("INSERT INTO public.queries VALUES (%s)", [vector(range(size))])
    refused(connection, "VS004", "SELECT vecs.query('docs', q.vec) FROM public.queries AS q")


def test_a_query_from_a_table(corpus: Connection) -> None:
    """The types of vectors that PostgreSQL keeps: in line and short, and out of line."""
    best = (
        "SELECT q.id, (SELECT f.id FROM vecs.query('vector_hnsw', q.vec, 1) AS f)"
        " FROM vecs.vector_none AS q WHERE q.id < 'r00020' ORDER BY q.id"
    )
    assert [id_ == found for id_, found in rows(corpus, best)].count(True) >= 19
    corpus.execute("SELECT vecs.create_collection('long', 1500)")
    long = np.random.default_rng(1).normal(size=(20, 1500))
    ids = fill(corpus, "long", long.tolist())
    itself = (
        "SELECT q.id, (SELECT f.id FROM vecs.query('long', q.vec, 1) AS f)"
        " FROM vecs.long AS q ORDER BY q.id"
    )
    assert rows(corpus, itself) == [(id_, id_) for id_ in ids]
    corpus.execute("SELECT vecs.create_index('long')")
    assert rows(corpus, itself) == [(id_, id_) for id_ in ids]


def test_a_halfvec_collection_gives_vectors(connection: Connection) -> None:
    connection.execute("SELECT vecs.create_collection('docs', 2, 'halfvec')")
    connection.execute("SELECT vecs.upsert('docs', 'a', '[0.1,2]')")
    kind = "SELECT pg_typeof(vec)::text FROM vecs.query('docs', '[1,2]', include_vec => true)"
    assert value(connection, kind) == "vector"


def test_through_json(connection: Connection) -> None:
    """As PostgREST calls: JSON arrays, and text."""
    connection.execute("SELECT vecs.create_collection('docs', 2)")
    call = """
        SELECT vecs.upsert_many(a.collection, a.ids, a.vecs, a.metadata)
        FROM json_to_record(%s) AS a (collection text, ids text[], vecs vector[], metadata jsonb)
    """
    body = '{"collection": "docs", "ids": ["a", "b"], "vecs": ["[1,2]", "[3,4]"], "metadata": [{}, {"k": 1}]}'
    assert value(connection, call, [body]) == 2
    search = """
        SELECT to_jsonb(f)
        FROM json_to_record(%s) AS a (collection text, query_vec vector, top_k integer, filters jsonb)
        CROSS JOIN LATERAL vecs.query(
            a.collection, a.query_vec, a.top_k, a.filters, include_vec => true, measure => 'l2_distance'
        ) AS f
    """
    assert column(
        connection, search, ['{"collection": "docs", "query_vec": [3,4], "top_k": 1}']
    ) == [{"id": "b", "distance": 0, "vec": "[3,4]", "metadata": {"k": 1}}]
    asked = '{"collection": "docs", "query_vec": "[3,4]", "filters": {"k": {"$exists": false}}}'
    assert value(connection, search, [asked])["id"] == "a"
    text = "SELECT id FROM vecs.query('docs', ('[' || '3,4' || ']')::text::vector)"
    assert column(connection, text) == ["b", "a"]


# --- the notice that no index covers the search


def test_exactly_one_notice_a_call(corpus: Connection) -> None:
    notices = watch(corpus)
    search = "SELECT id FROM vecs.query(%s, %s, %s, %s, measure => %s, strategy => %s)"
    for name, measure, covered in (
        ("vector_none", "cosine_distance", False),
        ("vector_none", "l1_distance", False),
        ("vector_hnsw", "l1_distance", True),
        ("vector_hnsw", "cosine_distance", True),
        ("vector_ivfflat", "l2_distance", True),
        ("vector_ivfflat", "l1_distance", False),
        ("halfvec_ivfflat", "max_inner_product", True),
    ):
        for strategy in ("auto", "index", "exact"):
            for top_k in (0, 1, 50, 100_000):
                for filters in ({}, {"hundredth": 3}, {"rare": "nothing"}):
                    arguments = [name, vector(QUERIES[0]), top_k, Jsonb(filters), measure, strategy]
                    notices.clear()
                    rows(corpus, search, arguments)
                    expected = 0 if covered or strategy == "exact" or top_k == 0 else 1
                    assert len(notices) == expected
                    for notice in notices:
                        assert notice.sqlstate == "VSW01"
                        assert notice.severity == "NOTICE"
                        assert measure in notice.message
                        assert name in notice.message
                        assert notice.hint


def test_the_hint_of_the_notice_can_be_run(connection: Connection) -> None:
    notices = watch(connection)
    name = 'it\'s \\ "odd"'
    connection.execute("SELECT vecs.create_collection(%s, 2)", [name])
    fill(connection, name, [[1, number] for number in range(3000)])
    connection.execute("SELECT vecs.query(%s, '[1,2]', measure => 'l2_distance')", [name])
    (notice,) = notices
    connection.execute(notice.hint)
    notices.clear()
    assert value(connection, "SELECT vecs.has_index(%s, 'l2_distance')", [name]) is True
    connection.execute("SELECT vecs.query(%s, '[1,2]', measure => 'l2_distance')", [name])
    assert notices == []


def test_a_notice_while_the_index_is_not_valid(databases: Databases, database: str) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        notices = watch(connection)
        connection.execute("SELECT vecs.create_collection('docs', 2)")
        ids = fill(connection, "docs", [[1, number] for number in range(3000)])[:30]
        connection.execute("SELECT vecs.create_index('docs')")
        search = "SELECT id FROM vecs.query('docs', '[1,0]', 30)"
        assert column(connection, search) == ids
        assert notices == []
        # Of another name, as the vecs client gives: only superusers make one of ours invalid.
        connection.execute(
            sql.SQL(
                "ALTER INDEX vecs.{} RENAME TO ix_vector_cosine_ops_hnsw_m16_efc64_0123abc"
            ).format(sql.Identifier(value(connection, "SELECT vecs.create_index('docs')")))
        )
        with databases.admin(databases.name(database)) as admin:
            admin.execute(
                "UPDATE pg_index SET indisvalid = false FROM pg_class AS c"
                " WHERE c.oid = indexrelid AND c.relname LIKE 'ix_vector%'"
            )
            assert value(connection, "SELECT vecs.has_index('docs', 'cosine_distance')") is False
            assert column(connection, search) == ids
            assert [notice.sqlstate for notice in notices] == ["VSW01"]


def test_no_notice_of_a_small_collection(connection: Connection) -> None:
    """A program's first rows make no noise: with an index they would be searched exactly, too."""
    notices = watch(connection)
    connection.execute("SELECT vecs.create_collection('docs', 2)")
    fill(connection, "docs", [[1, number] for number in range(100)])
    for search in (
        "SELECT vecs.query('docs', '[1,0]')",
        "SELECT vecs.query('docs', '[1,0]', 100000, '{\"a\": {\"$gt\": 1}}')",
        "SELECT vecs.query_many('docs', '{\"[1,0]\",\"[0,1]\"}')",
        "SELECT vecs.query_by_id('docs', 'r00007')",
        "SELECT vecs.explain('docs', '[1,0]')",
        "SELECT vecs.recall('docs', 5)",
    ):
        connection.execute(search)
        connection.execute("ANALYZE vecs.docs")
    assert notices == []
    # It grows without statistics, or with those of long ago.
    fill(connection, "docs", [[1, number] for number in range(3000)])
    connection.execute("SELECT vecs.query('docs', '[1,0]')")
    assert [notice.sqlstate for notice in notices] == ["VSW01"]


def test_no_notice_before_the_arguments_are_right(connection: Connection) -> None:
    notices = watch(connection)
    connection.execute("SELECT vecs.create_collection('docs', 2)")
    fill(connection, "docs", [[1, number] for number in range(3000)])
    refused(
        connection, "VS005", "SELECT vecs.query('docs', '[1,0]', 10, '{\"a\": {\"$gtee\": 1}}')"
    )
    refused(connection, "VS001", "SELECT vecs.query('docs', '[1,0]', -1)")
    refused(connection, "VS004", "SELECT vecs.query('docs', '[1,0,1]')")
    assert notices == []


def test_indexes_that_do_not_cover(connection: Connection) -> None:
    """An index on another column, on some of the rows or on an expression counts as none."""
    notices = watch(connection)
    connection.execute("SELECT vecs.create_collection('docs', 2)")
    numbers = range(3000)
    fill(connection, "docs", [[1, number] for number in numbers], [{"n": n} for n in numbers])
    for index in (
        "(vec vector_cosine_ops) WHERE id < 'r00003'",
        "((vec::halfvec(2)) halfvec_l2_ops)",
        "((subvector(vec, 1, 1)::halfvec(1)) halfvec_cosine_ops)",
        "((vec::vector(2)) vector_l2_ops)",
    ):
        connection.execute(f"CREATE INDEX ON vecs.docs USING hnsw {index}")
        notices.clear()
        assert len(rows(connection, "SELECT * FROM vecs.query('docs', '[1,0]', 20)")) == 20
        assert [notice.sqlstate for notice in notices] == ["VSW01"]
        assert value(connection, "SELECT vecs.has_index('docs', 'cosine_distance')") is False


# --- the plan


@pytest.mark.parametrize(
    "name", ["vector_hnsw", "vector_ivfflat", "halfvec_hnsw", "halfvec_ivfflat"]
)
@pytest.mark.parametrize("measure", ["cosine_distance", "l2_distance", "max_inner_product"])
def test_the_index_is_used(
    databases: Databases, template: str, seeded_database: str, name: str, measure: str
) -> None:
    """By what the server counted, so that it holds however the search is written."""
    scans = """
        SELECT s.idx_scan FROM pg_stat_user_indexes AS s
        WHERE s.relname = %s AND s.indexrelname LIKE %s
    """
    of = [name, f"ix_vector_{MEASURES[measure][1]}_ops%"]
    with psycopg.connect(seeded_database, autocommit=True) as connection:
        connection.execute("SELECT pg_stat_force_next_flush()")
        before = value(connection, scans, of)
        for strategy in ("auto", "index"):
            search = "SELECT vecs.query(%s, %s, 5, measure => %s, strategy => %s)"
            rows(connection, search, [name, vector(QUERIES[0]), measure, strategy])
        connection.execute("SELECT pg_stat_force_next_flush()")
        after = value(connection, scans, of)
        assert after >= before + 2
        search = "SELECT vecs.query(%s, %s, 5, measure => %s, strategy => 'exact')"
        rows(connection, search, [name, vector(QUERIES[0]), measure])
        connection.execute("SELECT pg_stat_force_next_flush()")
        assert value(connection, scans, of) == after


@pytest.mark.parametrize("name", COLLECTIONS)
def test_many_times_in_one_session(corpus: Connection, name: str) -> None:
    """Past the fifth run, where plans that do not know the arguments begin."""
    search = "SELECT id, distance FROM vecs.query(%s, %s, %s, %s)"
    for times in range(12):
        for filter_name in ("all", "1 %", "far cluster"):
            query = QUERIES[times % 3]
            found = corpus.execute(
                search, [name, vector(query), 7, Jsonb(FILTERS[filter_name][0])], prepare=True
            ).fetchall()
            check(found, 7, filter_name, query, "cosine_distance", name.startswith("half"))


def test_an_index_that_comes_and_goes_in_one_session(connection: Connection) -> None:
    connection.execute("SELECT vecs.create_collection('docs', 2)")
    ids = fill(connection, "docs", [[1, number] for number in range(30)])
    for method in ("hnsw", None, "ivfflat", None, "hnsw"):
        if method:
            connection.execute("SELECT vecs.create_index('docs', method => %s)", [method])
        for _ in range(7):
            assert column(connection, "SELECT id FROM vecs.query('docs', '[1,0]', 5)") == ids[:5]
        if method != "ivfflat":
            connection.execute("SELECT vecs.drop_index('docs')")


def test_an_empty_collection(connection: Connection) -> None:
    connection.execute("SELECT vecs.create_collection('docs', 2)")
    assert rows(connection, "SELECT * FROM vecs.query('docs', '[1,2]')") == []
    for method in ("hnsw", "ivfflat"):
        connection.execute("SELECT vecs.create_index('docs', method => %s)", [method])
        for filters in ("{}", '{"k": 1}'):
            search = "SELECT * FROM vecs.query('docs', '[1,2]', 10, %s)"
            assert rows(connection, search, [filters]) == []


def test_a_collection_without_a_dimension(connection: Connection) -> None:
    connection.execute(
        "CREATE TABLE vecs.docs (id varchar PRIMARY KEY, vec vector NOT NULL, metadata jsonb NOT NULL)"
    )
    connection.execute("INSERT INTO vecs.docs VALUES ('a', '[1,2]', '{}'), ('b', '[2,1]', '{}')")
    assert column(connection, "SELECT id FROM vecs.query('docs', '[1,2]')") == ["a", "b"]
    refused(connection, "VS008", "SELECT vecs.create_index('docs')")


@pytest.mark.parametrize(
    "name", ["a(cost=1 rows=x \nb", "a(cost=1..x rows=1 width=0)\nb", "a\n(cost=9..9 rows=9)"]
)
def test_names_that_look_like_a_plan(connection: Connection, name: str) -> None:
    connection.execute("SELECT vecs.create_collection(%s, 1)", [name])
    fill(connection, name, [[1], [2]], [{"n": 1}, {"n": 2}])
    connection.execute("SELECT vecs.create_index(%s)", [name])
    found = "SELECT id FROM vecs.query(%s, '[1]', 5, '{\"n\": 2}')"
    assert len(rows(connection, found, [name])) == 1


def test_operand_that_can_not_be_is_named(connection: Connection) -> None:
    statement = 'SELECT vecs.filter_sql(\'{"n": {"$gt": [1]}}\')'
    with pytest.raises(psycopg.Error) as caught:
        connection.execute(statement)
    assert caught.value.sqlstate == "VS005"
    assert caught.value.diag.message_detail == "It was given a JSON array."
