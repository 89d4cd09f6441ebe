"""The CRC-32 of a part of a file, its pieces summed up side by side."""

from __future__ import annotations

import io
import os
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any, BinaryIO

_CHUNK = 1 << 20
_PIECE = 1 << 24  # bytes below which another thread costs more than it saves
_THREADS = 4
# The polynomial of ZIP (ISO 3309), and two of its powers of x; the highest bit is x to the 0.
_POLYNOMIAL, _ONE, _BYTE = 0xEDB88320, 1 << 31, 1 << 23


def crc32_of(file: BinaryIO, start: int, size: int) -> int:
    """Return the CRC-32 of so many bytes of a file, from a position on; the file may be left anywhere.

    Example:
        >>> crc32_of(io.BytesIO(b"-- 123456789"), 3, 9) == zlib.crc32(b"123456789")
        True
    """
    number = _descriptor(file)
    if number is None or size < 2 * _PIECE:
        file.seek(start)
        into: Callable[[Any], int] = file.readinto  # type: ignore[attr-defined]
        return _summed(lambda buffer, _: into(buffer), 0, size)
    file.flush()
    many = min(_THREADS, os.cpu_count() or 1, size // _PIECE)
    ends = [start + size * i // many for i in range(many + 1)]
    with ThreadPoolExecutor(many) as pool:
        sums = list(pool.map(lambda part: _summed(lambda b, at: os.preadv(number, [b], at), *part), pairwise(ends)))
    total = sums[0]
    for found, (first, last) in zip(sums[1:], [*pairwise(ends)][1:], strict=True):
        total = combined(total, found, last - first)
    return total


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
    shift, power = _ONE, _BYTE  # x to the 8 * length, by squares
    while length:
        if length & 1:
            shift = _product(shift, power)
        power = _product(power, power)
        length >>= 1
    return _product(shift, first) ^ second


def _product(one: int, other: int) -> int:
    """Multiply two polynomials over GF(2), modulo that of ZIP."""
    result = 0
    for bit in range(31, -1, -1):
        if one >> bit & 1:
            result ^= other
        other = other >> 1 ^ (_POLYNOMIAL if other & 1 else 0)
    return result


def _descriptor(file: BinaryIO) -> int | None:
    """Return the descriptor of a file that threads can read at once, where there are such."""
    if not hasattr(os, "preadv"):
        return None
    try:
        return file.fileno()
    except (AttributeError, io.UnsupportedOperation):
        return None


def _summed(read: Callable[[memoryview, int], int], start: int, end: int) -> int:
    """Sum up what `read` puts into a buffer, from one position to another."""
    buffer, total = memoryview(bytearray(_CHUNK)), 0
    while start < end:
        done = read(buffer[: end - start], start)
        if not done:
            raise EOFError("The file ended while it was summed up")
        total = zlib.crc32(buffer[:done], total)
        start += done
    return total
