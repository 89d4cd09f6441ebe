"""A value comes back as it was, or is refused before there is a text."""

from __future__ import annotations

import json
from typing import Any

import keras
import numpy as np
import pytest

import hornbook
from hornbook import deserialize_keras_object, serialize_keras_object
from hornbook.errors import RegistrationError, SerializationError, SerializationWarning


@hornbook.register_keras_serializable("values")
class ValueHolder:
    """Holds a value."""

    def __init__(self, v: Any) -> None:
        self.v = v

    def get_config(self) -> dict[str, Any]:
        return {"v": serialize_keras_object(self.v)}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> ValueHolder:
        return cls(deserialize_keras_object(config["v"]))


@hornbook.register_keras_serializable("values")
class ValueBag(dict):  # type: ignore[type-arg]
    """A dict with a config of its own."""

    def get_config(self) -> dict[str, Any]:
        return {"items": dict(self)}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> ValueBag:
        return cls(config["items"])


LOOKALIKE = {"module": None, "class_name": "ValueHolder", "registered_name": "values>ValueHolder", "config": {"v": 1}}
REFUSED = {
    "a number as a key": {1: "a"},
    "no key": {None: 1},
    "a masked array": np.ma.masked_array([1.0, 2.0], mask=[False, True]),
    "an empty array": np.zeros((0, 3)),
    "an empty tensor": keras.ops.zeros((0, 3)),
    "a dict that is like a config": LOOKALIKE,
    "one that names nothing": {"class_name": "Nowhere", "config": {}},
}
PLACES = {
    "alone": lambda v: v,
    "in a list": lambda v: [v],
    "in a dict": lambda v: {"a": v},
    "in an object": ValueHolder,
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("what", REFUSED)
def test_what_would_not_come_back_is_refused(what, place):
    """By what writes it, with the place; under `install()`, where Keras writes it, it is warned of."""
    value = PLACES[place](REFUSED[what])
    with pytest.raises(SerializationError):
        serialize_keras_object(value)
    with hornbook.install(), pytest.warns(SerializationWarning):
        keras.saving.serialize_keras_object(value)


def test_a_dict_with_a_config_of_its_own_comes_back_as_its_class():
    """Alone and in an object."""
    for value in (ValueBag(a=1), ValueHolder(ValueBag(a=1)).v):
        back = deserialize_keras_object(json.loads(json.dumps(serialize_keras_object(value))))
        assert type(back) is ValueBag
        assert back == value


def test_an_instance_is_not_registered():
    """It has no name that could lead back to it."""
    with pytest.raises(RegistrationError, match="neither a class nor a function"):
        hornbook.register_keras_serializable("values")(ValueHolder(1))


def nested(levels: int, make: Any) -> Any:
    value: Any = []
    for _ in range(levels - 1):
        value = make(value)
    return value


@pytest.mark.parametrize("make", [lambda one: [one], lambda one: {"a": one}, lambda one: (one, 1)])
def test_what_nests_too_deep_to_be_read_is_not_written(make):
    """What is written is read again, from text as well; where Keras writes it, it is warned of."""
    levels = hornbook.Policy().limits.depth
    deepest = nested(levels, make)
    text = json.dumps(serialize_keras_object(deepest))
    assert json.dumps(deserialize_keras_object(json.loads(text))) == json.dumps(deepest)
    with pytest.raises(SerializationError, match=f"deeper than {levels} levels"):
        serialize_keras_object(nested(levels + 1, make))
    with hornbook.install(), pytest.warns(SerializationWarning, match="deeper than"):
        keras.saving.serialize_keras_object(nested(levels + 1, make))


@pytest.mark.parametrize(
    "value", ["\ud800", {"a": ["x\udfff"]}, 10**500, -(2**20_000)], ids=["half", "within", "large", "small"]
)
def test_what_json_would_not_give_back_is_not_saved(value, tmp_path):
    """Half a character, and numbers with more digits than are read."""
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.get_config = lambda: {"layers": [], "name": value}
    path = tmp_path / "m.keras"
    with pytest.raises(SerializationError):
        hornbook.save_model(model, path)
    assert not path.exists()


def test_characters_beyond_the_basic_plane_are_saved(tmp_path):
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)], name="m\U0001f600")
    hornbook.save_model(model, tmp_path / "m.keras")
    assert hornbook.load_model(tmp_path / "m.keras").name == "m\U0001f600"
