"""The forms of Keras 0.x: layers with their class as `name` and their arguments beside it, and its `Graph`."""

from __future__ import annotations

from collections.abc import Collection
from itertools import count
from typing import Any

from hornbook.errors import ConfigError, short

# What holds layers and is a model of its own; a `Merge` has its branches among its arguments.
_MODELS = ("Sequential", "Graph")
_TYPES = {"float": "float32", "int": "int32"}


def is_keras_0(config: Any) -> bool:
    """Return whether a config is a `Sequential` or a `Graph` as Keras 0.x wrote them, or the `Graph` of Keras 1."""
    if not isinstance(config, dict):
        return False
    if "class_name" in config:
        return config["class_name"] == "Graph" and _is_graph(config.get("config"))
    layers = config.get("layers")
    plain = isinstance(layers, list) and all(isinstance(layer, dict) and "class_name" not in layer for layer in layers)
    return plain or _is_graph(config)


def from_keras_0(config: dict[str, Any]) -> dict[str, Any]:
    """Return the form of Keras 1 for one of Keras 0.x, whose layers had no inner config.

    Raises:
        ConfigError: There is something that is no layer, or a `Graph` joins
            what it does not have.
    """
    if "class_name" in config:
        return _graph(config["config"])
    if _is_graph(config):
        return _graph(config)
    layers: list[dict[str, Any]] = []
    names: set[str] = set()
    for layer in config["layers"]:
        upgraded, custom = _layer(layer)
        if custom is not None:
            upgraded["config"]["name"] = _unused(custom, names)
            names.add(upgraded["config"]["name"])
        layers.append(upgraded)
    return {"class_name": "Sequential", "config": layers}


def _layer(layer: Any) -> tuple[dict[str, Any], str | None]:
    """Return a layer in the form of Keras 1, and the name that it was given."""
    if not isinstance(layer, dict) or not isinstance(layer.get("name"), str):
        raise ConfigError(f"This is no layer of Keras 0.x: {short(layer)}", config=layer)
    custom = layer.get("custom_name")
    custom = None if custom is None else str(custom)
    if layer["name"] in _MODELS and is_keras_0(layer):
        return from_keras_0(layer), custom
    arguments = {name: value for name, value in layer.items() if name not in ("name", "cache_enabled", "custom_name")}
    if isinstance(arguments.get("layer"), dict):  # within a TimeDistributed
        arguments["layer"] = from_keras_0({"layers": [arguments["layer"]]})["config"][0]
    return {"class_name": layer["name"], "config": arguments}, custom


def _unused(name: str, names: Collection[str]) -> str:
    """Return a name that none has yet: in Keras 0.3.3 all layers of a class were called alike."""
    numbered = (f"{name}_{number}" if number else name for number in count())
    return next(free for free in numbered if free not in names)


def _is_graph(config: Any) -> bool:
    return isinstance(config, dict) and isinstance(config.get("node_config"), list)


def _graph(config: dict[str, Any]) -> dict[str, Any]:
    """Return a `Graph` as a functional model: what a node joins becomes a `Merge` of its own.

    Source: Keras 0.3.3, keras/layers/containers.py, `Graph`; Keras 1.0.8, keras/legacy/models.py.
    """
    graph = _JoinedLayers(config)
    inputs = [graph.add(layer.get("name"), _input(layer), []) for layer in _parts(config, "input_config")]
    for node in _parts(config, "node_config"):
        graph.add(node.get("name"), _node(config, node), [graph.source(node)])
    outputs = [[graph.source(output), 0, 0] for output in _parts(config, "output_config")]
    return {
        "class_name": "Model",
        "config": {
            "name": "graph",
            "layers": list(graph.layers.values()),
            "input_layers": [[name, 0, 0] for name in inputs],
            "output_layers": outputs,
        },
    }


class _JoinedLayers:
    """The layers of a `Graph` by name, each with what it is called with.

    Args:
        config: The `Graph`.
    """

    def __init__(self, config: dict[str, Any]) -> None:
        self.layers: dict[str, dict[str, Any]] = {}
        self._config = config

    def add(self, name: Any, layer: dict[str, Any], sources: list[str]) -> str:
        """Add a layer that is called with the outputs of others; return its name."""
        if not isinstance(name, str) or name in self.layers:
            what = f"A `Graph` needs names of its own for its nodes, not {short(name)}"
            raise ConfigError(what, config=self._config)
        inner = layer.get("config")
        inner = {**inner, "name": name} if isinstance(inner, dict) else inner
        nodes = [[[source, 0, 0] for source in sources]] if sources else []
        self.layers[name] = {**layer, "config": inner, "name": name, "inbound_nodes": nodes}
        return name

    def source(self, node: dict[str, Any]) -> str:
        """Return the layer whose output a node or an output gets."""
        joined = node.get("inputs")
        names: list[Any] = joined if isinstance(joined, list) and joined else [node.get("input")]
        for name in names:
            if not isinstance(name, str) or name not in self.layers:
                raise ConfigError(f"A `Graph` joins {short(name)}, which it does not have before it", config=node)
        if len(names) == 1:
            return str(names[0])
        merge = {"mode": node.get("merge_mode", "concat"), "layers": []}
        merge.update({name: node[name] for name in ("concat_axis", "dot_axes") if name in node})
        name = _unused(f"{node.get('name')}_merged", self.layers)
        return self.add(name, {"class_name": "Merge", "config": merge}, names)


def _node(config: dict[str, Any], node: dict[str, Any]) -> dict[str, Any]:
    """Return the layer that a node of a `Graph` is."""
    name, nodes = node.get("name"), config.get("nodes")
    layer = nodes.get(name) if isinstance(nodes, dict) and isinstance(name, str) else None
    if not isinstance(layer, dict) or "layer" in node or layer.get("name") in ("Siamese", "SiameseHead"):
        raise ConfigError(
            f"The node {short(name)} of a `Graph` is shared, or is no layer: it has no counterpart in Keras 3",
            hint="Build it as a functional model.",
            config=node,
        )
    return layer if "class_name" in layer else _layer(layer)[0]


def _input(layer: dict[str, Any]) -> dict[str, Any]:
    shape = layer.get("batch_input_shape")
    if shape is None and isinstance(layer.get("input_shape"), list):
        shape = [None, *layer["input_shape"]]
    dtype = layer.get("dtype")
    return {
        "class_name": "InputLayer",
        "config": {
            "batch_input_shape": shape,
            "input_dtype": _TYPES.get(dtype, dtype) if isinstance(dtype, str) else "float32",
        },
    }


def _parts(config: dict[str, Any], name: str) -> list[dict[str, Any]]:
    parts = config.get(name)
    if not isinstance(parts, list) or not all(isinstance(part, dict) for part in parts):
        raise ConfigError(f"The `{name}` of a `Graph` is no list of dicts", config=config)
    return parts
