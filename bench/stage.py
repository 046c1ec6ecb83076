"""Where it is measured: a server of its own, the rows, and the facts that belong beside the figures."""

from __future__ import annotations

import os
import platform
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime, timezone
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import psycopg

import vecs_sql
from vecs_sql import embedded
from vecs_sql._sync import installer as layer
from vecs_sql.cli import glosses as _glosses

DIMENSION = 384

# Not the defaults: memory for the data, as any server that is set up has; and what would start by
# itself in the midst of someone's turn is off.
_SETTINGS = {
    "autovacuum": "off",
    "max_wal_size": "'8GB'",
    "checkpoint_timeout": "'1h'",
}


Connection = psycopg.Connection[tuple[Any, ...]]


@dataclass(frozen=True)
class Server:
    """A server of the benchmark's own.

    Attributes:
        url: The server's.
        client: Ours, connected.
        connection: A superuser's in autocommit mode, for what is not measured.
    """

    url: str
    client: vecs_sql.Client
    connection: Connection


@dataclass(frozen=True)
class Stage:
    """What every topic needs.

    Attributes:
        url: The server's.
        client: Ours, connected.
        connection: A superuser's in autocommit mode, for what is not measured.
        ids, vectors, metadata: The rows.
        queries: One query vector a row.
        rounds: How often each contender is measured.
    """

    url: str
    client: vecs_sql.Client
    connection: Connection
    ids: list[str]
    vectors: npt.NDArray[np.float32]
    metadata: list[dict[str, Any]]
    queries: npt.NDArray[np.float32]
    rounds: int

    def facts(self) -> dict[str, Any]:
        counts = {
            "rows": len(self.ids),
            "dimension": DIMENSION,
            "queries": len(self.queries),
            "rounds": self.rounds,
        }
        return facts(self.connection, counts)


def facts(connection: Connection, counts: dict[str, Any]) -> dict[str, Any]:
    """Return what belongs beside figures: when, how much, and on what they were measured."""
    row = connection.execute(
        "SELECT current_setting('server_version'), extversion"
        " FROM pg_extension WHERE extname = 'vector'"
    ).fetchone()
    assert row is not None
    settings = connection.execute(
        "SELECT name, current_setting(name) FROM pg_settings WHERE name = ANY(%s) ORDER BY name",
        [[*_SETTINGS, "shared_buffers", "fsync", "synchronous_commit"]],
    )
    packages = ("psycopg", "pgvector", "numpy")
    return {
        "date": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        **counts,
        "versions": {
            "vecs-sql": vecs_sql.__version__,
            "PostgreSQL": row[0],
            "pgvector (server)": row[1],
            "python": platform.python_version(),
            **{name: version(name) for name in packages},
        },
        "machine": {"cpu": _cpu(), "cpus": os.cpu_count(), "system": platform.platform()},
        "settings": dict(settings.fetchall()),
    }


@contextmanager
def server(folder: Path | None = None, shared_buffers: str = "1GB") -> Iterator[Server]:
    """Start a server with the SQL layer and nothing else; on a folder to keep, or one deleted afterwards."""
    with ExitStack() as stack:
        if folder is None:
            name = stack.enter_context(tempfile.TemporaryDirectory(prefix="vecs-sql-bench-"))
            folder = Path(name)
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o755)  # as root, PostgreSQL runs as another user
        with (
            embedded.start(folder / "data") as first,
            psycopg.connect(first.url, autocommit=True) as superuser,
        ):
            for name, value in {**_SETTINGS, "shared_buffers": f"'{shared_buffers}'"}.items():
                superuser.execute(f"ALTER SYSTEM SET {name} = {value}".encode())
        running = stack.enter_context(embedded.start(folder / "data"))
        connection = stack.enter_context(psycopg.connect(running.url, autocommit=True))
        layer.install(connection)
        client = stack.enter_context(vecs_sql.create_client(running.url))
        yield Server(running.url, client, connection)


@contextmanager
def stage(rows: int, queries: int, rounds: int) -> Iterator[Stage]:
    """Start a server on a folder that is deleted afterwards, with the SQL layer and nothing else."""
    glosses, asked = _glosses.load(), _glosses.queries()
    if asked is None:
        raise FileNotFoundError(
            "The query set of examples/glosses is missing: run from a checkout."
        )
    with ExitStack() as stack:
        host = stack.enter_context(server())
        yield Stage(
            host.url,
            host.client,
            host.connection,
            glosses.ids[:rows],
            glosses.vectors[:rows],
            glosses.metadata[:rows],
            asked.vectors[:queries],
            rounds,
        )


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
