"""Reading a config leaves it as it was (B13)."""

from __future__ import annotations

from copy import deepcopy

import keras
import pytest

from .libraries import defect


def _functional():
    inputs = keras.Input((3,))
    return keras.Model(inputs, keras.layers.Dense(2)(inputs))


def _adam_with_schedule():
    return keras.optimizers.Adam(keras.optimizers.schedules.ExponentialDecay(0.1, 10, 0.9))


LAYERS = {
    "TimeDistributed": lambda: keras.layers.TimeDistributed(keras.layers.Dense(2)),
    "RNN": lambda: keras.layers.RNN(keras.layers.LSTMCell(3)),
    "StackedRNNCells": lambda: keras.layers.StackedRNNCells([keras.layers.LSTMCell(3), keras.layers.GRUCell(2)]),
    "SpectralNormalization": lambda: keras.layers.SpectralNormalization(keras.layers.Dense(2)),
    "Lambda": lambda: keras.layers.Lambda(keras.ops.relu, output_shape=(1,)),
    "Functional": _functional,
}
OBJECTS = {**LAYERS, "Adam": _adam_with_schedule}


@pytest.mark.parametrize("kind", OBJECTS)
@defect("B13", "`from_config` consumes the caller's config", raises=AssertionError, match="^assert {")
def test_the_config_equals_a_copy_of_it_taken_before(library, kind):
    """The caller's config is the same after reading as before."""
    config = library.serialize(OBJECTS[kind]())
    before = deepcopy(config)
    library.deserialize(config)
    assert config == before


@pytest.mark.parametrize("kind", LAYERS)
@defect("B13", "`from_config` has consumed what it needs", raises=(KeyError, TypeError))
def test_a_config_can_be_read_twice(library, kind):
    """Two objects can be made of one config, and they are equal."""
    config = library.serialize(LAYERS[kind]())
    first, second = library.deserialize(config), library.deserialize(config)
    assert first is not second
    assert library.serialize(first) == library.serialize(second)


@defect("B13", "the second model has no layers to read", raises=(KeyError, TypeError))
def test_a_nested_model_can_be_read_twice(library):
    """What lies deep within the config is left alone as well."""
    inputs = keras.Input((4, 3))
    model = keras.Sequential([inputs, keras.layers.TimeDistributed(_functional())])
    config = library.serialize(model)
    before = deepcopy(config)
    library.deserialize(config)
    library.deserialize(config)
    assert config == before


class Copies(keras.layers.Layer):
    """A layer that makes several objects of one config."""

    def __init__(self, made, **kwargs):
        super().__init__(**kwargs)
        self.made = made

    @classmethod
    def from_config(cls, config):
        return cls([keras.saving.deserialize_keras_object(config["part"]) for _ in range(3)])


class TwoLevels:
    """A class that takes apart what lies below its arguments."""

    def __init__(self, value):
        self.value = value

    def get_config(self):
        return {"inner": {"value": self.value}}

    @classmethod
    def from_config(cls, config):
        return cls(config["inner"].pop("value"))


GIVEN = {"Copies": Copies, "TwoLevels": TwoLevels}


@defect("B13", "what the class has taken away is gone from the caller's config", raises=(AssertionError, KeyError))
def test_a_class_may_take_apart_what_lies_deep_in_its_config(library):
    """What `from_config` does below the first level does not reach the caller either."""
    inner = {
        "module": None,
        "class_name": "TwoLevels",
        "config": {"inner": {"value": 3}},
        "registered_name": "TwoLevels",
    }
    config = {"list": [inner, inner]}
    before = deepcopy(config)
    made = library.deserialize(config, custom_objects=GIVEN)
    assert [one.value for one in made["list"]] == [3, 3]
    assert config == before


@pytest.mark.parametrize("kind", LAYERS)
@defect("B13", "`from_config` has consumed what the next one needs", raises=(KeyError, TypeError))
def test_a_class_can_read_a_part_of_its_config_several_times(library, kind):
    """Within `from_config` a part can be read as often as one likes."""
    part = library.serialize(LAYERS[kind]())
    config = {"module": None, "class_name": "Copies", "config": {"part": part}, "registered_name": "Copies"}
    before = deepcopy(config)
    made = library.deserialize(config, custom_objects=GIVEN).made
    assert len({id(one) for one in made}) == 3
    assert library.serialize(made[0]) == library.serialize(made[2])
    assert config == before
