"""The measurements, in which the collections take turns."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import numpy as np
import psycopg
from pgvector.psycopg import register_vector

from bench.dataset import Dataset
from bench.exact import Exact
from bench.shards.contenders import Contender, upsert
from bench.shards.data import Search, below, matching
from bench.timing import Turn, alternate, bulk, each

# Rows of a call of fetch(), delete() and update_metadata().
IDS = 100
# Vectors of a call of query_many().
VECTORS = 20
# Calls of delete(), and of update_metadata(), in a round.
CHANGES = 5
# Shares of the rows that the filters match; 1: no filter.
SHARES = (0.001, 0.01, 0.1, 0.5)
JUDGED = (1, 0.01, 0.1)

# PostgreSQL keeps the plan of a statement that was executed five times.
_WARMING = 8
_QUERY = b"""
    SELECT id, distance, metadata
    FROM vecs.query(%(collection)s, %(vector)s, %(top_k)s, %(filters)s)
"""
_QUERY_MANY = b"""
    SELECT query_no, id, distance, metadata FROM vecs.query_many(%(collection)s, %(vectors)b, 10)
"""
_FETCH = b"SELECT id, vec, metadata FROM vecs.fetch(%(collection)s, %(ids)s)"
_UPDATE = b"SELECT vecs.update_metadata(%(collection)s, %(patch)s, %(ids)s)"
_DELETE = b"SELECT vecs.delete(%(collection)s, %(ids)s)"

Turns = dict[str, list[Turn]]
Parameters = dict[str, Any]


@dataclass(frozen=True)
class Call:
    """A call that is timed.

    Attributes:
        what: Its row in the table.
        statement: With the collection and other parameters.
        items: These, for each call.
        once: Whether each is for one call: every round takes others.
    """

    what: str
    statement: bytes
    items: Sequence[Parameters]
    once: bool = False

    def share(self, number: int) -> Sequence[Parameters]:
        """Return what a round takes."""
        return self.items[number * CHANGES : (number + 1) * CHANGES] if self.once else self.items


def calls(data: Dataset, queries: int, rounds: int) -> list[Call]:
    """Return the calls in the order in which they are measured: those that change rows are the last."""
    random = np.random.default_rng(3)
    vectors = data.queries[:queries]

    def query(what: str, top_k: int, share: float) -> Call:
        given = {"top_k": top_k, "filters": json.dumps(below(share))}
        return Call(what, _QUERY, [{**given, "vector": vector} for vector in vectors])

    many = [list(random.choice(data.queries, VECTORS)) for _ in range(-(-queries // 4))]
    some = [random.choice(data.ids, IDS, replace=False).tolist() for _ in range(queries)]
    # One share of the changes warms up.
    changed = random.permutation(data.ids)[: 2 * (rounds + 1) * CHANGES * IDS]
    updated, deleted = changed.reshape(2, (rounds + 1) * CHANGES, IDS).tolist()
    patch = json.dumps({"seen": True})
    return [
        query("query, k = 10", 10, 1),
        query("query, k = 100", 100, 1),
        *(query(f"query, k = 10, filter of {share * 100:.3g} %", 10, share) for share in SHARES),
        Call(
            f"query_many, {VECTORS} vectors, k = 10",
            _QUERY_MANY,
            [{"vectors": one} for one in many],
        ),
        Call(f"fetch, {IDS} ids", _FETCH, [{"ids": ids} for ids in some]),
        Call(
            f"update_metadata, {IDS} ids",
            _UPDATE,
            [{"ids": ids, "patch": patch} for ids in updated],
            once=True,
        ),
        Call(f"delete, {IDS} ids", _DELETE, [{"ids": ids} for ids in deleted], once=True),
    ]


def time_calls(found: Sequence[Contender], call: Call, rounds: int) -> Turns:
    """Return the turns of each collection."""

    def turn(one: Contender) -> Callable[[int], Turn]:
        cursor = one.connection.cursor(binary=True)
        given = {"collection": one.name}

        def send(item: Parameters) -> object:
            return cursor.execute(call.statement, {**given, **item}, prepare=True).fetchall()

        for item in call.share(0)[:_WARMING]:
            send(item)
        return lambda number: each(send, call.share(number + 1))

    return alternate({one.label: turn(one) for one in found}, rounds)


def time_loads(
    found: Sequence[Contender], rows: Sequence[Parameters], clients: int, rounds: int
) -> Turns:
    """Return the turns of each collection, which is empty before each."""
    count = sum(len(batch["ids"]) for batch in rows)
    with ExitStack() as stack:
        pool = stack.enter_context(ThreadPoolExecutor(clients))

        def turn(one: Contender) -> Callable[[int], Turn]:
            connections = [
                stack.enter_context(psycopg.connect(one.url, autocommit=True))
                for _ in range(clients)
            ]
            for connection in connections:
                register_vector(connection)

            def load(client: int) -> None:
                upsert(connections[client], one.loads, rows[client::clients])

            def all_clients() -> None:
                list(pool.map(load, range(clients)))

            def run(_: int) -> Turn:
                one.connection.execute("SELECT vecs.truncate_collection(%s)", [one.loads])
                return bulk(all_clients, count)

            run(0)  # warms up
            return run

        return alternate({one.label: turn(one) for one in found}, rounds)


def time_builds(found: Sequence[Contender], measure: str, rounds: int) -> Turns:
    """Return the turns of each collection, in which its index is built."""

    def turn(one: Contender) -> Callable[[int], Turn]:
        def build() -> None:
            one.connection.execute("SELECT vecs.create_index(%s, %s)", [one.name, measure])

        return lambda _: bulk(build, 1)

    return alternate({one.label: turn(one) for one in found}, rounds)


def recalls(
    found: Sequence[Contender], data: Dataset, queries: int
) -> dict[float, dict[str, float]]:
    """Return the recall for 10 neighbours of each collection, by the share of the rows that the filter matches."""
    judged: dict[float, dict[str, float]] = {}
    for share in JUDGED:
        exact = Exact(data, queries, (10,), matching(data, share))
        given = {"top_k": 10, "filters": json.dumps(below(share))}
        judged[share] = {
            one.label: float(
                np.mean(
                    [
                        exact.recall(number, 10, _search(one, {**given, "vector": vector}))
                        for number, vector in enumerate(exact.queries)
                    ]
                )
            )
            for one in found
        }
    return judged


def count_faults(
    found: Sequence[Contender], searches: Iterable[Search]
) -> dict[str, dict[str, int]]:
    """Return of each collection how many searches gave fewer rows than there are, and how many wrong ones."""
    faults = {one.label: {"short": 0, "wrong": 0} for one in found}
    for search in searches:
        given = {"vector": search.vector, "top_k": search.top_k, "filters": search.filters}
        for one in found:
            positions = _search(one, given)
            expected = min(search.top_k, len(search.matching))
            faults[one.label]["short"] += len(positions) < expected
            faults[one.label]["wrong"] += not search.matching.issuperset(positions)
    return faults


def _search(one: Contender, given: Parameters) -> list[int]:
    """Return the positions of the rows."""
    cursor = one.connection.cursor(binary=True)
    rows = cursor.execute(_QUERY, {"collection": one.name, **given}, prepare=True).fetchall()
    return [int(row[0][1:]) for row in rows]
