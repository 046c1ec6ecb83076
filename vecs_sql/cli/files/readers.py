"""Rows out of files: JSON lines, JSON, CSV, Parquet, and a NumPy matrix beside JSON lines."""

from __future__ import annotations

import csv
import itertools
import json
import math
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, TextIO

import numpy as np

from vecs_sql import exc
from vecs_sql._ingest import arrow as _arrow
from vecs_sql._protocol.arguments import ElementType
from vecs_sql._protocol.arrow import pyarrow
from vecs_sql.cli.files.forms import (
    COMPRESSIONS,
    FORMS,
    LINES,
    form,
    open_text,
    readable,
    speak_utf8,
)
from vecs_sql.cli.files.records import HINT, Names, Records, Rows

_ARRAY = "This is a JSON array: name the file .json."


def records(files: tuple[str, ...], names: Names, embeds: bool | None) -> Records:
    """Return the records of a file, or of a matrix and a file of JSON lines.

    Args:
        files: The paths, or "-".
        names: Where the parts of a row are.
        embeds: Whether texts are to be embedded; None: where the first row has no vector.

    Raises:
        exc.ArgError: A file is of no known form; a row that cannot be read, when it is read.
        OSError: There is no such file.
    """
    paths = [Path(file) for file in files]
    matrices = [path for path in paths if form(path)[0] == ".npy"]
    lines = [path for path in paths if form(path)[0] in LINES]
    if len(paths) == 2 and len(matrices) == len(lines) == 1:
        return Records(_matrix(matrices[0], lines[0], names), names, embeds)
    if len(files) != 1:
        raise exc.ArgError(
            "only a matrix (.npy) and its rows (.jsonl) can be loaded together",
            hint="Load other files one after the other.",
        )
    [path] = paths
    if files == ("-",):
        return Records(Rows(None, _standard_input), names, embeds)
    path.stat()  # says what is wrong before anything else does
    return Records(_reader(path)(path, names), names, embeds)


def _reader(path: Path) -> Callable[[Path, Names], Rows]:
    readers = {".json": _json, ".csv": _csv, ".tsv": _csv, ".parquet": _parquet}
    readers |= dict.fromkeys(LINES, _jsonl)
    ending, compression = form(path)
    if ending == ".parquet" and compression:
        raise exc.ArgError(
            f"{path} is compressed", hint="A Parquet file is compressed within: unpack it first."
        )
    if ending not in readers:
        raise exc.ArgError(
            f"{path} is of no known form",
            hint=f"Files end in {', '.join(FORMS[:-1])}, those of text perhaps in {', '.join(COMPRESSIONS)} after it; "
            "a .npy is loaded together with a .jsonl.",
        )
    return readers[ending]


def _count_lines(path: Path) -> int | None:
    """Count the lines; None if they can be read only once, or are compressed."""
    if not path.is_file() or form(path)[1]:
        return None
    with path.open("rb") as file:
        return sum(chunk.count(b"\n") for chunk in iter(lambda: file.read(1 << 20), b""))


def _json_lines(file: Iterable[str], name: str) -> Iterator[dict[str, Any]]:
    for number, line in enumerate(file, 1):
        line = line.removeprefix("\ufeff").strip()
        if not line:
            continue
        is_array = number == 1 and line.startswith("[")
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise exc.ArgError(
                f"{name}, line {number}, is not JSON: {error}",
                hint=_ARRAY
                if is_array
                else "Each line is an object; an array of them is a file that ends in .json.",
            ) from error
        if not isinstance(row, dict):
            raise exc.ArgError(
                f"{name}, line {number}, is not a JSON object", hint=_ARRAY if is_array else HINT
            )
        yield row


def _standard_input() -> Iterator[dict[str, Any]]:
    speak_utf8(sys.stdin)
    with readable("standard input"):
        yield from _json_lines(sys.stdin, "standard input")


def _jsonl(path: Path, names: Names) -> Rows:
    def read() -> Iterator[dict[str, Any]]:
        with open_text(path) as file:
            yield from _json_lines(file, path.name)

    return Rows(_count_lines(path), read)


def _json(path: Path, names: Names) -> Rows:
    """Read an array of objects, which must fit in memory, or one object a line."""

    def read() -> Iterator[dict[str, Any]]:
        with open_text(path) as file:
            start = next((line for line in file if line.strip()), "")
            if not start.lstrip().startswith("["):
                yield from _json_lines(itertools.chain([start], file), path.name)
                return
            try:
                rows = json.loads(start + file.read())
            except RecursionError as error:
                raise ValueError(str(error)) from error
        for number, row in enumerate(rows, 1):
            if not isinstance(row, dict):
                raise exc.ArgError(f"{path.name}, element {number}, is not an object", hint=HINT)
            yield row

    return Rows(None, read)


def _csv(path: Path, names: Names) -> Rows:
    """Read a table. A value that is JSON, such as a number, a list or an object, is read as that; any other is text.

    Ids and the texts to embed are texts as they stand.
    """
    as_they_are = (names.id, names.text)

    def read() -> Iterator[dict[str, Any]]:
        csv.field_size_limit(2**31 - 1)  # a vector of 8,000 numbers is longer than the default
        with open_text(path, newline="") as file:
            lines, delimiter = _delimited(path, file, names)
            reader = csv.reader(lines, delimiter=delimiter, strict=True)
            rows.columns = header = next(reader, [])
            nameless = [number for number, name in enumerate(header) if not name]
            if "" in (names.id, names.vec, names.metadata, names.text, *names.drop):
                nameless = []
            twice = {name for name in header if (name or names.id == "") and header.count(name) > 1}
            if twice:
                raise exc.ArgError(
                    f"{path.name} has two columns of one name: {', '.join(sorted(twice))}",
                    hint="Rename one of them.",
                )
            for number, values in enumerate(filter(None, reader), 1):
                if len(values) != len(header):
                    raise exc.ArgError(
                        f"{path.name}, row {number} (line {reader.line_num}), has {len(values)} values, "
                        f"and the header {len(header)} names",
                        hint=f"Columns are taken to be separated by {delimiter!r}; "
                        "a value that has that in it stands in double quotes.",
                    )
                # An empty one is no loss: lines may end in a comma.
                if (column := next(filter(values.__getitem__, nameless), None)) is not None:
                    raise exc.ArgError(
                        f"{path.name}: column {column + 1} has no name",
                        hint="Name it in the header, or leave it out with --drop '', or take it for the ids with"
                        " --id ''. It may be the index that pandas writes: to_csv(index=False) does not.",
                    )
                yield {
                    name: value if name in as_they_are else _value(value, names)
                    for name, value in zip(header, values, strict=True)
                    if value != ""
                }

    lines = _count_lines(path)
    rows = Rows(None if lines is None else lines - 1, read)
    return rows


def _delimited(path: Path, file: TextIO, names: Names) -> tuple[Iterator[str], str]:
    """Return the lines of a table and its delimiter: one by which the header has the id, or has most columns."""
    first = file.readline()
    said = re.fullmatch(r'"?sep=(.)"?\s*', first)  # as Excel may have it
    if said:
        return file, said[1]
    if form(path)[0] == ".tsv":
        return itertools.chain([first], file), "\t"
    found = {}
    for delimiter in ",;\t|":
        found[delimiter] = next(csv.reader([first], delimiter=delimiter), [])
    best = max(found, key=lambda one: (names.id in found[one], len(found[one])))
    return itertools.chain([first], file), best


def _value(text: str, names: Names) -> Any:  # noqa: ANN401
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return text
    if isinstance(found, float) and not math.isfinite(found):
        return None if names.nan_is_null else text
    return found


def _parquet(path: Path, names: Names) -> Rows:
    pa = pyarrow()
    from pyarrow import parquet

    with readable(path.name):
        file = parquet.ParquetFile(path)
    columns = file.schema_arrow.names
    twice = {name for name in columns if columns.count(name) > 1}
    if twice:
        raise exc.ArgError(
            f"{path.name} has two columns of one name: {', '.join(sorted(twice))}",
            hint="Rename one of them.",
        )

    def read() -> Iterator[dict[str, Any]]:
        with readable(path.name):
            for batch in file.iter_batches(batch_size=5000):
                found = [
                    _arrow.vectors(column) if name == names.vec else _arrow.values(column)
                    for name, column in zip(batch.schema.names, batch.columns, strict=True)
                ]
                yield from _arrow.rows(batch.schema.names, found, len(batch))

    element_type: ElementType | None = None
    if names.vec in columns:
        kind = file.schema_arrow.field(names.vec).type
        is_half = kind.num_fields == 1 and pa.types.is_float16(kind.field(0).type)
        element_type = "halfvec" if is_half else None
    rows = Rows(file.metadata.num_rows, read, element_type)
    rows.columns = columns
    return rows


def _matrix(matrix: Path, lines: Path, names: Names) -> Rows:
    with readable(matrix.name):
        vectors = np.load(matrix, mmap_mode="r")
    if getattr(vectors, "ndim", None) != 2:
        what = f"of shape {vectors.shape}" if hasattr(vectors, "shape") else "an archive of arrays"
        raise exc.ArgError(f"{matrix.name} is no matrix, but {what}")

    def read() -> Iterator[dict[str, Any]]:
        count = 0
        for count, row in enumerate(_jsonl(lines, names), 1):
            if count > len(vectors):
                break
            yield {**row, names.vec: vectors[count - 1]}
        if count != len(vectors):
            raise exc.ArgError(
                f"{matrix.name} has {len(vectors)} rows, {lines.name} has "
                + (f"{count}" if count < len(vectors) else "more")
            )

    return Rows(len(vectors), read, "halfvec" if vectors.dtype == np.float16 else None)
