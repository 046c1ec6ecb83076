"""The commands about the SQL layer."""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
import psycopg

from vecs_sql import _url
from vecs_sql._layer import distribution, render
from vecs_sql._sync.installer import install as install_layer
from vecs_sql._sync.installer import look
from vecs_sql._version import __version__
from vecs_sql.cli.group import fail


def _database_url(command: Callable[[str], None]) -> Callable[..., None]:
    """Add the URL, which is an argument, an option or in the environment."""

    @click.argument("url", required=False, metavar="[URL]")
    @click.option("--url", "option", metavar="URL", help="The same as the argument.")
    @functools.wraps(command)
    def with_url(url: str | None, option: str | None) -> None:
        if url is not None and option is not None:
            raise click.UsageError("Give the URL once, as an argument or by --url.")
        found = url or option or os.environ.get("VECS_SQL_URL")
        if not found:
            raise click.UsageError(
                "Missing argument 'URL'. The option --url and the variable VECS_SQL_URL name a database, too."
            )
        command(found)

    return with_url


@contextmanager
def _connected(url: str) -> Iterator[psycopg.Connection[Any]]:
    """Open one transaction with a search path that nobody else can add names to."""
    with _url.connect(url) as connection:
        connection.execute(f"{render.ISOLATION}; {render.PIN}".encode())
        yield connection


@click.command()
@_database_url
def install(url: str) -> None:
    """Install the SQL layer into a database.

    Needs PostgreSQL 15 or later with pgvector 0.8 or later, and a role that may create a schema. Collections that the
    vecs client created are kept, and work. Installing the same version again restores functions that were changed.

    \b
      vecs-sql install postgresql://user@host/database
    """
    with _connected(url) as connection:
        version = look(connection).version
        if version not in (None, __version__):
            fail(
                f"version {version} of the SQL layer is installed",
                f"`vecs-sql upgrade` brings it to {__version__}.",
            )
        install_layer(connection)
    click.echo(f"Version {__version__} of the SQL layer is installed.")


@click.command()
@_database_url
def upgrade(url: str) -> None:
    """Bring the SQL layer of a database to this package's version.

    Collections stay as they are, and may be in use.

    \b
      vecs-sql upgrade postgresql://user@host/database
    """
    with _connected(url) as connection:
        version = look(connection).version
        if version is None:
            fail("the SQL layer is not installed", "`vecs-sql install` installs it.")
        install_layer(connection)
    if version == __version__:
        click.echo(
            f"The SQL layer is that of version {__version__} already; its functions were restored."
        )
    else:
        click.echo(f"The SQL layer went from version {version} to {__version__}.")


@click.command()
@_database_url
def check(url: str) -> None:
    """Compare the SQL layer of a database with this package's; change nothing.

    Prints what differs, and exits with 1 if anything does. If nothing does, prints advice on collections that have no
    index on their metadata, or an invalid index.

    \b
      vecs-sql check --url postgresql://user@host/database
    """
    from vecs_sql._layer import check as _check

    with _connected(url) as connection:
        differences = _check.differences(connection)
        advice = [] if differences else _check.advice(connection)
    for line in differences:
        click.echo(line)
    for line in advice:
        click.echo(f"Advice: {line}")
    if differences:
        sys.exit(1)
    click.echo(f"The SQL layer is that of version {__version__}.")


@click.command("render")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), help="A file; default: standard output."
)
@click.option(
    "--all",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write the files for psql, CREATE EXTENSION and pg_tle, with upgrades, into this folder.",
)
def render_script(output: Path | None, folder: Path | None) -> None:
    """Print the SQL layer as one file, to install it by psql without Python.

    \b
      vecs-sql render -o vecs.sql
      psql -v ON_ERROR_STOP=1 -f vecs.sql postgresql://user@host/database
    """
    if folder is not None:
        if output is not None:
            raise click.UsageError("--output and --all exclude each other.")
        for name, content in distribution.files().items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(content, encoding="utf-8")
            click.echo(folder / name)
        return
    script = render.script()
    if output is None:
        click.echo(script, nl=False)
    else:
        output.write_text(script, encoding="utf-8")
