"""Declarations of functions, read out of the SQL files by the form that all of these have."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple

# All SQL files have one form, with all attributes written out, one per line; a test checks it.
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
# pg_type's names of the types that the SQL files write in full.
_TYPE_NAMES = {
    "bigint": "int8",
    "boolean": "bool",
    "double precision": "float8",
    "integer": "int4",
    "real": "float4",
    "smallint": "int2",
    "timestamp with time zone": "timestamptz",
    "timestamp without time zone": "timestamp",
}


@dataclass(frozen=True)
class Declaration:
    """A function as a file declares it or the catalog holds it.

    Attributes:
        interface: The parts that CREATE OR REPLACE cannot change: names, types and modes of the parameters, how many
            have a default, and the result.
    """

    name: str
    types: tuple[str, ...]
    parameters: tuple[str, ...]
    attributes: tuple[str, ...]
    settings: tuple[str, ...]
    body: str
    comment: str
    interface: str = ""

    @property
    def signature(self) -> str:
        """The name and the types of the parameters."""
        return f"vecs.{self.name}({', '.join(self.types)})"


def _type_name(written: str) -> str:
    plain = written.removesuffix("[]")
    return ("_" if plain != written else "") + _TYPE_NAMES.get(plain, plain.rpartition(".")[2])


def parse(text: str) -> list[Declaration]:
    """Read the functions out of one rendered file."""
    comments = {
        (
            match["name"],
            tuple(_type_name(t.strip()) for t in match["types"].split(",") if t.strip()),
        ): match["text"]
        for match in _COMMENT.finditer(text)
    }
    return [_declaration(match, comments) for match in _FUNCTION.finditer(text)]


def _declaration(
    match: re.Match[str], comments: dict[tuple[str, tuple[str, ...]], str]
) -> Declaration:
    declared = [line.strip() for line in match["parameters"].split(",\n") if line.strip()]
    parameters = [_parameter(line) for line in declared]
    result = match["returns"]
    if result.startswith("TABLE"):
        columns = [
            column.strip() for column in result.removeprefix("TABLE").strip()[1:-1].split(",")
        ]
        parameters += [_parameter(f"TABLE {column}") for column in columns]
        result = "SETOF " + (parameters[-1].type if len(columns) == 1 else "record")
    of_many = "SETOF " if result.startswith("SETOF ") else ""
    types = tuple(p.type for p in parameters if p.mode == "IN")
    names = tuple(p.name for p in parameters)
    return Declaration(
        name=match["name"],
        types=types,
        parameters=names if any(names) else (),
        attributes=(match["language"], match["volatility"], match["parallel"], match["security"]),
        settings=tuple(_setting(line) for line in match["settings"].splitlines()),
        body=match["body"],
        comment=comments.get((match["name"], types), ""),
        interface=(
            f"{match['name']}({', '.join(map(str, parameters))}) "
            f"{sum(' DEFAULT ' in line for line in declared)} {of_many}"
            f"{_type_name(result.removeprefix('SETOF '))}"
        ),
    )


class _Parameter(NamedTuple):
    mode: str
    name: str
    type: str

    def __str__(self) -> str:
        return " ".join(filter(None, self))


def _parameter(declared: str) -> _Parameter:
    """Read one parameter, whose name may be missing."""
    words = re.sub(r" DEFAULT .*", "", declared, flags=re.DOTALL)
    match = re.match(r"(OUT|TABLE) ", words)
    mode = match[1] if match else "IN"
    words = words.removeprefix(f"{mode} ")
    unnamed = " " not in words or words.removesuffix("[]") in _TYPE_NAMES
    name, type_ = ("", words) if unnamed else words.split(" ", 1)
    return _Parameter(mode, name, _type_name(type_))


def _setting(line: str) -> str:
    """Return a SET clause in the form of pg_proc.proconfig."""
    name, value = line.removeprefix("SET ").split(" = ", 1)
    unquoted = value.strip("'")
    return f"{name}={unquoted}"
