"""Searches for words that are misspelt, and for parts of texts without spaces: match => 'fuzzy'."""

from __future__ import annotations

from typing import Any

import pytest
from psycopg.types.json import Jsonb

from tests.sql.support import Connection, column, refused, rows, value, watch

TEXTS = {
    "elephant": "an elephant in the garden",
    "phantom": "the phantom of the opera",
    "giraffe": "a giraffe, and an elephant too",
    "ja": "機械学習は楽しい",
    "zh": "向量数据库的搜索",
    "ko": "데이터베이스에서 검색합니다",
    "th": "สวัสดีครับ",
    "ru": "Привет, мир",
    "list": ["one giraffe", "two zebras"],
    "none": None,
}
FUZZY = "SELECT id FROM vecs.text_query('docs', %s, %s, %s, 'fuzzy', skip => %s)"


@pytest.fixture
def docs(connection: Connection) -> Connection:
    """A connection to a database with some texts, and with pg_trgm in a schema of its own."""
    connection.execute("CREATE SCHEMA trgm; CREATE EXTENSION pg_trgm SCHEMA trgm")
    connection.execute("SELECT vecs.create_collection('docs', 2)")
    for n, (id_, text) in enumerate(TEXTS.items()):
        metadata = Jsonb({"text": text, "n": n} if text else {"n": n})
        connection.execute("SELECT vecs.upsert('docs', %s, '[1,2]', %s)", [id_, metadata])
    connection.execute("SELECT vecs.create_text_index('docs', 'text', 'simple')")
    return connection


def found(connection: Connection, sought: str, filters: dict[str, Any] | None = None) -> list[str]:
    return column(connection, FUZZY, [sought, 10, Jsonb(filters or {}), 0])


@pytest.mark.parametrize("indexed", [False, True])
@pytest.mark.parametrize(
    ("sought", "expected"),
    [
        ("elephnat", ["elephant", "giraffe"]),
        ("Elefant", ["elephant", "giraffe"]),
        ("girafe elephant", ["giraffe", "elephant", "list"]),
        ("zebar", ["list"]),
        ("phantom", ["phantom"]),
        ("学習", ["ja"]),
        ("機械翻訳", ["ja"]),
        ("数据库 elephnat", ["zh", "elephant", "giraffe"]),
        ("검색", ["ko"]),
        ("สวัสดี", ["th"]),
        ("прывет", ["ru"]),
        ("xyzzy", []),
    ],
)
def test_similar_words(docs: Connection, sought: str, expected: list[str], indexed: bool) -> None:
    if indexed:
        docs.execute("SELECT vecs.create_metadata_index('docs', 'text', kind => 'trigram')")
    assert found(docs, sought) == expected


def test_the_score_is_from_0_to_1(docs: Connection) -> None:
    scores: dict[str, float] = dict(
        rows(docs, "SELECT id, score FROM vecs.text_query('docs', 'opera', match => 'fuzzy')")
    )
    assert scores == {"phantom": pytest.approx(1, rel=0.01)}


@pytest.mark.parametrize("sought", ["", " ", "...", "%", "_", "\\", "'", '"'])
def test_no_words(docs: Connection, sought: str) -> None:
    notices = watch(docs)
    assert found(docs, sought) == []
    assert [notice.sqlstate for notice in notices] == ["VSW06"]


@pytest.mark.parametrize(
    "sought", ["a" * 100_000, "elephant " * 20_000, "🐘", "x\u0301y", "ab", "a"]
)
def test_odd_texts(docs: Connection, sought: str) -> None:
    assert len(found(docs, sought)) <= len(TEXTS)


def test_filters_and_pages(docs: Connection) -> None:
    docs.execute(
        "INSERT INTO vecs.docs SELECT n, '[1,3]', jsonb_build_object('text', 'elephant ' || n, 'half', n % 2 = 0)"
        " FROM generate_series(1, 500) AS n"
    )
    for filters, count in (({}, 502), ({"half": True}, 250), ({"n": 0}, 1)):
        ids: list[str] = []
        while page := column(docs, FUZZY, ["elephnat", 100, Jsonb(filters), len(ids)]):
            ids += page
        assert len(ids) == len(set(ids)) == count


def test_hybrid(docs: Connection) -> None:
    hybrid = "SELECT id, text_score FROM vecs.hybrid_query('docs', '[1,2]', %s, match => 'fuzzy')"
    ids = rows(docs, hybrid, ["phantmo"])
    assert len(ids) == len(TEXTS)
    assert {id_ for id_, score in ids if score} == {"phantom"}


def test_the_setting_is_put_back(docs: Connection) -> None:
    docs.execute("SET pg_trgm.word_similarity_threshold = 0.9")
    assert found(docs, "elephnat") == ["elephant", "giraffe"]
    assert value(docs, "SHOW pg_trgm.word_similarity_threshold") == "0.9"


def test_patterns_use_the_index(docs: Connection) -> None:
    """An index of kind trigram also serves $like and $ilike."""
    docs.execute(
        "INSERT INTO vecs.docs SELECT n, '[1,3]', jsonb_build_object('text', md5(n::text))"
        " FROM generate_series(1, 3000) AS n"
    )
    name = value(docs, "SELECT vecs.create_metadata_index('docs', 'text', kind => 'trigram')")
    predicate = value(docs, """SELECT vecs.filter_sql('{"text": {"$ilike": "%HANTO%"}}')""")
    plan = column(docs, f"EXPLAIN SELECT FROM vecs.docs WHERE {predicate}")
    assert any(name in line for line in plan)
    found_by = "SELECT vecs.explain('docs', '[1,2]', filters => %s) -> 'rows'"
    assert value(docs, found_by, [Jsonb({"text": {"$ilike": "%HANTO%"}})]) == 1
    assert (
        value(docs, "SELECT vecs.create_metadata_index('docs', 'text', kind => 'trigram')") == name
    )
    assert value(docs, "SELECT vecs.drop_metadata_index('docs', 'text', kind => 'value')") is False
    assert value(docs, "SELECT vecs.drop_metadata_index('docs', 'text')") is True


def test_adopted(docs: Connection) -> None:
    docs.execute("""
        CREATE TABLE public.t (
            id bigint PRIMARY KEY, title varchar, n integer, words tsvector, more jsonb, v public.vector(2)
        );
        INSERT INTO t VALUES
            (1, 'an elephant', 1, to_tsvector('elephant'), '{"note": "giraffes"}', '[1,2]'),
            (2, 'nothing', 2, '', NULL, '[1,2]');
        SELECT vecs.adopt('public.t', metadata => 'more');
        SELECT vecs.create_text_index('t', 'title');
        SELECT vecs.create_metadata_index('t', 'title', kind => 'trigram');
    """)
    fuzzy = "SELECT id FROM vecs.text_query('t', %s, match => 'fuzzy')"
    assert column(docs, fuzzy, ["elephnat"]) == ["1"]
    assert "gin (title trgm.gin_trgm_ops)" in str(
        value(docs, "SELECT vecs.describe_collection('t')")
    )
    docs.execute("SELECT vecs.create_text_index('t', 'note')")
    docs.execute("SELECT vecs.create_metadata_index('t', 'note', kind => 'trigram')")
    assert column(docs, fuzzy, ["girafe"]) == ["1"]
    docs.execute("SELECT vecs.create_text_index('t', 'words')")
    refused(docs, "VS008", fuzzy, ["elephant"])
    refused(docs, "VS001", "SELECT vecs.create_metadata_index('t', 'n', kind => 'trigram')")


def test_without_the_extension(connection: Connection) -> None:
    connection.execute("SELECT vecs.create_collection('docs', 2)")
    connection.execute("SELECT vecs.create_text_index('docs', 'text')")
    for statement in (
        "SELECT vecs.text_query('docs', 'a', match => 'fuzzy')",
        "SELECT vecs.hybrid_query('docs', '[1,2]', 'a', match => 'fuzzy')",
        "SELECT vecs.create_metadata_index('docs', 'text', kind => 'trigram')",
    ):
        assert "CREATE EXTENSION pg_trgm" in (
            refused(connection, "VS008", statement).message_hint or ""
        )
