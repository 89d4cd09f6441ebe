"""Which functions of Keras ask us first, and what each of them does then.

Outside of a scope, a reading and a writing of ours every one of them is
Keras' original.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rekindle.engine import scope
from rekindle.engine.decode import current_reader
from rekindle.engine.encode import current_writer, write
from rekindle.engine.registry import DEFAULT
from rekindle.engine.session import known, read
from rekindle.integrations.keras3.bare import bare_names
from rekindle.integrations.keras3.dispatch import Gate, divert
from rekindle.policy import Policy


def install() -> Callable[[], None]:
    """Divert Keras' functions; return what puts all of them back."""
    import keras
    from keras.src.legacy.saving import serialization as legacy
    from keras.src.saving import object_registration, saving_api, serialization_lib

    pairs: list[tuple[Any, Callable[[Gate], Gate]]] = [
        (serialization_lib.serialize_keras_object, _serialize),
        (serialization_lib.deserialize_keras_object, lambda f: _deserialize(f, serialization_lib.in_safe_mode)),
        (object_registration.get_registered_name, _registered_name),
        (object_registration.get_registered_object, _registered_object),
        (legacy.deserialize_keras_object, _deserialize_legacy),
        (keras.layers.deserialize, _knows_bare_names()),
        (keras.optimizers.deserialize, _knows_bare_names(keras.optimizers)),
        (saving_api.load_model, _load_model),
        (object_registration.CustomObjectScope.__enter__, _scope_changes),
        (object_registration.CustomObjectScope.__exit__, _scope_changes),
    ]
    spaces = ("activations", "constraints", "initializers", "losses", "metrics", "optimizers", "regularizers")
    pairs += [(getattr(keras, space).get, _get) for space in spaces]
    restores = [divert(function, gate) for function, gate in pairs]

    def restore() -> None:
        for one in reversed(restores):
            one()

    return restore


def _ours() -> bool:
    return current_reader() is not None or current_writer() is not None or scope.in_scope()


def _serialize(original: Gate) -> Gate:
    def serialize_keras_object(obj: Any) -> Any:
        return write(obj) if _ours() else original(obj)

    return serialize_keras_object


def _deserialize(original: Gate, in_safe_mode: Callable[[], bool | None]) -> Gate:
    def deserialize_keras_object(config: Any, custom_objects: Any = None, safe_mode: bool = True, **kwargs: Any) -> Any:
        if not _ours():
            return original(config, custom_objects, safe_mode, **kwargs)
        keras_mode = in_safe_mode()
        return read(
            config,
            custom_objects=custom_objects,
            policy=Policy(lambdas=not (safe_mode if keras_mode is None else keras_mode)),
            module_objects=kwargs.get("module_objects"),
        )

    return deserialize_keras_object


def _deserialize_legacy(original: Gate) -> Gate:
    def deserialize_keras_object(
        identifier: Any,
        module_objects: Any = None,
        custom_objects: Any = None,
        printable_module_name: str = "object",
    ) -> Any:
        if current_reader() is None:
            return original(identifier, module_objects, custom_objects, printable_module_name)
        return read(
            identifier,
            custom_objects=custom_objects,
            module_objects=module_objects or {},
            noun=printable_module_name,
        )

    return deserialize_keras_object


def _knows_bare_names(space: Any = None) -> Callable[[Gate], Gate]:
    """`keras.layers.deserialize` knows built-ins by their bare class names, and so do the parts of them.

    Keras 3.6 to 3.15.1 know layers only by their module, and optimizers alone,
    in whose config they change `class_name`.

    Args:
        space: Where the outermost class must be; Keras tests by itself that a
            layer is one.
    """

    def diverted(original: Gate) -> Gate:
        def deserialize(config: Any, custom_objects: Any = None) -> Any:
            if not (_ours() and isinstance(config, dict) and "module" not in config):
                return original(config, custom_objects)
            if space is not None and not hasattr(space, str(config.get("class_name"))):
                return original(dict(config), custom_objects)
            with bare_names():
                return original(dict(config), custom_objects)

        return deserialize

    return diverted


def _registered_name(original: Gate) -> Gate:
    def get_registered_name(obj: Any) -> Any:
        return (DEFAULT.name_of(obj) if _ours() else None) or original(obj)

    return get_registered_name


def _registered_object(original: Gate) -> Gate:
    def get_registered_object(name: Any, custom_objects: Any = None, module_objects: Any = None) -> Any:
        return (known if _ours() else original)(name, custom_objects, module_objects)

    return get_registered_object


def _scope_changes(original: Gate) -> Gate:
    def enter_or_exit(self: Any, *args: Any, **kwargs: Any) -> Any:
        result = original(self, *args, **kwargs)
        if current_reader() is not None:
            scope.changed()
        return result

    return enter_or_exit


def _load_model(original: Gate) -> Gate:
    def load_model(filepath: Any, custom_objects: Any = None, compile: bool = True, safe_mode: bool = True) -> Any:
        if current_reader() is None:
            return original(filepath, custom_objects, compile, safe_mode)
        from rekindle.saving.models import load_model as ours

        return ours(filepath, custom_objects, compile, safe_mode)

    return load_model


def _get(original: Gate) -> Gate:
    """A name given as a string is that of an object in scope, if there is one.

    "`layer = Dense(..., kernel_regularizer='MyObject')`" (TF 2.2 document).
    """

    def get(identifier: Any) -> Any:
        if isinstance(identifier, str) and _ours():
            target = known(identifier)
            if target is not None:
                identifier = target() if isinstance(target, type) else target
        return original(identifier)

    return get
