from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

import vecs_sql as vecs
from vecs_sql.adapter._models import MiniLM
from vecs_sql.cli import demo
from vecs_sql.cli import glosses as _glosses

EXAMPLES = Path(__file__).parents[2] / "examples" / "glosses"
SAMPLE = EXAMPLES.with_name("sample")
POS_OF_LEX = {
    "noun": set(range(3, 29)),
    "verb": set(range(29, 44)),
    "adj": {0, 1, 44},
    "adv": {2},
}


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty checkout that _glosses takes for its own."""
    monkeypatch.setattr(_glosses, "__file__", str(tmp_path / "vecs_sql" / "cli" / "glosses.py"))
    (tmp_path / "vecs_sql").mkdir()
    return tmp_path


def copy(target: Path, *names: str) -> None:
    target.mkdir(parents=True, exist_ok=True)
    for name in names:
        shutil.copy(EXAMPLES / name, target)


def test_all_parts_are_read() -> None:
    glosses = _glosses.load()
    assert glosses.vectors.shape == (25_000, 384)
    assert glosses.vectors.dtype == np.float32
    assert len(glosses.ids) == len(glosses.metadata) == 25_000


def test_queries() -> None:
    queries = _glosses.queries()
    assert queries is not None
    assert queries.vectors.shape == (500, 384)
    assert len(queries.ids) == len(queries.metadata) == 500


def test_unit_length() -> None:
    queries = _glosses.queries()
    assert queries is not None
    for vectors in (_glosses.load().vectors, queries.vectors):
        assert np.abs(np.linalg.norm(vectors, axis=1) - 1).max() < 1e-3


def test_ids_and_texts_are_unique() -> None:
    glosses, queries = _glosses.load(), _glosses.queries()
    assert queries is not None
    assert len({*glosses.ids, *queries.ids}) == 25_500
    assert len({row["text"] for row in glosses.metadata + queries.metadata}) == 25_500


def test_metadata() -> None:
    glosses, queries = _glosses.load(), _glosses.queries()
    assert queries is not None
    for id_, row in zip(
        glosses.ids + queries.ids, glosses.metadata + queries.metadata, strict=True
    ):
        assert set(row) == {"pos", "lex", "text"}
        assert row["lex"] in POS_OF_LEX[row["pos"]]
        assert id_.startswith(row["pos"])
        assert row["text"]


def test_order_is_that_of_the_files() -> None:
    glosses = _glosses.load()
    for part in range(5):
        lines = (EXAMPLES / f"part-{part}.jsonl").read_text(encoding="utf-8").splitlines()
        vectors = np.load(EXAMPLES / f"part-{part}.npy")
        assert vectors.dtype == np.float16
        for i in (0, 1, 2_500, 4_999):
            n = part * 5_000 + i
            row = json.loads(lines[i])
            assert {"id": glosses.ids[n], **glosses.metadata[n]} == row
            np.testing.assert_array_equal(glosses.vectors[n], vectors[i].astype(np.float32))


def test_vectors_belong_to_their_texts() -> None:
    # Six in ten foods have a food as nearest neighbour; were the order of one file off by a row,
    # it would be one in fifty.
    glosses = _glosses.load()
    food = np.array([row["lex"] == 13 for row in glosses.metadata])
    for part in range(5):
        rows = slice(part * 5_000, (part + 1) * 5_000)
        vectors, is_food = glosses.vectors[rows], food[rows]
        similarity = vectors[is_food] @ vectors.T
        nearest = np.argsort(-similarity, axis=1)[:, 1]
        assert is_food[nearest].mean() > 0.5


def test_the_first_part_is_a_sample_of_the_whole() -> None:
    metadata = _glosses.load().metadata
    first = metadata[:5_000]
    pos, pos_first = (Counter(row["pos"] for row in rows) for rows in (metadata, first))
    for name, count in pos.items():
        assert pos_first[name] * 5 == pytest.approx(count, rel=0.1)
    assert {row["lex"] for row in first} == set(range(45))
    for word in ("cat", "dog", "bird", "sail", "wine", "instrument", "boat", "bread"):
        assert sum(f" {word}" in row["text"] for row in first) >= 3, word


@pytest.fixture
def sample(checkout: Path) -> Path:
    """The folder of an installed wheel with its sample."""
    target = checkout / "vecs_sql" / "_examples" / "glosses"
    shutil.copytree(SAMPLE, target)
    copy(checkout / "examples" / "glosses", "part-1.npy", "part-1.jsonl")  # someone else's
    return target


def test_the_sample_of_an_installed_wheel(sample: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert _glosses.is_sample()
    glosses, queries = _glosses.load(), _glosses.queries()
    assert len(glosses.ids) == 600
    assert queries is not None
    assert sorted(queries.ids) == sorted(search.gloss for search in demo.SEARCHES)
    monkeypatch.undo()
    assert not _glosses.is_sample()
    whole = _glosses.load()
    position = {id_: number for number, id_ in enumerate(whole.ids)}
    rows = [position[id_] for id_ in glosses.ids]
    assert np.array_equal(glosses.vectors, whole.vectors[rows])
    assert glosses.metadata == [whole.metadata[row] for row in rows]


@pytest.mark.slow
def test_the_sample_answers_as_the_whole(
    client: vecs.Client, sample: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def found() -> list[list[str]]:
        glosses, queries = _glosses.load(), _glosses.queries()
        assert queries is not None
        docs = client.get_or_create_collection("glosses", dimension=384)
        docs.create_text_index("text")
        docs.upsert(demo.records(glosses))
        vector = MiniLM().encode([demo.WORDS])[0]
        rare = "noun12434985"
        assert rare in docs.hybrid_query(demo.WORDS, vector, demo.SHOWN, strategy="exact")
        assert rare not in docs.query(vector, demo.LIMIT, strategy="exact")
        answers = [
            docs.query(
                queries.vectors[queries.ids.index(search.gloss)],
                limit=demo.LIMIT, filters=search.filters, strategy="exact",
            )
            for search in demo.SEARCHES
        ]  # fmt: skip
        client.delete_collection("glosses")
        return answers

    answers = found()
    monkeypatch.undo()
    assert answers == found()
    assert [len(rows) for rows in answers] == [demo.LIMIT] * len(demo.SEARCHES)


@pytest.mark.slow
def test_the_sample_is_made_by_its_script(url: str, tmp_path: Path) -> None:
    command = [sys.executable, "tools/sample.py", str(tmp_path)]
    subprocess.run(
        command, cwd=SAMPLE.parents[1], env={**os.environ, "VECS_SQL_URL": url}, check=True
    )
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {
        path.name: path.read_bytes() for path in SAMPLE.iterdir()
    }


def test_nothing_there(checkout: Path) -> None:
    with pytest.raises(FileNotFoundError, match="part-"):
        _glosses.load()
    assert _glosses.queries() is None


def test_files_that_disagree(checkout: Path) -> None:
    target = checkout / "examples" / "glosses"
    copy(target, "part-0.npy", "part-0.jsonl")
    with (target / "part-0.jsonl").open("a") as file:
        file.write('{"id": "x", "pos": "noun", "lex": 3, "text": "x"}\n')
    with pytest.raises(ValueError, match="5000 vectors but 5001 glosses"):
        _glosses.load()


def test_the_licence_is_there() -> None:
    text = (EXAMPLES / "LICENSE").read_text(encoding="utf-8")
    assert "WordNet 3.0 Copyright 2006 by Princeton University." in text
    assert 'PROVIDED "AS IS"' in text
