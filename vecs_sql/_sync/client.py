# Made of vecs_sql/_async/client.py by tools/async_to_sync.py: change that, then run `make format`.
"""The client: collections of one database."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from os import PathLike
from types import TracebackType
from typing import Any

import psycopg
from psycopg_pool import ConnectionPool

from vecs_sql import exc
from vecs_sql._acompat import connect_at_once
from vecs_sql._protocol import arguments, functions
from vecs_sql._protocol.arguments import ElementType
from vecs_sql._protocol.rows import CollectionInfo
from vecs_sql._sync.collection import Collection
from vecs_sql._sync.interfaces import ClientInterface
from vecs_sql._sync.session import Session
from vecs_sql.adapter.base import AdapterLike

# Or an object of SQLAlchemy, pydantic or urllib that holds a URL.
Source = str | psycopg.Connection[Any] | ConnectionPool[Any] | Any


class Client(ClientInterface):
    """A vector store in a PostgreSQL database.

    Args:
        connection_string: The database. A URL in the form of libpq, SQLAlchemy, Prisma, Supabase, JDBC or others, also
            as an object of SQLAlchemy or pydantic; key=value pairs; a psycopg connection; a psycopg_pool pool; None
            starts the embedded server (extra "embedded"). A connection or pool stays the caller's and is not closed.
            On a connection, calls are part of the caller's transaction: the caller commits, and an error undoes only
            the call that raised it.
        data: The data folder of the embedded server; only without a connection_string.
        max_limit: The largest `limit` of `Collection.query`; None: no limit. The default is that of vecs.
        pool_size: The number of connections to open at most, for a URL.
        prepare: Whether to prepare the statements of searches, which saves about a tenth of their time. None: only on
            connections that are opened here and lead straight to the server, since behind a pooler prepared statements
            may fail. `pgbouncer=true` in the URL turns it off, too.
        timeout: Seconds that a call waits for the server, including connecting; then it is cancelled and exc.Timeout
            raised. Calls that take long have a timeout of their own: `create_index(timeout=3600)`. None: no limit.

    The SQL layer is installed if it is absent; an existing one is never changed. If the database is restored from a
    dump, or dropped and created again, the client reconnects by itself.

    Attributes:
        max_limit: As given.

    Raises:
        exc.ArgError: The connection_string cannot be read.
        exc.Timeout: The server does not answer in time.
        exc.Unsupported: The server, pgvector or the SQL layer is too old or too new.
        psycopg.OperationalError: The server cannot be reached.
        psycopg.errors.InsufficientPrivilege: The layer is absent and the role may not install it.
    """

    def __init__(
        self,
        connection_string: Source | None = None,
        *,
        data: str | PathLike[str] | None = None,
        max_limit: int | None = 1000,
        pool_size: int = 15,
        prepare: bool | None = None,
        timeout: float | None = None,
    ) -> None:
        if connection_string is not None and data is not None:
            raise exc.ArgError(
                "data is the folder of the embedded server, it does not go with a connection_string"
            )
        self.max_limit = max_limit
        self.session = Session(
            connection_string, data=data, pool_size=pool_size, prepare=prepare, timeout=timeout
        )
        connect_at_once(self.connect)

    @property
    def url(self) -> str:
        """The URL of the database, for other programs. It contains the password, unless a connection was handed in.

        Raises:
            exc.Unreachable: The client has not connected yet.
        """
        return self.session.url

    @property
    def vector_version(self) -> str:
        """The version of pgvector in the database, such as 0.8.1."""
        return self.session.pgvector_version

    def connect(self) -> None:
        """Connect, and install the layer if it is absent. The first call does this by itself."""
        self.session.connect()

    def disconnect(self) -> None:
        """Close the connections that were opened here; the next call opens new ones.

        An embedded server that this client has started is stopped, unless another process uses it; the next call
        starts it again.
        """
        self.session.close()

    def __enter__(self) -> Client:
        """Return the client, connected."""
        self.connect()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Disconnect."""
        self.disconnect()

    # Collections

    def get_or_create_collection(
        self,
        name: str,
        *,
        dimension: int | None = None,
        adapter: AdapterLike | None = None,
        element_type: ElementType | None = None,
        shards: int | None = None,
    ) -> Collection:
        """Return the collection of that name; create it if it does not exist (vecs.create_collection).

        Args:
            name: 1 to 63 bytes, any characters; may not start with "_".
            dimension: The dimension of its vectors. Not needed if the collection exists or the adapter has one.
            adapter: Turns what is upserted and searched with into vectors.
            element_type: "vector" (float32, the default of a new collection), or "halfvec" (float16, half the space).
            shards: On a Citus cluster: over how many shards a new collection is distributed, about one for each
                worker. One that exists stays as it is; see Collection.distribute.

        Raises:
            exc.ArgError: A new collection has no dimension, or the name or dimension is invalid.
            exc.MismatchedDimension: The collection, the adapter and the arguments do not agree.
            exc.Unsupported: The database has no Citus for the shards.
        """
        exported = adapter.exported_dimension if adapter is not None else None
        if dimension and exported and dimension != exported:
            raise exc.MismatchedDimension(
                "Dimensions reported by adapter, dimension, and collection do not match",
                detail=f'collection "{name}" is asked for with {dimension}, the adapter gives {exported}',
                hint="Leave the dimension out, or pass that of the adapter.",
            )
        wanted = arguments.dimension(dimension or exported)
        found = self._find(name)
        if found is None and not wanted:
            raise exc.ArgError(
                "One of dimension or adapter must provide a dimension",
                detail=f'collection "{name}" does not exist',
                hint="To create it, pass dimension=, the length of its vectors.",
            )
        if found is None:
            try:
                self._create(name, wanted, element_type, shards, if_not_exists=True)
            except exc.MismatchedDimension:  # another client was faster
                found = self._find(name)
        if found is None:
            return Collection(name, wanted or 0, self, adapter)
        existing, existing_type = found
        if wanted and wanted != existing:
            raise exc.MismatchedDimension(
                "Dimensions reported by adapter, dimension, and existing collection do not match",
                detail=f'collection "{name}" has {existing} dimensions, not {wanted}',
                hint="Pass the dimension that it has, or choose another name.",
            )
        if element_type is not None and element_type != existing_type:
            raise exc.MismatchedDimension(
                f'collection "{name}" has elements of type {existing_type}, not {element_type}',
                hint="Leave element_type out, or choose another name.",
            )
        return Collection(name, existing or wanted or 0, self, adapter)

    def open_collection(self, name: str, *, adapter: AdapterLike | None = None) -> Collection:
        """Return the collection of that name, which must exist.

        Args:
            name: The name.
            adapter: Turns what is upserted and searched with into vectors.

        Raises:
            exc.CollectionNotFound: It does not exist.
            exc.MismatchedDimension: The adapter has another dimension.
        """
        found = self._find(name)
        if found is None:
            raise exc.CollectionNotFound(
                f'collection "{name}" does not exist',
                hint="Client.list_collections() returns those that exist.",
            )
        return Collection(name, found[0], self, adapter)

    def adopt(
        self,
        source: str,
        name: str | None = None,
        *,
        id: str | None = None,  # noqa: A002 -- the SQL function's word
        vec: str | None = None,
        metadata: str | None = None,
        fields: Sequence[str] | None = None,
        adapter: AdapterLike | None = None,
    ) -> Collection:
        """Turn an existing table into a collection, without copying a row, and return it (vecs.adopt).

        Its columns are the metadata that filters compare and queries return. Call it again for the same table and name
        after a column was added or renamed; what is not named then stays as it was. open_collection opens it.

        Args:
            source: The table, as SQL: "public.items". Names that are not in lower case are quoted: 'public."Items"'.
            name: The collection's name; the table's if there is none.
            id: The column that identifies a row; the primary key if there is none.
            vec: The column of type vector or halfvec; needed where there are several.
            metadata: A jsonb column whose keys are metadata, too; the jsonb column "metadata" if there is none.
            fields: The columns that are metadata; all others if there are none.
            adapter: Turns what is upserted and searched with into vectors.

        Raises:
            exc.ArgError: The table or a column does not exist, or a column has another type.
            exc.CollectionAlreadyExists: Another collection has the name.
            exc.Unsupported: The table has no primary key or no vectors, or it is no table.
            exc.MismatchedDimension: The adapter has another dimension.
        """
        try:
            ((collection,),) = self.session.call(
                functions.ADOPT,
                {
                    "source": source,
                    "name": name,
                    "id": id,
                    "vec": vec,
                    "metadata": metadata,
                    "fields": None if fields is None else list(fields),
                },
            )
        except (psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName) as error:
            raise exc.ArgError(
                f"there is no table {source}",
                detail=str(error).splitlines()[0],
                hint='Name it as in SQL, with its schema: public.items, or public."Items".',
            ) from error
        return self.open_collection(str(collection), adapter=adapter)

    def create_collection(self, name: str, dimension: int) -> Collection:
        """Create a collection (vecs.create_collection). Deprecated, as in vecs: use get_or_create_collection.

        Raises:
            exc.CollectionAlreadyExists: There is one of that name.
        """
        _warn_deprecated("create_collection")
        try:
            self._create(name, arguments.dimension(dimension), None, None, if_not_exists=False)
        except exc.CollectionAlreadyExists as error:
            raise exc.CollectionAlreadyExists(
                "Collection with requested name already exists",
                detail=f'"{name}"',
                hint=error.hint,
            ) from error
        return Collection(name, dimension, self)

    def get_collection(self, name: str) -> Collection:
        """Return the collection of that name. Deprecated, as in vecs: use open_collection.

        Raises:
            exc.CollectionNotFound: It does not exist.
        """
        _warn_deprecated("get_collection")
        found = self._find(name)
        if found is None:
            raise exc.CollectionNotFound(
                "No collection found with requested name",
                detail=f'"{name}"',
                hint="Client.list_collections() returns those that exist.",
            )
        return Collection(name, found[0], self)

    def list_collections(self) -> list[Collection]:
        """Return all collections by name, including those that the vecs client made (vecs.list_collections)."""
        rows = self.session.call(functions.LIST_COLLECTIONS)
        return [Collection(name, dimension, self) for name, dimension, *_ in rows]

    def describe_collections(self) -> list[CollectionInfo]:
        """Return the dimension, type and size of all collections by name (vecs.list_collections)."""
        return [CollectionInfo(*row) for row in self.session.call(functions.LIST_COLLECTIONS)]

    def delete_collection(self, name: str) -> None:
        """Drop a collection with all its rows, if it exists (vecs.drop_collection)."""
        self.session.call(functions.DROP_COLLECTION, {"name": name, "if_exists": True})

    def rename_collection(self, name: str, new_name: str) -> None:
        """Give a collection another name (vecs.rename_collection). Its indexes go on serving searches.

        A `Collection` that was opened before does not find its rows any more; open it by the new name.

        Raises:
            exc.CollectionNotFound: There is no such collection.
            exc.CollectionAlreadyExists: The new name is taken.
            exc.ArgError: No collection can have the new name.
        """
        self.session.call(functions.RENAME_COLLECTION, {"name": name, "new_name": new_name})

    def swap_collections(self, a: str, b: str) -> None:
        """Exchange the names of two collections at once (vecs.swap_collections).

        So a collection that was filled and indexed under another name takes the place of the old one. Searches and
        writes wait for a moment, and none sees a mixture. Privileges and policies stay with each table.

        Raises:
            exc.CollectionNotFound: There is no such collection.
        """
        self.session.call(functions.SWAP_COLLECTIONS, {"a": a, "b": b})

    def _create(
        self,
        name: str,
        dimension: int | None,
        element_type: ElementType | None,
        shards: int | None,
        *,
        if_not_exists: bool,
    ) -> None:
        self.session.call(
            functions.CREATE_COLLECTION,
            {
                "name": name,
                "dimension": dimension,
                "element_type": element_type,
                "if_not_exists": if_not_exists,
                "shards": shards,
            },
        )

    def _find(self, name: str) -> tuple[int, str] | None:
        """Return the dimension and element type of a collection; None if it does not exist."""
        if not isinstance(name, str):
            raise exc.ArgError(
                f"the name of a collection must be a string, not {name!r}",
                hint="Client.list_collections() returns those that exist.",
            )
        rows = self.session.call(functions.COLLECTIONS, {"collection": name})
        return (int(rows[0][0]), str(rows[0][1])) if rows else None


def _warn_deprecated(method: str) -> None:
    warnings.warn(
        f"Call to deprecated method {method}. (use Client.get_or_create_collection)",
        DeprecationWarning,
        stacklevel=3,
    )


def create_client(
    connection_string: Source | None = None,
    *,
    data: str | PathLike[str] | None = None,
    max_limit: int | None = 1000,
    pool_size: int = 15,
    prepare: bool | None = None,
    timeout: float | None = None,
) -> Client:
    """Return a client of a database, or of the embedded server; see `Client`."""
    return Client(
        connection_string,
        data=data,
        max_limit=max_limit,
        pool_size=pool_size,
        prepare=prepare,
        timeout=timeout,
    )
