"""A `Sequential` of a config is built once, when it has all its layers.

Keras builds it anew, with all layers that are there, after each one that is
added: 200 layers make 20,100 calls.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextvars import ContextVar
from typing import Any

from hornbook.engine.decode import current_reader
from hornbook.integrations.divert import Diversion, Function, Gate, method
from hornbook.integrations.keras3.hooks import older

_OPEN: ContextVar[_Making | None] = ContextVar("hornbook_sequential", default=None)


class _Making:
    """One call of `from_config`: it stands in the place of the class, and hands out the layers.

    Attributes:
        complete: Whether the last layer was handed out.
    """

    def __init__(self, cls: type, layers: list[Any]) -> None:
        self._cls, self._layers = cls, layers
        self._model: Any = None
        self.complete = False

    def __call__(self, **arguments: Any) -> Any:
        """Make the model."""
        self._model = self._cls(**arguments)
        return self._model

    def __iter__(self) -> Iterator[Any]:
        for number, layer in enumerate(self._layers, 1):
            self.complete = number == len(self._layers)
            yield layer

    def waits(self, model: Any) -> bool:
        """Return whether more layers of a model are to come."""
        return model is self._model and not self.complete


def gates() -> list[Diversion]:
    """Return the functions that add up a `Sequential`; none if this version of Keras has others."""
    import keras

    rebuild = method(keras.Sequential, "_maybe_rebuild")
    make = getattr(keras.Sequential.from_config, "__func__", None)
    if not isinstance(make, Function) or not isinstance(rebuild, Function):
        return []
    return [
        Diversion("Sequential.from_config", make, _from_config),
        Diversion("Sequential._maybe_rebuild", rebuild, _maybe_rebuild),
    ]


def _from_config(original: Gate) -> Gate:
    def from_config(cls: Any, config: Any, *args: Any, **kwargs: Any) -> Any:
        layers = config.get("layers") if isinstance(config, dict) else None
        if current_reader() is None or not isinstance(layers, list):
            return original(cls, older.inner_config(config, *args, **kwargs), *args, **kwargs)
        making = _Making(cls, layers)
        token = _OPEN.set(making)
        try:
            return original(making, {**config, "layers": making}, *args, **kwargs)
        finally:
            _OPEN.reset(token)

    return from_config


def _maybe_rebuild(original: Gate) -> Gate:
    def maybe_rebuild(self: Any) -> None:
        making = _OPEN.get()
        if making is None or not making.waits(self):
            original(self)
        else:
            self.built = False
            self._functional = None

    return maybe_rebuild
