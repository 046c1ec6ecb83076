"""LlamaIndex's store above vecs, unmodified, in an environment of its own: it brings the real vecs, too."""

from __future__ import annotations

from tests.conftest import Databases
from tests.frameworks import environment


def test_llama_index(databases: Databases, template: str) -> None:
    said = environment.run(
        "llama-index",
        ["llama-index-vector-stores-supabase>=0.6"],
        ["tests/frameworks/llama_index_suite.py"],
        databases.create(template),
    )
    assert said.splitlines()[-1] == "done"
