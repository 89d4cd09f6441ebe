"""Functions of TensorFlow that are one operation of Keras 3 with other names for its arguments."""

from __future__ import annotations

import re
from typing import Any, NamedTuple


class Operation(NamedTuple):
    """One operation of Keras 3.

    Args:
        name: The class.
        space: The module of `keras.src.ops` that it is in.
        inputs: Names that TensorFlow has for the inputs after the first.
        settings: Names that TensorFlow has for its other arguments, in their
            order, and the ones of the class.
        defaults: Arguments of the class where TensorFlow has another default.
    """

    name: str
    space: str = "numpy"
    inputs: tuple[str, ...] = ()
    settings: dict[str, str] = {}  # noqa: RUF012  a table
    defaults: dict[str, Any] = {}  # noqa: RUF012  a table


_REDUCE = {"axis": "axis", "keepdims": "keepdims"}
_Y = ("y",)
_UNARY = {
    "Absolute": "abs", "Negative": "negative neg", "Exp": "exp", "Expm1": "expm1", "Log": "log", "Log1p": "log1p",
    "Sqrt": "sqrt", "Square": "square", "Sin": "sin", "Cos": "cos", "Tan": "tan", "Tanh": "tanh", "Floor": "floor",
    "Ceil": "ceil", "Round": "round rint", "Sign": "sign", "Reciprocal": "reciprocal", "LogicalNot": "logical_not",
    "Isnan": "is_nan isnan", "Isfinite": "is_finite isfinite", "Isinf": "is_inf isinf", "Sinh": "sinh", "Cosh": "cosh",
    "Arcsin": "asin", "Arccos": "acos", "Arctan": "atan", "Arcsinh": "asinh", "Arccosh": "acosh", "Arctanh": "atanh",
    "Real": "real", "Conjugate": "conj",
}  # fmt: skip
# Functions of one tensor and no other argument, as TensorFlow calls them and as `keras.ops` does.
UNARY = {old: re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower() for name, olds in _UNARY.items() for old in olds.split()}
_BINARY = {
    "Add": "add addv2", "Subtract": "subtract sub", "Multiply": "multiply mul", "TrueDivide": "truediv divide realdiv",
    "FloorDivide": "floordiv floor_div", "Mod": "floormod mod", "Power": "pow", "Maximum": "maximum",
    "Minimum": "minimum",
    "Equal": "equal", "NotEqual": "not_equal notequal", "Greater": "greater", "GreaterEqual":
    "greater_equal greaterequal", "Less": "less", "LessEqual": "less_equal lessequal", "LogicalAnd":
    "logical_and logicaland", "LogicalOr": "logical_or logicalor", "LogicalXor": "logical_xor",
}  # fmt: skip
_REDUCTIONS = {"Mean": "mean", "Sum": "sum", "Max": "max", "Min": "min", "Prod": "prod", "Any": "any", "All": "all",
               "Std": "std", "Var": "variance"}  # fmt: skip
_ACTIVATIONS = {"Relu": "relu", "Relu6": "relu6", "Sigmoid": "sigmoid", "Softplus": "softplus", "Softsign": "softsign",
                "Selu": "selu"}  # fmt: skip
BINARY = frozenset(" ".join(_BINARY.values()).split())
_IMAGES = frozenset({"resize", "flip_left_right", "flip_up_down", "rgb_to_grayscale"})
_SPACES = ("math.", "__operators__.", "nn.", "", "compat.v1.math.", "compat.v1.nn.", "compat.v1.")


def _functions() -> dict[str, Operation]:
    """Return the table: the last part of the name of a function, in lower case, and the operation."""
    table = {old: Operation(name) for name, olds in _UNARY.items() for old in olds.split()}
    table |= {old: Operation(name, inputs=_Y) for name, olds in _BINARY.items() for old in olds.split()}
    table |= {f"reduce_{old}": Operation(name, settings=_REDUCE) for name, old in _REDUCTIONS.items()}
    table |= {old: Operation(name, "nn") for name, old in _ACTIVATIONS.items()}
    table |= {
        "rsqrt": Operation("Rsqrt", "math"),
        "erf": Operation("Erf", "math"),
        "silu": Operation("Silu", "nn"),
        "swish": Operation("Silu", "nn"),
        "softmax": Operation("Softmax", "nn", settings={"axis": "axis"}),
        "log_softmax": Operation("LogSoftmax", "nn", settings={"axis": "axis"}),
        "elu": Operation("Elu", "nn"),
        "reshape": Operation("Reshape", settings={"shape": "newshape"}),
        "expand_dims": Operation("ExpandDims", settings={"axis": "axis"}),
        "squeeze": Operation("Squeeze", settings={"axis": "axis"}),
        "transpose": Operation("Transpose", settings={"perm": "axes"}),
        "concat": Operation("Concatenate", settings={"axis": "axis"}),
        "stack": Operation("Stack", settings={"axis": "axis"}),
        "cast": Operation("Cast", "core", settings={"dtype": "dtype"}),
        "clip_by_value": Operation("Clip", settings={"clip_value_min": "x_min", "clip_value_max": "x_max"}),
        "matmul": Operation("Matmul", inputs=("b",)),
        "tile": Operation("Tile", settings={"multiples": "repeats"}),
        "stop_gradient": Operation("StopGradient", "core"),
        "zeros_like": Operation("ZerosLike"),
        "ones_like": Operation("OnesLike"),
        "argmax": Operation("Argmax", settings={"axis": "axis"}, defaults={"axis": 0}),
        "argmin": Operation("Argmin", settings={"axis": "axis"}, defaults={"axis": 0}),
        "argsort": Operation("Argsort", settings={"axis": "axis"}),
        "broadcast_to": Operation("BroadcastTo", settings={"shape": "shape"}),
        "cholesky": Operation("Cholesky", "linalg"),
        "cumprod": Operation("Cumprod", settings={"axis": "axis"}, defaults={"axis": 0}),
        "det": Operation("Det", "linalg"),
        "diag_part": Operation("Diagonal", defaults={"axis1": -2, "axis2": -1}),
        "erfinv": Operation("Erfinv", "math"),
        "inv": Operation("Inv", "linalg"),
        "log_sigmoid": Operation("LogSigmoid", "nn"),
        "scalar_mul": Operation("Multiply", inputs=("x",)),
        "solve": Operation("Solve", "linalg", inputs=("rhs",)),
        "trace": Operation("Trace", defaults={"axis1": -2, "axis2": -1}),
        "triangular_solve": Operation(
            "SolveTriangular", "linalg", inputs=("rhs",), settings={"lower": "lower"}, defaults={"lower": True}
        ),
        "atan2": Operation("Arctan2", inputs=("x",)),
        "roll": Operation("Roll", settings={"shift": "shift", "axis": "axis"}),
        "gelu": Operation("Gelu", "nn", settings={"approximate": "approximate"}, defaults={"approximate": False}),
        "leaky_relu": Operation("LeakyRelu", "nn", settings={"alpha": "negative_slope"}),
        "where": Operation("Where", inputs=("x", "y")),
        "divide_no_nan": Operation("DivideNoNan", inputs=_Y),
        "identity": Operation("Copy"),
        "reverse": Operation("Flip", settings={"axis": "axis"}),
        "cumsum": Operation("Cumsum", settings={"axis": "axis"}, defaults={"axis": 0}),
        "one_hot": Operation(
            "OneHot",
            "nn",
            settings={"depth": "num_classes", "axis": "axis", "dtype": "dtype"},
            defaults={"dtype": "float32"},
        ),
        "repeat": Operation("Repeat", settings={"repeats": "repeats", "axis": "axis"}),
        "unstack": Operation("Unstack", "core", settings={"num": "num", "axis": "axis"}),
        "top_k": Operation("TopK", "math", settings={"k": "k", "sorted": "sorted"}, defaults={"k": 1}),
        "sort": Operation("Sort", settings={"axis": "axis"}),
        "tensordot": Operation("Tensordot", inputs=("b",), settings={"axes": "axes"}),
        "reduce_logsumexp": Operation("Logsumexp", "math", settings=_REDUCE),
    }
    return table


FUNCTIONS = _functions()
# Arguments that ask for nothing at these values.
_IDLE: dict[str, tuple[Any, ...]] = {
    "transpose_a": (False,), "transpose_b": (False,), "adjoint_a": (False,), "adjoint_b": (False,),
    "a_is_sparse": (False,), "b_is_sparse": (False,), "conjugate": (False,), "name": (...,),
    "exclusive": (False,), "reverse": (False,), "direction": ("ASCENDING",), "stable": (...,), "adjoint": (False,),
    "output_type": ("int32", "int64"), "k": (0,), "padding_value": (0,), "align": ("RIGHT_LEFT",),
}  # fmt: skip


def is_known(space: str, last: str) -> bool:
    """Return whether the tables have the functions of a namespace; those of NumPy have other defaults."""
    if space == "experimental.numpy.":
        return last in UNARY or last in BINARY
    return space == "image." if last in _IMAGES else space in (*_SPACES, ".", "linalg.")


def is_idle(name: str, value: Any) -> bool:
    """Return whether an argument of a function asks for nothing at a value."""
    values = _IDLE.get(name, ())
    return values == (...,) or value in values
