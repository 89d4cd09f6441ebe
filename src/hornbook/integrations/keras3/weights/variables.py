"""The variables of a layer in the orders in which older versions stored them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from hornbook.integrations.keras3.weights.convert import Rule

# Names that Keras 1 gave to what has another name now.
_RENAMED = {"W": "kernel", "b": "bias", "U": "recurrent_kernel", "running_mean": "moving_mean"}
_RENAMED["running_std"] = "moving_variance"


class Piece(NamedTuple):
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
        one = todo.pop()
        if id(one) not in seen:
            seen.add(id(one))
            yield one
            todo += reversed(one._layers)


def own_variables(layer: Any) -> Iterator[tuple[Any, bool]]:
    """Yield the variables of a layer itself, and whether they are of the kind that is trained."""
    for variable in layer._trainable_variables:
        yield variable, True
    for variable in layer._non_trainable_variables:
        yield variable, False


def pieces(layer: Any, rules_of: Callable[[Any], list[Rule]], *, deep: bool = True) -> list[Piece]:
    """Return the variables of a layer, part by part.

    Args:
        layer: A layer or a model.
        rules_of: Returns the conversions that hold for a part.
        deep: Whether to go into the layers within it.
    """
    found: list[Piece] = []
    seen: set[int] = set()
    for part in parts(layer) if deep else (layer,):
        own = [(variable, kind) for variable, kind in own_variables(part) if id(variable) not in seen]
        seen.update(id(variable) for variable, _ in own)
        rules = rules_of(part)
        for kind in (True, False):
            some = tuple([variable for variable, of in own if of is kind])
            if some:
                found.append(_piece(part, some, rules if kind else [], trainable=kind))
    return found


def _piece(part: Any, variables: tuple[Any, ...], rules: list[Rule], *, trainable: bool) -> Piece:
    stored = len(variables)
    for rule in rules:
        stored = rule.stored(stored) if rule.stored is not None else stored

    def convert(arrays: Sequence[Any]) -> Sequence[Any]:
        for rule in rules:
            arrays = rule.convert(part, arrays)
        return arrays

    return Piece(part, variables, stored, trainable, convert)


def orders(found: list[Piece]) -> Iterator[list[Piece]]:
    """Yield the orders in which files have the pieces of a layer, the most frequent first.

    Keras 1 to 3 write what is trained before what is not; a layer that is
    frozen counts as not trained.  Within a frozen one the order is that of its
    parts, and a layer may have been frozen after the file was written.
    """
    by_variable = sorted(found, key=lambda piece: not any(v.trainable for v in piece.variables))
    by_kind = sorted(found, key=lambda piece: not piece.trainable)
    tried: list[list[int]] = []
    for order in (by_variable, by_kind, found):
        key = [id(piece) for piece in order]
        if key not in tried:
            tried.append(key)
            yield order


def fits_names(order: Iterable[Piece], names: Sequence[str]) -> bool:
    """Say whether the names of the stored arrays agree with an order, as far as they tell anything."""
    expected = [(piece.owner.name, variable.name) for piece in order for variable in piece.variables]
    if len(expected) != len(names):
        return True  # arrays that are converted into others
    owners, leaves = {owner for owner, _ in expected}, {leaf for _, leaf in expected}
    for (owner, leaf), name in zip(expected, names, strict=True):
        told_owner, told_leaf = told(name)
        if told_leaf in leaves and told_leaf != leaf:
            return False
        if told_owner in owners and told_owner != owner:
            return False
    return True


def told(name: str) -> tuple[str, str]:
    """Return the layer and the variable that the name of a stored array tells.

    Example:
        >>> told("block/dense_1/kernel:0"), told("dense_1_W")
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


def by_names(found: Iterable[Piece], names: Sequence[str]) -> list[tuple[Piece, int]] | None:
    """Return each piece with one variable and the position of its array, if all names agree, each once."""
    positions = {told(name): position for position, name in enumerate(names)}
    single = [
        Piece(piece.owner, (variable,), 1, piece.trainable, piece.convert)
        for piece in found
        for variable in piece.variables
    ]
    keys = [(piece.owner.name, piece.variables[0].name) for piece in single]
    if len(positions) != len(names) or set(keys) != set(positions) or len(set(keys)) != len(keys):
        return None
    return [(piece, positions[key]) for piece, key in zip(single, keys, strict=True)]
