# Made of vecs_sql/_async/reembed.py by tools/async_to_sync.py: change that, then run `make format`.
"""Re-embedding: a shadow collection is filled with the vectors of another model, and takes the collection's place."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import psycopg

from vecs_sql import exc
from vecs_sql._acompat import run_blocking
from vecs_sql._ingest.texts import embed_texts
from vecs_sql._progress import build_bar, progress_bar
from vecs_sql._protocol import functions, metadata
from vecs_sql._protocol.codecs import IdsParameter, VectorsParameter
from vecs_sql._protocol.rows import Reembedded
from vecs_sql._protocol.vectors import to_vector
from vecs_sql._sync.connection import cursor_for_calls, set_deadline
from vecs_sql._sync.session import Session
from vecs_sql.adapter.base import AdapterContext, AdapterLike

if TYPE_CHECKING:
    from vecs_sql._protocol.vectors import Vector

Advance = Callable[[int], None]
Row = tuple[str, str, str]  # id, text, metadata as JSON

# How often to try to lock the collection when nearly all is done, and from which time on to embed what others have
# written in the last moment while they wait, if it takes about so long.
_TRIES = 30
_PATIENT_TRIES = 2
_SECONDS_UNDER_LOCK = 0.5


class _Pending(NamedTuple):
    """The rows that the shadow lacks.

    Attributes:
        to_embed: The number of rows to embed.
        without_text: The number of rows that have no text.
        ids: The ids of the rows to embed, up to 1,000.
        ids_without_text: The ids of some rows that have no text.
    """

    to_embed: int
    without_text: int
    ids: list[str]
    ids_without_text: list[str]


class Reembedding:
    """A run that gives a collection the vectors of another model; see `Collection.reembed` for the options.

    Nothing but the shadow, and its comment, remembers how far it is: rows that are in it with the same text are done.
    """

    def __init__(
        self,
        session: Session,
        collection: str,
        *,
        adapter: AdapterLike,
        text: str,
        shadow: str | None,
        batch_size: int,
        drop_old: bool,
        skip_missing: bool,
        leave_dependents: bool,
        restart: bool,
        min_recall: float,
        progress: bool | None,
        timeout: float | None,
    ) -> None:
        session.deadline(timeout)  # checks it
        if not session.commits:
            raise exc.ArgError(
                "a re-embedding does not go with a connection of the caller, who commits",
                hint="Make the client of a URL or a pool: each batch is committed, so that it can be continued.",
            )
        if drop_old and leave_dependents:
            raise exc.ArgError(
                "drop_old and leave_dependents exclude each other",
                hint="What is left depends on the old collection. Drop it afterwards, when nothing does.",
            )
        if batch_size < 1:
            raise exc.ArgError(f"batch_size must be at least 1: {batch_size}")
        if not 0 <= min_recall <= 1:
            raise exc.ArgError(f"min_recall must be from 0 to 1: {min_recall}")
        self.dimension = 0
        self._session = session
        self._collection = collection
        self._adapter = adapter
        self._text = text
        self._shadow = shadow
        self._batch_size = batch_size
        self._drop_old = drop_old
        self._skip_missing = skip_missing
        self._leave_dependents = leave_dependents
        self._restart = restart
        self._min_recall = min_recall
        self._progress = progress
        self._timeout = timeout
        self._run = uuid.uuid4().hex
        self._embedded = 0
        self._seconds = 0.0
        self._left_out = 0

    def run(self) -> Reembedded:
        """Fill the shadow, or go on with it, index and check it, and let it take the collection's place."""
        self.dimension = run_blocking(self._dimension_of_adapter)
        self._begin()
        pending = self._sync()
        with progress_bar(
            f"embedding {self._collection}", pending.to_embed, self._progress
        ) as advance:
            try:
                self._catch_up(pending, advance)
            except (exc.VecsException, psycopg.errors.ObjectInUse):
                raise
            except Exception as error:
                raise self._incomplete(f"{type(error).__name__}: {error}") from error
        self._build_indexes()
        recall = self._recall()
        self._publish()
        [(rows,)] = self._call(functions.COUNT_ROWS, filters=None)
        return Reembedded(
            rows, self._embedded, self._left_out, recall, None if self._drop_old else self._shadow
        )

    def _dimension_of_adapter(self) -> int:
        if self._adapter.exported_dimension is not None:
            return self._adapter.exported_dimension
        made = list(self._adapter([("", "a text", {})], AdapterContext.upsert))
        if len(made) != 1:
            raise exc.ArgError("the adapter does not make one vector of each text")
        return len(to_vector(made[0][1], "what the adapter makes of a text"))

    def _incomplete(self, detail: str) -> exc.Incomplete:
        incomplete = exc.Incomplete(
            f'the re-embedding of "{self._collection}" broke off, {self._embedded} texts are embedded in '
            f'"{self._shadow}", and nothing is published',
            detail=detail,
            hint="Run it again: it continues.",
        )
        incomplete.committed = self._embedded
        return incomplete

    def _call(self, function: functions.Function, **parameters: object) -> list[tuple[Any, ...]]:
        parameters = {"collection": self._collection, **parameters}
        return self._session.call(function, parameters, timeout=self._timeout)

    # Filling

    def _begin(self) -> None:
        from vecs_sql._ingest.unchanged import model_name  # which loads hashlib

        [(self._shadow, _)] = self._call(
            functions.REEMBED_BEGIN,
            shadow=self._shadow,
            dimension=self.dimension,
            text_key=self._text,
            model=model_name(self._adapter),
            run=self._run,
            restart=self._restart,
            leave_dependents=self._leave_dependents,
        )

    def _sync(self) -> _Pending:
        """Carry over what needs no embedding, and find out what does."""
        [found] = self._call(functions.REEMBED_SYNC, shadow=self._shadow, text_key=self._text)
        return self._checked(_Pending(*found))

    def _checked(self, pending: _Pending) -> _Pending:
        if pending.without_text and not self._skip_missing:
            ids = ", ".join(f'"{id_}"' for id_ in pending.ids_without_text)
            raise exc.ArgError(
                f'{pending.without_text} rows of "{self._collection}" have no text under "{self._text}"',
                detail=f"for example {ids}",
                hint="Name the key of the texts, or give these rows a text; skip_missing (--skip-missing) leaves them "
                "out of the new collection.",
            )
        self._left_out = pending.without_text
        return pending

    def _catch_up(self, pending: _Pending, advance: Advance) -> None:
        """Embed what is pending, and what others write meanwhile, until that is little or grows no less."""
        while True:
            if pending.to_embed > len(pending.ids):
                self._embed_all(advance)
            else:
                for start in range(0, len(pending.ids), self._batch_size):
                    ids = pending.ids[start : start + self._batch_size]
                    self._embed_batch(ids, None, advance)
            before = pending.to_embed
            if before <= self._few:
                return
            pending = self._sync()
            if pending.to_embed >= before:
                return

    @property
    def _few(self) -> int:
        """The number of texts that may be embedded while others wait, as fast as the model was until now."""
        speed = self._embedded / self._seconds if self._seconds else 0
        return min(max(10, int(speed * _SECONDS_UNDER_LOCK)), 1000)

    def _embed_all(self, advance: Advance) -> None:
        after: str | None = None
        while rows := self._embed_batch(None, after, advance):
            after = rows[-1][0]

    def _embed_batch(self, ids: list[str] | None, after: str | None, advance: Advance) -> list[Row]:
        """Read texts, embed them and write the vectors; no transaction is open while the model works."""
        rows: list[Any] = self._call(functions.REEMBED_PAGE, **self._page(ids, after))
        if rows:
            started = time.monotonic()
            matrix = run_blocking(self._vectors, rows)
            self._seconds += time.monotonic() - started
            self._session.with_recovery(partial(self._write, rows, matrix))
            self._embedded += len(rows)
            advance(len(rows))
        return rows

    def _page(self, ids: list[str] | None, after: str | None) -> dict[str, object]:
        return {
            "shadow": self._shadow,
            "text_key": self._text,
            "ids": ids,
            "after": after,
            "page_size": self._batch_size if ids is None else len(ids),
        }

    def _vectors(self, rows: Sequence[Row]) -> Vector:
        ids, texts = [row[0] for row in rows], [row[1] for row in rows]
        return embed_texts(self._adapter, ids, texts, self.dimension, key=self._text)

    def _write(self, rows: Sequence[Row], matrix: Vector) -> None:
        session = self._session
        with session.transaction(session.deadline(self._timeout)) as connection:
            session.call_on(
                connection,
                functions.REEMBED_LOCK_SHADOW,
                {"collection": self._collection, "shadow": self._shadow, "run": self._run},
            )
            self._write_on(connection, rows, matrix)
            set_deadline(connection, session.deadline(self._timeout))  # for COMMIT

    def _write_on(
        self, connection: psycopg.Connection[Any], rows: Sequence[Row], matrix: Vector
    ) -> None:
        set_deadline(connection, self._session.deadline(self._timeout))
        self._session.call_on(
            connection,
            functions.UPSERT_MANY,
            {
                "collection": self._shadow,
                "ids": IdsParameter([row[0] for row in rows]),
                "vecs": VectorsParameter(matrix, self._session.vector_oid),
                # As the server wrote it: numbers keep all their digits.
                "metadata": f"[{','.join(row[2] for row in rows)}]",
            },
        )

    # Publishing

    def _build_indexes(self) -> None:
        assert self._shadow is not None
        with build_bar(self._shadow, self._session.conninfo, self._progress):
            self._call(
                functions.REEMBED_INDEXES,
                shadow=self._shadow,
                run=self._run,
                min_recall=self._min_recall,
            )

    def _recall(self) -> float | None:
        """Measure the searches by each index over all rows; return the lowest recall.

        Raises:
            exc.Unsupported: It is below what is wanted.
        """
        found = []
        for measure in self._measures():
            [(recall, *_)] = self._session.call(
                functions.RECALL,
                {
                    "collection": self._shadow,
                    "sample": 100,
                    "top_k": 10,
                    "filters": None,
                    "measure": measure,
                    "ef_search": None,
                    "probes": None,
                },
                timeout=self._timeout,
            )
            if recall is not None and recall < self._min_recall:
                raise exc.Unsupported(
                    f'the index of "{self._shadow}" for {measure} finds {recall:.3f} of the nearest rows, less than '
                    f"{self._min_recall}; nothing is published",
                    hint=f'Build a denser index on "{self._collection}", which has the settings of the new one, or '
                    "pass a lower min_recall (--min-recall), and run it again: no text is embedded twice.",
                )
            found += [] if recall is None else [float(recall)]
        return min(found, default=None)

    def _measures(self) -> list[str]:
        [(description,)] = self._session.call(
            functions.DESCRIBE_COLLECTION, {"collection": self._shadow}, timeout=self._timeout
        )
        [described] = metadata.decode([description])
        return sorted(
            index["measure"] for index in described["vector_indexes"] if "filters" not in index
        )

    def _publish(self) -> None:
        """Catch up and try to swap, until nothing is missing at the moment of the swap."""
        detail = ""
        for attempt in range(_TRIES):
            self._catch_up(self._sync(), lambda _: None)
            try:
                if self._session.with_recovery(
                    partial(self._publish_once, attempt >= _PATIENT_TRIES)
                ):
                    return
            except (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected) as error:
                detail = f"The last try: {error}"
                continue
            detail = "More texts are written than can be embedded meanwhile."
        raise self._incomplete(detail)

    def _publish_once(self, may_embed: bool) -> bool:
        """Lock the collection, and publish if nothing is missing, or few texts; return whether that was so."""
        session = self._session
        with session.transaction(session.deadline(self._timeout)) as connection:
            # What was committed while this waited for the lock must be seen.
            cursor_for_calls(connection).send(
                b"SET TRANSACTION ISOLATION LEVEL READ COMMITTED", None, binary=False
            )
            names = {"collection": self._collection, "shadow": self._shadow}
            [found] = session.call_on(
                connection,
                functions.REEMBED_LOCK,
                {
                    **names,
                    "text_key": self._text,
                    "run": self._run,
                    "leave_dependents": self._leave_dependents,
                },
            )
            pending = self._checked(_Pending(*found))
            if pending.to_embed > (self._few if may_embed else 0):
                return False
            if pending.to_embed:
                rows: list[Any] = session.call_on(
                    connection, functions.REEMBED_PAGE, {**names, **self._page(pending.ids, None)}
                )
                matrix = run_blocking(self._vectors, rows)
                self._write_on(connection, rows, matrix)
            set_deadline(connection, session.deadline(self._timeout))
            session.call_on(
                connection, functions.REEMBED_PUBLISH, {**names, "drop_old": self._drop_old}
            )
            set_deadline(connection, session.deadline(self._timeout))  # for COMMIT
        self._embedded += pending.to_embed
        return True
