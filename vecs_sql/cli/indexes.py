"""The commands about the indexes of a collection."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any, TypeVar, get_args

import click
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from vecs_sql._protocol.indexes import MetadataIndexKind, PrecisionName
from vecs_sql.cli.collections import text_index, vector_index
from vecs_sql.cli.options import (
    as_json_option,
    ask,
    database,
    filter_option,
    open_client,
    open_collection,
    print_table,
    yes_option,
)
from vecs_sql.collection import IndexArgsHNSW, IndexArgsIVFFlat, IndexMeasure, IndexMethod

F = TypeVar("F", bound=Callable[..., Any])


def _key(ctx: click.Context, option: click.Parameter, text: str | None) -> str | list[str] | None:
    """Read a key of the metadata; a JSON list is the path of a nested value."""
    if text is None or not text.startswith("["):
        return text
    try:
        path = json.loads(text)
    except ValueError:
        return text
    return [str(key) for key in path]


@contextmanager
def _clock(title: str) -> Iterator[None]:
    """Show on a terminal for how long something goes on."""
    if not sys.stderr.isatty():
        yield
        return
    columns = SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn()
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        progress.add_task(title, total=None)
        yield


def _metadata_options(command: F) -> F:
    command = click.option(
        "--kind",
        type=click.Choice(get_args(MetadataIndexKind)),
        help="The filters that the index serves: comparisons, times, prefixes and patterns, or parts of words.",
    )(command)
    return click.option(
        "--metadata",
        "key",
        callback=_key,
        metavar="KEY",
        help='A key of the metadata, or a path: \'["author", "name"]\'.',
    )(command)


@click.group()
def index() -> None:
    """List, build and drop the indexes of a collection.

    \b
      vecs-sql index create docs
      vecs-sql index create docs --metadata year
      vecs-sql index create docs --text body
      vecs-sql index list docs
    """


@index.command("list")
@click.argument("collection")
@database
@as_json_option
def list_indexes(collection: str, url: str | None, data: Path | None, as_json: bool) -> None:
    """List the indexes on the vectors, on the metadata and on the words of texts.

    \b
      vecs-sql index list docs
    """
    with open_client(url, data) as client:
        described = open_collection(client, collection).describe()
    if as_json:
        for kind in ("vector", "metadata"):
            for found in described[f"{kind}_indexes"]:
                click.echo(json.dumps({"on": kind, **found}, ensure_ascii=False))
        if described.get("text_index"):
            click.echo(json.dumps({"on": "text", **described["text_index"]}, ensure_ascii=False))
        return
    table = Table()
    for heading in ("on", "name", "for", "MB"):
        table.add_column(heading, justify="right" if heading == "MB" else "left", overflow="fold")
    for found in described["vector_indexes"]:
        table.add_row("vector", found["name"], vector_index(found), f"{found['bytes'] / 1e6:,.1f}")
    for found in described["metadata_indexes"]:
        definition = " ".join(found["definition"].partition(" USING ")[2].split())
        table.add_row("metadata", found["name"], definition, f"{found['bytes'] / 1e6:,.1f}")
    if found := described.get("text_index"):
        table.add_row("text", found["name"], text_index(found), f"{found['bytes'] / 1e6:,.1f}")
    print_table(table)


@index.command()
@click.argument("collection")
@click.option(
    "--measure",
    type=click.Choice([measure.value for measure in IndexMeasure]),
    default=IndexMeasure.cosine_distance.value,
    show_default=True,
    help="The distance measure of the searches.",
)
@click.option(
    "--method",
    type=click.Choice([method.value for method in IndexMethod]),
    default=IndexMethod.auto.value,
    show_default=True,
    help="The method; auto is hnsw.",
)
@click.option(
    "--m",
    type=int,
    help="hnsw: the number of connections per row.  [default: 16 or 20, by the dimension]",
)
@click.option(
    "--ef-construction",
    type=int,
    help="hnsw: the size of the candidate list while building.  [default: 160, or twice m if that is more]",
)
@click.option("--lists", type=int, help="ivfflat: the number of lists.")
@click.option(
    "--precision",
    type=click.Choice(get_args(PrecisionName)),
    help="What the index holds of a vector: all of it, half-precision numbers (half the space), or signs."
    "  [default: the first that the dimension allows]",
)
@click.option(
    "--min-recall",
    type=click.FloatRange(0, 1),
    help="binary: the share of the nearest rows that the index must find.  [default: 0.9]",
)
@click.option(
    "--if-not-exists",
    is_flag=True,
    help="Leave a valid index as it is that has the method and the arguments which are named.",
)
@click.option(
    "--memory",
    help='Memory for the build, such as "2GB".  [default: what it needs, up to the server\'s shared_buffers]',
)
@click.option(
    "--concurrently",
    is_flag=True,
    help="Let writers go on during the build, which takes about twice as long.",
)
@filter_option
@_metadata_options
@click.option(
    "--text",
    "text_key",
    metavar="KEY",
    help="The key of the metadata with the texts, to search them for words (query --words and --hybrid).",
)
@click.option(
    "--config",
    metavar="NAME",
    help="--text: the text search configuration of PostgreSQL, such as german or simple; if rows are in"
    ' several languages, {"key": "lang", "default": "english"}.  [default: english]',
)
@database
def create(
    collection: str,
    measure: str,
    method: str,
    m: int | None,
    ef_construction: int | None,
    lists: int | None,
    precision: PrecisionName | None,
    min_recall: float | None,
    if_not_exists: bool,
    memory: str | None,
    concurrently: bool,
    filters: dict[str, Any] | None,
    key: str | list[str] | None,
    kind: MetadataIndexKind | None,
    text_key: str | None,
    config: str | None,
    url: str | None,
    data: Path | None,
) -> None:
    """Build an index on the vectors, with --metadata on a key of the metadata, or with --text on the words of texts.

    A new index on the vectors replaces the existing one; writers wait until it is built, unless it is built
    concurrently. With --filter only the rows that match are indexed, beside the index of all rows.

    A text index rewrites the table, and builds its other indexes again: create it before the index on the vectors.

    \b
      vecs-sql index create docs --measure l2_distance --m 32
      vecs-sql index create docs --precision half
      vecs-sql index create docs --concurrently
      vecs-sql index create docs --filter '{"tenant": "acme"}'
      vecs-sql index create docs --metadata published --kind time
      vecs-sql index create docs --text body --config german
    """
    if kind is not None and key is None:
        raise click.UsageError("--kind needs --metadata KEY.")
    if config is not None and text_key is None:
        raise click.UsageError("--config needs --text KEY.")
    if key is not None and text_key is not None:
        raise click.UsageError("--metadata and --text make indexes of different kinds.")
    if (key is not None or text_key is not None) and (
        concurrently or memory is not None or filters is not None
    ):
        raise click.UsageError(
            "--concurrently, --memory and --filter are for indexes on the vectors."
        )
    arguments: IndexArgsHNSW | IndexArgsIVFFlat | None = None
    if lists is not None:
        if m is not None or ef_construction is not None:
            raise click.UsageError(
                "--lists is for ivfflat; --m and --ef-construction are for hnsw."
            )
        arguments = IndexArgsIVFFlat(lists)
        method = IndexMethod.ivfflat.value if method == "auto" else method
    elif m is not None or ef_construction is not None:
        arguments = IndexArgsHNSW(m, ef_construction)
        method = IndexMethod.hnsw.value if method == "auto" else method
    with open_client(url, data) as client:
        docs = open_collection(client, collection)
        # A concurrent build has a progress bar of its own.
        with nullcontext() if concurrently else _clock(f"indexing {collection}"):
            if key is not None:
                name = docs.create_metadata_index(key, kind=kind or "value")
            elif text_key is not None:
                name = docs.create_text_index(text_key, config or "english")
            else:
                docs.create_index(
                    IndexMeasure(measure),
                    IndexMethod(method),
                    arguments,
                    precision=precision,
                    min_recall=min_recall,
                    if_not_exists=if_not_exists,
                    memory=memory,
                    concurrently=concurrently,
                    filters=filters,
                )
                name = next(
                    index["name"]
                    for index in docs.describe()["vector_indexes"]
                    if (index["measure"], index.get("filters", {})) == (measure, filters or {})
                )
        click.echo(f"{collection}: {name}")


@index.command("drop")
@click.argument("collection")
@click.option(
    "--measure",
    type=click.Choice([measure.value for measure in IndexMeasure]),
    help="Drop only the index for this measure; default: all on the vectors.",
)
@_metadata_options
@click.option("--text", is_flag=True, help="Drop the text index.")
@yes_option
@database
def drop_index(
    collection: str,
    measure: str | None,
    key: str | list[str] | None,
    kind: MetadataIndexKind | None,
    text: bool,
    yes: bool,
    url: str | None,
    data: Path | None,
) -> None:
    """Drop the indexes on the vectors, with --metadata those on a key of the metadata, or with --text the text index.

    \b
      vecs-sql index drop docs
      vecs-sql index drop docs --metadata year
      vecs-sql index drop docs --text
    """
    if (measure is not None) + (key is not None) + text > 1:
        raise click.UsageError("--measure, --metadata and --text name indexes of different kinds.")
    if kind is not None and key is None:
        raise click.UsageError("--kind needs --metadata KEY.")
    what = "the vectors" if key is None else f"the metadata's {json.dumps(key)}"
    what = "the words of texts" if text else what
    with open_client(url, data) as client:
        docs = open_collection(client, collection)
        ask(f'Drop the indexes of "{collection}" on {what}?', yes=yes)
        if key is not None:
            any_dropped = docs.drop_metadata_index(key, kind=kind)
        elif text:
            any_dropped = docs.drop_text_index()
        else:
            any_dropped = bool(docs.drop_index(None if measure is None else IndexMeasure(measure)))
        click.echo(f"{collection}: " + ("dropped." if any_dropped else "there was none."))


@click.command()
@click.argument("collection")
@as_json_option
@database
def advise(collection: str, url: str | None, data: Path | None, as_json: bool) -> None:
    """List what would make a collection safer, faster or smaller.

    Each finding has the statement that mends it, for psql, the most worthwhile first. Nothing is changed.

    \b
      vecs-sql advise docs
    """
    with open_client(url, data) as client:
        found = open_collection(client, collection).advise()
    if as_json:
        for one in found:
            click.echo(json.dumps(one._asdict()))
        return
    for one in found:
        click.echo(f"{one.severity}: {one.finding}\n    {one.statement}")
    if not found:
        click.echo(f"{collection}: there is nothing to advise.")
