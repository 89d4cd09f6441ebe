"""Arguments of Keras 2 that were renamed or dropped, as tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from hornbook.upgrading.node import ABSENT, OldObject, UpgradeRule
from hornbook.upgrading.rules.keras1 import renaming

SOURCE = "get_config of Keras 1.2.2 to 2.15.0 against the constructors of Keras 3.15.1"
_ANY: tuple[Any, ...] = (...,)
_NONE: tuple[Any, ...] = (None,)
_OFF: tuple[Any, ...] = (False, None)
_KERNEL = dict.fromkeys(("kernel_initializer", "kernel_regularizer", "kernel_constraint"), _ANY)
_FULL_SCALE = {"scale": _ANY, "mode": _ANY, "distribution": _ANY}

# Arguments that said how, that said again what others say, or that have one
# value only now: name, and the values that mean what Keras 3 does.
DROPPED: dict[str, dict[str, tuple[Any, ...]]] = {
    "<layer>": {"dynamic": _OFF, "input_dtype": _ANY},
    "<metric>": {"dynamic": _OFF, "batch_input_shape": _ANY, "trainable": _ANY},
    "<initializer>": {"dtype": _ANY},
    "<optimizer>": {"jit_compile": _ANY, "is_legacy_optimizer": _ANY},
    "RNN LSTM GRU SimpleRNN ConvLSTM1D ConvLSTM2D ConvLSTM3D Bidirectional": {
        "time_major": _OFF,
        "implementation": _ANY,
        "num_constants": (None, 0),
        "constants_size": (None, 0),
    },
    "LSTMCell GRUCell SimpleRNNCell StackedRNNCells": {"implementation": _ANY, "reverse_state_order": _OFF},
    "DepthwiseConv1D DepthwiseConv2D": {"filters": _NONE, "groups": (1,), **_KERNEL},
    "SeparableConv1D SeparableConv2D SeparableConvolution1D SeparableConvolution2D": {"groups": (1,), **_KERNEL},
    "Conv1DTranspose Conv2DTranspose Conv3DTranspose Convolution1DTranspose Convolution2DTranspose "
    "Convolution3DTranspose": {"groups": (1,)},
    "SpatialDropout1D SpatialDropout2D SpatialDropout3D": {"noise_shape": _NONE, "trainable": _ANY},
    "Cropping1D UpSampling1D": {"data_format": ("channels_last", None)},
    "BatchNormalization": {"virtual_batch_size": _NONE, "fused": _ANY, "adjustment": _NONE},
    "Dense": {"input_dim": _ANY, "input_length": _ANY},
    "Conv1D": {"input_dim": _ANY, "input_length": _ANY},
    "Embedding": {"input_length": _ANY},
    "MultiHeadAttention": {"query_shape": _ANY, "key_shape": _ANY, "value_shape": _ANY, "softmax_robust_masking": _OFF},
    "Attention AdditiveAttention": {"causal": _OFF},
    "Discretization": {"trainable": _ANY},
    "RandomFlip RandomRotation RandomZoom RandomTranslation RandomContrast RandomCrop RandomBrightness RandomHeight "
    "RandomWidth": {"rng_type": _ANY},
    "InputLayer": {"type_spec": _ANY, "trainable": _ANY},
    "GlorotNormal GlorotUniform HeNormal HeUniform LecunNormal LecunUniform": _FULL_SCALE,
    "BinaryIoU": dict.fromkeys(("axis", "ignore_class", "num_classes", "sparse_y_pred", "sparse_y_true"), _ANY),
    "F1Score": {"beta": (1.0,)},
    "MeanIoU": {"target_class_ids": _ANY},
    "OneHotIoU": {"sparse_y_true": _ANY},
    "OneHotMeanIoU": {"sparse_y_true": _ANY, "target_class_ids": _ANY},
}  # fmt: skip
# The same, where some version of Keras 3 writes the argument too.
STILL_WRITTEN: dict[str, dict[str, tuple[Any, ...]]] = {
    "BatchNormalization": {"renorm": _OFF, "renorm_clipping": _NONE, "renorm_momentum": _ANY},
    "IntegerLookup StringLookup TextVectorization": {"vocabulary_size": _ANY, "has_input_vocabulary": _ANY},
}
RENAMED: dict[str, dict[str, str]] = {
    "LeakyReLU": {"alpha": "negative_slope"},
    "Discretization": {"bins": "bin_boundaries"},
    "CategoryEncoding": {"max_tokens": "num_tokens"},
    "InputLayer": {"input_dtype": "dtype", "batch_input_shape": "batch_shape"},
}


def _dropping(names: Mapping[str, tuple[Any, ...]]) -> Callable[[OldObject], None]:
    def drop(obj: OldObject) -> None:
        """Arguments that said how, or have one value left, are gone; another value stays open."""
        for name, values in names.items():
            value = obj.get(name)
            if value is ABSENT:
                continue
            if values == _ANY or value in values:
                obj.drop(name)
            else:
                obj.open(f"`{name}={value!r}` of `{obj.name}` has no counterpart in Keras 3", name)

    return drop


def _shapes(obj: OldObject) -> None:
    """The layers of a model say no input shape any more; an InputLayer does."""
    if obj.name == "InputLayer":
        return
    whole = obj.get("dtype")
    if ("batch_input_shape" in obj.arguments or obj.name == "Embedding") and str(whole).startswith(("int", "uint")):
        obj.drop("dtype")
    obj.drop("batch_input_shape")
    if isinstance(obj.get("input_shape"), (list, tuple, type(None))):
        obj.drop("input_shape")


def _trainable(obj: OldObject) -> None:
    """`None` said nothing, and built a layer as it is when it is new."""
    if obj.get("trainable") is None:
        obj.drop("trainable")


def _numbers(obj: OldObject) -> None:
    """TF 2.12 wrote the numbers of ReLU as values of NumPy."""
    for name, value in list(obj.arguments.items()):
        inner = value.get("config") if isinstance(value, dict) and value.get("class_name") == "__numpy__" else None
        if isinstance(inner, dict) and isinstance(inner.get("value"), (bool, int, float)):
            obj.set(name, inner["value"])


def _built(obj: OldObject) -> None:
    """A MultiHeadAttention is built from several shapes; TF 2.12 to 2.15 wrote the first alone."""
    if obj.config.pop("build_config", None) is not None:
        obj.record("build_config", "the shape of the query", "(absent)")


def _states(obj: OldObject) -> None:
    """A recurrent layer that was given its states was built from a list of shapes; the first is that of the input."""
    shapes = (obj.config.get("build_config") or {}).get("input_shape")
    if isinstance(shapes, list) and shapes and isinstance(shapes[0], list):
        obj.config["build_config"] = {"input_shape": shapes[0]}
        obj.record("build_config", "the shapes of input and states", shapes[0])


def _axis(obj: OldObject) -> None:
    """The axis of TF 1.13 to 2.15 was a list."""
    axis = obj.get("axis")
    if isinstance(axis, list) and len(axis) == 1:
        obj.set("axis", axis[0])
    elif isinstance(axis, list):
        obj.open(f"BatchNormalization over the axes {axis!r} has no counterpart in Keras 3", "axis")


def _channels(obj: OldObject) -> None:
    """A negative slope could be left out as `None`."""
    if obj.get("negative_slope") is None:
        obj.set("negative_slope", 0.0)


def _binary(obj: OldObject) -> None:
    """`"binary"` is `"multi_hot"` since TF 2.6."""
    if obj.get("output_mode") == "binary":
        obj.set("output_mode", "multi_hot")


def _scaling(obj: OldObject) -> None:
    """`"normal"` was truncated up to 2.3, and has been called so since."""
    if obj.get("distribution") == "normal":
        obj.set("distribution", "truncated_normal")


def _attention(obj: OldObject) -> None:
    """`causal` is an argument of the call since TF 2.10; where it was on, the mask would be lost."""
    if obj.get("use_causal_mask") in (False, None):
        obj.drop("use_causal_mask")


ARGUMENTS = (
    UpgradeRule(
        "input-shape",
        frozenset({"<expected layer>", "<layer>"}),
        "Keras 0.x to 2.15",
        "keras/engine/base_layer.py of Keras 2.2.4: `batch_input_shape`, and `dtype` beside it that of the input",
        _shapes,
    ),
    UpgradeRule(
        "trainable-null",
        frozenset({"<layer>"}),
        "Keras 2",
        "keras/engine/base_layer.py of Keras 2.9.0: `trainable` is tested for truth where it is used",
        _trainable,
        tells=True,
    ),
    UpgradeRule(
        "numpy-numbers",
        frozenset({"<layer>"}),
        "TF 2.12",
        "keras/layers/activation/relu.py of Keras 2.12.0: `np.array` in `__init__`",
        _numbers,
        tells=True,
    ),
    *(
        UpgradeRule(
            "renamed-arguments", frozenset(classes.split()), "Keras 1 to 2.15", SOURCE, renaming(names), tells=True
        )
        for classes, names in RENAMED.items()
    ),
    *(
        UpgradeRule(
            "dropped-arguments", frozenset(classes.split()), "Keras 1 to 2.15", SOURCE, _dropping(names), tells=True
        )
        for classes, names in DROPPED.items()
    ),
    *(
        UpgradeRule("dropped-arguments", frozenset(classes.split()), "Keras 1 to 2.15", SOURCE, _dropping(names))
        for classes, names in STILL_WRITTEN.items()
    ),
    UpgradeRule(
        "attention-build",
        frozenset({"MultiHeadAttention"}),
        "TF 2.12 to 2.15",
        "keras/src/layers/attention/multi_head_attention.py of Keras 2.15.0",
        _built,
    ),
    UpgradeRule(
        "states-build",
        frozenset({"RNN", "LSTM", "GRU", "SimpleRNN", "Bidirectional", "ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D"}),
        "TF 2.12 to 2.15",
        "keras/src/engine/base_layer.py of Keras 2.15.0, `get_build_config`",
        _states,
    ),
    UpgradeRule(
        "axis-list",
        frozenset({"BatchNormalization"}),
        "TF 1.13 to 2.15",
        "keras/layers/normalization/batch_normalization.py of Keras 2.9.0",
        _axis,
        tells=True,
    ),
    UpgradeRule(
        "relu-slope",
        frozenset({"LeakyReLU", "ReLU"}),
        "TF 1.13 to 2.15",
        "keras/layers/activation/relu.py of Keras 2.9.0",
        _channels,
        tells=True,
    ),
    UpgradeRule(
        "category-mode",
        frozenset({"CategoryEncoding", "TextVectorization", "IntegerLookup", "StringLookup"}),
        "TF 2.3 to 2.5",
        "TF 2.6 release notes",
        _binary,
        tells=True,
    ),
    UpgradeRule(
        "scaling-normal",
        frozenset({"VarianceScaling"}),
        "Keras 2.0 to 2.2",
        "keras/initializers.py of Keras 2.2.4 and 2.3.1",
        _scaling,
    ),
    UpgradeRule(
        "attention-causal", frozenset({"Attention", "AdditiveAttention"}), "TF 2.10 to 2.15", SOURCE, _attention
    ),
)
