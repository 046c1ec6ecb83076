"""The `vecs` client, in an environment of its own (it pins an older pgvector), behind a pipe.

The worker times itself: what goes over the pipe is an order and the figures, never a row.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import click
import numpy as np

from bench.stage import Stage
from bench.timing import Turn

# vecs 0.4.5 allows an SQLAlchemy whose default driver is no longer the one that it needs.
REQUIREMENTS = ("vecs==0.4.5", "sqlalchemy<2.1", "psycopg2-binary")

_ROOT = Path(__file__).parent.parent
_ENVIRONMENT = _ROOT / ".scratch" / "bench-vecs"


class Vecs:
    """The worker's handle. One order at a time."""

    def __init__(self, orders: IO[str], answers: IO[str]) -> None:
        self._orders = orders
        self._answers = answers

    def ask(self, order: str, **arguments: object) -> Any:  # noqa: ANN401 -- whatever JSON holds
        print(json.dumps({"order": order, **arguments}), file=self._orders, flush=True)
        line = self._answers.readline()
        if not line:
            raise RuntimeError("The worker of the vecs client ended; its error is above.")
        return json.loads(line)

    def turn(self, order: str, **arguments: object) -> Turn:
        return Turn(**self.ask(order, **arguments))


@contextmanager
def vecs(stage: Stage, folder: Path) -> Iterator[Vecs]:
    """A worker that is connected and has the rows, which it reads from files in `folder`."""
    python = _environment()
    np.save(folder / "vectors.npy", stage.vectors)
    np.save(folder / "queries.npy", stage.queries)
    rows = {"ids": stage.ids, "metadata": stage.metadata}
    (folder / "rows.json").write_text(json.dumps(rows), encoding="utf-8")
    with subprocess.Popen(
        [python, "-m", "bench.vecs_worker", stage.url, folder],
        cwd=_ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        yield Vecs(process.stdin, process.stdout)
        process.stdin.close()  # it ends at the end of its orders


def _environment() -> Path:
    """The environment's Python; made with pip where it is not there yet."""
    python = _ENVIRONMENT / "bin" / "python"
    note = _ENVIRONMENT / "installed.txt"
    wanted = "\n".join(REQUIREMENTS)
    if not note.exists() or note.read_text(encoding="utf-8") != wanted:
        subprocess.run([sys.executable, "-m", "venv", "--clear", _ENVIRONMENT], check=True)
        done = subprocess.run(
            [python, "-m", "pip", "install", "--quiet", *REQUIREMENTS],
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
        if done.returncode:
            raise click.ClickException(
                f"The vecs client could not be installed:\n{done.stderr}\nLeave it out with --no-peers."
            )
        note.write_text(wanted, encoding="utf-8")
    return python
