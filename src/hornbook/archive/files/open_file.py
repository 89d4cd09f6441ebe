"""Opens files, and nothing else: a pipe would wait for ever, a device may do anything.

What a path leads to is asked for first, and once more when it is open.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from hornbook.errors import ArchiveError, ArchiveNotFoundError, LimitError, UnreadableError, short
from hornbook.policy import Limits

_FLAGS = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0)


def open_file(path: Path, place: str) -> BinaryIO:
    """Return a regular file, open for reading.

    Args:
        path: Where it is.
        place: What to call it in errors.

    Raises:
        ArchiveNotFoundError: There is nothing.
        ArchiveError: It is no regular file, or cannot be opened.

    Example:
        >>> open_file(Path("/dev/null"), "null")
        Traceback (most recent call last):
        hornbook.errors.UnreadableError: This is no file, but a device, a pipe or a socket - at `null`
    """
    try:
        _check_regular(path.stat(), place)
        descriptor = os.open(path, _FLAGS)
        try:
            _check_regular(os.fstat(descriptor), place)
            return os.fdopen(descriptor, "rb")
        except BaseException:
            os.close(descriptor)
            raise
    except FileNotFoundError as error:
        raise ArchiveNotFoundError("There is no such file or folder", place=place) from error
    except ArchiveError:
        raise
    except (OSError, ValueError) as error:
        raise UnreadableError(f"The file cannot be opened: {short(str(error))}", place=place) from error


def read_file(path: Path, place: str, at_most: int) -> bytes:
    """Return what a regular file holds.

    Raises:
        ArchiveError: As :func:`open_file`; or it cannot be read.
        LimitError: It has more than `at_most` bytes.
    """
    with open_file(path, place) as file:
        return read_rest(file, place, at_most)


def read_rest(file: BinaryIO, place: str, at_most: int) -> bytes:
    """Return what is left of a file.

    Raises:
        UnreadableError: It cannot be read.
        LimitError: It has more than `at_most` bytes.
    """
    try:
        data = file.read(at_most + 1)
    except (OSError, ValueError) as error:
        raise UnreadableError(f"The file cannot be read: {short(str(error))}", place=place) from error
    if len(data) > at_most:
        raise LimitError(f"The file has more than {at_most} bytes", place=place)
    return data


def files_below(root: Path, place: str, limits: Limits, *, links: bool = True) -> Iterator[tuple[str, int]]:
    """Yield name and bytes of every file in a folder; links are left out and not followed.

    Args:
        root: The folder.
        place: What to call it in errors.
        limits: How many files there may be, and how deep.
        links: Whether links are tolerated.

    Raises:
        ArchiveError: There is something else than files, folders and links, or
            the folder cannot be read.
        LimitError: There are too many, or they nest too deep.
    """
    count, todo = 0, [("", root)]
    while todo:
        above, folder = todo.pop()
        for name, entry in _entries(folder, place):
            count += 1
            inner = f"{above}/{name}" if above else name
            if count > limits.members or inner.count("/") > limits.depth:
                raise LimitError(f"The folder has more than {limits.members} files, or nests too deep", place=place)
            if stat.S_ISDIR(entry.st_mode):
                todo.append((inner, folder / name))
            elif not (links and stat.S_ISLNK(entry.st_mode)):
                _check_regular(entry, f"{place}/{inner}")
                yield inner, entry.st_size


def names_in(root: Path, place: str, limits: Limits) -> list[str]:
    """Return what stands directly in a folder, and in folders within it that have a number for a name.

    Raises:
        ArchiveError: The folder cannot be read.
    """
    names: list[str] = []
    for name, entry in _entries(root, place)[: limits.members]:
        names.append(name)
        if name.isdigit() and stat.S_ISDIR(entry.st_mode):  # a step of a training
            names += [f"{name}/{inner}" for inner, _ in _entries(root / name, place)[: limits.members]]
    return names


def _entries(folder: Path, place: str) -> list[tuple[str, os.stat_result]]:
    try:
        with os.scandir(folder) as entries:
            return sorted([(entry.name, entry.stat(follow_symlinks=False)) for entry in entries], reverse=True)
    except OSError as error:
        raise ArchiveError(f"The folder cannot be read: {short(str(error))}", place=place) from error


def _check_regular(status: os.stat_result, place: str) -> None:
    if not stat.S_ISREG(status.st_mode):
        kinds = ((stat.S_ISDIR, "a folder"), (stat.S_ISLNK, "a link that leads outside"))
        kind = next((kind for of, kind in kinds if of(status.st_mode)), "a device, a pipe or a socket")
        raise UnreadableError(f"This is no file, but {kind}", place=place)
