"""What a collection knows of its client. Both depend on this, so that neither module imports the other in a circle."""

from __future__ import annotations

from abc import ABC, abstractmethod

from vecs_sql._async.session import AsyncSession


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
