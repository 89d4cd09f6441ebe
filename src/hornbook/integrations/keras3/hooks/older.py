"""Inner configs of models that an older version wrote, in the hands of Keras' own `from_config`."""

from __future__ import annotations

from typing import Any

from hornbook.engine.decode import current_reader
from hornbook.integrations.calls import ours
from hornbook.upgrading.upgrade import readable


def inner_config(config: Any, custom_objects: Any = None) -> Any:
    """Return what `get_config` of a model wrote as Keras 3 has it, where the call is ours.

    A reading has upgraded what it builds.

    Args:
        config: The inner config; a list of layers before Keras 2.2.3.
        custom_objects: Objects by name.
    """
    if current_reader() is not None or not ours() or not (isinstance(config, list) or _has_layers(config)):
        return config
    name = "Functional" if "input_layers" in config else "Sequential"
    return readable({"module": "keras", "class_name": name, "config": config}, custom_objects)["config"]


def _has_layers(config: Any) -> bool:
    return isinstance(config, dict) and isinstance(config.get("layers"), list)
