"""The public names, as `keras.saving` has them.

:data:`PUBLIC` says where each one is; a module is imported when a name of it
is first asked for.  The registry alone is there from the beginning, and is handed
what loads and saves for the functions of frameworks.
"""

from typing import TYPE_CHECKING, Any

from hornbook.engine import registry as registry
from hornbook.saving.host import Saving

if TYPE_CHECKING:  # as `PUBLIC` has it, for type checkers: a test compares the two
    from hornbook.engine.registry import get_custom_objects as get_custom_objects
    from hornbook.engine.registry import get_registered_name as get_registered_name
    from hornbook.engine.registry import register_keras_serializable as register_keras_serializable
    from hornbook.engine.scope import CustomObjectScope as CustomObjectScope
    from hornbook.engine.scope import custom_object_scope as custom_object_scope
    from hornbook.reports.audit import audit as audit
    from hornbook.reports.fingerprint import fingerprint as fingerprint
    from hornbook.reports.inspect import inspect_model as inspect_model
    from hornbook.reports.read_config import read_config as read_config
    from hornbook.saving.checking.check import check as check
    from hornbook.saving.conversion import convert as convert
    from hornbook.saving.from_config import model_from_config as model_from_config
    from hornbook.saving.from_config import model_from_json as model_from_json
    from hornbook.saving.installation import install as install
    from hornbook.saving.installation import uninstall as uninstall
    from hornbook.saving.load import load_model as load_model
    from hornbook.saving.load import load_weights as load_weights
    from hornbook.saving.objects import deserialize_keras_object as deserialize_keras_object
    from hornbook.saving.objects import get_registered_object as get_registered_object
    from hornbook.saving.objects import serialize_keras_object as serialize_keras_object
    from hornbook.saving.save import save_model as save_model
    from hornbook.saving.upgrading import check_upgrade as check_upgrade
    from hornbook.saving.upgrading import upgrade_file as upgrade_file
    from hornbook.upgrading.upgrade import upgrade as upgrade

PUBLIC = {
    "CustomObjectScope": "hornbook.engine.scope",
    "audit": "hornbook.reports.audit",
    "check": "hornbook.saving.checking.check",
    "check_upgrade": "hornbook.saving.upgrading",
    "convert": "hornbook.saving.conversion",
    "custom_object_scope": "hornbook.engine.scope",
    "deserialize_keras_object": "hornbook.saving.objects",
    "fingerprint": "hornbook.reports.fingerprint",
    "get_custom_objects": "hornbook.engine.registry",
    "get_registered_name": "hornbook.engine.registry",
    "get_registered_object": "hornbook.saving.objects",
    "inspect_model": "hornbook.reports.inspect",
    "install": "hornbook.saving.installation",
    "load_model": "hornbook.saving.load",
    "load_weights": "hornbook.saving.load",
    "model_from_config": "hornbook.saving.from_config",
    "model_from_json": "hornbook.saving.from_config",
    "read_config": "hornbook.reports.read_config",
    "register_keras_serializable": "hornbook.engine.registry",
    "save_model": "hornbook.saving.save",
    "serialize_keras_object": "hornbook.saving.objects",
    "uninstall": "hornbook.saving.installation",
    "upgrade": "hornbook.upgrading.upgrade",
    "upgrade_file": "hornbook.saving.upgrading",
}

registry.DEFAULT.host = Saving()

if not TYPE_CHECKING:  # type checkers go by the imports above, and find a name that is not there
    __all__ = tuple(PUBLIC)

    def __getattr__(name: str) -> Any:
        if name not in PUBLIC:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = getattr(__import__(PUBLIC[name], fromlist=[name]), name)
        globals()[name] = value
        return value

    def __dir__() -> list[str]:
        return sorted({*globals(), *PUBLIC})
