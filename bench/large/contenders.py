"""Who searches a million rows without a filter, and at which settings a recall is reached."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import mean, median

from bench.dataset import Dataset
from bench.exact import Exact
from bench.pgbench import search, throughput
from bench.sweep.cells import NO_FILTER, Cell, Filter
from bench.sweep.measure import OURS
from bench.sweep.peers import Peer
from bench.sweep.summary import HAND_WRITTEN, LANCEDB
from bench.sweep.systems import BY_INDEX, Connections, System, by_hand, ours

DEFAULT = f"{OURS}, default settings"
TOP_K = 10
CELL = Cell(Filter(NO_FILTER, NO_FILTER), TOP_K)

_EF_SEARCHES = (10, 20, 30, 40, 60, 80, 100, 150, 200, 300, 400, 600, 800, 1_000)
# With this recall no slower setting is needed.
_ENOUGH = 0.999
# LanceDB's settings, from fast to slow.
LANCE_VARIANTS = tuple(
    {"nprobes": nprobes, "refine_factor": factor}
    for nprobes in (10, 20, 40, 80)
    for factor in (5, 10, 20, 50, 100)
)


@dataclass(frozen=True)
class Contender:
    """A system with its settings.

    Attributes:
        settings: In a few words.
        system: Answers queries, one after the other.
        throughput: Return the searches per second of so many clients in so many seconds.
    """

    settings: str
    system: System
    throughput: Callable[[int, int], float]


@dataclass(frozen=True)
class Tried:
    """A contender's recall, and the median of its times in seconds."""

    contender: Contender
    recall: float
    wall: float


def contenders(
    url: str, connections: Connections, data: Dataset, lance: Peer | None, queries: int
) -> dict[str, list[Contender]]:
    """Return each system with all settings that are tried, from fast to slow."""

    def by_function(ef_search: int | None) -> Contender:
        named = "" if ef_search is None else f", ef_search => {ef_search}"
        script = search(f"SELECT * FROM vecs.query('{data.name}', q.vec, {TOP_K}{named})", queries)
        return Contender(
            "default" if ef_search is None else f"ef_search {ef_search}",
            ours(connections, data, CELL, ef_search),
            lambda clients, seconds: throughput(url, script, clients, seconds),
        )

    def by_statement(ef_search: int) -> Contender:
        script = search(
            f"SELECT id, vec <=> q.vec AS distance, metadata FROM vecs.{data.name}"
            f" ORDER BY vec <=> q.vec LIMIT {TOP_K}",
            queries,
        )
        settings = {"hnsw.ef_search": str(ef_search)}
        return Contender(
            f"ef_search {ef_search}",
            by_hand(connections, data, CELL, BY_INDEX, tuple(settings.items())),
            lambda clients, seconds: throughput(url, script, clients, seconds, settings),
        )

    found = {
        DEFAULT: [by_function(None)],
        OURS: [by_function(ef_search) for ef_search in _EF_SEARCHES],
        HAND_WRITTEN: [by_statement(ef_search) for ef_search in _EF_SEARCHES],
    }
    if lance is not None:
        found[LANCEDB] = [
            _of_lance(lance, *one)
            for one in zip(lance.variants, lance.under(CELL).items(), strict=True)
        ]
    return found


def _of_lance(lance: Peer, variant: dict[str, int], named: tuple[str, System]) -> Contender:
    settings, system = named
    return Contender(
        settings,
        system,
        lambda clients, seconds: lance.throughput(CELL, clients, seconds, variant),
    )


def try_all(
    tried: Sequence[Contender], exact: Exact, position: Mapping[str, int], queries: int
) -> list[Tried]:
    """Measure contenders, in their order, until one is right nearly always."""
    found: list[Tried] = []
    for contender in tried:
        run = contender.system.run(range(queries))
        recall = mean(
            exact.recall(number, TOP_K, [position[id_] for id_ in ids])
            for number, ids in enumerate(run.ids)
        )
        found.append(Tried(contender, recall, median(run.walls)))
        if recall >= _ENOUGH:
            break
    return found


def first_at(tried: Sequence[Tried], recall: float) -> Tried | None:
    """Return the first that reaches a recall, if one does."""
    return next((one for one in tried if one.recall >= recall), None)
