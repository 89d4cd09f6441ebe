"""Tensors of arrays that were just read, with the memory of the arrays where that is safe."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any


def own(variable: Any, value: Any, keep: Callable[[Any], bool]) -> Any | None:
    """Return an array that can become the tensor of a variable as it is; `None` if `value` is none.

    Args:
        variable: A variable of the same shape.
        value: What is to be assigned.
        keep: Says whether nobody else will use the memory of an array; if
            somebody may, it is copied.
    """
    import numpy as np

    if not (isinstance(value, np.ndarray) and value.dtype.name == variable._dtype and value.flags.c_contiguous):
        return None
    return value if value.base is not None and keep(value) else np.array(value)


def place(variables: Sequence[Any], arrays: Sequence[Any]) -> Sequence[Any]:
    """Return the tensors of arrays that nobody else has."""
    from keras.src import backend

    if backend.backend() != "jax":  # PyTorch shares the memory of any array
        return [one._convert_to_tensor(array, dtype=one._dtype) for one, array in zip(variables, arrays, strict=True)]
    import jax

    # All in one call; no copy where memory is aligned as JAX has it.  `jax.numpy.asarray` makes one always,
    # with a function that is compiled for each shape.
    for array in arrays:
        array.flags.writeable = False
    tensors: Sequence[Any] = jax.device_put(list(arrays))
    return tensors


def view(value: Any) -> Any:
    """Return a value as an array, without a copy where its memory can be seen; it is not to be changed."""
    import keras
    import numpy as np
    from keras.src import backend

    tensor = value.value if isinstance(value, keras.Variable) else value
    if backend.backend() == "jax":
        import jax

        if isinstance(tensor, jax.Array) and tensor.is_fully_addressable:
            return np.asarray(tensor)
    elif backend.backend() == "torch" and backend.is_tensor(tensor) and str(tensor.dtype) != "torch.bfloat16":
        return tensor.detach().cpu().numpy()
    return keras.ops.convert_to_numpy(value)
