"""Weight stores that TF 2.12 to 2.15 wrote, under the paths that Keras 3 has.

TF 2.13 went through `_layer_checkpoint_dependencies` first, in which a layer
with weights stands twice, so numbers have gaps; Windows put back-slashes into
the names of groups.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from hornbook.archive.weights.paths import join
from hornbook.archive.weights.stores import VARS, Labels

if TYPE_CHECKING:
    from hornbook.archive.weights.stores import AssetFolder, Stored, WeightStore

_OLD, _NEW = "_layer_checkpoint_dependencies", "layers"
_NUMBER = re.compile(r"(.*?)(?:_(\d+))?")


class OlderWeights:
    """A weight store under the paths of Keras 3.

    Args:
        weights: The store of the file.
    """

    def __init__(self, weights: WeightStore) -> None:
        self._weights = weights
        self._old = renamed(entry.path for entry in weights.entries() if entry.shape is None)

    def get(self, path: str) -> Mapping[str, Any]:
        """Return the arrays of the object at `path`; none if it has no group."""
        old = self._old.get(join(path, VARS))
        return {} if old is None else self._weights.get(old.rpartition("/")[0])

    def seeds(self, path: str) -> Mapping[str, Any]:
        """Return nothing: these versions wrote no states of seed generators."""
        return {}

    def size(self, path: str) -> int:
        """Return the bytes that the arrays of the object at `path` take in memory."""
        old = self._old.get(join(path, VARS))
        return 0 if old is None else self._weights.size(old.rpartition("/")[0])

    def has_path(self, path: str) -> bool:
        """Return whether anything is stored at or under `path`."""
        return path in self._old

    def checked(self) -> Iterator[Stored]:
        return self._weights.checked()

    def labels(self, path: str) -> Labels | None:
        """Return what the file says of the object at `path`: these versions wrote no names."""
        return Labels() if self.has_path(path) else None

    def entries(self) -> Iterator[Stored]:
        """Yield every group and array."""
        new = {old: path for path, old in self._old.items()}
        for entry in self._weights.entries():
            if entry.shape is None:
                yield entry._replace(path=new[entry.path])
            else:
                above, _, name = entry.path.rpartition("/")
                yield entry._replace(path=join(new[above], name))


class OlderAssets:
    """Assets under the paths of Keras 3.

    Args:
        assets: The folder of the file.
        folders: The folders in it.
    """

    def __init__(self, assets: AssetFolder, folders: Iterable[str]) -> None:
        self._assets = assets
        self._old = renamed(sorted(folders))

    def get(self, path: str) -> str | None:
        """Return the folder of the object at `path`, or `None`."""
        old = self._old.get(path)
        return None if old is None else self._assets.get(old)

    def has_path(self, path: str) -> bool:
        """Return whether there is a folder for `path`."""
        return path in self._old

    def folders(self) -> Iterator[str]:
        """Yield the path of every folder, as the file has it."""
        return self._assets.folders()


def is_older(paths: Iterable[str]) -> bool:
    """Return whether paths are of the form that Keras 3 does not have."""
    return any("\\" in path or _OLD in path.split("/") for path in paths)


def renamed(paths: Iterable[str]) -> dict[str, str]:
    """Return the paths of Keras 3, and for each that of the file.

    Args:
        paths: The paths of the file, in any order.

    Example:
        >>> renamed(["_layer_checkpoint_dependencies/dense_2", "_layer_checkpoint_dependencies/dense"])
        {'': '', 'layers': '_layer_checkpoint_dependencies', 'layers/dense': '_layer_checkpoint_dependencies/dense', \
'layers/dense_1': '_layer_checkpoint_dependencies/dense_2'}
    """
    below: dict[str, dict[str, None]] = {"": {}}
    original = {"": ""}
    for path in paths:
        above = ""
        for name in path.replace("\\", "/").split("/"):
            below.setdefault(above, {})[name] = None
            above = join(above, name)
        original[above] = path
    new = {"": ""}
    _rename("", "", below, original, new)
    return new


def _rename(
    old: str,
    new: str,
    below: Mapping[str, Mapping[str, None]],
    original: Mapping[str, str],
    renamed_paths: dict[str, str],
) -> None:
    """Put what is below `old` under `new`; a folder that only leads on may have no path of its own."""
    todo = [(old, new)]
    while todo:
        old, new = todo.pop()
        dense = old.rpartition("/")[2] == _OLD
        for name, now in _numbers(below.get(old, {}), dense=dense):
            inner = join(new, _NEW if now == _OLD else now)
            path = join(old, name)
            renamed_paths.setdefault(inner, original.get(path, path))
            todo.append((path, inner))


def _numbers(names: Iterable[str], *, dense: bool) -> Iterator[tuple[str, str]]:
    """Yield names, and what they are with numbers that have no gaps, if `dense`."""
    if not dense:
        yield from ((name, name) for name in names)
        return
    count: dict[str, int] = {}
    for base, _, name in sorted(map(_split, names)):
        number = count[base] = count.get(base, -1) + 1
        yield name, f"{base}_{number}" if number else base


def _split(name: str) -> tuple[str, int, str]:
    matched = _NUMBER.fullmatch(name)
    base, number = matched.groups() if matched else (name, None)
    return base, int(number or 0), name
