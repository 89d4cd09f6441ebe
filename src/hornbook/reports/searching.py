"""Model files below a folder, known by their content and never by their names."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from hornbook.archive import detect
from hornbook.opening import current_formats


def is_model_folder(folder: Path) -> bool:
    """Return whether a folder is one model: an unzipped `.keras` file, a SavedModel, or what others have added."""
    return detect.is_model_folder(folder, current_formats().containers)


def models_below(folder: Path) -> Iterator[Path]:
    """Yield what may be a model below a folder, in the order of names.

    A folder that is one model is given as a whole.  Links to folders are not
    followed, and what is not a regular file is never opened.

    Raises:
        OSError: A folder or file cannot be read.
    """
    for root, folders, files in os.walk(folder, onerror=_raised):
        inside: list[str] = []
        whole: list[str] = []
        for name in sorted(folders):
            path = Path(root, name)
            if not path.is_symlink():
                (whole if is_model_folder(path) else inside).append(name)
        folders[:] = inside
        for name in sorted([*whole, *files]):
            path = Path(root, name)
            if name in whole or _may_be_model(path):
                yield path


def _may_be_model(path: Path) -> bool:
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            return False
    except FileNotFoundError:  # a link that leads nowhere
        return False
    with path.open("rb") as file:
        return detect.is_model_file(file.read(detect.HEAD), current_formats().containers)


def _raised(error: OSError) -> None:
    raise error
