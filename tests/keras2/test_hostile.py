"""What a file or config may not do where Keras 2 is the framework: each attack in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.keras2.attacks import ATTACKS
from tests.keras2.conftest import package

# What loads and does no harm: Keras 2.9.3 reads no `build_config`, and so builds nothing of its size.
_HARMLESS = frozenset({"build_config"})
_MEBIBYTES = 1500
# The process that tries them: TensorFlow is imported once there.
_TIMEOUT = 1500


PACKAGE = package()
pytestmark = pytest.mark.skipif(PACKAGE is None, reason="needs Keras 2 and TensorFlow, which are not here")


@pytest.fixture(scope="module")
def results() -> dict[str, dict[str, Any]]:
    root = Path(__file__).parents[2]
    paths = os.pathsep.join([str(root / "src"), str(root), os.environ.get("PYTHONPATH", "")])
    ran = subprocess.run(
        [sys.executable, "-W", "ignore", str(Path(__file__).with_name("attacks.py")), str(PACKAGE)],
        env={**os.environ, "PYTHONPATH": paths, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": ""},
        capture_output=True,
        text=True,
        timeout=_TIMEOUT,
        check=False,
    )
    found = [json.loads(line) for line in ran.stdout.splitlines() if line.startswith("{")]
    assert len(found) == len(ATTACKS), ran.stderr[-2000:]
    return {result["name"]: result for result in found}


@pytest.mark.parametrize("name", ATTACKS)
def test_is_refused_before_it_does_anything(results: dict[str, dict[str, Any]], name: str) -> None:
    found = results[name]
    assert not found["timeout"], found
    assert not found["died"], found
    assert not found["marker"], found
    assert not found["opened"], found
    assert found["mebibytes"] < _MEBIBYTES, found
    if name not in _HARMLESS:
        assert not found["loaded"], found
        assert found["ours"], found
