"""The programs of docs/languages.md: each is what it is there, and prints what the others print."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from tests.clients import languages
from tests.conftest import Databases

_PAGE = (languages.ROOT / "docs" / "languages.md").read_text(encoding="utf-8")
_FILES = {
    "psql": "tour.sql", "python": "tour.py", "node": "tour.mjs", "pglite": "tour.mjs", "go": "tour.go",
    "java": "Tour.java", "php": "tour.php", "ruby": "tour.rb",
}  # fmt: skip
_PRINTED = """\
cats 0.005 Cats purr
VS005 unknown operator "$gr" at "year.$gr"
Did you mean "$gt"? The operators are $eq, $ne, $gt, $gte, $lt, $lte, $between, $in, $nin, $contains, $any, $all, \
$exists, $like, $ilike, $startswith, $time, $id, $and, $or, $nor, $not.
"""


def program(title: str) -> str:
    """The program below a heading of the page."""
    found = re.search(
        rf"^## {re.escape(title)}\n.*?^```\w+\n(.*?)^```$", _PAGE, re.MULTILINE | re.DOTALL
    )
    assert found, f"no program for {title}"
    return found[1]


def test_tour(name: str, databases: Databases, template: str, port: int, scratch: Path) -> None:
    if name not in _FILES:
        return  # REST has a page of its own
    language = languages.LANGUAGES[name]
    # Beside the runner's modules, which the tour needs, too.
    folder = scratch / "tours" / name
    folder.mkdir(parents=True)
    (folder / _FILES[name]).write_text(program(language.title))
    manifest = languages.HERE / name / "package.json"
    if manifest.exists():
        shutil.copy(manifest, folder)
    database = databases.create(template)
    url = language.url(languages.place(port, databases.name(database)))
    if name == "psql":
        said = languages.run(["psql", "-X", "-q", url, "-f", str(folder / "tour.sql")])
        assert " cats |    0.005 | Cats purr" in said
        assert 'VS005 unknown operator "$gr" at "year.$gr"' in said
    else:
        command = language.build(folder, "tour", scratch)
        layer = str(scratch / "vecs.sql")
        assert languages.run(command, DATABASE_URL=url, VECS_SQL=layer) == _PRINTED
    databases.drop(database)


def test_every_program_of_the_page_is_run() -> None:
    titles = re.findall(r"^## (.*)\n(?:(?!^## ).*\n)*?```", _PAGE, re.MULTILINE)
    notes = "Notes on other drivers and ORMs"  # see test_notes.py
    assert sorted(titles) == sorted([notes, *(languages.LANGUAGES[name].title for name in _FILES)])
