"""The two libraries under one set of names, and the mark of a defect that only one of them has."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import pytest

KERAS = "3.15.1"


class Library:
    """The functions that both libraries have; what differs between them is hidden here.

    Args:
        name: `"hornbook"` or `"keras"`.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        api: Any = importlib.import_module("keras.saving" if name == "keras" else name)
        self.serialize = api.serialize_keras_object
        self.deserialize = api.deserialize_keras_object
        self.save = api.save_model
        self.load = api.load_model
        self.scope = api.custom_object_scope
        self.register = api.register_keras_serializable
        self.registered_object = api.get_registered_object
        self.custom_objects = api.get_custom_objects

    def serialize_file(self, obj: Any) -> Any:
        """Return the config of `obj` with shared objects marked, as in a file."""
        with self._sharing():
            return self.serialize(obj)

    def deserialize_file(self, config: Any, **more: Any) -> Any:
        """Return the object for `config`, shared objects being one again."""
        with self._sharing():
            return self.deserialize(config, **more)

    def deserialize_name(self, name: str, module_objects: dict[str, Any]) -> Any:
        """Return what a string names, by the older function for it."""
        if self.name == "hornbook":
            return self.deserialize(name, module_objects=module_objects)
        import keras

        return keras.legacy.saving.deserialize_keras_object(name, module_objects=module_objects)

    @contextmanager
    def lambdas_allowed(self) -> Iterator[Callable[[Any], Any]]:
        """Give what reads a config after byte code was allowed once, for the whole program."""
        if self.name == "hornbook":
            policy = importlib.import_module("hornbook").Policy(lambdas=True)
            yield lambda config: self.deserialize(config, policy=policy)
            return
        import keras
        from keras.src.backend.common import global_state

        keras.config.enable_unsafe_deserialization()
        yield self.deserialize
        global_state.set_global_attribute("safe_mode_saving", None)

    def _sharing(self) -> Any:
        if self.name == "hornbook":
            return nullcontext()
        from keras.src.saving.serialization_lib import ObjectSharingScope

        return ObjectSharingScope()


def defect(number: str, reason: str, *, raises: type[BaseException], match: str | None = None) -> pytest.MarkDecorator:
    """Run a test with both libraries; Keras must fail it, and for the stated reason.

    Args:
        number: The defect, as `"B14"`.
        reason: What Keras does instead.
        raises: What the test then raises.
        match: A pattern in the message of that.
    """
    failing = pytest.mark.xfail(strict=True, raises=pytest.RaisesExc(raises, match=match), reason=f"{number}: {reason}")
    return pytest.mark.parametrize("library", ["hornbook", pytest.param("keras", marks=failing)], indirect=True)
