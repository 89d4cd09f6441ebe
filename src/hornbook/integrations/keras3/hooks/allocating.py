"""What Keras is about to allocate during a reading, counted in its budget first.

Every variable of a layer, a metric or an optimizer passes here before its
initializer runs, whichever backend makes it; so does every tensor of a graph.
"""

from __future__ import annotations

import math
import re
from typing import Any

from hornbook.engine.decode import current_reader
from hornbook.integrations.divert import Diversion, Gate, method
from hornbook.integrations.keras3 import private

_BITS = re.compile(r"\d+")
_FLOAT = 4  # bytes


def gates() -> list[Diversion]:
    """Return the functions of Keras that ask first."""
    import keras

    variable = private.AnyVariable or private.KerasVariable
    return [
        Diversion("Variable._validate_shape", method(variable, "_validate_shape"), _shape, needed=True),
        Diversion("ops.broadcast_to", keras.ops.broadcast_to, _spreading, needed=True),
        Diversion("Orthogonal.__call__", method(keras.initializers.Orthogonal, "__call__"), _solving, needed=True),
        Diversion("KerasTensor.__init__", method(keras.KerasTensor, "__init__"), _tensor, needed=True),
    ]


def filled(variable: Any) -> None:
    """Count a variable that gets its values now, although it could wait.

    Raises:
        LimitError: It is one too many for what is read.
    """
    reader = current_reader()
    if reader is not None:
        reader.budget.fill(math.prod(variable.shape) * _bytes(variable._dtype))


def waits(initializer: Any, shape: tuple[int, ...]) -> None:
    """Count the work of an initializer that nobody has called yet, and whoever reads the variable will.

    Raises:
        LimitError: It is too much for what is read.
    """
    import keras

    if isinstance(initializer, keras.initializers.Orthogonal):
        _solved(shape)


def _solved(shape: Any) -> None:
    """Count a decomposition: twice the longer side times the shorter one squared."""
    reader = current_reader()
    if reader is not None and len(shape) > 1:
        rows, columns = math.prod(shape[:-1]), shape[-1]
        reader.budget.work(2 * max(rows, columns) * min(rows, columns) ** 2)


def _shape(original: Gate) -> Gate:
    def validate_shape(self: Any, shape: Any) -> Any:
        result = original(self, shape)
        reader = current_reader()
        # JAX asks a second time, when the value is there.
        if reader is not None and self._shape is None:
            reader.budget.take(math.prod(result) * _bytes(self._dtype))
        return result

    return validate_shape


def _solving(original: Gate) -> Gate:
    """`Orthogonal` decomposes a matrix."""

    def call(self: Any, shape: Any, dtype: Any = None) -> Any:
        _solved(shape)
        return original(self, shape, dtype)

    return call


def _spreading(original: Gate) -> Gate:
    """`Normalization` spreads the mean and the variance of its config over the shape that it is built with."""
    import keras

    def broadcast_to(x: Any, shape: Any) -> Any:
        reader = current_reader()
        if reader is not None and not isinstance(x, keras.KerasTensor):
            reader.budget.fill(_FLOAT * math.prod(size or 1 for size in shape))
        return original(x, shape)

    return broadcast_to


def _tensor(original: Gate) -> Gate:
    def init(self: Any, *args: Any, **kwargs: Any) -> None:
        reader = current_reader()
        if reader is not None:
            reader.budget.tensor()
        original(self, *args, **kwargs)

    return init


def _bytes(dtype: Any) -> int:
    bits = _BITS.search(str(dtype))
    return max(1, int(bits.group()) // 8) if bits else 1
