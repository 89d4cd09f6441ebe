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
# The filters that HDF5 itself brings.  An unknown one makes it load a plug-in.
_FILTERS = frozenset({1, 2, 3, 4, 5, 6})
_NUMERIC = "biufV"


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


def check_array(dataset: Any, name: str, limits: Limits) -> None:
    """Refuse an HDF5 dataset that is not to be read.

    Raises:
        ArchiveError: Its data lie outside of the file, or it is no array of
            numbers.
        LimitError: It declares much more than it stores.
    """
    if dataset.external or dataset.is_virtual:
        raise ArchiveError("The array is stored in another file", place=name)
    if dataset.dtype.kind not in _NUMERIC or dataset.dtype.hasobject:
        raise ArchiveError(f"The array has the dtype {dataset.dtype}, which is none of numbers", place=name)
    creation = dataset.id.get_create_plist()
    filters = {creation.get_filter(i)[0] for i in range(creation.get_nfilters())}
    if not filters <= _FILTERS:
        raise ArchiveError(f"The array uses unknown filters {sorted(filters - _FILTERS)}", place=name)
    declared = math.prod(dataset.shape) * dataset.dtype.itemsize
    stored = dataset.id.get_storage_size()
    if declared > limits.ratio_floor and declared > limits.ratio * stored:
        raise LimitError(f"The array declares {declared} bytes and stores {stored}", place=name)


def read_array(dataset: Any, name: str, limits: Limits) -> npt.NDArray[Any]:
    """Return the array of an HDF5 dataset.

    Raises:
        ArchiveError: As :func:`check_array`; or it cannot be read.
        LimitError: As :func:`check_array`.
    """
    import numpy as np

    check_array(dataset, name, limits)
    try:
        return np.asarray(dataset[()])
    except (OSError, ValueError, MemoryError) as error:
        raise ArchiveError(f"The array cannot be read: {short(str(error))}", place=name) from error
