"""The exceptions.

Errors that the SQL layer raises (class VS of SQLSTATE) arrive as::

    VecsException
    ├── ArgError                     VS001 invalid_argument, VS006 index_already_exists
    │   └── MismatchedDimension      VS004 dimension_mismatch
    ├── CollectionAlreadyExists      VS003 collection_already_exists
    ├── CollectionNotFound           VS002 collection_not_found
    ├── FilterError                  VS005 invalid_filter
    ├── Incomplete                   an upsert that commits as it goes has ended on the way
    ├── IndexNotFound                VS007 index_not_found
    ├── MissingDependency            an extra of the package is not installed (also an ImportError)
    ├── Timeout                      the server did not answer in time (also a TimeoutError)
    ├── Unreachable                  the server cannot be started or reached
    └── Unsupported                  VS008 unsupported

Every other error of the database (a lost connection, a permission denied, a full disk) stays what psycopg makes of it.

str() of each has all that is known: what happened, where, and what to do about it. Where vecs raises the same, it
begins with vecs' words.
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
        message: What happened, in one phrase; where vecs has words for it, those alone.
        sqlstate: The five characters of the SQL layer's error, or None.
        detail: More on the error, or None.
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
        """What happened, without what to do about it."""
        if self.detail and self.detail.startswith(self.message):
            return self.detail  # vecs' words are the beginning of the server's
        # A sentence begins with a capital; anything else goes on with the phrase.
        goes_on = bool(self.detail) and not str(self.detail)[0].isupper()
        return _joined(self.message, ":" if goes_on else ".", self.detail)


def _joined(text: str, mark: str, more: str | None) -> str:
    if not text or not more:
        return text or more or ""
    return f"{text} {more}" if text[-1] in ".!?:" else f"{text}{mark} {more}"


class ArgError(VecsException, sqlstates=("VS001", "VS006")):
    """An argument is missing, malformed or out of range."""


class MismatchedDimension(ArgError, sqlstates=("VS004",)):  # noqa: N818
    """A vector or a collection has another dimension or element type than asked for."""


class CollectionAlreadyExists(VecsException, sqlstates=("VS003",)):
    """A collection, or another relation of the schema, has that name."""


class CollectionNotFound(VecsException, sqlstates=("VS002",)):
    """There is no collection of that name."""


class FilterError(VecsException, sqlstates=("VS005",)):
    """The metadata filter is not of the filter language; the message has the path of the fault."""


class IndexNotFound(VecsException, sqlstates=("VS007",)):
    """The collection has no such index."""


class Unsupported(VecsException, sqlstates=("VS008",)):
    """The server or pgvector is too old, or does not have the feature."""


class Incomplete(VecsException):
    """An upsert with commit_every has ended on the way; its cause is what ended it.

    Attributes:
        committed: How many rows were committed.
    """

    committed: int = 0


class MissingDependency(VecsException, ImportError):  # noqa: N818
    """An extra of the package is not installed; the message has the pip line."""


class Timeout(VecsException, TimeoutError):  # noqa: N818
    """The server did not answer in the time that `timeout` gives."""


class Unreachable(VecsException):
    """The server cannot be started or reached."""


def from_database(error: psycopg.Error) -> VecsException | None:
    """The exception that stands for an error of the SQL layer; None for an error of another class."""
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
