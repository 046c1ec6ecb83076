"""Records in files: JSON lines, CSV, Parquet, and a NumPy matrix beside JSON lines."""

from __future__ import annotations

import csv
import io
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import numpy as np

from vecs_sql import _convert, exc

if TYPE_CHECKING:
    from vecs_sql.collection import Collection

# What a file is, by its ending; "-" is JSON lines on standard input or output.
FORMATS = (".jsonl", ".csv", ".parquet", ".npy")


class Rows:
    """The rows of a file as dicts, read anew each time; its length is known without reading them."""

    def __init__(self, count: int | None, read: Callable[[], Iterator[dict[str, Any]]]) -> None:
        self._read = read
        if count is not None:
            self.num_rows = count

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return self._read()


class Records:
    """The records (id, vector or text, metadata) of rows."""

    def __init__(self, rows: Rows, text: str | None) -> None:
        self._rows, self._text = rows, text
        if hasattr(rows, "num_rows"):
            self.num_rows = rows.num_rows

    def __iter__(self) -> Iterator[tuple[Any, Any, Any]]:
        for number, row in enumerate(self._rows, 1):
            yield self._record(row, number)

    def _record(self, row: dict[str, Any], number: int) -> tuple[Any, Any, Any]:
        rest = dict(row)
        wanted = self._text or "vec"
        if "id" not in rest:
            raise exc.ArgError(f'row {number} has no "id"', hint=_HINT)
        id_, vec = rest.pop("id"), rest.pop("vec", None)
        metadata = rest.pop("metadata", None)
        if metadata is not None and not isinstance(metadata, dict):
            raise exc.ArgError(
                f'row {number} (id "{id_}"): its metadata is no JSON object', hint=_HINT
            )
        metadata = rest if metadata is None else {**rest, **metadata}
        if self._text is None and vec is not None:
            return id_, vec, metadata
        if self._text is not None and isinstance(metadata.get(self._text), str):
            return id_, metadata[self._text], metadata
        raise exc.ArgError(
            f'row {number} (id "{id_}") has no {"text" if self._text else "vector"} "{wanted}"',
            hint=_HINT,
        )


_FORMS = "Texts are UTF-8, and the ending of a name says the form: .jsonl, .csv, .parquet or .npy."
_HINT = (
    'A row has "id" and "vec", and its metadata in "metadata" or in all else; '
    'with --embed KEY a text instead of "vec".'
)


def records(files: tuple[str, ...], text: str | None) -> Records:
    """The records of a file, or of a matrix and a file of JSON lines.

    Args:
        files: The paths, or "-".
        text: The key of the texts to embed; None: the rows have vectors.

    Raises:
        exc.ArgError: A file is of no known form; a row that can not be read, when it is read.
        OSError: There is no such file.
    """
    endings = sorted(Path(file).suffix for file in files)
    if endings == [".jsonl", ".npy"]:
        [matrix] = [file for file in files if file.endswith(".npy")]
        [lines] = [file for file in files if not file.endswith(".npy")]
        return Records(_matrix(Path(matrix), Path(lines)), text)
    if len(files) != 1:
        raise exc.ArgError(
            "only a matrix (.npy) and its rows (.jsonl) can be loaded together",
            hint="Load other files one after the other.",
        )
    [file] = files
    if file == "-":
        return Records(Rows(None, _standard_input), text)
    path = Path(file)
    path.stat()  # says what is wrong before anything else does
    return Records(_reader(path)(path), text)


def _reader(path: Path) -> Callable[[Path], Rows]:
    readers = {".jsonl": _jsonl, ".csv": _csv, ".parquet": _parquet}
    reader = readers.get(path.suffix)
    if reader is None:
        raise exc.ArgError(
            f"{path} is of no known form",
            hint="Files end in .jsonl, .csv or .parquet; a .npy is loaded together with a .jsonl.",
        )
    return reader


@contextmanager
def _readable(name: str) -> Iterator[None]:
    """What is wrong with a file's form is told as an error that names the file."""
    try:
        yield
    except (ValueError, EOFError, csv.Error) as error:  # pyarrow's are ValueErrors, too
        why = " ".join(str(error).split())
        raise exc.ArgError(f"{name} can not be read: {why}", hint=_FORMS) from error


def _lines(path: Path) -> int | None:
    """How many lines there are; None for a pipe, which can be read but once."""
    if not path.is_file():
        return None
    with path.open("rb") as file:
        return sum(chunk.count(b"\n") for chunk in iter(lambda: file.read(1 << 20), b""))


def _json_lines(file: Iterable[str], name: str) -> Iterator[dict[str, Any]]:
    for number, line in enumerate(file, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line.removeprefix("\ufeff"))
        except (ValueError, RecursionError) as error:
            raise exc.ArgError(f"{name}, line {number}, is not JSON: {error}") from error
        if not isinstance(row, dict):
            raise exc.ArgError(f"{name}, line {number}, is not a JSON object", hint=_HINT)
        yield row


def speak_utf8(stream: TextIO) -> None:
    """JSON is UTF-8, whatever the terminal is."""
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(encoding="utf-8")


def _standard_input() -> Iterator[dict[str, Any]]:
    speak_utf8(sys.stdin)
    with _readable("standard input"):
        yield from _json_lines(sys.stdin, "standard input")


def _jsonl(path: Path) -> Rows:
    def read() -> Iterator[dict[str, Any]]:
        with _readable(path.name), path.open(encoding="utf-8") as file:
            yield from _json_lines(file, path.name)

    return Rows(_lines(path), read)


def _csv(path: Path) -> Rows:
    """Each value is read as JSON where it is JSON, which numbers, lists and objects are; else it is text."""

    def read() -> Iterator[dict[str, Any]]:
        csv.field_size_limit(2**31 - 1)  # a vector of 8,000 numbers is longer than the default
        encoding = "utf-8-sig"  # with or without the mark that Excel puts before the first name
        with _readable(path.name), path.open(encoding=encoding, newline="") as file:
            for row in csv.DictReader(file, strict=True):
                yield {
                    key: value if key == "id" else _value(value)
                    for key, value in row.items()
                    if key is not None and value not in (None, "")
                }

    lines = _lines(path)
    return Rows(None if lines is None else lines - 1, read)


def _value(text: str) -> Any:  # noqa: ANN401
    try:
        return json.loads(text, parse_constant=lambda _: text)
    except ValueError:
        return text


def _parquet(path: Path) -> Rows:
    _convert.pyarrow()
    from pyarrow import parquet

    with _readable(path.name):
        file = parquet.ParquetFile(path)

    def read() -> Iterator[dict[str, Any]]:
        with _readable(path.name):
            for batch in file.iter_batches(batch_size=5000):
                for row in batch.to_pylist():
                    if isinstance(row.get("metadata"), str):
                        row["metadata"] = json.loads(row["metadata"])
                    yield {key: value for key, value in row.items() if value is not None}

    return Rows(file.metadata.num_rows, read)


def _matrix(matrix: Path, lines: Path) -> Rows:
    with _readable(matrix.name):
        vectors = np.load(matrix, mmap_mode="r")
    if getattr(vectors, "ndim", None) != 2:
        what = f"of shape {vectors.shape}" if hasattr(vectors, "shape") else "an archive of arrays"
        raise exc.ArgError(f"{matrix.name} is no matrix, but {what}")

    def read() -> Iterator[dict[str, Any]]:
        count = 0
        for count, row in enumerate(_jsonl(lines), 1):
            if count > len(vectors):
                break
            yield {**row, "vec": vectors[count - 1]}
        if count != len(vectors):
            raise exc.ArgError(
                f"{matrix.name} has {len(vectors)} rows, {lines.name} has "
                + (f"{count}" if count < len(vectors) else "more")
            )

    return Rows(len(vectors), read)


# Export


def export(
    collection: Collection,
    file: str,
    filters: dict[str, Any] | None,
    advance: Callable[[int], None],
) -> None:
    """Write the rows of a collection, in the order of their ids, page by page; `advance` is told how many.

    A .npy has the vectors, and a .jsonl beside it, of the same name, ids and metadata.

    Raises:
        exc.ArgError: The file is of no known form.
    """
    path = Path(file)
    writers = {".jsonl": _write_jsonl, ".csv": _write_csv, ".npy": _write_npy}
    if file == "-":
        speak_utf8(sys.stdout)
        _write_rows(sys.stdout, collection, filters, advance)
    elif path.suffix == ".parquet":
        _write_parquet(path, collection, filters, advance)
    elif path.suffix in writers:
        writers[path.suffix](path, collection, filters, advance)
    else:
        raise exc.ArgError(
            f"{path} is of no known form",
            hint=f"Files end in {', '.join(FORMATS)}; - is JSON lines.",
        )


_Filters = dict[str, Any] | None
_Advance = Callable[[int], None]


@contextmanager
def _whole(path: Path) -> Iterator[Path]:
    """A name to write under until all is written: a file that is there is not half overwritten."""
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


def _write_rows(
    file: TextIO, collection: Collection, filters: _Filters, advance: _Advance, vectors: bool = True
) -> None:
    for row in collection.scan(filters):
        vec = {"vec": row.vec.tolist()} if vectors else {}
        json.dump({"id": row.id, **vec, "metadata": row.metadata}, file, ensure_ascii=False)
        file.write("\n")
        advance(1)


def _write_jsonl(path: Path, collection: Collection, filters: _Filters, advance: _Advance) -> None:
    with _whole(path) as partial, partial.open("w", encoding="utf-8") as file:
        _write_rows(file, collection, filters, advance)


def _write_csv(path: Path, collection: Collection, filters: _Filters, advance: _Advance) -> None:
    with _whole(path) as partial, partial.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "vec", "metadata"])
        for row in collection.scan(filters):
            metadata = json.dumps(row.metadata, ensure_ascii=False)
            writer.writerow([row.id, json.dumps(row.vec.tolist()), metadata])
            advance(1)


def _write_parquet(
    path: Path, collection: Collection, filters: _Filters, advance: _Advance
) -> None:
    _convert.pyarrow()
    from pyarrow import parquet

    from vecs_sql._results import arrow_schema

    with (
        _whole(path) as partial,
        parquet.ParquetWriter(partial, arrow_schema(collection.dimension)) as writer,
    ):
        for batch in collection.arrow_batches(filters, page_size=5000):
            writer.write_batch(batch)
            advance(batch.num_rows)


def _write_npy(path: Path, collection: Collection, filters: _Filters, advance: _Advance) -> None:
    columns = collection.to_numpy(filters)
    lines = path.with_suffix(".jsonl")
    with _whole(path) as partial, _whole(lines) as partial_lines:
        with partial.open("wb") as file:
            np.save(file, columns.matrix)
        with partial_lines.open("w", encoding="utf-8") as text:
            for id_, metadata in zip(columns.ids, columns.metadata, strict=True):
                json.dump({"id": id_, "metadata": metadata}, text, ensure_ascii=False)
                text.write("\n")
                advance(1)
