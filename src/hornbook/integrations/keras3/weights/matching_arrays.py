"""Which array of a layer belongs to which of its variables: as many, of the same shapes, best of the same names."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from hornbook.archive.weights.layers import LayerWeights, StoredLayer
from hornbook.errors import WeightsError
from hornbook.integrations.keras3.weights import bounds, convert, mismatch
from hornbook.integrations.keras3.weights.assign import Pairs
from hornbook.integrations.keras3.weights.matching_layers import Unit, place_of
from hornbook.integrations.keras3.weights.variables import VariableGroup, by_names, fits_names, groups, orders


class _Values(NamedTuple):
    """Variables of a layer with the values they are to have.

    Args:
        pairs: Both.
        named: Whether the names of the arrays agree.
    """

    pairs: Pairs
    named: bool


class Misfit(Exception):  # noqa: N818  not an error of its own: another way may fit
    """The arrays of a layer of a file are not those of a layer of the model.

    Args:
        unit: The layer of the model.
        layer: That of the file.
    """

    def __init__(self, unit: Unit, layer: StoredLayer) -> None:
        super().__init__()
        self.unit, self.layer = unit, layer

    def error(self, stored: LayerWeights) -> WeightsError:
        """Return the error where no other way fits either."""
        own = next(orders(groups(self.unit.layer, lambda part: [], deep=self.unit.deep)))
        variables = [variable for group in own for variable in group.variables]
        return mismatch.other_shapes(self.unit.label, self.layer.arrays, variables, place_of(self.layer, stored))


class ArrayReader:
    """Reads the arrays of layers, each once.

    Args:
        stored: What the file has.
    """

    def __init__(self, stored: LayerWeights) -> None:
        self._stored = stored
        self._arrays: dict[int, list[Any]] = {}

    def values(self, unit: Unit, layer: StoredLayer) -> Pairs:
        """Return the variables of a layer with their values.

        Raises:
            Misfit: The arrays are others than those of the layer.
        """
        second_best: Pairs | None = None
        for values in self._ways(unit, layer):
            if values.named:
                return values.pairs
            if second_best is None:
                second_best = values.pairs
        if second_best is None:
            raise Misfit(unit, layer)
        return second_best

    def _ways(self, unit: Unit, layer: StoredLayer) -> Iterator[_Values]:
        """Yield the ways to give the arrays of a layer to its variables in which all shapes fit."""
        for split in (False, True) if convert.is_keras_1(self._stored.version) else (False,):
            own = groups(unit.layer, self._conversions(split=split), deep=unit.deep)
            if sum(group.stored for group in own) == len(layer.arrays):
                size = sum(array.bytes for array in layer.arrays)
                variables = [variable for group in own for variable in group.variables]
                bounds.check_size(size, bounds.size_of(*variables), self._stored.place)
                yield from _fitting(own, self._read(layer), [array.name for array in layer.arrays])

    def _conversions(self, *, split: bool) -> Callable[[Any], list[convert.Conversion]]:
        return lambda part: convert.conversions(part, self._stored.version, self._stored.backend, split=split)

    def _read(self, layer: StoredLayer) -> list[Any]:
        if id(layer) not in self._arrays:
            self._arrays[id(layer)] = [array.read() for array in layer.arrays]
        return self._arrays[id(layer)]


def _fitting(own: list[VariableGroup], arrays: Sequence[Any], names: Sequence[str]) -> Iterator[_Values]:
    """Yield the ways to give arrays to variables in which all shapes fit: in known orders, then by name alone."""
    for order in orders(own):
        pairs = _paired(_cut(order, arrays))
        if pairs is not None:
            yield _Values(pairs, fits_names(order, names))
    named = by_names(own, names)
    if named is not None:
        pairs = _paired((group, [arrays[position]]) for group, position in named)
        if pairs is not None:
            yield _Values(pairs, named=True)


def _cut(order: Iterable[VariableGroup], arrays: Sequence[Any]) -> Iterator[tuple[VariableGroup, Sequence[Any]]]:
    """Yield each group with as many arrays as a file has for it."""
    at = 0
    for group in order:
        yield group, arrays[at : at + group.stored]
        at += group.stored


def _paired(parted: Iterable[tuple[VariableGroup, Sequence[Any]]]) -> Pairs | None:
    """Return variables with their values, or `None` if a shape differs."""
    pairs: Pairs = []
    for group, arrays in parted:
        try:
            values = group.convert(arrays)
        except (ValueError, IndexError):  # arrays of other shapes than the conversion is for
            return None
        if [tuple(variable.shape) for variable in group.variables] != [tuple(value.shape) for value in values]:
            return None
        pairs += zip(group.variables, values, strict=True)
    return pairs
