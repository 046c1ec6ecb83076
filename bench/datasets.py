"""The data sets by their names, and samples."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from bench import clusters
from bench.dataset import Dataset, Record, drawn
from bench.prepare import KINDS, prepare, queries
from vecs_sql.cli import glosses as _glosses

# A run without `--dataset` takes these.
DEFAULT = (*KINDS, "clusters")
NAMES = (*KINDS, *clusters.NOISES)


def load(name: str) -> Dataset:
    """Return a data set, made now where that was not done before."""
    if name in clusters.NOISES:
        return clusters.make(name)
    kind = KINDS[name]
    folder = prepare(name)
    metadata = _read_lines(folder / "rows.jsonl")
    return Dataset(
        name,
        kind.measure,
        [row.pop("id") for row in metadata],
        np.load(folder / "rows.npy").astype(np.float32),
        metadata,
        np.load(folder / "queries.npy").astype(np.float32),
        kind.categories,
    )


def sample(rows: int) -> Dataset:
    """Return some of the glosses of examples/glosses, which need no preparation."""
    found, asked = _glosses.load(), queries()
    kind = KINDS["glosses"]
    ids = found.ids[:rows]
    return Dataset(
        "glosses",
        kind.measure,
        ids,
        found.vectors[:rows],
        [data | drawn(id_) for id_, data in zip(ids, found.metadata, strict=False)],
        asked.vectors,
        kind.categories,
    )


def _read_lines(path: Path) -> list[Record]:
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]
