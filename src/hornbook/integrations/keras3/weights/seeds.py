"""The states of seed generators: which random numbers a layer draws next.

Keras writes none, so a Dropout of a model that was trained, saved and loaded
begins its numbers anew.  Here the states of those generators are written that
have been drawn from: a model that was not trained gives the bytes that it
always did.  They stand beside the group `vars` of their layer, in
`seed_generators`, at which plain Keras never looks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from hornbook.errors import WeightsError
from hornbook.integrations.keras3 import device
from hornbook.integrations.keras3.weights.assign import assign

if TYPE_CHECKING:
    from hornbook.archive.weights.stores import WeightStore

_STATE = 16  # bytes of a state: a seed and a count of at most eight each


def _of(value: Any) -> list[Any]:
    """Return the seed generators of a layer itself, in the order in which it made them."""
    return list(getattr(value, "_seed_generators", ()))


def states(value: Any) -> Mapping[str, Any]:
    """Return the states of the generators of a layer that have been drawn from, by number."""
    return drawn(_of(value))


def drawn(generators: Sequence[Any]) -> Mapping[str, Any]:
    """Return the states of those generators that have been drawn from, by number."""
    arrays = [device.view(generator.state) for generator in generators]
    return {str(number): array for number, array in enumerate(arrays) if array[1]}


def restore(value: Any, weights: WeightStore, path: str) -> None:
    """Give the generators of a layer the states that a file has for them.

    Args:
        value: A layer, or anything else, which has none.
        weights: What the file has.
        path: Where the layer is in it.

    Raises:
        WeightsError: What is stored is not a state.
    """
    generators = _of(value)
    stored = weights.seeds(path) if generators else {}
    if not stored:
        return
    import numpy as np

    if getattr(stored, "bytes", 0) > _STATE * len(generators):
        raise _no_state()
    pairs = []
    for number, generator in enumerate(generators):
        array = stored.get(str(number))
        if array is None:
            continue
        if array.shape != (2,) or array.dtype.kind not in "iu":
            raise _no_state()
        # Another backend has another type for it; the numbers it draws are others anyhow.
        pairs.append((generator.state, array.astype(np.dtype(str(generator.state.dtype)))))
    assign(pairs)


def _no_state() -> WeightsError:
    return WeightsError("what is stored for its seed generators is not a state of them", place=None)
