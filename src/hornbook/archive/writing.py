"""Writing the members of a model file: equal models give equal bytes."""

from __future__ import annotations

import io
import os
import shutil
import zipfile
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from hornbook.archive.zip.checksum import Sums


class Stream(NamedTuple):
    """What a member will hold, written when it is its turn.

    Args:
        write: Writes it into an empty file that can be read and sought.
        about: Its bytes, more or less.
    """

    write: Callable[[BinaryIO], None]
    about: int


# What a member holds: its bytes, those of a file, or what is written when it is its turn.
Content = bytes | Path | Stream

# The earliest date that ZIP knows: equal models give equal bytes.
_DATE = (1980, 1, 1, 0, 0, 0)
# The same in the metadata, where Keras' file editor asks for a date.
NO_DATE = "1980-01-01@00:00:00"
_UNIX = 3
_CHUNK = 1 << 20
_WIDE = 2_000_000_000  # bytes of a member beyond which its header has wider fields


def write_zip(file: BinaryIO, members: Iterable[tuple[str, Content]]) -> None:
    """Write a ZIP archive of uncompressed members, as Keras does."""
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in members:
            info = zipfile.ZipInfo(name, date_time=_DATE)
            info.external_attr = 0o600 << 16
            info.create_system = _UNIX
            if isinstance(content, Stream):
                with ThreadPoolExecutor(1) as pool:
                    _write_in_place(archive, info, file, content, pool)
                continue
            with _opened(content) as source:
                info.file_size = _left(source)
                with archive.open(info, "w") as member:
                    shutil.copyfileobj(source, member, _CHUNK)


def _write_in_place(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, file: BinaryIO, content: Stream, pool: ThreadPoolExecutor
) -> None:
    """Write a member where it will stand, sum it up, and put its header before it."""
    before, wide = file.tell(), content.about > _WIDE
    info.CRC = info.compress_size = 0  # not known yet; the length of the header does not depend on them
    while True:
        start = before + len(info.FileHeader(zip64=wide))
        inner = _Inside(file, start, Sums(pool, file))
        target: Any = inner
        content.write(target)
        if wide or inner.size <= _WIDE:
            break
        wide = True  # it is larger than it was said to be
    info.file_size = info.compress_size = inner.size
    info.header_offset = before
    info.CRC = inner.sums.whole(start, inner.size)
    file.seek(before)
    file.write(info.FileHeader(zip64=wide))
    archive.filelist.append(info)
    archive.NameToInfo[info.filename] = info
    archive.start_dir = file.seek(start + inner.size)


class _Inside(io.RawIOBase):
    """A new file in the rest of another one, from a position on; what is written is summed up."""

    def __init__(self, file: BinaryIO, start: int, sums: Sums) -> None:
        super().__init__()
        self._file, self._start, self._at = file, start, 0
        self.size, self.sums = 0, sums

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        self._at = offset + (0, self._at, self.size)[whence]
        return self._at

    def readinto(self, buffer: Any) -> int:
        self._file.seek(self._start + self._at)
        into: Callable[[Any], int] = self._file.readinto  # type: ignore[attr-defined]
        done = into(memoryview(buffer)[: max(0, self.size - self._at)])
        self._at += done
        return done

    def write(self, data: Any) -> int:
        at, size = self._file.seek(self._start + self._at), len(data)
        self.sums.forget(at, at + size)
        self._at += self._file.write(data)
        self.sums.add(at, size)
        self.size = max(self.size, self._at)
        return size

    def truncate(self, size: int | None = None) -> int:
        before, self.size = self.size, self._at if size is None else size
        self.sums.forget(self._start + self.size, self._start + before)
        self._file.truncate(self._start + self.size)
        return self.size


def write_folder(folder: Path, members: Iterable[tuple[str, Content]]) -> None:
    """Write the same as files of a folder."""
    for name, content in members:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x+b") as file:
            if isinstance(content, Stream):
                content.write(file)
                continue
            with _opened(content) as source:
                shutil.copyfileobj(source, file, _CHUNK)


def _opened(content: bytes | Path) -> BinaryIO:
    return io.BytesIO(content) if isinstance(content, bytes) else content.open("rb")


def _left(source: BinaryIO) -> int:
    """Return how many bytes there are from where a file object stands."""
    start = source.tell()
    size = source.seek(0, io.SEEK_END) - start
    source.seek(start)
    return size
