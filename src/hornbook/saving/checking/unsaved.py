"""Numbers that an object keeps and nothing writes: arrays and variables where no framework tracks them."""

from __future__ import annotations

import types
from collections.abc import Container, Iterator, Mapping
from typing import Any, Protocol

_MOST = 100_000  # values that are looked at within one object
_PASSED = (str, bytes, type, types.ModuleType, types.FunctionType, types.MethodType, types.BuiltinFunctionType)


class Keeper(Protocol):
    """What knows the objects of a framework.

    Attributes:
        root: Its top-level module.
    """

    root: str

    def arrays(self, value: Any) -> Iterator[Any] | None:
        """Return the numbers that a value of the framework stands for; `None` for any other value."""

    def own_attributes(self, value: Any) -> Mapping[str, Any]:
        """Return the attributes of an object but for those that the framework gives to all of its kind."""


def lost(one: Any, other: Any, *, framework: Keeper, parts: Container[int]) -> Iterator[str]:
    """Yield the attributes of an object in which the copy keeps other numbers, or none.

    Args:
        one: What was written.
        other: What came back.
        framework: What knows the objects of the framework.
        parts: The addresses of what is written on its own.
    """
    kept, others = framework.own_attributes(one), framework.own_attributes(other)
    for name, value in kept.items():
        if any(_differ(value, others.get(name), framework, parts)):
            yield name


def _differ(one: Any, other: Any, framework: Keeper, parts: Container[int]) -> Iterator[bool]:
    """Yield for each array within a value whether the copy has another one in its place."""
    todo, seen = [(one, other)], set[int]()
    while todo and len(seen) < _MOST:
        one, other = todo.pop()
        if id(one) in parts or id(one) in seen or isinstance(one, _PASSED):
            continue
        seen.add(id(one))
        arrays = _arrays(one, framework)
        if arrays is not None:
            if arrays:
                yield not _equal(arrays, _arrays(other, framework) or [other])
        elif isinstance(one, dict):
            todo += [(value, other.get(key) if isinstance(other, dict) else None) for key, value in one.items()]
        elif isinstance(one, (list, tuple)):
            members = other if isinstance(other, (list, tuple)) else ()
            todo += [(value, members[i] if i < len(members) else None) for i, value in enumerate(one)]
        elif hasattr(one, "__dict__") and type(one).__module__.partition(".")[0] != framework.root:
            others = getattr(other, "__dict__", {})
            todo += [(value, others.get(name)) for name, value in vars(one).items()]


def _arrays(value: Any, framework: Keeper) -> list[Any] | None:
    """Return the arrays that a value is or stands for; `None` if it is none of the kind."""
    import numpy as np

    found = framework.arrays(value)
    if found is not None:
        return list(found)
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
    for one, other in zip(arrays, others, strict=True):
        try:
            values = np.asarray(other)
        except (TypeError, ValueError):
            return False
        if one.shape != values.shape:
            return False
        alike = one.dtype == values.dtype and one.dtype != object
        if not (one.tobytes() == values.tobytes() if alike else np.all(one == values)):
            return False
    return True
