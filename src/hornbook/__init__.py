"""hornbook: objects to configs, configs to objects, Keras models of every age.

The names are those of `keras.saving`; :mod:`hornbook.saving` has the same ones.
Importing this imports no framework.
"""

from typing import TYPE_CHECKING, Any

from hornbook import saving
from hornbook.errors import HornbookError, HornbookWarning
from hornbook.policy import Limits, Policy
from hornbook.saving import (
    CustomObjectScope,
    custom_object_scope,
    deserialize_keras_object,
    get_custom_objects,
    get_registered_name,
    get_registered_object,
    register_keras_serializable,
    serialize_keras_object,
)

if TYPE_CHECKING:
    from hornbook import legacy as legacy
    from hornbook.saving import (
        audit,
        check,
        check_upgrade,
        fingerprint,
        inspect_model,
        install,
        load_model,
        load_weights,
        model_from_config,
        model_from_json,
        read_config,
        save_model,
        uninstall,
        upgrade,
        upgrade_file,
    )

__version__ = "0.1.0"

__all__ = [
    "CustomObjectScope",
    "HornbookError",
    "HornbookWarning",
    "Limits",
    "Policy",
    "audit",
    "check",
    "check_upgrade",
    "custom_object_scope",
    "deserialize_keras_object",
    "fingerprint",
    "get_custom_objects",
    "get_registered_name",
    "get_registered_object",
    "inspect_model",
    "install",
    "load_model",
    "load_weights",
    "model_from_config",
    "model_from_json",
    "read_config",
    "register_keras_serializable",
    "save_model",
    "serialize_keras_object",
    "uninstall",
    "upgrade",
    "upgrade_file",
]


def __getattr__(name: str) -> Any:
    if name == "legacy":
        import hornbook.legacy

        return hornbook.legacy
    if name in __all__:
        return getattr(saving, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*globals(), *__all__]
