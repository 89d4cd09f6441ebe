"""HDF5 files, read strictly: what leads out of the file is never opened.

The HDF5 library follows links and external data to the disk, loads plug-ins
for filters that it does not know, and is no match for a malformed file.  So
it is not asked: `hornbook.archive.hdf5` reads the part of the format that Keras
writes, and refuses the rest.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, BinaryIO

from hornbook.archive.budget import DeclaredBudget
from hornbook.archive.hdf5.arrays import Arrays, special_dtype
from hornbook.archive.hdf5.blocks import Blocks
from hornbook.archive.hdf5.objects import Dataset, Group, Objects
from hornbook.errors import ArchiveError, HornbookError, LimitError, MissingDependencyError, short
from hornbook.policy import Limits

if TYPE_CHECKING:
    import numpy.typing as npt

# Numbers of ml_dtypes that HDF5 has no type for; an attribute `dtype` names them.
OPAQUE = frozenset({"bfloat16", "float8_e4m3fn", "float8_e5m2", "int4", "uint4"})
_LONGEST_PATH = 4096  # characters: twice what a hundred models within each other have
_PARTS = 10  # parts of a file for each object: headers, trees, chunks


def h5py_module() -> Any:
    """Return h5py, which writes HDF5.

    Raises:
        MissingDependencyError: It is not installed.
    """
    try:
        import h5py
    except ImportError as error:
        raise MissingDependencyError(
            "To write HDF5 files needs h5py", hint="Install it with: pip install hornbook[h5]", place=None
        ) from error
    return h5py


class H5File:
    """An HDF5 file, open for reading.

    Args:
        file: A binary file; it stays open.
        name: What to call it in errors.
        limits: How much it may ask for.

    Attributes:
        root: The topmost group.
        bytes: How long it is.

    Raises:
        ArchiveError: It is no HDF5 file.
    """

    def __init__(self, file: BinaryIO, name: str, limits: Limits) -> None:
        self.limits = limits
        self._name = name
        self._budget = DeclaredBudget(limits)
        self._checked: dict[int, HornbookError | None] = {}
        self._groups: dict[str, Group] = {}
        with self._placed(None):
            self._blocks = Blocks(file, limits.arrays * _PARTS)
            self._objects = Objects(self._blocks, limits.arrays)
            self._arrays = Arrays(self._blocks, self._objects)
            root = self._objects.get(self._objects.root)
            if not isinstance(root, Group):
                raise ArchiveError("The file begins with an array, not with a group", place=None)
        self.root = root
        self.bytes = self._blocks.size
        self._judge()

    def _judge(self) -> None:
        """Refuse the file for any part of it, before one is used."""
        todo: list[tuple[str, Group]] = [("", self.root)]
        seen = {self.root.address}
        while todo:
            path, group = todo.pop()
            for name in self.names(group, path):
                inner = f"{path}/{name}" if path else name
                self.check_depth(inner)
                member = self.member(group, name, inner)
                if member.address in seen:
                    raise ArchiveError("The file has one object in two places", place=self.at(inner))
                seen.add(member.address)
                if isinstance(member, Group):
                    todo.append((inner, member))
                elif member.type.dtype and member.shape is not None:
                    self.check(member, inner)

    def at(self, path: str) -> str:
        """Return the place of something in the file, for errors."""
        return f"{self._name}: {path}"

    @contextmanager
    def _placed(self, path: str | None) -> Iterator[None]:
        """Give a place to errors that have none."""
        try:
            yield
        except HornbookError as error:
            if error.place is None:
                error.place = self._name if path is None else self.at(path)
            raise

    def names(self, group: Group, path: str) -> list[str]:
        """Return the names in a group."""
        if any("/" in name for name in group.links):
            raise ArchiveError("The file has a name that cannot be one", place=self.at(path))
        return sorted(group.links)

    def has(self, group: Group, name: str) -> bool:
        """Return whether a group has a member of that name, in this file or elsewhere."""
        return name in group.links

    def member(self, group: Group, name: str, path: str) -> Group | Dataset:
        """Return a member of a group, if it lies in this file."""
        address = group.links[name]
        if address is None:
            raise ArchiveError("The file has a link where an array or a group belongs", place=self.at(path))
        try:
            return self._objects.get(address)
        except HornbookError as error:
            if error.place is None:
                error.place = self.at(path)
            raise

    def group(self, path: str, start: Group | None = None, *, place: str | None = None) -> Group | None:
        """Return the group at a path below `start`, or `None` if nothing is there.

        Args:
            path: Names with slashes between them.
            start: Where to begin; by default the topmost group.
            place: What to call it in errors.
        """
        if start is None and path in self._groups:
            return self._groups[path]
        group, place = self.root if start is None else start, place or path
        for part in self.parts(path, place):
            if not self.has(group, part):
                return None
            member = self.member(group, part, place)
            if not isinstance(member, Group):
                raise ArchiveError("There is an array where a group belongs", place=self.at(place))
            group = member
        if start is None:
            self._groups[path] = group
        return group

    def dataset(self, path: str, start: Group, place: str) -> Dataset:
        """Return the array at a path below `start`, not read."""
        *above, name = self.parts(path, place) or [""]
        group = self.group("/".join(above), start, place=place)
        if group is None or not name or not self.has(group, name):
            raise ArchiveError("The file names an array that it does not have", place=self.at(place))
        member = self.member(group, name, place)
        if not isinstance(member, Dataset):
            raise ArchiveError("There is a group where an array belongs", place=self.at(place))
        return member

    def parts(self, path: str, place: str) -> list[str]:
        """Return the names of a path."""
        parts = [part for part in path.split("/") if part]
        if path.startswith("/") or "." in parts or ".." in parts or "\0" in path:
            raise ArchiveError("The file has a name that leads elsewhere", place=self.at(place))
        self.check_depth(path)
        return parts

    def check_depth(self, path: str) -> None:
        """Refuse a path that is too deep or too long."""
        if path.count("/") > self.limits.depth or len(path) > _LONGEST_PATH:
            raise LimitError("The groups nest too deep", place=self.at(path))

    def measure(self, dataset: Dataset, path: str) -> tuple[tuple[int, ...], int]:
        """Return the shape and the bytes of an array that is not read.

        Raises:
            ArchiveError: It is none of numbers in this file.
        """
        if dataset.shape is None or not dataset.type.dtype:
            raise ArchiveError("This is no array of numbers in this file", place=self.at(path))
        return dataset.shape, dataset.bytes

    def check(self, dataset: Dataset, path: str) -> None:
        """Refuse an array that is none of numbers, or that declares much more than it stores."""
        _, declared = self.measure(dataset, path)
        if dataset.address not in self._checked:
            try:
                with self._placed(path):
                    self._budget.spend(declared, self._arrays.stored(dataset), "array")
                self._checked[dataset.address] = None
            except HornbookError as error:
                self._checked[dataset.address] = error
        failed = self._checked[dataset.address]
        if failed is not None:
            raise failed

    def read(self, dataset: Dataset, path: str) -> npt.NDArray[Any]:
        """Return an array.

        Raises:
            MissingDependencyError: NumPy is not installed.
        """
        try:
            import numpy as np
        except ImportError as error:
            raise MissingDependencyError(
                "To read arrays takes NumPy", hint="Install it with: pip install hornbook[h5]", place=None
            ) from error

        self.check(dataset, path)
        try:
            with self._placed(path):
                value = self._arrays.read(dataset)
        except (ValueError, MemoryError) as error:
            if isinstance(error, HornbookError):
                raise
            raise ArchiveError(f"The array cannot be read: {short(str(error))}", place=self.at(path)) from error
        name = self.text(dataset, "dtype", path)
        if name in OPAQUE and value.dtype.name != name:
            # h5py knows none of these and writes opaque bytes.
            with self._placed(path):
                dtype = special_dtype(name)
            raw = value.dtype.kind == "V" and value.dtype.itemsize == dtype.itemsize
            return value.view(dtype) if raw else np.asarray(value, dtype=dtype)
        return value

    def text(self, owner: Group | Dataset, name: str, path: str) -> str | None:
        """Return an attribute that is a text, or `None` if there is none of that name or kind."""
        value = self._attribute(owner, name, path)
        return value if isinstance(value, str) else None

    def texts(self, owner: Group | Dataset, name: str, path: str) -> list[str] | None:
        """Return an attribute that is a list of texts, or `None` if there is none.

        Keras splits one that is larger than 64 kB: `name0`, `name1` and so on.
        """
        value = self._attribute(owner, name, path)
        if value is not None:
            return self._list(value, name, path)
        texts: list[str] = []
        for chunk in range(self.limits.arrays):
            value = self._attribute(owner, f"{name}{chunk}", path)
            if value is None:
                return texts if chunk else None
            texts += self._list(value, name, path)
        raise LimitError(f"The attribute `{name}` has too many parts", place=self.at(path))

    def _list(self, value: Any, name: str, path: str) -> list[str]:
        if not isinstance(value, list):
            raise ArchiveError(f"The attribute `{name}` is no list of names", place=self.at(path))
        return value

    def _attribute(self, owner: Group | Dataset, name: str, path: str) -> str | list[str] | None:
        """Return a text, a list of texts, or `None` for anything else but an empty list."""
        attribute = owner.attributes.get(name)
        if attribute is None:
            return None
        with self._placed(path):
            parts = self._objects.texts(attribute)
        if parts is None or attribute.shape is None:
            return [] if attribute.shape == (0,) else None
        if len(parts) > self.limits.arrays or sum(map(len, parts)) > self.limits.config_bytes:
            raise LimitError(f"The attribute `{name}` is too large", place=self.at(path))
        try:
            texts = [part.decode("utf-8") for part in parts]
        except UnicodeDecodeError as error:
            raise ArchiveError(f"The attribute `{name}` is no text", place=self.at(path)) from error
        return texts if attribute.shape else texts[0]


class H5Group(Mapping[str, Any]):
    """The arrays of one group, read when asked for.

    Args:
        file: The file.
        group: The group.
        path: Its path.
    """

    def __init__(self, file: H5File, group: Group, path: str) -> None:
        self._file, self._group, self._path = file, group, path

    def __getitem__(self, name: str) -> Any:
        path = f"{self._path}/{name}"
        if name not in self:
            raise KeyError(name)
        return self._file.read(self._file.dataset(name, self._group, path), path)

    def __iter__(self) -> Iterator[str]:
        return iter(self._file.names(self._group, self._path))

    def __len__(self) -> int:
        return len(self._group.links)

    def __contains__(self, name: object) -> bool:
        """Return whether there is an array of that name: `"state/step"` stands in a group of its own."""
        if not isinstance(name, str):
            return False
        above, _, last = name.rpartition("/")
        group = self._file.group(above, self._group, place=f"{self._path}/{above}") if above else self._group
        return group is not None and self._file.has(group, last)

    @property
    def bytes(self) -> int:
        """What all its arrays take in memory, none of them read."""
        members = (self._file.member(self._group, name, f"{self._path}/{name}") for name in self)
        return sum(member.bytes for member in members if isinstance(member, Dataset))
