"""rekindle: objects to configs, configs to objects, Keras models of every age.

The names are those of `keras.saving`; :mod:`rekindle.saving` has the same ones.
Importing this imports no framework.
"""

from rekindle.errors import RekindleError
from rekindle.policy import Limits, Policy
from rekindle.saving import (
    CustomObjectScope,
    custom_object_scope,
    deserialize_keras_object,
    get_custom_objects,
    get_registered_name,
    get_registered_object,
    inspect_model,
    load_model,
    model_from_config,
    model_from_json,
    register_keras_serializable,
    save_model,
    serialize_keras_object,
)

__version__ = "0.1.0"

__all__ = [
    "CustomObjectScope",
    "Limits",
    "Policy",
    "RekindleError",
    "custom_object_scope",
    "deserialize_keras_object",
    "get_custom_objects",
    "get_registered_name",
    "get_registered_object",
    "inspect_model",
    "load_model",
    "model_from_config",
    "model_from_json",
    "register_keras_serializable",
    "save_model",
    "serialize_keras_object",
]
