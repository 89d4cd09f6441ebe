"""ZIP archives, read strictly: what two readers could understand differently is refused.

A ZIP archive says everything twice, before each member and in a directory at
its end, and may have anything in between.  Here both must agree, members lie
one after the other from the first byte to the directory, and the directory
ends with the file.  Sizes are counted while members are inflated.

Source: APPNOTE.TXT 6.3.10 of PKWARE, by section.
"""

from __future__ import annotations

import io
import os
import struct
import zlib
from collections.abc import Iterator
from typing import Any, BinaryIO, NamedTuple

from hornbook.archive.budget import DeclaredBudget
from hornbook.archive.zip.member_names import UTF_8, check_names, is_text, name_of
from hornbook.archive.zip.window import Window
from hornbook.errors import ArchiveError, LimitError, UnreadableError, short
from hornbook.policy import Limits

# How an archive begins: with a member, or with the end of an empty one.
SIGNATURES = (b"PK\x03\x04", b"PK\x05\x06")

_LOCAL = struct.Struct("<4s5H3I2H")  # 4.3.7
_CENTRAL = struct.Struct("<4s6H3I5H2I")  # 4.3.12
_END = struct.Struct("<4s4H2IH")  # 4.3.16
_END_64 = struct.Struct("<4sQ2H2I4Q")  # 4.3.14
_LOCATOR_64 = struct.Struct("<4sIQI")  # 4.3.15
_LONGEST_COMMENT = 0xFFFF
_CHUNK = 1 << 20
_QUICK = 1 << 25  # bytes whose checksum takes some 30 ms

_STORED, _DEFLATED = 0, 8
# Options of deflate, sizes behind the data, names in UTF-8 (4.4.4).
_LEVELS, _BEHIND = 0x6, 0x8
_WIDE = 1
# Sizes of 64 bits; times and owners of zip(1) and Windows; marks of Java and Android (4.5.2).
_EXTRAS = frozenset({_WIDE, 0x000A, 0x5455, 0x5855, 0x7855, 0x7875, 0xCAFE, 0xD935})
_KIND, _FILE, _FOLDER, _DOS_FOLDER, _DOS_LABEL = 0o170000, 0o100000, 0o040000, 0x10, 0x08


class Member(NamedTuple):
    """A member of an archive.

    Args:
        name: Its name; that of a folder ends with a slash.
        method: How it is compressed: 0 for not at all, 8 for deflate.
        flags: The flags of its header.
        crc: Its checksum.
        stored: Its bytes in the archive.
        size: Its bytes after inflation, as it declares.
        header: Where its header is.
        start: Where its data are.
    """

    name: str
    method: int
    flags: int
    crc: int
    stored: int
    size: int
    header: int
    start: int = 0


class Zip:
    """A ZIP archive, open for reading.

    Args:
        file: A binary file; what it has from its position on is the archive.
        name: What to call it in errors.
        limits: How much it may ask for.

    Attributes:
        members: The members by name.

    Raises:
        ArchiveError: It is damaged or truncated; a name occurs twice or leads
            outside; a member is none of the kinds that Keras writes.
        LimitError: There are too many members, or they would inflate too much.
    """

    def __init__(self, file: BinaryIO, name: str, limits: Limits) -> None:
        self._file, self._name, self._limits = file, name, limits
        try:
            self._base = file.tell()
            self._size = file.seek(0, os.SEEK_END) - self._base
        except (OSError, ValueError) as error:
            raise self._damaged(str(error)) from error
        start, size, count = self._end()
        if count > limits.members:
            raise LimitError(f"The archive has {count} members", place=name)
        self.members: dict[str, Member] = {}
        for member in self._directory(self._read(start, size), count):
            if member.name in self.members:
                raise ArchiveError("The archive has two members of one name", place=member.name)
            self.members[member.name] = member
        check_names(self.members, limits.members)
        self._check_sizes()
        self._locate(start)

    def _damaged(self, why: str) -> ArchiveError:
        return UnreadableError(f"The file is a damaged or truncated ZIP archive: {short(why)}", place=self._name)

    def _read(self, at: int, size: int) -> bytes:
        if at < 0 or at + size > self._size:
            raise self._damaged("it leads to bytes that it does not have")
        try:
            self._file.seek(self._base + at)
            data = self._file.read(size)
        except (OSError, ValueError) as error:
            raise self._damaged(str(error)) from error
        if len(data) != size:
            raise self._damaged("it ends while it is read")
        return data

    def _end(self) -> tuple[int, int, int]:
        """Return where the directory begins, its bytes, and how many members it has."""
        at, start, size, count = self._end_32()
        locator = self._read(at - _LOCATOR_64.size, _LOCATOR_64.size) if at >= _LOCATOR_64.size else b""
        if locator[:4] == b"PK\6\7":
            at, start, size, count = self._end_64(at, locator)
        if start + size != at:
            raise self._damaged("its directory is elsewhere")
        return start, size, count

    def _end_32(self) -> tuple[int, int, int, int]:
        """Return where the end record is, and what it says of the directory."""
        length = min(self._size, _END.size + _LONGEST_COMMENT)
        tail = self._read(self._size - length, length)
        end = tail.rfind(b"PK\5\6")
        if end < 0 or len(tail) - end < _END.size:
            raise self._damaged("it has no end record")
        _, disk, first, here, count, size, start, comment = _END.unpack_from(tail, end)
        text = tail[end + _END.size :]
        if disk or first or here != count or len(text) != comment or not is_text(text):
            raise self._damaged("something is behind its end")
        return self._size - length + end, start, size, count

    def _end_64(self, end: int, locator: bytes) -> tuple[int, int, int, int]:
        _, disk, at, disks = _LOCATOR_64.unpack(locator)
        record = self._read(at, _END_64.size)
        signature, length, _, _, number, first, here, count, size, start = _END_64.unpack(record)
        whole = signature == b"PK\6\6" and length == _END_64.size - 12 and at + _END_64.size + _LOCATOR_64.size == end
        if not whole or disk or disks > 1 or number or first or here != count:
            raise self._damaged("its end record is none")
        return at, start, size, count

    def _directory(self, data: bytes, count: int) -> Iterator[Member]:
        at = 0
        for _ in range(count):
            if at + _CENTRAL.size > len(data):
                raise self._damaged("its directory is cut off")
            fields = _CENTRAL.unpack_from(data, at)
            signature, _, _, flags, method, _, _, crc, stored, size = fields[:10]
            parts = [_CENTRAL.size, *fields[10:13]]
            disk, _, attributes, header = fields[13:]
            end = at + sum(parts)
            if signature != b"PK\1\2" or disk or end > len(data):
                raise self._damaged("its directory is damaged")
            name = name_of(data[at + parts[0] : at + parts[0] + parts[1]], flags)
            extra = data[at + parts[0] + parts[1] : end - parts[3]]
            size, stored, header = _widened(extra, name, [size, stored, header])
            yield _checked(Member(name, method, flags, crc, stored, size, header), attributes)
            at = end
        if at != len(data):
            raise self._damaged("its directory has something more")

    def _check_sizes(self) -> None:
        """Refuse members that together declare much more than they store."""
        budget = DeclaredBudget(self._limits)
        for member in self.members.values():
            try:
                budget.spend(member.size, member.stored, "member")
            except LimitError as error:
                error.place = member.name
                raise

    def _locate(self, directory: int) -> None:
        """Find the data of each member; nothing lies before, between or behind them."""
        at = 0
        for member in sorted(self.members.values(), key=lambda member: member.header):
            if member.header != at:
                raise ArchiveError("The members overlap, or something lies between them", place=member.name)
            start = self._data_of(member)
            self.members[member.name] = member._replace(start=start)
            at = start + member.stored
            at += self._descriptor(member, at) if member.flags & _BEHIND else 0
        if at != directory:
            raise self._damaged("something lies before its directory")

    def _data_of(self, member: Member) -> int:
        """Return where the data of a member begin; its two headers must agree."""
        fields = _LOCAL.unpack(self._read(member.header, _LOCAL.size))
        signature, _, flags, method, _, _, crc, stored, size, length, extra = fields
        rest = self._read(member.header + _LOCAL.size, length + extra)
        name = name_of(rest[:length], flags)
        size, stored = _widened(rest[length:], name, [size, stored])
        same = (crc, stored, size) == (member.crc, member.stored, member.size)
        later = bool(flags & _BEHIND) and not (crc or stored or size)
        if signature != b"PK\3\4" or (name, method, flags) != (member.name, member.method, member.flags):
            raise ArchiveError("The member and the directory say different things", place=member.name)
        if not (same or later):
            raise ArchiveError("The member and the directory say different sizes", place=member.name)
        return member.header + _LOCAL.size + len(rest)

    def _descriptor(self, member: Member, at: int) -> int:
        """Return the bytes of what stands behind the data of a member, and says the same once more (4.3.9)."""
        for form in ("<4s3I", "<4sI2Q", "<3I", "<I2Q"):
            size = struct.calcsize(form)
            if at + size <= self._size:
                fields = struct.unpack(form, self._read(at, size))
                wanted = (member.crc, member.stored, member.size)
                if fields in (wanted, (b"PK\7\x08", *wanted)):
                    return size
        raise ArchiveError("The member is damaged: what stands behind it differs", place=member.name)

    def read(self, member: Member, at_most: int) -> bytes:
        """Return the bytes of a member.

        Raises:
            LimitError: There are more than `at_most`.
            ArchiveError: The member is damaged.
        """
        if member.size > at_most:
            raise LimitError(f"The member has more than {at_most} bytes", place=member.name)
        return b"".join(self.chunks(member))

    def open(self, member: Member) -> BinaryIO:
        """Return a member as a file: in place if it is not compressed, else in memory.

        The checksum of a large one that is not compressed is not compared:
        that takes several times as long as reading it.

        Raises:
            ArchiveError: The member is damaged.
        """
        if member.method == _DEFLATED:
            return io.BytesIO(self.read(member, member.size))
        if member.size <= _QUICK:
            for _ in self.chunks(member):
                pass
        window: Any = Window(self._file, self._base + member.start, member.size)
        opened: BinaryIO = window
        return opened

    def chunks(self, member: Member) -> Iterator[bytes]:
        """Yield the bytes of a member, compared with its size and checksum at the end.

        Raises:
            ArchiveError: The member is damaged.
        """
        size = crc = 0
        for data in self._raw(member) if member.method == _STORED else self._inflated(member):
            size, crc = size + len(data), zlib.crc32(data, crc)
            yield data
        if size != member.size:
            raise ArchiveError(f"The member declares {member.size} bytes and has {size}", place=member.name)
        if crc != member.crc:
            raise ArchiveError("The member is damaged: its checksum is wrong", place=member.name)

    def _raw(self, member: Member) -> Iterator[bytes]:
        for at in range(0, member.stored, _CHUNK):
            yield self._read(member.start + at, min(_CHUNK, member.stored - at))

    def _inflated(self, member: Member) -> Iterator[bytes]:
        inflate, size = zlib.decompressobj(-zlib.MAX_WBITS), 0
        for raw in self._raw(member):
            data = raw
            while data and size <= member.size:
                try:
                    inflated = inflate.decompress(data, _CHUNK)
                except zlib.error as error:
                    raise ArchiveError(f"The member is damaged: {short(str(error))}", place=member.name) from error
                size += len(inflated)
                if size > member.size:
                    break
                yield inflated
                data = inflate.unconsumed_tail
            if inflate.unused_data or size > member.size:
                raise ArchiveError(f"The member declares {member.size} bytes and has more", place=member.name)
        inflated = inflate.flush()
        if inflated:
            yield inflated
        if not inflate.eof:
            raise ArchiveError("The member is damaged: it is cut off", place=member.name)


def _widened(extra: bytes, name: str, fields: list[int]) -> list[int]:
    """Return sizes and offset, those of 64 bits from the extra field (4.5.3)."""
    wide = _wide_of(extra, name)
    values = iter(struct.unpack(f"<{len(wide) // 8}Q", wide[: len(wide) // 8 * 8]))
    try:
        return [next(values) if field == 0xFFFF_FFFF else field for field in fields]
    except StopIteration as error:
        raise ArchiveError("The member lacks a size", place=name) from error


def _wide_of(extra: bytes, name: str) -> bytes:
    """Return the part of an extra field that has 64-bit numbers; empty if there is none.

    Raises:
        ArchiveError: The extra field is damaged, or of an unknown kind: one could give another name.
    """
    at, wide = 0, b""
    while at + 4 <= len(extra):
        kind, size = struct.unpack_from("<2H", extra, at)
        if kind not in _EXTRAS or at + 4 + size > len(extra) or (kind == _WIDE and wide):
            raise ArchiveError("The member has an unknown extra field", place=name)
        wide = extra[at + 4 : at + 4 + size] if kind == _WIDE else wide
        at += 4 + size
    if extra[at:].strip(b"\0"):
        raise ArchiveError("The member has an unknown extra field", place=name)
    return wide


def _checked(member: Member, attributes: int) -> Member:
    """Refuse a member that is no plain file and no folder, or that is not plainly compressed."""
    folder = member.name.endswith("/")
    if member.flags & ~(_LEVELS | _BEHIND | UTF_8) or member.method not in (_STORED, _DEFLATED):
        raise ArchiveError("The member is encrypted or compressed in an unknown way", place=member.name)
    if not _is_plain(attributes, folder=folder):
        raise ArchiveError("The member is a link or a device", place=member.name)
    if (member.method == _STORED and member.size != member.stored) or (folder and member.size):
        raise ArchiveError("The member is damaged: its sizes differ", place=member.name)
    return member


def _is_plain(attributes: int, *, folder: bool) -> bool:
    """Return whether the attributes of a member are those of a file, or of a folder (4.4.15)."""
    kind = (attributes >> 16) & _KIND
    if kind not in (0, _FOLDER if folder else _FILE) or attributes & _DOS_LABEL:
        return False
    return folder or not attributes & _DOS_FOLDER
