"""One search: HNSW, cosine distance, the ten nearest with their distances and metadata."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import psycopg
from pgvector.psycopg import register_vector

from bench.peers import Vecs
from bench.report import Target, Topic
from bench.stage import DIMENSION, Stage
from bench.timing import Turn, alternate, each, median_cpu, median_wall, time_ratio
from vecs_sql import IndexArgsHNSW

HAND_WRITTEN = "hand-written SQL"
CLIENT = "Collection.query"
SQL = "vecs.query() in SQL"
SQL_PREPARED = "vecs.query() in SQL, prepared"
VECS = "vecs 0.4.5"

_COLLECTION = "glosses"
_LIMIT = 10

# A round is a tenth of the queries: short ones, so that what else the machine does falls on all contenders alike.
_PARTS = 10

_BY_HAND = f"""
    SELECT id, vec <=> %(vector)s AS distance, metadata
    FROM vecs.{_COLLECTION}
    ORDER BY vec <=> %(vector)s
    LIMIT {_LIMIT}
""".encode()
_BY_FUNCTION = f"""
    SELECT id, distance, metadata
    FROM vecs.query('{_COLLECTION}', %(vector)s, {_LIMIT})
""".encode()

# Neighbours by a matrix product must not lose to those of the server by the last digit.
_TIE = 1e-6

Vector = npt.NDArray[np.float32]
Search = Callable[[Vector], list[Any]]


def measure(stage: Stage, vecs: Vecs | None) -> Topic:
    """Search one collection with every query vector in every way."""
    collection = stage.client.get_or_create_collection(_COLLECTION, dimension=DIMENSION)
    collection.upsert(zip(stage.ids, stage.vectors, stage.metadata, strict=True), progress=False)
    collection.create_index(method="hnsw", index_arguments=IndexArgsHNSW(m=16, ef_construction=64))
    stage.connection.execute(f"VACUUM (ANALYZE) vecs.{_COLLECTION}".encode())

    with psycopg.connect(stage.url, autocommit=True) as connection:
        register_vector(connection)
        cursor = connection.cursor(binary=True)

        def send(statement: bytes, *, prepare: bool) -> Search:
            return lambda vector: cursor.execute(
                statement, {"vector": vector}, prepare=prepare
            ).fetchall()

        searches: dict[str, Search] = {
            HAND_WRITTEN: send(_BY_HAND, prepare=True),
            CLIENT: lambda vector: collection.query(
                vector, limit=_LIMIT, include_value=True, include_metadata=True
            ),
            SQL: send(_BY_FUNCTION, prepare=False),
            SQL_PREPARED: send(_BY_FUNCTION, prepare=True),
        }
        queries = list(stage.queries)
        # These warm up, too.
        answers = {
            way: [[row[0] for row in search(vector)] for vector in queries]
            for way, search in searches.items()
        }
        parts = [queries[first::_PARTS] for first in range(_PARTS)]
        contenders: dict[str, Callable[[int], Turn]] = {
            way: _turns(search, parts) for way, search in searches.items()
        }
        if vecs is not None:
            arguments: dict[str, Any] = {"collection": _COLLECTION, "limit": _LIMIT}
            answers[VECS] = vecs.ask("answers", **arguments)
            contenders[VECS] = lambda number: vecs.turn(
                "query", **arguments, first=number % _PARTS, step=_PARTS
            )
        turns = alternate(contenders, stage.rounds * _PARTS)
    stage.client.delete_collection(_COLLECTION)
    return _topic(turns, _recall(stage, answers), len(stage.ids))


def _turns(search: Search, parts: list[list[Vector]]) -> Callable[[int], Turn]:
    return lambda number: each(search, parts[number % _PARTS])


def _recall(stage: Stage, answers: dict[str, list[list[str]]]) -> dict[str, float]:
    """Return the share of the places in the answers that holds a row as near as the exact answer's last."""
    rows = stage.vectors / np.linalg.norm(stage.vectors, axis=1, keepdims=True)
    queries = stage.queries / np.linalg.norm(stage.queries, axis=1, keepdims=True)
    distances = 1 - queries @ rows.T
    last = np.partition(distances, _LIMIT - 1, axis=1)[:, _LIMIT - 1]
    position = {id_: number for number, id_ in enumerate(stage.ids)}

    def good(number: int, ids: list[str]) -> int:
        found = distances[number, [position[id_] for id_ in set(ids)]]
        return int(np.count_nonzero(found <= last[number] + _TIE))

    return {
        way: sum(map(good, range(len(lists)), lists)) / (_LIMIT * len(lists))
        for way, lists in answers.items()
    }


def _topic(turns: dict[str, list[Turn]], recall: dict[str, float], rows: int) -> Topic:
    def ratio(way: str, base: str) -> float:
        return time_ratio(turns[way], turns[base])

    bases = [base for base in (HAND_WRITTEN, VECS) if base in turns]
    targets = [
        Target(f"{CLIENT}, time of {HAND_WRITTEN}", 1.3, ratio(CLIENT, HAND_WRITTEN), at_most=True)
    ]
    if VECS in turns:
        targets.append(Target(f"{CLIENT}, time of {VECS}", 0.5, ratio(CLIENT, VECS), at_most=True))
    return Topic(
        name="query",
        title=f"Query: {rows:,} rows, HNSW (m = 16, ef_construction = 64), cosine, k = {_LIMIT}",
        columns=[
            "",
            "p50, ms",
            "client CPU, us a query",
            f"recall@{_LIMIT}",
            *(f"time of {base}" for base in bases),
        ],
        rows=[
            [
                way,
                f"{median_wall(taken) * 1e3:.3f}",
                f"{median_cpu(taken) * 1e6:.0f}",
                f"{recall[way]:.4f}",
                *(f"{ratio(way, base):.2f}" for base in bases),
            ]
            for way, taken in turns.items()
        ],
        targets=targets,
        figures={
            way: {
                "p50_ms": median_wall(taken) * 1e3,
                "p50_ms_by_round": [turn.wall * 1e3 for turn in taken],
                "client_cpu_us_per_query": median_cpu(taken) * 1e6,
                f"recall_at_{_LIMIT}": recall[way],
                "time_of": {base: ratio(way, base) for base in bases},
            }
            for way, taken in turns.items()
        },
    )
