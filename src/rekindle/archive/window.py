"""A part of a file, read as a file of its own."""

from __future__ import annotations

import io
import os
from typing import Any, BinaryIO


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

    def readinto(self, buffer: Any) -> int:
        left = max(0, self._size - self._at)
        view = memoryview(buffer)[:left]
        into = getattr(self._file, "readinto", None)
        if into is None:
            data = self.read(len(view))
            view[: len(data)] = data
            return len(data)
        self._file.seek(self._start + self._at)
        done: int = into(view)
        self._at += done
        return done
