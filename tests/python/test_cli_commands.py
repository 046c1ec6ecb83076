"""describe, drop, delete, index, dump and restore: on a real server, and what is asked before data goes."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from pathlib import Path
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner
from psycopg.conninfo import conninfo_to_dict, make_conninfo

import vecs_sql as vecs
from tests import servers
from tests.conftest import Databases
from tests.python.conftest import dimension_of
from vecs_sql.cli import dump, main

Run = Any


@pytest.fixture
def docs(client: vecs.Client, name: str) -> vecs.Collection:
    docs = client.get_or_create_collection(name, dimension=3)
    docs.upsert((f"r{n}", [n, 1, 0], {"n": n, "nested": {"day": "2024-01-01"}}) for n in range(5))
    return docs


def names(docs: vecs.Collection, on: str = "vector") -> list[str]:
    return [index["name"] for index in docs.describe()[f"{on}_indexes"]]


def rows(docs: vecs.Collection) -> list[tuple[str, list[float], dict[str, Any]]]:
    return [(row.id, row.vec.tolist(), row.metadata) for row in docs.scan()]


def on_a_terminal(url: str, answer: str, *arguments: str) -> tuple[int, str]:
    """Run the command on a terminal where somebody answers; what is seen there, with the exit code."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "vecs_sql", *arguments],
        env={**os.environ, "VECS_SQL_URL": url}, stdin=theirs, stdout=theirs, stderr=theirs,
    ) as process:  # fmt: skip
        os.close(theirs)
        os.write(ours, answer.encode())
        seen = b""
        while True:
            try:
                more = os.read(ours, 4096)
            except OSError:  # it has ended
                break
            if not more:
                break
            seen += more
    os.close(ours)
    return process.returncode, seen.decode()


# describe


def test_describe(run: Run, docs: vecs.Collection) -> None:
    docs.create_index()
    docs.create_metadata_index("n")
    printed = run("describe", docs.name).stdout
    for part in (docs.name, "vector(3)", "cosine_distance (hnsw), m = 16", "gin (metadata"):
        assert part in " ".join(printed.split()), part
    assert json.loads(run("describe", docs.name, "--json").stdout) == docs.describe()
    ended = run("describe", "nothing there", code=1)
    assert 'collection "nothing there" does not exist\nHint: `vecs-sql collections`' in ended.stderr


def test_collections_and_describe_without_select(
    databases: Databases, url: str, docs: vecs.Collection
) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("GRANT USAGE ON SCHEMA vecs TO reader")
    theirs = CliRunner(env={"VECS_SQL_URL": databases.as_role(url, "reader"), "COLUMNS": "200"})
    ended = theirs.invoke(main, ["collections"])
    assert (ended.exit_code, ended.exception) == (0, None)
    [row] = [line for line in ended.output.splitlines() if docs.name in line]
    assert "no privilege" in row
    ended = theirs.invoke(main, ["describe", docs.name])
    assert (ended.exit_code, ended.exception) == (0, None)
    assert "unknown: SELECT is not granted" in ended.output


def test_collections_and_describe_without_a_dimension(
    run: Run, url: str, docs: vecs.Collection
) -> None:
    with psycopg.connect(url) as connection:
        connection.execute(f'ALTER TABLE vecs."{docs.name}" ALTER vec TYPE vector')
    [row] = [line for line in run("collections").stdout.splitlines() if docs.name in line]
    assert "any" in row
    assert "-1" not in row
    [row] = [line for line in run("describe", docs.name).stdout.splitlines() if "vectors" in line]
    assert "(" not in row


# adopt and embed


def test_a_table_is_adopted_embedded_and_dropped(run: Run, url: str, name: str) -> None:
    table = f'public."{name}"'
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            f"CREATE TABLE {table} (id int PRIMARY KEY, content text, year int, v vector(384))".encode()
        )
        connection.execute(
            f"INSERT INTO {table} VALUES (1, 'a cat', 2000), (2, 'a stock market', 2020), (3, NULL, 1)".encode()
        )
        printed = run("adopt", table).stdout
        assert printed.splitlines() == [
            f"{name}: table public.{name}.",
            "Its fields: year, content.",
            f"Rows without a vector: 3. `vecs-sql embed {name}` embeds a column of texts.",
        ]
        described = " ".join(run("describe", name).stdout.split())
        for part in (f"public.{name}", "year, content", "without a vector │ 3"):
            assert part in described, part

        printed = run("embed", name, "--batch-size", "1").stdout
        assert printed.splitlines() == [
            f"{name}: 2 rows embedded.",
            'Rows without a vector: 1. Others embed them now, or they have no "content".',
        ]
        found = run("query", name, "--text", "a kitten", "--limit", "1", "--json").stdout
        assert json.loads(found)["id"] == "1"
        ended = run("embed", "nothing there", code=1)
        assert "Hint: `vecs-sql adopt TABLE` makes a collection of a table." in ended.stderr
        assert "no column" in run("adopt", table, "--vec", "w", code=1).stderr
        run("adopt", table, "--name", f"{name} 2", "--id", "id", "--vec", "v", "--field", "year")

        code, seen = on_a_terminal(url, "n\n", "drop", name)
        assert code == 1
        assert f'Drop collection "{name}" and leave table public.{name}?' in seen
        run("drop", name, f"{name} 2", "--yes")
        assert connection.execute(f"SELECT count(*) FROM {table}".encode()).fetchall() == [(3,)]
        connection.execute(f"DROP TABLE {table}".encode())


# drop


def test_drop(run: Run, client: vecs.Client, docs: vecs.Collection) -> None:
    other = client.get_or_create_collection(f"{docs.name} 2", dimension=2)
    assert "does not exist" in run("drop", docs.name, "nothing", "--yes", code=1).stderr
    assert dimension_of(client, docs.name) == 3
    ended = run("drop", docs.name, code=2)
    assert f'Drop collection "{docs.name}" with its 5 rows?' in ended.stderr
    assert "pass --yes" in ended.stderr
    assert dimension_of(client, docs.name) == 3
    assert run("drop", docs.name, other.name, "-y").output == (
        f"{docs.name}: dropped.\n{other.name}: dropped.\n"
    )
    assert dimension_of(client, docs.name) is dimension_of(client, other.name) is None


def test_drop_on_a_terminal(url: str, client: vecs.Client, docs: vecs.Collection) -> None:
    code, seen = on_a_terminal(url, "n\n", "drop", docs.name)
    assert code == 1
    assert f'Drop collection "{docs.name}" with its 5 rows? [y/N]' in seen
    assert "Aborted!" in seen
    assert dimension_of(client, docs.name) == 3
    code, seen = on_a_terminal(url, "y\n", "drop", docs.name)
    assert code == 0
    assert seen.endswith(f"{docs.name}: dropped.\r\n")
    assert dimension_of(client, docs.name) is None


# delete


def test_delete(run: Run, docs: vecs.Collection) -> None:
    printed = run("delete", docs.name, "--id", "r0", "--id", "nobody", "--yes").output
    assert printed == f"{docs.name}: 1 rows deleted.\n"
    ended = run("delete", docs.name, "--filter", '{"n": {"$gte": 3}}', code=2)
    assert f'Delete 2 of the 4 rows of "{docs.name}"? There is no terminal' in ended.stderr
    assert len(docs) == 4
    run("delete", docs.name, "--filter", '{"n": {"$gte": 3}}', "-y")
    assert [row.id for row in docs.scan()] == ["r1", "r2"]
    assert run("delete", docs.name, "--id", "nobody").output == f"{docs.name}: 0 rows deleted.\n"
    for arguments in ([], ["--filter", "{}"], ["--id", "r1", "--filter", '{"n": 1}']):
        assert "Give either --id or" in run("delete", docs.name, *arguments, code=2).stderr
    assert "unknown operator" in run("delete", docs.name, "--filter", '{"n": {"$x": 1}}', code=1).stderr  # fmt: skip
    assert len(docs) == 2


# index


def test_index(run: Run, docs: vecs.Collection) -> None:
    printed = run("index", "create", docs.name, "--measure", "l2_distance", "--m", "8").output
    assert printed == f"{docs.name}: {docs.index}\n"
    [described] = docs.describe()["vector_indexes"]
    assert described["measure"] == "l2_distance"
    assert described["parameters"] == {"m": "8", "ef_construction": "160"}
    # The SQL layer has the defaults: one that fits a large m, and an error for 0.
    run("index", "create", docs.name, "--m", "100")
    [described] = docs.describe()["vector_indexes"]
    assert described["parameters"] == {"m": "100", "ef_construction": "200"}
    assert run("index", "create", docs.name, "--m", "0", code=1).stderr
    run("index", "create", docs.name, "--method", "ivfflat", "--lists", "3")
    [described] = docs.describe()["vector_indexes"]
    assert (described["measure"], described["method"]) == ("cosine_distance", "ivfflat")
    shown = run("index", "list", docs.name).stdout
    assert "cosine_distance (ivfflat)" in shown
    run("index", "create", docs.name, "--concurrently", "--memory", "64MB")
    run("index", "create", docs.name, "--precision", "binary", "--min-recall", "0")
    shown = " ".join(run("index", "list", docs.name).stdout.split())
    assert "cosine_distance (hnsw), binary precision" in shown
    before = names(docs)
    run("index", "create", docs.name, "--if-not-exists")
    assert names(docs) == before
    printed = run("index", "create", docs.name, "--filter", '{"n": 1}').output
    assert printed.startswith(f"{docs.name}: ix_partial_cosine_ops_")
    shown = " ".join(run("index", "list", docs.name).stdout.split())
    assert 'where {"n": 1}' in shown
    run("index", "drop", docs.name, "--yes")
    run("index", "create", docs.name, "--method", "ivfflat", "--lists", "3")
    assert "gin (metadata jsonb_path_ops)" in " ".join(shown.split())
    printed = run("index", "list", docs.name, "--json").stdout
    assert [(row["on"], row["name"]) for row in map(json.loads, printed.splitlines())] == [
        *(("vector", found) for found in names(docs)),
        *(("metadata", found) for found in names(docs, "metadata")),
    ]
    assert "There is no terminal" in run("index", "drop", docs.name, code=2).stderr
    assert docs.index is not None
    ended = run("index", "drop", docs.name, "--measure", "l2_distance", "--yes", code=1)
    assert "has no index for l2_distance" in ended.stderr
    assert docs.index is not None
    assert run("index", "drop", docs.name, "--yes").output == f"{docs.name}: dropped.\n"
    assert docs.index is None
    assert run("index", "drop", docs.name, "--yes").output == f"{docs.name}: there was none.\n"


def test_index_on_the_metadata(run: Run, docs: vecs.Collection) -> None:
    before = set(names(docs, "metadata"))
    made = run("index", "create", docs.name, "--metadata", "n").output
    run("index", "create", docs.name, "--metadata", '["nested", "day"]', "--kind", "time")
    new = set(names(docs, "metadata")) - before
    assert len(new) == 2
    assert made.split(": ")[1].strip() in new
    dropped = ["index", "drop", docs.name, "--metadata", '["nested", "day"]']
    assert run(*dropped, "--kind", "value", "--yes").output.endswith("there was none.\n")
    assert run(*dropped, "--kind", "time", "--yes").output.endswith("dropped.\n")
    run("index", "drop", docs.name, "--metadata", "n", "--yes")
    assert set(names(docs, "metadata")) == before


def test_index_on_texts(run: Run, docs: vecs.Collection) -> None:
    docs.upsert([("a", [1, 2, 3], {"body": "Katzen"}), ("b", [1, 2, 3], {"title": "Hunde"})])
    made = run("index", "create", docs.name, "--text", "body", "--config", "german").output
    index = docs.describe()["text_index"]
    assert (index["key"], index["config"]) == ("body", "german")
    assert made == f"{docs.name}: {index['name']}\n"
    assert docs.text_query("Katze") == ["a"]
    assert 'words of "body" (german)' in run("index", "list", docs.name).stdout
    lines = run("index", "list", docs.name, "--json").stdout.splitlines()
    assert json.loads(lines[-1]) == {"on": "text", **index}
    assert 'words of "body" (german)' in run("describe", docs.name).stdout
    run("index", "create", docs.name, "--text", "title")
    assert docs.describe()["text_index"]["config"] == "english"
    assert (
        "nonsense"
        in run(
            "index", "create", docs.name, "--text", "title", "--config", "nonsense", code=1
        ).stderr
    )
    run("index", "create", docs.name, "--text", "title", "--config", '{"key": "lang"}')
    listed = run("index", "list", docs.name).stdout
    assert 'words of "title" (by "lang", or simple)' in listed
    dropped = ["index", "drop", docs.name, "--text"]
    assert "the words of texts" in run(*dropped, code=2).stderr
    assert run(*dropped, "--yes").output == f"{docs.name}: dropped.\n"
    assert run(*dropped, "--yes").output == f"{docs.name}: there was none.\n"


def test_a_build_on_a_terminal(url: str, docs: vecs.Collection) -> None:
    code, seen = on_a_terminal(url, "", "index", "create", docs.name, "--text", "n")
    assert code == 0
    assert f"indexing {docs.name}" in seen
    assert docs.describe()["text_index"]["name"] in seen


@pytest.mark.parametrize(
    "arguments, says",
    [
        (["create", "--config", "german"], "--config needs --text KEY"),
        (["create", "--text", "a", "--metadata", "n"], "of different kinds"),
        (["create", "--text", "a", "--concurrently"], "for indexes on the vectors"),
        (["create", "--metadata", "a", "--filter", "{}"], "for indexes on the vectors"),
        (["drop", "--text", "--metadata", "n"], "of different kinds"),
        (["create", "--kind", "time"], "--kind needs --metadata KEY"),
        (["drop", "--kind", "time"], "--kind needs --metadata KEY"),
        (["create", "--lists", "3", "--m", "3"], "are for hnsw"),
        (["drop", "--metadata", "n", "--measure", "l2_distance"], "of different kinds"),
    ],
)
def test_index_that_can_not_be(
    run: Run, docs: vecs.Collection, arguments: list[str], says: str
) -> None:
    command, *options = arguments
    assert says in " ".join(run("index", command, docs.name, *options, code=2).stderr.split())


# dump and restore


@pytest.mark.parametrize("layer", [True, False])
def test_dump_and_restore(
    run: Run,
    docs: vecs.Collection,
    client: vecs.Client,
    database: str,
    empty_database: str,
    tmp_path: Path,
    layer: bool,
) -> None:
    """Into a database with the layer, and into an empty one."""
    odd = client.get_or_create_collection(
        f'{docs.name} "Odd" *', dimension=2, element_type="halfvec"
    )
    odd.upsert([("a", [1, 2], {"k": "ß"})])
    docs.create_index("l2_distance")
    docs.create_metadata_index("n")
    file = tmp_path / "it's a.dump"
    printed = run("dump", file, "--collection", docs.name, "--collection", odd.name).output
    assert printed == ""
    assert [path.name for path in tmp_path.iterdir()] == [file.name]
    url = database if layer else empty_database
    assert sorted(_run(url, "restore", file).splitlines()) == sorted(
        [f"{docs.name}: 5 rows.", f"{odd.name}: 1 rows."]
    )
    with vecs.create_client(url) as other:
        assert [info.name for info in other.describe_collections()] == [docs.name, odd.name]
        again = other.open_collection(docs.name)
        assert rows(again) == rows(docs)
        assert names(again) == names(docs)
        assert sorted(names(again, "metadata")) == sorted(names(docs, "metadata"))
        assert other.open_collection(odd.name).describe()["element_type"] == "halfvec"
        assert again.query([4, 1, 0], limit=1, measure="l2_distance") == ["r4"]
        again.upsert([("new", [1, 2, 3], {})])
        assert len(again) == 6
        # What is there is not touched.
        said = _failed(url, "restore", file)
        assert "already exists" in said
        assert "Hint: Nothing was restored. `vecs-sql drop`" in said
        assert len(again) == 6


def test_dump_of_all_through_pipes(
    database: str, databases: Databases, template: str, tmp_path: Path
) -> None:
    with vecs.create_client(database) as client:
        assert "no collections to dump" in _failed(database, "dump", tmp_path / "none.dump")
        for number in range(3):
            client.get_or_create_collection(f"c{number}", dimension=1).upsert([("a", [1], {})])
        with psycopg.connect(database) as connection:
            connection.execute("COMMENT ON TABLE vecs.c0 IS 'kept'")
    target = databases.create(template)
    command = [sys.executable, "-m", "vecs_sql"]
    dumped = subprocess.run(
        [*command, "dump", "-", "--url", database], capture_output=True, check=True
    )
    assert dumped.stderr == b""
    loaded = subprocess.run(
        [*command, "restore", "-", "--url", target],
        input=dumped.stdout, capture_output=True, check=True,
    )  # fmt: skip
    assert loaded.stdout == b"c0: 1 rows.\nc1: 1 rows.\nc2: 1 rows.\n"
    with psycopg.connect(target) as connection:
        told = connection.execute("SELECT obj_description('vecs.c0'::regclass)").fetchone()
        assert told == ("kept",)
        # The planner knows how many rows there are.
        told = connection.execute("SELECT reltuples FROM pg_class WHERE relname = 'c0'").fetchone()
        assert told == (1,)
    databases.drop(target)


@pytest.mark.slow
def test_servers_of_other_versions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "17.dump"
    with servers.run("pg17") as url:
        with vecs.create_client(url) as client:
            client.get_or_create_collection("docs", dimension=1).upsert([("a", [1], {})])
            _run(url, "dump", file)
            client.delete_collection("docs")
            assert _run(url, "restore", file) == "docs: 1 rows.\n"
            assert len(client.open_collection("docs")) == 1
        older = tmp_path / "pg_dump"
        older.write_text("#!/bin/sh\necho 'pg_dump (PostgreSQL) 16.4'\n")
        older.chmod(0o755)
        with monkeypatch.context() as patch:
            patch.setattr(dump, "_find", lambda name: older)
            said = _failed(url, "dump", tmp_path / "no.dump")
        assert "pg_dump 16 cannot dump a server of version 17\nHint: Use a pg_dump of" in said
    with servers.run("pg16") as url:
        said = _failed(url, "restore", file)
        assert "cannot restore into a server of version 16\nHint: Use `vecs-sql export`" in said
        with vecs.create_client(url) as client:
            assert client.describe_collections() == []
    assert [path.name for path in tmp_path.iterdir() if path.suffix == ".dump"] == ["17.dump"]


def _run(url: str, *arguments: str | Path) -> str:
    ended = CliRunner(env={"VECS_SQL_URL": url}).invoke(main, [*map(str, arguments)])
    assert ended.exit_code == 0, ended.output + repr(ended.exception)
    return ended.output


def _failed(url: str, *arguments: str | Path) -> str:
    ended = CliRunner(env={"VECS_SQL_URL": url}).invoke(main, [*map(str, arguments)])
    assert ended.exit_code == 1, ended.output
    return ended.stderr


def test_dump_that_can_not_be(url: str, docs: vecs.Collection, tmp_path: Path) -> None:
    assert "does not exist" in _failed(url, "dump", tmp_path / "x", "--collection", "nothing")
    assert "No such file" in _failed(url, "dump", "/no/such/x.dump", "--collection", docs.name)
    (tmp_path / "no.dump").write_text("no dump")
    assert "does not appear to be a valid archive" in _failed(url, "restore", tmp_path / "no.dump")
    assert [path.name for path in tmp_path.iterdir()] == ["no.dump"]


def test_a_password_is_not_an_argument(
    url: str, databases: Databases, docs: vecs.Collection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    """Arguments can be seen by everyone on the system."""
    seen: list[tuple[list[str], str]] = []
    run = subprocess.run

    def looks(command: list[Any], **options: Any) -> Any:  # noqa: ANN401
        seen.append((list(map(str, command)), str((options.get("env") or {}).get("PGPASSWORD"))))
        return run(command, **options)

    monkeypatch.setattr(subprocess, "run", looks)
    with_password = make_conninfo("", **{**conninfo_to_dict(url), "password": "hush"})
    ended = CliRunner().invoke(
        main, ["dump", str(tmp_path / "x.dump"), "--collection", docs.name, "--url", with_password]
    )
    assert ended.exit_code == 0, ended.output
    assert seen[-1][1] == "hush"
    assert not any("hush" in " ".join(command) for command, _ in seen)
