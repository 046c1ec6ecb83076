"""The arguments of a search."""

from __future__ import annotations

import reprlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, SupportsInt, TypedDict

from vecs_sql import exc
from vecs_sql._protocol import functions
from vecs_sql._protocol.arguments import MAX_BIGINT, integer
from vecs_sql._protocol.filters import filter_json
from vecs_sql._protocol.indexes import MEASURES_HINT, IndexMeasure, MeasureName
from vecs_sql._protocol.rows import DISTANCE, FIELDS

Strategy = Literal["auto", "exact", "index"]
Match = Literal["any", "all", "web", "fuzzy"]
Fusion = Literal["rrf", "relative"]


class WordOptions(TypedDict, total=False):
    """The keyword-only options of a search for words."""

    skip: int
    timeout: float | None


class DiverseOptions(TypedDict, total=False):
    """The keyword-only options of a search for diverse rows."""

    lambda_mult: float
    candidates: int | None
    probes: int | None
    ef_search: int | None
    max_distance: float | None
    strategy: Strategy
    skip_adapter: bool
    timeout: float | None


class HybridOptions(TypedDict, total=False):
    """The keyword-only options of a search with a vector and words."""

    fusion: Fusion
    weights: Sequence[float]
    candidates: int | None
    match: Match
    probes: int | None
    ef_search: int | None
    strategy: Strategy
    skip: int
    timeout: float | None


class SearchOptions(TypedDict, total=False):
    """The keyword-only options of a search."""

    probes: int | None
    ef_search: int | None
    max_distance: float | None
    strategy: Strategy
    skip: int
    timeout: float | None


class DataOptions(SearchOptions, total=False):
    """The keyword-only options of a search with a vector, or with what an adapter turns into one."""

    skip_adapter: bool


class Search:
    """The arguments that all searches share, checked, and in the order of the public methods.

    Args:
        limit: The number of rows.
        filters: A metadata filter.
        measure: The distance measure.
        include_value: Whether rows have the distance.
        include_metadata: Whether rows have the metadata.
        include_vector: Whether rows have the vector.
        probes: ivfflat: the number of lists to search.
        ef_search: hnsw: the size of the candidate list.
        max_distance: The greatest distance.
        strategy: auto, exact or index.
        skip: The number of nearest rows to leave out.
        max_limit: The largest limit that is allowed.
        values: The values that rows have if include_value is true.

    Attributes:
        top_k: The number of rows.
        skip: The number of nearest rows to leave out.
        measure: The distance measure.
        fields: What rows have besides the id.
        parameters: The parameters of the SQL function after the first two. The last ones, which most searches
            leave at their defaults, are only there if one of them is given.

    Raises:
        exc.ArgError: An argument is invalid.
        exc.FilterError: The filter is not a dict, or JSON cannot represent it.
    """

    __slots__ = ("fields", "measure", "parameters", "skip", "top_k")

    def __init__(
        self,
        *,
        limit: int = 10,
        filters: Mapping[str, Any] | None = None,
        measure: IndexMeasure | MeasureName = IndexMeasure.cosine_distance,
        include_value: bool = False,
        include_metadata: bool = False,
        include_vector: bool = False,
        probes: int | None = None,
        ef_search: int | None = None,
        max_distance: float | None = None,
        strategy: Strategy = "auto",
        skip: int = 0,
        max_limit: int | None = None,
        values: tuple[str, ...] = DISTANCE,
    ) -> None:
        # The order of the checks is that of vecs.
        if probes is not None and (not isinstance(probes, int) or isinstance(probes, bool)):
            raise exc.ArgError("probes must be an integer", detail=f"not {reprlib.repr(probes)}")
        if probes is not None and probes < 1:
            raise exc.ArgError("probes must be >= 1", detail=f"not {probes}")
        ef_search = None if ef_search is None else integer(ef_search, "ef_search")
        self.top_k = _top_k(limit, max_limit)
        self.skip = _skip(skip)
        try:
            self.measure = IndexMeasure(measure)
        except ValueError as error:
            raise exc.ArgError(
                "Invalid index measure", detail=reprlib.repr(measure), hint=MEASURES_HINT
            ) from error
        self.fields = FIELDS[
            values, bool(include_value), bool(include_vector), bool(include_metadata)
        ]
        self.parameters: dict[str, object] = {
            "top_k": self.top_k,
            "filters": filter_json(filters),
            "measure": self.measure.value,
            "include_metadata": "metadata" in self.fields,
            "include_vec": "vec" in self.fields,
        }
        if not (
            ef_search is probes is max_distance is None and strategy == "auto" and self.skip == 0
        ):
            self.parameters |= {
                "max_distance": None
                if max_distance is None
                else number(max_distance, "max_distance"),
                "ef_search": ef_search,
                "probes": probes,
                "strategy": strategy,
                "skip": self.skip,
            }

    def function(self, name: str, *columns: str) -> functions.Function:
        """Return the call of a search function that reads these columns and the fields.

        Parameters that the function does not have are left out of the call.
        """
        return functions.search(
            name, (*columns, *self.fields), with_rare="ef_search" in self.parameters
        )


def _top_k(limit: int, max_limit: int | None) -> int:
    """Return a limit as an int; 2.5 is 2, as in vecs."""
    whole = _whole(limit)
    if whole < 0:
        raise exc.ArgError(
            f"limit must not be negative: {whole}", hint="Pass the number of rows, such as 10."
        )
    if max_limit is not None and whole > max_limit:
        raise exc.ArgError(
            f"limit must be <= {max_limit}",
            detail=f"not {whole}",
            hint="create_client(..., max_limit=None) lifts the cap.",
        )
    if whole > MAX_BIGINT:
        raise exc.ArgError(f"limit must be <= {MAX_BIGINT}", hint="scan() gives all rows.")
    return whole


def _skip(skip: int) -> int:
    whole = integer(skip, "skip")
    if not 0 <= whole <= MAX_BIGINT:
        raise exc.ArgError(
            f"skip must be between 0 and {MAX_BIGINT}",
            detail=f"not {reprlib.repr(whole)}",
            hint="Pass the number of rows to leave out, such as 10 for the second page of 10.",
        )
    return whole


def _whole(limit: object) -> int:
    if type(limit) is int:
        return limit
    if isinstance(limit, SupportsInt) and type(limit).__name__ not in ("bool", "bool_", "str_"):
        try:
            return int(limit)
        except (ValueError, OverflowError, ArithmeticError, TypeError):  # NaN, infinity, an array
            pass
    raise exc.ArgError(
        f"limit must be a number, not {reprlib.repr(limit)}",
        hint="Pass the number of rows, such as 10; scan() gives all rows.",
    )


def number(value: float, name: str) -> float:
    """Return an argument as a float.

    Raises:
        exc.ArgError: It is not a number.
    """
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError) as error:
        raise exc.ArgError(
            f"{name} must be a number", detail=f"not {reprlib.repr(value)}"
        ) from error


def weight_list(values: Sequence[float]) -> list[float]:
    """Return the weights of a vector and a text.

    Raises:
        exc.ArgError: They are not a sequence of numbers.
    """
    if isinstance(values, (str, bytes)) or not isinstance(values, Iterable):
        raise exc.ArgError(
            "weights must be two numbers",
            detail=f"not {reprlib.repr(values)}",
            hint="Pass the weights of the vector and of the text, such as (1, 2).",
        )
    return [number(value, "a weight") for value in values]


def candidate_number(value: int | None) -> int | None:
    """Return a number of candidates.

    Raises:
        exc.ArgError: It is not an integer.
    """
    return None if value is None else min(integer(value, "candidates"), MAX_BIGINT)
