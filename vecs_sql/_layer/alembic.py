"""Runs the script of the SQL layer for `alembic upgrade head`, with the revisions run by Alembic itself."""

from __future__ import annotations

import sys
from typing import Any

import psycopg
from psycopg.pq import TransactionStatus

from vecs_sql._layer import render
from vecs_sql._url import connect


class _PinnedCursor(psycopg.Cursor[Any]):
    """A cursor that pins the search path at the start of each transaction, before SQLAlchemy's own queries too."""

    def execute(self, *arguments: Any, **options: Any) -> _PinnedCursor:  # noqa: ANN401
        if self.connection.info.transaction_status == TransactionStatus.IDLE:
            super().execute(f"{render.ISOLATION}; {render.PIN}".encode())
        return super().execute(*arguments, **options)


def _connect(url: str) -> psycopg.Connection[Any]:
    connection = connect(url)
    connection.cursor_factory = _PinnedCursor
    return connection


def migrate_online(url: str) -> None:
    """Run an Alembic command on a database, for Alembic's environment file.

    `upgrade head` installs or upgrades the layer whole; other commands (`current`) only look.
    """
    import sqlalchemy
    from alembic import context

    engine = sqlalchemy.create_engine(
        "postgresql+psycopg://", creator=lambda: _connect(url), poolclass=sqlalchemy.NullPool
    )
    command = getattr(context.config.cmd_opts, "cmd", None)
    upgrading = command is not None and command[0].__name__ == "upgrade"
    try:
        with engine.begin() as connection:
            verbatim = connection.execution_options(no_parameters=True)
            verbatim.exec_driver_sql(render.prepare() if upgrading else render.guard())
            context.configure(
                connection=connection, version_table="_migration", version_table_schema="vecs"
            )
            with context.begin_transaction():
                context.run_migrations()
            if upgrading:
                verbatim.exec_driver_sql(render.replace())
    except sqlalchemy.exc.DBAPIError as error:
        # Show the database's message without the pages of SQL that SQLAlchemy adds.
        raise (error.orig or error) from None


def migrate_offline() -> None:
    """Print what `upgrade head` would run, for Alembic's environment file with --sql."""
    sys.stdout.write(render.script())
