"""The client as its collections see it. Both modules depend on this one, and not on each other."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from vecs_sql._async.session import AsyncSession
from vecs_sql._protocol.arguments import ElementType
from vecs_sql.adapter.base import AdapterLike


class AsyncClientInterface(ABC):
    """A client, as its collections see it.

    Attributes:
        session: Sends the calls; for this package alone.
        max_limit: The largest limit of a search; None: no limit.
    """

    session: AsyncSession
    max_limit: int | None

    @property
    @abstractmethod
    def url(self) -> str:
        """The URL of the database."""

    @property
    @abstractmethod
    def vector_version(self) -> str:
        """The version of pgvector in the database."""

    @abstractmethod
    async def connect(self) -> None:
        """Connect."""

    @abstractmethod
    async def disconnect(self) -> None:
        """Close the connections."""

    # These return collections, a type that this module cannot know.

    @abstractmethod
    async def get_or_create_collection(
        self,
        name: str,
        *,
        dimension: int | None = None,
        adapter: AdapterLike | None = None,
        element_type: ElementType | None = None,
        shards: int | None = None,
    ) -> Any:  # noqa: ANN401
        """Return a collection, created if it does not exist."""

    @abstractmethod
    async def open_collection(self, name: str, *, adapter: AdapterLike | None = None) -> Any:  # noqa: ANN401
        """Return a collection that exists."""

    @abstractmethod
    async def list_collections(self) -> list[Any]:
        """Return all collections."""

    @abstractmethod
    async def delete_collection(self, name: str) -> None:
        """Drop a collection."""
