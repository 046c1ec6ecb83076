"""All cells of one data set."""

from __future__ import annotations

import gc
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console

from bench.dataset import Dataset
from bench.sweep import peers, tables
from bench.sweep.cells import Cell
from bench.sweep.measure import Effort, measure
from bench.sweep.picker import Picker
from bench.sweep.plans import PLAIN
from bench.sweep.summary import HAND_WRITTEN
from bench.sweep.systems import BY_INDEX, Connections, System, by_hand, ours
from bench.sweep.truth import Truth


def run(
    url: str,
    data: Dataset,
    cells: Sequence[Cell],
    running: Mapping[str, peers.Peer],
    plain: bool,
    effort: Effort,
    console: Console,
) -> list[dict[str, Any]]:
    """Return the figures of each cell, and tell them one by one."""
    truth = Truth(data, effort.scored)
    gc.freeze()  # the rows are no garbage, and looking for it takes long among so many
    figures = []
    with Connections(url) as connections:
        picker = Picker(connections, data, truth)
        for number, cell in enumerate(cells, start=1):
            hand_written: dict[str, System] = {
                f"{HAND_WRITTEN}, {name}": by_hand(connections, data, cell, BY_INDEX, settings)
                for name, settings in (PLAIN if plain else {}).items()
            }
            others = (
                {name: peer.under(cell) for name, peer in running.items()} if cell.for_peers else {}
            )
            mine = ours(connections, data, cell)
            figures.append(measure(cell, mine, hand_written, others, picker, truth, effort))
            console.print(
                f"{number}/{len(cells)} {data.name} {tables.line(figures[-1])}",
                soft_wrap=True,
                highlight=False,
            )
    return figures
