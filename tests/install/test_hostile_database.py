"""A superuser installs into a database that an ordinary role has prepared: no code of that role's runs."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

import vecs_sql
from tests.conftest import Databases
from tests.install import commands
from tests.install.test_ways_to_install import catalog, works
from tests.install.test_without_python import (
    EARLIER,
    Psql,
    forms,
    psql,
    upgradable,
    with_extensions,
    without_the_extension,
)
from vecs_sql._layer import check, distribution, render
from vecs_sql._sync import installer as layer

__all__ = ["forms", "psql", "upgradable"]

# A function and an operator of each name, and of the types, that PostgreSQL has, in the schema public: each raises.
TRAPS = """
SET search_path = pg_catalog, pg_temp;
DO $do$
DECLARE
    v_name text;
    v_arguments text;
    v_result text;
    v_left text;
    v_right text;
BEGIN
    FOR v_name, v_arguments, v_result IN
        SELECT DISTINCT
            p.proname, pg_get_function_identity_arguments(p.oid), pg_get_function_result(p.oid)
        FROM pg_proc AS p
        WHERE p.pronamespace = 'pg_catalog'::regnamespace AND p.prokind = 'f'
            AND p.proallargtypes IS NULL AND p.provariadic = 0
            AND NOT EXISTS (
                SELECT FROM pg_type AS t
                WHERE t.typtype = 'p' AND t.oid = ANY (p.prorettype || p.proargtypes::oid[])
            )
        UNION ALL
        SELECT f.name, 'text' || repeat(',' || t.type, n.times), 'text'
        FROM unnest('{format,concat,concat_ws,jsonb_build_object}'::text[]) AS f (name),
            unnest('{text,name,integer,oid,regclass,regprocedure,jsonb}'::text[]) AS t (type),
            generate_series(1, 4) AS n (times)
    LOOP
        EXECUTE format(
            $f$CREATE FUNCTION public.%I(%s) RETURNS %s LANGUAGE plpgsql AS
            $$ BEGIN RAISE 'ran %I as %%', current_user USING ERRCODE = 'XX666'; END $$ $f$,
            v_name, v_arguments, v_result, v_name
        );
    END LOOP;
    FOR v_name, v_left, v_right IN
        SELECT DISTINCT o.oprname, o.oprleft::regtype::text, o.oprright::regtype::text
        FROM pg_operator AS o
        WHERE o.oprnamespace = 'pg_catalog'::regnamespace AND o.oprkind = 'b' AND NOT EXISTS (
            SELECT FROM pg_type AS t
            WHERE t.typtype = 'p' AND t.oid IN (o.oprleft, o.oprright, o.oprresult)
        )
        UNION
        SELECT o.name, l.type, r.type
        FROM unnest('{=,<>,||,<,>,~,~~}'::text[]) AS o (name),
            unnest('{text,name,character varying,oid,regclass,regprocedure,integer}'::text[]) AS l (type),
            unnest('{text,name,character varying,oid,regclass,regprocedure,integer}'::text[]) AS r (type)
    LOOP
        IF to_regprocedure(format('public.operator_trap(%s,%s)', v_left, v_right)) IS NULL THEN
            EXECUTE format(
                $f$CREATE FUNCTION public.operator_trap(%s, %s) RETURNS boolean LANGUAGE plpgsql AS
                $$ BEGIN RAISE 'ran an operator as %%', current_user USING ERRCODE = 'XX666'; END $$ $f$,
                v_left, v_right
            );
        END IF;
        EXECUTE format(
            'CREATE OPERATOR public.%s (LEFTARG = %s, RIGHTARG = %s, FUNCTION = public.operator_trap)',
            v_name, v_left, v_right
        );
    END LOOP;
END
$do$;
CREATE VIEW public.pg_extension AS SELECT public.pg_backend_pid() AS oid, 'vecs'::name AS extname;
CREATE VIEW public.pg_proc AS SELECT public.pg_backend_pid() AS oid;
CREATE VIEW public.pg_namespace AS SELECT public.pg_backend_pid() AS oid;
CREATE VIEW public.pg_class AS SELECT public.pg_backend_pid() AS oid;
"""

# What a role that wants to be superuser writes wherever it may.
SEIZE = """
CREATE OR REPLACE FUNCTION {schema}.seize() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user) THEN
        ALTER ROLE stranger SUPERUSER;
    END IF;
    RETURN NEW;
END
$$;
CREATE OR REPLACE FUNCTION {schema}.seized() RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user) THEN
        ALTER ROLE stranger SUPERUSER;
    END IF;
    RETURN '0004';
END
$$
"""

Open = Callable[[str, str], None]


@pytest.fixture
def open_door(forms: Path, psql: Psql, tmp_path: Path) -> Open:
    """Install by the door of that name."""
    doors: dict[str, Callable[[str], Any]] = {
        "alembic": lambda url: commands.alembic(url, "upgrade", "head"),
        "alembic offline": lambda url: offline(url),
        "install": lambda url: commands.vecs_sql("install", url),
        "upgrade": lambda url: commands.vecs_sql("upgrade", url),
        "psql": lambda url: psql(url, "-f", forms / f"vecs--{vecs_sql.__version__}.sql"),
        "client": lambda url: vecs_sql.create_client(url).disconnect(),
        "extension": lambda url: psql(url, "-c", "CREATE EXTENSION vecs"),
    }

    def offline(url: str) -> None:
        (tmp_path / "offline.sql").write_text(commands.alembic(url, "upgrade", "head", "--sql"))
        psql(url, "-f", tmp_path / "offline.sql")

    return lambda door, url: doors[door](url)


@pytest.fixture(autouse=True)
def nothing_is_seized(databases: Databases) -> Iterator[None]:
    yield
    with databases.admin() as connection:
        row = connection.execute("SELECT rolsuper FROM pg_roles WHERE rolname = 'stranger'")
        seized = row.fetchone()
        connection.execute("ALTER ROLE stranger NOSUPERUSER")
    assert seized == (False,)


@pytest.fixture(scope="module")
def trapped(databases: Databases) -> Iterator[str]:
    """The name of a database, to copy, where a role has filled the schema public with traps."""
    url = databases.create()
    with databases.admin(databases.name(url)) as connection:
        connection.execute("GRANT CREATE ON SCHEMA public TO stranger")
    with psycopg.connect(databases.as_role(url, "stranger")) as connection:
        connection.execute(TRAPS.encode())
    yield databases.name(url)
    databases.drop(url)


@pytest.fixture(params=["default", "public, pg_catalog"])
def hostile(
    request: pytest.FixtureRequest, databases: Databases, trapped: str, forms: Path
) -> Iterator[str]:
    """A superuser's URL of such a database, also with a search path that puts public first."""
    url = databases.create(trapped)
    set_path(databases, url, request.param)
    with databases.admin() as connection:
        connection.execute(
            sql.SQL("ALTER DATABASE {} SET extension_control_path = {}").format(
                sql.Identifier(databases.name(url)), sql.Literal(f"$system:{forms}")
            )
        )
    yield databases.as_role(url, "postgres")
    databases.drop(url)


def set_path(databases: Databases, url: str, path: str) -> None:
    """Let a database have a search path, as its owner may."""
    if path != "default":
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(
                sql.SQL("ALTER DATABASE {} SET search_path = {}").format(
                    sql.Identifier(databases.name(url)),
                    sql.SQL(", ").join(map(sql.Identifier, path.split(", "))),
                )
            )


def plainly(url: str) -> str:
    """A URL of the same database, with PostgreSQL's own search path."""
    return psycopg.conninfo.make_conninfo(url, options="-c search_path=pg_catalog,public")


def as_owner(found: dict[str, list[Any]]) -> str:
    """A catalog as if all belonged to the role "owner"."""
    return str(without_the_extension(found)).replace("postgres", "owner")


@pytest.mark.parametrize(
    "door", ["alembic", "alembic offline", "install", "psql", "client", "extension"]
)
def test_names_of_another_role_mean_nothing(
    hostile: str, open_door: Open, database: str, door: str
) -> None:
    with psycopg.connect(hostile) as connection, pytest.raises(psycopg.Error, match="ran"):
        connection.execute("SELECT format('%I', 'name'::name)")
    open_door(door, hostile)
    assert as_owner(catalog(plainly(hostile))) == as_owner(catalog(plainly(database)))


def test_names_of_another_role_mean_nothing_to_what_is_there(hostile: str, open_door: Open) -> None:
    for door in ("client", "upgrade", "install", "alembic", "psql"):
        open_door(door, hostile)
    assert "is that of version" in commands.vecs_sql("check", hostile)
    commands.alembic(hostile, "current")
    works(plainly(hostile))


def test_upgrade_files_under_names_of_another_role(
    databases: Databases, trapped: str, upgradable: Path, psql: Psql
) -> None:
    for by_extension in (False, True):
        url = with_extensions(databases, upgradable, trapped)
        set_path(databases, url, "public, pg_catalog")
        superuser = databases.as_role(url, "postgres")
        if by_extension:
            psql(superuser, "-c", f"CREATE EXTENSION vecs VERSION '{EARLIER}'")
            psql(superuser, "-c", "ALTER EXTENSION vecs UPDATE")
        else:
            psql(superuser, "-f", upgradable / f"vecs--{EARLIER}.sql")
            psql(superuser, "-f", upgradable / f"vecs--{EARLIER}--{vecs_sql.__version__}.sql")
        with psycopg.connect(plainly(superuser)) as connection:
            assert check.differences(connection) == []
        databases.drop(url)


def test_pg_tle_under_names_of_another_role(databases: Databases, trapped: str) -> None:
    """The files call pg_tle's functions, here stand-ins, and pin the search path before."""
    url = databases.create(trapped)
    set_path(databases, url, "public, pg_catalog")
    superuser = databases.as_role(url, "postgres")
    with psycopg.connect(plainly(superuser)) as connection:
        connection.execute(
            """
            CREATE SCHEMA pgtle;
            CREATE TABLE pgtle.given (path text);
            CREATE FUNCTION pgtle.install_extension(
                name text, version text, description text, ext text, requires text[], schema text
            ) RETURNS boolean LANGUAGE sql AS $$
                INSERT INTO pgtle.given VALUES (current_setting('search_path')) RETURNING true
            $$;
            """
        )
    with psycopg.connect(superuser, autocommit=True) as connection:
        connection.execute(
            distribution.files()[f"pg_tle/vecs--{vecs_sql.__version__}.sql"].encode()
        )
        given = connection.execute("SELECT path FROM pgtle.given").fetchall()
    assert given == [("pg_catalog, pg_temp",)]
    databases.drop(url)


def test_the_callers_search_path_is_put_back(hostile: str) -> None:
    with psycopg.connect(hostile) as connection:
        connection.execute('SET LOCAL search_path = "$user", "odd "" Schema", public, pg_catalog')
        (path,) = connection.execute("SHOW search_path").fetchone() or ("",)
        layer.install(connection)
        assert connection.execute("SHOW search_path").fetchone() == (path,)
        connection.rollback()


# What is in the schema beforehand, made by the role "stranger", which may create there: what it is called when refused.
PLANTED = {
    "the version table with a trigger": (
        """
        CREATE TABLE vecs._migration (version_num varchar(32) NOT NULL PRIMARY KEY);
        CREATE TRIGGER seize BEFORE INSERT OR UPDATE ON vecs._migration
            FOR EACH ROW EXECUTE FUNCTION home.seize()
        """,
        'vecs._migration belongs to role "stranger"',
    ),
    "a view as the version table": (
        "CREATE VIEW vecs._migration AS SELECT home.seized()::varchar AS version_num",
        'vecs._migration belongs to role "stranger"',
    ),
    "a function of a name of ours": (
        "CREATE FUNCTION vecs._filter_sql(jsonb, text) RETURNS text LANGUAGE sql AS 'SELECT home.seized()'",
        r'vecs._filter_sql\(jsonb,text\) belongs to role "stranger"',
    ),
    "a function that would be replaced": (
        "CREATE FUNCTION vecs.count_rows(collection text, filters jsonb DEFAULT '{}') RETURNS bigint"
        " LANGUAGE sql AS 'SELECT 1'",
        r'vecs.count_rows\(text,jsonb\) belongs to role "stranger"',
    ),
    "the function that tells the version": (
        "CREATE FUNCTION vecs.version() RETURNS text LANGUAGE sql AS 'SELECT home.seized()'",
        r'vecs.version\(\) belongs to role "stranger"',
    ),
    "a procedure": (
        "CREATE PROCEDURE vecs._raise(text) LANGUAGE sql AS 'SELECT home.seized()'",
        r'vecs._raise\(text\) belongs to role "stranger"',
    ),
}
BY_HAND = ["alembic", "alembic offline", "install", "psql", "client", "extension"]


def prepare(databases: Databases, url: str) -> str:
    """Let the role "stranger" create in the schema vecs of a database, and return a superuser's URL."""
    with databases.admin(databases.name(url)) as connection:
        connection.execute("CREATE SCHEMA vecs; CREATE SCHEMA home AUTHORIZATION stranger")
        connection.execute("GRANT USAGE, CREATE ON SCHEMA vecs TO stranger")
        connection.execute("GRANT USAGE ON SCHEMA home TO PUBLIC")
    with psycopg.connect(databases.as_role(url, "stranger")) as connection:
        connection.execute(SEIZE.format(schema="home").encode())
    return databases.as_role(url, "postgres")


@pytest.fixture
def prepared(databases: Databases, forms: Path) -> Iterator[str]:
    """A superuser's URL of a database where the role "stranger" may create in the schema vecs."""
    url = with_extensions(databases, forms, "with_pgvector")
    yield prepare(databases, url)
    databases.drop(url)


@pytest.fixture(scope="module")
def prepared_and_installed(databases: Databases) -> Iterator[str]:
    """The name of such a database, to copy, into which the superuser has installed the layer."""
    url = databases.create()
    with psycopg.connect(prepare(databases, url)) as connection:
        layer.install(connection)
    yield databases.name(url)
    databases.drop(url)


@pytest.fixture
def installed(databases: Databases, prepared_and_installed: str) -> Iterator[str]:
    """A superuser's URL of a copy of it."""
    url = databases.create(prepared_and_installed)
    yield databases.as_role(url, "postgres")
    databases.drop(url)


def as_stranger(url: str, statements: str) -> None:
    with psycopg.connect(psycopg.conninfo.make_conninfo(url, user="stranger")) as connection:
        connection.execute(statements.encode())


@pytest.mark.parametrize("door", BY_HAND)
def test_what_another_role_planted_is_refused(prepared: str, open_door: Open, door: str) -> None:
    for what, (statements, message) in PLANTED.items():
        with psycopg.connect(prepared) as connection:
            before = catalog_of_others(connection)
        as_stranger(prepared, statements)
        there = what == "the function that tells the version"
        if there and door == "client":
            # So nothing is installed; who connects does not run it.
            message = "the database has version"
        elif there and door == "install":
            message = "of the SQL layer is installed"
        elif there and door == "extension":
            message = "are not of the extension"
        with pytest.raises(
            (AssertionError, psycopg.Error, vecs_sql.exc.VecsException), match=message
        ) as caught:
            open_door(door, prepared)
        said = str(caught.value)
        if isinstance(caught.value, psycopg.Error):
            said += caught.value.diag.message_hint or ""
        assert there or "DROP" in said
        with psycopg.connect(prepared, autocommit=True) as connection:
            if not there:
                installed = connection.execute("SELECT to_regprocedure('vecs.version()')")
                assert installed.fetchone() == (None,)
            for drop in connection.execute(
                """
                SELECT format('DROP ROUTINE %s', p.oid::regprocedure) FROM pg_proc AS p
                WHERE p.pronamespace = 'vecs'::regnamespace
                UNION ALL
                SELECT format('DROP %s %s', CASE relkind WHEN 'v' THEN 'VIEW' ELSE 'TABLE' END, oid::regclass)
                FROM pg_class WHERE relnamespace = 'vecs'::regnamespace AND relkind IN ('r', 'v')
                """
            ).fetchall():
                connection.execute(drop[0])
            assert catalog_of_others(connection) == before
    open_door(door, prepared)
    works(prepared)


def catalog_of_others(connection: psycopg.Connection[Any]) -> list[tuple[Any, ...]]:
    return connection.execute(
        "SELECT proname FROM pg_proc WHERE pronamespace = 'vecs'::regnamespace"
    ).fetchall()


@pytest.mark.parametrize("door", ["alembic", "alembic offline", "install", "psql", "client"])
def test_a_schema_of_another_role_is_refused(
    empty_database: str, databases: Databases, open_door: Open, door: str
) -> None:
    """Also for a superuser, who may use it, and for a member of that role."""
    with databases.admin(databases.name(empty_database)) as connection:
        connection.execute("CREATE SCHEMA vecs AUTHORIZATION stranger")
        connection.execute("GRANT stranger TO owner")
    try:
        for role in ("postgres", "owner"):
            with pytest.raises(
                (AssertionError, psycopg.Error), match='"vecs" belongs to role "stranger"'
            ):
                open_door(door, databases.as_role(empty_database, role))
    finally:
        with databases.admin() as connection:
            connection.execute("REVOKE stranger FROM owner")
    open_door(door, databases.as_role(empty_database, "stranger"))
    works(databases.as_role(empty_database, "stranger"))


@pytest.mark.parametrize("door", ["alembic", "install", "upgrade", "psql"])
def test_a_superuser_does_not_upgrade_the_layer_of_another_role(
    database: str, databases: Databases, open_door: Open, door: str
) -> None:
    before = catalog(database)
    with pytest.raises(AssertionError, match='"vecs" belongs to role "owner", not to "postgres"'):
        open_door(door, databases.as_role(database, "postgres"))
    assert catalog(database) == before


@pytest.mark.parametrize("door", ["alembic", "upgrade", "install", "psql"])
def test_what_was_added_to_the_version_table_is_refused(
    installed: str, open_door: Open, door: str
) -> None:
    """By whom it does not matter: the privilege TRIGGER, which GRANT ALL gives, is enough."""
    with psycopg.connect(installed) as connection:
        connection.execute("GRANT ALL ON ALL TABLES IN SCHEMA vecs TO stranger")
    as_stranger(
        installed,
        "CREATE TRIGGER seize BEFORE INSERT OR UPDATE ON vecs._migration"
        " FOR EACH ROW EXECUTE FUNCTION home.seize()",
    )
    behind(installed)
    with pytest.raises(AssertionError, match='_migration has the trigger "seize"') as caught:
        open_door(door, installed)
    assert "int: Remove it" in str(caught.value) or "HINT:  Remove it" in str(caught.value)
    assert '_migration has the trigger "seize"' in commands.vecs_sql("check", installed, code=1)


def behind(url: str) -> None:
    """Put the version table one revision back, past any trigger."""
    with psycopg.connect(url) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute("UPDATE vecs._migration SET version_num = '0003'")


ADDED = {
    "CREATE RULE r AS ON UPDATE TO vecs._migration DO ALSO SELECT home.seized()": 'the rule "r"',
    "CREATE POLICY p ON vecs._migration USING (home.seized() = '')": 'the policy "p"',
    "ALTER TABLE vecs._migration ADD CHECK (home.seized() > '')": "the constraint",
    "ALTER TABLE vecs._migration ALTER version_num SET DEFAULT home.seized()": "the column",
    "ALTER TABLE vecs._migration ADD x text DEFAULT home.seized()": 'the column "x"',
    "CREATE UNIQUE INDEX i ON vecs._migration ((lower(version_num)))": "the index",
    "CREATE TABLE home.heir () INHERITS (vecs._migration)": "inherits",
    "CREATE DOMAIN home.d AS varchar; ALTER TABLE vecs._migration ALTER version_num TYPE home.d": "home.d",
    "CREATE TABLE home.r (v varchar(32) REFERENCES vecs._migration ON UPDATE CASCADE)": "the trigger",
    "ALTER TABLE vecs._migration RENAME TO _m; CREATE VIEW vecs._migration AS SELECT * FROM vecs._m": "is not a table",
}


@pytest.mark.parametrize("statements", ADDED)
def test_only_a_plain_version_table_is_used(installed: str, statements: str) -> None:
    with psycopg.connect(installed) as connection:
        connection.execute(
            "CREATE OR REPLACE FUNCTION home.seized() RETURNS text LANGUAGE sql IMMUTABLE RETURN '0004'"
        )
        connection.execute(statements.encode())
    with (
        psycopg.connect(installed) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege, match=ADDED[statements]),
    ):
        layer.install(connection)
    [said, *_] = commands.vecs_sql("check", installed, code=1).splitlines()
    assert ADDED[statements] in said


def test_looking_runs_nothing(prepared: str) -> None:
    """`vecs-sql check` and `alembic current` run no view, trigger or function of the schema."""
    as_stranger(
        prepared,
        f"""
        CREATE FUNCTION vecs.version() RETURNS text LANGUAGE plpgsql
            AS $$ BEGIN PERFORM home.seized(); RETURN '{vecs_sql.__version__}'; END $$;
        CREATE FUNCTION vecs.list_collections() RETURNS TABLE (name text) LANGUAGE sql
            AS 'SELECT home.seized()';
        CREATE VIEW vecs._migration AS SELECT home.seized()::varchar AS version_num;
        GRANT SELECT ON vecs._migration TO PUBLIC
        """,
    )
    said = commands.vecs_sql("check", prepared, code=1)
    assert "vecs._migration is not a table" in said
    assert 'belongs to role "stranger": vecs.version()' in said
    with pytest.raises(AssertionError, match="_migration is not a table"):
        commands.alembic(prepared, "current")


def test_check_names_what_could_capture_calls(installed: str) -> None:
    as_stranger(
        installed,
        "CREATE FUNCTION vecs.query(text, text, integer) RETURNS text LANGUAGE sql AS 'SELECT home.seized()'",
    )
    assert commands.vecs_sql("check", installed, code=1).splitlines() == [
        "not of this package: vecs.query(text, text, int4)"
        ' (it can capture calls of vecs.query, and it belongs to role "stranger")'
    ]


def waiting(databases: Databases) -> bool:
    """Whether somebody waits for the installers' lock."""
    with databases.admin() as connection:
        found = connection.execute(
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
        ).fetchone()
    return found != (0,)


@pytest.mark.parametrize("door", ["alembic", "upgrade", "psql", "client"])
@pytest.mark.parametrize("planted", ["trigger", "table", "function"])
def test_what_is_planted_while_the_installer_waits(
    databases: Databases, prepared: str, open_door: Open, door: str, planted: str
) -> None:
    """Under an isolation level that the database's owner has chosen, too."""
    if (door, planted) in {("client", "trigger"), ("upgrade", "table"), ("upgrade", "function")}:
        return
    with databases.admin() as connection:
        connection.execute(
            sql.SQL(
                "ALTER DATABASE {} SET default_transaction_isolation = 'repeatable read'"
            ).format(sql.Identifier(databases.name(prepared)))
        )
    if planted == "trigger":
        with psycopg.connect(prepared) as connection:
            layer.install(connection)
            connection.execute("GRANT TRIGGER ON vecs._migration TO stranger")
        behind(prepared)
    plant = {
        "trigger": "CREATE TRIGGER seize BEFORE INSERT OR UPDATE ON vecs._migration"
        " FOR EACH ROW EXECUTE FUNCTION home.seize()",
        "table": PLANTED["the version table with a trigger"][0],
        "function": "CREATE FUNCTION vecs.has_index(collection text, measure text) RETURNS boolean"
        " LANGUAGE sql AS 'SELECT true'",
    }[planted]
    problems: list[BaseException] = []

    def install() -> None:
        try:
            open_door(door, prepared)
        except BaseException as error:
            problems.append(error)

    thread = threading.Thread(target=install)
    stranger = psycopg.conninfo.make_conninfo(prepared, user="stranger")
    with psycopg.connect(stranger, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(hashtext('vecs'), hashtext('install'))")
        thread.start()
        while thread.is_alive() and not waiting(databases):
            time.sleep(0.01)
        connection.execute(plant.encode())
    thread.join()
    [problem] = problems
    assert "_migration" in str(problem) or "vecs.has_index" in str(problem)


def test_an_upgrade_in_a_snapshot_of_the_callers(installed: str) -> None:
    with psycopg.connect(installed) as connection:
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        connection.execute("SELECT 1")
        with pytest.raises(vecs_sql.exc.Unsupported) as refused:
            layer.install(connection)
        assert "READ COMMITTED" in (refused.value.hint or "")


# Each changes something of its own, so one installation shows for all that none of them matters.
SETTINGS = {
    "default_transaction_isolation": "serializable",
    "standard_conforming_strings": "off",
    "quote_all_identifiers": "on",
    "array_nulls": "off",
    "transform_null_equals": "on",
    "plpgsql.extra_errors": "all",
    "row_security": "off",
    "check_function_bodies": "on",
    "default_transaction_read_only": "off",
}


def test_no_setting_of_the_database_changes_what_is_installed(
    databases: Databases, empty_database: str
) -> None:
    with databases.admin() as connection:
        for setting, value in SETTINGS.items():
            connection.execute(
                sql.SQL("ALTER DATABASE {} SET {} = {}").format(
                    sql.Identifier(databases.name(empty_database)),
                    sql.Identifier(*setting.split(".")),
                    sql.Literal(value),
                )
            )
    with psycopg.connect(empty_database) as connection:
        for setting, value in SETTINGS.items():
            shown = connection.execute("SELECT current_setting(%s)", [setting]).fetchone()
            assert shown == (value,)
    for _ in range(2):
        with psycopg.connect(empty_database, autocommit=True) as connection:
            layer.install(connection)
            assert check.differences(connection) == []


def test_check_prints_no_control_characters(database: str) -> None:
    with psycopg.connect(database) as connection:
        connection.execute(
            "CREATE FUNCTION vecs.\"a\x1b[2J\nb\"() RETURNS integer LANGUAGE sql AS 'SELECT 1'"
        )
        assert check.differences(connection) == [r"not of this package: vecs.a\x1b[2J\nb()"]


@pytest.mark.parametrize("door", ["install", "psql", "extension"])
def test_collections_of_others_stay(prepared: str, open_door: Open, door: str) -> None:
    """A collection belongs to whoever made it; its triggers do not run."""
    as_stranger(
        prepared,
        """
        CREATE TABLE vecs.docs (id text PRIMARY KEY, vec vector(2) NOT NULL, metadata jsonb NOT NULL DEFAULT '{}');
        CREATE TRIGGER seize BEFORE INSERT OR UPDATE ON vecs.docs
            FOR EACH ROW EXECUTE FUNCTION home.seize();
        INSERT INTO vecs.docs VALUES ('a', '[1,2]')
        """,
    )
    open_door(door, prepared)
    with psycopg.connect(prepared) as connection:
        assert connection.execute("SELECT id FROM vecs.query('docs', '[1,2]')").fetchall() == [
            ("a",)
        ]


def test_forms_pin_the_path_first() -> None:
    """Before any other statement, in every file."""
    for name, content in distribution.files().items():
        if name.endswith(".sql"):
            lines = [
                line
                for line in content.splitlines()
                if line and not line.startswith(("--", "\\", "BEGIN"))
            ]
            assert lines[0] == f"{render.PIN};", name
