"""Qdrant's local mode, in memory: dense vectors, sparse ones by BM25, and both with its rank fusion.

The sparse vectors are those of fastembed's model Qdrant/bm25: its tokenizer, stemmer and formula. That model has no
weights, only lists of stop words; in their place it gets those of PostgreSQL, and nothing is downloaded. It also gets
the texts' average length, for which it would assume 256 words.
"""

from __future__ import annotations

import tempfile
import warnings
from typing import Any

from fastembed.sparse.bm25 import Bm25
from qdrant_client import QdrantClient
from qdrant_client import models as of
from qdrant_client.hybrid.fusion import distribution_based_score_fusion, reciprocal_rank_fusion

from bench.judged.scores import TOP_K
from bench.judged.workers.base import Search, TextStore
from bench.sweep.workers.base import serve

_AT_ONCE = 1_000
# Rows of each search that are combined: as many as hybrid_query() combines.
_CANDIDATES = 20


class QdrantTexts(TextStore):
    packages = ("qdrant-client", "fastembed")

    def fill(self) -> int:
        self._client = QdrantClient(":memory:")
        self._client.create_collection(
            self.name,
            vectors_config={
                "dense": of.VectorParams(size=self.vectors.shape[1], distance=of.Distance.COSINE)
            },
            sparse_vectors_config={"words": of.SparseVectorParams(modifier=of.Modifier.IDF)},
        )
        with tempfile.TemporaryDirectory() as empty:
            self._model = Bm25(
                "Qdrant/bm25",
                language=self.language,
                specific_model_path=empty,
                stopwords=set(self.stop_words),
            )
        self._model.avg_len = self._model.token_count(self.texts) / len(self.texts)
        sparse = list(self._model.raw_embed(self.texts))
        for start in range(0, len(self.ids), _AT_ONCE):
            numbers = range(start, min(start + _AT_ONCE, len(self.ids)))
            self._client.upsert(
                self.name,
                [
                    of.PointStruct(
                        id=number,
                        vector={
                            "dense": self.vectors[number].tolist(),
                            "words": _sparse(sparse[number]),
                        },
                    )
                    for number in numbers
                ],
            )
        return len(self.ids)

    def index(self) -> bool:
        return False

    def size(self) -> None:
        return None

    def ways(self) -> dict[str, Search]:
        words = [_sparse(one) for one in self._model.query_embed(self.asked)]
        vectors = self.queries.tolist()

        def legs(number: int) -> list[list[Any]]:
            return [
                self._client.query_points(
                    self.name, query=query, using=using, limit=_CANDIDATES
                ).points
                for query, using in ((vectors[number], "dense"), (words[number], "words"))
            ]

        # What query_points() does with two prefetches here, too. A search for words reads all rows
        # in Python, and takes a second: so it is done once.
        found = [legs(number) for number in range(len(vectors))]

        def ids(points: list[Any]) -> list[str]:
            return [self.ids[point.id] for point in points]

        return {
            "Qdrant, vector": lambda number: ids(found[number][0]),
            "Qdrant, BM25": lambda number: ids(found[number][1]),
            "Qdrant, hybrid (RRF)": lambda number: ids(
                reciprocal_rank_fusion(_copies(found[number]), TOP_K)
            ),
            "Qdrant, hybrid (DBSF)": lambda number: ids(
                distribution_based_score_fusion(_copies(found[number]), TOP_K)
            ),
        }


def _copies(legs: list[list[Any]]) -> list[list[Any]]:
    """Return the points of two answers again: a fusion changes their scores."""
    return [[point.model_copy() for point in leg] for leg in legs]


def _sparse(embedding: Any) -> Any:  # noqa: ANN401 -- fastembed's and qdrant_client's
    return of.SparseVector(indices=embedding.indices.tolist(), values=embedding.values.tolist())


if __name__ == "__main__":
    warnings.filterwarnings("ignore", "Local mode is not recommended")
    serve(QdrantTexts)
