"""Filters that the planner misjudges: a sample of rows says how many match, and so which way a search takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from psycopg.types.json import Jsonb

from tests.sql.support import Connection, column, rows, value

pytestmark = pytest.mark.slow

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import Databases

COUNT = 20_000
QUERY = "[1,2,3]"
# What follows from n: every tenth row has the same "tenth", "big" says which half it is in.
ROWS = """
    INSERT INTO vecs.{name}
    SELECT
        'r' || n,
        ARRAY[sin(n * 7), sin(n * 11), sin(n * 13)]::vector,
        jsonb_build_object('n', n, 'double', 2 * n, 'tenth', n % 10, 'big', n > 10000)
    FROM generate_series({first}, {last}) AS n
"""
# A graph that is quicker to build than that of the defaults.
INDEX = """
    SELECT vecs.create_index(%s, 'cosine_distance', 'hnsw', '{"m": 16, "ef_construction": 64}')
"""


@pytest.fixture(scope="module")
def url(databases: Databases, template: str) -> Iterator[str]:
    """A database with collections on which statistics are right, absent or stale."""
    url = databases.create(template)
    with psycopg.connect(url, autocommit=True) as connection:

        def add(name: str, first: int, last: int) -> None:
            connection.execute(ROWS.format(name=name, first=first, last=last).encode())

        for name in ("known", "absent", "grown", "shrunk"):
            connection.execute("SELECT vecs.create_collection(%s, 3)", [name])
            connection.execute(f"ALTER TABLE vecs.{name} SET (autovacuum_enabled = off)".encode())
        add("known", 1, COUNT)
        add("absent", 1, COUNT)
        add("grown", 1, COUNT // 10)
        add("shrunk", 1, COUNT)
        connection.execute(
            "CREATE INDEX ix_vector_cosine_ops_hnsw_ ON vecs.absent USING hnsw (vec vector_cosine_ops)"
        )
        for name in ("known", "grown", "shrunk"):
            connection.execute(INDEX, [name])
            for key in ("n", "double"):
                connection.execute("SELECT vecs.create_metadata_index(%s, %s)", [name, key])
        add("grown", COUNT // 10 + 1, COUNT)
        connection.execute("DELETE FROM vecs.shrunk WHERE (metadata ->> 'n')::int % 50 >= 2")
        connection.execute("""
            CREATE POLICY part ON vecs.known TO reader USING (metadata @> '{"big": true}');
            ALTER TABLE vecs.known ENABLE ROW LEVEL SECURITY;
            GRANT USAGE ON SCHEMA vecs TO reader;
            GRANT SELECT ON ALL TABLES IN SCHEMA vecs TO reader;
            SELECT pg_stat_force_next_flush();
        """)
    yield url
    databases.drop(url)


@pytest.fixture
def connection(url: str) -> Iterator[Connection]:
    with psycopg.connect(url) as connection:
        yield connection
        connection.rollback()


def explain(
    connection: Connection, name: str, filters: dict[str, Any], strategy: str = "auto"
) -> dict[str, Any]:
    """Return what explain says, once query() has returned the ten nearest rows."""
    arguments = [name, QUERY, Jsonb(filters), strategy]
    search = "SELECT id FROM vecs.query(%s, %s, 10, %s, strategy => %s)"
    exact = set(column(connection, search, [*arguments[:3], "exact"]))
    found = set(column(connection, search, arguments))
    assert len(found) == len(exact)
    # The index may miss one of the nearest.
    assert len(found & exact) >= len(exact) - 2
    statement = "SELECT vecs.explain(%s, %s, 10, %s, strategy => %s)"
    explained: dict[str, Any] = value(connection, statement, arguments)
    again: dict[str, Any] = value(connection, statement, arguments)
    assert explained["expected_rows"] == again["expected_rows"]
    return explained


def planned(connection: Connection, name: str, filters: dict[str, Any]) -> int:
    """Return how many rows the planner expects to match."""
    compile_ = "SELECT vecs._filter_sql(%s, %s::regclass, NULL)"
    predicate = value(connection, compile_, [Jsonb(filters), f"vecs.{name}"])
    statement = f"EXPLAIN (FORMAT JSON) SELECT FROM vecs.{name} AS t WHERE {predicate}"
    ((plan,),) = rows(connection, statement.replace("%", "%%"))
    return int(plan[0]["Plan"]["Plan Rows"])


def test_conditions_that_follow_from_each_other(connection: Connection) -> None:
    for filters in (
        {"$and": [{"n": {"$lte": 4000}}, {"double": {"$lte": 8000}}]},
        {"n": {"$lte": 4000}, "double": {"$lte": 8000}},
        {"$or": [{"$and": [{"n": {"$lte": 4000}}, {"double": {"$lte": 8000}}]}, {"n": -1}]},
    ):
        assert planned(connection, "known", filters) < 1500
        explained = explain(connection, "known", filters)
        assert 2500 < explained["expected_rows"] < 6000
        assert explained["matching_rows"] == 4000
        assert explained["strategy"] == "index"


def test_conditions_that_exclude_each_other(connection: Connection) -> None:
    filters = {"$and": [{"n": {"$lte": 10_000}}, {"double": {"$gt": 20_000}}]}
    assert planned(connection, "known", filters) > 4000
    explained = explain(connection, "known", filters)
    assert explained["expected_rows"] < 1500
    assert explained["matching_rows"] == 0
    assert [step["way"] for step in explained["steps"]] == ["exact"]


def test_one_condition_is_left_to_the_planner(connection: Connection) -> None:
    for filters in (
        {"tenth": 3},
        {"n": {"$lte": 2000}},
        {"n": {"$gt": 1000, "$lte": 2000}},
        {"n": {"$between": [1000, 2000]}},
        {"tenth": 3, "big": True},
    ):
        assert explain(connection, "known", filters)["expected_rows"] == planned(
            connection, "known", filters
        )


def test_rows_added_since(connection: Connection) -> None:
    filters = {"big": True}
    assert planned(connection, "grown", filters) < 1500
    explained = explain(connection, "grown", filters)
    assert 6000 < explained["expected_rows"] < 14_000
    assert explained["strategy"] == "index"


def test_rows_deleted_since(connection: Connection) -> None:
    filters = {"big": True}
    assert planned(connection, "shrunk", filters) > 5000
    explained = explain(connection, "shrunk", filters)
    assert explained["matching_rows"] == 400
    assert explained["expected_rows"] < 1500
    assert [step["way"] for step in explained["steps"]] == ["exact"]


def test_no_statistics(connection: Connection) -> None:
    half = explain(connection, "absent", {"big": True})
    assert 6000 < half["expected_rows"] < 14_000
    assert half["strategy"] == "index"
    none = explain(connection, "absent", {"big": "neither"})
    assert none["expected_rows"] < 1500
    assert [step["way"] for step in none["steps"]] == ["exact"]


def test_a_filter_that_no_statistics_describe(connection: Connection) -> None:
    """Of a key without an index, which the planner takes for a third or a two hundredth of the rows."""
    explained = explain(connection, "known", {"tenth": {"$gte": 1}})
    assert explained["expected_rows"] > 10_000
    explained = explain(connection, "known", {"tenth": {"$gte": 11}})
    assert explained["expected_rows"] < 1500


def test_a_policy(databases: Databases, url: str) -> None:
    """The planner uses no statistics under row-level security, and takes a policy for a hundredth of the rows or so."""
    with psycopg.connect(databases.as_role(url, "reader")) as reader:
        assert planned(reader, "known", {}) < 1500
        explained = explain(reader, "known", {})
        assert 6000 < explained["expected_rows"] < 14_000
        assert explained["strategy"] == "index"
        explained = explain(reader, "known", {"double": {"$gt": 28_000}})
        assert 4000 < explained["expected_rows"] < 8000
        explained = explain(reader, "known", {"double": {"$lte": 20_000}})
        assert explained["expected_rows"] < 1500
        assert explained["rows"] == 0


def test_whoever_asks_for_the_index_gets_it(connection: Connection) -> None:
    for name, filters in (
        ("known", {"$and": [{"n": {"$lte": 10}}, {"double": {"$lte": 4000}}]}),
        ("absent", {"big": "neither"}),
    ):
        explained = explain(connection, name, filters, "index")
        assert explained["steps"][0]["way"] == "index"
