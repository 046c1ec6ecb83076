"""Behind a transaction-pooling PgBouncer everything works: nothing is prepared, no session state is needed."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

import vecs_sql as vecs
from tests.conftest import Databases
from vecs_sql import embedded

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


@pytest.fixture
def pooled(server: embedded.Server, databases: Databases, database: str) -> Iterator[str]:
    """The URL of a database behind PgBouncer, which shares two server connections among all."""
    program = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin")
    if program is None:
        assert not os.environ.get("CI"), "CI installs pgbouncer"
        pytest.skip("pgbouncer is not installed (Debian: apt-get install pgbouncer)")
    info = psycopg.conninfo.conninfo_to_dict(database)
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
        ) as pooler:
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
                pooler.terminate()


def test_everything_works_behind_a_pooler(pooled: str) -> None:
    with vecs.create_client(pooled) as client:
        assert client._prepare is False
        docs = client.get_or_create_collection("docs", dimension=3)
        docs.upsert((f"id{number}", [number, 1, 2], {"n": number}) for number in range(3000))
        docs.create_index()
        problems: list[Exception] = []

        def search() -> None:
            try:
                for number in range(40):
                    assert len(docs.query([number, 1, 2])) == 10
                    assert docs.query([1, 1, 1], filters={"n": {"$gte": 2998}}, limit=5) == [
                        "id2998",
                        "id2999",
                    ]
                    assert docs.fetch([f"id{number}"])[0].metadata == {"n": number}
            except Exception as error:
                problems.append(error)

        threads = [threading.Thread(target=search) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert problems == []
        with psycopg.connect(pooled, autocommit=True) as connection:
            for setting, value in (("hnsw.iterative_scan", "off"), ("hnsw.ef_search", "40")):
                connection.execute("SELECT '[1]'::vector")
                found = connection.execute("SELECT current_setting(%s)", (setting,)).fetchone()
                assert found == (value,)


def test_a_straight_connection_is_prepared(database: str) -> None:
    with vecs.create_client(database) as client:
        assert client._prepare is True
    with vecs.create_client(database, prepare=False) as client:
        assert client._prepare is False
