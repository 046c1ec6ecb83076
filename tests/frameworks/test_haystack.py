"""Haystack, in an environment of its own."""

from __future__ import annotations

from tests.conftest import Databases
from tests.frameworks import environment


def test_haystack(databases: Databases, template: str) -> None:
    said = environment.run(
        "haystack",
        ["haystack-ai>=2.28", "pgvector-haystack>=6"],
        ["tests/frameworks/haystack_suite.py"],
        databases.create(template),
    )
    assert said.splitlines()[-1] == "done"
