"""The commands about collections."""

from __future__ import annotations

import json
from pathlib import Path

import click
from rich.table import Table

from vecs_sql.cli.options import as_json_option, database, open_client, print_table


@click.command("collections")
@database
@as_json_option
def list_collections(url: str | None, data: Path | None, as_json: bool) -> None:
    """List the collections."""
    with open_client(url, data) as client:
        rows = client.describe_collections()
        indexes = {
            row.name: client.open_collection(row.name).describe()["vector_indexes"] for row in rows
        }
    if as_json:
        for name, dimension, element_type, count, size in rows:
            click.echo(
                json.dumps({
                    "name": name, "dimension": dimension, "element_type": element_type,
                    "approximate_count": count, "total_bytes": size, "indexes": indexes[name],
                })
            )  # fmt: skip
        return
    table = Table()
    for heading in ("name", "dimension", "type", "rows (about)", "MB", "vector indexes"):
        right = heading in ("dimension", "rows (about)", "MB")
        table.add_column(heading, justify="right" if right else "left", overflow="fold")
    for name, dimension, element_type, count, size in rows:
        described = [
            f"{index['measure']} ({index['method']})" + ("" if index["valid"] else ", not valid")
            for index in indexes[name]
        ]
        table.add_row(
            name, str(dimension), element_type, f"{count:,}", f"{size / 1e6:,.1f}", ", ".join(described)
        )  # fmt: skip
    print_table(table)
