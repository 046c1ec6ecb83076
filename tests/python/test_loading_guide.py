"""The commands of docs/loading.md, on what other programs have exported (tests/python/exports)."""

from __future__ import annotations

import json
import re
import shlex
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

import vecs_sql as vecs

HERE = Path(__file__).parent
GUIDE = (HERE.parents[1] / "docs" / "loading.md").read_text()
COMMANDS = re.findall(r"^vecs-sql (load articles .*)$", GUIDE, re.MULTILINE)
VECTORS = {"cats": [1, 0, 0, 0], "taxes": [0, 0.5, 0.25, 0], "rain": [0.1, 0.2, 0.3, 0.4]}
BY_NUMBER = dict(zip("012", VECTORS.values(), strict=True))


def files(folder: Path) -> None:
    """Every file that the guide names."""
    for export in (HERE / "exports").iterdir():
        if export.suffix != ".py":
            shutil.copy(export, folder)
    metadata = json.dumps({"year": 2012})
    lines: dict[str, list[dict[str, Any]]] = {
        "articles": [{"id": id_, "vec": vec, "year": 2012} for id_, vec in VECTORS.items()],
        "articles_rows": [{"id": id_, "year": 2012} for id_ in VECTORS],
        "pinecone": [
            {"id": id_, "values": vec, "metadata": {"year": 2012}} for id_, vec in VECTORS.items()
        ],
        "openai": [
            {
                "id": f"batch_req_{id_}",
                "custom_id": id_,
                "response": {
                    "status_code": 200,
                    "request_id": "r",
                    "body": {
                        "object": "list",
                        "data": [{"object": "embedding", "index": 0, "embedding": vec}],
                        "model": "text-embedding-3-small",
                        "usage": {"prompt_tokens": 3, "total_tokens": 3},
                    },
                },
                "error": None,
            }
            for id_, vec in VECTORS.items()
        ],
    }
    for name, rows in lines.items():
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    table = [f'{id_},"{vec}",2012' for id_, vec in VECTORS.items()]
    (folder / "articles.csv").write_text("\n".join(["id,vec,year", *table]))
    np.save(folder / "articles.npy", np.array(list(VECTORS.values())))
    pinecone = {"id": [*VECTORS], "values": [*VECTORS.values()], "metadata": [metadata] * 3}
    parquet.write_table(pa.table(pinecone), folder / "pinecone.parquet")


def test_the_guide_has_all() -> None:
    assert len(COMMANDS) == 10


@pytest.mark.parametrize("command", COMMANDS)
def test_commands(
    run: Callable[..., Any],
    client: vecs.Client,
    name: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    command: str,
) -> None:
    files(tmp_path)
    monkeypatch.chdir(tmp_path)
    load, _, *arguments = shlex.split(command, comments=True)
    printed = run(load, name, *arguments).output
    assert printed.startswith(f"{name}: 3 rows, 3 of them new.\n")
    docs = client.get_or_create_collection(name)
    vectors = BY_NUMBER if "qdrant" in command else VECTORS
    found = {row.id: row for row in docs.scan()}
    assert found.keys() == vectors.keys()
    for id_, vector in vectors.items():
        assert np.array_equal(found[id_].vec, np.array(vector, np.float32))
    metadata = next(iter(found.values())).metadata
    if "openai" in command:
        assert metadata == {}
    elif "chroma" in command:
        assert found["cats"].metadata == {
            "document": "Cats purr.", "good": True, "score": 0.1, "year": 2012,
        }  # fmt: skip
    elif "lancedb" in command:
        assert found["cats"].metadata == {"text": "Cats purr.", "year": 2012}
    elif "qdrant" in command:
        assert found["0"].metadata == {
            "year": 2012, "good": True, "score": 0.1, "key": "cats", "text": "Cats purr.",
        }  # fmt: skip
    else:
        assert metadata == {"year": 2012}
