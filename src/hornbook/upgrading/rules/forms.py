"""Whole forms that changed: a Sequential that was a list, Keras 0.x, classes that have another name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hornbook.errors import ConfigError, short
from hornbook.upgrading.node import ABSENT, OldObject, UpgradeRule
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
    """Return whether an object config is that of a model with layers, of whichever class."""
    inner = config.get("config")
    return config.get("class_name") in ("Sequential", *GRAPHS) or (isinstance(inner, dict) and "layers" in inner)


def plain(config: dict[str, Any]) -> dict[str, Any]:
    """Return an object config without what Keras 1 and 2 wrote beside it."""
    return {name: value for name, value in config.items() if name in _KEPT}


def with_layers(config: Any) -> Any:
    """Return the config of a model in which each `Sequential` has its layers in a dict; see :func:`_of_list`.

    Example:
        >>> with_layers({"class_name": "Sequential", "config": []})
        {'class_name': 'Sequential', 'config': {'name': 'sequential', 'layers': []}}
    """
    if not (isinstance(config, dict) and config.get("class_name") in ("Sequential", *GRAPHS) and "config" in config):
        return config
    inner = config["config"]
    if isinstance(inner, list) and config["class_name"] == "Sequential":
        inner = _of_list(inner, config.get("name"))
    if not (isinstance(inner, dict) and isinstance(inner.get("layers"), list)):
        return config
    return {**config, "config": {**inner, "layers": [with_layers(layer) for layer in inner["layers"]]}}


def _of_list(layers: list[Any], name: Any) -> dict[str, Any]:
    """Return the config of a `Sequential` that was a list of layers, as before 2.2.3."""
    return {"name": name or "sequential", "layers": [_with_name(layer, i) for i, layer in enumerate(layers)]}


def _functional(obj: OldObject) -> None:
    """`Model` with layers is what `Functional` is since TF 2.3."""
    if obj.name in GRAPHS and isinstance(obj.config["config"], dict) and "input_layers" in obj.config["config"]:
        home = "keras.src.models.functional"
        if obj.config.get("module") != home or obj.name != "Functional":
            obj.become("Functional", home)


def _renamed(obj: OldObject) -> None:
    """Classes that were written under another name."""
    name = obj.name
    obj.become(CLASSES[name])
    if name == "SyncBatchNormalization":
        obj.set("synchronized", True)


def _cudnn(obj: OldObject) -> None:
    """The layers for cuDNN are LSTM and GRU; their weights have another layout."""
    lstm = obj.name == "CuDNNLSTM"
    obj.become("LSTM" if lstm else "GRU")
    obj.set("activation", "tanh")
    obj.set("recurrent_activation", "sigmoid")
    if not lstm:
        obj.set("reset_after", True)


def _thresholded(obj: OldObject) -> None:
    """`ThresholdedReLU` is a ReLU with a threshold."""
    theta = obj.drop("theta")
    obj.become("ReLU")
    obj.set("threshold", 1.0 if theta is ABSENT else theta)


def _registered(obj: OldObject) -> None:
    """Optimizers of TF 2.11 to 2.15 were registered, under the package that is the default."""
    obj.become(obj.name.partition(">")[2])


def _sequential(obj: OldObject) -> None:
    """The config of a Sequential was a list of layers before 2.2.3."""
    inner = obj.config["config"]
    if isinstance(inner, list):
        obj.config["config"] = _of_list(inner, obj.config.get("name"))
        obj.record("layers", "a list", f"{len(inner)} layers")
    obj.arguments.setdefault("name", "sequential")


def _with_name(layer: Any, position: int) -> Any:
    """Return a layer; a Sequential within another had no name, and gets one of its own."""
    if not isinstance(layer, dict) or "name" in layer or not isinstance(layer.get("config"), list):
        return layer
    return {**layer, "name": f"sequential_{position}"}


def _input_layer(obj: OldObject) -> None:
    """The first layer of a Sequential had the input shape; Keras 3 has a layer for it."""
    layers = obj.arguments.get("layers")
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
    input_layer = {
        "class_name": "InputLayer",
        "config": {"batch_shape": list(shape), "dtype": dtype or "float32", "name": f"{name}_input"},
    }
    obj.arguments["layers"] = [input_layer, *layers]
    obj.record("layers", "no InputLayer", shape)


def tells_inputs(config: Mapping[str, Any]) -> bool:
    """Return whether the config of a model, as Keras 3 has it, tells the shapes of its inputs; a `Sequential` need not.

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
    layers = inner.get("layers")
    return isinstance(layers, list) and bool(layers) and _tells_its_input(layers[0])


def _tells_its_input(first: Any) -> bool:
    """Return whether the first layer of a `Sequential` tells the shape of its input."""
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
        first = _first_layer(inner)
        return (None, None) if first is None else input_of(first)
    if not isinstance(inner, dict):
        return None, None
    dtype = inner.get("input_dtype") or inner.get("dtype")
    if not isinstance(dtype, str) or dtype.startswith("mixed_"):
        dtype = None
    return _shape_of(layer, inner), dtype


def _first_layer(inner: Any) -> dict[str, Any] | None:
    """Return the first layer of a model with one input, by the inner config of the model."""
    layers = inner.get("layers", []) if isinstance(inner, dict) else inner
    inputs = inner.get("input_layers") if isinstance(inner, dict) else None
    if not layers or (inputs is not None and len(inputs) != 1):
        return None
    return layers[0] if isinstance(layers[0], dict) else None


def _shape_of(layer: dict[str, Any], inner: dict[str, Any]) -> list[Any] | None:
    """Return the input shape with its batch axis that arguments declare, in one of five ways."""
    shape = inner.get("batch_input_shape", inner.get("batch_shape"))
    if isinstance(shape, dict):
        shape = shape.get("items")
    if isinstance(shape, list):
        return shape
    shape = inner.get("input_shape")
    if "input_dim" in inner and layer.get("class_name") == "Embedding":  # the size of its vocabulary
        declared = "input_length" in inner or isinstance(shape, list)
        return [None, inner.get("input_length")] if declared else None
    shape = shape if isinstance(shape, list) else _from_dimension(inner)
    return None if shape is None else [None, *shape]


def _from_dimension(inner: dict[str, Any]) -> list[Any] | None:
    """Return the shape of one input that the size of its last axis, and that of the axis before it, say."""
    if not isinstance(inner.get("input_dim"), int):
        return None
    return [inner[name] for name in ("input_length", "input_dim") if name in inner]


def _rule(name: str, classes: str, written: str, source: str, apply: Any, tells: bool = False) -> UpgradeRule:  # noqa: PLR0917
    return UpgradeRule(name, frozenset(classes.split()), written, source, apply, tells, "form")


WHOLE_FORMS = (
    _rule(
        "functional-model",
        " ".join(GRAPHS),
        "Keras 1 to 2.15",
        "TF 2.3 release notes: the functional `Model` is the class `Functional`",
        _functional,
    ),
    _rule(
        "sequential-list",
        "Sequential",
        "Keras 1 to 2.2.2",
        "Keras 2.2.3: `Sequential.get_config` returns a dict",
        _sequential,
    ),
    _rule(
        "sequential-input",
        "Sequential",
        "Keras 0.x to TF 2.2",
        "keras/engine/sequential.py of Keras 2.2.4: `add` makes an InputLayer of `batch_input_shape`",
        _input_layer,
    ),
    _rule(
        "renamed-classes",
        " ".join(CLASSES),
        "TF 1.13 to 2.15",
        "sources of TF 2.2 and Keras 2.9.0 to 2.15.0",
        _renamed,
        tells=True,
    ),
    _rule(
        "cudnn",
        "CuDNNLSTM CuDNNGRU",
        "Keras 2.0.9 to 2.15",
        "Keras 2.2.4, keras/layers/cudnn_recurrent.py: tanh and sigmoid, GRU with two biases",
        _cudnn,
        tells=True,
    ),
    _rule(
        "thresholded-relu",
        "ThresholdedReLU",
        "Keras 0.x to 2.15",
        "keras/layers/advanced_activations.py of Keras 2.2.4 and keras/src/activations/activations.py of 3.15.1: "
        "both x where x > theta, else 0",
        _thresholded,
        tells=True,
    ),
    _rule(
        "registered-optimizers",
        " ".join(f"Custom>{name}" for name in _OPTIMIZERS.split()),
        "TF 2.11 to 2.15",
        "keras/optimizers/adam.py of Keras 2.12.0: `@register_keras_serializable()`",
        _registered,
        tells=True,
    ),
)
