"""Indexes that hold less than the vectors: half and binary precision."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from tests.sql.support import MEASURES, refused, rows, value, vector, watch
from tests.sql.test_index_graph import load

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    from tests.conftest import Databases
    from tests.sql.support import Connection

ROWS, DIMENSION = 4000, 64
PRECISIONS = ("full", "half", "binary")


def made(count: int = ROWS, dimension: int = DIMENSION) -> npt.NDArray[np.float32]:
    """Return vectors of length 1 in loose clusters, whose signs tell where they lie."""
    chance = np.random.default_rng(5)
    centres = chance.normal(size=(60, dimension))
    vectors = centres[chance.integers(0, 60, count)] + chance.normal(size=(count, dimension))
    unit: npt.NDArray[np.float32] = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit.astype(np.float32)


def index_on(
    connection: Connection,
    name: str,
    precision: str,
    measure: str = "cosine_distance",
    **more: float,
) -> str:
    arguments = json.dumps({"precision": precision, **more})
    create = "SELECT vecs.create_index(%s, %s, 'hnsw', %s)"
    found: str = value(connection, create, [name, measure, arguments])
    return found


def described(connection: Connection, name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = value(
        connection, "SELECT vecs.describe_collection(%s) -> 'vector_indexes'", [name]
    )
    return found


@pytest.fixture(scope="module")
def filled(databases: Databases, template: str) -> Iterator[Connection]:
    """Yield a connection to a database with a collection "docs", of whose rows a quarter have g 1."""
    url = databases.create(template)
    with databases.admin(databases.name(url)) as connection:
        load(connection, made())
        connection.execute(
            "UPDATE vecs.docs SET metadata = jsonb_build_object('g', substr(id, 2)::integer % 4)"
        )
        connection.execute("VACUUM ANALYZE vecs.docs")
        yield connection
    databases.drop(url)


@pytest.mark.parametrize("measure", [*MEASURES])
@pytest.mark.parametrize("precision", PRECISIONS)
def test_searches_by_any_precision(filled: Connection, precision: str, measure: str) -> None:
    # The bits are the same whatever the measure.
    filled.execute("SELECT vecs.drop_index('docs')")
    name = index_on(filled, "docs", precision, measure)
    asked = made(30)
    wanted = {"full": 0.97, "half": 0.97, "binary": 0.8}[precision]
    for filters in ("{}", '{"g": 1}'):
        found = nearest = 0
        for numbers in asked:
            exact, searched = (
                rows(
                    filled,
                    "SELECT q.id, q.distance FROM vecs.query('docs', %s, 10, %s, %s, strategy => %s) AS q",
                    [vector(numbers), filters, measure, strategy],
                )
                for strategy in ("exact", "index")
            )
            assert len(searched) == 10
            assert searched == sorted(searched, key=lambda row: (row[1], row[0]))
            distances: dict[str, float] = dict(exact)
            for id_, distance in searched:
                # As exact as that of an exact search.
                assert distances.get(id_, distance) == distance
            found += sum(distance <= exact[-1][1] for _, distance in searched)
            nearest += len(exact)
        assert found / nearest >= wanted, filters

        many = "SELECT q.query_no, q.id FROM vecs.query_many('docs', %s::vector[], 10, %s, %s) AS q"
        answers = rows(filled, many, [[vector(one) for one in asked], filters, measure])
        assert len(answers) == 10 * len(asked)
        explain = "SELECT vecs.explain('docs', %s, 10, %s, %s)"
        explained = value(filled, explain, [vector(asked[0]), filters, measure])
        if filters == "{}":
            assert (explained["strategy"], explained["index"]) == ("index", name)
        by_id = "SELECT q.id FROM vecs.query_by_id('docs', 'r00007', 10, %s, %s) AS q"
        assert len(rows(filled, by_id, [filters, measure])) == 10
    recall = "SELECT recall FROM vecs.recall('docs', 40, measure => %s)"
    assert value(filled, recall, [measure]) >= wanted
    assert value(filled, "SELECT vecs.has_index('docs', %s)", [measure]) is True


@pytest.mark.parametrize("quoted", ["on", "off"])
@pytest.mark.parametrize("precision", PRECISIONS)
def test_the_index_orders_the_rows(filled: Connection, precision: str, quoted: str) -> None:
    # Indexes of bits for two measures are alike, and the planner may take either.
    filled.execute("SELECT vecs.drop_index('docs')")
    filled.execute(f"SET quote_all_identifiers = {quoted}".encode())
    try:
        name = index_on(filled, "docs", precision)
        (index,) = (one for one in described(filled, "docs") if one["measure"] == "cosine_distance")
        assert (index["name"], index["precision"]) == (name, precision)
        assert name.endswith(f"_{precision}_{name[-7:]}") == (precision != "full")
        explain = "SELECT vecs.explain('docs', %s, 10, %s, strategy => 'index')"
        for filters in ("{}", '{"g": 1}'):
            explained = value(filled, explain, [vector(made(1)[0]), filters])
            assert (explained["strategy"], explained["index"]) == ("index", name)
    finally:
        filled.execute("RESET quote_all_identifiers")


def test_half_the_space(filled: Connection) -> None:
    sizes = {}
    for precision in PRECISIONS:
        index_on(filled, "docs", precision, "cosine_distance", m=8)
        (index,) = (one for one in described(filled, "docs") if one["measure"] == "cosine_distance")
        sizes[precision] = index["bytes"]
        assert index["rows_when_built"] == ROWS
    # 64 dimensions are less than the graph of their neighbours.
    assert sizes["binary"] < sizes["half"] < sizes["full"]


def test_one_replaces_the_other(filled: Connection) -> None:
    before = [one["measure"] for one in described(filled, "docs")]
    names = [index_on(filled, "docs", precision, "l2_distance") for precision in PRECISIONS]
    assert len(set(names)) == len(names)
    kept = {one["name"] for one in described(filled, "docs")}
    assert kept & set(names) == {names[-1]}
    assert len(kept) == len({*before, "l2_distance"})
    drop = "SELECT d FROM vecs.drop_index('docs', 'l2_distance') AS d"
    assert rows(filled, drop) == [(names[-1],)]
    assert value(filled, "SELECT vecs.has_index('docs', 'l2_distance')") is False


def test_auto_takes_a_precision(connection: Connection) -> None:
    load(connection, made(300))
    create = "SELECT vecs.create_index('docs', arguments => %s)"
    assert "_half_" in value(connection, create, ['{"precision": "half"}'])
    assert "_binary_" in value(connection, create, ['{"precision": "binary", "min_recall": 0.5}'])
    lists = "SELECT vecs.create_index('docs', method => 'ivfflat', arguments => %s)"
    assert "ivfflat_nl5_half" in value(connection, lists, ['{"precision": "half", "lists": 5}'])
    query = "SELECT count(*) FROM vecs.query('docs', %s, 20, strategy => 'index')"
    assert value(connection, query, [vector(made(1)[0])]) == 20


@pytest.mark.parametrize(
    ("method", "arguments"),
    [
        ("auto", '{"precision": "double"}'),
        ("hnsw", '{"precision": "HALF"}'),
        ("hnsw", '{"precision": null}'),
        ("hnsw", '{"precision": 2}'),
        ("ivfflat", '{"precision": "binary"}'),
        ("ivfflat", '{"min_recall": 0.5}'),
        ("hnsw", '{"precision": "half", "min_recall": 0.5}'),
        ("hnsw", '{"precision": "binary", "min_recall": 1.5}'),
        ("hnsw", '{"precision": "binary", "min_recall": -1}'),
        ("hnsw", '{"precision": "binary", "min_recall": "high"}'),
        ("hnsw", '{"precision": "binary", "min_recall": null}'),
        ("auto", '{"precision": "half", "m": 8}'),
    ],
)
def test_arguments_that_can_not_be(connection: Connection, method: str, arguments: str) -> None:
    load(connection, made(20))
    create = "SELECT vecs.create_index('docs', method => %s, arguments => %s)"
    refused(connection, "VS001", create, [method, arguments])
    assert described(connection, "docs") == []


def test_full_beyond_what_pgvector_indexes(connection: Connection) -> None:
    connection.execute("SELECT vecs.create_collection('docs', 2001)")
    create = "SELECT vecs.create_index('docs', arguments => %s)"
    said = refused(connection, "VS008", create, ['{"precision": "full"}'])
    assert "2000" in (said.message_primary or "")


def test_bits_that_tell_nothing(connection: Connection) -> None:
    # All elements are positive, so that all bits are the same.
    load(connection, np.abs(made(2000)))
    before = value(connection, "SELECT vecs.create_index('docs')")
    said = refused(
        connection,
        "VS008",
        "SELECT vecs.create_index('docs', arguments => '{\"precision\": \"binary\"}')",
    )
    assert "% of the nearest rows" in (said.message_primary or "")
    assert [one["name"] for one in described(connection, "docs")] == [before]
    accepted = '{"precision": "binary", "min_recall": 0}'
    name = value(connection, "SELECT vecs.create_index('docs', arguments => %s)", [accepted])
    assert [one["name"] for one in described(connection, "docs")] == [name]
    query = "SELECT count(*) FROM vecs.query('docs', %s, 50)"
    assert value(connection, query, [vector(made(1)[0])]) == 50


def test_halfvecs_are_indexed_as_they_are(connection: Connection) -> None:
    load(connection, made(2000), "halfvec")
    assert "_half_" not in index_on(connection, "docs", "half")
    (index,) = described(connection, "docs")
    assert index["precision"] == "full"
    explain = "SELECT vecs.explain('docs', %s)"
    explained = value(connection, explain, [vector(made(1)[0])])
    assert (explained["index"], len(explained["steps"])) == (index["name"], 1)
    name = index_on(connection, "docs", "binary", min_recall=0.5)
    explained = value(connection, explain, [vector(made(1)[0])])
    assert (explained["index"], len(explained["steps"])) == (name, 1)


def test_an_adopted_table(connection: Connection) -> None:
    load(connection, made(2000), name="source")
    connection.execute("""
        ALTER TABLE vecs.source SET SCHEMA public;
        ALTER TABLE source RENAME COLUMN vec TO "Embedding";
        CREATE INDEX mine ON source
            USING hnsw (("Embedding"::halfvec(64)) halfvec_cosine_ops);
        CREATE INDEX other ON source
            USING hnsw (("Embedding"::halfvec(64)) halfvec_l2_ops) WHERE id > 'r00100';
        ANALYZE source;
        SELECT vecs.adopt('source', 'docs');
    """)
    assert [(one["name"], one["precision"]) for one in described(connection, "docs")] == [
        ("mine", "half")
    ]
    explain = "SELECT vecs.explain('docs', %s)"
    assert value(connection, explain, [vector(made(1)[0])])["index"] == "mine"
    # It is the owner's.
    assert value(connection, "SELECT vecs.create_index('docs')") == "mine"
    name = index_on(connection, "docs", "binary", "l2_distance", min_recall=0.5)
    explained = value(connection, "SELECT vecs.explain('docs', %s, measure => 'l2_distance')",
                      [vector(made(1)[0])])  # fmt: skip
    assert explained["index"] == name


def test_a_large_page_of_bits(filled: Connection) -> None:
    index_on(filled, "docs", "binary")
    for top_k in (190, 191, 833, 995):
        query = "SELECT count(*) FROM vecs.query('docs', %s, %s)"
        assert value(filled, query, [vector(made(1)[0]), top_k]) == top_k


def test_numbers_beyond_half_precision(connection: Connection) -> None:
    vectors = made(100)
    vectors[3, 0] = 70_000
    load(connection, vectors)
    create = 'SELECT vecs.create_index(%s, arguments => \'{"precision": "half"}\')'
    said = refused(connection, "VS008", create, ["docs"])
    assert "70000" in (said.message_detail or "")
    index_on(connection, "docs", "binary", min_recall=0)
    load(connection, made(100), name="more")
    value(connection, create, ["more"])
    upsert = "SELECT vecs.upsert_many('more', ARRAY['a', 'b'], ARRAY[%s, %s]::vector[])"
    refused(connection, "22003", upsert, [vector(vectors[4]), vector(vectors[3])])
    assert value(connection, "SELECT vecs.count_rows('more')") == 100


def test_a_query_vector_beyond_half_precision(filled: Connection) -> None:
    filled.execute("SELECT vecs.drop_index('docs')")
    index_on(filled, "docs", "half", "l2_distance")
    far = vector([70_000, *made(1)[0][1:]])
    for filters in ("{}", '{"g": 1}'):
        query = (
            "SELECT q.id FROM vecs.query('docs', %s, 10, %s, 'l2_distance', strategy => %s) AS q"
        )
        exact, found = (
            rows(filled, query, [far, filters, strategy]) for strategy in ("exact", "auto")
        )
        assert found == exact
    many = "SELECT count(*) FROM vecs.query_many('docs', %s::vector[], 10, '{}', 'l2_distance')"
    assert value(filled, many, [[far, far]]) == 20


def test_rows_within_a_distance_by_bits(filled: Connection) -> None:
    index_on(filled, "docs", "binary")
    query = "SELECT count(*) FROM vecs.query('docs', %s, 4000, max_distance => 0.6, strategy => %s)"
    for numbers in made(5):
        exact, found = (
            value(filled, query, [vector(numbers), strategy]) for strategy in ("exact", "auto")
        )
        assert found == exact


def test_no_precision_says_nothing_of_small_collections(connection: Connection) -> None:
    notices = watch(connection)
    load(connection, made(30))
    for precision in PRECISIONS:
        index_on(connection, "docs", precision)
    assert notices == []
    query = "SELECT count(*) FROM vecs.query('docs', %s, 40)"
    assert value(connection, query, [vector(made(1)[0])]) == 30
