"""Which chunks of a text are left over where it has fewer than when it was last upserted."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Generator, Iterable, Iterator
from typing import Any

from vecs_sql import exc
from vecs_sql.adapter import Adapter
from vecs_sql.adapter.base import Chunker, chunk_id

# Ids looked for at a time, of one text and of all.
_OF_ONE = 8
_OF_ALL = 2000

# Yields ids to delete, is sent those of them that were there, and returns whether any was.
_Probe = Generator[list[str], set[str], bool]


class Leftovers:
    """Finds the chunks beyond those that are written, by their numbers, which have no gaps.

    Raises:
        exc.ArgError: The adapter has no chunker.
    """

    def __init__(self, adapter: object) -> None:
        steps = adapter.steps if isinstance(adapter, Adapter) else [adapter]
        self._labels = [step.label for step in steps if isinstance(step, Chunker)]
        if not self._labels:
            raise exc.ArgError(
                "replace_chunks needs an adapter that makes chunks",
                hint="ParagraphChunker, MarkdownChunker, SentenceChunker and TokenChunker do.",
            )
        # How many children each text, and each chunk that is split again, has; in the order of the chunkers.
        self._counts: list[dict[str, int]] = [{} for _ in self._labels]

    def read(self, records: Iterable[Any]) -> Iterator[Any]:
        """The records that are read, whose ids are noted."""
        for record in records:
            self._counts[0].setdefault(str(record[0]), 0)
            yield record

    def wrote(self, ids: Iterable[str]) -> None:
        """Note ids that were written.

        Raises:
            exc.ArgError: One is not that of a chunk of what was read.
        """
        for id_ in ids:
            node = id_
            for counts, label in zip(reversed(self._counts), reversed(self._labels), strict=True):
                found = re.fullmatch(rf"(.*)_{label}_(\d{{3,}})", node, re.DOTALL)
                if found is None:
                    break
                node = found[1]
                # They come in order; of the same text twice the last counts, as it does for the rows.
                counts[node] = int(found[2]) + 1
            else:
                continue
            raise exc.ArgError(
                f'"{id_}" is not the id of a chunk, by which the old ones of its text could be found',
                hint="With replace_chunks no step of the adapter may change the ids of chunks.",
            )

    def delete(self) -> Generator[list[str], list[str], None]:
        """Yield ids to delete, and take those of them that were there."""
        waiting = [
            _probe(node, self._labels[level:], count)
            for level, counts in enumerate(self._counts)
            for node, count in counts.items()
        ]
        while waiting:
            some, waiting = waiting[: _OF_ALL // _OF_ONE], waiting[_OF_ALL // _OF_ONE :]
            asked = [(probe, next(probe)) for probe in some]
            while asked:
                there = set((yield [id_ for _, ids in asked for id_ in ids]))
                again = []
                for probe, ids in asked:
                    with contextlib.suppress(StopIteration):  # it found the end
                        again.append((probe, probe.send(there.intersection(ids))))
                asked = again


def _probe(node: str, labels: list[str], start: int = 0) -> _Probe:
    """Looks for the children of a text or chunk from a number on, until there are no more."""
    label, *deeper = labels
    any_found, number = False, start
    while True:
        if deeper:
            found = yield from _probe(chunk_id(node, label, number), deeper)
            number += 1
        else:
            there = yield [chunk_id(node, label, number + next_) for next_ in range(_OF_ONE)]
            found = bool(there)
            number += _OF_ONE
        if not found:
            return any_found
        any_found = True
