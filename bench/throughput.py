"""Searches per second of several clients: python -m bench throughput."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any

import click

from bench import datasets, options, report, stage
from bench.dataset import Dataset
from bench.pgbench import search, throughput, write_queries
from bench.report import Target, Topic
from bench.sweep.load import load

OURS, BY_HAND = "vecs.query()", "hand-written SQL"

_RESULTS = Path(__file__).parent / "results"
_TOP_K = 10
# Each value of this key is in so many rows.
_KEY, _MATCHES = "batch", 50
# What a search of each kind may cost in throughput.
_UNFILTERED, _FILTERED = "no filter", f"filter of {_MATCHES} rows"
_WANTED = {_UNFILTERED: 0.92, _FILTERED: 0.85}
_QUICK_ROWS = 2_000


@click.command("throughput")
@click.option(
    "--clients",
    "counts",
    type=click.IntRange(1),
    multiple=True,
    default=(1, 2, 4, 8, 16),
    show_default=True,
)
@click.option("--seconds", type=click.IntRange(1), default=4, show_default=True)
@click.option("--rounds", type=click.IntRange(1), default=5, show_default=True)
@click.option("--rows", type=click.IntRange(1_000), help="Only the first rows of the glosses.")
@options.keep()
@options.quick
@options.output("throughput", "bench/results for all rows, else none")
def command(
    counts: tuple[int, ...],
    seconds: int,
    rounds: int,
    rows: int | None,
    keep: Path | None,
    quick: bool,
    output: Path | None,
) -> None:
    """Let several clients search at once, with vecs.query() and with hand-written SQL.

    pgbench sends prepared statements. Both read the vector of a random query from a table.
    """
    if output is None and not quick and rows is None:
        output = _RESULTS
    if quick:
        counts, seconds, rounds, keep = (2,), 1, 1, None
    data = datasets.sample(rows or _QUICK_ROWS) if quick else datasets.load("glosses")
    data = _with_batches(data.first(rows) if rows else data)
    console = report.console()
    with stage.server(keep) as server:
        facts = stage.facts(
            server.connection, {"rows": len(data.ids), "seconds": seconds, "rounds": rounds}
        )
        load(server, data, console, keep)
        queries = write_queries(server.connection, data, 500)
        scripts = _scripts(data, queries)
        rates: dict[str, dict[int, dict[str, list[float]]]] = {}
        for kind, by_system in scripts.items():
            rates[kind] = {clients: {OURS: [], BY_HAND: []} for clients in counts}
            for number in range(rounds):
                for clients, found in rates[kind].items():
                    systems = list(by_system)
                    for system in systems[number % 2 :] + systems[: number % 2]:
                        script = by_system[system]
                        found[system].append(throughput(server.url, script, clients, seconds))
    topic = _topic(rates, len(data.ids))
    topic.show(console)
    if output is not None:
        for path in report.write(output, "throughput", facts, [topic]):
            console.print(f"Written: {path}", soft_wrap=True, highlight=False)


def _with_batches(data: Dataset) -> Dataset:
    """Return the data set under another name, with a key whose values have 50 rows each."""
    batches = len(data.ids) // _MATCHES
    metadata = [{**row, _KEY: number % batches} for number, row in enumerate(data.metadata)]
    return replace(data, name=f"{data.name}_in_batches", metadata=metadata)


def _scripts(data: Dataset, queries: int) -> dict[str, dict[str, str]]:
    table = f'vecs."{data.name}"'
    batch = f"\\set batch random(0, {len(data.ids) // _MATCHES - 1})\n"
    filters = f"jsonb_build_object('{_KEY}', :batch::integer)"
    # The sum hides the order from the vector index: the one on the metadata finds the few rows.
    return {
        _UNFILTERED: {
            OURS: search(f"SELECT * FROM vecs.query('{data.name}', q.vec, {_TOP_K})", queries),
            BY_HAND: search(
                f"SELECT id, vec <=> q.vec AS distance, metadata FROM {table}"
                f" ORDER BY vec <=> q.vec LIMIT {_TOP_K}",
                queries,
            ),
        },
        _FILTERED: {
            OURS: search(
                f"SELECT * FROM vecs.query('{data.name}', q.vec, {_TOP_K}, {filters})",
                queries,
                batch,
            ),
            BY_HAND: search(
                f"SELECT id, (vec <=> q.vec) + 0 AS distance, metadata FROM {table}"
                f" WHERE metadata @> {filters} ORDER BY distance LIMIT {_TOP_K}",
                queries,
                batch,
            ),
        },
    }


def _topic(rates: dict[str, dict[int, dict[str, list[float]]]], rows: int) -> Topic:
    table, targets = [], []
    figures: dict[str, dict[str, Any]] = {}
    for kind, by_clients in rates.items():
        figures[kind] = {}
        for clients, found in by_clients.items():
            pairs = zip(found[OURS], found[BY_HAND], strict=True)
            ratio = median(ours / by_hand for ours, by_hand in pairs)
            middle = {system: median(rate) for system, rate in found.items()}
            table.append(
                [
                    f"{kind}, {clients} clients" if clients > 1 else f"{kind}, 1 client",
                    *(f"{rate:,.0f}" for rate in middle.values()),
                    f"{ratio:.2f}",
                ]
            )
            figures[kind][str(clients)] = {
                "searches_per_second": middle,
                "by_round": found,
                "of_hand_written": ratio,
            }
        worst = min(figures[kind], key=lambda clients: figures[kind][clients]["of_hand_written"])
        targets.append(
            Target(
                f"{kind}, lowest throughput of {OURS}, {BY_HAND} being 1 ({worst} clients)",
                _WANTED[kind],
                figures[kind][worst]["of_hand_written"],
            )
        )
    return Topic(
        name="throughput",
        title=f"Searches per second, k = {_TOP_K}: {rows:,} rows, prepared statements",
        columns=["", OURS, BY_HAND, "ratio"],
        rows=table,
        targets=targets,
        figures=figures,
    )
