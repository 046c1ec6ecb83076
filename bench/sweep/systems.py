"""Who is measured: anything that answers queries of a cell and says how long each took."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any, Protocol

import psycopg
from pgvector.psycopg import register_vector
from psycopg.types.json import Jsonb

from bench.dataset import Dataset
from bench.sweep.cells import Cell
from bench.timing import no_collections

OPERATORS = {"cosine_distance": "<=>", "l2_distance": "<->"}

Settings = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Run:
    """What the queries of one turn took, in seconds, and the ids that each brought, nearest first."""

    walls: list[float]
    ids: list[list[str]]


class System(Protocol):
    """A contender under one cell."""

    def run(self, numbers: Sequence[int]) -> Run:
        """Send the queries of these numbers, one after the other."""


class Connections:
    """Connections to one server, one for each set of settings: they are set once."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._open: dict[Settings, psycopg.Connection[Any]] = {}

    def __enter__(self) -> Connections:
        return self

    def __exit__(self, *_: object) -> None:
        for connection in self._open.values():
            connection.close()

    def of(self, settings: Settings) -> psycopg.Connection[Any]:
        if settings not in self._open:
            connection = psycopg.connect(self._url, autocommit=True)
            register_vector(connection)
            for name, value in settings:
                connection.execute("SELECT set_config(%s, %s, false)", [name, value])
            self._open[settings] = connection
        return self._open[settings]


@dataclass
class Statement:
    """A prepared statement that gives id, distance, metadata; all its rows are fetched."""

    connection: psycopg.Connection[Any]
    sql: bytes
    parameters: Callable[[int], Mapping[str, Any]]

    def run(self, numbers: Sequence[int]) -> Run:
        clock = time.perf_counter
        walls, ids = [], []
        sets = [self.parameters(number) for number in numbers]
        cursor = self.connection.cursor(binary=True)
        with no_collections():
            for parameters in sets:
                start = clock()
                rows = cursor.execute(self.sql, parameters, prepare=True).fetchall()
                walls.append(clock() - start)
                ids.append([row[0] for row in rows])
        return Run(walls, ids)


def ours(
    connections: Connections, data: Dataset, cell: Cell, ef_search: int | None = None
) -> Statement:
    """Return vecs.query(), called as plain SQL in a session with the server's own settings."""
    named = "" if data.measure == "cosine_distance" else f", '{data.measure}'"
    named += "" if ef_search is None else f", ef_search => {ef_search}"
    return Statement(
        connections.of(()),
        f"SELECT id, distance, metadata FROM vecs.query("
        f"%(collection)s, %(vector)s, %(top_k)s, %(filter)s{named})".encode(),
        lambda number: {
            "collection": data.name,
            "vector": data.queries[number],
            "top_k": cell.top_k,
            "filter": Jsonb(cell.filter.of(number)),
        },
    )


# A hand-written statement's shape. In all of them the filter is a parameter and top_k a literal.
BY_INDEX = "by index"
OVER_FETCH = "by index, over-fetched"
EXACT = "exact"
MATERIALIZED = "exact, materialized"

_SHAPES = {
    BY_INDEX: """
        SELECT id, vec {op} %(vector)s AS distance, metadata
        FROM {table} {where}
        ORDER BY vec {op} %(vector)s LIMIT {top_k}""",
    # Relaxed order returns rows out of order, so the last candidates may belong among the first.
    OVER_FETCH: """
        SELECT id, distance, metadata
        FROM (
            SELECT id, vec {op} %(vector)s AS distance, metadata
            FROM {table} {where}
            ORDER BY vec {op} %(vector)s LIMIT {candidates}
        ) AS s
        ORDER BY distance LIMIT {top_k}""",
    # The sum hides the order from the index.
    EXACT: """
        SELECT id, (vec {op} %(vector)s) + 0 AS distance, metadata
        FROM {table} {where}
        ORDER BY distance LIMIT {top_k}""",
    MATERIALIZED: """
        WITH m AS MATERIALIZED (
            SELECT id, vec {op} %(vector)s AS distance, metadata FROM {table} {where}
        )
        SELECT id, distance, metadata FROM m ORDER BY distance LIMIT {top_k}""",
}


def by_hand(
    connections: Connections,
    data: Dataset,
    cell: Cell,
    shape: str,
    settings: Settings,
    over_fetch: float = 1,
) -> Statement:
    """Return a hand-written statement; it over-fetches by this factor if that is its shape."""
    sql = _SHAPES[shape].format(
        op=OPERATORS[data.measure],
        table=f'vecs."{data.name}"',
        where=cell.filter.where,
        top_k=cell.top_k,
        candidates=ceil(cell.top_k * over_fetch),
    )
    return Statement(
        connections.of(settings),
        sql.encode(),
        lambda number: {
            "vector": data.queries[number],
            "filter": Jsonb(cell.filter.of(number)),
        },
    )
