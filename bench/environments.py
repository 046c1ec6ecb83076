"""Other stores run in environments of their own (they pin what we do not), behind a pipe.

A worker times itself: what goes over the pipe is an order, the figures and ids, never a row.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import click

ROOT = Path(__file__).parent.parent

# LanceDB warns of each of its clusters that stays empty.
_QUIET = {"LANCE_LOG": "error", "LANCEDB_LOG": "error"}


class Worker:
    """A worker's handle. One order at a time."""

    def __init__(self, name: str, orders: IO[str], answers: IO[str]) -> None:
        self._name = name
        self._orders = orders
        self._answers = answers

    def ask(self, order: str, **arguments: object) -> Any:  # noqa: ANN401 -- whatever JSON holds
        print(json.dumps({"order": order, **arguments}), file=self._orders, flush=True)
        line = self._answers.readline()
        if not line:
            raise RuntimeError(f"The worker of {self._name} ended; its error is above.")
        return json.loads(line)


@contextmanager
def worker(
    name: str, module: str, requirements: tuple[str, ...], *arguments: str | Path
) -> Iterator[Worker]:
    """Start `python -m module`, in an environment with the requirements."""
    interpreter = python(name, requirements)
    with subprocess.Popen(
        [interpreter, "-m", module, *arguments],
        cwd=ROOT,
        env={**os.environ, **_QUIET},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        yield Worker(name, process.stdin, process.stdout)
        process.stdin.close()  # it ends at the end of its orders


def python(name: str, requirements: tuple[str, ...]) -> Path:
    """Return the environment's Python; made with uv where it is not there yet."""
    environment = ROOT / ".scratch" / f"bench-{name}"
    interpreter = environment / "bin" / "python"
    note = environment / "installed.txt"
    wanted = "\n".join(requirements)
    if not note.exists() or note.read_text(encoding="utf-8") != wanted:
        uv = (sys.executable, "-m", "uv", "--quiet")
        subprocess.run(
            [*uv, "venv", "--clear", "--python", sys.executable, environment], check=True
        )
        done = subprocess.run(
            [*uv, "pip", "install", "--python", interpreter, *requirements],
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
        if done.returncode:
            raise click.ClickException(
                f"{name} could not be installed:\n{done.stderr}\nLeave it out with --no-peers."
            )
        note.write_text(wanted, encoding="utf-8")
    return interpreter
