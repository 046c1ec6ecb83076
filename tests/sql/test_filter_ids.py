"""$id in a filter: what it finds in every function that takes one, what is refused, and which index serves it.

test_filter_language.py composes it with all other conditions by chance.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from psycopg.types.json import Jsonb

from tests.sql.support import Connection, column, fill, refused, rows, value, watch
from tests.sql.test_filters import HOSTILE, LONG, REFUSED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import Databases

# The metadata has what a careless compiler might take for the id.
METADATA: dict[str, dict[str, Any]] = {
    "a": {"n": 1, "id": "b", "$id": "b"},
    "ab": {"n": 1, "id": "a"},
    "b": {"n": 2, "$id": {"$eq": "a"}},
    "c%": {"n": 2, "$id": "a"},
}
ALL = set(METADATA)


@pytest.fixture
def docs(connection: Connection) -> Connection:
    """A connection to a database with METADATA in the collection docs."""
    connection.execute("SELECT vecs.create_collection('docs', 1)")
    connection.execute(
        "SELECT vecs.upsert_many('docs', %s, %s, %s)",
        [list(METADATA), ["[1]", "[2]", "[3]", "[4]"], Jsonb(list(METADATA.values()))],
    )
    connection.execute("SELECT vecs.create_text_index('docs', 'n', 'simple')")
    return connection


FINDS: list[tuple[dict[str, Any], set[str]]] = [
    ({"$id": "a"}, {"a"}),
    ({"$id": {"$eq": "a"}}, {"a"}),
    ({"$id": "A"}, set()),
    ({"$id": ""}, set()),
    ({"$id": {"$ne": "a"}}, ALL - {"a"}),
    ({"$id": {"$ne": ""}}, ALL),
    ({"$id": {"$in": ["a", "b", "nothing", "a"]}}, {"a", "b"}),
    ({"$id": {"$in": [*LONG, "b"]}}, {"b"}),
    ({"$id": {"$in": []}}, set()),
    ({"$id": {"$nin": ["a", "b", "nothing"]}}, {"ab", "c%"}),
    ({"$id": {"$nin": [*LONG, "b"]}}, ALL - {"b"}),
    ({"$id": {"$nin": []}}, ALL),
    ({"$id": {"$startswith": "a"}}, {"a", "ab"}),
    ({"$id": {"$startswith": "c%"}}, {"c%"}),
    ({"$id": {"$startswith": "%"}}, set()),
    ({"$id": {"$startswith": ""}}, ALL),
    ({"$id": {"$startswith": "a", "$ne": "a"}}, {"ab"}),
    ({"$id": {"$not": {"$in": ["a", "b"]}}}, {"ab", "c%"}),
    ({"$id": {"$not": {"$not": {"$startswith": "a"}}}}, {"a", "ab"}),
    ({"$not": {"$id": "a"}}, ALL - {"a"}),
    ({"$id": {"$in": ["a", "b"]}, "n": 1}, {"a"}),
    ({"$id": "a", "id": "a"}, set()),
    ({"$id": "a", "id": "b"}, {"a"}),
    ({"id": "a"}, {"ab"}),
    ({"id": {"$eq": "a"}}, {"ab"}),
    ({"$and": [{"$id": {"$startswith": "a"}}, {"n": {"$gte": 1}}]}, {"a", "ab"}),
    ({"$or": [{"$id": "a"}, {"n": 2}]}, {"a", "b", "c%"}),
    ({"$nor": [{"$id": "a"}, {"n": 2}]}, {"ab"}),
    ({"$or": [{"$and": [{"$not": {"$or": [{"$id": "a"}]}}, {"n": 1}]}, {"$id": "c%"}]}, {"ab", "c%"}),
    # Lists so long that their conditions are merged.
    ({"$or": [{"$id": id_} for id_ in [*LONG, "a", "b"]]}, {"a", "b"}),
    ({"$or": [{"$id": {"$in": [id_, "b"]}} for id_ in LONG]}, {"b"}),
    ({"$nor": [{"$id": id_} for id_ in [*LONG, "a", "b"]]}, {"ab", "c%"}),
    ({"$and": [{"$id": {"$ne": id_}} for id_ in [*LONG, "a", "b"]]}, {"ab", "c%"}),
    ({"$and": [{"$id": id_} for id_ in [*LONG, "a"]]}, set()),
    ({"$and": [{"$id": {"$nin": []}}] * 30}, ALL),
    ({"$or": [{"$id": {"$startswith": id_}} for id_ in [*LONG, "a"]]}, {"a", "ab"}),
    ({"$or": [{"id": id_} for id_ in [*LONG, "a"]] + [{"$id": "b"}] * 2}, {"ab", "b"}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("filters", "expected"),
    FINDS,
    # A set has another order in each process.
    ids=lambda case: str(sorted(case) if isinstance(case, set) else case)[:60],
)
def test_finds(docs: Connection, filters: dict[str, Any], expected: set[str]) -> None:
    notices = watch(docs)
    parameters = [Jsonb(filters)]
    predicate = value(docs, "SELECT vecs.filter_sql(%s)", parameters)
    assert set(column(docs, f"SELECT d.id FROM vecs.docs AS d WHERE {predicate}")) == expected
    assert value(docs, "SELECT vecs.count_rows('docs', %s)", parameters) == len(expected)
    exact = "SELECT id FROM vecs.query('docs', '[1]', 9, %s, strategy => 'exact')"
    assert set(column(docs, exact, parameters)) == expected
    assert notices == []


# Each function that takes a filter, and what it says of the rows "ab" and "c%".
FUNCTIONS = {
    "SELECT id FROM vecs.query('docs', '[1]', 9, %s, 'l2_distance')": ["ab", "c%"],
    "SELECT id FROM vecs.query('docs', '[1]', 9, %s, 'l2_distance', strategy => 'index')": ["ab", "c%"],
    "SELECT id FROM vecs.query('docs', '[1]', 1, %s, 'l2_distance', max_distance => 2)": ["ab"],
    "SELECT id FROM vecs.query_many('docs', ARRAY['[1]', '[4]']::vector[], 1, %s, 'l2_distance')": ["ab", "c%"],
    "SELECT id FROM vecs.query_by_id('docs', 'ab', 9, %s, 'l2_distance')": ["c%"],
    "SELECT id FROM vecs.query_by_ids('docs', '{ab}', '{}', 9, %s, 'l2_distance')": ["c%"],
    "SELECT id FROM vecs.query_groups('docs', '[1]', 'n', 9, 9, %s, 'l2_distance')": ["ab", "c%"],
    "SELECT id FROM vecs.query_mmr('docs', '[1]', 9, %s, measure => 'l2_distance')": ["ab", "c%"],
    "SELECT value FROM vecs.facet('docs', 'n', %s)": [1, 2],
    "SELECT id FROM vecs.text_query('docs', '1 2', 9, %s)": ["ab", "c%"],
    "SELECT id FROM vecs.hybrid_query('docs', '[1]', '1 2', 9, %s, 'l2_distance')": ["ab", "c%"],
    "SELECT x ->> 'matching_rows' FROM vecs.explain('docs', '[1]', 9, %s, 'l2_distance') AS x": ["2"],
    "SELECT left(x, 17) FROM vecs.explain_text('docs', '[1]', 9, %s, 'l2_distance') AS x WHERE x ~ '^Matching'":
        ["Matching rows:  2"],
    "SELECT recall FROM vecs.recall('docs', 4, 9, %s, 'l2_distance')": [1.0],
    "SELECT vecs.count_rows('docs', %s)": [2],
    "SELECT id FROM vecs.scan('docs', %s)": ["ab", "c%"],
    "SELECT id FROM vecs.scan('docs', %s, after => 'b')": ["c%"],
    "SELECT vecs.update_metadata('docs', '{\"n\": 3}', filters => %s)": [2],
    "SELECT vecs.delete('docs', filters => %s)": ["ab", "c%"],
}  # fmt: skip


@pytest.mark.parametrize("statement", FUNCTIONS)
@pytest.mark.parametrize("indexed", [False, True], ids=["no index", "an index"])
@pytest.mark.parametrize(
    "filters",
    [{"$id": {"$in": ["ab", "c%", "nothing"]}}, {"$id": {"$nin": ["b"], "$ne": "a"}, "n": {"$lt": 3}}],
    ids=str,
)  # fmt: skip
def test_every_function(
    docs: Connection, statement: str, indexed: bool, filters: dict[str, Any]
) -> None:
    """The rows that it does not find stay as they are."""
    if indexed:
        docs.execute("SELECT vecs.create_index('docs', 'l2_distance', 'hnsw')")
    others = "SELECT * FROM vecs.fetch('docs', '{a,b}')"
    before = rows(docs, others)
    assert (
        column(docs, statement.replace("'c%'", "'c%%'"), [Jsonb(filters)]) == FUNCTIONS[statement]
    )
    assert rows(docs, others) == before
    if "update" in statement:
        assert column(docs, "SELECT id FROM vecs.scan('docs', '{\"n\": 3}')") == ["ab", "c%"]


def test_all_functions_are_tried(connection: Connection) -> None:
    """But those without a row, and those of indexes."""
    named = column(
        connection,
        "SELECT DISTINCT p.proname FROM pg_proc AS p WHERE p.pronamespace = 'vecs'::regnamespace"
        " AND p.proname !~ '^_' AND 'filters' = ANY (p.proargnames)",
    )
    tried = {name for name in named if any(f"vecs.{name}(" in one for one in FUNCTIONS)}
    assert set(named) - tried == {
        "create_index",
        "create_index_sql",
        "filter_sql",
        "matches",
        "tune",
    }


def test_no_condition_deletes_nothing(docs: Connection) -> None:
    """An empty list of rows to keep is a mistake more often than a wish."""
    keep_none: dict[str, Any] = {"$id": {"$nin": []}}
    for filters in (keep_none, {"$and": [keep_none, {}]}):
        delete = "SELECT vecs.delete('docs', filters => %s)"
        said = refused(docs, "VS001", delete, [Jsonb(filters)])
        assert "must have a condition" in (said.message_primary or "")
    assert value(docs, "SELECT vecs.count_rows('docs')") == len(ALL)


# --- what is refused


NO_ID = {
    "$id": ["5", "null", "true", '["a"]', "[]"],
    "$id.$eq": ["5", "null", '["a"]', '{"$time": "2024-05-31"}'],
    "$id.$ne": ["1.5", "{}", "[]"],
    "$id.$startswith": ["null", '["a"]'],
}
NO_IDS = [
    "5",
    "null",
    '"a"',
    "{}",
    '["a", 5]',
    '["a", null]',
    '[["a"]]',
    '[{"$time": "2024-05-31"}]',
]


@pytest.mark.parametrize(
    ("operand", "place", "hint"),
    [
        *(
            (f'{{"{place[4:]}": {one}}}' if place != "$id" else one, place, "a string")
            for place, operands in NO_ID.items()
            for one in operands
        ),
        *((f'{{"$in": {one}}}', "$id.$in", "a list of ids, which are strings") for one in NO_IDS),
        *((f'{{"$nin": {one}}}', "$id.$nin", "a list of ids, which are strings") for one in NO_IDS),
        ('{"$not": {"$in": [5]}}', "$id.$not.$in", "a list of ids, which are strings"),
    ],
)
def test_an_operand_is_no_id(docs: Connection, operand: str, place: str, hint: str) -> None:
    for around, before in (("{}", ""), ('{{"$or": [{{"n": 1}}, {}]}}', "$or[1].")):
        filters = around.format(f'{{"$id": {operand}}}')
        for statement in ("SELECT vecs.filter_sql(%s)", "SELECT vecs.scan('docs', %s)"):
            said = refused(docs, "VS005", statement, [filters])
            assert f'at "{before}{place}"' in (said.message_primary or "")
            assert hint in (said.message_hint or "")
            assert "It was given a JSON " in (said.message_detail or "")


TAKES = 'The operators of "$id" are $eq, $ne, $in, $nin, $startswith, $not.'


@pytest.mark.parametrize(
    ("filters", "message", "hint"),
    [
        ({"$id": {"$inn": ["a"]}}, 'unknown operator "$inn" at "$id.$inn"', f'Did you mean "$in"? {TAKES}'),
        ({"$id": {"$neq": "a"}}, 'unknown operator "$neq" at "$id.$neq"', f'Did you mean "$ne"? {TAKES}'),
        ({"$id": {"$notin": []}}, 'unknown operator "$notin" at "$id.$notin"', f'Did you mean "$nin"? {TAKES}'),
        ({"$id": {"$startsWith": "a"}}, 'unknown operator "$startsWith" at "$id.$startsWith"',
         f'Did you mean "$startswith"? {TAKES}'),
        # The nearest is one that an id takes, if another operator is nearer.
        ({"$id": {"$gr": "a"}}, 'unknown operator "$gr" at "$id.$gr"', TAKES),
        ({"$id": {"$ge": "a"}}, 'unknown operator "$ge" at "$id.$ge"', f'Did you mean "$ne"? {TAKES}'),
        *(
            ({"$id": {name: operand}}, f'operator "{name}" does not apply to "$id", at "$id.{name}"', TAKES)
            for name, operand in (
                ("$gt", "a"), ("$between", ["a", "b"]), ("$like", "a%"), ("$exists", True), ("$any", ["a"]),
                ("$contains", "a"), ("$time", "2024-05-31"), ("$and", []), ("$or", [{"$eq": "a"}]),
            )
        ),
        ({"$id": {"in": ["a"]}}, '"$id" has no keys, at "$id.in"', f'Did you mean "$in"? {TAKES}'),
        ({"$id": {"x": 1, "$eq": "a"}}, '"$id" has no keys, at "$id.x"', TAKES),
        ({"$id": {"x": {"$in": ["a"]}}}, '"$id" has no keys, at "$id.x.$in"', TAKES),
        ({"$id": {}}, 'filter has an empty object at "$id"', TAKES),
        ({"$id": {"$not": {}}}, 'filter has an empty object at "$id.$not"', TAKES),
        ({"k": {"$id": "a"}}, 'operator "$id" cannot be under a key, at "k.$id"',
         'Write {"$id": "...", "key": {...}}, beside the key.'),
        ({"$not": {"k": {"x": {"$not": {"$id": {"$in": []}}}}}},
         'operator "$id" cannot be under a key, at "$not.k.x.$not.$id"',
         'Write {"$id": "...", "key": {...}}, beside the key.'),
    ],
    ids=str,
)  # fmt: skip
def test_is_refused(docs: Connection, filters: dict[str, Any], message: str, hint: str) -> None:
    for statement in ("SELECT vecs.filter_sql(%s)", "SELECT vecs.query('docs', '[1]', 9, %s)"):
        said = refused(docs, "VS005", statement, [Jsonb(filters)])
        assert (said.message_primary, said.message_hint) == (message, hint)


def test_a_near_name_at_the_top(docs: Connection) -> None:
    for wrong in ("$ids", "$ID", "$_id", "$i_d"):
        said = refused(docs, "VS005", "SELECT vecs.filter_sql(%s)", [Jsonb({wrong: "a"})])
        assert said.message_primary == f'unknown operator "{wrong}" at "{wrong}"'
        assert 'Did you mean "$id"?' in (said.message_hint or "")


def test_a_fault_in_a_long_list_has_its_place(docs: Connection) -> None:
    filters: list[Any] = [{"$id": f"r{number}"} for number in range(40)]
    for fault, place in (
        ({"$id": 5}, "$or[17].$id"),
        ({"$id": {"$in": ["a", 5]}}, "$or[17].$id.$in"),
        ({"$id": {"$gr": "a"}}, "$or[17].$id.$gr"),
        ({"$id": {"x": "a"}}, "$or[17].$id.x"),
    ):
        filters[17] = fault
        said = refused(docs, "VS005", "SELECT vecs.filter_sql(%s)", [Jsonb({"$or": filters})])
        assert f'"{place}"' in (said.message_primary or "")


@pytest.mark.parametrize(
    "filters", [filters for filters, _ in FINDS if "$id" in str(filters)], ids=str
)
def test_a_document_has_no_id(connection: Connection, filters: dict[str, Any]) -> None:
    said = refused(
        connection, "VS005", 'SELECT vecs.matches(\'{"id": "a"}\', %s)', [Jsonb(filters)]
    )
    assert (said.message_primary or "").startswith(
        'metadata alone has no id to compare with "$id", at "'
    )
    assert "query()" in (said.message_hint or "")


def test_a_document_may_have_the_key(connection: Connection) -> None:
    """Inside of a value it is a key like any other."""
    matches = 'SELECT vecs.matches(\'{"schema": {"$id": "a"}}\', %s)'
    for filters in ({"schema": {"$eq": {"$id": "a"}}}, {"schema": {"$ne": {"$id": "b"}}}):
        assert value(connection, matches, [Jsonb(filters)]) is True


# --- values never become SQL


@pytest.mark.parametrize("conforming", ["on", "off"])
def test_hostile_ids(connection: Connection, conforming: str) -> None:
    ids = [*dict.fromkeys([*HOSTILE, "🐘", "a,b", "{a}", " a ", "NULL", "null", "x" * 500])]
    connection.execute(f"SET LOCAL standard_conforming_strings = {conforming}")
    connection.execute("SELECT vecs.create_collection('docs', 1)")
    upsert = "SELECT vecs.upsert_many('docs', %s, %s)"
    connection.execute(upsert, [ids, ["[1]"] * len(ids)])
    scan = "SELECT id FROM vecs.scan('docs', %s)"
    for id_ in ids:
        conditions: list[Any] = [id_, {"$eq": id_}, {"$in": [id_]}, {"$in": [*LONG, id_]}]
        conditions += [{"$startswith": id_, "$not": {"$ne": id_}}]
        for condition in conditions:
            assert column(connection, scan, [Jsonb({"$id": condition})]) == [id_]
        for condition in ({"$ne": id_}, {"$nin": [id_]}):
            found = column(connection, scan, [Jsonb({"$id": condition})])
            assert sorted(found) == sorted(set(ids) - {id_})
        merged = Jsonb({"$or": [{"$id": one} for one in [id_, *LONG]]})
        assert column(connection, scan, [merged]) == [id_]
    delete = "SELECT vecs.delete('docs', filters => %s)"
    assert sorted(column(connection, delete, [Jsonb({"$id": {"$in": ids}})])) == sorted(ids)


def test_the_predicate_keeps_together_inside_other_sql(docs: Connection) -> None:
    for filters, expected in FINDS:
        predicate = value(docs, "SELECT vecs.filter_sql(%s)", [Jsonb(filters)])
        counts = "count(*) FILTER (WHERE {0}), count(*) FILTER (WHERE NOT {0}),"
        counts += " count(*) FILTER (WHERE {0} AND false), count(*) FILTER (WHERE {0} OR true)"
        ((true, false, none, every),) = rows(
            docs, f"SELECT {counts.format(predicate)} FROM vecs.docs AS d"
        )
        assert (true, false, none, every) == (len(expected), len(ALL) - len(expected), 0, len(ALL))


# --- the primary key


LARGE = 100_000
MANY_IDS = [f"r{number * 5:06}" for number in range(20_000)]


@pytest.fixture(scope="module")
def large(databases: Databases, template: str) -> Iterator[Connection]:
    """A connection to a database with 100,000 rows in two collections; nothing is written to it."""
    url = databases.create(template)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SELECT vecs.create_collection('ours', 1)")
        # As the vecs client makes it.
        connection.execute("""
            CREATE TABLE vecs.theirs (
                id varchar PRIMARY KEY,
                vec vector(1) NOT NULL,
                metadata jsonb NOT NULL DEFAULT '{}'
            )
        """)
        connection.execute("CREATE INDEX ON vecs.theirs USING gin (metadata jsonb_path_ops)")
        for name in ("ours", "theirs"):
            connection.execute(
                f"""
                INSERT INTO vecs.{name}
                SELECT
                    'r' || lpad(n::text, 6, '0'),
                    ARRAY[n]::vector,
                    jsonb_build_object('few', mod(n, 1000), 'text', repeat(md5(n::text), 3))
                FROM generate_series(0, %s) AS n
                """,
                [LARGE - 1],
            )
            connection.execute(f"VACUUM ANALYZE vecs.{name}")
        yield connection
    databases.drop(url)


def plan(connection: Connection, name: str, filters: dict[str, Any]) -> str:
    """The plan of the search, as vecs.explain reports it."""
    explain = "SELECT vecs.explain(%s, '[1]', 5, %s, 'l2_distance', strategy => 'exact')"
    explained = value(connection, explain, [name, Jsonb(filters)])
    return "\n".join(explained["steps"][-1]["plan"])


@pytest.mark.parametrize("name", ["ours", "theirs"])
@pytest.mark.parametrize("count", [1, 20, 300, 20_000])
def test_the_primary_key_serves(large: Connection, name: str, count: int) -> None:
    ids = MANY_IDS[:count]
    one_id: dict[str, Any] = {"$id": ids[0]}
    for filters in [{"$id": {"$in": ids}}, *([one_id] if count == 1 else [])]:
        text = plan(large, name, filters)
        assert f"{name}_pkey" in text
        assert "Index Cond: ((id)::text = " in text
        assert "Seq Scan" not in text


@pytest.mark.parametrize("name", ["ours", "theirs"])
@pytest.mark.parametrize("count", [20, 300, 20_000])
def test_with_a_condition_on_metadata(large: Connection, name: str, count: int) -> None:
    """By the primary key, by the index on the metadata, or by both."""
    filters = {"$id": {"$in": MANY_IDS[:count]}, "few": {"$in": [5, 10]}}
    text = plan(large, name, filters)
    assert f"{name}_pkey" in text or f"{name}_metadata_idx" in text
    assert "Seq Scan" not in text
    expected = [id_ for id_ in MANY_IDS[:count] if int(id_[1:]) % 1000 in (5, 10)]
    assert value(large, "SELECT vecs.count_rows(%s, %s)", [name, Jsonb(filters)]) == len(expected)
    found = column(large, "SELECT id FROM vecs.scan(%s, %s, NULL, 1000)", [name, Jsonb(filters)])
    assert found == expected


@pytest.mark.parametrize("name", ["ours", "theirs"])
def test_20_000_ids(large: Connection, name: str) -> None:
    with large.transaction():
        large.execute("SET LOCAL statement_timeout = '8s'")
        for operator, expected in (("$in", 20_000), ("$nin", LARGE - 20_000)):
            filters = Jsonb({"$id": {operator: MANY_IDS}})
            assert value(large, "SELECT vecs.count_rows(%s, %s)", [name, filters]) == expected
            query = "SELECT id FROM vecs.query(%s, '[12]', 3, %s, 'l2_distance')"
            found = column(large, query, [name, filters])
            assert set(found) == (
                {"r000010", "r000015", "r000005"}
                if operator == "$in"
                else {"r000012", "r000011", "r000013"}
            )
        some = Jsonb(
            {
                "$id": {"$in": [*MANY_IDS, "nothing", "r000001", "it's"]},
                "$or": [{"few": 1}, {"few": 5}],
            }
        )
        assert value(large, "SELECT vecs.count_rows(%s, %s)", [name, some]) == 101


def test_a_list_of_conditions_becomes_one(large: Connection) -> None:
    for operator, condition, counted in (
        ("$or", lambda id_: {"$id": id_}, 9_990),
        ("$nor", lambda id_: {"$id": {"$eq": id_}}, LARGE - 9_990),
        ("$and", lambda id_: {"$id": {"$ne": id_}}, LARGE - 9_990),
    ):
        filters = Jsonb({operator: [condition(id_) for id_ in MANY_IDS[:9_990]]})
        predicate = value(large, "SELECT vecs.filter_sql(%s)", [filters])
        assert " OR " not in predicate
        assert " AND " not in predicate
        with large.transaction():
            large.execute("SET LOCAL statement_timeout = '8s'")
            assert value(large, "SELECT vecs.count_rows('ours', %s)", [filters]) == counted


def test_elements_of_a_list_do_not_count(connection: Connection) -> None:
    compile_ = "SELECT length(vecs.filter_sql(%s)) > 0"
    filters = [{"$id": {"$in": MANY_IDS}}, {"$id": {"$nin": MANY_IDS}}] * 5
    assert value(connection, compile_, [Jsonb({"$or": filters})])
    said = refused(connection, "VS005", compile_, [Jsonb({"$and": [{"$id": "a"}] * 10_001})])
    assert "10000 operators" in (said.message_primary or "")


def test_no_metadata_index_is_advised(large: Connection) -> None:
    """For the condition on a key it is, where rows are read in vain."""
    advised = "SELECT vecs.explain('ours', '[1]', 5, %s, 'l2_distance') ->> 'advice'"
    filters = {"$id": {"$nin": MANY_IDS[:100]}, "text": {"$gt": "ff"}}
    advice = value(large, advised, [Jsonb(filters)])
    assert "create_metadata_index(''ours'', ''text'')" in advice.replace("'", "''")
    assert "$id" not in advice
    assert "create_metadata_index" not in value(large, advised, [Jsonb({"$id": {"$in": MANY_IDS}})])


def test_by_an_index_on_the_vectors(large: Connection) -> None:
    """The list is a filter of its candidates."""
    with large.transaction(force_rollback=True):
        fill_ = [(number % 100, number // 100) for number in range(5_000)]
        large.execute("SELECT vecs.create_collection('grid', 2)")
        fill(large, "grid", fill_)
        large.execute("SELECT vecs.create_index('grid', 'l2_distance', 'hnsw')")
        query = (
            "SELECT id FROM vecs.query('grid', '[50,25]', 10, %s, 'l2_distance', strategy => %s)"
        )
        nearest = column(large, query, [Jsonb({}), "exact"])
        for strategy in ("auto", "index", "exact"):
            found = column(large, query, [Jsonb({"$id": {"$nin": nearest}}), strategy])
            assert len(found) == 10
            assert not set(found) & set(nearest)
            few = column(large, query, [Jsonb({"$id": {"$in": nearest[:3]}}), strategy])
            assert sorted(few) == sorted(nearest[:3])


# --- the compiler's short cut for equalities


def test_the_short_cut_is_not_for_ids(docs: Connection) -> None:
    """Metadata under the key $id, which no filter can name, is not the id."""
    for filters in (
        '{"$id":"a"}',
        '{"$id":{"$eq":"a"}}',
        '{"n":1,"$id":{"$eq":"a"}}',
        '{"$id":"a","n":1}',
    ):
        assert column(docs, "SELECT id FROM vecs.scan('docs', %s)", [filters]) == ["a"]
        assert "metadata @> '{\"$id" not in value(docs, "SELECT vecs.filter_sql(%s)", [filters])


@pytest.mark.parametrize(("filters", "place"), REFUSED[::5])
def test_faults_elsewhere_stay_the_same(docs: Connection, filters: str, place: str) -> None:
    beside = f'{{"$and": [{{"$id": {{"$in": ["a"]}}}}, {filters}]}}'
    said = refused(docs, "VS005", "SELECT vecs.filter_sql(%s)", [beside])
    assert f'"$and[1]{"." * bool(place)}{place}"' in (said.message_primary or "")
