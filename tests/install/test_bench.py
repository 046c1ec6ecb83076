"""The benchmark runs, and says what it measures; how fast anything is, no test asserts."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_quick(tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "bench", "--quick", "--no-peers", "--output", tmp_path],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    assert "Collection.query" in (tmp_path / "first.md").read_text()
    assert json.loads((tmp_path / "first.json").read_text())


def test_the_committed_figures_are_complete() -> None:
    assert json.loads((ROOT / "bench" / "results" / "first.json").read_text())
    table = (ROOT / "bench" / "results" / "first.md").read_text()
    for contender in ("hand-written SQL", "Collection.query", "COPY", "vecs 0.4.5"):
        assert contender in table
