"""Clients, as `vecs.client` has them."""

from vecs_sql._async.client import AsyncClient, create_async_client
from vecs_sql._protocol.arguments import ElementType
from vecs_sql._sync.client import Client, create_client

__all__ = ["AsyncClient", "Client", "ElementType", "create_async_client", "create_client"]
