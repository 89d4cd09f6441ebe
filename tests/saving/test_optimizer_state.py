"""The state of an optimizer comes back from every form that has it, through every door."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import pytest

import hornbook
from hornbook.errors import OptimizerStateWarning, WeightsError

pytestmark = pytest.mark.filterwarnings("ignore:__array__:DeprecationWarning")  # of the tensors of JAX
OPTIMIZERS: dict[str, Callable[[], Any]] = {
    "SGD": lambda: keras.optimizers.SGD(0.1),
    "momentum": lambda: keras.optimizers.SGD(0.1, momentum=0.9),
    "Adam": lambda: keras.optimizers.Adam(0.1),
    "amsgrad": lambda: keras.optimizers.Adam(0.1, amsgrad=True),
    "RMSprop": lambda: keras.optimizers.RMSprop(0.1, momentum=0.5, centered=True),
    "Nadam": lambda: keras.optimizers.Nadam(0.1),
    "Adafactor": lambda: keras.optimizers.Adafactor(0.1),
    "scaled": lambda: keras.optimizers.LossScaleOptimizer(keras.optimizers.Adam(0.1), initial_scale=2.0),
    "schedule": lambda: keras.optimizers.Adam(keras.optimizers.schedules.ExponentialDecay(0.1, 2, 0.5)),
}


@keras.saving.register_keras_serializable("optimizer_state")
class OwnScale(keras.layers.Layer):
    """Its one weight is a number."""

    def build(self, input_shape: Any) -> None:
        self.scale = self.add_weight(shape=(), initializer="ones", name="scale")
        super().build(input_shape)

    def call(self, inputs: Any) -> Any:
        return inputs * self.scale


def dense() -> list:
    return [keras.layers.Dense(3), keras.layers.Dense(2)]


def numbers() -> list:
    return [OwnScale()]


def two_numbers() -> list:
    return [OwnScale(), OwnScale()]


def made(layers: Callable[[], list], optimizer: Callable[[], Any], *, trained: bool) -> keras.Model:
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((2,)), *layers()])
    model.compile(optimizer(), "mse")
    model.optimizer.build(model.trainable_variables)
    if trained:
        x = np.random.default_rng(0).normal(size=(8, 2)).astype("float32")
        model.fit(x, 2 * x, epochs=3, verbose=0, shuffle=False)
    return model


def installed(model: keras.Model, path: Path) -> None:
    with hornbook.install():
        model.load_weights(path)


FORMS: dict[str, Callable[[keras.Model, Path], None]] = {
    "m.weights.h5": lambda model, path: model.save_weights(path),
    "m.keras": lambda model, path: model.save(path),
    "folder": lambda model, path: hornbook.save_model(model, path, zipped=False),
}
DOORS: dict[str, Callable[[keras.Model, Path], Any]] = {
    "load_weights": hornbook.load_weights,
    "installed": installed,
}


def check_same(one: Any, other: Any) -> None:
    assert len(one.variables) == len(other.variables)
    for a, b in zip(one.variables, other.variables, strict=True):
        np.testing.assert_allclose(keras.ops.convert_to_numpy(a), keras.ops.convert_to_numpy(b), rtol=1e-6)


def without_names(path: Path) -> None:
    """Make of weights alone what Keras 3.0 wrote: no object has its name."""

    def strip(_: str, one: Any) -> None:
        one.attrs.pop("name", None)

    with h5py.File(path, "r+") as file:
        file.visititems(strip)


@pytest.mark.parametrize("layers", [dense, numbers, two_numbers])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("door", DOORS)
def test_weights_bring_the_state_of_the_optimizer(
    layers: Any, optimizer: str, form: str, door: str, tmp_path: Path
) -> None:
    """As with plain Keras 3.15.1; the learning rate of a file is no momentum."""
    model = made(layers, OPTIMIZERS[optimizer], trained=True)
    FORMS[form](model, tmp_path / form)
    other = made(layers, OPTIMIZERS[optimizer], trained=False)
    DOORS[door](other, tmp_path / form)
    check_same(model.optimizer, other.optimizer)


@pytest.mark.parametrize("layers", [dense, numbers])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_a_file_of_keras_3_0_is_told_by_its_arrays(layers: Any, optimizer: str, tmp_path: Path) -> None:
    """It has no version and no names: count and shapes are those of Keras 3, which stores the learning rate."""
    path = tmp_path / "m.weights.h5"
    model = made(layers, OPTIMIZERS[optimizer], trained=True)
    model.save_weights(path)
    without_names(path)
    other = made(layers, OPTIMIZERS[optimizer], trained=False)
    hornbook.load_weights(other, path)
    check_same(model.optimizer, other.optimizer)


@pytest.mark.parametrize("form", ["m.keras", "m.h5"])
@pytest.mark.parametrize("layers", [dense, numbers, two_numbers])
@pytest.mark.parametrize("optimizer", [name for name in OPTIMIZERS if name != "Adafactor"])  # HDF5 takes no Adafactor
def test_a_whole_model_brings_it(layers: Any, optimizer: str, form: str, tmp_path: Path) -> None:
    model = made(layers, OPTIMIZERS[optimizer], trained=True)
    model.save(tmp_path / form)
    check_same(model.optimizer, hornbook.load_model(tmp_path / form).optimizer)


def test_what_may_be_a_learning_rate_is_no_momentum(tmp_path: Path) -> None:
    """Of a file without names: `[steps, number]` is a rate in Keras 3, and was a momentum in TF 2.15."""
    path = tmp_path / "m.weights.h5"
    made(numbers, OPTIMIZERS["SGD"], trained=True).save_weights(path)
    without_names(path)
    other = made(numbers, OPTIMIZERS["momentum"], trained=False)
    with pytest.warns(OptimizerStateWarning, match="learning rate"):
        hornbook.load_weights(other, path)
    check_same(other.optimizer, made(numbers, OPTIMIZERS["momentum"], trained=False).optimizer)


def test_the_product_of_nadam_is_found_in_weights_of_any_keras_3(tmp_path: Path) -> None:
    """It stood before the moments up to Keras 3.9; weights alone have no version, so the shapes tell."""
    path = tmp_path / "m.weights.h5"
    model = made(dense, OPTIMIZERS["Nadam"], trained=True)
    model.save_weights(path)
    with h5py.File(path, "r+") as file:
        stored = file["optimizer/vars"]
        arrays = [stored[str(number)][()] for number in range(len(stored))]
        product = next(i for i, array in enumerate(arrays) if i > 1 and array.shape == ())
        moved = [*arrays[:product], *arrays[product + 1 :]]
        moved.insert(2 if product > 2 else len(moved), arrays[product])
        for number, array in enumerate(moved):
            del stored[str(number)]
            stored[str(number)] = array
    other = made(dense, OPTIMIZERS["Nadam"], trained=False)
    hornbook.load_weights(other, path)
    check_same(model.optimizer, other.optimizer)


def test_the_state_of_another_class_is_left(tmp_path: Path) -> None:
    """A momentum of SGD has the shape of an accumulator of Adagrad, and is none."""
    path = tmp_path / "m.weights.h5"
    made(dense, OPTIMIZERS["momentum"], trained=True).save_weights(path)
    other = made(dense, keras.optimizers.Adagrad, trained=False)
    with pytest.warns(OptimizerStateWarning, match="(?i)has the state of `sgd"):
        hornbook.load_weights(other, path)
    check_same(other.optimizer, made(dense, keras.optimizers.Adagrad, trained=False).optimizer)


def test_weights_that_do_not_fit_leave_the_optimizer_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "m.weights.h5"
    made(dense, OPTIMIZERS["Adam"], trained=True).save_weights(path)
    with h5py.File(path, "r+") as file:
        del file["layers/dense_1/vars/0"]
    other = made(dense, OPTIMIZERS["Adam"], trained=False)
    with pytest.raises(WeightsError):
        hornbook.load_weights(other, path)
    check_same(other.optimizer, made(dense, OPTIMIZERS["Adam"], trained=False).optimizer)


class Stop(keras.callbacks.Callback):
    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        if epoch == 2:
            raise KeyError("stop")


@pytest.mark.parametrize("layers", [dense, numbers])
@pytest.mark.parametrize("optimizer", ["Adam", "momentum", "Nadam"])
def test_a_training_that_was_broken_off_goes_on_as_with_plain_keras(
    layers: Any, optimizer: str, tmp_path: Path
) -> None:
    """`BackupAndRestore` writes weights alone, and reads them when the training begins anew."""

    def fit(folder: str, *more: Any) -> keras.Model:
        model = made(layers, OPTIMIZERS[optimizer], trained=False)
        x = np.random.default_rng(0).normal(size=(8, 2)).astype("float32")
        backup = keras.callbacks.BackupAndRestore(tmp_path / folder)
        model.fit(x, 2 * x, epochs=4, verbose=0, shuffle=False, callbacks=[backup, *more])
        return model

    whole = fit("whole")
    with hornbook.install():
        with pytest.raises(KeyError):
            fit("broken", Stop())
        resumed = fit("broken")
    check_same(whole.optimizer, resumed.optimizer)
    for one, other in zip(whole.get_weights(), resumed.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-6)
