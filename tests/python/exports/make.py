"""Makes the files beside it, as the programs that they are named after export them (docs/loading.md).

Run with chromadb, lancedb and qdrant-client installed: python tests/python/exports/make.py
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import chromadb
import lancedb
import numpy as np
import pyarrow as pa
from pyarrow import parquet
from qdrant_client import QdrantClient, models

HERE = Path(__file__).parent
IDS = ["cats", "taxes", "rain"]
VECTORS = np.array([[1, 0, 0, 0], [0, 0.5, 0.25, 0], [0.1, 0.2, 0.3, 0.4]], np.float32)
TEXTS = ["Cats purr.", "Taxes are due in May.", "Rain fell."]
METADATA: list[dict[str, Any]] = [
    {"year": 2012, "good": True, "score": 0.1},
    {"year": 1973, "lang": "en"},
    {"year": 2024},
]


def chroma(folder: str) -> None:
    made = chromadb.PersistentClient(folder).create_collection("articles", embedding_function=None)
    made.add(IDS, VECTORS, METADATA, TEXTS)

    collection = chromadb.PersistentClient(folder).get_collection("articles")
    found = collection.get(include=["embeddings", "documents", "metadatas"])
    table = pa.table(
        {
            "id": found["ids"],
            "embedding": list(found["embeddings"]),
            "document": found["documents"],
            "metadata": [json.dumps(metadata or {}) for metadata in found["metadatas"]],
        }
    )
    parquet.write_table(table, HERE / "chroma.parquet")


def lance(folder: str) -> None:
    rows = [
        {"key": id_, "vector": vector, "text": text, "year": row["year"]}
        for id_, vector, text, row in zip(IDS, VECTORS, TEXTS, METADATA, strict=True)
    ]
    lancedb.connect(folder).create_table("articles", rows)

    table = lancedb.connect(folder).open_table("articles")
    parquet.write_table(table.to_arrow(), HERE / "lancedb.parquet")


def qdrant(folder: str) -> None:
    client = QdrantClient(path=folder)
    size = models.VectorParams(size=4, distance=models.Distance.DOT)
    for name, named in (("qdrant", False), ("qdrant_named", True)):
        client.create_collection(name, vectors_config={"text": size} if named else size)
        points = [
            models.PointStruct(
                id=number,
                vector={"text": vector.tolist()} if named else vector.tolist(),
                payload={**row, "key": id_, "text": text},
            )
            for number, (id_, vector, text, row) in enumerate(
                zip(IDS, VECTORS, TEXTS, METADATA, strict=True)
            )
        ]
        client.upsert(name, points)

        offset = None
        with (HERE / f"{name}.jsonl").open("w") as file:
            while True:
                found, offset = client.scroll(name, limit=2, offset=offset, with_vectors=True)
                file.writelines(point.model_dump_json(exclude_none=True) + "\n" for point in found)
                if offset is None:
                    break
    client.close()


if __name__ == "__main__":
    for make in (chroma, lance, qdrant):
        with tempfile.TemporaryDirectory() as folder:
            make(folder)
