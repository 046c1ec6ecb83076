"""Loading rows: into an empty collection with its metadata index and without a vector index."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import psycopg
from pgvector import Vector
from pgvector.psycopg import register_vector
from psycopg.types.json import Jsonb

import vecs_sql
from bench.peers import Vecs
from bench.report import Target, Topic
from bench.stage import DIMENSION, Stage
from bench.timing import Turn, alternate, bulk, median_cpu, median_wall, time_ratio

COPY = "COPY, numpy rows"
COPY_LISTS = "COPY, lists"
COLUMNS = "Collection.upsert, columns"
UPSERT = "Collection.upsert, numpy rows"
UPSERT_LISTS = "Collection.upsert, lists"
VECS = "vecs 0.4.5"

# (id, vector, metadata)
Row = tuple[str, Any, dict[str, Any]]

_COLLECTION = "ingest"


def measure(stage: Stage, vecs: Vecs | None, vecs_rows: int) -> Topic:
    """Load all rows in every way; vecs, which is slow, loads the first `vecs_rows`."""
    collection = stage.client.get_or_create_collection(_COLLECTION, dimension=DIMENSION)
    rows: list[Row] = list(zip(stage.ids, stage.vectors, stage.metadata, strict=True))
    lists: list[Row] = [(id_, vector.tolist(), metadata) for id_, vector, metadata in rows]

    columns = vecs_sql.Columns(stage.ids, stage.vectors, stage.metadata)

    def empty() -> None:
        stage.connection.execute(f"TRUNCATE vecs.{_COLLECTION}".encode())
        stage.connection.execute("CHECKPOINT")

    def loaded(turn: Turn, expected: int) -> Turn:
        found = len(collection)
        if found != expected:
            raise AssertionError(f"{found} rows in the table, not {expected}")
        return turn

    with psycopg.connect(stage.url, autocommit=True) as connection:
        register_vector(connection)

        def copy(records: Iterable[Row]) -> Turn:
            return loaded(bulk(lambda: _copy(connection, records), len(rows)), len(rows))

        def upsert(records: list[Row] | vecs_sql.Columns) -> Turn:
            work = bulk(lambda: collection.upsert(records, progress=False), len(rows))
            return loaded(work, len(rows))

        contenders: dict[str, Callable[[int], Turn]] = {
            COPY: lambda _: copy(rows),
            COPY_LISTS: lambda _: copy((id_, Vector(vec), data) for id_, vec, data in lists),
            COLUMNS: lambda _: upsert(columns),
            UPSERT: lambda _: upsert(rows),
            UPSERT_LISTS: lambda _: upsert(lists),
        }
        if vecs is not None:
            few = min(vecs_rows, len(rows))
            contenders[VECS] = lambda _: loaded(
                vecs.turn("upsert", collection=_COLLECTION, rows=few), few
            )
        alternate(contenders, 1, empty)  # warms up
        turns = alternate(contenders, stage.rounds, empty)
    stage.client.delete_collection(_COLLECTION)
    return _topic(turns, len(rows))


def _copy(connection: psycopg.Connection[Any], records: Iterable[Row]) -> None:
    statement = f"COPY vecs.{_COLLECTION} (id, vec, metadata) FROM STDIN (FORMAT BINARY)"
    with connection.cursor() as cursor, cursor.copy(statement.encode()) as copy:
        copy.set_types(["varchar", "vector", "jsonb"])
        for id_, vector, metadata in records:
            copy.write_row((id_, vector, Jsonb(metadata)))


def _topic(turns: dict[str, list[Turn]], rows: int) -> Topic:
    def speed(way: str, base: str) -> float:
        return 1 / time_ratio(turns[way], turns[base])

    bases = [base for base in (COPY, COPY_LISTS, VECS) if base in turns]
    targets = [
        Target(f"{COLUMNS}, speed of {COPY}", 0.7, speed(COLUMNS, COPY)),
        Target(f"{UPSERT}, speed of {COPY}", 0.6, speed(UPSERT, COPY)),
        Target(f"{UPSERT_LISTS}, speed of {COPY}", 0.45, speed(UPSERT_LISTS, COPY)),
    ]
    if VECS in turns:
        targets += [
            Target(f"{way}, speed of {VECS}", 10, speed(way, VECS))
            for way in (COLUMNS, UPSERT, UPSERT_LISTS)
        ]
    return Topic(
        name="ingest",
        title=f"Ingest: {rows:,} rows into an empty collection",
        columns=["", "rows/s", "client CPU, us a row", *(f"speed of {base}" for base in bases)],
        rows=[
            [
                way,
                f"{1 / median_wall(taken):,.0f}",
                f"{median_cpu(taken) * 1e6:.1f}",
                *(f"{speed(way, base):.2f}" for base in bases),
            ]
            for way, taken in turns.items()
        ],
        targets=targets,
        figures={
            way: {
                "rows_per_second": 1 / median_wall(taken),
                "rows_per_second_by_round": [1 / turn.wall for turn in taken],
                "client_cpu_us_per_row": median_cpu(taken) * 1e6,
                "speed_of": {base: speed(way, base) for base in bases},
            }
            for way, taken in turns.items()
        },
    )
