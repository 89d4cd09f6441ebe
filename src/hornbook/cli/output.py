"""Where a command may write: an earlier report of ours is replaced, anything else only where that is asked for.

Some things never are, whoever asks: a model, what the command was to read,
what is no regular file, and whatever a link leads to.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from hornbook.archive import detect
from hornbook.archive.files.atomic import replacing_file
from hornbook.errors import ArchiveError, HornbookError, NotAModelError, short
from hornbook.opening import current_formats
from hornbook.reports.audit import audit
from hornbook.reports.searching import is_model_folder

_ENDS = 4096  # bytes of a file at its front and its back
# How the reports of ours begin, and how the last line of one in words reads.
_BEGINS = re.compile(
    rb'\{\s*"hornbook(-baseline)?":'
    rb'|\{\s*"\$schema": "[^"]*sarif[^"]*",\s*"version": "2\.1\.0",\s*"runs": \[\s*\{\s*'
    rb'"tool": \{\s*"driver": \{\s*"name": "hornbook",'
)
_LAST_LINE = re.compile(rb"(^|\n)(There is no model file|\d+ audited: [^\n]*)\n\Z")


@contextmanager
def output_file(target: Path, inputs: Iterable[str] = (), *, force: bool = False) -> Iterator[BinaryIO]:
    """Give a binary file that takes the place of `target` when the block ends well.

    Args:
        target: Where it is to be.
        inputs: The paths that the command reads.
        force: Whether it may replace a file that is no report of ours.

    Raises:
        ArchiveError: It may not stand there, or cannot be written; what is there stays as it is.
    """
    inputs = tuple(inputs)
    with _as_ours(target):
        check_output(target, inputs, force=force)
        with replacing_file(target) as file:
            yield file
            check_output(target, inputs, force=force)  # what has come to be there meanwhile


def check_output(target: Path, inputs: Iterable[str] = (), *, force: bool = False) -> None:
    """Raise unless a command may write to a path.

    Args:
        target: The path.
        inputs: The paths that the command reads.
        force: Whether it may replace a file that is no report of ours.

    Raises:
        ArchiveError: It may not.
    """
    with _as_ours(target):
        _check(target, inputs, force=force)


@contextmanager
def _as_ours(target: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, ValueError) as error:
        if isinstance(error, HornbookError):
            raise
        raise ArchiveError(f"The report cannot be written: {short(str(error))}", place=short(str(target))) from error


def _check(target: Path, inputs: Iterable[str], *, force: bool) -> None:
    if not target.parent.is_dir():
        raise _refused(target, "is in no folder")
    if any(map(is_model_folder, _folders_of(target))):
        raise _refused(target, "lies within the folder of a model")
    try:
        status = target.lstat()
    except FileNotFoundError:
        return
    unfit = _unfit(status.st_mode)
    if unfit is not None:
        raise _refused(target, unfit)
    if any(_is_same(target, path) for path in inputs):
        raise _refused(target, "is what the command reads")
    if _is_report(target):
        return
    if _is_model(target):
        raise _refused(target, "is a model file")
    if not force:
        raise _refused(target, "is no earlier report", hint="Pass --force to replace it.")


def _refused(target: Path, why: str, hint: str = "Write to another path.") -> ArchiveError:
    return ArchiveError(f"The report would not be written to a path that {why}", hint=hint, place=short(str(target)))


def _folders_of(target: Path) -> Iterator[Path]:
    """Yield the folders that a path lies in, where links lead as well."""
    yield from dict.fromkeys((*Path(os.path.realpath(target.parent), target.name).parents,))


def _unfit(mode: int) -> str | None:
    """Return what a path is that is never written to; `None` for a regular file."""
    if stat.S_ISLNK(mode):
        return "is a link"
    if stat.S_ISDIR(mode):
        return "is a folder"
    return None if stat.S_ISREG(mode) else "is a device, a pipe or a socket"


def _is_same(target: Path, path: str) -> bool:
    try:
        return target.samefile(path)
    except (OSError, ValueError):
        return False


def _is_report(target: Path) -> bool:
    """Return whether a file is what this command has written once."""
    with target.open("rb") as file:
        head = file.read(_ENDS)
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - _ENDS))
        tail = file.read(_ENDS)
    if detect.is_model_file(head[: detect.HEAD], current_formats().containers):
        return _BEGINS.match(head) is not None  # JSON is a container, too
    return _LAST_LINE.search(tail) is not None


def _is_model(target: Path) -> bool:
    """Return whether a file is a model, or would be one if it were not damaged."""
    try:
        audit(target)
    except NotAModelError:
        return False
    except HornbookError:
        return True
    return True
