"""The public names, as `keras.saving` has them.

What handles files is imported when it is first asked for: it is more than
half of what there is to import.
"""

from typing import TYPE_CHECKING, Any

from rekindle.engine.registry import (
    get_custom_objects,
    get_registered_name,
    register_keras_serializable,
)
from rekindle.engine.scope import CustomObjectScope, custom_object_scope
from rekindle.saving.objects import (
    deserialize_keras_object,
    get_registered_object,
    serialize_keras_object,
)

if TYPE_CHECKING:
    from rekindle.saving.checking import check
    from rekindle.saving.fingerprints import fingerprint
    from rekindle.saving.inspection import inspect_model, read_config
    from rekindle.saving.installation import install, uninstall
    from rekindle.saving.models import load_model, load_weights, model_from_config, model_from_json, save_model
    from rekindle.saving.upgrading import check_upgrade, upgrade_file
    from rekindle.upgrading.upgrade import upgrade

__all__ = [
    "CustomObjectScope",
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
    if name in ("inspect_model", "read_config"):
        from rekindle.saving import inspection

        return getattr(inspection, name)
    if name in ("install", "uninstall"):
        from rekindle.saving import installation

        return getattr(installation, name)
    if name in ("check_upgrade", "upgrade_file"):
        from rekindle.saving import upgrading

        return getattr(upgrading, name)
    if name in ("check", "fingerprint"):
        from rekindle.saving import checking, fingerprints

        return getattr(checking if name == "check" else fingerprints, name)
    if name == "upgrade":
        from rekindle.upgrading import upgrade

        return upgrade.upgrade
    if name in __all__:
        from rekindle.saving import models

        return getattr(models, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*globals(), *__all__]
