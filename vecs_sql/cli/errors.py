"""Errors on the command line: what is wrong, and what to do about it, without a traceback."""

from __future__ import annotations

import io
import sys
import warnings
from typing import Any, NoReturn

import click
import psycopg

from vecs_sql import exc


class Group(click.Group):
    """Commands whose errors are one line and a hint, not a traceback."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The commands in the order in which one meets them."""
        return list(self.commands)

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401
        """Run a command."""
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(errors="backslashreplace")  # what a terminal has no sign for
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("default")
                warnings.showwarning = _show_warning
                return super().invoke(ctx)
        except BrokenPipeError:
            # Who read our output has had enough. What is left of it has nowhere to go, at exit either.
            sys.stdout = None
            ctx.exit(0)
        except exc.VecsException as error:
            fail(error.what.rstrip("."), error.hint)
        except OSError as error:
            fail(str(error))
        except psycopg.Error as error:
            fail(
                error.diag.message_primary or " ".join(str(error).split()), error.diag.message_hint
            )


def _show_warning(message: Warning | str, *_: object, **__: object) -> None:
    click.echo(f"Warning: {message}", err=True)


def fail(message: str, hint: str | None = None) -> NoReturn:
    """End with exit code 1."""
    raise click.ClickException(f"{message}\nHint: {hint}" if hint else message)
