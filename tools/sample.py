"""Makes examples/sample, the rows of examples/glosses that a wheel has.

    python tools/sample.py            write the files
    python tools/sample.py FOLDER     write them into another folder

The searches of `vecs-sql demo` find in it what they find in the whole. It takes an embedded server, which says what
matches their filters, or the database of VECS_SQL_URL.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path

import numpy as np
import numpy.typing as npt

from vecs_sql import Client
from vecs_sql.cli import demo, glosses

ROWS = 600
# The nearest rows to each search of the demonstration, and to each of some glosses of everyday things. Others follow
# in their order, which is random, as far as there is room.
NEAREST = 12
TOPICS = (
    "noun00313971",  # luff
    "noun00488225",  # card game
    "noun00958477",  # naval battle
    "noun02022684",  # shorebird
    "noun02086346",  # toy spaniel
    "noun02126028",  # jungle cat
    "noun02980441",  # castle
    "noun03025886",  # chordophone
    "noun03085602",  # computer screen
    "noun03417345",  # garden
    "noun07527352",  # joy
    "noun07596684",  # confection
    "noun07870167",  # lasagna
    "noun07895839",  # Merlot
    "noun09450708",  # supergiant
    "noun10801291",  # writer
    "noun11519253",  # thunderstorm
    "noun12633994",  # apple
    "noun13261916",  # tax income
    "noun14147627",  # pneumonia
    "verb01044132",  # murmur
    "verb01928597",  # sprint
)


def choose(client: Client, whole: glosses.Glosses, queries: glosses.Glosses) -> list[int]:
    """Return the positions of the sample's rows, in order."""
    # In float64, in which no two rows are equally near: the same on every machine.
    vectors = whole.vectors.astype(np.float64)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    position = {id_: number for number, id_ in enumerate(whole.ids)}
    chosen: set[int] = set()

    def add_nearest(vector: npt.NDArray[np.float32], among: list[int]) -> None:
        distance = -(vectors[among] @ vector.astype(np.float64))
        chosen.update(among[number] for number in np.argsort(distance, kind="stable")[:NEAREST])

    collection = client.get_or_create_collection("sample", dimension=vectors.shape[1])
    collection.upsert(demo.records(whole))
    for search in demo.SEARCHES:
        matching = [position[row.id] for row in collection.scan(search.filters)]
        add_nearest(queries.vectors[queries.ids.index(search.gloss)], matching)
    client.delete_collection("sample")
    for topic in TOPICS:
        add_nearest(whole.vectors[position[topic]], list(range(len(whole.ids))))
    for number in range(len(whole.ids)):
        if len(chosen) == ROWS:
            break
        chosen.add(number)
    return sorted(chosen)


def write(path: Path, part: glosses.Glosses, rows: list[int]) -> None:
    """Write some rows in the form that the glosses have."""
    np.save(path.with_suffix(".npy"), part.vectors[rows].astype(np.float16))
    with path.with_suffix(".jsonl").open("w", encoding="utf-8") as file:
        for row in rows:
            line = {"id": part.ids[row], **part.metadata[row]}
            file.write(json.dumps(line, ensure_ascii=False) + "\n")


def main() -> None:
    """Write the files."""
    target = (
        Path(*sys.argv[1:2]) if sys.argv[1:] else Path(__file__).parents[1] / "examples" / "sample"
    )
    whole, queries = glosses.load(), glosses.queries()
    assert queries is not None
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)  # PostgreSQL may run as another user
        url = os.environ.get("VECS_SQL_URL")
        with Client(url, data=None if url else Path(folder, "data")) as client:
            chosen = choose(client, whole, queries)
    target.mkdir(exist_ok=True)
    write(target / "part-0", whole, chosen)
    asked = sorted(queries.ids.index(search.gloss) for search in demo.SEARCHES)
    write(target / "queries", queries, asked)


if __name__ == "__main__":
    main()
