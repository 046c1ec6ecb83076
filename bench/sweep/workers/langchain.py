"""langchain-postgres: its PGVector store, with an HNSW index made by hand, which it does not make itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import psycopg
from langchain_postgres import PGVector

from bench.sweep.workers.base import Record, Store, serve

_BATCH = 1_000
_STRATEGIES = {"cosine_distance": "cosine", "l2_distance": "l2"}
_OPERATOR_CLASSES = {"cosine_distance": "vector_cosine_ops", "l2_distance": "vector_l2_ops"}


class LangChain(Store):
    packages = ("langchain-postgres", "langchain-core", "sqlalchemy", "psycopg", "pgvector")

    def open(self) -> bool:
        database = f"langchain_{self.name}"
        with psycopg.connect(self.url, autocommit=True) as connection:
            found = connection.execute("SELECT FROM pg_database WHERE datname = %s", [database])
            if found.fetchone() is None:
                connection.execute(f"CREATE DATABASE {database}".encode())
        self._url = urlsplit(self.url)._replace(path=f"/{database}")
        self._store = PGVector(
            None,  # vectors come and go as such
            connection=self._url._replace(scheme="postgresql+psycopg").geturl(),
            embedding_length=self.vectors.shape[1],
            collection_name=self.name,
            distance_strategy=_STRATEGIES[self.measure],
            use_jsonb=True,
        )
        indexes = "SELECT count(*) FROM pg_indexes WHERE indexname = 'by_hand'"
        rows = "SELECT count(*) FROM langchain_pg_embedding"
        return bool(self._ask(indexes)) and self._ask(rows) == len(self.ids)

    def fill(self) -> int:
        self._ask("TRUNCATE langchain_pg_embedding")
        self._ask("DROP INDEX IF EXISTS by_hand")
        for start in range(0, len(self.ids), _BATCH):
            part = slice(start, start + _BATCH)
            self._store.add_embeddings(
                texts=[""] * len(self.ids[part]),
                embeddings=self.vectors[part].tolist(),
                metadatas=self.metadata[part],
                ids=self.ids[part],
            )
        return len(self.ids)

    def index(self) -> bool:
        operators = _OPERATOR_CLASSES[self.measure]
        build = f"CREATE INDEX by_hand ON langchain_pg_embedding USING hnsw (embedding {operators})"
        self._ask(build, "SET maintenance_work_mem = '1GB'")
        self._ask("VACUUM (ANALYZE) langchain_pg_embedding")
        return True

    def size(self) -> int:
        return int(self._ask("SELECT pg_total_relation_size('langchain_pg_embedding')"))

    def search(self, top_k: int, filters: Record, **settings: int) -> Callable[[int], list[str]]:
        def search(number: int) -> list[str]:
            found = self._store.similarity_search_with_score_by_vector(
                self.queries[number].tolist(), k=top_k, filter=filters or None
            )
            return [document.id or "" for document, _ in found]

        return search

    def _ask(self, statement: str, before: str = "") -> Any:  # noqa: ANN401 -- of any type
        with psycopg.connect(self._url.geturl(), autocommit=True) as connection:
            if before:
                connection.execute(before.encode())
            done = connection.execute(statement.encode())
            row = done.fetchone() if done.description else None
        return row[0] if row else None


if __name__ == "__main__":
    serve(LangChain)
