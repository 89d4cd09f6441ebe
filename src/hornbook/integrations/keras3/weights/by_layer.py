"""Fills a model from weights by layer, as Keras 1 and 2 stored them.

All is planned before anything is assigned: every stored array has its place
and every variable its array, or nothing changes and one error names them all.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from hornbook.archive.weights.layers import LayerWeights, StoredLayer
from hornbook.archive.weights.report import Match, WeightsReport
from hornbook.errors import WeightsError
from hornbook.integrations.keras3.weights import bins, by_attribute, matching_layers, mismatch, older_layers
from hornbook.integrations.keras3.weights.assign import Pairs, assign, load_own
from hornbook.integrations.keras3.weights.matching_arrays import ArrayReader, Misfit
from hornbook.integrations.keras3.weights.matching_layers import LayerPairs, Unit
from hornbook.integrations.keras3.weights.variables import parts


class _Plan(NamedTuple):
    """What is to be done with the arrays of a file.

    Args:
        pairs: Variables with their values, in the order of the file.
        layers: Layers of the model with those of the file.
        summaries: Layers with what they make bins of.
        attributes: Whether attributes told which belong together.
    """

    pairs: Pairs
    layers: LayerPairs
    summaries: list[tuple[Any, StoredLayer]]
    attributes: bool = False

    def by(self, unit: Unit, layer: StoredLayer) -> str:
        """Return what decided that a layer got the weights of another."""
        if self.attributes:
            return "path"
        return "name" if unit.name == layer.name else "order"


def fill(model: Any, stored: LayerWeights) -> list[Any]:
    """Give every variable of a model the value that a file has for it.

    Args:
        model: A built model of Keras 3.
        stored: What the file has.

    Returns:
        The variables, in the order of the file.

    Raises:
        WeightsError: Something is missing, left over, or has another shape;
            the lists hang on `.config` of the error.
        ArchiveError: An array is damaged.
    """
    plan = _planned(model, stored, by_order=False)
    _carry_out(plan, model, stored)
    return [variable for variable, _ in plan.pairs]


def filled(model: Any, stored: LayerWeights, *, by_order: bool) -> WeightsReport:
    """Do the same with a model of the caller's, and report which layer got what.

    Args:
        model: A built model of Keras 3.
        stored: What the file has.
        by_order: Whether a layer may get the weights that the file has under
            the name of another.

    Raises:
        WeightsError: As :func:`fill`; or the order of layers is another one
            than that of their names.
        ArchiveError: As :func:`fill`.
    """
    plan = _planned(model, stored, by_order=by_order)
    _carry_out(plan, model, stored)
    matches = [Match(layer.name, layer.name, "name") for layer, _ in plan.summaries]
    matches += [Match(unit.label, layer.name, plan.by(unit, layer)) for unit, layer in plan.layers]
    left = ("optimizer",) if stored.optimizer else ()
    return WeightsReport(tuple(matches), left_over=left)


def _planned(model: Any, stored: LayerWeights, *, by_order: bool) -> _Plan:
    known = by_attribute.pairs(model, stored)
    if known:
        return _Plan(_by_attribute(known, stored), known, [], attributes=True)
    stored, summaries = bins.apart(model, stored)
    older_layers.check_backend(model, stored)
    layers = [layer for layer in stored.layers if layer.arrays]
    reader = ArrayReader(stored)
    first: Misfit | None = None
    for matches in _ways(model, layers):
        try:
            pairs = _paired(matches, layers, reader, None if by_order else stored)
        except Misfit as misfit:
            first = first or misfit
        else:
            return _Plan(older_layers.with_variances(model, pairs, stored), matches, summaries)
    raise _other_layers(model, layers, stored) if first is None else first.error(stored)


def _by_attribute(matches: LayerPairs, stored: LayerWeights) -> Pairs:
    """Return variables with their values, where attributes tell which belong together."""
    try:
        return _paired(matches, [layer for _, layer in matches], ArrayReader(stored), None)
    except Misfit as misfit:
        raise misfit.error(stored) from None


def _other_layers(model: Any, layers: list[StoredLayer], stored: LayerWeights) -> WeightsError:
    own = [unit.name for unit in next(matching_layers.units(model))]
    return mismatch.other_layers(own, [layer.name for layer in layers], stored.place)


def _ways(model: Any, layers: list[StoredLayer]) -> Iterator[LayerPairs]:
    for units in matching_layers.units(model):
        yield from matching_layers.ways(units, layers)


def _paired(matches: LayerPairs, layers: list[StoredLayer], reader: ArrayReader, stored: LayerWeights | None) -> Pairs:
    """Return variables with their values, in the order of the file.

    Args:
        matches: Layers of the model with those of the file.
        layers: Those of the file, in its order.
        reader: Reads their arrays.
        stored: What the file has, if names that were given decide; else `None`.

    Raises:
        Misfit: The arrays of a layer are others than its variables.
        WeightsError: A layer would get what the file has under the name of another one.
    """
    if stored is not None:
        matching_layers.check_names(matches, stored)
    values = {id(layer): reader.values(unit, layer) for unit, layer in matches}
    return [pair for layer in layers for pair in values[id(layer)]]


def _carry_out(plan: _Plan, model: Any, stored: LayerWeights) -> None:
    assign(plan.pairs)
    for part in parts(model):
        if hasattr(part, "finalize_state") and part.weights:
            part.finalize_state()  # the mean of a Normalization, for one
    older_layers.warn(model, stored)
    for layer, summary in plan.summaries:
        load_own(layer, {"0": summary.arrays[0].read()})
