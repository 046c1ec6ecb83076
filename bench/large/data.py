"""A million rows made of the glosses: each several times, with noise."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from bench.dataset import Dataset, drawn

# The length of the noise that is added to a vector of length 1.
_NOISE = 0.3


def make(glosses: Dataset, rows: int, seed: int = 0) -> Dataset:
    """Return so many rows, whose vectors are normalised; the same ones for the same seed."""
    random = np.random.default_rng(seed)
    count, dimension = glosses.vectors.shape
    scale = _NOISE / np.sqrt(dimension)
    vectors = np.empty((rows, dimension), np.float32)
    for start in range(0, rows, count):
        part = vectors[start : start + count]
        part[:] = glosses.vectors[: len(part)]
        part /= np.linalg.norm(part, axis=1, keepdims=True)
        part += random.normal(scale=scale, size=part.shape)
        part /= np.linalg.norm(part, axis=1, keepdims=True)
    ids = [f"{glosses.ids[number % count]}-{number // count}" for number in range(rows)]
    metadata = [
        {"pos": glosses.metadata[number % count]["pos"], **drawn(id_)}
        for number, id_ in enumerate(ids)
    ]
    return replace(
        glosses, name="large", ids=ids, vectors=vectors, metadata=metadata, categories=("pos",)
    )
