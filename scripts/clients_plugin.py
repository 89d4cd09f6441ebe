"""A pytest plugin for `clients.py`: installs hornbook if asked, and notes each outcome.

`HORNBOOK_CLIENTS_INSTALL=keras` runs the tests under `hornbook.install()`, after
`keras` is imported; the outcomes go to the file that `HORNBOOK_CLIENTS_REPORT` names, one JSON
object a line.  Memory addresses are taken out of the names of tests, which
would differ from one process to the next.
"""

from __future__ import annotations

import importlib
import json
import os
import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest


def pytest_configure(config: Any) -> None:
    framework = os.environ.get("HORNBOOK_CLIENTS_INSTALL")
    if framework:
        import hornbook

        importlib.import_module(framework)
        hornbook.install()
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Outcomes(Path(os.environ["HORNBOOK_CLIENTS_REPORT"])))


@pytest.hookimpl(tryfirst=True)
def pytest_generate_tests(metafunc: Any) -> None:
    for mark in metafunc.definition.iter_markers("parametrize"):
        if callable(mark.kwargs.get("ids")):
            mark.kwargs["ids"] = partial(name_without_address, mark.kwargs["ids"])


def name_without_address(name_of: Callable[[Any], Any], value: Any) -> Any:
    """Return the name that a function of the test file gives to a parameter, the same in each process."""
    name = name_of(value)
    return re.sub(r"0x[0-9a-f]+", "", name) if isinstance(name, str) else name


class Outcomes:
    """Writes one line for each part of a test that is more than a passed set-up."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def pytest_runtest_logreport(self, report: Any) -> None:
        if report.when == "call" or report.outcome != "passed":
            self._write(report.nodeid, report)

    def pytest_collectreport(self, report: Any) -> None:
        if report.outcome == "failed":
            self._write(report.nodeid, report)

    def _write(self, test: str, report: Any) -> None:
        crash = getattr(report.longrepr, "reprcrash", None)
        told = str(getattr(crash, "message", report.longrepr or "")) if report.outcome == "failed" else ""
        with self._path.open("a") as file:
            file.write(json.dumps({"test": test, "outcome": report.outcome, "error": told[:2000]}) + "\n")
