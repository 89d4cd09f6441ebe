"""Names that meant something else: kept by an explicit argument, or by a function of ours."""

from __future__ import annotations

import re
from typing import Any

from hornbook.upgrading.node import ABSENT, OldObject, UpgradeRule, function
from hornbook.upgrading.versions import object_configs

# Functions of Keras 1 and 2 that have another meaning in Keras 3, and ours with the old one.
FUNCTIONS = {"hard_sigmoid": "hornbook>hard_sigmoid_2"}
HOLDING = "hornbook>HoldingBidirectional"
OURS = frozenset({*FUNCTIONS.values(), HOLDING})
_MODULES = (None, "builtins", "keras.activations")


def _activations(obj: OldObject) -> None:
    """`hard_sigmoid` was clip(0.2 x + 0.5, 0, 1), and is relu6(x + 3) / 6 in Keras 3."""
    for field, value in list(obj.arguments.items()):
        if field == "activation" or field.endswith("_activation"):
            name = _function_name(value)
            if name in FUNCTIONS and not obj.is_own(name, "activation"):
                obj.set(field, function(FUNCTIONS[name]))


def _own(obj: OldObject) -> None:
    """A function of the user's was a plain string; as a config it is asked for with all other names."""
    for field, value in list(obj.arguments.items()):
        if isinstance(value, str) and (field == "activation" or field.endswith("_activation")):
            obj.set(field, obj.named(value, "activation"))


def _function_name(value: Any) -> str | None:
    """Return the name of a built-in function that stands in a field, in any of its forms."""
    if isinstance(value, dict) and value.get("class_name") == "function" and value.get("module") in _MODULES:
        value = value.get("config")
    return value if isinstance(value, str) else None


def _gates(obj: OldObject) -> None:
    """The default of `recurrent_activation` was `hard_sigmoid` before 2.3, in ConvLSTM up to 2.15."""
    if "recurrent_activation" in obj.arguments:
        return
    if obj.version < (2, 3) or obj.name.startswith("ConvLSTM"):
        obj.set("recurrent_activation", "hard_sigmoid")
    elif obj.version < (2, 4):
        obj.open(f"the default `recurrent_activation` of {obj.name} changed in 2.3", "recurrent_activation")


def _reset(obj: OldObject) -> None:
    """Before 2.1.? there was no `reset_after`, and its default was `False` until TF 2."""
    if "reset_after" in obj.arguments:
        return
    if obj.version < (2, 3):
        obj.set("reset_after", False)
    else:
        obj.open("the default of `reset_after` is True in tf.keras 2 and False in Keras 2.3", "reset_after")


def _fill(obj: OldObject) -> None:
    """The default `fill_mode` was `constant` in TF 2.2."""
    if obj.get("fill_mode") is ABSENT and obj.version[:2] == (2, 2):
        obj.set("fill_mode", "constant")


def _crop(obj: OldObject) -> None:
    """RandomCrop resized its input where it was not trained; Keras 3 leaves it as it is."""
    obj.open("RandomCrop resized images when it was not trained, and leaves them in Keras 3")


def _bilinear(obj: OldObject) -> None:
    """Keras before 2.4, not tf.keras, took the corners of pixels where all others take their centres."""
    if obj.get("interpolation") == "bilinear" and re.match(r"2\.[0-3]\.\d+$", obj.written_by):
        obj.open("bilinear UpSampling2D of Keras 2.2 and 2.3 interpolates otherwise than Keras 3", "interpolation")


def _masks(obj: OldObject) -> None:
    """Keras, not tf.keras, repeated the last output of a masked Bidirectional, where Keras 3 has zeros."""
    if obj.path or not re.match(r"(1|2\.[0-3])(\.\d+)*$", obj.written_by):
        return
    layers = list(object_configs(obj.config))
    if not any(layer["class_name"] == "Masking" or layer["config"].get("mask_zero") is True for layer in layers):
        return
    for layer in layers:
        if layer["class_name"] == "Bidirectional" and _gives_sequences(layer["config"].get("layer")):
            obj.record("layers", "Bidirectional", HOLDING)
            layer["class_name"] = HOLDING.partition(">")[2]
            layer |= {"module": "hornbook.integrations.keras3.functions", "registered_name": HOLDING}


def _gives_sequences(layer: Any) -> bool:
    return isinstance(layer, dict) and (layer.get("config") or {}).get("return_sequences") is True


CHANGED_DEFAULTS = (
    UpgradeRule(
        "gates-default",
        frozenset({"LSTM", "GRU", "LSTMCell", "GRUCell", "ConvLSTM2D", "ConvLSTM1D", "ConvLSTM3D"}),
        "Keras 0.x to 2.15",
        "keras/layers/recurrent.py of Keras 2.2.4; convolutional_recurrent.py of 2.9.0",
        _gates,
    ),
    UpgradeRule(
        "reset-after",
        frozenset({"GRU", "GRUCell"}),
        "Keras 0.x to 2.2",
        "Keras 2.1.3 release notes: `reset_after`; keras/layers/recurrent.py of 2.0.8",
        _reset,
    ),
    UpgradeRule(
        "hard-sigmoid",
        frozenset({"<any>"}),
        "Keras 0.x to 2.15",
        "keras/backend.py of Keras 2.15.0 and keras/src/activations/activations.py of 3.15.1, `hard_sigmoid`",
        _activations,
    ),
    UpgradeRule(
        "own-activations",
        frozenset({"<layer>"}),
        "Keras 0.x to 2.15",
        "keras/activations.py of Keras 2.15.0, `deserialize`",
        _own,
    ),
    UpgradeRule(
        "upsampling",
        frozenset({"UpSampling2D"}),
        "Keras 2.2.3 to 2.3.1",
        "keras/backend/tensorflow_backend.py of Keras 2.3.1: `tf.compat.v1.image.resize_bilinear`",
        _bilinear,
    ),
    UpgradeRule(
        "random-crop",
        frozenset({"RandomCrop"}),
        "TF 2.2 to 2.15",
        "keras/layers/preprocessing/image_preprocessing.py of Keras 2.15.0; random_crop.py of 3.15.1",
        _crop,
    ),
    UpgradeRule(
        "masked-bidirectional",
        frozenset({"<any>"}),
        "Keras 1 to 2.3.1",
        "`K.rnn` of Keras 2.2.4; keras/src/layers/rnn/bidirectional.py of 3.15.1, `force_zero_output_for_mask`",
        _masks,
        stage="done",
    ),
    UpgradeRule(
        "fill-mode",
        frozenset({"RandomRotation", "RandomTranslation", "RandomZoom"}),
        "TF 2.2",
        "tensorflow/python/keras/layers/preprocessing/image_preprocessing.py of TF 2.2",
        _fill,
    ),
)
