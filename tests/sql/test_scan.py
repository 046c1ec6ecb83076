"""scan: pages in the order of the ids, by the primary key's index."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from psycopg.types.json import Jsonb

from tests.sql.support import Connection, column, fill, refused, rows, watch

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import Databases

IDS = [
    "", " ", "a", "A", "b", "B", "ab", "Ab", "a b", "a-b", "a_b", "é", "e\u0301", "z", "Z", "ä", "1",
    "10", "2", "it's", "%s", "$1", "back\\slash", "🐘", "я", "x" * 2000, "x" * 2000 + "y", "NULL",
]  # fmt: skip


@pytest.fixture(params=["vector", "halfvec"])
def docs(connection: Connection, request: pytest.FixtureRequest) -> Connection:
    """A connection with the collection docs, of two dimensions."""
    connection.execute("SELECT vecs.create_collection('docs', 2, %s)", [request.param])
    return connection


def pages(
    connection: Connection, page_size: int | None, filters: object = None, after: str | None = None
) -> Iterator[list[str]]:
    """The ids of each page, to the first that is not full."""
    page = "SELECT id FROM vecs.scan('docs', %s, %s, %s)"
    while True:
        found = column(
            connection, page, [None if filters is None else Jsonb(filters), after, page_size]
        )
        assert after not in found
        yield found
        if len(found) < (100 if page_size is None else page_size):
            return
        after = found[-1]


def test_gives_what_fetch_gives(docs: Connection) -> None:
    metadata = [{"n": n, "text": "it's \\ 🐘"} for n in range(5)]
    ids = fill(docs, "docs", [[n, 0.5] for n in range(5)], metadata)
    scanned = rows(docs, "SELECT id, vec, metadata FROM vecs.scan('docs')")
    assert scanned == rows(docs, "SELECT id, vec, metadata FROM vecs.fetch('docs', %s)", [ids])
    assert scanned[3] == ("r00003", "[3,0.5]", metadata[3])
    kinds = "SELECT DISTINCT pg_typeof(id)::text, pg_typeof(vec)::text FROM vecs.scan('docs')"
    assert rows(docs, kinds) == [("text", "vector")]


def test_no_rows(docs: Connection) -> None:
    assert rows(docs, "SELECT * FROM vecs.scan('docs')") == []
    assert rows(docs, "SELECT * FROM vecs.scan('docs', after => 'a')") == []


@pytest.mark.parametrize("collation", [None, "POSIX", "pg_unicode_fast"])
def test_pages_follow_the_collation_of_the_column(
    connection: Connection, collation: str | None
) -> None:
    connection.execute("SELECT vecs.create_collection('docs', 1)")
    if collation is not None:
        connection.execute(f'ALTER TABLE vecs.docs ALTER id TYPE varchar COLLATE "{collation}"')
    connection.execute("SELECT vecs.upsert_many('docs', %s, %s)", [IDS, ["[1]"] * len(IDS)])
    ordered = column(connection, "SELECT id FROM vecs.docs ORDER BY id")
    for page_size in (1, 2, 3, 7, len(IDS) - 1, len(IDS), len(IDS) + 1, 2**31 - 1):
        found = list(pages(connection, page_size))
        assert [id_ for page in found for id_ in page] == ordered, page_size
        assert {len(page) for page in found[:-1]} <= {page_size}
    for after in [*IDS, "aa", "no such id", "x" * 1999, "zz", "\U0010ffff"]:
        rest = column(
            connection, "SELECT id FROM vecs.docs WHERE id > %s ORDER BY id LIMIT 3", [after]
        )
        # The collation of the argument, which the caller may have set, is not that of the order.
        for collate in ("", ' COLLATE "C"', ' COLLATE "pg_c_utf8"'):
            page = f"SELECT id FROM vecs.scan('docs', after => %s{collate}, page_size => 3)"
            assert column(connection, page, [after]) == rest


def test_page_size(docs: Connection) -> None:
    ids = fill(docs, "docs", [[n, 1] for n in range(250)])
    assert [len(page) for page in pages(docs, None)] == [100, 100, 50]
    assert column(docs, "SELECT id FROM vecs.scan('docs')") == ids[:100]
    assert column(docs, "SELECT id FROM vecs.scan('docs', page_size => 1)") == ids[:1]
    assert column(docs, "SELECT id FROM vecs.scan('docs', page_size => 1000)") == ids
    for page_size in (0, -1, -(2**31)):
        said = refused(docs, "VS001", "SELECT vecs.scan('docs', page_size => %s)", [page_size])
        assert said.message_primary == f"page_size must be at least 1, not {page_size}"


def test_filters(docs: Connection) -> None:
    ids = fill(
        docs, "docs", [[n, 1] for n in range(90)], [{"n": n, "odd": n % 2} for n in range(90)]
    )
    assert list(pages(docs, 20, {"odd": 1})) == [ids[1:40:2], ids[41:80:2], ids[81::2]]
    assert list(pages(docs, 3, {"$or": [{"n": 5}, {"n": 2}, {"n": 80}]}, "r00003")) == [
        ["r00005", "r00080"]
    ]
    assert list(pages(docs, None, {"n": {"$lt": 0}})) == [[]]
    assert column(docs, "SELECT id FROM vecs.scan('docs', NULL, NULL, NULL)") == ids
    assert column(docs, "SELECT id FROM vecs.scan('docs', '{}')") == ids
    for filters in ("[]", "null", "5", '{"$or": []}', '{"a": {"$eg": 1}}'):
        refused(docs, "VS005", "SELECT vecs.scan('docs', %s)", [filters])


def test_arguments(docs: Connection) -> None:
    fill(docs, "docs", [[n, 1] for n in range(9)], [{"n": n} for n in range(9)])
    named = (
        "SELECT id FROM vecs.scan(page_size => 2, after => 'r00003',"
        " filters => '{\"n\": {\"$ne\": 5}}', collection => 'docs')"
    )
    assert column(docs, named) == ["r00004", "r00006"]
    assert column(docs, "SELECT id FROM vecs.scan('docs', '{\"n\": 7}', 'r', 5)") == ["r00007"]
    assert column(docs, "SELECT id FROM vecs.scan('docs', '{}', '', 1)") == ["r00000"]
    refused(docs, "VS001", "SELECT vecs.scan(NULL)")
    refused(docs, "VS002", "SELECT vecs.scan('nothing')")


def test_rows_that_come_and_go_between_the_pages(docs: Connection) -> None:
    """Those that are there throughout come once each."""
    ids = fill(docs, "docs", [[n, 1] for n in range(40)])
    found = []
    for page in pages(docs, 5):
        found += page
        docs.execute("SELECT vecs.delete('docs', %s)", [page[-1:]])
        docs.execute("SELECT vecs.upsert('docs', %s, '[1,2]')", [f"r{len(found):05}-new"])
        docs.execute("SELECT vecs.upsert('docs', %s, '[3,4]')", [ids[0]])
        docs.execute("SELECT vecs.update_metadata('docs', '{\"k\": 1}', filters => '{}')")
    assert sorted(found) == found
    assert set(ids) <= set(found)
    assert len(set(found)) == len(found)


@pytest.fixture(scope="module")
def big(databases: Databases, template: str) -> Iterator[Connection]:
    """A superuser's connection to a database with a collection of 60,000 rows, which tells the plans it runs."""
    url = databases.create(template)
    with databases.admin(databases.name(url)) as admin:
        admin.execute("LOAD 'auto_explain'")
        admin.execute("SELECT vecs.create_collection('docs', 2)")
        admin.execute("""
            SELECT vecs.upsert_many(
                'docs', array_agg('id' || n ORDER BY md5(n::text)), array_agg('[1,2]'::vector),
                jsonb_agg(jsonb_build_object('n', n))
            )
            FROM generate_series(1, 60000) AS n
        """)
        admin.execute("SET auto_explain.log_nested_statements = on")
        admin.execute("SET auto_explain.log_analyze = on")
        admin.execute("SET auto_explain.log_timing = off")
        admin.execute("SET client_min_messages = log")
        yield admin
    databases.drop(url)


def plan_of(connection: Connection, statement: str, parameters: list[str | None]) -> str:
    """The plan of the statement that scan runs inside."""
    notices = watch(connection)
    connection.execute("SET auto_explain.log_min_duration = 0")
    rows(connection, statement, parameters)
    connection.execute("RESET auto_explain.log_min_duration")
    (plan,) = [notice.message for notice in notices if "FROM vecs.docs AS t" in notice.message]
    return plan


@pytest.mark.parametrize("analyzed", [False, True])
@pytest.mark.parametrize("filters", [None, "{}", '{"n": {"$gt": 100}}'])
@pytest.mark.parametrize("after", [None, "id1", "id5", "id59999", "id8", "zzz"])
def test_a_page_is_read_from_the_primary_keys_index(
    big: Connection, analyzed: bool, filters: str | None, after: str | None
) -> None:
    if analyzed:
        big.execute("ANALYZE vecs.docs")
    plan = plan_of(big, "SELECT id FROM vecs.scan('docs', %s, %s)", [filters, after])
    assert "Index Scan using docs_pkey" in plan
    assert ("Index Cond: ((id)::text >" in plan) is (after is not None)
    assert "Sort" not in plan
    # Not more than the page is read, and what the filter leaves out on the way: it does not begin at the front.
    (read,) = re.findall(r"Index Scan using docs_pkey .*\(actual rows=(\d+)", plan)
    assert int(read) == (0 if after == "zzz" else 100)
    passed = re.findall(r"Rows Removed by Filter: (\d+)", plan)
    assert sum(map(int, passed)) <= (100 if filters else 0)


def test_the_index_serves_another_collation_too(big: Connection) -> None:
    with big.transaction(force_rollback=True):
        big.execute('ALTER TABLE vecs.docs ALTER id TYPE varchar COLLATE "POSIX"')
        page = "SELECT id FROM vecs.scan('docs', after => %s COLLATE \"pg_unicode_fast\")"
        plan = plan_of(big, page, ["id5"])
    assert "Index Scan using docs_pkey" in plan
    assert "Index Cond: ((id)::text > 'id5'::text)" in plan
    assert "Sort" not in plan


def test_a_filter_of_few_rows_is_served_by_its_index(big: Connection) -> None:
    big.execute("ANALYZE vecs.docs")
    plan = plan_of(big, "SELECT id FROM vecs.scan('docs', %s, %s)", ['{"n": 5}', None])
    assert "Bitmap Index Scan on docs_metadata_idx" in plan
