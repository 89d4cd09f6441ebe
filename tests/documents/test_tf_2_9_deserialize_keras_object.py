"""The TF 2.9 document `deserialize_keras_object`: our function, and that of TF 2.9.

The latter is in `hornbook.legacy.tf2_9`, and without its defects in
`hornbook.legacy`.  `module_objects` is passed by name here, since it is in
second place in those two alone.
"""

from __future__ import annotations

import inspect
from importlib import import_module

import pytest
from document_framework import keras
from document_sentences import default_alone, generation_alone, tf_2_9_deserialize
from document_subjects import Box, MyLayer, MyObject

Dense = keras.layers.Dense

DENSE = {"class_name": "Dense", "config": {"units": 3}}
MODULE_OBJECTS = {"Dense": keras.layers.Dense, "Box": Box, "Zeros": keras.initializers.Zeros}


@tf_2_9_deserialize("Turns the serialized form of a Keras object back into an actual object.")
def test_the_serialized_form_becomes_an_actual_object(lib):
    """TF 2.9, "Turns the serialized form of a Keras object back into an actual object"."""
    config = lib.serialize_keras_object(keras.layers.Dense(3, name="d"))
    layer = lib.deserialize_keras_object(config, module_objects=MODULE_OBJECTS)
    assert type(layer) is keras.layers.Dense
    assert layer.name == "d"


SIGNATURE = (
    "tf.keras.utils.deserialize_keras_object( identifier, module_objects=None, custom_objects=None,"
    " printable_module_name='object' )"
)


@tf_2_9_deserialize(SIGNATURE)
@generation_alone("our default function has the signature of TF 2.15 and later")
def test_deserialize_keras_object_has_the_documented_signature(lib):
    """TF 2.9, the signature of `deserialize_keras_object`: names, order and defaults."""
    parameters = inspect.signature(lib.deserialize_keras_object).parameters.values()
    assert {one.name: one.default for one in parameters if one.kind is not one.KEYWORD_ONLY} == {
        "identifier": inspect.Parameter.empty,
        "module_objects": None,
        "custom_objects": None,
        "printable_module_name": "object",
    }
    assert type(lib.deserialize_keras_object(DENSE, MODULE_OBJECTS)) is keras.layers.Dense
    assert type(lib.deserialize_keras_object(DENSE, MODULE_OBJECTS, {"Dense": MyLayer})) is MyLayer
    with pytest.raises(ValueError, match=r"my thing.*Nope"):
        lib.deserialize_keras_object("Nope", {}, {}, "my thing")


@tf_2_9_deserialize(
    "`tf.compat.v1.keras.utils.deserialize_keras_object`",
    read_as="another path to the same function, so it is here once; there is no `compat.v1`",
)
def test_the_alias_of_compat_v1_is_the_one_function(lib):
    """TF 2.9, "`tf.compat.v1.keras.utils.deserialize_keras_object`": who used it imports the same one as all."""
    module = import_module(lib.name)
    assert module.deserialize_keras_object == lib.deserialize_keras_object
    assert not hasattr(module, "compat")


REQUIRES = (
    "Importantly, this utility requires you to provide the dict of `module_objects` to use for looking up the object"
    " config; this is not populated by default."
)


@tf_2_9_deserialize(REQUIRES)
def test_a_config_without_a_module_needs_module_objects(lib):
    """TF 2.9, "requires you to provide the dict of `module_objects`": a bare class name means nothing by itself."""
    with pytest.raises(TypeError, match="Dense"):
        lib.deserialize_keras_object(DENSE)
    layer = lib.deserialize_keras_object(DENSE, module_objects={"Dense": keras.layers.Dense})
    assert type(layer) is keras.layers.Dense
    assert layer.units == 3


PREEXISTING = (
    "If you need a deserialization utility that has preexisting knowledge of built-in Keras objects, use e.g."
    " `keras.layers.deserialize(config)`, `keras.metrics.deserialize(config)`, etc."
)


@tf_2_9_deserialize(PREEXISTING, read_as="configs with a module, as every Keras 3 writes them")
def test_keras_deserialize_functions_know_built_in_objects(lib):
    """TF 2.9, "has preexisting knowledge of built-in Keras objects": Keras' own functions, under a scope of ours."""
    with lib.custom_object_scope({"MyObject": MyObject}):
        for space, original in (
            (keras.layers, keras.layers.Dense(3, name="d")),
            (keras.metrics, keras.metrics.Mean(name="m")),
            (keras.losses, keras.losses.Huber(delta=2.0)),
            (keras.optimizers, keras.optimizers.SGD(0.1)),
            (keras.initializers, keras.initializers.Constant(2.0)),
        ):
            made = space.deserialize(lib.serialize_keras_object(original))
            assert type(made) is type(original)
            assert made.get_config() == original.get_config()


@tf_2_9_deserialize(PREEXISTING, read_as="configs of that time, without a module")
def test_keras_deserialize_functions_know_built_in_objects_without_a_module(lib):
    """TF 2.9, "has preexisting knowledge of built-in Keras objects": by their bare class names, as it wrote them."""
    with lib.custom_object_scope({"MyObject": MyObject}):
        metric = keras.metrics.deserialize({"class_name": "Mean", "config": {"name": "m", "dtype": "float32"}})
        optimizer = keras.optimizers.deserialize({"class_name": "SGD", "config": {"learning_rate": 0.5}})
    assert type(metric) is keras.metrics.Mean
    assert type(optimizer).__name__ == "SGD"  # Keras 2.15 makes that of before of a config of before


# What TF 2.9.3 wrote for `Dense(3, "relu", kernel_regularizer="l2")`, less what is `None`.
DENSE_OF_THAT_TIME = {
    "class_name": "Dense",
    "config": {
        "name": "d",
        "trainable": True,
        "dtype": "float32",
        "units": 3,
        "activation": "relu",
        "use_bias": True,
        "kernel_initializer": {"class_name": "GlorotUniform", "config": {"seed": None}},
        "bias_initializer": {"class_name": "Zeros", "config": {}},
        "kernel_regularizer": {"class_name": "L2", "config": {"l2": 0.01}},
    },
}
INPUT = {"batch_input_shape": [None, 4], "dtype": "float32", "sparse": False, "ragged": False, "name": "i"}
AROUND = {
    "alone": DENSE_OF_THAT_TIME,
    "TimeDistributed": {"class_name": "TimeDistributed", "config": {"name": "t", "layer": DENSE_OF_THAT_TIME}},
    "Sequential": {
        "class_name": "Sequential",
        "config": {"name": "s", "layers": [{"class_name": "InputLayer", "config": INPUT}, DENSE_OF_THAT_TIME]},
    },
}


@tf_2_9_deserialize(PREEXISTING, read_as="layers by their bare class names")
@pytest.mark.parametrize("around", AROUND)
def test_keras_layers_deserialize_knows_layers_by_their_bare_class_names(lib, around):
    """TF 2.9, "preexisting knowledge of built-in Keras objects": layers, what wraps them, and their parts."""
    with lib.custom_object_scope({}):
        made = keras.layers.deserialize(AROUND[around])
    assert type(made).__name__ == AROUND[around]["class_name"]
    dense = {"alone": lambda: made, "TimeDistributed": lambda: made.layer, "Sequential": lambda: made.layers[-1]}[
        around
    ]()
    assert type(dense) is keras.layers.Dense
    assert (dense.name, dense.units, dense.activation) == ("d", 3, keras.activations.relu)
    assert dense.kernel_regularizer.l2 == pytest.approx(0.01)


@tf_2_9_deserialize(PREEXISTING, read_as="layers by their bare class names, asked for by a class of a library")
def test_a_class_of_a_library_asks_keras_layers_deserialize(lib):
    """TF 2.9, "use e.g. `keras.layers.deserialize(config)`": from within a reading, and not past it."""

    class Head:
        def __init__(self, layer):
            self.layer = layer

        @classmethod
        def from_config(cls, config):
            return cls(keras.layers.deserialize(config["layer"]))

    config = {"class_name": "Head", "config": {"layer": DENSE_OF_THAT_TIME}}
    head = lib.deserialize_keras_object(config, custom_objects={"Head": Head})
    assert type(head.layer) is keras.layers.Dense
    with pytest.raises(TypeError, match="Dense"):
        lib.deserialize_keras_object(DENSE_OF_THAT_TIME)


@tf_2_9_deserialize(PREEXISTING, read_as="optimizers by their bare class names, with a schedule")
def test_keras_optimizers_deserialize_knows_schedules_by_their_bare_class_names(lib):
    """TF 2.9, "`keras.metrics.deserialize(config)`, etc.": what is within an optimizer too; the config stays."""
    schedule = {"initial_learning_rate": 0.5, "decay_steps": 10, "decay_rate": 0.9}
    config = {"class_name": "SGD", "config": {"learning_rate": {"class_name": "ExponentialDecay", "config": schedule}}}
    with lib.custom_object_scope({}):
        made = keras.optimizers.deserialize(config)
        with pytest.raises((TypeError, ValueError), match=r"(?i)dense"):
            keras.optimizers.deserialize(DENSE_OF_THAT_TIME)
    assert "SGD" in {cls.__name__ for cls in type(made).__mro__}  # with torch it is a class derived from it
    rate = made.learning_rate
    assert float(rate(0) if callable(rate) else rate) == pytest.approx(0.5)
    assert config["class_name"] == "SGD"


SHARED_SCOPE = (
    "Calling `deserialize_keras_object` while underneath the `SharedObjectLoadingScope` context manager will cause any"
    " already-seen shared objects to be returned as-is rather than creating a new object."
)
SHARED = {**DENSE, "shared_object_id": 1}


@tf_2_9_deserialize(SHARED_SCOPE)
@generation_alone("our default function shares within one call, without a scope")
def test_under_the_loading_scope_an_already_seen_object_is_returned_as_it_is(lib):
    """TF 2.9, "while underneath the `SharedObjectLoadingScope`": from call to call, and no longer."""

    def read(number):
        return lib.deserialize_keras_object({**DENSE, "shared_object_id": number}, module_objects=MODULE_OBJECTS)

    with lib.SharedObjectLoadingScope():
        layer = read(1)
        assert read(1) is layer
        assert read(2) is not layer
    assert read(1) is not layer
    assert read(1) is not read(1)


@tf_2_9_deserialize(SHARED_SCOPE, read_as="objects within others as well")
@generation_alone("our default function shares within one call, without a scope")
def test_under_the_loading_scope_parts_are_shared_as_well(lib):
    """TF 2.9, "any already-seen shared objects": what a class asks for in its `from_config`."""

    class Pair:
        def __init__(self, parts):
            self.parts = parts

        @classmethod
        def from_config(cls, config):
            return cls([lib.deserialize_keras_object(part, module_objects=MODULE_OBJECTS) for part in config["parts"]])

    config = {"class_name": "Pair", "config": {"parts": [SHARED, SHARED, DENSE]}}
    with lib.SharedObjectLoadingScope():
        one, again, other = lib.deserialize_keras_object(config, custom_objects={"Pair": Pair}).parts
        assert lib.deserialize_keras_object(SHARED, module_objects=MODULE_OBJECTS) is one is again
    assert other is not one


@tf_2_9_deserialize("any already-seen shared objects to be returned as-is rather than creating a new object.")
@default_alone("the flat form shares in a scope alone, and has no lists")
def test_an_already_seen_shared_object_is_returned_as_it_is(lib):
    """TF 2.9, "any already-seen shared objects to be returned as-is": within one call, also nested and after JSON."""
    dense = keras.layers.Dense(3)
    config = lib.serialize_keras_object([keras.layers.TimeDistributed(dense), {"again": dense}, keras.layers.Dense(3)])
    wrapper, again, other = lib.deserialize_keras_object(config)
    assert wrapper.layer is again["again"]
    assert other is not wrapper.layer


IDENTIFIER = "`identifier` the serialized form of the object."


@tf_2_9_deserialize(IDENTIFIER)
def test_the_serialized_form_may_be_a_config_or_none(lib):
    """TF 2.9, "the serialized form of the object": a dict, or `None` for no object."""
    assert type(lib.deserialize_keras_object(DENSE, module_objects=MODULE_OBJECTS)) is keras.layers.Dense
    assert lib.deserialize_keras_object(None, module_objects=MODULE_OBJECTS) is None


@tf_2_9_deserialize(IDENTIFIER, read_as="a name: an instance of a class, a function itself")
def test_the_serialized_form_may_be_a_name(lib):
    """TF 2.9, "the serialized form of the object": a string, of the library's objects or of the user's."""
    read = lib.deserialize_keras_object
    assert type(read("Zeros", module_objects=MODULE_OBJECTS)) is keras.initializers.Zeros
    assert read("relu", module_objects={"relu": keras.activations.relu}) is keras.activations.relu
    assert type(read("MyObject", module_objects={}, custom_objects={"MyObject": MyObject})) is MyObject


@tf_2_9_deserialize("`module_objects` A dictionary of built-in objects to look the name up in.")
def test_module_objects_are_looked_up_by_name(lib):
    """TF 2.9, "A dictionary of built-in objects to look the name up in": whatever the class itself is called."""
    config = {"class_name": "Crate", "config": {"units": 3}}
    layer = lib.deserialize_keras_object(config, module_objects={"Crate": keras.layers.Dense})
    assert type(layer) is keras.layers.Dense


@tf_2_9_deserialize("Generally, `module_objects` is provided by midlevel library implementers.")
def test_module_objects_come_from_a_library_and_need_no_registration(lib):
    """TF 2.9, "`module_objects` is provided by midlevel library implementers": nothing else has to know the class."""
    before = dict(lib.get_custom_objects())
    box = lib.deserialize_keras_object({"class_name": "Box", "config": {"width": 3}}, module_objects={"Box": Box})
    assert type(box) is Box
    assert lib.get_custom_objects() == before


@tf_2_9_deserialize("`custom_objects` A dictionary of custom objects to look the name up in.")
def test_custom_objects_are_looked_up_by_name(lib):
    """TF 2.9, "A dictionary of custom objects to look the name up in"."""
    config = {"class_name": "MyLayer", "config": {"units": 3}}
    layer = lib.deserialize_keras_object(config, custom_objects={"MyLayer": MyLayer}, module_objects=MODULE_OBJECTS)
    assert type(layer) is MyLayer


@tf_2_9_deserialize("Generally, `custom_objects` is provided by the end user.")
def test_the_custom_objects_of_the_user_win_over_the_library(lib):
    """TF 2.9, "`custom_objects` is provided by the end user": who may replace a built-in of the library."""
    layer = lib.deserialize_keras_object(DENSE, custom_objects={"Dense": MyLayer}, module_objects=MODULE_OBJECTS)
    assert type(layer) is MyLayer


PRINTED = (
    "`printable_module_name` A human-readable string representing the type of the object. Printed in case of exception."
)


@tf_2_9_deserialize(PRINTED)
@pytest.mark.parametrize("identifier", ["Nope", {"class_name": "Nope", "config": {}}], ids=["name", "config"])
def test_the_printable_name_is_printed_in_the_exception(lib, identifier):
    """TF 2.9, "Printed in case of exception": with the name that was not found."""
    with pytest.raises(ValueError, match=r"my thing.*Nope"):
        lib.deserialize_keras_object(identifier, module_objects=MODULE_OBJECTS, printable_module_name="my thing")


@tf_2_9_deserialize("The deserialized object.")
def test_the_deserialized_object_is_returned(lib):
    """TF 2.9, "Returns: The deserialized object": made by the class, from the config."""
    layer = lib.deserialize_keras_object(DENSE, module_objects=MODULE_OBJECTS)
    assert type(layer) is keras.layers.Dense
    assert layer.units == 3


def deserialize_of(lib, keyword="printable_module_name"):
    """Return the utility of the example, with `config` for its undefined `identifier`."""

    def deserialize(config, custom_objects=None):
        return lib.deserialize_keras_object(
            config,
            module_objects=globals(),
            custom_objects=custom_objects,
            **{keyword: "MyObjectType"},
        )

    return deserialize


MID_LEVEL = (
    "A mid-level library implementer might want to implement a utility for retrieving an object from its config,"
    " as such:"
)


@tf_2_9_deserialize(
    MID_LEVEL, read_as="with `config` for the undefined `identifier`, and `printable_module_name=` for `name=`"
)
def test_a_library_implements_a_utility_of_its_own(lib):
    """TF 2.9, "might want to implement a utility for retrieving an object from its config": the example runs."""
    deserialize = deserialize_of(lib)
    assert type(deserialize(DENSE)) is Dense
    assert type(deserialize({"class_name": "Mine", "config": {"units": 3}}, {"Mine": MyLayer})) is MyLayer
    with pytest.raises(ValueError, match=r"MyObjectType.*Nope"):
        deserialize({"class_name": "Nope", "config": {}})


@tf_2_9_deserialize(MID_LEVEL, read_as="as printed it fails everywhere: nothing defines `identifier`")
def test_the_example_as_printed_uses_a_name_that_nothing_defines(lib):
    """TF 2.9, `deserialize_keras_object(identifier, ...)` in the example: nobody can mend that but its author."""
    names = {"deserialize_keras_object": lib.deserialize_keras_object}
    exec(PRINTED_EXAMPLE, names)
    with pytest.raises(NameError, match="identifier"):
        names["deserialize"](DENSE)


PRINTED_EXAMPLE = """
def deserialize(config, custom_objects=None):
   return deserialize_keras_object(
     identifier,
     module_objects=globals(),
     custom_objects=custom_objects,
     name="MyObjectType",
   )
"""


@tf_2_9_deserialize(MID_LEVEL, read_as='`name="MyObjectType"` says in an error what was looked for')
@default_alone("`name` is no parameter of TF 2.9, and its signature is what code relies on")
def test_the_name_that_the_example_gives_is_printed(lib):
    """TF 2.9, `name="MyObjectType"` in the example: in ours it is the printable name."""
    deserialize = deserialize_of(lib, "name")
    assert type(deserialize(DENSE)) is Dense
    with pytest.raises(ValueError, match=r"MyObjectType.*Nope"):
        deserialize({"class_name": "Nope", "config": {}})


@tf_2_9_deserialize(MID_LEVEL, read_as='`name="MyObjectType"` is no parameter of TF 2.9, as its signature says')
@generation_alone("our default function takes `name` as the printable name")
def test_the_name_that_the_example_gives_is_no_parameter(lib):
    """TF 2.9, `name="MyObjectType"` in the example: TF 2.9.3 raises a `TypeError`, and so does its module."""
    with pytest.raises(TypeError, match="'name'"):
        deserialize_of(lib, "name")(DENSE)


MID_LEVEL_ONLY = "This function is for mid-level library implementers rather than end users."


@tf_2_9_deserialize(MID_LEVEL_ONLY, read_as="a library that has no framework can build on it")
def test_a_library_without_a_framework_can_build_on_it(fresh):
    """TF 2.9, "for mid-level library implementers": a class of no framework, and objects from the library alone."""
    program = """
import {lib}

class Box:
    def __init__(self, width):
        self.width = width

    @classmethod
    def from_config(cls, config):
        return cls(**config)

def deserialize(config, custom_objects=None):
    return {lib}.deserialize_keras_object(config, custom_objects=custom_objects, module_objects={"Box": Box})

print(deserialize({"class_name": "Box", "config": {"width": 3}}).width)
"""
    assert fresh(program) == "3\n"


@tf_2_9_deserialize("This is how e.g. `keras.layers.deserialize()` is implemented.")
@pytest.mark.parametrize("config", [DENSE, "MyObject"], ids=["config", "name"])
def test_keras_own_utilities_go_through_it(lib, config):
    """TF 2.9, "This is how e.g. `keras.layers.deserialize()` is implemented": they find what a scope adds."""
    with lib.custom_object_scope({"Dense": MyLayer, "MyObject": MyObject}):
        if config is DENSE:
            assert type(keras.layers.deserialize(config)) is MyLayer
        else:
            assert type(keras.regularizers.deserialize(config)) is MyObject
