"""The names of Keras 3.6: a scope hides the outer one.

`legacy` has the flat form, as `keras.utils.legacy` had.
"""

from hornbook.legacy.generation import V3, Flat
from hornbook.legacy.modes import ObjectSharingScope, SafeModeScope
from hornbook.legacy.scopes import ReplacingScope as CustomObjectScope
from hornbook.legacy.tables import KERAS_3_6

_names = V3(KERAS_3_6)

custom_object_scope = CustomObjectScope
get_custom_objects = _names.get_custom_objects
get_registered_name = _names.get_registered_name
get_registered_object = _names.get_registered_object
register_keras_serializable = _names.register_keras_serializable
serialize_keras_object = _names.serialize_keras_object
deserialize_keras_object = _names.deserialize_keras_object
legacy = Flat(KERAS_3_6)

__all__ = [
    "CustomObjectScope",
    "ObjectSharingScope",
    "SafeModeScope",
    "custom_object_scope",
    "deserialize_keras_object",
    "get_custom_objects",
    "get_registered_name",
    "get_registered_object",
    "legacy",
    "register_keras_serializable",
    "serialize_keras_object",
]
