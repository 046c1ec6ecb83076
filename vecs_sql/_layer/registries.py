"""The registries of the SQL layer, TOML files below `sql/`: errors, operators, measures, costs, chapters, releases."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

_PACKAGE = Path(__file__).parents[1]


def folder(name: str) -> Path:
    """Return the folder `sql` or `migrations`: inside the package in a wheel, beside it in a checkout."""
    in_wheel = _PACKAGE / f"_{name}"
    return in_wheel if in_wheel.is_dir() else _PACKAGE.parent / name


def read(name: str) -> dict[str, Any]:
    """Return the content of a registry."""
    content: dict[str, Any] = tomllib.loads(
        (folder("sql") / f"{name}.toml").read_text(encoding="utf-8")
    )
    return content


def errors() -> dict[str, dict[str, str]]:
    """Return the SQLSTATEs: name of the condition to sqlstate, python (exception), meaning."""
    return read("errors")


def operators() -> dict[str, str]:
    """Return the operators of filters, each with the kind of its operand."""
    found: dict[str, str] = read("operators")["operators"]
    return found


def costs() -> dict[str, float]:
    """Return the constants by which a search chooses between the index and an exact search."""
    found: dict[str, float] = read("costs")["costs"]
    return found


def chapters() -> dict[str, list[str]]:
    """Return the public functions by chapter, in the order in which one meets them."""
    found: dict[str, list[str]] = read("chapters")["chapters"]
    return found


def releases() -> list[str]:
    """Return the versions that were released before this one, oldest first."""
    found: list[str] = read("releases")["earlier"]
    return found
