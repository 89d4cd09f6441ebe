"""Names of Keras 0.x and 1: classes, arguments, and values that were written otherwise."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from hornbook.upgrading.node import ABSENT, OldObject, Stage, UpgradeRule
from hornbook.upgrading.versions import object_configs

SOURCE = "Keras 2.0.0, keras/legacy/interfaces.py and layers.py; argument lists of Keras 1.0.8 and 1.2.2"
WRITTEN = "Keras 0.x to 1.2.2"

_WEIGHTS = {
    "init": "kernel_initializer",
    "W_regularizer": "kernel_regularizer",
    "b_regularizer": "bias_regularizer",
    "W_constraint": "kernel_constraint",
    "b_constraint": "bias_constraint",
    "bias": "use_bias",
}
_IMAGES = {"border_mode": "padding", "dim_ordering": "data_format"}
_RECURRENT = {
    "output_dim": "units",
    "init": "kernel_initializer",
    "inner_init": "recurrent_initializer",
    "inner_activation": "recurrent_activation",
    "W_regularizer": "kernel_regularizer",
    "U_regularizer": "recurrent_regularizer",
    "b_regularizer": "bias_regularizer",
    "dropout_W": "dropout",
    "dropout_U": "recurrent_dropout",
}
_CONVOLUTION = {**_WEIGHTS, **_IMAGES, "nb_filter": "filters", "subsample": "strides", "atrous_rate": "dilation_rate"}

# By class, as it is called now: the old name of an argument and the new one.
NAMES: dict[str, dict[str, str]] = {
    "Dense": {**_WEIGHTS, "output_dim": "units"},
    "Conv1D": {**_CONVOLUTION, "filter_length": "kernel_size", "subsample_length": "strides"},
    "Conv2D Conv3D Conv2DTranspose Conv3DTranspose": _CONVOLUTION,
    "SeparableConv1D SeparableConv2D": {
        **_CONVOLUTION,
        "init": "depthwise_initializer",
        "depthwise_init": "depthwise_initializer",
        "pointwise_init": "pointwise_initializer",
    },
    "ConvLSTM2D": {**_RECURRENT, **_IMAGES, "nb_filter": "filters", "subsample": "strides"},
    "LSTM GRU SimpleRNN": _RECURRENT,
    "MaxPooling1D AveragePooling1D": {"pool_length": "pool_size", "stride": "strides", "border_mode": "padding"},
    "MaxPooling2D AveragePooling2D MaxPooling3D AveragePooling3D GlobalMaxPooling2D GlobalAveragePooling2D "
    "GlobalMaxPooling3D GlobalAveragePooling3D ZeroPadding2D ZeroPadding3D Cropping2D Cropping3D UpSampling2D "
    "UpSampling3D": _IMAGES,
    "UpSampling1D": {"length": "size"},
    "Embedding": {
        "init": "embeddings_initializer",
        "W_regularizer": "embeddings_regularizer",
        "W_constraint": "embeddings_constraint",
    },
    "BatchNormalization": {"beta_init": "beta_initializer", "gamma_init": "gamma_initializer"},
    "Dropout SpatialDropout1D SpatialDropout2D SpatialDropout3D GaussianDropout": {"p": "rate"},
    "GaussianNoise": {"sigma": "stddev"},
    "PReLU": {"init": "alpha_initializer"},
    "Reshape": {"dims": "target_shape"},
    "MaxNorm": {"m": "max_value"},
    "MinMaxNorm": {"low": "min_value", "high": "max_value"},
}
# Classes by their old name, and the name they have now.
CLASSES = {
    "Convolution1D": "Conv1D",
    "Convolution2D": "Conv2D",
    "Convolution3D": "Conv3D",
    "AtrousConvolution1D": "Conv1D",
    "AtrousConvolution2D": "Conv2D",
    "AtrousConv1D": "Conv1D",
    "AtrousConv2D": "Conv2D",
    "Deconvolution2D": "Conv2DTranspose",
    "Deconvolution3D": "Conv3DTranspose",
    "SeparableConvolution1D": "SeparableConv1D",
    "SeparableConvolution2D": "SeparableConv2D",
    "TimeDistributedDense": "Dense",
    "WeightRegularizer": "L1L2",
    "L1L2Regularizer": "L1L2",
    "ActivityRegularizer": "L1L2",
}
# Arguments whose sizes stood one by one.
_SIZES: dict[str, tuple[str, ...]] = {
    "Conv2D Conv2DTranspose SeparableConv2D ConvLSTM2D": ("nb_row", "nb_col"),
    "Conv3D Conv3DTranspose": ("kernel_dim1", "kernel_dim2", "kernel_dim3"),
}
# Layers of images that wrote no `dim_ordering` in Keras 1, and those that have since there was one, 0.3.
UNORDERED = frozenset(f"{name}{rank}D" for name in ("ZeroPadding", "Cropping", "UpSampling") for rank in (2, 3))
_SINCE_03 = frozenset({"Convolution2D", "MaxPooling2D", "AveragePooling2D"})
_SIDES = {
    "ZeroPadding1D": ("left_pad", "right_pad"),
    "ZeroPadding2D": ("top_pad", "bottom_pad", "left_pad", "right_pad"),
}
_MERGES = {"sum": "Add", "mul": "Multiply", "ave": "Average", "max": "Maximum", "concat": "Concatenate"}
_CONSTRAINTS = {"maxnorm": "MaxNorm", "nonneg": "NonNeg", "unitnorm": "UnitNorm", "identity": None}
_ORDERS = {"th": "channels_first", "tf": "channels_last", "default": None}


def renaming(names: Mapping[str, str]) -> Callable[[OldObject], None]:
    """Return what gives arguments their new names."""

    def rename(obj: OldObject) -> None:
        """Arguments have other names."""
        for old, new in names.items():
            obj.rename(old, new)

    return rename


def _class(obj: OldObject) -> None:
    """Classes have other names."""
    obj.become(CLASSES[obj.name])


def _sizes(names: tuple[str, ...]) -> Callable[[OldObject], None]:
    def size(obj: OldObject) -> None:
        """The sides of a kernel stood one by one."""
        if all(name in obj.arguments for name in names):
            obj.set("kernel_size", [obj.drop(name) for name in names])

    return size


def _values(obj: OldObject) -> None:
    """`"th"` and `"tf"` said where the channels are."""
    order = obj.get("data_format")
    if isinstance(order, str) and order in _ORDERS:
        obj.set("data_format", _ORDERS[order])


def _named(obj: OldObject) -> None:
    """Regularizers and constraints were written with a `name` in place of a class."""
    for field, value in obj.arguments.items():
        if field.endswith(("_regularizer", "_constraint")):
            obj.set(field, _with_class(value))


def _with_class(value: Any) -> Any:
    """Return the object config of a regularizer or a constraint, or what stood there if it had no `name`."""
    if isinstance(value, str):
        return _CONSTRAINTS.get(value, value)
    name = value.get("name") if isinstance(value, dict) and "class_name" not in value else None
    if not isinstance(name, str):
        return value
    class_name = _CONSTRAINTS.get(name.lower(), name)
    arguments = {field: argument for field, argument in value.items() if field != "name"}
    return None if class_name is None else {"class_name": class_name, "config": arguments}


def _text(obj: OldObject) -> None:
    """A rate that came from a command line could be text; it does nothing when the model is used."""
    rate = obj.get("rate")
    if isinstance(rate, str):
        try:
            obj.set("rate", float(rate))
        except ValueError:
            obj.open(f"the rate {rate!r} is no number", "rate")


def _recurrent(obj: OldObject) -> None:
    """The bias of the forget gate had an initializer of its own."""
    forget = obj.drop("forget_bias_init")
    if forget is not ABSENT:
        obj.set("unit_forget_bias", forget == "one")
    for name in ("consume_less", "input_dim", "input_length", "truncate_gradient"):
        obj.drop(name)


def _embedding(obj: OldObject) -> None:
    """Keras 1 could drop whole words of an Embedding."""
    if obj.get("dropout") in (0, 0.0, None):
        obj.drop("dropout")
    elif "dropout" in obj.arguments:
        obj.lose("`dropout` of words during training has no counterpart", "dropout")


def _normalization(obj: OldObject) -> None:
    """`mode` 1 and 2 normalized otherwise; Keras 1.0 had another epsilon."""
    if obj.get("mode") in (0, None):
        obj.drop("mode")
    elif "mode" in obj.arguments:
        obj.open(f"`mode={obj.get('mode')!r}` of BatchNormalization has no counterpart in Keras 3", "mode")
    if "epsilon" not in obj.arguments and obj.version[0] < 2:
        epsilons = {(0,): 1e-6, (1, 0): 1e-5}
        obj.set("epsilon", epsilons.get(obj.version[:1], epsilons.get(obj.version[:2], 1e-3)))


def _deconvolution(obj: OldObject) -> None:
    """The output shape was given; now it follows from the input, the strides and `output_padding`."""
    shape = obj.drop("output_shape")
    if shape is ABSENT or obj.get("strides") in (1, [1, 1], [1, 1, 1], ABSENT):
        return
    strides, sizes = obj.get("strides"), obj.get("kernel_size")
    sides = shape[2:] if obj.get("data_format") == "channels_first" else shape[1:-1]
    if not all(isinstance(side, int) for side in sides) or not isinstance(sizes, list):
        obj.open("the `output_shape` of Keras 1 does not tell the output padding", "output_shape")
        return
    for side, stride, size in zip(sides, strides, sizes, strict=False):
        extra = max(size - stride, 0) if obj.get("padding") == "valid" else 0
        if (side - extra) % stride:
            obj.open(f"the `output_shape` {shape!r} of Keras 1 needs an output padding", "output_shape")
            return


def _padding(obj: OldObject) -> None:
    """`"full"` was a mode of Theano alone."""
    if obj.get("padding") == "full":
        obj.open(f"`{obj.name}` with the padding 'full' of Theano has no counterpart in Keras 3", "padding")


def _sides(obj: OldObject) -> None:
    """Paddings could be named, or four in a row: top, bottom, left, right."""
    given = obj.get("padding")
    names = _SIDES[obj.name]
    if isinstance(given, dict) and set(given) <= set(names):
        given = [given.get(name, 0) for name in names]
    elif not (isinstance(given, list) and len(given) == len(names)):
        return
    pairs = [given[i : i + 2] for i in range(0, len(given), 2)]
    obj.set("padding", pairs[0] if len(pairs) == 1 else pairs)


def _order(obj: OldObject) -> None:
    """Some layers did not write where the channels are: they took it from a setting, as their neighbours did."""
    if obj.path or obj.version >= (2,):
        return
    names, orders = _orders(obj.config)
    unordered = [name for name in names if name in UNORDERED | _SINCE_03]
    if not unordered:
        return
    if not _SINCE_03.isdisjoint(unordered):
        orders.add("th")  # written before 0.3, which had Theano alone
    if len(orders) != 1:
        obj.open(f"`{unordered[0]}` of Keras 1 does not say where the channels are, nor do other layers")
        return
    obj.config["config"] = _with_order(obj.config["config"], orders.pop())
    obj.record("dim_ordering", "(absent)", "that of the other layers")


def _orders(config: Any) -> tuple[list[str], set[str]]:
    """Return the classes of the objects that say no order of channels, and the orders that others say."""
    names, orders = [], set()
    for layer in object_configs(config):
        if "dim_ordering" in layer["config"]:
            orders.add(layer["config"]["dim_ordering"])
        else:
            names.append(layer["class_name"])
    return names, orders - {"default"}


def _with_order(value: Any, order: str) -> Any:
    """Return a copy in which every layer of images has the order of its channels."""
    if isinstance(value, list):
        return [_with_order(member, order) for member in value]
    if not isinstance(value, dict):
        return value
    copy = {name: _with_order(member, order) for name, member in value.items()}
    if copy.get("class_name") in UNORDERED | _SINCE_03 and isinstance(copy.get("config"), dict):
        copy["config"].setdefault("dim_ordering", order)
    return copy


def _merge(obj: OldObject) -> None:
    """`Merge` had a mode; now there is a layer for each."""
    if "mode" not in obj.arguments:
        return
    mode = obj.arguments["mode"]
    problem = _merge_problem(mode, obj.get("layers"))
    if problem is not None:
        obj.open(*problem)
        return
    name = _MERGES.get(mode, "Dot")
    arguments = {"name": obj.get("name", "merge")}
    if name == "Concatenate":
        arguments["axis"] = obj.get("concat_axis", -1)
    elif name == "Dot":
        arguments.update(axes=obj.get("dot_axes", -1), normalize=False)
    obj.record("mode", mode, name)
    obj.config["config"] = arguments
    obj.become(name)


def _merge_problem(mode: Any, branches: Any) -> tuple[str, str] | None:
    """Return why no layer is what a `Merge` was, and the argument that is why."""
    if isinstance(branches, list) and branches:
        return "a `Merge` that holds its branches has no counterpart in Keras 3", "layers"
    if mode == "cos":
        return "`Merge` with `mode='cos'` gave one axis more than any layer of Keras 3", "mode"
    if mode == "dot" or (isinstance(mode, str) and mode in _MERGES):
        return None
    return f"`Merge` with `mode={mode!r}` has no counterpart in Keras 3", "mode"


def _rule(name: str, classes: str, apply: Callable[[OldObject], None], stage: Stage = "arguments") -> UpgradeRule:
    return UpgradeRule(name, frozenset(classes.split()), WRITTEN, SOURCE, apply, stage=stage)


CHANNEL_ORDERS = (_rule("keras-1-orders", "Sequential Model", _order, "form"),)
KERAS_1_FORMS = (
    _rule("keras-1-classes", " ".join(CLASSES), _class, "form"),
    _rule("keras-1-merge", "Merge", _merge, "form"),
)
KERAS_1_ARGUMENTS = (
    _rule("keras-1-named", "<any>", _named),
    *(_rule("keras-1-arguments", classes, renaming(names)) for classes, names in NAMES.items()),
    *(_rule("keras-1-sizes", classes, _sizes(names)) for classes, names in _SIZES.items()),
    _rule("keras-1-channels", "<layer>", _values),
    _rule("keras-1-padding", "Conv1D Conv2D Conv3D Conv2DTranspose", _padding),
    _rule("keras-1-sides", " ".join(_SIDES), _sides),
    _rule("keras-1-rates", "Dropout", _text),
    _rule("keras-1-recurrent", "LSTM GRU SimpleRNN ConvLSTM2D", _recurrent),
    _rule("keras-1-embedding", "Embedding", _embedding),
    _rule("keras-1-normalization", "BatchNormalization", _normalization),
    _rule("keras-1-deconvolution", "Conv2DTranspose Conv3DTranspose", _deconvolution),
)
