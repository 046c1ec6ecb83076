"""The site, built strictly and visited in a headless browser; screenshots are kept in .scratch/artefacts."""

from __future__ import annotations

import inspect
import json
import re
import shutil
import sys
import zlib
from pathlib import Path
from typing import Any

import pytest

import vecs_sql
from tests import browser
from tests.clients import languages
from tools import website
from vecs_sql import adapter, embedded, exc

pytestmark = pytest.mark.skipif(sys.version_info < (3, 11), reason="Zensical needs Python 3.11")

_PAGES = ("", "python/", "reference/", "api/collection/", "benchmark/")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built site; the playground, which tests/clients builds, has its page only."""
    folder = tmp_path_factory.mktemp("site")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SITE_URL", "https://example.com/vecs-sql/")
        website.build(folder, with_playground=False)
    return folder


@pytest.fixture(scope="module")
def seen(site: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Return what Chromium reports of the pages."""
    languages.require("node")
    chromium = browser.chromium()
    screenshots = languages.ROOT / ".scratch" / "artefacts"
    screenshots.mkdir(parents=True, exist_ok=True)
    scratch = tmp_path_factory.mktemp("visit")
    program = languages.LANGUAGES["node"].build(Path(__file__).parent / "site", "visit", scratch)
    with browser.served(site) as url:
        said = languages.run([*program, url, chromium, str(screenshots), *_PAGES])
    found: dict[str, Any] = json.loads(said)
    return found


def test_the_pages_load_whole_and_from_here_alone(seen: dict[str, Any]) -> None:
    assert len(set(seen["titles"])) == len(_PAGES)
    assert seen["errors"] == []
    assert seen["elsewhere"] == []


def test_the_pages_fit_a_phone(seen: dict[str, Any]) -> None:
    assert seen["wide"] == []


def test_search_finds_a_function_in_both_references(seen: dict[str, Any]) -> None:
    anchors = {address.split("#")[-1] for address in seen["found"]}
    assert {"create_index", "vecs_sql.Collection.create_index"} <= anchors


def test_the_first_page_leads_to_the_playground(seen: dict[str, Any]) -> None:
    assert "./playground/index.html" in seen["menu"]


def _public_names() -> list[str]:
    modules = {"adapter", "exc"}
    names = [f"vecs_sql.{name}" for name in {*vecs_sql.__all__} - modules if name[0] != "_"]
    for module in (adapter, embedded, exc):
        names += [f"{module.__name__}.{name}" for name in module.__all__]
    for kind in (vecs_sql.Client, vecs_sql.Collection):
        members = inspect.getmembers(kind, lambda one: callable(one) or isinstance(one, property))
        names += [f"vecs_sql.{kind.__name__}.{name}" for name, _ in members if name[0] != "_"]
    return [*names, "vecs_sql.langchain.VecsVectorStore", "vecs_sql.llama_index.VecsVectorStore"]


def test_the_reference_has_every_public_name_and_no_private_one(site: Path) -> None:
    inventory = (site / "objects.inv").read_bytes().split(b"\n", 4)[4]
    listed = [line.split()[0] for line in zlib.decompress(inventory).decode().splitlines()]
    assert sorted(set(_public_names()) - set(listed)) == []
    pages = "".join(page.read_text(encoding="utf-8") for page in site.glob("api/**/*.html"))
    headings = re.findall(r'<h\d id="(vecs_sql\.[^"]*)"', pages)
    assert set(headings) <= set(listed)
    assert [name for name in headings if re.search(r"\._(?!_)", name)] == []


def test_links_that_work_on_github_lead_to_the_same_on_the_site(tmp_path: Path) -> None:
    def written(path: str, text: str = "") -> None:
        file = tmp_path / "root" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")

    written(
        "README.md",
        "[Try](docs/playground/), [SQL](docs/sql.md#joins), [measure](bench/README.md), [MIT](LICENSE), [tests](tests),"
        ' [![plot](docs/plot.svg)](docs/sql.md) <img src="docs/plot.svg"> [gone](docs/gone.md)',
    )
    written("bench/README.md", "[SQL](../docs/sql.md), [back](../README.md#install)")
    written("docs/sql.md", "[start](../README.md), [install](../README.md#install), [x](#x)")
    for path in (
        "CHANGELOG.md",
        "LICENSE",
        "tests/x",
        "docs/plot.svg",
        "docs/playground/index.html",
    ):
        written(path)
    website.stage(tmp_path / "root", tmp_path / "site")
    staged = {
        str(file.relative_to(tmp_path / "site")): file for file in tmp_path.glob("site/**/*.*")
    }
    assert staged["index.md"].read_text() == (
        "[Try](playground/index.html), [SQL](sql.md#joins), [measure](bench/index.md), [MIT](LICENSE), tests,"
        ' [![plot](plot.svg)](sql.md) <img src="plot.svg"> [gone](docs/gone.md)'
    )
    assert staged["bench/index.md"].read_text() == "[SQL](../sql.md), [back](../index.md#install)"
    assert staged["sql.md"].read_text() == "[start](index.md), [install](index.md#install), [x](#x)"
    assert (tmp_path / "site" / "LICENSE").exists()


def test_dead_links_and_what_other_hosts_serve_fail_the_build(tmp_path: Path) -> None:
    root = tmp_path / "root"
    shutil.copytree(website.ROOT / "docs", root / "docs")
    for file in website.ROOT.iterdir():
        if file.name != "docs":
            (root / file.name).symlink_to(file)
    with (root / "docs" / "rest.md").open("a", encoding="utf-8") as page:
        page.write(
            "\n[no page](no-page.md), [no anchor](python.md#no-anchor), [no file](no-file.svg),"
            ' <a href="sql.md#no-anchor-of-html">no anchor</a>,'
            ' <img src="https://example.com/picture.png">\n'
        )
    with pytest.raises(ValueError) as error:
        website.build(tmp_path / "site", root, with_playground=False)
    said = str(error.value)
    assert "page does not exist" in said
    assert "anchor does not exist" in said
    found = [line for line in said.splitlines() if line.startswith("rest/index.html: ")]
    assert found == [
        "rest/index.html: ../no-page/ does not exist",
        "rest/index.html: ../python/#no-anchor has no such anchor",
        "rest/index.html: ../no-file.svg does not exist",
        "rest/index.html: ../sql/#no-anchor-of-html has no such anchor",
        "rest/index.html: https://example.com/picture.png is on another host",
    ]
