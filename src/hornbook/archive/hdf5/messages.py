"""What the messages in the header of an HDF5 object say: pure data of pure bytes.

Section numbers are those of the HDF5 File Format Specification 3.0
(https://support.hdfgroup.org/documentation/hdf5/latest/_f_m_t3.html).
"""

from __future__ import annotations

import math
import struct
from typing import NamedTuple

from hornbook.errors import ArchiveError

UNDEFINED = (1 << 64) - 1
_MOST_DIMENSIONS = 32  # of HDF5 itself
# Classes of types (IV.A.2.d).
_FIXED_POINT, _FLOATING_POINT, _STRING, _OPAQUE, _ENUMERATION, _VARIABLE_LENGTH = 0, 1, 3, 5, 8, 9
# Classes of layouts (IV.A.2.i).
_COMPACT, _CONTIGUOUS, _CHUNKED, _VIRTUAL = 0, 1, 2, 3
# The enumeration that h5py makes of a bool, with names filled up (version 1) and not (3 and later).
_BOOLEAN = (b"FALSE\0\0\0TRUE\0\0\0\0\0\1", b"FALSE\0TRUE\0\0\1")

# The floats: bit offset, precision, exponent (place, bits), mantissa (place, bits), bias.
_FLOATS: dict[tuple[int, ...], str] = {
    (0, 16, 10, 5, 0, 10, 15): "f2",
    (0, 32, 23, 8, 0, 23, 127): "f4",
    (0, 64, 52, 11, 0, 52, 1023): "f8",
    (0, 16, 7, 8, 0, 7, 127): "bfloat16",
}


class Datatype(NamedTuple):
    """The type of an array or attribute.

    Args:
        kind: `"number"`, `"bool"`, `"raw"` (bytes that h5py knows no number for),
            `"text"` of a fixed length, `"texts"` of any length, or `"other"`.
        size: Bytes of one value in the file.
        dtype: The name of the NumPy type, empty for what is none.
    """

    kind: str
    size: int
    dtype: str = ""


class Layout(NamedTuple):
    """Where the values of an array are.

    Args:
        data: The bytes themselves, of a compact array.
        address: Where they begin, or the tree of the chunks; `UNDEFINED` if nothing is stored.
        size: How many bytes, of a contiguous array.
        chunk: The shape of a chunk, and the bytes of one value.
    """

    data: bytes | None = None
    address: int = UNDEFINED
    size: int = 0
    chunk: tuple[int, ...] | None = None


class Attribute(NamedTuple):
    """An attribute, its values as bytes."""

    type: Datatype
    shape: tuple[int, ...] | None
    data: bytes


class Link(NamedTuple):
    """How a group names a member: the address of one in the file, or `None` if it leads elsewhere."""

    name: bytes
    address: int | None


class Reader:
    """Reads numbers and bytes one after the other; the end of the data is an error."""

    def __init__(self, data: bytes) -> None:
        self._data, self.at = data, 0

    def next(self, size: int, *, aligned: bool = False) -> bytes:
        """Return the next bytes; if `aligned`, with what fills up to a multiple of 8."""
        end = self.at + size
        if end > len(self._data):
            raise damaged()
        data = self._data[self.at : end]
        self.at = end + (-size % 8 if aligned else 0)
        return data

    def number(self, size: int) -> int:
        """Return a number of `size` bytes."""
        at = self.at
        self.at = end = at + size
        if end > len(self._data):
            raise damaged()
        return int.from_bytes(self._data[at:end], "little")


def damaged() -> ArchiveError:
    """Return the error for what contradicts itself."""
    return ArchiveError("The file is damaged, or no HDF5 file of a kind that Keras writes", place=None)


def foreign(what: str) -> ArchiveError:
    """Return the error for what HDF5 has and Keras never uses."""
    return ArchiveError(
        f"The file uses {what}, which Keras never does", hint="Save it once more with Keras or h5py.", place=None
    )


def dataspace(data: bytes) -> tuple[int, ...] | None:
    """Return a shape; `None` where there is no value at all (IV.A.2.b)."""
    read = Reader(data)
    version, rank, flags, kind = read.next(4)
    if version == 1:
        read.next(4)
        kind = 1
    elif version != 2:
        raise damaged()
    if rank > _MOST_DIMENSIONS or kind > 2 or flags > 1:
        raise damaged()
    return None if kind == 2 else tuple([read.number(8) for _ in range(rank)])


def datatype(data: bytes) -> Datatype:
    """Return a type (IV.A.2.d)."""
    read = Reader(data)
    head, bits, size = read.number(1), read.number(3), read.number(4)
    if not 1 <= head >> 4 <= 5 or size == 0:
        raise damaged()
    kind = head & 15
    if kind == _FIXED_POINT:
        return _integer(bits, read, size)
    if kind == _FLOATING_POINT:
        return _float(bits, read.next(12), size)
    if kind == _STRING:
        return Datatype("text", size)
    return _rare(kind, bits, size, data)


def _rare(kind: int, bits: int, size: int, data: bytes) -> Datatype:
    """Return a type that is neither a number nor a text of a fixed length."""
    if kind == _OPAQUE and size in (1, 2):
        return Datatype("raw", size, f"V{size}")
    if kind == _ENUMERATION and (size, bits) == (1, 2) and data[20:].startswith(_BOOLEAN):
        return Datatype("bool", 1, "?")
    return Datatype("texts" if (kind, bits & 15, size) == (_VARIABLE_LENGTH, 1, 16) else "other", size)


def _integer(bits: int, read: Reader, size: int) -> Datatype:
    offset, precision = read.number(2), read.number(2)
    if size not in (1, 2, 4, 8) or offset or precision != 8 * size:
        return Datatype("other", size)
    return Datatype("number", size, f"{'>' if bits & 1 else '<'}{'i' if bits & 8 else 'u'}{size}")


def _float(bits: int, properties: bytes, size: int) -> Datatype:
    """Return a float of IEEE 754, or bfloat16."""
    fields: tuple[int, ...] = struct.unpack("<HHBBBBI", properties)
    name, precision = _FLOATS.get(fields), fields[1]
    plain = (bits >> 4) & 3 == 2 and bits >> 8 == precision - 1 and not bits & 64 and precision == 8 * size
    if name is None or not plain or (name == "bfloat16" and bits & 1):
        return Datatype("other", size)
    return Datatype("number", size, name if name == "bfloat16" else f"{'>' if bits & 1 else '<'}{name}")


def layout(data: bytes) -> Layout:
    """Return where an array is (IV.A.2.i)."""
    read = Reader(data)
    version, kind = read.number(1), read.number(1)
    if version == 4 and kind == _VIRTUAL:
        raise ArchiveError("The array is made of parts of other arrays, or of another file", place=None)
    if (version == 4 and kind != _CONTIGUOUS) or version not in (3, 4):
        raise foreign(f"arrays in the layout {version}.{kind}")
    if kind == _COMPACT:
        return Layout(data=read.next(read.number(2)))
    if kind == _CONTIGUOUS:
        return Layout(address=read.number(8), size=read.number(8))
    if kind == _CHUNKED:
        return _chunked(read)
    raise damaged()


def _chunked(read: Reader) -> Layout:
    rank, address = read.number(1), read.number(8)
    if not 2 <= rank <= _MOST_DIMENSIONS + 1:
        raise damaged()
    return Layout(address=address, chunk=tuple([read.number(4) for _ in range(rank)]))


def filters(data: bytes) -> tuple[int, ...]:
    """Return the ids of the filters that made the chunks, in their order (IV.A.2.l)."""
    read = Reader(data)
    version, count = read.number(1), read.number(1)
    if version not in (1, 2) or count > _MOST_DIMENSIONS:
        raise damaged()
    if version == 1:
        read.next(6)
    numbers = []
    for _ in range(count):
        number = read.number(2)
        length = read.number(2) if version == 1 or number >= 256 else 0
        read.number(2)
        values = read.number(2)
        read.next(length, aligned=version == 1)
        read.next(4 * values, aligned=version == 1)
        numbers.append(number)
    return tuple(numbers)


def fill_value(data: bytes) -> bytes:
    """Return the value of what was never written; empty if that is zero (IV.A.2.f)."""
    read = Reader(data)
    version = read.number(1)
    if version in (1, 2):
        read.next(2)
        defined = read.number(1)
        return read.next(read.number(4)) if defined or version == 1 else b""
    if version != 3:
        raise damaged()
    return read.next(read.number(4)) if read.number(1) & 32 else b""


def attribute(data: bytes) -> tuple[bytes, Attribute]:
    """Return name and value of an attribute (IV.A.2.m)."""
    read = Reader(data)
    version, flags = read.number(1), read.number(1)
    if version not in (1, 2, 3) or (flags and version != 1):
        raise foreign("attributes of a named type") if version in (2, 3) else damaged()
    sizes = [read.number(2) for _ in range(3)]
    if version == 3:
        read.number(1)
    name, kind, space = [read.next(size, aligned=version == 1) for size in sizes]
    shape, of = dataspace(space), datatype(kind)
    size = 0 if shape is None else math.prod(shape) * of.size
    if size > len(data):
        raise damaged()
    return name.rstrip(b"\0"), Attribute(of, shape, read.next(size))


def link(data: bytes) -> Link:
    """Return a link of a group of the newer kind (IV.A.2.g)."""
    read = Reader(data)
    version, flags = read.number(1), read.number(1)
    if version != 1:
        raise damaged()
    kind = read.number(1) if flags & 8 else 0
    read.next(8 if flags & 4 else 0)
    read.next(1 if flags & 16 else 0)
    name = read.next(read.number(1 << (flags & 3)))
    return Link(name, read.number(8) if kind == 0 else None)
