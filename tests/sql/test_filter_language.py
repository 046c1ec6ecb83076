"""The filter language against the plain reading of its specification in filter_spec.py, by chance.

The long run, of 20,000 filters, each on 200 rows:

    VECS_SQL_FILTERS=20000 make test PYTEST_ARGS=tests/sql/test_filter_language.py
"""

from __future__ import annotations

import itertools
import os
import random
from collections import Counter
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

import psycopg
import pytest
from psycopg.types.json import Jsonb, set_json_dumps

from tests.sql.filter_spec import (
    KEYS,
    OPERATORS,
    RANDOM_DIGITS,
    TEXTS,
    Chance,
    kind,
    lower,
    matches,
    written,
)
from tests.sql.support import Connection, column, fill, refused, rows, value
from vecs_sql._layer import registries

pytestmark = pytest.mark.slow

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import Databases

FILTERS = int(os.environ.get("VECS_SQL_FILTERS", "3000"))
A_SEED = 500  # filters, on rows of their own
A_STATEMENT = 100
ROWS = 200
SEED = 20240607  # of the rows and filters that the functions are asked
AGREED = max(100, FILTERS // 40)  # filters that every function is asked

Filter = dict[str, Any]
Metadata = dict[str, Any]


class Case(NamedTuple):
    """A filter and the ids of the rows that it matches, by the specification."""

    filters: Filter
    expected: list[str]


def stored(connection: Connection, chance: Chance) -> dict[str, Metadata]:
    """Make the collection docs, of rows by chance, whose ids filters may name; returns their metadata by id."""
    set_json_dumps(written, connection)
    made: list[Metadata] = []
    for _ in range(ROWS):
        made.append(chance.metadata(made))
    connection.execute("SELECT vecs.create_collection('docs', 2)")
    vectors = random.Random(0)
    ids = fill(connection, "docs", [(vectors.random(), vectors.random()) for _ in made], made)
    chance.ids = ids
    return dict(zip(ids, made, strict=True))


def drawn(chance: Chance, metadata: dict[str, Metadata]) -> Case:
    """A filter by chance; few match no row or every row."""
    while True:
        filters = chance.filters(list(metadata.values()))
        expected = [id_ for id_, one in metadata.items() if matches(one, filters, id_)]
        if 0 < len(expected) < ROWS or chance.may(0.2):
            return Case(filters, expected)


def test_the_server_compares_text_as_the_reading_does(connection: Connection) -> None:
    by_order = "SELECT t.one FROM unnest(%s::text[]) AS t (one) ORDER BY t.one"
    assert column(connection, by_order, [TEXTS]) == sorted(TEXTS)
    in_lower = "SELECT array_agg(lower(t.one)) FROM unnest(%s::text[]) AS t (one)"
    assert value(connection, in_lower, [TEXTS]) == [lower(text) for text in TEXTS]


# --- the predicates


@pytest.mark.parametrize("seed", range(max(1, FILTERS // A_SEED)))
def test_predicates_by_chance(connection: Connection, seed: int) -> None:
    chance = Chance(random.Random(seed))
    metadata = stored(connection, chance)
    operators: Counter[str] = Counter()
    telling = 0
    for _ in range(A_SEED // A_STATEMENT):
        cases = [drawn(chance, metadata) for _ in range(A_STATEMENT)]
        each_found = found_by_sql(connection, [case.filters for case in cases])
        for (filters, expected), found in zip(cases, each_found, strict=True):
            for id_ in set(expected).symmetric_difference(found):
                smallest = difference(connection, filters, metadata[id_], id_)
                pytest.fail(f"seed {seed}:\n{smallest}", pytrace=False)
            telling += 0 < len(expected) < ROWS
            operators.update(key for key in keys(filters) if key.startswith("$"))
    # Else the test says little.
    assert telling > 0.7 * A_SEED
    assert operators.keys() >= {*OPERATORS, *registries.operators()}


def found_by_sql(connection: Connection, filters: list[Filter]) -> list[list[str]]:
    """The ids of the rows that each filter's predicate finds, from one look at the rows."""
    try:
        with connection.transaction():
            predicates = column(
                connection,
                "SELECT vecs.filter_sql(f.one) FROM unnest(%s::jsonb[]) WITH ORDINALITY"
                " AS f (one, number) ORDER BY f.number",
                [[Jsonb(one) for one in filters]],
            )
            each = ", ".join(f"array_agg(d.id) FILTER (WHERE {one})" for one in predicates)
            (found,) = rows(connection, f"SELECT {each} FROM vecs.docs AS d")
            return [ids or [] for ids in found]
    except psycopg.Error as error:
        if len(filters) == 1:
            pytest.fail(f"{error}\nfilter: {written(filters[0])}", pytrace=False)
        half = len(filters) // 2
        return found_by_sql(connection, filters[:half]) + found_by_sql(connection, filters[half:])


def keys(thing: object) -> Iterator[str]:
    """All keys of a JSON value."""
    if isinstance(thing, dict):
        yield from thing
    if isinstance(thing, (dict, list)):
        for below in thing.values() if isinstance(thing, dict) else thing:
            yield from keys(below)


def difference(connection: Connection, filters: Filter, metadata: Metadata, id_: str) -> str:
    """Describe the smallest filter and metadata on which SQL and the plain reading differ."""
    smallest, pairs = (filters, metadata), iter([(filters, metadata)])
    while pair := next((pair for pair in pairs if differ(connection, *pair, id_)), None):
        smallest = pair
        pairs = itertools.chain(
            ((less, pair[1]) for less in smaller(pair[0]) if isinstance(less, dict)),
            ((pair[0], less) for less in smaller(pair[1]) if isinstance(less, dict)),
        )
    expected = matches(smallest[1], smallest[0], id_)
    return (
        f"filter:   {written(smallest[0])}\nid:       {id_}\nmetadata: {written(smallest[1])}\n"
        f"expected: {expected}\ngot:      {not expected}"
    )


def differ(connection: Connection, filters: Filter, metadata: Metadata, id_: str) -> bool:
    """Whether SQL and reading differ; on a filter that the SQL refuses they do not."""
    try:
        with connection.transaction():
            predicate = value(connection, "SELECT vecs.filter_sql(%s)", [Jsonb(filters)])
            row = "(VALUES (%s::text, %s::jsonb)) AS d (id, metadata)"
            asked = f"SELECT count(*) FROM {row} WHERE {predicate.replace('%', '%%')}"
            found = value(connection, asked, [id_, Jsonb(metadata)])
    except psycopg.Error:
        return False
    return bool(found) != matches(metadata, filters, id_)


def smaller(thing: object) -> Iterator[Any]:
    """JSON values like another, with a part less or a plainer one, or with a part in their place."""
    if isinstance(thing, dict):
        for key, below in thing.items():
            yield {other: thing[other] for other in thing if other != key}
            yield from below if isinstance(below, list) else [below]
            yield from (thing | {key: less} for less in smaller(below))
    elif isinstance(thing, list):
        for number, below in enumerate(thing):
            yield thing[:number] + thing[number + 1 :]
            yield from ([*thing[:number], less, *thing[number + 1 :]] for less in smaller(below))
    elif isinstance(thing, str) and len(thing) > 1:
        yield from (thing[: len(thing) // 2], thing[len(thing) // 2 :])
    elif isinstance(thing, Decimal) and thing != 1:
        yield Decimal(1)


# --- the functions that take a filter


class Asked(NamedTuple):
    """A collection docs, with metadata indexes or without, what its rows have, and filters."""

    connection: Connection
    indexed: bool
    metadata: dict[str, Metadata]
    cases: list[Case]


INDEXED = ["k", "j", "", "it's"]


@pytest.fixture(scope="module", params=["plain", "metadata indexes"])
def asked(request: pytest.FixtureRequest, databases: Databases, template: str) -> Iterator[Asked]:
    """With an index on the vectors; with metadata indexes, most conditions are on their keys."""
    indexed = request.param == "metadata indexes"
    url = databases.create(template)
    with psycopg.connect(url, autocommit=True) as connection:
        chance = Chance(random.Random(SEED), [*INDEXED * 3, "n", "a$b"] if indexed else KEYS)
        metadata = stored(connection, chance)
        connection.execute("SELECT vecs.create_index('docs', method => 'hnsw')")
        for key in INDEXED if indexed else []:
            for of_kind in ("value", "time", "pattern"):
                create = "SELECT vecs.create_metadata_index('docs', %s, kind => %s)"
                connection.execute(create, [key, of_kind])
        connection.execute("VACUUM ANALYZE vecs.docs")
        cases = [drawn(chance, metadata) for _ in range(AGREED)]
        yield Asked(connection, indexed, metadata, cases)
    databases.drop(url)


@pytest.fixture(params=["as planned", "by indexes"])
def planned(request: pytest.FixtureRequest, asked: Asked) -> Iterator[Asked]:
    """As the planner likes it, and with bitmaps from indexes where these can serve."""
    with asked.connection.transaction(force_rollback=True):
        if request.param == "by indexes":
            asked.connection.execute("SET LOCAL enable_seqscan = off")
            asked.connection.execute("SET LOCAL enable_indexscan = off")
        yield asked


# The ids that a function finds. What delete() is given must have a condition, if an idle one.
BY_FUNCTION = {
    "query auto": "SELECT id FROM vecs.query('docs', '[1,2]', 500, %s)",
    "query exact": "SELECT id FROM vecs.query('docs', '[1,2]', 500, %s, strategy => 'exact')",
    "query index": "SELECT id FROM vecs.query('docs', '[1,2]', 500, %s, strategy => 'index')",
    "scan": "SELECT id FROM vecs.scan('docs', %s, page_size => 500)",
    "delete": """
        SELECT vecs.delete('docs', filters => jsonb_build_object(
            '$and', jsonb_build_array(%s::jsonb, '{"nowhere": {"$exists": false}}'::jsonb)
        ))
    """,
}


@pytest.mark.parametrize("function", BY_FUNCTION)
def test_functions_find_the_same(planned: Asked, function: str) -> None:
    for filters, expected in planned.cases:
        with planned.connection.transaction(force_rollback=True):
            found = column(planned.connection, BY_FUNCTION[function], [Jsonb(filters)])
        assert sorted(found) == expected, written(filters)


def test_metadata_indexes_take_part(asked: Asked) -> None:
    """Else the other tests say nothing of them."""
    scans = """
        SELECT coalesce(sum(pg_stat_get_xact_numscans(i.indexrelid)), 0)
        FROM pg_stat_user_indexes AS i
        WHERE i.indexrelname LIKE 'ix_metadata_%'
    """
    with asked.connection.transaction(force_rollback=True):
        asked.connection.execute("SET LOCAL enable_seqscan = off")
        for filters, _ in asked.cases:
            asked.connection.execute("SELECT vecs.count_rows('docs', %s)", [Jsonb(filters)])
        used = value(asked.connection, scans)
    assert (used > len(asked.cases) / 10) is asked.indexed


@pytest.mark.parametrize(
    "long",
    [
        RANDOM_DIGITS,
        Decimal(RANDOM_DIGITS[:2000]),
        [RANDOM_DIGITS, Decimal(1)],
        {"x": RANDOM_DIGITS},
    ],
    ids=kind,
)
def test_what_is_too_long_for_an_entry_of_an_index(connection: Connection, long: Any) -> None:  # noqa: ANN401
    set_json_dumps(written, connection)
    connection.execute("SELECT vecs.create_collection('docs', 1)")
    connection.execute("SELECT vecs.create_metadata_index('docs', 'k')")
    values = [long, Decimal(1), "1", "a", [], {}, None]
    fill(connection, "docs", [[1.0]] * len(values), [{"k": one} for one in values])
    for operator, operand in itertools.product(("$eq", "$ne", "$lt", "$gt"), values):
        if isinstance(operand, (str, Decimal)) or operator in ("$eq", "$ne"):
            filters = {"k": {operator: operand}}
            count = value(connection, "SELECT vecs.count_rows('docs', %s)", [Jsonb(filters)])
            assert count == sum(matches({"k": one}, filters) for one in values), written(filters)


def test_a_number_too_long_for_an_entry_of_an_index(connection: Connection) -> None:
    """PostgreSQL refuses a number of so many digits, and nothing is lost."""
    connection.execute("SELECT vecs.create_collection('docs', 1)")
    upsert = "SELECT vecs.upsert('docs', 'a', '[1]', %s)"
    connection.execute(upsert, ['{"k": 1}'])
    connection.execute("SELECT vecs.create_metadata_index('docs', 'k')")
    refused(connection, "54000", upsert, [f'{{"k": {RANDOM_DIGITS}}}'])
    assert value(connection, "SELECT vecs.count_rows('docs', '{\"k\": 1}')") == 1
    for elsewhere in (f'{{"j": {RANDOM_DIGITS}}}', f'{{"k": [{RANDOM_DIGITS}]}}'):
        assert value(connection, upsert, [elsewhere]) == 1


def test_count_rows_counts_the_same(planned: Asked) -> None:
    for filters, expected in planned.cases:
        count = value(planned.connection, "SELECT vecs.count_rows('docs', %s)", [Jsonb(filters)])
        assert count == len(expected), written(filters)


@pytest.mark.parametrize("strategy", ["auto", "exact", "index"])
def test_a_short_query_finds_enough_of_the_same(planned: Asked, strategy: str) -> None:
    query = "SELECT id FROM vecs.query('docs', '[2,1]', 5, %s, strategy => %s)"
    for filters, expected in planned.cases:
        found = column(planned.connection, query, [Jsonb(filters), strategy])
        assert len(found) == min(5, len(expected)), written(filters)
        assert set(found) <= set(expected), written(filters)


def test_pages_of_a_scan_are_the_same(planned: Asked) -> None:
    page = "SELECT id FROM vecs.scan('docs', %s, %s, 30)"
    for filters, expected in planned.cases:
        found: list[str] = []
        while len(found) <= ROWS:
            more = column(planned.connection, page, [Jsonb(filters), found[-1] if found else None])
            found += more
            if len(more) < 30:
                break
        assert found == expected, written(filters)


def test_update_metadata_changes_the_same(planned: Asked) -> None:
    """Each call writes many rows, into all indexes: a part of the filters is enough."""
    update = "SELECT vecs.update_metadata('docs', '{\"new\": 1}', filters => %s)"
    changed = "SELECT d.id FROM vecs.docs AS d WHERE metadata ? 'new' ORDER BY d.id"
    for filters, expected in planned.cases[:50]:
        with planned.connection.transaction(force_rollback=True):
            count = value(planned.connection, update, [Jsonb(filters)])
            assert column(planned.connection, changed) == expected, written(filters)
        assert count == len(expected), written(filters)


def test_matches_says_the_same(asked: Asked) -> None:
    """On a few rows for each filter, which it compiles anew for each of them; a document has no id."""
    chance = random.Random(SEED)
    on_ids = [case.filters for case in asked.cases if "$id" in keys(case.filters)]
    assert on_ids
    for filters in on_ids:
        fault = refused(
            asked.connection, "VS005", "SELECT vecs.matches('{}', %s)", [Jsonb(filters)]
        )
        assert "metadata alone has no id" in (fault.message_primary or "")
    for filters, expected in asked.cases:
        if filters in on_ids:
            continue
        ids = chance.sample(list(asked.metadata), 10)
        said = rows(
            asked.connection,
            "SELECT d.id, vecs.matches(d.metadata, %s) FROM vecs.docs AS d WHERE d.id = ANY (%s)",
            [Jsonb(filters), ids],
        )
        assert dict(said) == {id_: id_ in expected for id_ in ids}, written(filters)
