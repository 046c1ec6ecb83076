"""The adapter of a collection that takes vectors."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from vecs_sql.adapter.base import AdapterContext, AdapterStep, Record

__all__ = ["NoOp"]


class NoOp(AdapterStep):
    """A step that changes nothing.

    Args:
        dimension: The dimension of the vectors.
    """

    def __init__(self, dimension: int) -> None:
        self._dimension = dimension

    @property
    def exported_dimension(self) -> int | None:
        """The dimension of the vectors."""
        return self._dimension

    @property
    def _embeds(self) -> bool:
        return False

    @property
    def _takes_vectors(self) -> bool:
        return type(self) is NoOp

    def __call__(self, records: Iterable[Any], adapter_context: AdapterContext) -> Iterator[Record]:
        """Yield the records unchanged, with {} for metadata that is None."""
        for id_, media, metadata in records:
            yield id_, media, metadata or {}
