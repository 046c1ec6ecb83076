"""Loading into a collection with an index: with the index in place, or dropped and built again after it."""

from __future__ import annotations

import itertools
import math
import time
from collections.abc import Sequence
from typing import Any

import psycopg
from psycopg import sql
from rich.console import Console

import vecs_sql
from bench.dataset import Dataset
from bench.report import Target, Topic
from bench.stage import Server

# New rows, in per cent of those that are there.
_SHARES = (1, 5, 10, 20, 50, 100)
# Rows that go into an empty collection, in per cent of the same.
_INTO_EMPTY = 20
_NAME = "loading"


def loading(server: Server, data: Dataset, console: Console) -> Topic:
    """Load more and more rows into a collection of half of the rows, and some into an empty one."""
    there = len(data.ids) // 2
    console.print(f"Loading into an index on {there:,} rows ...", highlight=False)
    docs = _collection(server, data)
    docs.upsert(_rows(data, 0, there), progress=False)
    _create_index(server, data)
    cells: dict[str, dict[str, Any]] = {}
    for share in _SHARES:
        new = max(1, there * share // 100)
        console.print(f"Dropped, {new:,} new rows, built again ...", highlight=False)
        cells[f"{share} %"] = {
            "rows": new,
            "auto": _auto(server, new),
            "rebuilt_s": _rebuilt_and_rolled_back(server, data, there, there + new),
        }
    # One goes on where the other ends, as it cannot be taken back.
    console.print("With the index in place ...", highlight=False)
    done, seconds = 0, 0.0
    for cell in cells.values():
        started = time.perf_counter()
        docs.upsert(_rows(data, there + done, there + cell["rows"]), progress=False)
        seconds += time.perf_counter() - started
        done = cell["rows"]
        cell["in_place_s"] = seconds
    cells["into an empty collection"] = _into_empty(server, data, there * _INTO_EMPTY // 100)
    for cell in cells.values():
        cell["ratio"] = cell["in_place_s"] / cell["rebuilt_s"]
    server.client.delete_collection(_NAME)
    border = _border([cells[f"{share} %"]["ratio"] for share in _SHARES])
    return Topic(
        name="loading",
        title=f"Loading into an index on {there:,} glosses",
        columns=[
            "new rows, of those there",
            "number",
            "index in place, s",
            "dropped and rebuilt, s",
            "in place, of rebuilt",
            'rebuilt by "auto"',
        ],
        rows=[
            [
                name,
                f"{cell['rows']:,}",
                f"{cell['in_place_s']:.1f}",
                f"{cell['rebuilt_s']:.1f}",
                f"{cell['ratio']:.2f}",
                "yes" if cell["auto"] else "no",
            ]
            for name, cell in cells.items()
        ],
        targets=[
            Target(
                "new rows from which rebuilding takes less time, % of those there",
                100,
                border,
                at_most=True,
            ),
            Target(
                "time with the index in place, of rebuilding, into an empty collection",
                2,
                cells["into an empty collection"]["ratio"],
            ),
        ],
        figures={"there": there, "border": border, "cells": cells},
    )


def _rows(data: Dataset, first: int, end: int) -> tuple[Sequence[str], Any, Sequence[Any]]:
    return data.ids[first:end], data.vectors[first:end], data.metadata[first:end]


def _collection(server: Server, data: Dataset) -> vecs_sql.Collection:
    """Return a new, empty collection."""
    server.client.delete_collection(_NAME)
    return server.client.get_or_create_collection(_NAME, dimension=data.vectors.shape[1])


def _create_index(server: Server, data: Dataset) -> None:
    server.connection.execute("SELECT vecs.create_index(%s, %s)", [_NAME, data.measure])
    _vacuum(server)


def _vacuum(server: Server) -> None:
    table = sql.Identifier("vecs", _NAME)
    server.connection.execute(sql.SQL("VACUUM (ANALYZE) {}").format(table))


def _auto(server: Server, new: int) -> bool:
    asked = "SELECT vecs._rebuild_pays(%s, %s, NULL)"
    found = server.connection.execute(asked, [_NAME, new]).fetchone()
    return found is not None and bool(found[0])


def _rebuilt_and_rolled_back(server: Server, data: Dataset, first: int, end: int) -> float:
    """Load rows, the index dropped before and built after, and return the seconds. Nothing of it stays."""
    with psycopg.connect(server.url) as connection:
        docs = vecs_sql.create_client(connection).open_collection(_NAME)
        started = time.perf_counter()
        docs.upsert(_rows(data, first, end), rebuild_index=True, progress=False)
        seconds = time.perf_counter() - started
        connection.rollback()
    _vacuum(server)
    return seconds


def _into_empty(server: Server, data: Dataset, new: int) -> dict[str, Any]:
    seconds = {}
    for way, rebuild in (("in_place_s", False), ("rebuilt_s", True)):
        docs = _collection(server, data)
        _create_index(server, data)
        auto = _auto(server, new)
        started = time.perf_counter()
        docs.upsert(_rows(data, 0, new), rebuild_index=rebuild, progress=False)
        seconds[way] = time.perf_counter() - started
    return {"rows": new, "auto": auto, **seconds}


def _border(ratios: Sequence[float]) -> float:
    """Return the share of new rows at which both ways take the same time, between those that were measured."""
    points = list(zip(map(math.log, _SHARES), map(math.log, ratios), strict=True))
    if points[0][1] >= 0:
        return _SHARES[0]
    for (x, y), (next_x, next_y) in itertools.pairwise(points):
        if next_y >= 0:
            return math.exp(x - y * (next_x - x) / (next_y - y))
    return math.inf
