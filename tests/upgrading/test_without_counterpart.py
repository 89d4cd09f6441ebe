"""Calls of TensorFlow for which no operation of Keras 3 means the same, and forms that few files have."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import pytest

import hornbook
from hornbook.upgrading.report import Report


def model(*layers: dict[str, Any], end: str = "f") -> dict[str, Any]:
    source = {"class_name": "InputLayer", "name": "x", "config": {"batch_input_shape": [None, 4], "name": "x"},
              "inbound_nodes": []}  # fmt: skip
    inner = {"name": "m", "layers": [source, *layers], "input_layers": [["x", 0, 0]], "output_layers": [[end, 0, 0]]}
    return {"class_name": "Functional", "config": inner, "keras_version": "2.9.0"}


def called(function: str, kwargs: dict[str, Any], first: Any = None) -> tuple[dict[str, Any], Report]:
    """Return the layer that a call of a function becomes, and the report."""
    node = [["x", 0, 0, kwargs]] if first is None else first
    config = {"name": "f", "function": function}
    made, report = hornbook.upgrade(
        model({"class_name": "TFOpLambda", "name": "f", "config": config, "inbound_nodes": [node]})
    )
    return made["config"]["layers"][-1], report


TENSOR = ["x", 0, 0]
OPEN: list[tuple[str, dict[str, Any]]] = [
    ("math.lgamma", {}),
    ("signal.fft", {}),
    ("image.abs", {}),
    ("experimental.numpy.mean", {}),
    ("math.abs", {"strange": 1}),
    ("math.add", {}),
    ("math.cumsum", {"reverse": True}),
    ("reshape", {"shape": TENSOR, "strange": [1]}),
    ("linalg.matmul", {"b": [[1.0]], "adjoint_a": True}),
    ("linalg.matmul", {}),
    ("split", {"num_or_size_splits": 2, "num": 3}),
    ("split", {"num_or_size_splits": [1, -1]}),
    ("split", {"num_or_size_splits": "two"}),
    ("gather", {"indices": [0], "batch_dims": 1}),
    ("gather", {"indices": [0], "axis": "last"}),
    ("pad", {"paddings": [[0, 0]], "constant_values": 1}),
    ("pad", {"paddings": [[0, 0]], "mode": "WRAP"}),
    ("pad", {"paddings": 1}),
    ("math.l2_normalize", {}),
    ("math.l2_normalize", {"axis": 1, "epsilon": "small"}),
    ("math.add_n", {}),
    ("nn.bias_add", {"bias": [1.0], "data_format": "NCHW"}),
    ("nn.bias_add", {}),
    ("nn.max_pool2d", {"ksize": "2", "strides": 2, "padding": "SAME"}),
    ("nn.max_pool2d", {"ksize": [1, 2, 3], "strides": 2, "padding": "SAME"}),
    ("nn.max_pool2d", {"ksize": 2, "strides": 2, "padding": [[0, 0]]}),
    ("nn.max_pool2d", {"ksize": 2, "strides": 2, "padding": "SAME", "data_format": "NCHW"}),
    ("nn.max_pool", {"ksize": [2, 2, 2], "strides": 2, "padding": "SAME"}),
    ("nn.max_pool2d", {"ksize": 2, "strides": [2], "padding": "SAME"}),
    ("nn.conv2d", {"strides": 1, "padding": "SAME"}),
    ("nn.conv2d", {"filters": [[[[1.0]]]], "strides": 1, "padding": "SAME", "data_format": "NCHW"}),
    ("einsum", {}),
    ("norm", {"ord": 3, "axis": 1}),
    ("norm", {"ord": 2, "axis": [0, 1]}),
    ("norm", {"strange": 1}),
    ("math.squared_difference", {}),
    ("linalg.band_part", {"num_lower": 1, "num_upper": 0}),
    ("linalg.matvec", {"b": [1.0], "adjoint_a": True}),
    ("slice", {"begin": 1, "size": [1]}),
    ("slice", {"begin": [1, 2], "size": [1]}),
    ("slice", {"begin": ["x"], "size": [1]}),
    ("nn.depth_to_space", {"block_size": "2"}),
    ("nn.depth_to_space", {"block_size": 2, "data_format": "NCHW"}),
    ("image.resize", {"size": 2}),
    ("image.resize", {"size": [2, 2], "method": "area"}),
    ("image.flip_left_right", {"strange": 1}),
    ("__operators__.getitem", {"slice_spec": {"start": 1}}),
    ("__operators__.getitem", {"slice_spec": [TENSOR]}),
]


@pytest.mark.parametrize(("function", "kwargs"), OPEN, ids=[f"{name}-{i}" for i, (name, _) in enumerate(OPEN)])
def test_a_call_that_means_something_else_stays_open(function: str, kwargs: dict[str, Any]) -> None:
    """The error names the function and the layer; the layer stays what it was."""
    layer, report = called(function, kwargs)
    assert [remark.what for remark in report.open] == [
        f"the TensorFlow function {function} in layer 'f' has no certain counterpart in Keras 3"
    ]
    assert layer["class_name"] == "TFOpLambda"


CONVERTED: list[tuple[str, dict[str, Any], str, dict[str, Any]]] = [
    ("split", {"num_or_size_splits": [1, 2, 1], "axis": 1}, "Split", {"indices_or_sections": [1, 3], "axis": 1}),
    ("split", {"num_or_size_splits": 2, "axis": None}, "Split", {"indices_or_sections": 2, "axis": 0}),
    ("linalg.matmul", {"b": [[1.0]], "transpose_a": True}, "Einsum", {"subscripts": "...ji,...jk->...ik"}),
    ("nn.max_pool2d", {"ksize": [1, 2, 3, 1], "strides": [1, 2, 2, 1], "padding": "SAME"}, "MaxPool",
     {"pool_size": [2, 3], "strides": 2, "padding": "same", "data_format": "channels_last"}),
    ("nn.avg_pool", {"ksize": 2, "strides": [1, 2], "padding": "VALID"}, "AveragePool",
     {"pool_size": 2, "strides": [1, 2], "padding": "valid", "data_format": "channels_last"}),
    ("nn.conv1d", {"filters": [[[1.0]]], "stride": 1, "padding": "SAME", "data_format": "NWC"}, "Conv",
     {"strides": 1, "padding": "same", "dilation_rate": 1, "data_format": "channels_last"}),
    ("nn.depth_to_space", {"block_size": 2, "data_format": "NHWC"}, "DepthToSpace",
     {"block_size": 2, "data_format": "channels_last"}),
    ("image.resize", {"size": [2, 3], "method": None}, "Resize",
     {"size": [2, 3], "interpolation": "bilinear", "data_format": "channels_last"}),
    ("experimental.numpy.add", {"y": 1.0}, "Add", {}),
]  # fmt: skip


@pytest.mark.parametrize(("function", "kwargs", "name", "settings"), CONVERTED)
def test_a_call_becomes_one_of_an_operation(
    function: str, kwargs: dict[str, Any], name: str, settings: dict[str, Any]
) -> None:
    """With the arguments of the class."""
    layer, report = called(function, kwargs)
    assert not report.open
    assert (layer["class_name"], layer["config"]) == (name, {"name": "f", **settings})


def node_of(kind: str, attributes: Any = None, constants: Any = None, inputs: int = 1) -> tuple[dict[str, Any], Report]:
    """Return the layer that a node of TensorFlow's graph becomes, and the report."""
    config = {"name": "f", "node_def": {"op": kind, "attr": attributes}, "constants": constants}
    inbound = [[["x", 0, 0, {}]] * inputs]
    made, report = hornbook.upgrade(
        model({"class_name": "TensorFlowOpLayer", "name": "f", "config": config, "inbound_nodes": inbound})
    )
    return made["config"]["layers"][-1], report


def key(start: Any, stop: Any, step: Any) -> dict[str, Any]:
    return {"class_name": "__slice__", "config": {"start": start, "stop": stop, "step": step}}


def test_a_slice_of_a_node_is_an_index() -> None:
    """Masks say which part is an ellipsis, a new axis, one number, or has no bound."""
    attributes = {f"{name}_mask": {"i": str(mask)} for name, mask in
                  {"ellipsis": 1, "new_axis": 2, "shrink_axis": 4, "begin": 8, "end": 16}.items()}  # fmt: skip
    bounds = {"1": [0, 0, 5, 1, 2], "2": [0, 0, 6, 7, 8], "3": [1, 1, 1, 2, 3]}
    layer, report = node_of("StridedSlice", attributes, bounds)
    assert not report.open
    assert layer["class_name"] == "GetItem"
    keys = layer["inbound_nodes"][0]["args"][1]
    assert keys == [{"class_name": "__ellipsis__", "config": {}}, None, 5, key(None, 7, 2), key(2, None, 3)]


EQUATION = {"equation": {"s": b64encode(b"ij, jk -> ik").decode()}}
NODES: list[tuple[str, Any, Any, int, str, dict[str, Any]]] = [
    ("Einsum", EQUATION, None, 2, "Einsum", {"subscripts": "ij,jk->ik"}),
    ("ConcatV2", None, {"2": -1}, 2, "Concatenate", {"axis": -1}),
    ("Pack", {"axis": {"i": "1"}}, None, 2, "Stack", {"axis": 1}),
    ("Cast", {"DstT": {"type": "DT_HALF"}}, None, 1, "Cast", {"dtype": "float16"}),
    ("Squeeze", {"squeeze_dims": {"list": {"i": ["1", "2"]}}}, None, 1, "Squeeze", {"axis": [1, 2]}),
    ("Squeeze", {}, None, 1, "Squeeze", {}),
    ("Mean", {"keep_dims": {"b": True}}, {"1": [1]}, 1, "Mean", {"axis": [1], "keepdims": True}),
    ("AddV2", {}, {"1": 2.0}, 1, "Add", {}),
]


@pytest.mark.parametrize(("kind", "attributes", "constants", "inputs", "name", "settings"), NODES)
def test_a_node_becomes_an_operation(
    kind: str, attributes: Any, constants: Any, inputs: int, name: str, settings: dict[str, Any]
) -> None:
    """Its arguments are inputs or attributes of the node."""
    layer, report = node_of(kind, attributes, constants, inputs)
    assert not report.open
    assert (layer["class_name"], layer["config"]) == (name, {"name": "f", **settings})


@pytest.mark.parametrize(
    ("kind", "attributes", "constants", "inputs"),
    [
        ("Lgamma", None, None, 1),
        ("Einsum", {}, None, 2),
        ("Einsum", {"equation": {"s": "no base64!"}}, None, 2),
        ("StridedSlice", {}, {"1": [0]}, 1),
        ("StridedSlice", {}, {"1": 0, "2": 1, "3": 1}, 1),
        ("AddV2", {}, None, 1),
        ("Mean", {}, {"2": 1}, 2),  # a tensor of the graph says which axis
        ("Abs", {}, {"1": 1}, 1),
        ("MatMul", {"transpose_a": {"b": True}}, None, 2),
    ],
)
def test_a_node_that_means_something_else_stays_open(kind: str, attributes: Any, constants: Any, inputs: int) -> None:
    layer, report = node_of(kind, attributes, constants, inputs)
    assert len(report.open) == 1
    assert f"function {kind} in layer 'f'" in report.open[0].what
    assert layer["class_name"] == "TensorFlowOpLayer"


def test_a_node_without_its_definition_stays_open() -> None:
    layer = {"class_name": "TensorFlowOpLayer", "name": "f", "config": {"name": "f"}, "inbound_nodes": [[TENSOR]]}
    assert len(hornbook.upgrade(model(layer))[1].open) == 1


def test_calls_with_other_arguments_are_no_single_operation() -> None:
    """One layer was called twice, with another axis."""
    nodes = [[["x", 0, 0, {"axis": axis}]] for axis in (0, 1)]
    layer = {"class_name": "TFOpLambda", "name": "f", "config": {"name": "f", "function": "math.reduce_sum"}}
    assert len(hornbook.upgrade(model({**layer, "inbound_nodes": nodes}))[1].open) == 1
    same, report = hornbook.upgrade(model({**layer, "inbound_nodes": nodes[:1] * 2}))
    assert not report.open
    assert len(same["config"]["layers"][-1]["inbound_nodes"]) == 2


def test_a_function_that_is_two_operations_needs_names_that_none_has() -> None:
    """The last one has the name of the layer."""
    other = {"class_name": "Dense", "name": "f_square", "config": {"name": "f_square", "units": 4},
             "inbound_nodes": [[["x", 0, 0, {}]]]}  # fmt: skip
    layer = {"class_name": "TFOpLambda", "name": "f", "config": {"name": "f", "function": "norm"},
             "inbound_nodes": [[["x", 0, 0, {"axis": 1}]]]}  # fmt: skip
    made, report = hornbook.upgrade(model(other, layer))
    assert not report.open
    names = [one["name"] for one in made["config"]["layers"]]
    assert names == ["x", "f_square", "f_square_square", "f_sum", "f"]


def training(**state: Any) -> dict[str, Any]:
    """Return the compile config that a training config of HDF5 becomes."""
    config = {"class_name": "Sequential", "config": {"name": "s", "layers": []}, "training_config": state}
    made, report = hornbook.upgrade(config, version="2.2.4")
    assert not report.open
    return made["compile_config"]


def test_losses_and_metrics_in_all_the_forms_that_they_had() -> None:
    """By name, by output, as a tuple of TensorFlow, as a config, as `None`."""
    state = training(
        optimizer_config={"name": "SGD", "lr": 0.5},
        loss={"a": "logcosh", "b": None, "c": {"class_name": "function", "config": "huber_loss"}},
        metrics={"class_name": "__tuple__", "items": ["mae", {"class_name": "MeanSquaredError", "config": {}}]},
        weighted_metrics="logcosh",
        sample_weight_mode="temporal",
        run_eagerly=None,
    )
    assert state["loss"] == {"a": "log_cosh", "b": None, "c": "huber"}
    assert state["metrics"][0] == "mae"
    assert state["metrics"][1]["module"] == "keras.metrics"
    assert state["weighted_metrics"] == ["log_cosh_error"]
    assert state["optimizer"]["config"]["learning_rate"] == 0.5
    assert {"sample_weight_mode", "run_eagerly"}.isdisjoint(state)


@pytest.mark.parametrize(
    ("optimizer", "arguments"),
    [
        ({"class_name": "Adam", "config": {"lr": 0.5, "epsilon": None, "decay": 0.1}}, {"epsilon": 1e-7}),
        ({"class_name": "SGD", "config": {"lr": 0.5, "decay": 0.0}}, {"learning_rate": 0.5}),
        ({"class_name": "LossScaleOptimizer", "config": {
            "optimizer": {"class_name": "SGD", "config": {}}, "dynamic": False,
            "loss_scale": {"class_name": "DynamicLossScale", "config": {"multiplier": 2.0}}}},
         {"initial_scale": 32768.0, "dynamic_growth_steps": 2000}),
        ({"class_name": "LossScaleOptimizer", "config": {
            "inner_optimizer": {"class_name": "SGD", "config": {}}, "initial_scale": None, "dynamic_growth_steps": None,
            "loss_scale": {"class_name": "FixedLossScale", "config": {}}}},
         {"initial_scale": 32768.0, "dynamic_growth_steps": 2000}),
    ],
)  # fmt: skip
def test_arguments_of_optimizers(optimizer: dict[str, Any], arguments: dict[str, Any]) -> None:
    made = hornbook.upgrade(optimizer, version="2.4")[0]["config"]
    assert arguments.items() <= made.items()


def test_a_decay_beside_a_schedule_stays_open() -> None:
    schedule = {"class_name": "ExponentialDecay", "config": {"initial_learning_rate": 1.0}}
    config = {"class_name": "SGD", "config": {"learning_rate": schedule, "decay": 0.1}}
    assert len(hornbook.upgrade(config, version="2.4")[1].open) == 1


@pytest.mark.parametrize(
    ("name", "wrapped", "class_name"),
    [
        ("MeanMetricWrapper", "log_cosh", "LogCoshError"),
        ("LossFunctionWrapper", {"class_name": "function", "config": "mse"}, "MeanSquaredError"),
        ("MeanMetricWrapper", "mine", "MeanMetricWrapper"),
        ("MeanMetricWrapper", None, "MeanMetricWrapper"),
    ],
)
def test_a_wrapped_function_has_a_class_of_its_own(name: str, wrapped: Any, class_name: str) -> None:
    made, _ = hornbook.upgrade({"class_name": name, "config": {"name": "n", "fn": wrapped}}, version="2.15")
    assert made["class_name"] == class_name


@pytest.mark.parametrize(
    ("first", "shape"),
    [
        ({"class_name": "Dense", "config": {"units": 1, "input_shape": [3]}}, [None, 3]),
        ({"class_name": "Dense", "config": {"units": 1, "input_dim": 3}}, [None, 3]),
        ({"class_name": "LSTM", "config": {"units": 1, "input_dim": 3, "input_length": 5}}, [None, 5, 3]),
        ({"class_name": "Embedding", "config": {"input_dim": 9, "output_dim": 1, "input_length": 5}}, [None, 5]),
        ({"class_name": "Dense", "config": {"units": 1, "batch_input_shape": {"class_name": "TensorShape",
                                                                             "items": [None, 3]}}}, [None, 3]),
        ({"class_name": "Sequential", "config": [{"class_name": "Dense", "config": {"units": 1, "input_dim": 3}}]},
         [None, 3]),
    ],
)  # fmt: skip
def test_the_input_of_a_sequential_is_told_in_many_ways(first: dict[str, Any], shape: list[Any]) -> None:
    """An InputLayer has the shape."""
    made, _ = hornbook.upgrade({"class_name": "Sequential", "config": [first]}, version="2.2.2")
    assert made["config"]["layers"][0]["config"]["batch_shape"] == shape


@pytest.mark.parametrize(
    "first",
    [
        {"class_name": "Embedding", "config": {"input_dim": 9, "output_dim": 1}},
        {"class_name": "Sequential", "config": []},
        {"class_name": "Model", "config": {"layers": [{}], "input_layers": [1, 2], "output_layers": []}},
        {"class_name": "Own", "config": None},
    ],
)
def test_a_sequential_whose_input_is_not_told_gets_no_input_layer(first: dict[str, Any]) -> None:
    made, _ = hornbook.upgrade({"class_name": "Sequential", "config": [first]}, version="2.2.2")
    assert made["config"]["layers"][0]["class_name"] != "InputLayer"
