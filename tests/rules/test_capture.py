"""No call among our functions can be captured by an overload that somebody with CREATE on the schema adds.

PostgreSQL takes the function whose parameters are exactly those of the call before any other. So beside each function
stand, in a database of their own, overloads that a call would prefer if one of its arguments were of another type, or
if it left one to a default; and the conformance suite still gives what it gives without them.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from tests.clients import conformance, languages

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import Databases

# Types of arguments that PostgreSQL would convert to a parameter's without being asked; text for a literal without one.
CONVERTED = {
    "text": ("character varying", "character", "name", '"char"'),
    "bigint": ("smallint", "integer", "text"),
    "integer": ("smallint", "text"),
    "double precision": ("smallint", "integer", "bigint", "numeric", "real", "text"),
    "boolean": ("text",),
    "jsonb": ("text", "json"),
    "oid": ("integer", "bigint", "text"),
    "regclass": ("oid", "integer", "bigint", "text"),
    "regtype": ("oid", "integer", "bigint", "text"),
    "vector": ("text", "real[]", "double precision[]", "halfvec"),
    "halfvec": ("text", "real[]", "double precision[]", "vector"),
    "double precision[]": ("text", "real[]", "numeric[]"),
    "regconfig": ("oid", "integer", "bigint", "text"),
    "regconfig[]": ("text", "oid[]"),
    "smallint[]": ("text", "integer[]", "bigint[]"),
    "tsquery": ("text",),
    "tsquery[]": ("text",),
    "bigint[]": ("text", "integer[]"),
    "jsonb[]": ("text", "json[]"),
    "text[]": ("text", "character varying[]", "name[]"),
    "vector[]": ("text", "halfvec[]"),
    "halfvec[]": ("text", "vector[]"),
    "information_schema.character_data": (),
}
FUNCTIONS = """
    SELECT
        p.proname::text,
        ARRAY(SELECT a.type::regtype::text FROM unnest(p.proargtypes::oid[]) WITH ORDINALITY AS a (type, n) ORDER BY n),
        coalesce(p.proargnames[:p.pronargs], array_fill(''::text, ARRAY[p.pronargs::integer])),
        ARRAY(SELECT pg_get_function_arg_default(p.oid, n) FROM generate_series(1, p.pronargs) AS n)
    FROM pg_proc AS p WHERE p.pronamespace = 'vecs'::regnamespace
"""
Functions = list[tuple[str, list[str], list[str], list[str | None]]]


def overloads(functions: Functions) -> Iterator[tuple[str, list[str], list[str]]]:
    """Name, types and parameter names of what could capture a call that is not an exact match."""
    for name, types, names, defaults in functions:
        for length in range(len(types)):
            if None not in defaults[length:]:
                yield name, types[:length], names[:length]
        for place, type_ in enumerate(types):
            for other in CONVERTED[type_]:
                yield name, [*types[:place], other, *types[place + 1 :]], names


@pytest.fixture(scope="module")
def hostile(databases: Databases, template: str) -> tuple[str, Functions]:
    """The URL of a database with such overloads, and our functions."""
    url = databases.create(template)
    with databases.admin(databases.name(url)) as admin:
        admin.execute(f"ALTER DATABASE {databases.name(url)} SET track_functions = 'all'".encode())
        functions = admin.execute(FUNCTIONS).fetchall()
        made = {(name, tuple(types)) for name, types, _, _ in functions}
        for name, types, names in overloads(functions):
            if (name, tuple(types)) in made:
                continue
            made.add((name, tuple(types)))
            parameters = ", ".join(
                f'"{parameter}" {type_}' if parameter else type_
                for parameter, type_ in zip(names, types, strict=True)
            )
            admin.execute(
                f"CREATE FUNCTION vecs.{name}({parameters}) RETURNS text LANGUAGE plpgsql"
                " AS $$ BEGIN RAISE 'captured' USING ERRCODE = 'XX666'; END $$".encode()
            )
    assert len(made) > 5 * len(functions)
    return url, functions


def statement(functions: Functions, step: dict[str, Any]) -> tuple[str, list[Any]] | None:
    """A step's call, so that it can only mean our function: all arguments, each with its type."""
    given = dict(step.get("with", {}))
    meant = [
        function
        for function in functions
        if function[0] == step["call"]
        and given.keys() <= set(function[2])
        and None not in [d for n, d in zip(*function[2:], strict=True) if n not in given]
    ]
    if not meant:
        return None
    _, types, names, defaults = meant[0]
    arguments, values = [], []
    for type_, name, default in zip(types, names, defaults, strict=True):
        if name in given:
            value = given[name]
            arguments.append(f"%s::{type_}")
            values.append(value if value is None or isinstance(value, str) else json.dumps(value))
        else:
            arguments.append(f"({default})::{type_}")
    call = f"vecs.{step['call']}({', '.join(arguments)})"
    return f"SELECT to_jsonb(r)::text FROM {call} AS r", values


# What is too large for the conformance suite: two clusters far apart, and searches in the one for rows of the other.
MANY = range(6000)
MANY_HASH = "8cd283d"  # the end of its indexes' names
REEMBED = {"collection": "texts", "shadow": "texts_reembed", "text_key": "text"}
LARGE: list[dict[str, Any]] = [
    {"call": "filter_sql", "with": {"filters": {"n": {"gte": 3}}}},
    {"call": "create_collection", "with": {"name": "many", "dimension": 2}},
    {
        "call": "upsert_many",
        "with": {
            "collection": "many",
            "ids": "{" + ",".join(f"r{n}" for n in MANY) + "}",
            "vecs": "{" + ",".join(f'"[{n % 2 * 100_000},{n}]"' for n in MANY) + "}",
            "metadata": [{"half": n % 2, "n": n, "text": f"text {n}"} for n in MANY],
        },
    },
    {"call": "advise", "with": {"collection": "many"}},
    {"call": "_half_recall", "with": {"collection": "many", "measure": "l2_distance"}},
    {"call": "_sampled_values", "with": {"collection": "many"}},
    {"call": "create_index", "with": {"collection": "many", "measure": "l2_distance"}},
    # As if it had been built concurrently in place of another.
    {
        "call": "_finish_index",
        "with": {
            "collection": "many",
            "measure": "l2_distance",
            "filters": None,
            "index_precision": "full",
            "min_recall": 0.9,
            "new_name": f"ix_vector_l2_ops_hnsw_m16_efc160_{MANY_HASH}",
            "final_name": f"ix_vector_l2_ops_hnsw_m16_efc160_{MANY_HASH}",
            "replaced": "{none}",
            "old_names": "{old}",
        },
    },
    {
        "call": "_try_built_index",
        "with": {"collection": "many", "measure": "l2_distance", "mark": MANY_HASH},
    },
    {"call": "_notice_serial_build", "with": {"table_id": "vecs.many"}},
    {
        "call": "_raise_build_error",
        "with": {
            "collection": "many",
            "is_partial": True,
            "error_code": "53100",
            "error_message": "no space left",
        },
    },
    {
        "call": "create_index",
        "with": {"collection": "many", "measure": "l2_distance", "filters": {"half": 1}},
    },
    {
        "call": "query",
        "with": {
            "collection": "many",
            "query_vec": [100_000, 9],
            "measure": "l2_distance",
            "filters": {"half": 1, "n": {"$gt": 5}},
        },
    },
    {
        "call": "query_groups",
        "with": {
            "collection": "many",
            "query_vec": [100_000, 9],
            "group_by": "half",
            "measure": "l2_distance",
        },
    },
    {
        "call": "create_metadata_index",
        "with": {"collection": "many", "key": "text", "kind": "pattern"},
    },
    *(
        {
            "call": call,
            "with": {"collection": "many", "query_vec": [100_000, 9], "measure": "l2_distance"}
            | more,
        }
        for call in ("query", "explain")
        for more in (
            {"filters": {"half": 0}, "strategy": "index"},
            {"filters": {"n": {"$lt": 500}}},
            {"filters": {"text": {"$startswith": "text 99"}}},
        )
    ),
    # A load that drops the indexes, and one that has dropped one.
    {"call": "_rebuild_pays", "with": {"collection": "many", "new_rows": 9000, "timeout": None}},
    {"call": "_set_aside_indexes", "with": {"collection": "many", "wait": True}},
    {
        "call": "_restore_indexes",
        "with": {
            "collection": "many",
            "dropped": {
                "indexes": [
                    {
                        "name": "again",
                        "measure": "l2_distance",
                        "method": "hnsw",
                        "arguments": {"m": 4},
                    }
                ],
                "check_interval": "0",
            },
        },
    },
    # A table that exists, with a domain, and records that do not fit.
    {"call": "adopt", "with": {"source": "public.existing"}},
    {"call": "create_index", "with": {"collection": "existing", "measure": "l2_distance"}},
    *(
        {
            "call": "query",
            "with": {"collection": "existing", "query_vec": [100_000, 9], "measure": "l2_distance"}
            | more,
        }
        for more in (
            {"strategy": "index"},
            {"filters": {"$and": [{"n": {"$gt": 5}}, {"half": {"$in": [1, 2]}}]}},
            {
                "filters": {
                    "text": {"$startswith": "text 99"},
                    "tags": {"$any": ["a", "b"]},
                    "span": {"$exists": False},
                }
            },
        )
    ),
    # Its words, in the language that a column says, and as they are misspelt.
    {"call": "create_text_index", "with": {"collection": "existing", "key": "tags"}},
    {
        "call": "create_text_index",
        "with": {"collection": "existing", "key": "text", "config": '{"key": "tongue"}'},
    },
    {
        "call": "create_metadata_index",
        "with": {"collection": "existing", "key": "text", "kind": "trigram"},
    },
    *(
        {
            "call": "text_query",
            "with": {"collection": "existing", "query_text": "text -99", "match": match},
        }
        for match in ("any", "web", "fuzzy")
    ),
    {
        "call": "hybrid_query",
        "with": {
            "collection": "existing",
            "query_vec": [1, 2],
            "query_text": "text",
            "measure": "l2_distance",
        },
    },
    {"call": "drop_text_index", "with": {"collection": "existing"}},
    # A re-embedding, whose functions are private.
    {"call": "create_collection", "with": {"name": "texts", "dimension": 2}},
    {
        "call": "upsert_many",
        "with": {
            "collection": "texts",
            "ids": "{a,b}",
            "vecs": '{"[1,2]","[3,4]"}',
            "metadata": [{"text": "a"}, {"text": "b"}],
        },
    },
    {"call": "create_index", "with": {"collection": "texts"}},
    {"call": "create_metadata_index", "with": {"collection": "texts", "key": "text"}},
    {
        "call": "_reembed_begin",
        "with": {
            "collection": "texts",
            "shadow": None,
            "dimension": 3,
            "text_key": "text",
            "model": "m",
            "run": "r",
            "restart": False,
            "leave_dependents": False,
        },
    },
    {"call": "_reembed_sync", "with": REEMBED},
    {
        "call": "_reembed_page",
        "with": {**REEMBED, "ids": None, "after": None, "page_size": 10},
    },
    {
        "call": "upsert_many",
        "with": {
            "collection": "texts_reembed",
            "ids": "{a,b}",
            "vecs": '{"[1,2,3]","[3,4,5]"}',
            "metadata": [{"text": "a"}, {"text": "b"}],
        },
    },
    {
        "call": "_reembed_indexes",
        "with": {
            "collection": "texts",
            "shadow": "texts_reembed",
            "run": "r",
            "min_recall": 0.9,
        },
    },
    {"call": "_reembed_lock", "with": {**REEMBED, "run": "r", "leave_dependents": False}},
    {
        "call": "_reembed_publish",
        "with": {"collection": "texts", "shadow": "texts_reembed", "drop_old": True},
    },
]
EXISTING = """
    CREATE EXTENSION pg_trgm;
    CREATE DOMAIN public.half AS integer;
    CREATE TABLE public.existing (id text PRIMARY KEY, v public.vector(2), half public.half, n integer, text text,
        tags text[], span interval, tongue text);
    INSERT INTO public.existing
    SELECT 'r' || n, ARRAY[n % 2 * 100000, n]::public.vector, n % 2, n, 'text ' || n, '{a}'
    FROM generate_series(1, 6000) AS n
"""  # fmt: skip


def test_no_call_of_ours_is_captured(databases: Databases, hostile: tuple[str, Functions]) -> None:
    url, functions = hostile
    run = 0
    with psycopg.connect(url, autocommit=True) as connection:
        for file in conformance.FILES:
            for step in conformance.steps(file):
                if "python" in step.get("not_in", {}):
                    continue
                if "sql" in step:
                    connection.execute(step["sql"])
                    continue
                call = statement(functions, step)
                if call is None:
                    continue
                text, values = call
                try:
                    found = connection.execute(text.encode(), values).fetchall()
                    outcome: dict[str, Any] = {
                        "rows": [row and json.loads(row) for (row,) in found]
                    }
                except psycopg.Error as error:
                    diag = error.diag
                    outcome = {
                        "error": {
                            "code": error.sqlstate,
                            "message": diag.message_primary,
                            "detail": diag.message_detail,
                            "hint": diag.message_hint,
                        }
                    }
                assert conformance.fault(step, outcome) is None
                run += 1
            connection.execute(
                "SELECT vecs.drop_collection(name::text, false) FROM vecs.list_collections()"
            )
        connection.execute(EXISTING)
        for step in LARGE:
            text, values = statement(functions, step) or ("", [])
            assert connection.execute(text.encode(), values).fetchall()
    assert run > 200
    with databases.admin(databases.name(url)) as admin:
        called = {
            name
            for (name,) in admin.execute(
                "SELECT funcname FROM pg_stat_user_functions WHERE schemaname = 'vecs'"
            )
        }
    # What needs a cluster is called where the suite runs on one.
    on_shards = {path.stem for path in (languages.ROOT / "sql" / "internal" / "shards").iterdir()}
    on_shards |= {"_advise_shards", "_check_local_execution", "_explain_shards"}
    assert {name for name, *_ in functions} - called - on_shards == set()
