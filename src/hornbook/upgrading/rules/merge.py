"""A Sequential of Keras 1 that began with a `Merge` of other models, as the graph that it was."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hornbook.upgrading.node import OldObject, UpgradeRule
from hornbook.upgrading.rules.forms import input_of


class _UnclearError(Exception):
    pass


class _Graph:
    """Collects the layers of all branches, with the nodes that join them."""

    def __init__(self) -> None:
        self.layers: list[dict[str, Any]] = []
        self.inputs: list[list[Any]] = []

    def add(self, layer: Mapping[str, Any], inbound: list[str], **arguments: Any) -> str:
        """Add a layer that is called with the outputs of others; return its name."""
        inner = layer.get("config")
        name = arguments.get("name") or _name_of(layer)
        if not isinstance(name, str) or any(other["name"] == name for other in self.layers):
            raise _UnclearError("has layers without a name of their own")
        if arguments:
            inner = {**(inner if isinstance(inner, dict) else {}), **arguments}
        nodes = [[[source, 0, 0] for source in inbound]] if inbound else []
        self.layers.append({**layer, "config": inner, "name": name, "inbound_nodes": nodes})
        return name

    def branch(self, model: Any, before: str | None = None) -> str:
        """Add the layers of a Sequential, or a model as one layer; return the name of the last."""
        if not isinstance(model, dict) or model.get("class_name") != "Sequential":
            return self._layer(model, before)
        inner = model.get("config")
        for layer in (inner.get("layers") or [] if isinstance(inner, dict) else inner) or []:
            before = self.branch(layer, before)
        if before is None:
            raise _UnclearError("holds a model without layers")
        return before

    def _layer(self, layer: Any, before: str | None) -> str:
        if not isinstance(layer, dict):
            raise _UnclearError("holds what is no layer")
        if before is not None:
            return self.add(layer, [before])
        if _is_merge(layer):
            ends = [self.branch(model) for model in layer["config"]["layers"]]
            return self.add(layer, ends, layers=[])
        shape, dtype = input_of(layer)
        if shape is None:
            raise _UnclearError("holds a model whose input shape is not given")
        inner = layer["config"]
        name = f"{(inner.get('name') if isinstance(inner, dict) else None) or len(self.layers)}_input"
        arguments = {"batch_shape": shape, "dtype": dtype or "float32"}
        source = self.add({"class_name": "InputLayer", "config": arguments}, [], name=name)
        self.inputs.append([source, 0, 0])
        return self.add(layer, [source])


def _name_of(layer: Mapping[str, Any]) -> Any:
    inner = layer.get("config")
    return (inner.get("name") if isinstance(inner, dict) else None) or layer.get("name")


def _is_merge(layer: Any) -> bool:
    inner = layer.get("config") if isinstance(layer, dict) and layer.get("class_name") == "Merge" else None
    return isinstance(inner, dict) and isinstance(inner.get("layers"), list) and bool(inner["layers"])


def _starts(model: Any) -> bool:
    """Return whether a Sequential begins with a `Merge`, itself or within its first layer."""
    while isinstance(model, dict) and model.get("class_name") == "Sequential":
        inner = model.get("config")
        layers = inner.get("layers") if isinstance(inner, dict) else inner
        model = layers[0] if isinstance(layers, list) and layers else None
    return _is_merge(model)


def _joined(obj: OldObject) -> None:
    """A Sequential could begin with a `Merge` of models; now that is a functional model."""
    if not _starts(obj.config):
        return
    graph = _Graph()
    try:
        last = graph.branch(obj.config)
    except _UnclearError as error:
        obj.open(f"a `Merge` {error}", "layers")
        return
    name = _name_of(obj.config) or "sequential"
    obj.config["config"] = {
        "name": name, "layers": graph.layers, "input_layers": graph.inputs, "output_layers": [[last, 0, 0]],
    }  # fmt: skip
    obj.become("Model")


BRANCHES = (
    UpgradeRule(
        "keras-1-branches",
        frozenset({"Sequential"}),
        "Keras 1.0 to 1.2.2",
        "keras/models.py of Keras 1.2.2, `Sequential.add` and `flattened_layers`",
        _joined,
        stage="form",
    ),
)
