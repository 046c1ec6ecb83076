"""Upgrading: functions of earlier versions go, those that something depends on stay or are named."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import psycopg
import pytest

import vecs_sql
from tests.conftest import Connection, Databases
from tests.install.test_ways_to_install import ROOT, catalog, works
from tests.install.test_without_python import Psql, forms, layer_by_extension, psql
from vecs_sql import exc
from vecs_sql._layer import check, render
from vecs_sql._sync import installer as layer

__all__ = ["forms", "psql"]

# What a later version may do: a public function with another parameter, and so a revision that drops the old form.
SECOND = """
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.execute("DROP FUNCTION IF EXISTS vecs.scan(text, jsonb, text, integer)")
"""


@pytest.fixture
def with_a_second_revision(tmp_path: Path) -> str:
    """The script of a version that has one more revision."""
    migrations = tmp_path / "migrations"
    shutil.copytree(ROOT / "migrations", migrations)
    (migrations / "versions" / "0008_second.py").write_text(SECOND)
    return render.script(migrations=migrations)


def test_a_fresh_catalog_is_the_upgraded_one(
    databases: Databases, database: str, with_a_second_revision: str
) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("DROP FUNCTION vecs.scan(text, jsonb, text, bigint)")
        connection.execute(
            "CREATE FUNCTION vecs.scan(collection text, filters jsonb, after text, page_size integer)"
            " RETURNS SETOF text LANGUAGE sql AS 'SELECT 1'"
        )
        connection.execute("CREATE FUNCTION vecs._gone() RETURNS text LANGUAGE sql AS 'SELECT 1'")
        assert render.revisions() == ["0001", "0006", "0007"]
        connection.execute(with_a_second_revision.encode())
    fresh = databases.create()
    with psycopg.connect(fresh, autocommit=True) as connection:
        connection.execute(with_a_second_revision.encode())
    assert catalog(database) == catalog(fresh)
    assert catalog(fresh)["revision"] == [("0008",)]
    works(database)
    databases.drop(fresh)


def test_a_development_version(databases: Databases, database: str) -> None:
    """Before 0.1.0 there were five revisions: from the last two an upgrade leads here, from others a hint."""
    url = databases.create()
    with psycopg.connect(url, autocommit=True) as connection:
        layer.install(connection)
        connection.execute("CREATE FUNCTION vecs._gone() RETURNS text LANGUAGE sql AS 'SELECT 1'")
        connection.execute(
            "CREATE FUNCTION vecs.query(text, vector, bigint, jsonb, text, boolean, boolean,"
            " double precision, bigint, bigint, text) RETURNS integer LANGUAGE sql AS 'SELECT 1'"
        )
        connection.execute("UPDATE vecs._migration SET version_num = '0004'")
        layer.install(connection)
        assert check.differences(connection) == []
        connection.execute(
            "CREATE FUNCTION vecs.create_index(text, text, text, jsonb, boolean) RETURNS text"
            " LANGUAGE sql AS 'SELECT 1::text'"
        )
        connection.execute("UPDATE vecs._migration SET version_num = '0005'")
        layer.install(connection)
        assert check.differences(connection) == []
        assert catalog(url) == catalog(database)
        connection.execute("UPDATE vecs._migration SET version_num = '0003'")
        with pytest.raises(exc.Unsupported, match="revision 0003") as refused:
            layer.install(connection)
        assert "drop the functions" in (refused.value.hint or "")
    databases.drop(url)


def test_an_overload_of_the_users_stays(database: str) -> None:
    """A function has the name of one that changes, and other parameters."""
    with psycopg.connect(database) as connection:
        connection.execute(
            "CREATE FUNCTION vecs.scan(integer) RETURNS integer LANGUAGE sql AS 'SELECT 1'"
        )
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
    """A call of an immutable private function on NULLs, which one in SQL takes."""
    row = connection.execute(
        """
        SELECT format('vecs.%I(%s)', p.proname, (
            SELECT string_agg('NULL::' || a.type::regtype, ', ' ORDER BY a.n)
            FROM unnest(p.proargtypes::oid[]) WITH ORDINALITY AS a (type, n)
        ))
        FROM pg_proc AS p
        WHERE p.pronamespace = 'vecs'::regnamespace AND starts_with(p.proname, '_')
            AND p.provolatile = 'i' AND NOT p.proretset AND p.prorettype = 'text'::regtype
            AND p.prolang = (SELECT l.oid FROM pg_language AS l WHERE l.lanname = 'sql')
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
