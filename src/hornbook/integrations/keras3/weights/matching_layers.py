"""Which layer of a model is which layer of a file that has weights by layer: by name, by order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from hornbook.archive.weights.layers import LayerWeights, StoredLayer
from hornbook.integrations.keras3.weights import mismatch
from hornbook.integrations.keras3.weights.matching import base_of, is_given


class Unit(NamedTuple):
    """A layer that has variables, as one entry of the file.

    Args:
        name: Its name; empty for what belongs to the model itself.
        layer: The layer or the model.
        deep: Whether the layers within it belong to it.
    """

    name: str
    layer: Any
    deep: bool = True

    @property
    def label(self) -> str:
        """What to call it."""
        return self.name or type(self.layer).__name__


LayerPairs = list[tuple[Unit, StoredLayer]]


def units(model: Any) -> Iterator[list[Unit]]:
    """Yield the layers of a model with variables; then those within its models, as Keras 1 flattened them."""
    flat = list(_flat(model.layers, into=False))
    own = [Unit("", model, deep=False)] if _has_own(model) else []
    yield [*flat, *own]
    deeper = list(_flat(model.layers, into=True))
    if [unit.layer for unit in deeper] != [unit.layer for unit in flat]:
        yield [*deeper, *own]


def _flat(layers: Iterable[Any], *, into: bool) -> Iterator[Unit]:
    for layer in layers:
        if into and _is_model(layer):
            yield from _flat(layer.layers, into=True)
        elif layer.weights:
            yield Unit(layer.name, layer)


def _has_own(model: Any) -> bool:
    """Return whether a model has variables that are not those of a layer."""
    return bool(model._trainable_variables or model._non_trainable_variables)


def _is_model(layer: Any) -> bool:
    import keras

    return isinstance(layer, keras.Model)


def ways(entries: list[Unit], layers: list[StoredLayer]) -> Iterator[LayerPairs]:
    """Yield the ways to pair layers: all by name; all by order; by name first, the rest by order.

    Args:
        entries: The layers of the model.
        layers: Those of the file.
    """
    if len(entries) != len(layers):
        return
    own, named = {unit.name for unit in entries}, {layer.name: layer for layer in layers}
    is_unique = len(named) == len(layers)
    if is_unique and own == named.keys():
        yield [(unit, named[unit.name]) for unit in entries]
        return
    yield list(zip(entries, layers, strict=True))
    if is_unique and len(own) == len(entries):
        yield _by_name_first(entries, named)


def _by_name_first(entries: list[Unit], named: Mapping[str, StoredLayer]) -> LayerPairs:
    common = {unit.name for unit in entries} & named.keys()
    rest = iter([layer for name, layer in named.items() if name not in common])
    return [(unit, named[unit.name] if unit.name in common else next(rest)) for unit in entries]


def check_names(pairs: LayerPairs, stored: LayerWeights) -> None:
    """Refuse to give a layer what the file has under a name that the user gave to another one.

    Raises:
        WeightsError: The pairs are of that sort.
    """
    given = {unit.name for unit, _ in pairs if is_given(unit.name, base_of(unit.layer))}
    for unit, layer in pairs:
        if layer.name in given and layer.name != unit.name:
            raise mismatch.other_order(unit.name, layer.name, place_of(layer, stored))


def place_of(layer: StoredLayer, stored: LayerWeights) -> str:
    """Return where a file has a layer, for errors."""
    return layer.arrays[0].place if len(layer.arrays) == 1 else f"{stored.place}/{layer.name}"
