"""LanceDB, embedded, on a folder.

IVF_PQ is what its documentation recommends for filtered search, with the exact distances of some
more candidates (refine_factor, which each order says) for recall; and a scalar index on each key that filters use.
"""

from __future__ import annotations

from collections.abc import Callable

import lancedb
import pyarrow as pa
from lancedb.index import Bitmap, BTree, IvfPq

from bench.sweep.workers.base import Record, Store, serve

_DISTANCES = {"cosine_distance": "cosine", "l2_distance": "l2"}
# Fewer values than this: a bitmap index, as its documentation recommends.
_FEW = 1_000


class Lance(Store):
    packages = ("lancedb", "pyarrow")

    def open(self) -> bool:
        self._database = lancedb.connect(self.folder)
        try:
            self._table = self._database.open_table(self.name)
        except (ValueError, FileNotFoundError):
            return False
        return (
            int(self._table.count_rows()) == len(self.ids)
            and len(self._table.list_indices()) == len(self.keys) + 1
        )

    def fill(self) -> int:
        dimension = self.vectors.shape[1]
        flat = pa.array(self.vectors.ravel())
        columns = {key: [row[key] for row in self.metadata] for key in self.metadata[0]}
        rows = pa.table(
            {
                "id": self.ids,
                "vector": pa.FixedSizeListArray.from_arrays(flat, dimension),
                **columns,
            }
        )
        self._table = self._database.create_table(self.name, rows, mode="overwrite")
        return len(self.ids)

    def index(self) -> bool:
        measure = _DISTANCES[self.measure]
        self._table.create_index("vector", config=IvfPq(distance_type=measure))
        for key in self.keys:
            few = len({row[key] for row in self.metadata}) < _FEW
            self._table.create_index(key, config=Bitmap() if few else BTree())
        self._table.optimize()
        return True

    def search(self, top_k: int, filters: Record, **settings: int) -> Callable[[int], list[str]]:
        columns = ["id", *self.metadata[0], "_distance"]
        where = " AND ".join(f"{key} = {value!r}" for key, value in filters.items())

        def search(number: int) -> list[str]:
            query = self._table.search(self.queries[number], vector_column_name="vector")
            query = query.distance_type(_DISTANCES[self.measure]).refine_factor(
                settings["refine_factor"]
            )
            if "nprobes" in settings:
                query = query.nprobes(settings["nprobes"])
            if where:
                query = query.where(where, prefilter=True)
            return [row["id"] for row in query.select(columns).limit(top_k).to_list()]

        return search


if __name__ == "__main__":
    serve(Lance)
