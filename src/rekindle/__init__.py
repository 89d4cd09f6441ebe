"""rekindle: objects to configs, configs to objects, Keras models of every age."""

from rekindle.engine.registry import (
    get_custom_objects,
    get_registered_name,
    register_keras_serializable,
)
from rekindle.engine.scope import CustomObjectScope, custom_object_scope
from rekindle.policy import Limits, Policy
from rekindle.saving.models import load_model, model_from_config, model_from_json, save_model
from rekindle.saving.objects import (
    deserialize_keras_object,
    get_registered_object,
    serialize_keras_object,
)
