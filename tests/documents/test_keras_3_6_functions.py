"""The Keras 3.6 document "Serialization utilities": `serialize_keras_object` and `deserialize_keras_object`.

What the TF 2.15 document says in the same words is tried here too.
"""

from __future__ import annotations

import inspect
import json

import numpy as np
import pytest
from document_framework import keras
from document_sentences import default_alone, keras_3_6, tf_2_15
from document_subjects import Box, MyLayer, model_of, my_regularizer, outputs

OBJECTS = [
    pytest.param(lambda: keras.layers.Dense(3, activation="relu", name="d"), id="layer"),
    pytest.param(lambda: keras.optimizers.SGD(0.1, momentum=0.9), id="optimizer"),
    pytest.param(lambda: keras.metrics.MeanAbsoluteError(name="mae"), id="metric"),
    pytest.param(lambda: keras.losses.Huber(delta=2.0), id="loss"),
    pytest.param(lambda: keras.initializers.TruncatedNormal(stddev=0.5, seed=1), id="initializer"),
    pytest.param(lambda: keras.optimizers.schedules.CosineDecay(0.1, 10), id="schedule"),
]
ADAM = {
    "class_name": "Adam",
    "config": {
        "amsgrad": False,
        "beta_1": 0.8999999761581421,
        "beta_2": 0.9990000128746033,
        "decay": 0.0,
        "epsilon": 1e-07,
        "learning_rate": 0.0010000000474974513,
        "name": "Adam",
    },
    "module": "keras.optimizers",
    "registered_name": None,
}


def lambda_config(lib):
    with pytest.warns(UserWarning, match="lambda"):
        return lib.serialize_keras_object(lambda x: x + 1)


@keras_3_6("keras.saving.serialize_keras_object(obj)")
def test_serialize_keras_object_has_the_documented_signature(lib):
    """Keras 3.6, "serialize_keras_object(obj)": one argument, of that name."""
    assert list(inspect.signature(lib.serialize_keras_object).parameters) == ["obj"]


@keras_3_6("Retrieve the config dict by serializing the Keras object.")
def test_serializing_an_object_gives_its_config_dict(lib):
    """Keras 3.6, "Retrieve the config dict": what `get_config` returns stands in it."""
    layer = keras.layers.Dense(3, name="d")
    config = lib.serialize_keras_object(layer)
    assert (config["class_name"], config["config"]) == ("Dense", layer.get_config())


@keras_3_6(
    "`serialize_keras_object()` serializes a Keras object to a python dictionary that represents the object,"
    " and is a reciprocal function of `deserialize_keras_object()`."
)
@pytest.mark.parametrize("make", OBJECTS)
def test_serializing_and_deserializing_are_reciprocal(lib, make):
    """Keras 3.6, "is a reciprocal function of": object to config to object, and back to the same config."""
    original = make()
    config = lib.serialize_keras_object(original)
    again = lib.deserialize_keras_object(config)
    assert type(again) is type(original)
    assert again.get_config() == original.get_config()
    assert lib.serialize_keras_object(again) == config


@keras_3_6("See `deserialize_keras_object()` for more information about the config format.")
def test_what_is_written_has_the_format_that_is_read(lib):
    """Keras 3.6, "for more information about the config format": one format, of four keys, for both functions."""
    config = lib.serialize_keras_object(keras.losses.Huber())
    assert set(config) == {"class_name", "config", "module", "registered_name"}


@keras_3_6("obj: the Keras object to serialize.")
@pytest.mark.parametrize("make", OBJECTS)
def test_obj_is_the_object_to_serialize(lib, make):
    """Keras 3.6, "obj: the Keras object to serialize": by position and by name."""
    original = make()
    assert lib.serialize_keras_object(obj=original) == lib.serialize_keras_object(original)


@keras_3_6(
    "A python dict that represents the object.",
    read_as="objects and functions give a dict; plain values and lists of them stand for themselves",
)
def test_objects_give_a_dict_and_plain_values_themselves(lib):
    """Keras 3.6, "A python dict that represents the object": false for plain values in every version, and so in ours.

    A dict for `3` or `"relu"` would make configs that no Keras reads.
    """
    assert type(lib.serialize_keras_object(keras.layers.Dense(3))) is dict
    assert type(lib.serialize_keras_object(my_regularizer)) is dict
    for plain in (None, "relu", 3, 0.5, True, [1, "a"]):
        assert lib.serialize_keras_object(plain) == plain


@keras_3_6("The python dict can be deserialized via `deserialize_keras_object()`.")
@pytest.mark.parametrize("make", OBJECTS)
def test_the_dict_can_be_deserialized_also_after_json(lib, make):
    """Keras 3.6, "The python dict can be deserialized": also once it has been JSON text."""
    original = make()
    text = json.dumps(lib.serialize_keras_object(original))
    assert lib.deserialize_keras_object(json.loads(text)).get_config() == original.get_config()


@keras_3_6("keras.saving.deserialize_keras_object( config, custom_objects=None, safe_mode=True, **kwargs )")
@tf_2_15("tf.keras.saving.deserialize_keras_object( config, custom_objects=None, safe_mode=True, **kwargs )")
def test_deserialize_keras_object_has_the_documented_signature(lib):
    """Keras 3.6 and TF 2.15, "(config, custom_objects=None, safe_mode=True, **kwargs)": names, order and defaults."""
    parameters = inspect.signature(lib.deserialize_keras_object).parameters.values()
    assert [(p.name, p.default) for p in parameters][:3] == [
        ("config", inspect.Parameter.empty),
        ("custom_objects", None),
        ("safe_mode", True),
    ]
    assert [p.kind for p in parameters][3:] == [inspect.Parameter.VAR_KEYWORD]


@keras_3_6("Retrieve the object by deserializing the config dict.")
@tf_2_15("Retrieve the object by deserializing the config dict.")
def test_deserializing_a_config_dict_gives_the_object(lib):
    """Keras 3.6 and TF 2.15, "Retrieve the object by deserializing the config dict"."""
    config = {"module": "keras.layers", "class_name": "Dense", "config": {"units": 3}, "registered_name": None}
    layer = lib.deserialize_keras_object(config)
    assert type(layer) is keras.layers.Dense
    assert layer.units == 3


REPRESENTS = (
    "The config dict is a Python dictionary that consists of a set of key-value pairs, and represents a Keras"
    " object, such as an `Optimizer`, `Layer`, `Metrics`, etc."
)


@keras_3_6(REPRESENTS)
@tf_2_15(REPRESENTS)
@pytest.mark.parametrize("make", OBJECTS)
def test_the_config_dict_represents_a_keras_object(lib, make):
    """Keras 3.6 and TF 2.15, "represents a Keras object, such as an Optimizer, Layer, Metrics, etc."."""
    original = make()
    config = lib.serialize_keras_object(original)
    assert type(config) is dict
    assert type(lib.deserialize_keras_object(config)) is type(original)


USES_KEYS = "The saving and loading library uses the following keys to record information of a Keras object:"


@keras_3_6(USES_KEYS)
@tf_2_15(USES_KEYS)
def test_the_four_keys_record_an_object_in_a_file(lib, tmp_path):
    """Keras 3.6 and TF 2.15, "uses the following keys": each layer of a saved model has them."""
    model = model_of(keras.layers.Dense(3), keras.layers.ReLU())
    lib.save_model(model, tmp_path / "m.keras")
    config = lib.load_model(tmp_path / "m.keras").get_config()
    for layer in config["layers"]:
        assert {"class_name", "config", "module", "registered_name"} <= set(layer)


CLASS_NAME = (
    "`class_name`: String. This is the name of the class, as exactly defined in the source code, such as"
    ' "LossesContainer".'
)


@keras_3_6(CLASS_NAME)
@tf_2_15(CLASS_NAME)
def test_class_name_is_the_name_in_the_source_code(lib):
    """Keras 3.6 and TF 2.15, "as exactly defined in the source code": not the registered name."""
    lib.register_keras_serializable("my_package", name="Other")(Box)
    assert lib.serialize_keras_object(Box(1))["class_name"] == "Box"


CONFIG = (
    "`config`: Dict. Library-defined or user-defined key-value pairs that store the configuration of the object,"
    " as obtained by `object.get_config()`."
)


@keras_3_6(CONFIG)
@tf_2_15(CONFIG)
@pytest.mark.parametrize("make", [*OBJECTS, pytest.param(lambda: Box({"a": [1, None]}), id="user-defined")])
def test_config_is_what_get_config_returns(lib, make):
    """Keras 3.6 and TF 2.15, "as obtained by `object.get_config()`": Keras' own pairs and a user's.

    Keras leaves `delta` of a Huber out, and loses it; ours adds it to what was obtained.
    """
    original = make()
    written = lib.serialize_keras_object(original)["config"]
    added = {"delta": 2.0} if lib.name == "hornbook" and isinstance(original, keras.losses.Huber) else {}
    assert written == {**original.get_config(), **added}


@keras_3_6("`module`: String. The path of the python module.")
def test_module_is_the_path_of_the_python_module(lib):
    """Keras 3.6, "The path of the python module": that which defines the class."""
    assert lib.serialize_keras_object(Box(1))["module"] == Box.__module__


@keras_3_6("Built-in Keras classes expect to have prefix `keras`.")
@tf_2_15("Built-in Keras classes expect to have prefix `keras`.")
@pytest.mark.parametrize("make", OBJECTS)
def test_the_module_of_a_built_in_class_has_the_prefix_keras(lib, make):
    """Keras 3.6 and TF 2.15, "Built-in Keras classes expect to have prefix `keras`"."""
    assert lib.serialize_keras_object(make())["module"].startswith("keras.")


REGISTERED_NAME = (
    "`registered_name`: String. The key the class is registered under via"
    " `keras.saving.register_keras_serializable(package, name)` API."
)


@keras_3_6(REGISTERED_NAME)
@tf_2_15(REGISTERED_NAME)
def test_registered_name_is_the_key_of_the_registration(lib):
    """Keras 3.6 and TF 2.15, "The key the class is registered under"."""
    lib.register_keras_serializable("my_package", "Crate")(Box)
    key = lib.serialize_keras_object(Box(1))["registered_name"]
    assert lib.get_custom_objects()[key] is Box


KEY_FORMAT = (
    "The key has the format of '{package}>{name}', where `package` and `name` are the arguments passed to"
    " `register_keras_serializable()`."
)


@keras_3_6(KEY_FORMAT)
@tf_2_15(KEY_FORMAT)
def test_the_key_has_the_format_package_name(lib):
    """Keras 3.6 and TF 2.15, "The key has the format of '{package}>{name}'"."""
    lib.register_keras_serializable(package="my_package", name="Crate")(Box)
    assert lib.serialize_keras_object(Box(1))["registered_name"] == "my_package>Crate"


@keras_3_6("If `name` is not provided, it uses the class name.")
@tf_2_15("If `name` is not provided, it uses the class name.")
def test_without_a_name_the_key_uses_the_class_name(lib):
    """Keras 3.6 and TF 2.15, "If `name` is not provided, it uses the class name"."""
    lib.register_keras_serializable("my_package")(Box)
    assert lib.serialize_keras_object(Box(1))["registered_name"] == "my_package>Box"


NOT_USED = (
    "If `registered_name` successfully resolves to a class (that was registered), the `class_name` and `config`"
    " values in the dict will not be used."
)
NOT_USED_SO = "`class_name` is not used; `config` is: from_config gets it"


@keras_3_6(NOT_USED, read_as=NOT_USED_SO)
@tf_2_15(NOT_USED, read_as=NOT_USED_SO)
def test_a_registered_name_that_resolves_makes_the_class_name_unused(lib):
    """Keras 3.6 and TF 2.15, "`class_name` and `config` values in the dict will not be used": half of it.

    The class name is not used.  The config is, in every version and in ours:
    without it no two objects of a registered class could differ.
    """
    lib.register_keras_serializable("my_package")(Box)
    config = {"class_name": "Nope", "config": {"width": 3}, "registered_name": "my_package>Box"}
    box = lib.deserialize_keras_object(config)
    assert type(box) is Box
    assert box.width == 3


ONLY_CUSTOM = "`registered_name` is only used for non-built-in classes."


@keras_3_6(ONLY_CUSTOM)
@tf_2_15(ONLY_CUSTOM)
@default_alone("in TF 2.15 and Keras 3.6 a registered name that is known wins over the built-in")
@pytest.mark.parametrize("registered_name", ["my_package>MyLayer", "no>such", None])
def test_a_registered_name_on_a_built_in_class_is_not_used(lib, registered_name):
    """Keras 3.6 and TF 2.15, "`registered_name` is only used for non-built-in classes": known or not, it has no say."""
    lib.register_keras_serializable("my_package")(MyLayer)
    config = {
        "class_name": "Dense",
        "config": {"units": 3},
        "module": "keras.layers",
        "registered_name": registered_name,
    }
    assert type(lib.deserialize_keras_object(config)) is keras.layers.Dense


ADAM_EXAMPLE = "For example, the following dictionary represents the built-in Adam optimizer with the relevant config:"
ADAM_RETURNS = "Returns an `Adam` instance identical to the original one."
ADAM_SO = "with `False` for the printed `false`, which Python does not know"


@keras_3_6(ADAM_EXAMPLE)
@tf_2_15(ADAM_EXAMPLE)
@pytest.mark.filterwarnings("ignore:Argument `decay`:UserWarning")
def test_the_example_dictionary_represents_the_adam_optimizer(lib):
    """Keras 3.6 and TF 2.15, "represents the built-in Adam optimizer with the relevant config": each value arrives."""
    config = lib.deserialize_keras_object(ADAM).get_config()
    for name in ("amsgrad", "beta_1", "beta_2", "epsilon", "name"):
        assert config[name] == ADAM["config"][name]
    assert config["learning_rate"] == pytest.approx(ADAM["config"]["learning_rate"], rel=1e-7)


@keras_3_6(ADAM_RETURNS, read_as=ADAM_SO)
@tf_2_15(ADAM_RETURNS, read_as=ADAM_SO)
@pytest.mark.filterwarnings("ignore:Argument `decay`:UserWarning")
def test_the_adam_example_returns_an_adam_identical_to_the_original(lib):
    """Keras 3.6 and TF 2.15, "Returns an `Adam` instance identical to the original one": same class, same config.

    Printed with `false`, the example is a `NameError` in every version.
    """
    original = keras.optimizers.Adam(0.0010000000474974513, 0.8999999761581421, 0.9990000128746033, name="Adam")
    made = lib.deserialize_keras_object(ADAM)
    assert type(made) is type(original)
    assert made.get_config() == original.get_config()


UNEXPORTED = (
    "If the class does not have an exported Keras namespace, the library tracks it by its `module` and `class_name`."
)


@keras_3_6(UNEXPORTED)
@tf_2_15(UNEXPORTED)
def test_a_keras_class_that_is_not_exported_is_tracked_by_module_and_class_name(lib):
    """Keras 3.6 and TF 2.15, "the library tracks it by its `module` and `class_name`": `Functional`, for one."""
    inputs = keras.Input((4,))
    model = keras.Model(inputs, keras.layers.Dense(3)(inputs))
    config = lib.serialize_keras_object(model)
    assert (config["module"], config["class_name"]) == (type(model).__module__, type(model).__name__)
    assert type(lib.deserialize_keras_object(config)) is type(model)


@keras_3_6(UNEXPORTED, read_as="a user's class too, once its module is trusted")
@tf_2_15(UNEXPORTED, read_as="a user's class too, once its module is trusted")
@default_alone("TF 2.15 and Keras 3.6 trust every module that is imported")
def test_a_trusted_class_of_a_user_is_tracked_by_module_and_class_name(lib):
    """Keras 3.6 and TF 2.15, "tracks it by its `module` and `class_name`": a class that nobody registered.

    Without trust it is refused: a config could name any class of any module.
    """
    config = lib.serialize_keras_object(Box(3))
    assert (config["module"], config["class_name"]) == (Box.__module__, "Box")
    with pytest.raises(TypeError, match="Box"):
        lib.deserialize_keras_object(config)
    box = lib.deserialize_keras_object(config, **lib.trusting(f"{Box.__module__}.Box"))
    assert type(box) is Box
    assert box.width == 3


METRICS = [keras.metrics.MeanAbsoluteError, keras.metrics.MeanSquaredError]


def metrics_list_config(lib):
    metrics = [lib.serialize_keras_object(cls(name=cls.__name__)) for cls in METRICS]
    return {
        "class_name": "MetricsList",
        "config": {"name": "metrics_list", "metrics": metrics, "output_name": None},
        "module": "keras.trainers.compile_utils",
        "registered_name": "MetricsList",
    }


@keras_3_6("Returns a `MetricsList` instance identical to the original one.")
def test_the_metrics_list_example_returns_one_identical_to_the_original(lib):
    """Keras 3.6, "Returns a `MetricsList` instance identical to the original one": with its metrics, which work."""
    from keras.src.trainers.compile_utils import MetricsList

    original = MetricsList([cls(name=cls.__name__) for cls in METRICS])
    made = lib.deserialize_keras_object(metrics_list_config(lib))
    assert type(made) is MetricsList
    assert (made.name, made.output_name) == (original.name, original.output_name)
    assert [type(metric) for metric in made.metrics] == METRICS
    assert [m.get_config() for m in made.metrics] == [m.get_config() for m in original.metrics]
    for metrics in (made, original):
        metrics.update_state(keras.ops.ones((2, 1)), keras.ops.zeros((2, 1)), sample_weight=keras.ops.ones((2,)))
    assert made.get_result() == original.get_result()


def modified_mean_squared_error(lib):
    @lib.register_keras_serializable(package="my_package")
    class ModifiedMeanSquaredError(keras.losses.MeanSquaredError):
        pass

    return ModifiedMeanSquaredError


MODIFIED = {
    "class_name": "ModifiedMeanSquaredError",
    "config": {"fn": "mean_squared_error", "name": "mean_squared_error", "reduction": "auto"},
    "registered_name": "my_package>ModifiedMeanSquaredError",
}
MODIFIED_EXAMPLE = "And the following dictionary represents a user-customized `MeanSquaredError` loss:"
MODIFIED_RETURNS = "Returns the `ModifiedMeanSquaredError` object"


@keras_3_6(MODIFIED_EXAMPLE)
@tf_2_15(MODIFIED_EXAMPLE)
def test_the_example_dictionary_represents_a_user_customized_loss(lib):
    """Keras 3.6 and TF 2.15, "represents a user-customized `MeanSquaredError` loss": it computes what that computes."""
    modified_mean_squared_error(lib)
    loss = lib.deserialize_keras_object(MODIFIED)
    assert loss.name == "mean_squared_error"
    assert float(loss(np.array([[0.0, 1.0], [0.0, 0.0]]), np.array([[1.0, 1.0], [1.0, 0.0]]))) == pytest.approx(0.5)


@keras_3_6(MODIFIED_RETURNS)
@tf_2_15(MODIFIED_RETURNS)
def test_the_modified_loss_example_returns_an_object_of_the_registered_class(lib):
    """Keras 3.6 and TF 2.15, "Returns the `ModifiedMeanSquaredError` object": from `fn` and `"auto"` as printed."""
    cls = modified_mean_squared_error(lib)
    assert type(lib.deserialize_keras_object(MODIFIED)) is cls


@keras_3_6("config: Python dict describing the object.")
@tf_2_15("`config` Python dict describing the object.")
def test_config_describes_the_object(lib):
    """Keras 3.6 and TF 2.15, "config: Python dict describing the object": by position and by name."""
    config = lib.serialize_keras_object(keras.layers.Dense(3, name="d"))
    for layer in (lib.deserialize_keras_object(config), lib.deserialize_keras_object(config=config)):
        assert (layer.name, layer.units) == ("d", 3)


CUSTOM_OBJECTS = "Python dict containing a mapping between custom object names the corresponding classes or functions."


@keras_3_6(f"custom_objects: {CUSTOM_OBJECTS}")
@tf_2_15(f"`custom_objects` {CUSTOM_OBJECTS}")
def test_custom_objects_maps_names_to_classes_and_functions(lib):
    """Keras 3.6 and TF 2.15, "a mapping between custom object names [and] the corresponding classes or functions"."""
    layer = MyLayer(3, kernel_regularizer=my_regularizer)
    config = lib.serialize_keras_object(layer)
    given = {"MyLayer": MyLayer, "my_regularizer": my_regularizer}
    made = lib.deserialize_keras_object(config, custom_objects=given)
    assert type(made) is MyLayer
    assert made.kernel_regularizer is my_regularizer


SAFE_MODE = "Boolean, whether to disallow unsafe `lambda` deserialization."


@keras_3_6(f"safe_mode: {SAFE_MODE}")
@tf_2_15(f"`safe_mode` {SAFE_MODE}")
def test_safe_mode_disallows_a_lambda(lib):
    """Keras 3.6 and TF 2.15, "whether to disallow unsafe `lambda` deserialization": true refuses, false allows."""
    config = lambda_config(lib)
    with pytest.raises(ValueError, match="lambda"):
        lib.deserialize_keras_object(config, safe_mode=True)
    assert lib.deserialize_keras_object(config, safe_mode=False)(1) == 2


ARBITRARY_CODE = "When `safe_mode=False`, loading an object has the potential to trigger arbitrary code execution."


@keras_3_6(ARBITRARY_CODE)
@tf_2_15(ARBITRARY_CODE)
def test_without_safe_mode_the_code_of_a_file_runs(lib, tmp_path):
    """Keras 3.6 and TF 2.15, "has the potential to trigger arbitrary code execution": building calls the lambda."""
    model = model_of(keras.layers.Lambda(lambda x: x * 2, output_shape=(4,)))
    lib.save_model(model, tmp_path / "m.keras")
    loaded = lib.load_model(tmp_path / "m.keras", safe_mode=False)
    assert (outputs(loaded) == outputs(model)).all()


V3_ONLY = "This argument is only applicable to the Keras v3 model format."
V3_ONLY_SO = "`safe_mode` is an argument of that format; a lambda in another one, as JSON, is refused as well"


@keras_3_6(V3_ONLY, read_as=V3_ONLY_SO)
@tf_2_15(V3_ONLY, read_as=V3_ONLY_SO)
def test_a_lambda_is_refused_in_the_v3_format_and_in_json(lib, tmp_path):
    """Keras 3.6 and TF 2.15, "only applicable to the Keras v3 model format": no other form is a way around it.

    Byte code in an older form is the same danger; Keras itself refuses it
    since 3.11.3.
    """
    model = model_of(keras.layers.Lambda(lambda x: x * 2, output_shape=(4,)))
    lib.save_model(model, tmp_path / "m.keras")
    with pytest.raises(ValueError, match="lambda"):
        lib.load_model(tmp_path / "m.keras")
    with pytest.raises(ValueError, match="lambda"):
        lib.model_from_json(model.to_json())


@keras_3_6("Defaults to `True`.")
@tf_2_15("Defaults to `True`.")
def test_safe_mode_is_on_by_default(lib):
    """Keras 3.6 and TF 2.15, "Defaults to `True`": a lambda is refused by a call that does not mention safe_mode."""
    config = lambda_config(lib)
    with pytest.raises(ValueError, match="lambda"):
        lib.deserialize_keras_object(config)


@keras_3_6("The object described by the `config` dictionary.")
@tf_2_15("The object described by the `config` dictionary.")
@pytest.mark.parametrize("make", OBJECTS)
def test_the_object_that_the_config_describes_is_returned(lib, make):
    """Keras 3.6 and TF 2.15, "The object described by the `config` dictionary": a new one, equal to the original."""
    original = make()
    made = lib.deserialize_keras_object(lib.serialize_keras_object(original))
    assert made is not original
    assert made.get_config() == original.get_config()
