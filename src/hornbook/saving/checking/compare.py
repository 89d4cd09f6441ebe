"""Whether what came back is what was written: arguments and attributes, side by side."""

from __future__ import annotations

import inspect
import types
from collections.abc import Callable, Container, Iterator
from numbers import Number
from typing import Any

from hornbook.engine.parameters import parameters_of
from hornbook.errors import short


def signature_of(cls: type) -> inspect.Signature:
    """Return what a class takes; anything, if that cannot be told."""
    try:
        return inspect.signature(cls)
    except (TypeError, ValueError):
        return inspect.Signature([inspect.Parameter("kwargs", inspect.Parameter.VAR_KEYWORD)])


def not_taken(cls: type, arguments: dict[str, Any]) -> list[str]:
    """Return the names in a config that a class does not take."""
    parameters = signature_of(cls).parameters
    if any(one.kind is one.VAR_KEYWORD for one in parameters.values()):
        return []
    return [name for name in arguments if name not in parameters]


def not_given(cls: type, arguments: dict[str, Any]) -> list[str]:
    """Return the names that a class needs and that a config lacks."""
    return [
        name
        for name, one in signature_of(cls).parameters.items()
        if one.default is one.empty and one.kind in (one.POSITIONAL_OR_KEYWORD, one.KEYWORD_ONLY)
        if name not in arguments
    ]


def differences(
    one: Any, other: Any, *, written: Container[str], is_foreign: Callable[[Any], bool]
) -> Iterator[tuple[str, Any, Any]]:
    """Yield name and both values of each attribute that is not the same in two objects.

    Looked at are the attributes that are called like an argument of the class,
    and those that an `__init__` of the user's mentions: others are the
    framework's, which may count or remember what it likes.  What a framework
    takes and writes itself is not looked at: it knows what it makes of that, a
    list of a tuple, a seed of none.

    Args:
        one: What was written.
        other: What came back.
        written: The names in its config.
        is_foreign: Says of a class whether it is a framework's own.
    """
    names = {name for name in parameters_of(type(one)) if name not in written}
    for cls in type(one).__mro__:
        code = getattr(vars(cls).get("__init__"), "__code__", None)
        if code is not None and not is_foreign(cls):
            names.update(code.co_names, code.co_varnames)
    names |= {f"_{name}" for name in names}
    mine, others = _attributes(one), _attributes(other)
    for name in sorted(names & mine.keys()):
        if name not in others or not same(mine[name], others[name]):
            yield name, mine[name], others.get(name)


def _attributes(value: Any) -> dict[str, Any]:
    slots = [name for cls in type(value).__mro__ for name in _slots(cls)]
    return {**{name: getattr(value, name) for name in slots if hasattr(value, name)}, **getattr(value, "__dict__", {})}


def _slots(cls: type) -> tuple[str, ...]:
    slots = vars(cls).get("__slots__", ())
    return (slots,) if isinstance(slots, str) else tuple(slots)


def same(one: Any, other: Any) -> bool:
    """Say whether two values are alike: plain ones equal, objects of one class.

    Example:
        >>> same((1, 2.0), (1, 2)), same((1, 2), [1, 2])
        (True, False)
    """
    if isinstance(one, Number) and isinstance(other, Number):
        return bool(one == other or (one != one and other != other))  # noqa: PLR0124  NaN
    if type(one).__qualname__ != type(other).__qualname__:
        return False
    if isinstance(one, (list, tuple)):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[name], other[name]) for name in one)
    identity = _identity(one)
    return identity is None or identity == _identity(other)


def _identity(value: Any) -> Any:
    """Return what two values of one class must have in common; `None` where that is their class alone."""
    if isinstance(value, (str, bytes, frozenset, set)):
        return value
    if isinstance(value, types.FunctionType):
        return value.__module__, value.__qualname__
    if type(value).__module__ == "numpy":
        return value.dtype, value.shape, value.tobytes()
    return None


def shown(value: Any) -> str:
    """Return a value and its type, briefly."""
    return short(value) if value is None else f"{type(value).__name__} {short(value)}"
