"""A config of ours is that of Keras, but for shared ids and where Keras' own would not come back."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from hypothesis import given
from keras import layers

import hornbook

from .strategies import DETERMINISTIC, equal, values


def without_ids(config):
    """Return a config without shared ids."""
    if isinstance(config, dict):
        return {key: without_ids(value) for key, value in config.items() if key != "shared_object_id"}
    if isinstance(config, (list, tuple)):
        return type(config)(without_ids(value) for value in config)
    return config


def assert_as_keras(obj):
    """Check that both write `obj` alike, types and order of keys included."""
    ours = without_ids(hornbook.serialize_keras_object(obj))
    theirs = portable(without_ids(keras.saving.serialize_keras_object(obj)))
    assert ours == theirs
    assert equal(ours, theirs)


def portable(config):
    """Return a config with the public names of optimizers: with PyTorch, Keras writes a class of that backend."""
    if isinstance(config, (list, tuple)):
        return type(config)(portable(value) for value in config)
    if not isinstance(config, dict):
        return config
    config = {key: portable(value) for key, value in config.items()}
    if str(config.get("module")).startswith("keras.src.backend.torch.optimizers."):
        config |= {"module": "keras.optimizers", "registered_name": None}
    return config


@DETERMINISTIC
@given(values)
def test_plain_values_are_written_as_keras_writes_them(value):
    """Containers, bytes, slices, ellipses and arrays have the same form."""
    ours, theirs = hornbook.serialize_keras_object(value), keras.saving.serialize_keras_object(value)
    assert equal(ours, theirs)


SCALARS = [np.float32(1.5), np.float64(1.5), np.int8(3), np.bool_(True), np.str_("a"), np.array(2), np.array(2.5)]


@pytest.mark.parametrize("value", SCALARS, ids=repr)
def test_numpy_scalars_are_written_as_keras_writes_them(value):
    """Scalars and arrays without dimensions are plain values."""
    assert hornbook.serialize_keras_object(value) == keras.saving.serialize_keras_object(value)
    assert_as_keras({"a": [value]})


@pytest.mark.parametrize("dtype", ["bool", "int8", "int32", "uint8", "float16", "bfloat16", "float32"])
def test_tensors_are_written_as_keras_writes_them(dtype):
    """Tensors of the backend, and variables' values, have the same form."""
    tensor = keras.ops.convert_to_tensor([[0, 1], [1, 0]], dtype=dtype)
    assert_as_keras({"a": [tensor]})


def custom(x):
    return x


class Mine(layers.Layer):
    """A layer that is not registered, and has its own idea of a config."""

    def __init__(self, inner=None, values=(), **kwargs):
        super().__init__(**kwargs)
        self.inner = inner
        self.values = values

    def call(self, x):
        return x

    def get_config(self):
        return {**super().get_config(), "inner": self.inner, "values": self.values}


OBJECTS = {
    "Dense": lambda: layers.Dense(3),
    "Dense with all": lambda: layers.Dense(
        3,
        activation="relu",
        kernel_initializer=keras.initializers.HeNormal(seed=3),
        kernel_regularizer="l2",
        bias_constraint="non_neg",
        dtype="mixed_float16",
        trainable=False,
    ),
    "Dense with a function": lambda: layers.Dense(3, activation=custom, kernel_regularizer=custom),
    "a built Dense": lambda: (made := layers.Dense(3)).build((None, 2)) or made,
    "EinsumDense": lambda: layers.EinsumDense("ab,bc->ac", 4, bias_axes="c"),
    "Conv2D": lambda: layers.Conv2D(4, (3, 3), padding="same", data_format="channels_last"),
    "DepthwiseConv1D": lambda: layers.DepthwiseConv1D(3, depth_multiplier=2),
    "Embedding": lambda: layers.Embedding(10, 4, embeddings_regularizer=keras.regularizers.L1(0.1)),
    "LSTM": lambda: layers.LSTM(4, return_sequences=True, recurrent_dropout=0.1),
    "RNN": lambda: layers.RNN([layers.LSTMCell(3), layers.GRUCell(2)]),
    "Bidirectional": lambda: layers.Bidirectional(layers.GRU(3), merge_mode="sum"),
    "TimeDistributed": lambda: layers.TimeDistributed(layers.Dense(2)),
    "MultiHeadAttention": lambda: layers.MultiHeadAttention(2, 4, attention_axes=(1,)),
    "BatchNormalization": lambda: layers.BatchNormalization(axis=1),
    "SpectralNormalization": lambda: layers.SpectralNormalization(layers.Conv1D(2, 3)),
    "Lambda": lambda: layers.Lambda(custom, arguments={"a": 1}),
    "InputLayer": lambda: layers.InputLayer((None, 3), dtype="int32", name="in"),
    "Activation": lambda: layers.Activation(keras.activations.gelu),
    "Resizing": lambda: layers.Resizing(4, 5, crop_to_aspect_ratio=True),
    "Normalization": lambda: layers.Normalization(mean=[1.0, 2.0], variance=[1.0, 4.0], axis=-1),
    "Rescaling": lambda: layers.Rescaling(scale=1 / 255, offset=[1.0]),
    "a layer of one's own": lambda: Mine(layers.Dense(2), (1, "a", [None], {"b": np.arange(3)})),
    "GlorotUniform": lambda: keras.initializers.GlorotUniform(seed=1),
    "a seeded initializer": lambda: keras.initializers.RandomNormal(seed=keras.random.SeedGenerator(7)),
    "Constant": lambda: keras.initializers.Constant(np.ones((2, 2), "float32")),
    "Orthogonal": lambda: keras.initializers.Orthogonal(gain=2.0, seed=1),
    "L1L2": lambda: keras.regularizers.L1L2(0.1, 0.2),
    "OrthogonalRegularizer": lambda: keras.regularizers.OrthogonalRegularizer(0.1, mode="columns"),
    "MinMaxNorm": lambda: keras.constraints.MinMaxNorm(0.1, 2, axis=[0, 1]),
    "a loss": lambda: keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=0.1),
    "Huber": lambda: keras.losses.Huber(reduction="sum"),
    "a metric": lambda: keras.metrics.AUC(num_thresholds=5, curve="PR"),
    "MeanMetricWrapper": lambda: keras.metrics.MeanMetricWrapper(custom, name="m"),
    "TopK": lambda: keras.metrics.TopKCategoricalAccuracy(k=3, dtype="float32"),
    "SGD": lambda: keras.optimizers.SGD(0.1, momentum=0.9, nesterov=True),
    "Adam with a schedule": lambda: keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(0.1, 10)),
    "AdamW": lambda: keras.optimizers.AdamW(weight_decay=0.1, clipnorm=1.0, use_ema=True),
    "LossScaleOptimizer": lambda: keras.optimizers.LossScaleOptimizer(keras.optimizers.RMSprop(0.1)),
    "a schedule": lambda: keras.optimizers.schedules.PiecewiseConstantDecay([1, 2], [0.1, 0.2, 0.3]),
    "a dtype policy": lambda: keras.dtype_policies.DTypePolicy("mixed_bfloat16"),
    "a seed generator": lambda: keras.random.SeedGenerator(3),
    "a KerasTensor": lambda: keras.KerasTensor((None, 3), dtype="int32", name="t"),
    "a KerasTensor with a history": lambda: layers.Dense(2, name="d")(keras.Input((3,), name="i")),
    "a built-in function": lambda: keras.activations.relu,
    "a function": lambda: custom,
}


def test_what_keras_leaves_out_is_added_at_the_end():
    """The rest is as Keras writes it."""
    huber = keras.losses.Huber(2.0, reduction="sum")
    theirs = keras.saving.serialize_keras_object(huber)
    theirs["config"]["delta"] = 2.0
    assert equal(hornbook.serialize_keras_object(huber), theirs)


@pytest.mark.parametrize("kind", OBJECTS)
def test_an_object_is_written_as_keras_writes_it(kind):
    """Layers, initializers, losses, metrics, optimizers and functions have the same config."""
    made = OBJECTS[kind]()
    assert_as_keras(made)
    assert_as_keras({"a": [made, (made, 1)]})


def compiled(model, **arguments):
    """Return a model after compiling it."""
    model.compile(**{"optimizer": "adam", "loss": "mse", **arguments})
    return model


def sequential():
    return keras.Sequential([keras.Input((3,)), layers.Dense(2), layers.Dropout(0.1), layers.Dense(1)], name="s")


def functional():
    one, two = keras.Input((3,), name="one"), keras.Input((3,), name="two")
    shared = layers.Dense(2, name="shared")
    joined = layers.Concatenate()([shared(one), shared(two), keras.ops.tanh(one) * 2.0])
    return keras.Model({"one": one, "two": two}, [layers.Dense(1, name="out")(joined), joined[:, :1]], name="f")


def nested():
    inputs = keras.Input((3,))
    return keras.Model(inputs, layers.Dense(1)(sequential()(inputs)))


def trained():
    model = compiled(sequential(), metrics=["mae"])
    model.fit(np.zeros((4, 3)), np.zeros((4, 1)), verbose=0)
    return model


MODELS = {
    "Sequential": sequential,
    "Sequential without an input": lambda: keras.Sequential([layers.Dense(2)]),
    "a built Sequential": lambda: (made := keras.Sequential([layers.Dense(2)])).build((None, 3)) or made,
    "an empty Sequential": keras.Sequential,
    "Functional": functional,
    "a nested model": nested,
    "compiled by names": lambda: compiled(sequential(), metrics=["mae", "acc"]),
    "compiled by objects": lambda: compiled(
        sequential(),
        optimizer=keras.optimizers.Nadam(1e-3),
        loss=keras.losses.Huber(),
        metrics=[keras.metrics.RootMeanSquaredError()],
        weighted_metrics=["mse"],
        loss_weights=[0.5],
        run_eagerly=False,
    ),
    "compiled by functions": lambda: compiled(sequential(), loss=custom, metrics=[custom]),
    "compiled by dicts": lambda: compiled(functional(), loss=["mse", None], metrics=[["mae"], []]),
    "compiled and trained": trained,
    "with a layer of one's own": lambda: keras.Sequential([keras.Input((2,)), Mine(None, {"a": (1, 2)})]),
}


@pytest.mark.parametrize("kind", MODELS)
def test_a_model_is_written_as_keras_writes_it(kind):
    """Models have the same config, build config and compile config."""
    assert_as_keras(MODELS[kind]())


@pytest.mark.parametrize("kind", MODELS)
def test_a_model_reads_and_writes_the_same_config_again(kind):
    """What is read of a config has that config."""
    model = MODELS[kind]()
    config = without_ids(hornbook.serialize_keras_object(model))
    made = hornbook.deserialize_keras_object(config, custom_objects={"Mine": Mine, "custom": custom})
    assert type(made) is type(model)
    again = without_ids(hornbook.serialize_keras_object(made))
    for part in ("build_config", "compile_config"):
        assert again.get(part) == config.get(part)
