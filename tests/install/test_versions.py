"""Servers that can carry the layer do; those that cannot are refused with a hint, and left as they were."""

from __future__ import annotations

import subprocess
import sys

import psycopg
import pytest
from psycopg_pool import PoolTimeout

import vecs_sql
from tests import servers
from vecs_sql import exc
from vecs_sql._layer import render


@pytest.mark.parametrize(
    ("server", "message", "hint"),
    [
        ("pg14", "needs PostgreSQL 15 or later, but this server is 14", "Upgrade the server"),
        (
            "pg16_pgvector06",
            "needs pgvector 0.8 or later, but this server has 0.6.2",
            "Upgrade pgvector on the server",
        ),
        ("pg18_nopgvector", "needs the extension pgvector", "Install pgvector 0.8 or later"),
    ],
)
def test_refused(server: str, message: str, hint: str) -> None:
    with servers.run(server) as url:
        with pytest.raises(exc.Unsupported, match=message) as caught:
            vecs_sql.create_client(url)
        assert caught.value.sqlstate == "VS008"
        assert hint in (caught.value.hint or "")

        with psycopg.connect(url, autocommit=True) as connection:
            with pytest.raises(psycopg.Error) as refused:
                connection.execute(render.script().encode())
            assert refused.value.sqlstate == "VS008"
            connection.execute("ROLLBACK")
            assert connection.execute("SELECT to_regnamespace('vecs')").fetchone() == (None,)
            assert connection.execute(
                "SELECT count(*) FROM pg_extension WHERE extname = 'vector'"
            ).fetchone() == (0,)

        ended = subprocess.run(
            [sys.executable, "-m", "vecs_sql", "install", url],
            capture_output=True,
            text=True,
            check=False,
        )
        assert (ended.returncode, ended.stdout) == (1, "")
        assert message in ended.stderr
        assert "Hint: " + hint in ended.stderr
        assert "Traceback" not in ended.stderr


def test_pgvector_that_is_too_old_in_the_database() -> None:
    with servers.run("pg16_pgvector06") as url:
        with psycopg.connect(url) as connection:
            connection.execute("CREATE EXTENSION vector")
        with pytest.raises(exc.Unsupported, match=r"this database has 0\.6\.2"):
            vecs_sql.create_client(url)


@pytest.mark.parametrize("server", ["pg16", "pg17"])
def test_works(server: str) -> None:
    with servers.run(server) as url, vecs_sql.create_client(url) as client:
        docs = client.get_or_create_collection("docs", dimension=3)
        docs.upsert(
            (f"id{n}", [n % 7, n % 5, 1], {"n": n, "even": n % 2 == 0}) for n in range(2000)
        )
        with pytest.warns(UserWarning, match="covering index"):
            exact = docs.query([1, 2, 3], limit=20, filters={"n": {"$gte": 1000}})
        for measure in vecs_sql.IndexMeasure:
            docs.create_index(measure)
            assert (
                len(docs.query([1, 2, 3], limit=300, measure=measure, filters={"even": True}))
                == 300
            )
        docs.create_index(method="ivfflat", index_arguments=vecs_sql.IndexArgsIVFFlat(50))
        assert (
            len(docs.query([1, 2, 3], limit=20, filters={"n": {"$gte": 1000}})) == len(exact) == 20
        )
        assert docs.delete(filters={"n": {"$lt": 10}, "even": True}) == [
            "id0",
            "id2",
            "id4",
            "id6",
            "id8",
        ]
        assert len(docs) == 1995
        ended = subprocess.run(
            [sys.executable, "-m", "vecs_sql", "check", url],
            capture_output=True,
            text=True,
            check=False,
        )
        assert ended.returncode == 0, ended.stdout


def test_a_server_that_went_away() -> None:
    """psycopg's own error, which says what is wrong, and not that a pool has waited for long."""
    with servers.run("pg17") as url:
        client = vecs_sql.create_client(url)
        assert client.list_collections() == []
    with pytest.raises(psycopg.OperationalError) as caught:
        client.list_collections()
    assert not isinstance(caught.value, PoolTimeout)
    client.disconnect()
