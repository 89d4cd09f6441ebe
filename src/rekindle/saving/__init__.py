"""The public names, as `keras.saving` has them."""

from rekindle.engine.registry import (
    get_custom_objects,
    get_registered_name,
    register_keras_serializable,
)
from rekindle.engine.scope import CustomObjectScope, custom_object_scope
from rekindle.saving.inspection import inspect_model
from rekindle.saving.models import load_model, model_from_config, model_from_json, save_model
from rekindle.saving.objects import (
    deserialize_keras_object,
    get_registered_object,
    serialize_keras_object,
)

__all__ = [
    "CustomObjectScope",
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
