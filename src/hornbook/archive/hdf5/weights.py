"""Weights by path in an HDF5 file: a group per object, its arrays in `vars` below it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, MutableMapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, BinaryIO

from hornbook.archive.hdf5.file import OPAQUE, H5File, H5Group, h5py_module
from hornbook.archive.hdf5.objects import Group
from hornbook.archive.weights.paths import join
from hornbook.archive.weights.stores import KEY, SEEDS, VARS, Labels, Stored, check_name, is_seed

if TYPE_CHECKING:
    import numpy.typing as npt


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
        return Labels() if group is None else Labels(*(self._file.text(group, name, inner) for name in ("name", KEY)))

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
            elif not is_seed(inner):
                if check:
                    file.check(member, inner)
                yield Stored(inner, *file.measure(member, inner))


class H5WeightWriter:
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
        return _H5Entry(self._file, join(path, VARS), Labels(name, key), self._convert)

    def put_seeds(self, path: str, states: Mapping[str, Any]) -> None:
        """Write the states of the seed generators of the object at `path`, by number."""
        entry = _H5Entry(self._file, join(path, SEEDS), Labels(), self._convert)
        for number, state in states.items():
            entry[number] = state

    def close(self) -> None:
        """Write what is left."""
        self._file.close()


class _H5Entry(MutableMapping[str, Any]):
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
            check_name(key)
        array = self._convert(value)
        group = self._made()
        simple = array.dtype.kind in "fiu" and array.dtype.name not in OPAQUE and array.flags.c_contiguous
        if not simple or type(key) is not str or "/" in key:
            dataset = group.create_dataset(key, data=array)
            if array.dtype.name in OPAQUE:
                dataset.attrs["dtype"] = array.dtype.name
            return
        # As `create_dataset` does it for plain numbers, without its questions.
        h5 = h5py_module()
        plain = h5.h5p.create(h5.h5p.DATASET_CREATE)
        plain.set_obj_track_times(False)
        plain.set_fill_time(h5.h5d.FILL_TIME_IFSET)
        space = h5.h5s.create_simple(array.shape) if array.shape else h5.h5s.create(h5.h5s.SCALAR)
        dataset = h5.h5d.create(group.id, key.encode(), h5.h5t.py_create(array.dtype, logical=True), space, plain)
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
