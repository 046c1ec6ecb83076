"""The commands `vecs-sql` and `alembic`, run in this process: a new one loads Alembic and SQLAlchemy each time.

test_ways_to_install.py runs both as a user does, too, in a process of their own.
"""

from __future__ import annotations

import contextlib
import io
from pathlib import Path

import psycopg
from alembic.config import CommandLine
from click.testing import CliRunner

from vecs_sql.cli import main

ROOT = Path(__file__).parents[2]


def vecs_sql(*arguments: str, code: int = 0) -> str:
    """Run `vecs-sql`, look at its exit code, and return what it prints; an error of Python's is no end."""
    ended = CliRunner().invoke(main, arguments)
    traceback = not isinstance(ended.exception, SystemExit | None)
    assert not traceback, repr(ended.exception)
    assert ended.exit_code == code, ended.output
    return ended.stdout


def alembic(url: str, *arguments: str) -> str:
    """Run `alembic` on a database, and return what it prints; an error fails with its message."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        try:
            CommandLine(prog="alembic").main(
                [f"--config={ROOT / 'pyproject.toml'}", "-x", f"url={url}", *arguments]
            )
        except psycopg.Error as error:
            raise AssertionError(str(error)) from error
    return printed.getvalue()
