"""Arguments of built-ins that their `get_config` leaves out, told by the object itself.

Keras 3.15.1 writes no `delta` of a `Huber`, no `axis` of a `CosineSimilarity`,
no `seed` of a `SimpleRNN`, and of what every layer takes neither `autocast`
nor `activity_regularizer`: what comes back has the default.  No class is named
here: an argument that is not in the config, and whose value the object keeps
under its name and is not the default, was left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any
from weakref import WeakKeyDictionary

import keras

from hornbook.engine.builtins import Completion
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


class Unwritten:
    """What built-ins and classes derived from them leave out; works a class out once, and keeps none alive."""

    def __init__(self) -> None:
        self._arguments: WeakKeyDictionary[type, list[Argument]] = WeakKeyDictionary()
        self._completions: WeakKeyDictionary[type, Completion | None] = WeakKeyDictionary()

    def completion(self, cls: type) -> Completion | None:
        """Return what gives, for an object and its config, the config with the arguments that were left out."""
        try:
            return self._completions[cls]
        except KeyError:
            mentioned = _mentioned(cls)
            arguments = [argument for argument in self._arguments_of(cls) if argument[0] not in mentioned]
            completion = self._completions[cls] = _completing(arguments) if arguments else None
            return completion

    def left_out(self, obj: Any, config: Mapping[str, Any]) -> dict[str, Any]:
        """Return the arguments that come back with their defaults, and are others: those of its parts as well."""
        arguments = self._arguments_of(type(obj))
        missing = _left_out(obj, config, arguments)
        for part in _PARTS:
            within = getattr(obj, part, None)  # PyTorch keeps modules elsewhere than in `__dict__`
            if within is not None:
                missing |= _left_out(within, config, arguments)
        return missing

    def _arguments_of(self, cls: type) -> list[Argument]:
        """Return what a built-in can be given by name, but for a name, which it makes itself."""
        arguments = self._arguments.get(cls)
        if arguments is None:
            parameters = [(name, one.default) for name, one in parameters_of(cls).items() if name != "name"]
            arguments = [(name, f"_{name}", default) for name, default in parameters if isinstance(default, _PLAIN)]
            self._arguments[cls] = arguments
        return arguments


def _completing(arguments: list[Argument]) -> Completion:
    def completed(obj: Any, config: dict[str, Any]) -> dict[str, Any]:
        added = _left_out(obj, config, arguments)
        return {**config, **added} if added else config

    return completed


def _mentioned(cls: type) -> frozenset[str]:
    """Return the texts in the code of a class's `get_config`: what it writes is among them."""
    codes = [getattr(vars(base).get("get_config"), "__code__", None) for base in cls.__mro__]
    constants = [constant for code in codes if code is not None for constant in code.co_consts]
    constants += [member for group in constants if isinstance(group, tuple) for member in group]
    return frozenset(constant for constant in constants if isinstance(constant, str))


def _left_out(obj: Any, config: Mapping[str, Any], arguments: Iterable[Argument]) -> dict[str, Any]:
    kept = vars(obj)
    if _PASSED_ON in kept:
        kept = {**kept, **kept[_PASSED_ON]}
    missing = {}
    for name, private, default in arguments:
        value = kept.get(name, default)
        if value is default:
            value = kept.get(private, default)
        if value is not default and name not in config and _is_another(name, value, default):
            missing[name] = value
    return missing


def _is_another(name: str, value: Any, default: Any) -> bool:
    """Return whether a value that can be written is another than the default of an argument."""
    if type(value) is type(default) and value == default:  # `True` is another than 1, though it is equal
        return False
    stood_for = _STANDS_FOR.get(name)
    if stood_for is not None and value == stood_for():
        return False
    return isinstance(value, (*_PLAIN, keras.Regularizer))
