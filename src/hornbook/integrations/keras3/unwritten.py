"""Arguments of built-ins that their `get_config` leaves out, told by the object itself.

Keras 3.15.1 writes no `delta` of a `Huber`, no `axis` of a `CosineSimilarity`,
no `seed` of a `SimpleRNN`, and of what every layer takes neither `autocast`
nor `activity_regularizer`: what comes back has the default.  No class is named
here: an argument that is not in the config, and whose value the object keeps
under its name and is not the default, was left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from types import MappingProxyType
from typing import Any

import keras

from hornbook.engine.parameters import parameters_of

_PLAIN = (bool, int, float, str, type(None))
# Where a wrapper of a function keeps what it passes on to it.
_PASSED_ON = "_fn_kwargs"
# What a layer over a cell takes for its cell.
_PARTS = ("cell",)


# What `None` stands for is kept in its place: in a loss, and in layers for images of Keras 3.6 to 3.12.
_STANDS_FOR = MappingProxyType({"dtype": keras.config.floatx, "data_format": keras.config.image_data_format})

# An argument, the attribute that may keep it beside the one of its name, and its default.
Argument = tuple[str, str, Any]


def completion(cls: Any) -> Callable[[Any, dict[str, Any]], dict[str, Any]] | None:
    """Return what gives, for an object and its config, the config with the arguments that were left out."""
    arguments = [one for one in _arguments(cls) if one[0] not in _mentioned(cls)]
    if not arguments:
        return None

    def completed(obj: Any, config: dict[str, Any]) -> dict[str, Any]:
        added = _left_out(obj, config, arguments)
        return {**config, **added} if added else config

    return completed


def left_out(obj: Any, config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments that come back with their defaults, and are others: those of its parts as well."""
    cls: Any = type(obj)
    missing = _left_out(obj, config, _arguments(cls))
    for part in _PARTS:
        within = getattr(obj, part, None)  # PyTorch keeps modules elsewhere than in `__dict__`
        if within is not None:
            missing |= _left_out(within, config, _arguments(cls))
    return missing


@cache
def _arguments(cls: Any) -> list[Argument]:
    """Return what a built-in can be given by name, but for a name, which it makes itself."""
    parameters = parameters_of(cls).items()
    found = [(name, one.default) for name, one in parameters if isinstance(one.default, _PLAIN) and name != "name"]
    return [(name, f"_{name}", default) for name, default in found]


@cache
def _mentioned(cls: Any) -> frozenset[str]:
    """Return the texts in the code of a class's `get_config`: what it writes is among them."""
    codes = [getattr(vars(base).get("get_config"), "__code__", None) for base in cls.__mro__]
    constants = [one for code in codes if code is not None for one in code.co_consts]
    constants += [one for group in constants if isinstance(group, tuple) for one in group]
    return frozenset(one for one in constants if isinstance(one, str))


def _left_out(obj: Any, config: Mapping[str, Any], arguments: Iterable[Argument]) -> dict[str, Any]:
    kept = vars(obj)
    if _PASSED_ON in kept:
        kept = {**kept, **kept[_PASSED_ON]}
    found = {}
    for name, private, default in arguments:
        value = kept.get(name, default)
        if value is default:
            value = kept.get(private, default)
        # What is equal and of another type, as `True` and 1, is another value.
        if value is default or name in config or (type(value) is type(default) and value == default):
            continue
        stood_for = _STANDS_FOR.get(name)
        if stood_for is not None and value == stood_for():
            continue
        if isinstance(value, (*_PLAIN, keras.Regularizer)):
            found[name] = value
    return found
