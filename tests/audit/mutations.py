"""Configs of real models, and the same with one or two things in them that do not belong there."""

from __future__ import annotations

import base64
import json
import marshal
from copy import deepcopy
from functools import cache
from typing import Any

import keras
from hypothesis import strategies as st

import hornbook

layers = keras.layers
BYTE_CODE = base64.b64encode(marshal.dumps((lambda x: x).__code__)).decode()


@hornbook.register_keras_serializable("audited")
class Doubled(layers.Layer):
    """A layer of the user's, which brings an object of its own."""

    def __init__(self, inner=None, **kwargs):
        super().__init__(**kwargs)
        self.inner = inner

    def call(self, inputs):
        return inputs * 2

    def get_config(self):
        return {**super().get_config(), "inner": self.inner}


@hornbook.register_keras_serializable("audited")
def halved(inputs):
    return inputs / 2


# A name that is a name and nothing else; torch takes no dot in one.
SUSPICIOUS = "eval" if keras.backend.backend() == "torch" else "os.system"


def _sequential():
    return keras.Sequential([keras.Input((4,)), layers.Dense(3, "relu", name=SUSPICIOUS), layers.Dense(2)])


def _functional():
    inputs = keras.Input((8, 8, 3))
    left = layers.Conv2D(4, 3, kernel_regularizer=keras.regularizers.L2(0.1), kernel_initializer="he_normal")(inputs)
    right = layers.BatchNormalization()(layers.Conv2D(4, 3, activation="gelu")(inputs))
    joined = layers.Flatten()(layers.Add()([left, right]))
    return keras.Model(inputs, layers.Dense(1)(keras.ops.tanh(joined) + 1.0))


def _recurrent():
    inputs = keras.Input((5, 4))
    both = layers.Bidirectional(layers.GRU(3, return_sequences=True))(inputs)
    return keras.Model(inputs, layers.TimeDistributed(layers.Dense(2))(layers.RNN(layers.LSTMCell(3))(both)[:, None]))


def _nested():
    model = _sequential()
    return keras.Sequential([keras.Input((4,)), layers.Dense(4), model, layers.Dropout(0.5)])


def _compiled():
    model = _sequential()
    rate = keras.optimizers.schedules.ExponentialDecay(0.1, 10, 0.9)
    model.compile(keras.optimizers.Adam(rate), loss="mse", metrics=["mae", keras.metrics.AUC(num_thresholds=20)])
    return model


def _own():
    return keras.Sequential([keras.Input((4,)), Doubled(inner=[1, "a/b"]), layers.Lambda(halved), layers.Dense(1)])


def _scaled():
    return keras.Sequential(
        [keras.Input((4,)), layers.Rescaling(0.5), layers.Normalization(mean=[0.0] * 4, variance=[1.0] * 4)]
    )


BUILDERS = (_sequential, _functional, _recurrent, _nested, _compiled, _own, _scaled)


@cache
def _texts() -> tuple[str, ...]:
    return tuple(json.dumps(hornbook.serialize_keras_object(build())) for build in BUILDERS)


def benign(number: int) -> dict[str, Any]:
    """Return the config of one of the models."""
    config: dict[str, Any] = json.loads(_texts()[number])
    return config


def _named(module, name, config=None, registered=None):
    return {"module": module, "class_name": name, "config": config or {}, "registered_name": registered}


def _function(name, module="builtins"):
    return {"module": module, "class_name": "function", "config": name, "registered_name": "function"}


# What a file may put where something else belongs.
FOREIGN: tuple[Any, ...] = (
    {"class_name": "__lambda__", "config": {"value": [BYTE_CODE, None, None]}},
    {"class_name": "__lambda__", "config": {"code": BYTE_CODE, "defaults": None, "closure": None}},
    _function("system", "os"),
    _function("get_file", "keras.utils"),
    _function("set_floatx", "keras.config"),
    _function("halved"),
    _function("relu"),
    _function("no_such_function"),
    _named("keras.layers", "Dense", {"units": 3}),
    _named("keras.metrics", "AUC"),
    _named("keras.initializers", "Zeros"),
    _named("keras.losses", "MeanSquaredError"),
    _named("keras.layers", "TFSMLayer", {"filepath": "/etc"}),
    _named("keras.utils", "FeatureSpace"),
    _named("subprocess", "Popen", {"args": ["true"]}),
    _named("audited", "Doubled", {}, "audited>Doubled"),
    _named("nobody", "Nothing", {}, "nobody>Nothing"),
    _named("audited", "Doubled", {"inner": _named("nobody", "Nothing")}, "audited>Doubled"),
    10**9,
    10**30,
    -1,
    True,
    3.5,
    "/etc/passwd",
    "https://example.org/words.txt",
    "U400000000",
    "relu",
    "no_such_activation",
    "Dense",
    ["a"] * 5,
    [[]],
    {},
    None,
)
NAMES = ("Dense", "Lambda", "Sequential", "function", "os.system", "__lambda__", "Adam", "audited>Doubled", "keras", 3)


def _paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    members: Any = ()
    if isinstance(value, dict):
        members = value.items()
    elif isinstance(value, list):
        members = enumerate(value)
    return [path, *(found for step, member in members for found in _paths(member, (*path, step)))]


def _at(config: Any, path: tuple[Any, ...]) -> Any:
    for step in path:
        config = config[step]
    return config


@st.composite
def configs(draw: Any) -> dict[str, Any]:
    """Draw the config of a model with up to two things changed."""
    config = deepcopy(benign(draw(st.integers(0, len(BUILDERS) - 1))))
    for _ in range(draw(st.integers(0, 2))):
        paths = _paths(config)[1:]
        if not paths:
            break
        path = paths[draw(st.integers(0, len(paths) - 1))]
        holder, step = _at(config, path[:-1]), path[-1]
        change = draw(st.sampled_from(["foreign", "foreign", "foreign", "name", "copy", "drop", "share", "add"]))
        if change == "foreign":
            holder[step] = deepcopy(draw(st.sampled_from(FOREIGN)))
        elif change == "name" and step in ("class_name", "module", "registered_name", "config"):
            holder[step] = draw(st.sampled_from(NAMES))
        elif change == "copy":
            holder[step] = deepcopy(_at(config, paths[draw(st.integers(0, len(paths) - 1))]))
        elif change == "drop":
            del holder[step]
        elif change == "share" and isinstance(holder[step], dict):
            holder[step]["shared_object_id"] = draw(st.integers(1, 2))
        elif change == "add" and isinstance(holder, dict):
            holder[draw(st.sampled_from(["units", "vocabulary", "weights", "function", "build_config", "dtype"]))] = (
                deepcopy(draw(st.sampled_from(FOREIGN)))
            )
    return config
