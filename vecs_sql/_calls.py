"""The SQL functions that the client calls, as data, without I/O.

Each is named with its parameters and their types; a test compares them with the installed catalog.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass, field, replace


@dataclass(frozen=True)
class Function:
    """A call of a SQL function.

    Attributes:
        name: The function in the schema vecs.
        parameters: Its first parameters, in order, to their SQL types. They are passed by position and without a cast,
            which PostgreSQL parses faster than by name: what psycopg makes of the value must fit the type.
        columns: The columns to read; empty for a function that returns one value a row.
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
    {"name": "text", "dimension": "integer", "element_type": "text", "if_not_exists": "boolean"},
)
DROP_COLLECTION = Function("drop_collection", {"name": "text", "if_exists": "boolean"})
LIST_COLLECTIONS = Function(
    "list_collections",
    {},
    ("name", "dimension", "element_type", "approximate_count", "total_bytes"),
)
# Private, and so not for other clients: what opening a collection needs, without counting its rows.
_COLLECTIONS = Function("_collections", {"collection": "text"}, ("dimension",))
DESCRIBE_COLLECTION = Function("describe_collection", {"collection": "text"})
UPSERT_MANY = Function(
    "upsert_many", {"collection": "text", "ids": "text[]", "vecs": "vector[]", "metadata": "jsonb"}
)
FETCH = Function("fetch", {"collection": "text", "ids": "text[]"}, ("id", "vec", "metadata"))
DELETE = Function("delete", {"collection": "text", "ids": "text[]", "filters": "jsonb"})
COUNT_ROWS = Function("count_rows", {"collection": "text"})
QUERY = Function(
    "query",
    {
        "collection": "text",
        "query_vec": "vector",
        "top_k": "integer",
        "filters": "jsonb",
        "measure": "text",
        "include_metadata": "boolean",
        "include_vec": "boolean",
        "max_distance": "double precision",
        "ef_search": "integer",
        "probes": "integer",
    },
    ("id", "distance", "vec", "metadata"),
)
CREATE_INDEX = Function(
    "create_index",
    {
        "collection": "text",
        "measure": "text",
        "method": "text",
        "arguments": "jsonb",
        "replace": "boolean",
    },
)
DROP_INDEX = Function("drop_index", {"collection": "text", "measure": "text"})
HAS_INDEX = Function("has_index", {"collection": "text", "measure": "text"})


@functools.cache
def query(columns: tuple[str, ...], tuned: bool) -> Function:
    """QUERY for some of its columns, and without the last parameters, those that tune a search, unless asked for."""
    parameters = dict(list(QUERY.parameters.items())[: None if tuned else 7])
    return replace(QUERY, columns=columns, parameters=parameters)
