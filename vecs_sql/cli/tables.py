"""The commands about tables and collections that exist, and their texts."""

from __future__ import annotations

from pathlib import Path

import click

from vecs_sql import exc
from vecs_sql.adapter import Adapter, TextEmbedding
from vecs_sql.cli.options import MODEL, database, open_client, open_collection, progress_option


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


@click.command()
@click.argument("collection")
@database
@click.option(
    "--text",
    default="text",
    show_default=True,
    metavar="KEY",
    help="The key of the metadata with the texts.",
)
@click.option("--model", default=MODEL, show_default=True, help="The model that embeds.")
@click.option(
    "--shadow", metavar="NAME", help="The collection to fill.  [default: COLLECTION_reembed]"
)
@click.option(
    "--batch-size",
    type=click.IntRange(min=1),
    default=100,
    show_default=True,
    help="The rows to embed and commit at a time.",
)
@click.option("--drop-old", is_flag=True, help="Drop the old collection at the end.")
@click.option(
    "--skip-missing",
    is_flag=True,
    help="Leave out rows that have no text; otherwise they are an error.",
)
@click.option(
    "--leave-dependents",
    is_flag=True,
    help="Leave with the old table what cannot be carried over: foreign keys, views, triggers, other columns;"
    " otherwise they are an error.",
)
@click.option(
    "--restart",
    is_flag=True,
    help="Begin anew, with another model, say, instead of going on where a run broke off.",
)
@click.option(
    "--min-recall",
    type=click.FloatRange(0, 1),
    default=0.9,
    show_default=True,
    help="The share of the nearest rows that the new indexes must find.",
)
@progress_option
def reembed(
    collection: str,
    url: str | None,
    data: Path | None,
    text: str,
    model: str,
    shadow: str | None,
    batch_size: int,
    drop_old: bool,
    skip_missing: bool,
    leave_dependents: bool,
    restart: bool,
    min_recall: float,
    progress: bool | None,
) -> None:
    """Give a collection the vectors of another model, while it is read and written.

    The texts are embedded into another collection, which gets the indexes of this one and takes its place at the end,
    with its privileges and policies. Until then nothing changes for searches, and from then on they need vectors of
    the new model. What others write meanwhile is carried over. An interrupted run can simply be started again: it goes
    on where it broke off. The old collection stays under the other name.

    \b
      vecs-sql reembed docs --text body --model all-mpnet-base-v2
      vecs-sql drop docs_reembed
    """
    with open_client(url, data) as client:
        docs = open_collection(client, collection)
        done = docs.reembed(
            Adapter([TextEmbedding(model=model, batch_size=batch_size)]),
            text,
            shadow=shadow,
            batch_size=batch_size,
            drop_old=drop_old,
            skip_missing=skip_missing,
            leave_dependents=leave_dependents,
            restart=restart,
            min_recall=min_recall,
            progress=progress,
        )
        dimension = docs.dimension
    click.echo(f"{collection}: {done.rows:,} rows of {dimension} dimensions.")
    click.echo(f"Texts embedded in this run: {done.embedded:,}.")
    if done.left_out:
        click.echo(f'Rows left out, without a text under "{text}": {done.left_out:,}.')
    if done.recall is not None:
        click.echo(f"Recall of the new indexes: {done.recall:.3f}.")
    if done.old is not None:
        click.echo(f"The old collection is {done.old}: `vecs-sql drop {done.old}` drops it.")
