"""load, export, query and collections: each form of file, what is printed, and how errors are."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
import pyarrow as pa
import pytest
from psycopg import sql
from pyarrow import parquet

import vecs_sql as vecs
from tests.python.conftest import dimension_of
from vecs_sql.adapter import TextEmbedding

pytestmark = pytest.mark.slow

ROWS: list[dict[str, Any]] = [
    {"id": "a", "vec": [1, 0, 0], "metadata": {"year": 1973, "tags": ["x"]}},
    {"id": "b", "vec": [0, 1, 0], "metadata": {"year": 2012}},
    {"id": "c", "vec": [0, 0, 1], "metadata": {}},
]


def write(path: Path, rows: list[dict[str, Any]] = ROWS) -> Path:
    """Rows in a file of the form that its ending says."""
    if path.suffix == ".jsonl":
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    elif path.suffix == ".csv":
        with path.open("w", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            for row in rows:
                writer.writerow({
                    key: value if isinstance(value, str) else json.dumps(value) for key, value in row.items()
                })  # fmt: skip
    else:
        texts = [{**row, "metadata": json.dumps(row["metadata"])} for row in rows]
        parquet.write_table(pa.Table.from_pylist(texts), path)
    return path


def stored(client: vecs.Client, name: str) -> list[dict[str, Any]]:
    docs = client.get_or_create_collection(name)
    return [
        {"id": row.id, "vec": row.vec.tolist(), "metadata": row.metadata} for row in docs.scan()
    ]


# load


@pytest.mark.parametrize("ending", ["jsonl", "csv", "parquet"])
def test_load(run: Any, client: vecs.Client, name: str, tmp_path: Path, ending: str) -> None:  # noqa: ANN401
    file = write(tmp_path / f"rows.{ending}")
    assert run("load", name, file).output == (
        f"{name}: 3 rows, 3 of them new.\nIt has no vector index; --index builds one.\n"
    )
    assert stored(client, name) == ROWS
    again = run("load", name, file, "--index").output
    assert again.startswith(f"{name}: 3 rows, 0 of them new.\nIts index: ix_vector_cosine_ops_hnsw")


@pytest.mark.parametrize("rebuild", ["auto", "always", "never"])
def test_load_into_an_index(
    run: Any,  # noqa: ANN401
    client: vecs.Client,
    name: str,
    tmp_path: Path,
    rebuild: str,
) -> None:
    docs = client.get_or_create_collection(name, dimension=3)
    docs.create_index(method="hnsw", index_arguments=vecs.IndexArgsHNSW(m=4, ef_construction=20))

    def built() -> int:
        [index] = docs.describe()["vector_indexes"]
        assert index["parameters"] == {"m": "4", "ef_construction": "20"}
        return int(index["rows_when_built"])

    few = write(tmp_path / "few.jsonl")
    run("load", name, few, "--rebuild-index", rebuild)
    assert built() == {"auto": 0, "always": 3, "never": 0}[rebuild]
    many = [{"id": f"{n}", "vec": [n, 1, 2]} for n in range(1100)]
    arguments = [] if rebuild == "auto" else ["--rebuild-index", rebuild]
    run("load", name, write(tmp_path / "many.jsonl", many), *arguments)
    assert built() == {"auto": 1103, "always": 1103, "never": 0}[rebuild]
    run("load", name, few, "--index", "--rebuild-index", "never")
    assert built() == {"auto": 1103, "always": 1103, "never": 0}[rebuild]


def test_load_flat_rows(run: Any, client: vecs.Client, name: str, tmp_path: Path) -> None:  # noqa: ANN401
    flat = [
        {"id": "1", "vec": [1, 2], "year": 1973, "name": "x"},
        {"id": "02", "vec": [3, 4], "year": 2.5, "name": "[no json"},
    ]
    for ending in ("jsonl", "csv"):
        run("load", name, write(tmp_path / f"rows.{ending}", flat))
        assert stored(client, name) == [
            {"id": "02", "vec": [3, 4], "metadata": {"year": 2.5, "name": "[no json"}},
            {"id": "1", "vec": [1, 2], "metadata": {"year": 1973, "name": "x"}},
        ]
        client.delete_collection(name)


def test_load_a_matrix(run: Any, client: vecs.Client, name: str, tmp_path: Path) -> None:  # noqa: ANN401
    np.save(tmp_path / "rows.npy", np.array([row["vec"] for row in ROWS], np.float16))
    lines = write(
        tmp_path / "rows.jsonl", [{key: row[key] for key in ("id", "metadata")} for row in ROWS]
    )
    run("load", name, tmp_path / "rows.npy", lines)
    assert stored(client, name) == ROWS
    for count, says in ((2, "rows.jsonl has 2"), (4, "rows.jsonl has more")):
        write(lines, [{"id": str(number)} for number in range(count)])
        assert says in run("load", name, lines, tmp_path / "rows.npy", code=1).stderr
    assert stored(client, name) == ROWS


def test_load_from_standard_input(run: Any, client: vecs.Client, name: str) -> None:  # noqa: ANN401
    run("load", name, "-", text="\n".join(map(json.dumps, ROWS)) + "\n\n")
    assert stored(client, name) == ROWS


def test_load_texts(run: Any, client: vecs.Client, name: str, tmp_path: Path) -> None:  # noqa: ANN401
    texts = [{"id": str(n), "text": text} for n, text in enumerate(["a kitten", "income tax"])]
    run("load", name, write(tmp_path / "texts.jsonl", texts), "--embed", "text", "--index")
    assert client.get_or_create_collection(name).dimension == 384
    found = run("query", name, "--text", "a small cat", "--limit", "1", "--json").output
    row = json.loads(found)
    assert (row["id"], row["metadata"]) == ("0", {"text": "a kitten"})
    assert 0 < row["distance"] < 0.6


@pytest.mark.parametrize(
    "lines, says",
    [
        ('{"id": "a", "vec": [1, 2, 3]}\n{"id"', "rows.jsonl, line 2, is not JSON"),
        ("[1]\n", "rows.jsonl, line 1, is not a JSON object"),
        ('{"vec": [1, 2, 3]}\n', 'row 1 has no "id"'),
        ('{"id": "a", "vec": [1, 2, 3]}\n{"id": "b"}', 'row 2 (id "b") has no vector "vec"'),
        (
            '{"id": "a", "vec": "x"}',
            "the vector of the first row is no list: 'x'\nHint: Write a list of numbers: [0.1, 0.2].",
        ),
        ('[{"id": "a", "vec": [1]}]', "Hint: This is a JSON array: name the file .json."),
        ('[\n{"id": "a", "vec": [1]}\n]\n', "Hint: This is a JSON array: name the file .json."),
        ('{"id": "a", "vec": null}', 'row 1: the column "vec" is empty'),
        ('{"id": "", "vec": [1]}', 'row 1: the column "id" is empty'),
        ("", "the file has no rows"),
        ('{"id": "a", "vec": [1, 2]}\n{"id": "b", "vec": [1]}', '"b" has 1 dimensions, not 2'),
        (
            '{"id": "a", "vec": [1], "metadata": 5}',
            'row 1 (id "a"): its metadata is no JSON object',
        ),
        ('{"id": "a", "vec": ' + "[" * 9999, "rows.jsonl, line 1, is not JSON"),
    ],
)
def test_load_what_can_not_be(
    run: Any,  # noqa: ANN401
    client: vecs.Client,
    name: str,
    tmp_path: Path,
    lines: str,
    says: str,
) -> None:
    (tmp_path / "rows.jsonl").write_text(lines)
    ended = run("load", name, tmp_path / "rows.jsonl", code=1)
    assert says in ended.stderr
    assert "Traceback" not in ended.output
    assert dimension_of(client, name) is None


@pytest.mark.parametrize(
    "file, damage",
    [
        ("rows.jsonl", lambda whole: whole.replace(b"x", b"\xff")),
        ("rows.csv", lambda whole: whole.replace(b"x", b"\xff")),
        ("rows.csv", lambda whole: whole + b'd,"[1,2'),
        ("rows.parquet", lambda whole: whole[: len(whole) // 2]),
        ("rows.parquet", lambda whole: b""),
        ("rows.npy", lambda whole: whole[:90]),
        ("rows.npy", lambda whole: whole[:-1]),
        ("rows.npy", lambda whole: b""),
        ("rows.npy", lambda whole: b"no matrix"),
    ],
)
def test_damaged_files(
    run: Any,  # noqa: ANN401
    client: vecs.Client,
    name: str,
    tmp_path: Path,
    file: str,
    damage: Callable[[bytes], bytes],
) -> None:
    path = tmp_path / file
    files = [path]
    if path.suffix == ".npy":
        np.save(path, np.eye(3))
        files.append(write(tmp_path / "lines.jsonl", [{"id": str(n)} for n in range(3)]))
    else:
        write(path)
    path.write_bytes(damage(path.read_bytes()))
    ended = run("load", name, *files, code=1)
    assert ended.stderr.startswith(f"Error: {file} cannot be read: ")
    assert ("iconv -f WINDOWS-1252 -t UTF-8" in ended.stderr) == (b"\xff" in path.read_bytes())
    assert dimension_of(client, name) is None


@pytest.mark.parametrize("ending", ["jsonl", "csv"])
def test_byte_order_mark(
    run: Any,  # noqa: ANN401
    client: vecs.Client,
    name: str,
    tmp_path: Path,
    ending: str,
) -> None:
    path = write(tmp_path / f"rows.{ending}")
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    run("load", name, path)
    assert stored(client, name) == ROWS


def test_files_that_can_not_be(run: Any, name: str, tmp_path: Path) -> None:  # noqa: ANN401
    ended = run("load", name, tmp_path / "none.jsonl", code=1)
    assert ended.stderr.startswith(f"Error: {tmp_path}/none.jsonl: No such file")
    odd = tmp_path / "rows.txt"
    odd.touch()
    assert "is of no known form" in run("load", name, odd, code=1).stderr
    two = [write(tmp_path / "one.jsonl"), write(tmp_path / "two.jsonl")]
    assert "one after the other" in run("load", name, *two, code=1).stderr
    assert 'has no text "body"' in run("load", name, two[0], "--embed", "body", code=1).stderr


# export


@pytest.fixture
def docs(client: vecs.Client, name: str) -> vecs.Collection:
    docs = client.get_or_create_collection(name, dimension=3)
    docs.upsert([(row["id"], row["vec"], row["metadata"]) for row in ROWS])
    docs.create_index()
    return docs


@pytest.mark.parametrize("ending", ["jsonl", "csv", "parquet", "npy"])
def test_export_and_load_again(
    run: Any,  # noqa: ANN401
    client: vecs.Client,
    docs: vecs.Collection,
    tmp_path: Path,
    ending: str,
) -> None:
    file = tmp_path / f"out.{ending}"
    run("export", docs.name, file)
    run("export", docs.name, file)
    files = [file, tmp_path / "out.jsonl"] if ending == "npy" else [file]
    assert sorted(tmp_path.iterdir()) == sorted(files)
    run("load", f"{docs.name}_again", *files)
    assert stored(client, f"{docs.name}_again") == ROWS


def test_export_to_standard_output(run: Any, docs: vecs.Collection) -> None:  # noqa: ANN401
    printed = run("export", docs.name, "-", "--filter", '{"year": {"$gt": 2000}}').stdout
    assert [json.loads(line) for line in printed.splitlines()] == [ROWS[1]]


def test_export_of_long_fields(run: Any, client: vecs.Client, name: str, tmp_path: Path) -> None:  # noqa: ANN401
    docs = client.get_or_create_collection(name, dimension=10_000)
    docs.upsert([("a", np.full(10_000, 0.123456789), {"text": "x" * 200_000})])
    run("export", name, tmp_path / "long.csv")
    run("load", f"{name}_again", tmp_path / "long.csv")
    assert stored(client, f"{name}_again") == stored(client, name)


def test_export_to_what_is_no_plain_file(run: Any, docs: vecs.Collection, tmp_path: Path) -> None:  # noqa: ANN401
    target, link, pipe = (tmp_path / name for name in ("target.jsonl", "link.jsonl", "pipe.jsonl"))
    link.symlink_to(target)
    run("export", docs.name, link)
    assert link.is_symlink()
    assert len(target.read_text().splitlines()) == 3
    os.mkfifo(pipe)
    with ThreadPoolExecutor(1) as pool:
        read = pool.submit(pipe.read_text)
        run("export", docs.name, pipe)
        assert read.result(10) == target.read_text()
    assert pipe.is_fifo()


def command(url: str, *arguments: str, **options: Any) -> subprocess.Popen[bytes]:  # noqa: ANN401
    """The command as a program of its own."""
    environment = {**os.environ, "VECS_SQL_URL": url, **options.pop("env", {})}
    return subprocess.Popen(
        [sys.executable, "-m", "vecs_sql", *arguments],
        env=environment,
        stderr=subprocess.PIPE,
        **options,
    )


def test_load_out_of_a_pipe(run: Any, client: vecs.Client, name: str, tmp_path: Path) -> None:  # noqa: ANN401
    pipe, content = tmp_path / "pipe.jsonl", write(tmp_path / "rows.jsonl").read_text()
    os.mkfifo(pipe)
    with ThreadPoolExecutor(1) as pool:
        pool.submit(pipe.write_text, content)
        run("load", name, pipe)
    assert stored(client, name) == ROWS


def test_two_exports_at_once(url: str, docs: vecs.Collection, tmp_path: Path) -> None:
    docs.upsert((f"n{n}", [n, 1, 1], {"text": "x" * 1000}) for n in range(2000))
    target = tmp_path / "out.jsonl"
    running = [command(url, "export", docs.name, str(target)) for _ in range(2)]
    for process in running:
        with process:
            assert process.wait(60) == 0
    assert len([json.loads(line) for line in target.read_text().splitlines()]) == 2003
    assert list(tmp_path.iterdir()) == [target]


def test_an_export_that_is_broken_off(url: str, docs: vecs.Collection, tmp_path: Path) -> None:
    docs.upsert((f"n{n}", [n, 1, 1], {"text": "x" * 3000}) for n in range(6000))
    with command(url, "export", docs.name, str(tmp_path / "out.csv")) as process:
        until = time.monotonic() + 30
        while not [*tmp_path.iterdir()] and time.monotonic() < until:
            time.sleep(0.005)
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 128 + signal.SIGTERM
    assert list(tmp_path.iterdir()) == []


def test_a_terminal_that_lacks_signs(url: str, docs: vecs.Collection) -> None:
    docs.upsert([("é", [1, 1, 1], {"k": "\U0001f418"})])
    narrow = {"PYTHONIOENCODING": "latin1"}
    for more in ([], ["--json"]):
        with command(
            url, "query", docs.name, "--id", "a", *more, stdout=subprocess.PIPE, env=narrow
        ) as process:
            printed, said = process.communicate()
        assert (process.returncode, said) == (0, b"")
        assert ("\U0001f418".encode() if more else b"\\U0001f418") in printed


def test_a_reader_that_has_had_enough(url: str, docs: vecs.Collection) -> None:
    docs.upsert((f"n{n}", [n, 1, 1], {"text": "x" * 1000}) for n in range(2000))
    with command(url, "export", docs.name, "-", stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline()
        process.stdout.close()
        assert process.stderr is not None
        assert process.stderr.read() == b""
        assert process.wait(30) == 0


def test_utf8_whatever_the_terminal_is(
    url: str, client: vecs.Client, docs: vecs.Collection, name: str
) -> None:
    docs.upsert([("é", [1, 1, 1], {"k": "ß"})])
    ascii_only = {"PYTHONIOENCODING": "ascii"}
    with command(url, "export", docs.name, "-", stdout=subprocess.PIPE, env=ascii_only) as process:
        printed, _ = process.communicate()
    assert '"é"' in printed.decode()
    with command(
        url,
        "load",
        f"{name}_again",
        "-",
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        env=ascii_only,
    ) as process:
        process.communicate(printed)
    assert process.returncode == 0
    assert client.open_collection(f"{name}_again")["é"].metadata == {"k": "ß"}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_load_that_is_broken_off(
    url: str, client: vecs.Client, name: str, number: signal.Signals
) -> None:
    def default() -> None:  # a shell's background job would ignore SIGINT
        signal.signal(signal.SIGINT, signal.default_int_handler)

    with command(
        url, "load", name, "-", stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, preexec_fn=default
    ) as process:
        assert process.stdin is not None
        process.stdin.write(b'{"id": "a", "vec": [1, 2]}\n' * 20_000)
        process.stdin.flush()
        until = time.monotonic() + 30
        while dimension_of(client, name) is None and time.monotonic() < until:
            time.sleep(0.01)
        assert dimension_of(client, name) == 2
        process.send_signal(number)
        assert process.wait(30) != 0
    assert dimension_of(client, name) is None


BUILDING = "FROM pg_stat_activity WHERE query LIKE '%create_index%' AND wait_event_type = 'Lock'"


@pytest.mark.parametrize("ended_by", ["signal", "server"])
def test_an_index_that_is_broken_off(
    url: str, docs: vecs.Collection, tmp_path: Path, ended_by: str
) -> None:
    docs.drop_index()
    with psycopg.connect(url) as other, psycopg.connect(url, autocommit=True) as watching:

        def building() -> bool:
            return watching.execute(f"SELECT {BUILDING}".encode()).rowcount > 0

        # Lets the load write, and the index wait.
        table = sql.Identifier("vecs", docs.name)
        other.execute(sql.SQL("LOCK TABLE {} IN ROW EXCLUSIVE MODE").format(table))
        path = str(write(tmp_path / "rows.jsonl"))
        with command(url, "load", docs.name, path, "--index", stdout=subprocess.DEVNULL) as process:
            until = time.monotonic() + 30
            while not building():
                assert time.monotonic() < until
                time.sleep(0.02)
            if ended_by == "signal":
                process.send_signal(signal.SIGTERM)
            else:
                watching.execute(f"SELECT pg_terminate_backend(pid) {BUILDING}".encode())
            _, said = process.communicate()
        assert not building()
    if ended_by == "signal":
        assert (process.returncode, said) == (128 + signal.SIGTERM, b"")
    else:  # one line, without what the pool has to say
        assert process.returncode == 1
        assert said.startswith(b"Error: terminating connection")
        assert said.count(b"\n") == 1


def test_export_that_can_not_be(run: Any, docs: vecs.Collection, tmp_path: Path) -> None:  # noqa: ANN401
    assert "of no known form" in run("export", docs.name, tmp_path / "out.txt", code=1).stderr
    ended = run("export", "nothing there", tmp_path / "out.csv", code=1)
    assert 'collection "nothing there" does not exist' in ended.stderr
    assert "Hint: `vecs-sql collections` lists them." in ended.stderr
    assert "No such file" in run("export", docs.name, "/no/such/out.csv", code=1).stderr
    ended = run("export", docs.name, tmp_path / "out.csv", "--filter", '{"n": {"$gr": 1}}', code=1)
    assert 'unknown operator "$gr" at "n.$gr"' in ended.stderr
    assert list(tmp_path.iterdir()) == []


# query and collections


def test_query(run: Any, docs: vecs.Collection) -> None:  # noqa: ANN401
    printed = run("query", docs.name, "--vector", "[1, 1, 0]", "--limit", "2").stdout
    assert "distance" in printed
    assert '{"tags": ["x"], "year": 1973}' in printed or '{"year": 1973, "tags": ["x"]}' in printed
    assert "0.2929" in printed
    rows = [
        json.loads(line)
        for line in run("query", docs.name, "--id", "a", "--json", "--filter", '{"year": {"$gt": 0}}')
        .stdout.splitlines()
    ]  # fmt: skip
    assert rows == [{"id": "b", "distance": 1.0, "metadata": {"year": 2012}}]
    near = run("query", docs.name, "--vector", "[1,0,0]", "--max-distance", "0.5", "--json").stdout
    assert json.loads(near)["id"] == "a"
    second = run("query", docs.name, "--vector", "[1,0,0]", "--limit", "1", "--skip", "1", "--json")
    assert json.loads(second.stdout)["id"] == "b"
    explained = json.loads(run("query", docs.name, "--id", "a", "--explain").stdout)
    assert {"why", "advice"} <= explained.keys()


def test_load_with_a_text_index(run: Any, client: vecs.Client, name: str, tmp_path: Path) -> None:  # noqa: ANN401
    texts = [{"id": "a", "text": "two cats"}, {"id": "b", "text": "a tax"}]
    file = write(tmp_path / "texts.jsonl", texts)
    loaded = ["load", name, file, "--embed", "text", "--index", "--text-index"]
    run(*loaded, "text")
    docs = client.open_collection(name)
    assert docs.text_query("cat") == ["a"]
    before = docs.describe()["text_index"]
    run(*loaded, "text")  # again: the index stays
    assert docs.describe()["text_index"]["name"] == before["name"]
    assert "text index" in run(*loaded, "title", code=1).stderr
    run("load", f"{name}_new", file, "--embed", "text", "--text-index", "title")
    assert client.open_collection(f"{name}_new").describe()["text_index"]["key"] == "title"


def test_query_by_words(run: Any, client: vecs.Client, name: str) -> None:  # noqa: ANN401
    docs = client.get_or_create_collection(name, dimension=384)
    model = TextEmbedding(model="all-MiniLM-L6-v2")
    texts = {"a": "small cats", "b": "an income tax", "c": "a house for a cat in the garden"}
    docs.upsert((id_, model.embed_query(text), {"text": text}) for id_, text in texts.items())
    for option in ("--words", "--hybrid"):
        ended = run("query", name, option, "cat", code=1)
        assert f"Hint: `vecs-sql index create {name} --text KEY` makes one." in ended.stderr
    docs.create_text_index("text")
    lines = run("query", name, "--words", "cat", "--json").stdout.splitlines()
    found = [json.loads(line) for line in lines]
    assert [row["id"] for row in found] == ["a", "c"]
    assert [*found[0]] == ["id", "score", "metadata"]
    printed = run("query", name, "--words", "cat", "--limit", "1").stdout
    assert "score" in printed
    assert f"{found[0]['score']:.4f}" in printed
    lines = run("query", name, "--hybrid", "a kitten or a tax", "--json").stdout.splitlines()
    found = [json.loads(line) for line in lines]
    assert [*found[0]] == ["id", "score", "distance", "text_score", "metadata"]
    assert sorted(row["id"] for row in found) == ["a", "b", "c"]
    assert [row["id"] for row in found if row["text_score"] is not None] == ["b"]
    printed = run("query", name, "--hybrid", "a kitten or a tax", "--limit", "3").stdout
    assert [heading.strip() for heading in printed.splitlines()[1].strip("┃ ").split("┃")] == [
        "score",
        "distance",
        "text score",
        "id",
        "metadata",
    ]
    assert f"{found[0]['distance']:.4f}" in printed
    assert "nan" not in printed.lower()
    assert "None" not in printed
    printed = run("query", name, "--words", "cat -garden", "--match", "web", "--json").stdout
    assert [json.loads(line)["id"] for line in printed.splitlines()] == ["a"]
    lines = run("query", name, "--hybrid", "cat house", "--match", "all", "--json").stdout
    assert [row["id"] for row in map(json.loads, lines.splitlines()) if row["text_score"]] == ["c"]
    nothing = run("query", name, "--words", "dinosaurs")
    assert (nothing.stdout, nothing.stderr) == ("", "No rows.\n")
    for more in (["--explain"], ["--max-distance", "1"]):
        assert "without words" in run("query", name, "--words", "cat", *more, code=2).stderr


def test_query_by_groups_and_mmr(run: Any, client: vecs.Client, name: str) -> None:  # noqa: ANN401
    docs = client.get_or_create_collection(name, dimension=2)
    docs.upsert(
        [
            ("a1", [1, 0], {"document": "a"}),
            ("a2", [1, 0.1], {"document": "a"}),
            ("b1", [0, 1], {"document": "b"}),
            ("none", [1, 0], {}),
        ]
    )

    def found(*more: str) -> list[str]:
        ended = run("query", name, "--vector", "[1, 0.01]", "--json", *more)
        return [json.loads(line)["id"] for line in ended.stdout.splitlines()]

    assert found("--group-by", "document") == ["a1", "b1"]
    assert found("--group-by", "document", "--limit", "1") == ["a1"]
    assert found("--group-by", "document", "--filter", '{"$id": {"$ne": "a1"}}') == ["a2", "b1"]
    assert "b1" not in found("--limit", "2")
    assert "b1" in found("--limit", "2", "--mmr")
    printed = run("query", name, "--vector", "[1, 0]", "--group-by", "document").stdout
    assert '{"document": "b"}' in printed
    for more in (
        ["--id", "a1"],
        ["--words", "a"],
        ["--hybrid", "a"],
        ["--vector", "[1,0]", "--skip", "1"],
    ):
        for option in (["--mmr"], ["--group-by", "document"]):
            ended = run("query", name, *more, *option, code=2)
            assert "go with --vector or --text" in " ".join(ended.stderr.split())
    ended = run("query", name, "--vector", "[1,0]", "--mmr", "--group-by", "document", code=2)
    assert "exclude each other" in ended.stderr


def test_facet(run: Any, client: vecs.Client, name: str) -> None:  # noqa: ANN401
    docs = client.get_or_create_collection(name, dimension=1)
    docs.upsert((str(n), [n], {"kind": "even" if n % 2 == 0 else n}) for n in range(8))
    lines = run("facet", name, "kind", "--limit", "2", "--json").stdout.splitlines()
    assert [json.loads(line) for line in lines] == [
        {"value": "even", "rows": 4},
        {"value": 1, "rows": 1},
    ]
    printed = run("facet", name, "kind", "--filter", '{"kind": {"$ne": 3}}').stdout
    assert [line.split("│")[1:3] for line in printed.splitlines() if "even" in line] == [
        ["    4 ", " even  "]
    ]
    assert "3" not in printed


def test_what_is_printed_beside_the_answer(run: Any, client: vecs.Client, name: str) -> None:  # noqa: ANN401
    client.get_or_create_collection(name, dimension=2).upsert(
        [("zero", [0, 0], {}), ("a", [1, 0], {})]
    )
    ended = run("query", name, "--vector", "[1, 0]", "--json")
    rows = [json.loads(line, parse_constant=pytest.fail) for line in ended.stdout.splitlines()]
    assert [(row["id"], row["distance"]) for row in rows] == [("a", 0), ("zero", None)]
    assert ended.stderr == ""
    client.get_or_create_collection(name).upsert((f"n{n}", [n, 1], {}) for n in range(6000))
    ended = run("query", name, "--vector", "[1, 0]", "--json", "--limit", "1")
    assert ended.stderr.startswith("Warning: Query does not have a covering index")
    assert ended.stderr.count("\n") == 1


def test_query_that_can_not_be(run: Any, docs: vecs.Collection) -> None:  # noqa: ANN401
    assert "Give one of" in run("query", docs.name, code=2).stderr
    assert "Give one of" in run("query", docs.name, "--id", "a", "--text", "x", code=2).stderr
    assert "not a JSON list" in run("query", docs.name, "--vector", "1, 2", code=2).stderr
    assert "not JSON" in run("query", docs.name, "--id", "a", "--filter", "{", code=2).stderr
    assert (
        "not a JSON object" in run("query", docs.name, "--id", "a", "--filter", "1", code=2).stderr
    )
    ended = run("query", docs.name, "--vector", "[1, 2]", code=1)
    assert ended.stderr.count("\n") <= 2
    assert "dimensions" in ended.stderr
    for more in ([], ["--explain"]):
        ended = run("query", docs.name, "--id", "nobody", *more, code=1)
        assert f'collection "{docs.name}" has no row "nobody"' in ended.stderr


def test_collections(run: Any, docs: vecs.Collection) -> None:  # noqa: ANN401
    printed = run("collections").stdout
    [line] = [line for line in printed.splitlines() if f" {docs.name} " in line]
    assert "cosine_distance (hnsw)" in line
    rows = [json.loads(line) for line in run("collections", "--json").stdout.splitlines()]
    [row] = [row for row in rows if row["name"] == docs.name]
    assert (row["dimension"], row["approximate_count"]) == (3, 3)
    assert row["indexes"][0]["method"] == "hnsw"


def test_two_databases(run: Any, url: str, tmp_path: Path) -> None:  # noqa: ANN401
    ended = run("collections", "--data", tmp_path, "--url", url, code=2)
    assert "exclude each other" in ended.stderr
    # What is typed counts more than what is in the environment: here a folder that cannot be.
    (tmp_path / "file").touch()
    assert "data folder" in run("collections", "--data", tmp_path, code=1).stderr
