"""docs/frameworks.md: its files, in a project of their framework, on a real server."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from psycopg.conninfo import conninfo_to_dict

from tests.conftest import Databases

_PAGE = (Path(__file__).parents[2] / "docs" / "frameworks.md").read_text(encoding="utf-8")
# The path in the first line of each block of Python, its text and, where there is one, what it prints.
FILES = {
    path: (text, printed)
    for text, path, printed in re.findall(
        r"^```python\n(# (\S+)\n.*?)^```$(?:\n\n```text\n(.*?)^```$)?",
        _PAGE,
        re.MULTILINE | re.DOTALL,
    )
}


def run(folder: Path, database: str, *arguments: str) -> str:
    place = conninfo_to_dict(database)
    url = (
        f"postgresql://{place['user']}@/{place['dbname']}?host={place['host']}&port={place['port']}"
    )
    ended = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env={
            **os.environ,
            "DATABASE_URL": url,
            "DJANGO_SETTINGS_MODULE": "settings",
            "PYTHONPATH": str(folder),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def test_the_files_are_known() -> None:
    """A new one needs a test below, or in the suites of tests/frameworks."""
    assert len(FILES) == _PAGE.count("```python")
    assert set(FILES) == {
        "shop/migrations/0001_vecs.py", "shop/models.py", "shop/migrations/0003_search.py", "shop/search.py", "use.py",
        "items.py", "store.py", "langchain_store.py", "llama_index_store.py",
        "haystack_retriever.py",
    }  # fmt: skip


@pytest.fixture
def empty(databases: Databases, bare_database: str) -> str:
    """A database without pgvector, for a role that may create the extension."""
    return databases.as_role(bare_database, "postgres")


@pytest.fixture
def project(tmp_path: Path, empty: str) -> Path:
    """A project of Django with the page's application."""
    place = conninfo_to_dict(empty)
    (tmp_path / "settings.py").write_text(
        f"""
DATABASES = {{"default": {{"ENGINE": "django.db.backends.postgresql", "NAME": {place["dbname"]!r},
    "USER": {place["user"]!r}, "HOST": {place["host"]!r}, "PORT": {str(place["port"])!r}}}}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
INSTALLED_APPS = ["shop"]
USE_TZ = True
"""
    )
    (tmp_path / "shop" / "migrations").mkdir(parents=True)
    for name in ("shop/__init__.py", "shop/migrations/__init__.py"):
        (tmp_path / name).touch()
    for name in ("shop/models.py", "shop/search.py", "use.py"):
        (tmp_path / name).write_text(FILES[name][0])
    return tmp_path


def test_django(project: Path, empty: str) -> None:
    """From the first migration in an empty database to a search; the migrations can be undone."""
    database, migrations = empty, project / "shop" / "migrations"
    (migrations / "0001_vecs.py").write_text(FILES["shop/migrations/0001_vecs.py"][0])
    run(project, database, "-m", "vecs_sql", "render", "--output", str(migrations / "vecs.sql"))
    run(project, database, "-m", "django", "makemigrations", "shop")
    assert (migrations / "0002_initial.py").exists()
    (migrations / "0003_search.py").write_text(FILES["shop/migrations/0003_search.py"][0])
    run(project, database, "-m", "django", "migrate")
    use = "import django; django.setup(); exec(open('use.py').read())"
    assert run(project, database, "-c", use) == FILES["use.py"][1]
    run(project, database, "-m", "django", "migrate", "shop", "0002")
    run(project, database, "-m", "django", "migrate")


def test_sqlalchemy(tmp_path: Path, database: str) -> None:
    text, printed = FILES["items.py"]
    (tmp_path / "items.py").write_text(text)
    assert run(tmp_path, database, "items.py") == printed
