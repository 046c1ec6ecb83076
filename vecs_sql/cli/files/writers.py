"""Rows of a collection into files, of the forms that `readers` reads."""

from __future__ import annotations

import csv
import io
import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import numpy as np

from vecs_sql import exc
from vecs_sql._protocol.arrow import arrow_schema, pyarrow
from vecs_sql.cli.files.forms import COMPRESSIONS, LINES, compressed, form, speak_utf8

if TYPE_CHECKING:
    from vecs_sql.collection import Collection

_Filters = dict[str, Any] | None
_Advance = Callable[[int], None]


def export(
    collection: Collection,
    file: str,
    filters: _Filters,
    advance: _Advance,
    *,
    element_type: str = "vector",
    force: bool = False,
) -> None:
    """Write the rows of a collection, in the order of their ids, page by page.

    A .npy has the vectors, and a .jsonl beside it, of the same name, ids and metadata. Vectors of a halfvec collection
    are float16 there and in Parquet, by which `vecs-sql load` knows them.

    Args:
        collection: The collection.
        file: The path; "-" is JSON lines on standard output.
        filters: A metadata filter.
        advance: Is told how many rows were written.
        element_type: vector or halfvec, that of the collection.
        force: Overwrite a .jsonl beside a .npy, whatever it is.

    Raises:
        exc.ArgError: The file is of no known form; the .jsonl beside a .npy is not of an earlier export.
    """
    path = Path(file)
    ending, compression = form(path)
    half = element_type == "halfvec"
    if file == "-":
        speak_utf8(sys.stdout)
        _write_lines(sys.stdout, collection, filters, advance)
    elif ending in LINES:
        with _text(path) as text:
            _write_lines(text, collection, filters, advance)
    elif ending in (".csv", ".tsv"):
        with _text(path, newline="") as text:
            _write_csv(text, collection, filters, advance, "\t" if ending == ".tsv" else ",")
    elif ending == ".parquet" and not compression:
        _write_parquet(path, collection, filters, advance, half)
    elif ending == ".npy" and not compression:
        _write_npy(path, collection, filters, advance, half, force)
    else:
        raise exc.ArgError(
            f"{path} is of no known form",
            hint=f"Files end in {', '.join(LINES)}, .csv or .tsv, perhaps in {', '.join(COMPRESSIONS)} after it, "
            "in .parquet or .npy; - is JSON lines.",
        )


@contextmanager
def _whole(path: Path) -> Iterator[Path]:
    """Yield a name to write to. The file gets its own name when it is complete."""
    path = path.resolve()  # behind a link
    if path.exists() and not path.is_file():  # a pipe, a device
        yield path
        return
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        yield partial
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


@contextmanager
def _text(path: Path, newline: str | None = None) -> Iterator[TextIO]:
    """Open a file to write text to, compressed as its name says."""
    with _whole(path) as partial, partial.open("wb") as file:
        binary = compressed(file, path)
        with io.TextIOWrapper(binary, encoding="utf-8", newline=newline) as text:
            yield text


def _write_lines(
    file: TextIO, collection: Collection, filters: _Filters, advance: _Advance
) -> None:
    for row in collection.scan(filters):
        document = {"id": row.id, "vec": row.vec.tolist(), "metadata": row.metadata}
        json.dump(document, file, ensure_ascii=False)
        file.write("\n")
        advance(1)


def _write_csv(
    file: TextIO, collection: Collection, filters: _Filters, advance: _Advance, delimiter: str
) -> None:
    writer = csv.writer(file, delimiter=delimiter)
    writer.writerow(["id", "vec", "metadata"])
    for row in collection.scan(filters):
        metadata = json.dumps(row.metadata, ensure_ascii=False)
        writer.writerow([row.id, json.dumps(row.vec.tolist()), metadata])
        advance(1)


def _write_parquet(
    path: Path, collection: Collection, filters: _Filters, advance: _Advance, half: bool
) -> None:
    pa = pyarrow()
    from pyarrow import parquet

    schema = arrow_schema(collection.dimension)
    if half:
        schema = schema.set(1, pa.field("vec", pa.list_(pa.float16(), collection.dimension)))
    with _whole(path) as partial, parquet.ParquetWriter(partial, schema) as writer:
        for batch in collection.arrow_batches(filters, page_size=5000):
            writer.write_table(pa.Table.from_batches([batch]).cast(schema))
            advance(batch.num_rows)


def _write_npy(
    path: Path,
    collection: Collection,
    filters: _Filters,
    advance: _Advance,
    half: bool,
    force: bool,
) -> None:
    lines = path.with_suffix(".jsonl")
    if not force:
        _check_beside(path, lines)
    columns = collection.to_numpy(filters)
    with _whole(path) as partial, _whole(lines) as partial_lines:
        with partial.open("wb") as file:
            np.save(file, columns.matrix.astype(np.float16) if half else columns.matrix)
        with partial_lines.open("w", encoding="utf-8") as text:
            for id_, metadata in zip(columns.ids, columns.metadata, strict=True):
                json.dump({"id": id_, "metadata": metadata}, text, ensure_ascii=False)
                text.write("\n")
                advance(1)


def _check_beside(path: Path, lines: Path) -> None:
    """Refuse to overwrite the .jsonl, which was not named, unless an earlier export has written it."""
    if not lines.is_file() or lines.stat().st_size == 0:
        return
    with lines.open("rb") as file:
        first = file.readline()
    try:
        is_ours = path.exists() and json.loads(first).keys() == {"id", "metadata"}
    except (ValueError, AttributeError):
        is_ours = False
    if not is_ours:
        raise exc.ArgError(
            f"{lines} exists and is not of an earlier export of {path.name}",
            hint=f"The ids and the metadata would be written there: choose another name than {path.name}, "
            "or overwrite it with --force.",
        )
