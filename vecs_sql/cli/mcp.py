"""The command that serves language models."""

from __future__ import annotations

import os
import signal
from contextlib import ExitStack
from pathlib import Path

import click

from vecs_sql.cli.options import MODEL, database, exit_on_sigterm, open_database


@click.command()
@click.argument("argument", required=False, metavar="[URL]")
@database
@click.option(
    "--model",
    help=f"The model that embeds the texts of searches.  [default: {MODEL}, which has 384 dimensions]",
)
@click.option(
    "--write", is_flag=True, help="Also offer tools that write: upsert, update_metadata, delete."
)
@click.option(
    "--timeout",
    default=30.0,
    show_default=True,
    type=click.FloatRange(0, 86_400, min_open=True),
    help="Seconds that a call may take.",
)
@click.option(
    "--max-characters",
    default=20_000,
    show_default=True,
    type=click.IntRange(500),
    help="The length of an answer; what is longer is cut, with a note.",
)
def mcp(
    argument: str | None,
    url: str | None,
    data: Path | None,
    model: str | None,
    write: bool,
    timeout: float,
    max_characters: int,
) -> None:
    """Let language models search the collections, by the Model Context Protocol (MCP).

    A program such as Claude Desktop, Cursor or VS Code starts this command, and speaks to it through its standard input
    and output: docs/mcp.md has its settings. The tools only read, in read-only transactions, unless --write is given.
    Needs the extra mcp; searches by the meaning of a text need text-embedding.

    \b
      vecs-sql mcp postgresql://reader:password@host:5432/database
      VECS_SQL_URL=postgresql://... vecs-sql mcp
    """
    from vecs_sql.mcp import Tools, run

    with exit_on_sigterm(), ExitStack() as opened:
        found = opened.enter_context(open_database(argument, url, data))
        tools = Tools(
            found, model=model, write=write, timeout=timeout, max_characters=max_characters
        )

        def end(number: int, _: object) -> None:
            """Stop the embedded server, and end at once: the thread that reads standard input does not let go of it."""
            opened.close()
            os._exit(128 + number)

        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, end)
        run(tools)
