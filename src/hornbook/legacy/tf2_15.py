"""The names of TF 2.15: the form with modules; scopes add to each other.

`legacy` has the flat form, as `keras.utils.legacy` had.
"""

from hornbook.legacy.generation import V3, Flat
from hornbook.legacy.modes import ObjectSharingScope, SafeModeScope
from hornbook.legacy.scopes import MergingScope as CustomObjectScope
from hornbook.legacy.tables import TF_2_15

_names = V3(TF_2_15)

custom_object_scope = CustomObjectScope
get_custom_objects = _names.get_custom_objects
get_registered_name = _names.get_registered_name
get_registered_object = _names.get_registered_object
register_keras_serializable = _names.register_keras_serializable
serialize_keras_object = _names.serialize_keras_object
deserialize_keras_object = _names.deserialize_keras_object
legacy = Flat(TF_2_15)

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
