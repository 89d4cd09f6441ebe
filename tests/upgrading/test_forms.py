"""Whole forms: lists, input shapes, graphs, functions of TensorFlow; and what is left alone."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

import keras
import numpy as np
import pytest

import hornbook
from hornbook.integrations import keras3
from hornbook.upgrading import versions
from hornbook.upgrading.rules import changed_defaults


def dense(name: str, units: int = 2, **more: Any) -> dict[str, Any]:
    return {"class_name": "Dense", "config": {"name": name, "units": units, **more}}


def node(layer: dict[str, Any], *nodes: Any) -> dict[str, Any]:
    return {**layer, "name": layer["config"]["name"], "inbound_nodes": list(nodes)}


def source(name: str, *shape: int | None) -> dict[str, Any]:
    return node({"class_name": "InputLayer", "config": {"name": name, "batch_input_shape": [None, *shape]}})


def functional(layers: list[Any], inputs: Any, outputs: Any, name: str = "m") -> dict[str, Any]:
    inner = {"name": name, "layers": layers, "input_layers": inputs, "output_layers": outputs}
    return {"class_name": "Model", "config": inner}


def built(config: dict[str, Any], version: str = "2.2.4") -> Any:
    return hornbook.model_from_config({**config, "keras_version": version})


def test_a_sequential_was_a_list() -> None:
    """The first layer's input shape becomes an InputLayer."""
    config = {"class_name": "Sequential", "config": [dense("a", batch_input_shape=[None, 3]), dense("b", 4)]}
    model = built(config, "2.0.8")
    assert (model.input_shape, model.output_shape) == ((None, 3), (None, 4))


def test_a_sequential_within_a_sequential_gives_its_input_shape() -> None:
    """The outer one is built too."""
    inner = {"class_name": "Sequential", "config": [dense("a", batch_input_shape=[None, 3])]}
    assert built({"class_name": "Sequential", "config": [inner, dense("b", 4)]}, "2.0.8").output_shape == (None, 4)


def test_keras_0_had_the_arguments_beside_the_class() -> None:
    """Its JSON is no object config at all."""
    old = {
        "name": "Sequential",
        "layers": [
            {"name": "LSTM", "output_dim": 4, "input_shape": [None, 3], "cache_enabled": True},
            {"name": "Dense", "output_dim": 2, "input_dim": None},
            {"name": "Activation", "activation": "softmax"},
        ],
    }
    assert hornbook.model_from_json(json.dumps(old)).output_shape == (None, 2)


def test_json_that_was_encoded_twice_is_read() -> None:
    """`json.dump(model.to_json(), file)` makes a string of the text."""
    config = {"class_name": "Sequential", "config": [dense("a", batch_input_shape=[None, 3])]}
    assert hornbook.model_from_json(json.dumps(json.dumps(config))).output_shape == (None, 2)


def test_a_graph_of_lists_becomes_calls() -> None:
    """Nodes, their arguments, and inputs that are tensors among the arguments."""
    attention = {"class_name": "MultiHeadAttention", "config": {"name": "mha", "num_heads": 1, "key_dim": 2}}
    config = functional(
        [
            source("x", 3, 4),
            node(attention, [["x", 0, 0, {"value": ["x", 0, 0]}]]),
            node({"class_name": "Add", "config": {"name": "add"}}, [["x", 0, 0, {}], ["mha", 0, 0, {}]]),
        ],
        [["x", 0, 0]],
        [["add", 0, 0]],
    )
    model = built(config, "2.9.0")
    assert model.output_shape == (None, 3, 4)
    assert isinstance(model(np.zeros((1, 3, 4), "float32")), type(keras.ops.zeros(1)))


def test_initial_states_stood_among_the_inputs() -> None:
    """Keras 3 takes them by name."""
    lstm = {"class_name": "LSTM", "config": {"name": "l", "units": 2, "recurrent_activation": "sigmoid"}}
    layers = [source("x", 3, 4), source("h", 2), source("c", 2), node(lstm, [["x", 0, 0], ["h", 0, 0], ["c", 0, 0]])]
    model = built(functional(layers, [["x", 0, 0], ["h", 0, 0], ["c", 0, 0]], [["l", 0, 0]]))
    model.set_weights([w * 0 + 0.1 for w in model.get_weights()])
    x = np.ones((1, 3, 4), "float32")
    zero, one = np.zeros((1, 2), "float32"), np.ones((1, 2), "float32")
    assert not np.allclose(*(keras.ops.convert_to_numpy(model([x, state, state])) for state in (zero, one)))


@pytest.mark.parametrize("kind", ["Model", "Sequential"])
def test_the_nodes_of_a_model_within_started_at_one(kind: str) -> None:
    """A model had a node from when it was made."""
    inner = functional([source("i", 3), node(dense("d"), [["i", 0, 0]])], [["i", 0, 0]], [["d", 0, 0]], "inner")
    if kind == "Sequential":
        layers = [dense("d", batch_input_shape=[None, 3])]
        inner = {"class_name": "Sequential", "config": {"name": "inner", "layers": layers}}
    graph = [source("x", 3), source("y", 3), node(inner, [["x", 0, 0]], [["y", 0, 0]])]
    model = built(functional(graph, [["x", 0, 0], ["y", 0, 0]], [["inner", 1, 0], ["inner", 2, 0]]))
    first, second = model([np.ones((1, 3), "float32"), np.zeros((1, 3), "float32")])
    assert not np.allclose(*map(keras.ops.convert_to_numpy, (first, second)))


def test_nodes_of_a_layer_that_was_called_before_started_later() -> None:
    """The numbers are those among the nodes in the file."""
    graph = [source("x", 3), node(dense("d"), [["x", 0, 0]]), node(dense("e"), [["d", 1, 0]])]
    assert built(functional(graph, [["x", 0, 0]], [["e", 0, 0]])).output_shape == (None, 2)


def call(function: str, *first: Any, **more: Any) -> dict[str, Any]:
    config = {"name": "f", "function": function}
    return {"class_name": "TFOpLambda", "config": config, "name": "f", "inbound_nodes": [[*first, more]]}


def part_of_graph(name: str, inputs: list[str], constants: dict[str, Any], **attributes: Any) -> dict[str, Any]:
    definition = {"name": "f", "op": name, "input": [*inputs, *constants], "attr": attributes}
    config = {"name": "f", "node_def": definition, "constants": constants}
    return {"class_name": "TensorFlowOpLayer", "config": config, "name": "f",
            "inbound_nodes": [[[one, 0, 0, {}] for one in inputs]]}  # fmt: skip


X = np.arange(12, dtype="float32").reshape(2, 2, 3) - 5
CALLS: list[tuple[dict[str, Any], Any]] = [
    (call("math.multiply", "x", 0, 0, y=2.0, name=None), X * 2),
    (call("__operators__.add", "_CONSTANT_VALUE", -1, 1.0, y=["x", 0, 0]), X + 1),
    (call("math.truediv", "x", 0, 0, y=4.0), X / 4),
    (call("math.reduce_mean", "x", 0, 0, axis=1, keepdims=True), X.mean(1, keepdims=True)),
    (call("expand_dims", "x", 0, 0, axis=-1), X[..., None]),
    (call("reshape", "x", 0, 0, shape=[-1, 6]), X.reshape(-1, 6)),
    (call("cast", "x", 0, 0, dtype="int32"), X.astype("int32")),
    (call("compat.v1.transpose", "x", 0, 0, perm=[0, 2, 1]), X.transpose(0, 2, 1)),
    (call("clip_by_value", "x", 0, 0, clip_value_min=-1.0, clip_value_max=1.0), X.clip(-1, 1)),
    (part_of_graph("Mul", ["x"], {"1": 2.0}), X * 2),
    (part_of_graph("Sub", ["x"], {"0": 1.0}), 1 - X),
    (part_of_graph("Mean", ["x"], {"1": [1, 2]}, keep_dims={"b": True}), X.mean((1, 2), keepdims=True)),
    (part_of_graph("ExpandDims", ["x"], {"1": 1}), X[:, None]),
    (part_of_graph("Transpose", ["x"], {"1": [0, 2, 1]}), X.transpose(0, 2, 1)),
    (part_of_graph("StridedSlice", ["x"], {"1": [0, 1], "2": [0, 2], "3": [1, 1]}, begin_mask={"i": "1"},
                   end_mask={"i": "1"}, shrink_axis_mask={"i": "2"}), X[:, 1]),
    (part_of_graph("Cast", ["x"], {}, DstT={"type": "DT_INT32"}), X.astype("int32")),
]  # fmt: skip


@pytest.mark.parametrize(("layer", "expected"), CALLS, ids=[str(one["config"])[14:60] for one, _ in CALLS])
def test_a_function_of_tensorflow_is_an_operation(layer: dict, expected: Any) -> None:
    """It gives what TensorFlow gave."""
    model = built(functional([source("x", 2, 3), layer], [["x", 0, 0]], [["f", 0, 0]]), "2.9.0")
    np.testing.assert_allclose(keras.ops.convert_to_numpy(model(X)), expected, rtol=1e-6)


@pytest.mark.parametrize("layer", [call("math.lgamma", "x", 0, 0), part_of_graph("Weird", ["x"], {}),
                                   call("math.reduce_sum", "x", 0, 0, axis=1, strange=3)])  # fmt: skip
def test_a_function_that_is_in_no_table_stays_open(layer: dict) -> None:
    """Nothing is guessed."""
    _, report = hornbook.upgrade(functional([source("x", 2, 3), layer], [["x", 0, 0]], [["f", 0, 0]]), version="2.9.0")
    assert len(report.open) == 1


@pytest.mark.parametrize(
    "module", ["keras.src.engine.functional", "keras.engine.functional", "tf_keras.src.engine.functional", None]
)
def test_a_place_of_old_versions_is_the_one_of_today(module: str | None) -> None:
    """Classes moved; a class of the user's stays where it is."""
    inner = functional([source("i", 3), node(dense("d"), [["i", 0, 0]])], [["i", 0, 0]], [["d", 0, 0]])
    config = {**inner, "class_name": "Functional", "module": module, "registered_name": "Functional"}
    assert hornbook.upgrade(config)[0]["module"] == "keras.src.models.functional"
    custom = {"module": "lab", "class_name": "Dense", "config": {"bias": 1, "init": 2}, "registered_name": "lab>Dense"}
    made, report = hornbook.upgrade(custom, version="1.2.2")
    assert (made, report.changes) == (custom, [])


@pytest.mark.parametrize(
    ("text", "numbers"),
    [("2.2.4-tf", (2, 2, 4)), ("1.0", (1, 0)), ("3.15.1", (3, 15, 1)), ("tfjs-layers 4.1.0", (2,)), ("?", (2,))],
)
def test_versions_are_numbers(text: str, numbers: tuple) -> None:
    """TensorFlow.js counts its own releases."""
    assert versions.numbers(text, dense("d")) == numbers


def test_the_form_tells_the_generation() -> None:
    """Where no version is written."""
    assert versions.numbers(None, {"class_name": "Sequential", "config": [dense("d", W_regularizer=None)]}) == (1,)
    assert versions.numbers(None, {"class_name": "Sequential", "config": {"layers": [dense("d")]}}) == (2,)
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    assert versions.numbers(None, json.loads(model.to_json())) == (3,)
    assert versions.is_modern(json.loads(model.to_json()))


def test_the_config_of_the_caller_is_not_changed() -> None:
    """Not at any depth."""
    config = functional([source("x", 3), node(dense("d", bias=True), [["x", 0, 0]])], [["x", 0, 0]], [["d", 0, 0]])
    before = deepcopy(config)
    hornbook.upgrade(config)
    assert config == before


def test_the_functions_that_rules_name_are_ours() -> None:
    """The rules need no Keras, so their names stand in two places."""
    assert set(keras3.OURS) == changed_defaults.OURS


def test_hard_sigmoid_of_keras_2_is_known_to_plain_keras() -> None:
    """Once our functions are imported, Keras loads an upgraded config, and writes the name back."""
    from hornbook.integrations.keras3.functions import hard_sigmoid_2, registered

    registered("hornbook>hard_sigmoid_2")  # importing does so, once
    config, _ = hornbook.upgrade(
        {"class_name": "Activation", "config": {"activation": "hard_sigmoid"}}, version="2.2.4"
    )
    layer = keras.saving.deserialize_keras_object(config)
    assert layer.activation is hard_sigmoid_2
    assert layer.get_config()["activation"] == config["config"]["activation"]
    x = np.linspace(-4, 4, 9).astype("float32")
    np.testing.assert_allclose(keras.ops.convert_to_numpy(layer(x)), np.clip(0.2 * x + 0.5, 0, 1), rtol=1e-6)


@pytest.mark.parametrize("load", [hornbook.deserialize_keras_object, keras.saving.deserialize_keras_object])
def test_functions_and_classes_are_read_under_the_package_of_0_1(load) -> None:
    """Version 0.1 had another name, and wrote it into upgraded configs."""
    from hornbook.integrations.keras3.functions import HoldingBidirectional, hard_sigmoid_2, registered

    for name in keras3.OURS:
        registered(name)  # importing does so, once
    function = {
        "module": "builtins",
        "class_name": "function",
        "config": "rekindle>hard_sigmoid_2",
        "registered_name": "function",
    }
    assert load(function) is hard_sigmoid_2
    layer = {
        "module": "rekindle.integrations.keras3.functions",
        "class_name": "HoldingBidirectional",
        "config": {"layer": keras.saving.serialize_keras_object(keras.layers.LSTM(2))},
        "registered_name": "rekindle>HoldingBidirectional",
    }
    made = load(layer)
    assert type(made) is HoldingBidirectional
    assert hornbook.serialize_keras_object(made)["registered_name"] == "hornbook>HoldingBidirectional"


def test_hdf5_of_keras_3_names_functional_models_without_their_module():
    """A nested model is found as the outer one is (Keras 3.15.1)."""
    inner = {"class_name": "Functional", "config": {"name": "inner", "layers": [], "input_layers": []}}
    dtype = {"module": "keras", "class_name": "DTypePolicy", "config": {"name": "float32"}, "registered_name": None}
    first = {"class_name": "InputLayer", "config": {"batch_shape": [None, 4], "dtype": dtype, "name": "x"}}
    config = {"class_name": "Sequential", "config": {"name": "outer", "layers": [first, inner]}}
    made, report = hornbook.upgrade(config, version="3.6.0")
    assert not report.open
    assert made["config"]["layers"][1]["module"] == "keras.src.models.functional"


def test_a_recurrent_layer_with_states_is_built_from_the_shape_of_its_input() -> None:
    """TF 2.12 to 2.15 wrote the shapes of input and states; `constants=None` stood in the call of a Bidirectional."""
    lstm = {"class_name": "LSTM", "module": "keras.layers", "config": {"units": 2},
            "build_config": {"input_shape": [[None, 4, 3], [None, 2], [None, 2]]}}  # fmt: skip
    config, report = hornbook.upgrade(lstm, version="2.15.0")
    assert not report.open
    assert config["build_config"] == {"input_shape": [None, 4, 3]}
    source = {"class_name": "InputLayer", "name": "x", "config": {"batch_input_shape": [None, 4, 3], "name": "x"},
              "inbound_nodes": []}  # fmt: skip
    both = {"class_name": "Bidirectional", "name": "both", "inbound_nodes": [[["x", 0, 0, {"constants": None}]]],
            "config": {"name": "both", "layer": {"class_name": "LSTM", "config": {"units": 2}}}}  # fmt: skip
    inner = {"name": "m", "layers": [source, both], "input_layers": [["x", 0, 0]], "output_layers": [["both", 0, 0]]}
    config, _ = hornbook.upgrade({"class_name": "Functional", "config": inner}, version="2.15.0")
    assert config["config"]["layers"][1]["inbound_nodes"][0]["kwargs"] == {}


@pytest.mark.parametrize(
    "config",
    [
        {"class_name": "Dense", "config": {5: [1], "units": 2}},
        {
            "class_name": "Sequential",
            "config": [
                {
                    "class_name": "Convolution2D",
                    "config": {
                        "nb_filter": 2,
                        "nb_row": 3,
                        "nb_col": [3],
                        "dim_ordering": {"a": 1},
                        "batch_input_shape": [None, "x", 3],
                    },
                }
            ],
        },
        {
            "class_name": "Functional",
            "config": {
                "name": "m",
                "layers": [
                    {
                        "class_name": "TFOpLambda",
                        "name": "t",
                        "config": {"function": "math.add", "name": "t"},
                        "inbound_nodes": [["a", "b", "c", 5, 6]],
                    }
                ],
                "input_layers": {"a": ["x"]},
                "output_layers": [["t"]],
            },
        },
    ],
    ids=["key", "order", "node"],
)
def test_a_wrong_type_within_an_old_config_is_one_error_of_ours(config):
    for read in (hornbook.upgrade, hornbook.model_from_config):
        with pytest.raises(hornbook.HornbookError) as caught:
            read(config)
        assert str(caught.value).count("\n") <= 1


def test_a_version_may_have_as_many_digits_as_it_likes():
    config = {"class_name": "Sequential", "keras_version": "9" * 5000, "config": []}
    hornbook.upgrade(config)


def test_layers_of_keras_0_that_are_called_alike_get_numbers():
    """Keras 0.3.3 called every Dense `dense`."""
    layers = [{"name": "Dense", "custom_name": "dense", "output_dim": 2, "input_shape": [3]} for _ in range(3)]
    made, _ = hornbook.upgrade({"name": "Sequential", "layers": layers})
    names = [one["config"]["name"] for one in made["config"]["layers"] if one["class_name"] == "Dense"]
    assert names == ["dense", "dense_1", "dense_2"]


def test_a_file_may_name_a_backend_that_keras_never_had():
    """There were others, outside of Keras, as PlaidML: nothing is known of them that would change a config."""
    config = {"class_name": "Sequential", "backend": "plaidml", "keras_version": "2.2.4",
              "config": [{"class_name": "Dense", "config": {"units": 2, "batch_input_shape": [None, 3]}}]}  # fmt: skip
    assert hornbook.model_from_config(config).count_params() == 8
