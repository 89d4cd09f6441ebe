"""Small HDF5 files in the layouts of Keras 1 and 2."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterable
from typing import Any

import h5py
import numpy as np

Layers = Iterable[tuple[str, Iterable[tuple[str, Any]]]]


def array(*shape: int, seed: int = 0) -> np.ndarray:
    """Return numbers between -1 and 1, others for every shape and seed."""
    return np.random.default_rng([seed, *shape]).uniform(-1, 1, shape).astype("float32")


def put(group: Any, layers: Layers, *, version: str | None = "2.2.4", backend: str | None = "tensorflow") -> None:
    """Put weights by layer into a group."""
    layers = [(name, list(arrays)) for name, arrays in layers]
    group.attrs["layer_names"] = [name.encode() for name, _ in layers]
    for name, value in (("keras_version", version), ("backend", backend)):
        if value is not None:
            group.attrs[name] = value.encode()
    for name, arrays in layers:
        inner = group.create_group(name)
        inner.attrs["weight_names"] = [one.encode() for one, _ in arrays]
        for one, value in arrays:
            inner.create_dataset(one, data=value)


def weights(layers: Layers, **told: Any) -> bytes:
    """Return a file of weights alone."""
    return made(lambda file: put(file, layers, **told))


def model(config: Any, layers: Layers | None, *, version: str | None = "2.2.4", training: Any = None) -> bytes:
    """Return a whole model."""

    def fill(file: Any) -> None:
        file.attrs["model_config"] = json.dumps(config).encode()
        if version is not None:
            file.attrs["keras_version"] = version.encode()
        if training is not None:
            file.attrs["training_config"] = json.dumps(training).encode()
        if layers is not None:
            put(file.create_group("model_weights"), layers, version=version)

    return made(fill)


def made(fill: Callable[[Any], None]) -> bytes:
    """Return the bytes of an HDF5 file that a function fills."""
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        fill(file)
    return buffer.getvalue()


def changed(data: bytes, change: Callable[[Any], None]) -> bytes:
    """Return a file that a function has changed."""
    buffer = io.BytesIO(data)
    with h5py.File(buffer, "r+") as file:
        change(file)
    return buffer.getvalue()


def dense(name: str, inputs: int, units: int, seed: int = 0) -> tuple[str, list[tuple[str, np.ndarray]]]:
    """Return the weights of a Dense layer, as Keras 2 names them."""
    return name, [
        (f"{name}/kernel:0", array(inputs, units, seed=seed)),
        (f"{name}/bias:0", array(units, seed=seed)),
    ]


def sequential(*layers: dict[str, Any]) -> dict[str, Any]:
    """Return the config of a Sequential as Keras 2.2.4 wrote it."""
    return {"class_name": "Sequential", "config": {"name": "sequential_1", "layers": list(layers)}}


def dense_config(name: str, units: int, inputs: int | None = None) -> dict[str, Any]:
    """Return the config of a Dense layer as Keras 2.2.4 wrote it."""
    first = {} if inputs is None else {"batch_input_shape": [None, inputs]}
    return {"class_name": "Dense", "config": {"name": name, "trainable": True, **first, "units": units}}


def two_layers() -> bytes:
    """Return a whole model of two Dense layers."""
    config = sequential(dense_config("first", 2, 3), dense_config("second", 1))
    return model(config, [dense("first", 3, 2), dense("second", 2, 1)])
