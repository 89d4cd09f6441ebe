"""HDF5 files, read strictly: what leads out of the file is never opened.

Links are asked for before anything is opened, attributes are measured before
they are read, and only groups, arrays of numbers and texts are understood.
"""

from __future__ import annotations

import io
import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rekindle.archive.allocate import check_array, read_array
from rekindle.errors import ArchiveError, LimitError, MissingDependencyError, short
from rekindle.policy import Limits

if TYPE_CHECKING:
    import numpy.typing as npt

# What h5py raises for a damaged file; `AttributeError` for a named type, which is no array.
DAMAGED = (AttributeError, KeyError, OSError, OverflowError, RuntimeError, TypeError, ValueError)
_LONGEST_PATH = 4096  # characters: twice what a hundred models within each other have


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


class H5File:
    """An HDF5 file, open for reading.

    Args:
        source: The path of the file, or a binary file object.
        name: What to call it in errors.
        limits: How much it may ask for.

    Attributes:
        root: The topmost group.
        bytes: How long it is.

    Raises:
        ArchiveError: It is no HDF5 file.
    """

    def __init__(self, source: Path | io.BufferedIOBase | Any, name: str, limits: Limits) -> None:
        self.h5 = h5py_module()
        self.limits = limits
        self._name = name
        try:
            self.root = self.h5.File(source, "r")
            self.bytes = int(self.root.id.get_filesize())
        except DAMAGED as error:
            raise ArchiveError(f"This is not a readable HDF5 file: {short(str(error))}", place=name) from error

    def close(self) -> None:
        """Close it."""
        self.root.close()

    def at(self, path: str) -> str:
        """Return the place of something in the file, for errors."""
        return f"{self._name}: {path}"

    def damaged(self, error: Exception, path: str) -> ArchiveError:
        """Return the error for what h5py raised."""
        return ArchiveError(f"The file is damaged: {short(str(error))}", place=self.at(path))

    # ------------------------------------------------------------ members
    def names(self, group: Any, path: str) -> list[str]:
        """Return the names in a group."""
        try:
            found = list(group)
        except DAMAGED as error:
            raise self.damaged(error, path) from error
        if any(isinstance(name, bytes) or "/" in name for name in found):  # bytes are no UTF-8
            raise ArchiveError("The file has a name that cannot be one", place=self.at(path))
        return found

    def link(self, group: Any, name: str, path: str) -> Any | None:
        """Return the link by which a group has a member; nothing is opened for it."""
        try:
            return group.get(name, getlink=True)
        except DAMAGED as error:
            raise self.damaged(error, path) from error

    def member(self, group: Any, name: str, path: str) -> Any:
        """Open a member of a group, if it lies in this file."""
        if not isinstance(self.link(group, name, path), self.h5.HardLink):
            raise ArchiveError("The file has a link where an array or a group belongs", place=self.at(path))
        try:
            return group[name]
        except DAMAGED as error:
            raise self.damaged(error, path) from error

    def group(self, path: str, start: Any = None, *, place: str | None = None) -> Any | None:
        """Return the group at a path below `start`, or `None` if nothing is there.

        Args:
            path: Names with slashes between them.
            start: Where to begin; by default the topmost group.
            place: What to call it in errors.
        """
        group, place = self.root if start is None else start, place or path
        for part in self.parts(path, place):
            if self.link(group, part, place) is None:
                return None
            group = self.member(group, part, place)
            if not self.is_group(group):
                raise ArchiveError("There is an array where a group belongs", place=self.at(place))
        return group

    def dataset(self, path: str, start: Any, place: str) -> Any:
        """Return the array at a path below `start`, not read."""
        *above, name = self.parts(path, place) or [""]
        group = self.group("/".join(above), start, place=place)
        if group is None or not name or self.link(group, name, place) is None:
            raise ArchiveError("The file names an array that it does not have", place=self.at(place))
        member = self.member(group, name, place)
        if not isinstance(member, self.h5.Dataset):
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

    def is_group(self, member: Any) -> bool:
        """Say whether it is a group."""
        return isinstance(member, self.h5.Group)

    def address(self, member: Any, path: str) -> int:
        """Return where an object lies in the file: one object, one address."""
        try:
            return int(self.h5.h5o.get_info(member.id).addr)
        except DAMAGED as error:
            raise self.damaged(error, path) from error

    # ------------------------------------------------------------ arrays
    def measure(self, dataset: Any, path: str) -> tuple[tuple[int, ...], int]:
        """Return the shape and the bytes of an array that is not read.

        Raises:
            ArchiveError: It is none of numbers in this file.
        """
        try:
            shape, dtype = dataset.shape, dataset.dtype
            elsewhere = dataset.external or dataset.is_virtual
        except DAMAGED as error:
            raise self.damaged(error, path) from error
        if elsewhere or shape is None or dtype.hasobject:
            raise ArchiveError("This is no array of numbers in this file", place=self.at(path))
        return tuple(shape), math.prod(shape) * dtype.itemsize

    def check(self, dataset: Any, path: str) -> None:
        """Refuse an array that the gate would not read."""
        try:
            check_array(dataset, self.at(path), self.limits)
        except DAMAGED as error:
            if isinstance(error, (ArchiveError, LimitError)):
                raise
            raise self.damaged(error, path) from error

    def read(self, dataset: Any, path: str) -> npt.NDArray[Any]:
        """Return an array."""
        import numpy as np

        value = read_array(dataset, self.at(path), self.limits)
        if self.text(dataset, "dtype", path) == "bfloat16":
            import ml_dtypes

            # h5py knows no bfloat16 and gives two opaque bytes each.
            raw = value.dtype.kind == "V" and value.dtype.itemsize == 2
            return value.view(ml_dtypes.bfloat16) if raw else np.asarray(value, dtype=ml_dtypes.bfloat16)
        return value

    # ------------------------------------------------------------ attributes
    def text(self, owner: Any, name: str, path: str) -> str | None:
        """Return an attribute that is a text, or `None` if there is none of that name or kind."""
        value = self._attribute(owner, name, path)
        return value if isinstance(value, str) else None

    def texts(self, owner: Any, name: str, path: str) -> list[str] | None:
        """Return an attribute that is a list of texts, or `None` if there is none.

        Keras splits one that is larger than 64 kB: `name0`, `name1` and so on.
        """
        value = self._attribute(owner, name, path)
        if value is not None:
            return self._list(value, name, path)
        found: list[str] = []
        for chunk in range(self.limits.members):
            value = self._attribute(owner, f"{name}{chunk}", path)
            if value is None:
                return found if chunk else None
            found += self._list(value, name, path)
        raise LimitError(f"The attribute `{name}` has too many parts", place=self.at(path))

    def _list(self, value: Any, name: str, path: str) -> list[str]:
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            raise ArchiveError(f"The attribute `{name}` is no list of names", place=self.at(path))
        return value

    def _attribute(self, owner: Any, name: str, path: str) -> Any:
        """Return a text, a list of texts, or `None` for anything else but an empty list."""
        try:
            if name not in owner.attrs:
                return None
            kind, shape = self._checked_attribute(owner.attrs.get_id(name), name, path)
            if kind is None:
                return [] if shape == (0,) else None
            value = owner.attrs[name]
        except DAMAGED as error:
            if isinstance(error, (ArchiveError, LimitError)):
                raise
            raise self.damaged(error, path) from error
        if shape == ():
            return self._decoded(value, name, path)
        return [self._decoded(one, name, path) for one in value.ravel().tolist()]

    def _checked_attribute(self, attribute: Any, name: str, path: str) -> tuple[str | None, tuple[int, ...]]:
        """Return the kind of a text attribute, else `None`, and its shape."""
        kind, shape = attribute.get_type(), tuple(attribute.shape)
        if not isinstance(kind, self.h5.h5t.TypeStringID):
            return None, shape
        count = math.prod(shape)
        if kind.is_variable_str():
            # Each may be the same large text of the file: what they are together is not known before.
            most = max(self.limits.ratio_floor, self.limits.ratio * self.bytes)
            size = count * self.bytes
        else:
            most, size = self.limits.config_bytes, count * int(kind.get_size())
        if count > self.limits.members or size > most:
            raise LimitError(f"The attribute `{name}` is too large", place=self.at(path))
        return "text", shape

    def _decoded(self, value: Any, name: str, path: str) -> str:
        try:
            text = value.decode("utf-8") if isinstance(value, bytes) else str(value)
            text.encode("utf-8")
        except (UnicodeDecodeError, UnicodeEncodeError) as error:
            raise ArchiveError(f"The attribute `{name}` is no text", place=self.at(path)) from error
        return text


class H5Group(Mapping[str, Any]):
    """The arrays of one group, read when asked for."""

    def __init__(self, file: H5File, group: Any) -> None:
        self._file, self._group = file, group

    def __getitem__(self, name: str) -> Any:
        path = f"{self._group.name}/{name}"
        if "/" in name or self._file.link(self._group, name, path) is None:
            raise KeyError(name)
        member = self._file.member(self._group, name, path)
        if self._file.is_group(member):
            raise ArchiveError("There is a group where an array belongs", place=self._file.at(path))
        return self._file.read(member, path)

    def __iter__(self) -> Any:
        return iter(self._group)

    def __len__(self) -> int:
        return len(self._group)

    def __contains__(self, name: object) -> bool:
        return name in set(self._group)
