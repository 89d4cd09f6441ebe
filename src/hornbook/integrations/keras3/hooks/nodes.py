"""The calls of layers while a graph is made again: each is of a tensor of the graph, so nothing is computed."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

from hornbook.engine.decode import current_reader
from hornbook.errors import ConfigError
from hornbook.integrations.divert import Diversion, Gate
from hornbook.integrations.keras3 import private


def gates() -> list[Diversion]:
    """Return the functions that make a call of what a node says, and follow a graph from its end."""
    return [
        Diversion("deserialize_node", private.deserialize_node, _call),
        Diversion("map_graph", private.map_graph, _follow),
    ]


def _call(original: Gate) -> Gate:
    """A layer that is called without such a tensor would compute with whatever the file says."""

    def deserialize_node(node_data: Any, created_layers: Any) -> Any:
        args, kwargs = original(node_data, created_layers)
        if current_reader() is not None and not any(map(_is_tensor, _leaves([args, kwargs]))):
            raise ConfigError("A node calls its layer without a tensor of the graph")
        return args, kwargs

    return deserialize_node


def _is_tensor(value: Any) -> bool:
    import keras

    return isinstance(value, keras.KerasTensor)


def _leaves(value: Any) -> Iterator[Any]:
    todo = [value]
    while todo:
        part = todo.pop()
        if isinstance(part, dict):
            todo += part.values()
        elif isinstance(part, (list, tuple)):
            todo += part
        else:
            yield part


def _follow(original: Gate) -> Gate:
    """Keras follows a row of layers from its end by one call of Python for each: let it have them.

    How long a row may be has been judged by then.
    """

    def map_graph(inputs: Any, outputs: Any) -> Any:
        reader = current_reader()
        if reader is None:
            return original(inputs, outputs)
        before = sys.getrecursionlimit()
        sys.setrecursionlimit(before + reader.policy.limits.chain)
        try:
            return original(inputs, outputs)
        finally:
            sys.setrecursionlimit(before)

    return map_graph
