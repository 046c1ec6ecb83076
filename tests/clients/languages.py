"""The languages that the conformance suite is run in: what each needs, how its runner is made and called."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
JARS = ("/usr/share/java/postgresql.jar", "/usr/share/java/gson.jar")

# A program of a folder, made ready to run: (folder of the program, its name, folder to build in) to a command.
Build = Callable[[Path, str, Path], list[str]]


class Language(NamedTuple):
    """A language and its driver.

    Attributes:
        title: How the table names it.
        driver: The driver, as its users call it.
        programs: What must be on the machine, and the Debian packages that bring it.
        debian: These packages.
        build: Makes the program of that name in a folder ready to run.
        url: A libpq connection string to what the driver takes.
        encodings: Whether the driver speaks other encodings than UTF-8.
    """

    title: str
    driver: str
    programs: tuple[str, ...]
    debian: tuple[str, ...]
    build: Build
    url: Callable[[dict[str, str]], str]
    encodings: bool

    def missing(self) -> list[str]:
        """Return the programs that it needs and the machine lacks."""
        return [name for name in self.programs if not (shutil.which(name) or Path(name).is_file())]


def run(command: list[str], **environment: str) -> str:
    """Return the output of a program; if it fails, raise an error with all of its output."""
    ended = subprocess.run(
        command, env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, f"{command}\n{ended.stdout}{ended.stderr}"
    return ended.stdout


# Building


def _script(*interpreter: str, ending: str) -> Build:
    return lambda folder, name, _: [*interpreter, str(folder / f"{name}.{ending}")]


def _node(folder: Path, name: str, scratch: Path) -> list[str]:
    # Modules are found from where the program is.
    target = shutil.copytree(folder, scratch / folder.name, dirs_exist_ok=True)
    if not (target / "node_modules").exists():
        (target / "node_modules").symlink_to(_modules((target / "package.json").read_text()))
    return ["node", str(target / f"{name}.mjs")]


def _modules(manifest: str) -> Path:
    """The packages of a package.json, which are fetched once and kept in .scratch of the checkout."""
    kept = ROOT / ".scratch" / "node" / hashlib.sha256(manifest.encode()).hexdigest()[:16]
    if not kept.exists():
        kept.parent.mkdir(parents=True, exist_ok=True)
        # Fetched beside its place and then renamed, so that what stands there is always whole.
        with tempfile.TemporaryDirectory(dir=kept.parent) as folder:
            partial = Path(folder, "package")
            partial.mkdir()
            (partial / "package.json").write_text(manifest)
            quiet = ["--no-audit", "--no-fund", "--no-package-lock"]
            run(["npm", "install", *quiet, "--prefix", str(partial)])
            try:
                partial.rename(kept)
            except OSError:
                if not kept.exists():  # otherwise another process was first
                    raise
    return kept / "node_modules"


def _go(folder: Path, name: str, scratch: Path) -> list[str]:
    program = scratch / f"{name}-go"
    run(
        ["go", "build", "-o", str(program), str(folder / f"{name}.go")],
        GO111MODULE="off",  # Debian's packages are a GOPATH
        GOPATH="/usr/share/gocode",
        GOCACHE=str(scratch / "go-cache"),
    )
    return [str(program)]


def _java(folder: Path, name: str, scratch: Path) -> list[str]:
    classes = scratch / "java"
    path = os.pathsep.join([str(classes), *JARS])
    main = name.capitalize()
    run(["javac", "-cp", path, "-d", str(classes), str(folder / f"{main}.java")])
    return ["java", "-cp", path, main]


# What each driver calls a database. The servers of the tests trust who connects.


def place(port: int, database: str) -> dict[str, str]:
    """A database on this machine."""
    return {"host": "127.0.0.1", "port": str(port), "user": "owner", "dbname": database}


def _libpq(place: dict[str, str]) -> str:
    return "host={host} port={port} user={user} dbname={dbname}".format(**place)


def _uri(place: dict[str, str]) -> str:
    return "postgresql://{user}@{host}:{port}/{dbname}".format(**place)


def _jdbc(place: dict[str, str]) -> str:
    return "jdbc:postgresql://{host}:{port}/{dbname}?user={user}".format(**place)


def _dsn(place: dict[str, str]) -> str:
    return "pgsql:" + ";".join(_libpq(place).split())


_python = _script(sys.executable, ending="py")

LANGUAGES = {
    "python": Language("Python", "psycopg", (), (), _python, _libpq, True),
    "psql": Language("psql", "psql", ("psql",), ("postgresql-client",), _python, _libpq, True),
    "node": Language("Node.js", "pg", ("node", "npm"), ("nodejs", "npm"), _node, _uri, False),
    "pglite": Language("The browser", "PGlite", ("node", "npm"), ("nodejs", "npm"), _node, _uri, False),
    "go": Language(
        "Go", "database/sql, lib/pq", ("go", "/usr/share/gocode/src/github.com/lib/pq/conn.go"),
        ("golang-go", "golang-github-lib-pq-dev"), _go, lambda place: _libpq(place) + " sslmode=disable", False,
    ),
    "java": Language(
        "Java", "JDBC", ("javac", "java", *JARS),
        ("default-jdk-headless", "libpostgresql-jdbc-java", "libgoogle-gson-java"), _java, _jdbc, False,
    ),
    "php": Language("PHP", "PDO", ("php",), ("php-cli", "php-pgsql"), _script("php", ending="php"), _dsn, True),
    "rest": Language("REST", "PostgREST's call", (), (), _python, _libpq, False),
    "ruby": Language("Ruby", "pg", ("ruby",), ("ruby", "ruby-pg"), _script("ruby", ending="rb"), _libpq, True),
}  # fmt: skip


def require(name: str) -> None:
    """Skip the test where the machine does not have the language; in CI that is a failure."""
    language = LANGUAGES[name]
    if missing := language.missing():
        assert not os.environ.get("CI"), f"CI installs {language.debian}"
        pytest.skip(
            f"{language.title} is not run: no {', '.join(missing)} (Debian: {' '.join(language.debian)})"
        )
