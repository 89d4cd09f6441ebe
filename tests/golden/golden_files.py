"""The golden files: what real versions of Keras wrote, and what they computed."""

from __future__ import annotations

import json
import zipfile
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import keras
import numpy as np

GOLDEN = Path(__file__).parents[3] / "shared" / "golden"
OPERATIONS = ("tanh", "abs", "square", "sum", "mean", "ones", "clip", "matmul")


@cache
def manifest_of(version: str) -> dict:
    return json.loads((GOLDEN / version / "manifest.json").read_text())["models"]


def versions() -> list[str]:
    return sorted(manifest.parent.name for manifest in GOLDEN.glob("*/manifest.json"))


def cases(forms: tuple[str, ...]) -> list[tuple[str, str, str]]:
    """Return version, form and model of every file of these forms; none where the files are absent."""
    return [
        (version, form, name)
        for version in versions()
        for name, entry in manifest_of(version).items()
        for form in forms
        if "sha256" in entry.get("files", {}).get(form, {})
    ]


@cache
def zoo() -> tuple[dict, dict]:
    """Return what builds the models, and the objects that a caller must pass.

    Files of Keras 2.3 name registered classes without their package, so these
    are passed as well.
    """
    names: dict = {"__name__": "golden_models"}
    source = GOLDEN / "golden_models.py"
    exec(compile(source.read_text(), str(source), "exec"), names)
    operations = SimpleNamespace(**{name: getattr(keras.ops, name) for name in OPERATIONS})
    builders, customs = names["make"](keras, operations)
    registered = keras.saving.get_custom_objects()
    bare = {name.partition(">")[2]: value for name, value in registered.items() if name.startswith("golden>")}
    return builders, {**bare, **customs}


def extracted(version: str, member: str, folder: Path) -> Path:
    with zipfile.ZipFile(GOLDEN / version / "artefacts.zip") as files:
        return Path(files.extract(member, folder))


def recorded(version: str, name: str) -> tuple[Any, list]:
    """Return inputs and expected outputs."""
    with zipfile.ZipFile(GOLDEN / version / "artefacts.zip") as files, files.open(f"{name}.npz") as file:
        arrays = dict(np.load(file))
    kind = manifest_of(version)[name]["x"]
    outputs = [arrays[key] for key in sorted(arrays) if key.startswith("y")]
    if kind == "dict":
        return {key[2:]: value for key, value in arrays.items() if key.startswith("x:")}, outputs
    inputs = [arrays[key] for key in sorted(arrays) if key.startswith("x")]
    return inputs[0] if kind == "array" else inputs, outputs


def weights(version: str, name: str) -> list:
    """Return what `get_weights` gave where the files were written."""
    with zipfile.ZipFile(GOLDEN / version / "artefacts.zip") as files, files.open(f"{name}.npz") as file:
        arrays = dict(np.load(file))
    return [arrays[key] for key in sorted(arrays) if key.startswith("w")]


def flat(value: object) -> list:
    if isinstance(value, dict):
        return [value[key] for key in sorted(value)]
    return list(value) if isinstance(value, (list, tuple)) else [value]


def outputs_of(model: Any, inputs: Any) -> list:
    return [keras.ops.convert_to_numpy(keras.ops.cast(o, "float32")) for o in flat(model(inputs, training=False))]


def check_outputs(model: Any, version: str, name: str, inputs: Any, expected: list) -> None:
    tolerance = manifest_of(version)[name]["tol"]
    outputs = outputs_of(model, inputs)
    assert len(outputs) == len(expected)
    for output, wanted in zip(outputs, expected, strict=True):
        np.testing.assert_allclose(output, wanted, rtol=tolerance, atol=tolerance)


def slots(shapes_and_sums: Any) -> dict:
    """Return the sums of the optimizer variables that are no scalars, sorted by shape."""
    found: dict = {}
    for shape, total in shapes_and_sums:
        if list(shape):
            found.setdefault(tuple(shape), []).append(float(total))
    return {shape: sorted(totals) for shape, totals in found.items()}
