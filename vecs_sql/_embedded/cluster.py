"""The PostgreSQL cluster in a data folder: making, starting and stopping it."""

from __future__ import annotations

import contextlib
import hashlib
import logging
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
from typing import TYPE_CHECKING, NamedTuple

from vecs_sql._embedded import memory, tcp
from vecs_sql._embedded.folder import Account, reachable_programs
from vecs_sql.exc import Unreachable

if TYPE_CHECKING:
    import psutil

_logger = logging.getLogger("vecs_sql")

PORT = 5432  # names the socket file; nothing listens on a network unless a port is asked for
_INITDB_OPTIONS = (
    "--username=postgres",
    "--auth-local=trust",  # the socket stands in a folder of mode 0700
    "--auth-host=reject",
    "--encoding=UTF8",
    "--locale=C",
    "--locale-provider=builtin",  # the same order of strings on every system
    "--builtin-locale=C.UTF-8",
    # A parallel index build takes that much shared memory, and /dev/shm has 64 MB under Docker.
    *(["--set=dynamic_shared_memory_type=sysv"] if sys.platform == "linux" else []),
)


class Postmaster(NamedTuple):
    """A running server, by its pid file; port is that of TCP, None if it has none."""

    socket_folder: str
    status: str
    port: int | None


class Cluster:
    """The PostgreSQL cluster in one folder. The caller holds the gate."""

    def __init__(self, folder: Path, account: Account) -> None:
        self._folder = folder
        self._account = account

    def serve(self, port: int | None, *, is_unused: bool) -> Postmaster:
        """Return a ready server, having made and started what is missing.

        Args:
            port: The port of TCP that it must have; None leaves that open.
            is_unused: Nobody uses the server, and it may be stopped if it has not that port.
        """
        while True:
            found = self._postmaster()
            if found is None:
                self._start(port)
            elif found.status == "ready":
                if port in (None, found.port):
                    return found
                if not is_unused:
                    has = "no port" if found.port is None else f"port {found.port}"
                    raise Unreachable(
                        f"The server on {str(self._folder.parent)!r} runs already, with {has}.",
                        hint="Stop all programs that use it, and start it with the port first.",
                    )
                self.halt()
            elif found.status == "stopping":
                self._await_stop()
            else:
                time.sleep(0.05)  # it starts, perhaps with a long recovery

    def halt(self) -> None:
        """Stop the server, if there is one: within five minutes by itself, else by force."""
        found = self._postmaster()
        self._signal(signal.SIGINT)
        self._await_stop()
        if found is None:
            return
        _logger.info("stopped PostgreSQL on %s", self._folder.parent)
        link = Path(found.socket_folder, f".s.PGSQL.{PORT}")
        if link.is_symlink():
            link.unlink()
        if link.parent.name.startswith("vecs-sql-"):
            with contextlib.suppress(OSError):
                link.parent.rmdir()

    def _create(self, programs: Path) -> None:
        """Create the cluster under another name first: an initdb that is killed leaves half of one."""
        new = self._folder.with_name("pgdata.new")
        if new.exists():
            shutil.rmtree(new)
        new.mkdir(mode=0o700)
        os.chown(new, self._account.uid, self._account.gid)
        done = self._run(programs / "initdb", f"--pgdata={new}", *_INITDB_OPTIONS, cwd=new)
        if done.returncode:
            raise Unreachable(f"No database could be made in {str(new)!r}:\n{done.stdout}")
        new.rename(self._folder)
        parent = os.open(self._folder.parent, os.O_RDONLY)
        os.fsync(parent)
        os.close(parent)

    def _start(self, port: int | None) -> None:
        """Start a server, and wait until it is up or gives up."""
        programs = reachable_programs(self._folder.parent, self._account)
        if not self._folder.exists():
            self._create(programs)
        memory.write_settings(self._folder)
        socket_folder = self._socket_folder()
        address = Path(socket_folder, f".s.PGSQL.{PORT}")
        self._clear_remains(address)
        log = self._folder / "server.log"
        if log.exists():
            log.replace(log.with_name("server.log.old"))
        options = {
            "listen_addresses": "",
            "unix_socket_directories": socket_folder,
            "port": str(PORT),
        }
        if port is not None:
            tcp.check_port(port)
            options |= {
                "listen_addresses": tcp.HOST,
                "port": str(port),
                "hba_file": str(tcp.write_hba(self._folder.parent)),
            }
            if (
                port != PORT
            ):  # PostgreSQL names the socket by the port, too: the URL of the socket stays
                address.symlink_to(f".s.PGSQL.{port}")
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
            raise Unreachable(
                f"PostgreSQL did not start on {str(self._folder)!r}. The end of its log:\n{text}"
            )
        _logger.info(
            "started PostgreSQL on %s%s", self._folder.parent, f", port {port}" if port else ""
        )

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

    def _postmaster(self) -> Postmaster | None:
        """Return the living postmaster, read from its pid file.

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
        listens = bool(lines[5].strip()) and lines[3].isdecimal()
        return Postmaster(lines[4], lines[7].strip(), int(lines[3]) if listens else None)

    def _owns(self, process: psutil.Process) -> bool:
        """Tell whether a process belongs to this cluster: it works in the folder, whatever its pid."""
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
            raise Unreachable(
                f"The data folder {str(self._folder.parent)!r} is in use by a server that is not "
                "visible from here.",
                hint="Let the other container stop it first.",
            )
        self._await_end(2)
        (self._folder / "postmaster.pid").unlink(missing_ok=True)
        for path in address.parent.glob(".s.PGSQL.*"):  # of any port
            path.unlink()

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
            raise Unreachable(
                f"{str(folder)!r}, meant for the server's socket, is someone else's.",
                hint="Remove it, or use a data folder with a shorter name and no comma.",
            )
        os.chown(folder, self._account.uid, self._account.gid)
        return str(folder)


def _waits_for_work(process: psutil.Process) -> bool:
    """Tell whether a process is the postmaster or an idle helper of it, by its title."""
    import psutil

    try:
        title = process.cmdline()[0].strip()
    except (psutil.Error, IndexError):  # has ended
        return False
    helpers = r"postgres: (checkpointer|background writer|io worker \d+)"
    return not title.startswith("postgres: ") or bool(re.fullmatch(helpers, title))


def _answers(address: Path) -> bool:
    """Tell whether a server listens on a socket: one may, unseen, in another container."""
    with socket.socket(socket.AF_UNIX) as client:
        try:
            client.connect(str(address))
        except OSError:
            return False
        return True
