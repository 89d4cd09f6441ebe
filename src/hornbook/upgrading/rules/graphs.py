"""The graphs of functional models: how a layer says what it was called with.

Keras 1 and 2 wrote lists of `[layer, node, tensor, arguments]`, nested as the
first argument was.  Keras 3 writes `args` and `kwargs` as configs, with a
placeholder for each tensor.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hornbook.upgrading.node import Part, Rule, sequence
from hornbook.upgrading.rules import operations
from hornbook.upgrading.rules.calls import tensor

_MODELS = frozenset({"Functional", "Model", "Network", "Container", "Sequential"})
# Layers whose further inputs are initial states.
_RECURRENT = frozenset({
    "RNN", "LSTM", "GRU", "SimpleRNN", "CuDNNLSTM", "CuDNNGRU", "UnifiedLSTM", "UnifiedGRU", "ConvLSTM1D",
    "ConvLSTM2D", "ConvLSTM3D", "Bidirectional",
})  # fmt: skip
CONSTANT = "_CONSTANT_VALUE"


def is_leaf(value: Any) -> bool:
    """Say whether a value is `[layer, node, tensor]` or `[layer, node, tensor, arguments]`."""
    return (
        isinstance(value, list)
        and len(value) in (3, 4)
        and isinstance(value[0], str)
        and isinstance(value[1], int)
        and not isinstance(value[1], bool)
        and (isinstance(value[2], int) or value[0] == CONSTANT)
        and (len(value) == 3 or value[3] is None or isinstance(value[3], dict))
    )


def leaves(value: Any) -> Iterator[list[Any]]:
    """Yield the leaves of a nest, and those within their arguments."""
    if is_leaf(value):
        yield value
        yield from leaves(value[3]) if len(value) == 4 else ()
    elif isinstance(value, (list, dict)):
        for one in value.values() if isinstance(value, dict) else value:
            yield from leaves(one)


class Graph:
    """The graph of one model, in the old form.

    Args:
        part: The model.
    """

    def __init__(self, part: Part) -> None:
        self.part = part
        self.layers = [layer for layer in part.arguments["layers"] if isinstance(layer, dict)]
        self.classes = {layer.get("name"): layer.get("class_name") for layer in self.layers}
        self._counts = {layer.get("name"): max(1, len(layer.get("inbound_nodes") or [])) for layer in self.layers}
        ends = [part.arguments.get("input_layers"), part.arguments.get("output_layers")]
        nodes = [layer.get("inbound_nodes") for layer in self.layers]
        self._first: dict[str, int] = {}
        self._last: dict[str, int] = {}
        for leaf in leaves([*ends, *nodes]):
            if leaf[0] != CONSTANT:
                self._first[leaf[0]] = min(leaf[1], self._first.get(leaf[0], leaf[1]))
                self._last[leaf[0]] = max(leaf[1], self._last.get(leaf[0], leaf[1]))

    def node(self, name: str, node: int) -> int:
        """Return the number that a node of a layer has among those in the file.

        A model has a node of its own from when it was made, and so has a layer
        that was called outside of this graph: their numbers started at 1.
        """
        if self.classes.get(name) in _MODELS and self._first.get(name, 0) >= 1:
            return node - 1
        if self._last.get(name, 0) < self._counts.get(name, 1):
            return node
        shift = self._first[name]
        if self._last[name] - shift >= self._counts.get(name, 1):
            self.part.open(f"node {node} of layer {name!r} is not in the file", "layers")
        return node - shift

    def end(self, value: Any) -> Any:
        """Return an input or output of the model with the number that Keras 3 gives it."""
        if is_leaf(value):
            number = self.node(value[0], value[1])
            return [value[0], number + (self.classes.get(value[0]) in _MODELS - {"Sequential"}), value[2]]
        if isinstance(value, dict):
            return {name: self.end(one) for name, one in value.items()}
        return [self.end(one) for one in value] if isinstance(value, list) else value

    def tensors(self, value: Any) -> Any:
        """Return a nest with a placeholder for each leaf."""
        if is_leaf(value):
            if value[0] == CONSTANT:
                return value[2]
            return tensor(value[0], self.node(value[0], value[1]), value[2])
        if isinstance(value, dict):
            members = sequence(value)
            if members is not None:
                return self.tensors(members)
            return {name: self.tensors(one) for name, one in value.items()}
        return [self.tensors(one) for one in value] if isinstance(value, list) else value

    def call(self, layer: dict[str, Any], node: Any) -> Any:
        """Return one call of a layer as `args` and `kwargs`."""
        if not isinstance(node, (list, dict)) or not node or "args" in node:
            return node
        found = next(leaves(node), None)
        if found is None:
            self.part.open(f"a call of layer {layer.get('name')!r} has an unknown form", "layers")
            return node
        kwargs = {name: self.tensors(one) for name, one in ((found[3] if len(found) == 4 else None) or {}).items()}
        first = self.tensors(node)
        name = str(layer.get("class_name"))
        if name in operations.CLASSES:
            return {"args": [first], "kwargs": kwargs}
        if isinstance(first, list) and len(first) == 1:
            first = first[0]
        if name in _RECURRENT and kwargs.get("constants", ...) in (None, []):
            del kwargs["constants"]
        if name in _RECURRENT and isinstance(first, list):
            if layer.get("config", {}).get("num_constants"):
                self.part.open(f"the constants of the recurrent layer {layer.get('name')!r} are gone in Keras 3",
                               "layers")  # fmt: skip
            first, *states = first
            kwargs["initial_state"] = states
        return {"args": [first], "kwargs": kwargs}


def _graph(part: Part) -> None:
    """Calls of layers were lists, and are arguments with placeholders for tensors now."""
    arguments = part.arguments
    if not isinstance(arguments.get("layers"), list) or "output_layers" not in arguments:
        return
    graph = Graph(part)
    changed = False
    layers = []
    for layer in graph.layers:
        nodes = layer.get("inbound_nodes") or []
        made = [graph.call(layer, node) for node in nodes]
        name = layer.get("name") or (layer.get("config") or {}).get("name")
        changed = changed or made != nodes
        layers += operations.upgraded({**layer, "name": name, "inbound_nodes": made}, part)
    for end in ("input_layers", "output_layers"):
        ends = graph.end(arguments.get(end))
        if isinstance(ends, list) and len(ends) == 1:
            ends = ends[0]
        part.set(end, ends)
    arguments["layers"] = layers
    if changed:
        part.replaced("layers", "nodes as lists", "nodes as args and kwargs")


RULES = (
    Rule(
        "graph-nodes", frozenset({"<graph>"}), "Keras 1 to 2.15",
        "keras/engine/functional.py of Keras 2.15.0, `reconstruct_from_config`; of Keras 3.15.1, "
        "`functional_from_config`", _graph,
    ),
)  # fmt: skip
