"""The weights of a checkpoint by layer, as HDF5 of Keras 2 has them: layers in order, each with its arrays in order.

A SavedModel of Keras keeps lists of the variables of each layer; a checkpoint
that `save_weights` has written has the attributes alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from itertools import takewhile

from hornbook.archive.bundle.graph import ROOT, ObjectGraph, is_function
from hornbook.archive.bundle.shards import Bundle
from hornbook.archive.weights.layers import LayerWeights, StoredLayer, StoredObject
from hornbook.archive.weights.stores import StoredArray
from hornbook.errors import LimitError, WeightsError, short
from hornbook.policy import Limits

# The oldest Keras that writes object graphs, where a checkpoint does not tell.
_OLDEST = "2.2.4"
_API, _LAYERS, _ALL, _TRAINED, _OTHERS = (
    "keras_api",
    "layers",
    "variables",
    "trainable_variables",
    "non_trainable_variables",
)
_LISTS = frozenset({_ALL, _TRAINED, _OTHERS, _LAYERS})
_OPTIMIZER, _COUNTER = "optimizer", "save_counter"
# What is in a checkpoint of training, and belongs to no layer.
_BESIDE = frozenset({_OPTIMIZER, _COUNTER, "root", "compiled_loss", "compiled_metrics", "loss", "history"})
_INNER = ("inner_optimizer", "_optimizer", "base_optimizer")
_STEPS = ("iter", "_iterations")
_CACHE = "momentum_cache"  # of Nadam
_NUMBERED = re.compile(r"layer-(\d{1,9})")

NameOf = Callable[[int], str]


class CheckpointObjects:
    """The model that a checkpoint has the values of.

    Args:
        bundle: The arrays.
        graph: The objects.
        name_of: Returns the name that is said of the layer of a number, or nothing.
        limits: How many arrays there may be.
    """

    def __init__(self, bundle: Bundle, graph: ObjectGraph, name_of: NameOf, limits: Limits) -> None:
        self.graph, self._bundle, self._name_of, self._limits = graph, bundle, name_of, limits
        self._arrays: dict[int, StoredArray] = {}
        self._listed = 0

    def array(self, number: int) -> StoredArray:
        """Return the array of a variable."""
        if number not in self._arrays:
            part = self.graph[number]
            self._arrays[number] = self._bundle.array(part.key, f"{part.full_name or part.key}:0")
        return self._arrays[number]

    @cached_property
    def root(self) -> int:
        """The number of the model: the root, or what a `tf.train.Checkpoint` has beside a counter and optimizers.

        Raises:
            WeightsError: There are several objects that may be it.
        """
        children = self.graph[ROOT].children
        if _COUNTER not in children:
            return ROOT
        own = {name: at for name, at in children.items() if name not in _BESIDE and not self._is_optimizer(at)}
        if len(own) == 1:
            (at,) = own.values()
            return ROOT if self.graph[at].key else at
        if "model" in own:
            return own["model"]
        raise WeightsError(
            f"The checkpoint has several objects, and which is the model is not certain: {short(', '.join(own))}",
            hint="Write it with tf.train.Checkpoint(model=model).",
            place=self._bundle.place,
        )

    def _is_optimizer(self, number: int) -> bool:
        return any(name in self.graph[number].children for name in _STEPS)

    def variables(self, number: int) -> list[int]:
        """Return the variables of an object in the order of a layer: what is trained, then the rest."""
        graph = self.graph
        lists = ((_TRAINED,), (_API, _OTHERS), (_ALL,))
        listed = [at for names in lists for at in graph.members(graph.child(number, *names))]
        found = [*dict.fromkeys(at for at in listed if graph[at].key)]
        if not found:
            found = graph.variables(number, set())
        self._listed += len(found)
        if self._listed > 2 * self._limits.arrays:
            raise LimitError(f"The objects have more than {self._limits.arrays} variables", place=self._bundle.place)
        return found

    def layers(self) -> Iterator[tuple[str, list[int]]]:
        """Yield the name of each layer and its variables; the last one is what belongs to the model itself."""
        found = [(name, at, self.variables(at)) for name, at in self._layers() if not self.graph[at].key]
        found = [layer for layer in found if layer[2]]
        seen = {at for _, _, variables in found for at in variables}
        model = len(self._common(seen)) if len(found) > 1 else 0
        for attribute, number, variables in found:
            yield self._name_of(number) or self._named(variables, model) or attribute, variables
        own = [at for at in self._own() if at not in seen]
        if own:
            yield "", [*dict.fromkeys(own)]

    def _layers(self) -> list[tuple[str, int]]:
        """Return the layers of the model in its order, with the attributes that lead to them."""
        graph, root = self.graph, self.root
        listed = graph.members(graph.child(root, _API, _LAYERS))
        if listed:
            return [(f"layer-{i}", number) for i, number in enumerate(listed)]
        children = graph[root].children
        matches = [(match, number) for name, number in children.items() if (match := _NUMBERED.fullmatch(name))]
        if matches:
            return [(match[0], number) for match, number in sorted(matches, key=lambda pair: int(pair[0][1]))]
        return [*self._attributes(root)]

    def _attributes(self, number: int) -> Iterator[tuple[str, int]]:
        """Yield the attributes of a model that is no graph of layers, and what lists among them hold."""
        seen = {number}
        for name, at in self.graph[number].children.items():
            if name in _BESIDE or name in _LISTS or is_function(name) or at in seen:
                continue
            seen.add(at)
            members = self.graph.members(at)
            if members and len(members) == len(self.graph[at].children):
                yield from ((f"{name}.{i}", member) for i, member in enumerate(members) if member not in seen)
                seen.update(members)
            else:
                yield name, at

    def _own(self) -> Iterable[int]:
        """Return the variables that are attributes of the model, or that it lists."""
        children = self.graph[self.root].children
        names = [name for name in children if name not in _BESIDE]
        direct = [children[name] for name in names if self.graph[children[name]].key]
        return [*direct, *(self.variables(self.root) if _ALL in children else ())]

    def _named(self, variables: Iterable[int], model: int) -> str:
        """Return the name that the variables of a layer have in common; empty if they have none.

        Args:
            variables: The variables.
            model: How many parts of it are the name of the model.
        """
        return next(iter(self._common(variables)[model:]), "")

    def _common(self, variables: Iterable[int]) -> list[str]:
        """Return the names of objects that the names of all variables begin with."""
        paths = [self.graph[at].full_name.split("/")[:-1] for at in variables]
        least, most = min(paths, default=[]), max(paths, default=[])
        same = takewhile(lambda pair: pair[0] == pair[1], zip(least, most, strict=False))
        return [name for name, _ in same]

    def optimizer(self, variables: Iterable[int]) -> Iterator[StoredArray]:
        """Yield the arrays of the optimizer as HDF5 has them.

        Args:
            variables: Those of the model, in order.
        """
        graph, number = self.graph, self._optimizer()
        if number is None:
            return
        listed = [at for at in graph.members(graph.child(number, "_variables")) if graph[at].key]
        if listed:
            yield from map(self.array, listed)
            return
        single = ((name, graph.child(number, name)) for name in (_STEPS[0], _CACHE))
        yield from (
            self.array(at)._replace(name=f"{name}:0") for name, at in single if at is not None and graph[at].key
        )
        slots: dict[str, dict[int, int]] = {}
        for slot in graph[number].slots:
            slots.setdefault(slot.name, {})[slot.variable] = slot.node
        ordered = [*dict.fromkeys(variables)]
        for name, nodes in slots.items():
            for at in ordered:
                if at in nodes and graph[nodes[at]].key:
                    label = f"{_OPTIMIZER}/{graph[at].full_name}/{name}:0"
                    yield self.array(nodes[at])._replace(name=label)

    def _optimizer(self) -> int | None:
        """Return the number of the optimizer, or `None`; one within another that only scales is meant."""
        graph = self.graph
        number = graph.child(self.root, _OPTIMIZER)
        if number is None:
            number = graph.child(ROOT, _OPTIMIZER)
        for _ in _INNER:
            if number is None or graph[number].slots or self._is_optimizer(number):
                break
            ways = (graph.child(number, name) for name in _INNER)
            number = next((way for way in ways if way is not None), number)
        return number


class _CheckpointObject:
    """An object of a checkpoint, and what its attributes lead to.

    Args:
        objects: The model.
        number: The number of the object.
    """

    def __init__(self, objects: CheckpointObjects, number: int) -> None:
        self._objects, self._number = objects, number

    @property
    def arrays(self) -> tuple[StoredArray, ...]:
        objects = self._objects
        return tuple([objects.array(at) for at in objects.variables(self._number)])

    @property
    def array(self) -> StoredArray | None:
        return self._objects.array(self._number) if self._objects.graph[self._number].key else None

    def child(self, name: str) -> StoredObject | None:
        at = self._objects.graph.child(self._number, name)
        return None if at is None else _CheckpointObject(self._objects, at)


def layer_weights(objects: CheckpointObjects, place: str, version: str) -> LayerWeights:
    """Return the weights of a checkpoint by layer, no array of them read.

    Args:
        objects: The model.
        place: What to call the checkpoint in errors.
        version: The version of Keras that wrote it; empty if that is not known.

    Raises:
        ArchiveError: An array is none of numbers.
        WeightsError: An array is missing, or there is no model.
        LimitError: There is too much.
    """
    found = list(objects.layers())
    layers = tuple([StoredLayer(name, tuple(map(objects.array, variables))) for name, variables in found])
    optimizer = tuple(objects.optimizer(at for _, variables in found for at in variables))
    root = _CheckpointObject(objects, objects.root)
    return LayerWeights(place, layers, optimizer, version or _OLDEST, "tensorflow", root)
