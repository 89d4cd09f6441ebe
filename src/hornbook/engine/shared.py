"""Shared objects of the flat form, in scopes that their caller opens.

The scopes live in context variables: a thread or a task of its own has none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from hornbook.engine.identity import shared_id
from hornbook.engine.nested import NestedScope

# The open loading scope: objects by id.  The open saving scope: by address, the
# object, its config and the number it was met as; it is kept alive, since an
# address is an identity only then.
_loaded: ContextVar[dict[Any, Any] | None] = ContextVar("hornbook_flat_loaded", default=None)
_saved: ContextVar[Saved | None] = ContextVar("hornbook_flat_saved", default=None)
_disabled: ContextVar[bool] = ContextVar("hornbook_flat_disabled", default=False)


class SharedObjectConfig(dict[str, Any]):
    """A config that gets its `shared_object_id` when its object is met again."""


class Saved(dict[int, tuple[Any, SharedObjectConfig, int]]):
    """What an open saving scope has met, and that scope."""

    def __init__(self, scope: Any) -> None:
        super().__init__()
        self.scope = scope


class SharedObjectLoadingScope(NestedScope):
    """While it is open, a `shared_object_id` that was met gives the object that it gave.

    Source of the rule: the document of TF 2.9, `deserialize_keras_object`.
    In TF 2.9.3 to Keras 3.15.1 leaving an inner scope ends the outer one too.

    Example:
        >>> from hornbook.legacy import deserialize_keras_object
        >>> class Crate:
        ...     @classmethod
        ...     def from_config(cls, config): return cls()
        >>> config = {"class_name": "Crate", "config": {}, "shared_object_id": 0}
        >>> with SharedObjectLoadingScope():
        ...     [crate, same] = [deserialize_keras_object(config, {"Crate": Crate}) for _ in range(2)]
        >>> crate is same
        True
    """

    variable = _loaded

    def value(self) -> dict[Any, Any]:
        """Return what the variable is while the scope is open: no object was met yet."""
        return {}

    def __enter__(self) -> Any:
        super().__enter__()
        return NoopLoadingScope() if _disabled.get() else self

    def get(self, object_id: Any) -> Any:
        """Return the object that was met under `object_id`, or `None`."""
        return (_loaded.get() or {}).get(object_id)

    def set(self, object_id: Any, obj: Any) -> None:
        """Remember `obj` under `object_id`."""
        objects = _loaded.get()
        if object_id is not None and objects is not None:
            objects[object_id] = obj


class NoopLoadingScope:
    """What a loading scope is within :class:`DisableSharedObjectScope`."""

    def get(self, object_id: Any) -> None:
        """Return `None`: nothing is remembered."""

    def set(self, object_id: Any, obj: Any) -> None:
        """Remember nothing."""


class SharedObjectSavingScope(NestedScope):
    """While it is open, an object written twice has one config with a `shared_object_id`.

    The id is the position, from 0, at which the object was first met.  A scope
    within a scope is the same one (TF 2.9.3).
    """

    variable = _saved

    def value(self) -> Saved:
        """Return what the variable is while the scope is open: what the outermost one has met."""
        outer = _saved.get()
        return Saved(self) if outer is None else outer

    def __enter__(self) -> Any:
        super().__enter__()
        saved = _saved.get()
        return None if saved is None or _disabled.get() else saved.scope

    def get_config(self, obj: Any) -> SharedObjectConfig | None:
        """Return the config that `obj` was written as, or `None`."""
        objects = _saved.get()
        first = None if objects is None else objects.get(id(obj))
        return None if first is None else _again(first)

    def create_config(self, base_config: dict[str, Any], obj: Any) -> SharedObjectConfig:
        """Remember `base_config` as that of `obj`."""
        config = SharedObjectConfig(base_config)
        objects = _saved.get()
        if objects is not None:
            objects[id(obj)] = (obj, config, len(objects))
        return config


class DisableSharedObjectScope(NestedScope):
    """While it is open, nothing is shared."""

    variable = _disabled

    def __enter__(self) -> None:
        super().__enter__()

    def value(self) -> bool:
        """Return what the variable is while the scope is open."""
        return True


@contextmanager
def lent(loaded: dict[Any, Any] | None, saved: Saved | None) -> Iterator[None]:
    """Let what the open scopes of a framework keep be what ours keep, in this block.

    Args:
        loaded: Objects by id, of an open loading scope.
        saved: What an open saving scope has met.
    """
    before = _loaded.get(), _saved.get()
    _loaded.set(before[0] if loaded is None else loaded)
    _saved.set(before[1] if saved is None else saved)
    try:
        yield
    finally:
        _loaded.set(before[0])
        _saved.set(before[1])


def _again(found: tuple[Any, SharedObjectConfig, int]) -> SharedObjectConfig:
    _, config, number = found
    config["shared_object_id"] = number
    return config


def loading(config: dict[str, Any], make: Callable[[], Any]) -> Any:
    """Return the object met under the id of `config` in the open scope, else what `make` makes.

    Raises:
        ConfigError: The id is not an integer.
    """
    objects, object_id = _loaded.get(), shared_id(config)
    if objects is None or object_id is None or _disabled.get():
        return make()
    if object_id not in objects:
        objects[object_id] = make()
    return objects[object_id]


def saving(config: dict[str, Any], obj: Any) -> dict[str, Any]:
    """Return the config of `obj`: in an open scope the one it was first written as."""
    objects = _saved.get()
    if objects is None or _disabled.get():
        return config
    first = objects.get(id(obj))
    return SharedObjectSavingScope().create_config(config, obj) if first is None else _again(first)
