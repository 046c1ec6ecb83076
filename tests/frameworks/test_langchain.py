"""LangChain, in an environment of its own: its standard tests bring plugins of pytest that ours do without."""

from __future__ import annotations

from tests.conftest import Databases
from tests.frameworks import environment


def test_langchain(databases: Databases, template: str) -> None:
    said = environment.run(
        "langchain-tests",
        ["langchain-tests>=1.1.9", "langchain-core>=1", "langchain-postgres>=0.0.14", "langchain-community>=0.4"],
        ["-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:benchmark", "-c", "/dev/null",
         "--asyncio-mode=auto", "--import-mode=importlib", "-W", "error::RuntimeWarning",
         "tests/frameworks/langchain_suite.py"],
        databases.create(template),
    )  # fmt: skip
    # Ours, and 22 of the standard ones twice; none is skipped.
    assert " skipped" not in said
    assert " passed" in said
