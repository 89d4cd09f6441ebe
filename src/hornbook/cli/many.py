"""What every command for many files has: `-j`, `--timeout`, a line that shows how far it is, and an end that is clean.

A command gives its work as a function of one item, and gets the results in
the order of the items, whatever one of them does to the process.
"""

from __future__ import annotations

import shutil
import sys
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TextIO, TypeVar

import click

from hornbook.cli.terminal import printable

T = TypeVar("T")
R = TypeVar("R")
Command = TypeVar("Command", bound=Callable[..., Any])

SECONDS = 300.0  # that one file may take
_PATIENCE = 0.5  # seconds without a line
_BETWEEN = 0.1  # seconds between two of them


def for_many_files(command: Command) -> Command:
    """Give a command the options `--jobs` and `--timeout`, as its arguments `jobs` and `seconds`."""
    seconds = click.option(
        "--timeout",
        "seconds",
        type=click.FloatRange(min=0, min_open=True),
        default=SECONDS,
        show_default=True,
        metavar="SECONDS",
        help="How long one file may take.",
    )
    jobs = click.option(
        "-j",
        "--jobs",
        type=click.IntRange(min=0),
        default=1,
        show_default=True,
        metavar="N",
        help="How many files at once; 0 for one for each core.",
    )
    return jobs(seconds(command))


class StatusLine:
    """A line on a terminal that says how far the work is; nothing where there is no terminal.

    It appears when the work takes longer than a moment, and is rewritten
    while the work goes on; the clock in it goes on as well.

    Args:
        what: What is being done, as `"audited"`.
        stream: Where it is shown; stderr by default.
    """

    def __init__(self, what: str, stream: TextIO | None = None) -> None:
        self._what = what
        self._stream = sys.stderr if stream is None else stream
        self._is_shown = self._stream.isatty()
        self._since = time.monotonic()
        self._next = self._since + _PATIENCE
        self._length = 0
        self._done = 0
        self._begun: deque[str] = deque()

    def begin(self, name: str) -> None:
        """Note that something is to be worked on; the line names what has waited longest.

        Args:
            name: What to call it.
        """
        self._begun.append(name)
        self.beat()

    def end(self) -> None:
        """Note that what has waited longest is done."""
        self._done += 1
        if self._begun:
            self._begun.popleft()
        self.beat()

    def beat(self) -> None:
        """Rewrite the line, if it is time to."""
        if self._is_shown and time.monotonic() >= self._next:
            self._show()

    def clear(self) -> None:
        """Take the line away, so that something else can be printed."""
        if self._length:
            self._stream.write("\r" + " " * self._length + "\r")
            self._stream.flush()
            self._length = 0

    def say(self, line: str) -> None:
        """Take the line away, and leave another one in its place for good."""
        if self._is_shown:
            self.clear()
            self._stream.write(f"{line}\n")

    def _show(self) -> None:
        now = time.monotonic()
        line = f"{self._done} {self._what}, {now - self._since:.0f} s"
        width = shutil.get_terminal_size().columns - 1
        if self._begun:
            name, room = self._begun[0], max(width - len(line) - 2, 10)  # the end of a path says most
            shown = name if len(name) <= room else f"...{name[3 - room :]}"
            line += f": {printable(shown, self._stream, room)}"
        line = line[:width]
        self._stream.write("\r" + line.ljust(self._length))
        self._stream.flush()
        self._length = len(line)
        self._next = now + _BETWEEN


def results_of(
    work: Callable[[T], R],
    items: Iterable[T],
    failed: Callable[[T, str], R],
    status: StatusLine,
    *,
    jobs: int = 1,
    seconds: float | None = SECONDS,
) -> Iterator[R]:
    """Yield the result of each item, in the order of the items.

    The work is done in processes beside this one, so that an item that ends
    its process ends nothing else.

    Args:
        work: What is done with an item; it is pickled, as are items and results.
        items: The items; they are asked for as they are needed.
        failed: Returns the result of an item of which there is none, by what
            happened to it.
        status: The line that shows how far it is; whoever gives the items
            says there which one begins.
        jobs: How many processes there are; 0 for one for each core.
        seconds: How long one item may take.
    """
    from hornbook.cli.workers import Workers, cores

    workers: Workers[T, R] = Workers(work, failed, jobs=jobs or cores(), seconds=seconds, beat=status.beat)
    for result in workers.results(items):
        status.end()
        yield result
