"""Arguments that a built-in's `get_config` leaves out: written where the class takes them back, else reported."""

from __future__ import annotations

import inspect
import json
from typing import Any

import keras
import pytest
from tests import needs

import hornbook
from hornbook import deserialize_keras_object, serialize_keras_object
from hornbook.errors import ConfigError

FORGOTTEN = {
    "loss": lambda: keras.losses.Huber(0.1),
    "axis of a loss": lambda: keras.losses.CosineSimilarity(axis=0),
    "axis of a sparse loss": lambda: keras.losses.SparseCategoricalCrossentropy(axis=1),
    "dtype of a loss": lambda: keras.losses.MeanSquaredError(dtype="float16"),
    "axis of a metric": lambda: keras.metrics.CosineSimilarity(axis=0),
    "gain": lambda: keras.initializers.Identity(gain=3.0),
    "attention": lambda: keras.layers.MultiHeadAttention(2, 3, flash_attention=True),
    "recurrent": lambda: keras.layers.LSTM(2, use_cudnn=False),
    "seed": lambda: keras.layers.RandomGrayscale(seed=7),
    "autocast": lambda: keras.layers.Dropout(0.5, autocast=False),
    "autocast of a wrapper": lambda: keras.layers.TimeDistributed(keras.layers.Dense(2), autocast=False),
    "autocast of a recurrent layer": lambda: keras.layers.LSTM(2, autocast=False),
    "autocast of an attention": lambda: keras.layers.MultiHeadAttention(2, 3, autocast=False),
    "autocast of one that gives its base an argument": lambda: keras.layers.AveragePooling2D(2, autocast=False),
}


@hornbook.register_keras_serializable("forgotten")
class OwnLayer(keras.layers.Layer):
    def __init__(self, units: int = 1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.units = units

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "units": self.units}


@hornbook.register_keras_serializable("forgotten")
class OwnLoss(keras.losses.Huber):
    pass


@hornbook.register_keras_serializable("forgotten")
class OwnRecurrent(keras.layers.SimpleRNN):
    pass


def made(make: Any) -> Any:
    """Return one of these; an older Keras may not have the class, or not the argument."""
    try:
        return make()
    except (TypeError, ValueError, AttributeError):
        if needs.older("3.15"):
            pytest.skip("this Keras has it not")
        raise


def kept(value: Any) -> dict[str, Any]:
    """Return the plain values that an object keeps."""
    own = {**vars(value), **vars(value).get("_fn_kwargs", {})}
    return {name: one for name, one in own.items() if isinstance(one, (int, float, str))}


@pytest.mark.parametrize("make", FORGOTTEN.values(), ids=FORGOTTEN)
def test_an_argument_that_is_left_out_comes_back(make):
    """It is in the config, and nobody is told that it would be lost."""
    one = made(make)
    other = deserialize_keras_object(serialize_keras_object(one))
    assert type(other) is type(one)
    assert kept(other) == kept(one)
    assert hornbook.check(one).ok


@pytest.mark.parametrize("make", FORGOTTEN.values(), ids=FORGOTTEN)
def test_keras_reads_what_is_added(make):
    """Without hornbook as well."""
    one = made(make)
    other = keras.saving.deserialize_keras_object(serialize_keras_object(one))
    assert kept(other) == kept(one)


def test_a_default_is_not_written():
    """The config of what was made without arguments is that of Keras."""
    for cls in (keras.losses.Huber, keras.losses.MeanSquaredError, keras.initializers.Identity):
        assert serialize_keras_object(cls())["config"] == cls().get_config()


def test_what_does_not_come_back_is_reported():
    """A `SimpleRNN` hands its seed to its cell, and keeps none: it cannot be told from a model's config."""
    layer = keras.layers.SimpleRNN(3, dropout=0.5, seed=7)
    model = keras.Sequential([keras.Input((4, 2)), layer])
    for one in (layer, model, [model]):
        (finding,) = hornbook.check(one).findings
        assert (finding.rule, finding.class_name) == ("forgotten", "SimpleRNN")
        assert "`seed` was int 7" in finding.problem
    assert hornbook.check(keras.layers.SimpleRNN(3)).ok


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (lambda: OwnLayer(autocast=False), "autocast"),
        (lambda: OwnLoss(delta=2.0), "delta"),
        (lambda: OwnRecurrent(2, seed=3), "seed"),
    ],
)
def test_what_a_base_class_leaves_out_of_the_config_of_a_class_of_the_users_is_reported(make, name):
    """Nothing is added to the config of such a class: it may have a `from_config` that does not take it."""
    (found,) = hornbook.check(make()).findings
    assert found.rule == "forgotten"
    assert f"`{name}` was" in found.problem
    assert hornbook.check(type(make())(*([2] if name == "seed" else []))).ok


@pytest.mark.parametrize(
    "make",
    [
        lambda: keras.layers.ActivityRegularization(0.1),
        lambda: keras.layers.Dropout(0.5, activity_regularizer="l2"),
        lambda: keras.layers.MaxPooling2D(2),
        lambda: keras.initializers.GlorotUniform(),
        lambda: keras.layers.RandomContrast(0.5),
    ],
)
def test_what_a_class_gives_its_base_itself_is_not_written(make):
    """Its `__init__` would get it twice; and what it makes of its own arguments is no finding."""
    one = made(make)
    assert hornbook.check(one).ok
    other = deserialize_keras_object(serialize_keras_object(one))
    assert kept(other).keys() == kept(one).keys()


def test_no_built_in_has_another_config_when_it_is_made_without_arguments():
    """A value that a class works out for itself is not taken for one that was given."""
    modules = (keras.layers, keras.losses, keras.metrics, keras.optimizers, keras.initializers, keras.regularizers)
    compared = 0
    for cls in {one for module in modules for one in vars(module).values() if isinstance(one, type)}:
        needed = [one for one in inspect.signature(cls).parameters.values() if one.default is one.empty]
        if not hasattr(cls, "get_config") or any(one.kind is not one.VAR_KEYWORD for one in needed):
            continue
        try:
            config = cls().get_config()
            written = serialize_keras_object(cls())["config"]
        except (ValueError, NotImplementedError, ImportError, AttributeError):
            continue  # a base class, or one that needs another package
        assert written.keys() == config.keys(), cls
        compared += 1
    assert compared > 100


@pytest.mark.parametrize("part", ["build_config", "compile_config"])
@pytest.mark.parametrize("given", [[1], "text", 3])
def test_what_completes_an_object_is_a_dict(part, given, tmp_path):
    """Reading and `audit` say the same of what is not."""
    config = serialize_keras_object(keras.layers.Dense(2))
    config[part] = given
    with pytest.raises(ConfigError, match=f"`{part}` must be a dict"):
        deserialize_keras_object(config)
    file = tmp_path / "config.json"
    file.write_text(json.dumps(config))
    assert any(part in str(one) for one in hornbook.audit(file).findings)
