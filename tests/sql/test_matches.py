"""matches: the same as the predicate of filter_sql, on one document."""

from __future__ import annotations

import json
from typing import Any

import pytest
from psycopg.types.json import Jsonb

from tests.sql.support import Connection, column, refused, rows, value
from tests.sql.test_filters import FINDS, REFUSED, ROWS

MATCHES = "SELECT vecs.matches(%s, %s)"


def test_finds_what_the_filters_find(connection: Connection) -> None:
    named = (
        "SELECT d.key FROM jsonb_each(%s) AS d (key, metadata) WHERE vecs.matches(d.metadata, %s)"
    )
    for filters, expected in FINDS:
        assert set(column(connection, named, [Jsonb(ROWS), Jsonb(filters)])) == expected, filters


# Metadata that is not an object has no keys, as little as NULL has.
NO_OBJECTS = [None, "[]", '["k", 1]', '[{"k": 1}]', '"k"', "1", "true", "null"]


@pytest.mark.parametrize("metadata", NO_OBJECTS)
def test_is_true_or_false_and_never_null(connection: Connection, metadata: str | None) -> None:
    for filters, expected in FINDS:
        found = value(connection, MATCHES, [metadata, Jsonb(filters)])
        assert found is ("none" in expected), filters
        assert value(connection, MATCHES, ["{}", Jsonb(filters)]) is found, filters


def test_the_same_as_the_predicate(connection: Connection) -> None:
    documents = [*map(json.dumps, ROWS.values()), *filter(None, NO_OBJECTS)]
    connection.execute("CREATE TEMPORARY TABLE documents (metadata jsonb)")
    connection.cursor().executemany(
        "INSERT INTO documents VALUES (%s)", [[document] for document in documents]
    )
    for filters, _ in FINDS:
        predicate = value(connection, "SELECT vecs.filter_sql(%s)", [Jsonb(filters)])
        both = f"SELECT coalesce({predicate}, false), vecs.matches(metadata, %s) FROM documents"
        pairs = rows(connection, both.replace("%", "%%").replace("%%s", "%s"), [Jsonb(filters)])
        assert len(pairs) == len(documents)
        assert all(pasted is matched for pasted, matched in pairs), filters


@pytest.mark.parametrize("filters", [None, "{}", '{"$and": []}'])
@pytest.mark.parametrize("metadata", [None, "{}", '{"k": 1}', "[]"])
def test_no_condition_matches_all(
    connection: Connection, metadata: str | None, filters: str | None
) -> None:
    assert value(connection, MATCHES, [metadata, filters]) is True


def test_arguments_by_name_and_untyped(connection: Connection) -> None:
    named = 'SELECT vecs.matches(filters => \'{"k": 1}\', metadata => \'{"k": 1, "j": 2}\')'
    assert value(connection, named) is True
    assert value(connection, """SELECT vecs.matches('{"k": "1"}', '{"k": 1}')""") is False
    assert value(connection, "SELECT vecs.matches(NULL, NULL)") is True


@pytest.mark.parametrize(("filters", "place"), REFUSED)
def test_is_refused(connection: Connection, filters: str, place: str) -> None:
    for metadata in ('{"k": 1}', None):
        said = refused(connection, "VS005", MATCHES, [metadata, filters])
        assert f'"{place}"' in (said.message_primary or "") or not place


@pytest.mark.parametrize("text", ["it's", "\\", "$1", "%s", "%I", "$sql$", "'; SELECT 1; --", "🐘"])
@pytest.mark.parametrize("conforming", ["on", "off"])
def test_hostile_text(connection: Connection, text: str, conforming: str) -> None:
    connection.execute(f"SET LOCAL standard_conforming_strings = {conforming}")
    connection.execute("SET LOCAL escape_string_warning = off")
    conditions: list[Any] = [
        text, {"$in": [text]}, {"$startswith": text}, {"$between": [text, text]},
    ]  # fmt: skip
    key = "k" + text
    for condition in conditions:
        for stored, expected in ((text, True), (text + "x", condition == {"$startswith": text})):
            asked = [Jsonb({key: stored, "": text}), Jsonb({key: condition})]
            assert value(connection, MATCHES, asked) is expected


def test_can_stand_in_an_index_and_a_policy(connection: Connection) -> None:
    """For it is immutable."""
    connection.execute("SELECT vecs.create_collection('docs', 1)")
    connection.execute(
        "CREATE INDEX ON vecs.docs (id) WHERE vecs.matches(metadata, '{\"kept\": true}')"
    )
    connection.execute(
        'ALTER TABLE vecs.docs ADD CHECK (vecs.matches(metadata, \'{"kept": {"$exists": true}}\'))'
    )
    assert value(connection, "SELECT vecs.upsert('docs', 'a', '[1]', '{\"kept\": true}')") == 1
    refused(connection, "23514", "SELECT vecs.upsert('docs', 'b', '[1]')")
