"""The chunks that are left over where a text has fewer of them than at its last upsert."""

from __future__ import annotations

import contextlib
import re
from collections import defaultdict
from collections.abc import Generator, Iterable, Iterator
from typing import Any

from vecs_sql import exc
from vecs_sql.adapter.base import Adapter, Chunker, chunk_id

# Ids looked for at a time, of one text and of all.
_OF_ONE = 8
_OF_ALL = 2000
# How many chunks of a text may be missing in a row: one that is split again may have had nothing in it.
_GAP = 16

# Yields ids to delete, is sent those of them that were there, and returns whether any was.
_Probe = Generator[list[str], set[str], bool]


class _Node(dict[int, "_Node"]):
    """The chunks that were written, by number; each with the chunks that it was split into in turn."""


class _Text:
    """A text that was read, and its chunks that were written."""

    def __init__(self) -> None:
        self.times_read = self.times_written = 0
        self.last: list[int] = []
        self.chunks = _Node()

    def add(self, numbers: list[int]) -> None:
        """Note a chunk. Chunks come in order: if they start again, so does the text, and its last version counts."""
        if numbers <= self.last or not self.last:
            self.chunks = _Node()
            self.times_written += 1
        self.last = numbers
        node = self.chunks
        for number in numbers:
            node = node.setdefault(number, _Node())


class Leftovers:
    """Finds the chunks that an earlier, longer version of a text has left, by the numbers in their ids.

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
        self._texts: defaultdict[str, _Text] = defaultdict(_Text)

    def read(self, records: Iterable[Any]) -> Iterator[Any]:
        """Yield the records, and note their ids."""
        for record in records:
            self._texts[str(record[0])].times_read += 1
            yield record

    def wrote(self, ids: Iterable[str]) -> None:
        """Note ids that were written.

        Raises:
            exc.ArgError: One is not that of a chunk of what was read.
        """
        for id_ in ids:
            text = id_
            numbers: list[int] = []
            for label in reversed(self._labels):
                found = re.fullmatch(rf"(.*)_{label}_(\d{{3,}})", text, re.DOTALL)
                if found is None:
                    break
                text = found[1]
                numbers.insert(0, int(found[2]))
            if len(numbers) < len(self._labels) or text not in self._texts:
                raise exc.ArgError(
                    f'"{id_}" is not the id of a chunk, by which the old ones of its text could be found',
                    hint="With replace_chunks no step of the adapter may change the ids of chunks.",
                )
            self._texts[text].add(numbers)

    def _check_twice(self) -> None:
        for id_, text in self._texts.items():
            if text.times_read > max(1, text.times_written):
                raise exc.ArgError(
                    f'the text "{id_}" comes {text.times_read} times, and not always has chunks',
                    hint="Which is the last one cannot be told then: pass it once.",
                )

    def delete(self) -> Generator[list[str], list[str], None]:
        """Yield ids to delete, and take those of them that were there."""
        self._check_twice()
        waiting = [_probe(id_, self._labels, text.chunks) for id_, text in self._texts.items()]
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


def _probe(id_: str, labels: list[str], node: _Node) -> _Probe:
    """Look for the chunks of a text, or of a chunk, that were not written now, until there are no more."""
    label, *deeper = labels
    any_found, missing, number = False, 0, 0
    last = max(node, default=-1)
    # Every number up to the last, and on until none is found.
    while number <= last or missing < (_GAP if deeper else 1):
        if deeper:
            known = node.get(number)
            found = yield from _probe(chunk_id(id_, label, number), deeper, known or _Node())
            found = found or known is not None
            number += 1
        else:
            numbers = [n for n in range(number, number + _OF_ONE) if n not in node]
            there = (yield [chunk_id(id_, label, n) for n in numbers]) if numbers else set()
            found = bool(there) or not numbers
            number += _OF_ONE
        any_found |= found
        missing = 0 if found else missing + 1
    return any_found
