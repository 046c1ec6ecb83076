"""The playground, built and used in a headless browser; screenshots are kept in .scratch/artefacts."""

from __future__ import annotations

import importlib.util
import json
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from tests import browser
from tests.clients import languages
from vecs_sql.adapter._models import MiniLM

# What a tokenizer may take otherwise than another one.
TEXTS = [
    "a young cat",
    "",
    "Füße, naïve café — e\u0301",
    "日本語のテキスト 漢字カナ",
    "🎉 party 👩\u200d👩\u200d👧",
    "İstanbul ǅ ß ẞ ﬁne ½",
    "한국어 مرحبا नमस्ते ไทย Привет",
    "ΣΑΣ Σίσυφος",
    "don't stop-believing... $5.00! (x_y@w.com)",
    "tab\tnew\nline\u00a0zero\u200bwidth\ufeff \u0000",
    "[CLS] hello [MASK] [SEP]",
    "a" * 150,
    "many words " * 300,
    "income tax law",
]


@pytest.fixture(scope="module")
def chromium() -> str:
    languages.require("pglite")
    return browser.chromium()


@pytest.fixture(scope="module")
def playground() -> ModuleType:
    """Return tools/playground.py."""
    spec = importlib.util.spec_from_file_location(
        "playground", languages.ROOT / "tools" / "playground.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def site(playground: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Yield the URL of the built page, which is not the root of its server."""
    folder = tmp_path_factory.mktemp("site")
    playground.build(folder / "docs" / "playground")
    with browser.served(folder) as url:
        yield f"{url}docs/playground/"


@pytest.fixture(scope="module")
def seen(chromium: str, site: str, scratch: Path) -> dict[str, Any]:
    """Return what a visitor sees."""
    screenshots = languages.ROOT / ".scratch" / "artefacts"
    screenshots.mkdir(parents=True, exist_ok=True)
    texts = scratch / "texts.json"
    texts.write_text(json.dumps(TEXTS))
    command = languages.LANGUAGES["node"].build(languages.HERE / "playground", "use", scratch)
    said = languages.run([*command, site, chromium, str(screenshots), str(texts)])
    found: dict[str, Any] = json.loads(said)
    return found


def test_it_starts_by_itself(seen: dict[str, Any]) -> None:
    assert seen["errors"] == []
    assert seen["elsewhere"] == []  # nothing is fetched from another server
    assert "with 3,479 entries was ready in" in seen["status"]
    assert seen["early"] == []  # the language model is not fetched before it is needed


def test_the_first_search_shows_the_difference(seen: dict[str, Any]) -> None:
    first = seen["first"]
    assert len(first["ours"]) == 10
    assert first["ours"][0] == "falcon"
    few = len(first["plain"])  # the index is made by chance
    assert 1 <= few <= 5
    assert first["plain"] == first["ours"][:few]
    assert first["onlyHere"] == 10 - few
    assert first["verdict"] == f"vecs.query returns 10 rows, plain pgvector {few}."
    assert first["because"].startswith(
        f"The vector index returned the 40 entries nearest to your words; only {few} match"
    )
    assert first["matching"] == "The nearest of the 377 entries that match the filter."


def test_the_examples(seen: dict[str, Any]) -> None:
    assert len(seen["examples"]) == 5
    for name, found in seen["examples"].items():
        assert len(found["ours"]) == 10, name
    assert seen["examples"]["spicy food"]["ours"][:2] == ["cayenne", "peppermint"]
    assert len(seen["examples"]["spicy food"]["plain"]) < 10
    assert seen["examples"]["breakfast"]["ours"][0] == "toaster"
    assert len(seen["examples"]["breakfast"]["plain"]) < 10
    assert "did not use the vector index" in seen["examples"]["something to sleep on"]["because"]
    strings = seen["examples"]["a musical instrument with strings"]
    assert {"viola", "harp", "dulcimer"} < set(strings["ours"])
    assert strings["verdict"] == "Both return 10 rows."
    assert seen["example"] == "{}"


def test_filters(seen: dict[str, Any]) -> None:
    assert set(seen["none"]["topics"]) == {"plant"}
    assert set(seen["typed"]["topics"]) <= {"animal", "plant"}
    assert all(len(word) == 5 for word in seen["typed"]["ours"])
    ours, plain = seen["sql"]
    assert 'filters => \'{"topic":{"$in":["animal","plant"]},"letters":5}\');' in ours
    assert "FROM vecs.glosses\nWHERE " in plain
    assert plain.endswith("ORDER BY vec <=> $1\nLIMIT 10;")
    assert seen["why"].startswith("Strategy ")
    assert "Scan" in seen["plan"]
    assert seen["impossible"]["verdict"] == "Both return 0 rows."
    assert seen["impossible"]["matching"] == "No entry matches the filter."


def test_faults_of_a_filter_are_shown_at_their_place(seen: dict[str, Any]) -> None:
    assert 'Unknown operator "$gr" at "$and[1].letters.$gr".' in seen["fault"]
    assert 'Did you mean "$gt"?' in seen["fault"]
    assert seen["mark"] == '"$gr": 5'
    assert seen["invalid"] == "true"
    assert seen["stale"] == "yes"
    assert seen["first"].get("stale") is None
    assert seen["notJson"].startswith("The filter is not valid JSON yet.")


def test_the_keyboard_and_searches_that_are_overtaken(seen: dict[str, Any]) -> None:
    assert seen["everything"]["matching"] == "The nearest of all 3,479 entries."
    assert seen["overtaken"] == seen["first"]


def test_search_for_entries_like_a_result(seen: dict[str, Any]) -> None:
    assert seen["likeText"].startswith("falcon: diurnal birds of prey")
    assert seen["like"]["ours"][0] == "falcon"
    assert set(seen["like"]["topics"]) == {"animal"}


def test_own_words(seen: dict[str, Any]) -> None:
    assert re.fullmatch(r"Language model: [\d.]+ of 37\.6 MB", seen["progress"])
    assert "The download was cancelled. Press Search to try again" in seen["cancelled"]
    assert "the server answered 503" in seen["failed"]
    assert seen["ownError"] == ""
    assert seen["note"].startswith("The language model is loaded")
    assert len(seen["own"]["ours"]) == 10
    assert seen["live"]["ours"] != seen["own"]["ours"]  # once it is there, typing is enough


def test_the_model_agrees_with_python(seen: dict[str, Any]) -> None:
    vectors = np.array(seen["vectors"])
    cosines = (vectors * MiniLM().encode(TEXTS)).sum(axis=1)
    assert dict(zip(TEXTS, cosines, strict=True)) == {
        text: pytest.approx(1, abs=1e-3) for text in TEXTS
    }
    assert vectors[0] @ vectors[-1] < 0.9  # and not because all are alike


def test_a_phone_in_the_dark(seen: dict[str, Any]) -> None:
    phone = seen["phone"]
    assert phone["width"] == 390
    assert phone["wide"] == []
    assert len(set(phone["columns"])) == 1  # one below the other
    assert phone["background"] == "rgb(20, 23, 28)"
    assert phone["unlabelled"] == []


@pytest.mark.parametrize("dark", [False, True])
def test_contrast(dark: bool) -> None:
    """All text has the contrast that WCAG's level AA asks for."""
    style = (languages.ROOT / "docs" / "playground" / "style.css").read_text()
    pairs = re.findall(r"--([\w-]+): light-dark\((#\w+), (#\w+)\)", style)
    colour = {name: _luminance(values[dark]) for name, *values in pairs}
    for text, grounds in {
        "text": ("page", "panel", "field", "tint"),
        "faint": ("page", "panel"),
        "accent": ("page", "panel", "tint"),
        "on-accent": ("accent",),
        "warn": ("panel", "warn-tint"),
        "error": ("panel",),
        "panel": ("error",),
    }.items():
        for ground in grounds:
            low, high = sorted([colour[text], colour[ground]])
            assert (high + 0.05) / (low + 0.05) >= 4.5, (text, ground)


def _luminance(colour: str) -> float:
    """Return WCAG's relative luminance of #rrggbb."""
    values = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in values)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_the_entries_are_fit_for_everyone(playground: ModuleType) -> None:
    entries = list(playground.entries())
    words = {entry["metadata"]["word"] for entry in entries}
    assert len(entries) == 3479
    assert {"falcon", "toaster", "harp"} < words
    assert not {"faggot", "codpiece", "dick", "corpse", "bomb"} & words
    assert {entry["metadata"]["topic"] for entry in entries}.isdisjoint({"person", "body"})


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
