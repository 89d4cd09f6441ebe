"""Tensors of arrays that were just read: with the memory of the array itself, where that is safe."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

_SMALL = 1 << 14  # bytes: below this a copy is as fast as anything


def place(variable: Any, value: Any, *, keep: Callable[[Any], bool]) -> Any:
    """Return the tensor that a variable is to hold, with memory that is its own.

    Args:
        variable: A variable without a value.
        value: An array of its shape.
        keep: Says whether the variable may keep the memory of an array.
    """
    import numpy as np
    from keras.src import backend

    fits = isinstance(value, np.ndarray) and value.dtype.name == variable._dtype and value.flags.c_contiguous
    if backend.backend() == "jax":
        if fits and value.nbytes >= _SMALL and keep(value):
            import jax

            # No copy where memory is aligned as JAX has it; `jax.numpy.asarray` makes one always.
            value.flags.writeable = False
            return jax.device_put(value)
    elif not (fits and keep(value)):
        return variable._convert_to_tensor(np.array(value), dtype=variable._dtype)  # PyTorch shares memory
    return variable._convert_to_tensor(value, dtype=variable._dtype)
