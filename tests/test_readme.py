"""The examples of the README run as they are printed."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest
from tests import needs

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
if needs.KERAS:
    README = re.sub(r"Keras 3\.15\.1\b", f"Keras {version('keras')}", README)
EXAMPLES = re.findall(r"## ([^\n]+)\n+```python\n(.*?)```", README, flags=re.DOTALL)


@pytest.mark.parametrize(
    "example",
    [pytest.param(code, marks=needs.keras if "import keras" in code else (), id=title) for title, code in EXAMPLES],
)
def test_an_example_of_the_readme_runs(example: str, tmp_path: Path) -> None:
    """It runs in a new process, in an empty folder, and prints what its comments say."""
    done = subprocess.run([sys.executable, "-c", example], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    printed = " ".join(" ".join(re.findall(r"^# +(.*)$", example, flags=re.MULTILINE)).split())
    assert " ".join(done.stdout.split()) == printed


def test_there_are_four_examples_in_python() -> None:
    """The fifth is a command."""
    assert len(EXAMPLES) == 4


@needs.keras
def test_inspect_prints_what_the_readme_shows(tmp_path: Path) -> None:
    """The table of the README is that of the file that the second example writes."""
    subprocess.run([sys.executable, "-c", EXAMPLES[1][1]], cwd=tmp_path, check=True, capture_output=True)
    command = [sys.executable, "-m", "hornbook.cli", "inspect", "model.keras"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    shown = README[README.index("$ hornbook inspect model.keras\n") :].split("\n", 1)[1].split("```")[0]
    sizes = re.compile(r"[\d.]+ kB")
    assert sizes.sub("", " ".join(done.stdout.split())) == sizes.sub("", " ".join(shown.split()))


@needs.keras
def test_audit_prints_what_the_readme_shows(tmp_path: Path) -> None:
    """Its first lines are those of the file that the last example writes."""
    subprocess.run([sys.executable, "-c", EXAMPLES[3][1]], cwd=tmp_path, check=True, capture_output=True)
    command = [sys.executable, "-m", "hornbook.cli", "audit", "lambda.keras"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    shown = README[README.index("$ hornbook audit lambda.keras\n") :].split("\n", 1)[1].split("```")[0]
    assert done.returncode == 1
    assert done.stdout.startswith(shown)
