"""What Keras 1 and Theano did differently, where a file does not say which: kernels, padding, variances."""

from __future__ import annotations

import warnings
from typing import Any

from hornbook.archive.weights.layers import LayerWeights
from hornbook.errors import UpgradeWarning, WeightsError
from hornbook.integrations.keras3.weights import convert
from hornbook.integrations.keras3.weights.assign import Pairs
from hornbook.integrations.keras3.weights.mismatch import listed
from hornbook.integrations.keras3.weights.variables import parts
from hornbook.upgrading.rules.theano import PADDING, differs
from hornbook.upgrading.versions import numbers


def check_backend(model: Any, stored: LayerWeights) -> None:
    """Refuse kernels where the file does not say whether they are mirrored.

    Raises:
        WeightsError: There are some.
    """
    if stored.backend or not convert.is_keras_1(stored.version):
        return
    names = [part.name for part in parts(model) if convert.is_mirrored(part)]
    if names:
        raise WeightsError(
            f"The file does not tell its backend, and Theano had the kernels of {listed(names)} mirrored",
            hint='Say it: load_weights(model, filepath, backend="theano"), or "tensorflow".',
            config={"layers": names},
            place=stored.place,
        )


def with_variances(model: Any, pairs: Pairs, stored: LayerWeights) -> Pairs:
    """Return the pairs with variances in the place of the standard deviations that a file has."""
    if not convert.has_deviations(stored.version, stored.backend):
        return pairs
    epsilons = {id(part.moving_variance): part.epsilon for part in _normalizations(model)}
    return [
        (variable, convert.variance(value, epsilons[id(variable)]) if id(variable) in epsilons else value)
        for variable, value in pairs
    ]


def warn(model: Any, stored: LayerWeights) -> None:
    """Warn of layers that may not do what those of the file did."""
    if stored.backend == "theano" or (not stored.backend and convert.is_keras_1(stored.version)):
        _warn_of_padding(model, stored)
    if not stored.version:
        _warn_of_deviations(model, stored)


def _warn_of_padding(model: Any, stored: LayerWeights) -> None:
    """Warn of layers that pad otherwise than those of the file: their architecture did not say who wrote it."""
    version = numbers(stored.version or "1", {})
    built_in = (part for part in parts(model) if type(part).__module__.startswith("keras."))
    names = [
        part.name for part in built_in
        if differs(type(part).__name__, {name: getattr(part, name, None) for name in PADDING}, version)
    ]  # fmt: skip
    if names:
        origin = "The weights were written with Theano" if stored.backend else "The weights may be of Theano"
        warnings.warn(
            f"{origin}, which padded otherwise than {listed(names)} with padding 'same' "
            f'(in {stored.place}); hornbook.upgrade(config, backend="theano") gives the architecture as it was',
            UpgradeWarning,
            stacklevel=2,
        )


def _warn_of_deviations(model: Any, stored: LayerWeights) -> None:
    """Warn of what nothing in the file says: Keras before 1.0.7 stored another array under the same name."""
    names = [part.name for part in _normalizations(model)]
    if names:
        warnings.warn(
            f"The file does not tell its version; the variance of {listed(names)} is taken for one, as since "
            f'Keras 1.0.7 (in {stored.place}); load_weights(..., version="1.0.5") converts the standard '
            "deviation that older ones stored",
            UpgradeWarning,
            stacklevel=2,
        )


def _normalizations(model: Any) -> list[Any]:
    import keras

    return [part for part in parts(model) if isinstance(part, keras.layers.BatchNormalization)]
