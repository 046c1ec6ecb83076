"""A data set in our server: loaded, indexed, vacuumed; and what that cost."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

from psycopg import sql
from rich.console import Console

from bench.dataset import Dataset
from bench.stage import Server


def load(
    server: Server, data: Dataset, console: Console, keep: Path | None = None
) -> dict[str, Any]:
    """Load through vecs-sql, unless a kept server has the collection; return rows/s, seconds, bytes."""
    note = keep / f"{data.name}.json" if keep else None
    if note is not None and note.exists() and _rows(server, data.name) == len(data.ids):
        known: dict[str, Any] = json.loads(note.read_text(encoding="utf-8"))
        return known
    console.print(f"Loading {len(data.ids):,} rows of {data.name} and building its index ...")
    cost = _load(server, data)
    if note is not None:
        note.write_text(json.dumps(cost, indent=2) + "\n", encoding="utf-8")
    return cost


def copy(server: Server, data: Dataset, name: str) -> None:
    """Make a second collection of the rows that were loaded, without an index on the vectors."""
    server.connection.execute("SELECT vecs.drop_collection(%s, if_exists => true)", [name])
    server.client.create_collection(name, dimension=data.vectors.shape[1])
    both = {"copy": sql.Identifier("vecs", name), "original": sql.Identifier("vecs", data.name)}
    for statement in (
        "INSERT INTO {copy} SELECT * FROM {original}",
        # Else autovacuum would begin on the new table during the first build.
        "VACUUM (ANALYZE) {original}",
        "VACUUM (ANALYZE) {copy}",
    ):
        server.connection.execute(sql.SQL(statement).format(**both))


def _load(server: Server, data: Dataset) -> dict[str, Any]:
    run = server.connection.execute
    run("SELECT vecs.drop_collection(%s, if_exists => true)", [data.name])
    collection = server.client.create_collection(data.name, dimension=data.vectors.shape[1])
    records = list(zip(data.ids, data.vectors, data.metadata, strict=True))
    started = time.perf_counter()
    collection.upsert(records, progress=False)
    loaded = time.perf_counter()
    run("SELECT vecs.create_index(%s, %s)", [data.name, data.measure])
    indexed = time.perf_counter()
    run(f'VACUUM (ANALYZE) vecs."{data.name}"'.encode())
    run("CHECKPOINT")
    table = f'vecs."{data.name}"'
    sizes = run("SELECT pg_table_size(%s::regclass), pg_indexes_size(%s::regclass)", [table] * 2)
    table_bytes, index_bytes = sizes.fetchone() or (0, 0)
    return {
        "rows_per_second": len(records) / (loaded - started),
        "index_seconds": indexed - loaded,
        "bytes": table_bytes + index_bytes,
        "table_bytes": table_bytes,
        "index_bytes": index_bytes,
    }


def _rows(server: Server, name: str) -> int:
    run = server.connection.execute
    found = run("SELECT to_regclass(%s)", [f'vecs."{name}"']).fetchone()
    if found is None or found[0] is None:
        return -1
    counted = run(f'SELECT count(*) FROM vecs."{name}"'.encode()).fetchone()
    return int(counted[0]) if counted else -1
