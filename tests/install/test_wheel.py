"""The wheel, built from the sdist, in an empty environment and an empty folder: every door of it, and a search."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import venv
import zipfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.conftest import Databases
from tests.install.test_ways_to_install import catalog
from vecs_sql import embedded

ROOT = Path(__file__).parents[2]

SEARCH = """
import sys, warnings
warnings.simplefilter("error")
import vecs_sql as vecs
from vecs_sql.cli import glosses as _glosses
assert "site-packages" in vecs.__file__, vecs.__file__
glosses = _glosses.load()
assert len(glosses.ids) == 600 and _glosses.is_sample()
with vecs.create_client(sys.argv[1]) as vx:
    docs = vx.get_or_create_collection("glosses", dimension=384)
    docs.upsert(zip(glosses.ids, glosses.vectors, glosses.metadata))
    docs.create_index()
    found = docs.query(glosses.vectors[7], limit=3, filters={"pos": glosses.metadata[7]["pos"]})
    assert found[0] == glosses.ids[7] and len(found) == 3, found
    vx.delete_collection("glosses")
print("found")
"""


def run(*command: str | Path, cwd: Path, **environment: str) -> str:
    clean = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    ended = subprocess.run(
        command, cwd=cwd, env=clean | environment, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The sdist, and the wheel that is built from it."""
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, ROOT, cwd=folder)
    [sdist] = folder.glob("*.tar.gz")
    [wheel] = folder.glob("*.whl")
    return sdist, wheel


@pytest.fixture(scope="module")
def environment(
    built: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Path]:
    """The programs of an empty environment with the wheel alone."""
    folder = tmp_path_factory.mktemp("wheel")
    venv.create(folder / "venv")
    programs = folder / "venv" / "bin"
    install: list[str | Path] = ["--python", programs / "python", built[1]]
    if constraints := os.environ.get("CONSTRAINTS"):
        install += ["--constraint", ROOT / constraints]
    run(sys.executable, "-m", "uv", "pip", "install", "--quiet", *install, cwd=folder)
    yield programs
    shutil.rmtree(folder)


def test_contents(built: tuple[Path, Path]) -> None:
    sdist, wheel = built
    with zipfile.ZipFile(wheel) as archive:
        in_wheel = set(archive.namelist())
    for name in (
        "vecs_sql/_sql/errors.toml",
        "vecs_sql/_sql/api/query.sql",
        "vecs_sql/_sql/install/prepare.sql",
        "vecs_sql/_migrations/env.py",
        "vecs_sql/_migrations/versions/0001_baseline.py",
        "vecs_sql/_examples/glosses/LICENSE",
        "vecs_sql/_examples/glosses/part-0.npy",
        "vecs_sql/_examples/glosses/queries.npy",
        "vecs_sql/py.typed",
    ):
        assert name in in_wheel, name
    assert not any(name.startswith(("tests/", "bench/")) for name in in_wheel)
    assert "vecs_sql/_sql/vecs.sql" not in in_wheel
    assert wheel.stat().st_size < 1_200_000
    with tarfile.open(sdist) as archive:
        in_sdist = {name.split("/", 1)[1] for name in archive.getnames() if "/" in name}
    for name in (
        "sql/api/query.sql",
        "sql/vecs.sql",
        "migrations/env.py",
        "tests/conftest.py",
        "LICENSE",
        "Makefile",
    ):
        assert name in in_sdist, name


@pytest.mark.parametrize("door", ["command", "psql", "client", "alembic"])
def test_every_door(
    environment: Path,
    server: embedded.Server,
    databases: Databases,
    template: str,
    empty_database: str,
    tmp_path: Path,
    door: str,
) -> None:
    if door == "command":
        run(environment / "vecs-sql", "install", empty_database, cwd=tmp_path)
    elif door == "psql":
        run(environment / "vecs-sql", "render", "-o", "vecs.sql", cwd=tmp_path)
        run(
            server.bin / "psql",
            empty_database,
            "-qv",
            "ON_ERROR_STOP=1",
            "-f",
            "vecs.sql",
            cwd=tmp_path,
        )
    elif door == "alembic":
        [migrations] = environment.parent.glob("lib/python*/site-packages/vecs_sql/_migrations")
        (tmp_path / "alembic.ini").write_text(f"[alembic]\nscript_location = {migrations}\n")
        run(environment / "alembic", "upgrade", "head", cwd=tmp_path, VECS_SQL_URL=empty_database)
    assert run(environment / "python", "-c", SEARCH, empty_database, cwd=tmp_path) == "found\n"
    with psycopg.connect(empty_database) as connection:
        assert connection.execute("SELECT count(*) FROM vecs.list_collections()").fetchone() == (0,)
    copy = databases.create(template)
    assert catalog(empty_database) == catalog(copy)
    databases.drop(copy)


def test_the_embedded_extra_is_asked_for(environment: Path, tmp_path: Path) -> None:
    ended = subprocess.run(
        [environment / "vecs-sql", "demo"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 1
    assert "pip install 'vecs-sql[embedded]'" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_the_text_embedding_extra_is_asked_for(environment: Path, tmp_path: Path) -> None:
    ended = subprocess.run(
        [environment / "vecs-sql", "demo", "someone who writes books"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 1
    assert "pip install 'vecs-sql[text-embedding]'" in ended.stderr
