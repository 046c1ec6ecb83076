"""create_index, drop_index, has_index: names, arguments, what is replaced and what is kept."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from tests.sql.support import MEASURES, Connection, column, fill, refused, rows, value, watch

if TYPE_CHECKING:
    from tests.conftest import Databases

DEFINITIONS = """
SELECT c.relname, m.amname, o.opcname, c.reloptions, obj_description(c.oid, 'pg_class')
FROM pg_index AS i
JOIN pg_class AS c ON c.oid = i.indexrelid
JOIN pg_opclass AS o ON o.oid = i.indclass[0]
JOIN pg_am AS m ON m.oid = o.opcmethod
WHERE i.indrelid = 'vecs.docs'::regclass AND c.relname LIKE 'ix%'
ORDER BY c.relname
"""


@pytest.fixture(params=["vector", "halfvec"])
def docs(connection: Connection, request: pytest.FixtureRequest) -> Connection:
    """A connection with 40 rows of two dimensions in the collection docs."""
    connection.execute("SELECT vecs.create_collection('docs', 2, %s)", [request.param])
    fill(connection, "docs", [[1, number] for number in range(40)])
    return connection


def element_type(connection: Connection) -> str:
    """The element type of the collection docs."""
    return str(value(connection, "SELECT vecs.describe_collection('docs') ->> 'element_type'"))


def names(connection: Connection) -> list[str]:
    """The names of the vector indexes of the collection docs."""
    return [row[0] for row in rows(connection, DEFINITIONS)]


# --- what is made


@pytest.mark.parametrize("measure", MEASURES)
@pytest.mark.parametrize(
    ("method", "arguments", "label", "parameters"),
    [
        ("auto", "{}", "hnsw_m16_efc160", ["m=16", "ef_construction=160"]),
        ("hnsw", "{}", "hnsw_m16_efc160", ["m=16", "ef_construction=160"]),
        (
            "hnsw",
            '{"m": 16, "ef_construction": 64}',
            "hnsw_m16_efc64",
            ["m=16", "ef_construction=64"],
        ),
        ("hnsw", '{"m": 2}', "hnsw_m2_efc160", ["m=2", "ef_construction=160"]),
        ("hnsw", '{"m": 100}', "hnsw_m100_efc200", ["m=100", "ef_construction=200"]),
        ("hnsw", '{"ef_construction": 32}', "hnsw_m16_efc32", ["m=16", "ef_construction=32"]),
        ("hnsw", '{"ef_construction": 31}', "hnsw_m15_efc31", ["m=15", "ef_construction=31"]),
        ("hnsw", '{"ef_construction": 4}', "hnsw_m2_efc4", ["m=2", "ef_construction=4"]),
        (
            "hnsw",
            '{"m": 2, "ef_construction": 4}',
            "hnsw_m2_efc4",
            ["m=2", "ef_construction=4"],
        ),
        (
            "hnsw",
            '{"ef_construction": 1000, "m": 5}',
            "hnsw_m5_efc1000",
            ["m=5", "ef_construction=1000"],
        ),
        ("ivfflat", "{}", "ivfflat_nl30", ["lists=30"]),
        ("ivfflat", '{"lists": 1}', "ivfflat_nl1", ["lists=1"]),
        ("ivfflat", '{"lists": 100}', "ivfflat_nl100", ["lists=100"]),
    ],
)
def test_an_index_is_what_was_asked_for(
    docs: Connection, measure: str, method: str, arguments: str, label: str, parameters: list[str]
) -> None:
    if (method, measure) == ("ivfflat", "l1_distance"):
        said = refused(docs, "VS001", "SELECT vecs.create_index('docs', 'l1_distance', 'ivfflat')")
        assert "hnsw" in (said.message_hint or "")
        return
    ops = MEASURES[measure][1]
    create = "SELECT vecs.create_index('docs', %s, %s, %s)"
    name = value(docs, create, [measure, method, arguments])
    assert re.fullmatch(rf"ix_vector_{ops}_ops_{label}_[0-9a-f]{{7}}", name)
    access_method = "hnsw" if method == "auto" else method
    opclass = f"{element_type(docs)}_{ops}_ops"
    assert rows(docs, DEFINITIONS) == [(name, access_method, opclass, parameters, '{"rows": 40}')]
    for other in MEASURES:
        has = value(docs, "SELECT vecs.has_index('docs', %s)", [other])
        assert has is (other == measure)


def test_arguments_by_name_and_null(docs: Connection) -> None:
    first = value(
        docs,
        "SELECT vecs.create_index(replace => true, arguments => '{\"m\": 4}', method => 'hnsw',"
        " measure => 'l2_distance', collection => 'docs')",
    )
    assert "_l2_ops_hnsw_m4_" in first
    second = value(docs, "SELECT vecs.create_index('docs', NULL, NULL, NULL, NULL)")
    assert "_cosine_ops_hnsw_m16_efc160_" in second
    third = value(docs, "SELECT vecs.create_index('docs', NULL, NULL, NULL, NULL)")
    assert names(docs) == sorted([first, third])
    has = "SELECT vecs.has_index(measure => 'l2_distance', collection => 'docs')"
    assert value(docs, has) is True
    drop = "SELECT vecs.drop_index(measure => 'l2_distance', collection => 'docs')"
    assert column(docs, drop) == [first]
    assert column(docs, "SELECT vecs.drop_index('docs', NULL)") == [third]
    for statement in (
        "SELECT vecs.create_index(NULL)",
        "SELECT vecs.drop_index(NULL)",
        "SELECT vecs.drop_index(NULL, 'l2_distance')",
        "SELECT vecs.has_index(NULL, 'l2_distance')",
        "SELECT vecs.has_index('docs', NULL)",
    ):
        refused(docs, "VS001", statement)


def test_the_number_of_lists_follows_the_rows(connection: Connection) -> None:
    connection.execute("SELECT vecs.create_collection('docs', 1)")
    connection.execute("""
        SELECT vecs.upsert_many('docs', array_agg('id' || n), array_agg(format('[%s]', n)::vector))
        FROM generate_series(1, 33000) AS n
    """)
    name = value(connection, "SELECT vecs.create_index('docs', 'l2_distance', 'ivfflat')")
    assert "_ivfflat_nl33_" in name
    assert rows(connection, DEFINITIONS)[0][4] == '{"rows": 33000, "recall": 1}'


def test_lists_that_the_memory_does_not_hold(docs: Connection) -> None:
    """Within the range, and so pgvector's own error, which says how much it needs."""
    create = "SELECT vecs.create_index('docs', 'l2_distance', 'ivfflat', '{\"lists\": 32768}')"
    refused(docs, "54000", create)


# --- what is refused


@pytest.mark.parametrize(
    ("measure", "method", "arguments"),
    [
        ("cosine", "hnsw", "{}"),
        ("", "hnsw", "{}"),
        ("L2_distance", "hnsw", "{}"),
        ("vector_l2_ops", "hnsw", "{}"),
        ("l2_distance", "diskann", "{}"),
        ("l2_distance", "", "{}"),
        ("l2_distance", "HNSW", "{}"),
        ("l2_distance", "btree", "{}"),
        ("l1_distance", "ivfflat", "{}"),
        ("l2_distance", "auto", '{"m": 16}'),
        ("l2_distance", "auto", '{"lists": 16}'),
        ("l2_distance", "hnsw", '{"lists": 10}'),
        ("l2_distance", "hnsw", '{"m": 16, "lists": 10}'),
        ("l2_distance", "ivfflat", '{"m": 10}'),
        ("l2_distance", "ivfflat", '{"ef_construction": 64}'),
        ("l2_distance", "ivfflat", '{"n_lists": 10}'),
        ("l2_distance", "hnsw", '{"M": 16}'),
        ("l2_distance", "hnsw", '{"": 16}'),
        ("l2_distance", "hnsw", "[]"),
        ("l2_distance", "hnsw", "[16]"),
        ("l2_distance", "hnsw", "null"),
        ("l2_distance", "hnsw", "16"),
        ("l2_distance", "auto", "[]"),
        *[
            ("l2_distance", "hnsw", f'{{"m": {m}}}')
            for m in ("1", "0", "-1", "101", "1000000", "99999999999999", "16.5", "true",
                      "null", "[16]", "{}", '"x"', '""', '"16 "', '" 16"')
        ],
        *[
            ("l2_distance", "hnsw", f'{{"ef_construction": {ef}}}')
            for ef in ("3", "1001", "0", "-64", "null", '"many"')
        ],
        ("l2_distance", "hnsw", '{"m": 50, "ef_construction": 99}'),
        ("l2_distance", "hnsw", '{"m": 100, "ef_construction": 64}'),
        *[
            ("l2_distance", "ivfflat", f'{{"lists": {lists}}}')
            for lists in ("0", "-1", "32769", "1.5", "null", '"x"', "[]", "99999999999")
        ],
    ],
)  # fmt: skip
def test_arguments_that_can_not_be(
    docs: Connection, measure: str, method: str, arguments: str
) -> None:
    create = "SELECT vecs.create_index('docs', %s, %s, %s)"
    refused(docs, "VS001", create, [measure, method, arguments])
    assert names(docs) == []


@pytest.mark.parametrize("measure", ["cosine", "", "L2_DISTANCE"])
def test_measures_that_can_not_be(docs: Connection, measure: str) -> None:
    refused(docs, "VS001", "SELECT vecs.has_index('docs', %s)", [measure])
    refused(docs, "VS001", "SELECT vecs.drop_index('docs', %s)", [measure])


@pytest.mark.parametrize(
    ("kind", "dimension", "hnsw", "ivfflat"),
    [
        ("vector", 2000, "full", "full"),
        ("vector", 2001, "half", "half"),
        ("vector", 4000, "half", "half"),
        ("vector", 4001, "binary", None),
        ("vector", 16000, "binary", None),
        ("halfvec", 4000, "full", "full"),
        ("halfvec", 4001, "binary", None),
    ],
)
@pytest.mark.parametrize("method", ["hnsw", "ivfflat"])
def test_dimensions(
    connection: Connection,
    kind: str,
    dimension: int,
    hnsw: str,
    ivfflat: str | None,
    method: str,
) -> None:
    connection.execute("SELECT vecs.create_collection('docs', %s, %s)", [dimension, kind])
    create = "SELECT vecs.create_index('docs', method => %s)"
    precision = {"hnsw": hnsw, "ivfflat": ivfflat}[method]
    if precision is None:
        said = refused(connection, "VS008", create, [method])
        assert str(dimension) in (said.message_primary or "")
    else:
        assert value(connection, create, [method])
        described = value(connection, "SELECT vecs.describe_collection('docs')")
        assert [index["precision"] for index in described["vector_indexes"]] == [precision]


# --- replacing


def test_one_index_a_measure(docs: Connection) -> None:
    first = {
        measure: value(docs, "SELECT vecs.create_index('docs', %s)", [measure])
        for measure in MEASURES
    }
    assert names(docs) == sorted(first.values())
    lists = "SELECT vecs.create_index('docs', 'l2_distance', 'ivfflat', '{\"lists\": 2}')"
    second = first | {"l2_distance": value(docs, lists)}
    assert names(docs) == sorted(second.values())
    again = value(docs, "SELECT vecs.create_index('docs', 'l2_distance', replace => true)")
    assert names(docs) == sorted((second | {"l2_distance": again}).values())


def test_replace_false(docs: Connection) -> None:
    create = "SELECT vecs.create_index('docs', %s, %s, replace => false)"
    first = value(docs, create, ["l2_distance", "hnsw"])
    said = refused(docs, "VS006", create, ["l2_distance", "hnsw"])
    assert first in (said.message_primary or "")
    refused(docs, "VS006", create, ["l2_distance", "ivfflat"])
    second = value(docs, create, ["cosine_distance", "ivfflat"])
    assert names(docs) == sorted([first, second])


def test_an_index_of_another_name_is_replaced_too(docs: Connection) -> None:
    for number in range(2):
        docs.execute(
            f'CREATE INDEX "My index {number}" ON vecs.docs'
            f" USING hnsw (vec {element_type(docs)}_l2_ops)"
        )
    kept = f"CREATE INDEX part ON vecs.docs USING hnsw (vec {element_type(docs)}_l2_ops)"
    docs.execute(kept + " WHERE id < 'r00009'")
    assert value(docs, "SELECT vecs.has_index('docs', 'l2_distance')") is True
    refused(docs, "VS006", "SELECT vecs.create_index('docs', 'l2_distance', replace => false)")
    name = value(docs, "SELECT vecs.create_index('docs', 'l2_distance')")
    every = "SELECT relname FROM pg_class WHERE relkind = 'i' AND relname IN ('part', %s)"
    assert sorted(column(docs, every, [name])) == [name, "part"]
    gone = "SELECT count(*) FROM pg_class WHERE relname LIKE 'My index%'"
    assert value(docs, gone) == 0


def test_indexes_on_other_columns_stay(docs: Connection) -> None:
    docs.execute("CREATE INDEX ix_vector_l2_ops_like ON vecs.docs (id)")
    docs.execute("SELECT vecs.create_index('docs', 'l2_distance')")
    docs.execute("SELECT vecs.create_index('docs', 'l2_distance')")
    docs.execute("SELECT vecs.drop_index('docs')")
    left = "SELECT indexname FROM pg_indexes WHERE tablename = 'docs' ORDER BY indexname"
    assert column(docs, left) == ["docs_metadata_idx", "docs_pkey", "ix_vector_l2_ops_like"]


def test_the_new_index_is_built_before_the_old_one_is_dropped(
    databases: Databases, database: str
) -> None:
    with databases.admin(databases.name(database)) as admin:
        admin.execute("""
            CREATE SCHEMA spy;
            GRANT USAGE ON SCHEMA spy TO PUBLIC;
            CREATE TABLE spy.log (number serial, tag text, name text);
            CREATE FUNCTION spy.note() RETURNS event_trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
            BEGIN
                IF tg_event = 'sql_drop' THEN
                    INSERT INTO spy.log (tag, name)
                    SELECT 'drop', o.object_name FROM pg_event_trigger_dropped_objects() AS o
                    WHERE o.object_type = 'index';
                ELSE
                    INSERT INTO spy.log (tag, name)
                    SELECT 'create', o.object_identity FROM pg_event_trigger_ddl_commands() AS o;
                END IF;
            END
            $$;
            CREATE EVENT TRIGGER spy_drop ON sql_drop EXECUTE FUNCTION spy.note();
            CREATE EVENT TRIGGER spy_make ON ddl_command_end WHEN TAG IN ('CREATE INDEX')
                EXECUTE FUNCTION spy.note();
        """)
        with psycopg.connect(database, autocommit=True) as connection:
            connection.execute("SELECT vecs.create_collection('docs', 2)")
            old = value(connection, "SELECT vecs.create_index('docs')")
            new = value(connection, "SELECT vecs.create_index('docs')")
            assert names(connection) == [new]
        log = "SELECT tag, name FROM spy.log WHERE name LIKE '%ix_vector%' ORDER BY number"
        (first, second, third) = rows(admin, log)
        assert first[0] == second[0] == "create"
        assert second[1].startswith(f"vecs.{new}")
        assert third == ("drop", old)


def test_a_failed_build_keeps_the_old_index(databases: Databases, database: str) -> None:
    with (
        databases.admin(databases.name(database)) as admin,
        psycopg.connect(database, autocommit=True) as connection,
    ):
        connection.execute("SELECT vecs.create_collection('docs', 2)")
        ids = fill(connection, "docs", [[1, number] for number in range(10)])
        old = value(connection, "SELECT vecs.create_index('docs')")
        admin.execute("""
            CREATE FUNCTION public.fail() RETURNS event_trigger LANGUAGE plpgsql AS $$
            BEGIN
                RAISE EXCEPTION USING ERRCODE = 'disk_full', MESSAGE = 'could not extend file';
            END
            $$;
            CREATE EVENT TRIGGER fail ON ddl_command_end WHEN TAG IN ('CREATE INDEX')
                EXECUTE FUNCTION public.fail();
        """)
        for arguments in ("", ", 'cosine_distance', 'ivfflat'", ", 'l2_distance'"):
            refused(connection, "53100", f"SELECT vecs.create_index('docs'{arguments})")
        assert names(connection) == [old]
        assert value(connection, "SELECT vecs.has_index('docs', 'cosine_distance')") is True
        found = "SELECT id FROM vecs.query('docs', '[1,0]', 3)"
        assert column(connection, found) == ids[:3]


def test_an_index_that_is_not_valid(databases: Databases, database: str) -> None:
    """As a build that was broken off leaves one."""
    with (
        databases.admin(databases.name(database)) as admin,
        psycopg.connect(database, autocommit=True) as connection,
    ):
        connection.execute("SELECT vecs.create_collection('docs', 2)")
        ids = fill(connection, "docs", [[1, number] for number in range(10)])
        old = value(connection, "SELECT vecs.create_index('docs', 'l2_distance')")
        admin.execute(
            "UPDATE pg_index SET indisvalid = false WHERE indexrelid = %s::regclass",
            [f"vecs.{old}"],
        )
        assert value(connection, "SELECT vecs.has_index('docs', 'l2_distance')") is False
        (index,) = value(connection, "SELECT vecs.describe_collection('docs')")["vector_indexes"]
        assert (index["name"], index["valid"]) == (old, False)
        search = "SELECT id FROM vecs.query('docs', '[1,0]', 20, measure => 'l2_distance')"
        assert column(connection, search) == ids
        new = value(connection, "SELECT vecs.create_index('docs', 'l2_distance')")
        assert names(connection) == [new]
        admin.execute(
            "UPDATE pg_index SET indisvalid = false WHERE indexrelid = %s::regclass",
            [f"vecs.{new}"],
        )
        assert column(connection, "SELECT vecs.drop_index('docs', 'l2_distance')") == [new]


def test_a_valid_index_beside_one_that_is_not(databases: Databases, database: str) -> None:
    with (
        databases.admin(databases.name(database)) as admin,
        psycopg.connect(database, autocommit=True) as connection,
    ):
        notices = watch(connection)
        connection.execute("SELECT vecs.create_collection('docs', 2)")
        fill(connection, "docs", [[1, number] for number in range(10)])
        connection.execute("CREATE INDEX a_broken ON vecs.docs USING hnsw (vec vector_l2_ops)")
        admin.execute(
            "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'vecs.a_broken'::regclass"
        )
        connection.execute("CREATE INDEX b_whole ON vecs.docs USING ivfflat (vec vector_l2_ops)")
        assert value(connection, "SELECT vecs.has_index('docs', 'l2_distance')") is True
        notices.clear()
        search = "SELECT id FROM vecs.query('docs', '[1,0]', 20, measure => 'l2_distance')"
        assert len(column(connection, search)) == 10
        assert notices == []


# --- dropping


def test_drop_index(docs: Connection) -> None:
    made = {
        measure: value(docs, "SELECT vecs.create_index('docs', %s)", [measure])
        for measure in MEASURES
    }
    drop = "SELECT vecs.drop_index('docs', %s)"
    assert column(docs, drop, ["l2_distance"]) == [made.pop("l2_distance")]
    refused(docs, "VS007", drop, ["l2_distance"])
    assert names(docs) == sorted(made.values())
    assert sorted(column(docs, "SELECT vecs.drop_index('docs')")) == sorted(made.values())
    assert column(docs, "SELECT vecs.drop_index('docs')") == []
    refused(docs, "VS007", drop, ["cosine_distance"])
    assert value(docs, "SELECT vecs.count_rows('docs')") == 40


def test_drop_index_of_a_collection_of_the_vecs_client(connection: Connection) -> None:
    connection.execute("SELECT vecs.create_collection('docs', 2)")
    name = "ix_vector_ip_ops_ivfflat_nl30_0123abc"
    connection.execute(
        f"CREATE INDEX {name} ON vecs.docs USING ivfflat (vec vector_ip_ops) WITH (lists = 30)"
    )
    (index,) = value(connection, "SELECT vecs.describe_collection('docs')")["vector_indexes"]
    del index["bytes"]
    assert index == {
        "name": name,
        "method": "ivfflat",
        "measure": "max_inner_product",
        "precision": "full",
        "parameters": {"lists": "30"},
        "valid": True,
        "rows_when_built": None,
        "rows_now": 0,
    }
    assert column(connection, "SELECT vecs.drop_index('docs', 'max_inner_product')") == [name]


# --- the note of how many rows there were


@pytest.mark.parametrize("conforming", ["on", "off"])
@pytest.mark.parametrize("count", [0, 1, 25])
def test_rows_when_built(connection: Connection, count: int, conforming: str) -> None:
    connection.execute(f"SET LOCAL standard_conforming_strings = {conforming}")
    connection.execute("SELECT vecs.create_collection('docs', 2)")
    fill(connection, "docs", [[0, number] for number in range(count)])
    name = value(connection, "SELECT vecs.create_index('docs')")
    described: dict[str, Any] = value(connection, "SELECT vecs.describe_collection('docs')")
    assert [index["rows_when_built"] for index in described["vector_indexes"]] == [count]
    comment = "SELECT obj_description(%s::regclass, 'pg_class')::jsonb"
    assert value(connection, comment, [f"vecs.{name}"]) == {"rows": count}


@pytest.mark.parametrize(
    "comment", ["my index", "", '{"rows": "7"}', '{"rows": 7, "more": 1}', "{", '{"rows": 1e3}']
)
def test_comments_of_others_do_no_harm(connection: Connection, comment: str) -> None:
    connection.execute("SELECT vecs.create_collection('docs', 2)")
    connection.execute("CREATE INDEX other ON vecs.docs USING hnsw (vec vector_l2_ops)")
    connection.execute(
        psycopg.sql.SQL("COMMENT ON INDEX vecs.other IS {}").format(psycopg.sql.Literal(comment))
    )
    (index,) = value(connection, "SELECT vecs.describe_collection('docs')")["vector_indexes"]
    assert index["rows_when_built"] in (None, 7)


# --- building


@pytest.mark.parametrize(
    "setting",
    [
        "max_parallel_workers = 1000",
        "max_parallel_workers = 0",
        "max_parallel_maintenance_workers = 1000",
        "maintenance_work_mem = '1MB'",
        "maintenance_work_mem = '1TB'",
    ],
)
def test_builds_whatever_the_server_may_spend(docs: Connection, setting: str) -> None:
    docs.execute(f"SET LOCAL {setting}")
    for method in ("hnsw", "ivfflat"):
        assert value(docs, "SELECT vecs.create_index('docs', method => %s)", [method])


def test_memory_and_workers_are_raised_for_the_build(databases: Databases, database: str) -> None:
    """But what the session has set is taken."""
    name = databases.name(database)
    with databases.admin(name) as admin:
        admin.execute(f"ALTER DATABASE {name} SET maintenance_work_mem = '1MB'".encode())
        admin.execute(f"ALTER DATABASE {name} SET max_parallel_maintenance_workers = 1".encode())
        admin.execute("""
            CREATE TABLE public.log (workers text, memory text);
            GRANT ALL ON public.log TO PUBLIC;
            CREATE FUNCTION public.note() RETURNS event_trigger LANGUAGE plpgsql AS $$
            BEGIN
                INSERT INTO public.log VALUES (
                    current_setting('max_parallel_maintenance_workers'),
                    pg_size_bytes(current_setting('maintenance_work_mem'))::text
                );
            END
            $$;
            CREATE EVENT TRIGGER note ON ddl_command_end WHEN TAG IN ('CREATE INDEX')
                EXECUTE FUNCTION public.note();
        """)
    with psycopg.connect(database) as connection:
        connection.execute("SELECT vecs.create_collection('docs', 2)")
        connection.execute("TRUNCATE public.log")
        connection.execute("SET max_parallel_workers = 3")
        connection.execute("SELECT vecs.create_index('docs')")
        named = '{"memory": "3MB"}'
        connection.execute("SELECT vecs.create_index('docs', arguments => %s)", [named])
        connection.execute("SET maintenance_work_mem = '2MB'")
        connection.execute("SET max_parallel_maintenance_workers = 0")
        connection.execute("SELECT vecs.create_index('docs')")
        assert rows(connection, "SELECT workers, memory FROM public.log") == [
            ("3", str(4 * 32 * 2**20)),
            ("3", str(3 * 2**20)),
            ("0", str(2 * 2**20)),
        ]
        assert value(connection, "SHOW maintenance_work_mem") == "2MB"


@pytest.mark.parametrize(
    "seconds, workers, attempts",
    [(0, 2, ["2", "0"]), (5.5, 2, ["2"]), (0, 0, ["0"])],
    ids=["shared memory", "disk", "no workers"],
)
def test_a_build_is_begun_again_only_for_shared_memory(
    databases: Databases, database: str, seconds: float, workers: int, attempts: list[str]
) -> None:
    """Both have one SQLSTATE; what a parallel build lacks in shared memory it misses at its beginning."""
    with databases.admin(databases.name(database)) as admin:
        admin.execute("CREATE SEQUENCE public.attempts; GRANT ALL ON public.attempts TO PUBLIC")
        admin.execute(f"""
            CREATE FUNCTION public.refuse() RETURNS event_trigger LANGUAGE plpgsql AS $$
            BEGIN
                RAISE NOTICE '%', current_setting('max_parallel_maintenance_workers');
                PERFORM nextval('public.attempts'), pg_sleep({seconds});
                IF current_setting('max_parallel_maintenance_workers') <> '0' OR {workers} = 0 THEN
                    RAISE EXCEPTION USING ERRCODE = 'disk_full', MESSAGE = 'no space left';
                END IF;
            END
            $$
        """)
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("SELECT vecs.create_collection('docs', 2)")
        with databases.admin(databases.name(database)) as admin:
            admin.execute("""
                CREATE EVENT TRIGGER refuse ON ddl_command_end WHEN TAG IN ('CREATE INDEX')
                EXECUTE FUNCTION public.refuse()
            """)
        notices = watch(connection)
        connection.execute(f"SET max_parallel_maintenance_workers = {workers}".encode())
        connection.execute(f"SET max_parallel_workers = {workers}".encode())
        create = "SELECT vecs.create_index('docs')"
        if len(attempts) == 2:
            assert value(connection, create)
        else:
            refused(connection, "53100", create)
        assert [notice.message for notice in notices if notice.sqlstate == "00000"] == attempts
        said = [notice for notice in notices if notice.sqlstate == "VSW05"]
        assert len(said) == len(attempts) - 1
        assert all("shm_size" in notice.hint for notice in said)
        assert value(connection, "SELECT last_value FROM public.attempts") == len(attempts)
        assert value(connection, "SHOW max_parallel_maintenance_workers") == str(workers)


def test_workers_for_which_there_is_no_memory(connection: Connection) -> None:
    """A parallel build asks for all of its memory at once."""
    connection.execute("SELECT vecs.create_collection('docs', 2)")
    fill(connection, "docs", [[1, number] for number in range(10)])
    connection.execute("ALTER TABLE vecs.docs SET (parallel_workers = 2)")
    notices = watch(connection)
    index = value(
        connection, "SELECT vecs.create_index('docs', arguments => '{\"memory\": \"1900GB\"}')"
    )
    assert [notice.sqlstate for notice in notices] == ["VSW05"]
    assert "without parallel workers" in notices[0].message
    assert names(connection) == [index]
