"""The wire format of protocol buffers, read strictly: numbers, bytes, and messages within each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from hornbook.errors import ArchiveError

VARINT, FIXED_64, BYTES, FIXED_32 = 0, 1, 2, 5
_FIXED = {FIXED_64: 8, FIXED_32: 4}
_KINDS = (VARINT, BYTES, *_FIXED)
_CONTINUED = 0x80  # what the bytes of a number have, but for its last one
_LONGEST_VARINT = 10  # bytes of a 64-bit number
_SIGN, _RANGE = 1 << 63, 1 << 64

Buffer = bytes | memoryview


def fields(data: Buffer, known: Mapping[int, int], *, others: bool = False) -> Iterator[tuple[int, Any]]:
    """Yield number and value of each known field of a message, in its order; bytes are a view of those of `data`.

    Args:
        data: The message.
        known: The wire type of each field that is of use.
        others: Whether there may be other fields, which are passed over.

    Raises:
        ArchiveError: A field is not known, or of another type, or cut off.

    Example:
        >>> [(number, bytes(value)) for number, value in fields(bytes([0x0A, 2, 104, 105]), {1: BYTES})]
        [(1, b'hi')]
    """
    view = memoryview(data)
    at, end = 0, len(view)
    while at < end:
        key, at = (view[at], at + 1) if view[at] < _CONTINUED else varint(view, at, end)
        number, kind = key >> 3, key & 7
        wanted = known.get(number)
        if wanted != kind and (wanted is not None or not others or kind not in _KINDS):
            raise ArchiveError(f"The file has a field {number} of type {kind}, which does not belong there")
        size = _FIXED.get(kind)
        if size is None:
            size, at = (view[at], at + 1) if at < end and view[at] < _CONTINUED else varint(view, at, end)
            if kind == VARINT:
                if wanted is not None:
                    yield number, size
                continue
        if size > end - at:
            raise ArchiveError("The file is cut off")
        at += size
        if wanted is not None:
            value = view[at - size : at]
            yield number, value if kind == BYTES else int.from_bytes(value, "little")


def varint(data: Buffer, at: int, end: int) -> tuple[int, int]:
    """Return a number of variable length, and where it ends.

    Raises:
        ArchiveError: It is cut off, or too long.

    Example:
        >>> varint(bytes([0xAC, 2]), 0, 2)
        (300, 2)
    """
    value = 0
    for shift in range(_LONGEST_VARINT):
        if at >= end:
            raise ArchiveError("The file is cut off")
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << (7 * shift)
        if byte < _CONTINUED:
            return value, at
    raise ArchiveError("The file has a number that is too long")


def signed(value: int) -> int:
    """Return what a number stands for in a field of type `int64`.

    Example:
        >>> signed(5), signed((1 << 64) - 1)
        (5, -1)
    """
    return value - _RANGE if value >= _SIGN else value


def text(data: Buffer) -> str:
    """Return the text of a field.

    Raises:
        ArchiveError: It is none.
    """
    try:
        return bytes(data).decode("utf-8")
    except UnicodeDecodeError as error:
        raise ArchiveError("The file has a name that is no text") from error
