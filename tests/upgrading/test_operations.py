"""Functions of TensorFlow with their arguments give what TensorFlow 2.15 gives."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
from tests import needs

import hornbook

X = np.random.default_rng(1).normal(size=(2, 4)).astype("float32")
IMAGE = np.random.default_rng(2).normal(size=(1, 4, 4, 4)).astype("float32")


def called(function: str, x: np.ndarray, index: int = 0, kind: str = "TFOpLambda", **kwargs: Any) -> Any:
    """Return what a model of one function of TensorFlow gives, as TF 2.15 writes it."""
    shape = {"batch_input_shape": [None, *x.shape[1:]], "name": "x"}
    source = {"class_name": "InputLayer", "name": "x", "config": shape, "inbound_nodes": []}
    made = {"class_name": kind, "name": "f", "config": {"name": "f", "function": function},
            "inbound_nodes": [["x", 0, 0, kwargs]]}  # fmt: skip
    inner = {"name": "m", "layers": [source, made], "input_layers": [["x", 0, 0]], "output_layers": [["f", 0, index]]}
    config = {"class_name": "Functional", "config": inner, "keras_version": "2.15.0"}
    return keras.ops.convert_to_numpy(hornbook.model_from_config(config)(x))


def pooled(step: Any) -> np.ndarray:
    return np.array([[[step(IMAGE[0, i : i + 2, j : j + 2], axis=(0, 1)) for j in (0, 2)] for i in (0, 2)]])


@pytest.mark.parametrize(
    ("function", "kwargs", "expected"),
    [
        ("nn.leaky_relu", {"alpha": 0.3}, np.where(X > 0, X, 0.3 * X)),
        ("nn.leaky_relu", {}, np.where(X > 0, X, 0.2 * X)),
        ("math.multiply", {"y": [1.0, 2.0, 3.0, 4.0], "name": None}, X * [1, 2, 3, 4]),
        ("nn.bias_add", {"bias": [1.0, 2.0, 3.0, 4.0]}, X + np.arange(1, 5)),
        ("compat.v1.gather", {"indices": [2, 0], "validate_indices": None, "axis": 1, "batch_dims": 0}, X[:, [2, 0]]),
        ("compat.v1.pad", {"paddings": [[0, 0], [1, 2]], "mode": "CONSTANT", "constant_values": 0},
         np.pad(X, [[0, 0], [1, 2]])),
        ("compat.v1.pad", {"paddings": [[0, 0], [1, 2]], "mode": "REFLECT"}, np.pad(X, [[0, 0], [1, 2]], "reflect")),
        ("repeat", {"repeats": 2, "axis": 1}, np.repeat(X, 2, 1)),
        ("reverse", {"axis": [1]}, X[:, ::-1]),
        ("math.cumsum", {}, np.cumsum(X, 0)),
        ("math.cumsum", {"axis": 1}, np.cumsum(X, 1)),
        ("identity", {}, X),
        ("math.l2_normalize", {"axis": -1}, X / np.linalg.norm(X, axis=-1, keepdims=True)),
        ("linalg.matmul", {"b": [[1.0, 0.0, 2.0, 0.0]], "transpose_b": True}, X @ np.array([[1], [0], [2], [0]])),
        ("tensordot", {"b": [[1.0], [2.0], [3.0], [4.0]], "axes": 1}, X @ np.array([[1], [2], [3], [4]])),
        ("sort", {"axis": -1, "direction": "ASCENDING"}, np.sort(X)),
    ],
)  # fmt: skip
def test_a_function_of_tensorflow(function: str, kwargs: dict[str, Any], expected: Any) -> None:
    np.testing.assert_allclose(called(function, X, **kwargs), expected, rtol=1e-5, atol=1e-6)


def test_the_default_of_gelu_is_exact() -> None:
    """`tf.nn.gelu(approximate=False)`; that of Keras 3 is `True`."""
    from math import erf, sqrt

    expected = [[0.5 * value * (1 + erf(value / sqrt(2))) for value in row] for row in X]
    np.testing.assert_allclose(called("nn.gelu", X), expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(("index", "part"), [(0, X[:, :1]), (1, X[:, 1:])])
def test_one_of_several_outputs(index: int, part: np.ndarray) -> None:
    assert np.array_equal(called("split", X, index, num_or_size_splits=[1, 3], axis=-1), part)
    assert np.array_equal(called("unstack", X, index, axis=1), X[:, index])
    assert np.array_equal(called("math.top_k", X, 0, k=2), -np.sort(-X)[:, :2])


@needs.since("3.15", "DepthToSpace is not in 3.6")
def test_images() -> None:
    pool = {"ksize": 2, "strides": 2, "padding": "VALID"}
    np.testing.assert_allclose(called("nn.max_pool2d", IMAGE, **pool), pooled(np.max), rtol=1e-6)
    np.testing.assert_allclose(called("nn.avg_pool2d", IMAGE, **pool), pooled(np.mean), rtol=1e-5, atol=1e-6)
    larger = called("image.resize", IMAGE, size=[8, 8], method="nearest")
    assert np.array_equal(larger, IMAGE.repeat(2, 1).repeat(2, 2))
    assert called("nn.depth_to_space", IMAGE, block_size=2).shape == (1, 8, 8, 1)


@pytest.mark.parametrize(
    ("function", "kwargs"),
    [
        ("math.cumsum", {"exclusive": True}),
        ("compat.v1.gather", {"indices": [0], "batch_dims": 1}),
        ("compat.v1.pad", {"paddings": [[0, 0], [1, 2]], "constant_values": 3}),
        ("split", {"num_or_size_splits": [1, -1]}),
        ("image.resize", {"size": [2, 2], "method": "bicubic"}),
        ("math.squared_difference", {"y": 1.0}),
    ],
)
def test_arguments_that_no_operation_has_stay_open(function: str, kwargs: dict[str, Any]) -> None:
    with pytest.raises(hornbook.errors.ConfigError, match="no certain counterpart"):
        called(function, X, **kwargs)


def part_of_slice(start: int | None = None, stop: int | None = None, step: int | None = None) -> dict[str, Any]:
    return {"start": start, "stop": stop, "step": step}


@pytest.mark.parametrize("kind", ["TFOpLambda", "SlicingOpLambda"])
@pytest.mark.parametrize(
    ("items", "expected"),
    [
        ([part_of_slice(), part_of_slice(1, None, 2)], X[:, 1::2]),
        ([part_of_slice(), 2], X[:, 2]),
        ([part_of_slice(), part_of_slice(None, -1)], X[:, :-1]),
    ],
)
def test_an_index_that_was_written_as_a_tuple(kind: str, items: list[Any], expected: Any) -> None:
    """`keras_metadata.pb` tells a tuple from a list: `{"class_name": "__tuple__", "items": [...]}`."""
    index = {"class_name": "__tuple__", "items": items}
    np.testing.assert_array_equal(called("__operators__.getitem", X, kind=kind, slice_spec=index), expected)
