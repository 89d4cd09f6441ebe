"""Every private name of Keras that this library uses: the one place for `keras.src`.

Keras moves and renames them without notice.  A name that the running version
lacks is `None` here, and whoever uses it takes the plain way: what depends on
it is slower, or Keras' own, but works.  Nothing is imported: importing Keras
has loaded all of these modules.

Example:
    >>> from hornbook.integrations.keras3 import private
    >>> "in_safe_mode" in dir(private)
    True
"""

from __future__ import annotations

import sys
from typing import Any

# Where it stands within `keras.src`, as `module:name`; checked with Keras 3.6.0 to 3.15.1.
PLACES = {
    # State of the process and of the thread.
    "get_global_attribute": "backend.common.global_state:get_global_attribute",
    "set_global_attribute": "backend.common.global_state:set_global_attribute",
    "is_nnx_enabled": "backend.config:is_nnx_enabled",  # since Keras 3.11
    "in_stateless_scope": "backend.common.stateless_scope:in_stateless_scope",
    "in_symbolic_scope": "backend.common.symbolic_scope:in_symbolic_scope",
    # What is exported, under which name.
    "get_symbol_from_name": "api_export:get_symbol_from_name",
    "get_name_from_symbol": "api_export:get_name_from_symbol",
    # The registry and the two forms of configs.
    "GLOBAL_CUSTOM_OBJECTS": "saving.object_registration:GLOBAL_CUSTOM_OBJECTS",
    "GLOBAL_CUSTOM_NAMES": "saving.object_registration:GLOBAL_CUSTOM_NAMES",
    "CustomObjectScope": "saving.object_registration:CustomObjectScope",
    "get_registered_name": "saving.object_registration:get_registered_name",
    "get_registered_object": "saving.object_registration:get_registered_object",
    "register_keras_serializable": "saving.object_registration:register_keras_serializable",
    "get_custom_objects": "saving.object_registration:get_custom_objects",
    "serialize_keras_object": "saving.serialization_lib:serialize_keras_object",
    "deserialize_keras_object": "saving.serialization_lib:deserialize_keras_object",
    "SafeModeScope": "saving.serialization_lib:SafeModeScope",
    "in_safe_mode": "saving.serialization_lib:in_safe_mode",
    "enable_unsafe_deserialization": "saving.serialization_lib:enable_unsafe_deserialization",
    "flat_serialize": "legacy.saving.serialization:serialize_keras_object",
    "flat_deserialize": "legacy.saving.serialization:deserialize_keras_object",
    "flat_saving_scope": "legacy.saving.serialization:_shared_object_saving_scope",
    "flat_loading_scope": "legacy.saving.serialization:_shared_object_loading_scope",
    "flat_skips_failed": "legacy.saving.serialization:_SKIP_FAILED_SERIALIZATION",
    # Model files.
    "model_from_json": "models.model:model_from_json",
    "deserialize_node": "models.functional:deserialize_node",
    "map_graph": "ops.function:map_graph",
    "load_model": "saving.saving_api:load_model",
    "save_model": "saving.saving_api:save_model",
    "load_weights": "saving.saving_api:load_weights",
    "save_archive": "saving.saving_lib:save_model",
    "load_archive": "saving.saving_lib:load_model",
    "save_to_file": "saving.saving_lib:_save_model_to_fileobj",
    "load_from_file": "saving.saving_lib:_load_model_from_fileobj",
    "save_to_folder": "saving.saving_lib:_save_model_to_dir",
    "load_from_folder": "saving.saving_lib:_load_model_from_dir",
    # Classes.
    "KerasSaveable": "saving.keras_saveable:KerasSaveable",
    "Threshold": "ops.nn:Threshold",  # since Keras 3.9
    "CompileMetrics": "trainers.compile_utils:CompileMetrics",
    "ConvLSTMCell": "layers.rnn.conv_lstm:ConvLSTMCell",
    # Making variables and tensors.
    "AnyVariable": "backend.common.variables:Variable",
    "KerasVariable": "backend.common.variables:KerasVariable",  # up to Keras 3.6
    "BackendVariable": "backend:Variable",
    "TorchLayer": "backend.torch.layer:TorchLayer",
    "torch_device": "backend.torch.core:get_device",
}


def __getattr__(name: str) -> Any:
    """Return a private name of Keras by our name for it; `None` where this version lacks it."""
    place = PLACES.get(name)
    if place is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, _, attribute = place.partition(":")
    return getattr(sys.modules.get(f"keras.src.{module}"), attribute, None)


def __dir__() -> list[str]:
    return [*globals(), *PLACES]


def state(name: str) -> Any:
    """Return what Keras keeps for this thread under a name; `None` where it keeps nothing."""
    get = __getattr__("get_global_attribute")
    return None if get is None else get(name)


def set_state(name: str, value: Any) -> None:
    """Have Keras keep a value for this thread under a name."""
    put = __getattr__("set_global_attribute")
    if put is not None:
        put(name, value)


def is_own(value: Any, part: str = "") -> bool:
    """Return whether a class, an object or a function is Keras' own.

    Args:
        value: What is asked about.
        part: The part of Keras that it must stand in, as `"initializers."`.
    """
    return str(getattr(value, "__module__", "")).startswith(f"keras.src.{part}")
