"""The command: what it prints, what it says of errors. What it installs is tested in tests/install."""

from __future__ import annotations

import json
import re
import shlex
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import click
import psycopg
import pytest
from click.testing import CliRunner, Result
from psycopg.conninfo import make_conninfo

import vecs_sql as vecs
from vecs_sql import cli, embedded
from vecs_sql._layer import render
from vecs_sql.cli import main

pytestmark = pytest.mark.slow

COMMANDS = [
    "install",
    "upgrade",
    "check",
    "render",
    "collections",
    "describe",
    "adopt",
    "embed",
    "reembed",
    "drop",
    "index",
    "advise",
    "load",
    "export",
    "query",
    "facet",
    "delete",
    "dump",
    "restore",
    "serve",
    "mcp",
    "demo",
]


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


def started(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "vecs_sql", *arguments], capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """A folder that PostgreSQL's user can reach."""
    with tempfile.TemporaryDirectory(prefix="vecs-sql-test-") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


# Help


@pytest.mark.parametrize("option", ["--help", "-h"])
def test_help(option: str) -> None:
    ended = run(option)
    assert ended.exit_code == 0
    for command in COMMANDS:
        assert f"\n  {command} " in ended.output


def load(command: str) -> click.Command:
    assert isinstance(main, click.Group)
    loaded = main.get_command(click.Context(main), command)
    assert loaded is not None
    return loaded


def test_every_command_is_tested() -> None:
    assert isinstance(main, click.Group)
    assert sorted(main.list_commands(click.Context(main))) == sorted(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_a_command(command: str) -> None:
    ended = run(command, "--help")
    assert ended.exit_code == 0
    assert ended.output.startswith(f"Usage: main {command} ")
    summary = load(command).get_short_help_str(200)
    assert summary[:40] in ended.output
    assert cli.COMMANDS[command][1] == summary


@pytest.mark.parametrize("command", ["list", "create", "drop"])
def test_help_of_index(command: str) -> None:
    ended = run("index", command, "--help")
    assert ended.exit_code == 0
    assert f"vecs-sql index {command} docs" in ended.output


@pytest.mark.parametrize("command", sorted({*COMMANDS} - {"demo"}))
def test_help_has_an_example(command: str) -> None:
    assert f"\n    vecs-sql {command}" in run(command, "--help").output


def test_version() -> None:
    assert run("--version").output == f"vecs-sql, version {vecs.__version__}\n"


def test_no_url() -> None:
    ended = run("check")
    assert ended.exit_code == 2
    assert "Missing argument 'URL'" in ended.stderr


# What is printed


def test_check(database: str) -> None:
    ended = run("check", database)
    assert (ended.exit_code, ended.output) == (
        0,
        f"The SQL layer is that of version {vecs.__version__}.\n",
    )


def test_check_by_option(database: str) -> None:
    for arguments in (["--url", database], [f"--url={database}"]):
        assert run("check", *arguments).exit_code == 0
    ended = run("check", database, "--url", database)
    assert (ended.exit_code, "Give the URL once" in ended.stderr) == (2, True)
    # What is typed counts more than what is in the environment.
    environment = {"VECS_SQL_URL": "postgresql://127.0.0.1:1/none"}
    for typed in ([database], ["--url", database]):
        assert CliRunner(env=environment).invoke(main, ["check", *typed]).exit_code == 0


def test_the_url_from_the_environment(database: str) -> None:
    ended = CliRunner(env={"VECS_SQL_URL": database}).invoke(main, ["check"])
    assert ended.exit_code == 0


def test_render(tmp_path: Path) -> None:
    ended = run("render")
    assert (ended.exit_code, ended.output) == (0, render.script())
    assert run("render", "-o", str(tmp_path / "vecs.sql")).output == ""
    assert (tmp_path / "vecs.sql").read_text(encoding="utf-8") == render.script()


# Errors


def test_errors_are_a_line_and_a_hint(empty_database: str) -> None:
    ended = run("upgrade", empty_database)
    assert (ended.exit_code, ended.stdout, ended.stderr) == (
        1,
        "",
        "Error: the SQL layer is not installed\nHint: `vecs-sql install` installs it.\n",
    )


@pytest.mark.parametrize(
    ("url", "text"),
    [
        ("mysql://host/database", 'not a PostgreSQL URL: "mysql://..."\nHint: Write '),
        ("postgresql://user@127.0.0.1:1/database", "connection failed: "),
        ("postgresql:///database?host=/nonexistent", "connection is bad: "),
        ("nonsense", 'missing "=" after "nonsense"'),
    ],
)
def test_errors_without_a_traceback(url: str, text: str) -> None:
    ended = started("check", url)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr.startswith(f"Error: {text}")
    assert "Traceback" not in ended.stderr
    assert len(ended.stderr.splitlines()) == (2 if "Hint: " in ended.stderr else 1)


def test_errors_of_the_server(url: str) -> None:
    ended = run("check", make_conninfo(url, dbname="no such database"))
    assert ended.exit_code == 1
    assert 'database "no such database" does not exist' in ended.stderr
    assert len(ended.stderr.splitlines()) == 1


def test_errors_of_the_embedded_server() -> None:
    ended = started("serve", "--data", "/proc/nothing")
    assert ended.returncode == 1
    assert ended.stderr.startswith("Error: The data folder '/proc/nothing' cannot be used")
    assert "Traceback" not in ended.stderr


# The embedded server


def test_psql_on_the_embedded_server(folder: Path) -> None:
    data = folder / "served"
    ended = started("serve", "--psql", "--data", data, "--", "-Atc", "SELECT vecs.version(), 1")
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, f"{vecs.__version__}|1\n", "")
    assert not (data / "pgdata" / "postmaster.pid").exists()
    failed = started("serve", "--data", data, "--", "-c", "SELECT 1/0")
    assert failed.returncode == 1
    assert "division by zero" in failed.stderr


def test_serve_with_a_port(folder: Path) -> None:
    """Another program connects by the URL that is printed, and not without its password."""
    data = folder / "with a port"
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with subprocess.Popen(
        [sys.executable, "-m", "vecs_sql", "serve", "--data", data, "--port", str(port)],
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    ) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline().strip() for _ in range(4)]
        assert lines[0] == f"PostgreSQL runs on {data}. Ctrl-C stops it."
        assert lines[2] == "URL for other programs, with its password:"
        url = lines[3]
        password = (data / "password").read_text().strip()
        assert url == f"postgresql://postgres:{password}@127.0.0.1:{port}/postgres"
        with vecs.create_client(url) as client:
            client.get_or_create_collection("docs", dimension=2).upsert([("a", [1, 2], {})])
        with pytest.raises(psycopg.OperationalError, match="no password supplied"):
            psycopg.connect(url.replace(f":{password}", ""))
        shown = started("collections", "--data", data, "--json")
        assert json.loads(shown.stdout)["name"] == "docs"
        process.send_signal(signal.SIGINT)
        assert process.stdout.read() == "Stopping.\n"
        assert process.wait(60) == 0
    with pytest.raises(psycopg.OperationalError, match="refused"):
        psycopg.connect(url)


@pytest.fixture(scope="module")
def demonstrated(folder: Path) -> tuple[Path, str]:
    """A folder with a space in its name where the demonstration ran, and what it printed."""
    data = folder / "the demo"
    ended = started("demo", "--data", data)
    assert (ended.returncode, ended.stderr) == (0, "")
    return data, ended.stdout


@pytest.mark.slow
def test_demo(demonstrated: tuple[Path, str]) -> None:
    data, output = demonstrated
    assert "Loaded 25,000 rows in " in output
    assert output.count("\n10 rows in ") == 6
    assert output.count("distance") == 5
    hybrid = output[output.index("(hybrid search)") :]
    assert re.search(r"words │ noun12434985 .* sand leek, giant garlic", hybrid)
    assert "meaning │ noun" in hybrid
    plain = re.findall(r"Plain pgvector, same filter and index: (\d+) rows", output)
    assert len(plain) == 4
    assert min(map(int, plain)) < 5  # which is what the demonstration is about
    assert f"serve --psql --data '{data}'" in output
    assert f"demo --data '{data}' \"someone who writes books\"" in output


@pytest.mark.slow
def test_demo_with_words(demonstrated: tuple[Path, str]) -> None:
    data, _ = demonstrated
    ended = started("demo", "--data", data, "someone who writes books")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "The collection has its 25,000 rows already." in ended.stdout
    assert "“someone who writes books”" in ended.stdout
    assert ended.stdout.count("\n10 rows in ") == 1
    assert "novelist: one who writes novels" in ended.stdout


@pytest.mark.slow
def test_demo_on_a_url(demonstrated: tuple[Path, str]) -> None:
    """Of the server that has the rows already."""
    data, _ = demonstrated
    with embedded.start(data) as server:
        ended = started("demo", "--url", server.url)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "The collection has its 25,000 rows already." in ended.stdout
    assert ended.stdout.count("\n10 rows in ") == 6
    assert f'demo --url {shlex.quote(server.url)} "someone who writes books"' in ended.stdout
    assert "serve --psql" not in ended.stdout
