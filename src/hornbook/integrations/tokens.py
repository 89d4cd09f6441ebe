"""The vocabularies of lookups, where a file has them beside the weights."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from hornbook.archive.weights.layers import LayerWeights
from hornbook.errors import WeightsError


def give_vocabularies(layers: Iterable[Any], stored: LayerWeights, *, strict: bool) -> None:
    """Give lookups that have no vocabulary the one that a file has under their name.

    Args:
        layers: The layers of a model, those within others as well.
        stored: What the file has.
        strict: Whether a lookup for which it has none is an error.

    Raises:
        WeightsError: There is such a lookup.
    """
    if stored.root is None:
        return  # a file of another form, which has them in the config
    lookups = [layer for layer in layers if hasattr(layer, "set_vocabulary")]
    within = {id(getattr(layer, "_lookup_layer", None)) for layer in lookups}
    for layer in lookups:
        if id(layer) in within or layer.get_config().get("vocabulary"):
            continue  # it has one, or gets that of the layer that it is in
        tokens = stored.vocabularies.get(layer.name)
        if tokens:
            layer.set_vocabulary(list(tokens))
        elif strict and tokens is None:
            raise WeightsError(
                f"The file has no vocabulary for the lookup `{layer.name}`",
                hint="Make the model with that vocabulary, then call hornbook.load_weights(model, filepath).",
                place=stored.place,
            )
