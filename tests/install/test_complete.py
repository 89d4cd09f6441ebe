"""No call path in Keras reaches its own functions under `install()`."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
from tests import needs

pytestmark = needs.keras

PROGRAM = Path(__file__).with_name("everything.py")
USES = [
    node.name
    for node in ast.parse(PROGRAM.read_text()).body
    if isinstance(node, ast.FunctionDef) and any(getattr(one, "id", "") == "use" for one in node.decorator_list)
]


@cache
def results() -> dict[str, str | None]:
    done = subprocess.run([sys.executable, PROGRAM], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])["uses"]


@pytest.mark.parametrize("use", USES)
def test_nothing_reaches_the_code_of_keras(use: str) -> None:
    """With every function of the system made to raise, each use of it works."""
    assert results()[use] is None, results()[use]
