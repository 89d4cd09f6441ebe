"""Work on many items in processes: in order, whatever an item does to its process, and an end that is clean."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import subprocess
import sys
import time

import pytest

pytest.importorskip("click")
pytest.importorskip("rich")

from hornbook.cli import workers
from hornbook.cli.many import StatusLine, results_of

linux = pytest.mark.skipif(sys.platform != "linux", reason="processes are copied on Linux alone")
START = [pytest.param("spawn"), pytest.param("fork", marks=linux)]


def square(number):
    """Do what the number says; a function that a new process finds by its name."""
    if number == 13:
        os._exit(3)
    if number == 17:
        os.kill(os.getpid(), signal.SIGKILL)
    if number == 19:
        time.sleep(60)
    if number == 23:
        raise ValueError("no such number")
    if number == 29:
        raise MemoryError
    if number == 31:
        print("not to be seen")
        time.sleep(0.3)
    return number**2


def failed(number, why):
    return f"{number}: {why}"


# Ours has more than one thread, as Keras starts some: in a process of its own both ways can be tried.
CHILD = """
import sys
sys.path[:0] = {path!r}
from cli import test_workers as me
from hornbook.cli import workers
import multiprocessing
workers._context = lambda: multiprocessing.get_context({start!r})
if __name__ == "__main__":
    for result in workers.Workers(me.square, me.failed, jobs={jobs}, seconds={seconds}).results({items!r}):
        print(result)
"""


def child(tmp_path, start, items, jobs=1, seconds=5):
    program = tmp_path / "program.py"
    tests = os.path.dirname(os.path.dirname(__file__))
    program.write_text(
        CHILD.format(
            path=[tests, os.path.dirname(tests), *sys.path], start=start, jobs=jobs, seconds=seconds, items=items
        )
    )
    done = subprocess.run([sys.executable, program], capture_output=True, text=True, check=False, timeout=60)
    assert done.stderr == ""
    assert done.returncode == 0
    return done.stdout.splitlines()


@pytest.mark.parametrize("start", START)
@pytest.mark.parametrize("jobs", [1, 3])
def test_results_come_in_order_and_nothing_that_an_item_does_ends_the_work(tmp_path, start, jobs):
    """The same, however many processes there are."""
    items = [1, 13, 2, 31, 17, 13, 3, 23, 29, 4]
    assert child(tmp_path, start, items, jobs) == [
        "1",
        "13: It ended its process with the exit code 3",
        "4",
        "961",
        "17: It ended its process by SIGKILL",
        "13: It ended its process with the exit code 3",
        "9",
        "23: ValueError: no such number",
        "29: It takes more memory than there is",
        "16",
    ]


@pytest.mark.parametrize("start", START)
def test_an_item_that_takes_too_long_is_given_up(tmp_path, start):
    assert child(tmp_path, start, [1, 19, 2], seconds=2) == ["1", "19: It took more than 2 seconds", "4"]


def test_items_are_asked_for_as_they_are_needed():
    """A slow one holds back the results of the others, and these are not heaped up."""
    asked = []

    def items():
        for number in range(10_000):
            asked.append(number)
            yield 0

    with contextlib.closing(workers.Workers(square, failed, jobs=2).results(items())) as results:
        assert next(results) == 0
        assert len(asked) < 1000
    assert not multiprocessing.active_children()


def test_there_may_be_nothing_to_do():
    assert not [*workers.Workers(square, failed).results([])]
    assert not multiprocessing.active_children()


def test_what_gives_the_items_may_fail():
    """Its error is raised, and no process is left."""

    def items():
        yield 1
        raise OSError("It cannot be searched")

    with pytest.raises(OSError, match="searched"):
        list(workers.Workers(square, failed).results(items()))
    assert not multiprocessing.active_children()


def test_the_work_is_done_by_as_many_processes_as_there_are_cores():
    status = StatusLine("squared")
    assert [*results_of(square, range(5), failed, status, jobs=0)] == [0, 1, 4, 9, 16]
    assert status._done == 5
    assert workers.cores() >= 1


# The body of a process runs in other processes, where nobody counts its lines; here it runs by itself.


def test_the_answer_to_an_item_is_a_result_or_a_problem():
    assert workers._answer(square, 3) == (9, None)
    assert workers._answer(square, 23) == (None, "ValueError: no such number")
    assert workers._answer(square, 29) == (None, "It takes more memory than there is")


def test_a_signal_without_a_name_is_one_all_the_same():
    assert workers._signal_name(9) == "SIGKILL"
    assert workers._signal_name(9999) == "signal 9999"


@pytest.mark.parametrize(("names", "expected"), [(["1"], "fork"), (["1", "2"], "spawn")])
@linux
def test_processes_are_copied_where_there_is_one_thread(monkeypatch, names, expected):
    monkeypatch.setattr(os, "listdir", lambda path: names)
    assert workers._context().get_start_method() == expected


@pytest.mark.skipif(not hasattr(signal, "alarm"), reason="this system has no alarm")
def test_a_process_that_nobody_waits_for_any_more_ends_by_itself(monkeypatch):
    asked = []
    monkeypatch.setattr(signal, "alarm", asked.append)
    workers._end_after(2.5)
    workers._end_after(None)
    assert asked == [13, 0]


class Terminal:
    def __init__(self, is_terminal=True):
        self.shown = []
        self.is_terminal = is_terminal

    encoding = "ascii"

    def isatty(self):
        return self.is_terminal

    def write(self, text):
        self.shown.append(text)

    def flush(self):
        pass


def test_the_line_appears_after_a_moment_and_is_taken_away(monkeypatch):
    clock = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    terminal = Terminal()
    status = StatusLine("audited", terminal)
    status.beat()
    assert not terminal.shown
    clock[0] += 0.9
    status.begin("m\x1b[2J\u00e9.keras")
    status.begin("other.keras")
    status.beat()  # too soon
    assert terminal.shown == ["\r0 audited, 1 s: m\\x1b[2J\\xe9.keras"]
    clock[0] += 0.9
    status.end()
    assert terminal.shown[-1] == "\r" + "1 audited, 2 s: other.keras".ljust(len(terminal.shown[0]) - 1)
    clock[0] += 0.9
    status.end()
    assert terminal.shown[-1].rstrip() == "\r2 audited, 3 s"
    status.clear()
    assert terminal.shown[-1].strip("\r ") == ""
    status.say("done")
    assert terminal.shown[-1] == "done\n"


def test_the_line_is_no_longer_than_the_terminal_is_wide(monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    terminal = Terminal()
    status = StatusLine("audited", terminal)
    status._next = 0
    status.begin("x" * 500)
    assert len(terminal.shown[0]) <= 40


def test_nothing_is_shown_where_there_is_no_terminal():
    file = Terminal(is_terminal=False)
    status = StatusLine("audited", file)
    status._next = 0
    status.beat()
    status.say("done")
    status.clear()
    assert not file.shown
