"""A value comes back as it was, or is refused at write time with its place (B20)."""

from __future__ import annotations

import json

import keras
import numpy as np
import pytest

from .libraries import defect


class Bag(keras.layers.Layer):
    """A layer that keeps the values it is given."""

    def __init__(self, values=None, **kwargs):
        super().__init__(**kwargs)
        # Keras puts tracked ones in the place of lists, dicts and sets that are assigned.
        object.__setattr__(self, "values", values)

    def call(self, x):
        return x

    def get_config(self):
        return {**super().get_config(), "values": self.values}

    @classmethod
    def from_config(cls, config):
        config = dict(config)
        return cls(keras.saving.deserialize_keras_object(config.pop("values")), **config)


def through_a_file(library, path, value):
    """Return `value` as it is after a round trip through a file."""
    library.save(keras.Sequential([keras.Input((2,)), Bag({"first": [value]})]), path)
    return library.load(path, custom_objects={"Bag": Bag}).layers[0].values["first"][0]


def same(one, other):
    """Say whether two values are equal and of one type; a list may stand for a tuple."""
    if isinstance(other, tuple):
        other = list(other)
    if hasattr(other, "shape"):
        return one.shape == other.shape and one.dtype == other.dtype and bool(np.all(np.asarray(one) == other))
    if isinstance(other, dict):
        return isinstance(one, dict) and list(one) == list(other) and all(same(one[k], other[k]) for k in other)
    return type(one) is type(other) and (one == other or one != one)


KEPT = {
    "a tuple": (1, 2),
    "NaN": float("nan"),
    "infinity": float("inf"),
    "minus infinity": float("-inf"),
    "an integer of 71 bits": 2**70,
    "text beyond ASCII": "é\u2028\U0001f600",
    "bytes of text": "é".encode(),
    "a slice": slice(1, None, 2),
    "an ellipsis": Ellipsis,
    "an array": np.arange(6, dtype="int8").reshape(2, 3),
    "an array without rows": np.zeros((0,), "float32"),
    "a dict within a dict": {"a": {"b": [None, True]}},
}

CHANGED = {
    "a key that is a number": {1: "x"},
    "a key that is true": {True: "x"},
    "a key that is none": {None: "x"},
    "two keys of one JSON name": {1: "a", "1": "b"},
    "an empty array of shape (0, 3)": np.zeros((0, 3)),
}

BROKEN = {
    "bytes that are no text": b"\xff",
    "a complex number": 1 + 2j,
    "a set": {1, 2},
    "a range": range(3),
    "a dtype": np.dtype("int8"),
    "an array of objects": np.array([{}]),
    "a key that is a tuple": {(1, 2): "x"},
}


@pytest.mark.parametrize("library", ["hornbook", "keras"], indirect=True)
@pytest.mark.parametrize("kind", KEPT)
def test_what_keras_keeps_is_kept(library, tmp_path, kind):
    """Values with a form of their own come back equal and of the same type, a tuple as a list."""
    assert same(through_a_file(library, tmp_path / "model.keras", KEPT[kind]), KEPT[kind])


@pytest.mark.parametrize("kind", CHANGED)
@defect("B20", "the value comes back changed", raises=pytest.fail.Exception, match="DID NOT RAISE")
def test_a_value_that_would_change_is_refused_with_its_place(library, tmp_path, kind):
    """What JSON would change silently is an error that says where it stands."""
    with pytest.raises(TypeError, match=r"values\.first\[0\]"):
        through_a_file(library, tmp_path / "model.keras", CHANGED[kind])


@pytest.mark.parametrize("kind", BROKEN)
@defect("B20", "the error does not say where", raises=AssertionError, match="values|first")
def test_a_value_without_a_form_is_refused_with_its_place(library, tmp_path, kind):
    """What has no form in JSON is an error that says where it stands."""
    with pytest.raises((TypeError, ValueError)) as caught:
        through_a_file(library, tmp_path / "model.keras", BROKEN[kind])
    assert "values.first[0]" in str(caught.value)


@defect("B20", "one of two entries is lost", raises=AssertionError, match="^assert {'1': 'b'}")
def test_no_entry_of_a_dict_is_lost(library, tmp_path):
    """`{1: "a", "1": "b"}` comes back whole or not at all."""
    value = {1: "a", "1": "b"}
    try:
        found = through_a_file(library, tmp_path / "model.keras", value)
    except TypeError:
        return
    assert found == value


@pytest.mark.parametrize("shape", [(0, 3), (2, 0, 3), (0, 0)])
@defect("B20", "the shape is lost", raises=AssertionError, match=r"^assert \(.*\) == \(")
def test_no_array_changes_its_shape(library, shape):
    """An empty array comes back with its shape or not at all."""
    try:
        config = json.loads(json.dumps(library.serialize(np.zeros(shape))))
    except TypeError:
        return
    assert library.deserialize(config).shape == shape


@pytest.mark.parametrize("value", [{"class_name": "user data", "config": {"a": 1}}, {"class_name": 3, "config": 4}])
@defect("B20", "it is written as if it were an object", raises=pytest.fail.Exception, match="DID NOT RAISE")
def test_a_dict_that_looks_like_an_object_is_told_about_at_write_time(library, value):
    """A dict of the user's with `class_name` and `config` that names nothing is refused when written."""
    with pytest.raises(TypeError, match=r"\$\.data"):
        library.serialize({"data": value})


@defect("B20", "the string becomes the object", raises=AssertionError, match="^assert {'note': <fun")
def test_a_string_equal_to_a_custom_name_stays_a_string(library):
    """Within a config a string is a string, whatever objects are passed in."""
    config = library.serialize({"note": "relu_fn"})
    given = {"relu_fn": keras.activations.relu}
    assert library.deserialize(config, custom_objects=given) == {"note": "relu_fn"}


@defect("B20", "the string becomes the object", raises=AssertionError, match=r"^assert \[<fun")
def test_a_string_in_a_list_equal_to_a_registered_name_stays_a_string(library):
    """The same holds for what is registered, and in a list."""
    library.custom_objects()["relu_fn"] = keras.activations.relu
    assert library.deserialize(library.serialize(["relu_fn"])) == ["relu_fn"]
