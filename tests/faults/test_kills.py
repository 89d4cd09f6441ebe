"""A process that is killed while it saves leaves the old model or the new one, whole (B3)."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from tests import needs

PROGRAM = Path(__file__).parent / "killed.py"

pytestmark = [
    needs.keras,
    pytest.mark.skipif(find_spec("jax") is None, reason="Keras' NumPy backend, which can be forked, needs JAX"),
    pytest.mark.skipif(sys.platform == "win32", reason="there is no fork and no SIGKILL"),
]


def killed(how, form, target, count):
    """Return what the program found after killing children that save to `target`."""
    command = [sys.executable, "-W", "ignore", PROGRAM, how, form, target, "20260821", str(count)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("form", ["file", "folder"])
def test_a_model_survives_kills_at_random_moments(form, tmp_path):
    """After each of 50 kills the model that is there loads; the next save leaves nothing else."""
    found = killed("moment", form, tmp_path / "model.keras", 50)
    assert found["kills"] == 50
    assert found["absent"] == 0
    # Which of the two is there depends on how far a save gets, so on the machine.
    assert {1.0, 2.0} >= set(found["found"])
    assert found["found"]
    assert found["left"] == ["model.keras"]


@pytest.mark.parametrize("form", ["file", "plain-file", "folder", "plain-folder"])
def test_a_model_survives_a_kill_before_every_line(form, tmp_path):
    """Killed before each line of what replaces files; with what only Linux has, and without.

    Without it a folder is not there for a moment, and the next save finds the
    old one.
    """
    found = killed("step", form, tmp_path / "model.keras", 1000)
    assert found["kills"] > 30
    assert found["found"] == [1.0, 2.0]
    assert found["absent"] <= (4 if form == "plain-folder" else 0)
    assert found["left"] == ["model.keras"]
    if form == "file" and sys.platform == "linux":
        assert found["litter"] <= 4, "a file has no name until it is whole"
