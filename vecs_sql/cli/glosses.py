"""The sample collection: WordNet glosses with their embeddings (``examples/glosses``).

A checkout holds five parts of 5,000 rows and the query set, an installed wheel a sample of both
(``examples/sample``).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt


@dataclass(frozen=True)
class Glosses:
    """Glosses by column: the i-th id, vector and metadata belong together.

    ``vectors`` is float32 of shape ``(len(ids), 384)``, unit length to float16 precision. Each
    item of ``metadata`` has the keys ``pos``, ``lex`` and ``text``; ``README.md`` beside the data
    says what they hold.
    """

    ids: list[str]
    vectors: npt.NDArray[np.float32]
    metadata: list[dict[str, Any]]


def load() -> Glosses:
    """Return the rows of all parts that are there, in the order of the parts.

    Raises:
        FileNotFoundError: there is no part.
    """
    parts = sorted(_directory().glob("part-*.npy"))
    if not parts:
        raise FileNotFoundError(f"no part-*.npy in {_directory()}")
    return _read(parts)


def queries() -> Glosses | None:
    """Return further glosses to query with, which ``load`` has not, or None if absent."""
    path = _directory() / "queries.npy"
    return _read([path]) if path.exists() else None


def is_sample() -> bool:
    """Tell whether only a sample of the glosses is there."""
    return _installed().is_dir()


def _installed() -> Path:
    return Path(__file__).parents[1] / "_examples" / "glosses"


def _directory() -> Path:
    return _installed() if is_sample() else Path(__file__).parents[2] / "examples" / "glosses"


def _read(paths: list[Path]) -> Glosses:
    ids: list[str] = []
    metadata: list[dict[str, Any]] = []
    for path in paths:
        with path.with_suffix(".jsonl").open(encoding="utf-8") as lines:
            for line in lines:
                row: dict[str, Any] = json.loads(line)
                ids.append(row.pop("id"))
                metadata.append(row)
    vectors = np.concatenate([np.load(path).astype(np.float32) for path in paths])
    if len(vectors) != len(ids):
        raise ValueError(f"{len(vectors)} vectors but {len(ids)} glosses in {paths[0].parent}")
    return Glosses(ids, vectors, metadata)
