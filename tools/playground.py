"""Builds the playground, a static page with all it needs: python tools/playground.py FOLDER.

The page (docs/playground), PGlite and pgvector from npm, the functions as one SQL file, and a part of the glosses.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from vecs_sql._layer import render

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "playground"
_VENDORED = {
    "pglite": ("*.js", "*.wasm", "*.data"),
    "pglite-pgvector": ("index.js", "vector.tar.gz"),
}


def build(folder: Path) -> None:
    """Write the page into a folder, which any web server can serve."""
    folder.mkdir(parents=True, exist_ok=True)
    for file in PAGE.iterdir():
        if file.suffix in (".html", ".css", ".js"):
            shutil.copy(file, folder)
    (folder / "vecs.sql").write_text(render.script(), encoding="utf-8")
    glosses = folder / "glosses"
    glosses.mkdir(exist_ok=True)
    for name in ("part-0.jsonl", "part-0.npy", "LICENSE"):
        shutil.copy(ROOT / "examples" / "glosses" / name, glosses)
    with tempfile.TemporaryDirectory() as scratch:
        shutil.copy(PAGE / "package.json", scratch)
        command = ["npm", "install", "--no-audit", "--no-fund", "--no-package-lock", "--silent"]
        subprocess.run([*command, "--prefix", scratch], check=True)
        for package, patterns in _VENDORED.items():
            source = Path(scratch, "node_modules", "@electric-sql", package)
            target = folder / "vendor" / package
            target.mkdir(parents=True, exist_ok=True)
            for file in (file for pattern in patterns for file in (source / "dist").glob(pattern)):
                shutil.copy(file, target)
            shutil.copy(source / "LICENSE", target)


if __name__ == "__main__":
    build(Path(sys.argv[1]))
