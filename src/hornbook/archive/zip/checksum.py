"""The CRC-32 of a file that is being written: large pieces are summed up while others are written.

What it is for: large models.  Against one sum at the end, whose reading is
hidden by the disk up to some size, `write_zip` of random arrays takes as long
for 16 and 100 MB (without / with: 0.98 and 1.02, 95 % intervals 0.97 to 1.01
and 0.97 to 1.06) and less for 340 MB (1.09, interval 1.07 to 1.17; medians of
40 alternating pairs on two processors at rest).
"""

from __future__ import annotations

import io
import os
import zlib
from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import lru_cache
from typing import Any, BinaryIO

from hornbook.archive.zip.window import descriptor

_CHUNK = 1 << 20
_PIECE = 1 << 20  # bytes below which another thread costs more than it saves
# The polynomial of ZIP (ISO 3309), and two of its powers of x; the highest bit is x to the 0.
_POLYNOMIAL, _ONE, _BYTE = 0xEDB88320, 1 << 31, 1 << 23


class Sums:
    """Sums of pieces of a file, in any order, and what they make together.

    Args:
        pool: Where they are made, out of what the file has.
        file: The file.

    Example:
        >>> import io
        >>> file, data = io.BytesIO(), bytes(range(256))
        >>> with ThreadPoolExecutor(1) as pool:
        ...     sums = Sums(pool, file)
        ...     _ = file.write(b"-- " + data)
        ...     sums.add(3, len(data))
        ...     sums.whole(3, len(data)) == zlib.crc32(data)
        True
    """

    def __init__(self, pool: ThreadPoolExecutor, file: BinaryIO) -> None:
        self._pool, self._file = pool, file
        self._number = descriptor(file, io.BufferedRandom)
        self._starts: list[int] = []
        self._pieces: dict[int, tuple[int, Future[int]]] = {}

    def add(self, at: int, size: int) -> None:
        """Sum up what was written, if that is much."""
        if size < _PIECE or self._number is None:
            return
        self._file.flush()
        insort(self._starts, at)
        self._pieces[at] = at + size, self._pool.submit(_read_back, self._number, at, at + size)

    def forget(self, start: int, end: int) -> None:
        """Drop the pieces between two positions: they will hold something else."""
        first = bisect_right(self._starts, start) - 1
        if first < 0 or self._pieces[self._starts[first]][0] <= start:
            first += 1
        last = bisect_left(self._starts, end)
        for at in self._starts[first:last]:
            del self._pieces[at]
        del self._starts[first:last]

    def whole(self, start: int, size: int) -> int:
        """Return the sum of so many bytes; what was in no piece is read, and the file is left anywhere."""
        total, at, end = 0, start, start + size
        for piece in self._starts[bisect_left(self._starts, start) :]:
            stop, future = self._pieces[piece]
            if stop > end:
                break
            total = combined(self._summed(at, piece, total), future.result(), stop - piece)
            at = stop
        return self._summed(at, end, total)

    def _summed(self, start: int, end: int, total: int) -> int:
        """Go on summing up from one position of the file to another."""
        if start == end:
            return total
        self._file.seek(start)
        into: Callable[[Any], int] = self._file.readinto  # type: ignore[attr-defined]
        return _summed(lambda buffer, _: into(buffer), start, end, total)


def _read_back(number: int, start: int, end: int) -> int:
    return _summed(lambda buffer, at: os.preadv(number, [buffer], at), start, end, 0)


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


def _product(left: int, right: int) -> int:
    """Multiply two polynomials over GF(2), modulo that of ZIP."""
    result = 0
    for bit in range(31, -1, -1):
        if left >> bit & 1:
            result ^= right
        right = right >> 1 ^ (_POLYNOMIAL if right & 1 else 0)
    return result


def _summed(read: Callable[[memoryview, int], int], start: int, end: int, total: int) -> int:
    """Go on summing up what `read` puts into a buffer, from one position to another."""
    buffer = memoryview(bytearray(min(_CHUNK, end - start)))
    while start < end:
        done = read(buffer[: end - start], start)
        if not done:
            raise EOFError("The file ended while it was summed up")
        total = zlib.crc32(buffer[:done], total)
        start += done
    return total
