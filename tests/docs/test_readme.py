"""Every code block of the README runs."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest
import yaml

from tests.conftest import Databases
from vecs_sql import embedded
from vecs_sql._layer import render

ROOT = Path(__file__).parents[2]
BLOCKS = re.findall(
    r"^```(\w+)\n(.*?)^```$", (ROOT / "README.md").read_text(), re.MULTILINE | re.DOTALL
)
OWN_SERVER = "postgresql://user:password@host:5432/database"


def blocks(language: str) -> list[str]:
    return [text for name, text in BLOCKS if name == language]


def shell(containing: str) -> str:
    [found] = [text for text in blocks("sh") if containing in text]
    return found


def test_all_blocks_are_known() -> None:
    """A new block needs a test below."""
    assert sorted(name for name, _ in BLOCKS) == [
        *["python"] * 2, *["sh"] * 5, "sql",
    ]  # fmt: skip


def test_python(
    tmp_path: Path, server: embedded.Server, databases: Databases, empty_database: str
) -> None:
    """The blocks as they stand, but for the server: the tests' own one."""
    code = "\n".join(blocks("python"))
    assert code.count("vecs.create_client()") == 2
    code = code.replace("vecs.create_client()", f"vecs.create_client({empty_database!r})")
    ended = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    assert "id='a'" in ended.stdout
    assert "id='b'" in ended.stdout
    assert ended.stdout.endswith("pets Kittens purr.\npets Dogs bark.\n")


def test_python_on_the_embedded_server(tmp_path_factory: pytest.TempPathFactory) -> None:
    """And exactly as it stands, in a scratch data folder."""
    import tempfile

    code, _ = blocks("python")
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        ended = subprocess.run(
            [sys.executable, "-c", code],
            env=os.environ | {"VECS_SQL_DATA": f"{folder}/data"},
            capture_output=True,
            text=True,
            check=False,
        )
    assert ended.returncode == 0, ended.stderr
    assert "id='a'" in ended.stdout


def test_sql(server: embedded.Server, empty_database: str, tmp_path: Path) -> None:
    """From an empty database on, with psql alone."""
    script = tmp_path / "vecs.sql"
    script.write_text(render.script())
    psql = [str(server.bin / "psql"), empty_database, "-Atqv", "ON_ERROR_STOP=1"]
    installed = subprocess.run(
        [*psql, "-f", str(script)], capture_output=True, text=True, check=False
    )
    assert installed.returncode == 0, installed.stderr
    [block] = blocks("sql")
    ended = subprocess.run(psql, input=block, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    lines = ended.stdout.splitlines()
    assert lines[:2] == ["t", "2"]
    assert lines[2].startswith("ix_vector_cosine_ops_hnsw_m16_efc160_")
    assert re.fullmatch(r"a\|0\.0\d+", lines[3])
    assert lines[4:] == ['b|[0.7,0.8,0.9]|{"year": 1973}', "2", "b", "t"]


def test_sql_of_the_filters(server: embedded.Server, database: str) -> None:
    [statement] = re.findall(r"`(SELECT vecs\.filter_sql.*?)`", (ROOT / "README.md").read_text())
    with psycopg.connect(database) as connection:
        assert connection.execute(statement.encode()).fetchone() is not None


def test_the_ways_to_install(server: embedded.Server, databases: Databases, tmp_path: Path) -> None:
    scripts = Path(sys.executable).parent
    for line in shell("vecs-sql install postgresql://user").splitlines():
        url = databases.create()
        info = psycopg.conninfo.conninfo_to_dict(url)
        uri = f"postgresql://owner@/{info['dbname']}?host={quote(str(info['host']), safe='')}"
        assert OWN_SERVER in line or "psql" in line
        ended = subprocess.run(
            ["bash", "-ec", line.replace(OWN_SERVER, uri)],
            # Alembic and psql read files of the checkout; the command needs none.
            cwd=tmp_path if line.startswith("vecs-sql") else ROOT,
            env=os.environ
            | {
                "PATH": f"{scripts}:{server.bin}:{os.environ['PATH']}",
                "PGHOST": str(info["host"]),
                "PGUSER": "owner",
                "PGDATABASE": str(info["dbname"]),
            },
            capture_output=True,
            text=True,
            check=False,
        )
        assert ended.returncode == 0, (line, ended.stderr)
        with psycopg.connect(url) as connection:
            assert connection.execute("SELECT vecs.version()").fetchone() is not None
        databases.drop(url)


def test_the_command(empty_database: str, tmp_path: Path) -> None:
    with (tmp_path / "articles.jsonl").open("w") as file:
        for number, text in enumerate(["a kitten that plays", "income tax", "an old house"]):
            row = {"id": str(number), "text": text, "year": 1999 + number * 2}
            file.write(json.dumps(row) + "\n")
    ended = subprocess.run(
        ["bash", "-ec", shell("vecs-sql load")],
        cwd=tmp_path,
        env=os.environ
        | {
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "VECS_SQL_URL": empty_database,
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    assert "articles: 3 rows, 3 of them new." in ended.stdout
    assert "an old house" in ended.stdout
    assert "cosine_distance (hnsw)" in ended.stdout
    assert (tmp_path / "articles.csv").stat().st_size > 0


def test_the_guide_to_python(empty_database: str, tmp_path: Path) -> None:
    """The blocks of docs/python.md, one after the other."""
    guide = (ROOT / "docs" / "python.md").read_text()
    code = "\n".join(re.findall(r"^```python\n(.*?)^```$", guide, re.MULTILINE | re.DOTALL))
    for call in ("vecs.create_client()", "vecs.create_async_client()"):
        assert call in code
        code = code.replace(call, f"{call[:-1]}{empty_database!r})")
    with tempfile.TemporaryDirectory() as folder, socket.socket() as free:
        Path(folder).chmod(0o755)  # PostgreSQL may run as another user
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        for given, ours in (('"data"', repr(f"{folder}/data")), ("5433", str(port))):
            assert given in code
            code = code.replace(given, ours)
        ended = subprocess.run(
            [sys.executable, "-W", "error", "-W", "ignore::UserWarning", "-c", code],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
    assert ended.returncode == 0, ended.stderr
    assert f"@127.0.0.1:{port}/postgres" in ended.stdout
    shown = ended.stdout.splitlines()
    assert shown[0] == "['doc1_para_000']"
    [metadata] = re.findall(r"^# (\{'text': .*)$", guide, re.MULTILINE)
    assert shown[1:5] == [
        metadata,
        "doc1 0 Cats purr.",
        "doc1 1 Taxes are due in May.",
        "1",
    ]


def test_the_figures_are_those_of_the_benchmark() -> None:
    """Rounded, from the table of the glosses in docs/benchmark.md."""
    page = (ROOT / "docs" / "benchmark.md").read_text()
    page = page.split("\n### Searches for 10 neighbours in glosses")[1].split("\n### ")[0]
    [heading] = re.findall(r"^\| filter .*", page, re.MULTILINE)
    columns = [cell.strip() for cell in heading.split("|")]

    def measured(filter_name: str, system: str) -> str:
        [line] = re.findall(rf"^\| {filter_name} .*", page, re.MULTILINE)
        cell = [cell.strip() for cell in line.split("|")][columns.index(system)]
        rows, recall, ms = map(float, cell.split(" / "))
        shown = "10" if rows == 10 else f"{rows:.1f}"
        digits = "1.0" if recall == 1 else f"{recall:.{3 if recall > 0.5 else 2}f}".lstrip("0")
        return f"{shown} ({digits}), {ms:.1f} ms"

    systems = ("vecs-sql", "hand-written, default", "hand-written, relaxed_order")
    readme = (ROOT / "README.md").read_text()
    for name, shown in {
        "10%": "10 % of the rows, at random",
        "2%": "2 % of the rows, at random",
        "lex=8": "one category, 1.7 %",
        "lex=28": "one category, 0.9 %",
    }.items():
        assert f"| {shown} | {' | '.join(measured(name, system) for system in systems)} |" in readme


def test_links() -> None:
    """Every file that the documents link to is there."""
    for document in [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *ROOT.glob("*/README.md")]:
        for link in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", document.read_text()):
            assert (document.parent / link).exists(), f"{document}: {link}"


def test_make_targets() -> None:
    for line in shell("make demo").splitlines():
        target = shlex.split(line, comments=True)[1]
        ended = subprocess.run(
            ["make", "-n", target], cwd=ROOT, capture_output=True, text=True, check=False
        )
        assert ended.returncode == 0, ended.stderr


def test_pip_line_names_a_real_extra() -> None:
    from importlib.metadata import metadata

    [extra] = re.findall(r"\.\[(\w+)\]", shell("pip install"))
    assert extra in (metadata("vecs-sql").get_all("Provides-Extra") or [])


def test_docker_compose() -> None:
    """Checked as text: no Docker engine is needed for the tests."""
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    service = compose["services"]["postgres"]
    assert service["image"] == "pgvector/pgvector:pg18"
    assert "POSTGRES_PASSWORD" in service["environment"]["POSTGRES_PASSWORD"]
    assert service["healthcheck"]["test"][0] == "CMD-SHELL"
    [volume] = service["volumes"]
    assert volume.split(":")[0] in compose["volumes"]
    assert service["shm_size"]
    block = shell("docker compose up")
    assert "POSTGRES_PASSWORD=" in block
    if shutil.which("docker"):
        ended = subprocess.run(
            ["docker", "compose", "config", "--quiet"],
            cwd=ROOT,
            env=os.environ | {"POSTGRES_PASSWORD": "secret"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert (
            ended.returncode == 0
            or "unknown" in ended.stderr
            or "not a docker command" in ended.stderr
        )
