"""A collection of vectors, and what it is indexed and searched with."""

from __future__ import annotations

import functools
import itertools
import operator
import reprlib
import uuid
import warnings
from collections import namedtuple
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from numbers import Integral
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import psycopg

from vecs_sql import _calls, _convert, exc
from vecs_sql._progress import progress_bar
from vecs_sql.adapter import Adapter, AdapterContext, NoOp
from vecs_sql.adapter.base import AdapterLike

if TYPE_CHECKING:
    import numpy.typing as npt

    from vecs_sql.client import Client

__all__ = [
    "Collection",
    "CollectionNotFound",
    "IndexArgsHNSW",
    "IndexArgsIVFFlat",
    "IndexMeasure",
    "IndexMethod",
    "Recall",
    "Record",
]

CollectionNotFound = (
    exc.CollectionNotFound
)  # `from vecs.collection import CollectionNotFound` is common

_NO_COVERING_INDEX = "VSW01"


class IndexMethod(str, Enum):
    """The index methods; auto is hnsw."""

    auto = "auto"
    ivfflat = "ivfflat"
    hnsw = "hnsw"


class IndexMeasure(str, Enum):
    """The distance measures; max_inner_product is the negative inner product."""

    cosine_distance = "cosine_distance"
    l2_distance = "l2_distance"
    max_inner_product = "max_inner_product"
    l1_distance = "l1_distance"


_MEASURES = f"The measures are {', '.join(IndexMeasure.__members__)}."


@dataclass
class IndexArgsIVFFlat:
    """Arguments of an ivfflat index: the number of lists, 1 to 32768."""

    n_lists: int


@dataclass
class IndexArgsHNSW:
    """Arguments of an hnsw index: neighbours a row (2 to 100), candidates in building (4 to 1000, at least 2m)."""

    m: int | None = 16
    ef_construction: int | None = 64


class Record(NamedTuple):
    """A row of a collection; equals the plain tuple of its values."""

    id: str
    vec: npt.NDArray[np.float32]
    metadata: dict[str, Any]


class Recall(NamedTuple):
    """How good and how fast the index is, by `Collection.recall`.

    Attributes:
        recall: The share of the nearest rows that the index finds, 0 to 1.
        p50_ms: Milliseconds that half of the searches by the index took less than.
        exact_p50_ms: The same of exact searches.
        sampled: How many rows were searched with.
    """

    recall: float | None
    p50_ms: float | None
    exact_p50_ms: float | None
    sampled: int


def _row_type(fields: tuple[str, ...]) -> Any:  # noqa: ANN401 -- a class that is made here
    """A named tuple; pickled by its fields, since all these types have one name."""

    def reduce(row: tuple[Any, ...]) -> tuple[Any, ...]:
        return _row, (fields, *row)

    base = namedtuple("QueryRow", ("id", *fields))  # type: ignore[misc]
    return type("QueryRow", (base,), {"__slots__": (), "__reduce__": reduce})


def _row(fields: tuple[str, ...], *values: object) -> tuple[Any, ...]:
    return _ROWS[fields](values)


# What a row of a query has besides the id, by whether value, vector and metadata are included.
_FIELDS = {
    included: tuple(itertools.compress(("distance", "vec", "metadata"), included))
    for included in itertools.product((False, True), repeat=3)
}

# What makes such a row of its values.
_ROWS: dict[tuple[str, ...], Callable[[Iterable[Any]], tuple[Any, ...]]] = {
    fields: functools.partial(tuple.__new__, _row_type(fields))
    for fields in _FIELDS.values()
    if fields
}


class Collection:
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
        self, name: str, dimension: int, client: Client, adapter: AdapterLike | None = None
    ) -> None:
        exported = adapter.exported_dimension if adapter is not None else None
        if dimension is None and exported is None:
            raise exc.ArgError("One of dimension or adapter must provide a dimension")
        if None not in (dimension, exported) and dimension != exported:
            raise exc.MismatchedDimension(
                "Dimensions reported by adapter, dimension, and collection do not match"
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

    def __len__(self) -> int:
        """How many rows there are, counted exactly (vecs.count_rows)."""
        return self.count()

    def count(self, filters: Mapping[str, Any] | None = None) -> int:
        """How many rows match a metadata filter, counted exactly (vecs.count_rows); without one, all.

        Raises:
            exc.FilterError: The filter is not of the filter language.
        """
        [(count,)] = self.client._call(
            _calls.COUNT_ROWS, {"collection": self.name, "filters": _filters(filters)}
        )
        return int(count)

    def upsert(
        self, records: Iterable[Any], skip_adapter: bool = False, *, progress: bool | None = None
    ) -> None:
        """Insert rows, or replace those whose ids exist; all or nothing (vecs.upsert_many, in batches).

        Args:
            records: Any iterable of (id, vector, metadata); with an adapter (id, media, metadata). Vectors are lists or
                arrays of finite numbers, metadata is what JSON objects hold, None for none. Metadata is replaced, not
                merged. Of the same id twice the last wins. Two writers of the same rows at once can deadlock (one of
                them gets an error) only where their records come from generators, in different orders.
            skip_adapter: The records have vectors, not media.
            progress: Show a progress bar; None: on a terminal, if it takes more than a second.

        Raises:
            exc.ArgError: A record that can not be written; the message names its id.
            exc.MismatchedDimension: A vector of another length.
        """
        total = len(records) if isinstance(records, Sequence) else None
        if self._adapts and not skip_adapter:
            records = self.adapter(records, AdapterContext.upsert)
            total = None
        elif isinstance(records, (list, tuple)) and len(records) > self._batch_rows():
            # The server locks the rows of a call in the order of their ids; so must the calls follow each other, lest
            # two writers of the same rows deadlock.
            records = sorted(records, key=lambda record: _id(_fields(record)[0]))
        with (
            self.client._transaction() as connection,
            progress_bar(f"upserting into {self.name}", total, progress) as advance,
        ):
            for ids, vectors, metadata in _batches(records, self._batch_rows()):
                matrix = _convert.to_matrix(ids, vectors, self.dimension)
                parameters = {
                    "collection": self.name,
                    "ids": _convert.IdsParameter(ids),
                    "vecs": _convert.VectorsParameter(matrix, self.client._vector_oid),
                    "metadata": _convert.to_json_array(ids, metadata),
                }
                self.client._call(_calls.UPSERT_MANY, parameters, connection)
                advance(len(ids))

    def _batch_rows(self) -> int:
        """Rows for about 1 MB a call, which was fastest of what was measured."""
        return max(50, min(1000, 1_000_000 // (4 * max(self.dimension, 1) + 100)))

    def fetch(self, ids: Iterable[Any]) -> list[Record]:
        """The rows of these ids, in their order, each once; ids that do not exist are left out (vecs.fetch).

        Raises:
            exc.ArgError: ids is a string.
        """
        return _records(
            self.client._call(_calls.FETCH, {"collection": self.name, "ids": _ids(ids)})
        )

    def scan(
        self,
        filters: Mapping[str, Any] | None = None,
        *,
        page_size: int | None = None,
        after: str | None = None,
    ) -> Iterator[Record]:
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
        try:
            rows = self._batch_rows() if page_size is None else operator.index(page_size)
        except TypeError as error:
            raise exc.ArgError("page_size must be an integer") from error
        return self._scan(
            _filters(filters), None if after is None else _id(after), min(rows, 2**31 - 1)
        )

    def _scan(self, filters: str | None, after: str | None, page_size: int) -> Iterator[Record]:
        while True:
            page = self.client._call(
                _calls.SCAN,
                {
                    "collection": self.name,
                    "filters": filters,
                    "after": after,
                    "page_size": page_size,
                },
            )
            yield from _records(page)
            if len(page) < page_size:
                return
            after = page[-1][0]

    def update_metadata(
        self,
        patch: Mapping[str, Any] | Sequence[str],
        *,
        ids: Iterable[Any] | None = None,
        filters: Mapping[str, Any] | None = None,
        mode: str = "merge",
    ) -> int:
        """Change the metadata of rows, by ids or by a metadata filter; all or nothing (vecs.update_metadata).

        Args:
            patch: A dict; in mode "remove" a list of keys.
            ids: The ids of the rows; those that do not exist are passed over.
            filters: Or: a metadata filter. {} matches all rows.
            mode: "merge" sets the keys of the patch, at the top level; "replace" makes it the metadata; "remove"
                removes keys.

        Returns:
            How many rows there were to change, those that were so already included.

        Raises:
            exc.ArgError: Neither or both of ids and filters are given, or an argument that can not be.
            exc.FilterError: The filter is not of the filter language.
        """
        if filters is not None and not isinstance(filters, Mapping):
            raise exc.FilterError("filters must be a dict")
        [(matched,)] = self.client._call(
            _calls.UPDATE_METADATA,
            {
                "collection": self.name,
                "patch": _convert.to_json(patch, "the patch"),
                "ids": None if ids is None else _ids(ids),
                "filters": None if filters is None else _filters(filters) or "{}",
                "mode": mode,
            },
        )
        return int(matched)

    def delete(
        self, ids: Iterable[Any] | None = None, filters: Mapping[str, Any] | None = None
    ) -> list[str]:
        """Delete rows by ids or by a metadata filter; returns the ids that were deleted (vecs.delete).

        Empty ids or filters delete nothing.

        Raises:
            exc.ArgError: Neither or both are given, or ids is a string.
            exc.FilterError: The filter is not of the filter language.
        """
        if ids is None and filters is None:
            raise exc.ArgError("Either ids or filters must be provided.")
        if ids is not None and filters is not None:
            raise exc.ArgError("Either ids or filters must be provided, not both.")
        listed = None if ids is None else _ids(ids)
        if listed == [] or (listed is None and not filters):
            return []
        rows = self.client._call(
            _calls.DELETE,
            {"collection": self.name, "ids": listed, "filters": _filters(filters)},
        )
        return [id_ for (id_,) in rows]

    def __getitem__(self, items: str) -> Record:
        """The row of one id.

        Raises:
            KeyError: There is none.
            exc.ArgError: The id is not a string.
        """
        if not isinstance(items, str):
            raise exc.ArgError("items must be a string id")
        rows = self.fetch([items])
        if not rows:
            raise KeyError("no item found with requested id")
        return rows[0]

    # Search

    def query(
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
        skip_adapter: bool = False,
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
            skip_adapter: data is a vector, not media.

        Returns:
            The ids if nothing is included; else named tuples (id, distance, vec, metadata) of what is.

        Raises:
            exc.ArgError: An argument that can not be.
            exc.MismatchedDimension: The vector has another length than the collection's.
            exc.FilterError: The filter is not of the filter language.
        """
        measure, ef_search = self._check_search(limit, measure, probes, ef_search)
        searched = self._query_data(data, skip_adapter)
        anywhere = searched is None
        if anywhere:
            searched, measure = [0.0] * max(self.dimension, 1), IndexMeasure.l2_distance
        # Whether its numbers are finite is left to the server: the look costs more than it seems.
        vector = self._query_vector(searched, finite=False)
        fields = _FIELDS[bool(include_value), bool(include_vector), bool(include_metadata)]
        parameters = {
            "collection": self.name,
            "query_vec": _convert.VectorParameter(vector),
            **_search_parameters(limit, filters, measure, fields, probes, ef_search),
        }
        tuned = "ef_search" in parameters
        try:
            rows, uncovered = self._search(_calls.query(("id", *fields), tuned), parameters)
        except psycopg.DataError:
            _convert.check_finite(vector, "the query vector")
            raise
        if uncovered and not anywhere:
            _warn(measure)
        if anywhere and include_value:
            rows = [(row[0], None, *row[2:]) for row in rows]
        return _shape(rows, fields)

    def query_many(
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
        skip_adapter: bool = False,
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
            skip_adapter: data are vectors, not media.

        Returns:
            For each vector, in their order, what `query` returns.

        Raises:
            exc.ArgError: An argument that can not be.
            exc.MismatchedDimension: A vector has another length than the collection's.
            exc.FilterError: The filter is not of the filter language.
        """
        measure, ef_search = self._check_search(limit, measure, probes, ef_search)
        vectors = [
            _convert.to_vector(self._query_data(datum, skip_adapter), f"query vector {number}")
            for number, datum in enumerate(data, 1)
        ]
        if not vectors:
            return []
        dimension = self.dimension if self.dimension > 0 else len(vectors[0])
        for number, vector in enumerate(vectors, 1):
            if len(vector) != dimension:
                raise exc.MismatchedDimension(
                    f'query vector {number} has {len(vector)} dimensions, collection "{self.name}" has {dimension}',
                    hint="Search with vectors of the model that the collection was made for.",
                )
        fields = _FIELDS[bool(include_value), bool(include_vector), bool(include_metadata)]
        parameters = {
            "collection": self.name,
            "query_vecs": _convert.VectorsParameter(np.stack(vectors), self.client._vector_oid),
            **_search_parameters(limit, filters, measure, fields, probes, ef_search),
        }
        tuned = "ef_search" in parameters
        columns = ("query_no", "id", *fields)
        rows, uncovered = self._search(_calls.query(columns, tuned, "query_many"), parameters)
        if uncovered:
            _warn(measure)
        found: list[list[Any]] = [[] for _ in vectors]
        for (number, *_), row in zip(rows, _shape([row[1:] for row in rows], fields), strict=True):
            found[number - 1].append(row)
        return found

    def query_by_id(
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

        Raises:
            exc.ArgError: There is no such row, or an argument that can not be.
            exc.FilterError: The filter is not of the filter language.
        """
        measure, ef_search = self._check_search(limit, measure, probes, ef_search)
        fields = _FIELDS[bool(include_value), bool(include_vector), bool(include_metadata)]
        parameters = {
            "collection": self.name,
            "row_id": _id(row_id),
            **_search_parameters(limit, filters, measure, fields, probes, ef_search),
        }
        tuned = "ef_search" in parameters
        rows, uncovered = self._search(
            _calls.query(("id", *fields), tuned, "query_by_id"), parameters
        )
        if uncovered:
            _warn(measure)
        return _shape(rows, fields)

    def explain(
        self,
        data: Any,  # noqa: ANN401 -- a vector, or what the adapter takes
        limit: int = 10,
        filters: Mapping[str, Any] | None = None,
        measure: IndexMeasure | str = IndexMeasure.cosine_distance,
        *,
        probes: int | None = None,
        ef_search: int | None = None,
        skip_adapter: bool = False,
    ) -> dict[str, Any]:
        """Search as `query` does, and tell how it was done, why so, and what could make it faster (vecs.explain).

        Returns:
            Among others strategy, why, rows, milliseconds, matching_rows, index, steps and advice.

        Raises:
            exc.ArgError: An argument that can not be.
            exc.MismatchedDimension: The vector has another length than the collection's.
            exc.FilterError: The filter is not of the filter language.
        """
        measure, ef_search = self._check_search(limit, measure, probes, ef_search)
        vector = self._query_vector(self._query_data(data, skip_adapter))
        [(explained,)] = self.client._call(
            _calls.query((), probes is not None or ef_search is not None, "explain"),
            {
                "collection": self.name,
                "query_vec": _convert.VectorParameter(vector),
                **_search_parameters(limit, filters, measure, (), probes, ef_search),
            },
        )
        [document] = _convert.documents([explained])
        return dict(document)

    def recall(
        self,
        sample: int = 100,
        top_k: int = 10,
        filters: Mapping[str, Any] | None = None,
        measure: IndexMeasure | str = IndexMeasure.cosine_distance,
        *,
        ef_search: int | None = None,
        probes: int | None = None,
    ) -> Recall:
        """Compare searches by the index with exact ones, on a sample of the collection's own vectors (vecs.recall).

        Raises:
            exc.ArgError: An argument that can not be.
            exc.FilterError: The filter is not of the filter language.
        """
        measure, ef_search = self._check_search(0, measure, probes, ef_search)
        [row], uncovered = self._search(
            _calls.RECALL,
            {
                "collection": self.name,
                "sample": sample,
                "top_k": top_k,
                "filters": _filters(filters),
                "measure": measure.value,
                "ef_search": ef_search,
                "probes": probes,
            },
        )
        if uncovered:
            _warn(measure)
        return Recall(*row)

    def _check_search(
        self,
        limit: int,
        measure: IndexMeasure | str,
        probes: int | None,
        ef_search: int | None,
    ) -> tuple[IndexMeasure, int | None]:
        """The measure and ef_search, once the arguments of a search are looked at."""
        if probes is not None and (not isinstance(probes, int) or isinstance(probes, bool)):
            raise exc.ArgError("probes must be an integer")
        if probes is not None and probes < 1:
            raise exc.ArgError("probes must be >= 1")
        try:
            ef_search = None if ef_search is None else operator.index(ef_search)
        except TypeError as error:
            raise exc.ArgError("ef_search must be an integer") from error
        if limit < 0:
            raise exc.ArgError(
                f"limit must not be negative: {limit}", hint="Pass how many rows you want, 10 say."
            )
        if self.client.max_limit is not None and limit > self.client.max_limit:
            raise exc.ArgError(
                f"limit must be <= {self.client.max_limit}",
                hint="create_client(..., max_limit=None) lifts the cap.",
            )
        try:
            measure = IndexMeasure(measure)
        except ValueError as error:
            raise exc.ArgError("Invalid index measure", hint=_MEASURES) from error
        return measure, ef_search

    def _search(
        self, function: _calls.Function, parameters: dict[str, object]
    ) -> tuple[list[tuple[Any, ...]], bool]:
        """The rows, and whether the server noted that no index covers the search."""
        noted: list[str | None] = []

        def note(diagnostic: psycopg.errors.Diagnostic) -> None:
            noted.append(diagnostic.sqlstate)

        with self.client._connections.connection() as connection:
            connection.add_notice_handler(note)
            try:
                rows = self.client._call(function, parameters, connection)
            finally:
                connection.remove_notice_handler(note)
        return rows, _NO_COVERING_INDEX in noted

    def _query_data(self, data: Any, skip_adapter: bool) -> Any:  # noqa: ANN401
        if skip_adapter or not self._adapts:
            return data
        adapted = list(self.adapter([("", data, {})], AdapterContext.query))
        if len(adapted) != 1:
            raise exc.ArgError("Failed to produce exactly one query vector from input")
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
    def index(self) -> str | None:
        """The name of the valid vector index, or None (vecs.describe_collection)."""
        return next((index["name"] for index in self._indexes() if index["valid"]), None)

    def _indexes(self, connection: psycopg.Connection[Any] | None = None) -> list[dict[str, Any]]:
        [(described,)] = self.client._call(
            _calls.DESCRIBE_COLLECTION, {"collection": self.name}, connection
        )
        [document] = _convert.documents([described])
        return list(document["vector_indexes"])

    def is_indexed_for_measure(self, measure: IndexMeasure | str) -> bool:
        """Whether a valid index covers the measure (vecs.has_index); False for an unknown measure."""
        try:
            measure = IndexMeasure(measure)
        except ValueError:
            return False
        [(indexed,)] = self.client._call(
            _calls.HAS_INDEX, {"collection": self.name, "measure": measure.value}
        )
        return bool(indexed)

    def create_index(
        self,
        measure: IndexMeasure | str = IndexMeasure.cosine_distance,
        method: IndexMethod | str = IndexMethod.auto,
        index_arguments: IndexArgsIVFFlat | IndexArgsHNSW | None = None,
        replace: bool = True,
    ) -> None:
        """Index the collection for a measure (vecs.create_index), in the place of any other vector index.

        Load the rows first: building is faster than inserting into an index. Readers are not blocked while it builds;
        writers wait. Several indexes, one a measure, are to be had in SQL.

        Raises:
            exc.ArgError: An argument that can not be, or an index there while replace is False.
        """
        try:
            method = IndexMethod(method)
        except ValueError as error:
            raise exc.ArgError(
                "invalid index method",
                hint=f"The methods are {', '.join(IndexMethod.__members__)}.",
            ) from error
        try:
            measure = IndexMeasure(measure)
        except ValueError as error:
            raise exc.ArgError("Unknown index measure", hint=_MEASURES) from error
        arguments = _index_arguments(method, index_arguments)
        with self.client._transaction() as connection:
            before = self._indexes(connection)
            if before and not replace:
                raise exc.ArgError("replace is set to False but an index exists")
            self.client._call(
                _calls.CREATE_INDEX,
                {
                    "collection": self.name,
                    "measure": measure.value,
                    "method": method.value,
                    "arguments": _convert.to_json(arguments, "the index arguments"),
                    "replace": bool(replace),
                },
                connection,
            )
            for other in {index["measure"] for index in before} - {measure.value}:
                self.client._call(
                    _calls.DROP_INDEX, {"collection": self.name, "measure": other}, connection
                )

    def create_metadata_index(self, key: str | Sequence[str]) -> str:
        """Index a key of the metadata for filters with ranges, $in and $eq on it (vecs.create_metadata_index).

        Nothing is done where there is such an index.

        Args:
            key: The key, in which a dot is a plain character; or a list of keys, the path to a nested value.

        Returns:
            The name of the index.
        """
        [(name,)] = self.client._call(
            _calls.CREATE_METADATA_INDEX, {"collection": self.name, "key": _key(key)}
        )
        return str(name)

    def drop_metadata_index(self, key: str | Sequence[str]) -> bool:
        """Drop the index on a key of the metadata, or a path; whether there was one (vecs.drop_metadata_index)."""
        [(existed,)] = self.client._call(
            _calls.DROP_METADATA_INDEX, {"collection": self.name, "key": _key(key)}
        )
        return bool(existed)


def _search_parameters(
    limit: int,
    filters: Mapping[str, Any] | None,
    measure: IndexMeasure,
    fields: tuple[str, ...],
    probes: int | None,
    ef_search: int | None,
) -> dict[str, object]:
    """The parameters of a search after the first two; those that tune it only where one is given."""
    parameters: dict[str, object] = {
        "top_k": int(limit),
        "filters": _filters(filters),
        "measure": measure.value,
        "include_metadata": "metadata" in fields,
        "include_vec": "vec" in fields,
    }
    if ef_search is not None or probes is not None:
        parameters |= {"max_distance": None, "ef_search": ef_search, "probes": probes}
    return parameters


def _warn(measure: IndexMeasure) -> None:
    """Warn the caller of a search that no index covers it."""
    warnings.warn(
        f"Query does not have a covering index for IndexMeasure.{measure.name}. See Collection.create_index",
        UserWarning,
        stacklevel=3,
    )


def _records(rows: list[tuple[Any, ...]]) -> list[Record]:
    """Rows of id, vector and metadata as the caller gets them."""
    metadata = _convert.documents(row[2] for row in rows)
    return [
        Record(id_, _convert.from_database(vec), document)
        for (id_, vec, _), document in zip(rows, metadata, strict=True)
    ]


def _batches(
    records: Iterable[Any], size: int
) -> Iterator[tuple[Sequence[str], Sequence[Any], Sequence[Any]]]:
    """Columns of at most `size` records each."""
    iterator = iter(records)
    while batch := list(itertools.islice(iterator, size)):
        # Plain triples with plain ids, which most are, need no look at each.
        plain = set(map(type, batch)) == {tuple} and set(map(len, batch)) == {3}
        ids, vectors, metadata = zip(*(batch if plain else map(_fields, batch)), strict=True)
        yield ids if set(map(type, ids)) == {str} else [*map(_id, ids)], vectors, metadata


def _fields(record: Any) -> tuple[Any, Any, Any]:  # noqa: ANN401
    """The three fields of a record: a triple, or a dict with id, vec and perhaps metadata."""
    if isinstance(record, Mapping):
        if {"id", "vec"} <= record.keys() <= {"id", "vec", "metadata"}:
            return record["id"], record["vec"], record.get("metadata")
    elif not isinstance(record, str):
        try:
            id_, vector, metadata = record
            return id_, vector, metadata
        except (TypeError, ValueError):
            pass
    raise exc.ArgError(
        "a record is not of the form (id, vector, metadata)",
        detail=f"It is {reprlib.repr(record)}.",
        hint='Pass tuples such as ("a", [0.1, 0.2], {"year": 2012}).',
    )


def _id(value: object) -> str:
    """An id as the database has it; integers and UUIDs become text."""
    if isinstance(value, str):
        return value
    if isinstance(value, (Integral, uuid.UUID)) and not isinstance(value, bool):
        return str(value)
    raise exc.ArgError(
        f"an id must be a string, not {type(value).__name__}: {value!r}",
        hint="Every record needs an id; integers and UUIDs are stored as text.",
    )


def _ids(values: Iterable[Any]) -> list[str]:
    """Ids to look for; one-element tuples are unwrapped, as programs written for vecs pass them."""
    if isinstance(values, (str, bytes)) or not isinstance(values, Iterable):
        raise exc.ArgError("ids must be a list of strings")
    return [
        _id(value[0] if isinstance(value, tuple) and len(value) == 1 else value) for value in values
    ]


def _key(key: object) -> object:
    """A metadata key, or a path of them: which of the two the server learns from the parameter's type."""
    if isinstance(key, str):
        return key
    if isinstance(key, (list, tuple)) and key and all(isinstance(part, str) for part in key):
        return _convert.IdsParameter(key)
    raise exc.ArgError(
        "a metadata key must be a string, or a list of them, which is a path",
        detail=f"It is {reprlib.repr(key)}.",
        hint='Pass a key such as "year", or a path such as ["address", "city"].',
    )


def _filters(filters: Mapping[str, Any] | None) -> str | None:
    if not filters:
        return None
    if not isinstance(filters, Mapping):
        raise exc.FilterError("filters must be a dict")
    if not all(isinstance(key, str) for key in filters):
        raise exc.FilterError("*filters* keys must be strings")
    try:
        return _convert.to_json(filters, "the filter")
    except exc.ArgError as error:
        raise exc.FilterError(str(error), detail=error.detail, hint=error.hint) from error


def _index_arguments(
    method: IndexMethod, arguments: IndexArgsIVFFlat | IndexArgsHNSW | None
) -> dict[str, int]:
    if arguments is None:
        return {}
    if method == IndexMethod.auto:
        raise exc.ArgError(
            "Index build parameters are not allowed when using the IndexMethod.auto index."
        )
    if isinstance(arguments, IndexArgsHNSW) and method == IndexMethod.hnsw:
        named = {"m": arguments.m, "ef_construction": arguments.ef_construction}
        return {name: value for name, value in named.items() if value is not None}
    if isinstance(arguments, IndexArgsIVFFlat) and method == IndexMethod.ivfflat:
        return {"lists": arguments.n_lists}
    raise exc.ArgError(
        f"{type(arguments).__name__} build parameters were supplied but {method.value} index was specified."
    )


def _shape(rows: list[tuple[Any, ...]], fields: tuple[str, ...]) -> list[Any]:
    """Rows of ids and fields as the caller gets them; by columns, for that is fast."""
    if not fields or not rows:
        return [id_ for (id_, *_) in rows]
    columns: list[Iterable[Any]] = list(zip(*rows, strict=True))
    if "vec" in fields:
        at = 1 + fields.index("vec")
        columns[at] = map(_convert.from_database, columns[at])
    if "metadata" in fields:
        columns[-1] = _convert.documents(columns[-1])
    return list(map(_ROWS[fields], zip(*columns, strict=True)))
