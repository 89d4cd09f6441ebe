"""Private names of Keras stand in one module, and each of them may be missing."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path

from tests import needs

import hornbook
from hornbook.integrations.keras3 import private

SOURCE = Path(hornbook.__file__).parent
PROGRAM = """
import functools, gc, json, os, sys, tempfile
import keras, numpy as np
import hornbook
from hornbook.integrations.keras3 import private

def job(folder):
    class Own(keras.layers.Layer):
        def call(self, x): return x * 2
    inputs = keras.Input((4,))
    model = keras.Model(inputs, Own()(keras.layers.Dense(3, kernel_initializer="orthogonal")(inputs)))
    model.compile("adam", keras.losses.Huber(), metrics=["mae"])
    path = os.path.join(folder, "m.keras")
    hornbook.save_model(model, path)
    again = hornbook.load_model(path, {"Own": Own})
    for one, other in zip(model.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    with hornbook.install():
        keras.models.load_model(path, {"Own": Own})
        keras.models.clone_model(keras.Sequential([keras.Input((2,)), keras.layers.Dense(2)]))

def plain():
    assert keras.layers.deserialize(keras.layers.serialize(keras.layers.Dense(2))).units == 2
    assert keras.regularizers.get("l2").l2 == 0.01

def without(*names):
    places = {name: private.PLACES[name] for name in names}
    private.PLACES.update(dict.fromkeys(names, "nowhere:nothing"))
    for one in gc.get_objects():  # what was looked up before
        if isinstance(one, functools._lru_cache_wrapper) and one.__module__.startswith("hornbook.integrations.keras3"):
            one.cache_clear()
    try:
        with tempfile.TemporaryDirectory() as folder:
            job(folder)
        said = "works"
    except hornbook.errors.IntegrationError as error:
        assert len(str(error).splitlines()) <= 2, error
        said = "refused"
    except Exception as error:
        said = f"{type(error).__name__}: {error}"
    private.PLACES.update(places)
    plain()
    return said

refused, others = json.loads(sys.argv[1]), json.loads(sys.argv[2])
# Nothing is diverted before a first use that succeeds, so all of the needed ones can be tried in one process.
found = {name: without(name) for name in refused}
if sys.argv[3] == "together":
    found["together"] = without(*others)
else:
    found["nothing"] = without()
    found.update({name: without(name) for name in others})
print(json.dumps(found))
"""
# Without the gates of these a file could go round the policy.
NEEDED = {
    "CustomObjectScope",
    "deserialize_keras_object",
    "get_registered_name",
    "get_registered_object",
    "load_model",
    "serialize_keras_object",
}
OPTIONAL = sorted({*private.PLACES} - NEEDED - {"AnyVariable", "KerasVariable"})


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


@cache
def outcomes(how: str) -> dict[str, str]:
    """Return what came of the main job without each private name."""
    arguments = [json.dumps(sorted(NEEDED)), json.dumps(OPTIONAL), how]
    environment = {**os.environ, "PYTHONWARNINGS": "ignore"}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *arguments], capture_output=True, text=True, check=False, env=environment
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@needs.keras
def test_a_version_without_a_needed_name_is_refused_and_left_alone() -> None:
    """One error of ours at the first use; plain Keras works."""
    found = outcomes("one by one")
    assert {name for name in NEEDED if found[name] != "refused"} == set()


@needs.keras
def test_any_other_private_name_may_be_missing() -> None:
    """The main job works without it, and so does plain Keras."""
    found = outcomes("one by one")
    assert found["nothing"] == "works"
    assert {name: found[name] for name in OPTIONAL if found[name] != "works"} == {}


@needs.keras
def test_all_others_may_be_missing_together_from_the_start() -> None:
    """Their functions are then not diverted at all."""
    assert outcomes("together")["together"] == "works"


@needs.keras
def test_names_of_the_running_version_are_found() -> None:
    """A name that is missing everywhere is a mistake in the table."""
    import keras  # noqa: F401

    versions = {"is_nnx_enabled", "Threshold", "AnyVariable", "KerasVariable"}
    torch = {"TorchLayer", "torch_device"}
    missing = {name for name in private.PLACES if getattr(private, name) is None}
    assert missing <= versions | torch | {"flat_skips_failed"}
