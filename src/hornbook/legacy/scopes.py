"""Scopes as the generations had them, where they differ from our own."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from hornbook.engine.registry import current_registry
from hornbook.engine.scope import CustomObjectScope as OurScope
from hornbook.errors import ConfigError, short

F = TypeVar("F", bound=Callable[..., Any])


def unannotated(function: F) -> F:
    """Give a function the signature that the documents print: without types."""
    signature = inspect.signature(function)
    plain = [parameter.replace(annotation=parameter.empty) for parameter in signature.parameters.values()]
    function.__signature__ = signature.replace(  # type: ignore[attr-defined]
        parameters=plain, return_annotation=signature.empty
    )
    return function


class SnapshotScope(OurScope):
    """A scope whose entries are put into the global dictionary, and all changes undone.

    "Provides a scope that changes to `_GLOBAL_CUSTOM_OBJECTS` cannot escape"
    (document of TF 2.2; TF 2.2.0 and TF 2.9.3).  Other threads see it.

    Args:
        *args: Dictionaries of `{name: object}`; later ones win.

    Raises:
        ConfigError: (a `TypeError`) An argument is not a dictionary.

    Example:
        >>> from hornbook.legacy import tf2_9
        >>> with SnapshotScope({"half": len}):
        ...     tf2_9.get_custom_objects()["double"] = len
        ...     sorted({"half", "double"} & set(tf2_9.get_custom_objects()))
        ['double', 'half']
        >>> {"half", "double"} & set(tf2_9.get_custom_objects())
        set()
    """

    __slots__ = ("_before",)

    @unannotated
    def __init__(self, *args: Mapping[str, Any]) -> None:
        self.custom_objects = args
        self._before: list[dict[str, Any]] = []  # one for each time that it is open

    def __enter__(self) -> SnapshotScope:
        entries = [_entries(objects) for objects in self.custom_objects]
        self._before.append(dict(current_registry().objects))
        for objects in entries:
            current_registry().objects.update(objects)
        super().__enter__()
        return self

    def __exit__(self, *args: object, **kwargs: object) -> None:
        super().__exit__()
        before = self._before.pop()
        current_registry().objects.clear()
        current_registry().objects.update(before)

    def merged(self) -> dict[str, Any]:
        """Return nothing: the entries are in the global dictionary."""
        return {}


class MergingScope(OurScope):
    """A scope that adds to the outer one (TF 2.15.1).

    Args:
        *args: Dictionaries of `{name: object}`; later ones win.

    Raises:
        ConfigError: (a `TypeError`) An argument is not a dictionary; on entering.
    """

    __slots__ = ()

    @unannotated
    def __init__(self, *args: Mapping[str, Any]) -> None:
        self.custom_objects = args

    def merged(self) -> dict[str, Any]:
        """Return the entries of all dictionaries."""
        return {name: target for objects in self.custom_objects for name, target in _entries(objects).items()}


class ReplacingScope(OurScope):
    """A scope that hides the outer one (Keras 3.0 to 3.15.1).

    Args:
        custom_objects: A dictionary of `{name: object}`; `None` counts as an
            empty one.

    Raises:
        ConfigError: (a `TypeError`) The argument is not a dictionary.
    """

    __slots__ = ()
    hides = True

    @unannotated
    def __init__(self, custom_objects: Mapping[str, Any] | None) -> None:
        super().__init__(custom_objects)


def _entries(objects: Any) -> dict[str, Any]:
    """Return what `dict.update` makes of an argument, as TF 2.2.0 to TF 2.15.1 do."""
    try:
        return dict(objects)
    except (TypeError, ValueError) as error:
        raise ConfigError(f"A scope takes dictionaries of names, not {short(objects)}", place=None) from error
