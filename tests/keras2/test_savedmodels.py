"""SavedModels and checkpoints into the real Keras 2, without the loader of TensorFlow."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.ages.savedmodel_files import BY_NAME, recorded, unpacked

import hornbook
from hornbook.errors import WeightsError

# One has a class of its own, and one a config that Keras 2 makes no model of, without what it is built for.
OTHERS = ("branches", "adapted")
NAMES = [name for name in BY_NAME if name.startswith("tf-2.9.3-") and not name.endswith(OTHERS)]


def outputs(model: Any, inputs: Any) -> Any:
    return np.asarray(model(inputs))


def shaken(model: Any) -> None:
    for variable in model.weights:
        if hasattr(variable, "assign"):
            variable.assign(np.full(variable.shape, 0.5))


@pytest.mark.parametrize("name", NAMES)
def test_a_folder_becomes_a_model_of_keras_2(keras: Any, name: str, tmp_path: Path) -> None:
    """With the vocabularies of its lookups, and the state of its optimizer."""
    folder = unpacked(BY_NAME[name], tmp_path)
    inputs, wanted, state = recorded(folder)
    model = hornbook.load_model(folder / "model")
    assert isinstance(model, keras.Model)
    np.testing.assert_allclose(outputs(model, inputs), wanted, rtol=1e-5, atol=1e-6)
    if state:
        assert int(model.optimizer.iterations) == 3
        variables = model.optimizer.variables
        made = [np.asarray(variable) for variable in (variables() if callable(variables) else variables)]
        assert len(made) == len(state)
        assert all(any(np.allclose(array, other) for other in made if other.shape == array.shape) for array in state)


@pytest.mark.parametrize("name", NAMES)
def test_a_checkpoint_gives_its_weights(keras: Any, name: str, tmp_path: Path) -> None:
    folder = unpacked(BY_NAME[name], tmp_path)
    inputs, wanted, _ = recorded(folder)
    model = hornbook.load_model(folder / "model", compile=False)
    shaken(model)
    hornbook.load_weights(model, folder / "weights")
    np.testing.assert_allclose(outputs(model, inputs), wanted, rtol=1e-5, atol=1e-6)


def branches(keras: Any) -> Any:
    layers = keras.layers

    class Branches(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.first = layers.Dense(3)
            self.steps = [layers.Dense(3), layers.BatchNormalization()]
            self.named = {"right": layers.Dense(3), "left": layers.Dense(3)}
            self.head = keras.Sequential([layers.Dense(3, activation="relu"), layers.Dense(1)])

        def call(self, inputs: Any) -> Any:
            value = self.first(inputs)
            for step in self.steps:
                value = step(value)
            return self.head(self.named["left"](value) - self.named["right"](value))

    return Branches()


def test_what_has_learnt_bins_has_them(keras: Any, tmp_path: Path) -> None:
    """The variable has a length that is not known before."""
    bins = keras.layers.Discretization(num_bins=3)
    bins.adapt(np.linspace(0, 1, 20).reshape(20, 1))
    model = keras.Sequential([keras.layers.InputLayer((1,)), bins])
    data = np.array([[0.1], [0.5], [0.9]], "float32")
    wanted = np.asarray(model(data))
    model.save(str(tmp_path / "model"), save_format="tf")
    np.testing.assert_array_equal(outputs(hornbook.load_model(tmp_path / "model"), data), wanted)


@pytest.mark.parametrize("form", ["model", "weights"])
def test_attributes_tell_the_weights_of_a_model_of_the_users(keras: Any, form: str, tmp_path: Path) -> None:
    folder = unpacked(BY_NAME["tf-2.9.3-branches"], tmp_path)
    inputs, wanted, _ = recorded(folder)
    model = branches(keras)
    model(inputs)
    hornbook.load_weights(model, folder / form)
    np.testing.assert_allclose(outputs(model, inputs), wanted, rtol=1e-5, atol=1e-6)


def test_weights_of_another_model_are_refused(keras: Any, tmp_path: Path) -> None:
    folder = unpacked(BY_NAME["tf-2.9.3-branches"], tmp_path)
    model = keras.Sequential([keras.layers.InputLayer((4,)), keras.layers.Dense(3)])
    with pytest.raises(WeightsError):
        hornbook.load_weights(model, folder / "weights")


def test_what_keras_calls_reads_it_by_us(keras: Any, tmp_path: Path) -> None:
    """Under `install()` the loader of TensorFlow, which restores functions, is not asked."""
    folder = unpacked(BY_NAME["tf-2.9.3-nested"], tmp_path)  # it has no `saved_model.pb` at all
    inputs, wanted, _ = recorded(folder)
    with hornbook.install():
        model = keras.models.load_model(str(folder / "model"))
    np.testing.assert_allclose(outputs(model, inputs), wanted, rtol=1e-5, atol=1e-6)
