"""What all commands print with: text of a file made safe, and a progress bar."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

from hornbook.reports import text

_PATIENCE = 1.0  # seconds of work without a bar


def printable(shown: str, stream: TextIO, length: int = 80) -> str:
    r"""Return text of a file as a terminal may show it: no control codes, not too long.

    Args:
        shown: Whatever a file says.
        stream: Where it will be printed; what its encoding lacks is escaped.
        length: How many characters are shown.

    Example:
        >>> import io
        >>> printable("dense\x1b[2J", io.StringIO())
        'dense\\x1b[2J'
    """
    return encodable(text.printable(shown, length), stream)


def encodable(shown: str, stream: TextIO) -> str:
    """Return text with escapes for what the encoding of a stream lacks."""
    encoding = getattr(stream, "encoding", None) or "utf-8"
    return shown.encode(encoding, "backslashreplace").decode(encoding)


def safe(shown: str, length: int = 80) -> str:
    """Return text of a file as standard output may show it."""
    return printable(shown, sys.stdout, length)


@contextmanager
def progress_bar(what: str, after: float = _PATIENCE) -> Iterator[Callable[[int, int], None] | None]:
    """Show how far work has come, if it takes long and stderr is a terminal.

    Args:
        what: What is being done.
        after: How many seconds it may take before the bar appears.

    Yields:
        What is to be called with the part that is done and the whole; `None`
        where nothing is shown.
    """
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console  # here, since the other commands do without
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

    columns = TextColumn("{task.description}"), BarColumn(), TaskProgressColumn()
    bar = Progress(*columns, console=Console(stderr=True), transient=True)
    task = bar.add_task(what, total=None)
    timer = threading.Timer(after, bar.start)
    timer.daemon = True
    timer.start()
    try:
        yield lambda done, total: bar.update(task, completed=done, total=total)
    finally:
        timer.cancel()
        timer.join()
        bar.stop()
