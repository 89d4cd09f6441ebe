"""A name that may stand for two objects is never guessed, and looking it up copies nothing (B16, B17, L1, L3)."""

from __future__ import annotations

import keras
import pytest

import hornbook
from hornbook.engine.registry import DEFAULT

from .libraries import defect


def function_config(name):
    """Return the config by which Keras up to 3.6 wrote a function, registered or not."""
    return {"module": "builtins", "class_name": "function", "config": name, "registered_name": "function"}


def scaled_by(factor):
    """Return a function that has the same name for every factor."""

    def scaled(x):
        return x * factor

    return scaled


def head_of(module):
    """Return a new class `Head` of a module."""
    return type("Head", (keras.layers.Layer,), {"__module__": module})


class Spy(dict):
    """A dictionary that counts how often somebody walks over it, copying it included."""

    walks = 0

    def __iter__(self):
        self.walks += 1
        return super().__iter__()

    def keys(self):
        self.walks += 1
        return super().keys()

    def items(self):
        self.walks += 1
        return super().items()

    def values(self):
        self.walks += 1
        return super().values()

    def copy(self):
        self.walks += 1
        return super().copy()


class Leaf:
    """A small registered class."""

    def get_config(self):
        return {}

    @classmethod
    def from_config(cls, config):
        return cls()


@defect("B16", "the last one wins without a word", raises=pytest.fail.Exception, match="DID NOT WARN")
def test_a_second_object_under_one_key_is_a_warning_that_names_both(library):
    """Two objects of different origin under one key are told about, with both origins."""
    library.register("lab", "Head")(head_of("lib1"))
    with pytest.warns(UserWarning, match=r"lib1\.Head.*lib2\.Head"):
        library.register("lab", "Head")(head_of("lib2"))


@defect("B16", "both load as `lib1.Head`", raises=pytest.fail.Exception, match="DID NOT RAISE")
def test_classes_of_one_name_from_two_modules_are_never_confused(library):
    """One class called `Head` does not stand for the `Head` of two modules."""
    ours = head_of("lib1")
    config = [library.serialize(ours()), library.serialize(head_of("lib2")())]
    with pytest.raises(TypeError, match=r"lib1.*lib2"):
        library.deserialize(config, custom_objects={"Head": ours})


@defect("B16", "`module.name` is never looked up", raises=TypeError, match="Could not locate class 'Head'")
def test_classes_of_one_name_can_be_passed_by_module_and_name(library):
    """Where both are passed in under `module.name`, each is used for its own."""
    first, second = head_of("lib1"), head_of("lib2")
    config = [library.serialize(first()), library.serialize(second())]
    names = {"lib1.Head": first, "lib2.Head": second}
    assert [type(one) for one in library.deserialize(config, custom_objects=names)] == [first, second]


@defect("B16", "both load as `lib1.Head`", raises=AssertionError, match="^assert .*lib1.*lib1.* == .*lib2")
def test_a_name_with_its_module_wins_over_the_bare_one(library):
    """What is passed as `lib2.Head` is used for it, whatever is passed as `Head`."""
    first, second = head_of("lib1"), head_of("lib2")
    config = [library.serialize(first()), library.serialize(second())]
    made = library.deserialize(config, custom_objects={"Head": first, "lib2.Head": second})
    assert [type(one).__module__ for one in made] == ["lib1", "lib2"]


@defect("B17", "the first package's function is taken", raises=pytest.fail.Exception, match="DID NOT RAISE")
def test_a_bare_function_name_of_two_packages_is_an_error_with_the_candidates(library):
    """Nothing is guessed: the error lists every key that the name may stand for."""

    def act(x):
        return x

    library.register("one", "act")(act)
    library.register("two", "act")(lambda x: -x)
    with pytest.raises(TypeError, match=r"one>act.*two>act"):
        library.deserialize(function_config("act"))


@defect("B17", "both are written as `scaled`", raises=pytest.fail.Exception, match="DID NOT RAISE")
def test_two_functions_of_one_name_are_not_written_as_one(library):
    """Two closures of one `__name__` are an error at write time, for they would be one when read."""
    with pytest.raises(TypeError, match="scaled"):
        library.serialize([scaled_by(2), scaled_by(3)])


@defect("B17", "both are written as `scaled`", raises=AssertionError, match="^assert 2 == 3")
def test_two_closures_in_a_model_never_load_as_one(library, tmp_path):
    """A model with two closures of one name loads with both, or is refused at write time."""
    model = keras.Sequential(
        [keras.Input((2,)), keras.layers.Activation(scaled_by(2)), keras.layers.Activation(scaled_by(3))]
    )
    refused = ""
    try:
        library.save(model, tmp_path / "model.keras")
    except TypeError as error:
        refused = str(error)
    if refused:
        assert "scaled" in refused
        return
    loaded = library.load(tmp_path / "model.keras", custom_objects={"scaled": scaled_by(2)})
    assert loaded.layers[1].activation(1) == 3


@defect("L1", "the string branch looks for an attribute that is gone", raises=AttributeError, match="THREAD_LOCAL")
def test_a_string_is_looked_up_in_module_objects(library):
    """The older function finds a name in the objects that the caller offers."""
    assert library.deserialize_name("relu", {"relu": keras.activations.relu}) is keras.activations.relu


@defect("L1", "the string branch looks for an attribute that is gone", raises=AttributeError, match="THREAD_LOCAL")
def test_user_code_may_call_the_older_function_of_keras(library):
    """A class that reads a part of its config by the older function of Keras can be read."""

    class Old:
        @classmethod
        def from_config(cls, config):
            made = cls()
            offered = {"relu": keras.activations.relu}
            made.act = keras.legacy.saving.deserialize_keras_object(config["act"], module_objects=offered)
            return made

    made = library.deserialize({"class_name": "Old", "config": {"act": "relu"}}, custom_objects={"Old": Old})
    assert made.act is keras.activations.relu


@defect("L3", "all registries are merged at every node", raises=AssertionError, match=r"^assert \(0 \+ \d+\) == 0")
def test_reading_walks_over_no_registry(library, monkeypatch):
    """Names are looked up: 50 nodes are read without walking over the registry once."""
    from keras.src.saving import object_registration

    library.register("lab")(Leaf)
    ours, theirs = Spy(DEFAULT.objects), Spy(object_registration.GLOBAL_CUSTOM_OBJECTS)
    monkeypatch.setattr(DEFAULT, "objects", ours)
    monkeypatch.setattr(object_registration, "GLOBAL_CUSTOM_OBJECTS", theirs)
    config = library.serialize([Leaf() for _ in range(50)])
    ours.walks = theirs.walks = 0
    assert len(library.deserialize(config)) == 50
    assert ours.walks + theirs.walks == 0


@defect("L3", "the caller's objects are merged into a new dictionary", raises=AssertionError, match=r"^assert \d+ == 0")
def test_reading_walks_over_no_custom_objects(library):
    """The objects that the caller passes in are looked up as well, and not copied."""
    given = Spy(Leaf=Leaf, Other=Leaf)
    config = [{"class_name": "Leaf", "config": {}}] * 50
    assert len(library.deserialize(config, custom_objects=given)) == 50
    assert given.walks == 0


def test_registering_again_after_a_reload_is_no_warning():
    """A class that was redefined in the same module under the same name replaces the old one."""
    hornbook.register_keras_serializable("lab", "Head")(head_of("lib1"))
    again = hornbook.register_keras_serializable("lab", "Head")(head_of("lib1"))
    assert hornbook.get_registered_object("lab>Head") is again
