"""The errors if an extra of the package is not installed."""

from __future__ import annotations

import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    "absent, code, pip",
    [
        ("pyarrow", "vecs_sql._protocol.arrow.arrow_schema(3)", "pip install 'vecs-sql[arrow]'"),
        ("langchain_core", "import vecs_sql.langchain", "pip install 'vecs-sql[langchain]'"),
        ("mcp", "import vecs_sql.mcp", "pip install 'vecs-sql[mcp]'"),
        (
            "llama_index",
            "import vecs_sql.llama_index",
            "pip install 'vecs-sql[llama-index]'",
        ),
        (
            "onnxruntime",
            "vecs_sql.adapter.TextEmbedding(model='all-MiniLM-L6-v2')",
            "pip install 'vecs-sql[text-embedding]'",
        ),
        (
            "tokenizers",
            "vecs_sql.adapter.TokenChunker(skip_during_query=True)",
            "pip install 'vecs-sql[text-embedding]'",
        ),
        (
            "sentencex",
            "vecs_sql.adapter.SentenceChunker(skip_during_query=True)",
            "pip install 'vecs-sql[text-embedding]'",
        ),
        (
            "sentence_transformers",
            "vecs_sql.adapter.TextEmbedding(model='all-mpnet-base-v2')",
            "pip install sentence-transformers",
        ),
    ],
)
def test_a_missing_extra(absent: str, code: str, pip: str) -> None:
    ended = subprocess.run(
        [
            sys.executable, "-c",
            f"import sys; sys.modules[{absent!r}] = None\n"
            "import vecs_sql, vecs_sql._protocol.arrow, vecs_sql.adapter\n"
            f"try:\n    {code}\nexcept vecs_sql.exc.MissingDependency as error:\n    print(error)\n",
        ],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    assert pip in ended.stdout
