"""A weight store over a flat table of arrays by path, and what fills such a table: the base of other formats."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping
from typing import TYPE_CHECKING, Any

from hornbook.archive.weights.paths import join
from hornbook.archive.weights.stores import (
    SEEDS,
    VARS,
    Labels,
    Stored,
    StoredArray,
    check_name,
    is_seed,
    is_step,
    owner_of,
)
from hornbook.errors import ArchiveError, LimitError, SerializationError, short
from hornbook.policy import Limits

if TYPE_CHECKING:
    import numpy.typing as npt

_MOST_DIMENSIONS, _MOST_VALUES = 32, 1 << 48  # also where one of the sizes is 0


class FlatStore:
    """A weight store over arrays with paths, as `"layers/dense/vars/0"`.

    Args:
        arrays: The arrays; the name of each is its path.  What reading one
            would refuse is refused before they are listed.
        labels: What the file has beside the paths of objects.
        place: What to call the file in errors.
        limits: How many arrays there may be, and how deep.

    Raises:
        ArchiveError: A path leads elsewhere, occurs twice, or is that of a group as well.
        LimitError: There are too many arrays, or they nest too deep.

    Example:
        >>> array = StoredArray("head/vars/0", "weights: head/vars/0", (2,), 8, lambda: [0.0, 1.0])
        >>> store = FlatStore([array], {}, "weights", Limits())
        >>> store.get("head")["0"], [entry.path for entry in store.entries()]
        ([0.0, 1.0], ['head', 'head/vars', 'head/vars/0'])
    """

    def __init__(self, arrays: Iterable[StoredArray], labels: Mapping[str, Labels], place: str, limits: Limits) -> None:
        self._labels = dict(labels)
        for path in self._labels:
            _check_path(join(path, VARS), f"{place}: {path}", limits)
        self._arrays: dict[str, StoredArray] = {}
        for array in arrays:
            self._add(array, limits)
        self._groups = {"", *_groups(self._arrays), *_groups(f"{join(path, VARS)}/" for path in self._labels)}
        self._owned: dict[str, dict[str, StoredArray]] = {}
        self._seeds: dict[str, dict[str, StoredArray]] = {}
        for path, array in self._arrays.items():
            self._assign(path, array)

    def _add(self, array: StoredArray, limits: Limits) -> None:
        """Take an array, if it can be one."""
        _check_path(array.name, array.place, limits)
        if len(array.shape) > _MOST_DIMENSIONS or math.prod(size or 1 for size in array.shape) > _MOST_VALUES:
            raise ArchiveError("The array has a shape that nothing can have", place=array.place)
        if array.name in self._arrays:
            raise ArchiveError("The file has two arrays of one name", place=array.place)
        if len(self._arrays) >= limits.arrays:
            raise LimitError(f"The file has more than {limits.arrays} arrays", place=array.place)
        self._arrays[array.name] = array

    def _assign(self, path: str, array: StoredArray) -> None:
        """Enter an array under the object that owns it."""
        if path in self._groups:
            raise ArchiveError("There is an array where a group belongs", place=array.place)
        if is_seed(path):
            above, _, number = path.rpartition("/")
            self._seeds.setdefault(above.removesuffix(SEEDS).rstrip("/"), {})[number] = array
        elif f"/{VARS}/" in f"/{path}":
            owner, name = owner_of(path)
            self._owned.setdefault(owner, {})[name] = array

    def get(self, path: str) -> Mapping[str, npt.NDArray[Any]]:
        return _UnreadArrays(self._owned.get(path, {}))

    def seeds(self, path: str) -> Mapping[str, npt.NDArray[Any]]:
        return _UnreadArrays(self._seeds.get(path, {}))

    def size(self, path: str) -> int:
        return sum(array.bytes for array in self._owned.get(path, {}).values())

    def has_path(self, path: str) -> bool:
        return path in self._groups

    def labels(self, path: str) -> Labels | None:
        return self._labels.get(path, Labels()) if self.has_path(path) else None

    def entries(self) -> Iterator[Stored]:
        """Yield every group and array of objects, none of them read; a group before what it holds.

        The states of seed generators are left out.
        """
        for path in sorted([*filter(None, self._groups), *self._arrays]):
            array = self._arrays.get(path)
            if array is None:
                yield Stored(path)
            elif not is_seed(path):
                yield Stored(path, array.shape, array.bytes)

    def checked(self) -> Iterator[Stored]:
        """Yield what :meth:`entries` does."""
        return self.entries()


def _check_path(path: str, place: str, limits: Limits) -> None:
    if not is_step(path):
        raise ArchiveError(f"The file has a name that leads elsewhere: {short(path)}", place=place)
    if path.count("/") > limits.depth:
        raise LimitError("The groups nest too deep", place=place)


def _groups(paths: Iterable[str]) -> Iterator[str]:
    for path in paths:
        above = path.rpartition("/")[0]
        while above:
            yield above
            above = above.rpartition("/")[0]


class _UnreadArrays(Mapping[str, Any]):
    """Arrays by name, each read when it is asked for."""

    def __init__(self, arrays: Mapping[str, StoredArray]) -> None:
        self._unread = arrays

    def __getitem__(self, name: str) -> Any:
        return self._unread[name].read()

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._unread))

    def __len__(self) -> int:
        return len(self._unread)


class FlatWriter:
    """Collects the arrays of a model by path; a format derives from it and says how they are written.

    Args:
        convert: Makes a NumPy array of whatever an object stores.

    Attributes:
        arrays: The arrays by path, in the order of the model.
        labels: What is to be kept beside the paths of objects, where there is anything.

    Example:
        >>> writer = FlatWriter(list)
        >>> writer.make("head", "out")["0"] = (1.0, 2.0)
        >>> writer.arrays, writer.labels["head"].name
        ({'head/vars/0': [1.0, 2.0]}, 'out')
    """

    def __init__(self, convert: Callable[[Any], npt.NDArray[Any]]) -> None:
        self.arrays: dict[str, npt.NDArray[Any]] = {}
        self.labels: dict[str, Labels] = {}
        self._convert = convert
        self._groups: set[str] = set()

    def make(self, path: str, name: str | None, key: str | None = None) -> MutableMapping[str, Any]:
        """Return where the object at `path` puts its arrays.

        Args:
            path: The path of the object.
            name: Its own name.
            key: Where it is in a dict of its owner.
        """
        if name is not None or key is not None:
            self.labels[path] = Labels(name, key)
        return _FlatPart(self, join(path, VARS))

    def put_seeds(self, path: str, states: Mapping[str, Any]) -> None:
        """Take the states of the seed generators of the object at `path`, by number."""
        _FlatPart(self, join(path, SEEDS)).update(states)

    def put(self, path: str, value: Any) -> None:
        """Take one array.

        Raises:
            SerializationError: It would not be found again under its path.
        """
        check_name(path)
        above = [*_groups([path])]
        if path in self._groups or not self.arrays.keys().isdisjoint(above):
            raise SerializationError(f"There would be an array and a group at {short(path)}", place=None)
        self._groups.update(above)
        self.arrays[path] = self._convert(value)

    def close(self) -> None:
        """Write all that was collected."""
        raise NotImplementedError


class _FlatPart(MutableMapping[str, Any]):
    """The arrays of one object among all others."""

    def __init__(self, writer: FlatWriter, path: str) -> None:
        self._writer, self._start = writer, f"{path}/"

    def __setitem__(self, key: str, value: Any) -> None:
        check_name(key)
        self._writer.put(self._start + key, value)

    def __getitem__(self, key: str) -> Any:
        return self._writer.arrays[self._start + key]

    def __delitem__(self, key: str) -> None:
        del self._writer.arrays[self._start + key]

    def __iter__(self) -> Iterator[str]:
        names = [path.removeprefix(self._start) for path in self._writer.arrays if path.startswith(self._start)]
        return iter(names)

    def __len__(self) -> int:
        return sum(1 for _ in self)
