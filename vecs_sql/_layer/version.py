"""The SQL layer of a database: whether it is there, and whether this client works with it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from vecs_sql._version import __version__

# What a server says when what a client knows of a database is no longer true, since a dump was restored into it, or
# the layer, pgvector or all of it dropped and made again: no such function, schema, type or prepared statement, an
# array of another type, a lookup that failed. Each means that nothing was done.
STALE = {"0A000", "26000", "3F000", "42704", "42804", "42883", "42P05", "XX000"}
NOT_PREPARED = {"26000", "42P05"}


@dataclass(frozen=True)
class Layer:
    """The SQL layer on the other side.

    Attributes:
        version: Its version, or None where there is none.
        pgvector: The version of pgvector; empty where there is none.
        vector_oid: The oid of pgvector's type vector in that database; 0 where there is none.
        direct: Whether the server itself is on the other side, and not a pooler: a pooler tells another process id
            than the server's.
    """

    version: str | None
    pgvector: str
    vector_oid: int
    direct: bool


# Every name is qualified, the operators too: it runs under the caller's search path. The version is read from the text
# of vecs.version(), which whoever made the schema may have written.
LOOK = b"""
    SELECT l.version, coalesce(v.version, ''), coalesce(v.oid, 0), pg_catalog.pg_backend_pid()
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
    """Whether this client cannot work with a layer of that version, and why; None where nothing is to be said.

    The rule: client and layer work together while their versions agree in the first number, and before 1.0 in the
    first two. Within that, an older layer is worth a warning and a newer one is not.
    """
    there, here = _release(layer), _release(__version__)
    shared = 2 if here[0] == 0 or there[0] == 0 else 1
    if there == here or (there > here and there[:shared] == here[:shared]):
        return None
    says = f"the database has version {layer} of the SQL layer, this client is {__version__}"
    return there[:shared] != here[:shared], says
