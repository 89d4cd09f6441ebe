"""Names that nothing is known by: all in one error, with near names, and no longer than two lines."""

from __future__ import annotations

from importlib.util import find_spec

import pytest
from tests import needs

import hornbook

from .classes import CLASSES, Box, Leaf, box, leaf


def unknown(name, **keys):
    """Return the config of a class that nobody knows."""
    return leaf(class_name=name, registered_name=name, **keys)


def test_all_unknown_names_are_in_one_error(refused):
    """The error lists every unknown name once, in the order of the config."""
    config = [unknown("First"), {"a": unknown("Second"), "b": [unknown("Third"), unknown("First")]}]
    error = refused(hornbook.deserialize_keras_object, config)
    assert error.names == ("First", "Second", "Third")
    assert error.place == "$[0]"
    for name in error.names:
        assert f"`{name}`" in error.problem


@needs.keras
def test_unknown_names_within_a_keras_model_are_all_listed(refused):
    """Names within the config of a built-in class are judged before anything is built."""
    layers = [unknown("One"), unknown("Two")]
    config = {"module": "keras", "class_name": "Sequential", "config": {"layers": layers}, "registered_name": None}
    error = refused(hornbook.deserialize_keras_object, config)
    assert error.names == ("One", "Two")
    assert error.place == "$.config.layers[0]"


def test_a_name_within_a_users_class_is_refused_at_its_place(refused):
    """What only the class itself asks for is refused when it asks."""
    error = refused(hornbook.deserialize_keras_object, box(leaf(), box(unknown("Nobody"))), custom_objects=CLASSES)
    assert error.names == ("Nobody",)
    assert error.place == "$.config.items[1].config.items[0]"


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("Leef", "lab>Leaf"),
        ("leaf", "lab>Leaf"),
        ("Bx", "Box"),
        *(pytest.param(*one, marks=needs.keras) for one in [("Desne", "Dense"), ("Conv2d", "Conv2D")]),
    ],
)
def test_a_near_name_is_offered(refused, name, near):
    """A misspelled name is answered with the one that may have been meant."""
    hornbook.register_keras_serializable("lab")(Leaf)
    error = refused(hornbook.deserialize_keras_object, unknown(name), custom_objects={"Box": Box})
    assert f"did you mean `{near}`" in error.problem


def test_of_many_unknown_names_the_error_has_all_and_the_message_some(refused):
    """Of 1,000 unknown names all are in the error, and the message stays short."""
    config = [unknown(f"Class{number}") for number in range(1000)]
    error = refused(hornbook.deserialize_keras_object, config)
    assert len(error.names) == 1000
    assert "more" in error.problem


HOSTILE = {
    "long": "x" * 10_000,
    "of many lines": "a\nb\nc\nd",
    "with carriage returns": "a\r\nb\x0bc\x85d\u2028e",
    "with control characters": "\x1b[31mred\x00",
    "empty": "",
    "with a surrogate": "\ud800",
    "with a bracket": "a>b>c>",
    "with a path": "../../etc/passwd",
}


@pytest.mark.parametrize("key", ["class_name", "module", "registered_name"])
@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_name_is_refused_in_two_lines(refused, kind, key):
    """A name is shown shortened and on one line, whatever it holds."""
    config = [unknown("Nobody") | {key: HOSTILE[kind]}]
    error = refused(hornbook.deserialize_keras_object, config)
    assert error.place == "$[0]"
    assert "\x1b" not in str(error)
    str(error).encode("utf-8")


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_function_of_a_hostile_name_is_refused_in_two_lines(refused, kind):
    """The same holds for functions."""
    config = {"module": "builtins", "class_name": "function", "config": HOSTILE[kind], "registered_name": "function"}
    assert refused(hornbook.deserialize_keras_object, config).place == "$"


@pytest.mark.parametrize("kind", HOSTILE)
def test_an_unknown_string_where_an_object_is_expected_is_refused_in_two_lines(refused, kind):
    """With `module_objects` a string must name something."""
    error = refused(hornbook.deserialize_keras_object, HOSTILE[kind], module_objects={"known": len}, name="loss")
    assert "loss" in error.problem


@pytest.mark.parametrize("kind", ["long", "of many lines", "with control characters"])
def test_a_hostile_key_is_shown_in_two_lines(refused, kind):
    """The place is shown shortened and on one line, and is whole on the error."""
    config = {HOSTILE[kind]: {HOSTILE[kind]: unknown("Nobody")}}
    assert "\x1b" not in str(refused(hornbook.deserialize_keras_object, config))


def test_a_long_place_is_shown_shortened(refused):
    """An error 150 levels deep has its whole place, and its message is short."""
    config, place = unknown("Nobody"), "$"
    for _ in range(150):
        config, place = {"some_longer_key": config}, place + ".some_longer_key"
    assert refused(hornbook.deserialize_keras_object, config).place == place


@pytest.mark.parametrize("module", ["os", "builtins", "subprocess", "keras.utils", "keras.src.utils.file_utils"])
def test_what_is_imported_is_not_therefore_known(refused, module):
    """A config cannot name what happens to be in memory."""
    for name in ("system", "eval", "Popen", "get_file", "open"):
        refused(hornbook.deserialize_keras_object, {"module": module, "class_name": name, "config": {}})
        function = {"module": module, "class_name": "function", "config": name, "registered_name": name}
        refused(hornbook.deserialize_keras_object, function)


@pytest.mark.skipif(find_spec("tensorflow") is not None, reason="TensorFlow is installed")
def test_a_framework_that_is_not_installed_is_named(refused):
    """A config of TensorFlow's needs TensorFlow, and says so."""
    spec = {"class_name": "__typespec__", "spec_name": "TensorSpec", "module": "tensorflow", "config": []}
    error = refused(hornbook.deserialize_keras_object, {"spec": {**spec, "registered_name": None}})
    assert isinstance(error, ImportError)
    assert "tensorflow" in error.problem
    assert error.place == "$.spec"


def test_a_class_of_module_objects_brings_its_own_names() -> None:
    """As one of custom_objects does: what is within its config is its business."""

    class Holder:
        def __init__(self, part):
            self.part = part

        @classmethod
        def from_config(cls, config):
            return cls(config["part"])

    config = {"class_name": "Holder", "config": {"part": {"class_name": "Nobody", "config": {}}}}
    made = hornbook.deserialize_keras_object(config, module_objects={"Holder": Holder})
    assert made.part == config["config"]["part"]


def test_the_place_is_that_of_the_name_that_is_refused() -> None:
    """The same name may be left alone in one place, within a user's class, and refused in another."""

    class Holder:
        @classmethod
        def from_config(cls, config):
            return cls()

    nobody = {"class_name": "Nobody", "config": {}}
    config = [{"class_name": "Holder", "config": {"part": nobody}}, nobody]
    with pytest.raises(hornbook.HornbookError) as caught:
        hornbook.deserialize_keras_object(config, custom_objects={"Holder": Holder})
    assert caught.value.place == "$[1]"
