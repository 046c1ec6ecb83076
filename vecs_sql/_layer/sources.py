"""The SQL layer's source files: where they are, and what they render to.

The truth is `sql/` and `migrations/`: beside the package in a checkout, inside it in a wheel.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jinja2
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import Script, ScriptDirectory

from vecs_sql._layer import declarations as _functions
from vecs_sql._version import __version__

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

_PACKAGE = Path(__file__).parents[1]


def _folder(name: str) -> Path:
    in_wheel = _PACKAGE / f"_{name}"
    return in_wheel if in_wheel.is_dir() else _PACKAGE.parent / name


def migrations_folder() -> Path:
    """The folder of Alembic's environment and revisions."""
    return _folder("migrations")


def _registry(name: str) -> dict[str, Any]:
    content: dict[str, Any] = tomllib.loads(
        (_folder("sql") / f"{name}.toml").read_text(encoding="utf-8")
    )
    return content


def errors() -> dict[str, dict[str, str]]:
    """The registry of SQLSTATEs: name of the condition to sqlstate, python (exception), meaning."""
    return _registry("errors")


def operators() -> dict[str, str]:
    """The operators of filters, to the kind of their operand."""
    found: dict[str, str] = _registry("operators")["operators"]
    return found


def costs() -> dict[str, float]:
    """What searches cost: the constants of the choice between the index and an exact search."""
    found: dict[str, float] = _registry("costs")["costs"]
    return found


def _revisions(migrations: Path) -> list[Script]:
    """The revisions, oldest first."""
    config = Config()
    config.set_main_option("script_location", str(migrations).replace("%", "%%"))
    return list(reversed(list(ScriptDirectory.from_config(config).walk_revisions())))


def revisions() -> list[str]:
    """The numbers of the revisions, oldest first."""
    return [script.revision for script in _revisions(migrations_folder())]


def releases() -> list[str]:
    """The versions that were released before this one, oldest first."""
    found: list[str] = _registry("releases")["earlier"]
    return found


def _environment(migrations: Path, **variables: object) -> jinja2.Environment:
    folder = _folder("sql")
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(folder),
        line_statement_prefix="--%",
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,
        autoescape=False,
    )
    environment.globals.update(
        version=__version__,
        errors=errors(),
        measures=_registry("measures"),
        **_registry("operators"),
        costs=costs(),
        revisions=[script.revision for script in _revisions(migrations)],
        **variables,
    )
    return environment


# Runs before anything else, on any connection: no name means something that another role has made.
PIN = "SET LOCAL search_path = pg_catalog, pg_temp"
# And where the transaction is ours: what others did while an installer waited for them is seen.
ISOLATION = "SET TRANSACTION ISOLATION LEVEL READ COMMITTED"


def _names() -> list[str]:
    return sorted({Path(name).stem for name in functions()})


def guard() -> str:
    """Return what runs before Alembic uses the version table, so that this runs nobody else's code."""
    return _environment(migrations_folder()).get_template("install/guard.sql").render()


def prepare(
    migrations: Path | None = None, *, extension: bool = False, since: str | None = None
) -> str:
    """Return what runs first: the search path, the lock, the checks, the schema, the version table."""
    environment = _environment(
        migrations or migrations_folder(), extension=extension, since=since, names=_names()
    )
    return environment.get_template("install/prepare.sql").render()


def functions() -> dict[str, str]:
    """The functions, applied whole after the last revision: file name to SQL text, in order."""
    environment = _environment(migrations_folder())
    return {
        name: environment.get_template(name).render()
        for name in sorted(environment.list_templates(extensions=["sql"]))
        if name.startswith(("api/", "internal/"))
    }


def replace() -> str:
    """Return what runs last: it drops private functions of earlier versions, and creates or replaces all."""
    texts = functions().values()
    signatures = [
        function.interface
        for text in texts
        for function in _functions.parse(text)
        if function.name.startswith("_")
    ]
    environment = _environment(migrations_folder(), signatures=signatures, names=_names())
    before, after = (
        environment.get_template(f"install/{name}.sql").render() for name in ("replace", "owners")
    )
    return "\n".join([before, *texts, after])


def _revision_steps(migrations: Path) -> Iterator[str]:
    """Each revision as a block that does nothing where it was done before."""
    for script in _revisions(migrations):
        output = io.StringIO()
        options: dict[str, Any] = {"as_sql": True, "output_buffer": output}
        with Operations.context(
            MigrationContext.configure(dialect_name="postgresql", opts=options)
        ):
            script.module.upgrade()
        if script.down_revision is None:
            pending = "NOT EXISTS (SELECT FROM vecs._migration)"
            note = f"INSERT INTO vecs._migration (version_num) VALUES ('{script.revision}');"
        else:
            pending = (
                f"EXISTS (SELECT FROM vecs._migration WHERE version_num = '{script.down_revision}')"
            )
            note = f"UPDATE vecs._migration SET version_num = '{script.revision}';"
        yield (
            f"-- Revision {script.revision}: {script.doc}\n"
            f"DO $revision$\nBEGIN\n    IF {pending} THEN\n"
            f"{output.getvalue().strip()}\n        {note}\n    END IF;\nEND\n$revision$;\n"
        )


def script(
    *,
    transaction: bool = True,
    migrations: Path | None = None,
    extension: bool = False,
    since: str | None = None,
) -> str:
    """The whole layer as one SQL file, for psql or any other client; it can be run again.

    Args:
        transaction: Wrap it in BEGIN and COMMIT; it must run in one transaction in any case.
        migrations: Another folder of revisions, for tests.
        extension: Make what CREATE EXTENSION runs.
        since: Refuse to run where the database does not have that version.
    """
    migrations = migrations or migrations_folder()
    parts = [
        prepare(migrations, extension=extension, since=since),
        *_revision_steps(migrations),
        replace(),
    ]
    if transaction and not extension:
        does = "installs or upgrades" if since is None else f"upgrades from {since}"
        parts = [
            f'-- vecs-sql {__version__}: {does} the schema "vecs". Run it with\n'
            "--   psql -v ON_ERROR_STOP=1 -f THIS_FILE DATABASE\n"
            "-- It needs PostgreSQL 15 or later with pgvector 0.8 or later"
            + (", and can be run again.\n" if since is None else ".\n"),
            "BEGIN ISOLATION LEVEL READ COMMITTED;\n",
            *parts,
            "COMMIT;\n",
        ]
    return "\n".join(parts)


# The layer without Python

_COMMENT = "Vector search: collections, upsert and filtered nearest-neighbour search as functions"
_CONTROL = f"""\
comment = '{_COMMENT}'
default_version = '{__version__}'
requires = 'vector'
schema = 'vecs'
relocatable = false
superuser = false
"""
_TLE = "$_vecs_tle_$"


def files() -> dict[str, str]:
    """All forms of the layer that need no Python to be installed: path to content.

    `vecs--X.sql` and `vecs--A--X.sql` (from version A) for psql, the same below `extension/` for CREATE EXTENSION, and
    below `pg_tle/` to be run by psql where only pg_tle brings extensions.
    """
    body = script(extension=True)
    found = {
        f"vecs--{__version__}.sql": script(),
        "extension/vecs.control": _CONTROL,
        f"extension/vecs--{__version__}.sql": _guarded(body, "CREATE EXTENSION vecs CASCADE"),
        f"pg_tle/vecs--{__version__}.sql": (
            f"BEGIN;\n{PIN};\nSELECT pgtle.install_extension(\n    'vecs', '{__version__}', '{_COMMENT}',\n"
            f"    {_TLE}\n{body}{_TLE},\n    ARRAY['vector'], 'vecs'\n);\nCOMMIT;\n"
        ),
    }
    for since in releases():
        name = f"vecs--{since}--{__version__}.sql"
        found |= {
            name: script(since=since),
            f"extension/{name}": _guarded(body, "ALTER EXTENSION vecs UPDATE"),
            f"pg_tle/{name}": (
                f"BEGIN;\n{PIN};\nSELECT pgtle.install_update_path(\n    'vecs', '{since}', '{__version__}',\n"
                f"    {_TLE}\n{body}{_TLE}\n);\n"
                f"SELECT pgtle.set_default_version('vecs', '{__version__}');\nCOMMIT;\n"
            ),
        }
    return found


def _guarded(body: str, statement: str) -> str:
    return f'\\echo Use "{statement}" to run this file. \\quit\n\n{body}'
