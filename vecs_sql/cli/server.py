"""The commands that start the embedded server."""

from __future__ import annotations

import shlex
import signal
import subprocess
import sys
import threading
from pathlib import Path

import click
import psycopg
from psycopg.conninfo import conninfo_to_dict
from rich.console import Console

from vecs_sql import _url
from vecs_sql.cli.errors import fail


@click.command()
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
                fail("the server has ended by itself", f"Its log: {server.data}/pgdata/server.log")
        click.echo("Stopping.")


@click.command()
@click.argument("text", required=False)
@click.option("--url", help="A database to run it in; default: an embedded server.")
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    help="The embedded server's data folder; default: one for the demo.",
)
def demo(text: str | None, url: str | None, data: Path | None) -> None:
    """Load dictionary glosses with their embeddings, and search them by meaning.

    With TEXT, search for what it means: vecs-sql demo "a small domestic cat" (needs the extra text-embedding).
    """
    from vecs_sql.cli import demo as _demo
    from vecs_sql.client import Client

    console = Console(highlight=False, width=None if sys.stdout.isatty() else 110)
    encoder = None
    if text is not None:
        from vecs_sql.adapter._models import MiniLM

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
    where = f"--data {shlex.quote(str(data))}" if url is None else f"--url {_shown(url)}"
    if url is None:
        console.print("To go on exploring in psql (SELECT * FROM vecs.list_collections();):")
        console.print(f"  {_command()} serve --psql {where}", soft_wrap=True)
    console.print("To search for words of your own:")
    console.print(f'  {_command()} demo {where} "a small domestic cat"', soft_wrap=True)


def _shown(url: str) -> str:
    """A URL to print; with a password, the word."""
    has_password = "password" in conninfo_to_dict(_url.conninfo(url))
    return "URL" if has_password else shlex.quote(url)


def _command() -> str:
    """How this command was called."""
    return sys.argv[0] if "/" in sys.argv[0] else "vecs-sql"


COMMANDS = (serve, demo)
