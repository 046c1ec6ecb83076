"""The four doors lead to the same place: alembic, the command, psql with the rendered file, create_client."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

import vecs_sql
from tests.conftest import Connection, Databases
from tests.install import commands
from vecs_sql import embedded, exc
from vecs_sql._layer import render
from vecs_sql._sync import installer as layer

ROOT = Path(__file__).parents[2]
DOORS = ("alembic", "command", "psql", "client")

Door = Callable[[str], object]
OpenDoor = Callable[[str, str], object]


def _run(*command: str | Path, cwd: Path | None = None, **environment: str) -> str:
    ended = subprocess.run(
        command,
        cwd=cwd,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


@pytest.fixture
def psql(server: embedded.Server) -> Door:
    """Install by psql."""

    def psql(url: str) -> None:
        _run(server.bin / "psql", url, "-qv", "ON_ERROR_STOP=1", "-f", ROOT / "sql" / "vecs.sql")

    return psql


def client(url: str) -> None:
    """Install by the client."""
    vecs_sql.create_client(url).disconnect()


@pytest.fixture
def open_door(psql: Door) -> OpenDoor:
    """Install by the door of that name."""
    doors: dict[str, Door] = {
        "alembic": lambda url: commands.alembic(url, "upgrade", "head"),
        "command": lambda url: commands.vecs_sql("install", url),
        "psql": psql,
        "client": client,
    }
    return lambda door, url: doors[door](url)


@pytest.fixture
def open_door_as_users_do(psql: Door) -> OpenDoor:
    """Install by the door of that name, in a process of its own."""

    def alembic(url: str) -> None:
        _run(sys.executable, "-m", "alembic", "upgrade", "head", cwd=ROOT, VECS_SQL_URL=url)

    def command(url: str) -> None:
        assert "is installed" in _run(sys.executable, "-m", "vecs_sql", "install", url)

    doors: dict[str, Door] = {
        "alembic": alembic,
        "command": command,
        "psql": psql,
        "client": client,
    }
    return lambda door, url: doors[door](url)


def catalog(url: str) -> dict[str, list[tuple[Any, ...]]]:
    """Everything that an installation leaves behind."""
    queries = {
        "functions": """
            SELECT p.oid::regprocedure::text, pg_get_functiondef(p.oid), p.proacl::text,
                pg_get_userbyid(p.proowner), obj_description(p.oid, 'pg_proc')
            FROM pg_proc AS p WHERE p.pronamespace = 'vecs'::regnamespace ORDER BY 1
        """,
        "relations": """
            SELECT c.relname, c.relkind, c.relacl::text, pg_get_userbyid(c.relowner),
                obj_description(c.oid, 'pg_class'),
                ARRAY(
                    SELECT (a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull)::text
                    FROM pg_attribute AS a WHERE a.attrelid = c.oid AND a.attnum > 0
                )
            FROM pg_class AS c WHERE c.relnamespace = 'vecs'::regnamespace ORDER BY 1
        """,
        "constraints": """
            SELECT c.conname, pg_get_constraintdef(c.oid)
            FROM pg_constraint AS c WHERE c.connamespace = 'vecs'::regnamespace ORDER BY 1
        """,
        "schema": """
            SELECT n.nspacl::text, pg_get_userbyid(n.nspowner), obj_description(n.oid, 'pg_namespace')
            FROM pg_namespace AS n WHERE n.nspname = 'vecs'
        """,
        "revision": "SELECT version_num FROM vecs._migration",
        "extension": "SELECT extname, extnamespace::regnamespace::text FROM pg_extension ORDER BY 1",
    }
    with psycopg.connect(url) as connection:
        return {name: connection.execute(text).fetchall() for name, text in queries.items()}


def works(url: str) -> None:
    """Use the layer: it must search."""
    with psycopg.connect(url) as connection:
        connection.execute("SELECT vecs.create_collection('works', 2)")
        connection.execute('SELECT vecs.upsert(\'works\', \'{"id": "a", "vec": [1, 2]}\')')
        rows = connection.execute("SELECT id FROM vecs.query('works', '[1, 2]')").fetchall()
        assert rows == [("a",)]
        connection.rollback()


def layer_is_absent(url: str) -> bool:
    """Whether there is nothing of the layer in a database."""
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT to_regnamespace('vecs')").fetchone()
        return row == (None,)


def test_all_doors_leave_the_same_catalog(
    databases: Databases, open_door_as_users_do: OpenDoor
) -> None:
    found = {}
    for door in DOORS:
        url = databases.create()
        open_door_as_users_do(door, url)
        works(url)
        found[door] = catalog(url)
        open_door_as_users_do(door, url)
        assert catalog(url) == found[door], f"a second time through {door}"
        databases.drop(url)
    for door in DOORS:
        assert found[door] == found["client"], door
    assert len(found["client"]["functions"]) > 40
    assert found["client"]["revision"] == [(render.revisions()[-1],)]


@pytest.mark.parametrize("door", DOORS)
def test_drop_schema_is_a_full_uninstall(
    empty_database: str, open_door: OpenDoor, door: str
) -> None:
    vecs_sql.create_client(empty_database).disconnect()
    with psycopg.connect(empty_database) as connection:
        connection.execute("DROP SCHEMA vecs CASCADE")
    assert layer_is_absent(empty_database)
    open_door(door, empty_database)
    works(empty_database)


@pytest.mark.parametrize("schema", ["extensions", 'od"d Schema', "vecs_ext"])
@pytest.mark.parametrize("door", ["client", "psql"])
def test_pgvector_in_another_schema(
    bare_database: str,
    databases: Databases,
    open_door: OpenDoor,
    door: str,
    schema: str,
) -> None:
    with databases.admin(databases.name(bare_database)) as connection:
        connection.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(schema)))
        connection.execute(
            sql.SQL("CREATE EXTENSION vector SCHEMA {}").format(sql.Identifier(schema))
        )
        connection.execute(
            sql.SQL("GRANT USAGE ON SCHEMA {} TO PUBLIC").format(sql.Identifier(schema))
        )
    open_door(door, bare_database)
    works(bare_database)
    with vecs_sql.create_client(bare_database) as client:
        docs = client.get_or_create_collection("docs", dimension=2)
        docs.upsert([("a", [1, 2], {"n": 1}), ("b", [2, 1], {"n": 2})])
        docs.create_index()
        assert docs.query([2, 1], filters={"n": {"$gt": 0}}, include_vector=True)[0].id == "b"
    # And moved while in use.
    with databases.admin(databases.name(bare_database)) as connection:
        connection.execute("ALTER EXTENSION vector SET SCHEMA public")
    works(bare_database)


def test_collections_of_the_vecs_client_are_kept(empty_database: str, open_door: OpenDoor) -> None:
    with psycopg.connect(empty_database) as connection:
        # What vecs 0.4.5 runs.
        connection.execute("CREATE SCHEMA vecs")
        connection.execute(
            "CREATE TABLE vecs.old (id VARCHAR NOT NULL, vec VECTOR(2) NOT NULL,"
            " metadata JSONB DEFAULT '{}'::jsonb NOT NULL, PRIMARY KEY (id))"
        )
        connection.execute(
            "INSERT INTO vecs.old VALUES ('a', '[1,2]', '{\"n\": 1}'), ('b', '[2,1]', DEFAULT)"
        )
        connection.execute(
            "CREATE INDEX ix_vector_cosine_ops_hnsw_m16_efc64_0123abc ON vecs.old"
            " USING hnsw (vec vector_cosine_ops) WITH (m=16, ef_construction=64)"
        )
    open_door("command", empty_database)
    with vecs_sql.create_client(empty_database) as client:
        [old] = client.list_collections()
        assert (old.name, old.dimension, len(old)) == ("old", 2, 2)
        assert old.index == "ix_vector_cosine_ops_hnsw_m16_efc64_0123abc"
        assert old.query([2, 1], include_metadata=True) == [("b", {}), ("a", {"n": 1})]
        assert old.query([2, 1], filters={"n": {"$eq": 1}}) == ["a"]
        old.upsert([("c", [0, 1], {"n": 2})])
        assert len(old) == 3
    advice = commands.vecs_sql("check", empty_database)
    assert 'Advice: collection "old" has no index on its metadata' in advice
    hint = advice.split("Hint: ")[1].splitlines()[0]
    with psycopg.connect(empty_database) as connection:
        connection.execute(hint.encode())
    assert "Advice" not in commands.vecs_sql("check", empty_database)


@pytest.mark.parametrize("door", ["alembic", "command", "psql"])
def test_upgrade_from_an_earlier_version(database: str, open_door: OpenDoor, door: str) -> None:
    """Private functions of that time go, also those that have another result today."""
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("DROP FUNCTION vecs._search_target(text, text)")
        connection.execute(
            "CREATE FUNCTION vecs._search_target(collection text, ops text) RETURNS integer"
            " LANGUAGE sql AS 'SELECT 1'"
        )
        connection.execute(
            "CREATE FUNCTION vecs._query_index(a text) RETURNS integer LANGUAGE sql AS 'SELECT 1'"
        )
    open_door(door, database)
    assert "_query_index" not in str(catalog(database))
    commands.vecs_sql("check", database)
    works(database)


def test_many_installers_at_once(empty_database: str) -> None:
    problems: list[BaseException] = []
    barrier = threading.Barrier(8)

    def install() -> None:
        try:
            with psycopg.connect(empty_database) as connection:
                barrier.wait()
                layer.install(connection)
        except BaseException as error:
            problems.append(error)

    threads = [threading.Thread(target=install) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    works(empty_database)


def test_installing_inside_the_callers_transaction(empty_database: str) -> None:
    with psycopg.connect(empty_database) as connection:
        connection.execute("SET LOCAL search_path = public, pg_catalog")
        layer.install(connection)
        for setting, value in (
            ("search_path", "public, pg_catalog"),
            ("check_function_bodies", "on"),
        ):
            assert connection.execute("SELECT current_setting(%s)", (setting,)).fetchone() == (
                value,
            )
        connection.rollback()
    assert layer_is_absent(empty_database)


def test_no_privilege_to_install(empty_database: str, databases: Databases) -> None:
    url = databases.as_role(empty_database, "stranger")
    with pytest.raises(
        psycopg.errors.InsufficientPrivilege, match='role "stranger" may not create'
    ) as caught:
        vecs_sql.create_client(url)
    assert "GRANT CREATE ON DATABASE" in (caught.value.diag.message_hint or "")
    assert layer_is_absent(empty_database)


def test_pgvector_is_created_where_the_role_may(bare_database: str, databases: Databases) -> None:
    with pytest.raises(
        psycopg.errors.InsufficientPrivilege, match="may not create the extension"
    ) as caught:
        vecs_sql.create_client(bare_database)
    assert "CREATE EXTENSION vector" in (caught.value.diag.message_hint or "")
    assert layer_is_absent(bare_database)
    vecs_sql.create_client(databases.as_role(bare_database, "postgres")).disconnect()
    works(databases.as_role(bare_database, "postgres"))


def test_schema_of_another_owner(empty_database: str, databases: Databases) -> None:
    with databases.admin(databases.name(empty_database)) as connection:
        connection.execute("CREATE SCHEMA vecs AUTHORIZATION stranger")
        connection.execute("GRANT USAGE, CREATE ON SCHEMA vecs TO PUBLIC")
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match='belongs to role "stranger"'):
        vecs_sql.create_client(empty_database)
    with databases.admin(databases.name(empty_database)) as connection:
        assert connection.execute(
            "SELECT count(*) FROM pg_class WHERE relnamespace = 'vecs'::regnamespace"
        ).fetchone() == (0,)


def test_a_reader_connects_and_searches_without_ddl(database: str, databases: Databases) -> None:
    with vecs_sql.create_client(database) as client:
        docs = client.get_or_create_collection("docs", dimension=2)
        docs.upsert([("a", [1, 2], {"n": 1}), ("b", [2, 1], None)])
        docs.create_index()
    with psycopg.connect(database) as connection:
        connection.execute("GRANT USAGE ON SCHEMA vecs TO reader")
        connection.execute("GRANT SELECT ON vecs.docs TO reader")
    with databases.admin() as connection:
        connection.execute(
            sql.SQL(
                "ALTER ROLE reader IN DATABASE {} SET default_transaction_read_only = on"
            ).format(sql.Identifier(databases.name(database)))
        )
    with vecs_sql.create_client(databases.as_role(database, "reader")) as client:
        docs = client.get_or_create_collection("docs")
        assert docs.query([1, 2], filters={"n": 1}, include_metadata=True) == [("a", {"n": 1})]
        assert (len(docs), docs["b"].id) == (2, "b")
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            docs.upsert([("c", [1, 1], None)])


def test_a_newer_layer_is_refused(database: str) -> None:
    with psycopg.connect(database) as connection:
        connection.execute("UPDATE vecs._migration SET version_num = '9999'")
    with (
        psycopg.connect(database) as connection,
        pytest.raises(exc.Unsupported, match="revision 9999"),
    ):
        layer.install(connection)


def _pretend(url: str, version: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute(
            sql.SQL(
                "CREATE OR REPLACE FUNCTION vecs.version() RETURNS text LANGUAGE sql AS {}"
            ).format(sql.Literal(f"SELECT '{version}'"))
        )


def test_versions_that_do_not_fit_are_refused(database: str) -> None:
    for version in ("0.0.9", "0.99.0", "7.0.0"):
        _pretend(database, version)
        with pytest.raises(exc.Unsupported, match=f"has version {version}") as caught:
            vecs_sql.create_client(database)
        assert "vecs-sql upgrade" in (caught.value.hint or "")
    _pretend(database, vecs_sql.__version__ + ".1")
    vecs_sql.create_client(database).disconnect()


def test_upgrade_and_install_say_what_they_need(empty_database: str) -> None:
    def fails(command: str) -> str:
        ended = subprocess.run(
            [sys.executable, "-m", "vecs_sql", command, empty_database],
            capture_output=True,
            text=True,
            check=False,
        )
        assert ended.returncode == 1
        assert "Traceback" not in ended.stderr
        return ended.stdout + ended.stderr

    assert "not installed" in fails("upgrade")
    assert "not installed" in fails("check")
    vecs_sql.create_client(empty_database).disconnect()
    _pretend(empty_database, "0.0.9")
    assert "vecs-sql upgrade" in fails("install")
    assert "0.0.9 to" in _run(sys.executable, "-m", "vecs_sql", "upgrade", empty_database)
    assert "that of version" in commands.vecs_sql("check", empty_database)


@pytest.mark.parametrize(
    ("damage", "expected"),
    [
        ("DROP FUNCTION vecs.has_index(text, text)", "missing: vecs.has_index(text, text)"),
        (
            "CREATE FUNCTION vecs.mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
            "not of this package: vecs.mine()",
        ),
        ("COMMENT ON FUNCTION vecs.version() IS 'x'", "differs in its comment: vecs.version()"),
        ("ALTER FUNCTION vecs.version() VOLATILE", "differs in its attributes: vecs.version()"),
        (
            "ALTER FUNCTION vecs.version() SECURITY DEFINER",
            "differs in its attributes: vecs.version()",
        ),
        (
            "ALTER FUNCTION vecs.version() RESET search_path",
            "differs in its settings: vecs.version()",
        ),
        (
            "REVOKE EXECUTE ON FUNCTION vecs.version() FROM PUBLIC",
            "differs in its privileges: vecs.version()",
        ),
        (
            "CREATE OR REPLACE FUNCTION vecs.count_rows(collection text, filters jsonb DEFAULT '{}') RETURNS bigint"
            " LANGUAGE plpgsql STABLE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp"
            " SET standard_conforming_strings = on SET gin_fuzzy_search_limit = 0 AS 'BEGIN RETURN 7; END'",
            "differs in its body: vecs.count_rows(text, jsonb)",
        ),
    ],
)
def test_check_names_what_differs(database: str, damage: str, expected: str) -> None:
    with psycopg.connect(database) as connection:
        connection.execute(damage.encode())
    assert commands.vecs_sql("check", database, code=1).splitlines() == [expected]


def test_revisions_run_once_and_in_order(database: str, tmp_path: Path) -> None:
    """A file with a further revision upgrades, and can be run again."""
    versions = tmp_path / "migrations" / "versions"
    versions.mkdir(parents=True)
    for path in (ROOT / "migrations" / "versions").glob("*.py"):
        (versions / path.name).write_text(path.read_text())
    (versions.parent / "env.py").write_text("")
    (versions / "9998_log.py").write_text(
        '"""Log."""\nfrom alembic import op\nrevision = "9998"\n'
        f'down_revision = "{render.revisions()[-1]}"\n'
        'def upgrade():\n    op.execute("CREATE TABLE vecs._log (n integer)")\n'
        '    op.execute("INSERT INTO vecs._log VALUES (1)")\n'
    )
    script = render.script(migrations=versions.parent).encode()

    def log(connection: Connection) -> list[tuple[Any, ...]]:
        return connection.execute(
            "SELECT n, version_num FROM vecs._log, vecs._migration"
        ).fetchall()

    with psycopg.connect(database, autocommit=True) as connection:
        for _ in range(2):
            connection.execute(script)
            assert log(connection) == [(1, "9998")]
        connection.execute("DROP SCHEMA vecs CASCADE")
        connection.execute(script)
        assert log(connection) == [(1, "9998")]
