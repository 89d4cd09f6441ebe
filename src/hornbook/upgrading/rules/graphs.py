"""The graphs of functional models: how a layer says what it was called with.

Keras 1 and 2 wrote lists of `[layer, node, tensor, arguments]`, nested as the
first argument was.  Keras 3 writes `args` and `kwargs` as configs, with a
placeholder for each tensor.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hornbook.upgrading.node import OldObject, UpgradeRule, sequence
from hornbook.upgrading.rules.calls import tensor
from hornbook.upgrading.rules.operations import CLASSES, as_operations

_MODELS = frozenset({"Functional", "Model", "Network", "Container", "Sequential"})
# Layers whose further inputs are initial states.
_RECURRENT = frozenset({
    "RNN", "LSTM", "GRU", "SimpleRNN", "CuDNNLSTM", "CuDNNGRU", "UnifiedLSTM", "UnifiedGRU", "ConvLSTM1D",
    "ConvLSTM2D", "ConvLSTM3D", "Bidirectional",
})  # fmt: skip
CONSTANT = "_CONSTANT_VALUE"


def is_leaf(value: Any) -> bool:
    """Return whether a value is `[layer, node, tensor]` or `[layer, node, tensor, arguments]`."""
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
        for member in value.values() if isinstance(value, dict) else value:
            yield from leaves(member)


class Graph:
    """The graph of one model, in the old form.

    Args:
        obj: The model.
    """

    def __init__(self, obj: OldObject) -> None:
        self.model = obj
        self.layers = [layer for layer in obj.arguments["layers"] if isinstance(layer, dict)]
        self.classes = {layer.get("name"): layer.get("class_name") for layer in self.layers}
        self._counts = {layer.get("name"): max(1, len(layer.get("inbound_nodes") or [])) for layer in self.layers}
        ends = [obj.arguments.get("input_layers"), obj.arguments.get("output_layers")]
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
            self.model.open(f"node {node} of layer {name!r} is not in the file", "layers")
        return node - shift

    def ends(self, value: Any) -> Any:
        """Return the inputs or outputs of the model with the numbers that Keras 3 gives them; one alone is no list."""
        ends = self._end(value)
        return ends[0] if isinstance(ends, list) and len(ends) == 1 else ends

    def _end(self, value: Any) -> Any:
        if is_leaf(value):
            number = self.node(value[0], value[1])
            return [value[0], number + (self.classes.get(value[0]) in _MODELS - {"Sequential"}), value[2]]
        if isinstance(value, dict):
            return {name: self._end(end) for name, end in value.items()}
        return [self._end(end) for end in value] if isinstance(value, list) else value

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
            return {name: self.tensors(member) for name, member in value.items()}
        return [self.tensors(member) for member in value] if isinstance(value, list) else value

    def called(self, layer: dict[str, Any]) -> dict[str, Any]:
        """Return a layer with its name, and its calls as `args` and `kwargs`."""
        name = layer.get("name") or (layer.get("config") or {}).get("name")
        return {
            **layer,
            "name": name,
            "inbound_nodes": [self.call(layer, node) for node in layer.get("inbound_nodes") or []],
        }

    def call(self, layer: dict[str, Any], node: Any) -> Any:
        """Return one call of a layer as `args` and `kwargs`."""
        if not isinstance(node, (list, dict)) or not node or "args" in node:
            return node
        leaf = next(leaves(node), None)
        if leaf is None:
            self.model.open(f"a call of layer {layer.get('name')!r} has an unknown form", "layers")
            return node
        kwargs = self._kwargs(leaf)
        first = self.tensors(node)
        class_name = str(layer.get("class_name"))
        if class_name not in CLASSES and isinstance(first, list) and len(first) == 1:
            first = first[0]
        if class_name in _RECURRENT:
            first = self._without_states(layer, first, kwargs)
        return {"args": [first], "kwargs": kwargs}

    def _kwargs(self, leaf: list[Any]) -> dict[str, Any]:
        given = leaf[3] if len(leaf) == 4 else None
        return {name: self.tensors(value) for name, value in (given or {}).items()}

    def _without_states(self, layer: dict[str, Any], inputs: Any, kwargs: dict[str, Any]) -> Any:
        """Return the first input of a recurrent layer; the others become its `initial_state`."""
        if kwargs.get("constants", ...) in (None, []):
            del kwargs["constants"]
        if not isinstance(inputs, list):
            return inputs
        if layer.get("config", {}).get("num_constants"):
            self.model.open(f"the constants of the recurrent layer {layer.get('name')!r} are gone in Keras 3", "layers")
        first, *kwargs["initial_state"] = inputs
        return first


def _graph(obj: OldObject) -> None:
    """Calls of layers were lists, and are arguments with placeholders for tensors now."""
    arguments = obj.arguments
    if not isinstance(arguments.get("layers"), list) or "output_layers" not in arguments:
        return
    graph = Graph(obj)
    layers = [graph.called(layer) for layer in graph.layers]
    changed = any(
        new["inbound_nodes"] != (old.get("inbound_nodes") or []) for new, old in zip(layers, graph.layers, strict=True)
    )
    layers = [operation for layer in layers for operation in as_operations(layer, obj)]
    for end in ("input_layers", "output_layers"):
        obj.set(end, graph.ends(arguments.get(end)))
    arguments["layers"] = layers
    if changed:
        obj.record("layers", "nodes as lists", "nodes as args and kwargs")


GRAPH_NODES = (
    UpgradeRule(
        "graph-nodes",
        frozenset({"<graph>"}),
        "Keras 1 to 2.15",
        "keras/engine/functional.py of Keras 2.15.0, `reconstruct_from_config`; of Keras 3.15.1, "
        "`functional_from_config`",
        _graph,
    ),
)
