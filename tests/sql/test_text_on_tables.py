"""Searches for words in tables that were adopted: on their texts, and on columns of words that they have."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import psycopg
import pytest

from tests.sql.support import ODD_NAMES, Connection, column, refused, rows, value

if TYPE_CHECKING:
    from tests.conftest import Databases

TABLE = """
    CREATE TABLE public.items (
        id bigint PRIMARY KEY,
        title text,
        kind varchar(20),
        tags text[],
        details jsonb,
        number integer,
        seen timestamptz,
        language text,
        upper_title text GENERATED ALWAYS AS (upper(title)) STORED,
        words tsvector GENERATED ALWAYS AS (to_tsvector('english', coalesce(title, ''))) STORED,
        more jsonb,
        embedding public.vector(2)
    );
    INSERT INTO public.items VALUES
        (1, 'Running shoes', 'shoe', '{red,blue}', '{"a": "leather"}', 7, now(), 'en', DEFAULT,
            DEFAULT, '{"note": "sold out"}', '[1,2]'),
        (2, 'Ein Paar Schuhe', 'shoe', '{green}', NULL, 8, NULL, 'de', DEFAULT, DEFAULT, NULL, '[2,1]'),
        (3, 'A hat for running', 'hat', NULL, NULL, NULL, NULL, NULL, DEFAULT, DEFAULT, '[1]', NULL);
    SELECT vecs.adopt('public.items', metadata => 'more');
"""
FOUND = "SELECT id FROM vecs.text_query('items', %s)"


@pytest.fixture
def items(connection: Connection) -> Connection:
    """A connection to a database with an adopted table."""
    connection.execute(TABLE.encode())
    return connection


def columns(connection: Connection) -> list[str]:
    return column(
        connection,
        "SELECT attname FROM pg_attribute WHERE attrelid = 'public.items'::regclass AND attnum > 0"
        " AND NOT attisdropped ORDER BY attnum",
    )


@pytest.mark.parametrize(
    ("key", "sought", "expected"),
    [
        ("title", "run", ["1", "3"]),
        ("kind", "shoes", ["1", "2"]),
        ("tags", "blue", ["1"]),
        ("details", "leather", ["1"]),
        ("number", "8", ["2"]),
        ("note", "selling sold", ["1"]),
        ("words", "run", ["1", "3"]),
    ],
)
def test_texts_of_every_kind(items: Connection, key: str, sought: str, expected: list[str]) -> None:
    before = columns(items)
    name = value(items, "SELECT vecs.create_text_index('items', %s)", [key])
    assert sorted(column(items, FOUND, [sought])) == expected
    hybrid = column(items, "SELECT id FROM vecs.hybrid_query('items', '[1,1]', %s)", [sought])
    assert sorted(hybrid) == ["1", "2"]
    described = value(items, "SELECT vecs.describe_collection('items')")
    assert described["text_index"]["key"] == key
    assert described["text_index"]["name"] == name
    assert "_text" not in described["fields"]
    assert columns(items) == before + ["_text"] * (key != "words")
    assert "_text" not in value(items, "SELECT metadata FROM vecs.fetch('items', '{1}')")
    # Written by the application, and by ours.
    items.execute("INSERT INTO items (id, title, embedding) VALUES (4, 'running late', '[1,1]')")
    items.execute(
        """SELECT vecs.upsert('items', '{"id": "5", "vec": [1,1], "metadata": {"title": "runs"}}')"""
    )
    if key in ("title", "words"):
        assert sorted(column(items, FOUND, ["run"])) == ["1", "3", "4", "5"]
    assert value(items, "SELECT vecs.drop_text_index('items')") is True
    assert columns(items) == before
    assert value(items, "SELECT to_regclass(%s)", [name]) is None
    refused(items, "VS007", FOUND, [sought])
    assert value(items, "SELECT vecs.drop_text_index('items')") is False


def test_an_index_that_the_table_has_stays(items: Connection) -> None:
    items.execute("CREATE INDEX ours ON items USING gin (words)")
    assert value(items, "SELECT vecs.create_text_index('items', 'words')") == "ours"
    assert sorted(column(items, FOUND, ["run"])) == ["1", "3"]
    assert value(items, "SELECT vecs.drop_text_index('items')") is True
    assert value(items, "SELECT to_regclass('ours')") == "ours"


def test_weights_and_words_without_positions(items: Connection) -> None:
    items.execute("ALTER TABLE items ADD COLUMN other tsvector")
    items.execute(
        "UPDATE items SET other = strip(words) || setweight(to_tsvector('simple', kind), 'A')"
    )
    items.execute("SELECT vecs.create_text_index('items', 'other', 'english')")
    assert sorted(column(items, FOUND, ["running hat"])) == ["1", "3"]
    assert column(items, FOUND, ["running hat"])[0] == "3"


def test_another_key(items: Connection) -> None:
    """The old column goes; what depends on it would be lost."""
    items.execute("SELECT vecs.create_text_index('items', 'title')")
    items.execute("SELECT vecs.create_text_index('items', 'note')")
    assert column(items, FOUND, ["sold"]) == ["1"]
    items.execute("SELECT vecs.create_text_index('items', 'words')")
    assert "_text" not in columns(items)
    refused(items, "VS006", "SELECT vecs.create_text_index('items', 'title', replace => false)")


def test_languages(items: Connection) -> None:
    items.execute("""SELECT vecs.create_text_index('items', 'title', '{"key": "language"}')""")
    assert column(items, FOUND, ["run"]) == ["1"]
    assert column(items, FOUND, ["schuh"]) == ["2"]
    german = "SELECT id FROM vecs.text_query('items', 'schuh -paar', filters => %s, match => 'web')"
    assert column(items, german, ['{"language": "de"}']) == []


def test_filters_and_groups(items: Connection) -> None:
    items.execute("SELECT vecs.create_text_index('items', 'title')")
    found = "SELECT id FROM vecs.text_query('items', 'running', filters => %s)"
    assert column(items, found, ['{"kind": "hat"}']) == ["3"]
    assert column(items, found, ['{"note": "sold out"}']) == ["1"]
    # Not a field.
    assert column(items, found, ['{"_text": "run"}']) == []
    grouped = rows(items, "SELECT group_value, id FROM vecs.query_groups('items', '[1,2]', 'kind')")
    assert grouped == [("shoe", "1")]


@pytest.mark.parametrize("key", ["seen", "upper_title"])
def test_words_that_cannot_be_generated(items: Connection, key: str) -> None:
    said = refused(items, "VS008", "SELECT vecs.create_text_index('items', %s)", [key])
    assert f'"{key}"' in (said.message_primary or "")


def test_a_key_that_is_not_there(connection: Connection) -> None:
    connection.execute("CREATE TABLE public.t (id int PRIMARY KEY, body text, v public.vector(2))")
    connection.execute("SELECT vecs.adopt('public.t')")
    refused(connection, "VS001", "SELECT vecs.create_text_index('t', 'bodi')")
    refused(
        connection, "VS001", """SELECT vecs.create_text_index('t', 'body', '{"key": "lang"}')"""
    )
    refused(connection, "VS007", "SELECT vecs.text_query('t', 'a')")


def test_two_collections_over_one_table(items: Connection) -> None:
    items.execute("SELECT vecs.adopt('public.items', 'second', metadata => 'more')")
    items.execute("SELECT vecs.create_text_index('items', 'title')")
    items.execute("SELECT vecs.create_text_index('second', 'title')")
    said = refused(items, "VS006", "SELECT vecs.create_text_index('second', 'kind')")
    assert "tsvector" in (said.message_hint or "")
    assert value(items, "SELECT vecs.drop_text_index('items')") is True
    assert sorted(column(items, "SELECT id FROM vecs.text_query('second', 'run')")) == ["1", "3"]
    items.execute("SELECT vecs.create_text_index('second', 'words')")
    assert "_text" not in columns(items)


def test_what_a_dropped_collection_left(items: Connection) -> None:
    items.execute("SELECT vecs.create_text_index('items', 'title')")
    items.execute("SELECT vecs.drop_collection('items')")
    items.execute("SELECT vecs.adopt('public.items', metadata => 'more')")
    refused(items, "VS007", FOUND, ["run"])
    items.execute("SELECT vecs.create_text_index('items', 'kind')")
    assert column(items, FOUND, ["hats"]) == ["3"]


def test_it_stays_when_the_table_is_adopted_again(items: Connection) -> None:
    items.execute("SELECT vecs.create_text_index('items', 'title')")
    items.execute("ALTER TABLE items ADD COLUMN price numeric")
    refused(items, "VS008", "SELECT vecs.create_text_index('items', 'kind')")
    items.execute("SELECT vecs.adopt('public.items')")
    assert sorted(column(items, FOUND, ["run"])) == ["1", "3"]
    assert "price" in value(items, "SELECT vecs.describe_collection('items') -> 'fields'")
    items.execute("SELECT vecs.create_text_index('items', 'kind')")
    items.execute("SELECT vecs.rename_collection('items', 'renamed')")
    assert column(items, "SELECT id FROM vecs.text_query('renamed', 'hats')") == ["3"]
    items.execute("ALTER TABLE items RENAME COLUMN title TO name")
    assert column(items, "SELECT id FROM vecs.text_query('renamed', 'hats')") == ["3"]
    refused(items, "VS008", "SELECT vecs.drop_text_index('renamed')")
    items.execute("SELECT vecs.adopt('public.items', 'renamed')")
    assert value(items, "SELECT vecs.drop_text_index('renamed')") is True


def test_a_view_of_ones_own(items: Connection) -> None:
    """It is not made anew: it may have a condition."""
    items.execute("""
        CREATE VIEW vecs.mine WITH (security_invoker = true) AS
        SELECT id::text AS id, embedding AS vec, '{}'::jsonb AS metadata, id AS _id, title
        FROM public.items WHERE id < 3
    """)
    refused(items, "VS008", "SELECT vecs.create_text_index('mine', 'title')")
    items.execute("""
        CREATE OR REPLACE VIEW vecs.mine WITH (security_invoker = true) AS
        SELECT id::text AS id, embedding AS vec, '{}'::jsonb AS metadata, id AS _id, title, words AS _text
        FROM public.items WHERE id < 3;
        COMMENT ON COLUMN vecs.mine._text IS '{"key": "words", "config": "english"}'
    """)
    assert column(items, "SELECT id FROM vecs.text_query('mine', 'run')") == ["1"]


def test_what_belongs_to_the_view_stays(items: Connection) -> None:
    items.execute("""
        CREATE VIEW public.dependent AS SELECT id FROM vecs.items;
        COMMENT ON COLUMN vecs.items.title IS 'a title';
        ALTER VIEW vecs.items SET (security_barrier = true);
        CREATE FUNCTION public.nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
        CREATE TRIGGER ours INSTEAD OF UPDATE ON vecs.items FOR EACH ROW EXECUTE FUNCTION public.nothing();
    """)
    kept = """
        SELECT c.oid, c.reloptions, (SELECT count(*) FROM pg_trigger AS t WHERE t.tgrelid = c.oid), col_description(
            c.oid, (SELECT a.attnum FROM pg_attribute AS a WHERE a.attrelid = c.oid AND a.attname = 'title')
        ) FROM pg_class AS c WHERE c.oid = 'vecs.items'::regclass
    """
    before = rows(items, kept)
    items.execute("SELECT vecs.create_text_index('items', 'title')")
    assert sorted(column(items, FOUND, ["run"])) == ["1", "3"]
    items.execute("SELECT vecs.drop_text_index('items')")
    items.execute("SELECT vecs.create_text_index('items', 'kind')")
    items.execute("SELECT vecs.adopt('public.items')")
    assert column(items, FOUND, ["hat"]) == ["3"]
    assert rows(items, kept) == before


def test_materialized_views_and_partitions(items: Connection) -> None:
    items.execute(
        "CREATE MATERIALIZED VIEW public.m AS SELECT id, title, words, embedding FROM items"
    )
    items.execute("SELECT vecs.adopt('public.m', id => 'id')")
    refused(items, "VS008", "SELECT vecs.create_text_index('m', 'title')")
    items.execute("SELECT vecs.create_text_index('m', 'words')")
    assert sorted(column(items, "SELECT id FROM vecs.text_query('m', 'run')")) == ["1", "3"]
    items.execute("""
        CREATE TABLE public.p (id int PRIMARY KEY, body text, v public.vector(2)) PARTITION BY RANGE (id);
        CREATE TABLE public.p1 PARTITION OF p FOR VALUES FROM (0) TO (100);
        CREATE TABLE public.p2 PARTITION OF p FOR VALUES FROM (100) TO (1000);
        INSERT INTO p SELECT n, 'word ' || n % 10, '[1,2]' FROM generate_series(1, 300) AS n;
        SELECT vecs.adopt('public.p');
        SELECT vecs.create_text_index('p', 'body', 'simple');
    """)
    assert len(column(items, "SELECT id FROM vecs.text_query('p', '7', 100)")) == 30
    assert len(column(items, "SELECT id FROM vecs.text_query('p', 'word', 250)")) == 250
    items.execute("SELECT vecs.drop_text_index('p')")


def test_the_owner_of_the_table_alone(databases: Databases, database: str) -> None:
    with psycopg.connect(database) as owner:
        owner.execute(TABLE.encode())
        owner.execute(
            "GRANT USAGE ON SCHEMA vecs TO reader; GRANT SELECT ON public.items TO reader"
        )
        owner.execute("""
            CREATE POLICY hats ON public.items TO reader USING (kind = 'hat');
            ALTER TABLE public.items ENABLE ROW LEVEL SECURITY;
        """)
    with psycopg.connect(databases.as_role(database, "reader")) as reader:
        refused(reader, "42501", "SELECT vecs.create_text_index('items', 'title')")
        reader.rollback()
        with psycopg.connect(database) as owner:
            owner.execute("SELECT vecs.create_text_index('items', 'title')")
        assert column(reader, FOUND, ["running"]) == ["3"]
        refused(reader, "42501", "SELECT vecs.drop_text_index('items')")


@pytest.mark.parametrize("name", ODD_NAMES)
def test_odd_names(connection: Connection, name: str) -> None:
    quoted = '"' + name.replace('"', '""') + '"'
    connection.execute(
        f"CREATE TABLE public.{quoted} (id int PRIMARY KEY, {quoted} text, v public.vector(2))".encode()
    )
    connection.execute(f"INSERT INTO public.{quoted} VALUES (1, 'one word', '[1,2]')".encode())
    collection = value(
        connection, "SELECT vecs.adopt(('public.' || quote_ident(%s))::regclass)", [name]
    )
    connection.execute("SELECT vecs.create_text_index(%s, %s)", [collection, name])
    found = "SELECT id FROM vecs.text_query(%s, 'words')"
    assert column(connection, found, [collection]) == ["1"]
    assert value(connection, "SELECT vecs.drop_text_index(%s)", [collection]) is True


# Nothing of the user's is lost, and no answer is of other texts


def test_a_column_and_an_index_of_that_name(items: Connection) -> None:
    items.execute("CREATE INDEX ix_text_words ON items USING gin (words)")
    assert value(items, "SELECT vecs.create_text_index('items', 'words')") == "ix_text_words"
    items.execute("SELECT vecs.create_text_index('items', 'title')")
    items.execute("SELECT vecs.drop_text_index('items')")
    assert value(items, "SELECT to_regclass('ix_text_words')") == "ix_text_words"
    for type_ in ("text", "tsvector"):
        items.execute(f"ALTER TABLE items ADD COLUMN _text {type_}".encode())
        items.execute("COMMENT ON COLUMN items._text IS 'mine'")
        refused(items, "VS001", "SELECT vecs.create_text_index('items', 'title')")
        if type_ == "text":
            refused(items, "VS001", "SELECT vecs.create_text_index('items', '_text')")
        else:
            items.execute("UPDATE items SET _text = to_tsvector('mine')")
            items.execute("SELECT vecs.create_text_index('items', '_text')")
            assert len(column(items, FOUND, ["mine"])) == 3
            items.execute("SELECT vecs.drop_text_index('items')")
        assert "_text" in columns(items)
        items.execute("SELECT vecs.drop_collection('items')")
        items.execute("ALTER TABLE items DROP COLUMN _text")
        items.execute("SELECT vecs.adopt('public.items', metadata => 'more')")


def test_the_words_are_those_of_the_column(items: Connection) -> None:
    """Not of one that had the name before, or of another jsonb column."""
    items.execute("SELECT vecs.create_text_index('items', 'title')")
    items.execute("ALTER TABLE items RENAME title TO old")
    items.execute("ALTER TABLE items RENAME kind TO title")
    fuzzy = "SELECT vecs.text_query('items', 'ht', match => 'fuzzy')"
    items.execute("SELECT vecs.adopt('public.items')")
    refused(items, "VS008", fuzzy)
    items.execute("SELECT vecs.create_text_index('items', 'title')")
    assert column(items, FOUND, ["hat"]) == ["3"]
    items.execute("""
        CREATE TABLE public.two (id int PRIMARY KEY, v public.vector(2), m1 jsonb, m2 jsonb);
        INSERT INTO two VALUES (1, '[1,2]', '{"body": "apple"}', '{"body": "pear"}');
        SELECT vecs.adopt('two', 'two1', metadata => 'm1', fields => '{}'),
            vecs.adopt('two', 'two2', metadata => 'm2', fields => '{}');
        SELECT vecs.create_text_index('two1', 'body');
    """)
    refused(items, "VS006", "SELECT vecs.create_text_index('two2', 'body')")
    items.execute(
        "SELECT vecs.drop_collection('two1'); SELECT vecs.create_text_index('two2', 'body')"
    )
    assert column(items, "SELECT id FROM vecs.text_query('two2', 'pear')") == ["1"]
    assert column(items, "SELECT id FROM vecs.text_query('two2', 'apple')") == []


@pytest.mark.parametrize(
    ("sqlstate", "key", "language"),
    [
        ("VS008", "title", "tags"),
        ("VS008", "title", "words"),
        ("VS008", "title", "upper_title"),
        ("VS008", "words", "words"),
        ("VS008", "words", "tags"),
    ],
)
def test_keys_that_are_no_language(
    items: Connection, sqlstate: str, key: str, language: str
) -> None:
    create = "SELECT vecs.create_text_index('items', %s, %s)"
    refused(items, sqlstate, create, [key, f'{{"key": "{language}"}}'])


def test_words_and_a_generated_language(items: Connection) -> None:
    """It is read alone."""
    items.execute(
        "ALTER TABLE items ADD COLUMN tongue text GENERATED ALWAYS AS (lower(language)) STORED"
    )
    items.execute("SELECT vecs.adopt('public.items')")
    items.execute("""SELECT vecs.create_text_index('items', 'words', '{"key": "tongue"}')""")
    all_words = "SELECT id FROM vecs.text_query('items', 'running shoes', match => 'all')"
    assert column(items, all_words) == ["1"]


def test_searches_go_on(database: str) -> None:
    """A session that reads the collection while the text index is made waits, and neither fails."""
    with psycopg.connect(database) as builder, psycopg.connect(database) as reader:
        builder.execute(TABLE.encode())
        builder.execute(
            "INSERT INTO items (id, title, embedding)"
            " SELECT n, 'a title ' || n, '[1,2]' FROM generate_series(10, 20000) AS n"
        )
        builder.commit()
        faults: list[Exception] = []
        stop = threading.Event()

        def read() -> None:
            while not stop.is_set():
                try:
                    reader.execute("SELECT count(*) FROM vecs.query('items', '[1,2]', 3)")
                    reader.execute("SELECT count(*) FROM vecs.items")
                    reader.commit()
                except psycopg.Error as fault:
                    faults.append(fault)
                    return

        thread = threading.Thread(target=read)
        thread.start()
        for key in ("title", "kind", "words"):
            builder.execute("SELECT vecs.create_text_index('items', %s)", [key])
            builder.commit()
        builder.execute("SELECT vecs.drop_text_index('items')")
        builder.commit()
        stop.set()
        thread.join()
    assert not faults
