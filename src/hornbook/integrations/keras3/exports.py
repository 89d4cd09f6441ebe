"""What Keras exports, and under which name."""

from __future__ import annotations

from typing import Any

from hornbook.integrations.keras3 import private
from hornbook.integrations.keras3.catalogue import catalogue


def exported_name(target: Any) -> str | None:
    """Return the public name of a class or function of Keras, as `"keras.layers.Dense"`.

    A class that a backend puts in the place of a public one, as that of PyTorch
    does with optimizers, has the name of that: the other backends read it too.
    """
    name = _own_name(target)
    if name is None and isinstance(target, type) and private.is_own(target, "backend"):
        bases = (base for base in target.__mro__[1:] if base.__name__ == target.__name__)
        name = next(filter(None, map(_own_name, bases)), None)
    return name


def _own_name(target: Any) -> str | None:
    if private.get_name_from_symbol is not None:
        name: str | None = private.get_name_from_symbol(target)
        return name
    names = (f"{module}.{target.__name__}" for module, _ in catalogue().homes(target.__name__))
    return next((name for name in names if exported_object(name) is target), None)


def exported_object(name: str) -> Any | None:
    """Return what Keras has under a public name."""
    if private.get_symbol_from_name is not None:
        exported = private.get_symbol_from_name(name)
        if exported is not None:
            return exported
    import keras

    place: Any = keras
    for part in name.split(".")[1:]:
        place = getattr(place, part, None)
    return place
