"""What the workers share: orders on standard input, answers on standard output."""

from __future__ import annotations

import gc
import json
import os
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from bench.timing import no_collections

Record = dict[str, Any]


class Store:
    """A data set in a store. A subclass fills it and searches it.

    Attributes:
        name, measure: The data set's.
        ids, vectors, metadata, queries: Its rows, and one query vector a row.
        keys: The metadata keys that filters use.
        folder: Where an embedded store may put its files, kept or not.
        url: Of the PostgreSQL server, for those that are clients of one.
    """

    packages: tuple[str, ...] = ()

    def __init__(self, source: Path, folder: Path, url: str) -> None:
        about = json.loads((source / "about.json").read_text(encoding="utf-8"))
        self.name: str = about["name"]
        self.measure: str = about["measure"]
        self.keys: list[str] = about["keys"]
        self.metadata: list[Record] = about["metadata"]
        self.ids: list[str] = about["ids"]
        self.vectors = np.load(source / "vectors.npy")
        self.queries = np.load(source / "queries.npy")
        self.folder = folder
        self.url = url

    def open(self) -> bool:
        """Connect; return whether the rows are there already, from a run before."""
        raise NotImplementedError

    def fill(self) -> int:
        """Load the rows, and return how many: all, but where the store is too slow for that."""
        raise NotImplementedError

    def index(self) -> bool:
        """Build the indexes; return whether that was separate work."""
        raise NotImplementedError

    def size(self) -> int | None:
        """Bytes of the rows and their indexes, if these are the store's own."""
        return sum(path.stat().st_size for path in self.folder.rglob("*") if path.is_file())

    def search(self, top_k: int, filters: Record, **settings: int) -> Callable[[int], list[str]]:
        """Return what sends the query of a number, takes ids, distances and metadata, and returns the ids."""
        raise NotImplementedError

    def load(self) -> Record:
        """Make the rows searchable; return what that cost, None where they were already."""
        if self.open():
            gc.freeze()  # so that collecting garbage is quick
            return {"cost": None}
        started = time.perf_counter()
        rows = self.fill()
        filled = time.perf_counter()
        separate = self.index()
        indexed = time.perf_counter()
        gc.freeze()
        return {
            "cost": {
                "rows_per_second": rows / (filled - started),
                "index_seconds": indexed - filled if separate else None,
                "bytes": self.size(),
                "versions": {package: version(package) for package in self.packages},
            }
        }

    def run(
        self,
        top_k: int,
        filters: list[Record],
        numbers: list[int],
        settings: dict[str, int],
    ) -> Record:
        """Send the queries of these numbers, each under the filter of its place in the list."""
        walls, ids = [], []
        searches = [self.search(top_k, one, **settings) for one in filters]
        clock = time.perf_counter
        with no_collections():
            for number, search in zip(numbers, searches, strict=True):
                start = clock()
                found = search(number)
                walls.append(clock() - start)
                ids.append(found)
        return {"walls": walls, "ids": ids}

    def throughput(
        self, top_k: int, filters: Record, clients: int, seconds: int, settings: dict[str, int]
    ) -> float:
        """Return the searches per second of so many threads."""
        search = self.search(top_k, filters, **settings)
        end = time.perf_counter() + seconds

        def client(first: int) -> int:
            done = 0
            while time.perf_counter() < end:
                search((first + done) % len(self.queries))
                done += 1
            return done

        with ThreadPoolExecutor(clients) as threads:
            firsts = [number * len(self.queries) // clients for number in range(clients)]
            return sum(threads.map(client, firsts)) / seconds


def serve(store: type[Store]) -> None:
    """Answer orders until their end: python -m MODULE SOURCE FOLDER URL."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what a library prints is no answer
    source, folder, url = sys.argv[1:]
    running = store(Path(source), Path(folder), url)
    for line in sys.stdin:
        arguments = json.loads(line)
        answer = getattr(running, arguments.pop("order"))(**arguments)
        print(json.dumps(answer), file=answers, flush=True)
