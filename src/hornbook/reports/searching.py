"""Model files below a folder, told by their content and never by their names."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from hornbook.archive.base import CONFIG, METADATA, WEIGHTS
from hornbook.archive.detect import HEAD, is_format
from hornbook.archive.savedmodel import FILE as SAVED_METADATA

_SAVED_MODEL = "saved_model.pb"


def is_model_folder(path: Path) -> bool:
    """Say whether a folder is one model: an unzipped `.keras` file or a SavedModel.

    A `config.json` alone is none: other libraries write files of that name.
    """
    names = {name for name in (SAVED_METADATA, _SAVED_MODEL, CONFIG, METADATA, WEIGHTS) if (path / name).is_file()}
    return bool(names & {SAVED_METADATA, _SAVED_MODEL}) or (CONFIG in names and len(names) > 1)


def models_below(folder: Path) -> Iterator[Path]:
    """Yield what may be a model below a folder, in the order of names.

    A folder that is one model is given as a whole.  Links to folders are not
    followed, and what is no regular file is never opened.

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
        return is_format(file.read(HEAD))


def _raised(error: OSError) -> None:
    raise error
