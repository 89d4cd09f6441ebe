"""The examples of the README run as they are printed."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import pytest
from tests import needs

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
if needs.KERAS:
    README = re.sub(r"Keras 3\.15\.1\b", f"Keras {version('keras')}", README)
# Pasted where no backend is named; the examples name JAX, so where that is absent the one of the run stays.
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "KERAS_BACKEND" or not find_spec("jax")}
EXAMPLES = re.findall(r"## ([^\n]+)\n+```python\n(.*?)```", README, flags=re.DOTALL)


def run(example: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run an example as it is pasted: in a new process, with no backend named outside of it."""
    env = {**ENVIRONMENT, "KERAS_HOME": str(folder / "keras")}  # what the user's own file names does not count
    return subprocess.run([sys.executable, "-c", example], cwd=folder, env=env, capture_output=True, text=True)


@pytest.mark.parametrize(
    "example",
    [pytest.param(code, marks=needs.keras if "import keras" in code else (), id=title) for title, code in EXAMPLES],
)
def test_an_example_of_the_readme_runs(example: str, tmp_path: Path) -> None:
    """It runs in a new process, in an empty folder, and prints what its comments say."""
    done = run(example, tmp_path)
    assert done.returncode == 0, done.stderr
    printed = " ".join(" ".join(re.findall(r"^# +(.*)$", example, flags=re.MULTILINE)).split())
    assert " ".join(done.stdout.split()) == printed


def test_there_are_four_examples_in_python() -> None:
    """The fifth is a command."""
    assert len(EXAMPLES) == 4


@needs.keras
def test_inspect_prints_what_the_readme_shows(tmp_path: Path) -> None:
    """The table of the README is that of the file that the second example writes."""
    run(EXAMPLES[1][1], tmp_path).check_returncode()
    command = [sys.executable, "-m", "hornbook.cli", "inspect", "model.keras"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    shown = README[README.index("$ hornbook inspect model.keras\n") :].split("\n", 1)[1].split("```")[0]
    sizes = re.compile(r"[\d.]+ kB")
    assert sizes.sub("", " ".join(done.stdout.split())) == sizes.sub("", " ".join(shown.split()))


@needs.keras
def test_audit_prints_what_the_readme_shows(tmp_path: Path) -> None:
    """Its first lines are those of the file that the last example writes."""
    run(EXAMPLES[3][1], tmp_path).check_returncode()
    command = [sys.executable, "-m", "hornbook.cli", "audit", "lambda.keras"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    shown = README[README.index("$ hornbook audit lambda.keras\n") :].split("\n", 1)[1].split("```")[0]
    assert done.returncode == 1
    assert done.stdout.startswith(shown)
