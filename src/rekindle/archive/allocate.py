"""The fourth gate: what a file declares is compared with what it stores.

A size in a file is the attacker's statement: 200 bytes can declare an array
of a terabyte.  So members and arrays are read only here, after a comparison,
and members are counted while they are inflated, not believed.
"""

from __future__ import annotations

import math
import zipfile
import zlib
from typing import TYPE_CHECKING, Any

from rekindle.errors import ArchiveError, LimitError, short
from rekindle.policy import Limits

if TYPE_CHECKING:
    import numpy.typing as npt

_METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
_ENCRYPTED = 0x1
_CHUNK = 1 << 20


def checked_members(archive: zipfile.ZipFile, limits: Limits) -> dict[str, zipfile.ZipInfo]:
    """Return the members of a ZIP archive by name.

    Raises:
        ArchiveError: A name occurs twice or leads outside; a member is
            encrypted or compressed in a way that Keras never uses.
        LimitError: There are too many members, or one would inflate too much.
    """
    infos = archive.infolist()
    if len(infos) > limits.members:
        raise LimitError(f"The archive has {len(infos)} members", place="archive")
    members: dict[str, zipfile.ZipInfo] = {}
    for info in infos:
        name = info.filename
        parts = name.split("/")
        if name in members:
            raise ArchiveError("The archive has two members of one name", place=name)
        if name.startswith("/") or ".." in parts or "\\" in name or "\0" in name:
            raise ArchiveError("The archive has a member that leads outside of it", place=name)
        if info.flag_bits & _ENCRYPTED or info.compress_type not in _METHODS:
            raise ArchiveError("The member is encrypted or compressed in an unknown way", place=name)
        if info.file_size > limits.ratio_floor and info.file_size > limits.ratio * info.compress_size:
            raise LimitError(f"The member declares {info.file_size} bytes and stores {info.compress_size}", place=name)
        members[name] = info
    return members


def read_member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, at_most: int) -> bytes:
    """Return the bytes of a member.

    Raises:
        LimitError: There are more than `at_most`.
        ArchiveError: The member is damaged.
    """
    name, parts, size = info.filename, [], 0
    try:
        with archive.open(info) as member:
            while chunk := member.read(_CHUNK):
                size += len(chunk)
                if size > at_most:
                    raise LimitError(f"The member has more than {at_most} bytes", place=name)
                parts.append(chunk)
    except LimitError:
        raise
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError, ValueError) as error:
        raise ArchiveError(f"The member is damaged: {short(str(error))}", place=name) from error
    if size != info.file_size:
        raise ArchiveError(f"The member declares {info.file_size} bytes and has {size}", place=name)
    return b"".join(parts)


class Budget:
    """What a file may ask for beyond what it stores: for all its parts together, not for each.

    Args:
        limits: How much that is.

    Example:
        >>> budget = Budget(Limits(ratio=10, ratio_floor=100))
        >>> budget.spend(1000, 100, "array")
        >>> budget.spend(1000, 95, "array")
        >>> budget.spend(1000, 94, "array")
        Traceback (most recent call last):
        rekindle.errors.LimitError: The file declares 110 bytes too much: this array 1000, of which it stores 94
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._unfounded = 0

    def spend(self, declared: int, stored: int, what: str) -> None:
        """Count what a part declares against what it stores.

        Raises:
            LimitError: All parts so far declare too much.
        """
        self._unfounded += max(0, declared - self._limits.ratio * stored)
        if self._unfounded > self._limits.ratio_floor:
            raise LimitError(
                f"The file declares {self._unfounded} bytes too much: this {what} {declared}, of which it stores {stored}",
                place=None,
            )
