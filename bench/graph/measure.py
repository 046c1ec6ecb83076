"""One graph on one data set: its cost, its answers, and how fast they are beside pgvector's graph."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import psycopg
from pgvector.psycopg import register_vector
from rich.console import Console

from bench.dataset import Dataset
from bench.exact import Exact
from bench.stage import Connection, Server
from bench.sweep.load import copy, load
from bench.sweep.systems import OPERATORS
from bench.timing import Turn, alternate, each, median_wall, time_ratio

DEFAULT, PGVECTOR = "default of create_index", "16, 64"


@dataclass(frozen=True)
class Search:
    ef_search: int
    top_k: int

    def __str__(self) -> str:
        return f"ef {self.ef_search}, k = {self.top_k}"


SEARCHES = (Search(40, 10), Search(100, 10), Search(150, 100))

# The collection with pgvector's graph, with which the others take turns.
_BESIDE = "beside"


@dataclass(frozen=True)
class Effort:
    """How much is measured.

    Attributes:
        queries: Those that recall is measured with, at most.
        timed: Those that are timed in each round, at most.
        rounds: Rounds of turns.
    """

    queries: int
    timed: int
    rounds: int


def measure(
    server: Server, data: Dataset, graphs: list[str], effort: Effort, console: Console
) -> dict[str, dict[str, Any]]:
    """Return the figures of each graph on a data set, which is loaded for that."""
    run = server.connection.execute
    load(server, data, console)
    copy(server, data, _BESIDE)
    _build(server.connection, _BESIDE, data.measure, PGVECTOR)
    exact = Exact(data, effort.queries, [search.top_k for search in SEARCHES])
    found = {}
    with psycopg.connect(server.url, autocommit=True) as connection:
        register_vector(connection)
        for graph in graphs:
            console.print(f"Building {graph} ...", highlight=False)
            built = _build(server.connection, data.name, data.measure, graph)
            searches = {
                str(search): _search(connection, data, search, exact, effort) for search in SEARCHES
            }
            found[graph] = {**built, "searches": searches}
    run("SELECT vecs.drop_collection(%s)", [data.name])
    return found


def _build(connection: Connection, name: str, measure: str, graph: str) -> dict[str, Any]:
    """Index a collection; return seconds, bytes, and the parameters that the index has."""
    method, arguments = "auto", {}
    if graph != DEFAULT:
        m, ef_construction = (int(part) for part in graph.split(","))
        method, arguments = "hnsw", {"m": m, "ef_construction": ef_construction}
    started = time.perf_counter()
    row = connection.execute(
        "SELECT vecs.create_index(%s, %s, %s, %s::jsonb)",
        [name, measure, method, json.dumps(arguments)],
    ).fetchone()
    took = time.perf_counter() - started
    assert row is not None
    about = connection.execute(
        "SELECT pg_relation_size(oid), array_to_string(reloptions, ', ') FROM pg_class"
        " WHERE relnamespace = 'vecs'::regnamespace AND relname = %s",
        [row[0]],
    ).fetchone()
    assert about is not None
    connection.execute(f'VACUUM (ANALYZE) vecs."{name}"'.encode())
    connection.execute("CHECKPOINT")
    return {"build_seconds": took, "bytes": about[0], "parameters": about[1]}


def _search(
    connection: Connection, data: Dataset, search: Search, exact: Exact, effort: Effort
) -> dict[str, Any]:
    """Return the recall of each query, and the times of a search."""
    connection.execute(f"SET hnsw.ef_search = {search.ef_search}".encode())
    position = {id_: number for number, id_ in enumerate(data.ids)}
    mine, beside = (_sender(connection, data, search, name) for name in (data.name, _BESIDE))
    recalls = []
    for number in range(min(effort.queries, len(data.queries))):
        found = [position[id_] for id_ in mine(number)]
        recalls.append(exact.recall(number, search.top_k, found))
    numbers = range(min(effort.timed, len(recalls)))
    each(beside, numbers)  # warms up

    def turn(send: Callable[[int], list[str]]) -> Callable[[int], Turn]:
        return lambda _: each(send, numbers)

    turns = alternate({"mine": turn(mine), "beside": turn(beside)}, effort.rounds)
    return {
        "recall": recalls,
        "p50_ms": median_wall(turns["mine"]) * 1e3,
        "time_of_pgvector": time_ratio(turns["mine"], turns["beside"]),
    }


def _sender(
    connection: Connection, data: Dataset, search: Search, name: str
) -> Callable[[int], list[str]]:
    """Return what sends the query of a number, by hand-written SQL."""
    operator = OPERATORS[data.measure]
    statement = (
        f"SELECT id, vec {operator} %(vector)s AS distance, metadata"
        f' FROM vecs."{name}" ORDER BY vec {operator} %(vector)s LIMIT {search.top_k}'
    ).encode()
    cursor = connection.cursor(binary=True)

    def send(number: int) -> list[str]:
        vector = {"vector": data.queries[number]}
        return [row[0] for row in cursor.execute(statement, vector, prepare=True).fetchall()]

    return send
