"""A model that was trained draws the same random numbers after a load as it would have without."""

from __future__ import annotations

import io
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import pytest

import hornbook

X = np.random.default_rng(0).normal(size=(8, 4)).astype("float32")


@keras.saving.register_keras_serializable("seed_generators")
class TwoGenerators(keras.layers.Layer):
    """Has two generators, one in a list."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.first = keras.random.SeedGenerator(1)
        self.others = [keras.random.SeedGenerator(2)]

    def call(self, inputs: Any, training: bool = False) -> Any:
        if training:
            inputs = keras.random.dropout(inputs, 0.5, seed=self.others[0])
        return inputs


def dropout() -> list:
    return [keras.layers.Dense(4), keras.layers.Dropout(0.5, seed=3)]


def unseeded() -> list:
    return [keras.layers.Dropout(0.5), keras.layers.Dense(4)]


def nested() -> list:
    return [keras.Sequential([keras.layers.Dense(4), keras.layers.GaussianNoise(0.5, seed=3)])]


def recurrent() -> list:
    return [keras.layers.Reshape((2, 2)), keras.layers.LSTM(4, dropout=0.5, seed=4)]


def own() -> list:
    return [keras.layers.Dense(4), TwoGenerators()]


def bidirectional() -> list:
    return [keras.layers.Reshape((2, 2)), keras.layers.Bidirectional(keras.layers.GRU(2, dropout=0.5, seed=4))]


def stacked() -> list:
    cells = [
        keras.layers.LSTMCell(3, dropout=0.5, seed=1),
        keras.layers.SimpleRNNCell(4, recurrent_dropout=0.5, seed=2),
    ]
    return [keras.layers.Reshape((2, 2)), keras.layers.RNN(keras.layers.StackedRNNCells(cells))]


def distributed() -> list:
    inner = keras.Sequential([keras.layers.Dense(2), keras.layers.Dropout(0.5, seed=5)])
    return [keras.layers.Reshape((2, 2)), keras.layers.TimeDistributed(inner), keras.layers.Flatten()]


def twice_nested() -> list:
    inputs = keras.Input((4,))
    outputs = keras.layers.Dropout(0.3, seed=1)(keras.layers.AlphaDropout(0.2, seed=2)(inputs))
    inner = keras.Sequential([keras.Model(inputs, outputs), keras.layers.Dense(4)])
    return [inner, keras.layers.Dropout(0.1, seed=9)]


LAYERS = [dropout, unseeded, nested, recurrent, own, bidirectional, stacked, distributed, twice_nested]
OPTIMIZERS = [keras.optimizers.Adam, keras.optimizers.RMSprop, lambda rate: keras.optimizers.SGD(rate, momentum=0.9)]


def made(layers: Callable[[], list], *, trained: bool = True) -> keras.Model:
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((4,)), *layers()], name="model")
    model.compile(keras.optimizers.Adam(0.1), "mse")
    model.optimizer.build(model.trainable_variables)
    if trained:
        model.fit(X, X, epochs=2, verbose=0, shuffle=False)
    return model


def states(model: keras.Model) -> list:
    found = [variable for variable in model.variables if "seed_generator_state" in variable.path]
    return [keras.ops.convert_to_numpy(variable).tolist() for variable in found]


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize("layers", LAYERS)
@pytest.mark.parametrize("installed", [True, False])
def test_training_goes_on_as_if_nothing_had_been(
    layers: Callable[[], list], zipped: bool, installed: bool, tmp_path: Path
) -> None:
    """The losses after a load are those of the model that went on."""
    if layers is unseeded and keras.backend.backend() == "torch":
        pytest.skip("without a seed, Keras draws from PyTorch's own state, which is not the model's")
    path, model = tmp_path / ("m.keras" if zipped else "m"), made(layers)
    hornbook.save_model(model, path, zipped=zipped)
    if installed:
        with hornbook.install():
            back = keras.saving.load_model(path)
    else:
        back = hornbook.load_model(path)
    assert states(back) == states(model)
    losses = [one.fit(X, X, epochs=2, verbose=0, shuffle=False).history["loss"] for one in (model, back)]
    np.testing.assert_allclose(losses[1], losses[0], rtol=1e-5)


@pytest.mark.parametrize("layers", LAYERS)
def test_plain_keras_reads_the_file(layers: Callable[[], list], tmp_path: Path) -> None:
    """Whole and as weights: it never looks at the group that is ours."""
    path, model = tmp_path / "m.keras", made(layers)
    hornbook.save_model(model, path)
    other = made(layers, trained=False)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        other.load_weights(path)
        loaded = keras.saving.load_model(path)
    for back in (loaded, other):
        for one, array in zip(model.get_weights(), back.get_weights(), strict=True):
            np.testing.assert_array_equal(one, array)
        assert int(back.optimizer.iterations) == int(model.optimizer.iterations)


@pytest.mark.parametrize(
    ("layers", "optimizer"),
    [*((one, OPTIMIZERS[0]) for one in LAYERS), *((dropout, one) for one in OPTIMIZERS[1:])],
)
def test_training_in_two_parts_gives_the_same_weights_to_the_bit(
    layers: Callable[[], list], optimizer: Callable[[float], Any], tmp_path: Path
) -> None:
    """With a save and a load between them, and without."""
    if layers is unseeded and keras.backend.backend() == "torch":
        pytest.skip("without a seed, Keras draws from PyTorch's own state, which is not the model's")
    weights = []
    for parted in (False, True):
        keras.utils.set_random_seed(0)
        model = keras.Sequential([keras.Input((4,)), *layers()], name="model")
        if layers is unseeded:
            model.layers[0].seed_generator.state.assign([7, 0])
        model.compile(optimizer(0.01), "mse")
        if parted:
            model.fit(X, X, epochs=1, verbose=0, shuffle=False)
            hornbook.save_model(model, tmp_path / "m.keras")
            model = hornbook.load_model(tmp_path / "m.keras")
        model.fit(X, X, epochs=1 if parted else 2, verbose=0, shuffle=False)
        weights.append(model.get_weights())
    for one, other in zip(*weights, strict=True):
        if keras.backend.backend() == "torch":
            # Its initializers leave matrices transposed in memory: sums of these are in another order.
            np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-7)
        else:
            assert one.tobytes() == other.tobytes()


def test_load_weights_brings_them_too(tmp_path: Path) -> None:
    model = made(dropout)
    hornbook.save_model(model, tmp_path / "m.keras")
    other = made(dropout, trained=False)
    assert states(other) != states(model)
    hornbook.load_weights(other, tmp_path / "m.keras")
    assert states(other) == states(model)


@pytest.mark.parametrize("layers", LAYERS)
def test_equal_models_give_equal_bytes_until_they_are_trained(layers: Callable[[], list], tmp_path: Path) -> None:
    """A generator without a seed has another one in each model."""
    paths = [tmp_path / "a.keras", tmp_path / "b.keras"]
    for path in paths:
        keras.utils.clear_session()
        model = made(layers, trained=False)
        if layers is unseeded:
            model.layers[0].seed_generator.state.assign([paths.index(path), 0])
        hornbook.save_model(model, path)
    assert paths[0].read_bytes() == paths[1].read_bytes()


def test_the_fingerprint_leaves_them_out(tmp_path: Path) -> None:
    path, model = tmp_path / "m.keras", made(dropout)
    hornbook.save_model(model, path)
    assert hornbook.fingerprint(path) == hornbook.fingerprint(model)
    before = hornbook.fingerprint(model)
    model(X, training=True)
    assert hornbook.fingerprint(model) == before


def test_they_are_no_parameters(tmp_path: Path) -> None:
    for trained in (False, True):
        hornbook.save_model(made(dropout, trained=trained), tmp_path / f"{trained}.keras")
    counts = [hornbook.inspect_model(tmp_path / f"{trained}.keras").parameters for trained in (False, True)]
    assert counts[0] == counts[1] == 20


def test_what_is_no_state_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "m.keras"
    hornbook.save_model(made(dropout), path)
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    for bad in (np.zeros(3, "int32"), np.zeros(2, "float32"), np.zeros(1000, "int64")):
        data = io.BytesIO(members["model.weights.h5"])
        with h5py.File(data, "r+") as file:
            group = file["layers/dropout/seed_generators"]
            del group["0"]
            group["0"] = bad
        with zipfile.ZipFile(path, "w") as archive:
            for name, content in {**members, "model.weights.h5": data.getvalue()}.items():
                archive.writestr(name, content)
        with pytest.raises(hornbook.HornbookError, match="seed generators"):
            hornbook.load_model(path)
