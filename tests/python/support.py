"""What several tests of the client ask."""

from __future__ import annotations

from vecs_sql import Client, exc


def dimension_of(client: Client, name: str) -> int | None:
    """Return the dimension of a collection; None if it does not exist."""
    try:
        return client.open_collection(name).dimension
    except exc.CollectionNotFound:
        return None
