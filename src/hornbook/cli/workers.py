"""Work on many items in processes beside this one: results in the order of the items, whatever ends a process.

An item that ends its process, or takes longer than it may, gets a result of
its own, and the others are worked on in a new process.
"""

from __future__ import annotations

import contextlib
import gc
import itertools
import math
import multiprocessing
import os
import signal
import sys
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from multiprocessing.connection import Connection, wait
from multiprocessing.context import BaseContext
from typing import Any, Generic, TypeVar

T = TypeVar("T")
R = TypeVar("R")

_QUEUED = 2  # items that a process has at once, so that it never waits for the next one
_AHEAD = 256  # results for each process that may wait for an earlier one
_BEAT = 0.2  # seconds between two looks at the clock
_READY = ""  # in the place of a problem: the process is there
_GRACE = 5.0  # seconds for a process to be gone

Numbered = tuple[int, Any]


class Workers(Generic[T, R]):
    """Processes that work on items.

    Args:
        work: What is done with an item; a function that can be pickled, as
            can items and results.
        failed: Returns the result of an item of which there is none, by what
            happened to it.
        jobs: How many processes there are at most.
        seconds: How long one item may take; `None` for any time.
        beat: Is called several times a second.
    """

    def __init__(
        self,
        work: Callable[[T], R],
        failed: Callable[[T, str], R],
        *,
        jobs: int = 1,
        seconds: float | None = None,
        beat: Callable[[], object] = lambda: None,
    ) -> None:
        self._work = work
        self._failed = failed
        self._jobs = jobs
        self._seconds = seconds
        self._beat = beat
        self._context = _context()
        self._running: list[_Worker] = []
        self._waiting: deque[Numbered] = deque()

    def results(self, items: Iterable[T]) -> Iterator[R]:
        """Yield the result of each item, in the order of the items; these are asked for as they are needed.

        Args:
            items: The items.
        """
        numbered = enumerate(items)
        done: dict[int, R] = {}
        try:
            for number in itertools.count():
                while number not in done:
                    self._hand_out(numbered, number + _AHEAD * self._jobs)
                    if not any(worker.items for worker in self._running):
                        return
                    done.update(self._collect())
                yield done.pop(number)
        finally:
            for worker in self._running:
                worker.end()

    def _hand_out(self, numbered: Iterator[Numbered], limit: int) -> None:
        """Give each process something to do, first those that have nothing."""
        for most in range(_QUEUED):
            for worker in [worker for worker in self._running if len(worker.items) <= most]:
                item = self._next(numbered, limit)
                if item is None:
                    return
                worker.give(item)
            while len(self._running) < self._jobs:
                item = self._next(numbered, limit)
                if item is None:
                    return
                self._start().give(item)

    def _next(self, numbered: Iterator[Numbered], limit: int) -> Numbered | None:
        """Return the next item; `None` if there is none, or if too many results wait for an earlier one."""
        if not self._waiting:
            self._waiting.extend(itertools.islice(numbered, 1))
        if not self._waiting or self._waiting[0][0] >= limit:
            return None
        return self._waiting.popleft()

    def _start(self) -> _Worker:
        worker = _Worker(self._context, self._work, self._seconds, self._running)
        self._running.append(worker)
        return worker

    def _collect(self) -> Iterator[tuple[int, R]]:
        """Wait a moment, and yield what has come of it."""
        ready = wait([worker.connection for worker in self._running], timeout=_BEAT)
        self._beat()
        for worker in [*self._running]:
            if worker.connection in ready:
                yield from self._received(worker)
            elif worker.items and self._seconds is not None and worker.has_taken() > self._seconds:
                yield from self._lost(worker, f"It took more than {self._seconds:g} seconds")

    def _received(self, worker: _Worker) -> Iterator[tuple[int, R]]:
        try:
            result, problem = worker.connection.recv()
        except (EOFError, OSError):
            yield from self._lost(worker, None)
            return
        worker.since = time.monotonic()
        if problem == _READY:
            return
        number, item = worker.items.popleft()
        yield number, result if problem is None else self._failed(item, problem)

    def _lost(self, worker: _Worker, why: str | None) -> Iterator[tuple[int, R]]:
        """Give up a process and the item that it was at; what it had beside that is for others."""
        self._running.remove(worker)
        worker.end()
        if worker.items:
            number, item = worker.items.popleft()
            self._waiting.extendleft(reversed(worker.items))
            yield number, self._failed(item, why or worker.farewell())


class _Worker:
    """One process.

    Args:
        context: How processes are started.
        work: What it does with an item.
        seconds: How long that may take.
        others: Processes that run already.

    Attributes:
        connection: Gives a result and a problem for each item.
        items: What it has to do, the one that it is at first.
        since: When it began with that; `None` until the process is there.
    """

    def __init__(
        self, context: BaseContext, work: Callable[[Any], Any], seconds: float | None, others: Iterable[_Worker]
    ) -> None:
        self.connection, theirs = context.Pipe()
        self.items: deque[Numbered] = deque()
        self.since: float | None = None
        ours = [self.connection, *(other.connection for other in others)] if _forks(context) else []
        self._process = context.Process(  # type: ignore[attr-defined]  # each context has one of its own
            target=_serve, args=(work, seconds, theirs, ours), daemon=True
        )
        with _without_interrupts():
            self._process.start()
        theirs.close()

    def give(self, item: Numbered) -> None:
        """Hand it one more item; one that is gone already is noticed when its results are asked for."""
        if not self.items and self.since is not None:
            self.since = time.monotonic()
        self.items.append(item)
        with contextlib.suppress(OSError):
            self.connection.send(item[1])

    def has_taken(self) -> float:
        """Return for how many seconds it has been at its item."""
        return 0 if self.since is None else time.monotonic() - self.since

    def end(self) -> None:
        """End the process, whatever it is at."""
        self.connection.close()
        if self.items or self._process.exitcode is None:
            self._process.join(0 if self.items else _GRACE)
            self._process.kill()
        self._process.join(_GRACE)

    def farewell(self) -> str:
        """Return by what the process ended, once it has."""
        code = self._process.exitcode
        if code is not None and code < 0:
            return f"It ended its process by {_signal_name(-code)}"
        return f"It ended its process with the exit code {code}"


def _serve(
    work: Callable[[Any], Any], seconds: float | None, connection: Connection[Any, Any], inherited: Iterable[Any]
) -> None:
    """Work on items until there are no more; the body of a process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the process that started this one ends it
    for other in inherited:
        other.close()  # or it would not be noticed that that process is gone
    _silence()
    gc.freeze()
    with contextlib.suppress(EOFError, OSError):
        connection.send((None, _READY))
        while True:
            item = connection.recv()
            _end_after(seconds)
            answer = _answer(work, item)
            _end_after(None)
            connection.send(answer)


def _end_after(seconds: float | None) -> None:
    """End this process when an item has taken longer than anybody would wait: whoever did may be gone."""
    if hasattr(signal, "alarm"):
        signal.alarm(0 if seconds is None else math.ceil(seconds + 2 * _GRACE))


def _answer(work: Callable[[Any], Any], item: Any) -> tuple[Any, str | None]:
    """Return the result of an item, or what has happened to it."""
    try:
        return work(item), None
    except MemoryError:
        return None, "It takes more memory than there is"
    except Exception as error:  # noqa: BLE001  it is said of the item
        return None, f"{type(error).__name__}: {error}"


def _silence() -> None:
    """Send what the libraries below may print to nowhere."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)
    os.close(nowhere)


def _context() -> BaseContext:
    """Return how processes are started: as copies of this one, where that is safe, and anew elsewhere.

    A copy has only the thread that made it, so there may be no other.
    """
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            if len(os.listdir("/proc/self/task")) == 1:  # noqa: PTH208  their number is all that is asked for
                return multiprocessing.get_context("fork")
    return multiprocessing.get_context("spawn")


def _forks(context: BaseContext) -> bool:
    return context.get_start_method() == "fork"


@contextlib.contextmanager
def _without_interrupts() -> Iterator[None]:
    """Hold interrupts back while a process starts, until it knows what to do with one."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _signal_name(number: int) -> str:
    with contextlib.suppress(ValueError):
        return signal.Signals(number).name
    return f"signal {number}"


def cores() -> int:
    """Return how many processes can run at once."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
