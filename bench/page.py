"""The page docs/benchmark.md and its plots, and the tables of docs/scale-out.md, from the stored results.

The command: python -m bench page.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from bench import figures, tables, texts
from bench.report import Target
from bench.sweep import summary
from bench.sweep.measure import BEST, BEST_95, RECALLS
from bench.sweep.summary import CellFigures

_ROOT = Path(__file__).parent.parent
_RESULTS = _ROOT / "bench" / "results"
_TOP_K = 10
# What `page` writes into docs/scale-out.md lies between these.
FIGURES = "<!-- figures: written by python -m bench page -->"
END_OF_FIGURES = "<!-- end of figures -->"
_DATASETS = {
    "glosses": "dictionary glosses, 384 dimensions, cosine distance",
    "fashion": "pictures of clothes, 784 dimensions, Euclidean distance",
    "clusters": "random vectors in 100 clusters, 160 dimensions, cosine distance",
}


@click.command("page")
@click.option(
    "--results",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=_RESULTS,
    help="Folder of sweep-DATASET.json, growth.json and so on. Default: bench/results.",
)
@click.option(
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    default=_ROOT / "docs",
    help="Folder of benchmark.md, its figures, and scale-out.md. Default: docs.",
)
def command(results: Path, output: Path) -> None:
    """Write docs/benchmark.md, its plots, and the tables of docs/scale-out.md from the results in bench/results."""
    folder = output / "benchmark"
    folder.mkdir(parents=True, exist_ok=True)
    parts = [texts.INTRODUCTION]
    sweeps = {
        name: found
        for name in _DATASETS
        if (found := _read(results / f"sweep-{name}.json")) is not None
    }
    if not sweeps:
        raise click.ClickException(
            f"There is no sweep-DATASET.json in {results}: python -m bench sweep."
        )
    parts += [_dataset(name, _DATASETS[name], sweep, folder) for name, sweep in sweeps.items()]
    parts.append(texts.BEYOND)
    growth = _read(results / "growth.json")
    if growth is not None:
        figures.growth(growth["growth"]["cells"], folder / "growth.svg")
        parts.append(texts.GROWTH)
    many = _read(results / "many.json")
    if many is not None:
        parts.append(tables.many(many))
    for name, about in _TOPICS.items():
        topics = results / f"{name}.md"
        if topics.exists():
            parts.append(f"## {about}\n\n{_tables(topics.read_text(encoding='utf-8'))}")
            parts += [texts.AFTER[name]] if name in texts.AFTER else []
    parts.append(texts.conditions(sweeps))
    page = output / "benchmark.md"
    page.write_text("\n\n".join(part.strip() for part in parts) + "\n", encoding="utf-8")
    click.echo(f"Written: {page}")
    guide = output / "scale-out.md"
    if guide.exists() and (results / "shards.json").exists():
        text = with_shards(guide.read_text(encoding="utf-8"), results)
        guide.write_text(text, encoding="utf-8")
        click.echo(f"Written: {guide}")


def with_shards(guide: str, results: Path) -> str:
    """Return the text of docs/scale-out.md with the results of `shards` between its two markers."""
    before, opened, rest = guide.partition(FIGURES)
    _, closed, after = rest.partition(END_OF_FIGURES)
    if not (opened and closed):
        raise click.ClickException(f"scale-out.md has no {FIGURES} before a {END_OF_FIGURES}.")
    found = _read(results / "shards.json")
    assert found is not None
    tables = _tables((results / "shards.md").read_text(encoding="utf-8"))
    return f"{before}{opened}\n{texts.shards(found).strip()}\n\n{tables}\n{closed}{after}"


# What is shown as it was written.
_TOPICS = {
    "first": "Loading and searching from Python",
    "judged": "Searches for words, for meaning, and for both",
    "words": "The time of searches for words",
    "adopted": "Tables that were adopted",
    "statistics": "Searches that the planner misjudges",
    "graph": "HNSW graphs",
    "precision": "Indexes of half and binary precision",
    "builds": "Building indexes, and partial ones",
    "throughput": "Several clients at once",
    "large": "A million rows",
    "clients": "The Python clients",
}


def _dataset(name: str, about: str, sweep: dict[str, Any], folder: Path) -> str:
    cells: list[CellFigures] = sweep[name]["cells"]
    rows = sweep["rows"]
    shown = [cell for cell in cells if cell["top_k"] == _TOP_K]
    figures.rows_returned(shown, rows, folder / f"{name}-rows.svg")
    figures.time(shown, rows, folder / f"{name}-time.svg")
    figures.recall_and_time(shown, folder / f"{name}-recall.svg")
    compared = [cell for cell in shown if _has_peers(cell) or cell["kind"] != "category"]
    return "\n\n".join(
        [
            f"## {name}: {rows:,} {about}",
            f"![rows returned by share of matching rows](benchmark/{name}-rows.svg)",
            f"![p50 by share of matching rows](benchmark/{name}-time.svg)",
            f"![recall by p50](benchmark/{name}-recall.svg)",
            f"### Searches for {_TOP_K} neighbours in {name}",
            "Rows returned / recall / p50 in ms:",
            tables.everyone(compared),
            f"### Ratios to the best hand-picked plans in {name}",
            "The time of vecs.query() divided by that of the fastest plan at recall "
            f"{RECALLS[BEST]:g} / {RECALLS[BEST_95]:g}, by number of neighbours:",
            tables.ratios(cells),
            f"### Loading {name}",
            tables.loading(sweep[name]["cost"]),
            f"### Targets for {name}",
            "The project's own targets, over all filters and numbers of neighbours:",
            "\n".join(f"- {_told(target)}" for target in summary.targets(cells)),
        ]
    )


def _tables(topics: str) -> str:
    """Return the tables of a file of results, one heading deeper, without its first lines."""
    tables = topics[topics.index("\n## ") :].replace("\n## ", "\n### ").strip()
    for written, shown in (
        ("- met: ", "- Reached: "),
        ("- MISSED: ", "- **Missed**: "),
        ("(>= ", "(at least "),
        ("(<= ", "(at most "),
    ):
        tables = tables.replace(written, shown)
    return tables


def _has_peers(cell: CellFigures) -> bool:
    return any(peer in cell["systems"] for peer in summary.PEERS)


def _told(target: Target) -> str:
    sign = "at most" if target.at_most else "at least"
    met = "Reached" if target.met else "**Missed**"
    return f"{met}: {target.what}: {target.got:.3g} ({sign} {target.wanted:g})"


def _read(path: Path) -> dict[str, Any] | None:
    if not path.exists():
        return None
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found
