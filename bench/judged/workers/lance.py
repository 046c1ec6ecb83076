"""LanceDB, embedded: its full-text index, an exact search of the vectors, and both with its default reranker."""

from __future__ import annotations

from typing import Any

import lancedb
import pyarrow as pa
from lancedb.index import FTS
from lancedb.rerankers import RRFReranker

from bench.judged.scores import TOP_K
from bench.judged.workers.base import Search, TextStore
from bench.sweep.workers.base import serve


class LanceTexts(TextStore):
    packages = ("lancedb", "pyarrow")

    def fill(self) -> int:
        flat = pa.array(self.vectors.ravel())
        vectors = pa.FixedSizeListArray.from_arrays(flat, self.vectors.shape[1])
        rows = pa.table({"id": self.ids, "text": self.texts, "vector": vectors})
        database = lancedb.connect(self.folder)
        self._table = database.create_table(self.name, rows, mode="overwrite")
        return len(self.ids)

    def index(self) -> bool:
        self._table.create_index("text", config=FTS(language=self.language.capitalize()))
        self._table.wait_for_index(["text_idx"])
        return True

    def ways(self) -> dict[str, Search]:
        # None of its own search syntax.
        words = [lancedb.query.MatchQuery(text, "text") for text in self.asked]

        def by_vector(number: int) -> Any:  # noqa: ANN401 -- lancedb's, which mypy does not see
            return self._table.search(self.queries[number]).distance_type("cosine")

        def by_both(number: int) -> Any:  # noqa: ANN401
            query = self._table.search(query_type="hybrid").vector(self.queries[number])
            return query.text(words[number]).distance_type("cosine").rerank(RRFReranker())

        return {
            "LanceDB, vector": lambda number: _ids(by_vector(number)),
            "LanceDB, full text": lambda number: _ids(
                self._table.search(words[number], query_type="fts")
            ),
            "LanceDB, hybrid": lambda number: _ids(by_both(number)),
        }


def _ids(query: Any) -> list[str]:  # noqa: ANN401
    return [row["id"] for row in query.limit(TOP_K).to_list()]


if __name__ == "__main__":
    serve(LanceTexts)
