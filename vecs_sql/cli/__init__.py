"""The command `vecs-sql`. Each subcommand's module is loaded when the subcommand runs."""

from __future__ import annotations

import logging

import click

from vecs_sql._version import __version__
from vecs_sql.cli.group import LazyGroup

# In the order in which one meets them: where each is, and the first sentence of its help.
COMMANDS = {
    "install": ("layer:install", "Install the SQL layer into a database."),
    "upgrade": ("layer:upgrade", "Bring the SQL layer of a database to this package's version."),
    "check": (
        "layer:check",
        "Compare the SQL layer of a database with this package's; change nothing.",
    ),
    "render": (
        "layer:render_script",
        "Print the SQL layer as one file, to install it by psql without Python.",
    ),
    "collections": ("collections:list_collections", "List the collections."),
    "describe": (
        "collections:describe",
        "Show a collection: its dimension, rows, sizes and indexes.",
    ),
    "adopt": ("tables:adopt", "Turn an existing table into a collection, without copying a row."),
    "embed": (
        "tables:embed",
        "Embed the texts of rows that have no vector, in a table that was adopted.",
    ),
    "reembed": (
        "tables:reembed",
        "Give a collection the vectors of another model, while it is read and written.",
    ),
    "drop": ("collections:drop", "Drop collections with all their rows."),
    "index": ("indexes:index", "List, build and drop the indexes of a collection."),
    "advise": (
        "indexes:advise",
        "List what would make a collection safer, faster or smaller.",
    ),
    "load": ("load:load", "Load a file of records into a collection, all or nothing."),
    "export": ("rows:export", "Write the rows of a collection into a file."),
    "query": (
        "rows:query",
        "Search a collection by a vector, a text, words, or the id of a row.",
    ),
    "facet": ("rows:facet", "Count the rows of a collection by their values under a key."),
    "delete": ("rows:delete", "Delete rows by their ids, or those that match a filter."),
    "dump": ("dump:dump", "Dump collections into a file, for `vecs-sql restore`."),
    "restore": ("dump:restore", "Restore the collections of a dump, all or nothing."),
    "serve": ("serve:serve", "Run the embedded server until Ctrl-C."),
    "mcp": (
        "mcp:mcp",
        "Let language models search the collections, by the Model Context Protocol (MCP).",
    ),
    "demo": (
        "demo:demo",
        "Load dictionary glosses with their embeddings, and search them by meaning.",
    ),
}


@click.group(
    cls=LazyGroup,
    package=__name__,
    lazy_commands=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(__version__, prog_name="vecs-sql")
def main() -> None:
    """A vector store that is nothing but PostgreSQL.

    The commands use the embedded server, or the database that --url or the environment variable VECS_SQL_URL names,
    such as postgresql://user:password@host:5432/database. install, upgrade and check need a URL.
    """
    # The pool of psycopg logs lost connections, which the command's error reports anyway.
    logging.getLogger("psycopg").addHandler(logging.NullHandler())
