"""Model files that were unpacked to a folder."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

from hornbook.archive.base import ASSETS, MemberArchive
from hornbook.archive.container import Opening
from hornbook.archive.files.open_file import files_below, names_in, open_file, read_file
from hornbook.archive.weights.stores import Folder
from hornbook.errors import ArchiveError, LimitError


class FolderArchive(MemberArchive):
    """The unzipped folder of a `.keras` file.

    Args:
        root: The folder.
        opening: What it is opened with.
    """

    format = "keras folder"

    def __init__(self, root: Path, opening: Opening) -> None:
        super().__init__(opening)
        self._root = root
        self._open: list[BinaryIO] = []

    def _file(self, name: str) -> Path | None:
        """Return the path of a member; never one that a link leads outside."""
        path = self._root / name
        if not os.path.lexists(path) or path.is_dir():
            return None
        target = path.resolve()
        if self._root.resolve() not in target.parents:
            raise ArchiveError("The file is a link that leads outside of the folder", place=name)
        return target

    def member(self, name: str, at_most: int) -> bytes | None:
        path = self._file(name)
        return None if path is None else read_file(path, name, at_most)

    def has_member(self, name: str) -> bool:
        return self._file(name) is not None

    def open_member(self, name: str) -> BinaryIO:
        file = open_file(self._root.resolve() / name, name)
        self._open.append(file)
        return file

    def names(self) -> Iterable[str]:
        return names_in(self._root, self.name, self.limits)

    def members(self) -> dict[str, int]:
        return dict(sorted(files_below(self._root, self.name, self.limits)))

    def assets(self) -> Folder | None:
        """Return the assets; Keras opens them by their names, so there may be no link among them."""
        root = self._root / ASSETS
        if not root.is_dir():
            return None
        if root.is_symlink():
            raise ArchiveError("This is no folder, but a link that leads outside", place=ASSETS)
        if sum(size for _, size in files_below(root, ASSETS, self.limits, links=False)) > self.limits.ratio_floor:
            raise LimitError(f"The assets have more than {self.limits.ratio_floor} bytes", place=ASSETS)
        return Folder(root)

    def close(self) -> None:
        for file in self._open:
            file.close()
        super().close()
