"""The backends of Keras that are not this process's own, each in a process of its own."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

import hornbook

HERE = Path(__file__).parent
PREDICT = """
import sys, numpy as np, keras, hornbook
model = hornbook.load_model(sys.argv[1])
np.save(sys.argv[2], model.predict(np.load(sys.argv[3]), verbose=0))
hornbook.save_model(model, sys.argv[4])
"""


@pytest.fixture(params=["jax", "torch", "tensorflow"])
def other(request: pytest.FixtureRequest) -> dict[str, str]:
    """The environment of a process with another backend, if its framework is there."""
    if request.param == keras.backend.backend():
        pytest.skip("this is the backend of all other tests")
    if importlib.util.find_spec(request.param) is None:
        pytest.skip(f"{request.param} is not installed")
    return {**os.environ, "KERAS_BACKEND": request.param}


def test_the_documents_hold_with_another_backend(other: dict[str, str]) -> None:
    """Every sentence that is tested here holds there."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", HERE / "documents"]
    done = subprocess.run(command, env=other, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-3000:]


def test_a_model_goes_to_another_backend_and_back(other: dict[str, str], tmp_path: Path) -> None:
    """Predictions agree, optimizer state included: a torch optimizer is the same class elsewhere."""
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(8, activation="relu"), keras.layers.Dense(2)])
    model.compile("adam", "mse")
    inputs = np.random.default_rng(0).random((16, 4), dtype="float32")
    model.fit(inputs, np.ones((16, 2)), verbose=0)
    there, back = tmp_path / "there.keras", tmp_path / "back.keras"
    hornbook.save_model(model, there)
    np.save(tmp_path / "inputs.npy", inputs)
    arguments = [there, tmp_path / "outputs.npy", tmp_path / "inputs.npy", back]
    done = subprocess.run([sys.executable, "-c", PREDICT, *arguments], env=other, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    np.testing.assert_allclose(
        np.load(tmp_path / "outputs.npy"), model.predict(inputs, verbose=0), rtol=1e-4, atol=1e-5
    )
    again = hornbook.load_model(back)
    assert type(again.optimizer) is type(model.optimizer)
    for one, other_one in zip(model.optimizer.variables, again.optimizer.variables, strict=True):
        np.testing.assert_allclose(keras.ops.convert_to_numpy(one), keras.ops.convert_to_numpy(other_one), rtol=1e-6)
