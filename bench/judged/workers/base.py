"""The base of the workers: a store of texts, their words and their vectors."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from bench.judged.scores import TOP_K
from bench.sweep.workers.base import Record, Store

Search = Callable[[int], list[str]]


class TextStore(Store):
    """A store that is filled anew in each run.

    Attributes:
        texts: Those of the rows.
        asked: Those of the queries.
        language: Of both, such as "english".
        stop_words: That PostgreSQL leaves out in this language.
    """

    def __init__(self, source: Path, folder: Path, url: str) -> None:
        super().__init__(source, folder, url)
        about = json.loads((source / "texts.json").read_text(encoding="utf-8"))
        self.texts: list[str] = about["texts"]
        self.asked: list[str] = about["asked"]
        self.language: str = about["language"]
        self.stop_words: list[str] = about["stop_words"]

    def open(self) -> bool:
        return False

    def ways(self) -> dict[str, Search]:
        """Return the searches, by their names: each takes the number of a query, and returns ids."""
        raise NotImplementedError

    def answers(self) -> Record:
        """Return the ids that each search finds for all queries."""
        numbers = range(len(self.asked))
        return {
            name: [search(number)[:TOP_K] for number in numbers]
            for name, search in self.ways().items()
        }
