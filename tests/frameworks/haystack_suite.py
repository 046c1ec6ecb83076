"""The program for Haystack in docs/frameworks.md; run by test_haystack.py in an environment with it."""

from __future__ import annotations

import contextlib
import io
import os
import re
from pathlib import Path


def main() -> None:
    page = (Path(__file__).parents[2] / "docs" / "frameworks.md").read_text(encoding="utf-8")
    pattern = r"^```python\n(# haystack_retriever.py\n.*?)^```\n\n```text\n(.*?)^```$"
    [(program, printed)] = re.findall(pattern, page, re.MULTILINE | re.DOTALL)
    os.environ["DATABASE_URL"] = os.environ["VECS_SQL_TEST_URL"]
    os.environ["HAYSTACK_TELEMETRY_ENABLED"] = "False"
    with contextlib.redirect_stdout(io.StringIO()) as said:
        exec(compile(program, "haystack_retriever.py", "exec"), {"__name__": "haystack_retriever"})
    assert said.getvalue() == printed, said.getvalue()
    print("done")


if __name__ == "__main__":
    main()
