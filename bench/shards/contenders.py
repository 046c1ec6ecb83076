"""The collections, which hold the same rows, and the servers that they are on."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import click
import psycopg
from pgvector.psycopg import register_vector

from bench.dataset import Dataset
from bench.stage import Connection

PLAIN = "plain"

_UPSERT = b"SELECT vecs.upsert_many(%(collection)s, %(ids)s, %(vectors)b, %(metadata)s)"


@dataclass(frozen=True)
class Contender:
    """A collection.

    Attributes:
        label: What the tables call it.
        url: Its server's.
        connection: One to that server, in autocommit mode.
        shards: How many it has; 0 for a local one.
    """

    label: str
    url: str
    connection: Connection
    shards: int

    @property
    def name(self) -> str:
        return f"vecs_sql_bench_{self.label.replace(' ', '_')}"

    @property
    def loads(self) -> str:
        """The name of another collection, without a vector index, for loads."""
        return f"{self.name}_loads"

    def describe(self) -> dict[str, Any]:
        row = self.connection.execute("SELECT vecs.describe_collection(%s)", [self.name]).fetchone()
        assert row is not None
        found: dict[str, Any] = row[0]
        return found


@contextmanager
def contenders(plain: str, cluster: str, shards: Sequence[int]) -> Iterator[list[Contender]]:
    """Connect to the servers, and refuse those that cannot be used or have relations of the same names."""
    with ExitStack() as stack:
        found = []
        places = [(PLAIN, plain, 0), *((_label(number), cluster, number) for number in shards)]
        for label, url, number in places:
            connection = stack.enter_context(psycopg.connect(url, autocommit=True))
            _check_installed(connection, label)
            register_vector(connection)
            found.append(Contender(label, url, connection, number))
        for one in found:
            _check_free(one)
        yield found


@contextmanager
def collections(found: Sequence[Contender], dimension: int) -> Iterator[None]:
    """Create the collections, and drop them in the end."""
    with ExitStack() as stack:
        for one in found:
            for name in (one.name, one.loads):
                try:
                    one.connection.execute(
                        "SELECT vecs.create_collection(%s, %s, shards => %s)",
                        [name, dimension, one.shards or None],
                    )
                except psycopg.Error as error:
                    if error.sqlstate != "VS008":
                        raise
                    raise click.ClickException(f"--cluster: {error}") from error
                stack.callback(_drop, one, name)
        yield


def describe_server(connection: Connection) -> dict[str, Any]:
    """Return the versions of a server, and the settings that count."""
    row = connection.execute("""
        SELECT current_setting('server_version'), e.extversion,
            current_setting('shared_buffers'), current_setting('maintenance_work_mem'),
            current_setting('fsync'), EXISTS (SELECT FROM pg_extension WHERE extname = 'citus')
        FROM pg_extension AS e
        WHERE e.extname = 'vector'
    """).fetchone()
    assert row is not None
    version, pgvector, buffers, memory, fsync, has_citus = row
    citus = {}
    if has_citus:
        row = connection.execute("""
            SELECT split_part(citus_version(), ' ', 2),
                (SELECT count(*) FROM citus_get_active_worker_nodes())
        """).fetchone()
        assert row is not None
        citus = {"Citus": row[0], "workers": row[1]}
    return {
        "PostgreSQL": version,
        "pgvector": pgvector,
        **citus,
        "shared_buffers": buffers,
        "maintenance_work_mem": memory,
        "fsync": fsync,
    }


def batches(data: Dataset, size: int) -> list[dict[str, Any]]:
    """Return the arguments of upsert_many() for all rows, batch by batch."""
    return [
        {
            "ids": data.ids[start : start + size],
            "vectors": list(data.vectors[start : start + size]),
            "metadata": json.dumps(data.metadata[start : start + size]),
        }
        for start in range(0, len(data.ids), size)
    ]


def upsert(connection: Connection, collection: str, rows: Sequence[dict[str, Any]]) -> None:
    """Upsert batches of rows, each in a transaction of its own."""
    cursor = connection.cursor(binary=True)
    for batch in rows:
        cursor.execute(_UPSERT, {"collection": collection, **batch}, prepare=True)


def _label(shards: int) -> str:
    if not shards:
        return "local on the cluster"
    return f"{shards} shards" if shards > 1 else "1 shard"


def _check_installed(connection: Connection, label: str) -> None:
    row = connection.execute("SELECT to_regprocedure('vecs.version()') IS NOT NULL").fetchone()
    if row != (True,):
        option = "--plain" if label == PLAIN else "--cluster"
        raise click.ClickException(
            f"The database of {option} does not have vecs-sql: vecs-sql install URL"
        )


def _check_free(one: Contender) -> None:
    for name in (one.name, one.loads):
        row = one.connection.execute(
            "SELECT to_regclass(format('vecs.%%I', %s::text)) IS NULL", [name]
        ).fetchone()
        if row != (True,):
            raise click.ClickException(
                f'The database has a collection "{name}" already, and the benchmark drops what has this name:'
                " take another database, or drop it yourself."
            )


def _drop(one: Contender, name: str) -> None:
    one.connection.execute("SELECT vecs.drop_collection(%s)", [name])
