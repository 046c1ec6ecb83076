"""The command `vecs-sql`."""

from __future__ import annotations

import shlex
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import click
import psycopg
from rich.console import Console

from vecs_sql import _connect, _sources, exc
from vecs_sql._sync import layer
from vecs_sql._version import __version__


class _Group(click.Group):
    """Commands whose errors are one line and a hint, not a traceback."""

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401
        try:
            return super().invoke(ctx)
        except exc.VecsException as error:
            _fail(str(error), error.hint)
        except OSError as error:
            _fail(str(error))
        except psycopg.Error as error:
            _fail(
                error.diag.message_primary or " ".join(str(error).split()), error.diag.message_hint
            )


def _fail(message: str, hint: str | None = None) -> NoReturn:
    raise click.ClickException(f"{message}\nHint: {hint}" if hint else message)


_url: Callable[[Callable[..., None]], Callable[..., None]] = click.argument(
    "url", envvar="VECS_SQL_URL", metavar="URL"
)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="vecs-sql")
def main() -> None:
    """A vector store that is nothing but PostgreSQL.

    URL is a database, such as postgresql://user:password@host:5432/database; it may also come from the
    environment variable VECS_SQL_URL.
    """


@main.command()
@_url
def install(url: str) -> None:
    """Install the SQL layer into a database.

    Needs PostgreSQL 15 or later with pgvector 0.8 or later, and a role that may create a schema. Collections that the
    vecs client made are kept, and work. Installing the same version again puts back what was changed.
    """
    with _connect.connect(url) as connection:
        version = layer.look(connection).version
        if version not in (None, __version__):
            _fail(
                f"version {version} of the SQL layer is installed",
                f"`vecs-sql upgrade` brings it to {__version__}.",
            )
        layer.install(connection)
    click.echo(f"Version {__version__} of the SQL layer is installed.")


@main.command()
@_url
def upgrade(url: str) -> None:
    """Bring the SQL layer of a database to this package's version."""
    with _connect.connect(url) as connection:
        version = layer.look(connection).version
        if version is None:
            _fail("the SQL layer is not installed", "`vecs-sql install` installs it.")
        layer.install(connection)
    if version == __version__:
        click.echo(
            f"The SQL layer is that of version {__version__} already; its functions are put back."
        )
    else:
        click.echo(f"The SQL layer went from version {version} to {__version__}.")


@main.command()
@_url
def check(url: str) -> None:
    """Compare the SQL layer of a database with this package's; changes nothing.

    Exits with 1 and names what differs. Prints advice on the collections: one without an index on its metadata, an
    invalid index.
    """
    from vecs_sql import _check

    with _connect.connect(url) as connection:
        differences = _check.differences(connection)
        advice = [] if differences else _check.advice(connection)
    for line in differences:
        click.echo(line)
    for line in advice:
        click.echo(f"Advice: {line}")
    if differences:
        sys.exit(1)
    click.echo(f"The SQL layer is that of version {__version__}.")


@main.command()
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), help="A file; default: standard output."
)
def render(output: Path | None) -> None:
    """Print the SQL layer as one file, to install it by psql without Python.

    Run it by: psql -v ON_ERROR_STOP=1 -f FILE DATABASE
    """
    script = _sources.script()
    if output is None:
        click.echo(script, nl=False)
    else:
        output.write_text(script, encoding="utf-8")


@main.command()
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    help="The data folder; default: the user's data directory.",
)
@click.option("--psql", "with_psql", is_flag=True, help="Open psql on it, and stop when psql ends.")
@click.argument("psql_arguments", nargs=-1)
def serve(data: Path | None, with_psql: bool, psql_arguments: tuple[str, ...]) -> None:
    """Run the embedded server until Ctrl-C.

    It is PostgreSQL with pgvector and the SQL layer on a data folder, reached through a socket in that folder. Further
    arguments go to psql: vecs-sql serve --psql -- -c "SELECT * FROM vecs.list_collections()"
    """
    from vecs_sql import embedded
    from vecs_sql.client import Client

    with embedded.start(data) as server:
        Client(server.url).disconnect()
        if with_psql or psql_arguments:
            # Ctrl-C is psql's while it runs.
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            # An error's context is the functions that it came through, which hides what it says.
            command = [str(server.bin / "psql"), server.url, "--set=SHOW_CONTEXT=never"]
            ended = subprocess.run([*command, *psql_arguments], check=False)
            sys.exit(ended.returncode)
        click.echo(f"PostgreSQL runs on {server.data}. Ctrl-C stops it.")
        click.echo(f"  psql '{server.url}'")
        stopped = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stopped.set())
        while not stopped.wait(2):
            try:
                psycopg.connect(server.url).close()
            except psycopg.OperationalError:
                _fail("the server has ended by itself", f"Its log: {server.data}/pgdata/server.log")
        click.echo("Stopping.")


@main.command()
@click.argument("text", required=False)
@click.option("--url", help="A database to run it in; default: an embedded server.")
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    help="The embedded server's data folder; default: one for the demo.",
)
def demo(text: str | None, url: str | None, data: Path | None) -> None:
    """Load dictionary glosses with their embeddings, and search them by meaning.

    With TEXT, search for what it means: vecs-sql demo "a small domestic cat" (needs the extra text_embedding).
    """
    from vecs_sql import _demo
    from vecs_sql.client import Client

    console = Console(highlight=False, width=None if sys.stdout.isatty() else 110)
    encoder = None
    if text is not None:
        from vecs_sql._embedding import MiniLM

        encoder = MiniLM()
    if url is None and data is None:
        from vecs_sql import embedded

        data = embedded.default_data_dir().with_name("vecs-sql-demo")
    with Client(url, data=data) as client:
        collection = _demo.load(client, console)
        if text is not None and encoder is not None:
            [vector] = encoder.encode([text])
            _demo.show(collection, console, text, vector, {}, "nearest glosses")
        else:
            _demo.show_searches(collection, console)
    where = f"--data {shlex.quote(str(data))}" if url is None else f"--url {shlex.quote(url)}"
    if url is None:
        console.print("To go on exploring in psql (SELECT * FROM vecs.list_collections();):")
        console.print(f"  {_command()} serve --psql {where}", soft_wrap=True)
    console.print("To search for words of your own:")
    console.print(f'  {_command()} demo {where} "a small domestic cat"', soft_wrap=True)


def _command() -> str:
    """How this command was called."""
    return sys.argv[0] if "/" in sys.argv[0] else "vecs-sql"
