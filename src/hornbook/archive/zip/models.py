"""Model files that are ZIP archives."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

from hornbook.archive.base import ASSETS, MemberArchive
from hornbook.archive.container import Opening
from hornbook.archive.weights.stores import Folder
from hornbook.archive.zip.reader import Member, Zip
from hornbook.errors import ArchiveError, HornbookError, LimitError


class ZipArchive(MemberArchive):
    """A `.keras` file.

    Args:
        file: A binary file, at the start of the archive.
        opening: What it is opened with.
    """

    format = "keras"

    def __init__(self, file: BinaryIO, opening: Opening) -> None:
        super().__init__(opening)
        self._zip = Zip(file, opening.name, opening.limits)

    def member(self, name: str, at_most: int) -> bytes | None:
        member = self._zip.members.get(name)
        return None if member is None else self._zip.read(member, at_most)

    def has_member(self, name: str) -> bool:
        return name in self._zip.members

    def open_member(self, name: str) -> BinaryIO:
        return self._zip.open(self._zip.members[name])

    def names(self) -> Iterable[str]:
        return self._zip.members

    def members(self) -> dict[str, int]:
        return {name: member.size for name, member in self._zip.members.items()}

    def assets(self) -> Folder | None:
        """Return the assets: Keras wants them as files, so they are written to a private folder."""
        inside = [member for name, member in self._zip.members.items() if name.startswith(f"{ASSETS}/")]
        files = [member for member in inside if not member.name.endswith("/")]
        if not files:
            return None
        self._check_assets(files)
        root = self.temporary()
        for member in files:
            self._write(member, root.joinpath(*member.name.split("/")[1:]))
        return Folder(root)

    def _check_assets(self, files: Iterable[Member]) -> None:
        """Refuse assets that are too large or not whole, before one is written."""
        if sum(member.size for member in files) > self.limits.ratio_floor:
            raise LimitError(f"The assets have more than {self.limits.ratio_floor} bytes", place=ASSETS)
        for member in files:
            for _ in self._zip.chunks(member):
                pass

    def _write(self, member: Member, target: Path) -> None:
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("xb") as file:
                file.writelines(self._zip.chunks(member))
        except HornbookError:
            raise
        except OSError as error:
            raise ArchiveError(f"The asset cannot be written: {error.strerror}", place=member.name) from error
