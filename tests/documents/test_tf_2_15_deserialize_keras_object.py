"""The TF 2.15 document `deserialize_keras_object`: what it says otherwise than the Keras 3.6 document."""

from __future__ import annotations

import pytest
from document_framework import KERAS_2, keras
from document_sentences import tf_2_15
from document_subjects import Box

LOSSES_CONTAINER = {
    "class_name": "LossesContainer",
    "config": {
        "losses": [{"class_name": "MeanSquaredError", "config": {}, "module": "keras.losses", "registered_name": None}],
        "total_loss_mean": {"class_name": "Mean", "config": {}, "module": "keras.metrics", "registered_name": None},
    },
    "module": "keras.engine.compile_utils",
    "registered_name": "LossesContainer",
}


@tf_2_15("Main aliases `tf.keras.utils.deserialize_keras_object`")
def test_the_alias_is_the_same_function(lib):
    """TF 2.15, "Main aliases": one function under both of its public names."""
    assert lib.alias.deserialize_keras_object is lib.deserialize_keras_object


@tf_2_15('`module`: String. The path of the python module, such as "keras.engine.compile_utils".')
def test_module_is_the_path_of_the_python_module(lib):
    """TF 2.15, "The path of the python module, such as": of a user's class, and of a Keras class without export."""
    assert lib.serialize_keras_object(Box(1))["module"] == Box.__module__
    inputs = keras.Input((4,))
    model = keras.Model(inputs, keras.layers.Dense(3)(inputs))
    assert lib.serialize_keras_object(model)["module"] == type(model).__module__


def losses_container(lib):
    """Return a class that takes the config of the example, as that of TF 2.15 did."""

    class LossesContainer:
        def __init__(self, losses, total_loss_mean):
            self.losses = losses
            self.total_loss_mean = total_loss_mean

        def get_config(self):
            parts = {"losses": self.losses, "total_loss_mean": self.total_loss_mean}
            return {name: lib.serialize_keras_object(part) for name, part in parts.items()}

        @classmethod
        def from_config(cls, config):
            return cls(**{name: lib.deserialize_keras_object(part) for name, part in config.items()})

    return LossesContainer


@tf_2_15(
    "Returns a `LossesContainer` instance identical to the original one.",
    read_as="Keras 3 has no such class: one that is passed in under the name is used, and without one it is refused",
)
def test_the_losses_container_example_returns_one_where_the_class_exists(lib):
    """TF 2.15, "Returns a `LossesContainer` instance identical to the original one": given the class.

    No Keras 3 has a `LossesContainer`, and what took its place, `CompileLoss`,
    has another config: giving that back would be a guess.
    """
    cls = losses_container(lib)
    original = cls([keras.losses.MeanSquaredError()], keras.metrics.Mean())
    made = lib.deserialize_keras_object(LOSSES_CONTAINER, custom_objects={"LossesContainer": cls})
    assert type(made) is cls
    assert [type(loss) for loss in made.losses] == [keras.losses.MeanSquaredError]
    assert made.get_config()["losses"] == original.get_config()["losses"]
    assert type(made.total_loss_mean) is keras.metrics.Mean
    if KERAS_2:
        real = lib.deserialize_keras_object(LOSSES_CONTAINER)
        assert type(real).__module__.endswith("engine.compile_utils")
        assert real.get_config()["losses"] == original.get_config()["losses"]
        return
    with pytest.raises(TypeError, match="LossesContainer"):
        lib.deserialize_keras_object(LOSSES_CONTAINER)
