"""LlamaIndex, in an environment of its own: its store above vecs, unmodified, which brings the real vecs, and ours."""

from __future__ import annotations

from tests.conftest import Databases
from tests.frameworks import environment

_PACKAGES = ["llama-index-vector-stores-supabase>=0.6", "llama-index-core>=0.14", "pytest>=8"]


def test_their_store_above_vecs(databases: Databases, template: str) -> None:
    said = environment.run(
        "llama-index", _PACKAGES, ["tests/frameworks/llama_index_suite.py"], databases.create(template)
    )  # fmt: skip
    assert said.splitlines()[-1] == "done"


def test_our_store(databases: Databases, template: str) -> None:
    said = environment.run(
        "llama-index",
        _PACKAGES,
        ["-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", "/dev/null", "--import-mode=importlib",
         "-W", "error::RuntimeWarning", "tests/frameworks/llama_index_store_suite.py"],
        databases.create(template),
    )  # fmt: skip
    assert " skipped" not in said
    assert " passed" in said
