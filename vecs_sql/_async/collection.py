"""A collection: upsert, search and indexes."""

from __future__ import annotations

import reprlib
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, overload

import numpy as np
import psycopg

from vecs_sql import exc
from vecs_sql._acompat import ASized
from vecs_sql._async.builds import build_index
from vecs_sql._async.missing import AsyncMissing
from vecs_sql._async.reembed import AsyncReembedding
from vecs_sql._async.searches import AsyncSearches
from vecs_sql._async.upsert import AsyncUpsert
from vecs_sql._ingest.batch import rows_per_call
from vecs_sql._ingest.leftovers import leftovers
from vecs_sql._progress import build_bar
from vecs_sql._protocol import arguments, arrow, functions, metadata, rows
from vecs_sql._protocol.arguments import RebuildIndex
from vecs_sql._protocol.codecs import VectorParameter, VectorsParameter
from vecs_sql._protocol.filters import FILTER_HINT, filter_json
from vecs_sql._protocol.indexes import (
    IndexArgsHNSW,
    IndexArgsIVFFlat,
    IndexMeasure,
    IndexMethod,
    MeasureName,
    MetadataIndexKind,
    MethodName,
    PrecisionName,
    check_index,
)
from vecs_sql._protocol.rows import Advice, Columns, QueryRow, Recall, Record, Reembedded, Tuned
from vecs_sql._protocol.search import Search, Strategy
from vecs_sql._protocol.vectors import check_finite, to_vector
from vecs_sql.adapter._documents import Keys
from vecs_sql.adapter.base import AdapterLike

if TYPE_CHECKING:
    import pyarrow as pa
    from typing_extensions import Unpack

    from vecs_sql._protocol.search import DataOptions, SearchOptions

UpdateMode = Literal["merge", "replace", "remove"]


class AsyncCollection(AsyncSearches, ASized):
    """A collection of vectors of one dimension, with ids and metadata.

    Attributes:
        name: The name; the table is vecs."name".
        dimension: The dimension of its vectors.
        client: The client that it belongs to.
        adapter: Turns media into vectors; a NoOp if none was given.

    Raises:
        exc.ArgError: Neither dimension nor the adapter gives the dimension.
        exc.MismatchedDimension: They do not agree.
    """

    def __repr__(self) -> str:
        return f'vecs.Collection(name="{self.name}", dimension={self.dimension})'

    async def describe(self, *, timeout: float | None = None) -> dict[str, Any]:
        """Return the dimension, type, number of rows, sizes and indexes (vecs.describe_collection).

        Raises:
            exc.CollectionNotFound: The collection was dropped.
        """
        [(description,)] = await self._call(functions.DESCRIBE_COLLECTION, timeout=timeout)
        [document] = metadata.decode([description])
        return dict(document)

    # Rows

    async def count(
        self, filters: Mapping[str, Any] | None = None, *, timeout: float | None = None
    ) -> int:
        """Count the rows that match a metadata filter, or all rows; exact (vecs.count_rows).

        Raises:
            exc.FilterError: The filter is invalid.
        """
        [(count,)] = await self._call(
            functions.COUNT_ROWS, filters=filter_json(filters), timeout=timeout
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
        rebuild_index: RebuildIndex = False,
        progress: bool | None = None,
        timeout: float | None = None,
    ) -> None:
        """Insert rows, or replace those whose ids exist; all or nothing (vecs.upsert_many, in batches).

        Waiting for records holds no transaction open and no connection: records from an iterator or an adapter are
        collected first, in a temporary file if there are many, and then written.

        Args:
            records: One of:

                - an iterable of tuples (id, vector, metadata), or of dicts with the keys id, vec and metadata. With an
                  adapter they have media instead of vectors;
                - columns (ids, matrix) or (ids, matrix, metadata), where the matrix is an array with a vector per row:
                  the fastest form;
                - a table or data frame of pyarrow, pandas or polars with the columns id, vec and metadata (objects or
                  JSON text). Other columns become metadata, too, without their nulls.

                A vector is a list or an array of finite numbers, or a Vector or HalfVector of pgvector. Metadata is a
                JSON object, or None. numpy's scalars and Decimal become numbers, UUIDs become texts, and dates and
                times ISO 8601, in UTC if they have a time zone. Metadata is replaced, not merged. If an id comes twice,
                the last record wins. Two writers of the same rows can deadlock, which is an error for one of them, if
                their records come in different orders from iterators, adapters or chunked tables; lists and columns
                are written in the order of their ids.
            skip_adapter: The records have vectors, although the collection has an adapter.
            replace_chunks: Also delete the chunks that an earlier version of the same documents has left. They are
                found by the adapter's `document_key`, without one by the numbers in the ids that a chunker gives. All
                ids are kept in memory until the end. With skip_adapter, the documents are those in the metadata.
            skip_unchanged: Skip texts that are in the collection unchanged, embedded by the same model. The metadata of
                each row gets the key "_vecs_hash", a hash of the text (or chunk) and the name of the model. Rows in
                which only the metadata differs are written without embedding.
            commit_every: Commit after so many rows instead of once at the end. If the upsert breaks off, what was
                committed stays; the next run replaces it.
            rebuild_index: Drop the vector indexes before the first row is written, and build them again after the last,
                in the same transaction. A build takes a fraction of the time that so many inserts into a graph take,
                but everybody else who reads or writes the collection waits until it has ended. A failure, even of the
                client or the server, leaves the indexes as they were.

                - False: the indexes stay, and each row is inserted into them.
                - True: do so, and wait for those who use the collection now.
                - "auto": do so if it takes less time and disturbs few: if the rows are at least as many as the
                  collection has, a thousand or more, and nobody holds the table. The indexes stay in an adopted table,
                  with `commit_every`, on a connection of the caller, and where a timeout might end the build.

                An index comes back with its name, measure, method, arguments, precision and filter. One that
                create_index could not make again as it is stays in any case, and so does one that the owner of an
                adopted table has made.
            progress: Show a progress bar; None: on a terminal, if it takes more than a second.
            timeout: Seconds to wait for the server each time; None: that of the client.

        Raises:
            exc.ArgError: A record is invalid; the message names its id.
            exc.MismatchedDimension: A vector has another length.
            exc.Incomplete: The upsert broke off after some rows were committed because of commit_every.
        """
        adapts = self._adapts and not skip_adapter
        adapter = self.adapter if adapts else None
        unchanged = None
        if skip_unchanged:
            from vecs_sql._ingest.unchanged import Unchanged  # which loads hashlib

            unchanged = Unchanged(adapter)
        upsert = AsyncUpsert(
            self.client.session,
            self.name,
            self.dimension,
            adapter=adapter,
            leftovers=leftovers(self.adapter, not skip_adapter) if replace_chunks else None,
            unchanged=unchanged,
            commit_every=commit_every,
            rebuild_index=rebuild_index,
            progress=progress,
            timeout=timeout,
        )
        await upsert.run(records)

    async def embed_missing(
        self,
        text: str | None = None,
        *,
        batch_size: int = 100,
        progress: bool | None = None,
        timeout: float | None = None,
    ) -> int:
        """Embed the texts of rows that have no vector, in a table that was adopted (vecs.claim_missing).

        Each batch is committed when it is written, so a run that broke off is continued by the next. Several may run at
        once: a batch is locked while it is embedded, and the others pass it over.

        Args:
            text: The column with the texts, or a key of the metadata column; None: the adapter's `text_key`, or
                "content". Rows without a text are left out.
            batch_size: The number of rows to lock, embed and commit at a time.
            progress: Show a progress bar; None: on a terminal, if it takes more than a second.
            timeout: Seconds to wait for the server each time; None: that of the client.

        Returns:
            The number of rows that were embedded here.

        Raises:
            exc.ArgError: The collection has no adapter, or one that splits texts; or the table has no such column.
            exc.MismatchedDimension: The adapter gives vectors of another dimension.
        """
        if not self._adapts:
            raise exc.ArgError(
                "only a collection with an adapter can embed texts",
                hint="Open it with one: adapter=Adapter([TextEmbedding(model='all-MiniLM-L6-v2')]).",
            )
        missing = AsyncMissing(
            self.client.session,
            self.name,
            self.dimension,
            adapter=self.adapter,
            text=self._text_key or "content" if text is None else text,
            timeout=timeout,
        )
        total = (await self.describe(timeout=timeout)).get("rows_without_vector")
        return await missing.embed(arguments.page_size(batch_size), total, progress)

    async def reembed(
        self,
        adapter: AdapterLike,
        text: str | None = None,
        *,
        shadow: str | None = None,
        batch_size: int = 100,
        drop_old: bool = False,
        skip_missing: bool = False,
        leave_dependents: bool = False,
        restart: bool = False,
        min_recall: float = 0.9,
        progress: bool | None = None,
        timeout: float | None = None,
    ) -> Reembedded:
        """Give the collection the vectors of another model, of any dimension, while it is read and written.

        The texts are embedded into another collection, the shadow, batch by batch. It gets the indexes of this one, its
        recall is measured, and at the end it takes the place of this one at once, with its privileges, policies and
        settings; searches, and writes, wait for that moment. What others insert, change and delete meanwhile is carried
        over. A failure publishes nothing. Each batch is committed: a run that broke off, at any point, is continued by
        the next, which embeds no text again.

        The old collection stays under the shadow's name. From then on, searches need vectors of the new model: this
        object has the new dimension and the adapter, other programs must be changed at that time. The role must own the
        table. A table that was adopted cannot be re-embedded so.

        Args:
            adapter: Makes one vector of each text. If its `text_key` is the key of the texts, they are chunks already,
                and only the step that embeds is used, with those after it.
            text: The key of the metadata with the texts; None: the `text_key` of the collection's adapter, or of this
                one, or "text".
            shadow: The name of the shadow; None: the collection's with "_reembed".
            batch_size: The number of texts to embed and commit at a time.
            drop_old: Drop the old collection at the end.
            skip_missing: Leave out rows that have no text, or no string there; otherwise they are an error.
            leave_dependents: Leave with the old table what cannot be carried over: foreign keys, views, triggers, other
                columns. Otherwise these are an error, before anything is embedded.
            restart: Drop what an earlier run has embedded, perhaps by another model, and begin anew.
            min_recall: The share of the nearest rows that the new indexes must find, from 0 to 1.
            progress: Show a progress bar; None: on a terminal, if it takes more than a second.
            timeout: Seconds to wait for the server each time, also for the indexes; None: that of the client.

        Raises:
            exc.ArgError: Rows have no text; the adapter splits texts; the run that broke off had another model; the
                client was made with a connection.
            exc.CollectionAlreadyExists: Something else has the shadow's name.
            exc.Incomplete: The model or the database failed, or others write faster than the model embeds.
            exc.Unsupported: The collection is an adopted table; something cannot be carried over; the indexes find too
                little.
        """
        reembedding = AsyncReembedding(
            self.client.session,
            self.name,
            adapter=adapter,
            text=self._text_key or Keys.of(adapter).text or "text" if text is None else text,
            shadow=shadow,
            batch_size=arguments.page_size(batch_size),
            drop_old=drop_old,
            skip_missing=skip_missing,
            leave_dependents=leave_dependents,
            restart=restart,
            min_recall=min_recall,
            progress=progress,
            timeout=timeout,
        )
        done = await reembedding.run()
        self.dimension, self.adapter = reembedding.dimension, adapter
        return done

    async def fetch(self, ids: Iterable[Any], *, timeout: float | None = None) -> list[Record]:
        """Return the rows with these ids, in their order, each once; missing ids are left out (vecs.fetch).

        Raises:
            exc.ArgError: ids is a string.
        """
        found = await self._call(functions.FETCH, ids=arguments.row_ids(ids), timeout=timeout)
        return rows.records(found)

    async def existing_ids(self, ids: Iterable[Any], *, timeout: float | None = None) -> list[str]:
        """Return those of the ids that the collection has, in their order, each once (vecs.fetch).

        Raises:
            exc.ArgError: ids is a string.
        """
        found = await self._call(functions.FETCH_IDS, ids=arguments.row_ids(ids), timeout=timeout)
        return [id_ for (id_,) in found]

    async def fetch_iter(
        self, ids: Iterable[Any], *, timeout: float | None = None
    ) -> AsyncIterator[Record]:
        """Yield the rows with any number of ids, as `fetch` returns them, page by page (vecs.fetch).

        An id that comes twice yields its row twice, unless both are in the same page.

        Raises:
            exc.ArgError: ids is a string; when the first row is asked for.
        """
        for page in arguments.pages(ids, rows_per_call(self.dimension)):
            for record in await self.fetch(page, timeout=timeout):
                yield record

    def scan(
        self,
        filters: Mapping[str, Any] | None = None,
        *,
        page_size: int | None = None,
        after: str | None = None,
        timeout: float | None = None,
    ) -> AsyncIterator[Record]:
        """Yield all rows that match a metadata filter, in the order of their ids, page by page (vecs.scan).

        Each page is a call of its own, and no connection is held between them. Rows that exist all the time come
        exactly once, whatever is written meanwhile.

        Args:
            filters: A metadata filter, such as {"year": {"$gte": 2012}}.
            page_size: The number of rows in a page; None: about 1 MB.
            after: Begin after this id, which need not exist: the last id of an interrupted scan continues it.
            timeout: Seconds to wait for the server for each page; None: that of the client.

        Raises:
            exc.ArgError: page_size is below 1; like all errors of the server, when the first row is asked for.
            exc.FilterError: The filter is invalid.
        """
        return self._scan(self._scan_parameters(filters, page_size, after), timeout)

    def _scan_parameters(
        self,
        filters: Mapping[str, Any] | None,
        page_size: int | None = None,
        after: str | None = None,
    ) -> dict[str, Any]:
        size = rows_per_call(self.dimension) if page_size is None else page_size
        return {
            "filters": filter_json(filters),
            "after": None if after is None else arguments.row_id(after),
            "page_size": arguments.page_size(size),
        }

    async def _scan(
        self, parameters: dict[str, Any], timeout: float | None
    ) -> AsyncIterator[Record]:
        async for page in self._pages(parameters, timeout):
            for record in rows.records(page):
                yield record

    async def _pages(
        self, parameters: dict[str, Any], timeout: float | None
    ) -> AsyncIterator[list[tuple[Any, ...]]]:
        while True:
            page = await self._call(functions.SCAN, **parameters, timeout=timeout)
            yield page
            if len(page) < parameters["page_size"]:
                return
            parameters = parameters | {"after": page[-1][0]}

    async def to_numpy(
        self, filters: Mapping[str, Any] | None = None, *, timeout: float | None = None
    ) -> Columns:
        """Return all rows that match a metadata filter as columns, in the order of their ids (vecs.scan).

        Raises:
            exc.FilterError: The filter is invalid.
        """
        pages = [page async for page in self._pages(self._scan_parameters(filters), timeout)]
        return rows.columns(pages, self.dimension)

    async def to_arrow(
        self, filters: Mapping[str, Any] | None = None, *, timeout: float | None = None
    ) -> pa.Table:
        """Return all rows that match a metadata filter as a pyarrow.Table, in the order of their ids (vecs.scan).

        Its columns are id, vec (lists of float32 of the collection's dimension) and metadata (JSON text).

        Raises:
            exc.FilterError: The filter is invalid.
            exc.MissingDependency: pyarrow, the extra arrow, is not installed.
        """
        schema = arrow.arrow_schema(self.dimension)
        batches = [batch async for batch in self.arrow_batches(filters, timeout=timeout)]
        return arrow.pyarrow().Table.from_batches(batches, schema)

    async def arrow_batches(
        self,
        filters: Mapping[str, Any] | None = None,
        *,
        page_size: int | None = None,
        timeout: float | None = None,
    ) -> AsyncIterator[pa.RecordBatch]:
        """Yield the table of `to_arrow` as record batches, one per page, for more rows than fit in memory (vecs.scan).

        Raises:
            exc.FilterError: The filter is invalid; when the first batch is asked for.
            exc.MissingDependency: pyarrow, the extra arrow, is not installed.
        """
        async for page in self._pages(self._scan_parameters(filters, page_size), timeout):
            yield arrow.arrow_batch(page, self.dimension)

    async def update_metadata(
        self,
        patch: Mapping[str, Any] | Sequence[str],
        *,
        ids: Iterable[Any] | None = None,
        filters: Mapping[str, Any] | None = None,
        mode: UpdateMode = "merge",
        timeout: float | None = None,
    ) -> int:
        """Change the metadata of rows, chosen by ids or a filter; all or nothing (vecs.update_metadata).

        Args:
            patch: A dict; in mode "remove" a list of keys.
            ids: The ids of the rows; missing ones are ignored.
            filters: Or a metadata filter; {} matches all rows.
            mode: "merge" sets the keys of the patch at the top level, "replace" replaces the metadata by the patch,
                "remove" removes keys.
            timeout: Seconds to wait for the server; None: that of the client.

        Returns:
            The number of rows that were chosen, including those that did not change.

        Raises:
            exc.ArgError: Neither or both of ids and filters are given, or an argument is invalid.
            exc.FilterError: The filter is invalid.
        """
        if filters is not None and not isinstance(filters, Mapping):
            raise exc.FilterError(
                "filters must be a dict",
                detail=f"not {reprlib.repr(filters)}",
                hint=FILTER_HINT,
            )
        [(count,)] = await self._call(
            functions.UPDATE_METADATA,
            patch=metadata.to_json(patch, "the patch"),
            ids=None if ids is None else arguments.row_ids(ids),
            filters=None if filters is None else filter_json(filters) or "{}",
            mode=mode,
            timeout=timeout,
        )
        return int(count)

    async def delete(
        self,
        ids: Iterable[Any] | None = None,
        filters: Mapping[str, Any] | None = None,
        *,
        documents: Iterable[Any] | None = None,
        timeout: float | None = None,
    ) -> list[str]:
        """Delete rows by ids, by a metadata filter, or by their documents; return their ids (vecs.delete).

        Empty ids, filters or documents delete nothing.

        Args:
            ids: The ids of the rows; missing ones are ignored.
            filters: A metadata filter.
            documents: The ids of documents, all of whose chunks are deleted: the rows that have one of them under the
                `document_key` of the collection's adapter.
            timeout: Seconds to wait for the server; None: that of the client.

        Raises:
            exc.ArgError: None of the three is given, or more than one; ids or documents is a string; the adapter has no
                document_key.
            exc.FilterError: The filter is invalid.
        """
        if documents is not None:
            if ids is not None or filters is not None:
                raise exc.ArgError(
                    "documents do not go with ids or filters", hint="Pass one of the three."
                )
            filters = self._documents_filter(documents)
        if ids is None and filters is None:
            raise exc.ArgError(
                "Either ids or filters must be provided.",
                hint="truncate() deletes all rows.",
            )
        if ids is not None and filters is not None:
            raise exc.ArgError("Either ids or filters must be provided, not both.")
        listed = None if ids is None else arguments.row_ids(ids)
        if listed == [] or (listed is None and not filters):
            return []
        deleted = await self._call(
            functions.DELETE, ids=listed, filters=filter_json(filters), timeout=timeout
        )
        return [id_ for (id_,) in deleted]

    def _documents_filter(self, documents: Iterable[Any]) -> dict[str, Any]:
        """Return the filter of the rows of documents; an empty one if there are none."""
        key = Keys.of(self.adapter).document
        if key is None:
            raise exc.ArgError(
                "the adapter of the collection has no document_key, by which the chunks of documents are found",
                hint='Open it with one, Adapter([...], document_key="document"), or delete by a filter: '
                'delete(filters={"document": {"$in": [...]}}).',
            )
        names = arguments.row_ids(documents, "documents")
        arguments.check_texts({"documents": names})
        return {key: {"$in": [*dict.fromkeys(names)]}} if names else {}

    async def truncate(self, *, timeout: float | None = None) -> None:
        """Delete all rows, and keep the collection with its indexes (vecs.truncate_collection)."""
        await self._call(functions.TRUNCATE_COLLECTION, timeout=timeout)

    async def distribute(self, shards: int, *, timeout: float | None = None) -> None:
        """Distribute the rows over the nodes of a Citus cluster (vecs.distribute).

        The rows are copied and the vector indexes built again; others wait until the end.

        Args:
            shards: About one for each worker, since every search asks every shard; 0 makes it a local table.
            timeout: Seconds to wait for the server; None: that of the client.

        Raises:
            exc.Unsupported: There is no Citus, this is a worker, or the collection is an adopted table, which
                create_distributed_table() distributes.
        """
        await self._call(functions.DISTRIBUTE, shards=shards, timeout=timeout)

    async def __getitem__(self, items: str) -> Record:
        """Return the row with an id.

        Raises:
            KeyError: It does not exist.
            exc.ArgError: The id is not a string.
        """
        if not isinstance(items, str):
            raise exc.ArgError("items must be a string id", detail=f"not {reprlib.repr(items)}")
        found = await self.fetch([items])
        if not found:
            raise KeyError(f'no item found with requested id: "{items}"')
        return found[0]

    # Search

    @overload
    async def query(
        self,
        data: Any,  # noqa: ANN401 -- a vector, or what the adapter takes
        limit: int = 10,
        filters: Mapping[str, Any] | None = None,
        measure: IndexMeasure | MeasureName = IndexMeasure.cosine_distance,
        include_value: Literal[False] = False,
        include_metadata: Literal[False] = False,
        include_vector: Literal[False] = False,
        **options: Unpack[DataOptions],
    ) -> list[str]: ...

    @overload
    async def query(
        self,
        data: Any,  # noqa: ANN401 -- a vector, or what the adapter takes
        limit: int = 10,
        filters: Mapping[str, Any] | None = None,
        measure: IndexMeasure | MeasureName = IndexMeasure.cosine_distance,
        include_value: bool = False,
        include_metadata: bool = False,
        include_vector: bool = False,
        **options: Unpack[DataOptions],
    ) -> list[QueryRow]: ...

    async def query(
        self,
        data: Any,
        limit: int = 10,
        filters: Mapping[str, Any] | None = None,
        measure: IndexMeasure | MeasureName = IndexMeasure.cosine_distance,
        include_value: bool = False,
        include_metadata: bool = False,
        include_vector: bool = False,
        *,
        probes: int | None = None,
        ef_search: int | None = None,
        max_distance: float | None = None,
        strategy: Strategy = "auto",
        skip: int = 0,
        skip_adapter: bool = False,
        timeout: float | None = None,
    ) -> list[str] | list[QueryRow]:
        """Find the rows nearest to a vector, among those that match a filter (vecs.query).

        Returns always min(limit, matching rows) rows, nearest first.

        Args:
            data: The vector, or what the adapter turns into one. None returns any matching rows, as in vecs; their
                distance is None.
            limit: The number of rows, up to the client's max_limit.
            filters: A metadata filter, such as {"year": {"$gte": 2012}}.
            measure: The distance measure.
            include_value: Include the distance.
            include_metadata: Include the metadata.
            include_vector: Include the vector, as a float32 array.
            probes: ivfflat: the number of lists to search; None: chosen by the search.
            ef_search: hnsw: the size of the candidate list, 1 to 1000; None: chosen by the search.
            max_distance: Only find rows at this distance or nearer.
            strategy: "auto"; "exact" compares all matching rows; "index" begins with the index.
            skip: Leave out so many of the nearest rows: with the same limit, pages fit together.
            skip_adapter: data is a vector, although the collection has an adapter.
            timeout: Seconds to wait for the server; None: that of the client.

        Returns:
            Ids if nothing is included, otherwise named tuples of id, distance, vec and metadata, as far as included.

        Raises:
            exc.ArgError: An argument is invalid.
            exc.MismatchedDimension: The vector has another length than those of the collection.
            exc.FilterError: The filter is invalid.
        """
        search = Search(
            limit=limit,
            filters=filters,
            measure=measure,
            include_value=include_value,
            include_metadata=include_metadata,
            include_vector=include_vector,
            probes=probes,
            ef_search=ef_search,
            max_distance=max_distance,
            strategy=strategy,
            skip=skip,
            max_limit=self.client.max_limit,
        )
        value = await self._adapted(data, skip_adapter)
        if value is None:
            return await self._any_rows(search, timeout)
        # That its numbers are finite is checked if the server refuses them, which saves time.
        vector = self._query_vector(value, finite=False)
        try:
            found = await self._call(
                search.function("query", "id"),
                query_vec=VectorParameter(vector),
                **search.parameters,
                timeout=timeout,
            )
        except psycopg.DataError:
            check_finite(vector, "the query vector")
            raise
        return rows.query_rows(found, search.fields)

    async def _any_rows(self, search: Search, timeout: float | None) -> list[Any]:
        """Return some matching rows, as vecs does if there is no vector."""
        if not search.top_k:
            return []
        page = await self._call(
            functions.SCAN,
            filters=search.parameters["filters"],
            after=None,
            page_size=min(search.skip + search.top_k, arguments.MAX_BIGINT),
            timeout=timeout,
        )
        found = []
        for id_, vec, document in page[search.skip :]:
            values = {"distance": None, "vec": vec, "metadata": document}
            found.append((id_, *(values[field] for field in search.fields)))
        return rows.query_rows(found, search.fields)

    @overload
    async def query_many(
        self,
        data: Iterable[Any],
        limit: int = 10,
        filters: Mapping[str, Any] | None = None,
        measure: IndexMeasure | MeasureName = IndexMeasure.cosine_distance,
        include_value: Literal[False] = False,
        include_metadata: Literal[False] = False,
        include_vector: Literal[False] = False,
        **options: Unpack[DataOptions],
    ) -> list[list[str]]: ...

    @overload
    async def query_many(
        self,
        data: Iterable[Any],
        limit: int = 10,
        filters: Mapping[str, Any] | None = None,
        measure: IndexMeasure | MeasureName = IndexMeasure.cosine_distance,
        include_value: bool = False,
        include_metadata: bool = False,
        include_vector: bool = False,
        **options: Unpack[DataOptions],
    ) -> list[list[QueryRow]]: ...

    async def query_many(
        self,
        data: Iterable[Any],
        limit: int = 10,
        filters: Mapping[str, Any] | None = None,
        measure: IndexMeasure | MeasureName = IndexMeasure.cosine_distance,
        include_value: bool = False,
        include_metadata: bool = False,
        include_vector: bool = False,
        *,
        probes: int | None = None,
        ef_search: int | None = None,
        max_distance: float | None = None,
        strategy: Strategy = "auto",
        skip: int = 0,
        skip_adapter: bool = False,
        timeout: float | None = None,
    ) -> list[list[str]] | list[list[QueryRow]]:
        """Find the rows nearest to each of many vectors, in one round trip (vecs.query_many).

        Args:
            data: The vectors, such as the rows of an array, or what the adapter turns into them.
            limit: The number of rows for each vector.
            filters: A metadata filter; this and the other arguments are those of `query`.
            measure: The distance measure.
            include_value: Include the distance.
            include_metadata: Include the metadata.
            include_vector: Include the vector.
            probes: ivfflat: the number of lists to search.
            ef_search: hnsw: the size of the candidate list.
            max_distance: Only find rows at this distance or nearer.
            strategy: "auto", "exact" or "index".
            skip: Leave out so many of the nearest rows.
            skip_adapter: data are vectors.
            timeout: Seconds to wait for the server.

        Returns:
            For each vector, in their order, what `query` returns.

        Raises:
            exc.ArgError: An argument is invalid.
            exc.MismatchedDimension: A vector has another length than those of the collection.
            exc.FilterError: The filter is invalid.
        """
        search = Search(
            limit=limit,
            filters=filters,
            measure=measure,
            include_value=include_value,
            include_metadata=include_metadata,
            include_vector=include_vector,
            probes=probes,
            ef_search=ef_search,
            max_distance=max_distance,
            strategy=strategy,
            skip=skip,
            max_limit=self.client.max_limit,
        )
        vectors = []
        for number, datum in enumerate(data, 1):
            value = await self._adapted(datum, skip_adapter)
            vectors.append(to_vector(value, f"query vector {number}"))
        if not vectors:
            return []
        dimension = self.dimension if self.dimension > 0 else len(vectors[0])
        for number, vector in enumerate(vectors, 1):
            if len(vector) != dimension:
                raise self._wrong_dimension(f"query vector {number}", vector, dimension)
        found = await self._call(
            search.function("query_many", "query_no", "id"),
            query_vecs=VectorsParameter(np.stack(vectors)),
            **search.parameters,
            timeout=timeout,
        )
        query_rows = rows.query_rows([row[1:] for row in found], search.fields)
        results: list[list[Any]] = [[] for _ in vectors]
        for (number, *_), row in zip(found, query_rows, strict=True):
            results[number - 1].append(row)
        return results

    @overload
    async def query_by_id(
        self,
        row_id: str,
        limit: int = 10,
        filters: Mapping[str, Any] | None = None,
        measure: IndexMeasure | MeasureName = IndexMeasure.cosine_distance,
        include_value: Literal[False] = False,
        include_metadata: Literal[False] = False,
        include_vector: Literal[False] = False,
        **options: Unpack[SearchOptions],
    ) -> list[str]: ...

    @overload
    async def query_by_id(
        self,
        row_id: str,
        limit: int = 10,
        filters: Mapping[str, Any] | None = None,
        measure: IndexMeasure | MeasureName = IndexMeasure.cosine_distance,
        include_value: bool = False,
        include_metadata: bool = False,
        include_vector: bool = False,
        **options: Unpack[SearchOptions],
    ) -> list[QueryRow]: ...

    async def query_by_id(
        self,
        row_id: str,
        limit: int = 10,
        filters: Mapping[str, Any] | None = None,
        measure: IndexMeasure | MeasureName = IndexMeasure.cosine_distance,
        include_value: bool = False,
        include_metadata: bool = False,
        include_vector: bool = False,
        *,
        probes: int | None = None,
        ef_search: int | None = None,
        max_distance: float | None = None,
        strategy: Strategy = "auto",
        skip: int = 0,
        timeout: float | None = None,
    ) -> list[str] | list[QueryRow]:
        """Find the rows nearest to a row of the collection, which is itself left out (vecs.query_by_id).

        Args:
            row_id: The id of the row, which need not match the filter.
            limit: The number of rows.
            filters: A metadata filter; this and the other arguments are those of `query`.
            measure: The distance measure.
            include_value: Include the distance.
            include_metadata: Include the metadata.
            include_vector: Include the vector.
            probes: ivfflat: the number of lists to search.
            ef_search: hnsw: the size of the candidate list.
            max_distance: Only find rows at this distance or nearer.
            strategy: "auto", "exact" or "index".
            skip: Leave out so many of the nearest rows.
            timeout: Seconds to wait for the server.

        Raises:
            exc.ArgError: The row does not exist, or an argument is invalid.
            exc.FilterError: The filter is invalid.
        """
        search = Search(
            limit=limit,
            filters=filters,
            measure=measure,
            include_value=include_value,
            include_metadata=include_metadata,
            include_vector=include_vector,
            probes=probes,
            ef_search=ef_search,
            max_distance=max_distance,
            strategy=strategy,
            skip=skip,
            max_limit=self.client.max_limit,
        )
        found = await self._call(
            search.function("query_by_id", "id"),
            row_id=arguments.row_id(row_id),
            **search.parameters,
            timeout=timeout,
        )
        return rows.query_rows(found, search.fields)

    async def explain(
        self,
        data: Any,  # noqa: ANN401 -- a vector, or what the adapter takes
        limit: int = 10,
        filters: Mapping[str, Any] | None = None,
        measure: IndexMeasure | MeasureName = IndexMeasure.cosine_distance,
        *,
        probes: int | None = None,
        ef_search: int | None = None,
        max_distance: float | None = None,
        strategy: Strategy = "auto",
        skip: int = 0,
        skip_adapter: bool = False,
        timeout: float | None = None,
    ) -> dict[str, Any]:
        """Search as `query` does, and report how: what was chosen, why, and what would be faster (vecs.explain).

        Returns:
            Among others strategy, why, rows, milliseconds, matching_rows, index, steps and advice.

        Raises:
            exc.ArgError: An argument is invalid.
            exc.MismatchedDimension: The vector has another length than those of the collection.
            exc.FilterError: The filter is invalid.
        """
        search = Search(
            limit=limit,
            filters=filters,
            measure=measure,
            probes=probes,
            ef_search=ef_search,
            max_distance=max_distance,
            strategy=strategy,
            skip=skip,
            max_limit=self.client.max_limit,
        )
        vector = self._query_vector(await self._adapted(data, skip_adapter))
        [(explained,)] = await self._call(
            search.function("explain"),
            query_vec=VectorParameter(vector),
            **search.parameters,
            timeout=timeout,
        )
        [document] = metadata.decode([explained])
        return dict(document)

    async def recall(
        self,
        sample: int = 100,
        top_k: int = 10,
        filters: Mapping[str, Any] | None = None,
        measure: IndexMeasure | MeasureName = IndexMeasure.cosine_distance,
        *,
        ef_search: int | None = None,
        probes: int | None = None,
        timeout: float | None = None,
    ) -> Recall:
        """Compare searches by the index with exact ones, on a sample of the collection's own vectors (vecs.recall).

        Raises:
            exc.ArgError: An argument is invalid.
            exc.FilterError: The filter is invalid.
        """
        search = Search(filters=filters, measure=measure, ef_search=ef_search, probes=probes)
        [row] = await self._call(
            functions.RECALL,
            sample=sample,
            top_k=top_k,
            filters=search.parameters["filters"],
            measure=search.parameters["measure"],
            ef_search=search.parameters.get("ef_search"),
            probes=probes,
            timeout=timeout,
        )
        return Recall(*row)

    async def tune(
        self,
        target_recall: float = 0.95,
        top_k: int = 10,
        measure: IndexMeasure | MeasureName = IndexMeasure.cosine_distance,
        filters: Mapping[str, Any] | None = None,
        *,
        sample: int = 50,
        keep: bool = False,
        timeout: float | None = None,
    ) -> list[Tuned]:
        """Find the smallest ef_search, or number of probes, with which searches reach a recall (vecs.tune).

        Args:
            target_recall: The recall to reach, from 0 to 1.
            top_k: The number of neighbours, from 1 to 1,000.
            measure: The measure of the index.
            filters: A metadata filter for the neighbours.
            sample: The number of rows to search with, from 1 to 1,000.
            keep: Keep what is chosen with the index: searches that name no ef_search or probes use it.
            timeout: The timeout in seconds.

        Returns:
            Each step that was tried. The last is chosen, if any reaches the target.

        Raises:
            exc.ArgError: An argument is invalid.
            exc.FilterError: The filter is invalid.
            exc.IndexNotFound: No index covers the measure.
            exc.Unsupported: Something is to be kept with an index that create_index() did not build.
        """
        search = Search(filters=filters, measure=measure)
        rows = await self._call(
            functions.TUNE,
            target_recall=target_recall,
            top_k=top_k,
            measure=search.parameters["measure"],
            filters=search.parameters["filters"],
            sample=sample,
            keep=keep,
            timeout=timeout,
        )
        return [Tuned(*row) for row in rows]

    async def advise(self, *, timeout: float | None = None) -> list[Advice]:
        """List what would make the collection safer, faster or smaller, the most worthwhile first (vecs.advise)."""
        return [Advice(*row) for row in await self._call(functions.ADVISE, timeout=timeout)]

    # Indexes

    @property
    async def index(self) -> str | None:
        """The name of the valid vector index over all rows, or None (vecs.describe_collection)."""
        indexes = (await self.describe())["vector_indexes"]
        return next(
            (str(index["name"]) for index in indexes if index["valid"] and "filters" not in index),
            None,
        )

    async def is_indexed_for_measure(self, measure: IndexMeasure | str) -> bool:
        """Whether a valid index covers the measure (vecs.has_index); False for an unknown measure."""
        try:
            measure = IndexMeasure(measure)
        except ValueError:
            return False
        [(is_indexed,)] = await self._call(functions.HAS_INDEX, measure=measure.value)
        return bool(is_indexed)

    async def create_index(
        self,
        measure: IndexMeasure | MeasureName = IndexMeasure.cosine_distance,
        method: IndexMethod | MethodName = IndexMethod.auto,
        index_arguments: IndexArgsIVFFlat | IndexArgsHNSW | None = None,
        replace: bool = True,
        *,
        precision: PrecisionName | None = None,
        min_recall: float | None = None,
        if_not_exists: bool = False,
        filters: Mapping[str, Any] | None = None,
        memory: str | None = None,
        concurrently: bool = False,
        progress: bool | None = None,
        timeout: float | None = None,
    ) -> None:
        """Build an index for a measure, which replaces any other vector index (vecs.create_index).

        Load the rows first: building is faster than inserting into an index. Readers are not blocked, writers wait.
        Without arguments the graph is denser than with IndexArgsHNSW(), which has pgvector's defaults, and loses fewer
        searches. If a sample of searches shows that a new index loses some, a UserWarning says what to do.

        The precision is what the index holds of a vector: "full", "half" for its elements as half-precision numbers, or
        "binary" for their signs; None takes the first that the dimension allows (up to 2,000, 4,000 and any).
        Distances are exact whatever it is. A binary index must find at least min_recall of the nearest rows; None: 0.9.

        With if_not_exists, a valid index for the measure is left as it is if it has the method and the arguments that
        are named; nothing is locked then, so a program can call this at each start. With filters, the index is a
        partial one, beside that of all rows, for a large tenant or category: a search uses it whose filter has these
        conditions among its own.

        With concurrently, writers need not wait: the build takes about twice as long, and a failure leaves the old
        index. It needs a client that was made with a URL, which leads to the server or to a pooler in session mode.

        SQL allows an index for each measure, and so does this method for a table that was adopted. There an index that
        its owner has made for the measure is left as it is, unless a method is named. A timeout in seconds takes the
        place of the client's, which is meant for searches.

        Args:
            measure: The distance measure of the searches.
            method: The index method; auto is hnsw.
            index_arguments: IndexArgsHNSW or IndexArgsIVFFlat; None: chosen by the server.
            replace: Whether to replace an index; if False, one is an error.
            precision: What the index holds of a vector.
            min_recall: Of a binary index, from 0 to 1.
            if_not_exists: Whether to leave an index that fits as it is.
            filters: The filter of a partial index.
            memory: Memory for the build, such as "2GB"; None: what it needs, up to the server's shared_buffers.
            concurrently: Whether writers go on during the build.
            progress: Show a progress bar; None: on a terminal, if it takes more than a second.
            timeout: In seconds.

        Raises:
            exc.ArgError: An argument is invalid, or there is an index and replace is False.
            exc.Unsupported: The vectors are too long for the precision, or a binary index finds too little.
        """
        measure, method, parameters = check_index(
            measure, method, index_arguments, precision, min_recall, memory
        )
        if not (replace or if_not_exists):
            indexes = (await self.describe())["vector_indexes"]
            existing = [index for index in indexes if index.get("filters", {}) == (filters or {})]
            if existing:
                raise exc.ArgError(
                    "replace is set to False but an index exists",
                    detail=f'collection "{self.name}" has "{existing[0]["name"]}"',
                    hint="Leave replace out to build a new one in its place.",
                )
        filter_document = filter_json(filters)
        document = metadata.to_json(parameters, "the index arguments")

        build = {
            "collection": self.name,
            "measure": measure.value,
            "method": method.value,
            "arguments": document,
            "replace": bool(replace),
            "if_not_exists": bool(if_not_exists),
            "filters": filter_document,
        }
        session = self.client.session

        with build_bar(self.name, session.conninfo, progress):
            notices = await session.with_recovery(
                lambda: build_index(session, build, session.deadline(timeout), concurrently)
            )
        notices.warn()

    async def drop_index(
        self,
        measure: IndexMeasure | MeasureName | None = None,
        *,
        timeout: float | None = None,
    ) -> list[str]:
        """Drop the vector index for a measure, or all vector indexes, and return their names (vecs.drop_index).

        Raises:
            exc.ArgError: There is no such measure.
            exc.IndexNotFound: There is no index for the measure.
        """
        if measure is not None:
            measure, _, _ = check_index(measure, IndexMethod.auto, None)
        dropped = await self._call(
            functions.DROP_INDEX, measure=measure and measure.value, timeout=timeout
        )
        return [name for (name,) in dropped]

    async def create_metadata_index(
        self,
        key: str | Sequence[str],
        *,
        kind: MetadataIndexKind = "value",
        timeout: float | None = None,
    ) -> str:
        """Index a key of the metadata for filters (vecs.create_metadata_index). An existing index is kept.

        Args:
            key: The key, in which a dot is a plain character; or a list of keys, the path of a nested value.
            kind: "value" for ranges, $in and $eq; "time" for these with times; "pattern" for $startswith and $like;
                "trigram" for $like, $ilike and `text_query` with match="fuzzy".
            timeout: Seconds to wait for the server; None: that of the client.

        Returns:
            The name of the index.
        """
        [(name,)] = await self._call(
            functions.CREATE_METADATA_INDEX,
            **arguments.metadata_key(key),
            kind=kind,
            timeout=timeout,
        )
        return str(name)

    async def drop_metadata_index(
        self,
        key: str | Sequence[str],
        *,
        kind: MetadataIndexKind | None = None,
        timeout: float | None = None,
    ) -> bool:
        """Drop the indexes on a key of the metadata, and return whether there were any (vecs.drop_metadata_index).

        Args:
            key: The key, or the path, as in `create_metadata_index`.
            kind: The kind of index; None: all kinds.
            timeout: Seconds to wait for the server; None: that of the client.
        """
        [(existed,)] = await self._call(
            functions.DROP_METADATA_INDEX,
            **arguments.metadata_key(key),
            kind=kind,
            timeout=timeout,
        )
        return bool(existed)
