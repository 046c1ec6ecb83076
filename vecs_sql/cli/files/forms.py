"""The forms of files: what the ending of a name says, and texts, which may be compressed."""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import lzma
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, TextIO

from vecs_sql import exc
from vecs_sql._protocol.arrow import pyarrow

LINES = (".jsonl", ".ndjson")
FORMS = (*LINES, ".json", ".csv", ".tsv", ".parquet", ".npy")
# Texts may be compressed, and their names end so after the form's ending.
COMPRESSIONS = (".gz", ".bz2", ".xz", ".zst")
_OPEN: dict[str, Any] = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}
_MAGIC = {b"\x1f\x8b": ".gz", b"BZh": ".bz2", b"\xfd7zXZ\0": ".xz"}
_ZSTANDARD = b"\x28\xb5\x2f\xfd"
_TEXTS = "Texts are UTF-8, and the ending of a name says the form"


def form(path: Path) -> tuple[str, str]:
    """Return the ending of a name that says the form, and the one after it that says how it is compressed."""
    *_, before, last = "", "", *(ending.lower() for ending in path.suffixes)
    return (before, last) if last in COMPRESSIONS else (last, "")


@contextmanager
def readable(name: str) -> Iterator[None]:
    """Turn errors of a file's form into one that names the file."""
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
def open_text(path: Path, newline: str | None = None) -> Iterator[TextIO]:
    """Open a text, which may be compressed, whatever its name says."""
    with readable(path.name), path.open("rb") as file:
        head = file.peek(6)[:6]
        opened: IO[bytes] = file
        if head.startswith(_ZSTANDARD):
            opened = io.BufferedReader(_zstandard("CompressedInputStream", file, path.name))
        for magic, ending in _MAGIC.items():
            if head.startswith(magic):
                opened = io.BufferedReader(_OPEN[ending](file))
        head = opened.peek(4)[:4]  # type: ignore[attr-defined]
        if head[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in head:
            raise exc.ArgError(
                f"{path.name} cannot be read: it is UTF-16 or UTF-32, or no text",
                hint="Save it as UTF-8, or turn it into that: iconv -f UTF-16 -t UTF-8 OLD > NEW.",
            )
        # With or without the mark that Excel puts before the first name.
        yield io.TextIOWrapper(opened, encoding="utf-8-sig", newline=newline)


def compressed(file: IO[bytes], path: Path) -> Any:  # noqa: ANN401
    """Return what compresses what is written to an open file, as the name of the file says."""
    compression = form(path)[1]
    if compression == ".zst":
        return _zstandard("CompressedOutputStream", file, path.name)
    return _OPEN[compression](file, "wb") if compression else file


def _zstandard(stream: str, file: IO[bytes], name: str) -> Any:  # noqa: ANN401
    """Return a stream of pyarrow that compresses or decompresses what passes to or from a file."""
    try:
        pa = pyarrow()
    except exc.MissingDependency as error:
        raise exc.MissingDependency(
            f"{name}: zstd needs the extra 'arrow'. Hint: pip install 'vecs-sql[arrow]', or use gzip"
        ) from error
    return getattr(pa, stream)(file, "zstd")


def speak_utf8(stream: TextIO) -> None:
    """Make a standard stream UTF-8, as JSON is, whatever the terminal has."""
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(encoding="utf-8")
