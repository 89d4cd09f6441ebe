"""Reading: what a file is, told by its content, and its parts.

One strict reader a container: what it does not understand it refuses, and
nothing else is tried then.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import BinaryIO

from hornbook.archive import detect, savedmodel
from hornbook.archive.architecture import JsonArchive, SavedModelArchive
from hornbook.archive.base import ASSETS, CONFIG, MEMBERS, METADATA, OWN_METADATA, WEIGHTS, Archive
from hornbook.archive.files.open_file import files_below, names_in, open_file, read_file
from hornbook.archive.hdf5.file import H5File
from hornbook.archive.hdf5.models import open_hdf5
from hornbook.archive.weights.stores import AssetFolder, Folder, H5Weights, WeightStore
from hornbook.archive.zip.reader import Zip
from hornbook.errors import ArchiveError, HornbookError, LimitError, NotAModelError, UnreadableError, short
from hornbook.policy import Limits

__all__ = ["ASSETS", "CONFIG", "MEMBERS", "METADATA", "OWN_METADATA", "WEIGHTS", "Archive", "Source", "open_archive"]
Source = str | os.PathLike[str] | BinaryIO


class ZipArchive(Archive):
    """A `.keras` file."""

    format = "keras"

    def __init__(self, file: BinaryIO, name: str, limits: Limits) -> None:
        super().__init__(name, limits)
        self._zip = Zip(file, name, limits)

    def _member(self, name: str, at_most: int) -> bytes | None:
        member = self._zip.members.get(name)
        return None if member is None else self._zip.read(member, at_most)

    def has_weights(self) -> bool:
        return WEIGHTS in self._zip.members

    def weights(self) -> WeightStore | None:
        return self._weights

    @cached_property
    def _weights(self) -> WeightStore | None:
        member = self._zip.members.get(WEIGHTS)
        return None if member is None else H5Weights(H5File(self._zip.open(member), WEIGHTS, self.limits))

    def assets(self) -> AssetFolder | None:
        """Return the assets: Keras wants them as files, so they are written to a private folder."""
        found = [one for one in self._zip.members.values() if one.name.startswith(f"{ASSETS}/")]
        files = [one for one in found if not one.name.endswith("/")]
        if not files:
            return None
        if sum(one.size for one in files) > self.limits.ratio_floor:
            raise LimitError(f"The assets have more than {self.limits.ratio_floor} bytes", place=ASSETS)
        for member in files:
            for _ in self._zip.chunks(member):  # nothing is written before all of them are known to be whole
                pass
        root = self.temporary()
        for member in files:
            target = root.joinpath(*member.name.split("/")[1:])
            try:
                target.parent.mkdir(parents=True, exist_ok=True)
                with target.open("xb") as file:
                    file.writelines(self._zip.chunks(member))
            except HornbookError:
                raise
            except OSError as error:
                raise ArchiveError(f"The asset cannot be written: {error.strerror}", place=member.name) from error
        return Folder(root)

    def members(self) -> dict[str, int]:
        return {name: member.size for name, member in self._zip.members.items()}

    def names(self) -> Iterable[str]:
        return self._zip.members


class FolderArchive(Archive):
    """The unzipped folder of a `.keras` file."""

    format = "keras folder"

    def __init__(self, root: Path, name: str, limits: Limits) -> None:
        super().__init__(name, limits)
        self._root = root
        self._open: BinaryIO | None = None

    def _file(self, name: str) -> Path | None:
        """Return the path of a member; never one that a link leads outside."""
        path = self._root / name
        if not os.path.lexists(path) or path.is_dir():
            return None
        found = path.resolve()
        if self._root.resolve() not in found.parents:
            raise ArchiveError("The file is a link that leads outside of the folder", place=name)
        return found

    def _member(self, name: str, at_most: int) -> bytes | None:
        path = self._file(name)
        return None if path is None else read_file(path, name, at_most)

    def has_weights(self) -> bool:
        return self._file(WEIGHTS) is not None

    def weights(self) -> WeightStore | None:
        return self._weights

    @cached_property
    def _weights(self) -> WeightStore | None:
        path = self._file(WEIGHTS)
        if path is None:
            return None
        self._open = open_file(path, WEIGHTS)
        return H5Weights(H5File(self._open, WEIGHTS, self.limits))

    def assets(self) -> AssetFolder | None:
        """Return the assets; Keras opens them by their names, so there may be no link among them."""
        root = self._root / ASSETS
        if not root.is_dir():
            return None
        if root.is_symlink():
            raise ArchiveError("This is no folder, but a link that leads outside", place=ASSETS)
        if sum(size for _, size in files_below(root, ASSETS, self.limits, links=False)) > self.limits.ratio_floor:
            raise LimitError(f"The assets have more than {self.limits.ratio_floor} bytes", place=ASSETS)
        return Folder(root)

    def read(self, name: str) -> bytes | None:
        """Return a file of the folder that is read as a config is."""
        return self._member(name, self.limits.config_bytes)

    def members(self) -> dict[str, int]:
        return dict(sorted(files_below(self._root, self.name, self.limits)))

    def names(self) -> Iterable[str]:
        return names_in(self._root, self.name, self.limits)

    def close(self) -> None:
        if self._open is not None:
            self._open.close()
        super().close()


def name_of(source: Source) -> str:
    """Return what to call a file in errors."""
    return Path(source).name or short(source) if isinstance(source, (str, os.PathLike)) else "file object"


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
        name = name_of(source)
        try:
            is_folder = path.is_dir()
        except (OSError, ValueError) as error:  # a NUL in it, or too long
            raise UnreadableError(f"This is no path: {short(str(error))}", place=short(source)) from error
        if is_folder:
            with _closing(_from_folder(path, name, limits)) as archive:
                yield archive
            return
        with open_file(path, str(path)) as file, _closing(_from_file(file, name, limits)) as archive:
            yield archive
    elif hasattr(source, "read") and hasattr(source, "seek"):
        with _closing(_from_file(source, name_of(source), limits)) as archive:
            yield archive
    else:
        raise UnreadableError(f"{short(source)} is no path and no binary file object", place=None)


@contextmanager
def _closing(archive: Archive) -> Iterator[Archive]:
    try:
        yield archive
    finally:
        archive.close()


def _from_file(file: BinaryIO, name: str, limits: Limits) -> Archive:
    try:
        head = file.read(detect.HEAD)
        if isinstance(head, bytes):
            file.seek(-len(head), os.SEEK_CUR)
    except (OSError, ValueError) as error:
        raise UnreadableError(f"The file cannot be read: {short(str(error))}", place=name) from error
    if not isinstance(head, bytes):
        raise UnreadableError("The file is open for text, not for bytes", place=name)
    found = detect.of_head(head, name)
    if found == "zip":
        with _described(lambda: detect.of_zip(head), name):
            return ZipArchive(file, name, limits)
    if found == "hdf5":
        start = file.tell()
        with _described(lambda: detect.of_hdf5(_beginning(file, start)), name):
            return open_hdf5(file, name, limits)
    if found == "json":
        return JsonArchive(_all(file, name, limits), name, limits)
    return SavedModelArchive(_all(file, name, limits), name, limits)


@contextmanager
def _described(describe: Callable[[], detect.Foreign | None], name: str) -> Iterator[None]:
    """Let the error for a file that cannot be opened tell what it is instead; one that was refused stays refused."""
    try:
        yield
    except ArchiveError as error:
        foreign = describe()
        if foreign is None:
            raise
        if isinstance(error, NotAModelError):
            raise foreign.error(name) from error
        error.problem, error.hint = f"{foreign.sentence}: {error.problem}", foreign.hint
        raise


def _beginning(file: BinaryIO, start: int) -> bytes:
    try:
        file.seek(start)
        return file.read(detect.SCANNED)
    except (OSError, ValueError):
        return b""


def _from_folder(path: Path, name: str, limits: Limits) -> Archive:
    """Return the archive of a folder: of an unzipped `.keras` file, or of a SavedModel."""
    try:
        if (path / CONFIG).exists() or not (path / savedmodel.FILE).exists():
            return FolderArchive(path, name, limits)
        data = FolderArchive(path, name, limits).read(savedmodel.FILE)
    except HornbookError:
        raise
    except OSError as error:
        raise UnreadableError(f"The folder cannot be read: {short(str(error))}", place=name) from error
    if data is None:  # it is no file
        raise detect.SAVED_MODEL.error(name)
    return SavedModelArchive(data, f"{name}/{savedmodel.FILE}", limits)


def _all(file: BinaryIO, name: str, limits: Limits) -> bytes:
    """Return what is left of a file, at most what a config may have."""
    try:
        data = file.read(limits.config_bytes + 1)
    except (OSError, ValueError) as error:
        raise UnreadableError(f"The file cannot be read: {short(str(error))}", place=name) from error
    if len(data) > limits.config_bytes:
        raise LimitError(f"The file has more than {limits.config_bytes} bytes", place=name)
    return data
