"""The vecs client, on the collection that vecs-sql loaded: the same table and the same index."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import vecs

from bench.sweep.workers.base import Record, Store, serve

# It loads some rows into a collection of its own, only to say how fast.
_LOADED = 4_000


class Vecs(Store):
    packages = ("vecs", "sqlalchemy", "psycopg2-binary", "pgvector")

    def open(self) -> bool:
        self._client = vecs.create_client(self.url)
        self._collection = self._get(self.name)
        return False

    def fill(self) -> int:
        rows = list(zip(self.ids, self.vectors, self.metadata, strict=True))[:_LOADED]
        self._get("vecs_ingest").upsert(rows)
        self._client.delete_collection("vecs_ingest")
        return len(rows)

    def index(self) -> bool:
        return False

    def size(self) -> None:
        return None

    def search(self, top_k: int, filters: Record, **settings: int) -> Callable[[int], list[str]]:
        arguments: dict[str, Any] = {
            "limit": top_k,
            "filters": {key: {"$eq": value} for key, value in filters.items()} or None,
            "measure": self.measure,
            "include_value": True,
            "include_metadata": True,
        }

        def search(number: int) -> list[str]:
            found = self._collection.query(self.queries[number], **arguments)
            return [row[0] for row in found]

        return search

    def _get(self, name: str) -> Any:  # noqa: ANN401 -- vecs is not typed here
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return self._client.get_or_create_collection(name, dimension=self.vectors.shape[1])


if __name__ == "__main__":
    serve(Vecs)
