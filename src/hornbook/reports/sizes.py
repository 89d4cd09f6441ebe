"""How much a weight store holds at or below each of its groups."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from hornbook.archive.weights.paths import join
from hornbook.archive.weights.stores import VARS, Stored


class Size(NamedTuple):
    """A count of numbers, and their bytes."""

    values: int = 0
    bytes: int = 0

    def plus(self, values: int, size: int) -> Size:
        """Return the sum."""
        return Size(self.values + values, self.bytes + size)


class Sizes:
    """The sizes of everything in a weight store.

    Args:
        entries: Groups and arrays, a group before what it holds.

    Attributes:
        training: What optimizers store, and metrics (Keras 2): it belongs to
            no part of the model.

    Example:
        >>> sizes = Sizes([Stored("head"), Stored("head/vars"), Stored("head/vars/0", (3, 2), 24)])
        >>> sizes.find("head")
        Size(values=6, bytes=24)
    """

    def __init__(self, entries: Iterable[Stored]) -> None:
        self.training = Size()
        self._total = {"": Size()}
        self._below: dict[str, list[str]] = {"": []}
        for entry in entries:
            above = _above(entry.path)
            if entry.shape is None:
                self._total[entry.path], self._below[entry.path] = Size(), []
                self._below[above].append(entry.path)
            else:
                self._total[above] = self._total[above].plus(entry.values, entry.bytes)
        for path in [*reversed(self._total)][:-1]:
            if self._is_training(path):
                self.training = self.training.plus(*self._total[path])
            else:
                self._total[_above(path)] = self._total[_above(path)].plus(*self._total[path])

    @property
    def model(self) -> Size:
        """What the whole model has, without training."""
        return self._total[""]

    def find(self, path: str) -> Size | None:
        """Return what a part of the model has at or below its path; `None` if it has no group."""
        return None if path and self._is_training(path) else self._total.get(path)

    def objects(self, path: str, known: frozenset[str]) -> Iterator[str]:
        """Yield the groups of the topmost objects below `path` that have arrays and are not `known`."""
        todo = [path]
        while todo:
            group = todo.pop()
            if group != path and self._is_object(group):
                yield group
                continue
            inner = [below for below in self._below[group] if below not in known and self._total[below].values]
            parts = [below for below in inner if _name(below) != VARS and not self._is_training(below)]
            todo += sorted(parts, key=_natural, reverse=True)

    def _is_object(self, path: str) -> bool:
        """Return whether a group is that of an object, not of a list of them."""
        return not path or join(path, VARS) in self._total

    def _is_training(self, path: str) -> bool:
        name = _name(path)
        return (name in ("optimizer", "metrics") or name.endswith("_optimizer")) and self._is_object(_above(path))


def _above(path: str) -> str:
    return path.rpartition("/")[0]


def _name(path: str) -> str:
    return path.rpartition("/")[2]


def _natural(path: str) -> str:
    """Return what sorts `block_2` before `block_10`."""
    return re.sub(r"\d+", lambda digits: digits[0].zfill(9), path)
