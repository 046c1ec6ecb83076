"""The graph of an hnsw index: the parameters that create_index chooses, and the notice of searches that get lost."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from pgvector import HalfVector, Vector

from tests.sql.support import MEASURES, column, settings, value, watch

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from tests.sql.support import Connection, Notice

# Loses 7 to 42 of 60 searches among clusters().
THIN = '{"m": 2, "ef_construction": 4}'
SIZE = "SELECT pg_relation_size(('vecs.' || quote_ident(%s))::regclass)"
CREATE = "SELECT vecs.create_index('docs', %s, 'hnsw', %s)"


@cache
def clusters() -> Any:  # noqa: ANN401 -- an array
    """Vectors of length 1 that lie in clusters, which a thin graph has too few ways between.

    By their inner product, the longest of other vectors would be nearest to all.
    """
    chance = np.random.default_rng(7)
    centres = chance.normal(size=(40, 24))
    member = chance.integers(0, 40, 3000)
    vectors = centres[member] + chance.normal(size=(3000, 24)) / 5
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def load(
    connection: Connection,
    vectors: npt.ArrayLike,
    element_type: str = "vector",
    name: str = "docs",
) -> None:
    """Fill a new collection."""
    array = np.asarray(vectors, dtype=np.float32)
    connection.execute(
        "SELECT vecs.create_collection(%s, %s, %s)", [name, array.shape[1], element_type]
    )
    make = HalfVector if element_type == "halfvec" else Vector
    copy = f"COPY vecs.{name} (id, vec) FROM STDIN"
    with connection.cursor() as cursor, cursor.copy(copy) as writer:
        for number, row in enumerate(array):
            writer.write_row([f"r{number:05}", make(row).to_text()])


def lost(notices: list[Notice]) -> list[Notice]:
    """The notices of lost searches among these."""
    return [notice for notice in notices if notice.sqlstate == "VSW03"]


# --- the parameters


@pytest.mark.parametrize(
    ("element_type", "dimension", "m"),
    [
        ("vector", 3, 16),
        ("vector", 64, 16),
        ("vector", 128, 16),
        ("vector", 160, 20),
        ("vector", 256, 16),
        ("vector", 300, 20),
        ("vector", 384, 20),
        ("vector", 768, 20),
        ("vector", 784, 20),
        ("vector", 1536, 20),
        ("vector", 2000, 20),
        ("halfvec", 128, 16),
        ("halfvec", 768, 20),
        ("halfvec", 4000, 20),
    ],
)
def test_a_denser_graph_of_the_same_size(
    connection: Connection, element_type: str, dimension: int, m: int
) -> None:
    """As many rows a page as with pgvector's m of 16, whatever the dimension."""
    chance = np.random.default_rng(1)
    load(
        connection,
        chance.normal(size=(min(4000, max(600, 300_000 // dimension)), dimension)),
        element_type,
    )
    bytes_ = {}
    for chosen in (16, m):
        name = value(
            connection, CREATE, ["l2_distance", f'{{"m": {chosen}, "ef_construction": 48}}']
        )
        bytes_[chosen] = value(connection, SIZE, [name])
    assert bytes_[m] <= 1.02 * bytes_[16]
    connection.execute("SELECT vecs.truncate_collection('docs')")
    name = value(connection, "SELECT vecs.create_index('docs', 'l2_distance')")
    assert f"_hnsw_m{m}_efc160_" in name


# --- searches that get lost


@pytest.mark.parametrize("element_type", ["vector", "halfvec"])
@pytest.mark.parametrize("measure", MEASURES)
def test_a_thin_graph_is_told_of(connection: Connection, element_type: str, measure: str) -> None:
    load(connection, clusters(), element_type)
    notices = watch(connection)
    value(connection, "SELECT vecs.create_index('docs', %s)", [measure])
    assert lost(notices) == []
    before = settings(connection)
    # The planner prefers the new index to the one that it replaces.
    value(connection, CREATE, [measure, THIN])
    (notice,) = lost(notices)
    assert notice.severity == "NOTICE"
    assert f'"docs" for {measure}' in notice.message
    assert settings(connection) == before
    # Now it prefers the old one.
    statement = notice.hint[notice.hint.index("SELECT") :].rstrip(";")
    name = value(connection, statement)
    assert "_hnsw_m16_efc160_" in name
    assert len(lost(notices)) == 1


@pytest.mark.parametrize("measure", ["cosine_distance", "l2_distance"])
def test_a_thin_partial_graph_is_told_of(connection: Connection, measure: str) -> None:
    load(connection, clusters())
    connection.execute("""UPDATE vecs.docs SET metadata = '{"it''s": 1}' WHERE id < 'r02000'""")
    notices = watch(connection)
    create = "SELECT vecs.create_index('docs', %s, 'hnsw', %s, filters => '{\"it''s\": 1}')"
    value(connection, create, [measure, "{}"])
    value(connection, create.replace("1}", "2}"), [measure, THIN])
    assert lost(notices) == []
    value(connection, create, [measure, THIN])
    (notice,) = lost(notices)
    assert """rows that match {"it's": 1}""" in notice.message
    name = value(connection, notice.hint[notice.hint.index("SELECT") :].rstrip(";"))
    assert name.startswith("ix_partial_")
    assert "_hnsw_m16_efc160_" in name
    assert len(lost(notices)) == 1


def some_zero() -> Any:  # noqa: ANN401 -- an array
    vectors = clusters().copy()
    vectors[::3] = 0
    return vectors


def mostly_zero() -> Any:  # noqa: ANN401 -- an array
    vectors = np.zeros_like(clusters())
    vectors[:5] = clusters()[:5]
    return vectors


def one_vector() -> Any:  # noqa: ANN401 -- an array
    return np.repeat(clusters()[:1], 3000, axis=0)


def half_one_vector() -> Any:  # noqa: ANN401 -- an array
    vectors = clusters().copy()
    vectors[::2] = vectors[0]
    return vectors


def copies() -> Any:  # noqa: ANN401 -- an array
    return np.repeat(clusters()[:100], 30, axis=0)


def scaled_copies() -> Any:  # noqa: ANN401 -- an array
    return copies() * np.random.default_rng(2).uniform(0.5, 2, size=(3000, 1))


def unit_vectors() -> Any:  # noqa: ANN401 -- an array
    return np.eye(24)[np.arange(3000) % 24]


def grid() -> Any:  # noqa: ANN401 -- an array
    return np.random.default_rng(3).integers(0, 2, size=(3000, 6))


def of_all_lengths() -> Any:  # noqa: ANN401 -- an array
    chance = np.random.default_rng(4)
    return chance.normal(size=(3000, 24)) * chance.lognormal(size=(3000, 1))


def really_lost(connection: Connection, measure: str) -> int:
    """How many of 600 searches by the index find fewer than two of the ten nearest rows."""
    connection.execute("SET LOCAL enable_seqscan = off")
    connection.execute("SET LOCAL enable_sort = off")
    distance = f"vec {MEASURES[measure][0]} %s"
    nearest = f"SELECT {distance} FROM vecs.docs ORDER BY 0 + ({distance}) LIMIT 10"
    found = f"SELECT {distance} FROM vecs.docs ORDER BY {distance} LIMIT 10"
    count = 0
    for own in column(connection, "SELECT vec FROM vecs.docs ORDER BY md5(id) LIMIT 600"):
        limit = column(connection, nearest, [own, own])[-1] + 1e-5
        count += sum(near <= limit for near in column(connection, found, [own, own])) < 2
    connection.execute("SET LOCAL enable_seqscan = on")
    connection.execute("SET LOCAL enable_sort = on")
    return count


@pytest.mark.parametrize("element_type", ["vector", "halfvec"])
@pytest.mark.parametrize("vectors", [mostly_zero, one_vector, unit_vectors, grid, of_all_lengths])
def test_no_false_alarm(
    connection: Connection, vectors: Callable[[], Any], element_type: str
) -> None:
    load(connection, vectors(), element_type)
    notices = watch(connection)
    for measure in MEASURES:
        value(connection, "SELECT vecs.create_index('docs', %s)", [measure])
    assert lost(notices) == []


@pytest.mark.parametrize("vectors", [some_zero, half_one_vector, copies, scaled_copies])
def test_equal_rows_are_reported_only_where_searches_miss_them(
    connection: Connection, vectors: Callable[[], Any]
) -> None:
    """Groups of equal rows have few ways between them, so that pgvector really misses some."""
    load(connection, vectors())
    notices = watch(connection)
    for measure in MEASURES:
        notices.clear()
        value(connection, "SELECT vecs.create_index('docs', %s)", [measure])
        assert not lost(notices) or really_lost(connection, measure) > 0


def test_long_vectors_are_compared_too(connection: Connection) -> None:
    """They are stored apart from their rows, 50 of which are on a page."""
    wide = np.hstack([clusters(), np.zeros((3000, 600), dtype=np.float32)])
    load(connection, wide)
    notices = watch(connection)
    value(connection, CREATE, ["l2_distance", THIN])
    assert len(lost(notices)) == 1


def test_what_is_not_searched(connection: Connection) -> None:
    """A small collection, one whose rows a policy hides from its owner, and another method."""
    load(connection, clusters()[:1400])
    notices = watch(connection)
    value(connection, CREATE, ["l2_distance", THIN])
    connection.execute("SELECT vecs.drop_collection('docs')")
    load(connection, clusters())
    value(
        connection, "SELECT vecs.create_index('docs', 'l2_distance', 'ivfflat', '{\"lists\": 90}')"
    )
    connection.execute("ALTER TABLE vecs.docs ENABLE ROW LEVEL SECURITY")
    connection.execute("ALTER TABLE vecs.docs FORCE ROW LEVEL SECURITY")
    value(connection, CREATE, ["l2_distance", THIN])
    assert lost(notices) == []
    connection.execute("ALTER TABLE vecs.docs NO FORCE ROW LEVEL SECURITY")
    value(connection, CREATE, ["l2_distance", THIN])
    assert len(lost(notices)) == 1


@pytest.mark.parametrize("times", [1, 2])
def test_what_goes_wrong_does_not_fail_the_build(connection: Connection, times: int) -> None:
    """Building an index takes ownership alone; the owner may have lost the right to read.

    What a candidate costs is measured in the larger of the collections.
    """
    load(connection, np.tile(clusters(), (times, 1)))
    connection.execute("ANALYZE vecs.docs")
    notices = watch(connection)
    connection.execute("REVOKE SELECT ON vecs.docs FROM CURRENT_USER")
    before = settings(connection)
    name = value(connection, CREATE, ["l2_distance", THIN])
    assert "_hnsw_m2_efc4_" in name
    (notice,) = notices
    assert notice.sqlstate == "00000"
    assert '"docs" for l2_distance is built, but no search was tried with it' in notice.message
    assert settings(connection) == before
