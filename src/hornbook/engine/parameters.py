"""What a class can be given by name, that of its bases as well where it passes on what it does not know."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from inspect import Parameter
from typing import Any


def parameters_of(cls: type) -> Mapping[str, Parameter]:
    """Return the parameters of a class by name.

    An `__init__` with `**kwargs` is taken to pass them on to the next one, but
    for what it gives that, or sets, itself.

    Example:
        >>> class Base:
        ...     def __init__(self, autocast=True, mode=None): ...
        >>> class Derived(Base):
        ...     def __init__(self, units, **kwargs): super().__init__(mode="max", **kwargs)
        >>> list(parameters_of(Derived))
        ['units', 'autocast']
    """
    found: dict[str, Parameter] = {}
    taken: set[str] = set()
    for base in cls.__mro__:
        if "__init__" not in vars(base):
            continue
        try:
            own = [*inspect.signature(vars(base)["__init__"]).parameters.values()][1:]
        except (TypeError, ValueError):
            break
        for one in own:
            if one.kind in (one.POSITIONAL_OR_KEYWORD, one.KEYWORD_ONLY) and one.name not in taken:
                found.setdefault(one.name, one)
        if all(one.kind is not one.VAR_KEYWORD for one in own):
            break
        taken |= _given(vars(base)["__init__"])
    return found


def _given(function: Any) -> set[str]:
    """Return all that may be a name by which a function gives something to what it calls, or to an object."""
    code = getattr(inspect.unwrap(function), "__code__", None)
    if code is None:
        return set()
    members = [name for one in code.co_consts for name in (one if isinstance(one, tuple) else (one,))]
    return {name for name in (*members, *code.co_names) if isinstance(name, str)}
