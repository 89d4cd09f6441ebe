"""Reading: what a file is, told by its content, and its parts.

One strict reader a container: what it does not understand it refuses, and
nothing else is tried then.
"""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from rekindle.archive import savedmodel
from rekindle.archive.allocate import checked_members, read_member
from rekindle.archive.architecture import JsonArchive, SavedModelArchive
from rekindle.archive.base import ASSETS, CONFIG, MEMBERS, METADATA, OWN_METADATA, WEIGHTS, Archive
from rekindle.archive.hdf5 import H5File
from rekindle.archive.hdf5_models import open_hdf5
from rekindle.archive.stores import AssetFolder, Folder, H5Weights, WeightStore
from rekindle.errors import ArchiveError, ArchiveNotFoundError, LimitError, short
from rekindle.policy import Limits

__all__ = ["ASSETS", "CONFIG", "MEMBERS", "METADATA", "OWN_METADATA", "WEIGHTS", "Archive", "Source", "open_archive"]
Source = str | os.PathLike[str] | BinaryIO

_HDF5 = b"\x89HDF\r\n\x1a\n"
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_JSON = (b"{", b"[", b'"')
_SAVED_MODEL = "saved_model.pb"


class ZipArchive(Archive):
    """A `.keras` file."""

    format = "keras"

    def __init__(self, file: BinaryIO, name: str, limits: Limits) -> None:
        super().__init__(name, limits)
        try:
            self._zip = zipfile.ZipFile(file)
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
            raise ArchiveError(
                f"The file is a damaged or truncated ZIP archive: {short(str(error))}", place=name
            ) from error
        self._infos = checked_members(self._zip, limits)

    def _member(self, name: str, at_most: int) -> bytes | None:
        info = self._infos.get(name)
        return None if info is None else read_member(self._zip, info, at_most)

    def has_weights(self) -> bool:
        return WEIGHTS in self._infos

    def weights(self) -> WeightStore | None:
        info = self._infos.get(WEIGHTS)
        if info is None:
            return None
        data = read_member(self._zip, info, max(info.file_size, self.limits.ratio_floor))
        return H5Weights(H5File(io.BytesIO(data), WEIGHTS, self.limits))

    def assets(self) -> AssetFolder | None:
        names = [name for name in self._infos if name.startswith(f"{ASSETS}/") and not name.endswith("/")]
        if not names:
            return None
        root = self.temporary()
        for name in names:
            target = root.joinpath(*name.split("/")[1:])
            if root not in target.resolve().parents:
                raise ArchiveError("The asset leads outside of the archive", place=name)
            info = self._infos[name]
            data = read_member(self._zip, info, max(info.file_size, self.limits.ratio_floor))
            try:
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(data)
            except OSError as error:
                raise ArchiveError(f"The asset cannot be written: {error.strerror}", place=name) from error
        return Folder(root)

    def members(self) -> dict[str, int]:
        return {name: info.file_size for name, info in self._infos.items()}

    def close(self) -> None:
        self._zip.close()
        super().close()


class FolderArchive(Archive):
    """The unzipped folder of a `.keras` file."""

    format = "keras folder"

    def __init__(self, root: Path, name: str, limits: Limits) -> None:
        super().__init__(name, limits)
        self._root = root

    def _file(self, name: str) -> Path | None:
        """Return the path of a member; never one that a link leads outside."""
        path = self._root / name
        if not path.is_file():
            return None
        if self._root.resolve() not in path.resolve().parents:
            raise ArchiveError("The file is a link that leads outside of the folder", place=name)
        return path

    def _member(self, name: str, at_most: int) -> bytes | None:
        path = self._file(name)
        if path is None:
            return None
        try:
            if path.stat().st_size > at_most:
                raise LimitError(f"The file has more than {at_most} bytes", place=name)
            return path.read_bytes()
        except OSError as error:
            raise ArchiveError(f"The file cannot be read: {error.strerror}", place=name) from error

    def has_weights(self) -> bool:
        return self._file(WEIGHTS) is not None

    def weights(self) -> WeightStore | None:
        path = self._file(WEIGHTS)
        return None if path is None else H5Weights(H5File(path.open("rb"), WEIGHTS, self.limits))

    def assets(self) -> AssetFolder | None:
        root = self._root / ASSETS
        if not root.is_dir():
            return None
        for path in root.rglob("*"):
            self._file(path.relative_to(self._root).as_posix())
        return Folder(root)

    def read(self, name: str) -> bytes | None:
        """Return a file of the folder that is read as a config is."""
        return self._member(name, self.limits.config_bytes)

    def members(self) -> dict[str, int]:
        found = {}
        for path in sorted(self._root.rglob("*")):
            if path.is_file() and not path.is_symlink():
                found[path.relative_to(self._root).as_posix()] = path.stat().st_size
                if len(found) > self.limits.members:
                    raise LimitError(f"The folder has more than {self.limits.members} files", place=self.name)
        return found


@contextmanager
def open_archive(source: Source, limits: Limits) -> Iterator[Archive]:
    """Open a model file by its content.

    Args:
        source: A path, or a binary file object at the start of the archive.
        limits: How much it may ask for.

    Raises:
        ArchiveNotFoundError: There is nothing at that path.
        ArchiveError: It is no model file of a kind that is read here.
    """
    if isinstance(source, (str, os.PathLike)):
        path = Path(source)
        name = path.name or short(source)
        try:
            is_folder = path.is_dir()
        except (OSError, ValueError) as error:  # a NUL in it, or too long
            raise ArchiveError(f"This is no path: {short(str(error))}", place=short(source)) from error
        if is_folder:
            with _closing(_from_folder(path, name, limits)) as archive:
                yield archive
            return
        with _opened(path) as file, _closing(_from_file(file, name, limits)) as archive:
            yield archive
    elif hasattr(source, "read") and hasattr(source, "seek"):
        name = "file object"
        with _closing(_from_file(source, name, limits)) as archive:
            yield archive
    else:
        raise ArchiveError(f"{short(source)} is no path and no binary file object", place=None)


@contextmanager
def _closing(archive: Archive) -> Iterator[Archive]:
    try:
        yield archive
    finally:
        archive.close()


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    try:
        file = path.open("rb")
    except FileNotFoundError as error:
        raise ArchiveNotFoundError("There is no such file or folder", place=str(path)) from error
    except (OSError, ValueError) as error:
        raise ArchiveError(f"The file cannot be opened: {short(str(error))}", place=str(path)) from error
    with file:
        yield file


def _from_file(file: BinaryIO, name: str, limits: Limits) -> Archive:
    try:
        head = file.read(8)
        if isinstance(head, bytes):
            file.seek(-len(head), os.SEEK_CUR)
    except (OSError, ValueError) as error:
        raise ArchiveError(f"The file cannot be read: {short(str(error))}", place=name) from error
    if not isinstance(head, bytes):
        raise ArchiveError("The file is open for text, not for bytes", place=name)
    if head.startswith(_ZIP):
        return ZipArchive(file, name, limits)
    if head == b"":
        raise ArchiveError("The file is empty", place=name)
    if head == _HDF5:
        return open_hdf5(file, name, limits)
    if head.lstrip()[:1] in _JSON:
        return JsonArchive(_all(file, name, limits), name, limits)
    if savedmodel.looks_like_it(head):
        return SavedModelArchive(_all(file, name, limits), name, limits)
    raise ArchiveError(
        f"This is no model file: it begins with {short(head)}",
        hint="A .keras file is a ZIP archive; HDF5, JSON and keras_metadata.pb are read as well.",
        place=name,
    )


def _from_folder(path: Path, name: str, limits: Limits) -> Archive:
    """Return the archive of a folder: of an unzipped `.keras` file, or of a SavedModel."""
    try:
        if (path / CONFIG).exists() or not any((path / one).exists() for one in (_SAVED_MODEL, savedmodel.FILE)):
            return FolderArchive(path, name, limits)
        data = FolderArchive(path, name, limits).read(savedmodel.FILE)
    except OSError as error:
        raise ArchiveError(f"The folder cannot be read: {short(str(error))}", place=name) from error
    if data is None:
        raise ArchiveError(
            f"This is a SavedModel without `{savedmodel.FILE}`: it has no architecture of Keras",
            hint="TF 2.5 to 2.15 write one.",
            place=name,
        )
    return SavedModelArchive(data, f"{name}/{savedmodel.FILE}", limits)


def _all(file: BinaryIO, name: str, limits: Limits) -> bytes:
    """Return what is left of a file, at most what a config may have."""
    try:
        data = file.read(limits.config_bytes + 1)
    except (OSError, ValueError) as error:
        raise ArchiveError(f"The file cannot be read: {short(str(error))}", place=name) from error
    if len(data) > limits.config_bytes:
        raise LimitError(f"The file has more than {limits.config_bytes} bytes", place=name)
    return data
