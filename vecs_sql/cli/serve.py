"""The commands that start the embedded server."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from pathlib import Path

import click
import psycopg

from vecs_sql.cli.group import fail


@click.command()
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    help="The data folder; default: the user's data directory.",
)
@click.option(
    "--port",
    type=click.IntRange(1, 65535),
    help="Also listen on this port of 127.0.0.1, for programs that cannot use the socket.",
)
@click.option("--psql", "with_psql", is_flag=True, help="Open psql on it, and stop when psql ends.")
@click.argument("psql_arguments", nargs=-1)
def serve(
    data: Path | None, port: int | None, with_psql: bool, psql_arguments: tuple[str, ...]
) -> None:
    """Run the embedded server until Ctrl-C.

    It is PostgreSQL with pgvector and the SQL layer on a data folder, reached through a socket in that folder. With
    --port it also listens on 127.0.0.1, and nowhere else. It prints the URL with the password, which is kept in the
    data folder. Arguments after -- go to psql:

    \b
      vecs-sql serve --port 5433
      vecs-sql serve --psql -- -c "SELECT * FROM vecs.list_collections()"
    """
    from vecs_sql import embedded
    from vecs_sql.client import Client

    with embedded.start(data, port=port) as server:
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
        if server.tcp_url is not None:
            click.echo("URL for other programs, with its password:")
            click.echo(f"  {server.tcp_url}")
        watched = server.url if port is None else server.tcp_url
        stopped = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stopped.set())
        while not stopped.wait(2):
            try:
                psycopg.connect(str(watched)).close()
            except psycopg.OperationalError:
                fail("the server has ended by itself", f"Its log: {server.data}/pgdata/server.log")
        click.echo("Stopping.")
