"""Instants: which strings are one, whatever the session's settings are, and that none is an error."""

from __future__ import annotations

import random

import pytest
from psycopg.types.json import Jsonb

from tests.sql.filter_spec import instant
from tests.sql.support import Connection, column, value

# Each with what it is in UTC, or None.
READ = {
    "2024-05-31": "2024-05-31T00:00:00",
    "2024-05-31T09:00": "2024-05-31T09:00:00",
    "2024-05-31T09:00:00": "2024-05-31T09:00:00",
    "2024-05-31 09:00:00": "2024-05-31T09:00:00",
    "2024-05-31t09:00:00z": "2024-05-31T09:00:00",
    "2024-05-31T09:00Z": "2024-05-31T09:00:00",
    "2024-05-31T09:00:00+02:00": "2024-05-31T07:00:00",
    "2024-05-31T09:00:00+0200": "2024-05-31T07:00:00",
    "2024-05-31T09:00:00+02": "2024-05-31T07:00:00",
    "2024-05-31T09:00-05:30": "2024-05-31T14:30:00",
    "2024-05-31T00:30:00+01:00": "2024-05-30T23:30:00",
    "2024-05-31T09:00:00+00:19:32": "2024-05-31T08:40:28",
    "2024-05-31T09:00:00-00:00": "2024-05-31T09:00:00",
    "2024-05-31T09:00:00+15:59": "2024-05-30T17:01:00",
    "2024-05-31T09:00:00.5Z": "2024-05-31T09:00:00.5",
    "2024-05-31T09:00:00,25": "2024-05-31T09:00:00.25",
    "2024-05-31T09:00:00.123456789+02:00": "2024-05-31T07:00:00.123456",
    "2024-12-31T23:59:59.9999999Z": "2024-12-31T23:59:59.999999",
    "2024-05-31T09:00:00." + "0" * 1000 + "1": "2024-05-31T09:00:00",
    "2024-12-31T24:00": "2025-01-01T00:00:00",
    "2024-12-31T24:00:00.000Z": "2025-01-01T00:00:00",
    "2024-06-30T23:59:60Z": "2024-07-01T00:00:00",
    "2024-06-30T23:59:60.5Z": "2024-07-01T00:00:00.5",
    "2024-02-29": "2024-02-29T00:00:00",
    "2000-02-29": "2000-02-29T00:00:00",
    "0001-01-01": "0001-01-01T00:00:00",
    "0001-01-01T00:00:00+14:00": "0001-12-31T10:00:00 BC",
    "9999-12-31T23:59:59.999999Z": "9999-12-31T23:59:59.999999",
    "9999-12-31T24:00": "10000-01-01T00:00:00",
    **dict.fromkeys(
        [
            "", " ", "now", "today", "infinity", "-infinity", "epoch", "allballs", "soon", "5", "20240531",
            "2024", "2024-05", "2024-5-31", "24-05-31", "2024-00-01", "2024-13-01", "2024-05-00", "2024-05-32",
            "2024-02-30", "2023-02-29", "1900-02-29", "2100-02-29", "2024-04-31", "0000-01-01", "0000-02-29",
            "10000-01-01", "+10000-01-01", "-0001-01-01", "2024-05-31T", "2024-05-31T09", "2024-05-31T9:00",
            "2024-05-31T25:00", "2024-05-31T24:01", "2024-05-31T24:00:00.1", "2024-05-31T24:00:60",
            "2024-05-31T09:60", "2024-05-31T09:00:61", "2024-05-31T09:00:00.", "2024-05-31T09:00.5",
            "2024-05-31T09:00:00+", "2024-05-31T09:00:00+2", "2024-05-31T09:00:00+02:", "2024-05-31T09:00:00+16:00",
            "2024-05-31T09:00:00+02:60", "2024-05-31T09:00:00+020000", "2024-05-31T09:00:00 +02:00",
            "2024-05-31T09:00:00ZZ", "2024-05-31Z", "2024-05-31+02:00", "2024-05-31T09:00:00 UTC",
            "2024-05-31T09:00:00 America/New_York", "2024-05-31 09:00:00 BC", "2024-05-31  09:00", " 2024-05-31",
            "2024-05-31 ", "2024-05-31\n", "x\n2024-05-31", "2024-05-31\n2024-05-31", "20240531T090000Z",
            "2024-W22-5", "2024-152", "31.05.2024", "05/31/2024", "2024/05/31", "٢٠٢٤-05-31", "２０２４-05-31",
            "2024-05-31T09:00:00\u221202:00", "x" * 100_000, "2024-05-31T09:00:00.5.5", "P1D",
        ]
    ),
}  # fmt: skip

SETTINGS = [
    "SET LOCAL TimeZone = 'UTC'",
    "SET LOCAL TimeZone = 'America/New_York'; SET LOCAL DateStyle = 'SQL, DMY'",
    "SET LOCAL TimeZone = 'Asia/Kolkata'; SET LOCAL DateStyle = 'German'; SET LOCAL IntervalStyle = 'sql_standard'",
    "SET LOCAL timezone_abbreviations = 'Australia'; SET LOCAL DateStyle = 'Postgres, YMD'",
    "SET LOCAL standard_conforming_strings = off; SET LOCAL quote_all_identifiers = on",
    # Zones that a session makes itself, by the names that others have.
    "SET LOCAL TimeZone = 'UTC+5'",
    "SET LOCAL TimeZone = '<Z>5'",
    "SET LOCAL TimeZone = '<UTC>-3'",
]


@pytest.mark.parametrize("settings", SETTINGS)
def test_what_is_an_instant(connection: Connection, settings: str) -> None:
    connection.execute(settings.encode())
    said = "SELECT to_jsonb(vecs._instant(t.one)) #>> '{}' FROM unnest(%s::text[]) AS t (one)"
    assert dict(zip(READ, column(connection, said, [list(READ)]), strict=True)) == READ
    assert [instant(text) is None for text in READ] == [read is None for read in READ.values()]
    # In a filter: as an operand, where it stands in a list, and stored.
    for text, read in READ.items():
        filters = Jsonb({"at": {"$gte": {"$time": "0001-01-01T00:00:00+15:00"}, "$exists": True}})
        matched = value(connection, "SELECT vecs.matches(%s, %s)", [Jsonb({"at": text}), filters])
        assert matched is (read is not None), text
        if read is not None and len(text) < 100:
            for operand in ({"$eq": {"$time": text}}, {"$in": [{"$time": text}]}, {"$time": text}):
                asked = [Jsonb({"at": read + "Z"}), Jsonb({"at": operand})]
                known = value(connection, "SELECT vecs.matches(%s, %s)", asked)
                assert known is (instant(read + "Z") is not None), text


def test_no_text_is_an_error(connection: Connection) -> None:
    """Each as the independent reading has it, among texts that nearly are one."""
    chance = random.Random(7)
    choice = chance.choice

    def text() -> str:
        year = choice([chance.randrange(10_000), 0, 1, 1900, 2000, 2023, 2024, 9999])
        made = f"{year:04}-{choice([chance.randrange(14), 2]):02}-{choice([*range(33), 28, 29, 30, 31]):02}"
        if chance.random() < 0.9:
            made += (
                choice("TTt ") + f"{choice([*range(26), 0, 23, 24]):02}:{choice([0, 59, 60, 7]):02}"
            )
            made += choice(["", ":00", ":59", ":60", ":61", ":07"])
            made += choice(["", "", ".", ".0", ",5", ".999999", ".9999995", "." + "9" * 200])
            made += choice(
                ["", "Z", "z", "+00", "-0930", "+05:45", "+15:59:59", "-15:59", "+16", "+02:", " "]
            )
        if chance.random() < 0.1:
            at = chance.randrange(len(made))
            made = (
                made[:at]
                + choice(["", "0", "-", ":", " ", "T", "\n", "é", "٣"])
                + made[at + choice([0, 1]) :]
            )
        return made

    texts = [text() for _ in range(20_000)]
    connection.execute("SET LOCAL TimeZone = 'America/New_York'; SET LOCAL DateStyle = 'SQL, DMY'")
    of_year_1 = "extract(epoch FROM vecs._instant(t.one) - timestamp '0001-01-01')"
    said = f"SELECT ({of_year_1} * 1000000)::bigint FROM unnest(%s::text[]) AS t (one)"
    found = column(connection, said, [texts])
    day = 86_400 * 10**6
    expected = [None if (one := instant(text)) is None else one - day for text in texts]
    assert dict(zip(texts, found, strict=True)) == dict(zip(texts, expected, strict=True))
    assert 2_000 < sum(one is not None for one in found) < 18_000


def test_it_can_stand_in_an_index(connection: Connection) -> None:
    kind = "SELECT (provolatile, proparallel)::text FROM pg_proc WHERE oid = 'vecs._instant(text)'::regprocedure"
    assert value(connection, kind) == "(i,s)"
    assert value(connection, "SELECT vecs._instant(NULL)") is None
    connection.execute("SELECT vecs.create_collection('docs', 1)")
    connection.execute("CREATE INDEX ON vecs.docs (vecs._instant(metadata ->> 'at'))")
    predicate = value(
        connection, "SELECT vecs.filter_sql(%s)", [Jsonb({"at": {"$gt": {"$time": "2024-05-31"}}})]
    )
    connection.execute(f"CREATE INDEX ON vecs.docs (id) WHERE {predicate}".encode())


def test_a_parallel_worker_can_read_them(connection: Connection) -> None:
    connection.execute(
        "CREATE TABLE times AS SELECT '2024-02-30'::text AS one FROM generate_series(1, 50000)"
    )
    connection.execute(
        "SET LOCAL parallel_setup_cost = 0; SET LOCAL parallel_tuple_cost = 0;"
        "SET LOCAL min_parallel_table_scan_size = 0"
    )
    for counted in (
        "vecs._instant(t.one) IS NULL",
        'vecs.matches(jsonb_build_object(\'k\', t.one), \'{"k": {"$gt": "1"}}\')',
    ):
        statement = f"SELECT count(*) FROM times AS t WHERE {counted}"
        assert "Gather" in "\n".join(column(connection, "EXPLAIN " + statement))
        assert value(connection, statement) == 50_000
