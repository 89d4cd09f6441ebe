"""The house keeps its measure: `scripts/house.py` counts, and these are the limits."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import house
import pytest
import sources

LIMITED = [figure for figure in house.figures() if figure.limit is not None]


@pytest.mark.parametrize("figure", LIMITED, ids=lambda figure: figure.name)
def test_a_figure_keeps_its_limit(figure: house.Figure) -> None:
    """None of them may grow beyond it."""
    assert figure.value <= figure.limit, figure.names


def test_the_command_prints_every_figure() -> None:
    """`--check` says by its exit code whether all keep their limits."""
    script = Path(house.__file__)
    done = subprocess.run([sys.executable, script, "--check"], capture_output=True, text=True)
    assert all(figure.name in done.stdout for figure in house.figures())
    assert done.returncode == any(figure.value > figure.limit for figure in LIMITED), done.stderr


def test_a_circle_is_found_through_any_number_of_modules() -> None:
    """The counting itself: modules that reach one another are one circle, others are in none."""
    edges = {"a": {"b"}, "b": {"c"}, "c": {"a", "d"}, "d": set(), "e": {"f"}, "f": {"e"}}
    assert sources.cycles(edges) == [["a", "b", "c"], ["e", "f"]]


def test_imports_for_types_do_not_run_and_those_within_functions_do() -> None:
    """A name that is no module stands for the module that it is in."""
    tree = ast.parse(
        "from typing import TYPE_CHECKING\n"
        "if TYPE_CHECKING:\n"
        "    from hornbook.engine import resolve\n"
        "def late():\n"
        "    from hornbook.archive.zip import reader\n"
        "    from hornbook.errors import HornbookError\n"
    )
    assert set(sources.imported(tree)) == {
        ("engine/resolve.py", False),
        ("archive/zip/reader.py", True),
        ("errors.py", True),
    }
