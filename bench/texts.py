"""The texts of docs/benchmark.md."""

from __future__ import annotations

from typing import Any

from bench.sweep.measure import BEST, RECALLS

INTRODUCTION = f"""
<!-- Made by python -m bench page: edit bench/page.py and bench/texts.py. -->
# Benchmark

This page compares filtered searches of vecs-sql with hand-written pgvector queries, `vecs`,
LangChain, Chroma and LanceDB, on three data sets. Further down it compares loading, larger
collections, batches of searches, and the Python clients. Trust ratios rather than milliseconds: all
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

GROWTH = """
## Growing collections

![p50 by rows](benchmark/growth.svg)
"""


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
