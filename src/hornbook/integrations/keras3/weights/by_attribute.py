"""Which layer of a model of the user's class is which object of a checkpoint: by the attributes that lead to both.

A checkpoint has no names of layers, and the architecture of such a model is in
its class.  The attributes are the same, as long as the class is.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hornbook.archive.weights.layers import LayerWeights, StoredLayer, StoredObject
from hornbook.archive.weights.stores import StoredArray
from hornbook.errors import WeightsError
from hornbook.integrations.keras3.weights import walk
from hornbook.integrations.keras3.weights.matching_layers import LayerPairs, Unit
from hornbook.integrations.keras3.weights.mismatch import listed, quoted

_ANOTHER = "Is it the checkpoint of another class, or of another version of it?"


def pairs(model: Any, stored: LayerWeights) -> LayerPairs:
    """Return the layers of a model with what a checkpoint has for them.

    Args:
        model: A built model.
        stored: What the checkpoint has.

    Returns:
        The pairs; none if the file has no attributes, the model is a graph of
        layers, which have an order, or no attribute of it is in the file.

    Raises:
        WeightsError: Some attributes are there, and others are not.
    """
    if stored.root is None or _has_order(model):
        return []
    found = _Search()
    found.visit(model, stored.root, "")
    if not found.pairs:
        return []
    _check(model, stored, found)
    return found.pairs


def _check(model: Any, stored: LayerWeights, found: _Search) -> None:
    """Refuse a model of which some variables, or arrays of which some, are in no pair.

    Raises:
        WeightsError: It is one.
    """
    missing = [variable.path for variable in model.weights if id(variable) not in found.variables]
    used = {array.place for _, layer in found.pairs for array in layer.arrays}
    arrays = () if stored.root is None else stored.root.arrays
    left = [array.name for array in arrays if array.place not in used]
    if missing or left:
        lists = [f"missing are {listed(quoted(missing))}"] if missing else []
        lists += [f"left over are {listed(quoted(left))}"] if left else []
        raise WeightsError(
            f"The attributes of the model lead to other weights than in the file: {'; '.join(lists)}",
            hint=_ANOTHER,
            config={"missing": missing, "left over": left},
            place=stored.place,
        )


class _Search:
    """Goes through a model and a checkpoint side by side.

    Attributes:
        pairs: What belongs together.
        variables: The variables of the model in it, by identity.
    """

    def __init__(self) -> None:
        self.pairs: LayerPairs = []
        self.variables: set[int] = set()
        self._seen: set[int] = set()

    def visit(self, part: Any, stored: StoredObject, path: str) -> None:
        """Pair a layer, or those that it leads to."""
        if id(part) in self._seen:
            return
        self._seen.add(id(part))
        if _is_whole(part):
            self._pair(Unit(path, part), part.weights, stored.arrays)
            return
        for name, inner, child in _members(part, stored):
            self.visit(inner, child, f"{path}.{name}" if path else name)
        self._own(part, stored, path)

    def _own(self, part: Any, stored: StoredObject, path: str) -> None:
        """Pair the variables of a layer that are not those of a layer within it."""
        variables = [*part._trainable_variables, *part._non_trainable_variables]
        names = {id(value): name for name, value in vars(part).items()}
        children = [stored.child(names.get(id(v), v.name)) or stored.child(v.name) for v in variables]
        arrays = [child.array for child in children if child is not None]
        known = tuple([array for array in arrays if array is not None])
        if known and len(known) == len(variables):
            self._pair(Unit(path, part, deep=False), variables, known)

    def _pair(self, unit: Unit, variables: list[Any], arrays: tuple[StoredArray, ...]) -> None:
        if arrays:
            self.pairs.append((unit, StoredLayer(unit.name, arrays)))
            self.variables.update(map(id, variables))


def _members(part: Any, stored: StoredObject) -> Iterator[tuple[str, Any, StoredObject]]:
    """Yield the layers that the attributes of one lead to, with what the file has there."""
    if _has_order(part):
        numbered = [(f"layer_with_weights-{i}", layer) for i, layer in enumerate(_with_weights(part))]
        yield from _known(numbered, stored)
        return
    for name, value in walk.own_attributes(part).items():
        child = stored.child(name)
        if child is not None:
            yield from _within(name, value, child)


def _within(name: str, value: Any, stored: StoredObject) -> Iterator[tuple[str, Any, StoredObject]]:
    """Yield the layers in the value of an attribute: itself, or what is in a list or dict."""
    todo = [(name, value, stored)]
    while todo:
        name, value, stored = todo.pop()
        if _is_layer(value):
            yield name, value, stored
        elif isinstance(value, (list, tuple, dict)):
            members = value.items() if isinstance(value, dict) else enumerate(value)
            inner = _known([(str(key), member) for key, member in members], stored)
            todo += [(f"{name}.{key}", member, child) for key, member, child in reversed([*inner])]


def _known(members: list[tuple[str, Any]], stored: StoredObject) -> Iterator[tuple[str, Any, StoredObject]]:
    for key, member in members:
        child = stored.child(key)
        if child is not None:
            yield key, member, child


def _with_weights(model: Any) -> list[Any]:
    return [layer for layer in model.layers if layer.weights]


def _has_order(value: Any) -> bool:
    """Return whether a model is a graph of layers, whose order is that of the file."""
    return value._obj_type() in ("Sequential", "Functional")


def _is_layer(value: Any) -> bool:
    import keras

    return isinstance(value, keras.layers.Layer)


def _is_whole(layer: Any) -> bool:
    """Return whether a layer is one of Keras' own, whose arrays are known by their order."""
    return not _has_order(layer) and type(layer).__module__.partition(".")[0] == "keras"
