"""The group of commands: loaded when they run, with errors of a line and a hint instead of a traceback."""

from __future__ import annotations

import importlib
import io
import sys
import warnings
from collections.abc import Mapping
from typing import Any, NoReturn

import click


class LazyGroup(click.Group):
    """Commands whose modules are loaded when they run, not when they are listed.

    Args:
        package: The package of the modules.
        lazy_commands: The commands, in order: name to "module:command" and first sentence of the help.
        settings: As a click.Group takes them.
    """

    def __init__(
        self,
        *args: Any,  # noqa: ANN401
        package: str,
        lazy_commands: Mapping[str, tuple[str, str]],
        **settings: Any,  # noqa: ANN401
    ) -> None:
        super().__init__(*args, **settings)
        self._package = package
        self._lazy_commands = lazy_commands

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order of the table."""
        return list(self._lazy_commands)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Load a command."""
        if cmd_name not in self._lazy_commands:
            return None
        module, name = self._lazy_commands[cmd_name][0].split(":")
        command: click.Command = getattr(importlib.import_module(f"{self._package}.{module}"), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without loading them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in self._lazy_commands.items()])

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401
        """Run a command."""
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(
                errors="backslashreplace"
            )  # for characters that the terminal lacks
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("default")
                warnings.showwarning = _show_warning
                return super().invoke(ctx)
        except KeyboardInterrupt:
            ctx.exit(130)
        except BrokenPipeError:
            # The reader of our output is gone: write no more of it, not even at exit.
            sys.stdout = None
            ctx.exit(0)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except Exception as error:
            _fail_of(error)
            raise


def _show_warning(message: Warning | str, *_: object, **__: object) -> None:
    click.echo(f"Warning: {message}", err=True)


def _fail_of(error: Exception) -> None:
    """End with the message and hint of an error; return if it is a fault of the program."""
    import psycopg

    from vecs_sql import exc

    if isinstance(error, exc.VecsException):  # some of which are OSErrors, too
        fail(error.what.rstrip("."), error.hint)
    if isinstance(error, OSError):  # of a file, whose error number tells nobody anything
        fail(f"{error.filename}: {error.strerror}" if error.filename else str(error))
    if isinstance(error, psycopg.Error):
        diagnostic = error.diag
        fail(diagnostic.message_primary or " ".join(str(error).split()), diagnostic.message_hint)


def fail(message: str, hint: str | None = None) -> NoReturn:
    """End with exit code 1."""
    raise click.ClickException(f"{message}\nHint: {hint}" if hint else message)
