"""Chroma, embedded, on a folder."""

from __future__ import annotations

from collections.abc import Callable

import chromadb
from chromadb.config import Settings

from bench.sweep.workers.base import Record, Store, serve

_SPACES = {"cosine_distance": "cosine", "l2_distance": "l2"}


class Chroma(Store):
    packages = ("chromadb",)

    def open(self) -> bool:
        settings = Settings(anonymized_telemetry=False)
        self._client = chromadb.PersistentClient(str(self.folder), settings=settings)
        self._collection = self._client.get_or_create_collection(
            self.name,
            configuration={"hnsw": {"space": _SPACES[self.measure]}},
            embedding_function=None,
        )
        return int(self._collection.count()) == len(self.ids)

    def fill(self) -> int:
        batch = self._client.get_max_batch_size()
        for start in range(0, len(self.ids), batch):
            part = slice(start, start + batch)
            self._collection.upsert(
                ids=self.ids[part],
                embeddings=self.vectors[part],
                metadatas=self.metadata[part],
            )
        return len(self.ids)

    def index(self) -> bool:
        return False  # made with the rows

    def search(self, top_k: int, filters: Record, **settings: int) -> Callable[[int], list[str]]:
        def search(number: int) -> list[str]:
            found = self._collection.query(
                query_embeddings=self.queries[number],
                n_results=top_k,
                where=filters or None,
                include=["distances", "metadatas"],
            )
            return list(found["ids"][0])

        return search


if __name__ == "__main__":
    serve(Chroma)
