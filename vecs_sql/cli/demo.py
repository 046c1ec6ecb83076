"""The demonstration: real texts, searched by meaning."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
from rich.console import Console
from rich.table import Table

from vecs_sql.cli import glosses as _glosses
from vecs_sql.client import Client
from vecs_sql.collection import Collection

COLLECTION = "glosses"


@dataclass(frozen=True)
class Search:
    """A search of the demonstration; the vector is that of a gloss among the queries of the sample."""

    title: str
    gloss: str
    filters: dict[str, Any] = field(default_factory=dict)


# lex is the lexicographer's category in WordNet (lexnames): 5 animals, 13 food, 20 plants, 38 verbs of motion.
SEARCHES = (
    Search("no filter", "noun03636248"),
    Search("one part of speech", "noun07519253", {"pos": "verb"}),
    Search("two categories ($in): food and plants", "noun07750872", {"lex": {"$in": [13, 20]}}),
    Search("a range: glosses of less than 40 characters", "noun07609215", {"length": {"$lt": 40}}),
    Search(
        "several conditions at once",
        "noun00574227",
        {"lex": {"$gte": 29, "$lte": 43}, "$not": {"text": {"$ilike": "%water%"}}},
    ),
)


def load(client: Client, console: Console) -> Collection:
    """The collection of the glosses, loaded and indexed where it is not complete."""
    glosses = _glosses.load()
    collection = client.get_or_create_collection(COLLECTION, dimension=glosses.vectors.shape[1])
    if len(collection) == len(glosses.ids) and collection.index is not None:
        console.print(f"The collection has its {len(glosses.ids):,} rows already.")
        return collection
    started = time.perf_counter()
    metadata = [row | {"length": len(row["text"])} for row in glosses.metadata]
    collection.upsert(list(zip(glosses.ids, glosses.vectors, metadata, strict=True)), progress=None)
    loaded = time.perf_counter()
    collection.create_index()
    console.print(
        f"Loaded {len(glosses.ids):,} rows in {loaded - started:.1f} s, "
        f"built the index in {time.perf_counter() - loaded:.1f} s."
    )
    return collection


def show_searches(collection: Collection, console: Console) -> None:
    """Run the prepared searches and print what they find."""
    queries = _glosses.queries()
    assert queries is not None, "the sample's queries are part of the package"
    positions = {id_: position for position, id_ in enumerate(queries.ids)}
    for search in SEARCHES:
        position = positions[search.gloss]
        text = queries.metadata[position]["text"]
        show(collection, console, text, queries.vectors[position], search.filters, search.title)


def show(
    collection: Collection,
    console: Console,
    text: str,
    vector: npt.NDArray[np.float32],
    filters: dict[str, Any],
    title: str,
) -> None:
    """Run one search and print what it finds."""
    started = time.perf_counter()
    rows = collection.query(
        vector, limit=5, filters=filters, include_value=True, include_metadata=True
    )
    milliseconds = 1000 * (time.perf_counter() - started)
    table = Table(
        title=f"[bold]{title}[/]\n“{text}”" + (f"\n{filters}" if filters else ""),
        title_justify="left",
        title_style="",
        caption=f"{len(rows)} rows in {milliseconds:.1f} ms",
        caption_justify="left",
    )
    table.add_column("distance", justify="right")
    table.add_column("id", no_wrap=True)
    table.add_column("pos")
    table.add_column("lex", justify="right")
    table.add_column("text", overflow="fold")
    for id_, distance, metadata in rows:
        table.add_row(
            f"{distance:.3f}", id_, metadata["pos"], str(metadata["lex"]), metadata["text"]
        )
    console.print(table)
    console.print()
