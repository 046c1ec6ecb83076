"""The chunks that are left over where a text has fewer of them than at its last upsert."""

from __future__ import annotations

import contextlib
import re
from collections import defaultdict
from collections.abc import Generator, Iterable, Iterator
from typing import Any, Protocol

from vecs_sql import exc
from vecs_sql._ingest.batch import Batch
from vecs_sql._protocol import metadata
from vecs_sql.adapter._documents import Keys
from vecs_sql.adapter.base import Adapter, Chunker, chunk_id

# Ids looked for at a time, of one text and of all.
_OF_ONE = 8
_OF_ALL = 2000
# How many chunks of a text may be missing in a row: one that is split again may have had nothing in it.
_GAP = 16

# The documents in a call, of few and of many: a filter looks 20 of them up in the index of the metadata. After a load
# that index has a list of new rows, which each look-up reads (25 ms). Of many documents, all rows are read once.
_FEW_DOCUMENTS, _MANY_DOCUMENTS = 20, 2000
_FEW = 100

# Yields the arguments of vecs.delete, and is sent the ids that were deleted.
Deletion = Generator[dict[str, object], list[str], None]

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


class Leftovers(Protocol):
    """Finds the chunks that an earlier version of a text has left."""

    def read(self, records: Iterable[Any]) -> Iterator[Any]:
        """Yield the records that the adapter reads, and note their ids."""

    def wrote(self, batch: Batch) -> None:
        """Note the rows that are written."""

    def delete(self) -> Deletion:
        """Yield the arguments of calls that delete the chunks, and take the ids that were deleted."""


def leftovers(adapter: object, adapts: bool) -> Leftovers | None:
    """Return what finds the chunks that an earlier version of a text has left; None if nothing can.

    Args:
        adapter: The collection's adapter.
        adapts: Whether it makes the rows; otherwise the caller does.
    """
    keys = Keys.of(adapter)
    if keys.document is not None:
        return LeftoversOfDocuments(keys.document, keys.position)
    return LeftoversOfIds(adapter) if adapts else None


class _Document:
    """A document that was read, and the ids of its chunks that were written."""

    def __init__(self) -> None:
        self.times_read = self.times_written = 0
        self.ids: dict[str, None] = {}


class LeftoversOfDocuments:
    """Finds the chunks that an earlier version of a document has left, by the document's id in the metadata.

    Args:
        document_key: The key of the document's id.
        position_key: The key of a chunk's position in it, or None.
    """

    def __init__(self, document_key: str, position_key: str | None) -> None:
        self._document_key = document_key
        self._position_key = position_key
        self._documents: defaultdict[str, _Document] = defaultdict(_Document)

    def read(self, records: Iterable[Any]) -> Iterator[Any]:
        """Yield the records, and note their ids."""
        for record in records:
            self._documents[str(record[0])].times_read += 1
            yield record

    def wrote(self, batch: Batch) -> None:
        """Note rows that were written.

        Raises:
            exc.ArgError: One belongs to no document.
        """
        for id_, fields in zip(batch.ids, batch.metadata, strict=True):
            name = (fields or {}).get(self._document_key)
            if not isinstance(name, str):
                raise exc.ArgError(
                    f'the metadata of id "{id_}" has no document under "{self._document_key}"',
                    hint="replace_chunks deletes the other chunks of the documents that are written.",
                )
            document = self._documents[name]
            # The same document again: its last version counts.
            if document.times_read > document.times_written and (
                not document.ids
                or id_ in document.ids
                or (self._position_key is not None and (fields or {}).get(self._position_key) == 0)
            ):
                document.ids.clear()
                document.times_written += 1
            document.ids[id_] = None

    def delete(self) -> Deletion:
        """Yield the arguments of calls that delete all chunks of the documents but those that were written."""
        for name, document in self._documents.items():
            if document.times_read > max(1, document.times_written):
                raise _comes_twice("document", name, document.times_read)
        names = sorted(self._documents)
        size = _FEW_DOCUMENTS if len(names) <= _FEW else _MANY_DOCUMENTS
        for start in range(0, len(names), size):
            some = names[start : start + size]
            filters: dict[str, Any] = {self._document_key: {"$in": some}}
            kept = [id_ for name in some for id_ in self._documents[name].ids]
            if kept:
                filters["$id"] = {"$nin": kept}
            yield {"ids": None, "filters": metadata.to_json(filters, "the ids of chunks")}


def _comes_twice(what: str, name: str, times: int) -> exc.ArgError:
    return exc.ArgError(
        f'the {what} "{name}" comes {times} times, and not always has chunks',
        hint="Which is the last one cannot be told then: pass it once.",
    )


class LeftoversOfIds:
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
                hint="ParagraphChunker, MarkdownChunker, SentenceChunker and TokenChunker do. For steps of your own, "
                'name a key for the document: Adapter([...], document_key="document").',
            )
        self._texts: defaultdict[str, _Text] = defaultdict(_Text)

    def read(self, records: Iterable[Any]) -> Iterator[Any]:
        """Yield the records, and note their ids."""
        for record in records:
            self._texts[str(record[0])].times_read += 1
            yield record

    def wrote(self, batch: Batch) -> None:
        """Note the ids of rows that were written.

        Raises:
            exc.ArgError: One is not that of a chunk of what was read.
        """
        for id_ in batch.ids:
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
                    hint="Let no step of the adapter change the ids of chunks, or name a key for the document: "
                    'Adapter([...], document_key="document").',
                )
            self._texts[text].add(numbers)

    def _check_twice(self) -> None:
        for id_, text in self._texts.items():
            if text.times_read > max(1, text.times_written):
                raise _comes_twice("text", id_, text.times_read)

    def delete(self) -> Deletion:
        """Yield the arguments of calls that delete ids, and take those of them that were there."""
        self._check_twice()
        waiting = [_probe(id_, self._labels, text.chunks) for id_, text in self._texts.items()]
        while waiting:
            some, waiting = waiting[: _OF_ALL // _OF_ONE], waiting[_OF_ALL // _OF_ONE :]
            asked = [(probe, next(probe)) for probe in some]
            while asked:
                guessed = [id_ for _, ids in asked for id_ in ids]
                there = set((yield {"ids": guessed, "filters": None}))
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
