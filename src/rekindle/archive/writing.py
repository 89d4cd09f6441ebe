"""Writing: a reader sees the old file or the new one, never a part of either.

Everything is serialized before the target is touched; what is written goes to
a temporary name beside the target, to the disk, and takes the target's name
in one step.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

# The earliest date that ZIP knows: equal models give equal bytes.
_DATE = (1980, 1, 1, 0, 0, 0)
# The same in the metadata, where Keras' file editor asks for a date.
NO_DATE = "1980-01-01@00:00:00"


def write_zip(file: BinaryIO, members: list[tuple[str, bytes | Path]]) -> None:
    """Write a ZIP archive of uncompressed members, as Keras does."""
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in members:
            info = zipfile.ZipInfo(name, date_time=_DATE)
            info.external_attr = 0o600 << 16
            data = content if isinstance(content, bytes) else content.read_bytes()
            archive.writestr(info, data)


@contextmanager
def replacing_file(target: Path) -> Iterator[BinaryIO]:
    """Give a file that takes the place of `target` when the block ends well."""
    target = Path(os.path.realpath(target))
    descriptor, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.", suffix=".tmp")
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fchmod(file.fileno(), _mode(target))
            os.fsync(file.fileno())
        Path(temporary).replace(target)
    except BaseException:
        Path(temporary).unlink()
        raise
    _sync_folder(target.parent)


@contextmanager
def replacing_folder(target: Path) -> Iterator[Path]:
    """Give a folder that takes the place of `target` when the block ends well."""
    target = Path(os.path.realpath(target))
    temporary = Path(tempfile.mkdtemp(dir=target.parent, prefix=f".{target.name}.", suffix=".tmp"))
    try:
        yield temporary
        temporary.chmod(0o755)
        if target.exists():
            old = temporary.with_suffix(".old")
            target.rename(old)
            temporary.rename(target)
            shutil.rmtree(old)
        else:
            temporary.rename(target)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    _sync_folder(target.parent)


def _mode(target: Path) -> int:
    """Return the mode of the old file, or that of a new one."""
    try:
        return target.stat().st_mode & 0o7777
    except FileNotFoundError:
        mask = os.umask(0)
        os.umask(mask)
        return 0o666 & ~mask


def _sync_folder(folder: Path) -> None:
    """Make the new name last through a power cut, where folders can be synced."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    descriptor = os.open(folder, os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
