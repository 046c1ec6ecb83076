"""Streams rows in and out, and prints how much memory that took: python -m bench.stream sync|async URL ROWS."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import numpy as np

import vecs_sql

_DIMENSION = 128
_NAME = "stream"


def rows(count: int) -> Iterator[Any]:
    chance = np.random.default_rng(1)
    for number in range(count):
        yield (
            f"{number:09}",
            chance.random(_DIMENSION, np.float32),
            {"number": number, "k": "value"},
        )


def sync(url: str, count: int) -> tuple[float, float]:
    with vecs_sql.create_client(url) as client:
        docs = client.get_or_create_collection(_NAME, dimension=_DIMENSION)
        begin = time.perf_counter()
        docs.upsert(rows(count))
        written = time.perf_counter()
        assert sum(1 for _ in docs.scan()) == count
        read = time.perf_counter()
        client.delete_collection(_NAME)
    return written - begin, read - written


async def asynchronous(url: str, count: int) -> tuple[float, float]:
    async def stream() -> AsyncIterator[Any]:
        for row in rows(count):
            yield row

    async with vecs_sql.create_async_client(url) as client:
        docs = await client.get_or_create_collection(_NAME, dimension=_DIMENSION)
        begin = time.perf_counter()
        await docs.upsert(stream())
        written = time.perf_counter()
        found = 0
        async for _ in docs.scan():
            found += 1
        assert found == count
        read = time.perf_counter()
        await client.delete_collection(_NAME)
    return written - begin, read - written


def most_memory() -> float:
    """MB that this process had at most; the kernel's getrusage() would count the parent's, too."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    [kilobytes] = [line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:")]
    return int(kilobytes) * 1024 / 1e6


def main() -> None:
    way, url, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
    took = sync(url, count) if way == "sync" else asyncio.run(asynchronous(url, count))
    figures = {
        "mb": most_memory(),
        "written_per_second": count / took[0],
        "read_per_second": count / took[1],
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
