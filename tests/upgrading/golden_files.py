"""What real versions wrote, with inputs and outputs; absent where only the repository is."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import keras
import numpy as np

SHARED = Path(__file__).parents[3] / "shared"
GOLDEN = SHARED / "golden"
FORMS = (".get_config.json", ".to_json.json", ".serialized.json")
OPERATIONS = ("tanh", "abs", "square", "sum", "mean", "ones", "clip", "matmul")


def labels(*, modern: bool) -> list[str]:
    """Return the versions of Keras 3, or those before."""
    return sorted(one.parent.name for one in GOLDEN.glob("*/manifest.json") if
                  one.parent.name.startswith("keras-3") is modern)  # fmt: skip


@cache
def manifest(label: str) -> dict[str, Any]:
    return json.loads((GOLDEN / label / "manifest.json").read_text())["models"]


def configs(label: str) -> Iterator[tuple[str, Any]]:
    """Yield each JSON and each `config.json` of a version, with its name."""
    with zipfile.ZipFile(GOLDEN / label / "artefacts.zip") as files:
        for name in sorted(files.namelist()):
            if name.endswith(FORMS):
                yield name, json.loads(files.read(name))
            elif name.endswith(".keras") and not name.endswith(".hdf5_inside.keras"):
                with files.open(name) as file, zipfile.ZipFile(file) as archive:
                    yield name, json.loads(archive.read("config.json"))


def forms(label: str, model: str) -> dict[str, Any]:
    """Return the JSON forms of one model."""
    with zipfile.ZipFile(GOLDEN / label / "artefacts.zip") as files:
        names = set(files.namelist())
        return {form: json.loads(files.read(model + form)) for form in FORMS if model + form in names}


def arrays(label: str, model: str) -> tuple[Any, list[Any], list[Any]]:
    """Return inputs, outputs and weights."""
    with zipfile.ZipFile(GOLDEN / label / "artefacts.zip") as files, files.open(f"{model}.npz") as file:
        found = dict(np.load(file))
    outputs, weights = ([found[key] for key in sorted(found) if key[0] == letter] for letter in "yw")
    kind = manifest(label)[model]["x"]
    if kind == "dict":
        return {key[2:]: value for key, value in found.items() if key.startswith("x:")}, outputs, weights
    inputs = [found[key] for key in sorted(found) if key[0] == "x"]
    return inputs[0] if kind == "array" else inputs, outputs, weights


@cache
def custom_objects() -> dict[str, Any]:
    """Return what a caller must pass, the registered ones by their bare names too."""
    names: dict[str, Any] = {"__name__": "golden_models"}
    source = GOLDEN / "golden_models.py"
    exec(compile(source.read_text(), str(source), "exec"), names)
    _, customs = names["make"](keras, SimpleNamespace(**{name: getattr(keras.ops, name) for name in OPERATIONS}))
    registered = {key: one for key, one in keras.saving.get_custom_objects().items() if key.startswith("golden>")}
    bare = {one.__name__: one for one in registered.values()}
    return {**bare, **registered, **customs}


def flat(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [value[key] for key in sorted(value)]
    return list(value) if isinstance(value, (list, tuple)) else [value]
