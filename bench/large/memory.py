"""The memory of a server's processes, from /proc."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

from bench.stage import Connection

_INTERVAL = 0.5
_FIELD = re.compile(r"^(PPid|RssAnon|RssShmem):\s+(\d+)", re.MULTILINE)


class Peak:
    """The most memory that was in use, in bytes; 0 where there is no /proc."""

    def __init__(self) -> None:
        self.bytes = 0


@contextmanager
def watch(connection: Connection) -> Iterator[Peak]:
    """Watch the processes of a server: their own memory, and the shared memory once."""
    row = connection.execute("SELECT pg_backend_pid()").fetchone()
    assert row is not None
    backend = _read(Path(f"/proc/{row[0]}"))
    peak, stop = Peak(), Event()

    def look() -> None:
        ended = False
        while not ended:
            ended = stop.wait(_INTERVAL)  # and once more at the end, which may be soon
            peak.bytes = max(peak.bytes, _used(backend["PPid"]))

    thread = Thread(target=look, daemon=True)
    if backend:
        thread.start()
    try:
        yield peak
    finally:
        stop.set()
        if backend:
            thread.join()


def _used(postmaster: int) -> int:
    processes = [_read(folder) for folder in Path("/proc").glob("[0-9]*")]
    children = [one for one in processes if one.get("PPid") == postmaster]
    own = sum(one.get("RssAnon", 0) for one in children)
    return 1024 * (own + max((one.get("RssShmem", 0) for one in children), default=0))


def _read(folder: Path) -> dict[str, int]:
    """Return what a process uses, in kB; nothing where it has ended."""
    try:
        status = (folder / "status").read_text(encoding="utf-8")
    except OSError:
        return {}
    return {name: int(value) for name, value in _FIELD.findall(status)}
