"""Searches for words: what they score, that none is short, pages, and what is refused."""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np
import psycopg
import pytest
from psycopg.types.json import Jsonb

from tests.sql.support import Connection, column, fill, refused, rows, value, vector, watch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.conftest import Databases

COUNT = 4000
CHANCE = np.random.default_rng(5)
# The n-th word of 400 is n times as rare as the first, which most texts have.
_SHARES = 1 / np.arange(1, 401)
TEXTS = [
    " ".join(
        f"w{word}"
        for word in CHANCE.choice(400, size=CHANCE.integers(3, 60), p=_SHARES / _SHARES.sum())
    )
    for _ in range(COUNT)
]
WORDS = [Counter(text.split()) for text in TEXTS]
METADATA: list[dict[str, Any]] = [
    {"text": text, "n": n, "tenth": n % 10, "hundredth": n % 100} for n, text in enumerate(TEXTS)
]
IDS = [f"r{n:05}" for n in range(COUNT)]
VECTORS = CHANCE.normal(size=(COUNT, 8)).round(3)
QUERY = vector(CHANCE.normal(size=8).round(3))
FILTERS: list[dict[str, Any]] = [
    {},
    {"tenth": 3},
    {"hundredth": {"$in": [3, 4]}},
    {"n": {"$lt": 30}},
    {"n": {"$gte": 1000}, "tenth": {"$ne": 3}},
    {"nothing": 1},
]
TEXT = "SELECT id, score FROM vecs.text_query(%s, %s, %s, %s, %s, skip => %s)"
HYBRID = "SELECT id, score FROM vecs.hybrid_query(%s, %s, %s, %s, %s, skip => %s)"


@pytest.fixture(scope="module")
def seeded_database(databases: Databases, template: str) -> Iterator[str]:
    """The URL of a database with the texts; what a test writes it must roll back."""
    url = databases.create(template)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SELECT vecs.create_collection('docs', 8)")
        fill(connection, "docs", VECTORS.tolist(), METADATA)
        connection.execute("SELECT vecs.create_text_index('docs', 'text', 'simple')")
        connection.execute("SELECT vecs.create_index('docs')")
        connection.execute("""
            CREATE POLICY tenth ON vecs.docs TO reader USING ((metadata -> 'tenth') = '3');
            ALTER TABLE vecs.docs ENABLE ROW LEVEL SECURITY;
            GRANT USAGE ON SCHEMA vecs TO reader;
            GRANT SELECT ON vecs.docs TO reader;
        """)
    yield url
    databases.drop(url)


@pytest.fixture
def corpus(seeded_database: str) -> Iterator[Connection]:
    """A connection to the seeded database in a transaction that is rolled back."""
    with psycopg.connect(seeded_database) as connection:
        yield connection
        connection.rollback()


def matching(filters: dict[str, Any]) -> list[int]:
    tests: dict[str, Callable[[Any, Any], bool]] = {
        "$in": lambda found, wanted: found in wanted,
        "$lt": lambda found, wanted: found < wanted,
        "$gte": lambda found, wanted: found >= wanted,
        "$ne": lambda found, wanted: found != wanted,
        "$eq": lambda found, wanted: found == wanted,
    }
    return [
        n
        for n, metadata in enumerate(METADATA)
        if all(
            key in metadata and tests[operator](metadata[key], operand)
            for key, condition in filters.items()
            for operator, operand in (
                condition if isinstance(condition, dict) else {"$eq": condition}
            ).items()
        )
    ]


def bm25(words: list[str], among: list[int]) -> dict[str, float]:
    """The scores by Robertson's formula; a text is as long as it has different words."""
    found = [n for n in among if WORDS[n].keys() & set(words)]
    mean = sum(len(WORDS[n]) for n in found) / max(len(found), 1)
    scores = {}
    for n in found:
        k = 0.6 * (0.6 + 0.4 * len(WORDS[n]) / mean)
        scores[IDS[n]] = sum(
            math.log(1 + (COUNT - df + 0.5) / (df + 0.5))
            * 1.6
            * WORDS[n][word]
            / (WORDS[n][word] + k)
            for word in words
            if (df := sum(word in one for one in WORDS))
        )
    return scores


@pytest.mark.parametrize("words", ["w399", "w350 w351 w300", "w200 w201 W390", "w150 nothing"])
@pytest.mark.parametrize("filters", FILTERS[:3], ids=str)
def test_the_score_is_bm25(corpus: Connection, words: str, filters: dict[str, Any]) -> None:
    found: dict[str, float] = dict(
        rows(corpus, TEXT, ["docs", words, COUNT, Jsonb(filters), "any", 0])
    )
    expected = bm25(words.lower().split(), matching(filters))
    assert found.keys() == expected.keys()
    for id_, score in found.items():
        assert score == pytest.approx(expected[id_], rel=0.04)
    assert list(found.values()) == sorted(found.values(), reverse=True)


@pytest.mark.parametrize(
    "words", ["w1 w2 w3", "w1", "w399 w1", "w0 w10 w100 w399", "nothing", "w0"]
)
@pytest.mark.parametrize("filters", FILTERS, ids=str)
def test_never_fewer(corpus: Connection, words: str, filters: dict[str, Any]) -> None:
    """However common the words are, and whatever the filter leaves."""
    wanted = set(words.split())
    ids = {IDS[n] for n in matching(filters) if WORDS[n].keys() & wanted}
    for top_k in (1, 10, 500, COUNT):
        found = column(corpus, TEXT, ["docs", words, top_k, Jsonb(filters), "any", 0])
        assert len(set(found)) == len(found) == min(top_k, len(ids))
        assert ids.issuperset(found)


def test_match(corpus: Connection) -> None:
    every = {IDS[n] for n in range(COUNT) if {"w5", "w9"} <= WORDS[n].keys()}
    found = column(corpus, TEXT, ["docs", "w5 w9", COUNT, None, "all", 0])
    assert set(found) == every
    without = {IDS[n] for n in range(COUNT) if "w5" in WORDS[n] and "w9" not in WORDS[n]}
    found = column(corpus, TEXT, ["docs", "w5 -w9", COUNT, None, "web", 0])
    assert set(found) == without
    phrase = {id_ for id_, text in zip(IDS, TEXTS, strict=True) if "w5 w1 " in f"{text} "}
    assert set(column(corpus, TEXT, ["docs", '"w5 w1"', COUNT, None, "web", 0])) == phrase
    assert phrase
    assert column(corpus, TEXT, ["docs", "w5 nothing", COUNT, None, "all", 0]) == []


@pytest.mark.parametrize("words", ["w1 w2", "w399 w30 w1", "w380 w381"])
@pytest.mark.parametrize("filters", FILTERS[:3], ids=str)
def test_pages(corpus: Connection, words: str, filters: dict[str, Any]) -> None:
    wanted = set(words.split())
    ids = {IDS[n] for n in matching(filters) if WORDS[n].keys() & wanted}
    pages: list[list[str]] = []
    while page := column(
        corpus, TEXT, ["docs", words, 300, Jsonb(filters), "any", 300 * len(pages)]
    ):
        pages.append(page)
    found = [id_ for page in pages for id_ in page]
    assert len(found) == len(set(found)) == len(ids)
    assert all(len(page) == 300 for page in pages[:-1])
    assert column(corpus, TEXT, ["docs", words, 10, Jsonb(filters), "any", 2**62]) == []


@pytest.mark.parametrize("words", ["w1 w2", "w399", "the", "nothing w398"])
@pytest.mark.parametrize("filters", FILTERS, ids=str)
@pytest.mark.parametrize("fusion", ["rrf", "relative"])
def test_hybrid_searches_are_never_short(
    corpus: Connection, words: str, filters: dict[str, Any], fusion: str
) -> None:
    ids = {IDS[n] for n in matching(filters)}
    statement = "SELECT * FROM vecs.hybrid_query('docs', %s, %s, %s, %s, fusion => %s, skip => %s)"
    parts: list[Any] = []
    while page := rows(
        corpus, statement, [QUERY, words, 70, Jsonb(filters), fusion, 70 * len(parts)]
    ):
        scores = [row[1] for row in page]
        assert all(row[2] is not None for row in page)
        if not parts:
            assert scores == sorted(scores, reverse=True)
        parts.append(page)
        if len(parts) == 6:
            break
    found = [row[0] for page in parts for row in page]
    assert len(found) == len(set(found)) == min(len(ids), 70 * 6)
    assert ids.issuperset(found)


def test_what_both_find_comes_first(corpus: Connection) -> None:
    nearest = column(corpus, "SELECT id FROM vecs.query('docs', %s, 20)", [QUERY])
    words = max(WORDS[IDS.index(nearest[4])], key=lambda word: int(word[1:]))
    best = column(corpus, TEXT, ["docs", words, 20, None, "any", 0])
    hybrid = "SELECT * FROM vecs.hybrid_query('docs', %s, %s, 40, candidates => 20)"
    found = rows(corpus, hybrid, [QUERY, words])
    scores = {
        id_: sum(1 / (2 + ids.index(id_)) for ids in (nearest, best) if id_ in ids)
        for id_ in {*nearest, *best}
    }
    assert {row[0]: row[1] for row in found[: len(scores)]} == pytest.approx(scores)
    texts: dict[str, float] = dict(rows(corpus, TEXT, ["docs", words, 20, None, "any", 0]))
    for id_, _, distance, text_score, _, _ in found:
        exact = "SELECT vec <=> %s FROM vecs.docs WHERE id = %s"
        assert distance == pytest.approx(value(corpus, exact, [QUERY, id_]))
        assert text_score == texts.get(id_) or id_ not in scores


def test_weights(corpus: Connection) -> None:
    statement = "SELECT id FROM vecs.hybrid_query('docs', %s, 'w390', 20, weights => %s)"
    nearest = column(corpus, "SELECT id FROM vecs.query('docs', %s, 20)", [QUERY])
    best = column(corpus, TEXT, ["docs", "w390", 20, None, "any", 0])
    assert column(corpus, statement, [QUERY, [1.0, 0.0]]) == nearest
    assert column(corpus, statement, [QUERY, [0.0, 2.5]])[: len(best)] == best


def test_under_row_level_security(
    corpus: Connection, databases: Databases, seeded_database: str
) -> None:
    """The rows of others are neither found nor counted."""
    mine = matching({"tenth": 3})
    with psycopg.connect(databases.as_role(seeded_database, "reader")) as reader:
        for words in ("w1 w2", "w399 w380", "w0"):
            wanted = set(words.split())
            ids = {IDS[n] for n in mine if WORDS[n].keys() & wanted}
            found = column(reader, TEXT, ["docs", words, COUNT, None, "any", 0])
            assert len(found) == len(ids)
            assert set(found) == ids
            hybrid = column(reader, HYBRID, ["docs", QUERY, words, 1000, None, 0])
            assert set(hybrid) == {IDS[n] for n in mine}
        score: dict[str, float] = dict(rows(reader, TEXT, ["docs", "w200", 10, None, "any", 0]))
    frequency = sum("w200" in WORDS[n] for n in mine)
    weight = math.log(1 + (len(mine) - frequency + 0.5) / (frequency + 0.5))
    best = max(score.values())
    assert 0.3 * weight < best < 1.6 * weight


def test_pages_beyond_all_numbers(corpus: Connection) -> None:
    far = 4 * 10**18
    assert column(corpus, TEXT, ["docs", "w0 w1 w2", far, None, "any", far]) == []
    assert column(corpus, HYBRID, ["docs", QUERY, "w0 w1", far, None, far]) == []


@pytest.mark.parametrize("config", ["simple", "pg_catalog.german", "german"])
def test_replaced_and_kept(docs: Connection, config: str) -> None:
    create = "SELECT vecs.create_text_index('docs', %s, %s, %s)"
    name = value(docs, create, ["text", config, True])
    assert value(docs, create, ["text", config, False]) == name
    refused(docs, "VS006", create, ["other", config, False])
    assert column(docs, TEXT, ["docs", "Katze", 10, None, "any", 0]) == ["b"]
    docs.execute(create, ["other", "english", True])
    assert column(docs, TEXT, ["docs", "Katze", 10, None, "any", 0]) == []
    assert column(docs, TEXT, ["docs", "somethings", 10, None, "any", 0]) == ["c"]
    assert value(docs, "SELECT vecs.drop_text_index('docs')") is True
    refused(docs, "VS007", TEXT, ["docs", "Katze", 10, None, "any", 0])


@pytest.fixture
def docs(connection: Connection) -> Connection:
    """A connection to a database with a few texts in the collection docs."""
    connection.execute("SELECT vecs.create_collection('docs', 2)")
    metadata = [{}, {"text": "Eine Katze schlief"}, {"other": "something else"}]
    connection.execute(
        "SELECT vecs.upsert_many('docs', '{a,b,c}', %s, %s)",
        [["[1,1]", "[1,2]", "[1,3]"], Jsonb(metadata)],
    )
    return connection


@pytest.mark.parametrize(
    ("text", "sought", "found"),
    [
        ("42 is the answer", "42", True),
        (42, "42", True),
        (True, "true", True),
        (["red", "green light"], "light", True),
        (["red", None, {"a": "blue"}], "blue", True),
        ({"en": "flower"}, "flower", True),
        ([], "a", False),
        (None, "null", False),
        ("", "a", False),
        ("<p>An <b>HTML</b> text</p>", "html", True),
        ("<p>An <b>HTML</b> text</p>", "p", False),
        ("🐘 elephant 🙂", "elephant", True),
        ("שלום עולם", "עולם", True),
        ("東京都に行く", "東京都に行く", True),
        ("東京都に行く", "東京都", False),
        ("it's \\ 'quoted'", "'quoted'", True),
        ("ß \\' \\\\ x", "ß", True),
        ("error E-1234", "E-1234", True),
        ("word " * 400_000, "word", True),
        (" ".join(f"x{n}" for n in range(300_000)), "x7", True),
        ("y" * 3000, "y", False),
    ],
    ids=lambda given: str(given)[:20],
)
def test_odd_texts(docs: Connection, text: object, sought: str, found: bool) -> None:
    docs.execute("SELECT vecs.create_text_index('docs', 'text', 'simple')")
    upsert = "SELECT vecs.upsert('docs', 'odd', '[1,4]', %s)"
    assert value(docs, upsert, [Jsonb({"text": text})]) == 1
    for match in ("any", "all", "web"):
        ids = column(docs, TEXT, ["docs", sought, 10, None, match, 0])
        assert ids == ["odd"] * found
    assert value(docs, "SELECT metadata -> 'text' FROM vecs.fetch('docs', '{odd}')") == text


@pytest.mark.parametrize("sought", ["", " ", "...", "the", "-", "the of and", '""'])
@pytest.mark.parametrize("match", ["any", "all", "web"])
def test_no_words(docs: Connection, sought: str, match: str) -> None:
    docs.execute("SELECT vecs.create_text_index('docs', 'text')")
    notices = watch(docs)
    assert column(docs, TEXT, ["docs", sought, 10, None, match, 0]) == []
    assert [notice.sqlstate for notice in notices] == ["VSW06"]
    hybrid = "SELECT id FROM vecs.hybrid_query('docs', '[1,1]', %s, match => %s)"
    assert column(docs, hybrid, [sought, match]) == ["a", "b", "c"]
    assert [notice.sqlstate for notice in notices] == ["VSW06"] * 2


def test_a_text_of_a_megabyte_to_search_for(docs: Connection) -> None:
    docs.execute("SELECT vecs.create_text_index('docs', 'text', 'german')")
    long = "Katze " + " ".join(f"x{n}" for n in range(200_000))
    assert column(docs, TEXT, ["docs", long, 10, None, "any", 0]) == ["b"]
    for match in ("all", "web"):
        refused(docs, "VS001", TEXT, ["docs", long, 10, None, match, 0])


@pytest.mark.parametrize(
    ("sqlstate", "statement"),
    [
        ("VS002", "SELECT vecs.create_text_index('nothing', 'text')"),
        ("VS001", "SELECT vecs.create_text_index(NULL, 'text')"),
        ("VS001", "SELECT vecs.create_text_index('docs', NULL)"),
        ("VS001", "SELECT vecs.create_text_index('docs', '')"),
        ("VS001", "SELECT vecs.create_text_index('docs', 'text', 'englsh')"),
        ("VS001", "SELECT vecs.create_text_index('docs', 'text', '')"),
        ("VS002", "SELECT vecs.drop_text_index('nothing')"),
        ("VS001", "SELECT vecs.drop_text_index(NULL)"),
        ("VS002", "SELECT vecs.text_query('nothing', 'a')"),
        ("VS001", "SELECT vecs.text_query(NULL, 'a')"),
        ("VS001", "SELECT vecs.text_query('docs', NULL)"),
        ("VS001", "SELECT vecs.text_query('docs', 'a', -1)"),
        ("VS001", "SELECT vecs.text_query('docs', 'a', skip => -1)"),
        ("VS001", "SELECT vecs.text_query('docs', 'a', match => 'some')"),
        ("VS005", "SELECT vecs.text_query('docs', 'a', filters => '{\"a\": {\"$x\": 1}}')"),
        ("VS002", "SELECT vecs.hybrid_query('nothing', '[1,1]', 'a')"),
        ("VS001", "SELECT vecs.hybrid_query('docs', NULL, 'a')"),
        ("VS001", "SELECT vecs.hybrid_query('docs', '[1,1]', NULL)"),
        ("VS004", "SELECT vecs.hybrid_query('docs', '[1]', 'a')"),
        ("VS001", "SELECT vecs.hybrid_query('docs', '[1,1]', 'a', measure => 'cosine')"),
        ("VS001", "SELECT vecs.hybrid_query('docs', '[1,1]', 'a', fusion => 'max')"),
        ("VS001", "SELECT vecs.hybrid_query('docs', '[1,1]', 'a', candidates => 0)"),
        ("VS001", "SELECT vecs.hybrid_query('docs', '[1,1]', 'a', weights => '{-1,1}')"),
        ("VS001", "SELECT vecs.hybrid_query('docs', '[1,1]', 'a', weights => '{0,0}')"),
        ("VS001", "SELECT vecs.hybrid_query('docs', '[1,1]', 'a', weights => '{1,1,1}')"),
        ("VS001", "SELECT vecs.hybrid_query('docs', '[1,1]', 'a', weights => '{1,NaN}')"),
        ("VS001", "SELECT vecs.hybrid_query('docs', '[1,1]', 'a', weights => '{1,NULL}')"),
        ("VS001", "SELECT vecs.hybrid_query('docs', '[1,1]', 'a', weights => '{}')"),
        ("VS001", "SELECT vecs.hybrid_query('docs', '[1,1]', 'a', weights => '{1e308,1e308}')"),
        ("VS001", "SELECT vecs.hybrid_query('docs', '[1,1]', 'a', strategy => 'fast')"),
    ],
)
def test_refused(docs: Connection, sqlstate: str, statement: str) -> None:
    docs.execute("SELECT vecs.create_text_index('docs', 'text')")
    refused(docs, sqlstate, statement)


def test_without_an_index(docs: Connection) -> None:
    for statement in (
        "SELECT vecs.text_query('docs', 'a')",
        "SELECT vecs.hybrid_query('docs', '[1,1]', 'a')",
    ):
        said = refused(docs, "VS007", statement)
        assert "vecs.create_text_index('docs'," in (said.message_hint or "")


def test_a_column_of_that_name(docs: Connection) -> None:
    """It is someone's: it is not dropped."""
    docs.execute("ALTER TABLE vecs.docs ADD COLUMN _text text")
    refused(docs, "VS001", "SELECT vecs.create_text_index('docs', 'text')")
    assert value(docs, "SELECT vecs.drop_text_index('docs')") is False
    assert column(docs, "SELECT _text FROM vecs.docs") == [None] * 3
    docs.execute("COMMENT ON COLUMN vecs.docs._text IS 'mine'")
    refused(docs, "VS001", "SELECT vecs.create_text_index('docs', '_text')")


def test_a_key_that_no_row_has(docs: Connection) -> None:
    """It may come later; most often it is misspelt."""
    notices = watch(docs)
    docs.execute("SELECT vecs.create_text_index('docs', 'txt')")
    [notice] = notices
    assert notice.sqlstate == "VSW07"
    assert notice.hint == "Rows have texts under text, other."
    docs.execute("SELECT vecs.create_text_index('docs', 'text', 'de')")
    assert column(docs, TEXT, ["docs", "Katzen", 10, None, "any", 0]) == ["b"]
    docs.execute("SELECT vecs.truncate_collection('docs')")
    docs.execute("SELECT vecs.create_text_index('docs', 'other')")
    assert len(notices) == 1


def test_distances_that_are_no_numbers_come_last(docs: Connection) -> None:
    docs.execute("SELECT vecs.create_text_index('docs', 'text')")
    docs.execute("SELECT vecs.upsert('docs', 'zero', '[0,0]', '{}')")
    hybrid = "SELECT id, score FROM vecs.hybrid_query('docs', '[1,1]', 'katze', fusion => %s)"
    for fusion in ("relative", "rrf"):
        found = rows(docs, hybrid, [fusion])
        assert [id_ for id_, _ in found][-1] == "zero" or found[-1][1] == found[-2][1]
        assert all(score >= 0 and not math.isnan(score) for _, score in found)


def test_words_of_rows_that_came_after_the_statistics(docs: Connection) -> None:
    """They say that one in many rows has the word."""
    docs.execute("SELECT vecs.create_text_index('docs', 'text', 'simple')")
    docs.execute(
        "INSERT INTO vecs.docs SELECT n, '[1,1]', jsonb_build_object('text', CASE WHEN n % 200 = 0 THEN 'rare' END)"
        " FROM generate_series(1, 4000) AS n"
    )
    docs.execute("ANALYZE vecs.docs")
    docs.execute("SELECT vecs.truncate_collection('docs')")
    docs.execute("SELECT vecs.upsert('docs', 'new', '[1,1]', '{\"text\": \"rare\"}')")
    docs.execute("SET LOCAL gin_fuzzy_search_limit = 1")
    for match in ("any", "all", "web"):
        assert column(docs, TEXT, ["docs", "rare", 10, None, match, 0]) == ["new"]


def test_or_without(docs: Connection) -> None:
    """An index alone cannot tell which rows match."""
    docs.execute("SELECT vecs.create_text_index('docs', 'text', 'simple')")
    found = column(docs, TEXT, ["docs", "Katze or -schlief", 10, None, "web", 0])
    assert found == ["b"]


def test_writes_go_on(docs: Connection) -> None:
    """The words follow the metadata, whoever writes them."""
    docs.execute("SELECT vecs.create_text_index('docs', 'text', 'german')")
    docs.execute("SELECT vecs.update_metadata('docs', '{\"text\": \"Hunde\"}', '{a}')")
    docs.execute("UPDATE vecs.docs SET metadata = '{\"text\": \"Hund und Katze\"}' WHERE id = 'c'")
    assert set(column(docs, TEXT, ["docs", "hund", 10, None, "any", 0])) == {"a", "c"}
    docs.execute("SELECT vecs.delete('docs', '{a}')")
    assert column(docs, TEXT, ["docs", "hund", 10, None, "any", 0]) == ["c"]
    docs.execute("SELECT vecs.rename_collection('docs', 'renamed')")
    assert column(docs, TEXT, ["renamed", "hund", 10, None, "any", 0]) == ["c"]
    docs.execute("SELECT vecs.truncate_collection('renamed')")
    assert column(docs, TEXT, ["renamed", "hund", 10, None, "any", 0]) == []
