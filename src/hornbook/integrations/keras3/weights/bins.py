"""The bins of a Discretization: a file of TF has the summary alone that they are made of."""

from __future__ import annotations

from typing import Any

from hornbook.archive.weights.layers import LayerWeights, StoredLayer
from hornbook.integrations.keras3.weights.variables import parts

# What a summary is called where nothing tells whose it is.
_NAMELESS = "summary:0"


def apart(model: Any, stored: LayerWeights) -> tuple[LayerWeights, list[tuple[Any, StoredLayer]]]:
    """Return what a file has for variables, and apart from it the summaries of bins, which are none in Keras 3.

    Args:
        model: A model.
        stored: What the file has.
    """
    named = {layer.name: layer for layer in stored.layers}
    owners = [layer for layer in parts(model) if _has_bins(layer)]
    learnt = [(layer, named[layer.name]) for layer in owners if layer.name in named]
    learnt = [(layer, summary) for layer, summary in learnt if _is_summary(summary)]
    nameless = [layer for layer in stored.layers if [array.name for array in layer.arrays] == [_NAMELESS]]
    if owners and not learnt and len(nameless) == len(owners):  # a checkpoint has no names of layers
        learnt = list(zip(owners, nameless, strict=True))
    taken = {summary.name for _, summary in learnt}
    return stored._replace(layers=tuple([layer for layer in stored.layers if layer.name not in taken])), learnt


def finish(layer: Any) -> None:
    """Let a Discretization that has learnt a summary, and no bins, make these of it: Keras 3.15.1 does not.

    TF stores the summary alone; its config has no bins either.

    Args:
        layer: A layer, or anything else, which has none.
    """
    if _has_bins(layer) and not layer.bin_boundaries:
        import numpy as np

        if np.size(layer.summary):
            layer.finalize_state()


def _has_bins(layer: Any) -> bool:
    import keras

    return isinstance(layer, keras.layers.Discretization)


def _is_summary(layer: StoredLayer) -> bool:
    """Return whether a layer of a file has nothing but a table of two rows: bins and their weights."""
    return [array.shape[:1] for array in layer.arrays] == [(2,)]
