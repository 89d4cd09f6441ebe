"""Every `.keras` file that real versions of Keras 3 wrote gives the outputs they recorded."""

from __future__ import annotations

import json
import zipfile
from functools import cache
from pathlib import Path
from types import SimpleNamespace

import keras
import numpy as np
import pytest

import rekindle

GOLDEN = Path(__file__).parents[3] / "shared" / "golden"
OPERATIONS = ("tanh", "abs", "square", "sum", "mean", "ones", "clip", "matmul")


def cases() -> list[tuple[str, str]]:
    """Return version and model of every archive; none where the files are absent."""
    found = []
    for manifest in sorted(GOLDEN.glob("keras-3.*/manifest.json")):
        models = json.loads(manifest.read_text())["models"]
        found += [(manifest.parent.name, name) for name, entry in models.items() if ".keras" in entry.get("files", {})]
    return found


@cache
def manifest_of(version: str) -> dict:
    return json.loads((GOLDEN / version / "manifest.json").read_text())["models"]


@cache
def custom_objects() -> dict:
    """Return what a caller must pass: the objects that the files name and do not register."""
    names: dict = {"__name__": "golden_models"}
    source = GOLDEN / "golden_models.py"
    exec(compile(source.read_text(), str(source), "exec"), names)
    _, customs = names["make"](keras, SimpleNamespace(**{name: getattr(keras.ops, name) for name in OPERATIONS}))
    return customs


def recorded(files: zipfile.ZipFile, name: str, kind: str) -> tuple:
    """Return inputs and expected outputs."""
    with files.open(f"{name}.npz") as file:
        arrays = dict(np.load(file))
    outputs = [arrays[key] for key in sorted(arrays) if key.startswith("y")]
    if kind == "dict":
        return {key[2:]: value for key, value in arrays.items() if key.startswith("x:")}, outputs
    inputs = [arrays[key] for key in sorted(arrays) if key.startswith("x")]
    return inputs[0] if kind == "array" else inputs, outputs


def flat(value: object) -> list:
    if isinstance(value, dict):
        return [value[key] for key in sorted(value)]
    return list(value) if isinstance(value, (list, tuple)) else [value]


def slots(shapes_and_sums: list) -> dict:
    """Return the sums of the optimizer variables that are no scalars, sorted by shape."""
    found: dict = {}
    for shape, total in shapes_and_sums:
        if list(shape):
            found.setdefault(tuple(shape), []).append(float(total))
    return {shape: sorted(totals) for shape, totals in found.items()}


@pytest.mark.filterwarnings("ignore::UserWarning")  # Keras' own, on inputs and on byte code
@pytest.mark.parametrize(
    ("version", "name"), cases() or [pytest.param("", "", marks=pytest.mark.skip("no golden files"))]
)
def test_a_golden_file_gives_its_recorded_outputs_and_optimizer(version: str, name: str, tmp_path: Path) -> None:
    """Outputs equal the recorded ones within the file's tolerance, and so do optimizer slots."""
    entry = manifest_of(version)[name]
    with zipfile.ZipFile(GOLDEN / version / "artefacts.zip") as files:
        path = Path(files.extract(f"{name}.keras", tmp_path))
        inputs, expected = recorded(files, name, entry["x"])
    keras.utils.clear_session()
    try:
        model = rekindle.load_model(path, custom_objects(), safe_mode=not has_lambda(path))
    except rekindle.RekindleError as error:
        if "requires TensorFlow" not in str(error):
            raise
        pytest.skip("a layer in it needs TensorFlow, which is not installed")
    if isinstance(inputs, np.ndarray) and inputs.dtype.kind in "UO":
        inputs = pytest.importorskip("tensorflow").constant(inputs.tolist())
    outputs = [keras.ops.convert_to_numpy(keras.ops.cast(o, "float32")) for o in flat(model(inputs, training=False))]
    assert len(outputs) == len(expected)
    for output, wanted in zip(outputs, expected, strict=True):
        np.testing.assert_allclose(output, wanted, rtol=entry["tol"], atol=entry["tol"])
    optimizer = entry.get("optimizer") or {}
    if "vars" in optimizer:
        assert type(model.optimizer).__name__ == optimizer["class"]
        values = [keras.ops.convert_to_numpy(v).astype("float64") for v in model.optimizer.variables]
        stored, wanted = slots([(v.shape, np.abs(v).sum()) for v in values]), slots(optimizer["vars"])
        assert stored.keys() == wanted.keys()
        for shape, totals in stored.items():
            np.testing.assert_allclose(totals, wanted[shape], rtol=1e-3, atol=1e-3)


def has_lambda(path: Path) -> bool:
    with zipfile.ZipFile(path) as archive:
        return b"__lambda__" in archive.read("config.json")
