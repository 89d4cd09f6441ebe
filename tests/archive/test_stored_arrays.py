"""Arrays come back whatever byte order a file has, and under the name that an object gave them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import pytest

import hornbook
from hornbook.errors import SerializationError

TYPES = ["float16", "float32", "float64", "int16", "int32", "int64", "uint16", "uint32"]


def model() -> keras.Model:
    keras.utils.set_random_seed(1)
    made = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2), keras.layers.BatchNormalization()])
    made.compile("adam", "mse")
    made.optimizer.build(made.trainable_variables)
    made.fit(np.ones((4, 3), "float32"), np.ones((4, 2), "float32"), verbose=0)
    return made


def swapped(file: h5py.File, **how: Any) -> None:
    """Write each array anew, big-endian."""
    arrays: dict[str, Any] = {}
    file.visititems(lambda path, one: arrays.update({path: one[()]}) if isinstance(one, h5py.Dataset) else None)
    for path, array in arrays.items():
        del file[path]
        file.create_dataset(path, data=array.astype(array.dtype.newbyteorder(">")), **(how if array.shape else {}))


def in_archive(path: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    data = io.BytesIO(members["model.weights.h5"])
    with h5py.File(data, "r+") as file:
        swapped(file)
    members["model.weights.h5"] = data.getvalue()
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)


def in_folder(path: Path) -> None:
    with h5py.File(path / "model.weights.h5", "r+") as file:
        swapped(file)


def in_file(path: Path) -> None:
    with h5py.File(path, "r+") as file:
        swapped(file)


def in_chunks(path: Path) -> None:
    with h5py.File(path, "r+") as file:
        swapped(file, chunks=True, compression="gzip", shuffle=True)


FORMS: dict[str, tuple[Callable[[Any, Path], Any], Callable[[Path], None]]] = {
    "m.keras": (lambda made, path: made.save(path), in_archive),
    "folder": (lambda made, path: hornbook.save_model(made, path, zipped=False), in_folder),
    "m.h5": (lambda made, path: made.save(path), in_file),
    "m.weights.h5": (lambda made, path: made.save_weights(path), in_file),
    "chunks.weights.h5": (lambda made, path: made.save_weights(path), in_chunks),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("installed", [False, True])
def test_big_endian_arrays_are_read_in_every_form(form: str, installed: bool, tmp_path: Path) -> None:
    """HDF5 says the byte order of each array."""
    path, one = tmp_path / form, model()
    write, swap = FORMS[form]
    write(one, path)
    swap(path)
    if form.endswith("weights.h5"):
        other = model()
        other.set_weights([np.zeros_like(array) for array in one.get_weights()])
        if installed:
            with hornbook.install():
                other.load_weights(path)
        else:
            hornbook.load_weights(other, path)
    elif installed:
        with hornbook.install():
            other = keras.models.load_model(path)
    else:
        other = hornbook.load_model(path)
    for array, back in zip(one.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(array, back)
    for variable, back in zip(one.optimizer.variables, other.optimizer.variables, strict=True):
        np.testing.assert_array_equal(keras.ops.convert_to_numpy(variable), keras.ops.convert_to_numpy(back))


@keras.saving.register_keras_serializable("stored_arrays")
class Keeper(keras.layers.Layer):
    """Names its arrays itself."""

    arrays: dict[str, Any]

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.kept = Kept()

    def call(self, inputs: Any) -> Any:
        return inputs

    def save_own_variables(self, store: Any) -> None:
        for name, array in self.kept.arrays.items():
            store[name] = array

    def load_own_variables(self, store: Any) -> None:
        self.kept.arrays = {name: store[name] for name in ASKED if name in store}


class Kept:
    """Holds what Keras is not to track."""

    def __init__(self) -> None:
        self.arrays: dict[str, Any] = {}


ASKED = ("plain", "state/step", "state/deep/er", *TYPES)


def keeping(**arrays: Any) -> keras.Model:
    made = keras.Sequential([keras.Input((1,)), Keeper()])
    made.layers[-1].kept.arrays = arrays
    return made


@pytest.fixture(params=[True, False], ids=["zipped", "folder"])
def target(request: Any, tmp_path: Path) -> tuple[Path, bool]:
    return tmp_path / ("m.keras" if request.param else "m"), request.param


def test_an_array_under_a_name_with_a_slash_is_read_again(target: tuple[Path, bool]) -> None:
    """Plain Keras 3.15.1 reads it as well: HDF5 makes groups of such a name."""
    path, zipped = target
    arrays = {"plain": np.arange(2.0), "state/step": np.arange(3), "state/deep/er": np.float32(4)}
    made = keeping(**arrays)
    hornbook.save_model(made, path, zipped=zipped)
    back = hornbook.load_model(path).layers[-1].kept.arrays
    assert back.keys() == arrays.keys()
    for name, array in arrays.items():
        np.testing.assert_array_equal(back[name], array)
    assert hornbook.fingerprint(path) == hornbook.fingerprint(made)


@pytest.mark.parametrize("dtype", TYPES)
def test_a_layer_that_stores_big_endian_arrays_gets_its_numbers(dtype: str, target: tuple[Path, bool]) -> None:
    path, zipped = target
    array = np.array([1, 2, 300], np.dtype(dtype).newbyteorder(">"))
    hornbook.save_model(keeping(**{dtype: array}), path, zipped=zipped)
    back = hornbook.load_model(path).layers[-1].kept.arrays[dtype]
    assert back.dtype.isnative
    np.testing.assert_array_equal(back, array)


@pytest.mark.parametrize("name", ["", "/plain", "a//b", "a/", ".", "../x", "a/./b", "a\0b", 0, None])
def test_a_name_under_which_nothing_is_found_is_refused_when_it_is_written(name: Any, tmp_path: Path) -> None:
    """HDF5 takes `/plain` for a name at the top of the file."""
    made = keras.Sequential([keras.Input((1,)), Keeper()])
    made.layers[-1].kept.arrays = {name: np.zeros(1)}
    with pytest.raises(SerializationError, match="cannot be stored under the name"):
        hornbook.save_model(made, tmp_path / "m.keras")
    assert not (tmp_path / "m.keras").exists()


@pytest.mark.parametrize("dtype", TYPES)
def test_a_big_endian_array_in_a_config_comes_back(dtype: str) -> None:
    array = np.array([1, 2, 300], np.dtype(dtype).newbyteorder(">"))
    back = hornbook.deserialize_keras_object(hornbook.serialize_keras_object(array))
    np.testing.assert_array_equal(back, array)
