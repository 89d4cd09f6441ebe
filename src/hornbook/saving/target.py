"""Where a model may be written: what would be lost, or would be called what it is not, is refused before any work."""

from __future__ import annotations

import os
from pathlib import Path

from hornbook.errors import ArchiveError, ArchiveExistsError, short
from hornbook.opening import current_formats


def check_target(target: Path, *, overwrite: bool, zipped: bool, members: frozenset[str] = frozenset()) -> None:
    """Refuse a target before any work is done for it.

    Args:
        target: Where a model is to be written.
        overwrite: Whether what is there may be replaced.
        zipped: Whether a file is written, and not a folder.
        members: What a folder of a model may have beside what ours have.

    Raises:
        ArchiveExistsError: There is something, and it may not be replaced.
        ArchiveError: There can be no such file or folder, or what is there is
            something else.
    """
    place = short(str(target))
    try:
        exists = os.path.lexists(target)
        is_right = target.is_file() if zipped else target.is_dir()
    except (OSError, ValueError) as error:  # a NUL in it, or too long
        raise ArchiveError(f"This is no path: {short(str(error))}", place=place) from error
    if exists and not overwrite:
        raise ArchiveExistsError("There is a file already", hint="Pass overwrite=True.", place=place)
    if target.exists() and not is_right:
        kind = "file" if zipped else "folder"
        raise ArchiveError(f"What is there is not a {kind} and is not replaced by one", place=place)
    if not zipped:
        _check_folder(target, place, members)
    if target.name == "":
        raise ArchiveError("The path has no name", place=place)


def check_suffix(target: Path) -> None:
    """Refuse the name of a file that says it is something else; a name without a dot says nothing.

    Source of the rule: Keras 3.15.1, `keras.saving.save_model`, which demands a suffix.
    """
    _, dot, suffix = target.name.rpartition(".")
    if dot and suffix != "keras":
        raise ArchiveError(
            f"A model is written as `.keras`, not as `.{short(suffix)[1:-1]}`",
            hint="End the name in .keras.",
            place=short(str(target)),
        )


def _check_folder(target: Path, place: str, members: frozenset[str]) -> None:
    """Refuse a folder that has anything but a model: it would be lost."""
    if not target.is_dir():
        return
    try:
        other = sorted({path.name for path in target.iterdir()} - current_formats().members() - members)
    except OSError as error:
        raise ArchiveError(f"The folder cannot be read: {short(str(error))}", place=place) from error
    if other:
        raise ArchiveError(
            f"The folder has {short(other[0])}, which would be lost", hint="Name a new one.", place=place
        )
