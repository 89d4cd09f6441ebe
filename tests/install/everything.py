"""Uses all that Keras' serialization system does, with its own code made to raise.

Run as a program: the functions of the system raise before `hornbook.install()`,
so whatever still reaches one of them fails.  Prints what came of each use, as
JSON: nothing, or the traceback.
"""

from __future__ import annotations

import copy
import inspect
import json
import pickle
import sys
import tempfile
import traceback
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras.src.legacy.saving import legacy_h5_format
from keras.src.legacy.saving import serialization as legacy
from keras.src.models import model as models
from keras.src.saving import object_registration, saving_api, saving_lib, serialization_lib

import hornbook

# They only keep state, which ours reads: safe mode, and what is shared.
KEPT = {"SafeModeScope", "ObjectSharingScope", "in_safe_mode", "enable_unsafe_deserialization", "SerializableDict"}
KEPT |= {"DisableSharedObjectScope", "NoopLoadingScope", "SharedObjectConfig", "skip_failed_serialization"}
KEPT |= {"SharedObjectLoadingScope", "SharedObjectSavingScope"}
KEPT |= {"_shared_object_disabled", "_shared_object_loading_scope", "_shared_object_saving_scope"}
MODEL_FILES = {
    saving_api: ("load_model", "save_model"),
    saving_lib: (
        "load_model",
        "save_model",
        "_load_model_from_dir",
        "_load_model_from_fileobj",
        "_model_from_config",
        "_save_model_to_dir",
        "_save_model_to_fileobj",
    ),
    models: ("model_from_json",),
}
USES: dict[str, Callable[[], None]] = {}


def originals() -> Iterator[types.FunctionType]:
    """Yield the functions and methods of the system."""
    for module in (object_registration, serialization_lib, legacy):
        for name, value in vars(module).items():
            if name in KEPT or getattr(value, "__module__", None) != module.__name__:
                continue
            for function in vars(value).values() if isinstance(value, type) else [value]:
                if isinstance(function, types.FunctionType):
                    yield function
    for module, names in MODEL_FILES.items():
        yield from (getattr(module, name) for name in names if hasattr(module, name))


def raises(*args: object, **kwargs: object) -> None:
    raise AssertionError("the original was called")


def use(function: Callable[[], None]) -> Callable[[], None]:
    USES[function.__name__] = function
    return function


def equal(one: Any, other: Any) -> None:
    assert json.dumps(one, default=str) == json.dumps(other, default=str), (one, other)


# ------------------------------------------------------------ built-ins
def round_trips(space: Any, names: list[str]) -> None:
    for name in names:
        value = getattr(space, name)
        made = value() if isinstance(value, type) else value
        config = space.serialize(made)
        again = space.deserialize(config)
        if isinstance(made, types.FunctionType):
            assert again is made is space.get(name)
            continue
        equal(again.get_config(), made.get_config())
        assert type(space.get(json.loads(json.dumps(config)) if isinstance(config, dict) else config)) is type(made)
        assert type(space.get(name)) is type(made)


@use
def initializers() -> None:
    round_trips(keras.initializers, ["GlorotUniform", "Zeros", "RandomNormal", "Orthogonal"])


@use
def regularizers() -> None:
    round_trips(keras.regularizers, ["L1", "L2", "L1L2"])


@use
def constraints() -> None:
    round_trips(keras.constraints, ["MaxNorm", "NonNeg", "UnitNorm"])


@use
def losses() -> None:
    round_trips(keras.losses, ["MeanSquaredError", "BinaryCrossentropy", "mean_squared_error"])


@use
def metrics() -> None:
    round_trips(keras.metrics, ["Mean", "AUC", "CategoricalAccuracy", "Accuracy"])


@use
def activations() -> None:
    round_trips(keras.activations, ["relu", "softmax", "gelu"])


@use
def optimizers() -> None:
    round_trips(keras.optimizers, ["Adam", "SGD", "RMSprop"])
    schedule = keras.optimizers.schedules.ExponentialDecay(0.1, 10, 0.9)
    again = keras.optimizers.schedules.deserialize(keras.optimizers.schedules.serialize(schedule))
    equal(again.get_config(), schedule.get_config())
    scheduled = keras.optimizers.deserialize(keras.optimizers.serialize(keras.optimizers.Adam(schedule)))
    assert isinstance(scheduled._learning_rate, keras.optimizers.schedules.ExponentialDecay)


@use
def layers() -> None:
    dense = keras.layers.Dense(
        2, activation="relu", kernel_regularizer="l2", kernel_constraint="max_norm", dtype="mixed_float16"
    )
    for layer in (
        dense,
        keras.layers.Masking(2.0),
        keras.layers.Bidirectional(keras.layers.LSTM(2)),
        keras.layers.TimeDistributed(dense),
        keras.layers.MultiHeadAttention(2, 3),
        keras.layers.RNN([keras.layers.GRUCell(2), keras.layers.LSTMCell(3)]),
        keras.layers.Normalization(mean=0.0, variance=1.0),
        keras.layers.Rescaling(0.5),
        keras.layers.Discretization([0.0, 1.0]),
        keras.layers.Lambda(keras.ops.relu),
    ):
        config = json.loads(json.dumps(keras.layers.serialize(layer)))
        again = keras.layers.deserialize(config)
        equal(keras.layers.serialize(again), config)
        equal(type(layer).from_config(layer.get_config()).get_config(), layer.get_config())


# ------------------------------------------------------------ own objects
class Doubled(keras.layers.Layer):
    def __init__(self, inner: Any = None, **more: Any) -> None:
        super().__init__(**more)
        self.inner = keras.saving.deserialize_keras_object(inner)

    def call(self, inputs: Any) -> Any:
        return inputs * 2

    def get_config(self) -> dict:
        return {**super().get_config(), "inner": keras.saving.serialize_keras_object(self.inner)}


@use
def registered_objects() -> None:
    keras.saving.register_keras_serializable("everything")(Doubled)
    assert keras.saving.get_registered_name(Doubled) == "everything>Doubled"
    assert keras.saving.get_registered_object("everything>Doubled") is Doubled
    inner = {"module": "keras.regularizers", "class_name": "L2", "config": {"l2": 0.5}}
    again = keras.layers.deserialize(keras.layers.serialize(Doubled(inner)))
    assert again.inner.l2 == 0.5
    assert keras.saving.get_custom_objects().pop("everything>Doubled") is Doubled


@use
def scopes() -> None:
    def tripled(x: Any) -> Any:
        return x * 3

    config = keras.layers.serialize(keras.layers.Dense(1, activation=tripled))
    with keras.utils.custom_object_scope({"tripled": tripled}), keras.saving.CustomObjectScope({"other": len}):
        assert keras.layers.deserialize(config).activation is tripled
        assert keras.layers.Dense(1, activation="tripled").activation is tripled
    assert keras.layers.deserialize(config, {"tripled": tripled}).activation is tripled


@use
def plain_values() -> None:
    values = {"a": [1, 2.0, None, b"b", slice(1, 2), ...], "b": np.ones((2, 2)), "c": keras.ops.ones((2,))}
    again = keras.saving.deserialize_keras_object(json.loads(json.dumps(keras.saving.serialize_keras_object(values))))
    assert again["a"] == values["a"]
    np.testing.assert_array_equal(again["b"], values["b"])
    equal(serialization_lib.SerializableDict(a=1).serialize(), {"a": 1})


@use
def lambdas() -> None:
    config = keras.layers.serialize(keras.layers.Lambda(lambda x: x + 1))
    try:
        keras.layers.deserialize(config)
    except ValueError:
        pass
    else:
        raise AssertionError("a lambda was loaded in safe mode")
    with serialization_lib.SafeModeScope(safe_mode=False):
        assert keras.layers.deserialize(config).function(1) == 2
    assert keras.saving.deserialize_keras_object(config, safe_mode=False).function(1) == 2
    with serialization_lib.SafeModeScope():
        keras.config.enable_unsafe_deserialization()
        assert keras.layers.deserialize(config).function(1) == 2


@use
def dtype_policies() -> None:
    policy = keras.dtype_policies.get("mixed_bfloat16")
    config = keras.dtype_policies.serialize(policy)
    assert keras.dtype_policies.deserialize(config) == policy == keras.dtype_policies.get(config)


# ------------------------------------------------------------ models
class Subclassed(keras.Model):
    def __init__(self, units: int = 2, **more: Any) -> None:
        super().__init__(**more)
        self.units = units
        self.dense = keras.layers.Dense(units)

    def call(self, inputs: Any) -> Any:
        return self.dense(inputs)

    def get_config(self) -> dict:
        return {**super().get_config(), "units": self.units}


def some_models() -> Iterator[keras.Model]:
    yield keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, kernel_regularizer="l1"), keras.layers.ReLU()])
    inputs = keras.Input((3,))
    shared = keras.layers.Dense(3)
    x = shared(inputs) + keras.ops.relu(shared(inputs))[:, :3]
    yield keras.Model({"a": inputs}, [keras.layers.Masking()(x), keras.layers.Concatenate()([x, inputs])])
    subclassed = Subclassed()
    subclassed(np.ones((2, 3)))
    yield subclassed


@use
def model_configs() -> None:
    known = {"Subclassed": Subclassed}
    for model in some_models():
        again = keras.models.model_from_json(model.to_json(), custom_objects=known)
        equal(json.loads(again.to_json()), json.loads(model.to_json()))
        with keras.saving.custom_object_scope(known):
            equal(type(model).from_config(model.get_config()).get_config(), model.get_config())
        again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(model), custom_objects=known)
        assert type(again) is type(model)


@use
def clones() -> None:
    *cloneable, _ = some_models()
    for model in cloneable:
        assert len(keras.models.clone_model(model).layers) == len(model.layers)


@use
def model_files() -> None:
    for model in some_models():
        model.compile("adam", keras.losses.Huber(), metrics=["mae"])
        with tempfile.TemporaryDirectory() as folder:
            model.save(Path(folder, "a.keras"))
            keras.models.save_model(model, str(Path(folder, "b")), zipped=False)
            for name in ("a.keras", "b"):
                again = keras.models.load_model(Path(folder, name), custom_objects={"Subclassed": Subclassed})
                equal(again.get_compile_config(), model.get_compile_config())
                for one, other in zip(again.weights, model.weights, strict=True):
                    np.testing.assert_array_equal(one, other)


@use
def copies_and_pickles() -> None:
    for value in (next(some_models()), keras.layers.Dense(2), keras.optimizers.Adam(), keras.metrics.AUC()):
        for again in (copy.deepcopy(value), pickle.loads(pickle.dumps(value))):
            equal(again.get_config(), value.get_config())


@use
def a_feature_space() -> None:
    space = keras.utils.FeatureSpace({"a": keras.utils.FeatureSpace.float()}, output_mode="dict")
    assert space.get_config()["features"]["a"]["class_name"]
    assert type(keras.utils.FeatureSpace.from_config(space.get_config())) is type(space)


@use
def the_flat_form() -> None:
    layers = {"Dense": keras.layers.Dense}
    layer = keras.layers.Dense(3, name="d", kernel_regularizer=keras.regularizers.L2(0.5))
    config = legacy.serialize_keras_object(layer)
    again = legacy.deserialize_keras_object(config, layers)
    equal(again.get_config(), layer.get_config())
    assert legacy.deserialize_keras_object("relu", vars(keras.activations)) is keras.activations.relu
    with legacy.SharedObjectSavingScope():
        first, second = (legacy.serialize_keras_object(layer) for _ in range(2))
    assert first["shared_object_id"] == second["shared_object_id"] == 0
    with legacy.SharedObjectLoadingScope():
        assert legacy.deserialize_keras_object(first, layers) is legacy.deserialize_keras_object(second, layers)


@use
def hdf5_files() -> None:
    model = next(some_models())
    model.compile("sgd", "mse")
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder, "a.h5"))
        legacy_h5_format.save_model_to_hdf5(model, path)
        again = legacy_h5_format.load_model_from_hdf5(path)
        for one, other in zip(again.weights, model.weights, strict=True):
            np.testing.assert_array_equal(one, other)


def main() -> None:
    for function in list(originals()):
        # The same signature: a call with wrong arguments must fail as it did.
        assert inspect.isfunction(function)
        if not function.__code__.co_freevars:
            function.__code__ = raises.__code__
    results: dict[str, str | None] = {}
    with hornbook.install():
        for name, function in USES.items():
            try:
                function()
                results[name] = None
            except Exception:
                results[name] = traceback.format_exc()
    print(json.dumps({"uses": results, "legacy": legacy.__name__}))


if __name__ == "__main__":
    sys.exit(main())
