"""Which variable of a model of Keras 2 is which of a checkpoint: both have the same graph of objects."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from hornbook.archive.weights.layers import LayerWeights, StoredObject
from hornbook.archive.weights.stores import StoredArray

Found = list[tuple[Any, StoredArray]]


def found_by_object(model: Any, stored: LayerWeights) -> Found | None:
    """Return the variables of a model with their arrays, as the attributes that lead to both tell it.

    Args:
        model: A built model.
        stored: What the checkpoint has.

    Returns:
        All of both; `None` if some of either have no counterpart, or the file
        does not tell attributes.
    """
    if stored.root is None:
        return None
    wanted = {id(variable): variable for variable in _variables(model)}
    found: dict[int, StoredArray] = {}
    todo: list[tuple[Any, StoredObject]] = [(model, stored.root)]
    seen: set[int] = set()
    while todo:
        part, node = todo.pop()
        if id(part) in seen:
            continue
        seen.add(id(part))
        array = node.array if id(part) in wanted else None
        if array is not None:
            found[id(part)] = array
        for name, child in _children(part):
            inner = node.child(name)
            if inner is not None:
                todo.append((child, inner))
    used = {array.place for array in found.values()}
    if found.keys() != wanted.keys() or any(array.place not in used for array in _arrays(stored)):
        return None
    return [(wanted[key], array) for key, array in found.items()]


def _arrays(stored: LayerWeights) -> Iterable[StoredArray]:
    return (array for layer in stored.layers for array in layer.arrays)


def _variables(model: Any) -> list[Any]:
    return [variable for variable in model.weights if hasattr(variable, "assign")]


def _children(part: Any) -> Iterable[tuple[str, Any]]:
    """Return the objects that TensorFlow finds at an object, with the attributes that lead to them."""
    children = getattr(part, "_trackable_children", None)
    return () if children is None else children("checkpoint").items()
