"""Scopes: custom objects known by name inside a `with` block.

The open scopes live in a context variable, never in the scope object: an
asyncio task inherits those of its creator and cannot disturb it, and a thread
starts without any.  One scope object may be open many times at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from hornbook.engine.registry import current_registry
from hornbook.errors import ConfigError, short

_Open = tuple["CustomObjectScope", dict[str, Any]]
# The open scopes, innermost first: another list whenever one is entered or
# left, so that a reading sees by identity whether its answers still hold.
OPEN: ContextVar[Sequence[_Open]] = ContextVar("hornbook_scopes", default=())


class CustomObjectScope:
    """Expose custom classes and functions by name inside a `with` block.

    Under the scope `load_model`, `model_from_config`, `from_config` of Keras
    classes, and names given as strings find these objects.  Scopes nest: an
    inner scope adds to the outer one and wins over it, as the documents of
    TF 2.2, TF 2.9 and Keras 3.6 describe (Keras 3.15.1 hides the outer one).

    Args:
        *args: Dictionaries of `{name: object}`; later ones win.  `None` counts
            as an empty one.
        custom_objects: One more; the name that Keras 3 has for its only one.

    Raises:
        ConfigError: (a `TypeError`) An argument is not a dictionary.

    Example:
        >>> from hornbook import get_registered_object as lookup
        >>> with custom_object_scope({"double": lambda x: 2 * x}):
        ...     with custom_object_scope({"half": lambda x: x / 2}):
        ...         double = lookup("double")
        >>> double(4)
        8
        >>> lookup("double") is None
        True
    """

    __slots__ = ("custom_objects",)
    # Whether the scopes outside of this one are hidden in it.
    hides = False

    def __init__(self, *args: Mapping[str, Any] | None, custom_objects: Mapping[str, Any] | None = None) -> None:
        self.custom_objects = args if custom_objects is None else (*args, custom_objects)
        for objects in self.custom_objects:
            if objects is not None and not isinstance(objects, Mapping):
                raise ConfigError(f"A scope takes dictionaries of names, not {short(objects)}", place=None)

    def __enter__(self) -> CustomObjectScope:
        current_registry().integrations.activate_loaded()
        OPEN.set([(self, self.merged()), *OPEN.get()])
        return self

    def merged(self) -> dict[str, Any]:
        """Return the entries of all dictionaries."""
        merged: dict[str, Any] = {}
        for objects in self.custom_objects:
            merged.update(objects or {})
        return merged

    def __exit__(self, *args: object, **kwargs: object) -> None:
        # The innermost entry of this scope goes, wherever it stands: scopes
        # that are left out of order leak nothing.
        entries = [*OPEN.get()]
        for position, (scope, _) in enumerate(entries):
            if scope is self:
                del entries[position]
                break
        OPEN.set(entries)


custom_object_scope = CustomObjectScope


def open_scopes() -> Iterator[Mapping[str, Any]]:
    """Yield the objects of the open scopes, innermost first, down to one that hides the others."""
    for scope, objects in OPEN.get():
        yield objects
        if scope.hides:
            return


def changed() -> None:
    """Tell a reading that a scope of a framework's own was entered or left."""
    OPEN.set([*OPEN.get()])


@contextmanager
def other_answers() -> Iterator[None]:
    """Have a reading look names up anew in this block; what it knows holds again afterwards."""
    token = OPEN.set([*OPEN.get()])
    try:
        yield
    finally:
        OPEN.reset(token)


def in_scope() -> bool:
    """Return whether any scope is open in this context."""
    return bool(OPEN.get())
