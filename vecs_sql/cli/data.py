"""The commands about collections and what is in them."""

from __future__ import annotations

import itertools
import json
import math
import reprlib
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

import click
import psycopg
from click.core import ParameterSource
from rich.console import Console
from rich.table import Table

from vecs_sql import exc
from vecs_sql._progress import progress_bar
from vecs_sql._protocol import functions as _calls
from vecs_sql.adapter import Adapter, TextEmbedding
from vecs_sql.cli import export as _export
from vecs_sql.cli import files as _files
from vecs_sql.client import Client
from vecs_sql.collection import Collection, IndexMeasure, Record

F = TypeVar("F", bound=Callable[..., Any])

_MODEL = "all-MiniLM-L6-v2"
# Ids looked for at a time.
_PAGE = 1000


def _database(command: F) -> F:
    """The options that say where the database is."""
    command = click.option(
        "--data",
        type=click.Path(path_type=Path),
        help="The embedded server's data folder; default: the user's data directory.",
    )(command)
    return click.option(
        "--url", envvar="VECS_SQL_URL", help="The database; default: the embedded server."
    )(command)


def _object(ctx: click.Context, option: click.Parameter, text: str | None) -> Any:  # noqa: ANN401
    """A JSON object that was given as text."""
    try:
        found = None if text is None else json.loads(text)
    except ValueError as error:
        raise click.BadParameter(f"not JSON: {error}") from error
    if found is not None and not isinstance(found, dict):
        raise click.BadParameter('not a JSON object, such as \'{"year": {"$gte": 2012}}\'')
    return found


_filter: Callable[[F], F] = click.option(
    "--filter",
    "filters",
    callback=_object,
    metavar="JSON",
    help='A metadata filter, such as \'{"year": {"$gte": 2012}}\'.',
)
_as_json: Callable[[F], F] = click.option(
    "--json", "as_json", is_flag=True, help="Print JSON lines."
)
_progress: Callable[[F], F] = click.option(
    "--progress/--no-progress", default=None, help="Show a progress bar; default: on a terminal."
)


@contextmanager
def _client(url: str | None, data: Path | None) -> Iterator[Client]:
    if url is not None and data is not None:
        if click.get_current_context().get_parameter_source("url") != ParameterSource.ENVIRONMENT:
            raise click.UsageError("--url and --data exclude each other.")
        url = None
    with _ended_politely(), Client(url, data=data, max_limit=None) as client:
        yield client


@contextmanager
def _ended_politely() -> Iterator[None]:
    """Asked to end, a command takes back what it began, as it does for Ctrl-C."""
    before = signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _existing(client: Client, name: str) -> Collection:
    if client._dimension_of(name) is None:
        raise exc.CollectionNotFound(
            f'collection "{name}" does not exist', hint="`vecs-sql collections` lists them."
        )
    return client.get_or_create_collection(name)


@click.command()
@_database
@_as_json
def collections(url: str | None, data: Path | None, as_json: bool) -> None:
    """List the collections."""
    with _client(url, data) as client:
        rows = client._call(_calls.LIST_COLLECTIONS)
        indexes = {row[0]: Collection(row[0], row[1], client)._indexes() for row in rows}
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
    _print(table)


@click.command()
@click.argument("collection")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@_database
@click.option(
    "--id", "id_", default="id", show_default=True, metavar="NAME", help="The column of ids."
)
@click.option(
    "--vec", default="vec", show_default=True, metavar="NAME", help="The column of vectors."
)
@click.option(
    "--text",
    metavar="NAME",
    help="The column of texts, which are embedded where there are no vectors.",
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
    help="How a new collection stores vectors; default: as the file says, else vector.",
)
@click.option("--embed", metavar="NAME", help="As --text, also where there are vectors.")
@click.option("--model", default=_MODEL, show_default=True, help="The model that embeds.")
@click.option("--index/--no-index", default=False, help="Build an index when all is loaded.")
@_progress
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
    element_type: str | None,
    embed: str | None,
    model: str,
    index: bool,
    progress: bool | None,
) -> None:
    """Load a file of records into a collection, which is made where there is none; all or nothing.

    FILE is .jsonl (or .ndjson), .json (an array, or an object a line), .csv, .tsv or .parquet, with columns "id" and
    "vec" and, under "metadata" or all other names, the metadata; or a matrix (.npy) and the .jsonl of its rows; or -
    for JSON lines from standard input. Text may be compressed: .gz, .bz2, .xz, .zst. --id, --vec, --text and --metadata
    name other columns, those within objects as body.data[0].embedding:

      vecs-sql load docs points.jsonl.gz --vec vector --metadata payload --index

      vecs-sql load docs articles.csv --text body
    """
    if embed is not None and text not in (None, embed):
        raise click.UsageError("--embed and --text name one column.")
    names = _files.Names(id_, vec, metadata, embed or text, drop, nan == "null")
    read = _files.records(files, names, None if embed is None and text else embed is not None)
    with _client(url, data) as client:
        dimension = client._dimension_of(collection)
        new = dimension is None
        records = _Loaded(
            read, lambda ids: client._call(_IDS, {"collection": collection, "ids": ids})
        )
        if read.embeds:
            # Large batches: with more texts to choose from, those of like length are embedded together.
            adapter = Adapter([TextEmbedding(model=model, batch_size=256)])
            width = adapter.exported_dimension
        else:
            adapter, width = None, records.dimension() if new else dimension
        if new or element_type is not None:
            asked = element_type or read.element_type or "vector"
            created = {"name": collection, "dimension": width, "element_type": asked}
            client._call(_calls.CREATE_COLLECTION, {**created, "if_not_exists": True})
        docs = client.get_or_create_collection(collection, dimension=width, adapter=adapter)
        try:
            records.are_new = len(docs) == 0
            docs.upsert(records, progress=progress)
        except BaseException:
            if new:
                with suppress(
                    exc.VecsException, psycopg.Error
                ):  # the first error is the one to tell
                    if len(docs) == 0:
                        client.delete_collection(collection)
            raise
        total = len(docs)
        more = f"; {total:,} in all" if total != records.rows else ""
        click.echo(f"{collection}: {records.rows:,} rows, {records.new:,} of them new{more}.")
        if index:
            docs.create_index()
            click.echo(f"Its index: {docs.index}")
        elif docs.index is None:
            click.echo("It has no vector index; --index builds one.")


# Which of some ids there are.
_IDS = _calls.Function("fetch", {"collection": "text", "ids": "text[]"}, ("id",))


class _Loaded:
    """Records, counted as they are read: how many rows they make, and how many of those were not there before.

    Others may write meanwhile, so the ids that are there are looked for among those that were read. What this load has
    written is not committed until the last is read, and so not taken for what was there.

    Attributes:
        are_new: Whether the collection is empty, and nothing need be looked for.
    """

    def __init__(self, records: _files.Records, look: Callable[[list[str]], list[Any]]) -> None:
        self._records = iter(records)
        self._look = look
        self._first = next(self._records, None)
        self._ids: set[str] = set()
        self._old = 0
        self.are_new = False
        if hasattr(records, "num_rows"):
            self.num_rows = records.num_rows

    @property
    def rows(self) -> int:
        """How many rows were loaded: of an id that comes twice there is one."""
        return len(self._ids)

    @property
    def new(self) -> int:
        """How many of them were not there before."""
        return self.rows - self._old

    def dimension(self) -> int:
        """The dimension of the first vector, for a new collection."""
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
        if page and not self.are_new:
            self._old += len(self._look(page))


@click.command()
@click.argument("collection")
@click.argument("file")
@_database
@_filter
@click.option("--force", is_flag=True, help="Overwrite a .jsonl beside a .npy, whatever it is.")
@_progress
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

    FILE is .jsonl (or .ndjson), .csv or .tsv, perhaps compressed (.gz, .bz2, .xz, .zst after it); .parquet; or .npy,
    beside which a .jsonl of the same name has ids and metadata; - prints JSON lines.
    """
    with _client(url, data) as client:
        docs = _existing(client, collection)
        with progress_bar(f"exporting {collection}", docs.count(filters), progress) as advance:
            _export.export(
                docs, file, filters, advance, element_type=_element_type(docs), force=force
            )


def _element_type(docs: Collection) -> str:
    [(described,)] = docs.client._call(_calls.DESCRIBE_COLLECTION, {"collection": docs.name})
    return str(json.loads(described)["element_type"])


def _vector(ctx: click.Context, option: click.Parameter, text: str | None) -> Any:  # noqa: ANN401
    try:
        return None if text is None else json.loads(text)
    except ValueError as error:
        raise click.BadParameter("not a JSON list, such as '[0.1, 0.2, 0.3]'") from error


@click.command()
@click.argument("collection")
@click.option(
    "--vector", callback=_vector, metavar="JSON", help="Search with a vector: [0.1, 0.2]."
)
@click.option("--text", help="Search with the meaning of a text.")
@click.option("--id", "row_id", help="Search for the neighbours of a row.")
@_filter
@click.option(
    "--limit", default=10, show_default=True, type=click.IntRange(0), help="How many rows."
)
@click.option(
    "--measure",
    default=IndexMeasure.cosine_distance.value,
    show_default=True,
    type=click.Choice([measure.value for measure in IndexMeasure]),
    help="The distance measure.",
)
@click.option("--max-distance", type=float, help="Only rows at this distance or nearer.")
@click.option("--model", default=_MODEL, show_default=True, help="The model that embeds --text.")
@click.option("--explain", is_flag=True, help="Tell how the search is done, and why, as JSON.")
@_database
@_as_json
def query(
    collection: str,
    vector: Any,  # noqa: ANN401
    text: str | None,
    row_id: str | None,
    filters: dict[str, Any] | None,
    limit: int,
    measure: str,
    max_distance: float | None,
    model: str,
    explain: bool,
    url: str | None,
    data: Path | None,
    as_json: bool,
) -> None:
    """Search a collection: for a vector, a text, or a row's neighbours.

    vecs-sql query docs --text "a small domestic cat" --filter '{"pos": "noun"}'
    """
    if sum(given is not None for given in (vector, text, row_id)) != 1:
        raise click.UsageError("Give one of --vector, --text and --id.")
    named: dict[str, Any] = {
        "limit": limit, "filters": filters, "measure": measure, "max_distance": max_distance,
    }  # fmt: skip
    with _client(url, data) as client:
        docs = _existing(client, collection)
        if text is not None:
            [(_, vector, _)] = TextEmbedding(model=model)([("", text, None)], "query")  # type: ignore[arg-type]
        if explain:
            if row_id is not None:
                vector = _row(docs, row_id).vec
            click.echo(json.dumps(docs.explain(vector, **named), indent=2, ensure_ascii=False))
            return
        named |= {"include_value": True, "include_metadata": True}
        search, sought = (docs.query, vector) if row_id is None else (docs.query_by_id, row_id)
        rows = search(sought, **named)
    if as_json:
        _files.speak_utf8(sys.stdout)
        for row in rows:
            named = row._asdict()
            if math.isnan(row[1]):  # to a vector of zeros, which JSON has no number for
                named[row._fields[1]] = None
            click.echo(json.dumps(named, ensure_ascii=False))
    else:
        _print(_results(rows))


def _row(docs: Collection, row_id: str) -> Record:
    rows = docs.fetch([row_id])
    if not rows:
        raise exc.ArgError(f'collection "{docs.name}" has no row "{row_id}"')
    return rows[0]


def _results(rows: list[Any]) -> Table:
    table = Table()
    table.add_column("distance", justify="right", no_wrap=True)
    table.add_column("id", overflow="fold")
    table.add_column("metadata", overflow="fold")
    for id_, distance, metadata in rows:
        table.add_row(f"{distance:.4f}", id_, json.dumps(metadata, ensure_ascii=False))
    return table


def _print(table: Table) -> None:
    Console(highlight=False, markup=False, width=None if sys.stdout.isatty() else 110).print(table)


COMMANDS = (collections, load, export, query)
