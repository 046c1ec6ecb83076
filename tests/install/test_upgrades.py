"""Upgrading: functions of earlier versions go, those that something depends on stay or are named."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

import vecs_sql
from tests.conftest import Connection, Databases
from tests.install.test_doors import catalog, works
from tests.install.test_without_python import Psql, forms, layer_by_extension, psql
from vecs_sql._layer import check, render
from vecs_sql._sync import installer as layer

__all__ = ["forms", "psql"]

# The public signatures that revision 0004 drops, with the names and defaults that they had.
_TAIL = (
    "top_k integer DEFAULT 10, filters jsonb DEFAULT '{{}}', measure text DEFAULT 'cosine_distance',"
    " include_metadata boolean DEFAULT true, include_vec boolean DEFAULT false,"
    " max_distance double precision DEFAULT NULL, ef_search integer DEFAULT NULL,"
    " probes integer DEFAULT NULL, strategy text DEFAULT 'auto'"
)
EARLIER = (
    "create_collection(name text, dimension integer, element_type text DEFAULT 'vector',"
    " if_not_exists boolean DEFAULT false) RETURNS boolean",
    f"query(collection text, query_vec {{0}}.vector, {_TAIL})"
    " RETURNS TABLE (id text, distance double precision, vec {0}.vector, metadata jsonb)",
    f"query_many(collection text, query_vecs {{0}}.vector[], {_TAIL})"
    " RETURNS TABLE (query_no integer, id text, distance double precision, vec {0}.vector, metadata jsonb)",
    f"query_by_id(collection text, row_id text, {_TAIL})"
    " RETURNS TABLE (id text, distance double precision, vec {0}.vector, metadata jsonb)",
    f"explain(collection text, query_vec {{0}}.vector, {_TAIL}) RETURNS jsonb",
    "recall(collection text, sample integer DEFAULT 100, top_k integer DEFAULT 10,"
    " filters jsonb DEFAULT '{{}}', measure text DEFAULT 'cosine_distance',"
    " ef_search integer DEFAULT NULL, probes integer DEFAULT NULL)"
    " RETURNS TABLE (recall double precision, p50_ms double precision,"
    " exact_p50_ms double precision, sampled integer)",
    "scan(collection text, filters jsonb DEFAULT '{{}}', after text DEFAULT NULL, page_size integer DEFAULT 100)"
    " RETURNS TABLE (id text, vec {0}.vector, metadata jsonb)",
    "create_metadata_index(collection text, key text) RETURNS text",
    "create_metadata_index(collection text, path text[]) RETURNS text",
    "drop_metadata_index(collection text, key text) RETURNS boolean",
    "drop_metadata_index(collection text, path text[]) RETURNS boolean",
)


def put_back(connection: Connection, schema: str) -> None:
    """Leave a database as if these functions had been installed at revision 0003."""
    names = {declared.split("(")[0] for declared in EARLIER}
    for (name,) in connection.execute(
        "SELECT p.oid::regprocedure::text FROM pg_proc AS p"
        " WHERE p.pronamespace = 'vecs'::regnamespace AND p.proname = ANY (%s)",
        [list(names)],
    ).fetchall():
        connection.execute(f"DROP FUNCTION {name}".encode())
    place = sql.Identifier(schema).as_string()
    for declared in EARLIER:
        connection.execute(
            f"CREATE FUNCTION vecs.{declared.format(place)} LANGUAGE plpgsql AS 'BEGIN END'".encode()
        )
    connection.execute("UPDATE vecs._migration SET version_num = '0003'")


@pytest.mark.parametrize("schema", ["public", 'od"d Schema'])
def test_public_functions_with_other_parameters_go(
    databases: Databases, database: str, schema: str
) -> None:
    url = databases.create()
    with databases.admin(databases.name(url)) as connection:
        if schema != "public":
            name = sql.Identifier(schema)
            connection.execute(sql.SQL("CREATE SCHEMA {}").format(name))
            connection.execute(sql.SQL("GRANT USAGE ON SCHEMA {} TO PUBLIC").format(name))
            connection.execute(sql.SQL("ALTER EXTENSION vector SET SCHEMA {}").format(name))
    with psycopg.connect(url) as connection:
        layer.install(connection)
        put_back(connection, schema)
        layer.install(connection)
        assert check.differences(connection) == []
    works(url)
    if schema == "public":
        assert catalog(url) == catalog(database)
    databases.drop(url)


def test_a_view_on_a_function_that_goes(database: str) -> None:
    with psycopg.connect(database) as connection:
        put_back(connection, "public")
        connection.execute("CREATE VIEW pages AS SELECT id FROM vecs.scan('docs')")
    before = catalog(database)
    with (
        psycopg.connect(database) as connection,
        pytest.raises(psycopg.errors.DependentObjectsStillExist) as refused,
    ):
        layer.install(connection)
    said = refused.value.diag
    assert "vecs.scan(text,jsonb,text,integer)" in (said.message_primary or "")
    assert "view public.pages" in (said.message_detail or "")
    assert "Drop what depends on it" in (said.message_hint or "")
    assert catalog(database) == before
    with psycopg.connect(database) as connection:
        connection.execute("DROP VIEW pages")
        layer.install(connection)
        assert check.differences(connection) == []


def test_an_overload_of_the_users_stays(database: str) -> None:
    """Of the same name as a function that changes, and with other parameters."""
    with psycopg.connect(database) as connection:
        connection.execute(
            "CREATE FUNCTION vecs.scan(integer) RETURNS integer LANGUAGE sql AS 'SELECT 1'"
        )
        connection.execute("UPDATE vecs._migration SET version_num = '0003'")
        layer.install(connection)
        assert check.differences(connection) == [
            "not of this package: vecs.scan(int4) (it can capture calls of vecs.scan)"
        ]


# Private functions


def private(connection: Connection) -> dict[str, int]:
    """The oid of each private function, by signature."""
    return dict(
        connection.execute(
            "SELECT p.oid::regprocedure::text, p.oid FROM pg_proc AS p"
            " WHERE p.pronamespace = 'vecs'::regnamespace AND starts_with(p.proname, '_')"
        ).fetchall()
    )


def test_private_functions_that_are_the_same_are_not_dropped(database: str) -> None:
    with psycopg.connect(database) as connection:
        before = private(connection)
        assert len(before) > 40
        layer.install(connection)
        assert private(connection) == before


STALE = {
    "gone": "CREATE FUNCTION vecs._gone(a integer) RETURNS integer LANGUAGE sql AS 'SELECT 1'",
    "a procedure": "CREATE PROCEDURE vecs._gone() LANGUAGE sql AS 'SELECT 1'",
    "an overload": "CREATE FUNCTION vecs._measure(integer) RETURNS integer LANGUAGE sql AS 'SELECT 1'",
    "another result": "CREATE FUNCTION vecs.{name}({parameters}) RETURNS {other} LANGUAGE plpgsql AS 'BEGIN END'",
    "a set of it": "CREATE FUNCTION vecs.{name}({parameters}) RETURNS SETOF {result} LANGUAGE plpgsql AS 'BEGIN END'",
    "other names": "CREATE FUNCTION vecs.{name}({renamed}) RETURNS {result} LANGUAGE plpgsql AS 'BEGIN END'",
    "an OUT parameter": "CREATE FUNCTION vecs.{name}({parameters}, OUT extra {result})"
    " LANGUAGE plpgsql AS 'BEGIN END'",
    "defaults": "CREATE FUNCTION vecs.{name}({defaults}) RETURNS {result} LANGUAGE plpgsql AS 'BEGIN END'",
}


@pytest.mark.parametrize("what", STALE)
def test_private_functions_that_are_not_the_same_go(database: str, what: str) -> None:
    """Change what CREATE OR REPLACE cannot, in each private function of a plain result."""
    with psycopg.connect(database) as connection:
        fitting = connection.execute(
            """
            SELECT p.oid::regprocedure::text, p.proname, pg_get_function_arguments(p.oid),
                regexp_replace(pg_get_function_arguments(p.oid), '^\\w+', 'renamed'),
                pg_get_function_arguments(p.oid) || ' DEFAULT NULL', pg_get_function_result(p.oid)
            FROM pg_proc AS p
            WHERE p.pronamespace = 'vecs'::regnamespace AND starts_with(p.proname, '_')
                AND NOT p.proretset AND p.proallargtypes IS NULL AND p.proargnames IS NOT NULL
                AND p.prorettype <> 'void'::regtype AND p.pronargdefaults = 0
            """
        ).fetchall()
        assert len(fitting) > 5
        for signature, name, parameters, renamed, defaults, result in fitting:
            if "{" in STALE[what]:
                connection.execute(f"DROP FUNCTION {signature}".encode())
            other = "integer" if result != "integer" else "text"
            connection.execute(
                STALE[what]
                .format(
                    name=name,
                    parameters=parameters,
                    renamed=renamed,
                    defaults=defaults,
                    result=result,
                    other=other,
                )
                .encode()
            )
            if "{" not in STALE[what]:
                break
        layer.install(connection)
        assert check.differences(connection) == []


def test_what_an_index_depends_on_stays(database: str) -> None:
    """An index on a private function is kept while that has the same signature, and named where it goes."""
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("CREATE TABLE public.t (f jsonb)")
        connection.execute("CREATE INDEX i ON public.t (vecs.filter_sql(f))")
        connection.execute(
            "CREATE FUNCTION vecs._gone(a jsonb) RETURNS text IMMUTABLE LANGUAGE sql AS 'SELECT 1'"
        )
        private_one = _an_immutable(connection)
        connection.execute(f"CREATE INDEX k ON public.t ({private_one})".encode())
        layer.install(connection)
        connection.execute(
            "CREATE FUNCTION vecs._gone(a jsonb) RETURNS text IMMUTABLE LANGUAGE sql AS 'SELECT 1'"
        )
        connection.execute("CREATE INDEX gone ON public.t (vecs._gone(f))")
        with pytest.raises(psycopg.errors.DependentObjectsStillExist) as refused:
            layer.install(connection)
        said = refused.value.diag
        assert "vecs._gone(jsonb)" in (said.message_primary or "")
        assert "index gone" in (said.message_detail or "").replace("public.", "")
        assert "Drop what depends on it" in (said.message_hint or "")
        indexes = connection.execute("SELECT count(*) FROM pg_index WHERE indrelid = 't'::regclass")
        assert indexes.fetchone() == (3,)


def _an_immutable(connection: Connection) -> str:
    """A call of an immutable private function on NULLs."""
    row = connection.execute(
        """
        SELECT format('vecs.%I(%s)', p.proname, (
            SELECT string_agg('NULL::' || a.type::regtype, ', ' ORDER BY a.n)
            FROM unnest(p.proargtypes::oid[]) WITH ORDINALITY AS a (type, n)
        ))
        FROM pg_proc AS p
        WHERE p.pronamespace = 'vecs'::regnamespace AND starts_with(p.proname, '_')
            AND p.provolatile = 'i' AND NOT p.proretset AND p.prorettype = 'text'::regtype
        ORDER BY p.proname LIMIT 1
        """
    ).fetchone()
    assert row is not None
    return f"coalesce({row[0]}, '')"


def test_private_functions_of_the_extension(databases: Databases, forms: Path, psql: Psql) -> None:
    """They are members, which the script of an update may drop."""
    url = layer_by_extension(databases, forms, psql)
    with psycopg.connect(url, autocommit=True) as connection:
        before = private(connection)
        connection.execute(
            "CREATE FUNCTION vecs._gone(a integer) RETURNS integer LANGUAGE sql AS 'SELECT 1'"
        )
        connection.execute("ALTER EXTENSION vecs ADD FUNCTION vecs._gone(integer)")
        path = forms / "extension"
        version = vecs_sql.__version__
        (path / f"vecs--{version}--9.9.9.sql").write_text(render.script(extension=True))
        connection.execute("ALTER EXTENSION vecs UPDATE TO '9.9.9'")
        assert private(connection) == before
    databases.drop(url)


# pgvector in the schema itself


def test_pgvector_in_the_schema_vecs(bare_database: str, databases: Databases) -> None:
    with databases.admin(databases.name(bare_database)) as admin:
        admin.execute("CREATE SCHEMA vecs AUTHORIZATION owner")
        admin.execute("CREATE EXTENSION vector SCHEMA vecs")
    with psycopg.connect(bare_database, autocommit=True) as connection:
        for _ in range(2):
            layer.install(connection)
            assert check.differences(connection) == []
        connection.execute("SELECT vecs.create_collection('docs', 3)")
        connection.execute("SELECT vecs.upsert('docs', 'a', '[1,2,3]', '{\"n\": 1}')")
        connection.execute(
            "SELECT vecs.create_index('docs'), vecs.create_metadata_index('docs', 'n')"
        )
        one: list[Any] = [("a",)]
        for call in ("query('docs', '[1,2,3]')", "scan('docs')", "fetch('docs', '{a}')"):
            assert connection.execute(f"SELECT id FROM vecs.{call}".encode()).fetchall() == one
        names = connection.execute("SELECT name FROM vecs.list_collections()").fetchall()
        assert names == [("docs",)]
        assert check.advice(connection) == []
