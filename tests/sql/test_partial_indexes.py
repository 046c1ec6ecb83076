"""Partial indexes: over the rows that match a filter, for searches whose filter has its conditions among its own."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from tests.sql.support import refused, rows, value, vector, watch
from tests.sql.test_precision import described, made

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import Databases
    from tests.sql.support import Connection

ROWS = 6_000
QUERY = vector(made(1)[0])
CREATE = "SELECT vecs.create_index('docs', filters => %s)"
THIN = '{"m": 4, "ef_construction": 8}'  # a graph that is built in little time
FILTERS: list[dict[str, Any]] = [
    {"tenant": "a"},
    {"tenant": "a", "kind": 1},
    {"$and": [{"tenant": "a"}, {"kind": 1}]},
    {"number": {"$lt": 2000}},
    {"kind": {"$in": [0, 2]}},
    {"$or": [{"tenant": "b"}, {"kind": 0}]},
    {"$not": {"tenant": "a"}},
    {"tenant": {"$ne": "a"}},
    {"tags": {"$contains": "t1"}},
    {"tenant": {"$exists": True}},
    {"nested": {"deep": {"$gte": 10}}},
    {"$id": {"$startswith": "r02"}},
    {"name": {"$like": "n_m%"}},
    {"at": {"$gte": {"$time": "2024-01-10"}}},
]


@pytest.fixture(scope="module")
def filled(databases: Databases, template: str) -> Iterator[Connection]:
    """Yield a connection to a database with a collection "docs", of whose rows 3 in 5 are tenant a's."""
    url = databases.create(template)
    with databases.admin(databases.name(url)) as connection:
        connection.execute("SELECT vecs.create_collection('docs', 64)")
        copy = "COPY vecs.docs (id, vec, metadata) FROM STDIN"
        with connection.cursor() as cursor, cursor.copy(copy) as writer:
            for number, numbers in enumerate(made(ROWS)):
                metadata = {
                    "tenant": "aaabb"[number % 5],
                    "kind": number % 3,
                    "number": number,
                    "tags": [f"t{number % 2}", "all"],
                    "nested": {"deep": number % 40},
                    "name": f"name {number}",
                    "at": f"2024-01-{1 + number % 28:02}",
                }
                writer.write_row([f"r{number:05}", vector(numbers), json.dumps(metadata)])
        connection.execute("VACUUM ANALYZE vecs.docs")
        yield connection
    databases.drop(url)


@pytest.fixture
def docs(filled: Connection) -> Iterator[Connection]:
    yield filled
    filled.execute("SELECT vecs.drop_index('docs')")


def explained(
    connection: Connection,
    filters: dict[str, Any],
    top_k: int = 10,
    **options: Any,  # noqa: ANN401
) -> Any:  # noqa: ANN401
    given = "".join(f", {name} => %s" for name in options)
    call = f"SELECT vecs.explain('docs', %s, %s, %s{given})"
    return value(connection, call, [QUERY, top_k, json.dumps(filters), *options.values()])


def recall(connection: Connection, filters: dict[str, Any], **options: Any) -> float:  # noqa: ANN401
    """Return the share of the nearest rows that searches find; each search must be complete."""
    given = "".join(f", {name} => %s" for name in options)
    query = f"SELECT q.id FROM vecs.query('docs', %s, 10, %s{given}) AS q"
    found = nearest = 0
    for numbers in made(ROWS)[5:45:2]:
        call = [vector(numbers), json.dumps(filters)]
        mine = {row[0] for row in rows(connection, query, [*call, *options.values()])}
        exact = rows(
            connection,
            "SELECT q.id FROM vecs.query('docs', %s, 10, %s, strategy => 'exact') AS q",
            call,
        )
        assert len(mine) == len(exact)
        found += len(mine & {row[0] for row in exact})
        nearest += len(exact)
    return found / nearest


@pytest.mark.parametrize("over_all", [True, False])
@pytest.mark.parametrize("filters", FILTERS, ids=str)
def test_the_planner_proves_each_form(
    docs: Connection, filters: dict[str, Any], over_all: bool
) -> None:
    create = "SELECT vecs.create_index('docs', 'cosine_distance', 'hnsw', %s, filters => %s)"
    if over_all:
        docs.execute(create, [THIN, "{}"])
    name = value(docs, create, [THIN, json.dumps(filters)])
    assert name.startswith("ix_partial_cosine_ops_hnsw_")
    for more in ({}, {"number": {"$gte": 100}}):
        asked = {"$and": [filters, more]} if more else filters
        found = explained(docs, asked, strategy="index")
        assert (found["strategy"], found["index"]) == ("index", name)
        assert [step["complete"] for step in found["steps"]] == [True]


def test_the_same_rows_are_searched_as_without_a_filter(docs: Connection) -> None:
    docs.execute("SELECT vecs.create_index('docs')")
    filters = {"tenant": "a"}
    name = value(docs, CREATE, [json.dumps(filters)])
    found = explained(docs, filters)
    (step,) = found["steps"]
    assert (found["index"], step["way"], found["rows"]) == (name, "index", 10)
    assert step["rows"] == 10
    # No row that does not match is a candidate.
    assert "partial index" in found["why"]
    assert not any("Filter" in line for line in step["plan"])
    assert explained(docs, filters, 995)["rows"] == 995
    for options in ({"ef_search": 15}, {"max_distance": 0.9, "strategy": "index"}, {"skip": 10}):
        assert explained(docs, filters, **options)["index"] == name
    many = "SELECT count(*), count(DISTINCT q.query_no) FROM vecs.query_many('docs', %s::vector[], 10, %s) AS q"
    asked = [vector(one) for one in made(4)]
    assert rows(docs, many, [asked, json.dumps(filters)]) == [(40, 4)]
    assert recall(docs, filters) >= 0.97
    assert explained(docs, {})["index"] != name
    assert explained(docs, {"tenant": "b"})["index"] != name


@pytest.mark.parametrize(
    "options",
    [
        {"probes": 10, "strategy": "index"},
        {"max_distance": 2.5, "strategy": "index"},
        {"max_distance": 2.5},
        {"strategy": "index"},
        {"ef_search": 5, "strategy": "index"},
        {},
    ],
)
@pytest.mark.parametrize("is_valid", [True, False])
def test_one_that_does_not_serve_the_search(
    docs: Connection, is_valid: bool, options: dict[str, Any]
) -> None:
    """For another measure, or not valid: the filter holds all the same."""
    create = "SELECT vecs.create_index('docs', %s, 'hnsw', %s, filters => %s)"
    docs.execute(create, ["l2_distance", THIN, "{}"])
    filters = {"tenant": "a"}
    measure = "l2_distance" if not is_valid else "cosine_distance"
    name = value(docs, create, [measure, THIN, json.dumps(filters)])
    docs.execute(
        "UPDATE pg_index SET indisvalid = %s WHERE indexrelid = %s::regclass",
        [is_valid, f"vecs.{name}"],
    )
    named = "".join(f", {key} => %s" for key in options)
    for top_k in (10, 900):
        query = f"SELECT metadata ->> 'tenant' FROM vecs.query('docs', %s, {top_k}, %s, 'l2_distance'{named})"
        found = rows(docs, query, [QUERY, json.dumps(filters), *options.values()])
        assert found == [("a",)] * top_k


def test_the_smallest_is_used(docs: Connection) -> None:
    large = value(docs, CREATE, ['{"tenant": "a"}'])
    small = value(docs, CREATE, ['{"tenant": "a", "kind": 1}'])
    assert explained(docs, {"kind": 1, "tenant": "a"}, strategy="index")["index"] == small
    assert explained(docs, {"tenant": "a"}, strategy="index")["index"] == large
    # More rows match than are in it.
    other = explained(docs, {"kind": 1}, strategy="index")
    assert (other["strategy"], other["index"]) == ("exact", None)
    narrower = {"tenant": {"$in": ["a"]}, "kind": {"$in": [1, 2]}}
    assert explained(docs, narrower, strategy="index")["index"] is None


def test_conditions_are_compared_as_a_whole(docs: Connection) -> None:
    value(docs, CREATE, ['{"kind": {"$in": [0, 1]}}'])
    for filters in (
        {"kind": {"$in": [0, 1, 2]}},
        {"kind": {"$in": [0]}},
        {"kind": {"$nin": [0, 1]}},
    ):
        assert explained(docs, filters, strategy="index")["index"] is None
        assert recall(docs, filters) == 1


@pytest.mark.parametrize(
    ("index", "filters", "serves"),
    [
        ({"number": {"$gte": 9}}, {"number": {"$gte": 9, "$lt": 5000}}, True),
        ({"number": {"$gte": 9, "$lt": 5000}}, {"number": {"$gte": 9}}, False),
        ({"kind": 1}, {"kind": {"$eq": 1}}, True),
        ({"kind": {"$eq": 1}}, {"$and": [{"$and": [{"kind": 1}]}, {"tenant": "a"}]}, True),
        ({"kind": 1}, {"$or": [{"kind": 1}]}, False),
        ({"$not": {"kind": 1, "tenant": "a"}}, {"$not": {"kind": 1}}, False),
        ({"$not": {"kind": 1}}, {"$not": {"kind": 1, "tenant": "a"}}, False),
        ({"kind": {"$not": {"$gt": 1}}}, {"kind": {"$gt": 1}}, False),
        ({"$id": {"$ne": "r00000"}}, {"$id": {"$ne": "r00000", "$startswith": "r00"}}, True),
    ],
)
def test_conditions_among_others(
    docs: Connection, index: dict[str, Any], filters: dict[str, Any], serves: bool
) -> None:
    create = "SELECT vecs.create_index('docs', 'cosine_distance', 'hnsw', %s, filters => %s)"
    name = value(docs, create, [THIN, json.dumps(index)])
    found = explained(docs, filters, strategy="index")
    assert found["index"] == (name if serves else None)
    asked = "SELECT count(*) FROM vecs.query('docs', %s, 7000, %s)"
    count = "SELECT vecs.count_rows('docs', %s)"
    assert value(docs, asked, [QUERY, json.dumps(filters)]) == value(
        docs, count, [json.dumps(filters)]
    )


def test_others_know_of_it(docs: Connection) -> None:
    """recall measures it, explain does not ask for another, and a description counts its rows."""
    notices = watch(docs)
    docs.execute(CREATE, ['{"tenant": "a"}'])
    found = explained(docs, {"tenant": "a"})
    assert not any("create_index" in sentence for sentence in found["advice"])
    recalled = "SELECT recall, sampled FROM vecs.recall('docs', 20, filters => %s)"
    ((share, sampled),) = rows(docs, recalled, ['{"tenant": "a"}'])
    assert (share > 0.9, sampled) == (True, 20)
    (index,) = described(docs, "docs")
    assert index["rows_now"] == index["rows_when_built"] == ROWS * 3 // 5
    assert notices == []


def test_an_object_is_not_a_path(docs: Connection) -> None:
    """{"nested": {"$eq": {"deep": 1}}} compares the object, {"nested": {"deep": 1}} what is in it."""
    whole, path = {"nested": {"$eq": {"deep": 1}}}, {"nested": {"deep": 1}}
    for one, other in ((whole, path), (path, whole)):
        name = value(docs, CREATE, [json.dumps(one)])
        assert explained(docs, one, strategy="index")["index"] == name
        assert explained(docs, other, strategy="index")["index"] is None
        docs.execute("SELECT vecs.drop_index('docs')")


def test_without_an_index_over_all_rows(docs: Connection) -> None:
    notices = watch(docs)
    name = value(docs, CREATE, ['{"tenant": "a"}'])
    assert explained(docs, {"tenant": "a"})["index"] == name
    assert notices == []
    assert value(docs, "SELECT vecs.has_index('docs', 'cosine_distance')") is False
    explained(docs, {"tenant": "b"})
    assert [notice.sqlstate for notice in notices] == ["VSW01"]


def test_rows_change(docs: Connection) -> None:
    name = value(docs, CREATE, ['{"tenant": "a"}'])
    upsert = "SELECT vecs.upsert('docs', 'new', %s, %s)"
    nearest = "SELECT q.id FROM vecs.query('docs', %s, 1, '{\"tenant\": \"a\"}') AS q"
    numbers = np.linspace(-1, 1, 64)
    docs.execute(upsert, [vector(numbers), '{"tenant": "a"}'])
    assert value(docs, nearest, [vector(numbers)]) == "new"
    docs.execute(upsert, [vector(numbers), '{"tenant": "b"}'])
    assert value(docs, nearest, [vector(numbers)]) != "new"
    docs.execute("SELECT vecs.delete('docs', ids => '{new}')")
    assert explained(docs, {"tenant": "a"})["index"] == name


@pytest.mark.parametrize("filters", ['{"tenant": "nobody"}', '{"tenant": {"$exists": true}}'])
def test_filters_that_match_nothing_or_everything(docs: Connection, filters: str) -> None:
    name = value(docs, CREATE, [filters])
    (index,) = described(docs, "docs")
    assert (index["name"], index["filters"]) == (name, json.loads(filters))
    assert index["rows_when_built"] == (0 if "nobody" in filters else ROWS)
    count = "SELECT count(*) FROM vecs.query('docs', %s, 10, %s)"
    assert value(docs, count, [QUERY, filters]) == (0 if "nobody" in filters else 10)


def test_each_filter_has_its_own(docs: Connection) -> None:
    over_all = value(docs, "SELECT vecs.create_index('docs')")
    first = value(docs, CREATE, ['{"tenant": "a"}'])
    second = value(docs, CREATE, ['{"tenant": "b"}'])
    again = "SELECT vecs.create_index('docs', filters => %s, replace => false)"
    refused(docs, "VS006", again, ['{"tenant": "a"}'])
    assert value(docs, CREATE, ['{"tenant": "a"}']) == first
    assert {one["name"] for one in described(docs, "docs")} == {over_all, first, second}
    drop = "SELECT d FROM vecs.drop_index('docs', 'cosine_distance') AS d"
    assert {row[0] for row in rows(docs, drop)} == {over_all, first, second}


def test_one_hundred(connection: Connection) -> None:
    connection.execute("SELECT vecs.create_collection('docs', 64)")
    connection.execute(
        """
        INSERT INTO vecs.docs (id, vec, metadata)
        SELECT n::text, v::vector, jsonb_build_object('tenant', mod(n, 100))
        FROM unnest(%s::text[]) WITH ORDINALITY AS u (v, n)
        """,
        [[vector(one) for one in made(1000)]],
    )
    for tenant in range(100):
        connection.execute(CREATE, [f'{{"tenant": {tenant}}}'])
    assert len(described(connection, "docs")) == 100
    query = "SELECT count(*) FROM vecs.query('docs', %s, 5, '{\"tenant\": 7}')"
    assert value(connection, query, [QUERY]) == 5


def test_with_other_precisions(docs: Connection) -> None:
    arguments = '{"precision": "half"}'
    create = "SELECT vecs.create_index('docs', filters => %s, arguments => %s)"
    name = value(docs, create, ['{"tenant": "a"}', arguments])
    assert explained(docs, {"tenant": "a"})["index"] == name
    assert recall(docs, {"tenant": "a"}) >= 0.97


def test_what_can_not_be(docs: Connection) -> None:
    notices = watch(docs)
    binary = "SELECT vecs.create_index('docs', arguments => '{\"precision\": \"binary\"}', filters => %s)"
    refused(docs, "VS008", binary, ['{"tenant": "a"}'])
    many = {"tags": {"$any": [f"t{number}" for number in range(40)]}}
    said = refused(docs, "VS008", CREATE, [json.dumps(many)])
    assert "filter" in (said.message_primary or "")
    assert notices == []
    refused(docs, "VS005", CREATE, ['{"tenant": {"$gr": 1}}'])
    docs.execute("CREATE TABLE mine (id int PRIMARY KEY, kind int, embedding vector(3))")
    docs.execute("SELECT vecs.adopt('mine')")
    said = refused(docs, "VS008", "SELECT vecs.create_index('mine', filters => '{\"kind\": 1}')")
    assert "adopted" in (said.message_primary or "")
    docs.execute("SELECT vecs.drop_collection('mine'); DROP TABLE mine")


# --- if_not_exists


@pytest.fixture
def few(filled: Connection) -> Iterator[Connection]:
    """A collection "few", of which an index is built at once."""
    filled.execute("SELECT vecs.create_collection('few', 64)")
    filled.execute("INSERT INTO vecs.few SELECT * FROM vecs.docs LIMIT 300")
    yield filled
    filled.execute("SELECT vecs.drop_collection('few')")


def test_if_not_exists(few: Connection) -> None:
    create = "SELECT vecs.create_index('few', method => %s, arguments => %s, if_not_exists => true)"
    first = value(few, create, ["auto", "{}"])
    oid = "SELECT oid FROM pg_class WHERE relname = %s"
    before = value(few, oid, [first])
    for method, arguments in (
        ("auto", "{}"),
        ("hnsw", "{}"),
        ("hnsw", '{"m": 16}'),
        ("hnsw", '{"m": 16, "ef_construction": 160}'),
        ("auto", '{"precision": "full"}'),
    ):
        assert value(few, create, [method, arguments]) == first
    assert value(few, oid, [first]) == before
    second = value(few, create, ["hnsw", '{"m": 8}'])
    assert second != first
    assert [one["name"] for one in described(few, "few")] == [second]
    third = value(few, create, ["ivfflat", '{"lists": 7}'])
    assert value(few, create, ["ivfflat", "{}"]) == third
    # What is not named may be anything.
    assert value(few, create, ["auto", "{}"]) == third
    partial = "SELECT vecs.create_index('few', filters => %s, if_not_exists => true)"
    fourth = value(few, partial, ['{"tenant": "a"}'])
    assert fourth != third
    assert value(few, partial, ['{"tenant": "a"}']) == fourth


def test_if_not_exists_builds_in_place_of_an_invalid_one(few: Connection) -> None:
    create = "SELECT vecs.create_index('few', if_not_exists => true)"
    name = value(few, create)
    few.execute(
        "UPDATE pg_index SET indisvalid = false WHERE indexrelid = %s::regclass", [f"vecs.{name}"]
    )
    assert value(few, create) == name
    assert [one["valid"] for one in described(few, "few")] == [True]


def test_if_not_exists_does_not_wait_for_writers(docs: Connection, filled: Connection) -> None:
    name = value(docs, "SELECT vecs.create_index('docs')")
    docs.execute("BEGIN; LOCK TABLE vecs.docs IN ROW EXCLUSIVE MODE")
    try:
        with filled.__class__.connect(filled.info.dsn, autocommit=True) as other:
            other.execute("SET lock_timeout = '2s'")
            create = "SELECT vecs.create_index('docs', if_not_exists => true)"
            assert value(other, create) == name
    finally:
        docs.execute("ROLLBACK")
