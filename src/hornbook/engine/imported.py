"""Waiting for a package to be imported, without importing it.

Only this module touches `sys.meta_path`: one finder for each package that is
waited for, which takes itself away once the package is there.  The module, its
spec and its loader are what they would be without it.
"""

from __future__ import annotations

import sys
import types
from collections.abc import Callable, Sequence
from importlib.machinery import ModuleSpec
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from importlib.abc import Loader
else:
    Loader = object  # what imports `importlib.abc` imports `tempfile` and `shutil` as well


def when_imported(name: str, call: Callable[[], None]) -> None:
    """Have `call` called as soon as a top-level package has been imported.

    Args:
        name: The package.  If it is imported already, nothing happens.
        call: What is called, once, in the thread that imports the package.
    """
    if name not in sys.modules:
        sys.meta_path.insert(0, _Finder(name, call))


class _Finder:
    def __init__(self, name: str, call: Callable[[], None]) -> None:
        self._name, self._call = name, call

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: types.ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != self._name:
            return None
        # Those after it: one that waits for the same package stands before it, and asks this one.
        here = sys.meta_path.index(self) if self in sys.meta_path else -1
        specs = (
            finder.find_spec(fullname, path, target)
            for finder in sys.meta_path[here + 1 :]
            if hasattr(finder, "find_spec")
        )
        spec = next(filter(None, specs), None)
        if spec is not None and spec.loader is not None:
            spec.loader = _Loader(spec.loader, self._imported)
        return spec

    def _imported(self) -> None:
        if self in sys.meta_path:
            sys.meta_path.remove(self)
            self._call()


class _Loader(Loader):
    """Loads with another loader, then says so."""

    def __init__(self, loader: Any, imported: Callable[[], None]) -> None:
        self._loader, self._tell = loader, imported

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loader, name)

    def create_module(self, spec: ModuleSpec) -> types.ModuleType | None:
        module: types.ModuleType | None = self._loader.create_module(spec)
        return module

    def exec_module(self, module: types.ModuleType) -> None:
        module.__loader__ = self._loader
        if module.__spec__ is not None:
            module.__spec__.loader = self._loader
        self._loader.exec_module(module)
        self._tell()
