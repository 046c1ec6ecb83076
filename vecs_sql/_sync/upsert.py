# Made of vecs_sql/_async/upsert.py by tools/async_to_sync.py: change that, then run `make format`.
"""An upsert: records are read into batches, and these are sent in one transaction, or in several."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import psycopg

from vecs_sql import exc
from vecs_sql._acompat import run_blocking
from vecs_sql._ingest.batch import Batch, long_ids, rows_per_call, too_long
from vecs_sql._ingest.leftovers import Leftovers
from vecs_sql._ingest.records import are_in_memory, batches, count, fields
from vecs_sql._ingest.spool import EncodedBatch, Spool
from vecs_sql._progress import build_bar, progress_bar
from vecs_sql._protocol import functions, metadata, rows
from vecs_sql._protocol.arguments import RebuildIndex
from vecs_sql._protocol.arguments import commit_every as check_commit_every
from vecs_sql._protocol.arguments import rebuild_index as check_rebuild_index
from vecs_sql._protocol.codecs import IdsParameter, VectorsParameter
from vecs_sql._protocol.notices import Notices
from vecs_sql._protocol.vectors import to_matrix
from vecs_sql._sync.builds import restore_indexes, set_aside_indexes
from vecs_sql._sync.connection import set_deadline
from vecs_sql._sync.session import Session
from vecs_sql.adapter.base import AdapterContext, AdapterLike

if TYPE_CHECKING:
    from vecs_sql._ingest.unchanged import Unchanged

Advance = Callable[[int], None]


class Upsert:
    """An upsert into a collection; see `Collection.upsert` for the options.

    Args:
        session: Sends the calls.
        collection: The name of the collection.
        dimension: Its dimension.
        adapter: Turns media into vectors; None: the records have vectors.
        leftovers: Finds chunks that earlier, longer texts have left.
        unchanged: Finds the texts that need not be embedded.
        commit_every: The number of rows after which to commit.
        rebuild_index: Whether to drop the vector indexes, and to build them again at the end.
        progress: Whether to show a progress bar.
        timeout: Seconds to wait for the server each time.
    """

    def __init__(
        self,
        session: Session,
        collection: str,
        dimension: int,
        *,
        adapter: AdapterLike | None = None,
        leftovers: Leftovers | None = None,
        unchanged: Unchanged | None = None,
        commit_every: int | None = None,
        rebuild_index: RebuildIndex = False,
        progress: bool | None = None,
        timeout: float | None = None,
    ) -> None:
        session.deadline(timeout)  # checks it
        self._session = session
        self._collection = collection
        self._dimension = dimension
        self._adapter = adapter
        self._leftovers = leftovers
        self._unchanged = unchanged
        self._progress = progress
        self._timeout = timeout
        self._rebuild_index = check_rebuild_index(rebuild_index)
        self._commit_every: int | None = None
        self._batch_rows = rows_per_call(dimension)
        if commit_every is not None:
            if not session.commits:
                raise exc.ArgError(
                    "commit_every does not go with a connection of the caller, who commits",
                    hint="Upsert in parts and commit after each, or make the client of a URL or a pool.",
                )
            self._commit_every = check_commit_every(commit_every)
            if self._rebuild_index is True:
                raise exc.ArgError(
                    "rebuild_index does not go with commit_every",
                    hint="Everybody would wait for a build at each commit. Leave one of them out.",
                )
            # Batches of equal size that add up to it.
            parts = math.ceil(self._commit_every / self._batch_rows)
            self._batch_rows = math.ceil(self._commit_every / parts)

    def run(self, records: Any) -> None:  # noqa: ANN401
        """Write the records."""

        def encoded() -> Iterator[EncodedBatch]:
            if self._unchanged is not None:
                return self._encoded_changes(records, self._unchanged)
            return self._encoded(records)

        with progress_bar(
            f"upserting into {self._collection}", count(records), self._progress
        ) as advance:
            adapts = self._adapter is not None or self._unchanged is not None
            if self._commit_every is None and not adapts and are_in_memory(records):
                # Each batch is encoded while the server writes the one before it.
                wait = self._waits_for_build(count(records))
                self._write(encoded, advance, self._leftovers, wait)
                return
            spool = Spool()
            try:
                if self._commit_every is None:
                    self._spool_and_write(encoded(), spool, advance)
                else:
                    self._write_in_parts(encoded(), spool, advance, self._commit_every)
            finally:
                spool.clear()

    # Reading

    def _encoded(self, records: Any) -> Iterator[EncodedBatch]:  # noqa: ANN401
        adapter = self._adapter

        def adapt(records: Iterable[Any]) -> Iterable[Any]:
            assert adapter is not None
            return adapter(self._noted(records), AdapterContext.upsert)

        for batch in batches(records, self._batch_rows, adapt if adapter else None):
            if self._leftovers is not None:
                self._leftovers.wrote(batch)
            yield self._encode(batch)

    def _encoded_changes(
        self,
        records: Any,  # noqa: ANN401
        unchanged: Unchanged,
    ) -> Iterator[EncodedBatch]:
        """Yield batches of the rows that differ from those in the database; only these are embedded."""

        def adapt(records: Iterable[Any]) -> Iterable[Any]:
            return unchanged.head(self._noted(records))

        for batch in batches(records, self._batch_rows, adapt):
            if self._leftovers is not None:
                self._leftovers.wrote(batch)
            found = self._call(functions.FETCH_METADATA, {"ids": list(dict.fromkeys(batch.ids))})
            documents = metadata.decode(document for _, document in found)
            stored = dict(zip((id_ for id_, _ in found), documents, strict=True))
            changed, relabelled = unchanged.sift(batch, stored)
            made: list[Any] = []
            if relabelled:
                kept = self._call(functions.FETCH, {"ids": list(relabelled)})
                made = [(row.id, row.vec, relabelled[row.id]) for row in rows.records(kept)]
            if changed:
                made += run_blocking(unchanged.tail, changed)
            for part in batches(made, self._batch_rows):
                yield self._encode(part._replace(read=0, position=None))
            yield self._encode(Batch((), (), (), batch.read))

    def _noted(self, records: Iterable[Any]) -> Iterable[Any]:
        """Return records as triples; note their ids if leftovers are to be found."""
        triples = map(fields, records)
        return triples if self._leftovers is None else self._leftovers.read(triples)

    def _encode(self, batch: Batch) -> EncodedBatch:
        if not batch.ids:
            return EncodedBatch((), np.empty((0, 0), np.float32), "[]", batch.read, {})
        return EncodedBatch(
            batch.ids,
            to_matrix(batch.ids, batch.vectors, self._dimension, batch.position),
            metadata.to_json_array(batch.ids, batch.metadata, batch.position),
            batch.read,
            long_ids(batch),
        )

    def _call(
        self, function: functions.Function, parameters: dict[str, object]
    ) -> list[tuple[Any, ...]]:
        parameters = {"collection": self._collection, **parameters}
        return self._session.call(function, parameters, timeout=self._timeout)

    # Writing

    def _spool_and_write(
        self, encoded: Iterator[EncodedBatch], spool: Spool, advance: Advance
    ) -> None:
        """Write all batches when the last one has been read."""
        for batch in encoded:
            spool.add(batch)
            advance(batch.read)
        wanted = self._progress if spool.on_disk else False
        with progress_bar(f"writing into {self._collection}", spool.read, wanted) as writing:
            wait = self._waits_for_build(spool.rows)
            self._write(lambda: _batches_of(spool), writing, self._leftovers, wait)

    def _write_in_parts(
        self,
        encoded: Iterator[EncodedBatch],
        spool: Spool,
        advance: Advance,
        commit_every: int,
    ) -> None:
        """Write and commit whenever enough rows have been read."""
        committed = 0
        try:
            for batch in encoded:
                spool.add(batch)
                if spool.rows >= commit_every:
                    self._write(lambda: _batches_of(spool), advance, None)
                    committed += spool.rows
                    spool.clear()
            self._write(lambda: _batches_of(spool), advance, self._leftovers)
        except Exception as error:
            incomplete = exc.Incomplete(
                f'the upsert into "{self._collection}" broke off, {committed} rows are committed',
                detail=f"{type(error).__name__}: {error}",
                hint="Run it again from the beginning: rows that are there are replaced.",
            )
            incomplete.committed = committed
            raise incomplete from error

    def _waits_for_build(self, rows: int | None) -> bool | None:
        """Decide whether to build the vector indexes anew, in a transaction of its own.

        In the one of the upsert, what it reads would be locked before the indexes are dropped.

        Returns:
            None: they stay. Otherwise, whether to wait for those who use the collection.
        """
        if not self._rebuild_index or not rows:
            return None
        if self._rebuild_index is True:
            return True
        if not self._session.commits:
            return None
        limit = self._session.deadline(self._timeout)
        parameters: dict[str, object] = {"new_rows": rows, "timeout": limit and limit.seconds}
        [(pays,)] = self._call(functions.REBUILD_PAYS, parameters)
        return False if pays else None

    def _write(
        self,
        encoded: Callable[[], Iterator[EncodedBatch]],
        advance: Advance,
        leftovers: Leftovers | None,
        wait_for_build: bool | None = None,
    ) -> None:
        """Write batches, delete leftover chunks, and build the indexes anew, in one transaction."""
        notices = self._session.with_recovery(
            lambda: self._write_once(encoded(), advance, leftovers, wait_for_build)
        )
        notices.warn()

    def _write_once(
        self,
        encoded: Iterator[EncodedBatch],
        advance: Advance,
        leftovers: Leftovers | None,
        wait_for_build: bool | None,
    ) -> Notices:
        deadline = self._session.deadline
        suspects: dict[str, int | None] = {}
        notices = Notices(None)
        try:
            with self._session.pipeline(deadline(self._timeout)) as (calls, connection):
                dropped = None
                if wait_for_build is not None:
                    dropped = set_aside_indexes(
                        self._session, connection, self._collection, wait_for_build
                    )
                for batch in encoded:
                    suspects |= batch.long_ids
                    if len(batch.ids):
                        parameters: dict[str, object] = {
                            "collection": self._collection,
                            "ids": IdsParameter(batch.ids),
                            "vecs": VectorsParameter(batch.matrix, self._session.vector_oid),
                            "metadata": batch.metadata,
                        }
                        set_deadline(connection, deadline(self._timeout))
                        calls.execute(functions.UPSERT_MANY.statement, parameters)
                    advance(batch.read)
                set_deadline(connection, deadline(self._timeout))
                calls.complete()
                if leftovers is not None:
                    self._delete_leftovers(leftovers, connection)
                if dropped is not None:
                    set_deadline(connection, deadline(self._timeout))
                    with build_bar(self._collection, self._session.conninfo, self._progress):
                        restore_indexes(
                            self._session, connection, self._collection, dropped, notices
                        )
                set_deadline(connection, deadline(self._timeout))  # for COMMIT
        except exc.ArgError as error:
            if ours := too_long(error, suspects):
                raise ours from error.__cause__
            raise
        return notices

    def _delete_leftovers(self, leftovers: Leftovers, connection: psycopg.Connection[Any]) -> None:
        search = leftovers.delete()
        chosen = next(search, None)
        while chosen is not None:
            parameters = {"collection": self._collection, **chosen}
            set_deadline(connection, self._session.deadline(self._timeout))
            deleted = self._session.call_on(connection, functions.DELETE, parameters)
            try:
                chosen = search.send([id_ for (id_,) in deleted])
            except StopIteration:
                return


def _batches_of(spool: Spool) -> Iterator[EncodedBatch]:
    for batch in spool:
        yield batch
