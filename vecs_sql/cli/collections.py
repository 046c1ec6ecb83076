"""The commands about collections as a whole."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
from rich.table import Table

from vecs_sql.cli.options import (
    as_json_option,
    ask,
    database,
    open_client,
    open_collection,
    print_table,
    yes_option,
)


@click.command("collections")
@database
@as_json_option
def list_collections(url: str | None, data: Path | None, as_json: bool) -> None:
    """List the collections.

    \b
      vecs-sql collections --json
    """
    with open_client(url, data) as client:
        rows = client.describe_collections()
        indexes = {
            row.name: client.open_collection(row.name).describe()["vector_indexes"] for row in rows
        }
    if as_json:
        for row in rows:
            click.echo(json.dumps({**row._asdict(), "indexes": indexes[row.name]}))
        return
    table = Table()
    for heading in ("name", "dimension", "type", "rows (about)", "MB", "vector indexes"):
        right = heading in ("dimension", "rows (about)", "MB")
        table.add_column(heading, justify="right" if right else "left", overflow="fold")
    for name, dimension, element_type, count, size in rows:
        described = ", ".join(map(vector_index, indexes[name]))
        table.add_row(
            name,
            "any" if dimension == -1 else str(dimension),
            element_type,
            "no privilege" if count is None else f"{count:,}",
            f"{size / 1e6:,.1f}",
            described,
        )
    print_table(table)


def vector_index(index: dict[str, Any]) -> str:
    """Describe a vector index in a few words."""
    precision = "" if index["precision"] == "full" else f", {index['precision']} precision"
    valid = "" if index["valid"] else ", not valid"
    part = f", where {json.dumps(index['filters'])}" if "filters" in index else ""
    age = f", old: {index['age']}" if "age" in index else ""
    return f"{index['measure']} ({index['method']}){precision}{part}{valid}{age}"


def text_index(index: dict[str, Any]) -> str:
    """Describe a text index in a few words."""
    config = index["config"]
    if isinstance(config, dict):
        config = f"by {json.dumps(config['key'], ensure_ascii=False)}, or {config['default']}"
    return f"words of {json.dumps(index['key'], ensure_ascii=False)} ({config})"


@click.command()
@click.argument("collection")
@database
@as_json_option
def describe(collection: str, url: str | None, data: Path | None, as_json: bool) -> None:
    """Show a collection: its dimension, rows, sizes and indexes.

    \b
      vecs-sql describe docs
    """
    with open_client(url, data) as client:
        described = open_collection(client, collection).describe()
    if as_json:
        click.echo(json.dumps(described, ensure_ascii=False))
        return
    table = Table(show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    element_type, dimension, count = (
        described[key] for key in ("element_type", "dimension", "count")
    )
    about = "" if described["count_is_exact"] else "about "
    table.add_row("name", described["name"])
    table.add_row("vectors", element_type if dimension == -1 else f"{element_type}({dimension})")
    if "table" in described:
        table.add_row("table", described["table"])
        table.add_row("fields", ", ".join(described["fields"]) or "none")
    table.add_row(
        "rows", "unknown: SELECT is not granted" if count is None else f"{about}{count:,}"
    )
    if described.get("rows_without_vector"):
        table.add_row("without a vector", f"{described['rows_without_vector']:,}")
    table.add_row("size", f"{described['total_bytes'] / 1e6:,.1f} MB with its indexes")
    for index in described["vector_indexes"]:
        parameters = ", ".join(f"{name} = {value}" for name, value in index["parameters"].items())
        table.add_row("vector index", f"{index['name']}\n{vector_index(index)}, {parameters}")
    for index in described["metadata_indexes"]:
        table.add_row("metadata index", f"{index['name']}\n{' '.join(index['definition'].split())}")
    if index := described.get("text_index"):
        table.add_row("text index", f"{index['name']}\n{text_index(index)}")
    if described["row_level_security"]:
        table.add_row("row-level security", "enabled: a role may see only some of the rows")
    print_table(table)


@click.command()
@click.argument("collections", nargs=-1, required=True, metavar="COLLECTION...")
@yes_option
@database
def drop(collections: tuple[str, ...], yes: bool, url: str | None, data: Path | None) -> None:
    """Drop collections with all their rows. Of a table that was adopted the rows stay.

    \b
      vecs-sql drop docs --yes
    """
    with open_client(url, data) as client:
        opened = [open_collection(client, name) for name in dict.fromkeys(collections)]
        for docs in opened:
            table = docs.describe().get("table")
            rows = f"with its {len(docs):,} rows" if table is None else f"and leave table {table}"
            ask(f'Drop collection "{docs.name}" {rows}?', yes=yes)
        for docs in opened:
            client.delete_collection(docs.name)
            click.echo(f"{docs.name}: dropped.")
