"""The playground, built and used in a headless browser; a screenshot is kept in .scratch/artefacts."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests import browser
from tests.clients import languages

_GLOSSES = languages.ROOT / "examples" / "glosses" / "part-0"


@pytest.fixture(scope="module")
def chromium() -> str:
    languages.require("pglite")
    return browser.chromium()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of the built page."""
    folder = tmp_path_factory.mktemp("playground")
    spec = importlib.util.spec_from_file_location(
        "playground", languages.ROOT / "tools" / "playground.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.build(folder)
    with browser.served(folder) as url:
        yield url


@pytest.fixture(scope="module")
def seen(chromium: str, site: str, scratch: Path) -> dict[str, Any]:
    """What a visitor sees."""
    screenshots = languages.ROOT / ".scratch" / "artefacts"
    screenshots.mkdir(parents=True, exist_ok=True)
    command = languages.LANGUAGES["node"].build(languages.HERE / "playground", "use", scratch)
    said = languages.run([*command, site, chromium, str(screenshots / "playground.png")])
    assert (screenshots / "playground.png").stat().st_size > 10_000
    found: dict[str, Any] = json.loads(said)
    return found


def test_it_starts_by_itself(seen: dict[str, Any]) -> None:
    assert seen["errors"] == []
    assert seen["elsewhere"] == []  # nothing is fetched from another server
    assert "with 5,000 glosses; the first search was done" in seen["status"]
    assert "kitchen appliance" in seen["first"][0][1]
    assert len(seen["first"]) == 10


def test_search_by_a_gloss_and_a_filter(seen: dict[str, Any]) -> None:
    assert "kitten" in seen["picked"]
    assert len(seen["near"]) == 10
    assert len(seen["filtered"]) == 10
    assert all(json.loads(row[2]) == {"lex": 38, "pos": "verb"} for row in seen["filtered"])
    assert "vecs.query_by_id('glosses'," in seen["sql"]
    assert 'filters => \'{"pos":"verb","lex":38}\'' in seen["sql"]
    assert seen["why"].startswith("exact: ")
    assert "Bitmap Index Scan on glosses_metadata_idx" in seen["plan"]


def test_faults_are_shown_at_their_place(seen: dict[str, Any]) -> None:
    assert 'VS005: unknown operator "$gr" at "$and[1].lex.$gr"' in seen["fault"]
    assert 'Did you mean "$gt"?' in seen["fault"]
    assert seen["mark"] == '"$gr": 10'
    assert seen["notJson"].startswith("This is not JSON: ")
    assert seen["wrongVector"].startswith("VS004: the query vector has 2 dimensions")


def test_search_by_a_vector(seen: dict[str, Any]) -> None:
    """The ten nearest, as numpy finds them."""
    matrix = np.load(_GLOSSES.with_suffix(".npy")).astype(float)
    vector = np.sin(np.arange(384))
    distances = 1 - matrix @ vector / np.linalg.norm(matrix, axis=1) / np.linalg.norm(vector)
    texts = [
        json.loads(line)["text"] for line in _GLOSSES.with_suffix(".jsonl").read_text().splitlines()
    ]
    nearest = [(f"{distances[n]:.4f}", texts[n]) for n in np.argsort(distances)[:10]]
    assert [tuple(row[:2]) for row in seen["byVector"]] == nearest
    assert len(seen["byIndex"]) == 10
    assert seen["byIndex"][0] == seen["byVector"][0]
    assert seen["indexed"].startswith("index: ")


@pytest.mark.parametrize(
    "value, path, parts",
    [
        ({"a": {"$gr": 1}}, "a.$gr", ["a", "$gr"]),
        ({"$and": [{}, {"b": {"c": 1}}]}, "$and[1].b.c", ["$and", 1, "b", "c"]),
        ({"a.b": {"c[0]": {"$x": 1}}, "a": 1}, "a.b.c[0].$x", ["a.b", "c[0]", "$x"]),
        ({"a": 1}, "z.y", []),
        ({}, "", []),
    ],
)
def test_the_parts_of_a_path(value: object, path: str, parts: list[Any]) -> None:
    languages.require("node")
    module = (languages.ROOT / "docs" / "playground" / "faults.js").read_text()
    program = (
        f"{module}\nconsole.log(JSON.stringify(parts({json.dumps(value)}, {json.dumps(path)})))"
    )
    said = languages.run(["node", "--input-type=module", "-e", program])
    assert json.loads(said) == parts
