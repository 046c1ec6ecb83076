"""The `vecs` client beside the first questions' rows."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from bench.environments import Worker, worker
from bench.stage import Stage
from bench.timing import Turn

# vecs 0.4.5 allows an SQLAlchemy whose default driver is no longer the one that it needs.
VECS_REQUIREMENTS = ("vecs==0.4.5", "sqlalchemy<2.1", "psycopg2-binary")


class Vecs:
    def __init__(self, worker: Worker) -> None:
        self.ask = worker.ask

    def turn(self, order: str, **arguments: object) -> Turn:
        return Turn(**self.ask(order, **arguments))


@contextmanager
def vecs(stage: Stage, folder: Path) -> Iterator[Vecs]:
    """Start a worker that is connected and has the rows, which it reads from files in `folder`."""
    np.save(folder / "vectors.npy", stage.vectors)
    np.save(folder / "queries.npy", stage.queries)
    rows = {"ids": stage.ids, "metadata": stage.metadata}
    (folder / "rows.json").write_text(json.dumps(rows), encoding="utf-8")
    with worker("vecs", "bench.vecs_worker", VECS_REQUIREMENTS, stage.url, folder) as running:
        yield Vecs(running)
