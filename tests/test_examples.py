"""The example of a library of one's own runs as its page shows, in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import hornbook

MIDLEVEL = Path(__file__).parents[1] / "examples" / "midlevel"
SHOWN = (MIDLEVEL / "README.md").read_text(encoding="utf-8").split("$ python show.py\n")[1].split("```")[0]
FRAMEWORKS = ("keras", "tensorflow", "torch", "jax", "numpy")
AND_LOOK = f"""
import runpy, sys
runpy.run_path("show.py", run_name="__main__")
assert not {set(FRAMEWORKS)!r} & set(sys.modules)
"""


@pytest.mark.parametrize("options", [["-S"], []], ids=["without installed packages", "with them"])
def test_the_library_works_without_a_framework(options: list[str]) -> None:
    """It prints what its page shows, and imports none that is there."""
    paths = [str(Path(hornbook.__file__).parents[1]), str(MIDLEVEL)]
    done = subprocess.run(
        [sys.executable, *options, "-c", AND_LOOK],
        cwd=MIDLEVEL,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == SHOWN
