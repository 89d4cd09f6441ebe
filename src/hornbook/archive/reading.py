"""Reading: a file is opened by what it is.

One strict reader a container: what it does not understand it refuses, and
nothing else is tried then.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from hornbook.archive import detect
from hornbook.archive.base import ASSETS, CONFIG, METADATA, OWN_METADATA
from hornbook.archive.container import Opening
from hornbook.archive.files.open_file import open_file
from hornbook.archive.foreign import Foreign
from hornbook.archive.formats import BUILT_IN, Formats
from hornbook.archive.protocol import Archive
from hornbook.errors import ArchiveError, HornbookError, NotAModelError, UnreadableError, short
from hornbook.policy import Limits

__all__ = ["ASSETS", "CONFIG", "METADATA", "OWN_METADATA", "Archive", "Source", "name_of", "open_archive"]
Source = str | os.PathLike[str] | BinaryIO


def name_of(source: Source) -> str:
    """Return what to call a file in errors."""
    return Path(source).name or short(source) if isinstance(source, (str, os.PathLike)) else "file object"


@contextmanager
def open_archive(source: Source, limits: Limits, formats: Formats = BUILT_IN) -> Iterator[Archive]:
    """Open a model file by its content.

    Args:
        source: A path, or a binary file object at the start of the archive.
        limits: How much it may ask for.
        formats: The containers and weight formats that are known.

    Raises:
        ArchiveNotFoundError: There is nothing at that path.
        ArchiveError: It is no model file of a kind that is read here.
    """
    opening = Opening(name_of(source), limits, formats.weight_formats)
    if isinstance(source, (str, os.PathLike)):
        path = Path(source)
        if _is_folder(path, source):
            with _closing(_from_folder(path, opening, formats)) as archive:
                yield archive
            return
        prefix = detect.prefix_container(path, formats.containers)
        if prefix is not None:
            with _closing(prefix.open_prefix(path, opening)) as archive:
                yield archive
            return
        with open_file(path, str(path)) as file, _closing(_from_file(file, opening, formats)) as archive:
            yield archive
    elif hasattr(source, "read") and hasattr(source, "seek"):
        with _closing(_from_file(source, opening, formats)) as archive:
            yield archive
    else:
        raise UnreadableError(f"{short(source)} is no path and no binary file object", place=None)


def _is_folder(path: Path, source: Source) -> bool:
    try:
        return path.is_dir()
    except (OSError, ValueError) as error:  # a NUL in it, or too long
        raise UnreadableError(f"This is no path: {short(str(error))}", place=short(source)) from error


@contextmanager
def _closing(archive: Archive) -> Iterator[Archive]:
    try:
        yield archive
    finally:
        archive.close()


def _from_file(file: BinaryIO, opening: Opening, formats: Formats) -> Archive:
    head = _head(file, opening.name)
    container = detect.container_of(head, opening.name, formats.containers)
    start = file.tell()
    with _described(lambda: _foreign(container.describe, file, start), opening.name):
        return container.open(file, opening)


def _head(file: BinaryIO, name: str) -> bytes:
    """Return the first bytes of a file, which stays where it is."""
    try:
        head = file.read(detect.HEAD)
        if isinstance(head, bytes):
            file.seek(-len(head), os.SEEK_CUR)
    except (OSError, ValueError) as error:
        raise UnreadableError(f"The file cannot be read: {short(str(error))}", place=name) from error
    if not isinstance(head, bytes):
        raise UnreadableError("The file is open for text, not for bytes", place=name)
    return head


@contextmanager
def _described(describe: Callable[[], Foreign | None], name: str) -> Iterator[None]:
    """Let the error for a file that cannot be opened tell what it is instead; one that was refused stays refused."""
    try:
        yield
    except ArchiveError as error:
        form = describe()
        if form is None:
            raise
        if isinstance(error, NotAModelError):
            raise form.error(name) from error
        error.problem, error.hint = f"{form.sentence}: {error.problem}", form.hint
        raise


def _foreign(describe: Callable[[BinaryIO], Foreign | None], file: BinaryIO, start: int) -> Foreign | None:
    try:
        file.seek(start)
        return describe(file)
    except (OSError, ValueError):
        return None


def _from_folder(path: Path, opening: Opening, formats: Formats) -> Archive:
    """Return the archive of a folder."""
    try:
        return detect.folder_container(path, formats.containers).open_folder(path, opening)
    except HornbookError:
        raise
    except OSError as error:
        raise UnreadableError(f"The folder cannot be read: {short(str(error))}", place=opening.name) from error
