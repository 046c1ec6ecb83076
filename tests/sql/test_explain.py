"""explain: true numbers, the way that was taken, why, and advice that helps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import psycopg
import pytest
from psycopg.types.json import Jsonb

from tests.sql.support import Connection, column, fill, refused, rows, value, vector, watch

pytestmark = pytest.mark.slow

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import Databases

COUNT = 8000
KEYS = {
    "strategy", "why", "rows", "milliseconds", "matching_rows", "matching_rows_is_exact",
    "expected_rows", "index", "steps", "advice",
}  # fmt: skip
STEP_KEYS = {"way", "rows", "complete", "milliseconds", "settings", "sql", "plan"}
CHANCE = np.random.default_rng(23)
CENTRES = CHANCE.normal(size=(20, 4)) * 3
CLUSTER = CHANCE.integers(0, 20, size=COUNT)
VECTORS = (CENTRES[CLUSTER] + CHANCE.normal(size=(COUNT, 4)) / 3).round(3)
QUERY = vector(CENTRES[0])
FARTHEST = np.argsort(CENTRES @ CENTRES[0])[:5].tolist()
HOSTILE = ["it's", 'a"b', "\\", "'); DROP TABLE vecs.plain; --", "$1", "%s", "%1$s", "$sql$",
           "[1,2,3]", "rows=5", "..9.9.9", "Seq Scan", "🐘", "x" * 3000, "{}", "$gt", ""]  # fmt: skip


@pytest.fixture(scope="module")
def settled(databases: Databases, template: str) -> Iterator[str]:
    """The URL of a database with collections of all kinds; what a test writes it must roll back."""
    url = databases.create(template)
    n, half = CHANCE.permutation(COUNT).tolist(), CHANCE.integers(0, 2, COUNT).tolist()
    metadata = [
        {"cluster": int(CLUSTER[row]), "half": half[row], "n": n[row], "text": f"t{n[row]}"}
        for row in range(COUNT)
    ]
    with psycopg.connect(url, autocommit=True) as connection:
        for name, element_type, method in (
            ("plain", "vector", None),
            ("hnsw", "vector", "hnsw"),
            ("ivfflat", "vector", "ivfflat"),
            ("half", "halfvec", "hnsw"),
        ):
            create = "SELECT vecs.create_collection(%s, 4, %s)"
            connection.execute(create, [name, element_type])
            fill(connection, name, VECTORS.tolist(), metadata)
            if method:
                index = "SELECT vecs.create_index(%s, 'l2_distance', %s)"
                connection.execute(index, [name, method])
        connection.execute("VACUUM ANALYZE")
    yield url
    databases.drop(url)


@pytest.fixture
def settled_connection(settled: str) -> Iterator[Connection]:
    """A connection to it in a transaction that is rolled back."""
    with psycopg.connect(settled) as connection:
        yield connection
        connection.rollback()


def explain(
    connection: Connection,
    name: str,
    filters: dict[str, Any] | None = None,
    rest: str = "",
    top_k: int = 10,
) -> dict[str, Any]:
    """Return the result of explain, checked against query and count_rows."""
    arguments = [name, QUERY, top_k, Jsonb(filters or {})]
    of = f"(%s, %s, %s, %s, 'l2_distance'{rest})"
    explained: dict[str, Any] = value(connection, f"SELECT vecs.explain{of}", arguments)
    assert set(explained) == KEYS
    assert explained["rows"] == len(rows(connection, f"SELECT vecs.query{of}", arguments))
    counted = value(connection, "SELECT vecs.count_rows(%s, %s)", [name, arguments[3]])
    assert explained["matching_rows"] == counted
    assert explained["matching_rows_is_exact"] is True
    steps = explained["steps"]
    assert all(set(step) == STEP_KEYS for step in steps)
    assert explained["strategy"] == steps[-1]["way"]
    assert explained["rows"] == min(top_k, steps[-1]["rows"])
    assert [step["complete"] for step in steps] == [False] * (len(steps) - 1) + [True]
    assert explained["milliseconds"] == pytest.approx(sum(step["milliseconds"] for step in steps))
    assert explained["milliseconds"] > 0
    assert (explained["index"] is None) is (explained["strategy"] == "exact")
    assert explained["why"].endswith(".")
    for advice in explained["advice"]:
        assert advice[0].isupper()
    return explained


def ways(explained: dict[str, Any]) -> list[str]:
    """The ways that were tried."""
    return [step["way"] for step in explained["steps"]]


def advised(explained: dict[str, Any], word: str) -> list[str]:
    """The pieces of advice with a word in them."""
    return [advice for advice in explained["advice"] if word in advice]


# --- the way and why


@pytest.mark.parametrize("name", ["hnsw", "ivfflat", "half"])
def test_no_filter(settled_connection: Connection, name: str) -> None:
    explained = explain(settled_connection, name)
    assert ways(explained) == ["index"]
    assert "no filter" in explained["why"]
    assert explained["expected_rows"] is None
    assert explained["matching_rows"] == COUNT
    (step,) = explained["steps"]
    assert explained["index"] in step["plan"][-2] + step["plan"][-1]
    if name == "ivfflat":
        assert int(step["settings"]["ivfflat.probes"]) >= 10
    described = value(settled_connection, "SELECT vecs.describe_collection(%s)", [name])
    assert explained["index"] in [one["name"] for one in described["vector_indexes"]]


def test_no_index(settled_connection: Connection) -> None:
    notices = watch(settled_connection)
    arguments = ["plain", QUERY]
    explained = value(settled_connection, "SELECT vecs.explain(%s, %s)", arguments)
    assert [notice.sqlstate for notice in notices] == ["VSW01"]
    assert ways(explained) == ["exact"]
    assert explained["index"] is None
    assert "No index covers cosine_distance" in explained["why"]
    (advice,) = advised(explained, "create_index")
    settled_connection.execute(advice[advice.index("SELECT") :])
    explained = value(settled_connection, "SELECT vecs.explain(%s, %s)", arguments)
    assert ways(explained) == ["index"]
    assert not advised(explained, "create_index")


@pytest.mark.parametrize("name", ["hnsw", "half"])
def test_filters(settled_connection: Connection, name: str) -> None:
    small = explain(settled_connection, name, {"n": 77})
    assert ways(small) == ["exact"]
    assert (small["rows"], small["matching_rows"]) == (1, 1)
    assert "estimated to match" in small["why"]
    assert small["expected_rows"] < 100
    large = explain(settled_connection, name, {"half": 1})
    assert ways(large)[0] == "index"
    assert "nearest rows with the index" in large["why"]
    assert 2000 < large["expected_rows"] < 6000
    far = explain(settled_connection, name, {"cluster": {"$in": FARTHEST}})
    assert ways(far)[0] == "index"
    assert ways(far)[-1] == "exact"
    assert "only" in far["why"]
    assert "an exact search" in far["why"]
    none = explain(settled_connection, name, {"n": -1})
    assert (none["rows"], none["matching_rows"]) == (0, 0)


def test_as_asked(settled_connection: Connection) -> None:
    exact = explain(settled_connection, "hnsw", rest=", strategy => 'exact'")
    assert ways(exact) == ["exact"]
    assert "strategy => 'exact'" in exact["why"]
    index = explain(settled_connection, "hnsw", {"half": 1}, ", strategy => 'index'")
    assert ways(index)[0] == "index"
    assert "strategy => 'index'" in index["why"]
    nothing = explain(settled_connection, "hnsw", top_k=0)
    assert nothing["rows"] == 0
    assert "top_k" in nothing["why"]
    wide = explain(settled_connection, "hnsw", rest=", ef_search => 321")
    assert wide["steps"][0]["settings"]["hnsw.ef_search"] == "321"
    many = explain(settled_connection, "hnsw", top_k=COUNT)
    assert ways(many)[-1] == "exact"
    assert many["rows"] == COUNT


def test_max_distance(settled_connection: Connection) -> None:
    search = (
        "SELECT distance FROM vecs.query('hnsw', %s, 8, '{}', 'l2_distance', strategy => 'exact')"
    )
    limit = column(settled_connection, search, [QUERY])[6]
    for name in ("hnsw", "ivfflat", "half", "plain"):
        explained = explain(settled_connection, name, rest=f", max_distance => {limit + 1e-6}")
        assert explained["rows"] == 7 or name == "half"
        assert ("$3" in explained["steps"][-1]["sql"]) is (explained["strategy"] == "exact")


@pytest.mark.parametrize(
    "index",
    [
        "CREATE INDEX ON vecs.docs USING hnsw (vec vector_cosine_ops)",
        "SELECT vecs.create_index('docs')",  # which gathers them, of no row
    ],
)
def test_no_statistics_and_old_ones(settled_connection: Connection, index: str) -> None:
    settled_connection.execute("SELECT vecs.create_collection('docs', 1)")
    settled_connection.execute(index.encode())
    fill(settled_connection, "docs", [[1]] * 2000, [{"n": n % 2} for n in range(2000)])
    asked = "SELECT vecs.explain('docs', '[1]', 5, '{\"n\": 1}')"
    (advice,) = advised(value(settled_connection, asked), "statistics")
    settled_connection.execute(advice[advice.index("ANALYZE") :])
    assert not advised(value(settled_connection, asked), "ANALYZE")
    settled_connection.execute("SELECT vecs.update_metadata('docs', '{\"n\": 3}', filters => '{}')")
    old = value(settled_connection, asked.replace("1}", "3}"))
    assert old["matching_rows"] == 2000
    (advice,) = advised(old, "ANALYZE")
    assert "2000" in advice


def test_row_level_security(databases: Databases, settled: str) -> None:
    with psycopg.connect(settled, autocommit=True) as owner:
        owner.execute("""
            CREATE POLICY few ON vecs.hnsw TO reader USING ((metadata -> 'cluster') = '3');
            ALTER TABLE vecs.hnsw ENABLE ROW LEVEL SECURITY;
            GRANT USAGE ON SCHEMA vecs TO reader;
            GRANT SELECT ON vecs.hnsw TO reader;
        """)
        assert not advised(explain(owner, "hnsw"), "Row-level security")
    with psycopg.connect(databases.as_role(settled, "reader")) as reader:
        explained = explain(reader, "hnsw")
        assert explained["matching_rows"] == int((CLUSTER == 3).sum())
        assert explained["expected_rows"] < COUNT
        assert advised(explained, "Row-level security")
    with psycopg.connect(settled, autocommit=True) as owner:
        owner.execute("ALTER TABLE vecs.hnsw DISABLE ROW LEVEL SECURITY")


def test_matching_rows_are_counted_up_to_a_cap(connection: Connection) -> None:
    connection.execute("SELECT vecs.create_collection('docs', 1)")
    for first in (0, 60_000):
        connection.execute(
            "INSERT INTO vecs.docs SELECT n, '[1]', '{}' FROM generate_series(%s::int, %s) AS n",
            [first, first + 59_999],
        )
        explained = value(connection, "SELECT vecs.explain('docs', '[1]')")
        assert explained["matching_rows"] == min(100_000, first + 60_000)
        assert explained["matching_rows_is_exact"] is (first == 0)


# --- advice on filters


def test_a_range_is_advised_an_index(settled_connection: Connection) -> None:
    for condition in ({"$gte": 10, "$lt": 60}, {"$between": [10, 59]}):
        with settled_connection.transaction(force_rollback=True):
            before = explain(settled_connection, "hnsw", {"n": condition}, ", strategy => 'exact'")
            (advice,) = advised(before, "create_metadata_index('")
            assert "'n'" in advice
            assert before["matching_rows"] == 50
            name = value(settled_connection, advice[advice.index("SELECT") :])
            after = explain(settled_connection, "hnsw", {"n": condition}, ", strategy => 'exact'")
            assert not advised(after, "create_metadata_index")
            assert name in "".join(after["steps"][-1]["plan"])


def test_a_pattern_is_told_that_no_index_serves_it(settled_connection: Connection) -> None:
    explained = explain(settled_connection, "hnsw", {"text": {"$like": "t77%"}})
    assert [advice for advice in advised(explained, "No index serves") if "$like" in advice]
    assert not advised(explained, "create_metadata_index('")
    served = explain(settled_connection, "hnsw", {"n": 77})
    assert not advised(served, "No index serves")


def test_the_key_in_the_advice_can_be_any(connection: Connection) -> None:
    name, key = 'it\'s "odd"', "a.b'c\"\\"
    connection.execute("SELECT vecs.create_collection(%s, 1)", [name])
    fill(connection, name, [[1]] * 2000, [{key: n} for n in range(2000)])
    connection.execute("SELECT vecs.create_index(%s)", [name])
    asked = "SELECT vecs.explain(%s, '[1]', 5, %s, strategy => 'exact')"
    arguments = [name, Jsonb({key: {"$lt": 9}})]
    (advice,) = advised(value(connection, asked, arguments), "create_metadata_index(E'") or advised(
        value(connection, asked, arguments), "create_metadata_index('"
    )
    assert value(connection, advice[advice.index("SELECT") :])
    assert not advised(value(connection, asked, arguments), "create_metadata_index")


# --- the SQL


@pytest.mark.parametrize("name", ["plain", "hnsw", "ivfflat", "half"])
def test_the_sql_runs(settled_connection: Connection, name: str) -> None:
    """As it stands, prepared with the parameters that the COMMENT names."""
    tried: list[dict[str, Any]] = [{}, {"half": 1}, {"n": {"$gte": 10, "$lt": 60}}]
    tried += [{"text": one} for one in HOSTILE]
    for filters in tried:
        for rest in ("", ", strategy => 'index'", ", strategy => 'exact'", ", max_distance => 0.9",
                     ", include_vec => true, include_metadata => false"):  # fmt: skip
            explained = explain(settled_connection, name, filters, rest)
            for step in explained["steps"]:
                settled_connection.execute(
                    "PREPARE pasted (vector, integer, double precision) AS " + step["sql"]
                )
                with settled_connection.transaction(force_rollback=True):
                    for setting, text in step["settings"].items():
                        change = "SELECT set_config(%s, %s, true)"
                        settled_connection.execute(change, [setting, text])
                    limit = "0.9" if "0.9" in rest else "NULL"
                    found = rows(settled_connection, f"EXECUTE pasted ('{QUERY}', 10, {limit})")
                    if step["way"] == "exact":
                        assert len(found) == explained["rows"]
                settled_connection.execute("DEALLOCATE pasted")


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_filters(settled_connection: Connection, text: str) -> None:
    for condition in (
        text,
        {"$gte": text, "$lt": text + "~"},
        {"$in": [text] * 30},
        {"$like": "%x"},
    ):
        for filters in ({"text": condition}, {text.lstrip("$"): condition}):
            for rest in ("", ", strategy => 'index'"):
                explain(settled_connection, "hnsw", filters, rest)
    assert value(settled_connection, "SELECT vecs.count_rows('plain')") == COUNT


def test_indexes_of_any_name(settled_connection: Connection) -> None:
    """An index counts, whoever made it and however it is called."""
    for name in ("a(b", "My index", 'q"', "x[", "a.b"):
        quoted = name.replace('"', '""')
        with settled_connection.transaction(force_rollback=True):
            settled_connection.execute(
                f'CREATE INDEX "{quoted}" ON vecs.plain USING hnsw (vec vector_l2_ops)'.encode()
            )
            assert explain(settled_connection, "plain")["index"] == name


def test_errors(settled_connection: Connection) -> None:
    for sqlstate, arguments in (
        ("VS001", "NULL, '[1,2,3,4]'"),
        ("VS001", "'hnsw', NULL"),
        ("VS002", "'nothing', '[1,2,3,4]'"),
        ("VS004", "'hnsw', '[1,2,3]'"),
        ("VS005", "'hnsw', '[1,2,3,4]', 5, '{\"k\": {\"$gr\": 1}}'"),
    ):
        refused(settled_connection, sqlstate, f"SELECT vecs.explain({arguments})")


@pytest.mark.parametrize(
    "filters, index",
    [
        ({"$and": [{"text": {"$like": "t%"}}, {"n": {"$gte": 10, "$lt": 60}}]}, "'n'"),
        ({"$or": [{"n": {"$lt": 9}}, {"n": {"$gt": 900}}]}, "'n'"),
        ({"$not": {"n": {"$gte": 9}}}, None),
        ({"n": {"$in": list(range(40))}}, "'n'"),
        ({"deep": {"n": {"$lt": 9}}}, "path => '{deep,n}'::text[]"),
        (
            {"deep": {"at": {"$gte": {"$time": "2024-05-31"}}}},
            "path => '{deep,at}'::text[], kind => 'time'",
        ),
        ({"text": {"$eq": {"n": {"$lt": 9}}}}, None),
        ({"n": {"$in": [1, 2]}}, None),
    ],
)
def test_conditions_anywhere_are_advised_an_index(
    settled_connection: Connection, filters: dict[str, Any], index: str | None
) -> None:
    explained = explain(settled_connection, "hnsw", filters, ", strategy => 'exact'")
    if index is None:
        assert not advised(explained, "SELECT vecs.create_metadata_index(")
        return
    (advice,) = advised(explained, "SELECT vecs.create_metadata_index(")
    assert advice.endswith(f"SELECT vecs.create_metadata_index('hnsw', {index});")
    assert value(settled_connection, advice[advice.index("SELECT") :])
    again = explain(settled_connection, "hnsw", filters, ", strategy => 'exact'")
    assert not advised(again, "SELECT vecs.create_metadata_index(")


def test_without_a_filter_no_condition_is_advised(settled_connection: Connection) -> None:
    settled_connection.execute("DELETE FROM vecs.hnsw WHERE (metadata ->> 'n')::int > 20")
    explained = explain(settled_connection, "hnsw", {}, ", strategy => 'exact'")
    assert not advised(explained, "No index serves")
    assert explained["why"]


def test_statistics_of_an_empty_table_are_none(connection: Connection) -> None:
    connection.execute("SELECT vecs.create_collection('docs', 1)")
    connection.execute("SELECT vecs.create_index('docs')")
    fill(connection, "docs", [[1]] * 2000, [{"n": n} for n in range(2000)])
    explained = value(connection, "SELECT vecs.explain('docs', '[1]', 5, '{\"n\": {\"$lt\": 9}}')")
    assert "of 0 rows" not in explained["why"]
    assert advised(explained, "no statistics")
    assert advised(explained, "create_metadata_index('docs', 'n')")
    assert value(connection, "SELECT vecs.describe_collection('docs')")["count"] == 2000
