"""Comparing an installed SQL layer with the package's; reads only, as any role."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.rows import tuple_row

from vecs_sql import _sources
from vecs_sql._sync import layer
from vecs_sql._version import __version__

# Our SQL files have one form (STYLE: attributes written out, one a line), which a test holds them to.
_FUNCTION = re.compile(
    r"^CREATE OR REPLACE FUNCTION vecs\.(?P<name>\w+)\((?P<parameters>.*?)\)\s*"
    r"^RETURNS (?P<returns>.*?)\s*"
    r"^LANGUAGE (?P<language>\w+)$\s*"
    r"^(?P<volatility>IMMUTABLE|STABLE|VOLATILE)$\s*"
    r"^PARALLEL (?P<parallel>SAFE|UNSAFE)$\s*"
    r"^SECURITY (?P<security>INVOKER|DEFINER)$\s*"
    r"^(?P<settings>(?:SET [^\n]*\n)*)"
    r"^AS \$fn\$(?P<body>.*?)\$fn\$;",
    re.MULTILINE | re.DOTALL,
)
_COMMENT = re.compile(
    r"^COMMENT ON FUNCTION vecs\.(?P<name>\w+)\((?P<types>.*?)\) IS\s*\$doc\$(?P<text>.*?)\$doc\$;",
    re.MULTILINE | re.DOTALL,
)
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
        pg_catalog.has_function_privilege('public', p.oid, 'EXECUTE')
    FROM pg_catalog.pg_proc AS p
    JOIN pg_catalog.pg_language AS l ON l.oid = p.prolang
    WHERE p.pronamespace = 'vecs'::regnamespace
"""
# pg_type's names of the types that the SQL files write in full.
_TYPE_NAMES = {
    "bigint": "int8",
    "boolean": "bool",
    "double precision": "float8",
    "integer": "int4",
}


@dataclass(frozen=True)
class Function:
    """What is compared of a function."""

    name: str
    types: tuple[str, ...]
    parameters: tuple[str, ...]
    attributes: tuple[str, ...]
    settings: tuple[str, ...]
    body: str
    comment: str

    @property
    def signature(self) -> str:
        """The name and the types of the parameters."""
        return f"vecs.{self.name}({', '.join(self.types)})"


def _type_name(written: str) -> str:
    plain = written.removesuffix("[]")
    plain_name = plain.rpartition(".")[2]
    return ("_" if plain != written else "") + _TYPE_NAMES.get(plain, plain_name)


def expected() -> dict[str, Function]:
    """The package's functions, by signature."""
    found = {}
    for text in _sources.functions().values():
        comments = {
            (
                match["name"],
                tuple(_type_name(t.strip()) for t in match["types"].split(",") if t.strip()),
            ): match["text"]
            for match in _COMMENT.finditer(text)
        }
        for match in _FUNCTION.finditer(text):
            inputs: list[tuple[str, str]] = []
            outputs: list[tuple[str, str]] = []
            for line in match["parameters"].split(",\n"):
                if not line.strip():
                    continue
                words = re.sub(r" DEFAULT .*", "", line.strip())
                out = words.startswith("OUT ")
                words = words.removeprefix("OUT ")
                unnamed = " " not in words or words in _TYPE_NAMES
                name, type_ = ("", words) if unnamed else words.split(" ", 1)
                (outputs if out else inputs).append((name, _type_name(type_)))
            if match["returns"].startswith("TABLE"):
                columns = match["returns"].removeprefix("TABLE").strip()[1:-1]
                for column in filter(None, map(str.strip, columns.split(","))):
                    name, type_ = column.split(" ", 1)
                    outputs.append((name, type_))
            types = tuple(type_ for _, type_ in inputs)
            names = tuple(name for name, _ in inputs + outputs)
            function = Function(
                name=match["name"],
                types=types,
                parameters=names if any(names) else (),
                attributes=(
                    match["language"],
                    match["volatility"],
                    match["parallel"],
                    match["security"],
                ),
                settings=tuple(_setting(line) for line in match["settings"].splitlines()),
                body=match["body"],
                comment=comments.get((match["name"], types), ""),
            )
            found[function.signature] = function
    return found


def _setting(line: str) -> str:
    """A SET clause as pg_proc.proconfig has it."""
    name, value = line.removeprefix("SET ").split(" = ", 1)
    return f"{name}={value}"


def _installed(cursor: psycopg.Cursor[tuple[Any, ...]]) -> dict[str, tuple[Function, bool]]:
    found = {}
    for name, types, parameters, *attributes, settings, body, comment, public in cursor.execute(
        _INSTALLED
    ):
        function = Function(
            name, tuple(types), tuple(parameters), tuple(attributes), tuple(settings), body, comment
        )
        found[function.signature] = (function, public)
    return found


def differences(connection: psycopg.Connection[Any]) -> list[str]:
    """What differs between the installed layer and the package's, in words; empty where nothing does."""
    version = layer.look(connection).version
    if version is None:
        return ["the SQL layer is not installed"]
    found = [] if version == __version__ else [f"version {version} is installed, not {__version__}"]
    ours = expected()
    with connection.cursor(row_factory=tuple_row) as cursor:
        installed = _installed(cursor)
        revision = cursor.execute("SELECT version_num FROM vecs._migration").fetchall()
    newest = [_sources.revisions()[-1]]
    if [number for (number,) in revision] != newest:
        found.append(f"the schema is at revision {[n for (n,) in revision]}, not {newest}")
    for signature in sorted(ours.keys() | installed.keys()):
        if signature not in installed:
            found.append(f"missing: {signature}")
        elif signature not in ours:
            found.append(f"not of this package: {signature}")
        else:
            function, public = installed[signature]
            faults = [
                part
                for part in ("parameters", "attributes", "settings", "body", "comment")
                if getattr(function, part) != getattr(ours[signature], part)
            ]
            if not public:
                faults.append("privileges")
            if faults:
                found.append(f"differs in its {', '.join(faults)}: {signature}")
    return found


def advice(connection: psycopg.Connection[Any]) -> list[str]:
    """What could be better in the collections: no index on the metadata, an invalid index."""
    found = []
    with connection.cursor(row_factory=tuple_row) as cursor:
        names = cursor.execute("SELECT name FROM vecs.list_collections()").fetchall()
        for (name,) in names:
            row = cursor.execute("SELECT vecs.describe_collection(%s)", (name,)).fetchone()
            assert row is not None
            described = row[0]
            if not described["metadata_indexes"]:
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
