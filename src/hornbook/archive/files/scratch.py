"""A folder for the assets of a model while it is saved, there only if it has any."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hornbook.archive.weights.stores import Folder
from hornbook.errors import ArchiveError, short


class Scratch(Folder):
    """A folder of assets that is made for the first of them."""

    def __init__(self) -> None:
        super().__init__(Path())
        self._made = False

    def make(self, path: str) -> str:
        """Return a folder for the object at `path`.

        Raises:
            ArchiveError: There is no place for temporary files.
        """
        if not self._made:
            try:
                self.root = Path(tempfile.mkdtemp(prefix="hornbook-"))
            except OSError as error:
                raise ArchiveError(f"There is no temporary folder: {short(str(error))}", place=None) from error
            self._made = True
        return super().make(path)

    def files(self) -> Iterator[tuple[str, Path]]:
        """Yield relative name and path of every file, sorted."""
        return super().files() if self._made else iter(())

    def remove(self) -> None:
        """Remove it."""
        if self._made:
            shutil.rmtree(self.root, ignore_errors=True)


@contextmanager
def scratch() -> Iterator[Scratch]:
    """Give a folder that goes at the end of the block."""
    folder = Scratch()
    try:
        yield folder
    finally:
        folder.remove()
