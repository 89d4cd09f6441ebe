"""What a container is: how the parts of a model stand in a file or a folder."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO, NamedTuple

from hornbook.archive.foreign import Foreign
from hornbook.archive.protocol import Archive
from hornbook.archive.weights.format import WeightFormat
from hornbook.policy import Limits


class Opening(NamedTuple):
    """What an archive is opened with.

    Args:
        name: What to call it in errors.
        limits: How much it may ask for.
        weight_formats: The formats that its weights may have.
    """

    name: str
    limits: Limits
    weight_formats: Iterable[WeightFormat]


class Container:
    """A form of model files, or of folders that are a model; one of them derives from it.

    What a file is, its content tells and never its name.

    Attributes:
        name: What it is called, as `"hdf5"`.
        is_part: Whether a file of it is a part of a folder that is the model.
    """

    name: str = ""
    is_part: bool = False

    def recognizes(self, head: bytes) -> bool:
        """Return whether a file is in this form.

        Args:
            head: Its first bytes, 512 of them or all.
        """
        return False

    def recognizes_folder(self, folder: Path) -> bool:
        """Return whether a folder that somebody has named is in this form."""
        return False

    def recognizes_prefix(self, path: Path) -> bool:
        """Return whether a path that leads to no file is what the names of several files begin with."""
        return False

    def is_model(self, folder: Path) -> bool:
        """Return whether a folder is one model, and not one with model files in it; by default if it is recognized."""
        return self.recognizes_folder(folder)

    def has_part(self, name: str) -> bool:
        """Return whether a file or folder within the folder of a model belongs to that model; by default all does.

        What does not may be another model, and is searched for by itself.

        Args:
            name: Its path within the folder, with `/` between the names; a
                folder that belongs to the model does so with all that it holds.
        """
        return True

    def open(self, file: BinaryIO, opening: Opening) -> Archive:
        """Return what reads the parts of a file.

        Args:
            file: A binary file, at the start of the archive.
            opening: What it is opened with.

        Raises:
            ArchiveError: It is damaged, or of a kind that is not read.
            LimitError: It asks for too much.
        """
        raise NotImplementedError

    def open_folder(self, folder: Path, opening: Opening) -> Archive:
        """Return what reads the parts of a folder; raise as :meth:`open` does."""
        raise NotImplementedError

    def open_prefix(self, path: Path, opening: Opening) -> Archive:
        """Return what reads files whose names begin with a path; raise as :meth:`open` does."""
        raise NotImplementedError

    def describe(self, file: BinaryIO) -> Foreign | None:
        """Return what a file that cannot be opened is instead of a model, if that is known.

        Args:
            file: The file, at the start of the archive.
        """
        return None
