# Made of vecs_sql/_async/searches.py by tools/async_to_sync.py: change that, then run `make format`.
"""Searches for words, groups, diverse rows and rows like others; the values that rows have."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, overload

from vecs_sql import exc
from vecs_sql._protocol import arguments, functions, rows
from vecs_sql._protocol.codecs import VectorParameter
from vecs_sql._protocol.indexes import IndexMeasure, MeasureName
from vecs_sql._protocol.rows import Facet, Group, QueryRow
from vecs_sql._protocol.search import (
    Fusion,
    Match,
    Search,
    Strategy,
    candidate_number,
    number,
    weight_list,
)
from vecs_sql._sync.base import CollectionBase

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from vecs_sql._protocol.search import (
        DiverseOptions,
        HybridOptions,
        SearchOptions,
        WordOptions,
    )


class Searches(CollectionBase):
    """The searches of a collection besides those for the rows nearest to a vector."""

    # Words

    def _call_for_words(
        self, function: functions.Function, *, timeout: float | None, **parameters: object
    ) -> list[tuple[Any, ...]]:
        try:
            return self._call(function, timeout=timeout, **parameters)
        except exc.IndexNotFound as error:
            if (key := self._text_key) is not None:
                error.hint = f'create_text_index() makes one of the texts, which are under "{key}".'
            raise

    @overload
    def text_query(
        self,
        text: str,
        limit: int = 10,
        filters: Mapping[str, Any] | None = None,
        match: Match = "any",
        include_value: Literal[False] = False,
        include_metadata: Literal[False] = False,
        include_vector: Literal[False] = False,
        **options: Unpack[WordOptions],
    ) -> list[str]: ...

    @overload
    def text_query(
        self,
        text: str,
        limit: int = 10,
        filters: Mapping[str, Any] | None = None,
        match: Match = "any",
        include_value: bool = False,
        include_metadata: bool = False,
        include_vector: bool = False,
        **options: Unpack[WordOptions],
    ) -> list[QueryRow]: ...

    def text_query(
        self,
        text: str,
        limit: int = 10,
        filters: Mapping[str, Any] | None = None,
        match: Match = "any",
        include_value: bool = False,
        include_metadata: bool = False,
        include_vector: bool = False,
        *,
        skip: int = 0,
        timeout: float | None = None,
    ) -> list[str] | list[QueryRow]:
        """Find the rows whose text fits some words best, among those that match a filter (vecs.text_query).

        Returns always min(limit, rows that have the words) rows, the best first. The score is BM25: a rare word counts
        more than a frequent one, and a word counts more in a short text. `create_text_index` makes a text searchable.

        Args:
            text: The words, in any form. A text without a word that is indexed finds nothing, and a UserWarning says
                so.
            limit: The number of rows, up to the client's max_limit.
            filters: A metadata filter, such as {"year": {"$gte": 2012}}.
            match: "any" finds rows with any of the words, "all" those with all of them; "web" takes the syntax of
                search engines: "a phrase", -without, or; "fuzzy" finds similar words, with the extension pg_trgm.
            include_value: Include the score.
            include_metadata: Include the metadata.
            include_vector: Include the vector, as a float32 array.
            skip: Leave out so many of the best rows: with the same limit, pages fit together.
            timeout: Seconds to wait for the server; None: that of the client.

        Returns:
            Ids if nothing is included, otherwise named tuples of id, score, vec and metadata, as far as included.

        Raises:
            exc.ArgError: An argument is invalid.
            exc.FilterError: The filter is invalid.
            exc.IndexNotFound: The collection has no text index.
        """
        search = Search(
            limit=limit,
            filters=filters,
            include_value=include_value,
            include_metadata=include_metadata,
            include_vector=include_vector,
            skip=skip,
            max_limit=self.client.max_limit,
            values=rows.SCORE,
        )
        found = self._call_for_words(
            search.function("text_query", "id"),
            query_text=arguments.text(text, "the text"),
            match=match,
            **search.parameters,
            timeout=timeout,
        )
        return rows.query_rows(found, search.fields)

    @overload
    def hybrid_query(
        self,
        text: str,
        vector: Any = None,  # noqa: ANN401 -- what casts to one
        limit: int = 10,
        filters: Mapping[str, Any] | None = None,
        measure: IndexMeasure | MeasureName = IndexMeasure.cosine_distance,
        include_value: Literal[False] = False,
        include_metadata: Literal[False] = False,
        include_vector: Literal[False] = False,
        **options: Unpack[HybridOptions],
    ) -> list[str]: ...

    @overload
    def hybrid_query(
        self,
        text: str,
        vector: Any = None,  # noqa: ANN401 -- what casts to one
        limit: int = 10,
        filters: Mapping[str, Any] | None = None,
        measure: IndexMeasure | MeasureName = IndexMeasure.cosine_distance,
        include_value: bool = False,
        include_metadata: bool = False,
        include_vector: bool = False,
        **options: Unpack[HybridOptions],
    ) -> list[QueryRow]: ...

    def hybrid_query(
        self,
        text: str,
        vector: Any = None,
        limit: int = 10,
        filters: Mapping[str, Any] | None = None,
        measure: IndexMeasure | MeasureName = IndexMeasure.cosine_distance,
        include_value: bool = False,
        include_metadata: bool = False,
        include_vector: bool = False,
        *,
        fusion: Fusion = "rrf",
        weights: Sequence[float] = (1.0, 1.0),
        candidates: int | None = None,
        match: Match = "any",
        probes: int | None = None,
        ef_search: int | None = None,
        strategy: Strategy = "auto",
        skip: int = 0,
        timeout: float | None = None,
    ) -> list[str] | list[QueryRow]:
        """Find the best rows for a text by its meaning and by its words, among those that match (vecs.hybrid_query).

        Searches for the rows nearest to the text's vector, as `query` does, and for its words, as `text_query` does,
        and combines the two. Returns always min(limit, matching rows) rows, the best first. If no word of the text is
        indexed, the vector alone decides, and a UserWarning says so.

        Args:
            text: The text. The collection's adapter makes the vector of it.
            vector: The vector to search with; None: that of the adapter.
            limit: The number of rows, up to the client's max_limit.
            filters: A metadata filter, such as {"year": {"$gte": 2012}}.
            measure: The distance measure.
            include_value: Include the score, the distance and the text_score, which is the score of the words alone.
            include_metadata: Include the metadata.
            include_vector: Include the vector, as a float32 array.
            fusion: "rrf" combines the ranks in the two searches, "relative" the scores.
            weights: The weights of the vector and of the text.
            candidates: The number of rows that each of the two searches contributes; None: chosen by the search.
            match: "any", "all", "web" or "fuzzy", as in `text_query`.
            probes: ivfflat: the number of lists to search; None: chosen by the search.
            ef_search: hnsw: the size of the candidate list, 1 to 1000; None: chosen by the search.
            strategy: "auto", "exact" or "index", as in `query`.
            skip: Leave out so many of the best rows: with the same limit, pages fit together.
            timeout: Seconds to wait for the server; None: that of the client.

        Returns:
            Ids if nothing is included, otherwise named tuples of id, score, distance, text_score, vec and metadata, as
            far as included.

        Raises:
            exc.ArgError: An argument is invalid, or there is neither a vector nor an adapter.
            exc.MismatchedDimension: The vector has another length than those of the collection.
            exc.FilterError: The filter is invalid.
            exc.IndexNotFound: The collection has no text index.
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
            strategy=strategy,
            skip=skip,
            max_limit=self.client.max_limit,
            values=rows.SCORES,
        )
        text = arguments.text(text, "the text")
        if vector is None and not self._adapts:
            raise exc.ArgError(
                "a hybrid search needs a vector beside the text",
                hint="Pass it as vector=..., or open the collection with an adapter that embeds the text.",
            )
        value = self._adapted(text, False) if vector is None else vector
        found = self._call_for_words(
            search.function("hybrid_query", "id"),
            query_vec=VectorParameter(self._query_vector(value)),
            query_text=text,
            fusion=fusion,
            weights=weight_list(weights),
            candidates=candidate_number(candidates),
            match=match,
            **search.parameters,
            timeout=timeout,
        )
        return rows.query_rows(found, search.fields)

    def create_text_index(
        self,
        key: str | None = None,
        config: str | Mapping[str, str] = "english",
        *,
        replace: bool = True,
        timeout: float | None = None,
    ) -> str:
        """Make the texts under a key of the metadata searchable by their words (vecs.create_text_index).

        A collection has one text index. Its table is locked and rewritten with its indexes, so on a large collection
        create the text index before the vector index. An index of the same key and configuration is left as it is.

        Args:
            key: The key of the metadata, in which a dot is a plain character; None: the `text_key` of the adapter.
            config: A text search configuration of PostgreSQL, such as "english", "german" or "simple": it decides what
                a word is, and how it is reduced. If rows are in different languages, the key that has the language of
                each: {"key": "lang", "default": "english"}.
            replace: Whether to replace a text index of another key or configuration; if False, one is an error.
            timeout: Seconds to wait for the server; None: that of the client.

        Returns:
            The name of the index.

        Raises:
            exc.ArgError: There is no such configuration; there is another text index and replace is False; there is no
                key.
            exc.Unsupported: A column of an adopted table whose words cannot be generated.
        """
        key = self._text_key if key is None else key
        if key is None:
            raise exc.ArgError(
                "a text index needs the key of the texts, and the adapter has no text_key",
                hint='Pass the key, such as create_text_index("text").',
            )
        [(name,)] = self._call(
            functions.CREATE_TEXT_INDEX,
            key=arguments.text(key, "key"),
            config=json.dumps(dict(config))
            if isinstance(config, Mapping)
            else arguments.text(config, "config"),
            replace=bool(replace),
            timeout=timeout,
        )
        return str(name)

    def drop_text_index(self, *, timeout: float | None = None) -> bool:
        """Drop the text index, and return whether there was one (vecs.drop_text_index)."""
        [(existed,)] = self._call(functions.DROP_TEXT_INDEX, timeout=timeout)
        return bool(existed)

    # Groups, diverse rows, rows like others

    def query_groups(
        self,
        data: Any,  # noqa: ANN401 -- a vector, or what the adapter takes
        group_by: str,
        limit: int = 10,
        group_size: int = 1,
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
        skip_adapter: bool = False,
        timeout: float | None = None,
    ) -> list[Group]:
        """Find the groups of rows nearest to a vector, such as the documents of the nearest chunks (vecs.query_groups).

        Rows are in one group if they have the same value under a key of the metadata. Groups are ordered by their
        nearest row. Returns always min(limit, groups) groups, each with min(group_size, its matching rows) rows.

        Args:
            data: The vector, or what the adapter turns into one.
            group_by: The key of the metadata; of an adopted table also a field. Rows without it are in no group.
            limit: The number of groups, up to the client's max_limit.
            group_size: The number of rows of each group.
            filters: A metadata filter; this and the other arguments are those of `query`.
            measure: The distance measure.
            include_value: Include the distance.
            include_metadata: Include the metadata.
            include_vector: Include the vector, as a float32 array.
            probes: ivfflat: the number of lists to search.
            ef_search: hnsw: the size of the candidate list.
            max_distance: Only find rows at this distance or nearer.
            strategy: "auto", "exact" or "index".
            skip_adapter: data is a vector, although the collection has an adapter.
            timeout: Seconds to wait for the server.

        Returns:
            Named tuples of the value and the rows, which are what `query` returns.

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
            max_limit=self.client.max_limit,
        )
        size = min(arguments.integer(group_size, "group_size"), arguments.MAX_BIGINT)
        vector = self._query_vector(self._adapted(data, skip_adapter))
        found = self._call(
            search.function("query_groups", "group_value", "id"),
            query_vec=VectorParameter(vector),
            group_by=arguments.text(group_by, "group_by"),
            group_size=size,
            **search.parameters,
            timeout=timeout,
        )
        return rows.groups(found, search.fields)

    @overload
    def query_mmr(
        self,
        data: Any,  # noqa: ANN401 -- a vector, or what the adapter takes
        limit: int = 10,
        filters: Mapping[str, Any] | None = None,
        measure: IndexMeasure | MeasureName = IndexMeasure.cosine_distance,
        include_value: Literal[False] = False,
        include_metadata: Literal[False] = False,
        include_vector: Literal[False] = False,
        **options: Unpack[DiverseOptions],
    ) -> list[str]: ...

    @overload
    def query_mmr(
        self,
        data: Any,  # noqa: ANN401 -- a vector, or what the adapter takes
        limit: int = 10,
        filters: Mapping[str, Any] | None = None,
        measure: IndexMeasure | MeasureName = IndexMeasure.cosine_distance,
        include_value: bool = False,
        include_metadata: bool = False,
        include_vector: bool = False,
        **options: Unpack[DiverseOptions],
    ) -> list[QueryRow]: ...

    def query_mmr(
        self,
        data: Any,
        limit: int = 10,
        filters: Mapping[str, Any] | None = None,
        measure: IndexMeasure | MeasureName = IndexMeasure.cosine_distance,
        include_value: bool = False,
        include_metadata: bool = False,
        include_vector: bool = False,
        *,
        lambda_mult: float = 0.5,
        candidates: int | None = None,
        probes: int | None = None,
        ef_search: int | None = None,
        max_distance: float | None = None,
        strategy: Strategy = "auto",
        skip_adapter: bool = False,
        timeout: float | None = None,
    ) -> list[str] | list[QueryRow]:
        """Find rows near to a vector and different from each other, among those that match a filter (vecs.query_mmr).

        The method is maximal marginal relevance (MMR). The first row is the nearest one; each further one is chosen for
        being near to the vector and far from the rows before it. Returns always min(limit, matching rows) rows, in the
        order in which they are chosen.

        Args:
            data: The vector, or what the adapter turns into one.
            limit: The number of rows, up to the client's max_limit.
            filters: A metadata filter; this and the other arguments are those of `query`.
            measure: The distance measure.
            include_value: Include the distance to the vector.
            include_metadata: Include the metadata.
            include_vector: Include the vector, as a float32 array.
            lambda_mult: From 0, only difference counts, to 1, only nearness counts.
            candidates: Choose among so many of the nearest rows; None: four times the limit, at least 20.
            probes: ivfflat: the number of lists to search.
            ef_search: hnsw: the size of the candidate list.
            max_distance: Only find rows at this distance or nearer.
            strategy: "auto", "exact" or "index".
            skip_adapter: data is a vector, although the collection has an adapter.
            timeout: Seconds to wait for the server.

        Returns:
            Ids or rows, as `query` returns them.

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
            max_limit=self.client.max_limit,
        )
        balance = number(lambda_mult, "lambda_mult")
        vector = self._query_vector(self._adapted(data, skip_adapter))
        found = self._call(
            search.function("query_mmr", "id"),
            query_vec=VectorParameter(vector),
            lambda_mult=balance,
            candidates=candidate_number(candidates),
            **search.parameters,
            timeout=timeout,
        )
        return rows.query_rows(found, search.fields)

    @overload
    def query_by_ids(
        self,
        positive: Iterable[Any],
        negative: Iterable[Any] = (),
        limit: int = 10,
        filters: Mapping[str, Any] | None = None,
        measure: IndexMeasure | MeasureName = IndexMeasure.cosine_distance,
        include_value: Literal[False] = False,
        include_metadata: Literal[False] = False,
        include_vector: Literal[False] = False,
        **options: Unpack[SearchOptions],
    ) -> list[str]: ...

    @overload
    def query_by_ids(
        self,
        positive: Iterable[Any],
        negative: Iterable[Any] = (),
        limit: int = 10,
        filters: Mapping[str, Any] | None = None,
        measure: IndexMeasure | MeasureName = IndexMeasure.cosine_distance,
        include_value: bool = False,
        include_metadata: bool = False,
        include_vector: bool = False,
        **options: Unpack[SearchOptions],
    ) -> list[QueryRow]: ...

    def query_by_ids(
        self,
        positive: Iterable[Any],
        negative: Iterable[Any] = (),
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
        """Find the rows nearest to some rows of the collection, and away from others (vecs.query_by_ids).

        Searches with the mean of the positive rows' vectors, moved away from that of the negative ones. None of the
        named rows is found.

        Args:
            positive: The ids of rows to be near to, which need not match the filter.
            negative: The ids of rows to be away from.
            limit: The number of rows.
            filters: A metadata filter; this and the other arguments are those of `query`.
            measure: The distance measure.
            include_value: Include the distance to the vector that is searched with.
            include_metadata: Include the metadata.
            include_vector: Include the vector.
            probes: ivfflat: the number of lists to search.
            ef_search: hnsw: the size of the candidate list.
            max_distance: Only find rows at this distance or nearer.
            strategy: "auto", "exact" or "index".
            skip: Leave out so many of the nearest rows.
            timeout: Seconds to wait for the server.

        Returns:
            Ids or rows, as `query` returns them.

        Raises:
            exc.ArgError: positive is empty, a row does not exist, or an argument is invalid.
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
        found = self._call(
            search.function("query_by_ids", "id"),
            positive=arguments.row_ids(positive),
            negative=arguments.row_ids(negative),
            **search.parameters,
            timeout=timeout,
        )
        return rows.query_rows(found, search.fields)

    # Values

    def facet(
        self,
        key: str,
        filters: Mapping[str, Any] | None = None,
        limit: int = 10,
        *,
        timeout: float | None = None,
    ) -> list[Facet]:
        """Count the rows that match a filter by their values under a key, the most frequent first (vecs.facet).

        Each element of a list is a value of its own, and counts once for a row. Rows without the key are not counted.

        Args:
            key: The key of the metadata, in which a dot is a plain character; of an adopted table also a field.
            filters: A metadata filter, such as {"year": {"$gte": 2012}}.
            limit: The number of values, up to the client's max_limit.
            timeout: Seconds to wait for the server; None: that of the client.

        Returns:
            Named tuples of the value and the number of rows.

        Raises:
            exc.ArgError: An argument is invalid.
            exc.FilterError: The filter is invalid.
        """
        search = Search(limit=limit, filters=filters, max_limit=self.client.max_limit)
        found = self._call(
            functions.FACET,
            key=arguments.text(key, "key"),
            filters=search.parameters["filters"],
            top_k=search.top_k,
            timeout=timeout,
        )
        return rows.facets(found)
