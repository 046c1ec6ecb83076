"""Clients, as `vecs.client` has them."""

from vecs_sql._async.client import AsyncClient, create_async_client
from vecs_sql._sync.client import Client, create_client

__all__ = ["AsyncClient", "Client", "create_async_client", "create_client"]
