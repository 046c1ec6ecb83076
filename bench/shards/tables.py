"""The figures as tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bench.report import Target, Topic
from bench.shards.contenders import PLAIN, Contender
from bench.shards.measure import Turns
from bench.timing import median_wall, time_ratio

# What two shards may take at most, in times of the local collection, and reach at least.
_TARGETS = {
    "query, k = 10": 4,
    "query, k = 100": 6,
    "query, k = 10, filter of 1 %": 3.5,
    "query, k = 10, filter of 10 %": 7,
    "fetch, 100 ids": 2.5,
}
_LOADS = 0.55
_RECALL = 0.01
# The number of shards that these are for.
_AIMED = 2


def calls(found: Sequence[Contender], rows: int, taken: Mapping[str, Turns]) -> Topic:
    """Return the times of the calls."""
    others = _others(found)
    return Topic(
        name="calls",
        title=f"The time of a call: {rows:,} rows",
        columns=[
            "",
            *(f"{one.label}, ms" for one in found),
            *(f"{one.label}, time of plain" for one in others),
        ],
        rows=[
            [
                what,
                *(f"{median_wall(turns[one.label]) * 1e3:.2f}" for one in found),
                *(f"{_ratio(turns, one):.2f}" for one in others),
            ]
            for what, turns in taken.items()
        ],
        targets=[
            Target(f"{what}, {one.label}, time of plain", most, _ratio(taken[what], one), True)
            for one in _aimed(found)
            for what, most in _TARGETS.items()
        ],
        figures={
            what: {
                one.label: {
                    "ms": median_wall(turns[one.label]) * 1e3,
                    "ms_by_round": [turn.wall * 1e3 for turn in turns[one.label]],
                    "time_of_plain": _ratio(turns, one),
                }
                for one in found
            }
            for what, turns in taken.items()
        },
    )


def loads(found: Sequence[Contender], rows: int, batch: int, taken: Mapping[str, Turns]) -> Topic:
    """Return the rates of loads; `taken` is by the number of clients."""
    others = _others(found)
    return Topic(
        name="loads",
        title=f"upsert_many: {rows:,} new rows in batches of {batch:,}, without a vector index",
        columns=[
            "",
            *(f"{one.label}, rows/s" for one in found),
            *(f"{one.label}, speed of plain" for one in others),
        ],
        rows=[
            [
                what,
                *(f"{1 / median_wall(turns[one.label]):,.0f}" for one in found),
                *(f"{1 / _ratio(turns, one):.2f}" for one in others),
            ]
            for what, turns in taken.items()
        ],
        targets=[
            Target(
                f"upsert_many, {one.label}, {what}, speed of plain",
                _LOADS,
                1 / _ratio(taken[what], one),
            )
            for one in _aimed(found)
            for what in list(taken)[:1]
        ],
        figures={
            what: {
                one.label: {
                    "rows_per_second": 1 / median_wall(turns[one.label]),
                    "rows_per_second_by_round": [1 / turn.wall for turn in turns[one.label]],
                    "speed_of_plain": 1 / _ratio(turns, one),
                }
                for one in found
            }
            for what, turns in taken.items()
        },
    )


def index(
    found: Sequence[Contender], rows: int, builds: Turns, described: Mapping[str, dict[str, Any]]
) -> Topic:
    """Return what the collections and their indexes cost."""
    figures = {
        one.label: {
            "seconds": median_wall(builds[one.label]),
            "seconds_by_round": [turn.wall for turn in builds[one.label]],
            "time_of_plain": _ratio(builds, one),
            "parameters": described[one.label]["vector_indexes"][0]["parameters"],
            "index_bytes": described[one.label]["vector_indexes"][0]["bytes"],
            "table_bytes": described[one.label]["table_bytes"],
            "total_bytes": described[one.label]["total_bytes"],
        }
        for one in found
    }
    return Topic(
        name="index",
        title=f"Building the index, and bytes: {rows:,} rows",
        columns=["", "build, s", "time of plain", "index, MB", "table, MB", "with all indexes, MB"],
        rows=[
            [
                label,
                f"{one['seconds']:.1f}",
                f"{one['time_of_plain']:.2f}",
                *(
                    f"{one[what] / 1e6:,.1f}"
                    for what in ("index_bytes", "table_bytes", "total_bytes")
                ),
            ]
            for label, one in figures.items()
        ],
        figures=figures,
    )


def answers(
    found: Sequence[Contender],
    recalls: Mapping[float, Mapping[str, float]],
    faults: Mapping[str, Mapping[str, int]],
    searches: int,
) -> Topic:
    """Return how good the answers are."""
    names = {
        share: "no filter" if share == 1 else f"filter of {share * 100:.3g} %" for share in recalls
    }
    return Topic(
        name="answers",
        title=f"Recall for 10 neighbours; {searches:,} searches with filters of 50 to 0.01 %",
        columns=[
            "",
            *(f"recall, {name}" for name in names.values()),
            "short searches",
            "searches with wrong rows",
        ],
        rows=[
            [
                one.label,
                *(f"{recalls[share][one.label]:.4f}" for share in names),
                *(f"{faults[one.label][what]:,}" for what in ("short", "wrong")),
            ]
            for one in found
        ],
        targets=[
            *(
                Target(
                    f"recall below plain's, {one.label}, {name}",
                    _RECALL,
                    recalls[share][PLAIN] - recalls[share][one.label],
                    at_most=True,
                )
                for one in _aimed(found)
                for share, name in names.items()
            ),
            *(
                Target(
                    f"short or wrong searches, {one.label}",
                    0,
                    sum(faults[one.label].values()),
                    True,
                )
                for one in _others(found)
            ),
        ],
        figures={
            one.label: {
                "recall": {name: recalls[share][one.label] for share, name in names.items()},
                **faults[one.label],
            }
            for one in found
        },
    )


def _others(found: Sequence[Contender]) -> list[Contender]:
    return [one for one in found if one.label != PLAIN]


def _aimed(found: Sequence[Contender]) -> list[Contender]:
    return [one for one in found if one.shards == _AIMED]


def _ratio(turns: Turns, one: Contender) -> float:
    """Return how many times as long as the local collection."""
    return time_ratio(turns[one.label], turns[PLAIN])
