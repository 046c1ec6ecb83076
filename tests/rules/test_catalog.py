"""The house rules, on the catalog of an installed database."""

from __future__ import annotations

import re
from typing import Any

import psycopg
import pytest

from tests.conftest import Connection

# Volatility of the public functions, as API.md has it: VOLATILE where it writes, changes a setting or asks the planner.
VOLATILITY = {
    "adopt": "v",
    "advise": "v",
    "claim_missing": "v",
    "count_rows": "s",
    "create_collection": "v",
    "create_index": "v",
    "create_index_sql": "v",
    "create_metadata_index": "v",
    "create_text_index": "v",
    "delete": "v",
    "describe_collection": "s",
    "drop_collection": "v",
    "drop_index": "v",
    "drop_metadata_index": "v",
    "drop_text_index": "v",
    "explain": "v",
    "explain_text": "v",
    "facet": "s",
    "fetch": "s",
    "filter_sql": "i",
    "has_index": "s",
    "help": "s",
    "hybrid_query": "v",
    "index_progress": "s",
    "list_collections": "s",
    "matches": "i",
    "query": "v",
    "query_by_id": "v",
    "query_by_ids": "v",
    "query_groups": "v",
    "query_many": "v",
    "query_mmr": "v",
    "recall": "v",
    "rename_collection": "v",
    "scan": "s",
    "swap_collections": "v",
    "distribute": "v",
    "text_query": "v",
    "truncate_collection": "v",
    "tune": "v",
    "update_metadata": "v",
    "upsert": "v",
    "upsert_many": "v",
    "version": "s",
}

SIGNATURES = """
    SELECT p.oid::regprocedure::text, pg_get_function_arguments(p.oid), pg_get_function_result(p.oid)
    FROM pg_proc AS p WHERE p.pronamespace = 'vecs'::regnamespace AND NOT starts_with(p.proname, '_')
"""


def functions(connection: Connection, columns: str) -> list[tuple[Any, ...]]:
    return connection.execute(
        f"SELECT {columns} FROM pg_proc AS p WHERE p.pronamespace = 'vecs'::regnamespace".encode()
    ).fetchall()


def test_volatility(connection: Connection) -> None:
    found = {
        (name, volatility)
        for name, volatility in functions(connection, "p.proname, p.provolatile::text")
        if not name.startswith("_")
    }
    # That for a collection looks at the catalog.
    assert found == {*VOLATILITY.items(), ("filter_sql", "s")}


def test_search_path_is_pinned(connection: Connection) -> None:
    for name, settings in functions(connection, "p.proname, p.proconfig"):
        assert "search_path=pg_catalog, pg_temp" in (settings or []), name


def test_plpgsql_compiles(connection: Connection) -> None:
    """They are installed with check_function_bodies off: PostgreSQL's own check of each body."""
    checked = connection.execute(
        """
        SELECT p.proname, CASE l.lanname
            WHEN 'sql' THEN fmgr_sql_validator(p.oid)::text ELSE plpgsql_validator(p.oid)::text
        END
        FROM pg_proc AS p JOIN pg_language AS l ON l.oid = p.prolang
        WHERE p.pronamespace = 'vecs'::regnamespace
        """
    ).fetchall()
    assert len(checked) > 40


def test_what_catches_errors_runs_in_no_parallel_worker(connection: Connection) -> None:
    """Until PostgreSQL 17 a worker, and its leader, can begin no subtransaction."""
    catching = {
        name
        for name, source in functions(connection, "p.proname, p.prosrc")
        if re.search(r"^ *EXCEPTION$", source, re.MULTILINE)
    }
    assert len(catching) > 20
    safe = functions(connection, "p.proname, p.proparallel::text, p.prosrc")
    assert [
        name
        for name, parallel, source in safe
        if parallel == "s"
        and (
            name in catching
            or any(f"vecs.{one}(" in source for one in catching if one.startswith("_"))
        )
    ] == []


def test_no_security_definer(connection: Connection) -> None:
    assert [
        name for name, definer in functions(connection, "p.proname, p.prosecdef") if definer
    ] == []


def test_all_may_execute(connection: Connection) -> None:
    allowed = functions(
        connection, "p.proname, has_function_privilege('stranger', p.oid, 'EXECUTE')"
    )
    assert [name for name, may in allowed if not may] == []


def test_comments(connection: Connection) -> None:
    """Every function has a COMMENT: a summary line; a public one's names each parameter and the errors."""
    rows = functions(
        connection, "p.proname, obj_description(p.oid, 'pg_proc'), p.proargnames[:p.pronargs]"
    )
    for name, comment, parameters in rows:
        assert comment, name
        assert re.match(r"[A-Z].*\.(\n\n|$)", comment), name
        if name.startswith("_"):
            continue
        for parameter in filter(None, parameters or []):
            assert re.search(rf"^  {parameter}  +\S", comment, re.MULTILINE), (name, parameter)
        if parameters:
            assert "\nErrors: VS" in comment, name


def test_nothing_else_in_the_schema(connection: Connection) -> None:
    """Types, domains and views would share the name space of collections."""
    types = connection.execute(
        """
        SELECT y.typname FROM pg_type AS y LEFT JOIN pg_class AS c ON c.oid = y.typrelid
        WHERE y.typnamespace = 'vecs'::regnamespace AND y.typelem = 0 AND coalesce(c.relkind, '-') <> 'r'
        """
    ).fetchall()
    relations = connection.execute(
        "SELECT relname FROM pg_class WHERE relnamespace = 'vecs'::regnamespace"
    ).fetchall()
    assert types == []
    assert all(name.startswith("_") for (name,) in relations)


def test_no_dynamic_sql_by_concatenation(connection: Connection) -> None:
    for name, source in functions(connection, "p.proname, p.prosrc"):
        assert not re.search(r"EXECUTE[^;]*\|\|", source), name
        # An index is valid, whatever went wrong when searches tried it.
        caught = "WHEN OTHERS" in source.upper()
        assert caught == (name in {"_try_index", "_remember_recall"}), name


# Texts in an EXECUTE: each is a name by %I there, a value by %L, looked up in the catalog, or asked whether it is null.
QUOTED = {
    ("_lock_collection", "collection"),
    ("_lock_collection", "purpose"),
    ("create_collection", "name"),
    ("create_metadata_index", "path"),
    ("_create_view", "name"),
    ("_swap_settings_on_shards", "names"),
    ("_swap_settings_on_shards", "settings"),
    ("_reembed_page", "after"),
    ("claim_missing", "after"),
    ("scan", "after"),
}


def test_nothing_that_is_passed_by_name_becomes_sql(connection: Connection) -> None:
    """A gateway such as PostgREST offers every function of the schema, the private ones too, by parameter names."""
    texts = connection.execute(
        """
        SELECT p.proname, a.name, p.prosrc
        FROM pg_proc AS p, unnest(p.proargtypes::oid[], p.proargnames) AS a (type, name)
        WHERE p.pronamespace = 'vecs'::regnamespace AND a.name <> ''
            AND a.type IN ('text'::regtype, 'text[]'::regtype)
        """
    ).fetchall()
    pasted = {
        (function, name)
        for function, name, source in texts
        for statement in re.findall(
            r"^[^-\n]*\bEXECUTE\b(.*?)(?:\bUSING\b|\bLOOP\b|;)", source, re.DOTALL | re.MULTILINE
        )
        if re.search(
            rf"(?<!\$)\b{name}\b",
            re.sub(r"'[^']*'|\$sql\$.*?\$sql\$", "", statement, flags=re.DOTALL),
        )
    }
    assert pasted == QUOTED


HOSTILE = (
    "SELECT public.trap()",
    "public.trap()",
    "public.trap() --",
    "(SELECT public.trap()) --",
    "public.trap() AS dimension) AS r --",
    "t WHERE public.trap() --",
)


def test_no_private_function_runs_what_it_is_given(connection: Connection) -> None:
    connection.execute(
        """
        CREATE FUNCTION public.trap() RETURNS boolean LANGUAGE plpgsql
            AS $$ BEGIN RAISE 'ran' USING ERRCODE = 'XX666'; END $$;
        SELECT vecs.create_collection('docs', 1), vecs.upsert('docs', 'a', '[1]')
        """
    )
    some = {
        "boolean": "true", "integer": "1", "bigint": "1", "double precision": "1", "jsonb": "{}",
        "regclass": "vecs.docs", "regtype": "vector", "vector": "[1]", "vector[]": '{"[1]"}',
    }  # fmt: skip
    functions = connection.execute(
        """
        SELECT p.proname, array_agg(n.name ORDER BY n.position), array_agg(n.type ORDER BY n.position)
        FROM pg_proc AS p CROSS JOIN LATERAL (
            SELECT a.name, a.type::regtype::text, a.position
            FROM unnest(p.proargtypes::oid[], p.proargnames) WITH ORDINALITY AS a (type, name, position)
            WHERE a.type IS NOT NULL
        ) AS n
        WHERE p.pronamespace = 'vecs'::regnamespace AND starts_with(p.proname, '_')
        GROUP BY p.oid HAVING bool_and(n.name <> '')
        """
    ).fetchall()
    assert len(functions) > 40
    for function, names, types in functions:
        for text in HOSTILE:
            values = [some.get(type_, [text] if type_ == "text[]" else text) for type_ in types]
            arguments = ", ".join(
                f"{name} => %s::{type_}" for name, type_ in zip(names, types, strict=True)
            )
            try:
                with connection.transaction():
                    connection.execute(f"SELECT vecs.{function}({arguments})".encode(), values)
            except psycopg.Error as error:
                if error.sqlstate == "XX666":
                    pytest.fail(f"vecs.{function} runs {text!r}")


@pytest.mark.parametrize("name", ["role", "session_authorization", "search_path", "row_security"])
def test_only_the_settings_of_a_search_are_swapped(connection: Connection, name: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("SELECT vecs._swap_settings(%s, '{reader}')", [[name]])


# What all functions that search take after the vector.
OPTIONS = (
    "top_k bigint DEFAULT 10, filters jsonb DEFAULT '{}'::jsonb, "
    "measure text DEFAULT 'cosine_distance'::text, include_metadata boolean DEFAULT true, "
    "include_vec boolean DEFAULT false, max_distance double precision DEFAULT NULL::double precision, "
    "ef_search bigint DEFAULT NULL::bigint, probes bigint DEFAULT NULL::bigint, "
    "strategy text DEFAULT 'auto'::text, skip bigint DEFAULT 0"
)
OF_OPTIONS = "bigint,jsonb,text,boolean,boolean,double precision,bigint,bigint,text,bigint"

CONTRACT = {
    "vecs.create_collection(text,bigint,text,boolean,bigint)": (
        "name text, dimension bigint, element_type text DEFAULT 'vector'::text, if_not_exists boolean DEFAULT false, "
        "shards bigint DEFAULT NULL::bigint",
        "boolean",
    ),
    "vecs.adopt(regclass,text,text,text,text,text[])": (
        "source regclass, name text DEFAULT NULL::text, id text DEFAULT NULL::text, vec text DEFAULT NULL::text, "
        "metadata text DEFAULT NULL::text, fields text[] DEFAULT NULL::text[]",
        "text",
    ),
    "vecs.claim_missing(text,text,text,bigint)": (
        "collection text, text_key text, after text DEFAULT NULL::text, page_size bigint DEFAULT 100",
        "TABLE(id text, content text)",
    ),
    "vecs.drop_collection(text,boolean)": ("name text, if_exists boolean DEFAULT false", "boolean"),
    "vecs.list_collections()": (
        "",
        "TABLE(name text, dimension integer, element_type text, approximate_count bigint, total_bytes bigint)",
    ),
    "vecs.describe_collection(text)": ("collection text", "jsonb"),
    "vecs.upsert(text,jsonb)": ("collection text, records jsonb", "bigint"),
    "vecs.upsert(text,text,vector,jsonb)": (
        "collection text, id text, vec vector, metadata jsonb DEFAULT '{}'::jsonb",
        "bigint",
    ),
    "vecs.upsert_many(text,text[],vector[],jsonb)": (
        "collection text, ids text[], vecs vector[], metadata jsonb DEFAULT NULL::jsonb",
        "bigint",
    ),
    'vecs."fetch"(text,text[])': (
        "collection text, ids text[]",
        "TABLE(id text, vec vector, metadata jsonb)",
    ),
    "vecs.update_metadata(text,jsonb,text[],jsonb,text)": (
        "collection text, patch jsonb, ids text[] DEFAULT NULL::text[], filters jsonb DEFAULT NULL::jsonb, "
        "mode text DEFAULT 'merge'::text",
        "bigint",
    ),
    "vecs.scan(text,jsonb,text,bigint)": (
        "collection text, filters jsonb DEFAULT '{}'::jsonb, after text DEFAULT NULL::text, "
        "page_size bigint DEFAULT 100",
        "TABLE(id text, vec vector, metadata jsonb)",
    ),
    "vecs.count_rows(text,jsonb)": (
        "collection text, filters jsonb DEFAULT '{}'::jsonb",
        "bigint",
    ),
    "vecs.delete(text,text[],jsonb)": (
        "collection text, ids text[] DEFAULT NULL::text[], filters jsonb DEFAULT NULL::jsonb",
        "SETOF text",
    ),
    "vecs.truncate_collection(text)": ("collection text", "void"),
    "vecs.rename_collection(text,text)": ("name text, new_name text", "void"),
    "vecs.swap_collections(text,text)": ("a text, b text", "void"),
    "vecs.distribute(text,bigint)": ("collection text, shards bigint", "void"),
    f"vecs.query(text,vector,{OF_OPTIONS})": (
        f"collection text, query_vec vector, {OPTIONS}",
        "TABLE(id text, distance double precision, vec vector, metadata jsonb)",
    ),
    f"vecs.query_many(text,vector[],{OF_OPTIONS})": (
        f"collection text, query_vecs vector[], {OPTIONS}",
        "TABLE(query_no integer, id text, distance double precision, vec vector, metadata jsonb)",
    ),
    f"vecs.query_by_id(text,text,{OF_OPTIONS})": (
        f"collection text, row_id text, {OPTIONS}",
        "TABLE(id text, distance double precision, vec vector, metadata jsonb)",
    ),
    f"vecs.query_by_ids(text,text[],text[],{OF_OPTIONS})": (
        f"collection text, positive text[], negative text[] DEFAULT '{{}}'::text[], {OPTIONS}",
        "TABLE(id text, distance double precision, vec vector, metadata jsonb)",
    ),
    "vecs.query_groups(text,vector,text,bigint,bigint,jsonb,text,boolean,boolean,double precision,bigint,bigint,"
    "text)": (
        "collection text, query_vec vector, group_by text, top_k bigint DEFAULT 10, group_size bigint DEFAULT 1, "
        + OPTIONS.partition(", ")[2].removesuffix(", skip bigint DEFAULT 0"),
        "TABLE(group_value jsonb, id text, distance double precision, vec vector, metadata jsonb)",
    ),
    "vecs.query_mmr(text,vector,bigint,jsonb,double precision,bigint,text,boolean,boolean,double precision,bigint,"
    "bigint,text)": (
        "collection text, query_vec vector, top_k bigint DEFAULT 10, filters jsonb DEFAULT '{}'::jsonb, "
        "lambda_mult double precision DEFAULT 0.5, candidates bigint DEFAULT NULL::bigint, "
        + OPTIONS.split(", ", 2)[2].removesuffix(", skip bigint DEFAULT 0"),
        "TABLE(id text, distance double precision, vec vector, metadata jsonb)",
    ),
    "vecs.facet(text,text,jsonb,bigint)": (
        "collection text, key text, filters jsonb DEFAULT '{}'::jsonb, top_k bigint DEFAULT 10",
        "TABLE(value jsonb, rows bigint)",
    ),
    "vecs.create_text_index(text,text,text,boolean)": (
        "collection text, key text, config text DEFAULT 'english'::text, replace boolean DEFAULT true",
        "text",
    ),
    "vecs.drop_text_index(text)": ("collection text", "boolean"),
    "vecs.text_query(text,text,bigint,jsonb,text,boolean,boolean,bigint)": (
        "collection text, query_text text, top_k bigint DEFAULT 10, filters jsonb DEFAULT '{}'::jsonb, "
        "match text DEFAULT 'any'::text, include_metadata boolean DEFAULT true, include_vec boolean DEFAULT false, "
        "skip bigint DEFAULT 0",
        "TABLE(id text, score double precision, vec vector, metadata jsonb)",
    ),
    "vecs.hybrid_query(text,vector,text,bigint,jsonb,text,boolean,boolean,text,double precision[],bigint,text,bigint,"
    "bigint,text,bigint)": (
        "collection text, query_vec vector, query_text text, top_k bigint DEFAULT 10, "
        "filters jsonb DEFAULT '{}'::jsonb, measure text DEFAULT 'cosine_distance'::text, "
        "include_metadata boolean DEFAULT true, include_vec boolean DEFAULT false, fusion text DEFAULT 'rrf'::text, "
        "weights double precision[] DEFAULT '{1,1}'::double precision[], candidates bigint DEFAULT NULL::bigint, "
        "match text DEFAULT 'any'::text, ef_search bigint DEFAULT NULL::bigint, probes bigint DEFAULT NULL::bigint, "
        "strategy text DEFAULT 'auto'::text, skip bigint DEFAULT 0",
        "TABLE(id text, score double precision, distance double precision, text_score double precision, vec vector, "
        "metadata jsonb)",
    ),
    f"vecs.explain(text,vector,{OF_OPTIONS})": (
        f"collection text, query_vec vector, {OPTIONS}",
        "jsonb",
    ),
    f"vecs.explain_text(text,vector,{OF_OPTIONS})": (
        f"collection text, query_vec vector, {OPTIONS}",
        "SETOF text",
    ),
    "vecs.recall(text,bigint,bigint,jsonb,text,bigint,bigint)": (
        "collection text, sample bigint DEFAULT 100, top_k bigint DEFAULT 10, "
        "filters jsonb DEFAULT '{}'::jsonb, measure text DEFAULT 'cosine_distance'::text, "
        "ef_search bigint DEFAULT NULL::bigint, probes bigint DEFAULT NULL::bigint",
        "TABLE(recall double precision, p50_ms double precision, exact_p50_ms double precision, sampled integer)",
    ),
    "vecs.create_metadata_index(text,text,text[],text)": (
        "collection text, key text DEFAULT NULL::text, path text[] DEFAULT NULL::text[], "
        "kind text DEFAULT 'value'::text",
        "text",
    ),
    "vecs.drop_metadata_index(text,text,text[],text)": (
        "collection text, key text DEFAULT NULL::text, path text[] DEFAULT NULL::text[], "
        "kind text DEFAULT NULL::text",
        "boolean",
    ),
    "vecs.filter_sql(jsonb)": ("filters jsonb", "text"),
    "vecs.filter_sql(jsonb,text)": ("filters jsonb, collection text", "text"),
    "vecs.matches(jsonb,jsonb)": ("metadata jsonb, filters jsonb", "boolean"),
    "vecs.create_index(text,text,text,jsonb,boolean,boolean,jsonb)": (
        "collection text, measure text DEFAULT 'cosine_distance'::text, method text DEFAULT 'auto'::text, "
        "arguments jsonb DEFAULT '{}'::jsonb, replace boolean DEFAULT true, if_not_exists boolean DEFAULT false, "
        "filters jsonb DEFAULT '{}'::jsonb",
        "text",
    ),
    "vecs.advise(text)": (
        "collection text",
        "TABLE(severity text, finding text, statement text)",
    ),
    "vecs.tune(text,double precision,bigint,text,jsonb,bigint,boolean)": (
        "collection text, target_recall double precision DEFAULT 0.95, top_k bigint DEFAULT 10, "
        "measure text DEFAULT 'cosine_distance'::text, filters jsonb DEFAULT '{}'::jsonb, sample bigint DEFAULT 50, "
        "keep boolean DEFAULT false",
        "TABLE(ef_search integer, recall double precision, p50_ms double precision, chosen boolean)",
    ),
    "vecs.create_index_sql(text,text,text,jsonb,boolean,boolean,jsonb)": (
        "collection text, measure text DEFAULT 'cosine_distance'::text, method text DEFAULT 'auto'::text, "
        "arguments jsonb DEFAULT '{}'::jsonb, replace boolean DEFAULT true, if_not_exists boolean DEFAULT false, "
        "filters jsonb DEFAULT '{}'::jsonb",
        "SETOF text",
    ),
    "vecs.index_progress(text)": (
        "collection text DEFAULT NULL::text",
        "TABLE(name text, index text, phase text, percent double precision, rows_done bigint, "
        "rows_total bigint, seconds double precision, seconds_left double precision)",
    ),
    "vecs.drop_index(text,text)": (
        "collection text, measure text DEFAULT NULL::text",
        "SETOF text",
    ),
    "vecs.has_index(text,text)": ("collection text, measure text", "boolean"),
    "vecs.help()": ("", "TABLE(chapter text, function text, arguments text, summary text)"),
    "vecs.help(text)": ("name text", "SETOF text"),
    "vecs.version()": ("", "text"),
}

# A halfvec is taken wherever a vector is. The type of the first parameter, which has no name, is one that no literal
# prefers to text, so that a call without types means the function for vectors.
NAME = "information_schema.character_data"
CONTRACT |= {
    signature.replace("(text,", f"({NAME},", 1).replace("vector", "halfvec"): (
        re.sub(r"^collection text", NAME, arguments).replace("vector", "halfvec"),
        result,
    )
    for signature, (arguments, result) in CONTRACT.items()
    if ",vector" in signature
}


def test_the_contract(connection: Connection) -> None:
    """Names, parameters, defaults and results are public: a change breaks callers."""
    connection.execute("SET LOCAL search_path = pg_catalog, public")
    found = {
        signature: (arguments, result)
        for signature, arguments, result in connection.execute(SIGNATURES)
    }
    assert found == CONTRACT


@pytest.mark.parametrize("role", ["stranger"])
def test_the_version_table_is_readable(connection: Connection, role: str) -> None:
    row = connection.execute(
        "SELECT has_table_privilege(%s, 'vecs._migration', 'SELECT')", (role,)
    ).fetchone()
    assert row == (True,)
