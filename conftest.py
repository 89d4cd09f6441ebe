"""What is collected where Keras, NumPy or h5py is not: tests, and the examples in docstrings.

`HORNBOOK_WITHOUT`, as `keras,numpy,h5py`, names what an environment of the
noxfile does without.  A module that imports one of these is skipped there;
everywhere else it is an error.  Keras 2 is not a Keras to run on: it is hidden
while modules are collected, and there again when tests run.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Generator, Iterator
from contextlib import contextmanager

import pytest
from tests import needs

Report = pytest.CollectReport

# It is a Keras to run on there: `make keras2` has processes in which that is meant.
collect_ignore = ["tests/keras2"] if needs.WITHOUT else []


@contextmanager
def hidden() -> Iterator[None]:
    """Let imports of what is done without fail."""
    kept = {name: sys.modules.get(name) for name in needs.WITHOUT}
    sys.modules.update(dict.fromkeys(needs.WITHOUT))
    try:
        yield
    finally:
        for name, module in kept.items():
            del sys.modules[name]
            if module is not None:
                sys.modules[name] = module


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Generator[None, Report, Report]:
    """Skip a module that imports what is done without."""
    with hidden():
        report = yield
    missing = re.search(r"import of (\w+) halted", str(report.longrepr)) if report.failed else None
    if missing and missing[1] in needs.WITHOUT:
        report.outcome = "skipped"
        report.longrepr = (str(collector.path), 0, f"Skipped: needs {missing[1]}, which is not here")
    return report


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip the example that takes Keras 3: `install` without any Keras does nothing, beside Keras 2 it raises."""
    for item in items:
        if item.name == "hornbook.saving.installation.install":
            item.add_marker(needs.keras)
