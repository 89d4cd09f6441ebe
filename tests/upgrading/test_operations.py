"""Functions of TensorFlow with their arguments give what TensorFlow 2.15 gives."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

import keras
import numpy as np
import pytest
from tests import needs

import hornbook

X = np.random.default_rng(1).normal(size=(2, 4)).astype("float32")
OLD_JAX = keras.backend.backend() == "jax" and tuple(map(int, version("jax").split(".")[:3])) < (0, 4, 26)
IMAGE = np.random.default_rng(2).normal(size=(1, 4, 4, 4)).astype("float32")


def called(function: str, x: np.ndarray, /, index: int = 0, kind: str = "TFOpLambda", **kwargs: Any) -> Any:
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
        ("argsort", {"axis": -1, "direction": "ASCENDING", "stable": False, "name": None}, np.argsort(X)),
        ("math.argmax", {}, np.argmax(X, 0)),
        ("math.argmax", {"axis": 1, "output_type": "int32"}, np.argmax(X, 1)),
        ("math.argmin", {}, np.argmin(X, 0)),
        ("math.asinh", {}, np.arcsinh(X)),
        ("math.rint", {}, np.rint(X)),
        ("math.log_sigmoid", {}, -np.log1p(np.exp(-X))),
        ("math.scalar_mul", {"x": [1.0, 2.0, 3.0, 4.0]}, X * [1, 2, 3, 4]),
        ("math.squared_difference", {"y": [1.0, 2.0, 3.0, 4.0], "name": None}, (X - [1, 2, 3, 4]) ** 2),
        ("math.cumprod", {"axis": 1}, np.cumprod(X, 1)),
        ("broadcast_to", {"shape": [3, 2, 4]}, np.broadcast_to(X, (3, 2, 4))),
        ("slice", {"begin": [0, 1], "size": [-1, 2]}, X[:, 1:3]),
        ("compat.v1.norm", {"ord": "euclidean", "axis": -1, "keepdims": None}, np.linalg.norm(X, axis=-1)),
        ("compat.v1.norm", {"ord": "euclidean", "axis": None, "keepdims": None}, np.linalg.norm(X)),
        ("norm", {"ord": 1, "axis": [1], "keepdims": True}, np.abs(X).sum(1, keepdims=True)),
        ("linalg.norm", {"ord": float("inf"), "axis": 1}, np.abs(X).max(1)),
        ("linalg.norm", {"ord": "fro", "axis": [0, 1]}, np.linalg.norm(X)),
        ("math.reduce_euclidean_norm", {"axis": [0, 1], "keepdims": True}, np.linalg.norm(X, keepdims=True)),
        ("linalg.matrix_transpose", {}, X.T),
        ("linalg.diag_part", {"k": 0, "padding_value": 0, "align": "RIGHT_LEFT"}, np.diagonal(X)),
        ("linalg.trace", {}, np.trace(X)),
        ("linalg.matvec", {"b": [1.0, 2.0, 3.0, 4.0]}, X @ np.arange(1, 5)),
        ("linalg.matvec", {"b": [1.0, 2.0], "transpose_a": True}, X.T @ np.arange(1, 3)),
        ("linalg.band_part", {"num_lower": -1, "num_upper": 0}, np.tril(X)),
        ("linalg.band_part", {"num_lower": 0, "num_upper": -1}, np.triu(X)),
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


MATRICES = np.random.default_rng(3).normal(size=(2, 3, 3)).astype("float32") + 3 * np.eye(3, dtype="float32")
POSITIVE = MATRICES @ MATRICES.transpose(0, 2, 1)
LOWER = np.tril(MATRICES)


@pytest.mark.parametrize(
    ("function", "matrices", "kwargs", "expected"),
    [
        ("linalg.inv", MATRICES, {"adjoint": False}, np.linalg.inv(MATRICES)),
        ("linalg.det", MATRICES, {}, np.linalg.det(MATRICES)),
        ("linalg.cholesky", POSITIVE, {}, np.linalg.cholesky(POSITIVE)),
        ("linalg.trace", MATRICES, {}, np.trace(MATRICES, axis1=1, axis2=2)),
        ("linalg.diag_part", MATRICES, {}, np.diagonal(MATRICES, axis1=1, axis2=2)),
        ("linalg.solve", MATRICES, {"rhs": POSITIVE.tolist()}, np.linalg.solve(MATRICES, POSITIVE)),
        pytest.param(
            *("linalg.triangular_solve", MATRICES, {"rhs": POSITIVE.tolist()}, np.linalg.solve(LOWER, POSITIVE)),
            marks=pytest.mark.skipif(OLD_JAX, reason="this JAX calls a function that SciPy has no more"),
        ),
        ("linalg.cross", MATRICES, {"b": POSITIVE.tolist()}, np.cross(MATRICES, POSITIVE)),
    ],
)
def test_matrices(function: str, matrices: np.ndarray, kwargs: dict[str, Any], expected: np.ndarray) -> None:
    np.testing.assert_allclose(called(function, matrices, **kwargs), expected, rtol=1e-3, atol=1e-4)


KERNEL = np.random.default_rng(4).normal(size=(2, 2, 4, 1)).astype("float32")


@pytest.mark.parametrize(("strides", "step"), [(1, 1), ([1, 2, 2, 1], 2)])
def test_a_convolution_by_a_constant(strides: Any, step: int) -> None:
    """As `tf.nn.conv2d` of TF 2.15 is written; each place is the sum of a window."""
    more = {"use_cudnn_on_gpu": True, "data_format": "NHWC", "dilations": None, "name": None}
    made = called("compat.v1.nn.conv2d", IMAGE, filter=KERNEL.tolist(), strides=strides, padding="VALID", **more)
    places = range(0, 3, step)
    expected = [[(IMAGE[0, i : i + 2, j : j + 2] * KERNEL[..., 0]).sum() for j in places] for i in places]
    np.testing.assert_allclose(made[0, ..., 0], expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("function", "expected"),
    [("image.flip_left_right", IMAGE[:, :, ::-1]), ("image.flip_up_down", IMAGE[:, ::-1])],
)
def test_images_that_are_turned(function: str, expected: np.ndarray) -> None:
    assert np.array_equal(called(function, IMAGE), expected)


def summed(layer: dict[str, Any], version: str) -> Any:
    """Return what a model gives that multiplies two vectors by `einsum`."""
    sources = [
        {"class_name": "InputLayer", "name": name, "config": {"batch_input_shape": [None, 4], "name": name},
         "inbound_nodes": []}
        for name in "xy"
    ]  # fmt: skip
    inner = {"name": "m", "layers": [*sources, {**layer, "name": "f"}], "input_layers": [["x", 0, 0], ["y", 0, 0]],
             "output_layers": [["f", 0, 0]]}  # fmt: skip
    config = {"class_name": "Functional", "config": inner, "keras_version": version}
    return keras.ops.convert_to_numpy(hornbook.model_from_config(config)([X, X + 1]))


def test_einsum_as_a_node() -> None:
    """TF 2.2 wrote the node of its graph, with the equation in base64."""
    node = {"name": "f", "op": "Einsum", "input": ["x", "y"], "attr": {"equation": {"s": "YWIsYWItPmE="}}}
    layer = {"class_name": "TensorFlowOpLayer", "config": {"name": "f", "node_def": node, "constants": {}}}
    made = summed({**layer, "inbound_nodes": [[["x", 0, 0, {}], ["y", 0, 0, {}]]]}, "2.3.0-tf")
    np.testing.assert_allclose(made, (X * (X + 1)).sum(1), rtol=1e-5)


def test_einsum_as_a_function() -> None:
    """TF 2.4 to 2.15 wrote the equation alone, and read no such model themselves."""
    layer = {"class_name": "TFOpLambda", "config": {"name": "f", "function": "einsum"}}
    equation = ["_CONSTANT_VALUE", -1, "ab, ab -> a", {}]
    with pytest.raises(hornbook.errors.ConfigError, match="einsum in layer 'f' was written without its tensors"):
        summed({**layer, "inbound_nodes": [[equation]]}, "2.15.0")
    made = summed({**layer, "inbound_nodes": [[equation, ["x", 0, 0, {}], ["y", 0, 0, {}]]]}, "2.15.0")
    np.testing.assert_allclose(made, (X * (X + 1)).sum(1), rtol=1e-5)


def test_a_function_that_is_two_operations_is_called_twice() -> None:
    """The first operation gets a name that no layer has; nodes keep their numbers."""
    source = {"class_name": "InputLayer", "name": "x", "config": {"batch_input_shape": [None, 4], "name": "x"},
              "inbound_nodes": []}  # fmt: skip
    norm = {"class_name": "TFOpLambda", "name": "f", "config": {"name": "f", "function": "norm"},
            "inbound_nodes": [["x", 0, 0, {"axis": 1}], ["f_square", 0, 0, {"axis": 1}]]}  # fmt: skip
    taken = {"class_name": "Activation", "name": "f_square", "config": {"name": "f_square", "activation": "relu"},
             "inbound_nodes": [[["x", 0, 0, {}]]]}  # fmt: skip
    inner = {"name": "m", "layers": [source, taken, norm], "input_layers": [["x", 0, 0]],
             "output_layers": [["f", 0, 0], ["f", 1, 0]]}  # fmt: skip
    config = {"class_name": "Functional", "config": inner, "keras_version": "2.15.0"}
    first, second = map(keras.ops.convert_to_numpy, hornbook.model_from_config(config)(X))
    np.testing.assert_allclose(first, np.linalg.norm(X, axis=1), rtol=1e-5)
    np.testing.assert_allclose(second, np.linalg.norm(np.maximum(X, 0), axis=1), rtol=1e-5)


@pytest.mark.parametrize(("name", "expected"), [("abs", np.abs), ("asinh", np.arcsinh), ("rint", np.rint)])
def test_a_lambda_of_a_function_of_tensorflow(name: str, expected: Any) -> None:
    """Where `keras.ops` calls it otherwise, too."""
    module = "tensorflow.python.ops.math_ops"
    arguments = {"name": "f", "function": name, "function_type": "function", "module": module,
                 "batch_input_shape": [None, 4]}  # fmt: skip
    inner = {"name": "m", "layers": [{"class_name": "Lambda", "config": arguments}]}
    model = hornbook.model_from_config({"class_name": "Sequential", "config": inner, "keras_version": "2.9.0"})
    np.testing.assert_allclose(keras.ops.convert_to_numpy(model(X)), expected(X), rtol=1e-5)


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
        ("math.cumsum", {"reverse": True}),
        ("argsort", {"direction": "DESCENDING"}),
        ("linalg.band_part", {"num_lower": 1, "num_upper": 1}),
        ("linalg.diag_part", {"k": 1}),
        ("norm", {"ord": 3, "axis": -1}),
        ("norm", {"ord": 1, "axis": [0, 1]}),
        ("norm", {"ord": 1}),
        ("experimental.numpy.argmax", {}),
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
