"""recall: the index against the exact search, on the collection's own vectors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import psycopg
import pytest
from psycopg.types.json import Jsonb

from tests.sql.support import Connection, fill, refused, rows, settings, value, watch

pytestmark = pytest.mark.slow

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import Databases

COUNT = 5000
DIMENSION = 64
RECALL = "SELECT recall, p50_ms, exact_p50_ms, sampled FROM vecs.recall({})"


@pytest.fixture(scope="module")
def seeded_database(databases: Databases, template: str) -> Iterator[str]:
    """The URL of a database with vectors by chance, on which a narrow search by an index misses much."""
    url = databases.create(template)
    chance = np.random.default_rng(31)
    vectors = chance.normal(size=(COUNT, DIMENSION)).round(3).tolist()
    metadata = [{"half": n % 2, "n": n} for n in chance.permutation(COUNT).tolist()]
    with psycopg.connect(url, autocommit=True) as connection:
        for name, element_type, method, arguments in (
            ("plain", "vector", None, None),
            ("hnsw", "vector", "hnsw", '{"m": 6, "ef_construction": 24}'),
            ("half", "halfvec", "hnsw", '{"m": 6, "ef_construction": 24}'),
            ("ivfflat", "vector", "ivfflat", '{"lists": 100}'),
        ):
            create = "SELECT vecs.create_collection(%s, %s, %s)"
            connection.execute(create, [name, DIMENSION, element_type])
            fill(connection, name, vectors, metadata)
            if method:
                index = "SELECT vecs.create_index(%s, 'cosine_distance', %s, %s)"
                connection.execute(index, [name, method, arguments])
        connection.execute("VACUUM ANALYZE")
    yield url
    databases.drop(url)


@pytest.fixture
def seeded(seeded_database: str) -> Iterator[Connection]:
    """A connection to it in a transaction that is rolled back."""
    with psycopg.connect(seeded_database) as connection:
        connection.execute("SELECT setseed(0.5)")
        yield connection
        connection.rollback()


def recall(connection: Connection, arguments: str, parameters: Any = ()) -> float:  # noqa: ANN401
    """The recall, of numbers that can be."""
    ((recalled, p50, exact, sampled),) = rows(connection, RECALL.format(arguments), parameters)
    assert 0 <= recalled <= 1
    assert p50 > 0
    assert exact > 0
    assert sampled > 0
    return float(recalled)


@pytest.mark.parametrize("name", ["hnsw", "half"])
def test_a_wider_search_recalls_more(seeded: Connection, name: str) -> None:
    narrow = recall(seeded, f"'{name}', 60, 10, ef_search => 10")
    wide = recall(seeded, f"'{name}', 60, 10, ef_search => 400")
    assert narrow < 0.8
    assert wide > narrow + 0.15


def test_more_probes_recall_more(seeded: Connection) -> None:
    narrow = recall(seeded, "'ivfflat', 60, 10, probes => 1")
    wide = recall(seeded, "'ivfflat', 60, 10, probes => 60")
    assert narrow < 0.6
    assert recall(seeded, "'ivfflat', 20, 10, probes => 100") == 1
    assert wide > narrow + 0.2


def test_it_is_the_share_that_is_found(seeded: Connection) -> None:
    """The sample is all rows, so that the result does not depend on chance; it is compared with one by hand."""
    seeded.execute("SELECT vecs.create_collection('docs', 16)")
    vectors = np.random.default_rng(3).normal(size=(300, 16)).round(3)
    ids = fill(seeded, "docs", vectors.tolist())
    arguments = '{"m": 2, "ef_construction": 4}'
    seeded.execute(
        "SELECT vecs.create_index('docs', method => 'hnsw', arguments => %s)", [arguments]
    )
    seeded.execute("ANALYZE vecs.docs")
    search = (
        "SELECT q.id FROM vecs.docs AS d CROSS JOIN LATERAL"
        " vecs.query('docs', d.vec, 6, ef_search => {}, strategy => '{}') AS q"
        " WHERE d.id = %s AND q.id <> d.id ORDER BY q.distance, q.id LIMIT 5"
    )
    found = 0
    for id_ in ids:
        best = rows(seeded, search.format("NULL", "exact"), [id_])
        found += len(set(best) & set(rows(seeded, search.format(6, "index"), [id_])))
    by_hand = found / (5 * len(ids))
    assert 0.1 < by_hand < 1
    assert recall(seeded, "'docs', 300, 5, ef_search => 6") == pytest.approx(by_hand, abs=1e-9)


@pytest.mark.parametrize("filters", [{}, {"half": 1}])
def test_no_index(seeded: Connection, filters: dict[str, Any]) -> None:
    notices = watch(seeded)
    assert recall(seeded, "'plain', 20, 10, %s", [Jsonb(filters)]) == 1
    assert [notice.sqlstate for notice in notices] == ["VSW01"]
    notices.clear()
    assert recall(seeded, "'hnsw', 5, 5, %s, 'l2_distance'", [Jsonb(filters)]) == 1
    assert [notice.sqlstate for notice in notices] == ["VSW01"]
    assert "l2_distance" in notices[0].message
    notices.clear()
    recall(seeded, "'hnsw', 20, 10, %s", [Jsonb(filters)])
    assert notices == []


def test_filters(seeded: Connection) -> None:
    assert recall(seeded, "'hnsw', 40, 10, '{\"half\": 1}', ef_search => 1000") > 0.9
    assert recall(seeded, "'hnsw', 20, 10, '{\"n\": {\"$lt\": 5}}'") == 1
    ((recalled, _, _, sampled),) = rows(seeded, RECALL.format("'hnsw', 20, 10, '{\"n\": -1}'"))
    assert (recalled, sampled) == (None, 20)


def test_the_size_of_the_sample(seeded: Connection) -> None:
    sampled = "SELECT sampled FROM vecs.recall({})"
    for size in (1, 7, 100):
        assert value(seeded, sampled.format(f"'hnsw', {size}, 3")) == size
    assert value(seeded, sampled.format("'hnsw', top_k => 2")) == 100
    seeded.execute("SELECT vecs.create_collection('docs', 1)")
    for indexed in (False, True):
        if indexed:
            seeded.execute("SELECT vecs.create_index('docs')")
        empty = rows(seeded, "SELECT recall, sampled FROM vecs.recall('docs')")
        assert empty == [(None, 0)]
    fill(seeded, "docs", [[1], [2], [3]])
    for analyzed in (False, True):
        if analyzed:
            seeded.execute("ANALYZE vecs.docs")
        for size in (3, 4, 1000):
            for top_k in (1, 10):
                few = f"SELECT recall, sampled FROM vecs.recall('docs', {size}, {top_k})"
                assert rows(seeded, few) == [(1, 3)]
    seeded.execute("SELECT vecs.delete('docs', '{r00000,r00001}')")
    alone = rows(seeded, "SELECT recall, sampled FROM vecs.recall('docs')")
    assert alone == [(None, 1)]


@pytest.mark.parametrize("arguments", ["2147483647", "2147483647, 2147483647", "3, 2147483647"])
def test_the_largest_sample_and_top_k(connection: Connection, arguments: str) -> None:
    connection.execute("SELECT vecs.create_collection('docs', 1)")
    fill(connection, "docs", [[1], [2], [3]])
    few = f"SELECT recall, sampled FROM vecs.recall('docs', {arguments})"
    assert rows(connection, few) == [(1, 3)]


def test_twins_and_zero_vectors(connection: Connection) -> None:
    """If all rows are equally near, none is missed; NaN distances count like others."""
    connection.execute("SELECT vecs.create_collection('docs', 2)")
    fill(connection, "docs", [[1, 1]] * 50 + [[0, 0]] * 5)
    for method in (None, "hnsw"):
        if method:
            connection.execute("SELECT vecs.create_index('docs', method => %s)", [method])
        for top_k in (5, 52):
            twins = "SELECT recall, sampled FROM vecs.recall('docs', 100, %s)"
            assert rows(connection, twins, [top_k]) == [(1, 55)]


def test_settings_are_as_before(seeded: Connection) -> None:
    seeded.execute("DO 'BEGIN PERFORM ''[1]''::vector; END'")  # loads libraries that have settings
    for name, text in (("hnsw.ef_search", "77"), ("ivfflat.probes", "3"), ("enable_sort", "off")):
        seeded.execute("SELECT set_config(%s, %s, false)", [name, text])
    before = settings(seeded)
    for name in ("plain", "hnsw", "half", "ivfflat"):
        recall(seeded, f"'{name}', 5, 5, '{{\"half\": 1}}'")
        assert settings(seeded) == before
    refused(seeded, "VS005", "SELECT vecs.recall('hnsw', 5, 5, '{\"k\": {\"$gr\": 1}}')")
    assert settings(seeded) == before


def test_arguments_that_can_not_be(seeded: Connection) -> None:
    for arguments in (
        "'hnsw', 0",
        "'hnsw', -1",
        "'hnsw', 5, 0",
        "'hnsw', 5, -2147483648",
        "'hnsw', measure => 'cosine'",
        "'hnsw', ef_search => 0",
        "'hnsw', ef_search => 1001",
        "'hnsw', probes => 0",
        "NULL",
    ):
        refused(seeded, "VS001", f"SELECT vecs.recall({arguments})")
    refused(seeded, "VS002", "SELECT vecs.recall('nothing')")
    refused(seeded, "VS005", "SELECT vecs.recall('hnsw', 5, 5, '[]')")


def test_the_sample_is_as_large_as_can_be(seeded: Connection) -> None:
    seeded.execute("DELETE FROM vecs.hnsw WHERE (metadata ->> 'n')::int >= 30")
    sampled = "SELECT sampled FROM vecs.recall('hnsw', %s)"
    assert [value(seeded, sampled, [size]) for size in (1, 20, 30, 100)] == [1, 20, 30, 30]


def test_a_sample_of_a_table_that_is_mostly_empty_pages(seeded: Connection) -> None:
    seeded.execute("DELETE FROM vecs.hnsw WHERE (metadata ->> 'n')::int >= 2")
    sampled = "SELECT sampled FROM vecs.recall('hnsw', 1)"
    assert [value(seeded, sampled) for _ in range(10)] == [1] * 10
