# Made of vecs_sql/_async/client.py by tools/async_to_sync.py: change that, then run `make format`.
"""The client: a thin binding of the SQL functions of the schema vecs."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from os import PathLike
from types import TracebackType
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg_pool import ConnectionPool

from vecs_sql import _waiting, exc
from vecs_sql._acompat import Opening, Turn, in_thread
from vecs_sql._layer import version
from vecs_sql._protocol import arguments as _arguments
from vecs_sql._protocol import convert as _convert
from vecs_sql._protocol import functions as _calls
from vecs_sql._sync.collection import Collection
from vecs_sql._sync.installer import install, look
from vecs_sql._sync.pipeline import Ahead, ahead
from vecs_sql._sync.pool import Connections, OurConnection, OurCursor
from vecs_sql.adapter.base import AdapterLike

if TYPE_CHECKING:
    from vecs_sql.embedded import Server

# Or an object that holds a URL, of SQLAlchemy, pydantic or urllib.
Source = str | psycopg.Connection[Any] | ConnectionPool[Any] | Any


# Installing the layer may take longer than a call.
_INSTALL_SECONDS = 60.0


class Client(Opening):
    """A vector store in a PostgreSQL database.

    Args:
        connection_string: Where the database is: a URL as other tools have it too (SQLAlchemy's, with its driver;
            Prisma's, Supabase's, JDBC's), also as an object of SQLAlchemy or pydantic; libpq's key=value pairs; a
            psycopg connection, or a psycopg_pool pool. A connection or pool stays the caller's, and is not closed.
            What is done on a connection is part of the caller's transaction: the caller commits, and an error undoes
            that one call and leaves the transaction usable. None starts the embedded server (extra "embedded") on the
            data folder.
        data: The embedded server's data folder; only without a connection_string.
        max_limit: The largest `limit` that `Collection.query` takes, None for no limit; 1000 as in vecs.
        pool_size: How many connections to open at most, for a URL.
        prepare: Prepare the statements of searches, which then take about a tenth less time. None: on connections that
            are opened here and lead straight to the server; not behind a pooler, where prepared statements may fail.
            `pgbouncer=true` in the URL says so, too.
        timeout: How many seconds a call may wait for the server, connecting included; then it is cancelled, and
            exc.Timeout raised. Calls that may take long have a timeout of their own: `create_index(timeout=3600)`.
            None: as long as it takes.

    The SQL layer is installed where it is absent; one that is there is never changed. Where a dump is restored into the
    database, or it is dropped and made again, the client finds its way by itself.

    Attributes:
        vector_version: The version of pgvector in the database, such as 0.8.1.
        max_limit: As given.

    Raises:
        exc.ArgError: The connection_string cannot be read.
        exc.Timeout: The server does not answer in time.
        exc.Unsupported: The server, pgvector or the SQL layer is too old or too new.
        psycopg.OperationalError: There is no such server.
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
                "data is the embedded server's folder; it cannot stand beside a connection_string"
            )
        self.max_limit = max_limit
        self.vector_version = ""
        self._source = connection_string
        self._data = data
        self._pool_size = pool_size
        self._prepare = prepare
        self._timeout = _waiting.seconds(timeout)
        self._server: Server | None = None
        self._turn = Turn()
        self._is_open = False
        self._open()

    def connect(self) -> None:
        """Look at the database, and install the layer where it is absent; the first use does it by itself."""
        with self._turn:
            if self._is_open:
                return
            source, reopen = self._source, None
            if source is None:
                source, reopen = in_thread(self._serve), self._serve
            self._connections = Connections(
                source, pool_size=self._pool_size, timeout=self._timeout, reopen=reopen
            )
            self._look(installs=True)
            self._is_open = True

    def _look(self, *, installs: bool) -> None:
        """Learn what is in the database, and install the layer where it is absent, or raise an error."""
        with self._connections.first(_waiting.deadline(self._timeout)) as connection:
            layer = look(connection)
        if layer.version is None and not installs:
            raise exc.Unsupported(
                "the SQL layer is no longer in the database",
                hint="Where a restore is under way, try again after it; else `vecs-sql install URL` installs it.",
            )
        if layer.version is None:
            patience = None if self._timeout is None else max(self._timeout, _INSTALL_SECONDS)
            with self._connections.first(_waiting.deadline(patience)) as connection:
                install(connection)
                layer = look(connection)
        self._compare_versions(layer)
        self.vector_version = layer.pgvector
        self._vector_oid = layer.vector_oid
        if self._prepare is None:
            self._prepare = layer.direct and self._connections.may_prepare

    def _looks_again(self, error: psycopg.Error, *, installs: bool = False) -> bool:
        """Whether an error may come of a database that is another one now; then what was known of it is known anew.

        The call that met it is to be tried once more: the server says that it did nothing.
        """
        if error.sqlstate not in version.STALE:
            return False
        if error.sqlstate in version.NOT_PREPARED or not self._connections.may_prepare:
            self._prepare = False  # there is a pooler after all, or what a caller's connection has prepared is stale
        with self._turn:
            self._connections.forget()
            self._look(installs=installs)
        return True

    def _serve(self) -> str:
        """The URL of the embedded server, which runs from here on."""
        from vecs_sql import embedded

        before, self._server = self._server, embedded.start(self._data)
        if before is not None:
            before.stop()  # gives up its share of the server; the new one has its own
        return self._server.url

    @staticmethod
    def _compare_versions(layer: version.Layer) -> None:
        found = version.disagreement(layer.version or "0")
        if found is None:
            return
        refuse, says = found
        hint = "Run `vecs-sql upgrade URL` with the newer package, or install the package that fits the database."
        if refuse:
            raise exc.Unsupported(says, hint=hint)
        _arguments.warn(f"{says}. {hint}")

    # The calls

    def _deadline(self, timeout: float | None) -> _waiting.Deadline | None:
        """When a call ends that begins now."""
        if timeout is None:
            return None if self._timeout is None else _waiting.deadline(self._timeout)
        return _waiting.deadline(_waiting.seconds(timeout))

    @contextmanager
    def _connection(self, deadline: _waiting.Deadline | None) -> Iterator[psycopg.Connection[Any]]:
        """A connection for a while."""
        if not self._is_open:
            self.connect()
        with self._connections.connection(deadline) as connection:
            yield connection

    @contextmanager
    def _transaction(self, deadline: _waiting.Deadline | None) -> Iterator[psycopg.Connection[Any]]:
        """One connection in one transaction, inside the caller's where there is one."""
        with self._connection(deadline) as connection, connection.transaction():
            yield connection

    def _call(
        self,
        function: _calls.Function,
        parameters: Mapping[str, Any] | None = None,
        connection: psycopg.Connection[Any] | None = None,
        timeout: float | None = None,
    ) -> list[tuple[Any, ...]]:
        """The rows that a SQL function returns, on one connection of ours or on the one given.

        What the server notes of the call (no index covers it, a filter looks wrong) is warned of.
        """
        _arguments.check_texts(parameters or {})
        if connection is not None:
            return self._rows(function, parameters, connection)
        deadline = self._deadline(timeout)
        if not self._is_open:
            self.connect()
        notes = _arguments.Notes(parameters)
        try:
            with self._connections.connection(deadline) as connection:
                rows = self._rows(function, parameters, connection, notes)
        except psycopg.Error as error:
            installs = function in (_calls._COLLECTIONS, _calls.CREATE_COLLECTION)
            if not self._looks_again(error, installs=installs):
                raise
            notes = _arguments.Notes(parameters)
            for value in (parameters or {}).values():
                if isinstance(value, _convert.VectorsParameter):
                    value.oid = self._vector_oid
            with self._connections.connection(deadline) as connection:
                rows = self._rows(function, parameters, connection, notes)
        notes.warn()
        return rows

    def _rows(
        self,
        function: _calls.Function,
        parameters: Mapping[str, Any] | None,
        connection: psycopg.Connection[Any],
        notes: _arguments.Notes | None = None,
    ) -> list[tuple[Any, ...]]:
        cursor = self._cursor(connection)
        if notes is not None:
            connection.add_notice_handler(notes.take)
        try:
            prepare = bool(self._prepare) and function.name == "query"
            cursor.send(function.statement, parameters, prepare=prepare)
            return cursor.fetchall()
        except psycopg.Error as error:
            ours = exc.from_database(error)
            if ours is None:
                raise
            if isinstance(ours, exc.FilterError) and parameters:
                ours = _in_the_words_of_vecs(ours, parameters["filters"])
            raise ours from error
        finally:
            if notes is not None:
                connection.remove_notice_handler(notes.take)

    @contextmanager
    def _ahead(
        self, deadline: _waiting.Deadline | None
    ) -> Iterator[tuple[Ahead, psycopg.Connection[Any]]]:
        """Calls in one transaction, of which each is under way while the next is prepared."""
        try:
            with self._transaction(deadline) as connection, ahead(connection) as calls:
                yield calls, connection
        except psycopg.Error as error:
            ours = exc.from_database(error)
            if ours is None:
                raise
            raise ours from error

    @staticmethod
    def _cursor(connection: psycopg.Connection[Any]) -> OurCursor:
        """A cursor for our calls; on a connection of ours the same one each time."""
        if isinstance(connection, OurConnection):
            if connection.calls is None:
                connection.calls = OurCursor(connection)
            return connection.calls
        return OurCursor(connection)

    # Collections

    def get_or_create_collection(
        self, name: str, *, dimension: int | None = None, adapter: AdapterLike | None = None
    ) -> Collection:
        """The collection of that name, created where there is none (vecs.create_collection).

        Args:
            name: 1 to 63 bytes, any characters; may not start with "_".
            dimension: Numbers in a vector. Not needed where the collection exists or the adapter says it.
            adapter: Turns what is upserted and searched with into vectors.

        Raises:
            exc.ArgError: No dimension for a new collection, or a name or dimension that cannot be.
            exc.MismatchedDimension: The collection, the adapter and the argument do not agree.
        """
        exported = adapter.exported_dimension if adapter is not None else None
        if dimension and exported and dimension != exported:
            raise exc.MismatchedDimension(
                "Dimensions reported by adapter, dimension, and collection do not match",
                detail=f'collection "{name}" is asked for with {dimension}, the adapter gives {exported}',
                hint="Leave the dimension out, or give the adapter's.",
            )
        wanted = _arguments.dimension(dimension or exported)
        existing = self._dimension_of(name)
        if existing is None and not wanted:
            raise exc.ArgError(
                "One of dimension or adapter must provide a dimension",
                detail=f'collection "{name}" does not exist',
                hint="Give dimension=, the length of its vectors, for it to be created.",
            )
        if existing is None:
            try:
                self._call(
                    _calls.CREATE_COLLECTION,
                    {
                        "name": name,
                        "dimension": wanted,
                        "element_type": None,
                        "if_not_exists": True,
                    },
                )
            except exc.MismatchedDimension:  # another client was faster
                existing = self._dimension_of(name)
        if existing is not None and wanted and wanted != existing:
            raise exc.MismatchedDimension(
                "Dimensions reported by adapter, dimension, and existing collection do not match",
                detail=f'collection "{name}" has {existing} dimensions, not {wanted}',
                hint="Ask for the dimension that it has, or choose another name.",
            )
        return Collection(name, existing or wanted or 0, self, adapter)

    def create_collection(self, name: str, dimension: int) -> Collection:
        """Create a collection (vecs.create_collection). Deprecated, as in vecs: use get_or_create_collection.

        Raises:
            exc.CollectionAlreadyExists: There is one of that name.
        """
        self._deprecated("create_collection")
        try:
            self._call(
                _calls.CREATE_COLLECTION,
                {
                    "name": name,
                    "dimension": _arguments.dimension(dimension),
                    "element_type": None,
                    "if_not_exists": False,
                },
            )
        except exc.CollectionAlreadyExists as error:
            raise exc.CollectionAlreadyExists(
                "Collection with requested name already exists",
                detail=f'"{name}"',
                hint=error.hint,
            ) from error
        return Collection(name, dimension, self)

    def get_collection(self, name: str) -> Collection:
        """The collection of that name. Deprecated, as in vecs: use get_or_create_collection.

        Raises:
            exc.CollectionNotFound: There is none.
        """
        self._deprecated("get_collection")
        dimension = self._dimension_of(name)
        if dimension is None:
            raise exc.CollectionNotFound(
                "No collection found with requested name",
                detail=f'"{name}"',
                hint="Client.list_collections() gives those there are.",
            )
        return Collection(name, dimension, self)

    @staticmethod
    def _deprecated(method: str) -> None:
        warnings.warn(
            f"Call to deprecated method {method}. (use Client.get_or_create_collection)",
            DeprecationWarning,
            stacklevel=3,
        )

    def _dimension_of(self, name: str) -> int | None:
        """The dimension of a collection, from the catalog alone; None where there is none."""
        if not isinstance(name, str):
            raise exc.ArgError(
                f"a collection's name must be a string, not {name!r}",
                hint="Client.list_collections() gives those there are.",
            )
        rows = self._call(_calls._COLLECTIONS, {"collection": name})
        return int(rows[0][0]) if rows else None

    def list_collections(self) -> list[Collection]:
        """All collections, by name, those that the vecs client made included (vecs.list_collections)."""
        rows = self._call(_calls.LIST_COLLECTIONS)
        return [Collection(name, dimension, self) for name, dimension, *_ in rows]

    def delete_collection(self, name: str) -> None:
        """Drop a collection with all its rows; nothing happens where there is none (vecs.drop_collection)."""
        self._call(_calls.DROP_COLLECTION, {"name": name, "if_exists": True})

    # The end

    def disconnect(self) -> None:
        """Close the connections that were opened here; the client connects again when it is used again.

        An embedded server that this client started is stopped, unless another process uses it, and started again too.
        """
        if not self._is_open:
            return
        self._connections.close()
        if self._server is not None:
            in_thread(self._server.stop)

    def __enter__(self) -> Client:
        """Enter: the client itself, connected."""
        self.connect()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Leave: disconnect."""
        self.disconnect()


def _in_the_words_of_vecs(error: exc.FilterError, filters: object) -> exc.FilterError:
    """Give the error the text that vecs has for it, if any, and what the server says as its detail."""
    from vecs_sql._protocol import filters as _vecs

    text = _vecs.filter_fault(json.loads(str(filters)))
    return error if text is None else exc.FilterError(text, detail=error.what, hint=error.hint)


def create_client(
    connection_string: Source | None = None,
    *,
    data: str | PathLike[str] | None = None,
    max_limit: int | None = 1000,
    pool_size: int = 15,
    prepare: bool | None = None,
    timeout: float | None = None,
) -> Client:
    """A client of the database at a URL, on a connection or pool, or of the embedded server; see `Client`."""
    return Client(
        connection_string,
        data=data,
        max_limit=max_limit,
        pool_size=pool_size,
        prepare=prepare,
        timeout=timeout,
    )
