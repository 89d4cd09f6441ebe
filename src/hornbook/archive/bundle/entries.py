"""What the index of a checkpoint says of each array: type, shape, and where its bytes are."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

from hornbook.archive.bundle.table import damaged
from hornbook.archive.protobuf import BYTES, FIXED_32, VARINT, Buffer, fields, signed
from hornbook.errors import ArchiveError, LimitError

# Fields of `BundleHeaderProto` and `BundleEntryProto`, of a shape and of a slice.
_SHARDS, _ENDIANNESS, _VERSION = 1, 2, 3
_DTYPE, _SHAPE, _SHARD, _OFFSET, _SIZE, _SUM, _SLICES = 1, 2, 3, 4, 5, 6, 7
_HEADER = {_SHARDS: VARINT, _ENDIANNESS: VARINT, _VERSION: BYTES}
_ENTRY = {_DTYPE: VARINT, _SHAPE: BYTES, _SHARD: VARINT, _OFFSET: VARINT, _SIZE: VARINT, _SUM: FIXED_32, _SLICES: BYTES}
_DIMENSION, _UNKNOWN_RANK = 2, 3
_EXTENT, _START, _LENGTH = 1, 1, 2
_ALL = (1 << 64) - 1  # the length -1
_MOST_DIMENSIONS, _MOST_VALUES = 32, 1 << 48
_MOST_SHARDS, _MOST_SLICES = 100_000, 10_000

STRING, BFLOAT16 = 7, 14
# Types of TensorFlow as NumPy has them; a `bfloat16` is half of a `float32`, and read as that.
DTYPES = {
    1: "f4", 2: "f8", 3: "i4", 4: "u1", 5: "i2", 6: "i1", 8: "c8", 9: "i8", 10: "b1",
    BFLOAT16: "u2", 17: "u2", 18: "c16", 19: "f2", 22: "u4", 23: "u8",
}  # fmt: skip


class BundleHeader(NamedTuple):
    """What the index says of the checkpoint.

    Args:
        shards: How many files have the values.
        order: The order of bytes in them, `"<"` or `">"`.
    """

    shards: int
    order: str


class Slice(NamedTuple):
    """A part of an array, along each of its dimensions.

    Args:
        extents: Where it starts and how long it is; a length of -1 is all of it.
    """

    extents: tuple[tuple[int, int], ...]

    def within(self, shape: tuple[int, ...]) -> tuple[tuple[int, int], ...]:
        """Return its start and end along each dimension of an array.

        Raises:
            ArchiveError: It is no part of it.
        """
        if len(self.extents) != len(shape):
            raise damaged("a slice has other dimensions than its array")
        ends = [
            (start, whole if size < 0 else start + size)
            for (start, size), whole in zip(self.extents, shape, strict=True)
        ]
        if any(not 0 <= start < end <= whole for (start, end), whole in zip(ends, shape, strict=True)):
            raise damaged("a slice is no part of its array")
        return tuple(ends)


class BundleEntry(NamedTuple):
    """An array of a checkpoint.

    Args:
        dtype: Its type, as a number.
        shape: Its shape.
        shard: The number of the file that has its bytes.
        offset: Where they begin.
        size: How many they are.
        crc: Their sum, as it is stored.
        slices: The parts that it is stored in, where these are entries of their own.
    """

    dtype: int
    shape: tuple[int, ...]
    shard: int
    offset: int
    size: int
    crc: int
    slices: tuple[Slice, ...]

    @property
    def values(self) -> int:
        """How many values it has."""
        return math.prod(self.shape)


def header_of(data: Buffer) -> BundleHeader:
    """Return the header of an index.

    Raises:
        ArchiveError: It is damaged.
        LimitError: It has too many shards.
    """
    parts = dict(fields(data, _HEADER))
    shards, order = parts.get(_SHARDS, 0), parts.get(_ENDIANNESS, 0)
    if not shards > 0 or order not in (0, 1):
        raise damaged("its header is that of no checkpoint")
    if shards > _MOST_SHARDS:
        raise LimitError(f"The checkpoint has more than {_MOST_SHARDS} files", place=None)
    return BundleHeader(shards, "<>"[order])


def entry_of(data: Buffer) -> BundleEntry:
    """Return what an index says of an array.

    Raises:
        ArchiveError: It is damaged.
        LimitError: There are too many slices.
    """
    numbers: dict[int, int] = {}
    shape: tuple[int, ...] = ()
    slices: list[Slice] = []
    for number, value in fields(data, _ENTRY):
        if number == _SHAPE:
            shape = _shape(value)
        elif number == _SLICES:
            if len(slices) >= _MOST_SLICES:
                raise LimitError(f"An array has more than {_MOST_SLICES} slices", place=None)
            slices.append(_slice(value))
        else:
            numbers[number] = value
    dtype, shard, offset, size, crc = (numbers.get(field, 0) for field in (_DTYPE, _SHARD, _OFFSET, _SIZE, _SUM))
    return BundleEntry(dtype, shape, shard, offset, size, crc, tuple(slices))


def _shape(data: Buffer) -> tuple[int, ...]:
    sizes = []
    for number, value in fields(data, {_DIMENSION: BYTES, _UNKNOWN_RANK: VARINT}):
        if number == _UNKNOWN_RANK:
            raise ArchiveError("The array has a shape that is not known")
        sizes.append(signed(dict(fields(value, {1: VARINT, 2: BYTES})).get(1, 0)))
    whole = math.prod(size or 1 for size in sizes)
    if len(sizes) > _MOST_DIMENSIONS or min(sizes, default=0) < 0 or whole > _MOST_VALUES:
        raise ArchiveError("The array has a shape that nothing can have")
    return tuple(sizes)


def _slice(data: Buffer) -> Slice:
    extents = []
    for _, value in fields(data, {_EXTENT: BYTES}):
        parts = dict(fields(value, {_START: VARINT, _LENGTH: VARINT}))
        extents.append((signed(parts.get(_START, 0)), signed(parts.get(_LENGTH, _ALL))))
    if len(extents) > _MOST_DIMENSIONS:
        raise damaged("a slice has other dimensions than its array")
    return Slice(tuple(extents))


def slice_key(name: bytes, part: Slice) -> bytes:
    """Return the key of the entry that has the bytes of a slice: what TensorFlow makes of name and extents.

    Args:
        name: The key of the array, which has neither the byte 0 nor 255.
        part: The slice.

    Example:
        >>> slice_key(b"w", Slice(((0, 2), (0, -1)))).hex(" ")
        '00 77 00 01 01 02 80 82 80 7f'
    """
    count = len(part.extents)
    head = b"\x00" + name + b"\x00\x01" + (bytes([1, count]) if count else b"\x00")
    return head + b"".join(_ordered(number) for extent in part.extents for number in extent)


def _ordered(value: int) -> bytes:
    """Return a number so that bytes are in the order of numbers: the first bits tell how many bytes there are."""
    size = 1
    while not -(1 << (7 * size - 1)) <= value < 1 << (7 * size - 1):
        size += 1
    bits = (1 << (8 * size)) - 1
    return ((value & bits) ^ (((1 << size) - 1) << (7 * size))).to_bytes(size, "big")


def check_apart(parts: list[tuple[int, int, int]]) -> None:
    """Refuse arrays that have the same bytes.

    Args:
        parts: Shard, start and end of each.

    Raises:
        ArchiveError: Two overlap.
    """
    for (shard, _, end), (other, start, _) in pairwise(sorted(parts)):
        if shard == other and start < end:
            raise damaged("two arrays have the same bytes")


def full(slices: tuple[Slice, ...], shape: tuple[int, ...]) -> Iterator[tuple[tuple[int, int], ...]]:
    """Yield the parts of an array, which all together are as large as it.

    Raises:
        ArchiveError: They are not.
    """
    total = 0
    for part in slices:
        ends = part.within(shape)
        total += math.prod(end - start for start, end in ends)
        yield ends
    if total != math.prod(shape):
        raise damaged("the slices of an array are not the whole of it")
