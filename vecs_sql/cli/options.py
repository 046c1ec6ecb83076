"""Options that several commands share, and the client that they describe."""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import click
from click.core import ParameterSource
from rich.console import Console
from rich.table import Table

from vecs_sql import exc
from vecs_sql.client import Client
from vecs_sql.collection import Collection

F = TypeVar("F", bound=Callable[..., Any])

MODEL = "all-MiniLM-L6-v2"


def database(command: F) -> F:
    """Add the options that say where the database is."""
    command = click.option(
        "--data",
        type=click.Path(path_type=Path),
        help="The embedded server's data folder; default: the user's data directory.",
    )(command)
    return click.option(
        "--url",
        envvar="VECS_SQL_URL",
        help="The database; default: $VECS_SQL_URL, or else the embedded server.",
    )(command)


def _object(ctx: click.Context, option: click.Parameter, text: str | None) -> Any:  # noqa: ANN401
    """Read a JSON object that was given as text."""
    try:
        found = None if text is None else json.loads(text)
    except ValueError as error:
        raise click.BadParameter(f"not JSON: {error}") from error
    if found is not None and not isinstance(found, dict):
        raise click.BadParameter('not a JSON object, such as \'{"year": {"$gte": 2012}}\'')
    return found


filter_option: Callable[[F], F] = click.option(
    "--filter",
    "filters",
    callback=_object,
    metavar="JSON",
    help='A metadata filter, such as \'{"year": {"$gte": 2012}}\'.',
)
as_json_option: Callable[[F], F] = click.option(
    "--json", "as_json", is_flag=True, help="Print JSON lines."
)
yes_option: Callable[[F], F] = click.option(
    "--yes", "-y", is_flag=True, help="Do not ask whether to do it."
)
progress_option: Callable[[F], F] = click.option(
    "--progress/--no-progress", default=None, help="Show a progress bar; default: on a terminal."
)


@contextmanager
def open_client(url: str | None, data: Path | None) -> Iterator[Client]:
    """Open a client of the database that the options name."""
    url = _chosen(url, data)
    with exit_on_sigterm(), Client(url, data=data, max_limit=None) as client:
        yield client


@contextmanager
def open_database(argument: str | None, url: str | None, data: Path | None) -> Iterator[str]:
    """Yield the URL of the database that an argument or the options name; start the embedded server if it is that."""
    if argument is not None:
        if data is not None or (url is not None and _is_typed("url")):
            raise click.UsageError("Give the database once, as an argument, by --url or by --data.")
        yield argument
        return
    if (url := _chosen(url, data)) is not None:
        yield url
        return
    from vecs_sql import embedded

    with embedded.start(data) as server:
        Client(server.url).disconnect()  # it installs the layer
        yield server.url


def _chosen(url: str | None, data: Path | None) -> str | None:
    """Return the URL; None for the embedded server. What is typed counts more than what is in the environment."""
    if url is not None and data is not None:
        if _is_typed("url"):
            raise click.UsageError("--url and --data exclude each other.")
        return None
    return url


def _is_typed(option: str) -> bool:
    source = click.get_current_context().get_parameter_source(option)
    return source != ParameterSource.ENVIRONMENT


@contextmanager
def exit_on_sigterm() -> Iterator[None]:
    """Turn SIGTERM into an exit, so that a command undoes its work, as it does for Ctrl-C."""
    before = signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def open_collection(client: Client, name: str) -> Collection:
    """Open a collection that exists."""
    try:
        return client.open_collection(name)
    except exc.CollectionNotFound as error:
        error.hint = "`vecs-sql collections` lists them."
        raise


def ask(question: str, *, yes: bool) -> None:
    """Ask on the terminal before something that cannot be undone; end if the answer is no.

    Raises:
        click.UsageError: There is no terminal, and no --yes.
    """
    if yes:
        return
    if not sys.stdin.isatty():
        raise click.UsageError(f"{question} There is no terminal to answer it on: pass --yes.")
    click.confirm(question, abort=True, err=True)


def print_table(table: Table) -> None:
    """Print a table, as wide as the terminal."""
    Console(highlight=False, markup=False, width=None if sys.stdout.isatty() else 110).print(table)
