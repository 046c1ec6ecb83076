"""Text indexes over rows in different languages."""

from __future__ import annotations

from typing import Any

import pytest
from psycopg.types.json import Jsonb

from tests.sql.support import Connection, column, refused, value, watch

ROWS: list[tuple[str, dict[str, Any]]] = [
    ("en", {"text": "the runners were running", "lang": "en"}),
    ("gb", {"text": "a runner runs", "lang": "en-GB"}),
    ("de", {"text": "die Läufer liefen durch die Häuser", "lang": "german"}),
    ("fr", {"text": "les chevaux courent vers les maisons", "lang": "FR"}),
    ("none", {"text": "running without a language"}),
    ("odd", {"text": "running in a language that nobody knows", "lang": "tlh"}),
    ("number", {"text": "running under a number", "lang": 7}),
]
TEXT = "SELECT id FROM vecs.text_query('docs', %s, filters => %s, match => %s)"


@pytest.fixture
def docs(connection: Connection) -> Connection:
    connection.execute("SELECT vecs.create_collection('docs', 2)")
    for id_, metadata in ROWS:
        connection.execute("SELECT vecs.upsert('docs', %s, '[1,2]', %s)", [id_, Jsonb(metadata)])
    connection.execute("""SELECT vecs.create_text_index('docs', 'text', '{"key": "lang"}')""")
    return connection


@pytest.mark.parametrize(
    ("sought", "filters", "match", "expected"),
    [
        ("run", {}, "any", {"en", "gb"}),
        ("running", {}, "any", {"en", "gb", "none", "odd", "number"}),
        ("running", {"lang": "en"}, "any", {"en"}),
        ("run", {"lang": {"$eq": "en-GB"}}, "any", {"gb"}),
        ("running", {"lang": "tlh"}, "any", {"odd"}),
        ("Haus", {}, "any", {"de"}),
        ("haus garten", {"lang": "german"}, "all", set()),
        ("häusern läufers", {}, "all", {"de"}),
        ("maison cheval", {}, "any", {"fr"}),
        ("running -language", {}, "web", {"en", "gb", "number"}),
        ('"runner runs"', {}, "web", {"gb"}),
        ('"runs runner"', {}, "web", set()),
        ("runners runs", {"lang": {"$startswith": "en"}}, "all", {"en", "gb"}),
        # Of these, each language leaves out others.
        ("the", {"lang": "en"}, "any", set()),
    ],
)
def test_words_are_reduced_as_each_language_does(
    docs: Connection, sought: str, filters: dict[str, Any], match: str, expected: set[str]
) -> None:
    assert set(column(docs, TEXT, [sought, Jsonb(filters), match])) == expected


def test_the_default_is_for_all_other_values(docs: Connection) -> None:
    docs.execute(
        """SELECT vecs.create_text_index('docs', 'text', '{"key": "lang", "default": "english"}')"""
    )
    found = column(docs, TEXT, ["run", None, "any"])
    assert set(found) == {"en", "gb", "none", "odd", "number"}
    described = value(docs, "SELECT vecs.describe_collection('docs') -> 'text_index' -> 'config'")
    assert described == {"key": "lang", "default": "english"}


def test_a_row_may_change_its_language(docs: Connection) -> None:
    docs.execute("SELECT vecs.update_metadata('docs', '{\"lang\": \"en\"}', '{none}')")
    assert "none" in column(docs, TEXT, ["run", None, "any"])


def test_the_same_again_is_left_as_it_is(docs: Connection) -> None:
    again = """SELECT vecs.create_text_index('docs', 'text', '{"default": "simple", "key": "lang"}', false)"""
    assert value(docs, again).startswith("ix_text_")
    refused(docs, "VS006", "SELECT vecs.create_text_index('docs', 'text', 'english', false)")


def test_hybrid(docs: Connection) -> None:
    hybrid = "SELECT id FROM vecs.hybrid_query('docs', '[1,2]', %s, filters => %s)"
    assert len(column(docs, hybrid, ["Haus", None])) == len(ROWS)
    assert column(docs, hybrid, ["Haus", None])[0] == "de"
    notices = watch(docs)
    assert column(docs, hybrid, ["die", Jsonb({"lang": "german"})]) == ["de"]
    assert [notice.sqlstate for notice in notices] == ["VSW06"]


def test_a_long_text_is_searched_for_in_all_languages(docs: Connection) -> None:
    long = "Haus " + " ".join(f"x{n}" for n in range(100_000))
    assert column(docs, TEXT, [long, None, "any"]) == ["de"]


@pytest.mark.parametrize(
    "config",
    [
        "{}",
        '{"key": ""}',
        '{"key": 1}',
        '{"key": null}',
        '{"key": ["lang"]}',
        '{"default": "english"}',
        '{"key": "lang", "default": 1}',
        '{"key": "lang", "default": "englsh"}',
        '{"key": "lang", "more": 1}',
        '{"key": "lang"',
        '{"key": "\\u0000"}',
        ' {"kye": "lang"}',
    ],
)
def test_refused(docs: Connection, config: str) -> None:
    refused(docs, "VS001", "SELECT vecs.create_text_index('docs', 'text', %s)", [config])


def test_a_configuration_that_was_renamed(connection: Connection) -> None:
    connection.execute("SELECT vecs.create_collection('docs', 1)")
    connection.execute("CREATE TEXT SEARCH CONFIGURATION public.ours (COPY = simple)")
    connection.execute("SELECT vecs.create_text_index('docs', 'text', 'public.ours')")
    connection.execute("ALTER TEXT SEARCH CONFIGURATION public.ours RENAME TO theirs")
    said = refused(connection, "VS007", "SELECT vecs.text_query('docs', 'a')")
    assert '"public.ours"' in (said.message_primary or "")
    connection.execute("SELECT vecs.create_text_index('docs', 'text', 'public.theirs')")
    assert column(connection, "SELECT vecs.text_query('docs', 'a')") == []


def test_a_default_that_is_no_language(docs: Connection) -> None:
    docs.execute("CREATE TEXT SEARCH CONFIGURATION public.ours (COPY = english)")
    docs.execute(
        "ALTER TEXT SEARCH CONFIGURATION public.ours ALTER MAPPING FOR asciiword WITH simple"
    )
    docs.execute(
        """SELECT vecs.create_text_index('docs', 'text', '{"key": "lang", "default": "public.ours"}')"""
    )
    configs = column(
        docs,
        """SELECT unnest(vecs._text_configs('{"key": "lang", "default": "public.ours"}', '{}'))""",
    )
    assert any(str(config).endswith("ours") for config in configs)
    assert column(docs, TEXT, ["running language that", None, "all"]) == ["odd"]
