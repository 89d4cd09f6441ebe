"""What is given as the config or the JSON of a model and is none."""

from __future__ import annotations

import json

import pytest
from tests import needs

import hornbook
from hornbook.engine.session import judge

from . import archives
from .classes import CLASSES, leaf

NO_JSON = {
    "empty": "",
    "spaces": "   ",
    "text": "not JSON",
    "cut off": '{"class_name": "Seq',
    "single quotes": "{'class_name': 'Sequential'}",
    "bytes that are no UTF-8": b"\xff\xfe",
    "UTF-16": '{"class_name": "a"}'.encode("utf-16"),
    "a key twice": '{"class_name": "a", "class_name": "b", "config": {}}',
    "a path": "model.keras",
    "an unfinished escape": '{"a": "\\u12"}',
}


@pytest.mark.parametrize("what", NO_JSON)
def test_text_that_is_no_json_is_refused(refused, what):
    """The error says that it is no JSON, and names the argument."""
    error = refused(hornbook.model_from_json, NO_JSON[what])
    assert error.place == "json_string"


@pytest.mark.parametrize("value", [None, 5, 1.5, [], {}, object], ids=repr)
def test_what_is_no_text_is_refused(refused, value):
    """JSON is given as text or bytes."""
    refused(hornbook.model_from_json, value)


@pytest.mark.parametrize("value", [None, 5, "text", [], [{}], True, {}, {"class_name": "Sequential"}, {"config": {}}])
def test_json_that_is_no_model_is_refused(refused, value):
    """A model has a class and a config."""
    refused(hornbook.model_from_json, json.dumps(value))


@pytest.mark.parametrize("value", [None, 5, "text", [], [{}], True, {}, {"class_name": "Sequential"}, {"config": {}}])
def test_a_value_that_is_no_model_config_is_refused(refused, value):
    """So does the config of one."""
    assert refused(hornbook.model_from_config, value).place == "$"


CONFIGS = {
    "a layer": {"module": "keras.layers", "class_name": "Dense", "config": {"units": 2}, "registered_name": None},
    "a user's object": leaf(),
    "bytes": {"class_name": "__bytes__", "config": {"value": "x"}},
    "a function": {"module": "builtins", "class_name": "function", "config": "relu", "registered_name": "function"},
    "a class of a wrong type": {"class_name": ["Sequential"], "config": {}},
    "a number for a config": {"class_name": "Sequential", "config": 5},
    "a list of numbers for a config": {"class_name": "Sequential", "config": [1, 2]},
    "layers that are numbers": {"class_name": "Sequential", "config": {"name": "s", "layers": [1, 2]}},
    "no layers": {"class_name": "Sequential", "config": {"name": "s"}},
    "a Functional without nodes": {"class_name": "Functional", "config": {"name": "f", "layers": []}},
    "an unknown class": {"class_name": "Nobody", "config": {}},
}


@needs.keras
@pytest.mark.parametrize("what", CONFIGS)
def test_a_config_that_makes_no_model_is_refused(refused, what):
    """What a config stands for must be a model."""
    refused(hornbook.model_from_config, CONFIGS[what], custom_objects=CLASSES)


def functional():
    """Return the config of a small Functional model."""
    keras = pytest.importorskip("keras", minversion="3.0")

    inputs = keras.Input((3,), name="in")
    return hornbook.serialize_keras_object(keras.Model(inputs, keras.layers.Dense(2, name="dense")(inputs)))


CHANGES = {
    "an output that is no layer": lambda inner: inner.update(output_layers=["nobody", 0, 0]),
    "an output of a node that is not there": lambda inner: inner.update(output_layers=["dense", 7, 0]),
    "outputs of a wrong type": lambda inner: inner.update(output_layers=5),
    "inputs of a wrong type": lambda inner: inner.update(input_layers=5),
    "no inputs": lambda inner: inner.pop("input_layers"),
    "a node of a wrong type": lambda inner: inner["layers"][1].update(inbound_nodes=5),
    "a node without arguments": lambda inner: inner["layers"][1].update(inbound_nodes=[{}]),
    "a history that leads nowhere": lambda inner: inner["layers"][1]["inbound_nodes"][0]["args"][0]["config"].update(
        keras_history=["nobody", 0, 0]
    ),
    "a history of a wrong type": lambda inner: inner["layers"][1]["inbound_nodes"][0]["args"][0]["config"].update(
        keras_history=5
    ),
    "a layer twice": lambda inner: inner["layers"].append(inner["layers"][1]),
    "layers of a wrong type": lambda inner: inner.update(layers={"a": 1}),
    "a layer without a name": lambda inner: inner["layers"][1].pop("name"),
}


BELOW_ZERO = {
    "the call of an output": lambda inner: inner.update(output_layers=["dense", -1, 0]),
    "the number of an output": lambda inner: inner.update(output_layers=["dense", 0, -1]),
    "the call of an input": lambda inner: inner.update(input_layers=["in", -1, 0]),
    "a history": lambda inner: inner["layers"][1]["inbound_nodes"][0]["args"][0]["config"].update(
        keras_history=["in", -1, 0]
    ),
    "a node of Keras 2": lambda inner: inner["layers"][1].update(inbound_nodes=[[["in", -1, 0, {}]]]),
}


@needs.keras
@pytest.mark.parametrize("what", BELOW_ZERO)
def test_a_number_below_zero_does_not_count_from_the_end(refused, what):
    """It would be another call of the layer, or another output, than the file names."""
    config = functional()
    BELOW_ZERO[what](config["config"])
    refused(hornbook.model_from_config, config)


@needs.keras
@pytest.mark.parametrize("end", [["in", 0, ""], ["in", None, 0], ["in", -1, 0], ["in", 0]], ids=str)
def test_an_input_of_a_wrong_form_is_one_violation(end):
    """The calls of its layer are as many as ever."""
    config = functional()
    config["config"].update(input_layers=end)
    assert [violation.place for violation in judge(config)] == ["$.config.input_layers"]


@needs.keras
@pytest.mark.parametrize("what", BELOW_ZERO)
def test_the_graph_of_a_class_of_the_users_has_the_same_form(refused, what):
    """Where it is read as Keras reads its own; a class that reads its config itself may have another one."""
    keras = pytest.importorskip("keras", minversion="3.0")

    class Own(keras.Model):
        pass

    class Other(Own):
        @classmethod
        def from_config(cls, config, custom_objects=None):
            del config["input_layers"], config["output_layers"]
            return keras.Sequential([keras.Input((3,))])

    own = {**functional(), "module": "own", "class_name": "Own", "registered_name": "Own"}
    assert type(hornbook.model_from_config(own, {"Own": Own})).__name__ == "Own"
    BELOW_ZERO[what](own["config"])
    refused(hornbook.model_from_config, own, {"Own": Own})
    own["config"]["layers"][1].update(inbound_nodes=[])
    hornbook.model_from_config(own, {"Own": Other})


@pytest.mark.parametrize("what", CHANGES)
def test_a_spoiled_functional_model_is_refused_or_loads(refused, what):
    """Whatever Keras makes of a wrong graph, it is one error of ours, within the config."""
    config = functional()
    CHANGES[what](config["config"])
    try:
        hornbook.model_from_config(config)
    except hornbook.HornbookError:
        assert refused(hornbook.model_from_config, config).place.startswith("$.config")


def test_the_good_model_is_good():
    """What the other tests spoil loads as it is."""
    assert hornbook.model_from_config(archives.config()).layers
    assert hornbook.model_from_json(json.dumps(archives.config())).layers
    assert hornbook.model_from_config(functional()).layers
