"""A class that refuses its config: what it said, at which place, and nothing of ours left open."""

from __future__ import annotations

import keras
import pytest

import hornbook
from hornbook.engine.decode import current_reader

from .classes import CLASSES, Box, box, leaf


class Unprintable(Exception):
    """An exception whose text cannot be had."""

    def __str__(self):
        raise RuntimeError("no text")

    __repr__ = __str__


def looped():
    """Return an exception that is its own cause, by way of another one."""
    one, other = ValueError("one"), ValueError("other")
    one.__cause__, other.__cause__ = other, one
    return one


ERRORS = {
    "ArithmeticError": ArithmeticError("why"),
    "AssertionError": AssertionError("why"),
    "AttributeError": AttributeError("why"),
    "BufferError": BufferError("why"),
    "EOFError": EOFError("why"),
    "Exception": Exception("why"),
    "FileNotFoundError": FileNotFoundError(2, "why", "file"),
    "ImportError": ImportError("why"),
    "IndexError": IndexError("why"),
    "KeyError": KeyError("why"),
    "LookupError": LookupError("why"),
    "MemoryError": MemoryError("why"),
    "NameError": NameError("why"),
    "NotImplementedError": NotImplementedError("why"),
    "OSError": OSError("why"),
    "OverflowError": OverflowError("why"),
    "PermissionError": PermissionError(13, "why"),
    "RuntimeError": RuntimeError("why"),
    "StopAsyncIteration": StopAsyncIteration("why"),
    "StopIteration": StopIteration("why"),
    "SyntaxError": SyntaxError("why"),
    "SystemError": SystemError("why"),
    "TimeoutError": TimeoutError("why"),
    "TypeError": TypeError("why"),
    "UnicodeDecodeError": UnicodeDecodeError("utf-8", b"\xff", 0, 1, "why"),
    "UserWarning": UserWarning("why"),
    "ValueError": ValueError("why"),
    "ZeroDivisionError": ZeroDivisionError("why"),
    "without a text": ValueError(),
    "with a long text": ValueError("why" + "x" * 100_000),
    "of many lines": ValueError("why\n" * 50),
    "with control characters": ValueError("why \x1b[31m \u2028 \ud800"),
    "with a loop of causes": looped(),
    "that cannot be printed": Unprintable(),
}


def raising(error, method="from_config"):
    """Return a class of which a method raises `error`."""

    def raise_it(*args, **kwargs):
        raise error

    members = {"from_config": classmethod(lambda cls, config: cls()), "built": False}
    members[method] = classmethod(raise_it) if method == "from_config" else raise_it
    return type("Leaf", (), members)


@pytest.mark.parametrize("kind", ERRORS)
def test_an_exception_of_from_config_becomes_one_of_ours_at_its_place(refused, kind):
    """The error says the class, what it raised, and where; the exception itself is the cause."""
    config = {"list": [1, box(leaf(), leaf(config={"width": 2}))]}
    given = {"Leaf": raising(ERRORS[kind]), "Box": Box}
    error = refused(hornbook.deserialize_keras_object, config, custom_objects=given)
    assert error.place == "$.list[1].config.items[0].config"
    assert type(ERRORS[kind]).__name__ in error.problem or kind == "with a loop of causes"
    assert "\x1b" not in str(error)
    assert error.__cause__ is not None


@pytest.mark.parametrize("method", ["build_from_config", "compile_from_config"])
@pytest.mark.parametrize("kind", ["ValueError", "KeyError", "with a long text", "that cannot be printed"])
def test_an_exception_of_a_later_method_has_its_own_place(refused, kind, method):
    """What `build_from_config` and `compile_from_config` raise is at their part of the config."""
    part = method.replace("_from", "")
    config = [leaf(**{part: {"input_shape": [1]}})]
    error = refused(hornbook.deserialize_keras_object, config, custom_objects={"Leaf": raising(ERRORS[kind], method)})
    assert error.place == f"$[0].{part}"
    assert method in error.problem
    assert error.__cause__ is ERRORS[kind]


@pytest.mark.parametrize("part", ["build_config", "compile_config"])
@pytest.mark.parametrize("value", [5, "x", [1], True])
def test_a_part_of_a_wrong_type_is_at_its_place(refused, part, value):
    """A `build_config` or `compile_config` that is no dict is refused where it stands."""
    layer = {"module": "keras.layers", "class_name": "Dense", "config": {"units": 2}, "registered_name": None}
    model = {**layer, "module": "keras", "class_name": "Sequential", "config": {"name": "s", "layers": []}}
    config = [(layer if part == "build_config" else model) | {part: value}]
    assert refused(hornbook.deserialize_keras_object, config).place == f"$[0].{part}"


@pytest.mark.parametrize("part", ["build_config", "compile_config"])
def test_a_class_without_the_method_for_a_part_is_refused(refused, part):
    """A part that the class has no method for is an error at that part."""
    config = leaf(**{part: {"a": 1}})
    assert refused(hornbook.deserialize_keras_object, config, custom_objects=CLASSES).place == f"$.{part}"


def test_a_class_without_from_config_is_refused(refused):
    """The error names the class and what it lacks."""

    class Bare:
        pass

    error = refused(hornbook.deserialize_keras_object, [leaf()], custom_objects={"Leaf": Bare})
    assert "from_config" in error.problem
    assert error.place == "$[0]"


@pytest.mark.parametrize("target", [5, "text", None, [], Box([])], ids=["a number", "text", "none", "a list", "a box"])
def test_a_custom_object_that_is_no_class_is_not_called(refused, target):
    """What is passed in for a class and is none is given back as it is, or refused."""
    try:
        made = hornbook.deserialize_keras_object(leaf(), custom_objects={"Leaf": target})
    except hornbook.HornbookError:
        refused(hornbook.deserialize_keras_object, leaf(), custom_objects={"Leaf": target})
    else:
        assert made is target


def test_a_wrong_argument_of_a_builtin_is_at_its_place(refused):
    """Keras' own classes refuse in their own words, shortened."""
    dropout = {"module": "keras.layers", "class_name": "Dropout", "config": {"rate": 2}, "registered_name": None}
    layers = {"name": "s", "layers": [dropout]}
    config = {"module": "keras", "class_name": "Sequential", "config": layers, "registered_name": None}
    assert refused(hornbook.deserialize_keras_object, config).place == "$.config.layers[0].config"


def test_an_error_that_user_code_hides_in_its_own_is_the_one_that_is_told(refused):
    """A class that catches our error and raises another one does not hide the place."""

    class Hiding(Box):
        @classmethod
        def from_config(cls, config):
            try:
                return super().from_config(config)
            except Exception as error:
                raise ValueError(f"could not build {cls} of {config}") from error

    config = {"a": box(leaf(class_name="Nobody", registered_name="Nobody"))}
    error = refused(hornbook.deserialize_keras_object, config, custom_objects={"Box": Hiding})
    assert error.names == ("Nobody",)
    assert error.place == "$.a.config.items[0]"


@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit, GeneratorExit])
def test_an_interruption_passes_through_and_leaves_nothing_open(kind):
    """What is no error is not made one; the session ends all the same."""
    with pytest.raises(kind):
        hornbook.deserialize_keras_object(box(leaf()), custom_objects={"Box": Box, "Leaf": raising(kind())})
    assert current_reader() is None
    assert keras.config.dtype_policy().name == "float32"


def test_a_call_within_from_config_that_fails_and_is_caught_harms_nothing():
    """User code may try one thing and then another."""

    class Trying(Box):
        @classmethod
        def from_config(cls, config):
            made = []
            for item in config["items"]:
                try:
                    made.append(hornbook.deserialize_keras_object(item))
                except hornbook.HornbookError:
                    made.append(None)
            return cls(made)

    config = box(leaf(), leaf(class_name="Nobody", registered_name="Nobody"), leaf())
    made = hornbook.deserialize_keras_object(config, custom_objects={**CLASSES, "Box": Trying})
    assert [type(item).__name__ for item in made.items] == ["Leaf", "NoneType", "Leaf"]


CHANGES = {
    "the registered name": lambda item: item.update(registered_name="Other"),
    "all names": lambda item: item.update(class_name="Other", registered_name="Other"),
    "the module": lambda item: item.update(module="other", class_name="Other", registered_name=None),
    "a new name": lambda item: item.update(registered_name="Oth" + "er"),
}


@pytest.mark.parametrize("what", CHANGES)
def test_a_name_that_a_class_changes_before_it_reads_a_part_holds(what):
    """The object is made of what the class asks for, and not of what the file said."""

    class Other:
        from_config = classmethod(lambda cls, config: cls())

    class Changing(Box):
        @classmethod
        def from_config(cls, config):
            for item in config["items"]:
                CHANGES[what](item)
            return super().from_config(config)

    config = box(leaf(), leaf())
    made = hornbook.deserialize_keras_object(config, custom_objects={**CLASSES, "Box": Changing, "Other": Other})
    assert [type(item) for item in made.items] == [Other, Other]
    assert config == box(leaf(), leaf())


@pytest.mark.parametrize("name", ["Nobody", "os.system"])
def test_a_name_that_a_class_puts_in_before_it_reads_a_part_is_judged(refused, name):
    """What user code asks for passes the same gate as what the file said."""

    class Changing(Box):
        @classmethod
        def from_config(cls, config):
            config["items"][0].update(class_name=name, registered_name=name)
            return super().from_config(config)

    error = refused(hornbook.deserialize_keras_object, box(leaf()), custom_objects={**CLASSES, "Box": Changing})
    assert error.names == (name,)
    assert error.place == "$.config.items[0]"


def test_an_open_scope_stays_open_after_a_refusal(refused):
    """A failing call within scopes of both libraries leaves them as they were."""
    with (
        keras.saving.custom_object_scope({"Theirs": Box}),
        hornbook.custom_object_scope({"Leaf": raising(ValueError())}),
    ):
        refused(hornbook.deserialize_keras_object, [leaf()])
        assert hornbook.get_registered_object("Leaf") is not None
        assert keras.saving.get_registered_object("Theirs") is Box


@pytest.mark.parametrize("mode", [True, False, None])
def test_the_safe_mode_of_keras_is_as_before_after_a_refusal(refused, mode):
    """So is what Keras was told about byte code."""
    from keras.src.backend.common import global_state

    global_state.set_global_attribute("safe_mode_saving", mode)
    try:
        refused(hornbook.deserialize_keras_object, leaf(), {"Leaf": raising(ValueError())}, safe_mode=False)
    finally:
        global_state.set_global_attribute("safe_mode_saving", None)


@pytest.mark.parametrize("kind", ["ValueError", "KeyError", "RuntimeError", "with a long text", "of many lines"])
def test_an_exception_of_get_config_becomes_one_of_ours_at_its_place(refused, kind):
    """Writing tells which object could not be written, and where it stands."""

    class Broken:
        def get_config(self):
            raise ERRORS[kind]

    error = refused(hornbook.serialize_keras_object, {"a": [1, Box([Broken()])]})
    assert error.place == "$.a[1].config.items[0]"
    assert error.__cause__ is ERRORS[kind]


@pytest.mark.parametrize("value", [None, 5, "x", [1], (), object])
def test_a_get_config_that_returns_no_dict_is_refused(refused, value):
    """A config is a dict."""

    class Odd:
        def get_config(self):
            return value

    error = refused(hornbook.serialize_keras_object, [Odd()])
    assert "get_config" in error.problem
    assert error.place == "$[0]"


def test_an_object_that_holds_itself_is_refused(refused):
    """A loop of objects has no config."""
    endless = Box([])
    endless.items.append(endless)
    refused(hornbook.serialize_keras_object, endless)
