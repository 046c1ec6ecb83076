"""The commands about tables that exist."""

from __future__ import annotations

from pathlib import Path

import click

from vecs_sql import exc
from vecs_sql.adapter import Adapter, TextEmbedding
from vecs_sql.cli.options import MODEL, database, open_client, progress_option


@click.command()
@click.argument("table")
@database
@click.option("--name", help="The collection's name; default: the table's.")
@click.option(
    "--id",
    "id_",
    metavar="COLUMN",
    help="The column that identifies a row; default: the primary key.",
)
@click.option(
    "--vec", metavar="COLUMN", help="The column of vectors; needed where there are several."
)
@click.option(
    "--metadata",
    metavar="COLUMN",
    help='A jsonb column whose keys are metadata; default: the one named "metadata".',
)
@click.option(
    "--field",
    "fields",
    multiple=True,
    metavar="COLUMN",
    help="A column that is metadata; may be repeated. Default: all others.",
)
def adopt(
    table: str,
    url: str | None,
    data: Path | None,
    name: str | None,
    id_: str | None,
    vec: str | None,
    metadata: str | None,
    fields: tuple[str, ...],
) -> None:
    """Turn an existing table into a collection, without copying a row.

    TABLE is a name as in SQL: mixed case is quoted, 'public."Items"'. Run it again after adding a column, to make the
    column a field; what you chose before stays.

    \b
      export VECS_SQL_URL=postgresql://user@host/database
      vecs-sql adopt public.items
      vecs-sql query items --vector '[0.1, 0.2]' --filter '{"price": {"$lt": 50}}'
    """
    with open_client(url, data) as client:
        items = client.adopt(
            table, name, id=id_, vec=vec, metadata=metadata, fields=list(fields) or None
        )
        described = items.describe()
    click.echo(f"{items.name}: table {described['table']}.")
    click.echo(f"Its fields: {', '.join(described['fields']) or 'none'}.")
    if described["rows_without_vector"]:
        click.echo(
            f"Rows without a vector: {described['rows_without_vector']:,}. "
            f"`vecs-sql embed {items.name}` embeds a column of texts."
        )


@click.command()
@click.argument("collection")
@database
@click.option(
    "--text",
    default="content",
    show_default=True,
    metavar="COLUMN",
    help="The column with the texts, or a key of the metadata column.",
)
@click.option("--model", default=MODEL, show_default=True, help="The model that embeds.")
@click.option(
    "--batch-size",
    type=click.IntRange(min=1),
    default=100,
    show_default=True,
    help="The rows to embed and commit at a time.",
)
@progress_option
def embed(
    collection: str,
    url: str | None,
    data: Path | None,
    text: str,
    model: str,
    batch_size: int,
    progress: bool | None,
) -> None:
    """Embed the texts of rows that have no vector, in a table that was adopted.

    Each batch is committed, so an interrupted run can simply be started again, and several may run at once.

    \b
      vecs-sql embed items --text content --url postgresql://user@host/database
    """
    with open_client(url, data) as client:
        adapter = Adapter([TextEmbedding(model=model, batch_size=batch_size)])
        try:
            items = client.open_collection(collection, adapter=adapter)
        except exc.CollectionNotFound as error:
            error.hint = "`vecs-sql adopt TABLE` makes a collection of a table."
            raise
        except exc.MismatchedDimension as error:
            error.hint = f"{model} gives other vectors; name the model of the column with --model."
            raise
        done = items.embed_missing(text, batch_size=batch_size, progress=progress)
        left = items.describe().get("rows_without_vector")
    click.echo(f"{collection}: {done:,} rows embedded.")
    if left:
        click.echo(
            f'Rows without a vector: {left:,}. Others embed them now, or they have no "{text}".'
        )
