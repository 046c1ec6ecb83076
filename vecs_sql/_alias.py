"""The name vecs for this package, for programs and frameworks that say `import vecs`."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

_PACKAGE = __package__ or "vecs_sql"


class _Finder(MetaPathFinder, Loader):
    """Finds `vecs.x` as the one module `vecs_sql.x`, which is never loaded a second time."""

    def __init__(self) -> None:
        self._specs: dict[str, ModuleSpec | None] = {}

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        return ModuleSpec(fullname, self) if fullname.startswith("vecs.") else None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        module = importlib.import_module(_PACKAGE + spec.name.removeprefix("vecs"))
        self._specs[spec.name] = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        # It is executed already; only the import system has put the other name's spec on it.
        assert module.__spec__ is not None
        module.__spec__ = self._specs[module.__spec__.name]


def install_as_vecs() -> None:
    """Let `import vecs`, and `from vecs.collection import ...`, mean this package in this process.

    Call it before anything imports vecs, which need not be installed. A second call does nothing.

    Raises:
        ImportError: The package vecs itself is imported already.
    """
    ours = sys.modules[_PACKAGE]
    if sys.modules.setdefault("vecs", ours) is not ours:
        raise ImportError("vecs is imported already: call vecs_sql.install_as_vecs() before that")
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder())
