"""Synthetic data: clusters of vectors, on which a thin graph loses searches.

Centres are normally distributed, and rows and queries normally around them. The neighbours that an
HNSW index keeps of a row lie in its own cluster, and few ways lead to another. With pgvector's
defaults (m = 16, ef_construction = 64) and ef_search = 40, about 2 % of the searches in clusters and
4 % of those in clusters_far end in the wrong cluster.
"""

from __future__ import annotations

import numpy as np

from bench.dataset import Dataset, drawn

# The noise in each dimension, in standard deviations of the centres.
NOISES = {"clusters": 0.7, "clusters_far": 1.2}
_ROWS, _QUERIES, _DIMENSION, _CLUSTERS = 60_000, 2_000, 160, 100


def make(name: str, seed: int = 0, rows: int | None = None) -> Dataset:
    """Return a data set; the same one for the same seed."""
    random = np.random.default_rng(seed)
    centres = random.normal(size=(_CLUSTERS, _DIMENSION)).astype(np.float32)
    of_rows = random.integers(_CLUSTERS, size=rows or _ROWS)
    of_queries = random.integers(_CLUSTERS, size=_QUERIES)
    vectors, queries = (
        centres[chosen]
        + NOISES[name] * random.normal(size=(len(chosen), _DIMENSION)).astype(np.float32)
        for chosen in (of_rows, of_queries)
    )
    ids = [f"row{number:05}" for number in range(len(of_rows))]
    metadata = [
        {"cluster": int(cluster), **drawn(id_)} for id_, cluster in zip(ids, of_rows, strict=True)
    ]
    return Dataset(name, "cosine_distance", ids, vectors, metadata, queries, ("cluster",))
