"""`import vecs` that means vecs_sql, each time in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from textwrap import dedent

import pytest


def run(code: str) -> str:
    """Return the output of a program in a fresh interpreter."""
    command = [sys.executable, "-W", "error", "-c", dedent(code)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def test_modules_and_classes_are_the_same() -> None:
    run("""
        import vecs_sql
        vecs_sql.install_as_vecs()
        vecs_sql.install_as_vecs()

        import vecs, vecs.exc, vecs.client, vecs.collection
        import vecs.adapter.base, vecs.adapter.markdown, vecs.adapter.noop, vecs.adapter.text
        from vecs.adapter import Adapter, AdapterContext, AdapterStep, MarkdownChunker, NoOp
        from vecs.adapter import ParagraphChunker, TextEmbedding, TextEmbeddingModel
        from vecs.collection import Collection, CollectionNotFound, IndexMeasure, IndexMethod
        from vecs.collection import IndexArgsHNSW, IndexArgsIVFFlat
        from vecs import Client, create_client, exc
        import vecs.embedded
        import sys

        assert vecs is vecs_sql
        assert exc.ArgError is vecs_sql.exc.ArgError
        assert CollectionNotFound is vecs_sql.exc.CollectionNotFound is vecs.exc.CollectionNotFound
        assert Collection is vecs_sql.Collection
        assert issubclass(vecs.exc.MissingDependency, ImportError)
        for name, module in list(sys.modules.items()):
            if name.startswith("vecs."):
                assert module is sys.modules["vecs_sql" + name.removeprefix("vecs")], name
                assert module.__spec__.name == module.__name__ == "vecs_sql" + name[4:], name
    """)


@pytest.mark.parametrize("name", ["Client", "Collection", "IndexArgsHNSW", "IndexArgsIVFFlat",
                                  "IndexMeasure", "IndexMethod", "exc"])  # fmt: skip
def test_public_names(name: str) -> None:
    import vecs_sql

    assert name in vecs_sql.__all__
    assert hasattr(vecs_sql, name)


def test_a_module_that_is_not_there() -> None:
    assert "No module named 'vecs_sql.nothing'" in run("""
        import vecs_sql
        vecs_sql.install_as_vecs()
        try:
            import vecs.nothing
        except ModuleNotFoundError as error:
            print(error)
    """)


def test_vecs_that_is_imported_already() -> None:
    assert "before" in run("""
        import sys, types
        sys.modules["vecs"] = theirs = types.ModuleType("vecs")
        import vecs_sql
        try:
            vecs_sql.install_as_vecs()
        except ImportError as error:
            print(error)
        assert sys.modules["vecs"] is theirs
    """)


def test_pickles_of_either_name() -> None:
    run("""
        import pickle
        import vecs_sql
        vecs_sql.install_as_vecs()
        from vecs.exc import FilterError
        from vecs import IndexMeasure

        error = pickle.loads(pickle.dumps(FilterError("unknown operator", hint="Look.")))
        assert type(error) is vecs_sql.exc.FilterError
        assert (str(error), error.hint) == ("unknown operator. Look.", "Look.")
        assert pickle.loads(pickle.dumps(IndexMeasure.l2_distance)) is IndexMeasure.l2_distance
        assert pickle.loads(b"cvecs.collection\\nIndexMeasure\\n.") is IndexMeasure
    """)
