"""What `hornbook.install()` makes ours beyond what scopes and sessions do.

These functions of Keras have no part in a scope or session of ours: they
register, they save, and they are the inner doors to model files.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from hornbook.engine.registry import current_registry
from hornbook.errors import ConfigError, short
from hornbook.frameworks.host import current_host
from hornbook.integrations.calls import is_installed
from hornbook.integrations.divert import Diversion, Gate, method
from hornbook.integrations.keras3 import private
from hornbook.integrations.keras3.hooks.active import for_keras_3, policy_for
from hornbook.integrations.keras3.hooks.local_files import is_archive, is_hdf5
from hornbook.integrations.messages import in_words_of_keras
from hornbook.opening import current_formats

# What `load_weights` of Keras takes beyond its signature.
_OPTIONS = frozenset({"by_name", "objects_to_skip"})


def gates() -> list[Diversion]:
    """Return the rest of Keras' functions, with what they do while `install()` holds."""
    functions: tuple[tuple[str, Any, Callable[[Gate], Gate]], ...] = (
        ("register_keras_serializable", private.register_keras_serializable, _register),
        ("get_custom_objects", private.get_custom_objects, _custom_objects),
        ("CustomObjectScope.__init__", method(private.CustomObjectScope, "__init__"), _scope_init),
        ("model_from_json", private.model_from_json, _model_from_json),
        ("save_model", private.save_model, _save_model),
        ("load_weights", private.load_weights, _load_weights),
        ("saving_lib.save_model", private.save_archive, _save_inner),
        ("saving_lib.load_model", private.load_archive, _load_inner),
        ("_save_model_to_fileobj", private.save_to_file, _save_to_file),
        ("_load_model_from_fileobj", private.load_from_file, _load_from),
        ("_save_model_to_dir", private.save_to_folder, _save_to_folder),
        ("_load_model_from_dir", private.load_from_folder, _load_from),
    )
    return [Diversion(name, function, _while_installed(gate)) for name, function, gate in functions]


def _while_installed(gate: Callable[[Gate], Gate]) -> Callable[[Gate], Gate]:
    """Return a gate that holds while `install()` does; what it diverts is Keras' original otherwise."""

    def diverted(original: Gate) -> Gate:
        ours = gate(original)

        def call(*args: Any, **kwargs: Any) -> Any:
            return (ours if is_installed() else original)(*args, **kwargs)

        return call

    return diverted


def _register(original: Gate) -> Gate:
    """Registered objects stay in Keras' own tables: they outlive the installation."""

    def register_keras_serializable(package: Any = "Custom", name: Any = None) -> Callable[[Any], Any]:
        with in_words_of_keras():
            decorate = current_registry().registering(
                package, name, private.GLOBAL_CUSTOM_OBJECTS, private.GLOBAL_CUSTOM_NAMES
            )
        return in_words_of_keras()(decorate)

    return register_keras_serializable


def _custom_objects(original: Gate) -> Gate:
    return lambda: private.GLOBAL_CUSTOM_OBJECTS


def _scope_init(original: Gate) -> Gate:
    def init(self: Any, *args: Any, custom_objects: Any = None) -> None:
        given = [objects for objects in (*args, custom_objects) if objects is not None]
        # One dict is kept, not copied: entries may still be added to it.
        self.custom_objects = given[0] if len(given) == 1 else {k: v for objects in given for k, v in objects.items()}
        self.backup = {}

    return init


def _model_from_json(original: Gate) -> Gate:
    def model_from_json(json_string: Any, custom_objects: Any = None) -> Any:
        with in_words_of_keras(), for_keras_3():
            return current_host().model_from_json(json_string, custom_objects, policy_for(safe_mode=True))

    return model_from_json


def _save_model(original: Gate) -> Gate:
    """Other formats, options and the question whether to overwrite stay with Keras."""

    def save_model(model: Any, filepath: Any, overwrite: bool = True, zipped: Any = None, **kwargs: Any) -> Any:
        whole = zipped is None or zipped
        if kwargs or not overwrite or not _is_target(filepath, zipped=whole):
            return original(model, filepath, overwrite, zipped, **kwargs)
        return _save(model, filepath, zipped=whole)

    return save_model


def _load_weights(original: Gate) -> Gate:
    """Options, which leave a part of a model as it is, stay with Keras; so do checkpoints of Orbax."""

    def load_weights(model: Any, filepath: Any, skip_mismatch: bool = False, **kwargs: Any) -> Any:
        optional = skip_mismatch or any(value is not None or name not in _OPTIONS for name, value in kwargs.items())
        if optional or not (is_archive(filepath) or is_hdf5(filepath)):
            return original(model, filepath, skip_mismatch, **kwargs)
        with in_words_of_keras():
            # Keras itself goes by the order alone, ignores what is left over, and returns nothing.
            return current_host().fill(model, filepath, policy_for(safe_mode=True))

    return load_weights


def _save_inner(original: Gate) -> Gate:
    def save_model(model: Any, filepath: Any, weights_format: str = "h5", zipped: bool = True) -> Any:
        if weights_format == "h5" and (hasattr(filepath, "write") or _is_target(filepath, zipped=zipped)):
            return _save(model, filepath, zipped=zipped)
        return original(model, filepath, weights_format, zipped)

    return save_model


def _load_inner(original: Gate) -> Gate:
    def load_model(filepath: Any, custom_objects: Any = None, compile: bool = True, safe_mode: bool = True) -> Any:
        if not (hasattr(filepath, "read") or is_archive(filepath)):
            return original(filepath, custom_objects, compile, safe_mode)
        return _load_from(original)(filepath, custom_objects, compile, safe_mode)

    return load_model


def _save_to_file(original: Gate) -> Gate:
    def save(model: Any, fileobj: Any, weights_format: str) -> Any:
        if weights_format == "h5":
            return _put(model, fileobj, zipped=True)
        return original(model, fileobj, weights_format)

    return save


def _save_to_folder(original: Gate) -> Gate:
    def save(model: Any, dirpath: Any, weights_format: str) -> Any:
        if weights_format == "h5" and _is_target(dirpath, zipped=False):
            return _put(model, dirpath, zipped=False)
        return original(model, dirpath, weights_format)

    return save


def _load_from(original: Gate) -> Gate:
    def load(source: Any, custom_objects: Any, compile: bool, safe_mode: bool) -> Any:
        if hasattr(source, "seek"):
            source.seek(0)  # a pickle has it at its end
        with in_words_of_keras(), for_keras_3():
            return current_host().load(source, custom_objects, compile, policy_for(safe_mode))

    return load


def _save(model: Any, target: Any, *, zipped: bool) -> None:
    current_host().warn_unbuilt(model, stacklevel=2)
    if not hasattr(model, "built"):  # which Keras asks for: a metric alone has a state that is not written
        raise ConfigError(f"This is not a model: {short(model)}", config=model)
    _put(model, target, zipped=zipped)


def _put(value: Any, target: Any, *, zipped: bool) -> None:
    if not zipped:
        Path(target).parent.mkdir(parents=True, exist_ok=True)
    # The date is the one that Keras writes: two saves differ in it.
    current_host().save(value, target, zipped=zipped, date=datetime.now())  # noqa: DTZ005


def _is_target(filepath: Any, *, zipped: bool) -> bool:
    """Return whether Keras would write a local archive, or folder, at a path."""
    if not isinstance(filepath, (str, os.PathLike)):
        return False
    path = str(filepath)
    if "://" in path or path.endswith(".keras") != zipped:
        return False
    # A folder is replaced as a whole, so one that holds anything else is left to Keras.
    return (
        zipped
        or not Path(path).is_dir()
        or current_formats().members().issuperset(member.name for member in Path(path).iterdir())
    )
