"""Filters on the columns of an adopted table find what the filter language says of their JSON values."""

from __future__ import annotations

import random
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from psycopg.types.json import Jsonb

from tests.sql.filter_spec import matches
from tests.sql.support import Connection, column, refused, rows, value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import Databases

UUIDS = [f"0000000{n}-0000-4000-8000-00000000000{n}" for n in range(6)]
# Each column's type, and values as JSON has them; the first ones of each list are stored.
TEXTS = ["a", "b", "B", "ab", "it's", "50%", "a_b", "ü", "", "\\"]
FIELDS: dict[str, tuple[str, list[Any]]] = {
    "words": ("text", TEXTS),
    "short": ("varchar(8)", TEXTS),
    "small": ("smallint", [-2, 0, 1, 7, 32767]),
    "whole": ("integer", [-2, 0, 1, 7, 2147483647]),
    "big": ("bigint", [-2, 0, 1, 7, 9223372036854775807]),
    "exact": ("numeric", [-2, 0, Decimal("0.1"), Decimal("7.25"), 10**30]),
    "single": ("real", [-2, 0, Decimal("0.1"), Decimal("7.25"), Decimal("1e30")]),
    "double": ("double precision", [-2, 0, Decimal("0.1"), Decimal("7.25"), Decimal("1e300")]),
    "flag": ("boolean", [True, False]),
    "key": ("uuid", UUIDS),
    "day": ("date", ["2023-12-31", "2024-01-01", "2024-01-02", "2024-02-29"]),
    "moment": ("timestamp", ["2023-12-31T23:59:59", "2024-01-01T00:00:00", "2024-01-01T12:30:00.25"]),
    "list": ("text[]", [["a"], ["a", "b"], ["b", "b"], [], ["it's", "B"]]),
    "numbers": ("integer[]", [[1], [1, 7], [7, 7], [], [-2, 0, 2147483647]]),
    "document": ("jsonb", [{"a": 1}, {"a": {"b": "x"}}, {"a": [1, 2]}, [1], "text", 5, None, True]),
    "pair": ("public.pair", [{"x": 1, "y": "a"}, {"x": 2, "y": None}]),
    "doubled": ("integer", []),
}  # fmt: skip
ROWS = 300
NUMBERS = [-3, -2, 0, Decimal("0.1"), 1, Decimal("1.5"), 7, Decimal("7.25"), 40000, 10**12, 10**30,
           Decimal("1e400"), Decimal("-1e-400")]  # fmt: skip
RANGES = ("$gt", "$gte", "$lt", "$lte")


@pytest.fixture(scope="module")
def adopted(databases: Databases, template: str) -> Iterator[tuple[Connection, dict[str, Any]]]:
    """An adopted table with a column of each type, and its rows' metadata by id."""
    url = databases.create(template)
    chance = random.Random(16)
    with psycopg.connect(url, autocommit=True) as connection:
        definitions = ", ".join(
            f'"{name}" {kind}' for name, (kind, values) in FIELDS.items() if values
        )
        connection.execute("CREATE TYPE public.pair AS (x integer, y text)")
        connection.execute(
            f"CREATE TABLE things (id text PRIMARY KEY, v public.vector(1), metadata jsonb, {definitions},"
            " doubled integer GENERATED ALWAYS AS (whole / 2 * 2) STORED)".encode()
        )
        connection.execute("SELECT vecs.adopt('things')")
        records = []
        for number in range(ROWS):
            metadata: dict[str, Any] = {"n": number % 7, "tags": [number % 3]}
            for name, (_, values) in FIELDS.items():
                if values and chance.random() < 0.8:
                    metadata[name] = chance.choice(values)
            records.append({"id": f"r{number}", "vec": [1], "metadata": metadata})
        connection.execute("SELECT vecs.upsert('things', %s)", [Jsonb(records, dumps=_json)])
        for name, (kind, values) in FIELDS.items():
            if values and kind != "public.pair":
                connection.execute("SELECT vecs.create_metadata_index('things', %s)", [name])
        stored = {}
        for id_, text in rows(
            connection, "SELECT id, metadata::text FROM vecs.scan('things', page_size => 1000)"
        ):
            stored[id_] = _parse(text)
        assert len(stored) == ROWS
        yield connection, stored
    databases.drop(url)


def _json(thing: Any) -> str:  # noqa: ANN401
    from tests.sql.filter_spec import written

    return written(thing)


def _parse(text: str) -> Any:  # noqa: ANN401
    import json

    return json.loads(text, parse_float=Decimal, parse_int=Decimal)


class Chance:
    """Makes filters that are valid for the columns."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def filter(self, depth: int = 2) -> dict[str, Any]:
        choice = self.random.random()
        if depth and choice < 0.35:
            operator = self.random.choice(["$and", "$or", "$nor"])
            return {operator: [self.filter(depth - 1) for _ in range(self.random.randint(1, 4))]}
        if depth and choice < 0.45:
            return {"$not": self.filter(depth - 1)}
        if choice < 0.5:
            return {"n": {"$gte": self.random.randint(0, 7)}}
        if choice < 0.55:
            return {"$id": {"$in": [f"r{self.random.randint(0, 400)}" for _ in range(9)]}}
        name = self.random.choice(list(FIELDS))
        return {name: self.condition(name)}

    def condition(self, name: str) -> Any:  # noqa: ANN401
        kind, values = FIELDS[name]
        pick = self.random.choice
        if self.random.random() < 0.08:
            return {"$exists": pick([True, False])}
        if self.random.random() < 0.05:
            return pick([None, {"$ne": None}, {"$in": [None]}, {"$nin": []}, {"$in": []}])
        if kind.endswith("[]"):
            elements = NUMBERS if kind.startswith("integer") else [*TEXTS, None]
            some = self.random.sample(elements, self.random.randint(0, 3))
            return pick([
                {"$contains": pick(elements)}, {"$any": some}, {"$all": some},
                pick(values), {"$eq": some}, {"$ne": pick(values)},
            ])  # fmt: skip
        if kind in ("jsonb", "public.pair"):
            return pick([
                pick([5, "text", {"$eq": {"a": 1}}, {"$eq": [1]}, True, 1]),
                {"a": pick([1, "x", {"$gt": 0}, {"b": "x"}, {"$contains": 2}, {"$exists": True}])},
                {"x": pick([1, 2, {"$gte": 2}])}, {"y": pick([None, "a", {"$like": "a%"}])},
                {"$in": [5, "text"]}, {"$ne": 5}, {"$contains": 1},
            ])  # fmt: skip
        known: dict[str, list[Any]] = {
            "boolean": [True, False],
            "uuid": UUIDS,
            "text": [*TEXTS, "c", "A"],
            "varchar(8)": [*TEXTS, "c", "A much longer text"],
            "date": [*values, "2024-01-15"],
            "timestamp": [*values, "2024-01-01T12:00:00"],
        }
        operands = known.get(kind, NUMBERS)
        if kind in ("date", "timestamp"):
            operands = [{"$time": one} for one in operands]
        if kind in ("text", "varchar(8)", "uuid") and self.random.random() < 0.3:
            pattern = pick(["a%", "%b", "_", "%'%", "0000%", "A%", "\\%", "50\\%"])
            return pick(
                [
                    {"$like": pattern},
                    {"$ilike": pattern},
                    {"$startswith": pick(["a", "50%", "0", ""])},
                ]
            )
        some = self.random.sample(operands, self.random.randint(0, min(4, len(operands))))
        return pick([
            {"$eq": pick(operands)}, {"$ne": pick(operands)}, {"$in": some}, {"$nin": some},
            {pick(RANGES): pick(operands)}, {pick(RANGES): pick(operands), "$lt": pick(operands)},
            {"$between": [pick(operands), pick(operands)]}, {"$not": {"$lte": pick(operands)}},
        ])  # fmt: skip


@pytest.mark.parametrize("seed", range(10))
def test_random_filters(adopted: tuple[Connection, dict[str, Any]], seed: int) -> None:
    connection, stored = adopted
    chance = Chance(seed)
    for _ in range(40):
        filters = chance.filter()
        expected = {id_ for id_, metadata in stored.items() if matches(metadata, filters, id_)}
        given = Jsonb(filters, dumps=_json)
        found = column(
            connection, "SELECT id FROM vecs.scan('things', %s, page_size => 1000)", [given]
        )
        assert set(found) == expected, _json(filters)
        found = column(connection, "SELECT id FROM vecs.query('things', '[1]', 1000, %s)", [given])
        assert set(found) == expected, _json(filters)


@pytest.mark.parametrize(
    ("filters", "message"),
    [
        ({"whole": "x"}, 'invalid operand of operator "$eq" at "whole": type integer cannot read "x"'),
        ({"whole": True}, 'invalid operand of operator "$eq" at "whole": type integer cannot read a JSON boolean'),
        ({"words": 5}, 'invalid operand of operator "$eq" at "words": type text cannot read a JSON number'),
        ({"words": [1]}, 'invalid operand of operator "$eq" at "words": type text cannot read a JSON array'),
        ({"flag": {"$in": [True, 1]}},
         'invalid operand of operator "$in" at "flag.$in": type boolean cannot read a JSON number'),
        ({"day": {"$gt": "May"}}, 'invalid operand of operator "$gt" at "day.$gt": type date cannot read "May"'),
        ({"key": "x"}, 'invalid operand of operator "$eq" at "key": type uuid cannot read "x"'),
        ({"list": {"$any": ["a", 1]}},
         'invalid operand of operator "$any" at "list.$any": type text cannot read a JSON number'),
        ({"whole": {"$contains": 1}},
         'operator "$contains" does not apply to a column of type integer, at "whole.$contains"'),
        ({"whole": {"$like": "1%"}}, 'operator "$like" does not apply to a column of type integer, at "whole.$like"'),
        ({"whole": {"k": 1}}, 'field "whole" is a column of type integer and has no keys, at "whole.k"'),
        ({"$or": [{"n": 1}, {"day": {"$lt": 5}}]},
         'invalid operand of operator "$lt" at "$or[1].day.$lt": type date cannot read a JSON number'),
    ],
)  # fmt: skip
def test_what_a_column_cannot_read(
    adopted: tuple[Connection, dict[str, Any]], filters: dict[str, Any], message: str
) -> None:
    connection, _ = adopted
    said = refused(connection, "VS005", "SELECT vecs.count_rows('things', %s)", [Jsonb(filters)])
    assert said.message_primary == message
    refused(
        connection, "VS005", "SELECT * FROM vecs.query('things', '[1]', 5, %s)", [Jsonb(filters)]
    )
    refused(connection, "VS005", "SELECT vecs.explain('things', '[1]', 5, %s)", [Jsonb(filters)])


def test_a_key_that_is_no_field(connection: Connection) -> None:
    connection.execute("""
        CREATE TABLE t (id int PRIMARY KEY, year int, title text, v public.vector(1));
        SELECT vecs.adopt('t');
    """)
    said = refused(connection, "VS005", "SELECT vecs.count_rows('t', '{\"yeer\": 5}')")
    assert said.message_primary == 'unknown field "yeer" at "yeer"'
    assert said.message_hint == 'Did you mean "year"? The fields are title, year.'


def test_types_with_an_order_or_an_equality_of_their_own(connection: Connection) -> None:
    connection.execute("""
        CREATE EXTENSION IF NOT EXISTS citext SCHEMA public;
        CREATE TYPE public.mood AS ENUM ('sad', 'ok', 'happy');
        CREATE DOMAIN public.price AS numeric CHECK (VALUE >= 0);
        CREATE TABLE t (
            id int PRIMARY KEY, m public.mood, c citext, f char(4), z timestamptz, p public.price,
            r real, i interval, moods public.mood[], v public.vector(1)
        );
        INSERT INTO t VALUES
            (1, 'sad', 'Anna', 'a', '2024-01-01 00:00+00', 1, 'NaN', '1 day', '{sad}', '[1]'),
            (2, 'ok', 'bert', 'b', '2024-01-01 12:00+02', 2, 'Infinity', '1 hour', '{sad,ok}', '[1]'),
            (3, 'happy', 'ANNA', 'ab', '2024-01-02 00:00+00', 3, 1.5, '1 day', NULL, '[1]');
        SELECT vecs.adopt('t');
    """)
    for filters, expected in (
        ({"m": {"$gt": "sad"}}, [2, 3]),
        ({"m": {"$in": ["happy", "sad"]}}, [1, 3]),
        ({"m": {"$startswith": "h"}}, [3]),
        ({"c": "anna"}, [1, 3]),
        ({"c": {"$in": ["anna"]}}, [1, 3]),
        ({"c": {"$ne": "anna"}}, [2]),
        ({"c": {"$gte": "B"}}, [2]),
        ({"c": {"$like": "an%"}}, [1, 3]),
        ({"c": {"$startswith": "AN"}}, [1, 3]),
        ({"f": "a"}, [1]),
        ({"f": {"$in": ["a", "ab"]}}, [1, 3]),
        ({"f": {"$startswith": "a"}}, [1, 3]),
        ({"z": "2024-01-01T10:00:00"}, [2]),
        ({"z": {"$lte": "2024-01-01T12:00:00+02:00"}}, [1, 2]),
        ({"z": {"$in": ["2024-01-02", {"$time": "2024-01-01"}]}}, [1, 3]),
        ({"p": {"$between": [1.5, 3]}}, [2, 3]),
        ({"r": {"$gt": 1}}, [2, 3]),
        ({"r": {"$lte": 2}}, [3]),
        ({"r": {"$not": {"$gt": 1}}}, [1]),
        ({"i": "1 day"}, [1, 3]),
        ({"moods": {"$contains": "ok"}}, [2]),
        ({"moods": {"$all": ["sad"]}}, [1, 2]),
        ({"$or": [{"m": {"$gt": "ok"}} for _ in range(30)]}, [3]),
        ({"$or": [{"m": {"$gt": "ok"}}, {"m": {"$gt": "happy"}}] * 15}, [3]),
    ):
        assert (
            column(connection, "SELECT id::integer FROM vecs.scan('t', %s)", [Jsonb(filters)])
            == expected
        ), filters
    refused(connection, "VS005", "SELECT vecs.count_rows('t', '{\"m\": \"angry\"}')")
    assert value(connection, 'SELECT vecs.count_rows(\'t\', \'{"z": {"$gt": "2023-01-01"}}\')') == 3
