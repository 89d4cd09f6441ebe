"""Every stored array has one variable: none is given to two, whatever is missing or left over."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

import hornbook
from hornbook.errors import LeftOverWeightsWarning, WeightsError


def sequential(*units: int) -> keras.Model:
    return keras.Sequential([keras.Input((5,)), *[keras.layers.Dense(each) for each in units]])


def functional(*units: int) -> keras.Model:
    x = inputs = keras.Input((5,))
    for each in units:
        x = keras.layers.Dense(each)(x)
    return keras.Model(inputs, x)


class Towers(keras.Model):
    """Keeps its layers in a list, and has two names for it."""

    def __init__(self, *units: int) -> None:
        super().__init__()
        self.towers = [keras.layers.Dense(each) for each in units]
        self.again = self.towers
        self(np.ones((1, 5), "float32"))

    def call(self, inputs: Any) -> Any:
        for layer in self.towers:
            inputs = layer(inputs)
        return inputs


def theirs(model: keras.Model, path: Path) -> None:
    with hornbook.install():
        model.load_weights(path)


FORMS: dict[str, Callable[[keras.Model, Path], None]] = {
    "m.weights.h5": lambda model, path: model.save_weights(path),
    "m.keras": lambda model, path: model.save(path),
    "folder": lambda model, path: hornbook.save_model(model, path, zipped=False),
}
DOORS: dict[str, Callable[[keras.Model, Path], Any]] = {
    "load_weights": hornbook.load_weights,
    "by_order": lambda model, path: hornbook.load_weights(model, path, by_order=True),
    "installed": theirs,
}


@pytest.mark.parametrize("make", [sequential, functional, Towers])
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("door", DOORS)
def test_a_layer_that_the_file_lacks_gets_no_array_of_another(make: Any, form: str, door: str, tmp_path: Path) -> None:
    """It is an error that names it, and the model is as it was; plain Keras 3.15.1 raises."""
    FORMS[form](make(5, 5), tmp_path / form)
    large = make(5, 5, 5)
    before = large.get_weights()
    with pytest.raises(WeightsError, match="dense"):
        DOORS[door](large, tmp_path / form)
    for one, other in zip(before, large.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("door", ["load_weights", "by_order"])
def test_weights_without_a_place_are_an_error(door: str, tmp_path: Path) -> None:
    """Both lists are in it."""
    sequential(5, 5, 5).save_weights(tmp_path / "m.weights.h5")
    with pytest.raises(WeightsError, match="no place for"):
        DOORS[door](sequential(5, 5), tmp_path / "m.weights.h5")


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of JAX and NumPy, raised again by `pytest.warns`
def test_under_install_they_are_ignored_with_a_warning(tmp_path: Path) -> None:
    """Plain Keras 3.15.1 ignores them, and code for it relies on that: a backbone of a full file."""
    full, bare = sequential(5, 5, 5), sequential(5, 5)
    full.save_weights(tmp_path / "m.weights.h5")
    with pytest.warns(LeftOverWeightsWarning, match="dense_2"):
        theirs(bare, tmp_path / "m.weights.h5")
    for one, other in zip(bare.get_weights(), full.get_weights(), strict=False):
        np.testing.assert_array_equal(one, other)
