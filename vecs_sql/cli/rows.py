"""The commands about the rows of a collection."""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path
from typing import Any, get_args

import click
from rich.table import Table

from vecs_sql import exc
from vecs_sql._progress import progress_bar
from vecs_sql._protocol.search import Match
from vecs_sql.adapter import TextEmbedding
from vecs_sql.cli.files import writers
from vecs_sql.cli.files.forms import speak_utf8
from vecs_sql.cli.options import (
    MODEL,
    as_json_option,
    ask,
    database,
    filter_option,
    open_client,
    open_collection,
    print_table,
    progress_option,
    yes_option,
)
from vecs_sql.collection import Collection, IndexMeasure, QueryRow, Record


@click.command()
@click.argument("collection")
@click.argument("file")
@database
@filter_option
@click.option(
    "--force",
    is_flag=True,
    help="Overwrite the .jsonl file beside an .npy file, even if no export wrote it.",
)
@progress_option
def export(
    collection: str,
    file: str,
    url: str | None,
    data: Path | None,
    filters: dict[str, Any] | None,
    force: bool,
    progress: bool | None,
) -> None:
    """Write the rows of a collection into a file.

    FILE ends in .jsonl, .ndjson, .csv or .tsv, and then .gz, .bz2, .xz or .zst to compress it; in .parquet; or in .npy,
    for which the ids and metadata go to a .jsonl file of the same name. - prints JSON lines.

    \b
      vecs-sql export docs docs.parquet
      vecs-sql export docs - --filter '{"year": {"$gte": 2012}}'
    """
    with open_client(url, data) as client:
        docs = open_collection(client, collection)
        with progress_bar(f"exporting {collection}", docs.count(filters), progress) as advance:
            writers.export(
                docs,
                file,
                filters,
                advance,
                element_type=docs.describe()["element_type"],
                force=force,
            )


def _vector(ctx: click.Context, option: click.Parameter, text: str | None) -> Any:  # noqa: ANN401
    try:
        return None if text is None else json.loads(text)
    except ValueError as error:
        raise click.BadParameter("not a JSON list, such as '[0.1, 0.2, 0.3]'") from error


@click.command()
@click.argument("collection")
@click.option("--vector", callback=_vector, metavar="JSON", help="Search by a vector: [0.1, 0.2].")
@click.option("--text", help="Search by the meaning of a text.")
@click.option("--words", help="Search for the words of a text; needs a text index.")
@click.option("--hybrid", help="Search by the meaning and the words of a text together.")
@click.option(
    "--match",
    type=click.Choice(get_args(Match)),
    default="any",
    show_default=True,
    help='--words, --hybrid: find any of the words, or all; web understands "a phrase", -without, and or.',
)
@click.option("--id", "row_id", help="Search for the nearest neighbours of a row.")
@filter_option
@click.option(
    "--limit", default=10, show_default=True, type=click.IntRange(0), help="How many rows."
)
@click.option(
    "--skip", default=0, type=click.IntRange(0), help="Leave out so many of the nearest rows."
)
@click.option(
    "--measure",
    default=IndexMeasure.cosine_distance.value,
    show_default=True,
    type=click.Choice([measure.value for measure in IndexMeasure]),
    help="The distance measure.",
)
@click.option("--max-distance", type=float, help="Only rows at this distance or nearer.")
@click.option(
    "--group-by",
    metavar="KEY",
    help="Find the nearest groups of rows with the same value under a key, each by its nearest row.",
)
@click.option("--mmr", is_flag=True, help="Find rows that are near, but unlike each other.")
@click.option(
    "--model", default=MODEL, show_default=True, help="The model that embeds --text and --hybrid."
)
@click.option(
    "--explain", is_flag=True, help="Report how the search is executed, and why, as JSON."
)
@database
@as_json_option
def query(
    collection: str,
    vector: Any,  # noqa: ANN401
    text: str | None,
    words: str | None,
    hybrid: str | None,
    match: str,
    row_id: str | None,
    filters: dict[str, Any] | None,
    limit: int,
    skip: int,
    measure: str,
    max_distance: float | None,
    group_by: str | None,
    mmr: bool,
    model: str,
    explain: bool,
    url: str | None,
    data: Path | None,
    as_json: bool,
) -> None:
    """Search a collection by a vector, a text, words, or the id of a row.

    \b
      vecs-sql query docs --text "someone who writes books" --filter '{"pos": "noun"}'
      vecs-sql query docs --hybrid "books by Zola" --limit 5
      vecs-sql query docs --words '"detective novel" -film' --match web
      vecs-sql query chunks --text "how to begin" --group-by document
      vecs-sql query docs --vector "[0.1, 0.2, 0.3]" --limit 3 --json
    """
    if sum(given is not None for given in (vector, text, words, hybrid, row_id)) != 1:
        raise click.UsageError("Give one of --vector, --text, --words, --hybrid and --id.")
    has_words = words is not None or hybrid is not None
    if has_words and (explain or max_distance is not None):
        raise click.UsageError("--explain and --max-distance are for searches without words.")
    if (group_by is not None or mmr) and (has_words or row_id is not None or explain or skip):
        raise click.UsageError(
            "--group-by and --mmr go with --vector or --text, without --skip and --explain."
        )
    if group_by is not None and mmr:
        raise click.UsageError("--group-by and --mmr exclude each other.")
    named: dict[str, Any] = {"limit": limit, "filters": filters}
    if group_by is None and not mmr:
        named["skip"] = skip
    if words is None:
        named["measure"] = measure
    if not has_words:
        named["max_distance"] = max_distance
    embedded = text if text is not None else hybrid
    with open_client(url, data) as client:
        docs = open_collection(client, collection)
        if embedded is not None:
            vector = TextEmbedding(model=model).embed_query(embedded)
        if explain:
            if row_id is not None:
                vector = _row(docs, row_id).vec
            click.echo(json.dumps(docs.explain(vector, **named), indent=2, ensure_ascii=False))
            return
        named |= {"include_value": True, "include_metadata": True}
        rows: list[QueryRow]
        if words is not None or hybrid is not None:
            named["match"] = match
            try:
                rows = (
                    docs.text_query(words, **named)
                    if words is not None
                    else docs.hybrid_query(str(hybrid), vector, **named)
                )
            except exc.IndexNotFound as error:
                error.hint = f"`vecs-sql index create {collection} --text KEY` makes one."
                raise
        elif row_id is not None:
            rows = docs.query_by_id(row_id, **named)
        elif mmr:
            rows = docs.query_mmr(vector, **named)
        elif group_by is None:
            rows = docs.query(vector, **named)
        else:
            # A group is shown by its nearest row, whose metadata has the group's value.
            found = docs.query_groups(vector, group_by, **named)
            rows = [group.rows[0] for group in found]
    if as_json:
        speak_utf8(sys.stdout)
        for row in rows:
            # A distance to a vector of zeros is NaN, which JSON has no number for.
            fields = {
                name: None if isinstance(value, float) and math.isnan(value) else value
                for name, value in row._asdict().items()
            }
            click.echo(json.dumps(fields, ensure_ascii=False))
    elif rows:
        print_table(_results(rows))
    else:
        click.echo("No rows.", err=True)


def _row(docs: Collection, row_id: str) -> Record:
    rows = docs.fetch([row_id])
    if not rows:
        raise exc.ArgError(f'collection "{docs.name}" has no row "{row_id}"')
    return rows[0]


def _results(rows: list[QueryRow]) -> Table:
    """Return a table of rows with all the values that their search gives them."""
    values = [name for name in rows[0]._fields if name not in ("id", "metadata")]
    table = Table()
    for name in values:
        table.add_column(name.replace("_", " "), justify="right", no_wrap=True)
    table.add_column("id", overflow="fold")
    table.add_column("metadata", overflow="fold")
    for row in rows:
        numbers = [getattr(row, name) for name in values]
        table.add_row(
            *("" if number is None else f"{number:.4f}" for number in numbers),
            row.id,
            json.dumps(row.metadata, ensure_ascii=False),
        )
    return table


@click.command()
@click.argument("collection")
@click.argument("key")
@filter_option
@click.option(
    "--limit", default=10, show_default=True, type=click.IntRange(0), help="How many values."
)
@database
@as_json_option
def facet(
    collection: str,
    key: str,
    filters: dict[str, Any] | None,
    limit: int,
    url: str | None,
    data: Path | None,
    as_json: bool,
) -> None:
    """Count the rows of a collection by their values under a key.

    The most frequent values come first. Each element of a list is a value of its own.

    \b
      vecs-sql facet docs pos
      vecs-sql facet docs tags --filter '{"year": {"$gte": 2012}}' --limit 20
    """
    with open_client(url, data) as client:
        found = open_collection(client, collection).facet(key, filters, limit)
    if as_json:
        speak_utf8(sys.stdout)
        for row in found:
            click.echo(json.dumps(row._asdict(), ensure_ascii=False))
        return
    table = Table()
    table.add_column("rows", justify="right", no_wrap=True)
    table.add_column("value", overflow="fold")
    for value, number in found:
        shown = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        table.add_row(f"{number:,}", shown)
    print_table(table)


@click.command()
@click.argument("collection")
@click.option("--id", "ids", multiple=True, metavar="ID", help="A row; may be repeated.")
@filter_option
@yes_option
@database
def delete(
    collection: str,
    ids: tuple[str, ...],
    filters: dict[str, Any] | None,
    yes: bool,
    url: str | None,
    data: Path | None,
) -> None:
    """Delete rows by their ids, or those that match a filter.

    \b
      vecs-sql delete docs --id a --id b
      vecs-sql delete docs --filter '{"year": {"$lt": 2000}}' --yes
    """
    if bool(ids) == bool(filters):
        raise click.UsageError("Give either --id or a --filter that is not empty.")
    with open_client(url, data) as client:
        docs = open_collection(client, collection)
        found = len(docs.existing_ids(ids)) if ids else docs.count(filters)
        if found:
            ask(f'Delete {found:,} of the {len(docs):,} rows of "{collection}"?', yes=yes)
        deleted = docs.delete(ids or None, filters)
        click.echo(f"{collection}: {len(deleted):,} rows deleted.")
