"""Prepared rows that wait to be written: in memory, and from a few megabytes on in a temporary file."""

from __future__ import annotations

import pickle
import tempfile
from collections.abc import Iterator, Sequence
from typing import IO, NamedTuple

from vecs_sql._protocol.convert import Vector

# So much is kept in memory.
_HELD_BYTES = 8_000_000


class Prepared(NamedTuple):
    """Rows of a call, as they are sent.

    Attributes:
        read: How many of the caller's records were read for them.
        long_ids: Ids that may be too long, with the positions of their records where they have one.
    """

    ids: Sequence[str]
    matrix: Vector
    metadata: str
    read: int
    long_ids: dict[str, int | None]


class Spool:
    """Prepared rows, in order, in bounded memory.

    Attributes:
        rows: How many there are.
        read: How many of the caller's records were read for them.
    """

    def __init__(self) -> None:
        self.rows = self.read = 0
        self._held: list[Prepared] = []
        self._bytes = 0
        self._file: IO[bytes] | None = None

    @property
    def on_disk(self) -> bool:
        """Whether there are more than memory should hold."""
        return self._file is not None

    def add(self, prepared: Prepared) -> None:
        """Add rows."""
        self._held.append(prepared)
        self.rows += len(prepared.ids)
        self.read += prepared.read
        self._bytes += prepared.matrix.nbytes + len(prepared.metadata) + 80 * len(prepared.ids)
        if self._bytes > _HELD_BYTES:
            # No one else can read it: it has no name, or is its owner's alone.
            self._file = self._file or tempfile.TemporaryFile(prefix="vecs-sql-")  # noqa: SIM115
            for held in self._held:
                pickle.dump(tuple(held), self._file, pickle.HIGHEST_PROTOCOL)
            self._held.clear()
            self._bytes = 0

    def __iter__(self) -> Iterator[Prepared]:
        """All rows, which may be read again."""
        if self._file is not None:
            self._file.flush()
            end = self._file.tell()
            self._file.seek(0)
            while self._file.tell() < end:
                yield Prepared(*pickle.load(self._file))
        yield from self._held

    def clear(self) -> None:
        """Forget them."""
        if self._file is not None:
            self._file.close()
            self._file = None
        self._held.clear()
        self.rows = self.read = self._bytes = 0
