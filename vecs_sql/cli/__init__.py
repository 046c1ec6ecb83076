"""The command `vecs-sql`."""

from __future__ import annotations

import logging

import click

from vecs_sql._version import __version__
from vecs_sql.cli import data, layer, server
from vecs_sql.cli.errors import Group


@click.group(cls=Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="vecs-sql")
def main() -> None:
    """A vector store that is nothing but PostgreSQL.

    URL is a database, such as postgresql://user:password@host:5432/database; it may also come from the
    environment variable VECS_SQL_URL.
    """
    # What psycopg's pool has to say of lost connections: the error tells it.
    logging.getLogger("psycopg").addHandler(logging.NullHandler())


for _command in (*layer.COMMANDS, *data.COMMANDS, *server.COMMANDS):
    main.add_command(_command)
