"""The settings of the embedded server that depend on the machine: memory and processes, at each start."""

from __future__ import annotations

import contextlib
import math
import os
import re
import shutil
from pathlib import Path

CGROUPS = Path("/sys/fs/cgroup")

_FILE = "machine.conf"
_INCLUDE = f"""\
# Chosen by vecs-sql at each start. A setting in this file or by ALTER SYSTEM takes its place.
include_if_exists = '{_FILE}'

"""
# What initdb writes for this server, or wrote in earlier versions; anything else was written by the user.
_WRITTEN_BY_INITDB = re.compile(
    r"^(?=shared_buffers = (?:128|256)MB\b|maintenance_work_mem = 256MB\b)", re.MULTILINE
)
_MB = 2**20


def machine_bytes() -> int:
    """Return the memory of the machine, or of the container where that has a limit."""
    import psutil

    limits = [psutil.virtual_memory().total]
    for name in ("memory.max", "memory/memory.limit_in_bytes"):  # version 2 of cgroups, and 1
        try:
            limit = (CGROUPS / name).read_text(encoding="ascii").strip()
        except OSError:
            continue
        if limit.isdecimal():  # not "max"
            limits.append(int(limit))
    return min(limits)


def cores() -> int:
    """Return how many processors may be used: those of the machine, or what a container may take of them."""
    found = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    limits = [found or 1]
    with contextlib.suppress(OSError, ValueError):
        quota, period = (CGROUPS / "cpu.max").read_text(encoding="ascii").split()
        if quota != "max":
            limits.append(math.ceil(int(quota) / int(period)))
    return min(limits)


def settings(memory: int, cores: int) -> dict[str, str]:
    """Return the settings for a machine.

    A quarter of the memory for shared_buffers, as PostgreSQL's manual advises: an index build may take as much, and
    the searches after it find the index there. A sixteenth for other maintenance, up to 2 GB.

    Args:
        memory: In bytes.
        cores: The number of processors that may be used.
    """
    workers = max(2, cores)

    def clamp(size: int, low: int, high: int) -> str:
        return f"{min(max(size // _MB, low), high)}MB"

    return {
        "shared_buffers": clamp(memory // 4, 128, 16384),
        "effective_cache_size": clamp(memory // 4 * 3, 256, 2**20),
        "maintenance_work_mem": clamp(memory // 16, 64, 2048),
        "max_parallel_workers": str(workers),
        "max_worker_processes": str(max(8, workers + 4)),
    }


def write_settings(folder: Path) -> None:
    """Write the settings for this machine into a cluster's folder, for its next start."""
    lines = [f"{name} = {value}\n" for name, value in settings(machine_bytes(), cores()).items()]
    _replace(folder / _FILE, "".join(lines), like=folder / "postgresql.conf")
    path = folder / "postgresql.conf"
    text = path.read_text(encoding="utf-8", errors="surrogateescape")
    if _FILE not in text:
        _replace(path, _INCLUDE + _WRITTEN_BY_INITDB.sub("#", text), like=path)


def _replace(path: Path, text: str, like: Path) -> None:
    """Write a file as a whole or not at all, with the owner and the mode of another."""
    new = path.with_name(path.name + ".new")
    new.write_text(text, encoding="utf-8", errors="surrogateescape")
    info = like.stat()
    os.chown(new, info.st_uid, info.st_gid)
    shutil.copymode(like, new)
    new.replace(path)
