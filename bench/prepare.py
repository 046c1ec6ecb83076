"""The data sets that are made from PyPI and Debian packages alone: python -m bench prepare.

glosses: all 117,659 entries of WordNet 3.0, embedded by MiniLM; 500 of them are the queries.
fashion: the 70,000 pictures of Fashion-MNIST; 500 of its test set are the queries.

A data set is a folder with rows.npy and queries.npy (float16), rows.jsonl and queries.jsonl. It is
made once, in .scratch/bench-data or in the folder that VECS_SQL_BENCH_DATA names.
"""

from __future__ import annotations

import gzip
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import numpy as np
import numpy.typing as npt
from rich.progress import track

from bench.dataset import Record, drawn
from vecs_sql.adapter._models import MiniLM
from vecs_sql.cli import glosses as _glosses

_ROOT = Path(__file__).parent.parent
_DATA = "VECS_SQL_BENCH_DATA"

_GLOSSES = 117_659
_QUERIES = 500
# Texts embedded between two savings.
_CHUNK = 4_096
# The offset of the pixels in an IDX file of pictures, and of the bytes in one of labels.
_IDX_PICTURES, _IDX_LABELS = 16, 8


@dataclass(frozen=True)
class _Kind:
    measure: str
    categories: tuple[str, ...]
    make: Callable[[Path], None]


@click.command("prepare")
@click.argument("names", metavar="[glosses] [fashion]", nargs=-1)
def command(names: tuple[str, ...]) -> None:
    """Create the data sets, once, in about 15 minutes; the other commands do so if needed."""
    for name in names or KINDS:
        if name not in KINDS:
            raise click.UsageError(f"There is no data set {name!r}.")
        click.echo(prepare(name))


def prepare(name: str) -> Path:
    """Return the folder of a data set, which is made where it is not there."""
    return made(name, KINDS[name].make)


def made(name: str, make: Callable[[Path], None]) -> Path:
    """Return a folder of data, which `make` fills where it is not there."""
    target = Path(os.environ.get(_DATA) or _ROOT / ".scratch" / "bench-data") / name
    if not target.exists():
        unfinished = target.with_name(f"{name}.unfinished")
        unfinished.mkdir(parents=True, exist_ok=True)
        make(unfinished)
        unfinished.rename(target)
    return target


def _make_glosses(folder: Path) -> None:
    asked = queries()
    with _debian("wordnet-base", "usr/share/wordnet") as source:
        records = list(_wordnet(source))
    if len(records) != _GLOSSES:
        raise click.ClickException(f"{len(records)} WordNet entries, not {_GLOSSES}.")
    # Rows in a random order: the first so many are a sample of all.
    order = np.random.default_rng(0).permutation(len(records))
    records = [records[number] for number in order]
    vectors = embed([record["text"] for record in records], folder / "chunks")
    ids = set(asked.ids)
    is_query = np.array([record["id"] in ids for record in records])
    if is_query.sum() != len(ids):
        raise click.ClickException("The queries of examples/glosses are not all in WordNet.")
    _write(folder / "queries", vectors[is_query], _picked(records, is_query))
    _write(folder / "rows", vectors[~is_query], _picked(records, ~is_query))
    shutil.rmtree(folder / "chunks")


def _make_fashion(folder: Path) -> None:
    with _debian("dataset-fashion-mnist", "usr/share/datasets/fashion-mnist") as source:
        for kind, prefix, count in (("rows", "train", None), ("queries", "t10k", _QUERIES)):
            pictures = _idx(source / f"{prefix}-images-idx3-ubyte.gz", _IDX_PICTURES)
            labels = _idx(source / f"{prefix}-labels-idx1-ubyte.gz", _IDX_LABELS)
            vectors = pictures.reshape(len(labels), -1)[:count]
            records = [
                {"id": f"{prefix}{number:05}", "label": int(label)}
                for number, label in enumerate(labels[:count])
            ]
            _write(folder / kind, vectors, records)


KINDS = {
    "glosses": _Kind("cosine_distance", ("pos", "lex"), _make_glosses),
    "fashion": _Kind("l2_distance", ("label",), _make_fashion),
}


def queries() -> _glosses.Glosses:
    found = _glosses.queries()
    if found is None:
        raise click.ClickException("examples/glosses/queries.npy is missing: run from a checkout.")
    return found


@contextmanager
def _debian(package: str, inside: str) -> Iterator[Path]:
    """Yield a folder of a Debian package: the installed one, or one from a download, which needs no root."""
    if (Path("/") / inside).is_dir():
        yield Path("/") / inside
        return
    advice = (
        f"Where apt is at hand, this makes it there: apt-get update && apt-get install {package}"
    )
    for tool in ("apt-get", "dpkg-deb"):
        if shutil.which(tool) is None:
            raise click.ClickException(
                f"The data are in the Debian package {package}, and there is no {tool}. {advice}"
            )
    with tempfile.TemporaryDirectory(prefix="vecs-sql-bench-") as name:
        folder = Path(name)
        done = subprocess.run(
            ["apt-get", "download", package],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
        archive = next(folder.glob("*.deb"), None)
        if archive is None:
            raise click.ClickException(f"{package} did not arrive. {advice}\n{done.stderr}")
        subprocess.run(["dpkg-deb", "-x", archive, folder], check=True)
        yield folder / inside


def _wordnet(folder: Path) -> Iterator[Record]:
    """Yield the entries in WordNet's order, in the form of examples/glosses."""
    for pos in ("noun", "verb", "adj", "adv"):
        for line in (folder / f"data.{pos}").read_text(encoding="utf-8").splitlines():
            if line.startswith(" "):  # the licence, above the entries
                continue
            head, _, gloss = line.partition("|")
            offset, lex, _, count, *fields = head.split()
            words = [word.replace("_", " ") for word in fields[: 2 * int(count, 16) : 2]]
            yield {
                "id": f"{pos}{offset}",
                "pos": pos,
                "lex": int(lex),
                "text": f"{', '.join(words)}: {gloss.strip()}",
            }


def embed(texts: list[str], chunks: Path) -> npt.NDArray[np.float32]:
    """Return one vector a text. What a run that was broken off had done is in `chunks`."""
    chunks.mkdir(exist_ok=True)
    model = MiniLM()
    order = np.argsort([len(text) for text in texts], kind="stable")
    out = np.empty((len(texts), model.dimension), np.float32)
    starts = range(0, len(texts), _CHUNK)
    for start in track(starts, description="Embedding the texts"):
        numbers = order[start : start + _CHUNK]
        path = chunks / f"{start:06}.npy"
        if not path.exists():
            done = model.encode([texts[number] for number in numbers])
            unfinished = path.with_suffix(".new.npy")
            np.save(unfinished, done.astype(np.float16))
            unfinished.rename(path)
        out[numbers] = np.load(path)
    return out


def _idx(path: Path, offset: int) -> npt.NDArray[np.uint8]:
    with gzip.open(path) as file:
        return np.frombuffer(file.read(), np.uint8, offset=offset)


def _picked(records: Iterable[Record], which: npt.NDArray[np.bool_]) -> list[Record]:
    return [record for record, picked in zip(records, which, strict=True) if picked]


def _write(path: Path, vectors: npt.NDArray[Any], records: list[Record]) -> None:
    lines = (
        json.dumps(record | drawn(record["id"]), ensure_ascii=False) + "\n" for record in records
    )
    path.with_suffix(".jsonl").write_text("".join(lines), encoding="utf-8")
    # 11 bits: unit vectors lose nothing that counts, pixels nothing at all.
    np.save(path.with_suffix(".npy"), vectors.astype(np.float16))
