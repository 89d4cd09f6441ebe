"""The CRC-32 of a file that is being written: large pieces are summed up while they are written."""

from __future__ import annotations

import zlib
from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, BinaryIO

_CHUNK = 1 << 20
_PIECE = 1 << 20  # bytes below which another thread costs more than it saves
# The polynomial of ZIP (ISO 3309), and two of its powers of x; the highest bit is x to the 0.
_POLYNOMIAL, _ONE, _BYTE = 0xEDB88320, 1 << 31, 1 << 23


class Sums:
    """Sums of pieces of a file, in any order, and what they make together.

    Args:
        pool: Where they are made.

    Example:
        >>> import io
        >>> file, data = io.BytesIO(), bytes(range(256)) * 8192
        >>> with ThreadPoolExecutor(1) as pool:
        ...     sums = Sums(pool)
        ...     with sums.of(3, data):
        ...         _ = file.write(b"-- " + data + b"!")
        ...     sums.whole(file, 3, len(data) + 1) == zlib.crc32(data + b"!")
        True
    """

    def __init__(self, pool: ThreadPoolExecutor) -> None:
        self._pool = pool
        self._starts: list[int] = []
        self._pieces: dict[int, tuple[int, int]] = {}

    @contextmanager
    def of(self, at: int, data: Any) -> Iterator[None]:
        """Sum up what the block writes.

        Args:
            at: The position in the file.
            data: The bytes; they may be gone when the block has ended.
        """
        size = len(data)
        self.forget(at, at + size)
        if size < _PIECE:
            yield
            return
        made = self._pool.submit(zlib.crc32, data)
        try:
            yield
        finally:
            wait([made])
        insort(self._starts, at)
        self._pieces[at] = at + size, made.result()

    def forget(self, start: int, end: int) -> None:
        """Drop the pieces between two positions: they will hold something else."""
        first = bisect_right(self._starts, start) - 1
        if first < 0 or self._pieces[self._starts[first]][0] <= start:
            first += 1
        last = bisect_left(self._starts, end)
        for at in self._starts[first:last]:
            del self._pieces[at]
        del self._starts[first:last]

    def whole(self, file: BinaryIO, start: int, size: int) -> int:
        """Return the sum of so many bytes; what was in no piece is read, and the file is left anywhere."""
        total, at, end = 0, start, start + size
        for piece in self._starts[bisect_left(self._starts, start) :]:
            stop, found = self._pieces[piece]
            if stop > end:
                break
            total = combined(_summed(file, at, piece, total), found, stop - piece)
            at = stop
        return _summed(file, at, end, total)


def combined(first: int, second: int, length: int) -> int:
    """Return the CRC-32 of two pieces, one after the other, of the sums of each.

    Args:
        first: That of the first piece.
        second: That of the second one.
        length: Bytes of the second one.

    Example:
        >>> combined(zlib.crc32(b"1234"), zlib.crc32(b"56789"), 5) == zlib.crc32(b"123456789")
        True
    """
    return _product(_shift(length), first) ^ second


@lru_cache(maxsize=256)  # many arrays of a model have the same size
def _shift(length: int) -> int:
    """Return x to the 8 * length, by squares."""
    shift, power = _ONE, _BYTE
    while length:
        if length & 1:
            shift = _product(shift, power)
        power = _product(power, power)
        length >>= 1
    return shift


def _product(one: int, other: int) -> int:
    """Multiply two polynomials over GF(2), modulo that of ZIP."""
    result = 0
    for bit in range(31, -1, -1):
        if one >> bit & 1:
            result ^= other
        other = other >> 1 ^ (_POLYNOMIAL if other & 1 else 0)
    return result


def _summed(file: BinaryIO, start: int, end: int, total: int) -> int:
    """Go on summing up from one position of a file to another."""
    if start == end:
        return total
    file.seek(start)
    into: Callable[[Any], int] = file.readinto  # type: ignore[attr-defined]
    buffer = memoryview(bytearray(min(_CHUNK, end - start)))
    while start < end:
        done = into(buffer[: end - start])
        if not done:
            raise EOFError("The file ended while it was summed up")
        total = zlib.crc32(buffer[:done], total)
        start += done
    return total
