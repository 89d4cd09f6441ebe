"""Progress of long work, for whoever asks: records of the logger `hornbook`, silent by default.

This alone knows `logging`.  It is imported by what handles files, never by
`import hornbook`.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hornbook.errors import one_line

# Reports that a step is done.
Step = Callable[[str], None]

_LOG = logging.getLogger("hornbook")
_LOG.addHandler(logging.NullHandler())
_LONG = 200  # characters of a name


@contextmanager
def work(what: str, source: Any) -> Iterator[Step]:
    """Record how long the block takes: its end as INFO, its beginning and its steps as DEBUG.

    Nothing is looked at where no record is wanted.

    Args:
        what: The public function that does it.
        source: What it is done to: a path, a file object or a model.

    Yields:
        What records a step.

    Example:
        >>> with work("load_model", "model.keras") as step:
        ...     step("built")
    """
    if not _LOG.isEnabledFor(logging.INFO):
        yield _silent
        return
    name, start = _name(source), time.perf_counter()

    def step(done: str) -> None:
        _LOG.debug("%s %s: %s after %.3f s", what, name, done, time.perf_counter() - start)

    _LOG.debug("%s %s: begins", what, name)
    try:
        yield step
    except BaseException as error:
        _LOG.info("%s %s: %s after %.3f s", what, name, type(error).__name__, time.perf_counter() - start)
        raise
    seconds, size = time.perf_counter() - start, _size(source)
    if size is None:
        _LOG.info("%s %s: done in %.3f s", what, name, seconds)
    else:
        _LOG.info("%s %s: %d bytes in %.3f s", what, name, size, seconds)


def _silent(done: str) -> None:
    pass


def _name(source: Any) -> str:
    """Return what to call a file or a model, on one line: a file name may hold anything."""
    is_path = isinstance(source, (str, os.PathLike))
    return one_line(os.fsdecode(source), _LONG) if is_path else type(source).__name__


def _size(source: Any) -> int | None:
    """Return the bytes of a file, or of all in a folder; `None` for what is neither."""
    if not isinstance(source, (str, os.PathLike)):
        return None
    path = Path(source)
    try:
        if not path.is_dir():
            return path.stat().st_size
        return sum(inner.lstat().st_size for inner in path.rglob("*") if not inner.is_dir())
    except (OSError, ValueError):
        return None
