"""explain reports what query does: its steps are compared with what auto_explain saw the same call run."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

import psycopg
import pytest
from psycopg.types.json import Jsonb

from tests.sql.support import Connection, column, refused, rows, value, watch

pytestmark = pytest.mark.slow

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import Databases

COUNTS = (0, 1, 50, 300, 2_000, 20_000, 117_159)
# Collections of 4,000 rows: the arguments of create_collection and create_index; None: no index.
KINDS: dict[str, tuple[str, str | None]] = {
    "plain": ("vector", None),
    "ivfflat": ("vector", "ivfflat"),
    "half": ("halfvec", "hnsw"),
    "half_ivfflat": ("halfvec", "ivfflat"),
    "halved": ("vector", "hnsw half"),
    "halved_ivfflat": ("vector", "ivfflat half"),
    "bits": ("vector", "hnsw binary"),
    "half_bits": ("halfvec", "hnsw binary"),
    "invalid": ("vector", "hnsw"),
    "before": ("vector", "hnsw"),
    "tenants": ("vector", "hnsw"),
    "unknown": ("vector", "hnsw"),
    "My rows": ("vector", "hnsw"),
    "line\nbreak": ("vector", "hnsw"),
    "any_name": ("vector", None),
    "misnamed": ("vector", None),
    "both": ("vector", "hnsw"),
    "interrupted": ("vector", None),
}
QUERY = "[3,1,-2,-3]"

# Rows lie in 20 clusters, so that a filter may match only rows far from the query. replay() fetches
# the rows of a statement one by one, as _search_candidates() does, until it has seen enough.
HELPERS = """
    CREATE FUNCTION point(cluster integer, noise double precision) RETURNS vector AS $$
        SELECT ARRAY[
            3 * sin(cluster * 7) + noise * random(),
            3 * sin(cluster * 8 + 3) + noise * random(),
            3 * sin(cluster * 9 + 6) + noise * random(),
            3 * sin(cluster * 10 + 9) + noise * random()
        ]::vector
    $$ LANGUAGE sql;

    CREATE FUNCTION fill(name text, count integer) RETURNS void AS $$
    BEGIN
        EXECUTE format(
            $sql$
            ALTER TABLE vecs.%1$I SET (autovacuum_enabled = off);
            INSERT INTO vecs.%1$I
            SELECT
                'r' || n,
                point(n %% 20, 1),
                jsonb_build_object('n', n, 'cluster', n %% 20, 'half', n / 20 %% 2)
            FROM generate_series(1, %2$s) AS n
            $sql$,
            name, count
        );
    END
    $$ LANGUAGE plpgsql;

    CREATE FUNCTION replay(
        statement text, query_vec vector, row_limit bigint, max_distance double precision,
        enough bigint
    ) RETURNS bigint AS $$
    DECLARE
        v_cursor refcursor;
        v_row record;
        v_count bigint := 0;
    BEGIN
        OPEN v_cursor FOR EXECUTE statement USING query_vec, row_limit, max_distance;
        LOOP
            FETCH v_cursor INTO v_row;
            EXIT WHEN NOT FOUND;
            v_count := v_count + 1;
            EXIT WHEN v_count = enough;
        END LOOP;
        CLOSE v_cursor;
        RETURN v_count;
    END
    $$ LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET jit = off;
"""


class Search(NamedTuple):
    """A statement that searches, as auto_explain reports it."""

    sql: str
    parameters: str
    plan: list[str]
    settings: str

    @property
    def rows(self) -> int:
        """The number of rows that were fetched, where the plan was analyzed."""
        (found,) = re.findall(r"\(actual rows=(\d+)", self.plan[0])
        return int(found)

    @property
    def buffers(self) -> int:
        """The number of pages that were read, which depends on every setting of the index."""
        line = next((line for line in self.plan if line.startswith("  Buffers: ")), "")
        counts: list[str] = re.findall(r" (?:hit|read)=(\d+)", line)
        return sum(map(int, counts))


@pytest.fixture(scope="module")
def log(databases: Databases, template: str) -> Iterator[Log]:
    """A superuser's session with auto_explain, in a database with collections of all kinds."""
    url = databases.create(template)
    with databases.admin(databases.name(url)) as connection:
        connection.execute(HELPERS.encode())
        for count in COUNTS:
            _create(connection, f"rows_{count}", count, "vector", "hnsw")
        for name, (element_type, method) in KINDS.items():
            _create(connection, name, 4000, element_type, method)
        _create(connection, "invalid_300", 300, "vector", "hnsw")
        connection.execute("""
            CREATE INDEX "My index" ON vecs.any_name USING hnsw (vec vector_cosine_ops);
            CREATE INDEX ix_vector_cosine_ops_hnsw_ ON vecs.misnamed USING hnsw (vec vector_l2_ops);
            CREATE INDEX ON vecs."both" USING ivfflat (vec vector_cosine_ops) WITH (lists = 20);
            UPDATE pg_index SET indisvalid = false
            WHERE indrelid IN ('vecs.invalid'::regclass, 'vecs.invalid_300'::regclass)
                AND indexrelid::regclass::text LIKE '%hnsw%';
            ALTER TABLE vecs.before RENAME TO after;
            CREATE POLICY half ON vecs.tenants TO reader USING ((metadata -> 'half') = '1');
            ALTER TABLE vecs.tenants ENABLE ROW LEVEL SECURITY;
            GRANT USAGE ON SCHEMA vecs TO reader;
            GRANT SELECT ON vecs.tenants TO reader;
            DELETE FROM pg_statistic WHERE starelid = 'vecs.unknown'::regclass;
            UPDATE pg_class SET reltuples = -1, relpages = 0 WHERE oid = 'vecs.unknown'::regclass;
            CREATE TABLE vecs.partitioned (LIKE vecs.plain INCLUDING ALL) PARTITION BY HASH (id);
            CREATE TABLE vecs."_part 0" PARTITION OF vecs.partitioned
                FOR VALUES WITH (MODULUS 2, REMAINDER 0);
            CREATE TABLE vecs."_part 1" PARTITION OF vecs.partitioned
                FOR VALUES WITH (MODULUS 2, REMAINDER 1);
            INSERT INTO vecs.partitioned SELECT * FROM vecs.plain;
            CREATE INDEX vectors ON vecs.partitioned USING hnsw (vec vector_cosine_ops);
            ANALYZE vecs.partitioned;
        """)
        # It waits for the other session's transaction when it is canceled.
        with databases.admin(databases.name(url)) as other, other.transaction():
            other.execute("LOCK TABLE vecs.interrupted IN ROW EXCLUSIVE MODE")
            connection.execute("SET statement_timeout = '200ms'")
            with pytest.raises(psycopg.errors.QueryCanceled):
                connection.execute("""
                    CREATE INDEX CONCURRENTLY ix_vector_cosine_ops_hnsw_m16
                    ON vecs.interrupted USING hnsw (vec vector_cosine_ops)
                """)
            connection.execute("RESET statement_timeout")
        connection.execute("""
            LOAD 'auto_explain';
            SET auto_explain.log_min_duration = 0;
            SET auto_explain.log_nested_statements = on;
            SET auto_explain.log_buffers = on;
            SET auto_explain.log_timing = off;
            SET auto_explain.log_settings = on;
            SET auto_explain.log_level = info;  -- which is sent whatever client_min_messages is
        """)
        yield Log(connection)
    databases.drop(url)


def _create(
    connection: Connection, name: str, count: int, element_type: str, method: str | None
) -> None:
    connection.execute("SELECT vecs.create_collection(%s, 4, %s)", [name, element_type])
    connection.execute("SELECT fill(%s, %s)", [name, count])
    if method:
        # A thin graph is built in little time, and will do.
        method, _, precision = method.partition(" ")
        arguments: dict[str, Any] = (
            {"m": 4, "ef_construction": 8} if method == "hnsw" else {"lists": 20}
        )
        if precision:
            arguments["precision"] = precision
        if precision == "binary":
            arguments["min_recall"] = 0  # four bits tell little
        create = "SELECT vecs.create_index(%s, 'cosine_distance', %s, %s)"
        connection.execute(create, [name, method, Jsonb(arguments)])
    connection.execute(f'VACUUM ANALYZE vecs."{name}"'.encode())


class Log:
    """A session, and what auto_explain tells of it."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.role = "none"
        self.notices = watch(connection)
        self.clusters: list[int] = column(
            connection,
            "SELECT c FROM generate_series(0, 19) AS c ORDER BY public.point(c, 0) <=> %s",
            [QUERY],
        )

    def searches(
        self, call: str, parameters: list[Any], *, analyze: bool = False
    ) -> tuple[list[Any], list[Search]]:
        """Return the rows of a call, and the statements on the collection that it executed."""
        change = f"RESET ROLE; SET auto_explain.log_analyze = {analyze}; SET ROLE {self.role}"
        self.connection.execute(change.encode())
        self.notices.clear()
        found = rows(self.connection, call, parameters)
        searches = []
        for notice in list(self.notices):
            if notice.severity != "INFO":
                continue
            text, _, rest = notice.message.partition("\nQuery Parameters: ")
            _, _, sql = text.partition("\nQuery Text: ")
            # A search computes distances.
            if "t.vec OPERATOR" not in sql or sql.startswith("EXPLAIN"):
                continue
            given, *plan = rest.split("\n")
            searches.append(Search(sql, given, plan[:-1], plan[-1]))
        return found, searches


def compare(
    log: Log,
    name: str,
    filters: dict[str, Any] | None = None,
    top_k: int = 10,
    **options: Any,  # noqa: ANN401
) -> dict[str, Any]:
    """Return the result of explain, compared with what query runs when it is called alike."""
    parameters = [name, QUERY, top_k, Jsonb(filters or {}), *options.values()]
    arguments = "".join(["(%s, %s, %s, %s", *(f", {option} => %s" for option in options), ")"])
    call = f"SELECT * FROM vecs.query{arguments}"
    log.searches(call, parameters)  # loads what the session has not used yet
    found, ran = log.searches(call, parameters)
    said = [notice for notice in log.notices if notice.severity == "NOTICE"]
    _, analyzed = log.searches(call, parameters, analyze=True)
    ((explained,),), own = log.searches(f"SELECT vecs.explain{arguments}", parameters)
    assert [notice for notice in log.notices if notice.severity == "NOTICE"] == said

    steps = explained["steps"]
    assert [search.sql for search in ran] == [step["sql"] for step in steps]
    # explain counts the rows of an exact search.
    assert [(search.sql, search.parameters) for search in own] == [
        (
            search.sql if "+ 0" not in search.sql else f"SELECT count(*) FROM ({search.sql}) AS s",
            search.parameters,
        )
        for search in ran
    ]
    assert len(analyzed) == len(steps)
    for number, (step, search) in enumerate(zip(steps, ran, strict=True)):
        plan = [re.sub(r"  \(cost=.*\)$", "", line) for line in search.plan]
        assert plan == step["plan"]
        assert (step["way"] == "index") is any(
            re.search(r"Order By: \(+(?:public\.binary_quantize\()?vec", line) for line in plan
        )
        # Those of pgvector are not shown.
        names = "enable_sort|max_parallel_workers_per_gather"
        shown = dict(re.findall(rf"({names}) = '(\w+)'", search.settings))
        assert shown == {s: v for s, v in step["settings"].items() if "." not in s}
        if step["way"] == "index":
            # A page of the catalog may be read once more. When autovacuum has changed what the session
            # knows of the table, more are read, so both are measured again.
            for _ in range(3):
                measured = analyzed[number]
                read = replay(log, step, measured, options.get("max_distance"))
                if abs(read - measured.buffers) <= 5:
                    break
                _, analyzed = log.searches(call, parameters, analyze=True)
            else:
                pytest.fail(f"{measured.buffers} pages were read, and {read} by hand")

    assert explained["strategy"] == steps[-1]["way"]
    assert explained["rows"] == len(found)
    used = set(re.findall(r'Index Scan using "?(.*?)"? on ', "\n".join(ran[-1].plan)))
    assert explained["index"] in indexes(log.connection, name, used)
    assert ("followed." in explained["why"]) is (len(steps) > 1)
    if "the index returns" in explained["why"] or "with the index takes less" in explained["why"]:
        assert steps[0]["way"] == "index"
    return dict(explained)


def replay(log: Log, step: dict[str, Any], search: Search, max_distance: float | None) -> int:
    """Return how many pages a step of explain reads when it is run by hand with its settings."""
    limit = re.findall(r"\$2 = '(\d+)'", search.parameters)[0]
    candidates = step["way"] == "index" and search.rows < int(limit)
    # If there is no other row, the search has looked for one, past all pages whose rows are hidden.
    for enough in (search.rows + 1, search.rows) if candidates else (None,):
        with log.connection.transaction(force_rollback=True):
            for setting, text in step["settings"].items():
                log.connection.execute("SELECT set_config(%s, %s, true)", [setting, text])
            _, (replayed,) = log.searches(
                "SELECT public.replay(%s, %s, %s, %s, %s)",
                [step["sql"], QUERY, limit, max_distance, enough],
                analyze=True,
            )
        if replayed.rows == search.rows:
            break
    return replayed.buffers


def indexes(connection: Connection, name: str, used: set[str]) -> list[str | None]:
    """Return those of a collection's vector indexes that are among the used ones; else None."""
    found: list[str | None] = column(
        connection,
        """
        SELECT DISTINCT v.name
        FROM vecs._vector_indexes(%s::regclass, 'vec') AS v
        LEFT JOIN pg_inherits AS h ON h.inhparent = v.index_id
        JOIN pg_class AS c ON c.oid = coalesce(h.inhrelid, v.index_id)
        WHERE c.relname = ANY (%s)
        """,
        [f'vecs."{name}"', list(used)],
    )
    return found or [None]


def ways(explained: dict[str, Any]) -> list[str]:
    """The ways that were tried."""
    return [step["way"] for step in explained["steps"]]


# --- any call


@pytest.mark.parametrize("strategy", ["auto", "exact", "index"])
@pytest.mark.parametrize("count", COUNTS)
def test_counts_and_filters(log: Log, count: int, strategy: str) -> None:
    name, far = f"rows_{count}", {"cluster": {"$in": log.clusters[-4:]}}
    nothing, few = {"n": -1}, {"n": {"$lt": 9}}
    filters: list[dict[str, Any]] = [{}, {"half": 1}, {"cluster": log.clusters[0]}]
    if strategy != "index" or count <= 20_000:  # or the whole index is read
        filters += [nothing, {"n": 7}, few, far]
    tried = [compare(log, name, one, strategy=strategy) for one in filters]
    if strategy == "exact":
        assert all(ways(explained) == ["exact"] for explained in tried)
    elif count == COUNTS[-1]:
        assert [ways(explained) for explained in tried[:2]] == [["index"], ["index"]]
        if strategy == "auto":
            assert ways(tried[-1]) == ["index", "exact"]  # in vain
            assert [ways(explained) for explained in tried[3:5]] == [["exact"], ["exact"]]


@pytest.mark.parametrize(
    "options",
    [
        {"max_distance": 0.01},
        {"max_distance": 0.9},
        {"max_distance": 0.9, "strategy": "exact"},
        {"ef_search": 200},
        {"ef_search": 5},
        {"top_k": 0},
        {"top_k": 1},
        {"top_k": 100},
        {"top_k": 1000},
        {"measure": "l2_distance"},
        {"include_vec": True, "include_metadata": False},
    ],
)
def test_options(log: Log, options: dict[str, Any]) -> None:
    far = {"cluster": {"$in": log.clusters[-4:]}}
    for name in ("rows_1", "rows_300", "rows_20000", "ivfflat", "half", "halved", "bits"):
        for filters in ({}, {"half": 1}, {"n": 7}, far):
            compare(log, name, filters, **options)


@pytest.mark.parametrize("strategy", ["auto", "exact", "index"])
@pytest.mark.parametrize("name", [*KINDS, "partitioned", "invalid_300"])
def test_kinds_of_collections(log: Log, name: str, strategy: str) -> None:
    name = {"before": "after"}.get(name, name)
    tried = [
        compare(log, name, filters, strategy=strategy)
        for filters in ({}, {"half": 1}, {"n": 7}, {"cluster": {"$in": log.clusters[-4:]}})
    ]
    covered = name not in ("plain", "misnamed", "invalid", "invalid_300", "interrupted")
    assert (ways(tried[0])[0] == "index") is (covered and strategy != "exact")
    if strategy != "exact" and name in ("any_name", "partitioned"):
        assert tried[0]["index"] == {"any_name": "My index", "partitioned": "vectors"}[name]


def test_settings_of_the_session(log: Log) -> None:
    changes = {
        "hnsw.ef_search": "500",
        "hnsw.iterative_scan": "strict_order",
        "ivfflat.probes": "15",
        "enable_seqscan": "off",
    }
    try:
        for setting, text in changes.items():
            log.connection.execute("SELECT set_config(%s, %s, false)", [setting, text])
        for name in ("rows_50", "rows_20000", "ivfflat"):
            for top_k in (10, 100):
                for filters in ({}, {"half": 1}, {"n": {"$gte": 50}}):
                    compare(log, name, filters, top_k)
    finally:
        for setting in changes:
            log.connection.execute(f"RESET {setting}".encode())


def test_row_level_security(log: Log) -> None:
    log.role = "reader"
    try:
        for options in ({}, {"strategy": "index"}, {"strategy": "exact"}, {"max_distance": 0.5}):
            for filters in ({}, {"half": 0}, {"half": 1}, {"n": 7}):
                explained = compare(log, "tenants", filters, **options)
                assert explained["matching_rows"] <= 2000
    finally:
        log.role = "none"
        log.connection.execute("RESET ROLE")


def test_pages(log: Log) -> None:
    """A page is cut from several searches, of which explain describes the last."""
    call = "SELECT * FROM vecs.query(%s, %s, %s, %s, skip => %s)"
    for name in ("rows_1", "rows_300", "rows_20000", "plain"):
        for filters in ({}, {"half": 1}, {"n": {"$lt": 60}}):
            for top_k, skip in ((10, 10), (20, 600), (300, 300), (10, 2**63 - 1)):
                parameters = [name, QUERY, top_k, Jsonb(filters), skip]
                found, ran = log.searches(call, parameters)
                said = [notice for notice in log.notices if notice.severity == "NOTICE"]
                ((explained,),), own = log.searches(
                    call.replace("* FROM vecs.query", "vecs.explain"), parameters
                )
                assert [notice for notice in log.notices if notice.severity == "NOTICE"] == said
                steps = explained["steps"]
                assert [s.sql for s in ran[-len(steps) :]] == [step["sql"] for step in steps]
                assert [s.parameters for s in own] == [s.parameters for s in ran]
                assert explained["rows"] == len(found)


# --- other functions


@pytest.mark.parametrize("filters", [{}, {"half": 1}, {"n": 7}, {"cluster": 0}])
@pytest.mark.parametrize(
    "name", ["rows_2000", "rows_20000", "plain", "ivfflat", "half", "halved", "bits"]
)
def test_query_many(log: Log, name: str, filters: dict[str, Any]) -> None:
    parameters = [name, [QUERY, QUERY], 10, Jsonb(filters)]
    _, ran = log.searches("SELECT * FROM vecs.query_many(%s, %s, %s, %s)", parameters)
    steps = compare(log, name, filters)["steps"]
    if not filters and steps[0]["way"] == "index":
        # What the first step misses, query() finds, which begins anew.
        expected = [step["sql"] for step in ([*steps[:1], *steps] if len(steps) > 1 else steps)]
    else:
        expected = [
            step["sql"] if step["way"] == "index" else f"SELECT $4, s.* FROM ({step['sql']}) AS s"
            for step in steps
        ]
    assert [search.sql for search in ran] == 2 * expected


@pytest.mark.parametrize("filters", [{}, {"half": 1}, {"n": 7}])
@pytest.mark.parametrize(
    "name", ["rows_300", "rows_20000", "plain", "ivfflat", "half", "halved", "bits"]
)
def test_query_by_id(log: Log, name: str, filters: dict[str, Any]) -> None:
    found = f'SELECT vec FROM vecs."{name}" WHERE id = %s'
    query = value(log.connection, found, ["r3"])
    _, ran = log.searches(
        "SELECT * FROM vecs.query_by_id(%s, %s, %s, %s)", [name, "r3", 10, Jsonb(filters)]
    )
    # The row itself is left out.
    explain = "SELECT vecs.explain(%s, %s::vector, %s, %s)"
    explained = value(log.connection, explain, [name, query, 11, Jsonb(filters)])
    assert [search.sql for search in ran] == [step["sql"] for step in explained["steps"]]


# --- what else a call tells


@pytest.mark.parametrize(
    "name, expected",
    [
        ("invalid", ["VSW01"]),
        ("interrupted", ["VSW01"]),
        ("invalid_300", []),
        ("plain", ["VSW01"]),
        ("rows_2000", []),
    ],
)
def test_notices(log: Log, name: str, expected: list[str]) -> None:
    for filters in ({}, {"half": 1}):
        for function in ("query", "explain"):
            log.searches(f"SELECT vecs.{function}(%s, %s, 10, %s)", [name, QUERY, Jsonb(filters)])
            said = [notice.sqlstate for notice in log.notices if notice.severity == "NOTICE"]
            assert said == expected


@pytest.mark.parametrize(
    "sqlstate, arguments",
    [
        ("VS001", "'rows_2000', NULL"),
        ("VS001", "'rows_2000', '[1,2,3,4]', skip => -1"),
        ("VS001", "'rows_2000', '[1,2,3,4]', -1, skip => 5"),
        ("VS002", "'nothing', '[1,2,3,4]'"),
        ("VS002", "'nothing', '[1,2,3,4]', skip => 5"),
        ("VS004", "'rows_2000', '[1,2,3]'"),
        ("VS004", "'half', '[1,2,3]'"),
        ("VS005", "'rows_2000', '[1,2,3,4]', 5, '{\"k\": {\"$gr\": 1}}'"),
    ],
)
def test_errors(log: Log, sqlstate: str, arguments: str) -> None:
    query = refused(log.connection, sqlstate, f"SELECT vecs.query({arguments})")
    explain = refused(log.connection, sqlstate, f"SELECT vecs.explain({arguments})")
    assert explain.message_primary == query.message_primary
