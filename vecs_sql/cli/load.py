"""The command that loads files."""

from __future__ import annotations

import itertools
import reprlib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import click
import psycopg

from vecs_sql import exc
from vecs_sql._protocol.arguments import ElementType, RebuildIndex
from vecs_sql.adapter import Adapter, TextEmbedding
from vecs_sql.cli.files.readers import records
from vecs_sql.cli.files.records import Names, Records
from vecs_sql.cli.options import MODEL, database, open_client, progress_option
from vecs_sql.collection import Collection

# Ids looked for at a time.
_PAGE = 1000
# The values of --rebuild-index, and those of Collection.upsert.
_REBUILD: dict[str, RebuildIndex] = {"auto": "auto", "always": True, "never": False}


@click.command()
@click.argument("collection")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@database
@click.option(
    "--id", "id_", default="id", show_default=True, metavar="NAME", help="The column of ids."
)
@click.option(
    "--vec", default="vec", show_default=True, metavar="NAME", help="The column of vectors."
)
@click.option(
    "--text",
    metavar="NAME",
    help="The column of texts, which are embedded if the rows have no vectors.",
)
@click.option(
    "--metadata",
    default="metadata",
    show_default=True,
    metavar="NAME",
    help="The column of metadata objects; all other columns are metadata, too.",
)
@click.option(
    "--drop", multiple=True, metavar="NAME", help="A column to leave out; may be repeated."
)
@click.option(
    "--nan",
    type=click.Choice(["error", "null"]),
    default="error",
    show_default=True,
    help="What to do with NaN and infinity in the metadata: stop, or store null.",
)
@click.option(
    "--element-type",
    type=click.Choice(["vector", "halfvec"]),
    help="How a new collection stores vectors; default: the type of the file, or vector.",
)
@click.option("--embed", metavar="NAME", help="Like --text, but embed even if there are vectors.")
@click.option("--model", default=MODEL, show_default=True, help="The model that embeds.")
@click.option("--index/--no-index", default=False, help="Build a vector index at the end.")
@click.option(
    "--text-index",
    metavar="KEY",
    help="Make the texts under a key of the metadata searchable by their words, in English;"
    " `vecs-sql index create --text` has other languages.",
)
@click.option(
    "--rebuild-index",
    type=click.Choice(list(_REBUILD)),
    default="auto",
    show_default=True,
    help="Drop the vector indexes of the collection, and build them again at the end, while others wait; auto: if that"
    " takes less time, nobody uses the collection, and the file at least doubles its rows.",
)
@progress_option
def load(
    collection: str,
    files: tuple[str, ...],
    url: str | None,
    data: Path | None,
    id_: str,
    vec: str,
    text: str | None,
    metadata: str,
    drop: tuple[str, ...],
    nan: str,
    element_type: ElementType | None,
    embed: str | None,
    model: str,
    index: bool,
    text_index: str | None,
    rebuild_index: str,
    progress: bool | None,
) -> None:
    """Load a file of records into a collection, all or nothing.

    The collection is created if it does not exist. FILE is one of

    \b
      .jsonl or .ndjson  one JSON object per line
      .json              an array of objects, or one object per line
      .csv or .tsv       a table with a header
      .parquet           a table
      .npy and .jsonl    a matrix, and the ids and metadata of its rows
      -                  JSON lines from standard input

    Text files may be compressed: .gz, .bz2, .xz, .zst. The columns are "id", "vec" and "metadata"; every other column
    is metadata, too. If your columns have other names, pass options; a value within an object is written as
    body.data[0].embedding:

    \b
      vecs-sql load docs points.jsonl.gz --vec vector --metadata payload --index
      vecs-sql load docs articles.csv --text body --text-index body --index
    """
    if embed is not None and text not in (None, embed):
        raise click.UsageError("--embed and --text name one column.")
    names = Names(id_, vec, metadata, embed or text, drop, nan == "null")
    read = records(files, names, None if embed is None and text else embed is not None)
    with open_client(url, data) as client:
        existing: Collection | None = None
        with suppress(exc.CollectionNotFound):
            existing = client.open_collection(collection)
        rows = _Loaded(read)
        adapter, dimension = None, None
        if read.embeds:
            # Large batches: with more texts to choose from, those of like length are embedded together.
            adapter = Adapter([TextEmbedding(model=model, batch_size=256)])
        elif existing is None:
            dimension = rows.dimension()
            element_type = element_type or read.element_type
        docs = client.get_or_create_collection(
            collection, dimension=dimension, adapter=adapter, element_type=element_type
        )
        try:
            rows.look_into(docs)
            if text_index not in (None, (docs.describe().get("text_index") or {}).get("key")):
                docs.create_text_index(text_index, replace=False)  # costs least in an empty table
            docs.upsert(rows, rebuild_index=_REBUILD[rebuild_index], progress=progress)
        except BaseException:
            if existing is None:
                with suppress(
                    exc.VecsException, psycopg.Error
                ):  # the first error is the one to tell
                    if len(docs) == 0:
                        client.delete_collection(collection)
            raise
        total = len(docs)
        more = f"; {total:,} in all" if total != rows.rows else ""
        click.echo(f"{collection}: {rows.rows:,} rows, {rows.new:,} of them new{more}.")
        if index:
            docs.create_index(if_not_exists=True)
            click.echo(f"Its index: {docs.index}")
        elif docs.index is None:
            click.echo("It has no vector index; --index builds one.")


class _Loaded:
    """Records that are counted while they are read: how many rows they are, and how many of them are new.

    Others may write meanwhile, so the ids are looked up while they are read, not counted before and after. The rows of
    this load are not committed until the last is read, and do not count as existing.
    """

    def __init__(self, records: Records) -> None:
        self._records = iter(records)
        self._first = next(self._records, None)
        self._ids: set[str] = set()
        self._old = 0
        self._docs: Collection | None = None
        if hasattr(records, "num_rows"):
            self.num_rows = records.num_rows

    def look_into(self, docs: Collection) -> None:
        """Look up the ids in a collection, unless it is empty."""
        self._docs = docs if len(docs) else None

    @property
    def rows(self) -> int:
        """The number of rows that were loaded; an id that comes twice is one row."""
        return len(self._ids)

    @property
    def new(self) -> int:
        """The number of them that did not exist before."""
        return self.rows - self._old

    def dimension(self) -> int:
        """Return the dimension of the first vector, for a new collection."""
        if self._first is None:
            raise exc.ArgError(
                "the file has no rows", hint="A new collection has the dimension of its first row."
            )
        vector = self._first[1]
        if not hasattr(vector, "__len__") or isinstance(vector, str):
            raise exc.ArgError(
                f"the vector of the first row is no list: {reprlib.repr(vector)}",
                hint="Write a list of numbers: [0.1, 0.2].",
            )
        return len(vector)

    def __iter__(self) -> Iterator[Any]:
        page: list[str] = []
        first = [] if self._first is None else [self._first]
        for record in itertools.chain(first, self._records):
            yield record
            id_ = str(record[0])
            if id_ not in self._ids:
                self._ids.add(id_)
                page.append(id_)
            if len(page) == _PAGE:
                self._seek(page)
                page = []
        self._seek(page)

    def _seek(self, page: list[str]) -> None:
        if page and self._docs is not None:
            self._old += len(self._docs.existing_ids(page))
