"""Upserts that drop the vector indexes and build them again: when they do, and that no failure takes an index away."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import psycopg
import pytest
from psycopg import sql

import vecs_sql as vecs
from tests.python.both.conftest import only_sync
from vecs_sql import exc

INDEXES = """
    SELECT i.indexrelid, c.relname, pg_get_indexdef(i.indexrelid)
    FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid
    WHERE i.indrelid = %s::regclass AND i.indisvalid AND c.relname ~ '^ix_'
    ORDER BY c.relname
"""


@pytest.fixture
def admin(url: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(url, autocommit=True, prepare_threshold=None) as connection:
        yield connection


@pytest.fixture
def docs(client: Any, name: str) -> Any:  # noqa: ANN401
    """An empty collection of three dimensions with an index, a thin one, in which an insert takes little time."""
    docs = client.get_or_create_collection(name, dimension=3)
    docs.create_index(method="hnsw", index_arguments=vecs.IndexArgsHNSW(m=2, ef_construction=4))
    return docs


def indexes(admin: psycopg.Connection[Any], name: str) -> list[tuple[int, str, str]]:
    return admin.execute(INDEXES, [f'vecs."{name}"']).fetchall()


def matrix(count: int) -> Any:  # noqa: ANN401
    return np.random.default_rng(1).normal(size=(count, 3)).astype(np.float32)


def columns(count: int, first: int = 0) -> tuple[list[str], Any]:
    return [f"{n:05}" for n in range(first, first + count)], matrix(count)


Rebuilt = Callable[[], bool]


@pytest.fixture
def rebuilt(admin: psycopg.Connection[Any], docs: Any) -> Rebuilt:  # noqa: ANN401
    """Tells whether the index is another one, of the same definition, than at the last call."""
    [before] = indexes(admin, docs.name)

    def rebuilt() -> bool:
        nonlocal before
        [now] = indexes(admin, docs.name)
        assert now[1:] == before[1:]
        changed = now[0] != before[0]
        before = now
        return changed

    return rebuilt


def test_auto(docs: Any, rebuilt: Rebuilt) -> None:  # noqa: ANN401
    docs.upsert(columns(200), rebuild_index="auto")
    assert not rebuilt()
    docs.upsert(columns(1200), rebuild_index="auto")
    assert rebuilt()
    assert docs.describe()["vector_indexes"][0]["rows_when_built"] == 1200
    assert len(docs.query([1, 0, 0], limit=30, strategy="index")) == 30
    docs.upsert(columns(1000, 200), rebuild_index="auto")
    assert not rebuilt()
    assert docs.count() == 1200


def test_by_default_the_index_stays(docs: Any, rebuilt: Rebuilt) -> None:  # noqa: ANN401
    docs.upsert(columns(1200))
    docs.upsert(columns(10), rebuild_index=False)
    assert not rebuilt()
    docs.upsert(columns(10), rebuild_index=True)
    assert rebuilt()
    docs.upsert([], rebuild_index=True)
    assert not rebuilt()


@pytest.mark.parametrize("form", ["list", "iterator"])
def test_records_of_other_forms(docs: Any, rebuilt: Rebuilt, form: str) -> None:  # noqa: ANN401
    """Those of an iterator are counted before the first is written."""
    records = [(f"{n:05}", [n, 1, 2], {"n": n}) for n in range(1200)]
    docs.upsert(records if form == "list" else iter(records), rebuild_index="auto")
    assert rebuilt()
    assert docs.count() == 1200


def test_a_failure_leaves_all_as_it_was(docs: Any, rebuilt: Rebuilt) -> None:  # noqa: ANN401
    docs.upsert(columns(50))
    ids, vectors = columns(1400)
    vectors[1300, 1] = np.nan
    with pytest.raises(exc.ArgError):
        docs.upsert((ids, vectors), rebuild_index=True)
    bad: list[Any] = [
        (id_, vector, {}) for id_, vector in zip(ids, matrix(1400).tolist(), strict=True)
    ]
    bad[1300] = (bad[1300][0], [1.0, 2.0], {})
    with pytest.raises(exc.MismatchedDimension):
        docs.upsert(bad, rebuild_index=True)
    with pytest.raises(exc.MismatchedDimension):
        docs.upsert(iter(bad), rebuild_index=True)
    assert not rebuilt()
    assert docs.count() == 50


def test_a_build_that_fails_leaves_all_as_it_was(
    client: Any,  # noqa: ANN401
    admin: psycopg.Connection[Any],
    name: str,
) -> None:
    docs = client.get_or_create_collection(name, dimension=3)
    docs.upsert(columns(50))
    docs.create_index(precision="half")
    before = indexes(admin, name)
    with pytest.raises(exc.VecsException, match="half precision"):
        docs.upsert([("large", [1e6, 0, 0], {})], rebuild_index=True)
    assert indexes(admin, name) == before
    assert docs.count() == 50


def test_several_indexes(client: Any, admin: psycopg.Connection[Any], name: str) -> None:  # noqa: ANN401
    docs = client.get_or_create_collection(name, dimension=3)
    create = "SELECT vecs.create_index(%s, %s, 'hnsw', %s, filters => %s)"
    admin.execute(create, [name, "cosine_distance", '{"m": 4, "ef_construction": 20}', "{}"])
    admin.execute(create, [name, "l2_distance", '{"precision": "half"}', "{}"])
    admin.execute(create, [name, "l2_distance", "{}", '{"even": true}'])
    before = indexes(admin, name)
    ids, vectors = columns(1200)
    docs.upsert((ids, vectors, [{"even": n % 2 == 0} for n in range(1200)]), rebuild_index="auto")
    after = indexes(admin, name)
    assert [one[1:] for one in after] == [one[1:] for one in before]
    assert not {one[0] for one in after} & {one[0] for one in before}
    partial = [one for one in docs.describe()["vector_indexes"] if "filters" in one]
    assert [(one["filters"], one["rows_when_built"]) for one in partial] == [({"even": True}, 600)]


def test_what_it_does_not_go_with(docs: Any, rebuilt: Rebuilt) -> None:  # noqa: ANN401
    with pytest.raises(exc.ArgError, match="commit_every"):
        docs.upsert(columns(1200), rebuild_index=True, commit_every=500)
    for wrong in ("always", 1, None):
        with pytest.raises(exc.ArgError, match="rebuild_index must be"):
            docs.upsert(columns(1200), rebuild_index=wrong)
    assert docs.count() == 0
    docs.upsert(columns(1200), rebuild_index="auto", commit_every=500)
    assert not rebuilt()


def test_auto_stays_where_a_timeout_could_end_the_build(docs: Any, rebuilt: Rebuilt) -> None:  # noqa: ANN401
    docs.upsert(columns(1200), rebuild_index="auto", timeout=4)
    assert not rebuilt()
    docs.upsert(columns(1200), rebuild_index="auto", timeout=100)
    assert rebuilt()


def test_auto_stays_where_someone_reads(
    docs: Any,  # noqa: ANN401
    rebuilt: Rebuilt,
    admin: psycopg.Connection[Any],
) -> None:
    with admin.transaction():
        admin.execute(sql.SQL("SELECT FROM {}").format(sql.Identifier("vecs", docs.name)))
        docs.upsert(columns(1200), rebuild_index="auto", timeout=60)
        assert docs.count() == 1200
    assert not rebuilt()


def test_the_log_tells(docs: Any, caplog: pytest.LogCaptureFixture) -> None:  # noqa: ANN401
    with caplog.at_level(logging.INFO, "vecs_sql"):
        docs.upsert(columns(1200), rebuild_index="auto")
    assert f"1 vector index of {docs.name} is built anew" in caplog.text


@only_sync
def test_on_a_connection_of_the_caller(
    docs: Any,  # noqa: ANN401
    rebuilt: Rebuilt,
    url: str,
) -> None:
    """Whoever commits has read or written before, so only what they ask for is done."""
    with psycopg.connect(url) as connection:
        mine = vecs.create_client(connection).open_collection(docs.name)
        interval = "SELECT current_setting('client_connection_check_interval')"
        before = connection.execute(interval).fetchone()
        mine.upsert(columns(1200), rebuild_index="auto")
        assert [one["rows_when_built"] for one in mine.describe()["vector_indexes"]] == [0]
        mine.upsert(columns(1200), rebuild_index=True)
        assert connection.execute(interval).fetchone() == before
        connection.rollback()
        assert not rebuilt()
        mine.upsert(columns(1200), rebuild_index=True)
        connection.commit()
    assert rebuilt()


# The build takes a while: a dense graph.
_SLOW = '{"m": 100, "ef_construction": 1000}'
_LOADER = """
import sys, numpy as np, vecs_sql as vecs
vectors = np.random.default_rng(1).normal(size=(6000, 64)).astype("float32")
docs = vecs.create_client(sys.argv[1]).open_collection(sys.argv[2])
docs.upsert(([str(n) for n in range(6000)], vectors), rebuild_index=True)
"""


@pytest.fixture
def building(
    client: Any,  # noqa: ANN401
    url: str,
    admin: psycopg.Connection[Any],
    name: str,
) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """A process that loads, when it builds the index; and the server's process."""
    docs = client.get_or_create_collection(name, dimension=64)
    docs.upsert([("before", np.ones(64), {})])
    admin.execute("SELECT vecs.create_index(%s, arguments => %s, method => 'hnsw')", [name, _SLOW])
    before = indexes(admin, name)
    loader = subprocess.Popen(
        [sys.executable, "-c", _LOADER, url, name],
        stderr=subprocess.PIPE,
        # Where the tests run in the background, it is ignored.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    try:
        progress = "SELECT pid FROM pg_stat_progress_create_index WHERE relid = %s::regclass AND blocks_done > 0"
        found = None
        deadline = time.monotonic() + 60
        while found is None:
            assert loader.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.02)
            found = admin.execute(progress, [f'vecs."{name}"']).fetchone()
        # Nor does whoever asks for the progress wait.
        told = "SELECT name FROM vecs.index_progress(%s)"
        assert admin.execute(told, [name]).fetchall() == [(name,)]
        yield loader, found[0]
        ended = "SELECT count(*) FROM pg_locks WHERE pid = %s AND mode = 'AccessExclusiveLock'"
        while admin.execute(ended, [found[0]]).fetchone() != (0,):
            assert time.monotonic() < deadline
            time.sleep(0.1)
        assert indexes(admin, name) == before
        assert docs.count() == 1
        assert docs.query(np.ones(64), limit=2) == ["before"]
    finally:
        loader.kill()
        loader.communicate()


@only_sync
def test_a_client_that_is_killed(building: tuple[subprocess.Popen[bytes], int]) -> None:
    loader, _ = building
    os.kill(loader.pid, signal.SIGKILL)


@only_sync
def test_a_statement_that_is_cancelled(
    building: tuple[subprocess.Popen[bytes], int], admin: psycopg.Connection[Any]
) -> None:
    loader, pid = building
    admin.execute("SELECT pg_cancel_backend(%s)", [pid])
    _, errors = loader.communicate(timeout=30)
    assert b"QueryCanceled" in errors


@only_sync
def test_an_interrupted_client(building: tuple[subprocess.Popen[bytes], int]) -> None:
    loader, _ = building
    loader.send_signal(signal.SIGINT)
    _, errors = loader.communicate(timeout=30)
    assert b"KeyboardInterrupt" in errors
