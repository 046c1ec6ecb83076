"""The SQL layer of a database: whether it is there, and whether this client works with it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from vecs_sql._version import __version__

# The errors of a call after the database has changed under the client: a dump was restored into it, or the layer,
# pgvector or the whole database was dropped and created again. They mean that a function, schema, type or prepared
# statement is missing, an array has another type, or a cache lookup failed; in each case nothing was done.
STALE = {"0A000", "26000", "3F000", "42704", "42804", "42883", "42P05", "XX000"}
NOT_PREPARED = {"26000", "42P05"}


@dataclass(frozen=True)
class Layer:
    """The SQL layer that a database has.

    Attributes:
        version: Its version; None if it is not installed.
        pgvector: The version of pgvector; empty if it is not installed.
        vector_oid: The oid of the type vector; 0 if pgvector is not installed.
        direct: Whether there is no pooler between client and server: a pooler reports another process id than the
            server does.
        standby: Whether the server is a standby, on which nothing can be installed.
    """

    version: str | None
    pgvector: str
    vector_oid: int
    direct: bool
    standby: bool


# Names and operators are qualified because it runs under the caller's search path. The version is read from the source
# of vecs.version(), which is not run: another role may have written it.
LOOK = b"""
    SELECT
        l.version, coalesce(v.version, ''), coalesce(v.oid, 0), pg_catalog.pg_backend_pid(),
        pg_catalog.pg_is_in_recovery()
    FROM (VALUES (1)) AS one
    LEFT JOIN (
        SELECT coalesce(pg_catalog.substring(p.prosrc, $re$'([[:alnum:].+-]{1,40})'$re$), '')
        FROM pg_catalog.pg_proc AS p
        JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) p.pronamespace
        WHERE n.nspname OPERATOR(pg_catalog.=) 'vecs'::pg_catalog.name
            AND p.proname OPERATOR(pg_catalog.=) 'version'::pg_catalog.name
            AND p.pronargs OPERATOR(pg_catalog.=) 0::pg_catalog.int2
    ) AS l (version) ON true
    LEFT JOIN (
        SELECT e.extversion, t.oid::pg_catalog.int8
        FROM pg_catalog.pg_extension AS e
        JOIN pg_catalog.pg_type AS t ON t.typnamespace OPERATOR(pg_catalog.=) e.extnamespace
        WHERE e.extname OPERATOR(pg_catalog.=) 'vector'::pg_catalog.name
            AND t.typname OPERATOR(pg_catalog.=) 'vector'::pg_catalog.name
    ) AS v (version, oid) ON true
"""


def _release(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", version)[:3])


def disagreement(layer: str) -> tuple[bool, str] | None:
    """Compare the version of a layer with that of this client.

    Returns whether the client must refuse the layer, with the message; None if they go together. They go together if
    the first number of their versions is the same, before 1.0 the first two. An older layer gets a warning even so.
    """
    there, here = _release(layer), _release(__version__)
    shared = 2 if here[0] == 0 or there[0] == 0 else 1
    if there == here or (there > here and there[:shared] == here[:shared]):
        return None
    message = f"the database has version {layer} of the SQL layer, this client is {__version__}"
    return there[:shared] != here[:shared], message
