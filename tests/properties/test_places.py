"""An error is reported at exactly the place where it was planted."""

from __future__ import annotations

from copy import deepcopy

import keras
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import hornbook

from .strategies import DETERMINISTIC, plain


class Box:
    """A class that reads its items, each by itself."""

    def __init__(self, items):
        self.items = items

    def get_config(self):
        return {"items": self.items}

    @classmethod
    def from_config(cls, config):
        return cls([hornbook.deserialize_keras_object(item) for item in config["items"]])


class Popping(Box):
    """One that takes a copy of its config apart, as most do."""

    @classmethod
    def from_config(cls, config):
        config = dict(config)
        return cls(hornbook.deserialize_keras_object(config.pop("items")))


class Taking(Box):
    """One that takes apart the very config that it is given."""

    @classmethod
    def from_config(cls, config):
        return cls(hornbook.deserialize_keras_object(config.pop("items")))


class Copying(Box):
    """One that copies all of its config first."""

    @classmethod
    def from_config(cls, config):
        return super().from_config(deepcopy(config))


class ByKeras(Box):
    """One that asks Keras to read its items."""

    @classmethod
    def from_config(cls, config):
        return cls([keras.saving.deserialize_keras_object(item) for item in config["items"]])


class Refusing(Box):
    """One that refuses every config."""

    @classmethod
    def from_config(cls, config):
        raise ValueError("no")


BOXES = {cls.__name__: cls for cls in (Box, Popping, Taking, Copying, ByKeras)}
GIVEN = {**BOXES, "Refusing": Refusing}


def named(name, inner, **keys):
    """Return the config of an object."""
    return {"module": None, "class_name": name, "config": inner, "registered_name": name, **keys}


# What is planted, and where within itself it is reported.
ERRORS = {
    "an unknown class": (named("Nobody", {}), ""),
    "a class name of a wrong type": (named(5, {}), ""),
    "a config of a wrong type": (named("Box", 5), ""),
    "a module of a wrong type": (named("Box", {"items": []}, module=5), ""),
    "a shared id of a wrong type": (named("Box", {"items": []}, shared_object_id="1"), ""),
    "a lambda": ({"class_name": "__lambda__", "config": {"value": ["", None, None]}}, ""),
    "bytes of a number": ({"class_name": "__bytes__", "config": {"value": 5}}, ""),
    "an array of text": ({"class_name": "__numpy__", "config": {"value": ["a"], "dtype": "int8"}}, ""),
    "a class that refuses": (named("Refusing", {"items": []}), ".config"),
    "a class that cannot be built": (named("Box", {"items": []}, build_config={"a": 1}), ".build_config"),
    "an unknown function": (named("function", "nobody", module="builtins"), ""),
    "a built-in that refuses": (named("Dropout", {"rate": 2}, module="keras.layers", registered_name=None), ".config"),
}

KEYS = {"a": ".a", "config": ".config", "class_name": ".class_name", "a b": "['a b']", "1": "['1']", "": "['']"}
steps = st.sampled_from(["list", "tuple", "dict", *BOXES])


@st.composite
def planted(draw, errors=ERRORS, box=named):
    """Draw a config with one error in it, and the place of the error."""
    kind = draw(st.sampled_from(sorted(errors)))
    config, place = errors[kind]
    config = deepcopy(config) if isinstance(config, dict) else config
    for step in draw(st.lists(steps, max_size=6)):
        before, after = draw(st.lists(plain, max_size=2)), draw(st.lists(plain, max_size=2))
        members = [*before, config, *after]
        if step == "list":
            config, place = members, f"[{len(before)}]{place}"
        elif step == "tuple":
            config, place = tuple(members), f"[{len(before)}]{place}"
        elif step == "dict":
            key = draw(st.sampled_from(sorted(KEYS)))
            config, place = {key: config, f"{key} too": after}, f"{KEYS[key]}{place}"
        else:
            config, place = box(step, {"items": members}), f".config.items[{len(before)}]{place}"
    return kind, config, f"${place}"


@settings(DETERMINISTIC, max_examples=600)
@given(planted())
def test_an_error_is_read_at_the_place_where_it_stands(drawn):
    """Through containers and classes alike, the place is that of the planted error."""
    _, config, place = drawn
    with pytest.raises(hornbook.HornbookError) as caught:
        hornbook.deserialize_keras_object(config, custom_objects=GIVEN)
    assert caught.value.place == place


@settings(DETERMINISTIC, max_examples=100)
@given(planted(errors={name: ERRORS[name] for name in ("an unknown class", "a class that refuses")}))
def test_an_error_within_a_keras_model_has_its_place(drawn):
    """So it is within the config of a layer that Keras' own classes read."""
    _, config, place = drawn
    wrapper = {"module": "keras.layers", "class_name": "TimeDistributed", "registered_name": None}
    wrapper["config"] = {"name": "w", "layer": named("Box", {"items": [config]})}
    model = {"module": "keras", "class_name": "Sequential", "registered_name": None}
    model["config"] = {"name": "s", "layers": [wrapper]}
    with pytest.raises(hornbook.HornbookError) as caught:
        hornbook.deserialize_keras_object([model], custom_objects=GIVEN)
    assert caught.value.place == f"$[0].config.layers[0].config.layer.config.items[0]{place[1:]}"


class Silent:
    """A class without `get_config`."""


class Failing:
    """A class whose `get_config` fails."""

    def get_config(self):
        raise KeyError("no")


UNWRITABLE = {
    "a complex number": (1j, ""),
    "a set": ({1}, ""),
    "bytes that are no text": (b"\xff", ""),
    "an object without a config": (Silent(), ""),
    "an object whose config fails": (Failing(), ""),
    "a class": (Box, ""),
    "a dict that looks like an object": ({"class_name": "user data", "config": {}}, ""),
}


@settings(DETERMINISTIC, max_examples=400)
@given(planted(errors=UNWRITABLE, box=lambda name, inner: GIVEN[name](inner["items"])))
def test_an_error_is_written_at_the_place_where_it_stands(drawn):
    """What cannot be written is reported at its place among containers and objects."""
    kind, value, place = drawn
    with pytest.raises(hornbook.HornbookError) as caught:
        hornbook.serialize_keras_object(value)
    assert caught.value.place == place, kind
