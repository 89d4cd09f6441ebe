"""A reader sees the old file or the new one, never a part of either (B5)."""

from __future__ import annotations

import subprocess
import sys
from contextlib import contextmanager

import numpy as np
import pytest
from tests import needs

from .libraries import defect

# Saves two models in turn to one path until the file `stop` appears; says `ready` once the first is there.
WRITER = """
import sys
from pathlib import Path
import keras
library, target, stop = sys.argv[1], sys.argv[2], Path(sys.argv[3])
if library == "hornbook":
    from hornbook import save_model
else:
    from keras.saving import save_model
models = []
for value in (1.0, 2.0):
    model = keras.Sequential([keras.Input((64,)), keras.layers.Dense(64, name="dense")])
    model.set_weights([weight * 0 + value for weight in model.get_weights()])
    models.append(model)
save_model(models[0], target)
print("ready", flush=True)
while not stop.exists():
    for model in reversed(models):
        save_model(model, target)
"""


@contextmanager
def saving(library, target, stop):
    """Have another process save to `target` all the time."""
    command = [sys.executable, "-c", WRITER, library.name, str(target), str(stop)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
        try:
            assert writer.stdout.readline() == "ready\n"
            yield writer
            assert writer.poll() is None
        finally:
            stop.touch()
    assert writer.returncode == 0


@needs.keras
@defect("B5", "the file is truncated while it is written", raises=pytest.fail.Exception, match="loads failed")
def test_every_load_succeeds_while_another_process_saves(library, tmp_path):
    """25 loads during continuous saves all give one of the two models, whole."""
    failed, sums = [], set()
    with saving(library, tmp_path / "model.keras", tmp_path / "stop"):
        for _ in range(25):
            try:
                loaded = library.load(tmp_path / "model.keras")
            except Exception as error:
                failed.append(error)
                continue
            sums.add(tuple(float(np.unique(array).item()) for array in loaded.get_weights()))
    if failed:
        pytest.fail(f"{len(failed)} of 25 loads failed: {failed[0]}")
    assert sums <= {(1.0, 1.0), (2.0, 2.0)}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model.keras", "stop"]
