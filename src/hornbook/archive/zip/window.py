"""A part of a file, read as a file of its own, or at once into a buffer."""

from __future__ import annotations

import io
import os
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any, BinaryIO

_PIECE = 1 << 21  # bytes below which another thread costs more than it saves
_THREADS = 4


class Window(io.RawIOBase):
    """A part of a file, as a file of its own; closing it leaves the other one open.

    Args:
        file: The other file.
        start: Where the part begins.
        size: How many bytes it has.
    """

    def __init__(self, file: BinaryIO, start: int, size: int) -> None:
        super().__init__()
        self._file, self._start, self._size, self._at = file, start, size, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        self._at = offset + (0, self._at, self._size)[whence]
        return self._at

    def read(self, size: int | None = -1) -> bytes:
        left = max(0, self._size - self._at)
        self._file.seek(self._start + self._at)
        data = self._file.read(left if size is None or size < 0 else min(size, left))
        self._at += len(data)
        return data

    def outside(self, at: int) -> tuple[BinaryIO, int]:
        """Return the other file, and where a position of this one is in it."""
        return self._file, self._start + at


def beneath(file: BinaryIO, at: int) -> tuple[BinaryIO, int]:
    """Return the file that a window shows a part of, and where a position of the window is in it."""
    while isinstance(file, Window):
        file, at = file.outside(at)
    return file, at


def fill(view: memoryview, file: BinaryIO, at: int) -> int:
    """Read from a position of a file until a buffer is full; return how many bytes there were.

    Most of the time is spent on memory that nobody has touched yet, so several
    threads read the pieces of a large array of a file on the disk.
    """
    many = min(_THREADS, os.cpu_count() or 1, len(view) // _PIECE)
    number = descriptor(file, io.BufferedReader)
    if many < 2 or number is None:
        file.seek(at)
        done: int = file.readinto(view)  # type: ignore[attr-defined]
        return done
    ends = [len(view) * i // many for i in range(many + 1)]
    with ThreadPoolExecutor(many - 1) as pool:
        parts = [(number, view[start:end], at + start) for start, end in pairwise(ends)]
        others = [pool.submit(_read, *part) for part in parts[1:]]
        return _read(*parts[0]) + sum(read.result() for read in others)


def descriptor(file: BinaryIO, kind: type[io.BufferedReader | io.BufferedRandom]) -> int | None:
    """Return the descriptor of a file on the disk, at whose positions several threads can read.

    That of any other file object, as one of GZIP, may have other bytes than the
    file.

    Args:
        file: The file.
        kind: Of which class it must be, to be one on the disk.
    """
    opened: Any = file
    plain = hasattr(os, "preadv") and type(opened) is kind and type(opened.raw) is io.FileIO
    return file.fileno() if plain else None


def _read(number: int, view: memoryview, at: int) -> int:
    """Fill a buffer from a position, as far as the file goes."""
    left = view
    while left:
        done = os.preadv(number, [left], at)
        if not done:
            break
        left, at = left[done:], at + done
    return len(view) - len(left)
