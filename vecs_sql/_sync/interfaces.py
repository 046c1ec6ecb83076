# Made of vecs_sql/_async/interfaces.py by tools/async_to_sync.py: change that, then run `make format`.
"""What a collection knows of its client. Both depend on this, so that neither module imports the other in a circle."""

from __future__ import annotations

from abc import ABC, abstractmethod

from vecs_sql._sync.session import Session


class ClientInterface(ABC):
    """A client, as its collections see it.

    Attributes:
        session: Sends the calls; for this package alone.
        max_limit: The largest limit of a search; None: no limit.
    """

    session: Session
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
    def connect(self) -> None:
        """Connect."""

    @abstractmethod
    def disconnect(self) -> None:
        """Close the connections."""
