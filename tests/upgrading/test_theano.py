"""The padding `same` of Theano: half of the kernel on both sides, whatever the stride."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest

import hornbook
from hornbook.errors import ConfigError, UpgradeWarning


def layer(name: str, of: str = "one", **arguments: Any) -> dict[str, Any]:
    return {"class_name": name, "config": {"name": of, **arguments}, "name": of}


def first(name: str, **arguments: Any) -> dict[str, Any]:
    """Return a Sequential of one layer, as Keras 2.1 wrote it with Theano."""
    shape = [None, 7, 6, 2] if "2D" in name else [None, 7, 2]
    config = [layer(name, batch_input_shape=shape, padding="same", **arguments)]
    return {"class_name": "Sequential", "keras_version": "2.1.6", "backend": "theano", "config": config}


@pytest.mark.parametrize("graph", [False, True])
@pytest.mark.parametrize(("size", "stride"), [(3, 2), (2, 1), (4, 3), (5, 2)])
def test_a_convolution_pads_half_of_its_kernel(size: int, stride: int, graph: bool) -> None:
    """Theano 1.0.5, `border_mode="half"`; even sizes are cut to the length that `same` promises."""
    config = first("Conv1D", filters=1, kernel_size=[size], strides=[stride], use_bias=False, kernel_initializer="ones")
    if graph:
        source = layer("InputLayer", "x", batch_input_shape=[None, 7, 2]) | {"inbound_nodes": []}
        called = config["config"][0] | {"inbound_nodes": [[["x", 0, 0, {}]]]}
        ends = {"input_layers": [["x", 0, 0]], "output_layers": [["one", 0, 0]]}
        config |= {"class_name": "Model", "config": {"name": "m", "layers": [source, called], **ends}}
    x = np.random.default_rng(0).normal(size=(1, 7, 2)).astype("float32")
    padded = np.pad(x.sum(-1)[0], (size // 2, size))
    expected = [padded[at : at + size].sum() for at in range(0, 7, stride)]
    outputs = hornbook.model_from_config(config)(x)
    np.testing.assert_allclose(keras.ops.convert_to_numpy(outputs)[0, :, 0], expected, rtol=1e-5)


def test_the_padding_has_a_name_of_its_own() -> None:
    config = first("Conv2D", filters=1, kernel_size=[2, 2])
    config["config"].append(layer("Activation", "one_same", activation="relu"))
    made, report = hornbook.upgrade(config)
    names = [one["config"]["name"] for one in made["config"]["layers"]]
    assert names == ["one_input", "one_same_", "one", "one_same"]
    assert report.rules()["theano-same"] == 1


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("MaxPooling2D", {"pool_size": [2, 2]}),
        ("MaxPooling2D", {"pool_size": [3, 3], "strides": [2, 2]}),
        ("AveragePooling1D", {}),
        ("Conv2DTranspose", {"filters": 1, "kernel_size": [3, 3], "strides": [2, 2]}),
        ("SeparableConv2D", {"filters": 1, "kernel_size": [2, 2]}),
        ("TimeDistributed", {"layer": layer("Conv1D", padding="same", filters=1, kernel_size=[2])}),
    ],
)
def test_what_no_layer_expresses_is_open(name: str, arguments: dict[str, Any]) -> None:
    config = first(name, **arguments)
    _, report = hornbook.upgrade(config)
    assert "Theano" in report.open[0].what


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("Conv2D", {"filters": 1, "kernel_size": [3, 5]}),
        ("Conv2D", {"filters": 1, "kernel_size": [1, 1], "strides": [2, 2]}),
        ("Conv2DTranspose", {"filters": 1, "kernel_size": [3, 3]}),
        ("MaxPooling2D", {"pool_size": [3, 3], "strides": [1, 1]}),
    ],
)
def test_where_both_are_the_same_nothing_is_done(name: str, arguments: dict[str, Any]) -> None:
    _, report = hornbook.upgrade(first(name, **arguments))
    assert not report.open
    assert "theano-same" not in report.rules()


def test_another_backend_padded_as_keras_3_does() -> None:
    config = first("Conv2D", filters=1, kernel_size=[2, 2])
    assert "theano-same" not in hornbook.upgrade(config, backend="tensorflow")[1].rules()


def keras_1() -> dict[str, Any]:
    """Return a model of Keras 1, which did not write its backend."""
    pool = {"name": "pool", "batch_input_shape": [None, 6, 2], "pool_length": 2, "border_mode": "same"}
    return {"class_name": "Sequential", "config": [{"class_name": "MaxPooling1D", "config": pool}]}


def test_a_backend_that_keras_1_does_not_tell_is_assumed_with_a_warning() -> None:
    _, report = hornbook.upgrade(keras_1(), version="1.2.2")
    assert ["'pool'" in one.what for one in report.assumed] == [True]
    with pytest.warns(UpgradeWarning, match="nothing tells the backend of 'pool'"):
        hornbook.model_from_config(keras_1() | {"keras_version": "1.2.2"})


def test_a_caller_who_knows_the_backend_is_believed() -> None:
    made, report = hornbook.upgrade(keras_1(), version="1.2.2", backend="tensorflow")
    assert not report.assumed
    assert hornbook.model_from_config(made).output_shape == (None, 3, 2)
    _, report = hornbook.upgrade(keras_1(), version="1.2.2", backend="theano")
    assert len(report.open) == 1
    with pytest.raises(ConfigError, match="is no backend"):
        hornbook.upgrade(keras_1(), backend="Theano")
