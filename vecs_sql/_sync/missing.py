# Made of vecs_sql/_async/missing.py by tools/async_to_sync.py: change that, then run `make format`.
"""Embedding the rows of an adopted table that have no vector."""

from __future__ import annotations

from functools import partial

from vecs_sql._acompat import run_blocking
from vecs_sql._ingest.texts import embed_texts
from vecs_sql._progress import progress_bar
from vecs_sql._protocol import functions
from vecs_sql._protocol.codecs import IdsParameter, VectorsParameter
from vecs_sql._sync.connection import set_deadline
from vecs_sql._sync.session import Session
from vecs_sql.adapter.base import AdapterLike


class Missing:
    """The rows of an adopted table that have a text and no vector.

    Args:
        session: Sends the calls.
        collection: The name of the collection.
        dimension: Its dimension.
        adapter: Makes a vector of each text.
        text: The field, or key of the metadata column, with the texts.
        timeout: Seconds to wait for the server each time.
    """

    def __init__(
        self,
        session: Session,
        collection: str,
        dimension: int,
        *,
        adapter: AdapterLike,
        text: str,
        timeout: float | None = None,
    ) -> None:
        session.deadline(timeout)  # checks it
        self._session = session
        self._collection = collection
        self._dimension = dimension
        self._adapter = adapter
        self._text = text
        self._timeout = timeout

    def embed(self, batch_size: int, total: int | None, progress: bool | None) -> int:
        """Embed them all, batch by batch, each in a transaction; return how many they were."""
        done = 0
        after: str | None = None
        with progress_bar(f"embedding {self._collection}", total, progress) as advance:
            while ids := self._session.with_recovery(partial(self._embed_batch, after, batch_size)):
                after = ids[-1]
                done += len(ids)
                advance(len(ids))
        return done

    def _embed_batch(self, after: str | None, batch_size: int) -> list[str]:
        """Lock the next rows, embed their texts and write the vectors; return their ids."""
        session = self._session
        with session.transaction(session.deadline(self._timeout)) as connection:
            claimed = session.call_on(
                connection,
                functions.CLAIM_MISSING,
                {
                    "collection": self._collection,
                    "text_key": self._text,
                    "after": after,
                    "page_size": batch_size,
                },
            )
            if not claimed:
                return []
            ids = [id_ for id_, _ in claimed]
            texts = [text for _, text in claimed]
            matrix = run_blocking(embed_texts, self._adapter, ids, texts, self._dimension)
            set_deadline(connection, session.deadline(self._timeout))
            session.call_on(
                connection,
                functions.UPSERT_MANY,
                {
                    "collection": self._collection,
                    "ids": IdsParameter(ids),
                    "vecs": VectorsParameter(matrix, session.vector_oid),
                    "metadata": None,
                },
            )
            set_deadline(connection, session.deadline(self._timeout))  # for COMMIT
        return ids
