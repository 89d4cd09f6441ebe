"""Private names of Keras stand in one module, and each of them may be missing."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests import needs

import hornbook
from hornbook.integrations.keras3 import private

SOURCE = Path(hornbook.__file__).parent
# Takes one name away before the first use, then does the main job; prints what was raised.
PROGRAM = """
import os, sys, tempfile
import keras, numpy as np
from keras.src.saving import serialization_lib
import hornbook
from hornbook.integrations.keras3 import private

def job(folder):
    class Own(keras.layers.Layer):
        def call(self, x): return x * 2
    inputs = keras.Input((4,))
    x = keras.layers.LSTM(2)(keras.layers.Reshape((2, 2))(inputs))
    model = keras.Model(inputs, Own()(keras.layers.Dense(3, kernel_initializer="orthogonal")(x)))
    model.compile("adam", keras.losses.Huber(), metrics=["mae"])
    path = os.path.join(folder, "m.keras")
    hornbook.save_model(model, path)
    again = hornbook.load_model(path, {"Own": Own})
    data = np.ones((2, 4), "float32")
    np.testing.assert_allclose(again(data), model(data), rtol=1e-5)
    with hornbook.install():
        keras.models.load_model(path, {"Own": Own})
        keras.models.clone_model(keras.Sequential([keras.Input((2,)), keras.layers.Dense(2)]))

def one(name, folder):
    private.PLACES[name] = "nowhere:nothing"
    said = "works"
    try:
        job(folder)
    except hornbook.errors.IntegrationError as error:
        assert len(str(error).splitlines()) <= 2, error
        said = "refused"
    except BaseException as error:
        said = f"{type(error).__name__}: {error}"
    layer = keras.layers.deserialize(keras.layers.serialize(keras.layers.Dense(2)))  # plain Keras
    assert layer(np.ones((1, 2))).shape == (1, 2)
    return said

for name in sys.argv[1:]:
    with tempfile.TemporaryDirectory() as folder:
        said, out = os.path.join(folder, "said"), 1
        child = os.fork()
        if child == 0:
            try:
                text = one(name, folder)
            except BaseException as error:
                text = f"plain Keras is broken: {type(error).__name__}: {error}"
            open(said, "w").write(" ".join(text.split()))
            os._exit(0)
        os.waitpid(child, 0)
        print(name, open(said).read() if os.path.exists(said) else "died", flush=True)
"""


def test_one_module_names_private_modules_of_keras() -> None:
    """All others ask it."""
    found = set()
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            names += [one.name for one in node.names] if isinstance(node, ast.Import) else []
            if any(name == "keras.src" or name.startswith("keras.src.") for name in names):
                found.add(path.name)
    assert found == set()


@pytest.fixture(scope="module")
def without() -> dict[str, str]:
    """What came of the main job without each private name."""
    names = sorted(private.PLACES)
    environment = {**os.environ, "PYTHONWARNINGS": "ignore"}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *names], capture_output=True, text=True, check=False, env=environment
    )
    assert done.returncode == 0, done.stderr
    return dict(line.split(" ", 1) for line in done.stdout.splitlines())


@needs.keras
@pytest.mark.parametrize("name", sorted(private.PLACES))
def test_a_private_name_may_be_missing(name: str, without: dict[str, str]) -> None:
    """The main job works without it, or one error of ours says so; plain Keras works in any case."""
    assert without[name] in ("works", "refused"), without[name]


@needs.keras
def test_names_that_guard_nothing_are_not_needed(without: dict[str, str]) -> None:
    """Only those are needed without which a file could go round the policy."""
    refused = {name for name, said in without.items() if said == "refused"}
    assert refused <= {
        "AnyVariable",
        "CustomObjectScope",
        "deserialize_keras_object",
        "get_registered_name",
        "get_registered_object",
        "load_model",
        "serialize_keras_object",
    }


@needs.keras
def test_names_of_the_running_version_are_found() -> None:
    """A name that is missing everywhere is a mistake in the table."""
    import keras  # noqa: F401

    versions = {"is_nnx_enabled", "Threshold", "AnyVariable", "KerasVariable"}
    torch = {"TorchLayer", "torch_device"}
    missing = {name for name in private.PLACES if getattr(private, name) is None}
    assert missing <= versions | torch | {"flat_skips_failed"}
