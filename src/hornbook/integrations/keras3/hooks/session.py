"""Which functions of Keras ask us first, and what each of them does then.

Outside of a scope, a reading and a writing of ours every one of them is
Keras' original, unless `hornbook.install()` holds: then all of them are ours.
Those that have no part in a scope or session are in `install.py`.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from hornbook.engine import scope
from hornbook.engine.construct import ENTRY
from hornbook.engine.decode import current_reader
from hornbook.engine.registry import current_registry
from hornbook.engine.session import known, read
from hornbook.engine.writing import current_writer, document, write
from hornbook.frameworks.host import current_host
from hornbook.integrations.calls import is_installed, named_object, ours
from hornbook.integrations.divert import Diversion, Gate, divert, method
from hornbook.integrations.keras3 import deferred_init, private
from hornbook.integrations.keras3.bare_names import bare_names
from hornbook.integrations.keras3.hooks import allocating, flat, install, nodes, older, sequential
from hornbook.integrations.keras3.hooks.active import decided, for_keras_3, policy_for
from hornbook.integrations.keras3.hooks.local_files import is_archive, is_hdf5
from hornbook.integrations.messages import in_words_of_keras
from hornbook.upgrading.upgrade import readable

_CONFIGS = (str, dict, list, tuple, type(None))
# Where a scope object of Keras keeps the scope of ours that stands for it.
_OUR_SCOPE = "_hornbook_scope"


def open_gates() -> None:
    """Divert Keras' functions, once in the life of a process: all of them or none.

    Raises:
        IntegrationError: This Keras is not one that can be served.
    """
    import keras

    scope_class = private.CustomObjectScope
    spaces = ("activations", "constraints", "initializers", "losses", "metrics", "optimizers", "regularizers")
    divert(
        [
            Diversion("serialize_keras_object", private.serialize_keras_object, _serialize, needed=True),
            Diversion("deserialize_keras_object", private.deserialize_keras_object, _deserialize, needed=True),
            Diversion("get_registered_name", private.get_registered_name, _registered_name, needed=True),
            Diversion("get_registered_object", private.get_registered_object, _registered_object, needed=True),
            Diversion("legacy.serialize_keras_object", private.flat_serialize, flat.serialize),
            Diversion("legacy.deserialize_keras_object", private.flat_deserialize, flat.deserialize),
            Diversion("layers.deserialize", keras.layers.deserialize, _knows_bare_names("layer")),
            Diversion(
                "optimizers.deserialize", keras.optimizers.deserialize, _knows_bare_names("optimizer", keras.optimizers)
            ),
            Diversion(f"Model.{ENTRY}", method(keras.Model, ENTRY), _from_config),
            Diversion("Model.to_json", method(keras.Model, "to_json"), _to_json),
            Diversion("load_model", private.load_model, _load_model, needed=True),
            Diversion("SafeModeScope.__enter__", method(private.SafeModeScope, "__enter__"), _no_widening),
            Diversion("enable_unsafe_deserialization", private.enable_unsafe_deserialization, _no_widening),
            Diversion("CustomObjectScope.__enter__", method(scope_class, "__enter__"), _scope_enter, needed=True),
            Diversion("CustomObjectScope.__exit__", method(scope_class, "__exit__"), _scope_exit, needed=True),
            *(Diversion(f"{space}.get", getattr(keras, space).get, _get) for space in spaces),
            *allocating.gates(),
            *deferred_init.gates(),
            *sequential.gates(),
            *nodes.gates(),
            *install.gates(),
        ],
        served="Keras 3.6 to 3.15",
    )


def _no_widening(original: Gate) -> Gate:
    """Keras' safe mode cannot be turned off by what a strict reading calls."""

    def set_mode(*args: Any) -> Any:
        result = original(*args)
        reader = current_reader()
        if reader is not None and not reader.policy.lambdas:
            private.set_state("safe_mode_saving", True)
        return result

    return set_mode


def _sharing(name: str) -> dict[int, Any] | None:
    """Return what Keras' `ObjectSharingScope` keeps from one call to the next, if one is open."""
    kept: dict[int, Any] | None = private.state(f"shared_objects/{name}")
    return kept


def _serialize(original: Gate) -> Gate:
    def serialize_keras_object(obj: Any) -> Any:
        if current_writer() is not None:
            return write(obj)
        if not ours():
            return original(obj)
        seen = _sharing("id_to_config_map")
        theirs = is_installed()
        return write(obj, seen=seen, shares=seen is not None or not theirs, lenient=theirs)

    return serialize_keras_object


def _to_json(original: Gate) -> Gate:
    """A text is a document of its own: equal models give equal ones."""

    def to_json(self: Any, **kwargs: Any) -> Any:
        if is_installed() or not ours():
            return original(self, **kwargs)
        with document(self) as config:
            return json.dumps(config, **kwargs)

    return to_json


def _deserialize(original: Gate) -> Gate:
    def deserialize_keras_object(config: Any, custom_objects: Any = None, safe_mode: bool = True, **kwargs: Any) -> Any:
        if not ours():
            return original(config, custom_objects, safe_mode, **kwargs)
        module_objects = kwargs.get("module_objects")
        if module_objects is not None and not isinstance(config, _CONFIGS):
            return config  # an object already, for which `keras.layers.deserialize` may be called as well
        reader = current_reader()
        if reader is not None:
            return reader.nested_call(config, custom_objects, module_objects, framework=decided())
        with in_words_of_keras():
            config = readable(config, custom_objects, module_objects)
            return read(
                config,
                custom_objects=custom_objects,
                policy=policy_for(safe_mode),
                module_objects=module_objects,
                shared=_sharing("id_to_obj_map"),
                framework=decided(),
            )

    return deserialize_keras_object


def _from_config(original: Gate) -> Gate:
    def from_config(cls: type, config: Any, custom_objects: Any = None) -> Any:
        return original(cls, older.inner_config(config, custom_objects), custom_objects)

    return from_config


def _knows_bare_names(kind: str, space: Any = None) -> Callable[[Gate], Gate]:
    """`keras.layers.deserialize` knows built-ins by their bare class names, and so do the parts of them.

    Keras 3.6 to 3.15.1 know layers only by their module, and optimizers alone,
    in whose config they change `class_name`.

    Args:
        kind: What the outermost object is.
        space: Where the outermost class must be; Keras tests by itself that a
            layer is one.
    """

    def diverted(original: Gate) -> Gate:
        def deserialize(config: Any, custom_objects: Any = None) -> Any:
            if not (ours() and isinstance(config, dict)):
                return original(config, custom_objects)
            known = "module" in config
            with in_words_of_keras():
                config = readable(config, custom_objects, kind=kind)
            if known:
                return original(config, custom_objects)
            if space is not None and not hasattr(space, str(config.get("class_name"))):
                return original(dict(config), custom_objects)
            with bare_names():
                return original(dict(config), custom_objects)

        return deserialize

    return diverted


def _registered_name(original: Gate) -> Gate:
    def get_registered_name(obj: Any) -> Any:
        return (current_registry().name_of(obj) or obj.__name__) if ours() else original(obj)

    return get_registered_name


def _registered_object(original: Gate) -> Gate:
    def get_registered_object(name: Any, custom_objects: Any = None, module_objects: Any = None) -> Any:
        return (known if ours() else original)(name, custom_objects, module_objects)

    return get_registered_object


def _scope_enter(original: Gate) -> Gate:
    def enter(self: Any) -> Any:
        if is_installed():
            vars(self).setdefault(_OUR_SCOPE, scope.CustomObjectScope(self.custom_objects)).__enter__()
            return self
        result = original(self)
        if current_reader() is not None or current_writer() is not None:
            scope.changed()
        return result

    return enter


def _scope_exit(original: Gate) -> Gate:
    def leave(self: Any, *args: Any, **kwargs: Any) -> Any:
        ours = vars(self).get(_OUR_SCOPE)
        if any(entered is ours for entered, _ in scope.OPEN.get()):
            return ours.__exit__()
        result = original(self, *args, **kwargs)
        if current_reader() is not None or current_writer() is not None:
            scope.changed()
        return result

    return leave


def _load_model(original: Gate) -> Gate:
    def load_model(filepath: Any, custom_objects: Any = None, compile: bool = True, safe_mode: bool = True) -> Any:
        if current_reader() is None and not (is_installed() and (is_archive(filepath) or is_hdf5(filepath))):
            return original(filepath, custom_objects, compile, safe_mode)
        with in_words_of_keras(), for_keras_3():  # anything that is saved, as a `FeatureSpace`
            return current_host().load(filepath, custom_objects, compile, policy_for(safe_mode))

    return load_model


def _get(original: Gate) -> Gate:
    """A name given as a string is that of an object in scope, if there is one."""

    def get(identifier: Any) -> Any:
        return original(named_object(identifier) if isinstance(identifier, str) and ours() else identifier)

    return get
