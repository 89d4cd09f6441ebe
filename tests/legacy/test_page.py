"""`docs/legacy.md` says what the dialects say, and its example runs."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path

import pytest

from hornbook.engine.dialects import HORNBOOK, Dialect
from hornbook.legacy import tables

PAGE = (Path(__file__).parents[2] / "docs" / "legacy.md").read_text(encoding="utf-8")
BEFORE, AFTER = re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)
IMPORTED = {"trusted": "if trusted", "with config": "all that have a config"}
ON_DUPLICATE = {"warning": "warns", "replace": "replaces", "error": "is an error"}
MODULES = {
    "a scope in a scope": lambda module: (
        "hides it" if getattr(module.CustomObjectScope, "hides", False) else "adds to it"
    ),
}
DIALECTS = {
    "outermost class: looked up in": lambda one: ", ".join(one.root),
    "parts and strings: looked up in": lambda one: ", ".join(one.parts),
    "a string that names a class gives": lambda one: "an instance" if not one.strings_anywhere else "the class",
    "a function is written by": lambda one: "its key" if one.function_names == "registered" else "its `__name__`",
    "a registered name on a built-in": lambda one: "wins" if "bare" not in one.class_names else "is not used",
    "classes of imported modules": lambda one: (
        "all that have a config" if one.imported_classes == "with config" else "if trusted"
    ),
    "an object met twice": lambda one: "gets an id" if one.shares_objects else "in a scope only",
    "a second registration": lambda one: ON_DUPLICATE[one.on_duplicate],
    "a dict: looked up in": lambda one: ", ".join(one.root),
    "objects in lists and dicts of a config": lambda one: (
        "are written and read" if one.flat_containers else "stay as they are"
    ),
    "`config` that is a list": lambda one: "is passed on" if "flat" in one.config_may_be_list else "is refused",
}
# What scopes do with the global dictionary, and which there are, is tested in `tests/documents`.
ELSEWHERE = {"entries of a scope", "changes of that dictionary in a scope", "shared objects"}


def rows():
    """Yield each row of the tables of differences: its name, and its cells by column."""
    columns = []
    for line in PAGE.split("## What differs\n")[1].split("\n## ")[0].splitlines():
        name, *cells = [cell.strip() for cell in line.strip("|").split("|")] if line.startswith("|") else [None]
        if name == "":
            columns = [cell.strip("`") for cell in cells]
        elif name and not name.startswith("---"):
            yield pytest.param(name, dict(zip(columns, cells, strict=True)), id=f"{name}, {columns[0]}")


def dialect_of(column):
    found = [HORNBOOK, *vars(tables).values()]
    name = "hornbook" if column == "hornbook.legacy" else column
    return next(one for one in found if isinstance(one, Dialect) and one.name == name)


@pytest.mark.parametrize(("name", "cells"), [*rows()])
def test_a_row_says_what_the_dialects_say(name, cells):
    """Each cell is made of the table of its generation, or of its scope."""
    if name in ELSEWHERE:
        return
    for column, cell in cells.items():
        if name in MODULES:
            module = import_module(column if column == "hornbook" else f"hornbook.legacy.{column}")
            assert MODULES[name](module) == cell, column
        else:
            assert DIALECTS[name](dialect_of(column)) == cell, column


def test_every_answer_that_is_listed_here_is_in_the_page():
    """No line of this file is left without its row."""
    assert {row.values[0] for row in rows()} == {*MODULES, *DIALECTS, *ELSEWHERE}


def test_the_ported_library_runs():
    """With the import exchanged, and nothing else."""
    lines = BEFORE.splitlines(keepends=True)
    assert lines[0].startswith("from tensorflow.keras.utils import ")
    assert lines[0].split(" import ")[1] == AFTER.split(" import ")[1]
    from hornbook.engine.registry import DEFAULT

    before = dict(DEFAULT.objects), dict(DEFAULT._names)
    try:
        exec(AFTER + "".join(lines[1:]), {"__name__": "ported"})
    finally:
        for table, entries in zip((DEFAULT.objects, DEFAULT._names), before, strict=True):
            table.clear()
            table.update(entries)
