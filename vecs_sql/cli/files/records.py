"""Records out of rows: which part of a row is its id, vector or text, and metadata."""

from __future__ import annotations

import itertools
import json
import math
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from vecs_sql import exc
from vecs_sql._protocol.arguments import ElementType
from vecs_sql._protocol.metadata import HINTS, unstorable

HINT = (
    'A row has "id" and "vec", and its metadata in "metadata" or in all else; '
    "--id, --vec, --metadata and --text name other columns."
)


@dataclass(frozen=True)
class Names:
    """The names of the parts of a row: each a key, or a path of keys and numbers such as body.data[0].embedding.

    Attributes:
        id: The id.
        vec: The vector.
        metadata: An object of metadata; what else a row has is metadata, too.
        text: The text to embed.
        drop: What is left out.
        nan_is_null: NaN and infinity in the metadata are null.
    """

    id: str = "id"
    vec: str = "vec"
    metadata: str = "metadata"
    text: str | None = None
    drop: tuple[str, ...] = ()
    nan_is_null: bool = False


class Rows:
    """The rows of a file as dicts, read anew each time.

    Attributes:
        num_rows: How many there are, where that is known without reading them.
        element_type: vector or halfvec, where the file says it.
        columns: The names of a table's columns, once it is read; a row has those that are not empty.
    """

    columns: Sequence[str] = ()

    def __init__(
        self,
        count: int | None,
        read: Callable[[], Iterator[dict[str, Any]]],
        element_type: ElementType | None = None,
    ) -> None:
        self._read = read
        self.element_type = element_type
        if count is not None:
            self.num_rows = count

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return self._read()


class Records:
    """The records (id, vector or text, metadata) of the rows of a file.

    Attributes:
        embeds: Whether they have texts, not vectors. Where that is None, the first row says it when it is read.
        element_type: As that of the rows.
    """

    def __init__(self, rows: Rows, names: Names, embeds: bool | None) -> None:
        self._rows, self._names, self.embeds = rows, names, embeds
        self._by_first_row = embeds is None and names.text is not None
        self.element_type = rows.element_type
        if hasattr(rows, "num_rows"):
            self.num_rows = rows.num_rows

    def __iter__(self) -> Iterator[tuple[Any, Any, Any]]:
        for number, row in enumerate(self._rows, 1):
            yield self._record(row, number)

    def _record(self, row: dict[str, Any], number: int) -> tuple[Any, Any, Any]:
        names = self._names
        for container, key in _way(row, names.metadata)[-1:]:
            if isinstance(container[key], str):
                container[key] = _unpacked(container[key], f"row {number}")
        id_, vec = _find(row, names.id), _find(row, names.vec)
        if id_ in (None, ""):
            self._check_empty(number, row, names.id)
            raise _missing(f'row {number} has no "{names.id}"', "id", row)
        whose = f'row {number} (id "{id_}")'
        found = _find(row, names.metadata)
        metadata = {} if found is None else found
        if not isinstance(metadata, dict):
            raise exc.ArgError(f"{whose}: its metadata is no JSON object", hint=HINT)
        text = None
        if names.text is not None:
            text = _find(row, names.text) or _find(metadata, names.text)
        if self.embeds is None:
            self.embeds = names.text is not None and vec is None
        elif self._by_first_row and text is not None and self.embeds != (vec is None):
            this, first = ("a vector", "none") if self.embeds else ("no vector", "some")
            raise exc.ArgError(
                f"{whose} has {this}, and the rows before it have {first}",
                hint=f"--embed {names.text} embeds the text of each row and leaves out the vectors; "
                "or load the rows with vectors and those without from two files.",
            )
        if self.embeds and not isinstance(text, str):
            self._check_empty(number, row, str(names.text))
            raise _missing(f'{whose} has no text "{names.text}"', "text", row)
        if not self.embeds and vec is None:
            self._check_empty(number, row, names.vec)
            raise _missing(f'{whose} has no vector "{names.vec}"', "vec", row)
        if self.embeds and (what := unstorable(str(text))):
            # Before the time that embedding takes; what is stored is looked at when it is written.
            raise exc.ArgError(
                f"{whose}: its text cannot be stored: it has {what}", hint=HINTS[what]
            )
        for name in (names.id, names.vec, *names.drop):
            _take(row, name)
        _take(row, names.metadata)
        metadata = {**row, **metadata}
        for name in names.drop:
            _take(metadata, name)
        if names.nan_is_null:
            metadata = _without_nan(metadata)
        return id_, text if self.embeds else _vector(vec, whose), metadata

    def _check_empty(self, number: int, row: dict[str, Any], name: str) -> None:
        """Refuse a row with an empty column; a row without that column gets another error."""
        if _find(row, name) in (None, "") and (name in self._rows.columns or _way(row, name)):
            raise exc.ArgError(
                f'row {number}: the column "{name}" is empty', hint="Fill it, or leave out the row."
            )


def _missing(what: str, option: str, row: dict[str, Any]) -> exc.ArgError:
    leaves = dict(itertools.islice(_leaves(row), 40))
    likely = [name for name, value in leaves.items() if _looks_like_a_vector(value)]
    hint = f"--{option} NAME names another column."
    if option == "vec":
        hint = f"--vec {likely[0] if likely else 'NAME'} names another column, --text NAME one of texts to embed."
    return exc.ArgError(what, detail=f"Its columns are {', '.join(leaves) or 'none'}.", hint=hint)


def _looks_like_a_vector(value: object) -> bool:
    if isinstance(value, str):
        return re.match(r"\s*[\[{]\s*-?[0-9.]+([eE][-+]?\d+)?[\s,]", value) is not None
    return (
        isinstance(value, (list, np.ndarray))
        and len(value) > 1
        and isinstance(value[0], (int, float, np.number))
    )


def _leaves(row: dict[str, Any], before: str = "", deep: int = 4) -> Iterator[tuple[str, Any]]:
    """Yield the columns of a row by the names that --id and --vec take, those within objects too."""
    for key, value in row.items():
        if isinstance(value, dict) and value and deep:
            yield from _leaves(value, f"{before}{key}.", deep - 1)
        elif isinstance(value, list) and value and isinstance(value[0], dict) and deep:
            yield from _leaves(value[0], f"{before}{key}[0].", deep - 1)
        else:
            yield f"{before}{key}", value


def _way(row: dict[str, Any], name: str) -> list[tuple[Any, Any]]:
    """Return the steps to what has that name, each a container and a key or number in it; none where there is none."""
    if name in row:  # a dot may be a plain character of a column's name
        return [(row, name)]
    found: Any = row
    way: list[tuple[Any, Any]] = []
    for step in re.findall(r"[^.\[\]]+", name):
        key: Any = step
        if isinstance(found, list) and step.isdecimal() and int(step) < len(found):
            key = int(step)
        elif not isinstance(found, dict) or step not in found:
            return []
        way.append((found, key))
        found = found[key]
    return way


def _find(row: dict[str, Any], name: str) -> Any:  # noqa: ANN401
    way = _way(row, name)
    return way[-1][0][way[-1][1]] if way else None


def _take(row: dict[str, Any], name: str) -> None:
    """Remove what has that name, and the objects that held nothing else."""
    for number, (container, key) in enumerate(reversed(_way(row, name))):
        if number and container[key]:
            return
        del container[key]


def _unpacked(text: str, whose: str) -> Any:  # noqa: ANN401
    """Read metadata that is JSON text."""
    try:
        return json.loads(text) if text.strip() else None
    except (ValueError, RecursionError) as error:
        raise exc.ArgError(f"{whose}: its metadata is not JSON: {error}", hint=HINT) from error


def _vector(value: Any, whose: str) -> Any:  # noqa: ANN401
    """Return a vector; one that is text, as PostgreSQL, REST, pandas and numpy print them, as a list."""
    if not isinstance(value, str) or value.strip()[:1] not in ("[", "{"):
        return value
    text = value.strip()
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        pass
    try:
        return [float(number) for number in re.split(r"[,\s]+", text[1:-1].strip(", \n"))]
    except ValueError as error:
        raise exc.ArgError(
            f"{whose}: its vector cannot be read: {error}",
            hint="A vector is a list of numbers, or such a text: [0.1, 0.2, 0.3].",
        ) from error


def _without_nan(value: Any) -> Any:  # noqa: ANN401
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _without_nan(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_without_nan(part) for part in value]
    return value
