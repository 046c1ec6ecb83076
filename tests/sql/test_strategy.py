"""query chooses between the index and an exact search: never short, never wrong, and the way that explain tells."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import psycopg
import pytest
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
from vecs_sql.cli import glosses as _glosses

pytestmark = pytest.mark.slow

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.conftest import Databases

COUNT = 12_000
QUERIES = 40  # for what is measured; what must hold for each is tried with a few

Metadata = dict[str, Any]


class Corpus(NamedTuple):
    """The URL of a database with the glosses, what they have by id, and vectors to search with."""

    url: str
    metadata: dict[str, Metadata]
    queries: list[str]
    of_nouns: list[str]  # those of the queries that are nouns


FILTERS: dict[str, tuple[Metadata, Callable[[Metadata], bool]]] = {
    "all": ({}, lambda _: True),
    "50 %": ({"half": 1}, lambda m: m["half"] == 1),
    "10 %": ({"tenth": 3}, lambda m: m["tenth"] == 3),
    "1 %": ({"hundredth": 3}, lambda m: m["hundredth"] == 3),
    "0.1 %": ({"thousandth": 3}, lambda m: m["thousandth"] == 3),
    "one row": ({"n": 77}, lambda m: m["n"] == 77),
    "none": ({"n": -1}, lambda _: False),
    "a tenth by a range": ({"n": {"$lt": COUNT // 10}}, lambda m: m["n"] < COUNT // 10),
    "few by a range": ({"n": {"$gte": 200, "$lt": 220}}, lambda m: 200 <= m["n"] < 220),
    "pos": ({"pos": "adv"}, lambda m: m["pos"] == "adv"),
    "not the commonest": ({"pos": {"$ne": "noun"}}, lambda m: m["pos"] != "noun"),
    "lex": ({"lex": 13}, lambda m: m["lex"] == 13),
    "some of lex": ({"lex": {"$in": [13, 38, 25]}}, lambda m: m["lex"] in (13, 38, 25)),
}

SEARCH = "SELECT id, distance FROM vecs.query('glosses', %s, %s, %s, strategy => %s)"
WITHIN = (
    "SELECT id, distance FROM vecs.query('glosses', %s, %s, %s, max_distance => %s, strategy => %s)"
)
EXPLAIN = "SELECT vecs.explain('glosses', %s, %s, %s)"


@pytest.fixture(scope="module")
def corpus(databases: Databases, template: str) -> Iterator[Corpus]:
    """The first glosses, with an hnsw index, and metadata of their own and by chance."""
    glosses, asked = _glosses.load(), _glosses.queries()
    assert asked is not None
    chance = np.random.default_rng(5)
    n, half, tenth, hundredth, thousandth = (chance.permutation(COUNT).tolist() for _ in range(5))
    metadata = [
        {
            "pos": glosses.metadata[row]["pos"],
            "lex": glosses.metadata[row]["lex"],
            "n": n[row],
            "half": half[row] % 2,
            "tenth": tenth[row] % 10,
            "hundredth": hundredth[row] % 100,
            "thousandth": thousandth[row] % 1000,
        }
        for row in range(COUNT)
    ]
    url = databases.create(template)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SELECT vecs.create_collection('glosses', 384)")
        vectors = glosses.vectors[:COUNT].astype(float).round(4)  # as float, for short texts
        ids = fill(connection, "glosses", vectors.tolist(), metadata)
        # A graph that is quicker to build than that of the defaults.
        connection.execute("""
            SELECT vecs.create_index(
                'glosses', 'cosine_distance', 'hnsw', '{"m": 16, "ef_construction": 64}'
            )
        """)
        connection.execute("""
            CREATE POLICY tenant ON vecs.glosses TO reader USING ((metadata -> 'hundredth') = '3');
            ALTER TABLE vecs.glosses ENABLE ROW LEVEL SECURITY;
            GRANT USAGE ON SCHEMA vecs TO reader;
            GRANT SELECT ON vecs.glosses TO reader;
        """)
        connection.execute("VACUUM ANALYZE vecs.glosses")
    queries = [vector(numbers) for numbers in asked.vectors[:QUERIES].tolist()]
    nouns = [q for q, m in zip(queries, asked.metadata, strict=False) if m["pos"] == "noun"]
    yield Corpus(url, dict(zip(ids, metadata, strict=True)), queries, nouns)
    databases.drop(url)


@pytest.fixture
def glosses(corpus: Corpus) -> Iterator[Connection]:
    """The owner's connection to them, in a transaction that is rolled back."""
    with psycopg.connect(corpus.url) as connection:
        yield connection
        connection.rollback()


def nearest(connection: Connection, query: str) -> list[tuple[str, float]]:
    """All glosses in order, by a statement without any of our functions."""
    connection.execute("SET LOCAL enable_indexscan = off")
    everything = rows(connection, "SELECT id, vec <=> %s FROM vecs.glosses", [query])
    connection.execute("SET LOCAL enable_indexscan = on")
    return sorted(everything, key=lambda row: (row[1], row[0]))


def ways(explained: dict[str, Any]) -> list[tuple[str, bool]]:
    """The ways that were tried, and whether each was complete."""
    return [(step["way"], step["complete"]) for step in explained["steps"]]


# --- answers


@pytest.mark.parametrize("name", FILTERS)
def test_as_many_rows_as_there_are(corpus: Corpus, glosses: Connection, name: str) -> None:
    filters, matches = FILTERS[name]
    for query in corpus.queries[:2]:
        ordered = [row for row in nearest(glosses, query) if matches(corpus.metadata[row[0]])]
        for top_k in (1, 10, 100, 1000):
            arguments = [query, top_k, Jsonb(filters)]
            best = rows(glosses, SEARCH, [*arguments, "exact"])
            assert best == ordered[:top_k]
            for strategy in ("auto", "index"):
                found = rows(glosses, SEARCH, [*arguments, strategy])
                assert len(found) == len(best)
                assert set(found) <= set(ordered)
                assert found == sorted(found, key=lambda row: (row[1], row[0]))
                assert len(set(found)) == len(found)
            explained = value(glosses, EXPLAIN, arguments)
            assert explained["rows"] == len(best)
            if explained["strategy"] == "exact":
                assert rows(glosses, SEARCH, [*arguments, "auto"]) == best


def test_recall_of_ten(corpus: Corpus, glosses: Connection) -> None:
    recalled = {}
    for name, (filters, _) in FILTERS.items():
        if name == "none":
            continue
        shares = []
        for query in corpus.queries:
            arguments = [query, 10, Jsonb(filters)]
            best = set(column(glosses, SEARCH, [*arguments, "exact"]))
            found = set(column(glosses, SEARCH, [*arguments, "auto"]))
            shares.append(len(best & found) / len(best))
        recalled[name] = round(float(np.mean(shares)), 3)
    assert {name: share for name, share in recalled.items() if share < 0.95} == {}


def test_row_level_security(databases: Databases, corpus: Corpus, glosses: Connection) -> None:
    """A policy that shows one row in a hundred."""
    mine = {id_ for id_, metadata in corpus.metadata.items() if metadata["hundredth"] == 3}
    with psycopg.connect(databases.as_role(corpus.url, "reader")) as reader:
        for name in ("all", "50 %", "not the commonest", "none"):
            filters, matches = FILTERS[name]
            visible = {id_ for id_ in mine if matches(corpus.metadata[id_])}
            for query in corpus.queries[:2]:
                ordered = [row for row in nearest(glosses, query) if row[0] in visible]
                for top_k in (1, 10, 100, 1000):
                    for strategy in ("auto", "index", "exact"):
                        found = rows(reader, SEARCH, [query, top_k, Jsonb(filters), strategy])
                        assert len(found) == min(top_k, len(visible))
                        assert set(found) <= set(ordered)
                        if strategy == "exact":
                            assert found == ordered[:top_k]
        assert value(reader, EXPLAIN, [query, 10, Jsonb({})])["matching_rows"] == len(mine)


@pytest.mark.parametrize("widths", ["ef_search => 5", "ef_search => 1, probes => 1"])
def test_ef_search_below_top_k(corpus: Corpus, glosses: Connection, widths: str) -> None:
    search = f"SELECT id FROM vecs.query('glosses', %s, 50, %s, strategy => %s, {widths})"
    for name in ("all", "50 %", "not the commonest"):
        filters, matches = FILTERS[name]
        for strategy in ("auto", "index"):
            found = column(glosses, search, [corpus.of_nouns[0], Jsonb(filters), strategy])
            assert len(set(found)) == 50
            assert all(matches(corpus.metadata[id_]) for id_ in found)


def test_the_largest_top_k(corpus: Corpus, glosses: Connection) -> None:
    for filters, matches in (FILTERS["all"], FILTERS["50 %"], FILTERS["1 %"]):
        count = sum(matches(metadata) for metadata in corpus.metadata.values())
        for strategy in ("auto", "index", "exact"):
            for limit in (None, 2.5):
                arguments = [corpus.queries[0], 2_147_483_647, Jsonb(filters), limit, strategy]
                assert len(column(glosses, WITHIN, arguments)) == count


# --- the way that was chosen


def test_a_rare_filter_is_searched_exactly(corpus: Corpus, glosses: Connection) -> None:
    for name in ("0.1 %", "one row", "none"):
        explained = value(glosses, EXPLAIN, [corpus.queries[0], 10, Jsonb(FILTERS[name][0])])
        assert ways(explained) == [("exact", True)], name
        assert explained["index"] is None


def test_few_rows_start_no_workers(corpus: Corpus) -> None:
    """The planner, from whom the filter is hidden then, would take some."""

    def launched(connection: Connection) -> int:
        connection.execute("SELECT pg_stat_force_next_flush()")
        count = "SELECT parallel_workers_launched FROM pg_stat_database WHERE datname = %s"
        return int(value(connection, count, [connection.info.dbname]))

    query, few = corpus.queries[0], {"thousandth": 3}
    with psycopg.connect(corpus.url, autocommit=True) as connection:
        for size in ("min_parallel_table_scan_size", "min_parallel_index_scan_size"):
            connection.execute(f"SET {size} = 0".encode())
        # The planner takes workers for some rows, but not to look into the catalog.
        connection.execute("SET parallel_setup_cost = 200")
        connection.execute("SET cpu_operator_cost = 5")
        before = launched(connection)
        assert len(rows(connection, SEARCH, [query, 10, Jsonb(few), "auto"])) == 10
        assert launched(connection) == before
        hidden = """
            SELECT id FROM vecs.glosses WHERE metadata @> (SELECT %s::jsonb)
            ORDER BY (vec <=> %s) + 0 LIMIT 10
        """
        assert len(column(connection, hidden, [Jsonb(few), query])) == 10
        assert launched(connection) > before


def test_half_of_the_rows_are_searched_by_the_index(corpus: Corpus, glosses: Connection) -> None:
    for name in ("all", "50 %"):
        explained = value(glosses, EXPLAIN, [corpus.queries[0], 10, Jsonb(FILTERS[name][0])])
        assert ways(explained)[-1] == ("index", True), name
        assert explained["index"].startswith("ix_vector_cosine_ops_hnsw")
        assert explained["index"] in " ".join(explained["steps"][-1]["plan"])


def test_exact_after_the_index_came_back_short(corpus: Corpus, glosses: Connection) -> None:
    """Near nouns are nouns: of what is none the index finds few, and the planner did not know."""
    filters, matches = FILTERS["not the commonest"]
    turned = 0
    # With the costs of an index that was not measured: on what it measured, fewer searches turn.
    index = value(
        glosses, "SELECT vecs.describe_collection('glosses') #>> '{vector_indexes,0,name}'"
    )
    glosses.execute(f'COMMENT ON INDEX vecs."{index}" IS NULL'.encode())
    for query in corpus.of_nouns:
        explained = value(glosses, EXPLAIN, [query, 100, Jsonb(filters)])
        if ways(explained)[0] == ("index", False) and ways(explained)[-1] == ("exact", True):
            turned += 1
            assert "exact" in explained["why"]
            assert explained["steps"][0]["rows"] < 100
            ordered = [row for row in nearest(glosses, query) if matches(corpus.metadata[row[0]])]
            assert rows(glosses, SEARCH, [query, 100, Jsonb(filters), "auto"]) == ordered[:100]
    assert turned > 3


# --- max_distance


@pytest.mark.parametrize("name", ["all", "50 %", "1 %", "not the commonest", "a tenth by a range"])
def test_max_distance(corpus: Corpus, glosses: Connection, name: str) -> None:
    found_rows = best_rows = 0
    for query in corpus.queries[:8]:
        for limit in (0.4, 0.65, 0.75):
            for top_k in (10, 100):
                arguments = [query, top_k, Jsonb(FILTERS[name][0]), limit]
                best = rows(glosses, WITHIN, [*arguments, "exact"])
                found = rows(glosses, WITHIN, [*arguments, "auto"])
                assert all(distance <= limit for _, distance in found)
                assert len(set(found)) == len(found)
                found_rows += len(set(found) & set(best))
                best_rows += len(best)
                again = rows(glosses, WITHIN, [*arguments, "index"])
                assert len(again) == len(best)
                assert all(distance <= limit for _, distance in again)
    assert best_rows > 20
    assert found_rows / best_rows >= 0.97


def test_a_small_max_distance_is_answered_by_the_index(corpus: Corpus, glosses: Connection) -> None:
    """Fewer than top_k are within it: the index says so, without a look at every row."""
    explain = "SELECT vecs.explain('glosses', %s, 10, max_distance => %s)"
    for query in corpus.queries[:10]:
        limit = nearest(glosses, query)[4][1]
        explained = value(glosses, explain, [query, limit])
        assert ways(explained) == [("index", True)]
        assert explained["rows"] <= 5
        none = value(glosses, explain, [query, 0.0])
        assert ways(none) == [("index", True)]
        assert none["rows"] == 0


@pytest.mark.parametrize("method", ["hnsw", "ivfflat"])
@pytest.mark.parametrize("measure", ["cosine_distance", "l2_distance", "max_inner_product"])
def test_max_distance_on_few_rows(connection: Connection, method: str, measure: str) -> None:
    chance = np.random.default_rng(11)
    connection.execute("SELECT vecs.create_collection('docs', 5)")
    vectors = chance.normal(size=(400, 5))
    fill(connection, "docs", vectors.tolist(), [{"third": n % 3} for n in range(400)])
    connection.execute("SELECT vecs.create_index('docs', %s, %s)", [measure, method])
    connection.execute("ANALYZE vecs.docs")
    by_id = f"SELECT id, vec {MEASURES[measure][0]} %s, metadata FROM vecs.docs"
    search = "SELECT id, distance FROM vecs.query('docs', %s, %s, %s, %s, max_distance => %s)"
    for numbers in chance.normal(size=(3, 5)):
        query = vector(numbers)
        everything = rows(connection, by_id, [query])
        for filters in ({}, {"third": 1}, {"third": {"$ne": 1}}):
            ordered = sorted(
                (distance, id_)
                for id_, distance, metadata in everything
                if not filters or (metadata["third"] == 1) is (filters == {"third": 1})
            )
            for rank in (0, 3, 20, 90):
                limit = ordered[rank][0]
                within = [(id_, distance) for distance, id_ in ordered if distance <= limit]
                for top_k in (5, 30, 1000):
                    arguments = [query, top_k, Jsonb(filters), measure, limit]
                    assert rows(connection, search, arguments) == within[:top_k]


# --- collections that are not as they should be

FEW = 2000
FEW_FILTERS: list[Metadata] = [
    {},
    {"half": 1},
    {"n": {"$lt": 30}},
    {"hundredth": 3},
    {"pos": {"$ne": "noun"}},
    {"n": -1},
]
SEARCH_DOCS = SEARCH.replace("glosses", "docs")
Few = tuple[list[list[float]], list[Metadata], str]


@pytest.fixture(scope="module")
def few() -> Few:
    """Vectors and metadata to load, and a vector to search with."""
    glosses, asked = _glosses.load(), _glosses.queries()
    assert asked is not None
    metadata = [
        {"pos": glosses.metadata[n]["pos"], "n": n, "half": n % 2, "hundredth": n % 100}
        for n in np.random.default_rng(2).permutation(FEW).tolist()
    ]
    vectors = glosses.vectors[[one["n"] for one in metadata]].round(4)
    return vectors.tolist(), metadata, vector(asked.vectors[0].tolist())


@pytest.fixture
def owner(database: str) -> Iterator[Connection]:
    """The connection of the owner of an empty collection that autovacuum leaves alone."""
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("SELECT vecs.create_collection('docs', 384)")
        connection.execute("ALTER TABLE vecs.docs SET (autovacuum_enabled = false)")
        yield connection


def check(connection: Connection, query: str) -> None:
    """That every search finds as many rows as there are, and an exact one the right ones."""
    for filters in FEW_FILTERS:
        matching = (
            "SELECT d.id, d.vec <=> %s FROM vecs.docs AS d WHERE vecs.matches(d.metadata, %s)"
        )
        with connection.transaction():
            connection.execute("SET LOCAL enable_indexscan = off")
            everything = rows(connection, matching, [query, Jsonb(filters)])
        everything.sort(key=lambda row: (row[1], row[0]))
        for top_k in (10, 1000):
            for strategy in ("auto", "index", "exact"):
                found = rows(connection, SEARCH_DOCS, [query, top_k, Jsonb(filters), strategy])
                assert len(found) == min(top_k, len(everything)), (filters, top_k, strategy)
                assert set(found) <= set(everything)
                assert found == sorted(found, key=lambda row: (row[1], row[0]))
                if strategy == "exact":
                    assert found == everything[:top_k]


def tuples(connection: Connection) -> float:
    """Return the number of rows in the collection's statistics."""
    return float(
        value(connection, "SELECT reltuples::float FROM pg_class WHERE oid = 'vecs.docs'::regclass")
    )


@pytest.mark.parametrize("method", ["hnsw", "ivfflat"])
def test_no_statistics(owner: Connection, few: Few, method: str) -> None:
    """And what was loaded still waits in the pending list of the index on the metadata."""
    vectors, metadata, query = few
    # By hand, since create_index() gathers statistics.
    owner.execute(f"CREATE INDEX ON vecs.docs USING {method} (vec vector_cosine_ops)".encode())
    fill(owner, "docs", vectors, metadata)
    assert tuples(owner) == -1
    check(owner, query)
    explained = value(owner, "SELECT vecs.explain('docs', %s, 10, '{\"half\": 1}')", [query])
    assert any("ANALYZE vecs.docs" in advice for advice in explained["advice"])
    assert tuples(owner) == -1
    pending = """
        SELECT gin_clean_pending_list(i.indexrelid)
        FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid
        WHERE i.indrelid = 'vecs.docs'::regclass AND c.relam = (SELECT oid FROM pg_am WHERE amname = 'gin')
    """
    assert value(owner, pending) > 0


def test_statistics_of_before_a_bulk_load(owner: Connection, few: Few) -> None:
    vectors, metadata, query = few
    fill(owner, "docs", vectors[:50], metadata[:50])
    owner.execute("SELECT vecs.create_index('docs')")
    owner.execute("ANALYZE vecs.docs")
    fill(owner, "docs", vectors, metadata)
    assert tuples(owner) == 50
    check(owner, query)


@pytest.mark.parametrize("method", ["hnsw", "ivfflat"])
def test_most_rows_are_dead(owner: Connection, few: Few, method: str) -> None:
    """The nearest were deleted, are still in the index, and the statistics still count them."""
    vectors, metadata, query = few
    fill(owner, "docs", vectors, metadata)
    owner.execute("SELECT vecs.create_index('docs', method => %s)", [method])
    owner.execute("ANALYZE vecs.docs")
    gone = column(owner, "SELECT id FROM vecs.query('docs', %s, 1800)", [query])
    assert value(owner, "SELECT count(*) FROM vecs.delete('docs', %s)", [gone]) == 1800
    assert tuples(owner) == FEW
    check(owner, query)


def test_an_ivfflat_index_with_few_probes(owner: Connection, few: Few) -> None:
    vectors, metadata, query = few
    fill(owner, "docs", vectors, metadata)
    owner.execute(
        "SELECT vecs.create_index('docs', method => 'ivfflat', arguments => '{\"lists\": 100}')"
    )
    owner.execute("ANALYZE vecs.docs")
    check(owner, query)
    search = (
        "SELECT id FROM vecs.query('docs', %s, %s, %s, probes => 1, strategy => %s,"
        " max_distance => %s)"
    )
    for filters in FEW_FILTERS:
        count = value(owner, "SELECT vecs.count_rows('docs', %s)", [Jsonb(filters)])
        for top_k in (1, 10, 100, 1000):
            for strategy in ("auto", "index"):
                for limit in (None, 2.0):
                    arguments = [query, top_k, Jsonb(filters), strategy, limit]
                    assert len(set(column(owner, search, arguments))) == min(top_k, count)


def test_an_invalid_index(databases: Databases, database: str, owner: Connection, few: Few) -> None:
    """As a build that failed leaves behind: as if there were none, with the notice."""
    vectors, metadata, query = few
    fill(owner, "docs", vectors, metadata)
    name = value(owner, "SELECT vecs.create_index('docs', 'cosine_distance', 'hnsw', '{\"m\": 8}')")
    owner.execute("ANALYZE vecs.docs")
    with databases.admin(databases.name(database)) as admin:
        changed = "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'vecs.{}'::regclass"
        admin.execute(changed.format(name).encode())
    check(owner, query)
    notices = watch(owner)
    for filters in FEW_FILTERS:
        notices.clear()
        rows(owner, SEARCH_DOCS, [query, 10, Jsonb(filters), "auto"])
        assert [notice.sqlstate for notice in notices] == ["VSW01"]
    explained = value(owner, "SELECT vecs.explain('docs', %s)", [query])
    assert (explained["strategy"], explained["index"]) == ("exact", None)
    (advice,) = [one for one in explained["advice"] if name in one]
    assert "is invalid" in advice
    owner.execute(advice[advice.index("SELECT") :])
    explained = value(owner, "SELECT vecs.explain('docs', %s)", [query])
    assert explained["strategy"] == "index"
    assert not [one for one in explained["advice"] if "valid" in one]


@pytest.mark.parametrize("method", [None, "hnsw", "ivfflat"])
def test_zero_vectors_with_a_filter(connection: Connection, method: str | None) -> None:
    """They are in no index, come last, and count as rows that match."""
    connection.execute("SELECT vecs.create_collection('docs', 3)")
    vectors = [[0.0, 0, 0] if n % 3 else [1.0, n, n % 7] for n in range(1200)]
    metadata = [{"half": n % 2, "late": n >= 1190} for n in range(1200)]
    ids = fill(connection, "docs", vectors, metadata)
    if method:
        connection.execute("SELECT vecs.create_index('docs', method => %s)", [method])
    connection.execute("ANALYZE vecs.docs")
    for filters in ({"half": 1}, {"late": True}, {"half": {"$ne": 0}, "late": True}):
        matching = [
            n for n, m in enumerate(metadata)
            if ("half" not in filters or m["half"]) and ("late" not in filters or m["late"])
        ]  # fmt: skip
        numbers = {ids[n] for n in matching if n % 3 == 0}
        zeros = sorted(ids[n] for n in matching if n % 3)
        for top_k in (1, 3, 5, 200, 300, 1000):
            for strategy in ("auto", "index", "exact"):
                found = rows(connection, SEARCH_DOCS, ["[1,2,3]", top_k, Jsonb(filters), strategy])
                assert len(found) == min(top_k, len(matching))
                split = min(top_k, len(numbers))
                assert {id_ for id_, _ in found[:split]} <= numbers
                assert not any(np.isnan(distance) for _, distance in found[:split])
                assert all(np.isnan(distance) for _, distance in found[split:])
                last = [id_ for id_, _ in found[split:]]
                assert last == sorted(last)
                assert set(last) <= set(zeros)
                if strategy == "exact":
                    assert last == zeros[: len(last)]


@pytest.mark.parametrize(
    "name", ["wait...", "a..1.2.3", "..", "x rows=0", "x\nrows=0 ..0", "Gather ..9", "Seq Scan"]
)
def test_a_name_like_a_part_of_a_plan(connection: Connection, name: str) -> None:
    """The planner's estimate is read from a line that contains the name."""
    connection.execute("SELECT vecs.create_collection(%s, 2)", [name])
    ids = fill(connection, name, [[1, n] for n in range(300)], [{"n": n} for n in range(300)])
    connection.execute("SELECT vecs.create_index(%s)", [name])
    filters = Jsonb({"n": {"$gte": 100}})
    search = "SELECT id FROM vecs.query(%s, '[1,0]', 5, %s)"
    assert column(connection, search, [name, filters]) == ids[100:105]
    explained = value(connection, "SELECT vecs.explain(%s, '[1,0]', 5, %s)", [name, filters])
    assert explained["matching_rows"] == 200
    connection.execute("SELECT vecs.create_collection('plain', 2)")
    fill(connection, "plain", [[1, n] for n in range(300)], [{"n": n} for n in range(300)])
    connection.execute("SELECT vecs.create_index('plain')")
    plain = value(connection, "SELECT vecs.explain('plain', '[1,0]', 5, %s)", [filters])
    assert explained["expected_rows"] == plain["expected_rows"]
    refused(connection, "VS004", search.replace("[1,0]", "[1]"), [name, filters])


def test_what_candidates_cost_is_measured_when_the_index_is_built(connection: Connection) -> None:
    """It decides between the index and an exact search; without it, or with another comment, a default does."""
    connection.execute("SELECT vecs.create_collection('docs', 8)")
    vectors = np.random.default_rng(15).normal(size=(9_000, 8))
    fill(connection, "docs", vectors.tolist(), [{"n": n % 3} for n in range(9_000)])
    name = value(connection, "SELECT vecs.create_index('docs')")
    comment = "SELECT obj_description(format('vecs.%%I', %s::text)::regclass, 'pg_class')::jsonb"
    measured = value(connection, comment, [name])
    assert measured["rows"] == 9_000
    assert [1 <= cost <= 40 for cost in measured["candidates"]] == [True, True]
    described = value(
        connection, "SELECT vecs.describe_collection('docs') -> 'vector_indexes' -> 0"
    )
    assert described["rows_when_built"] == 9_000
    # 15 of 3,000 rows are among 45 candidates, 305 of them among 915.
    explain = "SELECT vecs.explain('docs', '[1,1,1,1,1,1,1,1]', %s, '{\"n\": 1}')"
    chosen = {}
    for told in (
        '{"rows": 9000, "candidates": [1.0, 1.0]}',
        '{"rows": 9000, "candidates": [1.0, 20.0]}',
        '{"rows": 9000, "candidates": [90.0, 1.0]}',
        "mine",
        None,
    ):
        said = "NULL" if told is None else f"'{told}'"
        connection.execute(f'COMMENT ON INDEX vecs."{name}" IS {said}'.encode())
        chosen[told] = [value(connection, explain, [top_k])["strategy"] for top_k in (10, 300)]
    assert chosen == {
        '{"rows": 9000, "candidates": [1.0, 1.0]}': ["index", "index"],
        '{"rows": 9000, "candidates": [1.0, 20.0]}': ["index", "exact"],
        '{"rows": 9000, "candidates": [90.0, 1.0]}': ["exact", "exact"],
        "mine": ["index", "exact"],
        None: ["index", "exact"],
    }


def test_farther_candidates_cost_more_where_the_index_misses_rows(connection: Connection) -> None:
    """In clear clusters an index finds less than 97 % of the rows beyond the cluster of the query vector."""
    connection.execute("SELECT vecs.create_collection('docs', 8)")
    random = np.random.default_rng(15)
    apart = np.repeat(random.normal(size=(60, 8)), 150, axis=0)
    apart += 0.05 * random.normal(size=(9_000, 8))
    comment = "SELECT obj_description(format('vecs.%%I', %s::text)::regclass, 'pg_class')::jsonb"
    explain = "SELECT vecs.explain('docs', '[1,1,1,1,1,1,1,1]', 600, '{\"n\": 1}', 'l2_distance')"
    costs, chosen = {}, {}
    for name, vectors in (("spread", random.normal(size=(9_000, 8))), ("apart", apart)):
        connection.execute("SELECT vecs.truncate_collection('docs')")
        fill(connection, "docs", vectors.tolist(), [{"n": n % 2} for n in range(9_000)])
        index = value(connection, "SELECT vecs.create_index('docs', 'l2_distance')")
        costs[name] = value(connection, comment, [index])["candidates"][1]
        chosen[name] = value(connection, explain)["strategy"]
    # The pages alone are fewer in clusters.
    assert costs["apart"] > 1.5 * costs["spread"]
    assert chosen == {"spread": "index", "apart": "exact"}
