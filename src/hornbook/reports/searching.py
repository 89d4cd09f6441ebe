"""Model files below a folder, known by their content and never by their names."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

from hornbook.archive import detect
from hornbook.opening import current_formats


def is_model_folder(folder: Path) -> bool:
    """Return whether a folder is one model: an unzipped `.keras` file, a SavedModel, or what others have added."""
    return detect.is_model_folder(folder, current_formats().containers)


def models_below(folder: Path, beat: Callable[[], object] = lambda: None) -> Iterator[Path]:
    """Yield what may be a model below a folder, in the order of names.

    A folder that is one model is given as a whole, and after it what else may
    be one in it.  Links to folders are not followed, and what is not a regular
    file is never opened.

    Args:
        folder: The folder.
        beat: Is called for each folder and file that is looked at.

    Raises:
        OSError: A folder or file cannot be read.
    """
    return _models(folder, _nothing, beat)


def models_beside(folder: Path, beat: Callable[[], object] = lambda: None) -> Iterator[Path]:
    """Yield what may be another model in the folder of one: what does not belong to that.

    Args:
        folder: The folder.
        beat: Is called for each folder and file that is looked at.

    Raises:
        OSError: A folder or file cannot be read.
    """
    return _models(folder, detect.owner_of(folder, current_formats().containers).has_part, beat)


def _models(top: Path, has_part: Callable[[str], bool], beat: Callable[[], object]) -> Iterator[Path]:
    """Yield models below a folder, but for what is a part of it."""
    parts = has_part is not _nothing
    for root, folders, files in os.walk(top, onerror=_raised):
        within = Path(root).relative_to(top)
        inside: list[str] = []
        whole: list[str] = []
        for name in sorted(folders):
            beat()
            path = Path(root, name)
            if not path.is_symlink() and not has_part((within / name).as_posix()):
                (whole if is_model_folder(path) else inside).append(name)
        folders[:] = inside
        for name in sorted([*whole, *files]):
            beat()
            path = Path(root, name)
            if name in whole:
                yield path
                yield from models_beside(path, beat)
            elif not has_part((within / name).as_posix()) and _may_be_model(path, parts=parts):
                yield path


def _nothing(name: str) -> bool:
    return False


def _may_be_model(path: Path, *, parts: bool) -> bool:
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            return False
    except FileNotFoundError:  # a link that leads nowhere
        return False
    with path.open("rb") as file:
        return detect.is_model_file(file.read(detect.HEAD), current_formats().containers, parts=parts)


def _raised(error: OSError) -> None:
    raise error
