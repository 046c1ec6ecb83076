"""Records out of files: JSON lines, JSON, CSV, Parquet, and a NumPy matrix beside JSON lines; texts also compressed."""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import itertools
import json
import lzma
import math
import re
import sys
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, TextIO

import numpy as np

from vecs_sql import exc
from vecs_sql._ingest import arrow as _arrow
from vecs_sql._ingest import records as _records
from vecs_sql._protocol import convert as _convert

LINES = (".jsonl", ".ndjson")
FORMS = (*LINES, ".json", ".csv", ".tsv", ".parquet", ".npy")
# Texts may be compressed, and their names end so after the form's ending.
COMPRESSIONS = (".gz", ".bz2", ".xz", ".zst")
_MAGIC: dict[bytes, Any] = {b"\x1f\x8b": gzip.open, b"BZh": bz2.open, b"\xfd7zXZ\0": lzma.open}
_ZSTANDARD = b"\x28\xb5\x2f\xfd"


@dataclass(frozen=True)
class Names:
    """Where in a row its parts are: each a key, or a path of keys and numbers such as body.data[0].embedding.

    Attributes:
        id: The id.
        vec: The vector.
        metadata: An object of metadata; what else a row has is metadata, too.
        text: The text to embed.
        drop: What is left out.
        nan_is_null: NaN and infinity in the metadata are null.
    """

    id: str = "id"
    vec: str = "vec"
    metadata: str = "metadata"
    text: str | None = None
    drop: tuple[str, ...] = ()
    nan_is_null: bool = False


class Rows:
    """The rows of a file as dicts, read anew each time.

    Attributes:
        num_rows: How many there are, where that is known without reading them.
        element_type: vector or halfvec, where the file says it.
        columns: The names of a table's columns, once it is read; a row has those that are not empty.
    """

    columns: Sequence[str] = ()

    def __init__(
        self,
        count: int | None,
        read: Callable[[], Iterator[dict[str, Any]]],
        element_type: str | None = None,
    ) -> None:
        self._read = read
        self.element_type = element_type
        if count is not None:
            self.num_rows = count

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return self._read()


class Records:
    """The records (id, vector or text, metadata) of rows.

    Attributes:
        embeds: Whether they have texts, not vectors. Where that is None, the first row says it when it is read.
        element_type: As that of the rows.
    """

    def __init__(self, rows: Rows, names: Names, embeds: bool | None) -> None:
        self._rows, self._names, self.embeds = rows, names, embeds
        self._by_first_row = embeds is None and names.text is not None
        self.element_type = rows.element_type
        if hasattr(rows, "num_rows"):
            self.num_rows = rows.num_rows

    def __iter__(self) -> Iterator[tuple[Any, Any, Any]]:
        for number, row in enumerate(self._rows, 1):
            yield self._record(row, number)

    def _record(self, row: dict[str, Any], number: int) -> tuple[Any, Any, Any]:
        names = self._names
        for container, key in _way(row, names.metadata)[-1:]:
            if isinstance(container[key], str):
                container[key] = _unpacked(container[key], f"row {number}")
        id_, vec = _find(row, names.id), _find(row, names.vec)
        if id_ in (None, ""):
            self._check_empty(number, row, names.id)
            raise _missing(f'row {number} has no "{names.id}"', "id", row)
        whose = f'row {number} (id "{id_}")'
        found = _find(row, names.metadata)
        metadata = {} if found is None else found
        if not isinstance(metadata, dict):
            raise exc.ArgError(f"{whose}: its metadata is no JSON object", hint=_HINT)
        text = None
        if names.text is not None:
            text = _find(row, names.text) or _find(metadata, names.text)
        if self.embeds is None:
            self.embeds = names.text is not None and vec is None
        elif self._by_first_row and text is not None and self.embeds != (vec is None):
            this, first = ("a vector", "none") if self.embeds else ("no vector", "some")
            raise exc.ArgError(
                f"{whose} has {this}, and the rows before it have {first}",
                hint=f"--embed {names.text} embeds the text of each row and leaves out the vectors; "
                "or load the rows with vectors and those without from two files.",
            )
        if self.embeds and not isinstance(text, str):
            self._check_empty(number, row, str(names.text))
            raise _missing(f'{whose} has no text "{names.text}"', "text", row)
        if not self.embeds and vec is None:
            self._check_empty(number, row, names.vec)
            raise _missing(f'{whose} has no vector "{names.vec}"', "vec", row)
        if self.embeds and (what := _convert.unstorable(str(text))):
            # Before the time that embedding takes; what is stored is looked at when it is written.
            raise exc.ArgError(
                f"{whose}: its text cannot be stored: it has {what}", hint=_convert.HINTS[what]
            )
        for name in (names.id, names.vec, *names.drop):
            _take(row, name)
        _take(row, names.metadata)
        metadata = {**row, **metadata}
        for name in names.drop:
            _take(metadata, name)
        if names.nan_is_null:
            metadata = _without_nan(metadata)
        return id_, text if self.embeds else _vector(vec, whose), metadata

    def _check_empty(self, number: int, row: dict[str, Any], name: str) -> None:
        """Refuse a row by the column that it has no value in; one of no such column is told otherwise."""
        if _find(row, name) in (None, "") and (name in self._rows.columns or _way(row, name)):
            raise exc.ArgError(
                f'row {number}: the column "{name}" is empty', hint="Fill it, or leave out the row."
            )


def _missing(what: str, option: str, row: dict[str, Any]) -> exc.ArgError:
    leaves = dict(itertools.islice(_leaves(row), 40))
    likely = [name for name, value in leaves.items() if _looks_like_a_vector(value)]
    hint = f"--{option} NAME names another column."
    if option == "vec":
        hint = f"--vec {likely[0] if likely else 'NAME'} names another column, --text NAME one of texts to embed."
    return exc.ArgError(what, detail=f"Its columns are {', '.join(leaves) or 'none'}.", hint=hint)


def _looks_like_a_vector(value: object) -> bool:
    if isinstance(value, str):
        return re.match(r"\s*[\[{]\s*-?[0-9.]+([eE][-+]?\d+)?[\s,]", value) is not None
    return (
        isinstance(value, (list, np.ndarray))
        and len(value) > 1
        and isinstance(value[0], (int, float, np.number))
    )


def _leaves(row: dict[str, Any], before: str = "", deep: int = 4) -> Iterator[tuple[str, Any]]:
    """Yield the columns of a row by the names that --id and --vec take, those within objects too."""
    for key, value in row.items():
        if isinstance(value, dict) and value and deep:
            yield from _leaves(value, f"{before}{key}.", deep - 1)
        elif isinstance(value, list) and value and isinstance(value[0], dict) and deep:
            yield from _leaves(value[0], f"{before}{key}[0].", deep - 1)
        else:
            yield f"{before}{key}", value


def _way(row: dict[str, Any], name: str) -> list[tuple[Any, Any]]:
    """The steps to what has that name, each a container and a key or number in it; none where there is none."""
    if name in row:  # a dot may be a plain character of a column's name
        return [(row, name)]
    found: Any = row
    way: list[tuple[Any, Any]] = []
    for step in re.findall(r"[^.\[\]]+", name):
        key: Any = step
        if isinstance(found, list) and step.isdecimal() and int(step) < len(found):
            key = int(step)
        elif not isinstance(found, dict) or step not in found:
            return []
        way.append((found, key))
        found = found[key]
    return way


def _find(row: dict[str, Any], name: str) -> Any:  # noqa: ANN401
    way = _way(row, name)
    return way[-1][0][way[-1][1]] if way else None


def _take(row: dict[str, Any], name: str) -> None:
    """Take out what has that name, and what held nothing else."""
    for number, (container, key) in enumerate(reversed(_way(row, name))):
        if number and container[key]:
            return
        del container[key]


def _unpacked(text: str, whose: str) -> Any:  # noqa: ANN401
    """Metadata that is JSON text."""
    try:
        return json.loads(text) if text.strip() else None
    except (ValueError, RecursionError) as error:
        raise exc.ArgError(f"{whose}: its metadata is not JSON: {error}", hint=_HINT) from error


def _vector(value: Any, whose: str) -> Any:  # noqa: ANN401
    """A vector; one that is text, as PostgreSQL, REST, pandas and numpy print them, as a list."""
    if not isinstance(value, str) or value.strip()[:1] not in ("[", "{"):
        return value
    text = value.strip()
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        pass
    try:
        return [float(number) for number in re.split(r"[,\s]+", text[1:-1].strip(", \n"))]
    except ValueError as error:
        raise exc.ArgError(
            f"{whose}: its vector cannot be read: {error}",
            hint="A vector is a list of numbers, or such a text: [0.1, 0.2, 0.3].",
        ) from error


def _without_nan(value: Any) -> Any:  # noqa: ANN401
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _without_nan(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_without_nan(part) for part in value]
    return value


_ARRAY = "This is a JSON array: name the file .json."
_TEXTS = "Texts are UTF-8, and the ending of a name says the form"
_HINT = (
    'A row has "id" and "vec", and its metadata in "metadata" or in all else; '
    "--id, --vec, --metadata and --text name other columns."
)


def form(path: Path) -> tuple[str, str]:
    """The ending of a name that says the form, and the one after it that says how it is compressed."""
    *_, before, last = "", "", *(ending.lower() for ending in path.suffixes)
    return (before, last) if last in COMPRESSIONS else (last, "")


def records(files: tuple[str, ...], names: Names, embeds: bool | None) -> Records:
    """The records of a file, or of a matrix and a file of JSON lines.

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


@contextmanager
def _readable(name: str) -> Iterator[None]:
    """What is wrong with a file's form is told as an error that names the file."""
    try:
        yield
    except (ValueError, EOFError, csv.Error, lzma.LZMAError, zlib.error, OSError) as error:
        if isinstance(error, OSError) and error.filename is not None:  # there is no such file
            raise
        why = " ".join(str(error).split())  # pyarrow's are ValueErrors or OSErrors
        hint = f"{_TEXTS}: {', '.join(FORMS)}."
        if isinstance(error, UnicodeDecodeError):
            hint = "It is not UTF-8. Turn it into that: iconv -f WINDOWS-1252 -t UTF-8 OLD > NEW."
        raise exc.ArgError(f"{name} cannot be read: {why}", hint=hint) from error


@contextmanager
def _text(path: Path, newline: str | None = None) -> Iterator[TextIO]:
    """A file of text, which may be compressed, whatever its name says."""
    with _readable(path.name), path.open("rb") as file:
        head = file.peek(6)[:6]
        opened: IO[bytes] = file
        if head.startswith(_ZSTANDARD):
            opened = io.BufferedReader(zstandard("CompressedInputStream", file, path.name))
        for magic, open_ in _MAGIC.items():
            if head.startswith(magic):
                opened = io.BufferedReader(open_(file))
        head = opened.peek(4)[:4]  # type: ignore[attr-defined]
        if head[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in head:
            raise exc.ArgError(
                f"{path.name} cannot be read: it is UTF-16 or UTF-32, or no text",
                hint="Save it as UTF-8, or turn it into that: iconv -f UTF-16 -t UTF-8 OLD > NEW.",
            )
        # With or without the mark that Excel puts before the first name.
        yield io.TextIOWrapper(opened, encoding="utf-8-sig", newline=newline)


def zstandard(stream: str, file: IO[bytes], name: str) -> Any:  # noqa: ANN401
    """A stream of pyarrow's that packs or unpacks what is written to or read from a file."""
    try:
        pa = _convert.pyarrow()
    except exc.MissingDependency as error:
        raise exc.MissingDependency(
            f"{name}: zstd needs the extra 'arrow'. Hint: pip install 'vecs-sql[arrow]', or use gzip"
        ) from error
    return getattr(pa, stream)(file, "zstd")


def _count_lines(path: Path) -> int | None:
    """Count the lines; None where they can be read but once, or are compressed."""
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
                f"{name}, line {number}, is not a JSON object", hint=_ARRAY if is_array else _HINT
            )
        yield row


def speak_utf8(stream: TextIO) -> None:
    """JSON is UTF-8, whatever the terminal is."""
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(encoding="utf-8")


def _standard_input() -> Iterator[dict[str, Any]]:
    speak_utf8(sys.stdin)
    with _readable("standard input"):
        yield from _json_lines(sys.stdin, "standard input")


def _jsonl(path: Path, names: Names) -> Rows:
    def read() -> Iterator[dict[str, Any]]:
        with _text(path) as file:
            yield from _json_lines(file, path.name)

    return Rows(_count_lines(path), read)


def _json(path: Path, names: Names) -> Rows:
    """An array of objects, which is read whole, or one object a line."""

    def read() -> Iterator[dict[str, Any]]:
        with _text(path) as file:
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
                raise exc.ArgError(f"{path.name}, element {number}, is not an object", hint=_HINT)
            yield row

    return Rows(None, read)


def _csv(path: Path, names: Names) -> Rows:
    """Each value is read as JSON where it is JSON, which numbers, lists and objects are; else it is text.

    Ids and the texts to embed are texts as they stand.
    """
    as_they_are = (names.id, names.text)

    def read() -> Iterator[dict[str, Any]]:
        csv.field_size_limit(2**31 - 1)  # a vector of 8,000 numbers is longer than the default
        with _text(path, newline="") as file:
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
    """The lines of a table, and what parts its columns: what makes a column of the header the id, else most columns."""
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
    pa = _convert.pyarrow()
    from pyarrow import parquet

    with _readable(path.name):
        file = parquet.ParquetFile(path)
    columns = file.schema_arrow.names
    twice = {name for name in columns if columns.count(name) > 1}
    if twice:
        raise exc.ArgError(
            f"{path.name} has two columns of one name: {', '.join(sorted(twice))}",
            hint="Rename one of them.",
        )

    def read() -> Iterator[dict[str, Any]]:
        with _readable(path.name):
            for batch in file.iter_batches(batch_size=5000):
                found = [
                    _records.arrow_vectors(column) if name == names.vec else _arrow.values(column)
                    for name, column in zip(batch.schema.names, batch.columns, strict=True)
                ]
                yield from _arrow.rows(batch.schema.names, found, len(batch))

    element_type = None
    if names.vec in columns:
        kind = file.schema_arrow.field(names.vec).type
        is_half = kind.num_fields == 1 and pa.types.is_float16(kind.field(0).type)
        element_type = "halfvec" if is_half else None
    rows = Rows(file.metadata.num_rows, read, element_type)
    rows.columns = columns
    return rows


def _matrix(matrix: Path, lines: Path, names: Names) -> Rows:
    with _readable(matrix.name):
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
