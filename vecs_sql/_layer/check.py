"""The comparison of an installed SQL layer with the package's; it only reads, as any role."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg.rows import tuple_row

from vecs_sql._layer import declarations, render, version
from vecs_sql._layer.declarations import Declaration
from vecs_sql._version import __version__

_INSTALLED = """
    SELECT
        p.proname::text,
        ARRAY(
            SELECT y.typname::text
            FROM unnest(p.proargtypes::oid[]) WITH ORDINALITY AS a (type, position)
            JOIN pg_catalog.pg_type AS y ON y.oid = a.type
            ORDER BY a.position
        ),
        coalesce(p.proargnames::text[], '{}'),
        l.lanname::text,
        CASE p.provolatile WHEN 'i' THEN 'IMMUTABLE' WHEN 's' THEN 'STABLE' ELSE 'VOLATILE' END,
        CASE p.proparallel WHEN 's' THEN 'SAFE' ELSE 'UNSAFE' END,
        CASE WHEN p.prosecdef THEN 'DEFINER' ELSE 'INVOKER' END,
        coalesce(p.proconfig, '{}'),
        p.prosrc,
        coalesce(pg_catalog.obj_description(p.oid, 'pg_proc'), ''),
        pg_catalog.has_function_privilege('public', p.oid, 'EXECUTE'),
        CASE WHEN p.proowner <> n.nspowner AND NOT r.rolsuper THEN r.rolname::text END
    FROM pg_catalog.pg_proc AS p
    JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
    JOIN pg_catalog.pg_language AS l ON l.oid = p.prolang
    JOIN pg_catalog.pg_roles AS r ON r.oid = p.proowner
    WHERE n.nspname = 'vecs' AND NOT EXISTS (
        SELECT
        FROM pg_catalog.pg_depend AS d
        JOIN pg_catalog.pg_extension AS e ON e.oid = d.refobjid
        WHERE d.classid = 'pg_catalog.pg_proc'::regclass
            AND d.objid = p.oid
            AND d.refclassid = 'pg_catalog.pg_extension'::regclass
            AND d.deptype = 'e'
            AND e.extname = 'vector'
    )
"""


def expected() -> dict[str, Declaration]:
    """Return the package's functions, by signature."""
    return {
        function.signature: function
        for text in render.functions().values()
        for function in declarations.parse(text)
    }


def _installed(
    cursor: psycopg.Cursor[tuple[Any, ...]],
) -> dict[str, tuple[Declaration, bool, str | None]]:
    """Return the schema's functions, whether all may execute each, and a role that should not own it."""
    found = {}
    for (
        name, types, parameters, *attributes, settings, body, comment, public, owner,
    ) in cursor.execute(_INSTALLED):  # fmt: skip
        function = Declaration(
            name, tuple(types), tuple(parameters), tuple(attributes), tuple(settings), body, comment
        )
        found[function.signature] = (function, public, owner)
    return found


def _foreign(function: Declaration, owner: str | None, names: set[str]) -> str:
    """Describe a function that is not of this package; docs/security.md explains the words."""
    notes = []
    if function.name in names:
        notes.append(f"it can capture calls of vecs.{function.name}")
    if owner is not None:
        notes.append(f'it belongs to role "{owner}"')
    return f"not of this package: {function.signature}" + (
        f" ({', and '.join(notes)})" if notes else ""
    )


def differences(connection: psycopg.Connection[Any]) -> list[str]:
    """List the differences between the installed layer and the package's, in words.

    Runs no function, trigger or view of the schema.
    """
    with connection.transaction(), connection.cursor(row_factory=tuple_row) as cursor:
        cursor.execute(render.PIN)
        there, *_ = cursor.execute(version.LOOK).fetchone() or (None,)
        if there is None:
            return ["the SQL layer is not installed"]
        found = []
        if there != __version__:
            found.append(f"version {there} is installed, not {__version__}")
        installed = _installed(cursor)
        try:
            with connection.transaction():
                cursor.execute(render.guard().encode())
                revision = [n for (n,) in cursor.execute("SELECT version_num FROM vecs._migration")]
        except psycopg.errors.InsufficientPrivilege as error:
            found.append(error.diag.message_primary or "")
        else:
            newest = [render.revisions()[-1]]
            if revision != newest:
                found.append(f"the schema is at revision {revision}, not {newest}")
    ours = expected()
    names = {function.name for function in ours.values()}
    for signature in sorted(ours.keys() | installed.keys()):
        if signature not in installed:
            found.append(f"missing: {signature}")
        elif signature not in ours:
            function, _, owner = installed[signature]
            found.append(_foreign(function, owner, names))
        else:
            function, public, owner = installed[signature]
            faults = [
                part
                for part in ("parameters", "attributes", "settings", "body", "comment")
                if getattr(function, part) != getattr(ours[signature], part)
            ]
            if not public:
                faults.append("privileges")
            if faults:
                found.append(f"differs in its {', '.join(faults)}: {signature}")
            if owner is not None:
                found.append(f'belongs to role "{owner}": {signature}')
    # A name that somebody has chosen does not reach the terminal as control characters.
    return [
        "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in line)
        for line in found
    ]


def advice(connection: psycopg.Connection[Any]) -> list[str]:
    """List possible improvements of the collections: a missing index on the metadata, an invalid index."""
    found = []
    with connection.cursor(row_factory=tuple_row) as cursor:
        names = cursor.execute("SELECT name FROM vecs.list_collections()").fetchall()
        for (name,) in names:
            row = cursor.execute("SELECT vecs.describe_collection(%s)", (name,)).fetchone()
            assert row is not None
            described = row[0]
            # The owner of a table of their own decides on its indexes.
            if not described["metadata_indexes"] and "table" not in described:
                table = cursor.execute("SELECT quote_ident(%s)", (name,)).fetchone()
                assert table is not None
                found.append(
                    f'collection "{name}" has no index on its metadata. Hint: CREATE INDEX ON '
                    f"vecs.{table[0]} USING gin (metadata jsonb_path_ops);"
                )
            found.extend(
                f'collection "{name}" has the invalid index "{index["name"]}". Hint: REINDEX INDEX or drop it'
                for index in described["vector_indexes"]
                if not index["valid"]
            )
    return found
