"""A category with a partial index, beside LanceDB."""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from statistics import fmean

import numpy as np
from rich.console import Console

from bench.dataset import Dataset
from bench.exact import Exact
from bench.report import Target, Topic
from bench.stage import Server
from bench.sweep import peers
from bench.sweep.cells import Cell, Filter
from bench.sweep.load import load
from bench.sweep.measure import OURS
from bench.sweep.summary import LANCEDB
from bench.sweep.systems import Connections, System, ours
from bench.timing import Turn, alternate, median_wall, time_ratio

_TOP_KS = (10, 100)
# A recall so much lower is as good as equal.
_EQUAL = 0.005


def category(
    server: Server, data: Dataset, queries: int, rounds: int, with_peer: bool, console: Console
) -> Topic:
    """Index the commonest value of the data's first category, and search it by turns with LanceDB."""
    load(server, data, console)
    key = data.categories[0]
    [(value, count)] = Counter(row[key] for row in data.metadata).most_common(1)
    chosen = Filter(f"{key}={value}", "category", key, (value,))
    console.print(f"Indexing {chosen.name}: {count:,} rows ...", highlight=False)
    server.connection.execute(
        "SELECT vecs.create_index(%s, %s, filters => %s)",
        [data.name, data.measure, json.dumps(chosen.of(0))],
    )
    positions = np.array([n for n, row in enumerate(data.metadata) if row[key] == value])
    exact = Exact(data, queries, _TOP_KS, positions)
    figures = {}
    with Connections(server.url) as connections, _peer(server, data, with_peer, console) as peer:
        for top_k in _TOP_KS:
            cell = Cell(chosen, top_k)
            systems: dict[str, System] = {OURS: ours(connections, data, cell)}
            systems |= {f"{LANCEDB}, {name}": system for name, system in peer(cell).items()}
            figures[f"{top_k}"] = _measure(data, exact, systems, top_k, rounds)
    names = list(figures["10"])
    fastest = {top_k: _fastest(found) for top_k, found in figures.items()}
    targets = [Target("recall, k = 10", 0.98, figures["10"][OURS]["recall"])]
    if fastest["10"] is not None:
        targets.append(
            Target("time of LanceDB at equal recall, of ours, k = 10", 5, fastest["10"]["ratio"])
        )
    return Topic(
        name="category",
        title=f"{count:,} of {len(data.ids):,} rows of {data.name} ({chosen.name}), with an index of their own",
        columns=[
            "",
            *(f"k = {top_k}: {what}" for top_k in _TOP_KS for what in ("p50, ms", "recall")),
        ],
        rows=[
            [
                name,
                *(
                    text
                    for found in figures.values()
                    for text in (f"{found[name]['p50_ms']:.2f}", f"{found[name]['recall']:.3f}")
                ),
            ]
            for name in names
        ],
        targets=targets,
        figures=figures,
    )


@contextmanager
def _peer(
    server: Server, data: Dataset, with_peer: bool, console: Console
) -> Iterator[Callable[[Cell], Mapping[str, System]]]:
    """Yield what gives LanceDB's searches in a cell, by their settings; none without it."""
    if not with_peer:
        yield lambda _: {}
        return
    with tempfile.TemporaryDirectory(prefix="vecs-sql-bench-") as folder:
        peers.write(data, Path(folder))
        with peers.start(LANCEDB, data, Path(folder), server.url, None, console) as peer:
            yield peer.under


def _measure(
    data: Dataset, exact: Exact, systems: Mapping[str, System], top_k: int, rounds: int
) -> dict[str, dict[str, float]]:
    numbers = range(len(exact.queries))
    position = {id_: number for number, id_ in enumerate(data.ids)}

    def turn(system: System) -> Callable[[int], Turn]:
        return lambda _: Turn(fmean(system.run(numbers).walls), 0)

    recalls = {
        name: fmean(
            exact.recall(number, top_k, [position[id_] for id_ in ids])
            for number, ids in zip(numbers, system.run(numbers).ids, strict=True)
        )
        for name, system in systems.items()
    }
    turns = alternate({name: turn(system) for name, system in systems.items()}, rounds)
    return {
        name: {
            "recall": recalls[name],
            "p50_ms": median_wall(turns[name]) * 1e3,
            "ratio": time_ratio(turns[name], turns[OURS]),
        }
        for name in systems
    }


def _fastest(found: Mapping[str, Mapping[str, float]]) -> Mapping[str, float] | None:
    """Return the figures of the fastest of the others whose recall is about ours; of the best, if there is none."""
    others = [figures for name, figures in found.items() if name != OURS]
    equal = [one for one in others if one["recall"] >= found[OURS]["recall"] - _EQUAL]
    if equal:
        return min(equal, key=lambda one: one["ratio"])
    return max(others, key=lambda one: one["recall"], default=None)
