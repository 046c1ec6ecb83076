"""The exceptions.

Their tree, with the SQLSTATEs of the SQL layer that they stand for:

    VecsException
    ├── ArgError                     VS001 invalid_argument, VS006 index_already_exists
    │   └── MismatchedDimension      VS004 dimension_mismatch
    ├── CollectionAlreadyExists      VS003 collection_already_exists
    ├── CollectionNotFound           VS002 collection_not_found
    ├── FilterError                  VS005 invalid_filter
    ├── Incomplete                   an upsert with commit_every, or a re-embedding, broke off
    ├── IndexNotFound                VS007 index_not_found
    ├── MissingDependency            an extra of the package is not installed (also an ImportError)
    ├── Timeout                      the server did not answer in time (also a TimeoutError)
    ├── Unreachable                  VS009 unavailable; the server cannot be started or reached
    └── Unsupported                  VS008 unsupported

All other errors of the database (a lost connection, a denied permission, a full disk) stay exceptions of psycopg.

str() of an exception says what happened, where, and what to do about it. If the vecs client raises the same exception,
the text begins with that of vecs.
"""

from __future__ import annotations

import psycopg

__all__ = [
    "ArgError",
    "CollectionAlreadyExists",
    "CollectionNotFound",
    "FilterError",
    "Incomplete",
    "IndexNotFound",
    "MismatchedDimension",
    "MissingDependency",
    "Timeout",
    "Unreachable",
    "Unsupported",
    "VecsException",
]

BY_SQLSTATE: dict[str, type[VecsException]] = {}


class VecsException(Exception):  # noqa: N818 -- the name that vecs has
    """The base of all exceptions of this package.

    Attributes:
        message: What happened, in one phrase.
        sqlstate: The SQLSTATE of the SQL layer's error; for an exception that Python raised that of its class, or None.
        detail: More about the error, or None.
        hint: What to do about it, or None.
    """

    sqlstate: str | None = None

    def __init_subclass__(cls, *, sqlstates: tuple[str, ...] = ()) -> None:
        super().__init_subclass__()
        for sqlstate in sqlstates:
            BY_SQLSTATE[sqlstate] = cls
        if sqlstates:
            cls.sqlstate = sqlstates[0]

    def __init__(
        self, message: str = "", *, detail: str | None = None, hint: str | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.detail = detail
        self.hint = hint

    def __str__(self) -> str:
        return _joined(self.what, ".", self.hint)

    @property
    def what(self) -> str:
        """The message and the detail, without the hint."""
        if self.detail and self.detail.startswith(self.message):
            return self.detail  # the server's text begins with that of vecs
        # A detail that does not begin with a capital continues the phrase.
        continues = bool(self.detail) and not str(self.detail)[0].isupper()
        return _joined(self.message, ":" if continues else ".", self.detail)


def _joined(text: str, mark: str, more: str | None) -> str:
    if not text or not more:
        return text or more or ""
    return f"{text} {more}" if text[-1] in ".!?:" else f"{text}{mark} {more}"


class ArgError(VecsException, sqlstates=("VS001", "VS006")):
    """An argument is missing, malformed or out of range."""


class MismatchedDimension(ArgError, sqlstates=("VS004",)):  # noqa: N818
    """A vector, an adapter or a collection has another dimension or element type than expected."""


class CollectionAlreadyExists(VecsException, sqlstates=("VS003",)):
    """The name belongs to a collection or another relation of the schema."""


class CollectionNotFound(VecsException, sqlstates=("VS002",)):
    """The collection does not exist."""


class FilterError(VecsException, sqlstates=("VS005",)):
    """The metadata filter is invalid; the message names the place."""


class IndexNotFound(VecsException, sqlstates=("VS007",)):
    """The collection has no such index."""


class Unsupported(VecsException, sqlstates=("VS008",)):
    """The server, pgvector or the SQL layer is too old, or does not support the feature."""


class Incomplete(VecsException):
    """An upsert with commit_every, or a re-embedding, broke off; `__cause__` is the reason.

    Attributes:
        committed: The number of rows that were committed.
    """

    committed: int = 0


class MissingDependency(VecsException, ImportError):  # noqa: N818
    """An extra of the package is not installed; the message tells how to install it."""


class Timeout(VecsException, TimeoutError):  # noqa: N818
    """The server did not answer within the timeout."""


class Unreachable(VecsException, sqlstates=("VS009",)):
    """The server, or a node of its cluster, cannot be started or reached."""


def from_database(error: psycopg.Error) -> VecsException | None:
    """Return the exception for an error that the SQL layer raised (SQLSTATE class VS); None for another error."""
    cls = BY_SQLSTATE.get(error.sqlstate or "")
    if cls is None:
        return None
    made = cls(
        error.diag.message_primary or str(error),
        detail=error.diag.message_detail,
        hint=error.diag.message_hint,
    )
    made.sqlstate = error.sqlstate
    return made
