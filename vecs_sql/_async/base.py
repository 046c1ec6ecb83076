"""The parts of a collection that all its methods use."""

from __future__ import annotations

from typing import Any

from vecs_sql import exc
from vecs_sql._acompat import arun_blocking
from vecs_sql._async.interfaces import AsyncClientInterface
from vecs_sql._protocol import functions
from vecs_sql._protocol.vectors import MAX_DIMENSIONS, Vector, to_vector
from vecs_sql.adapter import Adapter, NoOp
from vecs_sql.adapter._documents import Keys
from vecs_sql.adapter.base import AdapterLike, adapt_query


class AsyncCollectionBase:
    """A collection that can call functions, and turn data into query vectors.

    Attributes:
        name: The name; the table is vecs."name".
        dimension: The dimension of its vectors.
        client: The client that it belongs to.
        adapter: Turns media into vectors; a NoOp if none was given.
    """

    def __init__(
        self,
        name: str,
        dimension: int,
        client: AsyncClientInterface,
        adapter: AdapterLike | None = None,
    ) -> None:
        exported = adapter.exported_dimension if adapter is not None else None
        if dimension is None and exported is None:
            raise exc.ArgError(
                "One of dimension or adapter must provide a dimension",
                detail=f'collection "{name}"',
            )
        if None not in (dimension, exported) and dimension != exported:
            raise exc.MismatchedDimension(
                "Dimensions reported by adapter, dimension, and collection do not match",
                detail=f'collection "{name}" has {dimension} dimensions, the adapter gives {exported}',
            )
        self.name = name
        self.dimension = dimension if exported is None else exported
        self.client = client
        self.adapter: AdapterLike = adapter or Adapter([NoOp(dimension)])

    @property
    def _adapts(self) -> bool:
        """Whether the adapter, which may be assigned to, does anything."""
        return not isinstance(self.adapter, Adapter) or any(
            type(step) is not NoOp for step in self.adapter.steps
        )

    @property
    def _text_key(self) -> str | None:
        """The key of the metadata under which the adapter keeps texts."""
        return Keys.of(self.adapter).text

    async def _call(
        self, function: functions.Function, *, timeout: float | None = None, **parameters: object
    ) -> list[tuple[Any, ...]]:
        return await self.client.session.call(
            function, {"collection": self.name, **parameters}, timeout=timeout
        )

    async def _adapted(self, data: Any, skip_adapter: bool) -> Any:  # noqa: ANN401
        """Return what the adapter makes of the data of a search."""
        if skip_adapter or not self._adapts:
            return data
        return await arun_blocking(adapt_query, self.adapter, data)

    def _query_vector(self, value: object, *, finite: bool = True) -> Vector:
        vector = to_vector(value, "the query vector", finite=finite)
        if len(vector) > MAX_DIMENSIONS:
            raise self._wrong_dimension("the query vector", vector, self.dimension)
        return vector

    def _wrong_dimension(
        self, what: str, vector: Vector, dimension: int
    ) -> exc.MismatchedDimension:
        return exc.MismatchedDimension(
            f'{what} has {len(vector)} dimensions, collection "{self.name}" has {dimension}',
            hint="Search with vectors of the model that the collection was created for.",
        )
