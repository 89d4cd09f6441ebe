"""The variables of a layer in the orders in which older versions stored them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from hornbook.integrations.keras3.weights.convert import Conversion

# Names that Keras 1 gave to what has another name now.
_RENAMED = {"W": "kernel", "b": "bias", "U": "recurrent_kernel", "running_mean": "moving_mean"}
_RENAMED["running_std"] = "moving_variance"


class VariableGroup(NamedTuple):
    """Variables of one layer that are stored next to each other.

    Args:
        owner: The layer, or the cell within one, that has them.
        variables: The variables, in the order of the layer.
        stored: How many arrays a file has for them.
        trainable: Whether they are trained.
        convert: Makes the values of the variables of the arrays of a file.
    """

    owner: Any
    variables: tuple[Any, ...]
    stored: int
    trainable: bool
    convert: Callable[[Sequence[Any]], Sequence[Any]]


def parts(layer: Any) -> Iterator[Any]:
    """Yield a layer and all layers within it, each before what it holds, once."""
    seen: set[int] = set()
    todo = [layer]
    while todo:
        part = todo.pop()
        if id(part) not in seen:
            seen.add(id(part))
            yield part
            todo += reversed(part._layers)


def groups(layer: Any, conversions_of: Callable[[Any], list[Conversion]], *, deep: bool = True) -> list[VariableGroup]:
    """Return the variables of a layer, part by part.

    Args:
        layer: A layer or a model.
        conversions_of: Returns the conversions that hold for a part.
        deep: Whether to go into the layers within it.
    """
    of_parts: list[VariableGroup] = []
    seen: set[int] = set()
    for part in parts(layer) if deep else (layer,):
        conversions = conversions_of(part)
        trained = _not_seen(part._trainable_variables, seen)
        if trained:
            of_parts.append(_group(part, trained, conversions, trainable=True))
        others = _not_seen(part._non_trainable_variables, seen)
        if others:
            of_parts.append(_group(part, others, [], trainable=False))
    return of_parts


def _not_seen(variables: Iterable[Any], seen: set[int]) -> tuple[Any, ...]:
    """Return the variables that no part before has; they are seen now."""
    new = tuple([variable for variable in variables if id(variable) not in seen])
    seen.update(map(id, new))
    return new


def _group(part: Any, variables: tuple[Any, ...], conversions: list[Conversion], *, trainable: bool) -> VariableGroup:
    stored = len(variables)
    for conversion in conversions:
        stored = conversion.stored(stored) if conversion.stored is not None else stored

    def convert(arrays: Sequence[Any]) -> Sequence[Any]:
        for conversion in conversions:
            arrays = conversion.convert(part, arrays)
        return arrays

    return VariableGroup(part, variables, stored, trainable, convert)


def orders(own: list[VariableGroup]) -> Iterator[list[VariableGroup]]:
    """Yield the orders in which files have the groups of a layer, the most frequent first.

    Keras 1 to 3 write what is trained before what is not; a layer that is
    frozen counts as not trained.  Within a frozen one the order is that of its
    parts, and a layer may have been frozen after the file was written.
    """
    by_variable = sorted(own, key=lambda group: not any(variable.trainable for variable in group.variables))
    by_kind = sorted(own, key=lambda group: not group.trainable)
    tried: list[list[int]] = []
    for order in (by_variable, by_kind, own):
        key = [id(group) for group in order]
        if key not in tried:
            tried.append(key)
            yield order


def fits_names(order: Iterable[VariableGroup], names: Sequence[str]) -> bool:
    """Return whether the names of the stored arrays agree with an order, as far as they say anything."""
    expected = [(group.owner.name, variable.name) for group in order for variable in group.variables]
    if len(expected) != len(names):
        return True  # arrays that are converted into others
    stored = [parsed_name(name) for name in names]
    return all(
        _agree([name[part] for name in expected], [name[part] for name in stored])
        for part in (0, 1)  # layers, then variables
    )


def _agree(expected: Sequence[str], stored: Sequence[str]) -> bool:
    """Return whether each stored name that is one of the expected ones stands in its place."""
    known = set(expected)
    return all(name == own or name not in known for own, name in zip(expected, stored, strict=True))


def parsed_name(name: str) -> tuple[str, str]:
    """Return the layer and the variable that the name of a stored array stands for.

    Example:
        >>> parsed_name("block/dense_1/kernel:0"), parsed_name("dense_1_W")
        (('dense_1', 'kernel'), ('dense_1', 'kernel'))
    """
    *above, leaf = name.split("/")
    leaf = re.sub(r":\d+$", "", leaf)
    owner, _, last = leaf.rpartition("_")
    if owner and last in _RENAMED:
        return owner, _RENAMED[last]
    for old in ("running_mean", "running_std"):
        if leaf.endswith(f"_{old}"):
            return leaf[: -len(old) - 1], _RENAMED[old]
    return (above[-1] if above else ""), leaf


def by_names(own: Iterable[VariableGroup], names: Sequence[str]) -> list[tuple[VariableGroup, int]] | None:
    """Return each group with one variable and the position of its array, if all names agree, each once."""
    positions = {parsed_name(name): position for position, name in enumerate(names)}
    single = [
        VariableGroup(group.owner, (variable,), 1, group.trainable, group.convert)
        for group in own
        for variable in group.variables
    ]
    keys = [(group.owner.name, group.variables[0].name) for group in single]
    if len(positions) != len(names) or set(keys) != set(positions) or len(set(keys)) != len(keys):
        return None
    return [(group, positions[key]) for group, key in zip(single, keys, strict=True)]
