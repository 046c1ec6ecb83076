"""Environments with this package and a framework, apart from the one that the tests run in."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from bench import environments

ROOT = Path(__file__).parents[2]


def run(name: str, requirements: list[str], arguments: list[str], url: str) -> str:
    """Return the output of Python in an environment with the database's URL in VECS_SQL_TEST_URL."""
    python = environments.python(name, ("--editable", str(ROOT), *requirements))
    ended = subprocess.run(
        [python, *arguments],
        cwd=ROOT,
        env={**os.environ, "VECS_SQL_TEST_URL": url},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout
