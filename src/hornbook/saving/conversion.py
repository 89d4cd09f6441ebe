"""Models of an older generation of Keras to models of Keras 3, in one process: the public function."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hornbook.engine.generations import framework_of, is_older, newest
from hornbook.errors import ConfigError, WeightsError, WeightsWarning, short
from hornbook.frameworks.lookup import checked_model
from hornbook.frameworks.models import Models
from hornbook.logs import work
from hornbook.policy import Policy
from hornbook.saving.load import load_model
from hornbook.saving.saveable import save_saveable
from hornbook.saving.upgrading import check_upgrade
from hornbook.upgrading.report import Report

_KERAS_3 = "keras3"


@dataclass(frozen=True, slots=True)
class Converted:
    """What converting a model took, and how near the new one is.

    Attributes:
        report: What the architecture took, as :func:`hornbook.upgrade` reports it.
        difference: The largest difference between an output of the one model and
            that of the other, divided by the largest output where that is above 1.
            `None` where they were not compared.
        not_compared: Why they were not compared, which is warned of; empty if they were.
    """

    report: Report
    difference: float | None
    not_compared: str = ""


def convert(
    model: Any,
    *,
    to: str = _KERAS_3,
    inputs: Any = None,
    custom_objects: Mapping[str, Any] | None = None,
    compile: bool = True,
    policy: Policy | None = None,
    tolerance: float = 1e-4,
) -> tuple[Any, Converted]:
    """Return a model of Keras 3 for one of Keras 2, with its weights, and how near it is.

    The architecture is upgraded as a file's is, the weights go where those of
    a file go, the state of the optimizer too; then both models are run on the
    same inputs.  The model that is given stays as it is.

    Args:
        model: A built model of `tf_keras`.
        to: `"keras3"`; there is nothing else yet.
        inputs: What both are called with to compare them: an array, or arrays
            in the structure that the model takes.  By default random numbers
            in the shapes that it was built with, zeros and ones for integers.
        custom_objects: Objects by name: classes of Keras 3 in place of those
            of the user's that derive from Keras 2.
        compile: Whether to compile the new one as the old one is.  Defaults to
            `True`.
        policy: What the model may do.  By default all that it does already: a
            `Lambda` layer of it keeps its function.
        tolerance: How large the difference may be.  Defaults to `1e-4`.

    Returns:
        The new model, and a :class:`Converted`.

    Raises:
        ConfigError: It is no model of Keras 2, or what a part of it means in
            Keras 3 is not certain.
        WeightsError: It is not built, the outputs differ by more than the
            tolerance, or one of the two does not take the inputs.
        MissingDependencyError: Keras 3 is not installed.
        HornbookError: As :func:`hornbook.load_model` and :func:`hornbook.save_model`.

    Example:
        >>> convert(None)
        Traceback (most recent call last):
        hornbook.errors.ConfigError: Only a model of Keras 2 can be converted, not None
    """
    if to != _KERAS_3:
        raise ConfigError(f'`to` must be "{_KERAS_3}", not {short(to)}', place=None)
    if not is_older(framework_of(model)):
        raise ConfigError(f"Only a model of Keras 2 can be converted, not {short(model)}", place=None)
    before, target = checked_model(model), newest()
    if not before.is_built(model):
        raise WeightsError("The model is not built yet", hint="Call it on data, or build() it, first.", place=None)
    with work("convert", model) as step, tempfile.TemporaryFile() as file:
        save_saveable(model, file, zipped=True, metadata={})
        step("written")
        file.seek(0)
        report = check_upgrade(file, policy=policy).report
        file.seek(0)
        policy = policy or Policy(lambdas=True)
        made = load_model(file, custom_objects, compile, policy=policy, framework=target.root)
        step("read")
        difference, why = _difference(before, model, checked_model(made), made, inputs)
    if why:
        message = f"The two models were not compared: {why}; pass inputs= that they take"
        warnings.warn(message, WeightsWarning, stacklevel=2)
    if difference is not None and not difference <= tolerance:
        raise WeightsError(
            f"The outputs of the two models differ by {difference:.2g}, and {tolerance:.2g} is allowed",
            hint="Pass inputs= such as it was trained on, or a larger tolerance=.",
            place=None,
        )
    return made, Converted(report, difference, why)


def _difference(before: Models, model: Any, after: Models, made: Any, inputs: Any) -> tuple[float | None, str]:
    """Return how far the outputs of two models are from each other; or `None`, and why they were not compared."""
    if inputs is not None:
        old = _outputs(before, model, inputs, "The model does not take these inputs")
    else:
        try:
            inputs, old = before.example(model)
        except Exception as error:  # noqa: BLE001  whatever a model raises that is called with what does not fit
            return None, f"{type(error).__name__}: {short(str(error))[1:-1]}"
    new = _outputs(after, made, inputs, "The new model does not take the inputs of the old one")
    return _largest_difference(old, new), ""


def _outputs(framework: Models, model: Any, inputs: Any, failure: str) -> list[Any]:
    try:
        return framework.outputs(model, inputs)
    except Exception as error:
        raise WeightsError(f"{failure}: {type(error).__name__}: {short(str(error))[1:-1]}", place=None) from error


def _largest_difference(old: list[Any], new: list[Any]) -> float:
    """Return the largest difference between arrays, divided by the largest number where that is above 1."""
    if [each.shape for each in old] != [each.shape for each in new]:
        return float("inf")
    return max((_apart(one, other) for one, other in zip(old, new, strict=True)), default=0.0)


def _apart(old: Any, new: Any) -> float:
    import numpy as np

    if old.dtype.kind in "OSU":
        return 0.0 if np.array_equal(old, new) else float("inf")
    old, new = old.astype("float64"), new.astype("float64")
    finite = np.isfinite(old)
    if not np.array_equal(old[~finite], new[~finite], equal_nan=True):
        return float("inf")
    scale = max(1.0, np.abs(old[finite]).max(initial=0.0))
    return float(np.abs(old[finite] - new[finite]).max(initial=0.0) / scale)
