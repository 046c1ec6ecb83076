"""update_metadata: its modes, the rows it is about, what it writes and what it refuses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from psycopg.types.json import Jsonb

from tests.sql.support import ODD_NAMES, Connection, fill, refused, rows, value

if TYPE_CHECKING:
    from tests.sql.support import Row

ALL = 'SELECT id, metadata FROM vecs.docs ORDER BY id COLLATE "C"'
UPDATE = "SELECT vecs.update_metadata('docs', %s, %s, mode => %s)"
STORED: list[dict[str, Any]] = [
    {"n": 0, "tags": ["x"]},
    {"n": 1, "deep": {"a": 1}},
    {},
    {"n": None},
]


@pytest.fixture(params=["vector", "halfvec"])
def docs(connection: Connection, request: pytest.FixtureRequest) -> Connection:
    """A connection with the collection docs, which has r00000 to r00003 with the metadata of STORED."""
    connection.execute("SELECT vecs.create_collection('docs', 2, %s)", [request.param])
    fill(connection, "docs", [[n, 1] for n in range(4)], STORED)
    return connection


def metadata(connection: Connection) -> list[Any]:
    """Return the metadata in the order of the ids."""
    return [document for _, document in rows(connection, ALL)]


def versions(connection: Connection) -> list[Row]:
    """Return the place of each row, which changes when the row is written again."""
    return rows(connection, 'SELECT ctid::text FROM vecs.docs ORDER BY id COLLATE "C"')


# --- the modes


@pytest.mark.parametrize(
    ("mode", "patch", "expected"),
    [
        ("merge", {"k": 1}, [{**document, "k": 1} for document in STORED]),
        (None, {"k": 1}, [{**document, "k": 1} for document in STORED]),
        ("merge", {"n": 7, "j": [1]}, [{**document, "n": 7, "j": [1]} for document in STORED]),
        # At the top level only; a null is stored.
        ("merge", {"deep": {"b": None}}, [{**document, "deep": {"b": None}} for document in STORED]),
        ("merge", {"n": None}, [{**document, "n": None} for document in STORED]),
        ("merge", {"": {"$eq": 1}}, [{**document, "": {"$eq": 1}} for document in STORED]),
        ("merge", {}, STORED),
        ("replace", {"k": {"a": [1, None]}}, [{"k": {"a": [1, None]}}] * 4),
        ("replace", {}, [{}] * 4),
        ("remove", ["n"], [{"tags": ["x"]}, {"deep": {"a": 1}}, {}, {}]),
        ("remove", ["n", "tags", "deep", "none", "n", "a"], [{}] * 4),
        ("remove", [], STORED),
    ],
)  # fmt: skip
@pytest.mark.parametrize("by", ["ids", "filters"])
def test_modes(docs: Connection, by: str, mode: str | None, patch: Any, expected: Any) -> None:  # noqa: ANN401
    docs.execute("SELECT vecs.upsert('docs', 's', '[1,1]', '{\"other\": 1}')")
    which: Any = ["r00000", "r00001", "r00002", "r00003"]
    if by == "filters":
        which = Jsonb({"other": {"$exists": False}})
    update = f"SELECT vecs.update_metadata('docs', %s, {by} => %s, mode => %s)"
    assert value(docs, update, [Jsonb(patch), which, mode]) == 4
    assert metadata(docs) == [*expected, {"other": 1}]
    vecs = "SELECT vec FROM vecs.fetch('docs', '{r00000,r00003}')"
    assert rows(docs, vecs) == [("[0,1]",), ("[3,1]",)]


def test_merge_is_the_default(docs: Connection) -> None:
    assert value(docs, "SELECT vecs.update_metadata('docs', '{\"k\": 1}', '{r00000,r00001}')") == 2
    assert metadata(docs) == [{**STORED[0], "k": 1}, {**STORED[1], "k": 1}, *STORED[2:]]


def test_arguments_by_name(docs: Connection) -> None:
    named = (
        "SELECT vecs.update_metadata(mode => 'remove', filters => '{\"n\": 1}',"
        " patch => '[\"deep\"]', collection => 'docs')"
    )
    assert value(docs, named) == 1
    named = "SELECT vecs.update_metadata(ids => '{r00002}', patch => '{\"k\": 1}', collection => 'docs')"
    assert value(docs, named) == 1
    positional = (
        "SELECT vecs.update_metadata('docs', '{\"k\": 2}', NULL, '{\"n\": null}', 'replace')"
    )
    assert value(docs, positional) == 1
    assert metadata(docs) == [STORED[0], {"n": 1}, {"k": 1}, {"k": 2}]


@pytest.mark.parametrize("key", ODD_NAMES)
def test_keys_and_values_are_any_text(connection: Connection, key: str) -> None:
    connection.execute("SELECT vecs.create_collection('docs', 1)")
    connection.execute("SELECT vecs.upsert('docs', %s, '[1]', '{\"stays\": 1}')", [key])
    assert value(connection, UPDATE, [Jsonb({key: [key]}), [key], "merge"]) == 1
    assert metadata(connection) == [{"stays": 1, key: [key]}]
    assert value(connection, UPDATE, [Jsonb([key]), [key], "remove"]) == 1
    assert metadata(connection) == [{"stays": 1}]
    assert value(connection, UPDATE, [Jsonb({key: key}), [key], "replace"]) == 1
    assert metadata(connection) == [{key: key}]


# --- the rows


def test_ids(docs: Connection) -> None:
    ids = ["r00002", None, "nothing", "r00000", "r00002"]
    assert value(docs, UPDATE, [Jsonb({"k": 1}), ids, None]) == 2
    assert metadata(docs) == [{**STORED[0], "k": 1}, STORED[1], {"k": 1}, STORED[3]]
    for none in ([], [None], ["nothing"]):
        assert value(docs, UPDATE, [Jsonb({"k": 2}), none, None]) == 0
    assert [document.get("k") for document in metadata(docs)] == [1, None, 1, None]


def test_filters(docs: Connection) -> None:
    update = "SELECT vecs.update_metadata('docs', '{\"k\": 1}', filters => %s)"
    assert value(docs, update, [Jsonb({"n": {"$gte": 1}})]) == 1
    assert value(docs, update, [Jsonb({"n": "nothing"})]) == 0
    assert metadata(docs) == [STORED[0], {**STORED[1], "k": 1}, *STORED[2:]]
    # Without a condition: all rows.
    for filters in ("{}", '{"$and": []}'):
        docs.execute("SELECT vecs.update_metadata('docs', '[\"k\"]', NULL, '{}', 'remove')")
        assert value(docs, update, [filters]) == 4
        assert metadata(docs) == [{**document, "k": 1} for document in STORED]
    for filters in ("[]", "null", "5", '"text"', '{"$or": []}', '{"a": {"$eg": 1}}'):
        refused(docs, "VS005", update, [filters])


def test_a_filter_on_what_is_changed(docs: Connection) -> None:
    update = "SELECT vecs.update_metadata('docs', '{\"n\": 5}', filters => '{\"n\": 0}')"
    assert [value(docs, update), value(docs, update)] == [1, 0]


def test_50_000_ids(connection: Connection) -> None:
    """Within the time that comparing each with each would not hold."""
    connection.execute("SELECT vecs.create_collection('docs', 2)")
    connection.execute("""
        SELECT vecs.upsert_many('docs', array_agg('id' || n), array_agg('[1,2]'::vector))
        FROM generate_series(1, 50000) AS n
    """)
    connection.execute("SET LOCAL statement_timeout = '20s'")
    ids = "SELECT array_agg('id' || n ORDER BY n DESC) FROM generate_series(1, 50000) AS n"
    assert (
        value(connection, f"SELECT vecs.update_metadata('docs', '{{\"k\": 1}}', ({ids}))") == 50_000
    )
    assert value(connection, "SELECT vecs.count_rows('docs', '{\"k\": 1}')") == 50_000


# --- what is written


def test_rows_that_do_not_change_are_counted_and_not_written(docs: Connection) -> None:
    before = versions(docs)
    every = "SELECT vecs.update_metadata('docs', %s, filters => '{}', mode => %s)"
    for patch, mode in (({}, "merge"), ([], "remove"), (["none", "a"], "remove")):
        assert value(docs, every, [Jsonb(patch), mode]) == 4
    for number, document in enumerate(STORED):
        for mode in ("merge", "replace"):
            assert value(docs, UPDATE, [Jsonb(document), [f"r0000{number}"], mode]) == 1
    assert versions(docs) == before
    assert value(docs, every, [Jsonb({"n": 0}), "merge"]) == 4
    assert [one == other for one, other in zip(versions(docs), before, strict=True)] == [
        True, False, False, False,
    ]  # fmt: skip


def test_a_number_written_otherwise_is_a_change(docs: Connection) -> None:
    """1 and 1.0 are equal, but not the same to those who read them."""
    stored = "SELECT metadata::text FROM vecs.docs WHERE id = 'r00001'"
    for patch, expected in (
        ('{"n": 1.0}', '"n": 1.0'),
        ('{"n": 1}', '"n": 1,'),
        ('{"n": 1.50}', "1.50"),
    ):
        assert value(docs, UPDATE, [patch, ["r00001"], None]) == 1
        assert expected in value(docs, stored).replace("}", ",")


@pytest.mark.parametrize("mode", ["merge", "remove"])
@pytest.mark.parametrize("odd", ["[1]", '"text"', "5", "true", "[]", '[{"n": 1}]'])
def test_stored_metadata_that_is_no_object(docs: Connection, mode: str, odd: str) -> None:
    """As the vecs client lets in. It is not lost unless asked; and nothing else is written."""
    docs.execute("INSERT INTO vecs.docs VALUES ('Odd', '[1,1]', %s)", [odd])
    patch = '{"k": 1}' if mode == "merge" else '["n"]'
    every = "SELECT vecs.update_metadata('docs', %s, filters => '{}', mode => %s)"
    before = versions(docs)
    for statement, parameters in (
        (every, [patch, mode]),
        (UPDATE, [patch, ["Odd", "r00001"], mode]),
    ):
        said = refused(docs, "VS001", statement, parameters)
        assert said.message_primary == 'the metadata of id "Odd" is not an object'
    assert versions(docs) == before
    assert value(docs, UPDATE, ['{"k": 1}', ["Odd"], "replace"]) == 1
    assert value(docs, every, [patch, mode]) == 5


@pytest.mark.parametrize(
    ("mode", "left"), [("merge", {"k": 1}), ("replace", {"k": 1}), ("remove", {})]
)
def test_a_stored_null_stands_for_an_empty_object(
    docs: Connection, mode: str, left: dict[str, Any]
) -> None:
    docs.execute("INSERT INTO vecs.docs VALUES ('null', '[1,1]', 'null')")
    patch = '["k"]' if mode == "remove" else '{"k": 1}'
    assert value(docs, UPDATE, [patch, ["null"], mode]) == 1
    assert rows(docs, "SELECT id, metadata FROM vecs.fetch('docs', '{\"null\"}')") == [
        ("null", left)
    ]


def test_a_failed_call_leaves_what_was_there(docs: Connection) -> None:
    docs.execute(
        "ALTER TABLE vecs.docs ADD CHECK (metadata ->> 'n' <> '1' OR metadata -> 'k' IS NULL)"
    )
    refused(docs, "23514", "SELECT vecs.update_metadata('docs', '{\"k\": 1}', filters => '{}')")
    assert metadata(docs) == STORED


def test_searches_see_the_change(docs: Connection) -> None:
    docs.execute("SELECT vecs.create_index('docs')")
    assert value(docs, UPDATE, ['{"k": 1}', ["r00001", "r00003"], None]) == 2
    found = "SELECT id FROM vecs.query('docs', '[1,1]', 9, '{\"k\": 1}')"
    assert rows(docs, found) == [("r00001",), ("r00003",)]


# --- what is refused


def test_neither_or_both(docs: Connection) -> None:
    for arguments in (
        "",
        ", NULL",
        ", NULL, NULL",
        ", ids => NULL, filters => NULL",
        ", '{r00000}', '{\"n\": 1}'",
        ", '{r00000}', '{}'",
        ", '{}', '{}'",
    ):
        for patch in ('{"k": 1}', "{}"):
            said = refused(
                docs, "VS001", f"SELECT vecs.update_metadata('docs', '{patch}'{arguments})"
            )
            assert "ids" in (said.message_primary or "")
    assert metadata(docs) == STORED


@pytest.mark.parametrize("mode", ["", "Merge", "update", "delete", "remove ", "it's"])
def test_unknown_modes(docs: Connection, mode: str) -> None:
    for patch in ('{"k": 1}', '["k"]', "{}"):
        said = refused(docs, "VS001", UPDATE, [patch, ["r00000"], mode])
        assert said.message_primary == f'unknown mode "{mode}"'
        assert all(known in (said.message_hint or "") for known in ("merge", "replace", "remove"))
    assert metadata(docs) == STORED


@pytest.mark.parametrize(
    ("mode", "patch"),
    [
        *[
            (mode, patch)
            for mode in ("merge", "replace", None)
            for patch in ("[]", '["k"]', '[{"k": 1}]', '"k"', "1", "true", "null")
        ],
        *[
            ("remove", patch)
            for patch in ("{}", '{"k": 1}', '{"k": null}', '"k"', "1", "false", "null", "[1]", "[null]",
                          '["k", 1]', '["k", null]', '[["k"]]', '[{"k": 1}]', '["k", ["j"]]')
        ],
    ],
)  # fmt: skip
def test_patches_of_another_form(docs: Connection, mode: str | None, patch: str) -> None:
    said = refused(docs, "VS001", UPDATE, [patch, ["r00000"], mode])
    assert (said.message_primary or "").startswith("patch must be")
    refused(docs, "VS001", UPDATE, [patch, [], mode])
    assert metadata(docs) == STORED


def test_null_arguments(docs: Connection) -> None:
    for mode in ("merge", "replace", "remove", None):
        said = refused(docs, "VS001", UPDATE, [None, ["r00000"], mode])
        assert said.message_primary == "patch must not be null"
    refused(docs, "VS001", "SELECT vecs.update_metadata(NULL, '{}', '{r00000}')")
    refused(docs, "VS002", "SELECT vecs.update_metadata('nothing', '{}', '{r00000}')")
