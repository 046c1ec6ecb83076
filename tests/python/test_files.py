"""Files as other programs write them: their names of columns, separators, encodings, compressions and types."""

from __future__ import annotations

import builtins
import bz2
import csv
import gzip
import json
import lzma
import uuid
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import parquet

import vecs_sql as vecs
from tests.python.conftest import dimension_of
from tests.python.test_cli_data import ROWS, stored, write
from vecs_sql.cli.files import readers as _readers

Run = Callable[..., Any]
VEC = [1.0, 2.0, 3.0]


def metadata_of(client: vecs.Client, name: str) -> list[dict[str, Any]]:
    return [row["metadata"] for row in stored(client, name)]


def element_type(client: vecs.Client, name: str, run: Run) -> str:
    rows = map(json.loads, run("collections", "--json").stdout.splitlines())
    return next(str(row["element_type"]) for row in rows if row["name"] == name)


# Nothing is lost without a word


@pytest.mark.parametrize(
    "text, says",
    [
        (
            'id,vec,k\na,"[1,2]",x\nb,"[1,2]",y,z\n',
            "row 2 (line 3), has 4 values, and the header 3 names",
        ),
        ('id,vec,k\na,"[1,2]"\n', "row 1 (line 2), has 2 values, and the header 3 names"),
        ('id,vec,k\na,"[1,2]","x\ny"\nb,[1,2],y\n', "row 2 (line 4), has 4 values"),
        ('id,vec,k,k\na,"[1,2]",x,y\n', "has two columns of one name: k"),
        ("id;vec;k\na;[1,2]\n", "row 1 (line 2), has 2 values, and the header 3 names"),
    ],
)
def test_tables_that_do_not_fit(
    run: Run, client: vecs.Client, name: str, tmp_path: Path, text: str, says: str
) -> None:
    path = tmp_path / "rows.csv"
    path.write_text(text)
    ended = run("load", name, path, code=1)
    assert f"rows.csv, {says}" in ended.stderr or f"rows.csv {says}" in ended.stderr
    assert "Hint:" in ended.stderr
    assert dimension_of(client, name) is None


def test_parquet_of_two_columns_of_one_name(run: Run, name: str, tmp_path: Path) -> None:
    columns = [pa.array(["a"]), pa.array([VEC]), pa.array([1]), pa.array([2])]
    table = pa.Table.from_arrays(columns, ["id", "vec", "k", "k"])
    parquet.write_table(table, tmp_path / "rows.parquet")
    ended = run("load", name, tmp_path / "rows.parquet", code=1)
    assert "rows.parquet has two columns of one name: k" in ended.stderr


def test_empty_lines_of_a_table(run: Run, client: vecs.Client, name: str, tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text('id,vec\na,"[1,2]"\n\nb,"[3,4]"\n\n')
    run("load", name, tmp_path / "rows.csv")
    assert len(stored(client, name)) == 2


def test_export_beside_other_files(
    run: Run, client: vecs.Client, docs: vecs.Collection, tmp_path: Path
) -> None:
    docs.upsert([(row["id"], row["vec"], row["metadata"]) for row in ROWS])
    lines, matrix = tmp_path / "q.jsonl", tmp_path / "q.npy"
    run("export", docs.name, lines)
    before = lines.read_text()
    ended = run("export", docs.name, matrix, code=1)
    assert "q.jsonl exists and is not of an earlier export of q.npy" in ended.stderr
    assert "--force" in ended.stderr
    assert lines.read_text() == before
    assert not matrix.exists()
    run("export", docs.name, matrix, "--force")
    run("export", docs.name, matrix)  # what is there is of an earlier export now
    run("load", f"{docs.name}_again", matrix, lines)
    assert stored(client, f"{docs.name}_again") == ROWS
    for other in ("", '["no object"]\n', "no JSON\n", '{"id": "a", "metadata": {}, "more": 1}\n'):
        lines.write_text(other)
        run("export", docs.name, matrix, code=1 if other else 0)
        assert lines.read_text() == other or not other


# Names of columns


def test_columns_are_listed(run: Run, client: vecs.Client, name: str, tmp_path: Path) -> None:
    row = {"custom_id": "a", "body": {"data": [{"embedding": VEC}], "model": "m"}, "n": 1}
    (tmp_path / "rows.jsonl").write_text(json.dumps(row))
    ended = run("load", name, tmp_path / "rows.jsonl", code=1)
    assert 'row 1 has no "id"' in ended.stderr
    assert "Its columns are custom_id, body.data[0].embedding, body.model, n" in ended.stderr
    assert "--id" in ended.stderr
    ended = run("load", name, tmp_path / "rows.jsonl", "--id", "custom_id", code=1)
    assert 'row 1 (id "a") has no vector "vec"' in ended.stderr
    assert "--vec body.data[0].embedding" in ended.stderr
    (tmp_path / "rows.csv").write_text('key,embedding\na,"[1,2]"\n')
    ended = run("load", name, tmp_path / "rows.csv", code=1)
    assert "Its columns are key, embedding" in ended.stderr
    assert dimension_of(client, name) is None


@pytest.mark.parametrize(
    "row, options, metadata",
    [
        ({"_id": "a", "v": VEC, "k": 1}, ["--id", "_id", "--vec", "v"], {"k": 1}),
        ({"_id": "a", "id": 5, "v": VEC}, ["--id", "_id", "--vec", "v"], {"id": 5}),
        (
            {"id": 5, "vector": VEC, "payload": {"doc_id": "a", "k": 1}},
            ["--id", "payload.doc_id", "--vec", "vector", "--metadata", "payload", "--drop", "id"],
            {"k": 1},
        ),
        (
            {"id": "a", "embedding": {"values": VEC}},
            ["--vec", "embedding.values"],
            {},
        ),
        (
            {"id": "a", "embedding": {"values": VEC, "model": "m"}},
            ["--vec", "embedding.values"],
            {"embedding": {"model": "m"}},
        ),
        ({"id": "a", "embedding.values": VEC}, ["--vec", "embedding.values"], {}),
        ({"id": "a", "data": [{"e": VEC, "i": 0}]}, ["--vec", "data[0].e", "--drop", "data"], {}),
        ({"id": "a", "data": [{"e": VEC}]}, ["--vec", "data.0.e"], {}),
        ({"id": "a", "data": [VEC]}, ["--vec", "data[0]"], {}),
        ({"id": "a", "vec": VEC, "metadata": '{"k": 1}', "n": 2}, [], {"k": 1, "n": 2}),
        (
            {"id": "a", "vec": VEC, "metadata": '{"x": {"y": 1, "z": 2}}'},
            ["--drop", "x.y"],
            {"x": {"z": 2}},
        ),
        (
            {"id": "a", "metadata": json.dumps({"v": VEC, "k": 1})},
            ["--vec", "metadata.v"],
            {"k": 1},
        ),
    ],
)
def test_names(
    run: Run,
    client: vecs.Client,
    name: str,
    tmp_path: Path,
    row: dict[str, Any],
    options: list[str],
    metadata: dict[str, Any],
) -> None:
    (tmp_path / "rows.jsonl").write_text(json.dumps(row))
    parquet.write_table(pa.Table.from_pylist([row]), tmp_path / "rows.parquet")
    (tmp_path / "rows.json").write_text(json.dumps([row], indent=1))
    for file in ("rows.jsonl", "rows.parquet", "rows.json"):
        run("load", name, tmp_path / file, *options)
        assert stored(client, name) == [{"id": "a", "vec": VEC, "metadata": metadata}]
        client.delete_collection(name)


def test_texts(run: Run, client: vecs.Client, name: str, tmp_path: Path) -> None:
    rows = [{"id": str(n), "doc": {"body": body}} for n, body in enumerate(["a kitten", "tax"])]
    (tmp_path / "rows.jsonl").write_text("\n".join(map(json.dumps, rows)))
    run("load", name, tmp_path / "rows.jsonl", "--text", "doc.body")
    assert client.get_or_create_collection(name).dimension == 384
    assert metadata_of(client, name) == [{"doc": {"body": "a kitten"}}, {"doc": {"body": "tax"}}]
    ended = run("load", name, tmp_path / "rows.jsonl", "--text", "doc.title", code=1)
    assert 'has no text "doc.title"' in ended.stderr
    assert "Its columns are id, doc.body" in ended.stderr
    both = {"id": "a", "vec": VEC, "body": "a kitten"}
    (tmp_path / "both.jsonl").write_text(json.dumps(both))
    run("load", f"{name}_v", tmp_path / "both.jsonl", "--text", "body")
    assert stored(client, f"{name}_v") == [
        {"id": "a", "vec": VEC, "metadata": {"body": "a kitten"}}
    ]
    run("load", f"{name}_e", tmp_path / "both.jsonl", "--embed", "body")
    assert client.get_or_create_collection(f"{name}_e").dimension == 384
    run("load", name, tmp_path / "both.jsonl", "--embed", "body", "--text", "doc", code=2)


@pytest.mark.parametrize("option", ["--text", "--embed"])
def test_texts_that_read_as_json(
    run: Run, client: vecs.Client, name: str, tmp_path: Path, option: str
) -> None:
    texts = ["hello", "true", "42", "null", "[1, 2]", '{"a": 1}', '"quoted"', "NaN"]
    with (tmp_path / "rows.csv").open("w", newline="") as file:
        csv.writer(file).writerows([["id", "body", "n"], *([t, t, "42"] for t in texts)])
    run("load", name, tmp_path / "rows.csv", option, "body")
    found = {row["id"]: row["metadata"] for row in stored(client, name)}
    assert found == {text: {"body": text, "n": 42} for text in texts}


def test_rows_with_and_without_vectors(
    run: Run, client: vecs.Client, name: str, tmp_path: Path
) -> None:
    text, both = {"id": "x", "text": "a cat"}, {"id": "y", "text": "a", "vec": [1, 2]}
    path = tmp_path / "rows.jsonl"
    for rows, says in (
        ([text, both], 'row 2 (id "y") has a vector, and the rows before it have none'),
        ([both, text], 'row 2 (id "x") has no vector, and the rows before it have some'),
    ):
        path.write_text("\n".join(map(json.dumps, rows)))
        ended = run("load", name, path, "--text", "text", code=1)
        assert says in ended.stderr
        assert "--embed text" in ended.stderr
        assert "from two files" in ended.stderr
        assert dimension_of(client, name) is None
    run("load", name, path, "--embed", "text")
    assert len(stored(client, name)) == 2


@pytest.mark.parametrize("ending", ["csv", "parquet", "jsonl"])
def test_an_empty_text(run: Run, name: str, tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"rows.{ending}"
    if ending == "csv":
        path.write_text("id,body\na,hello\nb,\n")
    elif ending == "parquet":
        parquet.write_table(pa.table({"id": ["a", "b"], "body": ["hello", None]}), path)
    else:
        path.write_text('{"id": "a", "body": "hello"}\n{"id": "b", "body": ""}\n')
    ended = run("load", name, path, "--text", "body", code=1)
    assert 'row 2: the column "body" is empty' in ended.stderr


def test_a_column_without_a_name(run: Run, client: vecs.Client, name: str, tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    pd.DataFrame({"id": ["a"], "vec": ["[1, 2]"]}).to_csv(path)
    ended = run("load", name, path, code=1)
    assert "rows.csv: column 1 has no name" in ended.stderr
    assert "--drop ''" in ended.stderr
    run("load", name, path, "--drop", "")
    assert stored(client, name) == [{"id": "a", "vec": [1, 2], "metadata": {}}]
    run("load", f"{name}_i", path, "--id", "")
    assert stored(client, f"{name}_i") == [{"id": "0", "vec": [1, 2], "metadata": {"id": "a"}}]
    path.write_text('id,vec,\na,"[1, 2]",\n')  # lines that end in a comma
    run("load", f"{name}_c", path)
    assert metadata_of(client, f"{name}_c") == [{}]


# Texts of other forms


@pytest.mark.parametrize(
    "ending, text",
    [
        ("csv", 'id;vec;k\na;[1,2,3];"x;y"\n'),
        ("csv", "id\tvec\tk\na\t[1,2,3]\tx;y\n"),
        ("csv", 'id,vec,k\na,"[1,2,3]",x;y\n'),
        ("csv", 'id,vec,k\r\na,"[1,2,3]",x;y\r\n'),
        ("csv", '"id","vec","k"\n"a","[1,2,3]","x;y"\n'),
        ("csv", 'sep=;\nid;vec;k\na;[1,2,3];"x;y"\n'),
        ("csv", '\ufeffid;vec;k\na;[1,2,3];"x;y"\n'),
        ("csv", 'id|vec|k\na|[1,2,3]|x;y\n'),
        ("csv", 'id,k,vec\na,x;y,"{1,2,3}"\n'),
        ("csv", 'id,k,vec\na,x;y,"[1. 2.\n 3.]"\n'),
        ("tsv", "id\tvec\tk\na\t[1,2,3]\tx;y\n"),
        ("TSV", "\ufeffid\tvec\tk\na\t[1,2,3]\tx;y\n"),
        ("ndjson", '{"id": "a", "vec": "[1,2,3]", "k": "x;y"}\n'),
        ("jsonl", '\n{"id": "a", "vec": "[1, 2, 3]", "metadata": {"k": "x;y"}}'),
        ("jsonl", '\ufeff{"id": "a", "vec": [1,2,3], "k": "x;y"}\r\n'),
        ("json", '[{"id": "a", "vec": [1,2,3], "k": "x;y"}]'),
        ("json", '\ufeff\n [\n{"id": "a", "vec": [1,2,3],\n "k": "x;y"}\n]\n'),
        ("json", '{"id": "a", "vec": [1,2,3], "k": "x;y"}\n'),
    ],
)  # fmt: skip
@pytest.mark.parametrize("packed", ["", ".gz", ".bz2", ".xz", ".zst"])
def test_texts_of_other_forms(
    run: Run,
    client: vecs.Client,
    name: str,
    tmp_path: Path,
    ending: str,
    text: str,
    packed: str,
) -> None:
    path = tmp_path / f"rows.{ending}{packed}"
    path.write_bytes(pack(text.encode(), packed))
    run("load", name, path)
    assert stored(client, name) == [{"id": "a", "vec": VEC, "metadata": {"k": "x;y"}}]


def pack(content: bytes, how: str) -> bytes:
    if how == ".zst":
        return _zstd(content)
    packers: dict[str, Any] = {".gz": gzip.compress, ".bz2": bz2.compress, ".xz": lzma.compress}
    return bytes(packers[how](content)) if how else content


def _zstd(content: bytes) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, "zstd") as stream:
        stream.write(content)
    return bytes(sink.getvalue().to_pybytes())


@pytest.mark.parametrize("how", [".gz", ".bz2", ".xz", ".zst"])
def test_damaged_packed_files(run: Run, name: str, tmp_path: Path, how: str) -> None:
    lines = "".join(json.dumps(row) + "\n" for row in ROWS) * 100
    whole = pack(lines.encode(), how)
    for damaged in (whole[:-9], whole[:8] + b"no such thing" + whole[9:]):
        (tmp_path / f"rows.jsonl{how}").write_bytes(damaged)
        ended = run("load", name, tmp_path / f"rows.jsonl{how}", code=1)
        assert ended.stderr.startswith(f"Error: rows.jsonl{how} cannot be read: ")


def test_packed_without_its_ending(
    run: Run, client: vecs.Client, name: str, tmp_path: Path
) -> None:
    whole = write(tmp_path / "rows.jsonl").read_bytes()
    (tmp_path / "rows.jsonl").write_bytes(gzip.compress(whole))
    run("load", name, tmp_path / "rows.jsonl")
    (tmp_path / "plain.jsonl.gz").write_bytes(whole)
    run("load", name, tmp_path / "plain.jsonl.gz")
    assert stored(client, name) == ROWS


def test_zstd_without_pyarrow(
    run: Run, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "rows.jsonl.zst").write_bytes(_zstd(b"{}"))
    real = builtins.__import__

    def missing(name: str, *rest: Any) -> Any:  # noqa: ANN401
        if name == "pyarrow":
            raise ModuleNotFoundError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", missing)
    ended = run("load", name, tmp_path / "rows.jsonl.zst", code=1)
    assert "pip install 'vecs-sql[arrow]'" in ended.stderr


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
@pytest.mark.parametrize("ending", ["csv", "jsonl"])
def test_utf16(run: Run, name: str, tmp_path: Path, encoding: str, ending: str) -> None:
    path = write(tmp_path / f"rows.{ending}")
    path.write_bytes(path.read_text().encode(encoding))
    ended = run("load", name, path, code=1)
    assert "it is UTF-16 or UTF-32" in ended.stderr
    assert "iconv" in ended.stderr


@pytest.mark.parametrize(
    "ending", ["jsonl.gz", "ndjson", "csv.gz", "tsv", "jsonl.zst", "csv.bz2", "tsv.xz"]
)
def test_export_of_other_forms(
    run: Run, client: vecs.Client, docs: vecs.Collection, tmp_path: Path, ending: str
) -> None:
    docs.upsert([(row["id"], row["vec"], row["metadata"]) for row in ROWS])
    path = tmp_path / f"out.{ending}"
    run("export", docs.name, path)
    packed = path.read_bytes()[:2] in (b"\x1f\x8b", b"(\xb5", b"BZ", b"\xfd7")
    assert packed == (ending not in ("ndjson", "tsv"))
    run("load", f"{docs.name}_again", path)
    assert stored(client, f"{docs.name}_again") == ROWS
    assert [*tmp_path.iterdir()] == [path]


def test_forms_that_can_not_be(run: Run, docs: vecs.Collection, tmp_path: Path) -> None:
    for ending in ("parquet.gz", "npy.gz", "json", "gz"):
        ended = run("export", docs.name, tmp_path / f"out.{ending}", code=1)
        assert "of no known form" in ended.stderr
    (tmp_path / "rows.parquet.gz").touch()
    assert "compressed" in run("load", "none", tmp_path / "rows.parquet.gz", code=1).stderr


@pytest.mark.parametrize(
    "text, says",
    [
        ("[1, two]", "could not convert string to float: 'two'"),
        ("[0.1 0.2 ... 0.3]", "'...'"),
        ("{1:0.5}/3", "could not convert"),
        ("[", "could not convert"),
    ],
)
def test_vectors_that_are_no_texts_of_such(
    run: Run, name: str, tmp_path: Path, text: str, says: str
) -> None:
    rows = [{"id": "a", "vec": "[1,2]"}, {"id": "b", "vec": text}]
    (tmp_path / "rows.jsonl").write_text("\n".join(map(json.dumps, rows)))
    ended = run("load", name, tmp_path / "rows.jsonl", code=1)
    assert 'row 2 (id "b"): its vector cannot be read' in ended.stderr
    assert says in ended.stderr


# NaN


def test_nan(run: Run, client: vecs.Client, name: str, tmp_path: Path) -> None:
    table = {"id": ["a", "b"], "vec": [VEC, VEC], "score": [0.5, float("nan")]}
    parquet.write_table(pa.table(table), tmp_path / "rows.parquet")
    lines = '{"id": "a", "vec": [1,2,3], "score": 0.5}\n{"id": "b", "vec": [1,2,3], "score": NaN}'
    (tmp_path / "rows.jsonl").write_text(lines)
    for file in ("rows.parquet", "rows.jsonl"):
        ended = run("load", name, tmp_path / file, code=1)
        assert 'metadata of id "b"' in ended.stderr
        assert "Record 2 has NaN or infinity, at ['score']" in ended.stderr
        assert "--nan null" in ended.stderr
        run("load", name, tmp_path / file, "--nan", "null")
        assert metadata_of(client, name) == [{"score": 0.5}, {"score": None}]
        client.delete_collection(name)
    (tmp_path / "rows.csv").write_text(
        'id,vec,score,deep\na,"[1,2,3]",NaN,[NaN]\n'.replace("[NaN]", '"{""x"": [Infinity]}"')
    )
    assert "at ['deep']['x'][0]" in run("load", name, tmp_path / "rows.csv", code=1).stderr
    run("load", name, tmp_path / "rows.csv", "--nan", "null")
    assert metadata_of(client, name) == [{"score": None, "deep": {"x": [None]}}]


# halfvec


def half(client: vecs.Client, name: str) -> vecs.Collection:
    return client.get_or_create_collection(name, dimension=3, element_type="halfvec")


@pytest.mark.parametrize("ending", ["parquet", "npy", "jsonl", "csv"])
def test_halfvec(run: Run, client: vecs.Client, name: str, tmp_path: Path, ending: str) -> None:
    docs = half(client, name)
    docs.upsert([("a", [0.1, 65504, -1e-7], {"k": 1}), ("b", [1, 2, 3], {})])
    path = tmp_path / f"out.{ending}"
    run("export", name, path)
    files = [path, path.with_suffix(".jsonl")] if ending == "npy" else [path]
    says = ending in ("parquet", "npy")
    run("load", f"{name}_again", *files, *([] if says else ["--element-type", "halfvec"]))
    assert element_type(client, f"{name}_again", run) == "halfvec"
    assert stored(client, f"{name}_again") == stored(client, name)
    run("load", f"{name}_full", *files, "--element-type", "vector")
    assert element_type(client, f"{name}_full", run) == "vector"
    assert stored(client, f"{name}_full") == stored(client, name)
    run("load", f"{name}_full", *files)  # what is there stays what it is
    ended = run("load", f"{name}_full", *files, "--element-type", "halfvec", code=1)
    assert "halfvec" in ended.stderr


def test_what_halfvec_can_not_hold(
    run: Run, client: vecs.Client, name: str, tmp_path: Path
) -> None:
    rows = [{"id": "a", "vec": VEC}, {"id": "the one", "vec": [1, 2, 70_000]}]
    (tmp_path / "rows.jsonl").write_text("\n".join(map(json.dumps, rows)))
    ended = run("load", name, tmp_path / "rows.jsonl", "--element-type", "halfvec", code=1)
    assert '"the one"' in ended.stderr
    assert dimension_of(client, name) is None


def test_a_vector_collection_stays_one(
    run: Run, client: vecs.Client, docs: vecs.Collection, tmp_path: Path
) -> None:
    docs.upsert([("a", [0.1, 1e30, 3], {})])
    for files in (["out.parquet"], ["out.npy", "out.jsonl"]):
        run("export", docs.name, tmp_path / files[0])
        run("load", f"{docs.name}_again", *(tmp_path / file for file in files))
        assert element_type(client, f"{docs.name}_again", run) == "vector"
        assert stored(client, f"{docs.name}_again") == stored(client, docs.name)
        client.delete_collection(f"{docs.name}_again")


def test_export_of_null_metadata(
    run: Run, client: vecs.Client, docs: vecs.Collection, url: str, tmp_path: Path
) -> None:
    import psycopg

    docs.upsert([("a", [1, 2, 3], {})])
    with psycopg.connect(url) as connection:
        connection.execute(f'ALTER TABLE vecs."{docs.name}" ALTER metadata DROP NOT NULL')
        connection.execute(f'UPDATE vecs."{docs.name}" SET metadata = NULL')
    for ending in ("jsonl", "csv", "parquet", "npy"):
        run("export", docs.name, tmp_path / f"out_{ending}.{ending}")
    for file in ("out_jsonl.jsonl", "out_csv.csv", "out_parquet.parquet"):
        run("load", f"{docs.name}_{file}", tmp_path / file)
        assert stored(client, f"{docs.name}_{file}") == [{"id": "a", "vec": VEC, "metadata": {}}]


# Parquet's types


def test_types_of_parquet(run: Run, client: vecs.Client, name: str, tmp_path: Path) -> None:
    number = uuid.uuid4()
    columns = {
        "id": pa.array([number.bytes], pa.uuid()),
        "vec": pa.array(["[1,2,3]"]),
        "decimal": pa.array([Decimal("12345678901234567.89")], pa.decimal128(38, 2)),
        "uuid": pa.array([number.bytes], pa.uuid()),
        "map": pa.array([[("a", 1)]], pa.map_(pa.string(), pa.int8())),
        "json": pa.array(['{"x": [1, null]}'], pa.json_()),
        "float": pa.array([0.1], pa.float32()),
        "list": pa.array([[{"a": 0.1, "b": None}]], pa.list_(pa.struct({"a": pa.float32(), "b": pa.int8()}))),
        "dictionary": pa.array(["x"]).dictionary_encode(),
        "time": pa.array([3_600_000_000], pa.time64("us")),
        "stamp": pa.array([0], pa.timestamp("us", "Europe/Berlin")),
        "null": pa.array([None], pa.string()),
    }  # fmt: skip
    parquet.write_table(pa.table(columns), tmp_path / "rows.parquet")
    run("load", name, tmp_path / "rows.parquet")
    assert stored(client, name) == [{
        "id": str(number), "vec": VEC, "metadata": {
            "decimal": 12345678901234567.89, "uuid": str(number), "map": {"a": 1}, "json": {"x": [1, None]},
            "float": 0.1, "list": [{"a": 0.1}], "dictionary": "x", "time": "01:00:00",
            "stamp": "1970-01-01T00:00:00+00:00",
        },
    }]  # fmt: skip
    [text] = client.get_or_create_collection(name).to_arrow().column("metadata").to_pylist()
    assert '"decimal": 12345678901234567.89' in text
    for bad in (pa.array([b"x"]), pa.array([1], pa.duration("s"))):
        table = pa.table({"id": ["a"], "vec": [VEC], "odd": bad})
        parquet.write_table(table, tmp_path / "odd.parquet")
        ended = run("load", name, tmp_path / "odd.parquet", code=1)
        assert "at ['odd']" in ended.stderr


# What is told


def test_what_was_loaded_is_counted(
    run: Run, client: vecs.Client, docs: vecs.Collection, tmp_path: Path
) -> None:
    docs.upsert((f"there{n}", VEC, {}) for n in range(1500))
    rows = [{"id": f"there{n}", "vec": VEC} for n in range(0, 1500, 7)]
    rows += [{"id": f"new{n}", "vec": VEC} for n in range(2100)] + rows[:3]
    path = tmp_path / "rows.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)))
    printed = run("load", docs.name, path).output
    assert printed.startswith(f"{docs.name}: 2,315 rows, 2,100 of them new; 3,600 in all.\n")


def test_what_others_write_meanwhile_is_not_counted(
    run: Run,
    docs: vecs.Collection,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    docs.upsert([("there", VEC, {})])
    lines = [json.dumps({"id": id_, "vec": VEC}) for id_ in ("there", "new")]
    (tmp_path / "rows.jsonl").write_text("\n".join(lines))
    read = _readers._json_lines

    def while_others_write(*arguments: Any) -> Any:  # noqa: ANN401
        for row in read(*arguments):
            id_ = row["id"]
            yield row
            docs.upsert((f"other {id_} {n}", VEC, {}) for n in range(10))

    monkeypatch.setattr(_readers, "_json_lines", while_others_write)
    printed = run("load", docs.name, tmp_path / "rows.jsonl").output
    assert printed.startswith(f"{docs.name}: 2 rows, 1 of them new; 22 in all.\n")


@pytest.mark.parametrize("ending", ["jsonl", "csv"])
def test_texts_that_can_not_be_stored(run: Run, name: str, tmp_path: Path, ending: str) -> None:
    rows = [{"id": str(n), "vec": VEC, "text": "well"} for n in range(2500)]
    for bad, says in (("a\0b", "character \\u0000"), ("\ud800", "surrogate")):
        rows[1999]["text"] = bad
        path = tmp_path / f"rows.{ending}"
        if ending == "jsonl":
            path.write_text("\n".join(map(json.dumps, rows)))
        else:
            with path.open("w", newline="") as file:
                writer = csv.writer(file)
                writer.writerow(["id", "vec", "text"])
                writer.writerows(
                    [row["id"], json.dumps(VEC), json.dumps(row["text"])] for row in rows
                )
        ended = run("load", name, path, code=1)
        assert 'metadata of id "1999"' in ended.stderr
        assert "Record 2000" in ended.stderr
        assert says in ended.stderr
        assert "Hint: " in ended.stderr
        if ending == "csv":  # whose texts are taken as they stand, escapes and all
            continue
        ended = run("load", f"{name}_texts", path, "--embed", "text", code=1)
        assert 'row 2000 (id "1999"): its text cannot be stored' in ended.stderr
        assert says in ended.stderr


def test_matrix_of_other_names(run: Run, client: vecs.Client, name: str, tmp_path: Path) -> None:
    np.save(tmp_path / "m.npy", np.array([VEC]))
    (tmp_path / "rows.ndjson.gz").write_bytes(gzip.compress(b'{"key": "a", "k": 1}\n'))
    run("load", name, tmp_path / "m.npy", tmp_path / "rows.ndjson.gz", "--id", "key")
    assert stored(client, name) == [{"id": "a", "vec": VEC, "metadata": {"k": 1}}]
