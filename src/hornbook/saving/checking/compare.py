"""Whether what came back is what was written: values, attributes and configs, side by side."""

from __future__ import annotations

import inspect
import json
import re
import types
from collections.abc import Callable, Container, Iterator, Mapping
from numbers import Number
from typing import Any

from hornbook.archive.weights.paths import snake_case
from hornbook.engine.parameters import parameters_of
from hornbook.errors import short
from hornbook.reports.digests import unnumbered


def signature_of(cls: type) -> inspect.Signature:
    """Return what a class takes; anything, if that cannot be told."""
    try:
        return inspect.signature(cls)
    except (TypeError, ValueError):
        return inspect.Signature([inspect.Parameter("kwargs", inspect.Parameter.VAR_KEYWORD)])


def not_taken(cls: type, arguments: dict[str, Any]) -> list[str]:
    """Return the names in a config that a class does not take."""
    parameters = signature_of(cls).parameters
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters.values()):
        return []
    return [name for name in arguments if name not in parameters]


def not_given(cls: type, arguments: dict[str, Any]) -> list[str]:
    """Return the names that a class needs and that a config lacks."""
    named = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    return [
        name
        for name, parameter in signature_of(cls).parameters.items()
        if parameter.default is parameter.empty and parameter.kind in named and name not in arguments
    ]


def differences(
    original: Any, copy: Any, *, written: Container[str], is_foreign: Callable[[Any], bool]
) -> Iterator[tuple[str, Any, Any]]:
    """Yield name and both values of each attribute that is not the same in two objects.

    Looked at are the attributes that are called like an argument of the class,
    and those that an `__init__` of the user's mentions: others are the
    framework's, which may count or remember what it likes.  What a framework
    takes and writes itself is not looked at: it knows what it makes of that, a
    list of a tuple, a seed of none.  Nor is the name of an object of its own
    that it made by counting: such a one is written without it.

    Args:
        original: What was written.
        copy: What came back.
        written: The names in its config.
        is_foreign: Returns whether a class is a framework's own.
    """
    names = {name for name in parameters_of(type(original)) if name not in written}
    for cls in type(original).__mro__:
        code = getattr(vars(cls).get("__init__"), "__code__", None)
        if code is not None and not is_foreign(cls):
            names.update(code.co_names, code.co_varnames)
    names |= {f"_{name}" for name in names}
    values, others = _attributes(original), _attributes(copy)
    if is_foreign(type(original)):
        names = {name for name in names if not _are_counted(name, type(original), values, others)}
    for name in sorted(names & values.keys()):
        if name not in others or not same(values[name], others[name]):
            yield name, values[name], others.get(name)


def _are_counted(attribute: str, cls: type, values: Mapping[str, Any], others: Mapping[str, Any]) -> bool:
    """Return whether two names were made by a framework, which counts the objects of a class: `dense`, `dense_1`."""
    counted = re.compile(rf"{re.escape(snake_case(cls.__name__))}(_\d+)?")
    return attribute.lstrip("_") == "name" and all(
        isinstance(name, str) and counted.fullmatch(name) is not None
        for name in (values.get(attribute), others.get(attribute))
    )


def _attributes(value: Any) -> dict[str, Any]:
    slots = [name for cls in type(value).__mro__ for name in _slots(cls)]
    return {**{name: getattr(value, name) for name in slots if hasattr(value, name)}, **getattr(value, "__dict__", {})}


def _slots(cls: type) -> tuple[str, ...]:
    slots = vars(cls).get("__slots__", ())
    return (slots,) if isinstance(slots, str) else tuple(slots)


def _paired(value: Any, other: Any) -> list[tuple[Any, Any, Any]] | None:
    """Return the members of two containers of one shape, each with its key or number; `None` for anything else."""
    if isinstance(value, dict) and isinstance(other, dict) and value.keys() == other.keys():
        return [(key, member, other[key]) for key, member in value.items()]
    if isinstance(value, (list, tuple)) and isinstance(other, (list, tuple)) and len(value) == len(other):
        return [(i, *pair) for i, pair in enumerate(zip(value, other, strict=True))]
    return None


def same(value: Any, other: Any) -> bool:
    """Return whether two values are alike: plain ones equal, objects of one class.

    Example:
        >>> same((1, 2.0), (1, 2)), same((1, 2), [1, 2])
        (True, False)
    """
    if isinstance(value, Number) and isinstance(other, Number):
        return bool(value == other or (value != value and other != other))  # noqa: PLR0124  NaN
    if type(value).__qualname__ != type(other).__qualname__:
        return False
    if isinstance(value, (dict, list, tuple)):
        members = _paired(value, other)
        return members is not None and all(same(member, its) for _, member, its in members)
    identity = _identity(value)
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


def first_difference(config: Any, other: Any, place: str = "$") -> str | None:
    """Return the place of the first value that differs in two configs; tuples and lists are the same.

    Numbers of shared objects do not count.  What is no JSON cannot be compared.

    Example:
        >>> first_difference({"units": 2, "axis": (1, 2)}, {"units": 2, "axis": [1, 3]})
        '$.axis[1]'
    """
    try:
        config, other = (unnumbered(json.loads(json.dumps(value))) for value in (config, other))
    except (TypeError, ValueError, RecursionError):
        return None
    todo = [(place, config, other)]
    while todo:
        place, config, other = todo.pop()
        members = _paired(config, other)
        if members is not None:
            step = "{}.{}" if isinstance(config, dict) else "{}[{}]"
            todo += [(step.format(place, key), member, its) for key, member, its in members]
        elif json.dumps(config) != json.dumps(other):
            return place
    return None


def shown(value: Any) -> str:
    """Return a value and its type, briefly."""
    return short(value) if value is None else f"{type(value).__name__} {short(value)}"
