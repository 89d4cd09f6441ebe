"""Writing the members of a model file: equal models give equal bytes."""

from __future__ import annotations

import io
import shutil
import zipfile
from pathlib import Path
from typing import BinaryIO

# What a member holds: its bytes, or a file, or a binary file object from where it stands.
Content = bytes | Path | BinaryIO

# The earliest date that ZIP knows: equal models give equal bytes.
_DATE = (1980, 1, 1, 0, 0, 0)
# The same in the metadata, where Keras' file editor asks for a date.
NO_DATE = "1980-01-01@00:00:00"
_UNIX = 3
_CHUNK = 1 << 20


def write_zip(file: BinaryIO, members: list[tuple[str, Content]]) -> None:
    """Write a ZIP archive of uncompressed members, as Keras does."""
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in members:
            info = zipfile.ZipInfo(name, date_time=_DATE)
            info.external_attr = 0o600 << 16
            info.create_system = _UNIX
            with _opened(content) as source:
                info.file_size = _left(source)
                with archive.open(info, "w") as member:
                    shutil.copyfileobj(source, member, _CHUNK)


def write_folder(folder: Path, members: list[tuple[str, Content]]) -> None:
    """Write the same as files of a folder."""
    for name, content in members:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with _opened(content) as source, path.open("xb") as file:
            shutil.copyfileobj(source, file, _CHUNK)


def _opened(content: Content) -> BinaryIO:
    if isinstance(content, bytes):
        return io.BytesIO(content)
    return content.open("rb") if isinstance(content, Path) else content


def _left(source: BinaryIO) -> int:
    """Return how many bytes there are from where a file object stands."""
    start = source.tell()
    size = source.seek(0, io.SEEK_END) - start
    source.seek(start)
    return size
