"""Holds the options that several commands of the benchmark have."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

_Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]

_FOLDER = click.Path(file_okay=False, path_type=Path)

quick: _Decorator = click.option(
    "--quick", is_flag=True, help="Few rows: whether it runs, not how fast."
)


def keep(what: str = "the loaded server") -> _Decorator:
    """Return the option of a folder that keeps what a run has made."""
    return click.option("--keep", type=_FOLDER, help=f"Folder that keeps {what} for the next run.")


def output(name: str, default: str) -> _Decorator:
    """Return the option of the folder that the results are written to."""
    return click.option(
        "--output", type=_FOLDER, help=f"Folder of {name}.json and {name}.md. Default: {default}."
    )
