"""upsert in both forms, upsert_many, fetch, delete, truncate_collection, count_rows."""

from __future__ import annotations

import random
import string
from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb

from tests.conftest import Databases
from tests.sql.support import Connection, column, fill, refused, rows, value

ALL = 'SELECT id, vec::text, metadata FROM vecs.docs ORDER BY id COLLATE "C"'


@pytest.fixture(params=["vector", "halfvec"])
def docs(connection: Connection, request: pytest.FixtureRequest) -> Connection:
    """A connection with the collection docs, of two dimensions."""
    connection.execute("SELECT vecs.create_collection('docs', 2, %s)", [request.param])
    return connection


# --- upsert


def test_upsert_records(docs: Connection) -> None:
    records = [
        {"id": "b", "vec": [1, 2], "metadata": {"year": 2012}},
        {"id": "a", "vec": [0.5, -1e-3]},
        {"id": "", "vec": "[3,4]", "metadata": None},
    ]
    assert value(docs, "SELECT vecs.upsert('docs', %s)", [Jsonb(records)]) == 3
    assert value(docs, "SELECT vecs.upsert('docs', %s)", [Jsonb(records[0])]) == 1
    assert value(docs, "SELECT vecs.upsert('docs', '[]')") == 0
    stored = rows(docs, ALL)
    assert [row[0] for row in stored] == ["", "a", "b"]
    assert [row[2] for row in stored] == [{}, {}, {"year": 2012}]
    assert stored[0][1] == "[3,4]"
    assert stored[2][1] == "[1,2]"


def test_untyped_literals_are_not_ambiguous(docs: Connection) -> None:
    assert value(docs, """SELECT vecs.upsert('docs', '[{"id": "a", "vec": [1,2]}]')""") == 1
    assert value(docs, """SELECT vecs.upsert('docs', '{"id": "b", "vec": [1,2]}')""") == 1
    assert value(docs, "SELECT vecs.upsert('docs', 'c', '[1,2]')") == 1
    assert value(docs, """SELECT vecs.upsert('docs', 'd', '[1,2]', '{"k": 1}')""") == 1
    assert value(docs, """SELECT vecs.upsert_many('docs', '{e}', '{"[1,2]"}')""") == 1
    assert value(docs, """SELECT vecs.upsert_many('docs', '{f}', '{"[1,2]"}', '[{"k": 1}]')""") == 1
    assert value(docs, "SELECT vecs.upsert_many('docs', ARRAY['g'], ARRAY['[1,2]']::vector[])") == 1
    assert column(docs, "SELECT id FROM vecs.fetch('docs', '{a,b,c,d,e,f,g}')") == list("abcdefg")
    assert column(docs, """SELECT vecs.delete('docs', '{a}')""") == ["a"]
    assert column(docs, "SELECT id FROM vecs.query('docs', '[1,2]', 2)") == ["b", "c"]


def test_arguments_by_name(docs: Connection) -> None:
    record = Jsonb({"id": "a", "vec": [1, 2]})
    assert value(docs, "SELECT vecs.upsert(records => %s, collection => 'docs')", [record]) == 1
    one = "SELECT vecs.upsert(metadata => '{\"k\": 1}', vec => '[1,2]', id => 'b', collection => 'docs')"
    assert value(docs, one) == 1
    many = (
        "SELECT vecs.upsert_many(metadata => '[{\"k\": 2}]', vecs => '{\"[1,2]\"}',"
        " ids => '{c}', collection => 'docs')"
    )
    assert value(docs, many) == 1
    assert rows(docs, "SELECT * FROM vecs.fetch(ids => '{c,b,a}', collection => 'docs')") == [
        ("c", "[1,2]", {"k": 2}),
        ("b", "[1,2]", {"k": 1}),
        ("a", "[1,2]", {}),
    ]
    count = "SELECT vecs.count_rows(filters => '{\"k\": 2}', collection => 'docs')"
    assert value(docs, count) == 1
    assert column(docs, "SELECT vecs.delete(ids => '{c}', collection => 'docs')") == ["c"]
    drop = "SELECT vecs.delete(filters => '{\"k\": 1}', collection => 'docs')"
    assert column(docs, drop) == ["b"]
    docs.execute("SELECT vecs.truncate_collection(collection => 'docs')")
    assert rows(docs, ALL) == []


def test_upsert_replaces_vector_and_metadata(docs: Connection) -> None:
    docs.execute("SELECT vecs.upsert('docs', 'a', '[1,2]', '{\"x\": 1, \"y\": 2}')")
    docs.execute("SELECT vecs.upsert('docs', 'b', '[1,2]', '{\"x\": 1}')")
    assert value(docs, "SELECT vecs.upsert('docs', 'a', '[3,4]', '{\"z\": 3}')") == 1
    assert value(docs, "SELECT vecs.upsert('docs', %s)", [Jsonb({"id": "b", "vec": [5, 6]})]) == 1
    assert rows(docs, ALL) == [("a", "[3,4]", {"z": 3}), ("b", "[5,6]", {})]


def test_of_an_id_twice_in_one_call_the_last_wins(docs: Connection) -> None:
    docs.execute("SELECT vecs.upsert('docs', 'a', '[9,9]')")
    records = [
        {"id": id_, "vec": [number, number], "metadata": {"number": number}}
        for number, id_ in enumerate(["b", "a", "c", "a", "b", "a", "d"])
    ]
    assert value(docs, "SELECT vecs.upsert('docs', %s)", [Jsonb(records)]) == 4
    kept = [("a", "[5,5]", {"number": 5}), ("b", "[4,4]", {"number": 4})]
    kept += [("c", "[2,2]", {"number": 2}), ("d", "[6,6]", {"number": 6})]
    assert rows(docs, ALL) == kept

    docs.execute("SELECT vecs.truncate_collection('docs')")
    ids = [record["id"] for record in records]
    vecs = [str(record["vec"]) for record in records]
    metadata = Jsonb([record["metadata"] for record in records])
    many = "SELECT vecs.upsert_many('docs', %s, %s, %s)"
    assert value(docs, many, [ids, vecs, metadata]) == 4
    assert rows(docs, ALL) == kept
    assert value(docs, many, [["z", "z"], ["[1,1]", "[2,2]"], None]) == 1
    assert value(docs, "SELECT vec FROM vecs.fetch('docs', '{z}')") == "[2,2]"


def test_ids_are_any_text(docs: Connection) -> None:
    ids = ["", " ", "a", "A", "it's", 'a"b', "{}", "NULL", "null", "back\\slash", "🐘", "x" * 2000]
    ids += ["%s", "$1", "line\nbreak", "1", "1.0", "é", "e\u0301", "a,b", "{a,b}", "--", "';"]
    vecs = [f"[{number},1]" for number in range(len(ids))]
    assert value(docs, "SELECT vecs.upsert_many('docs', %s, %s)", [ids, vecs]) == len(ids)
    assert rows(docs, "SELECT id, vec FROM vecs.fetch('docs', %s)", [ids]) == list(
        zip(ids, vecs, strict=True)
    )
    found = column(docs, "SELECT id FROM vecs.query('docs', '[1,0]', 100)")
    assert sorted(found) == sorted(ids)
    assert sorted(column(docs, "SELECT vecs.delete('docs', %s)", [ids])) == sorted(ids)
    assert value(docs, "SELECT vecs.count_rows('docs')") == 0


def test_metadata_comes_back_as_it_was(docs: Connection) -> None:
    metadata: dict[str, Any] = {
        "text": 'it\'s "quoted" \\ back 🐘 \n\t',
        "number": 1.5,
        "big": 2**70,
        "list": [1, "a", None, True, {"k": []}],
        "null": None,
        "": {"$eq": 1, "a.b": {"c": {}}},
    }
    docs.execute("SELECT vecs.upsert('docs', 'a', '[1,2]', %s)", [Jsonb(metadata)])
    record = Jsonb([{"id": "b", "vec": [1, 2], "metadata": metadata}])
    docs.execute("SELECT vecs.upsert('docs', %s)", [record])
    docs.execute(
        "SELECT vecs.upsert_many('docs', '{c,d}', '{\"[1,2]\",\"[1,2]\"}', %s)",
        [Jsonb([metadata, None])],
    )
    assert [row[2] for row in rows(docs, ALL)] == [metadata, metadata, metadata, {}]


@pytest.mark.parametrize("metadata", ["[]", "[1]", '"text"', "1", "true", "false"])
def test_metadata_must_be_an_object(docs: Connection, metadata: str) -> None:
    said = [
        refused(docs, "VS001", "SELECT vecs.upsert('docs', 'Bad', '[1,2]', %s)", [metadata]),
        refused(
            docs,
            "VS001",
            "SELECT vecs.upsert_many('docs', '{good,Bad}', '{\"[1,2]\",\"[1,2]\"}', %s)",
            [f"[null, {metadata}]"],
        ),
        refused(
            docs,
            "VS001",
            "SELECT vecs.upsert('docs', %s)",
            [
                '[{"id": "good", "vec": [1,2]}, {"id": "Bad", "vec": [1,2], "metadata": '
                + metadata
                + "}]"
            ],
        ),
    ]
    assert all('"Bad"' in (diagnostic.message_primary or "") for diagnostic in said)
    assert rows(docs, ALL) == []


@pytest.mark.parametrize(
    "vec",
    [
        "[1, null]", "[null, 1]", '"[NaN,1]"', '"[1,Infinity]"', '"[1,-inf]"', '["1", "x"]',
        '"1,2"', '"[1,2"', '""', '"text"', "[[1,2]]", "[1, {}]", "[1, true]", "[1e60, 1]",
        "[]", '"[]"', '"[1,,2]"',
    ],
)  # fmt: skip
def test_a_vector_in_a_record_that_can_not_be_read(docs: Connection, vec: str) -> None:
    records = f'[{{"id": "good", "vec": [1,2]}}, {{"id": "Bad", "vec": {vec}}}]'
    said = refused(docs, "VS001", "SELECT vecs.upsert('docs', %s)", [records])
    assert '"Bad"' in (said.message_primary or "")
    assert rows(docs, ALL) == []


def test_a_number_that_half_precision_can_not_hold(connection: Connection) -> None:
    connection.execute("SELECT vecs.create_collection('docs', 2, 'halfvec')")
    records = '[{"id": "good", "vec": [65504,2]}, {"id": "Bad", "vec": [65520,1]}]'
    said = refused(connection, "VS001", "SELECT vecs.upsert('docs', %s)", [records])
    assert '"Bad"' in (said.message_primary or "")
    for statement in (
        "SELECT vecs.upsert('docs', 'Bad', '[1e9,1]')",
        "SELECT vecs.upsert_many('docs', '{good,Bad,c}', '{\"[1,1]\",\"[1e9,1]\",\"[-1e9,1]\"}')",
    ):
        said = refused(connection, "VS001", statement)
        assert '"Bad"' in (said.message_primary or "")
        assert said.message_detail


@pytest.mark.parametrize("vec", ["[NaN,1]", "[inf,1]", "[1,null]", "text", "[]", "[1,2"])
def test_a_vector_argument_that_can_not_be_read(docs: Connection, vec: str) -> None:
    for statement in (
        "SELECT vecs.upsert('docs', 'a', %s)",
        "SELECT vecs.upsert_many('docs', '{a}', ARRAY[%s]::vector[])",
        "SELECT vecs.query('docs', %s)",
    ):
        with pytest.raises(AssertionError, match=r"^22\w{3}: "):
            refused(docs, "the server's own", statement, [vec])


@pytest.mark.parametrize("vec", ["[1]", "[1,2,3]", "[0.1,0.2,0.3,0.4]"])
def test_a_vector_of_another_length(docs: Connection, vec: str) -> None:
    many = f'{{"[1,2]","{vec}","[1,2]"}}'
    records = f'[{{"id": "good", "vec": [1,2]}}, {{"id": "Bad", "vec": {vec}}}]'
    for statement, argument in (
        ("SELECT vecs.upsert('docs', 'Bad', %s)", vec),
        ("SELECT vecs.upsert_many('docs', '{good,Bad,fine}', %s)", many),
        ("SELECT vecs.upsert('docs', %s)", records),
    ):
        said = refused(docs, "VS004", statement, [argument])
        assert '"Bad"' in (said.message_primary or "")
        assert str(vec.count(",") + 1) in (said.message_primary or "")
    assert rows(docs, ALL) == []


@pytest.mark.parametrize(
    "records",
    [
        "1", '"text"', "null", "true", "[1]", "[null]", "[[]]", '[{"id": "a", "vec": [1,2]}, 5]',
        "{}", '{"id": "a"}', '{"vec": [1,2]}', '{"id": null, "vec": [1,2]}',
        '{"id": 1, "vec": [1,2]}', '{"id": ["a"], "vec": [1,2]}', '{"id": "a", "vec": null}',
        '{"id": "a", "vec": 5}', '{"id": "a", "vec": {}}', '{"id": "a", "vec": true}',
        '{"id": "a", "vec": [1,2], "meta": {}}', '{"id": "a", "vec": [1,2], "Metadata": {}}',
        '{"id": "a", "vec": [1,2], "metadata": {}, "": 1}', '{"ID": "a", "vec": [1,2]}',
    ],
)  # fmt: skip
def test_records_of_another_form(docs: Connection, records: str) -> None:
    refused(docs, "VS001", "SELECT vecs.upsert('docs', %s::jsonb)", [records])
    assert rows(docs, ALL) == []


def test_an_error_names_the_record(docs: Connection) -> None:
    records = '[{"id": "a", "vec": [1,2]}, {"id": "b", "vec": [1,2], "colour": 1}]'
    said = refused(docs, "VS001", "SELECT vecs.upsert('docs', %s)", [records])
    assert said.message_primary == 'record 2 has the unknown key "colour"'


def test_null_arguments(docs: Connection) -> None:
    for statement in (
        "SELECT vecs.upsert('docs', NULL)",
        "SELECT vecs.upsert('docs', NULL::jsonb)",
        "SELECT vecs.upsert(NULL, '[]')",
        "SELECT vecs.upsert(NULL, 'a', '[1,2]')",
        "SELECT vecs.upsert('docs', NULL, '[1,2]')",
        "SELECT vecs.upsert('docs', 'a', NULL)",
        "SELECT vecs.upsert_many(NULL, '{a}', '{\"[1,2]\"}')",
        "SELECT vecs.upsert_many('docs', NULL, '{\"[1,2]\"}')",
        "SELECT vecs.upsert_many('docs', '{a}', NULL)",
        "SELECT vecs.upsert_many('docs', '{a,NULL}', '{\"[1,2]\",\"[1,2]\"}')",
        "SELECT vecs.upsert_many('docs', '{a,b}', '{\"[1,2]\",NULL}')",
        "SELECT vecs.fetch(NULL, '{a}')",
        "SELECT vecs.fetch('docs', NULL)",
        "SELECT vecs.count_rows(NULL)",
        "SELECT vecs.delete(NULL, '{a}')",
        "SELECT vecs.delete('docs', NULL)",
        "SELECT vecs.delete('docs', NULL, NULL)",
        "SELECT vecs.truncate_collection(NULL)",
    ):
        refused(docs, "VS001", statement)
    assert rows(docs, ALL) == []
    assert value(docs, "SELECT vecs.upsert('docs', 'a', '[1,2]', NULL)") == 1
    assert value(docs, "SELECT vecs.upsert_many('docs', '{b}', '{\"[1,2]\"}', NULL)") == 1
    assert rows(docs, ALL) == [("a", "[1,2]", {}), ("b", "[1,2]", {})]
    assert value(docs, "SELECT vecs.count_rows('docs', NULL)") == 2
    assert column(docs, "SELECT id FROM vecs.fetch('docs', '{b,NULL,a}')") == ["b", "a"]


@pytest.mark.parametrize(
    ("ids", "vecs", "metadata"),
    [
        (["a"], [], None),
        ([], ["[1,2]"], None),
        (["a", "b"], ["[1,2]"], None),
        (["a"], ["[1,2]", "[1,2]"], None),
        (["a"], ["[1,2]"], "[]"),
        (["a"], ["[1,2]"], "[{}, {}]"),
        ([], [], "[{}]"),
        (["a"], ["[1,2]"], "{}"),
        (["a"], ["[1,2]"], "null"),
        (["a"], ["[1,2]"], '"text"'),
        ([["a"], ["b"]], ["[1,2]", "[3,4]"], None),
    ],
)
def test_arrays_of_different_lengths(
    docs: Connection, ids: list[Any], vecs: list[str], metadata: str | None
) -> None:
    many = "SELECT vecs.upsert_many('docs', %s::text[], %s::vector[], %s)"
    refused(docs, "VS001", many, [ids, vecs, metadata])


def test_no_rows_to_write(docs: Connection) -> None:
    for metadata in ("NULL", "'[]'"):
        assert value(docs, f"SELECT vecs.upsert_many('docs', '{{}}', '{{}}', {metadata})") == 0
    assert rows(docs, ALL) == []


@pytest.mark.parametrize(
    ("ids", "vecs", "metadata", "sqlstate"),
    [
        ("id", "CASE n WHEN 50000 THEN '[1]' ELSE '[1,2]' END", "'{}'", "VS004"),
        ("id", "CASE WHEN n <> 50000 THEN '[1,2]' END", "'{}'", "VS001"),
        ("id", "'[1,2]'", "CASE n WHEN 50000 THEN '[]' ELSE '{}' END", "VS001"),
        ("CASE WHEN n <> 50000 THEN id END", "'[1,2]'", "'{}'", "VS001"),
    ],
    ids=["length", "null vector", "metadata", "null id"],
)
def test_one_bad_row_of_100_000(
    connection: Connection, ids: str, vecs: str, metadata: str, sqlstate: str
) -> None:
    connection.execute("SELECT vecs.create_collection('docs', 2)")
    connection.execute("SELECT vecs.upsert('docs', 'id7', '[7,7]', '{\"old\": true}')")
    said = refused(
        connection,
        sqlstate,
        f"""
        SELECT vecs.upsert_many(
            'docs',
            array_agg({ids} ORDER BY n),
            array_agg(({vecs})::vector ORDER BY n),
            jsonb_agg(({metadata})::jsonb ORDER BY n)
        )
        FROM (SELECT n, 'id' || n AS id FROM generate_series(1, 100000) AS n) AS r
        """,
    )
    assert "50000" in (said.message_primary or "")
    assert rows(connection, ALL) == [("id7", "[7,7]", {"old": True})]


def test_100_000_rows_in_one_call(connection: Connection) -> None:
    """In a mixed order, each of a thousand ids twice."""
    connection.execute("SELECT vecs.create_collection('docs', 2)")
    written = value(
        connection,
        """
        SELECT vecs.upsert_many(
            'docs',
            array_agg('id' || n % 99000 ORDER BY n),
            array_agg(format('[1,%s]', n)::vector ORDER BY n),
            jsonb_agg(jsonb_build_object('n', n) ORDER BY n)
        )
        FROM generate_series(0, 99999) AS n
        """,
    )
    assert written == value(connection, "SELECT vecs.count_rows('docs')") == 99_000
    assert rows(connection, "SELECT vec, metadata FROM vecs.fetch('docs', '{id7,id5000}')") == [
        ("[1,99007]", {"n": 99007}),
        ("[1,5000]", {"n": 5000}),
    ]


def test_a_failed_call_leaves_what_was_there(docs: Connection) -> None:
    docs.execute("SELECT vecs.upsert('docs', 'a', '[1,2]', '{\"old\": true}')")
    docs.execute("ALTER TABLE vecs.docs ADD CHECK (metadata ->> 'bad' IS NULL)")
    records = [{"id": id_, "vec": [3, 4]} for id_ in "abc"]
    bad = {"id": "d", "vec": [3, 4], "metadata": {"bad": 1}}
    refused(docs, "23514", "SELECT vecs.upsert('docs', %s)", [Jsonb([*records, bad])])
    assert rows(docs, ALL) == [("a", "[1,2]", {"old": True})]


# --- fetch


def test_fetch_keeps_the_order_of_the_ids(docs: Connection) -> None:
    ids = fill(docs, "docs", [[number, 1] for number in range(50)])
    asked = [ids[number * 7 % 50] for number in range(50)]
    assert column(docs, "SELECT id FROM vecs.fetch('docs', %s)", [asked]) == asked
    twice = [asked[3], "none", asked[1], asked[3], asked[1], asked[2]]
    assert column(docs, "SELECT id FROM vecs.fetch('docs', %s)", [twice]) == [
        asked[3], asked[1], asked[2],
    ]  # fmt: skip
    assert rows(docs, "SELECT * FROM vecs.fetch('docs', '{}')") == []
    assert rows(docs, "SELECT * FROM vecs.fetch('docs', '{none}')") == []


def test_fetch_gives_a_vector_of_type_vector(docs: Connection) -> None:
    docs.execute("SELECT vecs.upsert('docs', 'a', '[1,2]')")
    kind = "SELECT pg_typeof(vec)::text FROM vecs.fetch('docs', '{a}')"
    assert value(docs, kind) == "vector"


def test_fetch_finds_ids_by_the_primary_key(connection: Connection) -> None:
    """50,000 ids of 50,000 rows within the time that comparing each with each would not hold."""
    connection.execute("SELECT vecs.create_collection('docs', 2)")
    connection.execute("""
        SELECT vecs.upsert_many('docs', array_agg('id' || n), array_agg('[1,2]'::vector))
        FROM generate_series(1, 50000) AS n
    """)
    connection.execute("SET LOCAL statement_timeout = '10s'")
    ids = "SELECT array_agg('id' || n ORDER BY n DESC) FROM generate_series(1, 50000) AS n"
    assert value(connection, f"SELECT count(*) FROM vecs.fetch('docs', ({ids}))") == 50_000
    assert value(connection, f"SELECT count(*) FROM vecs.delete('docs', ({ids}))") == 50_000


# --- delete


def test_delete_by_ids(docs: Connection) -> None:
    ids = fill(docs, "docs", [[number, 1] for number in range(6)])
    asked = [ids[4], "none", ids[1], ids[4]]
    assert sorted(column(docs, "SELECT vecs.delete('docs', %s)", [asked])) == [ids[1], ids[4]]
    assert column(docs, "SELECT vecs.delete('docs', %s)", [asked]) == []
    assert column(docs, "SELECT vecs.delete('docs', '{}')") == []
    assert column(docs, "SELECT vecs.delete('docs', '{NULL}')") == []
    assert [row[0] for row in rows(docs, ALL)] == [ids[0], ids[2], ids[3], ids[5]]


def test_delete_by_filter(docs: Connection) -> None:
    fill(docs, "docs", [[n, 1] for n in range(9)], [{"n": n, "odd": n % 2 == 1} for n in range(9)])
    delete = "SELECT vecs.delete('docs', filters => %s)"
    gone = column(docs, delete, [Jsonb({"odd": True, "n": {"$gt": 2}})])
    assert sorted(gone) == ["r00003", "r00005", "r00007"]
    assert column(docs, delete, [Jsonb({"odd": "nothing"})]) == []
    assert column(docs, "SELECT vecs.delete('docs', NULL, '{\"odd\": true}')") == ["r00001"]
    assert value(docs, "SELECT vecs.count_rows('docs')") == 5


def test_delete_must_say_what(docs: Connection) -> None:
    fill(docs, "docs", [[1, 1], [1, 2]])
    for arguments in (
        "",
        ", NULL",
        ", ids => NULL",
        ", ids => NULL, filters => NULL",
        ", '{r00000}', '{\"a\": 1}'",
        ", '{}', '{}'",
        ", '{}', '{\"a\": 1}'",
        ", '{r00000}', '{}'",
    ):
        refused(docs, "VS001", f"SELECT vecs.delete('docs'{arguments})")
    refused(
        docs, "VS001", "SELECT vecs.delete('docs', filters => '{\"$and\": [{}, {\"$and\": []}]}')"
    )
    said = refused(docs, "VS001", "SELECT vecs.delete('docs', filters => '{}')")
    assert "truncate_collection" in (said.message_hint or "")
    for filters in ("[]", "null", "5", '"text"', '{"$or": []}', '{"a": {"$eg": 1}}'):
        refused(docs, "VS005", "SELECT vecs.delete('docs', filters => %s)", [filters])
    assert value(docs, "SELECT vecs.count_rows('docs')") == 2


# --- truncate_collection, count_rows


def test_truncate_keeps_the_indexes(docs: Connection) -> None:
    fill(docs, "docs", [[number, 1] for number in range(20)])
    index = value(docs, "SELECT vecs.create_index('docs')")
    assert value(docs, "SELECT vecs.truncate_collection('docs')") == ""
    described = value(docs, "SELECT vecs.describe_collection('docs')")
    assert described["count"] == 0
    assert [i["name"] for i in described["vector_indexes"]] == [index]
    assert rows(docs, "SELECT * FROM vecs.query('docs', '[1,1]')") == []


def test_count_rows(docs: Connection) -> None:
    assert value(docs, "SELECT vecs.count_rows('docs')") == 0
    fill(docs, "docs", [[n, 1] for n in range(9)], [{"n": n, "odd": n % 2 == 1} for n in range(9)])
    count = "SELECT vecs.count_rows('docs', %s)"
    assert value(docs, count, ["{}"]) == 9
    assert value(docs, count, ['{"odd": true}']) == 4
    assert value(docs, count, ['{"odd": true, "n": {"$lt": 4}}']) == 2
    assert value(docs, count, ['{"none": 1}']) == 0
    refused(docs, "VS005", count, ["[]"])
    refused(docs, "VS005", count, ["null"])


def test_count_is_not_captured_by_the_schema(docs: Connection) -> None:
    fill(docs, "docs", [[1, 1], [1, 2]])
    docs.execute("SET LOCAL search_path = vecs, public")
    assert value(docs, "SELECT count(id) FROM docs") == 2
    assert value(docs, "SELECT count(metadata) FROM docs") == 2


# --- ids that the primary key cannot hold


def incompressible(characters: int) -> str:
    return "".join(random.Random(7).choices(string.ascii_letters + string.digits, k=characters))


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT vecs.upsert('docs', %(id)s, '[1,2]')",
        "SELECT vecs.upsert('docs', jsonb_build_array(jsonb_build_object('id', %(id)s::text, 'vec', '[1,2]')))",
        "SELECT vecs.upsert_many('docs', ARRAY['a', %(id)s], '{\"[1,2]\",\"[3,4]\"}')",
    ],
)
def test_an_id_that_is_too_long(docs: Connection, statement: str) -> None:
    id_ = incompressible(4000)
    with pytest.raises(psycopg.Error) as caught, docs.transaction():
        docs.execute(statement.encode(), {"id": id_})
    said = caught.value.diag
    assert said.sqlstate == "VS001"
    assert id_[:100] in (said.message_primary or "")
    assert "4000 bytes" in (said.message_primary or "")
    assert said.message_hint
    assert len((said.context or "").splitlines()) <= 2
    assert value(docs, "SELECT vecs.count_rows('docs')") == 0
    # What can be compressed fits, and so does what is shorter.
    for fits in ("x" * 4000, incompressible(2650)):
        docs.execute(statement.encode(), {"id": fits})
        assert column(docs, "SELECT id FROM vecs.fetch('docs', %s)", [[fits]]) == [fits]


# --- vectors of half precision, and whole numbers of 64 bits


def test_halfvec_wherever_a_vector_is(docs: Connection) -> None:
    half, halves = "'[1,2]'::halfvec", "ARRAY['[1,2]'::halfvec, '[2,1]']"
    docs.execute(f"SELECT vecs.upsert('docs', 'a', {half})".encode())
    docs.execute(
        f"SELECT vecs.upsert('docs', 'b', vec => {half}, metadata => '{{\"n\": 1}}')".encode()
    )
    docs.execute(f"SELECT vecs.upsert_many('docs', ARRAY['c', 'd'], {halves})".encode())
    docs.execute(f"SELECT vecs.upsert_many('docs', '{{e,f}}', {halves}, '[{{}}, null]')".encode())
    assert value(docs, "SELECT vecs.count_rows('docs')") == 6
    near = f"SELECT id FROM vecs.query('docs', {half}"
    assert sorted(column(docs, f"{near}, 4)")) == ["a", "b", "c", "e"]
    assert column(docs, f"{near}, filters => '{{\"n\": 1}}', include_vec => true)") == ["b"]
    assert len(column(docs, f"SELECT id FROM vecs.query_many('docs', {halves}, 2)")) == 4
    assert value(docs, f"SELECT vecs.explain('docs', {half}, 4)")["rows"] == 4
    # Of each row of a table of halfvecs.
    docs.execute("CREATE TEMPORARY TABLE asked AS SELECT '[2,1]'::halfvec AS vec")
    lateral = "SELECT q.id FROM asked AS a CROSS JOIN LATERAL vecs.query('docs', a.vec, 2) AS q ORDER BY 1"
    assert column(docs, lateral) == ["d", "f"]
    for statement in (
        f"SELECT vecs.upsert('docs', NULL, {half})",
        f"SELECT vecs.upsert_many('docs', '{{a}}', {halves})",
        "SELECT vecs.upsert_many('docs', '{a}', NULL::halfvec[])",
        f"{near}, -1)",
        "SELECT vecs.query('docs', NULL::halfvec)",
    ):
        refused(docs, "VS001", statement)
    for statement in (
        "SELECT vecs.upsert('docs', 'a', '[1,2,3]'::halfvec)",
        "SELECT vecs.query('docs', '[1,2,3]'::halfvec)",
        "SELECT vecs.query_many('docs', ARRAY['[1,2,3]'::halfvec])",
        "SELECT vecs.explain('docs', '[1,2,3]'::halfvec)",
    ):
        refused(docs, "VS004", statement)
    refused(docs, "VS002", f"SELECT vecs.query('nothing', {half})")
    refused(docs, "VS005", f'{near}, filters => \'{{"a": {{"$x": 1}}}}\')')


def test_a_call_without_types_means_vectors(connection: Connection) -> None:
    """A number that half precision cannot hold is kept, whatever the type of the collection's name."""
    connection.execute("SELECT vecs.create_collection('docs', 1)")
    exact = [1 + 2**-20]
    for number, name in enumerate(("'docs'", "'docs'::text", "'docs'::varchar", "'docs'::name")):
        connection.execute(f"SELECT vecs.upsert({name}, 'r{number}', '{exact}')".encode())
        connection.execute(
            f"SELECT vecs.upsert_many({name}, '{{m{number}}}', '{{\"{exact}\"}}')".encode()
        )
        search = f"SELECT distance FROM vecs.query({name}, '[1]', measure => 'l2_distance')"
        assert set(column(connection, search)) == {2**-20}
        assert value(connection, f"SELECT vecs.explain({name}, '[1]')")["rows"] == 2 * number + 2
    assert value(connection, "SELECT vecs.count_rows('docs')") == 8


@pytest.mark.parametrize("type_", ["smallint", "integer", "bigint"])
def test_whole_numbers_of_any_type(connection: Connection, type_: str) -> None:
    two = f"2::{type_}"
    connection.execute(f"SELECT vecs.create_collection('docs', {two})".encode())
    connection.execute(
        "SELECT vecs.upsert_many('docs', '{a,b,c}', '{\"[1,2]\",\"[1,3]\",\"[1,4]\"}')"
    )
    for call in (
        f"query('docs', '[1,2]', {two}, ef_search => {two}, probes => {two})",
        f"query_many('docs', '{{\"[1,2]\"}}', {two}, ef_search => {two}, probes => {two})",
        f"query_by_id('docs', 'a', {two}, ef_search => {two}, probes => {two})",
        f"scan('docs', page_size => {two})",
    ):
        assert len(rows(connection, f"SELECT * FROM vecs.{call}")) == 2
    assert value(connection, f"SELECT vecs.explain('docs', '[1,2]', {two})")["rows"] == 2
    assert value(connection, f"SELECT sampled FROM vecs.recall('docs', {two}, {two})") == 2
    # What count(*) gives, and more rows than anybody has.
    for many in ("(SELECT count(*) FROM vecs.docs)", "3000000000", "9223372036854775807"):
        assert len(rows(connection, f"SELECT * FROM vecs.query('docs', '[1,2]', {many})")) == 3
        filtered = f"SELECT * FROM vecs.query('docs', '[1,2]', {many}, '{{\"a\": {{\"$exists\": false}}}}')"
        assert len(rows(connection, filtered)) == 3
        assert len(rows(connection, f"SELECT * FROM vecs.query_by_id('docs', 'a', {many})")) == 2
        assert (
            len(rows(connection, f"SELECT * FROM vecs.query_many('docs', '{{\"[1,2]\"}}', {many})"))
            == 3
        )
        assert value(connection, f"SELECT vecs.explain('docs', '[1,2]', {many})")["rows"] == 3
        assert len(rows(connection, f"SELECT * FROM vecs.scan('docs', page_size => {many})")) == 3
    connection.execute("SELECT vecs.create_index('docs')")
    for many in ("3000000000", "9223372036854775807"):
        assert len(rows(connection, f"SELECT * FROM vecs.query('docs', '[1,2]', {many})")) == 3
        assert value(connection, f"SELECT recall FROM vecs.recall('docs', {many}, {many})") == 1


# --- tables of the user's own


def test_null_metadata_is_an_empty_object(connection: Connection) -> None:
    connection.execute("CREATE TABLE vecs.own (id text PRIMARY KEY, vec vector(2), metadata jsonb)")
    connection.execute(
        "INSERT INTO vecs.own VALUES ('a', '[1,2]', NULL), ('b', '[1,3]', '{\"n\": 1}')"
    )
    wanted = [("a", {}), ("b", {"n": 1})]
    for call in (
        "query('own', '[1,2]')",
        "query('own', '[1,2]', strategy => 'exact')",
        "query_many('own', '{\"[1,2]\"}')",
        "query('own', '[1,2]', filters => '{\"x\": {\"$exists\": false}}')",
        "scan('own')",
        "fetch('own', '{a,b}')",
    ):
        assert rows(connection, f"SELECT id, metadata FROM vecs.{call}") == wanted
    connection.execute("SELECT vecs.create_index('own')")
    assert rows(connection, "SELECT id, metadata FROM vecs.query('own', '[1,2]')") == wanted
    assert rows(connection, "SELECT id, metadata FROM vecs.query('own', '[1,2]', 50)") == wanted
    assert value(connection, "SELECT vecs.count_rows('own', '{\"n\": {\"$exists\": false}}')") == 1
    update = "SELECT vecs.update_metadata('own', '{\"k\": 2}', '{a}')"
    assert value(connection, update) == 1
    assert value(connection, "SELECT metadata FROM vecs.own WHERE id = 'a'") == {"k": 2}


def test_a_table_without_ids_is_no_collection(connection: Connection) -> None:
    connection.execute(
        "CREATE TABLE vecs.own (key text PRIMARY KEY, vec vector(2), metadata jsonb)"
    )
    connection.execute("CREATE INDEX ON vecs.own USING hnsw (vec vector_cosine_ops)")
    assert rows(connection, "SELECT * FROM vecs.list_collections()") == []
    refused(connection, "VS002", "SELECT vecs.query('own', '[1,2]')")
    refused(connection, "VS002", "SELECT vecs.upsert('own', 'a', '[1,2]')")
    refused(connection, "VS003", "SELECT vecs.create_collection('own', 2)")


# --- JSON that was encoded twice


@pytest.mark.parametrize(
    "statement",
    [
        'SELECT vecs.upsert(\'docs\', to_jsonb(\'[{"id": "a", "vec": [1,2]}]\'::text))',
        'SELECT vecs.upsert(\'docs\', jsonb_build_array(\'{"id": "a", "vec": [1,2]}\'::text))',
        "SELECT vecs.upsert('docs', 'a', '[1,2]', to_jsonb('{\"n\": 1}'::text))",
        "SELECT vecs.upsert_many('docs', '{a}', '{\"[1,2]\"}', to_jsonb('[{\"n\": 1}]'::text))",
        "SELECT vecs.upsert_many('docs', '{a}', '{\"[1,2]\"}', jsonb_build_array('{\"n\": 1}'::text))",
        "SELECT vecs.update_metadata('docs', to_jsonb('{\"n\": 1}'::text), '{a}')",
    ],
)
def test_the_hint_for_json_that_was_encoded_twice(docs: Connection, statement: str) -> None:
    assert "twice" in (refused(docs, "VS001", statement).message_hint or "")


def test_the_id_that_is_too_long_is_named(docs: Connection) -> None:
    """Not a longer one that can be compressed; and not an id where another index has no room."""
    id_ = incompressible(3500)
    arrays = ["{" + "x" * 6000 + "," + id_ + "}", '{"[1,2]","[3,4]"}']
    said = refused(docs, "VS001", "SELECT vecs.upsert_many('docs', %s, %s)", arrays)
    assert "of row 2" in (said.message_primary or "")
    assert id_[:100] in (said.message_primary or "")
    docs.execute("SELECT vecs.create_metadata_index('docs', 'n')")
    number = "".join(random.Random(7).choices("123456789", k=12_000))
    arrays = ["{" + "x" * 3000 + ",b}", '{"[1,2]","[3,4]"}', '[{}, {"n": ' + number + "}]"]
    refused(docs, "54000", "SELECT vecs.upsert_many('docs', %s, %s, %s)", arrays)


def test_no_collection_for_a_role_without_privileges(databases: Databases, database: str) -> None:
    with psycopg.connect(database, autocommit=True) as owner:
        owner.execute("CREATE TABLE vecs.other (id text)")
        owner.execute("GRANT USAGE ON SCHEMA vecs TO stranger")
    with psycopg.connect(databases.as_role(database, "stranger"), autocommit=True) as stranger:
        for name in ("_migration", "other", "nothing"):
            refused(stranger, "VS002", f"SELECT vecs.upsert('{name}', 'a', '[1,2]')")
            refused(stranger, "VS002", f"SELECT vecs.delete('{name}', '{{a}}')")
