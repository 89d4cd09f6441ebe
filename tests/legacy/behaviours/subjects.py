"""What the behaviours are made of: classes, functions, configs, modules, and the JSON view of what comes out."""

from __future__ import annotations

import importlib.machinery
import sys
import types
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .frame import Keras


class Thing:
    """What the classes of the behaviours have in common."""

    def __init__(self, value: Any = None) -> None:
        self.value = value

    def get_config(self) -> Any:
        return {"value": self.value}

    @classmethod
    def from_config(cls, config: Any) -> Any:
        return cls(**config)


def a_class(name: str = "Leaf", base: type = Thing, **members: Any) -> Any:
    """Return a new class; its module, `lab`, cannot be imported."""
    return type(name, (base,), {"__module__": "lab", "__qualname__": name, **members})


def a_function(name: str = "twice") -> Any:
    def made(x: Any = 1) -> Any:
        return x

    made.__name__ = made.__qualname__ = name
    made.__module__ = "lab"
    return made


def show(value: Any) -> Any:
    """Return the JSON view of what came out: `{"Leaf": 3}` is a `Leaf` of value 3, a tuple says that it is one."""
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, list):
        return [show(item) for item in value]
    if isinstance(value, tuple):
        return {"tuple": [show(item) for item in value]}
    if isinstance(value, dict):
        return {str(key): show(item) for key, item in value.items()}
    if isinstance(value, Thing):
        return {type(value).__name__: show(value.value)}
    if isinstance(value, type):
        return "class " + value.__name__
    if isinstance(value, types.FunctionType):
        return "function " + value.__name__
    return "a " + type(value).__name__


def config_of(name: Any, config: Any, **more: Any) -> dict[str, Any]:
    return {"class_name": name, "config": config, **more}


def v3_config(name: str, config: Any, **more: Any) -> dict[str, Any]:
    return {"module": None, "class_name": name, "config": config, "registered_name": name, **more}


def function_config(name: str) -> dict[str, Any]:
    return {"module": "builtins", "class_name": "function", "config": name, "registered_name": "function"}


def built_in(module: str, name: str, config: Any, **more: Any) -> dict[str, Any]:
    return {"module": module, "class_name": name, "config": config, "registered_name": None, **more}


@contextmanager
def importable(name: str, **members: Any) -> Iterator[list[str]]:
    """Make a module importable; yields the list of what was imported of it."""
    imported: list[str] = []

    class Finder:
        @staticmethod
        def find_spec(asked: str, path: Any = None, target: Any = None) -> Any:
            return importlib.machinery.ModuleSpec(asked, Finder) if asked == name else None  # type: ignore[arg-type]

        @staticmethod
        def create_module(spec: Any) -> None:
            return None

        @staticmethod
        def exec_module(module: Any) -> None:
            imported.append(module.__name__)
            for member in members.values():
                member.__module__ = module.__name__
            vars(module).update(members)

    sys.meta_path.insert(0, Finder)
    try:
        yield imported
    finally:
        sys.meta_path.remove(Finder)
        sys.modules.pop(name, None)


def reader(keras: Keras, name: str = "Reader") -> Any:
    """Return a class whose `from_config` reads `value` with the deserializer of Keras 3."""
    return a_class(name, from_config=classmethod(lambda cls, config: cls(keras.deserialize(config["value"]))))


def refusing(error: Exception) -> Any:
    """Return an object whose `get_config` raises."""

    def get_config(self: Any) -> Any:
        raise error

    return a_class(get_config=get_config)()
