"""tune() and create_index() keep what they measure with the index, and searches use it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import psycopg
import pytest

from tests.sql.support import rows, value, vector

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import Databases
    from tests.sql.support import Connection

ROWS, DIMENSION = 5_000, 32
# Two thirds of the rows lie together, and apart from the others.
RANDOM = np.random.default_rng(3)
VECTORS = RANDOM.standard_normal((ROWS, DIMENSION))
VECTORS[1::3, 0] += 8
VECTORS[2::3, 0] += 8
QUERY = vector(VECTORS[0])
APART = json.dumps({"kind": "apart"})
MANY = """, filters => '{"number": {"$lt": 4000}}'"""
SPARSE = """SELECT vecs.create_index('docs', method => 'hnsw', arguments => '{"m": 2, "ef_construction": 4}')"""
TUNE = "SELECT * FROM vecs.tune(%s, %s, keep => true, sample => 10)"


@pytest.fixture(scope="module")
def filled(databases: Databases, template: str) -> Iterator[Connection]:
    """Yield a connection to a database with the collections "docs" and, with an index, "built"."""
    url = databases.create(template)
    with databases.admin(databases.name(url)) as connection:
        for name in ("docs", "built"):
            connection.execute("SELECT vecs.create_collection(%s, %s)", [name, DIMENSION])
            copy = f"COPY vecs.{name} (id, vec, metadata) FROM STDIN"
            with connection.cursor() as cursor, cursor.copy(copy) as writer:
                for number, numbers in enumerate(VECTORS):
                    metadata = {"kind": "apart" if number % 3 else "other", "number": number}
                    writer.write_row([str(number), vector(numbers), json.dumps(metadata)])
        connection.execute("SELECT vecs.create_index('built')")
        connection.execute("VACUUM ANALYZE vecs.docs, vecs.built")
        yield connection


@pytest.fixture
def docs(filled: Connection) -> Iterator[Connection]:
    yield filled
    filled.execute("SELECT vecs.drop_index('docs')")


@pytest.fixture
def built(filled: Connection) -> Iterator[Connection]:
    yield filled
    filled.execute("RESET ALL")
    comment(filled, json.dumps({"rows": ROWS}))


def comment(connection: Connection, text: str) -> None:
    connection.execute(
        f"COMMENT ON INDEX vecs.{described(connection, 'built')['name']} IS '{text}'"
    )


def described(connection: Connection, name: str = "docs") -> dict[str, Any]:
    [index] = value(connection, "SELECT vecs.describe_collection(%s)", [name])["vector_indexes"]
    return dict(index)


def settings(connection: Connection, name: str, arguments: str = "") -> dict[str, str]:
    """Return the settings of a search."""
    found = value(connection, f"SELECT vecs.explain(%s, %s {arguments})", [name, QUERY])
    assert found["strategy"] == "index"
    return dict(found["steps"][-1]["settings"])


def test_what_is_kept_is_used(built: Connection) -> None:
    assert settings(built, "built") == {}
    kept, recall, _, chosen = rows(built, TUNE, ["built", 0.95])[-1]
    assert chosen
    assert recall >= 0.95
    assert described(built, "built")["ef_search"] == kept
    assert settings(built, "built").get("hnsw.ef_search", "40") == str(kept)


@pytest.mark.parametrize(
    ("session", "arguments", "expected"),
    [
        ("40", "", "70"),
        ("40", ", ef_search => 30", "30"),
        ("40", ", top_k => 20", "70"),
        ("40", ", top_k => 100", "120"),
        ("60", "", "70"),
        ("90", "", "90"),
        ("40", f"{MANY}, strategy => 'index'", "70"),
    ],
)
def test_what_else_decides(built: Connection, session: str, arguments: str, expected: str) -> None:
    comment(built, '{"rows": 1, "ef_search": 70}')
    built.execute(f"SELECT '[1]'::vector; SET hnsw.ef_search = {session}")
    assert settings(built, "built", arguments).get("hnsw.ef_search") == expected
    asked = f"SELECT count(*) FROM vecs.query_many('built', ARRAY[%s]::vector[] {arguments})"
    assert value(built, asked, [QUERY]) >= 10
    assert value(built, "SHOW hnsw.ef_search") == session


@pytest.mark.parametrize(
    "text",
    [
        '{"rows": 1, "ef_search": 99999}',
        '{"rows": 1, "ef_search": 1.5}',
        '{"rows": 1, "ef_search": "70"}',
        '{"rows": 1, "candidates": [1.0, 2.0], "ef_search": 70}',
        '{"rows": 1',
        '"ef_search": 70',
    ],
)
def test_other_comments_mean_nothing(built: Connection, text: str) -> None:
    comment(built, text)
    assert settings(built, "built") == {}
    assert "ef_search" not in described(built, "built")
    assert len(rows(built, f"SELECT * FROM vecs.query('built', %s {MANY})", [QUERY])) == 10


def test_what_suits_a_filter_is_not_kept_for_all(built: Connection) -> None:
    with pytest.raises(psycopg.Error) as caught:
        rows(built, "SELECT vecs.tune('built', filters => %s, keep => true)", [APART])
    assert caught.value.sqlstate == "VS001"
    assert rows(built, "SELECT vecs.tune('built', filters => %s, sample => 3)", [APART])


def test_a_reader_keeps_nothing(built: Connection) -> None:
    built.execute(
        "CREATE ROLE tune_reader; GRANT USAGE ON SCHEMA vecs TO tune_reader;"
        "GRANT SELECT ON vecs.built TO tune_reader; SET ROLE tune_reader"
    )
    try:
        assert rows(built, "SELECT * FROM vecs.tune('built', 0.5, sample => 5)")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            rows(built, TUNE, ["built", 0.5])
    finally:
        built.execute("RESET ROLE; DROP OWNED BY tune_reader; DROP ROLE tune_reader")
    assert "ef_search" not in described(built, "built")


def test_the_number_of_probes_is_kept(docs: Connection) -> None:
    docs.execute(
        """SELECT vecs.create_index('docs', method => 'ivfflat', arguments => '{"lists": 40}')"""
    )
    assert settings(docs, "docs")["ivfflat.probes"] == "10"
    for target in (0.999, 0.1):
        probes = str(min(40, rows(docs, TUNE, ["docs", target])[-1][0]))
        assert str(described(docs)["probes"]) == probes
        assert settings(docs, "docs")["ivfflat.probes"] == probes
    assert settings(docs, "docs", ", probes => 3")["ivfflat.probes"] == "3"


def test_recall_is_remembered_and_a_new_index_forgets(docs: Connection) -> None:
    docs.execute(SPARSE)
    assert 0 < described(docs)["recall_when_built"] < 0.95
    rows(docs, TUNE, ["docs", 0])
    assert described(docs)["ef_search"] == 20
    docs.execute(SPARSE)
    assert "ef_search" not in described(docs)


@pytest.mark.parametrize("text", [None, "mine", '{"rows": "all"}'])
def test_an_index_that_someone_else_made(docs: Connection, text: str | None) -> None:
    docs.execute(
        "CREATE INDEX mine ON vecs.docs USING hnsw (vec vector_cosine_ops) WITH (m = 2, ef_construction = 4)"
    )
    if text is not None:
        docs.execute(f"COMMENT ON INDEX vecs.mine IS '{text}'")
    with pytest.raises(psycopg.Error) as caught:
        rows(docs, TUNE, ["docs", 0.1])
    assert caught.value.sqlstate == "VS008"
    assert value(docs, "SELECT obj_description('vecs.mine'::regclass, 'pg_class')") == text
    assert len(rows(docs, "SELECT * FROM vecs.query('docs', %s)", [QUERY])) == 10


def test_a_partial_index_is_tried_with_vectors_that_lie_elsewhere(docs: Connection) -> None:
    for _ in range(5):
        docs.execute("SELECT vecs.create_index('docs', filters => %s)", [APART])
        index = described(docs)
        # A sample of twenty vectors may happen to be content with the default, which is not kept.
        if "ef_search" in index:
            break
    assert index["ef_search"] > 40
    assert index["recall_when_built"] >= 0.8
    arguments = f", filters => '{APART}'"
    assert settings(docs, "docs", arguments)["hnsw.ef_search"] == str(index["ef_search"])
    assert settings(docs, "docs", f"{arguments}, ef_search => 40") == {"enable_sort": "off"}
    # It was tried for ten rows.
    longer = settings(docs, "docs", f"{arguments}, top_k => 100")["hnsw.ef_search"]
    assert longer == str(min(1000, index["ef_search"] + 90))
    assert len(rows(docs, f"SELECT * FROM vecs.query('docs', %s {arguments})", [QUERY])) == 10


def test_few_rows_are_not_tried(docs: Connection) -> None:
    docs.execute("""SELECT vecs.create_index('docs', filters => '{"number": {"$lt": 100}}')""")
    assert {"ef_search", "recall_when_built"}.isdisjoint(described(docs))
