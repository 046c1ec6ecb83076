"""pgspot, which looks for names that another role could capture, finds nothing in the installer."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests import servers
from vecs_sql._layer import render

# It depends on one version of the parser exactly, and so is kept apart from the packages of the tests.
VERSION = "0.9.4"


def run(files: list[Path], *options: str) -> dict[str, list[str]]:
    """Return what pgspot says of each file; a line that begins with "!" tells that it could not read it."""
    ended = subprocess.run(
        [sys.executable, "-c", "from pgspot.cli import run; run()", *options, *map(str, files)],
        env=os.environ | {"PYTHONPATH": str(servers.tool("pgspot", VERSION))},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.stdout.rstrip().splitlines()[-1].startswith("TOTAL:"), ended.stderr
    said: dict[str, list[str]] = {}
    for line in filter(None, map(str.strip, ended.stdout.splitlines())):
        if re.fullmatch(r".+\.sql:", line):
            found = said.setdefault(Path(line[:-1]).name, [])
        elif not line.startswith(("Errors:", "TOTAL:")):
            found.append(
                re.sub(r" at line \d+$", "", line) if line.startswith("PS") else f"! {line}"
            )
    assert set(said) == {path.name for path in files}
    return said


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> set[tuple[str, str]]:
    """The findings: file and words."""
    folder = tmp_path_factory.mktemp("pgspot")
    installer = render.script()
    for name, text in render.functions().items():
        assert text in installer
        installer = installer.replace(text, "")
        # On its own, and so under a search path that it must not depend on.
        (folder / Path(name).name).write_text(f"CREATE SCHEMA vecs;\n{text}")
    (folder / "installer.sql").write_text(installer)
    (folder / "extension.sql").write_text(render.prepare(extension=True))
    (folder / "unsafe.sql").write_text(
        "CREATE FUNCTION f() RETURNS text LANGUAGE sql AS 'SELECT format(1)'"
    )
    files = sorted(folder.glob("*.sql"))
    said = run(files)
    # Its parser of PL/pgSQL does not know all of the language: of those functions it then sees all but the body.
    unread = [path for path in files if any(line.startswith("!") for line in said[path.name])]
    assert len(unread) < len(files) / 4
    assert not {"installer.sql", "extension.sql"} & {path.name for path in unread}
    said |= run([*unread, folder / "unsafe.sql"], "--no-plpgsql")
    return {(name, line) for name, lines in said.items() for line in lines}


def test_pgspot(found: set[tuple[str, str]]) -> None:
    assert {finding for finding in found if finding[0] != "unsafe.sql"} == set()


def test_pgspot_sees(found: set[tuple[str, str]]) -> None:
    assert ("unsafe.sql", "PS016: Unqualified function call: format") in found
