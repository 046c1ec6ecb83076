"""rename_collection and swap_collections."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import psycopg
import pytest

from tests.sql.support import ODD_NAMES, column, fill, refused, rows, value

if TYPE_CHECKING:
    from tests.sql.support import Connection

RENAME = "SELECT vecs.rename_collection(%s, %s)"
SWAP = "SELECT vecs.swap_collections(%s, %s)"
NAMES = "SELECT name FROM vecs.list_collections()"
INDEXES = """
    SELECT c.relname FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid
    WHERE i.indrelid = format('vecs.%%I', %s::text)::regclass ORDER BY c.relname
"""


def make(connection: Connection, name: str, count: int = 3) -> None:
    connection.execute("SELECT vecs.create_collection(%s, 2)", [name])
    vectors = [[number + 1, 1] for number in range(count)]
    fill(connection, name, vectors, [{"of": name}] * count)
    connection.execute("SELECT vecs.create_index(%s)", [name])


def test_rename(connection: Connection) -> None:
    make(connection, "docs")
    connection.execute("SELECT vecs.create_metadata_index('docs', 'of')")
    connection.execute("SELECT vecs.create_index('docs', filters => '{\"of\": \"docs\"}')")
    before = column(connection, INDEXES, ["docs"])
    assert value(connection, RENAME, ["docs", "articles"]) == ""
    assert column(connection, NAMES) == ["articles"]
    refused(connection, "VS002", "SELECT vecs.query('docs', '[1,1]')")
    assert len(rows(connection, "SELECT vecs.query('articles', '[1,1]')")) == 3
    after = column(connection, INDEXES, ["articles"])
    assert len(after) == len(before)
    assert "articles_pkey" in after
    # The names are as those of a collection that had the new name from the beginning.
    again = value(connection, "SELECT vecs.create_index('articles')")
    assert again in after
    make(connection, "docs")
    assert column(connection, NAMES) == ["articles", "docs"]


@pytest.mark.parametrize("name", ODD_NAMES)
def test_rename_to_odd_names_and_back(connection: Connection, name: str) -> None:
    make(connection, "docs")
    connection.execute(RENAME, ["docs", name])
    assert column(connection, NAMES) == [name]
    assert value(connection, "SELECT vecs.count_rows(%s)", [name]) == 3
    connection.execute(RENAME, [name, "docs"])
    assert column(connection, NAMES) == ["docs"]


def test_what_can_not_be(connection: Connection) -> None:
    make(connection, "docs")
    make(connection, "other")
    refused(connection, "VS003", RENAME, ["docs", "other"])
    refused(connection, "VS003", RENAME, ["docs", "docs"])
    refused(connection, "VS003", RENAME, ["docs", "other_pkey"])
    refused(connection, "VS001", RENAME, ["docs", "_private"])
    refused(connection, "VS001", RENAME, ["docs", ""])
    refused(connection, "VS001", RENAME, ["docs", "x" * 64])
    refused(connection, "VS001", RENAME, ["docs", None])
    refused(connection, "VS001", RENAME, [None, "new"])
    refused(connection, "VS002", RENAME, ["nope", "new"])
    refused(connection, "VS002", SWAP, ["docs", "nope"])
    refused(connection, "VS002", SWAP, ["nope", "docs"])
    refused(connection, "VS001", SWAP, ["docs", None])
    assert column(connection, NAMES) == ["docs", "other"]


def test_swap(connection: Connection) -> None:
    make(connection, "docs")
    make(connection, "new", 5)
    connection.execute("GRANT SELECT ON vecs.docs TO PUBLIC")
    indexes = [column(connection, INDEXES, [name]) for name in ("docs", "new")]
    connection.execute(SWAP, ["docs", "new"])
    assert value(connection, "SELECT vecs.count_rows('docs')") == 5
    assert value(connection, "SELECT vecs.count_rows('new')") == 3
    assert [column(connection, INDEXES, [name]) for name in ("docs", "new")] == indexes
    grants = "SELECT relacl::text LIKE '%%=r/%%' FROM pg_class WHERE oid = %s::regclass"
    assert value(connection, grants, ["vecs.new"]) is True
    connection.execute(SWAP, ["docs", "docs"])
    connection.execute(SWAP, ["new", "docs"])
    assert value(connection, "SELECT vecs.count_rows('docs')") == 3


def test_a_swap_of_a_collection_that_is_dropped(database: str) -> None:
    with (
        psycopg.connect(database) as one,
        psycopg.connect(database, autocommit=True) as other,
    ):
        make(other, "docs")
        make(other, "new")
        one.execute("SELECT vecs.drop_collection('new')")
        said: list[str | None] = []
        swapped = threading.Thread(
            target=lambda: said.append(refused(other, "VS002", SWAP, ["docs", "new"]).sqlstate)
        )
        swapped.start()
        swapped.join(0.5)
        assert swapped.is_alive()
        one.commit()
        swapped.join()
        assert said == ["VS002"]


def test_long_names(connection: Connection) -> None:
    make(connection, "docs")
    make(connection, "x" * 63)
    for a, b in (("docs", "x" * 63), ("x" * 63, "docs")):
        connection.execute(SWAP, [a, b])
        names = column(connection, INDEXES, ["docs"]) + column(connection, INDEXES, ["x" * 63])
        assert not any(name.startswith("_swap_") for name in names)
        assert len(names) == 6


def test_adopted_tables(connection: Connection) -> None:
    make(connection, "docs")
    connection.execute("""
        CREATE TABLE items (id int PRIMARY KEY, embedding vector(2));
        INSERT INTO items VALUES (1, '[1,1]');
        SELECT vecs.adopt('items');
        SELECT vecs.swap_collections('items', 'docs');
    """)
    assert column(connection, "SELECT id FROM vecs.fetch('docs', '{1}')") == ["1"]
    assert value(connection, "SELECT vecs.count_rows('items')") == 3
    connection.execute("SELECT vecs.rename_collection('docs', 'mine')")
    assert (
        value(connection, "SELECT vecs.describe_collection('mine') ->> 'table'") == "public.items"
    )


def test_swap_under_readers_and_writers(database: str) -> None:
    """None fails, and none sees a mixture: each collection's rows have its own mark."""
    with psycopg.connect(database, autocommit=True) as connection:
        for name in ("docs", "new"):
            make(connection, name, 50)
        failed: list[str] = []
        done = threading.Event()

        def read() -> None:
            query = "SELECT metadata ->> 'of' FROM vecs.query('docs', '[1,1]', 20)"
            with psycopg.connect(database, autocommit=True) as mine:
                while not done.is_set():
                    try:
                        found = column(mine, query)
                    except psycopg.Error as error:
                        failed.append(str(error))
                        return
                    # The writers' rows have no mark.
                    if len(found) != 20 or len({*found} - {None}) != 1:
                        failed.append(f"{len(found)} rows of {set(found)}")

        def write(number: int) -> None:
            upsert = "SELECT vecs.upsert('docs', %s, '[9,1]', '{}')"
            with psycopg.connect(database, autocommit=True) as mine:
                while not done.is_set():
                    try:
                        mine.execute(upsert, [f"w{number}"])
                    except psycopg.Error as error:
                        failed.append(str(error))
                        return

        threads = [threading.Thread(target=read) for _ in range(8)]
        threads += [threading.Thread(target=write, args=[number]) for number in range(8)]
        for thread in threads:
            thread.start()
        try:
            for _ in range(40):
                connection.execute(SWAP, ["docs", "new"])
        finally:
            done.set()
            for thread in threads:
                thread.join()
        assert failed == []
        written = [
            value(connection, "SELECT vecs.count_rows(%s)", [name]) for name in ("docs", "new")
        ]
        assert all(50 <= count <= 58 for count in written)


def test_an_index_is_built_on_the_table_that_has_the_name(database: str) -> None:
    """A build that waits for a swap does not replace the index of the other table."""
    with (
        psycopg.connect(database, autocommit=True) as one,
        psycopg.connect(database, autocommit=True) as other,
    ):
        make(one, "docs")
        make(one, "new", 5)
        for _ in range(8):  # the session knows the name, and has plans
            other.execute("SELECT vecs.create_index('docs', 'l2_distance')")
            other.execute("SELECT vecs.drop_index('docs', 'l2_distance')")
        one.execute("BEGIN")
        one.execute(SWAP, ["docs", "new"])
        built = threading.Thread(
            target=lambda: other.execute(
                "SELECT vecs.create_index('docs', 'cosine_distance', 'hnsw', '{\"m\": 4}')"
            )
        )
        built.start()
        built.join(0.5)
        assert built.is_alive()
        one.execute("COMMIT")
        built.join()
        described = (
            "SELECT vecs.describe_collection(%s) -> 'vector_indexes' -> 0 -> 'parameters' ->> 'm'"
        )
        assert value(one, described, ["docs"]) == "4"
        assert value(one, described, ["new"]) == "16"
