"""The plans that someone could write who knew the table, the filter and pgvector; settings force them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil

from bench.sweep.cells import Cell
from bench.sweep.systems import BY_INDEX, EXACT, MATERIALIZED, OVER_FETCH, Settings

_EF_SEARCHES = (40, 100, 200, 400, 1_000)
# How many rows a plan may want from the index, as multiples of top_k.
_OVER_FETCHES = (1.5, 2.0)

_BY_INDEX: Settings = (
    ("enable_bitmapscan", "off"),
    ("enable_seqscan", "off"),
    ("enable_sort", "off"),
)
_BY_BITMAP: Settings = (("enable_seqscan", "off"), ("enable_indexscan", "off"))
_BY_SCAN: Settings = (("enable_bitmapscan", "off"), ("enable_indexscan", "off"))
_SERIAL: Settings = (("max_parallel_workers_per_gather", "0"),)
_PARALLEL: Settings = (
    ("max_parallel_workers_per_gather", "2"),
    ("min_parallel_index_scan_size", "0"),
    ("min_parallel_table_scan_size", "0"),
    ("parallel_setup_cost", "0"),
    ("parallel_tuple_cost", "0"),
)
_ALWAYS: Settings = (("jit", "off"),)
_CUSTOM: Settings = (("plan_cache_mode", "force_custom_plan"),)

# The three that people write who do not pick: set once for the session, the planner does the rest.
PLAIN: dict[str, Settings] = {
    "default": (),
    "relaxed_order": (("hnsw.iterative_scan", "relaxed_order"),),
    "strict_order": (("hnsw.iterative_scan", "strict_order"),),
}


@dataclass(frozen=True)
class Plan:
    """A statement and the settings that force its plan.

    Attributes:
        name: The plan in a few words.
        family: Plans of one kind; those that come later search for longer.
        shape: The statement's.
        settings: The session's.
        over_fetch: How many times top_k rows the statement wants from the index.
        custom: Whether it is planned anew for each query.
    """

    name: str
    family: str
    shape: str
    settings: Settings
    over_fetch: float = 1
    custom: bool = False

    @property
    def all_settings(self) -> Settings:
        return self.settings + _ALWAYS + (_CUSTOM if self.custom else ())

    @property
    def exact(self) -> bool:
        return self.shape in (EXACT, MATERIALIZED)

    def __str__(self) -> str:
        return f"{self.name}{', planned anew each time' if self.custom else ''}"


def candidates(cell: Cell) -> Iterator[Plan]:
    """Yield all plans worth a trial; the exact ones first, as they show at once what is hopeless."""
    scans = {"scan": _BY_SCAN}
    if cell.filter.where:
        scans = {"bitmap": _BY_BITMAP, **scans}
    for scan, settings in scans.items():
        for shape in (EXACT, MATERIALIZED):
            for workers, how in (("", _SERIAL), ("parallel ", _PARALLEL)):
                yield Plan(f"{shape}, {workers}{scan}", scan, shape, settings + how)
    for ef_search in sorted({*_EF_SEARCHES, min(1_000, max(40, cell.top_k))}):
        for order in ("off", "relaxed_order", "strict_order"):
            if order == "off" and ef_search < cell.top_k:
                continue  # would come back short
            name = f"hnsw {ef_search}, {order}"
            settings = (("hnsw.ef_search", str(ef_search)), ("hnsw.iterative_scan", order))
            settings = _BY_INDEX + settings
            yield Plan(name, order, BY_INDEX, settings)
            # In the other orders rows come sorted, so the first top_k are the same.
            for rows, factor in _over_fetches(cell.top_k) if order == "relaxed_order" else ():
                family = f"{order}, {factor:g}"
                yield Plan(f"{name}, {rows} wanted", family, OVER_FETCH, settings, factor)


def _over_fetches(top_k: int) -> list[tuple[int, float]]:
    """Return the numbers of rows to want, each once, and the factors."""
    found = {ceil(top_k * factor): factor for factor in reversed(_OVER_FETCHES)}
    return sorted(found.items())
