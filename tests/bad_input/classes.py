"""Classes that read what they hold, as a user writes them."""

from __future__ import annotations

import hornbook


class Leaf:
    """A class with one argument."""

    def __init__(self, width=1):
        self.width = width

    def get_config(self):
        return {"width": self.width}

    @classmethod
    def from_config(cls, config):
        return cls(**config)


class Box:
    """A class that reads its items itself."""

    def __init__(self, items):
        self.items = items

    def get_config(self):
        return {"items": self.items}

    @classmethod
    def from_config(cls, config):
        return cls([hornbook.deserialize_keras_object(item) for item in config["items"]])


CLASSES = {"Leaf": Leaf, "Box": Box}


def leaf(**keys):
    """Return the config of a `Leaf`, with some keys replaced or added."""
    return {"module": None, "class_name": "Leaf", "config": {}, "registered_name": "Leaf", **keys}


def box(*items):
    """Return the config of a `Box` around `items`."""
    return {"module": None, "class_name": "Box", "config": {"items": list(items)}, "registered_name": "Box"}
