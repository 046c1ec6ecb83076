"""create_metadata_index, drop_metadata_index: an index on a key that filters then use."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from psycopg.types.json import Jsonb

from tests.sql.support import Connection, column, fill, refused, rows, value
from vecs_sql._layer import render
from vecs_sql._sync import installer as layer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import Databases

COUNT = 6000
KEYS = ["n", "it's", 'a"b', "a.b", "", "$.x", "k" * 1000, "🐘", "\\", "%s", "{a,b", "[]", " "]
ARRAYS = ["{a,b}", "{}", "{a}", '{"a b",c}', " {a} ", "[0:1]={a,b}", "{{a},{b}}", "{it's}", "{\n}"]

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
        connection, "SELECT vecs._filter_sql(%s, 'vecs.docs'::regclass, NULL)", [Jsonb(filters)]
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
    predicate = value(docs, "SELECT vecs._filter_sql('{\"n\": {\"$lt\": 9}}', 'vecs.other', NULL)")
    assert name in "\n".join(column(docs, "EXPLAIN SELECT id FROM vecs.other WHERE " + predicate))
    assert value(docs, DROP, ["other", "n"]) is True
    assert column(docs, INDEXES, ["vecs.docs"]) == [new]


def test_what_somebody_wrote_in_its_comment(docs: Connection) -> None:
    """Filters find the right rows, whatever the comment says."""
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
            "NULL", "key => NULL", "path => NULL", "key => NULL, path => NULL", "NULL::text", "path => NULL::text[]",
            "path => '{}'", "path => '{NULL}'", "path => '{a,NULL}'", "path => '{{a},{b}}'",
            "'n', '{n}'", "key => 'n', path => ARRAY['n']", "'n', kind => 'values'", "'n', kind => ''",
            "'n', kind => 'Time'",
        ):  # fmt: skip
            said = refused(docs, "VS001", f"SELECT vecs.{function}('docs', {argument})")
            assert len((said.context or "").splitlines()) <= 2
            assert "SELECT" not in (said.context or "")
            if "kind" in argument:
                assert "value" in (said.message_hint or "")
                assert "pattern" in (said.message_hint or "")
        for key in ARRAYS:
            said = refused(docs, "VS001", f"SELECT vecs.{function}('docs', %s)", [key])
            assert f'"{key}"' in (said.message_primary or "")
            assert "path =>" in (said.message_hint or "")
            assert len((said.context or "").splitlines()) <= 2
        refused(docs, "VS002", f"SELECT vecs.{function}('nothing', 'n')")
        refused(docs, "VS002", f"SELECT vecs.{function}('nothing', path => '{{n}}')")
        refused(docs, "VS001", f"SELECT vecs.{function}(NULL, 'n')")
    assert column(docs, INDEXES, ["vecs.docs"]) == []


def test_a_list_of_a_driver_is_no_key(docs: Connection) -> None:
    """Sent without a type, as psycopg sends a list, it would be the name of one key."""
    said = refused(docs, "VS001", CREATE, ["docs", ["deep", "er"]])
    assert said.message_primary == 'key "{deep,er}" looks like an array literal'
    name = value(docs, "SELECT vecs.create_metadata_index('docs', path => %s)", [["deep", "er"]])
    assert value(docs, CREATE.replace("%s)", "path => %s)"), ["docs", ["deep", "er"]]) == name
    odd = "SELECT vecs.create_metadata_index('docs', path => ARRAY['{a,b}'])"
    assert value(docs, odd) not in (name, None)


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


# --- the kinds


def test_kinds_are_indexes_of_their_own(docs: Connection) -> None:
    of_kind = "SELECT vecs.{}('docs', 'text', kind => %s)".format
    kinds = ["value", "time", "pattern"]
    names = [value(docs, of_kind("create_metadata_index"), [kind]) for kind in kinds]
    assert len(set(names)) == 3
    assert [value(docs, of_kind("create_metadata_index"), [kind]) for kind in kinds] == names
    assert value(docs, CREATE, ["docs", "text"]) == names[0]
    described = value(docs, "SELECT vecs.describe_collection('docs')")["metadata_indexes"]
    assert set(names) < {one["name"] for one in described}
    comment = "SELECT obj_description(%s::regclass)::json"
    assert value(docs, comment, ["vecs." + names[0]]) == {"path": ["text"]}
    assert value(docs, comment, ["vecs." + names[2]]) == {"kind": "pattern", "path": ["text"]}
    assert value(docs, of_kind("drop_metadata_index"), ["time"]) is True
    assert value(docs, of_kind("drop_metadata_index"), ["time"]) is False
    assert sorted(column(docs, INDEXES, ["vecs.docs"])) == sorted([names[0], names[2]])
    assert value(docs, DROP, ["docs", "text"]) is True
    assert value(docs, DROP, ["docs", "text"]) is False
    assert column(docs, INDEXES, ["vecs.docs"]) == []


def at(minute: int) -> str:
    """A time in one of several zones and forms: their order as text is not their order."""
    time = datetime(2024, 5, 30, tzinfo=timezone.utc) + timedelta(minutes=minute)
    zone = timezone(timedelta(hours=minute % 25 - 12, minutes=30))
    return [
        time.astimezone(zone).isoformat(),
        time.isoformat().replace("+00:00", "Z"),
        time.replace(tzinfo=None).isoformat(" "),
        time.astimezone(zone).isoformat(timespec="milliseconds"),
    ][minute % 4]


@pytest.fixture(scope="module")
def timed_database(databases: Databases, template: str) -> Iterator[str]:
    """The URL of a database with a collection docs whose rows have times; a test rolls back."""
    url = databases.create(template)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SELECT vecs.create_collection('docs', 1)")
        metadata: list[dict[str, Any]] = [
            {"n": n, "at": at(n), "deep": {"at": at(n)}} for n in range(COUNT)
        ]
        others: list[Any] = ["soon", "2024-02-30", 20240531, None, ["2024-05-31"], {}]
        for number, other in enumerate(others):
            metadata[number * 7] |= {"at": other}
        fill(connection, "docs", [[n % 10] for n in range(COUNT)], metadata)
        connection.execute("VACUUM ANALYZE vecs.docs")
    yield url
    databases.drop(url)


@pytest.fixture
def timed(timed_database: str) -> Iterator[Connection]:
    """A connection to it in a transaction that is rolled back."""
    with psycopg.connect(timed_database) as connection:
        yield connection
        connection.rollback()


@pytest.mark.parametrize("path", [["at"], ["deep", "at"]])
@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ({"$gte": {"$time": "2024-06-03T02:00:00+02:00"}}, range(5760, COUNT)),
        ({"$gt": {"$time": at(5900)}, "$lte": {"$time": at(5905)}}, range(5901, 5906)),
        ({"$lt": {"$time": "2024-05-30T01:40Z"}}, range(100)),
        ({"$between": [{"$time": at(60)}, {"$time": at(70)}]}, range(60, 71)),
        ({"$eq": {"$time": at(77)}}, [77]),
        ({"$time": at(77)}, [77]),
        ({"$in": [{"$time": at(n)} for n in (77, 78, 99)]}, [77, 78, 99]),
        ({"$in": [{"$time": at(n)} for n in range(50, 90)]}, range(50, 90)),
    ],
)
def test_times_use_theirs(
    timed: Connection, path: list[str], condition: dict[str, Any], expected: list[int]
) -> None:
    filters: dict[str, Any] = condition
    for key in reversed(path):
        filters = {key: filters}
    others = {0, 7, 14, 21, 28, 35} if path == ["at"] else set()
    ids = [f"r{number:05}" for number in expected if number not in others]
    before = plan(timed, filters)
    create = "SELECT vecs.create_metadata_index('docs', path => %s, kind => 'time')"
    name = value(timed, create, [path])
    assert name not in before
    for zone, style in (
        ("UTC", "ISO"),
        ("America/New_York", "German"),
        ("Asia/Kolkata", "SQL, DMY"),
    ):
        timed.execute(f"SET LOCAL TimeZone = '{zone}'; SET LOCAL DateStyle = '{style}'".encode())
        assert name in plan(timed, filters)
        scan = "SELECT id FROM vecs.scan('docs', %s, page_size => 1000)"
        assert column(timed, scan, [Jsonb(filters)]) == ids
        for strategy in ("auto", "exact"):
            query = (
                "SELECT id FROM vecs.query('docs', '[1]', 1000, %s, 'l2_distance', strategy => %s)"
            )
            assert sorted(column(timed, query, [Jsonb(filters), strategy])) == ids


def test_an_index_of_times_takes_what_is_none(timed: Connection) -> None:
    timed.execute("SELECT vecs.create_metadata_index('docs', 'at', kind => 'time')")
    upsert = "SELECT vecs.upsert('docs', %s, '[1]', %s)"
    odd: list[Any] = [
        "",
        "x" * 100_000,
        "2024-05-31T" + "0" * 5000,
        10**500,
        True,
        [1],
        {"a": 1},
        "9999-12-31T24:00",
    ]
    for number, one in enumerate(odd):
        assert value(timed, upsert, [f"odd{number}", Jsonb({"at": one})]) == 1
    filters = Jsonb({"at": {"$gt": {"$time": "9999-12-31"}}})
    assert column(timed, "SELECT id FROM vecs.scan('docs', %s)", [filters]) == ["odd7"]


def test_an_index_of_times_outlives_installing_again(database: str) -> None:
    with psycopg.connect(database) as connection:
        connection.execute("SELECT vecs.create_collection('docs', 1)")
        fill(connection, "docs", [[1]] * 3000, [{"at": at(n)} for n in range(3000)])
        create = "SELECT vecs.create_metadata_index('docs', 'at', kind => 'time')"
        name = value(connection, create)
    with psycopg.connect(database) as connection:
        for text in render.functions().values():
            connection.execute(text.encode())
    with psycopg.connect(database) as connection:
        assert name in plan(connection, {"at": {"$lt": {"$time": "2024-05-30T00:09Z"}}})


@pytest.fixture(scope="module", params=["C", "not C"])
def collated_database(request: pytest.FixtureRequest, databases: Databases) -> Iterator[str]:
    """The URL of a database with a collection docs of texts, in one collation or another."""
    locale, name = "C", f"collated_{request.param.lower().replace(' ', '_')}"
    other = """
        SELECT c.collcollate FROM pg_collation AS c
        WHERE c.collprovider = 'c' AND c.collcollate NOT IN ('C', 'POSIX')
            AND c.collencoding = pg_char_to_encoding('UTF8')
        ORDER BY starts_with(c.collcollate, 'en_US') DESC, c.collname
        LIMIT 1
    """
    with databases.admin() as admin:
        if request.param == "not C":
            locale = value(admin, other)
        create = f"CREATE DATABASE {name} OWNER owner TEMPLATE template0 ENCODING 'UTF8' "
        admin.execute(f"{create} LOCALE_PROVIDER libc LOCALE '{locale}'".encode())
    with databases.admin(name) as admin:
        admin.execute("CREATE EXTENSION vector")
    url = psycopg.conninfo.make_conninfo(databases.url, dbname=name, user="owner")
    with psycopg.connect(url) as connection:
        layer.install(connection)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SELECT vecs.create_collection('docs', 1)")
        texts: list[Any] = [f"word {n:05}" for n in range(COUNT)]
        texts += ["", "50% off", "50% on", "50x off", "a_b", "axb", "a\\b", "a\\%", "Ärger", "ärgern", "arg",
                  "🐘🐘", "🐘", "\U0010ffff\U0010ffff", "Word 00001", "x" * 499, "x" * 500, "x" * 501,
                  "x" * 500 + "y", "x" * 100_000, 5, None, ["word 00001"], True,
                  "line\nbreak", "co-op", "coop"]  # fmt: skip
        fill(
            connection,
            "docs",
            [[1]] * len(texts),
            [{"t": text, "d": {"t": text}} for text in texts],
        )
        connection.execute("VACUUM ANALYZE vecs.docs")
    yield url
    databases.drop(url)


STARTS = ["word 0000", "word 00001", "50%", "50% o", "a_", "a\\", "Är", "är", "🐘", "\U0010ffff", "x" * 499, "x" * 500,
          "x" * 501, "x" * 5000, "line\nb", "co", "co-", "W", "nothing"]  # fmt: skip
PATTERNS = ["word 0000%", "word 00001", "word 0000_", "50\\%%", "50%", "50\\% o_", "a\\_%", "a_b", "a\\\\%", "a\\\\\\%",
            "Ä%", "🐘_", "x" * 498 + "%", "x" * 500 + "_", "x" * 501,
            "x" * 600 + "%", "line\n%k", "\\co%", "w\\ord 00001"]  # fmt: skip


@pytest.mark.parametrize("operator", ["$startswith", "$like"])
def test_patterns_use_theirs(collated_database: str, operator: str) -> None:
    with psycopg.connect(collated_database) as connection:
        scan = "SELECT id FROM vecs.scan('docs', %s, page_size => 10000)"
        every: list[Any] = [
            {operator: operand} for operand in (STARTS if operator == "$startswith" else PATTERNS)
        ]
        filters = [*({"t": one} for one in every), *({"d": {"t": one}} for one in every)]
        before = [column(connection, scan, [Jsonb(one)]) for one in filters]
        assert sum(map(bool, before)) > len(filters) / 2
        create = "SELECT vecs.create_metadata_index('docs', path => %s, kind => 'pattern')"
        names = [value(connection, create, [path]) for path in (["t"], ["d", "t"])]
        connection.execute("SET LOCAL enable_seqscan = off")
        for one, ids in zip(filters, before, strict=True):
            assert column(connection, scan, [Jsonb(one)]) == ids, one
            explain = "EXPLAIN SELECT * FROM vecs.docs WHERE "
            explain += value(
                connection, "SELECT vecs._filter_sql(%s, 'vecs.docs', NULL)", [Jsonb(one)]
            )
            lines = "\n".join(column(connection, explain))
            assert names["d" in one] in lines, one
            assert "Index Cond" in lines, one
        connection.rollback()


def test_patterns_by_the_planner_s_own_choice(collated_database: str) -> None:
    with psycopg.connect(collated_database) as connection:
        name = value(
            connection, "SELECT vecs.create_metadata_index('docs', 't', kind => 'pattern')"
        )
        for condition in (
            {"$startswith": "word 0000"},
            {"$like": "word 0000_"},
            {"$like": "50\\%%"},
        ):
            assert name in plan(connection, {"t": condition})
        for condition in (
            {"$startswith": ""},
            {"$like": "%1"},
            {"$like": "_ord 00001"},
            {"$ilike": "word 0000%"},
        ):
            assert name not in plan(connection, {"t": condition})
        negated = {"t": {"$not": {"$startswith": "word"}}}
        assert value(connection, COUNTED, [Jsonb(negated)]) == 27
        upsert = "SELECT vecs.upsert('docs', 'new', '[1]', %s)"
        for long in ("é" * 100_000, "".join(map(chr, range(33, 9000))), "🐘" * 600):
            assert value(connection, upsert, [Jsonb({"t": long})]) == 1
            assert column(
                connection,
                "SELECT id FROM vecs.scan('docs', %s)",
                [Jsonb({"t": {"$startswith": long[:550]}})],
            ) == ["new"]
        connection.rollback()


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


def test_the_index_of_another_collection_stays(docs: Connection) -> None:
    """Names have the table's number in them, which a restore changes."""
    docs.execute("SELECT vecs.create_collection('other', 1)")
    name = value(docs, "SELECT vecs.create_metadata_index('docs', 'n')")
    docs.execute("SELECT vecs.drop_metadata_index('docs', 'n')")
    others = value(docs, "SELECT vecs.create_metadata_index('other', 'n')")
    docs.execute(f"ALTER INDEX vecs.{others} RENAME TO {name}".encode())
    mine = value(docs, "SELECT vecs.create_metadata_index('docs', 'n')")
    assert mine != name
    for collection in ("docs", "other"):
        described = value(docs, "SELECT vecs.describe_collection(%s)", [collection])
        assert len(described["metadata_indexes"]) >= 2
    assert value(docs, "SELECT to_regclass(%s)::text", [f"vecs.{name}"]) is not None


@pytest.mark.parametrize("count", [21, 100, 200])
def test_some_equalities_use_the_index_on_the_metadata(docs: Connection, count: int) -> None:
    docs.execute("SELECT vecs.create_collection('many', 1)")
    fill(docs, "many", [[1]] * 8000, [{"tenant": f"t{n}", "tags": [n]} for n in range(8000)])
    docs.execute("ANALYZE vecs.many")
    docs.execute("SET LOCAL enable_seqscan = off")
    for filters in (
        {"$or": [{"tenant": f"t{n}"} for n in range(count)]},
        {"$or": [{"tags": {"$contains": n}} for n in range(count)]},
    ):
        predicate = value(docs, "SELECT vecs.filter_sql(%s)", [Jsonb(filters)])
        plan = column(
            docs, f"EXPLAIN SELECT FROM vecs.many WHERE {predicate}".replace("%", "%%"), []
        )
        assert "Bitmap" in "".join(plan)
        assert value(docs, "SELECT vecs.count_rows('many', %s)", [Jsonb(filters)]) == count
