"""A collection as the vector stores for frameworks use it: created by the first write, and empty before it."""

from __future__ import annotations

import asyncio
from typing import Any

from vecs_sql import exc
from vecs_sql.client import AsyncClient, Client, create_async_client, create_client
from vecs_sql.collection import AsyncCollection, Collection, Columns


class Store:
    """A collection that need not exist yet, with a client for sync methods and, where there is one, for async ones.

    Args:
        name: The name of the collection.
        connection: The URL of the database, a client of it, or None: the embedded server.
        async_client: For the async methods. Without one, they use a client of their own if connection is a URL, and
            otherwise the sync methods in a thread.
        text_index: The key and the text search configuration of the text index that a new collection gets; None: it
            gets none.

    Raises:
        psycopg.OperationalError: The server cannot be reached.
    """

    def __init__(
        self,
        name: str,
        connection: str | Client | None,
        async_client: AsyncClient | None,
        text_index: tuple[str, str] | None,
    ) -> None:
        self.name = name
        self.text_index = text_index
        if isinstance(connection, Client):
            self.client = connection
            self.async_client = async_client
        else:
            self.client = create_client(connection, max_limit=None)
            self.async_client = async_client or create_async_client(connection, max_limit=None)
        self._collection: Collection | None = None
        self._async_collection: AsyncCollection | None = None

    def upsert(self, rows: Columns) -> None:
        """Write rows; create the collection if it does not exist."""
        # Opened again before each write: another program may have dropped it.
        self._collection = self._open() or self._create(rows.matrix.shape[1])
        self._collection.upsert(rows, progress=False)

    async def aupsert(self, rows: Columns) -> None:
        """Do the same asynchronously."""
        if self.async_client is None:
            return await asyncio.to_thread(self.upsert, rows)
        client = self.async_client
        self._async_collection = await self._aopen(client) or await self._acreate(
            client, rows.matrix.shape[1]
        )
        await self._async_collection.upsert(rows, progress=False)
        return None

    def call(self, method: str, **arguments: Any) -> Any:  # noqa: ANN401 -- what the method returns
        """Return what a method of the collection returns; [] if there is no collection."""
        collection = self.collection()
        if collection is None:
            return []
        found = getattr(collection, method)(**arguments)
        return [*found] if method == "scan" else found

    async def acall(self, method: str, **arguments: Any) -> Any:  # noqa: ANN401
        """Do the same asynchronously."""
        if self.async_client is None:
            return await asyncio.to_thread(self.call, method, **arguments)
        if self._async_collection is None:
            self._async_collection = await self._aopen(self.async_client)
        if self._async_collection is None:
            return []
        found = getattr(self._async_collection, method)(**arguments)
        return [row async for row in found] if method == "scan" else await found

    def collection(self) -> Collection | None:
        """Return the collection; None if it does not exist."""
        if self._collection is None:
            self._collection = self._open()
        return self._collection

    def existing(self) -> Collection:
        """Return the collection.

        Raises:
            exc.CollectionNotFound: It does not exist.
        """
        collection = self.collection()
        if collection is None:
            raise exc.CollectionNotFound(
                f'collection "{self.name}" does not exist', hint="The first write creates it."
            )
        return collection

    def _open(self) -> Collection | None:
        try:
            return self.client.open_collection(self.name)
        except exc.CollectionNotFound:
            return None

    async def _aopen(self, client: AsyncClient) -> AsyncCollection | None:
        try:
            return await client.open_collection(self.name)
        except exc.CollectionNotFound:
            return None

    def _create(self, dimension: int) -> Collection:
        collection = self.client.get_or_create_collection(self.name, dimension=dimension)
        if self.text_index is not None:
            collection.create_text_index(*self.text_index)
        return collection

    async def _acreate(self, client: AsyncClient, dimension: int) -> AsyncCollection:
        collection = await client.get_or_create_collection(self.name, dimension=dimension)
        if self.text_index is not None:
            await collection.create_text_index(*self.text_index)
        return collection
