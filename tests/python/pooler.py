"""A PgBouncer before the test server, in transaction mode."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

import vecs_sql as vecs

CONFIGURATION = """
[databases]
pooled = host={host} port=5432 dbname={database} user=owner
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 2
logfile = {folder}/log
"""


@contextmanager
def before(database: str) -> Iterator[str]:
    """The URL of a database behind PgBouncer, which shares two server connections among all."""
    program = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin")
    if program is None:
        assert not os.environ.get("CI"), "CI installs pgbouncer"
        pytest.skip("pgbouncer is not installed (Debian: apt-get install pgbouncer)")
    info = conninfo_to_dict(database)
    # PgBouncer, too, refuses to run as root; the server's own user may reach its socket.
    user = pwd.getpwuid(Path(str(info["host"])).stat().st_uid).pw_name
    with tempfile.TemporaryDirectory() as folder, socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        configuration = Path(folder) / "pgbouncer.ini"
        configuration.write_text(
            CONFIGURATION.format(
                host=info["host"], database=info["dbname"], port=port, folder=folder
            )
        )
        if os.geteuid() == 0:
            shutil.chown(folder, user)
        with subprocess.Popen(
            [program, "-q", configuration], user=user if os.geteuid() == 0 else None
        ) as process:
            url = f"postgresql://anybody@127.0.0.1:{port}/pooled"
            try:
                for _ in range(100):
                    try:
                        psycopg.connect(url).close()
                        break
                    except psycopg.OperationalError:
                        time.sleep(0.1)
                yield url
            finally:
                process.terminate()


@contextmanager
def others_at_work(url: str, pause: float = 0.1) -> Iterator[None]:
    """Threads that write and search through the same pooler meanwhile, so that server connections change hands."""
    ended = threading.Event()
    problems: list[Exception] = []

    def work(number: int) -> None:
        try:
            with vecs.create_client(url) as client:
                docs = client.get_or_create_collection(f"others {number}", dimension=3)
                docs.create_index()
                while not ended.wait(pause):
                    docs.upsert([(f"{number}", [number + 1, 1, 2], {"n": number})], progress=False)
                    assert docs.query([1, 1, 2]) == [f"{number}"]
        except Exception as error:
            problems.append(error)

    threads = [threading.Thread(target=work, args=[number]) for number in range(3)]
    with running(threads):
        try:
            yield
        finally:
            ended.set()
    assert problems == []


@contextmanager
def running(threads: list[threading.Thread]) -> Iterator[None]:
    """Threads that are started, and waited for."""
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        for thread in threads:
            thread.join()


def in_threads(work: Callable[[int], None], count: int) -> list[Exception]:
    """Do the same in so many threads, each with its number, and return what goes wrong."""
    problems: list[Exception] = []

    def one(number: int) -> None:
        try:
            work(number)
        except Exception as error:
            problems.append(error)

    with running([threading.Thread(target=one, args=[number]) for number in range(count)]):
        pass
    return problems
