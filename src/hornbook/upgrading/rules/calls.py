"""Functions of TensorFlow whose arguments need more than another name to be those of an operation of Keras 3.

Each gets the arguments of one call, and returns the operation with its own, or
`None` where it means something else for these.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple


class Step(NamedTuple):
    """An operation on what another one gives.

    Args:
        name: The class.
        space: The module of `keras.src.ops` that it is in.
        settings: The arguments of the class.
    """

    name: str
    space: str
    settings: dict[str, Any]


class Call(NamedTuple):
    """One call of an operation.

    Args:
        name: The class.
        space: The module of `keras.src.ops` that it is in.
        args: What it is called with.
        settings: The arguments of the class.
        then: What is done with what it gives.
    """

    name: str
    space: str
    args: list[Any]
    settings: dict[str, Any]
    then: tuple[Step, ...] = ()


# Operations, each on what the one before gives, and the calls of the first.
Operations = tuple[list[Step], list[Any]]
Kwargs = dict[str, Any]
Convert = Callable[[list[Any], Kwargs], Call | None]
# What TensorFlow calls the order of axes in which channels are the last, by the number of axes of an image.
_LAST = {None: "NHWC", 1: "NWC", 2: "NHWC", 3: "NDHWC"}
_PADDINGS = {"CONSTANT": "constant", "REFLECT": "reflect", "SYMMETRIC": "symmetric"}


def constant(value: Any) -> Any:
    """Return a list of real numbers as a tensor of `float32`; any other value as it is."""
    if isinstance(value, list) and value and _is_real(value):
        return {"class_name": "__tensor__", "config": {"value": value, "dtype": "float32"}}
    return value


def tensor(name: str, node: int, index: int) -> dict[str, Any]:
    """Return what stands for a tensor of the graph; Keras looks for its history alone."""
    history = [name, node, index]
    return {"class_name": "__keras_tensor__", "config": {"shape": [None], "dtype": "float32", "keras_history": history}}


def has_tensor(value: Any) -> bool:
    """Return whether there is a tensor of the graph in a value."""
    if isinstance(value, dict):
        return value.get("class_name") == "__keras_tensor__" or any(map(has_tensor, value.values()))
    return isinstance(value, list) and any(map(has_tensor, value))


def one_operation(calls: list[Call | None]) -> Operations | None:
    """Return what all calls of a function are, if that is one operation with one set of arguments."""
    first = calls[0] if calls else None
    known = [call for call in calls if call is not None]
    if first is None or len(known) < len(calls) or any(call._replace(args=first.args) != first for call in known):
        return None
    steps = [Step(first.name, first.space, first.settings), *first.then]
    return steps, [{"args": call.args, "kwargs": {}} for call in known]


def _is_real(value: Any) -> bool:
    return all(map(_is_real, value)) if isinstance(value, list) else isinstance(value, float)


def _only(kwargs: Kwargs, *names: str, **idle: Any) -> bool:
    """Return whether there are no arguments but these, and others at values that ask for nothing."""
    others = (name for name, value in kwargs.items() if name not in (*names, "name") and value is not None)
    return all(name in idle and kwargs[name] in (idle[name], str(idle[name]).upper()) for name in others)


def _integer(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _matmul(args: list[Any], kwargs: Kwargs) -> Call | None:
    off = dict.fromkeys(("adjoint_a", "adjoint_b", "a_is_sparse", "b_is_sparse"), False)
    if not _only(kwargs, "b", "transpose_a", "transpose_b", **off) or "b" not in kwargs:
        return None
    first, second = kwargs.get("transpose_a"), kwargs.get("transpose_b")
    args = [args[0], constant(kwargs["b"])]
    if not (first or second):
        return Call("Matmul", "numpy", args, {})
    subscripts = f"...{'ji' if first else 'ij'},...{'kj' if second else 'jk'}->...ik"
    return Call("Einsum", "numpy", args, {"subscripts": subscripts})


def _split(args: list[Any], kwargs: Kwargs) -> Call | None:
    parts = kwargs.get("num_or_size_splits")
    if not _only(kwargs, "num_or_size_splits", "axis"):
        return None
    if isinstance(parts, list):
        if not all(_integer(part) and part >= 0 for part in parts):
            return None
        parts = [sum(parts[:i]) for i in range(1, len(parts))]
    elif not _integer(parts):
        return None
    return Call("Split", "numpy", args, {"indices_or_sections": parts, "axis": kwargs.get("axis") or 0})


def _gather(args: list[Any], kwargs: Kwargs) -> Call | None:
    if not _only(kwargs, "indices", "axis", batch_dims=0) or "indices" not in kwargs:
        return None
    axis = kwargs.get("axis") or 0
    return Call("Take", "numpy", [args[0], kwargs["indices"]], {"axis": axis}) if _integer(axis) else None


def _pad(args: list[Any], kwargs: Kwargs) -> Call | None:
    pads, mode = kwargs.get("paddings"), _PADDINGS.get(kwargs.get("mode") or "CONSTANT")
    plain = isinstance(pads, list) and all(isinstance(side, list) and all(map(_integer, side)) for side in pads)
    if not _only(kwargs, "paddings", "mode", constant_values=0) or mode is None or not plain:
        return None
    return Call("Pad", "numpy", args, {"pad_width": pads, "mode": mode})


def _l2_normalize(args: list[Any], kwargs: Kwargs) -> Call | None:
    """TensorFlow has the lower bound of the sum of squares, Keras that of its root."""
    epsilon = kwargs.get("epsilon", 1e-12)
    if not _only(kwargs, "axis", "epsilon") or kwargs.get("axis") is None or not isinstance(epsilon, (int, float)):
        return None
    return Call("Normalize", "nn", args, {"axis": kwargs["axis"], "order": 2, "epsilon": math.sqrt(epsilon)})


def _add_n(args: list[Any], kwargs: Kwargs) -> Call | None:
    tensors = args[0]
    two = isinstance(tensors, list) and len(tensors) == 2
    return Call("Add", "numpy", list(tensors), {}) if two and _only(kwargs) else None


def _bias_add(args: list[Any], kwargs: Kwargs) -> Call | None:
    if not _only(kwargs, "bias", data_format="NHWC") or "bias" not in kwargs:
        return None
    return Call("Add", "numpy", [args[0], constant(kwargs["bias"])], {})


def _spatial(value: Any, rank: int | None = None) -> Any:
    """Return a size for each axis of an image, or one for all; `None` if it is neither.

    TensorFlow may also give 1 for batch and channels.

    Args:
        value: A number, or a list of them.
        rank: How many axes an image has; `None` for what the list tells.
    """
    if _integer(value):
        return value
    if not isinstance(value, list) or not all(map(_integer, value)):
        return None
    if len(value) == (rank or 2) + 2 and value[0] == value[-1] == 1:
        value = value[1:-1]
    elif not (len(value) <= 2 if rank is None else len(value) == rank):
        return None
    return value[0] if len(set(value)) == 1 else value


def _pool(name: str, rank: int | None = None) -> Convert:
    def pool(args: list[Any], kwargs: Kwargs) -> Call | None:
        size, strides = (_spatial(kwargs.get(argument), rank) for argument in ("ksize", "strides"))
        padding = kwargs.get("padding")
        if size is None or strides is None or padding not in ("SAME", "VALID"):
            return None
        if not _only(kwargs, "ksize", "strides", "padding", data_format=_LAST[rank]):
            return None
        settings = {"pool_size": size, "strides": strides, "padding": padding.lower()}
        return Call(name, "nn", args, {**settings, "data_format": "channels_last"})

    return pool


def _convolution(name: str, rank: int) -> Convert:
    def convolve(args: list[Any], kwargs: Kwargs) -> Call | None:
        kernel = kwargs.get("filters", kwargs.get("filter"))
        strides = _spatial(kwargs.get("strides", kwargs.get("stride")), rank)
        rates = [kwargs.get(argument) for argument in ("dilations", "rate")]
        rate = _spatial(next((rate for rate in rates if rate is not None), 1), rank)
        padding = kwargs.get("padding")
        if kernel is None or strides is None or rate is None or padding not in ("SAME", "VALID"):
            return None
        known = ("filters", "filter", "strides", "stride", "padding", "dilations", "rate")
        if not _only(kwargs, *known, data_format=_LAST[rank], use_cudnn_on_gpu=True):
            return None
        settings = {"strides": strides, "padding": padding.lower(), "dilation_rate": rate}
        return Call(name, "nn", [args[0], constant(kernel)], {**settings, "data_format": "channels_last"})

    return convolve


def _einsum(args: list[Any], kwargs: Kwargs) -> Call | None:
    """TensorFlow 2.4 to 2.15 did not write the tensors of this function: such a call has none."""
    equation, *tensors = args[0] if isinstance(args[0], list) else args
    if not isinstance(equation, str) or not tensors or not _only(kwargs, optimize="greedy"):
        return None
    return Call(
        "Einsum", "numpy", [constant(operand) for operand in tensors], {"subscripts": equation.replace(" ", "")}
    )


def _norm(args: list[Any], kwargs: Kwargs) -> Call | None:
    """The norm of vectors, or of matrices as vectors of their numbers; that of one axis may be another one."""
    order, axis = kwargs.get("ord", "euclidean"), kwargs.get("axis")
    if isinstance(axis, list) and len(axis) == 1:
        axis = axis[0]
    if not _only(kwargs, "ord", "axis", "keepdims"):
        return None
    settings = {"axis": axis, "keepdims": bool(kwargs.get("keepdims"))}
    if _is_euclidean(order, axis):
        return Call("Square", "numpy", args, {}, (Step("Sum", "numpy", settings), Step("Sqrt", "numpy", {})))
    if order in (1, math.inf) and _integer(axis):
        return Call("Absolute", "numpy", args, {}, (Step("Sum" if order == 1 else "Max", "numpy", settings),))
    return None


def _is_euclidean(order: Any, axis: Any) -> bool:
    return order == "euclidean" or (order == "fro" and isinstance(axis, list)) or (order == 2 and _integer(axis))


def _squared_difference(args: list[Any], kwargs: Kwargs) -> Call | None:
    if not _only(kwargs, "y") or "y" not in kwargs:
        return None
    return Call("Subtract", "numpy", [args[0], constant(kwargs["y"])], {}, (Step("Square", "numpy", {}),))


def _band_part(args: list[Any], kwargs: Kwargs) -> Call | None:
    """All of one side of the diagonal; -1 is all."""
    sides = [kwargs.get("num_lower"), kwargs.get("num_upper")]
    if sides not in ([-1, 0], [0, -1]) or not _only(kwargs, "num_lower", "num_upper"):
        return None
    return Call("Tril" if sides[1] == 0 else "Triu", "numpy", args, {"k": 0})


def _matvec(args: list[Any], kwargs: Kwargs) -> Call | None:
    off = dict.fromkeys(("adjoint_a", "a_is_sparse", "b_is_sparse"), False)
    if not _only(kwargs, "b", "transpose_a", **off) or "b" not in kwargs:
        return None
    subscripts = f"...{'ji' if kwargs.get('transpose_a') else 'ij'},...j->...i"
    return Call("Einsum", "numpy", [args[0], constant(kwargs["b"])], {"subscripts": subscripts})


# The sign of each permutation of three axes.
_SIGNS = [[[(i - j) * (j - k) * (k - i) / 2 for k in range(3)] for j in range(3)] for i in range(3)]


def _cross(args: list[Any], kwargs: Kwargs) -> Call | None:
    """A product of vectors of three: `Cross` of Keras 3.15.1 takes another axis with PyTorch, whatever it is told."""
    if not _only(kwargs, "b") or "b" not in kwargs:
        return None
    operands = [args[0], constant(kwargs["b"]), constant(_SIGNS)]
    return Call("Einsum", "numpy", operands, {"subscripts": "...j,...k,ijk->...i"})


def _slice(args: list[Any], kwargs: Kwargs) -> Call | None:
    """A size of -1 is all that is left."""
    starts, sizes = kwargs.get("begin"), kwargs.get("size")
    if not isinstance(starts, list) or not isinstance(sizes, list) or not _only(kwargs, "begin", "size"):
        return None
    if not all(map(_integer, [*starts, *sizes])) or len(starts) != len(sizes):
        return None
    stops = [None if size == -1 else start + size for start, size in zip(starts, sizes, strict=True)]
    keys = [
        {"class_name": "__slice__", "config": {"start": start, "stop": stop, "step": None}}
        for start, stop in zip(starts, stops, strict=True)
    ]
    return Call("GetItem", "numpy", [args[0], keys], {})


def _plain(name: str, space: str, **settings: Any) -> Convert:
    """Return what is one operation with fixed settings, where there is no other argument."""

    def call(args: list[Any], kwargs: Kwargs) -> Call | None:
        return Call(name, space, args, settings) if _only(kwargs) else None

    return call


def _blocks(name: str) -> Convert:
    def blocks(args: list[Any], kwargs: Kwargs) -> Call | None:
        if not _only(kwargs, "block_size", data_format="NHWC") or not _integer(kwargs.get("block_size")):
            return None
        settings = {"block_size": kwargs["block_size"], "data_format": "channels_last"}
        return Call(name, "nn", args, settings)

    return blocks


def _resize(args: list[Any], kwargs: Kwargs) -> Call | None:
    size, method = kwargs.get("size"), kwargs.get("method") or "bilinear"
    plain = isinstance(size, list) and len(size) == 2 and all(map(_integer, size))
    off = {"preserve_aspect_ratio": False, "antialias": False}
    if not plain or method not in ("bilinear", "nearest") or not _only(kwargs, "size", "method", **off):
        return None
    return Call("Resize", "image", args, {"size": size, "interpolation": method, "data_format": "channels_last"})


FUNCTIONS: dict[str, Convert] = {
    "add_n": _add_n,
    "avg_pool": _pool("AveragePool"),
    "avg_pool1d": _pool("AveragePool", 1),
    "avg_pool2d": _pool("AveragePool", 2),
    "avg_pool3d": _pool("AveragePool", 3),
    "band_part": _band_part,
    "bias_add": _bias_add,
    "conv1d": _convolution("Conv", 1),
    "conv2d": _convolution("Conv", 2),
    "conv3d": _convolution("Conv", 3),
    "cross": _cross,
    "depth_to_space": _blocks("DepthToSpace"),
    "depthwise_conv2d": _convolution("DepthwiseConv", 2),
    "einsum": _einsum,
    "flip_left_right": _plain("Flip", "numpy", axis=-2),
    "flip_up_down": _plain("Flip", "numpy", axis=-3),
    "gather": _gather,
    "l2_normalize": _l2_normalize,
    "matmul": _matmul,
    "matrix_transpose": _plain("Swapaxes", "numpy", axis1=-2, axis2=-1),
    "matvec": _matvec,
    "max_pool": _pool("MaxPool"),
    "max_pool1d": _pool("MaxPool", 1),
    "max_pool2d": _pool("MaxPool", 2),
    "max_pool3d": _pool("MaxPool", 3),
    "norm": _norm,
    "pad": _pad,
    "reduce_euclidean_norm": _norm,
    "resize": _resize,
    "rgb_to_grayscale": _plain("RGBToGrayscale", "image", data_format="channels_last"),
    "slice": _slice,
    "space_to_depth": _blocks("SpaceToDepth"),
    "split": _split,
    "squared_difference": _squared_difference,
}
