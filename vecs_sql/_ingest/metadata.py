"""The metadata of tables, which may be spread over several columns."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from vecs_sql import exc


def check_names(names: Sequence[Any]) -> None:
    """Check the names of a table's columns.

    Raises:
        exc.ArgError: Two are the same, or id or vec is missing.
    """
    twice = {str(name) for name in names if [*map(str, names)].count(str(name)) > 1}
    if twice:
        raise exc.ArgError(
            f"the table has two columns of the same name: {', '.join(sorted(twice))}",
            hint="Rename one of them.",
        )
    if not {"id", "vec"} <= set(names):
        raise exc.ArgError(
            'a table of records has columns "id" and "vec"',
            detail=f"It has {', '.join(map(str, names)) or 'none'}.",
            hint='Rename them. Metadata is in a column "metadata" of objects or JSON, or else in all other columns.',
        )


def merged(id_: object, others: dict[str, Any], value: Any) -> Any:  # noqa: ANN401
    """Return the value of the column metadata together with those of the other columns.

    Raises:
        exc.ArgError: It is a text that is not JSON.
    """
    if isinstance(value, str):  # JSON text
        try:
            value = json.loads(value)
        except (ValueError, RecursionError) as error:
            raise exc.ArgError(
                f'the metadata of id "{id_}" is not JSON: {error}',
                hint='A column "metadata" holds objects, or their JSON text.',
            ) from error
    elif (
        value is None or type(value).__name__ == "NAType" or value != value
    ):  # missing in a data frame
        value = {}
    return {**others, **value} if isinstance(value, Mapping) else value
