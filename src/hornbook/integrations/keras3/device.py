"""Tensors of arrays that were just read, with the memory of the arrays where that is safe."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from hornbook.integrations.keras3 import private

# Types that NumPy and PyTorch have in common, and Keras keeps as they are.
_OF_TORCH = frozenset({"float16", "float32", "float64", "int8", "int16", "int32", "int64", "uint8", "bool"})


def own(variable: Any, value: Any, keep: Callable[[Any], bool]) -> Any | None:
    """Return an array that can become the tensor of a variable as it is; `None` if `value` is none.

    Args:
        variable: A variable of the same shape.
        value: What is to be assigned.
        keep: Returns whether nobody else will use the memory of an array; if
            somebody may, it is copied.
    """
    import numpy as np

    if not (isinstance(value, np.ndarray) and value.dtype.name == variable._dtype and value.flags.c_contiguous):
        return None
    return value if value.base is not None and keep(value) else np.array(value)


class Apart(Mapping[str, Any]):
    """Arrays for a class that may keep them: in memory that no framework takes over.

    JAX shares the memory of an array that is aligned as its own are: at 64
    bytes, and at 16 up to JAX 0.4.20 at least.

    Args:
        arrays: The arrays.
    """

    def __init__(self, arrays: Mapping[str, Any]) -> None:
        self._arrays = arrays

    def __getitem__(self, name: str) -> Any:
        import numpy as np

        array = self._arrays[name]
        if not isinstance(array, np.ndarray):
            return array
        memory = np.empty(array.nbytes + 64, "u1")
        start = (8 - memory.ctypes.data) % 64
        copy = memory[start : start + array.nbytes].view(array.dtype).reshape(array.shape)
        copy[...] = array
        return copy

    def __iter__(self) -> Iterator[str]:
        return iter(self._arrays)

    def __len__(self) -> int:
        return len(self._arrays)

    def __contains__(self, name: object) -> bool:
        return name in self._arrays


def place(variables: Sequence[Any], arrays: Sequence[Any]) -> Sequence[Any]:
    """Return the tensors of arrays that nobody else has."""
    import keras

    if keras.backend.backend() != "jax":
        return [_shared(*pair) for pair in zip(variables, arrays, strict=True)]
    import jax

    # All in one call; no copy where memory is aligned as JAX has it.  `jax.numpy.asarray` makes one always,
    # with a function that is compiled for each shape.
    for array in arrays:
        array.flags.writeable = False
    tensors: Sequence[Any] = jax.device_put(list(arrays))
    return tensors


def _shared(variable: Any, array: Any) -> Any:
    """Return a tensor of PyTorch with the memory of an array; Keras' own conversion copies it."""
    if array.dtype.name not in _OF_TORCH or private.torch_device is None:
        return variable._convert_to_tensor(array, dtype=variable._dtype)
    import torch

    return torch.from_numpy(array).to(private.torch_device())


def view(value: Any) -> Any:
    """Return a value as an array, without a copy where its memory can be seen; it is not to be changed."""
    import keras
    import numpy as np

    backend = keras.backend.backend()
    tensor = value.value if isinstance(value, keras.Variable) else value
    if backend == "jax":
        import jax

        if isinstance(tensor, jax.Array) and tensor.is_fully_addressable:
            return np.asarray(tensor)
    elif backend == "torch" and keras.ops.is_tensor(tensor) and str(tensor.dtype) != "torch.bfloat16":
        return tensor.detach().cpu().numpy()
    return keras.ops.convert_to_numpy(value)
