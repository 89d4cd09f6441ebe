"""Functions of TensorFlow called on the tensors of a model, as operations of Keras 3.

TF 2.4 to 2.15 wrote them as `TFOpLambda` with the name of the function, TF 1.15
to 2.3 as `TensorFlowOpLayer` with a node of TensorFlow's graph.  Only what means
the same for all arguments is in the tables.
"""

from __future__ import annotations

from typing import Any

from hornbook.upgrading.node import OldObject
from hornbook.upgrading.rules import tf_functions, tf_nodes
from hornbook.upgrading.rules.calls import Step, has_tensor, tensor

CLASSES = frozenset({"TFOpLambda", "SlicingOpLambda", "TensorFlowOpLayer"})


def as_operations(layer: dict[str, Any], obj: OldObject) -> list[dict[str, Any]]:
    """Return the operations of Keras 3 for a layer that calls a function of TensorFlow; the last has its name.

    Args:
        layer: The layer, its calls as `args` and `kwargs`.
        obj: The model; gets what stays open.
    """
    if layer.get("class_name") not in CLASSES or not isinstance(layer.get("config"), dict):
        return [layer]
    read = tf_nodes.operations_of if layer["class_name"] == "TensorFlowOpLayer" else tf_functions.operations_of
    operations = read(layer)
    if isinstance(operations, str):
        lacking = not any(map(has_tensor, layer["inbound_nodes"]))
        what = "was written without its tensors" if lacking else "has no certain counterpart in Keras 3"
        obj.open(f"the TensorFlow function {operations} in layer {layer['name']!r} {what}", "layers")
        return [layer]
    return _chain(layer, *operations, obj)


def _chain(layer: dict[str, Any], steps: list[Step], nodes: list[Any], obj: OldObject) -> list[dict[str, Any]]:
    """Return operations of which each is called on what the one before gives."""
    obj.record("layers", layer["class_name"], " of ".join(step.name for step in reversed(steps)))
    taken = {other.get("name") for other in obj.arguments["layers"] if isinstance(other, dict)}
    names = _names(layer["name"], steps, taken)
    layers = []
    for step, name in zip(steps, names, strict=True):
        layers.append(_layer(step, name, nodes))
        nodes = [{"args": [tensor(name, node, 0)], "kwargs": {}} for node in range(len(nodes))]
    return layers


def _names(name: str, steps: list[Step], taken: set[Any]) -> list[str]:
    """Return a name for each operation that no layer has; the last one has the name of the layer."""
    names = []
    for step in steps[:-1]:
        free = name
        while free in taken:
            free = f"{free}_{step.name.lower()}"
        taken.add(free)
        names.append(free)
    return [*names, name]


def _layer(step: Step, name: str, nodes: list[Any]) -> dict[str, Any]:
    return {
        "module": f"keras.src.ops.{step.space}",
        "class_name": step.name,
        "config": {**step.settings, "name": name},
        "registered_name": None,
        "name": name,
        "inbound_nodes": nodes,
    }
