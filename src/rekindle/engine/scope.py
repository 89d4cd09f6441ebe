"""Scopes: custom objects known by name inside a `with` block.

The open scopes live in a context variable, never in the scope object: an
asyncio task inherits those of its creator and cannot disturb it, and a thread
starts without any.  One scope object may be open many times at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from types import TracebackType
from typing import Any

from rekindle.engine.registry import DEFAULT
from rekindle.errors import ConfigError, short

_Open = tuple["CustomObjectScope", dict[str, Any]]
_OPEN: ContextVar[tuple[_Open, ...]] = ContextVar("rekindle_scopes", default=())


class CustomObjectScope:
    """Expose custom classes and functions by name inside a `with` block.

    Under the scope `load_model`, `model_from_config`, `from_config` of Keras
    classes, and names given as strings find these objects.  Scopes nest: an
    inner scope adds to the outer one and wins over it, as the documents of
    TF 2.2, TF 2.9 and Keras 3.6 describe (Keras 3.15.1 hides the outer one).

    Args:
        *args: Dictionaries of `{name: object}`; later ones win.  `None` counts
            as an empty one.

    Raises:
        ConfigError: (a `TypeError`) An argument is not a dictionary.

    Example:
        >>> with custom_object_scope({"double": lambda x: 2 * x}):
        ...     with custom_object_scope({"half": lambda x: x / 2}):
        ...         double = lookup("double")
        >>> double(4)
        8
        >>> lookup("double") is None
        True
    """

    __slots__ = ("custom_objects",)

    def __init__(self, *args: Mapping[str, Any] | None) -> None:
        for objects in args:
            if objects is not None and not isinstance(objects, Mapping):
                raise ConfigError(f"A scope takes dictionaries of names, not {short(objects)}", place=None)
        self.custom_objects = args

    def __enter__(self) -> CustomObjectScope:
        DEFAULT.integrations.activate_loaded()
        merged: dict[str, Any] = {}
        for objects in self.custom_objects:
            merged.update(objects or {})
        _OPEN.set(((self, merged), *_OPEN.get()))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None = None,
        error: BaseException | None = None,
        trace: TracebackType | None = None,
    ) -> None:
        # The innermost entry of this scope goes, wherever it stands: scopes
        # that are left out of order leak nothing.
        entries = list(_OPEN.get())
        for position, (scope, _) in enumerate(entries):
            if scope is self:
                del entries[position]
                break
        _OPEN.set(tuple(entries))


custom_object_scope = CustomObjectScope


def open_scopes() -> Iterator[Mapping[str, Any]]:
    """Yield the objects of the open scopes, innermost first."""
    return (objects for _, objects in _OPEN.get())


def state() -> tuple[Any, ...]:
    """Return what changes, by identity, whenever a scope is entered or left."""
    return _OPEN.get()


def in_scope() -> bool:
    """Say whether any scope is open in this context."""
    return bool(_OPEN.get())


def lookup(name: str, default: Any = None) -> Any:
    """Return the object that the innermost scope with `name` has for it."""
    for _, objects in _OPEN.get():
        if name in objects:
            return objects[name]
    return default
