"""A Discretization that TF adapted keeps a summary of what it saw; its bins are made of that."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import pytest

import hornbook

from . import h5_files as h5

SUMMARY = np.array([[0.0, 1.0, 2.0, 3.0, 4.0, 5.0], [1.0] * 6], "float32")
BINS = [1.0, 3.0]  # those of TF 2.15.1


def of_tf(path: Path) -> Path:
    """Write a `.keras` file as TF 2.15 does: no bins in the config, the summary as the one array."""
    hornbook.save_model(
        keras.Sequential([keras.Input((1,)), keras.layers.Discretization(num_bins=3, name="bins")]), path
    )
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    data = io.BytesIO(members["model.weights.h5"])
    with h5py.File(data, "r+") as file:
        file.visititems(lambda _, one: one.attrs.pop("name", None) and None)
        file["layers/discretization"].require_group("vars").create_dataset("0", data=SUMMARY)
    members["model.weights.h5"] = data.getvalue()
    members["metadata.json"] = json.dumps({"keras_version": "2.15.0"}).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def of_tf_h5(path: Path) -> Path:
    config = {"name": "bins", "trainable": True, "batch_input_shape": [None, 1], "dtype": "float32"}
    config |= {"bin_boundaries": None, "num_bins": 3, "epsilon": 0.01, "output_mode": "int", "sparse": False}
    stored = ("bins", [("summary:0", SUMMARY)])
    layers = h5.sequential({"class_name": "Discretization", "config": config})
    path.write_bytes(h5.model(layers, [stored], version="2.15.0"))
    return path


FORMS = {"m.keras": of_tf, "m.h5": of_tf_h5}


def bins(model: Any) -> Any:
    return model.layers[-1].bin_boundaries


@pytest.mark.parametrize("form", FORMS)
def test_the_bins_come_back(form: str, tmp_path: Path) -> None:
    np.testing.assert_allclose(bins(hornbook.load_model(FORMS[form](tmp_path / form))), BINS, rtol=1e-6)


@pytest.mark.parametrize("form", FORMS)
def test_weights_bring_them_too(form: str, tmp_path: Path) -> None:
    model = keras.Sequential([keras.Input((1,)), keras.layers.Discretization(num_bins=3, name="bins")])
    hornbook.load_weights(model, FORMS[form](tmp_path / form))
    np.testing.assert_allclose(bins(model), BINS, rtol=1e-6)


@pytest.mark.parametrize("form", FORMS)
def test_an_upgraded_file_has_them(form: str, tmp_path: Path) -> None:
    """Plain Keras 3.15.1 reads them from the config."""
    hornbook.upgrade_file(FORMS[form](tmp_path / form), tmp_path / "new.keras")
    np.testing.assert_allclose(bins(hornbook.load_model(tmp_path / "new.keras")), BINS, rtol=1e-6)
    np.testing.assert_allclose(bins(keras.saving.load_model(tmp_path / "new.keras")), BINS, rtol=1e-6)
