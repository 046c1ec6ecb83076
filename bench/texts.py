"""The texts of docs/benchmark.md."""

from __future__ import annotations

from typing import Any

from bench.sweep.measure import BEST, RECALLS

INTRODUCTION = f"""
<!-- Made by python -m bench page: edit bench/page.py and bench/texts.py. -->
# Benchmark

This page compares filtered searches of vecs-sql with hand-written pgvector queries, `vecs`,
LangChain, Chroma and LanceDB, on three data sets. Further down it compares loading, larger
collections, batches of searches, [searches for words](#searches-for-words-for-meaning-and-for-both) beside LanceDB and
Qdrant, and the Python clients. Trust ratios rather than milliseconds: all
figures come from [one small machine](#conditions).

A filtered search can fail in three ways: it is slow, it misses the nearest rows, or it returns
fewer rows than requested. So the benchmark measures time, recall and the number of rows, with
filters that match between all rows and none.

## How to read the figures

- *Rows returned* is the mean per query, out of the number of neighbours requested (k).
- *Recall* is the share of the exact result that was returned.
- *p50* is the median time of a query, in milliseconds.
- A *ratio* is the time of `vecs.query()` divided by that of another system: below 1, `vecs.query()`
  is faster. A *cell* is one filter with one number of neighbours.
- "Speed of X" and "time of X" in the heading of a column mean that the figures are relative to X.

The filters:

- `none` is a search without a filter. `row` matches one row, `nothing` no row.
- `50%` to `0.01%` match this share of the rows, chosen at random.
- `pos`, `lex`, `label` and `cluster` are categories. They are correlated with the vectors, as categories
  usually are.

The systems:

- *vecs-sql* is `vecs.query()` with its defaults.
- *hand-written* is a prepared SQL query on the same table and indexes: `default` without an
  iterative scan, `relaxed_order` and `strict_order` with pgvector's iterative scan of that kind.
- The *{BEST}* is the best that someone could reach by tuning each filter by hand. For each
  cell it is the fastest of many plans: every `hnsw.ef_search`, every order of iterative scan, with
  over-fetching too, and exact search by the metadata index or by a scan, with and without parallel
  workers. Only plans count that return all rows, with a recall of at least {RECALLS[BEST]:g}.
- *LanceDB* runs with the `refine_factor` that makes it fastest at the recall of `vecs.query()`
  (less .005), or with the one of the best recall where none reaches that.

In a ratio a time counts as at least 0.3 ms: below that, the call is measured, not the search.
"""

BEYOND = """
## Why some cells miss their target

- **Few rows match** (most cells above 1.5, all of a few hundred rows or fewer). The call is measured, not the search.
  Of its 0.25 ms, planning the statement takes 0.1, EXPLAIN, which tells how many rows match, 0.07, looking up the
  collection and its index 0.03, settings 0.02, and compiling the filter 0.01. Hand-written prepared SQL has been
  planned before. PostgreSQL keeps the plan of a statement in a function only if its text is fixed, but here the
  collection's name is part of the text. Tried without success: EXPLAIN replaced by a probe with a LIMIT (14.7 ms
  instead of 2.0 at 50 %, as a GIN index is read as a whole), and coarser statistics (a fifth faster, but wrong
  choices). A function generated for each collection, or prepared statements left in the session, would help, but both
  are state that goes stale, and poolers drop the second.
- **5 %, and shares like it**, at random. PostgreSQL keeps 100 documents as the statistics of a jsonb column, and among
  these 5 % are 5 or 2 or 8. So the estimate may be off by half, and an exact search is chosen where the index is a
  little faster, or the other way round. To look at rows before each exact search would make all of them 4 % slower.
- **Categories that lie apart from the query vector.** The search begins with the index, and after 60 candidates or
  more, of which hardly any matches, compares all rows. Without the attempt each search would have to know beforehand
  where the rows of a category lie.
- **Candidates that cost little**, as in clusters. Of 1.4 ms for 10 of a tenth of the rows there, a hand-written search
  takes 0.7; the rows beyond `top_k` that keep the recall high add 0.1; the rest is the call, and reading candidates
  one by one to see how many match.
- **No filter.** Planning the statement and calling two functions takes 0.3 to 0.5 ms, of 1.3 to 2.1.
- **LanceDB is faster** for a category of many rows that is searched exactly here, where vectors are wide (fashion). A
  [partial index](sql.md#index-a-part-of-the-rows) over the rows of the category avoids that.

These sweeps ran with lists of 40 candidates. With a filter they have 60 now (`filtered_list_size`). On one index over
the glosses, with 300 queries for 10 neighbours, 60 instead of 40 changed the recall from .976 to .987 with a filter of
half of the rows (in 4.05 ms instead of 3.5), from .980 to .991 for nouns, from .979 to .981 for adjectives, from .985
to .987 for verbs, and from .986 to .988 with a filter of 10 %. The sweeps of the glosses and of clusters were repeated
with lists of 60 on a machine that is half as fast: no cell lacked a row, the lowest recall with a filter was .983 and
.990, and in no cell was LanceDB faster at equal recall.
"""

ADOPTED = """
Looking up the table and the index behind the view, and planning the view, take 0.05 ms more than in a collection, and
with a filter 0.2 ms, as the statement is planned twice. The metadata of the rows that are returned is put together from
columns, at 4 to 8 microseconds a row; `include_metadata => false` leaves that out. Where many rows are compared
exactly, the table is faster: the index of a column finds them without another look into documents, and it serves
ranges.
"""

STATISTICS = """
Every search returns all rows. Where nothing matches, `vecs.query()` has to read what the conditions let pass one by one
to know that. The plan it is compared with there looks at 40 candidates, finds none, and is right by chance: it returns
nothing for a filter with matches as well, if these lie elsewhere. In all other cells the ratio is 2.25 or less.
"""

PRECISION = """
An index of half precision holds seven glosses on a page, and one of full precision four: 0.57 of the bytes; of longer
vectors it is nearer to a half. Looking up an index of another kind takes 0.2 to 0.3 ms more, which shows where a search
takes 2 ms, and not with 100 neighbours. Building it computes as many distances as building one of full precision.
"""

BUILDS = """
Of so many new rows on, dropping the index, loading and building it again takes less time than inserting each row into
it. Everybody else waits meanwhile, so "auto" does so only where a load at least doubles the rows, into an empty
collection for instance, and nobody uses the collection: see [the Python guide](python.md#loads-into-an-index).
"""

JUDGED = """
The figures are means of the kinds of queries, with their 95 % intervals over the queries. Each system has the same
texts and vectors, see [how the sets are made](../bench/README.md#judged-texts). LanceDB and Qdrant compare all vectors
here, `query` and `hybrid_query` use an index unless they are marked as exact. [Keyword and hybrid search](text.md) says
what to conclude.
"""

WORDS = """
The ratios are the medians of those of the queries. During the searches in 25,000 glosses other programs ran, so their
milliseconds are longer than those of the searches in all. The legs of `hybrid_query` are a `query` and a `text_query`
for 20 rows, which it combines. With a filter of 1 %, its search for words takes about as long as the vector's, and it
adds a statement of its own that computes the distances of the rows that only words have found. Groups of near rows
take long where the 50 nearest rows are all of a few groups: then others are searched for, without the rows of those.
"""

GROWTH = """
## Growing collections

![p50 by rows](benchmark/growth.svg)
"""


# What follows the tables of a topic.
AFTER = {
    "adopted": ADOPTED,
    "builds": BUILDS,
    "judged": JUDGED,
    "precision": PRECISION,
    "statistics": STATISTICS,
    "words": WORDS,
}


def conditions(sweeps: dict[str, dict[str, Any]]) -> str:
    """Return what the sweeps of the data sets were measured on."""
    sweep = next(iter(sweeps.values()))
    dates = " and ".join(sorted({one["date"][:10] for one in sweeps.values()}))
    files = ", ".join(f"[{name}](../bench/results/sweep-{name}.md)" for name in sweeps)
    versions = ", ".join(f"{name} {number}" for name, number in sweep["versions"].items())
    machine = sweep["machine"]
    return f"""
## Conditions

Measured on {dates}, on a machine with {machine["cpus"]} cores ({machine["cpu"]}):
{versions}.

- Client and server run on the same machine. The systems take turns within one run of
  {sweep["rounds"]} rounds, with up to {sweep["queries of a cell, at most"]} queries per cell and round, the same
  ones each round. Recall is that of up to {sweep["judged by, at most"]} queries.
- `vecs` searches the table that vecs-sql loaded. Its rows/s were measured with 4,000 rows.
- langchain-postgres has its own table in the same server, with an HNSW index created by hand.
- Chroma and LanceDB are embedded in the process that uses them.

See also all figures of the sweep ({files}), and [how to run the benchmark](../bench/README.md).
"""


def shards(found: dict[str, Any]) -> str:
    """Return what the figures of `shards` are, and what they were measured on."""

    def told(server: dict[str, Any]) -> str:
        versions = [
            f"{name} {server[name].split()[0]}"
            for name in ("PostgreSQL", "Citus", "pgvector")
            if name in server
        ]
        return ", ".join(
            [
                *versions,
                *(
                    f"`{name}` {server[name]}"
                    for name in ("shared_buffers", "maintenance_work_mem")
                ),
                f"`fsync` {server['fsync']}",
            ]
        )

    machine, cluster = found["machine"], found["cluster"]
    workers = f" with {cluster['workers']} workers" if "workers" in cluster else ""
    return f"""
Measured on {found["date"][:10]}, by a client on a machine with {machine["cpus"]} cores ({machine["cpu"]}), with
{found["rows"]:,} vectors of {found["dimension"]} dimensions. The collections take turns in {found["rounds"]} rounds: a
time is the median of the rounds, and a ratio the median of their ratios. The same rows are in all of them:

- *plain* is a local collection on a server without Citus: {told(found["plain"])}.
- The others are on a cluster{workers}: {told(cluster)}.

[How to run it](../bench/README.md#shards), and [all figures](../bench/results/shards.md).
"""
