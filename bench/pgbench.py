"""Searches per second by pgbench, from several clients at once."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import tempfile
from collections.abc import Mapping
from statistics import mean

import click
import numpy as np

from bench.dataset import Dataset
from bench.stage import Connection
from vecs_sql._embedded.folder import wheel_folder

# The table that holds the query vectors: both systems read theirs from it.
QUERIES = "bench_queries"
# The embedded server brings it along.
_PGBENCH = wheel_folder() / "pginstall" / "bin" / "pgbench"
# It may take so many seconds more than it is asked for.
_PATIENCE = 20
_PROGRESS = re.compile(r"^progress: [\d.]+ s, ([\d.]+) tps", re.MULTILINE)


def write_queries(connection: Connection, data: Dataset, count: int) -> int:
    """Write the first query vectors into the table, and return how many there are."""
    vectors = data.queries[:count].astype(np.float32)
    connection.execute(f"DROP TABLE IF EXISTS {QUERIES}".encode())
    connection.execute(f"CREATE TABLE {QUERIES} (n integer PRIMARY KEY, vec vector)".encode())
    with connection.cursor() as cursor:
        cursor.executemany(
            f"INSERT INTO {QUERIES} VALUES (%s, %s)".encode(),
            [(number, str(vector.tolist())) for number, vector in enumerate(vectors)],
        )
    connection.execute(f"VACUUM (ANALYZE) {QUERIES}".encode())
    return len(vectors)


def search(statement: str, queries: int, variables: str = "") -> str:
    """Return a script that sends a search by the vector `q.vec`, of a random query."""
    return (
        f"\\set n random(0, {queries - 1})\n{variables}"
        f"SELECT s.id, s.distance, s.metadata FROM {QUERIES} AS q, LATERAL ({statement}) AS s"
        " WHERE q.n = :n;\n"
    )


def throughput(
    url: str, script: str, clients: int, seconds: int, settings: Mapping[str, str] | None = None
) -> float:
    """Return the transactions per second of a script, in prepared statements.

    The first second does not count: each connection has to plan and to fill its caches.
    """
    # pgbench ends by SIGALRM. It inherits the signals that whoever started this program has blocked.
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGALRM})
    set_at_start = [f"-c {name}={value}" for name, value in (settings or {}).items()]
    with (
        tempfile.NamedTemporaryFile("w", suffix=".sql") as file,
        tempfile.TemporaryFile("w+") as report,
    ):
        file.write(script)
        file.flush()
        options = ["--no-vacuum", "--protocol=prepared", "--progress=1", f"--file={file.name}"]
        options += [f"--client={clients}", f"--jobs={min(clients, os.cpu_count() or 1)}"]
        process = subprocess.Popen(
            [_PGBENCH, *options, f"--time={seconds + 1}", url],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=report,
            env={**os.environ, "PGOPTIONS": " ".join(set_at_start)},
        )
        try:
            failed = process.wait(seconds + _PATIENCE) != 0
        except subprocess.TimeoutExpired:
            # On some machines no alarm arrives. What it has reported counts.
            failed = False
        finally:
            process.kill()
            process.wait()
        report.seek(0)
        text = report.read()
    rates = [float(rate) for rate in _PROGRESS.findall(text)][: seconds + 1]
    if failed or not rates or "aborted" in text:
        raise click.ClickException(f"pgbench did not run:\n{text}")
    return mean(rates[1:] or rates)
