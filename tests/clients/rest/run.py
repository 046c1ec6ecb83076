"""Runs the steps of the conformance suite in the way of PostgREST: run.py URL FILE, one line of JSON a step.

What PostgREST does with `POST /rpc/<function>`: it finds the function by the keys of the body, takes them out of it by
json_to_record, calls it with named arguments as another role with another search_path, in a transaction that is read
only if the function is not volatile, and answers in JSON, errors as well.
"""

from __future__ import annotations

import json
import sys
from typing import Any, NamedTuple

import psycopg
from psycopg import sql

# What PostgREST knows of the functions of a schema that it exposes, private or not, but for those whose several
# parameters have no names at all; a parameter without a name among others, or among columns of a result, is called "".
# Types are qualified as need be.
_CACHE = """
    SELECT
        p.proname,
        coalesce(a.names, '{}'),
        coalesce(a.types, '{}'),
        p.pronargs - p.pronargdefaults,
        p.provolatile = 'v',
        p.proretset,
        p.prorettype = 'record'::regtype
    FROM pg_proc AS p
    CROSS JOIN LATERAL (
        SELECT
            array_agg(coalesce(u.name, '') ORDER BY u.place) AS names,
            array_agg(format_type(u.type, NULL) ORDER BY u.place) AS types,
            CASE count(*) - count(u.name)
                WHEN 0 THEN true
                WHEN 1 THEN (array_agg(u.type))[1] = ANY ('{bytea,json,jsonb,text,xml}'::regtype[])
                ELSE false
            END AS callable
        FROM unnest(p.proargnames, p.proargtypes::oid[]) WITH ORDINALITY AS u (name, type, place)
        WHERE u.type IS NOT NULL
    ) AS a
    WHERE p.pronamespace = 'vecs'::regnamespace AND p.prokind = 'f' AND a.callable
"""


class Function(NamedTuple):
    """A function, as PostgREST knows it."""

    name: str
    parameters: list[str]
    types: list[str]
    required: int
    volatile: bool
    is_set: bool
    is_table: bool

    def takes(self, body: dict[str, Any]) -> bool:
        """Whether it can be meant by a body of these keys."""
        required, optional = self.parameters[: self.required], self.parameters[self.required :]
        return body.keys() - {*optional} == {*required}


class RestError(Exception):
    """An error of PostgREST itself: code and message."""


def find(functions: list[Function], name: str, body: dict[str, Any]) -> Function:
    """The one function that is meant."""
    found = [function for function in functions if function.name == name and function.takes(body)]
    if not found:
        raise RestError("PGRST202", f"Could not find the function vecs.{name}({', '.join(body)})")
    if len(found) > 1:
        raise RestError("PGRST203", f"Could not choose the best candidate function: {found}")
    return found[0]


def _type(name: Any) -> sql.SQL:  # noqa: ANN401 -- psycopg wants literals, and this is from the catalog
    return sql.SQL(name)


def statement(function: Function, body: dict[str, Any]) -> sql.Composed:
    """The call, with the body as its one parameter."""
    types = dict(zip(function.parameters, function.types, strict=True))
    columns = sql.SQL(", ").join(
        sql.SQL("{} {}").format(sql.Identifier(key), _type(types[key])) for key in body
    )
    arguments = sql.SQL(", ").join(
        sql.SQL("{0} := body.{0}").format(sql.Identifier(key)) for key in body
    )
    call = sql.SQL("{}.{}({})").format(
        sql.Identifier("vecs"), sql.Identifier(function.name), arguments
    )
    rows = (
        sql.SQL("SELECT called.* FROM body, LATERAL {} AS called").format(call)
        if function.is_table
        else sql.SQL("SELECT {} AS scalar FROM body").format(call)
    )
    return sql.SQL(
        "WITH payload AS (SELECT %s::json AS data), body AS ({taken}), source AS ({rows}) "
        "SELECT coalesce(json_agg({row}), '[]')::text FROM source AS t"
    ).format(
        taken=sql.SQL("SELECT r.* FROM payload, LATERAL json_to_record(data) AS r ({})").format(
            columns
        )
        if body
        else sql.SQL("SELECT FROM payload"),
        rows=rows,
        row=sql.SQL("t" if function.is_table else "t.scalar"),
    )


def functions(connection: psycopg.Connection[Any]) -> list[Function]:
    """Return the functions as PostgREST reads them."""
    with connection.transaction():
        connection.execute("SET LOCAL search_path = pg_catalog")
        return [Function(*row) for row in connection.execute(_CACHE)]


def execute(
    connection: psycopg.Connection[Any],
    functions: list[Function],
    step: dict[str, Any],
    role: str = "owner",
    claims: dict[str, str] | None = None,
) -> dict[str, Any]:
    """A step's rows, or its error as the body of an answer."""
    try:
        if "sql" in step:
            connection.execute(step["sql"])
            return {"rows": []}
        body = dict(step.get("with", {}))
        function = find(functions, step["call"], body)
        for key, kind in zip(function.parameters, function.types, strict=True):
            if kind.endswith("[]") and isinstance(body.get(key), str):
                # The suite has arrays as PostgreSQL writes them; a body has JSON's.
                cast_array = sql.SQL("SELECT to_json(%s::{})").format(_type(kind))
                [body[key]] = connection.execute(cast_array, [body[key]]).fetchall()[0]
        with connection.transaction():
            if not function.volatile:
                connection.execute("SET TRANSACTION READ ONLY")
            connection.execute(
                """
                SELECT
                    set_config('search_path', '"api", "public", "extensions"', true),
                    set_config('role', %s, true),
                    set_config('request.jwt.claims', %s, true)
                """,
                [role, json.dumps(claims or {})],
            )
            rows = connection.execute(statement(function, body), [json.dumps(body)]).fetchall()
        return {"rows": json.loads(rows[0][0])}
    except RestError as error:
        return {"error": dict(zip(("code", "message"), error.args, strict=True))}
    except psycopg.Error as error:
        told = error.diag
        return {
            "error": {
                "code": error.sqlstate,
                "message": told.message_primary or str(error),
                "detail": told.message_detail,
                "hint": told.message_hint,
            }
        }


def main(url: str, file: str) -> None:
    """Run all steps of a file."""
    with psycopg.connect(url, autocommit=True) as connection, open(file, encoding="utf-8") as steps:
        known = functions(connection)
        for step in json.load(steps):
            print(json.dumps(execute(connection, known, step)), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
