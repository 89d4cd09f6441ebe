"""Weight stores and assets: arrays and files of a model, by path.

The layout is that of Keras 3: a group per object, its arrays in `vars` below
it, named by number.  Links are asked for before anything is opened.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple, Protocol

from hornbook.archive.hdf5.file import OPAQUE, H5File, H5Group, h5py_module
from hornbook.archive.hdf5.objects import Group
from hornbook.archive.weights.paths import join
from hornbook.errors import SerializationError, short

if TYPE_CHECKING:
    import numpy.typing as npt

VARS = "vars"
# The group of ours beside it that has the states of seed generators, of which Keras writes none.
SEEDS = "seed_generators"
# The attribute of ours that has the key of a member of a dict.
KEY = "key"


class Stored(NamedTuple):
    """A group or an array of a weight store.

    Args:
        path: The names that lead to it.
        shape: The shape of an array, `None` for a group.
        bytes: What the array takes in memory, 0 for a group.
    """

    path: str
    shape: tuple[int, ...] | None = None
    bytes: int = 0

    @property
    def values(self) -> int:
        """How many numbers an array has."""
        return 0 if self.shape is None else math.prod(self.shape)


class Labels(NamedTuple):
    """What a store has beside the path of an object.

    Args:
        name: The object's own name.
        key: Attribute and key of the dict of its owner that it is in, as `"towers/left"`.
    """

    name: str | None = None
    key: str | None = None


class WeightStore(Protocol):
    """Arrays of a file, by the path of the object that owns them."""

    def get(self, path: str) -> Mapping[str, npt.NDArray[Any]]:
        """Return the arrays of the object at `path`; none if it has no group."""

    def seeds(self, path: str) -> Mapping[str, npt.NDArray[Any]]:
        """Return the states of the seed generators of the object at `path`, by number; none if none are stored."""

    def size(self, path: str) -> int:
        """Return the bytes that the arrays of the object at `path` take in memory, none of them read."""

    def has_path(self, path: str) -> bool:
        """Say whether anything is stored at or under `path`."""

    def labels(self, path: str) -> Labels | None:
        """Return what is told of the object at `path`, or `None` if nothing is stored there."""

    def entries(self) -> Iterator[Stored]:
        """Yield every group and array, without reading one."""

    def checked(self) -> Iterator[Stored]:
        """Yield them; refuse what reading one would refuse."""


class AssetFolder(Protocol):
    """Files of a model, as folders by the path of the object that owns them."""

    def get(self, path: str) -> str | None:
        """Return the folder of the object at `path`, or `None`."""

    def has_path(self, path: str) -> bool:
        """Say whether there is a folder for `path`."""

    def folders(self) -> Iterator[str]:
        """Yield the path of every folder."""


def _is_seed(path: str) -> bool:
    """Return whether an array is the state of a seed generator."""
    above = f"/{path}".rpartition("/")[0]
    return above.endswith(f"/{SEEDS}") and f"/{VARS}/" not in above


def owner_of(path: str) -> tuple[str, str]:
    """Return the path of the object that an array belongs to, and the name that the object gave it.

    Example:
        >>> owner_of("layers/dense/vars/0"), owner_of("vars/state/step")
        (('layers/dense', '0'), ('', 'state/step'))
    """
    above, _, name = f"/{path}".partition(f"/{VARS}/")
    return above[1:], name


class H5Weights:
    """A weight store in an HDF5 file.

    Args:
        file: The open file; it belongs to its archive.
    """

    def __init__(self, file: H5File) -> None:
        self._file = file
        self._checked: list[Stored] | None = None

    def get(self, path: str) -> Mapping[str, npt.NDArray[Any]]:
        return self._arrays(join(path, VARS))

    def seeds(self, path: str) -> Mapping[str, npt.NDArray[Any]]:
        path = join(path, SEEDS)
        return self._arrays(path) if path in self._seeded else {}

    @cached_property
    def _seeded(self) -> frozenset[str]:
        groups = (entry.path for entry in self.entries() if entry.shape is None)
        return frozenset([path for path in groups if path.endswith(SEEDS)])

    def _arrays(self, path: str) -> Mapping[str, npt.NDArray[Any]]:
        group = self._file.group(path)
        return {} if group is None else H5Group(self._file, group, path)

    def size(self, path: str) -> int:
        path = join(path, VARS)
        group = self._file.group(path)
        return 0 if group is None else H5Group(self._file, group, path).bytes

    def has_path(self, path: str) -> bool:
        return self._file.group(path) is not None

    def labels(self, path: str) -> Labels | None:
        if not self.has_path(path):
            return None
        inner = join(path, VARS)
        group = self._file.group(inner)
        return Labels() if group is None else Labels(*(self._file.text(group, one, inner) for one in ("name", KEY)))

    def entries(self) -> Iterator[Stored]:
        """Yield every group and array of objects, none of them read; a group before what it holds.

        The states of seed generators are left out.

        Raises:
            ArchiveError: There is an array that is none of numbers.
        """
        return walked(self._file, self._file.root, "") if self._checked is None else iter(self._checked)

    def checked(self) -> Iterator[Stored]:
        """Yield what :meth:`entries` does; raise what reading an array would raise before it is read."""
        if self._checked is None:
            self._checked = [*walked(self._file, self._file.root, "", check=True)]
        return iter(self._checked)


def walked(file: H5File, start: Group, path: str, *, check: bool = False) -> Iterator[Stored]:
    """Yield every group and array below `start`, none of them read; a group before what it holds.

    Args:
        file: The file.
        start: Where to begin.
        path: The path of that.
        check: Whether to refuse what reading an array would refuse.
    """
    todo = [(path, start)]
    while todo:
        path, group = todo.pop()
        for name in file.names(group, path):
            inner = join(path, name)
            member = file.member(group, name, inner)
            if isinstance(member, Group):
                todo.append((inner, member))
                yield Stored(inner)
            elif not _is_seed(inner):
                if check:
                    file.check(member, inner)
                yield Stored(inner, *file.measure(member, inner))


class WeightWriter:
    """Writes a weight store in the layout of Keras 3.

    Args:
        target: A binary file object.
        convert: Makes a NumPy array of whatever an object stores.
    """

    def __init__(self, target: BinaryIO, convert: Callable[[Any], npt.NDArray[Any]]) -> None:
        # No times are tracked: equal models give equal bytes.
        self._file = h5py_module().File(target, "w")
        self._convert = convert

    def make(self, path: str, name: str | None, key: str | None = None) -> MutableMapping[str, Any]:
        """Return where the object at `path` puts its arrays.

        Args:
            path: The path of the object.
            name: Its own name, kept as an attribute.
            key: Where it is in a dict of its owner, kept as well.
        """
        return _Entry(self._file, join(path, VARS), Labels(name, key), self._convert)

    def put_seeds(self, path: str, states: Mapping[str, Any]) -> None:
        """Write the states of the seed generators of the object at `path`, by number."""
        entry = _Entry(self._file, join(path, SEEDS), Labels(), self._convert)
        for number, state in states.items():
            entry[number] = state

    def close(self) -> None:
        """Write what is left."""
        self._file.close()


class _Entry(MutableMapping[str, Any]):
    def __init__(self, file: Any, path: str, labels: Labels, convert: Callable[[Any], Any]) -> None:
        self._file, self._path, self._convert = file, path, convert
        self._group: Any = None
        for name, text in (("name", labels.name), (KEY, labels.key)):
            if text is not None:
                self._made().attrs[name] = text

    def _made(self) -> Any:
        if self._group is None:
            self._group = self._file.create_group(self._path)
        return self._group

    def __setitem__(self, key: str, value: Any) -> None:
        if type(key) is not str or not key.isalnum():
            _check_name(key)
        array = self._convert(value)
        made = self._made()
        simple = array.dtype.kind in "fiu" and array.dtype.name not in OPAQUE and array.flags.c_contiguous
        if not simple or type(key) is not str or "/" in key:
            dataset = made.create_dataset(key, data=array)
            if array.dtype.name in OPAQUE:
                dataset.attrs["dtype"] = array.dtype.name
            return
        # As `create_dataset` does it for plain numbers, without its questions.
        h5 = h5py_module()
        plain = h5.h5p.create(h5.h5p.DATASET_CREATE)
        plain.set_obj_track_times(False)
        plain.set_fill_time(h5.h5d.FILL_TIME_IFSET)
        space = h5.h5s.create_simple(array.shape) if array.shape else h5.h5s.create(h5.h5s.SCALAR)
        dataset = h5.h5d.create(made.id, key.encode(), h5.h5t.py_create(array.dtype, logical=True), space, plain)
        dataset.write(h5.h5s.ALL, h5.h5s.ALL, array)

    def __getitem__(self, key: str) -> Any:
        if self._group is None:
            raise KeyError(key)
        return self._group[key][()]

    def __delitem__(self, key: str) -> None:
        del self._made()[key]

    def __iter__(self) -> Iterator[str]:
        return iter(() if self._group is None else self._group)

    def __len__(self) -> int:
        return 0 if self._group is None else len(self._group)


def _check_name(name: Any) -> None:
    """Refuse the name of an array under which it would not be found again.

    Raises:
        SerializationError: It is none, or leads elsewhere.
    """
    if not isinstance(name, str) or "\0" in name or not {"", ".", ".."}.isdisjoint(name.split("/")):
        raise SerializationError(
            f"An array cannot be stored under the name {short(name)}", hint="Name it by a text, as `0`.", place=None
        )


class Folder:
    """A folder of assets: one below it for each object that has some.

    Args:
        root: The folder; it need not exist.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def make(self, path: str) -> str:
        """Return a folder for the object at `path`, made if need be."""
        folder = self.root / path
        folder.mkdir(parents=True, exist_ok=True)
        return str(folder)

    def get(self, path: str) -> str | None:
        folder = self.root / path
        return str(folder) if folder.is_dir() else None

    def has_path(self, path: str) -> bool:
        return bool(path) and (self.root / path).is_dir()

    def folders(self) -> Iterator[str]:
        for path in sorted(self.root.rglob("*")):
            if path.is_dir():
                yield path.relative_to(self.root).as_posix()

    def files(self) -> Iterator[tuple[str, Path]]:
        """Yield relative name and path of every file, sorted."""
        for path in sorted(self.root.rglob("*")):
            if path.is_file():
                yield path.relative_to(self.root).as_posix(), path
