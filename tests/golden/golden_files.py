"""The golden files: what real versions of Keras wrote, and what they computed."""

from __future__ import annotations

import json
import re
import sys
import zipfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import keras
import numpy as np
import pytest
from tests import needs

GOLDEN = needs.SHARED / "golden"
JSON_FORMS = (".get_config.json", ".to_json.json", ".serialized.json")
OPERATIONS = ("tanh", "abs", "square", "sum", "mean", "ones", "clip", "matmul")


@cache
def manifest_of(version: str) -> dict:
    return json.loads((GOLDEN / version / "manifest.json").read_text())["models"]


def versions(*, modern: bool | None = None) -> list[str]:
    """Return the versions of Keras 3, or those before, or all."""
    names = sorted(manifest.parent.name for manifest in GOLDEN.glob("*/manifest.json"))
    return [name for name in names if modern is None or name.startswith("keras-3") is modern]


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

    Files of Keras 2.3 and of TF name registered classes without their package,
    so these are passed as well.
    """
    names: dict = {"__name__": "golden_models"}
    source = GOLDEN / "golden_models.py"
    exec(compile(source.read_text(), str(source), "exec"), names)
    operations = SimpleNamespace(**{name: getattr(keras.ops, name) for name in OPERATIONS})
    builders, customs = names["make"](keras, operations)
    registered = {key: one for key, one in keras.saving.get_custom_objects().items() if key.startswith("golden>")}
    bare = {one.__name__: one for one in registered.values()}
    return builders, {**bare, **registered, **customs}


def skip_if_another(version: str, error: Exception) -> None:
    """Skip a test whose file asks for what only a newer Keras has.

    Args:
        version: That of the Keras which wrote it, as the folders are called.
        error: What loading it raised.
    """
    written = re.fullmatch(r"keras-(3\.\d+)\.\d+", version)
    if written is not None and needs.older(written[1]):
        text = str(error)
        if "nrecognized keyword" in text or "unexpected keyword" in text or "Unknown `" in text:
            pytest.skip("written by a newer Keras, whose arguments this one does not have")
    if needs.older("3.15") and "Expected an instance of `keras.regularizers.Regularizer`" in str(error):
        pytest.skip("this Keras takes no function as a regularizer")


def skip_byte_code() -> None:
    """Skip a test that would run the byte code of another Python, which can end the process."""
    if sys.version_info[:2] != (3, 11):
        pytest.skip("byte code of another Python")


def configs(version: str) -> Iterator[tuple[str, Any]]:
    """Yield each JSON and each `config.json` of a version, with its name."""
    with zipfile.ZipFile(GOLDEN / version / "artefacts.zip") as files:
        for name in sorted(files.namelist()):
            if name.endswith(JSON_FORMS):
                yield name, json.loads(files.read(name))
            elif name.endswith(".keras") and not name.endswith(".hdf5_inside.keras"):
                with files.open(name) as file, zipfile.ZipFile(file) as archive:
                    yield name, json.loads(archive.read("config.json"))


def json_forms(version: str, model: str) -> dict[str, Any]:
    """Return the JSON forms of one model."""
    with zipfile.ZipFile(GOLDEN / version / "artefacts.zip") as files:
        names = set(files.namelist())
        return {form: json.loads(files.read(model + form)) for form in JSON_FORMS if model + form in names}


def extracted(version: str, member: str, folder: Path) -> Path:
    with zipfile.ZipFile(GOLDEN / version / "artefacts.zip") as files:
        return Path(files.extract(member, folder))


def model_for(version: str, name: str) -> Any:
    """Return a new model for weights alone: that of the JSON beside them, else what today's Keras builds.

    Defaults have moved: what builds a GRU today gives it other weights than Keras 2.3 did.
    """
    import hornbook

    builders, customs = zoo()
    config = json_forms(version, name).get(".to_json.json")
    return builders[name]()["model"] if config is None else hornbook.model_from_config(config, customs)


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
