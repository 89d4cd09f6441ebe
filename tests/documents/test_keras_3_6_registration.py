"""The Keras 3.6 document "Serialization utilities": the scope and the registry.

What the TF 2.9 document says of the scope in the same words is tried here too.
"""

from __future__ import annotations

import inspect
import json

import pytest
from document_framework import IS_FLAT, MODEL_FILE, keras, nothing_outside
from document_sentences import default_alone, generation_alone, keras_3_6, tf_2_9_scope
from document_subjects import (
    BATCH,
    Box,
    MyLayer,
    MyMetric,
    MyObject,
    compiled_metrics,
    model_of,
    my_regularizer,
    outputs,
)
from tests import needs

EXAMPLE = """
import keras, {lib}

def my_regularizer(x):
    return 0.01 * keras.ops.sum(keras.ops.square(x))

layer = keras.layers.Dense(3, kernel_regularizer=my_regularizer)
config = layer.get_config()
with {lib}.custom_object_scope({"my_regularizer": my_regularizer}):
    layer = keras.layers.Dense.from_config(config)
assert layer.kernel_regularizer is my_regularizer
print("done")
"""


@keras_3_6("keras.saving.custom_object_scope(custom_objects)")
def test_a_scope_takes_custom_objects_by_position_and_by_name(lib):
    """Keras 3.6, "custom_object_scope(custom_objects)": one dictionary, of that name."""
    with lib.custom_object_scope({"MyObject": MyObject}):
        assert lib.get_registered_object("MyObject") is MyObject
    with lib.custom_object_scope(custom_objects={"MyObject": MyObject}):
        assert lib.get_registered_object("MyObject") is MyObject


EXPOSES = "Exposes custom classes/functions to Keras deserialization internals."


@keras_3_6(EXPOSES)
@tf_2_9_scope(EXPOSES)
def test_a_scope_exposes_classes_and_functions_to_keras_own_deserialization(lib):
    """Keras 3.6 and TF 2.9, "Exposes custom classes/functions to Keras deserialization internals": and only inside."""
    config = keras.layers.serialize(MyLayer(3, kernel_regularizer=my_regularizer))
    with lib.custom_object_scope({"MyLayer": MyLayer, "my_regularizer": my_regularizer}):
        layer = keras.layers.deserialize(config)
    assert type(layer) is MyLayer
    assert layer.kernel_regularizer is my_regularizer
    with nothing_outside(TypeError, "MyLayer"):
        keras.layers.deserialize(config)


UNDER_A_SCOPE = (
    "Under a scope `with custom_object_scope(objects_dict)`, Keras methods such as `keras.models.load_model()` or"
    " `keras.models.model_from_config()` will be able to deserialize any custom object referenced by a saved config"
    " (e.g. a custom layer or metric)."
)
UNDER_A_SCOPE_2_9 = (
    "Under a scope `with custom_object_scope(objects_dict)`, Keras methods such as `tf.keras.models.load_model` or"
    " `tf.keras.models.model_from_config` will be able to deserialize any custom object referenced by a saved config"
    " (e.g. a custom layer or metric)."
)


def under_a_scope(what):
    """Return the markers of both documents, read as `what`."""

    def mark(test):
        return keras_3_6(UNDER_A_SCOPE, read_as=what)(tf_2_9_scope(UNDER_A_SCOPE_2_9, read_as=what)(test))

    return mark


@under_a_scope("`load_model`, a custom layer")
def test_load_model_restores_a_custom_layer_under_the_scope(lib, tmp_path):
    """Keras 3.6 and TF 2.9, "any custom object referenced by a saved config (e.g. a custom layer": only under it."""
    model = model_of(MyLayer(3))
    lib.save_model(model, tmp_path / MODEL_FILE)
    with pytest.raises(TypeError, match="MyLayer"):
        lib.load_model(tmp_path / MODEL_FILE)
    with lib.custom_object_scope({"MyLayer": MyLayer}):
        loaded = lib.load_model(tmp_path / MODEL_FILE)
    assert type(loaded.layers[-1]) is MyLayer
    assert (outputs(loaded) == outputs(model)).all()


@under_a_scope("`load_model`, a custom metric")
def test_load_model_restores_a_custom_metric_under_the_scope(lib, tmp_path):
    """Keras 3.6 and TF 2.9, "any custom object referenced by a saved config (e.g. a ... metric)"."""
    model = model_of(keras.layers.Dense(3))
    model.compile("sgd", "mse", metrics=[MyMetric(name="mine")])
    model.train_on_batch(BATCH, BATCH[:, :3])
    lib.save_model(model, tmp_path / MODEL_FILE)
    with lib.custom_object_scope({"MyMetric": MyMetric}):
        loaded = lib.load_model(tmp_path / MODEL_FILE)
    assert [type(metric) for metric in compiled_metrics(loaded)] == [MyMetric]


@under_a_scope("Keras' own `keras.models.load_model`")
@needs.since("3.15", "a variable takes no function as its regularizer")
def test_keras_own_load_model_finds_the_objects_of_the_scope(lib, tmp_path):
    """Keras 3.6 and TF 2.9, "Keras methods such as `keras.models.load_model()`": Keras' own function, unchanged."""
    model = model_of(MyLayer(3, kernel_regularizer=my_regularizer))
    model.save(tmp_path / MODEL_FILE)
    with lib.custom_object_scope({"MyLayer": MyLayer, "my_regularizer": my_regularizer}):
        loaded = keras.models.load_model(tmp_path / MODEL_FILE)
    assert type(loaded.layers[-1]) is MyLayer
    assert loaded.layers[-1].kernel_regularizer is my_regularizer
    assert (outputs(loaded) == outputs(model)).all()


@under_a_scope("`model_from_config`")
def test_model_from_config_restores_a_custom_layer_under_the_scope(lib):
    """Keras 3.6 and TF 2.9, "`model_from_config()` will be able to": a whole object config, and the older form."""
    model = model_of(MyLayer(3))
    older = {"class_name": "Sequential", "config": model.get_config()}
    with lib.custom_object_scope({"MyLayer": MyLayer}):
        for config in (lib.serialize_keras_object(model), older):
            assert type(lib.model_from_config(config).layers[-1]) is MyLayer


@under_a_scope("`model_from_json`")
def test_model_from_json_restores_a_custom_layer_under_the_scope(lib):
    """Keras 3.6 and TF 2.9, "Keras methods such as": `model_from_json`, the library's and Keras' own."""
    text = model_of(MyLayer(3)).to_json()
    with lib.custom_object_scope({"MyLayer": MyLayer}):
        assert type(lib.model_from_json(text).layers[-1]) is MyLayer
        assert type(keras.models.model_from_json(text).layers[-1]) is MyLayer


@keras_3_6("Consider a custom regularizer `my_regularizer`:")
@tf_2_9_scope("Consider a custom regularizer `my_regularizer`:")
def test_the_regularizer_example_runs_in_a_fresh_process(fresh):
    """Keras 3.6 and TF 2.9, the example of `custom_object_scope`: with no more than two imports, and no install()."""
    assert fresh(EXAMPLE) == "done\n"


@keras_3_6("Config contains a reference to `my_regularizer`")
@tf_2_9_scope("Config contains a reference to `my_regularizer`")
@default_alone("layers of Keras 3 write their parts in its form; that of TF 2.9 is below")
def test_the_config_of_a_layer_refers_to_its_regularizer(lib):
    """Keras 3.6 and TF 2.9, "Config contains a reference to `my_regularizer`": by name, as `lib` writes it too."""
    layer = keras.layers.Dense(3, kernel_regularizer=my_regularizer)
    reference = layer.get_config()["kernel_regularizer"]
    if IS_FLAT:
        assert reference == "my_regularizer"
        return
    assert (reference["class_name"], reference["config"]) == ("function", "my_regularizer")
    assert lib.serialize_keras_object(my_regularizer) == reference


@tf_2_9_scope("Config contains a reference to `my_regularizer`", read_as="as TF 2.9 wrote it: a name, or a flat config")
@generation_alone("the flat form is that of TF 2.9")
@pytest.mark.parametrize("regularizer", [my_regularizer, MyObject()], ids=["function", "object"])
def test_the_config_of_that_time_refers_to_its_regularizer(lib, regularizer):
    """TF 2.9, "Config contains a reference to `my_regularizer`": a layer of today reads it under the scope."""
    reference = lib.serialize_keras_object(regularizer)
    assert reference in ("my_regularizer", {"class_name": "MyObject", "config": {}})
    with lib.custom_object_scope({"my_regularizer": my_regularizer, "MyObject": MyObject}):
        layer = keras.layers.Dense.from_config({"units": 3, "kernel_regularizer": reference})
    assert type(layer.kernel_regularizer) is type(regularizer)


@keras_3_6("Later: with custom_object_scope({'my_regularizer': my_regularizer}): layer = Dense.from_config(config)")
@tf_2_9_scope("Later: with custom_object_scope({'my_regularizer': my_regularizer}): layer = Dense.from_config(config)")
@pytest.mark.parametrize("regularizer", [my_regularizer, MyObject()], ids=["function", "object"])
def test_from_config_of_a_built_in_layer_finds_the_regularizer_in_the_scope(lib, regularizer):
    """Keras 3.6 and TF 2.9, "layer = Dense.from_config(config)": under the scope, and only there."""
    config = keras.layers.Dense(3, kernel_regularizer=regularizer).get_config()
    with lib.custom_object_scope({"my_regularizer": my_regularizer, "MyObject": MyObject}):
        layer = keras.layers.Dense.from_config(config)
    assert type(layer.kernel_regularizer) is type(regularizer)
    with nothing_outside(TypeError, "my_regularizer|MyObject"):
        keras.layers.Dense.from_config(config)


@keras_3_6("custom_objects: Dictionary of `{str: object}` pairs, where the `str` key is the object name.")
def test_the_key_of_a_scope_is_the_name_of_the_object(lib):
    """Keras 3.6, "where the `str` key is the object name": the name that configs use, whatever the class is called."""
    config = {"class_name": "Crate", "config": {"width": 3}, "module": None, "registered_name": "Crate"}
    with lib.custom_object_scope({"Crate": Box}):
        assert type(lib.deserialize_keras_object(config)) is Box


@keras_3_6("keras.saving.get_custom_objects()")
def test_get_custom_objects_takes_no_argument(lib):
    """Keras 3.6, "get_custom_objects()": no parameters, and a dictionary."""
    assert not inspect.signature(lib.get_custom_objects).parameters
    assert type(lib.get_custom_objects()) is dict


@keras_3_6("Retrieves a live reference to the global dictionary of custom objects.")
def test_get_custom_objects_returns_a_live_reference(lib):
    """Keras 3.6, "Retrieves a live reference": always one dictionary; what changes it changes what is found."""
    objects = lib.get_custom_objects()
    objects["MyObject"] = MyObject
    assert lib.get_registered_object("MyObject") is MyObject
    lib.register_keras_serializable("my_package")(Box)
    assert objects["my_package>Box"] is Box
    assert lib.get_custom_objects() is objects


@keras_3_6(
    "Custom objects set using `custom_object_scope()` are not added to the global dictionary of custom objects,"
    " and will not appear in the returned dictionary."
)
def test_what_a_scope_adds_does_not_appear_in_the_global_dictionary(lib):
    """Keras 3.6, "will not appear in the returned dictionary": neither inside the scope nor afterwards."""
    before = dict(lib.get_custom_objects())
    with lib.custom_object_scope({"MyObject": MyObject}):
        assert lib.get_registered_object("MyObject") is MyObject
        assert lib.get_custom_objects() == before
    assert lib.get_custom_objects() == before


@keras_3_6("get_custom_objects().clear() get_custom_objects()['MyObject'] = MyObject")
def test_the_dictionary_can_be_cleared_and_filled_by_hand(lib, tmp_path):
    """Keras 3.6, "get_custom_objects().clear()", then `['MyObject'] = MyObject`: found, and nothing else is lost."""
    model = model_of(keras.layers.Dense(3, kernel_regularizer=MyObject()))
    model.compile("sgd", "mse")
    lib.save_model(model, tmp_path / MODEL_FILE)
    lib.register_keras_serializable("my_package")(Box)
    lib.get_custom_objects().clear()
    lib.get_custom_objects()["MyObject"] = MyObject
    assert lib.get_registered_object("my_package>Box") is None
    assert type(lib.load_model(tmp_path / MODEL_FILE).layers[-1].kernel_regularizer) is MyObject


@keras_3_6("Global dictionary mapping registered class names to classes.")
def test_the_dictionary_maps_registered_names_to_classes(lib):
    """Keras 3.6, "Global dictionary mapping registered class names to classes"."""
    lib.register_keras_serializable("my_package")(Box)
    assert lib.get_custom_objects()[lib.get_registered_name(Box)] is Box


@keras_3_6('keras.saving.register_keras_serializable(package="Custom", name=None)')
def test_register_keras_serializable_has_the_documented_signature(lib):
    """Keras 3.6, "register_keras_serializable(package="Custom", name=None)": names, order and defaults."""
    parameters = inspect.signature(lib.register_keras_serializable).parameters.values()
    assert [(p.name, p.default) for p in parameters] == [("package", "Custom"), ("name", None)]


@keras_3_6("Registers an object with the Keras serialization framework.")
def test_a_registered_object_is_known_by_its_name(lib):
    """Keras 3.6, "Registers an object": the registry finds it by name, and its name by it."""
    lib.register_keras_serializable()(Box)
    assert lib.get_registered_object("Custom>Box") is Box
    assert lib.get_registered_name(Box) == "Custom>Box"


INJECTS = (
    "This decorator injects the decorated class or function into the Keras custom object dictionary, so that it can"
    " be serialized and deserialized without needing an entry in the user-provided custom object dict."
)


@keras_3_6(INJECTS)
def test_a_registered_class_or_function_needs_no_custom_objects(lib):
    """Keras 3.6, "without needing an entry in the user-provided custom object dict": a class and a function."""

    @lib.register_keras_serializable("my_package")
    def double(x):
        return 2 * x

    lib.register_keras_serializable("my_package")(MyLayer)
    assert list(lib.get_custom_objects().values())[-2:] == [double, MyLayer]
    made = lib.deserialize_keras_object(lib.serialize_keras_object(MyLayer(3, activation=double)))
    assert type(made) is MyLayer
    assert made.activation is double


@keras_3_6(INJECTS, read_as="models, in a file and in JSON")
def test_a_model_with_a_registered_layer_needs_no_custom_objects(lib, tmp_path):
    """Keras 3.6, "can be serialized and deserialized without needing an entry": `.keras` and JSON."""
    lib.register_keras_serializable("my_package")(MyLayer)
    model = model_of(MyLayer(3))
    lib.save_model(model, tmp_path / MODEL_FILE)
    assert type(lib.load_model(tmp_path / MODEL_FILE).layers[-1]) is MyLayer
    text = json.dumps(lib.serialize_keras_object(model))
    assert type(lib.model_from_json(text).layers[-1]) is MyLayer


@keras_3_6(INJECTS, read_as="models that Keras' own methods wrote")
def test_what_keras_own_methods_wrote_needs_no_custom_objects(lib, tmp_path):
    """Keras 3.6, "can be ... deserialized without needing an entry": from `model.save` and `model.to_json`."""
    lib.register_keras_serializable("my_package")(MyLayer)
    model = model_of(MyLayer(3))
    model.save(tmp_path / MODEL_FILE)
    assert type(lib.load_model(tmp_path / MODEL_FILE).layers[-1]) is MyLayer
    assert type(lib.model_from_json(model.to_json()).layers[-1]) is MyLayer


@keras_3_6("It also injects a function that Keras will call to get the object's serializable string key.")
@default_alone("Keras 3.6 wrote functions by their bare name, Keras 3.7 and later by the key")
def test_the_key_of_a_registered_object_is_asked_for_when_it_is_written(lib):
    """Keras 3.6, "to get the object's serializable string key": what is written is what `get_registered_name` says."""

    @lib.register_keras_serializable("my_package")
    def double(x):
        return 2 * x

    lib.register_keras_serializable("my_package")(Box)
    assert lib.serialize_keras_object(Box(1))["registered_name"] == lib.get_registered_name(Box)
    assert lib.serialize_keras_object(double)["config"] == lib.get_registered_name(double) == "my_package>double"


@keras_3_6("Note that to be serialized and deserialized, classes must implement the `get_config()` method.")
def test_a_class_without_get_config_cannot_be_registered(lib):
    """Keras 3.6, "classes must implement the `get_config()` method": the decorator says so at once."""

    class Plain:
        pass

    with pytest.raises(ValueError, match="get_config"):
        lib.register_keras_serializable("my_package")(Plain)
    assert "my_package>Plain" not in lib.get_custom_objects()


@keras_3_6("Functions do not have this requirement.")
def test_a_function_needs_no_get_config(lib):
    """Keras 3.6, "Functions do not have this requirement": one can be registered, written and read."""
    lib.register_keras_serializable("my_package")(my_regularizer)
    config = lib.serialize_keras_object(my_regularizer)
    assert lib.deserialize_keras_object(config) is my_regularizer


@keras_3_6(
    "The object will be registered under the key `'package>name'` where `name`, defaults to the object name if not"
    " passed."
)
def test_the_key_is_package_name_with_the_object_name_as_default(lib):
    """Keras 3.6, "under the key `'package>name'`": for a class and for a function, with a name and without."""
    register = lib.register_keras_serializable
    for target, options, key in (
        (Box, {"name": "Crate"}, "my_package>Crate"),
        (MyLayer, {}, "my_package>MyLayer"),
        (my_regularizer, {}, "my_package>my_regularizer"),
    ):
        register("my_package", **options)(target)
        assert lib.get_registered_object(key) is target


def registered_as_in_the_example(lib):
    @lib.register_keras_serializable("my_package")
    class MyDense(keras.layers.Dense):
        pass

    return MyDense


@keras_3_6(
    "Note that `'my_package'` is used as the `package` argument here, and since the `name` argument is not provided,"
    " `'MyDense'` is used as the `name`."
)
def test_the_example_registers_under_the_class_name(lib):
    """Keras 3.6, "`'MyDense'` is used as the `name`": the one new key."""
    before = set(lib.get_custom_objects())
    registered_as_in_the_example(lib)
    assert set(lib.get_custom_objects()) - before == {"my_package>MyDense"}


@keras_3_6(
    "assert get_registered_object('my_package>MyDense') == MyDense"
    " assert get_registered_name(MyDense) == 'my_package>MyDense'"
)
def test_the_assertions_of_the_example_hold(lib):
    """Keras 3.6, the example of `register_keras_serializable`: its two assertions, also when it is run again."""
    for _ in range(2):
        cls = registered_as_in_the_example(lib)
        assert lib.get_registered_object("my_package>MyDense") == cls
        assert lib.get_registered_name(cls) == "my_package>MyDense"


@keras_3_6("package: The package that this class belongs to.")
def test_a_package_keeps_classes_of_one_name_apart(lib):
    """Keras 3.6, "The package that this class belongs to": two packages may have classes of one name."""

    class Other(Box):
        pass

    lib.register_keras_serializable(package="one", name="Box")(Box)
    lib.register_keras_serializable(package="two", name="Box")(Other)
    for cls in (Box, Other):
        assert type(lib.deserialize_keras_object(lib.serialize_keras_object(cls(1)))) is cls


@keras_3_6('This is used for the `key` (which is `"package>name"`) to identify the class.')
def test_the_key_identifies_the_class(lib):
    """Keras 3.6, "to identify the class": the key alone does, module and class name have no say."""
    lib.register_keras_serializable(package="one", name="Crate")(Box)
    config = {"class_name": "X", "module": "no.such.module", "config": {"width": 1}, "registered_name": "one>Crate"}
    assert type(lib.deserialize_keras_object(config)) is Box


@keras_3_6("Note that this is the first argument passed into the decorator.")
def test_the_package_is_the_first_argument(lib):
    """Keras 3.6, "this is the first argument passed into the decorator": by position or by name, the same key."""
    lib.register_keras_serializable("my_package")(Box)
    assert lib.get_registered_name(Box) == "my_package>Box"
    lib.register_keras_serializable(package="other_package")(MyLayer)
    assert lib.get_registered_name(MyLayer) == "other_package>MyLayer"


@keras_3_6("name: The name to serialize this class under in this package.")
def test_a_class_is_serialized_under_the_given_name(lib):
    """Keras 3.6, "The name to serialize this class under in this package": written, and read again, by it."""
    lib.register_keras_serializable("my_package", name="Crate")(Box)
    config = lib.serialize_keras_object(Box(3))
    assert config["registered_name"] == "my_package>Crate"
    assert lib.deserialize_keras_object(config).width == 3


@keras_3_6(
    "If not provided or `None`, the class' name will be used (note that this is the case when the decorator is used"
    " with only one argument, which becomes the `package`)."
)
@pytest.mark.parametrize("arguments", [("my_package",), ("my_package", None)], ids=["not-provided", "None"])
def test_without_a_name_the_class_name_is_used(lib, arguments):
    """Keras 3.6, "If not provided or `None`, the class' name will be used"."""
    lib.register_keras_serializable(*arguments)(Box)
    assert lib.get_registered_name(Box) == "my_package>Box"


@keras_3_6("A decorator that registers the decorated class with the passed names.")
def test_the_decorator_registers_the_class_and_returns_it(lib):
    """Keras 3.6, "A decorator that registers the decorated class with the passed names": it returns that class."""
    decorator = lib.register_keras_serializable("my_package", "Crate")
    assert lib.get_registered_object("my_package>Crate") is None
    assert decorator(Box) is Box
    assert lib.get_registered_object("my_package>Crate") is Box
