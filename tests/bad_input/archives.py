"""A good archive, and ways to spoil it."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

CONFIG, METADATA, WEIGHTS = "config.json", "metadata.json", "model.weights.h5"


@cache
def good() -> bytes:
    """Return the bytes of a small compiled model, which loads."""
    keras = pytest.importorskip("keras", minversion="3.0")

    import hornbook

    model = keras.Sequential(
        [keras.Input((3,)), keras.layers.Dense(2, name="first"), keras.layers.Dense(1, name="second")]
    )
    model.compile("sgd", "mse")
    file = io.BytesIO()
    hornbook.save_model(model, file)
    hornbook.load_model(io.BytesIO(file.getvalue()))
    return file.getvalue()


def members(data: bytes) -> dict[str, bytes]:
    """Return the members of an archive by name."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def archive(content: dict[str, bytes | None], method: int = zipfile.ZIP_STORED) -> bytes:
    """Return an archive of all members that are not `None`."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as made:
        for name, data in content.items():
            if data is not None:
                made.writestr(name, data)
    return file.getvalue()


def with_members(changes: dict[str, bytes | None]) -> bytes:
    """Return the good archive with other members; `None` leaves one out."""
    return archive({**members(good()), **changes})


def config() -> dict[str, Any]:
    """Return the config of the good model."""
    return json.loads(members(good())[CONFIG])


def with_config(change: Callable[[dict[str, Any]], Any]) -> bytes:
    """Return the good archive with a config that `change` has changed in place."""
    changed = config()
    change(changed)
    return with_members({CONFIG: json.dumps(changed).encode()})


def with_weights(change: Callable[[Any], Any]) -> bytes:
    """Return the good archive with weights that `change` has changed, given as an open HDF5 file."""
    import h5py

    buffer = io.BytesIO(members(good())[WEIGHTS])
    with h5py.File(buffer, "r+") as file:
        change(file)
    return with_members({WEIGHTS: buffer.getvalue()})


def folder(target: Path, data: bytes) -> Path:
    """Unzip an archive into a folder that is made for it."""
    for name, content in members(data).items():
        path = target / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return target
