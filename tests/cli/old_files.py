"""Small files of older versions: what they hold is known without running these."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from hdf5 import h5_files as h5

INPUTS = np.linspace(-3, 3, 8, dtype="float32").reshape(2, 4)


def dense(name: str, units: int, **more: Any) -> dict[str, Any]:
    return {"class_name": "Dense", "config": {"name": name, "units": units, **more}}


def mlp(activation: str = "relu") -> dict[str, Any]:
    """A Sequential as Keras 2.2.4 wrote it."""
    layers = [dense("a", 3, activation=activation, batch_input_shape=[None, 4]), dense("b", 2)]
    return {"class_name": "Sequential", "config": {"name": "mlp", "layers": layers}}


def weights() -> list:
    return [h5.dense("a", 4, 3), h5.dense("b", 3, 2, seed=1)]


def outputs(activation: Any) -> np.ndarray:
    """What the MLP computes, by hand."""
    ((_, kernel), (_, bias)), ((_, kernel_2), (_, bias_2)) = (arrays for _, arrays in weights())
    return activation(INPUTS @ kernel + bias) @ kernel_2 + bias_2


def write_h5(folder: Path, config: Any = None, name: str = "old.h5", **more: Any) -> Path:
    path = folder / name
    path.write_bytes(h5.model(config or mlp(), more.pop("layers", weights()), **more))
    return path


def write_json(folder: Path, config: Any = None, name: str = "old.json") -> Path:
    path = folder / name
    path.write_text(json.dumps({**(config or mlp()), "keras_version": "2.2.4", "backend": "tensorflow"}))
    return path


# What has no certain meaning in Keras 3.
def uncertain() -> dict[str, Any]:
    layer = {"class_name": "LSTM", "config": {"name": "r", "units": 2, "time_major": True,
             "batch_input_shape": [None, 3, 2], "recurrent_activation": "sigmoid"}}  # fmt: skip
    return {"class_name": "Sequential", "config": {"name": "s", "layers": [layer]}}


def custom() -> dict[str, Any]:
    layers = [
        {"class_name": "Swirl", "config": {"name": "s", "batch_input_shape": [None, 4]}},
        {"class_name": "Twist", "config": {"name": "t"}},
    ]
    return {"class_name": "Sequential", "config": {"name": "own", "layers": layers}}


def with_lambda() -> dict[str, Any]:
    inner = {"name": "l", "function": ["YQ==", None, None], "function_type": "lambda", "arguments": {},
             "batch_input_shape": [None, 4]}  # fmt: skip
    return {"class_name": "Sequential", "config": {"name": "s", "layers": [{"class_name": "Lambda", "config": inner}]}}
