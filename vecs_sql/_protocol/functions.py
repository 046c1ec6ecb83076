"""The SQL functions that the client calls, as data.

A test compares their parameters, types and columns with the installed catalog.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass, field, replace


@dataclass(frozen=True)
class Function:
    """A call of a SQL function.

    Attributes:
        name: The name of the function in the schema vecs.
        parameters: Its first parameters, in order, with their SQL types. They are passed by position and without casts,
            which PostgreSQL parses faster than names: psycopg must send a type that fits.
        columns: The columns to read; empty for a function that returns one value per row.
        statement: The SQL text, with a placeholder for each parameter.
    """

    name: str
    parameters: dict[str, str]
    columns: tuple[str, ...] = ()
    statement: bytes = field(init=False)

    def __post_init__(self) -> None:
        arguments = ", ".join(f"%({name})s" for name in self.parameters)
        columns = ", ".join(f"f.{column}" for column in self.columns) or "f"
        # The names are constants of this module: no value of a caller is in this text.
        statement = f"SELECT {columns} FROM vecs.{self.name}({arguments}) AS f"
        object.__setattr__(self, "statement", statement.encode())


CREATE_COLLECTION = Function(
    "create_collection",
    {
        "name": "text",
        "dimension": "bigint",
        "element_type": "text",
        "if_not_exists": "boolean",
        "shards": "bigint",
    },
)
DISTRIBUTE = Function("distribute", {"collection": "text", "shards": "bigint"})
ADOPT = Function(
    "adopt",
    {
        "source": "regclass",
        "name": "text",
        "id": "text",
        "vec": "text",
        "metadata": "text",
        "fields": "text[]",
    },
)
DROP_COLLECTION = Function("drop_collection", {"name": "text", "if_exists": "boolean"})
LIST_COLLECTIONS = Function(
    "list_collections",
    {},
    ("name", "dimension", "element_type", "approximate_count", "total_bytes"),
)
# A private function of the layer: what opening a collection needs, which is less than what list_collections reads.
COLLECTIONS = Function("_collections", {"collection": "text"}, ("dimension", "element_type"))
DESCRIBE_COLLECTION = Function("describe_collection", {"collection": "text"})
RENAME_COLLECTION = Function("rename_collection", {"name": "text", "new_name": "text"})
SWAP_COLLECTIONS = Function("swap_collections", {"a": "text", "b": "text"})
TRUNCATE_COLLECTION = Function("truncate_collection", {"collection": "text"})
UPSERT_MANY = Function(
    "upsert_many", {"collection": "text", "ids": "text[]", "vecs": "vector[]", "metadata": "jsonb"}
)
UPDATE_METADATA = Function(
    "update_metadata",
    {"collection": "text", "patch": "jsonb", "ids": "text[]", "filters": "jsonb", "mode": "text"},
)
FETCH = Function("fetch", {"collection": "text", "ids": "text[]"}, ("id", "vec", "metadata"))
FETCH_IDS = replace(FETCH, columns=("id",))
FETCH_METADATA = replace(FETCH, columns=("id", "metadata"))
DELETE = Function("delete", {"collection": "text", "ids": "text[]", "filters": "jsonb"})
SCAN = Function(
    "scan",
    {"collection": "text", "filters": "jsonb", "after": "text", "page_size": "bigint"},
    ("id", "vec", "metadata"),
)
CLAIM_MISSING = Function(
    "claim_missing",
    {"collection": "text", "text_key": "text", "after": "text", "page_size": "bigint"},
    ("id", "content"),
)
# Private functions of the layer, of which a re-embedding consists.
REEMBED_BEGIN = Function(
    "_reembed_begin",
    {
        "collection": "text",
        "shadow": "text",
        "dimension": "bigint",
        "text_key": "text",
        "model": "text",
        "run": "text",
        "restart": "boolean",
        "leave_dependents": "boolean",
    },
    ("shadow_name", "resumed"),
)
_PENDING = ("pending", "without_text", "pending_ids", "ids_without_text")
REEMBED_SYNC = Function(
    "_reembed_sync", {"collection": "text", "shadow": "text", "text_key": "text"}, _PENDING
)
REEMBED_PAGE = Function(
    "_reembed_page",
    {
        "collection": "text",
        "shadow": "text",
        "text_key": "text",
        "ids": "text[]",
        "after": "text",
        "page_size": "bigint",
    },
    ("id", "content", "metadata"),
)
REEMBED_LOCK_SHADOW = Function(
    "_reembed_lock_shadow", {"collection": "text", "shadow": "text", "run": "text"}
)
REEMBED_INDEXES = Function(
    "_reembed_indexes",
    {"collection": "text", "shadow": "text", "run": "text", "min_recall": "double precision"},
)
REEMBED_LOCK = Function(
    "_reembed_lock",
    {
        "collection": "text",
        "shadow": "text",
        "text_key": "text",
        "run": "text",
        "leave_dependents": "boolean",
    },
    _PENDING,
)
REEMBED_PUBLISH = Function(
    "_reembed_publish",
    {"collection": "text", "shadow": "text", "drop_old": "boolean"},
)
COUNT_ROWS = Function("count_rows", {"collection": "text", "filters": "jsonb"})
_RARE = {
    "max_distance": "double precision",
    "ef_search": "bigint",
    "probes": "bigint",
    "strategy": "text",
    "skip": "bigint",
}
_SEARCH = {
    "top_k": "bigint",
    "filters": "jsonb",
    "measure": "text",
    "include_metadata": "boolean",
    "include_vec": "boolean",
    **_RARE,
}
QUERY = Function(
    "query",
    {"collection": "text", "query_vec": "vector", **_SEARCH},
    ("id", "distance", "vec", "metadata"),
)
QUERY_MANY = Function(
    "query_many",
    {"collection": "text", "query_vecs": "vector[]", **_SEARCH},
    ("query_no", "id", "distance", "vec", "metadata"),
)
QUERY_BY_ID = Function(
    "query_by_id",
    {"collection": "text", "row_id": "text", **_SEARCH},
    ("id", "distance", "vec", "metadata"),
)
QUERY_BY_IDS = Function(
    "query_by_ids",
    {"collection": "text", "positive": "text[]", "negative": "text[]", **_SEARCH},
    ("id", "distance", "vec", "metadata"),
)
_INCLUDED = {"include_metadata": "boolean", "include_vec": "boolean"}
_RARE_WITHOUT_SKIP = {name: kind for name, kind in _RARE.items() if name != "skip"}
QUERY_GROUPS = Function(
    "query_groups",
    {
        "collection": "text",
        "query_vec": "vector",
        "group_by": "text",
        "top_k": "bigint",
        "group_size": "bigint",
        "filters": "jsonb",
        "measure": "text",
        **_INCLUDED,
        **_RARE_WITHOUT_SKIP,
    },
    ("group_value", "id", "distance", "vec", "metadata"),
)
QUERY_MMR = Function(
    "query_mmr",
    {
        "collection": "text",
        "query_vec": "vector",
        "top_k": "bigint",
        "filters": "jsonb",
        "lambda_mult": "double precision",
        "candidates": "bigint",
        "measure": "text",
        **_INCLUDED,
        **_RARE_WITHOUT_SKIP,
    },
    ("id", "distance", "vec", "metadata"),
)
TEXT_QUERY = Function(
    "text_query",
    {
        "collection": "text",
        "query_text": "text",
        "top_k": "bigint",
        "filters": "jsonb",
        "match": "text",
        **_INCLUDED,
        "skip": "bigint",
    },
    ("id", "score", "vec", "metadata"),
)
HYBRID_QUERY = Function(
    "hybrid_query",
    {
        "collection": "text",
        "query_vec": "vector",
        "query_text": "text",
        "top_k": "bigint",
        "filters": "jsonb",
        "measure": "text",
        **_INCLUDED,
        "fusion": "text",
        "weights": "double precision[]",
        "candidates": "bigint",
        "match": "text",
        "ef_search": "bigint",
        "probes": "bigint",
        "strategy": "text",
        "skip": "bigint",
    },
    ("id", "score", "distance", "text_score", "vec", "metadata"),
)
EXPLAIN = Function("explain", {"collection": "text", "query_vec": "vector", **_SEARCH})
_SEARCHES = {
    search.name: search
    for search in (
        QUERY,
        QUERY_MANY,
        QUERY_BY_ID,
        QUERY_BY_IDS,
        QUERY_GROUPS,
        QUERY_MMR,
        TEXT_QUERY,
        HYBRID_QUERY,
        EXPLAIN,
    )
}
FACET = Function(
    "facet",
    {"collection": "text", "key": "text", "filters": "jsonb", "top_k": "bigint"},
    ("value", "rows"),
)
RECALL = Function(
    "recall",
    {
        "collection": "text",
        "sample": "bigint",
        "top_k": "bigint",
        "filters": "jsonb",
        "measure": "text",
        "ef_search": "bigint",
        "probes": "bigint",
    },
    ("recall", "p50_ms", "exact_p50_ms", "sampled"),
)
ADVISE = Function("advise", {"collection": "text"}, ("severity", "finding", "statement"))
TUNE = Function(
    "tune",
    {
        "collection": "text",
        "target_recall": "double precision",
        "top_k": "bigint",
        "measure": "text",
        "filters": "jsonb",
        "sample": "bigint",
        "keep": "boolean",
    },
    ("ef_search", "recall", "p50_ms", "chosen"),
)
_BUILD = {
    "collection": "text",
    "measure": "text",
    "method": "text",
    "arguments": "jsonb",
    "replace": "boolean",
    "if_not_exists": "boolean",
    "filters": "jsonb",
}
CREATE_INDEX = Function("create_index", _BUILD)
CREATE_INDEX_SQL = Function("create_index_sql", _BUILD)
DROP_INDEX = Function("drop_index", {"collection": "text", "measure": "text"})
HAS_INDEX = Function("has_index", {"collection": "text", "measure": "text"})
# Private functions of the layer: indexes that are dropped for a load, and built again after it.
REBUILD_PAYS = Function(
    "_rebuild_pays", {"collection": "text", "new_rows": "bigint", "timeout": "double precision"}
)
SET_ASIDE_INDEXES = Function("_set_aside_indexes", {"collection": "text", "wait": "boolean"})
RESTORE_INDEXES = Function("_restore_indexes", {"collection": "text", "dropped": "jsonb"})
_OF_A_KEY = {"collection": "text", "key": "text", "path": "text[]", "kind": "text"}
CREATE_METADATA_INDEX = Function("create_metadata_index", _OF_A_KEY)
DROP_METADATA_INDEX = Function("drop_metadata_index", _OF_A_KEY)
CREATE_TEXT_INDEX = Function(
    "create_text_index",
    {"collection": "text", "key": "text", "config": "text", "replace": "boolean"},
)
DROP_TEXT_INDEX = Function("drop_text_index", {"collection": "text"})


@functools.cache
def search(name: str, columns: tuple[str, ...], *, with_rare: bool) -> Function:
    """Return the call of a search function that reads some of its columns.

    Args:
        name: The name of a function that searches, or explain.
        columns: The columns to read.
        with_rare: Whether to pass the last parameters, which most searches leave at their defaults.
    """
    function = _SEARCHES[name]
    parameters = list(function.parameters.items())
    if not with_rare:
        parameters = [item for item in parameters if item[0] not in _RARE]
    return replace(function, columns=columns, parameters=dict(parameters))
