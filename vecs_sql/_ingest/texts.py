"""Texts of rows, each of which gets one vector."""

from __future__ import annotations

from collections.abc import Sequence

from vecs_sql import exc
from vecs_sql._protocol.vectors import Vector, to_matrix
from vecs_sql.adapter._documents import Keys, Pipeline
from vecs_sql.adapter.base import Adapter, AdapterContext, AdapterLike, Record


def embed_texts(
    adapter: AdapterLike,
    ids: Sequence[str],
    texts: Sequence[str],
    dimension: int,
    *,
    key: str | None = None,
) -> Vector:
    """Return the vectors of the texts of rows, a row each.

    Args:
        adapter: Makes them.
        ids: The ids of the rows.
        texts: Their texts.
        dimension: The dimension of the collection.
        key: The key of the metadata that the texts are from. If the adapter keeps its texts there, these have passed
            the steps before the one that embeds.

    Raises:
        exc.ArgError: The adapter makes no vector of a text, or several.
        exc.MismatchedDimension: A vector has another dimension.
    """
    records: list[Record] = [(id_, text, {}) for id_, text in zip(ids, texts, strict=True)]
    if key is not None and isinstance(adapter, Adapter) and adapter.text_key == key:
        made = Pipeline(adapter.steps, Keys.of(adapter)).embed(records, AdapterContext.upsert)
    else:
        made = list(adapter(records, AdapterContext.upsert))
    if [record[0] for record in made] != list(ids):
        raise exc.ArgError(
            "the adapter does not make one vector of each text",
            detail=f"of {len(ids)} texts it made {len(made)} records",
            hint="A row has one vector. Upsert chunks into a collection of their own.",
        )
    return to_matrix(ids, [record[1] for record in made], dimension)
