"""Installing and upgrading the SQL layer: one text, sent by psycopg or by Alembic.

`install()` sends the rendered script; `alembic upgrade head` sends the same pieces and lets Alembic run the revisions.
"""

from __future__ import annotations

import sys
from typing import Any

import psycopg
from psycopg.rows import tuple_row

from vecs_sql import _sources, exc
from vecs_sql._connect import connect

# What the script sets until the end of the transaction, which may be the caller's.
_SETTINGS = ("search_path", "check_function_bodies")


def install(connection: psycopg.Connection[Any]) -> None:
    """Install the layer, or upgrade it, in one transaction (inside the caller's where there is one).

    Raises:
        exc.Unsupported: The server or pgvector is too old, or pgvector is missing.
        psycopg.errors.InsufficientPrivilege: The role may not create the schema, or does not own it.
    """
    script = _sources.script(transaction=False)
    try:
        with connection.transaction(), connection.cursor(row_factory=tuple_row) as cursor:
            cursor.execute("SELECT current_setting(%s), current_setting(%s)", _SETTINGS)
            before = cursor.fetchone() or ()
            cursor.execute(script.encode())
            for name, value in zip(_SETTINGS, before, strict=True):
                cursor.execute("SELECT set_config(%s, %s, true)", (name, value))
    except psycopg.Error as error:
        ours = exc.from_database(error)
        if ours is None:
            raise
        raise ours from error


def migrate_online(url: str) -> None:
    """Run an Alembic command on a database; called by Alembic's environment file.

    `upgrade head` installs or upgrades the layer whole; other commands (`current`) only look.
    """
    import sqlalchemy
    from alembic import context

    engine = sqlalchemy.create_engine(
        "postgresql+psycopg://", creator=lambda: connect(url), poolclass=sqlalchemy.NullPool
    )
    command = getattr(context.config.cmd_opts, "cmd", None)
    upgrading = command is not None and command[0].__name__ == "upgrade"
    try:
        with engine.begin() as connection:
            verbatim = connection.execution_options(no_parameters=True)
            if upgrading:
                verbatim.exec_driver_sql(_sources.prepare())
            context.configure(
                connection=connection, version_table="_migration", version_table_schema="vecs"
            )
            with context.begin_transaction():
                context.run_migrations()
            if upgrading:
                verbatim.exec_driver_sql("\n".join(_sources.functions().values()))
    except sqlalchemy.exc.DBAPIError as error:
        # What the database says, without the pages of SQL around it.
        raise (error.orig or error) from None


def migrate_offline() -> None:
    """Print what `upgrade head` would run; called by Alembic's environment file for --sql."""
    sys.stdout.write(_sources.script())
