"""The public names, as `keras.saving` has them.

What handles files is imported when it is first asked for: it is more than
half of what there is to import.
"""

from typing import TYPE_CHECKING, Any

from hornbook.engine.registry import (
    get_custom_objects,
    get_registered_name,
    register_keras_serializable,
)
from hornbook.engine.scope import CustomObjectScope, custom_object_scope
from hornbook.saving.objects import (
    deserialize_keras_object,
    get_registered_object,
    serialize_keras_object,
)

if TYPE_CHECKING:
    from hornbook.reports.audit import audit
    from hornbook.saving.checking.check import check
    from hornbook.saving.fingerprints import fingerprint
    from hornbook.saving.inspection import inspect_model, read_config
    from hornbook.saving.installation import install, uninstall
    from hornbook.saving.models import load_model, load_weights, model_from_config, model_from_json, save_model
    from hornbook.saving.upgrading import check_upgrade, upgrade_file
    from hornbook.upgrading.upgrade import upgrade

__all__ = [
    "CustomObjectScope",
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


# Where the public names are that handle files; those of models are in `models`.
_HOMES = {
    "audit": "hornbook.reports.audit",
    "check": "hornbook.saving.checking.check",
    "check_upgrade": "hornbook.saving.upgrading",
    "fingerprint": "hornbook.saving.fingerprints",
    "inspect_model": "hornbook.saving.inspection",
    "install": "hornbook.saving.installation",
    "read_config": "hornbook.saving.inspection",
    "uninstall": "hornbook.saving.installation",
    "upgrade": "hornbook.upgrading.upgrade",
    "upgrade_file": "hornbook.saving.upgrading",
}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    home = __import__(_HOMES.get(name, "hornbook.saving.models"), fromlist=[name])
    return getattr(home, name)


def __dir__() -> list[str]:
    return [*globals(), *__all__]
