"""Warnings: a small tree beside that of the errors, so that filters can name them."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import pytest

import hornbook
from hornbook import errors

SOURCE = Path(hornbook.__file__).parents[1]
MODULES = [SOURCE / "pytest_hornbook.py", *sorted((SOURCE / "hornbook").rglob("*.py"))]
CLASSES = [one for one in vars(errors).values() if isinstance(one, type) and issubclass(one, Warning)]


def relative(path: Path) -> str:
    return path.relative_to(SOURCE).as_posix()


def categories(path: Path) -> list[Any]:
    """Return the class that each `warnings.warn` of a module passes, and `None` where it passes none of ours."""
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module == "warnings":
            found.append(None)  # under another name it would not be seen here
        if isinstance(node, ast.Call) and ast.unparse(node.func).startswith("warnings.warn"):
            passed = [*node.args[1:2], *(one.value for one in node.keywords if one.arg == "category")]
            name = passed[0].id if passed and isinstance(passed[0], ast.Name) else ""
            found.append(getattr(errors, name, None))
    return found


@pytest.mark.parametrize("path", MODULES, ids=relative)
def test_every_warning_has_a_class_of_the_tree(path: Path) -> None:
    """Each call passes a class below the base, which says what the warning is about."""
    assert all(one in CLASSES and one is not hornbook.HornbookWarning for one in categories(path))


def test_every_class_of_the_tree_is_raised_somewhere() -> None:
    """A class that nothing passes, and that no other one has as its base, is a promise that nothing keeps."""
    passed = {one for path in MODULES for one in categories(path)}
    for one in CLASSES:
        assert one in passed or one.__subclasses__(), one


@pytest.mark.parametrize("one", CLASSES, ids=lambda one: one.__name__)
def test_a_warning_is_one_of_ours_and_a_user_warning(one: type[Warning]) -> None:
    """`UserWarning` is what Keras raises in these places, and what code written for it filters."""
    assert issubclass(one, hornbook.HornbookWarning)
    assert issubclass(one, UserWarning)
    assert one.__name__.endswith("Warning")


def test_the_page_names_every_class() -> None:
    """`docs/warnings-and-logs.md` has a row for each."""
    page = (SOURCE.parent / "docs" / "warnings-and-logs.md").read_text(encoding="utf-8")
    named = {line.split("`")[1] for line in page.splitlines() if line.startswith("| `")}
    assert named == {one.__name__ for one in CLASSES}
