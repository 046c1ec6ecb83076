"""The exceptions.

Errors that the SQL layer raises (class VS of SQLSTATE) arrive as::

    VecsException
    ├── ArgError                     VS001 invalid_argument, VS006 index_already_exists
    │   └── MismatchedDimension      VS004 dimension_mismatch
    ├── CollectionAlreadyExists      VS003 collection_already_exists
    ├── CollectionNotFound           VS002 collection_not_found
    ├── FilterError                  VS005 invalid_filter
    ├── IndexNotFound                VS007 index_not_found
    ├── MissingDependency            an extra of the package is not installed (also an ImportError)
    ├── Unreachable                  the server can not be started or reached
    └── Unsupported                  VS008 unsupported

Every other error of the database (a lost connection, a permission denied, a full disk) stays what psycopg makes of it.
"""

from __future__ import annotations

import psycopg

__all__ = [
    "ArgError",
    "CollectionAlreadyExists",
    "CollectionNotFound",
    "FilterError",
    "IndexNotFound",
    "MismatchedDimension",
    "MissingDependency",
    "Unreachable",
    "Unsupported",
    "VecsException",
]

BY_SQLSTATE: dict[str, type[VecsException]] = {}


class VecsException(Exception):  # noqa: N818 -- the name that vecs has
    """The base of all exceptions of this package.

    Attributes:
        sqlstate: The five characters of the SQL layer's error, or None.
        detail: More on the error, or None.
        hint: What to do about it, or None. Shown below the traceback.
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
        self.detail = detail
        self.hint = hint
        # What add_note() does from Python 3.11 on; 3.10 keeps it and does not show it.
        self.__notes__ = [
            f"{name}: {text}" for name, text in (("Detail", detail), ("Hint", hint)) if text
        ]


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


class MissingDependency(VecsException, ImportError):  # noqa: N818
    """An extra of the package is not installed; the message has the pip line."""


class Unreachable(VecsException):
    """The server can not be started or reached."""


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
