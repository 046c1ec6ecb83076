"""A collection of vectors, and what it is indexed and searched with."""

from __future__ import annotations

import math
import reprlib
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import psycopg

from vecs_sql import exc
from vecs_sql._acompat import AsyncCounted, async_in_thread
from vecs_sql._async.pool import give_time
from vecs_sql._ingest import records as _records
from vecs_sql._ingest import unchanged as _unchanged
from vecs_sql._ingest.records import Batch
from vecs_sql._ingest.spool import Prepared, Spool
from vecs_sql._progress import progress_bar
from vecs_sql._protocol import arguments as _arguments
from vecs_sql._protocol import convert as _convert
from vecs_sql._protocol import functions as _calls
from vecs_sql._protocol import rows as _results
from vecs_sql._types import (
    Columns,
    IndexArgsHNSW,
    IndexArgsIVFFlat,
    IndexMeasure,
    IndexMethod,
    Recall,
    Record,
)
from vecs_sql.adapter import Adapter, AdapterContext, NoOp
from vecs_sql.adapter import _leftovers as _chunks
from vecs_sql.adapter.base import AdapterLike

if TYPE_CHECKING:
    import numpy.typing as npt
    import pyarrow as pa

    from vecs_sql._async.client import AsyncClient


class AsyncCollection(AsyncCounted):
    """A collection of vectors of one dimension, with ids and metadata.

    Attributes:
        name: Its name; the table is vecs."name".
        dimension: Numbers in a vector.
        client: The client it belongs to.
        adapter: What turns media into vectors; without one, a NoOp.

    Raises:
        exc.ArgError: Neither dimension nor adapter says the dimension.
        exc.MismatchedDimension: They do not agree.
    """

    def __init__(
        self, name: str, dimension: int, client: AsyncClient, adapter: AdapterLike | None = None
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

    def __repr__(self) -> str:
        return f'vecs.Collection(name="{self.name}", dimension={self.dimension})'

    @property
    def _adapts(self) -> bool:
        """Whether the adapter, which may be set, does anything."""
        return not isinstance(self.adapter, Adapter) or any(
            type(step) is not NoOp for step in self.adapter.steps
        )

    # Rows

    async def count(
        self, filters: Mapping[str, Any] | None = None, *, timeout: float | None = None
    ) -> int:
        """How many rows match a metadata filter, counted exactly (vecs.count_rows); without one, all.

        Raises:
            exc.FilterError: The filter is not of the filter language.
        """
        [(count,)] = await self.client._call(
            _calls.COUNT_ROWS,
            {"collection": self.name, "filters": _arguments.filter_json(filters)},
            timeout=timeout,
        )
        return int(count)

    async def upsert(
        self,
        records: Any,  # noqa: ANN401 -- an iterable of records, columns, a table
        skip_adapter: bool = False,
        *,
        replace_chunks: bool = False,
        skip_unchanged: bool = False,
        commit_every: int | None = None,
        progress: bool | None = None,
        timeout: float | None = None,
    ) -> None:
        """Insert rows, or replace those whose ids exist; all or nothing (vecs.upsert_many, in batches).

        No transaction is open, and no connection in use, while records are waited for: what comes from an iterator or
        an adapter is written when all of it is there. Until then it is kept in a temporary file where it is much.

        Args:
            records: What to write:
                - any iterable of records (id, vector, metadata), or dicts of these names (id, vec, metadata), of any
                  length. With an adapter, media in the place of vectors;
                - columns (ids, matrix, metadata), or (ids, matrix), the matrix an array of one row a vector: fastest;
                - a table or data frame of pyarrow, pandas or polars with columns id, vec and metadata (objects or JSON
                  text); the other columns are metadata, too, nulls left out.
                Vectors are lists or arrays of finite numbers, metadata is what JSON objects hold, None for none;
                numpy's scalars and Decimal are written as numbers, UUIDs as texts, dates and times in ISO 8601, aware
                ones in UTC. Metadata is replaced, not merged.
                Of the same id twice the last wins. Two writers of the same rows at once can deadlock (one of them gets
                an error) where their records come in different orders from iterators, through an adapter, or in tables
                of several chunks; lists and columns are written in the order of their ids.
            skip_adapter: The records have vectors, not media.
            replace_chunks: Where the adapter splits texts, also delete the chunks that an earlier, longer text of the
                same id has left. They are found by their numbers; all ids are kept until the end.
            skip_unchanged: Leave out texts that are in the collection as they are, embedded by the same model: each
                row's metadata gets the key "_vecs_hash", a hash of the text (of a chunk, where the adapter splits) and
                of the model's name. Where the metadata alone has changed, it is written without embedding.
            commit_every: Commit each time so many rows are there, instead of all at the end. What has been committed
                stays where it breaks off; run again, it replaces those rows.
            progress: Show a progress bar; None: on a terminal, if it takes more than a second.
            timeout: Seconds to wait for the server each time; None: the client's.

        Raises:
            exc.ArgError: A record that cannot be written; the message names its id.
            exc.MismatchedDimension: A vector of another length.
            exc.Incomplete: It broke off, after some rows were committed because of commit_every.
        """
        rows = self._batch_rows()
        if commit_every is not None:
            commit_every = _arguments.commit_every(commit_every, self.client._source)
            # Batches that fill it up.
            rows = math.ceil(commit_every / math.ceil(commit_every / rows))
        adapts = self._adapts and not skip_adapter
        leftovers = _chunks.Leftovers(self.adapter) if replace_chunks and not skip_adapter else None
        unchanged = None
        if skip_unchanged:
            unchanged = _unchanged.Unchanged(self.adapter if adapts else None)

        def prepared() -> AsyncIterator[Prepared]:
            if unchanged is not None:
                return self._changed(records, rows, unchanged, leftovers, timeout)
            return self._prepared(records, rows, leftovers, adapts=adapts)

        title, total = f"upserting into {self.name}", _records.count(records)
        self.client._deadline(timeout)  # which may not be one
        with progress_bar(title, total, progress) as advance:
            if commit_every is None and not adapts and _records.are_there(records):
                # Each batch is prepared while the server writes the one before it.
                await self._write(prepared, leftovers, timeout, advance)
                return
            spool = Spool()
            try:
                await self._write_spooled(
                    prepared(), spool, leftovers, timeout, commit_every, progress, advance
                )
            finally:
                spool.clear()

    async def _prepared(
        self,
        records: Any,  # noqa: ANN401
        rows: int,
        leftovers: _chunks.Leftovers | None,
        *,
        adapts: bool,
    ) -> AsyncIterator[Prepared]:
        """Batches of rows as they are sent."""

        def adapted(records: Iterable[Any]) -> Iterable[Any]:
            plain = map(_records.fields, records)
            read = plain if leftovers is None else leftovers.read(plain)
            return self.adapter(read, AdapterContext.upsert)

        async for batch in _records.async_batches(records, rows, adapted if adapts else None):
            if leftovers is not None:
                leftovers.wrote(batch.ids)
            yield self._packed(batch)

    async def _changed(
        self,
        records: Any,  # noqa: ANN401
        rows: int,
        unchanged: _unchanged.Unchanged,
        leftovers: _chunks.Leftovers | None,
        timeout: float | None,
    ) -> AsyncIterator[Prepared]:
        """Batches of those rows that are another than in the database; the others are not embedded."""

        def head(records: Iterable[Any]) -> Iterable[Any]:
            plain = map(_records.fields, records)
            return unchanged.head(plain if leftovers is None else leftovers.read(plain))

        async for batch in _records.async_batches(records, rows, head):
            if leftovers is not None:
                leftovers.wrote(batch.ids)
            parameters = {"collection": self.name, "ids": list(dict.fromkeys(batch.ids))}
            found = await self.client._call(_calls.fetch_metadata(), parameters, timeout=timeout)
            documents = _convert.documents(metadata for _, metadata in found)
            stored = dict(zip((id_ for id_, _ in found), documents, strict=True))
            changed, moved = unchanged.sift(batch, stored)
            there = await self.fetch(moved, timeout=timeout) if moved else []
            made = [(row.id, row.vec, moved[row.id]) for row in there]
            if changed:
                made += await async_in_thread(unchanged.tail, changed)
            for part in _records.batches(made, rows):
                yield self._packed(part._replace(read=0, place=None))
            yield self._packed(Batch((), (), (), batch.read))

    def _packed(self, batch: Batch) -> Prepared:
        """Rows as they are sent."""
        if not batch.ids:
            return Prepared((), np.empty((0, 0), np.float32), "[]", batch.read, {})
        return Prepared(
            batch.ids,
            _convert.to_matrix(batch.ids, batch.vectors, self.dimension, batch.place),
            _convert.to_json_array(batch.ids, batch.metadata, batch.place),
            batch.read,
            _records.long_ids(batch),
        )

    async def _write_spooled(
        self,
        prepared: AsyncIterator[Prepared],
        spool: Spool,
        leftovers: _chunks.Leftovers | None,
        timeout: float | None,
        commit_every: int | None,
        progress: bool | None,
        advance: Callable[[int], None],
    ) -> None:
        """Write rows once they are all there, or so many."""

        async def spooled() -> AsyncIterator[Prepared]:
            for rows in spool:
                yield rows

        if commit_every is None:
            async for rows in prepared:
                spool.add(rows)
                advance(rows.read)
            wanted = progress if spool.on_disk else False
            with progress_bar(f"writing into {self.name}", spool.read, wanted) as advance_writing:
                await self._write(spooled, leftovers, timeout, advance_writing)
            return
        committed = 0
        try:
            async for rows in prepared:
                spool.add(rows)
                if spool.rows >= commit_every:
                    await self._write(spooled, None, timeout, advance)
                    committed += spool.rows
                    spool.clear()
            await self._write(spooled, leftovers, timeout, advance)
        except Exception as error:
            incomplete = exc.Incomplete(
                f'the upsert into "{self.name}" broke off, {committed} rows are committed',
                detail=f"{type(error).__name__}: {error}",
                hint="Run it again from the beginning: rows that are there are replaced.",
            )
            incomplete.committed = committed
            raise incomplete from error

    async def _write(
        self,
        prepared: Callable[[], AsyncIterator[Prepared]],
        leftovers: _chunks.Leftovers | None,
        timeout: float | None,
        advance: Callable[[int], None],
    ) -> None:
        """Write rows, and delete the chunks that are left over, in one transaction."""
        try:
            await self._write_once(prepared(), leftovers, timeout, advance)
        except psycopg.Error as error:
            # Nothing of it is written: the transaction has ended, or is as it was before.
            if not await self.client._looks_again(error):
                raise
            await self._write_once(prepared(), leftovers, timeout, advance)

    async def _write_once(
        self,
        prepared: AsyncIterator[Prepared],
        leftovers: _chunks.Leftovers | None,
        timeout: float | None,
        advance: Callable[[int], None],
    ) -> None:
        long_ids: dict[str, int | None] = {}
        try:
            async with self.client._ahead(self.client._deadline(timeout)) as (calls, connection):
                async for rows in prepared:
                    long_ids |= rows.long_ids
                    if len(rows.ids):
                        parameters: dict[str, object] = {
                            "collection": self.name,
                            "ids": _convert.IdsParameter(rows.ids),
                            "vecs": _convert.VectorsParameter(rows.matrix, self.client._vector_oid),
                            "metadata": rows.metadata,
                        }
                        give_time(connection, self.client._deadline(timeout))
                        await calls.execute(_calls.UPSERT_MANY.statement, parameters)
                    advance(rows.read)
                give_time(connection, self.client._deadline(timeout))
                await calls.finish()
                if leftovers is not None:
                    await self._delete_leftovers(leftovers, connection, timeout)
                give_time(connection, self.client._deadline(timeout))  # for COMMIT
        except exc.ArgError as error:
            if too_long := _records.too_long(error, long_ids):
                raise too_long from error.__cause__
            raise

    async def _delete_leftovers(
        self,
        leftovers: _chunks.Leftovers,
        connection: psycopg.AsyncConnection[Any],
        timeout: float | None,
    ) -> None:
        looking = leftovers.delete()
        ids = next(looking, None)
        while ids is not None:
            parameters = {"collection": self.name, "ids": ids, "filters": None}
            give_time(connection, self.client._deadline(timeout))
            deleted = await self.client._call(_calls.DELETE, parameters, connection)
            try:
                ids = looking.send([id_ for (id_,) in deleted])
            except StopIteration:
                return

    def _batch_rows(self) -> int:
        """Rows for about 1 MB a call, which was fastest of what was measured."""
        return max(50, min(1000, 1_000_000 // (4 * max(self.dimension, 1) + 100)))

    async def fetch(self, ids: Iterable[Any], *, timeout: float | None = None) -> list[Record]:
        """The rows of these ids, in their order, each once; ids that do not exist are left out (vecs.fetch).

        Raises:
            exc.ArgError: ids is a string.
        """
        listed = _arguments.row_ids(ids)
        return _results.records(
            await self.client._call(
                _calls.FETCH, {"collection": self.name, "ids": listed}, timeout=timeout
            )
        )

    async def fetch_iter(self, ids: Iterable[Any]) -> AsyncIterator[Record]:
        """The rows of any number of ids, as `fetch` gives them, read page by page (vecs.fetch).

        An id that comes again far later in ids gives its row again.

        Raises:
            exc.ArgError: ids is a string; when the first row is asked for.
        """
        for page in _arguments.pages(ids, self._batch_rows()):
            for record in await self.fetch(page):
                yield record

    def scan(
        self,
        filters: Mapping[str, Any] | None = None,
        *,
        page_size: int | None = None,
        after: str | None = None,
    ) -> AsyncIterator[Record]:
        """All rows that match a metadata filter, in the order of their ids, read page by page (vecs.scan).

        Each page is a call of its own, and no connection is held between them: rows that are there throughout come
        exactly once, whatever is written meanwhile.

        Args:
            filters: A metadata filter, such as {"year": {"$gte": 2012}}.
            page_size: Rows a page; None: about 1 MB.
            after: Begin after this id, which need not exist: the last id of a scan that was broken off continues it.

        Raises:
            exc.ArgError: page_size is below 1; as all of the server's errors, when the first row is asked for.
            exc.FilterError: The filter is not of the filter language.
        """
        return self._scan(self._scan_parameters(filters, page_size, after))

    def _scan_parameters(
        self,
        filters: Mapping[str, Any] | None,
        page_size: int | None = None,
        after: str | None = None,
    ) -> dict[str, Any]:
        return {
            "collection": self.name,
            "filters": _arguments.filter_json(filters),
            "after": None if after is None else _arguments.row_id(after),
            "page_size": (
                self._batch_rows() if page_size is None else _arguments.page_size(page_size)
            ),
        }

    async def _scan(self, parameters: dict[str, Any]) -> AsyncIterator[Record]:
        async for page in self._pages(parameters):
            for record in _results.records(page):
                yield record

    async def _pages(self, parameters: dict[str, Any]) -> AsyncIterator[list[tuple[Any, ...]]]:
        """Yield pages of rows as they come from the server."""
        while True:
            page = await self.client._call(_calls.SCAN, parameters)
            yield page
            if len(page) < parameters["page_size"]:
                return
            parameters = parameters | {"after": page[-1][0]}

    async def to_numpy(self, filters: Mapping[str, Any] | None = None) -> Columns:
        """All rows that match a metadata filter, in the order of their ids, as columns (vecs.scan).

        Raises:
            exc.FilterError: The filter is not of the filter language.
        """
        pages = [page async for page in self._pages(self._scan_parameters(filters))]
        return _results.columns(pages, self.dimension)

    async def to_arrow(self, filters: Mapping[str, Any] | None = None) -> pa.Table:
        """All rows that match a metadata filter, in the order of their ids, as a pyarrow.Table (vecs.scan).

        Its columns are id, vec (lists of float32 of the collection's dimension) and metadata (JSON text).

        Raises:
            exc.FilterError: The filter is not of the filter language.
            exc.MissingDependency: pyarrow, the extra arrow, is not installed.
        """
        schema = _results.arrow_schema(self.dimension)
        batches = [batch async for batch in self.arrow_batches(filters)]
        return _convert.pyarrow().Table.from_batches(batches, schema)

    async def arrow_batches(
        self, filters: Mapping[str, Any] | None = None, *, page_size: int | None = None
    ) -> AsyncIterator[pa.RecordBatch]:
        """The same as a stream of record batches, a page each: for more rows than memory holds (vecs.scan).

        Raises:
            exc.FilterError: The filter is not of the filter language; when the first batch is asked for.
            exc.MissingDependency: pyarrow, the extra arrow, is not installed.
        """
        async for page in self._pages(self._scan_parameters(filters, page_size)):
            yield _results.arrow_batch(page, self.dimension)

    async def update_metadata(
        self,
        patch: Mapping[str, Any] | Sequence[str],
        *,
        ids: Iterable[Any] | None = None,
        filters: Mapping[str, Any] | None = None,
        mode: str = "merge",
        timeout: float | None = None,
    ) -> int:
        """Change the metadata of rows, by ids or by a metadata filter; all or nothing (vecs.update_metadata).

        Args:
            patch: A dict; in mode "remove" a list of keys.
            ids: The ids of the rows; those that do not exist are passed over.
            filters: Or: a metadata filter. {} matches all rows.
            mode: "merge" sets the keys of the patch, at the top level; "replace" makes it the metadata; "remove"
                removes keys.
            timeout: Seconds to wait for the server; None: the client's.

        Returns:
            How many rows there were to change, those that were so already included.

        Raises:
            exc.ArgError: Neither or both of ids and filters are given, or an argument that cannot be.
            exc.FilterError: The filter is not of the filter language.
        """
        if filters is not None and not isinstance(filters, Mapping):
            raise exc.FilterError(
                "filters must be a dict",
                detail=f"not {reprlib.repr(filters)}",
                hint=_arguments.A_FILTER,
            )
        [(matched,)] = await self.client._call(
            _calls.UPDATE_METADATA,
            {
                "collection": self.name,
                "patch": _convert.to_json(patch, "the patch"),
                "ids": None if ids is None else _arguments.row_ids(ids),
                "filters": None if filters is None else _arguments.filter_json(filters) or "{}",
                "mode": mode,
            },
            timeout=timeout,
        )
        return int(matched)

    async def delete(
        self,
        ids: Iterable[Any] | None = None,
        filters: Mapping[str, Any] | None = None,
        *,
        timeout: float | None = None,
    ) -> list[str]:
        """Delete rows by ids or by a metadata filter; returns the ids that were deleted (vecs.delete).

        Empty ids or filters delete nothing.

        Raises:
            exc.ArgError: Neither or both are given, or ids is a string.
            exc.FilterError: The filter is not of the filter language.
        """
        if ids is None and filters is None:
            raise exc.ArgError(
                "Either ids or filters must be provided.",
                hint="delete_collection() drops all rows.",
            )
        if ids is not None and filters is not None:
            raise exc.ArgError("Either ids or filters must be provided, not both.")
        listed = None if ids is None else _arguments.row_ids(ids)
        if listed == [] or (listed is None and not filters):
            return []
        rows = await self.client._call(
            _calls.DELETE,
            {"collection": self.name, "ids": listed, "filters": _arguments.filter_json(filters)},
            timeout=timeout,
        )
        return [id_ for (id_,) in rows]

    async def __getitem__(self, items: str) -> Record:
        """The row of one id.

        Raises:
            KeyError: There is none.
            exc.ArgError: The id is not a string.
        """
        if not isinstance(items, str):
            raise exc.ArgError("items must be a string id", detail=f"not {reprlib.repr(items)}")
        rows = await self.fetch([items])
        if not rows:
            raise KeyError(f'no item found with requested id: "{items}"')
        return rows[0]

    # Search

    async def query(
        self,
        data: Any,  # noqa: ANN401 -- a vector, or what the adapter takes
        limit: int = 10,
        filters: Mapping[str, Any] | None = None,
        measure: IndexMeasure | str = IndexMeasure.cosine_distance,
        include_value: bool = False,
        include_metadata: bool = False,
        include_vector: bool = False,
        *,
        probes: int | None = None,
        ef_search: int | None = None,
        max_distance: float | None = None,
        strategy: str = "auto",
        skip_adapter: bool = False,
        timeout: float | None = None,
    ) -> list[Any]:
        """The nearest rows to a vector, among those that match a filter (vecs.query).

        Always min(limit, matching rows) of them, nearest first.

        Args:
            data: The vector to search with, or what the adapter makes one of. None: any rows that match, as in vecs;
                their distance is None.
            limit: How many rows, up to the client's max_limit.
            filters: A metadata filter, such as {"year": {"$gte": 2012}}.
            measure: The distance measure.
            include_value: Return the distance.
            include_metadata: Return the metadata.
            include_vector: Return the vector, as a float32 array.
            probes: ivfflat: lists to look into; None: chosen by the search.
            ef_search: hnsw: size of the candidate list, 1 to 1000; None: chosen by the search.
            max_distance: Only rows at this distance or nearer.
            strategy: "auto"; "exact": compare every row that matches; "index": begin with the index.
            skip_adapter: data is a vector, not media.
            timeout: Seconds to wait for the server; None: the client's.

        Returns:
            The ids if nothing is included; else named tuples (id, distance, vec, metadata) of what is.

        Raises:
            exc.ArgError: An argument that cannot be.
            exc.MismatchedDimension: The vector has another length than the collection's.
            exc.FilterError: The filter is not of the filter language.
        """
        search = _arguments.search(
            limit,
            filters,
            measure,
            (include_value, include_vector, include_metadata),
            probes,
            ef_search,
            self.client.max_limit,
            max_distance,
            strategy,
        )
        searched = await self._query_data(data, skip_adapter)
        if searched is None:
            return await self._any_rows(search, timeout)
        # Whether its numbers are finite is left to the server: the look costs more than it seems.
        vector = self._query_vector(searched, finite=False)
        parameters = {
            "collection": self.name,
            "query_vec": _convert.VectorParameter(vector),
            **search.parameters,
        }
        try:
            rows = await self.client._call(
                search.function("query", "id"), parameters, timeout=timeout
            )
        except psycopg.DataError:
            _convert.check_finite(vector, "the query vector")
            raise
        return _results.shape(rows, search.fields)

    async def _any_rows(self, search: _arguments.Search, timeout: float | None) -> list[Any]:
        """Some rows that match, as searches of vecs without a vector give them; their distance is None."""
        if not search.parameters["top_k"]:
            return []
        parameters = {
            "collection": self.name,
            "filters": search.parameters["filters"],
            "after": None,
            "page_size": search.parameters["top_k"],
        }
        found = await self.client._call(_calls.SCAN, parameters, timeout=timeout)
        rows = []
        for id_, vec, metadata in found:
            named = {"distance": None, "vec": vec, "metadata": metadata}
            rows.append((id_, *(named[field] for field in search.fields)))
        return _results.shape(rows, search.fields)

    async def query_many(
        self,
        data: Iterable[Any],
        limit: int = 10,
        filters: Mapping[str, Any] | None = None,
        measure: IndexMeasure | str = IndexMeasure.cosine_distance,
        include_value: bool = False,
        include_metadata: bool = False,
        include_vector: bool = False,
        *,
        probes: int | None = None,
        ef_search: int | None = None,
        max_distance: float | None = None,
        strategy: str = "auto",
        skip_adapter: bool = False,
        timeout: float | None = None,
    ) -> list[list[Any]]:
        """The nearest rows to each of many vectors, in one round trip (vecs.query_many).

        Args:
            data: The vectors to search with, such as the rows of an array; with an adapter, what it makes them of.
            limit: How many rows for each.
            filters: As in `query`, and so are the others.
            measure: The distance measure.
            include_value: Return the distance.
            include_metadata: Return the metadata.
            include_vector: Return the vector.
            probes: ivfflat: lists to look into.
            ef_search: hnsw: size of the candidate list.
            max_distance: Only rows at this distance or nearer.
            strategy: auto, exact or index.
            skip_adapter: data are vectors, not media.
            timeout: As in `query`.

        Returns:
            For each vector, in their order, what `query` returns.

        Raises:
            exc.ArgError: An argument that cannot be.
            exc.MismatchedDimension: A vector has another length than the collection's.
            exc.FilterError: The filter is not of the filter language.
        """
        search = _arguments.search(
            limit,
            filters,
            measure,
            (include_value, include_vector, include_metadata),
            probes,
            ef_search,
            self.client.max_limit,
            max_distance,
            strategy,
        )
        vectors = []
        for number, datum in enumerate(data, 1):
            searched = await self._query_data(datum, skip_adapter)
            vectors.append(_convert.to_vector(searched, f"query vector {number}"))
        if not vectors:
            return []
        dimension = self.dimension if self.dimension > 0 else len(vectors[0])
        for number, vector in enumerate(vectors, 1):
            if len(vector) != dimension:
                raise exc.MismatchedDimension(
                    f'query vector {number} has {len(vector)} dimensions, collection "{self.name}" has {dimension}',
                    hint="Search with vectors of the model that the collection was made for.",
                )
        parameters = {
            "collection": self.name,
            "query_vecs": _convert.VectorsParameter(np.stack(vectors), self.client._vector_oid),
            **search.parameters,
        }
        function = search.function("query_many", "query_no", "id")
        rows = await self.client._call(function, parameters, timeout=timeout)
        shaped = _results.shape([row[1:] for row in rows], search.fields)
        found: list[list[Any]] = [[] for _ in vectors]
        for (number, *_), row in zip(rows, shaped, strict=True):
            found[number - 1].append(row)
        return found

    async def query_by_id(
        self,
        row_id: str,
        limit: int = 10,
        filters: Mapping[str, Any] | None = None,
        measure: IndexMeasure | str = IndexMeasure.cosine_distance,
        include_value: bool = False,
        include_metadata: bool = False,
        include_vector: bool = False,
        *,
        probes: int | None = None,
        ef_search: int | None = None,
        max_distance: float | None = None,
        strategy: str = "auto",
        timeout: float | None = None,
    ) -> list[Any]:
        """The nearest rows to a row of the collection, which is itself left out (vecs.query_by_id).

        Args:
            row_id: The id of the row, which need not match the filter.
            limit: How many rows.
            filters: As in `query`, and so are the others.
            measure: The distance measure.
            include_value: Return the distance.
            include_metadata: Return the metadata.
            include_vector: Return the vector.
            probes: ivfflat: lists to look into.
            ef_search: hnsw: size of the candidate list.
            max_distance: Only rows at this distance or nearer.
            strategy: auto, exact or index.
            timeout: As in `query`.

        Raises:
            exc.ArgError: There is no such row, or an argument that cannot be.
            exc.FilterError: The filter is not of the filter language.
        """
        search = _arguments.search(
            limit,
            filters,
            measure,
            (include_value, include_vector, include_metadata),
            probes,
            ef_search,
            self.client.max_limit,
            max_distance,
            strategy,
        )
        parameters = {
            "collection": self.name,
            "row_id": _arguments.row_id(row_id),
            **search.parameters,
        }
        rows = await self.client._call(
            search.function("query_by_id", "id"), parameters, timeout=timeout
        )
        return _results.shape(rows, search.fields)

    async def explain(
        self,
        data: Any,  # noqa: ANN401 -- a vector, or what the adapter takes
        limit: int = 10,
        filters: Mapping[str, Any] | None = None,
        measure: IndexMeasure | str = IndexMeasure.cosine_distance,
        *,
        probes: int | None = None,
        ef_search: int | None = None,
        max_distance: float | None = None,
        strategy: str = "auto",
        skip_adapter: bool = False,
        timeout: float | None = None,
    ) -> dict[str, Any]:
        """Search as `query` does, and tell how it was done, why so, and what could make it faster (vecs.explain).

        Returns:
            Among others strategy, why, rows, milliseconds, matching_rows, index, steps and advice.

        Raises:
            exc.ArgError: An argument that cannot be.
            exc.MismatchedDimension: The vector has another length than the collection's.
            exc.FilterError: The filter is not of the filter language.
        """
        search = _arguments.search(
            limit,
            filters,
            measure,
            (0, 0, 0),
            probes,
            ef_search,
            self.client.max_limit,
            max_distance,
            strategy,
        )
        vector = self._query_vector(await self._query_data(data, skip_adapter))
        [(explained,)] = await self.client._call(
            search.function("explain"),
            {
                "collection": self.name,
                "query_vec": _convert.VectorParameter(vector),
                **search.parameters,
            },
            timeout=timeout,
        )
        [document] = _convert.documents([explained])
        return dict(document)

    async def recall(
        self,
        sample: int = 100,
        top_k: int = 10,
        filters: Mapping[str, Any] | None = None,
        measure: IndexMeasure | str = IndexMeasure.cosine_distance,
        *,
        ef_search: int | None = None,
        probes: int | None = None,
        timeout: float | None = None,
    ) -> Recall:
        """Compare searches by the index with exact ones, on a sample of the collection's own vectors (vecs.recall).

        Raises:
            exc.ArgError: An argument that cannot be.
            exc.FilterError: The filter is not of the filter language.
        """
        search = _arguments.search(0, filters, measure, (0, 0, 0), probes, ef_search, None)
        [row] = await self.client._call(
            _calls.RECALL,
            {
                "collection": self.name,
                "sample": sample,
                "top_k": top_k,
                "filters": search.parameters["filters"],
                "measure": search.parameters["measure"],
                "ef_search": search.parameters.get("ef_search"),
                "probes": probes,
            },
            timeout=timeout,
        )
        return Recall(*row)

    async def _query_data(self, data: Any, skip_adapter: bool) -> Any:  # noqa: ANN401
        if skip_adapter or not self._adapts:
            return data
        records: list[Any] = [("", data, {})]
        adapted = await async_in_thread(list, self.adapter(records, AdapterContext.query))
        if len(adapted) != 1:
            raise exc.ArgError(
                "Failed to produce exactly one query vector from input",
                detail=f"the adapter gave {len(adapted)}",
                hint="A chunker that is told skip_during_query=True leaves what is searched with whole.",
            )
        return adapted[0][1]

    def _query_vector(self, searched: object, *, finite: bool = True) -> npt.NDArray[np.float32]:
        """The vector to search with; of a length that can be sent."""
        vector = _convert.to_vector(searched, "the query vector", finite=finite)
        if len(vector) > _convert.LONGEST:
            raise exc.MismatchedDimension(
                f'the query vector has {len(vector)} dimensions, collection "{self.name}" has {self.dimension}',
                hint="Search with vectors of the model that the collection was made for.",
            )
        return vector

    # Indexes

    @property
    async def index(self) -> str | None:
        """The name of the valid vector index, or None (vecs.describe_collection)."""
        indexes = await self._indexes()
        return next((index["name"] for index in indexes if index["valid"]), None)

    async def _indexes(
        self, connection: psycopg.AsyncConnection[Any] | None = None
    ) -> list[dict[str, Any]]:
        [(described,)] = await self.client._call(
            _calls.DESCRIBE_COLLECTION, {"collection": self.name}, connection
        )
        [document] = _convert.documents([described])
        return list(document["vector_indexes"])

    async def is_indexed_for_measure(self, measure: IndexMeasure | str) -> bool:
        """Whether a valid index covers the measure (vecs.has_index); False for an unknown measure."""
        try:
            measure = IndexMeasure(measure)
        except ValueError:
            return False
        [(indexed,)] = await self.client._call(
            _calls.HAS_INDEX, {"collection": self.name, "measure": measure.value}
        )
        return bool(indexed)

    async def create_index(
        self,
        measure: IndexMeasure | str = IndexMeasure.cosine_distance,
        method: IndexMethod | str = IndexMethod.auto,
        index_arguments: IndexArgsIVFFlat | IndexArgsHNSW | None = None,
        replace: bool = True,
        *,
        timeout: float | None = None,
    ) -> None:
        """Index the collection for a measure (vecs.create_index), in the place of any other vector index.

        Load the rows first: building is faster than inserting into an index. Readers are not blocked while it builds;
        writers wait. Several indexes, one a measure, are to be had in SQL. A timeout in seconds takes the place of the
        client's, which is that of searches.

        Raises:
            exc.ArgError: An argument that cannot be, or an index there while replace is False.
        """
        measure, method, named = _arguments.index(measure, method, index_arguments)
        if not replace and (there := await self._indexes()):
            raise exc.ArgError(
                "replace is set to False but an index exists",
                detail=f'collection "{self.name}" has "{there[0]["name"]}"',
                hint="Leave replace out to build a new one in its place.",
            )
        try:
            await self._create_index(measure, method, named, replace, timeout)
        except psycopg.Error as error:
            if not await self.client._looks_again(error):
                raise
            await self._create_index(measure, method, named, replace, timeout)

    async def _create_index(
        self,
        measure: IndexMeasure,
        method: IndexMethod,
        named: dict[str, int],
        replace: bool,
        timeout: float | None,
    ) -> None:
        async with self.client._transaction(self.client._deadline(timeout)) as connection:
            await self.client._call(
                _calls.CREATE_INDEX,
                {
                    "collection": self.name,
                    "measure": measure.value,
                    "method": method.value,
                    "arguments": _convert.to_json(named, "the index arguments"),
                    "replace": bool(replace),
                },
                connection,
            )
            # From here on no other index is built before this transaction ends.
            there = {index["measure"] for index in await self._indexes(connection)}
            for other in there - {measure.value}:
                await self.client._call(
                    _calls.DROP_INDEX, {"collection": self.name, "measure": other}, connection
                )

    async def create_metadata_index(self, key: str | Sequence[str], *, kind: str = "value") -> str:
        """Index a key of the metadata for filters on it (vecs.create_metadata_index).

        Nothing is done where there is such an index.

        Args:
            key: The key, in which a dot is a plain character; or a list of keys, the path to a nested value.
            kind: "value" for ranges, $in and $eq; "time" for these with times; "pattern" for $startswith and $like.

        Returns:
            The name of the index.
        """
        [(name,)] = await self.client._call(
            _calls.CREATE_METADATA_INDEX,
            {"collection": self.name, **_arguments.metadata_key(key), "kind": kind},
        )
        return str(name)

    async def drop_metadata_index(
        self, key: str | Sequence[str], *, kind: str | None = None
    ) -> bool:
        """Drop the indexes on a key of the metadata, or a path; whether there was one (vecs.drop_metadata_index).

        Args:
            key: The key, or the path, as for `create_metadata_index`.
            kind: The kind of index to drop; every kind by default.
        """
        [(existed,)] = await self.client._call(
            _calls.DROP_METADATA_INDEX,
            {"collection": self.name, **_arguments.metadata_key(key), "kind": kind},
        )
        return bool(existed)
