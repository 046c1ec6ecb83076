"""Rows that wait to be written: in memory up to a few megabytes, then in a temporary file."""

from __future__ import annotations

import pickle
import tempfile
from collections.abc import Iterator, Sequence
from typing import IO, NamedTuple

from vecs_sql._protocol.vectors import Vector

_MEMORY_BYTES = 8_000_000


class EncodedBatch(NamedTuple):
    """The rows of one call of upsert_many, converted to what is sent.

    Attributes:
        ids: The ids.
        matrix: The vectors.
        metadata: A JSON array.
        read: The number of the caller's records that were read for it.
        long_ids: The ids that may be too long, with the positions of their records if known.
    """

    ids: Sequence[str]
    matrix: Vector
    metadata: str
    read: int
    long_ids: dict[str, int | None]


class Spool:
    """A queue of encoded batches in bounded memory.

    Attributes:
        rows: The number of rows in it.
        read: The number of the caller's records that were read for them.
    """

    def __init__(self) -> None:
        self.rows = self.read = 0
        self._batches: list[EncodedBatch] = []
        self._bytes = 0
        self._file: IO[bytes] | None = None

    @property
    def on_disk(self) -> bool:
        """Whether some are in a temporary file."""
        return self._file is not None

    def add(self, batch: EncodedBatch) -> None:
        """Add a batch."""
        self._batches.append(batch)
        self.rows += len(batch.ids)
        self.read += batch.read
        self._bytes += batch.matrix.nbytes + len(batch.metadata) + 80 * len(batch.ids)
        if self._bytes > _MEMORY_BYTES:
            # Nobody else can read it: it has no name, or only its owner has access.
            self._file = self._file or tempfile.TemporaryFile(prefix="vecs-sql-")  # noqa: SIM115
            for held in self._batches:
                pickle.dump(tuple(held), self._file, pickle.HIGHEST_PROTOCOL)
            self._batches.clear()
            self._bytes = 0

    def __iter__(self) -> Iterator[EncodedBatch]:
        """Yield the batches; they stay."""
        if self._file is not None:
            self._file.flush()
            end = self._file.tell()
            self._file.seek(0)
            while self._file.tell() < end:
                yield EncodedBatch(*pickle.load(self._file))
        yield from self._batches

    def clear(self) -> None:
        """Remove all batches."""
        if self._file is not None:
            self._file.close()
            self._file = None
        self._batches.clear()
        self.rows = self.read = self._bytes = 0
