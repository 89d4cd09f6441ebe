"""The numbers that an object keeps itself: where a framework tracks them, and where it does not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import keras

from hornbook.integrations.keras3.weights import seeds


def arrays(value: Any) -> Iterator[Any] | None:
    """Return the numbers that a value of Keras stands for, as NumPy arrays; `None` for any other value.

    Those of a generator are its state, once it has been drawn from: before,
    nothing depends on it.
    """
    if isinstance(value, keras.random.SeedGenerator):
        return iter(seeds.drawn([value]).values())
    if isinstance(value, keras.Variable):
        return iter([keras.ops.convert_to_numpy(value)])
    if isinstance(value, keras.layers.Layer):
        return (keras.ops.convert_to_numpy(weight) for weight in value.weights)
    return None
