"""The flat form of TF 2.9, without its defects: the public functions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hornbook.engine.flat import read_flat, write_flat
from hornbook.legacy.generation import upgraded
from hornbook.policy import Policy


def serialize_keras_object(instance: Any) -> Any:
    """Return the flat config of an object: `{"class_name": ..., "config": ...}`.

    Objects within it, in lists and dicts as well, are written too and marked
    by `__passive_serialization__`; TF 2.9.3 leaves those in lists as they are.

    Args:
        instance: An object with a `get_config()` method, a function, a class
            without one, or `None`.

    Returns:
        A dict for an object; for a function or class its registered name, or
        its `__name__`; `None` for `None`.

    Raises:
        SerializationError: (a `TypeError` and a `ValueError`) It has no
            config, or its `get_config` failed.

    Source of the rule: `serialize_keras_object` of TF 2.9.3.

    Example:
        >>> class Box:
        ...     def get_config(self): return {"width": 3, "round": round}
        >>> serialize_keras_object(Box())
        {'class_name': 'Box', 'config': {'width': 3, 'round': 'round'}}
    """
    return write_flat(instance)


def deserialize_keras_object(
    identifier: Any,
    module_objects: Mapping[str, Any] | None = None,
    custom_objects: Mapping[str, Any] | None = None,
    printable_module_name: str = "object",
    *,
    policy: Policy | None = None,
) -> Any:
    """Return the object that a flat config, a name or a function stands for.

    Args:
        identifier: A config `{"class_name": ..., "config": ...}`, a name, a
            function (returned as it is) or `None`.  It is never changed.
        module_objects: Built-in objects by name, "generally provided by
            midlevel library implementers"; looked up last.
        custom_objects: Objects by name; they win over a scope and the
            registry.
        printable_module_name: What the object is, for messages.
        policy: What may be used.  Defaults to `Policy()`.

    Returns:
        The object; for the name of a class an instance of it, for the name of
        a function the function.

    Raises:
        UnknownReferenceError: (a `ValueError`) A name stands for nothing.
        ConfigError: (a `ValueError`) `identifier` has a wrong shape.
        ConstructionError: (a `ValueError`) A class refused its config.

    Source of the rule: the document of TF 2.9, `deserialize_keras_object`.

    Example:
        >>> class Box:
        ...     def __init__(self, width=1): self.width = width
        ...     @classmethod
        ...     def from_config(cls, config): return cls(**config)
        >>> deserialize_keras_object({"class_name": "Box", "config": {"width": 3}}, {"Box": Box}).width
        3
        >>> deserialize_keras_object("Box", custom_objects={"Box": Box}).width
        1
        >>> deserialize_keras_object("Bag", printable_module_name="container")
        Traceback (most recent call last):
        hornbook.errors.UnknownReferenceError: Unknown container: `Bag` - at `$`
        Register it with @register_keras_serializable() or pass it in custom_objects=.
    """
    config, framework = upgraded(identifier, custom_objects, module_objects)
    return read_flat(config, module_objects, custom_objects, printable_module_name, policy=policy, framework=framework)
