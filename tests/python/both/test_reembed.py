"""Collection.reembed(): another model's vectors take the place of the old ones, while others read and write."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import psycopg
import pytest
from psycopg import sql

import vecs_sql as vecs
from tests.conftest import Connection
from vecs_sql import exc
from vecs_sql.adapter import Adapter, ParagraphChunker, TextEmbedding
from vecs_sql.collection import IndexArgsHNSW, IndexArgsIVFFlat, IndexMethod

ROWS = 250


def vector(text: str) -> list[float]:
    """The vector of a text by the new model: four numbers that only this text has."""
    digest = hashlib.md5(text.encode()).digest()
    return [byte / 256 for byte in digest[:4]]


def model(texts: Sequence[str]) -> list[list[float]]:
    return [vector(text) for text in texts]


def adapter(function: Any = model, **options: Any) -> Adapter:  # noqa: ANN401
    return Adapter([TextEmbedding(model=function, dimension=4, batch_size=1000, **options)])


class Counting:
    """The model, which notes what it embeds; calls something before each batch, which may fail."""

    model_name = "counting"

    def __init__(self, before: Callable[[int], object] = lambda batch: None) -> None:
        self.batches: list[list[str]] = []
        self.before = before

    def __call__(self, texts: Sequence[str]) -> list[list[float]]:
        self.before(len(self.batches))
        self.batches.append(list(texts))
        return model(texts)

    @property
    def texts(self) -> list[str]:
        return [text for batch in self.batches for text in batch]


@pytest.fixture
def docs(client: vecs.Client, name: str) -> vecs.Collection:
    """A collection of two dimensions, whose rows have a text."""
    docs = client.get_or_create_collection(name, dimension=2)
    docs.upsert([
        (f"r{number:03}", [number, 1], {"text": f"text {number}", "n": number}) for number in range(ROWS)
    ])  # fmt: skip
    return docs


@pytest.fixture
def other(url: str) -> Iterator[Connection]:
    """A connection of another program."""
    with psycopg.connect(url, autocommit=True, prepare_threshold=None) as connection:
        yield connection


def contents(client: vecs.Client, name: str) -> dict[str, tuple[list[float], dict[str, Any]]]:
    return {row.id: (row.vec.tolist(), row.metadata) for row in client.open_collection(name).scan()}


def is_embedded(client: vecs.Client, name: str) -> bool:
    """Whether each row has the vector of its text."""
    rows = contents(client, name)
    return bool(rows) and all(vec == vector(found["text"]) for vec, found in rows.values())


def table(name: str) -> sql.Composed:
    return sql.SQL("vecs.{}").format(sql.Identifier(name))


def run(connection: Connection, statement: str, name: str) -> Any:  # noqa: ANN401
    ran = connection.execute(sql.SQL(statement).format(t=table(name)))
    return ran.fetchall() if ran.description else None


def test_another_dimension(client: vecs.Client, docs: vecs.Collection) -> None:
    before = contents(client, docs.name)
    done = docs.reembed(adapter(), batch_size=30)
    assert done == (ROWS, ROWS, 0, None, f"{docs.name}_reembed")
    assert (docs.dimension, len(docs)) == (4, ROWS)
    after = contents(client, docs.name)
    assert is_embedded(client, docs.name)
    assert {id_: row[1] for id_, row in after.items()} == {
        id_: row[1] for id_, row in before.items()
    }
    assert docs.query("text 77", limit=1) == ["r077"]
    # The old one is as it was, under the other name, and may be dropped.
    assert contents(client, f"{docs.name}_reembed") == before
    with pytest.raises(exc.CollectionAlreadyExists, match="may be the old collection"):
        docs.reembed(adapter())
    client.delete_collection(f"{docs.name}_reembed")
    assert docs.reembed(adapter(), drop_old=True).old is None
    with pytest.raises(exc.CollectionNotFound):
        client.open_collection(f"{docs.name}_reembed")


def test_halfvec_names_of_63_bytes_and_no_known_dimension(
    client: vecs.Client, name: str, other: Connection
) -> None:
    long = f"é it's {name}".ljust(62, "%")
    docs = client.get_or_create_collection(long, dimension=2, element_type="halfvec")
    docs.upsert([("a", [1, 2], {"text": "one"}), ("it's", [1, 2], {"text": "two"})])
    done = docs.reembed(Adapter([TextEmbedding(model=model)]))
    assert done.old is not None
    assert done.old.startswith("reembed_")
    assert docs.describe()["element_type"] == "halfvec"
    assert docs.query("two", limit=1) == ["it's"]
    assert contents(client, done.old)["a"][0] == [1, 2]
    client.delete_collection(done.old)
    docs.reembed(adapter(), shadow="ü" * 31)
    assert docs.query("one", limit=1) == ["a"]
    client.delete_collection("ü" * 31)


def test_a_run_that_breaks_off_is_continued(client: vecs.Client, docs: vecs.Collection) -> None:
    def fail(batch: int) -> None:
        if batch == 4:
            raise RuntimeError("the model is down")

    first, second = Counting(fail), Counting()
    before = contents(client, docs.name)
    with pytest.raises(exc.Incomplete, match="the model is down") as caught:
        docs.reembed(adapter(first), batch_size=30)
    assert caught.value.committed == 120
    assert "Run it again" in str(caught.value)
    assert contents(client, docs.name) == before
    assert docs.dimension == 2
    done = docs.reembed(adapter(second), batch_size=30)
    assert done.embedded == ROWS - 120
    assert not {*first.texts} & {*second.texts}
    assert is_embedded(client, docs.name)


def test_another_model_does_not_continue(client: vecs.Client, docs: vecs.Collection) -> None:
    def fail(batch: int) -> None:
        if batch == 1:
            raise RuntimeError("down")

    with pytest.raises(exc.Incomplete):
        docs.reembed(adapter(Counting(fail), model_name="a"), batch_size=30)
    with pytest.raises(exc.ArgError, match=r"cannot be continued: its model is a\. .*restart"):
        docs.reembed(adapter(model_name="b"))
    with pytest.raises(exc.ArgError, match='it is filled from the texts under "text"'):
        docs.reembed(adapter(model_name="a"), "n", skip_missing=True)
    with pytest.raises(exc.ArgError, match="it has 4 dimensions"):
        docs.reembed(Adapter([TextEmbedding(model=lambda texts: [[1.0]] * len(texts))]))
    assert docs.reembed(adapter(model_name="b"), restart=True).embedded == ROWS
    assert is_embedded(client, docs.name)


def test_what_others_write_meanwhile(
    client: vecs.Client, docs: vecs.Collection, other: Connection
) -> None:
    def write(batch: int) -> None:
        if batch == 2:  # the shadow has some of them already, and some not yet
            run(
                other,
                """
                UPDATE {t} SET metadata = metadata || '{{"text": "changed"}}' WHERE id IN ('r000', 'r200');
                UPDATE {t} SET metadata = metadata || '{{"n": 1.0}}' WHERE id IN ('r001', 'r201');
                DELETE FROM {t} WHERE id IN ('r002', 'r202');
                INSERT INTO {t} VALUES ('a', '[1,1]', '{{"text": "new"}}'), ('z', '[1,1]', '{{"text": "newer"}}');
                """,
                docs.name,
            )
        if batch == 9:  # the last batch
            run(other, "DELETE FROM {t} WHERE id = 'r003'", docs.name)
            run(other, "UPDATE {t} SET id = 'r300' WHERE id = 'r004'", docs.name)

    counting = Counting(write)
    docs.reembed(adapter(counting), batch_size=30)
    assert is_embedded(client, docs.name)
    rows = contents(client, docs.name)
    assert rows == {
        id_: (vector(metadata["text"]), metadata)
        for id_, (_, metadata) in contents(client, f"{docs.name}_reembed").items()
    }
    assert {"a", "z", "r300"} <= rows.keys()
    assert not {"r002", "r003", "r004", "r202"} & rows.keys()
    assert rows["r000"][1]["text"] == "changed"
    # A change of metadata alone needs no embedding, and is carried over to the last digit.
    assert counting.texts.count("text 1") == 1
    [(metadata,)] = run(other, "SELECT metadata::text FROM {t} WHERE id = 'r001'", docs.name)
    assert '"n": 1.0' in metadata


def test_rows_without_a_text(client: vecs.Client, docs: vecs.Collection, other: Connection) -> None:
    docs.upsert([
        ("none", [1, 1], {}),
        ("null", [1, 1], {"text": None}),
        ("number", [1, 1], {"text": 7}),
        ("list", [1, 1], {"text": ["a"]}),
        ("empty", [1, 1], {"text": ""}),
    ])  # fmt: skip
    counting = Counting()
    with pytest.raises(
        exc.ArgError, match=r'4 rows of ".*" have no text under "text": for example'
    ):
        docs.reembed(adapter(counting))
    assert counting.texts == []
    with pytest.raises(exc.ArgError, match=f'{ROWS + 5} rows of .* under "body"'):
        docs.reembed(adapter(counting), "body")

    def remove(batch: int) -> None:
        if batch == 2:
            run(other, "UPDATE {t} SET metadata = '{{}}' WHERE id = 'r000'", docs.name)

    counting.before = remove
    done = docs.reembed(adapter(counting), batch_size=30, skip_missing=True)
    assert (done.rows, done.left_out) == (ROWS, 5)
    assert {"none", "null", "number", "list", "r000"} & contents(client, docs.name).keys() == set()
    assert "" in counting.texts
    assert is_embedded(client, docs.name)


def test_indexes_are_like_those_of_the_old_one(
    client: vecs.Client, docs: vecs.Collection, other: Connection
) -> None:
    docs.create_index("l2_distance", "hnsw", IndexArgsHNSW(8, 40), precision="half")
    docs.create_index(method=IndexMethod.hnsw, filters={"n": 7})
    docs.create_metadata_index("n")
    docs.create_metadata_index("text", kind="pattern")
    docs.create_metadata_index(["at", "time"], kind="time")
    run(other, "CREATE UNIQUE INDEX ON {t} ((metadata ->> ' USING text')) INCLUDE (id)", docs.name)
    select = "SELECT vecs.create_index(%s, 'cosine_distance', 'ivfflat', '{\"lists\": 3}')"
    other.execute(select, [docs.name])

    def settings(description: dict[str, Any]) -> list[Any]:
        vectors = [
            [index[key] for key in ("method", "measure", "precision", "parameters")]
            + [index.get("filters"), index["valid"]]
            for index in description["vector_indexes"]
        ]
        others = [
            index["definition"].partition(" ON ")[2].partition(" USING ")[2]
            for index in description["metadata_indexes"]
        ]
        return [sorted(vectors, key=str), sorted(others)]

    before = settings(docs.describe())
    assert len(before[0]) == 3
    assert len(before[1]) == 5
    done = docs.reembed(adapter(), min_recall=0)
    assert settings(docs.describe()) == before
    assert done.recall is not None
    assert docs.create_metadata_index("n") in str(docs.describe())
    assert settings(docs.describe()) == before
    assert docs.query("text 9", limit=1, measure="l2_distance") == ["r009"]
    comment = "SELECT obj_description(%s::regclass, 'pg_class')"
    for name in (docs.name, f"{docs.name}_reembed"):
        assert other.execute(comment, [f"vecs.{name}"]).fetchone() == (None,)


def test_the_text_index_is_like_that_of_the_old_one(
    client: vecs.Client, docs: vecs.Collection, other: Connection
) -> None:
    other.execute("SELECT vecs.create_text_index(%s, 'text', 'simple')", [docs.name])
    docs.reembed(adapter())
    for name in (docs.name, f"{docs.name}_reembed"):
        description = client.open_collection(name).describe()["text_index"]
        assert (description["key"], description["config"]) == ("text", "simple")
        assert description["bytes"] > 0
        found = other.execute("SELECT id FROM vecs.text_query(%s, '77')", [name]).fetchall()
        assert found == [("r077",)]


def test_a_binary_index_that_finds_too_little(client: vecs.Client, docs: vecs.Collection) -> None:
    docs.create_index(precision="binary", min_recall=0)
    with pytest.raises(exc.Unsupported, match="binary"):
        docs.reembed(adapter(), min_recall=1)
    assert len(docs.fetch(["r000"])[0].vec) == 2
    done = docs.reembed(adapter(), min_recall=0)
    assert done.embedded == 0
    assert docs.describe()["vector_indexes"][0]["precision"] == "binary"


def test_low_recall_publishes_nothing(client: vecs.Client, docs: vecs.Collection) -> None:
    """Of vectors by chance, 10 of 200 lists have few of the nearest."""
    docs.create_index(method=IndexMethod.ivfflat, index_arguments=IndexArgsIVFFlat(200))

    def by_chance(texts: Sequence[str]) -> list[list[float]]:
        return [[byte - 127.5 for byte in hashlib.sha512(text.encode()).digest()] for text in texts]

    wide = Adapter([TextEmbedding(model=by_chance, model_name="by chance")])
    with pytest.raises(exc.Unsupported, match=r"finds 0\.\d+ of the nearest rows, less than 0\.9"):
        docs.reembed(wide)
    assert len(docs.fetch(["r000"])[0].vec) == 2
    done = docs.reembed(wide, min_recall=0)
    assert done.embedded == 0
    assert done.recall is not None
    assert done.recall < 0.9


def test_privileges_policies_and_settings(
    client: vecs.Client, docs: vecs.Collection, other: Connection
) -> None:
    run(
        other,
        """
        GRANT SELECT, UPDATE ON {t} TO reader;
        GRANT DELETE ON {t} TO reader WITH GRANT OPTION;
        GRANT SELECT (id, metadata) ON {t} TO PUBLIC;
        ALTER TABLE {t} ENABLE ROW LEVEL SECURITY;
        CREATE POLICY "50%% it's" ON {t} FOR SELECT TO reader, PUBLIC
            USING (metadata ->> 'text' LIKE '%%7' AND EXISTS (
                SELECT FROM {t} AS o WHERE o.id = {t}.id AND o.metadata <> '{{}}' AND current_user <> 'reader'
            ));
        CREATE POLICY "writes" ON {t} AS RESTRICTIVE FOR UPDATE WITH CHECK (id <> 'x');
        ALTER TABLE {t} SET (autovacuum_vacuum_threshold = 77);
        COMMENT ON TABLE {t} IS 'ours';
        ALTER DEFAULT PRIVILEGES IN SCHEMA vecs GRANT ALL ON TABLES TO PUBLIC;
        """,
        docs.name,
    )
    query = """
        SELECT
            ARRAY(SELECT a::text FROM aclexplode(c.relacl) AS a ORDER BY 1),
            ARRAY(SELECT a.attacl::text FROM pg_attribute AS a WHERE a.attrelid = c.oid AND a.attnum > 0),
            c.relrowsecurity, c.relforcerowsecurity, c.reloptions, c.relowner, obj_description(c.oid),
            (
                SELECT json_agg(row_to_json(p) ORDER BY p.policyname)
                FROM (
                    SELECT p.*, NULL AS tablename FROM pg_policies AS p
                    WHERE p.tablename = c.relname
                ) AS p
            )
        FROM pg_class AS c WHERE c.oid = '{t}'::regclass
    """.replace("'{t}'", "%s")

    def settings() -> list[Any]:
        found = list(other.execute(query.encode(), [f'vecs."{docs.name}"']).fetchall()[0])
        policies = json.dumps(found.pop())
        return [*found, policies.replace(f'"tablename": "{docs.name}", ', "")]

    try:
        before = settings()
        seen: list[Any] = []

        def look(batch: int) -> None:
            seen.append(
                other.execute(
                    "SELECT has_table_privilege('reader', %s, 'SELECT')",
                    [f'vecs."{docs.name}_reembed"'],
                ).fetchone()
            )

        docs.reembed(adapter(Counting(look)))
        assert settings() == before
        # Before it has policies, nobody else may read the shadow.
        assert {*seen} == {(False,)}
    finally:
        other.execute(b"ALTER DEFAULT PRIVILEGES IN SCHEMA vecs REVOKE ALL ON TABLES FROM PUBLIC")


def test_what_cannot_be_carried_over_is_named(
    client: vecs.Client, docs: vecs.Collection, other: Connection
) -> None:
    n = docs.name
    run(
        other,
        f"""
        CREATE VIEW public."view {n}" AS SELECT id FROM {{t}};
        CREATE TABLE public."ref {n}" (id varchar REFERENCES {{t}}, kept {{t}});
        CREATE FUNCTION public."trig {n}"() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';
        CREATE TRIGGER "trig {n}" BEFORE INSERT ON {{t}} FOR EACH ROW EXECUTE FUNCTION public."trig {n}"();
        ALTER TABLE {{t}} ADD COLUMN "extra {n}" text, ADD CONSTRAINT "check {n}" CHECK (id <> '');
        CREATE STATISTICS public."stat {n}" ON id, metadata FROM {{t}};
        CREATE INDEX "odd {n}" ON {{t}} (vec);
        """,
        n,
    )
    counting = Counting()
    with pytest.raises(exc.Unsupported, match="would stay with the old one") as caught:
        docs.reembed(adapter(counting))
    for kind in ("view", "ref", "trig", "extra", "check", "stat", "odd"):
        assert f"{kind} {n}" in str(caught.value)
    assert counting.texts == []
    docs.reembed(adapter(counting), leave_dependents=True)
    assert run(other, f'SELECT count(*) FROM public."view {n}"', n) == [(ROWS,)]
    assert is_embedded(client, n)
    other.execute(
        f"""
        DROP VIEW public."view {n}"; DROP TABLE public."ref {n}"; DROP TRIGGER "trig {n}" ON vecs."{n}_reembed";
        DROP FUNCTION public."trig {n}"
        """.encode()
    )


def test_a_dependent_that_comes_meanwhile(
    client: vecs.Client, docs: vecs.Collection, other: Connection
) -> None:
    view = f'public."late {docs.name}"'
    counting = Counting(
        lambda batch: run(
            other, f"CREATE OR REPLACE VIEW {view} AS SELECT id FROM {{t}}", docs.name
        )
    )
    with pytest.raises(exc.Unsupported, match=f"view .*late {docs.name}"):
        docs.reembed(adapter(counting))
    assert len(docs.fetch(["r000"])[0].vec) == 2
    other.execute(f"DROP VIEW {view}".encode())
    counting.before = lambda batch: None
    done = docs.reembed(adapter(counting), drop_old=True)
    assert (done.embedded, done.old) == (0, None)


def test_what_is_refused(
    client: vecs.Client, docs: vecs.Collection, other: Connection, url: str
) -> None:
    chunks = Adapter(
        [ParagraphChunker(skip_during_query=True), TextEmbedding(model=model, dimension=4)]
    )
    with pytest.raises(exc.ArgError, match="does not make one vector of each text"):
        docs.reembed(chunks)
    with pytest.raises(exc.MismatchedDimension):
        docs.reembed(adapter(lambda texts: [[1.0]] * len(texts)))
    with pytest.raises(exc.ArgError, match="exclude each other"):
        docs.reembed(adapter(), drop_old=True, leave_dependents=True)
    with pytest.raises(exc.ArgError, match="batch_size must be at least 1"):
        docs.reembed(adapter(), batch_size=0)
    with pytest.raises(exc.ArgError, match="min_recall must be from 0 to 1"):
        docs.reembed(adapter(), min_recall=2)
    for shadow in (docs.name, f"{docs.name}_pkey"):
        with pytest.raises(exc.CollectionAlreadyExists, match="is taken"):
            docs.reembed(adapter(), shadow=shadow)
    client.delete_collection(f"{docs.name}_reembed")  # which is empty
    run(other, "CREATE TABLE {t} (mine text)", f"{docs.name}_reembed")
    for restart in (False, True):
        with pytest.raises(exc.CollectionAlreadyExists, match="is taken"):
            docs.reembed(adapter(), restart=restart)
    run(other, "DROP TABLE {t}", f"{docs.name}_reembed")
    for shadow in ("_private", "x" * 64, ""):
        with pytest.raises(exc.ArgError):
            docs.reembed(adapter(), shadow=shadow)
    with vecs.create_client(other) as mine, pytest.raises(exc.ArgError, match="the caller"):
        mine.open_collection(docs.name).reembed(adapter())
    other.execute(f'CREATE TABLE public."{docs.name}" (id int PRIMARY KEY, v vector(2))'.encode())
    adopted = client.adopt(f'public."{docs.name}"', f"adopted {docs.name}")
    with pytest.raises(exc.Unsupported, match=r"was adopted.*swap_collections"):
        adopted.reembed(adapter())


def test_forced_row_level_security(
    client: vecs.Client, docs: vecs.Collection, other: Connection
) -> None:
    """The owner does not see all rows: they would be lost."""
    run(
        other,
        """
        ALTER TABLE {t} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
        CREATE POLICY p ON {t} USING (id < 'r100');
        """,
        docs.name,
    )
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"):
        docs.reembed(adapter())


def test_two_at_once(client: vecs.Client, docs: vecs.Collection, url: str) -> None:
    """The second one takes over, and the first one ends."""
    second = Counting()

    def begin_another(batch: int) -> None:
        if batch == 3:
            with vecs.create_client(url) as others:
                others.open_collection(docs.name).reembed(adapter(second), batch_size=30)

    first = Counting(begin_another)
    with pytest.raises(psycopg.errors.ObjectInUse, match="dropped or published"):
        docs.reembed(adapter(first), batch_size=30)
    assert not {*first.texts[:90]} & {*second.texts}
    assert len(second.texts) == ROWS - 90
    assert is_embedded(client, docs.name)


def test_one_takes_over(client: vecs.Client, docs: vecs.Collection, url: str) -> None:
    def begin_another(batch: int) -> None:
        if batch != 3:
            return

        def stop(batch: int) -> None:
            if batch == 1:
                raise RuntimeError("stopped")

        with vecs.create_client(url) as others, pytest.raises(exc.Incomplete):
            others.open_collection(docs.name).reembed(adapter(Counting(stop)), batch_size=30)

    with pytest.raises(psycopg.errors.ObjectInUse, match="has taken over"):
        docs.reembed(adapter(Counting(begin_another)), batch_size=30)
    assert docs.reembed(adapter(Counting())).embedded == ROWS - 120


def test_a_swap_under_readers_and_writers(
    client: vecs.Client, docs: vecs.Collection, url: str
) -> None:
    """None fails, none sees a mixture, and nothing that they write is lost."""
    docs.create_index()
    done = threading.Event()
    failed: list[str] = []
    written: dict[str, str] = {}
    upsert = "SELECT vecs.upsert(%s, %s, array_fill(1, ARRAY[vector_dims(o.vec)])::vector, %s) FROM {t} AS o LIMIT 1"

    def work(task: Callable[[Connection, int], None]) -> None:
        with psycopg.connect(url, autocommit=True, prepare_threshold=None) as mine:
            number = 0
            while not done.is_set():
                number += 1
                try:
                    task(mine, number)
                except psycopg.Error as error:
                    failed.append(repr(error))
                    return
                done.wait(0.02)

    def read(mine: Connection, _: int) -> None:
        found = run(mine, "SELECT vector_dims(vec), count(*) FROM {t} GROUP BY 1", docs.name)
        if len(found) != 1 or found[0][1] < ROWS:
            failed.append(str(found))

    def write(prefix: str) -> Callable[[Connection, int], None]:
        def write(mine: Connection, number: int) -> None:
            id_, text = f"{prefix}{number % 20}", f"{prefix} {number}"
            with mine.transaction():  # one that reads before it writes
                run(mine, "SELECT id FROM {t} LIMIT 1", docs.name)
                mine.execute(
                    sql.SQL(upsert).format(t=table(docs.name)),
                    [docs.name, id_, json.dumps({"text": text})],
                )
                # Of the other dimension if the swap came in between.
            written[id_] = text

        return write

    tasks = [read] * 8 + [write(f"w{number}") for number in range(8)]
    threads = [threading.Thread(target=work, args=[task]) for task in tasks]
    for thread in threads:
        thread.start()
    try:
        docs.reembed(adapter(), batch_size=50)
    finally:
        done.set()
        for thread in threads:
            thread.join()
    assert failed == []
    rows = contents(client, docs.name)
    assert {id_: rows[id_][1]["text"] for id_ in written} == written
    # What was written after the swap has the writers' vector.
    assert all(vec == vector(found["text"]) or vec == [1] * 4 for vec, found in rows.values())
    assert sum(vec != [1] * 4 for vec, _ in rows.values()) >= ROWS


def test_a_long_reader_delays_the_swap_and_nobody_else(
    client: vecs.Client, docs: vecs.Collection, url: str
) -> None:
    """While a transaction holds the table, others are let through between the tries."""
    with (
        psycopg.connect(url, prepare_threshold=None) as holder,
        psycopg.connect(url, autocommit=True, prepare_threshold=None) as reader,
    ):
        run(holder, "SELECT id FROM {t} LIMIT 1", docs.name)
        ended: list[Any] = []
        thread = threading.Thread(target=lambda: ended.append(docs.reembed(adapter())))
        thread.start()
        reader.execute("SET statement_timeout = '20s'")
        waiting = "SELECT count(*) FROM pg_locks WHERE relation = '{t}'::regclass AND NOT granted"
        try:
            while not run(reader, waiting.replace("'{t}'", f"'vecs.{docs.name}'"), docs.name)[0][0]:
                assert thread.is_alive()
            assert len(run(reader, "SELECT id FROM {t}", docs.name)) == ROWS
            assert thread.is_alive()
        finally:
            holder.rollback()
            thread.join()
        assert ended[0].rows == ROWS
