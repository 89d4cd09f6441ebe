"""Arguments of built-ins that their `get_config` leaves out, told by the object itself.

Keras 3.15.1 writes no `delta` of a `Huber`, no `axis` of a `CosineSimilarity`,
no `seed` of a `SimpleRNN`: what comes back has the default.  No class is named
here: an argument that is not in the config, and whose value the object keeps
under its name and is not the default, was left out.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any

import keras

_PLAIN = (bool, int, float, str, type(None))
# Where a wrapper of a function keeps what it passes on to it.
_PASSED_ON = "_fn_kwargs"
# What a layer over a cell takes for its cell.
_PARTS = ("cell",)


def completion(cls: Any) -> Callable[[Any, dict[str, Any]], dict[str, Any]] | None:
    """Return what gives, for an object and its config, the config with the arguments that were left out."""
    defaults = {name: default for name, default in _defaults(cls).items() if name not in _mentioned(cls)}
    if not defaults:  # as of most
        return None
    return lambda obj, config: {**config, **dict(_left_out(obj, config, defaults))}


def left_out(obj: Any, config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments that come back with their defaults, and are others: those of its parts as well."""
    cls: Any = type(obj)
    defaults = _defaults(cls)
    missing = dict(_left_out(obj, config, defaults))
    for part in _PARTS:
        within = vars(obj).get(part)
        if within is not None:
            missing |= _left_out(within, config, defaults)
    return missing


@cache
def _defaults(cls: Any) -> dict[str, Any]:
    """Return the defaults of what a built-in can be given by name."""
    try:
        parameters = inspect.signature(cls).parameters.values()
    except (TypeError, ValueError):
        return {}
    return {one.name: one.default for one in parameters if isinstance(one.default, _PLAIN)}


@cache
def _mentioned(cls: Any) -> frozenset[str]:
    """Return the texts in the code of a class's `get_config`: what it writes is among them."""
    codes = [getattr(vars(base).get("get_config"), "__code__", None) for base in cls.__mro__]
    constants = [one for code in codes if code is not None for one in code.co_consts]
    constants += [one for group in constants if isinstance(group, tuple) for one in group]
    return frozenset(one for one in constants if isinstance(one, str))


def _left_out(obj: Any, config: Mapping[str, Any], defaults: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    kept = vars(obj)
    for name in [name for name in defaults if name not in config]:
        default = defaults[name]
        value = _value(kept, name, default)
        if isinstance(value, _PLAIN) and (type(value), value) != (type(default), default):
            yield name, value


def _value(kept: Mapping[str, Any], name: str, default: Any) -> Any:
    """Return the value of an argument; the default where the object does not keep it as it was given."""
    for place in (kept.get(_PASSED_ON) or {}, kept):
        for own in (name, f"_{name}"):
            if own in place:
                value = place[own]
                # A loss keeps what `None` stood for.
                return default if name == "dtype" and value == keras.config.floatx() else value
    return default
