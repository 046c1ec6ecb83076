"""Both stores of LangChain in one process: python -m bench.langchain_worker URL FOLDER, orders on standard input."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import psycopg
from langchain_core.documents import Document
from langchain_core.embeddings import Embeddings
from langchain_postgres import PGVector

from bench.timing import bulk, each
from vecs_sql.langchain import VecsVectorStore

_ADDED = 2_000
_FILTER = {"pos": {"$eq": "verb"}}
_K = 4


class Known(Embeddings):
    """Embeddings that were made before: a text is the number of its vector."""

    def __init__(self, vectors: Any, queries: Any) -> None:  # noqa: ANN401
        self._vectors = [vector.tolist() for vector in vectors]
        self._queries = [vector.tolist() for vector in queries]

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return [self._vectors[int(text)] for text in texts]

    def embed_query(self, text: str) -> list[float]:
        vector: list[float] = self._queries[int(text)]
        return vector


class Worker:
    def __init__(self, url: str, folder: Path) -> None:
        vectors = np.load(folder / "vectors.npy")
        self._queries = np.load(folder / "queries.npy")
        rows = json.loads((folder / "rows.json").read_text(encoding="utf-8"))
        self._documents = [
            Document(id=id_, page_content=str(number), metadata=metadata)
            for number, (id_, metadata) in enumerate(
                zip(rows["ids"], rows["metadata"], strict=True)
            )
        ]
        embeddings = Known(vectors, self._queries)
        self._connection = psycopg.connect(url, autocommit=True)
        self._stores: dict[str, Any] = {}
        for kind in ("full", "added"):
            self._stores[f"{kind} vecs_sql.langchain"] = VecsVectorStore(
                embeddings, f"langchain_{kind}", url
            )
            self._stores[f"{kind} langchain-postgres 0.0.19"] = PGVector(
                embeddings,
                connection=urlsplit(url)._replace(scheme="postgresql+psycopg").geturl(),
                embedding_length=vectors.shape[1],
                collection_name=kind,
                use_jsonb=True,
            )

    def fill(self, store: str) -> None:
        full = self._stores[f"full {store}"]
        for start in range(0, len(self._documents), _ADDED):  # theirs takes 13,107 at most
            full.add_documents(self._documents[start : start + _ADDED])
        if isinstance(full, VecsVectorStore):
            full.create_index()
        else:
            self._connection.execute(
                "CREATE INDEX by_hand ON langchain_pg_embedding USING hnsw (embedding vector_cosine_ops)"
            )
            self._connection.execute("ANALYZE langchain_pg_embedding")

    def add(self, store: str, number: int) -> dict[str, float]:
        """Into a collection of its own, without an index; each time the same documents."""
        added = self._stores[f"added {store}"]
        documents = self._documents[:_ADDED]
        if number:
            added.delete([document.id for document in documents])
        return asdict(bulk(lambda: added.add_documents(documents), 1))

    def search(
        self, store: str, number: int, filters: dict[str, Any] | None = None
    ) -> dict[str, float]:
        full = self._stores[f"full {store}"]
        texts = [str(at) for at in range(number % 5, len(self._queries), 5)]
        return asdict(
            each(lambda text: full.similarity_search_with_score(text, k=_K, filter=filters), texts)
        )

    def returned(self, store: str) -> float:
        """Return how many of k documents a filtered search gives, on average."""
        full = self._stores[f"full {store}"]
        found = [
            len(full.similarity_search(str(at), k=_K, filter=_FILTER))
            for at in range(len(self._queries))
        ]
        return sum(found) / len(found)

    def search_filtered(self, store: str, number: int) -> dict[str, float]:
        return self.search(store, number, _FILTER)


def main() -> None:
    worker = Worker(sys.argv[1], Path(sys.argv[2]))
    for line in sys.stdin:
        arguments = json.loads(line)
        print(json.dumps(getattr(worker, arguments.pop("order"))(**arguments)), flush=True)


if __name__ == "__main__":
    main()
