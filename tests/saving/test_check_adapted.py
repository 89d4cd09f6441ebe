"""Layers that learn by `adapt` come back, adapted or not, and `check` says so."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from tests import needs

import hornbook

tf = pytest.importorskip("tensorflow", reason="lookups of Keras need TensorFlow")
pytestmark = [needs.since("3.9", "older ones have other layers"), pytest.mark.filterwarnings("ignore")]

WORDS = ["a b c", "b c d", "d d d"]
LAYERS: dict[str, tuple[Callable[[], Any], Any, str]] = {
    "TextVectorization": (lambda: keras.layers.TextVectorization(output_sequence_length=4), WORDS, "string"),
    "TextVectorization tf_idf": (lambda: keras.layers.TextVectorization(output_mode="tf_idf"), WORDS, "string"),
    "StringLookup": (keras.layers.StringLookup, ["a", "b", "b"], "string"),
    "StringLookup tf_idf": (
        lambda: keras.layers.StringLookup(output_mode="tf_idf"),
        [["a", "b"], ["b", "c"]],
        "string",
    ),
    "StringLookup with a mask": (lambda: keras.layers.StringLookup(mask_token="", num_oov_indices=2), ["a"], "string"),
    "IntegerLookup": (keras.layers.IntegerLookup, [3, 4, 3], "int64"),
    "Normalization": (keras.layers.Normalization, np.array([[1.0], [4.0]]), "float32"),
    "Discretization": (lambda: keras.layers.Discretization(num_bins=3), np.arange(9.0), "float32"),
    "Hashing": (lambda: keras.layers.Hashing(5), None, "string"),
}


def layer(name: str, *, adapted: bool) -> Any:
    make, data, _ = LAYERS[name]
    made = make()
    if adapted and data is not None:
        made.adapt(data)
    return made


@pytest.mark.parametrize("name", LAYERS)
@pytest.mark.parametrize("nested", [0, 1, 2])
def test_an_adapted_layer_is_fine(name: str, nested: int, tmp_path: Path) -> None:
    """Alone, in a model, and in a model within one; and it computes the same after a load."""
    inner = layer(name, adapted=True)
    dtype = LAYERS[name][2]
    for _ in range(nested):
        inner = keras.Sequential([keras.Input((1,), dtype=dtype), inner])
    report = hornbook.check(inner)
    assert report.ok, str(report)
    if nested:
        hornbook.save_model(inner, tmp_path / "m.keras", check=True)
        back = hornbook.load_model(tmp_path / "m.keras")
        x = np.array([[3]]) if dtype != "string" else tf.constant([["b"]])
        for _ in range(nested):  # a model of JAX takes no strings
            back, inner = back.layers[-1], inner.layers[-1]
        np.testing.assert_array_equal(back(x), inner(x))


@pytest.mark.parametrize("name", ["StringLookup", "StringLookup with a mask", "IntegerLookup", "TextVectorization"])
def test_one_that_was_not_adapted_is_fine(name: str, tmp_path: Path) -> None:
    """Keras 3.15.1 refuses the file that it wrote of one."""
    assert hornbook.check(layer(name, adapted=False)).ok
    model = keras.Sequential([keras.Input((1,), dtype=LAYERS[name][2]), layer(name, adapted=False)])
    report = hornbook.check(model)
    assert report.ok, str(report)
    hornbook.save_model(model, tmp_path / "m.keras")
    back = hornbook.load_model(tmp_path / "m.keras")
    back.layers[0].adapt(LAYERS[name][1])
    assert back.layers[0].get_vocabulary() == layer(name, adapted=True).get_vocabulary()


@pytest.mark.parametrize("adapted", [True, False])
def test_a_feature_space_is_fine(adapted: bool) -> None:
    space = keras.utils.FeatureSpace
    made = space(
        {
            "a": space.float_discretized(num_bins=3),
            "b": space.string_categorical(),
            "c": space.integer_hashed(4),
            "d": space.float_normalized(),
        },
        crosses=[space.cross(("b", "c"), crossing_dim=8)],
        output_mode="dict",
    )
    if adapted:
        data = {"a": [1.0, 2.0, 3.0], "b": ["x", "y", "x"], "c": [1, 2, 3], "d": [1.0, 2.0, 4.0]}
        made.adapt(tf.data.Dataset.from_tensor_slices(data))
    report = hornbook.check(made)
    assert report.ok, str(report)
