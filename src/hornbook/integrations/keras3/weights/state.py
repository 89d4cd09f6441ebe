"""The state of a model, with that of its optimizer: from a file of either layout, and to one of Keras 3."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hornbook.archive.base import unbuilt
from hornbook.integrations.keras3.weights import bounds, by_layer, by_path, optimizer
from hornbook.integrations.keras3.weights.assign import assign
from hornbook.integrations.keras3.weights.variables import parts
from hornbook.integrations.tokens import give_vocabularies

if TYPE_CHECKING:
    from hornbook.archive.reading import Archive
    from hornbook.archive.weights.layers import LayerWeights
    from hornbook.archive.weights.report import WeightsReport
    from hornbook.archive.weights.stores import Folder
    from hornbook.frameworks.models import WeightTarget


def load(model: Any, archive: Archive, *, strict: bool) -> None:
    """Fill `model` with the weights and assets of `archive`, and its optimizer.

    Args:
        model: A model that was made of the config of the same file.
        archive: What has the weights.
        strict: Whether weights that the model has no place for are an error,
            and not a warning.

    Raises:
        WeightsError: There are none, or they do not fit; all objects at fault
            are named.
    """
    archive.check_weights()
    stored = archive.layers()
    if stored is None:
        by_path.load(model, archive, strict=strict)
        return
    if not model.built:
        raise unbuilt(model.name, archive.name)
    variables = by_layer.fill(model, stored)
    give_vocabularies(parts(model), stored, strict=True)
    if getattr(model, "optimizer", None) is not None and stored.optimizer:
        _load_optimizer(model, stored, [variable for variable in variables if variable.trainable])


def _load_optimizer(model: Any, stored: LayerWeights, trained: list[Any]) -> None:
    """Give the optimizer of a model its state from weights by layer.

    Args:
        model: A model that has one.
        stored: What the file has.
        trained: The trained variables of the model in the order of the file.
    """
    size = sum(array.bytes for array in stored.optimizer)
    bounds.check_size(size, bounds.size_of(model.optimizer, model), stored.place)
    slots = [optimizer.Slot(array.name, array.read()) for array in stored.optimizer]
    optimizer.restore(model.optimizer, slots, trained)


def load_weights(model: Any, archive: Archive, *, by_order: bool, strict: bool) -> WeightsReport:
    """Fill `model` with the weights of `archive`; where they do not fit it stays as it was.

    Args:
        model: A built model.
        archive: What has the weights.
        by_order: Whether layers of other names than in the file get weights by their order.
        strict: Whether weights that the model has no place for are an error, and not a warning.

    Raises:
        WeightsError: As :func:`load`.
    """
    import keras
    import numpy as np

    archive.check_weights()
    stored = archive.layers()
    if stored is not None:
        report = by_layer.filled(model, stored, by_order=by_order)
        give_vocabularies(parts(model), stored, strict=False)
        return report
    changed = [*model.variables, *getattr(getattr(model, "optimizer", None), "variables", ())]
    before = [(variable, np.array(keras.ops.convert_to_numpy(variable))) for variable in changed]
    try:
        return by_path.load(model, archive, by_order=by_order, strict=strict)
    except BaseException:
        assign(before)
        raise


def save(model: Any, weights: WeightTarget, assets: Folder) -> None:
    """Write the weights and assets of `model`."""
    by_path.save(model, weights, assets)
