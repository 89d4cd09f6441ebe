"""What the graph of a model of Keras 2 says: which layers there are, and what they are called with.

Keras 2 lists for each call the tensors as `["dense", 0, 0, {...}]`: the layer,
which of its calls, which of its outputs, and the other arguments.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from hornbook.engine.builtins import NamedObject
from hornbook.engine.construct import ENTRY
from hornbook.engine.violations import Problem, Rules
from hornbook.errors import LimitError, short
from hornbook.integrations.keras3.argument_rules import LAYERS, MODEL
from hornbook.integrations.keras3.graph_rules import GraphReview
from hornbook.places import is_object_config, values_within

# Where a plain value stands in the place of a tensor.
_CONSTANT = "_CONSTANT_VALUE"
# A constant of a type of its own, which Keras reads by itself; nobody has seen one in a file.
_COMPOSITE = "COMPOSITE_TYPE"
_LENGTHS = (3, 4)  # of what stands for a tensor, without other arguments and with them
# Arguments of operations that say how many tensors are made, or how many parts a tensor is taken into.
_COUNTS = frozenset({"num_or_size_splits", "num", "num_partitions", "rep", "num_splits", "top_paths"})
# A `Sequential` is connected anew with each layer that it gets: Keras 2.15.0 takes 25 s, and tf_keras 2.21.0 12 s, for
# so many layers in a row.  Several count by their squares.
_IN_A_ROW = 500


class _Node(NamedTuple):
    """What one call of a layer is given."""

    sources: list[tuple[Any, Any]]
    arguments: list[Any]
    constants: list[Any]


class _Progress:
    """Which calls have been made.

    Args:
        layers: The configs of the layers.
        extra: How many calls each has before those that its config lists.
    """

    __slots__ = ("_extra", "_positions", "made")

    def __init__(self, layers: list[Any], extra: list[float]) -> None:
        self._positions = {_name_of(layer): position for position, layer in enumerate(layers)}
        self._extra = extra
        self.made = [0] * len(layers)

    def has(self, node: _Node) -> bool:
        """Return whether all is there that a call needs."""
        return all(self._has(name, number) for name, number in node.sources)

    def _has(self, name: Any, number: Any) -> bool:
        position = self._positions.get(name) if isinstance(name, str) else None
        if position is None or type(number) is not int:
            return True  # reported already, or Keras' to refuse
        return number < self.made[position] + self._extra[position]


class Keras2Review(GraphReview):
    """Judges layers and graphs of one config of Keras 2.

    Args:
        check: Where is said what is wrong.
    """

    __slots__ = ()

    def object(self, config: dict[str, Any], inner: dict[str, Any], named: NamedObject) -> None:
        if named.builtin or _is_read_by_keras(named.target):
            super().object(config, inner, named)

    def _graph(self, inner: dict[str, Any], layers: list[Any], rules: Rules | None) -> None:
        limits = self._check.tally.policy.limits
        self._layers += len(layers)
        if self._layers > limits.layers:
            return  # reported at the end
        names = self._names(inner, layers)
        if "input_layers" not in inner:
            self._row(inner, len(layers))
            return
        calls = [_calls(layer) for layer in layers]
        for position, nodes in enumerate(calls):
            for number, node in enumerate(nodes):
                problem = self._call(node, names)
                if problem is not None:
                    self._check.violation(inner, ("layers", position, "inbound_nodes", number), problem)
        problem = self._order(layers, calls)
        if problem is not None:
            self._check.violation(inner, ("layers",), problem)

    def _row(self, inner: dict[str, Any], number: int) -> None:
        """Count the layers of a `Sequential`."""
        counts = self._check.tally.counts
        before = counts.get("rows", 0)
        counts["rows"] = before + number**2
        if before <= _IN_A_ROW**2 < counts["rows"]:
            what = f"The config asks for {number} layers in a row; the limit is {_IN_A_ROW}, in all"
            self._check.violation(inner, ("layers",), Problem("limit", what, LimitError))

    def _order(self, layers: list[Any], calls: list[list[_Node]]) -> Problem | None:
        """Return what is wrong with the order of all calls, which Keras tries again and again until it has made all.

        It makes passes over the layers, and goes on with the next one where a call needs what is not there yet: for
        ever, where that never comes (2.9.0 to 2.21.0).
        """
        most = 10 * self._check.tally.policy.limits.calls
        progress = _Progress(layers, [self._extra(layer) for layer in layers])
        waiting, steps = [position for position, nodes in enumerate(calls) if nodes], 0
        while waiting:
            made, left = 0, []
            for position in waiting:
                nodes = calls[position]
                start = progress.made[position]
                while progress.made[position] < len(nodes) and progress.has(nodes[progress.made[position]]):
                    progress.made[position] += 1
                made += progress.made[position] - start
                steps += progress.made[position] - start + 1
                if progress.made[position] < len(nodes):
                    left.append(position)
            if not made:
                return Problem("graph", "The calls of the layers need each other, or one that there is not")
            steps += len(layers) // 16
            if steps > most:
                return Problem("limit", "The layers are listed in an order that takes too long to connect", LimitError)
            waiting = left
        return None

    def _extra(self, layer: Any) -> float:
        """Return how many calls a layer has before those that the config lists; more than one for any number."""
        if not (type(layer) is dict and is_object_config(layer)):
            return math.inf  # reported already
        if layer["class_name"] == "InputLayer":
            return math.inf
        named = self._check.meaning(layer)
        return 1 if named is None or named.kind in (None, MODEL) else 0

    def _names(self, inner: dict[str, Any], layers: list[Any]) -> set[str]:
        """Return the names of the layers, each of which is one of a kind that belongs here."""
        names: set[str] = set()
        for position, layer in enumerate(layers):
            if not (type(layer) is dict and is_object_config(layer)):
                continue
            self._check.fits(layer, inner, ("layers", position), LAYERS)
            name = _name_of(layer)
            if name is not None and name in names:
                problem = Problem("graph", f"Two layers of one model are called {short(name)}")
                self._check.violation(inner, ("layers", position), problem)
            if name is not None:
                names.add(name)
        return names

    def _call(self, node: _Node, names: set[str]) -> Problem | None:
        """Return what is wrong with one call of a layer."""
        if not node.sources:
            # Keras would call the layer for real, with what the file says.
            return Problem("graph", "A node calls its layer without a tensor of the graph")
        if not all(isinstance(name, str) and name in names for name, _ in node.sources):
            return Problem("graph", "A node takes a tensor of a layer that the model does not have")
        if any(isinstance(value, (list, tuple)) and value and value[0] == _COMPOSITE for value in node.constants):
            return Problem("graph", "A node has a constant that is no plain value")
        return self._amount(node)

    def _amount(self, node: _Node) -> Problem | None:
        """Count the tensors that a call asks for; no number may be one that no shape has."""
        tally = self._check.tally
        for arguments in node.arguments:
            for name, value in arguments.items():
                if name in _COUNTS and type(value) is int:
                    tally.counts["outputs"] = tally.counts.get("outputs", 0) + abs(value)
        most = tally.policy.limits.integer
        given = values_within([*node.arguments, *node.constants])
        if any(type(number) is int and not -most <= number <= most for number in given):
            return Problem("limit", f"A node must have no number beyond {most}", LimitError)
        return None


def _is_read_by_keras(target: Any) -> bool:
    """Return whether a class of the user's leaves it to Keras to read its config; another one may have another form."""
    read = getattr(getattr(target, ENTRY, None), "__func__", None)
    return str(getattr(read, "__module__", "")).partition(".")[0] in ("keras", "tf_keras")


def _name_of(layer: Any) -> Any:
    """Return the name of a layer: beside its config in a graph, within it in a `Sequential`."""
    if not (type(layer) is dict and is_object_config(layer)):
        return None
    inner = layer["config"]
    name = layer.get("name", inner.get("name") if type(inner) is dict else None)
    return name if isinstance(name, str) else None


def _calls(layer: Any) -> list[_Node]:
    nodes = layer.get("inbound_nodes") if type(layer) is dict else None
    return [_node(node) for node in nodes] if type(nodes) is list else []


def _node(node: Any) -> _Node:
    """Return what stands in a node, in the arguments of its tensors as well."""
    found = _Node([], [], [])
    todo = [node]
    while todo:
        part = todo.pop()
        if isinstance(part, dict):
            todo += part.values()
        elif isinstance(part, (list, tuple)):
            if len(part) in _LENGTHS and isinstance(part[0], str):
                _tensor(part, found)
                todo += part[3:]
            else:
                todo += part
    return found


def _tensor(part: list[Any] | tuple[Any, ...], found: _Node) -> None:
    if part[0] == _CONSTANT:
        found.constants.append(part[2])
    else:
        found.sources.append((part[0], part[1]))
    found.arguments.extend(one for one in part[3:] if isinstance(one, dict))
