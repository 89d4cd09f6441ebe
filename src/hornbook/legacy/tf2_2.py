"""The names of TF 2.2: one global dictionary, which a scope restores when it is left."""

from collections.abc import Mapping
from typing import Any

from hornbook.engine.flat import skip_failed_serialization
from hornbook.legacy.generation import Flat, Generation
from hornbook.legacy.scopes import SnapshotScope as CustomObjectScope
from hornbook.legacy.scopes import unannotated
from hornbook.legacy.tables import TF_2_2

_names, _flat = Generation(TF_2_2), Flat(TF_2_2)

get_custom_objects = _names.get_custom_objects
get_registered_name = _names.get_registered_name
get_registered_object = _names.get_registered_object
register_keras_serializable = _names.register_keras_serializable
serialize_keras_object = _flat.serialize_keras_object
deserialize_keras_object = _flat.deserialize_keras_object


@unannotated
def custom_object_scope(*args: Mapping[str, Any]) -> CustomObjectScope:
    """Return a scope in which custom objects are known by name.

    Args:
        *args: Dictionaries of `{name: object}`.

    Returns:
        "Object of type `CustomObjectScope`" (document of TF 2.2).
    """
    return CustomObjectScope(*args)


__all__ = [
    "CustomObjectScope",
    "custom_object_scope",
    "deserialize_keras_object",
    "get_custom_objects",
    "get_registered_name",
    "get_registered_object",
    "register_keras_serializable",
    "serialize_keras_object",
    "skip_failed_serialization",
]
