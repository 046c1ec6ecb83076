"""Re-embedding when the process, the connection or the server is killed; and the command."""

from __future__ import annotations

import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator

import psycopg
import pytest
from click.testing import Result
from psycopg.conninfo import make_conninfo

import vecs_sql as vecs
from tests.conftest import Connection, Databases
from vecs_sql import exc
from vecs_sql.adapter import Adapter, TextEmbedding

ROWS = 200

# Tells of each batch, and waits for an answer.
SCRIPT = textwrap.dedent("""
    import sys
    import vecs_sql as vecs
    from vecs_sql.adapter import Adapter, TextEmbedding

    def model(texts):
        print(len(texts), flush=True)
        sys.stdin.readline()
        return [[len(text), 1, 1] for text in texts]

    adapter = Adapter([TextEmbedding(model=model, model_name="m", batch_size=20, dimension=3)])
    with vecs.create_client(sys.argv[1]) as client:
        client.open_collection("docs").reembed(adapter, batch_size=20)
""")


class Process:
    """A process that embeds."""

    def __init__(self, url: str) -> None:
        self.popen = subprocess.Popen(
            [sys.executable, "-c", SCRIPT, url],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def embed(self, batches: int) -> None:
        """Let it embed so many batches."""
        assert self.popen.stdin
        assert self.popen.stdout
        for _ in range(batches):
            assert self.popen.stdout.readline() == "20\n"
            self.popen.stdin.write("\n")
            self.popen.stdin.flush()

    def wait_for_batch(self) -> None:
        """Wait until it embeds."""
        assert self.popen.stdout
        assert self.popen.stdout.readline() == "20\n"

    def kill(self) -> None:
        self.popen.send_signal(signal.SIGKILL)
        self.popen.communicate()


def model(texts: list[str]) -> list[list[float]]:
    return [[len(text), 1, 1] for text in texts]


def adapter(function: Callable[[list[str]], list[list[float]]] = model) -> Adapter:
    return Adapter([TextEmbedding(model=function, model_name="m", batch_size=20, dimension=3)])


def fill(client: vecs.Client) -> vecs.Collection:
    docs = client.get_or_create_collection("docs", dimension=2)
    docs.upsert([(f"r{n:03}", [n, 1], {"text": "x" * n}) for n in range(ROWS)])
    docs.create_index("l2_distance")
    return docs


@pytest.fixture
def docs(database: str) -> Iterator[vecs.Collection]:
    with vecs.create_client(database) as client:
        yield fill(client)


@pytest.fixture
def other(database: str) -> Iterator[Connection]:
    with psycopg.connect(database, autocommit=True) as connection:
        yield connection


def assert_done(docs: vecs.Collection) -> None:
    assert len(docs) == ROWS
    assert all(row.vec.tolist() == [int(row.id[1:]), 1, 1] for row in docs.scan())


@pytest.mark.slow
def test_killed_while_it_embeds(database: str, docs: vecs.Collection) -> None:
    process = Process(database)
    process.embed(4)
    process.wait_for_batch()
    process.kill()
    assert len(docs.fetch(["r000"])[0].vec) == 2
    assert docs.reembed(adapter(), batch_size=20).embedded == ROWS - 80
    assert_done(docs)


@pytest.mark.slow
def test_killed_while_it_waits_for_the_swap(
    database: str, docs: vecs.Collection, other: Connection
) -> None:
    waits = "SELECT count(*) FROM pg_locks WHERE relation = 'vecs.docs'::regclass AND NOT granted"
    process = Process(database)
    with psycopg.connect(database) as holder:
        holder.execute("SELECT id FROM vecs.docs LIMIT 1")
        process.embed(ROWS // 20)
        while other.execute(waits.encode()).fetchone() == (0,):
            assert process.popen.poll() is None
        process.kill()
    assert len(docs.fetch(["r000"])[0].vec) == 2
    done = docs.reembed(adapter(), batch_size=20)
    assert (done.embedded, done.recall) == (0, 1)
    assert_done(docs)


def test_the_server_ends_all_connections(
    database: str, docs: vecs.Collection, other: Connection
) -> None:
    """As it does when it is restarted. No transaction is open while the model works."""
    ended: list[object] = []
    batches: list[int] = []

    def terminate(texts: list[str]) -> list[list[float]]:
        batches.append(len(texts))
        if len(batches) == 4:
            sessions = """
                SELECT state, pg_terminate_backend(pid) FROM pg_stat_activity
                WHERE pid <> pg_backend_pid() AND datname = current_database()
                    AND backend_type = 'client backend'
            """
            ended.extend(state for state, _ in other.execute(sessions.encode()))
        return model(texts)

    try:
        docs.reembed(adapter(terminate), batch_size=20)
    except exc.Incomplete:  # or it has connected again, as after any loss of an idle connection
        with vecs.create_client(database) as client:
            docs = client.open_collection("docs")
            assert docs.reembed(adapter(), batch_size=20).embedded == ROWS - 60
            assert_done(docs)
    else:
        assert_done(docs)
    assert {*ended} == {"idle"}


def test_a_superuser(
    databases: Databases, database: str, docs: vecs.Collection, other: Connection
) -> None:
    """The new collection belongs to the owner of the old one, too."""
    admin = make_conninfo(databases.url, dbname=databases.name(database))
    with vecs.create_client(admin) as client:
        client.open_collection("docs").reembed(adapter(), drop_old=True)
    owner = "SELECT relowner::regrole::text FROM pg_class WHERE oid = 'vecs.docs'::regclass"
    assert other.execute(owner.encode()).fetchone() == ("owner",)
    assert_done(docs)


def test_a_role_that_owns_nothing(
    databases: Databases, database: str, docs: vecs.Collection, other: Connection
) -> None:
    other.execute("GRANT USAGE, CREATE ON SCHEMA vecs TO reader; GRANT ALL ON vecs.docs TO reader")

    def never(texts: list[str]) -> list[list[float]]:
        raise AssertionError

    with vecs.create_client(databases.as_role(database, "reader")) as client:
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="must be owner of"):
            client.open_collection("docs").reembed(adapter(never))
        assert [info.name for info in client.describe_collections()] == ["docs"]


def test_the_command(run: Callable[..., Result], client: vecs.Client, name: str) -> None:
    docs = client.get_or_create_collection(name, dimension=2)
    docs.upsert([(str(n), [n, 1], {"body": f"the number {n}"}) for n in range(30)])
    docs.create_index()
    failed = run("reembed", name, code=1)
    assert f'30 rows of "{name}" have no text under "text"' in failed.stderr
    docs.upsert([("none", [1, 1], {})])
    ended = run("reembed", name, "--text", "body", "--skip-missing", "--batch-size", "7")
    assert f"{name}: 30 rows of 384 dimensions." in ended.stdout
    assert "Texts embedded in this run: 30." in ended.stdout
    assert 'Rows left out, without a text under "body": 1.' in ended.stdout
    assert "Recall of the new indexes: 1.000." in ended.stdout
    assert f"`vecs-sql drop {name}_reembed`" in ended.stdout
    found = run("query", name, "--text", "the number 7", "--limit", "1")
    assert "7" in found.stdout
    failed = run("reembed", name, "--text", "body", code=1)
    assert "may be the old collection" in failed.stderr
    run("drop", f"{name}_reembed", "--yes")
    ended = run("reembed", name, "--text", "body", "--drop-old", "--shadow", f"{name} 2")
    assert "The old collection" not in ended.stdout
    assert run("reembed", "nope", code=1).stderr.startswith("Error")


def test_the_swap_sees_what_was_written_while_it_waited(url: str) -> None:
    """In a snapshot of before the lock, as of this isolation level, rows would be lost."""
    options = r"-c default_transaction_isolation=repeatable\ read"
    adapter = Adapter(
        [TextEmbedding(model=lambda texts: [[1, 2]] * len(texts), model_name="m", dimension=2)]
    )
    with vecs.create_client(make_conninfo(url, options=options)) as client:
        docs = client.get_or_create_collection("isolated", dimension=3)
        docs.upsert([("a", [1, 2, 3], {"text": "one"})])
        assert docs.reembed(adapter).rows == 1
    lock = "SELECT * FROM vecs._reembed_lock('isolated', 'isolated_reembed', 'text', '', false)"
    with psycopg.connect(url) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        with pytest.raises(psycopg.Error) as caught:
            connection.execute(lock)
    assert caught.value.sqlstate == "VS001"
