"""Parts of a model that a file has in another place than Keras writes them today, or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import pytest

import hornbook
from hornbook.errors import LeftOverWeightsWarning, MissingWeightsWarning, WeightsError

# Of JAX and NumPy, raised again by `pytest.warns`.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
ONES = np.ones((1, 3), "float32")


@keras.saving.register_keras_serializable("weight_paths")
class Rows(keras.layers.Layer):
    """Has layers in lists within a list, and nowhere else: `layers` of a model has those of its lists as well."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.first = keras.layers.Dense(3, name="first")
        self.rows = [[keras.layers.Dense(3, name="left")], [keras.layers.Dense(3, name="right")]]

    def build(self, shape: Any) -> None:
        for layer in (self.first, *(layer for (layer,) in self.rows)):
            layer.build(shape)

    def call(self, inputs: Any) -> Any:
        for (layer,) in self.rows:
            inputs = layer(inputs)
        return self.first(inputs)


def with_rows() -> tuple[keras.Model, Rows]:
    rows = Rows(name="rows")
    return keras.Sequential([keras.Input((3,)), rows]), rows


class Twice(keras.Model):
    """Has a layer twice in one list."""

    def __init__(self) -> None:
        super().__init__()
        shared, last = keras.layers.Dense(3), keras.layers.Dense(3)
        self.towers = [shared, shared, last]
        self(ONES)

    def call(self, inputs: Any) -> Any:
        for layer in self.towers:
            inputs = layer(inputs)
        return inputs


@keras.saving.register_keras_serializable("weight_paths")
class Storeys(keras.layers.Layer):
    """Has a layer under a private name and under one that ASCII has not."""

    def __init__(self) -> None:
        super().__init__()
        self._storey = self.étage = keras.layers.Dense(3)

    def build(self, shape: Any) -> None:
        self.étage.build(shape)

    def call(self, inputs: Any) -> Any:
        return self.étage(inputs)


def saved(model: keras.Model, path: Path) -> Path:
    model.save_weights(path)
    return path


def variables(file: h5py.File) -> list[str]:
    """Return the groups that have arrays."""
    groups: list[str] = []
    file.visititems(lambda name, item: groups.append(name) if name.endswith("vars") and len(item) else None)
    return groups


def without_nested(path: Path) -> None:
    """Take away what Keras before 3.15 did not write."""
    with h5py.File(path, "a") as file:
        for name in {name.partition("/container")[0] for name in variables(file) if "/container" in name}:
            del file[name]


def test_weights_leave_a_nested_container_that_they_lack_as_it_is(tmp_path: Path) -> None:
    """Keras before 3.15 wrote none; the warning and the report name what is in it."""
    (model, own), (theirs, other) = with_rows(), with_rows()
    path = saved(theirs, tmp_path / "m.weights.h5")
    without_nested(path)
    before = own.rows[0][0].get_weights()
    with pytest.warns(MissingWeightsWarning, match="Skipping nested container .*: '(left|right)'"):
        report = hornbook.load_weights(model, path)
    assert sorted(report.missing) == ["left", "right"]
    np.testing.assert_array_equal(before[0], own.rows[0][0].kernel)
    np.testing.assert_array_equal(own.first.kernel, other.first.kernel)


def test_a_model_has_initial_values_where_the_file_lacks_a_nested_container(tmp_path: Path) -> None:
    """No other warning follows."""
    model, other = with_rows()
    hornbook.save_model(model, tmp_path / "model", zipped=False)
    without_nested(tmp_path / "model" / "model.weights.h5")
    with pytest.warns(MissingWeightsWarning, match="Skipping nested container .*: '(left|right)'"):
        own = hornbook.load_model(tmp_path / "model").layers[0]
    np.testing.assert_array_equal(own.rows[0][0].bias, np.zeros(3))
    np.testing.assert_array_equal(own.first.kernel, other.first.kernel)


def test_a_layer_that_is_twice_in_a_list_has_one_number_in_files_of_tf_2_14(tmp_path: Path) -> None:
    """Keras 3 counts it twice.  TF 2.14 wrote neither names nor, in weights alone, a version."""
    model, other = Twice(), Twice()
    path = saved(other, tmp_path / "m.weights.h5")
    layers = dict.fromkeys(other.towers)
    with h5py.File(path, "w") as file:
        for number, layer in enumerate(layers):
            group = file.create_group(f"towers/dense_{number}/vars" if number else "towers/dense/vars")
            for position, value in enumerate(layer.get_weights()):
                group[str(position)] = value
    hornbook.load_weights(model, path)
    for value, own in zip(other.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(value, own)


def test_an_array_much_larger_than_its_variable_is_not_read(tmp_path: Path) -> None:
    """It is refused before."""
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(3)])
    path = saved(model, tmp_path / "m.weights.h5")
    with h5py.File(path, "a") as file:
        (name,) = variables(file)
        del file[name]["0"]
        file[name].create_dataset("0", data=np.ones(1 << 23, "f4"))
    with pytest.raises(WeightsError, match="The file has 33554444 bytes for variables of 96"):
        hornbook.load_weights(model, path)


def test_only_the_first_of_many_names_are_listed(tmp_path: Path) -> None:
    """All of them hang on the error."""
    deep = keras.Sequential([keras.Input((3,)), *(keras.layers.Dense(3) for _ in range(8))])
    path = saved(deep, tmp_path / "m.weights.h5")
    flat = keras.Sequential([keras.Input((3,)), keras.layers.Dense(3)])
    with pytest.raises(WeightsError, match="dense_4 and 3 more") as raised:
        hornbook.load_weights(flat, path)
    assert len(raised.value.config["left over"]) == 7
    with hornbook.install(), pytest.warns(LeftOverWeightsWarning, match="dense_4 and 3 more"):
        flat.load_weights(path)


def test_objects_that_refuse_their_arrays_are_named(tmp_path: Path) -> None:
    """With what the first of them raised."""
    narrow = keras.Sequential([keras.Input((3,)), *(keras.layers.Dense(3, name=f"layer_{i}") for i in range(6))])
    wide = keras.Sequential([keras.Input((4,)), *(keras.layers.Dense(4, name=f"layer_{i}") for i in range(6))])
    path = saved(narrow, tmp_path / "m.weights.h5")
    with pytest.raises(
        WeightsError, match="do not fit `layer_0`, `layer_1`, `layer_2`, `layer_3` and 2 more"
    ) as raised:
        hornbook.load_weights(wide, path)
    assert raised.value.config == {"refused": [f"layer_{i}" for i in range(6)]}


def test_a_name_beyond_ascii_comes_after_the_private_ones(tmp_path: Path) -> None:
    """Keras sorts them so, and a part stands under the first of its names."""
    model, other = (keras.Sequential([keras.Input((3,)), Storeys()]) for _ in range(2))
    with h5py.File(saved(other, tmp_path / "m.weights.h5")) as file:
        theirs = variables(file)
    hornbook.save_model(other, tmp_path / "model", zipped=False)
    with h5py.File(tmp_path / "model" / "model.weights.h5") as file:
        assert variables(file) == theirs == ["layers/storeys/_storey/vars"]
    hornbook.load_weights(model, tmp_path / "m.weights.h5")
    np.testing.assert_array_equal(model.layers[0].étage.kernel, other.layers[0].étage.kernel)
