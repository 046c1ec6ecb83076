"""The other stores, as contenders."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console

from bench.dataset import BUCKETS, Dataset
from bench.environments import Worker, worker
from bench.peers import VECS_REQUIREMENTS
from bench.sweep.cells import Cell
from bench.sweep.summary import CHROMA, LANCEDB, LANGCHAIN, VECS
from bench.sweep.systems import Run, System


@dataclass(frozen=True)
class _Kind:
    """A worker's module, the environment's name, what it has in it, and how searches may be set."""

    module: str
    environment: str
    requirements: tuple[str, ...]
    variants: tuple[dict[str, int], ...] = ({},)


PEERS = {
    VECS: _Kind("vecs", "vecs", VECS_REQUIREMENTS),
    LANGCHAIN: _Kind("langchain", "langchain", ("langchain-postgres==0.0.19", "psycopg[binary]")),
    CHROMA: _Kind("chroma", "chroma", ("chromadb==1.5.9",)),
    LANCEDB: _Kind(
        "lance",
        "lancedb",
        ("lancedb==0.40.0", "pyarrow"),
        tuple({"refine_factor": factor} for factor in (2, 5, 10, 20, 50)),
    ),
}


@dataclass(frozen=True)
class Peer:
    """A store that has the rows of a data set.

    Attributes:
        cost: Rows/s, seconds of index building, bytes, versions.
        variants: Settings of a search that are tried.
    """

    worker: Worker
    cost: dict[str, Any]
    variants: tuple[dict[str, int], ...]

    def under(self, cell: Cell) -> dict[str, System]:
        """Return the searches in a cell, by their settings."""
        return {
            ", ".join(f"{name} {value}" for name, value in settings.items()): _Searching(
                self.worker, cell, settings
            )
            for settings in self.variants
        }

    def throughput(self, cell: Cell, clients: int, seconds: int, settings: dict[str, int]) -> float:
        """Return the searches per second of so many threads in a cell."""
        answer = self.worker.ask(
            "throughput",
            top_k=cell.top_k,
            filters=cell.filter.of(0),
            clients=clients,
            seconds=seconds,
            settings=settings,
        )
        return float(answer)


@dataclass(frozen=True)
class _Searching:
    worker: Worker
    cell: Cell
    settings: dict[str, int]

    def run(self, numbers: Sequence[int]) -> Run:
        filters = [self.cell.filter.of(number) for number in numbers]
        answer = self.worker.ask(
            "run",
            top_k=self.cell.top_k,
            filters=filters,
            numbers=list(numbers),
            settings=self.settings,
        )
        return Run(answer["walls"], answer["ids"])


@contextmanager
def start(
    name: str, data: Dataset, source: Path, url: str, keep: Path | None, console: Console
) -> Iterator[Peer]:
    """Start a peer that has the rows, which it reads from `source`; with `keep` it has them at once next time."""
    kind = PEERS[name]
    module = f"bench.sweep.workers.{kind.module}"
    with tempfile.TemporaryDirectory(prefix="vecs-sql-bench-") as temporary:
        folder = (keep or Path(temporary)) / f"{kind.environment}-{data.name}"
        folder.mkdir(exist_ok=True)
        note = folder.with_suffix(".json")
        arguments = (kind.environment, module, kind.requirements, source, folder, url)
        with worker(*arguments) as running:
            console.print(f"Loading {data.name} into {name} ...")
            cost = running.ask("load")["cost"]
            if cost is None:
                cost = json.loads(note.read_text(encoding="utf-8"))
            note.write_text(json.dumps(cost, indent=2) + "\n", encoding="utf-8")
            yield Peer(running, cost, kind.variants)


def write(data: Dataset, folder: Path) -> None:
    """Write the rows where workers read them."""
    np.save(folder / "vectors.npy", data.vectors)
    np.save(folder / "queries.npy", data.queries)
    about = {
        "name": data.name,
        "measure": data.measure,
        "keys": ["key", *BUCKETS, *data.categories],
        "ids": data.ids,
        "metadata": data.metadata,
    }
    (folder / "about.json").write_text(json.dumps(about), encoding="utf-8")
