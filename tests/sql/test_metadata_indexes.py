"""create_metadata_index, drop_metadata_index: an index on a key that filters then use."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from psycopg.types.json import Jsonb

from tests.sql.support import Connection, column, fill, refused, rows, value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import Databases

COUNT = 6000
KEYS = ["n", "it's", 'a"b', "a.b", "", "$.x", "k" * 1000, "🐘", "\\", "%s", "{a,b}", "[]", " "]

CREATE = "SELECT vecs.create_metadata_index(%s, %s)"
DROP = "SELECT vecs.drop_metadata_index(%s, %s)"
COUNTED = "SELECT vecs.count_rows('docs', %s)"
INDEXES = """
    SELECT c.relname FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid
    WHERE i.indrelid = %s::regclass AND c.relname LIKE 'ix_metadata%%'
"""

OF_ALL = """
    SELECT c.relname FROM pg_index AS i
    JOIN pg_class AS c ON c.oid = i.indexrelid
    JOIN pg_am AS m ON m.oid = c.relam
    WHERE i.indrelid = 'vecs.docs'::regclass AND m.amname = 'gin'
"""


@pytest.fixture(scope="module")
def seeded_database(databases: Databases, template: str) -> Iterator[str]:
    """The URL of a database with a collection docs; what a test writes it must roll back."""
    url = databases.create(template)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SELECT vecs.create_collection('docs', 1)")
        metadata = [
            {"n": n, "text": f"t{n:05}", "deep": {"er": {"n": n}}, "tags": [f"a{n}", n % 7], "m": n}
            for n in range(COUNT)
        ]
        fill(connection, "docs", [[1]] * COUNT, metadata)
        connection.execute("VACUUM ANALYZE vecs.docs")
    yield url
    databases.drop(url)


@pytest.fixture
def docs(seeded_database: str) -> Iterator[Connection]:
    """A connection to it in a transaction that is rolled back."""
    with psycopg.connect(seeded_database) as connection:
        yield connection
        connection.rollback()


def plan(connection: Connection, filters: dict[str, Any]) -> str:
    """The planner's plan for the predicate of a filter on docs."""
    predicate = value(
        connection, "SELECT vecs._filter_sql(%s, 'vecs.docs'::regclass)", [Jsonb(filters)]
    )
    explain = "EXPLAIN (COSTS OFF) SELECT t.id FROM vecs.docs AS t WHERE " + predicate
    lines = "\n".join(column(connection, explain))
    counted = value(connection, "SELECT count(*) FROM vecs.docs AS t WHERE " + predicate)
    assert counted == value(connection, COUNTED, [Jsonb(filters)])
    assert counted > 0
    return lines


# --- what uses it


@pytest.mark.parametrize(
    "condition",
    [
        {"$gt": COUNT - 20},
        {"$gte": COUNT - 20},
        {"$lt": 20},
        {"$lte": 20},
        {"$between": [50, 70]},
        {"$gte": 50, "$lt": 70},
        {"$in": list(range(40))},
        {"$in": [*range(100), *range(COUNT, COUNT + 19_900)]},
        {"$eq": 5, "$lt": 70},
    ],
    ids=lambda condition: str(condition)[:40],
)
@pytest.mark.parametrize(("path", "wrap"), [(["n"], 1), (["deep", "er", "n"], 3)])
def test_conditions_use_it(
    docs: Connection, condition: dict[str, Any], path: list[str], wrap: int
) -> None:
    filters = condition
    for key in reversed(path):
        filters = {key: filters}
    name = value(docs, "SELECT vecs.create_metadata_index('docs', path => %s)", [path])
    assert name in plan(docs, filters)
    assert name in plan(docs, {"$and": [filters, {"m": {"$gte": 0}}]})
    before = value(docs, COUNTED, [Jsonb(filters)])
    assert value(docs, "SELECT vecs.drop_metadata_index('docs', path => %s)", [path]) is True
    assert name not in plan(docs, filters)
    assert value(docs, COUNTED, [Jsonb(filters)]) == before


def test_strings_use_it(docs: Connection) -> None:
    name = value(docs, CREATE, ["docs", "text"])
    for condition in (
        {"$gte": "t00010", "$lt": "t00030"},
        {"$in": [f"t{n:05}" for n in range(30)]},
    ):
        assert name in plan(docs, {"text": condition})


@pytest.mark.parametrize(
    "filters",
    [
        {"n": 5},
        {"n": {"$eq": 5}},
        {"text": "t00005"},
        {"n": 5, "text": "t00005"},
        {"deep": {"er": {"n": 5}}},
        {"tags": {"$contains": "a5"}},
        {"tags": {"$any": ["a5", "a6"]}},
        {"tags": {"$all": ["a5", 5]}},
        {"tags": {"$eq": ["a5", 5]}},
        {"n": {"$in": [1, 2, 3]}},
        {"$or": [{"n": 5}, {"text": "t00006"}]},
        {"$and": [{"$or": [{"n": 5}, {"n": 6}]}, {"tags": {"$contains": "a5"}}]},
        {"n": {"$gt": 2}, "text": "t00005"},
    ],
    ids=str,
)
def test_equality_uses_the_index_on_all_metadata(docs: Connection, filters: dict[str, Any]) -> None:
    assert value(docs, OF_ALL) in plan(docs, filters)


def test_the_planner_knows_how_many_rows_a_range_has(docs: Connection) -> None:
    expected = "SELECT vecs.explain('docs', '[1]', 5, '{\"n\": {\"$lt\": 600}}') -> 'expected_rows'"
    docs.execute("SELECT vecs.create_index('docs', 'l2_distance')")
    asked = expected.replace("}}')", "}}', 'l2_distance')")
    docs.execute(CREATE, ["docs", "n"])
    assert 400 < value(docs, asked) < 800


# --- making and dropping


def test_twice_is_once(docs: Connection) -> None:
    name = value(docs, CREATE, ["docs", "n"])
    assert value(docs, CREATE, ["docs", "n"]) == name
    by_path = "SELECT vecs.create_metadata_index(path => ARRAY['n'], collection => 'docs')"
    assert value(docs, by_path) == name
    assert (
        value(docs, "SELECT vecs.create_metadata_index(key => 'n', collection => 'docs')") == name
    )
    assert column(docs, INDEXES, ["vecs.docs"]) == [name]
    others = [
        value(docs, CREATE, ["docs", "m"]),
        value(docs, CREATE, ["docs", "n.m"]),
        value(docs, "SELECT vecs.create_metadata_index('docs', path => ARRAY['n', 'm'])"),
    ]
    assert len({name, *others}) == 4
    assert sorted(column(docs, INDEXES, ["vecs.docs"])) == sorted([name, *others])
    assert value(docs, DROP, ["docs", "n"]) is True
    assert value(docs, DROP, ["docs", "n"]) is False
    assert sorted(column(docs, INDEXES, ["vecs.docs"])) == sorted(others)
    assert value(docs, "SELECT vecs.drop_metadata_index(path => '{n,m}', collection => 'docs')")
    assert value(docs, "SELECT vecs.drop_metadata_index(key => 'n', collection => 'docs')") is False


def test_two_at_once_make_one(database: str) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("SELECT vecs.create_collection('docs', 1)")
        fill(connection, "docs", [[1]] * 200, [{"n": n} for n in range(200)])
        names: list[Any] = []

        def create() -> None:
            with psycopg.connect(database, autocommit=True) as other:
                names.append(value(other, CREATE, ["docs", "n"]))

        with psycopg.connect(database) as first:
            name = value(first, CREATE, ["docs", "n"])
            threads = [threading.Thread(target=create) for _ in range(3)]
            for thread in threads:
                thread.start()
            threads[0].join(0.3)
            assert names == []  # they wait
            first.commit()
        for thread in threads:
            thread.join(20)
        assert names == [name] * 3
        assert column(connection, INDEXES, ["vecs.docs"]) == [name]


def test_an_invalid_one_is_replaced(databases: Databases, database: str) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("SELECT vecs.create_collection('docs', 1)")
        fill(connection, "docs", [[1]] * 3000, [{"n": n} for n in range(3000)])
        name = value(connection, CREATE, ["docs", "n"])
        oid = "SELECT 'vecs.{}'::regclass::oid".format
        before = value(connection, oid(name))
        with databases.admin(databases.name(database)) as admin:
            admin.execute("UPDATE pg_index SET indisvalid = false WHERE indexrelid = %s", [before])
        assert name not in plan(connection, {"n": {"$lt": 9}})
        assert value(connection, OF_ALL) in plan(connection, {"n": {"$in": [1, 2]}})
        again = value(connection, CREATE, ["docs", "n"])
        assert column(connection, INDEXES, ["vecs.docs"]) == [again]
        assert value(connection, oid(again)) != before
        assert again in plan(connection, {"n": {"$lt": 9}})


def test_it_survives_a_rename(docs: Connection) -> None:
    name = value(docs, CREATE, ["docs", "n"])
    docs.execute("ALTER TABLE vecs.docs RENAME TO other")
    docs.execute("SELECT vecs.create_collection('docs', 1)")
    fill(docs, "docs", [[1]] * 10, [{"n": n} for n in range(10)])
    new = value(docs, CREATE, ["docs", "n"])
    assert new != name
    assert value(docs, CREATE, ["other", "n"]) == name
    predicate = value(docs, "SELECT vecs._filter_sql('{\"n\": {\"$lt\": 9}}', 'vecs.other')")
    assert name in "\n".join(column(docs, "EXPLAIN SELECT id FROM vecs.other WHERE " + predicate))
    assert value(docs, DROP, ["other", "n"]) is True
    assert column(docs, INDEXES, ["vecs.docs"]) == [new]


def test_what_somebody_wrote_in_its_comment(docs: Connection) -> None:
    """Whatever it says, filters find the right rows."""
    expected = value(docs, COUNTED, [Jsonb({"n": {"$lt": 9}})])
    name = value(docs, CREATE, ["docs", "n"])
    for comment in ("NULL", "'mine'", '\'{"path": ["m"]}\'', "'{\"path\": 5}'", "'{\"path\": x}'"):
        docs.execute(f"COMMENT ON INDEX vecs.{name} IS {comment}".encode())
        for key in ("n", "m"):
            assert value(docs, COUNTED, [Jsonb({key: {"$lt": 9}})]) == expected
        assert len(rows(docs, "SELECT vecs.query('docs', '[1]', 99, '{\"n\": {\"$lt\": 9}}')")) == 9


def test_made_again_after_somebody_wrote_a_comment(docs: Connection) -> None:
    name = value(docs, CREATE, ["docs", "n"])
    docs.execute(f"COMMENT ON INDEX vecs.{name} IS 'mine'".encode())
    again = value(docs, CREATE, ["docs", "n"])
    assert again in plan(docs, {"n": {"$lt": 9}})


# --- keys and values


@pytest.mark.parametrize("key", KEYS, ids=lambda key: key[:20])
def test_any_key(connection: Connection, key: str) -> None:
    connection.execute("SELECT vecs.create_collection('docs', 1)")
    metadata = [{key: n, "other": {key: {key: n}}} for n in range(3000)]
    fill(connection, "docs", [[1]] * 3000, metadata)
    for path, filters in (
        (key, {key: {"$gte": 10, "$lt": 15}}),
        (["other", key, key], {"other": {key: {key: {"$gte": 10, "$lt": 15}}}}),
    ):
        create = CREATE if isinstance(path, str) else CREATE.replace(", %s)", ", path => %s)")
        name = value(connection, create, ["docs", path])
        if not key.startswith("$"):  # in a filter that is an operator
            assert name in plan(connection, filters)
            assert value(connection, COUNTED, [Jsonb(filters)]) == 5
        assert value(connection, create, ["docs", path]) == name
        described = value(connection, "SELECT vecs.describe_collection('docs')")
        assert name in [one["name"] for one in described["metadata_indexes"]]
        drop = create.replace("create", "drop")
        assert value(connection, drop, ["docs", path]) is True
        assert value(connection, drop, ["docs", path]) is False


def test_keys_that_can_not_be(docs: Connection) -> None:
    for function in ("create_metadata_index", "drop_metadata_index"):
        for argument in (
            "NULL", "NULL::text", "NULL::text[]", "'{}'::text[]", "'{NULL}'::text[]",
            "'{a,NULL}'::text[]", "'{{a},{b}}'::text[]",
        ):  # fmt: skip
            refused(docs, "VS001", f"SELECT vecs.{function}('docs', {argument})")
        refused(docs, "VS002", f"SELECT vecs.{function}('nothing', 'n')")
        refused(docs, "VS002", f"SELECT vecs.{function}('nothing', '{{n}}'::text[])")
        refused(docs, "VS001", f"SELECT vecs.{function}(NULL, 'n')")


@pytest.mark.parametrize(
    "long", ["x" * 1_000_000, "".join(map(chr, range(33, 9000))) * 40, "y" * 501]
)
@pytest.mark.parametrize("indexed", [False, True])
def test_a_long_string(docs: Connection, long: str, indexed: bool) -> None:
    """Before and after the index is there."""
    long = long.encode("utf-8", "ignore").decode()
    upsert = "SELECT vecs.upsert('docs', %s, '[1]', %s)"
    if indexed:
        docs.execute(CREATE, ["docs", "text"])
    for id_, text in (
        ("long", long),
        ("longer", long + "a"),
        ("list", [long]),
        ("object", {"x": long}),
    ):
        assert value(docs, upsert, [id_, Jsonb({"text": text})]) == 1
    if not indexed:
        docs.execute(CREATE, ["docs", "text"])
    for condition, expected in (
        ({"$eq": long}, ["long"]),
        ({"$in": [long, "nothing"]}, ["long"]),
        ({"$in": [long, *[f"n{n}" for n in range(100)]]}, ["long"]),
        ({"$gt": long}, ["longer"]),
        ({"$gte": long, "$lte": long}, ["long"]),
        ({"$between": [long, long + "b"]}, ["long", "longer"]),
        ({"$eq": [long]}, ["list"]),
        ({"$contains": long}, ["list"]),
    ):
        search = "SELECT id FROM vecs.scan('docs', %s)"
        found = column(docs, search, [Jsonb({"text": condition})])
        if condition.keys() == {"$gt"}:
            above = [id_ for id_ in found if not id_.startswith("r")]
            assert above == expected
        else:
            assert found == expected
    everything = value(docs, COUNTED, [Jsonb({"text": {"$gte": ""}})])
    assert everything == COUNT + 2


# --- who may


def test_only_the_owner_may(databases: Databases, database: str) -> None:
    with psycopg.connect(database, autocommit=True) as owner:
        owner.execute("SELECT vecs.create_collection('docs', 1)")
        owner.execute(CREATE, ["docs", "there"])
        owner.execute("GRANT USAGE, CREATE ON SCHEMA vecs TO stranger")
        owner.execute("GRANT ALL ON vecs.docs TO stranger")
    with psycopg.connect(databases.as_role(database, "stranger"), autocommit=True) as stranger:
        refused(stranger, "42501", CREATE, ["docs", "n"])
        refused(stranger, "42501", DROP, ["docs", "there"])
        assert value(stranger, DROP, ["docs", "n"]) is False
        assert len(column(stranger, INDEXES, ["vecs.docs"])) == 1
