"""The entry point of the command, with and without the packages that it needs."""

from __future__ import annotations

import runpy
import sys

import pytest

import hornbook
from hornbook import cli


@pytest.mark.parametrize("missing", ["click", "rich"])
def test_without_its_packages_it_says_what_to_install(monkeypatch, capsys, missing):
    monkeypatch.setitem(sys.modules, missing, None)
    for name in [name for name in sys.modules if name.startswith("hornbook.cli.")]:
        monkeypatch.delitem(sys.modules, name)
    for name in [name for name in sys.modules if name.startswith(f"{missing}.")]:
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(SystemExit) as left:
        cli.main()
    assert left.value.code == 2
    assert capsys.readouterr().err == "The command line needs click and rich: pip install hornbook[cli]\n"


def test_another_import_that_fails_is_no_missing_package(monkeypatch):
    monkeypatch.setitem(sys.modules, "hornbook.cli.commands", None)
    with pytest.raises(ImportError):
        cli.main()


def test_the_module_is_the_command(monkeypatch, capsys):
    pytest.importorskip("click")
    pytest.importorskip("rich")
    monkeypatch.setattr(sys, "argv", ["hornbook", "--version"])
    monkeypatch.delitem(sys.modules, "hornbook.cli.__main__", raising=False)
    with pytest.raises(SystemExit) as left:
        runpy.run_module("hornbook.cli", run_name="__main__")
    assert left.value.code == 0
    assert capsys.readouterr().out == f"hornbook {hornbook.__version__}\n"
