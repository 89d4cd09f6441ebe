"""Names of Keras 0.x and 1: classes, arguments, and values that were written otherwise."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from hornbook.upgrading.node import ABSENT, Part, Rule

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


def renaming(names: Mapping[str, str]) -> Callable[[Part], None]:
    """Return what gives arguments their new names."""

    def rename(part: Part) -> None:
        """Arguments have other names."""
        for old, new in names.items():
            part.rename(old, new)

    return rename


def _class(part: Part) -> None:
    """Classes have other names."""
    part.become(CLASSES[part.name])


def _sizes(names: tuple[str, ...]) -> Callable[[Part], None]:
    def size(part: Part) -> None:
        """The sides of a kernel stood one by one."""
        if all(name in part.arguments for name in names):
            part.set("kernel_size", [part.drop(name) for name in names])

    return size


def _values(part: Part) -> None:
    """`"th"` and `"tf"` said where the channels are."""
    order = part.get("data_format")
    if isinstance(order, str) and order in _ORDERS:
        part.set("data_format", _ORDERS[order])


def _named(part: Part) -> None:
    """Regularizers and constraints were written with a `name` in place of a class."""
    for field, value in part.arguments.items():
        if not field.endswith(("_regularizer", "_constraint")):
            continue
        name = value.get("name") if isinstance(value, dict) and "class_name" not in value else value
        if isinstance(value, dict) and isinstance(name, str):
            name = _CONSTRAINTS.get(name.lower(), name)
            rest = {key: one for key, one in value.items() if key != "name"}
            part.set(field, None if name is None else {"class_name": name, "config": rest})
        elif isinstance(name, str) and name in _CONSTRAINTS:
            part.set(field, _CONSTRAINTS[name])


def _text(part: Part) -> None:
    """A rate that came from a command line could be text; it does nothing when the model is used."""
    rate = part.get("rate")
    if isinstance(rate, str):
        try:
            part.set("rate", float(rate))
        except ValueError:
            part.open(f"the rate {rate!r} is no number", "rate")


def _recurrent(part: Part) -> None:
    """The bias of the forget gate had an initializer of its own."""
    forget = part.drop("forget_bias_init")
    if forget is not ABSENT:
        part.set("unit_forget_bias", forget == "one")
    for name in ("consume_less", "input_dim", "input_length", "truncate_gradient"):
        part.drop(name)


def _embedding(part: Part) -> None:
    """Keras 1 could drop whole words of an Embedding."""
    if part.get("dropout") in (0, 0.0, None):
        part.drop("dropout")
    elif "dropout" in part.arguments:
        part.lose("`dropout` of words during training has no counterpart", "dropout")


def _normalization(part: Part) -> None:
    """`mode` 1 and 2 normalized otherwise; Keras 1.0 had another epsilon."""
    if part.get("mode") in (0, None):
        part.drop("mode")
    elif "mode" in part.arguments:
        part.open(f"`mode={part.get('mode')!r}` of BatchNormalization has no counterpart in Keras 3", "mode")
    if "epsilon" not in part.arguments and part.version[0] < 2:
        epsilons = {(0,): 1e-6, (1, 0): 1e-5}
        part.set("epsilon", epsilons.get(part.version[:1], epsilons.get(part.version[:2], 1e-3)))


def _deconvolution(part: Part) -> None:
    """The output shape was given; now it follows from the input, the strides and `output_padding`."""
    shape = part.drop("output_shape")
    if shape is ABSENT or part.get("strides") in (1, [1, 1], [1, 1, 1], ABSENT):
        return
    strides, sizes = part.get("strides"), part.get("kernel_size")
    sides = shape[2:] if part.get("data_format") == "channels_first" else shape[1:-1]
    if not all(isinstance(side, int) for side in sides) or not isinstance(sizes, list):
        part.open("the `output_shape` of Keras 1 does not tell the output padding", "output_shape")
        return
    for side, stride, size in zip(sides, strides, sizes, strict=False):
        extra = max(size - stride, 0) if part.get("padding") == "valid" else 0
        if (side - extra) % stride:
            part.open(f"the `output_shape` {shape!r} of Keras 1 needs an output padding", "output_shape")
            return


def _padding(part: Part) -> None:
    """`"full"` was a mode of Theano alone."""
    if part.get("padding") == "full":
        part.open(f"`{part.name}` with the padding 'full' of Theano has no counterpart in Keras 3", "padding")


def _sides(part: Part) -> None:
    """Paddings could be named, or four in a row: top, bottom, left, right."""
    given = part.get("padding")
    names = _SIDES[part.name]
    if isinstance(given, dict) and set(given) <= set(names):
        given = [given.get(name, 0) for name in names]
    elif not (isinstance(given, list) and len(given) == len(names)):
        return
    pairs = [given[i : i + 2] for i in range(0, len(given), 2)]
    part.set("padding", pairs[0] if len(pairs) == 1 else pairs)


def _order(part: Part) -> None:
    """Some layers did not write where the channels are: they took it from a setting, as their neighbours did."""
    if part.path or part.version >= (2,):
        return
    found = list(objects(part.config))
    bare = [one for one in found if one["class_name"] in UNORDERED and "dim_ordering" not in one["config"]]
    orders = {one["config"]["dim_ordering"] for one in found if "dim_ordering" in one["config"]} - {"default"}
    if any(one["class_name"] in _SINCE_03 and "dim_ordering" not in one["config"] for one in found):
        orders.add("th")  # written before 0.3, which had Theano alone
    elif not bare:
        return
    if len(orders) != 1:
        part.open(f"`{bare[0]['class_name']}` of Keras 1 does not say where the channels are, nor do other layers")
        return
    part.config["config"] = _with_order(part.config["config"], orders.pop())
    part.replaced("dim_ordering", "(absent)", "that of the other layers")


def objects(value: Any) -> Iterator[dict[str, Any]]:
    """Yield every object config within a value."""
    if isinstance(value, dict):
        if isinstance(value.get("class_name"), str) and isinstance(value.get("config"), dict):
            yield value
        value = list(value.values())
    if isinstance(value, list):
        for one in value:
            yield from objects(one)


def _with_order(value: Any, order: str) -> Any:
    """Return a copy in which every layer of images has the order of its channels."""
    if isinstance(value, list):
        return [_with_order(one, order) for one in value]
    if not isinstance(value, dict):
        return value
    copy = {name: _with_order(one, order) for name, one in value.items()}
    if copy.get("class_name") in UNORDERED | _SINCE_03 and isinstance(copy.get("config"), dict):
        copy["config"].setdefault("dim_ordering", order)
    return copy


def _merge(part: Part) -> None:
    """`Merge` had a mode; now there is a layer for each."""
    if "mode" not in part.arguments:
        return
    mode = part.arguments["mode"]
    if isinstance(part.get("layers"), list) and part.get("layers"):
        part.open("a `Merge` that holds its branches has no counterpart in Keras 3", "layers")
        return
    if mode == "cos":
        part.open("`Merge` with `mode='cos'` gave one axis more than any layer of Keras 3", "mode")
        return
    name = _MERGES.get(mode) if isinstance(mode, str) else None
    if name is None and mode != "dot":
        part.open(f"`Merge` with `mode={mode!r}` has no counterpart in Keras 3", "mode")
        return
    kept = {"name": part.get("name", "merge")}
    if name == "Concatenate":
        kept["axis"] = part.get("concat_axis", -1)
    elif name is None:
        kept.update(axes=part.get("dot_axes", -1), normalize=False)
    part.replaced("mode", mode, name or "Dot")
    part.config["config"] = kept
    part.become(name or "Dot")


def _rule(name: str, classes: str, apply: Callable[[Part], None], *, form: bool = False) -> Rule:
    return Rule(name, frozenset(classes.split()) | (frozenset({"<form>"}) if form else frozenset()), WRITTEN, SOURCE,
                apply)  # fmt: skip


ORDERS = (_rule("keras-1-orders", "Sequential Model", _order, form=True),)
FORMS = (
    _rule("keras-1-classes", " ".join(CLASSES), _class, form=True),
    _rule("keras-1-merge", "Merge", _merge, form=True),
)
RULES = (
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
