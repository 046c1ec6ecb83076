"""docs/sql.md and docs/tables.md, block by block in psql; what is printed is what stands there."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from vecs_sql import embedded

_DOCS = Path(__file__).parents[2] / "docs"


def blocks(page: str) -> list[tuple[str, str]]:
    """Return the blocks of a page and, where there is one, what each prints."""
    return re.findall(
        r"^```sql\n(.*?)^```$(?:\n\n```text\n(.*?)^```$)?",
        (_DOCS / page).read_text(encoding="utf-8"),
        re.MULTILINE | re.DOTALL,
    )


def unaligned(text: str) -> list[str]:
    """The lines without how wide the columns are; errors without what PL/pgSQL was at."""
    # The name of a metadata or text index contains a hash of its table's number, that of others one of the
    # collection's name.
    text = re.sub(r"ix_(metadata|text)_\w+", r"ix_\g<1>_0", text)
    text = re.sub(r"(ix_vector_\w+_)[0-9a-f]+\b", r"\g<1>0", text)
    lines = [re.sub(r"\s+", " ", line).strip() for line in text.splitlines()]
    shown = [line for line in lines if line and not re.fullmatch(r"[-+]+", line)]
    return [
        line
        for line in shown
        if not line.startswith(
            ("CONTEXT:", "PL/pgSQL", "NOTICE:", "HINT:  SELECT vecs.create_index")
        )
    ]


@pytest.mark.parametrize("page", ["sql.md", "tables.md"])
def test_the_guide(server: embedded.Server, database: str, page: str) -> None:
    assert len(blocks(page)) > 8
    for block, printed in blocks(page):
        ended = subprocess.run(
            [server.bin / "psql", database, "-X", "-q"],
            input=block,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=True,
        )
        said, told = unaligned(ended.stdout), unaligned(printed)
        if told and told[0].startswith("ERROR:"):
            assert said[:2] == told[:2]
        elif told:
            assert [line for line in said if not line.startswith("HINT:")] == told
        else:
            assert "ERROR" not in ended.stdout
