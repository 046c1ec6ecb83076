"""Fair turns and robust figures. Standard library only: the worker in the peers' environment uses it, too."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Turn:
    """What one turn of a contender cost, in seconds for each row or query.

    Attributes:
        wall: Elapsed time: of all rows by their number, or the median query's.
        cpu: CPU time of the client process, all its threads, by the number of rows or queries.
    """

    wall: float
    cpu: float


def alternate(
    contenders: Mapping[str, Callable[[int], Turn]],
    rounds: int,
    before_each: Callable[[], object] = lambda: None,
) -> dict[str, list[Turn]]:
    """Return the turns of each contender: one a round, in an order that moves on by one every round.

    A contender is called with the number of the round.
    """
    # All that is there by now, such as the rows, is no garbage, and looking for it takes long.
    gc.collect()
    gc.freeze()
    names = list(contenders)
    turns: dict[str, list[Turn]] = {name: [] for name in names}
    for number in range(rounds):
        first = number % len(names)
        for name in names[first:] + names[:first]:
            before_each()
            turns[name].append(contenders[name](number))
    return turns


def median_wall(turns: Sequence[Turn]) -> float:
    return median(turn.wall for turn in turns)


def median_cpu(turns: Sequence[Turn]) -> float:
    return median(turn.cpu for turn in turns)


def time_ratio(turns: Sequence[Turn], base: Sequence[Turn]) -> float:
    """Return how many times as long as the base: the median of the rounds' ratios.

    Noise spares no one in a round.
    """
    return median(mine.wall / its.wall for mine, its in zip(turns, base, strict=True))


def bulk(work: Callable[[], object], count: int) -> Turn:
    """Do one piece of work on `count` rows."""
    with no_collections():
        cpu, wall = time.process_time(), time.perf_counter()
        work()
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return Turn(wall / count, cpu / count)


def each(work: Callable[[T], object], items: Sequence[T]) -> Turn:
    """Do the same work on one item after the other."""
    clock = time.perf_counter
    walls = []
    with no_collections():
        cpu = time.process_time()
        for item in items:
            start = clock()
            work(item)
            walls.append(clock() - start)
        cpu = time.process_time() - cpu
    return Turn(median(walls), cpu / len(items))


@contextmanager
def no_collections() -> Iterator[None]:
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
