"""The imports among the modules of the package: which layer may know which, and no circle."""

from __future__ import annotations

import ast
import graphlib
from pathlib import Path

import pytest

import vecs_sql

_PACKAGE = Path(vecs_sql.__file__).parent

# From the lowest to the highest; a package imports from itself and from those before it.
_LAYERS = (
    ("_version", "exc"),
    ("_deadline", "_url", "_progress", "_alias"),
    ("_acompat", "_layer"),
    ("_protocol",),
    ("adapter",),
    ("_ingest",),
    ("_embedded",),
    ("embedded",),
    ("_async", "_sync"),
    ("client", "collection"),
    ("_store",),
    ("langchain", "llama_index", "mcp"),
    ("cli",),
    ("__main__",),
    ("vecs_sql",),
)
_RANKS = {part: rank for rank, parts in enumerate(_LAYERS) for part in parts}


def _modules() -> dict[str, Path]:
    found = {}
    for path in _PACKAGE.rglob("*.py"):
        parts = path.relative_to(_PACKAGE.parent).with_suffix("").parts
        found[".".join(parts).removesuffix(".__init__")] = path
    return found


def _imports(path: Path, modules: dict[str, Path]) -> set[str]:
    """Return the modules of the package that a module imports, also for types alone and within functions."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        for name in names:
            # A module, or a name of the module before the last dot.
            found |= {name if name in modules else name.rpartition(".")[0]} & modules.keys()
    return found


@pytest.fixture(scope="module")
def imports() -> dict[str, set[str]]:
    modules = _modules()
    return {name: _imports(path, modules) - {name} for name, path in modules.items()}


def _part(module: str) -> str:
    return module.split(".")[1] if "." in module else module


def test_there_is_no_circle(imports: dict[str, set[str]]) -> None:
    # The package itself names what is public, and modules within it may ask it for its version.
    graph = {name: found - {"vecs_sql"} for name, found in imports.items() if name != "vecs_sql"}
    graphlib.TopologicalSorter(graph).prepare()


def test_a_package_imports_from_those_below_it(imports: dict[str, set[str]]) -> None:
    upwards = {
        f"{module} -> {imported}"
        for module, found in imports.items()
        for imported in found - {"vecs_sql"}
        if _RANKS[_part(imported)] > _RANKS[_part(module)]
        or (_RANKS[_part(imported)] == _RANKS[_part(module)] and _part(imported) != _part(module))
    }
    assert upwards == set()


def test_every_part_has_its_place(imports: dict[str, set[str]]) -> None:
    assert {_part(module) for module in imports} == _RANKS.keys()
