"""Notices of the server, passed on as Python warnings."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Mapping
from typing import Any

import psycopg

# The SQLSTATEs of the notices that become warnings, as in sql/errors.toml.
NO_COVERING_INDEX = "VSW01"
LOOKS_LIKE_OPERATOR = "VSW02"
LOST_SEARCHES = "VSW03"
SLOW_BUILD = "VSW04"
SERIAL_BUILD = "VSW05"
NO_WORDS = "VSW06"
NO_TEXTS = "VSW07"
_PACKAGE = os.path.dirname(os.path.dirname(__file__))


class Notices:
    """Collects the notices of a call, to warn of them when it has ended.

    Args:
        parameters: Those of the call.
    """

    def __init__(self, parameters: Mapping[str, Any] | None) -> None:
        self._measure = (parameters or {}).get("measure")
        self._texts: list[str] = []

    def add(self, diagnostic: psycopg.errors.Diagnostic) -> None:
        """Take a notice of the server; those that are not from the SQL layer are ignored."""
        if diagnostic.sqlstate == NO_COVERING_INDEX:
            self._remember(
                f"Query does not have a covering index for IndexMeasure.{self._measure}. "
                "See Collection.create_index"
            )
        elif diagnostic.sqlstate in (
            LOOKS_LIKE_OPERATOR,
            LOST_SEARCHES,
            SLOW_BUILD,
            SERIAL_BUILD,
            NO_WORDS,
            NO_TEXTS,
        ):
            hint = diagnostic.message_hint
            self._remember(
                f"{diagnostic.message_primary}. {hint}" if hint else diagnostic.message_primary
            )

    def _remember(self, text: str | None) -> None:
        if text and text not in self._texts:
            self._texts.append(text)

    def warn(self) -> None:
        """Warn the caller of each notice."""
        for text in self._texts:
            warn(text)


def warn(text: str) -> None:
    """Issue a warning at the line that called into this package."""
    frame, level = sys._getframe(), 1  # noqa: SLF001 -- documented
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_PACKAGE):
        frame, level = frame.f_back, level + 1
    warnings.warn(text, UserWarning, stacklevel=level)
