"""Whole forms that changed: a Sequential that was a list, Keras 0.x, classes that have another name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hornbook.errors import ConfigError, short
from hornbook.upgrading.node import ABSENT, Part, Rule
from hornbook.upgrading.rules.keras0 import from_keras_0, is_keras_0

GRAPHS = frozenset({"Functional", "Model", "Network", "Container"})
# What an object config may have beside its class and arguments.
_KEPT = frozenset({
    "module", "class_name", "config", "registered_name", "name", "inbound_nodes", "build_config", "compile_config",
    "shared_object_id", "training_config",
})  # fmt: skip
# Classes that TF and Keras 2 wrote under another name than Keras 3 has.
CLASSES = {
    "UnifiedLSTM": "LSTM",
    "UnifiedGRU": "GRU",
    "BatchNormalizationV1": "BatchNormalization",
    "BatchNormalizationV2": "BatchNormalization",
    "LayerNormalizationV2": "LayerNormalization",
    "SyncBatchNormalization": "BatchNormalization",
    "LossScaleOptimizerV3": "LossScaleOptimizer",
    "LossScaleOptimizerV1": "LossScaleOptimizer",
    "NonFusedAdam": "Adam",
    "PolicyV1": "DTypePolicy",
    "Policy": "DTypePolicy",
}
# And those that became another class.
SUCCESSORS = {**CLASSES, "CuDNNLSTM": "LSTM", "CuDNNGRU": "GRU", "ThresholdedReLU": "ReLU"}
_OPTIMIZERS = "Adadelta Adafactor Adagrad Adam AdamW Adamax Ftrl Lion Nadam RMSprop SGD"


def unwrapped(config: Any) -> Any:
    """Return the object config within what a file or a tool wraps around it.

    TensorFlow.js has `modelTopology.model_config`, HDF5 and `to_json` the plain
    object with `keras_version` beside it.
    """
    for key in ("modelTopology", "model_config"):
        if isinstance(config, dict) and "class_name" not in config and isinstance(config.get(key), dict):
            config = config[key]
    if is_keras_0(config):
        config = from_keras_0(config)
    if not (isinstance(config, dict) and "class_name" in config and "config" in config):
        raise ConfigError(
            f"A model config needs `class_name` and `config`, not {short(config)}",
            hint='Wrap the result of get_config(): {"class_name": "Sequential", "config": ...}.',
            config=config,
        )
    return config


def is_model(config: Mapping[str, Any]) -> bool:
    """Say whether an object config is that of a model with layers, of whichever class."""
    inner = config.get("config")
    return config.get("class_name") in ("Sequential", *GRAPHS) or (isinstance(inner, dict) and "layers" in inner)


def plain(config: dict[str, Any]) -> dict[str, Any]:
    """Return an object config without what Keras 1 and 2 wrote beside it."""
    return {name: value for name, value in config.items() if name in _KEPT}


# ---------------------------------------------------------------- rules
def _functional(part: Part) -> None:
    """`Model` with layers is what `Functional` is since TF 2.3."""
    if part.name in GRAPHS and isinstance(part.config["config"], dict) and "input_layers" in part.config["config"]:
        home = "keras.src.models.functional"
        if part.config.get("module") != home or part.name != "Functional":
            part.become("Functional", home)


def _renamed(part: Part) -> None:
    """Classes that were written under another name."""
    name = part.name
    part.become(CLASSES[name])
    if name == "SyncBatchNormalization":
        part.set("synchronized", True)


def _cudnn(part: Part) -> None:
    """The layers for cuDNN are LSTM and GRU; their weights have another layout."""
    lstm = part.name == "CuDNNLSTM"
    part.become("LSTM" if lstm else "GRU")
    part.set("activation", "tanh")
    part.set("recurrent_activation", "sigmoid")
    if not lstm:
        part.set("reset_after", True)


def _thresholded(part: Part) -> None:
    """`ThresholdedReLU` is a ReLU with a threshold."""
    theta = part.drop("theta")
    part.become("ReLU")
    part.set("threshold", 1.0 if theta is ABSENT else theta)


def _registered(part: Part) -> None:
    """Optimizers of TF 2.11 to 2.15 were registered, under the package that is the default."""
    part.become(part.name.partition(">")[2])


def _sequential(part: Part) -> None:
    """The config of a Sequential was a list of layers before 2.2.3."""
    inner = part.config["config"]
    if isinstance(inner, list):
        name = part.config.get("name") or "sequential"
        part.config["config"] = {"name": name, "layers": [_with_name(one, i) for i, one in enumerate(inner)]}
        part.replaced("layers", "a list", f"{len(inner)} layers")
    part.arguments.setdefault("name", "sequential")


def _with_name(layer: Any, position: int) -> Any:
    """Return a layer; a Sequential within another had no name, and gets one of its own."""
    if not isinstance(layer, dict) or "name" in layer or not isinstance(layer.get("config"), list):
        return layer
    return {**layer, "name": f"sequential_{position}"}


def _input_layer(part: Part) -> None:
    """The first layer of a Sequential had the input shape; Keras 3 has a layer for it."""
    layers = part.arguments.get("layers")
    if not isinstance(layers, list) or not layers or not isinstance(layers[0], dict):
        return
    first = layers[0]
    inner = first.get("config")
    if first.get("class_name") == "InputLayer" or inner is None:
        return
    shape, dtype = input_of(first)
    if shape is None:
        return
    name = inner.get("name", "layer") if isinstance(inner, dict) else "layer"
    made = {
        "class_name": "InputLayer",
        "config": {"batch_shape": list(shape), "dtype": dtype or "float32", "name": f"{name}_input"},
    }
    part.arguments["layers"] = [made, *layers]
    part.replaced("layers", "no InputLayer", shape)


def tells_inputs(config: Mapping[str, Any]) -> bool:
    """Say whether the config of a model, as Keras 3 has it, tells the shapes of its inputs; a `Sequential` need not.

    Example:
        >>> dense = {"module": "keras.layers", "class_name": "Dense", "config": {"units": 1}}
        >>> tells_inputs({"class_name": "Sequential", "config": {"layers": [dense]}})
        False
    """
    inner, built = config.get("config"), config.get("build_config")
    if config.get("class_name") != "Sequential" or not isinstance(inner, dict):
        return True
    if inner.get("build_input_shape") or (isinstance(built, dict) and built.get("input_shape")):
        return True
    parts = inner.get("layers")
    if not isinstance(parts, list) or not parts:
        return False
    first: Any = parts[0]
    if not isinstance(first, dict) or "module" not in first:  # of the user's, who may know them
        return True
    if first.get("class_name") == "Sequential":
        return tells_inputs(first)
    given = first.get("config")
    return first.get("class_name") in GRAPHS or not isinstance(given, dict) or _shape_of(first, given) is not None


def input_of(layer: dict[str, Any]) -> tuple[list[Any] | None, Any]:
    """Return the input shape, with its batch axis, and the dtype that a layer declares."""
    inner: Any = layer.get("config")
    if layer.get("class_name") in ("Sequential", *GRAPHS):
        parts = inner.get("layers", []) if isinstance(inner, dict) else inner
        inputs = inner.get("input_layers") if isinstance(inner, dict) else None
        if not parts or (inputs is not None and len(inputs) != 1):
            return None, None
        return input_of(parts[0]) if isinstance(parts[0], dict) else (None, None)
    if not isinstance(inner, dict):
        return None, None
    dtype = inner.get("input_dtype") or inner.get("dtype")
    if not isinstance(dtype, str) or dtype.startswith("mixed_"):
        dtype = None
    return _shape_of(layer, inner), dtype


def _shape_of(layer: dict[str, Any], inner: dict[str, Any]) -> list[Any] | None:
    """Return the input shape with its batch axis that arguments declare, in one of five ways."""
    shape = inner.get("batch_input_shape", inner.get("batch_shape"))
    if isinstance(shape, dict):
        shape = shape.get("items")
    if isinstance(shape, list):
        return shape
    embedding = layer.get("class_name") == "Embedding"
    shape = inner.get("input_shape")
    if embedding and "input_dim" in inner and ("input_length" in inner or isinstance(shape, list)):
        return [None, inner.get("input_length")]
    if isinstance(shape, list):
        return [None, *shape]
    if isinstance(inner.get("input_dim"), int) and not embedding:
        return [None, *([inner["input_length"]] if "input_length" in inner else []), inner["input_dim"]]
    return None


def _rule(name: str, classes: str, written: str, source: str, apply: Any, tells: bool = False) -> Rule:  # noqa: PLR0917
    return Rule(name, frozenset({"<form>", *classes.split()}), written, source, apply, tells)


RULES = (
    _rule("functional-model", " ".join(GRAPHS), "Keras 1 to 2.15",
          "TF 2.3 release notes: the functional `Model` is the class `Functional`", _functional),
    _rule("sequential-list", "Sequential", "Keras 1 to 2.2.2",
          "Keras 2.2.3: `Sequential.get_config` returns a dict", _sequential),
    _rule("sequential-input", "Sequential", "Keras 0.x to TF 2.2",
          "keras/engine/sequential.py of Keras 2.2.4: `add` makes an InputLayer of `batch_input_shape`", _input_layer),
    _rule("renamed-classes", " ".join(CLASSES), "TF 1.13 to 2.15", "sources of TF 2.2 and Keras 2.9.0 to 2.15.0",
          _renamed, tells=True),
    _rule("cudnn", "CuDNNLSTM CuDNNGRU", "Keras 2.0.9 to 2.15",
          "Keras 2.2.4, keras/layers/cudnn_recurrent.py: tanh and sigmoid, GRU with two biases", _cudnn, tells=True),
    _rule("thresholded-relu", "ThresholdedReLU", "Keras 0.x to 2.15",
          "keras/layers/advanced_activations.py of Keras 2.2.4 and keras/src/activations/activations.py of 3.15.1: "
          "both x where x > theta, else 0", _thresholded, tells=True),
    _rule("registered-optimizers", " ".join(f"Custom>{name}" for name in _OPTIMIZERS.split()), "TF 2.11 to 2.15",
          "keras/optimizers/adam.py of Keras 2.12.0: `@register_keras_serializable()`", _registered, tells=True),
)  # fmt: skip
