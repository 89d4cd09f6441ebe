"""A message is two lines, whatever the config holds (L4, L5)."""

from __future__ import annotations

import json
import sys
import warnings

import keras
import pytest

from .libraries import defect


class Wrapper:
    """A class that reads what it holds, as Keras' own wrappers do."""

    @classmethod
    def from_config(cls, config):
        made = cls()
        made.inner = keras.saving.deserialize_keras_object(config["inner"])
        return made


class Broken(Wrapper):
    """A class that refuses its config."""

    @classmethod
    def from_config(cls, config):
        raise TypeError("no such argument")


def nested(depth, note):
    """Return a broken config within `depth` wrappers."""
    config = {"class_name": "Broken", "config": {"note": note}}
    for _ in range(depth):
        config = {"class_name": "Wrapper", "config": {"inner": config}}
    return config


@defect("L4", "each level repeats its whole config", raises=AssertionError, match="the message has .* characters")
def test_an_error_eight_levels_deep_is_told_in_two_lines(library):
    """What a small nested config raises is short, and says what the class said."""
    config = nested(8, "x" * 600)
    assert len(json.dumps(config)) < 1400
    with pytest.raises((TypeError, ValueError)) as caught:
        library.deserialize(config, custom_objects={"Wrapper": Wrapper, "Broken": Broken})
    text = str(caught.value)
    assert "no such argument" in text
    assert len(text) < 600, f"the message has {len(text)} characters"
    assert len(text.splitlines()) <= 2


@defect("L4", "the message is the config of the model", raises=AssertionError, match="the message has .* characters")
def test_an_unregistered_wrapper_around_a_model_is_told_in_two_lines(library):
    """The error for an unknown class does not grow with what the class holds."""

    class Around(keras.layers.Layer):
        def __init__(self, model, **kwargs):
            super().__init__(**kwargs)
            self.model = model

        def get_config(self):
            return {**super().get_config(), "model": self.model}

    model = keras.Sequential([keras.Input((8,))] + [keras.layers.Dense(8) for _ in range(40)])
    config = library.serialize(Around(model))
    with pytest.raises(TypeError, match="Around") as caught:
        library.deserialize(config)
    text = str(caught.value)
    assert len(text) < 600, f"the message has {len(text)} characters"
    assert len(text.splitlines()) <= 2


@pytest.mark.skipif(sys.version_info >= (3, 13), reason="Python 3.13 and later keep such a source")
@defect("L5", "the warning asks for the source", raises=OSError, match="could not get source code")
def test_a_lambda_without_source_can_be_written(library):
    """A lambda typed at a prompt, where no file has its source, is written with a warning."""
    function = eval("lambda x: x + 1")  # noqa: S307  there is no other way to have no source
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        config = library.serialize(function)
    assert ["lambda" in str(one.message) for one in told] == [True]
    assert library.deserialize(config, safe_mode=False)(1) == 2
