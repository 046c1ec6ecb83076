"""Chunks of Markdown."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterable, Iterator
from typing import Any

from vecs_sql.adapter.base import AdapterContext, Chunker, Record

__all__ = ["MarkdownChunker"]

_HEADING = re.compile(r"^(#{1,6}\s+.+)$", re.MULTILINE)


class MarkdownChunker(Chunker):
    """A step that splits Markdown where a heading begins: ids `{id}_head_{000}`.

    Args:
        skip_during_query: Do not split the text that is searched with.
        max_tokens: Split longer sections, at spaces, into chunks of so many words; None: keep them whole.
    """

    label = "head"

    def __init__(self, *, skip_during_query: bool, max_tokens: int | None = None) -> None:
        super().__init__(skip_during_query=skip_during_query)
        self.max_tokens = _check(max_tokens)

    @staticmethod
    def split_by_heading(md: str, max_tokens: int | None = None) -> Iterator[str]:
        """Yield the sections of a Markdown text; sections of more than max_tokens words are split."""
        starts = [match.start() for match in _HEADING.finditer(md)]
        if not starts or starts[0] != 0:
            starts.insert(0, 0)
        for start, end in zip(starts, [*starts[1:], None], strict=True):
            words = md[start:end].split(" ")
            size = max_tokens or len(words)
            for at in range(0, len(words), size):
                chunk = " ".join(words[at : at + size])
                if chunk not in ("", "\n"):
                    yield chunk

    def split(self, text: str) -> Iterator[str]:
        """Return the sections of a text."""
        return self.split_by_heading(text, self.max_tokens)

    def __call__(
        self,
        records: Iterable[Any],
        adapter_context: AdapterContext,
        max_tokens: int | None = None,
    ) -> Iterator[Record]:
        """Yield a record for each section; max_tokens takes the place of the step's own.

        Raises:
            ValueError: max_tokens is below 1.
        """
        chunker = self
        if max_tokens is not None:
            chunker = copy.copy(self)
            chunker.max_tokens = _check(max_tokens)
        return Chunker.__call__(chunker, records, adapter_context)


def _check(max_tokens: int | None) -> int | None:
    if max_tokens is not None and max_tokens < 1:
        raise ValueError("max_tokens must be a nonzero positive integer")
    return max_tokens
