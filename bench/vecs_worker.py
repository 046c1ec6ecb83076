"""Runs in the peers' environment: python -m bench.vecs_worker URL FOLDER, with orders on standard input."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import vecs

from bench.timing import bulk, each


class Worker:
    def __init__(self, url: str, folder: Path) -> None:
        self._client = vecs.create_client(url)
        self._vectors = np.load(folder / "vectors.npy")
        self._queries = np.load(folder / "queries.npy")
        rows = json.loads((folder / "rows.json").read_text(encoding="utf-8"))
        self._rows = list(zip(rows["ids"], self._vectors, rows["metadata"], strict=True))

    def versions(self) -> dict[str, str]:
        return {
            name: version(name) for name in ("vecs", "sqlalchemy", "psycopg2-binary", "pgvector")
        }

    def upsert(self, collection: str, rows: int) -> dict[str, float]:
        table = self._collection(collection)
        return asdict(bulk(lambda: table.upsert(self._rows[:rows]), rows))

    def query(self, collection: str, limit: int, first: int, step: int) -> dict[str, float]:
        table = self._collection(collection)

        def search(vector: npt.NDArray[np.float32]) -> None:
            table.query(vector, limit=limit, include_value=True, include_metadata=True)

        search(self._queries[0])  # the collection object looks for its index the first time
        return asdict(each(search, self._queries[first::step]))

    def answers(self, collection: str, limit: int) -> list[list[str]]:
        table = self._collection(collection)
        return [table.query(vector, limit=limit) for vector in self._queries]

    def _collection(self, name: str) -> Any:  # noqa: ANN401 -- vecs is not typed here
        return self._client.get_or_create_collection(name, dimension=self._vectors.shape[1])


def main() -> None:
    worker = Worker(sys.argv[1], Path(sys.argv[2]))
    for line in sys.stdin:
        arguments = json.loads(line)
        print(json.dumps(getattr(worker, arguments.pop("order"))(**arguments)), flush=True)


if __name__ == "__main__":
    main()
