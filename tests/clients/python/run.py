"""Runs the steps of the conformance suite through psycopg: run.py URL FILE, one line of JSON a step."""

import json
import struct
import sys
from typing import Any

import psycopg
from psycopg.adapt import Dumper
from psycopg.pq import Format


class Binary(list[float]):
    """A vector that is sent in pgvector's binary format."""


class BinaryDumper(Dumper):
    """int16 dimension, int16 0, float32 each, big-endian; the server sees by the place which type it is."""

    format = Format.BINARY

    def dump(self, obj: Binary) -> bytes:
        return struct.pack(f">2h{len(obj)}f", len(obj), 0, *obj)


def argument(value: Any, form: str | None) -> Any:  # noqa: ANN401
    """A value as it is sent: text, or a vector in another form."""
    if form == "binary":
        return Binary(value)
    if form == "array":
        return [float(number) for number in value]
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value)


def place(name: str, form: str | None) -> str:
    """An argument's place in a call; a form that is none of ours is a type to cast to."""
    named = f"{name} => %s" if name else "%s"
    if form in (None, "text", "binary"):
        return named
    return named + ("::real[]::vector" if form == "array" else f"::{form}")


def execute(connection: psycopg.Connection[Any], step: dict[str, Any]) -> dict[str, Any]:
    """A step's rows, or its error."""
    try:
        if "sql" in step:
            connection.execute(step["sql"])
            return {"rows": []}
        forms, named = step.get("as", {}), step.get("with", {})
        arguments = ", ".join(place(name, forms.get(name)) for name in named)
        values = [argument(value, forms.get(name)) for name, value in named.items()]
        # As text: psycopg takes all JSON to be UTF-8, also where the connection is not.
        call = f"SELECT to_jsonb(r)::text FROM vecs.{step['call']}({arguments}) AS r"
        return {"rows": [row and json.loads(row) for (row,) in connection.execute(call, values)]}
    except psycopg.Error as error:
        told = error.diag
        return {
            "error": {
                "code": error.sqlstate,
                "message": told.message_primary or str(error),
                "detail": told.message_detail,
                "hint": told.message_hint,
                "context": told.context,
            }
        }


def main(url: str, file: str) -> None:
    """Run all steps of a file, each in a transaction of its own."""
    with psycopg.connect(url, autocommit=True) as connection, open(file, encoding="utf-8") as steps:
        connection.adapters.register_dumper(Binary, BinaryDumper)
        for step in json.load(steps):
            print(json.dumps(execute(connection, step)), flush=True)


main(*sys.argv[1:])
