"""Whole forms that changed: a Sequential that was a list, graphs with old nodes, Keras 0.x."""

from __future__ import annotations

import re
from typing import Any

from rekindle.errors import ConfigError, short
from rekindle.upgrading.part import Part, Rule

GRAPHS = frozenset({"Functional", "Model"})


def unwrapped(config: Any) -> Any:
    """Return the object config within what a file or a tool wraps around it.

    TensorFlow.js has `modelTopology.model_config`, HDF5 and `to_json` the plain
    object with `keras_version` beside it.
    """
    for key in ("modelTopology", "model_config"):
        if isinstance(config, dict) and "class_name" not in config and isinstance(config.get(key), dict):
            config = config[key]
    if isinstance(config, dict) and "class_name" not in config and isinstance(config.get("layers"), list):
        return _from_keras_0(config)
    if not (isinstance(config, dict) and "class_name" in config and "config" in config):
        raise ConfigError(f"This is no model config: {short(config)}", config=config)
    return config


def version_of(config: Any) -> str | None:
    """Return what a config says of the version that wrote it."""
    for one in (config, config.get("modelTopology") if isinstance(config, dict) else None):
        if isinstance(one, dict) and isinstance(one.get("keras_version"), str):
            version: str = one["keras_version"]
            return version
    return None


def numbers(version: str | None, config: Any) -> tuple[int, ...]:
    """Return a version as numbers; where there is none, what the form tells.

    Args:
        version: As `"2.2.4-tf"`, or `None`.
        config: The object config.

    Returns:
        `(3,)` for a config in which every object has a module and no layer a
        `batch_input_shape`; `(2,)` for one without modules, and `(1,)` where
        its layers have arguments of Keras 1.
    """
    if version is not None:
        return tuple(int(number) for number in re.findall(r"\d+", version)[:3]) or (2,)
    text = repr(config)
    if "'batch_input_shape'" not in text and "'module'" in text:
        return (3,)
    if re.search(r"'(output_dim|nb_filter|init|border_mode)':", text) and "'units'" not in text:
        return (1,)
    return (2,)


def _from_keras_0(config: dict[str, Any]) -> dict[str, Any]:
    """Return the form of Keras 1 for one of Keras 0.x, whose layers had no inner config."""
    layers = []
    for layer in config["layers"]:
        if not isinstance(layer, dict) or "name" not in layer:
            raise ConfigError(f"This is no layer of Keras 0.x: {short(layer)}", config=layer)
        arguments = {name: value for name, value in layer.items() if name not in ("name", "cache_enabled")}
        custom = arguments.pop("custom_name", None)
        if custom is not None:
            arguments["name"] = custom
        layers.append({"class_name": layer["name"], "config": arguments})
    return {"class_name": "Sequential", "config": layers, "keras_version": "0.3"}


# ---------------------------------------------------------------- rules
def _functional(part: Part) -> None:
    """`Model` with layers is what `Functional` is since TF 2.3."""
    if isinstance(part.config["config"], dict) and "input_layers" in part.config["config"]:
        part.become("Functional", "keras.src.models.functional")
        part.config["registered_name"] = None


def _engine(part: Part) -> None:
    """`Functional` and `Sequential` lived in `keras.engine` and `keras.src.engine` up to 2.15."""
    module = part.config.get("module")
    if isinstance(module, str) and ".engine." in module and part.config.get("registered_name") in (None, part.name):
        part.config["registered_name"] = None


def _sequential(part: Part) -> None:
    """The config of a Sequential was a list of layers before 2.2.3."""
    inner = part.config["config"]
    if isinstance(inner, list):
        first = part.config["config"][0] if inner else {}
        name = part.config.get("name") or "sequential"
        part.config["config"] = {"name": name, "layers": inner}
        part.replaced("layers", first, f"{len(inner)} layers")


def _input_layer(part: Part) -> None:
    """The first layer of a Sequential had the input shape; Keras 3 has a layer for it."""
    layers = part.arguments.get("layers")
    if not isinstance(layers, list) or not layers or not isinstance(layers[0], dict):
        return
    first = layers[0]
    inner = first.get("config")
    if first.get("class_name") == "InputLayer" or not isinstance(inner, dict):
        return
    shape, dtype = _input_shape(inner)
    if shape is None:
        return
    if first.get("class_name") == "Embedding":
        dtype = None
    made = {
        "class_name": "InputLayer",
        "config": {
            "batch_input_shape": shape,
            "dtype": dtype or "float32",
            "name": f"{inner.get('name', 'layer')}_input",
        },
    }
    part.arguments["layers"] = [made, *layers]
    part.replaced("layers", "no InputLayer", shape)


def _input_shape(inner: dict[str, Any]) -> tuple[list[Any] | None, Any]:
    """Return the input shape, with its batch axis, that a layer's arguments declare."""
    dtype = inner.get("dtype") if isinstance(inner.get("dtype"), str) else None
    shape = inner.get("batch_input_shape")
    if isinstance(shape, dict):
        shape = shape.get("items")
    if isinstance(shape, list):
        return shape, dtype
    shape = inner.get("input_shape")
    if isinstance(shape, list):
        return [None, *shape], dtype
    if isinstance(inner.get("input_dim"), int) and "output_dim" in inner and "units" not in inner:
        return [None, inner["input_dim"]], dtype
    return None, dtype


RULES = (
    Rule(
        "functional-model", frozenset({"<form>", "Model"}), "Keras 1 to TF 2.2",
        "TF 2.3 release notes: the functional `Model` is the class `Functional`", _functional,
    ),
    Rule(
        "engine-module", frozenset({"<form>", "Functional", "Sequential"}), "TF 2.12 to 2.15",
        "keras/src/engine/functional.py of Keras 2.15.0", _engine,
    ),
    Rule(
        "sequential-list", frozenset({"<form>", "Sequential"}), "Keras 1 to 2.2.2",
        "Keras 2.2.3: `Sequential.get_config` returns a dict", _sequential,
    ),
    Rule(
        "sequential-input", frozenset({"<form>", "Sequential"}), "Keras 1 to TF 2.2",
        "keras/engine/sequential.py of Keras 2.2.4: `add` makes an InputLayer of `batch_input_shape`", _input_layer,
    ),
)  # fmt: skip
