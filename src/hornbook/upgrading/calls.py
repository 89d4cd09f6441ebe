"""Functions of TensorFlow whose arguments need more than another name to be those of an operation of Keras 3.

Each gets the arguments of one call, and returns the operation with its own, or
`None` where it means something else for these.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple


class Call(NamedTuple):
    """One call of an operation.

    Args:
        name: The class.
        space: The module of `keras.src.ops` that it is in.
        args: What it is called with.
        settings: The arguments of the class.
    """

    name: str
    space: str
    args: list[Any]
    settings: dict[str, Any]


Kwargs = dict[str, Any]
Convert = Callable[[list[Any], Kwargs], Call | None]
_PADDINGS = {"CONSTANT": "constant", "REFLECT": "reflect", "SYMMETRIC": "symmetric"}


def constant(value: Any) -> Any:
    """Return a list of real numbers as a tensor of `float32`; any other value as it is."""
    if isinstance(value, list) and value and _is_real(value):
        return {"class_name": "__tensor__", "config": {"value": value, "dtype": "float32"}}
    return value


def _is_real(value: Any) -> bool:
    return all(map(_is_real, value)) if isinstance(value, list) else isinstance(value, float)


def _only(kwargs: Kwargs, *names: str, **idle: Any) -> bool:
    """Say whether there are no arguments but these, and others at values that ask for nothing."""
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
        if not all(_integer(one) and one >= 0 for one in parts):
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
    plain = isinstance(pads, list) and all(isinstance(one, list) and all(map(_integer, one)) for one in pads)
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


def _pool(name: str) -> Convert:
    def pool(args: list[Any], kwargs: Kwargs) -> Call | None:
        sizes = [kwargs.get("ksize"), kwargs.get("strides")]
        plain = all(_integer(one) or (isinstance(one, list) and len(one) == 2) for one in sizes)
        padding = kwargs.get("padding")
        if not plain or padding not in ("SAME", "VALID"):
            return None
        if not _only(kwargs, "ksize", "strides", "padding", data_format="NHWC"):
            return None
        settings = {"pool_size": sizes[0], "strides": sizes[1], "padding": padding.lower()}
        return Call(name, "nn", args, {**settings, "data_format": "channels_last"})

    return pool


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
    "avg_pool2d": _pool("AveragePool"),
    "bias_add": _bias_add,
    "depth_to_space": _blocks("DepthToSpace"),
    "gather": _gather,
    "l2_normalize": _l2_normalize,
    "matmul": _matmul,
    "max_pool2d": _pool("MaxPool"),
    "pad": _pad,
    "resize": _resize,
    "space_to_depth": _blocks("SpaceToDepth"),
    "split": _split,
}
