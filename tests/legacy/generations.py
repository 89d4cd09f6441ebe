"""The names of `hornbook.legacy.<generation>`, as the behaviours and probes want them."""

from __future__ import annotations

import functools
import importlib
import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from tests.needs import KERAS

from .behaviours import Keras

MODULES = {
    "tf-2.2.0": "tf2_2",
    "tf-2.9.3": "tf2_9",
    "tf-2.15.1": "tf2_15",
    "keras-3.6.0": "keras3_6",
    "keras-3.15.1": "keras3_15",
}
RECORDED: dict[str, dict[str, Any]] = json.loads(Path(__file__).with_name("recorded.json").read_text(encoding="utf-8"))[
    "behaviours"
]


def module_of(generation: str) -> ModuleType:
    return importlib.import_module(f"hornbook.legacy.{MODULES[generation]}")


def flat_form(module: ModuleType) -> Any:
    """Return what has the legacy form: `legacy`, or the module itself, where that form was the only one."""
    return getattr(module, "legacy", module)


class Ours(Keras):
    """One generation of ours; the Keras package beside it is the one that is installed."""

    generation: str

    @functools.cached_property
    def module(self) -> Any:
        return importlib.import_module("keras")

    @functools.cached_property
    def at_import(self) -> list[str]:
        """The keys of the global dict in a process that has imported nothing else."""
        name = module_of(self.generation).__name__
        program = f"import json, {name} as ours; print(json.dumps(sorted(ours.get_custom_objects())))"
        done = subprocess.run([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, check=True)
        keys: list[str] = json.loads(done.stdout)
        return keys


@functools.cache
def namespace(generation: str) -> Ours:
    """Return the names of one generation."""
    module = module_of(generation)
    flat = flat_form(module)
    v3 = None if flat is module else module
    return Ours(
        generation=generation,
        tables=_registries(),
        scope=module.CustomObjectScope,
        scope_function=module.custom_object_scope,
        get_custom_objects=module.get_custom_objects,
        register=module.register_keras_serializable,
        registered_name=module.get_registered_name,
        registered_object=module.get_registered_object,
        serialize=getattr(v3, "serialize_keras_object", None),
        deserialize=getattr(v3, "deserialize_keras_object", None),
        sharing_scope=getattr(v3, "ObjectSharingScope", None),
        safe_mode_scope=getattr(v3, "SafeModeScope", None),
        legacy_serialize=flat.serialize_keras_object,
        legacy_deserialize=flat.deserialize_keras_object,
        skip_failed=flat.skip_failed_serialization,
        loading_scope=getattr(flat, "SharedObjectLoadingScope", None),
        saving_scope=getattr(flat, "SharedObjectSavingScope", None),
        disable_scope=getattr(flat, "DisableSharedObjectScope", None),
    )


def _registries() -> list[dict[Any, Any]]:
    """Return what other tests may have left something in: our names, and Keras' own registry."""
    from hornbook.engine.registry import DEFAULT

    if not has_keras():
        return [DEFAULT._names, *_of_keras_2()]
    from keras.src.saving import object_registration

    return [DEFAULT._names, object_registration.GLOBAL_CUSTOM_OBJECTS, object_registration.GLOBAL_CUSTOM_NAMES]


def _of_keras_2() -> list[dict[Any, Any]]:
    """Return the registry of Keras 2, if another test has had it imported: its own classes are in it."""
    if sys.modules.get("tensorflow") is None or sys.modules.get("keras") is None:
        return []
    from hornbook.integrations.keras2.private import Private

    private = Private("keras")
    return [table for table in (private.global_objects, private.global_names) if table is not None]


def has_keras() -> bool:
    return KERAS
