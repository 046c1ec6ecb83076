"""The command that demonstrates search by meaning, on real texts."""

from __future__ import annotations

import json
import shlex
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click
import numpy as np
import numpy.typing as npt
import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict
from rich.console import Console
from rich.table import Table

from vecs_sql import _url, exc
from vecs_sql.adapter import TextEmbedding
from vecs_sql.adapter._models import MiniLM
from vecs_sql.cli import glosses as _glosses
from vecs_sql.client import Client
from vecs_sql.collection import Collection, QueryRow

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
    Search("one category: animals", "noun07609215", {"lex": 5}),
    Search("two categories ($in): food and plants", "noun07750872", {"lex": {"$in": [13, 20]}}),
    Search(
        "several conditions at once",
        "noun00574227",
        {"lex": {"$gte": 29, "$lte": 43}, "$not": {"text": {"$ilike": "%water%"}}},
    ),
)
# A search whose rare word the model does not know: rocambole is a kind of garlic.
WORDS = "cooking with rocambole"
LIMIT = 10
SHOWN = 5  # of the rows found


@click.command()
@click.argument("text", required=False)
@click.option("--url", help="A database to run it in; default: an embedded server.")
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    help="The embedded server's data folder; default: one for the demo.",
)
def demo(text: str | None, url: str | None, data: Path | None) -> None:
    """Load dictionary glosses with their embeddings, and search them by meaning.

    The extra text-embedding adds a search by meaning and words together, and searches for what a TEXT means:

    \b
      vecs-sql demo "someone who writes books"
    """
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 110)
    vector = None
    if text is not None:
        # By the extra text-embedding, also where sentence-transformers is installed: the glosses were embedded by it.
        vector = TextEmbedding(model=MiniLM()).embed_query(text)
    if url is None and data is None:
        from vecs_sql import embedded

        data = embedded.default_data_dir().with_name("vecs-sql-demo")
    with Client(url, data=data) as client:
        collection = _load(client, console)
        if text is not None and vector is not None:
            _show(collection, console, text, vector, {}, "nearest glosses")
        else:
            _show_searches(collection, console)
    where = f"--data {shlex.quote(str(data))}" if url is None else f"--url {_shown(url)}"
    if url is None:
        console.print("To go on exploring in psql (SELECT * FROM vecs.list_collections();):")
        console.print(f"  {_command()} serve --psql {where}", soft_wrap=True)
    console.print("To search for words of your own:")
    console.print(f'  {_command()} demo {where} "someone who writes books"', soft_wrap=True)


def _shown(url: str) -> str:
    """Return a URL to print; for one with a password the word URL."""
    has_password = "password" in conninfo_to_dict(_url.conninfo(url))
    return "URL" if has_password else shlex.quote(url)


def _command() -> str:
    """Return how this command was called."""
    if sys.argv[0].endswith("__main__.py"):
        return "python -m vecs_sql"
    return sys.argv[0] if "/" in sys.argv[0] else "vecs-sql"


def _load(client: Client, console: Console) -> Collection:
    """Return the collection of the glosses, loaded and indexed where it is not complete."""
    glosses = _glosses.load()
    collection = client.get_or_create_collection(COLLECTION, dimension=glosses.vectors.shape[1])
    if len(collection) == len(glosses.ids) and collection.index is not None:
        if "text_index" not in collection.describe():
            collection.create_text_index("text")
        console.print(f"The collection has its {len(glosses.ids):,} rows already.")
        return collection
    started = time.perf_counter()
    collection.create_text_index("text")  # in an empty table, which costs least
    collection.upsert(records(glosses), progress=None)
    loaded = time.perf_counter()
    collection.create_index()
    console.print(
        f"Loaded {len(glosses.ids):,} rows in {loaded - started:.1f} s, "
        f"built the index in {time.perf_counter() - loaded:.1f} s."
    )
    if _glosses.is_sample():
        console.print("They are a sample: a checkout of vecs-sql has 25,000 glosses (`make demo`).")
    return collection


def records(glosses: _glosses.Glosses) -> list[Any]:
    """Return the records of glosses, with the length of each text for a filter."""
    metadata = [row | {"length": len(row["text"])} for row in glosses.metadata]
    return list(zip(glosses.ids, glosses.vectors, metadata, strict=True))


def _show_searches(collection: Collection, console: Console) -> None:
    """Run the prepared searches, and print what they find beside what plain pgvector finds."""
    queries = _glosses.queries()
    assert queries is not None, "the sample's queries are part of the package"
    positions = {id_: position for position, id_ in enumerate(queries.ids)}
    for search in SEARCHES:
        position = positions[search.gloss]
        text = queries.metadata[position]["text"]
        _show(collection, console, text, queries.vectors[position], search.filters, search.title)
    console.print(
        f"Each search asks for {LIMIT} rows. Plain pgvector filters the rows that its index returns, 40 by default,\n"
        "and may find too few of them. vecs.query finds all that match, up to the limit.\n"
    )
    _show_hybrid(collection, console)


def _show_hybrid(collection: Collection, console: Console) -> None:
    """Run a search by meaning and words together, and print what each has found; without the model there is none."""
    try:
        vector = TextEmbedding(model=MiniLM()).embed_query(WORDS)
    except exc.MissingDependency:
        return
    started = time.perf_counter()
    rows = collection.hybrid_query(
        WORDS, vector, limit=LIMIT, include_value=True, include_metadata=True
    )
    milliseconds = 1000 * (time.perf_counter() - started)
    nearest = collection.query(vector, limit=LIMIT)
    caption = (
        f"{len(rows)} rows in {milliseconds:.1f} ms, the best {SHOWN} are shown. Rows found by words alone are not"
        f" among the {LIMIT} nearest: the model does not know “rocambole”."
    )
    table = _table("meaning and words together (hybrid search)", f"“{WORDS}”", caption, "found by")
    for row in rows[:SHOWN]:
        found_by = "meaning" if row.id in nearest else "words"
        if row.id in nearest and row.text_score is not None:
            found_by = "both"
        _add(table, found_by, row)
    console.print(table)
    console.print()


def _show(
    collection: Collection,
    console: Console,
    text: str,
    vector: npt.NDArray[np.float32],
    filters: dict[str, Any],
    title: str,
) -> None:
    """Run one search, and print the nearest of the rows that it finds."""
    started = time.perf_counter()
    rows = collection.query(
        vector, limit=LIMIT, filters=filters, include_value=True, include_metadata=True
    )
    milliseconds = 1000 * (time.perf_counter() - started)
    caption = f"{len(rows)} rows in {milliseconds:.1f} ms, the nearest {SHOWN} are shown."
    if filters:
        plain = _count_of_plain_pgvector(collection, vector, filters)
        caption += f" Plain pgvector, same filter and index: {plain} rows."
    table = _table(title, f"“{text}”" + (f"\n{filters}" if filters else ""), caption, "distance")
    for row in rows[:SHOWN]:
        _add(table, f"{row.distance:.3f}", row)
    console.print(table)
    console.print()


def _table(title: str, text: str, caption: str, first: str) -> Table:
    """Return a table for the rows that a search has found."""
    table = Table(
        title=f"[bold]{title}[/]\n{text}",
        title_justify="left",
        title_style="",
        caption=caption,
        caption_justify="left",
    )
    table.add_column(first, justify="right")
    table.add_column("id", no_wrap=True)
    table.add_column("pos")
    table.add_column("lex", justify="right")
    table.add_column("text", overflow="fold")
    return table


def _add(table: Table, first: str, row: QueryRow) -> None:
    """Add a row that a search has found to its table."""
    metadata = row.metadata
    table.add_row(first, row.id, metadata["pos"], str(metadata["lex"]), metadata["text"])


def _count_of_plain_pgvector(
    collection: Collection, vector: npt.NDArray[np.float32], filters: dict[str, Any]
) -> int:
    """Return how many rows the statement finds that users of pgvector write, with the server's settings."""
    with psycopg.connect(collection.client.url) as connection:
        cursor = connection.execute(
            """
            SELECT vecs.filter_sql(%s), n.nspname
            FROM pg_extension AS e JOIN pg_namespace AS n ON n.oid = e.extnamespace
            WHERE e.extname = 'vector'
            """,
            [json.dumps(filters)],
        )
        predicate, schema = cursor.fetchone() or ("", "")
        statement = sql.SQL(
            "SELECT t.id FROM vecs.{table} AS t WHERE {predicate}"
            " ORDER BY t.vec OPERATOR({schema}.<=>) {vector}::{schema}.vector LIMIT {limit}"
        ).format(
            table=sql.Identifier(collection.name),
            predicate=sql.SQL(predicate),
            schema=sql.Identifier(schema),
            vector=sql.Literal(json.dumps(vector.tolist())),
            limit=sql.Literal(LIMIT),
        )
        return len(connection.execute(statement).fetchall())
