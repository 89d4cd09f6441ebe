"""Small model files: of real models, and made by hand out of a config and an HDF5 file."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

import h5py
import numpy as np

DENSE = {
    "module": "keras.layers",
    "class_name": "Dense",
    "config": {"name": "d", "units": 2},
    "registered_name": None,
}


def sequential(*layers: Any, **more: Any) -> dict[str, Any]:
    """The config of a `Sequential`."""
    inner = {"name": "by hand", "layers": list(layers)}
    return {"module": "keras", "class_name": "Sequential", "config": inner, "registered_name": None, **more}


def own(name: str, /, **config: Any) -> dict[str, Any]:
    """The config of a class of the user's."""
    return {"module": "lab", "class_name": name, "config": config, "registered_name": f"lab>{name}"}


def weights(fill: Callable[[h5py.File], None] | None = None) -> bytes:
    """An HDF5 file with one dense layer and what `fill` puts into it."""
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        file["layers/dense/vars/0"] = np.zeros((3, 2), "float32")
        file["layers/dense/vars/1"] = np.zeros((2,), "float32")
        if fill is not None:
            fill(file)
    return buffer.getvalue()


def archive(config: Any, weights: bytes | None = None, **metadata: Any) -> io.BytesIO:
    """A `.keras` file; `config` is bytes as they are, or data for JSON."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        file.writestr("metadata.json", json.dumps({"keras_version": "3.15.1", **metadata}))
        file.writestr("config.json", config if isinstance(config, (bytes, str)) else json.dumps(config))
        if weights is not None:
            file.writestr("model.weights.h5", weights)
    buffer.seek(0)
    return buffer


def members(file: io.BytesIO | str) -> dict[str, bytes]:
    """The members of a ZIP archive by name."""
    with zipfile.ZipFile(file) as archive:
        return {name: archive.read(name) for name in archive.namelist()}
