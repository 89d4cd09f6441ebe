"""Running a model of Keras 2 on inputs, which may be made up."""

from __future__ import annotations

from typing import Any

from hornbook.errors import IntegrationError
from hornbook.integrations.calls import called

_BATCH = 2
# What stands for a side of which a model leaves the size open, in turn: what it does may need so many.
_SIZES = (4, 16, 64, 256)


def example(model: Any) -> tuple[Any, list[Any]]:
    """Return inputs in the shapes that a model was built with, and its outputs.

    Raises:
        IntegrationError: It does not tell what it takes, or that is nothing dense.
        Exception: It takes none of them.
    """
    specs = model.save_spec()
    if specs is None or specs[1]:
        raise IntegrationError("it does not tell what it is called with", place=None)
    failures: list[Exception] = []
    for size in _SIZES:
        inputs = _made_up(specs[0][0] if len(specs[0]) == 1 else specs[0], size)
        try:
            return inputs, outputs(model, inputs)
        except Exception as error:  # noqa: BLE001  whatever a model raises that is called with what does not fit
            failures.append(error)
    raise failures[0]


def outputs(model: Any, inputs: Any) -> list[Any]:
    """Return the arrays that a model makes of inputs."""
    import tensorflow as tf

    return [each.numpy() for each in tf.nest.flatten(called(model, inputs))]


def _made_up(specs: Any, size: int) -> Any:
    """Return arrays for the specs of tensors: random numbers, zeros and ones for integers, one letter for texts."""
    import numpy as np
    import tensorflow as tf

    random = np.random.default_rng(0)

    def array(spec: Any) -> Any:
        if not isinstance(spec, tf.TensorSpec) or spec.shape.rank is None:
            raise IntegrationError(f"nothing can be made up for {spec}", place=None)
        shape = [side or (size if place else _BATCH) for place, side in enumerate(spec.shape)]
        if spec.dtype == tf.string:
            return np.full(shape, "a")
        if spec.dtype.is_floating:
            return random.normal(size=shape).astype(spec.dtype.as_numpy_dtype)
        return random.integers(0, 2, shape).astype(spec.dtype.as_numpy_dtype)

    return tf.nest.map_structure(array, specs)
