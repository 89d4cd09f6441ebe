"""What all tests share: the backend, what there is to run on, and where the shared material is.

`HORNBOOK_WITHOUT`, as `keras,numpy,h5py`, names what an environment of the
noxfile does without.  A test module that imports one of these is skipped
there; everywhere else it is an error.  Keras 2 is not a Keras to run on: it is
hidden while modules are collected, and there again when tests run.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

os.environ.setdefault("KERAS_BACKEND", "jax")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import pytest
from tests import needs
from tests.needs import WITHOUT

Report = pytest.CollectReport
SHARED = Path(__file__).parents[2] / "shared"


@pytest.fixture
def shared() -> Path:
    """The folder with real files; absent where only the repository is."""
    if not SHARED.is_dir():
        pytest.skip("the folder with shared material is not beside this checkout")
    return SHARED


@contextmanager
def hidden() -> Iterator[None]:
    """Let imports of what is done without fail."""
    kept = {name: sys.modules.get(name) for name in WITHOUT}
    sys.modules.update(dict.fromkeys(WITHOUT))
    try:
        yield
    finally:
        for name, module in kept.items():
            del sys.modules[name]
            if module is not None:
                sys.modules[name] = module


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip the example that takes Keras 3: `install` without any Keras does nothing, beside Keras 2 it raises."""
    for item in items:
        if item.name == "hornbook.saving.installation.install":
            item.add_marker(needs.keras)


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Skip a module that imports what is done without."""
    with hidden():
        report = yield
    missing = re.search(r"import of (\w+) halted", str(report.longrepr)) if report.failed else None
    if missing and missing[1] in WITHOUT:
        report.outcome = "skipped"
        report.longrepr = (str(collector.path), 0, f"Skipped: needs {missing[1]}, which is not here")
    return report
