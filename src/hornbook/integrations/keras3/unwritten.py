"""Arguments of built-ins that their `get_config` leaves out, told by the object itself.

Keras 3.15.1 writes no `delta` of a `Huber`, no `axis` of a `CosineSimilarity`,
no `seed` of a `SimpleRNN`, and of what every layer takes neither `autocast`
nor `activity_regularizer`: what comes back has the default.  No class is named
here: an argument that is not in the config, and whose value the object keeps
under its name and is not the default, was left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any

import keras

from hornbook.engine.parameters import parameters_of

_PLAIN = (bool, int, float, str, type(None))
# Where a wrapper of a function keeps what it passes on to it.
_PASSED_ON = "_fn_kwargs"
# What a layer over a cell takes for its cell.
_PARTS = ("cell",)


@cache
def completion(cls: type) -> Callable[[Any, Mapping[str, Any]], dict[str, Any]] | None:
    """Return what finds the arguments to add to a config of `cls`; `None` where it takes none.

    The class has to take them back, and so has its `from_config`: a class
    with one of its own may do with them what it likes.
    """
    defaults = _defaults(cls)
    if not defaults:
        return None
    return lambda obj, config: dict(_left_out(obj, config, defaults))


def left_out(obj: Any, config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments that come back with their defaults, and are others: those of its parts as well."""
    defaults = _defaults(type(obj))
    missing = dict(_left_out(obj, config, defaults))
    for part in _PARTS:
        within = vars(obj).get(part)
        if within is not None:
            missing |= _left_out(within, config, defaults)
    return missing


def _defaults(cls: type) -> dict[str, Any]:
    """Return the defaults of what a class can be given by name."""
    return {name: one.default for name, one in parameters_of(cls).items() if isinstance(one.default, _PLAIN)}


def _left_out(obj: Any, config: Mapping[str, Any], defaults: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    kept = vars(obj)
    for name in [name for name in defaults if name not in config]:
        default = defaults[name]
        value = _value(kept, name, default)
        if isinstance(value, (*_PLAIN, keras.Regularizer)) and (type(value), value) != (type(default), default):
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
