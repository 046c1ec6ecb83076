"""Makes vecs_sql/_sync from vecs_sql/_async: the same text without async and await, and with the names of that world.

    python tools/async_to_sync.py            write the files
    python tools/async_to_sync.py --check    exit with 1 where they are not what would be written

Needs ruff, of the extra dev, which orders the imports and formats.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

PACKAGE = Path(__file__).parents[1] / "vecs_sql"

# In order; a name that is not here and has Async in it is an error.
REPLACEMENTS = [
    (r"\basync (def|with|for)\b", r"\1"),
    (r"\bawait ", ""),
    (r"\b_async\b", "_sync"),
    (r"\basynccontextmanager\b", "contextmanager"),
    (r"\bwait_async\b", "wait"),
    (r"\bAwaitable\[T\]", "T"),
    # Those of _acompat, and what is named like them.
    (r"\bawait_for\b", "wait_for"),
    (r"\ba(batches|cancel|check_owner|owner|run_blocking)\b", r"\1"),
    (r"\bA(RLock|Sized|Waiters)\b", r"\1"),
    (r"\bconnect_later\b", "connect_at_once"),
    (r"\bcreate_async_client\b", "create_client"),
    (r"\bAbstractAsyncContextManager\b", "AbstractContextManager"),
    (r"\b__a(enter|exit)__\b", r"__\1__"),
    (
        r"\bAsync(Client|ClientInterface|Collection|CollectionBase|Connection|Connections|ConnectionPool|Cursor"
        r"|Iterator|Missing|Pipeline|Reembedding|Searches|Session|Upsert)\b",
        r"\1",
    ),
]
HEADER = "# Made of {} by tools/async_to_sync.py: change that, then run `make format`.\n"


def convert(source: Path) -> str:
    """The sync text of an async file."""
    text = source.read_text(encoding="utf-8")
    for pattern, replacement in REPLACEMENTS:
        text = re.sub(pattern, replacement, text)
    left = re.search(r"\b\w*[Aa]sync\w*|\bawait\b", text.replace("_async/", ""))
    if left is not None:
        raise SystemExit(f"{source}: {left[0]} has no counterpart; see REPLACEMENTS in {__file__}")
    text = HEADER.format(source.relative_to(PACKAGE.parent)) + text
    for command in (["check", "--select=I,F401", "--fix-only"], ["format"]):
        text = subprocess.run(
            [sys.executable, "-m", "ruff", *command, "--quiet", "--stdin-filename=_.py", "-"],
            cwd=PACKAGE.parent,
            input=text,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
    return text


def main() -> None:
    """Write or check all files."""
    check = "--check" in sys.argv[1:]
    for source in sorted((PACKAGE / "_async").glob("[!_]*.py")):
        target = PACKAGE / "_sync" / source.name
        text = convert(source)
        if target.exists() and target.read_text(encoding="utf-8") == text:
            continue
        if check:
            raise SystemExit(f"{target} is not what {source} makes: run `make format`")
        target.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
