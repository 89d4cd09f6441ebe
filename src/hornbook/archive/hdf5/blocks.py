"""The bytes of an HDF5 file, of which each may belong to one thing only.

An HDF5 file is a graph of addresses.  Cycles, two arrays over the same bytes,
a thousand chunks that are one: all of these need a byte that is used twice,
which no writer makes.  So whoever reads a part takes it first.
"""

from __future__ import annotations

import os
from bisect import bisect_right
from collections.abc import Iterable
from typing import BinaryIO

from hornbook.archive.zip.window import beneath, fill
from hornbook.errors import ArchiveError, LimitError, short

_FEW = 64  # parts that are put into the sorted list one by one


class Blocks:
    """The bytes of a file.

    Args:
        file: A binary file; what it has from its position on is the HDF5 file.
        most: How many parts may be taken.

    Attributes:
        size: How many bytes there are.
    """

    def __init__(self, file: BinaryIO, most: int) -> None:
        self._most = most
        self._taken: list[tuple[int, int]] = []
        try:
            start = file.tell()
            self.size = file.seek(0, os.SEEK_END) - start
        except (OSError, ValueError, AttributeError) as error:
            raise _unreadable(error) from error
        self._file, self._start = beneath(file, start)

    def take(self, at: int, size: int) -> bytes:
        """Return bytes that nothing else may use."""
        if size:
            self._claim((at, at + size))
        return self.peek(at, size)

    def peek(self, at: int, size: int) -> bytes:
        """Return bytes that are taken already, or that say how many to take.

        Raises:
            ArchiveError: They lie outside of the file.
        """
        if not 0 <= size <= self.size - at:
            raise _outside()
        try:
            self._file.seek(self._start + at)
            data = self._file.read(size)
        except (OSError, ValueError) as error:
            raise _unreadable(error) from error
        if len(data) != size:
            raise ArchiveError("The file ends while it is read", place=None)
        return data

    def fill(self, buffer: memoryview, at: int) -> None:
        """Copy bytes that are taken already into a buffer.

        Raises:
            ArchiveError: As :meth:`peek`.
        """
        if not hasattr(self._file, "readinto"):
            buffer[:] = self.peek(at, len(buffer))
            return
        self.peek(at + len(buffer), 0)
        try:
            done = fill(buffer, self._file, self._start + at)
        except (OSError, ValueError) as error:
            raise _unreadable(error) from error
        if done != len(buffer):
            raise ArchiveError("The file ends while it is read", place=None)

    def claim(self, parts: Iterable[tuple[int, int]]) -> None:
        """Take parts, each from its first byte to before its last.

        Raises:
            ArchiveError: One lies outside of the file, or is taken in part.
            LimitError: There are too many.
        """
        new = sorted([part for part in parts if part[0] < part[1]])
        if len(new) <= _FEW:
            for part in new:
                self._claim(part)
            return
        if any(end > self.size for _, end in new):
            raise _outside()
        self._check_number(len(new))
        self._taken = sorted(self._taken + new)
        if any(before[1] > after[0] for before, after in zip(self._taken, self._taken[1:], strict=False)):
            raise _shared()

    def _claim(self, part: tuple[int, int]) -> None:
        """Take one part that is not empty."""
        taken = self._taken
        if part[1] > self.size:
            raise _outside()
        self._check_number(1)
        i = bisect_right(taken, part)
        if (i and taken[i - 1][1] > part[0]) or (i < len(taken) and taken[i][0] < part[1]):
            raise _shared()
        taken.insert(i, part)

    def _check_number(self, more: int) -> None:
        if len(self._taken) + more > self._most:
            raise LimitError("The file has too many parts", place=None)


def _outside() -> ArchiveError:
    return ArchiveError("The file leads to bytes that it does not have", place=None)


def _shared() -> ArchiveError:
    return ArchiveError("The file uses the same bytes for two things", place=None)


def _unreadable(error: Exception) -> ArchiveError:
    return ArchiveError(f"The file cannot be read: {short(str(error))}", place=None)
