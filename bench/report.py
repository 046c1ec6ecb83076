"""Results as tables: on a terminal, in Markdown, as JSON."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True)
class Target:
    """A figure that we want to reach: at least `wanted`, or at most where that is better."""

    what: str
    wanted: float
    got: float
    at_most: bool = False

    @property
    def met(self) -> bool:
        return self.got <= self.wanted if self.at_most else self.got >= self.wanted

    def __str__(self) -> str:
        sign = "<=" if self.at_most else ">="
        return f"{'met' if self.met else 'MISSED'}: {self.what}: {self.got:.3g} ({sign} {self.wanted:g})"


@dataclass(frozen=True)
class Topic:
    """The results of one topic.

    Attributes:
        name: Its key in the JSON file.
        title: Its heading.
        columns: The table's head; the first column is text, the others are figures.
        rows: The table.
        targets: What was to be reached.
        figures: All that was measured, for the JSON file.
        brief: Fit for a terminal.
    """

    name: str
    title: str
    columns: list[str]
    rows: list[list[str]]
    targets: list[Target] = field(default_factory=list)
    figures: dict[str, Any] = field(default_factory=dict)
    brief: bool = True

    def show(self, console: Console) -> None:
        table = Table(title=self.title, title_justify="left")
        for number, column in enumerate(self.columns):
            table.add_column(
                column,
                justify="right" if number else "left",
                no_wrap=not number,
                max_width=40 if not number else 16,
            )
        for row in self.rows:
            table.add_row(*row)
        console.print()
        console.print(table)
        for target in self.targets:
            console.print(f"  {target}", style="green" if target.met else "red", highlight=False)

    def markdown(self) -> str:
        targets = [f"- {target}" for target in self.targets]
        return "\n".join([f"## {self.title}", "", self.table(), "", *targets]).rstrip() + "\n"

    def table(self) -> str:
        """Return the table alone, in Markdown."""
        rules = [" --- ", *(" ---: " for _ in self.columns[1:])]
        lines = [f"| {' | '.join(row)} |" for row in (self.columns, *self.rows)]
        lines.insert(1, f"|{'|'.join(rules)}|")
        return "\n".join(lines)


def console() -> Console:
    """Return a console that is wide enough for the tables where nothing limits it."""
    found = Console()
    if not found.is_terminal:
        found.width = 150
    return found


def write(folder: Path, name: str, facts: dict[str, Any], topics: list[Topic]) -> list[Path]:
    """Write `name`.json and `name`.md, with the facts of the run above the topics."""
    folder.mkdir(parents=True, exist_ok=True)
    as_json, as_markdown = folder / f"{name}.json", folder / f"{name}.md"
    results = {
        topic.name: {
            **topic.figures,
            "targets": [{**asdict(target), "met": target.met} for target in topic.targets],
        }
        for topic in topics
        if topic.figures
    }
    as_json.write_text(json.dumps({**facts, **results}, indent=2) + "\n", encoding="utf-8")
    told = "\n".join(f"- {key}: {_tell(value)}" for key, value in facts.items())
    tables = "\n".join(topic.markdown() for topic in topics)
    as_markdown.write_text(f"# Benchmark\n\n{told}\n\n{tables}", encoding="utf-8")
    return [as_json, as_markdown]


def _tell(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {_tell(inner)}" for key, inner in value.items())
    return str(value)
