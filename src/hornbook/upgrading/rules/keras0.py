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
    """Say whether a config is a `Sequential` or a `Graph` as Keras 0.x wrote them, or the `Graph` of Keras 1."""
    if not isinstance(config, dict):
        return False
    if "class_name" in config:
        return config["class_name"] == "Graph" and _is_graph(config.get("config"))
    layers = config.get("layers")
    plain = isinstance(layers, list) and all(isinstance(one, dict) and "class_name" not in one for one in layers)
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
        made, custom = _layer(layer)
        if custom is not None:
            made["config"]["name"] = _unused(custom, names)
            names.add(made["config"]["name"])
        layers.append(made)
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
    return next(one for one in numbered if one not in names)


# ---------------------------------------------------------------- graphs
def _is_graph(config: Any) -> bool:
    return isinstance(config, dict) and isinstance(config.get("node_config"), list)


def _graph(config: dict[str, Any]) -> dict[str, Any]:
    """Return a `Graph` as a functional model: what a node joins becomes a `Merge` of its own.

    Source: Keras 0.3.3, keras/layers/containers.py, `Graph`; Keras 1.0.8, keras/legacy/models.py.
    """
    layers: dict[str, dict[str, Any]] = {}

    def add(name: Any, layer: dict[str, Any], sources: list[str]) -> str:
        if not isinstance(name, str) or name in layers:
            raise ConfigError(f"A `Graph` needs names of its own for its nodes, not {short(name)}", config=config)
        inner = layer.get("config")
        inner = {**inner, "name": name} if isinstance(inner, dict) else inner
        nodes = [[[source, 0, 0] for source in sources]] if sources else []
        layers[name] = {**layer, "config": inner, "name": name, "inbound_nodes": nodes}
        return name

    def source(node: dict[str, Any]) -> str:
        """Return the layer whose output a node or an output gets."""
        joined = node.get("inputs")
        names: list[Any] = joined if isinstance(joined, list) and joined else [node.get("input")]
        for name in names:
            if not isinstance(name, str) or name not in layers:
                raise ConfigError(f"A `Graph` joins {short(name)}, which it does not have before it", config=node)
        if len(names) == 1:
            return str(names[0])
        merge = {"mode": node.get("merge_mode", "concat"), "layers": []}
        merge.update({name: node[name] for name in ("concat_axis", "dot_axes") if name in node})
        return add(_unused(f"{node.get('name')}_merged", layers), {"class_name": "Merge", "config": merge}, names)

    inputs = [add(one.get("name"), _input(one), []) for one in _parts(config, "input_config")]
    nodes = config.get("nodes")
    for node in _parts(config, "node_config"):
        name = node.get("name")
        made = nodes.get(name) if isinstance(nodes, dict) and isinstance(name, str) else None
        if not isinstance(made, dict) or "layer" in node or made.get("name") in ("Siamese", "SiameseHead"):
            raise ConfigError(
                f"The node {short(name)} of a `Graph` is shared, or is no layer: it has no counterpart in Keras 3",
                hint="Build it as a functional model.",
                config=node,
            )
        add(name, made if "class_name" in made else _layer(made)[0], [source(node)])
    outputs = [[source(one), 0, 0] for one in _parts(config, "output_config")]
    return {
        "class_name": "Model",
        "config": {
            "name": "graph",
            "layers": list(layers.values()),
            "input_layers": [[name, 0, 0] for name in inputs],
            "output_layers": outputs,
        },
    }


def _input(told: dict[str, Any]) -> dict[str, Any]:
    shape = told.get("batch_input_shape")
    if shape is None and isinstance(told.get("input_shape"), list):
        shape = [None, *told["input_shape"]]
    dtype = told.get("dtype")
    return {
        "class_name": "InputLayer",
        "config": {
            "batch_input_shape": shape,
            "input_dtype": _TYPES.get(dtype, dtype) if isinstance(dtype, str) else "float32",
        },
    }


def _parts(config: dict[str, Any], name: str) -> list[dict[str, Any]]:
    found = config.get(name)
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise ConfigError(f"The `{name}` of a `Graph` is no list of dicts", config=config)
    return found
