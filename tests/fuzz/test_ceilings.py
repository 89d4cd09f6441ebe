"""That costs are measured at all, on a few classes: all of them are for `make fuzz`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from tests import needs

pytestmark = needs.keras


@pytest.mark.skipif(sys.platform != "linux", reason="memory is measured by /proc")
def test_huge_arguments_cost_nothing() -> None:
    names = ["Dense", "MeanIoU", "Normalization", "RepeatVector"]
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "tests.fuzz.ceilings", *names],
        cwd=Path(__file__).parents[2], capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    assert "4 classes, 0 findings" in done.stdout
