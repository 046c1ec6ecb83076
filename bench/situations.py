"""Collections whose statistics are absent, stale or wrong, and the filters that the planner then misjudges."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from typing import Any

from bench.dataset import Dataset
from bench.stage import Server
from bench.sweep.cells import NO_FILTER, Filter

# A tenth of the rows, the first ones, are of wave 0, the second tenth of wave 1, and so on.
_WAVES = 10
# Two keys that follow from `rand`, which is evenly distributed from 0 to 1, and one from `lex`.
_SCALE = 1_000
_SIGNS = {"$eq": "=", "$lt": "<", "$gte": ">="}

Condition = tuple[str, str, Any]


CORRELATED = "correlated keys"


def prepare(data: Dataset) -> Dataset:
    """Return the data set with keys on which statistics go wrong."""
    metadata = [
        {
            **row,
            "wave": number * _WAVES // len(data.ids),
            "copy": row["lex"],
            "scaled": int(row["rand"] * _SCALE),
            "inverse": 1 - row["rand"],
        }
        for number, row in enumerate(data.metadata)
    ]
    return replace(data, name="misjudged", metadata=metadata)


def absent(server: Server, data: Dataset) -> Dataset:
    """Load all rows and index them, without any statistics, as restoring a dump does."""
    _load(server, data, len(data.ids))
    table = f'vecs."{data.name}"'
    # Only the catalog itself can be told to forget.
    server.connection.execute(
        "DELETE FROM pg_statistic WHERE starelid = %(table)s::regclass OR starelid IN"
        " (SELECT indexrelid FROM pg_index WHERE indrelid = %(table)s::regclass)",
        {"table": table},
    )
    server.connection.execute(
        "UPDATE pg_class SET reltuples = -1, relpages = 0, relallvisible = 0"
        " WHERE oid = %s::regclass",
        [table],
    )
    return data


def grown(server: Server, data: Dataset) -> Dataset:
    """Index and analyze the first tenth of the rows, then add the others."""
    _load(server, data, len(data.ids) // _WAVES)
    _insert(server, data, slice(len(data.ids) // _WAVES, None))
    return data


def shrunk(server: Server, data: Dataset) -> Dataset:
    """Index and analyze all rows, then delete all but the first tenth; return those."""
    _load(server, data, len(data.ids))
    server.connection.execute(
        f"DELETE FROM vecs.\"{data.name}\" WHERE metadata ->> 'wave' <> '0'".encode()
    )
    left = sum(row["wave"] == 0 for row in data.metadata)
    return replace(data.first(left), name=data.name)


def correlated(server: Server, data: Dataset) -> Dataset:
    """Load and analyze all rows, with indexes on keys that follow from each other."""
    _load(server, data, len(data.ids))
    for key in ("rand", "scaled", "inverse"):
        server.connection.execute("SELECT vecs.create_metadata_index(%s, %s)", [data.name, key])
    server.connection.execute(f'VACUUM (ANALYZE) vecs."{data.name}"'.encode())
    return data


SITUATIONS = {
    "no statistics": absent,
    "nine tenths added since": grown,
    "nine tenths deleted since": shrunk,
    CORRELATED: correlated,
}


def filters(server: Server, data: Dataset, situation: str) -> list[Filter]:
    """Return the filters of a situation in which a collection is."""
    (lex, _), *_ = Counter(row["lex"] for row in data.metadata).most_common(1)
    if situation == CORRELATED:
        low, middle = ("rand", "$lt", 0.1), ("rand", "$lt", 0.5)
        low_scaled = ("scaled", "$lt", _SCALE // 10)
        conditions = [
            (("lex", "$eq", lex), ("copy", "$eq", lex)),
            (low, low_scaled),
            (("rand", "$lt", 0.3), ("scaled", "$lt", 3 * _SCALE // 10)),
            (middle, ("scaled", "$lt", _SCALE // 2)),
            (low, low_scaled, ("inverse", "$gte", 0.9)),
            (low, ("inverse", "$lt", 0.1)),
            (middle, ("inverse", "$lt", 0.5)),
        ]
        return [_with_predicate(server, data, each) for each in conditions]
    equalities: tuple[tuple[str, tuple[Any, ...]], ...] = (
        ("tenth", tuple(range(8))),
        ("hundredth", tuple(range(8))),
        ("lex", (lex,)),
        ("wave", (0,)),
        ("wave", (5,)),
    )
    return [Filter(NO_FILTER, NO_FILTER)] + [
        Filter(f"{key}={values[0]}" if len(values) == 1 else key, "statistics", key, values)
        for key, values in equalities
    ]


def _with_predicate(server: Server, data: Dataset, conditions: tuple[Condition, ...]) -> Filter:
    """Return a filter by conditions, with the predicate in the form that metadata indexes serve."""
    name = " AND ".join(
        f"{key} {_SIGNS[operator]} {value:g}" for key, operator, value in conditions
    )
    one = Filter(name, "conditions", conditions=conditions)
    row = server.connection.execute(
        "SELECT vecs._filter_sql(%s::jsonb, %s::regclass, NULL)",
        [json.dumps(one.of(0)), f'vecs."{data.name}"'],
    ).fetchone()
    assert row is not None
    return replace(one, predicate=row[0].replace("%", "%%"))


def _load(server: Server, data: Dataset, rows: int) -> None:
    """Load the first rows and index them, which collects statistics."""
    run = server.connection.execute
    run("SELECT vecs.drop_collection(%s, if_exists => true)", [data.name])
    server.client.create_collection(data.name, dimension=data.vectors.shape[1])
    _insert(server, data, slice(rows))
    run("SELECT vecs.create_index(%s, %s)", [data.name, data.measure])


def _insert(server: Server, data: Dataset, part: slice) -> None:
    records = zip(data.ids[part], data.vectors[part], data.metadata[part], strict=True)
    server.client.get_collection(data.name).upsert(list(records), progress=False)
    server.connection.execute("CHECKPOINT")
