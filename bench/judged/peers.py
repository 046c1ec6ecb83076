"""The other stores, as contenders."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

from bench.dataset import Dataset
from bench.environments import worker
from bench.judged.sets import Judged
from bench.sweep import peers as sweep_peers
from bench.sweep.summary import LANCEDB


@dataclass(frozen=True)
class _Kind:
    """A worker's module, the environment's name, and what it has in it."""

    module: str
    environment: str
    requirements: tuple[str, ...]


_PEERS = {
    "LanceDB": _Kind("lance", "lancedb", sweep_peers.PEERS[LANCEDB].requirements),
    "Qdrant": _Kind("qdrant", "qdrant", ("qdrant-client==1.20.0", "fastembed==0.9.1")),
}


def ask(
    judged: Judged, stop_words: Sequence[str], console: Console
) -> tuple[dict[str, list[list[str]]], dict[str, str]]:
    """Return what each search of each store finds for all queries, and the stores' versions."""
    answers: dict[str, list[list[str]]] = {}
    versions: dict[str, str] = {}
    with tempfile.TemporaryDirectory(prefix="vecs-sql-bench-") as name:
        source = Path(name)
        _write(judged, stop_words, source)
        for store, kind in _PEERS.items():
            console.print(f"Loading {judged.name} into {store} ...")
            folder = source / kind.environment
            folder.mkdir()
            module = f"bench.judged.workers.{kind.module}"
            arguments = (kind.environment, module, kind.requirements, source, folder, "")
            with worker(*arguments) as running:
                cost: dict[str, Any] = running.ask("load")["cost"]
                versions |= cost["versions"]
                answers |= running.ask("answers")
    return answers, versions


def _write(judged: Judged, stop_words: Sequence[str], folder: Path) -> None:
    """Write the rows and queries where workers read them."""
    metadata = [{"text": text} for text in judged.texts]
    rows = Dataset(
        judged.name, "cosine_distance", judged.ids, judged.vectors, metadata, judged.asked, ()
    )
    sweep_peers.write(rows, folder)
    about = {
        "texts": judged.texts,
        "asked": [query.text for query in judged.queries],
        "language": judged.language,
        "stop_words": list(stop_words),
    }
    (folder / "texts.json").write_text(json.dumps(about), encoding="utf-8")
