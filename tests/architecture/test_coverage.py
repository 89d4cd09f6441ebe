"""`make test` holds the parts of the package to what they cover, by `scripts/covered.py`."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import covered
import pytest
import sources

SUMMARY = ("covered_lines", "num_statements", "covered_branches", "num_branches")


def report(folder: Path, **counts: tuple[int, int, int, int]) -> Path:
    """Write a report of coverage.py with one module for each part."""
    files: dict[str, Any] = {
        f"src/hornbook/{part}/module.py": {
            "summary": {**dict(zip(SUMMARY, numbers, strict=True)), "percent_covered": 1.5},
            "missing_lines": [3],
            "missing_branches": [[1, -1]],
        }
        for part, numbers in counts.items()
    }
    path = folder / "report.json"
    path.write_text(json.dumps({"files": files}), encoding="utf-8")
    return path


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, covered.__file__, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True)


@pytest.mark.parametrize(
    ("engine", "code"), [((95, 100, 95, 100), 0), ((100, 100, 89, 100), 1), ((94, 100, 95, 100), 1)]
)
def test_a_part_below_its_limit_fails(engine: tuple[int, int, int, int], code: int, tmp_path: Path) -> None:
    """Lines and branches count together."""
    done = run(report(tmp_path, engine=engine, cli=(900, 900, 100, 100)))
    assert done.returncode == code, done.stdout + done.stderr


def test_all_together_have_a_limit_too(tmp_path: Path) -> None:
    """A part without a limit of its own counts in the whole."""
    assert run(report(tmp_path, engine=(10, 10, 0, 0), cli=(79, 90, 0, 0))).returncode == 1


def test_what_never_ran_is_named(tmp_path: Path) -> None:
    """The first lines and branches to write a test for."""
    done = run(report(tmp_path, engine=(1, 2, 1, 2), cli=(1, 2, 1, 2)), "--missing", "engine")
    assert done.stdout == "src/hornbook/engine/module.py 3 1->-1\n"


def test_parts_with_a_limit_are_parts_of_the_package() -> None:
    """A folder that is called another way takes its limit with it."""
    assert {*covered.LIMITS} - {covered.WHOLE} <= {*sources.RANKS}
