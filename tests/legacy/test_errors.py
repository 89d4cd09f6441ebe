"""Errors of the flat form say where, and what may have been meant."""

from __future__ import annotations

import pytest

from hornbook import legacy


class Box:
    def __init__(self, **parts):
        self.parts = parts

    def get_config(self):
        return self.parts

    @classmethod
    def from_config(cls, config):
        return cls(**config)


class Bag(Box):
    pass


def test_the_place_of_a_part_in_lists_and_dicts_is_told():
    """It leads through all containers that the flat form writes."""
    config = legacy.serialize_keras_object(Box(a=[{"b": [1, Bag()]}]))
    with pytest.raises(ValueError, match="Bag") as raised:
        legacy.deserialize_keras_object(config, {"Box": Box})
    assert raised.value.place == "$.config.a[0].b[1]"


def test_a_name_that_the_library_has_is_proposed():
    """What a caller offers as `module_objects` counts for "did you mean"."""
    with pytest.raises(ValueError, match=r"did you mean `Crate`\?"):
        legacy.deserialize_keras_object({"class_name": "Crte", "config": {}}, {"Crate": Box})
