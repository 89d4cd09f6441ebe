"""The examples of `docs/extending.md` run as they are printed."""

from __future__ import annotations

import ast
import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from tests import needs

from hornbook import extending

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "extending.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^## (A[^\n]+)\n(.*?)(?=^## |\Z)", PAGE, flags=re.MULTILINE | re.DOTALL))
EXAMPLES = {
    title: match[1] for title, text in SECTIONS.items() if (match := re.search(r"```python\n(.*?)```", text, re.DOTALL))
}
PUBLIC = {"hornbook", "hornbook.errors", "hornbook.extending"}


@pytest.mark.parametrize(
    "example",
    [
        pytest.param(code, marks=needs.keras if "import keras" in code else (), id=title)
        for title, code in EXAMPLES.items()
    ],
)
def test_an_example_runs(example: str, tmp_path: Path) -> None:
    """In a new process, in an empty folder, and prints what its comments say."""
    if "import keras" in example and importlib.util.find_spec("jax") is None:
        pytest.skip("the example names JAX")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT / "examples")])}
    done = subprocess.run(
        [sys.executable, "-c", example], cwd=tmp_path, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    printed = " ".join(re.findall(r"^# (.*)$", example, flags=re.MULTILINE))
    assert " ".join(done.stdout.split()) == printed


@pytest.mark.parametrize("title", SECTIONS)
def test_a_section_has_an_example(title: str) -> None:
    """On the page, or in a file that it names and that is there."""
    named = re.findall(r"\]\(\.\./(examples/\w+\.py)\)", SECTIONS[title])
    assert title in EXAMPLES or named
    assert all((ROOT / path).is_file() for path in named)


@pytest.mark.parametrize("code", EXAMPLES.values(), ids=EXAMPLES)
def test_an_example_takes_public_names_alone(code: str) -> None:
    """All that somebody needs who adds something is in one module."""
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith("hornbook"):
            assert node.module in PUBLIC
        if isinstance(node, ast.Import):
            assert {name.name for name in node.names if name.name.startswith("hornbook")} <= {"hornbook"}


def test_the_page_names_every_call() -> None:
    """What registers something is in its table."""
    calls = {name for name in extending.__all__ if name.startswith("register_")}
    assert calls <= set(re.findall(r"^\|[^|]*\| `(\w+)\(", PAGE, flags=re.MULTILINE))
