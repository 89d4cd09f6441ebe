"""The names of TF 2.9: those of TF 2.2, and shared objects."""

from hornbook.engine.flat import skip_failed_serialization
from hornbook.engine.shared import DisableSharedObjectScope, SharedObjectLoadingScope, SharedObjectSavingScope
from hornbook.legacy.generation import Flat, Generation
from hornbook.legacy.scopes import SnapshotScope as CustomObjectScope
from hornbook.legacy.tables import TF_2_9

_names, _flat = Generation(TF_2_9), Flat(TF_2_9)

custom_object_scope = CustomObjectScope
get_custom_objects = _names.get_custom_objects
get_registered_name = _names.get_registered_name
get_registered_object = _names.get_registered_object
register_keras_serializable = _names.register_keras_serializable
serialize_keras_object = _flat.serialize_keras_object
deserialize_keras_object = _flat.deserialize_keras_object

__all__ = [
    "CustomObjectScope",
    "DisableSharedObjectScope",
    "SharedObjectLoadingScope",
    "SharedObjectSavingScope",
    "custom_object_scope",
    "deserialize_keras_object",
    "get_custom_objects",
    "get_registered_name",
    "get_registered_object",
    "register_keras_serializable",
    "serialize_keras_object",
    "skip_failed_serialization",
]
