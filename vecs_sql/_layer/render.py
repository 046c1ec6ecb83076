"""The SQL layer as one script, rendered from the Jinja templates in `sql/` and the revisions in `migrations/`."""

from __future__ import annotations

import functools
import io
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path, PurePosixPath
from typing import Any

import jinja2
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import Script, ScriptDirectory

from vecs_sql._layer import declarations, registries
from vecs_sql._version import __version__

_MIGRATIONS = registries.folder("migrations")

# Run first on any connection, so that no name resolves to an object that another role has made.
PIN = "SET LOCAL search_path = pg_catalog, pg_temp"
# Run where the transaction is ours, so that an installer sees what others commit while it waits for their locks.
ISOLATION = "SET TRANSACTION ISOLATION LEVEL READ COMMITTED"


def _revisions(migrations: Path) -> list[Script]:
    """Return the revisions, oldest first."""
    config = Config()
    config.set_main_option("script_location", str(migrations).replace("%", "%%"))
    return list(reversed(list(ScriptDirectory.from_config(config).walk_revisions())))


def revisions() -> list[str]:
    """Return the numbers of the revisions, oldest first."""
    return [script.revision for script in _revisions(_MIGRATIONS)]


def _environment(migrations: Path, **variables: object) -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(registries.folder("sql")),
        line_statement_prefix="--%",
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,
        autoescape=False,
    )
    environment.globals.update(
        version=__version__,
        errors=registries.errors(),
        measures=registries.read("measures"),
        **registries.read("operators"),
        costs=registries.costs(),
        chapters=registries.chapters(),
        revisions=[script.revision for script in _revisions(migrations)],
        **variables,
    )
    return environment


def _files() -> list[str]:
    """Return the files of the functions, in the order in which they are applied."""
    names = jinja2.FileSystemLoader(registries.folder("sql")).list_templates()
    return sorted(
        name for name in names if name.startswith(("api/", "internal/")) and name.endswith(".sql")
    )


def _names() -> list[str]:
    return sorted({Path(name).stem for name in _files()})


def guard() -> str:
    """Return the check to run before Alembic uses the version table: no trigger or rule of others is on it."""
    return _environment(_MIGRATIONS).get_template("install/check_version_table.sql").render()


def prepare(
    migrations: Path | None = None, *, extension: bool = False, since: str | None = None
) -> str:
    """Return the first part of the script: the search path, the lock, the checks, the schema, the version table."""
    environment = _environment(
        migrations or _MIGRATIONS, extension=extension, since=since, names=_names()
    )
    return environment.get_template("install/prepare.sql").render()


def functions() -> dict[str, str]:
    """Return the functions, which are applied whole after the last revision: file name to SQL text, in order."""
    return _functions(__version__)


@functools.cache
def _functions(version: str) -> dict[str, str]:
    environment = _environment(_MIGRATIONS)
    assert environment.globals["version"] == version
    return {name: environment.get_template(name).render() for name in _files()}


_HEADING = f"-- {'-' * 60}\n-- {{}}\n-- {'-' * 60}\n"


def replace() -> str:
    """Return the last part of the script: it drops obsolete private functions, and creates or replaces all others."""
    texts = functions()
    signatures = [
        function.interface
        for text in texts.values()
        for function in declarations.parse(text)
        if function.name.startswith("_")
    ]
    environment = _environment(_MIGRATIONS, signatures=signatures, names=_names())
    before, after = (
        environment.get_template(f"install/{name}.sql").render()
        for name in ("drop_obsolete", "check_owners")
    )
    parts = [before]
    for folder, names in groupby(texts, key=lambda name: str(PurePosixPath(name).parent)):
        parts += [_HEADING.format(folder), *(texts[name] for name in names)]
    return "\n".join([*parts, after])


def _revision_steps(migrations: Path) -> Iterator[str]:
    """Yield each revision as a block that does nothing where it was applied before."""
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
    """Return the whole layer as one script, for psql or any other client; it can be run again.

    Args:
        transaction: Wrap it in BEGIN and COMMIT; it must run in one transaction in any case.
        migrations: Another folder of revisions, for tests.
        extension: Make what CREATE EXTENSION runs.
        since: Refuse to run where the database does not have that version.
    """
    migrations = migrations or _MIGRATIONS
    parts = [
        prepare(migrations, extension=extension, since=since),
        *_revision_steps(migrations),
        replace(),
    ]
    if transaction and not extension:
        parts = [
            _environment(migrations, since=since).get_template("install/head.sql").render(),
            "BEGIN ISOLATION LEVEL READ COMMITTED;\n",
            *parts,
            "COMMIT;\n",
        ]
    return "\n".join(parts)
