"""The forms of the layer that need no Python: psql, CREATE EXTENSION, pg_tle; upgrades; dump and restore."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

import vecs_sql
from tests.conftest import Databases
from tests.install import commands
from tests.install.test_ways_to_install import _run, catalog, works
from vecs_sql import embedded, exc
from vecs_sql._layer import distribution, registries, render
from vecs_sql._sync import installer as layer

EARLIER = "0.0.9"
Psql = Callable[..., str]


def written(folder: Path) -> Path:
    """All forms, where the server, which may run as another user, can read them."""
    folder.chmod(0o755)
    for name, content in distribution.files().items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(content)
    return folder


@pytest.fixture(scope="session")
def forms() -> Iterator[Path]:
    """All forms of this version, which tests read only."""
    with tempfile.TemporaryDirectory(prefix="vecs-sql-forms-") as folder:
        yield written(Path(folder))


@pytest.fixture
def upgradable(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """All forms of an earlier version, and then of this one with what leads to it from there."""
    with tempfile.TemporaryDirectory(prefix="vecs-sql-forms-") as name:
        folder = Path(name)
        for module in (render, distribution):
            monkeypatch.setattr(module, "__version__", EARLIER)
        written(folder)
        for module in (render, distribution):
            monkeypatch.setattr(module, "__version__", vecs_sql.__version__)
        monkeypatch.setattr(registries, "releases", lambda: [EARLIER])
        # The earlier version has a control file of its own, and one private function more, and one less.
        (folder / "extension" / "vecs.control").rename(folder / "earlier.control")
        for form in ("", "extension"):
            path = folder / form / f"vecs--{EARLIER}.sql"
            path.write_text(_earlier(path.read_text()))
        yield written(folder)


def _earlier(script: str) -> str:
    """A script as it may have been before: with another private function."""
    function = "CREATE OR REPLACE FUNCTION vecs._query_index(a text) RETURNS integer LANGUAGE sql AS 'SELECT 1';\n"
    head, commit, tail = script.rpartition("COMMIT;\n")
    return head + function + commit + tail if commit else script + function


@pytest.fixture
def psql(server: embedded.Server) -> Psql:
    def psql(url: str, *arguments: str | Path) -> str:
        return _run(server.bin / "psql", url, "-Xqv", "ON_ERROR_STOP=1", *arguments)

    return psql


def with_extensions(databases: Databases, folder: Path, template: str = "template0") -> str:
    """A database whose server finds extensions in the folder, too."""
    url = databases.create(template)
    with databases.admin() as connection:
        connection.execute(
            sql.SQL("ALTER DATABASE {} SET extension_control_path = {}").format(
                sql.Identifier(databases.name(url)), sql.Literal(f"$system:{folder}")
            )
        )
    return url


def without_the_extension(found: dict[str, list[Any]]) -> dict[str, list[Any]]:
    """A catalog as if there were no extension vecs in it."""
    return {**found, "extension": [row for row in found["extension"] if row[0] != "vecs"]}


def layer_by_psql(databases: Databases, forms: Path, psql: Psql) -> str:
    url = databases.create()
    psql(url, "-f", forms / f"vecs--{vecs_sql.__version__}.sql")
    return url


def layer_by_extension(databases: Databases, forms: Path, psql: Psql) -> str:
    url = with_extensions(databases, forms, "with_pgvector")
    psql(url, "-c", "CREATE EXTENSION vecs")
    return url


MODES: dict[str, Callable[[Databases, Path, Psql], str]] = {
    "psql": layer_by_psql,
    "extension": layer_by_extension,
}


@pytest.fixture(params=MODES)
def installed(
    request: pytest.FixtureRequest, databases: Databases, forms: Path, psql: Psql
) -> Iterator[str]:
    """A database with the layer, installed without Python."""
    url = MODES[request.param](databases, forms, psql)
    yield url
    databases.drop(url)


def test_the_same_catalog(installed: str, database: str) -> None:
    assert without_the_extension(catalog(installed)) == catalog(database)
    works(installed)
    assert "is that of version" in commands.vecs_sql("check", installed)
    vecs_sql.create_client(installed).disconnect()


def test_extension_brings_pgvector(databases: Databases, forms: Path, psql: Psql) -> None:
    url = with_extensions(databases, forms)
    with databases.admin(databases.name(url)) as connection:
        connection.execute("CREATE EXTENSION vecs CASCADE")
        found = connection.execute("SELECT extname FROM pg_extension ORDER BY 1").fetchall()
    assert found == [("plpgsql",), ("vecs",), ("vector",)]
    databases.drop(url)


def test_collections_are_no_members(databases: Databases, forms: Path, psql: Psql) -> None:
    url = layer_by_extension(databases, forms, psql)
    with psycopg.connect(url, autocommit=True) as connection:
        fill(connection)
        members = connection.execute(
            """
            SELECT pg_describe_object(classid, objid, objsubid)
            FROM pg_depend
            WHERE refclassid = 'pg_extension'::regclass AND deptype = 'e'
                AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'vecs')
            """
        ).fetchall()
        assert ("table vecs._migration",) in members
        assert not [name for (name,) in members if "docs" in name or name.startswith("schema")]
        # It goes without what one has stored, which serves the next one.
        connection.execute("DROP EXTENSION vecs")
        assert connection.execute("SELECT count(*) FROM vecs.docs").fetchone() == (300,)
        connection.execute("CREATE EXTENSION vecs")
        found = connection.execute(
            "SELECT id FROM vecs.query('docs', '[1, 7, 0]', top_k => 1)"
        ).fetchall()
        assert found == [("7",)]
    databases.drop(url)


def test_from_one_way_to_the_other_is_refused(
    databases: Databases, forms: Path, psql: Psql
) -> None:
    url = layer_by_extension(databases, forms, psql)
    before = catalog(url)
    with (
        psycopg.connect(url) as connection,
        pytest.raises(exc.Unsupported, match="extension") as refused,
    ):
        layer.install(connection)
    assert refused.value.hint == "Upgrade the extension: ALTER EXTENSION vecs UPDATE;"
    assert catalog(url) == before
    databases.drop(url)

    url = with_extensions(databases, forms, "with_pgvector")
    with psycopg.connect(url) as connection:
        layer.install(connection)
    before = catalog(url)
    with (
        psycopg.connect(url) as connection,
        pytest.raises(psycopg.Error, match="are not of the extension") as failed,
    ):
        connection.execute("CREATE EXTENSION vecs")
    assert failed.value.sqlstate == "VS008"
    assert "psql -f vecs--" in (failed.value.diag.message_hint or "")
    assert catalog(url) == before
    databases.drop(url)


def test_there_and_back(databases: Databases, forms: Path) -> None:
    """The guide's way from functions that were installed to the extension, and from it; collections stay."""
    page = (Path(__file__).parents[2] / "docs" / "install.md").read_text(encoding="utf-8")
    [move] = re.findall(r"^```sql\n(BEGIN;.*?)^```", page, re.MULTILINE | re.DOTALL)
    url = with_extensions(databases, forms, "with_pgvector")
    with psycopg.connect(url, autocommit=True) as connection:
        layer.install(connection)
        fill(connection)
        before = catalog(url)
        for statements in (move, "DROP EXTENSION vecs"):
            connection.execute(statements.encode())
            assert connection.execute("SELECT count(*) FROM vecs.docs").fetchone() == (300,)
        layer.install(connection)
    assert catalog(url) == before
    databases.drop(url)


def test_extension_over_collections_of_the_vecs_client(databases: Databases, forms: Path) -> None:
    url = with_extensions(databases, forms, "with_pgvector")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            """
            CREATE SCHEMA vecs;
            CREATE TABLE vecs.old (
                id varchar PRIMARY KEY, vec vector(2) NOT NULL, metadata jsonb NOT NULL DEFAULT '{}'
            );
            INSERT INTO vecs.old VALUES ('a', '[1,2]');
            CREATE EXTENSION vecs
            """
        )
        assert connection.execute("SELECT id FROM vecs.query('old', '[1,2]')").fetchall() == [
            ("a",)
        ]
    databases.drop(url)


# Upgrades


def test_upgrade_by_psql(databases: Databases, upgradable: Path, psql: Psql, database: str) -> None:
    url = databases.create()
    psql(url, "-f", upgradable / f"vecs--{EARLIER}.sql")
    assert "_query_index" in str(catalog(url))
    with psycopg.connect(url, autocommit=True) as connection:
        fill(connection)
    upgrade = upgradable / f"vecs--{EARLIER}--{vecs_sql.__version__}.sql"
    psql(url, "-f", upgrade)
    with psycopg.connect(url, autocommit=True) as connection:
        assert connection.execute("SELECT vecs.count_rows('docs')").fetchone() == (300,)
        connection.execute("SELECT vecs.drop_collection('docs')")
    assert catalog(url) == catalog(database)
    # It says where it starts, and starts nowhere else.
    with (
        psycopg.connect(url) as connection,
        pytest.raises(psycopg.Error, match=f"upgrades vecs {EARLIER}") as twice,
    ):
        connection.execute(upgrade.read_bytes())
    assert twice.value.sqlstate == "VS008"
    assert f"vecs--{vecs_sql.__version__}.sql" in (twice.value.diag.message_hint or "")
    databases.drop(url)
    url = databases.create()
    with (
        psycopg.connect(url) as connection,
        pytest.raises(psycopg.Error, match="the database has no vecs"),
    ):
        connection.execute(upgrade.read_bytes())
    databases.drop(url)


def test_upgrade_of_the_extension(
    databases: Databases, upgradable: Path, psql: Psql, database: str
) -> None:
    url = with_extensions(databases, upgradable, "with_pgvector")
    psql(url, "-c", f"CREATE EXTENSION vecs VERSION '{EARLIER}'")
    assert "_query_index" in str(catalog(url))
    with psycopg.connect(url, autocommit=True) as connection:
        fill(connection)
        connection.execute("ALTER EXTENSION vecs UPDATE")
        assert connection.execute("SELECT vecs.version()").fetchone() == (vecs_sql.__version__,)
        connection.execute("SELECT vecs.drop_collection('docs')")
    assert without_the_extension(catalog(url)) == catalog(database)
    databases.drop(url)


def test_releases_are_others_than_this_version() -> None:
    releases = registries.releases()
    assert vecs_sql.__version__ not in releases
    assert len({*releases}) == len(releases)


# pg_tle


def test_pg_tle_is_given_the_script_of_the_extension(
    databases: Databases, upgradable: Path
) -> None:
    """Return the arguments that the files pass to pg_tle, recorded by functions of the same names."""
    url = databases.create()
    version = vecs_sql.__version__
    with psycopg.connect(url) as connection:
        connection.execute(
            """
            CREATE SCHEMA pgtle;
            CREATE TABLE pgtle.given (call text, name text, version text, script text, requires text[], place text);
            CREATE FUNCTION pgtle.install_extension(
                name text, version text, description text, ext text, requires text[], schema text
            ) RETURNS boolean LANGUAGE sql AS $$
                INSERT INTO pgtle.given VALUES ('install', name, version, ext, requires, schema) RETURNING true
            $$;
            CREATE FUNCTION pgtle.install_update_path(name text, fromvers text, tovers text, ext text)
            RETURNS boolean LANGUAGE sql AS $$
                INSERT INTO pgtle.given VALUES ('update', name, fromvers || '>' || tovers, ext) RETURNING true
            $$;
            CREATE FUNCTION pgtle.set_default_version(name text, version text) RETURNS boolean LANGUAGE sql AS $$
                INSERT INTO pgtle.given VALUES ('default', name, version) RETURNING true
            $$;
            """
        )
        for name in (f"vecs--{version}.sql", f"vecs--{EARLIER}--{version}.sql"):
            connection.execute((upgradable / "pg_tle" / name).read_bytes())
        given = connection.execute("SELECT * FROM pgtle.given").fetchall()
        connection.rollback()
    databases.drop(url)
    body = render.script(extension=True)
    assert [(row[0], row[2], (row[3] or "").strip() == body.strip(), row[4:]) for row in given] == [
        ("install", version, True, (["vector"], "vecs")),
        ("update", f"{EARLIER}>{version}", True, (None, None)),
        ("default", version, False, (None, None)),
    ]
    assert "\n\\" not in body  # no command of psql, which pg_tle does not know


# Dump and restore


def fill(connection: psycopg.Connection[Any]) -> None:
    """A collection with all that one can have."""
    connection.execute(
        """
        SELECT vecs.create_collection('docs', 3);
        SELECT vecs.upsert_many(
            'docs', array_agg(n::text), array_agg(CAST(format('[1,%s,0]', n) AS vector)),
            jsonb_agg(jsonb_build_object('n', n))
        )
        FROM generate_series(1, 300) AS n;
        SELECT vecs.create_index('docs');
        SELECT vecs.create_metadata_index('docs', 'n');
        COMMENT ON TABLE vecs.docs IS 'my documents';
        """
    )


def adopt(connection: psycopg.Connection[Any]) -> None:
    """A table that was adopted, with odd names and indexes."""
    connection.execute(
        """
        CREATE TABLE public."Own items" (id bigint PRIMARY KEY, "A n" int, tags text[], embedding vector(3));
        INSERT INTO public."Own items" SELECT n, n, '{a}', CAST(format('[1,%s,0]', n) AS vector)
        FROM generate_series(1, 300) AS n;
        SELECT vecs.adopt('public."Own items"', 'own');
        SELECT vecs.create_index('own');
        SELECT vecs.create_metadata_index('own', 'A n');
        """
    )


def what_stays(found: dict[str, list[Any]]) -> dict[str, list[Any]]:
    """A catalog without owners and privileges, which a dump leaves out where they are the default."""
    columns = {"functions": (0, 1, 4), "relations": (0, 1, 4, 5), "schema": (2,)}
    return {
        kind: [tuple(row[n] for n in columns.get(kind, range(len(row)))) for row in rows]
        for kind, rows in found.items()
    }


@pytest.mark.parametrize("mode", MODES)
def test_dump_and_restore(
    databases: Databases,
    forms: Path,
    psql: Psql,
    server: embedded.Server,
    tmp_path: Path,
    mode: str,
) -> None:
    url = MODES[mode](databases, forms, psql)
    with psycopg.connect(url, autocommit=True) as connection:
        fill(connection)
        adopt(connection)
    superuser = databases.as_role(url, "postgres")
    dump = tmp_path / "dump"
    _run(server.bin / "pg_dump", superuser, "-Fc", "-f", dump)
    copy = with_extensions(databases, forms)
    _run(
        server.bin / "pg_restore",
        "-d",
        databases.as_role(copy, "postgres"),
        "--exit-on-error",
        dump,
    )
    assert what_stays(catalog(copy)) == what_stays(catalog(url))
    asked = """
        SELECT array_agg(id), obj_description('vecs.docs'::regclass), vecs.has_index('docs', 'cosine_distance'),
            vecs.describe_collection('docs') - ARRAY['table_bytes', 'total_bytes'] #- '{vector_indexes,0,bytes}'
                #- '{metadata_indexes,0,bytes}' #- '{metadata_indexes,1,bytes}'
        FROM vecs.query('docs', '[1, 7, 0]', filters => '{"n": {"$lt": 100}}')
    """
    asked_of_own = """
        SELECT array_agg(id), vecs.has_index('own', 'cosine_distance'), min(metadata::text),
            vecs.describe_collection('own') -> 'fields', obj_description('vecs.own'::regclass),
            has_table_privilege('public', 'vecs.own', 'SELECT')
        FROM vecs.query('own', '[1, 7, 0]', filters => '{"A n": {"$lt": 100}, "tags": {"$contains": "a"}}')
    """
    told = []
    for place in (url, copy):
        with psycopg.connect(place, autocommit=True) as connection:
            connection.execute("ANALYZE")
            told.append(connection.execute(asked).fetchone())
            connection.execute("SELECT vecs.upsert('docs', 'new', '[1,2,3]')")
            told.append(connection.execute(asked_of_own).fetchone())
            connection.execute("SELECT vecs.upsert('own', '301', '[1,2,3]')")
    assert told[:2] == told[2:]
    assert told[1] is not None
    assert len(told[1][0]) == 10
    assert told[0] is not None
    assert told[0][1:3] == ("my documents", True)
    assert len(told[0][0]) == 10
    for place in (url, copy):
        databases.drop(place)
