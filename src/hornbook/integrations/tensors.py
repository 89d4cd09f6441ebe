"""Tensors of torch and JAX, with the tag `__tensor__`."""

from __future__ import annotations

from typing import Any

from hornbook.engine.builtins import Integration
from hornbook.engine.codecs import tensor
from hornbook.engine.codecs.table import CodecTable, ValueWriter


class Torch(Integration):
    """Tensors of torch, on whatever device they are."""

    root = "torch"

    def activate(self, codecs: CodecTable) -> None:
        import torch

        codecs.add(torch.Tensor, encode=self._encode)
        self.tensor = lambda value, dtype: torch.tensor(value, dtype=getattr(torch, dtype))

    @staticmethod
    def _encode(value: Any, writer: ValueWriter) -> dict[str, Any]:
        name = str(value.dtype).removeprefix("torch.")
        return tensor.array_config(tensor.TAG, value.detach().cpu().tolist(), name, value.shape, writer)


class Jax(Integration):
    """Arrays of JAX."""

    root = "jax"

    def activate(self, codecs: CodecTable) -> None:
        import jax
        import numpy as np

        def encode(value: Any, writer: ValueWriter) -> dict[str, Any]:
            values = np.asarray(value).tolist()
            return tensor.array_config(tensor.TAG, values, value.dtype.name, value.shape, writer)

        codecs.add(jax.Array, type(jax.numpy.zeros(())), encode=encode)
        self.tensor = lambda value, dtype: jax.numpy.asarray(value, dtype=dtype)


TORCH = Torch()
JAX = Jax()
