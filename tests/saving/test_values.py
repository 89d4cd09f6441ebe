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
