"""Numbers that an object keeps and nothing writes: arrays and variables where no framework tracks them."""

from __future__ import annotations

import types
from collections.abc import Container, Iterator
from typing import Any

from hornbook.frameworks.models import Models

_MOST = 100_000  # values that are looked at within one object
_PASSED = (str, bytes, type, types.ModuleType, types.FunctionType, types.MethodType, types.BuiltinFunctionType)


def lost(original: Any, copy: Any, *, framework: Models, parts: Container[int]) -> Iterator[str]:
    """Yield the attributes of an object in which the copy keeps other numbers, or none.

    Args:
        original: What was written.
        copy: What came back.
        framework: What knows the objects of the framework.
        parts: The addresses of what is written on its own.
    """
    kept, others = framework.own_attributes(original), framework.own_attributes(copy)
    for name, value in kept.items():
        if any(_differ(value, others.get(name), framework, parts)):
            yield name


def _differ(value: Any, other: Any, framework: Models, parts: Container[int]) -> Iterator[bool]:
    """Yield for each array within a value whether the copy has another one in its place."""
    todo, seen = [(value, other)], set[int]()
    while todo and len(seen) < _MOST:
        value, other = todo.pop()
        if id(value) in parts or id(value) in seen or isinstance(value, _PASSED):
            continue
        seen.add(id(value))
        arrays = _arrays(value, framework)
        if arrays is None:
            todo += _members(value, other, framework.root)
        elif arrays:
            yield not _equal(arrays, _arrays(other, framework) or [other])


def _members(value: Any, other: Any, root: str) -> list[tuple[Any, Any]]:
    """Return what is in a value, each with what the copy has in its place, or `None`."""
    alike = all(isinstance(value, sort) == isinstance(other, sort) for sort in (dict, (list, tuple)))
    others = _named(other, "") if alike else {}
    return [(member, others.get(name)) for name, member in _named(value, root).items()]


def _named(value: Any, root: str) -> dict[Any, Any]:
    """Return what is in a value by key, number or name; nothing of an object whose class is of the framework."""
    if isinstance(value, dict):
        return value
    if isinstance(value, (list, tuple)):
        return dict(enumerate(value))
    is_own = hasattr(value, "__dict__") and type(value).__module__.partition(".")[0] != root
    return vars(value) if is_own else {}


def _arrays(value: Any, framework: Models) -> list[Any] | None:
    """Return the arrays that a value is or stands for; `None` if it is none of the kind."""
    import numpy as np

    arrays = framework.arrays(value)
    if arrays is not None:
        return list(arrays)
    if isinstance(value, np.generic) or not hasattr(type(value), "__array__"):
        return None
    try:
        return [_numbers(value)]
    except Exception:  # noqa: BLE001  a symbolic tensor, or one that has been donated: it has no numbers
        return []


def _numbers(value: Any) -> Any:
    import numpy as np

    detach = getattr(value, "detach", None)
    return np.asarray(value if detach is None else detach().cpu())


def _equal(arrays: list[Any], others: list[Any]) -> bool:
    import numpy as np

    if len(arrays) != len(others):
        return False
    for array, other in zip(arrays, others, strict=True):
        try:
            values = np.asarray(other)
        except (TypeError, ValueError):
            return False
        if array.shape != values.shape:
            return False
        alike = array.dtype == values.dtype and array.dtype != object
        if not (array.tobytes() == values.tobytes() if alike else np.all(array == values)):
            return False
    return True
