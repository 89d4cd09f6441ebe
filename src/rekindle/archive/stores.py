"""Weight stores and assets: arrays and files of a model, by path.

The layout is that of Keras 3: a group per object, its arrays in `vars` below
it, named by number.  Links are asked for before anything is opened.
"""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from rekindle.archive.allocate import read_array
from rekindle.archive.paths import join
from rekindle.errors import ArchiveError, LimitError, MissingDependencyError, short
from rekindle.policy import Limits

if TYPE_CHECKING:
    import numpy.typing as npt

VARS = "vars"

# What h5py raises for a damaged file; `AttributeError` for a named type, which is no array.
_DAMAGED = (AttributeError, KeyError, OSError, OverflowError, RuntimeError, TypeError, ValueError)
_LONGEST_PATH = 4096  # characters: twice what a hundred models within each other have


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


class WeightStore(Protocol):
    """Arrays of a file, by the path of the object that owns them."""

    def get(self, path: str) -> Mapping[str, npt.NDArray[Any]]:
        """Return the arrays of the object at `path`; none if it has no group."""

    def has_path(self, path: str) -> bool:
        """Say whether anything is stored at or under `path`."""

    def entries(self) -> Iterator[Stored]:
        """Yield every group and array, without reading one."""

    def close(self) -> None:
        """Release the file."""


class AssetFolder(Protocol):
    """Files of a model, as folders by the path of the object that owns them."""

    def get(self, path: str) -> str | None:
        """Return the folder of the object at `path`, or `None`."""

    def has_path(self, path: str) -> bool:
        """Say whether there is a folder for `path`."""


def h5py_module() -> Any:
    """Return h5py.

    Raises:
        MissingDependencyError: It is not installed.
    """
    try:
        import h5py
    except ImportError as error:
        raise MissingDependencyError(
            "HDF5 files need h5py", hint="Install it with: pip install rekindle[h5]", place=None
        ) from error
    return h5py


class H5Weights:
    """A weight store in an HDF5 file.

    Args:
        source: The path of the file, or a binary file object.
        name: What to call it in errors.
        limits: How much it may ask for.

    Raises:
        ArchiveError: It is no HDF5 file.
    """

    def __init__(self, source: Path | io.BufferedIOBase, name: str, limits: Limits) -> None:
        self._h5 = h5py_module()
        self._name = name
        self._limits = limits
        try:
            self._file = self._h5.File(source, "r")
        except _DAMAGED as error:
            raise ArchiveError(f"This is not a readable HDF5 file: {short(str(error))}", place=name) from error

    def get(self, path: str) -> Mapping[str, npt.NDArray[Any]]:
        group = self._group(f"{path}/{VARS}" if path else VARS)
        return {} if group is None else H5Group(group, self._read)

    def has_path(self, path: str) -> bool:
        return self._group(path) is not None

    def entries(self) -> Iterator[Stored]:
        """Yield every group and array, none of them read; a group before what it holds.

        Raises:
            ArchiveError: There is a link, one object in two places, or an
                array that is none of numbers in this file.
            LimitError: There are too many of them, or they nest too deep.
        """
        todo = [("", self._file)]
        seen = {self._address(self._file, "")}
        while todo:
            path, group = todo.pop()
            for name in self._names(group, path):
                inner = join(path, name)
                self._check_room(inner, len(seen))
                member = self._member(group, name, inner)
                address = self._address(member, inner)
                if address in seen:
                    raise ArchiveError("The file has one object in two places", place=self._at(inner))
                seen.add(address)
                if isinstance(member, self._h5.Group):
                    todo.append((inner, member))
                    yield Stored(inner)
                else:
                    yield self._array(member, inner)

    def _names(self, group: Any, path: str) -> list[str]:
        try:
            found = list(group)
        except _DAMAGED as error:
            raise self._damaged(error, path) from error
        if any(isinstance(name, bytes) or "/" in name for name in found):  # bytes are no UTF-8
            raise ArchiveError("The file has a name that cannot be one", place=self._at(path))
        return found

    def _address(self, member: Any, path: str) -> int:
        try:
            return int(self._h5.h5o.get_info(member.id).addr)
        except _DAMAGED as error:
            raise self._damaged(error, path) from error

    def _check_room(self, path: str, count: int) -> None:
        if count > self._limits.members:
            raise LimitError(f"The file has more than {self._limits.members} groups and arrays", place=self._name)
        if path.count("/") > self._limits.depth or len(path) > _LONGEST_PATH:
            raise LimitError("The groups nest too deep", place=self._at(path))

    def _array(self, dataset: Any, path: str) -> Stored:
        try:
            shape, dtype = dataset.shape, dataset.dtype
            elsewhere = dataset.external or dataset.is_virtual
        except _DAMAGED as error:
            raise self._damaged(error, path) from error
        if elsewhere or shape is None or dtype.hasobject:
            raise ArchiveError("This is no array of numbers in this file", place=self._at(path))
        return Stored(path, shape, math.prod(shape) * dtype.itemsize)

    def _damaged(self, error: Exception, path: str) -> ArchiveError:
        return ArchiveError(f"The file is damaged: {short(str(error))}", place=self._at(path))

    def close(self) -> None:
        self._file.close()

    def _group(self, path: str) -> Any | None:
        group = self._file
        for part in path.split("/"):
            if self._link(group, part, path) is None:
                return None
            group = self._member(group, part, path)
            if not isinstance(group, self._h5.Group):
                raise ArchiveError("There is an array where a group belongs", place=self._at(path))
        return group

    def _member(self, group: Any, name: str, path: str) -> Any:
        """Open a member of a group, if it lies in this file."""
        if not isinstance(self._link(group, name, path), self._h5.HardLink):
            raise ArchiveError("The file has a link where an array or a group belongs", place=self._at(path))
        try:
            return group[name]
        except _DAMAGED as error:
            raise self._damaged(error, path) from error

    def _link(self, group: Any, name: str, path: str) -> Any | None:
        """Return the link by which a group has a member; nothing is opened for it."""
        try:
            return group.get(name, getlink=True)
        except _DAMAGED as error:
            raise self._damaged(error, path) from error

    def _read(self, group: Any, name: str) -> npt.NDArray[Any]:
        import numpy as np

        path = f"{group.name}/{name}"
        if "/" in name or self._link(group, name, path) is None:
            raise KeyError(name)
        dataset = self._member(group, name, path)
        if not isinstance(dataset, self._h5.Dataset):
            raise ArchiveError("There is a group where an array belongs", place=self._at(path))
        value = read_array(dataset, self._at(path), self._limits)
        if dataset.attrs.get("dtype") == "bfloat16":
            import ml_dtypes

            # h5py knows no bfloat16 and gives two opaque bytes each.
            raw = value.dtype.kind == "V" and value.dtype.itemsize == 2
            return value.view(ml_dtypes.bfloat16) if raw else np.asarray(value, dtype=ml_dtypes.bfloat16)
        return value

    def _at(self, path: str) -> str:
        return f"{self._name}: {path}"


class H5Group(Mapping[str, Any]):
    """The arrays of one object, read when asked for."""

    def __init__(self, group: Any, read: Callable[[Any, str], Any]) -> None:
        self._group = group
        self._read = read

    def __getitem__(self, name: str) -> Any:
        return self._read(self._group, name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._group)

    def __len__(self) -> int:
        return len(self._group)

    def __contains__(self, name: object) -> bool:
        return name in set(self._group)


class WeightWriter:
    """Writes a weight store in the layout of Keras 3.

    Args:
        target: A binary file object.
        convert: Makes a NumPy array of whatever an object stores.
    """

    def __init__(self, target: io.BufferedIOBase, convert: Callable[[Any], npt.NDArray[Any]]) -> None:
        # No times are tracked: equal models give equal bytes.
        self._file = h5py_module().File(target, "w")
        self._convert = convert

    def make(self, path: str, name: str | None) -> MutableMapping[str, Any]:
        """Return where the object at `path` puts its arrays.

        Args:
            path: The path of the object.
            name: Its own name, kept as an attribute.
        """
        return _Entry(self._file, f"{path}/{VARS}" if path else VARS, name, self._convert)

    def close(self) -> None:
        """Write what is left."""
        self._file.close()


class _Entry(MutableMapping[str, Any]):
    def __init__(self, file: Any, path: str, name: str | None, convert: Callable[[Any], Any]) -> None:
        self._file, self._path, self._convert = file, path, convert
        self._group: Any = None
        if name is not None:
            self._made().attrs["name"] = name

    def _made(self) -> Any:
        if self._group is None:
            self._group = self._file.create_group(self._path)
        return self._group

    def __setitem__(self, key: str, value: Any) -> None:
        array = self._convert(value)
        dataset = self._made().create_dataset(key, data=array)
        if array.dtype.name == "bfloat16":
            dataset.attrs["dtype"] = "bfloat16"

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

    def files(self) -> Iterator[tuple[str, Path]]:
        """Yield relative name and path of every file, sorted."""
        for path in sorted(self.root.rglob("*")):
            if path.is_file():
                yield path.relative_to(self.root).as_posix(), path
