"""Builds the site, with the playground in it: python -m tools.website FOLDER.

The pages are README.md, docs/ and what these link to, as they stand in the repository: only their links, which work on
GitHub, are rewritten to the pages' places on the site. A dead link or anchor fails the build, and so does a page that
loads anything from another host.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

from tools import playground

ROOT = Path(__file__).resolve().parents[1]
CONFIGURATION = Path(__file__).with_suffix(".yml")
_TEXT_LINK = re.compile(r"(?<!!)\[(?P<text>[^\[\]]*)\]\((?P<path>[^()\s#:]+)\)")
_LINK = re.compile(r"""(?P<before>\]\(|(?:href|src|srcset)=")(?P<path>[^()\s#:"]+)(?=[#)"])""")


def build(folder: Path, root: Path = ROOT, *, with_playground: bool = True) -> None:
    """Write the site into a folder, which any web server can serve.

    SITE_URL says where it will be; only the page for a wrong address (404.html), which stands at any depth, needs to
    know.

    Raises:
        ValueError: A link leads nowhere, or something comes from another host; the message lists all of them.
    """
    with tempfile.TemporaryDirectory() as scratch:
        stage(root, Path(scratch, "docs"))
        shutil.copy(CONFIGURATION, Path(scratch, "mkdocs.yml"))
        Path(scratch, "vecs_sql").symlink_to(root / "vecs_sql")
        command = [sys.executable, "-m", "zensical", "build", "--strict"]
        built = subprocess.run(command, cwd=scratch, capture_output=True, text=True, check=False)
        said = re.sub(r"\x1b\[[0-9;]*m", "", built.stdout + built.stderr)
        if not Path(scratch, "site").exists():
            raise ValueError(said)
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(Path(scratch, "site"), folder)
    if with_playground:
        playground.build(folder / "playground")
    found = [one for one in faults(folder) if with_playground or not one.startswith("playground/")]
    if built.returncode:
        found.insert(0, said)
    if found:
        raise ValueError("\n".join(found))


def stage(root: Path, folder: Path) -> None:
    """Copy the pages, and the files of the repository that they link to, to their places on the site."""
    docs = root / "docs"
    waiting = [root / "README.md", root / "CHANGELOG.md", docs / "playground" / "index.html"]
    waiting += [*docs.glob("*.*"), *docs.glob("api/*.md")]
    placed: set[Path] = set()
    while waiting:
        source = waiting.pop()
        if source in placed:
            continue
        placed.add(source)
        target = folder / _place(source.relative_to(root))
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.suffix != ".md":
            shutil.copy(source, target)
            continue
        text, linked = _rewritten(source, root)
        target.write_text(text, encoding="utf-8")
        waiting += linked


def _place(path: Path) -> Path:
    """Return the place of a file of the repository on the site."""
    if path.parts[0] == "docs":
        path = path.relative_to("docs")
    return path.with_name("index.md") if path.name == "README.md" else path


def _rewritten(page: Path, root: Path) -> tuple[str, list[Path]]:
    """A page with its links as they are on the site, and the files that they lead to."""
    linked = []

    def file(link: re.Match[str]) -> Path | None:
        path = Path(os.path.normpath(page.parent / link["path"]))
        if not path.is_relative_to(root) or not path.exists():
            return None
        if path.is_dir():
            found = [path / name for name in ("index.html", "README.md") if (path / name).exists()]
            return found[0] if found else path
        return path

    def without_folders(link: re.Match[str]) -> str:
        """The text alone of a link to a folder that has no page: GitHub shows folders, a site does not."""
        target = file(link)
        return link["text"] if target is not None and target.is_dir() else link[0]

    def moved(link: re.Match[str]) -> str:
        target = file(link)
        if target is None or target.is_dir():
            return link[0]
        linked.append(target)
        here = _place(page.relative_to(root)).parent
        return link["before"] + os.path.relpath(_place(target.relative_to(root)), here)

    text = _TEXT_LINK.sub(without_folders, page.read_text(encoding="utf-8"))
    return _LINK.sub(moved, text), linked


class _Page(HTMLParser):
    """The anchors of a page, and what it links to and loads."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.anchors: set[str] = set()
        self.links: list[str] = []
        self.loads: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what the tag names."""
        values = {name: value or "" for name, value in attrs}
        self.anchors |= {values[name] for name in ("id", "name") if name in values}
        if tag == "a" or values.get("rel") in ("canonical", "next", "prev"):
            self.links += [values["href"]] if "href" in values else []
        else:
            self.loads += [values[name] for name in ("href", "src") if name in values]


def faults(site: Path) -> Iterator[str]:
    """Find links that lead nowhere, and what is loaded from other hosts."""
    base = urlsplit(os.environ.get("SITE_URL", "")).path or "/"
    pages = {path: _Page(path.read_text(encoding="utf-8")) for path in site.rglob("*.html")}
    for path, page in sorted(pages.items()):
        name = path.relative_to(site)
        for url in page.links + page.loads:
            parts = urlsplit(url)
            if parts.scheme or parts.netloc:
                if url in page.loads and parts.scheme != "data":
                    yield f"{name}: {url} is on another host"
                continue
            target = path
            if parts.path:
                start = site if parts.path.startswith(base) else path.parent
                target = Path(
                    os.path.normpath(start / unquote(parts.path).removeprefix(base).lstrip("/"))
                )
            if target.is_dir():
                target /= "index.html"
            if not target.is_relative_to(site) or not target.exists():
                yield f"{name}: {url} does not exist"
            elif target in pages and unquote(parts.fragment) not in pages[target].anchors | {""}:
                yield f"{name}: {url} has no such anchor"


if __name__ == "__main__":
    try:
        build(Path(sys.argv[1]))
    except ValueError as error:
        sys.exit(str(error))
