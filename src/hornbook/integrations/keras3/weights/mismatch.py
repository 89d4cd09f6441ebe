"""What is said where arrays have no variable, or variables no array: each message in one place."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from typing import Any

from hornbook.errors import LeftOverWeightsWarning, MissingWeightsWarning, WeightsError, text_of

_WEIGHTS = "model.weights.h5"  # the place of arrays by path
_SHOWN = 4  # names of each kind in a message
_ANOTHER = "Is it the file of another architecture?"


def listed(names: Sequence[str]) -> str:
    """Return the first names, and how many more there are.

    Example:
        >>> listed(["a", "b"]), listed(["a", "b", "c", "d", "e", "f"])
        ('a, b', 'a, b, c, d and 2 more')
    """
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more


def quoted(names: Iterable[str]) -> list[str]:
    """Return names as they stand in a message; what belongs to the model itself has none."""
    return [f"`{name}`" if name else "weights of the model itself" for name in names]


def left_over(paths: Sequence[str], *, strict: bool) -> None:
    """Refuse what a store has for objects that the model has not, or warn.

    Raises:
        WeightsError: If `strict`.
    """
    problem = f"The file has weights that the model has no place for: {listed(paths)}"
    if strict:
        raise WeightsError(problem, hint=_ANOTHER, config={"left over": [*paths]}, place=f"{_WEIGHTS}: {paths[0]}")
    warnings.warn(problem, LeftOverWeightsWarning, stacklevel=2)


def initialized(paths: Sequence[str]) -> None:
    """Warn of variables that the file has no values for."""
    warnings.warn(
        f"The file has no values for {listed(quoted(paths))}: they are initialized anew",
        MissingWeightsWarning,
        stacklevel=2,
    )


def container_missing(path: str, names: Sequence[str]) -> None:
    """Warn of a container within another that the file lacks.

    Args:
        path: Where it would be.
        names: The parts in it.
    """
    warnings.warn(
        f"Skipping nested container `{path}`, which the file lacks: Keras before 3.15 wrote none.  "
        f"These keep their initial values: {listed(names)}",
        MissingWeightsWarning,
        stacklevel=2,
    )


def refused(names: Sequence[str], path: str, error: Exception) -> WeightsError:
    """Return the error for objects that could not take what a store has for them.

    Args:
        names: The objects.
        path: Where the first one has its arrays.
        error: What that one raised.
    """
    wrong = WeightsError(
        f"The weights do not fit {listed(quoted(names))}: {text_of(error)}",
        config={"refused": [*names]},
        place=f"{_WEIGHTS}: {path or '/'}",
    )
    wrong.__cause__ = error
    return wrong


def check_same(model: Sequence[str], file: Sequence[str], path: str, what: str) -> None:
    """Refuse a container whose members have other names, or keys, than in the file.

    Args:
        model: Those of the model.
        file: Those of the file.
        path: The path of the container.
        what: `"name"` or `"key"`.

    Raises:
        WeightsError: They differ.
    """
    if sorted(model) == sorted(file):
        return
    raise WeightsError(
        f"The model has the {what}s {listed(quoted(model))}, and the file {listed(quoted(file))}",
        hint="If their order is right, pass by_order=True." if what == "name" else None,
        config=_difference(model, file),
        place=f"{_WEIGHTS}: {path}",
    )


def other_layers(model: Sequence[str], file: Sequence[str], place: str) -> WeightsError:
    """Return the error for a file that has weights for other layers than those of the model.

    Args:
        model: The names of the layers that have weights.
        file: Those in the file.
        place: Where the file has them.
    """
    difference = _difference(quoted(model), quoted(file))
    verbs = {"missing": "missing are", "left over": "left over are"}
    lists = "; ".join([f"{verbs[kind]} {listed(names)}" for kind, names in difference.items() if names])
    problem = f"The file has weights for {len(file)} layers, and the model has {len(model)} with weights"
    return WeightsError(f"{problem}: {lists}" if lists else problem, hint=_ANOTHER, config=difference, place=place)


def other_order(layer: str, stored: str, place: str) -> WeightsError:
    """Return the error for a layer that would get what the file has under the name of another one."""
    return WeightsError(
        f"By their order, layer `{layer}` would get the weights of `{stored}`, which is another layer",
        hint="If the order is right, pass by_order=True.",
        config={"layer": layer, "stored": stored},
        place=place,
    )


def other_shapes(layer: str, stored: Sequence[Any], variables: Sequence[Any], place: str) -> WeightsError:
    """Return the error for a layer whose arrays do not fit.

    Args:
        layer: Its name.
        stored: The arrays of the file.
        variables: The variables of the layer.
        place: Where the file has them.
    """
    hint = _ANOTHER
    if len(stored) == len(variables):
        shapes = [(array.name, tuple(array.shape), tuple(v.shape)) for array, v in zip(stored, variables, strict=True)]
        differences = [f"`{name}` has the shape {has}, not {needs}" for name, has, needs in shapes if has != needs]
        if any(needs == (2, *has) for _, has, needs in shapes):
            hint = "A GRU of Keras before TF 2 has reset_after=False: build the layer with that."
    else:
        differences = [f"the file has {len(stored)} arrays, the layer {len(variables)}"]
    return WeightsError(
        f"The weights do not fit layer `{layer}`: {listed(differences)}",
        hint=hint,
        config={
            "layer": layer,
            "stored": [(array.name, array.shape) for array in stored],
            "needed": [(variable.path, tuple(variable.shape)) for variable in variables],
        },
        place=place,
    )


def _difference(model: Sequence[str], file: Sequence[str]) -> dict[str, list[str]]:
    return {
        "missing": [name for name in model if name not in file],
        "left over": [name for name in file if name not in model],
    }
