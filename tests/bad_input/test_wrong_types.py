"""A part of a config that has a wrong type is named, with its place."""

from __future__ import annotations

import pytest

import hornbook

from .classes import CLASSES, Leaf, box, leaf

SURROUNDINGS = {
    "alone": (lambda config: config, "$"),
    "in a list": (lambda config: [1, config], "$[1]"),
    "in a dict": (lambda config: {"a": {"b c": config}}, "$.a['b c']"),
    "in a class": (lambda config: box(leaf(), config), "$.config.items[1]"),
    "in two classes": (lambda config: [box(box(leaf(), config))], "$[0].config.items[0].config.items[1]"),
}

OBJECTS = {
    "class_name is a number": leaf(class_name=5),
    "class_name is true": leaf(class_name=True),
    "class_name is null": leaf(class_name=None),
    "class_name is a list": leaf(class_name=["Leaf"]),
    "class_name is a dict": leaf(class_name={}),
    "config is a number": leaf(config=5),
    "config is zero": leaf(config=0),
    "config is false": leaf(config=False),
    "config is a string": leaf(config="width"),
    "config is empty text": leaf(config=""),
    "config is a list": leaf(config=[]),
    "module is a number": leaf(module=5),
    "module is a list": leaf(module=[]),
    "module is a dict": leaf(module={"a": 1}),
    "registered_name is a number": leaf(registered_name=5),
    "registered_name is a list": leaf(registered_name=["Leaf"]),
    "registered_name is a dict": leaf(registered_name={}),
    "shared_object_id is text": leaf(shared_object_id="1"),
    "shared_object_id is true": leaf(shared_object_id=True),
    "shared_object_id is a list": leaf(shared_object_id=[1]),
    "shared_object_id is a fraction": leaf(shared_object_id=1.5),
    "name of a function is null": leaf(class_name="function", config=None),
    "name of a function is a number": leaf(class_name="function", config=5),
    "name of a function is a list": leaf(class_name="function", config=["relu"]),
    "name of a function is a dict": leaf(class_name="function", config={}),
    "module of a function is a list": leaf(class_name="function", config="relu", module=["keras"]),
}


@pytest.mark.parametrize("around", SURROUNDINGS)
@pytest.mark.parametrize("what", OBJECTS)
def test_a_part_of_a_wrong_type_is_refused_at_its_place(refused, what, around):
    """The error is at the object whose part has the wrong type, however deep it lies."""
    surround, place = SURROUNDINGS[around]
    error = refused(hornbook.deserialize_keras_object, surround(OBJECTS[what]), custom_objects=CLASSES)
    assert error.place == place
    assert isinstance(error, TypeError)


@pytest.mark.parametrize("part", ["class_name", "config", "module", "registered_name", "shared_object_id"])
def test_the_message_names_the_part(refused, part):
    """The message says which part it is."""
    error = refused(hornbook.deserialize_keras_object, leaf(**{part: 2.5}), custom_objects=CLASSES)
    assert f"`{part}`" in error.problem


NO_CONFIGS = {
    "an object": object(),
    "a set": {1, 2},
    "bytes": b"bytes",
    "a complex number": 1j,
    "a range": range(3),
    "a class": Leaf,
    "a function": leaf,
}


@pytest.mark.parametrize("what", NO_CONFIGS)
def test_what_is_no_config_is_refused(refused, what):
    """A value that JSON has no form for is no config."""
    assert refused(hornbook.deserialize_keras_object, NO_CONFIGS[what]).place == "$"
    assert refused(hornbook.deserialize_keras_object, {"a": [NO_CONFIGS[what]]}).place == "$.a[0]"


TAGGED = {
    "bytes of a number": ("__bytes__", {"value": 5}),
    "bytes of nothing": ("__bytes__", {}),
    "bytes of a list": ("__bytes__", [1]),
    "bytes of surrogates": ("__bytes__", {"value": "\ud800"}),
    "a slice without a step": ("__slice__", {"start": 1, "stop": 2}),
    "a slice of text": ("__slice__", "1:2"),
    "an array without a dtype": ("__numpy__", {"value": [1]}),
    "an array without values": ("__numpy__", {"dtype": "int8"}),
    "an array of objects": ("__numpy__", {"value": [1], "dtype": "object"}),
    "an array of long text": ("__numpy__", {"value": ["a"], "dtype": "U400000000"}),
    "an array with a list for a dtype": ("__numpy__", {"value": [1], "dtype": ["int8"]}),
    "an array with a dict for a dtype": ("__numpy__", {"value": [1], "dtype": {}}),
    "an array of text": ("__numpy__", {"value": ["a"], "dtype": "float32"}),
    "an array of dicts": ("__numpy__", {"value": [{}], "dtype": "float32"}),
    "a ragged array": ("__numpy__", {"value": [[1], [1, 2]], "dtype": "float32"}),
    "an array of large numbers": ("__numpy__", {"value": [10**400], "dtype": "float32"}),
    "an array of numbers out of range": ("__numpy__", {"value": [300], "dtype": "int8"}),
    "an array of numbers beyond its type": ("__numpy__", {"value": [65520.0], "dtype": "float16"}),
    "a number for an array": ("__numpy__", 5),
    "a tensor without a dtype": ("__tensor__", {"value": [1]}),
    "a tensor of objects": ("__tensor__", {"value": [1], "dtype": "object"}),
    "a tensor with a list for a dtype": ("__tensor__", {"value": [1], "dtype": ["int8"]}),
    "a tensor of text": ("__tensor__", {"value": ["a"], "dtype": "float32"}),
    "a ragged tensor": ("__tensor__", {"value": [[1], [1, 2]], "dtype": "float32"}),
    "a tensor of large numbers": ("__tensor__", {"value": [10**400], "dtype": "float32"}),
    "a Keras tensor without a history": ("__keras_tensor__", {"shape": [1], "dtype": "float32"}),
    "a Keras tensor without a shape": ("__keras_tensor__", {"dtype": "float32", "keras_history": None}),
    "a Keras tensor of an unknown dtype": ("__keras_tensor__", {"shape": [1], "dtype": "x", "keras_history": None}),
    "a Keras tensor of an odd shape": ("__keras_tensor__", {"shape": "x", "dtype": "int8", "keras_history": None}),
    "a Keras tensor of a negative shape": ("__keras_tensor__", {"shape": [-1], "dtype": "int8", "keras_history": 1}),
}


@pytest.mark.parametrize("around", SURROUNDINGS)
@pytest.mark.parametrize("what", TAGGED)
def test_a_malformed_tagged_value_is_refused_at_its_place(refused, what, around):
    """Bytes, slices, arrays and tensors with wrong parts are errors at their place."""
    tag, inner = TAGGED[what]
    surround, place = SURROUNDINGS[around]
    config = surround({"class_name": tag, "config": inner})
    error = refused(hornbook.deserialize_keras_object, config, custom_objects=CLASSES)
    assert error.place == place


@pytest.mark.parametrize("key", ["module", "registered_name"])
@pytest.mark.parametrize("tag", ["__bytes__", "__numpy__", "__tensor__", "__slice__", "__ellipsis__"])
def test_a_tagged_value_has_no_names_to_judge(tag, key):
    """Keys that a tagged value does not use are errors of ours, or nothing, whatever they hold."""
    inner = {"value": "x", "dtype": "x", "start": None, "stop": None, "step": None}
    found = []
    for extra in ([], {}, 5, "x" * 1000):
        try:
            found.append(hornbook.deserialize_keras_object({"class_name": tag, "config": inner, key: extra}))
        except hornbook.HornbookError as error:
            found.append(error)
    assert len(found) == 4


LAMBDAS = {
    "nothing": {},
    "a number": {"value": 5},
    "no base64": {"value": ["!", None, None]},
    "no byte code": {"value": ["AAAA", None, None]},
    "byte code of a number": {"value": ["aQUAAAA=", None, None]},
    "two parts": {"value": ["AAAA", None]},
    "a list for the code": {"value": [[], None, None]},
    "a list": [1],
    "text": "x",
}


@pytest.mark.parametrize("what", LAMBDAS)
def test_a_malformed_lambda_is_refused_where_lambdas_are_allowed(refused, what):
    """What is no byte code is an error at its place, not one of `marshal`."""
    config = [{"class_name": "__lambda__", "config": LAMBDAS[what]}]
    error = refused(hornbook.deserialize_keras_object, config, safe_mode=False)
    assert error.place == "$[0]"


@pytest.mark.parametrize("around", SURROUNDINGS)
def test_a_lambda_is_refused_at_its_place(refused, around):
    """Byte code is refused before anything is built, wherever it stands."""
    surround, place = SURROUNDINGS[around]
    config = surround({"class_name": "__lambda__", "config": {"value": ["AAAA", None, None]}})
    error = refused(hornbook.deserialize_keras_object, config, custom_objects=CLASSES)
    assert "byte code" in error.problem
    assert error.place == place


def test_one_shared_id_for_two_classes_is_refused(refused):
    """An id that a `Leaf` has cannot stand for a `Box`."""
    config = [leaf(shared_object_id=1), {**box(), "shared_object_id": 1}]
    assert refused(hornbook.deserialize_keras_object, config, custom_objects=CLASSES).place == "$[1]"


def test_an_unknown_keyword_is_a_type_error():
    """A misspelled keyword is the caller's mistake and no matter of the config."""
    with pytest.raises(TypeError, match="unexpected"):
        hornbook.deserialize_keras_object({}, custom_object={})
