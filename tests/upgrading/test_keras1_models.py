"""Models of Keras 1 whose form or setting has no counterpart in one layer."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest

import hornbook


def layer(name: str, of: str = "one", **arguments: Any) -> dict[str, Any]:
    return {"class_name": name, "config": {"name": of, **arguments}}


def sequential(*layers: dict[str, Any]) -> dict[str, Any]:
    return {"class_name": "Sequential", "config": list(layers)}


def merge(of: str, *branches: dict[str, Any], mode: str = "sum") -> dict[str, Any]:
    return layer("Merge", of, mode=mode, concat_axis=-1, dot_axes=-1, layers=list(branches))


def dense(of: str, size: int | None = None) -> dict[str, Any]:
    return layer("Dense", of, output_dim=4, **({"batch_input_shape": [None, size]} if size else {}))


def test_a_sequential_that_begins_with_branches_is_a_functional_model() -> None:
    """Keras 1.2.2: `Sequential().add(Merge([a, b], mode="sum"))`."""
    old = sequential(merge("join", sequential(dense("a", 3)), sequential(dense("b", 2))), dense("end"))
    config, report = hornbook.upgrade(old, version="1.2.2")
    assert not report.open
    assert config["class_name"] == "Functional"
    layers = [(one["class_name"], one["name"]) for one in config["config"]["layers"]]
    assert layers == [
        ("InputLayer", "a_input"), ("Dense", "a"), ("InputLayer", "b_input"), ("Dense", "b"), ("Add", "join"),
        ("Dense", "end"),
    ]  # fmt: skip
    assert [one[0] for one in config["config"]["input_layers"]] == ["a_input", "b_input"]


def test_branches_may_begin_with_branches() -> None:
    inner = sequential(merge("inner", sequential(dense("a", 3)), sequential(dense("b", 2))))
    old = sequential(merge("outer", inner, sequential(dense("c", 4)), mode="concat"), dense("end"))
    model = hornbook.model_from_config({**old, "keras_version": "1.2.2"})
    assert [tuple(one.shape) for one in model.inputs] == [(None, 3), (None, 2), (None, 4)]
    assert tuple(model.outputs[0].shape) == (None, 4)


@pytest.mark.parametrize(
    ("branch", "why"),
    [(sequential(dense("a")), "input shape"), (sequential(dense("b", 2)), "name"), (sequential(), "without layers")],
)
def test_branches_that_tell_too_little_stay_open(branch: dict[str, Any], why: str) -> None:
    old = sequential(merge("join", branch, sequential(dense("b", 2))), dense("end"))
    assert why in hornbook.upgrade(old, version="1.2.2")[1].open[0].what


@pytest.mark.parametrize(("order", "new"), [("th", "channels_first"), ("tf", "channels_last")])
def test_layers_without_an_order_of_channels_take_that_of_the_others(order: str, new: str) -> None:
    """Keras 1.2.2: `ZeroPadding2D.get_config` writes `padding` alone."""
    convolution = layer("Convolution2D", "conv", nb_filter=2, nb_row=3, nb_col=3, dim_ordering=order)
    config, report = hornbook.upgrade(sequential(layer("ZeroPadding2D", padding=[1, 1]), convolution), version="1.2.2")
    assert not report.open
    assert config["config"]["layers"][0]["config"]["data_format"] == new


def test_before_0_3_channels_came_first() -> None:
    """Keras 0.2.0 had Theano alone, and no `dim_ordering`."""
    old = {"layers": [{"name": "ZeroPadding2D", "padding": [1, 1]},
                      {"name": "MaxPooling2D", "pool_size": [2, 2], "border_mode": "valid"}]}  # fmt: skip
    config, report = hornbook.upgrade(old)
    assert not report.open
    assert [one["config"]["data_format"] for one in config["config"]["layers"]] == ["channels_first"] * 2


def test_an_order_of_channels_that_nothing_tells_stays_open() -> None:
    report = hornbook.upgrade(sequential(layer("UpSampling2D", size=[2, 2])), version="1.2.2")[1]
    assert "where the channels are" in report.open[0].what


@pytest.mark.parametrize(
    ("name", "given", "new"),
    [
        ("ZeroPadding1D", {"left_pad": 1}, [1, 0]),
        ("ZeroPadding2D", {"top_pad": 1, "left_pad": 2}, [[1, 0], [2, 0]]),
        ("ZeroPadding2D", [1, 2, 3, 0], [[1, 2], [3, 0]]),
    ],
)
def test_paddings_by_side_are_pairs(name: str, given: Any, new: list[Any]) -> None:
    """Keras 1.2.2, keras/layers/convolutional.py: `ZeroPadding2D`."""
    old = layer(name, padding=given, dim_ordering="tf")
    assert hornbook.upgrade(old, version="1.2.2")[0]["config"]["padding"] == new


def test_the_padding_full_of_theano_stays_open() -> None:
    old = layer("Convolution1D", nb_filter=2, filter_length=3, border_mode="full")
    assert "'full'" in hornbook.upgrade(old, version="1.2.2")[1].open[0].what


def test_a_thresholded_relu_is_a_relu() -> None:
    """Keras 1.2.2 to 2.15.0: x where x > theta, else 0."""
    config, _ = hornbook.upgrade(layer("ThresholdedReLU", theta=0.3), version="2.2.4")
    assert (config["class_name"], config["config"]["threshold"]) == ("ReLU", 0.3)


def test_models_within_a_model_get_names_of_their_own() -> None:
    """The list form of Keras 1 to 2.2.2 had no names for them."""
    old = sequential(sequential(dense("a", 3)), sequential(dense("b", 4)))
    assert len(hornbook.model_from_config({**old, "keras_version": "2.0.8"}).layers) == 2


@pytest.mark.parametrize(("version", "holds"), [("2.2.4", True), ("2.2.4-tf", False)])
def test_a_masked_bidirectional_repeats_its_last_output(version: str, holds: bool) -> None:
    """Keras 2.0.8 and 2.2.4, `K.rnn`; tf.keras has given zeros there, as Keras 3 does."""
    inner = layer("LSTM", "lstm", units=2, return_sequences=True)
    both = layer("Bidirectional", "both", layer=inner, merge_mode="concat")
    old = sequential(layer("Masking", "mask", batch_input_shape=[None, 3, 1], mask_value=0.0), both)
    model = hornbook.model_from_config({**old, "keras_version": version})
    outputs = keras.ops.convert_to_numpy(model(np.array([[[0.5], [0.0], [1.0]]], "float32")))[0, :, :2]
    assert outputs[1].any() == holds
    assert np.array_equal(outputs[0], outputs[1]) == holds


@pytest.mark.parametrize(("name", "since"), [("SReLU", "2.0"), ("Highway", "2.4"), ("LocallyConnected1D", "3.0")])
def test_the_error_tells_since_when_a_layer_is_gone(name: str, since: str) -> None:
    old = sequential(layer(name, batch_input_shape=[None, 3]))
    with pytest.raises(hornbook.errors.UnknownReferenceError, match=f"`{name}` .gone since Keras {since}.") as caught:
        hornbook.model_from_config({**old, "keras_version": "1.2.2"})
    assert "custom_objects" in str(caught.value)
